package adopt_test

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"slices"
	"strings"
	"testing"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/orders/adopt"
)

func TestStakeOf(t *testing.T) {
	t.Parallel()
	of := adopt.Parties{Account: 1, SellerOrg: 2, HouseholdID: 3, Reserved: true}
	boxes := []adopt.Part{{HouseholdID: 3}, {HouseholdID: 4}}
	unpaid := of
	unpaid.Reserved = false
	for _, test := range []struct {
		p    adopt.Person
		of   adopt.Parties
		want adopt.Stake
	}{
		{adopt.Person{County: true}, of, adopt.StakeCounty},
		{adopt.Person{Buyer: 1}, of, adopt.StakeAdopter},
		{adopt.Person{Buyer: 9}, of, adopt.StakeNone},
		{adopt.Person{Household: 3}, of, adopt.StakeHousehold},
		{adopt.Person{Household: 4}, of, adopt.StakeHousehold},
		{adopt.Person{Household: 5}, of, adopt.StakeNone},
		{adopt.Person{Org: 2}, of, adopt.StakeSeller},
		{adopt.Person{Org: 2}, unpaid, adopt.StakeNone},
		{adopt.Person{Org: 9}, of, adopt.StakeNone},
		{adopt.Person{}, of, adopt.StakeNone},
		{adopt.Person{}, adopt.Parties{Reserved: true}, adopt.StakeNone},
	} {
		if got := adopt.StakeOf(test.p, test.of, boxes); got != test.want {
			t.Errorf("%+v in %+v: %v", test.p, test.of, got)
		}
	}
}

func TestReadsUpdates(t *testing.T) {
	t.Parallel()
	for _, s := range adopt.States {
		if s.ReadsUpdates() != slices.Contains([]adopt.State{adopt.Reserved, adopt.Growing, adopt.Completed}, s) {
			t.Errorf("%s", s)
		}
	}
}

func TestSees(t *testing.T) {
	t.Parallel()
	b := adopt.Part{HouseholdID: 4}
	for _, test := range []struct {
		s         adopt.Stake
		household int64
		want      bool
	}{{adopt.StakeHousehold, 3, true}, {adopt.StakeHousehold, 4, true}, {adopt.StakeHousehold, 5, false}, {adopt.StakeAdopter, 0, true}, {adopt.StakeSeller, 0, true}, {adopt.StakeCounty, 0, true}} {
		if got := test.s.Sees(3, test.household, b); got != test.want {
			t.Errorf("%v of household %d: %v", test.s, test.household, got)
		}
	}
}

func TestAllow(t *testing.T) {
	t.Parallel()
	now := at("2026-06-05 00:00:00")
	planned := adopt.Part{DueOn: day("2026-06-08"), State: adopt.BoxPlanned, AmountFen: 100, FeeFen: 10, HouseholdID: 4}
	delivered, disputed := planned, planned
	delivered.State, disputed.State = adopt.BoxDelivered, adopt.BoxDisputed
	early := planned
	early.DueOn = day("2026-06-09")
	for _, test := range []struct {
		name      string
		s         adopt.Stake
		household int64
		state     adopt.State
		b         adopt.Part
		want      adopt.Box
	}{
		{"adopter, planned", adopt.StakeAdopter, 0, adopt.Growing, planned, adopt.Box{}},
		{"adopter, delivered", adopt.StakeAdopter, 0, adopt.Growing, delivered, adopt.Box{CanDispute: true}},
		{"household", adopt.StakeHousehold, 4, adopt.Growing, planned, adopt.Box{NetFen: 90, HouseholdID: 4, CanFail: true, CanDeliver: true}},
		{"household, early", adopt.StakeHousehold, 4, adopt.Growing, early, adopt.Box{NetFen: 90, HouseholdID: 4, CanFail: true}},
		{"household, unpaid", adopt.StakeHousehold, 4, adopt.Reserved, planned, adopt.Box{NetFen: 90, HouseholdID: 4, CanFail: true}},
		{"household, cancelled", adopt.StakeHousehold, 4, adopt.Cancelled, planned, adopt.Box{NetFen: 90, HouseholdID: 4}},
		{"household, delivered", adopt.StakeHousehold, 4, adopt.Growing, delivered, adopt.Box{NetFen: 90, HouseholdID: 4}},
		{"another household", adopt.StakeHousehold, 3, adopt.Growing, planned, adopt.Box{NetFen: 90, HouseholdID: 4}},
		{"county", adopt.StakeCounty, 0, adopt.Growing, disputed, adopt.Box{NetFen: 90, HouseholdID: 4, CanDecide: true}},
		{"county, planned", adopt.StakeCounty, 0, adopt.Growing, planned, adopt.Box{NetFen: 90, HouseholdID: 4}},
		{"seller", adopt.StakeSeller, 0, adopt.Growing, delivered, adopt.Box{}},
	} {
		var x adopt.Box
		if x.Allow(test.s, test.household, test.state, test.b, now); x != test.want {
			t.Errorf("%s: %+v", test.name, x)
		}
	}
}

