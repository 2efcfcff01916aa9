package web

import "time"

// now is the injected clock.
func (s *Server) now() time.Time { return s.config.Now() }
