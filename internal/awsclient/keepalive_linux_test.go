package awsclient

import (
	"context"
	"net"
	"net/http"
	"syscall"
	"testing"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// probes returns the keep-alive settings of a new connection's socket.
func probes(t *testing.T, client *awshttp.BuildableClient) (settings net.KeepAliveConfig) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	dial := tune(client, defaultLimits()).Transport.(*http.Transport).DialContext
	connection, err := dial(t.Context(), "tcp", listener.Addr().String())
	require.NoError(t, err)
	defer connection.Close()
	raw, err := connection.(*net.TCPConn).SyscallConn()
	require.NoError(t, err)
	require.NoError(t, raw.Control(func(socket uintptr) {
		get := func(level, option int) int {
			value, err := syscall.GetsockoptInt(int(socket), level, option)
			assert.NoError(t, err)
			return value
		}
		settings = net.KeepAliveConfig{
			Enable:   get(syscall.SOL_SOCKET, syscall.SO_KEEPALIVE) == 1,
			Idle:     time.Duration(get(syscall.IPPROTO_TCP, syscall.TCP_KEEPIDLE)) * time.Second,
			Interval: time.Duration(get(syscall.IPPROTO_TCP, syscall.TCP_KEEPINTVL)) * time.Second,
			Count:    get(syscall.IPPROTO_TCP, syscall.TCP_KEEPCNT),
		}
	}))
	return settings
}

func TestConfigure_KeepAlive(t *testing.T) {
	ours := net.KeepAliveConfig{Enable: true, Idle: 5 * time.Second, Interval: 5 * time.Second, Count: 3}
	theirs := net.KeepAliveConfig{Enable: true, Idle: 77 * time.Second, Interval: 7 * time.Second, Count: 17}
	caller := awshttp.NewBuildableClient()
	assert.Equal(t, ours, probes(t, caller))
	assert.Equal(t, ours, probes(t, caller.WithTransportOptions(func(transport *http.Transport) {
		transport.MaxConnsPerHost = 10
	})), "another option of the transport")
	assert.Equal(t, ours, probes(t, caller.WithTransportOptions(func(transport *http.Transport) {
		transport.DialContext = nil
	})), "no dialer")
	assert.Equal(t, theirs, probes(t, caller.WithDialerOptions(func(dialer *net.Dialer) {
		dialer.KeepAliveConfig = theirs
	})), "the caller's options")
	assert.Equal(t, theirs, probes(t, caller.WithTransportOptions(func(transport *http.Transport) {
		transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			return (&net.Dialer{KeepAliveConfig: theirs}).DialContext(ctx, network, address)
		}
	})), "the caller's dialer")
}
