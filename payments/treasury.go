package payments

import (
	"context"
	"time"
)

// DisputeState: see the table in states.go.
type DisputeState string

const (
	DisputeInquiry DisputeState = "inquiry" // the bank asks; no money has moved
	DisputeOpen    DisputeState = "open"    // the money is withdrawn until it is decided
	DisputeWon     DisputeState = "won"
	DisputeLost    DisputeState = "lost"
	DisputeClosed  DisputeState = "closed" // an inquiry that came to nothing
)

// Dispute is a payment that its buyer takes back through the bank.
type Dispute struct {
	ID         int64        `json:"id"`
	PaymentID  int64        `json:"payment_id"`
	Ref        string       `json:"ref"`
	Method     string       `json:"method"`
	ProviderID string       `json:"provider_id"`
	State      DisputeState `json:"state"`
	AmountFen  int64        `json:"amount_fen"`
	Reason     string       `json:"reason"` // the bank's word
	OpenedAt   time.Time    `json:"opened_at"`
	RespondBy  *time.Time   `json:"respond_by,omitempty"`
	EndedAt    *time.Time   `json:"ended_at,omitempty"`
}

type DisputeFilter struct {
	State  DisputeState `json:"state,omitempty"`
	Cursor string       `json:"cursor,omitempty"`
	Limit  int          `json:"limit,omitempty"`
}

type DisputePage struct {
	Items  []Dispute `json:"items"`
	Total  int       `json:"total"`
	Cursor string    `json:"cursor,omitempty"`
}

type RefundRef struct {
	ID int64 `json:"id"`
}

// ReturnTransfer says that a statement line which belongs to nobody here was transferred back.
type ReturnTransfer struct {
	LineID  int64     `json:"line_id"`
	BankRef string    `json:"bank_ref"`
	PaidOn  time.Time `json:"paid_on"`
}

// Kinds of postings that are made before the bank's statement shows their money.
const (
	BookedBanking        = "banking"         // cash brought to the bank
	BookedRecall         = "payout_recall"   // payouts that came back after they had been reported paid
	BookedProviderPayout = "provider_payout" // a provider's payout
	BookedOrgReturn      = "org_return"      // a payment to an organisation that came back
	BookedReversal       = "reversal"        // a line of money out that the bank took back
)

// Booked is money in that the books have already, and that the statement has not shown yet.
type Booked struct {
	Kind      string    `json:"kind"`
	ID        string    `json:"id"`
	Name      string    `json:"name"`       // slip, batch number or the provider's number
	AmountFen int64     `json:"amount_fen"` // the part that the statement has not shown
	On        time.Time `json:"on"`
}

type BookedList struct {
	Items []Booked `json:"items"`
}

// ExplainTransfer matches a line in suspense with an earlier posting.
type ExplainTransfer struct {
	LineID int64  `json:"line_id"`
	Kind   string `json:"kind"`
	ID     string `json:"id"`
}

// ImportStatement is a statement as the bank's site gives it: CSV, text or XLSX.
type ImportStatement struct {
	Name   string `json:"name"`
	Data   []byte `json:"data"`
	DryRun bool   `json:"dry_run,omitempty"` // show what it would do, and change nothing
}

// ImportedStatement counts the lines by their result. With a problem, nothing was taken. Doubtful lines are stored and
// not booked: see Doubtful.
type ImportedStatement struct {
	In        int           `json:"in"`
	Out       int           `json:"out"`
	Matched   int           `json:"matched"`
	Suspense  int           `json:"suspense"`
	Booked    int           `json:"booked"`    // money in that was booked before, put to it by itself
	Explained int           `json:"explained"` // money out that was booked before
	Duplicate int           `json:"duplicate"`
	Doubtful  int           `json:"doubtful"` // wait for a person; neither in In nor in Out
	Totals    int           `json:"totals"`   // lines that only sum others
	From      *time.Time    `json:"from,omitempty"`
	To        *time.Time    `json:"to,omitempty"`
	Problems  []FileProblem `json:"problems,omitempty"`
	Unmapped  bool          `json:"unmapped,omitempty"` // its columns are not known: see PictureStatement
	Bank      string        `json:"bank,omitempty"`     // the bank with the remembered columns that it was read by

	DryRun     bool            `json:"dry_run,omitempty"`
	Account    string          `json:"account,omitempty"`     // as the file names it
	OwnAccount string          `json:"own_account,omitempty"` // the county's, if the file names another: all its lines are doubtful
	InFen      int64           `json:"in_fen"`
	OutFen     int64           `json:"out_fen"`
	OpeningFen *int64          `json:"opening_fen,omitempty"` // where the file has balances
	ClosingFen *int64          `json:"closing_fen,omitempty"`
	LedgerFen  *int64          `json:"ledger_fen,omitempty"` // the bank account in the books on the last day, before this file
	Lines      []StatementLook `json:"lines,omitempty"`      // of a dry run, at most 2,000
}

