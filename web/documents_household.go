package web

import (
	"net/http"

	"banmuyuan/orders/document"
	"banmuyuan/web/auth"
)

func (s *householdPages) householdDocumentRoutes() {
	s.guarded("GET", "/my/documents", "household.documents", s.householdDocuments, auth.Earning...)
	s.guarded("POST", "/my/documents", "household.documents.issue", s.householdDocumentIssue, auth.Earning...)
}

type householdDocumentsPage struct {
	whose
	Entries document.Entries
}

// householdDocuments are the purchase statements of what the household sold and was paid for.
func (s *householdPages) householdDocuments(w http.ResponseWriter, r *http.Request) error {
	if s.asksWhose(w, r) {
		return nil
	}
	ctx, who, err := s.acting(r)
	if err != nil {
		return err
	}
	d := householdDocumentsPage{whose: who}
	if d.Entries, err = s.Documents.HouseholdStatements(ctx, document.HouseholdDocuments{HouseholdID: who.Household.ID}); err != nil {
		return err
	}
	return s.renderForm(w, r, "household/documents", d, s.newForm(langOf(r)))
}

func (s *householdPages) householdDocumentIssue(w http.ResponseWriter, r *http.Request) error {
	f, err := s.postedForm(r)
	if err != nil {
		return err
	}
	ctx, who, err := s.acting(r)
	if err != nil {
		return err
	}
	doc, err := s.Documents.IssueDocument(ctx, document.Issue{OrderNo: f.Text("order_no"), Kind: document.DocPurchase, Subject: f.Text("subject")})
	if err == nil {
		return s.goTo(w, r, "document", "no", doc.No, "h", who.H)
	}
	if !f.Fail(err) {
		return err
	}
	d := householdDocumentsPage{whose: who}
	if d.Entries, err = s.Documents.HouseholdStatements(ctx, document.HouseholdDocuments{HouseholdID: who.Household.ID}); err != nil {
		return err
	}
	return s.renderForm(w, r, "household/documents", d, f)
}
