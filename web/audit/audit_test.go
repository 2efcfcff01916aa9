package audit_test

import (
	"testing"
	"time"

	"banmuyuan/web/audit"
)

// chain makes entries as the trail writes them.
func chain(n int) []audit.Entry {
	var all []audit.Entry
	var before []byte
	for i := range n {
		e := audit.Entry{ID: int64(i + 1), At: time.Unix(int64(i), 0), Kind: audit.LoginDone, Account: 7, Login: "operator", Detail: "password"}
		e.Hash = e.Sum(before)
		before = e.Hash
		all = append(all, e)
	}
	return all
}

func flaws(all []audit.Entry) int {
	var c audit.Chain
	n := 0
	for _, e := range all {
		n += len(c.Next(e))
	}
	return n
}

func TestChain(t *testing.T) {
	t.Parallel()
	if n := flaws(chain(5)); n != 0 {
		t.Errorf("a whole chain has %d flaws", n)
	}
	for name, spoil := range map[string]func([]audit.Entry) []audit.Entry{
		"time":    func(a []audit.Entry) []audit.Entry { a[2].At = a[2].At.Add(time.Microsecond); return a },
		"account": func(a []audit.Entry) []audit.Entry { a[2].Account = 8; return a },
		"kind":    func(a []audit.Entry) []audit.Entry { a[2].Kind = audit.LoginFailed; return a },
		"login":   func(a []audit.Entry) []audit.Entry { a[2].Login = "approver"; return a },
		"role":    func(a []audit.Entry) []audit.Entry { a[2].Role = "x"; return a },
		"on":      func(a []audit.Entry) []audit.Entry { a[2].On = "x"; return a },
		"object":  func(a []audit.Entry) []audit.Entry { a[2].Object = "x"; return a },
		"detail":  func(a []audit.Entry) []audit.Entry { a[2].Detail = "x"; return a },
		"network": func(a []audit.Entry) []audit.Entry { a[2].Network = "x"; return a },
		"event":   func(a []audit.Entry) []audit.Entry { a[2].Event = "x"; return a },
		"hash":    func(a []audit.Entry) []audit.Entry { a[2].Hash = a[1].Hash; return a },
		"gap":     func(a []audit.Entry) []audit.Entry { return append(a[:2:2], a[3:]...) },
		"first":   func(a []audit.Entry) []audit.Entry { return a[1:] },
		"moved text": func(a []audit.Entry) []audit.Entry {
			a[2].Login, a[2].Role = "operato", "r"
			return a
		},
		"changed with its hash": func(a []audit.Entry) []audit.Entry {
			a[2].Account = 8
			a[2].Hash = a[2].Sum(a[1].Hash)
			return a
		},
	} {
		if flaws(spoil(chain(5))) == 0 {
			t.Errorf("%s: nothing is noticed", name)
		}
	}
}
