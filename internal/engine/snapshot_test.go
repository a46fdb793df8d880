package engine_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/open-alchemy/packagedb/internal/engine"
)

func putSpec(n int) string {
	return fmt.Sprintf(`{"TableName":"specs","Item":{"holder":{"S":"u"},"mark":{"S":"%d"},"id":{"S":"i"}}}`, n)
}

const (
	scanSpecs  = `{"TableName":"specs"}`
	queryIndex = `{"TableName":"specs","IndexName":"byID","KeyConditionExpression":"holder = :u",
		"ExpressionAttributeValues":{":u":{"S":"u"}}}`
	getSpec = `{"TableName":"specs","Key":{"holder":{"S":"u"},"mark":{"S":"1"}}}`
)

func TestSnapshot_HoldsWhatWasThere(t *testing.T) {
	e := newEngine(t)
	empty := e.Snapshot()
	call(t, e, "PutItem", putSpec(1))
	one := e.Snapshot()
	call(t, e, "DeleteItem", getSpec)
	for n := range 1000 { // more than a node of a tree
		call(t, e, "PutItem", putSpec(1000+n))
	}
	for want, s := range []*engine.Engine{empty, one} {
		assert.EqualValues(t, want, call(t, s, "Scan", scanSpecs)["Count"])
		assert.EqualValues(t, want, call(t, s, "Query", queryIndex)["Count"])
		assert.Len(t, call(t, s, "GetItem", getSpec), want)
	}
	assert.EqualValues(t, 1000, call(t, e, "Scan", scanSpecs)["Count"])
	assert.Empty(t, call(t, e, "GetItem", getSpec))
}

func TestSnapshot_IsTakenAmongReadsAndWrites(t *testing.T) {
	e := newEngine(t)
	var running sync.WaitGroup
	for writer := range 4 {
		running.Go(func() {
			for n := range 50 {
				send(t, e, "PutItem", putSpec(100*writer+n))
				send(t, e, "Query", queryIndex)
			}
		})
	}
	for range 50 {
		s := e.Snapshot()
		count := call(t, s, "Scan", scanSpecs)["Count"]
		assert.Equal(t, count, call(t, s, "Query", queryIndex)["Count"])
	}
	running.Wait()
}
