package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"
	"golang.org/x/sync/errgroup"

	"banmuyuan/internal/link"
	"banmuyuan/internal/state"
	"banmuyuan/payments"
)

// Unpaid ends things of one kind that nobody paid in time: orders, adoptions, sales. The lifecycle has three steps:
//
//  1. Stop. After its time a thing takes the event Expire: it can no longer be paid by a new payment, and it is still
//     held.
//  2. Ask. Payments is asked to expire the payments of each stopped thing. The answer "paid" means that the payment's
//     event is on its way and will move the thing; the answer "unpaid" ends it; no answer leaves it for the next round,
//     after the lease.
//  3. End. The room locks the thing, checks that it is still waiting and takes the event Expired.
//
// These rules hold for every kind:
//   - several processes may work at once: rows are claimed with SKIP LOCKED, and a claim lasts for Config.Lease;
//   - a step goes on while its batches are full, so that a backlog is gone after one round;
//   - all things of a batch are asked in the same round, at most unpaidQuestions of them at a time;
//   - a question without an answer, or an end that fails, does not hold up the others; ends that failed are reported
//     after the round, questions are logged;
//   - no module is asked inside a transaction.
//
// UnpaidConfig holds the differences: whether stopping is announced or changes the version, and how a thing ends.
type Unpaid struct {
	desk *Desk

	name     string
	ref      func(int64) string
	began    func([]int64) []link.Message
	end      func(context.Context, *sqlx.Tx, []int64) error
	together int

	stopSQL, claimSQL string
}

// UnpaidConfig says how one kind of thing expires.
type UnpaidConfig[S, E ~string] struct {
	Name    string // of the thing, for logs and errors: "order"
	Table   string // has the columns id, state, expires_at and check_at
	Version bool   // the table has a column version, which stopping counts up

	Machine *state.Machine[S, E]
	Expire  E // the time is over: ask the provider first
	Expired E // the provider says it was not paid

	Ref func(id int64) string // how payments knows the thing
	// Began returns the messages that announce stopped things; nil: nothing is announced.
	Began func(ids []int64) []link.Message
	// End ends things of which payments says that they were not paid. It locks them in the order of ids, leaves things
	// alone that cannot take Expired any more, and releases the stock of the others.
	End func(ctx context.Context, tx *sqlx.Tx, ids []int64) error
	// Together is the number of things that one transaction ends. It is 1 where ending one locks rows that several
	// share.
	Together int
}

// unpaidQuestions is the number of questions that payments is asked at a time.
const unpaidQuestions = 8

// NewUnpaid returns the worker of one kind. It panics when stopping does not lead to a state that Expired leaves.
func NewUnpaid[S, E ~string](d *Desk, c UnpaidConfig[S, E]) *Unpaid {
	stopped := c.Machine.To(c.Expire)
	if !c.Machine.Can(stopped, c.Expired) {
		panic(fmt.Sprintf("desk: a stopped %s cannot take %q", c.Name, c.Expired))
	}
	version := ""
	if c.Version {
		version = ", version = version + 1"
	}
	return &Unpaid{
		desk: d, name: c.Name, ref: c.Ref, began: c.Began, end: c.End, together: max(c.Together, 1),
		stopSQL: fmt.Sprintf(`
			UPDATE %[1]s SET state = %[2]s, check_at = $1%[3]s
			WHERE id IN (SELECT id FROM %[1]s WHERE %[4]s AND expires_at <= $1
			             ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED)
			RETURNING id`, c.Table, StateText(stopped), version, StateIs("state", c.Machine.From(c.Expire))),
		claimSQL: fmt.Sprintf(`
			UPDATE %[1]s SET check_at = $2
			WHERE id IN (SELECT id FROM %[1]s WHERE %[2]s AND check_at <= $1
			             ORDER BY check_at LIMIT $3 FOR UPDATE SKIP LOCKED)
			RETURNING id`, c.Table, StateIs("state", c.Machine.From(c.Expired))),
	}
}

// Work stops, asks and ends everything that is due now.
func (u *Unpaid) Work(ctx context.Context) error {
	return errors.Join(u.stop(ctx), u.ask(ctx))
}

func (u *Unpaid) stop(ctx context.Context) error {
	for {
		var ids []int64
		err := link.InTx(ctx, u.desk.DB, nil, func(tx *sqlx.Tx) error {
			ids = nil
			if err := tx.SelectContext(ctx, &ids, u.stopSQL, u.desk.Now(), WorkBatch); err != nil {
				return fmt.Errorf("stop unpaid things (%s): %w", u.name, err)
			}
			if u.began == nil || len(ids) == 0 {
				return nil
			}
			return link.Publish(ctx, tx, u.began(ids)...)
		})
		if len(ids) > 0 && u.began != nil {
			u.desk.Relay.Notify()
		}
		if err != nil || len(ids) < WorkBatch {
			return err
		}
	}
}

func (u *Unpaid) ask(ctx context.Context) error {
	var failed []error
	for {
		var ids []int64
		err := u.desk.DB.SelectContext(ctx, &ids, u.claimSQL, u.desk.Now(), u.desk.After(u.desk.Config.Lease), WorkBatch)
		if err != nil {
			return errors.Join(append(failed, fmt.Errorf("claim expiring things (%s): %w", u.name, err))...)
		}
		over := u.unpaid(ctx, ids)
		for part := range slices.Chunk(over, u.together) {
			if err := u.desk.Tx(ctx, func(tx *sqlx.Tx) error { return u.end(ctx, tx, part) }); err != nil {
				failed = append(failed, fmt.Errorf("expire %s %v: %w", u.name, part, err))
			}
		}
		if len(ids) < WorkBatch {
			return errors.Join(failed...)
		}
	}
}

// unpaid asks payments about each thing and returns the unpaid ones, in the order of their ids.
func (u *Unpaid) unpaid(ctx context.Context, ids []int64) []int64 {
	not := make([]bool, len(ids))
	var g errgroup.Group
	g.SetLimit(unpaidQuestions)
	for i, id := range ids {
		g.Go(func() error {
			res, err := u.desk.Payments.ExpirePayments(AsSystem(ctx), payments.Ref{Ref: u.ref(id)})
			if err != nil {
				u.desk.Log.Warn("ask whether an expiring "+u.name+" was paid", u.name, id, "error", err)
			}
			not[i] = err == nil && !res.Paid
			return nil
		})
	}
	_ = g.Wait() // no question returns an error
	var over []int64
	for i, id := range ids {
		if not[i] {
			over = append(over, id)
		}
	}
	slices.Sort(over)
	return over
}
