package postgres

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/internal/entry"
	"banmuyuan/internal/link"
	"banmuyuan/payments"
	"banmuyuan/payments/earlier"
	"banmuyuan/payments/ledger"
)

// incomeChunk is the number of rows of earlier income that are booked in one transaction.
const incomeChunk = 2000

// checkIncomes checks a whole batch of earlier income.
func (s *Service) checkIncomes(ctx context.Context, id int64) error {
	b, err := readAccountBatch(ctx, s.db, id, "")
	if err != nil {
		return err
	}
	rows, err := readBatchRows(ctx, s, id, func(row entry.Row) earlier.IncomeRow { return earlier.ReadIncomeRow(row, s.now()) })
	if err != nil {
		return err
	}
	if err := s.nameIncomes(ctx, b.Workbook, rows); err != nil {
		return s.notChecked(ctx, b, err)
	}
	return s.endBatchCheck(ctx, b, payments.AccountsFound, "", s.contentOfIncomes(rows), func(c *change) ([]verdict, error) {
		booked, err := onBooks(ctx, c.tx, rows)
		if err != nil {
			return nil, err
		}
		found := earlier.CheckIncomes(rows, c.now)
		all := make([]verdict, len(rows))
		for i, r := range rows {
			v := found[i]
			all[i] = verdict{Line: r.Line, Code: cmp.Or(r.Household.Code, r.Values.Text("household")), Household: r.Household.ID, Outcome: v.Outcome,
				Unusual: v.Unusual(), Findings: v.Findings, Shared: v.Shared, Record: booked[i].record()}
		}
		return all, nil
	})
}

// nameIncomes asks the register about the rows' households, programmes and organisations.
func (s *Service) nameIncomes(ctx context.Context, workbook int64, rows []earlier.IncomeRow) error {
	keys := make([]payments.HouseholdKey, len(rows))
	for i, r := range rows {
		keys[i] = payments.HouseholdKey{Code: r.Values.Text("household")}
	}
	households, err := s.registered(ctx, workbook, keys)
	if err != nil {
		return err
	}
	names, err := s.register.RegisteredNames(ctx, workbook)
	if err != nil {
		return fmt.Errorf("ask the register: %w", err)
	}
	for i := range rows {
		rows[i].Household, rows[i].Names = households[i], &names
	}
	return nil
}

// contentOfIncomes is the blind index of the entries that a batch would book.
func (s *Service) contentOfIncomes(rows []earlier.IncomeRow) []byte {
	var all strings.Builder
	for _, r := range rows {
		fmt.Fprintf(&all, "%q %v\n", r.Values.Text("household"), r.Income())
	}
	return s.keys.Index(all.String())
}

// bookedIncome is an entry of earlier income in the books. ID 0: there is none.
type bookedIncome struct {
	N        int    `db:"n"`
	ID       int64  `db:"id"`
	Key      string `db:"source_key"`
	GrossFen int64  `db:"gross_fen"`
	FeeFen   int64  `db:"fee_fen"`
	Others   int    `db:"others"`
}

// record describes an entry: any change of it changes it.
func (b bookedIncome) record() string {
	if b.ID == 0 {
		return ""
	}
	return fmt.Sprintf("%d:%d:%d", b.ID, b.GrossFen, b.FeeFen)
}

// onBooks adds to the rows the entries of their keys in the books, and returns these.
func onBooks(ctx context.Context, q sqlx.QueryerContext, rows []earlier.IncomeRow) ([]bookedIncome, error) {
	n := len(rows)
	households, seasons, months := make([]int64, n), make([]int64, n), make([]int64, n)
	programmes, channels, products := make([]string, n), make([]string, n), make([]string, n)
	for i, r := range rows {
		in := r.Income()
		households[i], seasons[i], months[i] = in.Household, int64(in.Season), int64(in.Month)
		programmes[i], channels[i], products[i] = in.Programme, in.Channel, in.Product
	}
	var found []bookedIncome
	err := sqlx.SelectContext(ctx, q, &found, `
		WITH asked AS (
			SELECT * FROM unnest($1::bigint[], $2::smallint[], $3::smallint[], $4::text[], $5::text[], $6::text[]) WITH ORDINALITY
			              AS u (household, season, month, programme, channel, product, n)
		), booked AS MATERIALIZED (
			SELECT id, source_key, household, season, month, programme, channel, product, gross_fen, fee_fen FROM payable
			WHERE household = ANY($1) AND state = $7 AND starts_with(source_key, 'history:')
		)
		SELECT a.n, coalesce(p.id, 0) AS id, coalesce(p.source_key, '') AS source_key, coalesce(p.gross_fen, 0) AS gross_fen, coalesce(p.fee_fen, 0) AS fee_fen,
		       (coalesce(o.count, 0) - count(p.id) OVER (PARTITION BY a.n))::int AS others
		FROM asked a
		LEFT JOIN booked p ON p.household = a.household AND p.season = a.season AND p.month = a.month AND p.programme = a.programme
		                  AND p.channel = a.channel AND p.product = a.product
		LEFT JOIN (SELECT household, season, programme, count(*) AS count FROM booked GROUP BY 1, 2, 3) o
		          ON o.household = a.household AND o.season = a.season AND o.programme = a.programme`,
		pq.Array(households), pq.Array(seasons), pq.Array(months), pq.Array(programmes), pq.Array(channels), pq.Array(products), payments.PayablePaid)
	if err != nil {
		return nil, fmt.Errorf("read earlier income in the books: %w", err)
	}
	booked := make([]bookedIncome, n)
	for _, b := range found {
		r := &rows[b.N-1]
		booked[b.N-1], r.Others, r.Booked = b, b.Others, nil
		if b.ID != 0 {
			r.Booked = &earlier.BookedIncome{GrossFen: b.GrossFen, FeeFen: b.FeeFen}
		}
	}
	return booked, nil
}

