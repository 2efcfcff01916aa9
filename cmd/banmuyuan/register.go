package main

import (
	"context"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/payments"
)

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
