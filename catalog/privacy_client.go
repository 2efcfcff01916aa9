package catalog

import (
	"context"

	"github.com/nats-io/nats.go"

	"banmuyuan/internal/link"
)

// Request subjects of Privacy.
const (
	SubjectUnmaskID     = "rpc.catalog.v1.unmask_i_d"
	SubjectIDUnmaskings = "rpc.catalog.v1.i_d_unmaskings"
)

type privacyClient struct{ nc *nats.Conn }

// NewPrivacyClient asks the module over NATS.
func NewPrivacyClient(nc *nats.Conn) Privacy { return privacyClient{nc} }

func (c privacyClient) UnmaskID(ctx context.Context, r UnmaskID) (UnmaskedID, error) {
	return link.Call[UnmaskID, UnmaskedID](ctx, c.nc, SubjectUnmaskID, r)
}

func (c privacyClient) IDUnmaskings(ctx context.Context, r None) (IDUnmaskings, error) {
	return link.Call[None, IDUnmaskings](ctx, c.nc, SubjectIDUnmaskings, r)
}

// RegisterPrivacy answers the request subjects of Privacy on s with svc.
func RegisterPrivacy(s *link.Server, svc Privacy) {
	link.Handle(s, SubjectUnmaskID, svc.UnmaskID)
	link.Handle(s, SubjectIDUnmaskings, svc.IDUnmaskings)
}
