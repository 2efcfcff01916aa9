package basket_test

import (
	"fmt"
	"slices"
	"testing"

	"banmuyuan/web/basket"
)

func TestChanges(t *testing.T) {
	t.Parallel()
	goose, second, egg := basket.Item{1, "G", "first", 20}, basket.Item{1, "G", "second", 2}, basket.Item{2, "E", "first", 30}
	qty := func(i basket.Item, n int64) basket.Item { i.Qty = n; return i }
	full := make([]basket.Item, basket.Most)
	for i := range full {
		full[i] = basket.Item{int64(i + 10), fmt.Sprint("P", i), "first", 1}
	}
	for name, test := range map[string]struct {
		before []basket.Item
		change basket.Change
		want   []basket.Item
	}{
		"first":                      {nil, basket.Add(goose), []basket.Item{goose}},
		"adding adds":                {[]basket.Item{goose}, basket.Add(qty(goose, 5)), []basket.Item{qty(goose, 25)}},
		"another grade is another":   {[]basket.Item{goose}, basket.Add(second), []basket.Item{goose, second}},
		"a full one takes no more":   {full, basket.Add(goose), full},
		"a full one adds":            {full, basket.Add(full[3]), append(slices.Concat(full[:3], []basket.Item{qty(full[3], 2)}), full[4:]...)},
		"set":                        {[]basket.Item{goose, egg}, basket.Set(map[string]int64{"G:first": 7}), []basket.Item{qty(goose, 7), egg}},
		"zero removes":               {[]basket.Item{goose, egg}, basket.Set(map[string]int64{"G:first": 0}), []basket.Item{egg}},
		"nothing is made of nothing": {[]basket.Item{egg}, basket.Set(map[string]int64{"G:first": 7}), []basket.Item{egg}},
		"ordered":                    {[]basket.Item{goose, egg}, basket.Without([]basket.Item{goose, qty(egg, 20)}), []basket.Item{qty(egg, 10)}},
		"swap":                       {[]basket.Item{goose, egg}, basket.Swap("G:first", second), []basket.Item{second, egg}},
		"swap for one that is there": {[]basket.Item{goose, second}, basket.Swap("G:first", second), []basket.Item{qty(second, 4)}},
		"swap of none":               {[]basket.Item{egg}, basket.Swap("G:first", second), []basket.Item{egg}},
		"merge":                      {[]basket.Item{goose}, basket.Merge([]basket.Item{qty(goose, 5), egg}), []basket.Item{qty(goose, 25), egg}},
	} {
		before := slices.Clone(test.before)
		if got := test.change(test.before); !slices.Equal(got, test.want) {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
		if !slices.Equal(before, test.before) {
			t.Errorf("%s: the basket before is changed", name)
		}
	}
	if basket.In([]basket.Item{goose}, "G:first") != 20 || basket.In(nil, "G:first") != 0 {
		t.Error("quantity in the basket")
	}
}
