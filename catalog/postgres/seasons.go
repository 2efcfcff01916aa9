package postgres

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
	"github.com/lib/pq"

	"banmuyuan/catalog"
	"banmuyuan/catalog/postgres/desk"
	"banmuyuan/internal/link"
)

var _ catalog.Seasons = (*Catalog)(nil)

// readSeasons returns all seasons, newest first.
func readSeasons(ctx context.Context, q desk.Querier) ([]catalog.Season, error) {
	all := []catalog.Season{}
	err := desk.Each(ctx, q, `SELECT id, title, state FROM season ORDER BY id DESC`, func(scan func(...any) error) error {
		var s catalog.Season
		var title desk.AsJSON[catalog.Text]
		err := scan(&s.ID, &title, &s.State)
		s.Title = title.V
		all = append(all, s)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read seasons: %w", err)
	}
	return all, nil
}

// seasonFigures counts the contents of all seasons, or of those in $1.
const seasonFigures = `
	WITH sale AS (
		SELECT season, count(*) FILTER (WHERE state = $2 AND contract_id = 0) AS drafts, count(*) FILTER (WHERE state = $3 AND contract_id = 0) AS open,
		       count(*) FILTER (WHERE state = $4 AND contract_id = 0) AS ended, count(*) FILTER (WHERE state <> $4 AND contract_id <> 0) AS contracts
		FROM presale GROUP BY season
	), supply AS (
		SELECT p.season, count(*) AS lots, count(DISTINCT l.household_id) AS households,
		       count(DISTINCT l.household_id) FILTER (WHERE l.reserved + l.delivered > 0) AS selling
		FROM lot l JOIN presale p ON p.id = l.presale_id WHERE l.capacity > 0 GROUP BY p.season
	), kept AS (
		SELECT p.season, count(DISTINCT l.id) AS lots FROM lot l JOIN presale p ON p.id = l.presale_id WHERE l.reserved > 0 GROUP BY p.season
	)
	SELECT s.id, s.title, s.state, s.planned_at, s.begun_at, s.closed_at,
	       coalesce(sale.drafts, 0), coalesce(sale.open, 0), coalesce(sale.ended, 0), coalesce(sale.contracts, 0),
	       coalesce(supply.lots, 0), coalesce(supply.households, 0), coalesce(supply.selling, 0), coalesce(kept.lots, 0)
	FROM season s LEFT JOIN sale ON sale.season = s.id LEFT JOIN supply ON supply.season = s.id LEFT JOIN kept ON kept.season = s.id
	WHERE $1 = 0 OR s.id = $1
	ORDER BY s.id DESC`

// summaries returns the seasons with their figures, newest first; season 0 stands for all.
func summaries(ctx context.Context, q desk.Querier, season int) ([]catalog.SeasonSummary, error) {
	rows, err := q.QueryContext(ctx, seasonFigures, season, string(catalog.PresaleDraft), string(catalog.PresaleOpen), string(catalog.PresaleClosed))
	if err != nil {
		return nil, fmt.Errorf("count seasons: %w", err)
	}
	defer rows.Close()
	all := []catalog.SeasonSummary{}
	for rows.Next() {
		var s catalog.SeasonSummary
		var title desk.AsJSON[catalog.Text]
		f := &s.Figures
		err := rows.Scan(&s.ID, &title, &s.State, &s.PlannedAt, &s.BegunAt, &s.ClosedAt, &f.Drafts, &f.Open, &f.Ended, &f.Contracts,
			&f.Lots, &f.Households, &f.Selling, &f.Holds)
		if err != nil {
			return nil, fmt.Errorf("count seasons: %w", err)
		}
		s.Title = title.V
		for _, t := range []*time.Time{s.PlannedAt, s.BegunAt, s.ClosedAt} {
			if t != nil {
				*t = t.UTC()
			}
		}
		all = append(all, s)
	}
	return all, rows.Err()
}

// summary returns one season with its figures.
func summary(ctx context.Context, q desk.Querier, season int) (catalog.SeasonSummary, error) {
	all, err := summaries(ctx, q, season)
	if err != nil {
		return catalog.SeasonSummary{}, err
	}
	if season <= 0 || len(all) != 1 {
		e := link.AsError(catalog.ErrSeasonUnknown(season, "season"))
		return catalog.SeasonSummary{}, link.E(link.NotFound, e.Key, e.Field, "season", fmt.Sprint(season))
	}
	return all[0], nil
}

// Seasons lists all seasons with their figures.
func (c *Catalog) Seasons(ctx context.Context, _ catalog.None) (catalog.SeasonList, error) {
	list := catalog.SeasonList{}
	if _, err := desk.RequireCounty(ctx); err != nil {
		return list, err
	}
	err := desk.InSnapshot(ctx, c.DB, func(tx *sqlx.Tx) (err error) {
		list.Items, err = summaries(ctx, tx, 0)
		return err
	})
	if err != nil {
		return catalog.SeasonList{}, err
	}
	brief := make([]catalog.Season, len(list.Items))
	for i, s := range list.Items {
		brief[i] = s.Season
	}
	list.Default = catalog.DefaultSeason(brief)
	return list, nil
}

// Season returns one season with its history.
func (c *Catalog) Season(ctx context.Context, r catalog.SeasonRef) (catalog.SeasonDetail, error) {
	if _, err := desk.RequireCounty(ctx); err != nil {
		return catalog.SeasonDetail{}, err
	}
	var d catalog.SeasonDetail
	err := desk.InSnapshot(ctx, c.DB, func(tx *sqlx.Tx) (err error) {
		d = catalog.SeasonDetail{}
		if d.SeasonSummary, err = summary(ctx, tx, r.Season); err != nil {
			return err
		}
		if catalog.SeasonMachine.Can(d.State, catalog.SeasonStepBegin) {
			if d.Replaces, err = currentSummary(ctx, tx); err != nil {
				return err
			}
		}
		d.Acts, err = acts(ctx, tx, `SELECT step, login, role, at, reason FROM season_act WHERE season = $1 ORDER BY id DESC LIMIT $2`, int64(r.Season))
		return err
	})
	return d, err
}

// currentSummary returns the current season, or nil before the first has begun.
func currentSummary(ctx context.Context, tx *sqlx.Tx) (*catalog.SeasonSummary, error) {
	id, err := currentSeason(ctx, tx)
	if err != nil || id == 0 {
		return nil, err
	}
	s, err := summary(ctx, tx, id)
	return &s, err
}

// currentSeason returns the id of the current season, or 0.
func currentSeason(ctx context.Context, tx *sqlx.Tx) (id int, err error) {
	err = tx.GetContext(ctx, &id, `SELECT coalesce(max(id), 0) FROM season WHERE state = $1`, string(catalog.SeasonCurrent))
	if err != nil {
		return 0, fmt.Errorf("read current season: %w", err)
	}
	return id, nil
}

const actsAtMost = 200

// acts reads a history; its query takes the id of the thing and the limit.
func acts(ctx context.Context, q desk.Querier, query string, id int64) ([]catalog.Act, error) {
	rows, err := q.QueryContext(ctx, query, id, actsAtMost)
	if err != nil {
		return nil, fmt.Errorf("read history: %w", err)
	}
	defer rows.Close()
	all := []catalog.Act{}
	for rows.Next() {
		var a catalog.Act
		if err := rows.Scan(&a.Step, &a.Actor, &a.Role, &a.At, &a.Reason); err != nil {
			return nil, fmt.Errorf("read history: %w", err)
		}
		a.At = a.At.UTC()
		all = append(all, a)
	}
	return all, rows.Err()
}

// actorOf is the person of the call.
func actorOf(ctx context.Context) catalog.SeasonActor {
	a := link.ActorFrom(ctx)
	return catalog.SeasonActor{Account: a.Account, Login: a.Login, Role: a.Role}
}

// noteAct writes an act into the history of a season.
func (c *Catalog) noteAct(ctx context.Context, tx *sqlx.Tx, season int, step catalog.SeasonStep, by catalog.SeasonActor, reason string) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO season_act (season, step, account, login, role, reason, at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		season, string(step), by.Account, by.Login, by.Role, reason, c.Now())
	if err != nil {
		return fmt.Errorf("write history of season %d: %w", season, err)
	}
	if link.ActorFrom(ctx).Account == 0 { // another module asks for the person
		ctx = link.WithActor(ctx, link.Actor{Account: by.Account, Login: by.Login, Role: by.Role})
	}
	return desk.Did(ctx, tx, link.Act{Kind: "season." + string(step), On: "season", Object: strconv.Itoa(season)})
}

