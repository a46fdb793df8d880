// Package differential compares the embedded engine with Amazon's DynamoDB
// Local. It sends the same seeded random sequences of requests to both and
// compares the answers: status, exception, message, items, attributes, counts,
// keys of pages, consumed capacity, cancellation reasons and table descriptions.
//
//	test/engines/run dynamodb-local -- go test -v ./test/differential
//	test/engines/run dynamodb-local -- go test -v ./test/differential -seed 7 -operations 100000
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
// DynamoDB Local departs from it in the following ways. Every other difference
// is a failure. The differences are in wording_test.go and accepted_test.go
// under these names:
//
//	words                     Local has other messages for many errors, and puts none of them behind "1 validation error detected".
//	shape                     The service checks types and constraints of all parameters first, and reports all violations at once; Local checks some of them, later.
//	leniency                  Local takes numbers for strings, unknown values of enumerations, tokens of any length, empty lists, and attribute definitions that nothing uses.
//	crashes                   Local fails on some null and misplaced values, and where several clients create tables.
//	names                     Local lists names in the order of a hash table.
//	two mistakes              A request with two mistakes can be rejected for either.
//	reserved size             SIZE is a reserved word; Local takes it for an attribute.
//	long keys                 Local does not limit partition keys in queries, nor the keys of a start.
//	equal numbers             1 and 1.0 are the same key; a batch on Local may have both.
//	transactions              Local cancels or makes some transactions that the service rejects: with a path into an index key, two actions on one item, a long key. It rejects a TransactGetItems with an empty or long key, which the service cancels, and a TransactWriteItems with an update that fails.
//	late updates              The service checks an update before it evaluates the condition; Local afterwards, and not the types of index keys.
//	removals                  An update that only removes makes no item; on Local it does. No request tests it.
//	empty projections         Local returns an empty item if a projection in a transaction matches nothing.
//	sizes with indexes        An item and its entries in local indexes have 400 KB together; Local does not count entries of an index with a projection.
//	zeros                     Local ignores the exponent of a zero.
//	numbers                   Local gives numbers inside of documents as they were written.
//	ends of pages             A page that ends at its limit or with 1 MB has a key to go on from; on Local it has none if it ends with the last item of the partition or at the inclusive bound of a range, which is not accepted as a start key either. Filtered items do not count towards Local's 1 MB.
//	filtered scans            Local's scans of an index filter by attributes that the index does not project.
//	states                    Tables are CREATING and DELETING in the answers that say so; on Local they are ACTIVE.
//	index sizes               An index holds what it projects; Local counts whole items.
//	collection metrics        Local has no ItemCollectionMetrics.
//	capacity of nothing       A read that finds nothing costs the minimum; on Local nothing.
//	capacity of deletes       Local returns the cost of a delete that finds nothing without being asked, and charges it twice in a batch.
//	capacity of transactions  An action costs twice as much as by itself; Local charges up to four times as much, and gives fewer members.
//	capacity of indexes       Local charges scans of an index for whole items and not for what they fetch, queries of a local index for the table's sort key, puts for global indexes of which the item has one key attribute of two, and 100 bytes for each write of an entry in a local index.
package differential
