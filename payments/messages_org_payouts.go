package payments

var orgPayoutMessages = map[string][2]string{
	"orgpay.org":           {"请选择收款单位。", "Choose the organisation to pay."},
	"orgpay.account":       {"请选择付哪一笔：合作社应收款，或代养分成。", "Choose what is paid: what a cooperative is owed, or a raiser’s part."},
	"orgpay.too_much":      {"现在最多可以付 {have}。买家没付清的、柜台已收的现金和在办的付款不能再付。", "At most {have} can be paid now. What buyers have not paid, cash in the organisation’s till and payments under way are not part of it."},
	"orgpay.note":          {"用途最多 200 个字。", "The purpose may have 200 characters."},
	"orgpay.unknown":       {"没有找到这笔对公付款。请返回列表。", "We could not find this payment. Go back to the list."},
	"orgpay.decided":       {"这笔付款已经处理过。请刷新页面。", "This payment was dealt with before. Reload the page."},
	"orgpay.second_person": {"提出付款的人不能自己复核，复核的人不能自己登记付款。请另一位同事处理。", "Nobody approves what they proposed, or records what they approved. Ask a colleague."},
	"orgpay.less_now":      {"提出之后有货款退回或更正，现在只够付 {have}。请退回，按新的金额重新提出。", "Since it was proposed something was taken back or corrected: only {have} can be paid now. Reject it and have it proposed anew."},
	"orgpay.not_approved":  {"这笔付款不在待付款状态。请刷新页面。", "This payment does not wait to be paid. Reload the page."},
	"orgpay.not_paid":      {"这笔付款没有付出，谈不上退票。请刷新页面。", "This payment was not made, so it cannot come back. Reload the page."},
	"orgpay.why":           {"请写明原因，最多 200 个字。", "Say why, in at most 200 characters."},
	"orgpay.bank_ref":      {"请填写银行流水号，最多 100 个字符。", "Enter the bank’s reference, at most 100 characters."},
	"orgpay.bank_ref_used": {"这个流水号已登记过另一笔支出。请核对后重新填写。", "This reference was recorded for other money out. Check it and enter it again."},
	"orgpay.paid_on":       {"付款日期不能晚于今天，也不能早于复核通过那天。", "The day cannot be in the future, nor before the payment was approved."},
	"orgpay.returned_on":   {"退回日期不能晚于今天，也不能早于付款那天。", "The day cannot be in the future, nor before the bank paid."},
	"orgpay.state":         {"没有这种状态。", "There is no such state."},
	"reversal.built_on":    {"后来的账已经用到这笔款，不能单独冲销。请联系管理员。", "Later postings build on this one, so it cannot be reversed by itself. Ask an administrator."},
}