func TestHouseholdSeesNoBuyer(t *testing.T) {
	t.Parallel()
	full := adopt.Adoption{No: "RY1", Buyer: orders.Buyer{AccountID: 5, Name: "欧阳明"}, PriceFen: 9, PaidFen: 1, RefundFen: 2, ForfeitFen: 3, DueFen: 4, DepositFen: 5,
		Delivery: orders.Delivery{Kind: orders.DeliverAddress, Name: "李小红", Phone: "13800000000", Address: "人民路 1 号"}}
	a := full
	a.ForHousehold()
	if text := fmt.Sprintf("%+v", a); strings.Contains(text, "阳明") || strings.Contains(text, "小红") || strings.Contains(text, "138") || strings.Contains(text, "人民路") {
		t.Errorf("%s", text)
	}
	if a.Buyer != (orders.Buyer{Name: "欧*"}) || a.Delivery.Name != "李*" || a.No != "RY1" || a.PriceFen != 9 || a.PaidFen+a.RefundFen+a.ForfeitFen+a.DueFen+a.DepositFen != 0 {
		t.Errorf("%+v", a)
	}
	full.Delivery = orders.Delivery{Kind: orders.DeliverPickup, Name: "李小红", Point: "乡镇服务站", Address: "站前"}
	if full.ForHousehold(); full.Delivery.Point != "乡镇服务站" || full.Delivery.Address != "站前" {
		t.Errorf("%+v", full.Delivery)
	}
	if adopt.Family("") != "*" || adopt.Family("王") != "王*" {
		t.Error("family names")
	}
}

func TestNamesPerson(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"我家的鹅": false, "王大山家的鹅": true, "养了 120 只": false, "2026 年": false, "1234567": true, "123456": false,
		"138 0000 0000": true, "１３８００００": true, "1-2-3-4-5-6": true, "12.34.56.78": false,
	} {
		if adopt.NamesPerson(text, "王大山") != want {
			t.Errorf("%q: %v", text, !want)
		}
	}
	if adopt.NamesPerson("鹅", "") {
		t.Error("a household without a head")
	}
}

func TestCheckOfUpdate(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("字", 1000)
	for text, want := range map[string][]string{"": {"adoption.update.text text"}, " ": {"adoption.update.text text"}, "下雪了": {}, long: {}, long + "字": {"adoption.update.text text"}} {
		r := adopt.PostUpdate{IdempotencyKey: "12345678", Text: text}
		if got := keysOf(r.Check()); !slices.Equal(got, want) {
			t.Errorf("%q: %v", text, got)
		}
	}
	r := adopt.PostUpdate{Text: " 雪 "}
	if got := keysOf(r.Check()); !slices.Equal(got, []string{"order.key.invalid idempotency_key"}) || r.Text != "雪" {
		t.Errorf("%v, %q", got, r.Text)
	}
}

func picture(t *testing.T, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, w, h)), nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestCheckOfPhoto(t *testing.T) {
	t.Parallel()
	good := picture(t, 40, 30)
	w, h, err := adopt.AddPhoto{JPEG: good}.Check()
	if w != 40 || h != 30 || err != nil {
		t.Errorf("%d, %d, %v", w, h, err)
	}
	if _, _, err := (adopt.AddPhoto{JPEG: picture(t, adopt.PhotoMostPixels, 1)}).Check(); err != nil {
		t.Error(err)
	}
	exif := slices.Concat(good[:2], []byte{0xFF, 0xE1, 0, 6, 'E', 'x', 'i', 'f'}, good[2:])
	comment := slices.Concat(good[:2], []byte{0xFF, 0xFE, 0, 4, 'h', 'i'}, good[2:])
	for name, b := range map[string][]byte{
		"empty": nil, "text": []byte("not a picture"), "EXIF": exif, "comment": comment, "data behind the picture": append(slices.Clone(good), 'x'),
		"cut off": good[:len(good)-2], "wide": picture(t, adopt.PhotoMostPixels+1, 1), "high": picture(t, 1, adopt.PhotoMostPixels+1),
	} {
		if _, _, err := (adopt.AddPhoto{JPEG: b}).Check(); link.CodeOf(err) != link.Invalid || keyOf(err) != "adoption.photo.kind" {
			t.Errorf("%s: %v", name, err)
		}
	}
	big := make([]byte, adopt.PhotoMostBytes+1)
	if _, _, err := (adopt.AddPhoto{JPEG: big}).Check(); link.CodeOf(err) != link.TooLarge {
		t.Error(err)
	}
	if _, _, err := (adopt.AddPhoto{JPEG: big[1:]}).Check(); link.CodeOf(err) != link.Invalid {
		t.Error(err)
	}
}
