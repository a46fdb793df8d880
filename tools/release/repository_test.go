package main

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// files is a module that can be released as 1.1.0, once it is committed.
var files = map[string]string{
	"go.mod":       "module example.test/pets\n\ngo 1.25.0\n",
	"version.go":   "package pets\n\nconst version = \"1.1.0\"\n",
	"pets.go":      "package pets\n\nfunc Feed() {}\n",
	"pets_test.go": "package pets\n\nimport \"testing\"\n\nfunc TestFeed(t *testing.T) { Feed() }\n",
	"CHANGELOG.md": "# Changelog\n\n## 1.1.0 - 2026-11-23\n\n- Pets can be fed.\n",
	"README.md": "# pets\n\n```go\npackage main\n\nimport \"example.test/pets\"\n\nfunc main() { pets.Feed() }\n```\n\n" +
		"In a test:\n\n```go\nfunc TestFeed(t *testing.T) { pets.Feed() }\n```\n\n" +
		"Only a part, which is not built:\n\n```go\npets.Feed(food)\n```\n",
	"LICENSE": "Everybody may use it.\n",
	"cmd/packagedb-local/main.go": `package main

import (
	"net"
	"os"
)

func main() {
	listener, err := net.Listen("tcp", os.Args[2])
	if err != nil {
		panic(err)
	}
	for {
		connection, err := listener.Accept()
		if err != nil {
			panic(err)
		}
		_ = connection.Close()
	}
}
`,
	"test/production/go.mod": "module example.test/pets/test/production\n\ngo 1.25.0\n",
	"test/production/pets_test.go": `package production

import (
	"net"
	"os"
	"strings"
	"testing"

	"example.test/pets"
)

func TestFeed(t *testing.T) {
	connection, err := net.Dial("tcp", strings.TrimPrefix(os.Getenv("AWS_ENDPOINT_URL_DYNAMODB"), "http://"))
	if os.Getenv("STAGE") != "TEST" || err != nil {
		t.Fatal(os.Getenv("STAGE"), err)
	}
	_ = connection.Close()
	pets.Feed()
}
`,
}

// repository is a temporary git repository.
type repository struct {
	tb   testing.TB
	root string
}

func newRepository(tb testing.TB) repository {
	tb.Helper()
	r := repository{tb, tb.TempDir()}
	r.git("init", "--quiet", "--initial-branch=main")
	r.git("config", "user.name", "Tester")
	r.git("config", "user.email", "tester@example.test")
	return r
}

func (r repository) git(arguments ...string) {
	r.tb.Helper()
	command := exec.CommandContext(r.tb.Context(), "git", arguments...)
	command.Dir = r.root
	if output, err := command.CombinedOutput(); err != nil {
		r.tb.Fatalf("git %q: %v: %s", arguments, err, output)
	}
}

func (r repository) write(files map[string]string) {
	r.tb.Helper()
	for name, content := range files {
		path := filepath.Join(r.root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			r.tb.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			r.tb.Fatal(err)
		}
	}
}

// commit writes the files of the module, some of them changed, and commits them.
func (r repository) commit(changed map[string]string, tags ...string) {
	r.tb.Helper()
	all := maps.Clone(files)
	maps.Copy(all, changed)
	r.write(all)
	r.git("add", "--all")
	r.git("commit", "--quiet", "--allow-empty", "--message", "Change")
	for _, tag := range tags {
		r.git("tag", tag)
	}
}

func (r repository) open() project {
	r.tb.Helper()
	p, err := openProject(r.root)
	if err != nil {
		r.tb.Fatal(err)
	}
	return p
}
