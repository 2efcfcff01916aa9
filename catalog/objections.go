package catalog

import (
	"strings"
	"time"
	"unicode/utf8"

	"banmuyuan/internal/link"
	"banmuyuan/internal/state"
)

// ObjectionState is the state of an objection.
type ObjectionState string

const (
	ObjectionOpen      ObjectionState = "open"      // the county has to answer
	ObjectionUpheld    ObjectionState = "upheld"    // the household was right, and the answer says the remedy
	ObjectionExplained ObjectionState = "explained" // the turn was right, and the answer says why
	ObjectionWithdrawn ObjectionState = "withdrawn"
)

// ObjectionStep is an event of an objection.
type ObjectionStep string

const (
	ObjectionStepUphold   ObjectionStep = "uphold"
	ObjectionStepExplain  ObjectionStep = "explain"
	ObjectionStepWithdraw ObjectionStep = "withdraw"
)

// ObjectionMachine is the table of objections.
var ObjectionMachine = state.New(state.Table[ObjectionState, ObjectionStep]{
	Name: "objection", States: []ObjectionState{ObjectionOpen, ObjectionUpheld, ObjectionExplained, ObjectionWithdrawn},
	Initial: []ObjectionState{ObjectionOpen}, Final: []ObjectionState{ObjectionUpheld, ObjectionExplained, ObjectionWithdrawn},
	Rows: []state.Row[ObjectionState, ObjectionStep]{
		{On: ObjectionStepUphold, From: []ObjectionState{ObjectionOpen}, To: ObjectionUpheld, Refused: "objection.ended"},
		{On: ObjectionStepExplain, From: []ObjectionState{ObjectionOpen}, To: ObjectionExplained, Refused: "objection.ended"},
		{On: ObjectionStepWithdraw, From: []ObjectionState{ObjectionOpen}, To: ObjectionWithdrawn, Refused: "objection.ended"},
	},
})

// Bounds of objections.
const (
	MostObjectionWords = 500
	MostObjectionDays  = 60
	// DefaultObjectionDays hold until the county has set its own.
	DefaultObjectionDays = 7
)

// Objection is an objection of a household (异议) to its turn.
type Objection struct {
	ID          int64          `json:"id"`
	HouseholdID int64          `json:"household_id"`
	Code        string         `json:"code"`
	Head        string         `json:"head"`
	Village     string         `json:"village"`
	PresaleID   int64          `json:"presale_id,omitempty"` // 0: about the household's income or persons
	Presale     string         `json:"presale,omitempty"`
	Title       Text           `json:"title"`
	Words       string         `json:"words"`
	Told        Told           `json:"told"` // the household's turn as it was told then
	State       ObjectionState `json:"state"`
	RaisedAt    time.Time      `json:"raised_at"`
	RaisedBy    string         `json:"raised_by"`
	RaisedRole  string         `json:"raised_role"`
	OnBehalf    bool           `json:"on_behalf"` // the helper raised it
	DueAt       time.Time      `json:"due_at"`
	Overdue     bool           `json:"overdue,omitempty"`
	Answer      string         `json:"answer,omitempty"`
	EndedAt     *time.Time     `json:"ended_at,omitempty"`
	EndedBy     string         `json:"ended_by,omitempty"`
	EndedRole   string         `json:"ended_role,omitempty"`
}

// Told is the turn of a household as it was shown when it objected.
type Told struct {
	Why      TurnWhy `json:"why,omitempty"`
	LevelFen int64   `json:"level_fen"`
	LineFen  int64   `json:"line_fen"`
	Before   int     `json:"before"`
	Of       int     `json:"of"`
	Persons  int     `json:"persons"`
}

// RaiseObjection raises an objection. PresaleID 0 is about the household's income or persons.
type RaiseObjection struct {
	HouseholdID int64  `json:"household_id"`
	PresaleID   int64  `json:"presale_id,omitempty"`
	Words       string `json:"words"`

	IdempotencyKey string `json:"idempotency_key"`
}

// EndObjection answers or withdraws an objection.
type EndObjection struct {
	ID    int64         `json:"id"`
	Step  ObjectionStep `json:"step"`
	Words string        `json:"words,omitempty"` // needed of an answer

	IdempotencyKey string `json:"idempotency_key"`
}

// ObjectionFilter selects objections. Open ones come by the time of their answer, all others newest first.
type ObjectionFilter struct {
	Household int64 `json:"household,omitempty"` // needed for everybody but the county
	Open      bool  `json:"open,omitempty"`
	Before    int64 `json:"before,omitempty"` // id of the last one read, of all
	Limit     int   `json:"limit,omitempty"`  // 1–500, 100 when 0
}

