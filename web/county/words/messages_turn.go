package words

import "banmuyuan/web/page"

// turnWords are the words of objections and of households that have not sold yet.
var turnWords = map[string][2]string{
	"objection.answered":   {"答复已记下，农户可以看到。", "The answer is recorded; the household can read it."},
	"objection.days.saved": {"答复的天数已保存，对以后提的异议有效。", "Saved. It holds for objections that are raised from now on."},

	"county.objection.open":      {"等答复", "Open"},
	"county.objection.upheld":    {"确实有误", "It was wrong"},
	"county.objection.explained": {"没有错，已说明", "It was right, explained"},
	"county.objection.withdrawn": {"农户撤回", "Withdrawn"},

	"county.turn.no_lot":  {"没有货在卖", "In no presale"},
	"county.turn.short":   {"轮到过，没能交货", "Was to sell, could not deliver"},
	"county.turn.next":    {"下一单就轮到", "The next order comes to it"},
	"county.turn.filled":  {"只等凑够一次收货的几户", "Only begun yards come first"},
	"county.turn.begun":   {"正在凑够一次收货", "Being filled up to a collection"},
	"county.turn.equal":   {"收入最低，同样的排在前面", "Lowest; equals come first"},
	"county.turn.lower":   {"还没轮到：有收入更低的", "Not yet: others are lower"},
	"county.turn.waits":   {"代养的，等“农户至少得”补上", "Raised, waits for the least part to be covered"},
	"county.turn.early":   {"预售还没开始", "The presale has not opened"},
	"county.turn.named":   {"买家自己挑农户", "Buyers choose"},
	"county.turn.quota":   {"按合同数量分", "Divided by quotas"},
	"county.turn.nothing": {"填的能卖数量是 0", "Offers nothing"},
	"county.turn.used_up": {"能卖的已订完", "All sold"},
	"county.turn.closed":  {"预售已结束", "The presale is over"},
}

var turnTones = page.Tones{
	page.Care: {"county.objection.open"},
	page.Good: {"county.objection.upheld", "county.objection.explained"},
	page.Over: {"county.objection.withdrawn"},
}
