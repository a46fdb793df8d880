// Package bench measures what packagedb adds to the SDK, the cost of its pages and deletes, and how
// many callers the client of packagedb.Get serves.
//
// "make bench" prints the figures of docs/performance.md.
package bench
