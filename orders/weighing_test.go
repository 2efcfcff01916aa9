package orders_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/internal/money"
	"banmuyuan/orders"
)

var weighedAt = time.Date(2026, 3, 15, 4, 0, 0, 0, time.UTC)

// geeseScale weighs geese of about 4 kg, of which ten may still come.
func geeseScale() orders.Scale {
	return orders.Scale{Prices: []catalog.GradePrice{{Grade: "first", Price: money.Price{Fen: 1800, Per: 500}}, {Grade: "second", Price: money.Price{Fen: 1500, Per: 500}}},
		Weighed: true, UnitGrams: 4000, ToleranceBP: 2000, Room: 10, PointKnown: true, Now: weighedAt}
}

func weighing() orders.WeighRequest {
	return orders.WeighRequest{Units: 10, GrossGrams: 42_000, TareGrams: 2_000, Grade: "second", WeighedAt: weighedAt}
}

// problemsOf returns "key field" for each problem of an error.
func problemsOf(err error) []string {
	if err == nil {
		return nil
	}
	e := link.AsError(err)
	all := []string{e.Key + " " + e.Field}
	if len(e.Details) > 0 {
		all = nil
		for _, f := range e.Details {
			all = append(all, f.Key+" "+f.Field)
		}
	}
	return all
}

