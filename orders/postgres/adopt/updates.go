package adopt

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/orders/adopt"
	"banmuyuan/orders/postgres/desk"
)

// PostUpdate writes an update for the adopters of a plot.
func (m *Room) PostUpdate(ctx context.Context, r adopt.PostUpdate) (adopt.Update, error) {
	problems := r.Check()
	plot, err := m.plotRow(ctx, m.DB, r.PlotID)
	if err != nil {
		return adopt.Update{}, err
	}
	if err := m.mayOffer(ctx, plot.HouseholdID); err != nil {
		return adopt.Update{}, hidePlot(err)
	}
	if err := problems.Err(); err != nil {
		return adopt.Update{}, err
	}
	hash, err := desk.HashBody(adopt.PostUpdate{PlotID: r.PlotID, Text: r.Text})
	if err != nil {
		return adopt.Update{}, err
	}
	a := link.ActorFrom(ctx)
	out := adopt.Update{PlotID: plot.ID, At: m.Now(), Text: r.Text, Helper: a.Role == orders.RoleHelper, Photos: []adopt.Photo{}}
	err = m.Tx(ctx, func(tx *sqlx.Tx) error {
		about, done, err := m.Once(ctx, tx, r.IdempotencyKey, hash)
		if err != nil {
			return err
		}
		if done {
			out.ID = about
			return tx.GetContext(ctx, &out.At, `SELECT at FROM adoption_update WHERE id = $1`, about)
		}
		onBehalf := int64(0)
		if out.Helper {
			onBehalf = plot.HouseholdID
		}
		err = tx.GetContext(ctx, &out.ID, `
			INSERT INTO adoption_update (plot_id, at, text, account_id, actor, on_behalf_of) VALUES ($1, $2, $3, $4, $5, $6) RETURNING id`,
			plot.ID, out.At, r.Text, a.Account, orders.ActorName(a), onBehalf)
		if err != nil {
			return fmt.Errorf("write update of plot %d: %w", plot.ID, err)
		}
		_, err = tx.ExecContext(ctx, `UPDATE request_key SET about = $3 WHERE account_id = $1 AND key = $2`, a.Account, r.IdempotencyKey, out.ID)
		if err != nil {
			return fmt.Errorf("note update of key: %w", err)
		}
		return nil
	})
	return out, err
}

// hidePlot turns the refusal of somebody else's plot into NotFound.
func hidePlot(err error) error {
	if link.CodeOf(err) == link.NotFound {
		return link.E(link.NotFound, "adoption.plot.unknown", "")
	}
	return err
}

// AddPhoto adds a picture to an update. The sender has shrunk it and written it anew; any other picture is refused.
func (m *Room) AddPhoto(ctx context.Context, r adopt.AddPhoto) (adopt.Photo, error) {
	var plotID, household int64
	err := m.DB.QueryRowxContext(ctx, `
		SELECT p.id, p.household_id FROM adoption_update u JOIN plot p ON p.id = u.plot_id WHERE u.id = $1`, r.UpdateID).Scan(&plotID, &household)
	if desk.Missing(err) {
		return adopt.Photo{}, link.E(link.NotFound, "adoption.update.unknown", "update_id")
	}
	if err != nil {
		return adopt.Photo{}, fmt.Errorf("read update %d: %w", r.UpdateID, err)
	}
	if err := m.mayOffer(ctx, household); err != nil {
		if link.CodeOf(err) == link.NotFound {
			err = link.E(link.NotFound, "adoption.update.unknown", "update_id")
		}
		return adopt.Photo{}, err
	}
	width, height, err := r.Check()
	if err != nil {
		return adopt.Photo{}, err
	}
	sum := sha256.Sum256(r.JPEG)
	out := adopt.Photo{Width: width, Height: height}
	err = m.Tx(ctx, func(tx *sqlx.Tx) error {
		if _, err := tx.ExecContext(ctx, `SELECT FROM adoption_update WHERE id = $1 FOR UPDATE`, r.UpdateID); err != nil {
			return fmt.Errorf("lock update %d: %w", r.UpdateID, err)
		}
		err := tx.GetContext(ctx, &out.ID, `SELECT id FROM adoption_photo WHERE update_id = $1 AND sha256 = $2`, r.UpdateID, sum[:])
		if err == nil || !desk.Missing(err) {
			return err
		}
		var n int
		if err := tx.GetContext(ctx, &n, `SELECT count(*) FROM adoption_photo WHERE update_id = $1`, r.UpdateID); err != nil {
			return fmt.Errorf("count photos: %w", err)
		}
		if n >= adopt.UpdateMostPhoto {
			return link.E(link.Conflict, "adoption.photo.many", "jpeg", "max", fmt.Sprint(adopt.UpdateMostPhoto))
		}
		err = tx.GetContext(ctx, &out.ID, `
			INSERT INTO adoption_photo (update_id, no, sha256, width, height, jpeg) VALUES ($1, $2, $3, $4, $5, $6) RETURNING id`,
			r.UpdateID, n+1, sum[:], out.Width, out.Height, r.JPEG)
		if err != nil {
			return fmt.Errorf("write photo: %w", err)
		}
		return nil
	})
	return out, err
}

