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
		"auth0|7734d7c1 publishes an OpenAPI document",
		`  CreateSpecVersion  Pets 1.1.0, titled "Pets and their owners"  stored as pets, 3 models`,
		`  CreateSpecVersion  Pets 1.1.0, titled "Cars"                   refused: the version already exists`,
		"  GetUser            public key pk_8Zq2                          auth0|7734d7c1, with the hash to compare",
		"  GetSpec            Pets                                        the latest is 1.1.0, after 1 retry",
		"  ListSpecVersions   Pets, page 1                                1.1.0",
		"  ListSpecVersions   Pets, page 2                                1.0.0",
		"  GetSpec            Pets                                        not found",
		"Checked: 185 recorded calls of the Python facade give the same results here.",
	} {
		assert.Contains(t, text, part+"\n")
	}
	assert.NotRegexp(t, `[ \t]\n`, text)
}

func TestRun_FailsIfItCannotPrint(t *testing.T) {
	full := errors.New("no space left on device")
	assert.ErrorIs(t, run(t.Context(), writerFunc(func([]byte) (int, error) { return 0, full })), full)
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(data []byte) (int, error) { return f(data) }
