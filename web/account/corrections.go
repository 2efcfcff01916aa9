package account

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/gorilla/mux"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

// corrections are the county's pages of requests to correct data of people.
type corrections struct{ *Pages }

// routes are the list and the answer.
func (s *corrections) routes() {
	s.Guarded("GET", "/county/corrections", "county.corrections", s.page, auth.County...)
	s.Guarded("POST", "/county/corrections/{id:[0-9]{1,18}}", "county.correction", s.answer, auth.County...)
}

func (s *corrections) page(w http.ResponseWriter, r *http.Request) error {
	return s.render(w, r, s.NewForm(page.LangOf(r)))
}

func (s *corrections) render(w http.ResponseWriter, r *http.Request, f *page.Form) error {
	open, err := s.Privacy.OpenCorrections(r.Context(), 100)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "account/corrections", open, f)
}

// answer stores the county's answer.
func (s *corrections) answer(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	id, err := strconv.ParseInt(mux.Vars(r)["id"], 10, 64)
	if err != nil {
		return link.E(link.NotFound, "not_found", "").Because(err)
	}
	text, ok := orders.CleanText(f.Text("answer"), auth.CorrectionMax)
	if !ok || text == "" {
		f.Add("answer", "county.correction.answer", "max", strconv.Itoa(auth.CorrectionMax))
		return s.render(w, r, f)
	}
	err = s.Privacy.AnswerCorrection(r.Context(), auth.AuthorOf(auth.FromContext(r.Context())), id, text)
	if errors.Is(err, auth.ErrNotFound) {
		return link.E(link.NotFound, "not_found", "")
	}
	if err != nil {
		return err
	}
	s.Flash(r, page.Good, "county.correction.done")
	return s.GoTo(w, r, "county.corrections")
}
