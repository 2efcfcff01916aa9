package payments

var reversalMessages = map[string][2]string{
	"reversal.unknown_txn":   {"没有找到这笔分录。请从分录页面点进来。", "We could not find this posting. Open it from the journal."},
	"reversal.unknown":       {"没有找到这个冲销申请。请返回冲销列表。", "We could not find this request. Go back to the list of reversals."},
	"reversal.reason":        {"请写明冲销原因，4 到 200 个字。", "Say why it has to be reversed, in 4 to 200 characters."},
	"reversal.why":           {"不同意时请写明原因，最多 200 个字。", "Say why you refuse, in at most 200 characters."},
	"reversal.kind":          {"这笔账是业务自动记的，不能单独冲销。请在原业务里更正：过磅改过磅单，收款做退款，打款走退票。", "This was posted by what happened to an order, a household or at the provider, and cannot be reversed by itself. Correct it there: a weight by its ticket, a payment by a refund, a payout by its return."},
	"reversal.reversed":      {"这笔账已经冲销过，不能再冲一次。", "This posting was reversed before. It cannot be reversed twice."},
	"reversal.asked":         {"这笔账已经有人申请冲销，在等复核。", "Somebody has asked to reverse this posting. It waits for the second person."},
	"reversal.mirror":        {"冲销分录本身不能再冲销，请重新录入原业务。", "A reversal cannot be reversed. Enter the original business again instead."},
	"reversal.on_statement":  {"银行流水已经对上这笔，请先冲销流水的对应关系。", "The bank’s statement shows this. First reverse what put the statement’s line to it."},
	"reversal.provider":      {"这笔退款是支付渠道退的，不能手工冲销；渠道退回时会自动记账。", "The provider made this refund, so it is not reversed by hand: if it comes back, that is booked by itself."},
	"reversal.decided":       {"这个申请已经处理过。请刷新页面。", "This was decided before. Reload the page."},
	"reversal.second_person": {"申请人和记这笔账的人不能自己复核，请另一位同事处理。", "Whoever asked for it or made the posting cannot approve it. Ask somebody else."},
}
