package card

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"time"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

// routes are the pages of cards.
func (s *Pages) routes() {
	s.Guarded("GET", "/county/villages/{village:[0-9]+}/cards", "county.cards", s.cards, auth.Operator, auth.Approver)
	s.Guarded("POST", "/county/villages/{village:[0-9]+}/cards", "county.cards.issue", s.cardsIssue, auth.Operator)
	s.Guarded("POST", "/county/villages/{village:[0-9]+}/cards/words", "county.cards.words", s.cardWords, auth.Operator, auth.Approver)
	s.Guarded("POST", "/county/villages/{village:[0-9]+}/cards/revoke", "county.cards.revoke", s.cardRevoke, auth.Operator)
}

type cardPrint struct {
	Household catalog.Household
	Address   string // in its code
	QR        template.HTML
}

type cardListRow struct {
	Household catalog.Household
	Card      *auth.Card
	Word      string // "", none, waits, used, over
	MayWord   bool   // this person may print the word
}

type cardsPage struct {
	Village  catalog.Village
	Township string
	Rows     []cardListRow // of the whole village
	Shown    []cardListRow // on this page
	Part     page.Part
	Without  int
	Words    int // cards that wait for their first word, which this person may print
	Issues   bool
	Printed  time.Time
	Issued   []cardPrint // the only time that their codes can be shown
	Slips    []wordPrint
	Left     int // households that still have none, to be made next
}

func (s *Pages) cardsPage(ctx context.Context, village, part int64) (cardsPage, error) {
	account := auth.FromContext(ctx)
	by := auth.AuthorOf(account)
	d := cardsPage{Printed: s.Now(), Issues: account.Role == auth.Operator}
	d.Village, d.Township = s.Village(ctx, village)
	if d.Village.Name == "" {
		return d, link.E(link.NotFound, "not_found", "")
	}
	var list []catalog.Household
	var ids []int64
	err := catalog.EachHousehold(ctx, s.Catalog, catalog.HouseholdFilter{VillageID: d.Village.ID}, func(h catalog.Household) error {
		list, ids = append(list, h), append(ids, h.ID)
		return nil
	})
	if err != nil {
		return d, err
	}
	cards, err := s.Cards.CardsOf(ctx, ids)
	if err != nil {
		return d, err
	}
	for _, h := range list {
		row := cardListRow{Household: h}
		if c, ok := cards[h.ID]; ok {
			row.Card, row.Word = &c, wordState(c, d.Printed)
			row.MayWord = auth.CheckWordAuthor(by, c) == nil
			if row.MayWord && row.firstWord() {
				d.Words++
			}
		} else {
			d.Without++
		}
		d.Rows = append(d.Rows, row)
	}
	d.Part = page.PartOf(part, len(d.Rows))
	d.Shown = d.Rows[d.Part.Skip:d.Part.End()]
	return d, nil
}

// Batch is how many of n cards, or words, are made and printed at once.
func (cardsPage) Batch(n int) int { return min(n, page.SheetsAtMost) }

// wanted are the households that get a card: one anew, or with "" all that have none, as many as are printed at once.
func (d cardsPage) wanted(one string) (all []catalog.Household) {
	for _, row := range d.Rows {
		if len(all) < page.SheetsAtMost && (one == "" && row.Card == nil || one != "" && one == row.Household.Code) {
			all = append(all, row.Household)
		}
	}
	return all
}

// withoutAfter counts the households that have no card, also not one of these. A request that is sent again makes the same.
func (d cardsPage) withoutAfter(issued []cardPrint) int {
	made := map[int64]bool{}
	for _, one := range issued {
		made[one.Household.ID] = true
	}
	left := 0
	for _, row := range d.Rows {
		if row.Card == nil && !made[row.Household.ID] {
			left++
		}
	}
	return left
}

// cards lists the households of a village with their cards.
func (s *Pages) cards(w http.ResponseWriter, r *http.Request) error {
	d, err := s.cardsPage(r.Context(), page.PathInt(r, "village"), s.QueryForm(r).Int("part"))
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "card/cards", d, s.NewForm(page.LangOf(r)))
}

