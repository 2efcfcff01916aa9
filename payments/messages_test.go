package payments_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
)

var (
	// Keys reach people through these; other dotted strings are kinds of ledger transactions.
	keyUse      = regexp.MustCompile(`(?:link\.E\([^"]*|Add\(|fail\(|Key: |FailureKey: |why = payments\.RefundByBank, |FailureKey = .*|reason = |problems?\{[^"]*|refund\(.*)"((?:payment|refund|transfer|cash|payout|statement|recon)\.[a-z_.]+)"`)
	placeholder = regexp.MustCompile(`\{[a-z]+\}`)
)

func TestEveryKeyHasSentences(t *testing.T) {
	used := map[string]bool{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range keyUse.FindAllStringSubmatch(string(src), -1) {
			used[m[1]] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(used) < 50 {
		t.Fatalf("found only %d keys: the pattern no longer fits the code", len(used))
	}
	for key := range used {
		if _, ok := payments.Messages[key]; !ok && link.Messages[key] == [2]string{} {
			t.Errorf("%s has no sentences", key)
		}
	}
	for key, m := range payments.Messages {
		zh, en := placeholder.FindAllString(m[0], -1), placeholder.FindAllString(m[1], -1)
		if m[0] == "" || m[1] == "" || len(zh) != len(en) {
			t.Errorf("%s: %q and %q do not say the same", key, m[0], m[1])
		}
	}
}
