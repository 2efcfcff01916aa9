package directory

import "banmuyuan/web/page"

var accountWords = map[string][2]string{
	"status.accounts.filling":  {"没有检查", "Not checked"},
	"status.accounts.checking": {"正在检查", "Being checked"},
	"status.accounts.checked":  {"待提交", "To be submitted"},
	"status.accounts.waiting":  {"待复核", "Waits for approval"},
	"status.accounts.applying": {"正在启用", "Being applied"},
	"status.accounts.done":     {"已启用", "Applied"},
	"status.accounts.refused":  {"未批准", "Refused"},
	"status.accounts.dropped":  {"已放弃", "Given up"},

	"accounts.excluded": {"复核时剔除：{why}", "Left out by the approver: {why}"},
}

var accountTones = page.Tones{
	page.Busy: {"status.accounts.checking", "status.accounts.applying"},
	page.Care: {"status.accounts.checked", "status.accounts.waiting"},
	page.Good: {"status.accounts.done"},
	page.Over: {"status.accounts.refused", "status.accounts.dropped"},
}
