package orders

import "banmuyuan/internal/link"

// Register lets svc answer the module's requests.
func Register(s *link.Server, svc Service) {
	link.Handle(s, SubjectQuote, svc.Quote)
	link.Handle(s, SubjectPlace, svc.Place)
	link.Handle(s, SubjectOrder, svc.Order)
	link.Handle(s, SubjectOrders, svc.Orders)
	link.Handle(s, SubjectOrigins, svc.Origins)
	link.Handle(s, SubjectPay, svc.Pay)
	link.Handle(s, SubjectCancel, svc.Cancel)
	link.Handle(s, SubjectCollection, svc.Collection)
	link.Handle(s, SubjectCollectionVillages, svc.CollectionVillages)
	link.Handle(s, SubjectWeigh, svc.Weigh)
	link.Handle(s, SubjectTicket, svc.Ticket)
	link.Handle(s, SubjectTickets, svc.Tickets)
	link.Handle(s, SubjectDecideTicket, svc.DecideTicket)
	link.Handle(s, SubjectReportShort, svc.ReportShort)
	link.Handle(s, SubjectCloseVillage, svc.CloseVillage)
	link.Handle(s, SubjectDeliveries, svc.Deliveries)
	link.Handle(s, SubjectIncome, svc.Income)
	link.Handle(s, SubjectReport, svc.Report)
	link.Handle(s, SubjectIncomes, svc.Incomes)
	link.Handle(s, SubjectRebuildIncome, svc.RebuildIncome)
	link.Handle(s, SubjectVerify, svc.Verify)
	link.Handle(s, SubjectDigests, svc.Digests)
}
