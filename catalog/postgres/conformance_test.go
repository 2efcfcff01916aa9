package postgres_test

import (
	"context"
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
)

// The service and its NATS client behave the same.
func TestConformance(t *testing.T) {
	t.Parallel()
	t.Run("service", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		conformance(t, b, b.seeded())
	})
	t.Run("client", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		c := b.seeded()
		server := link.NewServer(b.nc, "catalog", link.ServerOptions{})
		catalog.Register(server, c)
		t.Cleanup(server.Close)
		conformance(t, b, catalog.NewClient(b.server.Connect(t)))
	})
}

func as(role string, change func(*link.Actor)) context.Context {
	a := link.Actor{Account: 9, Login: role, Role: role}
	if change != nil {
		change(&a)
	}
	return link.WithActor(context.Background(), a)
}

func household(id int64) context.Context {
	return as("household", func(a *link.Actor) { a.Household = id })
}

func helper(id int64) context.Context {
	return as("helper", func(a *link.Actor) { a.Helper = id })
}

func clerk(org int64) context.Context {
	return as("clerk", func(a *link.Actor) { a.Org = org })
}

var (
	anonymous = context.Background()
	buyer     = as("buyer", nil)
	operator  = as("operator", nil)
)

func conformance(t *testing.T, b *bundle, svc catalog.Service) {
	t.Run("presales", func(t *testing.T) { conformPresales(t, b, svc) })
	t.Run("presale", func(t *testing.T) { conformPresale(t, svc) })
	t.Run("reference", func(t *testing.T) { conformReference(t, svc) })
	t.Run("reserve", func(t *testing.T) { conformReserve(t, b, svc) })
	t.Run("dry run", func(t *testing.T) { conformDryRun(t, svc) })
	t.Run("household", func(t *testing.T) { conformHousehold(t, svc) })
	t.Run("households", func(t *testing.T) { conformHouseholds(t, svc) })
	t.Run("consent", func(t *testing.T) { conformConsent(t, b, svc) })
	t.Run("offer", func(t *testing.T) { conformOffer(t, b, svc) })
	t.Run("save presale", func(t *testing.T) { conformSavePresale(t, b, svc) })
	t.Run("import", func(t *testing.T) { conformImport(t, b, svc) })
	t.Run("coverage", func(t *testing.T) { conformCoverage(t, svc) })
	t.Run("verify", func(t *testing.T) { conformVerify(t, svc) })
}

func codes(page catalog.PresalePage) []string {
	all := []string{}
	for _, p := range page.Items {
		all = append(all, p.Code)
	}
	return all
}

func conformPresales(t *testing.T, b *bundle, svc catalog.Service) {
	for _, test := range []struct {
		name   string
		filter catalog.PresaleFilter
		want   string
	}{
		{"open, soonest closing first", catalog.PresaleFilter{}, "bean-home goose-main goose-adopt goose-later"},
		{"product", catalog.PresaleFilter{Product: "purple_bean"}, "bean-home"},
		{"channel", catalog.PresaleFilter{Channel: catalog.ChannelMarket}, "bean-home goose-main goose-later"},
		{"township", catalog.PresaleFilter{Township: 2}, "goose-main goose-adopt goose-later"},
		{"Chinese", catalog.PresaleFilter{Query: "油豆角"}, "bean-home"},
		{"English, any case, every word", catalog.PresaleFilter{Query: " ADOPT  goose "}, "goose-adopt"},
		{"a word too many", catalog.PresaleFilter{Query: "adopt bean"}, ""},
		{"village", catalog.PresaleFilter{Query: "团结"}, "goose-main goose-adopt goose-later"},
		{"signs are only signs", catalog.PresaleFilter{Query: "%"}, ""},
		{"first day of delivery", catalog.PresaleFilter{DeliverOn: start.AddDate(0, 0, 40).Format(time.DateOnly)}, "bean-home goose-main goose-adopt goose-later"},
		{"day before", catalog.PresaleFilter{DeliverOn: start.AddDate(0, 0, 39).Format(time.DateOnly)}, ""},
		{"day after", catalog.PresaleFilter{DeliverOn: start.AddDate(0, 0, 61).Format(time.DateOnly)}, ""},
		{"closed", catalog.PresaleFilter{State: catalog.PresaleClosed}, "goose-gone"},
		{"drafts are not for everybody", catalog.PresaleFilter{State: catalog.PresaleDraft}, ""},
	} {
		page, err := svc.Presales(anonymous, test.filter)
		if err != nil || strings.Join(codes(page), " ") != test.want || page.Total != len(page.Items) {
			t.Errorf("%s: %v of %d, %v; want %s", test.name, codes(page), page.Total, err, test.want)
		}
	}
	for _, ctx := range []context.Context{operator, clerk(1)} {
		if page, err := svc.Presales(ctx, catalog.PresaleFilter{State: catalog.PresaleDraft}); err != nil || len(page.Items) != 1 {
			t.Errorf("drafts for those who may see them: %v, %v", codes(page), err)
		}
	}
	if page, _ := svc.Presales(clerk(2), catalog.PresaleFilter{State: catalog.PresaleDraft}); len(page.Items) != 0 {
		t.Errorf("another cooperative sees drafts %v", codes(page))
	}

	var paged []string
	cursor := ""
	for {
		page, err := svc.Presales(anonymous, catalog.PresaleFilter{Limit: 1, Cursor: cursor})
		if err != nil || page.Total != 4 {
			t.Fatalf("page: %+v, %v", page, err)
		}
		paged = append(paged, codes(page)...)
		if cursor = page.Cursor; cursor == "" {
			break
		}
	}
	if strings.Join(paged, " ") != "bean-home goose-main goose-adopt goose-later" {
		t.Errorf("page by page: %v", paged)
	}
	for field, f := range map[string]catalog.PresaleFilter{
		"limit": {Limit: 101}, "cursor": {Cursor: "'; DROP TABLE lot"}, "deliver_on": {DeliverOn: "tomorrow"},
	} {
		_, err := svc.Presales(anonymous, f)
		wantCode(t, err, link.Invalid, "", field)
	}
	if _, err := svc.Presales(anonymous, catalog.PresaleFilter{Limit: -1}); link.CodeOf(err) != link.Invalid {
		t.Errorf("negative limit: %v", err)
	}
}

