package catalog

import (
	"strings"
	"testing"
	"time"

	"banmuyuan/internal/link"
)

func TestDefaultSeason(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		seasons []Season
		want    int
	}{
		{"none", nil, 0},
		{"only planned: the first", []Season{{ID: 2028, State: SeasonPlanned}, {ID: 2027, State: SeasonPlanned}}, 2027},
		{"a draft's year changes nothing", []Season{{ID: 2027, State: SeasonPlanned}, {ID: 2026, State: SeasonCurrent}, {ID: 2025, State: SeasonClosing}}, 2026},
		{"current although others are newer", []Season{{ID: 2025, State: SeasonClosed}, {ID: 2026, State: SeasonCurrent}, {ID: 2030, State: SeasonPlanned}}, 2026},
		{"the newest that is closing", []Season{{ID: 2024, State: SeasonClosing}, {ID: 2025, State: SeasonClosing}, {ID: 2026, State: SeasonPlanned}}, 2025},
		{"closed ones are over", []Season{{ID: 2025, State: SeasonClosed}}, 0},
	} {
		if got := DefaultSeason(test.seasons); got != test.want {
			t.Errorf("%s: %d, want %d", test.name, got, test.want)
		}
	}
}

func TestSeasonLife(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		from SeasonState
		on   SeasonStep
		to   SeasonState // empty: refused
	}{
		{SeasonPlanned, SeasonStepBegin, SeasonCurrent}, {SeasonCurrent, SeasonStepBegin, ""}, {SeasonClosing, SeasonStepBegin, ""}, {SeasonClosed, SeasonStepBegin, ""},
		{SeasonPlanned, SeasonStepReplace, ""}, {SeasonCurrent, SeasonStepReplace, SeasonClosing}, {SeasonClosing, SeasonStepReplace, ""}, {SeasonClosed, SeasonStepReplace, ""},
		{SeasonPlanned, SeasonStepClose, ""}, {SeasonCurrent, SeasonStepClose, ""}, {SeasonClosing, SeasonStepClose, SeasonClosed}, {SeasonClosed, SeasonStepClose, ""},
		{SeasonPlanned, SeasonStepReopen, ""}, {SeasonCurrent, SeasonStepReopen, ""}, {SeasonClosing, SeasonStepReopen, ""}, {SeasonClosed, SeasonStepReopen, SeasonClosing},
	} {
		to, ok := SeasonMachine.Next(test.from, test.on)
		if ok != (test.to != "") || (ok && to != test.to) {
			t.Errorf("%s on %s: %s, %v, want %q", test.from, test.on, to, ok, test.to)
		}
	}
}

func TestOnlyClosedSeasonsTakeNothing(t *testing.T) {
	t.Parallel()
	all := []Season{{ID: 2024, State: SeasonClosed}, {ID: 2025, State: SeasonClosing}, {ID: 2026, State: SeasonCurrent}, {ID: 2027, State: SeasonPlanned}}
	for _, s := range all {
		err := CheckTakes(all, s.ID, "season")
		if s.ID == 2024 {
			if e := link.AsError(err); err == nil || e.Code != link.Conflict || e.Key != "season.closed" || e.Args["season"] != "2024" {
				t.Errorf("%d: %v", s.ID, err)
			}
		} else if err != nil {
			t.Errorf("%d: %v", s.ID, err)
		}
	}
	if e := link.AsError(CheckTakes(all, 2030, "presale.season")); e.Code != link.Invalid || e.Key != "season.unknown" || e.Field != "presale.season" {
		t.Errorf("a year nobody planned: %v", e)
	}
	if e := link.AsError(CheckTakes(all, 0, "season")); e.Code != link.Conflict || e.Key != "season.none" {
		t.Errorf("no season at all: %v", e)
	}
	if s, ok := (Reference{Seasons: all}).Current(); !ok || s.ID != 2026 {
		t.Errorf("current: %v, %v", s, ok)
	}
	if s, ok := (Reference{Seasons: all[:2]}).Current(); ok {
		t.Errorf("current of none: %v", s)
	}
}

