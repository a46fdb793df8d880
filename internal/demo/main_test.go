package main

import (
	"bytes"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRun(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out))
	text := out.String()
	for _, part := range []string{
		"auth0|7734d7c1 publishes an OpenAPI document\n",
		"  Pets 1.1.0, Pets and their owners  stored as pets, 3 models\n",
		"  Pets 1.1.0, Something else         refused: the version already exists\n",
		"  public key pk_8Zq2  belongs to auth0|7734d7c1\n",
		"  the latest of Pets  1.1.0, after 1 retry\n",
		"  page 1  1.1.0, Pets and their owners\n  page 2  1.0.0, Pets\n\n",
		"  the latest of Pets  not found\n",
		"\nReplayed a recorded run of the Python facade, 185 calls: each result is as recorded.\n",
	} {
		assert.Contains(t, text, part)
	}
	assert.NotRegexp(t, `[ \t]\n`, text)
}

func TestRun_FailsIfItCannotPrint(t *testing.T) {
	full := errors.New("no space left on device")
	assert.ErrorIs(t, run(t.Context(), writerFunc(func([]byte) (int, error) { return 0, full })), full)
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(data []byte) (int, error) { return f(data) }
