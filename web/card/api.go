package card

import (
	"context"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/web/api"
)

// VillageCards lists the households of a village with their cards.
func (s *Pages) VillageCards(ctx context.Context, village int64) (api.VillageCards, error) {
	d, err := s.cardsPage(ctx, village, 1)
	out := api.VillageCards{VillageID: d.Village.ID, Village: d.Village.Name, Without: d.Without, Items: []api.HouseholdCard{}}
	for _, row := range d.Rows {
		c := api.HouseholdCard{Code: row.Household.Code, Head: row.Household.Head}
		if row.Card != nil {
			c.IssuedAt, c.IssuedBy, c.Word = &row.Card.IssuedAt, row.Card.IssuedBy, row.Word
			if !row.Card.UsedAt.IsZero() {
				c.UsedAt = &row.Card.UsedAt
			}
		}
		out.Items = append(out.Items, c)
	}
	return out, err
}

// IssueCards makes cards of a village's households and returns the text to print on them; the same key returns the same.
func (s *Pages) IssueCards(ctx context.Context, key string, village int64, household string) (api.IssuedCards, error) {
	out := api.IssuedCards{Items: []api.IssuedCard{}}
	d, err := s.cardsPage(ctx, village, 1)
	if err != nil {
		return out, err
	}
	if household != "" && len(d.wanted(household)) == 0 {
		return out, link.E(link.NotFound, "household.unknown", "household")
	}
	prints, err := s.issueCards(ctx, d, household, key)
	if household == "" {
		out.Left = d.withoutAfter(prints)
	}
	for _, one := range prints {
		out.Items = append(out.Items, api.IssuedCard{Code: one.Household.Code, Head: one.Household.Head, Village: d.Village.Name, Township: d.Township, Address: one.Address})
	}
	return out, err
}

// RevokeCard ends a household's card and whatever is open with it.
func (s *Pages) RevokeCard(ctx context.Context, key, code string) (bool, error) {
	h, err := s.Catalog.Household(ctx, catalog.HouseholdRef{Code: code})
	if err != nil {
		return false, err
	}
	return s.revokeCard(ctx, h.ID, key)
}

// IssueCardWords makes one-time words of cards that other people issued; the same key returns the same.
func (s *Pages) IssueCardWords(ctx context.Context, key string, village int64, household string) (api.CardWords, error) {
	out := api.CardWords{Items: []api.CardWord{}}
	d, err := s.cardsPage(ctx, village, 1)
	if err != nil {
		return out, err
	}
	if household != "" && len(d.toWord(household)) == 0 {
		return out, link.E(link.NotFound, "household.unknown", "household")
	}
	slips, err := s.issueWords(ctx, d, household, key)
	if household == "" {
		out.Left = d.wordlessAfter(slips)
	}
	for _, one := range slips {
		out.Items = append(out.Items, api.CardWord{Code: one.Household.Code, Head: one.Household.Head, Word: one.Word, Until: one.Until})
	}
	return out, err
}
