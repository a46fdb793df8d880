package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/semver"
)

// project is a repository with a module at its root.
type project struct {
	root    string
	module  string // the path of the module
	version string // what version.go says, such as 1.2.3
}

func openProject(root string) (project, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return project{}, err
	}
	goMod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return project{}, err
	}
	version, err := versionIn(filepath.Join(root, "version.go"))
	if err != nil {
		return project{}, err
	}
	return project{root: root, module: modfile.ModulePath(goMod), version: version}, nil
}

// versionIn reads the constant version of a Go file.
func versionIn(path string) (string, error) {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		return "", err
	}
	version := ""
	ast.Inspect(file, func(node ast.Node) bool {
		spec, ok := node.(*ast.ValueSpec)
		if ok && len(spec.Names) == 1 && spec.Names[0].Name == "version" && len(spec.Values) == 1 {
			if literal, ok := spec.Values[0].(*ast.BasicLit); ok && literal.Kind == token.STRING {
				version, err = strconv.Unquote(literal.Value)
			}
		}
		return true
	})
	if err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	if !isRelease("v" + version) {
		return "", fmt.Errorf("%s: the constant version is %q, want three numbers such as 1.2.3", path, version)
	}
	return version, nil
}

// isRelease tells whether a tag is that of a release: a canonical semantic version, not a candidate.
func isRelease(tag string) bool {
	return semver.IsValid(tag) && semver.Canonical(tag) == tag && semver.Prerelease(tag) == ""
}

// tag is the tag of the release at the version.
func (p project) tag() string { return "v" + p.version }

// git runs git in the repository and returns what it prints.
func (p project) git(ctx context.Context, arguments ...string) (string, error) {
	var stdout, stderr bytes.Buffer
	command := exec.CommandContext(ctx, "git", arguments...)
	command.Dir, command.Stdout, command.Stderr = p.root, &stdout, &stderr
	if err := command.Run(); err != nil {
		return "", fmt.Errorf("git %s: %w: %s", strings.Join(arguments, " "), err, bytes.TrimSpace(stderr.Bytes()))
	}
	return strings.TrimSpace(stdout.String()), nil
}

// tags returns the tags that are semantic versions, the lowest first.
func (p project) tags(ctx context.Context) ([]string, error) {
	output, err := p.git(ctx, "tag", "--list", "v*")
	if err != nil {
		return nil, err
	}
	tags := slices.DeleteFunc(strings.Fields(output), func(tag string) bool { return !semver.IsValid(tag) })
	slices.SortFunc(tags, semver.Compare)
	return tags, nil
}

// released returns the newest released tag, candidates apart, or "" before the first release.
func (p project) released(ctx context.Context) (string, error) {
	tags, err := p.tags(ctx)
	if err != nil {
		return "", err
	}
	for _, tag := range slices.Backward(tags) {
		if isRelease(tag) {
			return tag, nil
		}
	}
	return "", nil
}

// required tells whether the version is past the newest released tag. One that is before it is an
// error: no release could follow.
func (p project) required(ctx context.Context) (bool, error) {
	released, err := p.released(ctx)
	if err != nil {
		return false, err
	}
	if released == "" {
		return true, nil
	}
	if semver.Compare(p.tag(), released) < 0 {
		return false, fmt.Errorf("version.go says %s, but %s is released", p.version, released)
	}
	return p.tag() != released, nil
}

func printRequired(ctx context.Context, p project, stdout io.Writer) error {
	required, err := p.required(ctx)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "result=%t\nproject-version=%s\n", required, p.version)
	return err
}

// tagCandidate tags the commit as the next candidate of the version, unless it is one.
func tagCandidate(ctx context.Context, p project, stdout io.Writer) error {
	if err := p.mustBeRequired(ctx); err != nil {
		return err
	}
	prefix := p.tag() + "-rc."
	tags, err := p.tags(ctx)
	if err != nil {
		return err
	}
	here, err := p.git(ctx, "tag", "--points-at", "HEAD")
	if err != nil {
		return err
	}
	last := 0
	for _, tag := range tags {
		number, isCandidate := strings.CutPrefix(tag, prefix)
		if n, err := strconv.Atoi(number); isCandidate && err == nil {
			last = max(last, n)
			if slices.Contains(strings.Fields(here), tag) {
				return p.pushTag(ctx, tag, stdout)
			}
		}
	}
	tag := prefix + strconv.Itoa(last+1)
	if _, err := p.git(ctx, "tag", "--annotate", "--message", "Candidate of "+p.version, tag); err != nil {
		return err
	}
	return p.pushTag(ctx, tag, stdout)
}

// tagFinal tags the commit as the release of the version.
func tagFinal(ctx context.Context, p project, stdout io.Writer) error {
	if err := p.mustBeRequired(ctx); err != nil {
		return err
	}
	if _, err := p.git(ctx, "tag", "--annotate", "--message", "Release "+p.version, p.tag()); err != nil {
		return err
	}
	return p.pushTag(ctx, p.tag(), stdout)
}

func (p project) mustBeRequired(ctx context.Context) error {
	required, err := p.required(ctx)
	if err == nil && !required {
		err = errors.New(p.version + " is released already")
	}
	return err
}

func (p project) pushTag(ctx context.Context, tag string, stdout io.Writer) error {
	if _, err := p.git(ctx, "push", "origin", "refs/tags/"+tag); err != nil {
		return err
	}
	_, err := fmt.Fprintf(stdout, "tag=%s\n", tag)
	return err
}
