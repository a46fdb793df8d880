package engine

import (
	"encoding/base32"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	maxRequestBytes = 16 << 20
	// bodyTimeout bounds the time in which the body of a request must arrive.
	bodyTimeout = 30 * time.Second
	healthy     = "healthy: " + endpoint + " "
)

var requestIDs = base32.HexEncoding.WithPadding(base32.NoPadding)

// serverName is the header of the service's responses.
var serverName = []string{"Server"}

// ServeHTTP serves one request of the DynamoDB protocol. GET / is the service's health check.
func (e *Engine) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	contentType, known := contentTypeOf(r)
	switch {
	case r.Method == http.MethodGet && r.URL.Path == "/":
		e.reply(w, "", http.StatusOK, []byte(healthy))
		return
	case r.Method != http.MethodPost || !known:
		e.reply(w, "", http.StatusNotFound, []byte("<UnknownOperationException/>\n"))
		return
	}
	// A ResponseController would look through wrappers, but allocates an error if there is no connection.
	if c, ok := w.(interface{ SetReadDeadline(time.Time) error }); ok {
		_ = c.SetReadDeadline(time.Now().Add(bodyTimeout))
	}
	body, err := ReadBody(r)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		e.reply(w, "", http.StatusRequestEntityTooLarge, nil)
		return
	case err != nil:
		// The connection broke or the body never came: no client waits for a response.
		panic(http.ErrAbortHandler)
	}
	buffer := responses.Get().(*[]byte)
	response, err := e.handle(r, body, (*buffer)[:0])
	status := http.StatusOK
	if err != nil {
		exception := asException(err)
		status = exception.status
		response = appendJSON((*buffer)[:0], reflect.ValueOf(exception.body()))
	}
	e.reply(w, contentType, status, response)
	*buffer = response
	responses.Put(buffer)
}

// responses has buffers for the JSON of responses.
var responses = sync.Pool{New: func() any { return new([]byte) }}

// handle performs one request and appends the response. It requires a signature, and accepts every one.
// A defect of the engine becomes the service's internal error. Only a body that cannot be decompressed has
// the same, as in the service.
func (e *Engine) handle(r *http.Request, body, dst []byte) (response []byte, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			response, err = nil, internalError(cause)
		}
	}()
	if r.Header["Content-Encoding"] != nil {
		if body, err = Decompress(r.Header, body); err != nil {
			return nil, internalError(err)
		}
	}
	var request document
	if len(body) > 0 {
		if request, err = parseDocument(body); err != nil {
			return nil, err
		}
	}
	operation, err := findOperation(r.Header.Get("X-Amz-Target"))
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(strings.TrimSpace(r.Header.Get("Authorization")), "AWS4-") && !r.URL.Query().Has("X-Amz-Algorithm") {
		return nil, newException(namespaceService+"MissingAuthenticationTokenException", "Request is missing Authentication Token")
	}
	if request == "" {
		return nil, serialization("")
	}
	return e.run(operation, r, request, dst)
}

// contentTypeOf returns the content type of the response, which is that of the request, and reports
// whether it is one of the protocol.
func contentTypeOf(r *http.Request) (contentType string, known bool) {
	contentType, _, _ = strings.Cut(r.Header.Get("Content-Type"), ";")
	switch contentType = strings.TrimSpace(contentType); contentType {
	case "application/x-amz-json-1.0", "application/x-amz-json-1.1", "application/json":
		return contentType, true
	}
	return "application/json", r.ContentLength == 0 // without a body there is no type to check
}

// ReadBody returns the body of a request as it was sent, or an [http.MaxBytesError].
func ReadBody(r *http.Request) ([]byte, error) {
	if r.Body == nil {
		return nil, nil
	}
	if r.ContentLength > maxRequestBytes {
		return nil, &http.MaxBytesError{Limit: maxRequestBytes}
	}
	limited := http.MaxBytesReader(nil, r.Body, maxRequestBytes)
	if r.ContentLength >= 0 {
		body := make([]byte, r.ContentLength)
		_, err := io.ReadFull(limited, body)
		return body, err
	}
	return io.ReadAll(limited)
}

func (e *Engine) reply(w http.ResponseWriter, contentType string, status int, body []byte) {
	header := w.Header()
	header["Server"] = serverName
	// The requests are numbered in the form of the service's ids: 52 characters of base 32.
	var id [32]byte
	binary.BigEndian.PutUint64(id[24:], e.requests.Add(1))
	header.Set("X-Amzn-Requestid", requestIDs.EncodeToString(id[:]))
	header.Set("X-Amz-Crc32", strconv.FormatUint(uint64(crc32.ChecksumIEEE(body)), 10))
	header.Set("Content-Length", strconv.Itoa(len(body)))
	if contentType != "" {
		header.Set("Content-Type", contentType)
	}
	w.WriteHeader(status)
	w.Write(body)
}
