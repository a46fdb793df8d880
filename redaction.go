package packagedb

import (
	"fmt"
	"log/slog"
)

// redaction prints as [redacted] under every verb.
type redaction struct{}

const redacted = "[redacted]"

func (redaction) Format(state fmt.State, _ rune) { _, _ = state.Write([]byte(redacted)) }

// Format implements [fmt.Formatter]. The hash and the salt are redacted under every verb.
func (c CredentialsInput) Format(state fmt.State, verb rune) {
	// A local type of the same name makes %#v and %T print the exported name.
	type CredentialsInput struct {
		ID, PublicKey       string
		SecretKeyHash, Salt redaction
	}
	printAs(state, verb, CredentialsInput{ID: c.ID, PublicKey: c.PublicKey})
}

// LogValue implements [slog.LogValuer]. The hash and the salt are redacted.
func (c CredentialsInput) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("id", c.ID),
		slog.String("public_key", c.PublicKey),
		slog.String("secret_key_hash", redacted),
		slog.String("salt", redacted),
	)
}

// Format implements [fmt.Formatter]. The salt is redacted under every verb.
func (c CredentialsInfo) Format(state fmt.State, verb rune) {
	type CredentialsInfo struct {
		ID, PublicKey string
		Salt          redaction
	}
	printAs(state, verb, CredentialsInfo{ID: c.ID, PublicKey: c.PublicKey})
}

// LogValue implements [slog.LogValuer]. The salt is redacted.
func (c CredentialsInfo) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("id", c.ID),
		slog.String("public_key", c.PublicKey),
		slog.String("salt", redacted),
	)
}

// Format implements [fmt.Formatter]. The hash and the salt are redacted under every verb.
func (c CredentialsAuthInfo) Format(state fmt.State, verb rune) {
	type CredentialsAuthInfo struct {
		Sub, ID             string
		SecretKeyHash, Salt redaction
	}
	printAs(state, verb, CredentialsAuthInfo{Sub: c.Sub, ID: c.ID})
}

// LogValue implements [slog.LogValuer]. The hash and the salt are redacted.
func (c CredentialsAuthInfo) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("sub", c.Sub),
		slog.String("id", c.ID),
		slog.String("secret_key_hash", redacted),
		slog.String("salt", redacted),
	)
}

// printAs prints the value as fmt would.
func printAs(state fmt.State, verb rune, value any) {
	_, _ = fmt.Fprintf(state, fmt.FormatString(state, verb), value)
}
