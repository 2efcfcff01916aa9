package payments

import (
	"context"
	"errors"
)

// HouseholdRegister is the county's register of households, as this module asks for it. The catalogue answers.
type HouseholdRegister interface {
	// RegisteredHouseholds finds households in the order of the keys; one that is not found has ID 0. Households of a
	// workbook that is checked and not loaded count as registered; one that only the workbook has bears a negative ID.
	// ErrRegisterBusy while the workbook is being checked or loaded.
	RegisteredHouseholds(ctx context.Context, workbook int64, keys []HouseholdKey) ([]RegisteredHousehold, error)
	// RegisteredNames lists what else rows may name, a checked workbook's included. ErrRegisterBusy as above.
	RegisteredNames(ctx context.Context, workbook int64) (RegisteredNames, error)
}

// RegisteredNames are the programmes and organisations of the county, and the years that are seasons of it.
type RegisteredNames struct {
	Programmes    map[string]string // code by code and by name, folded with entry.FoldName
	Organisations map[string]int64  // id by folded name; negative: only in the workbook
	Seasons       []int
}

// ErrRegisterBusy is the register's answer while the workbook of the asked households is being checked or loaded.
var ErrRegisterBusy = errors.New("the workbook is being checked or loaded")

// HouseholdKey names a household by ID, else by Code, else by its head's id number, which is compared where both are given.
type HouseholdKey struct {
	ID           int64
	Code, HeadID string
}

// Results of comparing an id number with that of a household's head. "" is not compared.
const (
	HeadSame    = "same"
	HeadOther   = "other"
	HeadUnknown = "unknown"
)

// RegisteredHousehold is a household as the register says it is now.
type RegisteredHousehold struct {
	ID         int64 // negative: only in the workbook
	Code, Head string
	Members    []string // names of the other persons
	Retired    bool
	HeadID     string // HeadSame, HeadOther, HeadUnknown
}
