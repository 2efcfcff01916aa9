package main

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"banmuyuan/cmd/banmuyuan/demodata"
	"banmuyuan/internal/link"
	"banmuyuan/payments/bankfile"
	paymentspg "banmuyuan/payments/postgres"
	"banmuyuan/web/notify"
)

// Settings are the modules' settings; each is a flag and an environment variable of the commands that start them.
type Settings struct {
	Key                 string `env:"BANMU_KEY" placeholder:"BASE64" help:"Key that id and account numbers are encrypted with: 32 random bytes in base64; several, separated by commas, while it is changed. Made and kept in the data folder when it is not set (${env})."`
	PublicURL           string `env:"BANMU_PUBLIC_URL" placeholder:"URL" help:"How people reach the pages; links on paper and in QR codes start with it (${env}; http://ADDR when not set)."`
	PayURL              string `env:"BANMU_PAY_URL" placeholder:"URL" help:"How people reach the payment module's own pages (${env}; the pages' address when not set)."`
	Secure              bool   `env:"BANMU_SECURE" help:"People reach the pages over HTTPS: cookies are sent over it only. Follows from a public address with https (${env})."`
	TrustedProxies      string `env:"BANMU_TRUSTED_PROXIES" placeholder:"NETWORKS" help:"Networks of the proxies in front of the pages, separated by commas, such as 10.0.0.0/8: only they may say in X-Forwarded-For whom they speak for (${env})."`
	Connections         whole  `env:"BANMU_CONNECTIONS" default:"200" placeholder:"N" help:"Most open connections of one address; this machine and trusted proxies have no bound (${env}, default ${default}; 0 is no bound)."`
	MetricsAddr         string `env:"BANMU_METRICS_ADDR" placeholder:"HOST:PORT" help:"Address of /metrics (${env}; 127.0.0.1:9180, or a free port where that is taken, when not set; 'off' serves none)."`
	DiskFree            whole  `env:"BANMU_DISK_FREE" default:"512" placeholder:"MB" help:"Least megabytes that are free on the disk of the data folder: with fewer the process is not ready, and new orders and payments are refused (${env}, default ${default}; 0 is no bound)."`
	ReadyOutbox         span   `env:"BANMU_READY_OUTBOX" default:"1m" placeholder:"DURATION" help:"Longest wait of an event to be published: after it the process is not ready, and new orders and payments are refused (${env}, default ${default})."`
	ReadyBehind         whole  `env:"BANMU_READY_BEHIND" default:"20000" placeholder:"N" help:"Most events that a module has not applied while it is ready (${env}, default ${default}; 0 is no bound)."`
	ReadyDeadLetters    whole  `env:"BANMU_READY_DEAD_LETTERS" default:"100" placeholder:"N" help:"Most events that a module gave up while it is ready (${env}, default ${default}; 0 is no bound)."`
	StopPause           span   `env:"BANMU_STOP_PAUSE" placeholder:"DURATION" help:"How long a process that is told to stop answers as before and says on /readyz that it stops, so that proxies turn away from it (${env}; 2s with DATABASE_URL and none otherwise, when not set)."`
	PayWithin           span   `env:"BANMU_PAY_WITHIN" default:"30m" placeholder:"DURATION" help:"How long a private buyer has to pay the deposit (${env}, default ${default})."`
	PayWithinOrg        span   `env:"BANMU_PAY_WITHIN_ORG" default:"72h" placeholder:"DURATION" help:"How long an organisation has (${env}, default ${default})."`
	UnpaidOrders        whole  `env:"BANMU_UNPAID_ORDERS" default:"5" placeholder:"N" help:"How many unpaid orders a private buyer may have at once, by account and by verified phone, until the county sets it on its page (${env}, default ${default}; 0 is no limit)."`
	UnpaidPart          whole  `env:"BANMU_UNPAID_PART" default:"2" placeholder:"PERCENT" help:"How much of a presale's quantity the unpaid orders of a private buyer may hold; 50 units may be held of any; until the county sets it (${env}, default ${default}; 0 is no limit)."`
	UnpaidOrdersOrg     whole  `env:"BANMU_UNPAID_ORDERS_ORG" default:"100" placeholder:"N" help:"How many unpaid orders an account of an organisation, which the county opened, may have at once; their part of a presale has no limit; until the county sets it (${env}, default ${default}; 0 is no limit)."`
	BankHolder          string `env:"BANMU_BANK_HOLDER" help:"Holder of the account that buyers transfer to; the county's own entry says it when BANMU_BANK_NUMBER is not set (${env})."`
	BankNumber          string `env:"BANMU_BANK_NUMBER" help:"Its number (${env})."`
	BankName            string `env:"BANMU_BANK_NAME" help:"Its bank (${env})."`
	BankLayout          string `env:"BANMU_BANK_LAYOUT" type:"path" placeholder:"FILE" help:"JSON file that names the columns of payout and result files; see docs/bankfile.md (${env})."`
	BankFileLife        span   `env:"BANMU_BANK_FILE_LIFE" default:"168h" placeholder:"DURATION" help:"How long a payout file is kept, encrypted, before its content is dropped (${env}, default ${default})."`
	Sandbox             string `env:"BANMU_SANDBOX" enum:"auto,yes,no" default:"auto" help:"The sandbox bank, which takes play money: yes, no, or auto, with the demo county only. Never in production mode (${env}, default ${default})."`
	StripeSecretKey     string `env:"STRIPE_SECRET_KEY" placeholder:"KEY" help:"Stripe's secret key: cards, Alipay and WeChat Pay (${env})."`
	StripeWebhookSecret string `env:"STRIPE_WEBHOOK_SECRET" placeholder:"SECRET" help:"Secret of the webhook that Stripe sends to BANMU_PAY_URL/pay/webhooks/stripe (${env})."`
	RefundLimit         whole  `env:"BANMU_REFUND_LIMIT" default:"20000" placeholder:"YUAN" help:"Above so many yuan a second person lets a refund go; 0 is no limit (${env}, default ${default})."`
	AccountCooling      span   `env:"BANMU_ACCOUNT_COOLING" default:"72h" placeholder:"DURATION" help:"How long nothing is paid to a household's payout account after a second person approved it; the household is told and can object; 0 is none; until the county sets it on its page (${env}, default ${default})."`
	UnmaskLimit         whole  `env:"BANMU_UNMASK_LIMIT" default:"40" placeholder:"N" help:"How many id numbers, and as many account numbers, one person may look at in full within 24 hours (${env}, default ${default})."`
	StatementColumns    string `env:"BANMU_STATEMENT_COLUMNS" placeholder:"FILE|JSON" help:"What the bank calls the columns of its statements, as JSON or a file of it; what it leaves out stays as it is (${env})."`
	SMSURL              string `env:"BANMU_SMS_URL" placeholder:"URL" help:"Gateway that text messages are handed to as JSON (${env}); they are only logged when not set, and production mode does not start."`
	SMTPURL             string `env:"BANMU_SMTP_URL" placeholder:"URL" help:"Mail server for codes to buyers without a mainland phone, smtp://USER:PASSWORD@HOST:587 or smtps://USER:PASSWORD@HOST:465 (${env}); when not set they are only logged, and in production mode off."`
	MailFrom            string `env:"BANMU_MAIL_FROM" placeholder:"ADDRESS" help:"Sender of these e-mails (${env})."`
	Styleguide          bool   `env:"BANMU_STYLEGUIDE" hidden:"" help:"Serve /styleguide (${env})."`

	sandboxOn bool // Sandbox, decided
	showCodes bool // the log shows codes that no provider sends: not in production
}

