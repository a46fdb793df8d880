package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"github.com/open-alchemy/packagedb/internal/protocol"
)

const (
	itemsPerPage = 50
	shownColumns = 30
	// How much of a value is shown in its cell, and when it is opened there.
	maxTextBytes   = 150
	maxOpenedBytes = 10_000
)

type attributes = map[string]types.AttributeValue

type tableView struct {
	Name  string
	Items int64
}

// itemsView is a page of the raw items of a table, those with a partition key, or one item.
type itemsView struct {
	Table, Index string
	Views        []keyView                            // the table and its indexes
	types        map[string]types.ScalarAttributeType // of the attributes of their keys
	Partition    []keyAttribute
	Expiry       string       // the attribute with the time to live, if there is one
	After        string       // the key in JSON that the page starts after, if there is one
	Columns      []string     // the key's attributes first
	MoreColumns  int          // that are not shown
	Rows         []rowView    // the items
	First, Next  template.URL // the queries of these pages, if there are such
	Item         string       // the key in JSON of the one item
	JSON         string       // that item
	ExpiryDate   string       // of that item
	Error        error
}

// keyView is a table or an index.
type keyView struct {
	Name, Kind string
	Partition  []keyAttribute
	Sort       []keyAttribute
	Projected  string
	Items      int64
	Query      template.URL // of its page
	Chosen     bool
}

// keyAttribute is an attribute of a key, and the value that was asked for.
type keyAttribute struct {
	Name  string
	Type  types.ScalarAttributeType
	Value string
}

type rowView struct {
	Query template.URL // of the item's page, if its key may be shown
	Key   string
	Cells []valueView
}

type valueView struct {
	Type, Text string
	Opened     string // more of the text, if there is more
	Date       string // of an expiry
}

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

// read reads the one item, or a page of items: those with the values of a partition key, if there are any.
func (v *itemsView) read(ctx context.Context, client *dynamodb.Client, values []string) error {
	if err := v.describe(ctx, client, values); err != nil {
		return err
	}
	if v.Item != "" {
		return v.readItem(ctx, client)
	}
	items, next, err := v.readPage(ctx, client)
	if err != nil {
		return brief(err)
	}
	v.show(items)
	if v.After != "" {
		v.First = v.query("")
	}
	if key := encodeKey(next); key != "" {
		v.Next = v.query("after", key)
	} else if next != nil {
		return errors.New("the next page starts after a hash or a salt, which no address shows")
	}
	return nil
}

// describe reads the keys, the indexes and the time to live of the table.
func (v *itemsView) describe(ctx context.Context, client *dynamodb.Client, values []string) error {
	out, err := client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &v.Table})
	if err != nil {
		return brief(err)
	}
	expiry, err := client.DescribeTimeToLive(ctx, &dynamodb.DescribeTimeToLiveInput{TableName: &v.Table})
	if err != nil {
		return brief(err)
	}
	v.Expiry = aws.ToString(expiry.TimeToLiveDescription.AttributeName)

	table := out.Table
	v.types = map[string]types.ScalarAttributeType{}
	for _, definition := range table.AttributeDefinitions {
		v.types[*definition.AttributeName] = definition.AttributeType
	}
	v.addView("", "table", table.KeySchema, nil, table.ItemCount)
	for _, index := range table.LocalSecondaryIndexes {
		v.addView(*index.IndexName, "local index", index.KeySchema, index.Projection, index.ItemCount)
	}
	for _, index := range table.GlobalSecondaryIndexes {
		v.addView(*index.IndexName, "global index", index.KeySchema, index.Projection, index.ItemCount)
	}
	for i := range v.Views {
		if view := &v.Views[i]; view.Name == v.Index {
			view.Chosen = true
			v.Partition = slices.Clone(view.Partition)
		}
	}
	if v.Partition == nil {
		return fmt.Errorf("index %s: not found", v.Index)
	}
	for i, value := range first(values, len(v.Partition)) {
		v.Partition[i].Value = value
	}
	return nil
}

