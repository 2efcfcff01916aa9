package organisation

import (
	"context"
	"net/http"
	"slices"

	"github.com/gorilla/mux"

	"banmuyuan/orders"
	"banmuyuan/orders/contract"
	"banmuyuan/payments"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

type contractPage struct {
	Contract contract.Contract
	CallOffs []contract.CallOffRow
	Mine     bool // the caller's organisation buys
	County   bool
	Methods  []string
	Paying   *payments.Payment
}

// Can tells whether the reader can carry out a step now.
func (d contractPage) Can(step string) bool {
	return slices.Contains(d.Contract.Steps, contract.Step(step))
}

func (s *contractPages) contractPage(ctx context.Context, no string) (contractPage, error) {
	a := auth.FromContext(ctx)
	d := contractPage{County: a.Role.In(auth.County...)}
	var err error
	if d.Contract, err = s.Contracts.Contract(ctx, contract.Ref{No: no}); err != nil {
		return d, err
	}
	d.Mine = a.Role.In(contracting...) && a.OrgID == d.Contract.OrgID
	list, err := s.Contracts.CallOffs(ctx, contract.Ref{No: no})
	if err != nil {
		return d, err
	}
	d.CallOffs = list.Items
	if d.Mine && d.Contract.AdvanceDue > 0 {
		methods, err := s.Payments.Methods(ctx, payments.None{})
		if err != nil {
			return d, err
		}
		for _, m := range methods.Items {
			if m != payments.Cash {
				d.Methods = append(d.Methods, m)
			}
		}
	}
	return d, nil
}

func (s *contractPages) contract(w http.ResponseWriter, r *http.Request) error {
	d, err := s.contractPage(r.Context(), mux.Vars(r)["no"])
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "organisation/contract", d, s.NewForm(page.LangOf(r)))
}

// contractDone carries on after a command about a contract: back to it, or the page once more with the errors.
func (s *contractPages) contractDone(w http.ResponseWriter, r *http.Request, f *page.Form, err error, said string, pairs ...any) error {
	no := mux.Vars(r)["no"]
	if err == nil {
		s.Flash(r, page.Good, said, pairs...)
		return s.GoTo(w, r, "organisation.contract", "no", no)
	}
	if !f.Fail(err) {
		return err
	}
	d, err := s.contractPage(r.Context(), no)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "organisation/contract", d, f)
}

func (s *contractPages) contractStep(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	step := f.Text("step")
	_, err = s.Contracts.MoveContract(r.Context(), contract.Move{No: mux.Vars(r)["no"], Step: contract.Step(step),
		Reason: f.Text("reason"), Propose: f.Text("propose") != ""})
	return s.contractDone(w, r, f, err, "contract.moved")
}

func (s *contractPages) contractPropose(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	req := contract.ProposeQuotas{No: mux.Vars(r)["no"], Qty: f.Int("qty"), AnswerDays: int(f.Int("answer_days")), IdempotencyKey: f.Key()}
	var done contract.Proposed
	if f.OK() {
		done, err = s.Contracts.ProposeQuotas(r.Context(), req)
	}
	return s.contractDone(w, r, f, err, "contract.proposed", "n", done.Households)
}

// contractAdvance starts the payment of the advance and leads to the provider's page, or shows the transfer to make.
func (s *contractPages) contractAdvance(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	no := mux.Vars(r)["no"]
	back, err := s.URL("organisation.contract", "no", no)
	if err != nil {
		return err
	}
	start, err := s.Contracts.PayAdvance(r.Context(), orders.PayRequest{OrderNo: no, Method: f.Text("method"),
		ReturnURL: s.Abs(back), IdempotencyKey: f.Key()})
	if err == nil && start.URL != "" {
		page.Redirect(w, r, start.URL)
		return nil
	}
	if err == nil && start.TransferCode != "" {
		d, err := s.contractPage(r.Context(), no)
		if err != nil {
			return err
		}
		d.Paying = &payments.Payment{AmountFen: start.AmountFen, TransferCode: start.TransferCode, PayTo: start.PayTo,
			PayToAccount: start.PayToAccount, PayToBank: start.PayToBank}
		return s.RenderForm(w, r, "organisation/contract", d, f)
	}
	return s.contractDone(w, r, f, err, "contract.moved")
}
