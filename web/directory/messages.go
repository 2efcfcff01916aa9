package directory

import "banmuyuan/web/page"

var words = map[string][2]string{
	"status.entries.filling":  {"没有检查", "Not checked"},
	"status.entries.checking": {"正在检查", "Being checked"},
	"status.entries.checked":  {"待确认", "Waits for confirmation"},
	"status.entries.loading":  {"正在导入", "Being imported"},
	"status.entries.loaded":   {"已导入", "Imported"},
	"status.entries.dropped":  {"已放弃", "Given up"},

	"directory.what.added":    {"登记", "Added"},
	"directory.what.changed":  {"修改", "Changed"},
	"directory.what.retired":  {"停用", "Taken out of use"},
	"directory.what.restored": {"恢复使用", "Back in use"},

	"directory.what.handed_over": {"帮扶的户交给别人", "Households handed over"},
	"directory.what.taken_over":  {"接手帮扶的户", "Households taken over"},

	"directory.saved":    {"已保存。", "Saved."},
	"directory.retired":  {"已停用。以前的订单和账不受影响。", "Taken out of use. Earlier orders and accounts stay as they are."},
	"directory.restored": {"已恢复使用。", "Back in use."},

	"directory.helper.replaced": {"已把 {n} 户交给新的帮扶责任人。代办同意要重新登记。", "{n} households have the other helper now. Their consent has to be recorded anew."},

	"setup.none":       {"文件里没有可以导入的行。请下载模板对照，填好后再传。", "The file has no rows to import. Compare it with the template, fill it in and send it again."},
	"setup.forgotten":  {"已忘掉这个列名，下次遇到会再问。", "The heading is forgotten. You will be asked about it again."},
	"setup.wrong.gone": {"有问题的行只保留一天，已经清除。请改好原文件后重新上传。", "Wrong rows are kept for a day and are gone. Mend the original file and send it again."},
}

var tones = page.Tones{
	page.Busy: {"status.entries.checking", "status.entries.loading"},
	page.Care: {"status.entries.checked"},
	page.Good: {"status.entries.loaded"},
	page.Over: {"status.entries.dropped"},
}