func conformPresale(t *testing.T, svc catalog.Service) {
	p, err := svc.Presale(anonymous, catalog.PresaleRef{Code: "goose-main"})
	if err != nil {
		t.Fatal(err)
	}
	if p.ID != geese || p.Left != 600 || p.Capacity != 600 || p.Households != 6 || p.Villages != 3 || !p.Orderable || p.Seller != "白鹅合作社" {
		t.Errorf("presale %+v", p.PublicPresale)
	}
	if !slices.Equal(p.Townships, []string{"依龙镇", "双阳镇"}) || p.Product.Code != "goose" || p.Grades[0].Price.Fen != 1400 {
		t.Errorf("presale %+v", p.PublicPresale)
	}
	if len(p.ByVillage) != 3 || p.ByVillage[0].Households != 2 || p.ByVillage[0].Qty != 200 || p.ByVillage[0].Township == "" {
		t.Errorf("villages %+v", p.ByVillage)
	}
	byID, err := svc.Presale(anonymous, catalog.PresaleRef{ID: geese})
	if err != nil || !reflect.DeepEqual(byID, p) {
		t.Errorf("by id: %+v, %v", byID, err)
	}
	if p, err := svc.Presale(anonymous, catalog.PresaleRef{ID: later}); err != nil || p.Orderable {
		t.Errorf("one that opens later is orderable: %v, %v", p.Orderable, err)
	}
	for _, ref := range []catalog.PresaleRef{{ID: 99}, {Code: "nope"}, {ID: draft}, {}} {
		if _, err := svc.Presale(anonymous, ref); link.CodeOf(err) != link.NotFound {
			t.Errorf("%+v: %v, want not found", ref, err)
		}
	}
	if _, err := svc.Presale(operator, catalog.PresaleRef{ID: draft}); err != nil {
		t.Errorf("the county's draft: %v", err)
	}
	// Nothing that strangers get contains data of a person.
	text, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	for _, private := range []string{"户主", "YA-00", "poor", "0000000000", "999999"} {
		if strings.Contains(string(text), private) {
			t.Errorf("a public presale contains %q", private)
		}
	}
}

func conformReference(t *testing.T, svc catalog.Service) {
	for _, test := range []struct {
		ctx  context.Context
		poor bool
	}{{anonymous, false}, {buyer, false}, {clerk(1), false}, {helper(1), false}, {operator, true}} {
		ref, err := svc.Reference(test.ctx, catalog.None{})
		if err != nil || len(ref.Villages) != 3 || ref.Villages[0].Poor != test.poor || ref.Season != 2026 {
			t.Errorf("reference for %s: %+v, %v", link.ActorFrom(test.ctx).Role, ref, err)
		}
		if len(ref.Townships) != 2 || len(ref.Points) != 1 || len(ref.Products) != 2 || len(ref.Organisations) != 3 {
			t.Errorf("reference lacks something: %+v", ref)
		}
	}
}

