package engine_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb/internal/engine"
)

// capture is one case of testdata/aws_*.json: a database, requests, and what
// DynamoDB responded. Basis says how the response is known: it was "measured",
// stands beside measured ones ("asserted"), carries a measured rule to another
// operation ("derived"), or is in the API reference ("documented").
type capture struct {
	Case    string
	Tables  []json.RawMessage
	Seed    []json.RawMessage
	Request oneOrMore[captureRequest]
	Expect  oneOrMore[expectation]
	Then    []struct {
		Request captureRequest
		Expect  expectation
	}
	Basis string
}

type captureRequest struct {
	Operation string
	Input     json.RawMessage
}

// expectation is what an response must have. Patterns are described at [matches].
type expectation struct {
	Consumed any
	Response any
	Error    oneOrMore[expectedError]
}

// expectedError describes an exception. Every member that is given must hold.
type expectedError struct {
	Type            string            `json:",omitempty"`
	Message         string            `json:",omitempty"`
	Contains        oneOrMore[string] `json:",omitempty"`
	MessageContains oneOrMore[string] `json:",omitempty"`
	MessageAnyOf    []string          `json:",omitempty"`
	MessageLacks    oneOrMore[string] `json:",omitempty"`
	Reasons         []expectedReason  `json:",omitempty"`
	ReasonsContain  []expectedReason  `json:",omitempty"`
}

type expectedReason struct {
	Code            string            `json:",omitempty"`
	Message         string            `json:",omitempty"`
	MessageContains oneOrMore[string] `json:",omitempty"`
}

// oneOrMore is a list that JSON may give as its only element.
type oneOrMore[T any] []T

func (l *oneOrMore[T]) UnmarshalJSON(text []byte) error {
	if text[0] == '[' {
		return json.Unmarshal(text, (*[]T)(l))
	}
	*l = make([]T, 1)
	return json.Unmarshal(text, &(*l)[0])
}

// TestEngine_RespondsAsCaptured runs each captured case on an engine of its own.
func TestEngine_RespondsAsCaptured(t *testing.T) {
	t.Parallel()
	for _, c := range captures(t) {
		t.Run(c.Case, func(t *testing.T) {
			t.Parallel()
			assert.Empty(t, strings.Join(c.replay(t), "\n"))
		})
	}
}

func captures(t *testing.T) []capture {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", "aws_*.json"))
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	var all []capture
	for _, path := range paths {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		// The name of one table is a placeholder, shorter than DynamoDB allows.
		text = bytes.ReplaceAll(text, []byte(`"kn"`), []byte(`"numbers"`))
		text = bytes.ReplaceAll(text, []byte(`<hash>`), []byte(`hash`)) // the name of a table in messages
		var cases []capture
		require.NoError(t, json.Unmarshal(text, &cases), path)
		all = append(all, cases...)
	}
	return all
}

// replay performs the case and returns what differs from the captured responses.
func (c *capture) replay(t *testing.T) (problems []string) {
	t.Helper()
	handler := engine.New()
	var succeed expectation
	for _, table := range c.Tables {
		problems = append(problems, succeed.compare(t, handler, captureRequest{"CreateTable", table})...)
	}
	for _, item := range c.Seed {
		problems = append(problems, succeed.compare(t, handler, captureRequest{"PutItem", item})...)
	}
	require.Len(t, c.Expect, len(c.Request))
	for i, request := range c.Request {
		problems = append(problems, c.Expect[i].compare(t, handler, request)...)
	}
	for _, step := range c.Then {
		problems = append(problems, step.Expect.compare(t, handler, step.Request)...)
	}
	return problems
}

// expand replaces {"$pad": N, "of": S} by N times S and {"$deep": N} by a
// string inside N maps.
func expand(t *testing.T, text json.RawMessage) string {
	t.Helper()
	if !strings.Contains(string(text), `"$`) {
		return string(text)
	}
	var value any
	require.NoError(t, json.Unmarshal(text, &value))
	expanded, err := json.Marshal(expandValue(value))
	require.NoError(t, err)
	return string(expanded)
}

func expandValue(value any) any {
	switch v := value.(type) {
	case []any:
		for i := range v {
			v[i] = expandValue(v[i])
		}
	case map[string]any:
		if count, ok := v["$pad"].(float64); ok {
			of, ok := v["of"].(string)
			if !ok {
				of = "x"
			}
			return strings.Repeat(of, int(count))
		}
		if count, ok := v["$deep"].(float64); ok {
			deep := map[string]any{"S": "x"}
			for range int(count) {
				deep = map[string]any{"M": map[string]any{"n": deep}}
			}
			return deep
		}
		for name := range v {
			v[name] = expandValue(v[name])
		}
	}
	return value
}

