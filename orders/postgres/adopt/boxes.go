package adopt

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders/adopt"
	"banmuyuan/orders/postgres/desk"
	"banmuyuan/payments"
)

// boxSource is how payments and the income ledger know what a household is owed for a box.
func boxSource(adoption int64, no int) string { return fmt.Sprintf("adoption:%d:%d", adoption, no) }

// moveBox takes a box of a locked adoption to its next state.
func moveBox(ctx context.Context, tx *sqlx.Tx, b *boxRow, step adopt.BoxStep) error {
	to, err := b.State.Next(step)
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `UPDATE adoption_box SET state = $3 WHERE adoption_id = $1 AND no = $2`, b.AdoptionID, b.No, string(to)); err != nil {
		return fmt.Errorf("move box %d of adoption %d: %w", b.No, b.AdoptionID, err)
	}
	b.State = to
	return nil
}

// withBox runs fn on a locked adoption and its boxes, at the one named, for somebody with that stake.
func (m *Room) withBox(ctx context.Context, number string, no int, need stake, fn func(tx *sqlx.Tx, a *adoptionRow, boxes []boxRow, at int) error) (adopt.Adoption, error) {
	found, known, s, household, err := m.findAdoption(ctx, number)
	if err != nil {
		return adopt.Adoption{}, err
	}
	if s != need {
		return adopt.Adoption{}, desk.ErrRole()
	}
	mine := func(b boxRow) bool { return b.No == no && (need != stakeHousehold || b.HouseholdID == household) }
	if !slices.ContainsFunc(known, mine) {
		return adopt.Adoption{}, link.E(link.NotFound, "adoption.box.unknown", "no")
	}
	err = m.Tx(ctx, func(tx *sqlx.Tx) error {
		a, err := lockAdoption(ctx, tx, found.ID)
		if err != nil {
			return err
		}
		boxes, err := boxesOf(ctx, tx, a.ID)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(boxes[a.ID], mine)
		if at < 0 { // another household fills it by now
			return link.E(link.Conflict, "adoption.box.wrong_state", "no", "state", string(adopt.BoxFailed))
		}
		return fn(tx, a, boxes[a.ID], at)
	})
	if err != nil {
		return adopt.Adoption{}, err
	}
	return m.Adoption(ctx, adopt.Ref{No: number})
}

// DeliverBox: the box was handed over. From now on the household is owed its part.
func (m *Room) DeliverBox(ctx context.Context, r adopt.BoxRequest) (adopt.Adoption, error) {
	return m.withBox(ctx, r.AdoptionNo, r.No, stakeHousehold, func(tx *sqlx.Tx, a *adoptionRow, boxes []boxRow, at int) error {
		b := &boxes[at]
		if b.State == adopt.BoxDelivered || b.State == adopt.BoxSettled { // handed over twice is handed over
			return nil
		}
		now := m.Now()
		switch {
		case a.State == adopt.Reserved:
			return link.E(link.Conflict, "adoption.box.unpaid", "no")
		case a.State != adopt.Growing:
			return link.E(link.Conflict, "adoption.wrong_state", "no", "state", string(a.State))
		case tooEarly(*b, now):
			return link.E(link.Conflict, "adoption.box.early", "no", "days", strconv.Itoa(earlyDays))
		}
		if err := moveBox(ctx, tx, b, adopt.BoxDeliver); err != nil {
			return err
		}
		release := now.Add(time.Duration(a.InspectHours) * time.Hour)
		var delivery int64
		err := tx.GetContext(ctx, &delivery, `
			UPDATE adoption_box SET done_at = $3, release_at = $4, delivery_id = nextval(pg_get_serial_sequence('delivery', 'id'))
			WHERE adoption_id = $1 AND no = $2 RETURNING delivery_id`, a.ID, b.No, now, release)
		if err != nil {
			return fmt.Errorf("deliver box %d of adoption %d: %w", b.No, a.ID, err)
		}
		if err := writeBoxIncome(ctx, tx, a.ID); err != nil {
			return err
		}
		m.income.ForgetAverages()
		if err := m.adoptionMoved(ctx, tx, a.ID, a.State, "adoption.timeline.delivered", "no", strconv.Itoa(b.No)); err != nil {
			return err
		}
		return link.Publish(ctx, tx,
			link.Message{Subject: catalog.CmdDeliver, Data: catalog.HoldDeliver{OrderID: a.ID, Line: 1, Lots: []int64{b.LotID},
				Delivered: []int64{b.Qty}, Returned: []int64{0}}},
			link.Message{Subject: payments.CmdAcceptDelivery, Data: payments.AcceptDelivery{DeliveryID: delivery,
				Ref: adopt.PaymentRef(a.ID), Coop: a.SellerOrg, OccurredAt: now.Unix(), Shares: []payments.DeliveryShare{{
					SourceKey: boxSource(a.ID, b.No), Household: b.HouseholdID, GrossFen: b.AmountFen, FeeFen: b.FeeFen}}}})
	})
}

var failReasons = []string{"died", "hail", "harvest", "quality", "other"}

