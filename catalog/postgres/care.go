package postgres

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/catalog"
	"banmuyuan/catalog/postgres/desk"
	"banmuyuan/internal/link"
	"banmuyuan/internal/link/paging"
)

var _ catalog.Care = (*Catalog)(nil)

const logAtMost = 200

// HouseholdLog returns the actions done for a household and its consents.
func (c *Catalog) HouseholdLog(ctx context.Context, ref catalog.HouseholdRef) (catalog.HouseholdLog, error) {
	log := catalog.HouseholdLog{Consents: []catalog.ConsentEntry{}, Actions: []catalog.Action{}}
	h, err := c.Household(ctx, ref)
	if err != nil {
		return log, err
	}
	if catalog.ScopeOf(link.ActorFrom(ctx)).Kind == catalog.ScopeOrg {
		return log, link.E(link.NotFound, "household.unknown", "id") // a collecting cooperative is told nothing of its affairs
	}
	id := strconv.FormatInt(h.ID, 10)
	err = desk.Each(ctx, c.DB, `SELECT given, how, login, role, at FROM consent WHERE household_id = `+id+fmt.Sprintf(` ORDER BY id DESC LIMIT %d`, logAtMost),
		func(scan func(...any) error) error {
			var e catalog.ConsentEntry
			err := scan(&e.Given, &e.How, &e.Actor, &e.Role, &e.At)
			log.Consents = append(log.Consents, e)
			return err
		})
	if err != nil {
		return log, fmt.Errorf("read consents: %w", err)
	}
	err = desk.Each(ctx, c.DB, `SELECT what, detail, login, role, on_behalf_of IS NOT NULL, at FROM household_action WHERE household_id = `+id+
		fmt.Sprintf(` ORDER BY id DESC LIMIT %d`, logAtMost),
		func(scan func(...any) error) error {
			var a catalog.Action
			var raw []byte
			if err := scan(&a.What, &raw, &a.Actor, &a.Role, &a.OnBehalf, &a.At); err != nil {
				return err
			}
			var detail map[string]any
			if err := json.Unmarshal(raw, &detail); err != nil {
				return err
			}
			a.Args = make(map[string]string, len(detail))
			for k, v := range detail {
				a.Args[k] = fmt.Sprint(v)
			}
			log.Actions = append(log.Actions, a)
			return nil
		})
	if err != nil {
		return log, fmt.Errorf("read actions: %w", err)
	}
	return log, nil
}

// implausible reports whether a capacity is more than the register makes likely, and opens a review of it; see
// catalog.Plausible.
func (c *Catalog) implausible(ctx context.Context, tx *sqlx.Tx, h catalog.Household, p *published, capacity int64) (bool, error) {
	registered := p.Product.Supply(h)
	if registered <= 0 {
		return false, nil
	}
	var sold, had int64
	err := tx.QueryRowxContext(ctx, `
		SELECT coalesce(sum(l.reserved + l.delivered) FILTER (WHERE l.presale_id <> $2), 0)::bigint
		       + (SELECT coalesce(sum(units), 0)::bigint FROM counter_take WHERE household_id = $1 AND product_id = $3 AND season = $4),
		       coalesce(max(l.capacity) FILTER (WHERE l.presale_id = $2), 0)
		FROM lot l JOIN presale q ON q.id = l.presale_id
		WHERE l.household_id = $1 AND q.product_id = $3 AND q.season = $4`, h.ID, p.ID, p.ProductID, p.Season).Scan(&sold, &had)
	if err != nil {
		return false, fmt.Errorf("sum what is sold: %w", err)
	}
	plausible, err := catalog.Plausible(registered, sold, had, capacity)
	if err != nil {
		return false, fmt.Errorf("compare an offer with the register: %w", err)
	}
	if plausible {
		return false, nil
	}
	args := map[string]string{"product": p.Product.Name.Zh, "capacity": strconv.FormatInt(capacity, 10), "registered": strconv.FormatInt(registered, 10),
		"sold": strconv.FormatInt(sold, 10)}
	err = c.OpenReview(ctx, tx, catalog.ReviewCapacity, h.ID, p.Code, args, capacity, p.ID)
	if err != nil {
		return false, err
	}
	return true, c.LogAction(ctx, tx, h.ID, "offer.held", map[string]any{"presale": p.ID, "before": had, "capacity": capacity})
}

const reviewColumns = `r.id, r.kind, r.state, r.household_id, h.code, h.head, v.name, r.args, r.opened_at, r.opened_by, r.decided_by, r.decided_at, r.why`

func scanReview(scan func(...any) error) (catalog.Review, error) {
	var r catalog.Review
	var raw []byte
	err := scan(&r.ID, &r.Kind, &r.State, &r.Household, &r.Code, &r.Head, &r.Village, &raw, &r.OpenedAt, &r.OpenedBy, &r.DecidedBy, &r.DecidedAt, &r.Why)
	if err != nil {
		return r, err
	}
	return r, json.Unmarshal(raw, &r.Args)
}

