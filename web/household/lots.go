package household

import (
	"context"
	"net/http"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/web/page"
)

type lotsPage struct {
	page.HouseholdPage
	Choice page.SeasonChoice
	Lots   []catalog.HouseholdLot
	Lot    catalog.HouseholdLot // the one that is changed
}

// Sold is the ordered part of a lot.
func (lotsPage) Sold(lot catalog.Lot) int64 { return lot.Reserved + lot.Delivered }

func (s *pages) lotsPage(r *http.Request) (context.Context, lotsPage, error) {
	ctx, who, err := s.Acting(r)
	d := lotsPage{HouseholdPage: who}
	if err != nil {
		return ctx, d, err
	}
	if d.Choice, err = s.SeasonChoice(r, int(s.QueryForm(r).Int("season"))); err != nil {
		return ctx, d, err
	}
	lots, err := s.Catalog.HouseholdLots(ctx, catalog.HouseholdSeason{ID: who.Household.ID, Season: d.Choice.Season})
	d.Lots = lots.Lots
	return ctx, d, err
}

func (s *pages) lots(w http.ResponseWriter, r *http.Request) error {
	if s.ChooseHousehold(w, r) {
		return nil
	}
	_, d, err := s.lotsPage(r)
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "household/lots", d)
}

func (s *pages) lotPage(r *http.Request) (context.Context, lotsPage, error) {
	ctx, d, err := s.lotsPage(r)
	if err != nil {
		return ctx, d, err
	}
	presale := page.PathInt(r, "presale")
	for _, lot := range d.Lots {
		if lot.PresaleID == presale {
			d.Lot = lot
			return ctx, d, nil
		}
	}
	return ctx, d, link.E(link.NotFound, "not_found", "")
}

// lot asks one question: how many can you sell?
func (s *pages) lot(w http.ResponseWriter, r *http.Request) error {
	_, d, err := s.lotPage(r)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "household/lot", d, s.NewForm(page.LangOf(r)))
}

func (s *pages) lotSave(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	ctx, d, err := s.lotPage(r)
	if err != nil {
		return err
	}
	capacity := f.Int("capacity")
	if f.Need("capacity") && f.OK() {
		lot, err := s.Catalog.Offer(ctx, catalog.OfferRequest{PresaleID: d.Lot.PresaleID, HouseholdID: d.Household.ID, Capacity: capacity})
		if err == nil {
			if lot.Held {
				s.Flash(r, page.Care, "household.offer.held")
				return s.GoTo(w, r, "household.lots", "h", d.H, "season", d.Choice.Season)
			}
			s.Flash(r, page.Good, "household.offer.saved")
			s.tellHousehold(ctx, d.HouseholdPage, "offer", map[string]string{"product": d.Lot.Title.Zh, "capacity": page.Num64(capacity)})
			return s.GoTo(w, r, "household.lots", "h", d.H, "season", d.Choice.Season)
		}
		if !f.Fail(err) {
			return err
		}
	}
	return s.RenderForm(w, r, "household/lot", d, f)
}
