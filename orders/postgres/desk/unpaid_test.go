package desk

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"

	"banmuyuan/orders"
	"banmuyuan/orders/adopt"
	"banmuyuan/orders/shelf"
	"banmuyuan/payments"
)

// answers is a payment module that knows which references were paid and which questions fail.
type answers struct {
	payments.Service
	paid, fails []string

	mu        sync.Mutex
	now, most int
	asked     []string
	enough    chan struct{} // closed when as many questions wait as may
}

func (a *answers) ExpirePayments(_ context.Context, r payments.Ref) (payments.Expired, error) {
	a.mu.Lock()
	a.now++
	a.most = max(a.most, a.now)
	a.asked = append(a.asked, r.Ref)
	if a.now == unpaidQuestions {
		select {
		case <-a.enough:
		default:
			close(a.enough)
		}
	}
	a.mu.Unlock()
	<-a.enough
	a.mu.Lock()
	a.now--
	a.mu.Unlock()
	if slices.Contains(a.fails, r.Ref) {
		return payments.Expired{}, errors.New("no answer")
	}
	return payments.Expired{Paid: slices.Contains(a.paid, r.Ref)}, nil
}

// One failing question does not hold up the others, a paid order is left alone, and payments is not flooded.
func TestUnpaidAsksAboutAllOfABatch(t *testing.T) {
	t.Parallel()
	pay := &answers{paid: []string{orders.PaymentRef(7)}, fails: []string{orders.PaymentRef(1), orders.PaymentRef(30)}, enough: make(chan struct{})}
	u := NewUnpaid(&Desk{Payments: pay, Log: slog.New(slog.DiscardHandler)}, orderConfig())
	var ids, want []int64
	for id := int64(40); id > 0; id-- {
		ids = append(ids, id)
	}
	for id := int64(1); id <= 40; id++ {
		if id != 1 && id != 7 && id != 30 {
			want = append(want, id)
		}
	}
	if got := u.unpaid(t.Context(), ids); !slices.Equal(got, want) {
		t.Errorf("unpaid are %v", got)
	}
	if len(pay.asked) != 40 || pay.most != unpaidQuestions {
		t.Errorf("%d questions, %d at a time", len(pay.asked), pay.most)
	}
}

func orderConfig() UnpaidConfig[orders.State, orders.Step] {
	return UnpaidConfig[orders.State, orders.Step]{Name: "order", Table: "orders", Version: true, Machine: orders.Machine,
		Expire: orders.StepExpire, Expired: orders.StepExpired, Ref: orders.PaymentRef}
}

// The statements name the machine's states as literals, so that PostgreSQL uses the partial indexes.
func TestUnpaidTakesItsStatesFromTheMachine(t *testing.T) {
	t.Parallel()
	squeeze := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	o := NewUnpaid(nil, orderConfig())
	a := NewUnpaid(nil, UnpaidConfig[adopt.State, adopt.Step]{Name: "adoption", Table: "adoption", Version: true, Machine: adopt.Machine,
		Expire: adopt.StepExpire, Expired: adopt.StepGone})
	s := NewUnpaid(nil, UnpaidConfig[shelf.SaleState, shelf.SaleStep]{Name: "sale", Table: "shelf_sale", Machine: shelf.SaleMachine,
		Expire: shelf.SaleExpire, Expired: shelf.SaleLapse})
	for _, c := range []struct{ got, want string }{
		{o.stopSQL, `UPDATE orders SET state = 'expiring', check_at = $1, version = version + 1 WHERE id IN (SELECT id FROM orders ` +
			`WHERE state = 'placed' AND expires_at <= $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED) RETURNING id`},
		{o.claimSQL, `UPDATE orders SET check_at = $2 WHERE id IN (SELECT id FROM orders ` +
			`WHERE state = 'expiring' AND check_at <= $1 ORDER BY check_at LIMIT $3 FOR UPDATE SKIP LOCKED) RETURNING id`},
		{a.stopSQL, `UPDATE adoption SET state = 'expiring', check_at = $1, version = version + 1 WHERE id IN (SELECT id FROM adoption ` +
			`WHERE state = 'placed' AND expires_at <= $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED) RETURNING id`},
		{s.stopSQL, `UPDATE shelf_sale SET state = 'expiring', check_at = $1 WHERE id IN (SELECT id FROM shelf_sale ` +
			`WHERE state = 'placed' AND expires_at <= $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED) RETURNING id`},
		{s.claimSQL, `UPDATE shelf_sale SET check_at = $2 WHERE id IN (SELECT id FROM shelf_sale ` +
			`WHERE state = 'expiring' AND check_at <= $1 ORDER BY check_at LIMIT $3 FOR UPDATE SKIP LOCKED) RETURNING id`},
	} {
		if squeeze(c.got) != c.want {
			t.Errorf("the statement is\n%s\nwant\n%s", squeeze(c.got), c.want)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("a machine without a way from stopped to ended is accepted")
		}
	}()
	wrong := orderConfig()
	wrong.Expired = orders.StepPaid
	NewUnpaid(nil, wrong)
}

func TestStateList(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		states []string
		want   string
	}{
		{nil, ""}, {[]string{"placed"}, `'placed'`}, {[]string{"placed", "it's"}, `'placed', 'it''s'`},
	} {
		if got := StateList(c.states); got != c.want {
			t.Errorf("StateList(%q) = %s, want %s", c.states, got, c.want)
		}
	}
	if got := StateIs("o.state", []string{"paid"}); got != `o.state = 'paid'` {
		t.Errorf("one state is %s", got)
	}
	if got := StateIs("o.state", []string{"confirmed", "weighing"}); got != `o.state IN ('confirmed', 'weighing')` {
		t.Errorf("two states are %s", got)
	}
}
