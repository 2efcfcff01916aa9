package bankfile

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"banmuyuan/internal/entry"
	"banmuyuan/internal/link"
	"banmuyuan/internal/table"
)

// Statement says how a bank's statement is read: a column is found by any of its titles. Banks write money in
// and money out into two columns, or into one with a sign, or into one beside a word for the direction.
type Statement struct {
	Ref       []string `json:"ref"`        // the bank's number of the line
	Amount    []string `json:"amount"`     // in, or out with a minus or one of OutWords beside it
	In        []string `json:"in"`         // came in
	Out       []string `json:"out"`        // went out
	Direction []string `json:"direction"`  // holds one of InWords or OutWords
	InWords   []string `json:"in_words"`   // for money in
	OutWords  []string `json:"out_words"`  // for money out
	Party     []string `json:"party"`      // the payer or payee
	Memo      []string `json:"memo"`       // every one of them that the file has is read
	Date      []string `json:"date"`       // with the time, or without
	Time      []string `json:"time"`       // of day, in a column of its own
	Balance   []string `json:"balance"`    // of the account behind the line
	Currency  []string `json:"currency"`   //
	Status    []string `json:"status"`     // holds one of DoneWords for a line that was carried out
	DoneWords []string `json:"done_words"` //
	Account   []string `json:"account"`    // the account's own number
	Reversal  []string `json:"reversal"`   // marks a line that takes another one back
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
	Line     int // in the file
	Ref      string
	Fen      int64 // + came in, - went out; of a line without a direction, its amount
	Party    string
	Memo     string
	Date     time.Time
	Balance  *int64   // behind the line, where the file has it
	Reversal bool     // it takes another line back
	Doubts   []string // message keys of what a person has to decide; such a line is not booked by itself
	Unknown  bool     // its direction is not known
	Currency string   // another one than yuan
	Seen     string   // the amount as the file has it
}

// Day returns the calendar day of the line in China, YYYY-MM-DD. A time of the early morning there is still of the day before
// in UTC.
func (l StatementLine) Day() string { return l.Date.In(table.China).Format(time.DateOnly) }

// Doubts about a line: message keys.
const (
	DoubtDirection = "statement.doubt.direction" // no word or sign says whether it came in or went out
	DoubtSign      = "statement.doubt.sign"      // its sign and its column or word disagree
	DoubtCurrency  = "statement.doubt.currency"
	DoubtStatus    = "statement.doubt.status"
	DoubtBalance   = "statement.doubt.balance" // the balance behind it went the other way
	DoubtTwice     = "statement.doubt.twice"   // the file has the same line twice
	DoubtAccount   = "statement.doubt.account" // of another account than the file's first line
	DoubtForeign   = "statement.doubt.foreign" // the whole file names an account that is not the county's
	DoubtClosed    = "statement.doubt.closed"  // of a month that is closed
	DoubtRefDay    = "statement.doubt.ref_day"
	DoubtRefPayer  = "statement.doubt.ref_payer"
	DoubtRefAmount = "statement.doubt.ref_amount"
)

// StatementFile is a statement as it was read.
type StatementFile struct {
	Account  string
	Opening  *int64 // balances, where the file has them
	Closing  *int64
	Totals   int    // lines of sums, which are no lines
	Bank     string // of the explained columns by which it was read
	Unmapped bool   // its columns are not known: a person can explain them
	Lines    []StatementLine
	Problems []Problem // with any, nothing of the file may be booked
}

// maxStatementRows bounds a statement.
const maxStatementRows = maxRows

func (s Statement) columns() []table.Column {
	return []table.Column{
		{Name: "ref", Heads: s.Ref}, {Name: "date", Heads: s.Date, Need: true}, {Name: "in", Heads: s.In}, {Name: "out", Heads: s.Out},
		{Name: "amount", Heads: s.Amount}, {Name: "direction", Heads: s.Direction}, {Name: "party", Heads: s.Party},
		{Name: "time", Heads: s.Time}, {Name: "balance", Heads: s.Balance}, {Name: "currency", Heads: s.Currency}, {Name: "status", Heads: s.Status},
		{Name: "account", Heads: s.Account}, {Name: "reversal", Heads: s.Reversal},
	}
}

