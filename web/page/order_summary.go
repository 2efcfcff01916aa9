package page

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"banmuyuan/catalog"
	"banmuyuan/orders"
	"banmuyuan/orders/contract"
)

// OrderSummary is the summary of an order as every page, the print and messages to the buyer show it: its lines, its money
// and the sentences that say what is to be paid, when and how.
type OrderSummary struct {
	Lines   []SummaryLine
	Sellers []string
	Money   []SummaryAmount
	Notes   []string
}

// SummaryLine is one line in words.
type SummaryLine struct {
	Title, Picture, Presale string
	Seller, Grade           string
	Qty, Price, Piece       string // Piece is empty where the price is of one piece already
	Dates, Origin, Shortage string
	EstimateFen, DepositFen int64
	AmountFen               int64 // 0 until the line is complete
	Weighed                 bool

	ID   string // of its parts in a page that changes them
	Swap bool   // the part stands in an answer that changes the page
}

// Named gives the line's parts names.
func (l SummaryLine) Named(id string) SummaryLine {
	l.ID = id
	return l
}

// Swapped is the line in an answer that changes a page.
func (l SummaryLine) Swapped() SummaryLine {
	l.Swap = true
	return l
}

// SummaryAmount is a row of the money. The total is the amount to pay now.
type SummaryAmount struct {
	Label string
	Fen   int64
	About bool // an estimate
	Total bool
}

// OriginText says where goods come from.
type OriginText struct {
	Villages   []catalog.PublicVillage
	Count      int64 // of villages, where they are not listed
	Households int64
}

// Summarizer writes summaries in one language at one moment.
type Summarizer struct {
	Words  Words
	Format Format
}

// Summarizer returns the writer of summaries in a language.
func (s *Site) Summarizer(l Lang) Summarizer {
	return Summarizer{Words: s.WordsIn(l), Format: Format{Lang: l, Now: s.Now()}}
}

// Say writes the sentence of a key; ok is false for a key without words.
func (w Summarizer) Say(key string, pairs ...any) (text string, ok bool) {
	args, err := pairsMap(pairs)
	if err != nil {
		return "", false
	}
	return w.Words.Glossary.Say(w.Words.Lang, key, args)
}

func (w Summarizer) say(key string, pairs ...any) string {
	text, _ := w.Say(key, pairs...)
	return text
}

// Units writes a quantity with its unit: 5 只, 1 egg.
func (w Summarizer) Units(n int64, unit string) string {
	word := w.Words.Say("unit", unit)
	if one, ok := w.Words.Glossary.Say(w.Words.Lang, "unit.one."+unit, nil); ok && n == 1 {
		word = one
	}
	return w.Format.qty(w.Format.num(n), word)
}

// one is the word for a single unit.
func (w Summarizer) one(unit string) string {
	if one, ok := w.Words.Glossary.Say(w.Words.Lang, "unit.one."+unit, nil); ok {
		return one
	}
	return w.Words.Say("unit", unit)
}

// Piece is the estimated price of one unit in words, or "".
func (w Summarizer) Piece(l orders.Line) string {
	fen := l.EstimatedPieceFen()
	if fen == 0 {
		return ""
	}
	return w.say("summary.piece", "unit", w.one(l.Unit), "fen", fen)
}

// publicCode is the code of a presale that has a page: a contract's presale has none.
func publicCode(code string) string {
	if _, ok := contract.ParseNumber(code); ok {
		return ""
	}
	return code
}

// Line writes one line; origin may be nil.
func (w Summarizer) Line(l orders.Line, origin *OriginText) SummaryLine {
	out := SummaryLine{Title: w.Words.Text(l.Title), Picture: l.Picture, Presale: publicCode(l.Presale), Seller: l.Seller, Grade: w.Words.Say("grade", l.Grade),
		Qty: w.Units(l.Ordered, l.Unit), Price: w.Format.price(l.Price.Fen, w.one(l.PriceUnit)), Piece: w.Piece(l),
		Dates: w.Format.fullSpan(l.DeliverFrom, l.DeliverTo), EstimateFen: l.EstimateFen, DepositFen: l.DepositFen, Weighed: orders.Weighed(l.PriceUnit)}
	if l.Complete {
		out.AmountFen = l.AmountFen
	}
	if l.Short > 0 {
		out.Shortage = w.say("summary.short", "n", w.Units(l.Short, l.Unit))
	}
	if origin != nil {
		out.Origin = w.origin(*origin, l.Unit)
	}
	return out
}

