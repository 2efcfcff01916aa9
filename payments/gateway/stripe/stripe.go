// Package stripe takes payments through Stripe Checkout: cards, Alipay and WeChat Pay on a page of Stripe's. It is the
// only package that knows Stripe's library.
//
// Invariants beside those of gateway.Gateway: every request that changes something carries the caller's idempotency key and
// depends only on the caller's stored data, or Stripe would refuse it when it is repeated; nothing personal is sent, in metadata or elsewhere.
package stripe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	stripe "github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/client"
	"github.com/stripe/stripe-go/v76/webhook"

	"banmuyuan/payments"
	"banmuyuan/payments/gateway"
)

// Config of a Gateway. Without both secrets there is none.
type Config struct {
	SecretKey     string // STRIPE_SECRET_KEY
	WebhookSecret string // STRIPE_WEBHOOK_SECRET
	Methods       []string
	URL           string // Stripe's API unless set
	HTTPClient    *http.Client
}

// Gateway is Stripe. It is a gateway.Webhooks, Audited and Disputed.
type Gateway struct {
	api     *client.API
	secret  string
	methods []string
	live    bool
}

// New makes a gateway, or names the missing setting.
func New(cfg Config) (*Gateway, error) {
	if cfg.SecretKey == "" || cfg.WebhookSecret == "" {
		return nil, errors.New("stripe needs STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET")
	}
	if len(cfg.Methods) == 0 {
		cfg.Methods = []string{"card", "alipay", "wechat_pay"}
	}
	if cfg.HTTPClient == nil {
		cfg.HTTPClient = &http.Client{Timeout: 20 * time.Second}
	}
	// A configuration of its own for each backend: the library keeps and changes it.
	backend := func(kind stripe.SupportedBackend) stripe.Backend {
		bc := &stripe.BackendConfig{HTTPClient: cfg.HTTPClient, MaxNetworkRetries: stripe.Int64(1),
			LeveledLogger: &stripe.LeveledLogger{Level: stripe.LevelNull}}
		if cfg.URL != "" {
			bc.URL = stripe.String(cfg.URL)
		}
		return stripe.GetBackendWithConfig(kind, bc)
	}
	api := client.New(cfg.SecretKey, &stripe.Backends{API: backend(stripe.APIBackend), Connect: backend(stripe.ConnectBackend),
		Uploads: backend(stripe.UploadsBackend)})
	return &Gateway{api: api, secret: cfg.WebhookSecret, methods: cfg.Methods,
		live: strings.HasPrefix(cfg.SecretKey, "sk_live_") || strings.HasPrefix(cfg.SecretKey, "rk_live_")}, nil
}

// Name is the gateway's name.
func (g *Gateway) Name() string { return payments.Stripe }

const metadataPayment, metadataRefund = "payment_id", "refund_id"

// Create opens a Checkout Session. It gets no expiry: Stripe allows none under half an hour, and the module expires the
// session itself.
func (g *Gateway) Create(ctx context.Context, r gateway.Request) (gateway.Session, error) {
	id := strconv.FormatInt(r.PaymentID, 10)
	name := r.Description
	if name == "" {
		name = "半亩园"
	}
	p := &stripe.CheckoutSessionParams{
		Mode:               stripe.String(string(stripe.CheckoutSessionModePayment)),
		PaymentMethodTypes: stripe.StringSlice(g.methods),
		ClientReferenceID:  stripe.String(id),
		SuccessURL:         stripe.String(r.ReturnURL),
		CancelURL:          stripe.String(r.ReturnURL),
		Locale:             stripe.String("auto"),
		LineItems: []*stripe.CheckoutSessionLineItemParams{{
			Quantity: stripe.Int64(1),
			PriceData: &stripe.CheckoutSessionLineItemPriceDataParams{
				Currency: stripe.String(string(stripe.CurrencyCNY)), UnitAmount: stripe.Int64(r.AmountFen),
				ProductData: &stripe.CheckoutSessionLineItemPriceDataProductDataParams{Name: stripe.String(name)},
			},
		}},
		Metadata:          map[string]string{metadataPayment: id},
		PaymentIntentData: &stripe.CheckoutSessionPaymentIntentDataParams{Metadata: map[string]string{metadataPayment: id}},
	}
	for _, m := range g.methods {
		if m == "wechat_pay" {
			p.PaymentMethodOptions = &stripe.CheckoutSessionPaymentMethodOptionsParams{
				WeChatPay: &stripe.CheckoutSessionPaymentMethodOptionsWeChatPayParams{Client: stripe.String("web")}}
		}
	}
	p.Context = ctx
	p.IdempotencyKey = stripe.String(r.Key)
	s, err := g.api.CheckoutSessions.New(p)
	if err != nil {
		return gateway.Session{}, mapped("create session", "payment.provider_refused", err)
	}
	return gateway.Session{ID: s.ID, URL: s.URL, ExpiresAt: unix(s.ExpiresAt)}, nil
}

