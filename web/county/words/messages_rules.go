package words

import "banmuyuan/web/page"

// ruleWords are the words of the county's rules.
var ruleWords = map[string][2]string{
	"rules.saved":                  {"已保存，几秒内生效。", "Saved. It holds within seconds."},
	"rules.cooling.asked":          {"已提交。改短要另一位复核人员同意后才生效。", "A shorter time waits for another approver, and holds from then on."},
	"rules.cooling.refused":        {"已记下不同意，等候时间不变。", "Refused. The time stays as it is."},
	"rules.cooling.state.waiting":  {"等第二人同意", "Waits for a second person"},
	"rules.cooling.state.in_force": {"现行", "In force"},
	"rules.cooling.state.refused":  {"没同意", "Refused"},
	"rules.cooling.state.replaced": {"已被后来的代替", "Replaced"},
}

var ruleTones = page.Tones{
	page.Busy: {"rules.cooling.state.waiting"},
	page.Good: {"rules.cooling.state.in_force"},
}
