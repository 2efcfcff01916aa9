package banktransfer_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"banmuyuan/payments/gateway/banktransfer"
)

func TestSuggestByCodes(t *testing.T) {
	t.Parallel()
	open := []banktransfer.Open{{ID: 1, Code: "2601-14AB", Fen: 100}, {ID: 2, Code: "2601-15CD", Fen: 50}, {ID: 3, Code: "2601-16EF", Fen: 70}, {ID: 4, Fen: 9}}
	for _, c := range []struct {
		memo string
		fen  int64
		want []banktransfer.Part
		rest int64
	}{
		{"两单 260114AB、260115CD", 150, []banktransfer.Part{{0, 100}, {1, 50}}, 0},
		{"260114AB 260115cd 多付", 160, []banktransfer.Part{{0, 100}, {1, 50}}, 10},
		{"260114AB 260115CD", 120, []banktransfer.Part{{0, 100}, {1, 20}}, 0},
		{"260114AB 260115CD", 100, []banktransfer.Part{{0, 100}}, 0},
		{"260116EF", 30, []banktransfer.Part{{2, 30}}, 0},
		{"货款", 100, nil, 100},
	} {
		got, rest := banktransfer.SuggestByCodes(banktransfer.Line{Memo: c.memo, Fen: c.fen}, open)
		if !slices.Equal(got, c.want) || rest != c.rest {
			t.Errorf("%s, %d: %v and %d, want %v and %d", c.memo, c.fen, got, rest, c.want, c.rest)
		}
	}
}

func TestSuggestByPayer(t *testing.T) {
	t.Parallel()
	open := []banktransfer.Open{{Payer: "齐齐哈尔 某 超市", Fen: 100}, {Payer: "齐齐哈尔某超市", Fen: 50}, {Payer: "另一家", Fen: 150}, {Payer: "齐齐哈尔某超市", Fen: 150}}
	for _, c := range []struct {
		payer string
		fen   int64
		want  []banktransfer.Part
	}{
		{"齐齐哈尔某超市", 150, []banktransfer.Part{{3, 150}}}, // one before two
		{"齐齐哈尔某超市", 300, []banktransfer.Part{{0, 100}, {1, 50}, {3, 150}}},
		{"齐齐哈尔某超市", 151, nil},
		{"", 150, nil},
		{"第三家", 150, nil},
	} {
		if got := banktransfer.SuggestByPayer(banktransfer.Line{Fen: c.fen}, c.payer, open); !slices.Equal(got, c.want) {
			t.Errorf("%s, %d: %v, want %v", c.payer, c.fen, got, c.want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		var open []banktransfer.Open
		for range rapid.IntRange(0, 20).Draw(t, "open") {
			open = append(open, banktransfer.Open{Payer: "甲", Fen: rapid.Int64Range(0, 9).Draw(t, "fen")})
		}
		l := banktransfer.Line{Fen: rapid.Int64Range(1, 40).Draw(t, "line")}
		var sum int64
		parts := banktransfer.SuggestByPayer(l, "甲", open)
		for i, p := range parts {
			if p.Fen != open[p.Open].Fen || i > 0 && parts[i-1].Open >= p.Open {
				t.Fatalf("%v of %v", parts, open)
			}
			sum += p.Fen
		}
		if len(parts) > 0 && sum != l.Fen {
			t.Fatalf("%v is not %d", parts, l.Fen)
		}
	})
}
