package shop

import (
	"context"
	"net/http"

	"github.com/gorilla/mux"

	"banmuyuan/internal/link"
	"banmuyuan/orders/adopt"
	"banmuyuan/payments"
	"banmuyuan/web/auth"
	"banmuyuan/web/notify"
	"banmuyuan/web/page"
)

// adoptionRoutes are the pages of adoptions for visitors and adopters.
func (s *adopting) adoptionRoutes() {
	s.Open("GET", "/adopt", "shop.adoptions", s.plots)
	s.Open("GET", "/adopt/{plot:[0-9]+}", "shop.plot", s.plot)
	s.Guarded("GET", "/adopt/{plot:[0-9]+}/take", "shop.adopt", s.adopt, auth.Buyer)
	s.Guarded("POST", "/adopt/{plot:[0-9]+}/take", "shop.adopt.check", s.adoptCheck, auth.Buyer)
	s.Guarded("POST", "/adopt/{plot:[0-9]+}", "shop.adopt.do", s.adoptDo, auth.Buyer)
	s.Guarded("GET", "/adoptions", "shop.adoptions.mine", s.adoptions, auth.Buyer)
	s.Guarded("GET", "/adoptions/{no}", "shop.adoption", s.adoption, auth.Buyer)
	s.Guarded("POST", "/adoptions/{no}/pay", "shop.adoption.pay", s.adoptionPay, auth.Buyer)
	s.Guarded("GET", "/adoptions/{no}/back", "shop.adoption.back", s.adoptionBack, auth.Buyer)
	s.Guarded("GET", "/adoptions/{no}/cancel", "shop.adoption.cancel", s.adoptionCancel, auth.Buyer)
	s.Guarded("POST", "/adoptions/{no}/cancel", "shop.adoption.cancel.do", s.adoptionCancelDo, auth.Buyer)
	s.Guarded("GET", "/adoptions/{no}/boxes/{box:[0-9]+}", "shop.adoption.dispute", s.dispute, auth.Buyer)
	s.Guarded("POST", "/adoptions/{no}/boxes/{box:[0-9]+}", "shop.adoption.dispute.do", s.disputeDo, auth.Buyer)
	s.Guarded("GET", "/adoptions/{no}/photos/{photo:[0-9]+}", "shop.adoption.photo", s.adoptionPhoto, auth.Roles...)
}

type adoptionPage struct {
	Adoption adopt.Adoption
	Box      *adopt.Box // the one that is asked about
	Account  payments.Account
	Methods  []string
	Pending  *payments.Payment
	Latest   *payments.Payment
	Messages []notify.Queued
}

func (s *adopting) adoptionPage(ctx context.Context, no string) (adoptionPage, error) {
	var d adoptionPage
	var err error
	if d.Adoption, err = s.Adoptions.Adoption(ctx, adopt.Ref{No: no}); err != nil {
		return d, err
	}
	// The order module has just shown that the reader may see this adoption; its payments belong to it.
	d.Account, err = s.Payments.Account(link.System(ctx, "web.adoption"), payments.Ref{Ref: adopt.PaymentRef(d.Adoption.ID)})
	if err != nil {
		return d, err
	}
	if a := auth.FromContext(ctx); a != nil {
		d.Messages = s.sentAbout(ctx, s.Site, a.ID, adopt.PaymentRef(d.Adoption.ID))
	}
	for i, p := range d.Account.Payments {
		if !p.State.Final() {
			d.Pending = &d.Account.Payments[i]
		}
		if d.Latest == nil || p.ID > d.Latest.ID {
			d.Latest = &d.Account.Payments[i]
		}
	}
	methods, err := s.Payments.Methods(ctx, payments.None{})
	if err != nil {
		return d, err
	}
	for _, m := range methods.Items {
		if m != payments.Cash && m != payments.BankTransfer { // a private buyer pays at once
			d.Methods = append(d.Methods, m)
		}
	}
	return d, nil
}

func (s *adopting) adoption(w http.ResponseWriter, r *http.Request) error {
	d, err := s.adoptionPage(r.Context(), mux.Vars(r)["no"])
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "shop/adoption", d, s.NewForm(page.LangOf(r)))
}
