package household

import (
	"context"
	"io"
	"net/http"

	"banmuyuan/orders/adopt"
	"banmuyuan/web/api"
	"banmuyuan/web/page"
	"banmuyuan/web/photo"
)

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
	if s.ChooseHousehold(w, r) {
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
