package postgres

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/catalog"
	"banmuyuan/catalog/allocate"
	"banmuyuan/catalog/postgres/desk"
	"banmuyuan/internal/link"
)

// The rule of the reservation writer.
//
// Requests wait in a bounded queue; one that finds it full is told to come back, at once. A single goroutine, the
// writer, owns the seasons in memory. It takes all waiting requests, divides them in memory in the order of arrival, and
// stores the batch in one statement, which is one round trip and one commit:
//
//   - The statement first takes the season's next version, on two conditions: that the version is still the one the
//     batch was divided from, and that none of the batch's keys has been used. Everything else in it depends on that.
//   - Every other change of lots or presales takes the season's next version before it changes anything, and is
//     noted in season_change. So the holder of the season's row is alone, and a version that matches means
//     that memory was right: fairness and stock are exact over any number of processes.
//   - Did the version not match, nothing was written. The writer undoes the division in memory, reads the lots that were
//     changed since, and divides again; after three misses it locks the season first, so that it cannot starve.
//   - Was a key used before, its stored reservation is the answer (or Conflict, when the lines differ), and the rest of
//     the batch is divided again. A hold that expired makes way for the new one.
//   - A refusal (sold out, closed) is given only after a statement that had both conditions, so that it is never the
//     result of memory that is behind, and never hides a reservation that was made.
//   - Was the outcome of the statement lost with the connection, the division is undone and tried anew: if it was stored
//     after all, the keys say so.
//
// CHECK lot_not_oversold stands behind all of it. A reservation that was answered is committed; one that was not will
// be found by its key, or expire.

const (
	maxMisses    = 3
	storeTimeout = 15 * time.Second
)

// job is one waiting reservation.
type job struct {
	ctx    context.Context //nolint:containedctx // a job is one call that waits: its context ends with its caller
	req    catalog.ReserveRequest
	key    string // digest
	lines  string // digest
	answer chan answer

	result  catalog.Reservation
	shares  []allocate.Share // of all lines, for undoing
	refusal error
}

type answer struct {
	reservation catalog.Reservation
	err         error
}

func (j *job) reply(r catalog.Reservation, err error) { j.answer <- answer{r, err} }

// Reserve holds units of all lines or of none.
func (c *Catalog) Reserve(ctx context.Context, req catalog.ReserveRequest) (catalog.Reservation, error) {
	if err := req.Check(); err != nil {
		return catalog.Reservation{}, err
	}
	j := &job{ctx: ctx, req: req, key: digest(req.Key), lines: linesDigest(req), answer: make(chan answer, 1)}
	select {
	case c.writer.queue <- j:
	default:
		e := link.E(link.Unavailable, "busy", "")
		e.RetryAfter = 1
		return catalog.Reservation{}, e
	}
	select {
	case a := <-j.answer:
		return a.reservation, a.err
	case <-ctx.Done():
		return catalog.Reservation{}, unknownOutcome(ctx.Err())
	case <-c.writer.stopped:
		// The writer answers all jobs it has taken before it stops.
		select {
		case a := <-j.answer:
			return a.reservation, a.err
		default:
			return catalog.Reservation{}, unknownOutcome(errors.New("the reservation writer has stopped"))
		}
	}
}

func unknownOutcome(cause error) error {
	return link.E(link.Unavailable, "timeout", "").Because(cause)
}

// writer owns the seasons in memory and is the only one that divides.
type writer struct {
	c       *Catalog
	queue   chan *job
	tasks   chan func()
	stopped chan struct{}
	seasons map[int]*season
	of      map[int64]*season // by presale

	starting sync.Mutex // held by the owner of the seasons before run
	started  bool

	storeSQL  string // storeSQL but for tests that take a guard away
	maxMisses int
	conn      *sqlx.Conn
	store     *sqlx.Stmt
	check     *sqlx.Stmt
}

func newWriter(c *Catalog, queue int) *writer {
	return &writer{
		c: c, queue: make(chan *job, queue), tasks: make(chan func()), stopped: make(chan struct{}),
		seasons: map[int]*season{}, of: map[int64]*season{}, storeSQL: storeSQL, maxMisses: maxMisses,
	}
}

