package adopt

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/orders/adopt"
	"banmuyuan/orders/postgres/desk"
)

type standingRow struct {
	ID        int64               `db:"id"`
	AccountID int64               `db:"account_id"`
	BodyHash  []byte              `db:"body_hash"`
	State     adopt.StandingState `db:"state"`
	PresaleID int64               `db:"presale_id"`
	Grade     string              `db:"grade"`
	Qty       int64               `db:"qty"`
	EveryDays int64               `db:"every_days"`
	Kind      orders.DeliveryKind `db:"delivery_kind"`
	PointID   int64               `db:"point_id"`
	Point     string              `db:"point"`
	Recipient string              `db:"recipient"`
	Phone     string              `db:"phone"`
	Address   string              `db:"address"`
	NextOn    time.Time           `db:"next_on"`
	CutOff    time.Time           `db:"cut_off"`
	StartedAt time.Time           `db:"started_at"`
	Version   int64               `db:"version"`
}

const standingColumns = `s.id, s.account_id, s.body_hash, s.state, s.presale_id, s.grade, s.qty, s.every_days, s.delivery_kind, s.point_id,
	s.point, s.recipient, s.phone, s.address, s.next_on, s.cut_off, s.started_at, s.version`

func (s *standingRow) delivery() orders.Delivery {
	return orders.Delivery{Kind: s.Kind, PointID: s.PointID, Point: s.Point, Name: s.Recipient, Phone: s.Phone, Address: s.Address}
}

func cutOff(day time.Time) time.Time { return desk.BeginningOf(day).Add(-adopt.BoxCutOff).UTC() }
func payBy(day time.Time) time.Time  { return desk.BeginningOf(day).Add(-adopt.BoxPayBy).UTC() }

// mayCome tells whether a box of a presale can come on a day: within its delivery, and ordered while it is open.
func mayCome(p *desk.Presale, day time.Time) bool {
	cut := cutOff(day)
	return !day.Before(desk.DayOf(p.DeliverFrom)) && !day.After(desk.DayOf(p.DeliverTo)) && !cut.Before(p.OpensAt) && cut.Before(p.ClosesAt)
}

// lastDay is the last on which a box of the presale can come.
func lastDay(p *desk.Presale) time.Time {
	for d := desk.DayOf(p.DeliverTo); !d.Before(desk.DayOf(p.DeliverFrom)); d = d.AddDate(0, 0, -1) {
		if mayCome(p, d) {
			return d
		}
	}
	return desk.DayOf(p.DeliverFrom)
}

// starts are the next two weeks' days on which a standing order can begin.
func starts(p *desk.Presale, now time.Time) []string {
	days := []string{}
	first := desk.DayOf(now)
	if from := desk.DayOf(p.DeliverFrom); first.Before(from) {
		first = from
	}
	for i := 0; i < 60 && len(days) < 14; i++ {
		if d := first.AddDate(0, 0, i); mayCome(p, d) && now.Before(cutOff(d)) {
			days = append(days, d.Format(time.DateOnly))
		}
	}
	return days
}

// StandingOffers lists the presales of boxes that several boxes can still come of.
func (m *Room) StandingOffers(ctx context.Context, _ catalog.None) (adopt.StandingOffers, error) {
	res := adopt.StandingOffers{Items: []adopt.StandingOffer{}}
	page, err := m.Catalog.Presales(desk.AsSystem(ctx), catalog.PresaleFilter{Channel: catalog.ChannelPrivate, State: catalog.PresaleOpen, Limit: 100})
	if err != nil {
		return res, err
	}
	now := m.Now()
	for _, pub := range page.Items {
		if !standingKind(pub) || pub.CheckOpen(now, catalog.ChannelPrivate, "") != nil {
			continue
		}
		p := &desk.Presale{PublicPresale: pub}
		days := starts(p, now)
		if len(days) < 2 {
			continue
		}
		res.Items = append(res.Items, adopt.StandingOffer{PresaleID: p.ID, Presale: p.Code, Title: p.Title, Note: p.Note,
			Picture: p.Product.Picture, Unit: p.Product.OrderUnit, PriceUnit: p.Product.PriceUnit, Grades: p.Grades, MinQty: p.MinQty,
			MaxQty: p.MaxQty, DepositBP: p.Terms.DepositBP, Starts: days, EndsOn: lastDay(p).Format(time.DateOnly)})
	}
	return res, nil
}

