package packagedb

import (
	"cmp"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// DynamoDB's limit in bytes on an item with its entries in local secondary indexes. Attribute names
// count. The entry of a spec in its index is as large as its item.
const (
	maxCredentialsItem = 400 * 1024
	maxSpecItem        = maxCredentialsItem / 2
)

// checkTableNames checks the names of the two tables, either of which may be an ARN.
func checkTableNames(specs, credentials string) error {
	if specs == credentials {
		return invalid("the specs table and the credentials table have the same name %s", quote(specs))
	}
	for _, name := range []string{specs, credentials} {
		if !isTableName(name) && !isTableARN(name) {
			return invalid("table name %s is neither 3 to 255 of the characters a-z, A-Z, 0-9, _, . and - "+
				"nor the ARN of a table", quote(name))
		}
	}
	return nil
}

func isTableName(name string) bool {
	const characters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"
	return len(name) >= 3 && len(name) <= 255 && strings.Trim(name, characters) == ""
}

// isTableARN reports whether a string is the ARN of a table, in any partition of AWS:
//
//	arn:aws:dynamodb:us-east-1:123456789012:table/package.specs
func isTableARN(s string) bool {
	parsed, err := arn.Parse(s)
	name, isTable := strings.CutPrefix(parsed.Resource, "table/")
	return err == nil && strings.HasPrefix(parsed.Partition, "aws") && parsed.Service == "dynamodb" &&
		parsed.Region != "" && len(parsed.AccountID) == 12 && strings.Trim(parsed.AccountID, "0123456789") == "" &&
		isTable && isTableName(name)
}

// The checks of input that every call makes one of. They check the names of the tables first.

func (s *settings) checkSub(sub string) error {
	return cmp.Or(s.tablesErr, checkString("sub", sub, maxPartitionKey))
}

// specID returns the id of the spec, if the sub and the name are valid.
func (s *settings) specID(sub, name string) (id string, err error) {
	if err := s.checkSub(sub); err != nil {
		return "", err
	}
	return checkedID(name)
}

// checkedID returns the id of a name, if that is valid.
func checkedID(name string) (id string, err error) {
	if err := checkString("name", name, unlimited); err != nil {
		return "", err
	}
	id = canonicalID(name)
	if len(id) > maxSpecID {
		return "", invalid("name too long: its id is %d bytes, the limit is %d", len(id), maxSpecID)
	}
	return id, nil
}

// checkedSpec returns a version of a spec as it will be stored, without its date, if the input is valid.
func (s *settings) checkedSpec(sub string, spec SpecInput) (SpecInfo, error) {
	id, err := s.specID(sub, spec.Name)
	if err == nil && spec.ModelCount < 0 {
		err = invalid("model count %d is negative", spec.ModelCount)
	}
	return SpecInfo{
			ID: id, Name: spec.Name, Version: spec.Version,
			ModelCount: spec.ModelCount, Title: spec.Title, Description: spec.Description,
		}, cmp.Or(
			err,
			checkString("version", spec.Version, unlimited),
			checkUTF8("title", spec.Title),
			checkUTF8("description", spec.Description),
		)
}

func (s *settings) checkCredentialsKey(sub, id string) error {
	return cmp.Or(s.checkSub(sub), checkString("credentials id", id, maxSortKey))
}

func checkPublicKey(publicKey string) error {
	return checkString("public key", publicKey, maxPartitionKey)
}

func (s *settings) checkCredentials(sub string, credentials CredentialsInput) error {
	if len(credentials.SecretKeyHash) == 0 {
		return invalid("secret key hash is empty")
	}
	if len(credentials.Salt) == 0 {
		return invalid("salt is empty")
	}
	return cmp.Or(s.checkCredentialsKey(sub, credentials.ID), checkPublicKey(credentials.PublicKey))
}

// unlimited is for strings that are limited by the size of their item alone.
const unlimited = math.MaxInt

// checkString checks a required string, with a limit in bytes.
func checkString(field, value string, limit int) error {
	if value == "" {
		return invalid("%s is empty", field)
	}
	if err := checkUTF8(field, value); err != nil {
		return err
	}
	if len(value) > limit {
		return invalid("%s too long: %d bytes, the limit is %d", field, len(value), limit)
	}
	return nil
}

func checkUTF8(field, value string) error {
	if !utf8.ValidString(value) {
		return invalid("%s is not valid UTF-8", field)
	}
	return nil
}

// checkSize checks the size of an item of specs or of credentials.
func checkSize(kind string, stored item, limit int) error {
	if size := itemSize(stored); size > limit {
		return invalid("%s too large: the item is %d bytes, the limit is %d", kind, size, limit)
	}
	return nil
}

// itemSize returns the size in bytes by which DynamoDB limits and bills an item: Amazon DynamoDB
// Developer Guide, "DynamoDB item sizes and formats".
func itemSize(stored item) int {
	size := 0
	for name, value := range stored {
		size += len(name)
		switch value := value.(type) {
		case *types.AttributeValueMemberS:
			size += len(value.Value)
		case *types.AttributeValueMemberB:
			size += len(value.Value)
		case *types.AttributeValueMemberN:
			size += integerSize(value.Value)
		}
	}
	return size
}

// integerSize returns the size of a non-negative integer: one byte, and one for each pair of digits
// counted from the right, except for the pairs of zeros at its end.
func integerSize(decimal string) int {
	if decimal == "0" {
		return 1
	}
	digits := len(decimal)
	for digits > 2 && decimal[digits-2:digits] == "00" {
		digits -= 2
	}
	return 1 + (digits+1)/2
}
