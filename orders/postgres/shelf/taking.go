package shelf

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/internal/money"
	"banmuyuan/orders"
	"banmuyuan/orders/postgres/desk"
	"banmuyuan/orders/shelf"
)

// takingRow is goods that a household brought to a counter.
type takingRow struct {
	ID          int64            `db:"id"`
	OrgID       int64            `db:"org_id"`
	State       shelf.BuyInState `db:"state"`
	HouseholdID int64            `db:"household_id"`
	VillageID   int64            `db:"village_id"`
	Season      int              `db:"season"`
	Product     string           `db:"product"`
	Grade       string           `db:"grade"`
	Measure     int64            `db:"measure"`
	PriceFen    int64            `db:"price_fen"`
	PricePer    int64            `db:"price_per"`
	AmountFen   int64            `db:"amount_fen"`
	BestBefore  time.Time        `db:"best_before"`
	Left        int64            `db:"left_units"`
	TakenAt     time.Time        `db:"taken_at"`
	AccountID   int64            `db:"account_id"`
	Actor       string           `db:"actor"`
	DecidedBy   string           `db:"decided_by"`
	DecidedAt   *time.Time       `db:"decided_at"`
	Reason      string           `db:"reason"`
}

const (
	takingColumns = `t.id, t.org_id, t.state, t.household_id, t.village_id, t.season, t.product, t.grade, t.measure, t.price_fen, t.price_per, t.amount_fen,
		t.best_before, t.left_units, t.taken_at, t.account_id, t.actor, t.decided_by, t.decided_at, t.reason`
	takingSelect = `SELECT ` + takingColumns + ` FROM shelf_taking t `
)

func (r takingRow) price() money.Price { return money.Price{Fen: r.PriceFen, Per: r.PricePer} }

// buyIn is the row of a buy-in that is not posted.
func (r takingRow) buyIn() buyInRow {
	return buyInRow{ID: r.ID, OrgID: r.OrgID, HouseholdID: r.HouseholdID, VillageID: r.VillageID, Product: r.Product, Grade: r.Grade, Measure: r.Measure,
		PriceFen: r.PriceFen, PricePer: r.PricePer, AmountFen: r.AmountFen, BoughtAt: r.TakenAt, AccountID: r.AccountID, Actor: r.Actor,
		DecidedBy: r.DecidedBy, DecidedAt: r.DecidedAt, Reason: r.Reason, taking: r.State, left: r.Left}
}

// BuyIn buys from a household at the counter. First the goods are noted as taken; then the catalogue takes them out of the
// household's offers; then the goods on the shelf, the entry in the household's income ledger and the command that makes the
// shop owe it are one transaction. Where the household offers less, they wait for a second person instead.
func (s *Room) BuyIn(ctx context.Context, r shelf.BuyInRequest) (shelf.BuyIn, error) {
	ref, shop, err := s.shop(ctx, shopSells...)
	if err != nil {
		return shelf.BuyIn{}, err
	}
	product, known := ref.Products[r.Product]
	if err := r.Check(known, s.Now()).Err(); err != nil {
		return shelf.BuyIn{}, err
	}
	if err := catalog.CheckTakes(ref.Seasons, ref.Season, "season"); err != nil {
		return shelf.BuyIn{}, err
	}
	price, amount, err := r.Price(product)
	if err != nil {
		return shelf.BuyIn{}, err
	}
	h, err := s.Catalog.Household(desk.AsSystem(ctx), catalog.HouseholdRef{ID: r.HouseholdID})
	if err != nil {
		return shelf.BuyIn{}, err
	}
	var id int64
	err = s.Tx(ctx, func(tx *sqlx.Tx) error {
		about, done, err := s.claim(ctx, tx, "buyin", r.Key, r)
		if err != nil || done {
			id = about
			return err
		}
		a := link.ActorFrom(ctx)
		err = tx.GetContext(ctx, &id, `
			INSERT INTO shelf_taking (org_id, state, household_id, village_id, season, product, grade, measure, price_fen, price_per, amount_fen,
			                          best_before, taken_at, account_id, actor)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) RETURNING id`,
			shop.ID, string(shelf.BuyInTaken), h.ID, h.VillageID, ref.Season, product.Code, r.Grade, r.Measure, price.Fen, price.Per, amount,
			r.BestBefore, s.Now(), a.Account, orders.ActorName(a))
		if err != nil {
			return fmt.Errorf("write taken goods: %w", err)
		}
		return s.about(ctx, tx, "buyin", r.Key, id)
	})
	if err != nil {
		return shelf.BuyIn{}, err
	}
	if err := (takings{s}).book(ctx, id); err != nil {
		return shelf.BuyIn{}, err
	}
	return s.BuyInSlip(ctx, shelf.IDRef{ID: id})
}

