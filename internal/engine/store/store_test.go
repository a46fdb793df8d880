package store

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"github.com/open-alchemy/packagedb/internal/engine"
)

// opened is a data file in use, with the engine that was loaded from it.
type opened struct {
	*Store
	engine *engine.Engine
	log    bytes.Buffer
}

func open(tb testing.TB, path string) *opened {
	tb.Helper()
	o := &opened{}
	var err error
	o.Store, err = Open(tb.Context(), path, slog.New(slog.NewTextHandler(&o.log, nil)))
	require.NoError(tb, err)
	o.engine, err = engine.Open(tb.Context(), o.Store)
	require.NoError(tb, err)
	tb.Cleanup(func() { o.Close() })
	return o
}

// openError opens a file that must not be opened, and checks that it stays as it is.
func openError(tb testing.TB, path string) error {
	tb.Helper()
	before, err := os.ReadFile(path)
	require.NoError(tb, err)
	s, err := Open(tb.Context(), path, slog.New(slog.DiscardHandler))
	if err == nil {
		_, err = engine.Open(tb.Context(), s)
		require.NoError(tb, s.Close())
	}
	require.Error(tb, err)
	after, readErr := os.ReadFile(path)
	require.NoError(tb, readErr)
	assert.True(tb, bytes.Equal(before, after), "the file has changed")
	return err
}

// send performs a request and returns the status and the body of the response.
func (o *opened) send(operation, body string) (int, string) {
	request := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	request.Header.Set("Content-Type", "application/x-amz-json-1.0")
	request.Header.Set("X-Amz-Target", "DynamoDB_20120810."+operation)
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256")
	recorder := httptest.NewRecorder()
	o.engine.ServeHTTP(recorder, request)
	return recorder.Code, recorder.Body.String()
}

func (o *opened) call(tb testing.TB, operation, body string) string {
	tb.Helper()
	status, response := o.send(operation, body)
	require.Equal(tb, http.StatusOK, status, response)
	return response
}

const (
	createPets = `{"TableName":"pets","BillingMode":"PAY_PER_REQUEST","AttributeDefinitions":[{"AttributeName":"id","AttributeType":"N"}],
		"KeySchema":[{"AttributeName":"id","KeyType":"HASH"}]}`
	scanPets = `{"TableName":"pets","Select":"COUNT"}`
)

// transact sends one action for each number, 100 in a transaction.
func (o *opened) transact(tb testing.TB, from, to int, action func(n int) string) {
	tb.Helper()
	for ; from < to; from += 100 {
		var actions []string
		for n := from; n < min(from+100, to); n++ {
			actions = append(actions, action(n))
		}
		o.call(tb, "TransactWriteItems", `{"TransactItems":[`+strings.Join(actions, ",")+`]}`)
	}
}

// put stores pets of 1,000 bytes.
func (o *opened) put(tb testing.TB, from, to int) {
	tb.Helper()
	o.transact(tb, from, to, func(n int) string {
		return fmt.Sprintf(`{"Put":{"TableName":"pets","Item":{"id":{"N":"%d"},"name":{"S":%q}}}}`, n, strings.Repeat("x", 1000))
	})
}

func (o *opened) count(tb testing.TB) string {
	tb.Helper()
	return o.call(tb, "Scan", scanPets)
}

func counted(n int) string { return fmt.Sprintf(`{"Count":%d,"ScannedCount":%[1]d}`, n) }

// newFile returns the path of a data file with a table of n pets.
func newFile(tb testing.TB, n int) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "data")
	o := open(tb, path)
	o.call(tb, "CreateTable", createPets)
	o.put(tb, 0, n)
	require.NoError(tb, o.Close())
	return path
}

