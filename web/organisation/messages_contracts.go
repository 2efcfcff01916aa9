package organisation

import "banmuyuan/web/page"

// contractMessages are the words of the pages of purchase contracts.
var contractWords = map[string][2]string{
	"status.contract.draft":     {"草稿", "Draft"},
	"status.contract.approval":  {"待审批", "To be approved"},
	"status.contract.published": {"已发布", "Published"},
	"status.contract.signing":   {"签约中", "Signing"},
	"status.contract.running":   {"执行中", "Running"},
	"status.contract.closed":    {"已结束", "Closed"},

	"status.quota.proposed": {"等农户答复", "Waits for an answer"},
	"status.quota.booking":  {"登记中", "Being recorded"},
	"status.quota.signed":   {"已签", "Signed"},
	"status.quota.declined": {"不签", "Declined"},
	"status.quota.lapsed":   {"到期未答复", "No answer in time"},
	"status.quota.ended":    {"已结束", "Ended"},

	"raising.expected": {"等着交货", "to be delivered"},
	"raising.owed":     {"等买家付清", "waits for the buyer"},
	"raising.released": {"等银行打款", "the bank will pay it soon"},
	"raising.paid":     {"已到账", "paid"},

	"slot.":          {"全天", "Any time"},
	"slot.morning":   {"上午", "Morning"},
	"slot.afternoon": {"下午", "Afternoon"},

	"late.collection": {"该收的货没收完", "Goods not collected"},
	"late.payment":    {"货款待付", "Bill to be paid"},
	"late.advance":    {"预付款待付", "Advance to be paid"},
	"late.start":      {"签约已截止，该开始执行了", "Signing is over: the contract should start"},
	"late.call_off":   {"交货期已过，还有签约的货没提", "The delivery window is over and signed goods were not called off"},

	"contract.saved":      {"合同已保存。", "The contract is saved."},
	"contract.moved":      {"已办理。", "Done."},
	"contract.proposed":   {"已向 {n} 户提议份额。", "Quotas were proposed to {n} households."},
	"contract.called_off": {"提货单 {no} 已生成，请按下面的清单安排收货。", "Call-off {no} is placed. Arrange the collection by the list below."},
	"quota.signed":        {"签好了。合同已经存好，随时可以来看、来打印。", "Signed. The contract is kept here; you can read and print it at any time."},
	"quota.declined":      {"知道了，这份会给别的农户。", "Noted. It will be offered to another household."},
	"reference.saved":     {"参考价已公布。", "The prices are published."},
}

var contractTones = page.Tones{
	page.Good: {"status.contract.running", "status.quota.signed"},
	page.Busy: {"status.contract.published", "status.contract.signing", "status.quota.proposed", "status.quota.booking"},
	page.Care: {"status.contract.approval"},
	page.Over: {"status.contract.closed", "status.quota.declined", "status.quota.lapsed", "status.quota.ended"},
}
