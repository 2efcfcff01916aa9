package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"banmuyuan/internal/entry"
	"banmuyuan/internal/link"
	"banmuyuan/payments"
)

// register is the county's register in tests: household n has the code H-n and the head 户主n; a test changes some.
type register struct {
	mu      sync.Mutex
	changed map[int64]payments.RegisteredHousehold
	down    bool
	busy    bool // with the workbook
	checked bool // the workbook is checked and not loaded
	asked   int
	during  func() // called once, between the register's answer and its arrival
}

func (r *register) RegisteredHouseholds(ctx context.Context, workbook int64, keys []payments.HouseholdKey) ([]payments.RegisteredHousehold, error) {
	out, err := r.answer(ctx, workbook, keys)
	if during := r.during; during != nil {
		r.during = nil
		during()
	}
	return out, err
}

func (r *register) answer(_ context.Context, workbook int64, keys []payments.HouseholdKey) ([]payments.RegisteredHousehold, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.asked++; r.down {
		return nil, link.E(link.Unavailable, "unavailable", "")
	}
	if r.busy && workbook != 0 {
		return nil, payments.ErrRegisterBusy
	}
	out := make([]payments.RegisteredHousehold, len(keys))
	for i, k := range keys {
		id := k.ID
		if id == 0 {
			_, _ = fmt.Sscanf(k.Code, "H-%d", &id)
		}
		if id == 0 {
			continue
		}
		out[i] = payments.RegisteredHousehold{ID: id, Code: fmt.Sprintf("H-%d", id), Head: fmt.Sprintf("户主%d", id), Members: []string{"家人"}}
		if h, ok := r.changed[id]; ok {
			out[i] = h
		}
		if r.checked && workbook != 0 {
			out[i].ID = -id
		}
	}
	return out, nil
}

// RegisteredNames: geese and garden, and one cooperative; 2030 is a season.
func (r *register) RegisteredNames(_ context.Context, workbook int64) (payments.RegisteredNames, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.down {
		return payments.RegisteredNames{}, link.E(link.Unavailable, "unavailable", "")
	}
	if r.busy && workbook != 0 {
		return payments.RegisteredNames{}, payments.ErrRegisterBusy
	}
	return payments.RegisteredNames{Programmes: map[string]string{"geese": "geese", "养鹅": "geese", "garden": "garden"}, Organisations: map[string]int64{"绿源合作社": 7}, Seasons: []int{2023}}, nil
}

func sheetRow(household int64) entry.Row {
	return entry.Row{Line: int(household) + 2, Cells: map[string]string{"household": fmt.Sprintf("H-%d", household),
		"holder": fmt.Sprintf("户主%d", household), "bank": "青禾农商银行", "number": fmt.Sprintf("%015d", 150_320_100_000_000+household)}}
}

// accountBatch fills a batch and has it checked.
func (b *bundle) accountBatch(rows ...entry.Row) payments.AccountBatch {
	b.t.Helper()
	batch, err := b.svc.OpenAccountBatch(operator, payments.OpenAccountBatch{Name: "发卡清单.xlsx"})
	if err != nil {
		b.t.Fatal(err)
	}
	for len(rows) > 0 {
		n := min(len(rows), payments.MaxAccountRows)
		if _, err := b.svc.AddAccountRows(operator, payments.AccountRows{ID: batch.ID, Rows: rows[:n]}); err != nil {
			b.t.Fatal(err)
		}
		rows = rows[n:]
	}
	if _, err := b.svc.CheckAccountBatch(operator, payments.CheckAccountBatch{ID: batch.ID}); err != nil {
		b.t.Fatal(err)
	}
	return b.worked(batch.ID)
}

// worked lets the module work until it has nothing to do and returns the batch.
func (b *bundle) worked(id int64) payments.AccountBatch {
	b.t.Helper()
	for {
		n, err := b.svc.Work(context.Background())
		if err != nil {
			b.t.Fatal(err)
		}
		if n == 0 {
			break
		}
	}
	batch, err := b.svc.AccountBatch(operator, payments.AccountBatchRef{ID: id})
	if err != nil {
		b.t.Fatal(err)
	}
	return batch
}

