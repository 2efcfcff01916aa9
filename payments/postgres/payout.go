package postgres

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/lib/pq"

	"banmuyuan/internal/link"
	"banmuyuan/internal/link/paging"
	"banmuyuan/payments"
	"banmuyuan/payments/bankfile"
	"banmuyuan/payments/ledger"
	"banmuyuan/payments/payout"
)

type batchRow struct {
	ID          int64               `db:"id"`
	No          string              `db:"no"`
	State       payments.BatchState `db:"state"`
	Items       int                 `db:"items"`
	AmountFen   int64               `db:"amount_fen"`
	PaidFen     int64               `db:"paid_fen"`
	ReturnedFen int64               `db:"returned_fen"`
	Returned    int                 `db:"returned"`
	MinFen      int64               `db:"min_fen"`
	CreatedAt   time.Time           `db:"created_at"`
	CreatedBy   string              `db:"created_by"`
	Creator     int64               `db:"creator"`
	DecidedAt   sql.NullTime        `db:"decided_at"`
	DecidedBy   string              `db:"decided_by"`
	ExportedAt  sql.NullTime        `db:"exported_at"`
	SHA256      string              `db:"file_sha256"`
}

const batchColumns = `id, no, state, items, amount_fen, paid_fen, returned_fen, returned, min_fen, created_at, created_by, creator,
	decided_at, decided_by, exported_at, file_sha256`

func (b batchRow) out() payments.PayoutBatch {
	o := payments.PayoutBatch{ID: b.ID, No: b.No, State: b.State, Items: b.Items, AmountFen: b.AmountFen, PaidFen: b.PaidFen,
		ReturnedFen: b.ReturnedFen, Returned: b.Returned, CreatedAt: b.CreatedAt.UTC(), CreatedBy: b.CreatedBy,
		ExportedAt: timePtr(b.ExportedAt), SHA256: b.SHA256}
	if b.State != payments.BatchRejected {
		o.ApprovedAt, o.ApprovedBy = timePtr(b.DecidedAt), b.DecidedBy
	}
	return o
}

func readBatch(ctx context.Context, q queryer, id int64, lock string) (batchRow, error) {
	var b batchRow
	err := get(ctx, q, &b, `SELECT `+batchColumns+` FROM payout_batch WHERE id = $1 `+lock, id)
	if missing(err) {
		return b, link.E(link.NotFound, "payout.unknown_batch", "")
	}
	if err != nil {
		return b, fmt.Errorf("read batch %d: %w", id, err)
	}
	return b, nil
}

func readItems(ctx context.Context, q queryer, where string, args ...any) ([]payments.PayoutItem, error) {
	rows, err := q.QueryxContext(ctx, `
		SELECT i.id, i.batch_id, b.no, i.household, i.holder, i.bank, i.number_tail, i.amount_fen, i.state, i.reason, i.paid_on, i.source_keys
		FROM payout_item i JOIN payout_batch b ON b.id = i.batch_id WHERE `+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read payout items: %w", err)
	}
	defer rows.Close()
	items := []payments.PayoutItem{}
	for rows.Next() {
		var i payments.PayoutItem
		var last string
		var paidOn sql.NullTime
		err := rows.Scan(&i.ID, &i.BatchID, &i.BatchNo, &i.Household, &i.Holder, &i.Bank, &last, &i.AmountFen, &i.State, &i.Reason,
			&paidOn, (*pq.StringArray)(&i.SourceKeys))
		if err != nil {
			return nil, fmt.Errorf("read payout items: %w", err)
		}
		i.Number = payments.MaskNumber(last)
		if paidOn.Valid {
			d := dateTime(paidOn.Time)
			i.PaidOn = &d
		}
		items = append(items, i)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read payout items: %w", err)
	}
	return items, nil
}

