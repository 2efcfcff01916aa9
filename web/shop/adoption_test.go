package shop_test

import (
	"bytes"
	"context"
	"image"
	"image/jpeg"
	"net/http"
	"strings"
	"testing"
	"time"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/internal/money"
	"banmuyuan/orders"
	"banmuyuan/orders/adopt"
	"banmuyuan/web"
	"banmuyuan/web/auth"
	"banmuyuan/web/webtest"
)

// stubAdoptions answers with one plot and one adoption of the shape that the module promises.
type stubAdoptions struct {
	adopt.Service
	state     adopt.State
	taken     []adopt.Request
	told      []adopt.PostUpdate
	photos    int
	failed    []adopt.FailBox
	delivered []adopt.BoxRequest
	refuse    error
	adopter   int64
}

var adoptGeese = catalog.Text{Zh: "认养一只鹅", En: "Adopt a goose"}

func (s *stubAdoptions) plot() adopt.PublicPlot {
	return adopt.PublicPlot{ID: 4, Kind: orders.PlotGoose, Season: 2026, PresaleID: 12, Product: "goose", Title: adoptGeese, Picture: "goose", Family: "王*", VillageID: 11,
		Village: "永丰村", Township: "依安镇", Story: catalog.Text{Zh: "鹅在甸子上放养", En: "Geese on the meadow"}, Units: 5, Left: 3, Boxes: 1, EveryDays: 14,
		FirstOn: "2026-12-01", UnitFen: 24_000, DepositBP: 3000, ForfeitBP: 5000, FreeHours: 24, BalanceDays: 5, MaxUnits: 3, Seller: "鹅业合作社",
		ClosesAt: webtest.Day.AddDate(0, 1, 0), Open: true}
}

