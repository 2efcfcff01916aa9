package orders

import (
	"fmt"
	"strconv"
	"strings"
)

// Number is what people read out, type and quote on transfers (识别码): "BM", the id and two check digits, so that a
// mistyped number is nobody else's order. The check digits are those of ISO/IEC 7064, MOD 97-10.
func Number(id int64) string {
	return fmt.Sprintf("BM%08d%02d", id, 98-mod97(strconv.FormatInt(id, 10)+"00"))
}

// ParseNumber reads a number as people type it: any case, with blanks, dashes or full-width digits.
func ParseNumber(text string) (int64, bool) {
	var b strings.Builder
	for _, r := range strings.ToUpper(text) {
		switch {
		case r >= '０' && r <= '９':
			b.WriteRune('0' + r - '０')
		case r == ' ' || r == '-' || r == '\u3000' || r == '\t':
		default:
			b.WriteRune(r)
		}
	}
	digits, ok := strings.CutPrefix(b.String(), "BM")
	if !ok || len(digits) < 10 || len(digits) > 20 || strings.Trim(digits, "0123456789") != "" || mod97(digits) != 1 {
		return 0, false
	}
	id, err := strconv.ParseInt(digits[:len(digits)-2], 10, 64)
	return id, err == nil && id > 0
}

func mod97(digits string) int {
	m := 0
	for _, d := range digits {
		m = (m*10 + int(d-'0')) % 97
	}
	return m
}

// PaymentRef is how payments knows an order.
func PaymentRef(id int64) string { return "order:" + strconv.FormatInt(id, 10) }

// ParsePaymentRef is the other way round.
func ParsePaymentRef(ref string) (int64, bool) {
	text, ok := strings.CutPrefix(ref, "order:")
	if !ok {
		return 0, false
	}
	id, err := strconv.ParseInt(text, 10, 64)
	return id, err == nil && id > 0
}
