package order

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"
)

// The statements that many orders share are assembled from the machine; their texts stay as they were measured.
func TestTextsOfHotStatements(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ got, want string }{
		"confirm": {confirmSQL, `
		UPDATE orders SET state = 'confirmed', confirmed_at = $2, check_at = NULL, version = version + 1 WHERE id = ANY($1)`},
		"free": {freeSQL, `
		SELECT id FROM orders WHERE id = ANY($1) AND state = 'placed' AND deposit_fen = 0 AND NOT hold_lost ORDER BY id FOR UPDATE`},
		"complete": {completeSQL, `
		UPDATE orders SET state = 'completed', version = version + 1
		WHERE id IN (SELECT id FROM orders WHERE state = 'paid' AND inspect_until <= $1
		             ORDER BY inspect_until LIMIT $2 FOR UPDATE SKIP LOCKED)
		RETURNING id`},
	} {
		if c.got != c.want {
			t.Errorf("%s is\n%s\nwant\n%s", name, c.got, c.want)
		}
	}
	sum := sha256.Sum256([]byte(IntakeSQL))
	if got, want := hex.EncodeToString(sum[:8]), "213595cdf24fdc2f"; got != want {
		t.Errorf("the text of the intake has hash %s, want %s", got, want)
	}
}
