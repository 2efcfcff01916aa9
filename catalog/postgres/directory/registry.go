package directory

import (
	"context"
	"fmt"
	"slices"

	"github.com/lib/pq"

	"banmuyuan/catalog"
	"banmuyuan/catalog/postgres/desk"
	"banmuyuan/internal/entry"
	"banmuyuan/internal/link"
)

var _ catalog.Registry = (*Room)(nil)

type registryRow struct {
	N       int            `db:"n"`
	ID      int64          `db:"id"`
	Code    string         `db:"code"`
	Head    string         `db:"head"`
	Retired bool           `db:"retired"`
	Index   []byte         `db:"id_index"`
	Members pq.StringArray `db:"members"`
}

// RegisteredHouseholds finds households by id, code or the id number of their head.
func (m *Room) RegisteredHouseholds(ctx context.Context, r catalog.RegistryRequest) (catalog.RegistryAnswer, error) {
	out := catalog.RegistryAnswer{Items: make([]catalog.RegistryEntry, len(r.Keys))}
	if err := desk.RequireSystem(ctx); err != nil {
		return out, err
	}
	if len(r.Keys) > catalog.MaxRegistryKeys {
		return out, link.E(link.TooLarge, "malformed", "keys").Because(fmt.Errorf("%d keys", len(r.Keys)))
	}
	work, err := m.openWorkbook(ctx, r.Workbook)
	if err != nil || work.busy {
		out.Items, out.Busy = []catalog.RegistryEntry{}, work.busy
		return out, err
	}
	positions, ids, codes := []int64{}, []int64{}, []string{}
	var heads pq.ByteaArray
	for i, k := range r.Keys {
		indexes := [][]byte{nil}
		if k.HeadID != "" && k.ID == 0 && k.Code == "" {
			indexes = m.Cipher.Indexes(k.HeadID)
		}
		for _, index := range indexes {
			positions, ids, codes, heads = append(positions, int64(i)), append(ids, k.ID), append(codes, k.Code), append(heads, index)
		}
	}
	var rows []registryRow
	err = m.DB.SelectContext(ctx, &rows, `
		SELECT k.n, h.id, h.code, h.head, h.retired_at IS NOT NULL AS retired, p.id_index,
		       ARRAY(SELECT m.name FROM person m WHERE m.household_id = h.id AND m.position > 1 AND (m.retired_at IS NULL OR m.retired_at = h.retired_at)
		             ORDER BY m.position) AS members
		FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::bytea[]) AS k (n, id, code, head)
		JOIN household h ON h.id = CASE WHEN k.id <> 0 THEN k.id WHEN k.code <> '' THEN (SELECT b.id FROM household b WHERE b.code = k.code)
		                                ELSE (SELECT o.household_id FROM person o WHERE o.id_index = k.head AND o.position = 1
		                                      ORDER BY o.retired_at DESC NULLS FIRST LIMIT 1) END
		LEFT JOIN person p ON p.household_id = h.id AND p.position = 1`, pq.Array(positions), pq.Array(ids), pq.Array(codes), heads)
	if err != nil {
		return out, fmt.Errorf("find registered households: %w", err)
	}
	for _, row := range rows {
		e := catalog.RegistryEntry{ID: row.ID, Code: row.Code, Head: row.Head, Members: row.Members, Retired: row.Retired}
		if number := r.Keys[row.N].HeadID; number != "" {
			e.HeadID = m.compareHead(number, row.Index)
		}
		out.Items[row.N] = e
	}
	for i, k := range r.Keys {
		if k.ID == 0 {
			out.Items[i] = work.over(k, out.Items[i])
		}
	}
	return out, nil
}

func (m *Room) compareHead(number string, index []byte) string {
	switch {
	case len(index) == 0:
		return catalog.HeadIDUnknown
	case slices.ContainsFunc(m.Cipher.Indexes(number), func(b []byte) bool { return string(b) == string(index) }):
		return catalog.HeadIDSame
	}
	return catalog.HeadIDOther
}

// RegisteredNames lists programmes, organisations and seasons.
func (m *Room) RegisteredNames(ctx context.Context, r catalog.NamesRequest) (catalog.NamesAnswer, error) {
	out := catalog.NamesAnswer{Programmes: []catalog.RegisteredName{}, Organisations: []catalog.RegisteredName{}, Seasons: []int{}}
	if err := desk.RequireSystem(ctx); err != nil {
		return out, err
	}
	work, err := m.lookAtWorkbook(ctx, r.Workbook)
	if err != nil || work.busy {
		out.Busy = work.busy
		return out, err
	}
	for _, kind := range []struct {
		name, sql string
		to        *[]catalog.RegisteredName
	}{
		{catalog.KindProgramme, `SELECT id, code, name FROM programme ORDER BY id`, &out.Programmes},
		{catalog.KindOrganisation, `SELECT id, '' AS code, name FROM organisation ORDER BY id`, &out.Organisations},
	} {
		if work.rows { // registered ones come later and count
			err := m.goodRows(ctx, r.Workbook, kind.name, func(line int, v entry.Values) {
				*kind.to = append(*kind.to, catalog.RegisteredName{ID: -int64(line), Code: v.Text("code"), Name: v.Text("name")})
			})
			if err != nil {
				return out, err
			}
		}
		var rows []struct {
			ID   int64  `db:"id"`
			Code string `db:"code"`
			Name string `db:"name"`
		}
		if err := m.DB.SelectContext(ctx, &rows, kind.sql); err != nil {
			return out, fmt.Errorf("list registered names: %w", err)
		}
		for _, row := range rows {
			*kind.to = append(*kind.to, catalog.RegisteredName(row))
		}
	}
	var seasons pq.Int64Array
	if err := m.DB.GetContext(ctx, &seasons, `SELECT coalesce(array_agg(id::bigint ORDER BY id), '{}') FROM season`); err != nil {
		return out, fmt.Errorf("list seasons: %w", err)
	}
	for _, season := range seasons {
		out.Seasons = append(out.Seasons, int(season))
	}
	return out, nil
}
