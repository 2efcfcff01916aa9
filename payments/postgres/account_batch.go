package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/internal/entry"
	"banmuyuan/internal/link"
	"banmuyuan/payments"
	"banmuyuan/payments/earlier"
)

var _ payments.AccountBatches = (*Service)(nil)

// keepAccountRows is how long rows are kept that are not taken, and batches that nobody submits.
const keepAccountRows = 24 * time.Hour

func accountBatchOwner(id int64) string { return fmt.Sprintf("account_batch:%d", id) }

type accountBatchRow struct {
	ID           int64                      `db:"id"`
	Name         string                     `db:"name"`
	State        payments.AccountBatchState `db:"state"`
	OpenedAt     time.Time                  `db:"opened_at"`
	OpenedBy     string                     `db:"opened_by"`
	Opener       int64                      `db:"opener"`
	Fault        string                     `db:"fault"`
	Decider      int64                      `db:"decider"`
	DeciderLogin string                     `db:"decider_login"`
	DeciderRole  string                     `db:"decider_role"`
	DecidedBy    string                     `db:"decided_by"`
	DecidedAt    *time.Time                 `db:"decided_at"`
	Why          string                     `db:"why"`
	Workbook     int64                      `db:"workbook"`
	Submit       bool                       `db:"submit"`
	Asked        int64                      `db:"asked"`
	Content      []byte                     `db:"content"`
	SameAs       int64                      `db:"same_as"`
	Kind         string                     `db:"kind"`
}

const accountBatchColumns = `id, name, state, opened_at, opened_by, opener, fault, decider, decider_login, decider_role, decided_by, decided_at, why,
	workbook, submit, asked, content, same_as, kind`

func readAccountBatch(ctx context.Context, q sqlx.QueryerContext, id int64, lock string) (accountBatchRow, error) {
	var b accountBatchRow
	err := sqlx.GetContext(ctx, q, &b, `SELECT `+accountBatchColumns+` FROM account_batch WHERE id = $1 `+lock, id)
	if missing(err) {
		return b, link.E(link.NotFound, "accounts.batch.unknown", "id")
	}
	if err != nil {
		return b, fmt.Errorf("read batch of accounts: %w", err)
	}
	return b, nil
}

// kind is the kind of the batch's rows and the most of them that it takes.
func (b accountBatchRow) kind() (*entry.Kind, int) {
	kind, _ := payments.KindByName(b.Kind)
	if b.Kind == payments.KindIncome {
		return kind, payments.MostIncomeRows
	}
	return kind, payments.MostAccountRows
}

// out returns the batch with its counts.
func (b accountBatchRow) out(ctx context.Context, q sqlx.QueryerContext) (payments.AccountBatch, error) {
	out := payments.AccountBatch{ID: b.ID, Kind: b.Kind, Name: b.Name, State: b.State, By: b.OpenedBy, Opener: b.Opener, At: b.OpenedAt.UTC(), Fault: b.Fault,
		DecidedBy: b.DecidedBy, DecidedAt: b.DecidedAt, Why: b.Why, Workbook: b.Workbook, Same: b.SameAs}
	err := q.QueryRowxContext(ctx, `
		SELECT count(*), count(*) FILTER (WHERE outcome = $2), count(*) FILTER (WHERE outcome = $3), count(*) FILTER (WHERE outcome = $4),
		       count(*) FILTER (WHERE outcome = $5), count(*) FILTER (WHERE unusual), count(*) FILTER (WHERE excluded <> ''),
		       count(account_id) + count(payable_id), count(*) FILTER (WHERE skipped <> '')
		FROM account_batch_row WHERE batch_id = $1`, b.ID, payments.AccountNew, payments.AccountReplaces, payments.AccountUnchanged,
		payments.AccountWrong).Scan(&out.Rows, &out.New, &out.Replaces, &out.Unchanged, &out.Wrong, &out.Unusual, &out.Excluded, &out.Applied, &out.Skipped)
	if err != nil {
		return out, fmt.Errorf("count rows of batch %d: %w", b.ID, err)
	}
	return out, nil
}

