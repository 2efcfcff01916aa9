package catalog

import "context"

// eachPage is as many households as one answer holds.
const eachPage = 500

// EachHousehold calls each for all households that match, page by page and in the order of their codes, until it returns
// an error. Cursor and Limit of the filter are its own.
func EachHousehold(ctx context.Context, svc Service, f HouseholdFilter, each func(Household) error) error {
	f.Cursor, f.Limit = "", eachPage
	for {
		page, err := svc.Households(ctx, f)
		if err != nil {
			return err
		}
		for _, h := range page.Items {
			if err := each(h); err != nil {
				return err
			}
		}
		if page.Cursor == "" || page.Cursor == f.Cursor || len(page.Items) == 0 {
			return nil // the last page, or one that leads nowhere
		}
		f.Cursor = page.Cursor
	}
}
