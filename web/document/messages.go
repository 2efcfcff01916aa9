package document

var words = map[string][2]string{
	"document.kind.confirmation": {"订单确认单", "Order confirmation"},
	"document.kind.receipt":      {"收据", "Receipt"},
	"document.kind.acceptance":   {"验收单", "Acceptance note"},
	"document.kind.purchase":     {"收购结算单", "Purchase statement"},
	"document.kind.refund":       {"退款单", "Refund note"},
}