func TestStore_KeepsTablesAndItems(t *testing.T) {
	path := newFile(t, 100)
	o := open(t, path)
	assert.False(t, o.db.NoSync || o.db.NoGrowSync)
	assert.Equal(t, counted(100), o.count(t))
	o.call(t, "DeleteItem", `{"TableName":"pets","Key":{"id":{"N":"1"}}}`)
	require.NoError(t, o.Close())
	o = open(t, path)
	assert.Equal(t, counted(99), o.count(t))
	o.call(t, "DeleteTable", `{"TableName":"pets"}`)
	require.NoError(t, o.Close())
	o = open(t, path)
	assert.Equal(t, `{"TableNames":[]}`, o.call(t, "ListTables", `{}`))
	o.call(t, "CreateTable", createPets)
	assert.Equal(t, counted(0), o.count(t))
	assert.Empty(t, o.log.String())
}

func TestOpen_RejectsAFileInUse(t *testing.T) {
	path := newFile(t, 1)
	open(t, path)
	for name, link := range map[string]func(target, name string) error{
		"the same name": func(string, string) error { return nil }, "a symlink": os.Symlink, "a hard link": os.Link,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // each waits for the lock
			other := filepath.Join(t.TempDir(), "link")
			if err := link(path, other); err != nil {
				t.Skip("links need a right on Windows, or the file system lacks them: ", err)
			}
			if name == "the same name" {
				other = path
			}
			assert.EqualError(t, openError(t, other), "data file "+other+": in use by another process")
		})
	}
}

func TestOpen_NamesWhatIsNoDataFile(t *testing.T) {
	other := filepath.Join(t.TempDir(), "other")
	db, err := bbolt.Open(other, 0o600, nil)
	require.NoError(t, err)
	require.NoError(t, db.Update(func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucket([]byte("theirs"))
		return err
	}))
	require.NoError(t, db.Close())
	theirs, err := os.ReadFile(other)
	require.NoError(t, err)

	newer := newFile(t, 0)
	db, err = bbolt.Open(newer, 0o600, nil)
	require.NoError(t, err)
	require.NoError(t, db.Update(func(tx *bbolt.Tx) error {
		return tx.Bucket([]byte(formatBucket)).Put([]byte(formatKey), []byte("2"))
	}))
	require.NoError(t, db.Close())
	ofNewer, err := os.ReadFile(newer)
	require.NoError(t, err)

	const notData = "not a data file of packagedb-local"
	for name, test := range map[string]struct{ content, want string }{
		"a journal of 0.2.0":            {"packagedb journal 1\n0a1b2c3d {}\n", "a journal of packagedb-local 0.2.0, which this version does not read"},
		"a short text":                  {"hello", notData},
		"a text of one page":            {strings.Repeat("hello ", 1000), notData},
		"a long text":                   {strings.Repeat("hello ", 100_000), notData},
		"zeros, longer than four pages": {strings.Repeat("\x00", 4*os.Getpagesize()+1), notData},
		"a database of another program": {string(theirs), notData},
		"a later format":                {string(ofNewer), `format "2" of another version`},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "data")
			require.NoError(t, os.WriteFile(path, []byte(test.content), 0o600))
			assert.EqualError(t, openError(t, path), "data file "+path+": "+test.want)
		})
	}
	t.Run("a directory", func(t *testing.T) {
		directory := t.TempDir()
		_, err := Open(t.Context(), directory, slog.New(slog.DiscardHandler))
		assert.EqualError(t, err, "data file "+directory+": not a regular file") // as for a FIFO, which would never open
	})
}

func TestOpen_StartsEmptyAfterAnInterruptedCreation(t *testing.T) {
	created := filepath.Join(t.TempDir(), "created")
	db, err := bbolt.Open(created, 0o600, nil)
	require.NoError(t, err)
	require.NoError(t, db.Close())
	content, err := os.ReadFile(created)
	require.NoError(t, err)
	pageSize := os.Getpagesize()
	require.Len(t, content, 4*pageSize)

	for _, length := range []int{0, 1, 8, 9, 15, 16, 20, 24, 27, 28, 29, 100, 4095, pageSize, pageSize + 1, 2 * pageSize, 3 * pageSize, 4*pageSize - 1, 4 * pageSize} {
		for name, part := range map[string][]byte{"pages": content[:length], "zeros": make([]byte, length)} {
			path := filepath.Join(t.TempDir(), "data")
			require.NoError(t, os.WriteFile(path, part, 0o600))
			o := open(t, path)
			o.call(t, "CreateTable", createPets)
			require.NoError(t, o.Close())
			o = open(t, path)
			assert.Equal(t, counted(0), o.count(t), "%d bytes of %s", length, name)
			require.NoError(t, o.Close())
		}
	}
}