// Read reads a statement. Lines that cannot be read are problems; lines that can be read and not be trusted carry doubts.
// A file with a head that a person explained is read by it, others by their titles.
func (s Statement) Read(data []byte, explained ...StatementColumns) StatementFile {
	r, problem := s.open(data, explained)
	if problem != nil {
		return StatementFile{Problems: []Problem{*problem}, Unmapped: problem.Key == unknownColumns || problem.Key == unknownMoney}
	}
	r.preamble()
	for _, row := range r.t.Rows {
		r.row(row)
	}
	r.compare()
	f := r.file
	if len(f.Lines) == 0 && f.Problems == nil {
		f.Problems = []Problem{{Line: r.t.Head.Line, Key: "statement.empty"}}
	}
	return f
}

type statementReader struct {
	s        Statement
	t        table.Table
	file     StatementFile
	memo     []int  // columns
	left     []int  // columns that a person left out
	currency string // of the whole file, "" for yuan
	minusOut bool   // all amounts in the column of money out have a minus: it is the bank's way
	minusAll bool   // amounts beside a word for money out have a minus as well
	unsigned bool   // one column of amounts, no sign in it, and no word: see single
	receipts bool   // the file says that it lists money that came in
	other    bool   // lines from here on are of another account
	noRef    bool   // the file has no references: they are made of time and balance
}

// Problems that a person ends by explaining the columns.
const (
	unknownColumns = "statement.no_columns"
	unknownMoney   = "statement.column_unknown"
)

func (s Statement) open(data []byte, explained []StatementColumns) (*statementReader, *Problem) {
	r := &statementReader{s: s}
	book, err := table.Open(data, table.MaxBytes)
	mapped := -1
	if err == nil && len(explained) > 0 {
		layouts := make([]table.Layout, len(explained))
		for i, c := range explained {
			layouts[i] = c.layout()
		}
		r.t, mapped, err = book.Explained(layouts, maxStatementRows)
	}
	if err == nil && mapped < 0 {
		r.t, err = book.Table(s.columns(), maxStatementRows)
	}
	if err != nil {
		p := problemOf(err, "statement.")
		if p.Key == unknownColumns {
			p.Args = s.needed()
		}
		return nil, &p
	}
	if mapped >= 0 {
		c := explained[mapped]
		r.memo, r.left, r.file.Bank = c.places(memoField), c.places(LeaveOut), c.Bank
	}
	if mapped < 0 {
		r.dropPartysAccount()
	}
	r.findDirection()
	at := r.t.Head.At
	_, ref := at["ref"]
	_, balance := at["balance"]
	_, amount := at["amount"]
	_, in := at["in"]
	r.noRef = !ref
	switch {
	case !ref && !balance, !amount && !in:
		return nil, &Problem{Line: 1, Key: unknownColumns, Args: s.needed()}
	}
	if title := r.unknownMoney(); title != "" {
		return nil, &Problem{Line: r.t.Head.Line, Key: unknownMoney, Args: map[string]string{"column": title}}
	}
	for i, title := range r.t.Head.Titles {
		if mapped < 0 && !slices.Contains(r.taken(), i) && slices.ContainsFunc(s.Memo, func(m string) bool { return table.SameTitle(title, m) }) {
			r.memo = append(r.memo, i)
		}
	}
	r.habits()
	return r, nil
}

// needed names the columns without which no statement is read.
func (s Statement) needed() map[string]string {
	return map[string]string{"columns": s.Ref[0] + "、" + s.Date[0] + "、" + append(slices.Clone(s.Amount), s.In...)[0]}
}

