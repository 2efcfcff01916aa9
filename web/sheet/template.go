package sheet

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"banmuyuan/internal/entry"
)

const (
	lastValidated = 20_000 // row down to which a template has lists to choose from
	textFormat    = 49     // @
	dayFormat     = "yyyy-mm-dd"
)

// WriteTemplate writes an empty workbook: a sheet of instructions and one sheet a kind, with headings, a row of hints
// that ReadWorkbook leaves out, lists to choose from, and columns of text where a spreadsheet would cut numbers.
func WriteTemplate(w io.Writer, kinds []*entry.Kind) error { return WriteWorkbook(w, kinds, nil) }

// WriteWorkbook writes a template that is filled with rows, by kind.
func WriteWorkbook(w io.Writer, kinds []*entry.Kind, rows map[string][]entry.Row) error {
	f := excelize.NewFile()
	defer f.Close()
	s, err := newStyles(f)
	if err != nil {
		return err
	}
	if err := writeInstructions(f, s, kinds); err != nil {
		return err
	}
	for _, k := range kinds {
		if err := writeKind(f, s, kinds, k, rows[k.Name]); err != nil {
			return fmt.Errorf("write sheet %s: %w", k.Name, err)
		}
	}
	if _, err := f.WriteTo(w); err != nil {
		return fmt.Errorf("write workbook: %w", err)
	}
	return nil
}

// styles are the looks of cells.
type styles struct{ need, may, hint, text, day, title, body, wrong, reason int }

func newStyles(f *excelize.File) (s styles, err error) {
	day := dayFormat
	border := []excelize.Border{{Type: "bottom", Style: 1, Color: "808080"}}
	top := &excelize.Alignment{Vertical: "top", WrapText: true}
	fill := func(colour string) excelize.Fill {
		return excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{colour}}
	}
	for _, style := range []struct {
		id *int
		is excelize.Style
	}{
		{&s.need, excelize.Style{Font: &excelize.Font{Bold: true, Color: "9C2A10"}, Fill: fill("FBE3D6"), Border: border, Alignment: top, NumFmt: textFormat}},
		{&s.may, excelize.Style{Font: &excelize.Font{Bold: true}, Fill: fill("E8EEE4"), Border: border, Alignment: top, NumFmt: textFormat}},
		{&s.hint, excelize.Style{Font: &excelize.Font{Color: "595959", Size: 9}, Alignment: top, NumFmt: textFormat}},
		{&s.text, excelize.Style{NumFmt: textFormat}},
		{&s.day, excelize.Style{CustomNumFmt: &day}},
		{&s.title, excelize.Style{Font: &excelize.Font{Bold: true, Size: 14}}},
		{&s.body, excelize.Style{Alignment: top}},
		{&s.wrong, excelize.Style{Fill: fill("FFD9D9"), NumFmt: textFormat}},
		{&s.reason, excelize.Style{Font: &excelize.Font{Color: "9C2A10"}, Alignment: top}},
	} {
		if *style.id, err = f.NewStyle(&style.is); err != nil {
			return s, fmt.Errorf("make style: %w", err)
		}
	}
	return s, nil
}

// instructions stand on the first sheet.
var instructions = []string{
	"填写说明",
	"1. 一张表填一类资料，按表的先后从左到右填。没有的资料，那张表空着就行，也可以删掉。",
	"2. 列名带 * 的必填，其余的有就填。列的先后可以调换，用不着的列可以删；表名和列名请不要改。",
	"3. 第 2 行带 ※ 的是提示，读的时候会跳过，可以留着。从第 3 行起，一行填一条，中间可以空行。",
	"4. 身份证号、银行账号、编号和电话这些列已设成文本格式。从别处粘贴时请选“只粘贴文本”；显示成 1.2E+17 或末尾变成 0 的号码已经被表格软件截断，要重新填。",
	"5. 日期写成 2024-03-01。面积一律填亩，重量一律填公斤，金额一律填元。",
	"6. 单元格里可以用公式，但要先算出结果再保存；带 #REF!、#N/A 等错误的行不会导入。合计行不用填，填了也会跳过。",
	"7. 引用别的表时写名称或编号：农户的乡镇、行政村要和“乡镇”“行政村”两张表里写的一样。",
	"8. 再次导入时，空着的单元格不会改动已登记的内容；同一份文件导入两次，第二次什么也不会变。",
	"9. 先检查，看清哪些行有问题，再导入。有问题的行可以下载成表格，改好后直接再传，“行号”和“问题”两列不用删。",
}

