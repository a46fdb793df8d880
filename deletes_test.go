package packagedb_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/testutil"
)

// batchClient hands every BatchWriteItem to a function.
type batchClient struct {
	packagedb.Client
	batch func(ctx context.Context, input *dynamodb.BatchWriteItemInput) (*dynamodb.BatchWriteItemOutput, error)
}

func (c *batchClient) BatchWriteItem(
	ctx context.Context, input *dynamodb.BatchWriteItemInput, _ ...func(*dynamodb.Options),
) (*dynamodb.BatchWriteItemOutput, error) {
	return c.batch(ctx, input)
}

// fill gives a user specs with that many versions each.
func fill(t *testing.T, db packagedb.Database, specs, versions int) {
	t.Helper()
	for spec := range specs {
		for version := range versions {
			must(t, db.CreateUpdateSpec(t.Context(), "sub", packagedb.SpecInput{
				Name: fmt.Sprint("spec ", spec), Version: fmt.Sprint("version ", version),
			}))
		}
	}
}

// keysIn returns the sort keys that a batch deletes from the specs table.
func keysIn(input *dynamodb.BatchWriteItemInput) []string {
	var keys []string
	for _, request := range input.RequestItems["package.specs"] {
		keys = append(keys, request.DeleteRequest.Key["updated_at_id"].(*types.AttributeValueMemberS).Value)
	}
	return keys
}

func TestNoVersionIsDeletedBeforeEveryLatestItemIs(t *testing.T) {
	db := testutil.New(t)
	fill(t, db, 60, 2)
	server := db.Client

	var mu sync.Mutex
	latestGone, batches := 0, 0
	client := &batchClient{Client: server}
	client.batch = func(ctx context.Context, input *dynamodb.BatchWriteItemInput) (*dynamodb.BatchWriteItemOutput, error) {
		keys := keysIn(input)
		latest := 0
		for _, key := range keys {
			if strings.HasPrefix(key, "latest#") {
				latest++
			}
		}
		mu.Lock()
		batches++
		if latest < len(keys) && latestGone+latest < 60 {
			t.Errorf("a batch with %d versions starts when %d of 60 latest items are deleted", len(keys)-latest, latestGone)
		}
		if latest > 0 && !strings.HasPrefix(keys[0], "latest#") {
			t.Errorf("a batch with latest items starts with %q", keys[0])
		}
		mu.Unlock()
		output, err := server.BatchWriteItem(ctx, input)
		mu.Lock()
		latestGone += latest
		mu.Unlock()
		return output, err
	}
	must(t, packagedb.New(client).DeleteAllSpecs(t.Context(), "sub"))
	if want := (60*3 + 24) / 25; batches != want {
		t.Errorf("180 items are deleted in %d batches, want %d", batches, want)
	}
}

func TestUnprocessedItemsGoRoundUntilNoneIsLeft(t *testing.T) {
	db := testutil.New(t)
	fill(t, db, 1, 60)
	server := db.Client
	client := &batchClient{Client: server}
	client.batch = func(ctx context.Context, input *dynamodb.BatchWriteItemInput) (*dynamodb.BatchWriteItemOutput, error) {
		requests := input.RequestItems["package.specs"]
		done := (len(requests) + 1) / 2
		input.RequestItems["package.specs"] = requests[:done]
		output, err := server.BatchWriteItem(ctx, input)
		if err == nil && done < len(requests) {
			output.UnprocessedItems = map[string][]types.WriteRequest{"package.specs": requests[done:]}
		}
		return output, err
	}
	must(t, packagedb.New(client).DeleteSpec(t.Context(), "sub", "spec 0"))
	if items := scan(t, db.Client, "package.specs"); len(items) != 0 {
		t.Errorf("%d items are left", len(items))
	}
}

func TestADeleteThatFailsSaysWhatRemainsAndCanBeRepeated(t *testing.T) {
	db := testutil.New(t)
	fill(t, db, 1, 60)
	server := db.Client
	broken := errors.New("broken")
	var batches atomic.Int32
	client := &batchClient{Client: server}
	client.batch = func(ctx context.Context, input *dynamodb.BatchWriteItemInput) (*dynamodb.BatchWriteItemOutput, error) {
		if batches.Add(1) > 1 {
			return nil, broken
		}
		return server.BatchWriteItem(ctx, input)
	}
	err := packagedb.New(client).DeleteSpec(t.Context(), "sub", "spec 0")
	// Whether the only page is known to be the last depends on who is faster.
	said := regexp.MustCompile(`: 25 items deleted, (at least )?36 remain: `)
	if !errors.Is(err, broken) || !said.MatchString(err.Error()) {
		t.Errorf("got the error %v", err)
	}
	if items := scan(t, db.Client, "package.specs"); len(items) != 36 {
		t.Errorf("%d items are left, want 36", len(items))
	}
	if _, err := db.GetSpec(t.Context(), "sub", "spec 0"); !errors.Is(err, packagedb.ErrNotFound) {
		t.Errorf("GetSpec of a spec whose delete has begun: %v", err)
	}
	must(t, db.DeleteSpec(t.Context(), "sub", "spec 0"))
	if items := scan(t, db.Client, "package.specs"); len(items) != 0 {
		t.Errorf("%d items are left after the repeat", len(items))
	}
}

