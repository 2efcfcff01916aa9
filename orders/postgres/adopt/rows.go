package adopt

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/internal/money"
	"banmuyuan/orders"
	"banmuyuan/orders/adopt"
	"banmuyuan/orders/postgres/desk"
)

// adoptionRow is an adoption as it is stored.
type adoptionRow struct {
	ID           int64               `db:"id"`
	PlotID       int64               `db:"plot_id"`
	OfferID      int64               `db:"offer_id"`
	PresaleID    int64               `db:"presale_id"`
	SellerOrg    int64               `db:"seller_org"`
	HouseholdID  int64               `db:"household_id"`
	VillageID    int64               `db:"village_id"`
	State        adopt.State         `db:"state"`
	AccountID    int64               `db:"account_id"`
	Buyer        string              `db:"buyer"`
	BodyHash     []byte              `db:"body_hash"`
	Units        int64               `db:"units"`
	EveryDays    int64               `db:"every_days"`
	OnFailure    adopt.OnFailure     `db:"on_failure"`
	Kind         orders.DeliveryKind `db:"delivery_kind"`
	PointID      int64               `db:"point_id"`
	Point        string              `db:"point"`
	Recipient    string              `db:"recipient"`
	Phone        string              `db:"phone"`
	Address      string              `db:"address"`
	PriceFen     int64               `db:"price_fen"`
	DepositFen   int64               `db:"deposit_fen"`
	PaidFen      int64               `db:"paid_fen"`
	RefundFen    int64               `db:"refund_fen"`
	LateFen      int64               `db:"late_fen"`
	ForfeitFen   int64               `db:"forfeit_fen"`
	Refunds      int                 `db:"refunds"`
	ForfeitBP    int64               `db:"forfeit_bp"`
	FeeBP        int64               `db:"fee_bp"`
	FreeHours    int64               `db:"free_hours"`
	InspectHours int64               `db:"inspect_hours"`
	PlacedAt     time.Time           `db:"placed_at"`
	ExpiresAt    time.Time           `db:"expires_at"`
	BalanceBy    time.Time           `db:"balance_by"`
	ReservedAt   *time.Time          `db:"reserved_at"`
	HoldLost     bool                `db:"hold_lost"`
	Version      int64               `db:"version"`
}

const adoptionColumns = `a.id, a.plot_id, a.offer_id, a.presale_id, a.seller_org, a.household_id, a.village_id, a.state, a.account_id,
	a.buyer, a.body_hash, a.units, a.every_days, a.on_failure, a.delivery_kind, a.point_id, a.point, a.recipient, a.phone, a.address,
	a.price_fen, a.deposit_fen, a.paid_fen, a.refund_fen, a.late_fen, a.forfeit_fen, a.refunds, a.forfeit_bp, a.fee_bp, a.free_hours,
	a.inspect_hours, a.placed_at, a.expires_at, a.balance_by, a.reserved_at, a.hold_lost, a.version`

type boxRow struct {
	AdoptionID  int64          `db:"adoption_id"`
	No          int            `db:"no"`
	DueOn       time.Time      `db:"due_on"`
	Qty         int64          `db:"qty"`
	AmountFen   int64          `db:"amount_fen"`
	FeeFen      int64          `db:"fee_fen"`
	HouseholdID int64          `db:"household_id"`
	VillageID   int64          `db:"village_id"`
	LotID       int64          `db:"lot_id"`
	Family      string         `db:"family"`
	State       adopt.BoxState `db:"state"`
	SeekAt      *time.Time     `db:"seek_at"`
	DoneAt      *time.Time     `db:"done_at"`
	ReleaseAt   *time.Time     `db:"release_at"`
	DeliveryID  *int64         `db:"delivery_id"`
	Reason      string         `db:"reason"`
	Note        string         `db:"note"`
	Replaced    bool           `db:"replaced"`
	Tried       pq.Int64Array  `db:"tried"`
}

const boxColumns = `b.adoption_id, b.no, b.due_on, b.qty, b.amount_fen, b.fee_fen, b.household_id, b.village_id, b.lot_id, b.family,
	b.state, b.seek_at, b.done_at, b.release_at, b.delivery_id, b.reason, b.note, b.replaced, b.tried`

func errNoAdoption() error { return link.E(link.NotFound, "adoption.not_found", "") }

