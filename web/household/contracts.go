package household

import (
	"context"
	"net/http"

	"github.com/gorilla/mux"

	"banmuyuan/orders/contract"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

// contractRoutes are the pages on which a household reads, signs and answers.
func (s *pages) contractRoutes() {
	s.Guarded("GET", "/my/contracts", "household.contracts", s.contracts, auth.Earning...)
	s.Guarded("GET", "/my/contracts/{no}", "household.contract", s.contract, auth.Earning...)
	s.Guarded("POST", "/my/contracts/{no}", "household.contract.sign", s.contractSign, auth.Earning...)
	s.Guarded("GET", "/my/quotas/{id:[0-9]+}", "household.quota", s.quota, auth.Earning...)
	s.Guarded("POST", "/my/quotas/{id:[0-9]+}", "household.quota.answer", s.quotaAnswer, auth.Earning...)
	s.Guarded("GET", "/my/quotas/{id:[0-9]+}/print", "household.quota.print", s.quotaPrint, auth.Earning...)
}

type contractsPage struct {
	page.HouseholdPage
	Waiting []contract.Quota // for the household's word
	Signed  []contract.Quota
	Over    []contract.Quota
	Open    []contract.Contract // that it could sign
	Soon    []contract.Contract // published, not yet to be signed
}

// contracts shows quotas that wait for the household's answer first, then signed ones and contracts open for signing.
func (s *pages) contracts(w http.ResponseWriter, r *http.Request) error {
	if s.ChooseHousehold(w, r) {
		return nil
	}
	ctx, who, err := s.Acting(r)
	if err != nil {
		return err
	}
	d := contractsPage{HouseholdPage: who}
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
	return s.Render(w, r, http.StatusOK, "household/contracts", d)
}

// contractPage asks in two steps: how much, and then, under the text that is signed, whether that is sure.
type contractPage struct {
	page.HouseholdPage
	Offer contract.SignOffer
	Sure  bool
	Qty   int64  // of the text
	Read  string // its hash
}

func (s *pages) contractPage(r *http.Request, qty int64) (context.Context, contractPage, error) {
	ctx, who, err := s.Acting(r)
	d := contractPage{HouseholdPage: who}
	if err != nil {
		return ctx, d, err
	}
	d.Offer, err = s.Contracts.SignOffer(ctx, contract.SignOfferRequest{No: mux.Vars(r)["no"], HouseholdID: who.Household.ID, Qty: qty})
	if d.Offer.Text != "" {
		d.Qty, d.Read = qty, contract.TextHash(d.Offer.Text)
	}
	return ctx, d, err
}

// contract asks one question: how much do you sign for?
func (s *pages) contract(w http.ResponseWriter, r *http.Request) error {
	if s.ChooseHousehold(w, r) {
		return nil
	}
	_, d, err := s.contractPage(r, 0)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "household/contract", d, s.NewForm(page.LangOf(r)))
}

func (s *pages) contractSign(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	qty := f.Int("qty")
	ctx, d, err := s.contractPage(r, qty)
	if err != nil {
		return err
	}
	if !f.Need("qty") || !f.OK() {
		return s.RenderForm(w, r, "household/contract", d, f)
	}
	sign := contract.SignUp{No: d.Offer.Contract.No, HouseholdID: d.Household.ID, Qty: qty, ReadHash: f.Text("read"), IdempotencyKey: f.Key()}
	if sign.ReadHash == "" {
		if err := sign.Check(d.Offer.Contract.Terms); err != nil && !f.Fail(err) {
			return err
		}
		d.Sure = f.OK()
	} else {
		q, err := s.Contracts.SignUp(ctx, sign)
		if err == nil {
			s.Flash(r, page.Good, "quota.signed")
			return s.GoTo(w, r, "household.quota", "id", q.ID, "h", d.H)
		}
		if !f.Fail(err) {
			return err
		}
	}
	return s.RenderForm(w, r, "household/contract", d, f)
}

// quotaPage asks in two steps: the text is read, and then it is asked once more.
type quotaPage struct {
	page.HouseholdPage
	Quota contract.Quota
	Sure  bool
	Read  string // hash of the text
}

func (s *pages) quotaPage(r *http.Request) (context.Context, quotaPage, error) {
	ctx, who, err := s.Acting(r)
	d := quotaPage{HouseholdPage: who}
	if err != nil {
		return ctx, d, err
	}
	d.Quota, err = s.Contracts.Quota(ctx, contract.QuotaRef{ID: page.PathInt(r, "id")})
	d.Read = contract.TextHash(d.Quota.Text)
	return ctx, d, err
}

// quota asks one question: will you sign for this? Afterwards it is the signed paper.
func (s *pages) quota(w http.ResponseWriter, r *http.Request) error {
	if s.ChooseHousehold(w, r) {
		return nil
	}
	_, d, err := s.quotaPage(r)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "household/quota", d, s.NewForm(page.LangOf(r)))
}

func (s *pages) quotaAnswer(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	ctx, d, err := s.quotaPage(r)
	if err != nil {
		return err
	}
	accept := f.Text("answer") == "yes"
	if accept && f.Text("read") == "" {
		d.Sure = true
		return s.RenderForm(w, r, "household/quota", d, f)
	}
	_, err = s.Contracts.AnswerQuota(ctx, contract.AnswerQuota{ID: d.Quota.ID, Accept: accept, Reason: f.Text("reason"), ReadHash: f.Text("read")})
	if err == nil {
		if accept {
			s.Flash(r, page.Good, "quota.signed")
			return s.GoTo(w, r, "household.quota", "id", d.Quota.ID, "h", d.H)
		}
		s.Flash(r, page.Good, "quota.declined")
		return s.GoTo(w, r, "household.contracts", "h", d.H)
	}
	if !f.Fail(err) {
		return err
	}
	return s.RenderForm(w, r, "household/quota", d, f)
}

func (s *pages) quotaPrint(w http.ResponseWriter, r *http.Request) error {
	_, d, err := s.quotaPage(r)
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "household/quota_print", d)
}
