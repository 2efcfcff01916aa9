package page

import (
	"bytes"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"banmuyuan/internal/link"
	"banmuyuan/internal/money"
)

// Form holds typed values and their errors. Values are kept when
// the page is shown again; every error stands beside its field and in the summary
// at the top, which links to it.
type Form struct {
	Values url.Values
	// Errors are in the order in which they were found.
	Errors []FieldError

	Lang     Lang
	glossary Glossary
	key      string
	status   int
	labels   map[string]string // of fields, as the page names them
	Problems []*link.Error     // as they were found, for programs
}

// labelled remembers the page's label of a field.
func (f *Form) labelled(name, label string) {
	if f.labels == nil {
		f.labels = map[string]string{}
	}
	f.labels[name] = label
}

// Naming holds the place of a field's label in the summary of errors, which stands above the fields: the label is known
// when the page is done.
func (f *Form) Naming(i int) template.HTML { return template.HTML(naming(i)) }

func naming(i int) string { return fmt.Sprintf("<!--label %d-->", i) }

// named puts the labels where Naming held their places. A sentence that has the label in it needs no more.
func (f *Form) named(page []byte) []byte {
	for i, e := range f.Errors {
		label := f.labels[e.Name]
		if label != "" {
			if strings.Contains(strings.ToLower(e.Text), strings.ToLower(label)) {
				label = ""
			} else {
				label += f.Lang.Pick("：", ": ")
			}
		}
		page = bytes.ReplaceAll(page, []byte(naming(i)), []byte(template.HTMLEscapeString(label)))
	}
	return page
}

// FieldError is a sentence about one field, or about the whole form when Name is
// empty.
type FieldError struct{ Name, Text string }

// ID is the id of the element the error is about.
func (e FieldError) ID() string { return fieldID(e.Name) }

func (s *Site) NewForm(l Lang) *Form {
	return &Form{Values: url.Values{}, Lang: l, glossary: s.Glossary}
}

// PostedForm reads the body of a form. Its size is limited before.
func (s *Site) PostedForm(r *http.Request) (*Form, error) {
	f := s.NewForm(LangOf(r))
	err := r.ParseForm()
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data") && err == nil {
		err = r.ParseMultipartForm(1 << 20) //nolint:gosec // the core bounds every body before a handler sees it
	}
	if err != nil {
		if _, big := errors.AsType[*http.MaxBytesError](err); big {
			return nil, link.E(link.TooLarge, "too_large", "").Because(err)
		}
		return nil, link.E(link.Invalid, "malformed", "").Because(err)
	}
	f.Values = r.PostForm
	f.key = f.Values.Get(keyField)
	return f, nil
}

// QueryForm reads a form that asks: filters, search.
func (s *Site) QueryForm(r *http.Request) *Form {
	f := s.NewForm(LangOf(r))
	f.Values = r.URL.Query()
	return f
}

// keyField is the hidden field that makes sending a form twice do a thing once.
const keyField = "idempotency_key"

var saneKey = regexp.MustCompile(`^[A-Za-z0-9_-]{8,64}$`)

// Key is the idempotency key of the form: the one that was sent while it is not
// known whether the command took effect, else a new one.
func (f *Form) Key() string {
	if !saneKey.MatchString(f.key) {
		f.key = link.NewRequestID()
	}
	return f.key
}

// Text is a value without blanks around it.
func (f *Form) Text(name string) string { return strings.TrimSpace(f.Values.Get(name)) }

// Raw is a value as it was typed; for passwords.
func (f *Form) Raw(name string) string { return f.Values.Get(name) }

// Int reads a whole number; people may type separators and full-width digits. It
// notes an error and returns 0 if it is none. An empty field is 0 without error:
// see Need.
func (f *Form) Int(name string) int64 {
	n, err := money.ParseCount(f.Values.Get(name), money.Unit{})
	return f.number(name, n, err, "form.whole_number")
}

// Fen reads an amount in yuan with at most two decimals.
func (f *Form) Fen(name string) int64 {
	n, err := money.ParseYuan(f.Values.Get(name))
	return f.number(name, n, err, "form.money")
}