// span is a duration as an operator wrote it. A wrong one is kept for check, which lists it beside the others.
type span struct {
	time.Duration
	text string
	err  error
}

func (s *span) UnmarshalText(b []byte) error { //nolint:unparam // encoding.TextUnmarshaler
	s.text = strings.TrimSpace(string(b))
	s.Duration, s.err = time.ParseDuration(s.text)
	return nil
}

// whole is a whole number as an operator wrote it.
type whole struct {
	n    int64
	text string
	err  error
}

func (c *whole) UnmarshalText(b []byte) error { //nolint:unparam // encoding.TextUnmarshaler
	c.text = strings.TrimSpace(string(b))
	c.n, c.err = strconv.ParseInt(c.text, 10, 64)
	return nil
}

// fault is a setting with which the product does not start.
type fault struct {
	name    string // of the variable
	problem string
	do      string // what the operator does about it
}

func (f fault) String() string { return f.name + ": " + f.problem + ". " + f.do }

// faults are all that is wrong with an installation's settings.
type faults []fault

func (f *faults) add(name, problem, do string) { *f = append(*f, fault{name, problem, do}) }

// err lists all faults, or is nil.
func (f faults) err(mode string) error {
	if len(f) == 0 {
		return nil
	}
	lines := []string{fmt.Sprintf("the settings do not fit, and nothing was started (BANMU_MODE=%s):", mode)}
	for _, one := range f {
		lines = append(lines, "  - "+one.String())
	}
	return fmt.Errorf("%s", strings.Join(lines, "\n"))
}

