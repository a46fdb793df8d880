package documents

import (
	"bytes"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// maxFile is the most bytes in one file.
const maxFile = 512 << 10

var (
	// machine matches a path that only one machine has, registry the host of a package registry.
	machine  = regexp.MustCompile(`(?m)(?:^|[^\w./~-])/(?:(?:work|root)(?:[^\w.-]|$)|(?:tmp|home|Users)/)`)
	registry = regexp.MustCompile(`registry[.](?:npmjs|yarnpkg)|(?:proxy|sum)[.]golang[.]|goproxy[.]|` +
		`pypi[.]org|pythonhoste[d]|crates[.]io|"resolve[d]":`)

	link     = regexp.MustCompile(`\]\(([^)#: ]+)[)#]`)
	testName = regexp.MustCompile("`(Test[A-Z]\\w+)`")
	testFunc = regexp.MustCompile(`(?m)^func (Test\w+)\(`)
)

// known returns the files that git tracks or could add, without those that are deleted.
func known(t *testing.T) (names []string) {
	t.Helper()
	list := exec.CommandContext(t.Context(), "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	list.Dir = root
	output, err := list.Output()
	require.NoError(t, err)
	for name := range strings.SplitSeq(strings.TrimSuffix(string(output), "\x00"), "\x00") {
		if _, err := os.Lstat(filepath.Join(root, name)); err == nil {
			names = append(names, name)
		}
	}
	return names
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	require.NoError(t, err)
	return text
}

func TestTree(t *testing.T) {
	for _, name := range known(t) {
		text := read(t, name)
		assert.LessOrEqual(t, len(text), maxFile, "the bytes of %s", name)
		info, err := os.Stat(filepath.Join(root, name))
		require.NoError(t, err)
		assert.Equal(t, bytes.HasPrefix(text, []byte("#!")), info.Mode()&0o100 != 0,
			"exactly the scripts have the executable bit: %s", name)
		if bytes.IndexByte(text, 0) >= 0 {
			continue // not a text
		}
		for _, pattern := range []*regexp.Regexp{machine, registry} {
			for _, at := range pattern.FindAllIndex(text, -1) {
				line := 1 + bytes.Count(text[:at[1]-1], []byte("\n"))
				t.Errorf("%s:%d: %q is a path of a machine or the host of a package registry", name, line, text[at[0]:at[1]])
			}
		}
	}
}

func TestDependabot_UpdatesEveryModule(t *testing.T) {
	var configuration struct {
		Updates []struct {
			Ecosystem   string `yaml:"package-ecosystem"`
			Directories []string
		}
	}
	require.NoError(t, yaml.Unmarshal(read(t, ".github/dependabot.yml"), &configuration))
	listed := make(map[string][]string)
	for _, update := range configuration.Updates {
		listed[update.Ecosystem] = update.Directories
	}
	for ecosystem, file := range map[string]string{"gomod": "go.mod", "npm": "package.json"} {
		var directories []string
		for _, name := range known(t) {
			if path.Base(name) == file {
				directories = append(directories, path.Dir("/"+name))
			}
		}
		assert.ElementsMatch(t, directories, listed[ecosystem], ecosystem)
	}
}

func TestDocuments_NameWhatThereIs(t *testing.T) {
	tests := make(map[string]bool)
	for _, name := range known(t) {
		if strings.HasSuffix(name, "_test.go") {
			for _, test := range matches(testFunc, read(t, name)) {
				tests[test] = true
			}
		}
	}
	for name, text := range documents(t) {
		for _, target := range matches(link, []byte(text)) {
			_, err := os.Stat(filepath.Join(root, filepath.Dir(name), target))
			assert.NoError(t, err, "%s links to %s", name, target)
		}
		for _, test := range matches(testName, []byte(text)) {
			assert.True(t, tests[test], "%s names %s, which is no test", name, test)
		}
	}
}
