package web

// TokenFor is how long a token's account is remembered.
const TokenFor = tokenFor

// Remembered counts the tokens that are remembered.
func (s *Server) Remembered() int { return len(s.tokens.known) }

// Forget ends what is remembered of a token.
func (s *Server) Forget(token string) { s.tokens.forget(token) }
