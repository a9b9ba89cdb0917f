package webrtc

import (
	"time"

	"golang.org/x/time/rate"
)

// limits bound what a client can make us do. They are generous to people and to
// programs that behave; a test is less so.
type limits struct {
	offers  *rate.Limiter // sessions opened, by owners
	guests  *rate.Limiter // sessions opened, by those who may only watch
	changes *rate.Limiter // of settings
	uploads *rate.Limiter // of styles

	header  time.Duration // a request's, from its first byte
	body    time.Duration // the whole request: an upload over a slow line
	idle    time.Duration // a connection, between two requests
	answer  time.Duration // from the request's header to the answer taken
	connect time.Duration // a session, from its answer to a connection
}

// connectWithin is how long a session may take from its answer to a connection.
const connectWithin = 15 * time.Second

const (
	// ownersPlaces are kept free of guests, who have the watch link and are anybody.
	ownersPlaces = 4
	// mostPublishers is the camera's one, and those who are being told that it is taken.
	mostPublishers = 4
)

// places is how many may be connected to who when one of that role comes.
func (s *Server) places(who party, r role) int {
	switch {
	case who == s.camera:
		return mostPublishers
	case r == owner:
		return s.cfg.Sessions
	}
	return max(1, s.cfg.Sessions-ownersPlaces)
}

// newPatchLimiter bounds a session's PATCHes: a browser sends one for each of a
// handful of candidates.
func newPatchLimiter() *rate.Limiter { return rate.NewLimiter(5, 40) }

func defaultLimits() limits {
	return limits{
		offers:  rate.NewLimiter(20, 60),
		guests:  rate.NewLimiter(20, 60),
		changes: rate.NewLimiter(100, 200),
		uploads: rate.NewLimiter(1, 10),
		header:  5 * time.Second,
		body:    30 * time.Second,
		idle:    5 * time.Second, // browsers connect anew at once; who just sits there leaves
		answer:  time.Minute,
		connect: connectWithin,
	}
}
