package shrink

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestSlice(t *testing.T) {
	all := strings.Split("a long text with two words that matter", " ")
	assert.Equal(t, []string{"two", "matter"}, Slice(all, func(shorter []string) bool {
		return slices.Contains(shorter, "two") && slices.Contains(shorter, "matter")
	}))
	assert.Equal(t, all, Slice(all, func([]string) bool { return false }))
}