// installation holds all settings together, to be checked before anything is started.
type installation struct {
	Config
	Settings
	modules []string // that this process runs
	demo    bool     // BANMU_DEMO is not "no"
}

func (i installation) production() bool { return i.Mode == modeProduction }

func (i installation) runs(module string) bool {
	return slices.Contains(i.modules, "all") || slices.Contains(i.modules, module)
}

// check lists everything wrong that can be known without a database.
func (i installation) check() faults {
	var f faults
	i.checkNumbers(&f)
	i.checkAddresses(&f)
	i.checkKey(&f)
	i.checkBank(&f)
	if i.production() {
		i.checkProduction(&f)
	}
	return f
}

func (i installation) checkNumbers(f *faults) {
	const day = 24 * time.Hour
	for _, s := range []struct {
		name        string
		value       span
		least, most time.Duration
	}{
		{"BANMU_DATABASE_WAIT", i.DatabaseWait, time.Second, time.Hour},
		{"BANMU_READY_OUTBOX", i.ReadyOutbox, 5 * time.Second, day},
		{"BANMU_STOP_PAUSE", i.StopPause, 0, 10 * time.Minute},
		{"BANMU_PAY_WITHIN", i.PayWithin, time.Second, 30 * day},
		{"BANMU_PAY_WITHIN_ORG", i.PayWithinOrg, time.Second, 90 * day},
		{"BANMU_ACCOUNT_COOLING", i.AccountCooling, 0, 90 * day},
		{"BANMU_BANK_FILE_LIFE", i.BankFileLife, time.Hour, 400 * day},
	} {
		example := "Give a duration from " + short(s.least) + " to " + short(s.most) + ", such as " + short(2*s.least)
		switch {
		case s.value.text == "": // not from an operator
		case s.value.err != nil:
			f.add(s.name, fmt.Sprintf("%q is not a duration", s.value.text), example)
		case s.value.Duration < s.least || s.value.Duration > s.most:
			f.add(s.name, fmt.Sprintf("%s is out of bounds", s.value.text), example)
		}
	}
	for _, n := range []struct {
		name        string
		value       whole
		least, most int64
	}{
		{"BANMU_DISK_FREE", i.DiskFree, 0, 1_000_000},
		{"BANMU_READY_BEHIND", i.ReadyBehind, 0, 100_000_000},
		{"BANMU_READY_DEAD_LETTERS", i.ReadyDeadLetters, 0, 1_000_000},
		{"BANMU_REFUND_LIMIT", i.RefundLimit, 0, 100_000_000},
		{"BANMU_UNMASK_LIMIT", i.UnmaskLimit, 1, 10_000},
		{"BANMU_UNPAID_ORDERS", i.UnpaidOrders, 0, 1000},
		{"BANMU_UNPAID_PART", i.UnpaidPart, 0, 100},
		{"BANMU_UNPAID_ORDERS_ORG", i.UnpaidOrdersOrg, 0, 100_000},
		{"BANMU_CONNECTIONS", i.Connections, 0, 1_000_000},
	} {
		bounds := fmt.Sprintf("Give a whole number from %d to %d", n.least, n.most)
		switch {
		case n.value.text == "":
		case n.value.err != nil:
			f.add(n.name, fmt.Sprintf("%q is not a whole number", n.value.text), bounds)
		case n.value.n < n.least || n.value.n > n.most:
			f.add(n.name, fmt.Sprintf("%d is out of bounds", n.value.n), bounds)
		}
	}
}