// lockOpenSeason locks a season into which something new is to come, and refuses one that is closed or does not exist.
func lockOpenSeason(ctx context.Context, tx *sqlx.Tx, id int, field string) error {
	state, err := lockState(ctx, tx, id)
	if err != nil {
		return asField(err, field)
	}
	return catalog.Season{ID: id, State: state}.CheckTakes(field)
}

// lockState locks a season and returns its state.
func lockState(ctx context.Context, tx *sqlx.Tx, id int) (catalog.SeasonState, error) {
	var state catalog.SeasonState
	err := tx.GetContext(ctx, &state, `SELECT state FROM season WHERE id = $1 FOR UPDATE`, id)
	if errors.Is(err, sql.ErrNoRows) {
		return "", catalog.ErrSeasonUnknown(id, "season")
	}
	if err != nil {
		return "", fmt.Errorf("lock season %d: %w", id, err)
	}
	return state, nil
}

// requirePerson refuses everybody but people of the county: a season begins by an act of a person.
func requirePerson(ctx context.Context) error {
	a, err := desk.RequireCounty(ctx)
	if err != nil {
		return err
	}
	if a.System {
		return catalog.Denied(a)
	}
	return nil
}

// act runs fn in a transaction and returns the season as it is then. Every process reads the reference anew.
func (c *Catalog) act(ctx context.Context, season int, fn func(tx *sqlx.Tx) error) (catalog.SeasonSummary, error) {
	var after catalog.SeasonSummary
	err := link.InTx(ctx, c.DB, nil, func(tx *sqlx.Tx) (err error) {
		if err := fn(tx); err != nil {
			return err
		}
		if err := desk.TouchReference(ctx, tx); err != nil {
			return err
		}
		after, err = summary(ctx, tx, season)
		return err
	})
	if err != nil {
		return catalog.SeasonSummary{}, err
	}
	return after, c.RefreshReference(ctx)
}

