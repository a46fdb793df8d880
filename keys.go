package packagedb

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// DynamoDB's limits on keys, in bytes.
const (
	maxPartitionKey = 2048
	maxSortKey      = 1024
	// Both sort keys of a version consist of its id, a # and 20 digits.
	maxSpecID = maxSortKey - secondDigits - len(keySeparator)
)

const (
	keySeparator = "#"
	secondDigits = 20
	// maxSecond is the largest second that a version can have.
	maxSecond = math.MaxInt64
)

var separators = strings.NewReplacer("_", "-", ".", "-")

// SpecID returns the id under which a spec of that name is stored, the ID of its [SpecInfo], or
// [ErrInvalidInput].
//
// It is the key, with the version, of the content that a service stores elsewhere. Store the content
// first and then the version. If the first fails, nothing has changed for readers. If the second
// fails, content is left that no version names, until the next attempt. In the other order there is a
// version without content for a moment, and for good if the second write fails.
//
// The content of a version that CreateSpecVersion stores is to be stored on the condition that there is
// none (If-None-Match: * in S3), or else a call that is about to return [ErrExists] replaces it. If there
// is the same content, an attempt has failed in between, and the version can be created. If there is
// other content, it belongs to another attempt, and the version is taken.
func SpecID(name string) (string, error) {
	id, err := checkedID(name)
	if err != nil {
		return "", fmt.Errorf("packagedb: id of spec %s: %w", quote(name), err)
	}
	return id, nil
}

// canonicalID returns the canonical form of a spec's name: PEP 503's, with the lower case of
// Python's str.lower.
func canonicalID(name string) string {
	id := separators.Replace(name)
	for strings.Contains(id, "--") {
		id = strings.ReplaceAll(id, "--", "-")
	}
	return lower(id)
}

// lower returns s in lower case as Python's str.lower does: by Unicode's simple mapping, but for İ
// and for the capital sigma at the end of a word (The Unicode Standard, section 3.13, "Final_Sigma").
func lower(s string) string {
	var lowered strings.Builder
	lowered.Grow(len(s))
	for i, r := range s {
		switch {
		case r == 'Σ' && isFinalSigma(s, i):
			lowered.WriteRune('ς')
		case r == 'İ':
			lowered.WriteString("i\u0307")
		default:
			lowered.WriteRune(unicode.ToLower(r))
		}
	}
	return lowered.String()
}

// isFinalSigma reports whether the capital sigma at index i comes after a cased letter and not
// before one, ignoring case-ignorable characters in between.
func isFinalSigma(s string, i int) bool {
	before := strings.TrimRightFunc(s[:i], isCaseIgnorable)
	after := strings.TrimLeftFunc(s[i+len("Σ"):], isCaseIgnorable)
	last, _ := utf8.DecodeLastRuneInString(before)
	first, _ := utf8.DecodeRuneInString(after)
	return before != "" && isCased(last) && (after == "" || !isCased(first))
}

// isCased reports whether r has Unicode's property Cased.
func isCased(r rune) bool {
	return unicode.In(r, unicode.Lu, unicode.Ll, unicode.Lt, unicode.Other_Uppercase, unicode.Other_Lowercase)
}

// isCaseIgnorable reports whether r has Unicode's property Case_Ignorable: its category is one of
// these, or its Word_Break is MidLetter, MidNumLet or Single_Quote.
func isCaseIgnorable(r rune) bool {
	return unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf, unicode.Lm, unicode.Sk) ||
		strings.ContainsRune("':·.\u0387\u055f\u05f4\u2018\u2019\u2024\u2027\ufe13\ufe52\ufe55\uff07\uff0e\uff1a", r)
}

// position is where an item stands in its spec's history, as encoded in its keys: the 20 digits of its
// second, or the word latest.
type position string

const (
	// latestPosition sorts after every digit: a latest item comes after the versions of its spec.
	latestPosition position = "latest"
	// endOfVersions sorts after every version and before the latest item. It is no item's.
	endOfVersions position = "99999999999999999999"
)

func positionAt(second int64) position { return position(fmt.Sprintf("%0*d", secondDigits, second)) }

// updatedAtID returns the sort key of the table.
func (p position) updatedAtID(id string) string { return string(p) + keySeparator + id }

// idUpdatedAt returns the sort key of the local index.
func (p position) idUpdatedAt(id string) string { return id + keySeparator + string(p) }

// splitUpdatedAtID splits the sort key of the table into the position of the item and the id of the
// spec. It reports whether the key is one that this package writes.
func splitUpdatedAtID(key string) (_ position, id string, ok bool) {
	digits, id, _ := strings.Cut(key, keySeparator)
	p := position(digits)
	if p == latestPosition {
		return p, id, id != ""
	}
	second, err := strconv.ParseInt(digits, 10, 64)
	return p, id, err == nil && id != "" && second >= 0 && p == positionAt(second)
}

// isOfSpec reports whether the item's key in the local index is that of a version or the latest item
// of the spec.
func isOfSpec(stored item, id string) bool {
	at, ok := strings.CutPrefix(stringOf(stored, attrIDUpdatedAt), id+keySeparator)
	return ok && (position(at) == latestPosition || len(at) == secondDigits && !strings.Contains(at, keySeparator))
}

// parseSecond parses Unix seconds in plain decimal: conditions compare the string.
func parseSecond(decimal string) (int64, error) {
	second, err := strconv.ParseInt(decimal, 10, 64)
	if err != nil || second < 0 || strconv.FormatInt(second, 10) != decimal {
		return 0, errors.New("not whole seconds in plain decimal")
	}
	return second, nil
}

// latestKey returns the key of a spec's latest item.
func latestKey(sub, id string) item {
	return stringItem(map[string]string{attrSub: sub, attrUpdatedAtID: latestPosition.updatedAtID(id)})
}

func credentialsKey(sub, id string) item {
	return stringItem(map[string]string{attrSub: sub, attrID: id})
}
