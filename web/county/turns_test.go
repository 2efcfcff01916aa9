package county_test

import (
	"net/http"
	"strings"
	"testing"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/web"
	"banmuyuan/web/auth"
	"banmuyuan/web/webtest"
)

func TestCountyAnswersObjections(t *testing.T) {
	t.Parallel()
	d := newCountyDesk(t, func(_ *webtest.Desk, deps *web.Deps) { deps.Care, deps.AccountReviews = &stubReviews{}, &stubReviews{} })
	p := d.Operator(t)
	webtest.ReadPage(t, p, "/county/objections", "隔壁卖了，我家没卖", "超时", "¥120.00", "27 户", "替农户提", "已把人口改成四口", "几天内答复")
	webtest.ReadPage(t, p, "/county", "有 1 件农户的异议过了答复的时间")
	p.Get("/county?lang=zh")
	res := p.Post("/county/objections/41", "step", "explain", "words", "隔壁收入更低")
	if e := d.Turns.Ended; res.StatusCode != http.StatusSeeOther || len(e) != 1 || e[0].ID != 41 || e[0].Step != catalog.ObjectionStepExplain || e[0].Words != "隔壁收入更低" || e[0].IdempotencyKey == "" {
		t.Fatalf("%d: %+v", res.StatusCode, e)
	}
	if res := p.Post("/county/objections/days", "days", "10"); res.StatusCode != http.StatusSeeOther || d.Turns.Days != 10 {
		t.Errorf("days: %d, %d", res.StatusCode, d.Turns.Days)
	}
	d.Turns.Refuse = link.E(link.Conflict, "objection.ended", "")
	if res := p.Post("/county/objections/41", "step", "explain", "words", "又答一次"); !strings.Contains(res.Body, "已经办结") {
		t.Errorf("a second answer: %d", res.StatusCode)
	}
	approver := d.Login(t, auth.Account{Login: "approver", Name: "县复核", Role: auth.Approver, Lang: "zh"})
	webtest.ReadPage(t, approver, "/county/objections", "由经办人员答复")
	if res := approver.Post("/county/objections/41", "step", "explain", "words", "我来答"); res.StatusCode != http.StatusForbidden {
		t.Errorf("the approver answers: %d", res.StatusCode)
	}
}

func TestCountySeesWhoHasNotSold(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	p := d.Operator(t)
	webtest.ReadPage(t, p, "/county/unsold", "7,802", "没有货在卖", "7,682", "李秀英", "4,100", "还没轮到：有收入更低的", "中秋大鹅")
	webtest.ReadPage(t, p, "/county/presales/OPEN-2026", "买家的钱到谁手里", "¥10,700.00", "另有 77", "不能卖")
}
