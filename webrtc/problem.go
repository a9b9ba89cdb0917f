package webrtc

import (
	"encoding/json"
	"errors"
	"net/http"
	"os"
)

// problem answers with an error (RFC 9457).
func problem(w http.ResponseWriter, status int, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(struct {
		Title  string `json:"title"`
		Status int    `json:"status"`
		Detail string `json:"detail"`
	}{http.StatusText(status), status, detail})
}

// unreadable answers a body that could not be read.
func unreadable(w http.ResponseWriter, err error) {
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		problem(w, http.StatusRequestEntityTooLarge, "the body is too large")
	case errors.Is(err, os.ErrDeadlineExceeded):
		problem(w, http.StatusRequestTimeout, "the body took too long to come")
	default:
		problem(w, http.StatusBadRequest, "the body could not be read")
	}
}

// methods answers a request by another method than those allowed.
func methods(allowed string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Allow", allowed)
		problem(w, http.StatusMethodNotAllowed, r.Method+" means nothing here; "+allowed+" do")
	}
}

// clip keeps what a stranger sent short enough for a message.
func clip(s string) string {
	if len(s) > 60 {
		return s[:60] + "…"
	}
	return s
}
