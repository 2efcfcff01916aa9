package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/gorilla/mux"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/orders/adopt"
	"banmuyuan/orders/contract"
	"banmuyuan/orders/document"
	"banmuyuan/orders/shelf"
	"banmuyuan/payments"
	"banmuyuan/payments/cooling"
	"banmuyuan/web/audit"
	"banmuyuan/web/auth"
	"banmuyuan/web/live"
)

// Prefix is where the API lives, and Sessions where programs log in and out.
const (
	Prefix   = "/api/v1"
	Sessions = Prefix + "/sessions"
)

// Services are the modules behind the API.
type Services struct {
	Catalog   catalog.Service
	Orders    orders.Service
	Shelf     shelf.Service
	Adoptions adopt.Service
	Boxes     adopt.Boxes
	Contracts contract.Service
	Payments  payments.Service
	Treasury  payments.Treasury

	Distributions payments.Distributions
	Books         payments.Books
	Reversals     payments.Reversals
	OrgPayouts    payments.OrgPayouts
	Documents     document.Service
	Stations      orders.Stations

	Care           catalog.Care
	Turns          catalog.Turns
	Seasons        catalog.Seasons
	SeasonEnds     orders.Seasons
	Directory      catalog.Directory
	AccountReviews payments.AccountReviews
	AccountBatches payments.AccountBatches
	UnpaidRules    orders.Rules
	CoolingRules   cooling.Rules

	// Changes publishes the ids of orders with a changed state; nothing is published if nil.
	Changes *live.Changes
	// Say writes a problem as a sentence in the reader's language.
	Say func(context.Context, *link.Error) string
	// TellHelped sends a household a text about an act of its helper in its name; nil sends none.
	TellHelped func(ctx context.Context, h catalog.Household, kind string, args map[string]string)
	// Trail keeps that somebody of the county read lists of people; nil keeps nothing.
	Trail audit.Trail

	PrivateIDs      catalog.Privacy
	PrivateAccounts payments.Privacy
}

// faces are the services; the API passes on their answers as bytes.
type faces struct {
	Catalog   catalog.RawService
	Orders    orders.RawService
	Stations  orders.RawStations
	Shelf     shelf.RawService
	Adoptions adopt.RawService
	Boxes     adopt.RawBoxes
	Contracts contract.RawService
	Documents document.RawService

	Payments        payments.RawService
	Treasury        payments.RawTreasury
	Distributions   payments.RawDistributions
	Books           payments.RawBooks
	Reversals       payments.RawReversals
	OrgPayouts      payments.RawOrgPayouts
	AccountReviews  payments.RawAccountReviews
	AccountBatches  payments.RawAccountBatches
	CoolingRules    cooling.RawRules
	UnpaidRules     orders.RawRules
	PrivateAccounts payments.RawPrivacy

	Care       catalog.RawCare
	Turns      catalog.RawTurns
	Seasons    catalog.RawSeasons
	SeasonEnds orders.RawSeasons
	Directory  catalog.RawDirectory
	PrivateIDs catalog.RawPrivacy
}

