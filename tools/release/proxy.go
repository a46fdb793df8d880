package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"
)

// writeProxy adds a revision of the repository to a module proxy in a directory, as a version of the
// module: what it serves is what a public proxy would make of a tag there. The go command takes it as
// GOPROXY=file://DIR.
func writeProxy(ctx context.Context, p project, dir, revision, version string) error {
	escaped, err := module.EscapePath(p.module)
	if err != nil {
		return err
	}
	versions := filepath.Join(dir, filepath.FromSlash(escaped), "@v")
	if err := os.MkdirAll(versions, 0o755); err != nil {
		return err
	}
	goMod, err := p.git(ctx, "show", revision+":go.mod")
	if err != nil {
		return err
	}
	seconds, err := p.git(ctx, "show", "--no-patch", "--format=%cI", revision+"^{commit}")
	if err != nil {
		return err
	}
	committed, err := time.Parse(time.RFC3339, seconds)
	if err != nil {
		return err
	}
	info, err := json.Marshal(struct {
		Version string
		Time    time.Time
	}{version, committed.UTC()})
	if err != nil {
		return err
	}
	var archive bytes.Buffer
	if err := zip.CreateFromVCS(&archive, module.Version{Path: p.module, Version: version}, p.root, revision, ""); err != nil {
		return err
	}
	list, err := os.ReadFile(filepath.Join(versions, "list"))
	if err != nil && !os.IsNotExist(err) {
		return err
	}
	for name, content := range map[string][]byte{
		version + ".info": info,
		version + ".mod":  []byte(goMod + "\n"),
		version + ".zip":  archive.Bytes(),
		"list":            []byte(strings.TrimPrefix(string(list)+"\n"+version+"\n", "\n")),
	} {
		if err := os.WriteFile(filepath.Join(versions, name), content, 0o644); err != nil {
			return err
		}
	}
	return nil
}
