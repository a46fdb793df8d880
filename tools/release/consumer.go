package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// consumer is what an empty module does with a version of the module.
type consumer struct {
	version     string
	environment []string
	output      io.Writer

	// local makes the production tests run against the module's own local server.
	local bool
}

const (
	localServer     = "cmd/packagedb-local"
	productionTests = "test/production"
)

// consume gets the version into an empty module, builds the README's code there and runs the
// production tests.
func consume(ctx context.Context, p project, c consumer) error {
	dir, err := os.MkdirTemp("", "consumer-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	// What go.sum knows of the dependencies need not be asked for again. That of the module itself is
	// not in it.
	if err := copyFile(filepath.Join(p.root, "go.sum"), filepath.Join(dir, "go.sum")); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	// With trimmed paths, what is compiled does not depend on the directory, and is found in the cache.
	c.environment = append(addGoflags(c.environment, "-mod=mod -trimpath"), "GOWORK=off")
	for _, arguments := range [][]string{
		{"mod", "init", "consumer.test"},
		{"get", p.module + "@" + c.version},
	} {
		if err := c.goCommand(ctx, dir, arguments...); err != nil {
			return err
		}
	}
	if err := c.buildReadme(ctx, p, dir); err != nil {
		return err
	}
	return c.runProductionTests(ctx, p, dir)
}

// addGoflags adds to the flags of the go command that an environment has.
func addGoflags(environment []string, flags string) []string {
	for _, variable := range slices.Backward(environment) {
		if value, found := strings.CutPrefix(variable, "GOFLAGS="); found {
			flags = value + " " + flags
			break
		}
	}
	return append(environment, "GOFLAGS="+strings.TrimSpace(flags))
}

func (c consumer) goCommand(ctx context.Context, dir string, arguments ...string) error {
	command := exec.CommandContext(ctx, "go", arguments...)
	command.Dir, command.Env, command.Stdout, command.Stderr = dir, c.environment, c.output, c.output
	if err := command.Run(); err != nil {
		return fmt.Errorf("go %s: %w", strings.Join(arguments, " "), err)
	}
	return nil
}

func (c consumer) runProductionTests(ctx context.Context, p project, dir string) error {
	tests, err := filepath.Glob(filepath.Join(p.root, productionTests, "*_test.go"))
	if err != nil {
		return err
	}
	if len(tests) == 0 {
		return errors.New(productionTests + " holds no tests")
	}
	target := filepath.Join(dir, "production")
	if err := os.Mkdir(target, 0o755); err != nil {
		return err
	}
	for _, test := range tests {
		if err := copyFile(test, filepath.Join(target, filepath.Base(test))); err != nil {
			return err
		}
	}
	if c.local {
		endpoint, stop, err := c.startLocalServer(ctx, p, dir)
		if err != nil {
			return err
		}
		defer stop()
		c.environment = append(c.environment, "STAGE=TEST", "AWS_ENDPOINT_URL_DYNAMODB="+endpoint)
	}
	return c.goCommand(ctx, dir, "test", "-count=1", "-v", "./production")
}

func copyFile(from, to string) error {
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, content, 0o644)
}

// startLocalServer builds the version's local server and runs it until stop is called.
func (c consumer) startLocalServer(ctx context.Context, p project, dir string) (endpoint string, stop func(), err error) {
	binary := filepath.Join(dir, "local-server")
	if err := c.goCommand(ctx, dir, "build", "-o", binary, p.module+"/"+localServer); err != nil {
		return "", nil, err
	}
	address, err := freeAddress(ctx)
	if err != nil {
		return "", nil, err
	}
	server := exec.CommandContext(ctx, binary, "-listen", address)
	server.Env, server.Stdout, server.Stderr = c.environment, c.output, c.output
	if err := server.Start(); err != nil {
		return "", nil, err
	}
	ended := make(chan struct{})
	go func() {
		_ = server.Wait()
		close(ended)
	}()
	stop = func() {
		_ = server.Process.Kill()
		<-ended
	}
	if err := awaitServer(ctx, address, ended); err != nil {
		stop()
		return "", nil, err
	}
	return "http://" + address, stop, nil
}

func freeAddress(ctx context.Context) (string, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}

// awaitServer returns once the server accepts connections, or with an error once it has ended.
func awaitServer(ctx context.Context, address string, ended <-chan struct{}) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		connection, err := new(net.Dialer).DialContext(ctx, "tcp", address)
		if err == nil {
			return connection.Close()
		}
		select {
		case <-ended:
			return errors.New("the local server ended")
		case <-ctx.Done():
			return fmt.Errorf("the local server does not answer at %s: %w", address, err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}
