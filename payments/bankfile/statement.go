package bankfile

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"banmuyuan/internal/money"
)

// Statement says how a bank's statement is read: a column is found by any of its titles. Banks write money in
// and money out into two columns, or into one with a sign, or into one beside a word for the direction.
type Statement struct {
	Ref       []string `json:"ref"`       // the bank's number of the line
	Amount    []string `json:"amount"`    // in, or out with a minus or one of OutWords beside it
	In        []string `json:"in"`        // came in
	Out       []string `json:"out"`       // went out
	Direction []string `json:"direction"` // holds one of OutWords for money out
	OutWords  []string `json:"out_words"`
	Party     []string `json:"party"` // the payer or payee
	Memo      []string `json:"memo"`
	Date      []string `json:"date"`
}

// DefaultStatement reads the files of most banks' sites.
func DefaultStatement() Statement {
	return Statement{
		Ref:       []string{"流水号", "交易流水号", "银行流水号", "凭证号", "交易序号", "reference"},
		Amount:    []string{"金额", "交易金额", "发生额", "金额(元)", "amount"},
		In:        []string{"收入金额", "贷方金额", "贷方发生额", "收入", "转入金额", "credit"},
		Out:       []string{"支出金额", "借方金额", "借方发生额", "支出", "转出金额", "debit"},
		Direction: []string{"借贷标志", "借贷方向", "收支", "收/支", "direction"},
		OutWords:  []string{"借", "支出", "支", "付", "D", "out"},
		Party:     []string{"付款人", "对方户名", "对方名称", "付款方户名", "付款方", "payer"},
		Memo:      []string{"附言", "摘要", "用途", "备注", "memo"},
		Date:      []string{"日期", "交易日期", "交易时间", "入账日期", "记账日期", "date"},
	}
}

// ParseStatement reads a layout from JSON, or from the file that config names; missing fields stay as in
// DefaultStatement. "" is the default.
func ParseStatement(config string) (Statement, error) {
	s := DefaultStatement()
	config = strings.TrimSpace(config)
	if config == "" {
		return s, nil
	}
	data := []byte(config)
	if !strings.HasPrefix(config, "{") {
		var err error
		if data, err = os.ReadFile(config); err != nil {
			return s, fmt.Errorf("read the statement's columns: %w", err)
		}
	}
	d := json.NewDecoder(strings.NewReader(string(data)))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return s, fmt.Errorf("read the statement's columns: %w", err)
	}
	if len(s.Ref) == 0 || len(s.Date) == 0 || len(s.Amount) == 0 && len(s.In) == 0 {
		return s, errors.New("read the statement's columns: ref, date and amount or in are needed")
	}
	return s, nil
}

// StatementLine is one line of a statement.
type StatementLine struct {
	Line  int // in the file
	Ref   string
	Fen   int64 // + came in, - went out
	Party string
	Memo  string
	Date  time.Time
}

// headLines is how far down the titles may be: statements begin with the account's owner.
const headLines = 20

// Read reads a statement. With problems, lines are incomplete and must not be used.
func (s Statement) Read(data []byte) ([]StatementLine, []Problem) {
	table, err := read(data)
	if err != nil {
		return nil, []Problem{{Line: 1, Key: "statement.unreadable"}}
	}
	if len(table) > maxRows {
		return nil, []Problem{{Line: maxRows, Key: "statement.too_long", Args: map[string]string{"max": fmt.Sprint(maxRows)}}}
	}
	at, head := s.find(table)
	if head < 0 {
		want := s.Ref[0] + "、" + s.Date[0] + "、" + append(append([]string{}, s.Amount...), s.In...)[0]
		return nil, []Problem{{Line: 1, Key: "statement.no_columns", Args: map[string]string{"columns": want}}}
	}
	var lines []StatementLine
	var problems []Problem
	for _, t := range table[head+1:] {
		cell := func(name string) string {
			if i, ok := at[name]; ok && i < len(t.cells) {
				return tidy(t.cells[i])
			}
			return ""
		}
		if cell("ref") == "" && cell("date") == "" {
			continue // an empty line, or the sums at the end
		}
		l := StatementLine{Line: t.line, Ref: cell("ref"), Party: cell("party"), Memo: cell("memo")}
		fail := func(key, value string) {
			problems = append(problems, Problem{t.line, key, map[string]string{"value": value}})
		}
		var ok bool
		if l.Fen, ok = s.amount(cell); !ok {
			fail("statement.bad_amount", cell("amount")+cell("in")+cell("out"))
			continue
		}
		if l.Fen == 0 {
			continue
		}
		if l.Date, ok = statementDate(cell("date")); !ok {
			fail("statement.bad_date", cell("date"))
			continue
		}
		if l.Ref == "" {
			fail("statement.no_ref", "")
			continue
		}
		lines = append(lines, l)
	}
	if len(lines) == 0 && problems == nil {
		problems = []Problem{{Line: table[head].line, Key: "statement.empty"}}
	}
	return lines, problems
}

