package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"
)

// sockets are the listeners of one address.
type sockets struct {
	host      string
	listeners []net.Listener
}

// listen listens at an address. For localhost that is both loopback addresses, because clients
// differ in which they try first.
func listen(ctx context.Context, address string) (*sockets, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("-listen %s: it must be host:port, such as %s", address, defaultAddress)
	}
	s := &sockets{host: host}
	if err := s.add(ctx, address); err != nil {
		return nil, cannotListen(address, err)
	}
	if host != "localhost" {
		return s, nil
	}
	other := "::1"
	if s.address().IP.To4() == nil {
		other = "127.0.0.1"
	}
	other = net.JoinHostPort(other, s.port())
	// A host may well have only one of the two.
	if err := s.add(ctx, other); errors.Is(err, syscall.EADDRINUSE) {
		s.close()
		return nil, cannotListen(other, err)
	}
	return s, nil
}

func (s *sockets) add(ctx context.Context, address string) error {
	var configuration net.ListenConfig
	listener, err := configuration.Listen(ctx, "tcp", address)
	if err == nil {
		s.listeners = append(s.listeners, listener)
	}
	return err
}

func cannotListen(address string, err error) error {
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("%s is taken: another program listens there; stop it, or choose another port with -listen", address)
	}
	return fmt.Errorf("-listen %s: %w", address, err)
}

func (s *sockets) close() {
	for _, listener := range s.listeners {
		_ = listener.Close() // the server may have closed it before
	}
}

func (s *sockets) address() *net.TCPAddr { return s.listeners[0].Addr().(*net.TCPAddr) }

func (s *sockets) port() string { return strconv.Itoa(s.address().Port) }

// url returns the URL for clients on this host.
func (s *sockets) url() string {
	host := s.host
	if s.address().IP.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, s.port())
}