// short writes a duration without zeros at its end.
func short(d time.Duration) string {
	switch {
	case d%time.Hour == 0:
		return fmt.Sprintf("%dh", d/time.Hour)
	case d%time.Minute == 0:
		return fmt.Sprintf("%dm", d/time.Minute)
	}
	return d.String()
}

func (i installation) checkAddresses(f *faults) {
	for _, a := range []struct{ name, value string }{
		{"BANMU_PUBLIC_URL", i.PublicURL}, {"BANMU_PAY_URL", i.PayURL}, {"BANMU_SMS_URL", i.SMSURL},
	} {
		if a.value == "" {
			continue
		}
		u, err := url.Parse(a.value)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
			f.add(a.name, "it is not the address of a web page", "Give one such as https://banmu.example.cn")
		} else if a.name != "BANMU_SMS_URL" && (u.RawQuery != "" || u.Fragment != "" || u.User != nil) {
			f.add(a.name, "it has more than a host and a path", "Leave out what stands before @ and after ? or #")
		}
	}
	if i.SMTPURL != "" {
		if _, err := notify.NewMail(i.SMTPURL, i.MailFrom); err != nil {
			f.add("BANMU_SMTP_URL, BANMU_MAIL_FROM", err.Error(), "Give a server such as smtps://user:password@smtp.example.cn:465, and the sender's address")
		}
	}
	if i.Secure && strings.HasPrefix(i.PublicURL, "http://") {
		f.add("BANMU_SECURE", "the public address has no https", "Begin BANMU_PUBLIC_URL with https://, or unset BANMU_SECURE")
	}
	if _, err := networks(i.TrustedProxies); err != nil {
		f.add("BANMU_TRUSTED_PROXIES", err.Error(), "Give networks separated by commas, such as 10.0.0.0/8,192.168.1.7")
	}
	if i.MetricsAddr != "" && i.MetricsAddr != metricsOff {
		if _, _, err := net.SplitHostPort(i.MetricsAddr); err != nil {
			f.add("BANMU_METRICS_ADDR", "it is not HOST:PORT", "Give an address that the internet does not reach, such as 127.0.0.1:9180, or off")
		}
	}
	for _, a := range []struct{ name, value, scheme string }{{"NATS_URL", i.NATSURL, "nats"}, {"DATABASE_URL", i.DatabaseURL, "postgres"}} {
		if a.scheme == "postgres" {
			if a.value == "" {
				continue
			}
			if _, err := link.DatabaseConfig(a.value); err != nil {
				f.add(a.name, "it is not an address", "Give one such as postgres://user:password@host/banmuyuan, or several hosts: postgres://user:password@host1,host2/banmuyuan")
			}
			continue
		}
		for one := range strings.SplitSeq(a.value, ",") {
			if one = strings.TrimSpace(one); !strings.Contains(one, "://") {
				continue
			}
			if u, err := url.Parse(one); err != nil || u.Scheme == "" {
				f.add(a.name, "it is not an address", "Give one such as "+a.scheme+"://user:password@host")
			}
		}
	}
	if i.DatabaseURL == "" || i.NATSURL == "" {
		if err := checkData(i.Data); err != nil {
			f.add("BANMU_DATA", strings.TrimPrefix(err.Error(), "BANMU_DATA: "), "The default is ./data")
		}
	}
	if !slices.Contains(i.modules, "all") && (i.DatabaseURL == "" || i.NATSURL == "") {
		f.add("DATABASE_URL, NATS_URL", "a module by itself meets the others through shared servers", "Set both, or run 'banmuyuan serve' for everything in one process")
	}
}

