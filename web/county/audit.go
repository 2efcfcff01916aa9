package county

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/web/audit"
	"banmuyuan/web/auth"
	"banmuyuan/web/county/words"
	"banmuyuan/web/page"
	"banmuyuan/web/sheet"
)

const (
	auditShown    = 100
	auditExported = 2_000 // rows that are read at once for a file
)

// auditAreas are the kinds of acts that one can choose, as audit.area.X says them.
var auditAreas = []string{"login", "account", "request", "agreed", "refused", "factor", "session", "card", "consent", "unmask", "payout_account", "decision",
	"load", "refund", "transfer", "org_payout", "presale", "season", "contract", "export", "rules", "security", "privacy", "objection"}

// auditRoutes are the pages of the audit trail and of the rules of logins.
func (s *people) auditRoutes() {
	s.Guarded("GET", "/county/audit", "county.audit", s.auditPage, auth.Approver, auth.Admin)
	s.Guarded("GET", "/county/audit.xlsx", "county.audit.file", s.auditFile, auth.Approver, auth.Admin)
	s.Guarded("GET", "/county/security", "county.security", s.securityPage, auth.Admin)
	s.Guarded("POST", "/county/security", "county.security.save", s.securitySave, auth.Admin)
	s.Guarded("POST", "/county/accounts/{id:[0-9]+}/factor", "county.account.factor", s.accountFactor, auth.Admin)
}

// auditLine is an entry in the reader's language.
type auditLine struct {
	audit.Entry
	What, Who, Object string
}

type auditPage struct {
	Lines []auditLine
	Areas []page.Option
	Next  string
	File  string // query of the file with the same choice
}

// auditFilter reads what the reader looks for. A person is a login, a thing is a login or a household's code.
func (s *people) auditFilter(r *http.Request, f *page.Form) (audit.Filter, error) {
	ctx := r.Context()
	q := audit.Filter{Area: f.Text("area"), Before: f.Int("cursor"), From: f.When("from", time.DateOnly), Until: f.When("until", time.DateOnly)}
	if !q.Until.IsZero() {
		q.Until = q.Until.AddDate(0, 0, 1)
	}
	if who := f.Text("who"); who != "" {
		a, err := s.Accounts.ByLogin(ctx, who)
		switch {
		case err == nil:
			q.Account = a.ID
		case errors.Is(err, auth.ErrNotFound):
			q.Login = who
		default:
			return q, err
		}
	}
	object := f.Text("object")
	if object == "" {
		return q, nil
	}
	q.Objects = []string{object}
	if a, err := s.Accounts.ByLogin(ctx, object); err == nil {
		q.On, q.Objects = audit.OnAccount, []string{strconv.FormatInt(a.ID, 10)}
		return q, nil
	}
	h, err := s.Catalog.Household(link.System(ctx, "audit"), catalog.HouseholdRef{Code: object})
	if err == nil && h.ID != 0 {
		q.On, q.Objects = audit.OnHousehold, []string{strconv.FormatInt(h.ID, 10), h.Code}
	} else if err != nil && link.CodeOf(err) != link.NotFound && link.CodeOf(err) != link.Invalid {
		return q, err
	}
	return q, nil
}

// auditLines writes entries in words. Accounts are shown by their login, households by their code.
func (s *people) auditLines(r *http.Request, entries []audit.Entry) ([]auditLine, error) {
	said := s.Words(r)
	logins, codes := map[string]string{}, map[string]string{}
	lines := make([]auditLine, len(entries))
	for i, e := range entries {
		line := auditLine{Entry: e, What: said.Say("audit", string(e.Kind)), Who: e.Login, Object: e.Object}
		var err error
		switch {
		case e.Account != 0 && e.Login == "":
			line.Who, err = s.loginOf(r.Context(), strconv.FormatInt(e.Account, 10), logins)
		case e.Account == 0 && (e.Login == auth.Command.Login || e.Login == auth.SetupPage.Login):
			line.Who = said.Say("accounts.by", e.Login)
		case e.Account == 0 && e.Event != "": // a job of a module
			line.Who = said.Say("accounts.by", "job")
		}
		if err != nil {
			return nil, err
		}
		switch e.On {
		case audit.OnAccount:
			line.Object, err = s.loginOf(r.Context(), e.Object, logins)
		case audit.OnHousehold:
			line.Object, err = s.codeOf(r.Context(), e.Object, codes)
		}
		if err != nil {
			return nil, err
		}
		if e.On != audit.OnAccount && e.On != audit.OnHousehold {
			line.Object = words.AuditObject(said, e)
		}
		if line.Detail, err = s.auditDetail(r.Context(), said, e); err != nil {
			return nil, err
		}
		lines[i] = line
	}
	return lines, nil
}

