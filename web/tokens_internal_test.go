package web

import (
	"strings"
	"testing"
	"time"

	"banmuyuan/web/auth"
)

// However many tokens are sent, what is remembered stays small.
func TestTokensAreBounded(t *testing.T) {
	t.Parallel()
	var all tokens
	now := time.Now()
	for i := range 3 * tokensMost {
		all.remember(strings.Repeat("x", i%7)+time.Duration(i).String(), &auth.Account{}, now)
	}
	if len(all.known) > tokensMost {
		t.Errorf("%d are remembered", len(all.known))
	}
}
