package auth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"banmuyuan/internal/state"
)

// RequestKind says what one administrator asks another to agree to.
type RequestKind string

const (
	RequestOpen   RequestKind = "open"   // open the account
	RequestReset  RequestKind = "reset"  // give it a one-time password
	RequestChange RequestKind = "change" // give it other rights
	RequestOn     RequestKind = "on"     // switch it on again
	RequestFactor RequestKind = "factor" // take its lost second factor away
)

// RequestState is the state of a request.
type RequestState string

const (
	RequestWaits   RequestState = "waits"
	RequestDone    RequestState = "done"
	RequestRefused RequestState = "refused"
)

// RequestStep is an event of a request.
type RequestStep string

const (
	RequestApprove RequestStep = "approve" // by a second administrator
	RequestRefuse  RequestStep = "refuse"  // by a second administrator
)

// RequestMachine is the table of requests.
var RequestMachine = state.New(state.Table[RequestState, RequestStep]{
	Name:    "request about an account",
	States:  []RequestState{RequestWaits, RequestDone, RequestRefused},
	Initial: []RequestState{RequestWaits},
	Final:   []RequestState{RequestDone, RequestRefused},
	Rows: []state.Row[RequestState, RequestStep]{
		{On: RequestApprove, From: []RequestState{RequestWaits}, To: RequestDone, Refused: "accounts.request.decided"},
		{On: RequestRefuse, From: []RequestState{RequestWaits}, To: RequestRefused, Refused: "accounts.request.decided"},
	},
})

// Request is a change of rights that waits for a second administrator.
type Request struct {
	ID      int64
	Kind    RequestKind
	State   RequestState
	Account Account // as it is to be; ID 0: it is to be opened
	Seen    int64   // last entry of the account's history that the asker saw; -1: any
	By      Author
	At      time.Time
}

// Requests keeps what waits for a second administrator.
type Requests interface {
	// AskAccount stores a request. ErrLoginTaken.
	AskAccount(ctx context.Context, r Request) (Request, error)
	// AccountRequests lists the requests that wait, oldest first.
	AccountRequests(ctx context.Context) ([]Request, error)
	// AccountRequest returns one. ErrNotFound.
	AccountRequest(ctx context.Context, id int64) (Request, error)
	// DecideAccount carries a request out, or refuses it, and returns the account. hash and until are of the one-time
	// password of an account that is opened or reset. ErrNotFound, ErrSecondPerson, ErrDecided, and the errors of the change.
	DecideAccount(ctx context.Context, id int64, by Author, approve bool, hash string, until time.Time) (*Account, error)
}

// Errors of what needs two administrators.
var (
	// ErrNeedsTwo: one administrator asks, and another decides.
	ErrNeedsTwo = errors.New("needs a second administrator")
	// ErrSecondPerson: nobody decides what they asked for, nor about their own account.
	ErrSecondPerson = errors.New("needs another administrator")
	// ErrDecided: the request does not wait any more.
	ErrDecided = errors.New("request is decided")
)

// Guarded reports whether an account of this role approves, sees the county or opens accounts: two administrators give such
// rights.
func (r Role) Guarded() bool { return r.In(Operator, Approver, Admin, OrgApprover) }

// NeedsTwo reports whether a change of rights needs two administrators. before is nil for an account that is opened, after
// is nil for a new one-time password. admins counts the administrators who work and have a password of their own: one that
// is alone acts alone. The command line, which has no account, needs nobody else.
func NeedsTwo(by Author, before, after *Account, admins int) bool {
	if by.Account == 0 || admins < 2 {
		return false
	}
	if before == nil || after == nil {
		return before != nil && before.Role.Guarded() || after != nil && after.Role.Guarded()
	}
	if !before.Role.Guarded() && !after.Role.Guarded() {
		return false
	}
	for _, c := range Changes(before, after) {
		switch c.What {
		case ChangedRole, ChangedOrg, ChangedHousehold, ChangedHelper, ChangedOn:
			return true
		case ChangedOpened, ChangedName, ChangedPhone, ChangedPassword, ChangedFactor, ChangedOff:
		}
	}
	return false
}

// CheckDecider returns ErrSecondPerson for the person who asked, and for the account that the request is about.
func CheckDecider(by Author, r Request) error {
	if by.Account == 0 || by.Account == r.By.Account || by.Account == r.Account.ID {
		return ErrSecondPerson
	}
	return nil
}

// Both is the author of what two administrators did.
func Both(asked, decided Author) Author {
	return Author{Account: decided.Account, Login: asked.Login + " + " + decided.Login}
}

// RequestHalf is the first half of the one-time password that a request will give. The asker alone is shown it, and the
// decider the second half: neither of them can log in as the account.
func RequestHalf(d Digests, id int64) string {
	digest := d.Indexes(fmt.Sprintf("half of account request %d", id))[0]
	half := make([]byte, 0, 2*oneTimeGroup+1)
	for i := range 2 * oneTimeGroup {
		if i == oneTimeGroup {
			half = append(half, '-')
		}
		half = append(half, oneTimeLetters[int(digest[i])%len(oneTimeLetters)])
	}
	return string(half)
}