func facesOf(s Services) faces {
	return faces{
		Catalog:   catalog.NewRawService(s.Catalog),
		Orders:    orders.NewRawService(s.Orders),
		Stations:  orders.NewRawStations(s.Stations),
		Shelf:     shelf.NewRawService(s.Shelf),
		Adoptions: adopt.NewRawService(s.Adoptions),
		Boxes:     adopt.NewRawBoxes(s.Boxes),
		Contracts: contract.NewRawService(s.Contracts),
		Documents: document.NewRawService(s.Documents),

		Payments:        payments.NewRawService(s.Payments),
		Treasury:        payments.NewRawTreasury(s.Treasury),
		Distributions:   payments.NewRawDistributions(s.Distributions),
		Books:           payments.NewRawBooks(s.Books),
		Reversals:       payments.NewRawReversals(s.Reversals),
		OrgPayouts:      payments.NewRawOrgPayouts(s.OrgPayouts),
		AccountReviews:  payments.NewRawAccountReviews(s.AccountReviews),
		AccountBatches:  payments.NewRawAccountBatches(s.AccountBatches),
		CoolingRules:    cooling.NewRawRules(s.CoolingRules),
		UnpaidRules:     orders.NewRawRules(s.UnpaidRules),
		PrivateAccounts: payments.NewRawPrivacy(s.PrivateAccounts),

		Care:       catalog.NewRawCare(s.Care),
		Turns:      catalog.NewRawTurns(s.Turns),
		Seasons:    catalog.NewRawSeasons(s.Seasons),
		SeasonEnds: orders.NewRawSeasons(s.SeasonEnds),
		Directory:  catalog.NewRawDirectory(s.Directory),
		PrivateIDs: catalog.NewRawPrivacy(s.PrivateIDs),
	}
}

// Accounts logs programs in and registers private buyers; the pages do it the same way.
type Accounts interface {
	// Login starts a session and returns its token. Unauthenticated; throttled.
	Login(r *http.Request, login, password, code string) (token string, a *auth.Account, err error)
	Logout(r *http.Request) error
	// LoginSessions lists where the account is logged in, and the session of the request.
	LoginSessions(r *http.Request) (list []auth.LoginSession, this int64, err error)
	EndLoginSession(r *http.Request, id int64) error
	// Register creates a private buyer's account for a phone or an e-mail address that the code proves.
	Register(r *http.Request, name, contact, code, password string, privacy int) (*auth.Account, error)
	// SendCode has a code sent to a phone or an e-mail address; its answer does not depend on whether an account has it.
	SendCode(r *http.Request, purpose auth.CodePurpose, contact string) error
	ResetForgotten(r *http.Request, contact, code, password string) error
	// ChangeContact asks for the password besides the code.
	ChangeContact(r *http.Request, contact, code, password string) error
	// Agree stores that the account agreed to a version of the privacy notice.
	Agree(r *http.Request, version string) error
	OwnData(r *http.Request) (OwnData, error)
	// Factor and the four that follow are about the second factor of the account that is logged in.
	Factor(r *http.Request) (Factor, error)
	FactorSecret(r *http.Request) (secret, address string, err error)
	EnrolFactor(r *http.Request, code, password string) (recovery []string, err error)
	NewFactorCodes(r *http.Request, password string) (recovery []string, err error)
	DropFactor(r *http.Request, password string) error
	AskCorrection(r *http.Request, text string) error
	CloseAccount(r *http.Request, password string) error
	// SetPassword changes the password of the account that is logged in. Invalid names the field; throttled.
	SetPassword(r *http.Request, key, password, current string) (token string, a *auth.Account, err error)
	Cards
}

// API serves the endpoints and their description.
type API struct {
	services  Services
	raw       faces
	accounts  Accounts
	reports   Reports
	fail      func(http.ResponseWriter, *http.Request, error)
	endpoints []endpoint
	document  func() ([]byte, error) // written when it is first asked for
	hot       *hotAnswers
}

// New builds the API. fail answers with an error; it is the pages' own, so that both speak the same sentences.
func New(s Services, accounts Accounts, reports Reports, version string, fail func(http.ResponseWriter, *http.Request, error)) *API {
	if s.Changes == nil {
		s.Changes = live.NewChanges()
	}
	a := &API{services: s, raw: facesOf(s), accounts: accounts, reports: reports, fail: fail, hot: newHotAnswers()}
	a.endpoints = slices.Concat(
		a.catalogEndpoints(),
		a.seasonEndpoints(),
		a.orderEndpoints(),
		a.collectionEndpoints(),
		a.stationEndpoints(),
		a.shortfallEndpoints(),
		a.shelfEndpoints(),
		a.adoptionEndpoints(),
		a.boxEndpoints(),
		a.contractEndpoints(),
		a.householdEndpoints(),
		a.moneyEndpoints(),
		a.treasuryEndpoints(),
		a.distributionEndpoints(),
		a.booksEndpoints(),
		a.reversalEndpoints(),
		a.orgPayoutEndpoints(),
		a.documentEndpoints(),
		a.privacyEndpoints(),
		a.reportEndpoints(),
		a.accountEndpoints(),
		a.careEndpoints(),
		a.turnEndpoints(),
		a.directoryEndpoints(),
		a.accountBatchEndpoints(),
		a.ruleEndpoints(),
	)
	a.document = sync.OnceValues(func() ([]byte, error) { return describe(a.endpoints, version) })
	return a
}

