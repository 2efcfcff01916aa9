package shop

import "banmuyuan/web/page"

// noticeWords are the names of messages to buyers, their texts and their states.
var noticeWords = map[string][2]string{
	"notice.order.placed":        {"下单通知", "Order placed"},
	"notice.order.deposit_soon":  {"定金快到时限", "Deposit due soon"},
	"notice.order.confirmed":     {"订单已确认", "Order confirmed"},
	"notice.order.balance":       {"过磅完毕，付尾款", "Weighed, balance due"},
	"notice.order.balance_soon":  {"尾款还没付", "Balance still due"},
	"notice.order.settled":       {"已付清", "Paid in full"},
	"notice.order.expired":       {"订单已过期", "Order lapsed"},
	"notice.order.cancelled":     {"订单已取消", "Order cancelled"},
	"notice.order.refund":        {"退款到账", "Refunded"},
	"notice.order.shortage":      {"缺货，请您决定", "Shortage, your decision"},
	"notice.order.shortage_soon": {"缺货还没答复", "Shortage, no answer yet"},
	"notice.adoption.placed":     {"认养已提交", "Adoption placed"},

	"notice.adoption.deposit_soon": {"认养定金快到时限", "Adoption deposit due soon"},
	"notice.adoption.reserved":     {"认养已确认", "Adoption confirmed"},
	"notice.adoption.balance_soon": {"认养余款快到期", "Adoption balance due soon"},
	"notice.adoption.growing":      {"认养款已付清", "Adoption paid"},
	"notice.adoption.ended":        {"认养已结束", "Adoption ended"},
	"notice.sale.pickup":           {"可以取货了", "Ready for pickup"},

	"sms.order.placed":        {"【半亩园】订单 {no} 已提交：{goods}。{notes}", "[Banmuyuan] Order {no} is placed: {goods}. {notes}"},
	"sms.order.deposit_soon":  {"【半亩园】提醒：订单 {no}（{goods}）还没付定金。{notes}", "[Banmuyuan] Reminder: the deposit of order {no} ({goods}) is not paid yet. {notes}"},
	"sms.order.confirmed":     {"【半亩园】订单 {no} 已确认：{goods}。{notes}", "[Banmuyuan] Order {no} is confirmed: {goods}. {notes}"},
	"sms.order.balance":       {"【半亩园】订单 {no}：{goods}。{notes}", "[Banmuyuan] Order {no}: {goods}. {notes}"},
	"sms.order.balance_soon":  {"【半亩园】提醒：订单 {no}（{goods}）的尾款还没付。{notes}", "[Banmuyuan] Reminder: the balance of order {no} ({goods}) is still due. {notes}"},
	"sms.order.settled":       {"【半亩园】订单 {no}：{notes}请验收，有问题请尽快在订单页联系我们。", "[Banmuyuan] Order {no}: {notes} Please inspect the goods and tell us soon if something is wrong."},
	"sms.order.expired":       {"【半亩园】订单 {no}（{goods}）：{notes}", "[Banmuyuan] Order {no} ({goods}): {notes}"},
	"sms.order.cancelled":     {"【半亩园】订单 {no}（{goods}）：{notes}", "[Banmuyuan] Order {no} ({goods}): {notes}"},
	"sms.order.refund":        {"【半亩园】订单 {no} 的退款 {fen:money} 已退回，原路到账。", "[Banmuyuan] The refund of {fen:money} for order {no} has gone back the way it came."},
	"sms.order.shortage":      {"【半亩园】订单 {no} 有农户交不出货，缺 {units}。请在 {by} 前到订单页选：从其他农户补，或少收。没有答复就按少收处理，少收的不收钱。", "[Banmuyuan] {units} of order {no} will not come. Please choose on the order's page by {by}: from other households, or less. Without an answer you take less and are not charged for it."},
	"sms.order.shortage_soon": {"【半亩园】提醒：订单 {no} 缺 {units}，您还没有答复。{by} 后按少收处理，少收的不收钱。", "[Banmuyuan] Reminder: {units} of order {no} will not come and you have not answered. After {by} you take less and are not charged for it."},

	"sms.adoption.placed":       {"【半亩园】认养 {no}（{title}）已提交，请在 {by} 前付定金 {due:money}，过时放回。", "[Banmuyuan] Adoption {no} ({title}) is placed. Please pay the deposit of {due:money} by {by}; after that it is given back."},
	"sms.adoption.deposit_soon": {"【半亩园】提醒：认养 {no} 还没付定金 {due:money}，{by} 后放回。", "[Banmuyuan] Reminder: the deposit of {due:money} for adoption {no} is not paid yet. After {by} it is given back."},
	"sms.adoption.reserved":     {"【半亩园】认养 {no}（{title}）已确认。余款 {balance:money}，请在 {balance_by} 前付清；第一次送货 {first}。", "[Banmuyuan] Adoption {no} ({title}) is confirmed. Please pay the balance of {balance:money} by {balance_by}; the first delivery is on {first}."},
	"sms.adoption.balance_soon": {"【半亩园】提醒：认养 {no} 的余款 {due:money} 请在 {balance_by} 前付清，过期认养取消。", "[Banmuyuan] Reminder: please pay the balance of {due:money} for adoption {no} by {balance_by}, or the adoption ends."},
	"sms.adoption.growing":      {"【半亩园】认养 {no}（{title}）已付清 {paid:money}。下次送货 {first}。", "[Banmuyuan] Adoption {no} ({title}) is paid: {paid:money}. The next delivery is on {first}."},
	"sms.adoption.ended":        {"【半亩园】认养 {no}（{title}）已结束。已付 {paid:money}，退款 {refund:money}。", "[Banmuyuan] Adoption {no} ({title}) has ended. {paid:money} was paid and {refund:money} is refunded."},
	"sms.sale.pickup":           {"【半亩园】您买的现货 {no} 可以取了：{shop}，{address}。取货码 {code}，请只给店员看。", "[Banmuyuan] Your purchase {no} is ready at {shop}, {address}. Pickup code {code}; show it to the shop only."},

	"status.notice.waiting": {"等待发送", "Waiting"},
	"status.notice.sent":    {"已发送", "Sent"},
	"status.notice.failed":  {"没有发出", "Not sent"},
	"status.notice.dropped": {"不用发了", "Not needed"},

	"notice.channel.text": {"短信", "Text message"},
	"notice.channel.none": {"不发，只在网页上看", "None, on the pages only"},
	"notice.saved":        {"已保存。", "Saved."},
	"notice.channel":      {"请选择怎么通知您。", "Please choose how to be told."},
}

var noticeTones = page.Tones{
	page.Busy: {"status.notice.waiting"},
	page.Good: {"status.notice.sent"},
	page.Care: {"status.notice.failed"},
	page.Over: {"status.notice.dropped"},
}