func writeInstructions(f *excelize.File, s styles, kinds []*entry.Kind) error {
	const name = "说明"
	if err := f.SetSheetName(f.GetSheetName(0), name); err != nil {
		return fmt.Errorf("name sheet: %w", err)
	}
	out, err := f.NewStreamWriter(name)
	if err != nil {
		return fmt.Errorf("open sheet: %w", err)
	}
	for i, width := range []float64{14, 60, 44} {
		if err := out.SetColWidth(i+1, i+1, width); err != nil {
			return fmt.Errorf("set width: %w", err)
		}
	}
	line := 0
	put := func(cells ...any) error {
		line++
		return out.SetRow("A"+strconv.Itoa(line), cells)
	}
	for i, text := range instructions {
		style := s.body
		if i == 0 {
			style = s.title
		} else if err := out.MergeCell(fmt.Sprintf("A%d", i+1), fmt.Sprintf("C%d", i+1)); err != nil {
			return fmt.Errorf("merge cells: %w", err)
		}
		line++
		height := excelize.RowOpts{Height: 18 * float64(1+len([]rune(text))/62)}
		if i == 0 {
			height.Height = 24
		}
		if err := out.SetRow("A"+strconv.Itoa(line), []any{excelize.Cell{StyleID: style, Value: text}}, height); err != nil {
			return fmt.Errorf("write instructions: %w", err)
		}
	}
	line++
	if err := put(excelize.Cell{StyleID: s.may, Value: "表"}, excelize.Cell{StyleID: s.may, Value: "填什么"}, excelize.Cell{StyleID: s.may, Value: "必填的列"}); err != nil {
		return fmt.Errorf("write list of sheets: %w", err)
	}
	for _, k := range kinds {
		var needed []string
		for i := range k.Fields {
			if k.Fields[i].Need {
				needed = append(needed, k.Fields[i].Head.Zh)
			}
		}
		if err := put(excelize.Cell{StyleID: s.body, Value: k.Title.Zh}, excelize.Cell{StyleID: s.body, Value: k.Hint.Zh},
			excelize.Cell{StyleID: s.body, Value: strings.Join(needed, "、")}); err != nil {
			return fmt.Errorf("write list of sheets: %w", err)
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write instructions: %w", err)
	}
	return nil
}

func writeKind(f *excelize.File, s styles, kinds []*entry.Kind, k *entry.Kind, rows []entry.Row) error {
	name := sheetName(k.Title.Zh)
	if _, err := f.NewSheet(name); err != nil {
		return fmt.Errorf("add sheet: %w", err)
	}
	if err := addLists(f, name, kinds, k); err != nil {
		return err
	}
	out, err := f.NewStreamWriter(name)
	if err != nil {
		return fmt.Errorf("open sheet: %w", err)
	}
	heads, hints := make([]any, len(k.Fields)), make([]any, len(k.Fields))
	for i := range k.Fields {
		field := &k.Fields[i]
		if err := setColumn(out, i+1, widthOf(field), s.of(field)); err != nil {
			return err
		}
		heads[i] = s.heading(field)
		hints[i] = excelize.Cell{StyleID: s.hint, Value: hintMark + " " + hintOf(kinds, field)}
	}
	if err := out.SetPanes(&excelize.Panes{Freeze: true, YSplit: 2, TopLeftCell: "A3", ActivePane: "bottomLeft"}); err != nil {
		return fmt.Errorf("freeze heads: %w", err)
	}
	if err := out.SetRow("A1", heads, excelize.RowOpts{Height: 20}); err != nil {
		return fmt.Errorf("write heads: %w", err)
	}
	if err := out.SetRow("A2", hints, excelize.RowOpts{Height: 64}); err != nil {
		return fmt.Errorf("write hints: %w", err)
	}
	cells := make([]any, len(k.Fields))
	for n, row := range rows {
		for i := range k.Fields {
			cells[i] = s.cell(&k.Fields[i], row.Cells[k.Fields[i].Name])
		}
		if err := out.SetRow("A"+strconv.Itoa(n+3), cells); err != nil {
			return fmt.Errorf("write row %d: %w", n+3, err)
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write rows: %w", err)
	}
	return nil
}

func setColumn(out *excelize.StreamWriter, column int, width float64, style int) error {
	if err := out.SetColWidth(column, column, width); err != nil {
		return fmt.Errorf("set width: %w", err)
	}
	if style == 0 {
		return nil
	}
	if err := out.SetColStyle(column, column, style); err != nil {
		return fmt.Errorf("set format: %w", err)
	}
	return nil
}

// heading is the first cell of a field's column.
func (s styles) heading(f *entry.Field) excelize.Cell {
	if f.Need {
		return excelize.Cell{StyleID: s.need, Value: f.Head.Zh + "*"}
	}
	return excelize.Cell{StyleID: s.may, Value: f.Head.Zh}
}

// of is the format of a field's cells: text, wherever a spreadsheet would make something else of it.
func (s styles) of(f *entry.Field) int {
	switch {
	case f.Type == entry.Day:
		return s.day
	case isNumber(f.Type) || f.Type == entry.Degrees:
		return 0
	}
	return s.text
}

var plainNumber = regexp.MustCompile(`^-?(0|[1-9]\d{0,11})(\.\d{1,6})?$`)

// cell writes numbers as numbers, so that people can sort and add them, and all else as text.
func (s styles) cell(f *entry.Field, text string) any {
	switch {
	case text == "":
		return nil
	case isNumber(f.Type) || f.Type == entry.Degrees:
		if plainNumber.MatchString(text) {
			if x, err := strconv.ParseFloat(text, 64); err == nil {
				return x
			}
		}
	}
	return excelize.Cell{StyleID: s.of(f), Value: text}
}

func widthOf(f *entry.Field) float64 {
	width := max(10, 2.2*float64(len([]rune(f.Head.Zh)))+3)
	switch f.Type {
	case entry.IDNumber, entry.Account:
		return 24
	case entry.Long:
		return 36
	case entry.Code, entry.Phone:
		return max(width, 16)
	case entry.Refs:
		return max(width, 24)
	case entry.Line, entry.Ref:
		if f.Max > 60 {
			return max(width, 30)
		}
		return max(width, 14)
	}
	return width
}

// hintOf says in a few words how a column is filled.
func hintOf(kinds []*entry.Kind, f *entry.Field) string {
	hint := f.Hint.Zh
	if hint == "" {
		hint = hintOfType(kinds, f)
	}
	if f.Need {
		hint = "必填。" + hint
	}
	if f.Example != "" {
		hint += "例：" + f.Example
	}
	return hint
}

func hintOfType(kinds []*entry.Kind, f *entry.Field) string {
	switch f.Type {
	case entry.Code:
		return "大写字母、数字和短横线。"
	case entry.Count:
		return "整数。"
	case entry.Year:
		return "四位年份。"
	case entry.Mu, entry.Square:
		return "亩，最多三位小数。"
	case entry.Grams:
		return "公斤，最多三位小数。"
	case entry.Money:
		return "元，最多两位小数。"
	case entry.Percent:
		return "百分数，不写 %。"
	case entry.Degrees:
		return "度，小数。"
	case entry.Flag:
		return "填是或否。"
	case entry.Choice:
		return "从下拉里选。"
	case entry.Choices:
		return "可填几样，用顿号隔开：" + strings.Join(namesOf(f), "、") + "。"
	case entry.Ref, entry.Refs:
		if i := slices.IndexFunc(kinds, func(k *entry.Kind) bool { return k.Name == f.Refers }); i >= 0 {
			hint := "和“" + kinds[i].Title.Zh + "”表里写的一样。"
			if f.Type == entry.Refs {
				hint += "几样用顿号隔开。"
			}
			return hint
		}
	case entry.Phone:
		return "手机号，或带区号的座机。"
	case entry.IDNumber:
		return "18 位，文本格式。"
	case entry.Account:
		return "只填数字，文本格式。"
	case entry.Day:
		return "写成 2024-03-01。"
	}
	return ""
}

func namesOf(f *entry.Field) []string {
	names := make([]string, len(f.Values))
	for i, v := range f.Values {
		names[i] = v.Name.Zh
	}
	return names
}

// addLists gives the columns of a sheet their lists to choose from. Names of other sheets are offered, not demanded: what
// is registered already need not stand in the file.
func addLists(f *excelize.File, name string, kinds []*entry.Kind, k *entry.Kind) error {
	for i := range k.Fields {
		field := &k.Fields[i]
		column := columnName(i)
		list := excelize.NewDataValidation(true)
		list.SetSqref(fmt.Sprintf("%s3:%s%d", column, column, lastValidated))
		switch field.Type {
		case entry.Flag:
			if err := list.SetDropList([]string{"是", "否"}); err != nil {
				return fmt.Errorf("list of %s: %w", field.Name, err)
			}
			list.SetError(excelize.DataValidationErrorStyleStop, field.Head.Zh, "请填“是”或“否”。")
		case entry.Choice:
			if err := list.SetDropList(namesOf(field)); err != nil {
				return fmt.Errorf("list of %s: %w", field.Name, err)
			}
			list.SetError(excelize.DataValidationErrorStyleStop, field.Head.Zh, "请从下拉里选。")
		case entry.Ref:
			source, ok := listSource(kinds, field.Refers)
			if !ok {
				continue
			}
			list.SetSqrefDropList(source)
			list.SetError(excelize.DataValidationErrorStyleWarning, field.Head.Zh, "这一名称不在对应的表里。如果系统里已经登记过，可以继续。")
		default:
			continue
		}
		if err := f.AddDataValidation(name, list); err != nil {
			return fmt.Errorf("list of %s: %w", field.Name, err)
		}
	}
	return nil
}

// listSource is the column of names on the sheet of a kind. Households are too many to choose from.
func listSource(kinds []*entry.Kind, kind string) (string, bool) {
	i := slices.IndexFunc(kinds, func(k *entry.Kind) bool { return k.Name == kind })
	if i < 0 {
		return "", false
	}
	n := slices.IndexFunc(kinds[i].Fields, func(f entry.Field) bool { return f.Name == "name" })
	if n < 0 {
		return "", false
	}
	column := columnName(n)
	return fmt.Sprintf("'%s'!$%s$3:$%s$2000", sheetName(kinds[i].Title.Zh), column, column), true
}
