package turn

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"

	"banmuyuan/catalog"
	"banmuyuan/catalog/postgres/desk"
	"banmuyuan/internal/link"
	"banmuyuan/internal/link/paging"
)

const (
	objectionColumns = `o.id, o.household_id, h.code, h.head, v.name, coalesce(o.presale_id, 0), coalesce(p.code, ''), p.title, o.words, o.told,
	coalesce(e.state, $1), o.raised_at, o.login, o.role, o.on_behalf, o.due_at, coalesce(e.words, ''), e.at, coalesce(e.login, ''), coalesce(e.role, '')`
	objectionTables = `objection o JOIN household h ON h.id = o.household_id JOIN village v ON v.id = h.village_id
	LEFT JOIN presale p ON p.id = o.presale_id LEFT JOIN objection_end e ON e.objection_id = o.id`
)

func (r *Room) scanObjection(scan func(...any) error) (catalog.Objection, error) {
	var o catalog.Objection
	var title desk.AsJSON[catalog.Text]
	var told desk.AsJSON[catalog.Told]
	err := scan(&o.ID, &o.HouseholdID, &o.Code, &o.Head, &o.Village, &o.PresaleID, &o.Presale, &title, &o.Words, &told,
		&o.State, &o.RaisedAt, &o.RaisedBy, &o.RaisedRole, &o.OnBehalf, &o.DueAt, &o.Answer, &o.EndedAt, &o.EndedBy, &o.EndedRole)
	o.Title, o.Told = title.V, told.V
	o.Overdue = o.State == catalog.ObjectionOpen && !r.Now().Before(o.DueAt)
	return o, err
}

func (r *Room) objection(ctx context.Context, q sqlx.QueryerContext, id int64) (catalog.Objection, error) {
	o, err := r.scanObjection(q.QueryRowxContext(ctx, `SELECT `+objectionColumns+` FROM `+objectionTables+` WHERE o.id = $2`,
		string(catalog.ObjectionOpen), id).Scan)
	if err != nil {
		return o, desk.NotFound(fmt.Errorf("read objection: %w", err), "objection.unknown", "id")
	}
	return o, nil
}

// days is within how many days objections are answered that are raised now.
func days(ctx context.Context, q sqlx.QueryerContext) (int, error) {
	n := catalog.DefaultObjectionDays
	err := q.QueryRowxContext(ctx, `SELECT days FROM objection_days ORDER BY id DESC LIMIT 1`).Scan(&n)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("read the days of objections: %w", err)
	}
	return n, nil
}

// RaiseObjection keeps an objection with the turn as it was shown to the household.
func (r *Room) RaiseObjection(ctx context.Context, req catalog.RaiseObjection) (catalog.Objection, error) {
	if err := req.Check(); err != nil {
		return catalog.Objection{}, err
	}
	actor := link.ActorFrom(ctx)
	h, err := r.store.Household(ctx, catalog.HouseholdRef{ID: req.HouseholdID})
	if err != nil {
		return catalog.Objection{}, err
	}
	if err := catalog.ScopeOf(actor).MayObject(h); err != nil {
		return catalog.Objection{}, err
	}
	told, err := r.told(ctx, h, req.PresaleID)
	if err != nil {
		return catalog.Objection{}, err
	}
	key := fmt.Sprintf("%d:%s", actor.Account, req.IdempotencyKey)
	var o catalog.Objection
	err = link.InTx(ctx, r.DB, nil, func(tx *sqlx.Tx) error {
		id, err := r.raise(ctx, tx, req, h, told, key)
		if err != nil {
			return err
		}
		o, err = r.objection(ctx, tx, id)
		return err
	})
	if link.Constraint(err) == "objection_key" {
		return catalog.Objection{}, catalog.ErrKeyReused()
	}
	if err != nil {
		return catalog.Objection{}, err
	}
	r.Relay.Notify()
	return o, nil
}

