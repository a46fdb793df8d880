package attribute_test

import (
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb/internal/engine/attribute"
)

// TestAppendNumber has numbers in Oracle's documented form, whose digits are to the base of 100.
func TestAppendNumber(t *testing.T) {
	const nines = "99999999999999999999999999999999999999"
	for _, test := range []struct{ number, want string }{
		{"0", "80"},
		{"1", "c102"},
		{"10", "c10b"},
		{"100", "c202"},
		{"123", "c20218"},
		{"123.45", "c202182e"},
		{"0.1", "c00b"},
		{"0.01", "c002"},
		{"0.001", "bf0b"},
		{"0.012345", "c002182e"},
		{"-1", "3e6466"},
		{"-123", "3d644e66"},
		{"-0.09", "3f5c66"},
		{"-999.9", "3d5c020b66"},
		{"1e125", "ff0b"},
		{"1e-130", "8002"},
		{"-1e-130", "7f6466"},
		{nines, "d3" + "64646464646464646464646464646464646464"},
		{"-" + nines, "2c" + "02020202020202020202020202020202020202" + "66"},
		{"-9." + nines[1:], "3e" + "5c02020202020202020202020202020202020202"[:38] + "0b"},
	} {
		value, err := attribute.ParseNumber(test.number)
		require.NoError(t, err)
		assert.Equal(t, test.want, hex.EncodeToString(attribute.AppendNumber(nil, value)), test.number)
	}
}
