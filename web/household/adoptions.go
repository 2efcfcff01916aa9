package household

import (
	"context"
	"io"
	"net/http"
	"slices"

	"github.com/gorilla/mux"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders/adopt"
	"banmuyuan/web/api"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
	"banmuyuan/web/photo"
)

// adoptionHouseholdRoutes are the pages on which a household, or its helper, offers, tells and hands over.
func (s *growing) adoptionHouseholdRoutes() {
	earning := auth.Earning
	s.Guarded("GET", "/my/adoptions", "household.adoptions", s.adoptions, earning...)
	s.Guarded("GET", "/my/adoptions/{no}", "household.adoption", s.adoption, earning...)
	s.Guarded("GET", "/my/adoptions/{no}/{box:[0-9]+}", "household.box", s.box, earning...)
	s.Guarded("POST", "/my/adoptions/{no}/{box:[0-9]+}", "household.box.deliver", s.boxDeliver, earning...)
	s.Guarded("GET", "/my/adoptions/{no}/{box:[0-9]+}/fail", "household.box.fail", s.boxFail, earning...)
	s.Guarded("POST", "/my/adoptions/{no}/{box:[0-9]+}/fail", "household.box.fail.do", s.boxFailDo, earning...)
	s.Guarded("GET", "/my/plots/{presale:[0-9]+}", "household.plot", s.plot, earning...)
	s.Guarded("POST", "/my/plots/{presale:[0-9]+}", "household.plot.save", s.plotSave, earning...)
	s.Guarded("GET", "/my/updates/{plot:[0-9]+}", "household.update", s.update, earning...)
	s.Guarded("POST", "/my/updates/{plot:[0-9]+}", "household.update.post", s.updatePost, earning...)
	s.Guarded("GET", "/my/photos/{photo:[0-9]+}", "household.photo", s.photo, earning...)
	s.AllowBody("/my/updates/", adopt.UpdateMostPhoto*photo.MostBytes+1<<20)
}

// dueBox is a box that a household has to hand over.
type dueBox struct {
	Adoption adopt.Adoption
	Box      adopt.Box
}

type adoptionsPage struct {
	page.Whose
	Plots []adopt.HouseholdPlot
	Due   []dueBox // soonest first
	Done  []dueBox // latest first
	More  bool
}

// adoptions shows what is to be handed over next, and what the household offers.
func (s *growing) adoptions(w http.ResponseWriter, r *http.Request) error {
	if s.AsksWhose(w, r) {
		return nil
	}
	ctx, who, err := s.Acting(r)
	if err != nil {
		return err
	}
	d := adoptionsPage{Whose: who}
	plots, err := s.Adoptions.HouseholdPlots(ctx, catalog.HouseholdRef{ID: who.Household.ID})
	if err != nil {
		return err
	}
	d.Plots = plots.Items
	list, err := s.Adoptions.AdoptionList(ctx, adopt.Filter{Household: who.Household.ID, Limit: 100})
	if err != nil {
		return err
	}
	d.More = list.Cursor != ""
	for _, a := range list.Items {
		for _, b := range a.Boxes {
			switch {
			case b.HouseholdID != who.Household.ID:
			case b.State == adopt.BoxPlanned:
				d.Due = append(d.Due, dueBox{a, b})
			case b.State == adopt.BoxDelivered || b.State == adopt.BoxSettled || b.State == adopt.BoxDisputed:
				d.Done = append(d.Done, dueBox{a, b})
			}
		}
	}
	slices.SortStableFunc(d.Due, func(a, b dueBox) int { return compareText(a.Box.DueOn, b.Box.DueOn) })
	slices.SortStableFunc(d.Done, func(a, b dueBox) int { return compareText(b.Box.DueOn, a.Box.DueOn) })
	d.Done = d.Done[:min(len(d.Done), 10)]
	return s.Render(w, r, http.StatusOK, "household/adoptions", d)
}