// raise inserts an objection, unless its key did so before.
func (r *Room) raise(ctx context.Context, tx *sqlx.Tx, req catalog.RaiseObjection, h catalog.Household, told catalog.Told, key string) (int64, error) {
	actor, now := link.ActorFrom(ctx), r.Now().Truncate(time.Microsecond)
	// One after the other for a household.
	if _, err := tx.ExecContext(ctx, `SELECT FROM household WHERE id = $1 FOR NO KEY UPDATE`, h.ID); err != nil {
		return 0, fmt.Errorf("lock household: %w", err)
	}
	var same struct {
		ID        int64  `db:"id"`
		Household int64  `db:"household_id"`
		Presale   int64  `db:"presale_id"`
		Words     string `db:"words"`
	}
	err := tx.GetContext(ctx, &same, `SELECT id, household_id, coalesce(presale_id, 0) AS presale_id, words FROM objection WHERE key = $1`, key)
	switch {
	case err == nil && same.Household == h.ID && same.Presale == req.PresaleID && same.Words == req.Words:
		return same.ID, nil
	case err == nil:
		return 0, catalog.ErrKeyReused()
	case !errors.Is(err, sql.ErrNoRows):
		return 0, fmt.Errorf("look up objection of key: %w", err)
	}
	var open bool
	err = tx.GetContext(ctx, &open, `
		SELECT EXISTS (SELECT FROM objection o WHERE o.household_id = $1 AND coalesce(o.presale_id, 0) = $2
			AND NOT EXISTS (SELECT FROM objection_end e WHERE e.objection_id = o.id))`, h.ID, req.PresaleID)
	if err != nil {
		return 0, fmt.Errorf("look for an open objection: %w", err)
	}
	if open {
		return 0, link.E(link.Conflict, "objection.open", "presale_id")
	}
	within, err := days(ctx, tx)
	if err != nil {
		return 0, err
	}
	var id int64
	err = tx.GetContext(ctx, &id, `
		INSERT INTO objection (household_id, presale_id, words, told, raised_at, due_at, account, login, role, person, on_behalf, key)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) RETURNING id`,
		h.ID, desk.OrNull(req.PresaleID), req.Words, desk.ToJSON(told), now, catalog.ObjectionDue(now, within), actor.Account, actor.Login,
		actor.Role, actor.Person, catalog.OnBehalf(actor), key)
	if err != nil {
		return 0, fmt.Errorf("keep objection: %w", err)
	}
	if err := r.LogAction(ctx, tx, h.ID, "objection.raised", map[string]any{"objection": id, "words": req.Words}); err != nil {
		return 0, err
	}
	return id, desk.Did(ctx, tx, link.Act{Kind: "objection.raised", On: "household", Object: strconv.FormatInt(h.ID, 10), Detail: strconv.FormatInt(id, 10)})
}

// told is the turn of the household as it is shown now.
func (r *Room) told(ctx context.Context, h catalog.Household, presale int64) (catalog.Told, error) {
	q := catalog.HouseholdSeason{ID: h.ID}
	if presale != 0 {
		p, known := r.store.PresaleOf(presale)
		if !known {
			return catalog.Told{}, link.E(link.NotFound, "presale.unknown", "presale_id")
		}
		q.Season = p.Season
	}
	t, err := r.Turn(ctx, q)
	told := catalog.Told{LevelFen: t.LevelFen, Persons: t.Persons}
	if err != nil || presale == 0 {
		return told, err
	}
	i := slices.IndexFunc(t.Lots, func(l catalog.Turn) bool { return l.PresaleID == presale })
	if i < 0 {
		return told, link.E(link.Invalid, "objection.presale", "presale_id")
	}
	lot := t.Lots[i]
	told.Why, told.LineFen, told.Before, told.Of = lot.Why, lot.LineFen, lot.Before, lot.Of
	return told, nil
}

// EndObjection answers an objection, or withdraws it.
func (r *Room) EndObjection(ctx context.Context, req catalog.EndObjection) (catalog.Objection, error) {
	if err := req.Check(); err != nil {
		return catalog.Objection{}, err
	}
	actor := link.ActorFrom(ctx)
	key := fmt.Sprintf("%d:%s", actor.Account, req.IdempotencyKey)
	var o catalog.Objection
	err := link.InTx(ctx, r.DB, nil, func(tx *sqlx.Tx) error {
		var was catalog.ObjectionRecord
		var household int64
		err := tx.QueryRowxContext(ctx, `SELECT household_id, account, person FROM objection WHERE id = $1 FOR UPDATE`, req.ID).
			Scan(&household, &was.Account, &was.Person)
		if err != nil {
			return desk.NotFound(fmt.Errorf("read objection: %w", err), "objection.unknown", "id")
		}
		h, err := r.store.Household(ctx, catalog.HouseholdRef{ID: household})
		if link.CodeOf(err) == link.NotFound {
			return link.E(link.NotFound, "objection.unknown", "id")
		}
		if err != nil {
			return err
		}
		if was.State, err = stateOf(ctx, tx, req.ID); err != nil {
			return err
		}
		same, err := pastEnd(ctx, tx, key)
		if err != nil {
			return err
		}
		changes, err := req.End(was, h, actor, same)
		if err != nil {
			return err
		}
		if changes {
			if err := r.end(ctx, tx, req, h, key); err != nil {
				return err
			}
		}
		o, err = r.objection(ctx, tx, req.ID)
		return err
	})
	switch link.Constraint(err) {
	case "objection_end_once":
		err = link.E(link.Conflict, catalog.ObjectionMachine.Refused(req.Step), "")
	case "objection_end_key":
		err = catalog.ErrKeyReused()
	}
	if err != nil {
		return catalog.Objection{}, err
	}
	r.Relay.Notify()
	return o, nil
}

func stateOf(ctx context.Context, tx *sqlx.Tx, id int64) (catalog.ObjectionState, error) {
	state := catalog.ObjectionOpen
	err := tx.GetContext(ctx, &state, `SELECT state FROM objection_end WHERE objection_id = $1`, id)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("read the end of an objection: %w", err)
	}
	return state, nil
}

