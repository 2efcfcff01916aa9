package sandbox

import (
	"bytes"
	"embed"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"strings"

	"banmuyuan/internal/money"
	"banmuyuan/payments/gateway"
)

//go:embed page/pay.html page/bank.html page/style.css
var pageFiles embed.FS

var (
	payPage  = template.Must(template.New("pay.html").ParseFS(pageFiles, "page/pay.html"))
	bankPage = template.Must(template.New("bank.html").ParseFS(pageFiles, "page/bank.html"))
)

// Handler serves the pay page below "/pay/sandbox/": a GET shows the session, a POST plays the bank. "/pay/sandbox/" itself
// is the bank's own desk, with its switches and its books. Both work without JavaScript and load nothing from elsewhere.
func (p *Provider) Handler() http.Handler {
	style, err := pageFiles.ReadFile("page/style.css")
	if err != nil {
		panic(err) // embedded
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /pay/sandbox/style.css", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/css; charset=utf-8")
		w.Header().Set("Cache-Control", "public, max-age=3600")
		_, _ = w.Write(style)
	})
	mux.HandleFunc("GET /pay/sandbox/{$}", p.forStaff(p.showBank))
	mux.HandleFunc("POST /pay/sandbox/{$}", p.forStaff(p.playBank))
	mux.HandleFunc("GET /pay/sandbox/{id}", p.show)
	mux.HandleFunc("POST /pay/sandbox/{id}", p.decide)
	// Only its own page may post to it.
	return http.NewCrossOriginProtection().Handler(mux)
}

// forStaff refuses everybody who is not of the county: the bank's desk changes the outcome of other people's payments.
func (p *Provider) forStaff(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !p.staff(r) {
			p.render(w, "", pageData{Status: http.StatusForbidden, State: "staff"})
			return
		}
		next(w, r)
	}
}

func (p *Provider) staff(r *http.Request) bool { return p.cfg.Staff != nil && p.cfg.Staff(r) }

type pageData struct {
	Status      int
	State       string
	Amount      string
	Yuan, Fen   string
	Description string
	ID          string
	Expires     string
	Return      string
	Style       string
	Action      string
	Bank        string // the bank's desk, for somebody who may use it
}

func (p *Provider) show(w http.ResponseWriter, r *http.Request) {
	if _, err := p.behaviour(r.Context()); err != nil {
		p.fail(w, r, err)
		return
	}
	s, err := p.session(r.Context(), p.db, r.PathValue("id"), "")
	if err != nil {
		p.fail(w, r, err)
		return
	}
	amount := money.FormatYuan(s.AmountFen)
	yuan, fen, _ := strings.Cut(amount, ".")
	bank := ""
	if p.staff(r) {
		bank = p.base()
	}
	p.render(w, s.ReturnURL, pageData{
		Status: http.StatusOK, Bank: bank, State: string(s.State), Amount: amount, Yuan: strings.TrimPrefix(yuan, "¥"), Fen: fen,
		Description: s.Description, ID: s.ID, Return: safeReturn(s.ReturnURL),
		Expires: s.ExpiresAt.In(china).Format("1月2日 15:04"),
	})
}

func (p *Provider) decide(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	if err := r.ParseForm(); err != nil {
		p.render(w, "", pageData{Status: http.StatusBadRequest, State: "malformed"})
		return
	}
	id, what := r.PathValue("id"), Play(r.PostForm.Get("play"))
	plays := what == PlayPay || what == PlayFail
	var s session
	var err error
	if plays {
		s, err = p.play(r.Context(), id, what)
	} else {
		s, err = p.session(r.Context(), p.db, id, "")
	}
	if err != nil {
		p.fail(w, r, err)
		return
	}
	if !plays && what != "abandon" { // with which the session stays open, as when a buyer closes the window
		p.render(w, s.ReturnURL, pageData{Status: http.StatusBadRequest, State: "malformed"})
		return
	}
	to := safeReturn(s.ReturnURL)
	if to == "" {
		to = r.URL.Path
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

func (p *Provider) fail(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, gateway.ErrNotFound) {
		p.render(w, "", pageData{Status: http.StatusNotFound, State: "missing"})
		return
	}
	p.cfg.Log.Error("sandbox page", "path", r.URL.Path, "error", err)
	p.render(w, "", pageData{Status: http.StatusServiceUnavailable, State: "broken"})
}

// base is where the handler is mounted: below a prefix, the browser's addresses have it too.
func (p *Provider) base() string {
	u, err := url.Parse(p.cfg.PublicURL)
	if err != nil {
		return "/pay/sandbox/"
	}
	return u.Path + "/pay/sandbox/"
}

func (p *Provider) render(w http.ResponseWriter, returnURL string, d pageData) {
	d.Style, d.Action = p.base()+"style.css", p.base()+d.ID
	p.write(w, payPage, d.Status, returnURL, d)
}

func (p *Provider) write(w http.ResponseWriter, page *template.Template, status int, returnURL string, d any) {
	var buf bytes.Buffer
	if err := page.Execute(&buf, d); err != nil {
		p.cfg.Log.Error("render sandbox page", "error", err)
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	// Browsers hold the redirect that answers a form to form-action as well.
	form := "'self'"
	if u, err := url.Parse(returnURL); err == nil && u.Host != "" && safeReturn(returnURL) != "" {
		form += " " + u.Scheme + "://" + u.Host
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action "+form)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(buf.Bytes())
}

// safeReturn is the address to go back to, or "" for one that is none of a web page.
func safeReturn(s string) string {
	u, err := url.Parse(s)
	if err != nil || s == "" {
		return ""
	}
	if u.Scheme == "" && u.Host == "" && strings.HasPrefix(s, "/") {
		return s
	}
	if (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && !strings.ContainsAny(u.Host, " ;,'\"") {
		return s
	}
	return ""
}
