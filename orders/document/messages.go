package document

// Messages holds the sentences of documents, Chinese and English, for web's glossary.
var Messages = map[string][2]string{
	"document.kind":    {"没有这种单据。", "There is no such kind of document."},
	"document.subject": {"单据的对象不正确。请从订单或农户页面开具。", "What the document is about is not right. Issue it from the order or the household."},
	"document.not_yet": {"还不能开具：事情还没有办完，或已经更正。", "It cannot be issued: what it is about is not done yet, or was corrected."},
	"document.payee":   {"收款账户的户名是{holder}，户主是{head}，两者不一致，不能开收购结算单。请先更正收款账户。", "The account is held by {holder}, the head of the household is {head}. They must be the same person: correct the account first."},
	"document.unknown": {"没有找到这张单据。请核对单据号。", "We could not find this document. Check its number."},
}
