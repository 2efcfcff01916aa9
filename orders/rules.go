package orders

import (
	"context"
	"time"

	"banmuyuan/internal/link"
)

// Rules are the county's limits of unpaid business: orders, adoptions, and purchases at a shelf. Until the county
// sets them the process's settings hold.
//
//link:service orders v1 raw
type Rules interface {
	// UnpaidRules returns the limits in force and their history. For county staff.
	UnpaidRules(context.Context, None) (UnpaidRules, error)
	// SetUnpaidRules sets the limits. Every process keeps to them within seconds. Repeating it changes nothing. An
	// approver sets them; an operator may only make them tighter. Invalid names the field; Forbidden.
	SetUnpaidRules(context.Context, UnpaidLimits) (UnpaidRules, error)
}

// UnpaidRules are the limits in force.
type UnpaidRules struct {
	UnpaidLimits
	History []UnpaidRulesSet `json:"history"` // newest first, at most 50; empty until the county sets them
}

// UnpaidRulesSet is one setting of the limits.
type UnpaidRulesSet struct {
	UnpaidLimits
	By string    `json:"by"`
	At time.Time `json:"at"`
}

// UnpaidBefore is how old limits may be in the memory of a process.
const UnpaidBefore = 2 * time.Second

// Bounds of the limits that a county sets: a page cannot take them away, which only the operator of the server can.
const (
	UnpaidOrdersMost    = 100
	UnpaidPartMost      = 100
	UnpaidOrgOrdersMost = 10_000
)

// Check returns Invalid, naming each field out of bounds.
func (l UnpaidLimits) Check() error {
	var bad link.Problems
	if l.Orders < 1 || l.Orders > UnpaidOrdersMost {
		bad.Add("rules.unpaid.orders", "orders")
	}
	if l.Part < 1 || l.Part > UnpaidPartMost {
		bad.Add("rules.unpaid.part", "part_percent")
	}
	if l.OrgOrders < 1 || l.OrgOrders > UnpaidOrgOrdersMost {
		bad.Add("rules.unpaid.org_orders", "org_orders")
	}
	return bad.Err()
}

// looser reports whether any of the limits lets through more than before; 0 is no limit.
func (l UnpaidLimits) looser(before UnpaidLimits) bool {
	more := func(now, was int64) bool { return was != 0 && (now == 0 || now > was) }
	return more(int64(l.Orders), int64(before.Orders)) || more(int64(l.OrgOrders), int64(before.OrgOrders)) || more(l.Part, before.Part)
}

// MaySetUnpaid returns Forbidden unless the actor may change the limits so. An operator who sees an attack makes them
// tighter at once; making them looser is an approver's decision.
func MaySetUnpaid(a link.Actor, before, after UnpaidLimits) error {
	switch {
	case a.Account == 0 && !a.System:
		return link.E(link.Unauthenticated, "unauthenticated", "")
	case a.System || a.Role != RoleOperator && a.Role != roleApprover:
		return link.E(link.Forbidden, "forbidden", "")
	case a.Role == RoleOperator && after.looser(before):
		return link.E(link.Forbidden, "rules.unpaid.looser", "")
	}
	return nil
}
