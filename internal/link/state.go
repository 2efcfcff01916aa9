package link

import "banmuyuan/internal/state"

// Next returns the state after an event, or Conflict with the message of the table for the caller.
func Next[S, V ~string](m *state.Machine[S, V], s S, on V) (S, error) {
	to, ok := m.Next(s, on)
	if !ok {
		return s, E(Conflict, m.Refused(on), "", "state", string(s))
	}
	return to, nil
}
