// Package bench measures what packagedb costs: beside the bare SDK, beside the same patterns written
// by hand and with another library, and its embedded engine beside others. It is a module of its own,
// so that what it needs reaches no user of packagedb.
//
// "make bench" runs everything and prints the ratios; docs/performance.md explains them.
package bench
