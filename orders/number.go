package orders

import (
	"fmt"
	"strconv"
	"strings"
)

// Numbers that people read out and type: two letters, the id and two check digits, so that a mistyped number is nobody
// else's. The check digits follow ISO/IEC 7064, MOD 97-10: every wrong digit and every swap of two is noticed.
const (
	orderLetters    = "BM" // 半亩园
	ticketLetters   = "GB" // 过磅
	deliveryLetters = "YS" // 验收
)

// Number is an order's number, which is also quoted on transfers (识别码).
func Number(id int64) string { return FormatNumber(orderLetters, id) }

// TicketNumber is a weigh ticket's number.
func TicketNumber(id int64) string { return FormatNumber(ticketLetters, id) }

// DeliveryNumber is an acceptance note's number.
func DeliveryNumber(id int64) string { return FormatNumber(deliveryLetters, id) }

// ParseNumber reads an order's number as people type it: any case, with blanks, dashes or full-width signs.
func ParseNumber(text string) (int64, bool) { return ReadNumber(orderLetters, text) }

// ParseTicketNumber reads a weigh ticket's number.
func ParseTicketNumber(text string) (int64, bool) { return ReadNumber(ticketLetters, text) }

func FormatNumber(letters string, id int64) string {
	return fmt.Sprintf("%s%08d%02d", letters, id, 98-mod97(strconv.FormatInt(id, 10)+"00"))
}

func ReadNumber(letters, text string) (int64, bool) {
	if len(text) > 100 {
		return 0, false
	}
	var b strings.Builder
	for _, r := range text {
		if r >= '！' && r <= '～' { // full-width signs stand in the order of ASCII
			r -= '！' - '!'
		}
		if r != ' ' && r != '-' && r != '\u3000' && r != '\t' && r != '–' && r != '—' {
			b.WriteRune(r)
		}
	}
	digits, ok := strings.CutPrefix(strings.ToUpper(b.String()), letters)
	if !ok || len(digits) < 10 || len(digits) > 21 || strings.Trim(digits, "0123456789") != "" || mod97(digits) != 1 {
		return 0, false
	}
	id, err := strconv.ParseInt(digits[:len(digits)-2], 10, 64)
	if err != nil || id <= 0 || FormatNumber(letters, id) != letters+digits {
		return 0, false
	}
	return id, true
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