// Grams reads a weight in a unit such as "jin" or "kg".
func (f *Form) Grams(name, unit string) int64 {
	u, ok := money.UnitByCode(unit)
	if !ok || u.Counted() {
		f.Add(name, "form.unit")
		return 0
	}
	n, err := money.ParseWeight(f.Values.Get(name), u)
	return f.number(name, n, err, "form.weight")
}

func (f *Form) number(name string, n int64, err error, key string) int64 {
	switch {
	case err == nil:
		return n
	case errors.Is(err, money.ErrEmpty):
	case errors.Is(err, money.ErrNegative):
		f.Add(name, "form.negative")
	case errors.Is(err, money.ErrOverflow):
		f.Add(name, "form.too_large")
	default:
		f.Add(name, key)
	}
	return 0
}

// Need notes an error for each empty field and reports whether all are there.
func (f *Form) Need(names ...string) bool {
	ok := true
	for _, name := range names {
		if f.Text(name) == "" {
			f.Add(name, "form.required")
			ok = false
		}
	}
	return ok
}

// Add notes an error of a field; an empty name is the whole form. Only the
// first error of a field counts.
func (f *Form) Add(name, key string, pairs ...string) {
	f.AddError(name, link.E(link.Invalid, key, name, pairs...))
}

// AddError notes an error of a module, or one that was made here.
func (f *Form) AddError(name string, e *link.Error) {
	if name != "" && f.Error(name) != "" {
		return
	}
	f.Problems = append(f.Problems, e)
	f.Errors = append(f.Errors, FieldError{Name: name, Text: f.glossary.SayError(f.Lang, e)})
	if f.status == 0 || f.status == http.StatusUnprocessableEntity {
		f.status = statusOf(e)
	}
}

// AddText notes a sentence about a field.
func (f *Form) AddText(name, text string) {
	f.Errors = append(f.Errors, FieldError{Name: name, Text: text})
	f.status = http.StatusUnprocessableEntity
}

// Fail puts the error of a module beside the fields it is about and reports true,
// or false if it is one that no change of the form can mend: return that one. An
// outcome that is not known keeps the form's key, so that sending it again is safe.
func (f *Form) Fail(err error) bool {
	e := link.AsError(err)
	switch e.Code {
	case link.Unavailable:
		f.AddError("", e)
		return true
	case link.Invalid, link.SoldOut, link.Conflict, link.TooLarge:
	default:
		return false
	}
	f.key = ""
	if len(e.Details) == 0 {
		f.AddError(e.Field, e)
		return true
	}
	for _, d := range e.Details {
		f.AddError(d.Field, d)
	}
	return true
}

// Rename moves the errors of a field to another: two forms of a page may ask for the same.
func (f *Form) Rename(from, to string) {
	for i := range f.Errors {
		if f.Errors[i].Name == from {
			f.Errors[i].Name = to
		}
	}
}

// OK reports whether nothing is wrong.
func (f *Form) OK() bool { return len(f.Errors) == 0 }

// Status is the HTTP status of the page that shows the form.
func (f *Form) Status() int {
	if f.OK() {
		return http.StatusOK
	}
	return f.status
}

// Error is the sentence about a field, or "".
func (f *Form) Error(name string) string {
	for _, e := range f.Errors {
		if e.Name == name {
			return e.Text
		}
	}
	return ""
}

// Field is one control, ready for its template.
type Field struct {
	ID, Name, Label, Hint, Value, Error, Type          string
	Autocomplete, Inputmode, Placeholder, Prefix, Unit string
	Min, Max, Step, Pattern, Width, Rows               string
	Required, Optional, Checked, Autofocus, HideLabel  bool
	Multiple, ReadOnly                                 bool
	List                                               string // id of a datalist
	Options                                            []Option
}

// Option is one choice of a Field.
type Option struct {
	Value, Label, Hint string
	Selected           bool
}

