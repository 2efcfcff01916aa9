package main

import (
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"banmuyuan/cmd/banmuyuan/demodata"
	"banmuyuan/internal/privatepg"
	paymentspg "banmuyuan/payments/postgres"
)

// given reads settings as 'serve' does, in production mode with nothing to complain of, and then those of env.
func given(t *testing.T, env map[string]string) installation {
	t.Helper()
	all := map[string]string{"BANMU_MODE": modeProduction, "BANMU_DEMO": "no", "BANMU_PUBLIC_URL": "https://banmu.example.cn",
		"DATABASE_URL": "postgres://catalog:secret@db/banmuyuan", "NATS_URL": "nats://catalog:secret@broker:4222", "BANMU_KEY": paymentspg.NewKey(), "BANMU_SMS_URL": "https://sms.example.cn/send"}
	maps.Copy(all, env)
	var cli commands
	parser, err := kong.New(&cli, kong.Resolvers(kong.ResolverFunc(func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		for _, name := range flag.Envs {
			if v, ok := all[name]; ok && v != "" {
				return v, nil
			}
		}
		return nil, nil
	})))
	if err != nil {
		t.Fatal(err)
	}
	for name := range all {
		if os.Getenv(name) != "" {
			t.Skipf("%s is set for the test", name)
		}
	}
	if _, err := parser.Parse([]string{"serve"}); err != nil {
		t.Fatal(err)
	}
	return installation{Config: cli.Config, Settings: cli.Serve.Settings, modules: cli.Serve.Modules, demo: cli.Serve.Demo == "auto"}
}

func TestSettingsAreChecked(t *testing.T) {
	if f := given(t, nil).check(); len(f) > 0 {
		t.Fatalf("nothing is wrong, but: %v", f)
	}
	for _, c := range []struct{ name, value, names string }{
		{"BANMU_PAY_WITHIN", "-5m", "BANMU_PAY_WITHIN"},
		{"BANMU_PAY_WITHIN", "soon", "BANMU_PAY_WITHIN"},
		{"BANMU_PAY_WITHIN", "0s", "BANMU_PAY_WITHIN"},
		{"BANMU_PAY_WITHIN_ORG", "90000h", "BANMU_PAY_WITHIN_ORG"},
		{"BANMU_BANK_FILE_LIFE", "1s", "BANMU_BANK_FILE_LIFE"},
		{"BANMU_REFUND_LIMIT", "-1", "BANMU_REFUND_LIMIT"},
		{"BANMU_REFUND_LIMIT", "viele", "BANMU_REFUND_LIMIT"},
		{"BANMU_UNMASK_LIMIT", "0", "BANMU_UNMASK_LIMIT"},
		{"BANMU_CONNECTIONS", "-1", "BANMU_CONNECTIONS"},
		{"BANMU_PUBLIC_URL", "banmu.example.cn", "BANMU_PUBLIC_URL"},
		{"BANMU_PUBLIC_URL", "http://banmu.example.cn", "BANMU_PUBLIC_URL"},
		{"BANMU_PUBLIC_URL", "", "BANMU_PUBLIC_URL"},
		{"BANMU_PAY_URL", "http://pay.example.cn", "BANMU_PAY_URL"},
		{"BANMU_PAY_URL", "https://pay.example.cn/?a=b", "BANMU_PAY_URL"},
		{"BANMU_SMS_URL", "sms.example.cn", "BANMU_SMS_URL"},
		{"BANMU_SMS_URL", "", "BANMU_SMS_URL"},
		{"BANMU_TRUSTED_PROXIES", "10.0.0.0/8,proxy", "BANMU_TRUSTED_PROXIES"},
		{"BANMU_TRUSTED_PROXIES", "0.0.0.0/0", "BANMU_TRUSTED_PROXIES"},
		{"BANMU_METRICS_ADDR", "nowhere", "BANMU_METRICS_ADDR"},
		{"BANMU_KEY", "c2hvcnQ=", "BANMU_KEY"},
		{"BANMU_KEY", "", "BANMU_KEY"},
		{"NATS_URL", "nats://broker:4222", "NATS_URL"},
		{"NATS_URL", "nats://a:b@one,nats://two", "NATS_URL"},
		{"STRIPE_SECRET_KEY", "sk_live_abcdefgh123", "STRIPE_WEBHOOK_SECRET"},
		{"STRIPE_SECRET_KEY", "pk_live_abcdefgh123", "STRIPE_SECRET_KEY"},
		{"STRIPE_SECRET_KEY", "sk_test_abcdefgh123", "STRIPE_SECRET_KEY"},
		{"STRIPE_WEBHOOK_SECRET", "secret", "STRIPE_WEBHOOK_SECRET"},
		{"BANMU_SANDBOX", "yes", "BANMU_SANDBOX"},
		{"BANMU_DEMO", "auto", "BANMU_DEMO"},
		{"BANMU_BANK_NUMBER", demodata.BankNumber, "BANMU_BANK_NUMBER"},
		{"BANMU_BANK_NUMBER", "12", "BANMU_BANK_NUMBER"},
		{"BANMU_STATEMENT_COLUMNS", `{"ref":`, "BANMU_STATEMENT_COLUMNS"},
		{"BANMU_BANK_LAYOUT", "/no/such/file", "BANMU_BANK_LAYOUT"},
		{"BANMU_STYLEGUIDE", "true", "BANMU_STYLEGUIDE"},
	} {
		f := given(t, map[string]string{c.name: c.value}).check()
		found := false
		for _, one := range f {
			found = found || strings.Contains(one.name, c.names)
			if strings.Contains(one.do, " 0m") {
				t.Errorf("%s=%q: %q names a time that is refused", c.name, c.value, one.do)
			}
			if one.problem == "" || one.do == "" {
				t.Errorf("%s=%q: %+v does not say what to do", c.name, c.value, one)
			}
		}
		if !found {
			t.Errorf("%s=%q: %v", c.name, c.value, f)
		}
	}
}

