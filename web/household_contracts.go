package web

import (
	"context"
	"net/http"

	"github.com/gorilla/mux"

	"banmuyuan/orders/contract"
	"banmuyuan/web/auth"
)

// householdContractRoutes are the pages on which a household reads, signs and answers.
func (s *householdPages) householdContractRoutes() {
	s.guarded("GET", "/my/contracts", "household.contracts", s.householdContracts, auth.Earning...)
	s.guarded("GET", "/my/contracts/{no}", "household.contract", s.householdContract, auth.Earning...)
	s.guarded("POST", "/my/contracts/{no}", "household.contract.sign", s.householdContractSign, auth.Earning...)
	s.guarded("GET", "/my/quotas/{id:[0-9]+}", "household.quota", s.householdQuota, auth.Earning...)
	s.guarded("POST", "/my/quotas/{id:[0-9]+}", "household.quota.answer", s.householdQuotaAnswer, auth.Earning...)
	s.guarded("GET", "/my/quotas/{id:[0-9]+}/print", "household.quota.print", s.householdQuotaPrint, auth.Earning...)
}

type householdContractsPage struct {
	whose
	Waiting []contract.Quota // for the household's word
	Signed  []contract.Quota
	Over    []contract.Quota
	Open    []contract.Contract // that it could sign
	Soon    []contract.Contract // published, not yet to be signed
}

// householdContracts shows what waits for the household's word first, then what it has signed and what it could.
func (s *householdPages) householdContracts(w http.ResponseWriter, r *http.Request) error {
	if s.asksWhose(w, r) {
		return nil
	}
	ctx, who, err := s.acting(r)
	if err != nil {
		return err
	}
	d := householdContractsPage{whose: who}
	quotas, err := s.Contracts.Quotas(ctx, contract.QuotaFilter{Household: who.Household.ID, Limit: 50})
	if err != nil {
		return err
	}
	has := map[string]bool{}
	for _, q := range quotas.Items {
		switch q.State {
		case contract.QuotaProposed, contract.QuotaBooking:
			d.Waiting = append(d.Waiting, q)
		case contract.QuotaSigned:
			d.Signed = append(d.Signed, q)
		default:
			d.Over = append(d.Over, q)
			continue
		}
		has[q.ContractNo] = true
	}
	open, err := s.Contracts.Contracts(ctx, contract.Filter{Open: true, House: who.Household.ID, Limit: 50})
	if err != nil {
		return err
	}
	for _, c := range open.Items {
		switch {
		case has[c.No]:
		case c.State == contract.Signing:
			d.Open = append(d.Open, c)
		default:
			d.Soon = append(d.Soon, c)
		}
	}
	return s.render(w, r, http.StatusOK, "household/contracts", d)
}

type householdContractPage struct {
	whose
	Offer contract.SignOffer
}

func (s *householdPages) householdContractPage(r *http.Request) (context.Context, householdContractPage, error) {
	ctx, who, err := s.acting(r)
	d := householdContractPage{whose: who}
	if err != nil {
		return ctx, d, err
	}
	d.Offer, err = s.Contracts.SignOffer(ctx, contract.SignOfferRequest{No: mux.Vars(r)["no"], HouseholdID: who.Household.ID})
	return ctx, d, err
}

// householdContract asks one question: how much do you sign for?
func (s *householdPages) householdContract(w http.ResponseWriter, r *http.Request) error {
	if s.asksWhose(w, r) {
		return nil
	}
	_, d, err := s.householdContractPage(r)
	if err != nil {
		return err
	}
	return s.renderForm(w, r, "household/contract", d, s.newForm(langOf(r)))
}

func (s *householdPages) householdContractSign(w http.ResponseWriter, r *http.Request) error {
	f, err := s.postedForm(r)
	if err != nil {
		return err
	}
	ctx, d, err := s.householdContractPage(r)
	if err != nil {
		return err
	}
	qty := f.Int("qty")
	if f.Text("agreed") == "" {
		f.Add("agreed", "contract.agree")
	}
	if f.Need("qty") && f.OK() {
		q, err := s.Contracts.SignUp(ctx, contract.SignUp{No: d.Offer.Contract.No, HouseholdID: d.Household.ID, Qty: qty, IdempotencyKey: f.Key()})
		if err == nil {
			s.flash(r, good, "quota.signed")
			return s.goTo(w, r, "household.quota", "id", q.ID, "h", d.H)
		}
		if !f.Fail(err) {
			return err
		}
	}
	return s.renderForm(w, r, "household/contract", d, f)
}

type householdQuotaPage struct {
	whose
	Quota contract.Quota
}

func (s *householdPages) householdQuotaPage(r *http.Request) (context.Context, householdQuotaPage, error) {
	ctx, who, err := s.acting(r)
	d := householdQuotaPage{whose: who}
	if err != nil {
		return ctx, d, err
	}
	d.Quota, err = s.Contracts.Quota(ctx, contract.QuotaRef{ID: pathInt(r, "id")})
	return ctx, d, err
}

// householdQuota asks one question: will you sign for this? Afterwards it is the signed paper.
func (s *householdPages) householdQuota(w http.ResponseWriter, r *http.Request) error {
	if s.asksWhose(w, r) {
		return nil
	}
	_, d, err := s.householdQuotaPage(r)
	if err != nil {
		return err
	}
	return s.renderForm(w, r, "household/quota", d, s.newForm(langOf(r)))
}

func (s *householdPages) householdQuotaAnswer(w http.ResponseWriter, r *http.Request) error {
	f, err := s.postedForm(r)
	if err != nil {
		return err
	}
	ctx, d, err := s.householdQuotaPage(r)
	if err != nil {
		return err
	}
	accept := f.Text("answer") == "yes"
	_, err = s.Contracts.AnswerQuota(ctx, contract.AnswerQuota{ID: d.Quota.ID, Accept: accept, Reason: f.Text("reason")})
	if err == nil {
		if accept {
			s.flash(r, good, "quota.signed")
			return s.goTo(w, r, "household.quota", "id", d.Quota.ID, "h", d.H)
		}
		s.flash(r, good, "quota.declined")
		return s.goTo(w, r, "household.contracts", "h", d.H)
	}
	if !f.Fail(err) {
		return err
	}
	return s.renderForm(w, r, "household/quota", d, f)
}

func (s *householdPages) householdQuotaPrint(w http.ResponseWriter, r *http.Request) error {
	_, d, err := s.householdQuotaPage(r)
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, "household/quota_print", d)
}