func TestWeighingIsChecked(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*orders.Scale, *orders.WeighRequest)
		want   []string
	}{
		"right":                     {func(*orders.Scale, *orders.WeighRequest) {}, nil},
		"no unit less than none":    {func(_ *orders.Scale, r *orders.WeighRequest) { r.Units = -1 }, []string{"weigh.units.range units"}},
		"one more than may come":    {func(_ *orders.Scale, r *orders.WeighRequest) { r.Units = 11 }, []string{"weigh.units.above_share units"}},
		"as many as a scale takes":  {func(s *orders.Scale, r *orders.WeighRequest) { s.Room, r.Units = 1<<40, 10_000_000 }, nil},
		"more than a scale takes":   {func(s *orders.Scale, r *orders.WeighRequest) { s.Room, r.Units = 1<<40, 10_000_001 }, []string{"weigh.units.range units"}},
		"rejected without a reason": {func(_ *orders.Scale, r *orders.WeighRequest) { r.Rejected = 1 }, []string{"weigh.reason.missing reason"}},
		"rejected with a reason":    {func(_ *orders.Scale, r *orders.WeighRequest) { r.Rejected, r.Reason = 10_000_000, "ill" }, nil},
		"rejected too many":         {func(_ *orders.Scale, r *orders.WeighRequest) { r.Rejected, r.Reason = 10_000_001, "ill" }, []string{"weigh.units.range rejected"}},
		"rejected less than none":   {func(_ *orders.Scale, r *orders.WeighRequest) { r.Rejected = -1 }, []string{"weigh.units.range rejected"}},
		"nothing came":              {func(_ *orders.Scale, r *orders.WeighRequest) { r.Units, r.GrossGrams, r.TareGrams = 0, 0, 0 }, []string{"weigh.units.nothing units"}},
		"nothing will come": {func(_ *orders.Scale, r *orders.WeighRequest) {
			r.Units, r.GrossGrams, r.TareGrams, r.Final = 0, 0, 0, true
		}, nil},
		"only refused": {func(_ *orders.Scale, r *orders.WeighRequest) {
			r.Units, r.GrossGrams, r.TareGrams, r.Rejected, r.Reason = 0, 0, 0, 1, "ill"
		}, nil},
		"weight below zero":          {func(_ *orders.Scale, r *orders.WeighRequest) { r.GrossGrams, r.TareGrams = -1, 0 }, []string{"weigh.weight.range gross_grams"}},
		"as heavy as a scale takes":  {func(_ *orders.Scale, r *orders.WeighRequest) { r.GrossGrams = 120_000_000 }, nil},
		"heavier than a scale takes": {func(_ *orders.Scale, r *orders.WeighRequest) { r.GrossGrams = 120_000_001 }, []string{"weigh.weight.range gross_grams"}},
		"tare above gross":           {func(_ *orders.Scale, r *orders.WeighRequest) { r.TareGrams = 42_001 }, []string{"weigh.tare.above_gross tare_grams"}},
		"tare below zero":            {func(_ *orders.Scale, r *orders.WeighRequest) { r.TareGrams = -1 }, []string{"weigh.tare.above_gross tare_grams"}},
		"no tare":                    {func(_ *orders.Scale, r *orders.WeighRequest) { r.TareGrams = 0 }, nil},
		"units without weight":       {func(_ *orders.Scale, r *orders.WeighRequest) { r.TareGrams = 42_000 }, []string{"weigh.weight.nothing gross_grams"}},
		"one unit without weight":    {func(_ *orders.Scale, r *orders.WeighRequest) { r.Units, r.TareGrams = 1, 42_000 }, []string{"weigh.weight.nothing gross_grams"}},
		"weight without units":       {func(_ *orders.Scale, r *orders.WeighRequest) { r.Units, r.Final = 0, true }, []string{"weigh.units.missing units"}},
		"a gram without units": {func(_ *orders.Scale, r *orders.WeighRequest) {
			r.Units, r.Final, r.GrossGrams, r.TareGrams = 0, true, 1, 0
		}, []string{"weigh.units.missing units"}},
		"an empty crate": {func(_ *orders.Scale, r *orders.WeighRequest) { r.Units, r.Final, r.TareGrams = 0, true, 42_000 }, nil},
		"counted":        {func(s *orders.Scale, r *orders.WeighRequest) { s.Weighed, r.GrossGrams, r.TareGrams = false, 0, 0 }, nil},
		"counted with weight": {func(s *orders.Scale, r *orders.WeighRequest) { s.Weighed, r.GrossGrams, r.TareGrams = false, 1, 0 },
			[]string{"weigh.weight.counted gross_grams"}},
		"counted with tare": {func(s *orders.Scale, r *orders.WeighRequest) { s.Weighed, r.GrossGrams, r.TareGrams = false, 0, 1 },
			[]string{"weigh.weight.counted tare_grams"}},
		"no grade":            {func(_ *orders.Scale, r *orders.WeighRequest) { r.Grade = "" }, []string{"presale.grade grade"}},
		"a grade not sold":    {func(_ *orders.Scale, r *orders.WeighRequest) { r.Grade = "extra" }, []string{"presale.grade grade"}},
		"no such point":       {func(s *orders.Scale, _ *orders.WeighRequest) { s.PointKnown = false }, []string{"weigh.point point_id"}},
		"no time":             {func(_ *orders.Scale, r *orders.WeighRequest) { r.WeighedAt = time.Time{} }, nil},
		"a clock ahead":       {func(_ *orders.Scale, r *orders.WeighRequest) { r.WeighedAt = weighedAt.Add(15 * time.Minute) }, nil},
		"a clock too far":     {func(_ *orders.Scale, r *orders.WeighRequest) { r.WeighedAt = weighedAt.Add(15*time.Minute + 1) }, []string{"weigh.time weighed_at"}},
		"a month ago":         {func(_ *orders.Scale, r *orders.WeighRequest) { r.WeighedAt = weighedAt.AddDate(0, -1, 0) }, nil},
		"more than a month":   {func(_ *orders.Scale, r *orders.WeighRequest) { r.WeighedAt = weighedAt.AddDate(0, -1, 0).Add(-1) }, []string{"weigh.time weighed_at"}},
		"everything at once":  {func(s *orders.Scale, r *orders.WeighRequest) { s.PointKnown, r.Grade, r.Units = false, "", 11 }, []string{"weigh.units.above_share units", "presale.grade grade", "weigh.point point_id"}},
		"refused and too few": {func(_ *orders.Scale, r *orders.WeighRequest) { r.Units, r.Rejected = 0, 3 }, []string{"weigh.reason.missing reason", "weigh.units.missing units"}},
	} {
		s, r := geeseScale(), weighing()
		c.change(&s, &r)
		price, err := s.Check(r)
		if got := problemsOf(err); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		if err == nil && price.Fen != 1500 {
			t.Errorf("%s: price %v", name, price)
		}
		if err != nil && link.CodeOf(err) != link.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := geeseScale().Check(orders.WeighRequest{Units: 11, GrossGrams: 44_000, Grade: "first"})
	if e := link.AsError(err); e.Args["room"] != "10" {
		t.Errorf("the message does not say how many may come: %+v", e)
	}
}

func TestWeighingTextsAreCleaned(t *testing.T) {
	t.Parallel()
	id := "0AE2F5B0-6A1B-4C6E-9B3A-3F2C6D7E8F90"
	r, err := orders.WeighRequest{ClientID: id, Reason: "  thin "}.Clean()
	if err != nil || r.ClientID != strings.ToLower(id) || r.Reason != "thin" {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := (orders.WeighRequest{ClientID: "17"}).Clean(); !slices.Equal(problemsOf(err), []string{"weigh.client_id client_id"}) {
		t.Error(err)
	}
	if _, err := (orders.WeighRequest{ClientID: id, Reason: strings.Repeat("病", 200)}).Clean(); err != nil {
		t.Error(err)
	}
	_, err = orders.WeighRequest{ClientID: id, Reason: strings.Repeat("病", 201)}.Clean()
	if e := link.AsError(err); e.Key != "weigh.reason.long" || e.Field != "reason" || e.Args["max"] != "200" {
		t.Error(err)
	}
	if net := weighing().NetGrams(); net != 40_000 {
		t.Errorf("net weight %d", net)
	}
}
