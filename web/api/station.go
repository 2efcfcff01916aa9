package api

import (
	"bytes"
	"context"
	"encoding/json"
	"time"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/web/auth"
)

type stationQuery struct {
	Villages []int64 `query:"villages"`
	Cursor   string  `query:"cursor"`
	Limit    int     `query:"limit" minimum:"1" maximum:"500"`
}

type syncIn struct {
	AccountID int64      `json:"account_id,omitempty" description:"Whose weighings these are: refused when somebody else is logged in"`
	Tickets   []queuedIn `json:"tickets"`
}

// queuedIn is a weighing of a queue. A time that cannot be read does not refuse the others of the queue: it becomes one that cannot
// be right, so that the weighing is kept aside for a person.
type queuedIn orders.QueuedWeighing

// UnmarshalJSON implements json.Unmarshaler.
func (q *queuedIn) UnmarshalJSON(data []byte) error {
	type fields orders.QueuedWeighing
	var in struct {
		fields
		WeighedAt json.RawMessage `json:"weighed_at"`
	}
	if err := link.NewStrictDecoder(bytes.NewReader(data)).Decode(&in); err != nil {
		return err
	}
	*q = queuedIn(in.fields)
	if len(in.WeighedAt) > 0 && json.Unmarshal(in.WeighedAt, &q.WeighedAt) != nil {
		q.WeighedAt = time.Unix(0, 0).UTC()
	}
	return nil
}

type syncItemOut struct {
	orders.SyncItem
	Message string `json:"message,omitempty" description:"The problem as a sentence"`
}

type syncOut struct {
	Items []syncItemOut `json:"items"`
}

type conflictQuery struct {
	All    bool   `query:"all"`
	Cursor string `query:"cursor"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200"`
}

type settleConflictIn struct {
	ID    int64  `path:"id" json:"-"`
	State string `json:"state" enum:"dropped,reweighed"`
	Why   string `json:"why"`
}

func (a *API) stationEndpoints() []endpoint {
	weighing := only([]auth.Role{auth.Clerk, auth.Officer}, auth.County)
	return []endpoint{
		op("GET", "/station", "collection.station", "What a scale without a network has to know of its villages' shares", weighing,
			func(ctx context.Context, in stationQuery) (link.Raw[orders.StationPage], error) {
				return a.raw.Stations.StationList(ctx, orders.StationRequest{Villages: in.Villages, Cursor: in.Cursor, Limit: in.Limit})
			}),
		op("POST", "/tickets/sync", "collection.sync", "Bring weighings that waited without a network; every one is answered by itself, and twice is once", weighing,
			a.syncTickets),
		op("GET", "/weigh-conflicts", "collection.conflicts", "Weighings that met something else and wait for a person", weighing,
			func(ctx context.Context, in conflictQuery) (link.Raw[orders.ConflictPage], error) {
				return a.raw.Stations.Conflicts(ctx, orders.ConflictFilter{All: in.All, Cursor: in.Cursor, Limit: in.Limit})
			}),
		op("POST", "/weigh-conflicts/{id}", "collection.conflict_settle", "Say what was found; no ticket is changed by it", weighing,
			func(ctx context.Context, in settleConflictIn) (link.Raw[orders.WeighConflict], error) {
				return a.raw.Stations.SettleConflict(ctx, orders.SettleConflictRequest{ID: in.ID, State: orders.ConflictState(in.State), Why: in.Why})
			}),
	}
}

func (a *API) syncTickets(ctx context.Context, in syncIn) (syncOut, error) {
	if account := auth.FromContext(ctx); in.AccountID != 0 && account != nil && account.ID != in.AccountID {
		return syncOut{}, link.E(link.Conflict, "api.other_account", "account_id")
	}
	queue := make([]orders.QueuedWeighing, len(in.Tickets))
	for i, q := range in.Tickets {
		queue[i] = orders.QueuedWeighing(q)
	}
	res, err := a.services.Stations.SyncTickets(ctx, orders.SyncRequest{Tickets: queue})
	if err != nil {
		return syncOut{}, err
	}
	out := syncOut{Items: make([]syncItemOut, len(res.Items))}
	for i, item := range res.Items {
		out.Items[i].SyncItem = item
		if item.Problem != nil {
			out.Items[i].Message = a.services.Say(ctx, item.Problem)
		}
	}
	return out, nil
}
