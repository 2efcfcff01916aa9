package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"banmuyuan/catalog"
	"banmuyuan/cmd/banmuyuan/county"
	"banmuyuan/cmd/banmuyuan/demodata"
	"banmuyuan/internal/link"
	"banmuyuan/internal/money"
	"banmuyuan/orders"
	"banmuyuan/orders/contract"
)

// demoContracts are three purchase contracts as people of the county would make them: an enterprise's that runs, with
// quotas and a call-off for tomorrow, a cooperative's that households are asked to sign, the demo's own household among
// them, and one for geese that a raiser keeps for households, of which the first were weighed today.
type demoContracts struct {
	ctx    context.Context
	county *county.County
	svc    contract.Service
	orders orders.Service
	logins map[string]county.Login
	now    time.Time
}

func loadContracts(ctx context.Context, p *platform, c *county.County) error {
	nc, err := p.Connect("demo")
	if err != nil {
		return err
	}
	defer nc.Close()
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	d := &demoContracts{ctx: ctx, county: c, svc: contract.NewClient(nc), orders: orders.NewClient(nc), logins: map[string]county.Login{}, now: time.Now()}
	for _, l := range c.Logins {
		d.logins[l.Login] = l
	}
	for name, load := range map[string]func() error{"running": d.running, "signing": d.signing, "raised": d.raised} {
		if err := load(); err != nil {
			return fmt.Errorf("load %s contract: %w", name, err)
		}
	}
	return nil
}

// as acts for one of the demo's logins. Their accounts are made last; earlier records have their names.
func (d *demoContracts) as(login string, account int64) context.Context {
	l := d.logins[login]
	return link.WithActor(d.ctx, link.Actor{Account: account, Login: login, Role: string(l.Role), Org: demodata.ID(l.Organisation)})
}

// household acts for a household, as it will by its own login.
func (d *demoContracts) household(id int64) context.Context {
	return link.WithActor(d.ctx, link.Actor{Account: 3, Login: "demo", Role: "household", Household: id})
}

// day is a day of the county's calendar, so many after today.
func (d *demoContracts) day(days int) string {
	return d.now.In(county.China).AddDate(0, 0, days).Format(time.DateOnly)
}

func (d *demoContracts) terms(buyer string) contract.Terms {
	o := d.county.Organisations[d.logins[buyer].Organisation]
	return contract.Terms{Season: d.county.Season, FeeBP: 300, SignBy: d.day(20), DeliverTo: d.day(90),
		Destination: o.Address, Contact: o.Contact, Phone: o.Phone, CollectorOrg: demodata.ID(d.logins["clerk"].Organisation)}
}

func floors(fen ...int64) []contract.Grade {
	grades := make([]contract.Grade, len(fen))
	for i, grade := range []string{"special", "first", "second"} {
		grades[i] = contract.Grade{Grade: grade, Floor: money.Price{Fen: fen[i], Per: 1}}
	}
	return grades
}

// published drafts a contract and takes it through the organisation's approval, as far as that was not done before.
func (d *demoContracts) published(officer, approver, key string, t contract.Terms) (contract.Contract, error) {
	buyer := d.as(officer, 1)
	c, err := d.svc.SaveContract(buyer, contract.Save{Terms: t, IdempotencyKey: key})
	if err != nil {
		return c, err
	}
	for _, step := range []struct {
		from contract.State
		step contract.Step
		who  context.Context
	}{
		{contract.Draft, contract.StepSubmit, buyer}, {contract.Approval, contract.StepApprove, d.as(approver, 2)},
		{contract.Published, contract.StepOpen, buyer},
	} {
		if c.State == step.from {
			if c, err = d.svc.MoveContract(step.who, contract.Move{No: c.No, Step: step.step}); err != nil {
				return c, err
			}
		}
	}
	return c, nil
}

// proposed lists proposals that wait, by the households' ids.
func (d *demoContracts) proposed(officer, no string) ([]contract.Quota, error) {
	page, err := d.svc.Quotas(d.as(officer, 1), contract.QuotaFilter{No: no, State: contract.QuotaProposed, Limit: 500})
	return page.Items, err
}

// running: an enterprise buys potatoes of one township and calls the first of them off for tomorrow.
func (d *demoContracts) running() error {
	t := d.terms("firm")
	t.Title, t.Product, t.Quantity, t.MinQuota, t.MaxQuota, t.ToleranceBP = fmt.Sprintf("%d 年马铃薯保底收购", d.county.Season), "potato", 3_000, 50, 200, 1000
	t.Grades, t.DeliverFrom = floors(130, 110, 80), d.day(0)
	t.Adjustments = []orders.ContractAdjustment{
		{Code: "bagged", Name: catalog.Text{Zh: "分级装袋", En: "Sorted and bagged"}, Fen: 5},
		{Code: "soil", Name: catalog.Text{Zh: "带泥多", En: "Much soil"}, Fen: -5}}
	t.Townships = []int64{d.storyTownship()}
	c, err := d.published("firm", "firmboss", "demo-contract-running", t)
	if err != nil || c.State != contract.Signing {
		return err
	}
	if _, err := d.svc.ProposeQuotas(d.as("firm", 1), contract.ProposeQuotas{No: c.No, IdempotencyKey: "demo-proposals-running"}); err != nil {
		return err
	}
	quotas, err := d.proposed("firm", c.No)
	if err != nil {
		return err
	}
	story := demodata.ID(d.logins["household"].Household)
	for _, q := range quotas {
		if q.HouseholdID == story { // its sales are left to the person that tries the demo
			continue
		}
		if _, err := d.svc.AnswerQuota(d.household(q.HouseholdID), contract.AnswerQuota{ID: q.ID, Accept: true}); err != nil {
			return err
		}
	}
	if _, err := d.svc.SetReference(link.WithActor(d.ctx, link.Actor{Account: 4, Login: "operator", Role: "operator"}), contract.SetReference{
		Product: "potato", Day: d.day(0), Source: "依安镇大集（演示）", Grades: floors(150, 118, 75)}); err != nil {
		return err
	}
	if _, err := d.svc.MoveContract(d.as("firm", 1), contract.Move{No: c.No, Step: contract.StepStart}); err != nil {
		return err
	}
	_, err = d.svc.CallOff(d.as("firm", 1), contract.CallOff{No: c.No, Qty: 600, Day: d.day(1), Slot: contract.SlotMorning, IdempotencyKey: "demo-call-off"})
	return err
}

