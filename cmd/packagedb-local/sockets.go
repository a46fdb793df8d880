package main

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"
)

// listen listens at an address and returns its URL for clients on this host. For localhost it
// listens at both loopback addresses, because clients differ in which they try first.
func listen(address string) (listeners []net.Listener, url string, err error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, "", fmt.Errorf("-listen %s: it must be host:port, such as %s", address, defaultAddress)
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
			closeAll(listeners)
			return nil, "", fmt.Errorf("%s is taken: another program listens there; "+
				"stop it, or choose another port with -listen", address)
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

func closeAll(listeners []net.Listener) {
	for _, listener := range listeners {
		_ = listener.Close()
	}
}
