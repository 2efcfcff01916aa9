package adopt

// EvtChanged follows every change of an adoption's state.
const EvtChanged = "evt.orders.v1.adoption.changed" // Event

type Event struct {
	AdoptionID int64 `json:"adoption_id"`
	State      State `json:"state"`
}
