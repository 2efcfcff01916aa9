// Package earlier holds the rules of income from the years before a county used this system: entries of the books, and the
// rows of the sheet that brings them.
//
// What must always hold: an entry is paid and done, and nothing is paid out for it; an entry of the same key is the same income.
package earlier

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
)

// HistoricIncome is income of an earlier season, paid and done: it is loaded when a county begins. One for each
// household, season, month, programme, channel and product.
type HistoricIncome struct {
	Household int64
	Season    int
	Month     int
	Programme string
	Channel   string
	Product   string
	Qty       int64
	NetGrams  int64
	GrossFen  int64
	FeeFen    int64
	Coop      int64 // organisation that kept the fee
	PaidOn    time.Time
}

// CheckHistory returns Invalid with the first row that cannot be: no household, nothing earned, a fee that leaves nothing or
// belongs to no organisation, no day of payment, no month.
func CheckHistory(rows []HistoricIncome) error {
	for i, r := range rows {
		if !r.plausible() {
			return link.E(link.Invalid, "malformed", fmt.Sprintf("[%d]", i)).Because(fmt.Errorf("historic income %d cannot be", i))
		}
	}
	return nil
}

func (r HistoricIncome) plausible() bool {
	return r.Household > 0 && r.GrossFen > 0 && r.GrossFen <= payments.MaxFen && r.FeeFen >= 0 && r.NetFen() > 0 && (r.FeeFen == 0 || r.Coop > 0) &&
		!r.PaidOn.IsZero() && r.Month >= 1 && r.Month <= 12
}

// NetFen is the income of the household.
func (r HistoricIncome) NetFen() int64 { return r.GrossFen - r.FeeFen }

// Posting is the key of the posting that books the row together with the others of its group: those of the same season,
// month, programme, channel, product and day.
func (r HistoricIncome) Posting() string {
	return fmt.Sprintf("history:%04d:%02d:%s:%s:%s:%s", r.Season, r.Month, r.Programme, r.Channel, r.Product, payments.Day(r.PaidOn))
}

// Key names the entry in the books: an entry of the same key is the same income, whatever its amount and its day.
func (r HistoricIncome) Key() string {
	return fmt.Sprintf("history:%04d:%02d:%s:%s:%s:%d", r.Season, r.Month, r.Programme, r.Channel, r.Product, r.Household)
}

// SortHistory returns the rows by group and household. Rows of one group and household keep their order.
func SortHistory(rows []HistoricIncome) []HistoricIncome {
	type place struct {
		posting string
		row     int
	}
	places := make([]place, len(rows))
	for i := range rows {
		places[i] = place{rows[i].Posting(), i} // made once: a comparison would make two
	}
	slices.SortFunc(places, func(a, b place) int {
		return cmp.Or(cmp.Compare(a.posting, b.posting), cmp.Compare(rows[a.row].Household, rows[b.row].Household), cmp.Compare(a.row, b.row))
	})
	sorted := make([]HistoricIncome, len(rows))
	for i, p := range places {
		sorted[i] = rows[p.row]
	}
	return sorted
}

// HistoryGroups returns the number of sorted rows from the beginning that make whole groups and are least or more; all when
// there are fewer.
func HistoryGroups(rows []HistoricIncome, least int) int {
	n := min(least, len(rows))
	for n > 0 && n < len(rows) && rows[n].Posting() == rows[n-1].Posting() {
		n++
	}
	return n
}

// HistorySums are the sums of a group. The bank received GrossFen, of which NetFen went out to households; the rest is owed to
// cooperatives.
type HistorySums struct {
	GrossFen, NetFen int64
	Fees             []CoopFee // by cooperative
}

// CoopFee is the sum of a cooperative's fees.
type CoopFee struct{ Coop, Fen int64 }

// SumHistory sums a group.
func SumHistory(rows []HistoricIncome) HistorySums {
	var s HistorySums
	fees := map[int64]int64{}
	for _, r := range rows {
		s.GrossFen += r.GrossFen
		s.NetFen += r.NetFen()
		if r.FeeFen > 0 {
			fees[r.Coop] += r.FeeFen
		}
	}
	for coop, fen := range fees {
		s.Fees = append(s.Fees, CoopFee{coop, fen})
	}
	slices.SortFunc(s.Fees, func(a, b CoopFee) int { return cmp.Compare(a.Coop, b.Coop) })
	return s
}
