package api

import (
	"context"
	"errors"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/orders/adopt"
	"banmuyuan/payments"
	"banmuyuan/web/auth"
	"banmuyuan/web/photo"
)

type plotQuery struct {
	Kind     string `query:"kind" enum:"goose,garden"`
	Township int64  `query:"township"`
	Village  int64  `query:"village"`
	Query    string `query:"q"`
	Cursor   string `query:"cursor"`
	Limit    int    `query:"limit" minimum:"1" maximum:"100"`
}

type plotIn struct {
	Code      string       `path:"code" json:"-"`
	Presale   int64        `path:"presale" json:"-"`
	Units     int64        `json:"units"`
	EveryDays int64        `json:"every_days" enum:"7,14"`
	Story     catalog.Text `json:"story"`
}

type adoptIn struct {
	Key       string          `header:"Idempotency-Key" json:"-" required:"true"`
	PlotID    int64           `json:"plot_id"`
	Units     int64           `json:"units"`
	OnFailure adopt.OnFailure `json:"on_failure,omitempty" enum:"replace,refund"`
	Delivery  orders.Delivery `json:"delivery"`
}

type adoptionQuery struct {
	State     []string `query:"state" collectionFormat:"csv"`
	Household int64    `query:"household"`
	Query     string   `query:"q"`
	Cursor    string   `query:"cursor"`
	Limit     int      `query:"limit" minimum:"1" maximum:"100"`
}

type adoptionCancelIn struct {
	No     string `path:"no" json:"-"`
	Reason string `json:"reason,omitempty"`
}

type boxOfIn struct {
	Code string `path:"code"`
	No   string `path:"no"`
	Box  int    `path:"box"`
}

type failBoxIn struct {
	Code   string `path:"code" json:"-"`
	No     string `path:"no" json:"-"`
	Box    int    `path:"box" json:"-"`
	Reason string `json:"reason" enum:"died,hail,harvest,quality,other"`
	Rest   bool   `json:"rest,omitempty" description:"It and all later boxes"`
	Note   string `json:"note,omitempty"`
}

type disputeBoxIn struct {
	No   string `path:"no" json:"-"`
	Box  int    `path:"box" json:"-"`
	Note string `json:"note"`
}

type decideBoxIn struct {
	No   string `path:"no" json:"-"`
	Box  int    `path:"box" json:"-"`
	Came bool   `json:"came"`
	Note string `json:"note,omitempty"`
}

type updateIn struct {
	Code string `path:"code" json:"-"`
	Plot int64  `path:"plot" json:"-"`
	Key  string `header:"Idempotency-Key" json:"-" required:"true"`
	Text string `json:"text"`
}

type photoIn struct {
	Code   string `path:"code" json:"-"`
	Update int64  `path:"update" json:"-"`
	Photo  []byte `json:"photo" description:"A JPEG, PNG or WebP picture in base64; it is shrunk, and everything but its pixels is removed"`
}

type photoRefIn struct {
	No    string `path:"no"`
	Photo int64  `path:"photo"`
}

type updatesOut struct {
	Items []adopt.Update `json:"items"`
}

// Picture shrinks a sent picture to the stored size.
func Picture(file []byte, field string) ([]byte, error) {
	out, err := photo.Shrink(file, adopt.PhotoMostPixels, adopt.PhotoMostBytes)
	switch {
	case errors.Is(err, photo.ErrSize):
		return nil, link.E(link.TooLarge, "upload.too_large", field, "mb", "12").Because(err)
	case err != nil:
		return nil, link.E(link.Invalid, "adoption.photo.kind", field).Because(err)
	}
	return out, nil
}

