// Package packagedb stores, on DynamoDB, the specs that users upload and the credentials they sign in
// with.
//
// A service gets the [Database] for its environment and calls it:
//
//	db, err := packagedb.Get() // STAGE=PROD is DynamoDB on AWS, STAGE=TEST a server on this machine
//	if err != nil {
//		return err
//	}
//	stored, err := db.CreateUpdateSpec(ctx, sub, packagedb.SpecInput{Name: "pets", Version: "1.0.0", ModelCount: 2})
//
// [New] takes a client instead: one with tracing, for DAX, or for another engine with DynamoDB's
// API. [ClientOptions] gives such a client the timeouts and retries of Get's, which [GetClient]
// returns. Package testutil gives each test an empty database.
//
// # What is stored
//
// Everything belongs to a user, identified by sub. A spec is identified by its name; names that
// differ only in case or in runs of "-", "_" and "." are the same spec (PEP 503), and the canonical
// form of the name is the spec's id. The table keeps every version of a spec, in the order in which
// they were written, and one more item for the latest version. It holds the name, version, title,
// description and number of models of a spec; the content of the spec is stored elsewhere.
//
// The call above stores two items in the specs table, in one transaction:
//
//	sub    updated_at_id (sort key)    id_updated_at (sort key of the local index)  version
//	alice  00000000001700000000#pets   pets#00000000001700000000                    1.0.0
//	alice  latest#pets                 pets#latest                                  1.0.0
//
// In the table, the latest items of a user lie together, which is what ListSpecs reads. In the index,
// the versions of a spec lie together in their order, followed by its latest item.
//
// # Errors
//
// Every error names the operation, the spec or credentials, and the table. Match them with
// [errors.Is] against [ErrNotFound], [ErrExists], [ErrInvalidInput], [ErrInvalidStage] and
// [ErrAmbiguousPublicKey], and with [errors.As] against the errors of the AWS SDK, which are
// wrapped. No error prints the hash of a secret key or a salt.
//
// # Guides
//
//   - [Operating]: the tables and the permissions on them, alarms, throttling, limits, consistency,
//     tracing, and other engines.
//   - [Migrating from Python]: call by call, on the same tables, and what differs.
//   - [Reliability]: what holds under failures, and what is not protected.
//   - [Performance]: what every call costs, and how far the layout scales.
//
// [Operating]: https://github.com/open-alchemy/packagedb/blob/main/docs/operating.md
// [Migrating from Python]: https://github.com/open-alchemy/packagedb/blob/main/docs/migrating-from-python.md
// [Reliability]: https://github.com/open-alchemy/packagedb/blob/main/docs/reliability.md
// [Performance]: https://github.com/open-alchemy/packagedb/blob/main/docs/performance.md
package packagedb

// A call goes down through these files:
//
//	database.go                the interface and its promises
//	specs.go, credentials.go   one method for each access pattern
//	validate.go                what input must be
//	keys.go, items.go          ids and keys; the two items, encoded and decoded
//	create.go, delete.go       a version stored as two items; specs deleted whole
//	createonce.go, history.go  a version stored only if the history does not have it
//	createinturn.go            creates on servers without transactions
//	deleter.go                 deletes in batches, several at a time
//	query.go, request.go       a query and its pages; every other request, with its retries
//	errors.go, observe.go      what errors mean and say; what an observer sees
//
// Around them, stage.go has Get, client.go the clients, tables.go the tables themselves, types.go what
// users pass and get, redaction.go how that prints, and options.go the options.
