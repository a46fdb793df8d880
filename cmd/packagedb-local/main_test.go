package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/open-alchemy/packagedb"

	"github.com/open-alchemy/packagedb/internal/version"
)

// If asCommand is set, the test binary acts as the command.
const asCommand = "PACKAGEDB_LOCAL_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main()
	}
	goleak.VerifyTestMain(m)
}

// started is a running command.
type started struct {
	url    string
	client *dynamodb.Client                // its requests are on the page
	stop   func() (status int, out string) // the output after the first line
}

// start runs the command, at a free port unless args say otherwise.
func start(t *testing.T, args ...string) *started {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	reader, writer := io.Pipe() // standard output and standard error
	status, rest := make(chan int, 1), make(chan []byte, 1)
	go func() {
		status <- run(ctx, append([]string{"-listen", "localhost:0"}, args...), writer, writer)
		writer.Close()
	}()
	output := bufio.NewReader(reader)
	url := awaitURL(t, output)
	go func() {
		text, _ := io.ReadAll(output)
		rest <- text
	}()
	stop := sync.OnceValues(func() (int, string) {
		cancel()
		return <-status, string(<-rest)
	})
	t.Cleanup(func() { stop() })
	return &started{url, newClient(url), stop}
}

// awaitURL reads the first line of a command and returns the URL in it.
func awaitURL(t *testing.T, output *bufio.Reader) string {
	t.Helper()
	line, err := output.ReadString('\n')
	require.NoError(t, err)
	url, ok := strings.CutPrefix(line, "packagedb-local: listening at ")
	require.True(t, ok, line)
	return strings.TrimSpace(url)
}

func newClient(url string, options ...func(*dynamodb.Options)) *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{
		BaseEndpoint: &url,
		Region:       "us-east-1",
		Credentials:  credentials.NewStaticCredentialsProvider("test", "test", ""),
	}, options...)
}

func (s *started) tables(t *testing.T) []string {
	t.Helper()
	list, err := s.client.ListTables(t.Context(), &dynamodb.ListTablesInput{})
	require.NoError(t, err)
	return list.TableNames
}

func TestRun_ServesUntilItIsInterrupted(t *testing.T) {
	command := start(t)
	t.Setenv("STAGE", "TEST")
	t.Setenv("AWS_ENDPOINT_URL_DYNAMODB", command.url)
	db, err := packagedb.Get()
	require.NoError(t, err)
	_, err = db.CreateUpdateSpec(t.Context(), "sub", packagedb.SpecInput{Name: "pets", Version: "1.0.0"})
	require.NoError(t, err)
	assert.Equal(t, []string{"package.credentials", "package.specs"}, command.tables(t))

	status, said := command.stop()
	assert.Zero(t, status)
	rest, ok := strings.CutPrefix(said, "page:   "+command.url+`/-/
tables: package.credentials, package.specs
data:   in memory, gone when this stops

Point a service at it with
  STAGE=TEST AWS_ENDPOINT_URL_DYNAMODB=`+command.url+`
Stop it with Ctrl-C.
`)
	assert.True(t, ok, said)
	assert.Regexp(t, `^packagedb-local: stopped after [2-9] requests\n$`, rest)
	_, err = net.Dial("tcp", strings.TrimPrefix(command.url, "http://"))
	assert.Error(t, err)
}

// TestMain_FailedWrite runs the command with a standard output that takes nothing.
func TestMain_FailedWrite(t *testing.T) {
	for _, args := range [][]string{{"-listen", "localhost:0"}, {"-h"}, {"-version"}} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
			if err != nil {
				t.Skip("there is no /dev/full here")
			}
			defer full.Close()
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			var stderr strings.Builder
			command := exec.CommandContext(ctx, os.Args[0], args...)
			command.Env, command.Stdout, command.Stderr = append(os.Environ(), asCommand+"=1"), full, &stderr
			var exit *exec.ExitError
			require.ErrorAs(t, command.Run(), &exit)
			assert.Equal(t, 1, exit.ExitCode())
			assert.Contains(t, stderr.String(), "no space left on device")
		})
	}
}

func TestRun_WithoutTables(t *testing.T) {
	command := start(t, "-tables=false")
	assert.Empty(t, command.tables(t))
	assert.Contains(t, command.page(t, ""), "table package.specs: Requested resource not found")
	_, said := command.stop()
	assert.Contains(t, said, "tables: none\n")
}

func TestRun_KeepsDataInAFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "data")
	for _, version := range []string{"1.0.0", "2.0.0"} {
		command := start(t, "-data", file)
		_, err := packagedb.New(command.client).CreateUpdateSpec(t.Context(), "sub", packagedb.SpecInput{Name: "pets", Version: version})
		require.NoError(t, err)
		status, said := command.stop()
		assert.Zero(t, status)
		assert.Contains(t, said, "data:   kept in "+file)
	}
	command := start(t, "-data", file)
	versions, err := packagedb.New(command.client).ListSpecVersions(t.Context(), "sub", "pets")
	require.NoError(t, err)
	assert.Len(t, versions, 2)
}

