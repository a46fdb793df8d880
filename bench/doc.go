// Package bench measures what packagedb adds to the SDK, what its pages and deletes cost, and how many
// callers the client of packagedb.Get serves. It is a module of its own, so that what it needs reaches
// no user of packagedb.
//
// "make bench" prints the figures of docs/performance.md.
package bench
