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

type tagResourceInput struct {
	ResourceArn *string
	Tags        []tag
}

type untagResourceInput struct {
	ResourceArn *string
	TagKeys     []string
}

type listTagsOfResourceInput struct {
	ResourceArn *string
}

type listTagsOfResourceOutput struct {
	Tags []tag
}

func (in *tagResourceInput) check() error {
	var c constraints
	c.resource(in.ResourceArn)
	c.notNull("tags", in.Tags != nil)
	if err := c.err(); err != nil {
		return err
	}
	if err := validateResource(*in.ResourceArn); err != nil {
		return err
	}
	if len(in.Tags) == 0 {
		return validation("Atleast one Tag needs to be provided as Input.")
	}
	return validateTags(in.Tags)
}

func (in *untagResourceInput) check() error {
	var c constraints
	c.resource(in.ResourceArn)
	c.notNull("tagKeys", in.TagKeys != nil)
	if err := c.err(); err != nil {
		return err
	}
	if err := validateResource(*in.ResourceArn); err != nil || len(in.TagKeys) > 0 {
		return err
	}
	return validation("Atleast one Tag Key needs to be provided as Input.")
}

func (in *listTagsOfResourceInput) check() error {
	var c constraints
	c.resource(in.ResourceArn)
	if err := c.err(); err != nil {
		return err
	}
	return validateResource(*in.ResourceArn)
}

func (c *constraints) resource(arn *string) {
	c.notNull("resourceArn", arn != nil)
	c.text("resourceArn", arn, 1, 1283)
}

func validateResource(arn string) error {
	switch {
	case !isARN(arn):
		return invalidParameter("ARNs must start with 'arn:': %s", arn)
	case !strings.HasPrefix(arn, "arn:aws:dynamodb:"):
		return invalidParameter("Provided Arn is not a DynamoDB resource arn: %s", arn)
	}
	return nil
}

func validateTags(tags []tag) error {
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
	return validateTagCount(len(tags))
}

// validTag reports whether a key or value of a tag has allowed characters only, and no more than the maximum.
func validTag(text string, maximum int) bool {
	return utf8.RuneCountInString(text) <= maximum && !strings.ContainsFunc(text, func(r rune) bool {
		return !unicode.In(r, unicode.L, unicode.N, unicode.Z) && !strings.ContainsRune("+-=._:/@", r)
	})
}

func validateTagCount(count int) error {
	if count > maxTags {
		return validation("Number of Tags exceed the current limit for the provided ResourceArn")
	}
	return nil
}

// tag adds tags to the table, in place of those with the same keys.
func (t *table) tag(tags []tag) {
	for _, tag := range tags {
		t.tags[*tag.Key] = *tag.Value
	}
}

// resource returns the table that an ARN names; operation names the request in errors.
func (e *Engine) resource(arn, operation string) (*table, error) {
	name, ours := strings.CutPrefix(arn, arnPrefix)
	switch {
	case ours && strings.Contains(name, "/"):
		return nil, invalidParameter("Invalid resource arn provided, only table or stream is accepted. Provided resource arn: %s", arn)
	case !ours:
		return nil, dynamoDBException("AccessDeniedException", "User: arn:aws:iam::"+account+":root is not authorized to perform: dynamodb:"+operation+" on resource: "+arn)
	case e.tables[name] == nil:
		return nil, dynamoDBException("ResourceNotFoundException", "Requested resource not found: ResourcArn: "+arn+" not found")
	}
	return e.tables[name], nil
}

// nothing is the answer of the operations that have none, not even an empty object.
type nothing struct{}

func (e *Engine) tagResource(in *tagResourceInput) (nothing, error) {
	t, err := e.resource(*in.ResourceArn, "TagResource")
	if err != nil {
		return nothing{}, err
	}
	after := *t
	after.tags = maps.Clone(t.tags)
	after.tag(in.Tags)
	if err := validateTagCount(len(after.tags)); err != nil {
		return nothing{}, err
	}
	return nothing{}, e.replaceTable(&after)
}

func (e *Engine) untagResource(in *untagResourceInput) (nothing, error) {
	t, err := e.resource(*in.ResourceArn, "UntagResource")
	if err != nil {
		return nothing{}, err
	}
	after := *t
	after.tags = maps.Clone(t.tags)
	for _, key := range in.TagKeys {
		delete(after.tags, key)
	}
	return nothing{}, e.replaceTable(&after)
}

func (e *Engine) listTagsOfResource(in *listTagsOfResourceInput) (*listTagsOfResourceOutput, error) {
	t, err := e.resource(*in.ResourceArn, "ListTagsOfResource")
	if err != nil {
		return nil, err
	}
	out := &listTagsOfResourceOutput{Tags: []tag{}}
	for _, key := range slices.Sorted(maps.Keys(t.tags)) {
		value := t.tags[key]
		out.Tags = append(out.Tags, tag{&key, &value})
	}
	return out, nil
}
