package soak

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// finding is what a checker has found to be wrong with a spec.
type finding struct {
	key
	message string
}

// observer reads what is stored during writes, and checks that every spec is whole: its latest item
// equals its last version, or it has neither.
type observer struct {
	stop func() // ends the observation; looks and found are final then

	looks int
	found []finding // the first of each spec
}

// observe reads the first page of each user in turn until the observer is stopped.
func observe(t *testing.T, client *dynamodb.Client, subs ...string) *observer {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	o := &observer{stop: func() {
		cancel()
		<-done
	}}
	t.Cleanup(o.stop)
	go func() {
		defer close(done)
		for i := 0; len(subs) > 0 && ctx.Err() == nil; i++ {
			sub := subs[i%len(subs)]
			if items, last, err := readItems(ctx, client, sub, false); err == nil {
				o.look(sub, items, last)
			}
		}
	}()
	return o
}

// look checks the items of a user at one moment.
func (o *observer) look(sub string, items []map[string]string, last string) {
	o.looks++
	for id, message := range checkItems(items, last) {
		k := key{sub, id}
		if !slices.ContainsFunc(o.found, func(f finding) bool { return f.key == k }) {
			o.found = append(o.found, finding{k, "at one moment, " + message})
		}
	}
}

// readAttempts is how often a request is sent at once: faults may fail it.
const readAttempts = 20

// readItems returns the attributes of a user's items, in the order of the index, where the latest item of a
// spec comes after its versions. If it does not read all pages, last is the last key of the first one.
func readItems(ctx context.Context, client *dynamodb.Client, sub string, all bool) (items []map[string]string, last string, err error) {
	input := dynamodb.QueryInput{
		TableName: aws.String("package.specs"), IndexName: aws.String("idUpdatedAt"), ConsistentRead: aws.Bool(true),
		KeyConditionExpression:    aws.String("#sub = :sub"),
		ProjectionExpression:      aws.String("id, version, title, updated_at, model_count, updated_at_id, id_updated_at"),
		ExpressionAttributeNames:  map[string]string{"#sub": "sub"},
		ExpressionAttributeValues: map[string]types.AttributeValue{":sub": &types.AttributeValueMemberS{Value: sub}},
	}
	for {
		var page *dynamodb.QueryOutput
		for range readAttempts {
			page, err = client.Query(ctx, &input, func(options *dynamodb.Options) { options.Retryer = aws.NopRetryer{} })
			if err == nil {
				break
			}
		}
		if err != nil {
			return nil, "", err
		}
		var read []map[string]string
		var next map[string]string
		err = errors.Join(
			attributevalue.UnmarshalListOfMaps(page.Items, &read),
			attributevalue.UnmarshalMap(page.LastEvaluatedKey, &next),
		)
		items = append(items, read...)
		input.ExclusiveStartKey = page.LastEvaluatedKey
		if err != nil || !all || len(next) == 0 {
			return items, next["id_updated_at"], err
		}
	}
}

// checkItems returns what is wrong with each spec that the items, in the order of the index, do not show
// whole. They end with the key or, if it is empty, are complete.
func checkItems(items []map[string]string, last string) map[string]string {
	newest, latest := map[string]map[string]string{}, map[string]map[string]string{}
	for _, item := range items {
		id, isLatest := item["id"], item["id_updated_at"] == item["id"]+"#latest"
		item = maps.Clone(item)
		delete(item, "updated_at_id")
		delete(item, "id_updated_at")
		if isLatest {
			latest[id] = item
		} else {
			newest[id] = item
		}
	}
	found := map[string]string{}
	for _, id := range slices.Concat(slices.Collect(maps.Keys(newest)), slices.Collect(maps.Keys(latest))) {
		if last != "" && id+"#latest" > last {
			continue // the latest item is on the next page
		}
		if !maps.Equal(newest[id], latest[id]) {
			found[id] = fmt.Sprintf("the newest version is %v, the latest item is %v", newest[id], latest[id])
		}
	}
	return found
}