// compare performs the request and returns what its response lacks.
func (e *expectation) compare(t *testing.T, handler http.Handler, request captureRequest) []string {
	t.Helper()
	status, body := send(t, handler, request.Operation, expand(t, request.Input))
	response := object(t, body)
	shown := request.Operation + " responded " + body[:min(len(body), 2000)]
	if e.Error != nil {
		if status == http.StatusBadRequest && slices.ContainsFunc(e.Error, func(e expectedError) bool { return e.describes(response) }) {
			return nil
		}
		return []string{shown + "\nwant an error: " + text(t, e.Error)}
	}
	var problems []string
	if status != http.StatusOK {
		problems = append(problems, shown+"\nwant success")
	}
	if e.Consumed != nil && !matches(e.Consumed, response["ConsumedCapacity"]) {
		problems = append(problems, shown+"\nwant ConsumedCapacity "+text(t, e.Consumed))
	}
	if e.Response != nil && !matches(expandValue(e.Response), response) {
		problems = append(problems, shown+"\nwant "+text(t, e.Response))
	}
	return problems
}

// describes reports whether the response is this exception.
func (e *expectedError) describes(response map[string]any) bool {
	kind, _ := response["__type"].(string)
	message := messageOf(response)
	given, _ := response["CancellationReasons"].([]any)
	return kind[strings.IndexByte(kind, '#')+1:] == e.Type &&
		(e.Message == "" || message == e.Message) &&
		containsAll(message, e.Contains) && containsAll(message, e.MessageContains) &&
		(e.MessageAnyOf == nil || slices.Contains(e.MessageAnyOf, message)) &&
		!slices.ContainsFunc(e.MessageLacks, func(part string) bool { return strings.Contains(message, part) }) &&
		describesAll(e.Reasons, given, true) && describesAll(e.ReasonsContain, given, false)
}

// describesAll reports whether the reasons are those given, in order. If not
// exact, messages that are not mentioned may have any text.
func describesAll(reasons []expectedReason, given []any, exact bool) bool {
	if reasons == nil {
		return true
	}
	return slices.EqualFunc(reasons, given, func(r expectedReason, given any) bool {
		fields, _ := given.(map[string]any)
		message := messageOf(fields)
		return fields["Code"] == r.Code && (message == r.Message || !exact && r.Message == "") && containsAll(message, r.MessageContains)
	})
}

func messageOf(fields map[string]any) string {
	for _, name := range []string{"message", "Message"} {
		if message, ok := fields[name].(string); ok {
			return message
		}
	}
	return ""
}

func containsAll(text string, parts []string) bool {
	return !slices.ContainsFunc(parts, func(part string) bool { return !strings.Contains(text, part) })
}

// matches reports whether a part of an response fits a pattern: an object must
// have the members of the pattern and may have more, {"$absent": true} stands
// for no member, {"$present": true} for any value, {"$len": N} for a list of
// that length, {"$exact": value} for an object without further members, and
// {"$anyOrder": list} for a list in any order.
func matches(pattern, value any) bool {
	switch p := pattern.(type) {
	case map[string]any:
		for operator, operand := range p {
			switch operator {
			case "$present":
				return value != nil
			case "$len":
				list, _ := value.([]any)
				return operand == float64(len(list))
			case "$exact":
				return assert.ObjectsAreEqual(operand, value)
			case "$anyOrder":
				return sorted(operand) == sorted(value)
			}
		}
		fields, ok := value.(map[string]any)
		for name, wanted := range p {
			got, found := fields[name]
			if isAbsent(wanted) {
				ok = ok && !found
			} else {
				ok = ok && found && matches(wanted, got)
			}
		}
		return ok
	case []any:
		list, _ := value.([]any)
		return list != nil && slices.EqualFunc(p, list, matches)
	}
	return pattern == value
}

// sorted returns the JSON of a list, ordered by its elements' JSON.
func sorted(list any) string {
	elements, _ := list.([]any)
	texts := make([]string, len(elements))
	for i, element := range elements {
		encoded, _ := json.Marshal(element)
		texts[i] = string(encoded)
	}
	slices.Sort(texts)
	return strings.Join(texts, ",")
}

func isAbsent(pattern any) bool {
	fields, ok := pattern.(map[string]any)
	return ok && fields["$absent"] == true
}