func TestOpen_NamesDamage(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a file that bbolt panics at stays open, and cannot be deleted")
	}
	content, err := os.ReadFile(newFile(t, 100))
	require.NoError(t, err)
	pageSize := os.Getpagesize()
	// A file that bbolt panics at stays locked until the process ends.
	damagedFile := func(t *testing.T, content []byte) (path string) {
		path = filepath.Join(t.TempDir(), "data")
		require.NoError(t, os.WriteFile(path, content, 0o600))
		return path
	}
	t.Run("a file that was cut off", func(t *testing.T) {
		for length := 4 * pageSize; length < len(content)*3/4; length += pageSize * 3 / 2 {
			path := damagedFile(t, content[:length])
			assert.ErrorContains(t, openError(t, path), "data file "+path+": damaged")
		}
	})
	t.Run("pages that were overwritten", func(t *testing.T) {
		found := 0
		for page := range len(content) / pageSize {
			damaged := bytes.Clone(content)
			for i := range pageSize {
				damaged[page*pageSize+i] = 0xff
			}
			path := damagedFile(t, damaged)
			s, err := Open(t.Context(), path, slog.New(slog.DiscardHandler))
			if err == nil {
				_, err = engine.Open(t.Context(), s)
				require.NoError(t, s.Close())
			}
			if err != nil { // some pages are free, and there are two of the first kind
				found++
				assert.ErrorContains(t, err, "data file "+path+": ")
				assert.NotContains(t, err.Error(), "in use")
			}
		}
		assert.Greater(t, found, 10)
	})
}

// A file that takes no more stands for a full disk.
func TestStore_ReportsAFailedCommit(t *testing.T) {
	path := newFile(t, 10)
	o := open(t, path)
	o.db.MaxSize = 64 << 10
	var status int
	var response string
	for n := 10; status < 300; n++ {
		require.Less(t, n, 1000)
		status, response = o.send("PutItem", fmt.Sprintf(`{"TableName":"pets","Item":{"id":{"N":"%d"},"name":{"S":%q}}}`, n, strings.Repeat("x", 2000)))
	}
	assert.Equal(t, http.StatusInternalServerError, status)
	const reason = "database reached maximum size"
	assert.Contains(t, response, "InternalServerError")
	assert.Contains(t, response, reason)
	assert.Contains(t, o.log.String(), "level=ERROR msg=\"commit failed\"")
	assert.Contains(t, o.log.String(), reason)
	before := o.count(t)
	require.NoError(t, o.Close())
	o = open(t, path) // there is space again
	assert.Equal(t, before, o.count(t))
	o.put(t, 1000, 1100)
}

func TestStore_FailsAfterItIsClosed(t *testing.T) {
	o := open(t, newFile(t, 0))
	require.NoError(t, o.Close())
	status, response := o.send("PutItem", `{"TableName":"pets","Item":{"id":{"N":"1"}}}`)
	assert.Equal(t, http.StatusInternalServerError, status)
	assert.Contains(t, response, "database not open")
}

// compactable returns the path of a data file that is nearly all free, and its size.
func compactable(tb testing.TB) (path string, size int64) {
	tb.Helper()
	path = newFile(tb, 1000)
	o := open(tb, path)
	o.transact(tb, 0, 990, func(n int) string {
		return fmt.Sprintf(`{"Delete":{"TableName":"pets","Key":{"id":{"N":"%d"}}}}`, n)
	})
	require.NoError(tb, o.Close())
	info, err := os.Stat(path)
	require.NoError(tb, err)
	return path, info.Size()
}

