package contract

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/internal/money"
	"banmuyuan/orders/contract"
	"banmuyuan/orders/postgres/desk"
)

const (
	titleMax       = 60
	maxContract    = 10_000_000
	maxAdjustments = 12
	maxWindows     = 6
	maxPoints      = 20
	maxPriceFen    = 10_000_000
)

var adjustmentCode = regexp.MustCompile(`^[a-z0-9_]{1,24}$`)

// SaveContract writes a new draft, or changes one.
func (m *Room) SaveContract(ctx context.Context, r contract.Save) (contract.Contract, error) {
	a := link.ActorFrom(ctx)
	org, ok := desk.BuysFor(a)
	if !ok || org == 0 {
		return contract.Contract{}, desk.Denied(a)
	}
	ref, err := m.Ref.Get(ctx)
	if err != nil {
		return contract.Contract{}, err
	}
	t := r.Terms
	var problems link.Problems
	desk.CheckKey(&problems, r.IdempotencyKey)
	if o, known := ref.Orgs[org]; !known || o.Kind == catalog.OrgSupermarket {
		return contract.Contract{}, link.E(link.Forbidden, "contract.buyer", "")
	}
	product, ok := ref.Products[t.Product]
	if !ok {
		problems.Add("presale.product", "product")
	}
	if t.Season == 0 {
		t.Season = ref.Season
	}
	if t.CollectorOrg == 0 && ref.Orgs[org].Kind == catalog.OrgCooperative {
		t.CollectorOrg = org
	}
	checkTerms(&problems, &t, product, ref, m.today())
	if err := problems.Err(); err != nil {
		return contract.Contract{}, err
	}
	hash, err := desk.HashBody(t)
	if err != nil {
		return contract.Contract{}, err
	}
	body, err := json.Marshal(t)
	if err != nil {
		return contract.Contract{}, fmt.Errorf("encode terms: %w", err)
	}
	var row *contractRow
	err = m.Tx(ctx, func(tx *sqlx.Tx) error {
		var id int64
		if r.No == "" {
			id, err = m.insertContract(ctx, tx, a, org, t, product, body, hash, r.IdempotencyKey)
		} else {
			id, err = m.changeContract(ctx, tx, org, r.No, t, product, body, hash)
		}
		if err != nil {
			return err
		}
		row, err = contractByID(ctx, tx, id, false)
		return err
	})
	if err != nil {
		return contract.Contract{}, err
	}
	return m.contractOut(ctx, row)
}

func (m *Room) insertContract(ctx context.Context, tx *sqlx.Tx, a link.Actor, org int64, t contract.Terms, product catalog.Product, body, hash []byte, key string) (int64, error) {
	var id int64
	err := tx.GetContext(ctx, &id, `
		INSERT INTO contract (org_id, collector_org, product, season, title, quantity, advance_fen, fee_bp, townships, programmes, sign_by,
		                      deliver_from, deliver_to, terms, unit, price_unit, unit_grams, programme, idem_account, idem_key, body_hash,
		                      created_by, created_at, state)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)
		ON CONFLICT (idem_account, idem_key) DO NOTHING RETURNING id`,
		org, t.CollectorOrg, t.Product, t.Season, t.Title, t.Quantity, t.AdvanceFen, t.FeeBP, desk.Ints(t.Townships), desk.TextArray(append([]string{}, t.Programmes...)),
		t.SignBy, t.DeliverFrom, t.DeliverTo, string(body), product.OrderUnit, product.PriceUnit, weightOf(product), product.Programme,
		a.Account, key, hash, desk.ActorName(a), m.Now(), string(contract.Draft))
	if !desk.Missing(err) {
		if err != nil {
			return 0, fmt.Errorf("write contract: %w", err)
		}
		return id, m.tell(ctx, tx, id, "contract.timeline.created")
	}
	var old struct {
		ID   int64  `db:"id"`
		Hash []byte `db:"body_hash"`
	}
	err = tx.GetContext(ctx, &old, `SELECT id, body_hash FROM contract WHERE idem_account = $1 AND idem_key = $2`, a.Account, key)
	if err != nil {
		return 0, fmt.Errorf("look up contract of key: %w", err)
	}
	if !slices.Equal(old.Hash, hash) {
		return 0, desk.ErrKeyReused()
	}
	return old.ID, nil
}

