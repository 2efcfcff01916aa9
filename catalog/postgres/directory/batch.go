package directory

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/catalog"
	"banmuyuan/catalog/postgres/desk"
	"banmuyuan/internal/entry"
	"banmuyuan/internal/link"
	"banmuyuan/internal/link/paging"
)

const (
	batchPoll  = 2 * time.Second
	batchChunk = 500     // rows of one transaction
	mostRows   = 200_000 // of a batch
)

type batchRow struct {
	ID       int64     `db:"id"`
	Name     string    `db:"name"`
	State    string    `db:"state"`
	OpenedAt time.Time `db:"opened_at"`
	Opener   int64     `db:"opener"`
	Account  int64     `db:"account"`
	Login    string    `db:"login"`
	Role     string    `db:"role"`
	System   bool      `db:"system"`
	Done     int64     `db:"done"`
	Problems int64     `db:"problems"`
	Wrong    int64     `db:"wrong"`
	Kinds    []byte    `db:"kinds"`
	Fault    string    `db:"fault"`
}

func (b batchRow) out() (catalog.Batch, error) {
	out := catalog.Batch{ID: b.ID, Name: b.Name, State: catalog.BatchState(b.State), By: b.Login, At: b.OpenedAt.UTC(), Done: b.Done,
		Problems: b.Problems, Wrong: b.Wrong, Kinds: []catalog.BatchKind{}, Fault: b.Fault, Opener: b.Opener}
	if err := json.Unmarshal(b.Kinds, &out.Kinds); err != nil {
		return out, fmt.Errorf("read counts of batch %d: %w", b.ID, err)
	}
	for _, k := range out.Kinds {
		out.Rows += k.Rows
	}
	return out, nil
}

const batchColumns = `id, name, state, opened_at, opener, account, login, role, system, done, problems, wrong, kinds, fault`

func readBatch(ctx context.Context, q sqlx.QueryerContext, id int64, lock string) (batchRow, error) {
	var b batchRow
	err := sqlx.GetContext(ctx, q, &b, `SELECT `+batchColumns+` FROM batch WHERE id = $1 `+lock, id)
	if err != nil {
		return b, desk.NotFound(fmt.Errorf("read batch: %w", err), "batch.unknown", "id")
	}
	return b, nil
}

// OpenBatch begins a batch.
func (m *Room) OpenBatch(ctx context.Context, r catalog.OpenBatch) (catalog.Batch, error) {
	a, err := desk.RequireCounty(ctx)
	if err != nil {
		return catalog.Batch{}, err
	}
	name := entry.Clean(r.Name)
	if runes := []rune(name); len(runes) > 120 {
		name = string(runes[:120])
	}
	var b batchRow
	err = m.DB.GetContext(ctx, &b, `
		INSERT INTO batch (name, state, opened_at, opener, account, login, role, system) VALUES ($1, $2, $3, $4, $4, $5, $6, $7) RETURNING `+batchColumns,
		name, string(catalog.BatchFilling), m.Now(), a.Account, a.Login, a.Role, a.System)
	if err != nil {
		return catalog.Batch{}, fmt.Errorf("open batch: %w", err)
	}
	return b.out()
}

// AddBatchRows adds rows to a batch that is being filled.
func (m *Room) AddBatchRows(ctx context.Context, r catalog.BatchRows) (catalog.Batch, error) {
	if _, err := desk.RequireCounty(ctx); err != nil {
		return catalog.Batch{}, err
	}
	if _, err := kindTable(r.Kind); err != nil {
		return catalog.Batch{}, err
	}
	if err := r.Check(); err != nil {
		return catalog.Batch{}, err
	}
	var out catalog.Batch
	err := link.InTx(ctx, m.DB, nil, func(tx *sqlx.Tx) error {
		b, err := readBatch(ctx, tx, r.ID, "FOR UPDATE")
		if err != nil {
			return err
		}
		if catalog.BatchState(b.State) != catalog.BatchFilling {
			return link.E(link.Conflict, "batch.state", "id")
		}
		lines, cells := make([]int64, len(r.Rows)), make(pq.ByteaArray, len(r.Rows))
		for i, row := range r.Rows {
			lines[i], cells[i] = int64(row.Line), m.Cipher.Seal(desk.ToJSON(row), batchOwner(r.ID))
		}
		_, err = tx.ExecContext(ctx, `
			INSERT INTO batch_row (batch_id, kind, line, cells) SELECT $1, $2, l, x FROM unnest($3::bigint[], $4::bytea[]) AS u (l, x)
			ON CONFLICT (batch_id, kind, line) DO UPDATE SET cells = excluded.cells`, r.ID, r.Kind, pq.Array(lines), cells)
		if err != nil {
			return fmt.Errorf("add rows: %w", err)
		}
		kinds, total, err := countRows(ctx, tx, r.ID)
		if err != nil {
			return err
		}
		if total > mostRows {
			return link.E(link.TooLarge, "batch.rows", "rows", "max", strconv.Itoa(mostRows))
		}
		if _, err := tx.ExecContext(ctx, `UPDATE batch SET kinds = $2 WHERE id = $1`, r.ID, desk.ToJSON(kinds)); err != nil {
			return fmt.Errorf("count rows: %w", err)
		}
		b.Kinds = []byte(desk.ToJSON(kinds))
		out, err = b.out()
		return err
	})
	return out, err
}