func unix(t int64) time.Time {
	if t == 0 {
		return time.Time{}
	}
	return time.Unix(t, 0).UTC()
}

func (g *Gateway) session(ctx context.Context, id string) (*stripe.CheckoutSession, error) {
	p := &stripe.CheckoutSessionParams{}
	p.Context = ctx
	p.AddExpand("payment_intent.latest_charge")
	s, err := g.api.CheckoutSessions.Get(id, p)
	if err != nil {
		return nil, mapped("get session", "payment.provider_refused", err)
	}
	return s, nil
}

// Lookup tells a session's state.
func (g *Gateway) Lookup(ctx context.Context, id string) (gateway.Status, error) {
	s, err := g.session(ctx, id)
	if err != nil {
		return gateway.Status{}, err
	}
	return status(s)
}

// Days in which a wallet's payment can be refunded; cards have no fixed end.
var refundDays = map[stripe.ChargePaymentMethodDetailsType]int{"alipay": 90, "wechat_pay": 180}

func status(s *stripe.CheckoutSession) (gateway.Status, error) {
	switch {
	case s.PaymentStatus == stripe.CheckoutSessionPaymentStatusPaid:
		if s.Currency != stripe.CurrencyCNY {
			return gateway.Status{}, fmt.Errorf("session %s was paid in %s: %w", s.ID, s.Currency, gateway.ErrUnknown)
		}
		st := gateway.Status{State: payments.PaymentSucceeded, AmountFen: s.AmountTotal}
		if pi := s.PaymentIntent; pi != nil && pi.LatestCharge != nil {
			st.PaidAt = unix(pi.LatestCharge.Created)
			if d := pi.LatestCharge.PaymentMethodDetails; d != nil && refundDays[d.Type] > 0 && !st.PaidAt.IsZero() {
				st.RefundableUntil = st.PaidAt.AddDate(0, 0, refundDays[d.Type])
			}
		}
		return st, nil
	case s.Status == stripe.CheckoutSessionStatusExpired:
		return gateway.Status{State: payments.PaymentExpired}, nil
	case s.Status == stripe.CheckoutSessionStatusComplete && s.PaymentIntent != nil &&
		(s.PaymentIntent.Status == stripe.PaymentIntentStatusRequiresPaymentMethod || s.PaymentIntent.Status == stripe.PaymentIntentStatusCanceled):
		return gateway.Status{State: payments.PaymentFailed, FailureKey: "payment.declined"}, nil
	}
	// Open, or completed and on its way: completed is not paid.
	return gateway.Status{State: payments.PaymentOpen}, nil
}

// Expire ends an open session; Stripe refuses that for any other, which is then told as it is.
func (g *Gateway) Expire(ctx context.Context, id string) (gateway.Status, error) {
	p := &stripe.CheckoutSessionExpireParams{}
	p.Context = ctx
	_, err := g.api.CheckoutSessions.Expire(id, p)
	if err != nil {
		var refused *gateway.Refused
		if err = mapped("expire session", "payment.provider_refused", err); !errors.As(err, &refused) {
			return gateway.Status{}, err
		}
	}
	return g.Lookup(ctx, id)
}

// Refund sends money back.
func (g *Gateway) Refund(ctx context.Context, r gateway.RefundRequest) (gateway.RefundStatus, error) {
	s, err := g.session(ctx, r.SessionID)
	if err != nil {
		return gateway.RefundStatus{}, err
	}
	if s.PaymentIntent == nil {
		return gateway.RefundStatus{}, &gateway.Refused{Key: "refund.provider_refused", Cause: fmt.Errorf("session %s has no payment", s.ID)}
	}
	p := &stripe.RefundParams{Amount: stripe.Int64(r.AmountFen), PaymentIntent: stripe.String(s.PaymentIntent.ID),
		Metadata: map[string]string{metadataRefund: strconv.FormatInt(r.RefundID, 10)}}
	p.Context = ctx
	p.IdempotencyKey = stripe.String(r.Key)
	refund, err := g.api.Refunds.New(p)
	if err != nil {
		return gateway.RefundStatus{}, mapped("refund", "refund.provider_refused", err)
	}
	return refundStatus(refund), nil
}