func TestADeleteEndsWithItsContext(t *testing.T) {
	db := testutil.New(t)
	fill(t, db, 1, 60)
	ctx, cancel := context.WithCancel(t.Context())
	client := &batchClient{Client: db.Client}
	client.batch = func(context.Context, *dynamodb.BatchWriteItemInput) (*dynamodb.BatchWriteItemOutput, error) {
		cancel()
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if err := packagedb.New(client).DeleteSpec(ctx, "sub", "spec 0"); !errors.Is(err, context.Canceled) {
		t.Errorf("got the error %v", err)
	}
}

func TestUnprocessedItemsAreRetriedUntilTheContextEnds(t *testing.T) {
	db := testutil.New(t)
	fill(t, db, 1, 1)
	ctx, cancel := context.WithCancel(t.Context())
	var batches atomic.Int32
	client := &batchClient{Client: db.Client}
	client.batch = func(_ context.Context, input *dynamodb.BatchWriteItemInput) (*dynamodb.BatchWriteItemOutput, error) {
		if batches.Add(1) == 3 {
			cancel()
		}
		return &dynamodb.BatchWriteItemOutput{UnprocessedItems: input.RequestItems}, nil
	}
	err := packagedb.New(client).DeleteSpec(ctx, "sub", "spec 0")
	if !errors.Is(err, context.Canceled) || batches.Load() != 3 {
		t.Errorf("got the error %v after %d batches", err, batches.Load())
	}
}

// pagingClient answers queries with pages of its own, without end.
type pagingClient struct {
	batchClient
	pages atomic.Int32
}

func (c *pagingClient) Query(ctx context.Context, _ *dynamodb.QueryInput, _ ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	page := c.pages.Add(1)
	output := &dynamodb.QueryOutput{LastEvaluatedKey: item{"sub": text("sub")}}
	for i := range 1000 {
		output.Items = append(output.Items, item{
			"sub": text("sub"), "updated_at_id": text(fmt.Sprintf("%010d%010d#spec", page, i)),
		})
	}
	return output, nil
}

func TestPagesAreReadAsTheyAreDeletedNeverAllAtOnce(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	client := &pagingClient{}
	var deleted atomic.Int32
	client.batch = func(_ context.Context, input *dynamodb.BatchWriteItemInput) (*dynamodb.BatchWriteItemOutput, error) {
		count := deleted.Add(int32(len(keysIn(input))))
		if ahead := client.pages.Load()*1000 - count; ahead > 4000 {
			t.Errorf("%d keys are read ahead of those deleted", ahead)
		}
		if count > 20_000 {
			cancel()
		}
		return &dynamodb.BatchWriteItemOutput{}, nil
	}
	if err := packagedb.New(client).DeleteAllSpecs(ctx, "sub"); !errors.Is(err, context.Canceled) {
		t.Errorf("got the error %v", err)
	}
}

func TestDeleteAllAttemptsBothTablesAndJoinsTheErrors(t *testing.T) {
	specsBroken, credentialsBroken := errors.New("specs broken"), errors.New("credentials broken")
	db := testutil.New(t)
	must(t, db.CreateUpdateSpec(t.Context(), "sub", packagedb.SpecInput{Name: "spec", Version: "1"}))
	must(t, db.CreateUpdateCredentials(t.Context(), "sub", packagedb.CredentialsInput{
		ID: "id", PublicKey: "key", SecretKeyHash: []byte("hash"), Salt: []byte("salt"),
	}))
	client := &batchClient{Client: db.Client}
	client.batch = func(_ context.Context, input *dynamodb.BatchWriteItemInput) (*dynamodb.BatchWriteItemOutput, error) {
		if _, ok := input.RequestItems["package.specs"]; ok {
			return nil, specsBroken
		}
		return nil, credentialsBroken
	}
	err := packagedb.New(client).DeleteAll(t.Context(), "sub")
	if !errors.Is(err, specsBroken) || !errors.Is(err, credentialsBroken) {
		t.Errorf("got the error %v, want both joined", err)
	}
}