func lockAdoption(ctx context.Context, tx *sqlx.Tx, id int64) (*adoptionRow, error) {
	a := &adoptionRow{}
	err := tx.GetContext(ctx, a, `SELECT `+adoptionColumns+` FROM adoption a WHERE a.id = $1 FOR UPDATE`, id)
	if desk.Missing(err) {
		return nil, errNoAdoption()
	}
	if err != nil {
		return nil, fmt.Errorf("lock adoption %d: %w", id, err)
	}
	return a, nil
}

func readAdoption(ctx context.Context, q desk.Queryer, id int64) (*adoptionRow, error) {
	a := &adoptionRow{}
	err := q.GetContext(ctx, a, `SELECT `+adoptionColumns+` FROM adoption a WHERE a.id = $1`, id)
	if desk.Missing(err) {
		return nil, errNoAdoption()
	}
	if err != nil {
		return nil, fmt.Errorf("read adoption %d: %w", id, err)
	}
	return a, nil
}

// boxesOf reads the boxes of adoptions, by adoption.
func boxesOf(ctx context.Context, q desk.Queryer, ids ...int64) (map[int64][]boxRow, error) {
	var rows []boxRow
	err := q.SelectContext(ctx, &rows, `
		SELECT `+boxColumns+` FROM adoption_box b WHERE b.adoption_id = ANY($1) ORDER BY b.adoption_id, b.no`, desk.Ints(ids))
	if err != nil {
		return nil, fmt.Errorf("read boxes: %w", err)
	}
	byID := make(map[int64][]boxRow, len(ids))
	for _, r := range rows {
		byID[r.AdoptionID] = append(byID[r.AdoptionID], r)
	}
	return byID, nil
}

// worth is what of an adoption was or will be delivered.
func worth(boxes []boxRow) (fen int64) {
	for _, b := range boxes {
		if b.State != adopt.BoxFailed && b.State != adopt.BoxVoid {
			fen += b.AmountFen
		}
	}
	return fen
}

// kept is the money that is there for the adoption's boxes.
func (a *adoptionRow) kept() int64 { return a.PaidFen - a.RefundFen }

// sees tells whether the adopter may read what the household writes.
func (a *adoptionRow) sees() bool {
	return a.State == adopt.Reserved || a.State == adopt.Growing || a.State == adopt.Completed
}

// due is what the adopter has to pay now.
func (a *adoptionRow) due(boxes []boxRow) int64 {
	switch a.State {
	case adopt.Placed:
		return a.DepositFen
	case adopt.Reserved:
		return max(worth(boxes)-a.kept(), 0)
	}
	return 0
}

// cancelCost is what cancelling at now forfeits.
func (a *adoptionRow) cancelCost(now time.Time) (int64, error) {
	if a.ReservedAt == nil || now.Before(a.ReservedAt.Add(time.Duration(a.FreeHours)*time.Hour)) {
		return 0, nil
	}
	cost, err := money.BasisPoints(a.DepositFen, a.ForfeitBP)
	return min(cost, a.kept()), err
}

// stake is what somebody has to do with an adoption.
type stake int

const (
	stakeNone stake = iota
	stakeHousehold
	stakeSeller // the cooperative that packs and brings the boxes
	stakeCounty
	stakeAdopter
)

// stakeIn finds the actor's; household is the one it acts for.
func (m *Room) stakeIn(ctx context.Context, a *adoptionRow, boxes []boxRow) (s stake, household int64, err error) {
	actor := link.ActorFrom(ctx)
	fills := func(id int64) bool {
		return id != 0 && (id == a.HouseholdID || slices.ContainsFunc(boxes, func(b boxRow) bool { return b.HouseholdID == id }))
	}
	switch {
	case desk.IsCounty(actor):
		return stakeCounty, 0, nil
	case actor.Role == desk.RoleBuyer && actor.Account != 0 && actor.Account == a.AccountID:
		return stakeAdopter, 0, nil
	case actor.Role == desk.RoleHousehold && fills(actor.Household):
		return stakeHousehold, actor.Household, nil
	case actor.Role == desk.RoleHelper && fills(actor.OnBehalfOf):
		if err := m.Helps(ctx, actor, actor.OnBehalfOf); err != nil {
			return stakeNone, 0, errNoAdoption()
		}
		return stakeHousehold, actor.OnBehalfOf, nil
	}
	if org := desk.WorksFor(actor); org != 0 && org == a.SellerOrg && a.ReservedAt != nil {
		return stakeSeller, 0, nil
	}
	return stakeNone, 0, nil
}

