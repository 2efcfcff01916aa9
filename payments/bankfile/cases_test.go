package bankfile_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"banmuyuan/payments/bankfile"
)

// told writes a statement in short: sums in and out, the lines that are doubtful, and the problems.
func told(f bankfile.StatementFile) string {
	var parts []string
	in, out := 0, 0
	var inFen, outFen int64
	for _, l := range f.Lines {
		switch {
		case len(l.Doubts) > 0:
			names := make([]string, len(l.Doubts))
			for i, d := range l.Doubts {
				names[i] = strings.TrimPrefix(d, "statement.doubt.")
			}
			parts = append(parts, fmt.Sprintf("%s?%s", l.Ref, strings.Join(names, "+")))
		case l.Fen > 0:
			in++
			inFen += l.Fen
		default:
			out++
			outFen -= l.Fen
		}
	}
	text := fmt.Sprintf("%d/%d %d/%d", in, inFen, out, outFen)
	for _, p := range f.Problems {
		parts = append(parts, "!"+strings.TrimPrefix(p.Key, "statement."))
	}
	return strings.Join(append([]string{text}, parts...), " ")
}

// Statements as banks and people made them, with the right result: lines and fen in, lines and fen out, doubtful lines,
// problems.
func TestStatementCases(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]string{
		"st01_jie_dai_column.csv":       "1/50000 1/20000",
		"st02_jiefang_word.csv":         "1/50000 1/20000",
		"st03_transfer_out_word.csv":    "1/50000 4/31000",
		"st04_two_row_header.csv":       "1/50000 1/20000",
		"st05_reversed_debit.csv":       "1/3500 1/3500",
		"st06_total_in_date.csv":        "1/50000 0/0",
		"st07_total_in_ref.csv":         "1/50000 0/0",
		"st08_same_ref_fee.csv":         "0/0 2/20200",
		"st09_java_timestamp.csv":       "1/50000 0/0",
		"st10_date_hm.csv":              "1/50000 0/0",
		"st11_date_dots.csv":            "6/50500 0/0",
		"st12_tab_gbk.txt":              "1/50000 0/0",
		"st13_excel_unicode_text.txt":   "1/50000 0/0",
		"st14_old_xls.xls":              "0/0 0/0 !sheet.old_excel",
		"st15_html_xls.xls":             "1/50000 0/0",
		"st16_long_preamble.csv":        "1/50000 0/0",
		"st17_currency.csv":             "1/50000 0/0 ST17B?currency",
		"st18_failed_line.csv":          "1/50000 0/0 ST18B?status",
		"st19_text_guard.csv":           "3/150000 0/0",
		"st20_amounts.csv":              "7/5070050 4/14000 ST20F?sign ST20G?sign",
		"st21_float_noise.xlsx":         "1/434998 0/0",
		"st22_java_exponent.xlsx":       "1/1234567890 0/0",
		"st23_1904.xlsx":                "1/50000 0/0",
		"st24_numeric_ref.xlsx":         "0/0 0/0 !ref_cut",
		"st25_numeric_ref_next.xlsx":    "0/0 0/0 !ref_cut",
		"st26_hidden_first.xlsx":        "1/50000 0/0",
		"st27_merged_title.xlsx":        "1/50000 0/0",
		"st28_datetime_serial.xlsx":     "1/50000 0/0",
		"st29_amount_sign_and_word.csv": "0/0 2/7000",
		"st30_header_unit.csv":          "1/50000 0/0",
		"st31_only_in_known.csv":        "1/50000 1/20000",
		"e2e_a_outgoing_pays_order.csv": "0/0 1/537600",
		"e2e_b_failed_pays_order.csv":   "0/0 0/0 E2EB0294?status",
		"e2e_c_usd_pays_order.csv":      "0/0 0/0 E2EC0391?currency",
		"e2e_d1_daily_seq.csv":          "1/537600 0/0",
		"e2e_f_two_row_header.csv":      "0/0 1/537600",
	} {
		f := read(t, file)
		if got := told(f); got != want {
			t.Errorf("%s: %s, want %s", file, got, want)
		}
		if len(f.Lines) > 0 && !strings.HasPrefix(file, "e2e") && f.Lines[0].Date.Format(time.DateOnly) != "2026-09-18" {
			t.Errorf("%s: is of %s", file, f.Lines[0].Date)
		}
	}
	if f := read(t, "st05_reversed_debit.csv"); f.Lines[0].Fen != -3500 || f.Lines[1].Fen != 3500 || !f.Lines[1].Reversal || f.Lines[0].Reversal {
		t.Errorf("a fee that was taken back: %+v", f.Lines)
	}
	if f := read(t, "st27_merged_title.xlsx"); f.Account != "2300000000000000001" {
		t.Errorf("the account is %q", f.Account)
	}
}

