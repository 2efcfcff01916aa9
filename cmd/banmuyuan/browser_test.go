package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"banmuyuan/catalog"
	"banmuyuan/orders"
	"banmuyuan/payments"
	"banmuyuan/web/auth"
)

// browserStory follows the story through the pages in Chromium, on a phone and at a desk, and once without JavaScript as
// far as the payment. Every page is looked at by axe and must fit its window.
func browserStory(t *testing.T, w *world) {
	browser := startBrowser(t)
	var axed sync.Map
	var widths sync.WaitGroup
	defer widths.Wait()
	for _, c := range []struct {
		name   string
		width  int64
		phone  string
		script bool
	}{
		{"390", 390, "13800138390", true},
		{"1280", 1280, "13800131280", true},
		{"390 without JavaScript", 390, "13800138391", false},
	} {
		widths.Go(func() {
			t.Run(c.name, func(t *testing.T) {
				b := newPages(w, browser, c.width)
				b.script, b.axed = c.script, &axed
				no := b.buys(t, c.phone)
				if !c.script {
					return
				}
				b.weighs(t, no)
				b.settles(t, no)
				b.reads(t)
				if c.width > 1000 {
					b.prints(t)
				}
				b.desks(t)
				b.trades(t)
				b.adopts(t)
				b.contracts(t)
				b.keepsBooks(t, no)
			})
		})
	}
}

// startBrowser starts a Chromium that ends with the test.
func startBrowser(t *testing.T) context.Context {
	t.Helper()
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("lang", "zh-CN"), chromedp.UserDataDir(t.TempDir()),
		// On two cores, Chromium's background threads slow the story down.
		chromedp.Flag("js-flags", "--single-threaded"))
	// Debian's name for Chromium without its windows, which opens a tab in a third of the time.
	if shell, err := exec.LookPath("chromium-headless-shell"); err == nil {
		options = append(options, chromedp.ExecPath(shell))
	}
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	browser, closeBrowser := chromedp.NewContext(allocator)
	t.Cleanup(closeBrowser)
	if err := chromedp.Do(browser, chromedp.Navigate("about:blank")); err != nil {
		t.Fatalf("Chromium did not start ('make test' installs it): %v", err)
	}
	return browser
}

// pages is a browser of one width.
type pages struct {
	*world
	browser context.Context
	width   int64
	also    int64 // another width at which each page is looked at, 0 for none
	script  bool
	shots   int
	buyer   *visitor
	seen    map[string]bool     // kinds of elements that axe has been over, by width
	axed    *sync.Map           // the same of any width
	inside  map[string]*visitor // logged in, by login
}

// newPages returns the pages of a browser with JavaScript.
func newPages(w *world, browser context.Context, width int64) *pages {
	return &pages{world: w, browser: browser, width: width, script: true, seen: map[string]bool{}, axed: &sync.Map{}, inside: map[string]*visitor{}}
}

// The widths tell one story side by side, and take turns where they would count each other's payments or sales.
var payingOut, atTheTill sync.Mutex

// buyerPassword is the password of the private buyers that register.
const buyerPassword = "bai-e-zi-hua-2026"

// visitor is somebody with a browser of their own: nobody else's cookies are in it.
type visitor struct {
	*pages
	ctx  context.Context
	name string
}

func (b *pages) visitor(t *testing.T, name string) *visitor {
	t.Helper()
	ctx, closeTab := chromedp.NewContext(b.browser, chromedp.WithNewBrowserContext())
	t.Cleanup(closeTab)
	// The first command opens the tab, which ends with that command's context: one with a deadline would close it again.
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		t.Fatalf("%s: open a tab: %v", name, err)
	}
	v := &visitor{pages: b, ctx: ctx, name: name}
	v.do(t, "set up a window", chromedp.EmulateViewport(b.width, 844), cdpDo(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !b.script}))
	return v
}

func (v *visitor) do(t *testing.T, what string, actions ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	ctx, cancel := context.WithTimeout(v.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		t.Fatalf("%s: %s at %s: %v\n%s", v.name, what, v.where(t), err, v.text(t))
	}
}

