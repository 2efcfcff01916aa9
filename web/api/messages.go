package api

// Messages are the sentences of this package's own errors.
var Messages = map[string][2]string{
	"api.parameter":         {"这个参数的格式不对，请核对后重试。", "This parameter is not of the right form; check it and try again."},
	"api.unknown_parameter": {"没有名为 {name} 的参数，请对照接口文档。", "There is no parameter {name}; see the API description."},
	"api.unknown_field":     {"没有名为 {name} 的字段，请对照接口文档。", "There is no field {name}; see the API description."},
	"api.type":              {"这个字段的类型不对，请对照接口文档。", "This field is not of the right type; see the API description."},
	"api.idempotency_key":   {"请在 Idempotency-Key 请求头里给出 8 至 64 位的幂等键；重试时用同一个。", "Send an Idempotency-Key header of 8 to 64 characters, and the same one when you try again."},
	"api.other_account":     {"现在登录的是另一个账号，请用记录这些过磅的账号登录后再同步。", "Somebody else is logged in. Log in with the account that weighed these, and send them again."},
	"api.order_state":       {"没有名为 {state} 的订单状态，请对照接口文档。", "There is no order state {state}; see the API description."},
	"api.own_path":          {"返回地址只能是本站以 / 开头的路径。", "The address to return to must be a path on this site that starts with /."},
}
