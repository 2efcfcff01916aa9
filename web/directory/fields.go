package directory

import (
	"context"
	"slices"
	"strings"

	"banmuyuan/catalog"
	"banmuyuan/internal/entry"
	"banmuyuan/web/page"
)

// entryField is one field of an entry's form.
type entryField struct {
	page.Field
	As string // the part of forms that shows it: input, textarea, select, radios or several
}

// entryList is a list of names that a form's inputs offer.
type entryList struct {
	Kind  string
	Names []string
}

func (e entryList) id() string { return "names-" + e.Kind }

// namesMost bounds the list of names of a kind.
const namesMost = 1000

// offered are the kinds whose names fit into a list. Households are found by their codes.
var offered = []string{catalog.KindTownship, catalog.KindVillage, catalog.KindHelper, catalog.KindOrganisation, catalog.KindProgramme, catalog.KindProduct}

// named is the kind whose entries a field names, "" for none.
func named(f *entry.Field) string {
	switch {
	case f.Refers != "":
		return f.Refers
	case f.Name == catalog.KindVillage, f.Name == catalog.KindHelper:
		return f.Name
	}
	return ""
}

// entryLists reads the names that the fields of a kind refer to.
func (s *pages) entryLists(ctx context.Context, k *entry.Kind) ([]entryList, error) {
	var lists []entryList
	for i := range k.Fields {
		kind := named(&k.Fields[i])
		if !slices.Contains(offered, kind) || kind == k.Name || slices.ContainsFunc(lists, func(l entryList) bool { return l.Kind == kind }) {
			continue
		}
		names, err := s.names(ctx, kind)
		if err != nil {
			return nil, err
		}
		lists = append(lists, entryList{kind, names})
	}
	return lists, nil
}

// names lists the entries in use of a kind as cells name them.
func (s *pages) names(ctx context.Context, kind string) ([]string, error) {
	var names []string
	filter := catalog.EntryFilter{Kind: kind, Limit: 200}
	for len(names) < namesMost {
		part, err := s.Directory.Entries(ctx, filter)
		if err != nil {
			return nil, err
		}
		for _, e := range part.Items {
			name := e.Cells["name"]
			if kind == catalog.KindHelper {
				name = catalog.HelperName(name, e.Cells["unit"])
			}
			if !slices.Contains(names, name) { // villages of two townships
				names = append(names, name)
			}
		}
		if filter.After = part.Next; part.Next == 0 {
			break
		}
	}
	return names, nil
}

// entryFields are the fields of an entry's form, filled with its cells.
func entryFields(l page.Lang, k *entry.Kind, e catalog.Entry, lists []entryList, f *page.Form) ([]entryField, error) {
	fields := make([]entryField, 0, len(k.Fields))
	for i := range k.Fields {
		field, err := entryFieldOf(l, k, &k.Fields[i], e, lists, f)
		if err != nil {
			return nil, err
		}
		fields = append(fields, field)
	}
	return fields, nil
}

func entryFieldOf(l page.Lang, k *entry.Kind, f *entry.Field, e catalog.Entry, lists []entryList, form *page.Form) (entryField, error) {
	cell := e.Cells[f.Name]
	pairs := []any{"value", cell, "hint", fieldHint(l, k, f, e.ID != 0), "required", f.Need, "optional", !f.Need && f.Type != entry.Flag, "autocomplete", "off"}
	switch f.Type {
	case entry.Long:
		field, err := form.Input(f.Name, titleOf(l, f.Head), append(pairs, "rows", 3)...)
		return entryField{field, "textarea"}, err
	case entry.Flag:
		if cell == "" {
			pairs[1] = no
		}
		field, err := form.Choice(f.Name, titleOf(l, f.Head), []page.Option{{Value: yes, Label: l.Pick(yes, "Yes")}, {Value: no, Label: l.Pick(no, "No")}}, pairs...)
		return entryField{field, "radios"}, err
	case entry.Choice:
		pairs[1] = codeOf(f, cell)
		var options []page.Option
		if !f.Need || cell == "" {
			options = append(options, page.Option{Label: l.Pick("请选择", "Choose")})
		}
		for _, v := range f.Values {
			options = append(options, page.Option{Value: v.Code, Label: titleOf(l, v.Name)})
		}
		field, err := form.Choice(f.Name, titleOf(l, f.Head), options, append(pairs, "width", "m")...)
		return entryField{field, "select"}, err
	case entry.Choices, entry.Refs:
		pairs[1] = ""
		field, err := form.Choice(f.Name, titleOf(l, f.Head), severalOf(l, f, cell, lists), pairs...)
		return entryField{field, "several"}, err
	}
	field, err := form.Input(f.Name, titleOf(l, f.Head), append(pairs, controlOf(k, f, e, lists)...)...)
	return entryField{field, "input"}, err
}

