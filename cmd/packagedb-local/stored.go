package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"github.com/open-alchemy/packagedb"
)

const (
	shownUsers    = 50
	shownVersions = 20
	itemsPerPage  = 50
	maxTextBytes  = 300
)

type tableView struct {
	Name  string
	Items int64
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
	Table   string
	After   string // the key in JSON that the page starts after, if there is one
	Columns []string
	Rows    [][]valueView
	Next    string // the key in JSON that the next page starts after, if there is one
	Error   error
}

type valueView struct{ Type, Text string }

// brief returns an error of DynamoDB without the details of the request.
func brief(err error) error {
	var exception smithy.APIError
	if errors.As(err, &exception) {
		return errors.New(exception.ErrorMessage())
	}
	return err
}

// tableNames returns the names of all tables, in order.
func tableNames(ctx context.Context, client *dynamodb.Client) (names []string, err error) {
	pages := dynamodb.NewListTablesPaginator(client, &dynamodb.ListTablesInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		names = append(names, page.TableNames...)
	}
	return names, nil
}

func (p *page) tables(ctx context.Context) (tables []tableView, err error) {
	names, err := tableNames(ctx, p.client)
	if err != nil {
		return nil, brief(err)
	}
	for _, name := range names {
		out, err := p.client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &name})
		if err == nil { // or else it is deleted already
			tables = append(tables, tableView{name, *out.Table.ItemCount})
		}
	}
	return tables, nil
}

// subs returns the first users of both tables, in order. It jumps from one to the next, however many
// items they have.
func (p *page) subs(ctx context.Context) (subs []string, more bool, err error) {
	last := &types.AttributeValueMemberS{Value: strings.Repeat("\U0010ffff", 1024/utf8.UTFMax)} // the greatest sort key
	found := map[string]bool{}
	for _, table := range packagedb.Tables() {
		in := &dynamodb.ScanInput{TableName: table.TableName, Limit: aws.Int32(1)}
		for !more {
			out, err := p.client.Scan(ctx, in)
			if err != nil {
				return nil, false, fmt.Errorf("table %s: %w", *table.TableName, brief(err))
			}
			if len(out.Items) == 0 {
				break
			}
			sub := out.Items[0]["sub"]
			if text, ok := sub.(*types.AttributeValueMemberS); ok {
				found[text.Value] = true
			} // or else the next scan fails
			more = len(found) == shownUsers
			in.ExclusiveStartKey = map[string]types.AttributeValue{"sub": sub, *table.KeySchema[1].AttributeName: last}
		}
	}
	return slices.Sorted(maps.Keys(found)), more, nil
}

func (u *userView) read(ctx context.Context, db packagedb.Database) error {
	specs, err := db.ListSpecs(ctx, u.Sub)
	if err != nil {
		return err
	}
	for _, spec := range specs {
		versions, err := db.ListSpecVersions(ctx, u.Sub, spec.Name, packagedb.Descending(), packagedb.Limit(shownVersions+1))
		if err != nil {
			return err
		}
		shown := min(len(versions), shownVersions)
		u.Models += spec.ModelCount
		u.Specs = append(u.Specs, specView{spec, versions[:shown], shown < len(versions)})
	}
	u.Credentials, err = db.ListCredentials(ctx, u.Sub)
	return err
}

// read reads the items. The key's attributes are the first columns.
func (v *itemsView) read(ctx context.Context, client *dynamodb.Client) error {
	description, err := client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &v.Table})
	if err != nil {
		return brief(err)
	}
	in := &dynamodb.ScanInput{TableName: &v.Table, Limit: aws.Int32(itemsPerPage)}
	if v.After != "" {
		if in.ExclusiveStartKey, err = attributevalue.UnmarshalMapJSON([]byte(v.After)); err != nil {
			return err
		}
	}
	out, err := client.Scan(ctx, in)
	if err != nil {
		return brief(err)
	}
	if out.LastEvaluatedKey != nil {
		next, err := attributevalue.MarshalMapJSON(out.LastEvaluatedKey)
		if err != nil {
			return err
		}
		v.Next = string(next)
	}
	names := map[string]bool{}
	for _, item := range out.Items {
		for name := range item {
			names[name] = true
		}
	}
	for _, key := range description.Table.KeySchema {
		v.Columns = append(v.Columns, *key.AttributeName)
		delete(names, *key.AttributeName)
	}
	v.Columns = append(v.Columns, slices.Sorted(maps.Keys(names))...)
	for _, item := range out.Items {
		row := make([]valueView, len(v.Columns))
		for i, name := range v.Columns {
			if value, ok := item[name]; ok {
				row[i] = newValueView(name, value)
			}
		}
		v.Rows = append(v.Rows, row)
	}
	return nil
}

// newValueView returns a value for the page, without hashes and salts.
func newValueView(attribute string, value types.AttributeValue) (view valueView) {
	encoded, _ := attributevalue.MarshalJSON(value) // it was decoded
	var typed map[string]any
	_ = json.Unmarshal(encoded, &typed)
	for kind, content := range typed {
		view.Type = kind
		var isText bool
		if view.Text, isText = content.(string); !isText {
			encoded, _ = json.Marshal(content)
			view.Text = string(encoded)
		}
	}
	if attribute == "secret_key_hash" || attribute == "salt" {
		view.Text = "redacted"
		if data, ok := value.(*types.AttributeValueMemberB); ok {
			view.Text = fmt.Sprintf("redacted, %d bytes", len(data.Value))
		}
	} else if len(view.Text) > maxTextBytes {
		view.Text = fmt.Sprintf("%s… (%d bytes)", strings.ToValidUTF8(view.Text[:maxTextBytes], ""), len(view.Text))
	}
	return view
}
