package sandbox

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"banmuyuan/internal/money"
	"banmuyuan/payments/gateway"
)

// knob is one switch of the bank's desk.
type knob struct {
	Name, Zh, En string
	Check        bool
	Max, Value   int
}

// knobs are all switches with their present values.
func knobs(s Switches) []knob {
	count := func(m map[Op]int, op Op) int { return m[op] }
	seconds := func(d time.Duration) int { return int(d / time.Second) }
	check := func(on bool) int {
		if on {
			return 1
		}
		return 0
	}
	const day = 24 * 60 * 60
	return []knob{
		{"pay_delay", "付款延迟到账（秒）", "Payments arrive late (s)", false, day, seconds(s.PayDelay)},
		{"refund_delay", "退款延迟（秒）", "Refunds take (s)", false, day, seconds(s.RefundDelay)},
		{"refunds_fail", "退款最终失败", "Refunds fail in the end", true, 1, check(s.RefundsFail)},
		{"refunds_return", "退款先成功后退回", "Refunds succeed and come back", true, 1, check(s.RefundsReturn)},
		{"drop", "通知全部丢失", "Announcements are lost", true, 1, check(s.Drop)},
		{"reorder", "通知顺序颠倒", "Announcements out of order", true, 1, check(s.Reorder)},
		{"delay", "通知延迟（秒）", "Announcements late (s)", false, day, seconds(s.Delay)},
		{"duplicate", "通知额外重复次数", "Announcements again (times)", false, 50, s.Duplicate},
		{"expiry_race", "过期瞬间被付款（次）", "Paid while being expired (times)", false, 50, s.ExpiryRace},
		{"create_before", "下单超时，未受理（次）", "Opening times out, nothing done", false, 50, count(s.TimeoutBefore, OpCreate)},
		{"create_after", "下单超时，已受理（次）", "Opening times out, done", false, 50, count(s.TimeoutAfter, OpCreate)},
		{"create_saved", "下单报错且一直重复（次）", "Opening fails, error kept", false, 50, count(s.SavedError, OpCreate)},
		{"refund_before", "退款超时，未受理（次）", "Refund times out, nothing done", false, 50, count(s.TimeoutBefore, OpRefund)},
		{"refund_after", "退款超时，已受理（次）", "Refund times out, done", false, 50, count(s.TimeoutAfter, OpRefund)},
		{"refund_saved", "退款报错且一直重复（次）", "Refund fails, error kept", false, 50, count(s.SavedError, OpRefund)},
		{"lookup_before", "查询超时（次）", "Asking times out", false, 50, count(s.TimeoutBefore, OpLookup)},
		{"expire_before", "关闭付款超时（次）", "Expiring times out", false, 50, count(s.TimeoutBefore, OpExpire)},
	}
}

// switchesOf reads the desk's form; a value that is no number in bounds counts as 0.
func switchesOf(r *http.Request) Switches {
	n := map[string]int{}
	for _, k := range knobs(Switches{}) {
		if v, err := strconv.Atoi(r.PostForm.Get(k.Name)); err == nil && v > 0 {
			n[k.Name] = min(v, k.Max)
		}
	}
	seconds := func(name string) time.Duration { return time.Duration(n[name]) * time.Second }
	return Switches{
		PayDelay: seconds("pay_delay"), RefundDelay: seconds("refund_delay"), RefundsFail: n["refunds_fail"] > 0, RefundsReturn: n["refunds_return"] > 0,
		Drop: n["drop"] > 0, Reorder: n["reorder"] > 0, Delay: seconds("delay"), Duplicate: n["duplicate"], ExpiryRace: n["expiry_race"],
		TimeoutBefore: map[Op]int{OpCreate: n["create_before"], OpRefund: n["refund_before"], OpLookup: n["lookup_before"], OpExpire: n["expire_before"]},
		TimeoutAfter:  map[Op]int{OpCreate: n["create_after"], OpRefund: n["refund_after"]},
		SavedError:    map[Op]int{OpCreate: n["create_saved"], OpRefund: n["refund_saved"]},
	}
}

type entry struct {
	ID, Description, Amount, At, State string
	Open                               bool // something can be done with it
}

type deskData struct {
	Style, Action, Said, Balance string
	Switches                     []knob
	Sessions, Disputes, Payouts  []entry
	Waiting                      int
}

var stateWords = map[string]string{"open": "待付款 open", "processing": "处理中 in progress", "paid": "已付 paid", "failed": "失败 declined", "expired": "已过期 expired",
	"dispute open": "处理中 open", "dispute won": "卖家胜诉 won", "dispute lost": "买家胜诉 lost"}

