package expression

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
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

func FuzzParseCondition(f *testing.F) {
	for _, seed := range seeds {
		f.Add(seed)
	}
	item := decodeItem(f, projectedItem)
	f.Fuzz(func(t *testing.T, text string) {
		condition, err := ParseCondition("FilterExpression", text, newAttributes(t, sampleNames, sampleValues))
		if err != nil {
			if got := message(err); !strings.HasPrefix(got, "Invalid FilterExpression: ") {
				t.Errorf("%q is refused with %s", text, got)
			}
			return
		}
		negation, err := ParseCondition("FilterExpression", "NOT ("+text+")", newAttributes(t, sampleNames, sampleValues))
		if err != nil {
			// What is in parentheses already, or nearly too long, has no such negation.
			return
		}
		if condition.Match(item) == negation.Match(item) {
			t.Errorf("%q matches just as its negation", text)
		}
		negation.Match(nil)
	})
}

func FuzzParseKeyCondition(f *testing.F) {
	for _, seed := range seeds {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		condition, err := ParseKeyCondition(text, newAttributes(t, sampleNames, sampleValues))
		if err != nil {
			if got := message(err); !strings.HasPrefix(got, "Invalid KeyConditionExpression: ") {
				t.Errorf("%q is refused with %s", text, got)
			}
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
			if term.Attribute == "" || len(term.Values) != want {
				t.Errorf("%q has the term %v", text, term)
			}
		}
		if len(terms) < 1 || len(terms) > 2 || len(terms) == 2 && terms[0].Attribute == terms[1].Attribute {
			t.Errorf("%q has the terms %v", text, terms)
		}
	})
}

func FuzzParseProjection(f *testing.F) {
	for _, seed := range seeds {
		f.Add(seed)
	}
	item := decodeItem(f, projectedItem)
	f.Fuzz(func(t *testing.T, text string) {
		projection, err := ParseProjection(text, newAttributes(t, sampleNames, sampleValues))
		if err != nil {
			if got := message(err); !strings.HasPrefix(got, "Invalid ProjectionExpression: ") {
				t.Errorf("%q is refused with %s", text, got)
			}
			return
		}
		found := false
		for path := range projection.Paths() {
			found = found || path.Find(item).Exists()
		}
		if picked := projection.Apply(item); (len(picked) > 0) != found {
			t.Errorf("%q picks %s", text, picked.AppendJSON(nil))
		}
	})
}

func FuzzParseUpdate(f *testing.F) {
	for _, seed := range append(seeds,
		"SET a = :v, #b.c[0] = if_not_exists(d, :v) REMOVE e[1] ADD n :n DELETE f :t",
		"SET a = (a + :n), l[3] = list_append(l, l) set b = :n - :n", "REMOVE a, a.b", "ADD a :v, b :n",
	) {
		f.Add(seed)
	}
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
