package page

import (
	"strconv"
	"unicode/utf8"
)

// NameMax is how many characters a person's name may have.
const NameMax = 40

// CheckName reads a person's name and notes its errors.
func CheckName(f *Form, field string) string {
	name := f.Text(field)
	if f.Need(field) && utf8.RuneCountInString(name) > NameMax {
		f.Add(field, "account.name.long", "max", strconv.Itoa(NameMax))
	}
	return name
}