// standingKind: boxes come regularly; what is adopted has a plan of its own.
func standingKind(p catalog.PublicPresale) bool {
	kind, ok := orders.KindOfPlot(p.Product.Code)
	return ok && kind == orders.PlotGarden && p.Policy != "direct"
}

// Subscribe starts a standing order.
func (m *Room) Subscribe(ctx context.Context, r adopt.Subscribe) (adopt.Standing, error) {
	a := link.ActorFrom(ctx)
	if org, ok := desk.BuysFor(a); !ok || org != 0 {
		return adopt.Standing{}, desk.Denied(a)
	}
	asked := r
	asked.IdempotencyKey = ""
	hash, err := desk.HashBody(asked)
	if err != nil {
		return adopt.Standing{}, err
	}
	if id, err := m.subscribedBefore(ctx, a, r.IdempotencyKey, hash); err != nil || id != 0 {
		if err != nil {
			return adopt.Standing{}, err
		}
		return m.Standing(ctx, adopt.StandingRef{ID: id})
	}
	var problems link.Problems
	desk.CheckKey(&problems, r.IdempotencyKey)
	p, grade, err := m.checkStanding(ctx, r.PresaleID, r.Grade, r.Qty, r.EveryDays, &r.Delivery, &problems)
	if err != nil {
		return adopt.Standing{}, err
	}
	now := m.Now()
	var first time.Time
	if p != nil {
		if e := p.CheckOpen(now, catalog.ChannelPrivate, "presale_id"); e != nil {
			problems = append(problems, e)
		} else if days := starts(p, now); r.StartOn == "" && len(days) > 0 {
			first, _ = time.Parse(time.DateOnly, days[0])
		} else if first, err = time.Parse(time.DateOnly, r.StartOn); err != nil || !mayCome(p, first) || !now.Before(cutOff(first)) {
			problems.Add("standing.start", "start_on")
		}
	}
	if err := problems.Err(); err != nil {
		return adopt.Standing{}, err
	}
	var id int64
	err = m.Tx(ctx, func(tx *sqlx.Tx) error {
		return tx.GetContext(ctx, &id, `
			INSERT INTO standing (account_id, idem_key, body_hash, state, presale_id, grade, qty, every_days, delivery_kind, point_id, point,
			                      recipient, phone, address, next_on, cut_off, started_at)
			VALUES ($1, $2, $3, 'active', $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) RETURNING id`,
			a.Account, r.IdempotencyKey, hash, p.ID, grade, r.Qty, r.EveryDays, string(r.Delivery.Kind), r.Delivery.PointID,
			r.Delivery.Point, r.Delivery.Name, r.Delivery.Phone, r.Delivery.Address, first, cutOff(first), now)
	})
	if link.Constraint(err) == "standing_idem" {
		id, err = m.subscribedBefore(ctx, a, r.IdempotencyKey, hash)
	}
	if err != nil {
		return adopt.Standing{}, fmt.Errorf("write standing order: %w", err)
	}
	return m.Standing(ctx, adopt.StandingRef{ID: id})
}

func (m *Room) subscribedBefore(ctx context.Context, a link.Actor, key string, hash []byte) (int64, error) {
	var row struct {
		ID   int64  `db:"id"`
		Hash []byte `db:"body_hash"`
	}
	err := m.DB.GetContext(ctx, &row, `SELECT id, body_hash FROM standing WHERE account_id = $1 AND idem_key = $2`, a.Account, key)
	if desk.Missing(err) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("look up standing order of key: %w", err)
	}
	if !slices.Equal(row.Hash, hash) {
		return 0, desk.ErrKeyReused()
	}
	return row.ID, nil
}

