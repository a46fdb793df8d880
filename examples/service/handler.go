package main

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"

	"github.com/open-alchemy/packagedb"
)

// handler answers the requests of the service.
type handler struct {
	// database is packagedb.Get, or a test's. It is cheap enough to be called on every request.
	database func() (packagedb.Database, error)
}

func newHandler(database func() (packagedb.Database, error)) http.Handler {
	h := handler{database}
	routes := http.NewServeMux()
	routes.Handle("GET /specs", h.forUser(listSpecs))
	routes.Handle("GET /specs/{name}", h.forUser(getSpec))
	routes.Handle("PUT /specs/{name}", h.forUser(putSpec))
	routes.Handle("DELETE /specs/{name}", h.forUser(deleteSpec))
	return routes
}

// call is what an endpoint works with. What it returns becomes JSON, and nil is no content.
type call struct {
	*http.Request
	db  packagedb.Database
	sub string
}

func (h handler) forUser(endpoint func(call) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		db, err := h.database()
		if err != nil {
			fail(w, r, err)
			return
		}
		sub, err := signIn(r, db)
		if err != nil {
			fail(w, r, err)
			return
		}
		answer, err := endpoint(call{r, db, sub})
		switch {
		case err != nil:
			fail(w, r, err)
		case answer == nil:
			w.WriteHeader(http.StatusNoContent)
		default:
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(answer) // the client may have gone
		}
	})
}

func listSpecs(c call) (any, error) { return c.db.ListSpecs(c.Context(), c.sub) }

func getSpec(c call) (any, error) { return c.db.GetSpec(c.Context(), c.sub, c.PathValue("name")) }

func putSpec(c call) (any, error) {
	var spec packagedb.SpecInput
	if err := json.NewDecoder(http.MaxBytesReader(nil, c.Body, maxBody)).Decode(&spec); err != nil {
		return nil, errors.Join(errBadRequest, err)
	}
	spec.Name = c.PathValue("name")
	return nil, c.db.CreateUpdateSpec(c.Context(), c.sub, spec)
}

func deleteSpec(c call) (any, error) {
	return nil, c.db.DeleteSpec(c.Context(), c.sub, c.PathValue("name"))
}

const maxBody = 1 << 20 // of JSON, which may be longer than the 400 KB that DynamoDB stores of it

var errBadRequest = errors.New("the body is not JSON of a spec")

// fail answers with an error. Only the caller's own mistakes are told in detail.
func fail(w http.ResponseWriter, r *http.Request, err error) {
	switch {
	case errors.Is(err, packagedb.ErrInvalidInput), errors.Is(err, errBadRequest):
		http.Error(w, err.Error(), http.StatusBadRequest)
	case errors.Is(err, packagedb.ErrNotFound):
		http.Error(w, "not found", http.StatusNotFound)
	case errors.Is(err, errNotSignedIn):
		w.Header().Set("WWW-Authenticate", `Basic realm="specs"`)
		http.Error(w, err.Error(), http.StatusUnauthorized)
	default:
		slog.ErrorContext(r.Context(), "request failed", "method", r.Method, "path", r.URL.Path, "error", err)
		http.Error(w, "try again later", http.StatusServiceUnavailable)
	}
}