// Routes adds the endpoints to a router. They have a router of their own: a request for a page is not held against a
// hundred of them first, nor theirs against the pages.
func (a *API) Routes(r *mux.Router) {
	r = r.PathPrefix("/api").Subrouter()
	r.HandleFunc("/openapi.json", a.serveDocument).Methods(http.MethodGet, http.MethodHead).Name("api.openapi")
	for _, e := range a.endpoints {
		r.Handle("/v1"+e.path, a.handler(e)).Methods(e.methods()...).Name("api." + e.name)
	}
	unknown := func(w http.ResponseWriter, r *http.Request) { a.fail(w, r, link.E(link.NotFound, "not_found", "")) }
	r.PathPrefix("/").Methods(http.MethodGet, http.MethodHead).HandlerFunc(unknown).Name("api.unknown")
}

// access holds the roles that may call an endpoint. Which objects they may see is decided by the modules.
type access struct {
	public bool
	roles  []auth.Role // empty: every logged-in account
}

var (
	public   = access{public: true}
	loggedIn = access{}
)

func only(roles ...[]auth.Role) access { return access{roles: slices.Concat(roles...)} }

// endpoint is one operation: its request, its answer and its action.
type endpoint struct {
	method, path, name string
	tag, summary       string
	access             access
	status             int
	in, out            any    // samples for the description
	raw                string // media type of an answer that is not JSON
	personal           bool   // its answer lists people: the audit trail keeps that the county read it
	hot                bool   // public and asked often: the encoded answer is kept for a moment
	serve              func(ctx context.Context, r *http.Request) (any, error)
}

func (e endpoint) methods() []string {
	if e.method == http.MethodGet {
		return []string{http.MethodGet, http.MethodHead}
	}
	return []string{e.method}
}

// op makes an endpoint of a function. In is read from the path, the query, headers and the body by its tags.
func op[In, Out any](method, path, name, summary string, who access, do func(context.Context, In) (Out, error)) endpoint {
	e := shape[In, Out](method, path, name, summary, who)
	e.serve = func(ctx context.Context, r *http.Request) (any, error) {
		var in In
		if err := decode(r, &in); err != nil {
			return nil, err
		}
		return do(ctx, in)
	}
	return e
}

// opBody is op for a request that passes through: do gets the body as it arrived, which was read as an In without a
// mistake.
func opBody[In, Out any](method, path, name, summary string, who access, do func(context.Context, In, []byte) (Out, error)) endpoint {
	e := shape[In, Out](method, path, name, summary, who)
	e.serve = func(ctx context.Context, r *http.Request) (any, error) {
		var in In
		var body bytes.Buffer
		r.Body = struct {
			io.Reader
			io.Closer
		}{io.TeeReader(r.Body, &body), r.Body}
		if err := decode(r, &in); err != nil {
			return nil, err
		}
		return do(ctx, in, body.Bytes())
	}
	return e
}

// shape is an endpoint without its function.
func shape[In, Out any](method, path, name, summary string, who access) endpoint {
	tag, _, _ := strings.Cut(name, ".")
	return endpoint{method: method, path: path, name: name, tag: tag, summary: summary, access: who, status: http.StatusOK,
		in: new(In), out: sample[Out]()}
}

