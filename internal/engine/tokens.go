package engine

// tokens remembers the client request tokens of transactions.
type tokens struct{}
