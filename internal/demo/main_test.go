package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRun(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out))
	text := out.String()
	assert.Contains(t, text, "Replayed 169 recorded calls of the Python facade: every result is the same.\n\nUser google-oauth2|1067907796\n")
	assert.Contains(t, text, "  version 0.3.13  2020-12-10 16:33:16\n")
	assert.Regexp(t, `\ngoogle-oauth2\|1067907796( +none){3}\n`, text)
	assert.NotRegexp(t, `[ \t]\n|:\n\n*$`, text)
	assert.Regexp(t, `\nsub 3 .*\d\n\nNext, .*\n  go run ./cmd/packagedb-local\n$`, text)
}
