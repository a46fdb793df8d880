package main

import (
	"crypto/rand"
	_ "embed"
	"fmt"
	"html/template"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"
)

const pagePath = "/-/"

//go:embed page.html
var pageText string

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
	"second": func(unix int64) string { return time.Unix(unix, 0).UTC().Format(time.DateTime) },
	"short":  func(d time.Duration) string { return d.Round(time.Microsecond).String() },
	"time":   func(at time.Time) string { return at.Format(time.TimeOnly) },
}).Parse(pageText))

// page shows what is stored and the last requests, read-only.
type page struct {
	store    store
	requests *requests
	url      string
	data     string // the path of the journal, if there is one
	started  time.Time
}

// pageView is what the template shows.
type pageView struct {
	URL, Data, Nonce, Tag string
	Started               time.Time
	Count                 int
	Requests              []exchange
	Tables                []tableView
	Items                 *itemsView
	User                  string
	Users                 []userView
	MoreUsers             bool
	Error                 error
}

func (p *page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet || r.URL.Path != pagePath {
		http.NotFound(w, r)
		return
	}
	count, last := p.requests.recent()
	view := pageView{
		URL: p.url, Data: p.data, Nonce: rand.Text(), Started: p.started, Count: count, Requests: last,
		Tag: fmt.Sprintf(`"%d-%d"`, p.started.UnixNano(), count),
	}
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", fmt.Sprintf("default-src 'none'; "+
		"style-src 'nonce-%s'; script-src 'nonce-%[1]s'; "+
		"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'", view.Nonce))
	header.Set("Etag", view.Tag)
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("X-Content-Type-Options", "nosniff")
	if r.Header.Get("If-None-Match") == view.Tag {
		w.WriteHeader(http.StatusNotModified) // what is stored changes with a request only
		return
	}
	view.fill(r, &p.store)
	_ = pageTemplate.Execute(w, view) // the browser may be gone
}

func (v *pageView) fill(r *http.Request, s *store) {
	query := r.URL.Query()
	if v.Tables, v.Error = s.tables(r.Context()); v.Error != nil {
		return
	}
	if name := query.Get("table"); name != "" {
		table := tableView{Name: name}
		if i := slices.IndexFunc(v.Tables, func(t tableView) bool { return t.Name == name }); i >= 0 {
			table = v.Tables[i]
		}
		v.Items = s.items(r.Context(), table, query.Get("after"))
		return
	}
	v.User = query.Get("user")
	v.Users, v.MoreUsers, v.Error = s.users(r.Context(), v.User)
}

// route sends the page's paths to the page and all others to the requests. A browser's request must
// name this host by an address or a name without a dot, so that no site can rebind its own name to
// this host and read what is stored.
func route(page, requests http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		toPage := strings.HasPrefix(r.URL.Path, pagePath)
		switch {
		case (toPage || r.Header.Get("Origin") != "") && !isLocalName(r.Host):
			http.Error(w, "open this page by an IP address or as localhost", http.StatusForbidden)
		case toPage:
			page.ServeHTTP(w, r)
		case r.URL.Path == strings.TrimSuffix(pagePath, "/"):
			http.Redirect(w, r, pagePath, http.StatusMovedPermanently)
		default:
			requests.ServeHTTP(w, r)
		}
	})
}

func isLocalName(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.Trim(host, "[]")
	return net.ParseIP(host) != nil || !strings.Contains(host, ".") || strings.HasSuffix(host, ".localhost")
}
