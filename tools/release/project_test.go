package main

import (
	"slices"
	"strings"
	"testing"
)

func TestAReleaseIsRequiredWhereTheVersionIsPastTheReleasedOnes(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		tags    []string
		want    string
		failure string
	}{
		"before the first release":              {nil, "true", ""},
		"after an older one":                    {[]string{"v1.0.0"}, "true", ""},
		"after older ones that sort as numbers": {[]string{"v1.0.9", "v1.0.10"}, "true", ""},
		"after candidates of itself":            {[]string{"v1.0.0", "v1.1.0-rc.1", "v1.1.0-rc.2"}, "true", ""},
		"after candidates of a later one":       {[]string{"v1.0.0", "v1.2.0-rc.1"}, "true", ""},
		"after tags that are no versions":       {[]string{"v1.0.0", "v2", "vacation", "1.1.0", "v1.1", "v9.9.9+x"}, "true", ""},
		"after itself":                          {[]string{"v1.0.0", "v1.1.0"}, "false", ""},
		"after itself and a later candidate":    {[]string{"v1.1.0", "v1.2.0-rc.1"}, "false", ""},
		"after a newer one":                     {[]string{"v1.1.0", "v1.10.0"}, "", "version.go says 1.1.0, but v1.10.0 is released"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRepository(t)
			r.commit(nil, test.tags...)
			var output strings.Builder
			err := run(t.Context(), []string{"-root", r.root, "required"}, &output)
			if test.failure != "" {
				if err == nil || err.Error() != test.failure {
					t.Errorf("got the error %v, want %s", err, test.failure)
				}
				return
			}
			if want := "result=" + test.want + "\nproject-version=1.1.0\n"; err != nil || output.String() != want {
				t.Errorf("got %q, %v, want %q", output.String(), err, want)
			}
		})
	}
}

func TestTheVersionIsThreeNumbers(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		`const version = "1.2.3"`:                               "1.2.3",
		"// The version is ours.\nconst version = \"0.0.1\"":    "0.0.1",
		"const (\n\tOther = \"9.9.9\"\n\tversion = `10.0.0`\n)": "10.0.0",
		`const version = "v1.2.3"`:                              "",
		`const version = "1.2"`:                                 "",
		`const version = "1.2.3-rc.1"`:                          "",
		`const version = "01.2.3"`:                              "",
		`const version = other`:                                 "",
		`const other = "1.2.3"`:                                 "",
	} {
		t.Run(source, func(t *testing.T) {
			t.Parallel()
			r := newRepository(t)
			r.write(map[string]string{"go.mod": files["go.mod"], "version.go": "package pets\n\n" + source + "\n"})
			p, err := openProject(r.root)
			if p.version != want || (err == nil) != (want != "") {
				t.Errorf("got %q, %v, want %q", p.version, err, want)
			}
		})
	}
}

func TestTagging(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		tags    []string // on an earlier commit
		here    []string // on this commit
		command string
		want    string // "" is a failure
	}{
		"the first candidate":                        {nil, nil, "candidate", "v1.1.0-rc.1"},
		"the candidate after nine others":            {[]string{"v1.1.0-rc.9", "v1.1.0-rc.2"}, nil, "candidate", "v1.1.0-rc.10"},
		"a candidate after those of other versions":  {[]string{"v1.0.0", "v1.0.0-rc.7", "v1.2.0-rc.3"}, nil, "candidate", "v1.1.0-rc.1"},
		"the candidate that the commit is already":   {[]string{"v1.1.0-rc.1"}, []string{"v1.1.0-rc.2"}, "candidate", "v1.1.0-rc.2"},
		"no candidate of a version that is released": {[]string{"v1.1.0"}, nil, "candidate", ""},
		"the release": {[]string{"v1.0.0", "v1.1.0-rc.1"}, []string{"v1.1.0-rc.2"}, "final", "v1.1.0"},
		"no release of a version that is released":      {[]string{"v1.1.0"}, nil, "final", ""},
		"no release of a version before the newest":     {[]string{"v1.2.0"}, nil, "final", ""},
		"no candidate of a version before the newest":   {[]string{"v1.2.0"}, nil, "candidate", ""},
		"no release of the version that this commit is": {nil, []string{"v1.1.0"}, "final", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			origin, r := newRepository(t), newRepository(t)
			r.git("remote", "add", "origin", origin.root)
			r.commit(nil, test.tags...)
			r.commit(map[string]string{"later": ""}, test.here...)
			var output strings.Builder
			err := run(t.Context(), []string{"-root", r.root, test.command}, &output)
			if test.want == "" {
				if err == nil {
					t.Errorf("no error, and %q", output.String())
				}
				return
			}
			if err != nil || output.String() != "tag="+test.want+"\n" {
				t.Errorf("got %q, %v, want the tag %s", output.String(), err, test.want)
			}
			origin.commit(nil)
			pushed, err := origin.open().tags(t.Context())
			if err != nil || !slices.Equal(pushed, []string{test.want}) {
				t.Errorf("the tags of origin are %q, %v, want %s alone", pushed, err, test.want)
			}
			if here, err := r.open().git(t.Context(), "tag", "--points-at", "HEAD"); err != nil || !strings.Contains(here, test.want) {
				t.Errorf("the tags of the commit are %q, %v, want %s among them", here, err, test.want)
			}
		})
	}
}

func TestUnknownCommandsGetTheUsage(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	r.commit(nil)
	for _, command := range [][]string{nil, {"publish"}, {"check", "twice"}, {"consume"}, {"proxy"}} {
		err := run(t.Context(), append([]string{"-root", r.root}, command...), new(strings.Builder))
		if err != errUsage { //nolint:errorlint // it is returned as it is
			t.Errorf("%q: got %v, want the usage", command, err)
		}
	}
}
