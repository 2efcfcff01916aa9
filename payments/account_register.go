package payments

import "context"

// HouseholdRegister is the county's register of households, as this module asks for it. The catalogue answers.
type HouseholdRegister interface {
	// RegisteredHouseholds finds households in the order of the keys; one that is not found has ID 0.
	RegisteredHouseholds(ctx context.Context, keys []HouseholdKey) ([]RegisteredHousehold, error)
}

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
	ID         int64
	Code, Head string
	Members    []string // names of the other persons
	Retired    bool
	HeadID     string // HeadSame, HeadOther, HeadUnknown
}