// applyIncomes books the next rows of an approved batch, or finishes it.
func (s *Service) applyIncomes(ctx context.Context, id int64) error {
	b, err := readAccountBatch(ctx, s.db, id, "")
	if err != nil {
		return err
	}
	names, err := s.register.RegisteredNames(ctx, 0)
	if err != nil {
		return fmt.Errorf("ask the register: %w", err)
	}
	second := link.Actor{Account: b.Decider, Login: b.DeciderLogin, Role: b.DeciderRole}
	return s.change(link.WithActor(ctx, second), func(c *change) error {
		b, err := readAccountBatch(ctx, c.tx, id, "FOR UPDATE")
		if err != nil || b.State != payments.AccountsApplying {
			return err
		}
		// Batches book one after the other: each sees the entries of the others.
		if _, err := c.tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.earlier income', 0))`); err != nil {
			return fmt.Errorf("lock earlier income: %w", err)
		}
		var left []accountRowOf
		err = c.tx.SelectContext(ctx, &left, `
			SELECT `+accountRowColumns+` FROM account_batch_row
			WHERE batch_id = $1 AND outcome = ANY($2) AND excluded = '' AND skipped = '' AND payable_id IS NULL
			ORDER BY line LIMIT $3`, id, pq.Array(appliedOutcomes), incomeChunk)
		if err != nil {
			return fmt.Errorf("read rows to book: %w", err)
		}
		if len(left) == 0 {
			return s.finishAccounts(ctx, c, &b)
		}
		return s.bookIncomes(ctx, c, id, left, &names)
	})
}

// bookIncomes books rows as the second person saw them. A row is skipped when its entry changed since.
func (s *Service) bookIncomes(ctx context.Context, c *change, batch int64, left []accountRowOf, names *payments.RegisteredNames) error {
	rows := make([]earlier.IncomeRow, len(left))
	for i, row := range left {
		sent, err := s.openAccountRow(batch, row.Sealed)
		if err != nil {
			return err
		}
		rows[i] = earlier.ReadIncomeRow(sent, c.now)
		rows[i].Household, rows[i].Names = payments.RegisteredHousehold{ID: row.Household}, names
	}
	booked, err := onBooks(ctx, c.tx, rows)
	if err != nil {
		return err
	}
	var fresh []entryOfRow
	var changes []payments.PayableChange
	raised, lowered := []earlier.HistoricIncome{}, []earlier.HistoricIncome{}
	for i, row := range left {
		in := rows[i].Income()
		switch {
		case booked[i].record() != row.Record:
			err = s.skipAccount(ctx, c, batch, row.Line, "accounts.income.skipped")
		case earlier.CheckHistory([]earlier.HistoricIncome{in}) != nil:
			err = s.skipAccount(ctx, c, batch, row.Line, "accounts.income.skipped.names")
		default:
			e := entryOfRow{line: row.Line, key: in.Key(), in: in}
			if old := booked[i]; old.ID != 0 {
				gone, err := c.correctPayable(ctx, old, in.Household)
				if err != nil {
					return err
				}
				changes = append(changes, gone)
				e.key = fmt.Sprintf("%s:%d", in.Key(), batch)
				by := in
				if by.GrossFen, by.FeeFen = in.GrossFen-old.GrossFen, 0; by.GrossFen > 0 {
					raised = append(raised, by)
				} else if by.GrossFen = -by.GrossFen; by.GrossFen > 0 {
					lowered = append(lowered, by)
				}
			} else {
				raised = append(raised, in)
			}
			fresh = append(fresh, e)
		}
		if err != nil {
			return err
		}
	}
	made, err := c.writeIncomes(ctx, batch, fresh)
	if err != nil {
		return err
	}
	c.publishPayables(append(changes, made...))
	key := fmt.Sprintf("history:batch:%d:%d", batch, left[0].Line)
	c.postIncomes(key, raised, c.postHistory)
	c.postIncomes(key+":lowered", lowered, c.postLowered)
	return nil
}

// entryOfRow is a row of a batch as an entry of the books.
type entryOfRow struct {
	line int
	key  string
	in   earlier.HistoricIncome
}

