package account

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/orders/adopt"
	"banmuyuan/payments"
	"banmuyuan/web/api"
	"banmuyuan/web/audit"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

func (s *Pages) privacyRoutes() {
	s.Open("GET", "/privacy", "privacy", s.privacyPage)
	s.Guarded("POST", "/privacy/agree", "privacy.agree", s.privacyAgree, auth.Roles...)
	s.Guarded("GET", "/account/data", "account.data", s.dataPage, auth.Roles...)
	s.Guarded("GET", "/account/data/file", "account.data.file", s.dataFile, auth.Roles...)
	s.Guarded("POST", "/account/data/name", "account.data.name", s.changeName, auth.Buyer)
	s.Guarded("POST", "/account/data/correction", "account.data.correction", s.askCorrection, auth.Roles...)
	s.Guarded("POST", "/account/data/close", "account.data.close", s.closeAccount, auth.Buyer)
}

// privacyData is the content of the privacy notice.
type privacyData struct {
	Version int
	Ask     bool // the reader has to agree before going on
	Next    string
}

func (s *Pages) privacyPage(w http.ResponseWriter, r *http.Request) error {
	a := auth.FromContext(r.Context())
	return s.Render(w, r, http.StatusOK, "account/privacy", privacyData{Version: auth.PrivacyVersion, Ask: a != nil && a.MustAgree(),
		Next: page.SafeNext(r.URL.Query().Get("next"))})
}

func (s *Pages) privacyAgree(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	if err := s.Agree(r, f.Text("version")); err != nil {
		return err
	}
	page.Redirect(w, r, s.afterLogin(auth.FromContext(r.Context()), f.Text("next")))
	return nil
}

// Agree stores that the account that is logged in agreed to the privacy notice of now; a version that was shown before it
// changed is refused. Invalid.
func (s *Pages) Agree(r *http.Request, version string) error {
	if version != strconv.Itoa(auth.PrivacyVersion) {
		return link.E(link.Invalid, "account.privacy.agree", "version")
	}
	return s.Privacy.Agree(r.Context(), auth.FromContext(r.Context()).ID, auth.PrivacyVersion)
}

// dataPageData is the content of the page about one's own data.
type dataPageData struct {
	AgreedAt    time.Time
	Corrections []auth.Correction
	CanClose    bool
}

func (s *Pages) renderData(w http.ResponseWriter, r *http.Request, f *page.Form) error {
	a := auth.FromContext(r.Context())
	d := dataPageData{CanClose: a.Role == auth.Buyer}
	var err error
	if d.AgreedAt, err = s.Privacy.AgreedAt(r.Context(), a.ID); err != nil {
		return err
	}
	if d.Corrections, err = s.Privacy.CorrectionsOf(r.Context(), a.ID); err != nil {
		return err
	}
	return s.RenderForm(w, r, "account/data", d, f)
}

func (s *Pages) dataPage(w http.ResponseWriter, r *http.Request) error {
	return s.renderData(w, r, s.NewForm(page.LangOf(r)))
}

// OwnData collects it, from the modules that hold it, with the rights of the person.
func (s *Pages) OwnData(r *http.Request) (d api.OwnData, err error) {
	ctx, a := r.Context(), auth.FromContext(r.Context())
	d.Account.ID, d.Account.Login, d.Account.Name, d.Account.Phone, d.Account.Email = a.ID, a.Login, a.Name, a.Phone, a.Email
	d.Account.Role, d.Account.Lang, d.Account.CreatedAt, d.Account.Verified, d.Account.Privacy = a.Role, a.Lang, a.CreatedAt, a.VerifiedAt, a.PrivacyVersion
	if d.Account.AgreedAt, err = s.Privacy.AgreedAt(ctx, a.ID); err != nil {
		return d, err
	}
	sessions, err := s.ownSessions(r)
	if err != nil {
		return d, err
	}
	d.Sessions = []api.OwnSession{}
	for _, one := range sessions {
		d.Sessions = append(d.Sessions, api.OwnSession{Program: one.Device.Program, System: one.Device.System, Network: one.Network, BegunAt: one.BegunAt, SeenAt: one.SeenAt})
	}
	if d.Corrections, err = s.Privacy.CorrectionsOf(ctx, a.ID); err != nil {
		return d, err
	}
	switch a.Role {
	case auth.Buyer:
		return d, buyersData(ctx, s.Services, &d)
	case auth.Household:
		return d, householdsData(ctx, s.Services, a.HouseholdID, &d)
	}
	return d, nil
}

func buyersData(ctx context.Context, s Services, d *api.OwnData) error {
	for cursor := ""; ; {
		list, err := s.Orders.Orders(ctx, orders.OrderFilter{Cursor: cursor, Limit: 100})
		if err != nil {
			return err
		}
		d.Orders = append(d.Orders, list.Items...)
		if cursor = list.Cursor; cursor == "" {
			break
		}
	}
	for cursor := ""; ; {
		list, err := s.Adoptions.AdoptionList(ctx, adopt.Filter{Cursor: cursor, Limit: 100})
		if err != nil {
			return err
		}
		d.Adoptions = append(d.Adoptions, list.Items...)
		if cursor = list.Cursor; cursor == "" {
			return nil
		}
	}
}