// ask has a script of the page answer, once more where the page goes to another between question and answer.
func ask[T any](t *testing.T, v *visitor, script string, opts ...chromedp.EvaluateOption) T {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		answer, err := chromedp.Run(v.ctx, chromedp.Evaluate[T](script, opts...))
		if err == nil {
			return answer
		}
		gone := slices.ContainsFunc([]string{"navigated", "context was destroyed", "Cannot find context", "properties of null"}, // between two documents
			func(word string) bool { return strings.Contains(err.Error(), word) })
		if !gone || time.Now().After(deadline) {
			t.Fatalf("%s: asked %.80s: %v", v.name, script, err)
		}
	}
}

func (v *visitor) where(t *testing.T) string {
	t.Helper()
	return ask[string](t, v, `location.href`)
}

func (v *visitor) text(t *testing.T) string {
	t.Helper()
	return ask[string](t, v, `document.body ? document.body.innerText : ""`)
}

// open goes to an address of the site and looks at the page.
func (v *visitor) open(t *testing.T, path string) {
	t.Helper()
	v.do(t, "open "+path, chromedp.Navigate(v.url+path))
	v.look(t)
}

// press clicks something that leads to another page, which it looks at.
func (v *visitor) press(t *testing.T, selector string) {
	t.Helper()
	v.follow(t, selector)
	v.look(t)
}

// follow clicks something that leads to another page.
func (v *visitor) follow(t *testing.T, selector string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(v.ctx, patience)
	defer cancel()
	resp, err := chromedp.RunResponse(ctx, chromedp.ScrollIntoView(chromedp.CSS(selector)), chromedp.Click(chromedp.CSS(selector)))
	for err != nil && strings.Contains(err.Error(), "Could not find node") { // the page renewed it between looking and clicking
		resp, err = chromedp.RunResponse(ctx, chromedp.ScrollIntoView(chromedp.CSS(selector)), chromedp.Click(chromedp.CSS(selector)))
	}
	if err != nil {
		t.Fatalf("%s: press %s at %s: %v\n%s", v.name, selector, v.where(t), err, v.text(t))
	}
	if resp == nil || resp.Status >= 400 {
		t.Fatalf("%s: press %s leads to %s: %+v\n%s", v.name, selector, v.where(t), resp, v.text(t))
	}
}

// fill writes into a field, or chooses an option.
func (v *visitor) fill(t *testing.T, name, value string) {
	t.Helper()
	script := fmt.Sprintf(`(() => { const f = document.getElementsByName(%q)[0]; if (!f) return false;
		f.value = %q; f.dispatchEvent(new Event("input", {bubbles: true})); f.dispatchEvent(new Event("change", {bubbles: true})); return f.value === %q })()`, name, value, value)
	done, err := chromedp.Run(v.ctx, chromedp.Evaluate[bool](script))
	if err != nil || !done {
		t.Fatalf("%s: there is no field %s that takes %q at %s: %v\n%s", v.name, name, value, v.where(t), err, v.text(t))
	}
}

func (v *visitor) choose(t *testing.T, name, value string) {
	t.Helper()
	script := fmt.Sprintf(`(() => { const f = document.querySelector('input[name=%q][value=%q]'); if (!f) return false; f.checked = true; f.dispatchEvent(new Event("change", {bubbles: true})); return true })()`, name, value)
	done, err := chromedp.Run(v.ctx, chromedp.Evaluate[bool](script))
	if err != nil || !done {
		t.Fatalf("%s: there is no choice %s of %s at %s: %v", v.name, value, name, v.where(t), err)
	}
}

// axeViolation is a finding of axe-core, with the fields that a failure prints.
type axeViolation struct {
	ID     string   `json:"id"`
	Impact string   `json:"impact"`
	Help   string   `json:"help"`
	Nodes  []string `json:"nodes"`
}

var axeSource = sync.OnceValues(func() ([]byte, error) {
	return os.ReadFile(filepath.Join("..", "..", "web", "browsertest", "testdata", "axe-4.14.1.min.js"))
})

