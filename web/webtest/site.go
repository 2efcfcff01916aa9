// Package webtest runs the site for tests of pages: accounts and sessions are real, the modules are stubs or do not
// answer.
//
// Invariant: the stubs answer with made-up data of the shape that the modules promise. They are for the look
// of pages; the modules are tested where they are, on real databases.
package webtest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"banmuyuan/catalog"
	"banmuyuan/internal/link/linktest"
	"banmuyuan/orders"
	"banmuyuan/orders/adopt"
	"banmuyuan/orders/contract"
	"banmuyuan/orders/document"
	"banmuyuan/orders/shelf"
	"banmuyuan/payments"
	"banmuyuan/payments/cooling"
	"banmuyuan/web"
	"banmuyuan/web/auth"
	"banmuyuan/web/postgres"
)

// Site is a running site with real accounts and sessions and modules that do not
// answer: the frame must stand without them.
type Site struct {
	*httptest.Server
	Web   *web.Server
	Store *postgres.Store
	Texts *Texts // that phones and addresses got
	rows  func(table string) (string, error)
}

// New runs a site; change gives it other settings and modules.
func New(t testing.TB, change ...func(*web.Config, *web.Deps)) *Site {
	t.Helper()
	db, _ := linktest.DB(t, "web", postgres.Migrations())
	store := postgres.New(db)
	sessions := store.Sessions()
	t.Cleanup(sessions.Close)
	nc := linktest.NATS(t)
	config := web.Config{Styleguide: true}
	texts := &Texts{}
	deps := web.Deps{
		Catalog:         catalog.NewClient(nc),
		Orders:          orders.NewClient(nc),
		Shelf:           shelf.NewClient(nc),
		Adoptions:       adopt.NewClient(nc),
		Boxes:           adopt.NewBoxesClient(nc),
		Contracts:       contract.NewClient(nc),
		Payments:        payments.NewClient(nc),
		Treasury:        payments.NewTreasuryClient(nc),
		Distributions:   payments.NewDistributionsClient(nc),
		Books:           payments.NewBooksClient(nc),
		Documents:       document.NewClient(nc),
		PrivateIDs:      catalog.NewPrivacyClient(nc),
		PrivateAccounts: payments.NewPrivacyClient(nc),
		Stations:        orders.NewStationsClient(nc),
		Care:            catalog.NewCareClient(nc),
		Turns:           catalog.NewTurnsClient(nc),
		Seasons:         catalog.NewSeasonsClient(nc),
		SeasonEnds:      orders.NewSeasonsClient(nc),
		Directory:       catalog.NewDirectoryClient(nc),
		Headings:        store,
		AccountReviews:  payments.NewAccountReviewsClient(nc),
		AccountBatches:  payments.NewAccountBatchesClient(nc),
		UnpaidRules:     orders.NewRulesClient(nc),
		CoolingRules:    cooling.NewRulesClient(nc),
		Reversals:       payments.NewReversalsClient(nc),
		OrgPayouts:      payments.NewOrgPayoutsClient(nc),
		Cards:           store,
		Digests:         testKey,
		Accounts:        store,
		Factors:         store,
		ContactCodes:    store,
		Privacy:         store,
		Logins:          store,
		Trail:           store,
		Cipher:          testCipher{},
		Throttle:        store,
		Setup:           store,
		Sessions:        sessions,
		Baskets:         store,
		Outbox:          store.Outbox(),
		Reports:         store.Reports(),
		Notifier:        texts,
		Mailer:          texts,
		Version:         "test",
		Log:             slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelError})),
	}
	for _, f := range change {
		f(&config, &deps)
	}
	s, err := web.New(config, deps)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return &Site{Server: server, Web: s, Store: store, Texts: texts, rows: func(table string) (string, error) {
		var all string
		err := db.Get(&all, `SELECT coalesce(string_agg(x::text, E'\n'), '') FROM `+table+` x`)
		return all, err
	}}
}

// testCipher seals secrets of accounts: they are not readable as they are.
type testCipher struct{}

func (testCipher) Seal(value, owner string) []byte { return []byte(owner + ": " + turned(value)) }

func turned(s string) string {
	b := []byte(s)
	slices.Reverse(b)
	return string(b)
}