// find returns where the columns are and in which line their titles stand, or -1.
func (s Statement) find(table []line) (map[string]int, int) {
	fields := []struct {
		name   string
		titles []string
	}{{"ref", s.Ref}, {"amount", s.Amount}, {"in", s.In}, {"out", s.Out}, {"direction", s.Direction}, {"party", s.Party}, {"memo", s.Memo}, {"date", s.Date}}
	for n, t := range table[:min(len(table), headLines)] {
		at := map[string]int{}
		for _, f := range fields {
			for _, title := range f.titles { // in the order of the configuration: the first of them that is there
				if i := columnOf(t.cells, title); i >= 0 {
					at[f.name] = i
					break
				}
			}
		}
		_, ref := at["ref"]
		_, date := at["date"]
		_, amount := at["amount"]
		_, in := at["in"]
		if ref && date && (amount || in) {
			return at, n
		}
	}
	return nil, -1
}

func columnOf(cells []string, title string) int {
	plain := func(s string) string {
		return strings.ToLower(strings.NewReplacer(" ", "", "　", "", "（", "(", "）", ")").Replace(tidy(s)))
	}
	for i, c := range cells {
		if plain(c) == plain(title) {
			return i
		}
	}
	return -1
}

func (s Statement) amount(cell func(string) string) (int64, bool) {
	number := func(name string) (int64, bool) {
		text := strings.NewReplacer(",", "", "，", "", "¥", "", "￥", "", "元", "").Replace(cell(name))
		sign := int64(1)
		if rest, minus := strings.CutPrefix(text, "-"); minus {
			text, sign = rest, -1
		}
		text = strings.TrimPrefix(text, "+")
		if text == "" {
			return 0, true
		}
		fen, err := money.ParseYuan(text)
		return sign * fen, err == nil
	}
	in, ok1 := number("in")
	out, ok2 := number("out")
	one, ok3 := number("amount")
	if !ok1 || !ok2 || !ok3 {
		return 0, false
	}
	if in != 0 || out != 0 {
		return in - max(out, -out), in == 0 || out == 0
	}
	if one > 0 && contains(s.OutWords, cell("direction")) {
		one = -one
	}
	return one, true
}

// china is the zone of a bank's days.
var china = time.FixedZone("CST", 8*60*60)

// statementDate reads a date as banks and spreadsheets write it; a number is a day of the spreadsheet's calendar.
func statementDate(text string) (time.Time, bool) {
	for _, layout := range []string{time.DateOnly, time.DateTime, "2006/1/2", "2006/1/2 15:04:05", "2006/1/2 15:04", "20060102", "20060102150405", "20060102 15:04:05", "2006年1月2日"} {
		if t, err := time.ParseInLocation(layout, text, china); err == nil {
			return t, true
		}
	}
	whole, _, _ := strings.Cut(text, ".")
	if n, err := strconv.Atoi(whole); err == nil && n > 20_000 && n < 80_000 {
		return time.Date(1899, 12, 30+n, 0, 0, 0, 0, china), true
	}
	return time.Time{}, false
}
