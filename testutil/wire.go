package testutil

import (
	"maps"
	"net/http"
)

// reply writes an answer that another handler gave.
func reply(w http.ResponseWriter, header http.Header, status int, body []byte) {
	maps.Copy(w.Header(), header)
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// replyJSON writes an answer of the DynamoDB protocol.
func replyJSON(w http.ResponseWriter, status int, answer any) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.WriteHeader(status)
	_, _ = w.Write(encode(answer))
}

// refuse writes an exception of the DynamoDB protocol, with members of its own where it has some.
func refuse(w http.ResponseWriter, status int, kind, message string, members map[string]any) {
	answer := map[string]any{"__type": kind, "message": message}
	maps.Copy(answer, members)
	replyJSON(w, status, answer)
}