func compareText(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

type adoptionPage struct {
	page.Whose
	Adoption adopt.Adoption
	Net      int64 // of all boxes that this household fills
}

// adoption is one adoption as the household sees it: what it brings, when, and what it gets. Of the adopter it
// learns a family name.
func (s *growing) adoption(w http.ResponseWriter, r *http.Request) error {
	if s.AsksWhose(w, r) {
		return nil
	}
	ctx, who, err := s.Acting(r)
	if err != nil {
		return err
	}
	d := adoptionPage{Whose: who}
	if d.Adoption, err = s.Adoptions.Adoption(ctx, adopt.Ref{No: mux.Vars(r)["no"]}); err != nil {
		return err
	}
	d.Adoption.Boxes = slices.DeleteFunc(d.Adoption.Boxes, func(b adopt.Box) bool { return b.HouseholdID != who.Household.ID })
	for _, b := range d.Adoption.Boxes {
		if b.State != adopt.BoxFailed && b.State != adopt.BoxVoid {
			d.Net += b.NetFen
		}
	}
	return s.Render(w, r, http.StatusOK, "household/adoption", d)
}

type boxPage struct {
	page.Whose
	Adoption adopt.Adoption
	Box      adopt.Box
}

func (s *growing) boxPage(r *http.Request) (context.Context, boxPage, error) {
	ctx, who, err := s.Acting(r)
	d := boxPage{Whose: who}
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
	if s.AsksWhose(w, r) {
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

func (s *growing) boxFail(w http.ResponseWriter, r *http.Request) error {
	if s.AsksWhose(w, r) {
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

type plotPage struct {
	page.Whose
	Plot    adopt.HouseholdPlot
	Updates []adopt.Update
}

func (s *growing) plotPage(r *http.Request, is func(adopt.HouseholdPlot) bool) (context.Context, plotPage, error) {
	ctx, who, err := s.Acting(r)
	d := plotPage{Whose: who}
	if err != nil {
		return ctx, d, err
	}
	plots, err := s.Adoptions.HouseholdPlots(ctx, catalog.HouseholdRef{ID: who.Household.ID})
	if err != nil {
		return ctx, d, err
	}
	i := slices.IndexFunc(plots.Items, is)
	if i < 0 {
		return ctx, d, link.E(link.NotFound, "adoption.plot.unknown", "")
	}
	d.Plot = plots.Items[i]
	return ctx, d, nil
}

func (s *growing) plotOf(r *http.Request) (context.Context, plotPage, error) {
	presale := page.PathInt(r, "presale")
	return s.plotPage(r, func(p adopt.HouseholdPlot) bool { return p.PresaleID == presale })
}

func (s *growing) plot(w http.ResponseWriter, r *http.Request) error {
	if s.AsksWhose(w, r) {
		return nil
	}
	_, d, err := s.plotOf(r)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "household/plot", d, s.NewForm(page.LangOf(r)))
}

func (s *growing) plotSave(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	ctx, d, err := s.plotOf(r)
	if err != nil {
		return err
	}
	units, every := f.Int("units"), f.Int("every_days")
	if f.Need("units", "every_days", "story.zh") && f.OK() {
		_, err := s.Adoptions.SavePlot(ctx, adopt.SavePlot{HouseholdID: d.Household.ID, PresaleID: d.Plot.PresaleID, Units: units,
			EveryDays: every, Story: catalog.Text{Zh: f.Text("story.zh"), En: d.Plot.Story.En}})
		if err == nil {
			s.Flash(r, page.Good, "adoption.plot.saved")
			return s.GoTo(w, r, "household.adoptions", "h", d.H)
		}
		if !f.Fail(err) {
			return err
		}
	}
	return s.RenderForm(w, r, "household/plot", d, f)
}

func (s *growing) updatePage(r *http.Request) (context.Context, plotPage, error) {
	id := page.PathInt(r, "plot")
	ctx, d, err := s.plotPage(r, func(p adopt.HouseholdPlot) bool { return p.Saved && p.ID == id })
	if err != nil {
		return ctx, d, err
	}
	d.Updates, err = s.Adoptions.Updates(ctx, adopt.PlotRef{ID: id})
	return ctx, d, err
}

func (s *growing) update(w http.ResponseWriter, r *http.Request) error {
	if s.AsksWhose(w, r) {
		return nil
	}
	_, d, err := s.updatePage(r)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "household/update", d, s.NewForm(page.LangOf(r)))
}

// updatePost tells the adopters. The pictures are looked at first: a file that is none stops the whole, before
// anything is told.
func (s *growing) updatePost(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	ctx, d, err := s.updatePage(r)
	if err != nil {
		return err
	}
	f.Need("text")
	pictures := postedPhotos(r, f)
	if f.OK() {
		if err = s.postUpdate(ctx, d.Plot.ID, f, pictures); err == nil {
			s.Flash(r, page.Good, "adoption.update.posted")
			return s.GoTo(w, r, "household.update", "plot", d.Plot.ID, "h", d.H)
		}
		if !f.Fail(err) {
			return err
		}
	}
	return s.RenderForm(w, r, "household/update", d, f)
}

func (s *growing) postUpdate(ctx context.Context, plot int64, f *page.Form, pictures [][]byte) error {
	u, err := s.Adoptions.PostUpdate(ctx, adopt.PostUpdate{IdempotencyKey: f.Key(), PlotID: plot, Text: f.Text("text")})
	if err != nil {
		return err
	}
	for _, p := range pictures { // one at a time: together they would not fit a message
		if _, err := s.Adoptions.AddPhoto(ctx, adopt.AddPhoto{UpdateID: u.ID, JPEG: p}); err != nil {
			return err
		}
	}
	return nil
}

// postedPhotos reads the pictures of a form, shrunk and written anew.
func postedPhotos(r *http.Request, f *page.Form) [][]byte {
	const name = "photos"
	if r.MultipartForm == nil {
		return nil
	}
	files := r.MultipartForm.File[name]
	if len(files) > adopt.UpdateMostPhoto {
		f.Add(name, "adoption.photo.many", "max", page.Num64(adopt.UpdateMostPhoto))
		return nil
	}
	var out [][]byte
	for _, header := range files {
		if header.Size == 0 { // nothing was chosen
			continue
		}
		if header.Size > photo.MostBytes {
			f.Add(name, "upload.too_large", "mb", page.Num64(photo.MostBytes>>20))
			return nil
		}
		file, err := header.Open()
		if err != nil {
			f.Add(name, "adoption.photo.kind")
			return nil
		}
		body, err := io.ReadAll(io.LimitReader(file, photo.MostBytes+1))
		_ = file.Close() // it was only read
		if err == nil {
			body, err = api.Picture(body, name)
		}
		if err != nil {
			if !f.Fail(err) {
				f.Add(name, "adoption.photo.kind")
			}
			return nil
		}
		out = append(out, body)
	}
	return out
}

func (s *growing) photo(w http.ResponseWriter, r *http.Request) error {
	ctx, _, err := s.Acting(r)
	if err != nil {
		return err
	}
	f, err := s.Adoptions.Photo(ctx, adopt.PhotoRef{ID: page.PathInt(r, "photo")})
	if err != nil {
		return err
	}
	page.ServePhoto(w, r, f.JPEG)
	return nil
}
