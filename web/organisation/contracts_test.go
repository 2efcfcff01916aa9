package organisation_test

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/internal/money"
	"banmuyuan/orders"
	"banmuyuan/orders/contract"
	"banmuyuan/web"
	"banmuyuan/web/auth"
	"banmuyuan/web/webtest"
)

type unanswered struct{ contract.Service }

// stubContracts answers with made-up contracts; what the module does is tested where it is.
type stubContracts struct {
	unanswered
	empty   bool
	steps   []contract.Move
	saved   []contract.Save
	answers []contract.AnswerQuota
	actors  []link.Actor
	prices  []contract.SetReference
	refuse  error
}

func someContract() contract.Contract {
	return contract.Contract{ID: 1000, No: contract.Number(1000), OrgID: 5, Org: "依安县富民鹅业合作社", Collector: "依安县富民鹅业合作社",
		Terms: contract.Terms{Title: "2026 年马铃薯收购", Product: "goose", Season: 2026, CollectorOrg: 5, Quantity: 30_000,
			Grades:      []contract.Grade{{Grade: "special", Floor: money.Price{Fen: 130, Per: 500}}, {Grade: "first", Floor: money.Price{Fen: 110, Per: 500}}},
			Adjustments: []orders.ContractAdjustment{{Code: "soil", Name: catalog.Text{Zh: "带泥多", En: "Much soil"}, Fen: -5}},
			FeeBP:       300, AdvanceFen: 20, ToleranceBP: 1000, MinQuota: 50, MaxQuota: 200, SignBy: "2026-09-20", DeliverFrom: "2026-09-25",
			DeliverTo: "2026-11-01", Destination: "依安县演示工业园7号", Contact: "赵经理", Phone: "13800138000"},
		State: contract.Running, Name: catalog.Text{Zh: "马铃薯", En: "Potatoes"}, Picture: "potato", Unit: "jin", PriceUnit: "jin", UnitGrams: 500,
		Promised: 12_000, Signed: 12_000, Households: 80, CalledOff: 6_000, Received: 5_000, Short: 200, NetGrams: 2_500_000, BilledFen: 650_000,
		PaidFen: 300_000, AdvancedFen: 240_000, AdvanceDue: 240_000, CreatedAt: webtest.Day, Steps: []contract.Step{contract.StepClose},
		Timeline: []orders.TimelineEntry{{At: webtest.Day, Key: "contract.timeline.proposed", Args: map[string]string{"n": "80", "qty": "12000", "unit": "unit.jin"}, Actor: "coop"}}}
}

func someQuota(state contract.QuotaState) contract.Quota {
	c := someContract()
	q := contract.Quota{ID: 9, ContractNo: c.No, HouseholdID: 77, VillageID: 11, Qty: 150, State: state, ExpectedFen: 189_15, Contract: &c, Code: "YA-01-001-0007",
		Head: "王大山", Village: "永丰村", Unit: "jin", ContractName: c.Title, Name: c.Name, Text: "农产品收购合同（份额确认书）"}
	if state == contract.QuotaProposed {
		q.AnswerBy = &webtest.Day
	} else {
		q.TextHash, q.SignedAt, q.SignedBy = contract.TextHash(q.Text), &webtest.Day, "household"
	}
	return q
}

func (c *stubContracts) Procurement(context.Context, contract.ProcurementRequest) (contract.Procurement, error) {
	if c.empty {
		return contract.Procurement{}, nil
	}
	k := someContract()
	return contract.Procurement{Contracts: []contract.Contract{k},
		CallOffs: []contract.CallOffRow{{OrderNo: orders.Number(1234567), ContractNo: k.No, Title: "=cmd|' /C calc'!A0", Day: "2026-09-26", State: orders.StateWeighing, Ordered: 600, Received: 100, Unit: "jin", Late: true}},
		Late:     []contract.LateItem{{Kind: "collection", ContractNo: k.No, Title: k.Title, OrderNo: orders.Number(1234567), Since: "2026-09-26", Qty: 500, Unit: "jin"}},
		Prices:   []contract.PriceCompare{{ContractNo: k.No, Name: k.Name, Grade: "first", Day: "2026-09-26", FloorFen: 110, ReferenceFen: 118, PaidFen: 118, NetGrams: 50_000, PriceUnit: "jin"}}}, nil
}

