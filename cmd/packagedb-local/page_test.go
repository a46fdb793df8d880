package main

import (
	"bytes"
	"context"
	"flag"
	"html"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/internal/recording"
)

var (
	chromium   = flag.String("chromium", "", "show the page in this browser")
	screenshot = flag.String("screenshot", "", "write a screenshot of the page to this file")
)

// page returns the visible text of the page with a query.
func (s *started) page(t *testing.T, query string) string {
	t.Helper()
	body, response := s.get(t, pagePath+query)
	require.Equal(t, http.StatusOK, response.StatusCode)
	return text(body)
}

// get sends a request with header fields, given as names and values in turn.
func (s *started) get(t *testing.T, path string, header ...string) (string, *http.Response) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+path, nil)
	require.NoError(t, err)
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	request.Host = request.Header.Get("Host")
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return string(body), response
}

// text returns the visible text of the page: no tags, no styles, single spaces.
func text(page string) string {
	page = regexp.MustCompile(`(?s)<(style|script).*?</(style|script)>|<[^>]*>`).ReplaceAllString(page, " ")
	return strings.Join(strings.Fields(html.UnescapeString(page)), " ")
}

// storeDemo makes the calls of the recorded run of the Python facade up to the deletes.
func storeDemo(t *testing.T, command *started) {
	t.Helper()
	var clock recording.Clock
	db := packagedb.New(command.client, packagedb.WithClock(clock.Now), packagedb.WithPythonFacade())
	run := recording.PythonRun()
	require.NoError(t, recording.Replay(t.Context(), db, &clock, run.Calls[:run.ItemsAfterCall]))
}

func TestPage_ShowsUsers(t *testing.T) {
	command := start(t)
	shown := command.page(t, "")
	assert.Contains(t, shown, "None yet: create a spec or credentials.")
	assert.Contains(t, shown, "in memory 0 requests since ")

	storeDemo(t, command)
	shown = command.page(t, "")
	assert.Contains(t, shown, "auth0|7734d7c1 10 specs, 3000132 models")
	assert.Contains(t, shown, "google-oauth2|1067907796 6 specs, 1000144 models")
	assert.Contains(t, shown, "MY..SPEC--NAME 1.8.25 7 models 3 versions Version Updated (UTC) Models Title and description "+
		"1.8.25 latest 2020-12-10 23:41:20 7 2.1.24 2020-12-10 23:22:40 123 Title 24 — ü Line 1 Line \"2\" 24 0.3.13")
	assert.Contains(t, shown, "laptop pk_11_1 redacted")
	assert.Contains(t, shown, " Query package.specs 200 0.5 ")

	shown = command.page(t, "?user=google-oauth2%7C1067907796")
	assert.Contains(t, shown, "google-oauth2|1067907796 6 specs")
	assert.NotContains(t, shown, "auth0|7734d7c1")
}

func TestPage_ShowsItems(t *testing.T) {
	command := start(t)
	storeDemo(t, command)
	assert.Contains(t, command.page(t, "?table=package.credentials"), "package.credentials sub id public_key salt secret_key_hash "+
		"S sub 3 S ci S pk_11_9 B redacted, 24 bytes B redacted, 44 bytes")
	assert.Contains(t, command.page(t, "?table=missing"), "missing Requested resource not found")
	assert.Contains(t, command.page(t, "?table=package.specs&after=x"), "invalid character")

	next := regexp.MustCompile(`href="([^"]*)">Next page`)
	rows := 0
	for link := []string{"", "?table=package.specs"}; link != nil; {
		body, _ := command.get(t, pagePath+html.UnescapeString(link[1]))
		rows += strings.Count(body, "<tr>") - 1
		link = next.FindStringSubmatch(body)
	}
	assert.Equal(t, 79, rows)
}

func TestNewValueView(t *testing.T) {
	long := &types.AttributeValueMemberS{Value: strings.Repeat("ü", 200)}
	nested := &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{
		"b": &types.AttributeValueMemberL{Value: []types.AttributeValue{&types.AttributeValueMemberN{Value: "1"}}},
		"a": &types.AttributeValueMemberBOOL{Value: true},
	}}
	assert.Equal(t, valueView{"S", strings.Repeat("ü", 150) + "… (400 bytes)"}, newValueView("title", long))
	assert.Equal(t, valueView{"M", `{"a":{"BOOL":true},"b":{"L":[{"N":"1"}]}}`}, newValueView("title", nested))
	assert.Equal(t, valueView{"M", "redacted"}, newValueView("salt", nested))
}

