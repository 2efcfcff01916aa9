package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/internal/entry"
	"banmuyuan/internal/link"
	"banmuyuan/payments"
)

const (
	registerBusy      = 2 * time.Second  // between looks at a workbook that is being checked or loaded
	accountCheckLease = 30 * time.Second // a check that takes longer was interrupted
	accountChunk      = 100              // rows that are applied in one transaction
	registerPart      = 1000             // households that the register is asked for at a time
)

// advanceAccountBatches works a step on batches that wait for the module: it checks one, or applies some rows of one. It
// also forgets rows after their time. A batch whose step fails is tried again and keeps nobody else waiting.
func (s *Service) advanceAccountBatches(ctx context.Context) (int, error) {
	var due []struct {
		ID    int64                      `db:"id"`
		State payments.AccountBatchState `db:"state"`
		Kind  string                     `db:"kind"`
	}
	checking, applying := payments.AccountBatchMachine.To(payments.AccountsCheck), payments.AccountBatchMachine.To(payments.AccountsAgree)
	// Claimed by moving its time on: after a stop another worker takes it.
	err := s.db.SelectContext(ctx, &due, `
		UPDATE account_batch SET next_at = CASE WHEN state = $3 THEN $1::timestamptz ELSE $2::timestamptz END
		WHERE id = (SELECT id FROM account_batch WHERE state IN ($3, $4) AND next_at <= $1 ORDER BY next_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
		RETURNING id, state, kind`, s.now(), s.now().Add(accountCheckLease), applying, checking)
	if err != nil {
		return 0, fmt.Errorf("claim batch of accounts: %w", err)
	}
	for _, b := range due {
		steps := batchSteps{s.checkAccounts, s.applyAccounts}
		if b.Kind == payments.KindIncome {
			steps = batchSteps{s.checkIncomes, s.applyIncomes}
		}
		step := steps.check
		if b.State == applying {
			step = steps.apply
		}
		if err := step(ctx, b.ID); err != nil {
			s.log.Warn("batch of accounts interrupted", "batch", b.ID, "error", err)
			return 0, ctx.Err()
		}
	}
	return len(due), nil
}

// batchSteps are the work of the module on batches of a kind: check finds out about all rows, apply takes the next of them.
type batchSteps struct {
	check, apply func(ctx context.Context, id int64) error
}

// forgetAccountRows drops the rows of decided batches, and batches that nobody submitted, when their time is over.
func (s *Service) forgetAccountRows(ctx context.Context) error {
	on := payments.AccountsDrop
	idle := slices.DeleteFunc(payments.AccountBatchMachine.From(on), func(state string) bool { return state == string(payments.AccountsWaiting) })
	return s.write(ctx, func(c *change) error {
		_, err := c.tx.ExecContext(ctx, `UPDATE account_batch SET state = $2 WHERE state = ANY($3) AND keep_until < $1`,
			c.now, payments.AccountBatchMachine.To(on), pq.Array(idle))
		if err != nil {
			return fmt.Errorf("drop batches of accounts: %w", err)
		}
		_, err = c.tx.ExecContext(ctx, `
			UPDATE account_batch_row r SET sealed = NULL FROM account_batch b
			WHERE b.id = r.batch_id AND r.sealed IS NOT NULL AND b.keep_until < $1 AND b.state = ANY($2)`, c.now,
			pq.Array([]string{string(payments.AccountsDone), string(payments.AccountsRefused), string(payments.AccountsDropped)}))
		if err != nil {
			return fmt.Errorf("forget rows of accounts: %w", err)
		}
		return nil
	})
}

// RunAccountBatches works on batches that wait for the module, as Work does among the rest.
func (s *Service) RunAccountBatches(ctx context.Context) error {
	_, err := s.advanceAccountBatches(ctx)
	return err
}

