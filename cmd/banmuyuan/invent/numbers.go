package invent

import (
	"fmt"
	"time"
)

// IDNumbers gives out id numbers of a region that does not exist.
type IDNumbers struct {
	region string // six digits
	used   map[int]int
}

// NewIDNumbers starts at the first number of each birthday.
func NewIDNumbers(region string) *IDNumbers { return &IDNumbers{region: region, used: map[int]int{}} }

// Next counts up within a birthday and sex: odd for men, even for women.
func (n *IDNumbers) Next(born time.Time, female bool) string {
	day := born.Year()*10000 + int(born.Month())*100 + born.Day()
	key, parity := day*2, 1
	if female {
		key, parity = key+1, 2
	}
	count := n.used[key]
	n.used[key]++
	return Checked(fmt.Sprintf("%s%08d%03d", n.region, day, 2*count+parity))
}

// Checked appends the check digit of GB 11643 (ISO 7064, MOD 11-2) to 17 digits.
func Checked(digits string) string {
	sum := 0
	for i := range digits {
		sum += int(digits[i]-'0') * (1 << (17 - i) % 11)
	}
	return digits + string("10X98765432"[sum%11])
}

// Luhn appends the check digit of bank cards.
func Luhn(digits string) string {
	sum := 0
	for i := range digits {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return digits + string(rune('0'+(10-sum%10)%10))
}
