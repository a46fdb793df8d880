package differential

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/open-alchemy/packagedb/internal/engine"
	"github.com/open-alchemy/packagedb/internal/loopback"
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

// send performs one request. It fails if the connection does, or if the answer
// is not JSON.
func (s *server) send(ctx context.Context, operation string, body []byte) (*answer, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.endpoint, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header = http.Header{
		"Content-Type":  {"application/x-amz-json-1.0"},
		"X-Amz-Target":  {"DynamoDB_20120810." + operation},
		"Authorization": {"AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=00"},
		"X-Amz-Date":    {"20260101T000000Z"},
	}
	response, err := s.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	a := &answer{status: response.StatusCode}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&a.body); err != nil {
		return nil, fmt.Errorf("%s: status %d: %w in %q", operation, response.StatusCode, err, text)
	}
	return a, nil
}

// maxCreations is how often create tries: DynamoDB Local sometimes fails while
// several clients create tables.
const maxCreations = 20

// create creates a table that does not exist.
func (s *server) create(ctx context.Context, definition object) error {
	var failure string
	for range maxCreations {
		a, err := s.send(ctx, "CreateTable", encode(definition))
		if err != nil {
			return err
		}
		if failure = a.failure(); a.status != http.StatusInternalServerError {
			break
		}
	}
	if failure != "" {
		return fmt.Errorf("CreateTable %s at %s: %s", encode(definition), s.endpoint, failure)
	}
	return nil
}

// encode returns the JSON of a request or of a part of an answer.
func encode(value any) []byte {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic(err) // it consists of maps, slices and scalars
	}
	return bytes.TrimSpace(b.Bytes())
}