// registered asks the register in parts.
func (s *Service) registered(ctx context.Context, workbook int64, keys []payments.HouseholdKey) ([]payments.RegisteredHousehold, error) {
	if s.register == nil {
		return nil, link.E(link.Unavailable, "accounts.register", "")
	}
	all := make([]payments.RegisteredHousehold, 0, len(keys))
	for part := range slices.Chunk(keys, registerPart) {
		found, err := s.register.RegisteredHouseholds(ctx, workbook, part)
		if err != nil {
			return nil, fmt.Errorf("ask the register: %w", err)
		}
		if len(found) != len(part) {
			return nil, fmt.Errorf("ask the register: %d answers to %d households", len(found), len(part))
		}
		all = append(all, found...)
	}
	return all, nil
}

// checkAccounts checks a whole batch.
func (s *Service) checkAccounts(ctx context.Context, id int64) error {
	b, err := readAccountBatch(ctx, s.db, id, "")
	if err != nil {
		return err
	}
	rows, err := s.readAccountRows(ctx, id)
	if err != nil {
		return err
	}
	keys := make([]payments.HouseholdKey, len(rows))
	for i := range rows {
		keys[i] = rows[i].Key()
	}
	households, err := s.registered(ctx, b.Workbook, keys)
	if err != nil {
		return s.notChecked(ctx, b, err)
	}
	for i := range rows {
		rows[i].Household = households[i]
	}
	return s.endBatchCheck(ctx, b, payments.AccountsFound, "", s.contentOf(rows), func(c *change) ([]verdict, error) {
		records, err := s.onRecord(ctx, c.tx, rows)
		if err != nil {
			return nil, err
		}
		return accountVerdicts(rows, records, payments.CheckAccounts(rows)), nil
	})
}

// notChecked puts a check off while the register is busy with the workbook, and ends it where the register does not answer.
func (s *Service) notChecked(ctx context.Context, b accountBatchRow, err error) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, payments.ErrRegisterBusy):
		if _, err := s.db.ExecContext(ctx, `UPDATE account_batch SET next_at = $2 WHERE id = $1`, b.ID, s.now().Add(registerBusy)); err != nil {
			return fmt.Errorf("wait for the workbook: %w", err)
		}
		return nil
	}
	s.log.Warn("batch not checked", "batch", b.ID, "error", err)
	return s.endBatchCheck(ctx, b, payments.AccountsFail, "accounts.register", nil, nil)
}

// contentOf is the blind index of what a batch would register.
func (s *Service) contentOf(rows []payments.AccountRow) []byte {
	var all strings.Builder
	for _, r := range rows {
		key := r.Key()
		fmt.Fprintf(&all, "%q %q %q %q %q\n", key.Code, key.HeadID, r.Values.Text("holder"), r.Values.Text("bank"), r.Number())
	}
	return s.keys.Index(all.String())
}

func (s *Service) readAccountRows(ctx context.Context, id int64) ([]payments.AccountRow, error) {
	return readBatchRows(ctx, s, id, func(row entry.Row) payments.AccountRow { return payments.ReadAccountRow(row, s.now()) })
}

func readBatchRows[R any](ctx context.Context, s *Service, id int64, read func(entry.Row) R) ([]R, error) {
	var sealed [][]byte
	err := s.db.SelectContext(ctx, &sealed, `SELECT sealed FROM account_batch_row WHERE batch_id = $1 AND sealed IS NOT NULL ORDER BY line`, id)
	if err != nil {
		return nil, fmt.Errorf("read rows of batch %d: %w", id, err)
	}
	rows := make([]R, len(sealed))
	for i := range sealed {
		row, err := s.openAccountRow(id, sealed[i])
		if err != nil {
			return nil, err
		}
		rows[i] = read(row)
	}
	return rows, nil
}