func (b *bundle) submitted(rows ...entry.Row) payments.AccountBatch {
	b.t.Helper()
	batch := b.accountBatch(rows...)
	batch, err := b.svc.SubmitAccountBatch(operator, payments.AccountBatchRef{ID: batch.ID})
	if err != nil || batch.State != payments.AccountsWaiting {
		b.t.Fatalf("submitted: %+v %v", batch, err)
	}
	return batch
}

func (b *bundle) inUse(id int64) string {
	b.t.Helper()
	h, err := b.svc.HouseholdAccount(household(id), payments.HouseholdRef{ID: id})
	if err != nil {
		b.t.Fatal(err)
	}
	if h.Account == nil || h.Account.State != "active" {
		return ""
	}
	return h.Account.Number
}

func TestASheetOfAccountsNeedsASecondPerson(t *testing.T) {
	b := setup(t)
	member := sheetRow(2)
	member.Cells["holder"], member.Cells["reason"], member.Cells["document"] = "家人", "户主住院", "委托书 3 号"
	stranger := sheetRow(3)
	stranger.Cells["holder"] = "别人"
	batch := b.submitted(sheetRow(1), member, stranger, sheetRow(4))
	if batch.New != 3 || batch.Wrong != 1 || batch.Unusual != 1 {
		t.Fatalf("checked: %+v", batch)
	}
	if b.inUse(1) != "" {
		t.Fatal("an account is in use before a second person saw it")
	}
	page, err := b.svc.AccountBatchRows(approver, payments.AccountBatchRowsRequest{ID: batch.ID, Show: payments.ShowUnusual})
	if err != nil || len(page.Items) != 1 || page.Items[0].Findings[0].Key != "accounts.holder.member" || strings.Contains(fmt.Sprint(page), "1503201") {
		t.Fatalf("unusual rows: %+v %v", page, err)
	}
	approve := payments.DecideAccountBatch{ID: batch.ID, Approve: true, Why: "电话核对"}
	_, err = b.svc.DecideAccountBatch(operator, approve)
	wantCode(t, err, link.Forbidden, "forbidden")
	_, err = b.svc.DecideAccountBatch(as("approver", 11), approve) // the same account, now an approver
	wantCode(t, err, link.Forbidden, "accounts.second")
	_, err = b.svc.DecideAccountBatch(as("admin", 13), approve)
	wantCode(t, err, link.Forbidden, "forbidden")
	_, err = b.svc.ExcludeAccountRow(as("approver", 11), payments.ExcludeAccountRow{ID: batch.ID, Line: 4, Why: "未核实"})
	wantCode(t, err, link.Forbidden, "accounts.second")
	if _, err := b.svc.ExcludeAccountRow(approver, payments.ExcludeAccountRow{ID: batch.ID, Line: 4, Why: "未核实"}); err != nil {
		t.Fatal(err)
	}
	for range 2 { // sent twice
		if _, err = b.svc.DecideAccountBatch(approver, approve); err != nil {
			t.Fatal(err)
		}
	}
	batch = b.worked(batch.ID)
	if batch.State != payments.AccountsDone || batch.Applied != 2 || batch.Excluded != 1 {
		t.Fatalf("applied: %+v", batch)
	}
	if b.inUse(1) == "" || b.inUse(2) != "" || b.inUse(3) != "" {
		t.Error("the wrong accounts are in use")
	}
	log, err := b.svc.AccountHistory(operator, payments.HouseholdRef{ID: 1})
	if err != nil || len(log.Items) != 1 || log.Items[0].Batch != batch.ID || log.Items[0].Sheet != "发卡清单.xlsx" || log.Items[0].EnteredBy != "operator11" || log.Items[0].ApprovedBy != "approver12" {
		t.Errorf("history: %+v %v", log, err)
	}
	if h, err := b.svc.HouseholdAccount(household(1), payments.HouseholdRef{ID: 1}); err != nil || h.Account.Batch != batch.ID || h.Account.Sheet != "发卡清单.xlsx" || h.Account.ApprovedBy != "approver12" {
		t.Errorf("the account names its sheet as %+v %v", h.Account, err)
	}
	wrong, err := b.svc.AccountBatchWrong(operator, payments.AccountBatchWrongRequest{ID: batch.ID})
	if err != nil || len(wrong.Rows) != 2 || wrong.Rows[1].Cells["number"] != stranger.Cells["number"] {
		t.Errorf("wrong rows: %+v %v", wrong, err)
	}
	_, err = b.svc.AccountBatchWrong(approver, payments.AccountBatchWrongRequest{ID: batch.ID})
	wantCode(t, err, link.Forbidden, "accounts.opener")
	b.clock.forward(25 * time.Hour)
	b.worked(batch.ID)
	if wrong, err = b.svc.AccountBatchWrong(operator, payments.AccountBatchWrongRequest{ID: batch.ID}); err != nil || len(wrong.Rows) != 0 {
		t.Errorf("wrong rows after a day: %+v %v", wrong, err)
	}
	again := b.accountBatch(sheetRow(1), sheetRow(4))
	if again.Unchanged != 2 || again.Changes() != 0 {
		t.Errorf("the same sheet again: %+v", again)
	}
	_, err = b.svc.SubmitAccountBatch(operator, payments.AccountBatchRef{ID: again.ID})
	wantCode(t, err, link.Conflict, "accounts.none")
}

