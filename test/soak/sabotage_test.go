package soak

import (
	"context"
	"os"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/open-alchemy/packagedb"
)

// TestTheModelFindsWhatIsBroken shows that the soak can fail: it puts a client that breaks one promise
// between the library and the server.
func TestTheModelFindsWhatIsBroken(t *testing.T) {
	skipOnOtherEngines(t)
	for name, spoil := range map[string]sabotage{
		"conditions are ignored":             func(c packagedb.Client) packagedb.Client { return &unconditional{c} },
		"transactions are torn apart":        func(c packagedb.Client) packagedb.Client { return &torn{Client: c} },
		"unprocessed items are forgotten":    func(c packagedb.Client) packagedb.Client { return &forgetful{c} },
		"an acknowledged put never happened": func(c packagedb.Client) packagedb.Client { return &lossy{Client: c} },
		"reads are stale":                    func(c packagedb.Client) packagedb.Client { return &stale{Client: c} },
		"queries find other specs":           func(c packagedb.Client) packagedb.Client { return &unfiltered{c} },
		"queries lose an item":               func(c packagedb.Client) packagedb.Client { return &short{c} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(200) {
				p := newPlan(seed)
				p.spoil = spoil
				var o outcome
				t.Run("", func(t *testing.T) { o = p.carryOut(t) })
				if len(o.violations) > 0 {
					t.Logf("found with seed %d: %s", seed, o.violations[0].message)
					return
				}
			}
			t.Error("nothing was found in 200 runs")
		})
	}
}

// TestAFailureIsMadeSmaller shows that what is left of a plan still breaks the promise.
func TestAFailureIsMadeSmaller(t *testing.T) {
	skipOnOtherEngines(t)
	for seed := range uint64(200) {
		p := newPlan(seed)
		p.spoil = func(c packagedb.Client) packagedb.Client { return &lossy{Client: c} }
		p.hosts = p.hosts[:1] // so that every replay is the same
		o, failed := p.fails(t)
		if !failed {
			continue
		}
		smaller, o := p.shrink(t, o)
		if smaller.size() > 10 || len(o.violations) == 0 {
			t.Errorf("%d of %d calls are left, with the violations %v", smaller.size(), p.size(), o.violations)
		}
		return
	}
	t.Error("no plan failed")
}

func skipOnOtherEngines(t *testing.T) {
	if os.Getenv("PACKAGEDB_TEST_ENDPOINT") != "" {
		t.Skip("the model does not depend on the engine")
	}
}

type unconditional struct{ packagedb.Client }

func (c *unconditional) TransactWriteItems(
	ctx context.Context, input *dynamodb.TransactWriteItemsInput, options ...func(*dynamodb.Options),
) (*dynamodb.TransactWriteItemsOutput, error) {
	for _, item := range input.TransactItems {
		item.Put.ConditionExpression, item.Put.ExpressionAttributeValues = nil, nil
	}
	return c.Client.TransactWriteItems(ctx, input, options...)
}

func (c *unconditional) PutItem(
	ctx context.Context, input *dynamodb.PutItemInput, options ...func(*dynamodb.Options),
) (*dynamodb.PutItemOutput, error) {
	input.ConditionExpression, input.ExpressionAttributeValues = nil, nil
	return c.Client.PutItem(ctx, input, options...)
}

// torn writes one item of every fourth transaction, and says that it failed.
type torn struct {
	packagedb.Client
	count atomic.Int64
}

func (c *torn) TransactWriteItems(
	ctx context.Context, input *dynamodb.TransactWriteItemsInput, options ...func(*dynamodb.Options),
) (*dynamodb.TransactWriteItemsOutput, error) {
	if c.count.Add(1)%4 > 0 {
		return c.Client.TransactWriteItems(ctx, input, options...)
	}
	put := input.TransactItems[0].Put
	_, err := c.PutItem(ctx, &dynamodb.PutItemInput{TableName: put.TableName, Item: put.Item})
	if err != nil {
		return nil, err
	}
	return nil, &types.InternalServerError{}
}

type forgetful struct{ packagedb.Client }

func (c *forgetful) BatchWriteItem(
	ctx context.Context, input *dynamodb.BatchWriteItemInput, options ...func(*dynamodb.Options),
) (*dynamodb.BatchWriteItemOutput, error) {
	output, err := c.Client.BatchWriteItem(ctx, input, options...)
	if err == nil {
		output.UnprocessedItems = nil
	}
	return output, err
}

// lossy drops every fourth put.
type lossy struct {
	packagedb.Client
	count atomic.Int64
}

func (c *lossy) PutItem(
	ctx context.Context, input *dynamodb.PutItemInput, options ...func(*dynamodb.Options),
) (*dynamodb.PutItemOutput, error) {
	if c.count.Add(1)%4 == 0 {
		return &dynamodb.PutItemOutput{}, nil
	}
	return c.Client.PutItem(ctx, input, options...)
}

// stale answers every fourth read with what the item was the last time that it was read.
type stale struct {
	packagedb.Client
	count atomic.Int64
	last  sync.Map
}

func (c *stale) GetItem(
	ctx context.Context, input *dynamodb.GetItemInput, options ...func(*dynamodb.Options),
) (*dynamodb.GetItemOutput, error) {
	key := ""
	for _, attribute := range []string{"sub", "updated_at_id", "id"} {
		if value, ok := input.Key[attribute].(*types.AttributeValueMemberS); ok {
			key += "\x00" + value.Value
		}
	}
	if input.ProjectionExpression != nil {
		key += *input.ProjectionExpression
	}
	if before, ok := c.last.Load(key); ok && c.count.Add(1)%4 == 0 {
		return before.(*dynamodb.GetItemOutput), nil
	}
	output, err := c.Client.GetItem(ctx, input, options...)
	if err == nil {
		c.last.Store(key, output)
	}
	return output, err
}

type unfiltered struct{ packagedb.Client }

func (c *unfiltered) Query(
	ctx context.Context, input *dynamodb.QueryInput, options ...func(*dynamodb.Options),
) (*dynamodb.QueryOutput, error) {
	if input.FilterExpression != nil {
		input.FilterExpression = nil
		delete(input.ExpressionAttributeValues, ":id")
		delete(input.ExpressionAttributeValues, ":string")
	}
	return c.Client.Query(ctx, input, options...)
}

// short loses the last of several items of a page.
type short struct{ packagedb.Client }

func (c *short) Query(
	ctx context.Context, input *dynamodb.QueryInput, options ...func(*dynamodb.Options),
) (*dynamodb.QueryOutput, error) {
	output, err := c.Client.Query(ctx, input, options...)
	if err == nil && len(output.Items) > 2 {
		output.Items = output.Items[:len(output.Items)-1]
	}
	return output, err
}
