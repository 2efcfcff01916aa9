package page

import (
	"encoding/xml"
	"errors"
	"fmt"
	"html/template"
	"maps"
	"slices"
	"strings"
	"time"
)

// funcs are the functions of templates in one language. README of the frame:
//
//	{{t "中文 {n}" "English {n}" "n" .N}}   prose of a page, both languages side by side
//	{{word "order.status.paid"}}           a word of the glossary
//	{{badge "order.status.paid"}}          the same with its dot
//	{{url "order" "id" .ID "tab" "money"}} address of a named route, the rest as query
//	{{digits .Number}} {{money .Fen}} {{price .Fen "斤"}} {{weight .Grams "jin"}} {{qty .Heads (word "unit.head")}}
//	{{date .T}} {{day .T}} {{datetime .T}} {{span .From .To}} {{left .T}}
//	{{picture "goose" (t "大鹅" "Goose")}} {{icon "printer"}} {{bar .Sold .Capacity}}
func (s *Site) funcs(l Lang) template.FuncMap {
	f := func() Format { return Format{Lang: l, Now: s.Now()} }
	all := s.moduleFuncs(l)
	maps.Copy(all, template.FuncMap{
		"lang":  func() Lang { return l },
		"t":     func(zh, en string, pairs ...any) (string, error) { return s.prose(l, zh, en, pairs) },
		"word":  func(key string, pairs ...any) (string, error) { return s.word(l, key, pairs) },
		"badge": func(key string) (template.HTML, error) { return s.badge(l, key) },
		"url":   func(name string, pairs ...any) (string, error) { return s.URL(name, pairs...) },
		"abs":   s.Abs,
		"asset": s.Assets.URL,
		"icon":  s.icon,

		"money": func(fen int64) template.HTML { return dataHTML("money", fen, f().Money(fen)) },
		"price": func(fen int64, unit string) template.HTML {
			return dataHTML("money", fen, f().Money(fen)) + template.HTML("<span class=\"per\">/"+template.HTMLEscapeString(unit)+"</span>")
		},
		"weight": func(grams int64, unit ...string) template.HTML {
			u := ""
			if len(unit) > 0 {
				u = unit[0]
			}
			return dataHTML("weight", grams, f().weight(grams, u))
		},
		"digits":  digits,
		"num":     func(n any) (string, error) { return numeral(f(), n) },
		"percent": func(part, whole int64) string { return f().percent(part, whole) },
		"qty": func(n any, unit string) (string, error) {
			figure, err := numeral(f(), n)
			return f().qty(figure, unit), err
		},
		"date":     func(t time.Time) template.HTML { return timeHTML(t, time.DateOnly, f().date) },
		"day":      func(t time.Time) template.HTML { return timeHTML(t, time.DateOnly, f().Day) },
		"datetime": func(t time.Time) template.HTML { return timeHTML(t, time.RFC3339, f().dateTime) },
		"span": func(from, to time.Time) template.HTML {
			if from.IsZero() || to.IsZero() {
				return "–"
			}
			return template.HTML(template.HTMLEscapeString(f().span(from, to)))
		},
		"left": func(t time.Time) template.HTML { return timeHTML(t, time.RFC3339, f().left) },

		"picture": s.picture,
		"bar":     bar,
		"dict":    dict,
		"list":    func(items ...any) []any { return items },
		"add":     func(a, b int) int { return a + b },
		"sub":     func(a, b int) int { return a - b },
		"lower":   strings.ToLower,
		"join":    strings.Join,
	})
	return all
}

func pairsMap(pairs []any) (map[string]any, error) {
	if len(pairs)%2 != 0 {
		return nil, errors.New("a name without a value")
	}
	m := make(map[string]any, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		name, ok := pairs[i].(string)
		if !ok {
			return nil, fmt.Errorf("name %v is not text", pairs[i])
		}
		m[name] = pairs[i+1]
	}
	return m, nil
}

func dict(pairs ...any) (map[string]any, error) { return pairsMap(pairs) }

func (s *Site) prose(l Lang, zh, en string, pairs []any) (string, error) {
	args, err := pairsMap(pairs)
	if err != nil {
		return "", fmt.Errorf("t %q: %w", zh, err)
	}
	for name, value := range args {
		if _, ok := value.(template.HTML); ok { // its tags would be read by people
			return "", fmt.Errorf("t %q: %s is HTML: give the value, and its kind in the text, as in {%s:money}", zh, name, name)
		}
	}
	return s.Glossary.fill(l, l.Pick(zh, en), args), nil
}

