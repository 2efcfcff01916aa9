package entry_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"banmuyuan/internal/entry"
)

var now = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

var colours = []entry.Value{
	{Code: "red", Name: entry.Text{Zh: "红色", En: "red one"}, Aliases: []string{"红"}},
	{Code: "blue", Name: entry.Text{Zh: "蓝色（深）", En: "blue"}},
	{Code: "green", Name: entry.Text{Zh: "绿色", En: "green"}},
}

// read parses one cell as a field called x.
func read(f entry.Field, cell string) (any, string) {
	f.Name = "x"
	k := entry.Kind{Fields: []entry.Field{f}}
	v, faults := k.Parse(entry.Row{Line: 2, Cells: map[string]string{"x": cell}}, false, now)
	if len(faults) > 0 {
		return nil, faults[0].Key
	}
	return v["x"], ""
}

func TestCellsAreReadAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	of := func(typ entry.Type) entry.Field { return entry.Field{Type: typ, Values: colours} }
	personal := entry.Field{Type: entry.Line, Personal: true}
	for _, c := range []struct {
		field entry.Field
		cell  string
		want  any
		key   string
	}{
		{of(entry.Line), "  青禾\u200b镇\ufeff ", "青禾镇", ""},
		{of(entry.Line), "东河村\n1组", "东河村 1组", ""},
		{of(entry.Line), "青草 玉米", "青草 玉米", ""},
		{of(entry.Line), strings.Repeat("长", 61), nil, "entry.long"},
		{of(entry.Line), strings.Repeat("长", 60), strings.Repeat("长", 60), ""},
		{entry.Field{Type: entry.Line, Max: 3}, "四个汉字", nil, "entry.long"},
		{of(entry.Long), "一\u2028二", "一\n二", ""},
		{personal, "王　五", "王五", ""},
		{personal, "张 三", "张三", ""},
		{personal, "买买提•艾力", "买买提·艾力", ""},
		{personal, "𠮷永福", "𠮷永福", ""},
		{personal, "Ann Lee", "Ann Lee", ""},
		{of(entry.Code), "qh－01-００1", "QH-01-001", ""},
		{of(entry.Code), "A", nil, "entry.code"},
		{of(entry.Code), "QH 01", nil, "entry.code"},
		{of(entry.Code), "-QH", nil, "entry.code"},
		{of(entry.Count), "1,200", int64(1200), ""},
		{of(entry.Count), "３人", int64(3), ""},
		{of(entry.Count), "80 只", int64(80), ""},
		{of(entry.Count), "300千瓦", int64(300), ""},
		{of(entry.Count), "3.0", int64(3), ""},
		{of(entry.Count), "3.5", nil, "entry.count"},
		{of(entry.Count), "三", nil, "entry.count"},
		{of(entry.Count), "1.2万", nil, "entry.count"},
		{of(entry.Count), "-1", nil, "entry.count.range"},
		{of(entry.Count), "10000001", nil, "entry.count.range"},
		{of(entry.Count), "99999999999999999999", nil, "entry.count.range"},
		{entry.Field{Type: entry.Count, Min: 1, Max: 20}, "0", nil, "entry.count.range"},
		{entry.Field{Type: entry.Count, Min: 1, Max: 20}, "21", nil, "entry.count.range"},
		{entry.Field{Type: entry.Count, Min: 1, Max: 20}, "20", int64(20), ""},
		{entry.Field{Type: entry.Year, Min: 2000, Max: 2199}, "2025年", int64(2025), ""},
		{entry.Field{Type: entry.Year, Min: 2000, Max: 2199}, "1999", nil, "entry.count.range"},
		{of(entry.Mu), "0.5亩", int64(500), ""},
		{of(entry.Mu), "0.0005", nil, "entry.mu"},
		{of(entry.Mu), "半亩", nil, "entry.mu"},
		{of(entry.Square), "0.5", int64(333), ""},
		{of(entry.Square), "1.5", int64(1000), ""},
		{of(entry.Square), "400㎡", nil, "entry.mu"},
		{of(entry.Square), "99999999", nil, "entry.mu.range"},
		{of(entry.Square), "9999999999999", nil, "entry.mu.range"},
		{of(entry.Grams), "4.2公斤", int64(4200), ""},
		{of(entry.Grams), "4.2千克", int64(4200), ""},
		{of(entry.Grams), "4.2斤", nil, "entry.weight"},
		{of(entry.Money), "¥1,234.5元", int64(123450), ""},
		{of(entry.Money), "-1", nil, "entry.money.range"},
		{of(entry.Money), "0.001", nil, "entry.money"},
		{of(entry.Percent), "85％", int64(8500), ""},
		{of(entry.Percent), "85.25", int64(8525), ""},
		{of(entry.Percent), "100.01", nil, "entry.percent.range"},
		{of(entry.Percent), "85元", nil, "entry.percent"},
		{of(entry.Degrees), "125.31°", 125.31, ""},
		{of(entry.Degrees), "NaN", nil, "entry.degrees"},
		{of(entry.Degrees), "+Inf", nil, "entry.degrees"},
		{of(entry.Degrees), "181", nil, "entry.degrees"},
		{of(entry.Flag), "是", true, ""},
		{of(entry.Flag), "√", true, ""},
		{of(entry.Flag), "FALSE", false, ""},
		{of(entry.Flag), "大概", nil, "entry.flag"},
		{of(entry.Choice), "红", "red", ""},
		{of(entry.Choice), "Red One", "red", ""},
		{of(entry.Choice), "蓝色(深)", "blue", ""},
		{of(entry.Choice), "紫色", nil, "entry.choice"},
		{of(entry.Choices), "绿色/红 绿色", []string{"red", "green"}, ""},
		{of(entry.Choices), "绿色、紫色", nil, "entry.choice"},
		{of(entry.Refs), "甲/乙+丙\n甲｜丁", []string{"甲", "乙", "丙", "丁"}, ""},
		{of(entry.Phone), "138 1234 5678", "13812345678", ""},
		{of(entry.Phone), "+86138-1234-5678", "13812345678", ""},
		{of(entry.Phone), "0452—7012345", "0452-7012345", ""},
		{of(entry.Phone), "13812345678/13912345678", nil, "entry.phone"},
		{of(entry.Phone), "无", nil, "entry.phone"},
		{of(entry.Phone), "1381234567", nil, "entry.phone"},
		{of(entry.IDNumber), "99999919620315118x", "99999919620315118X", ""},
		{of(entry.IDNumber), "999999 19620315 1155", "999999196203151155", ""},
		{of(entry.IDNumber), "９９９９９９１９６２０３１５１１４７", "999999196203151147", ""},
		{of(entry.IDNumber), "999999196203151148", nil, "import.id_number.check"},
		{of(entry.IDNumber), "999999196213151147", nil, "import.id_number.date"},
		{of(entry.IDNumber), "999999620315117", nil, "entry.id_number.old"},
		{of(entry.IDNumber), "12345", nil, "import.id_number"},
		{of(entry.Account), "6200 0000 0000 0000 001", "6200000000000000001", ""},
		{of(entry.Account), "1234567", nil, "entry.account"},
		{of(entry.Day), "2024年3月1日", "2024-03-01", ""},
		{of(entry.Day), "2024/3/1", "2024-03-01", ""},
		{of(entry.Day), "2024-03-01 00:00:00", "2024-03-01", ""},
		{of(entry.Day), "2024-02-30", nil, "entry.day"},
		{of(entry.Day), "1899-12-31", nil, "entry.day"},
	} {
		got, key := read(c.field, c.cell)
		if key != c.key || !reflect.DeepEqual(got, c.want) {
			t.Errorf("type %d, %q: %v (%s), want %v (%s)", c.field.Type, c.cell, got, key, c.want, c.key)
		}
	}
}

