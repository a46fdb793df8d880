package expression

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// seeds are expressions with something of everything in the grammar.
var seeds = []string{
	"a = :v AND (NOT #b.c[0] <> size(d) OR e IN (:v, f)) AND g BETWEEN :n AND :m",
	"attribute_exists(a) OR attribute_not_exists(b) AND attribute_type(c, :S)",
	"begins_with(a, :v) and contains(b, :w) and ((c)) = :v",
	"a, #b.c[0], d[1][2].e",
	"pk = :v AND sk BETWEEN :n AND :m",
	"((a = :v) AND foo(", "name = :zz", "a[99999999999] = :v", "é = :v", "a = a", "NOT NOT (", "",
}

// addSeeds adds the seeds and those of one target.
func addSeeds(f *testing.F, more ...string) {
	f.Helper()
	for _, seed := range append(more, seeds...) {
		f.Add(seed)
	}
}

func FuzzParseCondition(f *testing.F) {
	addSeeds(f)
	item := decodeItem(f, projectedItem)
	f.Fuzz(func(t *testing.T, text string) {
		condition, err := ParseCondition("FilterExpression", text, newAttributes(t, sampleNames, sampleValues))
		if err != nil {
			assert.Contains(t, message(err), "Invalid FilterExpression: ")
			return
		}
		negation, err := ParseCondition("FilterExpression", "NOT ("+text+")", newAttributes(t, sampleNames, sampleValues))
		if err != nil {
			// A condition that is already in parentheses, or nearly too long, has no such negation.
			return
		}
		assert.NotEqual(t, negation.Match(item), condition.Match(item), text)
		negation.Match(nil)
	})
}

func FuzzParseKeyCondition(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, text string) {
		condition, err := ParseCondition("KeyConditionExpression", text, newAttributes(t, sampleNames, sampleValues))
		if err != nil {
			assert.Contains(t, message(err), "Invalid KeyConditionExpression: ")
			return
		}
		terms, err := condition.Terms()
		if err != nil {
			return
		}
		for _, term := range terms {
			want := 1
			if term.Op == KeyBetween {
				want = 2
			}
			assert.NotEmpty(t, term.Attribute)
			assert.Len(t, term.Values, want)
		}
		require.NotEmpty(t, terms)
		if len(terms) > 1 {
			assert.Len(t, terms, 2)
			assert.NotEqual(t, terms[0].Attribute, terms[1].Attribute)
		}
	})
}

func FuzzParseProjection(f *testing.F) {
	addSeeds(f)
	item := decodeItem(f, projectedItem)
	f.Fuzz(func(t *testing.T, text string) {
		projection, err := ParseProjection(text, newAttributes(t, sampleNames, sampleValues))
		if err != nil {
			assert.Contains(t, message(err), "Invalid ProjectionExpression: ")
			return
		}
		found := false
		for _, path := range projection.Paths() {
			found = found || path.Find(item).Exists()
		}
		assert.Equal(t, found, len(projection.Apply(item)) > 0)
	})
}

func FuzzParseUpdate(f *testing.F) {
	addSeeds(f,
		"SET a = :v, #b.c[0] = if_not_exists(d, :v) REMOVE e[1] ADD n :n DELETE f :t",
		"SET a = (a + :n), l[3] = list_append(l, l) set b = :n - :n", "REMOVE a, a.b", "ADD a :v, b :n")
	item := decodeItem(f, projectedItem)
	size := len(item.AppendJSON(nil))
	f.Fuzz(func(t *testing.T, text string) {
		update, err := ParseUpdate(text, newAttributes(t, sampleNames, sampleValues))
		if err != nil {
			assert.Contains(t, message(err), "Invalid UpdateExpression: ")
			return
		}
		assert.Positive(t, update.Cost())
		_, err = update.Apply(item)
		assert.Len(t, item.AppendJSON(nil), size, "the item itself must stay as it is")
		if err != nil {
			assert.NotEmpty(t, message(err))
		}
	})
}
