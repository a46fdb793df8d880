package main

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/open-alchemy/packagedb"
)

// timeout bounds the calls of one request to the database.
const timeout = 5 * time.Second

// service is what the handlers share.
type service struct {
	// database is packagedb.Get with options, or a test's. It is cheap enough for every request.
	database func() (packagedb.Database, error)
	// client is packagedb.GetClient, for the service's own table, or a test's.
	client func() (*dynamodb.Client, error)
	// now is the clock.
	now func() time.Time
	// secret makes secret keys reproducible for the service alone.
	secret []byte
}

func (s service) routes() http.Handler {
	routes := http.NewServeMux()
	routes.Handle("GET /specs", s.forUser(listSpecs))
	routes.Handle("GET /specs/{name}", s.forUser(getSpec))
	routes.Handle("GET /specs/{name}/versions", s.forUser(listVersions))
	routes.Handle("GET /specs/{name}/versions/{version}", s.forUser(getVersion))
	routes.Handle("PUT /specs/{name}", s.forUser(putSpec))
	routes.Handle("DELETE /specs/{name}", s.forUser(deleteSpec))
	routes.Handle("POST /specs/{name}/downloads", s.forUser(s.countDownload))
	routes.Handle("GET /downloads", s.forUser(s.listDownloads))
	routes.Handle("GET /credentials/default", s.forUser(s.getDefaultCredentials))
	routes.Handle("POST /credentials/{id}", s.forUser(s.createCredentials))
	routes.Handle("DELETE /credentials/{id}", s.forUser(deleteCredentials))
	routes.Handle("GET /ready", handle(s.getReady))
	return routes
}

// call is the input of an endpoint.
type call struct {
	*http.Request
	header http.Header // of the response
	db     packagedb.Database
	sub    string
}

// forUser signs the user in before it calls the endpoint.
func (s service) forUser(endpoint func(call) (any, error)) http.Handler {
	return handle(func(c call) (_ any, err error) {
		if c.db, err = s.database(); err != nil {
			return nil, err
		}
		if c.sub, err = signIn(c.Request, c.db); err != nil {
			return nil, err
		}
		return endpoint(c)
	})
}

// handle responds with what the endpoint returns, as JSON; nil is no content, the result of a POST is
// created.
func handle(endpoint func(call) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), timeout)
		defer cancel()
		r = r.WithContext(ctx)
		result, err := endpoint(call{Request: r, header: w.Header()})
		switch {
		case err != nil:
			fail(w, r, err)
			return
		case result == nil:
			w.WriteHeader(http.StatusNoContent)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		if r.Method == http.MethodPost {
			w.WriteHeader(http.StatusCreated)
		}
		_ = json.NewEncoder(w).Encode(result) // the client may have gone
	})
}

// getReady responds to a readiness check.
func (s service) getReady(c call) (any, error) {
	client, err := s.client()
	if err != nil {
		return nil, err
	}
	return nil, checkTables(c.Context(), client)
}

// errBadRequest wraps an error in a request that is found before the database gets it.
var errBadRequest = errors.New("bad request")

// fail responds with an error. It shows details only of the caller's own mistakes.
func fail(w http.ResponseWriter, r *http.Request, err error) {
	switch {
	case errors.Is(err, packagedb.ErrInvalidInput), errors.Is(err, errBadRequest):
		http.Error(w, err.Error(), http.StatusBadRequest)
	case errors.Is(err, packagedb.ErrNotFound):
		http.Error(w, "not found", http.StatusNotFound)
	case errors.Is(err, packagedb.ErrExists):
		http.Error(w, "already exists", http.StatusConflict)
	case errors.Is(err, errNotSignedIn):
		w.Header().Set("WWW-Authenticate", `Basic realm="specs"`)
		http.Error(w, err.Error(), http.StatusUnauthorized)
	default:
		slog.ErrorContext(r.Context(), "request failed", "method", r.Method, "path", r.URL.Path, "error", err)
		http.Error(w, "try again later", http.StatusServiceUnavailable)
	}
}
