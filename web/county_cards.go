package web

import (
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
)

type cardPrint struct {
	Household catalog.Household
	Address   string // what its code holds
	QR        template.HTML
}

type cardListRow struct {
	Household catalog.Household
	Card      *auth.Card
}

type countyCardsPage struct {
	Village  catalog.Village
	Township string
	Rows     []cardListRow
	Without  int
	Printed  time.Time
	Issued   []cardPrint // the only time that their codes can be shown
}

func (s *Server) countyCardsPage(ctx context.Context, village int64) (countyCardsPage, error) {
	d := countyCardsPage{Printed: s.now()}
	d.Village, d.Township = s.village(ctx, village)
	if d.Village.Name == "" {
		return d, link.E(link.NotFound, "not_found", "")
	}
	page, err := s.deps.Catalog.Households(ctx, catalog.HouseholdFilter{VillageID: d.Village.ID, Limit: sheetsAtMost})
	if err != nil {
		return d, err
	}
	ids := make([]int64, len(page.Items))
	for i, h := range page.Items {
		ids[i] = h.ID
	}
	cards, err := s.deps.Cards.CardsOf(ctx, ids)
	if err != nil {
		return d, err
	}
	for _, h := range page.Items {
		row := cardListRow{Household: h}
		if c, ok := cards[h.ID]; ok {
			row.Card = &c
		} else {
			d.Without++
		}
		d.Rows = append(d.Rows, row)
	}
	return d, nil
}

// wanted are the households that get a card: one anew, or with "" all that have none.
func (d countyCardsPage) wanted(one string) (all []catalog.Household) {
	for _, row := range d.Rows {
		if one == "" && row.Card == nil || one != "" && one == row.Household.Code {
			all = append(all, row.Household)
		}
	}
	return all
}

// countyCards lists who of a village has a card.
func (s *Server) countyCards(w http.ResponseWriter, r *http.Request) error {
	d, err := s.countyCardsPage(r.Context(), pathInt(r, "village"))
	if err != nil {
		return err
	}
	return s.renderForm(w, r, "county/cards", d, s.newForm(langOf(r)))
}

// countyCardsIssue makes cards, of one household anew or of all that have none, and shows them to be printed: what the
// codes hold is not kept.
func (s *Server) countyCardsIssue(w http.ResponseWriter, r *http.Request) error {
	f, err := s.postedForm(r)
	if err != nil {
		return err
	}
	d, err := s.countyCardsPage(r.Context(), pathInt(r, "village"))
	if err != nil {
		return err
	}
	wanted := d.wanted(f.Text("household"))
	if len(wanted) == 0 {
		s.flash(r, care, "card.none")
		return s.goTo(w, r, "county.cards", "village", d.Village.ID)
	}
	if d.Issued, err = s.issueCards(r.Context(), wanted); err != nil {
		return err
	}
	for i := range d.Issued {
		if d.Issued[i].QR, err = qrImage(d.Issued[i].Address, "登录二维码"); err != nil {
			return err
		}
	}
	w.Header().Set("Cache-Control", "no-store")
	return s.render(w, r, http.StatusOK, "county/cards_print", d)
}

func (s *Server) issueCards(ctx context.Context, households []catalog.Household) ([]cardPrint, error) {
	// Accounts that are made along with a card have a password that nobody knows, until the household chooses a PIN.
	nobody := make([]byte, 32)
	_, _ = rand.Read(nobody) // never fails
	password, err := s.auth.Passwords.Hash(ctx, hex.EncodeToString(nobody))
	if err != nil {
		return nil, err
	}
	cards, prints := make([]auth.NewCard, len(households)), make([]cardPrint, len(households))
	for i, h := range households {
		secret, hash := auth.NewSecret()
		cards[i] = auth.NewCard{HouseholdID: h.ID, Hash: hash, Account: auth.Account{Login: strings.ToLower(h.Code), Name: h.Head, Phone: auth.CleanPhone(h.Phone),
			Role: auth.Household, HouseholdID: h.ID, PasswordHash: password, Lang: string(ZH)}}
		to, err := s.url("card.scan", "secret", secret)
		if err != nil {
			return nil, err
		}
		prints[i].Household, prints[i].Address = h, s.config.BaseURL+to
	}
	if err := s.deps.Cards.IssueCards(ctx, auth.FromContext(ctx).Login, cards); err != nil {
		return nil, fmt.Errorf("issue cards: %w", err)
	}
	return prints, nil
}

// countyCardRevoke ends a card that was lost, and whatever is open with it.
func (s *Server) countyCardRevoke(w http.ResponseWriter, r *http.Request) error {
	f, err := s.postedForm(r)
	if err != nil {
		return err
	}
	h, err := s.deps.Catalog.Household(r.Context(), catalog.HouseholdRef{Code: f.Text("household")})
	if err != nil {
		return err
	}
	if _, err := s.deps.Cards.RevokeCard(r.Context(), h.ID, auth.FromContext(r.Context()).Login); err != nil {
		return err
	}
	s.flash(r, good, "card.revoked", "name", h.Head)
	return s.goTo(w, r, "county.cards", "village", h.VillageID)
}