func (a *API) adoptionEndpoints() []endpoint {
	o := a.raw.Adoptions
	buyer, earning := only([]auth.Role{auth.Buyer}), only(auth.Earning)
	picture := op("GET", "/adoptions/{no}/photos/{photo}", "adoptions.photo", "A photo of an update, for the adopter", loggedIn,
		func(ctx context.Context, in photoRefIn) (payments.File, error) {
			f, err := a.services.Adoptions.Photo(ctx, adopt.PhotoRef{AdoptionNo: in.No, ID: in.Photo})
			return payments.File{Name: "photo.jpg", Type: "image/jpeg", Data: f.JPEG}, err
		})
	picture.raw = "image/jpeg"
	return []endpoint{
		op("GET", "/plots", "adoptions.plots", "Geese and garden beds that can be adopted", public,
			func(ctx context.Context, in plotQuery) (link.Raw[adopt.PlotPage], error) {
				return o.Plots(ctx, adopt.PlotFilter{Kind: orders.PlotKind(in.Kind), Township: in.Township, Village: in.Village,
					Query: in.Query, Cursor: in.Cursor, Limit: in.Limit})
			}),
		op("GET", "/plots/{id}", "adoptions.plot", "One of them", public,
			func(ctx context.Context, in idIn) (link.Raw[adopt.PublicPlot], error) {
				return o.Plot(ctx, adopt.PlotRef{ID: in.ID})
			}),
		op("POST", "/adoptions", "adoptions.adopt", "Adopt geese or beds of a household", buyer,
			func(ctx context.Context, in adoptIn) (link.Raw[adopt.Adoption], error) {
				if err := needKey(in.Key); err != nil {
					return nil, err
				}
				return o.Adopt(ctx, adopt.Request{IdempotencyKey: in.Key, PlotID: in.PlotID, Units: in.Units, OnFailure: in.OnFailure, Delivery: in.Delivery})
			}).created(),
		op("GET", "/adoptions", "adoptions.list", "Adoptions the caller has to do with", loggedIn,
			func(ctx context.Context, in adoptionQuery) (link.Raw[adopt.Page], error) {
				f := adopt.Filter{Household: in.Household, Query: in.Query, Cursor: in.Cursor, Limit: in.Limit}
				for _, s := range in.State {
					f.State = append(f.State, adopt.State(s))
				}
				return o.AdoptionList(ctx, f)
			}).ofPeople(),
		op("GET", "/adoptions/{no}", "adoptions.get", "One adoption", loggedIn,
			func(ctx context.Context, in noIn) (link.Raw[adopt.Adoption], error) {
				return o.Adoption(ctx, adopt.Ref{No: in.No})
			}),
		op("POST", "/adoptions/{no}/payments", "adoptions.pay", "Start a payment of what is due", loggedIn,
			func(ctx context.Context, in payIn) (link.Raw[orders.PayStart], error) {
				if err := needKey(in.Key); err != nil {
					return nil, err
				}
				if err := ownPath("return_url", in.ReturnURL); err != nil {
					return nil, err
				}
				return o.PayAdoption(ctx, adopt.Pay{AdoptionNo: in.No, Method: in.Method, ReturnURL: in.ReturnURL, IdempotencyKey: in.Key})
			}).created(),
		op("POST", "/adoptions/{no}/cancel", "adoptions.cancel", "Cancel an adoption before its first box", buyer,
			func(ctx context.Context, in adoptionCancelIn) (link.Raw[adopt.Adoption], error) {
				return o.CancelAdoption(ctx, adopt.Cancel{AdoptionNo: in.No, Reason: in.Reason})
			}),
		picture,
		op("POST", "/adoptions/{no}/boxes/{box}/dispute", "adoptions.dispute", "Say that a box did not come as promised", buyer,
			func(ctx context.Context, in disputeBoxIn) (link.Raw[adopt.Adoption], error) {
				return o.DisputeBox(ctx, adopt.DisputeBox{AdoptionNo: in.No, No: in.Box, Note: in.Note})
			}),
		op("POST", "/adoptions/{no}/boxes/{box}/decision", "adoptions.decide", "End a dispute", only(auth.County),
			func(ctx context.Context, in decideBoxIn) (link.Raw[adopt.Adoption], error) {
				return o.DecideBox(ctx, adopt.DecideBox{AdoptionNo: in.No, No: in.Box, Came: in.Came, Note: in.Note})
			}),
		op("GET", "/households/{code}/plots", "households.plots", "What a household offers for adoption, or could", loggedIn,
			func(ctx context.Context, in codeIn) (link.Raw[adopt.HouseholdPlots], error) {
				ctx, h, err := a.household(ctx, in.Code)
				if err != nil {
					return nil, err
				}
				return o.HouseholdPlots(ctx, catalog.HouseholdRef{ID: h.ID})
			}),
		op("PUT", "/households/{code}/plots/{presale}", "households.plot", "Offer geese or beds for adoption", earning,
			func(ctx context.Context, in plotIn) (link.Raw[adopt.HouseholdPlot], error) {
				ctx, h, err := a.household(ctx, in.Code)
				if err != nil {
					return nil, err
				}
				return o.SavePlot(ctx, adopt.SavePlot{HouseholdID: h.ID, PresaleID: in.Presale, Units: in.Units, EveryDays: in.EveryDays, Story: in.Story})
			}),
		op("GET", "/households/{code}/plots/{plot}/updates", "households.updates", "What a household told its adopters", earning,
			func(ctx context.Context, in struct {
				Code string `path:"code"`
				Plot int64  `path:"plot"`
			}) (updatesOut, error) {
				ctx, _, err := a.household(ctx, in.Code)
				if err != nil {
					return updatesOut{}, err
				}
				items, err := a.services.Adoptions.Updates(ctx, adopt.PlotRef{ID: in.Plot})
				return updatesOut{items}, err
			}),
		op("POST", "/households/{code}/plots/{plot}/updates", "households.update", "Tell the adopters something", earning,
			func(ctx context.Context, in updateIn) (link.Raw[adopt.Update], error) {
				if err := needKey(in.Key); err != nil {
					return nil, err
				}
				ctx, _, err := a.household(ctx, in.Code)
				if err != nil {
					return nil, err
				}
				return o.PostUpdate(ctx, adopt.PostUpdate{IdempotencyKey: in.Key, PlotID: in.Plot, Text: in.Text})
			}).created(),
		op("POST", "/households/{code}/updates/{update}/photos", "households.photo", "Add a photo to an update", earning,
			func(ctx context.Context, in photoIn) (link.Raw[adopt.Photo], error) {
				ctx, _, err := a.household(ctx, in.Code)
				if err != nil {
					return nil, err
				}
				// A picture takes far more memory unfolded than sent: its sender's rights come first. The module refuses the empty
				// picture for them, or for being none.
				if _, err := a.services.Adoptions.AddPhoto(ctx, adopt.AddPhoto{UpdateID: in.Update}); link.CodeOf(err) != link.Invalid {
					return nil, err
				}
				small, err := Picture(in.Photo, "photo")
				if err != nil {
					return nil, err
				}
				return o.AddPhoto(ctx, adopt.AddPhoto{UpdateID: in.Update, JPEG: small})
			}).created(),
		op("POST", "/households/{code}/adoptions/{no}/boxes/{box}/delivered", "households.box_delivered", "A box was handed over", earning,
			func(ctx context.Context, in boxOfIn) (link.Raw[adopt.Adoption], error) {
				ctx, _, err := a.household(ctx, in.Code)
				if err != nil {
					return nil, err
				}
				return o.DeliverBox(ctx, adopt.BoxRequest{AdoptionNo: in.No, No: in.Box})
			}),
		op("POST", "/households/{code}/adoptions/{no}/boxes/{box}/failed", "households.box_failed", "A box will not come", earning,
			func(ctx context.Context, in failBoxIn) (link.Raw[adopt.Adoption], error) {
				ctx, _, err := a.household(ctx, in.Code)
				if err != nil {
					return nil, err
				}
				return o.FailBoxes(ctx, adopt.FailBox{AdoptionNo: in.No, No: in.Box, Rest: in.Rest, Reason: in.Reason, Note: in.Note})
			}),
	}
}
