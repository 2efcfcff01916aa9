package orders

import (
	"strconv"

	"banmuyuan/internal/link"
)

// ShareUnits are the quantities of a share.
type ShareUnits struct {
	Qty, Received int64
	Held          int64 // on tickets that wait for a second person
	Short         int64
	Final         bool // the household has said that nothing more will come
}

// Room is how many units may still come.
func (u ShareUnits) Room() int64 { return u.Qty - u.Received - u.Held - u.Short }

// Settled returns the quantities with what will not come counted as short: of a final share without a held ticket it is
// everything that was not received.
func (u ShareUnits) Settled() ShareUnits {
	if u.Final && u.Held == 0 {
		u.Short = u.Qty - u.Received
	}
	return u
}

// State is the share's state, which follows from its quantities.
func (u ShareUnits) State() ShareState { return StateOf(u.Qty, u.Received, u.Held, u.Short) }

// CheckRoom is Invalid when more units are reported short than may still come.
func (u ShareUnits) CheckRoom(units int64) error {
	if room := u.Room(); units > room {
		return link.E(link.Invalid, "short.units.above_share", "units", "room", strconv.FormatInt(room, 10))
	}
	return nil
}

// CloseShares returns how many units of a village's shares will not come when their collection ends. NotFound without a
// share, Conflict while a ticket waits for a second person.
func CloseShares(shares []ShareUnits) (missing int64, err error) {
	if len(shares) == 0 {
		return 0, link.E(link.NotFound, "village.no_shares", "village_id")
	}
	for _, s := range shares {
		if s.Held > 0 {
			return 0, link.E(link.Conflict, "village.held_tickets", "")
		}
		missing += s.Room()
	}
	return missing, nil
}
