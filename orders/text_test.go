package orders_test

import (
	"strings"
	"testing"
	"time"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
)

func TestDays(t *testing.T) {
	t.Parallel()
	late := time.Date(2026, 3, 1, 15, 59, 59, 0, time.UTC)
	for at, want := range map[time.Time]string{late: "2026-03-01", late.Add(time.Second): "2026-03-02"} {
		day := orders.DayOf(at)
		if day.Format(time.RFC3339) != want+"T00:00:00Z" {
			t.Errorf("%v is on %v, want %s", at, day, want)
		}
		if begin := orders.Midnight(at); begin.Format(time.RFC3339) != want+"T00:00:00+08:00" || !begin.Equal(orders.BeginningOf(day)) {
			t.Errorf("the day of %v begins at %v", at, begin)
		}
	}
}

func TestCheckKey(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]bool{
		"12345678": true, "1234567": false, strings.Repeat("k", 64): true, strings.Repeat("k", 65): false,
		"1234 5678": false, "1234567\x7f": false, "12345678!": true, "12345678~": true, "钥匙钥匙": false,
	} {
		var p link.Problems
		orders.CheckKey(&p, key)
		if (len(p) == 0) != want {
			t.Errorf("%q: %v", key, p)
		}
	}
}

func TestClean(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		in, out string
		ok      bool
	}{
		{"  王 ", "王", true}, {"", "", false}, {"abc", "abc", true}, {"abcd", "abcd", false}, {"a\nb", "a\nb", false}, {"a\xff", "a\xff", false},
	} {
		if out, ok := orders.Clean(test.in, 1, 3); out != test.out || ok != test.ok {
			t.Errorf("Clean(%q) = %q, %v", test.in, out, ok)
		}
	}
	for _, test := range []struct {
		in, out string
		ok      bool
	}{
		{" a\r\nb\t", "a\nb", true}, {"a\tb", "a\tb", true}, {"abcd", "abcd", false}, {"a\x00", "a\x00", false}, {"", "", true},
	} {
		if out, ok := orders.CleanText(test.in, 3); out != test.out || ok != test.ok {
			t.Errorf("CleanText(%q) = %q, %v", test.in, out, ok)
		}
	}
}