// taken lists the columns that are read.
func (r *statementReader) taken() []int { return slices.Concat(sortedColumns(r.t.Head.At), r.memo) }

func sortedColumns(at map[string]int) []int {
	var all []int
	for _, i := range at {
		all = append(all, i)
	}
	return all
}

// problemOf returns an error of package table as the problem of a file.
func problemOf(err error, prefix string) Problem {
	fault := link.AsError(err)
	p := Problem{Line: 1, Key: fault.Key, Args: fault.Args}
	switch fault.Key {
	case "sheet.unknown":
		p.Key = prefix + "unreadable"
	case "sheet.columns":
		p.Key = prefix + "no_columns"
	case "sheet.empty":
		p.Key = prefix + "empty"
	}
	return p
}

// dropPartysAccount forgets a column of accounts that is likely the other side's: it stands beside the column of names, or has
// more numbers than anybody has accounts.
func (r *statementReader) dropPartysAccount() {
	i, has := r.t.Head.At["account"]
	if !has {
		return
	}
	title := r.t.Head.Titles[i]
	if strings.Contains(title, "本方") || strings.Contains(title, "查询") || strings.Contains(title, "本账户") {
		return
	}
	party, named := r.t.Head.At["party"]
	numbers := map[string]bool{}
	for _, row := range r.t.Rows {
		if number, _ := r.t.Cell(row, "account").Identity(); number != "" {
			numbers[number] = true
		}
	}
	if named && (party == i-1 || party == i+1) || len(numbers) > max(3, len(r.t.Rows)/4) {
		delete(r.t.Head.At, "account")
	}
}

// findDirection finds the column of directions by what is in it, where its title is not known: each of its cells is a word
// for money in or out.
func (r *statementReader) findDirection() {
	if _, has := r.t.Head.At["direction"]; has {
		return
	}
	taken := r.taken()
	for i := range r.t.Head.Titles {
		words := 0
		fits := !slices.Contains(taken, i)
		for _, row := range r.t.Rows {
			if !fits || i >= len(row.Cells) {
				continue
			}
			text := row.Cells[i].Clean()
			if text == "" {
				continue
			}
			words++
			fits = r.s.side(text) != table.NoSide
		}
		if fits && words > 0 {
			r.t.Head.At["direction"] = i
			return
		}
	}
}

// side is the direction that a word says.
func (s Statement) side(word string) table.Side {
	word = foldWord(word)
	same := func(w string) bool { return foldWord(w) == word }
	switch {
	case slices.ContainsFunc(s.OutWords, same):
		return table.Debit
	case slices.ContainsFunc(s.InWords, same):
		return table.Credit
	}
	return table.NoSide
}

var wordSigns = strings.NewReplacer("【", "", "】", "", "[", "", "]", "", " ", "", "：", "", ":", "", "(", "", ")", "", "（", "", "）", "")

func foldWord(w string) string { return strings.ToLower(wordSigns.Replace(entry.Clean(w))) }

var moneyTitle = regexp.MustCompile(`(?i)金额|发生额|收入|支出|借方|贷方|转入|转出|存入|支取|收款额|付款额|debit|credit|amount|withdraw|deposit`)

// unknownMoney returns the title of a column that seems to hold money in or out and that no field takes. Its lines would
// vanish.
func (r *statementReader) unknownMoney() string {
	taken := slices.Concat(r.taken(), r.left)
	_, in := r.t.Head.At["in"]
	_, out := r.t.Head.At["out"]
	if in && out {
		return ""
	}
	for i, title := range r.t.Head.Titles {
		if slices.Contains(taken, i) || !moneyTitle.MatchString(title) || strings.Contains(title, "余额") || strings.Contains(title, "手续费") {
			continue
		}
		for _, row := range r.t.Rows {
			if i < len(row.Cells) {
				if a, ok := row.Cells[i].Money(); ok && !a.Blank && a.Fen != 0 {
					return title
				}
			}
		}
	}
	return ""
}

