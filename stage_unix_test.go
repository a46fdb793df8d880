//go:build unix

package packagedb_test

import (
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
)

// startGet calls Get in an environment whose configuration file is a pipe, and returns once Get
// reads it. Get continues when the file is closed.
func startGet(t *testing.T, variables map[string]string) (file *os.File, got chan packagedb.Database) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config")
	require.NoError(t, syscall.Mkfifo(path, 0o600))
	variables["AWS_CONFIG_FILE"], variables["HOME"] = path, t.TempDir()
	setEnvironment(t, variables)
	got = make(chan packagedb.Database)
	go func() {
		db, err := packagedb.Get()
		assert.NoError(t, err)
		got <- db
	}()
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	require.NoError(t, err)
	return file, got
}

func TestGet_EnvironmentChangesMeanwhile(t *testing.T) {
	t.Run("and no caller waits for the slower one", func(t *testing.T) {
		file, got := startGet(t, prod("http://localhost:8000"))
		t.Setenv("AWS_CONFIG_FILE", "")
		t.Setenv("AWS_ENDPOINT_URL_DYNAMODB", "http://localhost:8001")
		faster, err := packagedb.Get()
		require.NoError(t, err)
		require.NoError(t, file.Close())
		assert.Same(t, faster, <-got)
	})
	t.Run("and no mixture is kept", func(t *testing.T) {
		before, after := newRecorder(t, http.StatusOK, noItems), newRecorder(t, http.StatusOK, noItems)
		variables := prod(before.URL)
		file, got := startGet(t, variables)
		t.Setenv("AWS_CONFIG_FILE", "")
		t.Setenv("AWS_ENDPOINT_URL_DYNAMODB", after.URL)
		require.NoError(t, file.Close())
		require.NoError(t, call(t.Context(), <-got, "ListSpecs"))
		assert.Empty(t, before.requests)
		assert.Len(t, after.requests, 1)

		require.NoError(t, os.Remove(file.Name()))
		require.NoError(t, os.WriteFile(file.Name(), nil, 0o600))
		db := get(t, variables) // as before
		require.NoError(t, call(t.Context(), db, "ListSpecs"))
		assert.Len(t, before.requests, 1)
	})
}
