package main

import (
	"bytes"
	"context"
	"flag"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
)

var (
	chromium   = flag.String("chromium", "", "show the page in this browser")
	screenshot = flag.String("screenshot", "", "write a screenshot of the page to this file")
)

// browse runs Chromium on an address of the page.
func browse(t *testing.T, address string, args ...string) string {
	t.Helper()
	if *chromium == "" {
		t.Skip("needs -chromium")
	}
	command := exec.CommandContext(t.Context(), *chromium, append([]string{
		"--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
		"--disable-sync", "--hide-scrollbars", "--user-data-dir=" + t.TempDir(), "--disable-lcd-text", "--window-size=1200,640",
	}, append(args, address)...)...)
	output, err := command.Output()
	require.NoError(t, err)
	return string(output)
}

func TestPage_InABrowser(t *testing.T) {
	command := start(t)
	storeStory(t, command)
	file := filepath.Join(t.TempDir(), "page.png")
	address := command.url + pagePath + "?user=auth0%7C7734d7c1"
	browse(t, address, "--screenshot="+file)
	screen, err := os.ReadFile(file)
	require.NoError(t, err)
	picture, err := png.DecodeConfig(bytes.NewReader(screen))
	require.NoError(t, err)
	assert.Equal(t, []int{1200, 640}, []int{picture.Width, picture.Height})
	if *screenshot != "" {
		require.NoError(t, os.WriteFile(*screenshot, screen, 0o644))
	}

	damage(t, command)
	shown := text(browse(t, address, "--dump-dom"))
	assert.Contains(t, shown, "Pets and their owners 1.1.0 3 models 2 versions")
	assert.Contains(t, shown, "attribute model_count is missing")
	assert.Contains(t, shown, "ValidationException: Consistent reads are not supported on global secondary indexes")
	shown = text(browse(t, command.url+pagePath+"?table=service.downloads&index=byDay&value=2026-12-01", "--dump-dom"))
	assert.Contains(t, shown, "service.downloads Time to live: expires_at")
	assert.Contains(t, shown, "N 1900172800 2030-03-19 17:46:40 UTC")
}

func TestPage_UpdatesInABrowser(t *testing.T) {
	command := start(t)
	db := packagedb.New(command.client)
	spec := packagedb.SpecInput{Name: "pets", Version: "1.0.0", ModelCount: 1}
	_, err := db.CreateUpdateSpec(t.Context(), "before", spec)
	require.NoError(t, err)

	// Once the browser has the page, a spec is created, which only an update can show. Meanwhile someone
	// has opened a spec and types.
	const user = `
document.querySelector("details").open = true
document.querySelector("main input").focus()
document.activeElement.value = "typed"
setInterval(() => { document.title = [document.activeElement.value, ...all("details").map((details) => details.open)].join(" ") }, 100)
</script>`
	target, err := url.Parse(command.url)
	require.NoError(t, err)
	var once sync.Once
	forward := httputil.NewSingleHostReverseProxy(target)
	forward.ModifyResponse = func(response *http.Response) error {
		body, err := io.ReadAll(response.Body)
		once.Do(func() { body = bytes.Replace(body, []byte("</script>"), []byte(user), 1) })
		response.Body, response.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		response.Header.Set("Content-Length", strconv.Itoa(len(body)))
		return err
	}
	var created sync.Once
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		forward.ServeHTTP(w, r)
		created.Do(func() { _, err = db.CreateUpdateSpec(context.WithoutCancel(t.Context()), "after", spec) })
	}))
	defer proxy.Close()
	body := browse(t, proxy.URL+pagePath, "--virtual-time-budget=5000", "--dump-dom")
	require.NoError(t, err)
	assert.Contains(t, text(body), "after 1 spec, 1 model")
	assert.Contains(t, text(body), "before 1 spec, 1 model")
	assert.Contains(t, body, "<title>typed false true</title>")
}
