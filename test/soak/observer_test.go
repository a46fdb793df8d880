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

// observer reads what is stored during writes, with one request at a time, and checks that every
// spec is whole: its latest item equals its last version, or it has neither.
type observer struct {
	stop func() // ends the observation; looks and found are final then

	looks int
	found []string
}

// observe reads all users in turn until the observer is stopped.
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
		for i := 0; len(subs) > 0 && len(o.found) == 0 && ctx.Err() == nil; i++ {
			o.look(ctx, client, subs[i%len(subs)])
		}
	}()
	return o
}

// look reads the first page of a user's specs from the index, where the latest item of a spec comes
// after its versions. A request that fails shows nothing.
func (o *observer) look(ctx context.Context, client *dynamodb.Client, sub string) {
	page, err := client.Query(ctx, &dynamodb.QueryInput{
		TableName: aws.String("package.specs"), IndexName: aws.String("idUpdatedAt"), ConsistentRead: aws.Bool(true),
		KeyConditionExpression:    aws.String("#sub = :sub"),
		ExpressionAttributeNames:  map[string]string{"#sub": "sub"},
		ExpressionAttributeValues: map[string]types.AttributeValue{":sub": &types.AttributeValueMemberS{Value: sub}},
	})
	if err != nil {
		return
	}
	var items []map[string]string
	var next map[string]string
	err = errors.Join(
		attributevalue.UnmarshalListOfMaps(page.Items, &items),
		attributevalue.UnmarshalMap(page.LastEvaluatedKey, &next),
	)
	o.looks++
	if err == nil {
		err = checkItems(items, next["id_updated_at"])
	}
	if err != nil {
		o.found = append(o.found, fmt.Sprintf("%q at one moment: %v", sub, err))
	}
}

// checkItems returns an error if the items, in the order of the index, show a spec that is not
// whole. They end with the key or, if it is empty, are complete.
func checkItems(items []map[string]string, last string) error {
	newest, latest := map[string]map[string]string{}, map[string]map[string]string{}
	for _, item := range items {
		id := item["id"]
		if item["id_updated_at"] == id+"#latest" {
			latest[id] = item
		} else {
			newest[id] = item
		}
		delete(item, "updated_at_id")
		delete(item, "id_updated_at")
	}
	for _, id := range slices.Concat(slices.Collect(maps.Keys(newest)), slices.Collect(maps.Keys(latest))) {
		if last != "" && id+"#latest" > last {
			continue // the latest item is on the next page
		}
		if !maps.Equal(newest[id], latest[id]) {
			return fmt.Errorf("the newest version of %q is %v, its latest item is %v", id, newest[id], latest[id])
		}
	}
	return nil
}
