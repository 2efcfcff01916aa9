package orders

import (
	"strconv"
	"strings"
	"time"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/internal/money"
)

// Bounds of one weighing: a lorry scale shows no more.
const (
	maxGrossGrams = 120_000_000
	maxUnits      = 10_000_000
)

// Scale is everything that a weighing is checked against.
type Scale struct {
	Prices      []catalog.GradePrice // of the grades that were ordered
	Weighed     bool                 // the goods go over a scale, rather than counted
	UnitGrams   int64                // usual weight of one unit
	ToleranceBP int64                // of a difference from it
	Room        int64                // units that may still come from the household
	PointKnown  bool                 // the weighing's collection point exists
	Now         time.Time
}

// Clean returns a weighing with its texts trimmed. Invalid when its id or its reason cannot be kept.
func (r WeighRequest) Clean() (WeighRequest, error) {
	r.ClientID = strings.ToLower(r.ClientID)
	if !UUIDPattern.MatchString(r.ClientID) {
		return r, link.E(link.Invalid, "weigh.client_id", "client_id")
	}
	var ok bool
	if r.Reason, ok = Clean(r.Reason, 0, ReasonMax); !ok {
		return r, link.E(link.Invalid, "weigh.reason.long", "reason", "max", strconv.Itoa(ReasonMax))
	}
	return r, nil
}

// NetGrams is the weight of the goods alone.
func (r WeighRequest) NetGrams() int64 { return r.GrossGrams - r.TareGrams }

// Check returns the price of a weighing's grade. Invalid names everything that cannot be right about the weighing.
func (s Scale) Check(r WeighRequest) (money.Price, error) {
	var problems link.Problems
	checkWeighing(&problems, r, s.Weighed, s.Room)
	g, ok := PriceOf(s.Prices, r.Grade)
	if !ok || r.Grade == "" {
		problems.Add("presale.grade", "grade")
	}
	if !s.PointKnown {
		problems.Add("weigh.point", "point_id")
	}
	if !r.WeighedAt.IsZero() && (r.WeighedAt.After(s.Now.Add(ClockSkew)) || r.WeighedAt.Before(s.Now.AddDate(0, -1, 0))) {
		problems.Add("weigh.time", "weighed_at")
	}
	return g.Price, problems.Err()
}

// checkWeighing adds a problem for everything that cannot be right about a weighing, whatever was ordered: room is how
// many units may still come from the household, weighed whether the goods go over a scale.
func checkWeighing(problems *link.Problems, r WeighRequest, weighed bool, room int64) {
	if r.Units < 0 || r.Units > maxUnits {
		problems.Add("weigh.units.range", "units")
	} else if r.Units > room {
		problems.Add("weigh.units.above_share", "units", "room", strconv.FormatInt(room, 10))
	}
	if r.Rejected < 0 || r.Rejected > maxUnits {
		problems.Add("weigh.units.range", "rejected")
	}
	if r.Rejected > 0 && r.Reason == "" {
		problems.Add("weigh.reason.missing", "reason")
	}
	if r.Units == 0 && r.Rejected == 0 && !r.Final {
		problems.Add("weigh.units.nothing", "units")
	}
	switch {
	case !weighed:
		if r.GrossGrams != 0 {
			problems.Add("weigh.weight.counted", "gross_grams")
		}
		if r.TareGrams != 0 {
			problems.Add("weigh.weight.counted", "tare_grams")
		}
	case r.GrossGrams < 0 || r.GrossGrams > maxGrossGrams:
		problems.Add("weigh.weight.range", "gross_grams")
	case r.TareGrams < 0 || r.TareGrams > r.GrossGrams:
		problems.Add("weigh.tare.above_gross", "tare_grams")
	case r.Units > 0 && r.GrossGrams == r.TareGrams:
		problems.Add("weigh.weight.nothing", "gross_grams")
	case r.Units == 0 && r.GrossGrams > r.TareGrams:
		problems.Add("weigh.units.missing", "units")
	}
}
