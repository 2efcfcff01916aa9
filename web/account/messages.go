package account

var accountWords = map[string][2]string{
	"login.needed":              {"请先登录，登录后会回到您刚才的页面。", "Please log in. We will take you back to where you were."},
	"login.wrong":               {"账号或密码不正确，请检查后重试。", "The login or the password is wrong. Please check both and try again."},
	"login.out":                 {"您已退出登录。", "You have logged out."},
	"login.welcome":             {"欢迎回来，{name}。", "Welcome back, {name}."},
	"account.name.long":         {"姓名最多 {max} 个字。", "A name has at most {max} characters."},
	"account.phone.invalid":     {"请填写 11 位手机号，例如 139 0000 0000。", "Enter a mainland mobile number of 11 digits, such as 139 0000 0000."},
	"account.phone.taken":       {"这个手机号不能用来注册。如果是您的号码，请直接登录。", "This number cannot be registered. If it is yours, log in instead."},
	"account.password.empty":    {"请填写密码。", "Enter a password."},
	"account.password.short":    {"密码至少 8 个字符，可以用一句容易记住的话。", "A password needs at least 8 characters. A sentence you remember works well."},
	"account.password.long":     {"密码最多 128 个字符。", "A password has at most 128 characters."},
	"account.password.common":   {"这个密码太常见，容易被人猜到，请换一个。", "This password is among the first that people guess. Please choose another."},
	"account.password.wrong":    {"当前密码不正确。", "The current password is wrong."},
	"account.password.repeat":   {"两次填写的密码不一致。", "The two passwords differ."},
	"account.password.changed":  {"密码已修改，其他设备需要重新登录。", "Your password is changed. Other devices have to log in again."},
	"account.lang.invalid":      {"请选择中文或英文。", "Choose Chinese or English."},
	"account.lang.changed":      {"语言已保存。", "Your language is saved."},
	"account.registered":        {"注册成功，{name}，欢迎来到半亩园。", "Welcome to Banmuyuan, {name}. Your account is ready."},
	"account.disabled":          {"已停用", "Disabled"},
	"account.enabled":           {"正常", "Active"},
	"account.logged_out_others": {"其他设备已退出登录。", "Other devices are logged out."},
}