func TestBoundsAreNamedInTheUnitOfTheColumn(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		field     entry.Field
		cell      string
		low, high string
	}{
		{entry.Field{Type: entry.Count, Min: 1, Max: 20}, "21", "1", "20"},
		{entry.Field{Type: entry.Percent}, "101", "0", "100"},
		{entry.Field{Type: entry.Money, Max: 123456}, "9999", "0", "1,234.56"},
		{entry.Field{Type: entry.Square, Max: 667_000}, "2000", "0", "1,000.5"},
		{entry.Field{Type: entry.Grams, Max: 2_000_000}, "3000", "0", "2,000"},
	} {
		c.field.Name = "x"
		k := entry.Kind{Fields: []entry.Field{c.field}}
		_, faults := k.Parse(entry.Row{Cells: map[string]string{"x": c.cell}}, false, now)
		if len(faults) != 1 || faults[0].Args["min"] != c.low || faults[0].Args["max"] != c.high {
			t.Errorf("type %d, %s: %+v, want %s–%s", c.field.Type, c.cell, faults, c.low, c.high)
		}
	}
}

var goose = entry.Kind{
	Name: "goose", Key: []string{"code", "place"},
	Fields: []entry.Field{
		{Name: "code", Type: entry.Code, Need: true},
		{Name: "place", Type: entry.Ref, Need: true},
		{Name: "name", Need: true},
		{Name: "heads", Type: entry.Count, Need: true},
		{Name: "open", Type: entry.Flag, Default: true},
		{Name: "note", Type: entry.Long},
		{Name: "tags", Type: entry.Choices, Values: colours},
	},
	Check: func(v entry.Values) []entry.Fault {
		if v.Int("heads") == 13 {
			return []entry.Fault{{Field: "heads", Key: "goose.heads"}}
		}
		return nil
	},
}

