package payments

import (
	"context"

	"github.com/nats-io/nats.go"

	"banmuyuan/internal/link"
)

// Request subjects of Privacy.
const (
	SubjectUnmask     = "rpc.payments.v1.unmask"
	SubjectUnmaskings = "rpc.payments.v1.unmaskings"
)

type privacyClient struct{ nc *nats.Conn }

// NewPrivacyClient asks the module over NATS.
func NewPrivacyClient(nc *nats.Conn) Privacy { return privacyClient{nc} }

func (c privacyClient) Unmask(ctx context.Context, r Unmask) (Unmasked, error) {
	return link.Call[Unmask, Unmasked](ctx, c.nc, SubjectUnmask, r)
}

func (c privacyClient) Unmaskings(ctx context.Context, r UnmaskingFilter) (Unmaskings, error) {
	return link.Call[UnmaskingFilter, Unmaskings](ctx, c.nc, SubjectUnmaskings, r)
}

// RegisterPrivacy answers the request subjects of Privacy on s with svc.
func RegisterPrivacy(s *link.Server, svc Privacy) {
	link.Handle(s, SubjectUnmask, svc.Unmask)
	link.Handle(s, SubjectUnmaskings, svc.Unmaskings)
}