// Uses of a line of a statement, as a dry run tells them.
const (
	LookMatch    = "match"    // it quotes a payment's code
	LookSuspense = "suspense" // it has to be matched by a person
	LookOut      = "out"
	LookReversal = "reversal" // it meets a line that it takes back, or waits for a person
	LookKnown    = "known"
	LookDoubtful = "doubtful"
)

// StatementLook is a line of a statement with its use.
type StatementLook struct {
	Line      int       `json:"line"` // in the file
	BankRef   string    `json:"bank_ref"`
	AmountFen int64     `json:"amount_fen"` // + comes in, - goes out
	Party     string    `json:"party"`
	Memo      string    `json:"memo"`
	PaidOn    time.Time `json:"paid_on"`
	Use       string    `json:"use"`
	Ref       string    `json:"ref,omitempty"`    // that a match is for
	Doubts    []string  `json:"doubts,omitempty"` // message keys
	Seen      string    `json:"seen,omitempty"`   // the amount as the file has it
}

// PictureStatement asks for the first lines of a statement.
type PictureStatement struct {
	Data []byte `json:"data"`
	From int    `json:"from,omitempty"` // line of the file, from 1; 0 is around the likely head
}

// StatementPicture is the part of a statement by which a person explains its columns.
type StatementPicture struct {
	Sheet    string        `json:"sheet,omitempty"`
	Lines    []PictureLine `json:"lines"`     // at most 24, of 40 columns
	HeadLine int           `json:"head_line"` // likely the head, 0 where it is not among them
	Fields   []string      `json:"fields"`    // that the columns likely hold: see MapStatement
	All      int           `json:"all"`       // lines from which the head can be chosen
	Known    []string      `json:"known"`     // fields that a column can hold
}

type PictureLine struct {
	Line  int      `json:"line"`
	Cells []string `json:"cells"`
}

// MapStatement explains the columns of a bank's statements. It is remembered for files with the same head. Fields has for
// each column one of ref, date, time, in, out, amount, direction, balance, party, memo, currency, status, account and reversal,
// "-" for one that is left out, or "".
type MapStatement struct {
	Bank     string   `json:"bank"`
	Data     []byte   `json:"data"`
	HeadLine int      `json:"head_line"` // line of the file
	Fields   []string `json:"fields"`
}

// StatementColumns are remembered columns of a bank's statements.
type StatementColumns struct {
	ID     int64     `json:"id"`
	Bank   string    `json:"bank"`
	Titles []string  `json:"titles"`
	Fields []string  `json:"fields"`
	By     string    `json:"by"`
	At     time.Time `json:"at"`
}

type StatementColumnsRef struct {
	ID int64 `json:"id"`
}

type StatementColumnsList struct {
	Items []StatementColumns `json:"items"` // by bank
}

// MaxStatementColumns is how many heads are remembered.
const MaxStatementColumns = 200

// DoubtfulLine is a line of a statement that is not booked until a person decides.
type DoubtfulLine struct {
	ID        int64      `json:"id"`
	BankRef   string     `json:"bank_ref"`
	AmountFen int64      `json:"amount_fen"` // + came in, - went out
	Either    bool       `json:"either"`     // nobody knows which
	Party     string     `json:"party"`
	Memo      string     `json:"memo"`
	PaidOn    time.Time  `json:"paid_on"`
	Currency  string     `json:"currency,omitempty"` // another one than yuan: it can only be left out
	Seen      string     `json:"seen"`
	Doubts    []string   `json:"doubts"` // message keys
	State     DoubtState `json:"state"`
	DecidedBy string     `json:"decided_by,omitempty"`
	DecidedAt *time.Time `json:"decided_at,omitempty"`
}

type DoubtfulPage struct {
	Items  []DoubtfulLine `json:"items"` // newest first
	Total  int            `json:"total"`
	Cursor string         `json:"cursor,omitempty"`
}

// Decisions about a doubtful line.
const (
	DecideIn   = "in"   // it came in: book it
	DecideOut  = "out"  // it went out: book it
	DecideSkip = "skip" // leave it out
)

type DecideDoubtful struct {
	LineID int64  `json:"line_id"`
	As     string `json:"as"` // in, out, skip
}