func (e endpoint) created() endpoint { e.status = http.StatusCreated; return e }
func (e endpoint) often() endpoint   { e.hot = true; return e }

// ofPeople says that the answer lists people with their names, numbers or money.
func (e endpoint) ofPeople() endpoint { e.personal = true; return e }

func (a *API) handler(e endpoint) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := e.allow(r); err != nil {
			a.fail(w, r, err)
			return
		}
		if e.hot {
			a.serveHot(w, r, e)
			return
		}
		res, err := e.serve(r.Context(), r)
		if err != nil {
			a.fail(w, r, err)
			return
		}
		if err := a.noteRead(r.Context(), e); err != nil {
			a.fail(w, r, err)
			return
		}
		if f, ok := res.(payments.File); ok {
			sendFile(w, f)
			return
		}
		body, err := encode(res)
		if err != nil {
			a.fail(w, r, err)
			return
		}
		send(w, r, e.status, body, tagOf(body), "private, no-cache")
	})
}

// noteRead keeps in the audit trail that somebody of the county read a list of people, before it is sent.
func (a *API) noteRead(ctx context.Context, e endpoint) error {
	account := auth.FromContext(ctx)
	if !e.personal || a.services.Trail == nil || account == nil || !account.Role.In(auth.County...) {
		return nil
	}
	return auth.NoteExport(ctx, a.services.Trail, audit.ReadByProgram, e.name)
}

func (e endpoint) allow(r *http.Request) error {
	if e.access.public {
		return nil
	}
	account := auth.FromContext(r.Context())
	if account == nil {
		return link.E(link.Unauthenticated, "unauthenticated", "")
	}
	if len(e.access.roles) > 0 && !account.Role.In(e.access.roles...) {
		return link.E(link.Forbidden, "forbidden", "")
	}
	return nil
}

// sample returns the type of an answer for the description: of a raw answer, the type of which it holds the bytes.
func sample[Out any]() any {
	out := new(Out)
	if raw, ok := any(*out).(interface{ Sample() any }); ok {
		return raw.Sample()
	}
	return out
}

// encode writes an answer. A module's answer is passed on as it came.
func encode(v any) ([]byte, error) {
	if raw, ok := v.(interface{ JSON() []byte }); ok {
		return slices.Concat(raw.JSON(), newline), nil
	}
	b, err := link.MarshalPlain(v)
	if err != nil {
		return nil, fmt.Errorf("encode answer: %w", err)
	}
	return append(b, newline...), nil
}

var newline = []byte("\n")

func tagOf(body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
}

// send answers with a body, or with 304 when the client has it already.
func send(w http.ResponseWriter, r *http.Request, status int, body []byte, etag, cache string) {
	h := w.Header()
	h.Set("Cache-Control", cache)
	reading := r.Method == http.MethodGet || r.Method == http.MethodHead
	if reading && status == http.StatusOK {
		h.Set("ETag", etag)
		if hasTag(r.Header.Get("If-None-Match"), etag) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	h.Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the client went away: nobody is left to tell
	}
}

// hasTag compares weakly: compression on the way out weakens a tag.
func hasTag(header, etag string) bool {
	if header == "" {
		return false
	}
	for one := range strings.SplitSeq(header, ",") {
		one = strings.TrimSpace(one)
		if one == "*" || strings.TrimPrefix(one, "W/") == etag {
			return true
		}
	}
	return false
}

func sendFile(w http.ResponseWriter, f payments.File) {
	h := w.Header()
	h.Set("Content-Type", f.Type)
	h.Set("Content-Disposition", `attachment; filename="`+strings.NewReplacer(`"`, "", "\r", "", "\n", "").Replace(f.Name)+`"`)
	h.Set("Cache-Control", "no-store")
	_, _ = w.Write(f.Data) // the client went away: nobody is left to tell
}
