package expression

import (
	"slices"
	"testing"

	"github.com/open-alchemy/packagedb/internal/engine/attribute"
)

// refusalOf is the message with which a condition is refused, empty if it is not.
func refusalOf(tb testing.TB, text string) string {
	tb.Helper()
	_, err := ParseCondition("ConditionExpression", text, newAttributes(tb, sampleNames, sampleValues))
	return message(err)
}

func TestRefusalsNameTheParameter(t *testing.T) {
	const text, why = "", "The expression can not be empty;"
	a := newAttributes(t, `null`, `null`)
	_, condition := ParseCondition("ConditionExpression", text, a)
	_, filter := ParseCondition("FilterExpression", text, a)
	_, key := ParseKeyCondition(text, a)
	_, projection := ParseProjection(text, a)
	for parameter, err := range map[string]error{
		"ConditionExpression": condition, "FilterExpression": filter, "KeyConditionExpression": key, "ProjectionExpression": projection,
	} {
		if got, want := message(err), "Invalid "+parameter+": "+why; got != want {
			t.Errorf("\n got %s\nwant %s", got, want)
		}
	}
}

func TestConditionsOfAbsentItems(t *testing.T) {
	var none *Condition
	if !none.Match(nil) || !none.Match(attribute.Item{"a": attribute.S("x")}) {
		t.Error("a request without a condition has one")
	}
	for text, want := range map[string]bool{
		"attribute_not_exists(a)": true, "attribute_exists(a)": false, "a = :v": false, "a <> :v": true, "NOT a = :v": true,
	} {
		condition, err := ParseCondition("ConditionExpression", text, newAttributes(t, `null`, `{":v": {"S": "x"}}`))
		if err != nil {
			t.Fatal(err)
		}
		if got := condition.Match(nil); got != want {
			t.Errorf("%s is %v of an item that does not exist, want %v", text, got, want)
		}
	}
}

func TestPathsAreListedInTheOrderOfTheText(t *testing.T) {
	condition, err := ParseCondition("FilterExpression", "a = :v AND (NOT #c.b[1] > size(c[0].d) OR x IN (y, :v))", newAttributes(t, sampleNames, sampleValues))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for path := range condition.Paths() {
		got = append(got, path.String())
	}
	want := []string{"[a]", "[c.d, b, [1]]", "[c, [0], d]", "[x]", "[y]"}
	if !slices.Equal(got, want) {
		t.Errorf("paths are %v, want %v", got, want)
	}
	for path := range condition.Paths() {
		if path.Nested() || path.Attribute() != "a" {
			t.Errorf("the first path is %v", path)
		}
		break
	}
	var none *Condition
	for path := range none.Paths() {
		t.Errorf("no condition has the path %v", path)
	}
}
