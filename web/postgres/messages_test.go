package postgres_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"banmuyuan/web/auth"
	"banmuyuan/web/notify"
)

func TestOutbox(t *testing.T) {
	t.Parallel()
	s := setup(t)
	ctx := t.Context()
	o := s.Outbox()
	a, err := s.Create(ctx, auth.Account{Login: "13800138000", Name: "林晓", Role: auth.Buyer, PasswordHash: hash})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().Truncate(time.Millisecond)
	placed := notify.Queued{Event: "orders-1-x", Kind: "order.placed", About: "order:12", Account: a.ID, SendAt: now}
	soon := placed
	soon.Kind, soon.SendAt = "order.deposit_soon", now.Add(time.Hour)
	for range 2 { // the event comes twice
		if err := o.Queue(ctx, []notify.Queued{placed, soon}); err != nil {
			t.Fatal(err)
		}
	}
	if all, err := o.About(ctx, a.ID, "order:12"); err != nil || len(all) != 2 {
		t.Fatalf("%+v %v", all, err)
	}
	var claimed atomic.Int64
	var all sync.WaitGroup
	for range 6 { // processes
		all.Go(func() {
			due, err := o.Claim(ctx, now, time.Minute, 10)
			if err != nil {
				t.Error(err)
			}
			claimed.Add(int64(len(due)))
		})
	}
	all.Wait()
	if claimed.Load() != 1 {
		t.Errorf("claimed %d times", claimed.Load())
	}
	if due, err := o.Claim(ctx, now.Add(2*time.Minute), time.Minute, 10); err != nil || len(due) != 1 || due[0].Attempts != 2 {
		t.Fatalf("after the lease: %+v %v", due, err)
	} else if err := o.Done(ctx, due[0].ID, notify.StepSend, notify.ByText, []byte("sum"), now); err != nil {
		t.Fatal(err)
	} else if err := o.Done(ctx, due[0].ID, notify.StepFail, notify.ByText, nil, now); err != nil {
		t.Fatal(err)
	} else if err := o.Later(ctx, due[0].ID, now, true); err != nil {
		t.Fatal(err)
	}
	list, err := o.About(ctx, a.ID, "order:12")
	if err != nil || list[0].State != notify.Sent || list[0].Channel != notify.ByText || list[1].State != notify.Waiting {
		t.Errorf("%+v %v", list, err)
	}
	if due, err := o.Claim(ctx, now.Add(30*time.Minute), time.Minute, 10); err != nil || len(due) != 0 {
		t.Errorf("before its time: %+v %v", due, err)
	}
	for digest, want := range map[string]bool{"sum": true, "other": false} {
		if said, err := o.Said(ctx, a.ID, "order:12", []byte(digest)); err != nil || said != want {
			t.Errorf("%s: %v %v", digest, said, err)
		}
	}
	if c, err := o.ChannelOf(ctx, a.ID); err != nil || c != notify.ByText {
		t.Errorf("without a choice: %s %v", c, err)
	}
	for _, c := range []notify.Channel{notify.ByNone, notify.ByText, notify.ByNone} {
		if err := o.SetChannel(ctx, a.ID, c); err != nil {
			t.Fatal(err)
		}
		if got, err := o.ChannelOf(ctx, a.ID); err != nil || got != c {
			t.Errorf("%s %v", got, err)
		}
	}
}