// moveAccountBatch moves a locked batch by an event of its table. Rows that are not taken are kept for a day from now.
func (c *change) moveAccountBatch(ctx context.Context, b *accountBatchRow, on payments.AccountBatchStep) error {
	next, ok := payments.AccountBatchMachine.Next(b.State, on)
	if !ok {
		return link.E(link.Conflict, payments.AccountBatchMachine.Refused(on), "id")
	}
	b.State = next
	_, err := c.tx.ExecContext(ctx, `UPDATE account_batch SET state = $2, fault = $3, next_at = $4, keep_until = $5 WHERE id = $1`,
		b.ID, b.State, b.Fault, c.now, c.now.Add(keepAccountRows))
	if err != nil {
		return fmt.Errorf("move batch of accounts: %w", err)
	}
	return nil
}

// onBatch runs fn with the batch locked and returns the batch after it.
func (s *Service) onBatch(ctx context.Context, id int64, fn func(c *change, b *accountBatchRow) error) (out payments.AccountBatch, err error) {
	err = s.change(ctx, func(c *change) error {
		b, err := readAccountBatch(ctx, c.tx, id, "FOR UPDATE")
		if err != nil {
			return err
		}
		if err := fn(c, &b); err != nil {
			return err
		}
		out, err = b.out(ctx, c.tx)
		return err
	})
	return out, err
}

// byOpener runs fn for the batch's opener only: nobody else adds to it, so that one person stands for all its rows.
func (s *Service) byOpener(ctx context.Context, id int64, fn func(c *change, b *accountBatchRow) error) (payments.AccountBatch, error) {
	actor, err := need(ctx, county...)
	if err != nil {
		return payments.AccountBatch{}, err
	}
	return s.onBatch(ctx, id, func(c *change, b *accountBatchRow) error {
		if !opened(actor, b) {
			return link.E(link.Forbidden, "accounts.opener", "id")
		}
		return fn(c, b)
	})
}

func opened(actor link.Actor, b *accountBatchRow) bool {
	return actor.System && b.Opener == 0 || payments.SamePerson(actor, b.Opener, b.OpenedBy)
}

// OpenAccountBatch begins a batch.
func (s *Service) OpenAccountBatch(ctx context.Context, r payments.OpenAccountBatch) (out payments.AccountBatch, err error) {
	actor, err := need(ctx, county...)
	if err != nil {
		return out, err
	}
	kind, ok := payments.KindByName(r.Kind)
	if !ok {
		return out, link.E(link.Invalid, "malformed", "kind")
	}
	name := []rune(entry.Clean(r.Name))
	err = s.write(ctx, func(c *change) error {
		var b accountBatchRow
		err := c.tx.GetContext(ctx, &b, `
			INSERT INTO account_batch (name, state, opened_at, opened_by, opener, next_at, keep_until, workbook, kind) VALUES ($1, $2, $3, $4, $5, $3, $6, $7, $8)
			RETURNING `+accountBatchColumns,
			string(name[:min(len(name), 120)]), payments.AccountsFilling, c.now, c.actor, actor.Account, c.now.Add(keepAccountRows), r.Workbook, kind.Name)
		if err != nil {
			return fmt.Errorf("open batch of accounts: %w", err)
		}
		out, err = b.out(ctx, c.tx)
		return err
	})
	return out, err
}

// AddAccountRows adds rows to a batch that is being filled.
func (s *Service) AddAccountRows(ctx context.Context, r payments.AccountRows) (payments.AccountBatch, error) {
	return s.byOpener(ctx, r.ID, func(c *change, b *accountBatchRow) error {
		kind, most := b.kind()
		if err := r.Check(kind); err != nil {
			return err
		}
		if b.State != payments.AccountsFilling {
			return link.E(link.Conflict, "accounts.state", "id")
		}
		lines, sealed := make([]int64, len(r.Rows)), make(pq.ByteaArray, len(r.Rows))
		for i, row := range r.Rows {
			text, err := json.Marshal(row)
			if err != nil {
				return fmt.Errorf("write row: %w", err)
			}
			lines[i], sealed[i] = int64(row.Line), s.keys.Seal(string(text), accountBatchOwner(r.ID))
		}
		var total int
		_, err := c.tx.ExecContext(ctx, `
			INSERT INTO account_batch_row (batch_id, line, sealed) SELECT $1, l, x FROM unnest($2::int[], $3::bytea[]) AS u (l, x)
			ON CONFLICT (batch_id, line) DO UPDATE SET sealed = excluded.sealed`, r.ID, pq.Array(lines), sealed)
		if err == nil {
			err = c.tx.GetContext(ctx, &total, `SELECT count(*) FROM account_batch_row WHERE batch_id = $1`, r.ID)
		}
		if err != nil {
			return fmt.Errorf("add rows: %w", err)
		}
		if total > most {
			return link.E(link.TooLarge, "accounts.rows", "rows", "max", strconv.Itoa(most))
		}
		return nil
	})
}