// checkStanding checks what a standing order says; the presale is nil when there is none to check against.
func (m *Room) checkStanding(ctx context.Context, presaleID int64, grade string, qty, everyDays int64, d *orders.Delivery, problems *link.Problems) (*desk.Presale, string, error) {
	if everyDays != 7 && everyDays != 14 {
		problems.Add("standing.every", "every_days")
	}
	if err := m.CheckDelivery(ctx, d, problems); err != nil {
		return nil, "", err
	}
	p, err := m.Offers.Presale(ctx, presaleID)
	if link.CodeOf(err) == link.NotFound {
		problems.Add("presale.unknown", "presale_id")
		return nil, "", nil
	}
	if err != nil {
		return nil, "", err
	}
	if !standingKind(p.PublicPresale) {
		problems.Add("standing.presale", "presale_id")
		return nil, "", nil
	}
	if e := p.CheckQuantity(catalog.ChannelPrivate, qty, "quantity"); e != nil {
		*problems = append(*problems, e)
	}
	g, ok := p.Grade(grade)
	if !ok {
		problems.Add("presale.grade", "grade")
	}
	return p, g.Grade, nil
}

func errNoStanding() error { return link.E(link.NotFound, "standing.not_found", "") }

// ownStanding reads a standing order of the caller's; the county may look at all.
func (m *Room) ownStanding(ctx context.Context, q desk.Queryer, id int64, lock bool) (*standingRow, error) {
	a := link.ActorFrom(ctx)
	if a.Account == 0 && !a.System {
		return nil, desk.ErrLogin()
	}
	query := `SELECT ` + standingColumns + ` FROM standing s WHERE s.id = $1`
	if lock {
		query += ` FOR UPDATE`
	}
	s := &standingRow{}
	err := q.GetContext(ctx, s, query, id)
	if desk.Missing(err) {
		return nil, errNoStanding()
	}
	if err != nil {
		return nil, fmt.Errorf("read standing order %d: %w", id, err)
	}
	own := a.Role == desk.RoleBuyer && s.AccountID == a.Account
	if !own && (lock || !desk.IsCounty(a)) {
		return nil, errNoStanding()
	}
	return s, nil
}

// Standing shows one standing order.
func (m *Room) Standing(ctx context.Context, r adopt.StandingRef) (adopt.Standing, error) {
	s, err := m.ownStanding(ctx, m.DB, r.ID, false)
	if err != nil {
		return adopt.Standing{}, err
	}
	out, err := m.outStandings(ctx, []*standingRow{s})
	if err != nil {
		return adopt.Standing{}, err
	}
	return out[0], nil
}

const standingsShown = 200

// Standings lists the caller's own, newest first.
func (m *Room) Standings(ctx context.Context, _ catalog.None) (adopt.Standings, error) {
	a := link.ActorFrom(ctx)
	if a.Role != desk.RoleBuyer && !desk.IsCounty(a) {
		return adopt.Standings{}, desk.Denied(a)
	}
	var rows []*standingRow
	err := m.DB.SelectContext(ctx, &rows, `
		SELECT `+standingColumns+` FROM standing s WHERE $1 OR s.account_id = $2 ORDER BY s.id DESC LIMIT $3`, desk.IsCounty(a), a.Account, standingsShown)
	if err != nil {
		return adopt.Standings{}, fmt.Errorf("list standing orders: %w", err)
	}
	out, err := m.outStandings(ctx, rows)
	return adopt.Standings{Items: out}, err
}

const datesAhead = 6

type dateRow struct {
	StandingID int64           `db:"standing_id"`
	DueOn      time.Time       `db:"due_on"`
	State      adopt.DateState `db:"state"`
	Qty        int64           `db:"qty"`
	OrderID    int64           `db:"order_id"`
	Reason     string          `db:"reason"`
}

