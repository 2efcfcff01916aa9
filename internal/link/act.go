package link

// Act is what a person did that others may have to account for: a decision, an import, a number seen in full. A module
// publishes it in the transaction of the act, as its event EvtAct; the audit trail of web keeps it with its actor. It
// holds numbers of things and no names.
type Act struct {
	Kind   string `json:"kind"`             // area and act, such as "unmask.id"
	On     string `json:"on,omitempty"`     // "household", or the module's word for the thing
	Object string `json:"object,omitempty"` // its number
	Detail string `json:"detail,omitempty"`
}