// habits finds how this bank writes signs.
func (r *statementReader) habits() {
	var out, outMinus, debit, debitMinus, one, oneMinus int
	for _, row := range r.t.Rows {
		if r.isTotal(row) {
			continue
		}
		if a, ok := r.t.Cell(row, "out").Money(); ok && a.Fen != 0 {
			if out++; a.Fen < 0 {
				outMinus++
			}
		}
		a, ok := r.t.Cell(row, "amount").Money()
		if !ok || a.Fen == 0 {
			continue
		}
		if one++; a.Fen < 0 {
			oneMinus++
		}
		if r.s.side(r.t.Text(row, "direction")) == table.Debit && !reversalText.MatchString(r.text(row)) {
			if debit++; a.Fen < 0 {
				debitMinus++
			}
		}
	}
	r.minusOut = out > 1 && out == outMinus
	r.minusAll = debit > 0 && debit == debitMinus
	_, word := r.t.Head.At["direction"]
	r.unsigned = !word && oneMinus == 0
	r.receipts = r.unsigned && r.saysReceipts() && !r.flagged()
}

var receiptsText = regexp.MustCompile(`(来账|到账|收款|收入|进账|入账|贷方)(流水|明细|记录|清单|列表|查询|登记)`)

// saysReceipts reports whether the sheet's name or a line above the head says that the file lists money that came in.
func (r *statementReader) saysReceipts() bool {
	if receiptsText.MatchString(r.t.Sheet) {
		return true
	}
	for _, row := range r.t.Before {
		for _, c := range row.Cells {
			if receiptsText.MatchString(c.Clean()) {
				return true
			}
		}
	}
	return false
}

var (
	reversalText = regexp.MustCompile(`冲正|冲销|冲账|冲帐|抹账|抹帐|红冲|红字|反交易|错账|撤销|(?i:reversal|reversed|reverse entry)`)
	reversalMark = regexp.MustCompile(`^(?i:是|y|yes|1|true|冲正|被冲正|冲|红字)$`)
	outText      = regexp.MustCompile(`转出|支出|支取|取现|取款|汇出|^付|付款|付货款|退款|退还|还款|代发|扣款|代扣|缴费|缴税|手续费|工本费|管理费|扣费|(?i:withdraw|refund)`)
	notDone      = regexp.MustCompile(`^(交易|处理|付款|转账|入账|支付|记账|汇款|扣款)?(失败|不成功|未成功|未完成|处理中|待处理|待审核|待复核|待授权|已撤销|已撤回|已取消|已拒绝|已退回|已冲正|未入账|未记账|已作废|作废|异常|超时)$|` +
		`^(?i:failed|failure|fail|pending|processing|rejected|cancell?ed|voided|reversed|declined|error|timeout)$`)
)

// text is the memo of a row: all of its columns, each text once.
func (r *statementReader) text(row table.Row) string {
	var parts []string
	for _, i := range r.memo {
		if i < len(row.Cells) {
			if text := row.Cells[i].Clean(); text != "" && !slices.Contains(parts, text) {
				parts = append(parts, text)
			}
		}
	}
	return strings.Join(parts, " ")
}

// isTotal reports whether a row sums others, or names a balance: a cell says so, and no cell of its date is a day with a
// reference beside it.
func (r *statementReader) isTotal(row table.Row) bool {
	if _, ok := r.t.Cell(row, "date").Day(r.t.Since1904); ok && r.t.Text(row, "ref") != "" && !table.IsTotal(r.t.Text(row, "ref")) {
		return false
	}
	for _, c := range row.Cells {
		if text := c.Clean(); table.IsTotal(text) || balanceWord(text) != "" {
			return true
		}
	}
	return false
}

var balanceWords = map[string]string{"期初余额": "opening", "上期余额": "opening", "上日余额": "opening", "起始余额": "opening", "承前余额": "opening", "上页余额": "opening",
	"期末余额": "closing", "本期余额": "closing", "账户余额": "closing", "当前余额": "closing", "结束余额": "closing"}

