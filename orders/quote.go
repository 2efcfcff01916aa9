package orders

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/internal/money"
)

// Bounds of one order.
const (
	MaxLines = 20
	maxFen   = 1 << 50 // of a line's estimate: far above any, and the lines of an order add up far below an overflow
)

// UnitMeasure is how much of the price's measure one unit of a presale is: grams where the price is by weight, one
// where it is by count.
func UnitMeasure(p catalog.PublicPresale) int64 {
	if p.Product.Weighed() {
		return p.GramsPerUnit
	}
	return 1
}

// Weighed tells whether goods priced in that unit go over a scale.
func Weighed(priceUnit string) bool { return catalog.Product{PriceUnit: priceUnit}.Weighed() }

// Estimate is the expected cost of qty units and the deposit asked for them.
func Estimate(price money.Price, unitMeasure, qty, depositBP int64) (estimate, deposit int64, err error) {
	if unitMeasure <= 0 || qty > maxFen/unitMeasure {
		return 0, 0, money.ErrOverflow
	}
	if estimate, err = price.Amount(qty * unitMeasure); err != nil {
		return 0, 0, err
	}
	if estimate > maxFen {
		return 0, 0, money.ErrOverflow
	}
	deposit, err = money.BasisPoints(estimate, depositBP)
	return estimate, deposit, err
}

// ExpectedIncome is a household's expected income of qty units: the price, and the fee that the cooperative keeps of it.
func ExpectedIncome(price money.Price, unitMeasure, qty, feeBP int64) (gross, fee int64, err error) {
	gross, _, err = Estimate(price, unitMeasure, qty, 0)
	if err != nil {
		return 0, 0, err
	}
	fee, err = money.BasisPoints(gross, feeBP)
	return gross, fee, err
}

// PriceOf finds a grade's price; an empty grade is the best.
func PriceOf(prices []catalog.GradePrice, grade string) (catalog.GradePrice, bool) {
	return catalog.Presale{Grades: prices}.Grade(grade)
}

// CheckLine adds a problem for each reason why p cannot be ordered as q through channel at now; field is the line's JSON
// path. The stock is not looked at: only reserving knows.
func CheckLine(problems *link.Problems, field string, p catalog.PublicPresale, q QuoteLine, channel catalog.Channel, now time.Time) {
	if _, adopted := PlotOf(p); adopted {
		problems.Add("adoption.only", field+".presale_id")
		return
	}
	if e := p.CheckOpen(now, channel, field+".presale_id"); e != nil {
		*problems = append(*problems, e)
	}
	if e := p.CheckQuantity(channel, q.Qty, field+".quantity"); e != nil {
		*problems = append(*problems, e)
	}
	if _, ok := p.Grade(q.Grade); !ok {
		problems.Add("presale.grade", field+".grade")
	}
}

// CheckLineCount notes an empty order, and one with more lines than MaxLines.
func CheckLineCount(problems *link.Problems, lines []QuoteLine) bool {
	switch {
	case len(lines) == 0:
		problems.Add("order.lines.missing", "lines")
		return false
	case len(lines) > MaxLines:
		problems.Add("order.lines.many", "lines", "max", strconv.Itoa(MaxLines))
		return false
	}
	return true
}

// QuotedLine is a checked line with its expected cost.
type QuotedLine struct {
	Grade       catalog.GradePrice
	UnitMeasure int64
	EstimateFen int64
	DepositFen  int64
}

// Quoting checks and prices the lines of one order, one after another.
type Quoting struct {
	Problems *link.Problems
	Channel  catalog.Channel
	Now      time.Time

	season int
	before []quotedGrade
	asked  map[int64]int64 // units by presale
}

type quotedGrade struct {
	presale int64
	grade   string
}

// Line checks and prices the next line, of presale p; field is the line's JSON path. ok is false when something is wrong
// with it, which is noted. The same grade of a presale may be there once; all lines are of one season; goods of a
// contract are called off under it alone.
func (c *Quoting) Line(field string, p catalog.PublicPresale, q QuoteLine) (line QuotedLine, ok bool) {
	grade, _ := p.Grade(q.Grade)
	this := quotedGrade{q.PresaleID, grade.Grade}
	if slices.Contains(c.before, this) {
		c.Problems.Add("order.line.twice", field+".presale_id")
	}
	c.before = append(c.before, this)
	if c.season != 0 && c.season != p.Season {
		c.Problems.Add("reserve.lines.season", field+".presale_id")
	}
	c.season = p.Season
	if p.ContractID != 0 {
		c.Problems.Add("presale.unknown", field+".presale_id")
		return QuotedLine{}, false
	}
	noted := len(*c.Problems)
	CheckLine(c.Problems, field, p, q, c.Channel, c.Now)
	if len(*c.Problems) > noted {
		return QuotedLine{}, false
	}
	if c.asked == nil {
		c.asked = map[int64]int64{}
	}
	c.asked[q.PresaleID] += q.Qty
	if e := p.CheckTogether(c.Channel, c.asked[q.PresaleID], field+".quantity"); e != nil {
		*c.Problems = append(*c.Problems, e)
		return QuotedLine{}, false
	}
	line = QuotedLine{Grade: grade, UnitMeasure: UnitMeasure(p)}
	var err error
	line.EstimateFen, line.DepositFen, err = Estimate(grade.Price, line.UnitMeasure, q.Qty, p.Terms.DepositBP)
	if err != nil {
		c.Problems.Add("order.quantity.too_large", field+".quantity")
		return QuotedLine{}, false
	}
	return line, true
}

// AskedUnits is the quantity of a line and the stock that its presale had a moment ago.
type AskedUnits struct{ PresaleID, Qty, Left int64 }

// CheckLeft is SoldOut for the first line that, with the lines before it, asks for more than was left. It is for quotes:
// placing an order asks the catalogue.
func CheckLeft(lines []AskedUnits) error {
	asked := map[int64]int64{}
	for i, l := range lines {
		asked[l.PresaleID] += l.Qty
		if asked[l.PresaleID] > l.Left {
			return link.E(link.SoldOut, "order.quantity.sold_out", "lines["+strconv.Itoa(i)+"].quantity", "left", strconv.FormatInt(l.Left, 10))
		}
	}
	return nil
}

// PolicyFor is the policy to ask the catalogue for: a presale with a policy that needs a household is shared out fairly
// when none is named. Empty leaves it to the presale.
func PolicyFor(presale string) string {
	if presale == "direct" {
		return "fair"
	}
	return ""
}

// OwnChannel is the channel through which a member of an organisation of that kind orders; private buyers have none.
func OwnChannel(kind catalog.OrgKind) catalog.Channel {
	if kind == catalog.OrgSupermarket {
		return catalog.ChannelMarket
	}
	return catalog.ChannelContract
}

// ChannelFor returns the channel of a quote or an order. Only the county looks at channels that are not its own; ok is
// false for everybody else.
func ChannelFor(own, asked catalog.Channel, county bool) (channel catalog.Channel, ok bool) {
	switch {
	case asked == "" || asked == own:
		return own, true
	case county && asked.Valid():
		return asked, true
	}
	return own, false
}

// ReservedField names the field of an order's request where the catalogue names one of its reservation.
func ReservedField(field string) string {
	switch {
	case strings.HasPrefix(field, "lines["):
		field = strings.TrimSuffix(field, ".qty")
		if !strings.HasSuffix(field, ".presale_id") && !strings.HasSuffix(field, ".quantity") {
			field += ".quantity"
		}
	case field == "key":
		field = "idempotency_key"
	}
	return field
}
