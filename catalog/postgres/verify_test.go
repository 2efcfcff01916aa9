package postgres_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"banmuyuan/catalog"
	"banmuyuan/catalog/postgres"
	"banmuyuan/internal/link"
)

// Verify finds damage done behind the module's back.
func TestVerifyFinds(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, harm, check string
	}{
		{"reserved without a hold", `UPDATE lot SET reserved = reserved + 1 WHERE id = 4`, "catalog.lot.holds"},
		{"delivered without a hold", `UPDATE lot SET delivered = 1 WHERE id = 4`, "catalog.lot.holds"},
		{"a hold without its units", `UPDATE hold SET held = array_fill(0::bigint, ARRAY[cardinality(qty)])`, "catalog.lot.holds"},
		{"over capacity", `ALTER TABLE lot DROP CONSTRAINT lot_not_oversold; UPDATE lot SET reserved = capacity + 1 WHERE id = 4`, "catalog.lot.capacity"},
		{"negative share", `UPDATE hold SET held = array_fill(-1::bigint, ARRAY[cardinality(qty)])`, "catalog.hold.shares"},
		{"released and held", `UPDATE hold SET state = 'released', expires_at = NULL, held = qty`, "catalog.hold.shares"},
		{"held without expiry", `UPDATE hold SET expires_at = NULL`, "catalog.hold.shares"},
		{"another presale's lot", `UPDATE hold SET presale_id = 2`, "catalog.hold.presale"},
		{"overdue", `UPDATE hold SET expires_at = timestamptz '2026-07-01'`, "catalog.hold.overdue"},
		{"memory behind", `UPDATE lot SET capacity = capacity + 5 WHERE id = 4`, "catalog.memory"},
		{"event not published", `INSERT INTO outbox (subject, data, created_at) VALUES ('evt.catalog.v1.x', '{}', now() - interval '1 hour')`, "catalog.outbox"},
		{"dead letter", `INSERT INTO dead_letter (consumer, event_id, subject, data, error, deliveries, occurred_at) VALUES ('c', '1', 's', '{}', 'e', 1, now())`, "catalog.dead_letter"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			c, stop := b.process()
			b.load(c, smallCounty())
			if _, err := c.Reserve(t.Context(), b.reserve(geese, 1, 20)); err != nil {
				t.Fatal(err)
			}
			b.verify(c)
			if test.check == "catalog.outbox" { // nobody publishes
				b.server.Stop()
			}
			if _, err := b.db.Exec(test.harm); err != nil {
				t.Fatal(err)
			}
			found, err := c.Verify(county(t.Context()), catalog.None{})
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			for _, f := range found.Items {
				got += f.Check + " " + f.Object + ": " + f.Detail + "\n"
			}
			if !strings.Contains(got, test.check) {
				t.Errorf("verify finds %q, want %s", got, test.check)
			}
			stop()
		})
	}
}

func TestLoadSeed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c, _ := b.process()
	var last, total int
	if err := c.LoadSeed(t.Context(), smallCounty(), func(done, of int) {
		if done < last {
			t.Errorf("progress went from %d to %d", last, done)
		}
		last, total = done, of
	}); err != nil {
		t.Fatal(err)
	}
	if last != total || total == 0 {
		t.Errorf("progress ended at %d of %d", last, total)
	}
	if err := c.LoadSeed(t.Context(), smallCounty(), nil); link.CodeOf(err) != link.Conflict {
		t.Errorf("loading on top: %v, want conflict", err)
	}
	b.refresh(c)
	b.verify(c)
	// Ids go on behind the seed's.
	p := smallCounty().Presales[0]
	p.ID, p.Code = 0, "next"
	saved, err := c.SavePresale(county(t.Context()), p)
	if err != nil || saved.ID != 7 {
		t.Errorf("next presale has id %d, %v; want 7", saved.ID, err)
	}

	// A seed that cannot be loaded leaves nothing.
	other := setup(t)
	c, _ = other.process()
	bad := smallCounty()
	bad.Lots[3].HouseholdID = 99
	if err := c.LoadSeed(t.Context(), bad, nil); err == nil {
		t.Error("a lot of nobody was loaded")
	}
	if n := other.count(`SELECT count(*) FROM township`); n != 0 {
		t.Errorf("%d townships left behind", n)
	}
}

// A process that was away while the log of changes was pruned reads the season whole.
func TestCatchUpAfterPrunedChanges(t *testing.T) {
	t.Parallel()
	b := setup(t)
	one := b.seeded()
	cfg := b.config()
	cfg.Refresh = time.Hour
	two, _ := b.processWith(cfg)
	for order := range int64(5) {
		if _, err := one.Reserve(t.Context(), b.reserve(geese, order+1, 7)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := b.db.Exec(`DELETE FROM season_change WHERE version <= (SELECT max(version) - 2 FROM season_change)`); err != nil {
		t.Fatal(err)
	}
	if _, err := two.Reserve(t.Context(), b.reserve(geese, 9, 7)); err != nil {
		t.Fatal(err)
	}
	// The stock is shown a moment after a reservation.
	b.eventually("558 left", func() bool { return left(t, two, geese) == 600-42 })
	b.verify(two)
}

// A command that only reads opens the catalogue without running it: nothing in it waits for a loop that never starts.
func TestReadsWithoutRun(t *testing.T) {
	t.Parallel()
	b := setup(t)
	one := b.seeded()
	if _, err := one.Reserve(t.Context(), b.reserve(geese, 1, 20)); err != nil {
		t.Fatal(err)
	}
	atRest, err := postgres.New(t.Context(), b.open(), nil, b.config())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(county(t.Context()), 20*time.Second)
	defer cancel()
	if found, err := atRest.Verify(ctx, catalog.None{}); err != nil || len(found.Items) > 0 {
		t.Errorf("verify at rest: %v, %v", found, err)
	}
	if run, err := atRest.DryRun(ctx, catalog.DryRunRequest{PresaleID: geese, Qty: 20}); err != nil || len(run.Lots) == 0 {
		t.Errorf("dry run at rest: %v, %v", run, err)
	}
}

// Another module hears of a saved presale and asks a process with older memory.
func TestModulesNeedNotWaitForMemory(t *testing.T) {
	t.Parallel()
	b := setup(t)
	one := b.seeded()
	cfg := b.config()
	cfg.Refresh = time.Hour
	behind, _ := b.processWith(cfg)
	p := smallCounty().Presales[0]
	p.ID, p.Code, p.State = 0, "just-saved", catalog.PresaleDraft
	saved, err := one.SavePresale(county(t.Context()), p)
	if err != nil {
		t.Fatal(err)
	}
	ref := catalog.PresaleRef{ID: saved.ID}
	if _, err := behind.Presale(link.WithActor(t.Context(), link.Actor{Login: "somebody"}), ref); link.CodeOf(err) != link.NotFound {
		t.Errorf("a stranger asks for a draft: %v", err)
	}
	if got, err := behind.Presale(link.WithActor(t.Context(), link.Actor{Login: "orders", System: true}), ref); err != nil || got.Code != "just-saved" {
		t.Errorf("another module asks for what was just saved: %+v, %v", got.Code, err)
	}
}
