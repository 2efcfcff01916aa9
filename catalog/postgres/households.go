package postgres

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/catalog"
	"banmuyuan/catalog/postgres/desk"
	"banmuyuan/internal/link"
	"banmuyuan/internal/link/paging"
	"banmuyuan/internal/search"
)

const householdColumns = `h.id, h.code, h.head, h.persons, h.village_id, v.name, t.name, coalesce(h.helper_id, 0), coalesce(p.name, ''),
	h.consent, h.phone, h.kinds, h.programmes, h.garden_m2, h.geese, h.raiser, coalesce(h.raiser_org, 0),
	coalesce(o.raiser_bp, 0), h.mushroom_bags, h.demo,
	(SELECT jsonb_object_agg(g.product_id, g.units) FROM holding g WHERE g.household_id = h.id)`

const householdTables = `household h JOIN village v ON v.id = h.village_id JOIN township t ON t.id = v.township_id
	LEFT JOIN helper p ON p.id = h.helper_id LEFT JOIN organisation o ON o.id = h.raiser_org`

func scanHousehold(scan func(...any) error) (catalog.Household, error) {
	var h catalog.Household
	var holdings desk.AsJSON[map[int64]int64]
	err := scan(&h.ID, &h.Code, &h.Head, &h.Persons, &h.VillageID, &h.Village, &h.Township, &h.HelperID, &h.HelperName,
		&h.Consent, &h.Phone, (*pq.StringArray)(&h.Kinds), (*pq.StringArray)(&h.Programmes), &h.GardenM2, &h.Geese, &h.Raiser,
		&h.RaiserOrg, &h.RaiserBP, &h.MushroomBag, &h.Demo, &holdings)
	if err != nil {
		return h, err
	}
	h.Holdings = holdings.V
	if h.Programmes == nil {
		h.Programmes = []string{}
	}
	return h, nil
}

// Household returns one household in the actor's scope, with masked id numbers and the fields that the actor's work needs.
func (c *Catalog) Household(ctx context.Context, ref catalog.HouseholdRef) (catalog.Household, error) {
	h, err := c.household(ctx, c.DB, ref)
	return h.For(link.ActorFrom(ctx)), err
}

func (c *Catalog) household(ctx context.Context, q sqlx.ExtContext, ref catalog.HouseholdRef) (catalog.Household, error) {
	field := "id"
	if ref.ID == 0 {
		field = "code"
	}
	scope := catalog.ScopeOf(link.ActorFrom(ctx))
	h, err := scanHousehold(q.QueryRowxContext(ctx, `
		SELECT `+householdColumns+` FROM `+householdTables+`
		WHERE `+householdScope+` AND (h.id = $3 OR ($3 = 0 AND h.code = $4))`, string(scope.Kind), scope.ID, ref.ID, ref.Code).Scan)
	if err != nil {
		return h, desk.NotFound(fmt.Errorf("read household: %w", err), "household.unknown", field)
	}
	err = desk.Each(ctx, q, `
		SELECT p.name, p.relation, p.born, p.female, p.id_sealed FROM person p JOIN household h ON h.id = p.household_id
		WHERE h.id = `+strconv.FormatInt(h.ID, 10)+` AND (p.retired_at IS NULL OR p.retired_at = h.retired_at) ORDER BY p.position`,
		func(scan func(...any) error) error {
			var p catalog.Person
			var sealed []byte
			if err := scan(&p.Name, &p.Relation, &p.Born, &p.Female, &sealed); err != nil {
				return err
			}
			if len(sealed) > 0 {
				number, err := c.Cipher.Open(sealed, desk.SealOwner(h.Code))
				if err != nil {
					return fmt.Errorf("open id number: %w", err)
				}
				p.IDNumber = catalog.MaskID(number)
			}
			h.Members = append(h.Members, p)
			return nil
		})
	if err != nil {
		return h, fmt.Errorf("read members of household %d: %w", h.ID, err)
	}
	return h, nil
}

const (
	defaultHouseholds = 50
	mostHouseholds    = 500
)

