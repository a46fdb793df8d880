package packagedb

// Version is the version of this module, without the v of its tag. It is the one place that names
// it: a release is made by changing it, and the tags follow.
const Version = "0.1.0"
