package county

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"banmuyuan/payments"
	"banmuyuan/web/page"
)

// Every kind of posting has a word in both languages: accountants do not read what programs call things.
func TestEveryPostingHasAWord(t *testing.T) {
	t.Parallel()
	posted := regexp.MustCompile(`c\.post\("([a-z_.]+)"`)
	kinds := map[string]bool{"payment.deposit": true, "payment.balance": true, "delivery.reversed": true}
	for _, state := range []payments.DisputeState{payments.DisputeInquiry, payments.DisputeOpen, payments.DisputeWon, payments.DisputeLost, payments.DisputeClosed} {
		kinds["dispute."+string(state)] = true
	}
	for _, k := range payments.ReversibleKinds() {
		kinds[k+".reversed"] = true
	}
	files, err := filepath.Glob("../../payments/postgres/*.go")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range posted.FindAllStringSubmatch(string(source), -1) {
			kinds[m[1]] = true
		}
	}
	delete(kinds, "payment.")
	delete(kinds, "dispute.")
	if len(kinds) < 30 {
		t.Fatalf("only %d kinds found: the pattern no longer fits the code", len(kinds))
	}
	said, err := page.NewGlossary(Wing().Messages...)
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("../../payments/ledger/account.go")
	if err != nil {
		t.Fatal(err)
	}
	accounts := regexp.MustCompile(`\bKind\w+\s*=\s*"([a-z_:]+)"`).FindAllStringSubmatch(string(source), -1)
	if len(accounts) < 15 {
		t.Fatalf("only %d kinds of account found", len(accounts))
	}
	for _, m := range accounts {
		names := []string{m[1]}
		if strings.HasSuffix(m[1], ":") { // one for each provider that can be read
			names = []string{m[1] + payments.Sandbox, m[1] + payments.Stripe}
		}
		for _, name := range names {
			if !said.Has("ledger.kind." + name) {
				t.Errorf("account %s has no word", name)
			}
		}
	}
	for kind := range kinds {
		if !said.Has("ledger.txn." + kind) {
			t.Errorf("%s has no word", kind)
		}
	}
}