// run serves the queue until ctx ends, and then refuses the jobs left in it.
func (w *writer) run(ctx context.Context) {
	w.starting.Lock()
	w.started = true
	w.starting.Unlock()
	defer w.disconnect()
	defer close(w.stopped)
	for {
		select {
		case <-ctx.Done():
			for {
				select {
				case j := <-w.queue:
					j.reply(catalog.Reservation{}, link.E(link.Unavailable, "unavailable", ""))
				default:
					return
				}
			}
		case task := <-w.tasks:
			task()
		case first := <-w.queue:
			// A batch that is under way ends before the process does.
			batchCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
			w.process(batchCtx, w.collect(first))
			cancel()
		}
	}
}

// do runs fn in the writer, which then is between two batches, and waits for it. In a process that never runs the
// writer, such as a command that only reads, the caller stands in for it.
func (w *writer) do(ctx context.Context, fn func() error) error {
	w.starting.Lock()
	if !w.started {
		defer w.starting.Unlock()
		return fn()
	}
	w.starting.Unlock()
	done := make(chan error, 1)
	select {
	case w.tasks <- func() { done <- fn() }:
		return <-done
	case <-w.stopped:
		return link.E(link.Unavailable, "unavailable", "").Because(errors.New("the reservation writer has stopped"))
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (w *writer) collect(first *job) []*job {
	batch := append(make([]*job, 0, w.c.cfg.MaxBatch), first)
	for len(batch) < w.c.cfg.MaxBatch {
		select {
		case j := <-w.queue:
			batch = append(batch, j)
		default:
			return batch
		}
	}
	return batch
}

// process divides and stores a batch, season by season.
func (w *writer) process(ctx context.Context, batch []*job) {
	bySeason := map[*season][]*job{}
	var order []*season
	for _, j := range batch {
		if j.ctx.Err() != nil {
			j.reply(catalog.Reservation{}, unknownOutcome(j.ctx.Err()))
			continue
		}
		s, err := w.seasonOf(ctx, j.req)
		if err != nil {
			j.reply(catalog.Reservation{}, err)
			continue
		}
		if bySeason[s] == nil {
			order = append(order, s)
		}
		bySeason[s] = append(bySeason[s], j)
	}
	for _, s := range order {
		w.write(ctx, s, bySeason[s])
	}
	if len(order) > 0 {
		w.publishStock()
	}
}

// seasonOf finds the season of a request's presales; a presale that memory does not know is looked for once.
func (w *writer) seasonOf(ctx context.Context, req catalog.ReserveRequest) (*season, error) {
	var s *season
	for i, l := range req.Lines {
		of := w.of[l.PresaleID]
		if of == nil {
			if err := w.refresh(ctx); err != nil {
				return nil, fmt.Errorf("look for presale: %w", err)
			}
			of = w.of[l.PresaleID]
		}
		field := "lines[" + strconv.Itoa(i) + "].presale_id"
		if of == nil {
			return nil, link.E(link.NotFound, "presale.unknown", field)
		}
		if s != nil && of != s {
			return nil, link.E(link.Invalid, "reserve.lines.season", field)
		}
		s = of
	}
	return s, nil
}

// write brings a batch of one season to its end: when it returns, every job is answered.
func (w *writer) write(ctx context.Context, s *season, jobs []*job) {
	failures := 0
	for misses := 0; len(jobs) > 0; {
		s = w.seasons[s.id] // it may have been read anew
		var known []string
		var stored bool
		var plan *plan
		var err error
		if misses < w.maxMisses {
			if err = w.connect(ctx); err == nil {
				plan = w.divide(s, jobs)
				known, stored, err = w.apply(ctx, s, plan, w.store, w.check)
			}
		} else {
			plan, known, stored, err = w.applyLocked(ctx, s, jobs)
		}
		if stored {
			plan.commit()
			plan.reply()
			return
		}
		if plan != nil {
			if uerr := plan.undo(); uerr != nil {
				err = errors.Join(err, uerr)
			}
		}
		if err == nil && len(known) > 0 {
			jobs, err = w.answerKnown(ctx, plan.season, jobs, known)
			if err == nil {
				continue
			}
		}
		if err != nil {
			failures++
			w.c.Log.Warn("reservations not stored", "season", s.id, "requests", len(jobs), "error", err)
			w.disconnect()
			if failures > 2 || ctx.Err() != nil {
				for _, j := range jobs {
					j.reply(catalog.Reservation{}, unknownOutcome(err))
				}
				return
			}
			// Memory cannot have been right, or the outcome is unknown: read all of it.
			if err := w.reload(ctx, s.id); err != nil {
				w.c.Log.Warn("season not read", "season", s.id, "error", err)
			}
			continue
		}
		misses++
		if err := w.catchUp(ctx, w.seasons[s.id]); err != nil {
			w.c.Log.Warn("season not caught up", "season", s.id, "error", err)
		}
	}
}

// applyLocked is the way that cannot be overtaken: it takes the season's row before it divides.
func (w *writer) applyLocked(ctx context.Context, s *season, jobs []*job) (p *plan, known []string, stored bool, err error) {
	err = link.InTx(ctx, w.c.DB, nil, func(tx *sqlx.Tx) error {
		if p != nil {
			if err := p.undo(); err != nil {
				return err
			}
			p = nil
		}
		if _, err := desk.LockSeason(ctx, tx, s.id); err != nil {
			return err
		}
		if err := w.catchUp(ctx, w.seasons[s.id]); err != nil { // nobody else writes while we hold the row
			return err
		}
		current := w.seasons[s.id]
		p = w.divide(current, jobs)
		store, err := tx.PreparexContext(ctx, w.storeSQL)
		if err != nil {
			return fmt.Errorf("prepare: %w", err)
		}
		check, err := tx.PreparexContext(ctx, checkSQL)
		if err != nil {
			return fmt.Errorf("prepare: %w", err)
		}
		known, stored, err = w.apply(ctx, current, p, store, check)
		return err
	})
	if err != nil {
		stored = false
	}
	return p, known, stored, err
}

// plan is a batch as divided in memory.
type plan struct {
	season   *season
	taken    []*job            // divided, to be stored
	refused  []*job            // their refusal stands if memory was right
	repeated map[string][]*job // by key: the same request again within the batch
	keys     []string
	deltas   map[int64]int64 // units by lot
}

// divide divides the jobs in the order of their arrival.
func (w *writer) divide(s *season, jobs []*job) *plan {
	p := &plan{season: s, deltas: map[int64]int64{}}
	first := make(map[string]*job, len(jobs))
	now := w.c.Now()
	for _, j := range jobs {
		if f := first[j.key]; f != nil {
			if p.repeated == nil {
				p.repeated = map[string][]*job{}
			}
			p.repeated[j.key] = append(p.repeated[j.key], j)
			continue
		}
		first[j.key] = j
		p.keys = append(p.keys, j.key)
		j.shares, j.refusal = nil, nil
		j.result, j.shares, j.refusal = s.reserve(j.req, now)
		if j.refusal != nil {
			p.refused = append(p.refused, j)
			continue
		}
		p.taken = append(p.taken, j)
		for _, sh := range j.shares {
			p.deltas[sh.Lot] += sh.Qty
		}
	}
	return p
}

// reserve divides one request, all lines or none.
func (s *season) reserve(req catalog.ReserveRequest, now time.Time) (catalog.Reservation, []allocate.Share, error) {
	res := catalog.Reservation{OrderID: req.OrderID, ExpiresAt: req.ExpiresAt, State: catalog.HoldHeld}
	if req.Confirmed {
		res.State = catalog.HoldConfirmed
	}
	if !req.Confirmed && !req.ExpiresAt.After(now) {
		return catalog.Reservation{}, nil, link.E(link.Invalid, "reserve.expiry", "expires_at")
	}
	var all []allocate.Share
	for i, l := range req.Lines {
		shares, version, err := s.reserveLine(req, l, asked(req.Lines[:i+1]), "lines["+strconv.Itoa(i)+"].", now)
		if err != nil {
			if uerr := s.pool.Undo(all); uerr != nil {
				err = errors.Join(err, uerr)
			}
			return catalog.Reservation{}, nil, err
		}
		all = append(all, shares...)
		res.Lines = append(res.Lines, s.withAgents(columns(l.Line, l.PresaleID, version, shares)))
	}
	return res, all, nil
}

// asked is the number of units of the last line's presale over all of these lines.
func asked(lines []catalog.ReserveLine) int64 {
	sum := int64(0)
	for _, l := range lines {
		if l.PresaleID == lines[len(lines)-1].PresaleID {
			sum += l.Qty
		}
	}
	return sum
}

// reserveLine divides a line; together is the number of units of its presale with the lines before.
func (s *season) reserveLine(req catalog.ReserveRequest, l catalog.ReserveLine, together int64, field string, now time.Time) ([]allocate.Share, string, error) {
	p := s.presales[l.PresaleID]
	if p == nil {
		return nil, "", link.E(link.NotFound, "presale.unknown", field+"presale_id")
	}
	if s.closed {
		return nil, "", link.E(link.Conflict, "season.closed", field+"presale_id", "season", strconv.Itoa(s.id))
	}
	// A refill of a paid order was promised while the presale was open, in any quantity.
	if !req.Confirmed {
		if err := p.CheckOpen(now, req.Channel, field+"presale_id"); err != nil {
			return nil, "", err
		}
		if err := p.CheckQuantity(req.Channel, l.Qty, field+"quantity"); err != nil {
			return nil, "", err
		}
		if err := p.CheckTogether(req.Channel, together, field+"quantity"); err != nil {
			return nil, "", err
		}
	}
	r, err := s.request(p, l.Policy, l.Qty)
	if err != nil {
		return nil, "", link.E(link.Invalid, "reserve.policy", field+"policy")
	}
	r.Household, r.Exclude = l.Household, l.Exclude
	if r.Policy == allocate.PolicyDirect {
		if _, ok := s.pool.LotOf(l.Household, p.ID); !ok {
			return nil, "", link.E(link.Invalid, "reserve.household", field+"household")
		}
	}
	shares, err := s.pool.Take(r)
	if soldOut, ok := errors.AsType[*allocate.SoldOutError](err); ok {
		return nil, "", p.soldOut(soldOut, s.pool.Free(p.ID), field+"quantity")
	}
	if errors.Is(err, allocate.ErrRange) {
		return nil, "", link.E(link.Invalid, "order.quantity.too_large", field+"quantity").Because(err)
	}
	if err != nil {
		return nil, "", fmt.Errorf("divide presale %d: %w", l.PresaleID, err)
	}
	return shares, s.pool.Version(p.ID, r.Policy), nil
}

// soldOut refuses a quantity. It says so where units are left that the least part for households keeps from being sold.
func (p *presale) soldOut(e *allocate.SoldOutError, free int64, field string) error {
	left := max(e.Left, 0)
	if p.HouseholdsBP > 0 && free > left {
		return link.E(link.SoldOut, "order.quantity.least_part", field, "left", strconv.FormatInt(left, 10),
			"percent", catalog.PercentText(p.HouseholdsBP))
	}
	return link.E(link.SoldOut, "order.quantity.sold_out", field, "left", strconv.FormatInt(left, 10))
}

// request returns the request to the pool, by the named policy or the presale's. Contract divides by the units that
// each household of the presale still has to offer.
func (s *season) request(p *presale, policy string, qty int64) (allocate.Request, error) {
	parsed, err := allocate.ParsePolicy(cmp.Or(policy, p.Policy))
	if err != nil {
		return allocate.Request{}, err
	}
	r := allocate.Request{Presale: p.ID, Policy: parsed, Qty: qty, Step: p.CollectionMin}
	if parsed == allocate.PolicyContract {
		r.Quotas = s.pool.Quotas(p.ID)
	}
	return r, nil
}

func columns(line int, presaleID int64, version string, shares []allocate.Share) catalog.Shares {
	n := len(shares)
	all := make([]int64, 5*n) // one allocation for the five columns
	c := catalog.Shares{
		Line: line, PresaleID: presaleID, Policy: version,
		Lots: all[:n:n], Households: all[n : 2*n : 2*n], Villages: all[2*n : 3*n : 3*n], Qty: all[3*n : 4*n : 4*n], LevelFen: all[4*n:],
	}
	for i, s := range shares {
		c.Lots[i], c.Households[i], c.Villages[i], c.Qty[i], c.LevelFen[i] = s.Lot, s.Household, s.Village, s.Qty, s.Reason.LevelFen
	}
	return c
}

// withAgents adds the raisers of the lots.
func (s *season) withAgents(c catalog.Shares) catalog.Shares {
	for i, id := range c.Lots {
		by, raised := s.agents[id]
		if !raised {
			continue
		}
		if c.AgentOrg == nil {
			c.AgentOrg, c.AgentBP = make([]int64, len(c.Lots)), make([]int64, len(c.Lots))
		}
		c.AgentOrg[i], c.AgentBP[i] = by.org, by.bp
	}
	return c
}

// undo takes a plan back and restores the pool that it was divided from.
func (p *plan) undo() error {
	for _, j := range p.taken {
		if err := p.season.pool.Undo(j.shares); err != nil {
			return fmt.Errorf("undo a division: %w", err)
		}
		j.shares = nil
	}
	return nil
}

// commit notes that a plan is stored.
func (p *plan) commit() {
	if len(p.taken) > 0 {
		p.season.version++
	}
}

// reply answers everybody in a plan that is stored.
func (p *plan) reply() {
	for _, j := range slices.Concat(p.taken, p.refused) {
		j.reply(j.result, j.refusal)
		for _, again := range p.repeated[j.key] {
			switch {
			case again.lines != j.lines:
				again.reply(catalog.Reservation{}, link.E(link.Conflict, "reserve.key.reused", "key"))
			default:
				again.reply(j.result, j.refusal)
			}
		}
	}
}

const storeSQL = `
WITH known AS (SELECT key FROM hold WHERE key = ANY($3::uuid[])),
fence AS (
	UPDATE season SET version = version + 1
	WHERE id = $1 AND version = $2 AND NOT EXISTS (SELECT FROM known)
	RETURNING version),
held AS (
	INSERT INTO hold (order_id, line, key, season, presale_id, lines, state, expires_at, policy, lots, qty, level_fen)
	SELECT h.order_id, h.line, h.key, $1, h.presale_id, h.lines,
	       CASE WHEN h.expires_ms = 0 THEN ` + confirmed + ` ELSE ` + held + ` END,
	       CASE WHEN h.expires_ms = 0 THEN NULL ELSE timestamptz 'epoch' + h.expires_ms * interval '1 millisecond' END,
	       h.policy, h.lots::bigint[], h.qty::bigint[], h.level_fen::bigint[]
	FROM fence, unnest($4::bigint[], $5::int[], $6::uuid[], $7::bigint[], $8::uuid[], $9::bigint[], $10::text[],
	                   $11::text[], $12::text[], $13::text[])
	     AS h (order_id, line, key, presale_id, lines, expires_ms, policy, lots, qty, level_fen)),
taken AS (
	UPDATE lot SET reserved = lot.reserved + d.qty
	FROM fence, unnest($14::bigint[], $15::bigint[]) AS d (id, qty)
	WHERE lot.id = d.id
	RETURNING 1),
noted AS (
	INSERT INTO season_change (season, version, lots)
	SELECT $1, version, $14::bigint[] FROM fence)
SELECT EXISTS (SELECT FROM fence), (SELECT count(*) FROM taken), ARRAY(SELECT DISTINCT key::text FROM known)`

// checkSQL asks the same two conditions when there is nothing to store.
const checkSQL = `
SELECT version = $2, 0, ARRAY(SELECT DISTINCT key::text FROM hold WHERE key = ANY($3::uuid[]))
FROM season WHERE id = $1`

// apply stores a plan if memory was right and no key was used before.
func (w *writer) apply(ctx context.Context, s *season, p *plan, store, check *sqlx.Stmt) (known []string, stored bool, err error) {
	var row *sql.Row
	if len(p.taken) == 0 {
		row = check.QueryRowContext(ctx, s.id, s.version, pq.StringArray(p.keys))
	} else {
		row = store.QueryRowContext(ctx, p.arguments(s)...)
	}
	var lots int
	if err := row.Scan(&stored, &lots, (*pq.StringArray)(&known)); err != nil {
		return nil, false, fmt.Errorf("store holds: %w", err)
	}
	if len(known) > 0 {
		return known, false, nil
	}
	if stored && lots != len(p.deltas) {
		// Lots are never deleted, so this is memory of another database.
		w.c.Log.Error("holds stored on missing lots", "season", s.id, "lots", lots, "want", len(p.deltas))
	}
	return nil, stored, nil
}

func (p *plan) arguments(s *season) []any {
	n := 0
	for _, j := range p.taken {
		n += len(j.result.Lines)
	}
	var (
		orders, presales, expires = make([]int64, 0, n), make([]int64, 0, n), make([]int64, 0, n)
		lines                     = make([]int64, 0, n)
		keys, hashes, policies    = make([]string, 0, n), make([]string, 0, n), make([]string, 0, n)
		lots, qty, levels         = make([]string, 0, n), make([]string, 0, n), make([]string, 0, n)
		lotIDs, deltas            = make([]int64, 0, len(p.deltas)), make([]int64, 0, len(p.deltas))
	)
	for _, j := range p.taken {
		var ms int64
		if !j.req.Confirmed {
			ms = j.req.ExpiresAt.UnixMilli()
		}
		for _, l := range j.result.Lines {
			orders, lines, keys = append(orders, j.req.OrderID), append(lines, int64(l.Line)), append(keys, j.key)
			presales, hashes, expires = append(presales, l.PresaleID), append(hashes, j.lines), append(expires, ms)
			policies = append(policies, l.Policy)
			lots, qty, levels = append(lots, literal(l.Lots)), append(qty, literal(l.Qty)), append(levels, literal(l.LevelFen))
		}
	}
	for id := range p.deltas {
		lotIDs = append(lotIDs, id)
	}
	slices.Sort(lotIDs)
	for _, id := range lotIDs {
		deltas = append(deltas, p.deltas[id])
	}
	return []any{
		s.id, s.version, pq.StringArray(p.keys),
		pq.Int64Array(orders), pq.Int64Array(lines), pq.StringArray(keys), pq.Int64Array(presales), pq.StringArray(hashes),
		pq.Int64Array(expires), pq.StringArray(policies), pq.StringArray(lots), pq.StringArray(qty), pq.StringArray(levels),
		pq.Int64Array(lotIDs), pq.Int64Array(deltas),
	}
}

// literal writes an array the way PostgreSQL reads it: arrays of different lengths cannot be one array parameter.
func literal(v []int64) string {
	b := make([]byte, 0, 2+8*len(v))
	b = append(b, '{')
	for i, n := range v {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, n, 10)
	}
	return string(append(b, '}'))
}

// connect has a connection of the writer's own ready. Its statements are planned once: a plan made for each batch would
// be guessed from its size and now and then read every lot there is.
func (w *writer) connect(ctx context.Context) error {
	if w.conn != nil {
		return nil
	}
	conn, err := w.c.DB.Connx(ctx)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	_, err = conn.ExecContext(ctx, `SET plan_cache_mode = force_generic_plan`)
	if err == nil {
		w.store, err = conn.PreparexContext(ctx, w.storeSQL)
	}
	if err == nil {
		w.check, err = conn.PreparexContext(ctx, checkSQL)
	}
	w.conn = conn
	if err != nil {
		w.disconnect()
		return fmt.Errorf("prepare: %w", err)
	}
	return nil
}

// disconnect drops the writer's connection, which carries a setting that others should not inherit.
func (w *writer) disconnect() {
	if w.conn == nil {
		return
	}
	_ = w.conn.Raw(func(any) error { return errDropConn })
	_ = w.conn.Close()
	w.conn, w.store, w.check = nil, nil, nil
}
