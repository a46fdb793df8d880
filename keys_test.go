package packagedb

import (
	"encoding/json"
	"os"
	"testing"
)

func TestCanonicalIDAgreesWithEveryRecordedName(t *testing.T) {
	data, err := os.ReadFile("testdata/canonical_names.json")
	if err != nil {
		t.Fatal(err)
	}
	var rows []struct{ Name, ID string }
	if err := json.Unmarshal(data, &rows); err != nil {
		t.Fatal(err)
	}
	if len(rows) == 0 {
		t.Fatal("the recording holds no names")
	}
	for _, row := range rows {
		if id := canonicalID(row.Name); id != row.ID {
			t.Errorf("canonicalID(%+q) = %+q, Python gives %+q", row.Name, id, row.ID)
		}
	}
}
