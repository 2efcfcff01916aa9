package organisation_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/web/auth"
	"banmuyuan/web/webtest"
)

func (c *stubContracts) Raising(ctx context.Context, r orders.RaisingRequest) (orders.Raising, error) {
	c.actors = append(c.actors, link.ActorFrom(ctx))
	res := orders.Raising{Season: 2026, Raisers: []orders.Raiser{}, Entries: []orders.RaisingEntry{}}
	if c.empty {
		return res, nil
	}
	if r.OrgID == 404 {
		return res, link.E(link.NotFound, "not_found", "org_id")
	}
	sum := orders.RaisingSum{Units: 20, ExpectedFen: 1_016_55, GrossFen: 2_324_00, FeeFen: 69_72, AgentFen: 2_028_85, HouseholdFen: 225_43}
	res.Raisers, res.Sum = []orders.Raiser{{OrgID: 9, Name: "刘强养鹅场", Village: "永丰村", Households: 1, RaisingSum: sum}}, sum
	if r.OrgID == 9 {
		res.Entries = []orders.RaisingEntry{
			{TicketNo: "GB0000100088", TicketID: 1000, OrderNo: "BM0000000001", On: webtest.Day, Title: catalog.Text{Zh: "大鹅", En: "Goose"}, Code: "YA-01-001-0007", Head: "王大山",
				Village: "永丰村", Qty: 20, Unit: "head", NetGrams: 83_000, GrossFen: 2_324_00, FeeFen: 69_72, AgentBP: 9000, AgentFen: 2_028_85, HouseholdFen: 225_43, Stage: "owed"},
			{OrderNo: "BM0000000002", On: webtest.Day, Code: "YA-01-001-0007", Head: "王大山", Unit: "head", Qty: 10, GrossFen: 1_164_48, AgentFen: 1_016_55, Stage: "expected"}}
	}
	return res, nil
}

// TestRaisersPages: the county and who collects read both parts of what raised geese sell for; households do not read
// other people's.
func TestRaisersPages(t *testing.T) {
	t.Parallel()
	d, c := newContractDesk(t)
	op := d.Operator(t)
	for path, says := range map[string][]string{
		"/desk/raisers": {"大户代养", "刘强养鹅场", "¥2,028.85", "¥225.43"}, "/desk/raisers/9": {"王大山", "GB0000100088", "90%", "还没交货", "等买家付清"},
	} {
		webtest.ReadPage(t, op, path, says...)
	}
	if res := op.Get("/desk/raisers/404"); res.StatusCode != http.StatusNotFound {
		t.Errorf("nobody's account: %d", res.StatusCode)
	}
	c.empty = true
	webtest.ReadPage(t, op, "/desk/raisers", "还没有代养的鹅卖出")
	household := d.Login(t, auth.Account{Login: "household", Name: "王大山", Role: auth.Household, HouseholdID: 77, Lang: "zh"})
	if res := household.Get("/desk/raisers/9"); res.StatusCode != http.StatusForbidden {
		t.Errorf("a household reads a raiser's account: %d", res.StatusCode)
	}
}

// TestIncomeShowsBothParts: an entry of raised geese says what they sold for, what the fee was, what is the raiser's and
// what the household's; one under a contract what was paid ahead.
func TestIncomeShowsBothParts(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	d.Orders.Statement = &orders.Income{HouseholdID: 77, Persons: 2, Season: 2026, Sum: orders.IncomeSum{OwedFen: 225_43 + 500_00, ExpectedFen: 300_00}, Entries: []orders.IncomeEntry{
		{SourceKey: "ticket:1000", Season: 2026, Month: 8, Programme: "geese", Channel: "contract", Title: catalog.Text{Zh: "大鹅", En: "Goose"}, Qty: 20, Unit: "head",
			GrossFen: 2_324_00, FeeFen: 69_72, Agent: "刘强养鹅场", AgentBP: 9000, AgentFen: 2_028_85, OwedFen: 225_43, OccurredOn: webtest.Day},
		{SourceKey: "advance:7", Season: 2026, Month: 8, Programme: "garden", Channel: "contract", GrossFen: 500_00, OwedFen: 500_00, OccurredOn: webtest.Day},
		{SourceKey: "share:1:1:1", Season: 2026, Month: 8, Programme: "garden", Channel: "contract", GrossFen: 824_74, FeeFen: 24_74, AdvanceFen: 500_00, ExpectedFen: 300_00, OccurredOn: webtest.Day},
	}}
	p := d.Household(t)
	webtest.ReadPage(t, p, "/my/income", "代养大户的一份（90%）", "刘强养鹅场", "−¥2,028.85", "您家的一份", "¥225.43", "预付款", "减去已预付的", "−¥500.00", "您家还能得", "¥300.00", "预计能卖")
	if res := p.Get("/my/income?lang=en"); !strings.Contains(res.Body, "The raiser’s part") || !strings.Contains(res.Body, "Less what was paid ahead") {
		t.Errorf("in English:\n%s", res.Body)
	}
}