// Households lists the households in the actor's scope, by code.
func (c *Catalog) Households(ctx context.Context, f catalog.HouseholdFilter) (catalog.HouseholdPage, error) {
	actor := link.ActorFrom(ctx)
	scope := catalog.ScopeOf(actor)
	if scope.Kind == catalog.ScopeNone {
		return catalog.HouseholdPage{}, catalog.Denied(actor)
	}
	limit, err := paging.Size(f.Limit, defaultHouseholds, mostHouseholds)
	if err != nil {
		return catalog.HouseholdPage{}, err
	}
	if len(f.IDs) > 0 {
		limit = len(f.IDs)
	}
	after, err := paging.PlaceText("households", f.Cursor)
	if err != nil {
		return catalog.HouseholdPage{}, err
	}
	const condition = householdScope + `
		AND ($3 = '' OR h.code ILIKE $4 OR h.head ILIKE $4 OR (length($3) >= 4 AND h.phone LIKE '%' || $3 AND ($1 <> 'helper' OR h.consent))
			OR $13 <> '' AND (strpos(h.search, $13) > 0 OR strpos(v.search, $13) > 0 OR strpos(lower(replace(h.code, '-', '')), $13) > 0))
		AND ($5 = 0 OR v.township_id = $5) AND ($6 = 0 OR h.village_id = $6) AND ($7 = 0 OR h.helper_id = $7)
		AND ($8 = '' OR $8 = ANY(h.programmes))
		AND (($9::bigint[] IS NULL AND h.retired_at IS NULL) OR h.id = ANY($9))
		AND (NOT $10 OR NOT EXISTS (
			SELECT FROM lot l JOIN presale p ON p.id = l.presale_id
			WHERE l.household_id = h.id AND p.season = $11 AND l.reserved + l.delivered > 0))
		AND ($12 = 0 OR EXISTS (SELECT FROM membership m WHERE m.household_id = h.id AND m.org_id = $12 AND m.retired_at IS NULL))`
	query := strings.TrimSpace(f.Query)
	args := []any{string(scope.Kind), scope.ID, query, desk.Pattern(query), f.Township, f.VillageID, f.HelperID, f.Programme, pq.Array(f.IDs), f.Unsold,
		cmp.Or(f.Season, c.defaultSeason()), f.MemberOf, search.Key(query)}
	if len(f.IDs) == 0 {
		args[8] = nil
	}
	page := catalog.HouseholdPage{Items: []catalog.Household{}}
	err = desk.InSnapshot(ctx, c.DB, func(tx *sqlx.Tx) error {
		page.Items = page.Items[:0]
		err := tx.QueryRowxContext(ctx, `
			SELECT count(*), coalesce(sum(h.persons), 0) FROM household h JOIN village v ON v.id = h.village_id
			WHERE `+condition, args...).Scan(&page.Total, &page.Persons)
		if err != nil {
			return fmt.Errorf("count households: %w", err)
		}
		rows, err := tx.QueryContext(ctx, `
			SELECT `+householdColumns+` FROM `+householdTables+`
			WHERE `+condition+` AND h.code > $14 ORDER BY h.code LIMIT $15`, append(args, after, limit+1)...)
		if err != nil {
			return fmt.Errorf("read households: %w", err)
		}
		defer rows.Close()
		for rows.Next() {
			h, err := scanHousehold(rows.Scan)
			if err != nil {
				return fmt.Errorf("read households: %w", err)
			}
			page.Items = append(page.Items, h)
		}
		if err := rows.Err(); err != nil {
			return err
		}
		if scope.Kind == catalog.ScopeHelper && f.Cursor == "" {
			if page.Handovers, err = readHandovers(ctx, tx, scope.ID); err != nil {
				return err
			}
		}
		if f.MemberOf == 0 {
			return nil
		}
		return readMemberships(ctx, tx, f.MemberOf, page.Items)
	})
	if err != nil {
		return catalog.HouseholdPage{}, err
	}
	for i, h := range page.Items {
		page.Items[i] = h.For(actor)
	}
	if len(page.Items) > limit {
		page.Items = page.Items[:limit]
		page.Cursor = paging.AfterText("households", page.Items[limit-1].Code)
	}
	return page, nil
}

