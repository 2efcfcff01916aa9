package payments

var booksMessages = map[string][2]string{
	"books.day":             {"日期不正确，请按“2026-01-31”的格式填写。", "The date is not right. Write it like 2026-01-31."},
	"books.window":          {"结束日期不能早于开始日期。", "The last day cannot be before the first."},
	"books.unknown_account": {"没有这个户头。请从总账或分录里点进来。", "There is no such account. Open it from the ledger or the journal."},
	"books.month":           {"月份不正确，请按“2026-01”的格式填写。", "The month is not right. Write it like 2026-01."},
	"books.month_runs":      {"这个月还没有过完，不能结账。", "This month is not over and cannot be closed."},
	"books.asked":           {"已有一个月在等复核，请先处理完。", "Another month waits to be closed. Decide on that first."},
	"books.closed":          {"这个月已经结账。", "This month is closed already."},
	"books.decided":         {"这个申请已经处理过。请刷新页面。", "This was decided before. Reload the page."},
	"books.unknown_closing": {"没有找到这个结账申请。请返回结账页面。", "We could not find this request. Go back to the list of months."},
}
