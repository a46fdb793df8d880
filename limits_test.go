package packagedb

import (
	"math"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

func TestTheSizeOfAnItemIsThatOfDynamoDB(t *testing.T) {
	// The sizes of the numbers are those by which DynamoDB Local accepts and refuses items.
	for number, size := range map[string]int{
		"0": 1, "1": 2, "5": 2, "10": 2, "12": 2, "99": 2, "100": 2, "120": 3, "123": 3, "1000": 2, "1230": 3,
		"12340": 4, "12345": 4, "100000": 2, "123456789012345678": 10, "1234567890123456789": 11,
	} {
		got := itemSize(item{"n": &types.AttributeValueMemberN{Value: number}})
		if got != 1+size {
			t.Errorf("the size of an item with the number %s is %d, want %d", number, got, 1+size)
		}
	}
	got := itemSize(item{"ü": textValue("日本"), "b": &types.AttributeValueMemberB{Value: make([]byte, 10)}})
	if want := 2 + 6 + 1 + 10; got != want {
		t.Errorf("the size of an item with text and binary is %d, want %d", got, want)
	}
}

func TestTheLargestItemsAreAcceptedAndAByteMoreIsNot(t *testing.T) {
	spec := func(description int) error {
		version, _ := specWrite{sub: "sub", id: "spec", spec: SpecInput{
			Name: "spec", Version: "1", ModelCount: math.MaxInt, Description: strings.Repeat("d", description),
		}}.at(1_700_000_000)
		return checkSpecItem(version)
	}
	credentials := func(salt int) error {
		return checkCredentialsItem(encodeCredentials("sub", CredentialsInput{
			ID: "id", PublicKey: "key", SecretKeyHash: []byte("hash"), Salt: make([]byte, salt),
		}, plainBinary))
	}
	for name, test := range map[string]struct {
		check   func(int) error
		largest int
	}{
		// What is left of half of 409,600 bytes, as every version is in the index as well.
		"spec":        {spec, 204_800 - len("subsubidspecnamespecupdated_at1700000000version1model_count") - 11 - len("description") - len("updated_at_idid_updated_at") - 2*25},
		"credentials": {credentials, 409_600 - len("subsubididpublic_keykeysecret_key_hashhashsalt")},
	} {
		if err := test.check(test.largest); err != nil {
			t.Errorf("the largest %s item is refused: %v", name, err)
		}
		if err := test.check(test.largest + 1); err == nil || !strings.Contains(err.Error(), "409600") {
			t.Errorf("a %s item a byte larger: got the error %v, want the limit in it", name, err)
		}
	}
}

func TestAnErrorQuotesTheBeginningOfALongName(t *testing.T) {
	err := failure("get spec", strings.Repeat("ü", 1_000_000), ErrInvalidInput)
	want := `packagedb: get spec "` + strings.Repeat("ü", maxSubject) + `"... (2000000 bytes): invalid input`
	if err.Error() != want {
		t.Errorf("got %s", err)
	}
}
