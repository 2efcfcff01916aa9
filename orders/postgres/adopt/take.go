package adopt

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/orders/adopt"
	"banmuyuan/orders/postgres/desk"
	"banmuyuan/payments"
)

// taking is an adoption that was checked and not yet written.
type taking struct {
	adoptionRow
	key    string
	person string
	plot   plotRow
	offer  *desk.Offer
	plan   adopt.Plan
	limit  orders.UnpaidLimit
	lot    int64
}

// Adopt checks an adoption, holds its stock at the catalogue, and writes it with its geese or beds, its boxes and their
// prices.
func (m *Room) Adopt(ctx context.Context, r adopt.Request) (adopt.Adoption, error) {
	a := link.ActorFrom(ctx)
	if org, ok := orders.BuysFor(a); !ok || org != 0 {
		return adopt.Adoption{}, desk.Denied(a)
	}
	asked := r
	asked.IdempotencyKey = ""
	hash, err := desk.HashBody(asked)
	if err != nil {
		return adopt.Adoption{}, err
	}
	t, err := m.taking(ctx, a, r)
	if err == nil {
		t.BodyHash = hash
		err = m.checkUnpaid(ctx, m.DB, t) // before stock is held for it
	}
	if err == nil {
		err = m.holdPlot(ctx, t)
	}
	if err == nil {
		err = m.writeAdoption(ctx, t)
	}
	if err == nil {
		return m.Adoption(ctx, adopt.Ref{No: adopt.Number(t.ID)})
	}
	// The same request may have taken the plot before: then its answer is that adoption.
	if code := link.CodeOf(err); code == link.Invalid || code == link.Conflict || code == link.SoldOut || code == link.NotFound {
		id, lerr := m.adoptedBefore(ctx, a, r.IdempotencyKey, hash)
		if lerr != nil {
			return adopt.Adoption{}, lerr
		}
		if id != 0 {
			return m.Adoption(ctx, adopt.Ref{No: adopt.Number(id)})
		}
	}
	return adopt.Adoption{}, err
}

func (m *Room) adoptedBefore(ctx context.Context, a link.Actor, key string, hash []byte) (int64, error) {
	var row struct {
		ID   int64  `db:"id"`
		Hash []byte `db:"body_hash"`
	}
	err := m.DB.GetContext(ctx, &row, `SELECT id, body_hash FROM adoption WHERE account_id = $1 AND idem_key = $2`, a.Account, key)
	if desk.Missing(err) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("look up adoption of key: %w", err)
	}
	if !slices.Equal(row.Hash, hash) {
		return 0, desk.ErrKeyReused()
	}
	return row.ID, nil
}

func (m *Room) taking(ctx context.Context, actor link.Actor, r adopt.Request) (*taking, error) {
	problems := r.Check()
	if err := m.CheckDelivery(ctx, &r.Delivery, &problems); err != nil {
		return nil, err
	}
	plot, err := m.plotRow(ctx, m.DB, r.PlotID)
	if err != nil {
		return nil, err
	}
	p, err := m.Offers.Presale(ctx, plot.PresaleID)
	if err != nil {
		return nil, err
	}
	now := m.Now()
	if e := p.CheckOpen(now, catalog.ChannelPrivate, "plot_id"); e != nil {
		problems = append(problems, e)
	}
	if err := r.CheckLeft(plot.Units-plot.Taken, &problems); err != nil {
		return nil, err
	}
	if err := problems.Err(); err != nil {
		return nil, err
	}
	pl, err := adopt.PlanOf(p.PublicPresale, plot.Kind, plot.EveryDays, r.Units, now)
	if err != nil {
		return nil, err
	}
	price := pl.UnitFen * r.Units
	deposit, err := adopt.Deposit(price, p.Terms.DepositBP)
	if err != nil {
		return nil, err
	}
	limit, err := m.Limits.Of(ctx, actor)
	if err != nil {
		return nil, err
	}
	return &taking{key: r.IdempotencyKey, person: actor.Person, limit: limit, plot: plot, offer: p.Offer, plan: pl, adoptionRow: adoptionRow{
		PlotID: plot.ID, OfferID: p.Offer.ID, PresaleID: p.ID, SellerOrg: p.SellerOrg, HouseholdID: plot.HouseholdID,
		VillageID: plot.VillageID, State: adopt.Placed, AccountID: actor.Account, Buyer: r.Delivery.Name, Units: r.Units,
		EveryDays: plot.EveryDays, OnFailure: r.OnFailure, Kind: r.Delivery.Kind, PointID: r.Delivery.PointID, Point: r.Delivery.Point,
		Recipient: r.Delivery.Name, Phone: r.Delivery.Phone, Address: r.Delivery.Address, PriceFen: price, DepositFen: deposit,
		ForfeitBP: p.Terms.ForfeitBP, FeeBP: p.Terms.FeeBP, VillageBP: p.Terms.VillageBP, FreeHours: p.Terms.FreeCancelHours, InspectHours: p.Terms.InspectionHours,
		PlacedAt: now, ExpiresAt: now.Add(m.Config.PayPrivate), BalanceBy: pl.BalanceBy(now),
	}}, nil
}

