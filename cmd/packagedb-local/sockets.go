package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"
	"time"
)

// dialTimeout is how long a program at the address may take to accept a connection.
const dialTimeout = 200 * time.Millisecond

// checkAddress checks that an address is one of this host, with a port at which no other program listens.
func checkAddress(ctx context.Context, address string) error {
	host, port, err := splitAddress(address)
	if err != nil {
		return err
	}
	listeners, err := listenAt(host, "0")
	closeAll(listeners)
	if err == nil || errors.Is(err, syscall.EADDRINUSE) { // of the port that was tried
		_, err = net.DefaultResolver.LookupPort(ctx, "tcp", port)
	}
	if err != nil {
		return fmt.Errorf("-listen %s: %w", address, err)
	}
	dialer := net.Dialer{Timeout: dialTimeout}
	connection, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil //nolint:nilerr // nobody listens
	}
	_ = connection.Close()
	return errTaken(address)
}

func splitAddress(address string) (host, port string, err error) {
	if host, port, err = net.SplitHostPort(address); err != nil {
		err = fmt.Errorf("-listen %s: it must be host:port, such as %s", address, defaultAddress)
	}
	return host, port, err
}

func errTaken(address string) error {
	return fmt.Errorf("%s is taken: another program listens there; stop it, or choose another port with -listen", address)
}

// listen listens at an address and returns its URL for clients on this host.
func listen(address string) (listeners []net.Listener, url string, err error) {
	host, port, err := splitAddress(address)
	if err != nil {
		return nil, "", err
	}
	listeners, err = listenAt(host, port)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, "", errTaken(address)
	case err != nil:
		return nil, "", fmt.Errorf("-listen %s: %w", address, err)
	}
	at := listeners[0].Addr().(*net.TCPAddr)
	if at.IP.IsUnspecified() {
		host = "localhost"
	}
	return listeners, "http://" + net.JoinHostPort(host, strconv.Itoa(at.Port)), nil
}

// listenAt listens at a host. For localhost it listens at both loopback addresses, because clients differ
// in which they try first.
func listenAt(host, port string) (listeners []net.Listener, err error) {
	hosts := []string{host}
	if host == "localhost" {
		hosts = []string{"127.0.0.1", "::1"}
	}
	for _, candidate := range hosts {
		listener, failure := net.Listen("tcp", net.JoinHostPort(candidate, port))
		switch {
		case failure == nil:
			listeners = append(listeners, listener)
			port = strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
		case errors.Is(failure, syscall.EADDRINUSE):
			closeAll(listeners)
			return nil, failure
		default: // This host may well have only one of the loopback addresses.
			err = failure
		}
	}
	if len(listeners) > 0 {
		return listeners, nil
	}
	return nil, err
}

func closeAll(listeners []net.Listener) {
	for _, listener := range listeners {
		_ = listener.Close()
	}
}

// isOpen reports whether other hosts can connect.
func isOpen(listener net.Listener) bool {
	return !listener.Addr().(*net.TCPAddr).IP.IsLoopback()
}
