package orders

import "time"

// InspectionEnds is when the buyer can no longer complain of an order paid at paidAt: the longest of its lines' terms.
func InspectionEnds(lines []Line, paidAt time.Time) time.Time {
	var hours int64
	for _, l := range lines {
		hours = max(hours, l.Terms.InspectionHours)
	}
	return paidAt.Add(time.Duration(hours) * time.Hour)
}
