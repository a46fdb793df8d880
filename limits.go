package packagedb

import (
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// maxItem is DynamoDB's limit in bytes, 400 KB, on an item together with its entries in local
// secondary indexes. The names of the attributes count.
const maxItem = 400 * 1024

func checkSub(sub string) error {
	return checkKey("sub", sub, maxPartitionKey)
}

// checkSpecName returns the id of the name.
func checkSpecName(name string) (id string, err error) {
	if err := checkText("name", name); err != nil {
		return "", err
	}
	id = canonicalID(name)
	if len(id) > maxSpecID {
		return "", invalid("name: its id has %d bytes, the limit is %d", len(id), maxSpecID)
	}
	return id, nil
}

func checkSpec(spec SpecInput) (id string, err error) {
	id, err = checkSpecName(spec.Name)
	if err != nil {
		return "", err
	}
	if err := checkText("version", spec.Version); err != nil {
		return "", err
	}
	if err := checkUTF8("title", spec.Title); err != nil {
		return "", err
	}
	if err := checkUTF8("description", spec.Description); err != nil {
		return "", err
	}
	if spec.ModelCount < 0 {
		return "", invalid("model count is %d, the least is 0", spec.ModelCount)
	}
	return id, nil
}

func checkCredentialsID(id string) error {
	return checkKey("credentials id", id, maxSortKey)
}

func checkPublicKey(publicKey string) error {
	return checkKey("public key", publicKey, maxPartitionKey)
}

func checkCredentials(credentials CredentialsInput) error {
	if err := checkCredentialsID(credentials.ID); err != nil {
		return err
	}
	if err := checkPublicKey(credentials.PublicKey); err != nil {
		return err
	}
	if len(credentials.SecretKeyHash) == 0 {
		return invalid("secret key hash is empty")
	}
	if len(credentials.Salt) == 0 {
		return invalid("salt is empty")
	}
	return nil
}

func checkKey(field, text string, limit int) error {
	if err := checkText(field, text); err != nil {
		return err
	}
	if len(text) > limit {
		return invalid("%s has %d bytes, the limit is %d", field, len(text), limit)
	}
	return nil
}

func checkText(field, text string) error {
	if text == "" {
		return invalid("%s is empty", field)
	}
	return checkUTF8(field, text)
}

func checkUTF8(field, text string) error {
	if !utf8.ValidString(text) {
		return invalid("%s is not valid UTF-8", field)
	}
	return nil
}

// checkSpecItem bounds an item of the specs table and its entry in the local secondary index, which
// is another copy of it: DynamoDB limits the two together.
func checkSpecItem(stored item) error {
	if size := 2 * itemSize(stored); size > maxItem {
		return invalid("the item and its index entry have %d bytes, the limit is %d for both", size, maxItem)
	}
	return nil
}

func checkCredentialsItem(stored item) error {
	if size := itemSize(stored); size > maxItem {
		return invalid("the item has %d bytes, the limit is %d", size, maxItem)
	}
	return nil
}

// itemSize is the size by which DynamoDB limits and bills an item, as its developer guide gives it
// under "DynamoDB item sizes and formats".
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

// integerSize is the size of a number that is whole and not negative: a byte, and one more for every
// pair of digits, counted from the right, but for the pairs of zeros at its end.
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