// endBatchCheck compares the rows with the records, in the transaction that writes the findings. content is the blind index of the
// rows.
func (s *Service) endBatchCheck(ctx context.Context, as accountBatchRow, on payments.AccountBatchStep, fault string, content []byte,
	compare func(*change) ([]verdict, error)) error {
	return s.change(ctx, func(c *change) error {
		b, err := readAccountBatch(ctx, c.tx, as.ID, "FOR UPDATE")
		if err != nil || b.State != payments.AccountsChecking {
			return err // another worker was faster
		}
		if b.Asked != as.Asked { // asked for again meanwhile: the register may have changed
			_, err := c.tx.ExecContext(ctx, `UPDATE account_batch SET next_at = $2 WHERE id = $1`, b.ID, c.now)
			return err
		}
		b.Fault = fault
		if err := c.moveAccountBatch(ctx, &b, on); err != nil || on == payments.AccountsFail {
			return err
		}
		found, err := compare(c)
		if err != nil {
			return err
		}
		if err := c.writeVerdicts(ctx, b.ID, found); err != nil {
			return err
		}
		b.Content = content
		if b.SameAs, err = c.sameAccounts(ctx, &b); err != nil {
			return err
		}
		_, err = c.tx.ExecContext(ctx, `UPDATE account_batch SET content = $2, same_as = $3, submit = false WHERE id = $1`, b.ID, b.Content, b.SameAs)
		if err != nil {
			return fmt.Errorf("end check of accounts: %w", err)
		}
		if !b.Submit {
			return nil
		}
		counts, err := b.out(ctx, c.tx)
		if err != nil {
			return err
		}
		if err := c.maySubmit(ctx, &b, counts); err != nil {
			if link.CodeOf(err) == link.Conflict {
				return nil // its opener sees why
			}
			return err
		}
		return c.moveAccountBatch(ctx, &b, payments.AccountsSubmit)
	})
}

// record describes a household's accounts: any change of them changes it.
const record = `coalesce(string_agg(a.id || ':' || a.state, ',' ORDER BY a.id) FILTER (WHERE a.state <> 'superseded'), '')`

// onRecord adds to the rows the records about their households and numbers, and returns the records by household.
func (s *Service) onRecord(ctx context.Context, q sqlx.QueryerContext, rows []payments.AccountRow) (map[int64]string, error) {
	households, numbers, of := make([]int64, len(rows)), pq.ByteaArray{}, map[string]string{}
	for i := range rows {
		households[i] = rows[i].Household.ID
		for _, index := range s.keys.Indexes(rows[i].Number()) {
			numbers = append(numbers, index)
			of[string(index)] = rows[i].Number()
		}
	}
	var accounts []struct {
		accountRow
		Index []byte `db:"number_index"`
	}
	err := sqlx.SelectContext(ctx, q, &accounts, `
		SELECT `+accountColumns+`, number_index FROM payout_account
		WHERE state IN ('active', 'review') AND (household = ANY($1) OR number_index = ANY($2))`, pq.Array(households), numbers)
	if err != nil {
		return nil, fmt.Errorf("read accounts on record: %w", err)
	}
	active, waits, users := map[int64]int{}, map[int64]bool{}, map[string][]int64{}
	for i, a := range accounts {
		if n := of[string(a.Index)]; n != "" {
			users[n] = append(users[n], a.Household)
		}
		if a.State == payments.AccountActive {
			active[a.Household] = i
		} else {
			waits[a.Household] = true
		}
	}
	for i := range rows {
		r := &rows[i]
		if j, ok := active[r.Household.ID]; ok {
			out := accounts[j].out()
			r.InUse, r.SameNumber = &out, of[string(accounts[j].Index)] == r.Number()
		}
		r.Waits = waits[r.Household.ID]
		r.Others = slices.DeleteFunc(slices.Clone(users[r.Number()]), func(h int64) bool { return h == r.Household.ID })
	}
	return readRecords(ctx, q, households)
}