// Reviews lists reviews, newest first.
func (c *Catalog) Reviews(ctx context.Context, f catalog.ReviewFilter) (catalog.ReviewPage, error) {
	page := catalog.ReviewPage{Items: []catalog.Review{}}
	if _, err := desk.RequireCounty(ctx); err != nil {
		return page, err
	}
	limit, err := paging.Size(f.Limit, 100, 500)
	if err != nil {
		return page, err
	}
	if err := c.DB.GetContext(ctx, &page.Open, `SELECT count(*) FROM review WHERE state = `+desk.ReviewOpen); err != nil {
		return page, fmt.Errorf("count reviews: %w", err)
	}
	rows, err := c.DB.QueryContext(ctx, `
		SELECT `+reviewColumns+` FROM review r JOIN household h ON h.id = r.household_id JOIN village v ON v.id = h.village_id
		WHERE ($1 OR r.state = `+desk.ReviewOpen+`) AND ($2 = 0 OR r.id < $2) ORDER BY r.id DESC LIMIT $3`, f.All, f.Before, limit)
	if err != nil {
		return page, fmt.Errorf("list reviews: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		r, err := scanReview(rows.Scan)
		if err != nil {
			return page, fmt.Errorf("list reviews: %w", err)
		}
		page.Items = append(page.Items, r)
	}
	return page, rows.Err()
}

// DecideReview applies the decision of a second person.
func (c *Catalog) DecideReview(ctx context.Context, d catalog.DecideReviewRequest) (catalog.Review, error) {
	actor, err := desk.RequireCounty(ctx)
	if err != nil {
		return catalog.Review{}, err
	}
	if err := d.Check(); err != nil {
		return catalog.Review{}, err
	}
	key := fmt.Sprintf("%d:%s", actor.Account, d.IdempotencyKey)
	var res catalog.Review
	err = link.InTx(ctx, c.DB, nil, func(tx *sqlx.Tx) error {
		var was catalog.ReviewRecord
		var capacity, presale int64
		err := tx.QueryRowxContext(ctx, `
			SELECT opened_id, capacity, presale_id, state, decided_id, household_id FROM review WHERE id = $1 FOR UPDATE`, d.ID).
			Scan(&was.OpenedBy, &capacity, &presale, &was.State, &was.DecidedBy, &res.Household)
		if err != nil {
			return desk.NotFound(fmt.Errorf("read review: %w", err), "review.unknown", "id")
		}
		same := &catalog.PastDecision{}
		err = tx.QueryRowxContext(ctx, `SELECT id, state, why FROM review WHERE decided_key = $1`, key).Scan(&same.ID, &same.State, &same.Why)
		if errors.Is(err, sql.ErrNoRows) {
			same = nil
		} else if err != nil {
			return fmt.Errorf("look up decision of key: %w", err)
		}
		changes, err := d.Decide(was, actor.Account, same)
		if err != nil {
			return err
		}
		if changes {
			if err := c.settleReview(ctx, tx, d, res.Household, key, presale, capacity); err != nil {
				return err
			}
		}
		res, err = scanReview(tx.QueryRowxContext(ctx, `
			SELECT `+reviewColumns+` FROM review r JOIN household h ON h.id = r.household_id JOIN village v ON v.id = h.village_id WHERE r.id = $1`, d.ID).Scan)
		return err
	})
	if link.Constraint(err) == "review_decided_key" { // sent at this moment for two reviews
		err = catalog.ErrKeyReused()
	}
	if err != nil {
		return catalog.Review{}, err
	}
	return res, nil
}

func (c *Catalog) settleReview(ctx context.Context, tx *sqlx.Tx, d catalog.DecideReviewRequest, household int64, key string, presale, capacity int64) error {
	actor := link.ActorFrom(ctx)
	step := d.Step()
	state := catalog.ReviewMachine.To(step)
	if state == catalog.ReviewApproved && presale != 0 {
		if err := c.offer(ctx, tx, household, presale, capacity); err != nil {
			return err
		}
	}
	if state == catalog.ReviewApproved {
		if err := c.sellAgain(ctx, tx, d.ID); err != nil {
			return err
		}
	}
	_, err := tx.ExecContext(ctx, `
		UPDATE review SET state = $2, decided_at = $3, decided_id = $4, decided_by = $5, why = $6, decided_key = $7
		WHERE id = $1 AND state = ANY($8)`,
		d.ID, string(state), c.Now().Truncate(time.Microsecond), actor.Account, actor.Login, d.Why, key, pq.Array(catalog.ReviewMachine.From(step)))
	if err != nil {
		return fmt.Errorf("decide review: %w", err)
	}
	return c.LogAction(ctx, tx, household, "review."+string(state), map[string]any{"review": d.ID, "why": d.Why})
}

// offer sets a lot's capacity as it was asked for.
func (c *Catalog) offer(ctx context.Context, tx *sqlx.Tx, household, presale, capacity int64) error {
	public := c.reference.Load().byID[presale]
	if public == nil {
		return link.E(link.NotFound, "presale.unknown", "presale_id")
	}
	h, err := c.household(ctx, tx, catalog.HouseholdRef{ID: household})
	if err != nil {
		return err
	}
	if err := lockOpenSeason(ctx, tx, public.Season, "presale_id"); err != nil {
		return err
	}
	var lot catalog.Lot
	if _, err := c.changeLot(ctx, tx, h, public, capacity, &lot); err != nil {
		return err
	}
	if err := desk.NoteChange(ctx, tx, public.Season, desk.Change{Lots: []int64{lot.ID}}); err != nil {
		return err
	}
	return desk.TouchReference(ctx, tx)
}