func (s *stubAdoptions) Plots(context.Context, adopt.PlotFilter) (adopt.PlotPage, error) {
	return adopt.PlotPage{Items: []adopt.PublicPlot{s.plot()}, Total: 1}, nil
}
func (s *stubAdoptions) Plot(_ context.Context, r adopt.PlotRef) (adopt.PublicPlot, error) {
	if r.ID != 4 {
		return adopt.PublicPlot{}, link.E(link.NotFound, "adoption.plot.unknown", "")
	}
	return s.plot(), nil
}
func (s *stubAdoptions) Adopt(_ context.Context, r adopt.Request) (adopt.Adoption, error) {
	s.taken = append(s.taken, r)
	return s.adoption(), s.refuse
}
func (s *stubAdoptions) adoption() adopt.Adoption {
	a := adopt.Adoption{ID: 61, No: "RY0000006188", State: s.state, Buyer: orders.Buyer{AccountID: s.adopter, Name: "林*"}, Plot: s.plot(), Units: 2, UnitNos: []int64{3, 4}, OnFailure: adopt.FailureReplace,
		Delivery: orders.Delivery{Kind: orders.DeliverAddress, Name: "林晓", Phone: "13800138000", Address: "演示路1号"}, PriceFen: 48_000, DepositFen: 14_400,
		BalanceBy: webtest.Day, PlacedAt: webtest.Day, CanCancel: true, HouseholdID: 77,
		Boxes: []adopt.Box{{No: 1, DueOn: "2026-12-01", Qty: 1, State: adopt.BoxPlanned, AmountFen: 24_000, NetFen: 22_800, Family: "王*", Village: "永丰村", HouseholdID: 77, CanDeliver: true, CanFail: true, CanDispute: true},
			{No: 2, DueOn: "2026-12-15", Qty: 1, State: adopt.BoxFailed, AmountFen: 24_000, NetFen: 22_800, Family: "李*", Village: "兴旺村", HouseholdID: 78}},
		Updates:  []adopt.Update{{ID: 1, PlotID: 4, At: webtest.Day, Text: "鹅下水了", Photos: []adopt.Photo{{ID: 5, Width: 40, Height: 30}}}},
		Timeline: []orders.TimelineEntry{{At: webtest.Day, Key: "adoption.timeline.placed"}}}
	if s.state == adopt.Placed {
		soon := webtest.Day.Add(time.Hour)
		a.DueFen, a.ExpiresAt = a.DepositFen, &soon
	}
	return a
}
func (s *stubAdoptions) Adoption(ctx context.Context, r adopt.Ref) (adopt.Adoption, error) {
	if r.No != "RY0000006188" && r.No != adopt.Number(61) {
		return adopt.Adoption{}, link.E(link.NotFound, "adoption.unknown", "")
	}
	a := s.adoption()
	if link.ActorFrom(ctx).Role == "household" { // as the module does
		a.Delivery = orders.Delivery{Kind: orders.DeliverAddress, Name: "林*"}
	}
	return a, nil
}
func (s *stubAdoptions) AdoptionList(context.Context, adopt.Filter) (adopt.Page, error) {
	return adopt.Page{Items: []adopt.Adoption{s.adoption()}, Total: 1, PriceFen: 48_000}, nil
}
func (s *stubAdoptions) CancelAdoption(context.Context, adopt.Cancel) (adopt.Adoption, error) {
	return s.adoption(), s.refuse
}
func (s *stubAdoptions) HouseholdPlots(context.Context, catalog.HouseholdRef) (adopt.HouseholdPlots, error) {
	return adopt.HouseholdPlots{Items: []adopt.HouseholdPlot{{PublicPlot: s.plot(), HouseholdID: 77, Adopted: 2, Supply: 6, Saved: true}}}, nil
}
func (s *stubAdoptions) Updates(context.Context, adopt.PlotRef) ([]adopt.Update, error) {
	return s.adoption().Updates, nil
}
func (s *stubAdoptions) PostUpdate(_ context.Context, r adopt.PostUpdate) (adopt.Update, error) {
	s.told = append(s.told, r)
	return adopt.Update{ID: 9}, s.refuse
}
func (s *stubAdoptions) AddPhoto(context.Context, adopt.AddPhoto) (adopt.Photo, error) {
	s.photos++
	return adopt.Photo{ID: 5}, nil
}
func (s *stubAdoptions) Photo(_ context.Context, r adopt.PhotoRef) (adopt.PhotoFile, error) {
	if r.ID != 5 {
		return adopt.PhotoFile{}, link.E(link.NotFound, "adoption.photo.unknown", "")
	}
	return adopt.PhotoFile{JPEG: []byte{0xFF, 0xD8}}, nil
}
func (s *stubAdoptions) FailBoxes(_ context.Context, r adopt.FailBox) (adopt.Adoption, error) {
	s.failed = append(s.failed, r)
	return s.adoption(), s.refuse
}
func (s *stubAdoptions) DeliverBox(_ context.Context, r adopt.BoxRequest) (adopt.Adoption, error) {
	s.delivered = append(s.delivered, r)
	return s.adoption(), s.refuse
}

// stubBoxes is one standing order.
type stubBoxes struct {
	adopt.Boxes
	state   adopt.StandingState
	skipped []adopt.SkipDate
	set     []adopt.SetStanding
	changed []adopt.ChangeStanding
	refuse  error
}