func (s *people) loginOf(ctx context.Context, id string, known map[string]string) (string, error) {
	if name, ok := known[id]; ok || id == "" {
		return name, nil
	}
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return id, nil //nolint:nilerr // no number of an account
	}
	a, err := s.Accounts.ByID(ctx, n)
	switch {
	case errors.Is(err, auth.ErrNotFound):
		known[id] = id
	case err != nil:
		return "", err
	case auth.CleanPhone(a.Login) != "":
		known[id] = "no. " + id // a phone number is nobody's here
	default:
		known[id] = a.Login
	}
	return known[id], nil
}

func (s *people) codeOf(ctx context.Context, id string, known map[string]string) (string, error) {
	if code, ok := known[id]; ok {
		return code, nil
	}
	code, err := s.boundName(link.System(ctx, "audit"), auth.ChangedHousehold, id)
	known[id] = code
	return code, err
}

func (s *people) auditPage(w http.ResponseWriter, r *http.Request) error {
	f := s.QueryForm(r)
	q, err := s.auditFilter(r, f)
	if err != nil {
		return err
	}
	q.Limit = auditShown + 1
	entries, err := s.Trail.Entries(r.Context(), q)
	if err != nil {
		return err
	}
	l, said := page.LangOf(r), s.Words(r)
	d := auditPage{Areas: page.Options(l.Pick("全部", "Everything"), auditAreas, func(a string) string { return a },
		func(a string) string { return said.Say("audit.area", a) })}
	if len(entries) > auditShown {
		entries = entries[:auditShown]
		d.Next = page.Num64(entries[auditShown-1].ID)
	}
	if d.Lines, err = s.auditLines(r, entries); err != nil {
		return err
	}
	if d.File, err = s.URL("county.audit.file", "who", f.Text("who"), "object", f.Text("object"), "area", q.Area, "from", f.Text("from"), "until", f.Text("until")); err != nil {
		return err
	}
	return s.RenderForm(w, r, "county/audit", d, f)
}

// auditFile hands over all entries that a filter chooses as a workbook, and notes that it did.
func (s *people) auditFile(w http.ResponseWriter, r *http.Request) error {
	f := s.QueryForm(r)
	q, err := s.auditFilter(r, f)
	if err != nil {
		return err
	}
	if !f.OK() {
		return f.Problems[0]
	}
	lang := page.LangOf(r)
	pick := lang.Pick
	head := []string{pick("序号", "No."), pick("时间", "Time"), pick("谁", "Who"), pick("做了什么", "What"), pick("对象", "About"), pick("说明", "Detail"),
		pick("网络", "Network"), pick("校验值", "Hash")}
	list := sentList{name: pick("操作记录", "Audit trail"), head: head, filter: s.auditFilterText(r, f)}
	list.each = func(add func([]sheet.Value) error) error {
		q.Limit, q.Before = auditExported, 0
		for {
			entries, err := s.Trail.Entries(r.Context(), q)
			if err != nil {
				return err
			}
			lines, err := s.auditLines(r, entries)
			if err != nil {
				return err
			}
			for _, e := range lines {
				err := add([]sheet.Value{sheet.Count(e.ID), sheet.Text(e.At.In(page.China).Format("2006-01-02 15:04:05")), sheet.Text(e.Who), sheet.Text(e.What),
					sheet.Text(e.Object), sheet.Text(e.Detail), sheet.Text(e.Network), sheet.Text(fmt.Sprintf("%x", e.Hash))})
				if err != nil {
					return err
				}
			}
			if len(entries) < auditExported {
				return nil
			}
			q.Before = entries[len(entries)-1].ID
		}
	}
	data, rows, err := list.book(lang, s.Now())
	if err != nil {
		return err
	}
	if err := auth.NoteExport(r.Context(), s.Trail, audit.AuditExported, strconv.Itoa(rows)); err != nil {
		return err
	}
	list.send(w, data)
	return nil
}