func readRecords(ctx context.Context, q sqlx.QueryerContext, households []int64) (map[int64]string, error) {
	var rows []struct {
		Household int64  `db:"household"`
		Record    string `db:"record"`
	}
	err := sqlx.SelectContext(ctx, q, &rows, `SELECT a.household, `+record+` AS record FROM payout_account a WHERE a.household = ANY($1) GROUP BY 1`, pq.Array(households))
	if err != nil {
		return nil, fmt.Errorf("read accounts of households: %w", err)
	}
	records := make(map[int64]string, len(rows))
	for _, r := range rows {
		records[r.Household] = r.Record
	}
	return records, nil
}

// verdict is a row's result as it is stored.
type verdict struct {
	Line      int                       `json:"line"`
	Tail      string                    `json:"tail"`
	Code      string                    `json:"code"`
	Household int64                     `json:"household"`
	Outcome   payments.AccountOutcome   `json:"outcome"`
	Unusual   bool                      `json:"unusual"`
	Findings  []payments.AccountFinding `json:"findings"`
	Holder    payments.HolderKind       `json:"holder"`
	Shared    []int64                   `json:"shared"`
	Record    string                    `json:"record"`
}

func accountVerdicts(rows []payments.AccountRow, records map[int64]string, found []payments.AccountVerdict) []verdict {
	all := make([]verdict, len(rows))
	for i, r := range rows {
		v := found[i]
		all[i] = verdict{Line: r.Line, Code: r.Household.Code, Household: r.Household.ID, Outcome: v.Outcome, Unusual: v.Unusual(), Findings: v.Findings,
			Holder: v.Holder, Shared: v.Shared, Record: records[r.Household.ID]}
		if number := r.Number(); number != "" {
			all[i].Tail = payments.NumberTail(number)
		}
		if all[i].Code == "" {
			all[i].Code = r.Values.Text("household")
		}
	}
	return all
}

// verdictsPart bounds the findings of one statement.
const verdictsPart = 10_000

func (c *change) writeVerdicts(ctx context.Context, id int64, all []verdict) error {
	for part := range slices.Chunk(all, verdictsPart) {
		if err := c.writeVerdictsPart(ctx, id, part); err != nil {
			return err
		}
	}
	return nil
}

func (c *change) writeVerdictsPart(ctx context.Context, id int64, all []verdict) error {
	text, err := json.Marshal(all)
	if err != nil {
		return fmt.Errorf("write findings: %w", err)
	}
	_, err = c.tx.ExecContext(ctx, `
		UPDATE account_batch_row r SET tail = v.tail, code = v.code, household = v.household, outcome = v.outcome, unusual = v.unusual,
		       findings = v.findings, holder = v.holder, shared = v.shared, record = v.record
		FROM jsonb_to_recordset($2::jsonb) AS v (line int, tail text, code text, household bigint, outcome text, unusual boolean, findings jsonb,
		     holder text, shared bigint[], record text)
		WHERE r.batch_id = $1 AND r.line = v.line`, id, string(text))
	if err != nil {
		return fmt.Errorf("write findings: %w", err)
	}
	return nil
}

