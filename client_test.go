package packagedb_test

import (
	"bytes"
	"fmt"
	"reflect"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/testutil"
)

// TestClient_MayChangeItsInputs changes all of each input once it is sent, and has every write sent twice.
func TestClient_MayChangeItsInputs(t *testing.T) {
	for _, path := range writePaths {
		t.Run(path.name, func(t *testing.T) {
			server := testutil.New(t)
			store(t, server, specsTable, rawHistory("sub", "spec", 110)...)
			var sent atomic.Int32
			db := intercept(server, func(op string, input any, next func() (any, error)) (any, error) {
				defer change(reflect.ValueOf(input))
				if query, ok := input.(*dynamodb.QueryInput); ok {
					query.Limit = aws.Int32(40)
				} else if sent.Add(1)%2 == 1 && op != "GetItem" {
					return nil, &types.TransactionConflictException{}
				}
				return path.handle(op, input, next)
			}, frozen(start))
			create(t, db, "sub", "spec", "new")
			assert.Equal(t, start+110, create(t, db, "sub", "spec", "new").UpdatedAt)
			all := history(t, server)
			require.Len(t, all, 111)
			page := db.SpecVersions(t.Context(), "sub", "spec", packagedb.After(fmt.Sprint(start+49)))
			for range 2 { // an iterator may be used again
				var got []packagedb.SpecInfo
				for version, err := range page {
					require.NoError(t, err)
					got = append(got, version)
				}
				assert.Equal(t, all[50:], got)
			}
			credentials := secret
			credentials.Salt = bytes.Clone(secretSalt)
			require.NoError(t, db.CreateCredentials(t.Context(), "sub", credentials))
			assert.Equal(t, secretSalt, credentials.Salt, "the caller's")
			user, err := db.GetUser(t.Context(), secret.PublicKey)
			require.NoError(t, err)
			assert.Equal(t, secretSalt, user.Salt)
			require.NoError(t, db.DeleteSpec(t.Context(), "sub", "spec"))
			assert.Empty(t, scan(t, server, specsTable))
			require.NoError(t, db.DeleteAll(t.Context(), "sub"))
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
