package banktransfer_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"banmuyuan/payments/gateway/banktransfer"
)

func TestMatchCodes(t *testing.T) {
	t.Parallel()
	known := []banktransfer.CodeOf{{"260114AB", "order:2"}, {"260115CD", "order:1"}, {"260116EF", "order:3"}, {"260116EF", "order:4"}}
	lines := []banktransfer.Line{
		{ID: 7, Memo: "货款 260114-ab"}, {ID: 5, Memo: "260115CD"}, {ID: 6, Memo: "260114AB 260115CD"}, // two codes
		{ID: 8, Memo: "260116EF"}, // one code for two
		{ID: 9, Memo: "没有识别码"}, {ID: 4, Memo: "260114AB"}, {ID: 3, Memo: "x260114ABx"},
	}
	got := banktransfer.MatchCodes(lines, known)
	want := []banktransfer.Match{{1, "260115CD", "order:1"}, {5, "260114AB", "order:2"}, {0, "260114AB", "order:2"}} // by Ref, then by line
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestRecogniseSlips(t *testing.T) {
	t.Parallel()
	known := []banktransfer.Booked{{"JK0001", 100}, {"JK0002", 200}}
	lines := []banktransfer.Line{
		{Memo: "现金缴款 JK0001", Fen: 100}, {Memo: "现金缴款 JK0001", Fen: 100}, // once
		{Memo: "JK0002", Fen: 199}, {BankRef: "jk-0002", Fen: 200}, {Memo: "货款", Fen: 100},
	}
	if got, want := banktransfer.RecogniseSlips(lines, known), []int{0, -1, -1, 1, -1}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestRecogniseBatches(t *testing.T) {
	t.Parallel()
	known := []banktransfer.Booked{{"DF20260918-01", 100}, {"DF20260918-02", 50}}
	lines := []banktransfer.Line{
		{Memo: "代发 DF20260918-01", Fen: 60}, {Memo: "代发DF20260918-01", Fen: 41}, {BankRef: "DF20260918-01", Fen: 40},
		{Memo: "DF20260918-02 手续费", Fen: 51}, {Memo: "电费", Fen: 1},
	}
	if got, want := banktransfer.RecogniseBatches(lines, known), []int{0, -1, 0, -1, -1}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	rapid.Check(t, func(t *rapid.T) {
		var lines []banktransfer.Line
		for range rapid.IntRange(0, 12).Draw(t, "lines") {
			b := known[rapid.IntRange(0, 1).Draw(t, "batch")]
			lines = append(lines, banktransfer.Line{Memo: b.Name, Fen: rapid.Int64Range(1, 60).Draw(t, "fen")})
		}
		var shown [2]int64
		for i, of := range banktransfer.RecogniseBatches(lines, known) {
			if of >= 0 {
				shown[of] += lines[i].Fen
			}
		}
		if shown[0] > known[0].Fen || shown[1] > known[1].Fen {
			t.Fatalf("the statement explains more than was booked: %v", shown)
		}
	})
}
