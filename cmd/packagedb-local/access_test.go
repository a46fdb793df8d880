package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// unread is a body that must not be read.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the body was read")
	return 0, io.EOF
}

// request returns a request with header fields, given as names and values in turn.
func request(method, path string, body io.Reader, header ...string) *http.Request {
	r := httptest.NewRequest(method, path, body)
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	if host := r.Header.Get("Host"); host != "" {
		r.Host = host
	}
	return r
}

func TestAccess_Hosts(t *testing.T) {
	const (
		refused = iota
		toClients
		toBrowsers
	)
	for host, want := range map[string]struct{ loopback, open int }{
		"localhost:8000":               {toBrowsers, toBrowsers},
		"localhost":                    {toBrowsers, toBrowsers},
		"LocalHost.:8000":              {toBrowsers, toBrowsers},
		"localhost:1":                  {toBrowsers, toBrowsers}, // a tunnel
		"db.localhost:8000":            {toBrowsers, toBrowsers},
		"127.0.0.1:8000":               {toBrowsers, toBrowsers},
		"127.9.8.7":                    {toBrowsers, toBrowsers},
		"[::1]:8000":                   {toBrowsers, toBrowsers},
		"[::1]":                        {toBrowsers, toBrowsers},
		"[::ffff:127.0.0.1]:8000":      {toBrowsers, toBrowsers},
		"0.0.0.0:8000":                 {toBrowsers, toBrowsers},
		"host.docker.internal:8000":    {toBrowsers, toBrowsers},
		"MyBox:8000":                   {toBrowsers, toBrowsers},
		"":                             {toBrowsers, toBrowsers}, // HTTP/1.0
		"packagedb:8000":               {refused, toBrowsers},
		"192.168.0.10:8000":            {refused, toBrowsers},
		"[2001:db8::1]:8000":           {refused, toBrowsers},
		"packagedb.default.svc:8000":   {refused, toClients},
		"evil.example:8000":            {refused, toClients},
		"localhost.evil.example":       {refused, toClients},
		"127.0.0.1.evil.example":       {refused, toClients},
		"evil.example.:8000":           {refused, toClients},
		"localhost:8000@evil.example":  {refused, toClients},
		"docker.internal.evil.example": {refused, toClients},
	} {
		for loopback, want := range map[bool]int{true: want.loopback, false: want.open} {
			a := &access{names: []string{"mybox"}, loopback: loopback, next: http.NotFoundHandler()}
			for kind, r := range map[int]*http.Request{
				toClients:  request(http.MethodPost, "/", nil),
				toBrowsers: request(http.MethodGet, pagePath, nil),
			} {
				r.Host = host
				recorder := httptest.NewRecorder()
				a.ServeHTTP(recorder, r)
				assert.Equal(t, kind > want, recorder.Code == http.StatusForbidden, "%s %s, loopback %t", r.Method, host, loopback)
			}
		}
	}
}

