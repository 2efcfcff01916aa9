package postgres_test

import (
	"fmt"
	"testing"

	"banmuyuan/internal/entry"
	"banmuyuan/internal/link"
	"banmuyuan/payments"
)

func earnedRow(household int, amount string, more ...string) entry.Row {
	cells := map[string]string{"household": fmt.Sprintf("H-%d", household), "year": "2021", "programme": "养鹅", "amount": amount}
	for i := 0; i+1 < len(more); i += 2 {
		cells[more[i]] = more[i+1]
	}
	return entry.Row{Line: household + 2, Cells: cells}
}

// incomeBatch fills a batch of earlier income and has it checked.
func (b *bundle) incomeBatch(rows ...entry.Row) payments.AccountBatch {
	b.t.Helper()
	batch, err := b.svc.OpenAccountBatch(operator, payments.OpenAccountBatch{Name: "历年收入.xlsx", Kind: payments.KindIncome})
	if err == nil {
		_, err = b.svc.AddAccountRows(operator, payments.AccountRows{ID: batch.ID, Rows: rows})
	}
	if err == nil {
		_, err = b.svc.CheckAccountBatch(operator, payments.CheckAccountBatch{ID: batch.ID})
	}
	if err != nil {
		b.t.Fatal(err)
	}
	return b.worked(batch.ID)
}

func (b *bundle) booked(batch payments.AccountBatch) payments.AccountBatch {
	b.t.Helper()
	if _, err := b.svc.SubmitAccountBatch(operator, payments.AccountBatchRef{ID: batch.ID}); err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.svc.DecideAccountBatch(approver, payments.DecideAccountBatch{ID: batch.ID, Approve: true}); err != nil {
		b.t.Fatal(err)
	}
	return b.worked(batch.ID)
}

// facts are the amounts of a household's income facts that stand.
func (b *bundle) facts(household int64) (fen []int64) {
	b.t.Helper()
	page, err := b.svc.IncomeFacts(system(), payments.SourcesRequest{Limit: 5000})
	if err != nil {
		b.t.Fatal(err)
	}
	for _, f := range page.Items {
		if f.Household == household && f.State == payments.PayablePaid {
			fen = append(fen, f.AmountFen)
		}
	}
	return fen
}

func (b *bundle) sound() {
	b.t.Helper()
	found, err := b.svc.Verify(system(), payments.None{})
	if err != nil || len(found.Items) > 0 {
		b.t.Errorf("verify: %v %v", found.Items, err)
	}
}