// FailBoxes: a box will not come from this household, or it and all later ones. As the adopter chose, another household
// is looked for or the box's part of the price goes back.
func (m *Room) FailBoxes(ctx context.Context, r adopt.FailBox) (adopt.Adoption, error) {
	var problems link.Problems
	if !slices.Contains(failReasons, r.Reason) {
		problems.Add("adoption.box.reason", "reason")
	}
	note, ok := desk.CleanText(r.Note, desk.NoteMax)
	if !ok {
		problems.Add("order.note", "note", "max", fmt.Sprint(desk.NoteMax))
	}
	if err := problems.Err(); err != nil {
		return adopt.Adoption{}, err
	}
	return m.withBox(ctx, r.AdoptionNo, r.No, stakeHousehold, func(tx *sqlx.Tx, a *adoptionRow, boxes []boxRow, at int) error {
		if !a.State.Can(adopt.StepComplete) {
			return link.E(link.Conflict, "adoption.wrong_state", "no", "state", string(a.State))
		}
		household := boxes[at].HouseholdID
		for i := range boxes {
			b := &boxes[i]
			if i != at && (!r.Rest || b.No < r.No || b.HouseholdID != household || b.State != adopt.BoxPlanned) {
				continue
			}
			if b.State == adopt.BoxSeeking || b.State == adopt.BoxFailed { // reported before
				continue
			}
			if err := m.failBox(ctx, tx, a, b, r.Reason, note); err != nil {
				return err
			}
		}
		return m.balanceOut(ctx, tx, a)
	})
}

// failBox gives a box's stock up and starts to look for another household, or leaves its money to balanceOut.
func (m *Room) failBox(ctx context.Context, tx *sqlx.Tx, a *adoptionRow, b *boxRow, reason, note string) error {
	step, story := adopt.BoxFail, "adoption.timeline.failed"
	if a.OnFailure == adopt.FailureReplace {
		step, story = adopt.BoxSeek, "adoption.timeline.seeking"
	}
	if err := moveBox(ctx, tx, b, step); err != nil {
		return err
	}
	b.Tried = append(b.Tried, b.HouseholdID)
	_, err := tx.ExecContext(ctx, `
		UPDATE adoption_box SET reason = $3, note = $4, tried = $5, seek_at = CASE WHEN state = 'seeking' THEN $6::timestamptz END,
		       done_at = CASE WHEN state = 'failed' THEN $6::timestamptz END
		WHERE adoption_id = $1 AND no = $2`, a.ID, b.No, reason, note, b.Tried, m.Now())
	if err != nil {
		return fmt.Errorf("fail box %d of adoption %d: %w", b.No, a.ID, err)
	}
	if err := writeBoxIncome(ctx, tx, a.ID); err != nil {
		return err
	}
	if err := m.AddTimeline(ctx, tx, []int64{a.ID}, story, map[string]string{"no": strconv.Itoa(b.No), "reason": "adoption.reason." + reason}); err != nil {
		return err
	}
	lost := reason == "died" || reason == "hail"
	return link.Publish(ctx, tx, link.Message{Subject: catalog.CmdDeliver, Data: catalog.HoldDeliver{OrderID: a.ID, Line: 1,
		Lots: []int64{b.LotID}, Delivered: []int64{0}, Returned: []int64{b.Qty}, Lost: lost}})
}

// DisputeBox keeps a box's money back until the county has looked.
func (m *Room) DisputeBox(ctx context.Context, r adopt.DisputeBox) (adopt.Adoption, error) {
	note, ok := desk.CleanText(r.Note, desk.NoteMax)
	if !ok || note == "" {
		return adopt.Adoption{}, link.E(link.Invalid, "adoption.box.note", "note", "max", fmt.Sprint(desk.NoteMax))
	}
	return m.withBox(ctx, r.AdoptionNo, r.No, stakeAdopter, func(tx *sqlx.Tx, a *adoptionRow, boxes []boxRow, at int) error {
		b := &boxes[at]
		if b.State == adopt.BoxDisputed {
			return nil
		}
		if err := moveBox(ctx, tx, b, adopt.BoxDispute); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `UPDATE adoption_box SET note = $3 WHERE adoption_id = $1 AND no = $2`, a.ID, b.No, note); err != nil {
			return fmt.Errorf("dispute box %d of adoption %d: %w", b.No, a.ID, err)
		}
		return m.adoptionMoved(ctx, tx, a.ID, a.State, "adoption.timeline.disputed", "no", strconv.Itoa(b.No))
	})
}

