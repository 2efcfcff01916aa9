package orders

import (
	"context"

	"github.com/nats-io/nats.go"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
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

// EvtAdoptionChanged tells of every change of an adoption's state.
const EvtAdoptionChanged = "evt.orders.v1.adoption.changed" // AdoptionEvent

type AdoptionEvent struct {
	AdoptionID int64         `json:"adoption_id"`
	State      AdoptionState `json:"state"`
}

// RegisterAdoptions lets svc answer requests about adoptions.
func RegisterAdoptions(s *link.Server, svc Adoptions) {
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

// NewAdoptionsClient reaches adoptions over NATS, wherever they run.
func NewAdoptionsClient(nc *nats.Conn) Adoptions { return adoptionsClient{nc} }

type adoptionsClient struct{ nc *nats.Conn }

func (c adoptionsClient) Plots(ctx context.Context, r PlotFilter) (PlotPage, error) {
	return link.Call[PlotFilter, PlotPage](ctx, c.nc, SubjectPlots, r)
}

func (c adoptionsClient) Plot(ctx context.Context, r PlotRef) (PublicPlot, error) {
	return link.Call[PlotRef, PublicPlot](ctx, c.nc, SubjectPlot, r)
}

func (c adoptionsClient) HouseholdPlots(ctx context.Context, r catalog.HouseholdRef) (HouseholdPlots, error) {
	return link.Call[catalog.HouseholdRef, HouseholdPlots](ctx, c.nc, SubjectHouseholdPlots, r)
}

func (c adoptionsClient) SavePlot(ctx context.Context, r SavePlot) (HouseholdPlot, error) {
	return link.Call[SavePlot, HouseholdPlot](ctx, c.nc, SubjectSavePlot, r)
}

func (c adoptionsClient) Adopt(ctx context.Context, r AdoptRequest) (Adoption, error) {
	return link.Call[AdoptRequest, Adoption](ctx, c.nc, SubjectAdopt, r)
}

func (c adoptionsClient) Adoption(ctx context.Context, r AdoptionRef) (Adoption, error) {
	return link.Call[AdoptionRef, Adoption](ctx, c.nc, SubjectAdoption, r)
}

func (c adoptionsClient) AdoptionList(ctx context.Context, r AdoptionFilter) (AdoptionPage, error) {
	return link.Call[AdoptionFilter, AdoptionPage](ctx, c.nc, SubjectAdoptionList, r)
}

func (c adoptionsClient) PayAdoption(ctx context.Context, r PayAdoption) (PayStart, error) {
	return link.Call[PayAdoption, PayStart](ctx, c.nc, SubjectPayAdoption, r)
}

func (c adoptionsClient) CancelAdoption(ctx context.Context, r CancelAdoption) (Adoption, error) {
	return link.Call[CancelAdoption, Adoption](ctx, c.nc, SubjectCancelAdoption, r)
}

func (c adoptionsClient) PostUpdate(ctx context.Context, r PostUpdate) (AdoptionUpdate, error) {
	return link.Call[PostUpdate, AdoptionUpdate](ctx, c.nc, SubjectPostUpdate, r)
}

func (c adoptionsClient) AddPhoto(ctx context.Context, r AddPhoto) (Photo, error) {
	return link.Call[AddPhoto, Photo](ctx, c.nc, SubjectAddPhoto, r)
}

func (c adoptionsClient) Updates(ctx context.Context, r PlotRef) ([]AdoptionUpdate, error) {
	return link.Call[PlotRef, []AdoptionUpdate](ctx, c.nc, SubjectUpdates, r)
}

func (c adoptionsClient) Photo(ctx context.Context, r PhotoRef) (PhotoFile, error) {
	return link.Call[PhotoRef, PhotoFile](ctx, c.nc, SubjectPhoto, r)
}

func (c adoptionsClient) DeliverBox(ctx context.Context, r BoxRequest) (Adoption, error) {
	return link.Call[BoxRequest, Adoption](ctx, c.nc, SubjectDeliverBox, r)
}

func (c adoptionsClient) FailBoxes(ctx context.Context, r FailBox) (Adoption, error) {
	return link.Call[FailBox, Adoption](ctx, c.nc, SubjectFailBoxes, r)
}

func (c adoptionsClient) DisputeBox(ctx context.Context, r DisputeBox) (Adoption, error) {
	return link.Call[DisputeBox, Adoption](ctx, c.nc, SubjectDisputeBox, r)
}

func (c adoptionsClient) DecideBox(ctx context.Context, r DecideBox) (Adoption, error) {
	return link.Call[DecideBox, Adoption](ctx, c.nc, SubjectDecideBox, r)
}
