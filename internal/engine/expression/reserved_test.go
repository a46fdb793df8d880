package expression

import (
	"strings"
	"testing"
)

func TestReservedWords(t *testing.T) {
	if got := len(reservedWords); got != 573 {
		t.Errorf("there are %d reserved words, want 573", got)
	}
	for word := range reservedWords {
		if !isReserved(word) || !isReserved(strings.ToLower(word)) || !isReserved(strings.ToUpper(word[:1])+strings.ToLower(word[1:])) {
			t.Errorf("%s is not reserved in every case of its letters", word)
		}
	}
	for _, word := range []string{"", "id", "pk", "sk", "namE1", "title", "updated_at", "NAME_", strings.Repeat("a", 100)} {
		if isReserved(word) {
			t.Errorf("%q is reserved", word)
		}
	}
}
