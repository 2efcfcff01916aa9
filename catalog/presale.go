package catalog

import (
	"slices"
	"strconv"
	"time"

	"banmuyuan/internal/link"
	"banmuyuan/internal/money"
)

// Valid reports whether c is one of the three channels.
func (c Channel) Valid() bool {
	return c == ChannelContract || c == ChannelMarket || c == ChannelPrivate
}

// OpenAt reports whether the presale takes orders at t.
func (p Presale) OpenAt(t time.Time) bool {
	return p.State == PresaleOpen && !t.Before(p.OpensAt) && t.Before(p.ClosesAt)
}

// CheckOpen returns the reason why the presale takes no order of channel at t, or nil. Field names the presale in the request.
func (p Presale) CheckOpen(t time.Time, channel Channel, field string) *link.Error {
	switch {
	case p.State == PresaleDraft:
		return link.E(link.NotFound, "presale.unknown", field)
	case p.State != PresaleOpen || !t.Before(p.ClosesAt):
		return link.E(link.Conflict, "presale.closed", field)
	case t.Before(p.OpensAt):
		return link.E(link.Conflict, "presale.not_yet_open", field, "opens_at", p.OpensAt.UTC().Format(time.RFC3339))
	case !slices.Contains(p.Channels, channel):
		return link.E(link.Invalid, "presale.channel", field)
	}
	return nil
}

// maxUnits keeps products of a quantity and a price far from overflowing.
const maxUnits = 1 << 40

// CheckQuantity returns the fault of an order of qty units by channel, or nil. The maximum binds private buyers only:
// contracts and markets order in bulk.
func (p Presale) CheckQuantity(channel Channel, qty int64, field string) *link.Error {
	switch {
	case qty <= 0:
		return link.E(link.Invalid, "order.quantity.not_positive", field)
	case qty > maxUnits:
		return link.E(link.Invalid, "order.quantity.too_large", field)
	case qty < p.MinQty:
		return link.E(link.Invalid, "order.quantity.below_min", field, "min", strconv.FormatInt(p.MinQty, 10))
	case p.StepQty > 1 && (qty-p.MinQty)%p.StepQty != 0: // as a browser checks min and step
		return link.E(link.Invalid, "order.quantity.off_step", field,
			"min", strconv.FormatInt(p.MinQty, 10), "step", strconv.FormatInt(p.StepQty, 10))
	}
	return p.CheckTogether(channel, qty, field)
}

// CheckTogether returns the fault of all lines of an order, of whichever grades, that are qty units of the presale together, or
// nil: the maximum is an order's.
func (p Presale) CheckTogether(channel Channel, qty int64, field string) *link.Error {
	if p.MaxQty > 0 && channel == ChannelPrivate && qty > p.MaxQty {
		return link.E(link.Invalid, "order.quantity.above_max", field, "max", strconv.FormatInt(p.MaxQty, 10))
	}
	return nil
}

// Fitting returns the largest quantity up to most that keeps to the presale's minimum and step, or 0.
func (p Presale) Fitting(most int64) int64 {
	if most < p.MinQty {
		return 0
	}
	return most - (most-p.MinQty)%max(p.StepQty, 1)
}

// Grade finds a grade's price; the empty grade is the best one.
func (p Presale) Grade(grade string) (GradePrice, bool) {
	if grade == "" && len(p.Grades) > 0 {
		return p.Grades[0], true
	}
	i := slices.IndexFunc(p.Grades, func(g GradePrice) bool { return g.Grade == grade })
	if i < 0 {
		return GradePrice{}, false
	}
	return p.Grades[i], true
}

// Weighed reports whether the product is priced by weight, so that the weigh ticket sets the amount.
func (p Product) Weighed() bool {
	u, ok := money.UnitByCode(p.PriceUnit)
	return ok && !u.Counted()
}

// Estimate returns the expected cost of qty units of product at price, where one unit weighs about gramsPerUnit. It
// returns money.ErrOverflow.
func Estimate(product Product, gramsPerUnit int64, price money.Price, qty int64) (int64, error) {
	if !product.Weighed() {
		return price.Amount(qty)
	}
	grams, err := money.Price{Fen: gramsPerUnit, Per: 1}.Amount(qty)
	if err != nil {
		return 0, err
	}
	return price.Amount(grams)
}

// EstimateFen returns the expected cost of qty units of a grade (empty: the best).
func (p PublicPresale) EstimateFen(grade string, qty int64) (int64, error) {
	g, ok := p.Grade(grade)
	if !ok {
		return 0, link.E(link.Invalid, "presale.grade", "grade")
	}
	return Estimate(p.Product, p.GramsPerUnit, g.Price, qty)
}

// UnitFen is a household's expected income from one unit: the best grade's price less the cooperative's fee. It is
// fixed while the presale is open, because prices are.
func UnitFen(p Presale, product Product) int64 {
	g, ok := p.Grade("")
	if !ok {
		return 0
	}
	fen, err := Estimate(product, p.GramsPerUnit, g.Price, 1)
	if err != nil {
		return 0
	}
	fee, err := money.BasisPoints(fen, p.Terms.FeeBP)
	if err != nil {
		return 0
	}
	return max(fen-fee, 0)
}

// LotUnitFen is UnitFen less a raiser's part.
func LotUnitFen(unitFen, agentBP int64) int64 {
	kept, err := money.BasisPoints(unitFen, agentBP)
	if err != nil {
		return 0
	}
	return max(unitFen-kept, 0)
}
