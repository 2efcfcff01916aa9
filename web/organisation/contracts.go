package organisation

import (
	"net/http"
	"slices"

	"banmuyuan/catalog"
	"banmuyuan/orders/contract"
	"banmuyuan/web/auth"
)

var (
	contracting = []auth.Role{auth.Officer, auth.OrgApprover}
	// overseeing roles look at contracts: the county at all, an organisation at its own.
	overseeing = append(slices.Clone(auth.County), auth.Organisation...)
)

// contractRoutes are the pages of purchase contracts for organisations, and for the county that oversees them.
func (s *contractPages) contractRoutes() {
	s.Guarded("GET", "/desk/contracts", "organisation.contracts", s.contracts, auth.Organisation...)
	s.Guarded("GET", "/desk/contracts/new", "organisation.contract.new", s.contractNew, contracting...)
	s.Guarded("POST", "/desk/contracts/new", "organisation.contract.create", s.contractSave, contracting...)
	s.Guarded("GET", "/desk/contracts/export", "organisation.contracts.export", s.contractsExport, overseeing...)
	s.Guarded("GET", "/desk/contracts/{no}", "organisation.contract", s.contract, overseeing...)
	s.Guarded("GET", "/desk/contracts/{no}/edit", "organisation.contract.edit", s.contractEdit, contracting...)
	s.Guarded("POST", "/desk/contracts/{no}/edit", "organisation.contract.save", s.contractSave, contracting...)
	s.Guarded("POST", "/desk/contracts/{no}/step", "organisation.contract.step", s.contractStep, append([]auth.Role{auth.Operator, auth.Approver}, contracting...)...)
	s.Guarded("POST", "/desk/contracts/{no}/propose", "organisation.contract.propose", s.contractPropose, contracting...)
	s.Guarded("POST", "/desk/contracts/{no}/advance", "organisation.contract.advance", s.contractAdvance, contracting...)
	s.Guarded("GET", "/desk/contracts/{no}/call", "organisation.calloff", s.callOffPage, contracting...)
	s.Guarded("POST", "/desk/contracts/{no}/call", "organisation.calloff.place", s.callOffPlace, contracting...)
	s.Guarded("GET", "/desk/contracts/{no}/quotas", "organisation.quotas", s.contractQuotas, overseeing...)
	s.Guarded("GET", "/desk/contracts/{no}/fulfilment", "organisation.fulfilment", s.contractFulfilment, overseeing...)
	s.Guarded("GET", "/desk/quotas/{id:[0-9]+}", "organisation.quota", s.quotaPaper, overseeing...)
	s.Guarded("GET", "/desk/plan", "organisation.plan", s.collectionPlan, overseeing...)
	s.Guarded("GET", "/desk/plan/{day:[0-9-]+}", "organisation.plan.day", s.collectionPlanDay, overseeing...)
	s.Guarded("GET", "/desk/plan/{day:[0-9-]+}/{village:[0-9]+}", "organisation.plan.village", s.collectionPlanVillage, overseeing...)
	s.Guarded("GET", "/desk/raisers", "desk.raisers", s.raisers, overseeing...)
	s.Guarded("GET", "/desk/raisers/{org:[0-9]+}", "desk.raiser", s.raiser, overseeing...)
	s.Guarded("GET", "/county/contracts", "county.contracts", s.contracts, auth.County...)
}

type contractsPage struct {
	Desk   contract.Procurement
	State  string
	Rows   []contract.Contract
	County bool
	MayBuy bool
}

// contracts is the procurement desk: the state of every contract, late deliveries, and paid prices beside the market's.
func (s *contractPages) contracts(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	a := auth.FromContext(ctx)
	f := s.QueryForm(r)
	d := contractsPage{State: f.Text("state"), County: a.Role.In(auth.County...)}
	d.MayBuy = a.Role.In(contracting...) && s.Organisation(ctx).Kind != catalog.OrgSupermarket
	var err error
	if d.Desk, err = s.Contracts.Procurement(ctx, contract.ProcurementRequest{}); err != nil {
		return err
	}
	for _, c := range d.Desk.Contracts {
		if d.State == "" || d.State == string(c.State) {
			d.Rows = append(d.Rows, c)
		}
	}
	return s.RenderForm(w, r, "organisation/contracts", d, f)
}