func TestAccess_Origins(t *testing.T) {
	const cross, page = "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate, Sec-Fetch-Dest: "
	for header, allowed := range map[string]bool{
		"":                                       true, // SDKs
		"Origin: http://localhost:8000":          true,
		"Origin: HTTP://LOCALHOST:8000":          true,
		"Origin: http://app.example":             true, // by -allow-origin
		"Origin: http://app.example, " + cross:   true,
		"Origin: ":                               false,
		"Origin: null":                           false,
		"Origin: http://localhost":               false,
		"Origin: http://localhost:3000":          false,
		"Origin: https://localhost:8000":         false,
		"Origin: http://localhost:8000.evil":     false,
		"Origin: http://localhost:8000/":         false,
		"Origin: http://127.0.0.1:8000":          false,
		"Origin: http://evil.example":            false,
		"Origin: https://app.example":            false,
		"Origin: http://app.example.evil":        false,
		"Origin: file://":                        false,
		"Sec-Fetch-Mode: cors":                   true, // Node.js
		"Sec-Fetch-Site: none":                   true,
		"Sec-Fetch-Site: same-origin":            true,
		"Sec-Fetch-Site: same-site":              false, // another port
		cross:                                    false,
		cross + ", " + page + "document":         true, // a link
		cross + ", " + page + "iframe":           false,
		cross + ", Sec-Fetch-Dest: document":     false,
		"Sec-Fetch-Site: something-new":          false,
		"Origin: http://localhost:8000, " + page: true,
	} {
		var fields []string
		for field := range strings.SplitSeq(header, ", ") {
			name, value, _ := strings.Cut(field, ": ")
			fields = append(fields, name, value)
		}
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodOptions} {
			passed := false
			a := &access{origins: origins{"http://app.example"}, loopback: true,
				next: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { passed = true })}
			r := request(method, "http://localhost:8000/", unread{t}, fields...)
			recorder := httptest.NewRecorder()
			a.ServeHTTP(recorder, r)
			preflight := method == http.MethodOptions && r.Header.Get("Origin") == "http://app.example"
			assert.Equal(t, allowed && !preflight, passed, "%s %s", method, header)
			assert.Equal(t, !allowed, recorder.Code == http.StatusForbidden, "%s %s", method, header)
		}
	}
	// Whoever listens at all addresses may have many names, which are as good as rebound.
	open := &access{origins: origins{"http://app.example"}}
	for origin, allowed := range map[string]bool{"http://app.example": true, "http://db.example": false} {
		r := request(http.MethodPost, "http://db.example/", unread{t}, "Origin", origin)
		assert.Equal(t, allowed, open.check(r) == nil, origin)
	}
	several := request(http.MethodPost, "http://localhost:8000/", unread{t}, "Origin", "http://localhost:8000", "Origin", "http://evil.example")
	assert.Error(t, (&access{loopback: true}).check(several))
}

func TestRun_Refusals(t *testing.T) {
	command := start(t)
	for _, header := range [][]string{{"Host", "evil.example"}, {"Origin", "http://evil.example"}} {
		body, response := command.get(t, "/", header...)
		assert.Equal(t, http.StatusForbidden, response.StatusCode)
		assert.Equal(t, "application/json", response.Header.Get("Content-Type"))
		assert.Contains(t, body, `"__type":"com.amazonaws.dynamodb.v20120810#AccessDeniedException"`)
		assert.NotContains(t, body, "evil")
		assert.Empty(t, response.Header.Get("Access-Control-Allow-Origin"))
	}
	hostname, err := os.Hostname()
	require.NoError(t, err)
	_, response := command.get(t, "/", "Host", hostname+":8000")
	assert.Equal(t, http.StatusOK, response.StatusCode)

	// In a container, it listens at all addresses and is called by the name of its service.
	command = start(t, "-listen", ":0")
	_, response = command.get(t, "/", "Host", "dynamodb.default.svc:8000")
	assert.Equal(t, http.StatusOK, response.StatusCode)
	_, response = command.get(t, pagePath, "Host", "dynamodb:8000")
	assert.Equal(t, http.StatusOK, response.StatusCode)
}

