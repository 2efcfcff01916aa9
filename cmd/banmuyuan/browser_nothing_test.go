package main

import (
	"fmt"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"banmuyuan/catalog"
	"banmuyuan/cmd/banmuyuan/example"
	"banmuyuan/orders"
	"banmuyuan/payments"
)

// TestBrowserNothing takes a county from an empty folder to its second season on the pages alone. The office works at a desk
// and the buyer on a phone; every page is looked at in both windows.
func TestBrowserNothing(t *testing.T) {
	t.Parallel()
	takeTurns(t)
	data := filepath.Join(t.TempDir(), "data")
	p, address, printed := serveEmpty(t, data)
	link := await(t, "the link of the first administrator", func() (string, bool) {
		m := printedLink.FindStringSubmatch(printed.String())
		if m == nil {
			return printed.String(), false
		}
		return m[1], true
	})
	w := &world{t: t, url: address, sessions: map[string]session{}, env: []string{"BANMU_DATA=" + data, "BANMU_DEMO=no", "BANMU_SANDBOX=yes"}}
	running.Lock()
	if running.products == nil {
		running.products = map[*world][]*product{}
	}
	running.products[w] = []*product{p}
	running.Unlock()
	w.runs(t, part{"pages from nothing", func(t *testing.T, w *world) { pagesFromNothing(t, w, link) }})
	w.verified(t)
}

// beginner is a county that begins with nothing, on its pages.
type beginner struct {
	*pages
	whole   *testing.T // outlives the steps, as its visitors do
	season  int
	presale string // code of the first
	order   string // number of the buyer's
}

func pagesFromNothing(t *testing.T, w *world, link string) {
	browser := startBrowser(t)
	b := &beginner{pages: newPages(w, browser, 1280), whole: t, season: time.Now().In(payments.China).Year()}
	b.also = 390
	for _, step := range []struct {
		name string
		run  func(*testing.T)
	}{
		{"the first administrator", func(t *testing.T) { b.begins(t, link) }},
		{"accounts of the office", b.staff},
		{"a workbook", b.workbook},
		{"a season", func(t *testing.T) { b.beginsSeason(t, b.season) }},
		{"a presale", b.presells},
		{"a buyer", b.sells},
		{"the next season", b.goesOn},
	} {
		if !t.Run(step.name, step.run) {
			return // the next steps build on it
		}
	}
}

// begins follows the link that the first start prints, and looks at a shop without anything.
func (b *beginner) begins(t *testing.T, link string) {
	boss := b.visitor(b.whole, "boss")
	b.inside["boss"] = boss
	boss.open(t, link+"?lang=zh")
	for name, value := range map[string]string{"login": "boss", "name": "王主任", "password": own("boss"), "again": own("boss")} {
		boss.fill(t, name, value)
	}
	boss.press(t, "main form button.button-wide")
	if !strings.Contains(boss.where(t), "/county") {
		t.Fatalf("the first administrator is at %s:\n%s", boss.where(t), boss.text(t))
	}
	boss.open(t, "/")
	boss.open(t, "/presales")
}

// own is the password that a login chooses.
func own(login string) string { return "white geese of " + login }

// staff opens the accounts of the office; each person chooses a password at the first login. The county has nothing yet.
func (b *beginner) staff(t *testing.T) {
	boss := b.inside["boss"]
	for _, who := range [][3]string{{"operator", "operator", "李经办"}, {"approver", "approver", "赵复核"}} {
		boss.open(t, "/county/accounts")
		boss.until(t, "the form", `(document.querySelector('form[action="/county/accounts"]').closest("details").open = true)`)
		boss.fill(t, "role", who[1])
		boss.fill(t, "login", who[0])
		boss.fill(t, "name", who[2])
		boss.press(t, `details form[action="/county/accounts"] button`)
		m := oneTime.FindString(boss.text(t))
		if m == "" {
			t.Fatalf("no password is shown at %s:\n%s", boss.where(t), boss.text(t))
		}
		v := b.visitor(b.whole, who[0])
		b.inside[who[0]] = v
		v.open(t, "/login?lang=zh")
		v.fill(t, "login", who[0])
		v.fill(t, "password", m)
		v.press(t, "form[data-login] button")
		if !strings.Contains(v.where(t), "/account/password") {
			t.Fatalf("%s is at %s with a one-time password", who[0], v.where(t))
		}
		for name, value := range map[string]string{"current": m, "password": own(who[0]), "again": own(who[0])} {
			v.fill(t, name, value)
		}
		v.press(t, `form[action="/account/password"] button`)
		if !strings.HasSuffix(v.where(t), "/county") {
			t.Fatalf("%s is at %s:\n%s", who[0], v.where(t), v.text(t))
		}
		b.sessions[who[0]] = b.logIn(t, who[0], own(who[0]))
	}
	if text := b.inside["operator"].text(t); !strings.Contains(text, "先做这几件事") {
		t.Errorf("an empty desk does not say where to begin:\n%s", text)
	}
	for _, path := range []string{"/county/setup", "/county/seasons", "/county/presales", "/county/households", "/county/orders", "/county/directory/village", "/county/reports"} {
		b.inside["operator"].open(t, path)
	}
}

