package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"banmuyuan/catalog"
	"banmuyuan/orders/contract"
	"banmuyuan/web/audit"
)

var (
	writtenActs = regexp.MustCompile(`(?:link\.Act\{Kind: |c\.did\(|quotaAct\()"([a-z_]+\.[a-z_]+)"`)
	decidedActs = regexp.MustCompile(`(?:c\.decided\(|desk\.Decided\(ctx, tx, )"([a-z_]+)"`)
)

// sources are the product's own Go files below some folders, with their text.
func sources(t *testing.T, folders ...string) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, folder := range folders {
		err := filepath.WalkDir("../../"+folder, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			found[path] = string(text)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return found
}

// Every act that a module publishes for the audit trail has words, and its area can be chosen on the page.
func TestActsHaveWords(t *testing.T) {
	t.Parallel()
	acts := map[string]bool{}
	for _, text := range sources(t, "catalog", "orders", "payments") {
		for _, m := range writtenActs.FindAllStringSubmatch(text, -1) {
			acts[m[1]] = true
		}
		for _, m := range decidedActs.FindAllStringSubmatch(text, -1) {
			acts["decision."+m[1]] = true
		}
	}
	for _, e := range contract.Machine.Events() {
		acts["contract."+string(e)] = true
	}
	for _, e := range catalog.PresaleMachine.Events() {
		acts["presale."+string(e)] = true
	}
	for _, e := range catalog.SeasonMachine.Events() {
		acts["season."+string(e)] = true
	}
	if len(acts) < 40 {
		t.Fatalf("found %d acts only", len(acts))
	}
	for act := range acts {
		area, _, _ := strings.Cut(act, ".")
		for _, key := range []string{"audit." + act, "audit.area." + area} {
			if _, ok := audit.Messages[key]; !ok {
				t.Errorf("no words for %s", key)
			}
		}
	}
}

// withoutEntry are the files that hold no data of people: empty forms, and play data of the sandbox bank.
var withoutEntry = map[string]bool{"payoutSample": true, "template": true, "accountTemplate": true, "setupTemplate": true}

// notedElsewhere are the files with an entry that is written where they are made, for pages and API alike.
var notedElsewhere = map[string]bool{"payoutFile": true, "reportFile": true, "sendSheet": true, "send": true}

var (
	funcs = regexp.MustCompile(`(?m)^func (?:\([^)]*\) )?(\w+)\([\s\S]*?\n}\n`)
	sends = regexp.MustCompile(`page\.SendFile\(|\.sendSheet\(|list\.send\(`)
)

// Every page that hands a file over writes into the audit trail that it did.
func TestFilesAreInTheTrail(t *testing.T) {
	t.Parallel()
	n := 0
	for path, text := range sources(t, "web") {
		for _, f := range funcs.FindAllStringSubmatch(text, -1) {
			if !sends.MatchString(f[0]) || withoutEntry[f[1]] || notedElsewhere[f[1]] {
				continue
			}
			n++
			if !strings.Contains(f[0], "auth.NoteExport(") {
				t.Errorf("%s: %s hands a file over without an entry in the audit trail", path, f[1])
			}
		}
	}
	if n < 6 {
		t.Errorf("looked at %d pages only", n)
	}
}
