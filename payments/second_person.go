package payments

import (
	"fmt"

	"banmuyuan/internal/link"
)

// OnBehalfOf stands in a recorded name between the person who acted and the household.
const OnBehalfOf = " for household:"

// AccountName is the recorded name of an account whose login is a phone number.
func AccountName(id int64) string { return fmt.Sprintf("account:%d", id) }

// RecordedName is the name that is stored of an actor, with the household that it acted for.
func RecordedName(a link.Actor) string {
	name := a.Login
	switch {
	case a.System && name == "":
		name = "system"
	case a.System:
		name = "system:" + name
	case name == "" && a.Account != 0:
		name = AccountName(a.Account)
	case name == "":
		name = "anonymous"
	}
	if a.OnBehalfOf != 0 {
		name += fmt.Sprintf(OnBehalfOf+"%d", a.OnBehalfOf)
	}
	return name
}

// SamePerson reports whether the actor is the recorded person. Records have an account, a name, or both: 0 and "" are not
// recorded.
func SamePerson(actor link.Actor, account int64, name string) bool {
	return account != 0 && account == actor.Account || name == RecordedName(actor) || name == AccountName(actor.Account)
}

// AboveLimit reports whether an amount needs a second person; limit 0 is none. The limit itself does not.
func AboveLimit(limitFen, fen int64) bool { return limitFen > 0 && fen > limitFen }
