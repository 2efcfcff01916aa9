package web

import (
	"maps"

	"banmuyuan/web/sheet"
)

// countyMessages are the words of the county's pages, and of states and kinds that several audiences read.
var countyMessages = map[string][2]string{
	"consent.how.signed":   {"签了同意书", "signed the form"},
	"consent.how.phone":    {"电话里同意", "by phone"},
	"consent.how.visit":    {"上门时当面同意", "on a visit"},
	"programme.garden":     {"半亩园", "Garden"},
	"programme.geese":      {"百只鹅", "Geese"},
	"programme.seedpotato": {"一亩种薯", "Seed potato"},
	"programme.mushroom":   {"千袋菌", "Mushroom"},
	"programme.solar":      {"光伏", "Solar"},
	"programme.speciality": {"一村一品", "Speciality"},

	"kind.elderly":    {"老年户", "Elderly"},
	"kind.disabled":   {"残疾", "Disability"},
	"kind.illness":    {"因病", "Illness"},
	"kind.school":     {"因学", "Schooling"},
	"kind.low_income": {"低保", "Low income"},
	"kind.alone":      {"独居", "Lives alone"},
	"kind.orphan":     {"孤儿", "Orphan"},
	"kind.five":       {"特困供养", "In state care"},

	"relation.户主": {"户主", "Head"},
	"relation.配偶": {"配偶", "Spouse"},
	"relation.之子": {"儿子", "Son"},
	"relation.之女": {"女儿", "Daughter"},
	"relation.之父": {"父亲", "Father"},
	"relation.之母": {"母亲", "Mother"},

	"presale.saved":  {"预售已保存。", "The presale is saved."},
	"presale.opened": {"预售已开放，买家现在可以下单。", "The presale is open: buyers can order now."},
	"presale.ended":  {"预售已截单，不再接受新订单。", "The presale is closed: it takes no new orders."},

	"status.statement.matched":   {"已核对", "Matched"},
	"status.statement.suspense":  {"待认领", "To be matched"},
	"status.statement.returned":  {"已退回", "Returned"},
	"status.statement.duplicate": {"重复", "Duplicate"},
	"status.statement.all":       {"全部", "All"},

	"status.batch.draft":    {"待复核", "Waits for approval"},
	"status.batch.approved": {"已复核，待导出", "Approved, to be exported"},
	"status.batch.exported": {"已交银行，待回盘", "With the bank"},
	"status.batch.done":     {"已完成", "Done"},
	"status.batch.rejected": {"已退回", "Rejected"},

	"status.item.ready":    {"待打款", "Ready"},
	"status.item.sent":     {"银行处理中", "With the bank"},
	"status.item.paid":     {"已到账", "Paid"},
	"status.item.returned": {"银行退票", "Returned by the bank"},
	"status.item.held":     {"账户不可用", "No usable account"},

	"status.account.active": {"可用", "In use"},
	"status.account.review": {"待县里复核", "Waits for the county"},
	"status.account.closed": {"已停用", "Closed"},

	"payout.created":      {"批次 {no} 已生成，请另一位同事复核。", "Batch {no} is made. Somebody else now has to approve it."},
	"payout.approved":     {"批次 {no} 已复核通过，可以导出银行文件。", "Batch {no} is approved. The bank's file can be downloaded."},
	"payout.rejected":     {"批次 {no} 已退回，这些款项可以重新生成批次。", "Batch {no} is rejected. Its sums can go into a new batch."},
	"payout.result_read":  {"回盘已导入：{paid} 笔到账，{returned} 笔退票。", "Result imported: {paid} paid, {returned} returned."},
	"payout.result_again": {"这个回盘文件之前已经导入过，没有重复处理。", "This result was imported before; nothing changed."},

	"receipt.recorded": {"已登记：{matched} 笔自动核对，{suspense} 笔待认领，{duplicate} 笔之前已登记。", "Recorded: {matched} matched, {suspense} to be matched, {duplicate} known already."},
	"receipt.matched":  {"这笔到账已核对到付款。", "The receipt is matched to the payment."},
	"receipt.cash":     {"现金已登记，订单已更新。", "The cash is recorded and the order updated."},
	"receipt.refunded": {"退款已登记。", "The refund is recorded."},
	"receipt.no_ref":   {"缺少银行流水号。", "The bank's reference is missing."},

	"journal.order": {"没有这个订单号，请核对后重试。", "There is no such order number. Please check it."},

	"upload.missing":   {"请选择一个文件。", "Choose a file."},
	"upload.too_large": {"文件不能超过 {mb} MB，请拆分后再传。", "A file may have {mb} MB at most. Split it and send the parts."},
	"upload.lines":     {"文件没有导入，请更正下列 {count} 处后重新上传。", "Nothing was imported. Correct the {count} places below and send the file again."},
	"upload.again":     {"文件没有随表单一起回来，请重新选择文件检查一遍。", "The file did not come back with the form. Choose it again and check it once more."},

	"ledger.asset":     {"资产", "Assets"},
	"ledger.liability": {"负债", "Liabilities"},
	"ledger.revenue":   {"收入", "Revenue"},
	"ledger.expense":   {"费用", "Expense"},
	"ledger.equity":    {"权益", "Equity"},

	"ledger.kind.bank":                   {"银行存款", "Bank"},
	"ledger.kind.suspense":               {"待认领到账", "Receipts to be matched"},
	"ledger.kind.cash:site":              {"现金", "Cash"},
	"ledger.kind.deposit":                {"买家定金", "Buyers' deposits"},
	"ledger.kind.receivable":             {"应收买家", "Owed by buyers"},
	"ledger.kind.refund_payable":         {"应退买家", "Refunds due"},
	"ledger.kind.payable_pending":        {"应付农户（未放款）", "Owed to households, not released"},
	"ledger.kind.payable":                {"应付农户（可打款）", "Owed to households, released"},
	"ledger.kind.receivable_household":   {"应收农户", "Owed by households"},
	"ledger.kind.payable_coop":           {"应付合作社", "Owed to cooperatives"},
	"ledger.kind.payout_transit":         {"打款在途", "Payouts in transit"},
	"ledger.kind.rev:forfeit":            {"违约定金", "Forfeited deposits"},
	"ledger.kind.clearing:sandbox":       {"沙箱支付在途", "Clearing, sandbox"},
	"ledger.kind.clearing:stripe":        {"Stripe 在途", "Clearing, Stripe"},
	"ledger.kind.clearing:bank_transfer": {"转账在途", "Clearing, bank transfer"},
	"ledger.kind.clearing:cash":          {"现金在途", "Clearing, cash"},
}

// countyMessages and the words of uploaded tables belong to web's own.
func init() {
	maps.Copy(Messages, countyMessages)
	maps.Copy(Messages, sheet.Messages)
	setTones(good, "status.statement.matched", "status.batch.done", "status.item.paid", "status.account.active")
	setTones(busy, "status.batch.draft", "status.batch.approved", "status.batch.exported", "status.item.ready", "status.item.sent", "status.account.review")
	setTones(care, "status.statement.suspense", "status.item.returned", "status.item.held")
	setTones(over, "status.statement.returned", "status.statement.duplicate", "status.batch.rejected", "status.account.closed")
}
