package dbtest

import (
	"maps"
	"reflect"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/open-alchemy/packagedb"
)

func TestCalls_AreTheMethodsOfDatabase(t *testing.T) {
	database := reflect.TypeFor[packagedb.Database]()
	var methods []string
	for i := range database.NumMethod() {
		methods = append(methods, database.Method(i).Name)
	}
	assert.Equal(t, methods, slices.Sorted(maps.Keys(Calls(t.Context(), nil, Input{}))))
}
