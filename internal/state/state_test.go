package state_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"banmuyuan/internal/state"
)

type (
	lamp   string
	action string
)

const (
	off, on, broken lamp = "off", "on", "broken"

	press, release, drop action = "press", "release", "drop"
)

func lamps() state.Table[lamp, action] {
	return state.Table[lamp, action]{
		Name: "lamp", States: []lamp{off, on, broken}, Initial: []lamp{off}, Final: []lamp{broken},
		Rows: []state.Row[lamp, action]{
			{press, []lamp{off}, on, "lamp.is_on"},
			{release, []lamp{on}, off, "lamp.is_off"},
			{drop, []lamp{off, on}, broken, "lamp.is_broken"},
		},
	}
}

func ExampleMachine_Next() {
	m := state.New(lamps())
	fmt.Println(m.Next(off, press))
	fmt.Println(m.Next(broken, press))
	fmt.Println("WHERE state = ANY", m.From(drop), "SET state =", m.To(drop))
	// Output:
	// on true
	// broken false
	// WHERE state = ANY [off on] SET state = broken
}

func TestMachine(t *testing.T) {
	t.Parallel()
	m := state.New(lamps())
	if err := m.Check(); err != nil {
		t.Fatal(err)
	}
	if !m.Can(on, drop) || m.Can(broken, drop) {
		t.Error("Can does not follow the table")
	}
	if !m.Reaches(on, off) || m.Reaches(broken, off) || m.Reaches(off, off) {
		t.Error("Reaches does not follow the table")
	}
	if !m.Final(broken) || m.Final(on) {
		t.Error("Final does not follow the table")
	}
	if m.Refused(press) != "lamp.is_on" || m.Name() != "lamp" || len(m.States()) != 3 || !slices.Equal(m.Events(), []action{press, release, drop}) {
		t.Error("the machine does not return what the table says")
	}
	if m.States()[0] = broken; m.States()[0] != off {
		t.Error("a caller changed the machine")
	}
}

func TestCheckNamesEachContradiction(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*state.Table[lamp, action]){
		`no initial state`: func(t *state.Table[lamp, action]) { t.Initial = nil },
		`state "broken" is initial or final, but not listed`: func(t *state.Table[lamp, action]) { t.States = t.States[:2] },
		`event "drop" names state "broken"`:                  func(t *state.Table[lamp, action]) { t.States = t.States[:2] },
		`event "press" leaves no state`:                      func(t *state.Table[lamp, action]) { t.Rows[0].From = nil },
		`event "press" changes nothing`:                      func(t *state.Table[lamp, action]) { t.Rows[0].To = off },
		`no path reaches state "broken"`:                     func(t *state.Table[lamp, action]) { t.Rows = t.Rows[:2] },
		`no path reaches state "on"`:                         func(t *state.Table[lamp, action]) { t.Rows[0].To = broken },
		`nothing leaves state "broken", which is not final`:  func(t *state.Table[lamp, action]) { t.Final = nil },
		`nothing leaves state "on", which is not final`:      func(t *state.Table[lamp, action]) { t.Rows[1].To, t.Rows[2].From = on, []lamp{off} },
	} {
		table := lamps()
		change(&table)
		if err := state.New(table).Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}

// A state that one event leaves is left, though another event goes back to it; the rows have no order.
func TestCheckOfEventsThatGoBack(t *testing.T) {
	t.Parallel()
	for range 50 {
		table := state.Table[lamp, action]{
			Name: "lamp", States: []lamp{off, on}, Initial: []lamp{off}, Final: []lamp{on},
			Rows: []state.Row[lamp, action]{{On: press, From: []lamp{off}, To: on}, {On: "reset", From: []lamp{off, on}, To: off}},
		}
		if err := state.New(table).Check(); err != nil {
			t.Fatal(err)
		}
	}
}

// States that reach each other, but that nothing leads to, are not reached.
func TestCheckFindsAnIsland(t *testing.T) {
	t.Parallel()
	table := state.Table[lamp, action]{
		Name: "lamp", States: []lamp{off, on, broken}, Initial: []lamp{off}, Final: []lamp{off},
		Rows: []state.Row[lamp, action]{{On: press, From: []lamp{on}, To: broken}, {On: drop, From: []lamp{broken}, To: on}},
	}
	err := state.New(table).Check()
	for _, want := range []string{`no path reaches state "on"`, `no path reaches state "broken"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}

func TestMistakesInTheProgramPanic(t *testing.T) {
	t.Parallel()
	panics := func(f func()) (did bool) {
		defer func() { did = recover() != nil }()
		f()
		return
	}
	if !panics(func() { state.New(lamps()).Next(off, "kick") }) {
		t.Error("an unknown event is taken")
	}
	if !panics(func() {
		table := lamps()
		table.Rows = append(table.Rows, table.Rows[0])
		state.New(table)
	}) {
		t.Error("two rows for an event are taken")
	}
}