// pastEnd is the end that a key was used for, or nil.
func pastEnd(ctx context.Context, tx *sqlx.Tx, key string) (*catalog.PastEnd, error) {
	var same catalog.PastEnd
	err := tx.QueryRowxContext(ctx, `SELECT objection_id, state, words FROM objection_end WHERE key = $1`, key).Scan(&same.ID, &same.State, &same.Words)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil //nolint:nilnil // no such end
	}
	if err != nil {
		return nil, fmt.Errorf("look up end of key: %w", err)
	}
	return &same, nil
}

func (r *Room) end(ctx context.Context, tx *sqlx.Tx, req catalog.EndObjection, h catalog.Household, key string) error {
	actor := link.ActorFrom(ctx)
	state := catalog.ObjectionMachine.To(req.Step)
	_, err := tx.ExecContext(ctx, `
		INSERT INTO objection_end (objection_id, state, words, at, account, login, role, key) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		req.ID, string(state), req.Words, r.Now().Truncate(time.Microsecond), actor.Account, actor.Login, actor.Role, key)
	if err != nil {
		return fmt.Errorf("end objection: %w", err)
	}
	if err := r.LogAction(ctx, tx, h.ID, "objection."+string(state), map[string]any{"objection": req.ID, "words": req.Words}); err != nil {
		return err
	}
	return desk.Did(ctx, tx, link.Act{Kind: "objection." + string(state), On: "household", Object: strconv.FormatInt(h.ID, 10), Detail: strconv.FormatInt(req.ID, 10)})
}

// Objections lists objections.
func (r *Room) Objections(ctx context.Context, f catalog.ObjectionFilter) (catalog.ObjectionPage, error) {
	page := catalog.ObjectionPage{Items: []catalog.Objection{}}
	limit, err := paging.Size(f.Limit, 100, 500)
	if err != nil {
		return page, err
	}
	if f.Household != 0 {
		h, err := r.store.Household(ctx, catalog.HouseholdRef{ID: f.Household})
		if err != nil {
			return page, err
		}
		if actor := link.ActorFrom(ctx); !catalog.IsCounty(actor) {
			if err := catalog.ScopeOf(actor).MayObject(h); err != nil {
				return page, err
			}
		}
	} else if _, err := desk.RequireCounty(ctx); err != nil {
		return page, err
	}
	if page.Days, err = days(ctx, r.DB); err != nil {
		return page, err
	}
	err = r.DB.QueryRowxContext(ctx, `
		SELECT count(*), count(*) FILTER (WHERE o.due_at <= $2) FROM objection o
		WHERE ($1::bigint = 0 OR o.household_id = $1) AND NOT EXISTS (SELECT FROM objection_end e WHERE e.objection_id = o.id)`, f.Household, r.Now()).
		Scan(&page.Open, &page.Overdue)
	if err != nil {
		return page, fmt.Errorf("count objections: %w", err)
	}
	err = r.listObjections(ctx, f, limit, &page)
	return page, err
}

func (r *Room) listObjections(ctx context.Context, f catalog.ObjectionFilter, limit int, page *catalog.ObjectionPage) error {
	order := `o.id DESC`
	if f.Open {
		order = `o.due_at, o.id`
	}
	rows, err := r.DB.QueryContext(ctx, `
		SELECT `+objectionColumns+` FROM `+objectionTables+`
		WHERE ($2::bigint = 0 OR o.household_id = $2) AND (NOT $3 OR e.objection_id IS NULL) AND ($4::bigint = 0 OR $3 OR o.id < $4)
		ORDER BY `+order+` LIMIT $5`, string(catalog.ObjectionOpen), f.Household, f.Open, f.Before, limit+1)
	if err != nil {
		return fmt.Errorf("list objections: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		o, err := r.scanObjection(rows.Scan)
		if err != nil {
			return fmt.Errorf("list objections: %w", err)
		}
		page.Items = append(page.Items, o)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("list objections: %w", err)
	}
	if len(page.Items) > limit {
		page.Items = page.Items[:limit]
		if !f.Open {
			page.Next = page.Items[limit-1].ID
		}
	}
	return nil
}

// SetObjectionDays sets within how many days objections are answered that are raised from then on.
func (r *Room) SetObjectionDays(ctx context.Context, d catalog.ObjectionDays) (catalog.ObjectionDays, error) {
	actor := link.ActorFrom(ctx)
	if err := cmp.Or(catalog.MaySetObjectionDays(actor), d.Check()); err != nil {
		return catalog.ObjectionDays{}, err
	}
	err := link.InTx(ctx, r.DB, nil, func(tx *sqlx.Tx) error {
		if was, err := days(ctx, tx); err != nil || was == d.Days {
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO objection_days (days, at, account, login) VALUES ($1, $2, $3, $4)`,
			d.Days, r.Now().Truncate(time.Microsecond), actor.Account, actor.Login)
		if err != nil {
			return fmt.Errorf("set the days of objections: %w", err)
		}
		return desk.Did(ctx, tx, link.Act{Kind: "objection.days", Detail: strconv.Itoa(d.Days)})
	})
	if err != nil {
		return catalog.ObjectionDays{}, err
	}
	r.Relay.Notify()
	return d, nil
}
