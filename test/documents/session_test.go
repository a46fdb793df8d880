package documents

import (
	"bufio"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// session is a shell in which somebody types the commands of one document, one after the other.
type session struct {
	t         *testing.T
	root      string // of the repository
	directory string // of the document
	binaries  string
	engine    string            // the URL of packagedb-local
	service   string            // the address of examples/service
	keys      map[string]string // of the default credentials
}

// build builds both commands and the service, and returns their directory.
func build(t *testing.T) string {
	t.Helper()
	binaries := t.TempDir()
	for _, arguments := range [][]string{
		{"build", "-o", binaries, "./cmd/..."},
		{"build", "-C", "examples/service", "-o", filepath.Join(binaries, "service"), "."},
	} {
		cmd := exec.CommandContext(t.Context(), "go", arguments...)
		cmd.Dir = root
		output, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", output)
	}
	return binaries
}

func newSession(t *testing.T, document, binaries string) *session {
	top, err := filepath.Abs(root)
	require.NoError(t, err)
	return &session{t: t, root: top, directory: filepath.Join(top, filepath.Dir(document)), binaries: binaries}
}

// bash returns the command for the shell. What it would get from the last release comes from the work tree, and it
// finds the servers of the session.
func (s *session) bash(line string) *exec.Cmd {
	line = regexp.MustCompile(`go run \S+/cmd/([\w-]+)(@latest)?`).ReplaceAllString(line, "$1")
	line = strings.ReplaceAll(strings.TrimSuffix(line, "&"), "localhost:8080", s.service)
	cmd := exec.CommandContext(s.t.Context(), "bash", "-euc", line)
	cmd.Dir = s.directory
	cmd.Env = append(os.Environ(),
		"PATH="+s.binaries+string(filepath.ListSeparator)+os.Getenv("PATH"),
		"AWS_ENDPOINT_URL_DYNAMODB="+s.engine, "AWS_REGION=us-east-1",
		"AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test",
		"PUBLIC_KEY="+s.keys["public_key"], "SECRET_KEY="+s.keys["secret_key"])
	return cmd
}

// output runs a command, which must succeed.
func (s *session) output(line string) []byte {
	s.t.Helper()
	output, err := s.bash(line).CombinedOutput()
	assert.NoError(s.t, err, "%s\n%s", line, output)
	return output
}

// run runs a command that ends by itself.
func (s *session) run(line string) {
	switch {
	case strings.HasSuffix(line, " create"):
		s.serveEngine("packagedb-local -tables=false")
	case strings.Contains(line, "packagedb-tables") && s.engine == "":
		s.serveEngine("packagedb-local")
	}
	if strings.Contains(line, ">") { // into a file, which must not be in the work tree
		elsewhere := s.t.TempDir()
		require.NoError(s.t, os.Symlink(filepath.Join(s.root, "infrastructure"), filepath.Join(elsewhere, "infrastructure")))
		line = "cd " + elsewhere + "; " + line
	} else if strings.HasPrefix(line, "make ") {
		line = "cd " + s.root + "; " + line
	}
	s.output(line)
}

// serveEngine starts packagedb-local on a free port, and waits until it listens.
func (s *session) serveEngine(line string) {
	cmd := s.bash("exec " + strings.TrimSuffix(line, "&") + " -listen localhost:0")
	cmd.Dir = s.t.TempDir()
	stdout, err := cmd.StdoutPipe()
	require.NoError(s.t, err)
	s.start(cmd)
	first, err := bufio.NewReader(stdout).ReadString('\n')
	require.NoError(s.t, err, line)
	_, url, found := strings.Cut(strings.TrimSpace(first), "listening at ")
	require.True(s.t, found, first)
	s.engine = url
}

// serveService starts examples/service on a free port, and waits until it is ready.
func (s *session) serveService(line string) {
	listener, err := net.Listen("tcp", "localhost:0")
	require.NoError(s.t, err)
	s.service = listener.Addr().String()
	require.NoError(s.t, listener.Close())
	before, _, _ := strings.Cut(line, "go run")
	s.start(s.bash(before + "exec service -listen " + s.service))
	require.Eventually(s.t, func() bool {
		request, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, "http://"+s.service+"/ready", http.NoBody)
		require.NoError(s.t, err)
		response, err := http.DefaultClient.Do(request)
		return err == nil && response.Body.Close() == nil && response.StatusCode == http.StatusNoContent
	}, 30*time.Second, 20*time.Millisecond)
}

// start starts a command, which an interrupt ends at the end of the test.
func (s *session) start(cmd *exec.Cmd) {
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGINT) } // the context ends before the cleanup
	require.NoError(s.t, cmd.Start())
	s.t.Cleanup(func() { _ = cmd.Wait() })
}

// call calls the service, and keeps the keys that it answers with.
func (s *session) call(line string) {
	require.NotEmpty(s.t, s.service, "the document does not start the service before %s", line)
	answer := s.output(strings.Replace(line, "curl ", "curl --silent --show-error --fail-with-body ", 1))
	if keys := make(map[string]string); json.Unmarshal(answer, &keys) == nil && keys["secret_key"] != "" {
		s.keys = keys
	}
}
