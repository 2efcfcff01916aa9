package household

import (
	"net/http"

	"banmuyuan/orders/document"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

func (s *pages) documentRoutes() {
	s.Guarded("GET", "/my/documents", "household.documents", s.documents, auth.Earning...)
	s.Guarded("POST", "/my/documents", "household.documents.issue", s.documentIssue, auth.Earning...)
}

type documentsPage struct {
	page.HouseholdPage
	Entries document.Entries
}

// documents are the purchase statements of the household's paid sales.
func (s *pages) documents(w http.ResponseWriter, r *http.Request) error {
	if s.ChooseHousehold(w, r) {
		return nil
	}
	ctx, who, err := s.Acting(r)
	if err != nil {
		return err
	}
	d := documentsPage{HouseholdPage: who}
	if d.Entries, err = s.Documents.HouseholdStatements(ctx, document.HouseholdDocuments{HouseholdID: who.Household.ID}); err != nil {
		return err
	}
	return s.RenderForm(w, r, "household/documents", d, s.NewForm(page.LangOf(r)))
}

func (s *pages) documentIssue(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	ctx, who, err := s.Acting(r)
	if err != nil {
		return err
	}
	doc, err := s.Documents.IssueDocument(ctx, document.Issue{OrderNo: f.Text("order_no"), Kind: document.DocPurchase, Subject: f.Text("subject")})
	if err == nil {
		return s.GoTo(w, r, "document", "no", doc.No, "h", who.H)
	}
	if !f.Fail(err) {
		return err
	}
	d := documentsPage{HouseholdPage: who}
	if d.Entries, err = s.Documents.HouseholdStatements(ctx, document.HouseholdDocuments{HouseholdID: who.Household.ID}); err != nil {
		return err
	}
	return s.RenderForm(w, r, "household/documents", d, f)
}
