package api

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gorilla/mux"

	"banmuyuan/catalog"
	"banmuyuan/internal/entry"
	"banmuyuan/internal/link"
	"banmuyuan/web/auth"
)

type directory struct {
	catalog.Directory
	filter  catalog.EntryFilter
	saved   []catalog.SaveEntry
	retired catalog.RetireEntry
	rows    catalog.BatchRows
	run     catalog.RunBatch
}

func (d *directory) Entries(_ context.Context, f catalog.EntryFilter) (catalog.EntryPage, error) {
	d.filter = f
	return catalog.EntryPage{Items: []catalog.Entry{{Kind: f.Kind, ID: 7}}, Total: 1}, nil
}

func (d *directory) Entry(_ context.Context, r catalog.EntryRef) (catalog.Entry, error) {
	if r.ID != 7 {
		return catalog.Entry{}, link.E(link.NotFound, "directory.entry", "id")
	}
	return catalog.Entry{Kind: r.Kind, ID: 7}, nil
}

func (d *directory) SaveEntry(_ context.Context, r catalog.SaveEntry) (catalog.Entry, error) {
	d.saved = append(d.saved, r)
	if r.Cells["name"] == "" {
		return catalog.Entry{}, catalog.FaultsOf([]entry.Problem{{Field: "name", Key: "entry.missing"}})
	}
	return catalog.Entry{Kind: r.Kind, ID: 7}, nil
}

func (d *directory) RetireEntry(_ context.Context, r catalog.RetireEntry) (catalog.Entry, error) {
	d.retired = r
	return catalog.Entry{}, nil
}

func (d *directory) OpenBatch(_ context.Context, r catalog.OpenBatch) (catalog.Batch, error) {
	return catalog.Batch{ID: 5, Name: r.Name}, nil
}

func (d *directory) AddBatchRows(_ context.Context, r catalog.BatchRows) (catalog.Batch, error) {
	d.rows = r
	return catalog.Batch{ID: r.ID}, nil
}

func (d *directory) RunBatch(_ context.Context, r catalog.RunBatch) (catalog.Batch, error) {
	d.run = r
	return catalog.Batch{ID: r.ID, State: catalog.BatchLoading}, nil
}

// The county keeps its directory over the API as it does on pages; nobody else reads it.
func TestDirectoryIsForTheCounty(t *testing.T) {
	t.Parallel()
	d := &directory{}
	a := New(Services{Directory: d}, nil, nil, "test", func(w http.ResponseWriter, r *http.Request, err error) {
		NewProblem(link.AsError(err), func(e *link.Error) string { return e.Key }, r.URL.Path, "").Write(w)
	})
	r := mux.NewRouter()
	a.Routes(r)
	want := func(role auth.Role, method, path, body string, status int, says ...string) {
		t.Helper()
		req := httptest.NewRequestWithContext(t.Context(), method, Prefix+path, strings.NewReader(body))
		req.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		r.ServeHTTP(w, req.WithContext(auth.WithAccount(req.Context(), &auth.Account{ID: 3, Login: "li", Role: role})))
		if w.Code != status {
			t.Errorf("%s %s as %s: %d, want %d: %s", method, path, role, w.Code, status, w.Body)
		}
		for _, text := range says {
			if !strings.Contains(w.Body.String(), text) {
				t.Errorf("%s %s does not say %s: %s", method, path, text, w.Body)
			}
		}
	}
	want(auth.Operator, "GET", "/directory", "", 200, `"name":"village"`, `"type":"id_number"`, `"code":"raiser"`)
	want(auth.Operator, "GET", "/directory/village?q=东河&retired=true&after=3&limit=9", "", 200, `"total":1`)
	if d.filter != (catalog.EntryFilter{Kind: "village", Query: "东河", Retired: true, After: 3, Limit: 9}) {
		t.Errorf("asked for %+v", d.filter)
	}
	want(auth.Approver, "GET", "/directory/village/7", "", 200)
	want(auth.Approver, "GET", "/directory/village/8", "", 404, "directory.entry")
	want(auth.Operator, "POST", "/directory/township", `{"cells":{"name":"北岗乡"}}`, 201, `"id":7`)
	want(auth.Operator, "PUT", "/directory/township/7", `{"cells":{"name":"南岗乡"},"reason":"改名"}`, 200)
	want(auth.Operator, "PUT", "/directory/township/7", `{"cells":{"name":""}}`, 422, `"field":"name"`)
	if len(d.saved) != 3 || d.saved[0].ID != 0 || d.saved[1].ID != 7 || d.saved[1].Reason != "改名" || d.saved[1].Cells["name"] != "南岗乡" {
		t.Errorf("saved %+v", d.saved)
	}
	want(auth.Operator, "POST", "/directory/township/7/retirement", `{"reason":"撤乡"}`, 200)
	if d.retired != (catalog.RetireEntry{Kind: "township", ID: 7, Reason: "撤乡"}) {
		t.Errorf("retired %+v", d.retired)
	}
	want(auth.Operator, "POST", "/imports", `{"name":"县.xlsx"}`, 201, `"id":5`)
	want(auth.Operator, "POST", "/imports/5/rows", `{"kind":"township","rows":[{"line":2,"cells":{"name":"青禾镇"}}]}`, 200)
	want(auth.Operator, "POST", "/imports/5/run", `{"load":true}`, 200, `"state":"loading"`)
	if d.rows.ID != 5 || d.rows.Kind != "township" || d.rows.Rows[0].Line != 2 || d.run != (catalog.RunBatch{ID: 5, Load: true}) {
		t.Errorf("rows %+v, run %+v", d.rows, d.run)
	}
	for _, role := range []auth.Role{auth.Officer, auth.Clerk, auth.Household, auth.Helper, auth.Buyer} {
		for _, path := range []string{"/directory", "/directory/household", "/directory/household/7", "/imports", "/imports/5/wrong"} {
			want(role, "GET", path, "", 403)
		}
		want(role, "POST", "/directory/township", `{"cells":{"name":"北岗乡"}}`, 403)
	}
}

// Every type of field has a word in the description.
func TestEveryTypeHasAWord(t *testing.T) {
	t.Parallel()
	for _, k := range kindsOf(catalog.Kinds()).Items {
		for _, f := range k.Fields {
			if f.Type == "" {
				t.Errorf("%s.%s has a type without a word", k.Name, f.Name)
			}
		}
	}
}
