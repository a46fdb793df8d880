package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/open-alchemy/packagedb"
)

// What one view of the page reads at most.
const (
	searchedUsers    = 1000 // of each table
	shownUsers       = 50
	shownSpecs       = 20 // of each of several users
	shownSpecsOfOne  = 200
	shownCredentials = 20
	shownVersions    = 20
)

// usersView is the first users whose sub contains a string.
type usersView struct {
	Part     string
	Users    []userView
	More     bool // users than those shown
	Searched int  // the users searched, 0 for all
}

type userView struct {
	Sub             string
	Models          int
	Specs           []specView
	MoreSpecs       bool
	Credentials     []credentialsView
	MoreCredentials bool
	Error           error
}

// specView is a spec with its latest version, of which only the name is known if that cannot be read.
type specView struct {
	packagedb.SpecInfo
	Versions []packagedb.SpecInfo // the newest first
	More     bool
	Errors   []error
}

type credentialsView struct {
	ID, PublicKey string
	Error         error
}

func (v *usersView) read(ctx context.Context, p *page) error {
	subs, err := v.subs(ctx, p.client)
	if err != nil {
		return err
	}
	specs := shownSpecs
	if len(subs) == 1 {
		specs = shownSpecsOfOne
	}
	for _, sub := range subs {
		user := userView{Sub: sub}
		user.Error = errors.Join(user.readSpecs(ctx, p, specs), user.readCredentials(ctx, p))
		v.Users = append(v.Users, user)
	}
	return nil
}

// subs returns the first users of both tables, in order.
func (v *usersView) subs(ctx context.Context, client *dynamodb.Client) (subs []string, err error) {
	found := map[string]bool{}
	for _, table := range packagedb.Tables() {
		if err := v.find(ctx, client, table, found); err != nil {
			return nil, fmt.Errorf("table %s: %w", *table.TableName, brief(err))
		}
	}
	v.More = len(found) > shownUsers
	return first(slices.Sorted(maps.Keys(found)), shownUsers), nil
}

// find adds the users in a table to those found. It jumps from one to the next, however many items they
// have. A user with the very sub is found however many users there are.
func (v *usersView) find(
	ctx context.Context, client *dynamodb.Client, table dynamodb.CreateTableInput, found map[string]bool,
) error {
	if v.Part != "" {
		keys, _, err := sortKeys(ctx, client, table, v.Part, "", 1)
		if err != nil {
			return err
		}
		if len(keys) > 0 {
			found[v.Part] = true
		}
	}
	last := &types.AttributeValueMemberS{Value: strings.Repeat("\U0010ffff", 1024/utf8.UTFMax)} // the greatest sort key
	in := &dynamodb.ScanInput{TableName: table.TableName, Limit: aws.Int32(1)}
	for searched := 0; len(found) <= shownUsers; searched++ {
		if searched == searchedUsers {
			v.Searched = searched
			return nil
		}
		out, err := client.Scan(ctx, in)
		if err != nil || len(out.Items) == 0 {
			return err
		}
		sub := out.Items[0]["sub"]
		if text, ok := sub.(*types.AttributeValueMemberS); ok && contains(text.Value, v.Part) {
			found[text.Value] = true
		} // or else the next scan fails
		in.ExclusiveStartKey = attributes{"sub": sub, *table.KeySchema[1].AttributeName: last}
	}
	return nil
}

func contains(sub, part string) bool {
	return strings.Contains(strings.ToLower(sub), strings.ToLower(part))
}

// sortKeys returns the first sort keys with a prefix of a user's items.
func sortKeys(
	ctx context.Context, client *dynamodb.Client, table dynamodb.CreateTableInput, sub, prefix string, limit int,
) (keys []string, more bool, err error) {
	sortKey := *table.KeySchema[1].AttributeName
	in := &dynamodb.QueryInput{
		TableName:                 table.TableName,
		KeyConditionExpression:    aws.String("#sub = :sub"),
		ProjectionExpression:      aws.String("#sort"),
		ExpressionAttributeNames:  map[string]string{"#sub": "sub", "#sort": sortKey},
		ExpressionAttributeValues: attributes{":sub": &types.AttributeValueMemberS{Value: sub}},
		Limit:                     aws.Int32(int32(limit) + 1),
	}
	if prefix != "" {
		in.KeyConditionExpression = aws.String("#sub = :sub AND begins_with(#sort, :prefix)")
		in.ExpressionAttributeValues[":prefix"] = &types.AttributeValueMemberS{Value: prefix}
	}
	out, err := client.Query(ctx, in)
	if err != nil {
		return nil, false, err
	}
	for _, item := range out.Items {
		if key, ok := item[sortKey].(*types.AttributeValueMemberS); ok {
			keys = append(keys, key.Value)
		}
	}
	return first(keys, limit), out.LastEvaluatedKey != nil, nil
}

// readSpecs reads each spec by itself, so that a malformed item hides no other.
func (u *userView) readSpecs(ctx context.Context, p *page, limit int) (err error) {
	const latest = "latest#"
	keys, more, err := sortKeys(ctx, p.client, packagedb.Tables()[0], u.Sub, latest, limit)
	if err != nil {
		return brief(err)
	}
	u.MoreSpecs = more
	for _, key := range keys {
		id := strings.TrimPrefix(key, latest)
		view := specView{SpecInfo: packagedb.SpecInfo{ID: id, Name: id}}
		if spec, err := p.database.GetSpec(ctx, u.Sub, id); err == nil {
			view.SpecInfo = *spec
			u.Models += spec.ModelCount
		} else {
			view.Errors = append(view.Errors, err)
		}
		versions, err := p.database.ListSpecVersions(ctx, u.Sub, id, packagedb.Descending(), packagedb.Limit(shownVersions+1))
		if err != nil {
			view.Errors = append(view.Errors, err)
		}
		view.Versions, view.More = first(versions, shownVersions), len(versions) > shownVersions
		u.Specs = append(u.Specs, view)
	}
	return nil
}

// readCredentials reads each credentials by themselves.
func (u *userView) readCredentials(ctx context.Context, p *page) (err error) {
	ids, more, err := sortKeys(ctx, p.client, packagedb.Tables()[1], u.Sub, "", shownCredentials)
	if err != nil {
		return brief(err)
	}
	u.MoreCredentials = more
	for _, id := range ids {
		view := credentialsView{ID: id}
		if credentials, err := p.database.GetCredentials(ctx, u.Sub, id); err == nil {
			view.PublicKey = credentials.PublicKey
		} else {
			view.Error = err
		}
		u.Credentials = append(u.Credentials, view)
	}
	return nil
}