// holdPlot holds the household's stock. The hold outlives the time to pay, so that it is the adoption that expires first.
func (m *Room) holdPlot(ctx context.Context, t *taking) error {
	const tries = 8
	for try := 1; try <= tries; try++ {
		id, err := m.Ids.Take(ctx, m.DB)
		if err != nil {
			return err
		}
		key := fmt.Sprintf("adopt:%d:%s", t.AccountID, t.key)
		if try > 1 { // an earlier try's reservation may be over: its key is spent
			key += fmt.Sprintf("/%d", try)
		}
		res, err := m.Catalog.Reserve(desk.AsSystem(ctx), catalog.ReserveRequest{
			Key: key, OrderID: id, Channel: catalog.ChannelPrivate, ExpiresAt: t.ExpiresAt.Add(m.Config.HoldSlack),
			Lines: []catalog.ReserveLine{{Line: 1, PresaleID: t.PresaleID, Qty: t.plan.Stock(), Policy: "direct", Household: t.HouseholdID}},
		})
		if err != nil {
			e := link.AsError(err)
			if e.Code == link.SoldOut {
				return link.E(link.SoldOut, "adoption.taken", "units")
			}
			if e.Code != link.Unavailable && e.Code != link.Internal {
				e.Field = "units"
			}
			return e
		}
		if !orders.Outlives(res, t.ExpiresAt, m.Config.HoldSlack) {
			if known, err := m.adoptedBefore(ctx, link.ActorFrom(ctx), t.key, t.BodyHash); err != nil || known != 0 {
				t.ID = known
				return err
			}
			continue
		}
		share, ok := adopt.FromOne(res)
		if !ok || share.Households[0] != t.HouseholdID {
			return fmt.Errorf("reservation of adoption %d is not one household's", res.OrderID)
		}
		t.ID, t.lot = res.OrderID, share.Lots[0]
		return nil
	}
	return link.E(link.Conflict, "order.key.spent", "idempotency_key")
}

// writeAdoption writes an adoption. Which geese or beds are free is read first and decided by the database: when another
// buyer took one of them meanwhile, the next free ones are tried.
func (m *Room) writeAdoption(ctx context.Context, t *taking) error {
	if t.lot == 0 { // found by its key
		return nil
	}
	const tries = 20
	for try := 1; ; try++ {
		err := m.Tx(ctx, func(tx *sqlx.Tx) error { return m.insertAdoption(ctx, tx, t) })
		switch link.Constraint(err) {
		case "adoption_unit_once":
			if try < tries {
				continue
			}
			err = link.E(link.SoldOut, "adoption.taken", "units")
		case "adoption_idem", "adoption_pkey":
			if id, kerr := m.adoptedBefore(ctx, link.ActorFrom(ctx), t.key, t.BodyHash); kerr != nil || id != 0 {
				t.ID = id
				return kerr
			}
		}
		if err != nil && link.CodeOf(err) != link.Unavailable {
			// Nothing was written: the stock goes back at once rather than when the hold expires.
			if rerr := m.Tx(ctx, func(tx *sqlx.Tx) error {
				return link.Publish(ctx, tx, link.Message{Subject: catalog.CmdRelease, Data: catalog.HoldRelease{OrderID: t.ID}})
			}); rerr != nil {
				m.Log.Warn("give back the stock of an adoption", "adoption", t.ID, "error", rerr)
			}
		}
		return err
	}
}