// origin names the first villages with their quantities, in the line's unit.
func (w Summarizer) origin(o OriginText, unit string) string {
	const named = 3
	switch n := len(o.Villages); {
	case n == 0 && o.Households == 0:
		return ""
	case n == 0:
		return w.say("summary.origin.pool", "v", o.Count, "h", o.Households)
	case n <= named:
		return w.say("summary.origin.villages", "places", w.places(o.Villages, unit), "h", o.Households)
	default:
		return w.say("summary.origin.more", "places", w.places(o.Villages[:named], unit), "v", n, "h", o.Households)
	}
}

func (w Summarizer) places(villages []catalog.PublicVillage, unit string) string {
	texts := make([]string, len(villages))
	for i, v := range villages {
		texts[i] = v.Village + " " + w.Units(v.Qty, unit)
	}
	return strings.Join(texts, w.Words.Lang.Pick("、", ", "))
}

// Order writes the summary of an order. origins may be empty; methods are the ways to pay that the buyer has.
func (w Summarizer) Order(o orders.Order, origins orders.Origins, methods []string) OrderSummary {
	o = o.Summarised()
	byLine := map[int]*OriginText{}
	for _, l := range origins.Lines {
		byLine[l.No] = &OriginText{Villages: l.Villages, Households: l.Households}
	}
	s := OrderSummary{}
	for _, l := range o.Lines {
		s.add(w.Line(l, byLine[l.No]))
	}
	s.Money = w.orderMoney(o)
	s.Notes = w.OrderNotes(o, methods)
	return s
}

// Quote writes the summary of an order that is not placed yet. origins are by presale.
func (w Summarizer) Quote(q orders.Quote, origins map[int64]OriginText, methods []string) OrderSummary {
	q = q.Summarised()
	s := OrderSummary{}
	for _, l := range q.Lines {
		var from *OriginText
		if o, ok := origins[l.PresaleID]; ok {
			from = &o
		}
		s.add(w.Line(l, from))
	}
	weighed := orders.AnyWeighed(q.Lines)
	s.Money = []SummaryAmount{
		{Label: w.say(pick(weighed, "summary.estimate", "summary.sum")), Fen: q.EstimateFen, About: weighed},
		{Label: w.say(pick(weighed, "summary.balance.weighed", "summary.balance.counted")), Fen: q.BalanceFen, About: weighed},
		{Label: w.say("summary.deposit_now"), Fen: q.DepositFen, Total: true},
	}
	if q.PayWithin > 0 {
		s.Notes = append(s.Notes, w.say("summary.note.within", "within", w.Format.Within(time.Duration(q.PayWithin)*time.Second), "fen", q.DepositFen))
	}
	s.Notes = append(s.Notes, w.balanceNote(q.BalanceFen, weighed, orders.CollectedFrom(q.Lines))...)
	s.Notes = append(s.Notes, w.how(methods)...)
	return s
}

func (s *OrderSummary) add(l SummaryLine) {
	s.Lines = append(s.Lines, l)
	if !slices.Contains(s.Sellers, l.Seller) {
		s.Sellers = append(s.Sellers, l.Seller)
	}
}

func pick(first bool, a, b string) string {
	if first {
		return a
	}
	return b
}

