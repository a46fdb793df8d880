package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/open-alchemy/packagedb"
)

// pageSize is the number of results on a page, unless the request has a limit.
const pageSize = 100

func listSpecs(c call) (any, error) {
	page, limit, err := c.page()
	if err != nil {
		return nil, err
	}
	specs, err := c.db.ListSpecs(c.Context(), c.sub, page...)
	if err == nil && len(specs) == limit {
		c.linkNext(specs[limit-1].ID)
	}
	return specs, err
}

func listVersions(c call) (any, error) {
	page, limit, err := c.page()
	if err != nil {
		return nil, err
	}
	page = append(page, packagedb.Descending()) // the newest first
	versions, err := c.db.ListSpecVersions(c.Context(), c.sub, c.PathValue("name"), page...)
	if err == nil && len(versions) == limit {
		c.linkNext(strconv.FormatInt(versions[limit-1].UpdatedAt, 10))
	}
	return versions, err
}

func getSpec(c call) (any, error) { return c.db.GetSpec(c.Context(), c.sub, c.PathValue("name")) }

func getVersion(c call) (any, error) {
	return c.db.GetSpecVersion(c.Context(), c.sub, c.PathValue("name"), c.PathValue("version"))
}

// maxBody is the longest JSON of a spec in bytes. DynamoDB stores at most 200 KB of it.
const maxBody = 1 << 20

func putSpec(c call) (any, error) {
	var spec packagedb.SpecInput
	if err := json.NewDecoder(http.MaxBytesReader(nil, c.Body, maxBody)).Decode(&spec); err != nil {
		return nil, fmt.Errorf("%w: the body is not JSON of a spec: %w", errBadRequest, err)
	}
	spec.Name = c.PathValue("name")
	return c.db.CreateUpdateSpec(c.Context(), c.sub, spec)
}

func deleteSpec(c call) (any, error) {
	return nil, c.db.DeleteSpec(c.Context(), c.sub, c.PathValue("name"))
}

// page returns the options for the page that the query string asks for, and its limit.
func (c call) page() (options []packagedb.ListOption, limit int, err error) {
	query := c.URL.Query()
	limit = pageSize
	if text := query.Get("limit"); text != "" {
		if limit, err = strconv.Atoi(text); err != nil || limit < 1 || limit > 1000 {
			return nil, 0, fmt.Errorf("%w: the limit is not a number from 1 to 1000", errBadRequest)
		}
	}
	options = []packagedb.ListOption{packagedb.Limit(limit)}
	if query.Has("after") {
		options = append(options, packagedb.After(query.Get("after")))
	}
	return options, limit, nil
}

// linkNext points to the page that starts after the last result of this one: RFC 8288.
func (c call) linkNext(last string) {
	query := c.URL.Query()
	query.Set("after", last)
	next := url.URL{Path: c.URL.Path, RawQuery: query.Encode()}
	c.header.Set("Link", fmt.Sprintf(`<%s>; rel="next"`, &next))
}
