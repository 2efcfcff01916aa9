package words

import "banmuyuan/web/page"

var orgPayoutWords = map[string][2]string{
	"orgaccount.coop":    {"服务费和自有货款", "Fees and goods of its own"},
	"orgaccount.raiser":  {"代养分成", "Part of what it raised"},
	"orgaccount.village": {"村集体分配留存和服务费", "Village collective’s parts of distributions and fees"},

	"village.entry.kept":     {"分配留存：", "Kept of"},
	"village.entry.fee":      {"服务费分成：", "Part of a fee:"},
	"village.entry.fee_back": {"服务费冲回（过磅更正或退货）：", "Part of a fee, taken back:"},
	"village.entry.paid":     {"付款：", "Paid:"},
	"village.entry.returned": {"退票：", "Came back:"},
	"village.entry.reversed": {"冲销：", "Reversed:"},

	"ledger.kind.payable_village":    {"应付村集体", "Owed to village collectives"},
	"ledger.kind.receivable_village": {"应收村集体（多付待扣）", "Owed by village collectives, paid too much"},

	"status.orgpayout.proposed": {"待复核", "Waits for approval"},
	"status.orgpayout.approved": {"待付款", "To be paid"},
	"status.orgpayout.rejected": {"已退回", "Rejected"},
	"status.orgpayout.paid":     {"已付款", "Paid"},
	"status.orgpayout.failed":   {"没有付成", "Not paid"},
	"status.orgpayout.returned": {"已退票", "Came back"},
	"status.orgpayout.all":      {"全部", "All"},

	"orgpayouts.proposed": {"付款单 {no} 已提交，请另一位同事复核。", "Payment {no} is proposed. Somebody else now has to approve it."},
	"orgpayouts.approved": {"复核通过。请在网银付款，再登记银行流水号。", "Approved. Pay on the bank’s site, then record the bank’s reference."},
	"orgpayouts.rejected": {"已退回，这笔钱可以重新提出。", "Rejected. The money can be proposed again."},
	"orgpayouts.paid":     {"已登记付款并记账。", "Recorded as paid, and booked."},
	"orgpayouts.failed":   {"已登记没有付成，账没有动。", "Recorded as not paid. Nothing was booked."},
	"orgpayouts.returned": {"已登记退票，这笔钱重新列为应付。", "Recorded as come back. The money is owed again."},

	"explained.org":     {"对公付款", "Payment to an organisation"},
	"booked.org_return": {"对公付款退票", "Payment to an organisation, come back"},

	"ledger.kind.receivable_coop":   {"应收合作社（多付待扣）", "Owed by cooperatives, paid too much"},
	"ledger.kind.receivable_raiser": {"应收养鹅大户（多付待扣）", "Owed by goose raisers, paid too much"},

	"ledger.txn.org.paid":              {"对公付款", "Payment to an organisation"},
	"ledger.txn.org.paid.reversed":     {"冲销：对公付款", "Reversal: payment to an organisation"},
	"ledger.txn.org.returned":          {"对公付款退票", "Payment to an organisation, come back"},
	"ledger.txn.org.returned.reversed": {"冲销：对公付款退票", "Reversal: payment to an organisation, come back"},
}

var orgPayoutTones = page.Tones{
	page.Busy: {"status.orgpayout.proposed", "status.orgpayout.approved"},
	page.Good: {"status.orgpayout.paid"},
	page.Care: {"status.orgpayout.failed", "status.orgpayout.returned"},
	page.Over: {"status.orgpayout.rejected"},
}