// CheckAccountBatch asks to check a batch.
func (s *Service) CheckAccountBatch(ctx context.Context, r payments.CheckAccountBatch) (payments.AccountBatch, error) {
	return s.byOpener(ctx, r.ID, func(c *change, b *accountBatchRow) error {
		if b.State != payments.AccountBatchMachine.To(payments.AccountsCheck) {
			b.Fault = ""
			if err := c.moveAccountBatch(ctx, b, payments.AccountsCheck); err != nil {
				return err
			}
		}
		// A check that runs now may have read the register before the workbook was loaded: the serial tells it that it is late.
		if _, err := c.tx.ExecContext(ctx, `UPDATE account_batch SET submit = submit OR $2, asked = asked + 1 WHERE id = $1`, b.ID, r.Submit); err != nil {
			return fmt.Errorf("ask to check batch of accounts: %w", err)
		}
		return nil
	})
}

// SubmitAccountBatch hands a batch to the second person.
func (s *Service) SubmitAccountBatch(ctx context.Context, r payments.AccountBatchRef) (payments.AccountBatch, error) {
	return s.byOpener(ctx, r.ID, func(c *change, b *accountBatchRow) error {
		if b.State == payments.AccountBatchMachine.To(payments.AccountsSubmit) {
			return nil
		}
		counts, err := b.out(ctx, c.tx)
		if err != nil {
			return err
		}
		if b.State == payments.AccountsChecked {
			if err := c.maySubmit(ctx, b, counts); err != nil {
				return err
			}
		}
		return c.moveAccountBatch(ctx, b, payments.AccountsSubmit)
	})
}

// maySubmit returns Conflict for a batch that would change nothing, whose rows wait for the second person in another batch,
// or whose households are not registered yet.
func (c *change) maySubmit(ctx context.Context, b *accountBatchRow, counts payments.AccountBatch) error {
	if counts.Changes() == 0 {
		return link.E(link.Conflict, "accounts.none", "id")
	}
	var unregistered bool
	err := c.tx.GetContext(ctx, &unregistered, `SELECT EXISTS (SELECT FROM account_batch_row WHERE batch_id = $1 AND household < 0)`, b.ID)
	if err != nil {
		return fmt.Errorf("look for unregistered households: %w", err)
	}
	if unregistered {
		return link.E(link.Conflict, "accounts.workbook", "id")
	}
	if b.SameAs, err = c.sameAccounts(ctx, b); err != nil {
		return err
	}
	if b.SameAs != 0 {
		return link.E(link.Conflict, "accounts.same", "id", "batch", strconv.FormatInt(b.SameAs, 10))
	}
	return nil
}

// sameAccounts finds another batch with the same rows that waits for the second person or is being applied.
func (c *change) sameAccounts(ctx context.Context, b *accountBatchRow) (int64, error) {
	var same int64
	err := c.tx.GetContext(ctx, &same, `
		SELECT coalesce(min(id), 0) FROM account_batch WHERE id <> $1 AND content = $2 AND state = ANY($3)`, b.ID, b.Content,
		pq.Array([]string{string(payments.AccountsWaiting), string(payments.AccountsApplying)}))
	if err != nil {
		return 0, fmt.Errorf("look for the same accounts: %w", err)
	}
	return same, nil
}