// PayoutSummary returns the sums of the next batch.
func (s *Service) PayoutSummary(ctx context.Context, _ payments.None) (payments.PayoutSummary, error) {
	if _, err := need(ctx, county...); err != nil {
		return payments.PayoutSummary{}, err
	}
	var p payments.PayoutSummary
	err := s.db.QueryRowxContext(ctx, `
		WITH owed AS (
			SELECT p.household, sum(p.amount_fen)::bigint AS fen, EXISTS (SELECT FROM payout_account a
			             WHERE a.household = p.household AND a.state = 'active' AND coalesce(a.pay_from <= $1, true)) AS usable
			FROM payable p WHERE p.state = 'released' GROUP BY p.household HAVING sum(p.amount_fen) > 0)
		SELECT count(*), coalesce(sum(fen), 0)::bigint,
		       (SELECT coalesce(sum(amount_fen), 0) FROM payable WHERE state = 'pending')::bigint,
		       count(*) FILTER (WHERE NOT usable), coalesce(sum(fen) FILTER (WHERE NOT usable), 0)::bigint
		FROM owed`, s.now()).Scan(&p.Households, &p.ReleasedFen, &p.PendingFen, &p.Blocked, &p.BlockedFen)
	if err != nil {
		return p, fmt.Errorf("sum released payables: %w", err)
	}
	return p, nil
}

