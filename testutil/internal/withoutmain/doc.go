// Package withoutmain tests the fixtures of package testutil in a test binary that does not call
// testutil.Main.
package withoutmain