var oneTime = regexp.MustCompile(`\b[a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4}\b`)

// workbook loads the example's workbook on the page, which checks it first.
func (b *beginner) workbook(t *testing.T) {
	file := filepath.Join(t.TempDir(), "青禾县.xlsx")
	if stdout, stderr, code := runProduct(t, b.env, "setup", "example", "-o", file); code != 0 {
		t.Fatalf("setup example: exit %d\n%s\n%s", code, stdout, stderr)
	}
	v := b.inside["operator"]
	v.open(t, "/county/setup")
	v.do(t, "choose the workbook", chromedp.SetUploadFiles(chromedp.CSS(`input[name="file"]`), []string{file}))
	v.press(t, `form[action="/county/setup"] button`)
	if !strings.Contains(v.where(t), "/county/setup/batches/") {
		t.Fatalf("the workbook leads to %s:\n%s", v.where(t), v.text(t))
	}
	v.until(t, "the check's result", `document.querySelector('#batch form[action$="/load"]') !== null`)
	v.look(t)
	if c := get[catalog.Coverage](t, b.as(t, "operator"), "/coverage"); c.Households != 0 {
		t.Errorf("checking made %d households", c.Households)
	}
	if ask[bool](t, v, `document.querySelector("#batch .wrong") !== null`) {
		t.Errorf("the example has wrong rows:\n%s", v.text(t))
	}
	v.press(t, `#batch form[action$="/load"] button`)
	v.until(t, "the import's end", `document.querySelector("#batch .notice-good") !== null`)
	v.look(t)
	await(t, "the county being counted", func() (catalog.Coverage, bool) {
		c := get[catalog.Coverage](t, b.as(t, "operator"), "/coverage")
		return c, c.Households == example.Households && c.Villages == example.Villages
	})
	for _, path := range []string{"/county/setup", "/county/directory/household", "/county/directory/product", "/county"} {
		v.open(t, path)
	}
	v.open(t, "/county/directory/household?q=QH-01-001-0001")
	v.press(t, "main tbody th a")
	v.open(t, "/county/directory/product?q=white_goose")
	v.press(t, "main tbody th a")
}

// beginsSeason plans a season and begins it, another person.
func (b *beginner) beginsSeason(t *testing.T, season int) {
	at := fmt.Sprintf("/county/seasons/%d", season)
	v := b.inside["operator"]
	v.open(t, "/county/seasons")
	v.fill(t, "season", fmt.Sprint(season))
	v.press(t, `form[action="/county/seasons"] button`)
	if !strings.HasSuffix(v.where(t), at) {
		t.Fatalf("planning leads to %s:\n%s", v.where(t), v.text(t))
	}
	second := b.inside["approver"]
	second.open(t, at)
	second.press(t, fmt.Sprintf(`main a[href="%s/begin"]`, at))
	second.press(t, fmt.Sprintf(`form[action="%s/begin"] button`, at))
	if s := get[catalog.SeasonDetail](t, b.as(t, "operator"), fmt.Sprintf("/seasons/%d", season)); s.State != catalog.SeasonCurrent {
		t.Fatalf("begun on its page, the season is %+v", s)
	}
}

