package auth

import (
	"errors"
	"regexp"
	"strconv"
	"time"
)

// Changed says what of an account changed.
type Changed string

// The entries of an account's history.
const (
	ChangedOpened    Changed = "opened" // After is the role
	ChangedName      Changed = "name"
	ChangedPhone     Changed = "phone"
	ChangedRole      Changed = "role"
	ChangedOrg       Changed = "org"       // ids, "" for none; so are the next two
	ChangedHousehold Changed = "household" //
	ChangedHelper    Changed = "helper"    //
	ChangedPassword  Changed = "password"  // a new one-time password, which is not kept
	ChangedFactor    Changed = "factor"    // a lost second factor was taken away
	ChangedOff       Changed = "off"
	ChangedOn        Changed = "on"
)

// Author is who changes an account.
type Author struct {
	Account int64  // 0 for Command and SetupPage
	Login   string // or the name of what has no account
}

// Authors without an account.
var (
	Command   = Author{Login: "command"} // the operator of the machine
	SetupPage = Author{Login: "setup"}
)

// AuthorOf returns an account as an author.
func AuthorOf(a *Account) Author { return Author{Account: a.ID, Login: a.Login} }

// Change is an entry of an account's history.
type Change struct {
	ID            int64
	What          Changed
	Before, After string
	By            Author
	At            time.Time
}

// Changes returns the entries that turn an account into another state of it. Password and language have none.
func Changes(before, after *Account) []Change {
	var all []Change
	note := func(what Changed, was, is string) {
		if was != is {
			all = append(all, Change{What: what, Before: was, After: is})
		}
	}
	note(ChangedName, before.Name, after.Name)
	note(ChangedPhone, before.Phone, after.Phone)
	note(ChangedRole, string(before.Role), string(after.Role))
	note(ChangedOrg, idText(before.OrgID), idText(after.OrgID))
	note(ChangedHousehold, idText(before.HouseholdID), idText(after.HouseholdID))
	note(ChangedHelper, idText(before.HelperID), idText(after.HelperID))
	switch {
	case after.Disabled() && !before.Disabled():
		all = append(all, Change{What: ChangedOff})
	case before.Disabled() && !after.Disabled():
		all = append(all, Change{What: ChangedOn})
	}
	return all
}

func idText(id int64) string {
	if id == 0 {
		return ""
	}
	return strconv.FormatInt(id, 10)
}

// EndsSessions reports whether changes end an account's sessions: one that began as another role, for another
// organisation, household or helper, or before the account was switched off.
func EndsSessions(changes []Change) bool {
	for _, c := range changes {
		switch c.What {
		case ChangedRole, ChangedOrg, ChangedHousehold, ChangedHelper, ChangedOff:
			return true
		case ChangedOpened, ChangedName, ChangedPhone, ChangedPassword, ChangedFactor, ChangedOn:
		}
	}
	return false
}

// Errors of a change.
var (
	// ErrOwnAccount: a person neither switches off the own account nor gives it other rights.
	ErrOwnAccount = errors.New("own account")
	// ErrLastAdmin: without an administrator that works nobody could open accounts.
	ErrLastAdmin = errors.New("last administrator")
	// ErrAdminStays: an administrator's account gets no right to money, which it could have given itself by others.
	ErrAdminStays = errors.New("administrator stays one")
	// ErrChangedMeanwhile: somebody changed the account after the author looked at it.
	ErrChangedMeanwhile = errors.New("account was changed meanwhile")
)

// CheckChange returns why a change is refused, or nil. admins counts the administrators that work before the change.
func CheckChange(by Author, before, after *Account, admins int) error {
	if by.Account == before.ID && EndsSessions(Changes(before, after)) {
		return ErrOwnAccount
	}
	if before.Role == Admin && after.Role != Admin {
		return ErrAdminStays
	}
	works := func(a *Account) bool { return a.Role == Admin && !a.Disabled() }
	if works(before) && !works(after) && admins <= 1 {
		return ErrLastAdmin
	}
	return nil
}

var loginPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9.\-]{2,39}$`)

// CheckLogin says what is wrong with the login of an account that staff open, as a message key, or "".
func CheckLogin(login string) string {
	if !loginPattern.MatchString(login) {
		return "accounts.login.form"
	}
	return ""
}