// networks reads addresses and networks separated by commas.
func networks(text string) ([]netip.Prefix, error) {
	var all []netip.Prefix
	for one := range strings.SplitSeq(text, ",") {
		if one = strings.TrimSpace(one); one == "" {
			continue
		}
		if addr, err := netip.ParseAddr(one); err == nil {
			all = append(all, netip.PrefixFrom(addr.Unmap(), addr.Unmap().BitLen()))
			continue
		}
		p, err := netip.ParsePrefix(one)
		if err != nil {
			return nil, fmt.Errorf("%q is not a network", one)
		}
		if p.Bits() == 0 {
			return nil, fmt.Errorf("%s is everybody, who could then give any address as theirs", one)
		}
		all = append(all, p.Masked())
	}
	return all, nil
}

func (i installation) checkKey(f *faults) {
	const do = "Make one with 'openssl rand -base64 32', give every process the same, and keep it apart from the database"
	if i.Key == "" {
		if i.DatabaseURL != "" {
			f.add("BANMU_KEY", "with DATABASE_URL the key that account numbers are encrypted with has to be given", do)
		}
		return
	}
	if _, err := paymentspg.ParseKeys(i.Key); err != nil {
		f.add("BANMU_KEY", err.Error(), do)
	}
}

var (
	stripeKey     = regexp.MustCompile(`^(sk|rk)_(test|live)_[A-Za-z0-9]{8,}$`)
	stripeWebhook = regexp.MustCompile(`^whsec_[A-Za-z0-9+/=]{8,}$`)
	bankNumber    = regexp.MustCompile(`^[0-9]{8,30}$`)
)

func (i installation) checkBank(f *faults) {
	if i.StripeSecretKey != "" && !stripeKey.MatchString(i.StripeSecretKey) {
		f.add("STRIPE_SECRET_KEY", "it has not the form of a secret key", "Copy the key that begins with sk_live_ or rk_live_ (sk_test_ to try) from Stripe's dashboard")
	}
	if i.StripeWebhookSecret != "" && !stripeWebhook.MatchString(i.StripeWebhookSecret) {
		f.add("STRIPE_WEBHOOK_SECRET", "it has not the form of a webhook's secret", "Copy the one that begins with whsec_ from the webhook's page")
	}
	if (i.StripeSecretKey == "") != (i.StripeWebhookSecret == "") {
		missing := "STRIPE_SECRET_KEY"
		if i.StripeWebhookSecret == "" {
			missing = "STRIPE_WEBHOOK_SECRET"
		}
		f.add(missing, "the other one of Stripe's two settings is set", "Give both, or neither")
	}
	if i.StripeSecretKey != "" && i.Sandbox == "yes" {
		f.add("BANMU_SANDBOX", "the sandbox bank never stands beside Stripe: play money would pay for real geese", "Unset one of them")
	}
	given := 0
	for _, v := range []string{i.BankHolder, i.BankNumber, i.BankName} {
		if v != "" {
			given++
		}
	}
	if given != 0 && given != 3 {
		f.add("BANMU_BANK_HOLDER, BANMU_BANK_NUMBER, BANMU_BANK_NAME", "one is missing", "Give all three, or none: then the account of the county's entry is paid to")
	}
	if i.BankNumber != "" && !bankNumber.MatchString(strings.ReplaceAll(i.BankNumber, " ", "")) {
		f.add("BANMU_BANK_NUMBER", "it is not an account number", "Give 8 to 30 digits")
	}
	if _, err := bankfile.ParseStatement(i.StatementColumns); err != nil {
		f.add("BANMU_STATEMENT_COLUMNS", err.Error(), "Give JSON, or the name of a file of it, as the README shows")
	}
	if i.BankLayout != "" {
		data, err := os.ReadFile(i.BankLayout)
		if err == nil {
			_, err = bankfile.ParseLayout(data)
		}
		if err != nil {
			f.add("BANMU_BANK_LAYOUT", err.Error(), "See docs/bankfile.md")
		}
	}
}

