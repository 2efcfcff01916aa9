package desk

import (
	"context"
	"strconv"

	"github.com/jmoiron/sqlx"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
)

// Did publishes an act of a person for the audit trail; acts of jobs are none.
func Did(ctx context.Context, tx *sqlx.Tx, act link.Act) error {
	if link.ActorFrom(ctx).Account == 0 {
		return nil
	}
	return link.Publish(ctx, tx, link.Message{Subject: orders.EvtAct, Data: act})
}

// Decided publishes a person's decision about a thing.
func Decided(ctx context.Context, tx *sqlx.Tx, on string, id int64, approve bool) error {
	detail := "refuse"
	if approve {
		detail = "approve"
	}
	return Did(ctx, tx, link.Act{Kind: "decision." + on, On: on, Object: strconv.FormatInt(id, 10), Detail: detail})
}
