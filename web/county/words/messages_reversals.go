package words

import "banmuyuan/web/page"

var reversalWords = map[string][2]string{
	"status.reversal.asked":   {"待复核", "Waits for approval"},
	"status.reversal.posted":  {"已冲销", "Reversed"},
	"status.reversal.refused": {"未同意", "Refused"},
	"status.reversal.all":     {"全部", "All"},

	"reversals.asked_done":   {"已申请冲销，请另一位同事复核。", "Asked. Somebody else now has to approve it."},
	"reversals.posted_done":  {"已冲销，原来录入的内容也已退回，可以重新录入。", "Reversed. What was entered is taken back and can be entered again."},
	"reversals.refused_done": {"没有冲销，这笔账不变。", "Not reversed: the posting stays as it is."},

	"ledger.kind.exp:gateway":              {"支付渠道手续费", "Providers' fees"},
	"ledger.kind.exp:bank":                 {"银行扣款", "Taken by the bank"},
	"ledger.kind.loss:chargeback":          {"争议损失", "Lost disputes"},
	"ledger.kind.dispute_receivable":       {"争议扣留款", "Withheld in disputes"},
	"ledger.kind.provider_transit:sandbox": {"沙箱结算在途", "Paid out by the sandbox bank, on its way"},
	"ledger.kind.provider_transit:stripe":  {"Stripe 结算在途", "Paid out by Stripe, on its way"},

	"ledger.txn.payment.deposit":             {"收定金", "Deposit paid"},
	"ledger.txn.payment.balance":             {"收尾款", "Balance paid"},
	"ledger.txn.ahead.refunded":              {"预付款退回", "Paid ahead, sent back"},
	"ledger.txn.cash.banked":                 {"现金缴存银行", "Cash brought to the bank"},
	"ledger.txn.cash.banked.reversed":        {"冲销：现金缴存银行", "Reversal: cash brought to the bank"},
	"ledger.txn.dispute.inquiry":             {"争议询问", "Dispute inquiry"},
	"ledger.txn.dispute.open":                {"争议款扣留", "Dispute: money withheld"},
	"ledger.txn.dispute.won":                 {"争议胜诉", "Dispute won"},
	"ledger.txn.dispute.lost":                {"争议败诉", "Dispute lost"},
	"ledger.txn.dispute.closed":              {"争议询问结束", "Dispute inquiry ended"},
	"ledger.txn.gateway.fee":                 {"支付渠道手续费", "Provider's fee"},
	"ledger.txn.gateway.payout":              {"支付渠道结算", "Provider's payout"},
	"ledger.txn.statement":                   {"银行到账", "Bank receipt"},
	"ledger.txn.statement.booked":            {"到账对上已记的账", "Receipt put to what was booked"},
	"ledger.txn.statement.booked.reversed":   {"冲销：到账对上已记的账", "Reversal: receipt put to what was booked"},
	"ledger.txn.statement.returned":          {"到账退回", "Receipt sent back"},
	"ledger.txn.statement.returned.reversed": {"冲销：到账退回", "Reversal: receipt sent back"},
	"ledger.txn.statement.fee":               {"银行扣款", "Taken by the bank"},
	"ledger.txn.statement.fee.reversed":      {"冲销：银行扣款", "Reversal: taken by the bank"},
	"ledger.txn.refund.reversed":             {"冲销：退款", "Reversal: refund"},
	"ledger.txn.taken_back":                  {"退货", "Goods taken back"},
}

var reversalTones = page.Tones{
	page.Busy: {"status.reversal.asked"},
	page.Good: {"status.reversal.posted"},
	page.Over: {"status.reversal.refused"},
}
