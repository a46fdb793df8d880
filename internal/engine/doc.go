// Package engine is an in-memory DynamoDB: an [http.Handler] that speaks the DynamoDB JSON protocol,
// with the service's validation, limits, errors and capacity rules. [New] returns one that is empty
// and keeps nothing, [Open] one that keeps what it holds in a [Store].
//
// It departs from the service for the sake of tests: a table or index is ACTIVE as soon as
// CreateTable or UpdateTable has returned, a global secondary index shows a write at once, nothing
// is ever throttled, an eventually consistent read is a consistent one, an item is deleted exactly
// 48 hours after its expiry, and signatures are not verified. All regions share one set of tables. What
// it does not have it rejects by name and never ignores: PartiQL, backups, replicas, resource policies,
// and the operations that read a stream. The stream of a table is described, and records nothing, and
// point-in-time recovery is a switch.
//
// # An operation
//
// operations.go lists the operations. Each is a struct of its parameters, a method check of that
// struct, a method of Engine, and a struct of its response. A request passes through them in the
// order in which DynamoDB reports errors. This PutItem,
//
//	{"TableName": "pets", "Item": {"id": {"S": "a"}, "age": {"N": "3.0"}}, "ReturnValues": "ALL_OLD"}
//
// is handled in these phases:
//
//  1. read: http.go takes the body and finds PutItem in operations.go, Engine.run takes the locks, and
//     params.go decodes the members into the fields of a putItemInput. A member of the wrong JSON type
//     is a SerializationException. A number is now in its canonical form: {"N": "3"}.
//  2. check: putItemInput.check (write.go) validates the request before any table is looked up: all
//     violations of the constraints that DynamoDB's API declares at once (constraints.go), then
//     contradictions and malformed expressions.
//  3. look up: Engine.putItem calls writeItem, which finds the table, and checks the item and the paths of
//     the expressions against the keys and indexes (table.go).
//  4. apply: under the engine's lock, Engine.apply evaluates the condition, commits the write and
//     replaces the old item in the table and its indexes (index.go).
//  5. encode: writeItem returns a writeItemOutput, which operations.go encodes.
//
// The response has the attributes of the old item, sorted by name:
//
//	{"Attributes": {"age": {"N": "2"}, "id": {"S": "a"}}}
//
// To add an operation, write its four parts and name the method in operations.go. Put rules that may
// get stricter in check: loading stored data skips it.
//
// # The files
//
//   - engine.go, http.go, compression.go, operations.go, params.go, constraints.go and errors.go are of all
//     operations
//   - get.go, write.go, batchwrite.go, transactwrite.go, query.go and scan.go have the operations on items,
//     page.go what Query and Scan share, expressions.go and legacy.go the parameters that select items and
//     attributes, capacity.go what operations cost
//   - table.go, index.go and key.go have the tables with their items, the indexes, and the keys of both
//   - tables.go, definition.go, tableupdate.go, description.go, schema.go, arn.go, tags.go and timetolive.go
//     have the operations on tables, backups.go and features.go those on what tables do not really have
//   - store.go commits changes to a Store and loads them; package store is one in a file
//
// Package attribute has attribute values, package expression parses and evaluates expressions.
package engine
