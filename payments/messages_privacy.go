package payments

var privacyMessages = map[string][2]string{
	"unmask.reason":  {"请写明为什么要看，4 到 200 个字。", "Say why you need it, in 4 to 200 characters."},
	"unmask.limit":   {"您 24 小时内已查看 {max} 个完整号码，达到上限。请明天再看，或请另一位同事查看。", "You have looked at {max} full numbers within 24 hours, which is the most for one person. Look again tomorrow, or ask a colleague."},
	"unmask.nothing": {"这一户没有登记这个号码。", "This household has no such number registered."},
}