// The rules of axe: all, and the ones that depend on the width of the window.
const (
	axeAll    = `["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]`
	axeLayout = `{type: "rule", values: ["scrollable-region-focusable", "target-size"]}`
)

const axeRun = `axe.run(document, {preload: false, resultTypes: ["violations"], runOnly: %s}).then(r => JSON.stringify(
	r.violations.filter(v => v.impact === "serious" || v.impact === "critical").map(v => ({id: v.id, impact: v.impact, help: v.help, nodes: v.nodes.slice(0, 3).map(n => n.target.join(" ") + ": " + n.html.slice(0, 160))}))))`

// kinds lists the kinds of elements of a page: name, attributes and parent, without their text and number.
const kinds = `(() => {
	const kind = (e) => e.localName + [...e.attributes].filter((a) => !["value", "href", "src", "action", "nonce", "id", "for", "style", "content", "d"].includes(a.name) && !a.name.startsWith("data-")).map((a) =>
		" " + a.name + (["class", "role", "type", "lang"].includes(a.name) ? "=" + a.value : "")).sort().join("");
	return [...new Set([...document.querySelectorAll("*")].map((e) => (e.parentElement ? kind(e.parentElement) + " > " : "") + kind(e)))];
})()`

// look checks the page that is shown, also in a window of the other width where there is one.
func (v *visitor) look(t *testing.T) {
	t.Helper()
	v.lookAt(t, v.width)
	if v.also == 0 {
		return
	}
	v.do(t, "change the window", chromedp.EmulateViewport(v.also, 844))
	v.lookAt(t, v.also)
	v.do(t, "change the window back", chromedp.EmulateViewport(v.width, 844))
}

// lookAt checks the page that is shown: it fits the window, is in one language, and axe finds nothing serious. Axe runs
// on a page that has a kind of element that no page before had; at the other width, only the rules of layout run.
func (v *visitor) lookAt(t *testing.T, width int64) {
	t.Helper()
	at := v.where(t)
	v.shot(t, width)
	if wide := ask[int](t, v, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); wide > 0 {
		t.Errorf("%s: page %s is %d px wider than a window of %d", v.name, at, wide, width)
	}
	if text := v.text(t); strings.Contains(text, "{{") || strings.Contains(text, "%!") || strings.Contains(text, "undefined") || strings.Contains(text, "NaN") {
		t.Errorf("%s: page %s shows what a program says:\n%s", v.name, at, text)
	}
	if !v.script {
		return // axe is a script
	}
	rules := ""
	for _, kind := range ask[[]string](t, v, kinds) {
		if _, known := v.axed.LoadOrStore(kind, true); !known {
			rules = axeAll
		}
		here := fmt.Sprint(width, " ", kind)
		if !v.seen[here] && rules == "" {
			rules = axeLayout
		}
		v.seen[here] = true
	}
	if rules == "" {
		return
	}
	axe, err := axeSource()
	if err != nil {
		t.Fatal(err)
	}
	found := ask[string](t, v, string(axe)+";\n"+fmt.Sprintf(axeRun, rules), chromedp.EvalAwaitPromise)
	var violations []axeViolation
	if err := json.Unmarshal([]byte(found), &violations); err != nil {
		t.Fatal(err)
	}
	for _, a := range violations {
		t.Errorf("%s: page %s at %d px: %s (%s): %s\n%s", v.name, at, width, a.ID, a.Impact, a.Help, strings.Join(a.Nodes, "\n"))
	}
}

// shot keeps a picture of the page where somebody wants to look at it.
func (v *visitor) shot(t *testing.T, width int64) {
	t.Helper()
	dir := os.Getenv("BANMU_SHOTS")
	if dir == "" {
		return
	}
	picture, err := chromedp.Run(v.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		t.Fatalf("%s: picture of %s: %v", v.name, v.where(t), err)
	}
	at, err := url.Parse(v.where(t))
	if err != nil {
		t.Fatal(err)
	}
	v.shots++
	script := ""
	if !v.script {
		script = "-noscript"
	}
	name := fmt.Sprintf("%d%s-%03d-%s%s.png", width, script, v.shots, v.name, strings.ReplaceAll(at.Path, "/", "-"))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), picture, 0o644); err != nil {
		t.Fatal(err)
	}
}

