package shop

import "banmuyuan/web/page"

// adoptionWords are the words of the pages about adoptions and standing boxes.
var adoptionWords = map[string][2]string{
	"adoption.taken_now":       {"已经给您留下了，请付定金。", "It is kept for you. Please pay the deposit."},
	"adoption.cancelled":       {"认养已取消，应退的钱会原路退回。", "The adoption is cancelled; what is due to you goes back the way it came."},
	"adoption.disputed":        {"已告诉县里，核实之前这份钱不会打给农户。", "The county was told. Until it has looked, nobody is paid for this one."},
	"adoption.decided":         {"已记下核实结果。", "The decision is recorded."},
	"adoption.box.handed_over": {"记下了：已经送出去。这份钱记到您家账上了。", "Noted: it is handed over. The money is on your account."},
	"adoption.box.reported":    {"记下了：这一份送不了。买家会收到通知。", "Noted: it will not come. The buyer is told."},
	"adoption.plot.saved":      {"认养信息已保存。", "Your offer is saved."},
	"adoption.update.posted":   {"近况已发给认养人。", "Your adopters can read it now."},
	"adoption.plot.goose":      {"大鹅", "Geese"},
	"adoption.plot.garden":     {"菜畦", "Garden beds"},
	"adoption.unit.goose":      {"只", "geese"},
	"adoption.unit.garden":     {"畦", "beds"},
	"adoption.every.7":         {"每周一次", "every week"},
	"adoption.every.14":        {"每两周一次", "every two weeks"},
	"adoption.failure.replace": {"换一家补上，补不上再退款", "replaced from another household, refunded if nobody has it"},
	"adoption.failure.refund":  {"退这一份的钱", "the price of that delivery is refunded"},

	"standing.started":    {"开好了。每次截单时自动下单，您付定金就行。", "Your standing order is set up. Each box is ordered at its cut-off; you only pay."},
	"standing.changed":    {"改好了，从还没截单的那次起生效。", "Changed, from the next date that is not cut off."},
	"standing.skipped":    {"这一次不送。", "That date is skipped."},
	"standing.kept":       {"这一次照常送。", "That date comes as planned."},
	"standing.now_active": {"已恢复，下一次照常下单。", "Resumed: the next box will be ordered."},
	"standing.now_paused": {"已暂停，恢复之前不再下单。", "Paused: nothing is ordered until you resume."},
	"standing.now_ended":  {"已结束，不再下单。", "Ended: nothing more is ordered."},
}

var adoptionTones = page.Tones{
	page.Care: {"status.adoption.placed", "status.adoption.reserved", "status.box.disputed", "status.date.failed"},
	page.Busy: {"status.adoption.growing", "status.adoption.expiring", "status.box.delivered", "status.box.seeking", "status.standing.active", "status.date.planned", "status.date.ordering"},
	page.Good: {"status.adoption.completed", "status.box.settled", "status.date.ordered"},
	page.Over: {"status.adoption.expired", "status.adoption.cancelled", "status.box.failed", "status.box.void", "status.standing.ended", "status.date.skipped"},
}
