package county_test

import (
	"context"

	"banmuyuan/payments"
	"banmuyuan/web/county/words"
	"banmuyuan/web/webtest"
)

// stubTreasury answers with made-up data, for the look of pages only.
type stubTreasury struct {
	payments.Treasury
	empty      bool
	refuse     error
	problems   []payments.FileProblem
	statements []payments.ImportStatement
	banked     []payments.BankCash
	returned   []payments.ReturnTransfer
	explained  []payments.ExplainTransfer
	notes      []payments.ExplainOutgoing
	approved   []int64
	decided    []payments.DecideDoubtful
	split      []payments.SplitTransfer
	used       []payments.UseRefund
	ran        int
	unmapped   bool
	mapped     []payments.MapStatement
	forgotten  []int64
}

func (s *stubTreasury) PictureStatement(_ context.Context, r payments.PictureStatement) (payments.StatementPicture, error) {
	p := payments.StatementPicture{HeadLine: 2, All: 90, Fields: []string{"ref", "date", "", "-"}, Known: []string{"ref", "date", "in", "amount"},
		Lines: []payments.PictureLine{{Line: 1, Cells: []string{"某某银行"}}, {Line: 2, Cells: []string{"编码", "发生于", "钱数来", ""}}, {Line: 3, Cells: []string{"X1", "2026-09-18", "500.00", ""}}}}
	if r.From > 0 {
		p.HeadLine, p.Lines = 0, []payments.PictureLine{{Line: r.From, Cells: []string{"后面"}}}
	}
	return p, nil
}

func (s *stubTreasury) MapStatement(_ context.Context, r payments.MapStatement) (payments.StatementColumns, error) {
	if s.refuse == nil {
		s.mapped, s.unmapped = append(s.mapped, r), false
	}
	return payments.StatementColumns{}, s.refuse
}

func (s *stubTreasury) StatementColumns(context.Context, payments.None) (payments.StatementColumnsList, error) {
	if s.empty {
		return payments.StatementColumnsList{}, nil
	}
	return payments.StatementColumnsList{Items: []payments.StatementColumns{{ID: 4, Bank: "某某村镇银行", By: "operator", At: webtest.Day,
		Titles: []string{"编码", "发生于", "", "钱数"}, Fields: []string{"ref", "date", "-", "amount"}}}}, nil
}

func (s *stubTreasury) ForgetStatement(_ context.Context, r payments.StatementColumnsRef) (payments.None, error) {
	s.forgotten = append(s.forgotten, r.ID)
	return payments.None{}, s.refuse
}

func (s *stubTreasury) ImportStatement(_ context.Context, r payments.ImportStatement) (payments.ImportedStatement, error) {
	if s.problems == nil && s.refuse == nil {
		s.statements = append(s.statements, r)
	}
	if s.unmapped {
		return payments.ImportedStatement{Unmapped: true, Problems: []payments.FileProblem{{Line: 1, Key: "statement.no_columns", Args: map[string]string{"columns": "流水号"}}}}, nil
	}
	from, opening := webtest.Day, int64(100_00)
	out := payments.ImportedStatement{In: 3, Out: 1, Matched: 1, Suspense: 2, Problems: s.problems, DryRun: r.DryRun, From: &from, To: &from}
	if r.DryRun {
		out.OpeningFen, out.ClosingFen, out.LedgerFen, out.Account, out.Doubtful = &opening, &opening, &opening, "2300000000000000001", 1
		out.Lines = []payments.StatementLook{
			{Line: 4, BankRef: "A1", AmountFen: 500_00, Party: "某公司", Memo: "货款", PaidOn: from, Use: payments.LookSuspense, Seen: "500.00"},
			{Line: 5, BankRef: "A2", AmountFen: 300_00, Party: "某公司", PaidOn: from, Use: payments.LookDoubtful, Doubts: []string{"statement.doubt.status"}, Seen: "300.00"},
		}
	}
	return out, s.refuse
}

func (s *stubTreasury) Doubtful(context.Context, payments.StatementFilter) (payments.DoubtfulPage, error) {
	if s.empty {
		return payments.DoubtfulPage{}, nil
	}
	return payments.DoubtfulPage{Total: 2, Items: []payments.DoubtfulLine{
		{ID: 8, BankRef: "A3", AmountFen: 100_00, Party: "某人", PaidOn: webtest.Day, Currency: "美元", Seen: "100.00", Doubts: []string{"statement.doubt.currency"}, State: payments.DoubtOpen},
		{ID: 7, BankRef: "A2", AmountFen: 300_00, Either: true, Party: "某公司", PaidOn: webtest.Day, Seen: "300.00", Doubts: []string{"statement.doubt.direction"}, State: payments.DoubtOpen},
	}}, nil
}

func (s *stubTreasury) DecideDoubtful(_ context.Context, r payments.DecideDoubtful) (payments.DoubtfulLine, error) {
	if s.refuse == nil {
		s.decided = append(s.decided, r)
	}
	return payments.DoubtfulLine{ID: r.LineID}, s.refuse
}

func (s *stubTreasury) SuggestTransfers(_ context.Context, r payments.SuggestTransfers) (payments.TransferSuggestions, error) {
	var out payments.TransferSuggestions
	if s.empty {
		return out, nil
	}
	for _, id := range r.LineIDs {
		out.Items = append(out.Items, payments.TransferSuggestion{LineID: id, Why: payments.SuggestCodes, RestFen: 100,
			Parts: []payments.SuggestedPart{{PaymentID: 21, Ref: "order:7", Code: "260918AB", AmountFen: 300_00}, {PaymentID: 22, Code: "260919AB", AmountFen: 1_999_00}}})
	}
	return out, nil
}

