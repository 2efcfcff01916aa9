package web

import (
	"context"

	"banmuyuan/catalog"
	"banmuyuan/web/auth"
	"banmuyuan/web/notify"
	"banmuyuan/web/page"
)

// tellHelped sends a household a text about an act of its helper in its name by a program; the pages tell it of theirs. A text
// that cannot be sent undoes nothing.
func (s *Server) tellHelped(ctx context.Context, h catalog.Household, kind string, args map[string]string) {
	a := auth.FromContext(ctx)
	if h.Phone == "" || a == nil {
		return
	}
	args["helper"], args["head"] = a.Name, h.Head
	text, ok := s.Glossary.Say(page.ZH, "sms."+kind, page.Values(args))
	if !ok {
		s.Log.ErrorContext(ctx, "no words for a text message", "kind", kind)
		return
	}
	if err := s.deps.Notifier.Notify(ctx, notify.Message{Phone: h.Phone, Text: text, Kind: kind}); err != nil {
		s.Log.WarnContext(ctx, "text message not sent", "kind", kind, "error", err)
	}
}
