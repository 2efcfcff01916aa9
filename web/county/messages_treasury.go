package county

import "banmuyuan/web/page"

// TreasuryWords are the words of the pages on which the books are held against the outside.
var TreasuryWords = map[string][2]string{
	"booked.reversal":        {"银行冲正", "Taken back by the bank"},
	"booked.banking":         {"现金缴存", "Cash to the bank"},
	"booked.payout_recall":   {"打款退票", "Payouts returned"},
	"booked.provider_payout": {"支付渠道结算", "Provider's payout"},

	"status.doubtful.open":    {"待决定", "To be decided"},
	"status.doubtful.booked":  {"已入账", "Booked"},
	"status.doubtful.skipped": {"已跳过", "Skipped"},
	"status.doubtful.all":     {"全部", "All"},

	"status.look.match":    {"自动认领", "Matched"},
	"status.look.suspense": {"待认领", "To be matched"},
	"status.look.out":      {"支出", "Money out"},
	"status.look.reversal": {"冲正", "Reversal"},
	"status.look.known":    {"已有", "Known"},
	"status.look.doubtful": {"存疑，不入账", "Doubtful: not booked"},

	"receipt.doubtful": {"{doubtful} 笔存疑，没有入账，请决定。", "{doubtful} are doubtful and not booked: please decide."},
	"receipt.decided":  {"已入账。", "It is booked."},
	"receipt.skipped":  {"已跳过，没有入账。", "It is skipped and not booked."},

	"status.outgoing.open":      {"待说明", "To be explained"},
	"status.outgoing.explained": {"已说明", "Explained"},
	"status.outgoing.all":       {"全部", "All"},

	"explained.refund":   {"订单退款", "Refund"},
	"explained.batch":    {"农户打款批次", "Payout batch"},
	"explained.return":   {"退回到账款", "Receipt sent back"},
	"explained.reversal": {"已被银行冲正", "Taken back by the bank"},
	"explained.note":     {"银行扣款", "Taken by the bank"},

	"status.dispute.inquiry": {"银行询问中", "The bank asks"},
	"status.dispute.open":    {"争议中，款项被扣留", "Open: the money is withheld"},
	"status.dispute.won":     {"已胜诉，款项已退回", "Won: the money is back"},
	"status.dispute.lost":    {"已败诉，款项归买家", "Lost: the buyer keeps the money"},
	"status.dispute.closed":  {"询问已结束", "The inquiry has ended"},
	"status.dispute.all":     {"全部", "All"},

	// The reason that the buyer's bank gives.
	"dispute.reason.bank_cannot_process":       {"银行无法处理", "The bank could not process it"},
	"dispute.reason.check_returned":            {"支票被退回", "The check was returned"},
	"dispute.reason.credit_not_processed":      {"说好的退款没有收到", "A promised refund did not come"},
	"dispute.reason.customer_initiated":        {"买家发起", "The buyer started it"},
	"dispute.reason.debit_not_authorized":      {"没有授权扣款", "The debit was not authorised"},
	"dispute.reason.duplicate":                 {"重复扣款", "Charged twice"},
	"dispute.reason.fraudulent":                {"不是本人付款", "Not paid by the card’s owner"},
	"dispute.reason.general":                   {"没有说明理由", "No particular reason"},
	"dispute.reason.incorrect_account_details": {"账户信息有误", "Wrong account details"},
	"dispute.reason.insufficient_funds":        {"余额不足", "Insufficient funds"},
	"dispute.reason.product_not_received":      {"没有收到货", "The goods did not come"},
	"dispute.reason.product_unacceptable":      {"货不对或有质量问题", "The goods were wrong or bad"},
	"dispute.reason.subscription_canceled":     {"已取消订购", "It was cancelled"},
	"dispute.reason.unrecognized":              {"买家不认得这笔付款", "The buyer does not recognise it"},

	"status.refund.review": {"待复核", "Waits for approval"},
	"status.refund.all":    {"全部", "All"},

	"act.operator": {"经办人", "Operator"},
	"act.approver": {"复核人", "Approver"},
	"act.clerk":    {"收银员", "Clerk"},
	"act.admin":    {"系统管理员", "Administrator"},

	"treasury.reconciled": {"对账完成，发现 {count} 项需要处理。", "Compared: {count} things need somebody."},
	"treasury.all_equal":  {"对账完成，账实相符。", "Compared: everything agrees."},
	"treasury.banked":     {"现金缴存已登记。", "The cash brought to the bank is recorded."},
	"treasury.explained":  {"支出已说明。", "The line is explained."},
	"treasury.approved":   {"退款已复核，开始办理。", "The refund is approved and on its way."},
	"treasury.refunded":   {"退款转账已登记。", "The refund's transfer is recorded."},

	// Kinds of difference, each with the next step.
	"recon.bank.doubtful":        {"流水里有一行存疑，还没有入账。请在“到账核对—存疑的流水”里决定。", "A line of a statement is doubtful and not booked. Decide on it under receipts, doubtful lines."},
	"recon.clearing.silent":      {"支付渠道没有回应，今天没能核对它的账。系统会自动再试；连续两天如此请查看日志。", "The provider did not answer, so its books could not be compared. It is tried again; if it lasts two days look at the log."},
	"recon.clearing.amount":      {"同一笔款，支付渠道和我们的金额不同。请在渠道后台核对，把截图交系统管理员更正。", "The provider and we have different amounts. Check in the provider's dashboard and hand it to the administrator."},
	"recon.clearing.unbooked":    {"支付渠道有这笔款，我们没有入账。请在渠道后台查是谁付的；不是本系统的订单就在渠道后台退回。", "The provider has this money and we did not book it. Look up in its dashboard who paid; return it there if it is no order's."},
	"recon.clearing.missing":     {"我们入了账，支付渠道没有这笔款。请勿发货或退款，先联系渠道客服。", "We booked it and the provider has no such money. Do not deliver or refund; contact the provider first."},
	"recon.clearing.balance":     {"逐笔相符，但总额不等。请系统管理员运行 verify 查找原因。", "Every movement agrees and the sums do not. The administrator should run verify."},
	"recon.bank.suspense":        {"银行到账还没有认领。请按附言核对，认领到订单，或退回付款人。", "A receipt waits to be matched. Match it by its memo, or send it back."},
	"recon.bank.outgoing":        {"银行有这笔支出，账上没有。请补登记退款或说明用途；不认识的支出立即联系银行。", "The bank shows money out that we did not book. Record the refund or say what it was; call the bank at once if nobody knows it."},
	"recon.bank.by_hand":         {"这笔到账是手工登记的，银行流水里没有。请核对流水号，可能登记错了或登记了两次。", "This receipt was entered by hand and the statement does not have it. Check the reference: it may be wrong or there twice."},
	"recon.bank.refund_missing":  {"登记了退款转账，银行流水里没有。请核对流水号，确认是否真的转出。", "A refund was recorded as transferred and the statement does not show it. Check the reference and whether it left."},
	"recon.bank.return_missing":  {"登记了退回，银行流水里没有。请核对流水号，确认是否真的转出。", "A return was recorded and the statement does not show it. Check the reference and whether it left."},
	"recon.bank.banking_missing": {"登记了现金缴存，银行流水里没有。请凭缴款单向银行查询。", "Cash was recorded as brought to the bank and the statement does not show it. Ask the bank with the slip."},
	"recon.bank.payout_missing":  {"银行回盘说已打款，流水里还没有全部扣款。流水附言应带批次号；请向银行查询。", "The bank reported these payouts done and the statement does not show all of it. The memo should quote the batch; ask the bank."},
	"recon.dispute.open":         {"买家通过银行要求退款。请在期限前到支付渠道后台提交验收单、过磅单等证据，或同意退款。", "The buyer takes the money back through the bank. Hand in the weigh tickets and acceptance notes in the provider's dashboard in time, or accept it."},
	"recon.refund.review":        {"大额退款等待第二个人复核。请核对订单后复核。", "A large refund waits for a second person. Check the order and approve it."},
	"recon.refund.by_bank":       {"退款要由县里转账，已等了三天以上。请转账并登记流水号。", "A refund has waited for the county's transfer for more than three days. Transfer it and record the reference."},
	"recon.refund.unknown":       {"退款结果三天仍不明。请在支付渠道后台查询这笔退款。", "The outcome of this refund has been unknown for three days. Look it up in the provider's dashboard."},
	"recon.payment.late":         {"款到时订单已结束，去向还没有决定。请打开订单：补货接受，或全额退款。", "The money came after the order had ended and nobody decided. Open the order: take it with new goods, or return it."},
	"recon.provider.transit":     {"支付渠道说已结算，五天仍未到银行账户。请向渠道查询；已到账的请在到账核对里认领。", "The provider paid out five days ago and it has not arrived. Ask the provider; if it has arrived, match it among the receipts."},
	"recon.provider.other":       {"支付渠道有一笔其他类型的进出。请系统管理员查看并记账。", "The provider moved money for another reason. The administrator should look and book it."},
	"recon.cash.unbanked":        {"现金存放超过三天。请缴存银行并登记缴款单。", "Cash has been kept for more than three days. Bring it to the bank and record the slip."},

	"recon.bank.org_missing":        {"登记了对公付款，银行流水里没有。请核对流水号，登记错了就申请冲销。", "A payment to an organisation was recorded and the statement does not show it. Check the reference; if it is wrong, ask to reverse it."},
	"recon.bank.org_return_missing": {"登记了对公付款退票，银行流水里没有钱回来。到账后请在到账核对里认领；登记错了就申请冲销。", "A payment to an organisation was recorded as come back and the statement does not show it. Match it among the receipts when it arrives; if it is wrong, ask to reverse it."},
	"recon.org.proposed":            {"对公付款等复核超过三天。请核对应付的款后复核或退回。", "A payment to an organisation has waited for approval for more than three days. Check what is owed, then approve or reject it."},
	"recon.org.approved":            {"对公付款复核通过三天了还没有登记结果。请付款并登记流水号，或登记没有付成。", "A payment to an organisation was approved three days ago. Pay it and record the reference, or record that it was not made."},
}

var treasuryTones = page.Tones{
	page.Care: {"status.doubtful.open", "status.look.doubtful", "status.look.suspense", "status.look.reversal", "status.outgoing.open", "status.dispute.open", "status.dispute.inquiry", "status.refund.review"},
	page.Good: {"status.doubtful.booked", "status.look.match", "status.outgoing.explained", "status.dispute.won"},
	page.Over: {"status.doubtful.skipped", "status.look.known", "status.dispute.lost", "status.dispute.closed"},
}
