package main

import (
	"strings"
	"testing"
)

func TestAnEmptyModuleFindsWhatItsUsersWouldFind(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		now  map[string]string
		want string
	}{
		"the README's code is outdated": {
			map[string]string{"README.md": strings.ReplaceAll(files["README.md"], "Feed", "Starve")},
			"undefined: pets.Starve",
		},
		"a test of the README fails": {
			map[string]string{"README.md": files["README.md"] + "```go\nfunc TestBad(t *testing.T) { t.Fail() }\n```\n"},
			"FAIL: TestBad",
		},
		"the README has no code": {
			map[string]string{"README.md": "# pets\n"},
			"README.md has no Go code",
		},
		"a production test fails": {
			map[string]string{
				"test/production/bad_test.go": "package production\n\nimport \"testing\"\n\nfunc TestBad(t *testing.T) { t.Fail() }\n",
			},
			"FAIL: TestBad",
		},
		"the local server ends": {
			map[string]string{"cmd/packagedb-local/main.go": "package main\n\nfunc main() {}\n"},
			"the local server ended",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRepository(t)
			r.commit(test.now)
			var output strings.Builder
			c, err := newChecker(t.Context(), r.open(), gorelease(), &output)
			if err != nil {
				t.Fatal(err)
			}
			defer c.close()
			if err := c.checkZip(t.Context()); err != nil {
				t.Fatal(err)
			}
			err = c.checkConsumer(t.Context())
			if err == nil || !strings.Contains(err.Error()+output.String(), test.want) {
				t.Errorf("got the error %v after\n%s\nand want %s in it", err, &output, test.want)
			}
		})
	}
}

// The proxy is what a user of GOPROXY would take the version from.
func TestConsumeTakesTheVersionFromGOPROXY(t *testing.T) {
	r := newRepository(t)
	r.commit(nil)
	t.Setenv("STAGE", "PROD") // the production tests of the module want TEST
	proxy := t.TempDir()
	if err := run(t.Context(), []string{"-root", r.root, "proxy", proxy}, new(strings.Builder)); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOPROXY", fileURL(proxy))
	t.Setenv("GONOSUMDB", "example.test")
	t.Setenv("GOMODCACHE", t.TempDir())
	t.Setenv("GOFLAGS", "-modcacherw")
	for _, version := range []string{"v1.1.0", "configured"} {
		var output strings.Builder
		err := run(t.Context(), []string{"-root", r.root, "consume", version}, &output)
		if err == nil || !strings.Contains(output.String(), "added example.test/pets v1.1.0") || !strings.Contains(output.String(), "PROD") {
			t.Errorf("%s: got the error %v after\n%s", version, err, &output)
		}
	}
}