// PlanSeason makes a season.
func (c *Catalog) PlanSeason(ctx context.Context, r catalog.PlanSeason) (catalog.SeasonSummary, error) {
	if _, err := desk.RequireCounty(ctx); err != nil {
		return catalog.SeasonSummary{}, err
	}
	if err := r.Check(); err != nil {
		return catalog.SeasonSummary{}, err
	}
	return c.act(ctx, r.Season, func(tx *sqlx.Tx) error { return c.planSeason(ctx, tx, r) })
}

func (c *Catalog) planSeason(ctx context.Context, tx *sqlx.Tx, r catalog.PlanSeason) error {
	res, err := tx.ExecContext(ctx, `
		INSERT INTO season (id, title, state, planned_at) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO NOTHING`,
		r.Season, desk.ToJSON(r.Title), string(catalog.SeasonPlanned), c.Now())
	if err != nil {
		return fmt.Errorf("plan season %d: %w", r.Season, err)
	}
	if n, err := res.RowsAffected(); err != nil || n > 0 {
		return cmp.Or(err, c.noteAct(ctx, tx, r.Season, catalog.SeasonStepPlan, actorOf(ctx), ""))
	}
	var title desk.AsJSON[catalog.Text]
	if err := tx.QueryRowContext(ctx, `SELECT title FROM season WHERE id = $1`, r.Season).Scan(&title); err != nil {
		return fmt.Errorf("read season %d: %w", r.Season, err)
	}
	if title.V != r.Title {
		return link.E(link.Conflict, "season.taken", "season", "season", fmt.Sprint(r.Season))
	}
	return nil
}

// BeginSeason makes a planned season the current one.
func (c *Catalog) BeginSeason(ctx context.Context, r catalog.SeasonRef) (catalog.SeasonSummary, error) {
	if err := requirePerson(ctx); err != nil {
		return catalog.SeasonSummary{}, err
	}
	return c.act(ctx, r.Season, func(tx *sqlx.Tx) error { return c.beginSeason(ctx, tx, r.Season) })
}

// beginSeason moves the current season to closing and the next one to current. All seasons are locked in the order of
// their ids, so that two beginnings follow each other.
func (c *Catalog) beginSeason(ctx context.Context, tx *sqlx.Tx, season int) error {
	if _, err := desk.LockSeasons(ctx, tx); err != nil {
		return err
	}
	state, err := lockState(ctx, tx, season)
	if err != nil || state == catalog.SeasonCurrent {
		return err
	}
	if _, err := link.Next(catalog.SeasonMachine, state, catalog.SeasonStepBegin); err != nil {
		return asField(err, "season")
	}
	before, err := currentSeason(ctx, tx)
	if err != nil {
		return err
	}
	if season < before {
		return link.E(link.Conflict, "season.begin.order", "season", "season", fmt.Sprint(season), "current", fmt.Sprint(before))
	}
	if before != 0 {
		if err := c.moveSeason(ctx, tx, before, catalog.SeasonStepReplace, actorOf(ctx), ""); err != nil {
			return err
		}
	}
	if err := noteBefore(ctx, tx, season); err != nil {
		return err
	}
	return c.moveSeason(ctx, tx, season, catalog.SeasonStepBegin, actorOf(ctx), "")
}

