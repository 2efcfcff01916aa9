package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"banmuyuan/internal/money"
	"banmuyuan/orders"
	"banmuyuan/payments"
	"banmuyuan/payments/bankfile"
)

// bankRow is a line of the file that the bank is given.
type bankRow struct {
	item, holder string
	fen          int64
}

// export downloads a batch's file and reads it as the bank would.
func (w *world) export(t *testing.T, batch payments.PayoutBatch) []bankRow {
	t.Helper()
	file := w.as(t, "operator").send(t, request{method: "GET", path: fmt.Sprintf("/payouts/%d/file?format=csv", batch.ID)})
	if file.status != http.StatusOK || !strings.HasPrefix(file.header.Get("Content-Type"), "text/csv") ||
		!strings.Contains(file.header.Get("Content-Disposition"), "attachment") || file.header.Get("Cache-Control") != "no-store" {
		t.Fatalf("the bank's file: %d %v\n%s", file.status, file.header, file.body)
	}
	table, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(file.body, []byte("\ufeff")))).ReadAll()
	if err != nil || len(table) != batch.Items+1 {
		t.Fatalf("the bank's file has %d lines for %d items: %v", len(table), batch.Items, err)
	}
	column := func(title string) int {
		i := slices.Index(table[0], title)
		if i < 0 {
			t.Fatalf("the bank's file has no column %s: %v", title, table[0])
		}
		return i
	}
	item, holder, yuan := column("业务编号"), column("收款人"), column("金额(元)")
	var rows []bankRow
	var sum int64
	for _, cells := range table[1:] {
		fen, err := money.ParseYuan(cells[yuan])
		if err != nil {
			t.Fatal(err)
		}
		rows, sum = append(rows, bankRow{cells[item], cells[holder], fen}), sum+fen
	}
	if sum != batch.AmountFen {
		t.Errorf("the bank's file comes to %d fen, the batch to %d", sum, batch.AmountFen)
	}
	return rows
}

