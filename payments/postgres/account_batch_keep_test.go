package postgres_test

import (
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"banmuyuan/internal/entry"
	"banmuyuan/internal/link"
	"banmuyuan/payments"
)

// One person stands for all rows of a batch: nobody else adds to it or takes it further.
func TestABatchIsItsOpeners(t *testing.T) {
	b := setup(t)
	batch := b.accountBatch(sheetRow(1))
	ref, other := payments.AccountBatchRef{ID: batch.ID}, as("operator", 14)
	for name, do := range map[string]func() error{
		"add": func() error {
			_, err := b.svc.AddAccountRows(other, payments.AccountRows{ID: batch.ID, Rows: []entry.Row{sheetRow(2)}})
			return err
		},
		"check": func() error {
			_, err := b.svc.CheckAccountBatch(other, payments.CheckAccountBatch{ID: batch.ID})
			return err
		},
		"submit": func() error { _, err := b.svc.SubmitAccountBatch(other, ref); return err },
		"drop":   func() error { _, err := b.svc.DropAccountBatch(other, ref); return err },
		"wrong rows": func() error {
			_, err := b.svc.AccountBatchWrong(other, payments.AccountBatchWrongRequest{ID: batch.ID})
			return err
		},
	} {
		err := do()
		t.Run(name, func(t *testing.T) { wantCode(t, err, link.Forbidden, "accounts.opener") })
	}
}

// The import ends and the accounts are handed over while a check reads the register as it was: that check is done again.
func TestACheckAskedForMeanwhileIsDoneAgain(t *testing.T) {
	b := setup(t)
	batch, err := b.svc.OpenAccountBatch(operator, payments.OpenAccountBatch{Name: "青禾县.xlsx", Workbook: 5})
	if err == nil {
		_, err = b.svc.AddAccountRows(operator, payments.AccountRows{ID: batch.ID, Rows: []entry.Row{sheetRow(1)}})
	}
	if err != nil {
		t.Fatal(err)
	}
	b.people.checked = true
	b.people.during = func() {
		b.people.checked = false
		if _, err := b.svc.CheckAccountBatch(operator, payments.CheckAccountBatch{ID: batch.ID, Submit: true}); err != nil {
			t.Error(err)
		}
	}
	if _, err := b.svc.CheckAccountBatch(operator, payments.CheckAccountBatch{ID: batch.ID}); err != nil {
		t.Fatal(err)
	}
	if got := b.worked(batch.ID); got.State != payments.AccountsWaiting || got.New != 1 {
		t.Errorf("handed over while it was checked: %+v", got)
	}
}

// kept counts the rows of a batch that are still sealed as they were sent.
func (b *bundle) kept(id int64) (n int) {
	b.t.Helper()
	if err := b.db.Get(&n, `SELECT count(*) FROM account_batch_row WHERE batch_id = $1 AND sealed IS NOT NULL`, id); err != nil {
		b.t.Fatal(err)
	}
	return n
}

// Rows hold names and account numbers: they are forgotten once they are applied or given up, wrong ones after a day, and a batch
// that waits for its second person keeps them.
func TestRowsOfASheetAreKeptForADay(t *testing.T) {
	b := setup(t)
	wrong := sheetRow(9)
	wrong.Cells["holder"] = "别人"
	waiting := b.submitted(sheetRow(1))
	idle := b.accountBatch(sheetRow(2))
	done := b.submitted(sheetRow(3), wrong)
	if _, err := b.svc.DecideAccountBatch(approver, payments.DecideAccountBatch{ID: done.ID, Approve: true}); err != nil {
		t.Fatal(err)
	}
	b.worked(done.ID)
	b.clock.forward(23 * time.Hour)
	b.worked(done.ID)
	if w, i, d := b.kept(waiting.ID), b.kept(idle.ID), b.kept(done.ID); w != 1 || i != 1 || d != 1 {
		t.Errorf("before a day is over, %d, %d and %d rows are kept", w, i, d)
	}
	b.clock.forward(2 * time.Hour)
	if got := b.worked(idle.ID); got.State != payments.AccountsDropped {
		t.Errorf("left alone for a day: %+v", got)
	}
	if got := b.worked(waiting.ID); got.State != payments.AccountsWaiting {
		t.Errorf("waiting for a second person: %+v", got)
	}
	if w, i, d := b.kept(waiting.ID), b.kept(idle.ID), b.kept(done.ID); w != 1 || i != 0 || d != 0 {
		t.Errorf("after a day, %d, %d and %d rows are kept", w, i, d)
	}
	again := b.submitted(sheetRow(3), sheetRow(4))
	if _, err := b.svc.DecideAccountBatch(approver, payments.DecideAccountBatch{ID: again.ID, Approve: true}); err != nil {
		t.Fatal(err)
	}
	if got := b.worked(again.ID); got.Unchanged != 1 || b.kept(again.ID) != 0 {
		t.Errorf("unchanged rows of a batch that is done are kept: %d of %+v", b.kept(again.ID), got)
	}
}

// A county's sheet: 11,187 accounts in one batch. BANMU_LONG=1 runs it and says how long it took.
func TestACountysSheetOfAccounts(t *testing.T) {
	if os.Getenv("BANMU_LONG") == "" {
		t.Skip("BANMU_LONG=1 runs it")
	}
	b := setup(t)
	rows := make([]entry.Row, 11_187)
	for i := range rows {
		rows[i] = sheetRow(int64(i + 1))
	}
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	begun := time.Now()
	batch := b.accountBatch(rows...)
	checked := time.Now()
	if batch.New != int64(len(rows)) {
		t.Fatalf("checked: %+v", batch)
	}
	if _, err := b.svc.SubmitAccountBatch(operator, payments.AccountBatchRef{ID: batch.ID}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.svc.DecideAccountBatch(approver, payments.DecideAccountBatch{ID: batch.ID, Approve: true}); err != nil {
		t.Fatal(err)
	}
	if batch = b.worked(batch.ID); batch.Applied != int64(len(rows)) {
		t.Errorf("applied: %+v", batch)
	}
	applied := time.Now()
	runtime.ReadMemStats(&after)
	status, err := os.ReadFile("/proc/self/status")
	peak := ""
	if err == nil {
		for line := range strings.Lines(string(status)) {
			if strings.HasPrefix(line, "VmHWM") {
				peak = strings.TrimSpace(line)
			}
		}
	}
	t.Logf("%d rows: checked in %v, applied in %v, %d MB allocated, %s", len(rows), checked.Sub(begun).Round(time.Millisecond),
		applied.Sub(checked).Round(time.Millisecond), (after.TotalAlloc-before.TotalAlloc)>>20, peak)
}
