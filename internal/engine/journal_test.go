package engine_test

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb/internal/engine"
)

var journalClock = engine.WithClock(func() time.Time { return time.UnixMilli(1700000000123) })

// open opens a journal and fails the test if that logs anything.
func open(tb testing.TB, path string) *engine.Engine {
	tb.Helper()
	var log bytes.Buffer
	e, err := engine.Open(path, slog.New(slog.NewTextHandler(&log, nil)), journalClock)
	require.NoError(tb, err)
	require.Empty(tb, log.String())
	return e
}

// reopen closes an engine and opens its journal.
func reopen(tb testing.TB, e *engine.Engine, path string) *engine.Engine {
	tb.Helper()
	require.NoError(tb, e.Close())
	return open(tb, path)
}

// content returns the descriptions of all tables and their items.
func content(tb testing.TB, e *engine.Engine) map[string]any {
	tb.Helper()
	tables := map[string]any{}
	for _, name := range call(tb, e, "ListTables", `{}`)["TableNames"].([]any) {
		body := fmt.Sprintf(`{"TableName":%q}`, name)
		described := call(tb, e, "DescribeTable", body)
		arn := described["Table"].(map[string]any)["TableArn"]
		tables[name.(string)] = []any{
			described, call(tb, e, "Scan", body), call(tb, e, "DescribeTimeToLive", body),
			call(tb, e, "ListTagsOfResource", fmt.Sprintf(`{"ResourceArn":%q}`, arn)),
		}
	}
	return tables
}

const (
	createUsers = `{"TableName":"users","BillingMode":"PAY_PER_REQUEST","AttributeDefinitions":[{"AttributeName":"id","AttributeType":"N"}],
		"KeySchema":[{"AttributeName":"id","KeyType":"HASH"}]}`
	journaledItem = `{"holder":{"S":"<ä\u2028&>\n"},"mark":{"S":"\u0000"},"id":{"S":"i"},"all":{"L":[{"B":"AP8="},{"N":"1E+2"},{"NULL":true},
		{"BOOL":false},{"M":{"m":{"SS":["b","a"]}}},{"NS":["2","1"]},{"BS":["AA=="]},{"S":""}]}}`
	journaledTransaction = `{"ClientRequestToken":"t","TransactItems":[
		{"Put":{"TableName":"specs","Item":{"holder":{"S":"u"},"mark":{"S":"2"}},"ConditionExpression":"attribute_not_exists(mark)"}},
		{"Delete":{"TableName":"users","Key":{"id":{"N":"1"}}}},
		{"ConditionCheck":{"TableName":"users","Key":{"id":{"N":"2"}},"ConditionExpression":"attribute_not_exists(id)"}}]}`
)

// journaled are requests that each write one line, except for the last.
var journaled = []struct{ operation, body string }{
	{"CreateTable", createSpecs},
	{"CreateTable", createUsers},
	{"PutItem", `{"TableName":"specs","Item":` + journaledItem + `}`},
	{"PutItem", `{"TableName":"users","Item":{"id":{"N":"1"}}}`},
	{"TransactWriteItems", journaledTransaction},
	{"PutItem", `{"TableName":"specs","Item":{"holder":{"S":"u"},"mark":{"S":"2"},"n":{"N":"2"}}}`},
	{"DeleteItem", `{"TableName":"specs","Key":{"holder":{"S":"u"},"mark":{"S":"2"}}}`},
	{"DeleteTable", `{"TableName":"users"}`},
	{"CreateTable", createUsers},
	{"PutItem", `{"TableName":"users","Item":{"id":{"N":"3"},"mail":{"S":"a"}}}`},
	{"PutItem", `{"TableName":"users","Item":{"id":{"N":"5"},"mail":{"N":"0"},"expiry":{"N":"1700000001"}}}`},
	{"UpdateTable", `{"TableName":"users","AttributeDefinitions":[{"AttributeName":"mail","AttributeType":"S"}],"GlobalSecondaryIndexUpdates":[{"Create":{
		"IndexName":"byMail","KeySchema":[{"AttributeName":"mail","KeyType":"HASH"}],"Projection":{"ProjectionType":"KEYS_ONLY"}}}]}`},
	{"UpdateTimeToLive", `{"TableName":"users","TimeToLiveSpecification":{"AttributeName":"expiry","Enabled":true}}`},
	{"TagResource", `{"ResourceArn":"arn:aws:dynamodb:us-east-1:123456789012:table/users","Tags":[{"Key":"k","Value":"v"}]}`},
	{"UpdateItem", `{"TableName":"users","Key":{"id":{"N":"3"}},"UpdateExpression":"SET mail = if_not_exists(a, :a) ADD n :n",
		"ExpressionAttributeValues":{":a":{"S":"b"},":n":{"N":"1"}}}`},
	{"TransactWriteItems", `{"TransactItems":[{"Update":{"TableName":"users","Key":{"id":{"N":"3"}},"UpdateExpression":"REMOVE mail"}},
		{"Update":{"TableName":"users","Key":{"id":{"N":"6"}},"UpdateExpression":"ADD n :n","ExpressionAttributeValues":{":n":{"N":"1"}}}}]}`},
	{"DeleteItem", `{"TableName":"users","Key":{"id":{"N":"4"}}}`},
}

