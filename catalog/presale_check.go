package catalog

import (
	"encoding/json"
	"regexp"
	"slices"
	"time"

	"banmuyuan/catalog/allocate"
	"banmuyuan/internal/link"
)

// MostUnits bounds the quantities that a person types: far more than any household raises or grows.
const MostUnits = 10_000_000

var presaleCode = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]{0,39}$`)

// Check reports all that is wrong with a presale as typed. product is nil where the presale names an unknown one.
func (p Presale) Check(product *Product, sellerKnown bool) error {
	var problems link.Problems
	if !presaleCode.MatchString(p.Code) {
		problems.Add("presale.code.missing", "code")
	}
	if p.Title.Zh == "" || p.Title.En == "" || len(p.Title.Zh)+len(p.Title.En) > 400 {
		problems.Add("presale.title.missing", "title")
	}
	if product == nil {
		problems.Add("presale.product", "product_id")
	}
	if !sellerKnown {
		problems.Add("presale.seller", "seller_org")
	}
	if p.Season < 2000 || p.Season > 2199 {
		problems.Add("presale.season", "season")
	}
	if !p.OpensAt.Before(p.ClosesAt) {
		problems.Add("presale.window", "closes_at")
	}
	if p.DeliverFrom.IsZero() || p.DeliverTo.Before(p.DeliverFrom) {
		problems.Add("presale.delivery", "deliver_to")
	}
	if len(p.Channels) == 0 || slices.ContainsFunc(p.Channels, func(c Channel) bool { return !c.Valid() }) {
		problems.Add("presale.channels", "channels")
	}
	if !gradesValid(p.Grades) {
		problems.Add("presale.grades", "grades")
	}
	if p.MinQty <= 0 || p.StepQty <= 0 || p.CollectionMin <= 0 || p.CollectionMin > MostUnits || p.MaxQty < 0 || (p.MaxQty > 0 && p.MaxQty < p.MinQty) {
		problems.Add("presale.quantity", "min_qty")
	}
	if p.GramsPerUnit < 0 || p.GramsPerUnit > MostUnits || (product != nil && product.Weighed() && p.GramsPerUnit == 0) {
		problems.Add("presale.grams", "grams_per_unit")
	}
	if !p.Terms.valid() {
		problems.Add("presale.terms", "terms")
	}
	if allocate.Policy(p.Policy).Version() == "" {
		problems.Add("presale.policy", "policy")
	}
	p.checkLeastPart(product, &problems)
	return problems.Err()
}

// checkLeastPart reports a least part for households that no policy keeps, or that the fee makes impossible.
func (p Presale) checkLeastPart(product *Product, problems *link.Problems) {
	switch {
	case p.HouseholdsBP == 0:
	case p.HouseholdsBP < 0 || p.HouseholdsBP > 10_000:
		problems.Add("presale.terms", "households_bp")
	case allocate.Policy(p.Policy) != allocate.PolicyFair:
		problems.Add("presale.households.policy", "households_bp")
	case product != nil && LeastFen(p, *product) > UnitFen(p, *product):
		problems.Add("presale.households.fee", "households_bp")
	}
}

// gradesValid reports whether there is a grade and each has a name of its own and a price.
func gradesValid(grades []GradePrice) bool {
	seen := map[string]bool{}
	for _, g := range grades {
		if g.Grade == "" || seen[g.Grade] || g.Price.Fen <= 0 || g.Price.Fen > MostUnits || g.Price.Per <= 0 {
			return false
		}
		seen[g.Grade] = true
	}
	return len(grades) > 0
}

func (t Terms) valid() bool {
	for _, bp := range []int64{t.DepositBP, t.FeeBP, t.VillageBP, t.ForfeitBP, t.WeightToleranceBP} {
		if bp < 0 || bp > 10_000 {
			return false
		}
	}
	return t.FreeCancelHours >= 0 && t.InspectionHours >= 0
}

// CheckStep refuses to reopen a presale without a reason, or after its window. Invalid; Conflict.
func (p Presale) CheckStep(step PresaleStep, reason string, now time.Time) error {
	if step != PresaleStepReopen {
		return nil
	}
	if err := CheckReason(reason); err != nil {
		return err
	}
	if !now.Before(p.ClosesAt) {
		return link.E(link.Conflict, "presale.reopen.over", "state")
	}
	return nil
}

// CheckChange refuses a change of a stored presale. Titles, notes, dates and limits may change at any time, because no
// earlier order depends on them; prices, terms, policy and goods only while it is a draft, its season never. Conflict.
func (p Presale) CheckChange(to Presale) error {
	if p.State != PresaleDraft && !sameDeal(p, to) {
		return link.E(link.Conflict, "presale.not_draft", "")
	}
	if to.Season != p.Season {
		return link.E(link.Conflict, "presale.not_draft", "season")
	}
	return nil
}

// sameDeal reports whether two versions of a presale promise the same to its orders.
func sameDeal(a, b Presale) bool {
	deal := func(p Presale) string {
		b, err := json.Marshal([]any{p.Code, p.ProductID, p.Season, p.Grades, p.Terms, p.GramsPerUnit, p.SellerOrg, p.Policy, p.CollectionMin, p.HouseholdsBP})
		if err != nil {
			panic(err) // numbers and strings only
		}
		return string(b)
	}
	return deal(a) == deal(b)
}
