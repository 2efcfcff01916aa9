package auth

import (
	"regexp"
	"strings"
)

var mobile = regexp.MustCompile(`^1[3-9][0-9]{9}$`)

// full-width digits are what a Chinese input method gives.
var halfWidth = strings.NewReplacer("０", "0", "１", "1", "２", "2", "３", "3", "４", "4", "５", "5", "６", "6",
	"７", "7", "８", "8", "９", "9", " ", "", "　", "", "-", "", "－", "", "+86", "", "＋", "")

// CleanPhone returns a mainland mobile number as eleven digits, however it was
// typed, or "" if it is none.
func CleanPhone(typed string) string {
	phone := halfWidth.Replace(strings.TrimSpace(typed))
	if !mobile.MatchString(phone) {
		return ""
	}
	return phone
}