// resultOf returns the bank's result file: everything paid but the returned items.
func resultOf(t *testing.T, rows []bankRow, returned ...string) []byte {
	t.Helper()
	results := make([]bankfile.ResultRow, len(rows))
	for i, r := range rows {
		results[i] = bankfile.ResultRow{Item: r.item, Fen: r.fen, Paid: true, Date: time.Now()}
		if slices.Contains(returned, r.item) {
			results[i].Paid, results[i].Reason = false, "收款行暂停受理，请重新提交"
		}
	}
	data, err := bankfile.Default().WriteResult(bankfile.CSV, results)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func (w *world) approve(t *testing.T, batch payments.PayoutBatch) payments.PayoutBatch {
	t.Helper()
	decision := fmt.Sprintf("/payouts/%d/decision", batch.ID)
	refuse(t, w.as(t, "operator"), request{method: "POST", path: decision, body: map[string]any{"approve": true}}, http.StatusForbidden)
	approved := post[payments.PayoutBatch](t, w.as(t, "approver"), decision, "", map[string]any{"approve": true})
	if approved.State != payments.BatchApproved || approved.ApprovedBy == "" || approved.ApprovedBy == approved.CreatedBy {
		t.Fatalf("approved, the batch is %+v", approved)
	}
	return approved
}

func countyPaysOut(t *testing.T, s *tale) {
	operator := s.as(t, "operator")
	var owed int64
	households := map[int64]bool{}
	for _, o := range []orders.Order{s.order, s.herd} {
		for _, ticket := range s.tickets(t, o.No) {
			owed += ticket.NetFen
			households[ticket.HouseholdID] = true
		}
	}
	await(t, fmt.Sprintf("release of %d fen to %d households", owed, len(households)), func() (payments.PayoutSummary, bool) {
		sum := get[payments.PayoutSummary](t, operator, "/payouts/summary")
		return sum, sum.ReleasedFen == owed && sum.Households == int64(len(households))
	})

	key := s.key()
	batch := post[payments.PayoutBatch](t, operator, "/payouts", key, map[string]any{})
	if batch.Items != len(households) || batch.AmountFen != owed || batch.State != payments.BatchDraft {
		t.Fatalf("the batch is %+v, owed are %d fen to %d households", batch, owed, len(households))
	}
	if again := post[payments.PayoutBatch](t, operator, "/payouts", key, map[string]any{}); again.ID != batch.ID {
		t.Errorf("the same key made batches %s and %s", batch.No, again.No)
	}
	refuse(t, operator, request{method: "GET", path: fmt.Sprintf("/payouts/%d/file?format=csv", batch.ID)}, http.StatusConflict)
	refuse(t, s.as(t, "clerk"), request{method: "GET", path: "/payouts/summary"}, http.StatusForbidden)
	s.approve(t, batch)
	rows := s.export(t, batch)

	// The bank returns the demo household's item.
	page := get[payments.BatchPage](t, operator, fmt.Sprintf("/payouts/%d?limit=500", batch.ID))
	i := slices.IndexFunc(page.Items, func(i payments.PayoutItem) bool { return i.Household == s.householdID })
	if i < 0 || page.Total != batch.Items {
		t.Fatalf("the demo household is not among %d items", page.Total)
	}
	ours := page.Items[i]
	at := slices.IndexFunc(rows, func(r bankRow) bool { return r.holder == ours.Holder && r.fen == ours.AmountFen })
	if at < 0 || ours.State != payments.ItemSent || !strings.HasPrefix(ours.Number, "•") {
		t.Fatalf("the demo household's item is %+v", ours)
	}
	send := func(batch payments.PayoutBatch, data []byte) payments.ImportedResult {
		return post[payments.ImportedResult](t, operator, fmt.Sprintf("/payouts/%d/result", batch.ID), "", map[string]any{"name": "结果.csv", "data": data})
	}
	answer := resultOf(t, rows, rows[at].item)
	got := send(batch, answer)
	if got.Paid != batch.Items-1 || got.Returned != 1 || got.Already || len(got.Problems) != 0 || got.Batch.State != payments.BatchDone ||
		got.Batch.PaidFen != batch.AmountFen-ours.AmountFen || got.Batch.ReturnedFen != ours.AmountFen {
		t.Fatalf("the bank's answer gave %+v", got)
	}
	balance := get[payments.TrialBalance](t, operator, "/ledger/trial-balance")
	if again := send(batch, answer); !again.Already || again.Batch.PaidFen != got.Batch.PaidFen || again.Batch.ReturnedFen != got.Batch.ReturnedFen {
		t.Errorf("the same answer again gave %+v", again)
	}
	if after := get[payments.TrialBalance](t, operator, "/ledger/trial-balance"); after.SumFen != 0 || !slices.Equal(after.Rows, balance.Rows) {
		t.Errorf("the same answer again moved money:\n%+v\n%+v", balance, after)
	}
	if e := await(t, "the returned item being owed again", func() (orders.IncomeEntry, bool) {
		e, ok := s.fromHerd(s.income(t, s.as(t, "household")))
		return e, ok && e.Released && e.PayoutItem == 0
	}); e.PaidFen != 0 || e.OwedFen != ours.AmountFen {
		t.Errorf("returned by the bank, the household's entry is %+v", e)
	}

	// The returned item is in the next batch, and arrives.
	next := post[payments.PayoutBatch](t, operator, "/payouts", s.key(), map[string]any{})
	if next.ID == batch.ID || next.Items != 1 || next.AmountFen != ours.AmountFen {
		t.Fatalf("the next batch is %+v", next)
	}
	s.approve(t, next)
	if got := send(next, resultOf(t, s.export(t, next))); got.Paid != 1 || got.Returned != 0 || got.Batch.State != payments.BatchDone {
		t.Fatalf("the bank's second answer gave %+v", got)
	}
}

func householdReads(t *testing.T, s *tale) {
	who := s.as(t, "household")
	entry := await(t, "the household's money having come", func() (orders.IncomeEntry, bool) {
		e, ok := s.fromHerd(s.income(t, who))
		return e, ok && e.PaidFen > 0
	})
	if entry.ExpectedFen != 0 || entry.OwedFen != 0 || entry.PaidFen != entry.GrossFen-entry.FeeFen || entry.TicketID == 0 ||
		entry.TicketNo == "" || entry.PayoutItem == 0 || entry.PaidOn == nil || entry.OrderNo != s.herd.No || entry.Programme != "geese" {
		t.Errorf("paid, its entry is %+v", entry)
	}
	// Each line leads to its order, ticket and payout.
	ticket := get[orders.Ticket](t, who, fmt.Sprintf("/tickets/%d", entry.TicketID))
	if ticket.No != entry.TicketNo || ticket.NetFen != entry.PaidFen || ticket.HouseholdID != s.householdID || ticket.Rejected != 1 {
		t.Errorf("its ticket is %+v", ticket)
	}
	account := get[payments.HouseholdAccount](t, who, "/households/"+s.household+"/account")
	i := slices.IndexFunc(account.Payouts, func(p payments.PayoutItem) bool { return p.ID == entry.PayoutItem })
	if i < 0 || account.Payouts[i].State != payments.ItemPaid || account.Payouts[i].AmountFen != entry.PaidFen {
		t.Errorf("its payouts are %+v", account.Payouts)
	}
	income := s.income(t, who)
	var byEntries orders.IncomeSum
	for _, e := range income.Entries {
		byEntries.ExpectedFen += e.ExpectedFen
		byEntries.OwedFen += e.OwedFen
		byEntries.PaidFen += e.PaidFen
	}
	if byEntries != income.Sum {
		t.Errorf("the statement says %+v, its lines come to %+v", income.Sum, byEntries)
	}
	for name, groups := range map[string][]orders.IncomeGroup{"months": income.ByMonth, "programmes": income.ByProgramme} {
		var sum orders.IncomeSum
		for _, g := range groups {
			sum.ExpectedFen += g.ExpectedFen
			sum.OwedFen += g.OwedFen
			sum.PaidFen += g.PaidFen
		}
		if sum != income.Sum {
			t.Errorf("its %s come to %+v, not %+v", name, sum, income.Sum)
		}
	}
	if helped := s.income(t, s.as(t, "helper")); helped.Sum != income.Sum {
		t.Errorf("its helper reads %+v, itself %+v", helped.Sum, income.Sum)
	}
}

// refunded waits until the payments of an order have gone back, at the provider too.
func (w *world) refunded(t *testing.T, o orders.Order) {
	t.Helper()
	ref := orders.PaymentRef(o.ID)
	await(t, "refund of order "+o.No, func() (payments.PaymentPage, bool) {
		page := get[payments.PaymentPage](t, w.as(t, "operator"), "/payments?ref="+ref)
		var paid, back int64
		for _, p := range page.Items {
			if p.State == payments.PaymentSucceeded {
				paid, back = paid+p.AmountFen, back+p.RefundedFen
			}
		}
		return page, paid > 0 && paid == back
	})
}

// oneGoose places the smallest order there is.
func (w *world) oneGoose(t *testing.T, who session) orders.Order {
	t.Helper()
	return post[orders.Order](t, who, "/orders", w.key(), placing{Lines: []orders.QuoteLine{{PresaleID: w.presale(t, "goose-feast").ID, Qty: 1}},
		Delivery: w.pickup(t)})
}

func buyerCancels(t *testing.T, s *tale) {
	before := s.presale(t, "goose-feast").Left
	o := s.oneGoose(t, s.buyer)
	play(t, s.url, s.pay(t, s.buyer, o, "sandbox").URL, "pay")
	o = s.world.order(t, s.buyer, o.No, "confirmed", in(orders.StateConfirmed))
	if !o.CanCancel || o.CancelCost != 0 {
		t.Fatalf("within the free hours the order is %+v", o)
	}
	s.left(t, "goose-feast", "one goose ordered", before-1)
	key := s.key()
	body := map[string]string{"reason": "家里来不了那么多人"}
	for range 2 { // the same key twice cancels once
		o = post[orders.Order](t, s.buyer, "/orders/"+o.No+"/cancel", key, body)
	}
	o = s.world.order(t, s.buyer, o.No, "cancelled and refunded in full", func(o orders.Order) bool {
		return o.State == orders.StateCancelled && o.RefundFen == o.PaidFen && o.PaidFen > 0
	})
	if o.ForfeitFen != 0 || o.DueFen != 0 || o.CanCancel {
		t.Errorf("cancelled, the order is %+v", o)
	}
	s.refunded(t, o)
	s.left(t, "goose-feast", "the order was cancelled", before)
	refuse(t, s.buyer, request{method: "POST", path: "/orders/" + s.order.No + "/cancel", key: s.key(), body: body}, http.StatusConflict)
}

// expiry: an unpaid order gives its stock back, and money that comes too late is taken with stock or sent back in full.
func expiry(t *testing.T, w *world) {
	w.restart(t, "BANMU_PAY_WITHIN=3s")
	defer w.restart(t)
	buyer := w.as(t, "buyer")
	before := w.presale(t, "goose-feast").Left
	never := w.oneGoose(t, buyer)
	never = w.order(t, buyer, never.No, "expired", in(orders.StateExpired))
	if never.PaidFen != 0 || never.DueFen != 0 || never.CanCancel {
		t.Errorf("expired, the order is %+v", never)
	}
	refuse(t, buyer, request{method: "POST", path: "/orders/" + never.No + "/payments", key: w.key(), body: map[string]string{"method": "sandbox"}}, http.StatusConflict)
	w.left(t, "goose-feast", "the order expired", before)

	// The transfer was made in time and reaches the county's account too late.
	var late orders.Order
	var p orders.PayStart
	await(t, "a payment begun in time", func() (answer, bool) {
		late = w.oneGoose(t, buyer)
		a := buyer.send(t, request{method: "POST", path: "/orders/" + late.No + "/payments", key: w.key(), body: map[string]string{"method": "bank_transfer"}})
		if a.status != http.StatusCreated {
			return a, false
		}
		p = decoded[orders.PayStart](t, a)
		return a, true
	})
	w.order(t, buyer, late.No, "expired", in(orders.StateExpired))
	w.transfer(t, p, "迟到的付款人")
	late = w.order(t, buyer, late.No, "taken late, or on its way back", func(o orders.Order) bool {
		return o.PaidFen == p.AmountFen && (o.State == orders.StateConfirmed || o.State == orders.StateExpired && o.RefundFen == o.PaidFen)
	})
	if late.State == orders.StateConfirmed {
		w.left(t, "goose-feast", "the late order has its goose", before-1)
	} else {
		w.left(t, "goose-feast", "the late order was refunded", before)
	}
	w.verified(t)
}
