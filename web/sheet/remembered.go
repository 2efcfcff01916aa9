package sheet

import (
	"context"
	"time"
)

// Heading is a heading of somebody's workbooks, with the field that a person said it is.
type Heading struct {
	Kind, Heading string
	Field         string // "": its column is left out
	By            string
	At            time.Time
}

// Headings remembers headings for the workbooks to come.
type Headings interface {
	// Headings lists the remembered headings by kind and heading.
	Headings(context.Context) ([]Heading, error)
	// RememberHeadings adds headings, or changes their fields.
	RememberHeadings(ctx context.Context, by string, headings []Heading) error
	// ForgetHeading removes a heading, if it is there.
	ForgetHeading(ctx context.Context, kind, heading string) error
}

// MappingOf returns remembered headings as ReadWorkbook takes them.
func MappingOf(headings []Heading) Mapping {
	m := Mapping{}
	for _, h := range headings {
		if m[h.Kind] == nil {
			m[h.Kind] = map[string]string{}
		}
		m[h.Kind][h.Heading] = h.Field
	}
	return m
}
