package catalog

import (
	"strconv"
	"time"

	"banmuyuan/catalog/allocate"
	"banmuyuan/internal/link"
)

const maxLines = 50

// Check rounds the expiry to the precision of the database and reports all that is wrong with a request by itself,
// without its presales.
func (r *ReserveRequest) Check() error {
	var problems link.Problems
	if r.Key == "" || len(r.Key) > 200 {
		problems.Add("reserve.key.missing", "key")
	}
	if !r.Channel.Valid() {
		problems.Add("reserve.channel", "channel")
	}
	if len(r.Lines) == 0 {
		problems.Add("reserve.lines.missing", "lines")
	}
	if len(r.Lines) > maxLines {
		problems.Add("reserve.lines.many", "lines", "max", strconv.Itoa(maxLines))
		return problems.Err()
	}
	r.ExpiresAt = r.ExpiresAt.UTC().Truncate(time.Millisecond)
	if r.Confirmed {
		r.ExpiresAt = time.Time{}
	}
	seen := map[int]bool{}
	for i, l := range r.Lines {
		field := "lines[" + strconv.Itoa(i) + "]."
		if l.Line < 1 || l.Line > 1<<30 || seen[l.Line] {
			problems.Add("reserve.lines.number", field+"line")
		}
		seen[l.Line] = true
		if l.PresaleID <= 0 {
			problems.Add("presale.unknown", field+"presale_id")
		}
		if l.Qty <= 0 {
			problems.Add("order.quantity.not_positive", field+"quantity")
		}
		policy, err := allocate.ParsePolicy(l.Policy)
		if l.Policy != "" && err != nil {
			problems.Add("reserve.policy", field+"policy")
		}
		if policy == allocate.PolicyDirect && l.Household <= 0 {
			problems.Add("reserve.household", field+"household")
		}
	}
	return problems.Err()
}
