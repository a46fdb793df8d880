package testutil

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"time"
)

// forwarder is an [http.Handler] that passes requests on to another DynamoDB. It adds its own
// prefix to the names of tables, and removes it from the answers, so that no forwarder sees the
// tables of another. The prefix counts towards the limit of 255 characters for a name.
type forwarder struct {
	endpoint  string
	prefix    string
	transport *http.Transport

	mayHaveTables atomic.Bool // a CreateTable was answered
}

func newForwarder(endpoint string) (*forwarder, error) {
	target, err := url.Parse(endpoint)
	if err != nil || target.Host == "" || target.Scheme != "http" && target.Scheme != "https" {
		return nil, fmt.Errorf("%s is %q, but must be a URL with its scheme, such as http://localhost:8000",
			endpointVariable, endpoint)
	}
	return &forwarder{
		endpoint: strings.TrimSuffix(endpoint, "/"),
		prefix:   "test-" + strings.ToLower(rand.Text()[:12]) + ".",
		transport: &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			MaxIdleConnsPerHost:   256,
			IdleConnTimeout:       2 * time.Second, // dynalite closes a connection after 5
			ResponseHeaderTimeout: 30 * time.Second,
		},
	}, nil
}

// ServeHTTP implements [http.Handler].
func (f *forwarder) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := newRequest(r, nil)
	answer, err := f.send(r, f.addPrefix(q))
	switch {
	case r.Context().Err() != nil:
		panic(http.ErrAbortHandler)
	case err != nil:
		failure(http.StatusServiceUnavailable, "ServiceUnavailable", err.Error(), nil).write(w)
		return
	case q.operation == "CreateTable":
		f.mayHaveTables.Store(true)
	case q.operation == "ListTables":
		answer.body = f.ownTables(answer.body)
	}
	answer.setBody(bytes.ReplaceAll(answer.body, []byte(f.prefix), nil))
	answer.write(w)
}

func (f *forwarder) send(r *http.Request, body []byte) (*answer, error) {
	request, err := http.NewRequestWithContext(r.Context(), r.Method, f.endpoint+"/", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header = r.Header.Clone()
	request.Header.Del("Content-Length")
	request.Header.Del("Connection")
	request.Header.Set("Accept-Encoding", "identity") // a compressed answer would hide the names
	response, err := f.transport.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	return read(response)
}

// addPrefix returns the body with the prefix before the names of tables.
func (f *forwarder) addPrefix(q *request) []byte {
	if q.members == nil {
		return q.body
	}
	if tables := object(q.members["RequestItems"]); tables != nil {
		named := map[string]any{}
		for name, items := range tables {
			named[f.realName(name)] = items
		}
		q.members["RequestItems"] = named
	}
	f.addPrefixes(q.members)
	if q.operation == "ListTables" && q.members["ExclusiveStartTableName"] == nil {
		q.members["ExclusiveStartTableName"] = f.prefix // its tables follow each other
	}
	return encode(q.members)
}

// addPrefixes puts the prefix before the names of tables in members of JSON objects. No attribute value
// has such a member, because the values of attributes are objects.
func (f *forwarder) addPrefixes(value any) {
	switch value := value.(type) {
	case map[string]any:
		for member, inner := range value {
			name, isText := inner.(string)
			switch {
			case !isText:
				f.addPrefixes(inner)
			case member == "TableName" || member == "ExclusiveStartTableName" || member == "ResourceArn":
				value[member] = f.realName(name)
			}
		}
	case []any:
		for _, inner := range value {
			f.addPrefixes(inner)
		}
	}
}

var legalName = regexp.MustCompile(`^[a-zA-Z0-9_.-]{3,255}$`)

// realName returns the name on the server of a table that the tests know by name, which may be an
// ARN. It passes an illegal name on for the server to reject.
func (f *forwarder) realName(name string) string {
	if before, table, ok := strings.Cut(name, ":table/"); ok {
		return before + ":table/" + f.prefix + table
	}
	if !legalName.MatchString(name) {
		return name
	}
	return f.prefix + name
}

// ownTables returns the answer of a ListTables without the tables that follow the forwarder's own.
func (f *forwarder) ownTables(answer []byte) []byte {
	var list struct {
		TableNames             []string
		LastEvaluatedTableName string `json:",omitempty"`
	}
	if json.Unmarshal(answer, &list) != nil || list.TableNames == nil {
		return answer // an error
	}
	own := []string{}
	for _, name := range list.TableNames {
		if strings.HasPrefix(name, f.prefix) {
			own = append(own, name)
		}
	}
	if len(own) < len(list.TableNames) {
		list.LastEvaluatedTableName = ""
	}
	list.TableNames = own
	return encode(list)
}