// readMemberships reads the stakes of households in a cooperative.
func readMemberships(ctx context.Context, tx *sqlx.Tx, org int64, households []catalog.Household) error {
	at, ids := map[int64]int{}, make([]int64, len(households))
	for i, h := range households {
		at[h.ID], ids[i] = i, h.ID
	}
	rows, err := tx.QueryContext(ctx, `SELECT household_id, shares, share_fen, entrusted FROM membership WHERE org_id = $1 AND household_id = ANY($2)`,
		org, pq.Array(ids))
	if err != nil {
		return fmt.Errorf("read memberships: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		var m catalog.Membership
		if err := rows.Scan(&id, &m.Shares, &m.ShareFen, &m.Entrusted); err != nil {
			return fmt.Errorf("read memberships: %w", err)
		}
		households[at[id]].Membership = &m
	}
	return rows.Err()
}

// SetConsent records, or takes back, that a household's helper may act for it. The household itself and the county may
// do so; the helper may only give it up, because nobody consents to their own acting.
func (c *Catalog) SetConsent(ctx context.Context, r catalog.ConsentRequest) (catalog.Household, error) {
	if err := r.Check(); err != nil {
		return catalog.Household{}, err
	}
	actor := link.ActorFrom(ctx)
	var h catalog.Household
	err := link.InTx(ctx, c.DB, nil, func(tx *sqlx.Tx) error {
		found, err := c.household(ctx, tx, catalog.HouseholdRef{ID: r.HouseholdID})
		if err != nil {
			return asField(err, "household_id")
		}
		if err := catalog.ScopeOf(actor).MayConsent(r.Given); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `UPDATE household SET consent = $2 WHERE id = $1`, found.ID, r.Given); err != nil {
			return fmt.Errorf("set consent: %w", err)
		}
		_, err = tx.ExecContext(ctx, `
			INSERT INTO consent (household_id, given, how, account, login, role, at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			found.ID, r.Given, r.How, actor.Account, actor.Login, actor.Role, c.Now())
		if err != nil {
			return fmt.Errorf("record consent: %w", err)
		}
		what := "consent.given"
		if !r.Given {
			what = "consent.revoked"
		}
		if err := c.LogAction(ctx, tx, found.ID, what, map[string]any{"how": r.How}); err != nil {
			return err
		}
		h = found
		h.Consent = r.Given
		return nil
	})
	if err != nil {
		return catalog.Household{}, err
	}
	return h.For(actor), nil
}

// asField names another field in a refusal.
func asField(err error, field string) error {
	if e := link.AsError(err); e.Code != link.Internal && e.Field != "" {
		named := *e
		named.Field = field
		return &named
	}
	return err
}

// defaultSeason is the season of requests that name none; 0 where none is planned.
func (c *Catalog) defaultSeason() int { return c.reference.Load().forAll.Season }

// ImportHouseholds passes an import to the directory.
func (c *Catalog) ImportHouseholds(ctx context.Context, r catalog.ImportRequest) (catalog.ImportResult, error) {
	return c.directory.ImportHouseholds(ctx, r)
}

// handoversShown is how many handovers a helper sees.
const handoversShown = 5

// readHandovers reads the latest handovers from and to a helper.
func readHandovers(ctx context.Context, tx *sqlx.Tx, helper int64) ([]catalog.Handover, error) {
	var out []catalog.Handover
	err := tx.SelectContext(ctx, &out, `
		SELECT at, what = $3 AS got, after ->> $5 AS other, (after ->> $6)::int AS households
		FROM directory_change WHERE kind = $1 AND entry_id = $2 AND what IN ($3, $4)
		ORDER BY id DESC LIMIT $7`,
		catalog.KindHelper, helper, catalog.TakenOver, catalog.HandedOver, catalog.HandedHelper, catalog.HandedHouseholds, handoversShown)
	if err != nil {
		return nil, fmt.Errorf("read handovers of helper %d: %w", helper, err)
	}
	for i := range out {
		out[i].At = out[i].At.UTC()
	}
	return out, nil
}
