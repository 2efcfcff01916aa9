package postgres

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"

	"banmuyuan/catalog"
	"banmuyuan/catalog/postgres/desk"
	"banmuyuan/internal/link"
)

// HouseholdLots returns the lots of a household in a season, to actors who may see the household.
func (c *Catalog) HouseholdLots(ctx context.Context, r catalog.HouseholdSeason) (catalog.HouseholdLots, error) {
	h, err := c.Household(ctx, catalog.HouseholdRef{ID: r.ID, Code: r.Code})
	if err != nil {
		return catalog.HouseholdLots{}, err
	}
	if catalog.ScopeOf(link.ActorFrom(ctx)).Kind == catalog.ScopeHelper && !h.Consent {
		return catalog.HouseholdLots{}, link.E(link.Forbidden, "household.consent.missing", "")
	}
	all := catalog.HouseholdLots{Season: cmp.Or(r.Season, c.defaultSeason()), Lots: []catalog.HouseholdLot{}}
	rows, err := c.DB.QueryContext(ctx, `
		SELECT l.id, l.presale_id, l.household_id, l.capacity, l.reserved, l.delivered, l.agent_org, l.agent_bp,
		       p.code, p.title, p.unit_fen, r.code, r.order_unit
		FROM lot l JOIN presale p ON p.id = l.presale_id JOIN product r ON r.id = p.product_id
		WHERE l.household_id = $1 AND p.season = $2 AND p.state <> $3 AND p.contract_id = 0
		ORDER BY p.deliver_from, l.id`, h.ID, all.Season, string(catalog.PresaleDraft))
	if err != nil {
		return catalog.HouseholdLots{}, fmt.Errorf("read lots: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var l catalog.HouseholdLot
		var unitFen int64
		var title desk.AsJSON[catalog.Text]
		err := rows.Scan(&l.ID, &l.PresaleID, &l.HouseholdID, &l.Capacity, &l.Reserved, &l.Delivered, &l.AgentOrg, &l.AgentBP,
			&l.Presale, &title, &unitFen, &l.Product, &l.Unit)
		if err != nil {
			return catalog.HouseholdLots{}, fmt.Errorf("read lots: %w", err)
		}
		l.VillageID, l.Title, l.UnitFen = h.VillageID, title.V, catalog.LotUnitFen(unitFen, l.AgentBP)
		all.Lots = append(all.Lots, l)
	}
	if err := rows.Err(); err != nil {
		return catalog.HouseholdLots{}, fmt.Errorf("read lots: %w", err)
	}
	return all, nil
}

// Offer changes a lot's capacity for the household itself, or its helper with consent. A household without a lot gets
// one if it is registered for the product.
func (c *Catalog) Offer(ctx context.Context, r catalog.OfferRequest) (catalog.Lot, error) {
	if err := r.Check(); err != nil {
		return catalog.Lot{}, err
	}
	actor := link.ActorFrom(ctx)
	public := c.reference.Load().byID[r.PresaleID]
	if public == nil {
		return catalog.Lot{}, link.E(link.NotFound, "presale.unknown", "presale_id")
	}
	if public.ContractID != 0 {
		return catalog.Lot{}, link.E(link.Conflict, "household.offer.contract", "presale_id")
	}
	lot := catalog.Lot{PresaleID: r.PresaleID, HouseholdID: r.HouseholdID}
	err := link.InTx(ctx, c.DB, nil, func(tx *sqlx.Tx) error {
		h, err := c.household(ctx, tx, catalog.HouseholdRef{ID: r.HouseholdID})
		if err != nil {
			return asField(err, "household_id")
		}
		if err := catalog.ScopeOf(actor).MayOffer(h); err != nil {
			return err
		}
		if err := lockOpenSeason(ctx, tx, public.Season, "presale_id"); err != nil {
			return err
		}
		var state catalog.PresaleState
		if err := tx.GetContext(ctx, &state, `SELECT state FROM presale WHERE id = $1`, r.PresaleID); err != nil {
			return fmt.Errorf("read presale: %w", err)
		}
		if state != catalog.PresaleOpen {
			return link.E(link.Conflict, "presale.closed", "presale_id")
		}
		if lot.Held, err = c.implausible(ctx, tx, h, public, r.Capacity); err != nil || lot.Held {
			return err
		}
		before, err := c.changeLot(ctx, tx, h, public, r.Capacity, &lot)
		if err != nil {
			return err
		}
		if err := desk.NoteChange(ctx, tx, public.Season, desk.Change{Lots: []int64{lot.ID}}); err != nil {
			return err
		}
		if err := desk.TouchReference(ctx, tx); err != nil {
			return err
		}
		return c.LogAction(ctx, tx, h.ID, "offer", map[string]any{"presale": r.PresaleID, "lot": lot.ID, "before": before, "capacity": r.Capacity})
	})
	if err != nil {
		return catalog.Lot{}, err
	}
	return lot, nil
}

// changeLot sets a lot's capacity in the caller's transaction, which holds the season, and returns the capacity before.
func (c *Catalog) changeLot(ctx context.Context, tx *sqlx.Tx, h catalog.Household, p *published, capacity int64, lot *catalog.Lot) (before int64, err error) {
	*lot = catalog.Lot{PresaleID: p.ID, HouseholdID: h.ID, VillageID: h.VillageID, Capacity: capacity}
	err = tx.QueryRowxContext(ctx, `
		SELECT id, capacity, reserved, delivered, agent_org, agent_bp FROM lot WHERE presale_id = $1 AND household_id = $2 FOR UPDATE`,
		p.ID, h.ID).Scan(&lot.ID, &before, &lot.Reserved, &lot.Delivered, &lot.AgentOrg, &lot.AgentBP)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		if p.Product.Supply(h) <= 0 {
			return 0, link.E(link.Invalid, "household.offer.not_produced", "presale_id")
		}
		lot.AgentOrg, lot.AgentBP = p.Product.Raised(h)
		err = tx.GetContext(ctx, &lot.ID, `
			INSERT INTO lot (presale_id, household_id, capacity, agent_org, agent_bp) VALUES ($1, $2, $3, $4, $5) RETURNING id`,
			p.ID, h.ID, capacity, lot.AgentOrg, lot.AgentBP)
		if err != nil {
			return 0, fmt.Errorf("make lot: %w", err)
		}
		return 0, nil
	case err != nil:
		return 0, fmt.Errorf("read lot: %w", err)
	}
	if err := lot.CheckOffer(capacity); err != nil {
		return 0, err
	}
	if _, err := tx.ExecContext(ctx, `UPDATE lot SET capacity = $2 WHERE id = $1`, lot.ID, capacity); err != nil {
		return 0, fmt.Errorf("change lot: %w", err)
	}
	return before, nil
}
