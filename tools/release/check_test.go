package main

import (
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// tools is a directory for what the tests build.
var tools string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		var err error
		if tools, err = os.MkdirTemp("", "release-test-"); err != nil {
			panic(err)
		}
		defer func() { _ = os.RemoveAll(tools) }()
		return m.Run()
	}())
}

// gorelease builds the tool at the version that the repository pins and returns its path.
var gorelease = sync.OnceValue(func() string {
	path := filepath.Join(tools, "gorelease")
	build := exec.Command("go", "build", "-o", path, "golang.org/x/exp/cmd/gorelease")
	build.Dir, build.Stderr = "..", os.Stderr
	if err := build.Run(); err != nil {
		panic(err)
	}
	return path
})

// versions is what a commit that changes the version has to change.
func versions(version string) map[string]string {
	return map[string]string{
		"version.go":   "package pets\n\nconst version = \"" + version + "\"\n",
		"CHANGELOG.md": "## " + version + "\n\nAll new.\n",
	}
}

func with(changes, more map[string]string) map[string]string {
	maps.Copy(changes, more)
	return changes
}

func TestEachStepOfTheCheckFindsItsFaults(t *testing.T) {
	t.Parallel()
	var (
		stroking   = map[string]string{"more.go": "package pets\n\nfunc Stroke() {}\n"}
		noStroking = map[string]string{"more.go": "package pets\n"}
	)
	type test struct {
		released string            // the tag of the commit before, where there is one
		before   map[string]string // what that commit changes in the files
		now      map[string]string
		dirty    map[string]string // not committed
		want     string            // what the error or the output contains, or "" for none
	}
	for step, tests := range map[string]map[string]test{
		"the work tree is clean": {
			"all is committed":           {},
			"a change is not committed":  {dirty: map[string]string{"LICENSE": "Nobody may use it.\n"}, want: "M LICENSE"},
			"a file is not known to git": {dirty: map[string]string{"notes": ""}, want: "?? notes"},
			"a file is ignored by git":   {now: map[string]string{".gitignore": "notes\n"}, dirty: map[string]string{"notes": ""}},
		},
		"the version follows the released ones": {
			"there is none":                               {},
			"there is an older one":                       {released: "v1.0.5"},
			"it is the newest":                            {released: "v1.1.0", want: "1.1.0 is released already"},
			"there is a newer one":                        {released: "v1.1.1", want: "v1.1.1 is released"},
			"the path of the module has no such version":  {now: versions("2.0.0"), want: "v2.0.0"},
			"the path of the module has that of its path": {now: with(versions("2.0.0"), map[string]string{"go.mod": "module example.test/pets/v2\n"})},
		},
		"the changelog has an entry": {
			"it is there":                  {},
			"it is there in brackets":      {now: map[string]string{"CHANGELOG.md": "## [1.1.0] - 2026-11-23\n\n### Added\n\n- Food.\n"}},
			"it is that of another":        {now: map[string]string{"CHANGELOG.md": "## 1.1.0-rc.1\n\nIt.\n\n## 1.1.01\n\nIt.\n"}, want: "no heading ## 1.1.0"},
			"it is empty before another":   {now: map[string]string{"CHANGELOG.md": "## 1.1.0\n\n### Added\n\n## 1.0.0\n\nIt.\n"}, want: "nothing under 1.1.0"},
			"it is empty and the last one": {now: map[string]string{"CHANGELOG.md": "## 1.1.0\n"}, want: "nothing under 1.1.0"},
		},
		"go.mod and go.sum are tidy": {
			"they are":                  {},
			"a requirement is not used": {now: map[string]string{"go.mod": files["go.mod"] + "\nrequire golang.org/x/mod v0.42.0\n"}, want: "-require golang.org/x/mod"},
		},
		"the tests pass": {
			"one fails": {
				now:  map[string]string{"bad_test.go": "package pets\n\nimport \"testing\"\n\nfunc TestBad(t *testing.T) { t.Fail() }\n"},
				want: "FAIL: TestBad",
			},
		},
		"the changes of the API fit the version": {
			"nothing in a minor version":              {released: "v1.0.5"},
			"nothing in a patch":                      {released: "v1.0.5", now: versions("1.0.6")},
			"a new function in a minor version":       {released: "v1.0.5", now: stroking},
			"a new function in a patch":               {released: "v1.0.9", now: with(versions("1.0.10"), stroking), want: "since v1.0.9 the changes need v1.1.0 at least, and version.go says 1.0.10"},
			"a removal in a minor version":            {released: "v1.0.0", before: stroking, now: noStroking, want: "Stroke: removed"},
			"a removal before 1.0.0, as a minor one":  {released: "v0.1.9", before: stroking, now: with(versions("0.2.0"), noStroking)},
			"a removal before 1.0.0, as a patch":      {released: "v0.1.9", before: stroking, now: with(versions("0.1.10"), noStroking), want: "the changes need v0.2.0 at least"},
			"the candidates between are not compared": {released: "v1.0.9", now: stroking},
		},
		"the module zips": {
			"a file is too large":          {now: map[string]string{"LICENSE": strings.Repeat("It is so. ", 2<<20)}, want: "LICENSE file too large"},
			"files differ in case alone":   {now: map[string]string{"License": "Nobody may use it.\n"}, want: "case-insensitive"},
			"a file has a name of Windows": {now: map[string]string{"aux.go": "package pets\n"}, want: "aux.go"},
		},
	} {
		for name, test := range tests {
			t.Run(step+"/"+name, func(t *testing.T) {
				t.Parallel()
				r := newRepository(t)
				if test.released != "" {
					r.commit(test.before, test.released)
				}
				r.commit(test.now)
				r.write(test.dirty)
				var output strings.Builder
				err := runStep(t, r.open(), step, &output)
				switch {
				case test.want == "" && err != nil:
					t.Errorf("got the error %v after\n%s", err, &output)
				case test.want != "" && err == nil:
					t.Error("got no error")
				case test.want != "" && !strings.Contains(err.Error()+output.String(), test.want):
					t.Errorf("got the error %v after\n%s\nand want %s in it", err, &output, test.want)
				}
			})
		}
	}
}

func runStep(t *testing.T, p project, name string, output io.Writer) error {
	t.Helper()
	c, err := newChecker(t.Context(), p, gorelease(), output)
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	for _, step := range c.steps() {
		if step.name == name {
			return step.run(t.Context())
		}
	}
	t.Fatalf("no step is called %q", name)
	return nil
}

func TestTheCheckPassesWhereAllIsWell(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	r.commit(map[string]string{"more.go": "package pets\n"}, "v1.0.0", "v1.1.0-rc.1")
	r.commit(map[string]string{"more.go": "package pets\n\nfunc Stroke() {}\n"})
	var output strings.Builder
	if err := run(t.Context(), []string{"-root", r.root, "-gorelease", gorelease(), "check"}, &output); err != nil {
		t.Errorf("%v after\n%s", err, &output)
	}
	if !strings.HasSuffix(output.String(), "\nv1.1.0 is ready to be released\n") {
		t.Error(output.String())
	}
}

func TestTheCheckGoesOnAfterAFailure(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	r.commit(map[string]string{
		"CHANGELOG.md": "# Changelog\n",
		"README.md":    strings.ReplaceAll(files["README.md"], "Feed", "Starve"),
	})
	var output strings.Builder
	err := run(t.Context(), []string{"-root", r.root, "-gorelease", gorelease(), "check"}, &output)
	if err == nil || err.Error() != "v1.1.0 is not ready: 2 of 8 checks failed" {
		t.Errorf("got the error %v after\n%s", err, &output)
	}
}