// Without a mail server production mode starts and says that they are off; modules without pages need neither.
func TestCodesByMailAreSaidToBeOff(t *testing.T) {
	i := given(t, nil)
	if off := i.off(); len(off) != 1 || !strings.Contains(off[0], "BANMU_SMTP_URL") {
		t.Errorf("said %v", off)
	}
	i.SMTPURL = "smtps://u:p@smtp.example.cn:465"
	if off := i.off(); len(off) != 0 {
		t.Errorf("with a mail server: %v", off)
	}
	i.SMTPURL, i.SMSURL, i.modules = "", "", []string{moduleOrders}
	if off, f := i.off(), i.check(); len(off)+len(f) != 0 {
		t.Errorf("orders by itself: %v, %v", off, f)
	}
	i.Mode, i.modules = modeDevelopment, []string{"all"}
	if off, f := i.off(), i.check(); len(off)+len(f) != 0 {
		t.Errorf("development: %v, %v", off, f)
	}
}

func TestEveryFaultIsListed(t *testing.T) {
	f := given(t, map[string]string{"BANMU_PAY_WITHIN": "never", "BANMU_PUBLIC_URL": "http://x", "NATS_URL": "nats://x", "BANMU_SANDBOX": "yes"}).check()
	err := f.err(modeProduction)
	if err == nil || strings.Count(err.Error(), "\n") < 4 {
		t.Errorf("%v", err)
	}
}

// Settings for trying the product out start, and where they look real the log says that the mode is not production.
func TestDevelopmentIsNotRefused(t *testing.T) {
	i := given(t, map[string]string{"BANMU_MODE": modeDevelopment, "BANMU_PUBLIC_URL": "http://127.0.0.1:8080", "NATS_URL": "nats://127.0.0.1:4222",
		"BANMU_SANDBOX": "yes", "BANMU_DEMO": "auto"})
	if f := i.check(); len(f) > 0 {
		t.Errorf("%v", f)
	}
	for name, env := range map[string]map[string]string{
		"DATABASE_URL": {"DATABASE_URL": "postgres://a:b@db/x", "BANMU_PUBLIC_URL": "", "BANMU_DEMO": "auto"},
		"https":        {"DATABASE_URL": "", "BANMU_DEMO": "auto"},
		"BANMU_DEMO":   {"DATABASE_URL": "", "BANMU_PUBLIC_URL": ""},
	} {
		env["BANMU_MODE"] = modeDevelopment
		hints := given(t, env).hints()
		if len(hints) != 1 || !strings.Contains(hints[0], name) {
			t.Errorf("%s: %v", name, hints)
		}
		env["BANMU_MODE"] = modeProduction
		if hints := given(t, env).hints(); len(hints) != 0 {
			t.Errorf("%s in production: %v", name, hints)
		}
	}
}

