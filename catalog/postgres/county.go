package postgres

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/catalog"
	"banmuyuan/internal/entry"
	"banmuyuan/internal/link"
)

// Supply is the part of a prepared county that no workbook holds: its seasons and presales, and the lots of its households.
// An empty county numbers its entries from 1 in the order of their rows.
type Supply struct {
	Season     int   // begins; 0: none does
	Earlier    []int // seasons that began before it and are closing
	Presales   []catalog.Presale
	Lots       []catalog.Lot // nothing is reserved yet
	Households []Beginning
}

// Beginning is the part of a prepared county's household that no workbook holds.
type Beginning struct {
	ID      int64
	Consent bool // its helper may act for it
	Demo    bool
}

// directoryIDs are the tables with the entries of a directory.
var directoryIDs = []string{"reported_year", "programme", "township", "village", "solar_station", "organisation", "collection_point", "helper", "product", "household", "holding", "membership"}

// LoadCounty loads a prepared county in one transaction: the rows through the directory, as a workbook's are, and its
// supply. It returns Conflict when there is a county already, and Invalid with the first row that is wrong. progress may be nil.
func (c *Catalog) LoadCounty(ctx context.Context, rows map[string][]entry.Row, s Supply, progress func(done, total int)) error {
	if progress == nil {
		progress = func(int, int) {}
	}
	seed := Seed{Season: s.Season, Earlier: s.Earlier, Presales: s.Presales}
	for _, l := range s.Lots {
		seed.Lots = append(seed.Lots, SeedLot{l})
	}
	total := seed.size()
	for _, of := range rows {
		total += len(of)
	}
	err := link.InTx(ctx, c.DB, nil, func(tx *sqlx.Tx) error {
		for _, table := range directoryIDs {
			var used bool
			if err := tx.GetContext(ctx, &used, `SELECT EXISTS (SELECT FROM `+table+`)`); err != nil {
				return fmt.Errorf("look for a county: %w", err)
			}
			if used {
				return link.E(link.Conflict, "conflict", "")
			}
			if _, err := tx.ExecContext(ctx, `SELECT setval(pg_get_serial_sequence($1, 'id'), 1, false)`, table); err != nil {
				return fmt.Errorf("number %s from 1: %w", table, err)
			}
		}
		done := 0
		err := c.directory.LoadRows(ctx, tx, rows, func(n int) {
			done += n
			progress(done, total)
		})
		if err != nil {
			return err
		}
		l := &loader{c: c, ctx: ctx, tx: tx, done: done, total: total, progress: progress}
		if err := l.beginnings(s.Households); err != nil {
			return err
		}
		ref, err := readReference(ctx, tx)
		if err != nil {
			return err
		}
		seed.Products = ref.forAll.Products
		return l.loadOffers(seed)
	})
	if err != nil {
		return fmt.Errorf("load county: %w", err)
	}
	return learn(ctx, c)
}

func (l *loader) beginnings(all []Beginning) error {
	ids := make([]int64, len(all))
	consent, demo := make([]bool, len(all)), make([]bool, len(all))
	for i, b := range all {
		ids[i], consent[i], demo[i] = b.ID, b.Consent, b.Demo
	}
	_, err := l.tx.ExecContext(l.ctx, `
		UPDATE household h SET consent = b.consent, demo = b.demo
		FROM unnest($1::bigint[], $2::boolean[], $3::boolean[]) AS b (id, consent, demo) WHERE h.id = b.id`,
		pq.Array(ids), pq.Array(consent), pq.Array(demo))
	if err != nil {
		return fmt.Errorf("load households' beginnings: %w", err)
	}
	return nil
}