func TestOpen_KeepsWhatWasStored(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	e := open(t, path)
	for _, request := range journaled {
		call(t, e, request.operation, request.body)
		stored := content(t, e)
		e = reopen(t, e, path)
		assert.Equal(t, stored, content(t, e), "after %s", request.operation)
	}
	call(t, e, "TransactWriteItems", journaledTransaction) // a token that is known changes nothing
	assert.NotContains(t, call(t, e, "GetItem", `{"TableName":"specs","Key":{"holder":{"S":"u"},"mark":{"S":"2"}}}`), "Item")
	require.NoError(t, e.Close())
}

func TestOpen_RewritesTheJournalWithoutWhatIsGone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	e := open(t, path)
	call(t, e, "CreateTable", createUsers)
	size := func() int64 {
		info, err := os.Stat(path)
		require.NoError(t, err)
		return info.Size()
	}
	empty := size()
	for range 100 {
		call(t, e, "PutItem", `{"TableName":"users","Item":{"id":{"N":"1"}}}`)
	}
	line := (size() - empty) / 100
	e = reopen(t, e, path)
	assert.Equal(t, empty+line, size())
	call(t, e, "DeleteTable", `{"TableName":"users"}`)
	e = reopen(t, e, path)
	assert.Equal(t, int64(len("packagedb journal 1\n")), size())
	require.NoError(t, e.Close())
}

// writeJournal performs the requests of journaled and returns the journal, and the content after
// each line by the journal's length.
func writeJournal(t *testing.T) (text []byte, contents map[int]map[string]any) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "journal")
	e := open(t, path)
	contents = map[int]map[string]any{}
	read := func() {
		var err error
		text, err = os.ReadFile(path)
		require.NoError(t, err)
		contents[len(text)] = content(t, e)
	}
	read()
	for _, request := range journaled {
		call(t, e, request.operation, request.body)
		read()
	}
	require.NoError(t, e.Close())
	require.Len(t, contents, len(journaled))
	return text, contents
}

// The journal of an earlier version may hold requests that are rejected now.
func TestOpen_DoesNotCheckAgainWhatWasAccepted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	var text strings.Builder
	text.WriteString("packagedb journal 1\n")
	for _, request := range []struct{ operation, body string }{
		{"CreateTable", createSpecs},
		{"TagResource", `{"ResourceArn":"arn:aws:dynamodb:us-east-1:123456789012:table/specs","Tags":[{"Key":"#","Value":"50%"}]}`},
		{"UpdateTable", updateSpecs(`"GlobalSecondaryIndexUpdates":[{"Create":{"IndexName":"byMark","KeySchema":[{"AttributeName":"mark","KeyType":"HASH"}],
			"Projection":{"ProjectionType":"ALL"}}}]`)},
	} {
		line := fmt.Sprintf(`{"at":1,"operation":%q,"request":%s}`, request.operation, request.body)
		line = strings.ReplaceAll(line, "\n", " ")
		fmt.Fprintf(&text, "%08x %s\n", crc32.ChecksumIEEE([]byte(line)), line)
	}
	require.NoError(t, os.WriteFile(path, []byte(text.String()), 0o600))
	e := open(t, path)
	equal(t, "tags", call(t, e, "ListTagsOfResource", `{"ResourceArn":"arn:aws:dynamodb:us-east-1:123456789012:table/specs"}`),
		`{"Tags":[{"Key":"#","Value":"50%"}]}`)
	call(t, e, "Scan", `{"TableName":"specs","IndexName":"byMark"}`)
	require.NoError(t, e.Close())
}