func (m *Room) changeContract(ctx context.Context, tx *sqlx.Tx, org int64, no string, t contract.Terms, product catalog.Product, body, hash []byte) (int64, error) {
	id, ok := contract.ParseNumber(no)
	if !ok {
		return 0, errContract()
	}
	c, err := contractByID(ctx, tx, id, true)
	if err != nil {
		return 0, err
	}
	if c.OrgID != org {
		return 0, errContract()
	}
	if c.State != contract.Draft {
		return 0, link.E(link.Conflict, "contract.not_draft", "")
	}
	_, err = tx.ExecContext(ctx, `
		UPDATE contract SET collector_org = $2, product = $3, season = $4, title = $5, quantity = $6, advance_fen = $7, fee_bp = $8,
		       townships = $9, programmes = $10, sign_by = $11, deliver_from = $12, deliver_to = $13, terms = $14, unit = $15,
		       price_unit = $16, unit_grams = $17, programme = $18, version = version + 1
		WHERE id = $1`,
		id, t.CollectorOrg, t.Product, t.Season, t.Title, t.Quantity, t.AdvanceFen, t.FeeBP, desk.Ints(t.Townships),
		desk.TextArray(append([]string{}, t.Programmes...)), t.SignBy, t.DeliverFrom, t.DeliverTo, string(body), product.OrderUnit,
		product.PriceUnit, weightOf(product), product.Programme)
	if err != nil {
		return 0, fmt.Errorf("change contract %d: %w", id, err)
	}
	return id, nil
}

func weightOf(p catalog.Product) int64 {
	if !p.Weighed() {
		return 0
	}
	return p.GramsPerUnit
}

// checkTerms notes what cannot be agreed on.
func checkTerms(problems *link.Problems, t *contract.Terms, product catalog.Product, ref *desk.Names, today string) {
	var ok bool
	if t.Title, ok = desk.Clean(t.Title, 2, titleMax); !ok {
		problems.Add("contract.title", "title", "max", fmt.Sprint(titleMax))
	}
	if o, known := ref.Orgs[t.CollectorOrg]; !known || o.Kind != catalog.OrgCooperative {
		problems.Add("contract.collector", "collector_org")
	}
	if t.Season < 2000 || t.Season > 2199 {
		problems.Add("presale.season", "season")
	}
	if t.Quantity <= 0 || t.Quantity > maxContract {
		problems.Add("contract.quantity", "quantity", "max", fmt.Sprint(maxContract))
	}
	checkGrades(problems, t, product)
	if t.FeeBP < 0 || t.FeeBP > 3000 {
		problems.Add("contract.fee", "fee_bp")
	}
	if t.ToleranceBP <= 0 || t.ToleranceBP > 10_000 {
		problems.Add("contract.tolerance", "tolerance_bp")
	}
	if t.MinQuota <= 0 || t.MaxQuota < t.MinQuota || t.MinQuota > max(t.Quantity, 1) {
		problems.Add("contract.quota_bounds", "min_quota")
	}
	for _, id := range t.Townships {
		if ref.Townships[id] == "" {
			problems.Add("import.township", "townships")
			break
		}
	}
	for _, p := range t.Programmes {
		if !slices.Contains(catalog.Programmes(), p) {
			problems.Add("contract.programme", "programmes")
			break
		}
	}
	for _, id := range t.Points {
		if _, known := ref.Points[id]; !known {
			problems.Add("weigh.point", "points")
			break
		}
	}
	slices.Sort(t.Points)
	t.Points = slices.Compact(t.Points)
	if len(t.Points) > maxPoints {
		problems.Add("contract.points", "points", "max", fmt.Sprint(maxPoints))
	}
	checkWindows(problems, t)
	checkDays(problems, t, today)
	if t.Destination, ok = desk.Clean(t.Destination, desk.AddressMin, desk.AddressMax); !ok {
		problems.Add("order.delivery.address", "destination", "min", fmt.Sprint(desk.AddressMin), "max", fmt.Sprint(desk.AddressMax))
	}
	if t.Contact, ok = desk.Clean(t.Contact, 1, desk.NameMax); !ok {
		problems.Add("order.delivery.name", "contact", "max", fmt.Sprint(desk.NameMax))
	}
	if !desk.PhonePattern.MatchString(t.Phone) {
		problems.Add("order.delivery.phone", "phone")
	}
	if t.Note, ok = desk.CleanText(t.Note, desk.NoteMax); !ok {
		problems.Add("order.note", "note", "max", fmt.Sprint(desk.NoteMax))
	}
}

