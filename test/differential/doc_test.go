// Package differential compares the embedded engine with Amazon's DynamoDB
// Local. It sends the same seeded random sequences of requests to both and
// compares the answers: status, exception, message, items, attributes, counts,
// keys of pages, consumed capacity, cancellation reasons and table descriptions.
//
//	test/engines/run dynamodb-local -- go test -C test -v ./differential
//	test/engines/run dynamodb-local -- go test -C test -v ./differential -seed 7 -operations 100000
//
// A failure shows the seed, the shortest trace that was found, and both
// answers. The requests are made without an SDK, so that everything in them can
// be wrong. A request has at most one mistake on purpose, because servers check
// for mistakes in different orders.
//
// Scans and queries of an index are compared as a whole and not page by page,
// because the order of partitions and of equal index keys differs between
// servers.
//
// # Accepted differences
//
// The reference is the service: its captured answers, then its documentation.
// accepted_test.go lists the ways in which DynamoDB Local departs from it, with
// their explanations. Every other difference is a failure.
package differential