func TestOpen_CompactsWhatIsMostlyFree(t *testing.T) {
	path, size := compactable(t)
	if runtime.GOOS != "windows" {
		require.NoError(t, os.Chmod(path, 0o640))
	}
	target := path
	link := filepath.Join(t.TempDir(), "link")
	if os.Symlink(path, link) == nil {
		path = link
	}
	beside := target + ".new"
	require.NoError(t, os.WriteFile(beside, []byte("theirs"), 0o600))
	o := open(t, path)
	assert.Equal(t, counted(10), o.count(t))
	o.put(t, 0, 5)
	assert.ErrorIs(t, openError(t, target), errInUse, "the new file is locked, too")
	require.NoError(t, o.Close())
	assert.Empty(t, o.log.String())

	info, err := os.Stat(target)
	require.NoError(t, err)
	assert.Less(t, info.Size(), size/4)
	if runtime.GOOS != "windows" {
		assert.Equal(t, os.FileMode(0o640), info.Mode().Perm())
	}
	if path == link {
		named, err := os.Readlink(link)
		require.NoError(t, err)
		assert.Equal(t, target, named)
	}
	theirs, err := os.ReadFile(beside)
	require.NoError(t, err)
	assert.Equal(t, "theirs", string(theirs))
	entries, err := os.ReadDir(filepath.Dir(target))
	require.NoError(t, err)
	assert.Len(t, entries, 2, "nothing is left beside it")
	assert.Equal(t, counted(15), open(t, path).count(t))
}

func TestOpen_LeavesAFileWithHardLinksAlone(t *testing.T) {
	path, _ := compactable(t)
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Link(path, link); err != nil || runtime.GOOS == "windows" {
		t.Skip("no hard links, or no count of them")
	}
	o := open(t, link)
	assert.Contains(t, o.log.String(), "level=WARN msg=\"data file not compacted\"")
	o.put(t, 0, 5)
	require.NoError(t, o.Close())
	assert.Equal(t, counted(15), open(t, path).count(t))
}

// A name that is too long for another one beside it stands for a full disk.
func TestOpen_StartsIfItCannotCompact(t *testing.T) {
	path, size := compactable(t)
	long := filepath.Join(filepath.Dir(path), strings.Repeat("x", 250))
	require.NoError(t, os.Rename(path, long))
	o := open(t, long)
	assert.Contains(t, o.log.String(), "level=WARN msg=\"data file not compacted\"")
	assert.Equal(t, counted(10), o.count(t))
	info, err := os.Stat(long)
	require.NoError(t, err)
	assert.Equal(t, size, info.Size())
}

func TestOpen_CreatesAPrivateFile(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no modes")
	}
	target := filepath.Join(t.TempDir(), "target")
	link := filepath.Join(t.TempDir(), "link")
	require.NoError(t, os.Symlink(target, link))
	require.NoError(t, open(t, link).Close())
	info, err := os.Lstat(target)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode())
}

func TestStore_ALoadEndsWithItsContext(t *testing.T) {
	path := newFile(t, 1000)
	s, err := Open(t.Context(), path, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	defer s.Close()
	ctx, cancel := context.WithCancel(t.Context())
	loaded := 0
	err = s.Load(ctx, func(engine.Entry) error {
		if loaded++; loaded == 100 {
			cancel()
		}
		return nil
	})
	assert.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, 100, loaded)
}

func TestOpen_ACompactionEndsWithItsContext(t *testing.T) {
	path, size := compactable(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Open(ctx, path, slog.New(slog.DiscardHandler))
	assert.ErrorIs(t, err, context.Canceled)
	entries, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	assert.Len(t, entries, 1)
	info, err := entries[0].Info()
	require.NoError(t, err)
	assert.Equal(t, size, info.Size())
}

func TestStore_ALongLoadSaysHowFarItIs(t *testing.T) {
	o := open(t, newFile(t, 1000))
	log := slog.New(slog.NewTextHandler(&o.log, nil))
	o.logger = log
	require.NoError(t, o.db.View(func(tx *bbolt.Tx) error {
		p := progress{Store: o.Store, tx: tx} // its time has come
		for range 600 {
			p.add()
		}
		return nil
	}))
	assert.Equal(t, 1, strings.Count(o.log.String(), "\n"), "once a second")
	assert.Contains(t, o.log.String(), `level=WARN msg="still loading"`)
	assert.Contains(t, o.log.String(), "entries=256 of=1003\n") // with a table, a counter and the format
}
