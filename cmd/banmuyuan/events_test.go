package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/orders/adopt"
	"banmuyuan/payments"
)

// eventTypes holds the data type of every event and command.
var eventTypes = map[string]any{
	catalog.CmdConfirm: catalog.HoldConfirm{}, catalog.CmdRelease: catalog.HoldRelease{}, catalog.CmdDeliver: catalog.HoldDeliver{},
	catalog.EvtHoldExpired: catalog.HoldExpired{}, catalog.EvtPresaleChanged: catalog.PresaleChanged{},
	catalog.EvtHouseholdsChanged: catalog.HouseholdsChanged{}, catalog.EvtAct: link.Act{}, payments.EvtAct: link.Act{}, orders.EvtAct: link.Act{},

	orders.EvtOrderPlaced: orders.OrderEvent{}, orders.EvtOrderChanged: orders.OrderEvent{}, orders.EvtTicketAccepted: orders.TicketEvent{}, orders.EvtShortageAsked: orders.ShortageEvent{},
	adopt.EvtChanged: adopt.Event{}, catalog.EvtIncomeChanged: catalog.IncomesChanged{},

	payments.CmdAcceptDelivery: payments.AcceptDelivery{}, payments.CmdReverseDelivery: payments.ReverseDelivery{},
	payments.CmdCloseRef: payments.CloseRef{}, payments.CmdReleaseRef: payments.ReleaseRef{}, payments.CmdCancelRef: payments.CancelRef{},
	payments.CmdRefundLate: payments.RefundPayment{}, payments.CmdAcceptLate: payments.AcceptLate{}, payments.CmdTakeCash: payments.TakeCash{}, payments.CmdTakeBack: payments.TakeBack{},
	payments.CmdReleaseDelivery: payments.ReleaseDelivery{}, payments.CmdRefundAhead: payments.RefundAhead{},
	payments.EvtPaymentSucceeded: payments.PaymentEvent{}, payments.EvtPaymentFailed: payments.PaymentEvent{},
	payments.EvtRefClosed: payments.RefEvent{}, payments.EvtRefSettled: payments.RefEvent{}, payments.EvtRefundDone: payments.RefundEvent{},
	payments.EvtPayables: payments.PayablesChanged{}, payments.EvtDispute: payments.DisputeEvent{}, payments.EvtPayoutAccount: payments.PayoutAccountEvent{},
}

// fieldsOf lists the JSON fields of a type with their types, nested fields with their path.
func fieldsOf(t reflect.Type, prefix string) []string {
	switch t.Kind() {
	case reflect.Pointer:
		return fieldsOf(t.Elem(), prefix)
	case reflect.Slice:
		return fieldsOf(t.Elem(), prefix+"[]")
	case reflect.Struct:
	default:
		return []string{prefix + " " + t.String()}
	}
	var list []string
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous && name == "" {
			list = append(list, fieldsOf(f.Type, prefix)...)
			continue
		}
		if name == "" {
			name = f.Name // told under its own name: that, too, is to be seen
		}
		if prefix != "" {
			name = prefix + "." + name
		}
		list = append(list, fieldsOf(f.Type, name)...)
	}
	return list
}

const eventsFile = "testdata/events.golden"

// reviewedFields sound personal and are none: an id of a village and a number of people, of a household without a name; the
// village of a delivery, and its collective's part of the fee.
var reviewedFields = map[string]bool{
	payments.CmdAcceptDelivery + " village int64":                   true,
	payments.CmdAcceptDelivery + " village_fen int64":               true,
	catalog.EvtHouseholdsChanged + " households[].village_id int64": true,
	catalog.EvtHouseholdsChanged + " households[].persons int":      true,
}

var update = flag.Bool("update", false, "write testdata anew")

