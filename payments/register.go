package payments

import "banmuyuan/internal/link"

// Register answers the module's request subjects on s with svc.
func Register(s *link.Server, svc Service) {
	link.Handle(s, SubjectMethods, svc.Methods)
	link.Handle(s, SubjectCreatePayment, svc.CreatePayment)
	link.Handle(s, SubjectPayment, svc.Payment)
	link.Handle(s, SubjectExpirePayments, svc.ExpirePayments)
	link.Handle(s, SubjectAccount, svc.Account)
	link.Handle(s, SubjectAccounts, svc.Accounts)
	link.Handle(s, SubjectPayments, svc.Payments)
	link.Handle(s, SubjectRecordTransfers, svc.RecordTransfers)
	link.Handle(s, SubjectMatchTransfer, svc.MatchTransfer)
	link.Handle(s, SubjectStatement, svc.Statement)
	link.Handle(s, SubjectRecordCash, svc.RecordCash)
	link.Handle(s, SubjectRefunds, svc.Refunds)
	link.Handle(s, SubjectRecordRefund, svc.RecordRefund)
	link.Handle(s, SubjectHouseholdAccount, svc.HouseholdAccount)
	link.Handle(s, SubjectSetPayoutAccount, svc.SetPayoutAccount)
	link.Handle(s, SubjectApprovePayoutAccount, svc.ApprovePayoutAccount)
	link.Handle(s, SubjectPayoutSummary, svc.PayoutSummary)
	link.Handle(s, SubjectCreateBatch, svc.CreateBatch)
	link.Handle(s, SubjectBatches, svc.Batches)
	link.Handle(s, SubjectBatch, svc.Batch)
	link.Handle(s, SubjectDecideBatch, svc.DecideBatch)
	link.Handle(s, SubjectExportBatch, svc.ExportBatch)
	link.Handle(s, SubjectImportResult, svc.ImportResult)
	link.Handle(s, SubjectSampleResult, svc.SampleResult)
	link.Handle(s, SubjectTrialBalance, svc.TrialBalance)
	link.Handle(s, SubjectJournal, svc.Journal)
	link.Handle(s, SubjectIncomeFacts, svc.IncomeFacts)
	link.Handle(s, SubjectVerify, svc.Verify)
}
