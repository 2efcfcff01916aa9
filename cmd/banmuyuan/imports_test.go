package main

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const self = "banmuyuan/"

// mayImport lists the allowed imports, of the product and of the libraries that belong to one place. An import that is not
// listed is forbidden; a package of a module may import all packages below or beside it in its own module.
var mayImport = []struct {
	packages string // the package, or with /... all below it
	own      []string
}{
	{"internal/money", nil},
	{"internal/state", nil},
	{"internal/entry", []string{"internal/money"}},
	{"internal/search", nil},
	{"internal/table", []string{"internal/entry", "internal/link"}},
	{"internal/link/...", []string{"internal/state", "internal/privatepg", "internal/privatenats"}}, // linktest starts them
	{"internal/backup", nil},
	{"internal/privatepg", nil},
	{"internal/privatenats", nil},
	// A room of the catalogue's store knows its kernel, the contract of the catalogue and the doors it declares.
	{"catalog/postgres/desk", catalogRoomMay},
	{"catalog/postgres/directory", catalogRoomMay},
	{"catalog/postgres/turn", catalogRoomMay},
	{"catalog/...", []string{"catalog", "internal/entry", "internal/search", "internal/money", "internal/state", "internal/link"}},
	{"payments/...", []string{"payments", "internal/entry", "internal/table", "internal/money", "internal/state", "internal/link"}},
	// A room of the order module knows its kernel and the contracts of orders, and the doors it declares; never another room.
	{"orders/postgres/desk", roomMay},
	{"orders/postgres/adopt", roomMay},
	{"orders/postgres/contract", roomMay},
	{"orders/postgres/document", roomMay},
	{"orders/postgres/income", roomMay},
	{"orders/postgres/order", roomMay},
	{"orders/postgres/shelf", roomMay},
	{"orders/postgres/weigh", roomMay},
	// The contract of orders stands below the contracts of its further concepts, which do not know each other.
	{"orders/adopt", conceptMay},
	{"orders/contract", conceptMay},
	{"orders/document", conceptMay},
	{"orders/shelf", conceptMay},
	{"orders", []string{"internal/money", "internal/state", "internal/link", "=catalog", "=payments"}},
	{"orders/...", []string{"orders", "internal/search", "internal/money", "internal/state", "internal/link", "=catalog", "=payments"}},
	// A wing of web knows the ground that package page lays, never another wing, the core or a store.
	{"web/page", wingMay},
	{"web/account", wingMay},
	{"web/county", append(slices.Clone(wingMay), "=web/county/words")},
	{"web/county/words", []string{"=web/audit", "=web/page"}},
	{"web/directory", wingMay},
	{"web/document", wingMay},
	{"web/household", wingMay},
	{"web/card", wingMay},
	{"web/find", wingMay},
	{"web/organisation", wingMay},
	{"web/shop", wingMay},
	{"web", slices.Concat(wingMay, []string{"=web/account", "=web/card", "=web/county", "=web/directory", "=web/document", "=web/find", "=web/household", "=web/organisation", "=web/shop"})},
	{"web/...", []string{"web", "internal/entry", "internal/table", "internal/money", "internal/state", "internal/link", "=catalog", "=orders", "=orders/adopt", "=orders/contract", "=orders/document", "=orders/shelf", "=payments", "=payments/cooling"}},
	{"cmd/...", []string{""}},
}

// conceptMay lists the imports of the contract of a further concept of the order module.
var conceptMay = []string{"=orders", "internal/money", "internal/state", "internal/link", "=catalog", "=payments"}

// wingMay lists the imports of a wing of web.
var wingMay = []string{"=web/page", "=web/api", "=web/audit", "=web/auth", "=web/basket", "=web/live", "=web/notify", "=web/photo", "=web/report", "=web/sheet", "=web/static",
	"internal/entry", "internal/table", "internal/search", "internal/money", "=internal/link", "=catalog", "=orders", "=orders/adopt", "=orders/contract", "=orders/document", "=orders/shelf", "=payments", "=payments/cooling"}

// roomMay lists the imports of a room of the order module.
var roomMay = []string{"=orders", "=orders/adopt", "=orders/contract", "=orders/document", "=orders/shelf", "=orders/postgres/desk",
	"internal/search", "internal/money", "internal/state", "internal/link", "=catalog", "=payments"}

// catalogRoomMay lists the imports of a room of the catalogue's store: the contract of the catalogue and the kernel.
var catalogRoomMay = []string{"=catalog", "=catalog/postgres/desk", "internal/entry", "internal/search", "internal/money", "internal/state", "internal/link"}

// storeOf names the store that alone imports a room, by the room.
var storeOf = map[string]string{"catalog/postgres/directory": "catalog/postgres", "catalog/postgres/turn": "catalog/postgres"}