func (c *stubContracts) Contract(context.Context, contract.Ref) (contract.Contract, error) {
	return someContract(), nil
}

func (c *stubContracts) CallOffs(context.Context, contract.Ref) (contract.CallOffs, error) {
	return contract.CallOffs{}, nil
}

func (c *stubContracts) SaveContract(_ context.Context, r contract.Save) (contract.Contract, error) {
	c.saved = append(c.saved, r)
	return someContract(), c.refuse
}

func (c *stubContracts) MoveContract(_ context.Context, r contract.Move) (contract.Contract, error) {
	c.steps = append(c.steps, r)
	return someContract(), c.refuse
}

func (c *stubContracts) Quotas(context.Context, contract.QuotaFilter) (contract.QuotaPage, error) {
	if c.empty {
		return contract.QuotaPage{}, nil
	}
	return contract.QuotaPage{Items: []contract.Quota{someQuota(contract.QuotaProposed), someQuota(contract.QuotaSigned)}, Total: 2, Qty: 300}, nil
}

func (c *stubContracts) Contracts(context.Context, contract.Filter) (contract.Page, error) {
	return contract.Page{}, nil
}

func (c *stubContracts) Quota(context.Context, contract.QuotaRef) (contract.Quota, error) {
	return someQuota(contract.QuotaProposed), nil
}

func (c *stubContracts) AnswerQuota(ctx context.Context, r contract.AnswerQuota) (contract.Quota, error) {
	c.answers, c.actors = append(c.answers, r), append(c.actors, link.ActorFrom(ctx))
	return someQuota(contract.QuotaSigned), c.refuse
}

func (c *stubContracts) Fulfilment(context.Context, contract.Ref) (contract.Fulfilment, error) {
	row := contract.FulfilmentRow{VillageID: 11, Village: "永丰村", Households: 1, Signed: 150, CalledOff: 100, Received: 90, Short: 10, RateBP: 9000}
	return contract.Fulfilment{Contract: row, Villages: []contract.FulfilmentRow{row}, Households: []contract.FulfilmentRow{row}}, nil
}

func (c *stubContracts) Plan(context.Context, contract.PlanRequest) (contract.Plan, error) {
	if c.empty {
		return contract.Plan{}, nil
	}
	return contract.Plan{Stops: []contract.PlanStop{{Day: "2026-09-26", Slot: "morning", ContractNo: someContract().No, OrderNo: orders.Number(1234567), VillageID: 11, Village: "永丰村",
		Township: "依安镇", Point: "永丰集货点", Households: 3, Qty: 300, Name: catalog.Text{Zh: "马铃薯", En: "Potatoes"}, Unit: "jin", UnitGrams: 500,
		Shares: []contract.PlanShare{{Code: "YA-01-001-0007", Head: "王大山", Phone: "139****0007", Qty: 100, LotID: 9}}}}}, nil
}

func (c *stubContracts) References(context.Context, contract.ReferenceFilter) (contract.ReferencePrices, error) {
	if c.empty {
		return contract.ReferencePrices{}, nil
	}
	return contract.ReferencePrices{Items: []contract.ReferencePrice{{Product: "goose", Grade: "first", Day: "2026-09-26", Price: money.Price{Fen: 1500, Per: 500}, Source: "依安镇大集", Actor: "operator"}}}, nil
}

func (c *stubContracts) SetReference(_ context.Context, r contract.SetReference) (contract.ReferencePrices, error) {
	c.prices = append(c.prices, r)
	return contract.ReferencePrices{}, c.refuse
}

func newContractDesk(t *testing.T) (*webtest.Desk, *stubContracts) {
	t.Helper()
	c := &stubContracts{}
	return webtest.NewDesk(t, func(_ *webtest.Desk, deps *web.Deps) { deps.Contracts = c }), c
}