func checkGrades(problems *link.Problems, t *contract.Terms, product catalog.Product) {
	unit, known := money.UnitByCode(product.PriceUnit)
	seen := map[string]bool{}
	bad := len(t.Grades) == 0
	least := int64(maxPriceFen)
	for i, g := range t.Grades {
		// People write prices per price unit; what that is in grams the product says.
		if known {
			t.Grades[i].Floor = unit.Price(g.Floor.Fen)
		}
		bad = bad || !slices.Contains([]string{"special", "extra", "first", "second"}, g.Grade) || seen[g.Grade] || g.Floor.Fen <= 0 || g.Floor.Fen > maxPriceFen
		seen[g.Grade] = true
		least = min(least, g.Floor.Fen)
	}
	if bad {
		problems.Add("presale.grades", "grades")
		return
	}
	codes, off := map[string]bool{}, int64(0)
	for i := range t.Adjustments {
		adj := &t.Adjustments[i]
		var ok bool
		if adj.Name.Zh, ok = desk.Clean(adj.Name.Zh, 1, 20); !ok || !adjustmentCode.MatchString(adj.Code) || codes[adj.Code] || adj.Fen == 0 || adj.Fen > maxPriceFen {
			problems.Add("contract.adjustment", fmt.Sprintf("adjustments[%d]", i))
			return
		}
		if adj.Name.En, ok = desk.Clean(adj.Name.En, 0, 60); !ok || adj.Name.En == "" {
			adj.Name.En = adj.Name.Zh
		}
		codes[adj.Code] = true
		off -= min(adj.Fen, 0)
	}
	if len(t.Adjustments) > maxAdjustments || off >= least {
		problems.Add("contract.adjustments", "adjustments")
	}
	if first := t.Grades[0].Floor; t.AdvanceFen < 0 || t.AdvanceFen > 0 && known && !advanceBelowFloor(first, product, t.AdvanceFen) {
		problems.Add("contract.advance", "advance_fen")
	}
}

// advanceBelowFloor: no more is paid ahead than half of what a unit will bring at the floor price.
func advanceBelowFloor(floor money.Price, product catalog.Product, advance int64) bool {
	measure := int64(1)
	if product.Weighed() {
		measure = product.GramsPerUnit
	}
	worth, err := floor.Amount(measure)
	return err == nil && advance*2 <= worth
}

// checkWindows brings windows in order. The days of a contract are then those of its windows.
func checkWindows(problems *link.Problems, t *contract.Terms) {
	if len(t.Windows) == 0 {
		return
	}
	slices.SortFunc(t.Windows, func(a, b contract.Window) int {
		return cmp.Or(strings.Compare(a.From, b.From), strings.Compare(a.To, b.To))
	})
	for i, w := range t.Windows {
		field := fmt.Sprintf("windows[%d]", i)
		_, err1 := time.Parse(time.DateOnly, w.From)
		_, err2 := time.Parse(time.DateOnly, w.To)
		switch {
		case err1 != nil || err2 != nil:
			problems.Add("date", field)
			return
		case w.To < w.From:
			problems.Add("contract.window", field)
			return
		case i > 0 && w.From <= t.Windows[i-1].To:
			problems.Add("contract.windows.apart", field)
			return
		}
	}
	if len(t.Windows) > maxWindows {
		problems.Add("contract.windows", "windows", "max", fmt.Sprint(maxWindows))
	}
	t.DeliverFrom, t.DeliverTo = t.Windows[0].From, t.Windows[len(t.Windows)-1].To
	if len(t.Windows) == 1 { // one and the same contract is written in one way only
		t.Windows = nil
	}
}

func checkDays(problems *link.Problems, t *contract.Terms, today string) {
	days := map[string]string{"sign_by": t.SignBy, "deliver_from": t.DeliverFrom, "deliver_to": t.DeliverTo}
	for _, field := range []string{"sign_by", "deliver_from", "deliver_to"} {
		if _, err := time.Parse(time.DateOnly, days[field]); err != nil {
			problems.Add("date", field)
			return
		}
	}
	switch { // dates written like these sort like text
	case t.SignBy < today:
		problems.Add("contract.sign_by", "sign_by")
	case t.DeliverTo < t.DeliverFrom:
		problems.Add("presale.delivery", "deliver_to")
	case t.SignBy > t.DeliverTo:
		problems.Add("contract.sign_by", "sign_by")
	}
}
