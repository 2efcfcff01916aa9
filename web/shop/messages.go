package shop

import "banmuyuan/web/page"

// shopMessages are the words of the buyers' and the organisations' pages.
var words = map[string][2]string{
	"unit.sack": {"袋", "sacks"},

	"status.order.placed":    {"待付定金", "Deposit due"},
	"status.order.expiring":  {"核对付款中", "Checking payment"},
	"status.order.expired":   {"已过期", "Expired"},
	"status.order.confirmed": {"已确认", "Confirmed"},
	"status.order.weighing":  {"收货过磅中", "Being collected"},
	"status.order.billed":    {"待付尾款", "Balance due"},
	"status.order.paid":      {"已付清", "Paid"},
	"status.order.completed": {"已完成", "Completed"},
	"status.order.cancelled": {"已取消", "Cancelled"},

	"status.share.expected": {"待收货", "To collect"},
	"status.share.weighed":  {"已过磅", "Weighed in"},
	"status.share.short":    {"缺货", "Short"},

	"status.ticket.accepted":   {"有效", "Accepted"},
	"status.ticket.held":       {"待复核", "Waits for a second person"},
	"status.ticket.refused":    {"未通过", "Refused"},
	"status.ticket.superseded": {"已更正", "Superseded"},

	"status.payment.ready":     {"准备中", "Getting ready"},
	"status.payment.sending":   {"准备中", "Getting ready"},
	"status.payment.unknown":   {"核对中", "Being checked"},
	"status.payment.open":      {"待付款", "To be paid"},
	"status.payment.succeeded": {"已到账", "Received"},
	"status.payment.failed":    {"未成功", "Failed"},
	"status.payment.expired":   {"已过期", "Expired"},

	"status.refund.ready":     {"准备退款", "Being prepared"},
	"status.refund.sending":   {"退款中", "On its way"},
	"status.refund.unknown":   {"核对中", "Being checked"},
	"status.refund.pending":   {"退款中", "On its way"},
	"status.refund.succeeded": {"已退到账", "Refunded"},
	"status.refund.failed":    {"未成功，改由银行退", "Failed, goes by bank"},
	"status.refund.by_bank":   {"由银行转账退回", "By bank transfer"},

	"status.presale.draft":    {"草稿", "Draft"},
	"status.presale.upcoming": {"即将开订", "Opens soon"},
	"status.presale.open":     {"预订中", "Open"},
	"status.presale.sold_out": {"已订完", "Sold out"},
	"status.presale.closed":   {"已截单", "Closed"},

	"channel.contract": {"订单收购", "Forward purchase"},
	"channel.market":   {"爱心超市", "Charity supermarket"},
	"channel.private":  {"私人定制", "Private order"},

	"grade.special": {"特级", "Special"},
	"grade.extra":   {"特级", "Extra"},
	"grade.first":   {"一级", "First"},
	"grade.second":  {"二级", "Second"},

	"method.sandbox":       {"沙盒银行（演示）", "Sandbox bank (demonstration)"},
	"method.stripe":        {"支付宝、微信或银行卡", "Alipay, WeChat Pay or card"},
	"method.bank_transfer": {"银行转账", "Bank transfer"},
	"method.cash":          {"现金", "Cash"},

	"purpose.deposit": {"定金", "Deposit"},
	"purpose.balance": {"尾款", "Balance"},

	"short.died":    {"死亡", "Died"},
	"short.harvest": {"歉收", "Poor harvest"},
	"short.quality": {"质量不合格", "Poor quality"},
	"short.refused": {"农户不卖了", "Household withdrew"},
	"short.other":   {"其他原因", "Other"},

	"policy.fair":     {"公平分单：收入低的户先卖", "Fair: lowest income sells first"},
	"policy.near":     {"就近分单：从最少的村出", "Near: from the fewest villages"},
	"policy.direct":   {"指定农户", "A named household"},
	"policy.contract": {"按签约份额", "By signed quota"},

	"basket.added":    {"已放进购物篮。", "It is in your basket."},
	"basket.had":      {"购物篮里已经有 {n}，加上这次就不合要求了。", "The basket has {n} of it already; together they are more than can be ordered."},
	"basket.full":     {"购物篮最多放 20 样，请先下单或删去几样。", "A basket holds 20 things. Place an order or remove some first."},
	"basket.nothing":  {"请至少填一个数量。", "Enter at least one quantity."},
	"order.placed":    {"订单已提交，货已给您留好。请在时限内付定金。", "Your order is placed and the goods are kept for you. Please pay the deposit in time."},
	"order.paid":      {"款已到账，谢谢！", "Your payment has arrived. Thank you!"},
	"order.cancelled": {"订单已取消。", "The order is cancelled."},

	"collection.closed":        {"本村收货已结束，验收单已生成。", "Collection in this village is over and the acceptance note is made."},
	"ticket.saved":             {"过磅单已保存。", "The weigh ticket is saved."},
	"ticket.held":              {"重量和预计相差较大，这张单子要另一个人复核后才算数。", "The weight is far from the estimate. Another person has to confirm this ticket before it counts."},
	"ticket.accepted":          {"已确认，过磅单生效。", "Confirmed: the ticket counts."},
	"ticket.refused":           {"已退回，请重新过磅。", "Refused: please weigh again."},
	"shortfall.saved":          {"已登记：涉及 {orders} 个订单、{households} 户，共 {n}。", "Recorded: {n} of {households} households in {orders} orders."},
	"shortage.answered_refill": {"好的，正在从其他农户补货。", "Thank you. Other households are being asked."},
	"shortage.answered_less":   {"好的，少收的部分不收钱。", "Thank you. You are not charged for what does not come."},
	"shortage.answered_cancel": {"订单已取消，定金全额退回。", "The order is cancelled and the whole deposit goes back."},
	"short.saved":              {"已登记缺货。", "The shortage is recorded."},
	"short.refilled":           {"已登记缺货，并从其他农户补了 {n}。", "The shortage is recorded and {n} were found at other households."},
}

var tones = page.Tones{
	page.Care: {"status.order.placed", "status.order.billed", "status.ticket.held", "status.share.short", "status.payment.failed", "status.refund.failed", "status.refund.by_bank", "status.payment.unknown"},
	page.Busy: {"status.order.confirmed", "status.order.weighing", "status.order.expiring", "status.share.expected", "status.payment.open", "status.payment.sending", "status.refund.pending", "status.refund.sending", "status.presale.open"},
	page.Good: {"status.order.paid", "status.order.completed", "status.share.weighed", "status.ticket.accepted", "status.payment.succeeded", "status.refund.succeeded"},
	page.Over: {"status.order.expired", "status.order.cancelled", "status.ticket.refused", "status.ticket.superseded", "status.payment.expired", "status.presale.closed", "status.presale.sold_out"},
}
