package adopt

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
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
	VillageBP    int64               `db:"village_bp"`
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
	a.price_fen, a.deposit_fen, a.paid_fen, a.refund_fen, a.late_fen, a.forfeit_fen, a.refunds, a.forfeit_bp, a.fee_bp, a.village_bp, a.free_hours,
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

// account is the money and the terms of the adoption.
func (a *adoptionRow) account() adopt.Account {
	return adopt.Account{State: a.State, DepositFen: a.DepositFen, PaidFen: a.PaidFen, RefundFen: a.RefundFen, LateFen: a.LateFen,
		ForfeitFen: a.ForfeitFen, ForfeitBP: a.ForfeitBP, FreeHours: a.FreeHours, ExpiresAt: a.ExpiresAt, BalanceBy: a.BalanceBy,
		ReservedAt: a.ReservedAt, HoldLost: a.HoldLost}
}

// book takes the money of an account over into the row.
func (a *adoptionRow) book(to adopt.Account) {
	a.PaidFen, a.RefundFen, a.LateFen, a.ForfeitFen = to.PaidFen, to.RefundFen, to.LateFen, to.ForfeitFen
}

// part is the box as the rules need it.
func (b *boxRow) part() adopt.Part {
	return adopt.Part{No: b.No, DueOn: b.DueOn, State: b.State, AmountFen: b.AmountFen, FeeFen: b.FeeFen, HouseholdID: b.HouseholdID}
}

func partsOf(boxes []boxRow) []adopt.Part {
	parts := make([]adopt.Part, len(boxes))
	for i := range boxes {
		parts[i] = boxes[i].part()
	}
	return parts
}

// stakeIn finds the actor's part in an adoption; household is the one that the actor acts for.
func (m *Room) stakeIn(ctx context.Context, a *adoptionRow, boxes []boxRow) (s adopt.Stake, household int64, err error) {
	actor := link.ActorFrom(ctx)
	p := adopt.Person{County: orders.IsCounty(actor), Org: orders.WorksFor(actor)}
	switch actor.Role {
	case orders.RoleBuyer:
		p.Buyer = actor.Account
	case orders.RoleHousehold:
		p.Household = actor.Household
	case orders.RoleHelper:
		p.Household = actor.OnBehalfOf
	}
	s = adopt.StakeOf(p, adopt.Parties{Account: a.AccountID, SellerOrg: a.SellerOrg, HouseholdID: a.HouseholdID, Reserved: a.ReservedAt != nil}, partsOf(boxes))
	if s != adopt.StakeHousehold {
		return s, 0, nil
	}
	if actor.Role == orders.RoleHelper {
		if err := m.Helps(ctx, actor, p.Household); err != nil {
			return adopt.StakeNone, 0, errNoAdoption()
		}
	}
	return s, p.Household, nil
}

// findAdoption reads an adoption that the actor has to do with. NotFound.
func (m *Room) findAdoption(ctx context.Context, no string) (*adoptionRow, []boxRow, adopt.Stake, int64, error) {
	if actor := link.ActorFrom(ctx); actor.Account == 0 && !actor.System {
		return nil, nil, adopt.StakeNone, 0, desk.ErrLogin()
	}
	id, ok := adopt.ParseNumber(no)
	if !ok {
		return nil, nil, adopt.StakeNone, 0, errNoAdoption()
	}
	a, err := readAdoption(ctx, m.DB, id)
	if err != nil {
		return nil, nil, adopt.StakeNone, 0, err
	}
	boxes, err := boxesOf(ctx, m.DB, id)
	if err != nil {
		return nil, nil, adopt.StakeNone, 0, err
	}
	s, household, err := m.stakeIn(ctx, a, boxes[id])
	if err == nil && s == adopt.StakeNone {
		err = errNoAdoption()
	}
	return a, boxes[id], s, household, err
}

// outAdoptions shows adoptions to somebody, without updates and timeline.
func (m *Room) outAdoptions(ctx context.Context, rows []*adoptionRow, boxes map[int64][]boxRow, look func(*adoptionRow) (adopt.Stake, int64)) ([]adopt.Adoption, error) {
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
		BalanceDays: adopt.BalanceDays, Seller: o.Seller, Boxes: 1,
	}
	if r.Kind == orders.PlotGarden {
		p.UnitM2, p.Boxes = adopt.BedM2, int64(len(boxes))
	}
	if len(boxes) > 0 {
		p.FirstOn = boxes[0].DueOn.Format(time.DateOnly)
	}
	return p
}

func (m *Room) outAdoption(a *adoptionRow, boxes []boxRow, plot adopt.PublicPlot, ref *desk.Names, s adopt.Stake, household int64) adopt.Adoption {
	now, account, parts := m.Now(), a.account(), partsOf(boxes)
	out := adopt.Adoption{
		ID: a.ID, No: adopt.Number(a.ID), State: a.State, Buyer: orders.Buyer{AccountID: a.AccountID, Name: a.Buyer},
		Plot: plot, Units: a.Units, UnitNos: []int64{}, OnFailure: a.OnFailure,
		Delivery: orders.Delivery{Kind: a.Kind, PointID: a.PointID, Point: a.Point, Name: a.Recipient, Phone: a.Phone, Address: a.Address},
		PriceFen: a.PriceFen, DepositFen: a.DepositFen, PaidFen: a.PaidFen, RefundFen: a.RefundFen, ForfeitFen: a.ForfeitFen,
		DueFen: account.Due(adopt.Worth(parts)), BalanceBy: a.BalanceBy.UTC(), PlacedAt: a.PlacedAt.UTC(), Version: a.Version, Boxes: []adopt.Box{},
	}
	if a.State == adopt.Placed || a.State == adopt.Expiring {
		at := a.ExpiresAt.UTC()
		out.ExpiresAt = &at
	}
	for i, b := range boxes {
		if !s.Sees(a.HouseholdID, household, parts[i]) {
			continue
		}
		x := adopt.Box{No: b.No, DueOn: b.DueOn.Format(time.DateOnly), Qty: b.Qty, State: b.State, AmountFen: b.AmountFen,
			Family: b.Family, Village: ref.Villages[b.VillageID].Name, Replaced: b.Replaced, Reason: b.Reason, Note: b.Note}
		if b.DoneAt != nil {
			at := b.DoneAt.UTC()
			x.DoneAt = &at
		}
		x.Allow(s, household, a.State, parts[i], now)
		out.Boxes = append(out.Boxes, x)
	}
	switch s {
	case adopt.StakeHousehold:
		out.HouseholdID = a.HouseholdID
		out.ForHousehold()
	case adopt.StakeSeller, adopt.StakeCounty:
		out.HouseholdID = a.HouseholdID
	case adopt.StakeAdopter:
		out.CanCancel, out.CancelCost = account.CanCancel(parts, now)
	}
	return out
}