func conformReserve(t *testing.T, b *bundle, svc catalog.Service) {
	ctx := link.System(context.Background(), "orders")
	req := b.reserve(beans, 1, 50)
	res, err := svc.Reserve(ctx, req)
	if err != nil {
		t.Fatal(err)
	}
	l := res.Lines[0]
	if sum(l.Qty) != 50 || len(l.Lots) != len(l.Households) || len(l.Lots) != len(l.Villages) || len(l.Lots) != len(l.LevelFen) || l.Line != 1 || l.PresaleID != beans {
		t.Errorf("shares %+v", l)
	}
	if !res.ExpiresAt.Equal(req.ExpiresAt) {
		t.Errorf("expires %s, want %s", res.ExpiresAt, req.ExpiresAt)
	}
	again, err := svc.Reserve(ctx, req)
	if err != nil || !reflect.DeepEqual(again, res) {
		t.Errorf("again: %+v, %v", again, err)
	}
	req.Lines[0].Qty = 55
	_, err = svc.Reserve(ctx, req)
	wantCode(t, err, link.Conflict, "reserve.key.reused", "key")
	_, err = svc.Reserve(ctx, b.reserve(beans, 2, 1000))
	wantCode(t, err, link.SoldOut, "order.quantity.sold_out", "lines[0].quantity")
	if e := link.AsError(err); e.Args["left"] != "430" {
		t.Errorf("left %v, want 430", e.Args)
	}
	stock, err := svc.Stock(anonymous, catalog.None{})
	if err != nil || !slices.Contains(stock, catalog.Stock{PresaleID: beans, Left: 430}) {
		t.Errorf("stock %+v, %v", stock, err)
	}
	p, err := svc.Presale(anonymous, catalog.PresaleRef{ID: beans})
	if err != nil || p.Left != 430 || p.Capacity != 480 {
		t.Errorf("left %d of %d, %v", p.Left, p.Capacity, err)
	}
}

func conformDryRun(t *testing.T, svc catalog.Service) {
	before, _ := svc.Stock(anonymous, catalog.None{})
	d, err := svc.DryRun(clerk(1), catalog.DryRunRequest{PresaleID: geese, Qty: 120})
	if err != nil {
		t.Fatal(err)
	}
	if sum(d.Qty) != 120 || d.Stops != len(d.Lots) || d.Villages == 0 || len(d.ByVillage) != d.Villages {
		t.Errorf("dry run %+v", d)
	}
	if want := int64(120 * 4000 * 1400 / 500); d.AmountFen != want {
		t.Errorf("amount %d, want %d", d.AmountFen, want)
	}
	if d.JainAfter <= 0 || d.JainAfter > 1 || d.GiniAfter < 0 || d.GiniAfter >= 1 || d.HighestFen < d.LowestFen {
		t.Errorf("evenness %+v", d)
	}
	if after, _ := svc.Stock(anonymous, catalog.None{}); !reflect.DeepEqual(before, after) {
		t.Errorf("a dry run changed the stock from %v to %v", before, after)
	}
	for name, test := range map[string]struct {
		ctx  context.Context
		req  catalog.DryRunRequest
		code link.Code
	}{
		"anonymous": {anonymous, catalog.DryRunRequest{PresaleID: geese, Qty: 1}, link.Unauthenticated},
		"buyer":     {buyer, catalog.DryRunRequest{PresaleID: geese, Qty: 1}, link.Forbidden},
		"unknown":   {operator, catalog.DryRunRequest{PresaleID: 99, Qty: 1}, link.NotFound},
		"zero":      {operator, catalog.DryRunRequest{PresaleID: geese}, link.Invalid},
		"too much":  {operator, catalog.DryRunRequest{PresaleID: geese, Qty: 601}, link.SoldOut},
		"huge":      {operator, catalog.DryRunRequest{PresaleID: geese, Qty: 1 << 62}, link.Invalid},
		"policy":    {operator, catalog.DryRunRequest{PresaleID: geese, Qty: 1, Policy: "luck"}, link.Invalid},
	} {
		if _, err := svc.DryRun(test.ctx, test.req); link.CodeOf(err) != test.code {
			t.Errorf("%s: %v, want %s", name, err, test.code)
		}
	}
}

