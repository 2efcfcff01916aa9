package sheet

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"banmuyuan/internal/entry"
)

// WriteProblems writes the rows that have a problem as a workbook that can be mended and read again: per kind the rows as
// they came, behind their line numbers, with the wrong cells coloured and the reasons in a last column. say words a
// problem in Chinese. Values are the file's own, so that only a person who had the file may get it.
func WriteProblems(w io.Writer, tables []Table, problems []entry.Problem, say func(entry.Problem) string) error {
	f := excelize.NewFile()
	defer f.Close()
	s, err := newStyles(f)
	if err != nil {
		return err
	}
	first := true
	for i := range tables {
		wrong := map[int][]entry.Problem{}
		for _, p := range problems {
			if p.Kind == tables[i].Kind.Name {
				wrong[p.Line] = append(wrong[p.Line], p)
			}
		}
		if len(wrong) == 0 {
			continue
		}
		name := sheetName(tables[i].Kind.Title.Zh)
		if first {
			err = f.SetSheetName(f.GetSheetName(0), name)
		} else {
			_, err = f.NewSheet(name)
		}
		if err != nil {
			return fmt.Errorf("add sheet: %w", err)
		}
		first = false
		if err := writeWrong(f, s, name, &tables[i], wrong, say); err != nil {
			return fmt.Errorf("write sheet %s: %w", tables[i].Kind.Name, err)
		}
	}
	if _, err := f.WriteTo(w); err != nil {
		return fmt.Errorf("write workbook: %w", err)
	}
	return nil
}

func writeWrong(f *excelize.File, s styles, name string, t *Table, wrong map[int][]entry.Problem, say func(entry.Problem) string) error {
	out, err := f.NewStreamWriter(name)
	if err != nil {
		return fmt.Errorf("open sheet: %w", err)
	}
	fields := shownFields(t, wrong)
	heads := []any{excelize.Cell{StyleID: s.may, Value: "行号"}}
	if err := setColumn(out, 1, 8, 0); err != nil {
		return err
	}
	for i, field := range fields {
		if err := setColumn(out, i+2, widthOf(field), s.text); err != nil {
			return err
		}
		heads = append(heads, s.heading(field))
	}
	if err := setColumn(out, len(fields)+2, 60, 0); err != nil {
		return err
	}
	heads = append(heads, excelize.Cell{StyleID: s.need, Value: "问题"})
	if err := out.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return fmt.Errorf("freeze heads: %w", err)
	}
	if err := out.SetRow("A1", heads); err != nil {
		return fmt.Errorf("write heads: %w", err)
	}
	n := 1
	for _, row := range t.Rows {
		faults, ok := wrong[row.Line]
		if !ok {
			continue
		}
		n++
		cells := []any{row.Line}
		for _, field := range fields {
			style := s.text
			if slices.ContainsFunc(faults, func(p entry.Problem) bool { return p.Field == field.Name }) {
				style = s.wrong
			}
			cells = append(cells, excelize.Cell{StyleID: style, Value: row.Cells[field.Name]})
		}
		cells = append(cells, excelize.Cell{StyleID: s.reason, Value: reasons(t.Kind, faults, say)})
		if err := out.SetRow("A"+strconv.Itoa(n), cells); err != nil {
			return fmt.Errorf("write row %d: %w", n, err)
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write rows: %w", err)
	}
	return nil
}

// shownFields are the fields that the file had, those that a new entry needs, and those that a problem names.
func shownFields(t *Table, wrong map[int][]entry.Problem) []*entry.Field {
	named := map[string]bool{}
	for _, list := range wrong {
		for _, p := range list {
			named[p.Field] = true
		}
	}
	var fields []*entry.Field
	for i := range t.Kind.Fields {
		field := &t.Kind.Fields[i]
		if _, had := t.Heads[field.Name]; had || field.Need || named[field.Name] || t.Heads == nil {
			fields = append(fields, field)
		}
	}
	return fields
}

func reasons(k *entry.Kind, faults []entry.Problem, say func(entry.Problem) string) string {
	texts := make([]string, 0, len(faults))
	for _, p := range faults {
		text := say(p)
		if field, ok := k.Field(p.Field); ok {
			text = field.Head.Zh + "：" + text
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, "\n")
}
