package documents

import (
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/open-alchemy/packagedb"

// imports are those that a function of the README may leave out.
var imports = []string{
	"context", "errors", "fmt", "testing",
	"github.com/stretchr/testify/assert", "github.com/stretchr/testify/require", module, module + "/testutil",
}

// TestReadme_Code builds the Go code of the README in a module of its own, and runs its tests. A
// block that begins with "package" is a file. One that begins with "func" gets its imports.
func TestReadme_Code(t *testing.T) {
	directory := t.TempDir()
	for i, block := range fenced.FindAllStringSubmatch(string(read(t, "README.md")), -1) {
		if block[1] == "go" {
			code, name := block[2], "main.go"
			if strings.HasPrefix(code, "func ") {
				code, name = "package readme\n"+importsOf(code)+code, "readme_test.go"
			}
			require.Regexp(t, "^package ", code)
			write(t, filepath.Join(directory, strconv.Itoa(i), name), code)
		}
	}
	top, err := filepath.Abs(root)
	require.NoError(t, err)
	requirements := strings.Replace(string(read(t, "go.mod")), "module "+module, "module readme.test", 1)
	write(t, filepath.Join(directory, "go.mod"),
		requirements+"\nrequire "+module+" v0.0.0\nreplace "+module+" => "+top+"\n")
	write(t, filepath.Join(directory, "go.sum"), string(read(t, "go.sum")))

	test := exec.CommandContext(t.Context(), "go", "test", "-mod=mod", "./...")
	test.Dir = directory
	output, err := test.CombinedOutput()
	require.NoError(t, err, "%s", output)
	require.Contains(t, string(output), "ok", "the README has tests")
}

func importsOf(code string) (declarations string) {
	for _, name := range imports {
		if regexp.MustCompile(`\b` + path.Base(name) + `\.`).MatchString(code) {
			declarations += "import " + strconv.Quote(name) + "\n"
		}
	}
	return declarations
}

func write(t *testing.T, file, text string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
	require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
}
