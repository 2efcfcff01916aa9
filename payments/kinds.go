package payments

import "banmuyuan/internal/entry"

// KindAccount names the sheet of payout accounts.
const KindAccount = "payout_account"

// Kinds declares the sheets of a county's workbook that this module takes.
func Kinds() []*entry.Kind { return []*entry.Kind{&accountKind} }

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
