package card

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

// wordPrint is a slip with the one-time word of a household's card. It is handed over apart from the card.
type wordPrint struct {
	Household catalog.Household
	Word      string
	Until     time.Time
}

func wordState(c auth.Card, now time.Time) string {
	switch {
	case len(c.WordHash) == 0:
		return "none"
	case !c.WordUsedAt.IsZero():
		return "used"
	case c.WordWorks(now):
		return "waits"
	}
	return "over"
}

// firstWord reports whether the card was handed out without a word.
func (r cardListRow) firstWord() bool {
	return r.Card != nil && r.Word == "none" && r.Card.UsedAt.IsZero()
}

// toWord are the cards that get a word: one household's, or with "" the ones without a word and that this person may print,
// as many as are printed at once.
func (d cardsPage) toWord(one string) (all []cardListRow) {
	for _, row := range d.Rows {
		if len(all) < page.SheetsAtMost && row.Card != nil && (one == row.Household.Code || one == "" && row.MayWord && row.firstWord()) {
			all = append(all, row)
		}
	}
	return all
}

// wordlessAfter counts the cards that still wait for a word.
func (d cardsPage) wordlessAfter(slips []wordPrint) int {
	made := map[int64]bool{}
	for _, one := range slips {
		made[one.Household.ID] = true
	}
	left := 0
	for _, row := range d.Rows {
		if row.MayWord && row.firstWord() && !made[row.Household.ID] {
			left++
		}
	}
	return left
}

// cardWords prints the one-time words of cards. The issuer of a card does not see its word: with both, one person of the
// staff would be the household.
func (s *Pages) cardWords(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	d, err := s.cardsPage(r.Context(), page.PathInt(r, "village"), 1)
	if err != nil {
		return err
	}
	one := f.Text("household")
	d.Slips, err = s.issueWords(r.Context(), d, one, f.Key())
	if err != nil {
		if !f.Fail(err) {
			return err
		}
		return s.RenderForm(w, r, "card/cards", d, f)
	}
	if len(d.Slips) == 0 {
		s.Flash(r, page.Care, "card.word.none")
		return s.GoTo(w, r, "county.cards", "village", d.Village.ID)
	}
	if one == "" {
		d.Left = d.wordlessAfter(d.Slips)
	}
	w.Header().Set("Cache-Control", "no-store")
	return s.Render(w, r, http.StatusOK, "card/words", d)
}

// issueWords makes words for one household's card or for all that have none. The same request again gets the same words.
func (s *Pages) issueWords(ctx context.Context, d cardsPage, one, key string) ([]wordPrint, error) {
	by := auth.FromContext(ctx)
	once, err := page.OnceBy(by, key, fmt.Sprintf("words of cards of village %d %s", d.Village.ID, one))
	if err != nil {
		return nil, err
	}
	var words []auth.NewWord
	for _, row := range d.toWord(one) {
		word := auth.CardWords(s.Digests, once, row.Household.ID)[0]
		words = append(words, auth.NewWord{CardID: row.Card.ID, Hash: auth.WordHashes(s.Digests, row.Card.ID, word)[0]})
	}
	issued, err := s.Cards.IssueWords(ctx, once, auth.AuthorOf(by), words, s.Now().Add(auth.WordLife))
	if errors.Is(err, auth.ErrOwnCard) {
		return nil, link.E(link.Forbidden, "card.word.own", "")
	}
	if err != nil {
		return nil, fmt.Errorf("issue words: %w", page.ErrOnce(err))
	}
	households := make(map[int64]catalog.Household, len(d.Rows))
	for _, row := range d.Rows {
		households[row.Household.ID] = row.Household
	}
	slips := make([]wordPrint, 0, len(issued))
	for _, c := range issued {
		word, err := s.wordOf(once, c)
		if err != nil {
			return nil, err
		}
		slips = append(slips, wordPrint{Household: households[c.HouseholdID], Word: word[:4] + " " + word[4:], Until: c.WordUntil})
	}
	return slips, nil
}

// wordOf finds the word that a request made for a card.
func (s *Pages) wordOf(once auth.Once, c auth.Card) (string, error) {
	for _, word := range auth.CardWords(s.Digests, once, c.HouseholdID) {
		for _, hash := range auth.WordHashes(s.Digests, c.ID, word) {
			if bytes.Equal(hash, c.WordHash) {
				return word, nil
			}
		}
	}
	return "", link.E(link.Conflict, "card.word.shown", "") // another was printed since, or the product's key was changed
}
