package paging_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"banmuyuan/internal/link"
	"banmuyuan/internal/link/paging"
)

func TestSize(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]int{0: 20, 1: 1, 100: 100} {
		if got, err := paging.Size(n, 20, 100); got != want || err != nil {
			t.Errorf("%d: %d, %v", n, got, err)
		}
	}
	for _, n := range []int{-1, 101, 1 << 40} {
		if _, err := paging.Size(n, 20, 100); link.CodeOf(err) != link.Invalid || link.AsError(err).Field != "limit" {
			t.Errorf("%d: %v", n, err)
		}
	}
}

func TestCursor(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		place := rapid.SliceOfN(rapid.Int64(), 1, 5).Draw(t, "place")
		got, err := paging.Place("list", paging.After("list", place...), len(place))
		if err != nil || !slices.Equal(got, place) {
			t.Fatalf("%v became %v, %v", place, got, err)
		}
		if _, err := paging.Place("other", paging.After("list", place...), len(place)); link.CodeOf(err) != link.Invalid {
			t.Fatalf("a cursor of another list: %v", err)
		}
		text := rapid.StringN(1, 20, -1).Draw(t, "text")
		if got, err := paging.PlaceText("list", paging.AfterText("list", text)); got != text || err != nil {
			t.Fatalf("%q became %q, %v", text, got, err)
		}
	})
	for _, cursor := range []string{"x", "'; DROP TABLE lot", "0", "-1", "!!!", paging.After("list"), paging.After("list", 1, 2), paging.AfterText("list", "?"), paging.After("lis", 1)} {
		if _, err := paging.ID("list", cursor); link.CodeOf(err) != link.Invalid || link.AsError(err).Field != "cursor" {
			t.Errorf("%q: %v", cursor, err)
		}
	}
	for _, id := range []int64{0, -5} {
		if _, err := paging.ID("list", paging.After("list", id)); link.CodeOf(err) != link.Invalid {
			t.Errorf("after id %d: %v", id, err)
		}
	}
	if id, err := paging.ID("list", ""); id != 0 || err != nil {
		t.Errorf("the beginning: %d, %v", id, err)
	}
}