// OutgoingLine is money that left the account by the bank's statement.
type OutgoingLine struct {
	ID          int64     `json:"id"`
	BankRef     string    `json:"bank_ref"`
	AmountFen   int64     `json:"amount_fen"`
	Payee       string    `json:"payee"`
	Memo        string    `json:"memo"`
	PaidOn      time.Time `json:"paid_on"`
	State       string    `json:"state"`                  // open, explained
	ExplainedAs string    `json:"explained_as,omitempty"` // refund:7, batch:DF20260918-01, org:DG20260918-01, return:9, reversal:9, note:…
}

type OutgoingPage struct {
	Items  []OutgoingLine `json:"items"`
	Total  int            `json:"total"`
	Cursor string         `json:"cursor,omitempty"`
}

// ExplainOutgoing explains a line without a posting, for example a bank's fee, and books it as an expense.
type ExplainOutgoing struct {
	LineID int64  `json:"line_id"`
	Note   string `json:"note"`
}

// BankCash says that cash was brought to the bank.
type BankCash struct {
	Slip      string    `json:"slip"` // the number on the bank's slip, unique
	AmountFen int64     `json:"amount_fen"`
	PaidOn    time.Time `json:"paid_on"`
}

type CashReceipt struct {
	Receipt   string    `json:"receipt"`
	PaymentID int64     `json:"payment_id"`
	Ref       string    `json:"ref"`
	AmountFen int64     `json:"amount_fen"`
	TakenBy   string    `json:"taken_by"`
	At        time.Time `json:"at"`
}

type CashBanking struct {
	ID        int64     `json:"id"`
	Slip      string    `json:"slip"`
	AmountFen int64     `json:"amount_fen"`
	PaidOn    time.Time `json:"paid_on"`
	By        string    `json:"by"`
	OnBank    bool      `json:"on_bank"`            // the statement shows it
	Reversed  bool      `json:"reversed,omitempty"` // by hand: it was entered wrongly
}

// CashboxRequest asks for the cashbox, with a page of its receipts and a page of its bankings.
type CashboxRequest struct {
	Query          string `json:"q,omitempty"` // a part of the receipt's or the slip's number
	ReceiptsCursor string `json:"receipts_cursor,omitempty"`
	BankingsCursor string `json:"bankings_cursor,omitempty"`
	Limit          int    `json:"limit,omitempty"` // of each list
}

// Cashbox is the cash taken and not brought to the bank.
type Cashbox struct {
	OnHandFen int64         `json:"on_hand_fen"`
	OldestAt  *time.Time    `json:"oldest_at,omitempty"` // since when something is in it
	Receipts  []CashReceipt `json:"receipts"`            // newest first
	Bankings  []CashBanking `json:"bankings"`            // newest first

	ReceiptsTotal  int    `json:"receipts_total"`
	ReceiptsCursor string `json:"receipts_cursor,omitempty"`
	BankingsTotal  int    `json:"bankings_total"`
	BankingsCursor string `json:"bankings_cursor,omitempty"`
}

// Roles that have to act on a difference.
const (
	ActOperator = "operator"
	ActApprover = "approver"
	ActClerk    = "clerk"
)

// Difference is something that the books and the outside say differently, or that somebody has to end. Kind is a message
// key below "recon.": the message names the difference and the remedy.
type Difference struct {
	Kind      string    `json:"kind"`
	Object    string    `json:"object"` // payment:7, refund:3, a bank's reference…
	Ref       string    `json:"ref,omitempty"`
	OursFen   int64     `json:"ours_fen"`
	TheirsFen int64     `json:"theirs_fen"`
	Since     time.Time `json:"since"`
	Act       string    `json:"act"` // a role
}

// ClearingState compares the ledger's and a provider's sums of the same money.
type ClearingState struct {
	Gateway     string `json:"gateway"`
	LedgerFen   int64  `json:"ledger_fen"`
	ProviderFen int64  `json:"provider_fen"`
	FeesFen     int64  `json:"fees_fen"` // booked so far
	TransitFen  int64  `json:"transit_fen"`
	Answered    bool   `json:"answered"`
}

// Reconciliation is one comparison of the books with the outside.
type Reconciliation struct {
	ID          int64           `json:"id"`
	RanAt       time.Time       `json:"ran_at"`
	RanBy       string          `json:"ran_by"`
	Clearing    []ClearingState `json:"clearing"`
	BankFen     int64           `json:"bank_fen"`
	SuspenseFen int64           `json:"suspense_fen"`
	CashFen     int64           `json:"cash_fen"`
	CoveredTo   *time.Time      `json:"covered_to,omitempty"` // the last day of which a statement was imported
	Differences []Difference    `json:"differences"`
	Count       int             `json:"count"`
}

