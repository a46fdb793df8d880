// Package documents checks the documents: that they name files and tests that exist, and that the
// commands and the code in them work. It also checks what else git tracks.
package documents

import (
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const root = "../.."

var (
	fenced  = regexp.MustCompile("(?s)(?:^|\n)```(\\w*)\n(.*?)\n```")
	span    = regexp.MustCompile("`([^`]+)`")
	inline  = regexp.MustCompile(`^([A-Z_]+=\S+ )*(make|go (build|run|test|get)|packagedb-\w+) \S`)
	comment = regexp.MustCompile(`\s+# .*$|\s+#$`)
)

// documents returns the text of every Markdown file, by its path.
func documents(t *testing.T) map[string]string {
	t.Helper()
	texts := make(map[string]string)
	for _, name := range known(t) {
		if filepath.Ext(name) == ".md" {
			texts[name] = string(read(t, name))
		}
	}
	require.Contains(t, texts, "README.md")
	return texts
}

// commandsOf returns the commands in the shell blocks of a document, and then those in its sentences.
func commandsOf(text string) (commands []string) {
	add := func(line string) {
		if line != "" && !slices.Contains(commands, line) {
			commands = append(commands, line)
		}
	}
	for _, block := range fenced.FindAllStringSubmatch(text, -1) {
		if block[1] != "sh" {
			continue
		}
		open := ""
		for line := range strings.Lines(block[2]) {
			open += comment.ReplaceAllString(strings.TrimSuffix(line, "\n"), "")
			if strings.HasSuffix(open, `\`) || strings.Count(open, "'")%2 == 1 {
				open += "\n"
				continue
			}
			add(strings.TrimSpace(open))
			open = ""
		}
		add(open)
	}
	for paragraph := range strings.SplitSeq(fenced.ReplaceAllString(text, "\n"), "\n\n") {
		for _, code := range span.FindAllStringSubmatch(paragraph, -1) {
			if line := strings.Join(strings.Fields(code[1]), " "); inline.MatchString(line) {
				add(line)
			}
		}
	}
	return commands
}

func TestCommandsOf(t *testing.T) {
	text := "`go.mod`, `make a\nB=1` and `packagedb-local`\n\n```sh\nx 'a\n b' \\\n -c   # d\ny#z\n```\n```go\ncode\n```\n"
	assert.Equal(t, []string{"x 'a\n b' \\\n -c", "y#z", "make a B=1"}, commandsOf(text))
}

// kind is how to check the commands that match a pattern: with a method of the session, or else with
// another shell command in the root, in which $1 is what the pattern finds.
type kind struct {
	pattern *regexp.Regexp
	check   func(s *session, line string)
	instead string
}

// kinds are tried in this order.
var kinds = []kind{
	{regexp.MustCompile(`^make (demo|help|sizes)$`), (*session).run, ""},
	{regexp.MustCompile(`^((?:[A-Z_]+=\S+ )*)make `), nil, "${1}make --dry-run "},
	{regexp.MustCompile(`^(go run \S+/cmd/|)packagedb-local(@latest)?\b`), (*session).serveEngine, ""},
	{regexp.MustCompile(`^go test -C test .*(\./\w+).*`), nil, "go list -C test $1"},
	{regexp.MustCompile(`^.*(test/production/run)\b.*`), nil, "test -x $1"},
	{regexp.MustCompile(`^(go run \S+/cmd/|)packagedb-tables(@latest)? `), (*session).run, ""},
	{regexp.MustCompile(`^SERVICE_SECRET=\S+ STAGE=TEST go run \. &$`), (*session).serveService, ""},
	{regexp.MustCompile(`^STAGE=TEST go run \.$`), (*session).run, ""},
	{regexp.MustCompile(`^curl .*localhost:8080/`), (*session).call, ""},
	{regexp.MustCompile(`^go test (\./\S+ )?-run (?:Test)?(\w+) .*`), nil, `cd ./$1; grep -qE 'func Test\w*$2' *_test.go`},
	{regexp.MustCompile(`^go test -run '\^\$' -bench (\w+) (\./\S+)$`), nil, `grep -qE 'func Benchmark\w*$1' $2/*_test.go`},
	{regexp.MustCompile(`^sed .* infrastructure/template.yaml >`), (*session).run, ""},
	// Everything in the root module: CI builds and tests it.
	{regexp.MustCompile(`^([A-Z_]+=\S+ )*go (build|test) \./\.\.\.$`), nil, "true"},
	// These need an account of AWS, or a release.
	{regexp.MustCompile(`(?s)^(aws|gh attestation|sha256sum|go get) .*`), nil, "true"},
}

// variable is an environment variable or a variable of make, which something must read.
var variable = regexp.MustCompile(`\b([A-Z][A-Z_]+)=`)

func TestDocuments(t *testing.T) {
	binaries := build(t)
	t.Run("the commands work", func(t *testing.T) { testCommands(t, binaries) })
	t.Run("the flags are those of -h", func(t *testing.T) { testFlags(t, binaries) })
}

func testCommands(t *testing.T, binaries string) {
	for document, text := range documents(t) {
		t.Run(document, func(t *testing.T) {
			s := newSession(t, document, binaries)
			for _, line := range commandsOf(text) {
				t.Log(line)
				i := slices.IndexFunc(kinds, func(k kind) bool { return k.pattern.MatchString(line) })
				if !assert.GreaterOrEqual(t, i, 0, "%s: a command of no known kind: %s", document, line) {
					continue
				}
				if kinds[i].check != nil {
					kinds[i].check(s, line)
					continue
				}
				s.output("cd " + s.root + "; " + kinds[i].pattern.ReplaceAllString(line, kinds[i].instead))
				for _, name := range matches(variable, []byte(line)) {
					s.output("cd " + s.root + "; git grep --untracked -qw " + name + " -- Makefile '*.go' '*/run'")
				}
			}
		})
	}
}

var (
	helpFlag    = regexp.MustCompile(`(?m)^  -(\w+)`)
	commentFlag = regexp.MustCompile(`(?m)^//\t-(\w+)`)
	helpCommand = regexp.MustCompile(`(?m)^  ([a-z]+(?: [a-z-]+)?)  `)
)

// testFlags checks that the help, the package comment and the documents of a command have the same
// flags. That the documents have no others shows when their commands run.
func testFlags(t *testing.T, binaries string) {
	all := strings.Join(slices.Collect(maps.Values(documents(t))), "\n")
	for _, name := range []string{"packagedb-local", "packagedb-tables"} {
		t.Run(name, func(t *testing.T) {
			help, err := exec.CommandContext(t.Context(), filepath.Join(binaries, name), "-h").CombinedOutput()
			require.NoError(t, err)
			flags := matches(helpFlag, help)
			require.NotEmpty(t, flags)
			for _, f := range flags {
				mentioned := regexp.MustCompile("(packagedb-[^`\n]* |`)-" + f + `\b`).MatchString(all)
				assert.True(t, mentioned, "no document mentions -%s", f)
			}
			assert.ElementsMatch(t, flags, matches(commentFlag, read(t, filepath.Join("cmd", name, "main.go"))), "the package comment has other flags than -h")

			s := newSession(t, "README.md", binaries)
			for _, arguments := range matches(helpCommand, help) {
				s.run(name + " " + arguments)
			}
		})
	}
}

func matches(pattern *regexp.Regexp, text []byte) (found []string) {
	for _, match := range pattern.FindAllSubmatch(text, -1) {
		found = append(found, string(match[1]))
	}
	return found
}

const module = "github.com/open-alchemy/packagedb"

// guides are the documents whose Go code is built.
var guides = []string{"README.md", "docs/testing.md"}

// imports are those that a function of a guide may leave out.
var imports = []string{
	"context", "errors", "fmt", "os", "os/exec", "strconv", "testing", "testing/synctest", "time",
	"github.com/aws/aws-sdk-go-v2/aws", "github.com/aws/aws-sdk-go-v2/service/dynamodb",
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types",
	"github.com/stretchr/testify/assert", "github.com/stretchr/testify/require", module, module + "/testutil",
}

// TestGuides_Code builds the Go code of the guides in a module of its own, and runs its tests. A block that
// begins with "package" is a file; any other gets its imports.
func TestGuides_Code(t *testing.T) {
	directory := t.TempDir()
	for _, guide := range guides {
		for i, block := range fenced.FindAllStringSubmatch(string(read(t, guide)), -1) {
			if block[1] != "go" {
				continue
			}
			code, name := block[2], "main.go"
			if !strings.HasPrefix(code, "package ") {
				code, name = "package guide\n"+importsOf(code)+code, "guide_test.go"
			}
			write(t, filepath.Join(directory, path.Base(guide), strconv.Itoa(i), name), code)
		}
	}
	top, err := filepath.Abs(root)
	require.NoError(t, err)
	requirements := strings.Replace(string(read(t, "go.mod")), "module "+module, "module guides.test", 1)
	write(t, filepath.Join(directory, "go.mod"),
		requirements+"\nrequire "+module+" v0.0.0\nreplace "+module+" => "+top+"\n")
	write(t, filepath.Join(directory, "go.sum"), string(read(t, "go.sum")))

	test := exec.CommandContext(t.Context(), "go", "test", "-mod=mod", "./...")
	test.Dir = directory
	output, err := test.CombinedOutput()
	require.NoError(t, err, "%s", output)
	for _, guide := range guides {
		require.Regexp(t, `ok\s+guides.test/`+path.Base(guide), string(output), "%s has no tests", guide)
	}
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
