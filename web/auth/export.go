package auth

import (
	"context"

	"banmuyuan/web/audit"
)

// NoteExport writes down that the account of a request takes data out. It comes before the data: no file without its entry.
func NoteExport(ctx context.Context, trail audit.Trail, kind audit.Kind, what string) error {
	e := audit.Entry{Kind: kind, Object: what}
	if a := FromContext(ctx); a != nil {
		e.Account, e.Login, e.Role = a.ID, a.Login, string(a.Role)
	}
	return trail.Append(ctx, e)
}
