package main

import (
	"context"

	"banmuyuan/catalog"
	"banmuyuan/internal/entry"
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

func (r householdRegister) RegisteredHouseholds(ctx context.Context, workbook int64, keys []payments.HouseholdKey) ([]payments.RegisteredHousehold, error) {
	ask := catalog.RegistryRequest{Workbook: workbook, Keys: make([]catalog.RegistryKey, len(keys))}
	for i, k := range keys {
		ask.Keys[i] = catalog.RegistryKey(k)
	}
	found, err := r.Registry.RegisteredHouseholds(link.System(ctx, modulePayments), ask)
	if err != nil {
		return nil, err
	}
	if found.Busy {
		return nil, payments.ErrRegisterBusy
	}
	out := make([]payments.RegisteredHousehold, len(found.Items))
	for i, e := range found.Items {
		out[i] = payments.RegisteredHousehold(e)
	}
	return out, nil
}

func (r householdRegister) RegisteredNames(ctx context.Context, workbook int64) (payments.RegisteredNames, error) {
	found, err := r.Registry.RegisteredNames(link.System(ctx, modulePayments), catalog.NamesRequest{Workbook: workbook})
	if err == nil && found.Busy {
		err = payments.ErrRegisterBusy
	}
	if err != nil {
		return payments.RegisteredNames{}, err
	}
	out := payments.RegisteredNames{Programmes: map[string]string{}, Organisations: map[string]int64{}, Seasons: found.Seasons}
	for _, p := range found.Programmes {
		out.Programmes[entry.FoldName(p.Code)], out.Programmes[entry.FoldName(p.Name)] = p.Code, p.Code
	}
	for _, o := range found.Organisations {
		out.Organisations[entry.FoldName(o.Name)] = o.ID
	}
	return out, nil
}
