package link_test

import (
	"errors"
	"testing"

	"banmuyuan/internal/link"
	"banmuyuan/internal/state"
)

type (
	lamp   string
	action string
)

func TestNextRefusesWithTheMessageOfTheTable(t *testing.T) {
	t.Parallel()
	m := state.New(state.Table[lamp, action]{
		Name: "lamp", States: []lamp{"off", "on"}, Initial: []lamp{"off"}, Final: []lamp{"on"},
		Rows: []state.Row[lamp, action]{{On: "press", From: []lamp{"off"}, To: "on", Refused: "lamp.is_on"}},
	})
	if s, err := link.Next(m, "off", "press"); err != nil || s != "on" {
		t.Errorf("got %s, %v", s, err)
	}
	s, err := link.Next(m, "on", "press")
	if s != "on" || !errors.Is(err, link.E(link.Conflict, "lamp.is_on", "")) || link.AsError(err).Args["state"] != "on" {
		t.Errorf("got %s, %v", s, err)
	}
}
