package desk

import (
	"strings"

	"banmuyuan/internal/state"
)

// StateList returns states as the list of an SQL IN: 'placed', 'expiring'. A statement with an index that is partial on the state
// is assembled once from the machine with it, because PostgreSQL does not use such an index for a parameter.
func StateList(states []string) string {
	quoted := make([]string, len(states))
	for i, s := range states {
		quoted[i] = StateText(s)
	}
	return strings.Join(quoted, ", ")
}

// StateIs returns the SQL condition that a column has one of some states: state = 'placed', or state IN ('confirmed',
// 'weighing').
func StateIs(column string, states []string) string {
	if len(states) == 1 {
		return column + " = " + StateText(states[0])
	}
	return column + " IN (" + StateList(states) + ")"
}

// StateText returns one state as an SQL literal: 'placed'.
func StateText[S ~string](s S) string {
	return "'" + strings.ReplaceAll(string(s), "'", "''") + "'"
}

// Finals returns the final states of a machine, as a parameter for SQL.
func Finals[S, E ~string](m *state.Machine[S, E]) []string {
	var all []string
	for _, s := range m.States() {
		if m.Final(s) {
			all = append(all, string(s))
		}
	}
	return all
}
