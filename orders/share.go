package orders

// ShareCount says where the units of a share are. A unit is received, held on a ticket that waits for its second person,
// short, or may still come.
type ShareCount struct {
	Qty      int64
	Received int64
	Held     int64
	Short    int64
	Returned int64 // of Short, already given to others
	NetGrams int64 // of Received
	Final    bool  // the household has said that nothing more will come
}

// Room is how many units may still come.
func (c ShareCount) Room() int64 { return c.Qty - c.Received - c.Held - c.Short }

// State derives the share's state.
func (c ShareCount) State() ShareState { return StateOf(c.Qty, c.Received, c.Held, c.Short) }

// Hold counts the units of a ticket that waits for its second person.
func (c ShareCount) Hold(units int64) ShareCount {
	c.Held += units
	return c
}

// Release takes the units of a decided ticket out of the held ones.
func (c ShareCount) Release(units int64) ShareCount {
	c.Held -= units
	return c
}

// Receive counts an accepted ticket.
func (c ShareCount) Receive(units, grams int64, final bool) ShareCount {
	c.Received += units
	c.NetGrams += grams
	c.Final = c.Final || final
	return c
}

// TakeBack takes a superseded ticket out of the count. Units that a final ticket declared short are open again, unless
// they were already given to others.
func (c ShareCount) TakeBack(was TicketState, units, grams int64, final bool) ShareCount {
	if was == TicketHeld {
		return c.Release(units)
	}
	c.Received -= units
	c.NetGrams -= grams
	if final {
		c.Final = false
		c.Short = c.Returned
	}
	return c
}

// Close makes the open units of a final share short once no ticket waits.
func (c ShareCount) Close() ShareCount {
	if c.Final && c.Held == 0 {
		c.Short = c.Qty - c.Received
	}
	return c
}