// signing: a cooperative buys beans, and the households of the township are asked; some have answered.
func (d *demoContracts) signing() error {
	t := d.terms("coop")
	t.Title, t.Product, t.Quantity, t.MinQuota, t.MaxQuota, t.ToleranceBP = fmt.Sprintf("%d 年紫花油豆角订单", d.county.Season), "purple_bean", 50_000, 20, 60, 1000
	t.Grades, t.AdvanceFen, t.DeliverFrom = floors(380, 320, 260), 50, d.day(25)
	t.Townships = []int64{d.storyTownship()}
	c, err := d.published("coop", "coopboss", "demo-contract-signing", t)
	if err != nil || c.State != contract.Signing {
		return err
	}
	if _, err := d.svc.ProposeQuotas(d.as("coop", 1), contract.ProposeQuotas{No: c.No, AnswerDays: 14, IdempotencyKey: "demo-proposals-signing"}); err != nil {
		return err
	}
	quotas, err := d.proposed("coop", c.No)
	if err != nil {
		return err
	}
	story := demodata.ID(d.logins["household"].Household)
	quotas = slices.DeleteFunc(quotas, func(q contract.Quota) bool { return q.HouseholdID == story })
	for i, q := range quotas[:min(len(quotas), 12)] {
		if _, err := d.svc.AnswerQuota(d.household(q.HouseholdID), contract.AnswerQuota{ID: q.ID, Accept: i%4 != 3}); err != nil {
			return err
		}
	}
	return nil
}

// raised: a cooperative buys geese that a raiser keeps for households, in two windows and at one point; the first of them
// are weighed, so that the household's and the raiser's parts can be seen.
func (d *demoContracts) raised() error {
	raised, ok := d.logins["raised"]
	if !ok {
		return nil
	}
	village := demodata.ID(d.county.Households[raised.Household].Village)
	t := d.terms("coop")
	t.Title, t.Product, t.Quantity, t.MinQuota, t.MaxQuota, t.ToleranceBP = fmt.Sprintf("%d 年代养大鹅收购", d.county.Season), "goose", 200, 10, 40, 2000
	t.Grades, t.AdvanceFen = floors(1450, 1300, 1150), 1_000
	t.Windows = []contract.Window{{From: d.day(0), To: d.day(14)}, {From: d.day(45), To: d.day(60)}}
	t.Points, t.Townships = []int64{village}, []int64{demodata.ID(d.county.Villages[village-1].Township)} // each village has one point, of its own number
	c, err := d.published("coop", "coopboss", "demo-contract-raised", t)
	if err != nil || c.State != contract.Signing {
		return err
	}
	if _, err := d.svc.SignUp(d.household(demodata.ID(raised.Household)), contract.SignUp{No: c.No, Qty: 20, IdempotencyKey: "demo-raised-sign"}); err != nil {
		return err
	}
	if _, err := d.svc.MoveContract(d.as("coop", 1), contract.Move{No: c.No, Step: contract.StepStart}); err != nil {
		return err
	}
	o, err := d.svc.CallOff(d.as("coop", 1), contract.CallOff{No: c.No, Qty: 20, Day: d.day(0), IdempotencyKey: "demo-raised-call-off"})
	if err != nil {
		return err
	}
	list, err := d.orders.Collection(d.as("clerk", 5), orders.CollectionFilter{OrderNo: o.No, Limit: 100})
	if err != nil {
		return err
	}
	for _, s := range list.Items {
		_, err := d.orders.Weigh(d.as("clerk", 5), orders.WeighRequest{ClientID: uuid.NewSHA1(uuid.NameSpaceOID, []byte(s.OrderNo)).String(), OrderNo: s.OrderNo,
			Line: s.Line, LotID: s.LotID, PointID: s.AgreedPoint, Units: s.Qty, GrossGrams: s.Qty*4_150 + 1_200, TareGrams: 1_200, Grade: "special", Final: true})
		if err != nil {
			return err
		}
	}
	return nil
}

// storyTownship is where the demo's household lives and its clerk weighs.
func (d *demoContracts) storyTownship() int64 {
	return demodata.ID(d.county.Villages[d.logins["clerk"].Village].Township)
}
