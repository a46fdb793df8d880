package soak

import (
	"context"
	"fmt"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
)

// intercepted passes every request to a function, which may send it with next or do something else.
type intercepted struct {
	packagedb.Client
	intercept func(ctx context.Context, input any, next func(input any) (any, error)) (any, error)
}

type (
	options = func(*dynamodb.Options)
	send    = func(input any) (any, error)
)

func intercept[I, O any](
	ctx context.Context, c *intercepted, input I, settings []options, method func(context.Context, I, ...options) (O, error),
) (output O, err error) {
	answer, err := c.intercept(ctx, input, func(input any) (any, error) { return method(ctx, input.(I), settings...) })
	if err == nil {
		output = answer.(O)
	}
	return output, err
}

func (c *intercepted) GetItem(
	ctx context.Context, input *dynamodb.GetItemInput, settings ...options,
) (*dynamodb.GetItemOutput, error) {
	return intercept(ctx, c, input, settings, c.Client.GetItem)
}

func (c *intercepted) PutItem(
	ctx context.Context, input *dynamodb.PutItemInput, settings ...options,
) (*dynamodb.PutItemOutput, error) {
	return intercept(ctx, c, input, settings, c.Client.PutItem)
}

func (c *intercepted) DeleteItem(
	ctx context.Context, input *dynamodb.DeleteItemInput, settings ...options,
) (*dynamodb.DeleteItemOutput, error) {
	return intercept(ctx, c, input, settings, c.Client.DeleteItem)
}

func (c *intercepted) Query(
	ctx context.Context, input *dynamodb.QueryInput, settings ...options,
) (*dynamodb.QueryOutput, error) {
	return intercept(ctx, c, input, settings, c.Client.Query)
}

func (c *intercepted) BatchWriteItem(
	ctx context.Context, input *dynamodb.BatchWriteItemInput, settings ...options,
) (*dynamodb.BatchWriteItemOutput, error) {
	return intercept(ctx, c, input, settings, c.Client.BatchWriteItem)
}

func (c *intercepted) TransactWriteItems(
	ctx context.Context, input *dynamodb.TransactWriteItemsInput, settings ...options,
) (*dynamodb.TransactWriteItemsOutput, error) {
	return intercept(ctx, c, input, settings, c.Client.TransactWriteItems)
}

// sabotages break one promise each. They alter every fourth request that they apply to.
var sabotages = map[string]func(ctx context.Context, s *saboteur, input any, next send) (any, error){
	"conditions are ignored": func(_ context.Context, _ *saboteur, input any, next send) (any, error) {
		return next(withoutConditions(input))
	},
	"a transaction stores its first item and fails": func(ctx context.Context, s *saboteur, input any, next send) (any, error) {
		if transaction, ok := input.(*dynamodb.TransactWriteItemsInput); ok && s.isTurn() {
			if err := s.apply(ctx, transaction.TransactItems[:1]); err != nil {
				return nil, err
			}
			return nil, &types.InternalServerError{}
		}
		return next(input)
	},
	"a delete is not atomic": func(ctx context.Context, s *saboteur, input any, next send) (any, error) {
		if transaction, ok := input.(*dynamodb.TransactWriteItemsInput); ok && deletes(transaction) {
			return new(dynamodb.TransactWriteItemsOutput), s.apply(ctx, transaction.TransactItems)
		}
		return next(input)
	},
	"a delete is lost": func(_ context.Context, s *saboteur, input any, next send) (any, error) {
		if transaction, ok := input.(*dynamodb.TransactWriteItemsInput); ok && deletes(transaction) && s.isTurn() {
			return new(dynamodb.TransactWriteItemsOutput), nil
		}
		return next(input)
	},
	"a write is lost": func(_ context.Context, s *saboteur, input any, next send) (any, error) {
		switch input := input.(type) {
		case *dynamodb.TransactWriteItemsInput:
			if !deletes(input) && s.isTurn() {
				return new(dynamodb.TransactWriteItemsOutput), nil
			}
		case *dynamodb.PutItemInput:
			if s.isTurn() {
				return new(dynamodb.PutItemOutput), nil
			}
		}
		return next(input)
	},
	"a history is reordered": func(_ context.Context, s *saboteur, input any, next send) (any, error) {
		answer, err := next(input)
		if output, ok := answer.(*dynamodb.QueryOutput); ok && err == nil && len(output.Items) > 1 && s.isTurn() {
			slices.Reverse(output.Items[:2])
		}
		return answer, err
	},
	"an item of a query is lost": func(_ context.Context, s *saboteur, input any, next send) (any, error) {
		answer, err := next(input)
		if output, ok := answer.(*dynamodb.QueryOutput); ok && err == nil && len(output.Items) > 1 && s.isTurn() {
			output.Items = output.Items[1:]
		}
		return answer, err
	},
	"unprocessed items are forgotten": func(_ context.Context, _ *saboteur, input any, next send) (any, error) {
		answer, err := next(input)
		if output, ok := answer.(*dynamodb.BatchWriteItemOutput); ok && err == nil {
			output.UnprocessedItems = nil
		}
		return answer, err
	},
	"reads are stale": func(_ context.Context, s *saboteur, input any, next send) (any, error) {
		get, ok := input.(*dynamodb.GetItemInput)
		if !ok {
			return next(input)
		}
		item := fmt.Sprint(keyOf(get.Key), get.ProjectionExpression != nil)
		if before, ok := s.last.Load(item); ok && s.isTurn() {
			return before, nil
		}
		answer, err := next(input)
		if err == nil {
			s.last.Store(item, answer)
		}
		return answer, err
	},
}

