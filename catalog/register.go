package catalog

import "banmuyuan/internal/link"

// Register has s answer for svc. Reserve keeps a worker of s for as long as its batch takes: give s more workers than
// the reservation queue has places, and readers never wait for writers.
func Register(s *link.Server, svc Service) {
	link.Handle(s, SubjectPresales, svc.Presales)
	link.Handle(s, SubjectPresale, svc.Presale)
	link.Handle(s, SubjectStock, svc.Stock)
	link.Handle(s, SubjectReference, svc.Reference)
	link.Handle(s, SubjectReserve, svc.Reserve)
	link.Handle(s, SubjectDryRun, svc.DryRun)
	link.Handle(s, SubjectHousehold, svc.Household)
	link.Handle(s, SubjectHouseholds, svc.Households)
	link.Handle(s, SubjectHouseholdLots, svc.HouseholdLots)
	link.Handle(s, SubjectOffer, svc.Offer)
	link.Handle(s, SubjectConsent, svc.SetConsent)
	link.Handle(s, SubjectImportHouseholds, svc.ImportHouseholds)
	link.Handle(s, SubjectSavePresale, svc.SavePresale)
	link.Handle(s, SubjectPresaleState, svc.SetPresaleState)
	link.Handle(s, SubjectCoverage, svc.Coverage)
	link.Handle(s, SubjectVerify, svc.Verify)
	link.Handle(s, SubjectHolds, svc.Holds)
}
