package county

import (
	"context"
	"strconv"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/web/auth"
)

// nameBound writes the households and helpers of a history as people call them, in place of their ids: a household by its
// code, a helper by name. They are looked up as a job: who opens accounts sees no more of them.
func (s *people) nameBound(ctx context.Context, history []auth.Change) error {
	ctx = link.System(ctx, "accounts")
	known := map[auth.Changed]map[string]string{auth.ChangedHousehold: {}, auth.ChangedHelper: {}}
	for i := range history {
		names := known[history[i].What]
		if names == nil {
			continue
		}
		for _, text := range []*string{&history[i].Before, &history[i].After} {
			name, read := names[*text]
			if !read {
				var err error
				if name, err = s.boundName(ctx, history[i].What, *text); err != nil {
					return err
				}
				names[*text] = name
			}
			*text = name
		}
	}
	return nil
}

// boundName returns the name of a household or helper by its id. A text that is none, or of nobody, stays as it is.
func (s *people) boundName(ctx context.Context, what auth.Changed, text string) (string, error) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return text, nil //nolint:nilerr // "" for nobody
	}
	name := text
	if what == auth.ChangedHelper {
		var e catalog.Entry
		if e, err = s.Directory.Entry(ctx, catalog.EntryRef{Kind: catalog.KindHelper, ID: id}); err == nil {
			name = catalog.HelperName(e.Cells["name"], e.Cells["unit"])
		}
	} else {
		var h catalog.Household
		if h, err = s.Catalog.Household(ctx, catalog.HouseholdRef{ID: id}); err == nil {
			name = h.Code
		}
	}
	if err != nil && link.CodeOf(err) != link.NotFound {
		return "", err
	}
	return name, nil
}