func TestRun_AllowOrigin(t *testing.T) {
	const app, preflight = "http://localhost:3000", "authorization,content-type,x-amz-target"
	const credentials = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/aws4_request"
	command := start(t, "-allow-origin", "https://other.example", "-allow-origin", app)
	send := func(method, origin string) (string, http.Header, int) {
		r := request(method, command.url, strings.NewReader(`{}`), "Origin", origin, "Authorization", credentials,
			"Content-Type", "application/x-amz-json-1.0", "X-Amz-Target", "DynamoDB_20120810.ListTables",
			"Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", preflight)
		r.RequestURI = ""
		response, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		return string(body), response.Header, response.StatusCode
	}
	for _, origin := range []string{app, "https://other.example"} {
		body, header, status := send(http.MethodOptions, origin)
		assert.Equal(t, http.StatusOK, status)
		assert.Empty(t, body)
		assert.Equal(t, origin, header.Get("Access-Control-Allow-Origin"))
		assert.Equal(t, "POST", header.Get("Access-Control-Allow-Methods"))
		assert.Equal(t, preflight, header.Get("Access-Control-Allow-Headers"))
		assert.Equal(t, "7200", header.Get("Access-Control-Max-Age"))

		body, header, status = send(http.MethodPost, origin)
		assert.Equal(t, http.StatusOK, status)
		assert.JSONEq(t, `{"TableNames":["package.credentials","package.specs"]}`, body)
		assert.Equal(t, origin, header.Get("Access-Control-Allow-Origin"))
		assert.Equal(t, "x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date", header.Get("Access-Control-Expose-Headers"))
		assert.Equal(t, "Origin", header.Get("Vary"))
		assert.Empty(t, header.Get("Access-Control-Allow-Methods"))
	}
	for _, origin := range []string{"http://localhost:3001", command.url} {
		for _, method := range []string{http.MethodOptions, http.MethodPost} {
			_, header, _ := send(method, origin)
			for name := range header {
				assert.NotContains(t, name, "Access-Control", "%s of %s", method, origin)
			}
		}
	}
	assert.Contains(t, command.page(t, ""), " 4 requests since ") // two of them of its own origin
}

func TestOrigins(t *testing.T) {
	for value, want := range map[string]string{
		"http://localhost:3000":  "http://localhost:3000",
		"HTTP://LocalHost:3000/": "http://localhost:3000",
		"http://app.example:80":  "http://app.example",
		"https://app.example:80": "https://app.example:80",
		"https://[::1]:443":      "https://[::1]",
		"capacitor://localhost":  "capacitor://localhost",
	} {
		var o origins
		require.NoError(t, o.Set(value))
		assert.Equal(t, want, o.String())
	}
	for _, value := range []string{"", "*", "null", "localhost:3000", "http://", "http://a/b", "http://a?b", "http://a@b", "http://*:x", "//a"} {
		assert.Error(t, new(origins).Set(value), value)
	}
}

// A web page sends requests as large as it likes, which need no permission.
func TestRun_AHostilePageLeavesNoTrace(t *testing.T) {
	const requests, size, maxGrowth = 200, 16 << 20, 20 << 20
	command := newProcess(t, "-v")
	var log bytes.Buffer
	command.Stderr = &log
	running := startCommand(t, command)
	before := memory(t, running, "VmRSS")

	body := `{"TableName":"` + strings.Repeat("x", size-20) + `"}`
	var pages sync.WaitGroup
	for range 4 {
		pages.Go(func() {
			for range requests / 4 {
				r := request(http.MethodPost, running.url+"/?a;b", strings.NewReader(body), "Origin", "http://evil.example",
					"Content-Type", "text/plain", "Sec-Fetch-Mode", "no-cors", "Sec-Fetch-Site", "cross-site")
				r.RequestURI = ""
				response, err := http.DefaultClient.Do(r)
				if assert.NoError(t, err) {
					response.Body.Close()
					assert.Equal(t, http.StatusForbidden, response.StatusCode)
				}
			}
		})
	}
	pages.Wait()
	grown := memory(t, running, "VmHWM") - before
	t.Logf("%d requests of %d bytes: %d bytes more at most", requests, size, grown)
	assert.Less(t, grown, maxGrowth)
	assert.Contains(t, (&started{url: running.url}).page(t, ""), " 0 requests since ")
	require.NoError(t, running.Process.Kill())
	assert.Error(t, running.Wait())
	assert.Empty(t, log.String())
}

// memory returns how much a process uses, VmRSS, or has used at most, VmHWM, in bytes; without /proc 0.
func memory(t *testing.T, running *process, field string) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", running.Process.Pid))
	if err != nil {
		return 0
	}
	match := regexp.MustCompile(field + `:\s*(\d+) kB`).FindSubmatch(status)
	require.NotNil(t, match)
	kilobytes, err := strconv.Atoi(string(match[1]))
	require.NoError(t, err)
	return kilobytes << 10
}
