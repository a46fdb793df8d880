// Package loopback connects an HTTP client to an [http.Handler] in the same process, without a socket,
// a goroutine or a copy of the request.
package loopback

import (
	"bytes"
	"cmp"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"syscall"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// NewDynamoDB returns a DynamoDB client that calls the handler.
func NewDynamoDB(handler http.Handler, options ...func(*dynamodb.Options)) *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{
		Region:      "us-east-1",
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
		HTTPClient:  Client{Handler: handler},
	}, options...)
}

// Client calls Handler for every request, in the goroutine of the caller. It is an HTTPClient of the AWS
// SDK and the Transport of an [http.Client]. It is safe for concurrent use if the handler is.
//
// A handler that panics with [http.ErrAbortHandler] resets the connection; any other panic reaches the
// caller. Bodies do not stream: a response is returned when it is complete.
type Client struct {
	Handler http.Handler
}

// Do returns the response to the request, or an [*url.Error] as an [http.Client] does. If the request's
// context has ended before the response, that wraps the context's error.
func (c Client) Do(request *http.Request) (*http.Response, error) {
	response, err := c.RoundTrip(request)
	if err != nil {
		operation := request.Method[:1] + strings.ToLower(request.Method[1:])
		return nil, &url.Error{Op: operation, URL: request.URL.Redacted(), Err: err}
	}
	return response, nil
}

// RoundTrip implements [http.RoundTripper].
func (c Client) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.Body != nil {
		defer request.Body.Close()
	}
	if err := request.Context().Err(); err != nil {
		return nil, err
	}
	w := &writer{header: make(http.Header, 8)}
	if err := serve(c.Handler, w, received(request)); err != nil {
		return nil, err
	}
	if err := request.Context().Err(); err != nil {
		return nil, err
	}
	return w.response(request), nil
}

// received returns the request as a server sees it.
func received(request *http.Request) *http.Request {
	r := request.WithContext(request.Context())
	r.URL = &url.URL{Path: request.URL.Path, RawPath: request.URL.RawPath, RawQuery: request.URL.RawQuery}
	r.RequestURI = request.URL.RequestURI()
	r.Proto, r.ProtoMajor, r.ProtoMinor = "HTTP/1.1", 1, 1
	r.RemoteAddr = "loopback"
	r.GetBody = nil
	r.Host = cmp.Or(r.Host, request.URL.Host)
	if r.Body == nil || r.Body == http.NoBody {
		r.Body, r.ContentLength = http.NoBody, 0
	} else if r.ContentLength == 0 {
		r.ContentLength = -1 // an unknown length, which is 0 to a client
	}
	return r
}

// serve calls the handler and returns an error if it aborts.
func serve(handler http.Handler, w http.ResponseWriter, request *http.Request) (err error) {
	defer func() {
		switch cause := recover(); cause {
		case nil:
		case http.ErrAbortHandler:
			err = &net.OpError{Op: "read", Net: "loopback", Err: syscall.ECONNRESET}
		default:
			panic(cause)
		}
	}()
	handler.ServeHTTP(w, request)
	return nil
}

// writer collects a response.
type writer struct {
	header http.Header // nil once the handler has started the response
	sent   http.Header
	status int
	body   []byte
}

func (w *writer) Header() http.Header {
	if w.header == nil {
		// Later changes must not show in the response.
		w.header = w.sent.Clone()
	}
	return w.header
}

func (w *writer) WriteHeader(status int) {
	if w.status != 0 || status < http.StatusOK { // the first that is not informational counts
		return
	}
	w.status = status
	w.sent, w.header = w.header, nil
}

func (w *writer) Write(data []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	w.body = append(w.body, data...)
	return len(data), nil
}

func (w *writer) response(request *http.Request) *http.Response {
	w.WriteHeader(http.StatusOK)
	return &http.Response{
		Status:        strconv.Itoa(w.status) + " " + http.StatusText(w.status),
		StatusCode:    w.status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        w.sent,
		Body:          io.NopCloser(bytes.NewReader(w.body)),
		ContentLength: int64(len(w.body)),
		Request:       request,
	}
}
