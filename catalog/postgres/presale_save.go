package postgres

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"banmuyuan/catalog"
	"banmuyuan/catalog/postgres/desk"
	"banmuyuan/internal/link"
)

// SavePresale creates a presale as a draft, or changes one. Once it is open, titles, notes, dates and limits may still
// change, because no earlier order depends on them; prices, terms, policy and goods may not.
func (c *Catalog) SavePresale(ctx context.Context, p catalog.Presale) (catalog.Presale, error) {
	actor := link.ActorFrom(ctx)
	if !catalog.MaySell(actor, p.SellerOrg) {
		return catalog.Presale{}, catalog.Denied(actor)
	}
	ref := c.reference.Load()
	if err := ref.checkPresale(p); err != nil {
		return catalog.Presale{}, err
	}
	unitFen := catalog.UnitFen(p, ref.products[p.ProductID])
	leastFen := catalog.LeastFen(p, ref.products[p.ProductID])
	err := link.InTx(ctx, c.DB, nil, func(tx *sqlx.Tx) error {
		if p.ID == 0 {
			p.State = catalog.PresaleDraft
			return c.createPresale(ctx, tx, &p, unitFen, leastFen)
		}
		return c.changePresale(ctx, tx, &p, unitFen, leastFen)
	})
	if link.Constraint(err) == "presale_code" {
		return catalog.Presale{}, link.E(link.Conflict, "presale.code.taken", "code")
	}
	if err != nil {
		return catalog.Presale{}, err
	}
	c.Relay.Notify()
	return p, c.RefreshReference(ctx)
}

// checkPresale checks a presale as typed against the reference.
func (r *reference) checkPresale(p catalog.Presale) error {
	var product *catalog.Product
	if known, ok := r.products[p.ProductID]; ok {
		product = &known
	}
	_, sellerKnown := r.organisations[p.SellerOrg]
	return p.Check(product, sellerKnown)
}

func (c *Catalog) createPresale(ctx context.Context, tx *sqlx.Tx, p *catalog.Presale, unitFen, leastFen int64) error {
	if err := lockOpenSeason(ctx, tx, p.Season, "season"); err != nil {
		return err
	}
	err := tx.GetContext(ctx, &p.ID, `
		INSERT INTO presale (code, product_id, season, title, note, state, channels, opens_at, closes_at, deliver_from, deliver_to, grades,
			min_qty, step_qty, max_qty, collection_min, grams_per_unit, terms, seller_org, policy, unit_fen,
			households_bp, least_fen)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23) RETURNING id`,
		p.Code, p.ProductID, p.Season, desk.ToJSON(p.Title), desk.ToJSON(p.Note), p.State, channels(p.Channels), p.OpensAt, p.ClosesAt, p.DeliverFrom, p.DeliverTo,
		desk.ToJSON(p.Grades), p.MinQty, p.StepQty, p.MaxQty, p.CollectionMin, p.GramsPerUnit, desk.ToJSON(p.Terms), p.SellerOrg, p.Policy, unitFen, p.HouseholdsBP, leastFen)
	if err != nil {
		return fmt.Errorf("create presale: %w", err)
	}
	return presaleChanged(ctx, tx, *p, nil)
}

func (c *Catalog) changePresale(ctx context.Context, tx *sqlx.Tx, p *catalog.Presale, unitFen, leastFen int64) error {
	before, err := lockPresale(ctx, tx, p.ID)
	if err != nil {
		return err
	}
	if !catalog.MaySell(link.ActorFrom(ctx), before.SellerOrg) {
		return link.E(link.NotFound, "presale.unknown", "id")
	}
	if before.ContractID != 0 {
		return link.E(link.NotFound, "presale.unknown", "id")
	}
	p.State, p.ContractID = before.State, 0
	if err := before.CheckChange(*p); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `
		UPDATE presale SET code = $2, product_id = $3, title = $4, note = $5, channels = $6, opens_at = $7, closes_at = $8, deliver_from = $9,
			deliver_to = $10, grades = $11, min_qty = $12, step_qty = $13, max_qty = $14, collection_min = $15, grams_per_unit = $16, terms = $17,
			seller_org = $18, policy = $19, unit_fen = $20, households_bp = $21, least_fen = $22
		WHERE id = $1`,
		p.ID, p.Code, p.ProductID, desk.ToJSON(p.Title), desk.ToJSON(p.Note), channels(p.Channels), p.OpensAt, p.ClosesAt, p.DeliverFrom,
		p.DeliverTo, desk.ToJSON(p.Grades), p.MinQty, p.StepQty, p.MaxQty, p.CollectionMin, p.GramsPerUnit, desk.ToJSON(p.Terms),
		p.SellerOrg, p.Policy, unitFen, p.HouseholdsBP, leastFen)
	if err != nil {
		return fmt.Errorf("change presale: %w", err)
	}
	var lots []int64 // their worth changes with the price
	if unitFen != before.UnitFen {
		if err := tx.SelectContext(ctx, &lots, `SELECT id FROM lot WHERE presale_id = $1 ORDER BY id`, p.ID); err != nil {
			return fmt.Errorf("read lots: %w", err)
		}
	}
	return presaleChanged(ctx, tx, *p, lots)
}