// checkProduction lists settings that are fit for trying the product out and for nothing else.
func (i installation) checkProduction(f *faults) {
	if i.demo {
		f.add("BANMU_DEMO", "the demo county would be loaded into an empty database", "Set BANMU_DEMO=no")
	}
	if i.Sandbox == "yes" {
		f.add("BANMU_SANDBOX", "the sandbox bank takes play money", "Unset it")
	}
	if strings.HasPrefix(i.StripeSecretKey, "sk_test_") || strings.HasPrefix(i.StripeSecretKey, "rk_test_") {
		f.add("STRIPE_SECRET_KEY", "it is a key for tests, with which no money moves", "Give the live key, or none")
	}
	if i.BankNumber == demodata.BankNumber {
		f.add("BANMU_BANK_NUMBER", "it is the demo county's account", "Give the county's own, or leave it to the county's entry")
	}
	if i.Styleguide {
		f.add("BANMU_STYLEGUIDE", "it is for developers", "Unset it")
	}
	if i.runs(moduleWeb) || i.runs(modulePayments) {
		switch {
		case i.PublicURL == "" && i.runs(moduleWeb):
			f.add("BANMU_PUBLIC_URL", "it is not set", "Give the address with which people reach the pages, beginning with https://")
		case strings.HasPrefix(i.PublicURL, "http://"):
			f.add("BANMU_PUBLIC_URL", "it begins with http://: passwords and numbers would cross the network in the clear", "Put a proxy with TLS in front, and give the https:// address")
		}
		if strings.HasPrefix(i.PayURL, "http://") {
			f.add("BANMU_PAY_URL", "it begins with http://", "Give the https:// address")
		}
	}
	if i.SMSURL == "" && i.runs(moduleWeb) {
		f.add("BANMU_SMS_URL", "no code reaches a phone: nobody can register, reset a forgotten password or change a number, and households are told nothing",
			"Give the address of a gateway for text messages")
	}
	for one := range strings.SplitSeq(i.NATSURL, ",") {
		if one = strings.TrimSpace(one); one == "" {
			continue
		}
		u, err := url.Parse(one)
		if err != nil || u.User == nil || u.User.Username() == "" {
			f.add("NATS_URL", "it has no credentials: whoever reaches the broker reads and sends everything", "Give the one that 'banmuyuan nats-config' prints for this process, nats://USER:PASSWORD@HOST")
			break
		}
	}
}

// off lists the functions that are missing with the settings of production mode, which starts all the same.
func (i installation) off() []string {
	if i.production() && i.SMTPURL == "" && i.runs(moduleWeb) {
		return []string{"codes by e-mail are off, because BANMU_SMTP_URL is not set: buyers without a mainland phone cannot register, and the pages say so"}
	}
	return nil
}

// hints say why an installation looks like a real one. In production mode there are none.
func (i installation) hints() []string {
	var said []string
	if i.DatabaseURL != "" {
		said = append(said, "DATABASE_URL is set")
	}
	if strings.HasPrefix(i.PublicURL, "https://") {
		said = append(said, "the public address has https")
	}
	if !i.demo {
		said = append(said, "BANMU_DEMO is no")
	}
	if i.production() {
		return nil
	}
	return said
}
