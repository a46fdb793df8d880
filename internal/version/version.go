// Package version has the version of this module.
package version

// Version is the version of this module, without the v of its tag. It determines the tag of a release.
const Version = "0.3.0"