func conformHousehold(t *testing.T, svc catalog.Service) {
	h, err := svc.Household(household(1), catalog.HouseholdRef{ID: 1})
	if err != nil {
		t.Fatal(err)
	}
	if h.Code != "YA-001" || h.Village != "永丰村" || h.Township != "依龙镇" || h.HelperName != "王建国" || len(h.Members) != 1 {
		t.Errorf("household %+v", h)
	}
	if n := h.Members[0].IDNumber; n != "999999********"+idNumber(1)[14:] {
		t.Errorf("id number %q is not masked", n)
	}
	for _, test := range []struct {
		who  string
		ctx  context.Context
		sees string // households 1 to 6
	}{
		{"itself", household(3), "3"},
		{"helper 1", helper(1), "135"},
		{"helper 2", helper(2), "246"},
		{"the county", operator, "123456"},
		{"the approver", as("approver", nil), "123456"},
		{"the goose cooperative, which sells from all", clerk(1), "123456"},
		{"the bean cooperative, which sells from four", clerk(2), "1234"},
		{"an officer of it", as("officer", func(a *link.Actor) { a.Org = 2 }), "1234"},
		{"the supermarket", clerk(3), ""},
		{"a buyer", buyer, ""},
		{"a buyer who claims a household", as("buyer", func(a *link.Actor) { a.Household = 1; a.Helper = 1; a.Org = 1 }), ""},
		{"a helper without number", helper(0), ""},
		{"nobody", anonymous, ""},
	} {
		seen := ""
		for id := int64(1); id <= 6; id++ {
			h, err := svc.Household(test.ctx, catalog.HouseholdRef{ID: id})
			if err == nil {
				seen += string(rune('0' + id))
			} else if link.CodeOf(err) != link.NotFound {
				t.Errorf("%s, household %d: %v, want not found", test.who, id, err)
			}
			_, lerr := svc.HouseholdLots(test.ctx, catalog.HouseholdSeason{ID: id})
			if test.who == "helper 2" && err == nil { // its households did not consent
				wantCode(t, lerr, link.Forbidden, "household.consent.missing", link.AsError(lerr).Field)
				if h.Phone != "" || h.Members != nil || h.Kinds != nil || h.Persons != 0 {
					t.Errorf("%s reads of household %d, which did not consent: %+v", test.who, id, h)
				}
			} else if (lerr == nil) != (err == nil) {
				t.Errorf("%s, household %d: lots %v, household %v", test.who, id, lerr, err)
			}
		}
		if seen != test.sees {
			t.Errorf("%s sees %q, want %q", test.who, seen, test.sees)
		}
		page, err := svc.Households(test.ctx, catalog.HouseholdFilter{})
		if test.sees == "" && test.who != "the supermarket" {
			if code := link.CodeOf(err); code != link.Forbidden && code != link.Unauthenticated {
				t.Errorf("%s lists households: %v", test.who, err)
			}
		} else if err != nil || page.Total != len(test.sees) {
			t.Errorf("%s lists %d households, %v; want %d", test.who, page.Total, err, len(test.sees))
		}
	}
	lots, err := svc.HouseholdLots(household(1), catalog.HouseholdSeason{Code: "YA-001"})
	if err != nil || len(lots.Lots) != 4 {
		t.Fatalf("lots %+v, %v", lots, err)
	}
	for _, l := range lots.Lots {
		if l.PresaleID == geese && (l.Unit != "head" || l.UnitFen != 4000*1400/500*97/100 || l.Product != "goose" || l.Title.Zh == "" || l.VillageID != 1) {
			t.Errorf("lot %+v", l)
		}
	}
}

func conformHouseholds(t *testing.T, svc catalog.Service) {
	list := func(f catalog.HouseholdFilter) string {
		page, err := svc.Households(operator, f)
		if err != nil {
			t.Errorf("%+v: %v", f, err)
		}
		out := ""
		for _, h := range page.Items {
			out += h.Code[len(h.Code)-1:]
		}
		return out
	}
	for _, test := range []struct {
		filter catalog.HouseholdFilter
		want   string
	}{
		{catalog.HouseholdFilter{}, "123456"},
		{catalog.HouseholdFilter{Query: "ya-002"}, "2"},
		{catalog.HouseholdFilter{Query: "主5"}, "5"},
		{catalog.HouseholdFilter{Query: "0003"}, "3"}, // the phone's last digits
		{catalog.HouseholdFilter{Query: "3"}, "3"},    // too short for a phone
		{catalog.HouseholdFilter{Query: "%"}, ""},
		{catalog.HouseholdFilter{Query: `' OR 1=1 --`}, ""},
		{catalog.HouseholdFilter{Township: 2}, "56"},
		{catalog.HouseholdFilter{VillageID: 2}, "34"},
		{catalog.HouseholdFilter{HelperID: 2}, "246"},
		{catalog.HouseholdFilter{Programme: "geese"}, "123456"},
		{catalog.HouseholdFilter{Programme: "solar"}, ""},
		{catalog.HouseholdFilter{IDs: []int64{6, 2}, Limit: 1}, "26"},
	} {
		if got := list(test.filter); got != test.want {
			t.Errorf("%+v: %s, want %s", test.filter, got, test.want)
		}
	}
	if unsold := list(catalog.HouseholdFilter{Unsold: true}); unsold == "123456" || !strings.HasSuffix(unsold, "56") {
		t.Errorf("unsold %q: beans were sold by some of households 1 to 4", unsold)
	}
	page, err := svc.Households(operator, catalog.HouseholdFilter{Limit: 4})
	if err != nil || len(page.Items) != 4 || page.Total != 6 || page.Persons != 12 || page.Cursor == "" {
		t.Fatalf("page %+v, %v", page, err)
	}
	if page, err = svc.Households(operator, catalog.HouseholdFilter{Limit: 4, Cursor: page.Cursor}); err != nil || len(page.Items) != 2 || page.Cursor != "" || page.Persons != 12 {
		t.Errorf("second page %+v, %v", page, err)
	}
	if len(page.Items[0].Members) != 0 {
		t.Error("a list carries members")
	}
}

