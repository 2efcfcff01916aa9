package county

import (
	"net/http"

	"banmuyuan/orders/document"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

func (s *people) documentRoutes() {
	s.Guarded("GET", "/county/documents", "county.documents", s.documents, auth.County...)
	s.Guarded("GET", "/county/households/{code}/documents", "county.household.documents", s.householdDocuments, auth.County...)
}

type documentsPage struct {
	Words   page.Words
	Entries document.Entries
	Kind    document.Kind
	Kinds   []document.Kind
	Year    int
	Years   []int
	Head    string // of one household, when its statements are listed
	Code    string
}

var documentKinds = []document.Kind{document.DocPurchase, document.DocAcceptance, document.DocReceipt, document.DocRefund, document.DocConfirmation}

// documents is the register of issued documents, by number.
func (s *people) documents(w http.ResponseWriter, r *http.Request) error {
	f := s.QueryForm(r)
	this := s.Now().In(page.China).Year()
	d := documentsPage{Words: s.Words(r), Kind: document.Kind(f.Text("kind")), Kinds: documentKinds, Year: int(f.Int("year")), Years: []int{this, this - 1, this - 2}}
	if d.Kind == "" {
		d.Kind = document.DocPurchase
	}
	if d.Year == 0 {
		d.Year = this
	}
	var err error
	d.Entries, err = s.Documents.DocumentRegister(r.Context(), document.Filter{Kind: d.Kind, Year: d.Year, Cursor: f.Text("cursor"), Limit: 50})
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "county/documents", d)
}

// householdDocuments lists the documents that can be issued for one household.
func (s *people) householdDocuments(w http.ResponseWriter, r *http.Request) error {
	found, err := s.householdPage(r)
	if err != nil {
		return err
	}
	d := documentsPage{Words: found.Words, Head: found.Household.Head, Code: found.Household.Code}
	if d.Entries, err = s.Documents.HouseholdStatements(r.Context(), document.HouseholdDocuments{HouseholdID: found.Household.ID}); err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "county/documents", d)
}
