package desk

import (
	"context"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
)

// RequireCounty returns Unauthenticated or Forbidden to everybody but the county.
func RequireCounty(ctx context.Context) (link.Actor, error) {
	a := link.ActorFrom(ctx)
	if catalog.IsCounty(a) {
		return a, nil
	}
	return a, catalog.Denied(a)
}

// RequireSystem returns Unauthenticated or Forbidden to everybody but the other modules.
func RequireSystem(ctx context.Context) error {
	if a := link.ActorFrom(ctx); !a.System {
		return catalog.Denied(a)
	}
	return nil
}
