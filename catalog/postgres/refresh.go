package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"banmuyuan/catalog/postgres/desk"

	"github.com/jmoiron/sqlx"
)

// keepChanges is how long the log of changes reaches back; a process that was away for longer reads a season whole.
const keepChanges = 10 * time.Minute

// refreshLoop keeps memory current with the writes of other processes. It bounds the age of all that readers see.
func (c *Catalog) refreshLoop(ctx context.Context) {
	tick := time.NewTicker(c.cfg.Refresh)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := c.Refresh(ctx); err != nil && ctx.Err() == nil {
			c.Log.Warn("catalogue not refreshed", "error", err)
		}
	}
}

// Refresh reads the changes of other processes at once, as Run does periodically.
func (c *Catalog) Refresh(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	if err := c.RefreshReference(ctx); err != nil {
		return err
	}
	return c.writer.do(ctx, func() error {
		if err := c.writer.refresh(ctx); err != nil {
			return err
		}
		c.writer.publishStock()
		return nil
	})
}

// refresh looks for new seasons and catches up with the known ones.
func (w *writer) refresh(ctx context.Context) error {
	var now []struct {
		ID      int   `db:"id"`
		Version int64 `db:"version"`
	}
	if err := w.c.DB.SelectContext(ctx, &now, `SELECT id, version FROM season ORDER BY id`); err != nil {
		return fmt.Errorf("read seasons: %w", err)
	}
	for _, n := range now {
		s := w.seasons[n.ID]
		if s == nil {
			if err := w.reload(ctx, n.ID); err != nil {
				return err
			}
			continue
		}
		if n.Version != s.version {
			if err := w.catchUp(ctx, s); err != nil {
				return err
			}
		}
	}
	return nil
}

// catchUp brings s to the database's version, or reads it whole where that is not possible.
func (w *writer) catchUp(ctx context.Context, s *season) error {
	structural, err := s.catchUp(ctx, w.c.DB)
	if err == nil && structural {
		err = desk.InSnapshot(ctx, w.c.DB, func(tx *sqlx.Tx) error { return s.catchUpStructure(ctx, tx) })
		w.index(s)
	}
	if errors.Is(err, errBehind) {
		return w.reload(ctx, s.id)
	}
	return err
}

// reload reads a season whole and replaces it in memory.
func (w *writer) reload(ctx context.Context, id int) error {
	s, err := loadSeason(ctx, w.c.DB, id)
	if err != nil {
		return err
	}
	w.seasons[id] = s
	w.index(s)
	return nil
}

func (w *writer) index(s *season) {
	for id := range s.presales {
		w.of[id] = s
	}
}

// publishStock publishes the units left, and the versions that they are of, to readers.
func (w *writer) publishStock() {
	left, versions := make(map[int64]int64, len(w.of)), make(map[int64]int64, len(w.of))
	for id, s := range w.of {
		left[id], versions[id] = s.openUnits(id), s.version
	}
	w.c.stock.Store(&left)
	w.c.versions.Store(&versions)
}

// pruneChanges forgets changes that every living process has read.
func (c *Catalog) pruneChanges(ctx context.Context) error {
	_, err := c.DB.ExecContext(ctx, `DELETE FROM season_change WHERE at < now() - $1 * interval '1 second'`, keepChanges.Seconds())
	if err != nil {
		return fmt.Errorf("prune changes: %w", err)
	}
	return nil
}
