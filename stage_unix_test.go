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

func TestGet_EnvironmentChangesMeanwhile(t *testing.T) {
	before, after := newRecorder(t, http.StatusOK, noItems), newRecorder(t, http.StatusOK, noItems)
	file := filepath.Join(t.TempDir(), "config")
	require.NoError(t, syscall.Mkfifo(file, 0o600))
	variables := prod(before.URL)
	variables["AWS_CONFIG_FILE"] = file
	setEnvironment(t, variables)
	got := make(chan packagedb.Database)
	go func() {
		db, err := packagedb.Get()
		assert.NoError(t, err)
		got <- db
	}()
	pipe, err := os.OpenFile(file, os.O_WRONLY, 0) // returns once Get reads it
	require.NoError(t, err)

	t.Setenv("AWS_CONFIG_FILE", "")
	t.Setenv("AWS_ENDPOINT_URL_DYNAMODB", after.URL)
	other, err := packagedb.Get() // does not wait for the first
	require.NoError(t, err)
	require.NoError(t, pipe.Close())
	assert.Same(t, other, <-got)
	_, err = other.ListSpecs(t.Context(), "sub")
	require.NoError(t, err)
	assert.Empty(t, before.requests)
	assert.Len(t, after.requests, 1)
}
