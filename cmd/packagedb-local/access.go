package main

import (
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/open-alchemy/packagedb/internal/protocol"
)

// What is refused, with the way out.
var (
	errHost = errors.New("this host is not called by that name: use localhost, " +
		"or start packagedb-local with -listen :PORT, so that it listens at all addresses")
	errName   = errors.New("open the page at localhost, at an IP address or at a name without a dot")
	errOrigin = errors.New("the request comes from a web page of another origin: " +
		"start packagedb-local with -allow-origin ORIGIN to let it in")
)

// access refuses the requests that web pages of others make a browser send, before their body is read and
// before anything is kept of them. No page can set or leave out the headers that tell.
type access struct {
	origins  origins  // further origins that may send requests, and read the responses
	names    []string // of this host, beside localhost
	loopback bool     // only this host can connect
	next     http.Handler
}

func (a *access) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := a.check(r); err != nil {
		refusal := protocol.Exception(http.StatusForbidden, "AccessDeniedException", err.Error(), nil)
		refusal.Header.Set("Content-Type", "application/json") // which a browser shows
		refusal.Header.Set("Connection", "close")              // or else the server reads the body first
		refusal.Write(w)
		return
	}
	if origin := r.Header.Get("Origin"); slices.Contains(a.origins, origin) {
		allow(w.Header(), r, origin)
		if r.Method == http.MethodOptions {
			return
		}
	}
	a.next.ServeHTTP(w, r)
}

// check checks where a request comes from, and by which name it calls this host: a page of a site whose
// name was rebound to this host has that name in both.
func (a *access) check(r *http.Request) error {
	host := hostOf(r.Host)
	isThis := isLoopback(host) || slices.Contains(a.names, host)
	cannotBeRebound := isThis || isLocalName(host)
	sent := r.Header["Origin"]
	switch {
	case a.loopback && !isThis:
		return errHost
	case strings.HasPrefix(r.URL.Path, pagePath) && !cannotBeRebound:
		return errName
	case len(sent) == 0 && isCrossSite(r.Header):
		return errOrigin
	}
	for _, origin := range sent {
		own := cannotBeRebound && strings.EqualFold(origin, "http://"+r.Host)
		if !own && !slices.Contains(a.origins, origin) {
			return errOrigin
		}
	}
	return nil
}

// allow lets a page of another origin read the response. It sets the headers that DynamoDB sets, and
// those of the response to a preflight request.
func allow(header http.Header, r *http.Request, origin string) {
	header.Set("Access-Control-Allow-Origin", origin)
	header.Set("Access-Control-Expose-Headers", "x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date")
	header.Set("Vary", "Origin")
	if r.Method == http.MethodOptions {
		header.Set("Access-Control-Allow-Headers", r.Header.Get("Access-Control-Request-Headers"))
		header.Set("Access-Control-Allow-Methods", r.Header.Get("Access-Control-Request-Method"))
		header.Set("Access-Control-Max-Age", "7200")
	}
}

// isCrossSite reports whether a page of another origin made a browser send a request without an Origin,
// such as that of an image or a frame. A link that the user follows is no such request.
func isCrossSite(header http.Header) bool {
	switch header.Get("Sec-Fetch-Site") {
	case "", "none", "same-origin":
		return false
	}
	return header.Get("Sec-Fetch-Mode") != "navigate" || header.Get("Sec-Fetch-Dest") != "document"
}

// hostOf returns the name or the IP address in a host and port, in lower case.
func hostOf(hostport string) string {
	host := (&url.URL{Host: hostport}).Hostname()
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

// isLoopback reports whether a host is this one, whatever DNS says. A request of HTTP/1.0 may have none.
func isLoopback(host string) bool {
	if address, err := netip.ParseAddr(host); err == nil {
		return address.Unmap().IsLoopback() || address.IsUnspecified()
	}
	switch host {
	case "", "localhost", "host.docker.internal", "host.containers.internal": // in containers on this host
		return true
	}
	return strings.HasSuffix(host, ".localhost")
}

// isLocalName reports whether no site can have the host as a name of its own.
func isLocalName(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil || !strings.Contains(host, ".")
}

// origins are the values of -allow-origin, each as browsers send it.
type origins []string

func (o *origins) String() string { return strings.Join(*o, " ") }

func (o *origins) Set(value string) error {
	u, err := url.Parse(strings.ToLower(strings.TrimSuffix(value, "/")))
	if err != nil || u.Scheme == "" || u.Host == "" || u.String() != u.Scheme+"://"+u.Host {
		return errors.New("it must be a scheme, a host and perhaps a port, such as http://localhost:3000")
	}
	defaultPort := map[string]string{"http": ":80", "https": ":443"}[u.Scheme]
	*o = append(*o, u.Scheme+"://"+strings.TrimSuffix(u.Host, defaultPort))
	return nil
}