// CreateBatch puts everything released into a batch, one item for each household that has a usable account.
func (s *Service) CreateBatch(ctx context.Context, r payments.CreateBatch) (payments.PayoutBatch, error) {
	actor, err := need(ctx, roleOperator)
	if err != nil {
		return payments.PayoutBatch{}, err
	}
	var bad link.Problems
	if r.IdempotencyKey == "" || len(r.IdempotencyKey) > 200 {
		bad.Add("payment.key", "idempotency_key")
	}
	if r.MinFen < 0 || r.MinFen > payments.MaxFen {
		bad.Add("payout.min", "min_fen")
	}
	if err := bad.Err(); err != nil {
		return payments.PayoutBatch{}, err
	}
	key := fmt.Sprintf("%d:%s", actor.Account, r.IdempotencyKey)
	var out batchRow
	err = s.change(ctx, func(c *change) error {
		// One at a time: two would take the same payables, and the second find nothing.
		if _, err := c.tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('payments payout_batch', 0))`); err != nil {
			return fmt.Errorf("lock batches: %w", err)
		}
		err := get(ctx, c.tx, &out, `SELECT `+batchColumns+` FROM payout_batch WHERE idem_key = $1`, key)
		if err == nil {
			if out.MinFen != r.MinFen {
				return link.E(link.Conflict, "payment.key_reused", "idempotency_key")
			}
			return nil
		}
		if !missing(err) {
			return fmt.Errorf("look up batch: %w", err)
		}
		id, err := c.newBatch(ctx, key, r.MinFen, actor)
		if err != nil {
			return err
		}
		if err := c.fillBatch(ctx, id, r.MinFen); err != nil {
			return err
		}
		out, err = readBatch(ctx, c.tx, id, "")
		if err == nil && out.Items == 0 {
			return link.E(link.Conflict, "payout.nothing", "")
		}
		return err
	})
	return out.out(), err
}

func (c *change) newBatch(ctx context.Context, key string, minFen int64, actor link.Actor) (int64, error) {
	var id int64
	err := c.tx.GetContext(ctx, &id, `
		INSERT INTO payout_batch (no, state, items, amount_fen, idem_key, min_fen, created_at, created_by, creator)
		SELECT 'DF' || $1 || '-' || lpad((count(*) + 1)::text, 2, '0'), $7, 0, 0, $2, $3, $4, $5, $6
		FROM payout_batch WHERE no LIKE 'DF' || $1 || '-%' RETURNING id`,
		c.now.In(china).Format("20060102"), key, minFen, c.now, c.actor, actor.Account, payments.BatchDraft)
	if err != nil {
		return 0, fmt.Errorf("write batch: %w", err)
	}
	return id, nil
}

// fillBatch takes the released payables of all households with a usable account, in a fixed number of statements.
func (c *change) fillBatch(ctx context.Context, id, minFen int64) error {
	// Locked first, by id as everybody does, so that a reversal cannot take one away in between.
	// Payables that are released from now on belong to the next batch: the statements below see them, so they are given ids.
	from := pq.Array(payments.PayableMachine.From(payments.PayableBatch))
	var ids []int64
	err := c.tx.SelectContext(ctx, &ids, `SELECT id FROM payable WHERE state = ANY($1) ORDER BY id FOR UPDATE`, from)
	if err != nil {
		return fmt.Errorf("lock released payables: %w", err)
	}
	_, err = c.tx.ExecContext(ctx, `
		INSERT INTO payout_item (batch_id, line, household, account_id, holder, bank, number_sealed, number_tail, amount_fen, state, source_keys)
		SELECT $1, row_number() OVER (ORDER BY o.household), o.household, a.id, a.holder, a.bank, a.number_sealed, a.number_tail, o.fen, $4, o.keys
		FROM (SELECT household, sum(amount_fen)::bigint AS fen, array_agg(source_key ORDER BY id) AS keys
		      FROM payable WHERE id = ANY($3) AND state = ANY($5) GROUP BY household HAVING sum(amount_fen) >= greatest($2::bigint, 1)) o
		JOIN payout_account a ON a.household = o.household AND a.state = $6 AND coalesce(a.pay_from <= $7, true)`, id, minFen, pq.Array(ids), payments.ItemReady, from,
		payments.AccountActive, c.now)
	if err != nil {
		return fmt.Errorf("write payout items: %w", err)
	}
	_, err = c.tx.ExecContext(ctx, `
		UPDATE payout_batch SET items = i.n, amount_fen = i.fen
		FROM (SELECT count(*) AS n, coalesce(sum(amount_fen), 0)::bigint AS fen FROM payout_item WHERE batch_id = $1) i
		WHERE id = $1`, id)
	if err != nil {
		return fmt.Errorf("sum batch: %w", err)
	}
	var moved []changedPayable
	err = c.tx.SelectContext(ctx, &moved, `
		UPDATE payable p SET state = $3, payout_item = i.id, version = p.version + 1
		FROM payout_item i WHERE i.batch_id = $1 AND p.household = i.household AND p.id = ANY($2) AND p.state = ANY($4)
		RETURNING p.source_key, p.household, p.state, p.amount_fen, p.payout_item, '' AS paid_on, p.version`, id, pq.Array(ids), payments.PayableMachine.To(payments.PayableBatch), from)
	if err != nil {
		return fmt.Errorf("move payables into batch: %w", err)
	}
	c.publishMoved(moved)
	return nil
}

// Batches lists batches, newest first.
func (s *Service) Batches(ctx context.Context, r payments.BatchesRequest) (payments.Batches, error) {
	out := payments.Batches{Items: []payments.PayoutBatch{}, Counts: map[payments.BatchState]int{}}
	if _, err := need(ctx, county...); err != nil {
		return out, err
	}
	before, err := paging.ID("payout_batches", r.Cursor)
	if err != nil {
		return out, err
	}
	n, err := paging.Size(r.Limit, defaultLimit, 200)
	if err != nil {
		return out, err
	}
	var sums []struct {
		State  payments.BatchState `db:"state"`
		Count  int                 `db:"n"`
		Amount int64               `db:"amount"`
		Paid   int64               `db:"paid"`
	}
	err = s.db.SelectContext(ctx, &sums, `
		SELECT state, count(*) AS n, coalesce(sum(amount_fen), 0)::bigint AS amount, coalesce(sum(paid_fen), 0)::bigint AS paid FROM payout_batch GROUP BY state`)
	if err != nil {
		return out, fmt.Errorf("count batches: %w", err)
	}
	for _, sum := range sums {
		out.Counts[sum.State] = sum.Count
		if r.State == "" || r.State == sum.State {
			out.Total, out.AmountFen, out.PaidFen = out.Total+sum.Count, out.AmountFen+sum.Amount, out.PaidFen+sum.Paid
		}
	}
	var rows []batchRow
	err = s.db.SelectContext(ctx, &rows, `SELECT `+batchColumns+` FROM payout_batch WHERE ($1 = '' OR state = $1) AND ($2 = 0 OR id < $2) ORDER BY id DESC LIMIT $3`,
		string(r.State), before, n+1)
	if err != nil {
		return out, fmt.Errorf("read batches: %w", err)
	}
	if len(rows) > n {
		rows = rows[:n]
		out.Cursor = paging.After("payout_batches", rows[n-1].ID)
	}
	for _, row := range rows {
		out.Items = append(out.Items, row.out())
	}
	return out, nil
}

// Batch is one batch with a page of its items.
func (s *Service) Batch(ctx context.Context, r payments.BatchPageRequest) (payments.BatchPage, error) {
	if _, err := need(ctx, county...); err != nil {
		return payments.BatchPage{}, err
	}
	after, err := paging.ID("batch", r.Cursor)
	if err != nil {
		return payments.BatchPage{}, err
	}
	b, err := readBatch(ctx, s.db, r.ID, "")
	if err != nil {
		return payments.BatchPage{}, err
	}
	page := payments.BatchPage{Batch: b.out()}
	n, err := paging.Size(r.Limit, defaultLimit, 500)
	if err != nil {
		return payments.BatchPage{}, err
	}
	where := `i.batch_id = $1 AND ($2 = '' OR i.state = $2)
		AND ($3 = '' OR strpos(i.holder, $3) > 0 OR i.household::text = $3 OR i.number_tail = $3)`
	args := []any{r.ID, string(r.State), strings.TrimSpace(r.Query)}
	if err := s.db.GetContext(ctx, &page.Total, `SELECT count(*) FROM payout_item i WHERE `+where, args...); err != nil {
		return page, fmt.Errorf("count payout items: %w", err)
	}
	page.Items, err = readItems(ctx, s.db, where+` AND i.id > $4 ORDER BY i.id LIMIT $5`, append(args, after, n+1)...)
	if err != nil {
		return page, err
	}
	if len(page.Items) > n {
		page.Items = page.Items[:n]
		page.Cursor = paging.After("batch", page.Items[n-1].ID)
	}
	return page, nil
}

// DecideBatch decides, by a second person: an approved batch's file may be downloaded, a rejected batch's payables are
// released again.
func (s *Service) DecideBatch(ctx context.Context, r payments.DecideBatch) (payments.PayoutBatch, error) {
	actor, err := need(ctx, roleApprover)
	if err != nil {
		return payments.PayoutBatch{}, err
	}
	if r, err = r.Check(); err != nil {
		return payments.PayoutBatch{}, err
	}
	var out batchRow
	err = s.change(ctx, func(c *change) error {
		b, err := readBatch(ctx, c.tx, r.ID, "FOR UPDATE")
		if err != nil {
			return err
		}
		if c.same(actor, b.Creator, b.CreatedBy) {
			return link.E(link.Forbidden, "payout.second_person", "")
		}
		on := payments.BatchReject
		if r.Approve {
			on = payments.BatchApprove
		}
		if b.State == payments.BatchMachine.To(on) && b.DecidedBy == c.actor {
			out = b // sent twice
			return nil
		}
		to, err := next(payments.BatchMachine, b.State, on, "")
		if err != nil {
			return err
		}
		_, err = c.tx.ExecContext(ctx, `
			UPDATE payout_batch SET state = $2, decided_at = $3, decided_by = $4, reason = $5 WHERE id = $1`, b.ID, to, c.now, c.actor, r.Reason)
		if err != nil {
			return fmt.Errorf("decide batch: %w", err)
		}
		if !r.Approve {
			var moved []changedPayable
			err = c.tx.SelectContext(ctx, &moved, `
				UPDATE payable p SET state = $2, payout_item = NULL, version = p.version + 1
				FROM payout_item i WHERE i.batch_id = $1 AND p.payout_item = i.id AND p.state = ANY($3)
				RETURNING p.source_key, p.household, p.state, p.amount_fen, 0 AS payout_item, '' AS paid_on, p.version`, b.ID,
				payments.PayableMachine.To(payments.PayableUnbatch), pq.Array(payments.PayableMachine.From(payments.PayableUnbatch)))
			if err != nil {
				return fmt.Errorf("release payables of batch: %w", err)
			}
			c.publishMoved(moved)
		}
		c.decided("payout_batch", b.ID, r.Approve)
		out, err = readBatch(ctx, c.tx, b.ID, "")
		return err
	})
	return out.out(), err
}

// ExportBatch makes the bank's file. The first export moves the money from the households' accounts into transit; later
// exports give the same file. Every export is logged, because the file holds account numbers.
func (s *Service) ExportBatch(ctx context.Context, r payments.ExportBatch) (payments.File, error) {
	actor, err := need(ctx, roleOperator)
	if err != nil {
		return payments.File{}, err
	}
	if r.Format != bankfile.CSV && r.Format != bankfile.XLSX {
		return payments.File{}, link.E(link.Invalid, "payout.format", "format")
	}
	var file payments.File
	err = s.change(ctx, func(c *change) error {
		b, err := readBatch(ctx, c.tx, r.ID, "FOR UPDATE")
		if err != nil {
			return err
		}
		if !b.State.HasFile() {
			return link.E(link.Conflict, payments.BatchMachine.Refused(payments.BatchExport), "")
		}
		data, err := c.payoutFile(ctx, s, b, r.Format)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(data)
		file = payments.File{Name: b.No + "." + r.Format, Type: bankfile.Type(r.Format), Data: data}
		_, err = c.tx.ExecContext(ctx, `
			INSERT INTO unmasking (at, actor, account, purpose, batch_id, numbers, sha256) VALUES ($1, $2, $3, 'payout_file', $4, $5, $6)`,
			c.now, c.actor, actor.Account, b.ID, b.Items, hex.EncodeToString(sum[:]))
		if err != nil {
			return fmt.Errorf("log unmasking: %w", err)
		}
		c.did("export.payout_file", "payout_batch", b.ID, strconv.Itoa(b.Items))
		to, first := payments.BatchMachine.Next(b.State, payments.BatchExport)
		if !first {
			return nil
		}
		_, err = c.tx.ExecContext(ctx, `
			UPDATE payout_batch SET state = $4, exported_at = $2, file_sha256 = $3 WHERE id = $1`, b.ID, c.now, hex.EncodeToString(sum[:]), to)
		if err == nil {
			_, err = c.tx.ExecContext(ctx, `UPDATE payout_item SET state = $2 WHERE batch_id = $1 AND state = ANY($3)`,
				b.ID, payments.ItemMachine.To(payments.ItemSend), pq.Array(payments.ItemMachine.From(payments.ItemSend)))
		}
		if err != nil {
			return fmt.Errorf("mark batch exported: %w", err)
		}
		var owed []ledger.PayoutPart
		err = c.tx.SelectContext(ctx, &owed, `
			SELECT i.household, coalesce(sum(p.amount_fen) FILTER (WHERE p.amount_fen > 0), 0)::bigint AS owed,
			       coalesce(-sum(p.amount_fen) FILTER (WHERE p.amount_fen < 0), 0)::bigint AS kept
			FROM payout_item i JOIN payable p ON p.payout_item = i.id WHERE i.batch_id = $1 GROUP BY i.household ORDER BY i.household`, b.ID)
		if err != nil {
			return fmt.Errorf("sum payables of batch: %w", err)
		}
		c.post("payout.exported", fmt.Sprintf("batch:%d", b.ID), c.now, ledger.PayoutLines(owed, ledger.PayoutTransit(b.ID), 1)...)
		return nil
	})
	if err != nil { // above all when the export could not be logged
		return payments.File{}, err
	}
	return file, nil
}

func (s *Service) fileRows(ctx context.Context, q queryer, b batchRow) ([]bankfile.Row, error) {
	rows, err := q.QueryxContext(ctx, `
		SELECT line, household, holder, bank, number_sealed, amount_fen FROM payout_item WHERE batch_id = $1 ORDER BY line`, b.ID)
	if err != nil {
		return nil, fmt.Errorf("read payout items: %w", err)
	}
	defer rows.Close()
	list := make([]bankfile.Row, 0, b.Items)
	for rows.Next() {
		var line int
		var household int64
		var sealed []byte
		var r bankfile.Row
		if err := rows.Scan(&line, &household, &r.Holder, &r.Bank, &sealed, &r.Fen); err != nil {
			return nil, fmt.Errorf("read payout items: %w", err)
		}
		if r.Number, err = s.keys.Open(sealed, sealOwner(household)); err != nil {
			return nil, err
		}
		r.Item = payout.ItemNo(b.No, line)
		list = append(list, r)
	}
	return list, rows.Err()
}