// answers are the desk's messages after an action; the address names one, so that a reload repeats nothing.
var answers = map[string]string{
	"switches": "已保存，从现在起生效。 Saved.",
	"reset":    "已全部恢复正常。 Everything behaves again.",
	"payout":   "已结算。对账时会看到它在途。 Paid out.",
	"nothing":  "没有可结算的余额。 There is no balance to pay out.",
	"dispute":  "争议已发起，商家会收到通知。 The dispute is open.",
	"won":      "争议已裁决，卖家胜诉。 Decided for the seller.",
	"lost":     "争议已裁决，买家胜诉。 Decided for the buyer.",
}

func (p *Provider) showBank(w http.ResponseWriter, r *http.Request) {
	p.desk(w, r, http.StatusOK, answers[r.URL.Query().Get("done")])
}

func (p *Provider) desk(w http.ResponseWriter, r *http.Request, status int, done string) {
	ctx := r.Context()
	d := deskData{Style: p.base() + "style.css", Action: p.base(), Said: done}
	b, err := p.behaviour(ctx)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	d.Switches = knobs(b)
	balance, err := p.Balance(ctx)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	d.Balance = money.FormatYuan(balance)
	if err := p.readDesk(ctx, &d); err != nil {
		p.fail(w, r, err)
		return
	}
	p.write(w, bankPage, status, "", d)
}

func (p *Provider) readDesk(ctx context.Context, d *deskData) error {
	var rows []struct {
		Kind        string    `db:"kind"`
		ID          string    `db:"id"`
		Description string    `db:"description"`
		Amount      int64     `db:"amount_fen"`
		State       string    `db:"state"`
		At          time.Time `db:"at"`
	}
	err := p.db.SelectContext(ctx, &rows, `
		(SELECT 'session' AS kind, id, description, amount_fen, state, created_at AS at FROM sandbox_session ORDER BY created_at DESC, id LIMIT 20)
		UNION ALL (SELECT 'dispute', id, '', amount_fen, state, opened_at FROM sandbox_dispute ORDER BY opened_at DESC, id LIMIT 20)
		UNION ALL (SELECT 'payout', id, '', amount_fen, '', at FROM sandbox_payout ORDER BY at DESC, id LIMIT 10)`)
	if err != nil {
		return fmt.Errorf("read sandbox books: %w", err)
	}
	for _, r := range rows {
		e := entry{ID: r.ID, Description: r.Description, Amount: money.FormatYuan(r.Amount), At: r.At.In(china).Format("1月2日 15:04")}
		if e.Description == "" {
			e.Description = r.ID
		}
		switch r.Kind {
		case "session":
			e.State, e.Open = stateWords[r.State], r.State == string(sessionPaid)
			d.Sessions = append(d.Sessions, e)
		case "dispute":
			e.State, e.Open = stateWords["dispute "+r.State], r.State == string(disputeOpen)
			d.Disputes = append(d.Disputes, e)
		case "payout":
			d.Payouts = append(d.Payouts, e)
		}
	}
	if err := p.db.GetContext(ctx, &d.Waiting, `SELECT count(*) FROM sandbox_webhook WHERE sent_at IS NULL`); err != nil {
		return fmt.Errorf("count sandbox webhooks: %w", err)
	}
	return nil
}

func (p *Provider) playBank(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 8<<10)
	if err := r.ParseForm(); err != nil {
		p.render(w, "", pageData{Status: http.StatusBadRequest, State: "malformed"})
		return
	}
	ctx, id, do := r.Context(), r.PostForm.Get("id"), r.PostForm.Get("do")
	var err error
	switch do {
	case "switches":
		err = p.Set(ctx, switchesOf(r))
	case "reset":
		err = p.Set(ctx, Switches{})
	case "payout":
		var fen int64
		if _, fen, err = p.PayOut(ctx); fen == 0 {
			do = "nothing"
		}
	case "dispute":
		_, err = p.Dispute(ctx, id)
	case "won", "lost":
		err = p.Decided(ctx, id, do == "won")
	default:
		p.render(w, "", pageData{Status: http.StatusBadRequest, State: "malformed"})
		return
	}
	if refused := (*gateway.Refused)(nil); errors.As(err, &refused) {
		p.desk(w, r, http.StatusConflict, "这笔付款不能发起争议：没有剩余金额。 Nothing is left of it to dispute.")
		return
	}
	if err != nil {
		p.fail(w, r, err)
		return
	}
	http.Redirect(w, r, p.base()+"?done="+do, http.StatusSeeOther)
}
