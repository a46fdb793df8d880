package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/open-alchemy/packagedb"
	"github.com/open-alchemy/packagedb/internal/loopback"
)

const (
	shownUsers    = 50
	shownVersions = 20
	itemsPerPage  = 50
	maxTextBytes  = 300
)

// store reads what the page shows.
type store struct {
	engine   http.Handler
	database packagedb.Database
}

type tableView struct {
	Name  string
	Items int64
	Keys  []string
}

type userView struct {
	Sub         string
	Models      int
	Specs       []specView
	Credentials []packagedb.CredentialsInfo
	Error       error
}

type specView struct {
	packagedb.SpecInfo
	Versions []packagedb.SpecInfo // the newest first
	More     bool
}

// itemsView is a page of the raw items of a table.
type itemsView struct {
	Table   tableView
	After   bool
	Columns []string
	Rows    [][]valueView
	Next    string // where the next page starts, if there is one
	Error   error
}

type valueView struct{ Type, Text string }

// item is an item in DynamoDB's JSON: its attributes' values by their types.
type item map[string]map[string]any

// call performs an operation of DynamoDB. The page does not list it.
func (s *store) call(ctx context.Context, operation string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://localhost/", bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/x-amz-json-1.0")
	request.Header.Set("X-Amz-Target", "DynamoDB_20120810."+operation)
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256")
	response, err := loopback.Client{Handler: s.engine}.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, _ := io.ReadAll(response.Body) // from memory
	if response.StatusCode != http.StatusOK {
		var exception struct{ Message string }
		_ = json.Unmarshal(answer, &exception)
		return errors.New(exception.Message)
	}
	return json.Unmarshal(answer, out)
}

// tables returns the first 100 tables by name.
func (s *store) tables(ctx context.Context) (tables []tableView, err error) {
	var list struct{ TableNames []string }
	if err := s.call(ctx, "ListTables", struct{}{}, &list); err != nil {
		return nil, err
	}
	for _, name := range list.TableNames {
		var out struct {
			Table struct {
				ItemCount int64
				KeySchema []struct{ AttributeName string }
			}
		}
		if s.call(ctx, "DescribeTable", map[string]any{"TableName": name}, &out) != nil {
			continue // already deleted
		}
		table := tableView{Name: name, Items: out.Table.ItemCount}
		for _, key := range out.Table.KeySchema {
			table.Keys = append(table.Keys, key.AttributeName)
		}
		tables = append(tables, table)
	}
	return tables, nil
}

// users returns the one user, or the first users in the tables, in order.
func (s *store) users(ctx context.Context, only string) (users []userView, more bool, err error) {
	subs := []string{only}
	if only == "" {
		if subs, more, err = s.subs(ctx); err != nil {
			return nil, false, err
		}
	}
	for _, sub := range subs {
		user := userView{Sub: sub}
		user.Error = s.fill(ctx, &user)
		users = append(users, user)
	}
	return users, more, nil
}

// subs returns the users of both tables. It jumps from one to the next, however many items they
// have.
func (s *store) subs(ctx context.Context) (subs []string, more bool, err error) {
	last := strings.Repeat("\U0010ffff", 1024/utf8.UTFMax) // the greatest sort key
	found := map[string]bool{}
	for _, table := range packagedb.Tables() {
		in := map[string]any{"TableName": *table.TableName, "Limit": 1}
		for !more {
			var out struct{ Items []item }
			if err := s.call(ctx, "Scan", in, &out); err != nil {
				return nil, false, fmt.Errorf("table %s: %w", *table.TableName, err)
			}
			if len(out.Items) == 0 {
				break
			}
			sub := out.Items[0]["sub"]
			found[fmt.Sprint(sub["S"])] = true
			more = len(found) == shownUsers
			in["ExclusiveStartKey"] = item{"sub": sub, *table.KeySchema[1].AttributeName: {"S": last}}
		}
	}
	return slices.Sorted(maps.Keys(found)), more, nil
}

func (s *store) fill(ctx context.Context, user *userView) error {
	specs, err := s.database.ListSpecs(ctx, user.Sub)
	if err != nil {
		return err
	}
	for _, spec := range specs {
		versions, err := s.database.ListSpecVersions(ctx, user.Sub, spec.Name,
			packagedb.Descending(), packagedb.Limit(shownVersions+1))
		if err != nil {
			return err
		}
		shown := min(len(versions), shownVersions)
		user.Models += spec.ModelCount
		user.Specs = append(user.Specs, specView{spec, versions[:shown], shown < len(versions)})
	}
	user.Credentials, err = s.database.ListCredentials(ctx, user.Sub)
	return err
}

// items returns a page of a table's items. It starts after a key in JSON, if there is one.
func (s *store) items(ctx context.Context, table tableView, after string) *itemsView {
	view := &itemsView{Table: table, After: after != ""}
	in := map[string]any{"TableName": table.Name, "Limit": itemsPerPage}
	if after != "" {
		in["ExclusiveStartKey"] = json.RawMessage(after)
	}
	var out struct {
		Items            []item
		LastEvaluatedKey json.RawMessage
	}
	if view.Error = s.call(ctx, "Scan", in, &out); view.Error != nil {
		return view
	}
	view.Next = string(out.LastEvaluatedKey)
	names := map[string]bool{}
	for _, item := range out.Items {
		for name := range item {
			names[name] = true
		}
	}
	for _, key := range table.Keys {
		delete(names, key)
	}
	view.Columns = append(slices.Clone(table.Keys), slices.Sorted(maps.Keys(names))...)
	for _, item := range out.Items {
		row := make([]valueView, len(view.Columns))
		for i, name := range view.Columns {
			row[i] = newValueView(name, item[name])
		}
		view.Rows = append(view.Rows, row)
	}
	return view
}

// newValueView returns a value for the page, without hashes and salts.
func newValueView(attribute string, value map[string]any) valueView {
	for kind, content := range value {
		text, isText := content.(string)
		if !isText {
			encoded, _ := json.Marshal(content) // it was decoded
			text = string(encoded)
		}
		if attribute == "secret_key_hash" || attribute == "salt" {
			if data, err := base64.StdEncoding.DecodeString(text); err == nil && kind == "B" {
				return valueView{kind, fmt.Sprintf("redacted, %d bytes", len(data))}
			}
			return valueView{kind, "redacted"}
		}
		if len(text) > maxTextBytes {
			text = fmt.Sprintf("%s… (%d bytes)", strings.ToValidUTF8(text[:maxTextBytes], ""), len(text))
		}
		return valueView{kind, text}
	}
	return valueView{}
}
