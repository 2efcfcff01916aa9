package catalog

// TurnMessages are the sentences of Turns' keys, for web's glossary.
var TurnMessages = map[string][2]string{
	"objection.words":         {"请用您自己的话写清哪里不对，2 到 500 个字。", "Please say in your own words what is wrong, in 2 to 500 characters."},
	"objection.answer":        {"请写明答复，2 到 500 个字。农户会原样看到。", "Please write the answer, in 2 to 500 characters. The household reads it as it is."},
	"objection.step":          {"请选择：确实有误，或者没有错、说明原因。", "Please choose: it was wrong, or it was right and is explained."},
	"objection.days":          {"请填 1 到 60 之间的天数。", "Please enter a number of days from 1 to 60."},
	"objection.unknown":       {"没有找到这条异议。", "We could not find this objection."},
	"objection.not_yours":     {"异议由农户本人提出，或由它的帮扶责任人代提。", "Only the household itself, or its helper, objects."},
	"objection.presale":       {"这户在这个预售里没有货，请对别的预售提，或对收入和人口提。", "The household has no goods in this presale. Object to another one, or to its income and persons."},
	"objection.open":          {"这件事已经提过异议，县里还没答复。请等答复，或先撤回原来的。", "There is an objection to this already, which the county has not answered yet. Wait for the answer, or withdraw it first."},
	"objection.ended":         {"这条异议已经办结。", "This objection has ended already."},
	"objection.second_person": {"提异议的人不能自己答复，请换一位同事。", "Whoever raised it cannot answer it. Please ask a colleague."},

	"action.objection.raised":    {"提了异议：{words}", "Objected: {words}"},
	"action.objection.upheld":    {"县里答复异议（确实有误）：{words}", "The county answered the objection, which was right: {words}"},
	"action.objection.explained": {"县里答复异议（没有错）：{words}", "The county answered the objection, and explained: {words}"},
	"action.objection.withdrawn": {"撤回了异议", "Withdrew the objection"},
}
