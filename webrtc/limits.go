package webrtc

import (
	"time"

	"golang.org/x/time/rate"
)

// limits bound what a client can make us do. They are generous to people and to
// programs that behave; a test is less so.
type limits struct {
	offers  *rate.Limiter // sessions opened
	changes *rate.Limiter // of settings
	uploads *rate.Limiter // of styles

	header  time.Duration // a request's, from its first byte
	body    time.Duration // the whole request: an upload over a slow line
	answer  time.Duration // from the request's header to the answer taken
	connect time.Duration // a session, from its answer to a connection
}

// connectWithin is how long a session may take from its answer to a connection.
const connectWithin = 15 * time.Second

func defaultLimits() limits {
	return limits{
		offers:  rate.NewLimiter(20, 60),
		changes: rate.NewLimiter(100, 200),
		uploads: rate.NewLimiter(1, 10),
		header:  5 * time.Second,
		body:    30 * time.Second,
		answer:  time.Minute,
		connect: connectWithin,
	}
}
