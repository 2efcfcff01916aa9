package web

import (
	"net/http"

	"github.com/gorilla/mux"

	"banmuyuan/internal/link"
	"banmuyuan/orders/shelf"
)

type tracePageData struct {
	Code  string
	Trace *shelf.Trace
}

// traceFind is for those who read a code off a label.
func (s *shelves) traceFind(w http.ResponseWriter, r *http.Request) error {
	f := s.queryForm(r)
	code := f.Text("code")
	if code == "" {
		return s.renderForm(w, r, "shop/trace_find", tracePageData{}, f)
	}
	t, err := s.Shelf.Trace(r.Context(), shelf.TraceRef{Code: code})
	if link.CodeOf(err) == link.NotFound {
		f.Add("code", "trace.unknown")
		return s.renderForm(w, r, "shop/trace_find", tracePageData{Code: code}, f)
	}
	if err != nil {
		return err
	}
	return s.goTo(w, r, "trace", "code", t.Code)
}

// tracePage is the public story of goods: what a label's QR code leads to.
func (s *shelves) tracePage(w http.ResponseWriter, r *http.Request) error {
	t, err := s.Shelf.Trace(r.Context(), shelf.TraceRef{Code: mux.Vars(r)["code"]})
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, "shop/trace", tracePageData{Code: spacedCode(t.Code), Trace: &t})
}
