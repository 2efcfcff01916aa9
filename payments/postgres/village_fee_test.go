package postgres_test

import (
	"testing"

	"pgregory.net/rapid"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
)

// fromVillage delivers goods of a household for a gross price with a fee, of which a village has a part.
func (b *bundle) fromVillage(id int64, ref string, gross, fee, village, part int64) {
	b.t.Helper()
	b.command(payments.CmdAcceptDelivery, payments.AcceptDelivery{DeliveryID: id, Ref: ref, Coop: 7, OccurredAt: b.clock.now().Unix(), Village: village, VillageFen: part,
		Shares: []payments.DeliveryShare{{SourceKey: "ticket:" + ref, Household: 17, GrossFen: gross, FeeFen: fee}}})
}

// A village's part of a fee waits with the household, is paid like the part of a distribution, and goes back with its delivery:
// the part that was paid by then is kept back.
func TestVillageEarnsItsPartOfAFee(t *testing.T) {
	b := setup(t)
	b.deposit("order:1", 100_00)
	b.fromVillage(1, "order:1", 100_00, 5_00, 3, 1_20)
	b.wantOrg(3, payments.OrgVillage, 1_20, 0, 1_20, 0, 0, 0)
	b.wantOrg(7, payments.OrgCoop, 3_80, 0, 3_80, 0, 0, 0)
	b.tooMuch(3, payments.OrgVillage, 1)
	b.close("order:1", 1)
	b.command(payments.CmdReleaseRef, payments.ReleaseRef{Ref: "order:1"})
	b.wantOrg(3, payments.OrgVillage, 1_20, 0, 0, 0, 0, 1_20)
	b.wantOrg(7, payments.OrgCoop, 3_80, 0, 0, 0, 0, 3_80)
	b.wantHousehold(17, 0, 95_00, 0, 0)
	b.verify()

	b.tooMuch(3, payments.OrgVillage, 1_21)
	b.payOrg(3, payments.OrgVillage, 1_00, "village-fee")
	b.verify()
	for range 2 {
		b.command(payments.CmdReverseDelivery, payments.ReverseDelivery{Ref: "order:1", DeliveryID: 1})
	}
	if over, owed := b.balanceOf("receivable_village:village:3"), -b.balanceOf("payable_village:village:3"); over != 1_00 || owed != 0 {
		t.Errorf("the village owes %d and is owed %d", over, owed)
	}
	if got := b.balanceOf("payable_coop:org:7"); got != 0 {
		t.Errorf("the cooperative is owed %d", -got)
	}
	b.verify()
	b.fromVillage(2, "order:1", 90_00, 4_50, 3, 1_08)
	b.close("order:1", 2)
	b.work()
	b.command(payments.CmdReleaseRef, payments.ReleaseRef{Ref: "order:1"})
	b.tooMuch(3, payments.OrgVillage, 9)
	b.payOrg(3, payments.OrgVillage, 8, "village-rest")
	s := b.villageMoney(3)
	want := []struct {
		kind     payments.VillageEntryKind
		fen      int64
		delivery int64
	}{{payments.VillageFee, 1_20, 1}, {payments.VillagePaid, -1_00, 0}, {payments.VillageFeeBack, -1_20, 1}, {payments.VillageFee, 1_08, 2}, {payments.VillagePaid, -8, 0}}
	if len(s.Items) != len(want) || s.BalanceFen != 0 {
		t.Fatalf("statement %+v", s)
	}
	for i, w := range want {
		if e := s.Items[i]; e.Kind != w.kind || e.AmountFen != w.fen || e.Delivery != w.delivery || (e.Ref == "order:1") != (w.delivery != 0) {
			t.Errorf("entry %d: %+v, want %+v", i, e, w)
		}
	}
	fees, err := b.svc.VillageFees(system(), payments.None{})
	if err != nil || len(fees.Items) != 1 || fees.Items[0] != (payments.VillageFeeSum{Village: 3, Deliveries: 1, AmountFen: 1_08}) {
		t.Errorf("fees %+v, %v", fees, err)
	}
	_, err = b.svc.VillageFees(operator, payments.None{})
	wantCode(t, err, link.Forbidden, "forbidden")
	b.verify()
}