// takings takes goods out of households' offers and books them on the shelf.
type takings struct{ *Room }

// book asks the catalogue for taken goods and posts them, or has them wait for a second person. A process that finds
// another one at it leaves them to that one. Repeating it is safe.
func (s takings) book(ctx context.Context, id int64) error {
	var t takingRow
	now := s.Now()
	err := s.DB.GetContext(ctx, &t, `
		UPDATE shelf_taking AS t SET asked_at = $2 WHERE t.id = $1 AND t.state = ANY($3) AND t.asked_at <= $4 RETURNING `+takingColumns,
		id, now, desk.TextArray(shelf.BuyInMachine.From(shelf.BuyInPost)), now.Add(-s.Config.Lease))
	if desk.Missing(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("claim taken goods: %w", err)
	}
	if err := s.bookClaimed(ctx, t); err != nil {
		// The next one need not wait for the lease.
		if _, again := s.DB.ExecContext(context.WithoutCancel(ctx), `UPDATE shelf_taking SET asked_at = 'epoch' WHERE id = $1`, id); again != nil {
			s.Log.Warn("taken goods keep their lease", "buyin", id, "error", again)
		}
		return err
	}
	s.income.ForgetAverages()
	return nil
}

func (s takings) bookClaimed(ctx context.Context, t takingRow) error {
	ref, err := s.Ref.Get(ctx)
	if err != nil {
		return err
	}
	got, err := s.CatalogContracts.TakeAtCounter(desk.AsSystem(ctx), catalog.CounterTake{BuyInID: t.ID, HouseholdID: t.HouseholdID,
		Product: t.Product, Season: t.Season, Measure: t.Measure, Beyond: t.State == shelf.BuyInAgreed})
	if err != nil {
		return err
	}
	return s.Tx(ctx, func(tx *sqlx.Tx) error {
		var from shelf.BuyInState
		if err := tx.GetContext(ctx, &from, `SELECT state FROM shelf_taking WHERE id = $1 FOR UPDATE`, t.ID); err != nil {
			return fmt.Errorf("lock taken goods: %w", err)
		}
		if from != t.State {
			return nil // another process was faster
		}
		step := shelf.TakenStep(got.Taken)
		to, err := from.Next(step)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `UPDATE shelf_taking SET state = $2, left_units = $3 WHERE id = $1`, t.ID, string(to), got.Left); err != nil {
			return fmt.Errorf("move taken goods: %w", err)
		}
		if step != shelf.BuyInPost {
			return nil
		}
		return s.post(ctx, tx, t, ref.Products[t.Product])
	})
}

// resumableSQL is read through an index that is partial on the state.
const resumableSQL = `SELECT id FROM shelf_taking WHERE state = ANY($1) AND taken_at <= $2 AND asked_at <= $2 ORDER BY id LIMIT $3`

// resume books goods that a stopped process left on the way.
func (s takings) resume(ctx context.Context) error {
	var ids []int64
	err := s.DB.SelectContext(ctx, &ids, resumableSQL, desk.TextArray(shelf.BuyInMachine.From(shelf.BuyInPost)), s.Now().Add(-s.Config.Lease), desk.WorkBatch)
	if err != nil {
		return fmt.Errorf("find taken goods: %w", err)
	}
	for _, id := range ids {
		if err := s.book(ctx, id); err != nil {
			s.Log.Warn("taken goods have to wait", "buyin", id, "error", err)
		}
	}
	return nil
}

