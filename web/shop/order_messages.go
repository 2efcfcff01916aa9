package shop

import (
	"context"
	"net/http"

	"banmuyuan/web/auth"
	"banmuyuan/web/notify"
	"banmuyuan/web/page"
)

// sentAbout lists the messages about an order, an adoption or a purchase to its buyer, without those that were not needed. A
// page that can do without them is not lost when they do not come.
func (s Services) sentAbout(ctx context.Context, site *page.Site, account int64, about string) []notify.Queued {
	all, err := s.Outbox.About(ctx, account, about)
	if err != nil {
		site.Log.WarnContext(ctx, "messages to buyer", "about", about, "error", err)
	}
	var shown []notify.Queued
	for _, q := range all {
		if q.State != notify.Dropped {
			shown = append(shown, q)
		}
	}
	return shown
}

// messages asks how a buyer wants to be told.
func (s *ordering) messages(w http.ResponseWriter, r *http.Request) error {
	channel, err := s.Outbox.ChannelOf(r.Context(), auth.FromContext(r.Context()).ID)
	if err != nil {
		return err
	}
	f := s.NewForm(page.LangOf(r))
	f.Values.Set("channel", string(channel))
	return s.RenderForm(w, r, "shop/messages", nil, f)
}

func (s *ordering) messagesSet(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	channel := notify.Channel(f.Text("channel"))
	if !channel.Valid() {
		f.Add("channel", "notice.channel")
		return s.RenderForm(w, r, "shop/messages", nil, f)
	}
	if err := s.Outbox.SetChannel(r.Context(), auth.FromContext(r.Context()).ID, channel); err != nil {
		return err
	}
	s.Flash(r, page.Good, "notice.saved")
	return s.GoTo(w, r, "shop.messages")
}
