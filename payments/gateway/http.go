package gateway

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"time"
)

// maxWebhook is far above the size of any provider's webhook.
const maxWebhook = 256 << 10

// Inbox keeps announcements until a worker gets to them. The same event again is success.
type Inbox interface {
	StoreEvent(ctx context.Context, provider string, e Event, body []byte) error
}

// Pages is a gateway with pages of its own, below "/pay/{name}/".
type Pages interface {
	Gateway
	Handler() http.Handler
}

// Handler serves the payment module's public addresses, mounted at "/pay/": "/pay/webhooks/{gateway}" takes
// announcements, "/pay/{gateway}/" are the gateway's own pages. An announcement is stored as it came, answered with 200
// and looked at later; only webhooks without the provider's signature are refused.
func Handler(inbox Inbox, now func() time.Time, log *slog.Logger, gateways ...Gateway) http.Handler {
	mux := http.NewServeMux()
	for _, g := range gateways {
		if pages, ok := g.(Pages); ok {
			mux.Handle("/pay/"+g.Name()+"/", pages.Handler())
		}
		if hooks, ok := g.(Webhooks); ok {
			mux.Handle("POST /pay/webhooks/"+g.Name(), webhook{inbox, now, log, hooks})
		}
	}
	return mux
}

type webhook struct {
	inbox Inbox
	now   func() time.Time
	log   *slog.Logger
	from  Webhooks
}

func (h webhook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxWebhook))
	if err != nil {
		status := http.StatusBadRequest
		if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
			status = http.StatusRequestEntityTooLarge
		}
		http.Error(w, http.StatusText(status), status)
		return
	}
	e, err := h.from.Parse(r.Header, body, h.now())
	if err != nil {
		h.log.Warn("webhook refused", "gateway", h.from.Name(), "error", err)
		http.Error(w, http.StatusText(http.StatusBadRequest), http.StatusBadRequest)
		return
	}
	if err := h.inbox.StoreEvent(r.Context(), h.from.Name(), e, body); err != nil {
		// Not stored, so not taken: the provider sends it again.
		h.log.Error("store webhook", "gateway", h.from.Name(), "event", e.ID, "error", err)
		http.Error(w, http.StatusText(http.StatusServiceUnavailable), http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(http.StatusOK)
}
