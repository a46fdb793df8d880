package main

import (
	"encoding/base64"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/internal/recording"
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

// post sends a request of the DynamoDB protocol and returns the status.
func (s *started) post(t *testing.T, operation, body string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url, strings.NewReader(body))
	require.NoError(t, err)
	request.Header.Set("X-Amz-Target", "DynamoDB_20120810."+operation)
	request.Header.Set("Content-Type", "application/x-amz-json-1.0")
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256")
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	return response.StatusCode
}

// send sends a request that succeeds.
func (s *started) send(t *testing.T, operation, body string) {
	t.Helper()
	require.Equal(t, http.StatusOK, s.post(t, operation, body), body)
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
	assert.Contains(t, shown, ` Query package.credentials 200 0.5 `)
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
	escaped := url.QueryEscape(hostile)
	_, err = command.client.CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: aws.String("secrets"), BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("salt"), AttributeType: types.ScalarAttributeTypeB}},
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("salt"), KeyType: types.KeyTypeHash}},
	})
	require.NoError(t, err)
	for i := range itemsPerPage + 1 {
		command.send(t, "PutItem", fmt.Sprintf(`{"TableName": "secrets", "Item": {"salt": {"B": %q}, %q: {"S": %[2]q}}}`,
			base64.StdEncoding.EncodeToString([]byte("the salt"+strings.Repeat("!", i))), hostile))
	}
	for query, shown := range map[string]bool{
		"": true, "?user=" + escaped: true, "?table=" + escaped: true,
		"?table=package.specs": true, "?table=package.credentials": true, "?table=secrets": true,
		"?table=package.specs&index=" + escaped: true, "?table=package.specs&value=" + escaped: true,
		"?table=package.credentials&item=" + url.QueryEscape(fmt.Sprintf(`{"sub": {"S": %q}, "id": {"S": %[1]q}}`, hostile)): true,
		"?table=package.specs&after=" + escaped: false, "?table=package.specs&item=" + escaped: false,
	} {
		body, response := command.get(t, pagePath+query)
		assert.Equal(t, shown, strings.Contains(text(body), "<img src=x onerror=alert(1)>"), query)
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