func TestAnAccountThatChangedMeanwhileIsNotOverwritten(t *testing.T) {
	b := setup(t)
	batch := b.submitted(sheetRow(1), sheetRow(2), sheetRow(3), sheetRow(4), sheetRow(5))
	own := payments.SetPayoutAccount{Household: 1, Holder: "户主1", Bank: "邮政储蓄", Number: "9903201000001"}
	if _, err := b.svc.SetPayoutAccount(household(1), own); err != nil {
		t.Fatal(err)
	}
	if _, err := b.svc.ApprovePayoutAccount(approver, payments.HouseholdRef{ID: 1}); err != nil {
		t.Fatal(err)
	}
	taken := payments.SetPayoutAccount{Household: 9, Holder: "户主9", Bank: "青禾农商银行", Number: sheetRow(2).Cells["number"]}
	if _, err := b.svc.SetPayoutAccount(household(9), taken); err != nil {
		t.Fatal(err)
	}
	b.people.changed = map[int64]payments.RegisteredHousehold{3: {ID: 3, Code: "H-3", Head: "新户主", Members: []string{"户主3"}}, 4: {ID: 4, Code: "H-4", Head: "户主4", Retired: true}}
	if _, err := b.svc.DecideAccountBatch(approver, payments.DecideAccountBatch{ID: batch.ID, Approve: true}); err != nil {
		t.Fatal(err)
	}
	if batch = b.worked(batch.ID); batch.Applied != 1 || batch.Skipped != 4 || batch.State != payments.AccountsDone {
		t.Fatalf("applied: %+v", batch)
	}
	if got := b.inUse(1); got != "•••• 0001" || b.inUse(5) == "" {
		t.Errorf("the household's own account became %q", got)
	}
	page, err := b.svc.AccountBatchRows(operator, payments.AccountBatchRowsRequest{ID: batch.ID, Show: payments.ShowWrong})
	if err != nil || len(page.Items) != 4 {
		t.Fatalf("skipped: %+v %v", page, err)
	}
	for i, want := range []string{"accounts.skipped.account", "accounts.skipped.shared", "accounts.skipped.holder", "accounts.household.retired"} {
		if page.Items[i].Skipped != want {
			t.Errorf("row %d: %s, want %s", i, page.Items[i].Skipped, want)
		}
	}
}

