package payments

import "maps"

// Messages are the sentences of this module's keys, Chinese and English, for web's glossary.
var Messages = joined(messages, booksMessages, distributionMessages, orgPayoutMessages, accountBatchMessages, privacyMessages, reversalMessages)

func joined(lists ...map[string][2]string) map[string][2]string {
	all := map[string][2]string{}
	for _, l := range lists {
		maps.Copy(all, l)
	}
	return all
}

var messages = map[string][2]string{
	"payment.unknown":              {"没有找到这笔付款。请返回订单查看付款记录。", "We could not find this payment. Go back to the order to see its payments."},
	"payment.amount":               {"金额不正确。请填写大于 0、不超过一亿元的金额。", "The amount is not right. Enter more than 0 and at most 100 million yuan."},
	"payment.no_account":           {"县里还没有填收款账户，暂时不能用转账付款。请换一种付款方式，或联系县里。", "The county has not entered the account to pay to yet. Please choose another way to pay, or contact the county."},
	"payment.method":               {"暂不支持这种付款方式。请换一种付款方式。", "This way to pay is not available. Please choose another one."},
	"payment.key":                  {"缺少幂等键，或幂等键超过 200 个字符。请补上后重新提交。", "The idempotency key is missing or longer than 200 characters. Add one and submit again."},
	"payment.key_reused":           {"这个幂等键已用于另一个请求。请换一个新的再提交。", "This idempotency key was used for another request. Submit with a new one."},
	"payment.purpose":              {"付款用途只能是定金或尾款。", "A payment is for a deposit or a balance."},
	"payment.party":                {"缺少付款人。请登录后重新付款。", "It is not clear who pays. Log in and start the payment again."},
	"payment.description":          {"付款说明过长，最多 {max} 个字。", "The description is too long; at most {max} characters."},
	"payment.return_url":           {"返回地址过长。请从订单页面重新付款。", "The address to return to is too long. Start the payment from the order's page."},
	"payment.code":                 {"识别码不正确，应为 6 到 40 位字母或数字。", "The transfer code is not right: it needs 6 to 40 letters or digits."},
	"payment.cursor":               {"翻页位置已失效。请回到第一页。", "This page position is no longer valid. Go back to the first page."},
	"payment.ref":                  {"收款对象的格式不正确。", "What the money is for is not in the expected form."},
	"payment.too_many":             {"一次最多查询 {max} 项。请分批查询。", "Ask for at most {max} at a time."},
	"payment.ref_closed":           {"这笔订单已停止收款。请刷新订单查看最新状态。", "This order takes no more payments. Reload it to see what happened."},
	"payment.declined":             {"银行没有通过这笔付款，没有扣款。请重新付款或换一种付款方式。", "The bank declined this payment and nothing was charged. Try again or choose another way to pay."},
	"payment.provider_refused":     {"付款渠道没有受理这笔付款，没有扣款。请换一种付款方式。", "The payment provider did not accept this payment and nothing was charged. Choose another way to pay."},
	"payment.provider_unavailable": {"付款渠道暂时没有回应，正在核对结果。请稍后查看，不要重复付款。", "The payment provider is not answering and we are checking the outcome. Look again shortly; do not pay twice."},
	"payment.wrong_amount":         {"到账金额与应付金额不符，正在核对。核对后会退款或与您联系。", "The amount that arrived is not the amount due. We are checking and will refund it or contact you."},

	"refund.unknown":           {"没有找到这笔退款。请返回退款列表查看。", "We could not find this refund. Go back to the list of refunds."},
	"refund.cancelled":         {"订单取消，退还已付款项", "Order cancelled: what was paid is returned"},
	"refund.less_than_deposit": {"过磅金额低于定金，退还多付部分", "The weighed amount is below the deposit: the rest is returned"},
	"refund.overpaid":          {"付款超过应付金额，退还多付部分", "More was paid than was due: the rest is returned"},
	"refund.taken_back":        {"商品退回，退还货款", "The goods came back: what was paid for them is returned"},
	"refund.late":              {"付款到账时订单已结束，原款退还", "The payment arrived after the order had ended: it is returned in full"},
	"refund.window_over":       {"已超过支付渠道的退款期限，改为银行转账退款。", "The provider's time for refunds is over, so it will be transferred by bank."},
	"refund.provider_failed":   {"原渠道退款未成功，改为银行转账退款。", "The refund through the provider failed, so it will be transferred by bank."},
	"refund.provider_refused":  {"支付渠道没有受理退款，改为银行转账退款。", "The provider did not accept the refund, so it will be transferred by bank."},
	"refund.by_dispute":        {"买家已通过发卡行取回这笔款，无需再退。", "The buyer's bank has taken this money back already: nothing more is sent."},
	"refund.disputed":          {"这笔付款发生过争议，支付渠道不再退款，改为银行转账退款。", "This payment was disputed, so the provider refunds nothing: it will be transferred by bank."},
	"refund.second_person":     {"大额退款不能由同一个人发起、审批或办理。请让另一位同事处理。", "A large refund may not be started, approved and transferred by the same person. Ask a colleague."},
	"refund.not_in_review":     {"这笔退款不需要审批，或已经审批。请刷新列表。", "This refund does not wait for approval. Reload the list."},
	"refund.bank_ref":          {"请填写银行流水号或收据号，最多 100 个字符。", "Enter the bank's reference or the receipt number, at most 100 characters."},
	"refund.bank_ref_used":     {"这个流水号已登记过另一笔退款。请核对后重新填写。", "This reference was recorded for another refund. Check it and enter it again."},
	"refund.not_by_bank":       {"这笔退款不需要人工转账，或已经完成。请刷新列表。", "This refund needs no transfer, or is done already. Reload the list."},
	"refund.paid_on":           {"付款日期不能晚于今天。", "The date paid cannot be in the future."},

	"transfer.lines":           {"请至少填写一笔到账，一次最多 {max} 笔。", "Enter at least one transfer and at most {max} at a time."},
	"transfer.bank_ref":        {"请填写银行流水号，最多 100 个字符。", "Enter the bank's reference, at most 100 characters."},
	"transfer.bank_ref_twice":  {"这个流水号在本次提交中出现了两次。请删除重复的一行。", "This reference is there twice. Remove one of the lines."},
	"transfer.bank_ref_reused": {"流水号 {ref} 已登记过，但金额不同。请与银行流水核对，本次提交没有入账。", "Reference {ref} was recorded with another amount. Check the bank statement; nothing of this submission was booked."},
	"transfer.text":            {"付款人最多 200 个字，附言最多 500 个字。", "The payer may have 200 characters, the memo 500."},
	"transfer.paid_on":         {"到账日期不正确，不能晚于今天。", "The date is not right; it cannot be in the future."},
	"transfer.unknown":         {"没有找到这笔到账。请刷新银行流水列表。", "We could not find this transfer. Reload the statement."},
	"transfer.matched":         {"这笔到账已经认领。请刷新银行流水列表。", "This transfer was matched before. Reload the statement."},
	"transfer.other_method":    {"这笔付款不是银行转账，不能认领。请选择银行转账的付款。", "That payment is not a bank transfer. Choose one that is."},

	"transfer.return_ref":           {"请填写退回转账的银行流水号，最多 100 个字符。", "Enter the bank's reference of the transfer back, at most 100 characters."},
	"transfer.return_second_person": {"金额超过限额，登记这笔到账的人不能自己办理退回。请让另一位同事处理。", "Above the limit, whoever recorded this receipt may not return it. Ask a colleague."},
	"transfer.not_booked":           {"没有找到对应的已入账款项，可能已被认领。请刷新页面。", "There is nothing booked like that any more. Reload the page."},
	"transfer.booked_differs":       {"这笔到账比已入账的 {want} 元还多，不能认领到它。", "This receipt is more than the {want} yuan that were booked."},

	"statement.size":       {"请选择银行流水文件，不超过 16 MB。", "Choose the bank's statement, at most 16 MB."},
	"statement.unreadable": {"文件无法读取。请上传网银导出的 CSV 或 XLSX 原文件。", "The file cannot be read. Upload the CSV or XLSX file as the bank's site gives it."},
	"statement.too_long":   {"文件超过 {max} 行。请分几次导出。", "The file has more than {max} lines. Export it in parts."},
	"statement.no_columns": {"前 20 行里没有找到这些列：{columns}。请使用网银导出的原文件，或请管理员配置列名。", "The first 20 lines lack these columns: {columns}. Use the bank's own file, or have an administrator set the columns' names."},
	"statement.empty":      {"文件里没有流水。请确认是否选错了文件。", "There are no lines in the file. Check that it is the right one."},
	"statement.no_ref":     {"这一行没有银行流水号，或流水号超过 100 个字符。", "This line has no bank reference, or one longer than 100 characters."},
	"statement.ref_twice":  {"流水号 {value} 在文件里出现了两次。请与银行核对。", "Reference {value} is there twice. Check with the bank."},
	"statement.bad_amount": {"金额“{value}”无法识别或过大。", "The amount “{value}” cannot be read or is too large."},
	"statement.bad_date":   {"日期“{value}”不正确，不能晚于今天。", "The date “{value}” is not right; it cannot be in the future."},
	"statement.note":       {"请写明这笔支出是什么，2 到 200 个字。", "Say what this was, in 2 to 200 characters."},
	"statement.explained":  {"这笔支出已有说明。请刷新列表。", "This line is explained already. Reload the list."},

	"recon.running": {"对账正在进行，请稍后查看结果。", "A comparison is running. Look again in a moment."},
	"recon.unknown": {"没有找到这次对账。请返回对账列表。", "We could not find this comparison. Go back to the list."},

	"cash.slip":               {"请填写银行缴款单号，最多 60 个字。", "Enter the number on the bank's slip, at most 60 characters."},
	"cash.slip_used":          {"这张缴款单已登记过，但金额不同。请核对。", "This slip was recorded with another amount. Check it."},
	"cash.banked_on":          {"缴款日期不正确，不能晚于今天。", "The date is not right; it cannot be in the future."},
	"cash.more_than_there_is": {"现金只有 {have}，缴存金额不能超过它。", "There is only {have} in cash; no more can be brought to the bank."},

	"cash.receipt":        {"请填写收据编号，最多 60 个字。", "Enter the receipt's number, at most 60 characters."},
	"cash.receipt_used":   {"这张收据已用于另一笔收款。请核对收据编号。", "This receipt was used for another payment. Check its number."},
	"cash.not_due":        {"这笔付款不是现金付款，或已经收讫。请刷新订单。", "This payment is not in cash, or was taken already. Reload the order."},
	"cash.amount_differs": {"金额与应收不符，应收 {want}。", "The amount differs from what is due: {want}."},

	"payout.household":          {"请选择农户。", "Choose a household."},
	"payout.holder":             {"请填写户名，2 到 40 个字，与银行登记的一致。", "Enter the account holder as the bank knows them, 2 to 40 characters."},
	"payout.bank":               {"请填写开户行，2 到 60 个字。", "Enter the bank, 2 to 60 characters."},
	"payout.number":             {"账号应为 10 到 25 位数字。请对照银行卡或存折重新填写。", "An account number has 10 to 25 digits. Check it against the card or passbook."},
	"payout.second_person":      {"不能由同一个人既提交又审批。请让另一位有权限的同事审批。", "Nobody may approve what they entered themselves. Ask a colleague who may approve."},
	"payout.session":            {"用卡或密码数字登录只能查看和确认，不能换收款账户。请带银行卡到村里或县里办理，或请帮扶责任人代填。", "A login with a card or PIN reads and agrees; it changes no bank account. Bring the bank card to the village or the county, or ask your helper to enter it."},
	"payout.holder.why":         {"户名不是户主本人。请写明原因，2 到 200 个字。", "The holder is not the household's head. Say why, in 2 to 200 characters."},
	"payout.holder.document":    {"户名不是户主本人。请填写证明材料的名称或编号，2 到 100 个字。", "The holder is not the household's head. Name the document that shows it, in 2 to 100 characters."},
	"payout.nothing_to_approve": {"没有等待审批的收款账户。请刷新页面。", "No account waits for approval. Reload the page."},
	"payout.review.why":         {"请写明核对的情况，最多 200 个字。", "Please say what was found, 200 characters at most."},
	"payout.min":                {"起付金额不正确。", "The least amount to pay is not right."},
	"payout.nothing":            {"目前没有可以打款的款项。买方付清并验收后，款项会出现在这里。", "There is nothing to pay out now. Amounts appear here once buyers have paid and inspected."},
	"payout.unknown_batch":      {"没有找到这个打款批次。请返回批次列表。", "We could not find this batch. Go back to the list."},
	"payout.decided":            {"这个批次已经审批过。请刷新页面。", "This batch was decided before. Reload the page."},
	"payout.reason":             {"说明过长，最多 {max} 个字。", "The reason is too long; at most {max} characters."},
	"payout.not_approved":       {"批次还没有通过审批，不能导出。请先让另一位同事审批。", "The batch is not approved yet. Ask a colleague to approve it first."},
	"payout.not_exported":       {"批次还没有导出给银行，没有结果可以导入。请先导出打款文件。", "The batch has not been exported, so there is no result to import. Export the file first."},
	"payout.format":             {"文件格式只能是 CSV 或 XLSX。", "The format is CSV or XLSX."},

	"payout.result.size":             {"请选择银行返回的结果文件，不超过 16 MB。", "Choose the bank's result file, at most 16 MB."},
	"payout.result.unreadable":       {"文件无法读取。请上传银行返回的 CSV 或 XLSX 原文件。", "The file cannot be read. Upload the CSV or XLSX file as the bank returned it."},
	"payout.result.too_long":         {"文件超过 {max} 行。请确认是否选错了文件。", "The file has more than {max} lines. Check that it is the right one."},
	"payout.result.empty":            {"文件里没有打款结果。请确认是否选错了文件。", "There are no results in the file. Check that it is the right one."},
	"payout.result.no_column":        {"缺少“{column}”这一列。请使用银行返回的原文件。", "The column “{column}” is missing. Use the file as the bank returned it."},
	"payout.result.no_item":          {"这一行没有业务编号。请补上或删除这一行。", "This line has no item number. Add it or remove the line."},
	"payout.result.bad_amount":       {"金额“{value}”无法识别。请按“1234.50”的格式填写。", "The amount “{value}” cannot be read. Write it like 1234.50."},
	"payout.result.bad_status":       {"状态“{value}”无法识别，应为成功或失败。", "The status “{value}” is not known; it should be 成功 or 失败."},
	"payout.result.bad_date":         {"日期“{value}”不正确。请按“2026-01-31”的格式填写，且不晚于今天。", "The date “{value}” is not right. Write it like 2026-01-31, not in the future."},
	"payout.result.unknown_item":     {"业务编号 {item} 不在这个批次里。请确认文件属于这个批次。", "Item {item} is not in this batch. Check that the file belongs to it."},
	"payout.result.duplicate_item":   {"业务编号 {item} 出现了两次。请与银行核对。", "Item {item} is there twice. Check with the bank."},
	"payout.result.missing_item":     {"缺少业务编号 {item} 的结果。请向银行索取完整的结果文件。", "The result of item {item} is missing. Ask the bank for the complete file."},
	"payout.result.amount_differs":   {"业务编号 {item} 的金额是 {got}，应为 {want}。请与银行核对。", "Item {item} says {got}; it should be {want}. Check with the bank."},
	"payout.result.already_returned": {"业务编号 {item} 此前已退票，不能再改为成功。请与银行核对。", "Item {item} was returned before and cannot become paid. Check with the bank."},
}
