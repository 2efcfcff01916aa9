package catalog

import "context"

// Registry answers the other modules about registered households. Its answers hold names of persons.
//
//link:service catalog v1
type Registry interface {
	// RegisteredHouseholds finds up to MaxRegistryKeys households, in the order of the keys. A key that names none is
	// answered with ID 0. For modules only.
	RegisteredHouseholds(context.Context, RegistryRequest) (RegistryAnswer, error)
	// RegisteredNames lists the programmes, organisations and seasons that rows of other modules may name. For modules only.
	RegisteredNames(context.Context, NamesRequest) (NamesAnswer, error)
}

type NamesRequest struct {
	// Workbook is a batch of the directory. Until it is loaded, its programmes and organisations count as registered, but for
	// the wrong rows.
	Workbook int64 `json:"workbook,omitempty"`
}

type NamesAnswer struct {
	Programmes    []RegisteredName `json:"programmes"`
	Organisations []RegisteredName `json:"organisations"`
	Seasons       []int            `json:"seasons"`
	Busy          bool             `json:"busy,omitempty"` // the workbook is being checked or loaded: ask again
}

// RegisteredName is an entry by its names. The ID is negative for one that only the workbook has.
type RegisteredName struct {
	ID   int64  `json:"id"`
	Code string `json:"code,omitempty"`
	Name string `json:"name"`
}

// MaxRegistryKeys is how many households one request asks for.
const MaxRegistryKeys = 1000

// RegistryKey names a household by its id, else by its code, else by its head's id number. Where both are given, HeadID
// is compared with the registered one.
type RegistryKey struct {
	ID     int64  `json:"id,omitempty"`
	Code   string `json:"code,omitempty"`
	HeadID string `json:"head_id,omitempty"`
}

type RegistryRequest struct {
	Keys []RegistryKey `json:"keys"`
	// Workbook is a batch of the directory. Until it is loaded, its households count as registered, but for the wrong rows.
	Workbook int64 `json:"workbook,omitempty"`
}

type RegistryAnswer struct {
	Items []RegistryEntry `json:"items"`
	Busy  bool            `json:"busy,omitempty"` // the workbook is being checked or loaded: ask again. There are no items then
}

// Results of comparing the id number that a key gave with the head's.
const (
	HeadIDSame    = "same"
	HeadIDOther   = "other"
	HeadIDUnknown = "unknown" // none is registered
)

// RegistryEntry is a household as its register says it is now.
type RegistryEntry struct {
	ID      int64    `json:"id"` // negative for a household that only the workbook has
	Code    string   `json:"code"`
	Head    string   `json:"head"`
	Members []string `json:"members,omitempty"` // names of the other persons
	Retired bool     `json:"retired,omitempty"`
	HeadID  string   `json:"head_id,omitempty"` // the result of the comparison; "" where the key gave no number
}