// balanceWord tells whether a text names a balance, and which.
func balanceWord(text string) string {
	text = strings.TrimSpace(strings.TrimRight(text, "：: "))
	for word, which := range balanceWords {
		if text == word || strings.HasPrefix(text, word+"：") || strings.HasPrefix(text, word+":") || text == word+"(元)" {
			return which
		}
	}
	return ""
}

// preamble reads the lines above the head: the account, balances, a currency.
func (r *statementReader) preamble() {
	for _, row := range r.t.Before {
		r.notes(row)
	}
}

func (r *statementReader) notes(row table.Row) {
	for i, c := range row.Cells {
		text := c.Clean()
		name, value, inside := strings.Cut(strings.Replace(text, "：", ":", 1), ":")
		if !inside && i+1 < len(row.Cells) {
			value = row.Cells[i+1].Clean()
		}
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		switch {
		case slices.ContainsFunc(r.s.Account, func(a string) bool { return table.SameTitle(name, a) }):
			r.account(value)
		case slices.ContainsFunc(r.s.Currency, func(a string) bool { return table.SameTitle(name, a) }):
			if !yuan(value) {
				r.currency = value
			}
		case balanceWord(name) != "":
			if a, ok := table.ReadMoney(value); ok && !a.Blank {
				r.setBalance(balanceWord(name), a.Fen)
			} else if a, ok := r.t.Cell(row, "balance").Money(); ok && !a.Blank {
				r.setBalance(balanceWord(name), a.Fen)
			}
		}
	}
}

func (r *statementReader) setBalance(which string, fen int64) {
	if which == "opening" && r.file.Opening == nil {
		r.file.Opening = &fen
	}
	if which == "closing" {
		r.file.Closing = &fen
	}
}

var yuanWord = regexp.MustCompile(`(?i)^((人民币|元|cny|rmb|cnh|156|01|001|¥|￥|本币|单位|[-_/:：()（） ])*)$`)

func yuan(word string) bool { return yuanWord.MatchString(strings.TrimSpace(word)) }

// account notes the account that a line, or the lines from here on, are of. The first one is the file's.
func (r *statementReader) account(number string) {
	number = Trimmed(number, 60)
	switch {
	case !strings.ContainsAny(number, "0123456789"):
	case r.file.Account == "":
		r.file.Account = number
	default:
		r.other = !sameAccount(r.file.Account, number)
	}
}

// Foreign reports whether a file names another account than the county's own. A file that names none, and a county that has
// entered none, say nothing.
func (f *StatementFile) Foreign(own string) bool {
	const digits = "0123456789"
	return strings.ContainsAny(f.Account, digits) && strings.ContainsAny(own, digits) && !sameAccount(f.Account, own)
}

// sameAccount reports whether two numbers can be one account: banks hide digits behind stars, and leave a part out.
func sameAccount(a, b string) bool {
	fold := func(s string) (digits string, hidden bool) {
		return strings.Map(func(c rune) rune {
			switch {
			case c >= '0' && c <= '9':
				return c
			case c == '*' || c == 'x' || c == 'X' || c == '…':
				hidden = true
			}
			return -1
		}, s), hidden
	}
	x, hiddenX := fold(a)
	y, hiddenY := fold(b)
	if hiddenX || hiddenY {
		n := min(4, len(x), len(y))
		return n > 0 && x[len(x)-n:] == y[len(y)-n:]
	}
	return x == y || len(x) >= 4 && strings.HasSuffix(y, x) || len(y) >= 4 && strings.HasSuffix(x, y)
}

func (r *statementReader) fail(line int, key, value string) {
	r.file.Problems = append(r.file.Problems, Problem{line, key, map[string]string{"value": value}})
}

