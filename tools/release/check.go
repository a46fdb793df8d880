package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
)

// check proves that the commit can be released at the version that it names. It goes on after a
// failure, to tell everything that is wrong.
func check(ctx context.Context, p project, gorelease string, stdout io.Writer) error {
	c, err := newChecker(ctx, p, gorelease, stdout)
	if err != nil {
		return err
	}
	defer c.close()
	failed := 0
	for _, step := range c.steps() {
		if err := step.run(ctx); err != nil {
			failed++
			_, _ = fmt.Fprintf(stdout, "FAIL  %s: %v\n", step.name, err)
			continue
		}
		_, _ = fmt.Fprintf(stdout, "ok    %s\n", step.name)
	}
	if failed > 0 {
		return fmt.Errorf("%s is not ready: %d of %d checks failed", p.tag(), failed, len(c.steps()))
	}
	_, err = fmt.Fprintf(stdout, "%s is ready to be released\n", p.tag())
	return err
}

type checker struct {
	project
	gorelease string
	output    io.Writer

	dir         string   // for the files of this run
	environment []string // of commands that must see the proxy
}

func newChecker(ctx context.Context, p project, gorelease string, output io.Writer) (*checker, error) {
	dir, err := os.MkdirTemp("", "release-check-")
	if err != nil {
		return nil, err
	}
	c := &checker{project: p, gorelease: gorelease, output: output, dir: dir}
	c.environment, err = c.isolated(ctx, c.proxy())
	if err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

func (c *checker) close() { _ = os.RemoveAll(c.dir) }

// proxy is the module proxy that holds the commit once checkZip put it there.
func (c *checker) proxy() string { return filepath.Join(c.dir, "proxy") }

type step struct {
	name string
	run  func(context.Context) error
}

func (c *checker) steps() []step {
	return []step{
		{"the work tree is clean", c.checkClean},
		{"the version follows the released ones", c.checkVersion},
		{"the changelog has an entry", func(context.Context) error { return checkChangelog(c.project) }},
		{"go.mod and go.sum are tidy", c.checkTidy},
		{"the tests pass", c.checkTests},
		{"the changes of the API fit the version", c.checkAPI},
		{"the module zips", c.checkZip},
		{"an empty module can use it", c.checkConsumer},
	}
}

// isolated returns an environment in which the go command takes versions of the module from a proxy
// made here, and keeps them out of the cache of the user: a version that is not released may yet
// change. Everything else comes from that cache, or from where it comes from usually.
func (c *checker) isolated(ctx context.Context, proxy string) ([]string, error) {
	output, err := exec.CommandContext(ctx, "go", "env", "GOMODCACHE", "GOPROXY").Output()
	if err != nil {
		return nil, fmt.Errorf("go env: %w", err)
	}
	values := strings.Split(string(output), "\n")
	return append(addGoflags(os.Environ(), "-modcacherw"),
		"GOMODCACHE="+filepath.Join(c.dir, "modcache"),
		"GOWORK=off",
		"GOPROXY="+strings.Join([]string{fileURL(proxy), fileURL(filepath.Join(values[0], "cache", "download")), values[1]}, ","),
		"GONOSUMDB="+c.module,
		"GONOPROXY=none",
	), nil
}

func fileURL(path string) string { return "file://" + filepath.ToSlash(path) }

func (c *checker) checkClean(ctx context.Context) error {
	changes, err := c.git(ctx, "status", "--porcelain")
	if err == nil && changes != "" {
		err = fmt.Errorf("git status lists\n%s", changes)
	}
	return err
}

func (c *checker) checkVersion(ctx context.Context) error {
	if err := c.mustBeRequired(ctx); err != nil {
		return err
	}
	_, suffix, ok := module.SplitPathVersion(c.module)
	if !ok {
		return fmt.Errorf("the module path %s is malformed", c.module)
	}
	return module.CheckPathMajor(c.tag(), suffix)
}

func (c *checker) checkTidy(ctx context.Context) error {
	return c.command(ctx, nil, "go", "mod", "tidy", "-diff")
}

func (c *checker) checkTests(ctx context.Context) error {
	return c.command(ctx, nil, "go", "test", "./...")
}

var suggestion = regexp.MustCompile(`(?m)^Suggested version: (\S+)`)

// checkAPI compares the API with that of the newest release. The version must not be below the one
// that gorelease suggests, which holds versions before 1.0.0 to a rule as well: what breaks or adds
// needs a new minor version there.
func (c *checker) checkAPI(ctx context.Context) error {
	released, err := c.released(ctx)
	if err != nil {
		return err
	}
	if released == "" {
		return c.command(ctx, c.environment, c.gorelease, "-base=none", "-version="+c.tag())
	}
	// A proxy with that release alone, as if this version were not there yet.
	proxy := filepath.Join(c.dir, "released")
	if err := writeProxy(ctx, c.project, proxy, released, released); err != nil {
		return err
	}
	environment, err := c.isolated(ctx, proxy)
	if err != nil {
		return err
	}
	var report bytes.Buffer
	tee := *c
	tee.output = io.MultiWriter(c.output, &report)
	if err := tee.command(ctx, environment, c.gorelease, "-base="+released); err != nil {
		return err
	}
	suggested := suggestion.FindStringSubmatch(report.String())
	if suggested == nil {
		return errors.New("gorelease suggests no version")
	}
	if semver.Compare(c.tag(), suggested[1]) < 0 {
		return fmt.Errorf("since %s the changes need %s at least, and version.go says %s", released, suggested[1], c.version)
	}
	return nil
}

// checkZip puts the commit into the proxy.
func (c *checker) checkZip(ctx context.Context) error {
	return writeProxy(ctx, c.project, c.proxy(), "HEAD", c.tag())
}

func (c *checker) checkConsumer(ctx context.Context) error {
	return consume(ctx, c.project, consumer{version: c.tag(), environment: c.environment, output: c.output, local: true})
}

func (c *checker) command(ctx context.Context, environment []string, name string, arguments ...string) error {
	command := exec.CommandContext(ctx, name, arguments...)
	command.Dir, command.Env, command.Stdout, command.Stderr = c.root, environment, c.output, c.output
	if err := command.Run(); err != nil {
		return fmt.Errorf("%s %s: %w", filepath.Base(name), strings.Join(arguments, " "), err)
	}
	return nil
}
