package loopback_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"testing"

	"github.com/open-alchemy/packagedb/internal/loopback"
)

func do(t *testing.T, handler http.HandlerFunc, request *http.Request) (*http.Response, string) {
	t.Helper()
	response, err := loopback.Client{Handler: handler}.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(body)
}

func newRequest(t *testing.T, method, url, body string) *http.Request {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return request
}

func TestTheHandlerSeesTheRequestOfAServer(t *testing.T) {
	request := newRequest(t, http.MethodPost, "http://host:1/a%2Fb?c=d", "text")
	request.Header.Set("X-Name", "value")
	_, body := do(t, func(w http.ResponseWriter, r *http.Request) {
		text, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		for _, pair := range [][2]string{
			{r.Method, http.MethodPost},
			{r.Host, "host:1"},
			{r.URL.Host, ""},
			{r.RequestURI, "/a%2Fb?c=d"},
			{r.URL.Path, "/a/b"},
			{r.URL.Query().Get("c"), "d"},
			{r.Header.Get("X-Name"), "value"},
			{string(text), "text"},
		} {
			if pair[0] != pair[1] {
				t.Errorf("got %q, want %q", pair[0], pair[1])
			}
		}
		if r.ContentLength != 4 {
			t.Errorf("ContentLength = %d", r.ContentLength)
		}
		io.WriteString(w, "answer")
	}, request)
	if body != "answer" {
		t.Errorf("body = %q", body)
	}
}

func TestTheLengthOfABodyIsKnownOrUnknownAsOnAConnection(t *testing.T) {
	for name, test := range map[string]struct {
		body io.ReadCloser
		want int64
	}{
		"no body":              {nil, 0},
		"an empty body":        {http.NoBody, 0},
		"a body of any length": {io.NopCloser(strings.NewReader("text")), -1},
	} {
		t.Run(name, func(t *testing.T) {
			request := newRequest(t, http.MethodPost, "http://host/", "")
			request.Body, request.ContentLength = test.body, 0
			do(t, func(_ http.ResponseWriter, r *http.Request) {
				if r.ContentLength != test.want {
					t.Errorf("ContentLength = %d, want %d", r.ContentLength, test.want)
				}
				if r.Body == nil {
					t.Error("Body is nil")
				}
			}, request)
		})
	}
}

func TestTheAnswerIsWhatTheHandlerWrote(t *testing.T) {
	response, body := do(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Name", "value")
		w.WriteHeader(http.StatusTeapot)
		w.Header().Set("X-Name", "too late")
		w.WriteHeader(http.StatusOK)
		io.WriteString(w, "short ")
		io.WriteString(w, "and stout")
	}, newRequest(t, http.MethodGet, "http://host/", ""))
	if response.StatusCode != http.StatusTeapot || response.Status != "418 I'm a teapot" {
		t.Errorf("status = %q", response.Status)
	}
	if got := response.Header.Get("X-Name"); got != "value" {
		t.Errorf("header = %q", got)
	}
	if body != "short and stout" || response.ContentLength != int64(len(body)) {
		t.Errorf("body = %q, ContentLength = %d", body, response.ContentLength)
	}
}

func TestAHandlerThatWritesNothingAnswersOK(t *testing.T) {
	response, body := do(t, func(http.ResponseWriter, *http.Request) {}, newRequest(t, http.MethodGet, "http://host/", ""))
	if response.StatusCode != http.StatusOK || body != "" {
		t.Errorf("status %d, body %q", response.StatusCode, body)
	}
}

func TestAnEndedContextGivesItsError(t *testing.T) {
	t.Run("before the handler runs", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		called := false
		client := loopback.Client{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called = true })}
		_, err := client.Do(newRequest(t, http.MethodGet, "http://host/", "").WithContext(ctx))
		if !errors.Is(err, context.Canceled) || called {
			t.Errorf("err = %v, called = %v", err, called)
		}
	})
	t.Run("while the handler runs", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		client := loopback.Client{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			cancel()
			<-r.Context().Done()
		})}
		_, err := client.Do(newRequest(t, http.MethodGet, "http://host/", "").WithContext(ctx))
		if !errors.Is(err, context.Canceled) {
			t.Errorf("err = %v", err)
		}
	})
}

func TestAnAbortedHandlerIsAConnectionThatWasReset(t *testing.T) {
	client := loopback.Client{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "half an ans")
		panic(http.ErrAbortHandler)
	})}
	response, err := client.Do(newRequest(t, http.MethodPost, "http://host/", "text"))
	if response != nil || !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("response %v, err = %v", response, err)
	}
	var urlError *url.Error
	if !errors.As(err, &urlError) || urlError.Op != "Post" {
		t.Errorf("err = %#v", err)
	}
}

func TestAnyOtherPanicReachesTheCaller(t *testing.T) {
	defer func() {
		if cause := recover(); cause != "defect" {
			t.Errorf("recovered %v", cause)
		}
	}()
	client := loopback.Client{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("defect") })}
	_, err := client.Do(newRequest(t, http.MethodGet, "http://host/", ""))
	t.Errorf("Do returned: %v", err)
}

func TestItIsTheTransportOfAnHTTPClient(t *testing.T) {
	client := http.Client{Transport: loopback.Client{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, r.URL.Path)
	})}}
	response, err := client.Get("http://host/path")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if body, err := io.ReadAll(response.Body); err != nil || string(body) != "/path" {
		t.Errorf("body %q, err %v", body, err)
	}
}

type closing struct {
	io.Reader
	closed bool
}

func (c *closing) Close() error {
	c.closed = true
	return nil
}

func TestTheBodyOfTheRequestIsClosed(t *testing.T) {
	body := &closing{Reader: strings.NewReader("text")}
	request := newRequest(t, http.MethodPost, "http://host/", "")
	request.Body = body
	do(t, func(http.ResponseWriter, *http.Request) {}, request)
	if !body.closed {
		t.Error("the body is still open")
	}
}

func BenchmarkDo(b *testing.B) {
	client := loopback.Client{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			b.Error(err)
		}
		io.WriteString(w, "{}")
	})}
	b.ReportAllocs()
	for b.Loop() {
		request, err := http.NewRequest(http.MethodPost, "http://host/", strings.NewReader("{}"))
		if err != nil {
			b.Fatal(err)
		}
		response, err := client.Do(request)
		if err != nil {
			b.Fatal(err)
		}
		response.Body.Close()
	}
}