func (r *statementReader) row(row table.Row) {
	if r.t.Head.Again(row.Cells) {
		return
	}
	if r.isTotal(row) {
		r.file.Totals++
		r.notes(row)
		return
	}
	t := &r.t
	dateText := t.Text(row, "date")
	ref, cut := t.Cell(row, "ref").Identity()
	l := StatementLine{Line: row.Line, Ref: ref, Party: t.Text(row, "party"), Memo: r.text(row)}
	if number, _ := t.Cell(row, "account").Identity(); number != "" {
		r.account(number)
	}
	blank := r.amount(row, &l)
	day, isDay := t.Cell(row, "date").Day(t.Since1904)
	readable := !blank || r.readable(row)
	switch {
	case blank && (!isDay && (dateText == "" || ref == "" || readable) || isDay && ref == "" && readable):
		r.notes(row) // of another account's part, perhaps
		return
	case !readable:
		r.fail(row.Line, "statement.bad_amount", r.amountText(row))
		return
	case blank:
		r.fail(row.Line, "statement.no_amount", "")
		return
	case l.Fen == 0 && !l.Unknown:
		return
	case dateText == "" && ref == "":
		r.fail(row.Line, "statement.bad_date", "")
		return
	}
	if !isDay {
		r.fail(row.Line, "statement.bad_date", dateText)
		return
	}
	l.Date = withTime(day, t.Cell(row, "time"))
	switch {
	case cut:
		r.fail(row.Line, "statement.ref_cut", ref)
		return
	case r.noRef && l.Balance != nil:
		l.Ref = fmt.Sprintf("%s-%s-%s", l.Date.Format("20060102150405"), Yuan(max(l.Fen, -l.Fen)), Yuan(*l.Balance))
	case l.Ref == "":
		r.fail(row.Line, "statement.no_ref", "")
		return
	}
	r.currencyOf(row, &l)
	if i, has := t.Head.At["status"]; has {
		word := ""
		if i < len(row.Cells) {
			word = row.Cells[i].Clean()
		}
		if !slices.ContainsFunc(r.s.DoneWords, func(w string) bool { return foldWord(w) == foldWord(word) }) {
			l.Doubts = append(l.Doubts, DoubtStatus)
		}
	} else if r.saysNotDone(row) {
		l.Doubts = append(l.Doubts, DoubtStatus)
	}
	if r.other {
		l.Doubts = append(l.Doubts, DoubtAccount)
	}
	r.file.Lines = append(r.file.Lines, l)
}

// saysNotDone reports whether a cell of a row is a word for a line that was not carried out, in whichever column.
func (r *statementReader) saysNotDone(row table.Row) bool {
	party, has := r.t.Head.At["party"]
	for i, c := range row.Cells {
		if (!has || i != party) && notDone.MatchString(foldWord(c.Clean())) {
			return true
		}
	}
	return false
}

func (r *statementReader) readable(row table.Row) bool {
	for _, name := range []string{"in", "out", "amount"} {
		if _, ok := r.t.Cell(row, name).Money(); !ok {
			return false
		}
	}
	in, _ := r.t.Cell(row, "in").Money()
	out, _ := r.t.Cell(row, "out").Money()
	return in.Fen == 0 || out.Fen == 0
}

func (r *statementReader) amountText(row table.Row) string {
	return strings.TrimSpace(r.t.Text(row, "in") + " " + r.t.Text(row, "out") + " " + r.t.Text(row, "amount"))
}

func withTime(day time.Time, c table.Cell) time.Time {
	if text := c.Clean(); text != "" {
		if at, ok := table.ReadDay(day.Format(time.DateOnly) + " " + text); ok {
			return at
		}
	}
	return day
}

func (r *statementReader) currencyOf(row table.Row, l *StatementLine) {
	word := r.t.Text(row, "currency")
	switch {
	case word != "" && !yuan(word):
		l.Currency = word
	case word == "" && r.currency != "":
		l.Currency = r.currency
	}
	if l.Currency != "" {
		l.Doubts = append(l.Doubts, DoubtCurrency)
	}
}