// lockPresale locks a presale's season and reads the presale.
func lockPresale(ctx context.Context, tx *sqlx.Tx, id int64) (presaleRow, error) {
	var season int
	if err := tx.GetContext(ctx, &season, `SELECT season FROM presale WHERE id = $1`, id); err != nil {
		return presaleRow{}, desk.NotFound(fmt.Errorf("find presale: %w", err), "presale.unknown", "id")
	}
	if _, err := desk.LockSeason(ctx, tx, season); err != nil {
		return presaleRow{}, err
	}
	return scanPresale(tx.QueryRowContext(ctx, `SELECT `+presaleColumns+` FROM presale p WHERE p.id = $1`, id).Scan)
}

// presaleChanged notifies memory, readers and other modules.
func presaleChanged(ctx context.Context, tx *sqlx.Tx, p catalog.Presale, lots []int64) error {
	if err := desk.NoteChange(ctx, tx, p.Season, desk.Change{Presales: []int64{p.ID}, Lots: lots}); err != nil {
		return err
	}
	if err := desk.TouchReference(ctx, tx); err != nil {
		return err
	}
	return link.Publish(ctx, tx, link.Message{
		Subject: catalog.EvtPresaleChanged, Data: catalog.PresaleChanged{PresaleID: p.ID, State: p.State},
	})
}

// SetPresaleState opens, closes or reopens a presale. Opening gives a lot to each household that raises or grows the product
// and has none yet: see Product.NewLot.
func (c *Catalog) SetPresaleState(ctx context.Context, r catalog.PresaleStateRequest) (catalog.Presale, error) {
	actor := link.ActorFrom(ctx)
	var p catalog.Presale
	err := link.InTx(ctx, c.DB, nil, func(tx *sqlx.Tx) error {
		row, err := lockPresale(ctx, tx, r.ID)
		if err != nil {
			return err
		}
		if !catalog.MaySell(actor, row.SellerOrg) {
			if row.State == catalog.PresaleDraft {
				return link.E(link.NotFound, "presale.unknown", "id")
			}
			return catalog.Denied(actor)
		}
		if row.ContractID != 0 { // the contract opens and closes it
			return link.E(link.NotFound, "presale.unknown", "id")
		}
		p = row.Presale
		return c.movePresale(ctx, tx, &p, r)
	})
	if err != nil {
		return catalog.Presale{}, err
	}
	c.Relay.Notify()
	return p, c.RefreshReference(ctx) // the next page shows the new state
}

// movePresale changes the state of a presale, whose season is locked, and writes its history. Asking for the present state
// changes nothing.
func (c *Catalog) movePresale(ctx context.Context, tx *sqlx.Tx, p *catalog.Presale, r catalog.PresaleStateRequest) error {
	if p.State == r.State {
		return nil
	}
	step, err := p.State.StepTo(r.State)
	if err != nil {
		return err
	}
	if err := p.CheckStep(step, r.Reason, c.Now()); err != nil {
		return err
	}
	p.State = catalog.PresaleMachine.To(step)
	if _, err := tx.ExecContext(ctx, `UPDATE presale SET state = $2 WHERE id = $1`, p.ID, p.State); err != nil {
		return fmt.Errorf("set presale state: %w", err)
	}
	var lots []int64
	if p.State == catalog.PresaleOpen {
		if err := lockOpenSeason(ctx, tx, p.Season, "state"); err != nil {
			return err
		}
		if lots, err = c.makeLots(ctx, tx, *p); err != nil {
			return err
		}
	}
	if err := c.notePresaleAct(ctx, tx, p.ID, step, r.Reason); err != nil {
		return err
	}
	return presaleChanged(ctx, tx, *p, lots)
}
