package payments

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"banmuyuan/internal/link"
)

// Limits of a distribution.
const (
	MaxPoolItems   = 50
	MaxPoolMembers = 20_000
	maxPoolWeight  = 1_000_000_000_000
)

// Check returns the request with its text trimmed and its defaults set, and the sums of income and costs in fen; or Invalid
// with every field that cannot be. A listed kind has no organisation and no part by trade volume.
func (r SavePool) Check(now time.Time) (_ SavePool, income, costs int64, err error) {
	var bad link.Problems
	r.Title = strings.TrimSpace(r.Title)
	if n := utf8.RuneCountInString(r.Title); n < 2 || n > 60 {
		bad.Add("pool.title", "title")
	}
	if r.Kind != PoolSeedPotato && r.Kind != PoolMushroom && r.Kind != PoolSolar {
		bad.Add("pool.kind", "kind")
	}
	if r.Season < 2000 || r.Season > 2100 {
		bad.Add("pool.season", "season")
	}
	if r.Month < 1 || r.Month > 12 {
		bad.Add("pool.month", "month")
	}
	if on, err := time.Parse(time.DateOnly, r.RecordDate); err != nil || on.After(now.In(China).AddDate(1, 0, 0)) {
		bad.Add("pool.record_date", "record_date")
	}
	if r.Org < 0 || r.Org == 0 && !r.Kind.Listed() {
		bad.Add("pool.org", "org")
	}
	if r.ReserveFen < 0 || r.ReserveFen > MaxFen {
		bad.Add("payment.amount", "reserve_fen")
	}
	switch {
	case r.Kind.Listed():
		r.Org, r.TradeBP = 0, 0
	case r.TradeBP == 0:
		r.TradeBP = LeastTradeBP
	case r.TradeBP < LeastTradeBP || r.TradeBP > 10_000:
		bad.Add("pool.trade_part", "trade_bp")
	}
	r.Income, income = sumPoolItems(&bad, "income", r.Income)
	r.Costs, costs = sumPoolItems(&bad, "costs", r.Costs)
	r.Villages, r.ReserveFen = checkVillages(&bad, r.Kind, r.Villages, r.ReserveFen, income, costs)
	return r, income, costs, bad.Err()
}

// sumPoolItems returns items with their labels trimmed, never nil, and the sum of their amounts.
func sumPoolItems(bad *link.Problems, field string, items []PoolItem) ([]PoolItem, int64) {
	var sum int64
	if len(items) > MaxPoolItems {
		bad.Add("pool.items", field, "max", fmt.Sprint(MaxPoolItems))
	}
	out := make([]PoolItem, len(items))
	for i, item := range items {
		item.Label = strings.TrimSpace(item.Label)
		if n := utf8.RuneCountInString(item.Label); n < 1 || n > 60 {
			bad.Add("pool.label", fmt.Sprintf("%s[%d].label", field, i))
		}
		if plausibleFen(item.AmountFen) {
			sum += item.AmountFen
		} else {
			bad.Add("payment.amount", fmt.Sprintf("%s[%d].amount_fen", field, i))
		}
		out[i] = item
	}
	return out, sum
}

// Check returns Invalid with every member that cannot be: no household, one twice, a weight out of range, or nobody at all.
func (r SetMembers) Check() error {
	var bad link.Problems
	if len(r.Members) == 0 || len(r.Members) > MaxPoolMembers {
		bad.Add("pool.no_members", "members")
	}
	seen := make(map[int64]bool, len(r.Members))
	for i, m := range r.Members {
		wrong := m.Household <= 0 || m.Persons < 0 || m.Persons > 100
		for _, w := range []int64{m.Shares, m.Trade, m.ListedFen} {
			wrong = wrong || w < 0 || w > maxPoolWeight
		}
		if wrong {
			bad.Add("pool.member", fmt.Sprintf("members[%d]", i))
		} else if seen[m.Household] {
			bad.Add("pool.member_twice", fmt.Sprintf("members[%d]", i))
		}
		seen[m.Household] = true
	}
	return bad.Err()
}

// CheckEdit returns Conflict for a distribution that is no draft, or that was changed since version; 0 is any version.
func (s PoolState) CheckEdit(now, version int) error {
	switch {
	case s != PoolDraft:
		return link.E(link.Conflict, PoolMachine.Refused(PoolSubmit), "")
	case version != 0 && version != now:
		return link.E(link.Conflict, "pool.changed", "")
	}
	return nil
}

// Product is the product by which the income ledger names a distribution; "" for solar.
func (k PoolKind) Product() string {
	switch k {
	case PoolSeedPotato:
		return "seed_potato"
	case PoolMushroom:
		return "mushroom"
	case PoolSolar:
	}
	return ""
}
