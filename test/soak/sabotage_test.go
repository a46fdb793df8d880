package soak

import (
	"context"
	"fmt"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb/internal/dbtest"
)

// breakage breaks a promise with a request, which it may send with next.
type breakage func(s *saboteur, input any, next func() (any, error)) (any, error)

// breakages break one promise each. Most alter every fourth request that they apply to.
var breakages = map[string]breakage{
	"conditions are ignored": func(_ *saboteur, input any, next func() (any, error)) (any, error) {
		removeConditions(input)
		return next()
	},
	"a transaction stores its first item and fails": func(s *saboteur, input any, next func() (any, error)) (any, error) {
		if actions := actionsOf(input); actions != nil && s.isTurn() {
			if err := s.apply(actions[:1]); err != nil {
				return nil, err
			}
			return nil, &types.InternalServerError{}
		}
		return next()
	},
	"a delete is not atomic": func(s *saboteur, input any, next func() (any, error)) (any, error) {
		if actions := actionsOf(input); actions != nil && !puts(actions) {
			return new(dynamodb.TransactWriteItemsOutput), s.apply(actions)
		}
		return next()
	},
	"a delete is lost": func(s *saboteur, input any, next func() (any, error)) (any, error) {
		if actions := actionsOf(input); actions != nil && !puts(actions) && s.isTurn() {
			return new(dynamodb.TransactWriteItemsOutput), nil
		}
		return next()
	},
	"a write is lost": func(s *saboteur, input any, next func() (any, error)) (any, error) {
		if puts(actionsOf(input)) && s.isTurn() {
			return new(dynamodb.TransactWriteItemsOutput), nil
		}
		if _, ok := input.(*dynamodb.PutItemInput); ok && s.isTurn() {
			return new(dynamodb.PutItemOutput), nil
		}
		return next()
	},
	"a history is reordered": after(func(s *saboteur, output *dynamodb.QueryOutput) {
		if len(output.Items) > 1 && s.isTurn() {
			slices.Reverse(output.Items[:2])
		}
	}),
	"an item of a query is lost": after(func(s *saboteur, output *dynamodb.QueryOutput) {
		if len(output.Items) > 1 && s.isTurn() {
			output.Items = output.Items[1:]
		}
	}),
	"unprocessed items are forgotten": after(func(_ *saboteur, output *dynamodb.BatchWriteItemOutput) {
		output.UnprocessedItems = nil
	}),
	"reads are stale": func(s *saboteur, input any, next func() (any, error)) (any, error) {
		get, ok := input.(*dynamodb.GetItemInput)
		if !ok {
			return next()
		}
		var key map[string]string
		if err := attributevalue.UnmarshalMap(get.Key, &key); err != nil {
			return nil, err
		}
		item := fmt.Sprint(key, get.ProjectionExpression != nil)
		if before, ok := s.last.Load(item); ok && s.isTurn() {
			stale := before.(dynamodb.GetItemOutput)
			return &stale, nil
		}
		keep := after(func(s *saboteur, output *dynamodb.GetItemOutput) { s.last.Store(item, *output) })
		return keep(s, input, next)
	},
}

// after changes answers.
func after[O any](change func(s *saboteur, output *O)) breakage {
	return func(s *saboteur, input any, next func() (any, error)) (any, error) {
		answer, err := next()
		if output, ok := answer.(*O); ok && err == nil {
			change(s, output)
		}
		return answer, err
	}
}

// saboteur is the state of a sabotage.
type saboteur struct {
	client dbtest.Client
	count  atomic.Int64
	last   sync.Map
}

func (s *saboteur) isTurn() bool { return s.count.Add(1)%4 == 0 }

// apply carries out the actions of a transaction one by one, without their conditions.
func (s *saboteur) apply(actions []types.TransactWriteItem) (err error) {
	ctx := context.Background()
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

// actionsOf returns the actions of a transaction, nil if the request is none.
func actionsOf(input any) []types.TransactWriteItem {
	if transaction, ok := input.(*dynamodb.TransactWriteItemsInput); ok {
		return transaction.TransactItems
	}
	return nil
}

// puts reports whether a transaction puts items.
func puts(actions []types.TransactWriteItem) bool {
	return slices.ContainsFunc(actions, func(action types.TransactWriteItem) bool { return action.Put != nil })
}

// removeConditions removes the conditions of a write.
func removeConditions(input any) {
	switch input := input.(type) {
	case *dynamodb.PutItemInput:
		*input = dynamodb.PutItemInput{TableName: input.TableName, Item: input.Item}
	case *dynamodb.DeleteItemInput:
		*input = dynamodb.DeleteItemInput{TableName: input.TableName, Key: input.Key}
	case *dynamodb.TransactWriteItemsInput:
		var actions []types.TransactWriteItem
		for _, action := range input.TransactItems {
			switch {
			case action.Put != nil:
				action.Put = &types.Put{TableName: action.Put.TableName, Item: action.Put.Item}
			case action.Delete != nil:
				action.Delete = &types.Delete{TableName: action.Delete.TableName, Key: action.Delete.Key}
			default:
				continue
			}
			actions = append(actions, action)
		}
		input.TransactItems = actions
	}
}

// TestModel_NoticesWhatIsBroken requires the model to fail: a client between the library and the
// server breaks one promise.
func TestModel_NoticesWhatIsBroken(t *testing.T) {
	skipOnOtherEngines(t)
	for name := range breakages {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(200) {
				p := newPlan(seed)
				p.sabotage = sabotageOf(name)
				var r *run
				t.Run("run", func(t *testing.T) { r = p.carryOut(t) })
				if len(r.violations) > 0 {
					t.Logf("found with seed %d: %s", seed, r.violations[0].message)
					return
				}
			}
			assert.Fail(t, "nothing was found in 200 runs")
		})
	}
}

func sabotageOf(name string) sabotage {
	return func(client dbtest.Client) dbtest.Client {
		s := &saboteur{client: client}
		return dbtest.Intercept(client, func(_ string, input any, next func() (any, error)) (any, error) {
			return breakages[name](s, input, next)
		})
	}
}

// TestShrink_KeepsWhatBreaksThePromise requires that a shrunk plan still breaks the promise.
func TestShrink_KeepsWhatBreaksThePromise(t *testing.T) {
	skipOnOtherEngines(t)
	for seed := range uint64(200) {
		p := newPlan(seed)
		p.sabotage = sabotageOf("a write is lost")
		p.hosts = p.hosts[:1] // so that every replay is the same
		r := p.replay(t)
		if len(r.violations) == 0 {
			continue
		}
		smaller := r.shrink(t)
		assert.LessOrEqual(t, len(smaller.plan.calls()), 10, "calls left of %d", len(p.calls()))
		assert.NotEmpty(t, smaller.violations)
		return
	}
	require.Fail(t, "no plan failed")
}

func skipOnOtherEngines(t *testing.T) {
	if os.Getenv("PACKAGEDB_TEST_ENDPOINT") != "" {
		t.Skip("the model does not depend on the engine")
	}
}
