package main

import (
	"context"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/payments"
)

// seasonRegister answers the payment module from the catalogue's seasons.
type seasonRegister struct{ catalog.Service }

func (r seasonRegister) CheckSeason(ctx context.Context, season int) error {
	ref, err := r.Reference(link.System(ctx, modulePayments), catalog.None{})
	if err != nil {
		return err
	}
	return catalog.CheckTakes(ref.Seasons, season, "season")
}

// householdRegister answers the payment module from the catalogue's register.
type householdRegister struct{ catalog.Registry }

func (r householdRegister) RegisteredHouseholds(ctx context.Context, keys []payments.HouseholdKey) ([]payments.RegisteredHousehold, error) {
	ask := catalog.RegistryRequest{Keys: make([]catalog.RegistryKey, len(keys))}
	for i, k := range keys {
		ask.Keys[i] = catalog.RegistryKey(k)
	}
	found, err := r.Registry.RegisteredHouseholds(link.System(ctx, modulePayments), ask)
	if err != nil {
		return nil, err
	}
	out := make([]payments.RegisteredHousehold, len(found.Items))
	for i, e := range found.Items {
		out[i] = payments.RegisteredHousehold(e)
	}
	return out, nil
}