// cardsIssue makes cards, of one household anew or of all that have none, and shows them to be printed: the secret of
// a code is not kept.
func (s *Pages) cardsIssue(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	d, err := s.cardsPage(r.Context(), page.PathInt(r, "village"), 1)
	if err != nil {
		return err
	}
	one := f.Text("household")
	d.Issued, err = s.issueCards(r.Context(), d, one, f.Key())
	if err != nil {
		if !f.Fail(err) {
			return err
		}
		return s.RenderForm(w, r, "card/cards", d, f)
	}
	if len(d.Issued) == 0 {
		s.Flash(r, page.Care, "card.none")
		return s.GoTo(w, r, "county.cards", "village", d.Village.ID)
	}
	for i := range d.Issued {
		if d.Issued[i].QR, err = page.QRImage(d.Issued[i].Address, "登录二维码"); err != nil {
			return err
		}
	}
	if one == "" {
		d.Left = d.withoutAfter(d.Issued)
	}
	w.Header().Set("Cache-Control", "no-store")
	return s.Render(w, r, http.StatusOK, "card/print", d)
}

// issueCards makes cards for one household of a village or for all that have none. The same request again gets the same
// cards to print: their codes follow from it.
func (s *Pages) issueCards(ctx context.Context, d cardsPage, one, key string) ([]cardPrint, error) {
	by := auth.FromContext(ctx)
	once, err := page.OnceBy(by, key, fmt.Sprintf("cards of village %d %s", d.Village.ID, one))
	if err != nil {
		return nil, err
	}
	// Accounts that are made along with a card have a password that nobody knows, until the household chooses a PIN.
	nobody := make([]byte, 32)
	_, _ = rand.Read(nobody) // never fails
	password, err := s.Passwords.Hash(ctx, hex.EncodeToString(nobody))
	if err != nil {
		return nil, err
	}
	wanted := d.wanted(one)
	cards := make([]auth.NewCard, len(wanted))
	for i, h := range wanted {
		cards[i] = auth.NewCard{HouseholdID: h.ID, Hash: auth.SecretHash(auth.CardSecrets(s.Digests, once, h.ID)[0]),
			Account: auth.Account{Login: strings.ToLower(h.Code), Name: h.Head, Phone: auth.CleanPhone(h.Phone),
				Role: auth.Household, HouseholdID: h.ID, PasswordHash: password, Lang: string(page.ZH)}}
	}
	issued, err := s.Cards.IssueCards(ctx, once, auth.AuthorOf(by), cards)
	if err != nil {
		return nil, fmt.Errorf("issue cards: %w", page.ErrOnce(err))
	}
	households := make(map[int64]catalog.Household, len(d.Rows))
	for _, row := range d.Rows {
		households[row.Household.ID] = row.Household
	}
	prints := make([]cardPrint, 0, len(issued))
	for _, c := range issued {
		to, err := s.cardAddress(once, c)
		if err != nil {
			return nil, err
		}
		prints = append(prints, cardPrint{Household: households[c.HouseholdID], Address: to})
	}
	return prints, nil
}

// cardAddress is the address in the code of a card that was made by a request.
func (s *Pages) cardAddress(once auth.Once, c auth.Card) (string, error) {
	for _, secret := range auth.CardSecrets(s.Digests, once, c.HouseholdID) {
		if bytes.Equal(auth.SecretHash(secret), c.Hash) {
			to, err := s.URL("card.scan", "secret", secret)
			return s.Abs(to), err
		}
	}
	return "", link.E(link.Conflict, "card.shown", "") // the product's key was changed since
}

// cardRevoke ends a card that was lost, and whatever is open with it.
func (s *Pages) cardRevoke(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	h, err := s.Catalog.Household(r.Context(), catalog.HouseholdRef{Code: f.Text("household")})
	if err != nil {
		return err
	}
	if _, err := s.revokeCard(r.Context(), h.ID, f.Key()); err != nil {
		return err
	}
	s.Flash(r, page.Good, "card.revoked", "name", h.Head)
	return s.GoTo(w, r, "county.cards", "village", h.VillageID)
}

func (s *Pages) revokeCard(ctx context.Context, household int64, key string) (bool, error) {
	by := auth.FromContext(ctx)
	once, err := page.OnceBy(by, key, fmt.Sprintf("end card of household %d", household))
	if err != nil {
		return false, err
	}
	revoked, err := s.Cards.RevokeCard(ctx, once, household, by.Login)
	return revoked, page.ErrOnce(err)
}
