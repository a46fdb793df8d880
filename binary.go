package packagedb

import "encoding/base64"

// binaryForm is how a binary attribute holds bytes.
type binaryForm int

const (
	plainBinary  binaryForm = iota // the bytes themselves
	base64Binary                   // base64 text of the bytes, as PynamoDB 5 writes it
)

func (form binaryForm) encode(data []byte) []byte {
	if form == base64Binary {
		return base64.StdEncoding.AppendEncode(nil, data)
	}
	return data
}

func (form binaryForm) decode(stored []byte) ([]byte, error) {
	if form == base64Binary {
		return base64.StdEncoding.AppendDecode(nil, stored)
	}
	return stored, nil
}