func TestPlanSeasonCheck(t *testing.T) {
	t.Parallel()
	for season, bad := range map[int]bool{1999: true, 2000: false, 2199: false, 2200: true, 0: true} {
		if err := (PlanSeason{Season: season}).Check(); (err != nil) != bad {
			t.Errorf("%d: %v", season, err)
		}
	}
	for _, title := range []Text{{Zh: strings.Repeat("年", 41)}, {En: strings.Repeat("y", 81)}} {
		if e := link.AsError((PlanSeason{Season: 2027, Title: title}).Check()); e == nil || e.Field != "title" {
			t.Errorf("%v: %v", title, e)
		}
	}
	if err := (PlanSeason{Season: 2027, Title: Text{Zh: strings.Repeat("年", 40), En: strings.Repeat("y", 80)}}).Check(); err != nil {
		t.Error(err)
	}
}

func TestSeasonWithSalesDoesNotClose(t *testing.T) {
	t.Parallel()
	for _, f := range []SeasonFigures{{Open: 1}, {Contracts: 1}, {Holds: 1}} {
		if e := link.AsError(f.CheckClose()); e == nil || e.Code != link.Conflict || e.Key != "season.not_settled" {
			t.Errorf("%+v: %v", f, e)
		}
	}
	if err := (SeasonFigures{Drafts: 2, Ended: 3, Lots: 40, Households: 30, Selling: 30}).CheckClose(); err != nil {
		t.Errorf("nothing open: %v", err)
	}
}

func TestReopeningNeedsAReasonAndTime(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)
	p := Presale{ClosesAt: now.Add(time.Second)}
	for _, reason := range []string{"", "  ", strings.Repeat("错", MostReason+1)} {
		if e := link.AsError(p.CheckStep(PresaleStepReopen, reason, now)); e == nil || e.Code != link.Invalid || e.Key != "act.reason" || e.Field != "reason" {
			t.Errorf("reason %q: %v", reason, e)
		}
	}
	if err := p.CheckStep(PresaleStepReopen, strings.Repeat("错", MostReason), now); err != nil {
		t.Error(err)
	}
	if e := link.AsError(p.CheckStep(PresaleStepReopen, "截错了", p.ClosesAt)); e == nil || e.Key != "presale.reopen.over" {
		t.Errorf("after its window: %v", e)
	}
	for _, step := range []PresaleStep{PresaleStepOpen, PresaleStepClose} {
		if err := p.CheckStep(step, "", now.AddDate(1, 0, 0)); err != nil {
			t.Errorf("%s: %v", step, err)
		}
	}
}

func TestReachSaysWhyNone(t *testing.T) {
	t.Parallel()
	goose, unknown := Product{Code: "goose", Name: Text{Zh: "大鹅"}, YieldOf: YieldGeese, Yield: 1}, Product{Code: "alpaca", Name: Text{Zh: "羊驼"}, YieldOf: YieldGarden}
	chickens := Product{Code: "chicken", YieldOf: YieldRegistered}
	for _, test := range []struct {
		product    Product
		registered int64
		want       string
	}{
		{unknown, 0, "presale.reach.no_yield"}, {goose, 0, "presale.reach.no_household"}, {goose, 12, "presale.reach.promised"},
		{chickens, 0, "presale.reach.no_household"},
	} {
		key := test.product.WhyNone(test.registered)
		if key != test.want || SeasonMessages[key] == [2]string{} {
			t.Errorf("%s, %d registered: %q, want %q", test.product.Code, test.registered, key, test.want)
		}
		r := PresaleReach{Reason: key}
		if e := link.AsError(r.CheckOpening(test.product)); e == nil || e.Code != link.Conflict || e.Key != key || e.Args["product"] != test.product.Name.Zh {
			t.Errorf("%s: %v", test.product.Code, e)
		}
	}
	if err := (PresaleReach{Households: 1, Units: 1}).CheckOpening(goose); err != nil {
		t.Error(err)
	}
}
