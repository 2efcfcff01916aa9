package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"banmuyuan/catalog"
	"banmuyuan/orders"
	"banmuyuan/orders/adopt"
	"banmuyuan/payments"
	"banmuyuan/web/auth"
)

// OwnData is all data of the person that is logged in.
type OwnData struct {
	Account     OwnAccount                 `json:"account"`
	Sessions    []OwnSession               `json:"sessions"`
	Corrections []auth.Correction          `json:"corrections,omitempty"`
	Orders      []orders.Order             `json:"orders,omitempty"`
	Adoptions   []adopt.Adoption           `json:"adoptions,omitempty"`
	Household   *catalog.Household         `json:"household,omitempty"`
	Income      *orders.Income             `json:"income,omitempty"`
	Payments    *payments.HouseholdAccount `json:"payments,omitempty"`
}

// OwnSession is a session of the person.
type OwnSession struct {
	Program string    `json:"program"`
	System  string    `json:"system"`
	Network string    `json:"network"`
	BegunAt time.Time `json:"begun_at"`
	SeenAt  time.Time `json:"seen_at"`
}

// OwnAccount is the account of the person.
type OwnAccount struct {
	ID        int64     `json:"id"`
	Login     string    `json:"login"`
	Name      string    `json:"name"`
	Phone     string    `json:"phone,omitempty"`
	Email     string    `json:"email,omitempty"`
	Role      auth.Role `json:"role"`
	Lang      string    `json:"lang"`
	CreatedAt time.Time `json:"created_at"`
	Verified  time.Time `json:"verified_at,omitzero"`
	Privacy   int       `json:"privacy_version,omitempty"`
	AgreedAt  time.Time `json:"agreed_at,omitzero"`
}

type privacyIn struct {
	Version int `json:"version"`
}

type correctionIn struct {
	Text string `json:"text" description:"What is wrong, and what it should be"`
}

type closeIn struct {
	Password string `json:"password"`
}

// ownDataEndpoints are about the data of the person that is logged in.
func (a *API) ownDataEndpoints() []endpoint {
	agree := op("PUT", "/me/privacy", "accounts.privacy", "Agree to the privacy notice, which is the page /privacy", loggedIn,
		func(context.Context, privacyIn) (struct{}, error) { return struct{}{}, nil })
	agree.serve = func(_ context.Context, r *http.Request) (any, error) {
		var in privacyIn
		if err := decode(r, &in); err != nil {
			return nil, err
		}
		return struct{}{}, a.accounts.Agree(r, strconv.Itoa(in.Version))
	}
	data := op("GET", "/me/data", "accounts.data", "All that is held of the account and its person", loggedIn,
		func(context.Context, struct{}) (OwnData, error) { return OwnData{}, nil })
	data.serve = func(_ context.Context, r *http.Request) (any, error) { return a.accounts.OwnData(r) }
	correction := op("POST", "/me/corrections", "accounts.correction", "Ask the county to correct something; its answer stands in GET /me/data", loggedIn,
		func(context.Context, correctionIn) (struct{}, error) { return struct{}{}, nil })
	correction.serve = func(_ context.Context, r *http.Request) (any, error) {
		var in correctionIn
		if err := decode(r, &in); err != nil {
			return nil, err
		}
		return struct{}{}, a.accounts.AskCorrection(r, in.Text)
	}
	end := op("POST", "/me/close", "accounts.close", "Close the account of a private buyer; orders, payments and books stay as the law asks", loggedIn,
		func(context.Context, closeIn) (struct{}, error) { return struct{}{}, nil })
	end.serve = func(_ context.Context, r *http.Request) (any, error) {
		var in closeIn
		if err := decode(r, &in); err != nil {
			return nil, err
		}
		return struct{}{}, a.accounts.CloseAccount(r, in.Password)
	}
	return []endpoint{agree, data, correction, end}
}
