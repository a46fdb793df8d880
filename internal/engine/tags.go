package engine

import (
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The limits on the tags of one table.
const (
	maxTags           = 50
	maxTagKeyLength   = 128
	maxTagValueLength = 256
)

// tag is a label of a table.
type tag struct {
	Key, Value *string
}

// checkTags checks the tags of a new table, or those that are added to one.
func checkTags(tags []tag) error {
	seen := map[string]bool{}
	for _, tag := range tags {
		switch key := tag.Key; {
		case key == nil || *key == "" || !validTag(*key, maxTagKeyLength):
			return validation("The Tag Key provided is invalid, Key: %s", shown(key))
		case tag.Value == nil || !validTag(*tag.Value, maxTagValueLength):
			return validation("The Tag Value provided is invalid, Value: %s", shown(tag.Value))
		case strings.HasPrefix(*key, "aws:"):
			return validation("Tag Key cannot be prefixed with aws:, Key: %s", *key)
		case seen[*key]:
			return validation("Duplicate Tag Keys provided as input: Duplicate Tag Key found %s", *key)
		}
		seen[*tag.Key] = true
	}
	return checkTagCount(len(tags))
}

func checkTagCount(count int) error {
	if count > maxTags {
		return validation("Number of Tags exceed the current limit for the provided ResourceArn")
	}
	return nil
}

// validTag reports whether a key or value of a tag has allowed characters only, and no more than the maximum.
func validTag(s string, maximum int) bool {
	return utf8.RuneCountInString(s) <= maximum && !strings.ContainsFunc(s, func(r rune) bool {
		return !unicode.In(r, unicode.L, unicode.N, unicode.Z) && !strings.ContainsRune("+-=._:/@", r)
	})
}

// tag adds tags to the table, which replace those with the same keys.
func (t *table) tag(tags []tag) {
	for _, tag := range tags {
		t.Tags[*tag.Key] = *tag.Value
	}
}

// resourceInput has the parameter of the operations that take an ARN instead of a name.
type resourceInput struct {
	caller
	ResourceArn *string
}

// checkResource checks the ARN of a resource, and that the member beside it is present.
func (in *resourceInput) checkResource(member string, present bool) error {
	var c constraints
	c.requireString("resourceArn", in.ResourceArn, 1283)
	c.notNull(member, present)
	if err := c.err(); err != nil {
		return err
	}
	switch arn := *in.ResourceArn; {
	case !isARN(arn):
		return invalidParameter("ARNs must start with 'arn:': %s", arn)
	case !strings.HasPrefix(arn, "arn:aws:dynamodb:"):
		return invalidParameter("Provided Arn is not a DynamoDB resource arn: %s", arn)
	}
	return nil
}

// taggedTable returns the table that the ARN names; operation names the request in errors.
func (e *Engine) taggedTable(in *resourceInput, operation string) (*table, error) {
	arn := *in.ResourceArn
	region, name, ours := cutARN(arn)
	switch {
	case !ours:
		return nil, dynamoDBException("AccessDeniedException", "User: arn:aws:iam::"+account+":root is not authorized to perform: dynamodb:"+operation+" on resource: "+arn)
	case region != in.region:
		return nil, validation("Invalid TableArn: Invalid ResourceArn provided as input %s", arn)
	case strings.Contains(name, "/"):
		return nil, invalidParameter("Invalid resource arn provided, only table or stream is accepted. Provided resource arn: %s", arn)
	case e.tables[name] == nil:
		return nil, dynamoDBException("ResourceNotFoundException", "Requested resource not found: ResourcArn: "+arn+" not found")
	}
	return e.tables[name], nil
}

// nothing is the response of the operations that have none, not even an empty object, and the element of
// lists that are always empty.
type nothing struct{}

// tagResourceInput has the parameters of TagResource.
//
//	{"ResourceArn": "arn:aws:dynamodb:us-east-1:123456789012:table/pets", "Tags": [{"Key": "team", "Value": "a"}]}
type tagResourceInput struct {
	resourceInput
	Tags []tag
}

func (in *tagResourceInput) check() error {
	if err := in.checkResource("tags", in.Tags != nil); err != nil {
		return err
	}
	if len(in.Tags) == 0 {
		return validation("Atleast one Tag needs to be provided as Input.")
	}
	return checkTags(in.Tags)
}

func (e *Engine) tagResource(in *tagResourceInput) (nothing, error) {
	t, err := e.taggedTable(&in.resourceInput, "TagResource")
	if err != nil {
		return nothing{}, err
	}
	after := *t
	after.Tags = maps.Clone(t.Tags)
	after.tag(in.Tags)
	if err := checkTagCount(len(after.Tags)); err != nil {
		return nothing{}, err
	}
	return nothing{}, e.replaceTable(&after)
}

// untagResourceInput has the parameters of UntagResource.
//
//	{"ResourceArn": "arn:aws:dynamodb:us-east-1:123456789012:table/pets", "TagKeys": ["team"]}
type untagResourceInput struct {
	resourceInput
	TagKeys []string
}

func (in *untagResourceInput) check() error {
	if err := in.checkResource("tagKeys", in.TagKeys != nil); err != nil {
		return err
	}
	if len(in.TagKeys) == 0 {
		return validation("Atleast one Tag Key needs to be provided as Input.")
	}
	return nil
}

func (e *Engine) untagResource(in *untagResourceInput) (nothing, error) {
	t, err := e.taggedTable(&in.resourceInput, "UntagResource")
	if err != nil {
		return nothing{}, err
	}
	after := *t
	after.Tags = maps.Clone(t.Tags)
	for _, key := range in.TagKeys {
		delete(after.Tags, key)
	}
	return nothing{}, e.replaceTable(&after)
}

// listTagsOfResourceInput has the parameters of ListTagsOfResource.
//
//	{"ResourceArn": "arn:aws:dynamodb:us-east-1:123456789012:table/pets"}
type listTagsOfResourceInput struct {
	resourceInput
}

func (in *listTagsOfResourceInput) check() error { return in.checkResource("", true) }

// listTagsOfResourceOutput is the response of ListTagsOfResource.
//
//	{"Tags": [{"Key": "team", "Value": "a"}]}
type listTagsOfResourceOutput struct {
	Tags []tag
}

func (e *Engine) listTagsOfResource(in *listTagsOfResourceInput) (*listTagsOfResourceOutput, error) {
	t, err := e.taggedTable(&in.resourceInput, "ListTagsOfResource")
	if err != nil {
		return nil, err
	}
	out := &listTagsOfResourceOutput{Tags: []tag{}}
	for _, key := range slices.Sorted(maps.Keys(t.Tags)) {
		value := t.Tags[key]
		out.Tags = append(out.Tags, tag{&key, &value})
	}
	return out, nil
}
