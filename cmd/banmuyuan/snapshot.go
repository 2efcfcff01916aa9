package main

import (
	"sync"

	"banmuyuan/internal/link"
)

// snapshot holds a module's backlog as it was read last.
type snapshot struct {
	mu   sync.Mutex
	last link.Pending
}

func (s *snapshot) set(p link.Pending) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = p
}

func (s *snapshot) get() link.Pending {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last
}
