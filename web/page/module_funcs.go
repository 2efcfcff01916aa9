package page

import (
	"encoding/base64"
	"fmt"
	"html/template"
	"strconv"
	"strings"
	"time"

	"rsc.io/qr"

	"banmuyuan/catalog"
	"banmuyuan/internal/money"
	"banmuyuan/orders"
)

// moduleFuncs are the functions of templates for values of the modules.
//
//	{{text .Title}}                          the reader's language of a Text
//	{{county}} {{intro}}                     the county's name and the sentences about it on the front page
//	{{with office}}{{.Phone}}{{end}}         the office that runs the site
//	{{choices (option "pickup" "自提" "a hint") …}} a list of choices; {{options "first" .List}} puts an empty one before a list
//	{{with about .Ref}}<a href="{{.URL}}">{{.No}}</a>{{end}}  what a payment was for
//	{{by .Actor}}                            who did something: a login, or the system
//	{{event .}}                           the sentence of an order's timeline entry
//	{{yuan .Fen}}                            money where no markup may stand, as in an option
//	{{onday .DueOn}} {{rate .RateBP}}         a day that a module wrote as 2026-09-18; a rate in 1/10,000
//	{{summary .}} {{units 5 "head"}}         the summary of an order; a quantity with its unit
//	{{dates .From .To}}                      a range of days with the year
//	{{phase .Presale}}                       the state of a presale by the clock and the stock
//	{{pricerange .Presale}} {{piece .Presale .Grade}}  its prices, from the lowest; the estimated price of a piece
//	{{qr .Link}}                             a QR code that prints sharp
func (s *Site) moduleFuncs(l Lang) template.FuncMap {
	return template.FuncMap{
		"text":   func(t catalog.Text) string { return l.Text(t) },
		"county": func() string { return s.countyName(l) },
		"office": s.county,
		"intro":  func() string { return l.Text(s.county().Intro) },
		"signed": func(fen int64) string { return Format{Lang: l, Now: s.Now()}.signed(fen) },
		"yuan":   func(fen int64) string { return Format{Lang: l, Now: s.Now()}.Money(fen) },
		"onText": func(day string) string { return Format{Lang: l, Now: s.Now()}.Day(OnDay(day)) },
		"about":  s.about,
		"by":     l.by,
		"sub64":  func(a, b int64) int64 { return a - b },
		"div64":  func(a, b int64) int64 { return a / b },
		"abs64":  func(n int64) int64 { return max(n, -n) },
		"sum64":  func(a, b int64) int64 { return a + b },
		"mul64":  func(a, b int64) int64 { return a * b },
		"option": func(value, label, hint string) Option {
			return Option{Value: value, Label: label, Hint: hint}
		},
		"choices": func(all ...Option) []Option { return all },
		"options": func(first string, rest []Option) []Option {
			return append([]Option{{Label: first}}, rest...)
		},
		"event": func(e orders.TimelineEntry) string {
			args := make(map[string]any, len(e.Args))
			for name, value := range e.Args {
				args[name] = value
			}
			if text, ok := s.Glossary.Say(l, e.Key, args); ok {
				return text
			}
			return e.Key
		},
		"qr": qrCode,
		"measure": func(n int64, unit string) (string, error) {
			word, err := s.word(l, "unit."+unit, nil)
			return Format{Lang: l, Now: s.Now()}.measure(n, unit, word), err
		},
		"plainYuan":      func(fen int64) string { return strings.TrimPrefix(money.FormatYuan(fen), "¥") },
		"householdShare": householdShare,
		"spacedCode":     SpacedCode,
		"onday": func(day string) template.HTML {
			t, err := time.ParseInLocation(time.DateOnly, day, China)
			if err != nil {
				return template.HTML(template.HTMLEscapeString(day))
			}
			return timeHTML(t, time.DateOnly, Format{Lang: l, Now: s.Now()}.date)
		},
		"summary": func(o orders.Order) OrderSummary { return s.Summarizer(l).Order(o, orders.Origins{}, nil) },
		"units":   func(n int64, unit string) string { return s.Summarizer(l).Units(n, unit) },
		"dates":   func(from, to time.Time) string { return Format{Lang: l, Now: s.Now()}.fullSpan(from, to) },
		"phase":   func(p any) (string, error) { return phaseOf(p, s.Now()) },
		"piece": func(p any, g catalog.GradePrice) (string, error) {
			shown, err := publicPresale(p)
			if err != nil {
				return "", err
			}
			line, err := orders.LineOf(shown, g, 1)
			return s.Summarizer(l).Piece(line), err
		},
		"pricerange": func(p any) (string, error) {
			shown, err := publicPresale(p)
			return s.Summarizer(l).PriceRange(shown), err
		},
		"rate": func(bp int64) string { return perBP(Format{Lang: l, Now: s.Now()}, bp) },
	}
}

// OnDay writes a day that is text.
func (f Format) OnDay(day string) string {
	t, err := time.ParseInLocation(time.DateOnly, day, China)
	if err != nil {
		return day
	}
	return f.date(t)
}

// qrCode is a picture as a data address: the page's policy allows those, and it needs no second request.
func qrCode(text string) (template.HTML, error) { return QRImage(text, text) }

// QRImage is qrCode for a text that is not to be read.
func QRImage(text, alt string) (template.HTML, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return "", fmt.Errorf("encode QR: %w", err)
	}
	code.Scale = 4
	size := strconv.Itoa(code.Size * 3)
	return template.HTML(`<img class="qr" alt="` + template.HTMLEscapeString(alt) + `" width="` + size + `" height="` + size +
		`" src="data:image/png;base64,` + base64.StdEncoding.EncodeToString(code.PNG()) + `">`), nil
}

// by names an actor as modules write it: a login, or a job of the system.
func (l Lang) by(actor string) string {
	if actor == "system" || strings.HasPrefix(actor, "system:") {
		return l.Pick("系统", "the system")
	}
	return actor
}
