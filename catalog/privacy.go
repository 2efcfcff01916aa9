package catalog

import (
	"context"
	"time"
)

// UnmaskID asks for a person's id number in the clear. Actor, time and reason are recorded.
type UnmaskID struct {
	HouseholdID int64  `json:"household_id"`
	Position    int    `json:"position,omitempty"` // of the person, from 1; 0: the head
	Reason      string `json:"reason"`
}

// UnmaskedID is shown to the actor and never stored.
type UnmaskedID struct {
	Name     string `json:"name"`
	IDNumber string `json:"id_number"`
}

// IDUnmasking is one time that an id number left the module in the clear.
type IDUnmasking struct {
	ID          int64     `json:"id"`
	At          time.Time `json:"at"`
	Actor       string    `json:"actor"`
	HouseholdID int64     `json:"household_id"`
	Code        string    `json:"code"`
	Name        string    `json:"name"`
	Reason      string    `json:"reason"`
}

type IDUnmaskings struct {
	Items []IDUnmasking `json:"items"` // the newest 500
}

// Privacy lets the county see id numbers that are masked elsewhere, and the log of doing so.
//
//link:service catalog v1 raw
type Privacy interface {
	// UnmaskID is for the county. Invalid without a reason; NotFound when no number is registered.
	UnmaskID(context.Context, UnmaskID) (UnmaskedID, error)
	IDUnmaskings(context.Context, None) (IDUnmaskings, error)
}
