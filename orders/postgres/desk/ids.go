package desk

import (
	"context"
	"fmt"
	"sync"

	"github.com/jmoiron/sqlx"
)

const idBlockSize = 1000 // the sequence's increment

// idBlock hands out order ids from a block of the sequence that is this process's alone. The rest of a block when
// the process ends is never used.
type idBlock struct {
	mu        sync.Mutex
	next, end int64
}

func (b *idBlock) Take(ctx context.Context, db *sqlx.DB) (int64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.next == b.end {
		var first int64
		if err := db.GetContext(ctx, &first, `SELECT nextval('order_block')`); err != nil {
			return 0, fmt.Errorf("take order ids: %w", err)
		}
		b.next, b.end = first, first+idBlockSize
	}
	b.next++
	return b.next - 1, nil
}
