package main

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/open-alchemy/packagedb/internal/protocol"
)

const (
	redacted  = "redacted"
	minSecret = 4 // the shortest that is replaced within a message
)

// isSecret reports whether the attribute of that name has a hash or a salt, which are not shown.
func isSecret(attribute string) bool { return attribute == "secret_key_hash" || attribute == "salt" }

var secretName = regexp.MustCompile(`\b(secret_key_hash|salt)\b`)

// secrets are the hashes and salts in a request, as messages of the service may quote them.
type secrets struct {
	values   []string
	unknown  bool // a message may quote one in another form
	named    bool // by an expression, which may have the value itself by mistake
	replacer *strings.Replacer
}

// secretsIn returns the values of all hashes and salts and, where an expression names one, all values of
// the expression.
//
//	{"Item": {"id": {"S": "a"}, "salt": {"B": "c2FsdA=="}}}
//	{"FilterExpression": "salt = :salt", "ExpressionAttributeValues": {":salt": {"B": "c2FsdA=="}}}
func secretsIn(request any) *secrets {
	s := new(secrets)
	s.find(request)
	slices.SortFunc(s.values, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	var pairs []string
	for _, secret := range s.values {
		pairs = append(pairs, secret, redacted)
	}
	s.replacer = strings.NewReplacer(pairs...)
	return s
}

func (s *secrets) find(request any) {
	switch request := request.(type) {
	case []any:
		for _, element := range request {
			s.find(element)
		}
	case map[string]any:
		names := namesSecret(request)
		s.named = s.named || names
		for name, member := range request {
			if isSecret(name) || names && name == "ExpressionAttributeValues" {
				s.add(member)
			} else {
				s.find(member)
			}
		}
	}
}

// namesSecret reports whether an expression of the request, other than a projection, names a hash or a salt.
func namesSecret(request map[string]any) bool {
	for parameter, member := range request {
		expression, _ := member.(string)
		hasValues := strings.HasSuffix(parameter, "Expression") && parameter != "ProjectionExpression"
		if hasValues && secretName.MatchString(expression) {
			return true
		}
	}
	for _, name := range protocol.Object(request["ExpressionAttributeNames"]) {
		if name, ok := name.(string); ok && isSecret(name) {
			return true
		}
	}
	return false
}

// add adds all strings in a value. A number has several forms.
func (s *secrets) add(value any) {
	switch value := value.(type) {
	case []any:
		for _, element := range value {
			s.add(element)
		}
	case map[string]any:
		for kind, content := range value {
			s.unknown = s.unknown || kind == "N" || kind == "NS"
			s.add(content)
		}
	case json.Number:
		s.unknown = true
	case string:
		if value != "" {
			s.values = append(s.values, value)
		}
	}
}

// hide returns a string of the service or the client without the secrets. If one may be in it with
// escapes or as part of an expression, or is so short that it is in many words, nothing is shown.
func (s *secrets) hide(shown string) string {
	escaped := len(s.values) > 0 && strings.Contains(shown, `\`)
	expression := s.named && strings.Contains(shown, "Syntax error")
	short := slices.ContainsFunc(s.values, func(secret string) bool {
		return len(secret) < minSecret && strings.Contains(shown, secret)
	})
	if s.unknown || escaped || expression || short {
		return redacted
	}
	return s.replacer.Replace(shown)
}

// redact replaces the hashes and salts in the JSON of an item, also within its maps.
func redact(value any) {
	switch value := value.(type) {
	case []any:
		for _, element := range value {
			redact(element)
		}
	case map[string]any:
		for name, member := range value {
			if isSecret(name) {
				redactValue(member)
			} else {
				redact(member)
			}
		}
	}
}

// redactValue replaces the content of an attribute value.
//
//	{"B": "c2FsdA=="} to {"B": "redacted, 4 bytes"}
func redactValue(value any) {
	typed, _ := value.(map[string]any)
	for kind, content := range typed {
		typed[kind] = redacted
		if encoded, ok := content.(string); ok && kind == "B" {
			data, _ := base64.StdEncoding.DecodeString(encoded) // the server encoded it
			typed[kind] = fmt.Sprintf("%s, %d bytes", redacted, len(data))
		}
	}
}
