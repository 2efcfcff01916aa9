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

// schedule is the plan of the standing order.
func (s *standingRow) schedule() adopt.Schedule {
	return adopt.Schedule{State: s.State, Next: s.NextOn, EveryDays: s.EveryDays, Qty: s.Qty}
}

func (s *standingRow) delivery() orders.Delivery {
	return orders.Delivery{Kind: s.Kind, PointID: s.PointID, Point: s.Point, Name: s.Recipient, Phone: s.Phone, Address: s.Address}
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
		if !adopt.Regular(pub) || pub.CheckOpen(now, catalog.ChannelPrivate, "") != nil {
			continue
		}
		p := &desk.Presale{PublicPresale: pub}
		days := adopt.Starts(p.PublicPresale, now)
		if len(days) < 2 {
			continue
		}
		res.Items = append(res.Items, adopt.StandingOffer{PresaleID: p.ID, Presale: p.Code, Title: p.Title, Note: p.Note,
			Picture: p.Product.Picture, Unit: p.Product.OrderUnit, PriceUnit: p.Product.PriceUnit, Grades: p.Grades, MinQty: p.MinQty,
			MaxQty: p.MaxQty, DepositBP: p.Terms.DepositBP, Starts: days, EndsOn: adopt.LastDay(p.PublicPresale).Format(time.DateOnly)})
	}
	return res, nil
}

// Subscribe starts a standing order.
func (m *Room) Subscribe(ctx context.Context, r adopt.Subscribe) (adopt.Standing, error) {
	a := link.ActorFrom(ctx)
	if org, ok := orders.BuysFor(a); !ok || org != 0 {
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
	orders.CheckKey(&problems, r.IdempotencyKey)
	p, grade, err := m.checkStanding(ctx, r.PresaleID, r.Grade, r.Qty, r.EveryDays, &r.Delivery, &problems)
	if err != nil {
		return adopt.Standing{}, err
	}
	now := m.Now()
	var first time.Time
	var ok bool
	if p != nil {
		if e := p.CheckOpen(now, catalog.ChannelPrivate, "presale_id"); e != nil {
			problems = append(problems, e)
		} else if first, ok = adopt.StartOn(p.PublicPresale, r.StartOn, now); !ok {
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
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) RETURNING id`,
			a.Account, r.IdempotencyKey, hash, string(adopt.StandingActive), p.ID, grade, r.Qty, r.EveryDays, string(r.Delivery.Kind), r.Delivery.PointID,
			r.Delivery.Point, r.Delivery.Name, r.Delivery.Phone, r.Delivery.Address, first, adopt.CutOff(first), now)
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

// checkStanding notes the problems of a standing order; the presale is nil when it does not exist or has no regular boxes.
func (m *Room) checkStanding(ctx context.Context, presaleID int64, grade string, qty, everyDays int64, d *orders.Delivery, problems *link.Problems) (*desk.Presale, string, error) {
	adopt.CheckRhythm(everyDays, problems)
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
	if !adopt.Regular(p.PublicPresale) {
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
	own := a.Role == orders.RoleBuyer && s.AccountID == a.Account
	if !own && (lock || !orders.IsCounty(a)) {
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
	if a.Role != orders.RoleBuyer && !orders.IsCounty(a) {
		return adopt.Standings{}, desk.Denied(a)
	}
	var rows []*standingRow
	err := m.DB.SelectContext(ctx, &rows, `
		SELECT `+standingColumns+` FROM standing s WHERE $1 OR s.account_id = $2 ORDER BY s.id DESC LIMIT $3`, orders.IsCounty(a), a.Account, standingsShown)
	if err != nil {
		return adopt.Standings{}, fmt.Errorf("list standing orders: %w", err)
	}
	out, err := m.outStandings(ctx, rows)
	return adopt.Standings{Items: out}, err
}

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
			EndsOn: adopt.LastDay(p.PublicPresale).Format(time.DateOnly), Version: s.Version}
		if o.UnitFen, err = p.EstimateFen(s.Grade, 1); err != nil {
			return nil, fmt.Errorf("price standing order %d: %w", s.ID, err)
		}
		schedule, skipped := s.schedule(), map[string]bool{}
		for _, d := range byID[s.ID] {
			on := d.DueOn.Format(time.DateOnly)
			if !schedule.Shown(d.DueOn, d.State) {
				skipped[on] = true // a coming date
				continue
			}
			x := adopt.StandingDate{On: on, State: d.State, CutOff: adopt.CutOff(d.DueOn), PayBy: adopt.PayBy(d.DueOn), Qty: d.Qty, Reason: d.Reason}
			if d.OrderID != 0 {
				x.OrderNo = orders.Number(d.OrderID)
			}
			o.Dates = append(o.Dates, x)
		}
		o.Dates = append(o.Dates, schedule.Ahead(p.PublicPresale, skipped, now)...)
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
		if s.State.Over() {
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
	if err := r.Check(); err != nil {
		return adopt.Standing{}, err
	}
	return m.changeStanding(ctx, r.ID, func(tx *sqlx.Tx, s *standingRow) error {
		to, err := s.State.Set(r.State)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `UPDATE standing SET state = $2 WHERE id = $1`, r.ID, string(to)); err != nil {
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
		if s.State.Over() {
			return errStandingEnded()
		}
		if err := s.schedule().CheckDate(on, m.Now()); err != nil {
			return err
		}
		if r.Skip {
			_, err = tx.ExecContext(ctx, `
				INSERT INTO standing_date (standing_id, due_on, state, qty) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
				s.ID, on, string(adopt.DateMachine.To(adopt.DateSkip)), s.Qty)
		} else {
			_, err = tx.ExecContext(ctx, `DELETE FROM standing_date WHERE standing_id = $1 AND due_on = $2 AND state = ANY($3)`,
				s.ID, on, desk.TextArray(adopt.DateMachine.From(adopt.DateRestore)))
		}
		if err != nil {
			return fmt.Errorf("skip a date of standing order %d: %w", s.ID, err)
		}
		return nil
	})
}
