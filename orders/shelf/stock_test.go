package shelf_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"banmuyuan/internal/link"
	"banmuyuan/orders/shelf"
)

func TestLeft(t *testing.T) {
	t.Parallel()
	q := shelf.Quantities{Received: 1000, Found: 100, Sold: 1, Kept: 2, Held: 4, Lost: 8, Donated: 16}
	if q.Left() != 1069 {
		t.Errorf("%d", q.Left())
	}
}

func TestTake(t *testing.T) {
	t.Parallel()
	now := at("2026-06-05 08:00:00")
	lot := func(id int64, best string, left int64) shelf.Shelved {
		return shelf.Shelved{ID: id, Code: string(rune('a' + id)), BestBefore: day(best), CostFen: 1000, Quantities: shelf.Quantities{Received: 10, Sold: 10 - left}}
	}
	lots := []shelf.Shelved{lot(1, "2026-06-20", 4), lot(2, "2026-06-10", 3), lot(3, "2026-06-04", 5), lot(4, "2026-06-10", 2), lot(5, "2026-06-05", 1)}
	for _, test := range []struct {
		name      string
		measure   int64
		scanned   string
		fresh     bool
		lots      []int64
		uncovered int64
	}{
		{"expires first", 1, "", false, []int64{5}, 0},
		{"several", 5, "", false, []int64{5, 2, 4}, 0},
		{"past its date last", 12, "", false, []int64{5, 2, 4, 1, 3}, 0},
		{"exactly all", 15, "", false, []int64{5, 2, 4, 1, 3}, 0},
		{"beyond the books", 17, "", false, []int64{5, 2, 4, 1, 3}, 2},
		{"fresh only", 17, "", true, []int64{5, 2, 4, 1}, 7},
		{"scanned", 5, "b", false, []int64{1, 5}, 0},
		{"scanned past its date", 6, "d", false, []int64{3, 5}, 0},
		{"scanned past its date, fresh", 2, "d", true, []int64{5, 2}, 0},
		{"another label", 1, "z", false, []int64{5}, 0},
	} {
		parts, uncovered := shelf.Take(lots, test.measure, test.scanned, test.fresh, now)
		var ids []int64
		sum := uncovered
		for _, p := range parts {
			ids, sum = append(ids, p.Lot), sum+p.Measure
			if p.CostFen != 100*p.Measure {
				t.Errorf("%s: %d of lot %d cost %d", test.name, p.Measure, p.Lot, p.CostFen)
			}
		}
		if !slices.Equal(ids, test.lots) || uncovered != test.uncovered || sum != test.measure {
			t.Errorf("%s: %+v, %d uncovered", test.name, parts, uncovered)
		}
	}
	if parts, uncovered := shelf.Take(nil, 3, "", false, now); len(parts) != 0 || uncovered != 3 {
		t.Errorf("%v, %d", parts, uncovered)
	}
	empty := []shelf.Shelved{lot(1, "2026-06-20", 0), lot(2, "2026-06-20", -2)}
	if parts, uncovered := shelf.Take(empty, 3, "", false, now); len(parts) != 0 || uncovered != 3 {
		t.Errorf("%v, %d", parts, uncovered)
	}
}

func TestTakeNeverTakesMoreThanThereIs(t *testing.T) {
	t.Parallel()
	now := at("2026-06-05 08:00:00")
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 6).Draw(t, "lots")
		lots, left := make([]shelf.Shelved, n), map[int64]int64{}
		var all int64
		for i := range lots {
			q := shelf.Quantities{Received: rapid.Int64Range(1, 50).Draw(t, "received")}
			q.Sold = rapid.Int64Range(0, q.Received).Draw(t, "sold")
			lots[i] = shelf.Shelved{ID: int64(i + 1), BestBefore: day("2026-06-05").AddDate(0, 0, rapid.IntRange(-3, 3).Draw(t, "best")), Quantities: q}
			left[lots[i].ID] = q.Left()
			all += q.Left()
		}
		measure := rapid.Int64Range(1, 200).Draw(t, "measure")
		parts, uncovered := shelf.Take(lots, measure, "", false, now)
		sum := uncovered
		for _, p := range parts {
			if p.Measure <= 0 || p.Measure > left[p.Lot] {
				t.Fatalf("%d of lot %d, which has %d", p.Measure, p.Lot, left[p.Lot])
			}
			delete(left, p.Lot)
			sum += p.Measure
		}
		if sum != measure || uncovered != max(measure-all, 0) {
			t.Fatalf("%d of %d: %+v, %d uncovered", measure, all, parts, uncovered)
		}
	})
}

