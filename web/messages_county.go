package web

import (
	"maps"

	"banmuyuan/web/sheet"
)

// countyMessages are the words of the county's pages, and of states and kinds that several audiences read.
var countyMessages = map[string][2]string{
	"consent.how.signed":     {"签了同意书", "signed the form"},
	"consent.how.phone":      {"电话里同意", "by phone"},
	"consent.how.visit":      {"上门时当面同意", "on a visit"},
	"county.reason.fair":     {"当时人均预期收入 {level:money}，在还有余货的农户里最低", "Expected {level:money} per person then, the lowest of all that still had goods"},
	"county.reason.near":     {"在收货的村里，当时人均预期收入 {level:money}，是还有余货的农户中最低的", "Expected {level:money} per person then, the lowest in the villages collected from"},
	"county.reason.direct":   {"买家点名这一户", "The buyer asked for this household"},
	"county.reason.contract": {"按各家合同里还没交的数量照比例分", "In proportion to what each household still has to deliver under its contract"},

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
	"receipt.imported": {"已导入：收入 {in} 笔、支出 {out} 笔；自动核对 {matched} 笔，待认领 {suspense} 笔，之前已有 {duplicate} 笔。", "Imported: {in} in, {out} out; {matched} matched by themselves, {suspense} to be matched, {duplicate} known already."},
	"receipt.returned": {"已登记退回。", "The return is recorded."},
	"receipt.matched":  {"这笔到账已核对到付款。", "The receipt is matched to the payment."},
	"receipt.cash":     {"现金已登记，订单已更新。", "The cash is recorded and the order updated."},
	"receipt.refunded": {"退款已登记。", "The refund is recorded."},

	"journal.order": {"没有这个订单号，请核对后重试。", "There is no such order number. Please check it."},

	"report.incomes":        {"农户收入明细", "Households' income"},
	"report.incomes.hint":   {"每户预计、应得、已付、人均，和上年比", "Expected, owed, paid and per person of each, against the year before"},
	"report.unsold":         {"还没有卖出的农户", "Households with nothing sold"},
	"report.unsold.hint":    {"本季一单未卖的农户，附电话和帮扶责任人，便于上门", "Who has sold nothing this season, with phone and helper, to be visited"},
	"report.villages":       {"各村销售和收入", "Sales and income by village"},
	"report.villages.hint":  {"149 个村逐村的户数、卖出、收入", "Households, sales and income of every village"},
	"report.orders":         {"全部订单", "All orders"},
	"report.orders.hint":    {"三个渠道的订单、金额和收退款", "Orders of the three channels with their money"},
	"report.asked":          {"已经开始制表，做好后会出现在右边。", "The report is being made. It appears in the list when it is ready."},
	"report.kind":           {"请选择要制哪一张表。", "Choose which list to make."},
	"report.unknown":        {"没有这张报表，或者已经过了保留期。请重新制表。", "There is no such report, or it is no longer kept. Have it made again."},
	"status.report.queued":  {"排队中", "Waiting"},
	"status.report.running": {"制表中", "Being made"},
	"status.report.done":    {"已做好", "Ready"},
	"status.report.failed":  {"没有做成", "Failed"},

	"accounts.opened":           {"账号 {login} 已开通。", "The account {login} is open."},
	"accounts.password":         {"账号 {login} 的密码已重置，其他设备已退出。", "The password of {login} is reset; other devices are logged out."},
	"accounts.off":              {"账号 {login} 已停用，立即失效。", "The account {login} is switched off, at once."},
	"accounts.on":               {"账号 {login} 已恢复。", "The account {login} works again."},
	"accounts.self":             {"不能停用自己的账号。", "You cannot switch off your own account."},
	"accounts.login.form":       {"账号用 3 到 40 个小写字母、数字、点或短横线。", "A login has 3 to 40 small letters, digits, dots or hyphens."},
	"accounts.login.taken":      {"这个账号已经有人用了，请换一个。", "This login is taken. Choose another."},
	"accounts.role":             {"请选择角色。", "Choose a role."},
	"accounts.org":              {"请选择这个人所在的单位。", "Choose the organisation this person works for."},
	"accounts.household":        {"请填写户编号，并核对有没有这户。", "Enter the code of a household that exists."},
	"accounts.household.helper": {"请填写这位帮扶责任人所帮农户的户编号，任意一户即可。", "Enter the code of a household that this person helps; any of them will do."},
	"accounts.unknown":          {"没有这个账号。", "There is no such account."},

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
	"ledger.kind.cash:till":              {"超市柜台现金", "Cash at supermarkets' tills"},
	"ledger.kind.deposit":                {"买家定金", "Buyers' deposits"},
	"ledger.kind.receivable":             {"应收买家", "Owed by buyers"},
	"ledger.kind.refund_payable":         {"应退买家", "Refunds due"},
	"ledger.kind.payable_pending":        {"应付农户（未放款）", "Owed to households, not released"},
	"ledger.kind.payable":                {"应付农户（可打款）", "Owed to households, released"},
	"ledger.kind.receivable_household":   {"应收农户", "Owed by households"},
	"ledger.kind.payable_coop":           {"应付合作社", "Owed to cooperatives"},
	"ledger.kind.payable_raiser":         {"应付养鹅大户（代养）", "Owed to goose raisers"},
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
	setTones(good, "status.report.done", "account.enabled", "status.statement.matched", "status.batch.done", "status.item.paid", "status.account.active")
	setTones(busy, "status.report.queued", "status.report.running", "status.batch.draft", "status.batch.approved", "status.batch.exported", "status.item.ready", "status.item.sent", "status.account.review")
	setTones(care, "status.report.failed", "status.statement.suspense", "status.item.returned", "status.item.held")
	setTones(over, "account.disabled", "status.statement.returned", "status.statement.duplicate", "status.batch.rejected", "status.account.closed")
}