func (testCipher) Open(sealed []byte, owner string) (string, error) {
	value, ok := strings.CutPrefix(string(sealed), owner+": ")
	if !ok {
		return "", errors.New("sealed for another owner")
	}
	return turned(value), nil
}

// testKey makes the site's digests.
var testKey = digests("a key of the test")

type digests string

func (d digests) Indexes(text string) [][]byte {
	sum := sha256.Sum256([]byte(string(d) + text))
	return [][]byte{sum[:]}
}

// Person is a browser: it keeps cookies and does not follow redirects.
type Person struct {
	t    testing.TB
	site *Site
	http *http.Client
}

// Person opens a browser in which nobody is logged in.
func (s *Site) Person(t testing.TB) *Person {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &Person{t: t, site: s, http: &http.Client{Jar: jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// Answer is a response with its body read.
type Answer struct {
	*http.Response
	Body string
}

func (p *Person) do(method, path string, form url.Values, headers ...string) Answer {
	p.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(context.Background(), method, p.site.URL+path, body)
	if err != nil {
		p.t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := p.http.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return Answer{Response: res, Body: string(b)}
}

// Get asks for a page.
func (p *Person) Get(path string, headers ...string) Answer {
	p.t.Helper()
	return p.do("GET", path, nil, headers...)
}

// Post sends a form of names and values.
func (p *Person) Post(path string, pairs ...string) Answer {
	p.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return p.do(http.MethodPost, path, form)
}

const Password = "一亩地两只鹅三头蒜" //nolint:gosec // of invented accounts

// Account stores an account; its password is the constant above.
func (s *Site) Account(t testing.TB, a auth.Account) *auth.Account {
	t.Helper()
	hash, err := hasher(t).Hash(t.Context(), Password)
	if err != nil {
		t.Fatal(err)
	}
	a.PasswordHash = hash
	if a.Role == auth.Buyer && a.PrivacyVersion == 0 {
		a.PrivacyVersion = auth.PrivacyVersion
	}
	got, err := s.Store.Create(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func hasher(t testing.TB) *auth.Passwords {
	t.Helper()
	p, err := auth.NewPasswords(1)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

var bytesInText = regexp.MustCompile(`\\x((?:[0-9a-f]{2})+)`)

// Dump is everything that a table of the accounts' schema holds, as text; bytes are there as such, too, so that what can be
// read in the database can be read in it.
func (s *Site) Dump(t *testing.T, table string) string {
	t.Helper()
	all, err := s.rows(table)
	if err != nil {
		t.Fatal(err)
	}
	return bytesInText.ReplaceAllStringFunc(all, func(text string) string {
		raw, err := hex.DecodeString(text[2:])
		if err != nil {
			t.Fatal(err)
		}
		return text + " " + strings.ReplaceAll(string(raw), "\n", " ")
	})
}

// Login is a browser in which an account is logged in.
func (s *Site) Login(t *testing.T, a auth.Account) *Person {
	t.Helper()
	s.Account(t, a)
	p := s.Person(t)
	if res := p.Post("/login", "login", a.Login, "password", Password); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("log in: %d", res.StatusCode)
	}
	return p
}

// Touch posts a form as a part of an open page does by itself.
func (p *Person) Touch(path string, pairs ...string) Answer {
	p.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return p.do(http.MethodPost, path, form, "HX-Request", "true")
}

// Upload posts a form with a file.
func (p *Person) Upload(path, name, content string, pairs ...string) Answer {
	p.t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i := 0; i+1 < len(pairs); i += 2 {
		if err := w.WriteField(pairs[i], pairs[i+1]); err != nil {
			p.t.Fatal(err)
		}
	}
	if name != "" {
		part, err := w.CreateFormFile("file", name)
		if err != nil {
			p.t.Fatal(err)
		}
		if _, err := part.Write([]byte(content)); err != nil {
			p.t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		p.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, p.site.URL+path, &b)
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Content-Type", w.FormDataContentType())
	res, err := p.http.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	var body bytes.Buffer
	if _, err := body.ReadFrom(res.Body); err != nil {
		p.t.Fatal(err)
	}
	return Answer{Response: res, Body: body.String()}
}
