package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// checkChangelog demands an entry for the version: a heading "## X.Y.Z", with or without a date behind
// it, and something under it.
func checkChangelog(p project) error {
	text, err := os.ReadFile(filepath.Join(p.root, "CHANGELOG.md"))
	if err != nil {
		return err
	}
	heading := regexp.MustCompile(`^## \[?` + regexp.QuoteMeta(p.version) + `\]?($| )`)
	found := false
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		switch {
		case heading.MatchString(line):
			found = true
		case found && strings.HasPrefix(line, "## "):
			return fmt.Errorf("CHANGELOG.md says nothing under %s", p.version)
		case found && line != "" && !strings.HasPrefix(line, "#"):
			return nil
		}
	}
	if found {
		return fmt.Errorf("CHANGELOG.md says nothing under %s", p.version)
	}
	return fmt.Errorf("CHANGELOG.md has no heading ## %s", p.version)
}