// findAdoption reads an adoption that the actor has to do with. NotFound.
func (m *Room) findAdoption(ctx context.Context, no string) (*adoptionRow, []boxRow, stake, int64, error) {
	if actor := link.ActorFrom(ctx); actor.Account == 0 && !actor.System {
		return nil, nil, stakeNone, 0, desk.ErrLogin()
	}
	id, ok := adopt.ParseNumber(no)
	if !ok {
		return nil, nil, stakeNone, 0, errNoAdoption()
	}
	a, err := readAdoption(ctx, m.DB, id)
	if err != nil {
		return nil, nil, stakeNone, 0, err
	}
	boxes, err := boxesOf(ctx, m.DB, id)
	if err != nil {
		return nil, nil, stakeNone, 0, err
	}
	s, household, err := m.stakeIn(ctx, a, boxes[id])
	if err == nil && s == stakeNone {
		err = errNoAdoption()
	}
	return a, boxes[id], s, household, err
}

// outAdoptions shows adoptions to somebody, without updates and timeline.
func (m *Room) outAdoptions(ctx context.Context, rows []*adoptionRow, boxes map[int64][]boxRow, look func(*adoptionRow) (stake, int64)) ([]adopt.Adoption, error) {
	ids, plots, offerIDs := make([]int64, len(rows)), make([]int64, len(rows)), make([]int64, len(rows))
	for i, a := range rows {
		ids[i], plots[i], offerIDs[i] = a.ID, a.PlotID, a.OfferID
	}
	var numbers []struct {
		ID int64 `db:"adoption_id"`
		No int64 `db:"no"`
	}
	err := m.DB.SelectContext(ctx, &numbers, `SELECT adoption_id, no FROM adoption_unit WHERE adoption_id = ANY($1) ORDER BY adoption_id, no`, desk.Ints(ids))
	if err != nil {
		return nil, fmt.Errorf("read units: %w", err)
	}
	units := map[int64][]int64{}
	for _, n := range numbers {
		units[n.ID] = append(units[n.ID], n.No)
	}
	var plotRows []plotRow
	if err := m.DB.SelectContext(ctx, &plotRows, `SELECT `+plotColumns+` FROM plot p WHERE p.id = ANY($1)`, desk.Ints(plots)); err != nil {
		return nil, fmt.Errorf("read plots: %w", err)
	}
	byPlot := map[int64]plotRow{}
	for _, p := range plotRows {
		byPlot[p.ID] = p
	}
	offers, err := m.Offers.Get(ctx, m.DB, offerIDs...)
	if err != nil {
		return nil, err
	}
	ref, err := m.Ref.Get(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]adopt.Adoption, len(rows))
	for i, a := range rows {
		s, household := look(a)
		out[i] = m.outAdoption(a, boxes[a.ID], adoptedPlot(a, boxes[a.ID], byPlot[a.PlotID], offers[a.OfferID], ref), ref, s, household)
		out[i].UnitNos = units[a.ID]
	}
	return out, nil
}

// adoptedPlot is the plot as it was when it was adopted.
func adoptedPlot(a *adoptionRow, boxes []boxRow, r plotRow, o *desk.Offer, ref *desk.Names) adopt.PublicPlot {
	p := adopt.PublicPlot{
		ID: r.ID, Kind: r.Kind, Season: o.Season, PresaleID: o.PresaleID, Product: o.Product, Title: o.Title, Picture: o.Picture,
		Family: r.Family, VillageID: r.VillageID, Village: ref.Villages[r.VillageID].Name, Township: ref.Townships[r.TownshipID],
		Story: catalog.Text{Zh: r.StoryZh, En: r.StoryEn}, Units: r.Units, Left: max(r.Units-r.Taken, 0), EveryDays: a.EveryDays,
		UnitFen: a.PriceFen / a.Units, DepositBP: o.Terms.DepositBP, ForfeitBP: a.ForfeitBP, FreeHours: a.FreeHours,
		BalanceDays: balanceDays, Seller: o.Seller, Boxes: 1,
	}
	if r.Kind == orders.PlotGarden {
		p.UnitM2, p.Boxes = bedM2, int64(len(boxes))
	}
	if len(boxes) > 0 {
		p.FirstOn = boxes[0].DueOn.Format(time.DateOnly)
	}
	return p
}