// orderMoney lists the money of an order. Amounts that are nothing are left out, but for the sum.
func (w Summarizer) orderMoney(o orders.Order) []SummaryAmount {
	weighed := orders.AnyWeighed(o.Lines)
	var rows []SummaryAmount
	some := func(key string, fen int64, about, total bool) {
		if fen != 0 {
			rows = append(rows, SummaryAmount{w.say(key), fen, about, total})
		}
	}
	billed := o.State == orders.StateBilled || o.State == orders.StatePaid || o.State == orders.StateCompleted
	if billed {
		rows = append(rows, SummaryAmount{Label: w.say(pick(weighed, "summary.amount", "summary.sum")), Fen: o.AmountFen})
	} else {
		rows = append(rows, SummaryAmount{Label: w.say(pick(weighed, "summary.estimate", "summary.sum")), Fen: o.EstimateFen, About: weighed})
		some("summary.amount_so_far", o.AmountFen, false, false)
	}
	switch {
	case o.State.Unpaid() && o.PaidFen == 0:
	case o.State == orders.StateConfirmed, o.State == orders.StateWeighing:
		some("summary.deposit_paid", o.PaidFen, false, false)
	default:
		some("summary.paid", o.PaidFen, false, false)
	}
	some("summary.refund", o.RefundFen, false, false)
	some("summary.forfeit", o.ForfeitFen, false, false)
	if o.BalanceEstimated {
		some(pick(weighed, "summary.balance.weighed", "summary.balance.counted"), o.BalanceFen, weighed, false)
	}
	switch o.State {
	case orders.StatePlaced:
		some("summary.deposit_now", o.DueFen, false, true)
	case orders.StateBilled:
		some("summary.balance_now", o.DueFen, false, true)
	}
	return rows
}

// OrderNotes are the sentences about what is to be paid, when and how, or what happened to the money of an order that is
// over.
func (w Summarizer) OrderNotes(o orders.Order, methods []string) []string {
	weighed := orders.AnyWeighed(o.Lines)
	switch o.State {
	case orders.StatePlaced:
		var notes []string
		if o.ExpiresAt != nil && o.DueFen > 0 {
			notes = append(notes, w.say("summary.note.deposit", "fen", o.DueFen, "by", w.Format.dateTime(*o.ExpiresAt)))
		}
		return append(append(notes, w.balanceNote(o.BalanceFen, weighed, orders.CollectedFrom(o.Lines))...), w.how(methods)...)
	case orders.StateConfirmed, orders.StateWeighing:
		if o.BalanceFen == 0 {
			return []string{w.say("summary.note.nothing_more")}
		}
		return w.balanceNote(o.BalanceFen, weighed, orders.CollectedFrom(o.Lines))
	case orders.StateBilled:
		if o.DueFen == 0 {
			return nil // the bill is being closed
		}
		return append([]string{w.say("summary.note.balance_due", "fen", o.DueFen)}, w.how(methods)...)
	case orders.StatePaid, orders.StateCompleted:
		return []string{w.say("summary.note.settled", "fen", o.PaidFen-o.RefundFen)}
	case orders.StateExpired:
		if o.PaidFen > 0 {
			return []string{w.say("summary.note.expired_paid", "paid", o.PaidFen, "refund", o.RefundFen)}
		}
		return []string{w.say("summary.note.expired")}
	case orders.StateCancelled:
		switch {
		case o.PaidFen == 0:
			return []string{w.say("summary.note.cancelled")}
		case o.ForfeitFen > 0:
			return []string{w.say("summary.note.cancelled_forfeit", "paid", o.PaidFen, "refund", o.RefundFen, "forfeit", o.ForfeitFen)}
		}
		return []string{w.say("summary.note.cancelled_paid", "paid", o.PaidFen, "refund", o.RefundFen)}
	}
	return nil
}

// balanceNote says how much the balance will be and when it is due.
func (w Summarizer) balanceNote(fen int64, weighed bool, from time.Time) []string {
	if fen <= 0 {
		return nil
	}
	day := w.Format.FullDate(from)
	return []string{w.say(pick(weighed, "summary.note.balance_weighed", "summary.note.balance_counted"), "fen", fen, "day", day)}
}