func conformConsent(t *testing.T, b *bundle, svc catalog.Service) {
	_, err := svc.SetConsent(helper(2), catalog.ConsentRequest{HouseholdID: 2, Given: true, How: "signed"})
	wantCode(t, err, link.Forbidden, "household.consent.self", "household_id")
	_, err = svc.SetConsent(operator, catalog.ConsentRequest{HouseholdID: 2, Given: true, How: "dreamt"})
	wantCode(t, err, link.Invalid, "household.consent.how", "how")
	_, err = svc.SetConsent(household(1), catalog.ConsentRequest{HouseholdID: 2, Given: true, How: "signed"})
	wantCode(t, err, link.NotFound, "household.unknown", "household_id")
	_, err = svc.SetConsent(clerk(1), catalog.ConsentRequest{HouseholdID: 2, Given: true, How: "signed"})
	wantCode(t, err, link.Forbidden, "", "")
	h, err := svc.SetConsent(household(2), catalog.ConsentRequest{HouseholdID: 2, Given: true, How: "phone"})
	if err != nil || !h.Consent {
		t.Fatalf("consent: %+v, %v", h, err)
	}
	if h, err = svc.SetConsent(helper(2), catalog.ConsentRequest{HouseholdID: 2, Given: false, How: "visit"}); err != nil || h.Consent {
		t.Errorf("given up: %+v, %v", h, err)
	}
	if n := b.count(`SELECT count(*) FROM consent WHERE household_id = 2`); n != 2 {
		t.Errorf("%d entries of history, want 2", n)
	}
	if n := b.count(`SELECT count(*) FROM household_action WHERE household_id = 2 AND what = 'consent.revoked' AND on_behalf_of = 2 AND role = 'helper'`); n != 1 {
		t.Error("the helper's act on behalf is not in the log")
	}
}

func conformOffer(t *testing.T, b *bundle, svc catalog.Service) {
	refused := func(ctx context.Context, r catalog.OfferRequest, code link.Code, key, field string) {
		t.Helper()
		_, err := svc.Offer(ctx, r)
		wantCode(t, err, code, key, field)
	}
	refused(household(2), catalog.OfferRequest{PresaleID: geese, HouseholdID: 1, Capacity: 50}, link.NotFound, "household.unknown", "household_id")
	refused(helper(2), catalog.OfferRequest{PresaleID: geese, HouseholdID: 2, Capacity: 50}, link.Forbidden, "household.consent.missing", "household_id")
	refused(clerk(1), catalog.OfferRequest{PresaleID: geese, HouseholdID: 1, Capacity: 50}, link.Forbidden, "household.offer.not_yours", "household_id")
	refused(household(1), catalog.OfferRequest{PresaleID: geese, HouseholdID: 1, Capacity: -1}, link.Invalid, "household.offer.capacity", "capacity")
	refused(household(1), catalog.OfferRequest{PresaleID: gone, HouseholdID: 1, Capacity: 5}, link.Conflict, "presale.closed", "presale_id")
	refused(household(1), catalog.OfferRequest{PresaleID: 99, HouseholdID: 1, Capacity: 5}, link.NotFound, "presale.unknown", "presale_id")

	lot, err := svc.Offer(helper(1), catalog.OfferRequest{PresaleID: geese, HouseholdID: 1, Capacity: 130})
	if err != nil || lot.Capacity != 130 {
		t.Fatalf("offer: %+v, %v", lot, err)
	}
	b.eventually("the offer is in the stock", func() bool {
		p, err := svc.Presale(anonymous, catalog.PresaleRef{ID: geese})
		return err == nil && p.Left == 630 && p.Capacity == 630
	})
	if n := b.count(`SELECT count(*) FROM household_action WHERE household_id = 1 AND what = 'offer' AND on_behalf_of = 1 AND (detail->>'before')::int = 100`); n != 1 {
		t.Error("the offer on behalf is not in the log")
	}
	// A household that grows the product and has no lot yet gets one.
	if lot, err = svc.Offer(household(6), catalog.OfferRequest{PresaleID: beans, HouseholdID: 6, Capacity: 20}); err != nil || lot.ID == 0 {
		t.Fatalf("new lot: %+v, %v", lot, err)
	}
	ctx := link.System(context.Background(), "orders")
	if _, err = svc.Reserve(ctx, b.reserve(geese, 20, 630)); err != nil {
		t.Fatal(err)
	}
	refused(household(1), catalog.OfferRequest{PresaleID: geese, HouseholdID: 1, Capacity: 129}, link.Conflict, "household.offer.below_sold", "capacity")
	if _, err = svc.Offer(household(1), catalog.OfferRequest{PresaleID: geese, HouseholdID: 1, Capacity: 131}); err != nil {
		t.Error(err)
	}
	if _, err = svc.Reserve(ctx, b.reserve(geese, 21, 1)); err != nil {
		t.Errorf("the unit offered last: %v", err)
	}
}

