// Package state holds the state machines of all modules: one table for each thing that has a state.
//
// A table is the only source of a machine's transitions: Go code asks Next or Can, and SQL statements take the states
// they come from and go to as parameters from From and To. Check finds rows that contradict each other, states that no
// path reaches, and states that nothing leaves although they are not final.
package state

import (
	"errors"
	"fmt"
	"slices"
)

// Row is one transition: the event On leads from each state of From to the state To. In every other state the event is
// refused; Refused is the key of the message for the person who asked.
type Row[S, E ~string] struct {
	On      E
	From    []S
	To      S
	Refused string
}

// Machine is the table of one kind of thing. It is immutable and safe for concurrent use.
type Machine[S, E ~string] struct {
	name    string
	states  []S
	initial []S
	final   []S
	rows    map[E]Row[S, E]
	events  []E
}

// Table is the source of a Machine.
type Table[S, E ~string] struct {
	Name    string // of the thing, for messages to programmers: "order"
	States  []S    // all states, in the order of a thing's life
	Initial []S    // the states in which a thing may be created
	Final   []S    // the states that are an end: no row need leave them
	Rows    []Row[S, E]
}

// New makes a machine of a table. It panics when the table names an event twice, which is a mistake in the program;
// every other mistake is Check's.
func New[S, E ~string](t Table[S, E]) *Machine[S, E] {
	m := &Machine[S, E]{
		name: t.Name, states: slices.Clone(t.States), initial: slices.Clone(t.Initial), final: slices.Clone(t.Final),
		rows: make(map[E]Row[S, E], len(t.Rows)),
	}
	for _, r := range t.Rows {
		if _, twice := m.rows[r.On]; twice {
			panic(fmt.Sprintf("state: machine %s has two rows for %q", t.Name, r.On))
		}
		m.rows[r.On] = r
		m.events = append(m.events, r.On)
	}
	return m
}

// Name returns the name of the thing.
func (m *Machine[S, E]) Name() string { return m.name }

// States returns all states, in the order of a thing's life.
func (m *Machine[S, E]) States() []S { return slices.Clone(m.states) }

// Events returns the events, in the order of the table.
func (m *Machine[S, E]) Events() []E { return slices.Clone(m.events) }

// Next returns the state after an event, and false when the event is refused in state s.
func (m *Machine[S, E]) Next(s S, on E) (S, bool) {
	if r := m.row(on); slices.Contains(r.From, s) {
		return r.To, true
	}
	return s, false
}

// Can reports whether an event is possible in state s.
func (m *Machine[S, E]) Can(s S, on E) bool { return slices.Contains(m.row(on).From, s) }

// Reaches reports whether one event leads from one state to another. Stores ask it when an outside party reports a
// state instead of an event.
func (m *Machine[S, E]) Reaches(from, to S) bool {
	for _, r := range m.rows {
		if r.To == to && slices.Contains(r.From, from) {
			return true
		}
	}
	return false
}

// Final reports whether s is an end.
func (m *Machine[S, E]) Final(s S) bool { return slices.Contains(m.final, s) }

// From returns the states in which an event is possible, as a parameter for SQL.
func (m *Machine[S, E]) From(on E) []string {
	from := m.row(on).From
	out := make([]string, len(from))
	for i, s := range from {
		out[i] = string(s)
	}
	return out
}

// To returns the state after an event.
func (m *Machine[S, E]) To(on E) S { return m.row(on).To }

// Refused returns the message key of a refused event.
func (m *Machine[S, E]) Refused(on E) string { return m.row(on).Refused }

// row panics for an event that the table does not have: a typo, not an input.
func (m *Machine[S, E]) row(on E) Row[S, E] {
	r, ok := m.rows[on]
	if !ok {
		panic(fmt.Sprintf("state: machine %s has no row for %q", m.name, on))
	}
	return r
}

// Check reports every contradiction of the table:
//   - a row without a from-state, with a state that is not listed, or leading to where it comes from alone;
//   - a listed state that no path of rows reaches from an initial state;
//   - a state that no row leaves although it is not final.
func (m *Machine[S, E]) Check() error {
	var wrong []error
	say := func(format string, args ...any) {
		wrong = append(wrong, fmt.Errorf("machine "+m.name+": "+format, args...))
	}
	known := func(s S) bool { return slices.Contains(m.states, s) }

	if len(m.initial) == 0 {
		say("no initial state")
	}
	for _, s := range slices.Concat(m.initial, m.final) {
		if !known(s) {
			say("state %q is initial or final, but not listed", s)
		}
	}
	left, reached := map[S]bool{}, map[S]bool{}
	for _, on := range m.events {
		r := m.rows[on]
		if len(r.From) == 0 {
			say("event %q leaves no state", on)
		}
		if len(r.From) == 1 && r.From[0] == r.To {
			say("event %q changes nothing", on)
		}
		for _, s := range append(slices.Clone(r.From), r.To) {
			if !known(s) {
				say("event %q names state %q, which is not listed", on, s)
			}
		}
		for _, s := range r.From {
			left[s] = left[s] || s != r.To
		}
	}
	for _, s := range m.initial {
		reached[s] = true
	}
	for again := true; again; {
		again = false
		for _, r := range m.rows {
			if !reached[r.To] && slices.ContainsFunc(r.From, func(s S) bool { return reached[s] }) {
				reached[r.To], again = true, true
			}
		}
	}
	for _, s := range m.states {
		if !reached[s] {
			say("no path reaches state %q", s)
		}
		if !left[s] && !m.Final(s) {
			say("nothing leaves state %q, which is not final", s)
		}
	}
	return errors.Join(wrong...)
}
