package county

import (
	"banmuyuan/web/auth"
)

// treasuryRoutes are the pages on which the county holds its books against banks and providers.
func (s *moneyPages) treasuryRoutes() {
	county := auth.County
	s.Guarded("POST", "/county/receipts/{id:[0-9]+}/booked", "county.receipts.explain", s.receiptsExplain, county...)
	s.Guarded("POST", "/county/receipts/{id:[0-9]+}/return", "county.receipts.return", s.receiptsReturn, county...)
	s.Guarded("GET", "/county/outgoing", "county.outgoing", s.outgoing, county...)
	s.Guarded("POST", "/county/outgoing/{id:[0-9]+}", "county.outgoing.explain", s.outgoingExplain, county...)
	s.Guarded("GET", "/county/cash", "county.cash", s.cash, county...)
	s.Guarded("POST", "/county/cash", "county.cash.bank", s.cashBank, county...)
	s.Guarded("GET", "/county/refunds", "county.refunds", s.refunds, county...)
	s.Guarded("POST", "/county/refunds/{id:[0-9]+}/approve", "county.refund.approve", s.refundApprove, county...)
	s.Guarded("POST", "/county/refunds/{id:[0-9]+}/transferred", "county.refund.transferred", s.refundTransferred, county...)
	s.Guarded("GET", "/county/disputes", "county.disputes", s.disputes, county...)
	s.Guarded("GET", "/county/reconciliation", "county.reconciliation", s.reconciliation, county...)
	s.Guarded("POST", "/county/reconciliation", "county.reconciliation.run", s.reconcile, county...)
	s.Guarded("GET", "/county/reconciliation/{id:[0-9]+}", "county.reconciliation.past", s.reconciliation, county...)
}
