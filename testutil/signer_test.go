package testutil

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// TestForwarderSignsWhatItSends verifies signatures as a server does: it signs what it received and
// compares.
func TestForwarderSignsWhatItSends(t *testing.T) {
	t.Parallel()
	account := aws.Config{Region: "eu-west-1", Credentials: credentials.NewStaticCredentialsProvider("AKIDTEST", "secret", "session")}
	verified := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		got := r.Header.Get("Authorization")
		if want := signatureOf(t, r, body, account); got != want {
			t.Errorf("the signature is\n%s, want\n%s", got, want)
		}
		if !strings.Contains(got, "Credential=AKIDTEST/") || !strings.Contains(got, "/eu-west-1/dynamodb/aws4_request") {
			t.Errorf("the signature is %s", got)
		}
		if token := r.Header.Get("X-Amz-Security-Token"); token != "session" {
			t.Errorf("the session token is %q", token)
		}
		verified++
		reply(http.StatusOK, map[string]any{}).give(w)
	}))
	defer server.Close()
	forwarder, err := newForwarder(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer forwarder.close()
	forwarder.sign = newSigner("localhost", account)
	_, err = newClient(forwarder).ListTables(t.Context(), &dynamodb.ListTablesInput{})
	if err != nil || verified != 1 {
		t.Errorf("%d requests were verified: %v", verified, err)
	}
}

func signatureOf(t *testing.T, r *http.Request, body []byte, account aws.Config) string {
	t.Helper()
	again := r.Clone(t.Context())
	again.URL.Scheme, again.URL.Host = "http", r.Host
	signed := regexp.MustCompile(`SignedHeaders=([^,]+)`).FindStringSubmatch(r.Header.Get("Authorization"))
	if signed == nil {
		t.Fatalf("the signature is %q", r.Header.Get("Authorization"))
	}
	for name := range again.Header {
		if !strings.Contains(";"+signed[1]+";", ";"+strings.ToLower(name)+";") {
			again.Header.Del(name)
		}
	}
	at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	if err != nil {
		t.Fatal(err)
	}
	keys, err := account.Credentials.Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	hash := sha256.Sum256(body)
	err = v4.NewSigner().SignHTTP(t.Context(), keys, again, hex.EncodeToString(hash[:]), "dynamodb", account.Region, at)
	if err != nil {
		t.Fatal(err)
	}
	return again.Header.Get("Authorization")
}

func TestSignerTakesTheRegionFromTheHost(t *testing.T) {
	t.Parallel()
	account := aws.Config{Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("id", "secret", "")}
	for host, want := range map[string]string{
		"dynamodb.eu-west-1.amazonaws.com": "eu-west-1",
		"localhost":                        "us-east-1",
		"dynamodb.example.com":             "us-east-1",
	} {
		if got := newSigner(host, account).region; got != want {
			t.Errorf("the region for %s is %q, want %q", host, got, want)
		}
	}
	if newSigner("localhost", aws.Config{}) != nil {
		t.Error("there is a signer without credentials")
	}
}
