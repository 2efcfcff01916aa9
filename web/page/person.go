package page

import (
	"strconv"
	"unicode/utf8"
)

const nameMax = 40

// CheckName reads a person's name and notes its errors.
func CheckName(f *Form, field string) string {
	name := f.Text(field)
	if f.Need(field) && utf8.RuneCountInString(name) > nameMax {
		f.Add(field, "account.name.long", "max", strconv.Itoa(nameMax))
	}
	return name
}