func (w Summarizer) how(methods []string) []string {
	if len(methods) == 0 {
		return nil
	}
	names := make([]string, len(methods))
	for i, m := range methods {
		names[i] = w.Words.Say("method", m)
	}
	return []string{w.say("summary.note.how", "methods", strings.Join(names, w.Words.Lang.Pick("、", ", ")))}
}

// Text writes the lines in one sentence, for a message: 中秋大鹅 特级 5 只.
func (s OrderSummary) Text(l Lang) string {
	texts := make([]string, len(s.Lines))
	for i, line := range s.Lines {
		texts[i] = line.Title + " " + line.Grade + " " + line.Qty
	}
	return strings.Join(texts, l.Pick("、", ", "))
}

// Within writes a length of time in its largest whole unit: 30 分钟, 3 天.
func (f Format) Within(d time.Duration) string {
	n, zh, en := int64(d/time.Minute), "分钟", "minute"
	switch {
	case d >= 24*time.Hour && d%(24*time.Hour) == 0:
		n, zh, en = int64(d/(24*time.Hour)), "天", "day"
	case d >= time.Hour && d%time.Hour == 0:
		n, zh, en = int64(d/time.Hour), "小时", "hour"
	}
	if f.Lang == EN {
		if n != 1 {
			en += "s"
		}
		return f.num(n) + " " + en
	}
	return f.num(n) + thin + zh
}

// DateTime writes a moment, with the year when it is not this one.
func (f Format) DateTime(t time.Time) string { return f.dateTime(t) }

// FullDate writes a day with its year.
func (f Format) FullDate(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	f.Now = time.Date(t.In(China).Year()-1, 1, 1, 0, 0, 0, 0, China)
	return f.date(t)
}

// fullSpan writes a range of days with the year: 2026年9月18日至25日.
func (f Format) fullSpan(from, to time.Time) string {
	if from.IsZero() || to.IsZero() {
		return "–"
	}
	a, b := from.In(China), to.In(China)
	if a.Year() == b.Year() && a.YearDay() == b.YearDay() {
		return f.FullDate(a)
	}
	if f.Lang == EN {
		first := a.Format("2 Jan")
		if a.Year() != b.Year() {
			first = a.Format("2 Jan 2006")
		}
		return first + " to " + b.Format("2 Jan 2006")
	}
	f.Now = a.AddDate(-1, 0, 0)
	if a.Year() == b.Year() {
		return strconv.Itoa(a.Year()) + "年" + Format{Lang: f.Lang}.span(a, b)
	}
	return f.Day(a) + "至" + b.Format("2006年1月2日")
}

// PriceRange writes the prices of a presale's grades: ¥14.00/斤, or ¥12.00–14.00/斤.
func (w Summarizer) PriceRange(p catalog.PublicPresale) string {
	if len(p.Grades) == 0 {
		return "–"
	}
	low, high := p.Grades[0].Price.Fen, p.Grades[0].Price.Fen
	for _, g := range p.Grades {
		low, high = min(low, g.Price.Fen), max(high, g.Price.Fen)
	}
	text := w.Format.Money(low)
	if low != high {
		text += "–" + strings.TrimPrefix(w.Format.Money(high), "¥")
	}
	return text + "/" + w.one(p.Product.PriceUnit)
}

func publicPresale(p any) (catalog.PublicPresale, error) {
	switch p := p.(type) {
	case catalog.PublicPresale:
		return p, nil
	case *catalog.PublicPresale:
		return *p, nil
	case catalog.PresaleDetail:
		return p.PublicPresale, nil
	case *catalog.PresaleDetail:
		return p.PublicPresale, nil
	}
	return catalog.PublicPresale{}, fmt.Errorf("%T is not a presale", p)
}

// phaseOf is the phase of a presale now: a copy that was read a moment ago may be behind the clock.
func phaseOf(p any, now time.Time) (string, error) {
	shown, err := publicPresale(p)
	return string(shown.PhaseAt(shown.Left, now)), err
}