type ReconciliationRef struct {
	ID int64 `json:"id"` // 0 is the latest
}

type ReconciliationsRequest struct {
	Cursor string `json:"cursor,omitempty"`
	Limit  int    `json:"limit,omitempty"`
}

type Reconciliations struct {
	Items  []Reconciliation `json:"items"` // newest first, without their differences
	Total  int              `json:"total"`
	Cursor string           `json:"cursor,omitempty"`
}

// Treasury is the county's work with money beside orders: disputes, statements, cash, and reconciliation. All of it is for
// the county's staff; others get Forbidden.
//
//link:service payments v1 raw
type Treasury interface {
	Disputes(context.Context, DisputeFilter) (DisputePage, error)
	// ApproveRefund lets a refund above the limit go. Forbidden for the person who caused it. Conflict when it does not wait.
	ApproveRefund(context.Context, RefundRef) (Refund, error) //link:subject refund_approve

	// ImportStatement is idempotent by account, day, reference, amount and balance of a line: the same file again changes
	// nothing. Lines that cannot be trusted are stored as doubtful and not booked.
	ImportStatement(context.Context, ImportStatement) (ImportedStatement, error) //link:subject statement_import
	// PictureStatement shows the first lines of a statement, so that a person can explain its columns.
	PictureStatement(context.Context, PictureStatement) (StatementPicture, error) //link:subject statement_picture
	// MapStatement is idempotent by the head: another mapping of the same replaces it. Invalid names the mistake.
	MapStatement(context.Context, MapStatement) (StatementColumns, error) //link:subject statement_map
	StatementColumns(context.Context, None) (StatementColumnsList, error) //link:subject statement_columns
	ForgetStatement(context.Context, StatementColumnsRef) (None, error)   //link:subject statement_forget
	// Doubtful lists the lines that wait for a person, or were decided.
	Doubtful(context.Context, StatementFilter) (DoubtfulPage, error) //link:subject statement_doubtful
	// DecideDoubtful books a line, or leaves it out. Conflict when it is decided, Invalid for another currency that is to be booked
	// and for the direction that the line has not.
	DecideDoubtful(context.Context, DecideDoubtful) (DoubtfulLine, error) //link:subject statement_decide
	// ReturnTransfer: Forbidden above the limit for the person who recorded the line. Conflict when it is in suspense no more.
	ReturnTransfer(context.Context, ReturnTransfer) (StatementLine, error) //link:subject transfer_return
	// SplitTransfer: Conflict when the line is in suspense no more, Invalid when its parts are more than it.
	SplitTransfer(context.Context, SplitTransfer) (StatementLines, error)            //link:subject transfer_split
	SuggestTransfers(context.Context, SuggestTransfers) (TransferSuggestions, error) //link:subject transfer_suggest
	// UseRefund: Conflict when the refund waits for no transfer, or the payment is another buyer's or paid.
	UseRefund(context.Context, UseRefund) (Refund, error) //link:subject refund_use
	Booked(context.Context, None) (BookedList, error)
	ExplainTransfer(context.Context, ExplainTransfer) (StatementLine, error) //link:subject transfer_explain
	Outgoing(context.Context, StatementFilter) (OutgoingPage, error)
	ExplainOutgoing(context.Context, ExplainOutgoing) (OutgoingLine, error) //link:subject outgoing_explain

	// BankCash is idempotent by slip. Conflict with another amount, Invalid for more than there is.
	BankCash(context.Context, BankCash) (CashBanking, error) //link:subject cash_bank
	Cashbox(context.Context, CashboxRequest) (Cashbox, error)

	// Reconcile compares now. Conflict while somebody else does.
	Reconcile(context.Context, None) (Reconciliation, error)
	Reconciliation(context.Context, ReconciliationRef) (Reconciliation, error)
	Reconciliations(context.Context, ReconciliationsRequest) (Reconciliations, error)
}

// EvtDispute tells of every step of a dispute: DisputeEvent.
const EvtDispute = "evt.payments.v1.dispute.changed"

type DisputeEvent struct {
	DisputeID int64        `json:"dispute_id"`
	PaymentID int64        `json:"payment_id"`
	Ref       string       `json:"ref"`
	State     DisputeState `json:"state"`
	AmountFen int64        `json:"amount_fen"`
}
