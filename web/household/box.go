package household

import (
	"context"
	"net/http"
	"slices"

	"github.com/gorilla/mux"

	"banmuyuan/internal/link"
	"banmuyuan/orders/adopt"
	"banmuyuan/web/page"
)

type boxPage struct {
	page.HouseholdPage
	Adoption adopt.Adoption
	Box      adopt.Box
}

func (s *growing) boxPage(r *http.Request) (context.Context, boxPage, error) {
	ctx, who, err := s.Acting(r)
	d := boxPage{HouseholdPage: who}
	if err != nil {
		return ctx, d, err
	}
	if d.Adoption, err = s.Adoptions.Adoption(ctx, adopt.Ref{No: mux.Vars(r)["no"]}); err != nil {
		return ctx, d, err
	}
	no := int(page.PathInt(r, "box"))
	i := slices.IndexFunc(d.Adoption.Boxes, func(b adopt.Box) bool { return b.No == no && b.HouseholdID == who.Household.ID })
	if i < 0 {
		return ctx, d, link.E(link.NotFound, "adoption.box.unknown", "")
	}
	d.Box = d.Adoption.Boxes[i]
	return ctx, d, nil
}

// box asks one question: did you hand it over?
func (s *growing) box(w http.ResponseWriter, r *http.Request) error {
	if s.ChooseHousehold(w, r) {
		return nil
	}
	_, d, err := s.boxPage(r)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "household/box", d, s.NewForm(page.LangOf(r)))
}

func (s *growing) boxDeliver(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	ctx, d, err := s.boxPage(r)
	if err != nil {
		return err
	}
	if _, err := s.Adoptions.DeliverBox(ctx, adopt.BoxRequest{AdoptionNo: d.Adoption.No, No: d.Box.No}); err != nil {
		if !f.Fail(err) {
			return err
		}
		return s.RenderForm(w, r, "household/box", d, f)
	}
	s.Flash(r, page.Good, "adoption.box.handed_over")
	return s.GoTo(w, r, "household.adoptions", "h", d.H)
}
