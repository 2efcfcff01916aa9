package words

import "banmuyuan/web/page"

var distributionWords = map[string][2]string{
	"status.pool.draft":     {"填写中", "Draft"},
	"status.pool.waiting":   {"待复核", "Waits for approval"},
	"status.pool.posted":    {"已发放", "Posted"},
	"status.pool.cancelled": {"已作废", "Given up"},

	"pool.saved":      {"已保存。", "Saved."},
	"pool.snapshot":   {"已取登记名单，下面是试算结果。", "The registered households are taken. Below is what it comes to."},
	"pool.list_taken": {"名单已采用，下面是试算结果。", "The list is taken. Below is what it comes to."},
	"pool.submitted":  {"已提交，请另一位同事复核。", "Submitted. Somebody else now has to approve it."},
	"pool.posted":     {"已入账。各户会在致富账里看到，并在下一批打款中收到。", "Posted. Households see it in their income and are paid with the next batch."},
	"pool.sent_back":  {"已退回给经办修改。", "Sent back to be changed."},
	"pool.cancelled":  {"已作废。", "Given up."},

	"pool.stake.none": {"这里没有社员在这个合作社登记过股份、托管面积或菌袋。请先在“县里资料 → 社员”里登记，或上传名单。",
		"No member here has shares, entrusted land or bags registered in this cooperative. Register them under “County data → Cooperative members” first, or upload a list."},
	"pool.row.unknown": {"没有户编号“{code}”。请核对后重新上传。", "There is no household “{code}”. Check it and upload again."},
	"pool.row.twice":   {"户编号 {code} 与第 {line} 行重复。请保留一行。", "Household {code} is there twice, first in row {line}. Keep one."},
	"pool.row.number":  {"“{value}”不是有效的数字。请填写不小于 0 的数。", "“{value}” is not a number. Enter one that is not below 0."},

	"ledger.kind.pool":         {"待分红", "To be distributed"},
	"ledger.kind.reserve_fund": {"分红留存（公积金）", "Reserves of distributions"},
}

var distributionTones = page.Tones{
	page.Busy: {"status.pool.draft", "status.pool.waiting"},
	page.Good: {"status.pool.posted"},
	page.Over: {"status.pool.cancelled"},
}
