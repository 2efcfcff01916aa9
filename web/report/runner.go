package report

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"banmuyuan/internal/link"
	"banmuyuan/web/auth"
)

const (
	lease    = time.Minute // renewed with every page that is read
	most     = 3           // attempts, then it failed
	lookFor  = time.Second // how often a waiting job is looked for
	cleanFor = time.Hour
)

// Runner makes the reports that were asked for, one at a time in each process: they may take long and are not to slow
// down pages.
type Runner struct {
	Store    Store
	Accounts auth.Accounts
	Sources  Sources
	Words    Words
	Log      *slog.Logger

	wake chan struct{}
}

// NewRunner returns a runner that has to be run.
func NewRunner(s Store, accounts auth.Accounts, sources Sources, words Words, log *slog.Logger) *Runner {
	return &Runner{Store: s, Accounts: accounts, Sources: sources, Words: words, Log: log, wake: make(chan struct{}, 1)}
}

// Wake has a job that was just asked for looked for at once.
func (r *Runner) Wake() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Run makes reports until ctx ends. One that is under way then is begun again by whoever runs next.
func (r *Runner) Run(ctx context.Context) {
	look, clean := time.NewTicker(lookFor), time.NewTicker(cleanFor)
	defer look.Stop()
	defer clean.Stop()
	for {
		for r.next(ctx) {
		}
		select {
		case <-ctx.Done():
			return
		case <-r.wake:
		case <-look.C:
		case <-clean.C:
			if err := r.Store.Forget(ctx, time.Now().Add(-Keep)); err != nil && ctx.Err() == nil {
				r.Log.Warn("old reports not removed", "error", err)
			}
		}
	}
}

// next makes one report and says whether there was one.
func (r *Runner) next(ctx context.Context) bool {
	j, err := r.Store.Claim(ctx, lease)
	if err != nil {
		if !errors.Is(err, ErrNotFound) && ctx.Err() == nil {
			r.Log.Warn("report not claimed", "error", err)
		}
		return false
	}
	log := r.Log.With("report", j.ID, "kind", j.Kind)
	err = r.make(ctx, j)
	if err == nil || ctx.Err() != nil {
		return err == nil
	}
	log.Warn("report not made", "attempt", j.Attempts, "error", err)
	key := link.AsError(err).Key
	if link.CodeOf(err) == link.Unavailable && j.Attempts < most {
		return false // its lease ends, and it is tried again
	}
	if err := r.Store.Fail(ctx, j.ID, key); err != nil {
		log.Warn("failure of report not stored", "error", err)
	}
	return true
}

func (r *Runner) make(ctx context.Context, j Job) error {
	// What somebody asked for is made as that somebody: who may no longer see it gets nothing.
	a, err := r.Accounts.ByID(ctx, j.AccountID)
	if err != nil && !errors.Is(err, auth.ErrNotFound) {
		return fmt.Errorf("find who asked: %w", err)
	}
	if err != nil || a.Disabled() || !a.Role.In(auth.County...) {
		return link.E(link.Forbidden, "forbidden", "")
	}
	ctx = link.WithActor(ctx, link.Actor{Account: a.ID, Login: a.Login, Role: string(a.Role)})
	ctx = link.WithRequestID(ctx, fmt.Sprintf("report-%d", j.ID))
	w, err := r.newWorkbook(ctx, j)
	if err != nil {
		return err
	}
	defer w.close()
	switch j.Kind {
	case Incomes:
		err = r.incomes(ctx, w)
	case Unsold:
		err = r.unsold(ctx, w)
	case Villages:
		err = r.villages(ctx, w)
	case Orders:
		err = r.orders(ctx, w)
	default:
		err = link.E(link.Invalid, "report.kind", "kind")
	}
	if err != nil {
		return err
	}
	data, err := w.bytes()
	if err != nil {
		return err
	}
	return r.Store.Finish(ctx, j.ID, w.name(), data)
}
