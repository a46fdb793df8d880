package testutil

import (
	"iter"
	"slices"
	"strings"
	"sync"
	"testing"
)

// tests knows what the tests of this binary have in use. It is what New, Client and Inject share when
// all that they are given is the test.
var tests registry

// registry has a scope for every test that uses something, by the name of the test.
type registry struct {
	mu     sync.Mutex
	scopes map[string]*scope
}

// scope is what one test uses, the newest last.
type scope struct {
	worlds  []*world // its own
	spare   *world   // the one of them that Client made, until New takes it over
	servers []*world // those of fixtures
	faults  []*Injected
}

// newWorld returns the world for a call of New: the one that Client made before, or a new one.
func (r *registry) newWorld(tb testing.TB) (*world, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s := r.scopes[tb.Name()]; s != nil && s.spare != nil {
		w := s.spare
		s.spare = nil
		return w, nil
	}
	return r.addWorld(tb)
}

// world returns the world that a test talks to, as the comment of Client says.
func (r *registry) world(tb testing.TB) (*world, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for s := range r.around(tb.Name()) {
		if len(s.worlds) > 0 {
			return s.worlds[len(s.worlds)-1], nil
		}
	}
	for s := range r.around(tb.Name()) {
		if len(s.servers) > 0 {
			return s.servers[len(s.servers)-1], nil
		}
	}
	if w := shared.worldOfMain(); w != nil {
		return w, nil
	}
	w, err := r.addWorld(tb)
	if err == nil {
		r.scopes[tb.Name()].spare = w
	}
	return w, err
}

// addWorld makes a world for a test, with the faults that are injected into it already, and closes it
// when the test ends.
func (r *registry) addWorld(tb testing.TB) (*world, error) {
	w, err := newWorld()
	if err != nil {
		return nil, err
	}
	name := tb.Name()
	for s := range r.around(name) {
		for _, injected := range s.faults {
			injected.into(w.handler)
		}
	}
	s := r.scope(name)
	s.worlds = append(s.worlds, w)
	tb.Cleanup(func() {
		r.leave(name, func(s *scope) {
			s.worlds = without(s.worlds, w)
			if s.spare == w {
				s.spare = nil
			}
		})
		if err := w.close(lasting(tb)); err != nil {
			tb.Errorf("testutil: %v%s", err, hint())
		}
	})
	return w, nil
}

// useServer makes a test talk to the world of a server until the test ends.
func (r *registry) useServer(tb testing.TB, w *world) {
	r.mu.Lock()
	defer r.mu.Unlock()
	name := tb.Name()
	s := r.scope(name)
	s.servers = append(s.servers, w)
	tb.Cleanup(func() {
		r.leave(name, func(s *scope) { s.servers = without(s.servers, w) })
	})
}

// useFaults puts faults into the later worlds of a test, until the test ends.
func (r *registry) useFaults(tb testing.TB, injected *Injected) {
	r.mu.Lock()
	defer r.mu.Unlock()
	name := tb.Name()
	s := r.scope(name)
	s.faults = append(s.faults, injected)
	tb.Cleanup(func() {
		injected.Stop()
		r.leave(name, func(s *scope) { s.faults = without(s.faults, injected) })
	})
}

func (r *registry) scope(name string) *scope {
	if r.scopes == nil {
		r.scopes = map[string]*scope{}
	}
	s := r.scopes[name]
	if s == nil {
		s = &scope{}
		r.scopes[name] = s
	}
	return s
}

// leave takes something out of the scope of a test.
func (r *registry) leave(name string, take func(*scope)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.scopes[name]
	take(s)
	if len(s.worlds)+len(s.servers)+len(s.faults) == 0 {
		delete(r.scopes, name)
	}
}

// around yields the scope of a test and those of the tests around it, outwards.
func (r *registry) around(name string) iter.Seq[*scope] {
	return func(yield func(*scope) bool) {
		for {
			if s := r.scopes[name]; s != nil && !yield(s) {
				return
			}
			end := strings.LastIndexByte(name, '/')
			if end < 0 {
				return
			}
			name = name[:end]
		}
	}
}

// without returns the elements less the last that is equal to one.
func without[E comparable](elements []E, element E) []E {
	for i, e := range slices.Backward(elements) {
		if e == element {
			return slices.Delete(elements, i, i+1)
		}
	}
	return elements
}
