package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// buildReadme builds the Go code of the README, each block as a package of its own, and runs the tests
// among it.
func (c consumer) buildReadme(ctx context.Context, p project, dir string) error {
	readme, err := os.ReadFile(filepath.Join(p.root, "README.md"))
	if err != nil {
		return err
	}
	blocks := goFiles(string(readme), p.module)
	if len(blocks) == 0 {
		return errors.New("README.md has no Go code that can be built")
	}
	for i, block := range blocks {
		name := "main.go"
		if strings.Contains(block, `"testing"`) {
			name = "readme_test.go"
		}
		path := filepath.Join(dir, "readme", strconv.Itoa(i+1), name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(block), 0o644); err != nil {
			return err
		}
	}
	return c.goCommand(ctx, dir, "test", "-count=1", "./readme/...")
}

// goFiles returns the fenced blocks of Go in a Markdown text that are whole files, and those that are
// whole functions, which become files. Others are not built.
func goFiles(markdown, module string) (files []string) {
	for block := range strings.SplitSeq(markdown, "\n```go\n") {
		code, _, closed := strings.Cut(block, "\n```")
		switch {
		case !closed:
		case strings.HasPrefix(code, "package "):
			files = append(files, code+"\n")
		case strings.HasPrefix(code, "func "):
			files = append(files, withImports(code+"\n", module))
		}
	}
	return files
}

// withImports heads functions with what makes them a file: the imports that they use of the module and
// of the standard library.
func withImports(functions, module string) string {
	var file strings.Builder
	file.WriteString("package readme\n\n")
	for _, imported := range []string{
		"context", "errors", "fmt", "log", "os", "testing", "time", module, module + "/testutil",
	} {
		if regexp.MustCompile(`\b` + path.Base(imported) + `\.`).MatchString(functions) {
			fmt.Fprintf(&file, "import %q\n", imported)
		}
	}
	file.WriteString("\n" + functions)
	return file.String()
}