// A batch is applied in parts; a stop between or inside them loses nothing and does nothing twice.
func TestAnApprovedSheetGoesOnAfterAStop(t *testing.T) {
	b := setup(t)
	var rows []entry.Row
	for i := range int64(250) {
		rows = append(rows, sheetRow(i+1))
	}
	batch := b.submitted(rows...)
	if _, err := b.svc.DecideAccountBatch(approver, payments.DecideAccountBatch{ID: batch.ID, Approve: true}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.svc.Work(context.Background()); err != nil { // one part
		t.Fatal(err)
	}
	part, err := b.svc.AccountBatch(operator, payments.AccountBatchRef{ID: batch.ID})
	if err != nil || part.Applied == 0 || part.Applied == 250 || part.State != payments.AccountsApplying {
		t.Fatalf("after one part: %+v %v", part, err)
	}
	stopped, stop := context.WithCancel(context.Background())
	stop()
	if _, err := b.svc.Work(stopped); err != nil && !errors.Is(err, context.Canceled) {
		t.Log(err)
	}
	b.people.down = true // the register does not answer: it waits
	if got := b.worked(batch.ID); got.State != payments.AccountsApplying || got.Skipped != 0 {
		t.Fatalf("without the register: %+v", got)
	}
	b.people.down = false
	if got := b.worked(batch.ID); got.State != payments.AccountsDone || got.Applied != 250 {
		t.Fatalf("continued: %+v", got)
	}
	var n int
	if err := b.db.Get(&n, `SELECT count(*) FROM payout_account WHERE batch_id = $1`, batch.ID); err != nil || n != 250 {
		t.Errorf("%d accounts of 250 rows: %v", n, err)
	}
}

func TestABatchOfAccountsRefusedDroppedAndUnchecked(t *testing.T) {
	b := setup(t)
	refused := b.submitted(sheetRow(1))
	_, err := b.svc.DecideAccountBatch(approver, payments.DecideAccountBatch{ID: refused.ID})
	wantCode(t, err, link.Invalid, "accounts.why")
	if _, err := b.svc.DecideAccountBatch(approver, payments.DecideAccountBatch{ID: refused.ID, Why: "清单不是银行盖章的"}); err != nil {
		t.Fatal(err)
	}
	_, err = b.svc.DecideAccountBatch(approver, payments.DecideAccountBatch{ID: refused.ID, Approve: true})
	wantCode(t, err, link.Conflict, "accounts.decided")
	if got := b.worked(refused.ID); got.Applied != 0 || b.inUse(1) != "" {
		t.Errorf("refused: %+v", got)
	}
	_, err = b.svc.DropAccountBatch(as("operator", 14), payments.AccountBatchRef{ID: refused.ID})
	wantCode(t, err, link.Forbidden, "accounts.opener")
	b.people.down = true
	failed := b.accountBatch(sheetRow(2))
	if failed.State != payments.AccountsFilling || failed.Fault != "accounts.register" {
		t.Errorf("without the register: %+v", failed)
	}
	b.clock.forward(25 * time.Hour)
	if got := b.worked(failed.ID); got.State != payments.AccountsDropped {
		t.Errorf("left alone for a day: %+v", got)
	}
}

// Accounts of a workbook are checked against its own households and cannot be submitted before these are registered. The check
// that follows the import hands them over; a workbook that comes twice does not ask the second person twice.
func TestAccountsOfAWorkbookWaitForItsHouseholds(t *testing.T) {
	b := setup(t)
	open := func(rows ...entry.Row) int64 {
		t.Helper()
		batch, err := b.svc.OpenAccountBatch(operator, payments.OpenAccountBatch{Name: "青禾县.xlsx", Workbook: 5})
		if err == nil {
			_, err = b.svc.AddAccountRows(operator, payments.AccountRows{ID: batch.ID, Rows: rows})
		}
		if err != nil || batch.Workbook != 5 {
			t.Fatalf("%+v %v", batch, err)
		}
		return batch.ID
	}
	check := func(id int64, submit bool) payments.AccountBatch {
		t.Helper()
		if _, err := b.svc.CheckAccountBatch(operator, payments.CheckAccountBatch{ID: id, Submit: submit}); err != nil {
			t.Fatal(err)
		}
		return b.worked(id)
	}
	id := open(sheetRow(1), sheetRow(2))
	b.people.busy = true
	if got := check(id, false); got.State != payments.AccountsChecking {
		t.Fatalf("while the workbook is checked: %+v", got)
	}
	b.people.busy, b.people.checked = false, true
	b.clock.forward(3 * time.Second)
	if got := b.worked(id); got.State != payments.AccountsChecked || got.New != 2 {
		t.Fatalf("against the workbook: %+v", got)
	}
	_, err := b.svc.SubmitAccountBatch(operator, payments.AccountBatchRef{ID: id})
	wantCode(t, err, link.Conflict, "accounts.workbook")
	if got := check(id, true); got.State != payments.AccountsChecked {
		t.Fatalf("submitted before its households are registered: %+v", got)
	}
	b.people.checked = false
	if got := check(id, true); got.State != payments.AccountsWaiting || got.New != 2 {
		t.Fatalf("after the import: %+v", got)
	}
	if b.inUse(1) != "" {
		t.Error("an account is in use before a second person saw it")
	}
	again := open(sheetRow(1), sheetRow(2))
	if got := check(again, true); got.State != payments.AccountsChecked || got.Same != id {
		t.Fatalf("the same workbook again: %+v", got)
	}
	_, err = b.svc.SubmitAccountBatch(operator, payments.AccountBatchRef{ID: again})
	wantCode(t, err, link.Conflict, "accounts.same")
	list, err := b.svc.AccountBatches(operator, payments.AccountBatchesRequest{Workbook: 5})
	if err != nil || len(list.Items) != 2 || list.Items[0].ID != again {
		t.Errorf("batches of the workbook: %+v %v", list, err)
	}
	if list, err = b.svc.AccountBatches(operator, payments.AccountBatchesRequest{Workbook: 6}); err != nil || len(list.Items) != 0 {
		t.Errorf("batches of another: %+v %v", list, err)
	}
	if _, err := b.svc.DecideAccountBatch(approver, payments.DecideAccountBatch{ID: id, Approve: true}); err != nil {
		t.Fatal(err)
	}
	if got := b.worked(id); got.Applied != 2 || b.inUse(2) == "" {
		t.Errorf("approved: %+v", got)
	}
	if got := check(again, true); got.Unchanged != 2 || got.State != payments.AccountsChecked || got.Same != 0 {
		t.Errorf("once more: %+v", got)
	}
}

// Each thing that must hold between rows of batches and accounts is broken by hand and has to be found.
func TestVerifyComparesBatchesOfAccounts(t *testing.T) {
	for check, harm := range map[string]string{
		"accounts.rows":          `UPDATE account_batch_row SET excluded = '未核实' WHERE line = 3`,
		"accounts.batch":         `UPDATE account_batch_row SET account_id = NULL, skipped = 'accounts.skipped.account' WHERE line = 3`,
		"accounts.left":          `UPDATE account_batch_row SET account_id = NULL WHERE line = 3`,
		"accounts.second_person": `UPDATE account_batch SET opened_by = decided_by`,
	} {
		t.Run(check, func(t *testing.T) {
			b := setup(t)
			batch := b.submitted(sheetRow(1), sheetRow(2), sheetRow(3))
			if _, err := b.svc.ExcludeAccountRow(approver, payments.ExcludeAccountRow{ID: batch.ID, Line: 5, Why: "未核实"}); err != nil {
				t.Fatal(err)
			}
			if _, err := b.svc.DecideAccountBatch(approver, payments.DecideAccountBatch{ID: batch.ID, Approve: true}); err != nil {
				t.Fatal(err)
			}
			if got := b.worked(batch.ID); got.Applied != 2 || got.Excluded != 1 {
				t.Fatalf("applied: %+v", got)
			}
			found := func() (names []string) {
				t.Helper()
				for _, f := range b.findings() {
					if strings.HasPrefix(f.Check, "accounts.") {
						names = append(names, f.Check)
					}
				}
				return names
			}
			if got := found(); len(got) > 0 {
				t.Fatalf("before: %v", got)
			}
			b.harmed = true
			if _, err := b.db.Exec(harm); err != nil {
				t.Fatal(err)
			}
			if got := found(); !slices.Contains(got, check) {
				t.Errorf("found %v", got)
			}
		})
	}
}