func conformSavePresale(t *testing.T, b *bundle, svc catalog.Service) {
	p := smallCounty().Presales[0]
	p.ID, p.Code, p.State = 0, "goose-new", catalog.PresaleOpen
	saved, err := svc.SavePresale(clerk(1), p)
	if err != nil || saved.ID == 0 || saved.State != catalog.PresaleDraft {
		t.Fatalf("new presale: %+v, %v; want a draft", saved, err)
	}
	for name, test := range map[string]struct {
		ctx    context.Context
		change func(*catalog.Presale)
		code   link.Code
		field  string
	}{
		"buyer":           {buyer, nil, link.Forbidden, ""},
		"other's seller":  {clerk(2), nil, link.Forbidden, ""},
		"seller swapped":  {clerk(2), func(p *catalog.Presale) { p.SellerOrg, p.ID = 2, saved.ID }, link.NotFound, "id"},
		"nobody":          {anonymous, nil, link.Unauthenticated, ""},
		"code taken":      {operator, nil, link.Conflict, "code"},
		"code":            {operator, func(p *catalog.Presale) { p.Code = "<b>" }, link.Invalid, "code"},
		"title":           {operator, func(p *catalog.Presale) { p.Title.En = "" }, link.Invalid, "title"},
		"window":          {operator, func(p *catalog.Presale) { p.ClosesAt = p.OpensAt }, link.Invalid, "closes_at"},
		"delivery":        {operator, func(p *catalog.Presale) { p.DeliverTo = p.DeliverFrom.Add(-1) }, link.Invalid, "deliver_to"},
		"channels":        {operator, func(p *catalog.Presale) { p.Channels = nil }, link.Invalid, "channels"},
		"grades":          {operator, func(p *catalog.Presale) { p.Grades = nil }, link.Invalid, "grades"},
		"price":           {operator, func(p *catalog.Presale) { p.Grades[0].Price.Fen = 0 }, link.Invalid, "grades"},
		"quantities":      {operator, func(p *catalog.Presale) { p.MinQty = 0 }, link.Invalid, "min_qty"},
		"grams":           {operator, func(p *catalog.Presale) { p.GramsPerUnit = 0 }, link.Invalid, "grams_per_unit"},
		"terms":           {operator, func(p *catalog.Presale) { p.Terms.DepositBP = 10_001 }, link.Invalid, "terms"},
		"policy":          {operator, func(p *catalog.Presale) { p.Policy = "luck" }, link.Invalid, "policy"},
		"product":         {operator, func(p *catalog.Presale) { p.ProductID = 99 }, link.Invalid, "product_id"},
		"unknown presale": {operator, func(p *catalog.Presale) { p.ID = 99 }, link.NotFound, "id"},
	} {
		bad := smallCounty().Presales[0]
		bad.ID, bad.Code = 0, "goose-new"
		if test.change != nil {
			test.change(&bad)
		}
		_, err := svc.SavePresale(test.ctx, bad)
		if e := link.AsError(err); err == nil || e.Code != test.code || e.Field != test.field {
			t.Errorf("%s: %v, want %s at %q", name, err, test.code, test.field)
		}
	}
	saved.Grades[0].Price.Fen = 1600
	if saved, err = svc.SavePresale(clerk(1), saved); err != nil {
		t.Fatal(err)
	}
	_, err = svc.SetPresaleState(clerk(2), catalog.PresaleStateRequest{ID: saved.ID, State: catalog.PresaleOpen})
	wantCode(t, err, link.NotFound, "presale.unknown", "id")
	_, err = svc.SetPresaleState(operator, catalog.PresaleStateRequest{ID: saved.ID, State: catalog.PresaleClosed})
	wantCode(t, err, link.Conflict, "presale.state", "state")

	// Every household has promised its hundred geese in other presales; one has more of them since.
	if _, err := b.db.Exec(`UPDATE household SET geese = 150 WHERE id = 5`); err != nil {
		t.Fatal(err)
	}
	opened, err := svc.SetPresaleState(clerk(1), catalog.PresaleStateRequest{ID: saved.ID, State: catalog.PresaleOpen})
	if err != nil || opened.State != catalog.PresaleOpen {
		t.Fatalf("open: %+v, %v", opened, err)
	}
	ctx := link.System(context.Background(), "orders")
	res, err := svc.Reserve(ctx, b.reserve(opened.ID, 30, 37)) // at once, through any process
	if err != nil || !slices.Equal(res.Lines[0].Households, []int64{5}) {
		t.Fatalf("reserve: %+v, %v; want all of household 5, which has 150 − 113 geese left", res, err)
	}
	b.eventually("readers see it", func() bool {
		p, err := svc.Presale(anonymous, catalog.PresaleRef{Code: "goose-new"})
		return err == nil && p.Capacity == 37 && p.Left == 0 && !p.Orderable && p.Grades[0].Price.Fen == 1600
	})
	opened.Grades[0].Price.Fen = 1
	_, err = svc.SavePresale(operator, opened)
	wantCode(t, err, link.Conflict, "presale.not_draft", "")
	opened.Grades[0].Price.Fen = 1600
	opened.Title.Zh, opened.MaxQty = "新鹅", 60
	if _, err = svc.SavePresale(operator, opened); err != nil {
		t.Errorf("a new title: %v", err)
	}
	if _, err = svc.SetPresaleState(operator, catalog.PresaleStateRequest{ID: opened.ID, State: catalog.PresaleClosed}); err != nil {
		t.Fatal(err)
	}
	_, err = svc.Reserve(ctx, b.reserve(opened.ID, 31, 1))
	wantCode(t, err, link.Conflict, "presale.closed", "lines[0].presale_id")
	if n := b.count(`SELECT count(*) FROM outbox WHERE subject = $1`, catalog.EvtPresaleChanged); n != 5 {
		t.Errorf("%d changes told, want 5", n)
	}
}

