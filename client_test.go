package packagedb_test

import (
	"bytes"
	"fmt"
	"reflect"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/testutil"
)

// TestClient_InputsAreNotShared keeps the inputs of each call and changes all of them once it has returned.
// The next calls, and what the call returned, are as before.
func TestClient_InputsAreNotShared(t *testing.T) {
	t.Parallel()
	for _, path := range writePaths {
		t.Run(path.name, func(t *testing.T) {
			server := testutil.New(t)
			store(t, server, specsTable, rawHistory("sub", "spec", 110)...)
			var mu sync.Mutex
			var inputs []any
			db := intercept(server, func(op string, input any, next func() (any, error)) (any, error) {
				mu.Lock()
				inputs = append(inputs, input)
				mu.Unlock()
				return path.handle(op, input, next)
			}, frozen(start))
			changeInputs := func() {
				require.NotEmpty(t, inputs)
				for _, input := range inputs {
					change(reflect.ValueOf(input))
				}
				inputs = nil
			}
			for range 2 {
				assert.Equal(t, start+110, create(t, db, "sub", "spec", "new").UpdatedAt)
				changeInputs()
			}
			all := history(t, server)
			require.Len(t, all, 111)
			page := db.SpecVersions(t.Context(), "sub", "spec", packagedb.After(fmt.Sprint(start+49)))
			for range 2 { // an iterator may be used again
				var got []packagedb.SpecInfo
				for version, err := range page {
					require.NoError(t, err)
					got = append(got, version)
				}
				changeInputs()
				assert.Equal(t, all[50:], got)
			}
			credentials := secret
			credentials.Salt = bytes.Clone(secretSalt)
			require.NoError(t, db.CreateCredentials(t.Context(), "sub", credentials))
			changeInputs()
			assert.Equal(t, secretSalt, credentials.Salt, "the caller's")
			for range 2 {
				user, err := db.GetUser(t.Context(), secret.PublicKey)
				require.NoError(t, err)
				changeInputs()
				assert.Equal(t, secretSalt, user.Salt)
			}
			require.NoError(t, db.DeleteAll(t.Context(), "sub"))
			changeInputs()
			require.NoError(t, db.DeleteAll(t.Context(), "sub"))
			assert.Empty(t, scan(t, server, specsTable))
			assert.Empty(t, scan(t, server, credentialsTable))
		})
	}
}

// change changes everything that a value refers to.
func change(value reflect.Value) {
	switch value.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !value.IsNil() {
			change(value.Elem())
		}
	case reflect.Struct:
		for i := range value.NumField() {
			change(value.Field(i))
		}
	case reflect.Slice:
		for i := range value.Len() {
			change(value.Index(i))
		}
	case reflect.Map:
		for _, key := range value.MapKeys() {
			change(value.MapIndex(key))
		}
		value.Clear()
	case reflect.String:
		if value.CanSet() {
			value.SetString("changed")
		}
	case reflect.Uint8:
		value.SetUint(0)
	default: // no more than a flag or a number of its own
	}
}

func TestClient_NeitherAnOutputNorAnError(t *testing.T) {
	t.Parallel()
	server := testutil.New(t)
	for _, silent := range []string{
		"GetItem", "Query", "PutItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems",
	} {
		asked := 0
		for _, path := range writePaths {
			for name := range calls(t.Context(), server) {
				store(t, server, specsTable, rawHistory("sub", "spec", 2)...)
				require.NoError(t, call(t.Context(), server, "CreateUpdateCredentials"))
				met := false
				db := intercept(server, func(op string, input any, next func() (any, error)) (any, error) {
					if op == silent {
						met = true
						return nil, nil
					}
					return path.handle(op, input, next)
				})
				if err := call(t.Context(), db, name); met {
					asked++
					assert.ErrorContains(t, err, "neither an output nor an error", "%s %s without an answer to %s", name, path.name, silent)
				}
			}
		}
		assert.Positive(t, asked, silent)
	}
}
