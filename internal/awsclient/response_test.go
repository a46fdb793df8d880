package awsclient

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go/logging"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const goodResponse = `{"TableNames":["good"]}`

const rawHeader = "HTTP/1.1 200 OK\r\nContent-Type: " + contentType + "\r\n"

// response returns a handler that responds with a status, a body and its checksum.
func response(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set(checksumHeader, fmt.Sprint(crc32.ChecksumIEEE([]byte(body))))
		unverified(status, body)(w, r)
	}
}

// unverified returns a handler that responds with a status and a body without a checksum.
func unverified(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if w.Header().Get("Content-Type") == "" {
			w.Header().Set("Content-Type", contentType)
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

// raw returns a handler that responds with a text and closes the connection.
func raw(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		connection, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			_, _ = connection.Write([]byte(text))
			_ = connection.Close()
		}
	}
}

// typed returns a handler that responds with a content type.
func typed(contentType string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", contentType)
		response(http.StatusOK, goodResponse)(w, r)
	}
}

// newServer answers the first request with one handler and all others with another.
func newServer(t *testing.T, first, then http.HandlerFunc) (url string, requests *atomic.Int32) {
	t.Helper()
	requests = new(atomic.Int32)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if requests.Add(1) == 1 {
			first(w, r)
		} else {
			then(w, r)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL, requests
}

func TestClient_BrokenResponse(t *testing.T) {
	const truncated = `{"TableNames":["good"]`
	withSum := func(sum string, status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set(checksumHeader, sum)
			unverified(status, body)(w, r)
		}
	}
	for name, broken := range map[string]http.HandlerFunc{
		"no body, status 200":                   unverified(http.StatusOK, ""),
		"no body, status 204":                   unverified(http.StatusNoContent, ""),
		"no body, right checksum":               response(http.StatusOK, ""),
		"white space":                           unverified(http.StatusOK, "\n"),
		"null":                                  unverified(http.StatusOK, "null"),
		"a wrong checksum":                      withSum("1", http.StatusOK, goodResponse),
		"a checksum that is no number":          withSum("x", http.StatusOK, goodResponse),
		"a wrong checksum of a failure":         withSum("1", http.StatusBadRequest, `{"__type":"ValidationException"}`),
		"JSON of another service":               typed("application/json"),
		"another version of the protocol":       typed("application/x-amz-json-1.1"),
		"a longer content type":                 typed(contentType + "0"),
		"no content type":                       raw("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + goodResponse),
		"less than its length":                  raw(rawHeader + "Content-Length: 100\r\n\r\n" + goodResponse),
		"half a chunk":                          raw(rawHeader + "Transfer-Encoding: chunked\r\n\r\n64\r\n{}"),
		"no length, cut":                        raw(rawHeader + "Connection: close\r\n\r\n" + truncated),
		"truncated JSON":                        unverified(http.StatusOK, truncated),
		"truncated JSON that ends in an object": unverified(http.StatusOK, `{"a":{}`),
		"truncated JSON, right checksum":        response(http.StatusOK, truncated),
		"something after the JSON":              unverified(http.StatusOK, "{}}"),
		"a page of a proxy":                     unverified(http.StatusOK, "<html>good</html>"),
		"a failure of a proxy":                  unverified(http.StatusBadGateway, "<html>good</html>"),
		"no response at all":                    raw(""),
		"a redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere", http.StatusFound)
		},
	} {
		t.Run(name+" is retried", func(t *testing.T) {
			url, requests := newServer(t, broken, response(http.StatusOK, goodResponse))
			output, err := listTables(t, newDynamoDB(url, longLimits()))
			require.NoError(t, err)
			assert.Equal(t, []string{"good"}, output.TableNames)
			assert.EqualValues(t, 2, requests.Load())
		})
		t.Run(name+" is an error in the end", func(t *testing.T) {
			url, requests := newServer(t, broken, broken)
			_, err := listTables(t, newDynamoDB(url, longLimits()))
			assertExhausted(t, err)
			assert.NotContains(t, err.Error(), "good", "no error quotes a response")
			assert.EqualValues(t, 2, requests.Load(), "no redirect is followed")
		})
	}
}

func TestClient_OperationsWithoutBody(t *testing.T) {
	url, _ := newServer(t, unverified(http.StatusOK, ""), unverified(http.StatusOK, ""))
	client := newDynamoDB(url, longLimits())
	arn := aws.String("arn:aws:dynamodb:us-east-1:123456789012:table/specs")
	tags := []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}}
	_, err := client.TagResource(t.Context(), &dynamodb.TagResourceInput{ResourceArn: arn, Tags: tags})
	require.NoError(t, err)
	_, err = client.UntagResource(t.Context(), &dynamodb.UntagResourceInput{ResourceArn: arn, TagKeys: []string{"k"}})
	require.NoError(t, err)
	_, err = client.ListTagsOfResource(t.Context(), &dynamodb.ListTagsOfResourceInput{ResourceArn: arn})
	assertExhausted(t, err)
}

func TestClient_GoodResponse(t *testing.T) {
	compressed := new(bytes.Buffer)
	writer := gzip.NewWriter(compressed)
	_, err := writer.Write([]byte(goodResponse))
	require.NoError(t, err)
	require.NoError(t, writer.Close())

	for _, test := range []struct {
		name string
		good http.HandlerFunc
		want []string
	}{
		{"with a checksum", response(http.StatusOK, goodResponse), []string{"good"}},
		{"without a checksum", unverified(http.StatusOK, goodResponse), []string{"good"}},
		{"without a length", raw(rawHeader + "Connection: close\r\n\r\n" + goodResponse), []string{"good"}},
		{"between white space", unverified(http.StatusOK, "\n"+goodResponse+"\r\n"), []string{"good"}},
		{"a content type in capitals", typed("Application/X-Amz-JSON-1.0"), []string{"good"}},
		{"a content type with a parameter", typed("application/x-amz-json-1.0 ; charset=utf-8"), []string{"good"}},
		{"an empty object", unverified(http.StatusOK, "{}"), nil},
		{"compressed", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			response(http.StatusOK, compressed.String())(w, r)
		}, []string{"good"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			url, requests := newServer(t, test.good, raw(""))
			log := new(bytes.Buffer)
			output, err := listTables(t, newDynamoDB(url, longLimits(), func(options *dynamodb.Options) {
				options.EnableAcceptEncodingGzip = test.name == "compressed"
				options.Logger = logging.NewStandardLogger(log)
			}))
			require.NoError(t, err)
			assert.Equal(t, test.want, output.TableNames)
			assert.EqualValues(t, 1, requests.Load())
			assert.Empty(t, log.String(), "as the SDK logs that a checksum is missing")
		})
	}
}

func TestClient_TooLargeResponse(t *testing.T) {
	limits := longLimits()
	limits.body = len(goodResponse)
	url, _ := newServer(t, response(http.StatusOK, goodResponse), response(http.StatusOK, goodResponse+" "))
	client := newDynamoDB(url, limits)
	_, err := listTables(t, client)
	require.NoError(t, err)
	_, err = listTables(t, client)
	require.ErrorContains(t, err, "response over 23 bytes")
}