func conformImport(t *testing.T, b *bundle, svc catalog.Service) {
	good := catalog.HouseholdRow{Line: 2, Code: "YA-101", Head: "赵一", IDNumber: idNumber(101), Persons: "3", Township: "依龙镇", Village: "永丰村",
		Phone: "13800000000", Programmes: "半亩园、百只鹅", GardenMu: "0.6", Geese: "８０", Helper: "王建国"}
	row := func(line int, change func(*catalog.HouseholdRow)) catalog.HouseholdRow {
		r := good
		r.Line, r.Code, r.IDNumber = line, "YA-1"+string(rune('0'+line/10))+string(rune('0'+line%10)), idNumber(100+line)
		change(&r)
		return r
	}
	rows := []catalog.HouseholdRow{
		good,
		row(3, func(r *catalog.HouseholdRow) { r.Code = "x" }),
		row(4, func(r *catalog.HouseholdRow) { r.Head = " " }),
		row(5, func(r *catalog.HouseholdRow) { r.IDNumber = "123" }),
		row(6, func(r *catalog.HouseholdRow) { r.IDNumber = idNumber(6)[:17] + "?" }),
		row(7, func(r *catalog.HouseholdRow) { r.IDNumber = "999999199602300018" }),
		row(8, func(r *catalog.HouseholdRow) { r.Persons = "21" }),
		row(9, func(r *catalog.HouseholdRow) { r.Township = "不存在镇" }),
		row(10, func(r *catalog.HouseholdRow) { r.Village = "团结村" }), // of another township
		row(11, func(r *catalog.HouseholdRow) { r.Phone = "12" }),
		row(12, func(r *catalog.HouseholdRow) { r.Programmes = "geese,挖矿" }),
		row(13, func(r *catalog.HouseholdRow) { r.GardenMu = "-1" }),
		row(14, func(r *catalog.HouseholdRow) { r.Geese = "1.5" }),
		row(15, func(r *catalog.HouseholdRow) { r.Helper = "无名氏" }),
		row(16, func(r *catalog.HouseholdRow) { r.Code = good.Code }),
		row(17, func(r *catalog.HouseholdRow) { r.IDNumber = good.IDNumber }),
		row(18, func(r *catalog.HouseholdRow) { r.IDNumber = idNumber(1) }), // of YA-001
		row(19, func(r *catalog.HouseholdRow) { r.IDNumber = flip(r.IDNumber) }),
		row(20, func(r *catalog.HouseholdRow) { r.Head = "'); DROP TABLE household; --" }),
	}
	req := catalog.ImportRequest{Rows: rows, DryRun: true}
	before := b.count(`SELECT count(*) FROM household`)
	res, err := svc.ImportHouseholds(operator, req)
	if err != nil {
		t.Fatal(err)
	}
	if n := b.count(`SELECT count(*) FROM household`); n != before || res.Added != 2 {
		t.Errorf("a dry run added %d households and promises %d, want 0 and 2", n-before, res.Added)
	}
	want := []string{"3 code import.code", "4 head import.head", "5 id_number import.id_number", "6 id_number import.id_number",
		"7 id_number import.id_number.date", "8 persons import.persons", "9 township import.township", "10 village import.village.like",
		"11 phone import.phone", "12 programmes import.programme", "13 garden_mu import.garden", "14 geese import.geese",
		"15 helper import.helper", "16 code import.code.twice", "17 id_number import.id_number.twice", "18 id_number import.id_number.taken",
		"19 id_number import.id_number.check"}
	var got []string
	for _, p := range res.Problems {
		got = append(got, strings.Join([]string{strconv.Itoa(p.Line), p.Field, p.Key}, " "))
	}
	if !slices.Equal(got, want) {
		t.Errorf("problems\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	req.DryRun = false
	if res, err = svc.ImportHouseholds(operator, req); err != nil || res.Added != 2 || len(res.Problems) != len(want) {
		t.Fatalf("import: %+v, %v", res, err)
	}
	h, err := svc.Household(operator, catalog.HouseholdRef{Code: "YA-101"})
	if err != nil || h.Head != "赵一" || h.Persons != 3 || h.GardenM2 != 400 || h.Geese != 80 || h.HelperID != 1 || h.Consent || !slices.Equal(h.Programmes, []string{"garden", "geese"}) {
		t.Errorf("imported %+v, %v", h, err)
	}
	if len(h.Members) != 1 || h.Members[0].Born != 1960 || !strings.Contains(h.Members[0].IDNumber, "****") {
		t.Errorf("head %+v", h.Members)
	}
	if n := b.count(`SELECT count(*) FROM person WHERE position(convert_to($1, 'UTF8') IN id_sealed) > 0`, idNumber(101)); n != 0 {
		t.Error("an id number is stored in the clear")
	}
	if res, err = svc.ImportHouseholds(operator, req); err != nil || res.Added != 0 || res.Changed != 0 || res.Unchanged != 2 {
		t.Errorf("the same file again: %+v, %v", res, err)
	}
	change := good
	change.Persons, change.Phone, change.Helper = "4", "", "李敏（县医院）"
	if res, err = svc.ImportHouseholds(operator, catalog.ImportRequest{Rows: []catalog.HouseholdRow{change}}); err != nil || res.Changed != 1 {
		t.Errorf("change: %+v, %v", res, err)
	}
	if h, err = svc.Household(operator, catalog.HouseholdRef{Code: "YA-101"}); err != nil || h.Persons != 4 || h.Phone != "13800000000" || h.HelperID != 2 {
		t.Errorf("changed %+v, %v; an empty phone keeps the old one", h, err)
	}
	_, err = svc.ImportHouseholds(clerk(1), req)
	wantCode(t, err, link.Forbidden, "", "")
	_, err = svc.ImportHouseholds(operator, catalog.ImportRequest{Rows: make([]catalog.HouseholdRow, 1001)})
	wantCode(t, err, link.TooLarge, "import.rows.many", "rows")
}

// flip changes a digit so that the check digit no longer fits.
func flip(number string) string {
	b := []byte(number)
	b[3] = '0' + (b[3]-'0'+1)%10
	return string(b)
}

func conformCoverage(t *testing.T, svc catalog.Service) {
	c, err := svc.Coverage(operator, catalog.CoverageRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if c.Townships != 2 || c.Villages != 3 || c.PoorVillages != 1 || c.Households != 8 || c.Cooperatives != 2 || len(c.ByVillage) != 3 {
		t.Errorf("coverage %+v", c)
	}
	if p := c.Programmes[1]; p.Programme != "geese" || p.Households != 8 || p.BP != 10_000 {
		t.Errorf("geese %+v", p)
	}
	var sold, selling int64
	for _, v := range c.ByVillage {
		sold += v.Sold
		selling += v.Selling
	}
	if sold != 631+50+37 || selling != 6 {
		t.Errorf("sold %d by %d households", sold, selling)
	}
	_, err = svc.Coverage(buyer, catalog.CoverageRequest{})
	wantCode(t, err, link.Forbidden, "", "")
}

func conformVerify(t *testing.T, svc catalog.Service) {
	found, err := svc.Verify(operator, catalog.None{})
	if err != nil || len(found.Items) != 0 {
		t.Errorf("verify: %+v, %v", found.Items, err)
	}
	_, err = svc.Verify(buyer, catalog.None{})
	wantCode(t, err, link.Forbidden, "", "")
	page, err := svc.Holds(link.System(context.Background(), "verify"), catalog.HoldPageRequest{Limit: 2})
	if err != nil || len(page.Items) != 2 || page.Items[0] != (catalog.HoldDigest{OrderID: 1, Line: 1, State: "held", Held: 50}) || page.Items[1].OrderID != 20 {
		t.Errorf("holds: %+v, %v", page.Items, err)
	}
	if page, err = svc.Holds(operator, catalog.HoldPageRequest{AfterOrder: 20}); err != nil || len(page.Items) != 2 {
		t.Errorf("next holds: %+v, %v", page.Items, err)
	}
	_, err = svc.Holds(anonymous, catalog.HoldPageRequest{})
	wantCode(t, err, link.Unauthenticated, "", "")
}
