package postgres_test

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/xuri/excelize/v2"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
	"banmuyuan/payments/bankfile"
	"banmuyuan/payments/postgres"
)

// owe releases an amount to each household, a tenth less for the cooperative.
func (b *bundle) owe(delivery int64, gross map[int64]int64) {
	b.t.Helper()
	ref := fmt.Sprintf("order:%d", 9000+delivery)
	b.deliver(delivery, ref, gross)
	p := b.create(ref, "balance", payments.BankTransfer, b.account(ref).ReceivableFen)
	b.close(ref, 1)
	b.transfer(fmt.Sprintf("owe-%d", delivery), p.AmountFen, p.TransferCode)
	b.command(payments.CmdReleaseRef, payments.ReleaseRef{Ref: ref})
}

// export makes a batch of everything released, approves and exports it.
func (b *bundle) export(key string) payments.PayoutBatch {
	b.t.Helper()
	batch, err := b.svc.CreateBatch(operator, payments.CreateBatch{IdempotencyKey: key})
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.svc.DecideBatch(approver, payments.DecideBatch{ID: batch.ID, Approve: true}); err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.svc.ExportBatch(operator, payments.ExportBatch{ID: batch.ID, Format: "csv"}); err != nil {
		b.t.Fatal(err)
	}
	return batch
}

// answer imports the result file of the sandbox bank.
func (b *bundle) answer(batch int64, returns ...int64) payments.ImportedResult {
	b.t.Helper()
	f, err := b.svc.SampleResult(operator, payments.BatchSampleResult{ID: batch, Returns: returns})
	if err != nil {
		b.t.Fatal(err)
	}
	out, err := b.svc.ImportResult(operator, payments.ImportResult{BatchID: batch, Name: f.Name, Data: f.Data})
	if err != nil || len(out.Problems) > 0 {
		b.t.Fatalf("import: %+v, %v", out.Problems, err)
	}
	return out
}

func (b *bundle) payOut(key string) payments.PayoutBatch {
	b.t.Helper()
	batch := b.export(key)
	b.answer(batch.ID)
	return batch
}

func TestPayoutNeedsTwoPeople(t *testing.T) {
	b := setup(t)
	b.loadAccounts(17)
	b.owe(1, map[int64]int64{17: 50000})
	batch, err := b.svc.CreateBatch(boss("operator"), payments.CreateBatch{IdempotencyKey: "k"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.svc.ExportBatch(boss("operator"), payments.ExportBatch{ID: batch.ID, Format: "csv"})
	wantCode(t, err, link.Conflict, "payout.not_approved")
	_, err = b.svc.DecideBatch(boss("approver"), payments.DecideBatch{ID: batch.ID, Approve: true})
	wantCode(t, err, link.Forbidden, "payout.second_person")
	_, err = b.svc.DecideBatch(operator, payments.DecideBatch{ID: batch.ID, Approve: true})
	wantCode(t, err, link.Forbidden, "forbidden")
	for range 2 {
		got, err := b.svc.DecideBatch(approver, payments.DecideBatch{ID: batch.ID, Approve: true})
		if err != nil || got.State != payments.BatchApproved || got.ApprovedBy != "approver12" {
			t.Fatalf("approved: %+v, %v", got, err)
		}
	}
	_, err = b.svc.DecideBatch(approver, payments.DecideBatch{ID: batch.ID})
	wantCode(t, err, link.Conflict, "payout.decided")
	_, err = b.svc.ImportResult(boss("operator"), payments.ImportResult{BatchID: batch.ID, Data: []byte("x")})
	wantCode(t, err, link.Conflict, "payout.not_exported")
}

func TestRejectedBatchReleasesAgain(t *testing.T) {
	b := setup(t)
	b.loadAccounts(17)
	b.owe(1, map[int64]int64{17: 50000})
	batch, err := b.svc.CreateBatch(operator, payments.CreateBatch{IdempotencyKey: "k"})
	if err != nil {
		t.Fatal(err)
	}
	b.wantHousehold(17, 0, 0, 45000, 0)
	b.verify()
	got, err := b.svc.DecideBatch(approver, payments.DecideBatch{ID: batch.ID, Reason: "金额有误"})
	if err != nil || got.State != payments.BatchRejected {
		t.Fatalf("rejected: %+v, %v", got, err)
	}
	b.wantHousehold(17, 0, 45000, 0, 0)
	b.payOut("again")
	b.wantHousehold(17, 0, 0, 0, 45000)
}

func TestCreateBatchIsIdempotent(t *testing.T) {
	b := setup(t)
	b.loadAccounts(17, 18, 19)
	b.owe(1, map[int64]int64{17: 50000, 18: 100, 19: 70000})
	ids := make([]int64, 8)
	var wg sync.WaitGroup
	for i := range ids {
		wg.Go(func() {
			got, err := b.svc.CreateBatch(operator, payments.CreateBatch{IdempotencyKey: "k", MinFen: 1000})
			if err != nil {
				t.Error(err)
			}
			ids[i] = got.ID
		})
	}
	wg.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Fatalf("batches %v", ids)
		}
	}
	page, err := b.svc.Batch(operator, payments.BatchPageRequest{ID: ids[0]})
	if err != nil || page.Total != 2 || page.Batch.AmountFen != 108000 {
		t.Errorf("batch is %+v, %v", page, err)
	}
	_, err = b.svc.CreateBatch(operator, payments.CreateBatch{IdempotencyKey: "k"})
	wantCode(t, err, link.Conflict, "payment.key_reused")
	_, err = b.svc.CreateBatch(operator, payments.CreateBatch{IdempotencyKey: "other", MinFen: 1000})
	wantCode(t, err, link.Conflict, "payout.nothing")
	b.wantHousehold(18, 0, 90, 0, 0)
}