func cdpDo[P, R any](method cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return func(ctx context.Context, target *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, target, method, params)
		return chromedp.Void{}, err
	}
}

// logsIn returns the visitor of a login; it stays logged in from one part of the story to the next.
func (b *pages) logsIn(t *testing.T, login string) *visitor {
	t.Helper()
	if v := b.inside[login]; v != nil {
		return v
	}
	v := b.visitor(t, login)
	b.inside[login] = v
	v.open(t, "/login?lang=zh")
	v.fill(t, "login", login)
	v.fill(t, "password", demoPassword)
	v.press(t, "form[data-login] button")
	if strings.Contains(v.where(t), "/login") {
		t.Fatalf("%s is not logged in:\n%s", login, v.text(t))
	}
	return v
}

// buys goes from the front page to a confirmed order and returns its number.
func (b *pages) buys(t *testing.T, phone string) string {
	v := b.visitor(t, "buyer")
	b.buyer = v
	v.open(t, "/?lang=zh")
	v.open(t, "/presales")
	v.open(t, "/presales?product=goose")
	v.open(t, "/presales/"+b.code("goose-feast"))
	v.fill(t, "quantity", "2")
	v.press(t, `form[action="/basket"] button.button-wide`)
	v.open(t, "/presales/"+b.code("bean-home"))
	v.fill(t, "quantity", "7") // off the step: said at the field, and nothing is lost
	ctx, cancel := context.WithTimeout(v.ctx, patience)
	defer cancel()
	resp, err := chromedp.RunResponse(ctx, chromedp.Click(chromedp.CSS(`form[action="/basket"] button.button-wide`)))
	if err != nil || resp.Status != 422 {
		t.Fatalf("7 jin: %+v %v", resp, err)
	}
	v.look(t)
	v.fill(t, "quantity", "10")
	v.press(t, `form[action="/basket"] button.button-wide`)
	v.press(t, `button[name="go"]`)
	if !strings.Contains(v.where(t), "/login") {
		t.Fatalf("a stranger checks out at %s", v.where(t))
	}
	v.press(t, `main a[href^="/register"]`)
	v.registers(t, "林晓", phone)
	if !strings.HasSuffix(v.where(t), "/checkout") {
		t.Fatalf("after registering the buyer is at %s:\n%s", v.where(t), v.text(t))
	}
	v.choose(t, "delivery.kind", "pickup")
	v.fill(t, "delivery.point_id", fmt.Sprint(b.pickup(t).PointID))
	v.fill(t, "delivery.name", "林晓")
	v.fill(t, "delivery.phone", phone)
	v.choose(t, "shortage", "refill")
	v.press(t, `form[action="/checkout"] .bar-action button`)
	v.press(t, `form[action="/orders"] button:not([name])`)
	at, err := url.Parse(v.where(t))
	if err != nil {
		t.Fatal(err)
	}
	no := strings.TrimPrefix(at.Path, "/orders/")
	if !strings.HasPrefix(no, "BM") {
		t.Fatalf("after placing the order the buyer is at %s:\n%s", at, v.text(t))
	}
	v.pay(t, no)
	b.order(t, b.as(t, "operator"), no, "confirmed", in(orders.StateConfirmed))
	v.open(t, "/orders/"+no)
	v.open(t, "/orders/"+no+"/print")
	v.open(t, "/orders")
	b.returns(t, v)
	return no
}

// returns has the buyer order once more: four taps from a product's page to paid, with the way to get it remembered.
func (b *pages) returns(t *testing.T, v *visitor) {
	t.Helper()
	v.open(t, "/presales/"+b.code("goose-feast"))
	taps := 0
	tap := func(press func(*testing.T, string), selector string) {
		t.Helper()
		press(t, selector)
		taps++
	}
	tap(v.press, `form[action="/basket"] button.button-wide`)
	tap(v.press, `button[name="go"]`)
	tap(v.press, `form[action="/orders"] button[value="sandbox"]`)
	if !strings.Contains(v.where(t), "/pay/sandbox/") {
		t.Fatalf("the third tap leads to %s:\n%s", v.where(t), v.text(t))
	}
	tap(v.follow, `button[value="pay"]`)
	if taps > 4 {
		t.Errorf("a buyer who returns taps %d times", taps)
	}
}

