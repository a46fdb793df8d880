package bench

import (
	"bytes"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// meter is an HTTP client that has the server report consumed capacity, between start and stop, and
// adds up what is sent and received.
type meter struct {
	next dynamodb.HTTPClient
	on   bool

	mu              sync.Mutex
	requests, bytes int
	units           float64
}

func (m *meter) start() { m.on = true }
func (m *meter) stop()  { m.on = false }

var (
	capacityUnits = regexp.MustCompile(`"CapacityUnits":([0-9.]+)`)
	consumed      = regexp.MustCompile(`"ConsumedCapacity":(\[.*?\]|\{.*?\}),?`)
)

func (m *meter) Do(request *http.Request) (*http.Response, error) {
	if !m.on {
		return m.next.Do(request)
	}
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return nil, err
	}
	asking := append([]byte(`{"ReturnConsumedCapacity":"TOTAL",`), bytes.TrimPrefix(body, []byte("{"))...)
	request.Body, request.ContentLength = io.NopCloser(bytes.NewReader(asking)), int64(len(asking))
	response, err := m.next.Do(request)
	if err != nil {
		return nil, err
	}
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	_ = response.Body.Close()
	response.Body = io.NopCloser(bytes.NewReader(answer))
	m.add(answer)
	return response, nil
}

// add counts an answer, without the report of the capacity itself.
func (m *meter) add(answer []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.requests++
	m.bytes += len(consumed.ReplaceAll(answer, nil))
	for _, match := range capacityUnits.FindAllSubmatch(answer, -1) {
		units, err := strconv.ParseFloat(string(match[1]), 64)
		if err != nil {
			panic(err)
		}
		m.units += units
	}
}