// DescribedBy lists the ids of the hint and the error, for aria-describedby.
func (f Field) DescribedBy() string {
	var ids []string
	if f.Hint != "" {
		ids = append(ids, f.ID+"-hint")
	}
	if f.Error != "" {
		ids = append(ids, f.ID+"-error")
	}
	return strings.Join(ids, " ")
}

var notID = regexp.MustCompile(`[^A-Za-z0-9_-]+`)

// fieldID makes an id of a name such as lines[0].quantity.
func fieldID(name string) string { return "f-" + strings.Trim(notID.ReplaceAllString(name, "-"), "-") }

// Input describes a control for {{template "input"}}, "textarea", "stepper" and
// "checkbox". Further pairs: type, hint, autocomplete, inputmode, placeholder,
// prefix, unit, min, max, step, pattern, width (s, m, l), rows, value (the first
// value), and the switches required, optional, checked, autofocus, hidelabel,
// multiple and readonly with true or false; list, the id of a datalist.
func (f *Form) Input(name, label string, pairs ...any) (Field, error) {
	f.labelled(name, label)
	field := Field{ID: fieldID(name), Name: name, Label: label, Type: "text", Error: f.Error(name)}
	first := ""
	args, err := pairsMap(pairs)
	if err != nil {
		return field, fmt.Errorf("input %s: %w", name, err)
	}
	for key, v := range args {
		text, on := fmt.Sprint(v), v == true
		switch key {
		case "type":
			field.Type = text
		case "hint":
			field.Hint = text
		case "autocomplete":
			field.Autocomplete = text
		case "inputmode":
			field.Inputmode = text
		case "placeholder":
			field.Placeholder = text
		case "prefix":
			field.Prefix = text
		case "unit":
			field.Unit = text
		case "min":
			field.Min = text
		case "max":
			field.Max = text
		case "step":
			field.Step = text
		case "pattern":
			field.Pattern = text
		case "width":
			field.Width = text
		case "rows":
			field.Rows = text
		case "value":
			first = text
		case "required":
			field.Required = on
		case "optional":
			field.Optional = on
		case "checked":
			field.Checked = on
		case "autofocus":
			field.Autofocus = on
		case "hidelabel":
			field.HideLabel = on
		case "multiple":
			field.Multiple = on
		case "readonly":
			field.ReadOnly = on
		case "list":
			field.List = text
		default:
			return field, fmt.Errorf("input %s: unknown %q", name, key)
		}
	}
	field.Value = first
	if _, sent := f.Values[name]; sent {
		field.Value = f.Values.Get(name)
		field.Checked = field.Type == "checkbox" && field.Value != ""
	}
	if field.Type == "password" {
		field.Value = "" // a password is never sent back
	}
	return field, nil
}

// Choice describes a control for {{template "select"}}, "radios" and "checkboxes".
func (f *Form) Choice(name, label string, options []Option, pairs ...any) (Field, error) {
	field, err := f.Input(name, label, pairs...)
	if err != nil {
		return field, err
	}
	chosen, sent := f.Values[name]
	field.Options = make([]Option, len(options))
	for i, o := range options {
		switch {
		case sent:
			o.Selected = false
			for _, c := range chosen {
				o.Selected = o.Selected || c == o.Value
			}
		case field.Value != "":
			o.Selected = o.Value == field.Value
		}
		field.Options[i] = o
	}
	return field, nil
}

// Options turns a reference list into the choices of a select, with a first one that means all.
func Options[T any](all string, items []T, value func(T) string, label func(T) string) []Option {
	list := make([]Option, 0, len(items)+1)
	if all != "" {
		list = append(list, Option{Value: "", Label: all})
	}
	for _, item := range items {
		list = append(list, Option{Value: value(item), Label: label(item)})
	}
	return list
}

// When reads a date or a time of day in China. An empty field is the zero time.
func (f *Form) When(name, layout string) time.Time {
	text := f.Text(name)
	if text == "" {
		return time.Time{}
	}
	t, err := time.ParseInLocation(layout, text, China)
	if err != nil {
		f.Add(name, "form.date")
	}
	return t
}