// libraries that only some may use: the rest of the product is free of them.
var libraryOf = map[string][]string{
	"github.com/stripe/stripe-go":     {"payments/gateway/stripe"},
	"github.com/gorilla/mux":          {"web", "cmd/banmuyuan"},
	"github.com/nats-io/nats-server":  {"internal/privatenats", "internal/link/linktest"},
	"github.com/jmoiron/sqlx":         {"internal/link", "catalog/postgres", "orders/postgres", "payments/ledger", "payments/postgres", "payments/gateway/sandbox", "web/postgres", "cmd/banmuyuan", "cmd/bench"},
	"github.com/lib/pq":               {"internal/link", "catalog/postgres", "orders/postgres", "payments/ledger", "payments/postgres", "payments/gateway/sandbox", "web/postgres", "internal/privatepg", "cmd/banmuyuan", "cmd/bench"},
	"github.com/nats-io/nats.go":      {"internal/link", "internal/privatenats", "catalog", "orders", "payments", "cmd/banmuyuan"},
	"github.com/alexedwards/argon2id": {"web/auth"},
	"github.com/pquerna/otp":          {"web/auth"},
	"github.com/wneessen/go-mail":     {"web/notify"},
	"github.com/xuri/excelize":        {"web", "payments", "orders", "cmd/banmuyuan"},
}

type goPackage struct {
	ImportPath string
	Imports    []string
}

// The import table of the design: modules know each other's contracts only, pages know no store, and one package knows
// each provider.
func TestImports(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "../../...").Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		seen++
		name := strings.TrimPrefix(p.ImportPath, self)
		for _, i := range p.Imports {
			if wrong := forbidden(name, i); wrong != "" {
				t.Errorf("%s imports %s: %s", name, i, wrong)
			}
		}
	}
	if seen < 20 {
		t.Fatalf("only %d packages were looked at", seen)
	}
	// The table itself can fail.
	for _, c := range [][2]string{
		{"internal/money", "banmuyuan/internal/link"}, {"internal/link", "banmuyuan/catalog"}, {"catalog/postgres", "banmuyuan/orders"},
		{"payments", "banmuyuan/orders"}, {"orders/postgres", "banmuyuan/catalog/postgres"}, {"web", "banmuyuan/payments/postgres"},
		{"web", "github.com/jmoiron/sqlx"}, {"web/api", "github.com/stripe/stripe-go/v76"}, {"orders", "banmuyuan/web"},
		{"payments/postgres", "github.com/stripe/stripe-go/v76/client"}, {"catalog", "github.com/gorilla/mux"},
		{"orders/postgres/order", "banmuyuan/orders/postgres/weigh"}, {"orders/postgres/desk", "banmuyuan/orders/postgres/order"},
		{"catalog/postgres/desk", "banmuyuan/catalog/postgres/directory"}, {"catalog/postgres/directory", "banmuyuan/catalog/postgres"},
		{"catalog/postgres/directory", "banmuyuan/catalog/allocate"}, {"catalog/allocate", "banmuyuan/catalog/postgres/directory"},
		{"cmd/banmuyuan", "banmuyuan/catalog/postgres/directory"},
		{"orders", "banmuyuan/orders/shelf"}, {"orders/shelf", "banmuyuan/orders/adopt"},
		{"web/shop", "banmuyuan/web/household"}, {"web/page", "banmuyuan/web/county"}, {"web/page", "banmuyuan/web"}, {"web/county", "banmuyuan/web"},
		{"web", "banmuyuan/web/postgres"}, {"web/county", "banmuyuan/web/webtest"}, {"web/county", "banmuyuan/web/postgres"},
	} {
		if forbidden(c[0], c[1]) == "" {
			t.Errorf("%s may import %s", c[0], c[1])
		}
	}
}

// forbidden says why a package may not import another, or "".
func forbidden(name, imported string) string {
	below := func(path, root string) bool { return path == root || root == "" || strings.HasPrefix(path, root+"/") }
	own, ours := strings.CutPrefix(imported, self)
	if !ours {
		for library, users := range libraryOf {
			if below(imported, library) && !slices.ContainsFunc(users, func(u string) bool { return below(name, u) }) {
				return "only " + strings.Join(users, ", ") + " may"
			}
		}
		return ""
	}
	if store, room := storeOf[own]; room && name != store {
		return "only " + store + " may"
	}
	for _, rule := range mayImport {
		root, all := strings.CutSuffix(rule.packages, "/...")
		if name != root && (!all || !below(name, root)) {
			continue
		}
		if below(own, root) && all {
			return ""
		}
		for _, allowed := range rule.own {
			if exactly, ok := strings.CutPrefix(allowed, "="); ok && own == exactly || !ok && below(own, allowed) {
				return ""
			}
		}
		return "the import table does not allow it"
	}
	return "the package is not in the import table"
}