func TestContractPages(t *testing.T) {
	t.Parallel()
	d, c := newContractDesk(t)
	no := someContract().No
	officer := d.Login(t, auth.Account{Login: "coop", Name: "赵经理", Role: auth.Officer, OrgID: 5, Lang: "zh"})
	for _, empty := range []bool{false, true} {
		c.empty = empty
		for path, says := range map[string]string{
			"/desk/contracts": "收购合同", "/desk/contracts/" + no: "已提货", "/desk/contracts/new": "保底价", "/desk/contracts/" + no + "/call": "还能提",
			"/desk/contracts/" + no + "/quotas": "签约农户", "/desk/contracts/" + no + "/fulfilment": "履约率", "/desk/quotas/9": "农产品收购合同",
			"/desk/plan": "提货计划", "/desk/plan/2026-09-26": "司机单", "/desk/plan/2026-09-26/11": "交货通知",
		} {
			if res := officer.Get(path); res.StatusCode != http.StatusOK || !strings.Contains(res.Body, says) {
				t.Errorf("%s (empty %v): %d, does not say %q", path, empty, res.StatusCode, says)
			}
			if res := officer.Get(path + "?lang=en"); res.StatusCode != http.StatusOK {
				t.Errorf("%s in English: %d", path, res.StatusCode)
			}
			officer.Get(path + "?lang=zh")
		}
	}
	c.empty = false
	if res := officer.Get("/desk/contracts?lang=zh"); !strings.Contains(res.Body, "要办的事") || !strings.Contains(res.Body, "逾期") {
		t.Errorf("what is late is not shown:\n%s", res.Body)
	}
	res := officer.Get("/desk/contracts/export")
	book, err := excelize.OpenReader(bytes.NewReader([]byte(res.Body)))
	if err != nil {
		t.Fatalf("export: %v", err)
	}
	if got, _ := book.GetCellValue("合同", "N3"); got != "6,500.00" {
		t.Errorf("billed %q", got)
	}
	if formula, _ := book.GetCellFormula("提货单", "C3"); formula != "" {
		t.Errorf("a title became the formula %q", formula)
	}
	if res := officer.Get("/county/contracts"); res.StatusCode != http.StatusForbidden {
		t.Errorf("an officer sees the county's contracts: %d", res.StatusCode)
	}
}

func TestContractForm(t *testing.T) {
	t.Parallel()
	d, c := newContractDesk(t)
	officer := d.Login(t, auth.Account{Login: "coop", Name: "赵经理", Role: auth.Officer, OrgID: 5, Lang: "zh"})
	form := []string{"title", "秋季收购", "product", "goose", "quantity", "3,000", "collector_org", "5", "floor.first", "14.50", "adjust_name.0", "带泥", "adjust_sign.0", "-",
		"adjust_fen.0", "0.05", "fee_bp", "3", "village_bp", "12.5", "tolerance_bp", "15", "min_quota", "10", "max_quota", "100", "townships", "1", "townships", "2", "programmes", "geese",
		"sign_by", "2026-09-20", "window_from.0", "2026-09-25", "window_to.0", "2026-10-05", "window_from.2", "2026-10-20", "window_to.2", "2026-11-01", "points", "1", "points", "3", "destination", "演示路 1 号", "contact", "赵经理", "phone", "13800138000"}
	if res := officer.Post("/desk/contracts/new", form...); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("saved: %d\n%s", res.StatusCode, res.Body)
	}
	got := c.saved[0].Terms
	if got.Quantity != 3000 || got.Grades[0].Floor.Fen != 1450 || got.Adjustments[0].Fen != -5 || got.FeeBP != 300 || got.VillageBP != 1250 || len(got.Townships) != 2 || got.Programmes[0] != "geese" {
		t.Errorf("read %+v", got)
	}
	if len(got.Windows) != 2 || got.Windows[1] != (contract.Window{From: "2026-10-20", To: "2026-11-01"}) || len(got.Points) != 2 || got.Points[1] != 3 {
		t.Errorf("windows and points: %+v", got)
	}
	c.refuse = link.E(link.Invalid, "contract.windows.apart", "windows[1]")
	if res := officer.Post("/desk/contracts/new", form...); !strings.Contains(res.Body, `href="#f-windows-1"`) || !strings.Contains(res.Body, `id="f-windows-1"`) || !strings.Contains(res.Body, `value="2026-10-20"`) {
		t.Errorf("windows refused:\n%s", res.Body)
	}
	c.refuse = link.E(link.Invalid, "presale.grades", "grades")
	res := officer.Post("/desk/contracts/new", form...)
	if res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(res.Body, `href="#f-grades"`) || !strings.Contains(res.Body, "秋季收购") {
		t.Errorf("refused: %d\n%s", res.StatusCode, res.Body)
	}
}

