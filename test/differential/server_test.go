package differential

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb/internal/engine"
	"github.com/open-alchemy/packagedb/internal/loopback"
)

// object and list are JSON values of requests and responses.
type (
	object = map[string]any
	list   = []any
)

// server is a server of the DynamoDB protocol.
type server struct {
	endpoint string
	client   *http.Client
}

// embedded returns a new embedded engine.
func embedded() *server { return serve(engine.New()) }

// serve returns a server that calls a handler.
func serve(handler http.Handler) *server {
	return &server{"http://engine", &http.Client{Transport: loopback.Client{Handler: handler}}}
}

// remote returns the server at an endpoint, with one idle connection per worker.
func remote(endpoint string, workers int) *server {
	return &server{endpoint, &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: workers}}}
}

// answer is the response to a request.
type answer struct {
	status int
	body   object
}

// failure returns the exception and message of an error, after its status if that is not 400. It is
// empty for a success.
func (a *answer) failure() string {
	if a.status == http.StatusOK {
		return ""
	}
	kind, _ := a.body["__type"].(string)
	message, ok := a.body["message"].(string)
	if !ok {
		message, _ = a.body["Message"].(string)
	}
	failure := kind[strings.IndexByte(kind, '#')+1:] + ": " + message
	if a.status != http.StatusBadRequest {
		failure = fmt.Sprint(a.status, " ", failure)
	}
	return failure
}

// send performs one request. The test fails if the connection does, or if the response is not JSON.
func (s *server) send(t *testing.T, operation string, body object) *answer {
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.endpoint, bytes.NewReader(encode(body)))
	require.NoError(t, err)
	request.Header = http.Header{
		"Content-Type":  {"application/x-amz-json-1.0"},
		"X-Amz-Target":  {"DynamoDB_20120810." + operation},
		"Authorization": {"AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=00"},
		"X-Amz-Date":    {"20260101T000000Z"},
	}
	response, err := s.client.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	a := &answer{status: response.StatusCode}
	decoder := json.NewDecoder(response.Body)
	decoder.UseNumber()
	require.NoError(t, decoder.Decode(&a.body), "%s: status %d", operation, response.StatusCode)
	return a
}

// maxCreations is how often create tries: DynamoDB Local sometimes fails while
// several clients create tables.
const maxCreations = 20

// create creates a table that does not exist.
func (s *server) create(t *testing.T, definition object) {
	created := s.send(t, "CreateTable", definition)
	for i := 1; i < maxCreations && created.status == http.StatusInternalServerError; i++ {
		created = s.send(t, "CreateTable", definition)
	}
	require.Empty(t, created.failure(), "CreateTable %s at %s", encode(definition), s.endpoint)
}

// encode returns the JSON of a request or of a part of a response.
func encode(value any) []byte {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic(err) // it consists of maps, slices and scalars
	}
	return bytes.TrimSpace(b.Bytes())
}
