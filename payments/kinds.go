package payments

import "banmuyuan/internal/entry"

// Names of the sheets.
const (
	KindAccount = "payout_account"
	KindIncome  = "earlier_income"
)

// Kinds declares the sheets of a county's workbook that this module takes.
func Kinds() []*entry.Kind { return []*entry.Kind{&accountKind, &incomeKind} }

// KindByName finds a sheet's kind; "" is that of accounts, as batches had it before there were others.
func KindByName(name string) (*entry.Kind, bool) {
	if name == "" {
		name = KindAccount
	}
	for _, k := range Kinds() {
		if k.Name == name {
			return k, true
		}
	}
	return nil, false
}

func words(zh, en string) entry.Text { return entry.Text{Zh: zh, En: en} }

var accountKind = entry.Kind{
	Name: KindAccount, Title: words("收款账户", "Payout accounts"), Aliases: []string{"发卡清单", "银行卡清单", "打款账户", "农户收款账户"}, Stays: true,
	Hint: words("一行一户：户编号或户主身份证号填一个，账号这一列请设为文本格式。检查后由另一位复核人员批准才启用。",
		"One household a row, by its code or by its head's id number. Format the numbers as text. A second person approves them before they are used."),
	Fields: []entry.Field{
		{Name: "household", Head: words("户编号", "Household code"), Aliases: []string{"编号", "农户编号"}, Type: entry.Code, Example: "QH-01-001-0001"},
		{Name: "head_id", Head: words("户主身份证号", "Head's id number"), Aliases: []string{"身份证号", "身份证号码", "证件号码"}, Type: entry.IDNumber, Personal: true},
		{Name: "holder", Head: words("户名", "Account holder"), Aliases: []string{"开户人", "开户名", "持卡人", "账户名", "账户名称", "姓名", "户主姓名"}, Need: true, Max: 40, Personal: true, Example: "郑大河"},
		{Name: "bank", Head: words("开户行", "Bank"), Aliases: []string{"开户银行", "银行", "发卡行", "发卡银行"}, Need: true, Max: 60, Example: "青禾农商银行"},
		{Name: "number", Head: words("银行账号", "Account number"), Aliases: []string{"账号", "卡号", "银行卡号", "收款账号", "银行账户"}, Type: entry.Account, Need: true, Personal: true, Example: "6200000000000000001"},
		{Name: "relation", Head: words("与户主关系", "Relation to the head"), Aliases: []string{"关系"}, Max: 10, Example: ""},
		{Name: "reason", Head: words("说明", "Reason"), Aliases: []string{"备注", "原因"}, Max: 100, Example: ""},
		{Name: "document", Head: words("证明材料", "Document"), Aliases: []string{"委托书", "证明", "证明编号"}, Max: 100, Example: ""},
	},
	Check: func(v entry.Values) []entry.Fault {
		if v.Text("household") == "" && v.Text("head_id") == "" {
			return []entry.Fault{{Field: "household", Key: "accounts.household.missing"}}
		}
		return nil
	},
}

var incomeKind = entry.Kind{
	Name: KindIncome, Title: words("历年收入", "Income of earlier years"), Aliases: []string{"往年收入", "历年增收明细", "农户历年收入"}, Stays: true,
	Key: []string{"household", "year", "month", "programme", "channel", "product"},
	Hint: words("启用本系统以前各年已经到账的收入，一户一年一个项目一行。由另一位复核人员批准后入账，不再打款。",
		"Income of the years before this system, paid already: one row a household, year and programme. It is booked after a second person's approval, and nothing is paid out."),
	Fields: []entry.Field{
		{Name: "household", Head: words("户编号", "Household code"), Aliases: []string{"编号", "农户编号"}, Type: entry.Code, Need: true, Example: "QH-01-001-0001"},
		{Name: "year", Head: words("年度", "Year"), Aliases: []string{"年份", "收入年度"}, Type: entry.Year, Min: 2000, Max: 2199, Need: true, Example: "2025"},
		{Name: "programme", Head: words("项目", "Programme"), Aliases: []string{"增收项目", "收入类别", "项目名称", "产业"}, Need: true, Max: 30, Example: "庭院种植"},
		{Name: "amount", Head: words("到户收入(元)", "Yuan received"), Aliases: []string{"到户收入", "收入", "收入元", "金额", "收入金额"}, Type: entry.Money, Need: true, Example: "1260.50"},
		{Name: "month", Head: words("月份", "Month"), Aliases: []string{"月"}, Type: entry.Count, Min: 1, Max: 12, Example: "",
			Hint: words("不填按 12 月。", "December where it is left empty.")},
		{Name: "channel", Head: words("销售渠道", "Channel"), Aliases: []string{"渠道", "收入方式"}, Type: entry.Choice, Example: "", Values: []entry.Value{
			{Code: "contract", Name: words("订单收购", "forward purchase")}, {Code: "private", Name: words("私人定制", "private orders")},
			{Code: "market", Name: words("爱心超市", "charity supermarket")}, {Code: "agency", Name: words("大户代养", "raised by others"), Aliases: []string{"代养"}},
			{Code: "distribution", Name: words("分红", "dividends"), Aliases: []string{"分配"}}}},
		{Name: "product", Head: words("产品代码", "Product code"), Max: 30, Example: ""},
		{Name: "units", Head: words("数量", "Units"), Type: entry.Count, Max: 1_000_000, Example: ""},
		{Name: "grams", Head: words("净重(公斤)", "Net kilograms"), Aliases: []string{"净重", "重量"}, Type: entry.Grams, Max: 1_000_000_000, Example: ""},
		{Name: "fee", Head: words("合作社扣留(元)", "Kept by the cooperative (yuan)"), Aliases: []string{"服务费", "扣款"}, Type: entry.Money, Example: ""},
		{Name: "org", Head: words("合作社", "Cooperative"), Aliases: []string{"合作社名称"}, Max: 80, Example: ""},
		{Name: "paid_on", Head: words("到账日期", "Paid on"), Aliases: []string{"打款日期", "到账日"}, Type: entry.Day, Example: "",
			Hint: words("不填按当月最后一天。", "The month's last day where it is left empty.")},
	},
	Check: func(v entry.Values) []entry.Fault {
		switch {
		case v["amount"] != nil && v.Int("amount") <= 0:
			return []entry.Fault{{Field: "amount", Key: "accounts.income.amount"}}
		case v.Int("fee") != 0 && v.Text("org") == "":
			return []entry.Fault{{Field: "org", Key: "accounts.income.org.missing"}}
		case checkProductCode(v.Text("product")):
			return []entry.Fault{{Field: "product", Key: "accounts.income.product"}}
		}
		return nil
	},
}

// checkProductCode reports whether a code has other characters than small letters, digits and underscores: it is part of the
// keys of postings.
func checkProductCode(code string) bool {
	for _, r := range code {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_' {
			return true
		}
	}
	return false
}
