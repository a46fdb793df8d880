// Package differential judges the embedded engine: it sends the same seeded
// random sequences of requests to the engine and to Amazon's DynamoDB Local,
// and compares the answers: status, exception, message, items, attributes,
// counts, keys of pages, consumed capacity, cancellation reasons and table
// descriptions.
//
//	test/engines/run dynamodb-local -- go test -v ./internal/engine/differential
//	test/engines/run dynamodb-local -- go test -v ./internal/engine/differential -seed 7 -operations 100000
//
// A failure tells the seed, the shortest trace that could be found, and both
// answers. The requests are made without an SDK, so that they can be wrong in
// every way; a request has at most one mistake on purpose, as each server looks
// for mistakes in an order of its own.
//
// A whole scan is compared, not its pages: the order of partitions is each
// server's own. So are queries of an index, because of items with equal index
// keys.
//
// # Accepted differences
//
// The service is the truth. DynamoDB Local departs from it in the following
// ways, in which the engine follows the documentation of the service or its
// recorded answers. Everything else that differs is a failure. The differences
// are in wording.go and differences.go under these names:
//
//	words                     Local has words of its own for many refusals.
//	shape                     The service checks types and constraints of all parameters first, and reports all violations at once; Local checks some of them, later.
//	leniency                  Local takes numbers for strings, unknown values of enumerations, tokens of any length, empty lists, and attribute definitions that nothing uses.
//	crashes                   Local fails on some null and misplaced values, and where several clients create tables.
//	names                     Local lists names in the order of a hash table.
//	two mistakes              A request with two mistakes can be refused for either.
//	reserved size             SIZE is a reserved word; Local takes it for an attribute.
//	long keys                 Local does not limit partition keys in queries, nor the keys of a start.
//	equal numbers             1 and 1.0 are the same key; a batch on Local may have both.
//	transactions              Local cancels or makes some transactions that the service refuses: with a path into an index key, two actions on one item, a long key.
//	numbers                   Local gives numbers inside of documents as they were written.
//	ends of pages             A page that ends at its limit or with 1 MB has a key to go on from; on Local not where it ends with the last item of the partition or with the inclusive bound of a range, which is no place to start from either. What a filter drops does not count towards Local's 1 MB.
//	filtered scans            Local's scans of an index filter by what the index does not hold.
//	states                    Tables are CREATING and DELETING in the answers that say so; on Local they are ACTIVE.
//	index sizes               An index holds what it projects; Local counts whole items.
//	collection metrics        Local has no ItemCollectionMetrics.
//	capacity of nothing       A read that finds nothing costs the minimum; on Local nothing.
//	capacity of deletes       Local tells the cost of a delete that finds nothing without being asked, and charges it twice in a batch.
//	capacity of transactions  An action costs twice as much as by itself; Local charges up to four times as much, and gives fewer members.
//	capacity of indexes       Local charges scans of an index for whole items and not for what they fetch, queries of a local index for the table's sort key, and puts for global indexes of which the item has one key attribute of two.
package differential
