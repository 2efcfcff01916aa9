package contract

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
)

// Bounds of reference prices, in days.
const (
	referenceBack    = 7 // how late the price of a day may still be entered
	referenceDays    = 30
	maxReferenceDays = 400
)

// Check returns the request with its source trimmed. Invalid names everything that cannot be entered; known tells whether
// the product exists.
func (r SetReference) Check(known bool, now time.Time) (SetReference, error) {
	var problems link.Problems
	if !known {
		problems.Add("presale.product", "product")
	}
	now = now.In(orders.China)
	if !isDay(r.Day) {
		problems.Add("date", "day")
	} else if r.Day > now.Format(time.DateOnly) || r.Day < now.AddDate(0, 0, -referenceBack).Format(time.DateOnly) {
		problems.Add("reference.day", "day", "days", fmt.Sprint(referenceBack))
	}
	var ok bool
	if r.Source, ok = orders.Clean(r.Source, 2, TitleMax); !ok {
		problems.Add("reference.source", "source", "max", fmt.Sprint(TitleMax))
	}
	if badGrades(r.Grades) {
		problems.Add("presale.grades", "grades")
	}
	return r, problems.Err()
}

// Check fills in the number of days, and refuses one out of bounds.
func (r ReferenceFilter) Check() (ReferenceFilter, error) {
	if r.Days == 0 {
		r.Days = referenceDays
	}
	if r.Days < 1 || r.Days > maxReferenceDays {
		return r, link.E(link.Invalid, "order.page.limit", "days", "max", fmt.Sprint(maxReferenceDays))
	}
	return r, nil
}

// SortReferences sorts prices by day, newest first, product, and price, the best grade first.
func SortReferences(prices []ReferencePrice) {
	slices.SortStableFunc(prices, func(a, b ReferencePrice) int {
		return cmp.Or(strings.Compare(b.Day, a.Day), strings.Compare(a.Product, b.Product), cmp.Compare(b.Price.Fen, a.Price.Fen))
	})
}

// AtAgreedPoint reports whether goods may be weighed at a collection point; agreed 0 is any.
func AtAgreedPoint(agreed, point int64) bool { return agreed == 0 || point == agreed }
