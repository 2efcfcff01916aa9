package payments

import "context"

// SeasonRegister is the county's list of seasons, as this module asks for it. The catalogue answers.
type SeasonRegister interface {
	// CheckSeason refuses to bring income into a season that nobody planned (Invalid) or that is closed (Conflict). The
	// error names the field season.
	CheckSeason(ctx context.Context, season int) error
}