func (s *stubBoxes) StandingOffers(context.Context, catalog.None) (adopt.StandingOffers, error) {
	return adopt.StandingOffers{Items: []adopt.StandingOffer{{PresaleID: 13, Title: catalog.Text{Zh: "蔬菜箱", En: "Box"}, Picture: "vegetable-box", Unit: "box", PriceUnit: "box",
		Grades: []catalog.GradePrice{{Grade: "special", Price: money.Price{Fen: 440, Per: 500}}}, MinQty: 1, MaxQty: 10, DepositBP: 5000, Starts: []string{"2026-12-03"}, EndsOn: "2027-02-01"}}}, nil
}
func (s *stubBoxes) standing() adopt.Standing {
	return adopt.Standing{ID: 21, State: s.state, Title: catalog.Text{Zh: "蔬菜箱", En: "Box"}, Picture: "vegetable-box", Unit: "box", Grade: "special", Qty: 1, EveryDays: 7,
		Delivery: orders.Delivery{Kind: orders.DeliverAddress, Name: "林晓", Phone: "13800138000", Address: "演示路1号"}, UnitFen: 5800, EndsOn: "2027-02-01",
		Dates: []adopt.StandingDate{{On: "2026-12-03", State: adopt.DatePlanned, CutOff: webtest.Day, Qty: 1, CanSkip: true}, {On: "2026-12-10", State: adopt.DateSkipped, CutOff: webtest.Day, Qty: 1, CanSkip: true}}}
}
func (s *stubBoxes) Standing(_ context.Context, r adopt.StandingRef) (adopt.Standing, error) {
	if r.ID != 21 {
		return adopt.Standing{}, link.E(link.NotFound, "standing.unknown", "")
	}
	return s.standing(), nil
}
func (s *stubBoxes) Standings(context.Context, catalog.None) (adopt.Standings, error) {
	return adopt.Standings{Items: []adopt.Standing{s.standing()}}, nil
}
func (s *stubBoxes) Subscribe(context.Context, adopt.Subscribe) (adopt.Standing, error) {
	return s.standing(), s.refuse
}
func (s *stubBoxes) SkipDate(_ context.Context, r adopt.SkipDate) (adopt.Standing, error) {
	s.skipped = append(s.skipped, r)
	return s.standing(), s.refuse
}
func (s *stubBoxes) SetStanding(_ context.Context, r adopt.SetStanding) (adopt.Standing, error) {
	s.set = append(s.set, r)
	return s.standing(), s.refuse
}
func (s *stubBoxes) ChangeStanding(_ context.Context, r adopt.ChangeStanding) (adopt.Standing, error) {
	s.changed = append(s.changed, r)
	return s.standing(), s.refuse
}

func newAdoptions(t *testing.T) (d *webtest.Desk, a *stubAdoptions, b *stubBoxes, buyer, household *webtest.Person) {
	a, b = &stubAdoptions{state: adopt.Placed}, &stubBoxes{state: adopt.StandingActive}
	d = webtest.NewDesk(t, func(d *webtest.Desk, deps *web.Deps) {
		deps.Adoptions, deps.Boxes, deps.Payments = a, b, webtest.CounterPayments{StubPayments: d.Payments}
	})
	buyer = d.Login(t, auth.Account{Login: "13800138000", Name: "林晓", Phone: "13800138000", Role: auth.Buyer, Lang: "zh"})
	household = d.Login(t, auth.Account{Login: "ya-1", Name: "王大山", Role: auth.Household, HouseholdID: 77, Lang: "zh"})
	return d, a, b, buyer, household
}