// amount reads the sum of a line, its direction and its balance. It reports true for a line that has no sum, or one that
// cannot be read.
func (r *statementReader) amount(row table.Row, l *StatementLine) (blank bool) {
	t := &r.t
	in, ok1 := t.Cell(row, "in").Money()
	out, ok2 := t.Cell(row, "out").Money()
	one, ok3 := t.Cell(row, "amount").Money()
	l.Seen = r.amountText(row)
	if !ok1 || !ok2 || !ok3 || in.Fen != 0 && out.Fen != 0 {
		return true // see readable
	}
	if b, ok := t.Cell(row, "balance").Money(); ok && !b.Blank {
		l.Balance = &b.Fen
	}
	l.Currency = in.Currency + out.Currency + one.Currency
	mark := t.Text(row, "reversal")
	l.Reversal = reversalText.MatchString(l.Memo) || reversalMark.MatchString(mark) || reversalText.MatchString(mark)
	switch {
	case in.Fen != 0:
		r.credit(l, in)
	case out.Fen != 0:
		r.debit(l, out, r.minusOut)
	case one.Fen != 0:
		r.single(row, l, one)
	default:
		return in.Blank && out.Blank && one.Blank
	}
	return false
}

// credit reads the column of money in: a minus takes back money that came in, which is money out.
func (r *statementReader) credit(l *StatementLine, a table.Amount) {
	l.Fen = a.Fen
	if a.Side == table.Debit || a.Fen < 0 && !l.Reversal {
		l.Doubts = append(l.Doubts, DoubtSign)
	}
}

// debit reads the column of money out: a minus takes back money that went out, unless all amounts of the column have one.
func (r *statementReader) debit(l *StatementLine, a table.Amount, habit bool) {
	l.Fen = -a.Fen
	switch {
	case a.Side == table.Credit:
		l.Doubts = append(l.Doubts, DoubtSign)
	case a.Fen < 0 && habit && l.Reversal:
		l.Fen = a.Fen
		l.Doubts = append(l.Doubts, DoubtSign)
	case a.Fen < 0 && habit:
		l.Fen = a.Fen
	case a.Fen < 0 && !l.Reversal:
		l.Doubts = append(l.Doubts, DoubtSign)
	}
}

// single reads one column of amounts with a word beside it, or a sign.
func (r *statementReader) single(row table.Row, l *StatementLine, a table.Amount) {
	word := r.t.Text(row, "direction")
	side := r.s.side(word)
	if side == table.NoSide && word == "" {
		side = a.Side
	}
	_, hasWords := r.t.Head.At["direction"]
	switch {
	case side == table.Credit:
		r.credit(l, a)
	case side == table.Debit:
		r.debit(l, a, r.minusAll)
	case strings.HasPrefix(l.Seen, "+"):
		r.credit(l, a)
	case hasWords || r.unsigned && (!r.receipts || outText.MatchString(l.Memo) || l.Reversal):
		l.Fen, l.Unknown = max(a.Fen, -a.Fen), true
		l.Doubts = append(l.Doubts, DoubtDirection)
	default:
		l.Fen = a.Fen
	}
}

// flagged reports whether a column that no field takes could tell the direction in words that are not known: few short
// words, the same ones again and again.
func (r *statementReader) flagged() bool {
	taken := r.taken()
	for i, title := range r.t.Head.Titles {
		if slices.Contains(taken, i) || title == "" || slices.Contains(plainTitles, title) {
			continue
		}
		words := map[string]bool{}
		short := true
		for _, row := range r.t.Rows {
			text := ""
			if i < len(row.Cells) {
				text = row.Cells[i].Clean()
			}
			short = short && len([]rune(text)) <= 6
			if text != "" {
				words[text] = true
			}
		}
		if short && len(words) > 0 && len(words) <= 4 {
			return true
		}
	}
	return false
}