// pay goes from an order's page over the sandbox bank's and back.
func (v *visitor) pay(t *testing.T, no string) {
	t.Helper()
	v.press(t, `#pay button[value="sandbox"]`)
	if !strings.Contains(v.where(t), "/pay/sandbox/") {
		t.Fatalf("paying leads to %s:\n%s", v.where(t), v.text(t))
	}
	// The page in between says "confirming" and goes on by itself when the bank's word is there; without scripts it stays.
	v.follow(t, `button[value="pay"]`)
	if v.script {
		await(t, "the order's page after paying", func() (string, bool) {
			at := v.where(t)
			return at, strings.HasSuffix(at, "/orders/"+no)
		})
	}
	if !strings.Contains(v.where(t), no) {
		t.Fatalf("after paying the buyer is at %s:\n%s", v.where(t), v.text(t))
	}
	v.look(t)
}

// weighs lets the clerk weigh the geese on the phone-sized page, and the county the beans.
func (b *pages) weighs(t *testing.T, no string) {
	clerk := b.logsIn(t, "clerk")
	s := &tale{world: b.world}
	s.ref = get[catalog.Reference](t, b.stranger(), "/reference")
	for _, share := range b.shares(t, b.as(t, "operator"), "order_no="+no) {
		if share.Line == 2 {
			s.weigh(t, b.as(t, "operator"), s.weighing(share, 105), orders.TicketAccepted)
			continue
		}
		clerk.open(t, fmt.Sprintf("/desk/weigh?village=%d", share.VillageID))
		clerk.open(t, fmt.Sprintf("/desk/collection/%d", share.VillageID))
		clerk.open(t, fmt.Sprintf("/desk/weigh/%s/%d/%d", no, share.Line, share.LotID))
		clerk.fill(t, "units", fmt.Sprint(share.Qty))
		grams := share.Qty*share.GramsPerUnit*105/100 + 2_500
		clerk.fill(t, "gross_grams", fmt.Sprintf("%d.%03d", grams/1000, grams%1000))
		clerk.fill(t, "tare_grams", "2.5")
		clerk.press(t, `form[data-keep="weigh"] button.button-wide`)
		if !strings.Contains(clerk.where(t), "/desk/tickets/") {
			t.Fatalf("after weighing the clerk is at %s:\n%s", clerk.where(t), clerk.text(t))
		}
	}
	for _, path := range []string{"/desk", "/desk/collection", "/desk/tickets", "/desk/sales"} {
		clerk.open(t, path)
	}
}

// settles has the buyer pay the balance, and the county pay out the money that this releases.
func (b *pages) settles(t *testing.T, no string) {
	payingOut.Lock()
	defer payingOut.Unlock()
	b.paysBalance(t, no)
	b.paysOut(t)
}

func (b *pages) paysBalance(t *testing.T, no string) {
	b.order(t, b.as(t, "operator"), no, "billed", in(orders.StateBilled))
	b.buyer.open(t, "/orders/"+no)
	b.buyer.pay(t, no)
	b.order(t, b.as(t, "operator"), no, "completed", in(orders.StateCompleted))
	b.buyer.open(t, "/orders/"+no)
}