// ObjectionPage is a part of the list. Open and Overdue are over all that the caller may see.
type ObjectionPage struct {
	Items   []Objection `json:"items"`
	Open    int         `json:"open"`
	Overdue int         `json:"overdue"`
	Days    int         `json:"days"` // within which the county answers objections that are raised now
	Next    int64       `json:"next,omitempty"`
}

// ObjectionDays is the time within which objections are answered.
type ObjectionDays struct {
	Days int `json:"days"`
}

// Check trims the words and reports an objection without words or key.
func (r *RaiseObjection) Check() error {
	r.Words = strings.TrimSpace(r.Words)
	if !objectionWords(r.Words, 2) {
		return link.E(link.Invalid, "objection.words", "words")
	}
	return checkKey(r.IdempotencyKey)
}

// Check trims the words and reports an answer without words, an unknown step, or no key.
func (r *EndObjection) Check() error {
	r.Words = strings.TrimSpace(r.Words)
	least := 2
	switch r.Step {
	case ObjectionStepUphold, ObjectionStepExplain:
	case ObjectionStepWithdraw:
		least = 0
	default:
		return link.E(link.Invalid, "objection.step", "step")
	}
	if !objectionWords(r.Words, least) {
		return link.E(link.Invalid, "objection.answer", "words")
	}
	return checkKey(r.IdempotencyKey)
}

func objectionWords(s string, least int) bool {
	n := utf8.RuneCountInString(s)
	return n >= least && n <= MostObjectionWords && utf8.ValidString(s) && !strings.ContainsRune(s, 0)
}

func checkKey(key string) error {
	if key == "" || len(key) > 64 {
		return link.E(link.Invalid, "reserve.key.missing", "idempotency_key")
	}
	return nil
}

// Check reports a time that nobody would call an answer.
func (d ObjectionDays) Check() error {
	if d.Days < 1 || d.Days > MostObjectionDays {
		return link.E(link.Invalid, "objection.days", "days")
	}
	return nil
}

// objectionZone is where the county's days end.
var objectionZone = time.FixedZone("CST", 8*60*60)

// ObjectionDue is until when an objection is answered: the end of the day, so many days after it was raised.
func ObjectionDue(raised time.Time, days int) time.Time {
	d := raised.In(objectionZone)
	return time.Date(d.Year(), d.Month(), d.Day()+days+1, 0, 0, 0, 0, objectionZone)
}

// MayObject refuses to object for a household: only itself may, or its helper with consent. Forbidden.
func (s Scope) MayObject(h Household) error {
	switch {
	case s.Kind == ScopeHousehold && s.ID == h.ID, s.Kind == ScopeHelper && s.ID == h.HelperID && h.Consent:
		return nil
	case s.Kind == ScopeHelper:
		return link.E(link.Forbidden, "household.consent.missing", "household_id")
	}
	return link.E(link.Forbidden, "objection.not_yours", "household_id")
}

// ObjectionRecord is an objection as its end finds it.
type ObjectionRecord struct {
	State   ObjectionState
	Account int64  // that raised it
	Person  string // digest of the person who did, where it is known
}

// PastEnd is the end that a key was used for.
type PastEnd struct {
	ID    int64
	State ObjectionState
	Words string
}

// End reports whether ending changes an objection of household h; repeating the same under its key changes nothing. same is
// the end that its key was used for, or nil. Conflict for a used key or an ended objection; Forbidden for everybody but an
// operator who is not the person that raised it, and to withdraw it for everybody but the household or its helper.
func (r EndObjection) End(o ObjectionRecord, h Household, actor link.Actor, same *PastEnd) (bool, error) {
	if r.Step == ObjectionStepWithdraw {
		if err := ScopeOf(actor).MayObject(h); err != nil {
			return false, err
		}
	} else if err := mayAnswer(o, actor); err != nil {
		return false, err
	}
	switch {
	case same != nil && *same != (PastEnd{r.ID, ObjectionMachine.To(r.Step), r.Words}):
		return false, ErrKeyReused()
	case same != nil:
		return false, nil
	case !ObjectionMachine.Can(o.State, r.Step):
		return false, link.E(link.Conflict, ObjectionMachine.Refused(r.Step), "")
	}
	return true, nil
}

func mayAnswer(o ObjectionRecord, actor link.Actor) error {
	switch {
	case actor.Role != roleOperator:
		return Denied(actor)
	case o.Account != 0 && o.Account == actor.Account, o.Person != "" && o.Person == actor.Person:
		return link.E(link.Forbidden, "objection.second_person", "")
	}
	return nil
}

// MaySetObjectionDays refuses everybody but an operator of the county. Forbidden.
func MaySetObjectionDays(actor link.Actor) error {
	if actor.Role != roleOperator {
		return Denied(actor)
	}
	return nil
}
