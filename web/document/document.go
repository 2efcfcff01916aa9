package document

import (
	"context"
	"net/http"

	"github.com/gorilla/mux"

	"banmuyuan/orders/document"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

func (s *paperPages) routes() {
	s.Guarded("POST", "/orders/{no}/documents", "document.issue", s.issue, auth.Roles...)
	s.Guarded("GET", "/documents/{no}", "document", s.document, auth.Roles...)
}

type documentPage struct {
	Words    page.Words
	Document document.Document
	Link     string // of this page, for the code on paper
	Back     string
}

// document is an issued document as a sheet of paper.
func (s *paperPages) document(w http.ResponseWriter, r *http.Request) error {
	ctx := s.forHousehold(r)
	d := documentPage{Words: s.Words(r)}
	var err error
	if d.Document, err = s.Documents.Document(ctx, document.Ref{No: mux.Vars(r)["no"]}); err != nil {
		return err
	}
	to, err := s.URL("document", "no", d.Document.No)
	if err != nil {
		return err
	}
	d.Link = s.Abs(to)
	a := auth.FromContext(ctx)
	switch {
	case a.Role.In(auth.Earning...):
		d.Back, err = s.URL("household.documents", "h", r.URL.Query().Get("h"))
	default:
		d.Back, err = s.URL("shop.order", "no", d.Document.Content.OrderNo)
	}
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "document/document", d)
}

// forHousehold lets a helper look at a document of the household that its address names, if it may act for it.
func (s *paperPages) forHousehold(r *http.Request) context.Context {
	if a := auth.FromContext(r.Context()); a.Role != auth.Helper || r.URL.Query().Get("h") == "" {
		return r.Context()
	}
	if ctx, _, err := s.Acting(r); err == nil {
		return ctx
	}
	return r.Context()
}

// issue issues a document and shows it. Sent twice it shows the same one.
func (s *paperPages) issue(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	d, err := s.Documents.IssueDocument(r.Context(), document.Issue{OrderNo: mux.Vars(r)["no"], Kind: document.Kind(f.Text("kind")), Subject: f.Text("subject")})
	if err != nil {
		return err
	}
	return s.GoTo(w, r, "document", "no", d.No)
}
