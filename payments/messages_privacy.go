package payments

var privacyMessages = map[string][2]string{
	"unmask.reason":  {"请写明为什么要看，4 到 200 个字。", "Say why you need it, in 4 to 200 characters."},
	"unmask.nothing": {"这一户没有登记这个号码。", "This household has no such number registered."},
}