func TestPage_EscapesNamesAndHidesSecrets(t *testing.T) {
	const hostile = `"'><img src=x onerror=alert(1)></script>{{.}}`
	command := start(t)
	db := packagedb.New(command.client)
	_, err := db.CreateUpdateSpec(t.Context(), hostile, packagedb.SpecInput{
		Name: hostile, Version: hostile, Title: hostile, Description: hostile, ModelCount: 1,
	})
	require.NoError(t, err)
	require.NoError(t, db.CreateUpdateCredentials(t.Context(), hostile, packagedb.CredentialsInput{
		ID: hostile, PublicKey: hostile, SecretKeyHash: []byte("the hash"), Salt: []byte("the salt"),
	}))
	user, table := "?user="+url.QueryEscape(hostile), "?table="+url.QueryEscape(hostile)
	for _, query := range []string{"", user, table, "?table=package.specs", "?table=package.credentials"} {
		body, response := command.get(t, pagePath+query)
		assert.Contains(t, text(body), "<img src=x onerror=alert(1)>", query)
		for _, hidden := range []string{"<img", "the hash", "the salt", "dGhlIGhhc2g", "dGhlIHNhbHQ"} {
			assert.NotContains(t, body, hidden, query)
		}
		assert.Regexp(t, "default-src 'none'; style-src 'nonce-[A-Z2-7]+'; script-src 'nonce-.*frame-ancestors 'none'", response.Header.Get("Content-Security-Policy"))
	}
}

func TestPage_ChangesWithRequests(t *testing.T) {
	command := start(t)
	_, first := command.get(t, pagePath)
	tag := first.Header.Get("Etag")
	_, again := command.get(t, pagePath, "If-None-Match", tag)
	assert.Equal(t, http.StatusNotModified, again.StatusCode)
	_, err := packagedb.New(command.client).ListSpecs(t.Context(), "sub")
	require.NoError(t, err)
	_, changed := command.get(t, pagePath, "If-None-Match", tag)
	assert.Equal(t, http.StatusOK, changed.StatusCode)
}

func TestRoute(t *testing.T) {
	command := start(t)
	const html = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
	for _, test := range []struct {
		path, accept string
		page         bool
	}{
		{"/", html, true},
		{"/", "*/*", false},
		{"/", "", false},
		{"/-", "", true},
		{"/-/", "", true},
	} {
		body, response := command.get(t, test.path, "Accept", test.accept)
		assert.Equal(t, http.StatusOK, response.StatusCode)
		if test.page {
			assert.Equal(t, pagePath, response.Request.URL.Path)
			assert.Contains(t, body, "<title>packagedb-local</title>")
		} else {
			assert.Equal(t, "healthy: dynamodb.us-east-1.amazonaws.com ", body)
		}
	}
	_, response := command.get(t, pagePath+"x", "Accept", html)
	assert.Equal(t, http.StatusNotFound, response.StatusCode)
	_, response = command.get(t, "/x", "Accept", html)
	assert.Equal(t, http.StatusNotFound, response.StatusCode)
	response, err := http.Post(command.url+pagePath, "text/plain", nil)
	require.NoError(t, err)
	response.Body.Close()
	assert.Equal(t, http.StatusNotFound, response.StatusCode)
}

// browse runs Chromium on an address of the page.
func browse(t *testing.T, address string, args ...string) string {
	t.Helper()
	if *chromium == "" {
		t.Skip("needs -chromium")
	}
	command := exec.CommandContext(t.Context(), *chromium, append([]string{
		"--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
		"--disable-sync", "--hide-scrollbars", "--user-data-dir=" + t.TempDir(), "--disable-lcd-text", "--window-size=1200,900",
	}, append(args, address)...)...)
	output, err := command.Output()
	require.NoError(t, err)
	return string(output)
}

func TestPage_InABrowser(t *testing.T) {
	command := start(t)
	storeDemo(t, command)
	file := filepath.Join(t.TempDir(), "page.png")
	address := command.url + pagePath + "?user=google-oauth2%7C1067907796"
	browse(t, address, "--screenshot="+file)
	screen, err := os.ReadFile(file)
	require.NoError(t, err)
	picture, err := png.DecodeConfig(bytes.NewReader(screen))
	require.NoError(t, err)
	assert.Equal(t, []int{1200, 900}, []int{picture.Width, picture.Height})
	assert.Contains(t, text(browse(t, address, "--dump-dom")), "MY..SPEC--NAME 1.8.25 7 models 3 versions")
	if *screenshot != "" {
		require.NoError(t, os.WriteFile(*screenshot, screen, 0o644))
	}
}

func TestPage_UpdatesInABrowser(t *testing.T) {
	command := start(t)
	db := packagedb.New(command.client)
	spec := packagedb.SpecInput{Name: "pets", Version: "1.0.0", ModelCount: 1}
	_, err := db.CreateUpdateSpec(t.Context(), "before", spec)
	require.NoError(t, err)

	// Once the browser has the page, a spec is created, which only an update can show.
	target, err := url.Parse(command.url)
	require.NoError(t, err)
	var once sync.Once
	forward := httputil.NewSingleHostReverseProxy(target)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		forward.ServeHTTP(w, r)
		once.Do(func() { _, err = db.CreateUpdateSpec(context.WithoutCancel(t.Context()), "after", spec) })
	}))
	defer proxy.Close()
	body := browse(t, proxy.URL+pagePath, "--virtual-time-budget=5000", "--dump-dom")
	require.NoError(t, err)
	assert.Contains(t, text(body), "after 1 spec, 1 model")
	assert.Contains(t, text(body), "before 1 spec, 1 model")
}
