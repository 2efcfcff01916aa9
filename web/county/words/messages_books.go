package words

import "banmuyuan/web/page"

var bookWords = map[string][2]string{
	"status.closing.open":    {"未结账", "Open"},
	"status.closing.asked":   {"待复核", "Waits for approval"},
	"status.closing.closed":  {"已结账", "Closed"},
	"status.closing.refused": {"未同意", "Refused"},

	"books.asked_done":   {"已申请，请另一位同事复核后结账。", "Asked. Somebody else now has to close it."},
	"books.closed_done":  {"已结账。", "Closed."},
	"books.refused_done": {"没有结账，这个月还可以记账。", "Not closed: the month stays open."},

	"ledger.txn.payment":           {"收款", "Payment"},
	"ledger.txn.payment.accepted":  {"迟到款转定金", "Late payment accepted"},
	"ledger.txn.delivery":          {"过磅入账", "Delivery"},
	"ledger.txn.delivery.reversed": {"过磅冲销", "Delivery reversed"},
	"ledger.txn.delivery.unwound":  {"过磅退回", "Delivery unwound"},
	"ledger.txn.deposit.applied":   {"定金抵货款", "Deposit applied"},
	"ledger.txn.released":          {"放款", "Released"},
	"ledger.txn.cancelled":         {"订单取消", "Cancelled"},
	"ledger.txn.refund":            {"退款", "Refund"},
	"ledger.txn.refund.failed":     {"退款退回", "Refund came back"},
	"ledger.txn.payout.exported":   {"打款送银行", "Payout sent"},
	"ledger.txn.payout.paid":       {"打款到账", "Payout paid"},
	"ledger.txn.payout.returned":   {"打款退票", "Payout returned"},
	"ledger.txn.payout.recalled":   {"到账后退票", "Payout recalled"},
	"ledger.txn.history":           {"往年收入", "Earlier income"},
	"ledger.txn.history.paid":      {"往年打款", "Earlier payout"},
	"ledger.txn.history.unpaid":    {"往年打款更正", "Earlier payout corrected"},
	"ledger.txn.history.lowered":   {"往年收入更正", "Earlier income corrected"},
	"ledger.txn.pool.income":       {"分红收入", "Pool income"},
	"ledger.txn.pool.costs":        {"分红成本", "Pool costs"},
	"ledger.txn.pool.closed":       {"分红入账", "Pool divided"},
	"ledger.txn.pool.paid":         {"分红发放", "Pool paid"},
}

var bookTones = page.Tones{
	page.Busy: {"status.closing.open", "status.closing.asked"},
	page.Good: {"status.closing.closed"},
	page.Over: {"status.closing.refused"},
}
