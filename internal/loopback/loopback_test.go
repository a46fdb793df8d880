package loopback_test

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb/internal/loopback"
)

func do(t *testing.T, handler http.HandlerFunc, request *http.Request) (*http.Response, string) {
	t.Helper()
	response, err := loopback.Client{Handler: handler}.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response, string(body)
}

func newRequest(t *testing.T, method, url, body string) *http.Request {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	require.NoError(t, err)
	return request
}

func TestDo_TheHandlerSeesTheRequestOfAServer(t *testing.T) {
	request := newRequest(t, http.MethodPost, "http://host:1/a%2Fb?c=d", "text")
	request.Header.Set("X-Name", "value")
	_, body := do(t, func(w http.ResponseWriter, r *http.Request) {
		text, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		assert.Equal(t, "text", string(text))
		assert.Equal(t, http.MethodPost, r.Method)
		assert.Equal(t, "host:1", r.Host)
		assert.Empty(t, r.URL.Host)
		assert.Equal(t, "/a%2Fb?c=d", r.RequestURI)
		assert.Equal(t, "/a/b", r.URL.Path)
		assert.Equal(t, "d", r.URL.Query().Get("c"))
		assert.Equal(t, "value", r.Header.Get("X-Name"))
		assert.EqualValues(t, 4, r.ContentLength)
		io.WriteString(w, "answer")
	}, request)
	assert.Equal(t, "answer", body)
}

func TestDo_ContentLengthIsThatOfAServer(t *testing.T) {
	for name, test := range map[string]struct {
		body io.ReadCloser
		want int64
	}{
		"without a body":                  {nil, 0},
		"with an empty body":              {http.NoBody, 0},
		"with a body of any other length": {io.NopCloser(strings.NewReader("text")), -1},
	} {
		t.Run(name, func(t *testing.T) {
			request := newRequest(t, http.MethodPost, "http://host/", "")
			request.Body, request.ContentLength = test.body, 0
			response, body := do(t, func(_ http.ResponseWriter, r *http.Request) {
				assert.Equal(t, test.want, r.ContentLength)
				assert.NotNil(t, r.Body)
			}, request)
			assert.Equal(t, http.StatusOK, response.StatusCode, "of a handler that writes nothing")
			assert.Empty(t, body)
		})
	}
}

func TestDo_ReturnsWhatTheHandlerWrote(t *testing.T) {
	response, body := do(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Name", "value")
		w.WriteHeader(http.StatusTeapot)
		w.Header().Set("X-Name", "too late")
		w.WriteHeader(http.StatusOK)
		io.WriteString(w, "short ")
		io.WriteString(w, "and stout")
	}, newRequest(t, http.MethodGet, "http://host/", ""))
	assert.Equal(t, http.StatusTeapot, response.StatusCode)
	assert.Equal(t, "418 I'm a teapot", response.Status)
	assert.Equal(t, "value", response.Header.Get("X-Name"))
	assert.Equal(t, "short and stout", body)
	assert.EqualValues(t, len(body), response.ContentLength)
}

func TestDo_ReturnsTheErrorOfTheContext(t *testing.T) {
	t.Run("that ended before", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		client := loopback.Client{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			assert.Fail(t, "the handler is called")
		})}
		_, err := client.Do(newRequest(t, http.MethodGet, "http://host/", "").WithContext(ctx))
		assert.ErrorIs(t, err, context.Canceled)
	})
	t.Run("that ends while the handler runs", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		client := loopback.Client{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			cancel()
			<-r.Context().Done()
		})}
		_, err := client.Do(newRequest(t, http.MethodGet, "http://host/", "").WithContext(ctx))
		assert.ErrorIs(t, err, context.Canceled)
	})
}

func TestDo_AnAbortedHandlerResetsTheConnection(t *testing.T) {
	client := loopback.Client{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "half an ans")
		panic(http.ErrAbortHandler)
	})}
	response, err := client.Do(newRequest(t, http.MethodPost, "http://host/", "text"))
	assert.Nil(t, response)
	assert.ErrorIs(t, err, syscall.ECONNRESET)
	var urlError *url.Error
	require.ErrorAs(t, err, &urlError)
	assert.Equal(t, "Post", urlError.Op)
}

func TestDo_PassesOnAnyOtherPanic(t *testing.T) {
	client := loopback.Client{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("defect") })}
	assert.PanicsWithValue(t, "defect", func() {
		_, _ = client.Do(newRequest(t, http.MethodGet, "http://host/", ""))
	})
}

func TestDo_ClosesTheBodyOfTheRequest(t *testing.T) {
	body, err := os.Open(os.DevNull)
	require.NoError(t, err)
	request := newRequest(t, http.MethodPost, "http://host/", "")
	request.Body = body
	do(t, func(http.ResponseWriter, *http.Request) {}, request)
	assert.ErrorIs(t, body.Close(), os.ErrClosed)
}
