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

// checkAddress checks that an address has a port, at which no other program listens.
func checkAddress(ctx context.Context, address string) error {
	if _, _, err := splitAddress(address); err != nil {
		return err
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

// listen listens at an address and returns its URL for clients on this host. For localhost it
// listens at both loopback addresses, because clients differ in which they try first.
func listen(address string) (listeners []net.Listener, url string, err error) {
	host, port, err := splitAddress(address)
	if err != nil {
		return nil, "", err
	}
	hosts := []string{host}
	if host == "localhost" {
		hosts = []string{"127.0.0.1", "::1"}
	}
	var failure error
	for _, candidate := range hosts {
		listener, err := net.Listen("tcp", net.JoinHostPort(candidate, port))
		switch {
		case err == nil:
			listeners = append(listeners, listener)
			port = strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
		case errors.Is(err, syscall.EADDRINUSE):
			for _, listener := range listeners {
				_ = listener.Close()
			}
			return nil, "", errTaken(address)
		default: // This host may well have only one of the loopback addresses.
			failure = fmt.Errorf("-listen %s: %w", address, err)
		}
	}
	if len(listeners) == 0 {
		return nil, "", failure
	}
	if listeners[0].Addr().(*net.TCPAddr).IP.IsUnspecified() {
		host = "localhost"
	}
	return listeners, "http://" + net.JoinHostPort(host, port), nil
}