// checkUnpaid refuses an adoption beyond the unpaid limits of its buyer: adoptions, and units of the presale's plots.
func (m *Room) checkUnpaid(ctx context.Context, q desk.Queryer, t *taking) error {
	if t.limit.Orders == 0 && t.limit.Part == 0 {
		return nil
	}
	var held struct {
		Adoptions int   `db:"adoptions"`
		Units     int64 `db:"units"`
		Whole     int64 `db:"whole"`
	}
	err := q.GetContext(ctx, &held, `
		SELECT count(*) AS adoptions, coalesce(sum(a.units) FILTER (WHERE a.presale_id = $3), 0)::bigint AS units,
		       (SELECT coalesce(sum(p.units), 0) FROM plot p WHERE p.presale_id = $3)::bigint AS whole
		FROM adoption a WHERE (a.account_id = $1 OR a.person = $2 AND a.person <> '') AND a.state = ANY($4)`,
		t.AccountID, t.person, t.PresaleID, desk.TextArray(adopt.Machine.From(adopt.StepDeposit)))
	if err != nil {
		return fmt.Errorf("count unpaid adoptions: %w", err)
	}
	if err := t.limit.TooMany("adoption.unpaid", held.Adoptions); err != nil {
		return err
	}
	if most, ok := t.limit.Units(held.Whole); ok && held.Units+t.Units > most {
		return link.E(link.Conflict, "adoption.unpaid.units", "units", "max", strconv.FormatInt(most, 10),
			"left", strconv.FormatInt(max(most-held.Units, 0), 10))
	}
	return nil
}

func (m *Room) insertAdoption(ctx context.Context, tx *sqlx.Tx, t *taking) error {
	if err := desk.LockBuyer(ctx, tx, t.AccountID, t.person); err != nil {
		return err
	}
	if err := m.checkUnpaid(ctx, tx, t); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `
		INSERT INTO adoption (id, plot_id, offer_id, presale_id, seller_org, household_id, village_id, state, account_id, buyer, idem_key,
		                      body_hash, units, every_days, on_failure, delivery_kind, point_id, point, recipient, phone, address,
		                      price_fen, deposit_fen, forfeit_bp, fee_bp, free_hours, inspect_hours, placed_at, expires_at, balance_by, village_bp, person)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25,
		        $26, $27, $28, $29, $30, $31, $32)`,
		t.ID, t.PlotID, t.OfferID, t.PresaleID, t.SellerOrg, t.HouseholdID, t.VillageID, string(t.State), t.AccountID, t.Buyer, t.key, t.BodyHash, t.Units,
		t.EveryDays, string(t.OnFailure), string(t.Kind), t.PointID, t.Point, t.Recipient, t.Phone, t.Address, t.PriceFen, t.DepositFen,
		t.ForfeitBP, t.FeeBP, t.FreeHours, t.InspectHours, t.PlacedAt, t.ExpiresAt, t.BalanceBy, t.VillageBP, t.person)
	if err != nil {
		return fmt.Errorf("write adoption: %w", err)
	}
	res, err := tx.ExecContext(ctx, `
		INSERT INTO adoption_unit (adoption_id, plot_id, no)
		SELECT $1, $2, n FROM generate_series(1, $4::int) AS n
		WHERE NOT EXISTS (SELECT FROM adoption_unit u WHERE u.plot_id = $2 AND u.no = n AND NOT u.released)
		ORDER BY n LIMIT $3`, t.ID, t.PlotID, t.Units, t.plot.Units)
	if err != nil {
		return fmt.Errorf("take units of plot %d: %w", t.PlotID, err)
	}
	if n, err := res.RowsAffected(); err != nil || n != t.Units {
		if err == nil {
			err = link.E(link.SoldOut, "adoption.taken", "units")
		}
		return err
	}
	if err := t.insertBoxes(ctx, tx); err != nil {
		return err
	}
	return m.publishAdoption(ctx, tx, t.ID, t.State, "")
}

