// Package documents checks the documents: that they name files and tests that exist, and that the
// commands and the code in them work. It also checks what else git tracks.
package documents

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
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
	usedFlag    = regexp.MustCompile(`(?:^| |\[)-([a-z]\w*)`)
	helpCommand = regexp.MustCompile(`(?m)^  ([a-z]+(?: [a-z-]+)?)  `)
)

func testFlags(t *testing.T, binaries string) {
	// All that the documents say of flags: "packagedb-local -v", and "-v" by itself.
	mentioned, used := make(map[string]bool), make(map[string][]string)
	for _, text := range documents(t) {
		for _, code := range span.FindAllStringSubmatch(fenced.ReplaceAllString(text, "\n"), -1) {
			if strings.HasPrefix(code[1], "-") {
				mentioned[strings.FieldsFunc(code[1], func(r rune) bool { return r == ' ' || r == '=' })[0][1:]] = true
			}
		}
		for _, line := range commandsOf(text) {
			if _, arguments, ok := strings.Cut(line, "packagedb-"); ok && !strings.HasPrefix(line, "go test ") {
				name, arguments, _ := strings.Cut(arguments, " ")
				for _, f := range usedFlag.FindAllStringSubmatch(arguments, -1) {
					mentioned[f[1]] = true
					name = strings.TrimSuffix(name, "@latest")
					used["packagedb-"+name] = append(used["packagedb-"+name], f[1])
				}
			}
		}
	}
	for _, name := range []string{"packagedb-local", "packagedb-tables"} {
		t.Run(name, func(t *testing.T) {
			help, err := exec.CommandContext(t.Context(), filepath.Join(binaries, name), "-h").CombinedOutput()
			require.NoError(t, err)
			flags := matches(helpFlag, help)
			require.NotEmpty(t, flags)
			assert.Subset(t, flags, used[name], "the documents use flags that -h does not have")
			for _, f := range flags {
				assert.True(t, mentioned[f], "no document mentions -%s", f)
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