// DropAccountBatch gives a batch up and forgets its rows.
func (s *Service) DropAccountBatch(ctx context.Context, r payments.AccountBatchRef) (payments.AccountBatch, error) {
	return s.byOpener(ctx, r.ID, func(c *change, b *accountBatchRow) error {
		if b.State == payments.AccountBatchMachine.To(payments.AccountsDrop) {
			return nil
		}
		if err := c.moveAccountBatch(ctx, b, payments.AccountsDrop); err != nil {
			return err
		}
		if _, err := c.tx.ExecContext(ctx, `UPDATE account_batch_row SET sealed = NULL WHERE batch_id = $1`, b.ID); err != nil {
			return fmt.Errorf("forget rows: %w", err)
		}
		return nil
	})
}

// decider is the actor where it may be the second person of the batch.
func decider(ctx context.Context, b *accountBatchRow) (link.Actor, error) {
	actor, err := need(ctx, roleApprover)
	if err == nil && !payments.MayDecideAccounts(actor, b.Opener, b.OpenedBy) {
		err = link.E(link.Forbidden, "accounts.second", "id")
	}
	return actor, err
}

// ExcludeAccountRow leaves a row out.
func (s *Service) ExcludeAccountRow(ctx context.Context, r payments.ExcludeAccountRow) (payments.AccountBatch, error) {
	r, err := r.Check()
	if err != nil {
		return payments.AccountBatch{}, err
	}
	return s.onBatch(ctx, r.ID, func(c *change, b *accountBatchRow) error {
		if _, err := decider(ctx, b); err != nil {
			return err
		}
		if b.State != payments.AccountsWaiting {
			return link.E(link.Conflict, "accounts.decided", "id")
		}
		res, err := c.tx.ExecContext(ctx, `
			UPDATE account_batch_row SET excluded = $3, excluded_by = $4 WHERE batch_id = $1 AND line = $2 AND outcome = ANY($5)`,
			r.ID, r.Line, r.Why, c.actor, pq.Array(appliedOutcomes))
		if err != nil {
			return fmt.Errorf("exclude row: %w", err)
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return link.E(link.NotFound, "accounts.row", "line")
		}
		return nil
	})
}

// appliedOutcomes are the outcomes of rows that approval applies.
var appliedOutcomes = []string{string(payments.AccountNew), string(payments.AccountReplaces)}

// DecideAccountBatch is the second person's decision.
func (s *Service) DecideAccountBatch(ctx context.Context, r payments.DecideAccountBatch) (payments.AccountBatch, error) {
	r, err := r.Check()
	if err != nil {
		return payments.AccountBatch{}, err
	}
	on, decided := payments.AccountsRefuse, []payments.AccountBatchState{payments.AccountsRefused}
	if r.Approve {
		on, decided = payments.AccountsAgree, []payments.AccountBatchState{payments.AccountsApplying, payments.AccountsDone}
	}
	return s.onBatch(ctx, r.ID, func(c *change, b *accountBatchRow) error {
		actor, err := decider(ctx, b)
		if err != nil {
			return err
		}
		for _, state := range decided {
			if b.State == state && b.DecidedBy == c.actor && b.Why == r.Why {
				return nil // the same again
			}
		}
		if err := c.moveAccountBatch(ctx, b, on); err != nil {
			return err
		}
		b.DecidedBy, b.DecidedAt, b.Why = c.actor, &c.now, r.Why
		_, err = c.tx.ExecContext(ctx, `
			UPDATE account_batch SET decider = $2, decider_login = $3, decider_role = $4, decided_by = $5, decided_at = $6, why = $7 WHERE id = $1`,
			b.ID, actor.Account, actor.Login, actor.Role, c.actor, c.now, r.Why)
		if err != nil {
			return fmt.Errorf("decide batch of accounts: %w", err)
		}
		c.decided("account_batch", b.ID, r.Approve)
		return nil
	})
}

// AccountBatch returns a batch.
func (s *Service) AccountBatch(ctx context.Context, r payments.AccountBatchRef) (payments.AccountBatch, error) {
	if _, err := need(ctx, county...); err != nil {
		return payments.AccountBatch{}, err
	}
	b, err := readAccountBatch(ctx, s.db, r.ID, "")
	if err != nil {
		return payments.AccountBatch{}, err
	}
	return b.out(ctx, s.db)
}