func TestEmptyCellsKeepAndFormsClear(t *testing.T) {
	t.Parallel()
	row := entry.Row{Line: 3, Cells: map[string]string{"code": "G-1", "note": " ", "heads": "", "tags": "", "open": ""}}
	v, faults := goose.Parse(row, false, now)
	if len(faults) != 0 || !reflect.DeepEqual(v, entry.Values{"code": "G-1"}) {
		t.Errorf("a row gives %v, %v", v, faults)
	}
	v, faults = goose.Parse(row, true, now)
	want := entry.Values{"code": "G-1", "note": "", "heads": int64(0), "tags": []string{}, "open": false}
	if len(faults) != 0 || !reflect.DeepEqual(v, want) {
		t.Errorf("a form gives %v, %v", v, faults)
	}
}

func TestCellsThatCouldNotBeReadAreFaults(t *testing.T) {
	t.Parallel()
	v, faults := goose.Parse(entry.Row{Cells: map[string]string{"code": "G-1", "name": "#REF!"},
		Faults: map[string]string{"name": "entry.error", "heads": "entry.formula"}}, false, now)
	want := []entry.Fault{{Field: "name", Key: "entry.error"}, {Field: "heads", Key: "entry.formula"}}
	if !reflect.DeepEqual(faults, want) || v["name"] != nil {
		t.Errorf("%v, %+v", v, faults)
	}
}