func (m *Room) outStandings(ctx context.Context, rows []*standingRow) ([]adopt.Standing, error) {
	ids := make([]int64, len(rows))
	for i, s := range rows {
		ids[i] = s.ID
	}
	var dates []dateRow
	err := m.DB.SelectContext(ctx, &dates, `
		SELECT standing_id, due_on, state, qty, order_id, reason FROM standing_date WHERE standing_id = ANY($1) ORDER BY standing_id, due_on`, desk.Ints(ids))
	if err != nil {
		return nil, fmt.Errorf("read dates of standing orders: %w", err)
	}
	byID := map[int64][]dateRow{}
	for _, d := range dates {
		byID[d.StandingID] = append(byID[d.StandingID], d)
	}
	now := m.Now()
	out := make([]adopt.Standing, len(rows))
	for i, s := range rows {
		p, err := m.Offers.Presale(ctx, s.PresaleID)
		if err != nil {
			return nil, err
		}
		o := adopt.Standing{ID: s.ID, State: s.State, Buyer: orders.Buyer{AccountID: s.AccountID, Name: s.Recipient}, PresaleID: s.PresaleID,
			Presale: p.Code, Title: p.Title, Picture: p.Product.Picture, Unit: p.Product.OrderUnit, Grade: s.Grade, Qty: s.Qty,
			EveryDays: s.EveryDays, Delivery: s.delivery(), Dates: []adopt.StandingDate{}, StartedAt: s.StartedAt.UTC(),
			EndsOn: lastDay(p).Format(time.DateOnly), Version: s.Version}
		if o.UnitFen, err = p.EstimateFen(s.Grade, 1); err != nil {
			return nil, fmt.Errorf("price standing order %d: %w", s.ID, err)
		}
		skipped := map[string]bool{}
		for _, d := range byID[s.ID] {
			on := d.DueOn.Format(time.DateOnly)
			if d.State == adopt.DateSkipped && !d.DueOn.Before(s.NextOn) && s.State != adopt.StandingEnded {
				skipped[on] = true // shown among those to come
				continue
			}
			x := adopt.StandingDate{On: on, State: d.State, CutOff: cutOff(d.DueOn), PayBy: payBy(d.DueOn), Qty: d.Qty, Reason: d.Reason}
			if d.OrderID != 0 {
				x.OrderNo = orders.Number(d.OrderID)
			}
			o.Dates = append(o.Dates, x)
		}
		for d, n := s.NextOn, 0; n < datesAhead && s.State != adopt.StandingEnded && mayCome(p, d); d, n = d.AddDate(0, 0, int(s.EveryDays)), n+1 {
			x := adopt.StandingDate{On: d.Format(time.DateOnly), State: adopt.DatePlanned, CutOff: cutOff(d), PayBy: payBy(d), Qty: s.Qty,
				CanSkip: now.Before(cutOff(d))}
			if skipped[x.On] {
				x.State = adopt.DateSkipped
			} else if s.State == adopt.StandingPaused {
				x.State = adopt.DatePaused
			}
			o.Dates = append(o.Dates, x)
		}
		out[i] = o
	}
	return out, nil
}

// changeStanding runs fn on a locked standing order that has not ended.
func (m *Room) changeStanding(ctx context.Context, id int64, fn func(tx *sqlx.Tx, s *standingRow) error) (adopt.Standing, error) {
	err := m.Tx(ctx, func(tx *sqlx.Tx) error {
		s, err := m.ownStanding(ctx, tx, id, true)
		if err != nil {
			return err
		}
		if err := fn(tx, s); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `UPDATE standing SET version = version + 1 WHERE id = $1`, id); err != nil {
			return fmt.Errorf("change standing order %d: %w", id, err)
		}
		return nil
	})
	if err != nil {
		return adopt.Standing{}, err
	}
	return m.Standing(ctx, adopt.StandingRef{ID: id})
}

