package household

import (
	"net/http"

	"banmuyuan/internal/link"
	"banmuyuan/orders/adopt"
	"banmuyuan/web/page"
)

func (s *growing) boxFail(w http.ResponseWriter, r *http.Request) error {
	if s.ChooseHousehold(w, r) {
		return nil
	}
	_, d, err := s.boxPage(r)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "household/box_fail", d, s.NewForm(page.LangOf(r)))
}

func (s *growing) boxFailDo(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	ctx, d, err := s.boxPage(r)
	if err != nil {
		return err
	}
	if f.Need("reason") {
		_, err := s.Adoptions.FailBoxes(ctx, adopt.FailBox{AdoptionNo: d.Adoption.No, No: d.Box.No, Rest: f.Text("rest") == "1",
			Reason: f.Text("reason"), Note: f.Text("note")})
		// Once another household is to fill it, the box is no longer this one's to look at.
		if err == nil || link.CodeOf(err) == link.NotFound {
			s.Flash(r, page.Good, "adoption.box.reported")
			return s.GoTo(w, r, "household.adoptions", "h", d.H)
		}
		if !f.Fail(err) {
			return err
		}
	}
	return s.RenderForm(w, r, "household/box_fail", d, f)
}