// applyAccounts applies the next rows of an approved batch, or finishes it. Each row is marked in the transaction that puts
// its account into use: another worker, or the same after a stop, goes on behind it.
func (s *Service) applyAccounts(ctx context.Context, id int64) error {
	var rows []accountRowOf
	const next = `
		FROM account_batch_row WHERE batch_id = $1 AND outcome = ANY($2) AND excluded = '' AND skipped = '' AND account_id IS NULL
		ORDER BY line LIMIT $3`
	err := s.db.SelectContext(ctx, &rows, `SELECT `+accountRowColumns+next, id, pq.Array(appliedOutcomes), accountChunk)
	if err != nil {
		return fmt.Errorf("read rows to apply: %w", err)
	}
	keys := make([]payments.HouseholdKey, len(rows))
	for i, row := range rows {
		keys[i] = payments.HouseholdKey{ID: row.Household}
	}
	households, err := s.registered(ctx, 0, keys)
	if err != nil {
		return err
	}
	now := make(map[int64]payments.RegisteredHousehold, len(rows))
	for i, row := range rows {
		now[row.Household] = households[i]
	}
	b, err := readAccountBatch(ctx, s.db, id, "")
	if err != nil {
		return err
	}
	second := link.Actor{Account: b.Decider, Login: b.DeciderLogin, Role: b.DeciderRole}
	return s.change(link.WithActor(ctx, second), func(c *change) error {
		b, err := readAccountBatch(ctx, c.tx, id, "FOR UPDATE")
		if err != nil || b.State != payments.AccountsApplying {
			return err
		}
		var left []accountRowOf
		if err := c.tx.SelectContext(ctx, &left, `SELECT `+accountRowColumns+next, id, pq.Array(appliedOutcomes), accountChunk); err != nil {
			return fmt.Errorf("lock rows to apply: %w", err)
		}
		if len(left) == 0 {
			return s.finishAccounts(ctx, c, &b)
		}
		for _, row := range left {
			h, asked := now[row.Household]
			if !asked {
				return nil // another worker applied the others: ask the register about these
			}
			if err := s.applyAccount(ctx, c, second, b, row, h); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Service) finishAccounts(ctx context.Context, c *change, b *accountBatchRow) error {
	if err := c.moveAccountBatch(ctx, b, payments.AccountsFinish); err != nil {
		return err
	}
	_, err := c.tx.ExecContext(ctx, `UPDATE account_batch_row SET sealed = NULL WHERE batch_id = $1 AND outcome = $2`, b.ID, payments.AccountUnchanged)
	if err != nil {
		return fmt.Errorf("forget rows: %w", err)
	}
	return nil
}

// applyAccount enters a row's account as its opener and approves it as the second person, unless something changed since
// the second person saw it.
func (s *Service) applyAccount(ctx context.Context, c *change, second link.Actor, b accountBatchRow, row accountRowOf, h payments.RegisteredHousehold) error {
	sent, err := s.openAccountRow(b.ID, row.Sealed)
	if err != nil {
		return err
	}
	read := payments.ReadAccountRow(sent, b.OpenedAt)
	read.Household = h
	set, err := read.Set().Check()
	if err != nil {
		return s.skipAccount(ctx, c, b.ID, row.Line, "accounts.household.unknown")
	}
	if err := lockHousehold(ctx, c.tx, row.Household); err != nil {
		return err
	}
	checked := []payments.AccountRow{read}
	records, err := s.onRecord(ctx, c.tx, checked)
	if err != nil {
		return err
	}
	seen := payments.SeenAccount{Household: row.Household, Record: row.Record, Holder: row.Holder, Shared: row.Shared}
	if why := payments.StillHolds(seen, payments.AccountNow{Household: h, Record: records[row.Household], Holder: set.Holder, Shared: checked[0].Others}); why != "" {
		return s.skipAccount(ctx, c, b.ID, row.Line, why)
	}
	by := enteredBy{Name: b.OpenedBy, Account: b.Opener, Batch: b.ID}
	if err := s.enterAccount(ctx, c, by, set); err != nil {
		return err
	}
	a, err := s.decideAccount(ctx, c, second, row.Household, true, b.Why, "")
	if err != nil {
		return err
	}
	_, err = c.tx.ExecContext(ctx, `UPDATE account_batch_row SET account_id = $3, sealed = NULL WHERE batch_id = $1 AND line = $2`, b.ID, row.Line, a.ID)
	if err != nil {
		return fmt.Errorf("mark row: %w", err)
	}
	return nil
}

func (s *Service) skipAccount(ctx context.Context, c *change, batch int64, line int, why string) error {
	if _, err := c.tx.ExecContext(ctx, `UPDATE account_batch_row SET skipped = $3 WHERE batch_id = $1 AND line = $2`, batch, line, why); err != nil {
		return fmt.Errorf("skip row: %w", err)
	}
	return nil
}
