package contract

import (
	"slices"
	"strconv"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
)

// Part is an actor's part in a contract.
type Part int

const (
	PartNone      Part = iota
	PartSeller         // a household that could sign or has a quota, or its helper
	PartCollector      // collects the goods
	PartBuyer
	PartCounty
)

// Viewer is an actor as contracts see it.
type Viewer struct {
	System    bool
	County    bool
	Approver  bool  // of an organisation
	Account   int64 // 0: nobody logged in
	BuysFor   int64 // organisation that it orders for, 0: none
	WorksFor  int64 // organisation whose sales and collection it sees, 0: none
	Household bool  // a household, or a helper of households
}

// PartOf tells the actor's part in a contract. Which household it acts for is checked apart.
func (v Viewer) PartOf(c Contract) Part {
	switch {
	case v.County:
		return PartCounty
	case v.BuysFor != 0 && v.BuysFor == c.OrgID:
		return PartBuyer
	case c.State.Private():
		return PartNone
	case v.WorksFor != 0 && (v.WorksFor == c.CollectorOrg || v.WorksFor == c.OrgID):
		return PartCollector
	case v.Household:
		return PartSeller
	}
	return PartNone
}

// SeesDealings reports whether the part sees call-offs, bills and payments. They are none of a household's business.
func (p Part) SeesDealings() bool { return p != PartNone && p != PartSeller }

// Need refuses every part but the allowed ones.
func (p Part) Need(allowed ...Part) error {
	if slices.Contains(allowed, p) {
		return nil
	}
	return errRole()
}

func errRole() error { return link.E(link.Forbidden, "forbidden", "") }

// MayStep refuses a step that is not the actor's; submittedBy is the account that submitted the contract. Whether the
// state allows the step is another matter.
func (v Viewer) MayStep(c Contract, submittedBy int64, step Step) error {
	part := v.PartOf(c)
	switch {
	case v.System:
		return nil
	case part == PartCounty && step == StepClose:
		return nil
	case part != PartBuyer:
		return errRole()
	case step != StepApprove && step != StepReturn:
		return nil
	case !v.Approver:
		return errRole()
	case v.Account == submittedBy:
		return link.E(link.Forbidden, "contract.same_person", "")
	}
	return nil
}

// Steps are the steps that the actor can carry out now.
func (v Viewer) Steps(c Contract, submittedBy int64) []Step {
	steps := []Step{}
	for _, s := range Machine.Events() {
		if c.State.Can(s) && v.MayStep(c, submittedBy, s) == nil {
			steps = append(steps, s)
		}
	}
	return steps
}

// Check returns the trimmed reason of a step. Invalid for a step that does not exist, and when a return has no reason.
func (r Move) Check() (reason string, err error) {
	if !slices.Contains(Machine.Events(), r.Step) {
		return "", link.E(link.Invalid, "contract.step.unknown", "step")
	}
	reason, ok := orders.Clean(r.Reason, 0, orders.ReasonMax)
	if !ok || r.Step == StepReturn && reason == "" {
		return "", link.E(link.Invalid, "contract.return.reason", "reason", "max", strconv.Itoa(orders.ReasonMax))
	}
	return reason, nil
}

// CheckChange refuses to change a contract of another organisation, or one that was submitted.
func CheckChange(c Contract, org int64) error {
	if c.OrgID != org {
		return link.E(link.NotFound, "contract.unknown", "no")
	}
	if c.State != Draft {
		return link.E(link.Conflict, "contract.not_draft", "")
	}
	return nil
}

// CheckSignBy refuses to submit or open a contract whose last day of signing is over.
func CheckSignBy(t Terms, step Step, today string) error {
	if (step == StepSubmit || step == StepOpen) && t.SignBy < today {
		return link.E(link.Conflict, "contract.sign_by", "sign_by")
	}
	return nil
}

// CheckStart refuses to start a contract that nobody signed, and asks for another moment while quotas are being booked.
func CheckStart(signed, booking int64) error {
	if booking > 0 {
		return errBooking()
	}
	if signed == 0 {
		return link.E(link.Conflict, "contract.nobody_signed", "")
	}
	return nil
}

// CheckClose refuses to close a contract with call-offs on their way, and asks for another moment while quotas are being
// booked.
func CheckClose(openCallOffs int64, booking bool) error {
	if openCallOffs > 0 {
		return link.E(link.Conflict, "contract.open_call_offs", "", "n", strconv.FormatInt(openCallOffs, 10))
	}
	if booking {
		return errBooking()
	}
	return nil
}

func errBooking() error {
	e := link.E(link.Unavailable, "contract.booking", "")
	e.RetryAfter = 2
	return e
}