var plainTitles = []string{"序号", "渠道", "交易渠道", "网点", "交易网点", "交易行", "柜员", "凭证种类", "状态", "行号"}

// compare holds the lines against each other and against the balances.
func (r *statementReader) compare() {
	lines := r.file.Lines
	seen := map[string]bool{} // by line with its balance, and by line
	for i := range lines {
		l := &lines[i]
		key := fmt.Sprint(l.Ref, "\x00", l.Day(), "\x00", l.Fen, "\x00", l.Party, "\x00", l.Memo)
		exact, open := key, key+"\x00?"
		if l.Balance != nil {
			exact = fmt.Sprint(key, "\x00", *l.Balance)
		}
		if seen[exact] || seen[open] {
			l.Doubts = append(l.Doubts, DoubtTwice)
		}
		seen[exact], seen[key] = true, true
		if l.Balance == nil {
			seen[open] = true
		}
	}
	r.balances(lines)
}

// balances compares running balances, in whichever order the lines stand. A line after which the balance went the other way
// is doubtful. Opening and closing follow from the first and the last line where the file does not name them.
func (r *statementReader) balances(lines []StatementLine) {
	if len(lines) == 0 {
		return
	}
	up, down := 0, 0
	for i := 1; i < len(lines); i++ {
		before, now := lines[i-1], lines[i]
		if before.Balance == nil || now.Balance == nil {
			continue
		}
		if *before.Balance+now.Fen == *now.Balance {
			up++
		}
		if *now.Balance+before.Fen == *before.Balance {
			down++
		}
	}
	newestFirst := down > up
	for i := range lines {
		j := i - 1
		if newestFirst {
			j = i + 1
		}
		l := &lines[i]
		var before *int64
		switch {
		case j >= 0 && j < len(lines):
			before = lines[j].Balance
		case len(r.t.Before) > 0:
			before = r.file.Opening
		}
		if l.Balance == nil || before == nil || l.Fen == 0 || slices.Contains(l.Doubts, DoubtStatus) {
			continue
		}
		if *before-l.Fen == *l.Balance && *before+l.Fen != *l.Balance {
			if l.Unknown { // the balance tells it
				l.Fen = -l.Fen
				r.known(l)
			} else {
				l.Doubts = append(l.Doubts, DoubtBalance)
			}
		} else if *before+l.Fen == *l.Balance && l.Unknown {
			r.known(l)
		}
	}
	first, last := lines[0], lines[len(lines)-1]
	if newestFirst {
		first, last = last, first
	}
	if r.file.Opening == nil && first.Balance != nil {
		opening := *first.Balance - first.Fen
		r.file.Opening = &opening
	}
	if r.file.Closing == nil && last.Balance != nil {
		closing := *last.Balance
		r.file.Closing = &closing
	}
}

func (r *statementReader) known(l *StatementLine) {
	l.Unknown = false
	l.Doubts = slices.DeleteFunc(l.Doubts, func(d string) bool { return d == DoubtDirection })
}

// Sum is the sum of the lines of money in and of the lines of money out.
func (f *StatementFile) Sum() (in, out int64) {
	for _, l := range f.Lines {
		switch {
		case l.Unknown:
		case l.Fen > 0:
			in += l.Fen
		default:
			out -= l.Fen
		}
	}
	return in, out
}

// Meets reports whether opening, lines and closing of the file agree; known is false where the file does not have both, or
// where a line's direction, currency or result is not known.
func (f *StatementFile) Meets() (meets, known bool) {
	if f.Opening == nil || f.Closing == nil {
		return false, false
	}
	for _, l := range f.Lines {
		if l.Unknown || slices.Contains(l.Doubts, DoubtStatus) || slices.Contains(l.Doubts, DoubtAccount) || slices.Contains(l.Doubts, DoubtCurrency) || slices.Contains(l.Doubts, DoubtTwice) {
			return false, false
		}
	}
	in, out := f.Sum()
	return *f.Opening+in-out == *f.Closing, true
}
