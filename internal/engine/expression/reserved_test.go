package expression

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestIsReserved_Words(t *testing.T) {
	assert.Len(t, reservedWords, 573)
	for word := range reservedWords {
		for _, spelling := range []string{word, strings.ToLower(word), word[:1] + strings.ToLower(word[1:])} {
			assert.True(t, isReserved(spelling), spelling)
		}
	}
	for _, word := range []string{"", "id", "pk", "sk", "namE1", "title", "updated_at", "NAME_", strings.Repeat("a", 100)} {
		assert.False(t, isReserved(word), word)
	}
}