func TestHouseholdAnswersQuota(t *testing.T) {
	t.Parallel()
	d, c := newContractDesk(t)
	own := d.Login(t, auth.Account{Login: "household", Name: "王大山", Role: auth.Household, HouseholdID: 77, Lang: "zh"})
	if res := own.Get("/my/contracts"); res.StatusCode != http.StatusOK || !strings.Contains(res.Body, "看看，签不签") {
		t.Errorf("contracts: %d\n%s", res.StatusCode, res.Body)
	}
	if res := own.Get("/my/quotas/9"); !strings.Contains(res.Body, "签 150 斤，行吗？") || !strings.Contains(res.Body, "按最好等级的保底价，能得") {
		t.Errorf("the question is not asked:\n%s", res.Body)
	}
	res := own.Post("/my/quotas/9", "answer", "yes")
	read := webtest.Between(res.Body, `name="read" value="`, `"`)
	if res.StatusCode != http.StatusOK || len(c.answers) != 0 || !strings.Contains(res.Body, "签 150 斤，确定吗？") || read == "" {
		t.Errorf("it is not asked once more: %d, %q", res.StatusCode, read)
	}
	if res := own.Post("/my/quotas/9", "answer", "yes", "read", read); res.StatusCode != http.StatusSeeOther || !c.answers[0].Accept || c.answers[0].ReadHash != read {
		t.Errorf("answered: %d, %+v", res.StatusCode, c.answers)
	}
	helper := d.Login(t, auth.Account{Login: "helper", Name: "李明", Role: auth.Helper, HelperID: 4, Lang: "zh"})
	if res := helper.Post("/my/quotas/9?h=YA-01-001-0007", "answer", "no"); res.StatusCode != http.StatusSeeOther || c.actors[1].OnBehalfOf != 77 {
		t.Errorf("the helper answered: %d, %+v", res.StatusCode, c.actors)
	}
	if res := helper.Post("/my/quotas/9?h=YA-01-001-0008", "answer", "yes"); len(c.answers) != 2 {
		t.Errorf("a helper signed without consent: %d", res.StatusCode)
	}
}

func TestCountyPublishesPrices(t *testing.T) {
	t.Parallel()
	d, c := newContractDesk(t)
	op := d.Operator(t)
	if res := op.Get("/county/prices"); res.StatusCode != http.StatusOK || !strings.Contains(res.Body, "依安镇大集") {
		t.Errorf("prices: %d\n%s", res.StatusCode, res.Body)
	}
	if res := op.Post("/county/prices", "product", "goose", "day", "2026-09-26", "source", "大集", "price.first", "15.00"); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("published: %d\n%s", res.StatusCode, res.Body)
	}
	if got := c.prices[0]; got.Grades[0].Grade != "first" || got.Grades[0].Floor.Fen != 1500 {
		t.Errorf("published %+v", got)
	}
	officer := d.Login(t, auth.Account{Login: "coop", Name: "赵经理", Role: auth.Officer, OrgID: 5, Lang: "zh"})
	if res := officer.Post("/county/prices", "product", "goose"); res.StatusCode != http.StatusForbidden {
		t.Errorf("a buyer publishes prices: %d", res.StatusCode)
	}
}