func (v *itemsView) addView(
	name, kind string, key []types.KeySchemaElement, projection *types.Projection, items *int64,
) {
	view := keyView{Name: name, Kind: kind, Items: aws.ToInt64(items), Projected: "all attributes"}
	view.Query = (&itemsView{Table: v.Table, Index: name}).query("")
	for _, element := range key {
		attribute := keyAttribute{Name: *element.AttributeName, Type: v.types[*element.AttributeName]}
		if element.KeyType == types.KeyTypeHash {
			view.Partition = append(view.Partition, attribute)
		} else {
			view.Sort = append(view.Sort, attribute)
		}
	}
	if projection != nil && projection.ProjectionType == types.ProjectionTypeKeysOnly {
		view.Projected = "keys"
	}
	if projection != nil && projection.ProjectionType == types.ProjectionTypeInclude {
		view.Projected = "keys, " + strings.Join(projection.NonKeyAttributes, ", ")
	}
	v.Views = append(v.Views, view)
}

// query returns the query of a page of the same table, with one more parameter if that has a name.
func (v *itemsView) query(parameter string, value ...string) template.URL {
	query := url.Values{"table": {v.Table}}
	if v.Index != "" {
		query.Set("index", v.Index)
	}
	for _, attribute := range v.Partition {
		query.Add("value", attribute.Value)
	}
	if parameter != "" {
		query[parameter] = value
	}
	return template.URL("?" + query.Encode())
}

// Asked reports whether the items of one partition key are asked for.
func (v *itemsView) Asked() bool {
	return slices.ContainsFunc(v.Partition, func(a keyAttribute) bool { return a.Value != "" })
}

// All returns the query of all items.
func (v *itemsView) All() template.URL { return (&itemsView{Table: v.Table, Index: v.Index}).query("") }

// readPage reads a page of the items, those with the partition key if there is one, and the key that the
// next page starts after.
func (v *itemsView) readPage(
	ctx context.Context, client *dynamodb.Client,
) (items []attributes, next attributes, err error) {
	var index *string
	if v.Index != "" {
		index = &v.Index
	}
	var after attributes
	if v.After != "" {
		if after, err = attributevalue.UnmarshalMapJSON([]byte(v.After)); err != nil {
			return nil, nil, err
		}
	}
	if !v.Asked() {
		out, err := client.Scan(ctx, &dynamodb.ScanInput{
			TableName: &v.Table, IndexName: index, Limit: aws.Int32(itemsPerPage), ExclusiveStartKey: after,
		})
		if err != nil {
			return nil, nil, err
		}
		return out.Items, out.LastEvaluatedKey, nil
	}
	var conditions []string
	names, values := map[string]string{}, attributes{}
	for i, attribute := range v.Partition {
		name, value := fmt.Sprint("#", i), fmt.Sprint(":", i)
		conditions = append(conditions, name+" = "+value)
		names[name] = attribute.Name
		if values[value], err = attribute.typed(); err != nil {
			return nil, nil, err
		}
	}
	out, err := client.Query(ctx, &dynamodb.QueryInput{
		TableName: &v.Table, IndexName: index, Limit: aws.Int32(itemsPerPage), ExclusiveStartKey: after,
		KeyConditionExpression:   aws.String(strings.Join(conditions, " AND ")),
		ExpressionAttributeNames: names, ExpressionAttributeValues: values,
	})
	if err != nil {
		return nil, nil, err
	}
	return out.Items, out.LastEvaluatedKey, nil
}

// typed returns the value in the type of the attribute. Binary is written in base64.
func (a keyAttribute) typed() (types.AttributeValue, error) {
	switch a.Type {
	case types.ScalarAttributeTypeN:
		return &types.AttributeValueMemberN{Value: strings.TrimSpace(a.Value)}, nil
	case types.ScalarAttributeTypeB:
		data, err := base64.StdEncoding.DecodeString(strings.TrimSpace(a.Value))
		if err != nil {
			return nil, fmt.Errorf("the value of %s is binary, in base64: %w", a.Name, err)
		}
		return &types.AttributeValueMemberB{Value: data}, nil
	default:
		return &types.AttributeValueMemberS{Value: a.Value}, nil
	}
}