func TestHouseholdsWithoutAccountAreBlocked(t *testing.T) {
	b := setup(t)
	b.loadAccounts(17)
	b.owe(1, map[int64]int64{17: 50000, 18: 20000})
	sum, err := b.svc.PayoutSummary(operator, payments.None{})
	if err != nil || sum != (payments.PayoutSummary{Households: 2, ReleasedFen: 63000, Blocked: 1, BlockedFen: 18000}) {
		t.Errorf("summary is %+v, %v", sum, err)
	}
	batch, err := b.svc.CreateBatch(operator, payments.CreateBatch{IdempotencyKey: "k"})
	if err != nil || batch.Items != 1 || batch.AmountFen != 45000 {
		t.Errorf("batch is %+v, %v", batch, err)
	}
	b.wantHousehold(18, 0, 18000, 0, 0)
}

func TestExportTwiceIsOneFile(t *testing.T) {
	b := setup(t)
	b.loadAccounts(17, 18)
	b.owe(1, map[int64]int64{17: 50000, 18: 123400})
	batch := b.export("k")
	transit := func() int64 {
		t.Helper()
		tb, err := b.svc.TrialBalance(operator, payments.None{})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range tb.Rows {
			if r.Kind == "payout_transit" {
				return r.BalanceFen
			}
		}
		return 0
	}
	if got := transit(); got != -156060 {
		t.Errorf("in transit: %d", got)
	}
	files := map[string][]byte{}
	for _, format := range []string{"csv", "xlsx", "csv", "xlsx"} {
		f, err := b.svc.ExportBatch(operator, payments.ExportBatch{ID: batch.ID, Format: format})
		if err != nil {
			t.Fatal(err)
		}
		if old, ok := files[format]; ok && !bytes.Equal(old, f.Data) {
			t.Errorf("the %s file changed", format)
		}
		files[format] = f.Data
	}
	if got := transit(); got != -156060 {
		t.Errorf("in transit after further exports: %d", got)
	}
	text := string(files["csv"])
	for _, want := range []string{"业务编号", batch.No + "-00001", "6228480000000000017", "450.00", "1110.60", "演示户"} {
		if !strings.Contains(text, want) {
			t.Errorf("the file lacks %s:\n%s", want, text)
		}
	}
	x, err := excelize.OpenReader(bytes.NewReader(files["xlsx"]))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := x.GetRows("代发明细")
	if err != nil || len(rows) != 3 || rows[1][3] != "6228480000000000017" || rows[2][5] != "1110.60" {
		t.Errorf("sheet is %q, %v", rows, err)
	}
	var logged int
	if err := b.db.Get(&logged, `SELECT count(*) FROM unmasking WHERE batch_id = $1 AND numbers = 2 AND actor = 'operator11'`, batch.ID); err != nil || logged != 5 {
		t.Errorf("%d unmaskings logged (%v), want 5", logged, err)
	}
	if _, err := b.db.Exec(`DELETE FROM unmasking`); err == nil {
		t.Error("the log of unmaskings can be emptied")
	}
	_, err = b.svc.ExportBatch(operator, payments.ExportBatch{ID: batch.ID, Format: "pdf"})
	wantCode(t, err, link.Invalid, "payout.format")
	_, err = b.svc.ExportBatch(as("helper", 41), payments.ExportBatch{ID: batch.ID, Format: "csv"})
	wantCode(t, err, link.Forbidden, "forbidden")
}