// presells makes a presale of geese; the page says whom it reaches before it opens.
func (b *beginner) presells(t *testing.T) {
	ref := await(t, "the season being current", func() (catalog.Reference, bool) {
		ref := get[catalog.Reference](t, b.stranger(), "/reference")
		return ref, ref.Season == b.season && len(ref.Products) > 0
	})
	b.presale = fmt.Sprintf("%d-white-goose", b.season)
	v := b.inside["operator"]
	v.open(t, "/county/presales/new")
	for _, p := range ref.Products {
		if p.Code == "white_goose" {
			v.fill(t, "product_id", fmt.Sprint(p.ID))
		}
	}
	now := time.Now().In(time.FixedZone("", 8*60*60))
	for _, f := range [][2]string{{"code", b.presale}, {"title.zh", "散养白鹅预售"}, {"title.en", "Free-range goose presale"}, {"price.first", "12"}, {"jin_per_unit", "8"},
		{"opens_at", now.Add(-time.Hour).Format("2006-01-02T15:04")}, {"terms.weight_tolerance_bp", "25"}} {
		v.fill(t, f[0], f[1])
	}
	v.press(t, `form[action="/county/presales/new"] button:not([type="button"])`)
	if !strings.HasSuffix(v.where(t), "/county/presales/"+b.presale) {
		t.Fatalf("the draft leads to %s:\n%s", v.where(t), v.text(t))
	}
	v.press(t, `main a[href$="/open"]`)
	reach := get[catalog.PresaleReach](t, b.as(t, "operator"), "/presales/"+b.presale+"/reach")
	if said := v.text(t); reach.Units == 0 || !strings.Contains(said, grouped(reach.Households)) || !strings.Contains(said, grouped(reach.Units)+" 只") {
		t.Errorf("the page does not say that it reaches %+v:\n%s", reach, said)
	}
	v.press(t, `button[name="state"][value="open"]`)
	await(t, "the presale being orderable", func() (bool, bool) {
		a := b.stranger().send(t, request{method: "GET", path: "/presales/" + b.presale})
		return false, a.status == 200 && decoded[catalog.PresaleDetail](t, a).Orderable
	})
	v.open(t, "/county/presales")
}

// grouped is a number as pages write it.
func grouped(n int64) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// sells has a private buyer register on a phone and order geese, which the county sees.
func (b *beginner) sells(t *testing.T) {
	phone := newPages(b.world, b.browser, 390)
	phone.also, phone.axed, phone.seen = 1280, b.axed, b.seen
	v := phone.visitor(b.whole, "buyer")
	v.open(t, "/?lang=zh")
	v.open(t, "/presales/"+b.presale)
	v.fill(t, "quantity", "2")
	v.press(t, `form[action="/basket"] button.button-wide`)
	v.press(t, `button[name="go"]`)
	v.press(t, `main a[href^="/register"]`)
	v.registers(t, "林晓", "13800138000")
	v.choose(t, "delivery.kind", "pickup")
	v.fill(t, "delivery.point_id", fmt.Sprint(b.pickup(t).PointID))
	v.fill(t, "delivery.name", "林晓")
	v.fill(t, "delivery.phone", "13800138000")
	v.press(t, `form[action="/checkout"] .bar-action button`)
	v.press(t, `form[action="/orders"] button:not([name])`)
	at, err := url.Parse(v.where(t))
	if err != nil {
		t.Fatal(err)
	}
	b.order = strings.TrimPrefix(at.Path, "/orders/")
	v.pay(t, b.order)
	b.world.order(t, b.as(t, "operator"), b.order, "confirmed", in(orders.StateConfirmed))
	v.open(t, "/orders/"+b.order)

	office := b.inside["operator"]
	await(t, "the sale in the season's figures", func() (string, bool) {
		office.do(t, "open the overview", chromedp.Navigate(office.url+"/county"))
		r := get[orders.Report](t, b.as(t, "operator"), fmt.Sprintf("/report?season=%d", b.season))
		return fmt.Sprintf("%+v", r.Years), len(r.Years) > 0 && r.Years[len(r.Years)-1].ExpectedFen > 0
	})
	office.open(t, "/county")
	office.open(t, "/county/orders")
	if text := office.text(t); !strings.Contains(text, b.order) {
		t.Errorf("the county's orders:\n%s", text)
	}
}

// goesOn closes the presale and begins the next season; the first says what keeps it from being closed.
func (b *beginner) goesOn(t *testing.T) {
	v := b.inside["operator"]
	v.open(t, "/county/presales/"+b.presale)
	v.until(t, "the question", `(document.querySelector('button[name="state"][value="closed"]').click(), document.querySelector("dialog[open]") !== null)`)
	v.look(t)
	v.press(t, "dialog[open] button:first-child")
	b.beginsSeason(t, b.season+1)
	v.open(t, fmt.Sprintf("/county/seasons/%d", b.season))
	v.press(t, fmt.Sprintf(`main a[href="/county/seasons/%d/close"]`, b.season))
	if text := v.text(t); !strings.Contains(text, "没有办完") || strings.Contains(text, "确定结束") {
		t.Errorf("with an open order:\n%s", text)
	}
	v.open(t, "/county/seasons")
	v.open(t, "/county")
}
