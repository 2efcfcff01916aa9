package household

import "banmuyuan/web/page"

// turnWords are the words of the page that says where a household's turn stands, and of objections.
var turnWords = map[string][2]string{
	"objection.raised":    {"已提交。县里答复以后，这里会看到。", "Sent. The county's answer appears here."},
	"objection.withdrawn": {"异议已撤回。", "The objection is withdrawn."},

	"status.objection.open":      {"等县里答复", "Waits for the county"},
	"status.objection.upheld":    {"答复：确实有误", "Answered: it was wrong"},
	"status.objection.explained": {"答复：没有错", "Answered: it was right"},
	"status.objection.withdrawn": {"已撤回", "Withdrawn"},

	"turn.next":    {"下一单就轮到您家。", "The next order comes to you."},
	"turn.filled":  {"快了：先给几户凑够一次收货的数，凑完就轮到您家。", "Soon: a few yards are first filled up to one collection, then it is your turn."},
	"turn.begun":   {"您家订出去的还不够一次来收，正在优先给您家凑。", "What you have sold is too little for one collection yet; it is being filled up first."},
	"turn.equal":   {"没有比您家收入更低的了。和您家一样的，有些排在前面。", "Nobody is lower than you. Some who stand exactly as you do come first."},
	"turn.lower":   {"还没轮到您家：还有人均收入比您家低的农户，先卖他们的。", "Not yet: households with a lower income per person sell first."},
	"turn.waits":   {"还没轮到您家：您家这批货是大户代养的，要等别的农户多卖一些才轮到。", "Not yet: your goods are raised by somebody else, and wait until others have sold more."},
	"turn.used_up": {"您家能卖的，都已经订出去了。", "All that you offer is sold."},
	"turn.nothing": {"您家在这里填的能卖数量是 0，所以不排队。", "You offer nothing here, so you stand in no line."},
	"turn.early":   {"这次预售还没开始，开始以后才排队。", "This presale has not opened yet; the line begins when it does."},
	"turn.closed":  {"这次预售已经结束，不再卖了。", "This presale is over; nothing more is sold."},
	"turn.named":   {"这次预售由买家自己挑农户，不排队。", "Buyers choose the household here; there is no line."},
	"turn.quota":   {"这次预售按合同里各家的数量分，不排队。", "This is divided by each household's quota; there is no line."},

	"sms.objection": {"【半亩园】{helper}替您家（{head}）向县里提了异议：{words}。不是您的意思，请马上告诉村里或县里。", "[Banmuyuan] {helper} raised an objection for your household ({head}): {words}. If you did not ask for it, tell the village or the county at once."},
}

var turnTones = page.Tones{
	page.Care: {"status.objection.open"},
	page.Good: {"status.objection.upheld", "status.objection.explained"},
	page.Over: {"status.objection.withdrawn"},
}
