package api

import (
	"context"
	"fmt"
	"slices"
	"time"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
)

const (
	waitMost = 20 * time.Second // below the 30 s after which proxies hang up
	// waitAgain is when a waiting look reads though it was told nothing: events may be lost.
	waitAgain = 5 * time.Second
)

// order reads an order, or waits while it is in a state. Waiting holds a request of this process and nothing of the
// modules'. Each reading checks that the caller may see the order.
func (a *API) order(ctx context.Context, in orderIn) (link.Raw[orders.Order], error) {
	read := func() (link.Raw[orders.Order], error) { return a.raw.Orders.Order(ctx, orders.OrderRef{No: in.No}) }
	if in.While == "" {
		return read()
	}
	if !slices.Contains(orders.States, in.While) {
		return nil, link.E(link.Invalid, "api.order_state", "while", "state", string(in.While))
	}
	id, ok := orders.ParseNumber(in.No)
	if !ok {
		return read() // says that there is no such number
	}
	// Before reading, so that a change in between is told.
	changed, stop, err := a.services.Changes.Watch(id)
	if err != nil {
		return read() // too many wait: better now than not at all
	}
	defer stop()
	for end := time.Now().Add(waitMost); ; {
		o, err := read()
		if err != nil {
			return nil, err
		}
		var now struct {
			State orders.State `json:"state"`
		}
		if err := link.Unmarshal(o, &now); err != nil {
			return nil, fmt.Errorf("read the order's state: %w", err)
		}
		left := time.Until(end)
		if now.State != in.While || left <= 0 {
			return o, nil
		}
		select {
		case <-ctx.Done(): // the client left, or the server shuts down
			return o, nil
		case _, more := <-changed:
			if !more {
				return o, nil
			}
		case <-time.After(min(left, waitAgain)):
		}
	}
}