// controlOf says more about the control of a field of one line.
func controlOf(k *entry.Kind, f *entry.Field, e catalog.Entry, lists []entryList) []any {
	var pairs []any
	switch f.Type {
	case entry.Count, entry.Year, entry.IDNumber:
		pairs = []any{"width", "s"}
		if f.Type == entry.IDNumber {
			pairs[1] = "m"
		} else {
			pairs = append(pairs, "inputmode", "numeric")
		}
	case entry.Mu, entry.Square, entry.Grams, entry.Money, entry.Percent, entry.Degrees:
		pairs = []any{"width", "s", "inputmode", "decimal"}
	case entry.Phone:
		pairs = []any{"width", "m", "type", "tel"}
	case entry.Day:
		pairs = []any{"width", "m", "type", "date"}
	default:
		if f.Max == 0 || f.Max <= 40 {
			pairs = []any{"width", "m"}
		}
	}
	if kind := named(f); slices.ContainsFunc(lists, func(l entryList) bool { return l.Kind == kind }) {
		pairs = append(pairs, "list", entryList{Kind: kind}.id())
	}
	if k.Name == catalog.KindHousehold && f.Name == "code" && e.ID != 0 {
		pairs = append(pairs, "readonly", true)
	}
	return pairs
}

// fieldHint says how a field is filled, where its label does not.
func fieldHint(l page.Lang, k *entry.Kind, f *entry.Field, known bool) string {
	switch {
	case f.Type == entry.IDNumber && known:
		return l.Pick("已登记的号码不显示。要更换时填新的 18 位号码，空着就不变。", "A registered number is not shown. Enter 18 digits to replace it; left empty, it stays.")
	case k.Name == catalog.KindHousehold && f.Name == "code" && known:
		return l.Pick("户编号登记后不能改。", "A household's code does not change.")
	case f.Hint.Zh != "":
		return titleOf(l, f.Hint)
	case f.Type == entry.Day || f.Type == entry.Flag || f.Type == entry.Choice || f.Type == entry.Choices || f.Type == entry.Refs || f.Type == entry.Long:
		return ""
	case f.Refers == catalog.KindHousehold:
		return l.Pick("例如 ", "Such as ") + f.Example
	case f.Example != "" && f.Type != entry.Line && f.Type != entry.Ref:
		return l.Pick("例如 ", "Such as ") + f.Example
	}
	return ""
}

func codeOf(f *entry.Field, cell string) string {
	for _, v := range f.Values {
		if cell == v.Name.Zh {
			return v.Code
		}
	}
	return cell
}

// severalOf are the choices of a field that takes several, those of the cell chosen.
func severalOf(l page.Lang, f *entry.Field, cell string, lists []entryList) []page.Option {
	chosen := splitCell(cell)
	var options []page.Option
	for _, v := range f.Values {
		options = append(options, page.Option{Value: v.Code, Label: titleOf(l, v.Name), Selected: slices.Contains(chosen, v.Name.Zh)})
	}
	for _, list := range lists {
		if list.Kind != f.Refers {
			continue
		}
		for _, name := range list.Names {
			options = append(options, page.Option{Value: name, Label: name, Selected: slices.Contains(chosen, name)})
		}
		for _, name := range chosen {
			if !slices.Contains(list.Names, name) { // out of use, but the entry has it
				options = append(options, page.Option{Value: name, Label: name, Selected: true})
			}
		}
	}
	return options
}

// cellsOf are the cells that a form sends. An id number that is left empty is not sent: it stays as it is registered.
func cellsOf(k *entry.Kind, id int64, f *page.Form) map[string]string {
	cells := make(map[string]string, len(k.Fields))
	for i := range k.Fields {
		field := &k.Fields[i]
		sent, ok := f.Values[field.Name]
		if !ok {
			continue
		}
		cell := f.Text(field.Name)
		if field.Type == entry.Choices || field.Type == entry.Refs {
			cell = strings.Join(slices.DeleteFunc(slices.Clone(sent), func(one string) bool { return one == "" }), "、")
		}
		if field.Type == entry.IDNumber && id != 0 && cell == "" {
			continue
		}
		cells[field.Name] = cell
	}
	return cells
}
