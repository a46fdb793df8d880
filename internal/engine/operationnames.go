package engine

import (
	"maps"
	"slices"
)

// Operations returns the names of the operations of the engine, sorted.
func Operations() []string { return slices.Sorted(maps.Keys(operations)) }