// AccountBatches lists the newest batches.
func (s *Service) AccountBatches(ctx context.Context, r payments.AccountBatchesRequest) (payments.AccountBatchList, error) {
	list := payments.AccountBatchList{Items: []payments.AccountBatch{}}
	if _, err := need(ctx, county...); err != nil {
		return list, err
	}
	if r.Limit < 1 || r.Limit > 100 {
		r.Limit = 20
	}
	var rows []accountBatchRow
	err := s.db.SelectContext(ctx, &rows, `SELECT `+accountBatchColumns+` FROM account_batch WHERE $2::bigint = 0 OR workbook = $2 ORDER BY id DESC LIMIT $1`,
		r.Limit, r.Workbook)
	if err != nil {
		return list, fmt.Errorf("list batches of accounts: %w", err)
	}
	for _, row := range rows {
		b, err := row.out(ctx, s.db)
		if err != nil {
			return list, err
		}
		list.Items = append(list.Items, b)
	}
	return list, nil
}

type accountRowOf struct {
	Line      int                     `db:"line"`
	Sealed    []byte                  `db:"sealed"`
	Tail      string                  `db:"tail"`
	Code      string                  `db:"code"`
	Household int64                   `db:"household"`
	Outcome   payments.AccountOutcome `db:"outcome"`
	Findings  []byte                  `db:"findings"`
	Holder    payments.HolderKind     `db:"holder"`
	Shared    pq.Int64Array           `db:"shared"`
	Record    string                  `db:"record"`
	Excluded  string                  `db:"excluded"`
	Skipped   string                  `db:"skipped"`
	AccountID *int64                  `db:"account_id"`
	PayableID *int64                  `db:"payable_id"`
}

const accountRowColumns = `line, sealed, tail, code, household, outcome, findings, holder, shared, record, excluded, skipped, account_id, payable_id`

// notTaken selects the rows that were not, or will not be, taken.
const notTaken = `(outcome = $4 OR excluded <> '' OR skipped <> '')`

// AccountBatchRows lists rows of a batch.
func (s *Service) AccountBatchRows(ctx context.Context, r payments.AccountBatchRowsRequest) (payments.AccountBatchPage, error) {
	out := payments.AccountBatchPage{Items: []payments.AccountBatchRow{}}
	if _, err := need(ctx, county...); err != nil {
		return out, err
	}
	if r.Limit < 1 || r.Limit > 500 {
		r.Limit = 100
	}
	show, ok := map[string]string{"": `$4 = $4`, payments.ShowUnusual: `unusual AND NOT ` + notTaken, payments.ShowWrong: notTaken,
		payments.ShowUsual: `NOT unusual AND outcome <> $5 AND NOT ` + notTaken, payments.ShowSame: `outcome = $5 AND $4 = $4`}[r.Show]
	if !ok {
		return out, link.E(link.Invalid, "malformed", "show")
	}
	if _, err := readAccountBatch(ctx, s.db, r.ID, ""); err != nil {
		return out, err
	}
	var rows []accountRowOf
	err := s.db.SelectContext(ctx, &rows, `SELECT `+accountRowColumns+` FROM account_batch_row
		WHERE batch_id = $1 AND line > $2 AND $4::text IS NOT NULL AND $5::text IS NOT NULL AND `+show+` ORDER BY line LIMIT $3`,
		r.ID, r.After, r.Limit, payments.AccountWrong, payments.AccountUnchanged)
	if err != nil {
		return out, fmt.Errorf("list rows: %w", err)
	}
	for _, row := range rows {
		item, err := s.showAccountRow(r.ID, row)
		if err != nil {
			return out, err
		}
		out.Items = append(out.Items, item)
	}
	if len(rows) == r.Limit {
		out.Next = rows[len(rows)-1].Line
	}
	return out, nil
}