func TestRun_OpensThePortWhenTheDataAreLoaded(t *testing.T) {
	file := filepath.Join(t.TempDir(), "data")
	start(t, "-data", file)
	listener, err := net.Listen("tcp", "127.0.0.77:0") // where nothing else listens
	if err != nil {
		t.Skip("no second loopback address, as on macOS: ", err)
	}
	address := listener.Addr().String()
	require.NoError(t, listener.Close())

	var stderr strings.Builder
	ended := make(chan int)
	go func() { ended <- run(t.Context(), []string{"-listen", address, "-data", file}, io.Discard, &stderr) }()
	for { // while it waits for the file
		connection, err := net.Dial("tcp", address)
		if !assert.Error(t, err) {
			connection.Close()
		}
		select {
		case status := <-ended:
			assert.Equal(t, 1, status)
			assert.Equal(t, "packagedb-local: data file "+file+": in use by another process\n", stderr.String())
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func TestRun_ASignalEndsALoad(t *testing.T) {
	file := filepath.Join(t.TempDir(), "data")
	command := start(t, "-data", file)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 2 { // while it waits for the file, and while it loads
		var stdout, stderr strings.Builder
		assert.Zero(t, run(ctx, []string{"-listen", "localhost:0", "-data", file}, &stdout, &stderr))
		assert.Equal(t, "packagedb-local: stopped before "+file+" was loaded\n", stdout.String())
		assert.Empty(t, stderr.String())
		command.stop()
	}
}

func TestRun_ASignalEndsTheStart(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, tables := range []string{"-tables", "-tables=false"} {
		var stdout, stderr strings.Builder
		assert.Zero(t, run(ctx, []string{"-listen", "localhost:0", tables}, &stdout, &stderr))
		assert.Equal(t, "packagedb-local: stopped before it listened\n", stdout.String())
		assert.Empty(t, stderr.String())
	}
}

func TestRun_NamesAllTables(t *testing.T) {
	file := filepath.Join(t.TempDir(), "data")
	command := start(t, "-data", file)
	for i := range 101 { // more than ListTables returns at once
		_, err := command.client.CreateTable(t.Context(), newTable(fmt.Sprintf("table-%03d", i)))
		require.NoError(t, err)
	}
	assert.Contains(t, command.page(t, ""), "table-100 0")
	command.stop()
	_, said := start(t, "-data", file, "-tables=false").stop()
	assert.Regexp(t, `\ntables: package\.credentials, package\.specs, table-000, .*, table-100\n`, said)
}

func TestRun_LogsRequests(t *testing.T) {
	command := start(t, "-v")
	_, err := packagedb.New(command.client).ListSpecs(t.Context(), "sub")
	require.NoError(t, err)
	_, said := command.stop()
	assert.Regexp(t, `level=INFO msg=Query table=package\.specs status=200 error="" units=0\.5 duration=`, said)
}

func TestRun_URL(t *testing.T) {
	for listen, want := range map[string]string{
		"localhost:0": "http://localhost:",
		"127.0.0.1:0": "http://127.0.0.1:",
		"0.0.0.0:0":   "http://localhost:",
		":0":          "http://localhost:",
	} {
		t.Run(listen, func(t *testing.T) {
			command := start(t, "-listen", listen)
			assert.Regexp(t, "^"+want, command.url)
			assert.Len(t, command.tables(t), 2)
		})
	}
}

func TestRun_LocalhostIsBothLoopbackAddresses(t *testing.T) {
	listener, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Skipf("this host has no IPv6: %v", err)
	}
	listener.Close()
	command := start(t)
	_, port, _ := strings.Cut(strings.TrimPrefix(command.url, "http://"), ":")
	for _, host := range []string{"127.0.0.1", "::1"} {
		connection, err := net.Dial("tcp", net.JoinHostPort(host, port))
		require.NoError(t, err)
		connection.Close()
	}
}

func TestRun_Arguments(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	other, unused := filepath.Join(t.TempDir(), "data"), filepath.Join(t.TempDir(), "data")
	require.NoError(t, os.WriteFile(other, []byte("other\n"), 0o600))
	journal := filepath.Join(t.TempDir(), "data")
	require.NoError(t, os.WriteFile(journal, []byte("packagedb journal 1\n"), 0o600))
	for _, test := range []struct {
		name           string
		args           []string
		status         int
		stdout, stderr string
	}{
		{"a port that is taken", []string{"-listen", taken.Addr().String(), "-data", unused}, 1, "",
			"packagedb-local: " + taken.Addr().String() + " is taken: another program listens there"},
		{"an address without a port", []string{"-listen", "8000"}, 1, "", "-listen 8000: it must be host:port"},
		{"an address of another host", []string{"-listen", "192.0.2.1:8000"}, 1, "", "-listen 192.0.2.1:8000: "},
		{"an address of another host, for a file", []string{"-listen", "192.0.2.1:8000", "-data", unused}, 1, "", "-listen 192.0.2.1:8000: "},
		{"no port, for a file", []string{"-listen", "localhost:99999", "-data", unused}, 1, "", "-listen localhost:99999: "},
		{"another file", []string{"-listen", "127.0.0.1:0", "-data", other}, 1, "", "packagedb-local: data file " + other + ": not a data file of packagedb-local\n"},
		{"an argument", []string{"8000"}, 2, "", `unexpected argument "8000"`},
		{"a journal of 0.2.0", []string{"-listen", "127.0.0.1:0", "-data", journal}, 1, "", "packagedb-local: data file " + journal + ": a journal of packagedb-local 0.2.0, which this version does not read\n"},
		{"all origins", []string{"-allow-origin", "*"}, 2, "", `invalid value "*" for flag -allow-origin: it must be a scheme, a host`},
		{"an unknown flag", []string{"-port", "8000"}, 2, "", "flag provided but not defined: -port"},
		{"an expiry delay that is no duration", []string{"-expiry-delay", "2"}, 2, "", `invalid value "2" for flag -expiry-delay: parse error`},
		{"a negative expiry delay", []string{"-expiry-delay", "-1s"}, 2, "", "packagedb-local: negative -expiry-delay -1s\n"},
		{"a call for help", []string{"-h"}, 0, "serves an embedded DynamoDB over HTTP", ""},
		{"a call for the version", []string{"-version"}, 0, "packagedb-local v" + version.Version + "\n", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			var stdout, stderr strings.Builder
			assert.Equal(t, test.status, run(t.Context(), test.args, &stdout, &stderr))
			assert.Contains(t, stdout.String(), test.stdout)
			assert.Contains(t, stderr.String(), test.stderr)
			assert.Equal(t, test.status == 0, stderr.Len() == 0)
			assert.Equal(t, test.status != 0, stdout.Len() == 0)
		})
	}
	assert.NoFileExists(t, unused, "of a command that cannot listen")
}

func TestRun_ExpiryDelay(t *testing.T) {
	file := filepath.Join(t.TempDir(), "data")
	for _, test := range []struct {
		delay []string
		want  int
	}{
		{nil, 1},
		{[]string{"-data", file}, 1},
		{[]string{"-data", file, "-expiry-delay", "0s"}, 0},
		{[]string{"-expiry-delay", "0s"}, 0},
	} {
		t.Run(strings.Join(test.delay, " "), func(t *testing.T) {
			command := start(t, test.delay...)
			table := packagedb.Tables()[1]
			_, err := command.client.UpdateTimeToLive(t.Context(), &dynamodb.UpdateTimeToLiveInput{TableName: table.TableName,
				TimeToLiveSpecification: &types.TimeToLiveSpecification{AttributeName: aws.String("expires"), Enabled: aws.Bool(true)}})
			if err != nil { // the file has it
				require.ErrorContains(t, err, "TimeToLive is already enabled")
			}
			_, err = command.client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: table.TableName, Item: map[string]types.AttributeValue{
				"sub": &types.AttributeValueMemberS{Value: "sub"}, "id": &types.AttributeValueMemberS{Value: "id"},
				"expires": &types.AttributeValueMemberN{Value: strconv.FormatInt(time.Now().Unix()-10, 10)},
			}})
			require.NoError(t, err)
			scan, err := command.client.Scan(t.Context(), &dynamodb.ScanInput{TableName: table.TableName})
			require.NoError(t, err)
			assert.Len(t, scan.Items, test.want)
			command.stop()
		})
	}
}