// encodeKey returns a key in JSON, or "" for none and for one with a hash or a salt, which no address shows.
func encodeKey(key attributes) string {
	if key == nil || slices.ContainsFunc(slices.Collect(maps.Keys(key)), isSecret) {
		return ""
	}
	encoded, _ := attributevalue.MarshalMapJSON(key) // it was decoded
	return string(encoded)
}

// encode returns an item as JSON, without hashes and salts.
func encode(item attributes) map[string]any {
	encoded, _ := attributevalue.MarshalMapJSON(item) // it was decoded
	members := protocol.Decode(encoded)
	redact(members)
	return members
}

// readItem reads the one item.
func (v *itemsView) readItem(ctx context.Context, client *dynamodb.Client) error {
	key, err := attributevalue.UnmarshalMapJSON([]byte(v.Item))
	if err != nil {
		return err
	}
	out, err := client.GetItem(ctx, &dynamodb.GetItemInput{TableName: &v.Table, Key: key, ConsistentRead: aws.Bool(true)})
	if err != nil {
		return brief(err)
	}
	if out.Item == nil {
		return errors.New("there is no such item")
	}
	item := encode(out.Item)
	var indented strings.Builder
	encoder := json.NewEncoder(&indented)
	encoder.SetEscapeHTML(false) // the template does
	encoder.SetIndent("", "  ")
	_ = encoder.Encode(item) // it was decoded
	v.JSON = indented.String()
	v.ExpiryDate = expiryDate(item[v.Expiry])
	return nil
}

// show shows the items, with the attributes of the table's key and of the index's first.
func (v *itemsView) show(items []attributes) {
	v.showColumns(items)
	key := slices.Concat(v.Views[0].Partition, v.Views[0].Sort)
	for _, item := range items {
		itemKey := attributes{}
		for _, attribute := range key {
			itemKey[attribute.Name] = item[attribute.Name]
		}
		row := rowView{Key: encodeKey(itemKey)}
		if row.Key != "" {
			row.Query = (&itemsView{Table: v.Table}).query("item", row.Key)
		}
		members := encode(item)
		for _, name := range v.Columns {
			cell := newValueView(members[name])
			if name == v.Expiry {
				cell.Date = expiryDate(members[name])
			}
			row.Cells = append(row.Cells, cell)
		}
		v.Rows = append(v.Rows, row)
	}
}

func (v *itemsView) showColumns(items []attributes) {
	for _, view := range v.Views {
		if view.Chosen || view.Name == "" {
			for _, attribute := range slices.Concat(view.Partition, view.Sort) {
				if !slices.Contains(v.Columns, attribute.Name) {
					v.Columns = append(v.Columns, attribute.Name)
				}
			}
		}
	}
	names := map[string]bool{}
	for _, item := range items {
		for name := range item {
			names[name] = true
		}
	}
	for _, name := range v.Columns {
		delete(names, name)
	}
	v.Columns = slices.Concat(v.Columns, slices.Sorted(maps.Keys(names)))
	v.MoreColumns = max(0, len(v.Columns)-shownColumns)
	v.Columns = first(v.Columns, shownColumns)
}

// newValueView returns an attribute value in JSON for the page, nothing for nil.
func newValueView(value any) (view valueView) {
	for kind, content := range protocol.Object(value) {
		text, isText := content.(string)
		if !isText {
			text = string(protocol.Encode(content))
		}
		view.Type, view.Text = kind, shorten(text, maxTextBytes)
		if len(text) > maxTextBytes {
			view.Opened = shorten(text, maxOpenedBytes)
		}
	}
	return view
}

func shorten(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return fmt.Sprintf("%s… (%d bytes)", strings.ToValidUTF8(text[:limit], ""), len(text))
}

// expiryDate returns the date of a time to live in JSON, "" if that is none.
func expiryDate(value any) string {
	number, _ := protocol.Object(value)["N"].(string)
	second, err := strconv.ParseFloat(number, 64)
	if err != nil || second < 0 || second >= 1<<38 { // the year 10680
		return ""
	}
	return time.Unix(int64(second), 0).UTC().Format(time.DateTime) + " UTC"
}
