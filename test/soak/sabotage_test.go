package soak

import (
	"context"
	"fmt"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/assert"

	"github.com/open-alchemy/packagedb/internal/dbtest"
)

// sabotage breaks a promise between the database and the server with a request, which it may send
// with next.
type sabotage func(s *saboteur, input any, next func() (any, error)) (any, error)

// sabotages break one promise each. Most alter every fourth request that they apply to.
var sabotages = map[string]sabotage{
	"conditions are ignored": func(_ *saboteur, input any, next func() (any, error)) (any, error) {
		removeConditions(input)
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
	"a history is reordered": func(s *saboteur, _ any, next func() (any, error)) (any, error) {
		output, err := next()
		if page, ok := output.(*dynamodb.QueryOutput); ok && err == nil && len(page.Items) > 1 && s.isTurn() {
			slices.Reverse(page.Items[:2])
		}
		return output, err
	},
	"unprocessed items are forgotten": func(_ *saboteur, _ any, next func() (any, error)) (any, error) {
		output, err := next()
		if batch, ok := output.(*dynamodb.BatchWriteItemOutput); ok && err == nil {
			batch.UnprocessedItems = nil
		}
		return output, err
	},
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
		output, err := next()
		if err == nil {
			s.last.Store(item, *output.(*dynamodb.GetItemOutput))
		}
		return output, err
	},
}

// These take out what protects deletes and CreateSpecVersion from what read-committed queries return.
var (
	missedVersionStays sabotage = func(_ *saboteur, input any, next func() (any, error)) (any, error) {
		changeDeletes(input, func(del *types.Delete) bool { return del.ConditionExpression != nil })
		return next()
	}
	onceWithoutConditions sabotage = func(_ *saboteur, input any, next func() (any, error)) (any, error) {
		if isOnce(actionsOf(input)) {
			removeConditions(input)
		}
		return next()
	}
	versionsWithoutConditions sabotage = func(_ *saboteur, input any, next func() (any, error)) (any, error) {
		changeDeletes(input, func(del *types.Delete) bool {
			if del.ExpressionAttributeValues[":updated_at"] == nil && del.ExpressionAttributeValues != nil { // not of the latest item
				*del = types.Delete{TableName: del.TableName, Key: del.Key}
			}
			return true
		})
		return next()
	}
)

// changeDeletes keeps those deletes of a transaction that change returns true for, after it has changed them.
func changeDeletes(input any, change func(del *types.Delete) bool) {
	transaction, ok := input.(*dynamodb.TransactWriteItemsInput)
	if !ok {
		return
	}
	var kept []types.TransactWriteItem
	for _, action := range transaction.TransactItems {
		if action.Delete != nil {
			del := *action.Delete
			if !change(&del) {
				continue
			}
			action.Delete = &del
		}
		kept = append(kept, action)
	}
	transaction.TransactItems = kept
}

// saboteur is the state of a sabotage.
type saboteur struct {
	client dbtest.Client
	breaks sabotage
	count  atomic.Int64
	last   sync.Map
}

func (s *saboteur) intercept() dbtest.Client {
	return dbtest.Intercept(s.client, func(_ string, input any, next func() (any, error)) (any, error) {
		return s.breaks(s, input, next)
	})
}

func (s *saboteur) isTurn() bool { return s.count.Add(1)%4 == 0 }

// apply carries out the deletes of a transaction one by one, without their conditions.
func (s *saboteur) apply(deletes []types.TransactWriteItem) error {
	for _, action := range deletes {
		input := dynamodb.DeleteItemInput{TableName: action.Delete.TableName, Key: action.Delete.Key}
		if _, err := s.client.DeleteItem(context.Background(), &input); err != nil {
			return err
		}
	}
	return nil
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

// isOnce reports whether a transaction stores a version once.
func isOnce(actions []types.TransactWriteItem) bool {
	return slices.ContainsFunc(actions, func(action types.TransactWriteItem) bool {
		return action.Put != nil && aws.ToString(action.Put.ConditionExpression) == "attribute_not_exists(updated_at_id)"
	})
}

// removeConditions removes the conditions of a write.
func removeConditions(input any) {
	switch input := input.(type) {
	case *dynamodb.PutItemInput:
		*input = dynamodb.PutItemInput{TableName: input.TableName, Item: input.Item}
	case *dynamodb.DeleteItemInput:
		*input = dynamodb.DeleteItemInput{TableName: input.TableName, Key: input.Key}
	case *dynamodb.TransactWriteItemsInput:
		input.TransactItems = slices.Clone(input.TransactItems)
		for i, action := range input.TransactItems {
			if action.Put != nil {
				input.TransactItems[i].Put = &types.Put{TableName: action.Put.TableName, Item: action.Put.Item}
			} else {
				input.TransactItems[i].Delete = &types.Delete{TableName: action.Delete.TableName, Key: action.Delete.Key}
			}
		}
	}
}

// TestModel_NoticesWhatIsBroken requires the model to fail: a client between the library and the
// server breaks one promise.
func TestModel_NoticesWhatIsBroken(t *testing.T) {
	if os.Getenv("PACKAGEDB_TEST_ENDPOINT") != "" {
		t.Skip("the model does not depend on the engine")
	}
	for name, breaks := range sabotages {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			requireViolation(t, breaks, newPlan)
		})
	}
	for name, breaks := range map[string]sabotage{
		"the version that a query missed stays": missedVersionStays,
		"a version is stored unconditionally":   onceWithoutConditions,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			requireViolation(t, breaks, newTornPlan)
		})
	}
}

// requireViolation runs plans until the model fails.
func requireViolation(t *testing.T, breaks sabotage, newPlan func(seed uint64) plan) {
	for seed := range uint64(200) {
		p := newPlan(seed)
		p.sabotage = breaks
		var r *run
		t.Run("run", func(t *testing.T) { r = p.carryOut(t) })
		if len(r.violations) > 0 {
			t.Logf("found with seed %d: %s", seed, r.violations[0])
			return
		}
	}
	assert.Fail(t, "nothing was found in 200 runs")
}

// TestModel_AcceptsTornPages runs the same plans without sabotage.
func TestModel_AcceptsTornPages(t *testing.T) {
	t.Parallel()
	for seed := range uint64(10) {
		r := newTornPlan(seed).carryOut(t)
		r.report()
	}
}