func TestAdoptionPages(t *testing.T) {
	t.Parallel()
	d, a, _, buyer, household := newAdoptions(t)
	visitor := d.Person(t)
	webtest.ReadPage(t, visitor, "/adopt", "永丰村", "王*", "鹅在甸子上放养", "¥240.00")
	webtest.ReadPage(t, visitor, "/adopt/4", "永丰村", "¥72.00", "换一家补一只")
	webtest.ReadPage(t, visitor, "/boxes", "蔬菜箱")
	webtest.ReadPage(t, buyer, "/adopt/4/take?units=2", "林晓", "补不上的")
	webtest.ReadPage(t, buyer, "/adoptions", "永丰村")
	webtest.ReadPage(t, buyer, "/adoptions/RY0000006188", "付定金", "¥144.00", "鹅下水了", "/adoptions/RY0000006188/photos/5", "演示路1号")
	webtest.ReadPage(t, buyer, "/adoptions/RY0000006188/cancel", "取消")
	webtest.ReadPage(t, buyer, "/boxes", "我的菜箱")
	webtest.ReadPage(t, buyer, "/boxes/21", "这次不要", "还是要", "演示路1号")
	webtest.ReadPage(t, buyer, "/boxes/21/change", "已经截单的不变")
	webtest.ReadPage(t, household, "/my/adoptions", "送了吗", "¥228.00")
	webtest.ReadPage(t, household, "/my/updates/4", "发过的")
	operator := d.Operator(t)
	webtest.ReadPage(t, operator, "/desk/adoptions", "RY0000006188")
	webtest.ReadPage(t, operator, "/desk/adoptions/RY0000006188", "林晓")

	// The household learns what it has to bring and what it gets: not who it is for, nor where they live.
	a.state = adopt.Growing
	for _, path := range []string{"/my/adoptions", "/my/adoptions/RY0000006188", "/my/adoptions/RY0000006188/1", "/my/adoptions/RY0000006188/1/fail"} {
		res := household.Get(path)
		if res.StatusCode != http.StatusOK {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
		for _, secret := range []string{"林晓", "13800138000", "演示路"} {
			if strings.Contains(res.Body, secret) {
				t.Errorf("%s tells %q", path, secret)
			}
		}
	}
	if page := household.Get("/my/adoptions/RY0000006188").Body; !strings.Contains(page, "¥228.00") || strings.Contains(page, "兴旺村") {
		t.Error("an adoption shows another household's box, or not its own")
	}
	for _, c := range []struct {
		who    *webtest.Person
		method string
		path   string
		want   int
	}{
		{visitor, "GET", "/adopt/5", http.StatusNotFound}, {visitor, "GET", "/adoptions", http.StatusSeeOther}, {household, "GET", "/adoptions/RY0000006188", http.StatusForbidden},
		{buyer, "GET", "/adoptions/RY0000006189", http.StatusNotFound}, {buyer, "GET", "/my/adoptions/RY0000006188", http.StatusForbidden}, {buyer, "GET", "/boxes/22", http.StatusNotFound},
		{household, "GET", "/my/adoptions/RY0000006188/2", http.StatusNotFound}, {household, "GET", "/boxes/21", http.StatusForbidden}, {buyer, "GET", "/adoptions/RY0000006188/photos/6", http.StatusNotFound},
		{household, "GET", "/adopt/4/take", http.StatusForbidden},
	} {
		if res := c.who.Get(c.path); res.StatusCode != c.want {
			t.Errorf("%s: %d, want %d", c.path, res.StatusCode, c.want)
		}
	}
}

func TestAdoptingAndBoxForms(t *testing.T) {
	t.Parallel()
	_, a, b, buyer, household := newAdoptions(t)
	where := []string{"on_failure", "refund", "delivery.kind", "address", "delivery.name", "林晓", "delivery.phone", "13800138000", "delivery.address", "演示路1号"}
	if res := buyer.Post("/adopt/4/take", append(where, "units", "9")...); res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(res.Body, `value="9"`) {
		t.Errorf("more than may be had: %d", res.StatusCode)
	}
	if res := buyer.Post("/adopt/4/take", append(where, "units", "2")...); res.StatusCode != http.StatusOK || !strings.Contains(res.Body, "¥336.00") {
		t.Errorf("check: %d", res.StatusCode)
	}
	res := buyer.Post("/adopt/4", append(where, "units", "2", "idempotency_key", "0123456789abcdef")...)
	if res.StatusCode != http.StatusSeeOther || len(a.taken) != 1 || a.taken[0].Units != 2 || a.taken[0].OnFailure != adopt.FailureRefund || a.taken[0].IdempotencyKey != "0123456789abcdef" {
		t.Errorf("%d, taken %+v", res.StatusCode, a.taken)
	}
	a.refuse = link.E(link.SoldOut, "order.quantity.sold_out", "units", "left", "0")
	if res = buyer.Post("/adopt/4", append(where, "units", "2")...); res.StatusCode < 400 || !strings.Contains(res.Body, "演示路1号") {
		t.Errorf("somebody was faster: %d", res.StatusCode)
	}
	a.refuse = nil

	if res = buyer.Post("/boxes/21/skip", "on", "2026-12-03", "skip", "1"); res.StatusCode != http.StatusSeeOther || len(b.skipped) != 1 || !b.skipped[0].Skip {
		t.Errorf("skip: %d, %+v", res.StatusCode, b.skipped)
	}
	if res = buyer.Post("/boxes/21/state", "state", "paused"); res.StatusCode != http.StatusSeeOther || len(b.set) != 1 || b.set[0].State != adopt.StandingPaused {
		t.Errorf("pause: %d, %+v", res.StatusCode, b.set)
	}
	if res = buyer.Post("/boxes/21/change", append(where, "quantity", "2", "every_days", "14")...); res.StatusCode != http.StatusSeeOther || len(b.changed) != 1 || b.changed[0].Qty != 2 {
		t.Errorf("change: %d, %+v", res.StatusCode, b.changed)
	}
	b.refuse = link.E(link.Conflict, "standing.cut_off", "on")
	if res = buyer.Post("/boxes/21/skip", "on", "2026-12-03", "skip", "1"); res.StatusCode != http.StatusConflict {
		t.Errorf("after the cut-off: %d", res.StatusCode)
	}

	a.state = adopt.Growing
	if res = household.Post("/my/adoptions/RY0000006188/1"); res.StatusCode != http.StatusSeeOther || len(a.delivered) != 1 {
		t.Errorf("handed over: %d", res.StatusCode)
	}
	if res = household.Post("/my/adoptions/RY0000006188/2"); res.StatusCode != http.StatusNotFound || len(a.delivered) != 1 {
		t.Errorf("another household's box: %d", res.StatusCode)
	}
	if res = household.Post("/my/adoptions/RY0000006188/1/fail", "reason", "hail", "rest", "1"); res.StatusCode != http.StatusSeeOther || len(a.failed) != 1 || !a.failed[0].Rest {
		t.Errorf("failed: %d, %+v", res.StatusCode, a.failed)
	}
	if res = household.Post("/my/adoptions/RY0000006188/1/fail"); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("without a reason: %d", res.StatusCode)
	}
	var picture bytes.Buffer
	if err := jpeg.Encode(&picture, image.NewGray(image.Rect(0, 0, 40, 30)), nil); err != nil {
		t.Fatal(err)
	}
	if res = household.Sends(t, "/my/updates/4", picture.Bytes(), "text", "鹅下水了"); res.StatusCode != http.StatusSeeOther || len(a.told) != 1 || a.photos != 1 {
		t.Errorf("update: %d, %+v, %d photos", res.StatusCode, a.told, a.photos)
	}
	if res = household.Sends(t, "/my/updates/4", []byte("no picture"), "text", "鹅下水了"); res.StatusCode != http.StatusUnprocessableEntity || len(a.told) != 1 {
		t.Errorf("a file that is no picture: %d, told %d times", res.StatusCode, len(a.told))
	}
}

// A presale whose goods are adopted leads there, and nothing of it gets into a basket.
func TestAdoptionPresaleLeadsToAdoption(t *testing.T) {
	t.Parallel()
	d, _, _, buyer, _ := newAdoptions(t) //nolint:dogsled // the stubs are the other tests'
	webtest.ReadPage(t, d.Person(t), "/presales/ADOPT-2026", `href="/adopt?kind=goose"`)
	if page := buyer.Get("/presales/ADOPT-2026").Body; strings.Contains(page, `action="/basket"`) {
		t.Error("it can be ordered")
	}
	res := buyer.Post("/basket", "code", "ADOPT-2026", "grade", "extra", "quantity", "1")
	if res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(res.Body, "只能认养") {
		t.Errorf("the basket takes it: %d", res.StatusCode)
	}
}
