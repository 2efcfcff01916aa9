package catalog

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"testing"
)

// pagesOf answers Households with pages that lead to one another by their numbers.
type pagesOf struct {
	Service
	pages [][]int64
	next  []string // cursor of each page
	fails bool
	asked []HouseholdFilter
}

func (p *pagesOf) Households(_ context.Context, f HouseholdFilter) (HouseholdPage, error) {
	p.asked = append(p.asked, f)
	if p.fails {
		return HouseholdPage{}, errors.New("no answer")
	}
	n, _ := strconv.Atoi(f.Cursor)
	page := HouseholdPage{Cursor: p.next[n]}
	for _, id := range p.pages[n] {
		page.Items = append(page.Items, Household{ID: id})
	}
	return page, nil
}

func TestEachHousehold(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		pages [][]int64
		next  []string
		want  []int64
		asked int
	}{
		"none":                         {[][]int64{nil}, []string{""}, nil, 1},
		"one page":                     {[][]int64{{1, 2}}, []string{""}, []int64{1, 2}, 1},
		"three pages":                  {[][]int64{{1, 2}, {3}, {4}}, []string{"1", "2", ""}, []int64{1, 2, 3, 4}, 3},
		"a page that leads to itself":  {[][]int64{{1}, {2}}, []string{"1", "1"}, []int64{1, 2}, 2},
		"a page that leads to nothing": {[][]int64{{1}, nil, {3}}, []string{"1", "2", ""}, []int64{1}, 2},
	} {
		svc := &pagesOf{pages: test.pages, next: test.next}
		var got []int64
		err := EachHousehold(t.Context(), svc, HouseholdFilter{VillageID: 7, Cursor: "9", Limit: 1}, func(h Household) error {
			got = append(got, h.ID)
			return nil
		})
		if err != nil || !slices.Equal(got, test.want) || len(svc.asked) != test.asked {
			t.Errorf("%s: %v after %d pages, %v", name, got, len(svc.asked), err)
		}
		if f := svc.asked[0]; f.VillageID != 7 || f.Cursor != "" || f.Limit != eachPage {
			t.Errorf("%s: asked for %+v", name, f)
		}
	}
	enough := errors.New("enough")
	svc, seen := &pagesOf{pages: [][]int64{{1, 2}}, next: []string{"0"}}, 0
	if err := EachHousehold(t.Context(), svc, HouseholdFilter{}, func(Household) error { seen++; return enough }); !errors.Is(err, enough) || seen != 1 {
		t.Errorf("%d households, %v", seen, err)
	}
	if err := EachHousehold(t.Context(), &pagesOf{fails: true}, HouseholdFilter{}, func(Household) error { return nil }); err == nil {
		t.Error("a page without an answer ends like the last one")
	}
}
