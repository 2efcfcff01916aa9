package words

// seasonWords are the words of the pages of seasons and of opening presales.
var seasonWords = map[string][2]string{
	"season.planned":  {"年度已建好。可以先准备预售，需要时再开始这个年度。", "The season is planned. Its presales can be prepared; begin it when it is time."},
	"season.begun":    {"年度已开始，各页面从现在起显示这个年度。", "The season has begun: pages show it from now on."},
	"season.ended":    {"年度已结束。", "The season is closed."},
	"season.reopened": {"年度已重新打开，处在收尾中。", "The season is open again, and closing."},

	"season.step.plan":    {"建立", "Planned"},
	"season.step.begin":   {"开始", "Begun"},
	"season.step.replace": {"转为收尾（下一年度开始）", "Closing, as the next one began"},
	"season.step.close":   {"结束", "Closed"},
	"season.step.reopen":  {"重新打开", "Reopened"},

	"season.open.presales":  {"还在接单的预售", "presales that take orders"},
	"season.open.holds":     {"还有占用的份额", "lots with reserved units"},
	"season.open.orders":    {"没有完成的订单", "orders that are not completed"},
	"season.open.tickets":   {"等第二人复核的过磅单", "weigh tickets that wait for a second person"},
	"season.open.conflicts": {"等处理的离线过磅记录", "weighings from a phone that wait for a person"},
	"season.open.contracts": {"没有结束的收购合同", "contracts that are not closed"},
	"season.open.quotas":    {"没有结束的农户合同份额", "households’ quotas that are not ended"},
	"season.open.adoptions": {"没有结束的认养", "adoptions that are not over"},
	"season.open.boxes":     {"没有送到的认养箱", "boxes of adoptions that are not delivered"},
	"season.open.buyins":    {"等第二人复核的柜台收购", "counter buy-ins that wait for a second person"},
	"season.open.standings": {"还在定期配送的菜箱", "boxes that are ordered regularly"},
	"season.open.expected":  {"还没交货的农户收入", "entries of income from goods not delivered"},
	"season.open.unsettled": {"还在验货期的农户收入", "entries of income whose time to complain is not over"},
	"season.open.unpaid":    {"还没打到农户账上的款", "entries of income that are not paid out"},
	"season.open.pools":     {"没有办完的分红", "distributions that are not posted"},

	"presale.step.open":   {"开放", "Opened"},
	"presale.step.close":  {"截单", "Closed"},
	"presale.step.reopen": {"重新开放", "Reopened"},
	"presale.step.end":    {"随合同结束", "Ended with its contract"},
	"presale.reopened":    {"预售已重新开放。", "The presale is open again."},
}
