package bankfile_test

import (
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"banmuyuan/payments/bankfile"
)

// Statements as further banks write them, by the kind of fault that they tempt a reader to (K1 to K9): the right result of each.
func TestStatementKinds(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ table, want string }{
		"K1 收支 as 收 and 支":             {"记账日期,流水号,发生额,收/支\n2026-09-18,A1,500,收\n2026-09-18,A2,200,支\n", "1/50000 1/20000"},
		"K1 来账 and 往账":                 {"日期,流水号,金额,资金流向\n2026-09-18,A1,500,来账\n2026-09-18,A2,200,往账\n", "1/50000 1/20000"},
		"K1 letters":                   {"Date,Reference,Amount,D/C\n2026-09-18,A1,500.00,C\n2026-09-18,A2,200.00,d\n", "1/50000 1/20000"},
		"K1 words in brackets":         {"日期,流水号,金额,借贷标志\n2026-09-18,A1,500,贷(收)\n2026-09-18,A2,200,【借】\n", "0/0 1/20000 A1?direction"},
		"K1 CR and DR in the amount":   {"日期,流水号,发生额\n2026-09-18,A1,500.00 CR\n2026-09-18,A2,200.00Dr\n", "1/50000 1/20000"},
		"K1 a column of one word":      {"日期,流水号,金额,类别\n2026-09-18,A1,500,转账\n2026-09-18,A2,200,转账\n", "0/0 0/0 A1?direction A2?direction"},
		"K1 neither sign nor word":     {"日期,流水号,金额,对方户名,附言\n2026-09-18,A1,500,某公司,退款 BM100000100197\n", "0/0 0/0 A1?direction"},
		"K1 a full-width minus":        {"日期,流水号,金额\n2026-09-18,A1,５００．００\n2026-09-18,A2,－２００\n", "1/50000 1/20000"},
		"K1 only money out":            {"日期,流水号,支出金额\n2026-09-18,A1,500\n", "0/0 0/0 !no_columns"},
		"K1 the word above the column": {"日期,流水号,转入金额,转出金额\n2026-09-18,A1,500,0.00\n2026-09-18,A2,0.00,200\n", "1/50000 1/20000"},
		"K2 two rows, credit first":    {"日期,流水号,发生额,,摘要\n,,贷方,借方,\n2026-09-18,A1,500,,货款\n2026-09-18,A2,,200,付\n", "1/50000 1/20000"},
		"K2 two rows below notes":      {"单位：某社\n制表：王\n日期,流水号,交易,,余额\n,,收入金额,支出金额,\n2026-09-18,A1,500,,1500\n2026-09-18,A2,,200,1300\n", "1/50000 1/20000"},
		"K2 a web page that spans rows": {`<table><tr><th rowspan=2>日期</th><th rowspan=2>流水号</th><th colspan=2>发生额</th><th rowspan="2">摘要</th></tr><tr><th>借方</th><th>贷方</th></tr>` +
			`<tr><td>2026-09-18</td><td>A1</td><td>200.00</td><td></td><td>付货款</td></tr><tr><td>2026-09-18</td><td>A2</td><td></td><td>500.00</td><td>货款</td></tr></table>`, "1/50000 1/20000"},
		"K2 an XML sheet with merged cells": {`<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet><Table>` +
			xmlRow("日期", "流水号", ">发生额", "摘要") + `<Row><Cell Index="3"><Data Type="String">借方</Data></Cell><Cell><Data Type="String">贷方</Data></Cell></Row>` +
			xmlRow("2026-09-18", "A1", "200.00", "", "付货款") + xmlRow("2026-09-18", "A2", "", "500.00", "货款") + `</Table></Worksheet></Workbook>`, "1/50000 1/20000"},
		"K3 a currency in the head":       {"日期,流水号,收入金额(USD),支出\n2026-09-18,A1,500,\n", "0/0 0/0 !no_columns"},
		"K3 a code of another currency":   {"日期,流水号,账户币种,收入,支出\n2026-09-18,A1,840,500,\n2026-09-18,A2,CNY-人民币,5,\n", "1/500 0/0 A1?currency"},
		"K3 a currency behind the amount": {"日期,流水号,收入,支出\n2026-09-18,A1,500 HKD,\n2026-09-18,A2,RMB 5.00,\n", "1/500 0/0 A1?currency"},
		"K3 a status nobody foresaw":      {"日期,流水号,收入,支出,指令结论\n2026-09-18,A1,500,,失败\n2026-09-18,A2,5,,成功\n2026-09-18,A3,5,,处理中\n", "1/500 0/0 A1?status A3?status"},
		"K3 whether it succeeded":         {"日期,流水号,收入,支出,是否成功\n2026-09-18,A1,500,,否\n2026-09-18,A2,5,,是\n", "1/500 0/0 A1?status"},
		"K3 failed, in English":           {"Date,Reference,Credit,Debit,State of line\n2026-09-18,A1,500,,FAILED\n2026-09-18,A2,5,,Completed\n", "1/500 0/0 A1?status"},
		"K3 a payee called so":            {"日期,流水号,对方户名,收入,支出\n2026-09-18,A1,超时,500,\n", "1/50000 0/0"},
		"K4 a reference of 18 digits":     {"日期,流水号,收入,支出\n2026-09-18,202609180000001234,5,\n2026-09-18,202609180000001235,5,\n", "2/1000 0/0"},
		"K4 cut, with commas":             {"日期,流水号,收入,支出\n2026-09-18,2.02609180000001E+17,5,\n", "0/0 0/0 !ref_cut"},
		"K6 a minus and a mark":           {"日期,流水号,收入,支出,冲正标志\n2026-09-18,A1,,35,\n2026-09-19,A2,,-35,是\n", "1/3500 1/3500"},
		"K6 冲账 in the memo":               {"日期,流水号,收入,支出,摘要\n2026-09-18,A1,,35,手续费\n2026-09-19,A2,,-35.00,手续费冲账\n", "1/3500 1/3500"},
		"K6 in brackets":                  {"日期,流水号,金额,摘要\n2026-09-18,A1,(35.00),手续费\n2026-09-19,A2,35.00,反交易\n2026-09-19,A3,9,货款\n", "2/4400 1/3500"},
		"K7 sums above the rows":          {"日期,流水号,收入,支出\n合计,,505,3\n2026-09-18,A1,500,\n2026-09-18,A2,5,\n2026-09-18,A3,,3\n", "2/50500 1/300"},
		"K7 sums of each day":             {"日期,流水号,收入,支出\n2026-09-18,A1,500,\n2026-09-18,日合计,500,\n2026-09-19,A2,5,\n本日小计,1笔,5,\n", "2/50500 0/0"},
		"K7 a count at the end":           {"日期,流水号,收入,支出\n2026-09-18,A1,500,\n收入笔数：1,收入金额：500.00,,\n", "1/50000 0/0"},
		"K7 an amount that is none":       {"日期,流水号,收入,支出\n2026-09-18,,abc,\n2026-09-18,A2,5,\n", "1/500 0/0 !bad_amount"},
		"K7 notes below the rows":         {"日期,流水号,收入,支出\n2026-09-18,A2,5,\n制表人：王,复核：李,,\n第1页,,共2页,\n", "1/500 0/0"},
		"K7 day and time apart":           {"交易日期,交易时间,流水号,收入,支出\n20260918,102345,A1,500,\n2026/9/18,10:23,A2,5,\n", "2/50500 0/0"},
		"K7 a zone":                       {"日期,流水号,收入,支出\n2026-09-18T01:00:00Z,A1,500,\n2026-09-18T09:00:00+08:00,A2,5,\n", "2/50500 0/0"},
		"K7 a month's name":               {"日期,流水号,收入,支出\n18-Sep-2026,A1,500,\n", "0/0 0/0 !bad_date"},
		"K8 what Excel writes first":      {"sep=;\n日期;流水号;收入;支出\n2026-09-18;A1;500,5;\n2026-09-18;A2;5;\n", "1/500 0/0 !bad_amount"},
		"K8 pipes around":                 {"|日期|流水号|收入|支出|\n|2026-09-18|A1|500.00||\n|2026-09-18|A2||3|\n", "1/50000 1/300"},
		"K8 quoted, with commas":          {"\"日期\",\"流水号\",\"收入\",\"支出\",\"摘要\"\r\n\"2026-09-18\",\"A1\",\"1,500.00\",\"\",\"货款，第一批,全部\"\r\n", "1/150000 0/0"},
		"K8 two accounts":                 {"账号：2300000000000001\n日期,流水号,收入,支出\n2026-09-18,A1,500,\n账号：2300000000000002,,,\n日期,流水号,收入,支出\n2026-09-18,A2,5,\n", "1/50000 0/0 A2?account"},
		"K8 an account of each line":      {"本方账号,日期,流水号,收入,支出\n2300000000000001,2026-09-18,A1,500,\n2300000000000002,2026-09-18,A2,5,\n2300000000000001,2026-09-18,A3,6,\n", "2/50600 0/0 A2?account"},
		"K8 an account behind stars":      {"账号：2300000000000001\n账号,日期,流水号,收入,支出\n2300********0001,2026-09-18,A1,500,\n", "1/50000 0/0"},
		"K8 the other side's account":     {"日期,流水号,收入,支出,对方户名,账号\n2026-09-18,A1,500,,甲,62001\n2026-09-18,A2,5,,乙,62002\n", "2/50500 0/0"},
	} {
		if got := told(bankfile.DefaultStatement().Read([]byte(c.table))); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// xmlRow is a row of an XML spreadsheet; a text that begins with > takes two columns.
func xmlRow(cells ...string) string {
	var b strings.Builder
	b.WriteString("<Row>")
	for _, c := range cells {
		if wide, ok := strings.CutPrefix(c, ">"); ok {
			b.WriteString(`<Cell MergeAcross="1"><Data Type="String">` + wide + `</Data></Cell>`)
			continue
		}
		b.WriteString(`<Cell><Data Type="String">` + c + `</Data></Cell>`)
	}
	return b.String() + "</Row>"
}

// Every statement reads the same in every encoding and with every separator.
func TestStatementsInEveryEncoding(t *testing.T) {
	t.Parallel()
	const text = "账号：2300000000000000001\n交易日期|流水号|收入金额|支出金额|对方户名|摘要\n2026-09-18|A1|500.00||鹅业公司|货款 𠮷\n2026-09-18|A2||200.00|农信社|手续费\n"
	gb, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{"GB 18030": gb, "UTF-8": []byte(text), "with a mark": []byte("\ufeff" + text)}
	for name, sep := range map[string]string{"commas": ",", "tabs": "\t", "semicolons": ";", "wide commas": "，"} {
		files[name] = []byte(strings.ReplaceAll(text, "|", sep))
	}
	for name, e := range map[string]unicode.Endianness{"UTF-16 LE": unicode.LittleEndian, "UTF-16 BE": unicode.BigEndian} {
		for mark, policy := range map[string]unicode.BOMPolicy{", marked": unicode.UseBOM, "": unicode.IgnoreBOM} {
			if files[name+mark], err = unicode.UTF16(e, policy).NewEncoder().Bytes([]byte(strings.ReplaceAll(text, "|", "\t"))); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, data := range files {
		f := bankfile.DefaultStatement().Read(data)
		if got := told(f); got != "1/50000 1/20000" || f.Lines[0].Memo != "货款 𠮷" || f.Lines[0].Party != "鹅业公司" || f.Account != "2300000000000000001" ||
			f.Lines[0].Date.Format(time.DateOnly) != "2026-09-18" {
			t.Errorf("%s: %s, %+v", name, got, f)
		}
	}
}

// Answers of banks to a payout file (K15): paid and returned items, and the problem that is named.
func TestResultKinds(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ file, want string }{
		"titles of another bank":   {"业务参考号,实发金额,交易结果,返回信息,入账时间\nA-1,12.34,交易成功,,2026-09-18 10:23:45\nA-2,1,交易失败,户名不符,\n", "A-1+1234@0918 A-2-100户名不符"},
		"a code behind the word":   {"业务编号,金额,状态\nA-1,12.34,成功(0000)\nA-2,1,失败（E102）\n", "!bad_status"},
		"the reason in the status": {"业务编号,金额,状态\nA-2,1,失败：账号不存在\n", "A-2-100账号不存在"},
		"yuan signs and commas":    {"业务编号,金额(元),状态\nA-1,\"￥1,234.50\",成功\nA-2,１２．３４元,成功\n", "A-1+123450 A-2+1234"},
		"a day with a time":        {"业务编号,金额,状态,处理日期\nA-1,1,成功,20260918102345\nA-2,1,成功,2026年9月18日\n", "A-1+100@0918 A-2+100@0918"},
		"a negative amount":        {"业务编号,金额,状态\nA-1,-1,成功\n", "!bad_amount"},
		"dollars":                  {"业务编号,金额,状态\nA-1,US$1,成功\n", "!bad_amount"},
		"an item that was cut":     {"业务编号,金额,状态\n2.02609E+17,1,成功\n", "!cut_item"},
		"nothing about its state":  {"业务编号,金额,状态\nA-1,1,\n", "!bad_status"},
		"a total with its count":   {"业务编号,金额,状态\nA-1,1,成功\n成功合计(1笔),1,\n,1.00,\n", "A-1+100"},
		"pages with their heads":   {"业务编号,金额,状态\nA-1,1,成功\n业务编号,金额,状态\nA-2,1,成功\n", "A-1+100 A-2+100"},
		"a web page":               {"<table><tr><th>业务编号<th>金额<th>状态<tr><td>A-1<td>1.00<td>成功</table>", "A-1+100"},
		"a guard before a reason":  {"业务编号,金额,状态,备注\nA-1,1,失败,'=账户\nA-2,1,失败,\"=\"\"-销户\"\"\"\n", "A-1-100=账户 A-2-100-销户"},
		"no rows":                  {"业务编号,金额,状态\n", "!empty"},
		"another file":             {"户主,电话\n王,1\n", "!no_column"},
		"a login page":             {"<html><body>请重新登录</body></html>", "!sheet.html"},
	} {
		rows, problems := bankfile.Default().ReadResult([]byte(c.file))
		var got []string
		for _, p := range problems {
			got = append(got, "!"+strings.TrimPrefix(p.Key, "payout.result."))
		}
		if len(problems) == 0 {
			for _, r := range rows {
				text := r.Item + map[bool]string{true: "+", false: "-"}[r.Paid] + strings.ReplaceAll(bankfile.Yuan(r.Fen), ".", "")
				text = strings.Replace(text, "+0", "+", 1)
				if !r.Date.IsZero() {
					text += r.Date.Format("@0102")
				}
				got = append(got, text+r.Reason)
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %s, want %s", name, strings.Join(got, " "), c.want)
		}
	}
}

// Texts that a spreadsheet takes for a formula are guarded in every file that leaves as CSV, and come back as they were (K24).
func TestFormulasOfEveryKindAreGuarded(t *testing.T) {
	t.Parallel()
	l := bankfile.Default()
	for _, name := range []string{"=1+1", "+86 王", "-王", "@王", "\t王", "\r王", "＝1+1", "＋王", "－王", "＠王"} {
		file, err := l.Write(bankfile.CSV, []bankfile.Row{{Item: "A-1", Holder: name, Number: "0000123", Bank: "x", Fen: 5}})
		if err != nil {
			t.Fatal(err)
		}
		if cell := strings.Split(strings.SplitN(string(file), "\r\n", 2)[1], ",")[2]; !strings.HasPrefix(strings.Trim(cell, `"`), "'") {
			t.Errorf("%q is written as %q", name, cell)
		}
	}
}
