package payments

import "maps"

func init() {
	maps.Copy(Messages, map[string][2]string{
		"pool.unknown":            {"没有找到这次分红。请返回分红列表。", "We could not find this distribution. Go back to the list."},
		"pool.title":              {"请填写名称，2 到 60 个字。", "Enter a title of 2 to 60 characters."},
		"pool.kind":               {"请选择分红类型：种薯、菌棒或光伏。", "Choose what is distributed: seed potato, mushroom or solar."},
		"pool.kind_fixed":         {"已经有名单，不能再改类型。请新建一次分红。", "There is a list already, so the kind stays. Make a new distribution instead."},
		"pool.season":             {"年度不正确。", "The year is not right."},
		"pool.month":              {"月份应为 1 到 12。", "The month is from 1 to 12."},
		"pool.record_date":        {"登记日不正确，请按“2026-01-31”的格式填写。", "The record date is not right. Write it like 2026-01-31."},
		"pool.before_record_date": {"还没到登记日，名单还可能变。请到登记日当天或之后再提交。", "The record date has not come; the list may still change. Submit it on that day or later."},
		"pool.org":                {"请选择是哪家合作社的盈余。", "Choose the cooperative whose surplus it is."},
		"pool.items":              {"收入和成本各最多 {max} 项。", "At most {max} items of income and of costs."},
		"pool.label":              {"请写明是什么款，最多 60 个字。", "Say what it is, in at most 60 characters."},
		"pool.member":             {"这一户的股份、交易量或金额不正确。", "The shares, volume or amount of this household are not right."},
		"pool.member_twice":       {"这一户在名单里出现了两次。请保留一行。", "This household is listed twice. Keep one line."},
		"pool.no_members":         {"还没有参加分红的名单。请先取登记名单或上传名单。", "There is no list of members yet. Take the registered ones or upload a list."},
		"pool.no_surplus":         {"收入减去成本和留存后没有可分的钱（{surplus:money}）。请核对各项金额。", "After costs and reserve there is nothing to distribute ({surplus:money}). Check the amounts."},
		"pool.trade_part":         {"按交易量返还的比例不能低于可分配盈余的 60%（农民专业合作社法第四十四条）。", "At least 60 % of the surplus goes back by trade volume (article 44 of the law on farmers' cooperatives)."},
		"pool.no_trade":           {"名单里没有任何交易量，无法按交易量返还 60%。请补上交易量。", "Nobody on the list has a trade volume, so 60 % cannot go back by it. Add the volumes."},
		"pool.no_shares":          {"名单里没有任何股份，剩下的部分无法按股分。请补上股份，或全部按交易量返还。", "Nobody on the list has a share, so the rest cannot go by shares. Add the shares or give all by trade volume."},
		"pool.list_sum":           {"名单合计 {list:money}，可分 {surplus:money}，两者必须相等。请核对名单或留存金额。", "The list comes to {list:money}, the surplus is {surplus:money}; they must be equal. Check the list or the reserve."},
		"pool.not_draft":          {"这次分红已经提交、发放或作废，不能再改。请刷新页面。", "This distribution is submitted, posted or given up and cannot be changed. Reload the page."},
		"pool.not_waiting":        {"这次分红没有在等复核。请刷新页面。", "This distribution does not wait for approval. Reload the page."},
		"pool.changed":            {"别人刚改过这次分红。请刷新页面，看过最新内容再操作。", "Somebody has just changed this distribution. Reload the page and look at it again."},
		"pool.reason":             {"请写明退回的原因。", "Say why you send it back."},
	})
}
