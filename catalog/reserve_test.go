package catalog

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestReserveRequestCheck(t *testing.T) {
	t.Parallel()
	request := func() ReserveRequest {
		return ReserveRequest{Key: "k", OrderID: 1, Channel: ChannelPrivate, ExpiresAt: now.Add(time.Hour + 1),
			Lines: []ReserveLine{{Line: 1, PresaleID: 2, Qty: 3}, {Line: 2, PresaleID: 2, Qty: 1, Policy: "direct", Household: 4}}}
	}
	r := request()
	if err := r.Check(); err != nil || !r.ExpiresAt.Equal(now.Add(time.Hour)) {
		t.Errorf("%+v, %v", r, err)
	}
	if r.Confirmed = true; r.Check() != nil || !r.ExpiresAt.IsZero() {
		t.Errorf("a confirmed hold expires: %+v", r)
	}
	for want, changes := range map[string][]func(*ReserveRequest){
		"reserve.key.missing":         {func(r *ReserveRequest) { r.Key = "" }, func(r *ReserveRequest) { r.Key = strings.Repeat("k", 201) }},
		"reserve.channel":             {func(r *ReserveRequest) { r.Channel = "post" }},
		"reserve.lines.missing":       {func(r *ReserveRequest) { r.Lines = nil }},
		"reserve.lines.many":          {func(r *ReserveRequest) { r.Lines = slices.Repeat(r.Lines, 26) }},
		"reserve.lines.number":        {func(r *ReserveRequest) { r.Lines[0].Line = 0 }, func(r *ReserveRequest) { r.Lines[1].Line = 1 }, func(r *ReserveRequest) { r.Lines[1].Line = 1<<30 + 1 }},
		"presale.unknown":             {func(r *ReserveRequest) { r.Lines[0].PresaleID = 0 }},
		"order.quantity.not_positive": {func(r *ReserveRequest) { r.Lines[0].Qty = 0 }},
		"reserve.policy":              {func(r *ReserveRequest) { r.Lines[0].Policy = "lottery" }},
		"reserve.household":           {func(r *ReserveRequest) { r.Lines[1].Household = 0 }},
	} {
		for i, change := range changes {
			r := request()
			change(&r)
			if err := r.Check(); !hasKeys(err, want) {
				t.Errorf("%s, change %d: %v", want, i, err)
			}
		}
	}
}