func TestCheckOfWriteOff(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("字", 200)
	for _, test := range []struct {
		name   string
		change func(*shelf.WriteOff)
		want   []string
	}{
		{"loss", func(*shelf.WriteOff) {}, nil},
		{"loss without a reason", func(r *shelf.WriteOff) { r.Reason = "" }, []string{"shelf.reason reason"}},
		{"loss for another reason", func(r *shelf.WriteOff) { r.Reason = "returned" }, []string{"shelf.reason reason"}},
		{"donation", func(r *shelf.WriteOff) { r.Kind, r.Note = shelf.MovementDonation, "敬老院" }, nil},
		{"donation to nobody", func(r *shelf.WriteOff) { r.Kind, r.Note = shelf.MovementDonation, " " }, []string{"shelf.recipient note"}},
		{"found", func(r *shelf.WriteOff) { r.Kind = shelf.MovementFound }, nil},
		{"another kind", func(r *shelf.WriteOff) { r.Kind = "eaten" }, []string{"shelf.kind kind"}},
		{"nothing", func(r *shelf.WriteOff) { r.Measure = 0 }, []string{"shelf.measure measure"}},
		{"one", func(r *shelf.WriteOff) { r.Measure = 1 }, nil},
		{"most", func(r *shelf.WriteOff) { r.Measure = shelf.MeasureMax }, nil},
		{"too much", func(r *shelf.WriteOff) { r.Measure = shelf.MeasureMax + 1 }, []string{"shelf.measure measure"}},
		{"longest note", func(r *shelf.WriteOff) { r.Note = long }, nil},
		{"long note", func(r *shelf.WriteOff) { r.Note = long + "字" }, []string{"shelf.note note"}},
		{"no key", func(r *shelf.WriteOff) { r.Key = "" }, []string{"order.key.invalid idempotency_key"}},
	} {
		r := shelf.WriteOff{Kind: shelf.MovementLoss, Measure: 5, Reason: "spoiled", Key: "12345678"}
		test.change(&r)
		if got := keysOf(r.Check()); !slices.Equal(got, append([]string{}, test.want...)) {
			t.Errorf("%s: %v", test.name, got)
		}
		if r.Kind != shelf.MovementLoss && r.Kind != "eaten" && r.Reason != "" {
			t.Errorf("%s has the reason %q", test.name, r.Reason)
		}
	}
	for _, kind := range []shelf.MovementKind{shelf.MovementLoss, shelf.MovementDonation, shelf.MovementFound} {
		r := shelf.WriteOff{Kind: kind, Measure: 5}
		if r.CheckLeft(5) != nil || (keyOf(r.CheckLeft(4)) == "shelf.not_so_much") == (kind == shelf.MovementFound) {
			t.Errorf("%s of more than is left", kind)
		}
	}
}

func TestSecondPerson(t *testing.T) {
	t.Parallel()
	for cost, want := range map[int64]shelf.MovementState{0: shelf.MovementDone, shelf.WriteOffLimitFen: shelf.MovementDone, shelf.WriteOffLimitFen + 1: shelf.MovementHeld} {
		if got := shelf.FirstState(cost); got != want {
			t.Errorf("%d fen: %s", cost, got)
		}
	}
	if err := shelf.CheckSecond(7, 7); link.CodeOf(err) != link.Forbidden || keyOf(err) != "shelf.second_person" || shelf.CheckSecond(7, 8) != nil {
		t.Error(err)
	}
	if (shelf.DecideWriteOff{Accept: true}).Step() != shelf.MovementAccept || (shelf.DecideWriteOff{}).Step() != shelf.MovementRefuse {
		t.Error("a decision leads elsewhere")
	}
	for _, test := range []struct {
		s            shelf.MovementState
		org, account int64
		want         bool
	}{{shelf.MovementHeld, 1, 8, true}, {shelf.MovementHeld, 1, 7, false}, {shelf.MovementHeld, 2, 8, false}, {shelf.MovementDone, 1, 8, false}, {shelf.MovementRefused, 1, 8, false}} {
		if got := shelf.Decidable(test.s, 1, 7, test.org, test.account); got != test.want {
			t.Errorf("%+v: %v", test, got)
		}
	}
}

func TestChangeTo(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		kind     shelf.MovementKind
		from, to shelf.MovementState
		want     shelf.Change
	}{
		{shelf.MovementLoss, "", shelf.MovementDone, shelf.Change{Lost: 5}},
		{shelf.MovementLoss, "", shelf.MovementHeld, shelf.Change{Held: 5}},
		{shelf.MovementLoss, shelf.MovementHeld, shelf.MovementDone, shelf.Change{Held: -5, Lost: 5}},
		{shelf.MovementLoss, shelf.MovementHeld, shelf.MovementRefused, shelf.Change{Held: -5}},
		{shelf.MovementDonation, "", shelf.MovementDone, shelf.Change{Donated: 5}},
		{shelf.MovementDonation, "", shelf.MovementHeld, shelf.Change{Held: 5}},
		{shelf.MovementDonation, shelf.MovementHeld, shelf.MovementDone, shelf.Change{Held: -5, Donated: 5}},
		{shelf.MovementDonation, shelf.MovementHeld, shelf.MovementRefused, shelf.Change{Held: -5}},
		{shelf.MovementFound, "", shelf.MovementDone, shelf.Change{Found: 5}},
		{shelf.MovementFound, "", shelf.MovementHeld, shelf.Change{}},
		{shelf.MovementFound, shelf.MovementHeld, shelf.MovementDone, shelf.Change{Found: 5}},
		{shelf.MovementFound, shelf.MovementHeld, shelf.MovementRefused, shelf.Change{}},
	} {
		if got := test.kind.ChangeTo(test.from, test.to, 5); got != test.want {
			t.Errorf("%s, %s to %s: %+v", test.kind, test.from, test.to, got)
		}
	}
}