// auditFilterText describes the choice of a file's entries.
func (s *people) auditFilterText(r *http.Request, f *page.Form) []string {
	lang, said := page.LangOf(r), s.Words(r)
	var text []string
	if who := f.Text("who"); who != "" {
		text = append(text, lang.Pick("谁：", "by ")+who)
	}
	if object := f.Text("object"); object != "" {
		text = append(text, lang.Pick("对象：", "about ")+object)
	}
	if area := f.Text("area"); area != "" {
		text = append(text, lang.Pick("事项：", "matter: ")+said.Say("audit.area", area))
	}
	if days := daysText(lang, f.Text("from"), f.Text("until")); days != "" {
		text = append(text, days)
	}
	if len(text) == 0 {
		text = []string{lang.Pick("全部记录", "all entries")}
	}
	return text
}

type securityPage struct{ Rules auth.Security }

func (s *people) securityPage(w http.ResponseWriter, r *http.Request) error {
	rules, err := s.Factors.Security(r.Context())
	if err != nil {
		return err
	}
	f := s.NewForm(page.LangOf(r))
	f.Values.Set("grace", strconv.Itoa(rules.GraceDays))
	f.Values.Set("idle", strconv.Itoa(rules.IdleMinutes))
	return s.RenderForm(w, r, "county/security", securityPage{rules}, f)
}

// securitySave sets how long people have to set up a second factor, and after what time their sessions end.
func (s *people) securitySave(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	rules := auth.Security{GraceDays: int(f.Int("grace")), IdleMinutes: int(f.Int("idle"))}
	if f.Need("grace") && (rules.GraceDays < 0 || rules.GraceDays > auth.GraceMost) {
		f.Add("grace", "security.grace", "max", strconv.Itoa(auth.GraceMost))
	}
	if f.Need("idle") && (rules.IdleMinutes < auth.IdleLeast || rules.IdleMinutes > auth.IdleMost) {
		f.Add("idle", "security.idle", "min", strconv.Itoa(auth.IdleLeast), "max", strconv.Itoa(auth.IdleMost))
	}
	if !f.OK() {
		return s.RenderForm(w, r, "county/security", securityPage{rules}, f)
	}
	if err := s.Factors.SetSecurity(r.Context(), auth.AuthorOf(auth.FromContext(r.Context())), rules); err != nil {
		return err
	}
	s.Flash(r, page.Good, "security.saved")
	return s.GoTo(w, r, "county.security")
}

// accountFactor takes a lost second factor away: for accounts of staff and approvers two administrators agree.
func (s *people) accountFactor(w http.ResponseWriter, r *http.Request) error {
	a, err := s.onAccount(r)
	if err != nil {
		return err
	}
	me := auth.FromContext(r.Context())
	err = s.Factors.ResetFactor(r.Context(), auth.AuthorOf(me), a.ID)
	switch {
	case errors.Is(err, auth.ErrNeedsTwo):
		return s.askAccount(w, r, auth.RequestFactor, *a, -1)
	case errors.Is(err, auth.ErrNotFound):
		return link.E(link.Conflict, "accounts.factor.none", "")
	case errors.Is(err, auth.ErrOwnAccount):
		return link.E(link.Conflict, "accounts.factor.own", "")
	case err != nil:
		return err
	}
	s.Flash(r, page.Good, "accounts.factor.reset", "login", a.Login)
	return s.GoTo(w, r, "county.accounts.show", "id", a.ID)
}
