package awsclient

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"strconv"
	"strings"
)

const checksumHeader = "X-Amz-Crc32"

// contentType is that of DynamoDB's successes.
const contentType = "application/x-amz-json-1.0"

// read reads the body of a response to its end, or a byte more than the limit, closes it, and replaces it
// by a reader of its bytes.
func read(response *http.Response, limit int) ([]byte, error) {
	if response.Body == nil { // only another client than Go's leaves it out
		response.Body = http.NoBody
	}
	defer func() { _ = response.Body.Close() }()
	// Room for the whole body, if its length is known, and for ReadFrom to see its end.
	size := min(max(response.ContentLength, 0), 1<<20) + bytes.MinRead
	body := bytes.NewBuffer(make([]byte, 0, size))
	_, err := body.ReadFrom(io.LimitReader(response.Body, int64(limit)+1))
	switch {
	case err != nil:
		return nil, err
	case int64(body.Len()) < min(response.ContentLength, int64(limit)):
		return nil, io.ErrUnexpectedEOF
	}
	response.Body = io.NopCloser(bytes.NewReader(body.Bytes()))
	return body.Bytes(), nil
}

// hasNoBody reports whether the operation succeeds without a body, as those that change tags do.
func hasNoBody(request *http.Request) bool {
	_, operation, _ := strings.Cut(request.Header.Get("X-Amz-Target"), ".")
	return operation == "TagResource" || operation == "UntagResource"
}

// check returns an error unless the body is what DynamoDB sent, as far as the response shows. The
// body of a failure may be that of a proxy.
func check(response *http.Response, body []byte, limit int) error {
	if len(body) > limit {
		return &attemptError{text: fmt.Sprintf("response over %d bytes", limit)}
	}
	err := checkSum(response, body)
	if err == nil && response.StatusCode < http.StatusBadRequest {
		err = checkSuccess(response, body)
	}
	if err != nil {
		return &attemptError{err: err, retryable: true}
	}
	return nil
}

// checkSum returns an error if the response has the checksum of another body.
func checkSum(response *http.Response, body []byte) error {
	header := response.Header.Get(checksumHeader)
	if header == "" || response.Uncompressed { // the checksum is that of the bytes on the wire
		return nil
	}
	sum, err := strconv.ParseUint(header, 10, 32)
	if err != nil || sum != uint64(crc32.ChecksumIEEE(body)) {
		return errors.New("response with a wrong checksum")
	}
	return nil
}

// checkSuccess returns an error unless the body is a JSON object of DynamoDB's content type, as that of
// every success is. The SDK parses it, so only its first and last bytes are checked if its checksum is
// right.
func checkSuccess(response *http.Response, body []byte) error {
	status, header := response.StatusCode, response.Header
	body = bytes.TrimSpace(body)
	sent, _, _ := strings.Cut(header.Get("Content-Type"), ";")
	switch {
	case status >= http.StatusMultipleChoices:
		return fmt.Errorf("response with status %d, a redirect", status)
	case len(body) == 0:
		return fmt.Errorf("response with status %d and no body", status)
	case !strings.EqualFold(strings.TrimSpace(sent), contentType):
		return fmt.Errorf("response with status %d and the content type %.50q, not %s", status, sent, contentType)
	case header.Get("Content-Encoding") != "": // the SDK decompresses it
		return nil
	case body[0] != '{' || body[len(body)-1] != '}' || header.Get(checksumHeader) == "" && !json.Valid(body):
		return fmt.Errorf("response with status %d whose body is not a JSON object", status)
	}
	return nil
}
