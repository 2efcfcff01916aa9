package web

import (
	"context"
	"net/http"

	"github.com/gorilla/mux"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/orders/document"
	"banmuyuan/web/auth"
)

func (s *Server) documentRoutes() {
	s.guarded("POST", "/orders/{no}/documents", "document.issue", s.documentIssue, auth.Roles...)
	s.guarded("GET", "/documents/{no}", "document", s.document, auth.Roles...)
	s.guarded("GET", "/my/documents", "household.documents", s.householdDocuments, auth.Earning...)
	s.guarded("POST", "/my/documents", "household.documents.issue", s.householdDocumentIssue, auth.Earning...)
	s.guarded("GET", "/county/documents", "county.documents", s.countyDocuments, auth.County...)
	s.guarded("GET", "/county/households/{code}/documents", "county.household.documents", s.countyHouseholdDocuments, auth.County...)
}

type documentPage struct {
	Words    words
	Document document.Document
	Link     string // of this page, for the code on paper
	Back     string
}

// document is an issued document as a sheet of paper.
func (s *Server) document(w http.ResponseWriter, r *http.Request) error {
	ctx := s.forHousehold(r)
	d := documentPage{Words: s.words(r)}
	var err error
	if d.Document, err = s.deps.Documents.Document(ctx, document.Ref{No: mux.Vars(r)["no"]}); err != nil {
		return err
	}
	to, err := s.url("document", "no", d.Document.No)
	if err != nil {
		return err
	}
	d.Link = s.config.BaseURL + to
	a := auth.FromContext(ctx)
	switch {
	case a.Role.In(auth.Earning...):
		d.Back, err = s.url("household.documents", "h", r.URL.Query().Get("h"))
	default:
		d.Back, err = s.url("shop.order", "no", d.Document.Content.OrderNo)
	}
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, "shop/document", d)
}

// forHousehold lets a helper look at a document of the household that its address names, if it may act for it.
func (s *Server) forHousehold(r *http.Request) context.Context {
	if a := auth.FromContext(r.Context()); a.Role != auth.Helper || r.URL.Query().Get("h") == "" {
		return r.Context()
	}
	if ctx, _, err := s.acting(r); err == nil {
		return ctx
	}
	return r.Context()
}

// documentIssue issues a document and shows it. Sent twice it shows the same one.
func (s *Server) documentIssue(w http.ResponseWriter, r *http.Request) error {
	f, err := s.postedForm(r)
	if err != nil {
		return err
	}
	d, err := s.deps.Documents.IssueDocument(r.Context(), document.Issue{OrderNo: mux.Vars(r)["no"], Kind: document.Kind(f.Text("kind")), Subject: f.Text("subject")})
	if err != nil {
		return err
	}
	return s.goTo(w, r, "document", "no", d.No)
}

type householdDocumentsPage struct {
	whose
	Entries document.Entries
}

// householdDocuments are the purchase statements of what the household sold and was paid for.
func (s *Server) householdDocuments(w http.ResponseWriter, r *http.Request) error {
	if s.asksWhose(w, r) {
		return nil
	}
	ctx, who, err := s.acting(r)
	if err != nil {
		return err
	}
	d := householdDocumentsPage{whose: who}
	if d.Entries, err = s.deps.Documents.HouseholdStatements(ctx, document.HouseholdDocuments{HouseholdID: who.Household.ID}); err != nil {
		return err
	}
	return s.renderForm(w, r, "household/documents", d, s.newForm(langOf(r)))
}

func (s *Server) householdDocumentIssue(w http.ResponseWriter, r *http.Request) error {
	f, err := s.postedForm(r)
	if err != nil {
		return err
	}
	ctx, who, err := s.acting(r)
	if err != nil {
		return err
	}
	doc, err := s.deps.Documents.IssueDocument(ctx, document.Issue{OrderNo: f.Text("order_no"), Kind: document.DocPurchase, Subject: f.Text("subject")})
	if err == nil {
		return s.goTo(w, r, "document", "no", doc.No, "h", who.H)
	}
	if !f.Fail(err) {
		return err
	}
	d := householdDocumentsPage{whose: who}
	if d.Entries, err = s.deps.Documents.HouseholdStatements(ctx, document.HouseholdDocuments{HouseholdID: who.Household.ID}); err != nil {
		return err
	}
	return s.renderForm(w, r, "household/documents", d, f)
}

type countyDocumentsPage struct {
	Words   words
	Entries document.Entries
	Kind    document.Kind
	Kinds   []document.Kind
	Year    int
	Years   []int
	Head    string // of one household, when its statements are listed
	Code    string
}

var documentKinds = []document.Kind{document.DocPurchase, document.DocAcceptance, document.DocReceipt, document.DocRefund, document.DocConfirmation}

// countyDocuments is the register of what was issued, by number.
func (s *Server) countyDocuments(w http.ResponseWriter, r *http.Request) error {
	f := s.queryForm(r)
	this := s.now().In(china).Year()
	d := countyDocumentsPage{Words: s.words(r), Kind: document.Kind(f.Text("kind")), Kinds: documentKinds, Year: int(f.Int("year")), Years: []int{this, this - 1, this - 2}}
	if d.Kind == "" {
		d.Kind = document.DocPurchase
	}
	if d.Year == 0 {
		d.Year = this
	}
	var err error
	d.Entries, err = s.deps.Documents.DocumentRegister(r.Context(), document.Filter{Kind: d.Kind, Year: d.Year, Cursor: f.Text("cursor"), Limit: 50})
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, "county/documents", d)
}

// countyHouseholdDocuments lists what can be issued for one household.
func (s *Server) countyHouseholdDocuments(w http.ResponseWriter, r *http.Request) error {
	page, err := s.countyHouseholdPage(r)
	if err != nil {
		return err
	}
	d := countyDocumentsPage{Words: page.Words, Head: page.Household.Head, Code: page.Household.Code}
	if d.Entries, err = s.deps.Documents.HouseholdStatements(r.Context(), document.HouseholdDocuments{HouseholdID: page.Household.ID}); err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, "county/documents", d)
}

// orderDocuments are the documents of an order's page. A page that can do without them is not lost when they do not come.
func (s *Server) orderDocuments(ctx context.Context, ref orders.OrderRef) []document.Entry {
	list, err := s.deps.Documents.OrderDocuments(ctx, ref)
	if err != nil {
		if link.CodeOf(err) != link.NotFound {
			s.log.WarnContext(ctx, "documents of order", "order", ref.No, "error", err)
		}
		return nil
	}
	return list.Items
}
