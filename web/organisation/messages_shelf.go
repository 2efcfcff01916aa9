package organisation

import "banmuyuan/web/page"

var shelfWords = map[string][2]string{
	"shelf.list.saved":    {"清单已保存。", "The list is saved."},
	"shelf.list.dropped":  {"清单已删除。", "The list is deleted."},
	"shelf.list.ordered":  {"已按清单下单，请付定金。", "The order is placed as the list says. Please pay the deposit."},
	"shelf.put":           {"已上架，请打印并贴好标签。", "It is on the shelf. Please print and stick on its label."},
	"shelf.priced":        {"价格已保存。", "The price is saved."},
	"shelf.written_off":   {"已登记。", "Recorded."},
	"shelf.waits":         {"价值较高，要另一位同事复核后才算数。", "It is worth much: a colleague has to confirm it before it counts."},
	"shelf.moved":         {"已复核。", "Confirmed."},
	"shelf.moved.refused": {"已退回，货还在架上。", "Refused: the goods stay on the shelf."},
	"buyin.saved":         {"已收购，货款记进这户的致富账。", "Bought. What the household is owed stands in its income ledger."},
	"buyin.waits":         {"超过这户这一季还能卖的，先等另一位同事复核，还没有入账。", "It is more than the household still offers this season. A colleague has to agree; nothing is booked yet."},
	"buyin.agreed":        {"已同意，货款记进这户的致富账。", "Agreed. What the household is owed stands in its income ledger."},
	"buyin.refused":       {"没有收下，没有记账。请把货退给农户，并说明原因。", "Not taken, and nothing is booked. Please give the goods back and say why."},
	"shelf.sheet.closed":  {"收购单已结账，请付款；付清后农户的货款进入打款。", "The sheet is closed. Please pay it; then the households are paid."},
	"sale.kept":           {"货已给您留好，请在时限内付款。", "The goods are kept for you. Please pay in time."},
	"sale.cancelled":      {"已取消，付了的款全额退回。", "Cancelled. What you paid goes back in full."},
	"sale.returned":       {"已记账，退 {fen:money}。", "Recorded: {fen:money} goes back."},
	"sale.rung":           {"已收款，共 {fen:money}。", "Taken: {fen:money}."},
	"sale.handed":         {"取货码正确，已交货。", "The code is right: handed over."},
	"shelf.nothing":       {"请至少填一个数量。", "Enter at least one quantity."},
}

var shelfTones = page.Tones{
	page.Care: {"status.sale.placed", "status.sale.part_returned", "status.sheet.closed", "status.movement.held", "status.buyin.waiting"},
	page.Busy: {"status.sale.paid", "status.sale.expiring", "status.sheet.open", "status.sheet.closing", "status.buyin.taken", "status.buyin.agreed"},
	page.Good: {"status.sale.done", "status.sheet.settled", "status.movement.done", "status.buyin.posted"},
	page.Over: {"status.sale.expired", "status.sale.cancelled", "status.sale.voided", "status.sale.returned", "status.movement.refused", "status.buyin.refused"},
}
