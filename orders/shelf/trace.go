package shelf

import (
	"regexp"
	"strings"
	"time"

	"banmuyuan/orders"
)

var tracePattern = regexp.MustCompile(`^[0-9a-f]{12}$`)

// ReadTrace reads the code of a label as people type it: in any case, with blanks or dashes.
func ReadTrace(text string) (code string, ok bool) {
	code = strings.ToLower(strings.NewReplacer(" ", "", "-", "").Replace(text))
	return code, tracePattern.MatchString(code)
}

// Journey is the days and places of a lot that came to a shelf.
type Journey struct {
	Source      StockSource
	GatheredOn  time.Time // dates of the database
	DeliveredOn *time.Time
	ShelvedAt   time.Time
	Point, Shop string
}

// Steps are the days of a journey as strangers read them: bought at the counter, or weighed and delivered, then shelved.
func (j Journey) Steps() []TraceStep {
	var steps []TraceStep
	if j.Source == StockBuyIn {
		steps = append(steps, TraceStep{Key: "bought", On: OnDay(j.GatheredOn), Place: j.Shop})
	} else {
		steps = append(steps, TraceStep{Key: "weighed", On: OnDay(j.GatheredOn), Place: j.Point})
		if j.DeliveredOn != nil {
			steps = append(steps, TraceStep{Key: "delivered", On: OnDay(*j.DeliveredOn)})
		}
	}
	return append(steps, TraceStep{Key: "shelved", On: orders.Midnight(j.ShelvedAt), Place: j.Shop})
}