func (m *Room) outAdoption(a *adoptionRow, boxes []boxRow, plot adopt.PublicPlot, ref *desk.Names, s stake, household int64) adopt.Adoption {
	now := m.Now()
	out := adopt.Adoption{
		ID: a.ID, No: adopt.Number(a.ID), State: a.State, Buyer: orders.Buyer{AccountID: a.AccountID, Name: a.Buyer},
		Plot: plot, Units: a.Units, UnitNos: []int64{}, OnFailure: a.OnFailure,
		Delivery: orders.Delivery{Kind: a.Kind, PointID: a.PointID, Point: a.Point, Name: a.Recipient, Phone: a.Phone, Address: a.Address},
		PriceFen: a.PriceFen, DepositFen: a.DepositFen, PaidFen: a.PaidFen, RefundFen: a.RefundFen, ForfeitFen: a.ForfeitFen,
		DueFen: a.due(boxes), BalanceBy: a.BalanceBy.UTC(), PlacedAt: a.PlacedAt.UTC(), Version: a.Version, Boxes: []adopt.Box{},
	}
	if a.State == adopt.Placed || a.State == adopt.Expiring {
		at := a.ExpiresAt.UTC()
		out.ExpiresAt = &at
	}
	begun := false
	for _, b := range boxes {
		begun = begun || b.State == adopt.BoxDelivered || b.State == adopt.BoxSettled || b.State == adopt.BoxDisputed
		if s == stakeHousehold && household != a.HouseholdID && household != b.HouseholdID {
			continue // a household that helps out sees its own boxes
		}
		x := adopt.Box{No: b.No, DueOn: b.DueOn.Format(time.DateOnly), Qty: b.Qty, State: b.State, AmountFen: b.AmountFen,
			Family: b.Family, Village: ref.Villages[b.VillageID].Name, Replaced: b.Replaced, Reason: b.Reason, Note: b.Note}
		if b.DoneAt != nil {
			at := b.DoneAt.UTC()
			x.DoneAt = &at
		}
		switch s {
		case stakeAdopter:
			x.CanDispute = b.State.Can(adopt.BoxDispute)
		case stakeHousehold:
			mine := b.HouseholdID == household
			x.NetFen, x.HouseholdID = b.AmountFen-b.FeeFen, b.HouseholdID
			x.CanFail = mine && a.State.Can(adopt.StepComplete) && b.State.Can(adopt.BoxSeek)
			x.CanDeliver = mine && a.State == adopt.Growing && b.State.Can(adopt.BoxDeliver) && !tooEarly(b, now)
		case stakeCounty:
			x.NetFen, x.HouseholdID, x.CanDecide = b.AmountFen-b.FeeFen, b.HouseholdID, b.State.Can(adopt.BoxReject)
		}
		out.Boxes = append(out.Boxes, x)
	}
	switch s {
	case stakeHousehold, stakeSeller, stakeCounty:
		out.HouseholdID = a.HouseholdID
	case stakeAdopter:
		out.CanCancel = a.State.Can(adopt.StepCancel) && !begun
		if out.CanCancel {
			if cost, err := a.cancelCost(now); err == nil {
				out.CancelCost = cost
			}
		}
	}
	if s == stakeHousehold { // it packs a box for somebody: where to, and no more
		out.Buyer = orders.Buyer{Name: adopt.Family(a.Buyer)}
		out.Delivery.Phone, out.Delivery.Name = "", adopt.Family(a.Recipient)
		if a.Kind == orders.DeliverAddress {
			out.Delivery.Address = ""
		}
		out.PaidFen, out.RefundFen, out.ForfeitFen, out.DueFen, out.DepositFen = 0, 0, 0, 0, 0
	}
	return out
}

// tooEarly: a box may come a little before its date.
func tooEarly(b boxRow, now time.Time) bool {
	return now.Before(desk.BeginningOf(b.DueOn.AddDate(0, 0, -earlyDays)))
}