// The demo county with its passwords, a superuser and another key are found before anything is changed.
func TestProductionRefusesTheDemo(t *testing.T) {
	t.Parallel()
	takeTurns(t)
	data := demoData(t)
	pg, err := privatepg.Start(t.Context(), privatepg.Config{Dir: filepath.Join(data, "postgres")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pg.Stop(t.Context()) })
	key, err := os.ReadFile(filepath.Join(data, "key"))
	if err != nil {
		t.Fatal(err)
	}
	env := func(key string) []string {
		return []string{"BANMU_MODE=production", "BANMU_DEMO=no", "BANMU_PUBLIC_URL=https://banmu.example.cn", "BANMU_ADDR=127.0.0.1:0",
			"BANMU_METRICS_ADDR=off", "BANMU_SMS_URL=https://sms.example.cn/send", "DATABASE_URL=" + pg.URL(), "BANMU_KEY=" + key, "BANMU_DATA=" + t.TempDir()}
	}
	_, stderr, code := runProduct(t, env(strings.TrimSpace(string(key))), "serve")
	for _, want := range []string{"demo county is in the database", "demo's password", "superuser"} {
		if code != exitFailed || !strings.Contains(stderr, want) {
			t.Errorf("exit %d, want %q in:\n%s", code, want, stderr)
		}
	}
	if strings.Contains(stderr, "BANMU_KEY") {
		t.Errorf("the right key is refused:\n%s", stderr)
	}
	_, stderr, code = runProduct(t, env(paymentspg.NewKey()), "serve")
	if code != exitFailed || strings.Count(stderr, "BANMU_KEY: ") != 3 {
		t.Errorf("another key, exit %d:\n%s", code, stderr)
	}
	stdout, stderr, code := runProduct(t, append(env(paymentspg.NewKey()), "BANMU_MODE=development"), "verify")
	if code != exitFailed || strings.Count(stdout, "keys.sample") != 2 {
		t.Errorf("verify with another key, exit %d:\n%s\n%s", code, stdout, stderr)
	}
	if _, stderr, code = runProduct(t, env(strings.TrimSpace(string(key))), "demo"); code != exitFailed || !strings.Contains(stderr, "BANMU_MODE") {
		t.Errorf("demo in production, exit %d:\n%s", code, stderr)
	}
}

// Without the demo and without Stripe there is no play money, and figures are not where people reach the pages.
func TestNoPlayMoneyWithoutTheDemo(t *testing.T) {
	t.Parallel()
	takeTurns(t)
	p, stdout := startProduct(t, []string{"BANMU_DATA=" + filepath.Join(t.TempDir(), "data"), "BANMU_ADDR=127.0.0.1:0", "BANMU_DEMO=no"}, "serve")
	url := firstAddress(t, p, stdout)
	for path, want := range map[string]int{"/healthz": 200, "/metrics": 404, "/pay/sandbox/": 404, "/pay/sandbox/style.css": 404} {
		if got := statusOf(t, url+path); got != want {
			t.Errorf("%s: %d, want %d", path, got, want)
		}
	}
	await(t, "the address of the figures", func() (string, bool) {
		_, rest, ok := strings.Cut(p.stderr.String(), "url=http://")
		figures, _, _ := strings.Cut(rest, "\n")
		return figures, ok && statusOf(t, "http://"+figures) == 200
	})
	if !strings.Contains(p.stderr.String(), "BANMU_MODE is not production") {
		t.Errorf("nothing says that this is no production mode:\n%s", p.stderr.String())
	}
}

func statusOf(t *testing.T, url string) int {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.StatusCode
}
