package orders

import (
	"context"

	"github.com/nats-io/nats.go"

	"banmuyuan/internal/link"
)

// Request subjects of Documents.
const (
	SubjectOrderDocuments      = "rpc.orders.v1.order_documents"
	SubjectHouseholdStatements = "rpc.orders.v1.household_statements"
	SubjectIssueDocument       = "rpc.orders.v1.issue_document"
	SubjectDocument            = "rpc.orders.v1.document"
	SubjectDocumentRegister    = "rpc.orders.v1.document_register"
)

type documentsClient struct{ nc *nats.Conn }

// NewDocumentsClient asks the module over NATS.
func NewDocumentsClient(nc *nats.Conn) Documents { return documentsClient{nc} }

func (c documentsClient) OrderDocuments(ctx context.Context, r OrderRef) (DocumentEntries, error) {
	return link.Call[OrderRef, DocumentEntries](ctx, c.nc, SubjectOrderDocuments, r)
}

func (c documentsClient) HouseholdStatements(ctx context.Context, r HouseholdDocuments) (DocumentEntries, error) {
	return link.Call[HouseholdDocuments, DocumentEntries](ctx, c.nc, SubjectHouseholdStatements, r)
}

func (c documentsClient) IssueDocument(ctx context.Context, r IssueDocument) (Document, error) {
	return link.Call[IssueDocument, Document](ctx, c.nc, SubjectIssueDocument, r)
}

func (c documentsClient) Document(ctx context.Context, r DocumentRef) (Document, error) {
	return link.Call[DocumentRef, Document](ctx, c.nc, SubjectDocument, r)
}

func (c documentsClient) DocumentRegister(ctx context.Context, r DocumentFilter) (DocumentEntries, error) {
	return link.Call[DocumentFilter, DocumentEntries](ctx, c.nc, SubjectDocumentRegister, r)
}

// RegisterDocuments answers the request subjects of Documents on s with svc.
func RegisterDocuments(s *link.Server, svc Documents) {
	link.Handle(s, SubjectOrderDocuments, svc.OrderDocuments)
	link.Handle(s, SubjectHouseholdStatements, svc.HouseholdStatements)
	link.Handle(s, SubjectIssueDocument, svc.IssueDocument)
	link.Handle(s, SubjectDocument, svc.Document)
	link.Handle(s, SubjectDocumentRegister, svc.DocumentRegister)
}