// TestEventsAreReviewed compares the modules' messages with a list that people have read: a new event, a new field
// or another type of one fails until somebody has seen that it holds no name, phone, id, account number or address, and
// no text that anybody typed, and has written the list anew with -update.
func TestEventsAreReviewed(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	subjects := make([]string, 0, len(eventTypes))
	for subject := range eventTypes {
		subjects = append(subjects, subject)
	}
	slices.Sort(subjects)
	personal := regexp.MustCompile(`(?i)name|phone|holder|number|address|bank|card|login|note|memo|title|label|village|head$|person`)
	for _, subject := range subjects {
		fmt.Fprintln(&b, subject)
		for _, f := range fieldsOf(reflect.TypeOf(eventTypes[subject]), "") {
			fmt.Fprintln(&b, "\t"+f)
			if personal.MatchString(f) && !reviewedFields[subject+" "+f] {
				t.Errorf("%s: field %s sounds personal", subject, f)
			}
		}
	}
	if *update {
		if err := os.WriteFile(eventsFile, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(eventsFile)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("what is told has changed. Read it, then run this test with -update:\n%s", b.String())
	}
}

// TestEveryEventIsInTheList reads the source for subjects, and for the types that are sent under them.
func TestEveryEventIsInTheList(t *testing.T) {
	t.Parallel()
	subject := regexp.MustCompile(`"((?:evt|cmd)\.[a-z]+\.v[0-9]+\.[a-z_.]+)"`)
	named := regexp.MustCompile(`\b((?:Evt|Cmd)[A-Z]\w*)\s*=\s*"((?:evt|cmd)\.[^"]+)"`)
	sent := regexp.MustCompile(`(?:Subject: |\.tell\()(?:\w+\.)?((?:Evt|Cmd)[A-Z]\w*),\s*(?:Data: )?(\w+\.[A-Z]\w*)\{`)
	used := map[string]bool{}
	subjects := map[string]string{} // by the constant's name
	type message struct{ file, constant, data string }
	var messages []message
	for _, module := range []string{"catalog", "orders", "payments", "web", "cmd"} {
		err := filepath.WalkDir(filepath.Join("..", "..", module), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			source, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for _, m := range subject.FindAllStringSubmatch(string(source), -1) {
				used[m[1]] = true
			}
			for _, m := range named.FindAllStringSubmatch(string(source), -1) {
				subjects[m[1]] = m[2]
			}
			for _, m := range sent.FindAllStringSubmatch(string(source), -1) {
				messages = append(messages, message{path, m[1], m[2]})
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for s := range used {
		if eventTypes[s] == nil {
			t.Errorf("%s is not in the list of events", s)
		}
	}
	for s := range eventTypes {
		if !used[s] {
			t.Errorf("%s is in the list and nowhere else", s)
		}
	}
	if len(messages) < 30 {
		t.Fatalf("only %d messages found: the pattern no longer fits the code", len(messages))
	}
	for _, m := range messages {
		if want := reflect.TypeOf(eventTypes[subjects[m.constant]]); want == nil || want.String() != m.data {
			t.Errorf("%s sends %s as %s, the list says %v", m.file, m.data, m.constant, want)
		}
	}
}

// eventsTellNothingPersonal reads everything that the modules of a running product have told each other: nothing but the
// fields that were reviewed, and in them and in the headers nobody's name, phone or account.
func eventsTellNothingPersonal(t *testing.T, w *world) {
	url := ""
	for _, e := range w.env {
		if u, ok := strings.CutPrefix(e, "DATABASE_URL="); ok {
			url = u
		}
	}
	known := map[string][]string{}
	for subject, data := range eventTypes {
		for _, f := range fieldsOf(reflect.TypeOf(data), "") {
			name, _, _ := strings.Cut(f, " ")
			known[subject] = append(known[subject], name)
		}
	}
	var all bytes.Buffer
	seen := map[string]int{}
	for _, module := range []string{moduleCatalog, moduleOrders, modulePayments} {
		db, err := link.OpenDB(t.Context(), url, module, 1)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		rows, err := db.QueryxContext(t.Context(), `SELECT subject, data, headers FROM outbox`)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var subject string
			var data, headers []byte
			if err := rows.Scan(&subject, &data, &headers); err != nil {
				t.Fatal(err)
			}
			all.Write(data)
			all.Write(headers)
			seen[subject]++
			var v any
			if err := json.Unmarshal(data, &v); err != nil {
				t.Fatal(err)
			}
			for _, path := range pathsOf(v, "") {
				if !slices.Contains(known[subject], path) {
					t.Errorf("%s tells %s, which is on no list", subject, path)
				}
			}
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	}
	if seen[orders.EvtOrderPlaced] == 0 || seen[payments.CmdAcceptDelivery] == 0 || seen[payments.EvtPayables] == 0 || seen[payments.EvtRefundDone] == 0 {
		t.Errorf("the story told only %v", seen)
	}
	words := []string{"林晓", "自提", "依安镇"}
	for _, h := range w.county.Households {
		words = append(words, h.Code)
		if len([]rune(h.Head)) > 2 {
			words = append(words, h.Head)
		}
		if h.Phone != "" {
			words = append(words, h.Phone)
		}
	}
	for _, word := range wordsIn(all.Bytes(), words) {
		t.Errorf("an event tells %s", word)
	}
	if m := regexp.MustCompile(`"[^"]*\b1[3-9][0-9]{9}\b[^"]*"`).Find(all.Bytes()); m != nil {
		t.Errorf("an event tells a phone number: %s", m)
	}
}

// wordsIn returns the words that a text holds. It reads the text once for each length that words have, because there are
// tens of thousands of words.
func wordsIn(text []byte, words []string) (held []string) {
	byLength := map[int]map[string]bool{}
	for _, w := range words {
		if byLength[len(w)] == nil {
			byLength[len(w)] = map[string]bool{}
		}
		byLength[len(w)][w] = true
	}
	for n, set := range byLength {
		for i := 0; i+n <= len(text); i++ {
			if set[string(text[i:i+n])] {
				held = append(held, string(text[i:i+n]))
			}
		}
	}
	slices.Sort(held)
	return slices.Compact(held)
}

func TestWordsIn(t *testing.T) {
	t.Parallel()
	words := []string{"王小明", "13900000001", "YA-01", "林晓", "不在"}
	got := wordsIn([]byte(`{"a":"王小明","b":"x13900000001","c":"林晓"}YA-01`), words)
	if want := []string{"13900000001", "YA-01", "林晓", "王小明"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if got := wordsIn([]byte("林"), words); got != nil {
		t.Errorf("%v in a text shorter than all", got)
	}
}

// pathsOf lists the ways to all values of a JSON document, as fieldsOf writes them.
func pathsOf(v any, prefix string) []string {
	switch v := v.(type) {
	case map[string]any:
		var list []string
		for name, inner := range v {
			if prefix != "" {
				name = prefix + "." + name
			}
			list = append(list, pathsOf(inner, name)...)
		}
		return list
	case []any:
		var list []string
		for _, inner := range v {
			list = append(list, pathsOf(inner, prefix+"[]")...)
		}
		return list
	case nil: // a list that is empty
		return nil
	}
	return []string{prefix}
}