func (t *taking) insertBoxes(ctx context.Context, tx *sqlx.Tx) error {
	amounts, fees, err := t.plan.Amounts(t.PriceFen, t.FeeBP)
	if err != nil {
		return err
	}
	days := make([]string, len(t.plan.Dates))
	for i, d := range t.plan.Dates {
		days[i] = d.Format(time.DateOnly)
	}
	_, err = tx.ExecContext(ctx, `
		INSERT INTO adoption_box (adoption_id, no, due_on, qty, amount_fen, fee_fen, household_id, village_id, lot_id, family, state)
		SELECT $1, n, d::date, $2, a, f, $3, $4, $5, $6, $10
		FROM unnest($7::text[], $8::bigint[], $9::bigint[]) WITH ORDINALITY AS u (d, a, f, n)`,
		t.ID, t.plan.Qty, t.HouseholdID, t.VillageID, t.lot, t.plot.Family, pq.Array(days), desk.Ints(amounts), desk.Ints(fees), string(adopt.BoxPlanned))
	if err != nil {
		return fmt.Errorf("write boxes of adoption %d: %w", t.ID, err)
	}
	return nil
}

// publishAdoption publishes a state, and writes the timeline entry with that key, if any.
func (m *Room) publishAdoption(ctx context.Context, tx *sqlx.Tx, id int64, state adopt.State, key string, args ...string) error {
	if key != "" {
		words := map[string]string{}
		for i := 0; i+1 < len(args); i += 2 {
			words[args[i]] = args[i+1]
		}
		if err := m.AddTimeline(ctx, tx, []int64{id}, key, words); err != nil {
			return err
		}
	}
	return link.Publish(ctx, tx, link.Message{Subject: adopt.EvtChanged, Data: adopt.Event{AdoptionID: id, State: state}})
}

// moveAdoption takes a locked adoption to its next state.
func moveAdoption(ctx context.Context, tx *sqlx.Tx, a *adoptionRow, step adopt.Step, now time.Time) error {
	to, err := a.State.Next(step)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `
		UPDATE adoption SET state = $2, version = version + 1, check_at = NULL, ended_at = CASE WHEN $3::bool THEN $4::timestamptz END WHERE id = $1`,
		a.ID, string(to), to.Over(), now)
	if err != nil {
		return fmt.Errorf("move adoption %d: %w", a.ID, err)
	}
	a.State = to
	return nil
}

// PayAdoption starts a payment of the amount due now.
func (m *Room) PayAdoption(ctx context.Context, r adopt.Pay) (orders.PayStart, error) {
	var problems link.Problems
	orders.CheckKey(&problems, r.IdempotencyKey)
	if r.Method == "" {
		problems.Add("payment.method", "method")
	}
	if err := problems.Err(); err != nil {
		return orders.PayStart{}, err
	}
	a, boxes, s, _, err := m.findAdoption(ctx, r.AdoptionNo)
	if err != nil {
		return orders.PayStart{}, err
	}
	if s != adopt.StakeAdopter && s != adopt.StakeCounty {
		return orders.PayStart{}, desk.ErrRole()
	}
	pay, err := a.account().Payable(adopt.Worth(partsOf(boxes)), m.Now())
	if err != nil {
		return orders.PayStart{}, err
	}
	what := "定金"
	if pay.Purpose == orders.PurposeBalance {
		what = "余款"
	}
	p, err := m.Payments.CreatePayment(desk.AsSystem(ctx), payments.CreatePayment{
		Key: fmt.Sprintf("%s:%s", pay.Purpose, r.IdempotencyKey), Ref: adopt.PaymentRef(a.ID), Purpose: string(pay.Purpose), AmountFen: pay.AmountFen,
		Method: r.Method, Party: payments.Party{Kind: "account", ID: a.AccountID, Name: a.Recipient},
		Description: fmt.Sprintf("半亩园认养 %s %s", adopt.Number(a.ID), what), Code: adopt.Number(a.ID),
		ReturnURL: r.ReturnURL, ExpiresAt: pay.ExpiresAt, Ahead: pay.Purpose == orders.PurposeBalance,
	})
	if err != nil {
		if e := link.AsError(err); e.Field == "key" {
			e.Field = "idempotency_key"
		}
		return orders.PayStart{}, err
	}
	return orders.PayStart{PaymentID: p.ID, State: string(p.State), AmountFen: p.AmountFen, URL: p.URL, TransferCode: p.TransferCode,
		PayTo: p.PayTo, PayToAccount: p.PayToAccount, PayToBank: p.PayToBank, ExpiresAt: p.ExpiresAt}, nil
}

