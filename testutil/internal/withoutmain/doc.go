// Package withoutmain holds the tests of what package testutil does in a test binary that does not run
// [testutil.Main].
//
// [testutil.Main]: https://pkg.go.dev/github.com/open-alchemy/packagedb/testutil#Main
package withoutmain
