package shop

import (
	"net/http"

	"banmuyuan/orders/adopt"
	"banmuyuan/web/page"
)

type boxPage struct {
	Standing adopt.Standing
	Points   []page.Option
}

func (s *adopting) boxPage(r *http.Request) (boxPage, error) {
	ctx := r.Context()
	var d boxPage
	var err error
	if d.Standing, err = s.Boxes.Standing(ctx, adopt.StandingRef{ID: page.PathInt(r, "id")}); err != nil {
		return d, err
	}
	ref, err := s.Reference(ctx)
	d.Points = page.PickupPoints(ref)
	return d, err
}

func (s *adopting) box(w http.ResponseWriter, r *http.Request) error {
	d, err := s.boxPage(r)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "shop/box", d, s.NewForm(page.LangOf(r)))
}

// boxState pauses, resumes or ends.
func (s *adopting) boxState(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	state := adopt.StandingState(f.Text("state"))
	_, err = s.Boxes.SetStanding(r.Context(), adopt.SetStanding{ID: page.PathInt(r, "id"), State: state})
	return s.boxChanged(w, r, f, err, "standing.now_"+string(state))
}

func (s *adopting) boxSkip(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	skip, key := f.Text("skip") == "1", "standing.kept"
	if skip {
		key = "standing.skipped"
	}
	_, err = s.Boxes.SkipDate(r.Context(), adopt.SkipDate{ID: page.PathInt(r, "id"), On: f.Text("on"), Skip: skip})
	return s.boxChanged(w, r, f, err, key)
}

// boxChanged shows a standing order after a change, or the errors of the change.
func (s *adopting) boxChanged(w http.ResponseWriter, r *http.Request, f *page.Form, err error, key string) error {
	if err == nil {
		s.Flash(r, page.Good, key)
		return s.GoTo(w, r, "shop.box", "id", page.PathInt(r, "id"))
	}
	if !f.Fail(err) {
		return err
	}
	d, err := s.boxPage(r)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "shop/box", d, f)
}
