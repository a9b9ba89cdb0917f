package webrtc

import (
	"sync"

	"golang.org/x/time/rate"
)

// strikes counts the wrong tokens of each address: twenty at once, and one a second.
// Whose are used up is not even listened to, or guessing would go on.
type strikes struct {
	mu sync.Mutex
	by map[string]*rate.Limiter
}

// mostStruck bounds the addresses that are remembered.
const mostStruck = 4096

// out tells whether an address has no strike left.
func (s *strikes) out(address string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.by[address]
	return l != nil && l.Tokens() < 1
}

func (s *strikes) count(address string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.by[address]
	if l == nil {
		if len(s.by) >= mostStruck || s.by == nil {
			s.by = make(map[string]*rate.Limiter)
		}
		l = rate.NewLimiter(1, 20)
		s.by[address] = l
	}
	l.Allow()
}