// A delivery sent again with another part is another delivery.
func TestVillagesPartIsOfTheDelivery(t *testing.T) {
	b := setup(t)
	b.fromVillage(1, "order:1", 100_00, 5_00, 3, 1_20)
	b.fromVillage(1, "order:1", 100_00, 5_00, 3, 1_20)
	for _, other := range []payments.AcceptDelivery{{Village: 3, VillageFen: 1_21}, {Village: 4, VillageFen: 1_20}, {}} {
		other.DeliveryID, other.Ref, other.Coop, other.OccurredAt = 1, "order:1", 7, b.clock.now().Unix()
		other.Shares = []payments.DeliveryShare{{SourceKey: "ticket:order:1", Household: 17, GrossFen: 100_00, FeeFen: 5_00}}
		if err := b.tryCommand(payments.CmdAcceptDelivery, other); link.CodeOf(err) != link.Conflict {
			t.Errorf("%d of village %d: %v", other.VillageFen, other.Village, err)
		}
	}
	b.verify()
}

// owedTo sums the accounts of a kind.
func (b *bundle) owedTo(kind string) (fen int64) {
	b.t.Helper()
	err := b.db.Get(&fen, `
		SELECT coalesce(-sum(l.balance), 0)::bigint FROM ledger_account a JOIN ledger_balance l ON l.account_id = a.id WHERE a.kind = $1`, kind)
	if err != nil {
		b.t.Fatal(err)
	}
	return fen
}

// Whatever is delivered, corrected and paid, the parts of villages and cooperative come to the fees, and nothing is left over.
func TestNoFenOfAFeeIsLost(t *testing.T) {
	b := setup(t)
	next := int64(0)
	rapid.Check(t, func(rt *rapid.T) {
		coop, villages := b.owedTo("payable_coop"), b.owedTo("payable_village")
		var fees, parts int64
		for range rapid.IntRange(1, 4).Draw(rt, "deliveries") {
			next++
			ref := "order:" + string(rune('a'+next%26)) + string(rune('a'+next/26%26)) + string(rune('a'+next/676))
			gross := rapid.Int64Range(1, 1_000_000).Draw(rt, "gross")
			fee := rapid.Int64Range(0, gross).Draw(rt, "fee")
			part := rapid.Int64Range(0, fee).Draw(rt, "part")
			b.fromVillage(next, ref, gross, fee, 1+next%2, part)
			if rapid.Bool().Draw(rt, "reversed") {
				b.command(payments.CmdReverseDelivery, payments.ReverseDelivery{Ref: ref, DeliveryID: next})
				continue
			}
			fees, parts = fees+fee, parts+part
		}
		coop, villages = b.owedTo("payable_coop")-coop, b.owedTo("payable_village")-villages
		if villages != parts || coop != fees-parts {
			rt.Fatalf("of fees of %d villages got %d of %d, the cooperative %d", fees, villages, parts, coop)
		}
	})
	b.verify()
}

func TestVerifyFindsAVillagesPartThatIsWrong(t *testing.T) {
	b := setup(t)
	b.fromVillage(1, "order:1", 100_00, 5_00, 3, 1_20)
	b.verify()
	for query, checks := range map[string][]string{
		`UPDATE delivery SET village_fen = 119`: {"villages.owed", "villages.fees", "orgs.coops"},
		`UPDATE delivery SET village = 4`:       {"villages.owed", "villages.fees"},
	} {
		if _, err := b.db.Exec(query); err != nil {
			t.Fatal(err)
		}
		found := map[string]bool{}
		for _, f := range b.findings() {
			found[f.Check] = true
		}
		for _, check := range checks {
			if !found[check] {
				t.Errorf("%s: verify does not find %s: %v", query, check, found)
			}
		}
		if _, err := b.db.Exec(`UPDATE delivery SET village = 3, village_fen = 120`); err != nil {
			t.Fatal(err)
		}
	}
	b.verify()
}