// Updates lists the updates of a household.
func (m *Room) Updates(ctx context.Context, r adopt.PlotRef) ([]adopt.Update, error) {
	plot, err := m.plotRow(ctx, m.DB, r.ID)
	if err != nil {
		return nil, err
	}
	if err := m.mayOffer(ctx, plot.HouseholdID); err != nil {
		return nil, hidePlot(err)
	}
	return m.updatesOf(ctx, plot.ID)
}

const updatesShown = 100

func (m *Room) updatesOf(ctx context.Context, plot int64) ([]adopt.Update, error) {
	var rows []struct {
		ID     int64     `db:"id"`
		PlotID int64     `db:"plot_id"`
		At     time.Time `db:"at"`
		Text   string    `db:"text"`
		Helper bool      `db:"helper"`
	}
	err := m.DB.SelectContext(ctx, &rows, `
		SELECT id, plot_id, at, text, on_behalf_of <> 0 AS helper FROM adoption_update WHERE plot_id = $1 ORDER BY id DESC LIMIT $2`,
		plot, updatesShown)
	if err != nil {
		return nil, fmt.Errorf("read updates of plot %d: %w", plot, err)
	}
	out, ids, at := make([]adopt.Update, len(rows)), make([]int64, len(rows)), map[int64]int{}
	for i, r := range rows {
		out[i] = adopt.Update{ID: r.ID, PlotID: r.PlotID, At: r.At.UTC(), Text: r.Text, Helper: r.Helper, Photos: []adopt.Photo{}}
		ids[i], at[r.ID] = r.ID, i
	}
	var photos []struct {
		ID       int64 `db:"id"`
		UpdateID int64 `db:"update_id"`
		Width    int   `db:"width"`
		Height   int   `db:"height"`
	}
	err = m.DB.SelectContext(ctx, &photos, `
		SELECT id, update_id, width, height FROM adoption_photo WHERE update_id = ANY($1) ORDER BY update_id, no`, desk.Ints(ids))
	if err != nil {
		return nil, fmt.Errorf("read photos of plot %d: %w", plot, err)
	}
	for _, p := range photos {
		u := &out[at[p.UpdateID]]
		u.Photos = append(u.Photos, adopt.Photo{ID: p.ID, Width: p.Width, Height: p.Height})
	}
	return out, nil
}

// Photo returns a picture to an adopter of its plot, or to the household that posted it and its helper.
func (m *Room) Photo(ctx context.Context, r adopt.PhotoRef) (adopt.PhotoFile, error) {
	unknown := link.E(link.NotFound, "adoption.photo.unknown", "")
	var row struct {
		PlotID    int64  `db:"plot_id"`
		Household int64  `db:"household_id"`
		JPEG      []byte `db:"jpeg"`
	}
	err := m.DB.GetContext(ctx, &row, `
		SELECT u.plot_id, p.household_id, f.jpeg
		FROM adoption_photo f JOIN adoption_update u ON u.id = f.update_id JOIN plot p ON p.id = u.plot_id WHERE f.id = $1`, r.ID)
	if desk.Missing(err) {
		return adopt.PhotoFile{}, unknown
	}
	if err != nil {
		return adopt.PhotoFile{}, fmt.Errorf("read photo %d: %w", r.ID, err)
	}
	if r.AdoptionNo == "" {
		if err := m.mayOffer(ctx, row.Household); err != nil {
			return adopt.PhotoFile{}, unknown
		}
		return adopt.PhotoFile{JPEG: row.JPEG}, nil
	}
	a, _, s, _, err := m.findAdoption(ctx, r.AdoptionNo)
	if err != nil {
		if link.CodeOf(err) == link.Unavailable {
			return adopt.PhotoFile{}, err
		}
		return adopt.PhotoFile{}, unknown
	}
	if s != adopt.StakeAdopter || a.PlotID != row.PlotID || !a.State.ReadsUpdates() {
		return adopt.PhotoFile{}, unknown
	}
	return adopt.PhotoFile{JPEG: row.JPEG}, nil
}
