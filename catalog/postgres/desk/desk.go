// Package desk is the kernel of the catalogue's store: database, clock, cipher, the log of changes of seasons, the facts of
// households, reviews and the log of actions. A room imports the desk and declares the doors that it needs to the rest of
// the store; it never imports another room.
package desk

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
)

// Cipher seals id numbers and finds equal ones without reading them.
type Cipher interface {
	Seal(value, owner string) []byte
	Open(sealed []byte, owner string) (string, error)
	Index(value string) []byte
	// Indexes returns the indexes by all keys, the current one first; Current is the prefix of values sealed with it.
	Indexes(value string) [][]byte
	Current() []byte
	Reseal(sealed []byte, owner string) (fresh []byte, value string, err error)
}

// Desk is what the store and its rooms share: the database, the clock, the cipher and the outbox.
type Desk struct {
	DB     *sqlx.DB
	Cipher Cipher
	Now    func() time.Time
	Log    *slog.Logger
	Relay  *link.Relay
}

// LogAction records an action for a household: the actor, and whether it acted on the household's behalf.
func (d *Desk) LogAction(ctx context.Context, tx *sqlx.Tx, householdID int64, what string, detail map[string]any) error {
	return d.LogActions(ctx, tx, []Action{{householdID, what, detail}})
}

// Action is something that was done to a household's registration.
type Action struct {
	Household int64
	What      string
	Detail    map[string]any
}

// LogActions records actions of one actor.
func (d *Desk) LogActions(ctx context.Context, tx *sqlx.Tx, actions []Action) error {
	actor, now := link.ActorFrom(ctx), d.Now()
	rows := make([][]any, len(actions))
	for i, a := range actions {
		var onBehalfOf any
		if catalog.OnBehalf(actor) {
			onBehalfOf = a.Household
		}
		rows[i] = []any{a.Household, actor.Account, actor.Login, actor.Role, onBehalfOf, a.What, ToJSON(a.Detail), link.RequestID(ctx), now}
	}
	err := InsertMany(ctx, tx, "household_action", []string{"household_id", "account", "login", "role", "on_behalf_of", "what", "detail", "request_id", "at"}, rows, "")
	if err != nil {
		return fmt.Errorf("log actions: %w", err)
	}
	var acts []link.Act
	for _, a := range actions {
		if area, _, _ := strings.Cut(a.What, "."); area == "consent" {
			acts = append(acts, link.Act{Kind: a.What, On: "household", Object: strconv.FormatInt(a.Household, 10)})
		}
	}
	return Did(ctx, tx, acts...)
}

// Did publishes acts of a person for the audit trail; acts of jobs are none.
func Did(ctx context.Context, tx *sqlx.Tx, acts ...link.Act) error {
	if link.ActorFrom(ctx).Account == 0 {
		return nil
	}
	messages := make([]link.Message, len(acts))
	for i, a := range acts {
		messages[i] = link.Message{Subject: catalog.EvtAct, Data: a}
	}
	return link.Publish(ctx, tx, messages...)
}

// OpenReview opens a review for the county; a repeated request replaces the waiting one.
func (d *Desk) OpenReview(ctx context.Context, tx *sqlx.Tx, kind string, household int64, about string, args map[string]string, capacity, presale int64) error {
	a := link.ActorFrom(ctx)
	_, err := tx.ExecContext(ctx, `
		INSERT INTO review (kind, household_id, about, args, capacity, presale_id, opened_at, opened_id, opened_by, state)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		ON CONFLICT (kind, household_id, about) WHERE state = `+ReviewOpen+`
		DO UPDATE SET args = excluded.args, capacity = excluded.capacity, opened_at = excluded.opened_at, opened_id = excluded.opened_id, opened_by = excluded.opened_by`,
		kind, household, about, ToJSON(args), capacity, presale, d.Now(), a.Account, a.Login, string(catalog.ReviewOpen))
	if err != nil {
		return fmt.Errorf("open review: %w", err)
	}
	return nil
}

// Seal makes the two columns of an id number. Without a number both are null.
func (d *Desk) Seal(number, householdCode string) (sealed, index any) {
	if number == "" {
		return nil, nil
	}
	return d.Cipher.Seal(number, SealOwner(householdCode)), d.Cipher.Index(number)
}

// SealOwner binds a sealed id number to its household.
func SealOwner(householdCode string) string { return "household:" + householdCode }

// ReviewOpen is the state of reviews that wait, as an SQL word.
const ReviewOpen = "'" + string(catalog.ReviewOpen) + "'"