// writeIncomes writes the payables of rows and marks the rows with them.
func (c *change) writeIncomes(ctx context.Context, batch int64, entries []entryOfRow) ([]payments.PayableChange, error) {
	rows, keys, lines := make([]earlier.HistoricIncome, len(entries)), make([]string, len(entries)), make([]int64, len(entries))
	changes := make([]payments.PayableChange, len(entries))
	for i, e := range entries {
		rows[i], keys[i], lines[i] = e.in, e.key, int64(e.line)
		changes[i] = payments.PayableChange{SourceKey: e.key, Household: e.in.Household, State: payments.PayablePaid, AmountFen: e.in.NetFen(),
			PaidOn: day(e.in.PaidOn), Version: 1}
	}
	if _, err := c.insertHistory(ctx, keys, rows); err != nil {
		return nil, err
	}
	_, err := c.tx.ExecContext(ctx, `
		UPDATE account_batch_row r SET payable_id = p.id, sealed = NULL
		FROM unnest($2::int[], $3::text[]) AS u (line, key) JOIN payable p ON p.source_key = u.key
		WHERE r.batch_id = $1 AND r.line = u.line`, batch, pq.Array(lines), pq.Array(keys))
	if err != nil {
		return nil, fmt.Errorf("mark rows: %w", err)
	}
	return changes, nil
}

// correctPayable takes an entry out of the books, in whose place another one comes.
func (c *change) correctPayable(ctx context.Context, old bookedIncome, household int64) (payments.PayableChange, error) {
	on := payments.PayableCorrect
	gone := payments.PayableChange{SourceKey: old.Key, Household: household, State: payments.PayableMachine.To(on), AmountFen: old.GrossFen - old.FeeFen}
	err := c.tx.GetContext(ctx, &gone.Version, `
		UPDATE payable SET state = $2, paid_on = NULL, version = version + 1 WHERE id = $1 AND state = ANY($3) RETURNING version`,
		old.ID, gone.State, pq.Array(payments.PayableMachine.From(on)))
	if err != nil {
		return gone, fmt.Errorf("correct earlier income: %w", err)
	}
	return gone, nil
}

// postIncomes posts entries by the groups of LoadHistory. Keys are of the batch: the same group may come in several.
func (c *change) postIncomes(key string, rows []earlier.HistoricIncome, post func(key string, rows []earlier.HistoricIncome)) {
	rows = earlier.SortHistory(rows)
	for n := 1; len(rows) > 0; n++ {
		group := earlier.HistoryGroups(rows, 1)
		post(fmt.Sprintf("%s:%d", key, n), rows[:group])
		rows = rows[group:]
	}
}

// postLowered posts by how much entries of a group were too high: neither earned nor paid.
func (c *change) postLowered(key string, rows []earlier.HistoricIncome) {
	at := rows[0].PaidOn.UTC().Truncate(time.Second)
	back, less := make([]ledger.Line, 0, len(rows)+1), make([]ledger.Line, 0, len(rows)+1)
	var sum int64
	for _, r := range rows {
		back = append(back, ledger.Credit(ledger.Payable(r.Household), r.GrossFen))
		less = append(less, ledger.Debit(ledger.Payable(r.Household), r.GrossFen))
		sum += r.GrossFen
	}
	c.post("history.unpaid", key+":unpaid", at, append(back, ledger.Debit(ledger.Bank(), sum))...)
	c.post("history.lowered", key, at, append(less, ledger.Credit(ledger.Bank(), sum))...)
}

// incomeChecks hold entries of earlier income against the ledger and against the rows of the batches that they came in.
var incomeChecks = []string{`
	SELECT 'income.books' AS check, 'household:' || coalesce(p.household::text, l.party_id) AS object,
	       'earlier income ' || coalesce(p.fen, 0) || ', ledger ' || coalesce(l.fen, 0) AS detail
	FROM (SELECT household, sum(amount_fen) AS fen FROM payable WHERE starts_with(source_key, 'history:') AND state <> 'reversed' GROUP BY household) p
	FULL JOIN (SELECT a.party_id, sum(e.amount) AS fen FROM ledger_txn t JOIN ledger_entry e ON e.txn_id = t.id
	           JOIN ledger_account a ON a.id = e.account_id AND a.kind = 'payable'
	           WHERE t.kind IN ('history.paid', 'history.unpaid') GROUP BY a.party_id) l ON l.party_id = p.household::text
	WHERE coalesce(p.fen, 0) <> coalesce(l.fen, 0) LIMIT 100`, `
	SELECT 'income.rows', 'batch:' || r.batch_id || ':' || r.line, 'is booked as payable ' || r.payable_id || CASE
		WHEN b.state NOT IN ('applying', 'done') THEN ' of a batch that is ' || b.state
		WHEN r.excluded <> '' THEN ' and left out'
		ELSE ' of household ' || p.household || ', not ' || r.household END
	FROM account_batch_row r JOIN account_batch b ON b.id = r.batch_id JOIN payable p ON p.id = r.payable_id
	WHERE b.state NOT IN ('applying', 'done') OR r.excluded <> '' OR p.household <> r.household LIMIT 100`}
