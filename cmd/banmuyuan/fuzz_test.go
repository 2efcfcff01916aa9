package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"banmuyuan/catalog"
)

// fuzzFor is how long the API is sent hostile values; BANMU_FUZZ says otherwise, such as 30m.
const fuzzFor = 40 * time.Second

// apiDocument is the part of the OpenAPI document that the fuzzer reads.
type apiDocument struct {
	Paths      map[string]map[string]apiOperation `json:"paths"`
	Components struct {
		Schemas map[string]*apiSchema `json:"schemas"`
	} `json:"components"`
}

type apiOperation struct {
	ID         string `json:"operationId"`
	Parameters []struct {
		Name   string    `json:"name"`
		In     string    `json:"in"`
		Schema apiSchema `json:"schema"`
	} `json:"parameters"`
	RequestBody struct {
		Content map[string]struct {
			Schema apiSchema `json:"schema"`
		} `json:"content"`
	} `json:"requestBody"`
}

type apiSchema struct {
	Ref        string                `json:"$ref"`
	Type       any                   `json:"type"`
	Enum       []any                 `json:"enum"`
	Properties map[string]*apiSchema `json:"properties"`
	Items      *apiSchema            `json:"items"`
}

func (s *apiSchema) is(name string) bool {
	switch t := s.Type.(type) {
	case string:
		return t == name
	case []any:
		return slices.Contains(t, any(name))
	}
	return false
}

// hostileNumbers lie at and beyond the bounds of the columns, of JSON numbers, and of sums.
var hostileNumbers = []string{"0", "-1", "1", "2147483647", "2147483648", "-2147483649", "9007199254740991", "9007199254740992", "9223372036854775807",
	"-9223372036854775808", "9223372036854775808", "1e400", "1.5", "null", `"7"`, "2026", "true"}

var hostileTexts = []string{"", " ", "0", "-1", "9223372036854775807", "zzzzzzzzzzzz", "1y2p0ij32e8e7", "MTIzNDU2Nzg5MDEyMzQ1Njc4OTA", "AAAAAAAAAAA=", "2147483648.9",
	"9999999999,9999999999", "0001-01-01", "9999-12-31", "294277-01-01", "2026-13", "99999-99", "'; DROP TABLE account; --", "<script>", "\u0000", "\ufffd\u202e", "%00", "NaN",
	"县" + strings.Repeat("大", 300), "../../etc/passwd", "{}", "[]", "null"}

// fuzzer makes requests of the document.
type fuzzer struct {
	rand *rand.Rand
	doc  apiDocument
}

func (f *fuzzer) one(list []string) string { return list[f.rand.IntN(len(list))] }

// json writes a value of a schema: of its type mostly, hostile mostly.
func (f *fuzzer) json(s *apiSchema, depth int) string {
	if name, ok := strings.CutPrefix(s.Ref, "#/components/schemas/"); ok {
		s = f.doc.Components.Schemas[name]
	}
	if s == nil || depth > 5 || f.rand.IntN(40) == 0 {
		return f.one(hostileNumbers)
	}
	text := func(v any) string {
		b, err := json.Marshal(v)
		if err != nil {
			return "null"
		}
		return string(b)
	}
	switch {
	case len(s.Enum) > 0 && f.rand.IntN(4) > 0:
		return text(s.Enum[f.rand.IntN(len(s.Enum))])
	case s.is("object"):
		var parts []string
		for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
			if f.rand.IntN(6) > 0 {
				parts = append(parts, text(name)+":"+f.json(s.Properties[name], depth+1))
			}
		}
		return "{" + strings.Join(parts, ",") + "}"
	case s.is("array") && s.Items != nil:
		var parts []string
		for range f.rand.IntN(4) {
			parts = append(parts, f.json(s.Items, depth+1))
		}
		return "[" + strings.Join(parts, ",") + "]"
	case s.is("integer"), s.is("number"):
		return f.one(hostileNumbers)
	case s.is("boolean"):
		return f.one([]string{"true", "false"})
	}
	return text(f.one(hostileTexts))
}

// value is a parameter's: numbers without quotes and other texts.
func (f *fuzzer) value(s *apiSchema) string {
	if s.is("integer") || f.rand.IntN(4) == 0 {
		return strings.Trim(f.one(hostileNumbers), `"`)
	}
	if len(s.Enum) > 0 && f.rand.IntN(3) > 0 {
		return fmt.Sprint(s.Enum[f.rand.IntN(len(s.Enum))])
	}
	return f.one(hostileTexts)
}

