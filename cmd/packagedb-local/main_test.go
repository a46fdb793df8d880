package main

import (
	"bufio"
	"context"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"go.uber.org/goleak"

	"github.com/open-alchemy/packagedb"
)

// asCommand makes the test binary be the command.
const asCommand = "PACKAGEDB_LOCAL_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main()
	}
	goleak.VerifyTestMain(m)
}

// started is a command that runs.
type started struct {
	output *bufio.Scanner
	url    string
	stop   func() (status int)
}

func start(t *testing.T, args ...string) *started {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	reader, writer := io.Pipe()
	status := make(chan int, 1)
	go func() {
		status <- run(ctx, args, writer, writer)
		writer.Close()
	}()
	s := &started{output: bufio.NewScanner(reader)}
	s.stop = func() int {
		cancel()
		for s.output.Scan() {
			t.Log(s.output.Text())
		}
		code := <-status
		status <- code
		return code
	}
	t.Cleanup(func() { s.stop() })
	s.url = awaitURL(t, s.output)
	return s
}

// awaitURL reads the first line of a command and returns the URL in it.
func awaitURL(t *testing.T, output *bufio.Scanner) string {
	t.Helper()
	output.Scan()
	url, ok := strings.CutPrefix(output.Text(), "packagedb-local: listening at ")
	if !ok {
		t.Fatalf("the first line is %q", output.Text())
	}
	return url
}

// use makes packagedb.Get and other clients find the command.
func (s *started) use(t *testing.T) packagedb.Database {
	t.Helper()
	t.Setenv("STAGE", "TEST")
	t.Setenv("AWS_ENDPOINT_URL_DYNAMODB", s.url)
	db, err := packagedb.Get()
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func (s *started) tables(t *testing.T) []string {
	t.Helper()
	client := dynamodb.New(dynamodb.Options{
		BaseEndpoint: &s.url,
		Region:       "us-east-1",
		Credentials:  credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
	list, err := client.ListTables(t.Context(), &dynamodb.ListTablesInput{})
	if err != nil {
		t.Fatal(err)
	}
	return list.TableNames
}

func TestCommandServesBothTablesUntilItIsInterrupted(t *testing.T) {
	command := start(t, "-listen", "localhost:0")
	db := command.use(t)
	if _, err := db.CreateUpdateSpec(t.Context(), "sub", packagedb.SpecInput{Name: "pets", Version: "1.0.0"}); err != nil {
		t.Fatal(err)
	}
	if version, err := db.GetLatestSpecVersion(t.Context(), "sub", "pets"); version != "1.0.0" || err != nil {
		t.Errorf("the latest version is %q: %v", version, err)
	}
	if got, want := command.tables(t), []string{"package.credentials", "package.specs"}; !slices.Equal(got, want) {
		t.Errorf("the tables are %q, want %q", got, want)
	}
	var said []string
	for range 4 {
		command.output.Scan()
		said = append(said, command.output.Text())
	}
	want := []string{
		"tables: package.specs, package.credentials",
		"",
		"Point a service at it with",
		"  STAGE=TEST AWS_ENDPOINT_URL_DYNAMODB=" + command.url,
	}
	if !slices.Equal(said, want) {
		t.Errorf("it says %q, want %q", said, want)
	}
	if status := command.stop(); status != 0 {
		t.Errorf("the status after an interrupt is %d", status)
	}
	if _, err := net.Dial("tcp", strings.TrimPrefix(command.url, "http://")); err == nil {
		t.Error("something still listens")
	}
}

func TestCommandStartsWithoutTables(t *testing.T) {
	command := start(t, "-listen", "127.0.0.1:0", "-tables=false")
	if got := command.tables(t); len(got) > 0 {
		t.Errorf("the tables are %q", got)
	}
	if command.output.Scan(); command.output.Text() != "tables: none" {
		t.Errorf("it says %q", command.output.Text())
	}
}

func TestCommandSaysWhereItIsFound(t *testing.T) {
	for listen, want := range map[string]string{
		"localhost:0": "http://localhost:",
		"127.0.0.1:0": "http://127.0.0.1:",
		"0.0.0.0:0":   "http://localhost:",
		":0":          "http://localhost:",
	} {
		t.Run(listen, func(t *testing.T) {
			command := start(t, "-listen", listen)
			if !strings.HasPrefix(command.url, want) {
				t.Errorf("the URL is %q, want it to start with %q", command.url, want)
			}
			if tables := command.tables(t); len(tables) != 2 {
				t.Errorf("the tables there are %q", tables)
			}
		})
	}
}

func TestCommandOnLocalhostListensAtBothLoopbackAddresses(t *testing.T) {
	probe, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Skipf("this host has no IPv6: %v", err)
	}
	probe.Close()
	command := start(t, "-listen", "localhost:0")
	_, port, _ := strings.Cut(strings.TrimPrefix(command.url, "http://"), ":")
	for _, host := range []string{"127.0.0.1", "::1"} {
		connection, err := net.Dial("tcp", net.JoinHostPort(host, port))
		if err != nil {
			t.Error(err)
			continue
		}
		connection.Close()
	}
}

func TestCommandRefuses(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, test := range []struct {
		name   string
		args   []string
		status int
		says   string
	}{
		{"a port that is taken", []string{"-listen", taken.Addr().String()}, 1,
			"packagedb-local: " + taken.Addr().String() + " is taken: another program listens there"},
		{"an address that is none", []string{"-listen", "8000"}, 1, "-listen 8000: it must be host:port"},
		{"an address of another host", []string{"-listen", "192.0.2.1:8000"}, 1, "-listen 192.0.2.1:8000: "},
		{"an argument", []string{"8000"}, 2, `unexpected argument "8000"`},
		{"an unknown flag", []string{"-port", "8000"}, 2, "flag provided but not defined: -port"},
		{"nothing when asked for help", []string{"-h"}, 0, "Usage of packagedb-local"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var stdout, stderr strings.Builder
			status := run(t.Context(), test.args, &stdout, &stderr)
			if status != test.status || !strings.Contains(stderr.String(), test.says) {
				t.Errorf("the status is %d and the message %q, want %d and %q", status, stderr.String(), test.status, test.says)
			}
			if stdout.Len() > 0 {
				t.Errorf("it says %q", stdout.String())
			}
		})
	}
}

func TestCommandEndsCleanlyWithASignal(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no signals to send")
	}
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			command := exec.CommandContext(t.Context(), os.Args[0], "-listen", "localhost:0")
			command.Env = append(os.Environ(), asCommand+"=1")
			command.Stderr = os.Stderr
			stdout, err := command.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := command.Start(); err != nil {
				t.Fatal(err)
			}
			awaitURL(t, bufio.NewScanner(stdout))
			if err := command.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, stdout); err != nil {
				t.Fatal(err)
			}
			if err := command.Wait(); err != nil {
				t.Errorf("the command ends with %v", err)
			}
		})
	}
}
