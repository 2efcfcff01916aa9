package contract

import (
	"fmt"
	"regexp"
	"slices"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/internal/money"
	"banmuyuan/orders"
)

// Bounds of a contract.
const (
	TitleMax       = 60
	maxQuantity    = 10_000_000
	maxAdjustments = 12
	maxPoints      = 20
	maxPriceFen    = 10_000_000
	maxFeeBP       = 3000
)

var adjustmentCode = regexp.MustCompile(`^[a-z0-9_]{1,24}$`)

var grades = []string{"special", "extra", "first", "second"}

// Places are the organisations, townships and collection points that terms may name.
type Places struct {
	Orgs      map[int64]catalog.Organisation
	Townships map[int64]string
	Points    map[int64]catalog.CollectionPoint

	Programmes []catalog.Programme
}

// MayBuy refuses organisations that buy under no contract: supermarkets, and unregistered ones.
func MayBuy(places Places, org int64) error {
	if o, known := places.Orgs[org]; !known || o.Kind == catalog.OrgSupermarket {
		return link.E(link.Forbidden, "contract.buyer", "")
	}
	return nil
}

// UnitGrams is the estimated weight of one unit of a product, 0 where it is counted.
func UnitGrams(p catalog.Product) int64 {
	if !p.Weighed() {
		return 0
	}
	return p.GramsPerUnit
}

// Complete fills in optional fields of a draft: the current season, and the buying cooperative as collector.
func (t *Terms) Complete(places Places, season int, org int64) {
	if t.Season == 0 {
		t.Season = season
	}
	if t.CollectorOrg == 0 && places.Orgs[org].Kind == catalog.OrgCooperative {
		t.CollectorOrg = org
	}
}

// Check brings terms into the one form in which they are written, and adds a problem for everything in them that cannot
// be agreed on.
func (t *Terms) Check(problems *link.Problems, product catalog.Product, places Places, today string) {
	var ok bool
	if t.Title, ok = orders.Clean(t.Title, 2, TitleMax); !ok {
		problems.Add("contract.title", "title", "max", fmt.Sprint(TitleMax))
	}
	if o, known := places.Orgs[t.CollectorOrg]; !known || o.Kind != catalog.OrgCooperative {
		problems.Add("contract.collector", "collector_org")
	}
	if t.Season < 2000 || t.Season > 2199 {
		problems.Add("presale.season", "season")
	}
	if t.Quantity <= 0 || t.Quantity > maxQuantity {
		problems.Add("contract.quantity", "quantity", "max", fmt.Sprint(maxQuantity))
	}
	t.checkGrades(problems, product)
	if t.FeeBP < 0 || t.FeeBP > maxFeeBP {
		problems.Add("contract.fee", "fee_bp")
	}
	if t.VillageBP < 0 || t.VillageBP > 10_000 {
		problems.Add("contract.village_part", "village_bp")
	}
	if t.ToleranceBP <= 0 || t.ToleranceBP > 10_000 {
		problems.Add("contract.tolerance", "tolerance_bp")
	}
	if t.MinQuota <= 0 || t.MaxQuota < t.MinQuota || t.MinQuota > max(t.Quantity, 1) {
		problems.Add("contract.quota_bounds", "min_quota")
	}
	t.checkPlaces(problems, places)
	t.checkWindows(problems)
	t.checkDays(problems, today)
	if t.Destination, ok = orders.Clean(t.Destination, orders.AddressMin, orders.AddressMax); !ok {
		problems.Add("order.delivery.address", "destination", "min", fmt.Sprint(orders.AddressMin), "max", fmt.Sprint(orders.AddressMax))
	}
	if t.Contact, ok = orders.Clean(t.Contact, 1, orders.NameMax); !ok {
		problems.Add("order.delivery.name", "contact", "max", fmt.Sprint(orders.NameMax))
	}
	if !orders.PhonePattern.MatchString(t.Phone) {
		problems.Add("order.delivery.phone", "phone")
	}
	if t.Note, ok = orders.CleanText(t.Note, orders.NoteMax); !ok {
		problems.Add("order.note", "note", "max", fmt.Sprint(orders.NoteMax))
	}
}

// checkPlaces checks the villages that may sign and the collection points.
func (t *Terms) checkPlaces(problems *link.Problems, places Places) {
	for _, id := range t.Townships {
		if places.Townships[id] == "" {
			problems.Add("import.township", "townships")
			break
		}
	}
	for _, p := range t.Programmes {
		if !slices.ContainsFunc(places.Programmes, func(known catalog.Programme) bool { return known.Code == p }) {
			problems.Add("contract.programme", "programmes")
			break
		}
	}
	for _, id := range t.Points {
		if _, known := places.Points[id]; !known {
			problems.Add("weigh.point", "points")
			break
		}
	}
	slices.Sort(t.Points)
	t.Points = slices.Compact(t.Points)
	if len(t.Points) > maxPoints {
		problems.Add("contract.points", "points", "max", fmt.Sprint(maxPoints))
	}
}

// badGrades reports whether prices name no grade, an unknown one, or one twice, or are out of bounds.
func badGrades(prices []Grade) bool {
	seen := map[string]bool{}
	bad := len(prices) == 0
	for _, g := range prices {
		bad = bad || !slices.Contains(grades, g.Grade) || seen[g.Grade] || g.Floor.Fen <= 0 || g.Floor.Fen > maxPriceFen
		seen[g.Grade] = true
	}
	return bad
}

// checkGrades checks prices, adjustments and the advance. Prices are typed per price unit; the product says how much that
// is in grams.
func (t *Terms) checkGrades(problems *link.Problems, product catalog.Product) {
	unit, known := money.UnitByCode(product.PriceUnit)
	least := int64(maxPriceFen)
	for i, g := range t.Grades {
		if known {
			t.Grades[i].Floor = unit.Price(g.Floor.Fen)
		}
		least = min(least, g.Floor.Fen)
	}
	if badGrades(t.Grades) {
		problems.Add("presale.grades", "grades")
		return
	}
	codes, off := map[string]bool{}, int64(0)
	for i := range t.Adjustments {
		adj := &t.Adjustments[i]
		var ok bool
		if adj.Name.Zh, ok = orders.Clean(adj.Name.Zh, 1, 20); !ok || !adjustmentCode.MatchString(adj.Code) || codes[adj.Code] || adj.Fen == 0 || adj.Fen > maxPriceFen {
			problems.Add("contract.adjustment", fmt.Sprintf("adjustments[%d]", i))
			return
		}
		if adj.Name.En, ok = orders.Clean(adj.Name.En, 0, 60); !ok || adj.Name.En == "" {
			adj.Name.En = adj.Name.Zh
		}
		codes[adj.Code] = true
		off -= min(adj.Fen, 0)
	}
	if len(t.Adjustments) > maxAdjustments || off >= least { // all deductions together leave a price
		problems.Add("contract.adjustments", "adjustments")
	}
	if first := t.Grades[0].Floor; t.AdvanceFen < 0 || t.AdvanceFen > 0 && known && !advanceBelowFloor(first, product, t.AdvanceFen) {
		problems.Add("contract.advance", "advance_fen")
	}
}

// advanceBelowFloor reports whether an advance for one unit is at most half of the unit's worth at the floor price.
func advanceBelowFloor(floor money.Price, product catalog.Product, advance int64) bool {
	worth, err := floor.Amount(max(UnitGrams(product), 1))
	return err == nil && advance <= worth/2
}