// request makes one request of an operation. known are values that name things of the demo county.
func (f *fuzzer) request(method, path string, op apiOperation, known map[string][]string) request {
	query := url.Values{}
	r := request{method: strings.ToUpper(method), header: map[string]string{}}
	for _, p := range op.Parameters {
		v := f.value(&p.Schema)
		if k := known[p.Name]; len(k) > 0 && f.rand.IntN(2) == 0 {
			v = f.one(k)
		}
		switch p.In {
		case "path":
			if v == "" || v == "." || v == ".." {
				v = "x"
			}
			path = strings.ReplaceAll(path, "{"+p.Name+"}", url.PathEscape(v))
		case "query":
			if f.rand.IntN(3) > 0 && p.Name != "wait" {
				query.Set(p.Name, v)
			}
		case "header":
			r.key = fmt.Sprintf("fuzz-%d", f.rand.Int64())
		}
	}
	r.path = strings.TrimPrefix(path, "/api/v1")
	if len(query) > 0 {
		r.path += "?" + query.Encode()
	}
	if body, ok := op.RequestBody.Content["application/json"]; ok {
		r.body = []byte(f.json(&body.Schema, 0))
	}
	return r
}

// TestFuzzAPI sends hostile values to every endpoint of the OpenAPI document as every role: nothing is answered as a defect
// of the server. BANMU_FUZZ makes it longer, BANMU_FUZZ_SEED repeats a run.
func TestFuzzAPI(t *testing.T) {
	t.Parallel()
	takeTurns(t)
	lasts := fuzzFor
	if text := os.Getenv("BANMU_FUZZ"); text != "" {
		var err error
		if lasts, err = time.ParseDuration(text); err != nil {
			t.Fatal(err)
		}
	}
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("BANMU_FUZZ_SEED"); text != "" {
		if _, err := fmt.Sscan(text, &seed); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("BANMU_FUZZ_SEED=%d", seed)
	w := startOneProcess(t)
	f := &fuzzer{rand: rand.New(rand.NewPCG(seed, 0))} // repeatable
	document, err := http.Get(w.url + "/api/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	defer document.Body.Close()
	if err := json.NewDecoder(document.Body).Decode(&f.doc); err != nil {
		t.Fatal(err)
	}
	people := []session{w.stranger()}
	for _, p := range demoPeople() {
		people = append(people, w.as(t, p[0]))
	}
	type call struct {
		method, path string
		op           apiOperation
	}
	var calls []call
	for _, path := range slices.Sorted(maps.Keys(f.doc.Paths)) {
		for _, method := range slices.Sorted(maps.Keys(f.doc.Paths[path])) {
			op := f.doc.Paths[path][method]
			// These end sessions or count tries of passwords, which would leave the fuzzer outside.
			if strings.HasPrefix(path, "/api/v1/sessions") {
				continue
			}
			calls = append(calls, call{method, path, op})
		}
	}
	if len(calls) < 150 {
		t.Fatalf("the document has %d operations", len(calls))
	}
	code := get[catalog.HouseholdPage](t, w.as(t, "household"), "/households").Items[0].Code
	known := map[string][]string{"code": {code}, "season": {fmt.Sprint(w.county.Season)}, "village": {"1", "2"}, "township": {"1"}, "org": {"1", "2"},
		"household": {"1", "2"}, "id": {"1", "2", "3"}}
	seen, found := map[int]int{}, map[string]bool{}
	end := time.Now().Add(lasts)
	for round := 0; round == 0 || time.Now().Before(end); round++ {
		f.rand.Shuffle(len(calls), func(i, j int) { calls[i], calls[j] = calls[j], calls[i] })
		for _, c := range calls {
			if round > 0 && time.Now().After(end) {
				break
			}
			who := people[f.rand.IntN(len(people))]
			if round == 0 && f.rand.IntN(2) == 0 { // once as somebody who may do most things
				who = w.as(t, "operator")
			}
			r := f.request(c.method, c.path, c.op, known)
			a, err := who.try(r)
			if err != nil {
				t.Fatalf("%s %s: %v", r.method, r.path, err)
			}
			seen[a.status]++
			if a.status >= 500 && !found[c.op.ID] {
				found[c.op.ID] = true
				body, _ := r.body.([]byte)
				t.Errorf("%s: %s %s %s\n%d %s", c.op.ID, r.method, r.path, body, a.status, a.body)
			}
		}
	}
	if seen[http.StatusOK] == 0 || seen[http.StatusUnprocessableEntity] == 0 || seen[http.StatusForbidden] == 0 || seen[http.StatusNotFound] == 0 {
		t.Errorf("the answers prove nothing: %v", seen)
	}
	t.Logf("answers by status: %v", seen)
	if t.Failed() {
		w.logTail(t)
	}
}
