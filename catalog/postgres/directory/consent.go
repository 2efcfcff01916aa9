package directory

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/catalog"
	"banmuyuan/catalog/postgres/desk"
	"banmuyuan/internal/entry"
	"banmuyuan/internal/link"
)

// consentRow is a household with the last entry about its consent.
type consentRow struct {
	ID     int64  `db:"id"`
	Entry  int64  `db:"entry"`
	Code   string `db:"code"`
	Helper string `db:"helper"`
	Given  bool   `db:"given"`
	Day    string `db:"day"`
	How    string `db:"how"`
	Ended  bool   `db:"ended"`
	Role   string `db:"role"` // of the entry's author
}

// china is the zone in which the county's days begin.
var china = time.FixedZone("CST", 8*60*60)

// readConsents reads and locks the households of the codes.
func readConsents(ctx context.Context, tx *sqlx.Tx, codes []string) (map[string]consentRow, error) {
	var rows []consentRow
	err := tx.SelectContext(ctx, &rows, `
		SELECT h.id, h.code, h.consent AS given, coalesce(c.id, 0) AS entry, coalesce(c.how, '') AS how, coalesce(NOT c.given, false) AS ended,
		       coalesce(c.role, '') AS role,
		       coalesce(coalesce(c.given_on, (c.at AT TIME ZONE 'Asia/Shanghai')::date)::text, '') AS day,
		       CASE WHEN p.id IS NULL THEN '' WHEN p.unit = '' THEN p.name ELSE p.name || '（' || p.unit || '）' END AS helper
		FROM household h LEFT JOIN helper p ON p.id = h.helper_id
		LEFT JOIN LATERAL (SELECT * FROM consent c WHERE c.household_id = h.id ORDER BY c.id DESC LIMIT 1) c ON true
		WHERE h.code = ANY($1) AND h.retired_at IS NULL ORDER BY h.id FOR NO KEY UPDATE OF h`, pq.Array(codes))
	if err != nil {
		return nil, fmt.Errorf("read consents: %w", err)
	}
	byCode := make(map[string]consentRow, len(rows))
	for _, r := range rows {
		byCode[r.Code] = r
	}
	return byCode, nil
}

// consents takes rows of consents. Each is an entry of its own: what is recorded stays.
func (l *load) consents(ctx context.Context, tx *sqlx.Tx, k *entry.Kind, rows []parsed) error {
	codes := make([]string, len(rows))
	for i, r := range rows {
		codes[i] = strings.ToUpper(r.values.Text("household"))
	}
	recorded, err := readConsents(ctx, tx, codes)
	if err != nil {
		return err
	}
	today := l.room.Now().In(china).Format(time.DateOnly)
	actor := link.ActorFrom(ctx)
	var changes []directoryChange
	var households []int64
	var days, hows []string
	for i, r := range rows {
		if first, twice := l.repeated(k, codes[i], r.row.Line); twice {
			l.refuse(k, r.row, entry.Fault{Field: "household", Key: "entry.twice", Args: map[string]string{"line": strconv.Itoa(first)}})
			continue
		}
		faults := k.Missing(k.Defaults().With(r.values))
		was, known := recorded[codes[i]]
		if !known && len(faults) == 0 {
			faults = fault("household", "directory.unknown", "value", r.values.Text("household"))
		}
		if len(faults) > 0 {
			for _, f := range faults {
				l.refuse(k, r.row, f)
			}
			continue
		}
		row := catalog.SheetConsent{Day: r.values.Text("given_on"), Helper: r.values.Text("helper")}
		record := catalog.ConsentRecord{Helper: was.Helper, Given: was.Given, Day: was.Day, Ended: was.Ended,
			Own: was.Ended && !catalog.OnBehalf(link.Actor{Role: was.Role})}
		fresh, faults := record.Take(row, today)
		for _, f := range faults {
			l.refuse(k, r.row, f)
		}
		switch {
		case len(faults) > 0:
			continue
		case !fresh:
			l.count(k).Unchanged++
			l.saved = was.Entry
			continue
		case was.Given:
			l.count(k).Changed++
		default:
			l.count(k).Added++
		}
		before := entry.Values{"household": was.Code, "helper": was.Helper}
		if was.Given {
			before["given_on"], before["how"] = was.Day, was.How
		}
		after := before.With(k.Defaults().With(r.values)).With(entry.Values{"household": was.Code, "helper": was.Helper})
		households, days, hows = append(households, was.ID), append(days, row.Day), append(hows, after.Text("how"))
		changes = append(changes, newChange(k, 0, before, after, before.Changed(k, after), was.Given))
	}
	if len(households) == 0 {
		return nil
	}
	var ids []int64
	err = tx.SelectContext(ctx, &ids, `
		INSERT INTO consent (household_id, given, how, account, login, role, at, given_on)
		SELECT h, true, w, $4, $5, $6, $7, d::date FROM unnest($1::bigint[], $2::text[], $3::text[]) WITH ORDINALITY AS u (h, w, d, n) ORDER BY n
		RETURNING id`, pq.Array(households), pq.Array(hows), pq.Array(days), actor.Account, actor.Login, actor.Role, l.room.Now())
	if err == nil {
		_, err = tx.ExecContext(ctx, `UPDATE household SET consent = true WHERE id = ANY($1)`, pq.Array(households))
	}
	if err != nil {
		return fmt.Errorf("record consents: %w", err)
	}
	actions := make([]desk.Action, len(households))
	for i, id := range households {
		changes[i].id, l.saved = ids[i], ids[i]
		actions[i] = desk.Action{Household: id, What: "consent.given", Detail: map[string]any{"how": hows[i]}}
	}
	if err := l.room.LogActions(ctx, tx, actions); err != nil {
		return err
	}
	return l.note(ctx, tx, k, changes)
}
