package packagedb

import (
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
)

// DynamoDB's limits on keys, in bytes.
const (
	maxPartitionKey = 2048
	maxSortKey      = 1024
	// Both sort keys of a spec's version hold 20 digits and a # beside the id.
	maxSpecID = maxSortKey - secondDigits - len(keySeparator)
)

const (
	keySeparator = "#"
	// latestWord stands in the keys of the latest item where those of a version hold its second. It
	// sorts after every digit: the latest items are the last of a user's partition, and the latest
	// item is the last of a spec's in the index.
	latestWord   = "latest"
	secondDigits = 20
	// maxSecond has a second after it.
	maxSecond = math.MaxInt64 - 1
)

// canonicalID is the canonical form of a spec's name: that of PEP 503, with the lower case of
// Python's str.lower.
func canonicalID(name string) string {
	var id strings.Builder
	id.Grow(len(name))
	ascii, inRun := true, false
	for i := range len(name) {
		switch c := name[i]; {
		case c == '-' || c == '_' || c == '.':
			if !inRun {
				id.WriteByte('-')
			}
			inRun = true
			continue
		case 'A' <= c && c <= 'Z':
			id.WriteByte(c)
		default:
			ascii = ascii && c < utf8.RuneSelf
			id.WriteByte(c)
		}
		inRun = false
	}
	if ascii {
		return strings.ToLower(id.String())
	}
	return cases.Lower(language.Und).String(id.String())
}

// specKeys are the sort keys of one item of a spec: of the table and of its index.
type specKeys struct {
	updatedAtID, idUpdatedAt string
}

func versionKeys(id string, second int64) specKeys {
	return keysAt(id, fmt.Sprintf("%0*d", secondDigits, second))
}

func latestKeys(id string) specKeys {
	return keysAt(id, latestWord)
}

func keysAt(id, position string) specKeys {
	return specKeys{
		updatedAtID: position + keySeparator + id,
		idUpdatedAt: id + keySeparator + position,
	}
}

// isLatest tells by the sort key of the table whether an item is the latest one of its spec.
func isLatest(updatedAtID string) bool {
	return strings.HasPrefix(updatedAtID, latestWord+keySeparator)
}

// versionRange bounds the index keys of the versions of a spec, its latest item left out. Versions
// of specs whose ids start with this id and a # lie between the bounds too.
func versionRange(id string) (first, last string) {
	return id + keySeparator + strings.Repeat("0", secondDigits),
		id + keySeparator + strings.Repeat("9", secondDigits)
}
