package catalog

import (
	"strings"

	"banmuyuan/internal/entry"
)

// ConsentRecord is the register's record of a household's consent to its helper.
type ConsentRecord struct {
	Helper string // name（unit）, "" for none
	Given  bool   // the helper may act
	Day    string // of the last entry about it, YYYY-MM-DD; "" where there is none
	Ended  bool   // the last entry ended it
	Own    bool   // the household itself made that entry
}

// SheetConsent is a household's consent as a row of a sheet gives it.
type SheetConsent struct {
	Day    string // YYYY-MM-DD
	Helper string // name, or name（unit）; "" is not compared
}

// Take returns the fault of a row that may not be recorded today, or none and whether it says something new. A consent that the
// household itself ended is given by the household alone; one that the county ended needs a paper of a later day.
func (r ConsentRecord) Take(row SheetConsent, today string) (fresh bool, faults []entry.Fault) {
	refuse := func(field, key string, args ...string) {
		f := entry.Fault{Field: field, Key: key, Args: map[string]string{}}
		for i := 0; i+1 < len(args); i += 2 {
			f.Args[args[i]] = args[i+1]
		}
		faults = append(faults, f)
	}
	if row.Day > today {
		refuse("given_on", "directory.consent.day")
	}
	name, _, _ := strings.Cut(r.Helper, "（")
	switch given := brackets.Replace(row.Helper); {
	case r.Helper == "":
		refuse("household", "directory.consent.nobody")
	case given != "" && given != r.Helper && given != name:
		refuse("helper", "directory.consent.helper", "helper", r.Helper)
	}
	switch {
	case r.Ended && r.Own:
		refuse("household", "directory.consent.revoked", "day", r.Day)
	case r.Ended && row.Day <= r.Day:
		refuse("given_on", "directory.consent.older", "day", r.Day)
	}
	return len(faults) == 0 && (!r.Given || r.Day != row.Day), faults
}