// saboteur is the state of a sabotage.
type saboteur struct {
	client packagedb.Client
	count  atomic.Int64
	last   sync.Map
}

func (s *saboteur) isTurn() bool { return s.count.Add(1)%4 == 0 }

// apply carries out the actions of a transaction one by one, without their conditions.
func (s *saboteur) apply(ctx context.Context, actions []types.TransactWriteItem) (err error) {
	for _, action := range actions {
		switch {
		case err != nil:
		case action.Put != nil:
			_, err = s.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: action.Put.TableName, Item: action.Put.Item})
		case action.Delete != nil:
			_, err = s.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: action.Delete.TableName, Key: action.Delete.Key})
		}
	}
	return err
}

// deletes reports whether a transaction deletes items and puts none.
func deletes(transaction *dynamodb.TransactWriteItemsInput) bool {
	return !slices.ContainsFunc(transaction.TransactItems, func(action types.TransactWriteItem) bool { return action.Put != nil })
}

// keyOf returns the text attributes of a key.
func keyOf(key map[string]types.AttributeValue) string {
	text := ""
	for _, attribute := range []string{"sub", "updated_at_id", "id"} {
		if value, ok := key[attribute].(*types.AttributeValueMemberS); ok {
			text += "\x00" + value.Value
		}
	}
	return text
}

// withoutConditions returns the input of a write without its conditions.
func withoutConditions(input any) any {
	switch input := input.(type) {
	case *dynamodb.PutItemInput:
		return &dynamodb.PutItemInput{TableName: input.TableName, Item: input.Item}
	case *dynamodb.DeleteItemInput:
		return &dynamodb.DeleteItemInput{TableName: input.TableName, Key: input.Key}
	case *dynamodb.TransactWriteItemsInput:
		without := *input
		without.TransactItems = nil
		for _, action := range input.TransactItems {
			if put := action.Put; put != nil {
				without.TransactItems = append(without.TransactItems,
					types.TransactWriteItem{Put: &types.Put{TableName: put.TableName, Item: put.Item}})
			}
			if d := action.Delete; d != nil {
				without.TransactItems = append(without.TransactItems,
					types.TransactWriteItem{Delete: &types.Delete{TableName: d.TableName, Key: d.Key}})
			}
		}
		return &without
	}
	return input
}

// TestModel_NoticesWhatIsBroken requires the model to fail: a client between the library and the
// server breaks one promise.
func TestModel_NoticesWhatIsBroken(t *testing.T) {
	skipOnOtherEngines(t)
	for name := range sabotages {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(200) {
				p := newPlan(seed)
				p.sabotage = sabotageOf(name)
				var o outcome
				t.Run("run", func(t *testing.T) { o = p.carryOut(t) })
				if len(o.violations) > 0 {
					t.Logf("found with seed %d: %s", seed, o.violations[0].message)
					return
				}
			}
			assert.Fail(t, "nothing was found in 200 runs")
		})
	}
}

func sabotageOf(name string) sabotage {
	return func(client packagedb.Client) packagedb.Client {
		s := &saboteur{client: client}
		return &intercepted{client, func(ctx context.Context, input any, next send) (any, error) {
			return sabotages[name](ctx, s, input, next)
		}}
	}
}

// TestShrink_KeepsWhatBreaksThePromise requires that a shrunk plan still breaks the promise.
func TestShrink_KeepsWhatBreaksThePromise(t *testing.T) {
	skipOnOtherEngines(t)
	for seed := range uint64(200) {
		p := newPlan(seed)
		p.sabotage = sabotageOf("a write is lost")
		p.hosts = p.hosts[:1] // so that every replay is the same
		o := p.replay(t)
		if len(o.violations) == 0 {
			continue
		}
		smaller, o := p.shrink(t, o)
		assert.LessOrEqual(t, len(smaller.calls()), 10, "calls left of %d", len(p.calls()))
		assert.NotEmpty(t, o.violations)
		return
	}
	require.Fail(t, "no plan failed")
}

func skipOnOtherEngines(t *testing.T) {
	if os.Getenv("PACKAGEDB_TEST_ENDPOINT") != "" {
		t.Skip("the model does not depend on the engine")
	}
}
