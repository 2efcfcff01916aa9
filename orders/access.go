package orders

import (
	"fmt"
	"slices"

	"banmuyuan/internal/link"
)

// Roles as web names them.
const (
	RoleBuyer       = "buyer"
	RoleOfficer     = "officer"
	RoleOrgApprover = "org_approver"
	RoleClerk       = "clerk"
	RoleHousehold   = "household"
	RoleHelper      = "helper"
	RoleOperator    = "operator"
	roleApprover    = "approver"
)

// IsCounty reports whether the actor works for the county, or is the system. An administrator of accounts does not: it has
// no right to orders and contracts.
func IsCounty(a link.Actor) bool {
	return a.System || a.Account != 0 && slices.Contains([]string{RoleOperator, roleApprover}, a.Role)
}

// BuysFor returns the organisation for which the actor orders, 0 for itself. ok is false for roles that do not order.
func BuysFor(a link.Actor) (org int64, ok bool) {
	switch a.Role {
	case RoleBuyer:
		return 0, a.Account != 0
	case RoleOfficer, RoleOrgApprover:
		return a.Org, a.Account != 0 && a.Org != 0
	}
	return 0, false
}

// WorksFor returns the organisation whose sales and collection the actor sees, or 0.
func WorksFor(a link.Actor) int64 {
	if a.Account != 0 && slices.Contains([]string{RoleClerk, RoleOfficer, RoleOrgApprover}, a.Role) {
		return a.Org
	}
	return 0
}

// View is how much of an order an actor sees.
type View int

const (
	ViewNothing View = iota
	ViewSale         // the lines that the actor's cooperative sells, the buyer's name and the delivery
	ViewAll
)

// ViewOf returns how much the actor sees of a buyer's order with lines of these sellers.
func ViewOf(a link.Actor, buyer Buyer, sellers []int64) View {
	if IsCounty(a) || Owns(a, buyer) {
		return ViewAll
	}
	if org := WorksFor(a); org != 0 && slices.Contains(sellers, org) {
		return ViewSale
	}
	return ViewNothing
}

// Owns reports whether the actor is the buyer, or belongs to the buying side of the organisation that is.
func Owns(a link.Actor, buyer Buyer) bool {
	org, ok := BuysFor(a)
	if !ok {
		return false
	}
	if org != 0 {
		return buyer.OrgID == org
	}
	return buyer.AccountID == a.Account && buyer.OrgID == 0
}

// ForSeller reduces an order to the part of one cooperative that sells in it: its own lines and the delivery.
func ForSeller(o Order, org int64) Order {
	own := []Line{}
	o.EstimateFen, o.DepositFen, o.AmountFen = 0, 0, 0
	for _, l := range o.Lines {
		if l.SellerOrg != org {
			continue
		}
		own = append(own, l)
		o.EstimateFen += l.EstimateFen
		o.DepositFen += l.DepositFen
		o.AmountFen += l.AmountFen
	}
	o.Lines = own
	o.Buyer = Buyer{Name: o.Buyer.Name}
	o.PaidFen, o.RefundFen, o.ForfeitFen, o.DueFen, o.BalanceFen, o.BalanceEstimated = 0, 0, 0, 0, 0, false
	o.ExpiresAt, o.CanCancel, o.CancelCost = nil, false, 0
	o.Note = ""
	return o
}

// Collector is the work of collecting that an actor sees: every share, the shares of an organisation's sales and villages,
// or the shares of some households.
type Collector struct {
	All        bool
	Org        int64
	Villages   []int64 // where the organisation runs a point
	Households []int64
	Works      bool // may weigh and close, not only look
	OnBehalf   int64
}

// Covers reports whether a share is the collector's to see.
func (c Collector) Covers(sellerOrg, village, household int64) bool {
	return c.All || c.Org != 0 && (c.Org == sellerOrg || slices.Contains(c.Villages, village)) || slices.Contains(c.Households, household)
}

// ActorName is how an actor is written into rows: its login, or that it was a job of the system and which.
func ActorName(a link.Actor) string {
	switch {
	case a.System && a.Login != "":
		return "system:" + a.Login
	case a.System:
		return "system"
	case a.Login != "":
		return a.Login
	}
	return fmt.Sprintf("account %d", a.Account)
}

// Resolve reads a reference: the number that people use, or the id. NotFound.
func (r OrderRef) Resolve() (int64, error) {
	if r.No == "" {
		if r.ID <= 0 {
			return 0, link.E(link.NotFound, "order.not_found", "")
		}
		return r.ID, nil
	}
	id, ok := ParseNumber(r.No)
	if !ok || r.ID != 0 && r.ID != id {
		return 0, link.E(link.NotFound, "order.number", "no")
	}
	return id, nil
}
