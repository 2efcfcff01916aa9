package web

import (
	"context"
	"net/http"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/payments"
)

type householdLotsPage struct {
	whose
	Lots []catalog.HouseholdLot
	Lot  catalog.HouseholdLot // the one that is changed
}

// Sold is what of a lot somebody has ordered.
func (householdLotsPage) Sold(lot catalog.Lot) int64 { return lot.Reserved + lot.Delivered }

func (s *householdPages) householdLotsPage(r *http.Request) (context.Context, householdLotsPage, error) {
	ctx, who, err := s.acting(r)
	d := householdLotsPage{whose: who}
	if err != nil {
		return ctx, d, err
	}
	lots, err := s.Catalog.HouseholdLots(ctx, catalog.HouseholdRef{ID: who.Household.ID})
	d.Lots = lots.Lots
	return ctx, d, err
}

func (s *householdPages) householdLots(w http.ResponseWriter, r *http.Request) error {
	if s.asksWhose(w, r) {
		return nil
	}
	_, d, err := s.householdLotsPage(r)
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, "household/lots", d)
}

func (s *householdPages) householdLotPage(r *http.Request) (context.Context, householdLotsPage, error) {
	ctx, d, err := s.householdLotsPage(r)
	if err != nil {
		return ctx, d, err
	}
	presale := pathInt(r, "presale")
	for _, lot := range d.Lots {
		if lot.PresaleID == presale {
			d.Lot = lot
			return ctx, d, nil
		}
	}
	return ctx, d, link.E(link.NotFound, "not_found", "")
}

// householdLot asks one question: how many can you sell?
func (s *householdPages) householdLot(w http.ResponseWriter, r *http.Request) error {
	_, d, err := s.householdLotPage(r)
	if err != nil {
		return err
	}
	return s.renderForm(w, r, "household/lot", d, s.newForm(langOf(r)))
}

func (s *householdPages) householdLotSave(w http.ResponseWriter, r *http.Request) error {
	f, err := s.postedForm(r)
	if err != nil {
		return err
	}
	ctx, d, err := s.householdLotPage(r)
	if err != nil {
		return err
	}
	capacity := f.Int("capacity")
	if f.Need("capacity") && f.OK() {
		lot, err := s.Catalog.Offer(ctx, catalog.OfferRequest{PresaleID: d.Lot.PresaleID, HouseholdID: d.Household.ID, Capacity: capacity})
		if err == nil {
			if lot.Held {
				s.flash(r, care, "household.offer.held")
				return s.goTo(w, r, "household.lots", "h", d.H)
			}
			s.flash(r, good, "household.offer.saved")
			s.tellHousehold(ctx, d.whose, "offer", map[string]string{"product": d.Lot.Title.Zh, "capacity": num64(capacity)})
			return s.goTo(w, r, "household.lots", "h", d.H)
		}
		if !f.Fail(err) {
			return err
		}
	}
	return s.renderForm(w, r, "household/lot", d, f)
}

type householdAccountPage struct {
	whose
	Account payments.HouseholdAccount
}

func (s *householdPages) householdAccountPage(r *http.Request) (context.Context, householdAccountPage, error) {
	ctx, who, err := s.acting(r)
	d := householdAccountPage{whose: who}
	if err != nil {
		return ctx, d, err
	}
	d.Account, err = s.Payments.HouseholdAccount(ctx, payments.HouseholdRef{ID: who.Household.ID})
	return ctx, d, err
}

func (s *householdPages) householdAccount(w http.ResponseWriter, r *http.Request) error {
	if s.asksWhose(w, r) {
		return nil
	}
	_, d, err := s.householdAccountPage(r)
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, "household/account", d)
}

func (s *householdPages) householdAccountChange(w http.ResponseWriter, r *http.Request) error {
	_, d, err := s.householdAccountPage(r)
	if err != nil {
		return err
	}
	return s.renderForm(w, r, "household/account_change", d, s.newForm(langOf(r)))
}

// householdAccountSave changes where the money goes. What a helper enters waits until somebody of the county agrees.
func (s *householdPages) householdAccountSave(w http.ResponseWriter, r *http.Request) error {
	f, err := s.postedForm(r)
	if err != nil {
		return err
	}
	ctx, d, err := s.householdAccountPage(r)
	if err != nil {
		return err
	}
	if f.Need("holder", "bank", "number") {
		saved, err := s.Payments.SetPayoutAccount(ctx, payments.SetPayoutAccount{Household: d.Household.ID,
			Holder: f.Text("holder"), Bank: f.Text("bank"), Number: f.Text("number")})
		if err == nil {
			s.tellHousehold(ctx, d.whose, "account", map[string]string{"number": saved.Number})
			done := "household.account.saved"
			if d.Helping() || saved.State == "review" {
				done = "household.account.review"
			}
			s.flash(r, good, done)
			return s.goTo(w, r, "household.account", "h", d.H)
		}
		if !f.Fail(err) {
			return err
		}
	}
	return s.renderForm(w, r, "household/account_change", d, f)
}