func batchOwner(id int64) string { return "batch:" + strconv.FormatInt(id, 10) }

// countRows counts a batch's rows by kind, in the order of the kinds.
func countRows(ctx context.Context, tx *sqlx.Tx, id int64) ([]catalog.BatchKind, int64, error) {
	counts := map[string]int64{}
	rows, err := tx.QueryContext(ctx, `SELECT kind, count(*) FROM batch_row WHERE batch_id = $1 GROUP BY kind`, id)
	if err != nil {
		return nil, 0, fmt.Errorf("count rows: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var kind string
		var n int64
		if err := rows.Scan(&kind, &n); err != nil {
			return nil, 0, fmt.Errorf("count rows: %w", err)
		}
		counts[kind] = n
	}
	if err := rows.Err(); err != nil {
		return nil, 0, fmt.Errorf("count rows: %w", err)
	}
	var kinds []catalog.BatchKind
	var total int64
	for _, k := range catalog.Kinds() {
		if n := counts[k.Name]; n > 0 {
			kinds = append(kinds, catalog.BatchKind{Kind: k.Name, Rows: n})
			total += n
		}
	}
	return kinds, total, nil
}

// move moves a batch by an event of its table.
func (m *Room) moveBatch(ctx context.Context, tx *sqlx.Tx, b *batchRow, step catalog.BatchStep) error {
	next, ok := catalog.BatchMachine.Next(catalog.BatchState(b.State), step)
	if !ok {
		return link.E(link.Conflict, catalog.BatchMachine.Refused(step), "id")
	}
	b.State = string(next)
	if _, err := tx.ExecContext(ctx, `UPDATE batch SET state = $2, fault = $3 WHERE id = $1`, b.ID, b.State, b.Fault); err != nil {
		return fmt.Errorf("move batch: %w", err)
	}
	return nil
}

// RunBatch asks to check or to load a batch.
func (m *Room) RunBatch(ctx context.Context, r catalog.RunBatch) (catalog.Batch, error) {
	a, err := desk.RequireCounty(ctx)
	if err != nil {
		return catalog.Batch{}, err
	}
	step := catalog.BatchStepCheck
	if r.Load {
		step = catalog.BatchStepLoad
	}
	var out catalog.Batch
	err = link.InTx(ctx, m.DB, nil, func(tx *sqlx.Tx) error {
		b, err := readBatch(ctx, tx, r.ID, "FOR UPDATE")
		if err != nil {
			return err
		}
		if state := catalog.BatchState(b.State); state != catalog.BatchMachine.To(step) && !(r.Load && state == catalog.BatchMachine.To(catalog.BatchStepLoaded)) {
			b.Fault = ""
			if err := m.moveBatch(ctx, tx, &b, step); err != nil {
				return err
			}
			_, err := tx.ExecContext(ctx, `UPDATE batch SET account = $2, login = $3, role = $4, system = $5, done = 0 WHERE id = $1`,
				b.ID, a.Account, a.Login, a.Role, a.System)
			if err != nil {
				return fmt.Errorf("ask for batch: %w", err)
			}
			b.Done = 0
		}
		out, err = b.out()
		return err
	})
	if err != nil {
		return out, err
	}
	select {
	case m.batches <- struct{}{}:
	default:
	}
	return out, nil
}

// Batch returns the state of a batch.
func (m *Room) Batch(ctx context.Context, r catalog.BatchRef) (catalog.Batch, error) {
	if _, err := desk.RequireCounty(ctx); err != nil {
		return catalog.Batch{}, err
	}
	b, err := readBatch(ctx, m.DB, r.ID, "")
	if err != nil {
		return catalog.Batch{}, err
	}
	return b.out()
}

// BatchProblems lists the problems that the last run found.
func (m *Room) BatchProblems(ctx context.Context, r catalog.BatchProblemsRequest) (catalog.BatchProblemPage, error) {
	page := catalog.BatchProblemPage{Items: []entry.Problem{}}
	if _, err := desk.RequireCounty(ctx); err != nil {
		return page, err
	}
	limit, err := paging.Size(r.Limit, 200, 1000)
	if err != nil {
		return page, err
	}
	b, err := readBatch(ctx, m.DB, r.ID, "")
	if err != nil {
		return page, err
	}
	page.Total = b.Problems
	rows, err := m.DB.QueryContext(ctx, `SELECT problem FROM batch_problem WHERE batch_id = $1 AND seq > $2 ORDER BY seq LIMIT $3`, r.ID, r.After, limit)
	if err != nil {
		return page, fmt.Errorf("read problems: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var p desk.AsJSON[entry.Problem]
		if err := rows.Scan(&p); err != nil {
			return page, fmt.Errorf("read problems: %w", err)
		}
		page.Items = append(page.Items, p.V)
	}
	return page, rows.Err()
}

// wrongLines selects the lines of a batch's rows of a kind that have a problem.
const wrongLines = `SELECT (p.problem ->> 'line')::bigint FROM batch_problem p WHERE p.batch_id = $1 AND p.problem ->> 'kind' = $2`

// BatchWrong reads back the rows that were left out.
func (m *Room) BatchWrong(ctx context.Context, r catalog.BatchWrongRequest) (catalog.BatchRows, error) {
	out := catalog.BatchRows{ID: r.ID, Kind: r.Kind, Rows: []entry.Row{}}
	a, err := desk.RequireCounty(ctx)
	if err != nil {
		return out, err
	}
	if _, err := kindTable(r.Kind); err != nil {
		return out, err
	}
	limit, err := paging.Size(r.Limit, 200, batchChunk)
	if err != nil {
		return out, err
	}
	b, err := readBatch(ctx, m.DB, r.ID, "")
	if err != nil {
		return out, err
	}
	if !a.System && a.Account != b.Opener {
		return out, link.E(link.Forbidden, "batch.opener", "id")
	}
	rows, err := m.readRows(ctx, r.ID, r.Kind, r.After, limit, `AND line IN (`+wrongLines+`)`)
	if err != nil {
		return out, err
	}
	out.Rows = append(out.Rows, rows...)
	return out, nil
}

// Batches lists the newest batches.
func (m *Room) Batches(ctx context.Context, r catalog.BatchesRequest) (catalog.BatchList, error) {
	list := catalog.BatchList{Items: []catalog.Batch{}}
	if _, err := desk.RequireCounty(ctx); err != nil {
		return list, err
	}
	limit, err := paging.Size(r.Limit, 10, 100)
	if err != nil {
		return list, err
	}
	var rows []batchRow
	if err := m.DB.SelectContext(ctx, &rows, `SELECT `+batchColumns+` FROM batch ORDER BY id DESC LIMIT $1`, limit); err != nil {
		return list, fmt.Errorf("list batches: %w", err)
	}
	for _, row := range rows {
		b, err := row.out()
		if err != nil {
			return list, err
		}
		list.Items = append(list.Items, b)
	}
	return list, nil
}

// DropBatch forgets a batch's rows.
func (m *Room) DropBatch(ctx context.Context, r catalog.BatchRef) (catalog.Batch, error) {
	if _, err := desk.RequireCounty(ctx); err != nil {
		return catalog.Batch{}, err
	}
	var out catalog.Batch
	err := link.InTx(ctx, m.DB, nil, func(tx *sqlx.Tx) error {
		b, err := readBatch(ctx, tx, r.ID, "FOR UPDATE")
		if err != nil {
			return err
		}
		if catalog.BatchState(b.State) != catalog.BatchMachine.To(catalog.BatchStepDrop) {
			if err := m.moveBatch(ctx, tx, &b, catalog.BatchStepDrop); err != nil {
				return err
			}
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM batch_row WHERE batch_id = $1`, r.ID); err != nil {
			return fmt.Errorf("drop rows: %w", err)
		}
		out, err = b.out()
		return err
	})
	return out, err
}

// Run works on batches that somebody asked for, and forgets the rows of old ones, until ctx ends.
func (m *Room) Run(ctx context.Context) {
	tick := time.NewTicker(batchPoll)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-m.batches:
		}
		if err := m.RunBatches(ctx); err != nil && ctx.Err() == nil {
			m.Log.Warn("batches not run", "error", err)
		}
		if n%300 == 0 {
			_, err := m.DB.ExecContext(ctx, `DELETE FROM batch_row r USING batch b WHERE b.id = r.batch_id AND b.opened_at < $1`, m.Now().Add(-keepBatch))
			if err != nil && ctx.Err() == nil {
				m.Log.Warn("old rows not dropped", "error", err)
			}
		}
	}
}

// RunBatches works on the batches that wait, one after the other. A batch on which another process works is left alone.
func (m *Room) RunBatches(ctx context.Context) error {
	var waiting []int64
	err := m.DB.SelectContext(ctx, &waiting, `SELECT id FROM batch WHERE state = ANY($1) ORDER BY id`,
		pq.Array([]string{string(catalog.BatchMachine.To(catalog.BatchStepCheck)), string(catalog.BatchMachine.To(catalog.BatchStepLoad))}))
	if err != nil {
		return fmt.Errorf("look for batches: %w", err)
	}
	for _, id := range waiting {
		if err := m.runBatch(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// batchLock is the class of the advisory locks of batches.
const batchLock = 0x62617463

func (m *Room) runBatch(ctx context.Context, id int64) error {
	conn, err := m.DB.Connx(ctx)
	if err != nil {
		return fmt.Errorf("run batch: %w", err)
	}
	defer conn.Close()
	var mine bool
	if err := conn.GetContext(ctx, &mine, `SELECT pg_try_advisory_lock($1, $2::int)`, batchLock, id); err != nil || !mine {
		return err
	}
	defer func() {
		_, _ = conn.ExecContext(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1, $2::int)`, batchLock, id)
	}()
	b, err := readBatch(ctx, m.DB, id, "")
	if err != nil {
		return err
	}
	done := catalog.BatchStepChecked
	l := m.newLoad()
	l.batch = id
	actor := link.Actor{Account: b.Account, Login: b.Login, Role: b.Role, System: b.System}
	as := link.WithActor(ctx, actor)
	switch catalog.BatchState(b.State) {
	case catalog.BatchMachine.To(catalog.BatchStepCheck):
		l.dry = true
		err = m.checkBatch(as, l, id)
	case catalog.BatchMachine.To(catalog.BatchStepLoad):
		done = catalog.BatchStepLoaded
		err = m.loadBatch(as, l, id)
	default:
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err() // continued by the next process
	}
	if err != nil {
		m.Log.Error("batch stopped", "batch", id, "error", err)
		done, b.Fault = catalog.BatchStepFail, "batch.failed"
		if e := link.AsError(err); e.Code != link.Internal {
			b.Fault = e.Key
		}
	}
	return m.endBatch(ctx, l, b, done)
}

// endBatch writes the result of a run.
func (m *Room) endBatch(ctx context.Context, l *load, b batchRow, step catalog.BatchStep) error {
	return link.InTx(ctx, m.DB, nil, func(tx *sqlx.Tx) error {
		now, err := readBatch(ctx, tx, b.ID, "FOR UPDATE")
		if err != nil {
			return err
		}
		now.Fault = b.Fault
		if err := m.moveBatch(ctx, tx, &now, step); err != nil {
			return err
		}
		if step == catalog.BatchStepFail {
			return nil
		}
		var kinds []catalog.BatchKind
		wrong := 0
		for _, k := range catalog.Kinds() {
			if n := l.counts[k.Name]; n != nil {
				kinds = append(kinds, *n)
				wrong += len(l.wrong[k.Name])
			}
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM batch_problem WHERE batch_id = $1`, b.ID); err != nil {
			return fmt.Errorf("drop problems: %w", err)
		}
		seqs, texts := make([]int64, len(l.problems)), make([]string, len(l.problems))
		for i := range l.problems {
			seqs[i], texts[i] = int64(i+1), desk.ToJSON(l.problems[i])
		}
		_, err = tx.ExecContext(ctx, `
			INSERT INTO batch_problem (batch_id, seq, problem) SELECT $1, s, p::jsonb FROM unnest($2::bigint[], $3::text[]) AS u (s, p)`,
			b.ID, pq.Array(seqs), pq.Array(texts))
		if err != nil {
			return fmt.Errorf("list problems: %w", err)
		}
		_, err = tx.ExecContext(ctx, `UPDATE batch SET problems = $2, wrong = $3, kinds = $4 WHERE id = $1`,
			b.ID, len(l.problems), wrong, desk.ToJSON(kinds))
		if err != nil {
			return fmt.Errorf("count batch: %w", err)
		}
		if step != catalog.BatchStepLoaded {
			return nil
		}
		_, err = tx.ExecContext(ctx, `
			DELETE FROM batch_row r WHERE r.batch_id = $1 AND NOT EXISTS (
				SELECT 1 FROM batch_problem p WHERE p.batch_id = $1 AND p.problem ->> 'kind' = r.kind AND (p.problem ->> 'line')::bigint = r.line)`, b.ID)
		if err != nil { // rows that have arrived are not needed, wrong ones are mended
			return fmt.Errorf("drop rows: %w", err)
		}
		return nil
	})
}

// readRows reads the next rows of a kind in a batch; and is a further condition on them.
func (m *Room) readRows(ctx context.Context, id int64, kind string, after int64, limit int, and string) ([]entry.Row, error) {
	var rows []struct {
		Line  int64  `db:"line"`
		Cells []byte `db:"cells"`
	}
	err := m.DB.SelectContext(ctx, &rows, `
		SELECT line, cells FROM batch_row WHERE batch_id = $1 AND kind = $2 AND line > $3 `+and+` ORDER BY line LIMIT $4`, id, kind, after, limit)
	if err != nil {
		return nil, fmt.Errorf("read rows: %w", err)
	}
	out := make([]entry.Row, len(rows))
	for i, r := range rows {
		text, err := m.Cipher.Open(r.Cells, batchOwner(id))
		if err != nil {
			return nil, fmt.Errorf("open row: %w", err)
		}
		if err := json.Unmarshal([]byte(text), &out[i]); err != nil {
			return nil, fmt.Errorf("read row: %w", err)
		}
		out[i].Line = int(r.Line)
	}
	return out, nil
}

// eachChunk calls fn with the rows of a batch in the order in which they are loaded.
func (m *Room) eachChunk(ctx context.Context, id int64, fn func(*entry.Kind, []entry.Row) error) error {
	done := 0
	for _, k := range catalog.Kinds() {
		var after int64
		for {
			rows, err := m.readRows(ctx, id, k.Name, after, batchChunk, "")
			if err != nil {
				return err
			}
			if len(rows) == 0 {
				break
			}
			if err := fn(k, rows); err != nil {
				return err
			}
			after = int64(rows[len(rows)-1].Line)
			done += len(rows)
			if _, err := m.DB.ExecContext(ctx, `UPDATE batch SET done = $2 WHERE id = $1`, id, done); err != nil {
				return fmt.Errorf("note progress: %w", err)
			}
		}
	}
	return nil
}

// errChecked rolls a check back.
var errChecked = errors.New("checked")

// checkBatch takes all rows in one transaction that is rolled back, so that rows meet the ones before them.
func (m *Room) checkBatch(ctx context.Context, l *load, id int64) error {
	err := link.InTx(ctx, m.DB, nil, func(tx *sqlx.Tx) error {
		l.goBack(loadMark{})
		err := m.eachChunk(ctx, id, func(k *entry.Kind, rows []entry.Row) error { return l.rows(ctx, tx, k, rows) })
		if err != nil {
			return err
		}
		return errChecked
	})
	if errors.Is(err, errChecked) {
		return nil
	}
	return err
}

// loadBatch takes rows chunk by chunk. A chunk is stored whole or not at all.
func (m *Room) loadBatch(ctx context.Context, l *load, id int64) error {
	err := m.eachChunk(ctx, id, func(k *entry.Kind, rows []entry.Row) error {
		before := l.mark()
		return link.InTx(ctx, m.DB, nil, func(tx *sqlx.Tx) error {
			l.goBack(before)
			return l.rows(ctx, tx, k, rows)
		})
	})
	if err != nil {
		return err
	}
	m.Relay.Notify()
	return m.store.RefreshReference(ctx)
}

// mark remembers how far a load has come, for a transaction that is tried again.
type loadMark struct {
	problems, keys, lines int
	counts                map[string]catalog.BatchKind
}

func (l *load) mark() loadMark {
	m := loadMark{problems: len(l.problems), keys: len(l.keys), lines: len(l.lines), counts: map[string]catalog.BatchKind{}}
	for name, n := range l.counts {
		m.counts[name] = *n
	}
	return m
}

// goBack forgets all that came after a mark.
func (l *load) goBack(m loadMark) {
	for _, k := range l.keys[m.keys:] {
		delete(l.seen[k.kind], k.key)
	}
	for _, n := range l.lines[m.lines:] {
		delete(l.wrong[n.kind], n.line)
	}
	l.problems, l.keys, l.lines = l.problems[:m.problems], l.keys[:m.keys], l.lines[:m.lines]
	l.counts = make(map[string]*catalog.BatchKind, len(m.counts))
	for name, n := range m.counts {
		l.counts[name] = &n
	}
}
