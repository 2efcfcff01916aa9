package page

// SummaryMessages are the words of the order summary.
var SummaryMessages = map[string][2]string{
	"unit.one.egg":  {"枚", "egg"},
	"unit.one.box":  {"箱", "box"},
	"unit.one.sack": {"袋", "sack"},

	"summary.piece":           {"一{unit}约 {fen:money}", "about {fen:money} a {unit}"},
	"summary.short":           {"缺 {n}，少收的不收钱", "{n} will not come and are not charged"},
	"summary.origin.pool":     {"{v} 个村 {h} 户供货", "{h:n household|households} in {v:n village|villages}"},
	"summary.origin.villages": {"{places}，共 {h} 户", "{places}; {h:n household|households}"},
	"summary.origin.more":     {"{places}等 {v} 个村，共 {h} 户", "{places} and others: {h:n household|households} in {v:n village|villages}"},

	"summary.estimate":        {"预计总额", "Estimated total"},
	"summary.sum":             {"总额", "Total"},
	"summary.amount":          {"按实际重量", "By real weight"},
	"summary.amount_so_far":   {"已过磅", "Weighed so far"},
	"summary.deposit_now":     {"现在付定金", "Deposit to pay now"},
	"summary.balance_now":     {"现在付尾款", "Balance to pay now"},
	"summary.deposit_paid":    {"已付定金", "Deposit paid"},
	"summary.paid":            {"已付", "Paid"},
	"summary.refund":          {"退款", "Refund"},
	"summary.forfeit":         {"扣留定金", "Deposit kept"},
	"summary.balance.weighed": {"尾款，过磅后付", "Balance, after weighing"},
	"summary.balance.counted": {"尾款，收货后付", "Balance, after collection"},

	"summary.note.within":            {"提交后货就给您留着，请在 {within}内付定金 {fen:money}。", "Your goods are kept once you place the order. Please pay the deposit of {fen:money} within {within}."},
	"summary.note.deposit":           {"请在 {by} 前付定金 {fen:money}，过时订单作废，货放回。", "Please pay the deposit of {fen:money} by {by}. After that the order lapses and the goods go back."},
	"summary.note.balance_weighed":   {"尾款约 {fen:money}，过磅后付：{day} 起收货过磅，按实际重量算，多退少补。", "The balance is about {fen:money}, due after weighing, which begins on {day}. The real weight sets it; the difference is paid or refunded."},
	"summary.note.balance_counted":   {"尾款 {fen:money}，收货后付：{day} 起收货，按实收数量算。", "The balance is {fen:money}, due after collection, which begins on {day}. You pay for what comes."},
	"summary.note.nothing_more":      {"预计不用再付尾款；过磅后有多付的会退给您。", "No balance is expected. If you have paid too much it is refunded after weighing."},
	"summary.note.balance_due":       {"全部过磅完毕，请付尾款 {fen:money}。", "Everything is weighed. Please pay the balance of {fen:money}."},
	"summary.note.settled":           {"已付清，共 {fen:money}。", "Paid in full: {fen:money}."},
	"summary.note.expired":           {"没有在时限内付款，订单已过期，没有收您的钱。", "It was not paid in time and has lapsed. No money was taken."},
	"summary.note.expired_paid":      {"订单已过期。已收到 {paid:money}，退款 {refund:money}。", "The order has lapsed. {paid:money} was received and {refund:money} is refunded."},
	"summary.note.cancelled":         {"订单已取消，没有收您的钱。", "The order is cancelled. No money was taken."},
	"summary.note.cancelled_paid":    {"订单已取消。已付 {paid:money}，退款 {refund:money}，原路退回。", "The order is cancelled. Of {paid:money} paid, {refund:money} is refunded the way it came."},
	"summary.note.cancelled_forfeit": {"订单已取消。已付 {paid:money}，扣留定金 {forfeit:money}，退款 {refund:money}，原路退回。", "The order is cancelled. Of {paid:money} paid, {forfeit:money} is kept and {refund:money} is refunded the way it came."},
	"summary.note.how":               {"付款方式：{methods}。", "Ways to pay: {methods}."},
}
