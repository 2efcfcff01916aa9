package bankfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

var fields = []Field{FieldLine, FieldItem, FieldHolder, FieldNumber, FieldBank, FieldYuan, FieldFen, FieldMemo}

// ParseLayout reads a layout as JSON, in the shape that Default has; missing fields are as in Default. A layout that
// could not pay anybody, or a result that could not be read back, is an error.
func ParseLayout(data []byte) (Layout, error) {
	l := Default()
	l.Columns = nil // a shorter list replaces the longer one
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&l); err != nil {
		return Layout{}, fmt.Errorf("read layout of bank files: %w", err)
	}
	if l.Columns == nil {
		l.Columns = Default().Columns
	}
	return l, l.check()
}

func (l Layout) check() error {
	var errs []error
	seen := map[string]bool{}
	has := map[Field]bool{}
	for i, c := range l.Columns {
		switch {
		case strings.TrimSpace(c.Title) == "":
			errs = append(errs, fmt.Errorf("column %d has no title", i+1))
		case seen[c.Title]:
			errs = append(errs, fmt.Errorf("two columns are called %s", c.Title))
		case !slices.Contains(fields, c.Field):
			errs = append(errs, fmt.Errorf("column %s holds %q; it can hold %v", c.Title, c.Field, fields))
		case c.Width < 0 || c.Width > 200:
			errs = append(errs, fmt.Errorf("column %s is %v wide", c.Title, c.Width))
		}
		seen[c.Title], has[c.Field] = true, true
	}
	for _, f := range []Field{FieldItem, FieldHolder, FieldNumber} {
		if !has[f] {
			errs = append(errs, fmt.Errorf("no column holds %q, without which nobody can be paid", f))
		}
	}
	if !has[FieldYuan] && !has[FieldFen] {
		errs = append(errs, fmt.Errorf("no column holds the amount, %q or %q", FieldYuan, FieldFen))
	}
	for name, titles := range map[string][]string{"item": l.Result.Item, "amount": l.Result.Amount, "status": l.Result.Status, "paid": l.Result.Paid, "returned": l.Result.Returned} {
		if len(titles) == 0 {
			errs = append(errs, fmt.Errorf("result.%s is empty", name))
		}
	}
	if err := l.Text.check(l.Columns); err != nil {
		errs = append(errs, err)
	}
	if err := l.Result.Places.check(); err != nil {
		errs = append(errs, err)
	}
	if len(errs) > 0 {
		return fmt.Errorf("layout of bank files: %w", errors.Join(errs...))
	}
	return nil
}
