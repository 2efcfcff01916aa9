package earlier

import (
	"slices"
	"strconv"
	"time"

	"banmuyuan/internal/entry"
	"banmuyuan/internal/money"
	"banmuyuan/payments"
)

// kind declares the sheet.
var kind, _ = payments.KindByName(payments.KindIncome)

// IncomeRow is a row of a sheet of earlier income with everything that is known about it.
type IncomeRow struct {
	Line      int
	Values    entry.Values
	Faults    []entry.Fault
	Household payments.RegisteredHousehold // ID 0: not registered
	Names     *payments.RegisteredNames

	Booked *BookedIncome // under the same key
	Others int           // other entries of the household, year and programme in the books
}

// BookedIncome is an entry of earlier income as it stands in the books.
type BookedIncome struct{ GrossFen, FeeFen int64 }

// NetFen is the income of the household.
func (b BookedIncome) NetFen() int64 { return b.GrossFen - b.FeeFen }

// ReadIncomeRow reads the cells of a row.
func ReadIncomeRow(row entry.Row, now time.Time) IncomeRow {
	v, faults := kind.Parse(row, true, now)
	r := IncomeRow{Line: row.Line, Values: v}
	for _, f := range kind.Missing(v) {
		if !slices.ContainsFunc(faults, func(o entry.Fault) bool { return o.Field == f.Field }) {
			faults = append(faults, f)
		}
	}
	r.Faults = faults
	return r
}

// Programme is the code of the row's programme, "" for an unknown one.
func (r IncomeRow) Programme() string {
	return r.Names.Programmes[entry.FoldName(r.Values.Text("programme"))]
}

// Income is the row as an entry of the books. Without a day it was paid on its month's last, and without a month in December.
func (r IncomeRow) Income() HistoricIncome {
	v := r.Values
	in := HistoricIncome{Household: r.Household.ID, Season: int(v.Int("year")), Month: int(v.Int("month")), Programme: r.Programme(), Channel: v.Text("channel"),
		Product: v.Text("product"), Qty: v.Int("units"), NetGrams: v.Int("grams"), GrossFen: v.Int("amount") + v.Int("fee"), FeeFen: v.Int("fee")}
	if in.FeeFen > 0 {
		in.Coop = r.Names.Organisations[entry.FoldName(v.Text("org"))]
	}
	if in.Month == 0 {
		in.Month = 12
	}
	in.PaidOn = time.Date(in.Season, time.Month(in.Month)+1, 0, 0, 0, 0, 0, payments.China)
	if day, err := time.ParseInLocation(time.DateOnly, v.Text("paid_on"), payments.China); err == nil {
		in.PaidOn = day
	}
	return in
}

// CheckIncomes checks the rows of a batch together. An entry that occurs twice is wrong in each of its rows.
func CheckIncomes(rows []IncomeRow, now time.Time) []payments.AccountVerdict {
	lines, keys, incomes := map[string][]int{}, make([]string, len(rows)), make([]HistoricIncome, len(rows))
	for i, r := range rows {
		if len(r.Faults) > 0 {
			continue
		}
		incomes[i] = r.Income()
		if r.Household.ID != 0 {
			keys[i] = incomes[i].Key()
			lines[keys[i]] = append(lines[keys[i]], r.Line)
		}
	}
	out := make([]payments.AccountVerdict, len(rows))
	for i, r := range rows {
		out[i] = r.check(incomes[i], lines[keys[i]], now)
	}
	return out
}

// check checks a row without faults by its income, and lists the lines of the same entry.
func (r IncomeRow) check(in HistoricIncome, lines []int, now time.Time) payments.AccountVerdict {
	v := payments.AccountVerdict{Outcome: payments.AccountNew, Findings: []payments.AccountFinding{}, Shared: []int64{}}
	wrong := func(field, key string, args ...string) {
		v.Outcome = payments.AccountWrong
		v.Findings = append(v.Findings, payments.NewAccountFinding(true, field, key, args))
	}
	for _, f := range r.Faults {
		v.Outcome = payments.AccountWrong
		v.Findings = append(v.Findings, payments.AccountFinding{Field: f.Field, Key: f.Key, Args: f.Args, Wrong: true})
	}
	if len(r.Faults) > 0 {
		return v
	}
	switch {
	case r.Household.ID == 0:
		wrong("household", "accounts.household.unknown")
	case len(lines) > 1:
		wrong("household", "accounts.income.twice", "lines", payments.JoinLines(lines))
	}
	if in.Programme == "" {
		wrong("programme", "accounts.income.programme")
	}
	if in.FeeFen > 0 && in.Coop == 0 {
		wrong("org", "accounts.income.org")
	}
	switch {
	case in.PaidOn.After(now):
		wrong("paid_on", "accounts.income.paid_on")
	case in.Season >= now.In(payments.China).Year():
		wrong("year", "accounts.income.year", "year", strconv.Itoa(in.Season))
	case slices.Contains(r.Names.Seasons, in.Season) && r.Booked == nil:
		wrong("year", "accounts.income.season", "year", strconv.Itoa(in.Season))
	}
	if r.Booked != nil && r.Booked.FeeFen != in.FeeFen { // the cooperative may have been paid
		wrong("fee", "accounts.income.fee.booked", "yuan", money.FormatYuan(r.Booked.FeeFen))
	}
	if v.Outcome == payments.AccountWrong {
		return v
	}
	r.compare(in, &v)
	return v
}

// compare compares a good row with the books.
func (r IncomeRow) compare(in HistoricIncome, v *payments.AccountVerdict) {
	unusual := func(field, key string, args ...string) {
		v.Findings = append(v.Findings, payments.NewAccountFinding(false, field, key, args))
	}
	if r.Booked != nil {
		if *r.Booked == (BookedIncome{in.GrossFen, in.FeeFen}) {
			v.Outcome = payments.AccountUnchanged
			return
		}
		v.Outcome = payments.AccountReplaces
		unusual("amount", "accounts.income.replaces", "yuan", money.FormatYuan(r.Booked.NetFen()))
	} else if r.Others > 0 {
		unusual("programme", "accounts.income.others", "n", strconv.Itoa(r.Others))
	}
	if in.FeeFen > 0 {
		unusual("fee", "accounts.income.fee")
	}
}