func TestOpen_CutsOffAnIncompleteLastLine(t *testing.T) {
	text, contents := writeJournal(t)
	path := filepath.Join(t.TempDir(), "journal")
	want, number := map[string]any(nil), 0
	for length := len("packagedb journal 1\n"); length <= len(text); length++ {
		whole, ok := contents[length]
		if ok {
			want = whole
			number++
		}
		if _, last := contents[length+1]; !ok && !last && length%7 > 0 {
			continue // each takes a sync to the disk
		}
		require.NoError(t, os.WriteFile(path, text[:length], 0o600))
		var log bytes.Buffer
		e, err := engine.Open(path, slog.New(slog.NewTextHandler(&log, nil)), journalClock)
		require.NoError(t, err)
		require.Equal(t, want, content(t, e), "after %d bytes", length)
		if ok {
			assert.Empty(t, log.String())
		} else {
			assert.Contains(t, log.String(), fmt.Sprintf("level=WARN msg=\"incomplete last line cut off\" file=%s line=%d", path, number+1))
		}
		require.NoError(t, e.Close())
	}
}

func TestOpen_NamesTheDamagedLineAndChangesNothing(t *testing.T) {
	text, _ := writeJournal(t)
	path := filepath.Join(t.TempDir(), "journal")
	for i := 0; i < len(text)-1; i += 3 {
		damaged := bytes.Clone(text)
		damaged[i] ^= 1 << (i % 8)
		require.NoError(t, os.WriteFile(path, damaged, 0o600))
		_, err := engine.Open(path, slog.New(slog.DiscardHandler))
		require.ErrorContains(t, err, fmt.Sprintf("line %d: ", 1+bytes.Count(text[:i], []byte("\n"))), "byte %d", i)
		after, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, damaged, after)
	}
}

func TestOpen_RejectsWhatIsNoJournal(t *testing.T) {
	for name, text := range map[string]string{
		"a text":                "hello",
		"the start of a header": "packagedb jour",
		"another version":       "packagedb journal 2\n",
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "journal")
			require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
			_, err := engine.Open(path, slog.New(slog.DiscardHandler))
			assert.EqualError(t, err, "journal "+path+": line 1: not the first line of a journal")
			after, err := os.ReadFile(path)
			require.NoError(t, err)
			assert.Equal(t, text, string(after))
		})
	}
	t.Run("a directory", func(t *testing.T) {
		_, err := engine.Open(t.TempDir(), slog.New(slog.DiscardHandler))
		assert.Error(t, err)
	})
}

func TestOpen_RejectsAJournalInUse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	e := open(t, path)
	_, err := engine.Open(path, slog.New(slog.DiscardHandler))
	require.EqualError(t, err, "lock journal "+path+": in use by another process")
	require.NoError(t, reopen(t, e, path).Close())
}

func TestEngine_StoresNothingThatItsJournalDoesNotHave(t *testing.T) {
	e := open(t, filepath.Join(t.TempDir(), "journal"))
	call(t, e, "CreateTable", createUsers)
	require.NoError(t, e.Close())
	stored := content(t, e)
	for _, request := range []struct{ operation, body string }{
		{"PutItem", `{"TableName":"users","Item":{"id":{"N":"1"}}}`},
		{"TransactWriteItems", `{"TransactItems":[{"Put":{"TableName":"users","Item":{"id":{"N":"1"}}}}]}`},
		{"BatchWriteItem", `{"RequestItems":{"users":[{"PutRequest":{"Item":{"id":{"N":"1"}}}}]}}`},
		{"CreateTable", createSpecs},
		{"DeleteTable", `{"TableName":"users"}`},
	} {
		answer := newRecorder(e, request.operation, request.body)
		assert.Equal(t, http.StatusInternalServerError, answer.Code, request.operation)
		body, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		assert.Contains(t, string(body), "file already closed", request.operation)
		assert.Equal(t, stored, content(t, e), request.operation)
	}
}

func TestOpen_KeepsTheOrderOfConcurrentRequests(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	e := open(t, path)
	var workers sync.WaitGroup
	for worker := range 4 {
		workers.Go(func() {
			for i := range 50 {
				// Some find no table; the others must come back in their order.
				newRecorder(e, "CreateTable", createUsers)
				newRecorder(e, "PutItem", fmt.Sprintf(`{"TableName":"users","Item":{"id":{"N":"%d"},"n":{"N":"%d"}}}`, i%3, worker))
				if i%7 == worker {
					newRecorder(e, "DeleteTable", `{"TableName":"users"}`)
				}
			}
		})
	}
	workers.Wait()
	stored := content(t, e)
	e = reopen(t, e, path)
	assert.Equal(t, stored, content(t, e))
	require.NoError(t, e.Close())
}
