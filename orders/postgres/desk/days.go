package desk

import (
	"time"

	"banmuyuan/orders"
)

// China is orders.China.
var China = orders.China

// DayOf is orders.DayOf.
func DayOf(t time.Time) time.Time { return orders.DayOf(t) }

// BeginningOf is orders.BeginningOf.
func BeginningOf(day time.Time) time.Time { return orders.BeginningOf(day) }