func TestMissing(t *testing.T) {
	t.Parallel()
	whole := entry.Values{"code": "G-1", "place": "甲", "name": "鹅", "heads": int64(3)}
	without := func(names ...string) entry.Values {
		v := whole.With(nil)
		for _, name := range names {
			delete(v, name)
		}
		return v
	}
	for name, c := range map[string]struct {
		values entry.Values
		want   []entry.Fault
	}{
		"nothing":        {whole, nil},
		"two fields":     {without("name", "heads"), []entry.Fault{{Field: "name", Key: "entry.missing"}, {Field: "heads", Key: "entry.missing"}}},
		"an empty text":  {whole.With(entry.Values{"name": ""}), []entry.Fault{{Field: "name", Key: "entry.missing"}}},
		"the key":        {without("code", "name", "heads"), []entry.Fault{{Field: "code", Key: "entry.missing"}}},
		"half of a key":  {without("place", "name"), []entry.Fault{{Field: "place", Key: "entry.missing"}}},
		"the check":      {whole.With(entry.Values{"heads": int64(13)}), []entry.Fault{{Field: "heads", Key: "goose.heads"}}},
		"a number 0 is":  {whole.With(entry.Values{"heads": int64(0)}), nil},
		"no check first": {without("name").With(entry.Values{"heads": int64(13)}), []entry.Fault{{Field: "name", Key: "entry.missing"}}},
	} {
		if got := goose.Missing(c.values); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
	want := entry.Values{"open": true, "note": "", "tags": []string{}}
	if got := goose.Defaults(); !reflect.DeepEqual(got, want) {
		t.Errorf("defaults are %v", got)
	}
}

func TestChangedNamesWhatDiffers(t *testing.T) {
	t.Parallel()
	was := entry.Values{"code": "G-1", "name": "鹅", "heads": int64(3), "tags": []string{"red", "blue"}}
	for name, c := range map[string]struct {
		next entry.Values
		want []string
	}{
		"nothing":             {entry.Values{"name": "鹅", "heads": int64(3)}, nil},
		"a list's order":      {entry.Values{"tags": []string{"blue", "red"}}, nil},
		"no value and zero":   {entry.Values{"note": "", "open": false}, nil},
		"in the kind's order": {entry.Values{"tags": []string{"red"}, "heads": int64(4), "name": "鸭"}, []string{"name", "heads", "tags"}},
	} {
		if got := was.Changed(&goose, c.next); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestKeysAreEqualWhereNamesAreTheSame(t *testing.T) {
	t.Parallel()
	k := entry.Kind{Key: []string{"a", "b"}}
	one := entry.Values{"a": "青禾 镇(东)", "b": int64(7)}.Key(&k)
	if two := (entry.Values{"a": "青禾镇（东）\u200b", "b": int64(7)}).Key(&k); one != two {
		t.Errorf("%q and %q", one, two)
	}
	if two := (entry.Values{"a": "青禾镇（东）7", "b": ""}).Key(&k); one == two {
		t.Error("fields of a key run together")
	}
}

func TestMaskKeepsTheEnds(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"": "", "王": "*", "王五": "**", "王五六": "王*六", "999999196203151147": "9999**********1147"} {
		if got := entry.Mask(in); got != want {
			t.Errorf("%q is masked as %q, want %q", in, got, want)
		}
	}
}

// What Show writes, Parse reads back to the same value, for every type.
func TestParseReadsWhatShowWrites(t *testing.T) {
	t.Parallel()
	text := rapid.StringMatching(`[青禾县东河村A-Za-z0-9（）]{1,20}`)
	number := rapid.Map(rapid.Int64Range(0, 10_000_000), func(n int64) any { return n })
	words := rapid.Custom(func(t *rapid.T) any {
		list := rapid.SliceOfNDistinct(rapid.StringMatching(`[甲乙丙丁A-Z0-9]{1,8}`), 1, 5, rapid.ID[string]).Draw(t, "words")
		return list
	})
	some := rapid.Custom(func(t *rapid.T) any {
		list := []string{}
		for _, c := range colours {
			if rapid.Bool().Draw(t, c.Code) {
				list = append(list, c.Code)
			}
		}
		if len(list) == 0 {
			return []string{"green"}
		}
		return list
	})
	str := func(g *rapid.Generator[string]) *rapid.Generator[any] {
		return rapid.Map(g, func(s string) any { return s })
	}
	for typ, g := range map[entry.Type]*rapid.Generator[any]{
		entry.Line: str(text), entry.Long: str(text), entry.Ref: str(text),
		entry.Code:  str(rapid.StringMatching(`[A-Z0-9][A-Z0-9-]{1,31}`)),
		entry.Count: number, entry.Year: number, entry.Mu: number, entry.Square: number, entry.Grams: number,
		entry.Money:   rapid.Map(rapid.Int64Range(0, 10_000_000_000_00), func(n int64) any { return n }),
		entry.Percent: rapid.Map(rapid.Int64Range(0, 10_000), func(n int64) any { return n }),
		entry.Degrees: rapid.Map(rapid.Float64Range(-180, 180), func(x float64) any { return x }),
		entry.Flag:    rapid.Map(rapid.Bool(), func(b bool) any { return b }),
		entry.Choice:  str(rapid.SampledFrom([]string{"red", "blue", "green"})),
		entry.Choices: some, entry.Refs: words,
		entry.Phone:    str(rapid.StringMatching(`1[0-9]{10}`)),
		entry.IDNumber: str(rapid.SampledFrom([]string{"99999919620315118X", "999999196203151147"})),
		entry.Account:  str(rapid.StringMatching(`[0-9]{8,30}`)),
		entry.Day:      rapid.Map(rapid.IntRange(0, 100_000), func(n int) any { return time.Date(1900, 1, 1+n, 0, 0, 0, 0, time.UTC).Format(time.DateOnly) }),
	} {
		f := entry.Field{Type: typ, Values: colours, Name: "x"}
		rapid.Check(t, func(t *rapid.T) {
			value := g.Draw(t, "value")
			cell := f.Show(value)
			got, key := read(f, cell)
			if key != "" || !reflect.DeepEqual(got, value) {
				t.Fatalf("type %d: %v is shown as %q and read as %v (%s)", typ, value, cell, got, key)
			}
		})
	}
}

// Cleaning and folding twice is the same as once, and no file can make Parse panic.
func TestAnyTextIsReadOrRefused(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		cell := rapid.OneOf(rapid.String(), rapid.StringMatching(`[0-9.,eE+\-年亩%元 ]{0,24}`)).Draw(t, "cell")
		if once := entry.Clean(cell); entry.Clean(once) != once {
			t.Fatalf("%q is cleaned to %q and again to %q", cell, once, entry.Clean(once))
		}
		if once := entry.FoldName(cell); entry.FoldName(once) != once {
			t.Fatalf("%q is folded to %q and again to %q", cell, once, entry.FoldName(once))
		}
		f := entry.Field{Name: "x", Type: entry.Type(rapid.IntRange(0, int(entry.Day)).Draw(t, "type")), Values: colours}
		value, key := read(f, cell)
		if key != "" || value == nil {
			return
		}
		again, key := read(f, f.Show(value)) // what was understood is understood again
		if list, ok := value.([]string); ok && len(list) == 0 {
			return
		}
		if key != "" || !reflect.DeepEqual(value, again) {
			t.Fatalf("type %d: %q is read as %v, shown as %q, and read as %v (%s)", f.Type, cell, value, f.Show(value), again, key)
		}
	})
}
