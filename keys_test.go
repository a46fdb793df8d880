package packagedb

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCanonicalID_RecordedNames(t *testing.T) {
	data, err := os.ReadFile("testdata/canonical_names.json")
	require.NoError(t, err)
	var rows []struct{ Name, ID string }
	require.NoError(t, json.Unmarshal(data, &rows))
	require.NotEmpty(t, rows)
	for _, row := range rows {
		assert.Equal(t, row.ID, canonicalID(row.Name), "%+q", row.Name)
	}
}

func TestCanonicalID_FinalSigma(t *testing.T) {
	far := strings.Repeat("'", 100)
	for name, want := range map[string]string{
		"Σ":                   "σ",
		"ΑΣ":                  "ας",
		"ΑΣΑ":                 "ασα",
		"Α-Σ":                 "α-σ",
		"ΑΣ-Α":                "ας-α",
		"ΑΣ.":                 "ας-",
		"ʰΣ":                  "ʰσ", // cased and case-ignorable: looked past
		"Αʰ\u0345Σ":           "αʰ\u0345ς",
		"ΑΣʰ":                 "αςʰ",
		"Α" + far + "Σ":       "α" + far + "ς",
		"ΑΣ" + far + "Α":      "ασ" + far + "α",
		"Α" + far + "Σ" + far: "α" + far + "ς" + far,
		"ΣΣ":                  "σς",
		"İΣ":                  "i\u0307ς",
	} {
		assert.Equal(t, want, canonicalID(name), "%+q", name)
	}
}
