package household_test

import (
	"net/http"
	"strings"
	"testing"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/web/webtest"
)

func TestHouseholdSeesItsTurn(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	p := d.Household(t)
	webtest.ReadPage(t, p, "/my/turn", "¥351.00", "还没轮到您家", "¥120.00", "27", "20 户人均收入比您家低", "自己得的多", "去年这样卖得的比您家少", "他们村排在前面",
		"按登记的先后", "赵强养鹅场代养", "¥11.78", "¥117.80", "什么会变", "县里正在核对", "data-say", "/my/income", "7 天内答复", "已把人口改成四口", "过了答复的时间")
	for why, says := range map[catalog.TurnWhy]string{
		catalog.TurnNext: "下一单就轮到您家", catalog.TurnUsedUp: "都已经订出去了", catalog.TurnNothing: "能卖数量是 0", catalog.TurnClosed: "已经结束", catalog.TurnEarly: "还没开始",
		catalog.TurnNamed: "买家自己挑农户", catalog.TurnQuota: "合同里各家的数量", catalog.TurnBegun: "优先给您家凑", catalog.TurnEqual: "没有比您家收入更低的", catalog.TurnFilled: "快了",
		catalog.TurnWaits: "大户代养的，要等",
	} {
		d.Turns.Why = why
		webtest.ReadPage(t, p, "/my/turn", says)
		p.Get("/my/turn?lang=zh")
	}
	d.Turns.Empty = true
	d.SetEmpty()
	webtest.ReadPage(t, p, "/my/turn", "没有货在卖", "还没有收款账户", "还没有提过")
}

func TestHouseholdObjects(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	p := d.Household(t)
	webtest.ReadPage(t, p, "/my/turn/objection?presale=1", "哪里不对", "中秋大鹅", "前面还有 27 户")
	webtest.ReadPage(t, p, "/my/turn/objection", "3 口人", "¥351.00")
	p.Get("/my/turn?lang=zh")
	if res := p.Get("/my/turn/objection?presale=5"); res.StatusCode != http.StatusNotFound {
		t.Errorf("a presale without a lot: %d", res.StatusCode)
	}
	if res := p.Post("/my/turn/objection?presale=1", "words", ""); res.StatusCode != http.StatusUnprocessableEntity || len(d.Turns.Raised) != 0 {
		t.Errorf("without words: %d", res.StatusCode)
	}
	res := p.Post("/my/turn/objection?presale=1", "words", "隔壁卖了")
	if res.StatusCode != http.StatusSeeOther || !strings.HasSuffix(res.Header.Get("Location"), "#objections") {
		t.Fatalf("%d to %q", res.StatusCode, res.Header.Get("Location"))
	}
	if r := d.Turns.Raised[0]; r.HouseholdID != 77 || r.PresaleID != 1 || r.Words != "隔壁卖了" || r.IdempotencyKey == "" {
		t.Errorf("raised %+v", r)
	}
	if res := p.Post("/my/turn/objections/41/withdraw"); res.StatusCode != http.StatusSeeOther || d.Turns.Ended[0].Step != catalog.ObjectionStepWithdraw || d.Turns.Ended[0].ID != 41 {
		t.Errorf("withdrawn: %d, %+v", res.StatusCode, d.Turns.Ended)
	}
	d.Turns.Refuse = link.E(link.Conflict, "objection.open", "presale_id")
	if res := p.Post("/my/turn/objection?presale=1", "words", "再来一次"); !strings.Contains(res.Body, "已经提过异议") || !strings.Contains(res.Body, "再来一次") {
		t.Errorf("a second one: %d\n%s", res.StatusCode, res.Body)
	}
	helper := d.Helper(t)
	d.Turns.Refuse = nil
	helper.Post("/my/turn/objection?h=YA-01-001-0007", "words", "少算一口人")
	if a := d.Turns.Actors[len(d.Turns.Actors)-1]; a.OnBehalfOf != 77 || a.Role != "helper" || d.Turns.Raised[len(d.Turns.Raised)-1].PresaleID != 0 {
		t.Errorf("by the helper: %+v", a)
	}
	if res := helper.Post("/my/turn/objection?h=YA-01-001-0008", "words", "没有同意书"); res.StatusCode != http.StatusForbidden {
		t.Errorf("without consent: %d", res.StatusCode)
	}
}