func TestRun_EndsWithASignal(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no signals to send")
	}
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			command := startProcess(t)
			require.NoError(t, command.Process.Signal(signal))
			assert.NoError(t, command.Wait())
		})
	}
}

// process is a command in a process of its own.
type process struct {
	*exec.Cmd
	url string
}

// processTimeout is when a process is killed that does not end.
const processTimeout = time.Minute

// newProcess returns a command that is to be started.
func newProcess(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), processTimeout)
	t.Cleanup(cancel)
	command := exec.CommandContext(ctx, os.Args[0], append([]string{"-listen", "localhost:0"}, args...)...)
	command.Env = append(os.Environ(), asCommand+"=1")
	command.Stderr = os.Stderr
	return command
}

func startProcess(t *testing.T, args ...string) *process {
	t.Helper()
	return startCommand(t, newProcess(t, args...))
}

// startCommand starts a command and waits until it listens.
func startCommand(t *testing.T, command *exec.Cmd) *process {
	t.Helper()
	stdout, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	return &process{command, awaitURL(t, bufio.NewReader(stdout))}
}

func TestNewServer_EndsARequestWithoutABody(t *testing.T) {
	server := httptest.NewUnstartedServer(nil)
	server.Config = newServer(newRequests())
	assert.Equal(t, time.Minute, server.Config.ReadTimeout)
	server.Config.ReadTimeout = 10 * time.Millisecond
	server.Start()
	defer server.Close()
	connection, err := net.Dial("tcp", server.Listener.Addr().String())
	require.NoError(t, err)
	defer connection.Close()
	_, err = io.WriteString(connection, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n{")
	require.NoError(t, err)
	require.NoError(t, connection.SetReadDeadline(time.Now().Add(processTimeout)))
	_, err = io.Copy(io.Discard, connection)
	assert.NotErrorIs(t, err, os.ErrDeadlineExceeded) // but it may be reset
}