// moveSeason changes the state of a season, which is locked, and writes its history.
func (c *Catalog) moveSeason(ctx context.Context, tx *sqlx.Tx, season int, step catalog.SeasonStep, by catalog.SeasonActor, reason string) error {
	machine := catalog.SeasonMachine
	to := machine.To(step)
	res, err := tx.ExecContext(ctx, `
		UPDATE season SET state = $2, begun_at = coalesce(begun_at, $3), closed_at = CASE WHEN $4 THEN $3 END
		WHERE id = $1 AND state = ANY($5)`,
		season, string(to), c.Now(), to == catalog.SeasonClosed, pq.Array(machine.From(step)))
	if err != nil {
		return fmt.Errorf("%s season %d: %w", step, season, err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return cmp.Or(err, error(link.E(link.Conflict, machine.Refused(step), "season")))
	}
	return c.noteAct(ctx, tx, season, step, by, reason)
}

// CloseSeason ends a closing season.
func (c *Catalog) CloseSeason(ctx context.Context, r catalog.CloseSeason) (catalog.SeasonSummary, error) {
	if err := desk.RequireSystem(ctx); err != nil {
		return catalog.SeasonSummary{}, err
	}
	return c.act(ctx, r.Season, func(tx *sqlx.Tx) error {
		state, err := lockState(ctx, tx, r.Season)
		if err != nil || state == catalog.SeasonClosed {
			return err
		}
		now, err := summary(ctx, tx, r.Season)
		if err != nil {
			return err
		}
		if err := now.Figures.CheckClose(); err != nil {
			return err
		}
		if err := c.moveSeason(ctx, tx, r.Season, catalog.SeasonStepClose, r.By, ""); err != nil {
			return err
		}
		return noteSeason(ctx, tx, r.Season)
	})
}

// ReopenSeason takes a closed season back to closing.
func (c *Catalog) ReopenSeason(ctx context.Context, r catalog.ReopenSeason) (catalog.SeasonSummary, error) {
	if err := desk.RequireSystem(ctx); err != nil {
		return catalog.SeasonSummary{}, err
	}
	if err := catalog.CheckReason(r.Reason); err != nil {
		return catalog.SeasonSummary{}, err
	}
	return c.act(ctx, r.Season, func(tx *sqlx.Tx) error {
		if _, err := lockState(ctx, tx, r.Season); err != nil {
			return err
		}
		if err := c.moveSeason(ctx, tx, r.Season, catalog.SeasonStepReopen, r.By, r.Reason); err != nil {
			return err
		}
		return noteSeason(ctx, tx, r.Season)
	})
}

// noteSeason has the memory of every process read the season's state anew, with its presales.
func noteSeason(ctx context.Context, tx *sqlx.Tx, season int) error {
	var presales []int64
	if err := tx.SelectContext(ctx, &presales, `SELECT id FROM presale WHERE season = $1 ORDER BY id`, season); err != nil {
		return fmt.Errorf("read presales of season %d: %w", season, err)
	}
	return desk.NoteChange(ctx, tx, season, desk.Change{Presales: presales})
}

// PresaleHistory returns the openings and closings of a presale.
func (c *Catalog) PresaleHistory(ctx context.Context, r catalog.PresaleRef) (catalog.PresaleHistory, error) {
	p, err := c.sellersPresale(ctx, r)
	if err != nil {
		return catalog.PresaleHistory{}, err
	}
	all, err := acts(ctx, c.DB, `SELECT step, login, role, at, reason FROM presale_act WHERE presale_id = $1 ORDER BY id DESC LIMIT $2`, p.ID)
	return catalog.PresaleHistory{Acts: all}, err
}

// sellersPresale returns a presale to the county and its seller.
func (c *Catalog) sellersPresale(ctx context.Context, r catalog.PresaleRef) (catalog.PresaleDetail, error) {
	p, err := c.Presale(ctx, r)
	if err != nil {
		return p, err
	}
	if a := link.ActorFrom(ctx); !catalog.MaySell(a, p.SellerOrg) {
		return p, catalog.Denied(a)
	}
	return p, nil
}

// notePresaleAct writes an act into the history of a presale.
func (c *Catalog) notePresaleAct(ctx context.Context, tx *sqlx.Tx, presale int64, step catalog.PresaleStep, reason string) error {
	a := link.ActorFrom(ctx)
	_, err := tx.ExecContext(ctx, `INSERT INTO presale_act (presale_id, step, account, login, role, reason, at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		presale, string(step), a.Account, a.Login, a.Role, reason, c.Now())
	if err != nil {
		return fmt.Errorf("write history of presale %d: %w", presale, err)
	}
	// Also a job's: the end of a sale by its time belongs into the trail.
	return link.Publish(ctx, tx, link.Message{Subject: catalog.EvtAct,
		Data: link.Act{Kind: "presale." + string(step), On: "presale", Object: strconv.FormatInt(presale, 10)}})
}

// openSeasons returns the seasons that a changed register concerns: what has begun to be closed was sold from the register
// of its time.
func openSeasons(seasons []catalog.Season) []int {
	var ids []int
	for _, s := range seasons {
		if s.State == catalog.SeasonPlanned || s.State == catalog.SeasonCurrent {
			ids = append(ids, s.ID)
		}
	}
	slices.Sort(ids)
	return ids
}