func (s *Site) word(l Lang, key string, pairs []any) (string, error) {
	args, err := pairsMap(pairs)
	if err != nil {
		return "", fmt.Errorf("word %q: %w", key, err)
	}
	if name, ok := s.named(key); ok {
		return l.Text(name), nil
	}
	text, ok := s.Glossary.Say(l, key, args)
	if !ok {
		return "", fmt.Errorf("no word %q in the glossary", key)
	}
	return text, nil
}

// badge is a status: a dot of the tone's shape and colour, and the word.
func (s *Site) badge(l Lang, key string) (template.HTML, error) {
	text, err := s.word(l, key, nil)
	if err != nil {
		return "", err
	}
	return template.HTML(`<span class="badge badge-` + string(s.toneOf(key)) + `">` + template.HTMLEscapeString(text) + `</span>`), nil
}

func numeral(f Format, n any) (string, error) {
	v, ok := asInt(n)
	if !ok {
		return "", fmt.Errorf("%v (%T) is not a whole number", n, n)
	}
	return f.num(v), nil
}

// dataHTML keeps the exact value, in fen or grams, behind the text.
func dataHTML(class string, value int64, text string) template.HTML {
	return template.HTML(fmt.Sprintf(`<data class="%s" value="%d">%s</data>`, class, value, template.HTMLEscapeString(text)))
}

// digits sets a long number in fours, to be read aloud; copied, it is the number.
func digits(number string) template.HTML {
	var b strings.Builder
	b.WriteString(`<span class="digits">`)
	for four := range slices.Chunk([]byte(number), 4) {
		b.WriteString("<span>" + template.HTMLEscapeString(string(four)) + "</span><wbr>")
	}
	b.WriteString("</span>")
	return template.HTML(b.String())
}

func timeHTML(t time.Time, layout string, text func(time.Time) string) template.HTML {
	if t.IsZero() {
		return "–"
	}
	return template.HTML(`<time datetime="` + t.In(China).Format(layout) + `">` + template.HTMLEscapeString(text(t)) + `</time>`)
}

// icon writes a small drawing into the page, where it takes the text's colour. It
// is decoration: the words beside it say the same.
func (s *Site) icon(name string) (template.HTML, error) {
	body, err := s.Assets.Read("icons/" + name + ".svg")
	if err != nil {
		return "", err
	}
	inner, err := svgBody(body)
	if err != nil {
		return "", fmt.Errorf("icon %q: %w", name, err)
	}
	return template.HTML(`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">` + inner + `</svg>`), nil
}

func svgBody(svg []byte) (string, error) {
	var doc struct {
		Inner string `xml:",innerxml"`
	}
	if err := xml.Unmarshal(svg, &doc); err != nil {
		return "", err
	}
	return strings.Join(strings.Fields(doc.Inner), " "), nil
}

// tints is the ground a picture stands on. A picture that is not listed stands on
// sand.
var tints = map[string]string{
	"goose": "sky", "gosling": "sky", "duck": "sky", "feather": "sky", "hen": "sky",
	"goose-egg": "straw", "egg-nest": "straw", "corn": "straw", "rice": "straw", "marigold": "straw", "sun": "straw",
	"purple-bean": "lilac", "eggplant": "lilac", "kidney-bean": "blush", "chilli": "blush", "tomato": "blush", "watermelon": "blush",
	"ground-cherry": "leaf", "leafy-green": "leaf", "seedling": "leaf", "pea": "leaf", "cucumber": "leaf", "melon": "leaf", "vegetable-box": "leaf",
}

// picture shows a product on its ground. An unknown name shows a basket, so that
// a new product of the catalog never breaks a page. An empty text means that the
// words beside it already say what it is.
func (s *Site) picture(name, text string) (template.HTML, error) {
	file := "pictures/" + name + ".svg"
	if !s.Assets.Has(file) {
		name, file = "basket", "pictures/basket.svg"
	}
	src, err := s.Assets.URL(file)
	if err != nil {
		return "", err
	}
	tint := tints[name]
	if tint == "" {
		tint = "sand"
	}
	return template.HTML(`<span class="picture picture-` + tint + `"><img src="` + src + `" alt="` + template.HTMLEscapeString(text) +
		`" width="160" height="160" loading="lazy" decoding="async"></span>`), nil
}

// bar is how much of a whole is there. It says nothing that the figures beside it
// do not say, so readers of the page aloud pass it by.
func bar(part, whole int64) template.HTML {
	width := int64(0)
	if whole > 0 {
		width = min(max(part, 0), whole)
		for whole > 1<<40 { // keeps the product below in range
			whole, width = whole>>1, width>>1
		}
		width = width * 1000 / whole
	}
	return template.HTML(fmt.Sprintf(`<svg class="bar" viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true" focusable="false">`+
		`<rect class="bar-whole" width="1000" height="10"></rect><rect class="bar-part" width="%d" height="10"></rect></svg>`, width))
}