func (s *Service) showAccountRow(batch int64, row accountRowOf) (payments.AccountBatchRow, error) {
	out := payments.AccountBatchRow{Line: row.Line, Code: row.Code, Household: row.Household, Outcome: row.Outcome, Findings: []payments.AccountFinding{},
		Excluded: row.Excluded, Skipped: row.Skipped, Applied: row.AccountID != nil || row.PayableID != nil}
	if row.Tail != "" {
		out.Number = payments.MaskNumber(row.Tail)
	}
	if err := json.Unmarshal(row.Findings, &out.Findings); err != nil {
		return out, fmt.Errorf("read findings: %w", err)
	}
	if row.Sealed == nil {
		return out, nil
	}
	sent, err := s.openAccountRow(batch, row.Sealed)
	if err != nil {
		return out, err
	}
	in := earlier.ReadIncomeRow(sent, s.now()).Values
	out.Year, out.Programme, out.AmountFen = int(in.Int("year")), in.Text("programme"), in.Int("amount")
	out.Document = sent.Cells["document"]
	out.Holder, out.Bank, out.Relation, out.Reason = entry.Clean(sent.Cells["holder"]), entry.Clean(sent.Cells["bank"]), sent.Cells["relation"], sent.Cells["reason"]
	return out, nil
}

func (s *Service) openAccountRow(batch int64, sealed []byte) (entry.Row, error) {
	var row entry.Row
	text, err := s.keys.Open(sealed, accountBatchOwner(batch))
	if err == nil {
		err = json.Unmarshal([]byte(text), &row)
	}
	if err != nil {
		return row, fmt.Errorf("read row of batch %d: %w", batch, err)
	}
	return row, nil
}

// AccountBatchWrong reads back the rows that were not taken.
func (s *Service) AccountBatchWrong(ctx context.Context, r payments.AccountBatchWrongRequest) (payments.AccountRows, error) {
	out := payments.AccountRows{ID: r.ID, Rows: []entry.Row{}}
	actor, err := need(ctx, county...)
	if err != nil {
		return out, err
	}
	b, err := readAccountBatch(ctx, s.db, r.ID, "")
	if err != nil {
		return out, err
	}
	if !opened(actor, &b) {
		return out, link.E(link.Forbidden, "accounts.opener", "id")
	}
	if r.Limit < 1 || r.Limit > 500 {
		r.Limit = 200
	}
	all := b.State == payments.AccountsRefused
	var rows [][]byte
	err = s.db.SelectContext(ctx, &rows, `SELECT sealed FROM account_batch_row
		WHERE batch_id = $1 AND line > $2 AND sealed IS NOT NULL AND ($5 OR `+notTaken+`) ORDER BY line LIMIT $3`, r.ID, r.After, r.Limit, payments.AccountWrong, all)
	if err != nil {
		return out, fmt.Errorf("read wrong rows: %w", err)
	}
	for _, sealed := range rows {
		row, err := s.openAccountRow(r.ID, sealed)
		if err != nil {
			return out, err
		}
		out.Rows = append(out.Rows, row)
	}
	return out, nil
}

// rekeyAccountBatches seals rows of older keys with the first one.
func (s *Service) rekeyAccountBatches(ctx context.Context) (total int, err error) {
	for {
		n := 0
		err := link.InTx(ctx, s.db, nil, func(tx *sqlx.Tx) error {
			var rows []struct {
				Batch  int64  `db:"batch_id"`
				Line   int    `db:"line"`
				Sealed []byte `db:"sealed"`
			}
			err := tx.SelectContext(ctx, &rows, `
				SELECT batch_id, line, sealed FROM account_batch_row WHERE sealed IS NOT NULL AND substring(sealed FROM 1 FOR 4) <> $1
				ORDER BY batch_id, line LIMIT $2 FOR UPDATE`, s.keys.Current(), rekeyStep)
			if err != nil {
				return fmt.Errorf("read rows of accounts: %w", err)
			}
			for _, row := range rows {
				fresh, _, err := s.keys.Reseal(row.Sealed, accountBatchOwner(row.Batch))
				if err != nil {
					return err
				}
				_, err = tx.ExecContext(ctx, `UPDATE account_batch_row SET sealed = $3 WHERE batch_id = $1 AND line = $2`, row.Batch, row.Line, fresh)
				if err != nil {
					return fmt.Errorf("seal row anew: %w", err)
				}
			}
			n = len(rows)
			return nil
		})
		if total += n; err != nil || n == 0 {
			return total, err
		}
	}
}
