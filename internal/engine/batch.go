package engine

// checkTables checks the tables of a batch, which the service does after the rest of its shape. name
// returns the name of a table, and shown the table as the service prints it.
func checkTables[T any](operation string, tables []T, name, shown func(*T) string) error {
	var c constraints
	for i := range tables {
		c.mapKey("requestItems", name(&tables[i]), func() string { return shown(&tables[i]) })
	}
	if err := c.err(); err != nil || len(tables) > 0 {
		return err
	}
	return validation("The requestItems parameter is required for %s", operation)
}
