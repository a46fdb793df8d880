package main

import (
	"context"
	"crypto/rand"
	_ "embed"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/open-alchemy/packagedb"
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
	URL, Data string // Data is the path of the data file, if there is one
	Started   time.Time
	requests  *requests
	client    *dynamodb.Client // its requests are not among the requests
	database  packagedb.Database
}

func newPage(client *dynamodb.Client, requests *requests, url, data string) *page {
	return &page{url, data, time.Now(), requests, client, packagedb.New(client)}
}

// pageView is what the template shows.
type pageView struct {
	*page
	Nonce, Tag string
	Count      int
	Requests   []exchange
	Tables     []tableView
	Items      *itemsView // nil for users
	Users      *usersView
	Error      error
}

func (p *page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet || r.URL.Path != pagePath {
		http.NotFound(w, r)
		return
	}
	count, last := p.requests.recent()
	view := pageView{page: p, Nonce: rand.Text(), Count: count, Requests: last}
	view.Tag = fmt.Sprintf(`"%d-%d"`, p.Started.UnixNano(), count)
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
	view.Error = view.read(r.Context(), r.URL.Query())
	_ = pageTemplate.Execute(w, view) // the browser may be gone
}

// read reads what the query selects: of a table, or of the users.
func (v *pageView) read(ctx context.Context, query url.Values) (err error) {
	if v.Tables, err = v.tables(ctx); err != nil {
		return err
	}
	if table := query.Get("table"); table != "" {
		v.Items = &itemsView{Table: table, Index: query.Get("index"), After: query.Get("after"), Item: query.Get("item")}
		v.Items.Error = v.Items.read(ctx, v.client, query["value"])
		return nil
	}
	v.Users = &usersView{Part: query.Get("user")}
	return v.Users.read(ctx, v.page)
}

// route sends the page's paths to the page, a browser that asks for / as well, and all others to the
// requests.
func route(page, requests http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasPrefix(r.URL.Path, pagePath):
			page.ServeHTTP(w, r)
		case r.URL.Path == strings.TrimSuffix(pagePath, "/"), isBrowserAtRoot(r):
			http.Redirect(w, r, pagePath, http.StatusFound)
		default:
			requests.ServeHTTP(w, r)
		}
	})
}

// isBrowserAtRoot reports whether a browser asks for /, which for all others is the health check.
func isBrowserAtRoot(r *http.Request) bool {
	return r.Method == http.MethodGet && r.URL.Path == "/" && strings.Contains(r.Header.Get("Accept"), "text/html")
}
