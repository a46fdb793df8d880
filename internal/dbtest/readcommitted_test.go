package dbtest_test

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/internal/dbtest"
	"github.com/open-alchemy/packagedb/testutil"
)

// queryOf returns the query of a user's specs, or of the index.
func queryOf(index bool, descending bool, limit int32) *dynamodb.QueryInput {
	input := &dynamodb.QueryInput{
		TableName: aws.String("package.specs"), KeyConditionExpression: aws.String("#sub = :sub"),
		ExpressionAttributeNames:  map[string]string{"#sub": "sub"},
		ExpressionAttributeValues: map[string]types.AttributeValue{":sub": &types.AttributeValueMemberS{Value: "sub"}},
		ConsistentRead:            aws.Bool(true), ScanIndexForward: aws.Bool(!descending),
	}
	if index {
		input.IndexName = aws.String("idUpdatedAt")
	}
	if limit > 0 {
		input.Limit = aws.Int32(limit)
	}
	return input
}

// write creates versions of a spec and deletes it, again and again until done is closed.
func write(t *testing.T, db packagedb.Database, name string, done <-chan struct{}) {
	for i := 0; ; i++ {
		select {
		case <-done:
			return
		default:
		}
		_, err := db.CreateUpdateSpec(t.Context(), "sub", packagedb.SpecInput{Name: name, Version: fmt.Sprint(i)})
		if i%3 == 2 && err == nil {
			err = db.DeleteSpec(t.Context(), "sub", name)
		}
		if !assert.NoError(t, err) {
			return
		}
	}
}

// TestReadCommitted_Pages reads everything again and again, page by page, while others write. Some pages are
// torn. Every page is in order and within its limit, no key comes twice, and nothing that is there all the
// time is missing.
func TestReadCommitted_Pages(t *testing.T) {
	t.Setenv("PACKAGEDB_TEST_ENDPOINT", "") // the server makes no difference
	for _, index := range []bool{false, true} {
		for _, descending := range []bool{false, true} {
			for _, limit := range []int32{0, 2} {
				t.Run(fmt.Sprintf("index %t, descending %t, limit %d", index, descending, limit), func(t *testing.T) {
					server := testutil.New(t)
					shared := dbtest.NewReadCommitted(1, time.Millisecond)
					client := shared.Client(server.Client)
					db := packagedb.New(client, packagedb.WithClock(func() time.Time { return time.Unix(0, 0) }))
					for _, name := range []string{"a", "c", "e"} {
						_, err := db.CreateUpdateSpec(t.Context(), "sub", packagedb.SpecInput{Name: name, Version: "1"})
						require.NoError(t, err)
					}
					done := make(chan struct{})
					var writers sync.WaitGroup
					for _, name := range []string{"b", "d"} {
						writers.Go(func() { write(t, db, name, done) })
					}
					for round := 0; round < 5 || shared.Torn() == 0 && round < 10_000; round++ {
						checkPages(t, client, queryOf(index, descending, limit))
					}
					close(done)
					writers.Wait()
					assert.Positive(t, shared.Torn())
				})
			}
		}
	}
}

func checkPages(t *testing.T, client dbtest.Client, input *dynamodb.QueryInput) {
	t.Helper()
	last, stable := "", 0
	for {
		page, err := client.Query(t.Context(), input)
		require.NoError(t, err)
		if input.Limit != nil {
			require.LessOrEqual(t, len(page.Items), int(*input.Limit))
		}
		require.EqualValues(t, len(page.Items), page.Count)
		var items []struct {
			Table string `dynamodbav:"updated_at_id"`
			Index string `dynamodbav:"id_updated_at"`
			ID    string `dynamodbav:"id"`
		}
		require.NoError(t, attributevalue.UnmarshalListOfMaps(page.Items, &items))
		for _, item := range items {
			key := item.Table
			if input.IndexName != nil {
				key = item.Index
			}
			if last != "" {
				require.Equal(t, *input.ScanIndexForward, key > last, "%s and then %s", last, key)
			}
			last = key
			if item.ID != "b" && item.ID != "d" {
				stable++
			}
		}
		if input.ExclusiveStartKey = page.LastEvaluatedKey; len(page.LastEvaluatedKey) == 0 {
			break
		}
	}
	require.Equal(t, 6, stable, "items that are there all the time")
}

// TestReadCommitted_TornCreate has versions be created while a page is read, until pages have had a latest
// item without its version, a version without its latest item, and both.
func TestReadCommitted_TornCreate(t *testing.T) {
	t.Setenv("PACKAGEDB_TEST_ENDPOINT", "")
	server := testutil.New(t)
	client := dbtest.NewReadCommitted(1, time.Minute).Client(server.Client)
	var second int64
	db := packagedb.New(client, packagedb.WithClock(func() time.Time { return time.Unix(second, 0) }))
	create := func() {
		second++
		_, err := db.CreateUpdateSpec(t.Context(), "sub", packagedb.SpecInput{Name: "a", Version: "1"})
		require.NoError(t, err)
	}
	for range 3 {
		create()
	}
	seen := map[string]bool{}
	for round := 0; round < 200 && len(seen) < 3; round++ {
		var page *dynamodb.QueryOutput
		read := make(chan error, 1)
		go func() {
			var err error
			page, err = client.Query(t.Context(), queryOf(true, true, 3))
			read <- err
		}()
		for len(read) == 0 { // the query waits for a write
			create()
		}
		require.NoError(t, <-read)
		var items []struct {
			At     string `dynamodbav:"id_updated_at"`
			Second int64  `dynamodbav:"updated_at,string"`
		}
		require.NoError(t, attributevalue.UnmarshalListOfMaps(page.Items, &items))
		require.GreaterOrEqual(t, len(items), 2)
		switch latest, newest := items[0], items[1]; {
		case latest.At != "a#latest":
			require.Fail(t, "not the end of the history", "%v", items)
		case latest.Second > newest.Second:
			seen["latest item without its version"] = true
		case latest.Second < newest.Second:
			seen["version without its latest item"] = true
		default:
			seen["both"] = true
		}
	}
	assert.Len(t, seen, 3, "%v", seen)
}

// TestReadCommitted_HostsThatAllWait has hosts read and delete, with nobody else who writes: none waits in vain.
func TestReadCommitted_HostsThatAllWait(t *testing.T) {
	t.Setenv("PACKAGEDB_TEST_ENDPOINT", "")
	synctest.Test(t, func(t *testing.T) {
		client := testutil.New(t).Client
		shared := dbtest.NewReadCommitted(1, time.Hour)
		begin := time.Now()
		var hosts sync.WaitGroup
		for i := range 3 {
			shared.Join()
			hosts.Go(func() {
				defer shared.Leave()
				db := packagedb.New(shared.Client(client))
				for range 20 {
					_, err := db.CreateUpdateSpec(t.Context(), fmt.Sprint(i), packagedb.SpecInput{Name: "a", Version: "1"})
					assert.NoError(t, err)
					assert.NoError(t, db.DeleteSpec(t.Context(), fmt.Sprint(i), "a"))
				}
			})
		}
		hosts.Wait()
		assert.Zero(t, time.Since(begin))
	})
}
