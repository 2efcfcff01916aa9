package banktransfer_test

import (
	"slices"
	"testing"

	"banmuyuan/payments/gateway/banktransfer"
	"banmuyuan/payments/gateway/gatewaytest"
)

func TestConformance(t *testing.T) {
	gatewaytest.Run(t, func(*testing.T) gatewaytest.Bench {
		return gatewaytest.Bench{Gateway: banktransfer.New(banktransfer.Account{Holder: "依安县演示合作社", Number: "23000000000001", Bank: "演示银行"})}
	})
}

func TestFindReadsCodesAsPeopleWriteThem(t *testing.T) {
	codes := map[string]bool{"BM260114AB": true, "BM260114": true, "20260012": true}
	for memo, want := range map[string][]string{
		"BM260114AB":              {"BM260114AB"},
		"货款BM-2601-14AB谢谢":        {"BM260114AB"},
		"ｂｍ２６０１１４ａｂ 大鹅款":          {"BM260114AB"},
		"bm 260114":               {"BM260114"},
		"订单20260012":              {"20260012"},
		"订单202600123":             nil, // a longer number is another one
		"120260012":               nil,
		"20260012/BM260114 两单一起付": {"20260012", "BM260114"},
		"BM260114 BM260114":       {"BM260114"},
		"":                        nil,
		"大鹅款":                     nil,
	} {
		if got := banktransfer.Find(memo, codes); !slices.Equal(got, want) {
			t.Errorf("Find(%q) = %v, want %v", memo, got, want)
		}
		for _, w := range want {
			if !slices.Contains(banktransfer.Tokens(memo), w) {
				t.Errorf("Tokens(%q) lacks %s", memo, w)
			}
		}
	}
}

// One wrong or swapped digit is no other payment's code.
func TestCodeCatchesSlips(t *testing.T) {
	codes := map[string]int64{}
	for id := int64(1); id <= 3000; id++ {
		codes[banktransfer.Code(id)] = id
	}
	if len(codes) != 3000 {
		t.Fatalf("%d codes for 3000 payments", len(codes))
	}
	for code := range codes {
		for i := 1; i < len(code); i++ {
			for d := byte('0'); d <= '9'; d++ {
				slip := code[:i] + string(d) + code[i+1:]
				if _, other := codes[slip]; other && slip != code {
					t.Fatalf("%s is one digit from %s", slip, code)
				}
			}
			if i > 1 {
				swap := []byte(code)
				swap[i-1], swap[i] = swap[i], swap[i-1]
				if _, other := codes[string(swap)]; other && string(swap) != code {
					t.Fatalf("%s is %s with two digits swapped", swap, code)
				}
			}
		}
	}
}
