// Package guregu uses the Go mapper guregu/dynamo. PACKAGEDB_TEST_ENDPOINT is the URL of the server.
package guregu

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/guregu/dynamo/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type pet struct {
	Owner string    `dynamo:",hash"`
	Name  string    `dynamo:",range"`
	Kind  string    `index:"byKind,hash" dynamo:",omitempty"`
	Age   int       `index:"byKind,range"`
	Tags  []string  `dynamo:",set,omitempty"`
	Notes []string  `dynamo:",omitempty"`
	Born  time.Time `dynamo:",omitempty"`
}

// newTable returns a new table for pets.
func newTable(t *testing.T) (*dynamo.DB, dynamo.Table) {
	t.Helper()
	endpoint := os.Getenv("PACKAGEDB_TEST_ENDPOINT")
	if endpoint == "" {
		t.Skip("PACKAGEDB_TEST_ENDPOINT is not set")
	}
	db := dynamo.New(aws.Config{
		BaseEndpoint: &endpoint, Region: "us-east-1",
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
	name := "guregu-" + t.Name() + "-" + time.Now().Format("150405.000000")
	require.NoError(t, db.CreateTable(name, pet{}).OnDemand(true).Tag("team", "pets").Wait(t.Context()))
	table := db.Table(name)
	t.Cleanup(func() { assert.NoError(t, table.DeleteTable().Run(context.WithoutCancel(t.Context()))) })
	return db, table
}

func TestItems(t *testing.T) {
	_, table := newTable(t)
	rex := pet{Owner: "ann", Name: "rex", Kind: "dog", Age: 3, Tags: []string{"a", "b"}, Born: time.Unix(0, 0).UTC()}
	put := table.Put(rex).If("attribute_not_exists($)", "Owner")
	require.NoError(t, put.Run(t.Context()))
	assert.True(t, dynamo.IsCondCheckFailed(put.Run(t.Context())))

	var got pet
	require.NoError(t, table.Get("Owner", "ann").Range("Name", dynamo.Equal, "rex").Consistent(true).One(t.Context(), &got))
	assert.Equal(t, rex, got)
	var found []pet // by the legacy parameter KeyConditions
	require.NoError(t, table.Get("Kind", "dog").Range("Age", dynamo.GreaterOrEqual, 3).Index("byKind").Filter("contains($, ?)", "Tags", "a").All(t.Context(), &found))
	assert.Equal(t, []pet{rex}, found)
	var old pet
	require.NoError(t, table.Delete("Owner", "ann").Range("Name", "rex").OldValue(t.Context(), &old))
	assert.Equal(t, rex, old)
	assert.ErrorIs(t, table.Get("Owner", "ann").Range("Name", dynamo.Equal, "rex").One(t.Context(), &got), dynamo.ErrNotFound)
}

func TestUpdate(t *testing.T) {
	_, table := newTable(t)
	update := table.Update("Owner", "bob").Range("Name", "tom").
		Set("Kind", "cat").SetIfNotExists("Age", 1).AddStringsToSet("Tags", "a", "b").Append("Notes", []string{"x"})
	require.Error(t, update.Run(t.Context()), "an append to a missing list")

	var got pet
	require.NoError(t, table.Update("Owner", "bob").Range("Name", "tom").
		Set("Kind", "cat").Set("Notes", []string{"x"}).SetIfNotExists("Age", 1).AddStringsToSet("Tags", "a", "b").Run(t.Context()))
	require.NoError(t, table.Update("Owner", "bob").Range("Name", "tom").
		Add("Age", 2).Append("Notes", []string{"y"}).DeleteStringsFromSet("Tags", "a").Remove("Kind").Value(t.Context(), &got))
	assert.Equal(t, pet{Owner: "bob", Name: "tom", Age: 3, Tags: []string{"b"}, Notes: []string{"x", "y"}}, got)
	assert.True(t, dynamo.IsCondCheckFailed(table.Update("Owner", "bob").Range("Name", "tom").Set("Age", 4).If("Age < ?", 3).Run(t.Context())))
}

func TestTransactionsAndBatches(t *testing.T) {
	db, table := newTable(t)
	pets := []pet{{Owner: "cid", Name: "a", Age: 1}, {Owner: "cid", Name: "b", Age: 2}, {Owner: "cid", Name: "c", Age: 3}}
	require.NoError(t, db.WriteTx().
		Put(table.Put(pets[0]).If("attribute_not_exists($)", "Owner")).
		Update(table.Update("Owner", "cid").Range("Name", "b").Set("Age", 2)).
		Check(table.Check("Owner", "cid").Range("Name", "c").IfNotExists()).Run(t.Context()))
	written, err := table.Batch().Write().Put(pets[2]).Run(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 1, written)

	var all []pet
	require.NoError(t, table.Get("Owner", "cid").SearchLimit(2).Order(dynamo.Descending).All(t.Context(), &all))
	assert.Equal(t, []pet{pets[2], pets[1]}, all)
	all = nil
	require.NoError(t, table.Batch("Owner", "Name").Get(dynamo.Keys{"cid", "a"}, dynamo.Keys{"cid", "c"}).All(t.Context(), &all))
	assert.ElementsMatch(t, []pet{pets[0], pets[2]}, all)
	err = db.WriteTx().Delete(table.Delete("Owner", "cid").Range("Name", "a").If("Age = ?", 9)).Put(table.Put(pets[1])).Run(t.Context())
	assert.True(t, dynamo.IsCondCheckFailed(err))
	count, err := table.Scan().Count(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 3, count)
}
