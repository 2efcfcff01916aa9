package adopt

import (
	"context"

	"github.com/nats-io/nats.go"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
)

// Request subjects of adoptions.
const (
	SubjectPlots          = "rpc.orders.v1.plots"
	SubjectPlot           = "rpc.orders.v1.plot"
	SubjectHouseholdPlots = "rpc.orders.v1.plots_household"
	SubjectSavePlot       = "rpc.orders.v1.plot_save"
	SubjectAdopt          = "rpc.orders.v1.adopt"
	SubjectAdoption       = "rpc.orders.v1.adoption"
	SubjectAdoptionList   = "rpc.orders.v1.adoptions"
	SubjectPayAdoption    = "rpc.orders.v1.adoption_pay"
	SubjectCancelAdoption = "rpc.orders.v1.adoption_cancel"
	SubjectPostUpdate     = "rpc.orders.v1.update_post"
	SubjectAddPhoto       = "rpc.orders.v1.photo_add"
	SubjectUpdates        = "rpc.orders.v1.updates"
	SubjectPhoto          = "rpc.orders.v1.photo"
	SubjectDeliverBox     = "rpc.orders.v1.box_deliver"
	SubjectFailBoxes      = "rpc.orders.v1.box_fail"
	SubjectDisputeBox     = "rpc.orders.v1.box_dispute"
	SubjectDecideBox      = "rpc.orders.v1.box_decide"
)

// EvtChanged tells of every change of an adoption's state.
const EvtChanged = "evt.orders.v1.adoption.changed" // Event

type Event struct {
	AdoptionID int64 `json:"adoption_id"`
	State      State `json:"state"`
}

// Register lets svc answer requests about adoptions.
func Register(s *link.Server, svc Service) {
	link.Handle(s, SubjectPlots, svc.Plots)
	link.Handle(s, SubjectPlot, svc.Plot)
	link.Handle(s, SubjectHouseholdPlots, svc.HouseholdPlots)
	link.Handle(s, SubjectSavePlot, svc.SavePlot)
	link.Handle(s, SubjectAdopt, svc.Adopt)
	link.Handle(s, SubjectAdoption, svc.Adoption)
	link.Handle(s, SubjectAdoptionList, svc.AdoptionList)
	link.Handle(s, SubjectPayAdoption, svc.PayAdoption)
	link.Handle(s, SubjectCancelAdoption, svc.CancelAdoption)
	link.Handle(s, SubjectPostUpdate, svc.PostUpdate)
	link.Handle(s, SubjectAddPhoto, svc.AddPhoto)
	link.Handle(s, SubjectUpdates, svc.Updates)
	link.Handle(s, SubjectPhoto, svc.Photo)
	link.Handle(s, SubjectDeliverBox, svc.DeliverBox)
	link.Handle(s, SubjectFailBoxes, svc.FailBoxes)
	link.Handle(s, SubjectDisputeBox, svc.DisputeBox)
	link.Handle(s, SubjectDecideBox, svc.DecideBox)
}

// NewClient reaches adoptions over NATS, wherever they run.
func NewClient(nc *nats.Conn) Service { return client{nc} }

type client struct{ nc *nats.Conn }

func (c client) Plots(ctx context.Context, r PlotFilter) (PlotPage, error) {
	return link.Call[PlotFilter, PlotPage](ctx, c.nc, SubjectPlots, r)
}

func (c client) Plot(ctx context.Context, r PlotRef) (PublicPlot, error) {
	return link.Call[PlotRef, PublicPlot](ctx, c.nc, SubjectPlot, r)
}

func (c client) HouseholdPlots(ctx context.Context, r catalog.HouseholdRef) (HouseholdPlots, error) {
	return link.Call[catalog.HouseholdRef, HouseholdPlots](ctx, c.nc, SubjectHouseholdPlots, r)
}

func (c client) SavePlot(ctx context.Context, r SavePlot) (HouseholdPlot, error) {
	return link.Call[SavePlot, HouseholdPlot](ctx, c.nc, SubjectSavePlot, r)
}

func (c client) Adopt(ctx context.Context, r Request) (Adoption, error) {
	return link.Call[Request, Adoption](ctx, c.nc, SubjectAdopt, r)
}

func (c client) Adoption(ctx context.Context, r Ref) (Adoption, error) {
	return link.Call[Ref, Adoption](ctx, c.nc, SubjectAdoption, r)
}

func (c client) AdoptionList(ctx context.Context, r Filter) (Page, error) {
	return link.Call[Filter, Page](ctx, c.nc, SubjectAdoptionList, r)
}

func (c client) PayAdoption(ctx context.Context, r Pay) (orders.PayStart, error) {
	return link.Call[Pay, orders.PayStart](ctx, c.nc, SubjectPayAdoption, r)
}

func (c client) CancelAdoption(ctx context.Context, r Cancel) (Adoption, error) {
	return link.Call[Cancel, Adoption](ctx, c.nc, SubjectCancelAdoption, r)
}

func (c client) PostUpdate(ctx context.Context, r PostUpdate) (Update, error) {
	return link.Call[PostUpdate, Update](ctx, c.nc, SubjectPostUpdate, r)
}

func (c client) AddPhoto(ctx context.Context, r AddPhoto) (Photo, error) {
	return link.Call[AddPhoto, Photo](ctx, c.nc, SubjectAddPhoto, r)
}

func (c client) Updates(ctx context.Context, r PlotRef) ([]Update, error) {
	return link.Call[PlotRef, []Update](ctx, c.nc, SubjectUpdates, r)
}

func (c client) Photo(ctx context.Context, r PhotoRef) (PhotoFile, error) {
	return link.Call[PhotoRef, PhotoFile](ctx, c.nc, SubjectPhoto, r)
}

func (c client) DeliverBox(ctx context.Context, r BoxRequest) (Adoption, error) {
	return link.Call[BoxRequest, Adoption](ctx, c.nc, SubjectDeliverBox, r)
}

func (c client) FailBoxes(ctx context.Context, r FailBox) (Adoption, error) {
	return link.Call[FailBox, Adoption](ctx, c.nc, SubjectFailBoxes, r)
}

func (c client) DisputeBox(ctx context.Context, r DisputeBox) (Adoption, error) {
	return link.Call[DisputeBox, Adoption](ctx, c.nc, SubjectDisputeBox, r)
}

func (c client) DecideBox(ctx context.Context, r DecideBox) (Adoption, error) {
	return link.Call[DecideBox, Adoption](ctx, c.nc, SubjectDecideBox, r)
}
