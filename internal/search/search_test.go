package search_test

import (
	"strings"
	"testing"

	"banmuyuan/internal/search"
)

func TestFound(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		by   []string
		not  []string
	}{
		{"王大山", []string{"王大山", "王 大山", "大山", "wangdashan", "WangDa", "wds", "ＷＤＳ", " wds "}, []string{"李", "wdx", "王小山"}},
		{"阿依古丽·买买提", []string{"阿依古丽买买提", "阿依古丽•买买提", "阿依古丽．买买提", "买买提", "ayiguli", "aygl"}, []string{"买提阿"}},
		{"单 雄信", []string{"单雄信", "shanxiongxin", "danxiongxin", "sxx"}, nil},
		{"YA-01-001-0007", []string{"ya010010007", "YA-01-001", "０1-００１"}, []string{"YA-02"}},
		{"永丰村", []string{"yongfeng", "yfc", "永丰"}, nil},
		{"", nil, []string{"a", "王"}},
	} {
		text := search.Text(c.name)
		for _, q := range c.by {
			if !strings.Contains(text, search.Key(q)) {
				t.Errorf("%s (%s) is not found by %q", c.name, text, q)
			}
		}
		for _, q := range c.not {
			if strings.Contains(text, search.Key(q)) {
				t.Errorf("%s (%s) is found by %q", c.name, text, q)
			}
		}
	}
}

// A name of many characters with several readings stays short.
func TestTextIsBounded(t *testing.T) {
	t.Parallel()
	if n := len(search.Text(strings.Repeat("行", 40))); n > 5000 {
		t.Errorf("%d bytes", n)
	}
	if search.Text("·") == "" {
		t.Error("a name without letters counts as not written yet")
	}
}