// DecideBox ends a dispute: the household is released, or the delivery is taken back and refunded.
func (m *Room) DecideBox(ctx context.Context, r adopt.DecideBox) (adopt.Adoption, error) {
	if a := link.ActorFrom(ctx); a.Role != desk.RoleOperator && a.Role != desk.RoleAdmin && !a.System {
		return adopt.Adoption{}, desk.Denied(a)
	}
	note, ok := desk.CleanText(r.Note, desk.NoteMax)
	if !ok {
		return adopt.Adoption{}, link.E(link.Invalid, "order.note", "note", "max", fmt.Sprint(desk.NoteMax))
	}
	return m.withBox(ctx, r.AdoptionNo, r.No, stakeCounty, func(tx *sqlx.Tx, a *adoptionRow, boxes []boxRow, at int) error {
		b := &boxes[at]
		if r.Came && b.State == adopt.BoxSettled || !r.Came && b.State == adopt.BoxFailed {
			return nil
		}
		args := map[string]string{"no": strconv.Itoa(b.No), "note": note}
		if r.Came {
			if err := moveBox(ctx, tx, b, adopt.BoxUphold); err != nil {
				return err
			}
			if err := m.AddTimeline(ctx, tx, []int64{a.ID}, "adoption.timeline.upheld", args); err != nil {
				return err
			}
			if err := m.releaseBox(ctx, tx, a, b); err != nil {
				return err
			}
			return m.balanceOut(ctx, tx, a)
		}
		if err := moveBox(ctx, tx, b, adopt.BoxReject); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM income_entry WHERE source_key = $1`, boxSource(a.ID, b.No)); err != nil {
			return fmt.Errorf("take back income of box %d: %w", b.No, err)
		}
		m.income.ForgetAverages()
		if err := m.AddTimeline(ctx, tx, []int64{a.ID}, "adoption.timeline.rejected", args); err != nil {
			return err
		}
		err := link.Publish(ctx, tx,
			link.Message{Subject: payments.CmdReverseDelivery, Data: payments.ReverseDelivery{DeliveryID: *b.DeliveryID, Ref: adopt.PaymentRef(a.ID)}},
			link.Message{Subject: catalog.CmdDeliver, Data: catalog.HoldDeliver{OrderID: a.ID, Line: 1, Lots: []int64{b.LotID},
				Delivered: []int64{-b.Qty}, Returned: []int64{b.Qty}, Lost: true}})
		if err != nil {
			return err
		}
		return m.balanceOut(ctx, tx, a)
	})
}

func (m *Room) releaseBox(ctx context.Context, tx *sqlx.Tx, a *adoptionRow, b *boxRow) error {
	return link.Publish(ctx, tx, link.Message{Subject: payments.CmdReleaseDelivery,
		Data: payments.ReleaseDelivery{DeliveryID: *b.DeliveryID, Ref: adopt.PaymentRef(a.ID)}})
}

// balanceOut brings the money of a locked adoption in line with its boxes after one of them changed: what is paid for
// nothing goes back, an adoption that owes nothing grows, and one without an open box is complete.
func (m *Room) balanceOut(ctx context.Context, tx *sqlx.Tx, a *adoptionRow) error {
	all, err := boxesOf(ctx, tx, a.ID)
	if err != nil {
		return err
	}
	boxes := all[a.ID]
	if excess := a.kept() - worth(boxes); excess > 0 && a.ReservedAt != nil && !a.State.Over() {
		a.RefundFen, a.Refunds = a.RefundFen+excess, a.Refunds+1
		_, err := tx.ExecContext(ctx, `UPDATE adoption SET refund_fen = $2, refunds = $3, version = version + 1 WHERE id = $1`, a.ID, a.RefundFen, a.Refunds)
		if err != nil {
			return fmt.Errorf("refund adoption %d: %w", a.ID, err)
		}
		err = m.AddTimeline(ctx, tx, []int64{a.ID}, "adoption.timeline.refund", map[string]string{"amount": strconv.FormatInt(excess, 10)})
		if err != nil {
			return err
		}
		err = link.Publish(ctx, tx, link.Message{Subject: payments.CmdRefundAhead, Data: payments.RefundAhead{
			Ref: adopt.PaymentRef(a.ID), Key: strconv.Itoa(a.Refunds), AmountFen: excess, Reason: "refund.adoption_failed"}})
		if err != nil {
			return err
		}
	}
	open := slices.ContainsFunc(boxes, func(b boxRow) bool { return b.State.Open() })
	switch {
	case !open && a.State.Can(adopt.StepComplete):
		return m.completeAdoption(ctx, tx, a, boxes)
	case a.State == adopt.Reserved && a.kept() >= worth(boxes):
		if err := moveAdoption(ctx, tx, a, adopt.StepPaidUp, m.Now()); err != nil {
			return err
		}
		return m.adoptionMoved(ctx, tx, a.ID, a.State, "adoption.timeline.growing")
	}
	return nil
}

func (m *Room) completeAdoption(ctx context.Context, tx *sqlx.Tx, a *adoptionRow, boxes []boxRow) error {
	if err := moveAdoption(ctx, tx, a, adopt.StepComplete, m.Now()); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `UPDATE adoption_unit SET released = true WHERE adoption_id = $1`, a.ID); err != nil {
		return fmt.Errorf("free units of adoption %d: %w", a.ID, err)
	}
	if err := m.adoptionMoved(ctx, tx, a.ID, a.State, "adoption.timeline.completed"); err != nil {
		return err
	}
	billed := worth(boxes)
	return link.Publish(ctx, tx, link.Message{Subject: payments.CmdCloseRef,
		Data: payments.CloseRef{Ref: adopt.PaymentRef(a.ID), Seq: 1, BilledFen: &billed}})
}
