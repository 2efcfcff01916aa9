package orders_test

import (
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"banmuyuan/orders"
)

func TestNumbersAreWritten(t *testing.T) {
	t.Parallel()
	for want, got := range map[string]string{
		"BM0000000195":   orders.Number(1),
		"GB0000000195":   orders.TicketNumber(1),
		"YS0000000195":   orders.DeliveryNumber(1),
		"BM123456789092": orders.Number(1234567890),
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	if orders.PaymentRef(17) != "order:17" {
		t.Error(orders.PaymentRef(17))
	}
}

func TestNumbersAreReadAsPeopleTypeThem(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"BM0000000195", "bm0000000195", " BM 0000 0001-95", "ＢＭ０００００００１９５", "BM–0000–000195", "BM—0000000195\t", "BM\u30000000000195"} {
		if id, ok := orders.ParseNumber(text); !ok || id != 1 {
			t.Errorf("%q: %d, %v", text, id, ok)
		}
	}
	for _, text := range []string{"", "BM", "GB0000000195", "BM0000000194", "BM000000195", "BM00000000195", "BM0000000098", "BM000000019x", "0000000195",
		"BM0000000195" + strings.Repeat(" ", 89), "BM" + strings.Repeat("9", 22)} {
		if id, ok := orders.ParseNumber(text); ok {
			t.Errorf("%q is %d", text, id)
		}
	}
	if id, ok := orders.ParseNumber("BM0000000195" + strings.Repeat(" ", 88)); !ok || id != 1 {
		t.Error("a number with blanks up to the bound")
	}
	if id, ok := orders.ParseTicketNumber("gb0000000195"); !ok || id != 1 {
		t.Error("a ticket's number")
	}
	for text, want := range map[string]int64{"order:1": 1, "order:17": 17} {
		if id, ok := orders.ParsePaymentRef(text); !ok || id != want {
			t.Errorf("%s: %d, %v", text, id, ok)
		}
	}
	for _, text := range []string{"17", "order:", "order:x", "order:0", "order:-1", "contract:1"} {
		if id, ok := orders.ParsePaymentRef(text); ok {
			t.Errorf("%s is %d", text, id)
		}
	}
}

// Every number is read back, and one with a wrong digit, or with two neighbours swapped, is nobody's.
func TestMistypedNumbersAreNoticed(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.Int64Range(1, math.MaxInt64).Draw(t, "id")
		text := orders.Number(id)
		if got, ok := orders.ParseNumber(text); !ok || got != id {
			t.Fatalf("%s: %d, %v", text, got, ok)
		}
		at := rapid.IntRange(2, len(text)-2).Draw(t, "at")
		wrong := []byte(text)
		if wrong[at] == wrong[at+1] || rapid.Bool().Draw(t, "digit") {
			wrong[at] = '0' + (wrong[at]-'0'+byte(rapid.IntRange(1, 9).Draw(t, "by")))%10
		} else {
			wrong[at], wrong[at+1] = wrong[at+1], wrong[at]
		}
		if got, ok := orders.ParseNumber(string(wrong)); ok {
			t.Fatalf("%s for %s: %d", wrong, text, got)
		}
	})
}