func (s *stubTreasury) SplitTransfer(_ context.Context, r payments.SplitTransfer) (payments.StatementLines, error) {
	if s.refuse == nil {
		s.split = append(s.split, r)
	}
	return payments.StatementLines{}, s.refuse
}

func (s *stubTreasury) UseRefund(_ context.Context, r payments.UseRefund) (payments.Refund, error) {
	if s.refuse == nil {
		s.used = append(s.used, r)
	}
	return payments.Refund{}, s.refuse
}

func (s *stubTreasury) Booked(context.Context, payments.None) (payments.BookedList, error) {
	if s.empty {
		return payments.BookedList{}, nil
	}
	return payments.BookedList{Items: []payments.Booked{{Kind: payments.BookedBanking, ID: "7", Name: "JK-0007", AmountFen: 500_00, On: webtest.Day}}}, nil
}

func (s *stubTreasury) ExplainTransfer(_ context.Context, r payments.ExplainTransfer) (payments.StatementLine, error) {
	s.explained = append(s.explained, r)
	return payments.StatementLine{}, s.refuse
}

func (s *stubTreasury) ReturnTransfer(_ context.Context, r payments.ReturnTransfer) (payments.StatementLine, error) {
	s.returned = append(s.returned, r)
	return payments.StatementLine{}, s.refuse
}

func (s *stubTreasury) Outgoing(context.Context, payments.StatementFilter) (payments.OutgoingPage, error) {
	if s.empty {
		return payments.OutgoingPage{}, nil
	}
	return payments.OutgoingPage{Total: 30, Cursor: "more", Items: []payments.OutgoingLine{
		{ID: 1, BankRef: "OUT-1", AmountFen: 35_00, Payee: "农信社", Memo: "账户管理费", PaidOn: webtest.Day, State: "open"},
		{ID: 2, BankRef: "OUT-2", AmountFen: 140_00, Payee: "某公司", PaidOn: webtest.Day, State: "explained", ExplainedAs: "refund:7"}}}, nil
}

func (s *stubTreasury) ExplainOutgoing(_ context.Context, r payments.ExplainOutgoing) (payments.OutgoingLine, error) {
	s.notes = append(s.notes, r)
	return payments.OutgoingLine{}, s.refuse
}

func (s *stubTreasury) BankCash(_ context.Context, r payments.BankCash) (payments.CashBanking, error) {
	s.banked = append(s.banked, r)
	return payments.CashBanking{}, s.refuse
}

func (s *stubTreasury) Cashbox(context.Context, payments.CashboxRequest) (payments.Cashbox, error) {
	if s.empty {
		return payments.Cashbox{}, nil
	}
	at := webtest.Day
	return payments.Cashbox{OnHandFen: 700_00, OldestAt: &at,
		Receipts: []payments.CashReceipt{{Receipt: "SJ-0012", PaymentID: 3, Ref: "order:12", AmountFen: 700_00, TakenBy: "clerk", At: webtest.Day}},
		Bankings: []payments.CashBanking{{ID: 7, Slip: "JK-0007", AmountFen: 500_00, PaidOn: webtest.Day, By: "clerk"}}}, nil
}

func (s *stubTreasury) ApproveRefund(_ context.Context, r payments.RefundRef) (payments.Refund, error) {
	s.approved = append(s.approved, r.ID)
	return payments.Refund{}, s.refuse
}

func (s *stubTreasury) Disputes(context.Context, payments.DisputeFilter) (payments.DisputePage, error) {
	if s.empty {
		return payments.DisputePage{}, nil
	}
	by := webtest.Day
	return payments.DisputePage{Total: 2, Items: []payments.Dispute{
		{ID: 2, Ref: "order:12", State: payments.DisputeOpen, AmountFen: 300_00, Reason: "product_not_received", OpenedAt: webtest.Day, RespondBy: &by},
		{ID: 1, Ref: "order:13", State: payments.DisputeLost, AmountFen: 20_00, Reason: "fraudulent", OpenedAt: webtest.Day}}}, nil
}

func (s *stubTreasury) comparison() payments.Reconciliation {
	to := webtest.Day
	r := payments.Reconciliation{ID: 5, RanAt: webtest.Day, RanBy: "system:reconciliation", BankFen: 9_000_00, SuspenseFen: 50_00, CashFen: 700_00, CoveredTo: &to,
		Clearing: []payments.ClearingState{{Gateway: payments.Sandbox, LedgerFen: 100_00, ProviderFen: 100_00, FeesFen: 60, Answered: true}, {Gateway: payments.Stripe}}}
	for kind := range words.Treasury {
		if len(kind) > 6 && kind[:6] == "recon." {
			r.Differences = append(r.Differences, payments.Difference{Kind: kind[6:], Object: "payment:7", Ref: "order:12", OursFen: 100, TheirsFen: 99, Since: webtest.Day, Act: payments.ActOperator})
		}
	}
	r.Count = len(r.Differences)
	return r
}

func (s *stubTreasury) Reconcile(context.Context, payments.None) (payments.Reconciliation, error) {
	s.ran++
	return s.comparison(), s.refuse
}

func (s *stubTreasury) Reconciliation(context.Context, payments.ReconciliationRef) (payments.Reconciliation, error) {
	if s.empty {
		return payments.Reconciliation{}, nil
	}
	return s.comparison(), nil
}

func (s *stubTreasury) Reconciliations(context.Context, payments.ReconciliationsRequest) (payments.Reconciliations, error) {
	if s.empty {
		return payments.Reconciliations{}, nil
	}
	return payments.Reconciliations{Items: []payments.Reconciliation{s.comparison()}}, nil
}
