package shop

import (
	"net/http"

	"github.com/gorilla/mux"

	"banmuyuan/internal/link"
	"banmuyuan/orders/shelf"
	"banmuyuan/web/page"
)

type tracePageData struct {
	Code  string
	Trace *shelf.Trace
}

// traceFind looks up a code that was read off a label.
func (s *shelves) traceFind(w http.ResponseWriter, r *http.Request) error {
	f := s.QueryForm(r)
	code := f.Text("code")
	if code == "" {
		return s.RenderForm(w, r, "shop/trace_find", tracePageData{}, f)
	}
	t, err := s.Shelf.Trace(r.Context(), shelf.TraceRef{Code: code})
	if link.CodeOf(err) == link.NotFound {
		f.Add("code", "trace.unknown")
		return s.RenderForm(w, r, "shop/trace_find", tracePageData{Code: code}, f)
	}
	if err != nil {
		return err
	}
	return s.GoTo(w, r, "trace", "code", t.Code)
}

// tracePage is the public story of goods. The QR code of a label leads here.
func (s *shelves) tracePage(w http.ResponseWriter, r *http.Request) error {
	t, err := s.Shelf.Trace(r.Context(), shelf.TraceRef{Code: mux.Vars(r)["code"]})
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "shop/trace", tracePageData{Code: page.SpacedCode(t.Code), Trace: &t})
}