func householdsData(ctx context.Context, s Services, id int64, d *api.OwnData) error {
	h, err := s.Catalog.Household(ctx, catalog.HouseholdRef{ID: id})
	if err != nil {
		return err
	}
	income, err := s.Orders.Income(ctx, orders.IncomeRequest{HouseholdID: id})
	if err != nil {
		return err
	}
	paid, err := s.Payments.HouseholdAccount(ctx, payments.HouseholdRef{ID: id})
	if err != nil {
		return err
	}
	d.Household, d.Income, d.Payments = &h, &income, &paid
	return nil
}

// takeData hands out the data of the person.
func (s *Pages) takeData(r *http.Request) (api.OwnData, error) {
	if err := auth.NoteExport(r.Context(), s.Trail, audit.OwnData, ""); err != nil {
		return api.OwnData{}, err
	}
	return s.OwnData(r)
}

// dataFile hands it over as a file.
func (s *Pages) dataFile(w http.ResponseWriter, r *http.Request) error {
	d, err := s.takeData(r)
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return fmt.Errorf("write own data: %w", err)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="banmuyuan-my-data.json"`)
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(text) // the browser went away: nobody is left to tell
	return nil
}

func (s *Pages) changeName(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	name := page.CheckName(f, "name")
	if !f.OK() {
		return s.renderData(w, r, f)
	}
	a := *auth.FromContext(r.Context())
	a.Name = name
	if _, err := s.Accounts.Change(r.Context(), auth.AuthorOf(&a), a, -1); err != nil {
		return err
	}
	s.Flash(r, page.Good, "account.data.saved")
	return s.GoTo(w, r, "account.data")
}

// perCorrections bounds the requests of one account.
var perCorrections = auth.Limit{Tries: 10, Window: 24 * time.Hour}

// AskCorrection stores a request to correct data of the account that is logged in. Invalid; throttled.
func (s *Pages) AskCorrection(r *http.Request, text string) error {
	text, ok := orders.CleanText(text, auth.CorrectionMax)
	if !ok || text == "" {
		return link.E(link.Invalid, "account.data.text", "text", "max", strconv.Itoa(auth.CorrectionMax))
	}
	id := auth.FromContext(r.Context()).ID
	wait, err := s.Throttle.Try(r.Context(), "correction:"+strconv.FormatInt(id, 10), perCorrections)
	if err != nil {
		return fmt.Errorf("count corrections: %w", err)
	}
	if wait > 0 {
		return throttled(wait)
	}
	return s.Privacy.AskCorrection(r.Context(), id, text)
}

func (s *Pages) askCorrection(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	if f.Need("text") {
		err = s.AskCorrection(r, f.Text("text"))
		if e := link.AsError(err); err != nil && e.RetryAfter > 0 {
			f.AddError("", e)
		} else if err != nil && !f.Fail(err) {
			return err
		}
	}
	if !f.OK() {
		return s.renderData(w, r, f)
	}
	s.Flash(r, page.Good, "account.data.asked")
	return s.GoTo(w, r, "account.data")
}

// CloseAccount closes the account of the private buyer that is logged in, with the password once more. Conflict while
// something is open. Orders, payments and the audit trail stay as the law asks.
func (s *Pages) CloseAccount(r *http.Request, password string) error {
	ctx, a := r.Context(), auth.FromContext(r.Context())
	if a.Role != auth.Buyer {
		return link.E(link.Forbidden, "account.close.office", "")
	}
	wait, err := s.Throttle.Try(ctx, "login:"+a.Login, auth.PerAccount)
	if err != nil {
		return fmt.Errorf("count tries: %w", err)
	}
	if wait > 0 {
		return throttled(wait)
	}
	ok, err := s.Auth.Passwords.Matches(ctx, password, a.PasswordHash)
	if err != nil {
		return err
	}
	if !ok {
		return link.E(link.Invalid, "account.password.wrong", "password")
	}
	open, err := s.Orders.Orders(ctx, orders.OrderFilter{State: orders.Unfinished(), Limit: 1})
	if err != nil {
		return err
	}
	var growing []adopt.State
	for _, state := range adopt.States {
		if !adopt.Machine.Final(state) {
			growing = append(growing, state)
		}
	}
	adopted, err := s.Adoptions.AdoptionList(ctx, adopt.Filter{State: growing, Limit: 1})
	if err != nil {
		return err
	}
	if n := open.Total + adopted.Total; n > 0 {
		return link.E(link.Conflict, "account.close.open", "", "count", strconv.Itoa(n))
	}
	return s.Privacy.CloseAccount(ctx, a.ID)
}

func (s *Pages) closeAccount(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	if f.Need("password") {
		err = s.CloseAccount(r, f.Raw("password"))
		if e := link.AsError(err); err != nil && e.RetryAfter > 0 {
			f.AddError("", e)
		} else if err != nil && !f.Fail(err) {
			return err
		}
	}
	if !f.OK() {
		return s.renderData(w, r, f)
	}
	if err := s.Sessions.RenewToken(r.Context()); err != nil {
		return fmt.Errorf("end session: %w", err)
	}
	s.Sessions.Remove(r.Context(), page.SessionAccountID)
	s.Flash(r, page.Good, "account.close.done")
	return s.GoTo(w, r, "login")
}