func refundStatus(r *stripe.Refund) gateway.RefundStatus {
	st := gateway.RefundStatus{ID: r.ID, State: payments.RefundPending}
	switch r.Status {
	case stripe.RefundStatusSucceeded:
		st.State = payments.RefundSucceeded
	case stripe.RefundStatusFailed, stripe.RefundStatusCanceled:
		st.State, st.FailureKey = payments.RefundFailed, "refund.provider_failed"
	}
	return st
}

// LookupRefund finds a refund by id, or among the payment's refunds by our own id.
func (g *Gateway) LookupRefund(ctx context.Context, id string, r gateway.RefundRequest) (gateway.RefundStatus, error) {
	if id != "" {
		p := &stripe.RefundParams{}
		p.Context = ctx
		refund, err := g.api.Refunds.Get(id, p)
		if err != nil {
			return gateway.RefundStatus{}, mapped("get refund", "refund.provider_refused", err)
		}
		return refundStatus(refund), nil
	}
	s, err := g.session(ctx, r.SessionID)
	if err != nil {
		return gateway.RefundStatus{}, err
	}
	if s.PaymentIntent != nil {
		p := &stripe.RefundListParams{PaymentIntent: stripe.String(s.PaymentIntent.ID)}
		p.Context = ctx
		list := g.api.Refunds.List(p)
		for list.Next() {
			if list.Refund().Metadata[metadataRefund] == strconv.FormatInt(r.RefundID, 10) {
				return refundStatus(list.Refund()), nil
			}
		}
		if err := list.Err(); err != nil {
			return gateway.RefundStatus{}, mapped("list refunds", "refund.provider_refused", err)
		}
	}
	return gateway.RefundStatus{}, fmt.Errorf("refund %d: %w", r.RefundID, gateway.ErrNotFound)
}

// mapped distinguishes a definite refusal from a missing answer. Stripe saves its answer to a key, a failure of its
// own included, so 500 says nothing about the effect; 409 is the same key being worked on, 429 comes before any work but
// may hide an earlier try.
func mapped(what, key string, err error) error {
	var se *stripe.Error
	if !errors.As(err, &se) || se.HTTPStatusCode >= 500 || se.HTTPStatusCode == http.StatusConflict ||
		se.HTTPStatusCode == http.StatusTooManyRequests || se.HTTPStatusCode == 0 {
		return fmt.Errorf("%s: %w: %w", what, gateway.ErrUnknown, err)
	}
	if se.HTTPStatusCode == http.StatusNotFound || se.Code == stripe.ErrorCodeResourceMissing {
		return fmt.Errorf("%s: %w: %w", what, gateway.ErrNotFound, err)
	}
	return &gateway.Refused{Key: key, Cause: fmt.Errorf("%s: %w", what, err)}
}

// Parse checks Stripe's signature. The library lets signatures of the future pass, which a thief of an old secret could
// have made for all time.
func (g *Gateway) Parse(h http.Header, body []byte, now time.Time) (gateway.Event, error) {
	header := h.Get("Stripe-Signature")
	if err := webhook.ValidatePayload(body, header, g.secret); err != nil {
		return gateway.Event{}, fmt.Errorf("stripe webhook: %w: %w", gateway.ErrSignature, err)
	}
	for part := range strings.SplitSeq(header, ",") {
		if name, value, _ := strings.Cut(part, "="); name == "t" {
			at, err := strconv.ParseInt(value, 10, 64)
			if err != nil || time.Unix(at, 0).Sub(now) > webhook.DefaultTolerance {
				return gateway.Event{}, fmt.Errorf("stripe webhook signed in the future: %w", gateway.ErrSignature)
			}
		}
	}
	var e stripe.Event
	if err := json.Unmarshal(body, &e); err != nil {
		return gateway.Event{}, fmt.Errorf("decode stripe webhook: %w", err)
	}
	if e.ID == "" || e.Data == nil {
		return gateway.Event{}, errors.New("stripe webhook without an id")
	}
	out := gateway.Event{ID: e.ID, Type: string(e.Type), Live: e.Livemode, Version: e.APIVersion}
	object, _ := e.Data.Object["object"].(string)
	id, _ := e.Data.Object["id"].(string)
	switch object {
	case "checkout.session":
		out.SessionID = id
	case "refund":
		out.RefundID = id
	case "dispute":
		out.DisputeID = id
	}
	return out, nil
}

// Accepts takes events of our own mode and API version only.
func (g *Gateway) Accepts(e gateway.Event) bool {
	return e.Live == g.live && e.Version == stripe.APIVersion
}
