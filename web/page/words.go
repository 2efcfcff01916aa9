package page

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
)

// Words says values of the modules in the reader's language. A value that the glossary lacks is shown as it is: a new
// programme of the catalogue must not break a page.
type Words struct {
	Glossary Glossary
	Lang     Lang

	names   func(key string) (catalog.Text, bool) // of the county's data; may be nil
	parties map[party]string                      // of ledger accounts: see NameParties
}

func (s *Site) Words(r *http.Request) Words { return s.WordsIn(LangOf(r)) }

// WordsIn are the words of pages in one language, with the names that the county's data define.
func (s *Site) WordsIn(l Lang) Words { return Words{Glossary: s.Glossary, Lang: l, names: s.named} }

// Words are the glossary in one language.
func (g Glossary) Words(l Lang) Words { return Words{Glossary: g, Lang: l} }

// Say is the word of the key "group.value".
func (w Words) Say(group string, value any) string {
	text := fmt.Sprint(value) // a text of some module's type
	if w.names != nil {
		if name, ok := w.names(group + "." + text); ok {
			return w.Lang.Text(name)
		}
	}
	if said, ok := w.Glossary.Say(w.Lang, group+"."+text, nil); ok {
		return said
	}
	return text
}

// Error is a problem as a sentence.
func (w Words) Error(e *link.Error) string { return w.Glossary.SayError(w.Lang, e) }

// Text is a text of a module in the reader's language.
func (w Words) Text(t catalog.Text) string { return w.Lang.Text(t) }

// Yuan writes whole yuan without their sign, for the bounds of a group.
func (w Words) Yuan(fen int64) string { return Format{Lang: w.Lang}.num(fen / 100) }

// Minus turns a credit round, for a column of its own.
func (Words) Minus(fen int64) int64 { return -fen }

// Problem is the sentence of a key that a module names for a row of a file.
func (w Words) Problem(key string, args map[string]string) string {
	return w.Glossary.SayError(w.Lang, &link.Error{Code: link.Invalid, Key: key, Args: args})
}

// Values are a module's arguments as the glossary takes them.
func Values(args map[string]string) map[string]any {
	out := make(map[string]any, len(args))
	for k, v := range args {
		out[k] = v
	}
	return out
}

// Account names an account of the ledger by its code: "payable:household:12" is the amount owed to a household.
func (w Words) Account(code string) string {
	for kind := code; kind != ""; {
		if said, ok := w.Glossary.Say(w.Lang, "ledger.kind."+kind, nil); ok {
			return said
		}
		i := strings.LastIndexByte(kind, ':')
		if i < 0 {
			break
		}
		kind = kind[:i]
	}
	return code
}

// Keys lists the glossary's keys that begin with a prefix, in order.
func (w Words) Keys(prefix string) []string {
	var keys []string
	for key := range w.Glossary {
		if strings.HasPrefix(key, prefix) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}