// paysOut makes a batch as the operator, approves it as the second person and reads the bank's answer.
func (b *pages) paysOut(t *testing.T) {
	operator := b.logsIn(t, "operator")
	await(t, "something to pay out", func() (payments.PayoutSummary, bool) {
		sum := get[payments.PayoutSummary](t, b.as(t, "operator"), "/payouts/summary")
		return sum, sum.ReleasedFen > 0
	})
	operator.open(t, "/county/settlements")
	operator.press(t, `form[action="/county/settlements"] button`)
	at, err := url.Parse(operator.where(t))
	if err != nil {
		t.Fatal(err)
	}
	var id int64
	if _, err := fmt.Sscanf(at.Path, "/county/payouts/%d", &id); err != nil {
		t.Fatalf("after making a batch the operator is at %s:\n%s", at, operator.text(t))
	}
	approver := b.logsIn(t, "approver")
	approver.open(t, at.Path)
	approver.press(t, `button[name="decision"][value="approve"]`)
	batch := get[payments.BatchPage](t, b.as(t, "operator"), fmt.Sprintf("/payouts/%d", id)).Batch
	if batch.State != payments.BatchApproved {
		t.Fatalf("approved on its page, the batch is %+v", batch)
	}
	file := filepath.Join(t.TempDir(), "result.csv")
	if err := os.WriteFile(file, resultOf(t, b.export(t, batch)), 0o600); err != nil {
		t.Fatal(err)
	}
	operator.open(t, at.Path)
	operator.do(t, "choose the bank's answer", chromedp.SetUploadFiles(chromedp.CSS(`input[name="file"]`), []string{file}))
	operator.press(t, fmt.Sprintf(`form[action="/county/payouts/%d/result"] button`, id))
	if batch = get[payments.BatchPage](t, b.as(t, "operator"), fmt.Sprintf("/payouts/%d", id)).Batch; batch.State != payments.BatchDone || batch.PaidFen != batch.AmountFen {
		t.Errorf("with the bank's answer the batch is %+v", batch)
	}
}

// reads opens the household's pages as itself and as its helper does.
func (b *pages) reads(t *testing.T) {
	household := b.logsIn(t, "household")
	for _, path := range []string{"/my", "/my/income", "/my/income/print", "/my/sales", "/my/more", "/my/tickets", "/my/lots", "/my/account", "/my/helper"} {
		household.open(t, path)
	}
	raised := b.logsIn(t, "raised")
	raised.open(t, "/my/sales")
	raised.open(t, ask[string](t, raised, `document.querySelector('a[href^="/my/sales/"]').pathname`)) // how a sale came to its amount
	code := ""
	for _, l := range b.county.Logins {
		if l.Login == "household" {
			code = b.county.Households[l.Household].Code
		}
	}
	helper := b.logsIn(t, "helper")
	for _, path := range []string{"/helper", "/my?h=" + code, "/my/income?h=" + code} {
		helper.open(t, path)
	}
}

// desks opens the pages of the county and of organisations' buyers.
func (b *pages) desks(t *testing.T) {
	operator := b.logsIn(t, "operator")
	for _, path := range []string{"/county", "/county/households", "/county/presales", "/county/orders", "/county/receipts", "/county/payouts",
		"/county/ledger", "/county/ledger/journal", "/county/seasons",
		fmt.Sprintf("/county/seasons/%d", b.county.Season), fmt.Sprintf("/county/seasons/%d/close", b.county.Season), "/county/presales/new",
		"/county/setup", "/county/directory/village", "/county/directory/household", "/county/directory/product/new",
		"/county/payouts/accounts", "/county/villages/1/money", "/county/rules", "/county/objections"} {
		operator.open(t, path)
	}
	admin := b.logsIn(t, "admin")
	for _, path := range []string{"/county/security", "/county/audit", "/account/sessions", "/account/factor", "/county/accounts?q=operator"} {
		admin.open(t, path)
	}
	admin.press(t, `th a[href^="/county/accounts/"]`)
	officer := b.logsIn(t, "market")
	for _, path := range []string{"/desk", "/desk/buy", "/desk/orders", "/account"} {
		officer.open(t, path)
	}
}

// registers proves a phone by the code that is sent to it, and opens an account.
func (v *visitor) registers(t *testing.T, name, phone string) {
	t.Helper()
	v.fill(t, "contact", phone)
	code := v.world.sentCode(t, phone, func() { v.press(t, "main form button.button-wide") })
	v.fill(t, "code", code)
	v.fill(t, "name", name)
	v.fill(t, "password", buyerPassword)
	v.choose(t, "agree", strconv.Itoa(auth.PrivacyVersion))
	v.press(t, "main form button.button-wide")
}
