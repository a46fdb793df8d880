package engine

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// Decompress returns the body of a request as it was before its Content-Encoding, which may be gzip or
// deflate. It is an error if that is more than a request may have, and no more of it is read.
func Decompress(header http.Header, body []byte) ([]byte, error) {
	encoding := strings.Join(header["Content-Encoding"], ", ")
	var content io.Reader
	var err error
	switch strings.ToLower(encoding) {
	case "":
		return body, nil
	case "gzip":
		content, err = newGzipReader(bytes.NewReader(body))
	case "deflate":
		content, err = zlib.NewReader(bytes.NewReader(body))
	default:
		err = errors.New("neither gzip nor deflate")
	}
	var decompressed []byte
	if err == nil {
		decompressed, err = io.ReadAll(http.MaxBytesReader(nil, io.NopCloser(content), maxRequestBytes))
	}
	if err != nil {
		return nil, fmt.Errorf("body with Content-Encoding %.40q: %w", encoding, err)
	}
	return decompressed, nil
}

// gzipReader reads the members of gzip data, one after the other. It ignores what follows the last one,
// as the service does.
type gzipReader struct {
	member     *gzip.Reader
	compressed *bytes.Reader
}

func newGzipReader(compressed *bytes.Reader) (*gzipReader, error) {
	member, err := gzip.NewReader(compressed)
	if err != nil {
		return nil, err
	}
	member.Multistream(false)
	return &gzipReader{member, compressed}, nil
}

func (r *gzipReader) Read(p []byte) (n int, err error) {
	n, err = r.member.Read(p)
	if errors.Is(err, io.EOF) && r.member.Reset(r.compressed) == nil {
		r.member.Multistream(false)
		return n, nil
	}
	return n, err
}
