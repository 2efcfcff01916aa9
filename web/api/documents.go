package api

import (
	"context"

	"banmuyuan/internal/link"

	"banmuyuan/orders"
	"banmuyuan/orders/document"
	"banmuyuan/web/auth"
)

type issueIn struct {
	No      string        `path:"no" json:"-"`
	Kind    document.Kind `json:"kind" enum:"confirmation,receipt,acceptance,purchase,refund"`
	Subject string        `json:"subject" description:"order, payment:{id}, refund:{id}, delivery:{id} or ticket:{id}"`
}

type documentIn struct {
	No string `path:"no"`
}

type registerQuery struct {
	Kind   string `query:"kind" enum:"confirmation,receipt,acceptance,purchase,refund"`
	Year   int    `query:"year"`
	Cursor string `query:"cursor"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200"`
}

func (a *API) documentEndpoints() []endpoint {
	d := a.raw.Documents
	return []endpoint{
		op("GET", "/orders/{no}/documents", "orders.documents", "Documents of an order, issued or to be", loggedIn,
			func(ctx context.Context, in documentIn) (link.Raw[document.Entries], error) {
				return d.OrderDocuments(ctx, orders.OrderRef{No: in.No})
			}),
		op("POST", "/orders/{no}/documents", "orders.document_issue", "Issue a document, or get the one that was", loggedIn,
			func(ctx context.Context, in issueIn) (link.Raw[document.Document], error) {
				return d.IssueDocument(ctx, document.Issue{OrderNo: in.No, Kind: in.Kind, Subject: in.Subject})
			}),
		op("GET", "/documents/{no}", "documents.get", "One issued document", loggedIn,
			func(ctx context.Context, in documentIn) (link.Raw[document.Document], error) {
				return d.Document(ctx, document.Ref{No: in.No})
			}),
		op("GET", "/documents", "documents.list", "What was issued, by kind and year", only(auth.County),
			func(ctx context.Context, in registerQuery) (link.Raw[document.Entries], error) {
				return d.DocumentRegister(ctx, document.Filter{Kind: document.Kind(in.Kind), Year: in.Year, Cursor: in.Cursor, Limit: in.Limit})
			}).ofPeople(),
		op("GET", "/households/{code}/documents", "households.documents", "Purchase statements of what it sold and was paid for", loggedIn,
			func(ctx context.Context, in codeIn) (link.Raw[document.Entries], error) {
				ctx, h, err := a.household(ctx, in.Code)
				if err != nil {
					return nil, err
				}
				return d.HouseholdStatements(ctx, document.HouseholdDocuments{HouseholdID: h.ID})
			}),
	}
}