// DecideBuyIn lets a second person agree to goods beyond the household's offers, or send them back.
func (s *Room) DecideBuyIn(ctx context.Context, r shelf.DecideBuyIn) (shelf.BuyIn, error) {
	_, shop, err := s.shop(ctx, shopStaff...)
	if err != nil {
		return shelf.BuyIn{}, err
	}
	if err := r.Check().Err(); err != nil {
		return shelf.BuyIn{}, err
	}
	a := link.ActorFrom(ctx)
	err = s.Tx(ctx, func(tx *sqlx.Tx) error {
		var t takingRow
		err := tx.GetContext(ctx, &t, takingSelect+`WHERE t.id = $1 FOR UPDATE`, r.ID)
		if desk.Missing(err) || err == nil && t.OrgID != shop.ID {
			return link.E(link.NotFound, "shelf.buyin.unknown", "id")
		}
		if err != nil {
			return fmt.Errorf("read taken goods: %w", err)
		}
		if err := shelf.CheckSecond(t.AccountID, a.Account); err != nil {
			return err
		}
		to, err := t.State.Next(r.Step())
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `
			UPDATE shelf_taking SET state = $2, decided_id = $3, decided_by = $4, decided_at = $5, reason = $6, asked_at = 'epoch' WHERE id = $1`,
			t.ID, string(to), a.Account, orders.ActorName(a), s.Now(), r.Reason)
		if err != nil {
			return fmt.Errorf("decide taken goods: %w", err)
		}
		return desk.Decided(ctx, tx, "buyin", t.ID, r.Agree)
	})
	if err != nil {
		return shelf.BuyIn{}, err
	}
	if err := (takings{s}).book(ctx, r.ID); err != nil {
		s.Log.Warn("agreed goods have to wait", "buyin", r.ID, "error", err) // the worker goes on
	}
	return s.BuyInSlip(ctx, shelf.IDRef{ID: r.ID})
}

const heldShown = 100

// HeldBuyIns are goods that are not posted.
func (s *Room) HeldBuyIns(ctx context.Context, r shelf.ShopRef) (shelf.HeldBuyIns, error) {
	ref, shop, err := s.looksAt(ctx, r.OrgID)
	if err != nil {
		return shelf.HeldBuyIns{}, err
	}
	var taken []takingRow
	err = s.DB.SelectContext(ctx, &taken, takingSelect+`WHERE t.org_id = $1 AND t.state <> $2 ORDER BY t.state = $3, t.id DESC LIMIT $4`,
		shop.ID, string(shelf.BuyInPosted), string(shelf.BuyInRefused), heldShown)
	if err != nil {
		return shelf.HeldBuyIns{}, fmt.Errorf("read taken goods: %w", err)
	}
	rows := make([]buyInRow, len(taken))
	for i, t := range taken {
		rows[i] = t.buyIn()
	}
	out, err := s.buyInsOut(ctx, ref, rows)
	return shelf.HeldBuyIns{Items: out}, err
}

// verify compares posted buy-ins with the goods that the catalogue took out of households' offers.
func (s takings) verify(ctx context.Context, res *orders.Findings) error {
	var rows []takingRow
	if err := s.DB.SelectContext(ctx, &rows, takingSelect); err != nil {
		return fmt.Errorf("read taken goods: %w", err)
	}
	byID := make(map[int64]takingRow, len(rows))
	for _, t := range rows {
		byID[t.ID] = t
	}
	found := func(id int64, detail string) {
		res.Items = append(res.Items, orders.Finding{Check: "buy-ins and offers", Object: fmt.Sprintf("buy-in %d", id), Detail: detail})
	}
	seen := map[int64]bool{}
	for after := int64(0); ; {
		page, err := s.CatalogContracts.CounterTakes(desk.AsSystem(ctx), catalog.LotsRequest{After: after})
		if err != nil {
			return err
		}
		if len(page.Items) == 0 {
			break
		}
		for _, c := range page.Items {
			after = c.BuyInID
			seen[c.BuyInID] = true
			t := byID[c.BuyInID]
			if detail := shelf.CompareTaken(t.State, catalog.CounterTakeRow{BuyInID: t.ID, HouseholdID: t.HouseholdID, Product: t.Product, Season: t.Season,
				Measure: t.Measure}, c); detail != "" {
				found(c.BuyInID, detail)
			}
		}
	}
	for _, t := range rows {
		if t.State == shelf.BuyInPosted && !seen[t.ID] {
			found(t.ID, "bought, and still offered")
		}
	}
	return nil
}