func errStandingEnded() error { return link.E(link.Conflict, "standing.ended", "") }

// ChangeStanding changes quantity, rhythm and address of the dates that are not cut off yet.
func (m *Room) ChangeStanding(ctx context.Context, r adopt.ChangeStanding) (adopt.Standing, error) {
	s, err := m.ownStanding(ctx, m.DB, r.ID, false)
	if err != nil {
		return adopt.Standing{}, err
	}
	var problems link.Problems
	if _, _, err := m.checkStanding(ctx, s.PresaleID, s.Grade, r.Qty, r.EveryDays, &r.Delivery, &problems); err != nil {
		return adopt.Standing{}, err
	}
	if err := problems.Err(); err != nil {
		return adopt.Standing{}, err
	}
	return m.changeStanding(ctx, r.ID, func(tx *sqlx.Tx, s *standingRow) error {
		if s.State == adopt.StandingEnded {
			return errStandingEnded()
		}
		_, err := tx.ExecContext(ctx, `
			UPDATE standing SET qty = $2, every_days = $3, delivery_kind = $4, point_id = $5, point = $6, recipient = $7, phone = $8, address = $9
			WHERE id = $1`, r.ID, r.Qty, r.EveryDays, string(r.Delivery.Kind), r.Delivery.PointID, r.Delivery.Point, r.Delivery.Name,
			r.Delivery.Phone, r.Delivery.Address)
		if err != nil {
			return fmt.Errorf("change standing order %d: %w", r.ID, err)
		}
		return nil
	})
}

// SetStanding pauses, resumes or ends.
func (m *Room) SetStanding(ctx context.Context, r adopt.SetStanding) (adopt.Standing, error) {
	switch r.State {
	case adopt.StandingActive, adopt.StandingPaused, adopt.StandingEnded:
	default:
		return adopt.Standing{}, link.E(link.Invalid, "standing.state", "state")
	}
	return m.changeStanding(ctx, r.ID, func(tx *sqlx.Tx, s *standingRow) error {
		if s.State == adopt.StandingEnded && r.State != adopt.StandingEnded {
			return errStandingEnded()
		}
		if _, err := tx.ExecContext(ctx, `UPDATE standing SET state = $2 WHERE id = $1`, r.ID, string(r.State)); err != nil {
			return fmt.Errorf("set standing order %d: %w", r.ID, err)
		}
		return nil
	})
}

// SkipDate leaves one date out, or takes it back.
func (m *Room) SkipDate(ctx context.Context, r adopt.SkipDate) (adopt.Standing, error) {
	on, err := time.Parse(time.DateOnly, r.On)
	if err != nil {
		return adopt.Standing{}, link.E(link.Invalid, "date", "on")
	}
	return m.changeStanding(ctx, r.ID, func(tx *sqlx.Tx, s *standingRow) error {
		if s.State == adopt.StandingEnded {
			return errStandingEnded()
		}
		days := int64(on.Sub(s.NextOn) / (24 * time.Hour))
		if days < 0 || !m.Now().Before(cutOff(on)) {
			return link.E(link.Conflict, "standing.cut_off", "on")
		}
		if days%s.EveryDays != 0 {
			return link.E(link.Invalid, "standing.date", "on")
		}
		if r.Skip {
			_, err = tx.ExecContext(ctx, `
				INSERT INTO standing_date (standing_id, due_on, state, qty) VALUES ($1, $2, 'skipped', $3) ON CONFLICT DO NOTHING`, s.ID, on, s.Qty)
		} else {
			_, err = tx.ExecContext(ctx, `DELETE FROM standing_date WHERE standing_id = $1 AND due_on = $2 AND state = 'skipped'`, s.ID, on)
		}
		if err != nil {
			return fmt.Errorf("skip a date of standing order %d: %w", s.ID, err)
		}
		return nil
	})
}