// CancelAdoption ends an adoption before its first box: stock back to the household, money back less the forfeit.
func (m *Room) CancelAdoption(ctx context.Context, r adopt.Cancel) (adopt.Adoption, error) {
	if err := r.Check(); err != nil {
		return adopt.Adoption{}, err
	}
	a, _, s, _, err := m.findAdoption(ctx, r.AdoptionNo)
	if err != nil {
		return adopt.Adoption{}, err
	}
	if s != adopt.StakeAdopter {
		return adopt.Adoption{}, desk.ErrRole()
	}
	if a.State == adopt.Placed {
		res, err := m.Payments.ExpirePayments(desk.AsSystem(ctx), payments.Ref{Ref: adopt.PaymentRef(a.ID)})
		if err != nil {
			return adopt.Adoption{}, err
		}
		if res.Paid {
			return adopt.Adoption{}, link.E(link.Conflict, "order.cancel.just_paid", "")
		}
	}
	err = m.Tx(ctx, func(tx *sqlx.Tx) error {
		a, err := lockAdoption(ctx, tx, a.ID)
		if err != nil || a.State == adopt.Cancelled {
			return err
		}
		boxes, err := boxesOf(ctx, tx, a.ID)
		if err != nil {
			return err
		}
		if err := adopt.CheckCancel(partsOf(boxes[a.ID])); err != nil {
			return err
		}
		cost, err := a.account().CancelCost(m.Now())
		if err != nil {
			return fmt.Errorf("reckon forfeit of adoption %d: %w", a.ID, err)
		}
		return m.endAdoption(ctx, tx, a, adopt.StepCancel, cost, "refund.cancelled", "adoption.timeline.cancelled", "reason", r.Reason)
	})
	if err != nil {
		return adopt.Adoption{}, err
	}
	return m.Adoption(ctx, adopt.Ref{No: r.AdoptionNo})
}

// endAdoption cancels a locked adoption before anything was delivered: its geese and beds are free again, the
// payments go back less forfeit.
func (m *Room) endAdoption(ctx context.Context, tx *sqlx.Tx, a *adoptionRow, step adopt.Step, forfeit int64, reason, story string, args ...string) error {
	if err := moveAdoption(ctx, tx, a, step, m.Now()); err != nil {
		return err
	}
	if err := releaseAdoption(ctx, tx, a.ID); err != nil {
		return err
	}
	msgs := []link.Message{{Subject: catalog.CmdRelease, Data: catalog.HoldRelease{OrderID: a.ID}}}
	if a.PaidFen > 0 {
		account := a.account()
		account.End(forfeit)
		a.book(account)
		_, err := tx.ExecContext(ctx, `UPDATE adoption SET forfeit_fen = $2, refund_fen = $3 WHERE id = $1`, a.ID, a.ForfeitFen, a.RefundFen)
		if err != nil {
			return fmt.Errorf("refund adoption %d: %w", a.ID, err)
		}
	}
	// Also without a payment: money that arrives from now on is late, and goes back.
	msgs = append(msgs, link.Message{Subject: payments.CmdCancelRef,
		Data: payments.CancelRef{Ref: adopt.PaymentRef(a.ID), ForfeitFen: forfeit, Coop: a.SellerOrg, Reason: reason}})
	if err := m.publishAdoption(ctx, tx, a.ID, a.State, story, args...); err != nil {
		return err
	}
	return link.Publish(ctx, tx, msgs...)
}

// releaseAdoption releases the geese or beds of an adoption for others, drops the boxes that were still to come, and takes
// their income out of the ledger of the households.
func releaseAdoption(ctx context.Context, tx *sqlx.Tx, id int64) error {
	if _, err := tx.ExecContext(ctx, `UPDATE adoption_unit SET released = true WHERE adoption_id = $1`, id); err != nil {
		return fmt.Errorf("free units of adoption %d: %w", id, err)
	}
	_, err := tx.ExecContext(ctx, `UPDATE adoption_box SET state = $2 WHERE adoption_id = $1 AND state = ANY($3)`,
		id, string(adopt.BoxMachine.To(adopt.BoxDrop)), desk.TextArray(adopt.BoxMachine.From(adopt.BoxDrop)))
	if err != nil {
		return fmt.Errorf("drop boxes of adoption %d: %w", id, err)
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM income_entry WHERE adoption_id = $1 AND stage = 'expected'`, id); err != nil {
		return fmt.Errorf("drop income of adoption %d: %w", id, err)
	}
	return nil
}
