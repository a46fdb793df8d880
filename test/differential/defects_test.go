package differential

import (
	"bytes"
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb/internal/engine"
)

// newDefective returns an engine in whose answers one text is replaced by another.
func newDefective(right, wrong string) *server {
	healthy := engine.New()
	return serve(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		answer := httptest.NewRecorder()
		healthy.ServeHTTP(answer, request)
		w.WriteHeader(answer.Code)
		_, _ = w.Write(bytes.ReplaceAll(answer.Body.Bytes(), []byte(right), []byte(wrong)))
	}))
}

func TestPlayer_FindsDefects(t *testing.T) {
	for name, defect := range map[string]struct{ right, wrong string }{
		"a count":             {`"Count":2`, `"Count":3`},
		"a message":           {"The conditional request failed", "The condition failed"},
		"the type of a value": {`{"NULL":true}`, `{"BOOL":true}`},
		"an exception":        {"ConditionalCheckFailedException", "ConditionalCheckException"},
		"a missing member":    {`"ScannedCount"`, `"Scanned"`},
		"a page without end":  {`"LastEvaluatedKey"`, `"LastKey"`},
	} {
		t.Run(name, func(t *testing.T) {
			p := &player{server: newDefective(defect.right, defect.wrong), accepted: newAcceptance(), run: rand.Text}
			for stream := range uint64(50) {
				made := generate(1, stream, "defects")
				all, err := p.play(t.Context(), &made)
				require.NoError(t, err)
				if len(all) == 0 {
					continue
				}
				short, found, err := p.shrink(t.Context(), &made, all[0], 200)
				require.NoError(t, err)
				assert.LessOrEqual(t, len(short.steps), 10, report(short, found))
				assert.Equal(t, len(short.steps)-1, found.step)
				return
			}
			assert.Fail(t, "no difference was found")
		})
	}
}

func TestPlayer_FindsNothingBetweenTwoEngines(t *testing.T) {
	p := &player{server: embedded(), accepted: nil, run: rand.Text}
	for stream := range uint64(10) {
		made := generate(2, stream, "defects")
		all, err := p.play(t.Context(), &made)
		require.NoError(t, err)
		for _, f := range all {
			assert.Fail(t, report(&trace{steps: []step{f.request}}, f))
		}
	}
}

func TestCompare_IgnoresOrderWhereThereIsNone(t *testing.T) {
	set := func(members ...any) object { return object{"SS": members} }
	item := func(value any) *answer {
		return &answer{status: http.StatusOK, body: object{"Item": object{"x": value}}}
	}
	for _, test := range []struct {
		name      string
		operation string
		a, b      *answer
		differ    bool
	}{
		{"sets", "GetItem", item(set("a", "b")), item(set("b", "a")), false},
		{"sets with other members", "GetItem", item(set("a", "b")), item(set("a", "c")), true},
		{"lists", "GetItem", item(object{"L": list{set("a"), set("b")}}), item(object{"L": list{set("b"), set("a")}}), true},
		{"an attribute that is called like a type", "GetItem", item(object{"M": object{"SS": set("a", "b")}}), item(object{"M": object{"SS": set("b", "a")}}), false},
		{"items of a batch", "BatchGetItem",
			&answer{status: http.StatusOK, body: object{"Responses": object{"t": list{set("a"), set("b")}}}},
			&answer{status: http.StatusOK, body: object{"Responses": object{"t": list{set("b"), set("a")}}}}, false},
		{"items of a query", "Query",
			&answer{status: http.StatusOK, body: object{"Items": list{set("a"), set("b")}}},
			&answer{status: http.StatusOK, body: object{"Items": list{set("b"), set("a")}}}, true},
		{"a success and a refusal", "GetItem", item(set("a")), &answer{status: http.StatusBadRequest, body: object{"__type": "x#E", "message": "m"}}, true},
	} {
		assert.Equal(t, test.differ, len(compare(test.operation, test.a, test.b)) > 0, test.name)
	}
}