func read(t *testing.T, file string) bankfile.StatementFile {
	t.Helper()
	data, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	return bankfile.DefaultStatement().Read(data)
}

// Further kinds of the same faults.
func TestStatementVariants(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ table, want string }{
		"a flag by content":        {"日期,流水号,金额,标记,对方户名\n2026-09-18,A1,500,收,甲\n2026-09-18,A2,200,付,乙\n", "1/50000 1/20000"},
		"an unknown word":          {"日期,流水号,金额,借贷标志\n2026-09-18,A1,500,贷\n2026-09-18,A2,200,圈存\n2026-09-18,A3,1,\n", "1/50000 0/0 A2?direction A3?direction"},
		"an unknown flag":          {"日期,流水号,金额,业务类型\n2026-09-18,A1,500,01\n2026-09-18,A2,200,02\n", "0/0 0/0 A1?direction A2?direction"},
		"a memo that says out":     {"日期,流水号,金额,摘要\n2026-09-18,A1,500,货款\n2026-09-18,A2,2,转账手续费\n", "0/0 0/0 A1?direction A2?direction"},
		"a list of receipts":       {"到账明细查询\n日期,流水号,金额,摘要\n2026-09-18,A1,500,货款\n2026-09-18,A2,2,退款\n", "1/50000 0/0 A2?direction"},
		"amounts with a plus":      {"日期,流水号,金额,摘要\n2026-09-18,A1,+500,货款\n2026-09-18,A2,+2,退款\n", "2/50200 0/0"},
		"told by the balance":      {"日期,流水号,金额,摘要,类型,余额\n2026-09-18,A1,500,货款,x,1500\n2026-09-18,A2,200,付,y,1300\n2026-09-18,A3,5,付,x,1305\n", "1/500 1/20000 A1?direction"},
		"against the balance":      {"日期,流水号,收入,支出,余额\n2026-09-18,A1,500,,1500\n2026-09-18,A2,200,,1300\n", "1/50000 0/0 A2?balance"},
		"newest first":             {"日期,流水号,收入,支出,余额\n2026-09-18,A2,,200,1300\n2026-09-18,A1,500,,1500\n", "1/50000 1/20000"},
		"all debits have a minus":  {"日期,流水号,收入,支出\n2026-09-18,A1,500,\n2026-09-18,A2,,-2\n2026-09-18,A3,,-3\n", "1/50000 2/500"},
		"a credit taken back":      {"日期,流水号,收入,支出,摘要\n2026-09-18,A1,500,,货款\n2026-09-18,A2,-500,,冲正\n", "1/50000 1/50000"},
		"a minus without a word":   {"日期,流水号,收入,支出,摘要\n2026-09-18,A1,500,,货款\n2026-09-18,A2,-500,,货款\n", "1/50000 0/0 A2?sign"},
		"codes CR and DR":          {"日期,流水号,金额\n2026-09-18,A1,500.00CR\n2026-09-18,A2,3.00DR\n", "1/50000 1/300"},
		"another column of sums":   {"日期,流水号,收入,出账金额\n2026-09-18,A1,500,\n2026-09-18,A2,,3\n", "0/0 0/0 !column_unknown"},
		"dollars above":            {"账号,23000\n币种：美元\n日期,流水号,收入,支出\n2026-09-18,A1,500,\n", "0/0 0/0 A1?currency"},
		"a sign of dollars":        {"日期,流水号,收入,支出\n2026-09-18,A1,US$500,\n2026-09-18,A2,￥5,\n", "1/500 0/0 A1?currency"},
		"yuan in other words":      {"日期,流水号,货币,收入,支出\n2026-09-18,A1,人民币元,5,\n2026-09-18,A2,CNY,5,\n2026-09-18,A3,156,5,\n", "3/1500 0/0"},
		"pending and empty":        {"日期,流水号,收入,支出,交易状态\n2026-09-18,A1,5,,处理中\n2026-09-18,A2,5,,\n2026-09-18,A3,5,,交易成功\n", "1/500 0/0 A1?status A2?status"},
		"sums of many names":       {"日期,流水号,收入,支出\n期初余额,,,,\n2026-09-18,A1,5,\n本页合计：,,5,\n总 计,,5,\n合计(1笔),,5,\n", "1/500 0/0"},
		"pages with their heads":   {"日期,流水号,收入,支出\n2026-09-18,A1,5,\n日期,流水号,收入,支出\n2026-09-18,A2,5,\n", "2/1000 0/0"},
		"the same line twice":      {"日期,流水号,收入,支出\n2026-09-18,A1,5,\n2026-09-18,A1,5,\n", "1/500 0/0 A1?twice"},
		"without references":       {"交易时间,收入金额,支出金额,账户余额,对方户名\n2026-09-18 10:23:45,5,,105,甲\n2026-09-18 10:23:45,5,,110,甲\n", "2/1000 0/0"},
		"no reference, no balance": {"交易时间,收入金额,支出金额\n2026-09-18,5,\n", "0/0 0/0 !no_columns"},
		"day first":                {"日期,流水号,收入,支出\n18/09/2026,A1,5,\n", "0/0 0/0 !bad_date"},
		"no amount at all":         {"日期,流水号,收入,支出\n2026-09-18,A1,,\n2026-09-18,A2,5,\n", "1/500 0/0 !no_amount"},
		"in ten thousands":         {"日期,流水号,金额(万元)\n2026-09-18,A1,5\n", "0/0 0/0 !no_columns"},
		"two rows, merged over":    {"日期,流水号,交易金额,,余额,对方,\n,,收入,支出,,户名,账号\n2026-09-18,A1,5,,105,甲,62\n2026-09-18,A2,,3,102,乙,62\n", "1/500 1/300"},
		"cut in text":              {"日期,流水号,收入,支出\n2026-09-18,2.02609E+17,5,\n", "0/0 0/0 !ref_cut"},
	} {
		if got := told(bankfile.DefaultStatement().Read([]byte(c.table))); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestBalancesOfAFile(t *testing.T) {
	t.Parallel()
	const head = "期初余额,100.00\n日期,流水号,收入,支出,余额\n"
	f := bankfile.DefaultStatement().Read([]byte(head + "2026-09-18,A1,5,,105\n2026-09-18,A2,,3,102\n期末余额,,,,102\n"))
	if meets, known := f.Meets(); !meets || !known || *f.Opening != 10_000 || *f.Closing != 10_200 {
		t.Errorf("%v %v, %d to %d", meets, known, *f.Opening, *f.Closing)
	}
	f = bankfile.DefaultStatement().Read([]byte(head + "2026-09-18,A1,5,,105\n期末余额,,,,102\n"))
	if meets, known := f.Meets(); meets || !known {
		t.Errorf("a line is missing: %v %v", meets, known)
	}
}

// The layouts of the five banks are read, and their titles are found.
func TestBanks(t *testing.T) {
	t.Parallel()
	banks := bankfile.Banks()
	if len(banks) != 5 {
		t.Errorf("%d banks", len(banks))
	}
	for _, b := range banks {
		table := strings.Join([]string{b.Date[0], b.Ref[0], b.In[0], b.Out[0], b.Balance[0], b.Party[0], b.Memo[0]}, ",") +
			"\n2026-09-18,A1,5.00,,105.00,甲,货款\n2026-09-18,A2,,3.00,102.00,乙,付\n"
		if got := told(bankfile.DefaultStatement().Read([]byte(table))); got != "1/500 1/300" {
			t.Errorf("%s: %s", b.Name, got)
		}
	}
}

func TestResultCases(t *testing.T) {
	t.Parallel()
	count := func(file string) (paid, returned int, keys []string) {
		data, err := os.ReadFile("testdata/" + file)
		if err != nil {
			t.Fatal(err)
		}
		rows, problems := bankfile.Default().ReadResult(data)
		for _, r := range rows {
			if r.Paid {
				paid++
			} else {
				returned++
			}
		}
		for _, p := range problems {
			if !slices.Contains(keys, p.Key) {
				keys = append(keys, p.Key)
			}
		}
		return paid, returned, keys
	}
	files, err := os.ReadDir("testdata")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range files {
		file := e.Name()
		paid, returned, keys := count(file)
		switch {
		case !strings.HasPrefix(file, "rs"):
		case strings.HasPrefix(file, "rs05"):
			if paid > 0 {
				t.Errorf("%s: %d are read as paid", file, paid)
			}
		case file == "rs18_old.xls":
			if len(keys) != 1 || keys[0] != "sheet.old_excel" {
				t.Errorf("%s: %v", file, keys)
			}
		case strings.HasPrefix(file, "rs14"):
			if paid == 0 || keys != nil {
				t.Errorf("%s: %d paid, %v", file, paid, keys)
			}
		default:
			if paid < 19 || paid+returned < 20 || keys != nil {
				t.Errorf("%s: %d paid, %d returned, %v", file, paid, returned, keys)
			}
		}
	}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	fen := func(n int64) *int64 { return &n }
	day := time.Date(2026, 9, 18, 0, 0, 0, 0, time.UTC)
	line := func(change ...func(*bankfile.StatementLine)) bankfile.StatementLine {
		l := bankfile.StatementLine{Ref: "202609180000001234", Fen: 500, Party: "甲公司", Memo: "货款", Date: day}
		for _, c := range change {
			c(&l)
		}
		return l
	}
	ref := func(s string) func(*bankfile.StatementLine) { return func(l *bankfile.StatementLine) { l.Ref = s } }
	next := func(l *bankfile.StatementLine) { l.Date = day.AddDate(0, 0, 1) }
	party := func(s string) func(*bankfile.StatementLine) { return func(l *bankfile.StatementLine) { l.Party = s } }
	amount := func(n int64) func(*bankfile.StatementLine) { return func(l *bankfile.StatementLine) { l.Fen = n } }
	balance := func(n int64) func(*bankfile.StatementLine) {
		return func(l *bankfile.StatementLine) { l.Balance = fen(n) }
	}
	known := func(l bankfile.StatementLine) bankfile.KnownLine {
		return bankfile.KnownLine{Ref: l.Ref, Day: l.Date.Format(time.DateOnly), Fen: l.Fen, Party: l.Party, Memo: l.Memo, Balance: l.Balance}
	}
	for name, c := range map[string]struct {
		line, known bankfile.StatementLine
		want        string // same, new or the doubt
	}{
		"the same":                {line(), line(), "same"},
		"a name that is missing":  {line(), line(party("")), "same"},
		"another day":             {line(next), line(), bankfile.DoubtRefDay},
		"another payer":           {line(party("乙公司")), line(), bankfile.DoubtRefPayer},
		"another amount":          {line(amount(501)), line(), bankfile.DoubtRefAmount},
		"went out":                {line(amount(-500)), line(), bankfile.DoubtRefAmount},
		"another balance":         {line(balance(1)), line(balance(2)), "new"},
		"a number of the day":     {line(ref("0001"), next, party("乙公司")), line(ref("0001")), "new"},
		"other money of the day":  {line(ref("0001"), next, amount(12)), line(ref("0001")), "new"},
		"the very same, next day": {line(ref("0001"), next), line(ref("0001")), bankfile.DoubtRefDay},
		"a number of nine digits": {line(ref("000000001"), next, amount(12)), line(ref("000000001")), bankfile.DoubtRefDay},
		"another reference":       {line(ref("X")), line(), "new"},
	} {
		v := bankfile.Compare([]bankfile.StatementLine{c.line}, []bankfile.KnownLine{known(c.known)}, "")[0]
		got := "new"
		if v.Same >= 0 {
			got = "same"
		} else if len(v.Doubts) > 0 {
			got = strings.Join(v.Doubts, "+")
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	// A fee has its transfer's reference, and the whole file comes again.
	fee := []bankfile.StatementLine{line(amount(-200)), line(amount(-2))}
	first := bankfile.Compare(fee, nil, "")
	if first[0].Key == first[1].Key || first[0].Doubts != nil || first[1].Doubts != nil {
		t.Errorf("%+v", first)
	}
	for i, v := range bankfile.Compare(fee, []bankfile.KnownLine{known(fee[0]), known(fee[1])}, "") {
		if v.Same != i {
			t.Errorf("again: %+v", v)
		}
	}
	// Interrupted: one of the two is known.
	if v := bankfile.Compare(fee, []bankfile.KnownLine{known(fee[0])}, ""); v[0].Same != 0 || v[1].Same >= 0 || v[1].Doubts != nil {
		t.Errorf("the rest: %+v", v)
	}
	if v := bankfile.Compare([]bankfile.StatementLine{line(), line(next)}, nil, "2026-09-18"); len(v[0].Doubts) != 1 || v[0].Doubts[0] != bankfile.DoubtClosed || v[1].Doubts[0:] != nil {
		t.Errorf("a closed month: %+v", v)
	}
}

// A name that begins like a formula stays text in a CSV file, and reads back as it was.
func TestFormulasAreGuarded(t *testing.T) {
	t.Parallel()
	l := bankfile.Default()
	file, err := l.Write(bankfile.CSV, []bankfile.Row{{Item: "A-1", Holder: "=HYPERLINK(1)", Number: "0000123", Bank: "@x", Fen: 5}})
	if err != nil || !strings.Contains(string(file), ",'=HYPERLINK(1),0000123,'@x,0.05,") {
		t.Errorf("%s, %v", file, err)
	}
	file, err = l.WriteResult(bankfile.CSV, []bankfile.ResultRow{{Item: "A-1", Fen: 5, Reason: "-账户已销户"}})
	if err != nil {
		t.Fatal(err)
	}
	if rows, problems := l.ReadResult(file); len(problems) > 0 || rows[0].Reason != "-账户已销户" {
		t.Errorf("%+v, %+v", rows, problems)
	}
}

// A large file in which every line has the same reference takes seconds, not minutes.
func TestManyLinesOfOneReference(t *testing.T) {
	t.Parallel()
	const n = 20_000
	var b strings.Builder
	b.WriteString("日期,流水号,金额,类型,余额\n")
	for i := range n {
		fmt.Fprintf(&b, "2026-09-18,0,5,x,%d\n", 5*(i+1))
	}
	f := bankfile.DefaultStatement().Read([]byte(b.String()))
	if len(f.Lines) != n || len(f.Lines[n-1].Doubts) != 0 {
		t.Fatalf("%d lines, %+v", len(f.Lines), f.Problems)
	}
	known := make([]bankfile.KnownLine, n)
	for i, l := range f.Lines {
		known[i] = bankfile.KnownLine{Ref: l.Ref, Day: l.Date.Format(time.DateOnly), Fen: l.Fen, Balance: l.Balance}
	}
	for i, v := range bankfile.Compare(f.Lines, known, "") {
		if v.Same != i {
			t.Fatalf("line %d is %+v", i, v)
		}
	}
}
