package document

import (
	"context"

	"github.com/nats-io/nats.go"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
)

// Request subjects of Documents.
const (
	SubjectOrderDocuments      = "rpc.orders.v1.order_documents"
	SubjectHouseholdStatements = "rpc.orders.v1.household_statements"
	SubjectIssueDocument       = "rpc.orders.v1.issue_document"
	SubjectDocument            = "rpc.orders.v1.document"
	SubjectDocumentRegister    = "rpc.orders.v1.document_register"
)

type client struct{ nc *nats.Conn }

// NewClient asks the module over NATS.
func NewClient(nc *nats.Conn) Service { return client{nc} }

func (c client) OrderDocuments(ctx context.Context, r orders.OrderRef) (Entries, error) {
	return link.Call[orders.OrderRef, Entries](ctx, c.nc, SubjectOrderDocuments, r)
}

func (c client) HouseholdStatements(ctx context.Context, r HouseholdDocuments) (Entries, error) {
	return link.Call[HouseholdDocuments, Entries](ctx, c.nc, SubjectHouseholdStatements, r)
}

func (c client) IssueDocument(ctx context.Context, r Issue) (Document, error) {
	return link.Call[Issue, Document](ctx, c.nc, SubjectIssueDocument, r)
}

func (c client) Document(ctx context.Context, r Ref) (Document, error) {
	return link.Call[Ref, Document](ctx, c.nc, SubjectDocument, r)
}

func (c client) DocumentRegister(ctx context.Context, r Filter) (Entries, error) {
	return link.Call[Filter, Entries](ctx, c.nc, SubjectDocumentRegister, r)
}

// RegisterDocuments answers the request subjects of Documents on s with svc.
func Register(s *link.Server, svc Service) {
	link.Handle(s, SubjectOrderDocuments, svc.OrderDocuments)
	link.Handle(s, SubjectHouseholdStatements, svc.HouseholdStatements)
	link.Handle(s, SubjectIssueDocument, svc.IssueDocument)
	link.Handle(s, SubjectDocument, svc.Document)
	link.Handle(s, SubjectDocumentRegister, svc.DocumentRegister)
}
