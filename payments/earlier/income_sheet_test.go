package earlier

import (
	"slices"
	"testing"
	"time"

	"banmuyuan/internal/entry"
	"banmuyuan/payments"
)

func incomeRow(line int, pairs ...string) IncomeRow {
	cells := map[string]string{"household": "H-1", "year": "2024", "programme": "养鹅", "amount": "120.5"}
	for i := 0; i+1 < len(pairs); i += 2 {
		cells[pairs[i]] = pairs[i+1]
	}
	r := ReadIncomeRow(entry.Row{Line: line, Cells: cells}, incomeNow)
	r.Household = payments.RegisteredHousehold{ID: 1, Code: "H-1"}
	r.Names = &payments.RegisteredNames{Programmes: map[string]string{"养鹅": "geese"}, Organisations: map[string]int64{"绿源合作社": 7}, Seasons: []int{2023}}
	return r
}

var incomeNow = time.Date(2026, time.March, 1, 12, 0, 0, 0, payments.China)

func TestIncomeOfARow(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		row  IncomeRow
		want HistoricIncome
	}{
		{incomeRow(3), HistoricIncome{Household: 1, Season: 2024, Month: 12, Programme: "geese", GrossFen: 120_50, PaidOn: time.Date(2024, time.December, 31, 0, 0, 0, 0, payments.China)}},
		{incomeRow(3, "month", "2", "channel", "爱心超市", "fee", "3", "org", "绿源合作社", "product", "goose", "units", "4", "grams", "16.8"),
			HistoricIncome{Household: 1, Season: 2024, Month: 2, Programme: "geese", Channel: "market", Product: "goose", Qty: 4, NetGrams: 16_800, GrossFen: 123_50,
				FeeFen: 3_00, Coop: 7, PaidOn: time.Date(2024, time.February, 29, 0, 0, 0, 0, payments.China)}},
		{incomeRow(3, "paid_on", "2025-01-09"), HistoricIncome{Household: 1, Season: 2024, Month: 12, Programme: "geese", GrossFen: 120_50,
			PaidOn: time.Date(2025, time.January, 9, 0, 0, 0, 0, payments.China)}},
	} {
		if got := test.row.Income(); !got.PaidOn.Equal(test.want.PaidOn) || len(test.row.Faults) > 0 {
			t.Errorf("%v: paid on %v, want %v", test.row.Faults, got.PaidOn, test.want.PaidOn)
		} else if got.PaidOn = test.want.PaidOn; got != test.want {
			t.Errorf("got %+v, want %+v", got, test.want)
		}
	}
}

func TestCheckIncomes(t *testing.T) {
	t.Parallel()
	with := func(r IncomeRow, change func(*IncomeRow)) IncomeRow {
		change(&r)
		return r
	}
	booked := func(gross, fee int64) func(*IncomeRow) {
		return func(r *IncomeRow) { r.Booked = &BookedIncome{gross, fee} }
	}
	for name, test := range map[string]struct {
		rows    []IncomeRow
		outcome payments.AccountOutcome
		keys    []string // of the first row
	}{
		"new":                    {[]IncomeRow{incomeRow(3)}, payments.AccountNew, nil},
		"two years":              {[]IncomeRow{incomeRow(3), incomeRow(4, "year", "2025")}, payments.AccountNew, nil},
		"unknown household":      {[]IncomeRow{with(incomeRow(3), func(r *IncomeRow) { r.Household = payments.RegisteredHousehold{} })}, payments.AccountWrong, []string{"accounts.household.unknown"}},
		"a household out of use": {[]IncomeRow{with(incomeRow(3), func(r *IncomeRow) { r.Household.Retired = true })}, payments.AccountNew, nil},
		"twice":                  {[]IncomeRow{incomeRow(3), incomeRow(4, "amount", "7", "month", "12")}, payments.AccountWrong, []string{"accounts.income.twice"}},
		"nothing":                {[]IncomeRow{incomeRow(3, "amount", "0")}, payments.AccountWrong, []string{"accounts.income.amount"}},
		"text":                   {[]IncomeRow{incomeRow(3, "amount", "很多")}, payments.AccountWrong, []string{"entry.money"}},
		"no amount":              {[]IncomeRow{incomeRow(3, "amount", "")}, payments.AccountWrong, []string{"accounts.income.amount"}},
		"unknown programme":      {[]IncomeRow{incomeRow(3, "programme", "养鱼")}, payments.AccountWrong, []string{"accounts.income.programme"}},
		"a bad code":             {[]IncomeRow{incomeRow(3, "product", "a:b")}, payments.AccountWrong, []string{"accounts.income.product"}},
		"unknown cooperative":    {[]IncomeRow{incomeRow(3, "fee", "1", "org", "某社")}, payments.AccountWrong, []string{"accounts.income.org"}},
		"a fee of nobody":        {[]IncomeRow{incomeRow(3, "fee", "1")}, payments.AccountWrong, []string{"accounts.income.org.missing"}},
		"a fee":                  {[]IncomeRow{incomeRow(3, "fee", "1", "org", "绿源合作社")}, payments.AccountNew, []string{"accounts.income.fee"}},
		"this year":              {[]IncomeRow{incomeRow(3, "year", "2026", "month", "1", "paid_on", "2026-01-31")}, payments.AccountWrong, []string{"accounts.income.year"}},
		"a day to come":          {[]IncomeRow{incomeRow(3, "paid_on", "2026-03-02")}, payments.AccountWrong, []string{"accounts.income.paid_on"}},
		"a season":               {[]IncomeRow{incomeRow(3, "year", "2023")}, payments.AccountWrong, []string{"accounts.income.season"}},
		"booked":                 {[]IncomeRow{with(incomeRow(3), booked(120_50, 0))}, payments.AccountUnchanged, nil},
		"booked, now a season":   {[]IncomeRow{with(incomeRow(3, "year", "2023"), booked(120_50, 0))}, payments.AccountUnchanged, nil},
		"another amount":         {[]IncomeRow{with(incomeRow(3), booked(99_00, 0))}, payments.AccountReplaces, []string{"accounts.income.replaces"}},
		"another fee":            {[]IncomeRow{with(incomeRow(3), booked(120_50, 1_00))}, payments.AccountWrong, []string{"accounts.income.fee.booked"}},
		"others in the books":    {[]IncomeRow{with(incomeRow(3), func(r *IncomeRow) { r.Others = 2 })}, payments.AccountNew, []string{"accounts.income.others"}},
	} {
		got := CheckIncomes(test.rows, incomeNow)[0]
		var keys []string
		for _, f := range got.Findings {
			keys = append(keys, f.Key)
		}
		if got.Outcome != test.outcome || !slices.Equal(keys, test.keys) {
			t.Errorf("%s: %s %v, want %s %v", name, got.Outcome, keys, test.outcome, test.keys)
		}
	}
}