func TestResultImportedOnce(t *testing.T) {
	b := setup(t)
	b.loadAccounts(17, 18)
	b.owe(1, map[int64]int64{17: 50000, 18: 20000})
	batch := b.export("k")
	f, err := b.svc.SampleResult(operator, payments.BatchSampleResult{ID: batch.ID, Returns: []int64{18}})
	if err != nil {
		t.Fatal(err)
	}
	results := make([]payments.ImportedResult, 6)
	var wg sync.WaitGroup
	for i := range results {
		wg.Go(func() {
			var err error
			results[i], err = b.svc.ImportResult(operator, payments.ImportResult{BatchID: batch.ID, Name: f.Name, Data: f.Data})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	fresh := 0
	for _, r := range results {
		if !r.Already {
			fresh++
		}
		if r.Paid != 1 || r.Returned != 1 || r.Batch.State != payments.BatchDone {
			t.Errorf("result is %+v", r)
		}
	}
	if fresh != 1 {
		t.Errorf("imported %d times", fresh)
	}
	b.wantHousehold(17, 0, 0, 0, 45000)
	b.wantHousehold(18, 0, 18000, 0, 0)
	h := b.household(18)
	if len(h.Payouts) != 1 || h.Payouts[0].State != payments.ItemReturned || h.Payouts[0].Reason == "" || h.Payouts[0].PaidOn != nil {
		t.Errorf("payouts are %+v", h.Payouts)
	}
	if h := b.household(17); h.Payouts[0].State != payments.ItemPaid || h.Payouts[0].PaidOn == nil || len(h.Payouts[0].SourceKeys) != 1 {
		t.Errorf("payouts are %+v", h.Payouts)
	}
	// Returned, so it is in the next batch.
	next := b.payOut("next")
	if next.Items != 1 || next.AmountFen != 18000 {
		t.Errorf("next batch is %+v", next)
	}
	b.wantHousehold(18, 0, 0, 0, 18000)
	var last payments.PayableChange
	for _, e := range events[payments.PayablesChanged](b, payments.EvtPayables) {
		for _, c := range e.Changes {
			if c.Household == 18 {
				if c.Version <= last.Version {
					t.Errorf("version %d after %d", c.Version, last.Version)
				}
				last = c
			}
		}
	}
	if last.State != payments.PayablePaid || last.PaidOn == "" || last.PayoutItem == 0 {
		t.Errorf("the last said of household 18 is %+v", last)
	}
}

func TestWrongResultFilesAreRefusedWhole(t *testing.T) {
	b := setup(t)
	b.loadAccounts(17, 18)
	b.owe(1, map[int64]int64{17: 50000, 18: 20000})
	batch := b.export("k")
	no := func(n int) string { return fmt.Sprintf("%s-%05d", batch.No, n) }
	const head = "业务编号,金额(元),状态,失败原因\n"
	good := no(1) + ",450.00,成功,\n"
	for name, c := range map[string]struct{ file, key string }{
		"unknown row":    {head + good + no(2) + ",180.00,成功,\n" + "DF19990101-01-00001,1.00,成功,\n", "payout.result.unknown_item"},
		"another year":   {"业务编号,金额,状态,日期\n" + no(1) + ",450.00,成功,2006-01-02\n" + no(2) + ",180.00,成功,\n", "payout.result.before_batch"},
		"duplicate row":  {head + good + good + no(2) + ",180.00,成功,\n", "payout.result.duplicate_item"},
		"wrong amount":   {head + good + no(2) + ",180.01,成功,\n", "payout.result.amount_differs"},
		"strange status": {head + good + no(2) + ",180.00,也许,\n", "payout.result.bad_status"},
		"no amount":      {head + good + no(2) + ",,成功,\n", "payout.result.bad_amount"},
		"no number":      {head + good + ",180.00,成功,\n", "payout.result.no_item"},
		"no column":      {"业务编号,状态\n" + no(1) + ",成功\n", "payout.result.no_column"},
		"future date":    {"业务编号,金额,状态,日期\n" + no(1) + ",450.00,成功,2999-01-01\n" + no(2) + ",180.00,成功,\n", "payout.result.bad_date"},
		"only titles":    {head, "payout.result.empty"},
		"blank":          {"\n\n", "payout.result.empty"},
		"broken archive": {"PK\x03\x04 nothing", "payout.result.unreadable"},
	} {
		out, err := b.svc.ImportResult(operator, payments.ImportResult{BatchID: batch.ID, Name: name, Data: []byte(c.file)})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		found := len(out.Problems) > 0 && out.Problems[0].Key == c.key // what is wrong comes first
		for _, p := range out.Problems {
			if _, ok := payments.Messages[p.Key]; !ok {
				t.Errorf("%s has no sentence", p.Key)
			}
		}
		if !found || out.Paid != 0 {
			t.Errorf("%s: problems are %+v, want %s", name, out.Problems, c.key)
		}
		b.wantHousehold(17, 0, 0, 45000, 0)
	}
	_, err := b.svc.ImportResult(operator, payments.ImportResult{BatchID: batch.ID})
	wantCode(t, err, link.Invalid, "payout.result.size")
	// As a bank of the country writes it: GB 18030, and columns in another order.
	gbk := "\xd7\xb4\xcc\xac,\xd2\xb5\xce\xf1\xb1\xe0\xba\xc5,\xbd\xf0\xb6\xee\n\xb3\xc9\xb9\xa6," + no(2) + ",180.00\n\xb3\xc9\xb9\xa6," + no(1) + ",450\n"
	out, err := b.svc.ImportResult(operator, payments.ImportResult{BatchID: batch.ID, Name: "gbk.csv", Data: []byte(gbk)})
	if err != nil || out.Paid != 2 || len(out.Problems) > 0 {
		t.Errorf("GB 18030: %+v, %v", out, err)
	}
}

// A bank answers in parts and in any order; each item is paid once.
func TestResultsInParts(t *testing.T) {
	b := setup(t)
	b.loadAccounts(17, 18)
	b.owe(1, map[int64]int64{17: 50000, 18: 20000})
	batch := b.export("k")
	const head = "代发结果清单\n批次号,x,总笔数,1\n业务编号|金额(元)|状态|失败原因|入账日期\n"
	part := func(rows string) payments.ImportedResult {
		t.Helper()
		out, err := b.svc.ImportResult(operator, payments.ImportResult{BatchID: batch.ID, Name: "x.txt", Data: []byte(head + rows + "合计||1|180.00|\n")})
		if err != nil || len(out.Problems) > 0 {
			t.Fatalf("%+v, %v", out, err)
		}
		return out
	}
	second := fmt.Sprintf("%s-00002|180.00|成功(0000)||%s 10:23:45\n", batch.No, b.today())
	if out := part(second); out.Paid != 1 || out.Missing != 1 || out.Batch.State != payments.BatchExported {
		t.Errorf("the first part: %+v", out)
	}
	b.wantHousehold(17, 0, 0, 45000, 0)
	if out := part(second + fmt.Sprintf("%s-00001|450.00|S||\n", batch.No)); out.Paid != 1 || out.Missing != 0 || out.Batch.State != payments.BatchDone {
		t.Errorf("the second part: %+v", out)
	}
	b.wantHousehold(17, 0, 0, 0, 45000)
	b.wantHousehold(18, 0, 0, 0, 18000)
}

func TestReportedPaidAndReturnedLater(t *testing.T) {
	b := setup(t)
	b.loadAccounts(17, 18)
	b.owe(1, map[int64]int64{17: 50000, 18: 20000})
	batch := b.payOut("k")
	out := b.answer(batch.ID, 18)
	if out.Returned != 1 || out.Paid != 0 || out.Batch.PaidFen != 45000 || out.Batch.ReturnedFen != 18000 {
		t.Errorf("result is %+v", out)
	}
	b.wantHousehold(18, 0, 18000, 0, 0)
	// And a returned item does not become paid by an old file.
	late := fmt.Sprintf("业务编号,金额,状态\n%s-00002,180.00,成功\n", batch.No)
	again, err := b.svc.ImportResult(operator, payments.ImportResult{BatchID: batch.ID, Data: []byte(late)})
	if err != nil || len(again.Problems) != 1 || again.Problems[0].Key != "payout.result.already_returned" {
		t.Errorf("result is %+v, %v", again, err)
	}
}

func TestAccountClosedBetweenExportAndPay(t *testing.T) {
	b := setup(t)
	b.loadAccounts(17)
	b.owe(1, map[int64]int64{17: 50000})
	batch := b.export("k")
	file := fmt.Sprintf("业务编号,金额,状态,原因\n%s-00001,450.00,失败,账户已销户\n", batch.No)
	out, err := b.svc.ImportResult(operator, payments.ImportResult{BatchID: batch.ID, Data: []byte(file)})
	if err != nil || out.Returned != 1 {
		t.Fatalf("result is %+v, %v", out, err)
	}
	sum, err := b.svc.PayoutSummary(operator, payments.None{})
	if err != nil || sum.Blocked != 1 || sum.BlockedFen != 45000 {
		t.Errorf("summary is %+v, %v", sum, err)
	}
	if a := b.household(17).Account; a == nil || a.State != "closed" {
		t.Errorf("account is %+v", a)
	}
	_, err = b.svc.CreateBatch(operator, payments.CreateBatch{IdempotencyKey: "again"})
	wantCode(t, err, link.Conflict, "payout.nothing")
	// A helper enters a new one; it counts once a second person has looked at it.
	helper := link.WithActor(system(), link.Actor{Account: 41, Login: "helper41", Role: "helper", OnBehalfOf: 17})
	if _, err := b.svc.SetPayoutAccount(helper, payments.SetPayoutAccount{Household: 17, Holder: "户主17", Bank: "农村信用社", Number: "6217 0000 0000 0000 001"}); err != nil {
		t.Fatal(err)
	}
	if sum, err = b.svc.PayoutSummary(operator, payments.None{}); err != nil || sum.Blocked != 1 {
		t.Errorf("summary is %+v, %v", sum, err)
	}
	if _, err := b.svc.ApprovePayoutAccount(approver, payments.HouseholdRef{ID: 17}); err != nil {
		t.Fatal(err)
	}
	b.payOut("after")
	b.wantHousehold(17, 0, 0, 0, 45000)
	if got := b.household(17).Payouts; len(got) != 2 || got[0].Number != "•••• 0001" || got[1].Number != "•••• 0017" {
		t.Errorf("payouts are %+v", got)
	}
}

func TestPayoutAccounts(t *testing.T) {
	b := setup(t)
	own := link.WithActor(system(), link.Actor{Account: 61, Login: "h17", Role: "household", Household: 17})
	set := payments.SetPayoutAccount{Household: 17, Holder: "户主17", Bank: "依安县农村信用社", Number: "6228 4800 0000 0000 017"}
	for range 2 {
		a, err := b.svc.SetPayoutAccount(own, set)
		if err != nil || a.State != "review" || a.Number != "•••• 0017" {
			t.Fatalf("own account: %+v, %v", a, err)
		}
	}
	_, err := b.svc.ApprovePayoutAccount(link.WithActor(system(), link.Actor{Account: 61, Login: "h17", Role: "approver"}), payments.HouseholdRef{ID: 17})
	wantCode(t, err, link.Forbidden, "payout.second_person")
	if a, err := b.svc.ApprovePayoutAccount(approver, payments.HouseholdRef{ID: 17}); err != nil || a.State != "active" {
		t.Fatalf("approved: %+v, %v", a, err)
	}
	if a, err := b.svc.SetPayoutAccount(own, set); err != nil || a.State != "active" {
		t.Fatalf("the same again: %+v, %v", a, err)
	}
	var rows int
	if err := b.db.Get(&rows, `SELECT count(*) FROM payout_account`); err != nil || rows != 1 {
		t.Errorf("%d accounts (%v)", rows, err)
	}
	var dump string
	if err := b.db.Get(&dump, `SELECT string_agg(a::text, '') || encode(string_agg(a.number_sealed, ''), 'escape') FROM payout_account a`); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(dump, "622848000000") {
		t.Error("the number stands in the table")
	}
	other := link.WithActor(system(), link.Actor{Account: 62, Login: "h18", Role: "household", Household: 18})
	_, err = b.svc.SetPayoutAccount(other, set)
	wantCode(t, err, link.NotFound, "not_found")
	_, err = b.svc.HouseholdAccount(other, payments.HouseholdRef{ID: 17})
	wantCode(t, err, link.NotFound, "not_found")
	helper := link.WithActor(system(), link.Actor{Account: 41, Login: "helper41", Role: "helper"})
	_, err = b.svc.SetPayoutAccount(helper, set)
	wantCode(t, err, link.NotFound, "not_found") // not acting for anybody
	// By the county it waits for a second person, and meanwhile the old one is used.
	set.Number = "62170000000000000999"
	_, err = b.svc.SetPayoutAccount(as("admin", 14), set)
	wantCode(t, err, link.NotFound, "not_found")
	if a, err := b.svc.SetPayoutAccount(boss("operator"), set); err != nil || a.State != "review" {
		t.Fatalf("by the county: %+v, %v", a, err)
	}
	_, err = b.svc.ApprovePayoutAccount(boss("approver"), payments.HouseholdRef{ID: 17})
	wantCode(t, err, link.Forbidden, "payout.second_person")
	b.owe(1, map[int64]int64{17: 1000})
	if batch, err := b.svc.CreateBatch(operator, payments.CreateBatch{IdempotencyKey: "k"}); err != nil || batch.Items != 1 {
		t.Errorf("batch is %+v, %v", batch, err)
	}
	if a, err := b.svc.ApprovePayoutAccount(approver, payments.HouseholdRef{ID: 17}); err != nil || a.State != "active" || a.Number != "•••• 0999" {
		t.Errorf("approved: %+v, %v", a, err)
	}
	_, err = b.svc.ApprovePayoutAccount(approver, payments.HouseholdRef{ID: 17})
	wantCode(t, err, link.Conflict, "payout.nothing_to_approve")
	for field, change := range map[string]func(*payments.SetPayoutAccount){
		"holder": func(s *payments.SetPayoutAccount) { s.Holder = "=HYPERLINK(1)" },
		"bank":   func(s *payments.SetPayoutAccount) { s.Bank = "<script>" },
		"number": func(s *payments.SetPayoutAccount) { s.Number = "62284800x" },
	} {
		bad := set
		change(&bad)
		_, err := b.svc.SetPayoutAccount(own, bad)
		if link.CodeOf(err) != link.Invalid || link.AsError(err).Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}

func TestKeysOpenOnlyWhatTheySealed(t *testing.T) {
	old, fresh := postgres.NewKey(), postgres.NewKey()
	before, err := postgres.ParseKeys(old)
	if err != nil {
		t.Fatal(err)
	}
	sealed := before.Seal("6228480000000000017", "household:17")
	if bytes.Equal(sealed, before.Seal("6228480000000000017", "household:17")) {
		t.Error("sealing twice gives the same")
	}
	rotated, err := postgres.ParseKeys(fresh + ", " + old)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := rotated.Open(sealed, "household:17"); err != nil || got != "6228480000000000017" {
		t.Errorf("opened with an older key: %q, %v", got, err)
	}
	if _, err := rotated.Open(sealed, "household:18"); err == nil {
		t.Error("opened for another household")
	}
	sealed[len(sealed)-1] ^= 1
	if _, err := rotated.Open(sealed, "household:17"); err == nil {
		t.Error("opened after a change")
	}
	other, err := postgres.ParseKeys(fresh)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Open(before.Seal("x", "o"), "o"); err == nil {
		t.Error("opened without its key")
	}
	for _, bad := range []string{"", "short", old + "," + "x"} {
		if _, err := postgres.ParseKeys(bad); err == nil {
			t.Errorf("key %q is taken", bad)
		}
	}
}

// The county's largest batch, from payables to result.
func TestBatchOfTheWholeCounty(t *testing.T) {
	b := setup(t)
	const n = 11187
	gross := make(map[int64]int64, n)
	households := make([]int64, n)
	for i := range households {
		households[i] = int64(i + 1)
		gross[int64(i+1)] = 1000 + int64(i%977)
	}
	b.loadAccounts(households...)
	b.owe(1, gross)
	batch := b.export("k")
	if batch.Items != n {
		t.Fatalf("batch is %+v", batch)
	}
	out := b.answer(batch.ID, 5, 500, 5000)
	if out.Paid != n-3 || out.Returned != 3 {
		t.Errorf("result is paid %d, returned %d", out.Paid, out.Returned)
	}
	page, err := b.svc.Batch(operator, payments.BatchPageRequest{ID: batch.ID, State: payments.ItemReturned})
	if err != nil || page.Total != 3 {
		t.Errorf("returned items: %+v, %v", page, err)
	}
}

func TestLayoutIsConfiguration(t *testing.T) {
	l := bankfile.Default()
	l.Columns = []bankfile.Column{{Title: "账号", Field: bankfile.FieldNumber}, {Title: "金额(分)", Field: bankfile.FieldFen}, {Title: "姓名", Field: bankfile.FieldHolder}}
	data, err := l.Write(bankfile.CSV, []bankfile.Row{{Item: "x", Holder: "王, 建国", Number: "0012", Fen: 12345}})
	if err != nil || string(data) != "\ufeff账号,金额(分),姓名\r\n0012,12345,\"王, 建国\"\r\n" {
		t.Errorf("file is %q, %v", data, err)
	}
	rows, problems := l.ReadResult([]byte("\ufeff业务编号\t,金额,状态\nA-1,\"1,234.50\",已入账\n"))
	if len(problems) > 0 || len(rows) != 1 || rows[0].Fen != 123450 || !rows[0].Paid || rows[0].Item != "A-1" {
		t.Errorf("rows %+v, problems %+v", rows, problems)
	}
	for _, format := range []string{bankfile.CSV, bankfile.XLSX} {
		want := []bankfile.ResultRow{{Item: "A-1", Fen: 5, Paid: true}, {Item: "A-2", Fen: 12345, Reason: "账户已销户"}}
		data, err := l.WriteResult(format, want)
		if err != nil {
			t.Fatal(err)
		}
		got, problems := l.ReadResult(data)
		for i := range got {
			got[i].Line = 0
		}
		if len(problems) > 0 || len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
			t.Errorf("%s: rows %+v, problems %+v", format, got, problems)
		}
	}
}

// The list of batches goes on to its end, by state or in all, and its sums are over all of them.
func TestBatchesGoToTheirEnd(t *testing.T) {
	b := setup(t)
	b.loadAccounts(17)
	b.owe(1, map[int64]int64{17: 50000})
	for _, key := range []string{"one", "two", "three"} {
		batch, err := b.svc.CreateBatch(operator, payments.CreateBatch{IdempotencyKey: key})
		if err != nil {
			t.Fatal(err)
		}
		if key == "three" {
			break
		}
		if _, err := b.svc.DecideBatch(approver, payments.DecideBatch{ID: batch.ID}); err != nil {
			t.Fatal(err)
		}
	}
	list := func(r payments.BatchesRequest) (payments.Batches, []int64) {
		t.Helper()
		var ids []int64
		r.Limit = 1
		for {
			page, err := b.svc.Batches(operator, r)
			if err != nil || len(ids) > 3 {
				t.Fatal(ids, err)
			}
			for _, one := range page.Items {
				ids = append(ids, one.ID)
			}
			if page.Cursor == "" {
				return page, ids
			}
			r.Cursor = page.Cursor
		}
	}
	all, ids := list(payments.BatchesRequest{})
	if len(ids) != 3 || ids[0] < ids[2] || all.Total != 3 || all.AmountFen != 3*all.Items[0].AmountFen || all.Counts[payments.BatchRejected] != 2 || all.Counts[payments.BatchDraft] != 1 {
		t.Errorf("%v: %+v", ids, all)
	}
	if some, ids := list(payments.BatchesRequest{State: payments.BatchRejected}); len(ids) != 2 || some.Total != 2 || len(some.Counts) != 2 {
		t.Errorf("%v: %+v", ids, some)
	}
	_, err := b.svc.Batches(operator, payments.BatchesRequest{Cursor: "x"})
	wantCode(t, err, link.Invalid, "page.cursor")
	_, err = b.svc.Reconciliations(operator, payments.ReconciliationsRequest{Cursor: "x"})
	wantCode(t, err, link.Invalid, "page.cursor")
	_, err = b.svc.Reconciliations(operator, payments.ReconciliationsRequest{Limit: 1000})
	wantCode(t, err, link.Invalid, "page.limit")
}
