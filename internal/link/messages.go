package link

// Messages holds the sentences of this package's keys, Chinese and English, for web's glossary.
var Messages = map[string][2]string{
	"invalid":         {"填写的内容有几处需要修改，请按提示逐项更正后再提交。", "Some entries need correcting. Please fix each one marked and submit again."},
	"unauthenticated": {"请先登录再继续。", "Please log in to continue."},
	"forbidden":       {"您没有权限进行此操作。如有需要，请联系本单位管理员。", "You are not allowed to do this. Ask your organisation's administrator if you need to."},
	"unsigned":        {"系统各部分之间的身份校验未通过，请联系系统管理员。", "Parts of the system could not prove themselves to each other. Please tell the operator."},
	"page.limit":      {"每页数量要在 1 到 {max} 之间。", "A page has 1 to {max} entries."},
	"page.cursor":     {"翻页标记无效，请从第一页重新开始。", "This page marker is not valid. Start from the first page again."},
	"not_found":       {"没有找到您要的内容，请检查链接或返回上一页。", "We could not find this. Check the link or go back."},
	"conflict":        {"内容已被他人更改，请刷新页面后重试。", "This changed in the meantime. Reload the page and try again."},
	"title.limit":     {"已到上限。", "A limit is reached."},
	"title.too_often": {"操作太频繁，请稍后再试。", "Too many tries. Please wait."},
	"sold_out":        {"余量不足，请减少数量后再试。", "Not enough is left. Please ask for less."},
	"too_large":       {"内容太大，请分批提交或缩小范围。", "This is too large. Please send it in parts or narrow the selection."},
	"malformed":       {"提交的数据格式不正确，请检查后重新提交。", "The data is not in the expected form. Please check it and submit again."},
	"unavailable":     {"服务暂时不可用，请稍后再试。", "The service is not available right now. Please try again shortly."},
	"timeout":         {"等待时间过长，结果尚不确定。请稍后查看，或再次提交（不会重复处理）。", "This took too long and its outcome is not known yet. Look again shortly, or submit once more: it will not be done twice."},
	"disk_full":       {"系统存储空间不足，暂时不能接受新的提交，没有扣款。请稍后再试。", "The system is short of storage and takes nothing new for the moment. Nothing was charged. Please try again later."},
	"backlog":         {"系统内部消息积压，暂时不能接受新的提交，没有扣款。请稍后再试。", "The system is behind with its work and takes nothing new for the moment. Nothing was charged. Please try again later."},
	"busy":            {"当前访问人数较多，请稍后再试。", "We are very busy right now. Please try again in a moment."},
	"internal":        {"系统出现故障，我们已记录。请稍后再试。", "Something went wrong on our side and has been recorded. Please try again later."},
}
