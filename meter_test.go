package packagedb_test

import (
	"context"
	"net/http"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/open-alchemy/packagedb"
)

// bill is what DynamoDB was asked for.
type bill struct {
	requests int
	units    float64 // capacity units, read and written
	bytes    int64   // of the answers' bodies, which include some 60 bytes each that report the units
}

// meter is a client that has the server report the consumed capacity of every request, and adds up.
type meter struct {
	packagedb.Client

	mu   sync.Mutex
	bill bill
}

// read returns the bill since the last read.
func (m *meter) read() bill {
	m.mu.Lock()
	defer m.mu.Unlock()
	read := m.bill
	m.bill = bill{}
	return read
}

func (m *meter) add(b bill) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.bill.requests += b.requests
	m.bill.units += b.units
	m.bill.bytes += b.bytes
}

func (m *meter) addUnits(consumed ...types.ConsumedCapacity) {
	for _, capacity := range consumed {
		m.add(bill{units: aws.ToFloat64(capacity.CapacityUnits)})
	}
}

// counted has the HTTP client of a request count it and the bytes of its answer.
func (m *meter) counted(options []func(*dynamodb.Options)) []func(*dynamodb.Options) {
	return append(options, func(o *dynamodb.Options) { o.HTTPClient = meteredHTTP{o.HTTPClient, m} })
}

type meteredHTTP struct {
	dynamodb.HTTPClient
	meter *meter
}

func (h meteredHTTP) Do(request *http.Request) (*http.Response, error) {
	response, err := h.HTTPClient.Do(request)
	h.meter.add(bill{requests: 1})
	if err == nil {
		h.meter.add(bill{bytes: response.ContentLength})
	}
	return response, err
}

func (m *meter) GetItem(ctx context.Context, input *dynamodb.GetItemInput, options ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	metered := *input
	metered.ReturnConsumedCapacity = types.ReturnConsumedCapacityTotal
	output, err := m.Client.GetItem(ctx, &metered, m.counted(options)...)
	if err == nil {
		m.addUnits(*output.ConsumedCapacity)
	}
	return output, err
}

func (m *meter) PutItem(ctx context.Context, input *dynamodb.PutItemInput, options ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	metered := *input
	metered.ReturnConsumedCapacity = types.ReturnConsumedCapacityTotal
	output, err := m.Client.PutItem(ctx, &metered, m.counted(options)...)
	if err == nil {
		m.addUnits(*output.ConsumedCapacity)
	}
	return output, err
}

func (m *meter) DeleteItem(ctx context.Context, input *dynamodb.DeleteItemInput, options ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error) {
	metered := *input
	metered.ReturnConsumedCapacity = types.ReturnConsumedCapacityTotal
	output, err := m.Client.DeleteItem(ctx, &metered, m.counted(options)...)
	if err == nil {
		m.addUnits(*output.ConsumedCapacity)
	}
	return output, err
}

func (m *meter) Query(ctx context.Context, input *dynamodb.QueryInput, options ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	metered := *input
	metered.ReturnConsumedCapacity = types.ReturnConsumedCapacityTotal
	output, err := m.Client.Query(ctx, &metered, m.counted(options)...)
	if err == nil {
		m.addUnits(*output.ConsumedCapacity)
	}
	return output, err
}

func (m *meter) BatchWriteItem(ctx context.Context, input *dynamodb.BatchWriteItemInput, options ...func(*dynamodb.Options)) (*dynamodb.BatchWriteItemOutput, error) {
	metered := *input
	metered.ReturnConsumedCapacity = types.ReturnConsumedCapacityTotal
	output, err := m.Client.BatchWriteItem(ctx, &metered, m.counted(options)...)
	if err == nil {
		m.addUnits(output.ConsumedCapacity...)
	}
	return output, err
}

func (m *meter) TransactWriteItems(ctx context.Context, input *dynamodb.TransactWriteItemsInput, options ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error) {
	metered := *input
	metered.ReturnConsumedCapacity = types.ReturnConsumedCapacityTotal
	output, err := m.Client.TransactWriteItems(ctx, &metered, m.counted(options)...)
	if err == nil {
		m.addUnits(output.ConsumedCapacity...)
	}
	return output, err
}
