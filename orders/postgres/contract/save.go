package contract

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/orders/contract"
	"banmuyuan/orders/postgres/desk"
)

// SaveContract writes a new draft, or changes one.
func (m *Room) SaveContract(ctx context.Context, r contract.Save) (contract.Contract, error) {
	a := link.ActorFrom(ctx)
	org, ok := orders.BuysFor(a)
	if !ok || org == 0 {
		return contract.Contract{}, desk.Denied(a)
	}
	ref, err := m.Ref.Get(ctx)
	if err != nil {
		return contract.Contract{}, err
	}
	t := r.Terms
	var problems link.Problems
	orders.CheckKey(&problems, r.IdempotencyKey)
	places := contract.Places{Orgs: ref.Orgs, Townships: ref.Townships, Points: ref.Points, Programmes: ref.Programmes}
	if err := contract.MayBuy(places, org); err != nil {
		return contract.Contract{}, err
	}
	product, ok := ref.Products[t.Product]
	if !ok {
		problems.Add("presale.product", "product")
	}
	t.Complete(places, ref.Season, org)
	t.Check(&problems, product, places, m.today())
	if err := catalog.CheckTakes(ref.Seasons, t.Season, "season"); err != nil {
		problems = append(problems, link.AsError(err))
	}
	if err := problems.Err(); err != nil {
		return contract.Contract{}, err
	}
	hash, err := desk.HashBody(t)
	if err != nil {
		return contract.Contract{}, err
	}
	body, err := json.Marshal(t)
	if err != nil {
		return contract.Contract{}, fmt.Errorf("encode terms: %w", err)
	}
	var row *contractRow
	err = m.Tx(ctx, func(tx *sqlx.Tx) error {
		var id int64
		if r.No == "" {
			id, err = m.insertContract(ctx, tx, a, org, t, product, body, hash, r.IdempotencyKey)
		} else {
			id, err = m.changeContract(ctx, tx, org, r.No, t, product, body)
		}
		if err != nil {
			return err
		}
		row, err = contractByID(ctx, tx, id, false)
		return err
	})
	if err != nil {
		return contract.Contract{}, err
	}
	return m.contractOut(ctx, row)
}

func (m *Room) insertContract(ctx context.Context, tx *sqlx.Tx, a link.Actor, org int64, t contract.Terms, product catalog.Product, body, hash []byte, key string) (int64, error) {
	var id int64
	err := tx.GetContext(ctx, &id, `
		INSERT INTO contract (org_id, collector_org, product, season, title, quantity, advance_fen, fee_bp, townships, programmes, sign_by,
		                      deliver_from, deliver_to, terms, unit, price_unit, unit_grams, programme, idem_account, idem_key, body_hash,
		                      created_by, created_at, state)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)
		ON CONFLICT (idem_account, idem_key) DO NOTHING RETURNING id`,
		org, t.CollectorOrg, t.Product, t.Season, t.Title, t.Quantity, t.AdvanceFen, t.FeeBP, desk.Ints(t.Townships), desk.TextArray(append([]string{}, t.Programmes...)),
		t.SignBy, t.DeliverFrom, t.DeliverTo, string(body), product.OrderUnit, product.PriceUnit, contract.UnitGrams(product), product.Programme,
		a.Account, key, hash, orders.ActorName(a), m.Now(), string(contract.Draft))
	if !desk.Missing(err) {
		if err != nil {
			return 0, fmt.Errorf("write contract: %w", err)
		}
		return id, m.addTimeline(ctx, tx, id, "contract.timeline.created")
	}
	var old struct {
		ID   int64  `db:"id"`
		Hash []byte `db:"body_hash"`
	}
	err = tx.GetContext(ctx, &old, `SELECT id, body_hash FROM contract WHERE idem_account = $1 AND idem_key = $2`, a.Account, key)
	if err != nil {
		return 0, fmt.Errorf("look up contract of key: %w", err)
	}
	if !slices.Equal(old.Hash, hash) {
		return 0, desk.ErrKeyReused()
	}
	return old.ID, nil
}

func (m *Room) changeContract(ctx context.Context, tx *sqlx.Tx, org int64, no string, t contract.Terms, product catalog.Product, body []byte) (int64, error) {
	id, ok := contract.ParseNumber(no)
	if !ok {
		return 0, errContract()
	}
	c, err := contractByID(ctx, tx, id, true)
	if err != nil {
		return 0, err
	}
	if err := contract.CheckChange(c.contract(), org); err != nil {
		return 0, err
	}
	_, err = tx.ExecContext(ctx, `
		UPDATE contract SET collector_org = $2, product = $3, season = $4, title = $5, quantity = $6, advance_fen = $7, fee_bp = $8,
		       townships = $9, programmes = $10, sign_by = $11, deliver_from = $12, deliver_to = $13, terms = $14, unit = $15,
		       price_unit = $16, unit_grams = $17, programme = $18, version = version + 1
		WHERE id = $1`,
		id, t.CollectorOrg, t.Product, t.Season, t.Title, t.Quantity, t.AdvanceFen, t.FeeBP, desk.Ints(t.Townships),
		desk.TextArray(append([]string{}, t.Programmes...)), t.SignBy, t.DeliverFrom, t.DeliverTo, string(body), product.OrderUnit,
		product.PriceUnit, contract.UnitGrams(product), product.Programme)
	if err != nil {
		return 0, fmt.Errorf("change contract %d: %w", id, err)
	}
	return id, nil
}
