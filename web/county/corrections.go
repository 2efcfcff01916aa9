package county

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

// correctionRoutes are the requests of people to correct what is held of them.
func (s *people) correctionRoutes() {
	s.Guarded("GET", "/county/corrections", "county.corrections", s.corrections, auth.County...)
	s.Guarded("POST", "/county/corrections/{id:[0-9]{1,18}}", "county.correction", s.correction, auth.County...)
}

func (s *people) corrections(w http.ResponseWriter, r *http.Request) error {
	return s.renderCorrections(w, r, s.NewForm(page.LangOf(r)))
}

func (s *people) renderCorrections(w http.ResponseWriter, r *http.Request, f *page.Form) error {
	open, err := s.Privacy.OpenCorrections(r.Context(), 100)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "county/corrections", open, f)
}

// correction stores the county's answer.
func (s *people) correction(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	id, err := strconv.ParseInt(mux.Vars(r)["id"], 10, 64)
	if err != nil {
		return link.E(link.NotFound, "not_found", "").Because(err)
	}
	answer, ok := orders.CleanText(f.Text("answer"), auth.CorrectionMax)
	if !ok || answer == "" {
		f.Add("answer", "county.correction.answer", "max", strconv.Itoa(auth.CorrectionMax))
		return s.renderCorrections(w, r, f)
	}
	err = s.Privacy.AnswerCorrection(r.Context(), auth.AuthorOf(auth.FromContext(r.Context())), id, answer)
	if errors.Is(err, auth.ErrNotFound) {
		return link.E(link.NotFound, "not_found", "")
	}
	if err != nil {
		return err
	}
	s.Flash(r, page.Good, "county.correction.done")
	return s.GoTo(w, r, "county.corrections")
}