func TestEarlierIncomeNeedsASecondPerson(t *testing.T) {
	b := setup(t)
	rows := []entry.Row{earnedRow(1, "100"), earnedRow(2, "200.50", "month", "10", "channel", "爱心超市"), earnedRow(3, "300", "fee", "9", "org", "绿源合作社"),
		earnedRow(4, "400", "programme", "养鱼"), earnedRow(5, "500", "year", "2023")}
	batch := b.incomeBatch(rows...)
	if batch.New != 3 || batch.Wrong != 2 || batch.Unusual != 1 || batch.State != payments.AccountsChecked {
		t.Fatalf("checked: %+v", batch)
	}
	if got := b.facts(1); len(got) != 0 {
		t.Errorf("checking booked %v", got)
	}
	if _, err := b.svc.SubmitAccountBatch(operator, payments.AccountBatchRef{ID: batch.ID}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.svc.DecideAccountBatch(operator, payments.DecideAccountBatch{ID: batch.ID, Approve: true}); link.CodeOf(err) != link.Forbidden {
		t.Errorf("its opener approves it: %v", err)
	}
	if got := b.facts(1); len(got) != 0 {
		t.Errorf("submitting booked %v", got)
	}
	if _, err := b.svc.ExcludeAccountRow(approver, payments.ExcludeAccountRow{ID: batch.ID, Line: 4, Why: "不对"}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.svc.DecideAccountBatch(approver, payments.DecideAccountBatch{ID: batch.ID, Approve: true}); err != nil {
		t.Fatal(err)
	}
	if batch = b.worked(batch.ID); batch.State != payments.AccountsDone || batch.Applied != 2 || batch.Excluded != 1 {
		t.Errorf("done: %+v", batch)
	}
	if one, two, three := b.facts(1), b.facts(2), b.facts(3); len(one) != 1 || one[0] != 100_00 || len(two) != 0 || len(three) != 1 || three[0] != 300_00 {
		t.Errorf("booked: %v, %v, %v", one, two, three)
	}
	if h := b.household(3); h.PaidFen != 300_00 || h.ReleasedFen != 0 {
		t.Errorf("household is %+v", h)
	}
	b.sound()
}

func TestEarlierIncomeTwiceChangesNothing(t *testing.T) {
	b := setup(t)
	first := b.booked(b.incomeBatch(earnedRow(1, "100"), earnedRow(2, "200")))
	if first.Applied != 2 {
		t.Fatalf("booked: %+v", first)
	}
	again := b.incomeBatch(earnedRow(1, "100"), earnedRow(2, "200"))
	if again.Unchanged != 2 || again.Changes() != 0 {
		t.Errorf("the same again: %+v", again)
	}
	if _, err := b.svc.SubmitAccountBatch(operator, payments.AccountBatchRef{ID: again.ID}); link.CodeOf(err) != link.Conflict {
		t.Errorf("a batch that changes nothing is submitted: %v", err)
	}
	// Another figure corrects the books, up and down, and once more.
	for _, amounts := range [][2]string{{"130", "150.01"}, {"90", "260"}} {
		fixed := b.booked(b.incomeBatch(earnedRow(1, amounts[0]), earnedRow(2, amounts[1]), earnedRow(3, "5")))
		if fixed.Replaces != 2 || fixed.Applied < 2 || fixed.Skipped != 0 {
			t.Errorf("corrected: %+v", fixed)
		}
		b.sound()
	}
	if one, two := b.facts(1), b.facts(2); len(one) != 1 || one[0] != 90_00 || len(two) != 1 || two[0] != 260_00 {
		t.Errorf("in the books: %v, %v", one, two)
	}
	// The income ledger is told of each: the last figure of household 1 is the figure of the books.
	var told int64
	if err := b.db.Get(&told, `
		SELECT sum(fen) FROM (
			SELECT DISTINCT ON (c->>'k') CASE WHEN c->>'s' = 'paid' THEN (c->>'a')::bigint ELSE 0 END AS fen
			FROM outbox, json_array_elements(data->'changes') c WHERE subject = $1 AND (c->>'h')::bigint = 1
			ORDER BY c->>'k', (c->>'v')::int DESC) latest`, payments.EvtPayables); err != nil || told != 90_00 {
		t.Errorf("the income ledger was told %d fen, want 9000, %v", told, err)
	}
}

// Two sheets with the same row: the second person of the later one saw an empty place in the books.
func TestEarlierIncomeOfTwoSheetsIsBookedOnce(t *testing.T) {
	b := setup(t)
	first, second := b.incomeBatch(earnedRow(1, "100")), b.incomeBatch(earnedRow(1, "150"))
	b.booked(first)
	if late := b.booked(second); late.Applied != 0 || late.Skipped != 1 {
		t.Errorf("the later sheet: %+v", late)
	}
	if got := b.facts(1); len(got) != 1 || got[0] != 100_00 {
		t.Errorf("in the books: %v", got)
	}
	b.sound()
}

func TestVerifyHoldsEarlierIncome(t *testing.T) {
	b := setup(t)
	b.booked(b.incomeBatch(earnedRow(1, "100")))
	b.sound()
	change := func(by int) {
		t.Helper()
		if _, err := b.db.Exec(`UPDATE payable SET amount_fen = amount_fen + $1, gross_fen = gross_fen + $1 WHERE household = 1`, by); err != nil {
			t.Fatal(err)
		}
	}
	change(1)
	defer change(-1)
	found, err := b.svc.Verify(system(), payments.None{})
	if err != nil || len(found.Items) != 1 || found.Items[0].Check != "income.books" {
		t.Errorf("a changed figure: %v %v", found.Items, err)
	}
}
