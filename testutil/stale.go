package testutil

import (
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/open-alchemy/packagedb/internal/engine"
)

// staleness holds the states of an engine that stale reads may see.
type staleness struct {
	engine *engine.Engine
	writes int           // reads are behind by this number of writes,
	delay  time.Duration // or by this time

	mu     sync.Mutex
	states []*state // oldest first
}

// state is an engine before a write.
type state struct {
	before *engine.Engine
	at     time.Time
}

// noting returns a handler that saves the state of the engine before each write that it passes on.
func (s *staleness) noting(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.forget()
		noted := &state{s.engine.Snapshot(), time.Now()}
		s.states = append(s.states, noted)
		s.mu.Unlock()
		a := record(next, r)
		if a == nil || a.status != http.StatusOK {
			s.drop(noted)
		}
		a.write(w)
	})
}

// drop removes the state before a write that had no effect.
func (s *staleness) drop(noted *state) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.states = slices.DeleteFunc(s.states, func(other *state) bool { return other == noted })
}

// reader returns the handler that answers a stale read.
func (s *staleness) reader() http.Handler {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forget()
	if len(s.states) == 0 {
		return s.engine
	}
	return s.states[0].before
}

// forget drops the states before writes that every read sees. The lock must be held.
func (s *staleness) forget() {
	seen := 0
	if s.delay == 0 {
		seen = max(0, len(s.states)-s.writes)
	}
	for s.delay > 0 && seen < len(s.states) && time.Since(s.states[seen].at) >= s.delay {
		seen++
	}
	s.states = s.states[seen:]
}
