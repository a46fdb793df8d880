package testutil

import (
	"net/http"
	"sync"
	"time"

	"github.com/open-alchemy/packagedb/internal/engine"
)

// staleness holds the states of an engine that stale reads may see.
type staleness struct {
	engine *engine.Engine
	writes int           // reads are behind by this number of writes,
	delay  time.Duration // or by this time

	mu     sync.Mutex // held while the engine writes
	states []state    // oldest first
}

// state is an engine before a write.
type state struct {
	before *engine.Engine
	at     time.Time
}

// noting returns a handler that passes writes on and notes each that has an effect.
func (s *staleness) noting(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.note(next, r).write(w) })
}

func (s *staleness) note(next http.Handler, write *http.Request) *answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	noted := state{s.engine.Snapshot(), time.Now()}
	a := record(next, write)
	if a != nil && a.status == http.StatusOK {
		s.states = append(s.states, noted)
		s.forget()
	}
	return a
}

// reader returns the engine that answers a stale read.
func (s *staleness) reader() *engine.Engine {
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
