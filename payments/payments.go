// Package payments is the contract of the payment module. The module owns the double-entry ledger, the payments and
// refunds made through gateways, bank statements, the households' payables and the payout batches that pay them, and
// distributions.
//
// It never knows orders: money is taken, kept and settled for an opaque payable reference (Ref, "order:1234567").
//
// Invariants:
//   - every ledger transaction sums to zero per currency, is posted once per business key and never changes; a
//     correction is a reversing transaction;
//   - a strict account's balance equals the sum of its entries;
//   - nothing is refunded that was not paid, and no household is paid before its payable is released;
//   - no provider is called inside a database transaction; an unknown outcome is a state, resolved by asking again
//     with the same key.
//
// Amounts are int64 fen. Every method may return *link.Error with Invalid, NotFound, Forbidden or Unavailable;
// further codes are named at the method.
package payments

import (
	"context"
	"time"
)

// Gateway names.
const (
	Sandbox      = "sandbox"
	Stripe       = "stripe"
	BankTransfer = "bank_transfer"
	Cash         = "cash"
)

// PaymentState: see the table in states.go.
type PaymentState string

const (
	PaymentReady     PaymentState = "ready"   // written, the provider not yet asked
	PaymentSending   PaymentState = "sending" // being asked
	PaymentUnknown   PaymentState = "unknown" // no answer: asked again with the same key
	PaymentOpen      PaymentState = "open"    // the buyer can pay
	PaymentSucceeded PaymentState = "succeeded"
	PaymentFailed    PaymentState = "failed"
	PaymentExpired   PaymentState = "expired"
)

// Party is the paying account or organisation, for statements; never sent to a provider.
type Party struct {
	Kind string `json:"kind"` // account, organisation
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

// CreatePayment asks for AmountFen towards Ref.
type CreatePayment struct {
	Key         string    `json:"key"` // idempotency key, unique per Ref
	Ref         string    `json:"ref"`
	Purpose     string    `json:"purpose"` // deposit, balance
	AmountFen   int64     `json:"amount_fen"`
	Method      string    `json:"method"`
	Party       Party     `json:"party"`
	Description string    `json:"description"` // shown by the provider's page; nothing personal
	Code        string    `json:"code"`        // 识别码 for bank transfers, e.g. the order's number
	ReturnURL   string    `json:"return_url"`
	ExpiresAt   time.Time `json:"expires_at"`
	Ahead       bool      `json:"ahead,omitempty"` // a balance that is paid before anything is billed, see ReleaseDelivery
}

type Payment struct {
	ID              int64        `json:"id"`
	Ref             string       `json:"ref"`
	Purpose         string       `json:"purpose"`
	Method          string       `json:"method"`
	State           PaymentState `json:"state"`
	AmountFen       int64        `json:"amount_fen"`
	RefundedFen     int64        `json:"refunded_fen"`
	URL             string       `json:"url,omitempty"`
	TransferCode    string       `json:"transfer_code,omitempty"`
	PayTo           string       `json:"pay_to,omitempty"`
	PayToAccount    string       `json:"pay_to_account,omitempty"`
	PayToBank       string       `json:"pay_to_bank,omitempty"`
	FailureKey      string       `json:"failure_key,omitempty"` // message key
	CreatedAt       time.Time    `json:"created_at"`
	ExpiresAt       *time.Time   `json:"expires_at,omitempty"`
	SucceededAt     *time.Time   `json:"succeeded_at,omitempty"`
	RefundableUntil *time.Time   `json:"refundable_until,omitempty"`
	Late            bool         `json:"late,omitempty"`     // came after its Ref was closed or expired
	PartFen         int64        `json:"part_fen,omitempty"` // transferred towards it so far, and not enough

	Dispute     DisputeState `json:"dispute,omitempty"` // the latest, where the buyer took it back through the bank
	DisputedFen int64        `json:"disputed_fen,omitempty"`
}

// LackFen is the part that is still to be paid.
func (p Payment) LackFen() int64 { return p.AmountFen - p.PartFen }

// RefundState: (review →) ready → sending → (unknown →) pending → succeeded | failed; failed ones go by bank.
type RefundState string

const (
	RefundReview    RefundState = "review" // above the limit: waits for a second person
	RefundReady     RefundState = "ready"
	RefundSending   RefundState = "sending"
	RefundUnknown   RefundState = "unknown"
	RefundPending   RefundState = "pending"
	RefundSucceeded RefundState = "succeeded"
	RefundFailed    RefundState = "failed"
	RefundByBank    RefundState = "by_bank" // waits for the county to transfer it
)

type Refund struct {
	ID        int64       `json:"id"`
	PaymentID int64       `json:"payment_id"`
	Ref       string      `json:"ref"`
	AmountFen int64       `json:"amount_fen"`
	Reason    string      `json:"reason"` // message key
	State     RefundState `json:"state"`
	Method    string      `json:"method"`
	CreatedAt time.Time   `json:"created_at"`
	DoneAt    *time.Time  `json:"done_at,omitempty"`

	FailureKey string `json:"failure_key,omitempty"` // why it goes by bank; message key
	BankRef    string `json:"bank_ref,omitempty"`    // of the county's transfer
	ApprovedBy string `json:"approved_by,omitempty"` // where it needed a second person
}

type RefundFilter struct {
	Ref    string      `json:"ref,omitempty"`
	State  RefundState `json:"state,omitempty"`
	Cursor string      `json:"cursor,omitempty"`
	Limit  int         `json:"limit,omitempty"`
}

type RefundPage struct {
	Items  []Refund `json:"items"`
	Total  int      `json:"total"`
	SumFen int64    `json:"sum_fen"`
	Cursor string   `json:"cursor,omitempty"`
}

// RecordRefund says that a refund by bank was transferred, or paid out in cash.
type RecordRefund struct {
	RefundID int64     `json:"refund_id"`
	BankRef  string    `json:"bank_ref"` // unique at the bank; for cash the receipt's number
	PaidOn   time.Time `json:"paid_on"`
}

type PaymentRef struct {
	ID int64 `json:"id"`
}

type Ref struct {
	Ref string `json:"ref"`
}

// Account is everything the ledger knows of one Ref.
type Account struct {
	Ref           string    `json:"ref"`
	DepositFen    int64     `json:"deposit_fen"`    // taken and not yet applied
	ReceivableFen int64     `json:"receivable_fen"` // billed and not yet paid
	RefundDueFen  int64     `json:"refund_due_fen"` // owed back and not yet gone
	PaidFen       int64     `json:"paid_fen"`
	RefundedFen   int64     `json:"refunded_fen"`
	ForfeitFen    int64     `json:"forfeit_fen"`
	BilledFen     int64     `json:"billed_fen"`
	Closed        bool      `json:"closed"` // everything billed, deposit applied
	Payments      []Payment `json:"payments"`
	Refunds       []Refund  `json:"refunds"`
}

type Expired struct {
	Paid bool `json:"paid"` // a provider says that it was paid after all
}

// Transfer is a line of the bank's statement, entered or imported by the county.
type Transfer struct {
	BankRef   string    `json:"bank_ref"` // unique at the bank
	AmountFen int64     `json:"amount_fen"`
	Payer     string    `json:"payer"`
	Memo      string    `json:"memo"` // where the 识别码 should be
	PaidOn    time.Time `json:"paid_on"`
}

type RecordTransfers struct {
	Lines []Transfer `json:"lines"`
}

// TransferResult tells for each line whether it was matched to a payment, put into suspense, known already, or stored as
// doubtful and not booked.
type TransferResult struct {
	Matched   int             `json:"matched"`
	Suspense  int             `json:"suspense"`
	Duplicate int             `json:"duplicate"`
	Doubtful  int             `json:"doubtful"`
	Lines     []StatementLine `json:"lines"`
}

type StatementLine struct {
	ID        int64     `json:"id"`
	BankRef   string    `json:"bank_ref"`
	AmountFen int64     `json:"amount_fen"`
	Payer     string    `json:"payer"`
	Memo      string    `json:"memo"`
	PaidOn    time.Time `json:"paid_on"`
	State     string    `json:"state"` // matched, suspense, duplicate, returned, split, doubtful
	PaymentID int64     `json:"payment_id,omitempty"`
	Ref       string    `json:"ref,omitempty"`
	BookedAs  string    `json:"booked_as,omitempty"`  // the earlier posting of its money: banking:7, payout_recall:9, provider_payout:sandbox/po_1
	ReturnRef string    `json:"return_ref,omitempty"` // of the transfer that sent it back
	PartOf    int64     `json:"part_of,omitempty"`    // the line that was split
	RefundID  int64     `json:"refund_id,omitempty"`  // the refund that was used instead of being sent back
}

// MatchTransfer puts a suspense line to the payment it was meant for.
type MatchTransfer struct {
	LineID    int64 `json:"line_id"`
	PaymentID int64 `json:"payment_id"`
}

// RecordCash takes cash for an open cash payment, against a receipt number.
type RecordCash struct {
	PaymentID int64  `json:"payment_id"`
	Receipt   string `json:"receipt"`
	AmountFen int64  `json:"amount_fen"`
}

type PaymentFilter struct {
	Ref    string       `json:"ref,omitempty"`
	Method string       `json:"method,omitempty"`
	State  PaymentState `json:"state,omitempty"`
	Query  string       `json:"q,omitempty"` // 识别码
	Cursor string       `json:"cursor,omitempty"`
	Limit  int          `json:"limit,omitempty"`
}

type PaymentPage struct {
	Items  []Payment `json:"items"`
	Total  int       `json:"total"`
	SumFen int64     `json:"sum_fen"`
	Cursor string    `json:"cursor,omitempty"`
}

type StatementFilter struct {
	State  string `json:"state,omitempty"`
	Cursor string `json:"cursor,omitempty"`
	Limit  int    `json:"limit,omitempty"`
}

type StatementPage struct {
	Items  []StatementLine `json:"items"`
	Total  int             `json:"total"`
	Cursor string          `json:"cursor,omitempty"`
}

// PayableState: pending (buyer has not paid in full, or may still complain) → released → batched → paid; a returned
// item makes it released again.
type PayableState string

const (
	PayablePending  PayableState = "pending"
	PayableReleased PayableState = "released"
	PayableBatched  PayableState = "batched"
	PayablePaid     PayableState = "paid"
	PayableReversed PayableState = "reversed"
)

// Payable is money that one household is owed from one source.
type Payable struct {
	SourceKey  string       `json:"source_key"` // ticket:{id}
	Ref        string       `json:"ref"`
	Household  int64        `json:"household"`
	AmountFen  int64        `json:"amount_fen"` // net
	State      PayableState `json:"state"`
	PayoutItem int64        `json:"payout_item,omitempty"`
	CreatedAt  time.Time    `json:"created_at"`
}

// PayoutAccount is where a household is paid. The number is stored encrypted and leaves the module masked.
type PayoutAccount struct {
	Household int64     `json:"household"`
	Holder    string    `json:"holder"`
	Bank      string    `json:"bank"`
	Number    string    `json:"number"` // masked on the way out
	State     string    `json:"state"`  // active, closed, review
	ChangedAt time.Time `json:"changed_at"`

	PayFrom *time.Time `json:"pay_from,omitempty"` // of one in use: nothing is paid to it before

	// The sheet that it came in, and the second person of that sheet.
	Batch      int64  `json:"batch,omitempty"`
	Sheet      string `json:"sheet,omitempty"` // name of the file
	ApprovedBy string `json:"approved_by,omitempty"`
}

type SetPayoutAccount struct {
	Household int64  `json:"household"`
	Holder    string `json:"holder"`
	Bank      string `json:"bank"`
	Number    string `json:"number"`

	Why      string `json:"why,omitempty"`      // needed where the holder is not the household's head
	Document string `json:"document,omitempty"` // so is the document that shows it, such as the number of an authorisation
}

type HouseholdRef struct {
	ID int64 `json:"id"`
}

// HouseholdAccount is the ledger's view of one household.
type HouseholdAccount struct {
	Household    int64          `json:"household"`
	PendingFen   int64          `json:"pending_fen"`
	ReleasedFen  int64          `json:"released_fen"`
	InTransitFen int64          `json:"in_transit_fen"`
	PaidFen      int64          `json:"paid_fen"`
	Account      *PayoutAccount `json:"account,omitempty"`
	Payouts      []PayoutItem   `json:"payouts"` // newest first
}

// BatchState: see the table in states.go.
type BatchState string

const (
	BatchDraft    BatchState = "draft"    // items fixed, waits for the second person
	BatchApproved BatchState = "approved" // the file may be downloaded
	BatchExported BatchState = "exported" // downloaded: the money is on its way
	BatchDone     BatchState = "done"     // every item has a result
	BatchRejected BatchState = "rejected"
)

// ItemState of a payout item.
type ItemState string

const (
	ItemReady    ItemState = "ready"
	ItemSent     ItemState = "sent"
	ItemPaid     ItemState = "paid"
	ItemReturned ItemState = "returned" // 退票: the payables are released again
	ItemHeld     ItemState = "held"     // no usable account
)

type PayoutBatch struct {
	ID          int64      `json:"id"`
	No          string     `json:"no"`
	State       BatchState `json:"state"`
	Items       int        `json:"items"`
	AmountFen   int64      `json:"amount_fen"`
	PaidFen     int64      `json:"paid_fen"`
	ReturnedFen int64      `json:"returned_fen"`
	Returned    int        `json:"returned"`
	CreatedAt   time.Time  `json:"created_at"`
	CreatedBy   string     `json:"created_by"`
	ApprovedAt  *time.Time `json:"approved_at,omitempty"`
	ApprovedBy  string     `json:"approved_by,omitempty"`
	ExportedAt  *time.Time `json:"exported_at,omitempty"`
	SHA256      string     `json:"sha256,omitempty"`
}

type PayoutItem struct {
	ID         int64      `json:"id"`
	BatchID    int64      `json:"batch_id"`
	BatchNo    string     `json:"batch_no"`
	Household  int64      `json:"household"`
	Holder     string     `json:"holder"`
	Bank       string     `json:"bank"`
	Number     string     `json:"number"` // masked
	AmountFen  int64      `json:"amount_fen"`
	State      ItemState  `json:"state"`
	Reason     string     `json:"reason,omitempty"` // the bank's, when returned
	PaidOn     *time.Time `json:"paid_on,omitempty"`
	SourceKeys []string   `json:"source_keys,omitempty"`
}

type PayoutSummary struct {
	Households  int64 `json:"households"` // with something released
	ReleasedFen int64 `json:"released_fen"`
	PendingFen  int64 `json:"pending_fen"`
	Blocked     int64 `json:"blocked"` // released but without a usable account
	BlockedFen  int64 `json:"blocked_fen"`
}

// Payable is the number of households that can be paid now.
func (p PayoutSummary) Payable() int64 { return p.Households - p.Blocked }

// PayableFen is the sum that can be paid now.
func (p PayoutSummary) PayableFen() int64 { return p.ReleasedFen - p.BlockedFen }

type CreateBatch struct {
	IdempotencyKey string `json:"idempotency_key"`
	MinFen         int64  `json:"min_fen,omitempty"` // leave smaller sums for later
}

type BatchRef struct {
	ID int64 `json:"id"`
}

type BatchPageRequest struct {
	ID     int64     `json:"id"`
	State  ItemState `json:"state,omitempty"`
	Query  string    `json:"q,omitempty"`
	Cursor string    `json:"cursor,omitempty"`
	Limit  int       `json:"limit,omitempty"`
}

type BatchPage struct {
	Batch  PayoutBatch  `json:"batch"`
	Items  []PayoutItem `json:"items"`
	Total  int          `json:"total"`
	Cursor string       `json:"cursor,omitempty"`
}

type Batches struct {
	Items []PayoutBatch `json:"items"`
}

type DecideBatch struct {
	ID      int64  `json:"id"`
	Approve bool   `json:"approve"`
	Reason  string `json:"reason,omitempty"`
}

type ExportBatch struct {
	ID     int64  `json:"id"`
	Format string `json:"format"` // csv, xlsx
}

// File crosses NATS gzipped; a batch of 11,187 rows fits.
type File struct {
	Name string `json:"name"`
	Type string `json:"type"`
	Data []byte `json:"data"`
}

type ImportResult struct {
	BatchID int64  `json:"batch_id"`
	Name    string `json:"name"`
	Data    []byte `json:"data"` // CSV or XLSX as the bank returned it
}

type ImportedResult struct {
	Batch    PayoutBatch   `json:"batch"`
	Paid     int           `json:"paid"`
	Returned int           `json:"returned"`
	Missing  int           `json:"missing"` // items still on their way: the bank has not answered them
	Already  bool          `json:"already"` // the same file was imported before: nothing changed
	Problems []FileProblem `json:"problems,omitempty"`
}

// FileProblem: when there is one, the whole file was refused.
type FileProblem struct {
	Line int               `json:"line"`
	Key  string            `json:"key"`
	Args map[string]string `json:"args,omitempty"`
}

// BatchSampleResult asks for a bank's answer to a batch; only the sandbox bank offers it, to try the system out.
type BatchSampleResult struct {
	ID      int64   `json:"id"`
	Returns []int64 `json:"returns"` // households with a returned item
}

type TrialBalance struct {
	Rows   []TrialRow `json:"rows"`
	SumFen int64      `json:"sum_fen"` // must be 0
}

type TrialRow struct {
	Class      string `json:"class"`
	Kind       string `json:"kind"` // bank, clearing:sandbox, deposit, receivable, payable_pending, …
	DebitFen   int64  `json:"debit_fen"`
	CreditFen  int64  `json:"credit_fen"`
	BalanceFen int64  `json:"balance_fen"` // + is debit
	Accounts   int64  `json:"accounts"`
}

type JournalFilter struct {
	ID      int64  `json:"id,omitempty"` // only this one
	Ref     string `json:"ref,omitempty"`
	Account string `json:"account,omitempty"`
	Kind    string `json:"kind,omitempty"`
	Cursor  string `json:"cursor,omitempty"`
	Limit   int    `json:"limit,omitempty"`
}

type JournalPage struct {
	Items  []JournalTxn `json:"items"`
	Cursor string       `json:"cursor,omitempty"`
}

type JournalTxn struct {
	ID          int64         `json:"id"`
	Kind        string        `json:"kind"`
	BusinessKey string        `json:"business_key"`
	OccurredAt  time.Time     `json:"occurred_at"`
	Actor       string        `json:"actor"`
	BookedOn    string        `json:"booked_on"`
	Reverses    int64         `json:"reverses,omitempty"`
	ReversedBy  int64         `json:"reversed_by,omitempty"`
	Lines       []JournalLine `json:"lines"` // at most 50 are returned
	LineCount   int           `json:"line_count"`
}

type JournalLine struct {
	Account   string `json:"account"`
	AmountFen int64  `json:"amount_fen"`
}

// SourcesRequest pages through the module's income facts, for read models that are rebuilt.
type SourcesRequest struct {
	After int64 `json:"after"` // payable id
	Limit int   `json:"limit"`
}

// IncomeFact is a payable with where it came from: sales of earlier seasons and distributions carry their
// description here; sales of orders are described by the orders module.
type IncomeFact struct {
	ID         int64        `json:"id"`
	SourceKey  string       `json:"source_key"`
	Ref        string       `json:"ref"`
	Household  int64        `json:"household"`
	GrossFen   int64        `json:"gross_fen"`
	FeeFen     int64        `json:"fee_fen"`
	Agent      int64        `json:"agent,omitempty"` // has AgentFen of it
	AgentFen   int64        `json:"agent_fen,omitempty"`
	AmountFen  int64        `json:"amount_fen"`
	State      PayableState `json:"state"`
	PayoutItem int64        `json:"payout_item,omitempty"`
	PaidOn     *time.Time   `json:"paid_on,omitempty"`
	OccurredOn time.Time    `json:"occurred_on"`
	Origin     Origin       `json:"origin"`
}

// Origin describes income that no order stands behind.
type Origin struct {
	Season    int    `json:"season,omitempty"`
	Month     int    `json:"month,omitempty"`
	Programme string `json:"programme,omitempty"`
	Channel   string `json:"channel,omitempty"`
	Product   string `json:"product,omitempty"`
	Qty       int64  `json:"qty,omitempty"`
	NetGrams  int64  `json:"net_grams,omitempty"`
}

type IncomeFacts struct {
	Items []IncomeFact `json:"items"`
}

type None struct{}

// Finding is something `verify` found to be wrong.
type Finding struct {
	Check  string `json:"check"`
	Object string `json:"object"`
	Detail string `json:"detail"`
}

type Findings struct {
	Items []Finding `json:"items"`
}

type RefsRequest struct {
	Refs []string `json:"refs"`
}

type Accounts struct {
	Items []Account `json:"items"` // without payments and refunds
}

// Methods are the configured methods that a buyer can choose from.
type Methods struct {
	Items []string `json:"items"`
}

//go:generate go run banmuyuan/internal/link/linkgen

// Service is the payment module for other modules and the pages.
//
//link:service payments v1 raw
type Service interface {
	Methods(context.Context, None) (Methods, error)
	// CreatePayment starts a payment or returns the one with the same Ref and Key. Conflict: the key was used with
	// another amount. For other modules only.
	CreatePayment(context.Context, CreatePayment) (Payment, error) //link:subject payment_create
	// Payment returns one; it asks the provider when the state is open or unknown and the last look is older than a second.
	Payment(context.Context, PaymentRef) (Payment, error)
	// ExpirePayments asks the providers to expire the open payments of Ref, and reports whether one was paid after all.
	// Afterwards no new payment can be made for Ref and one that arrives all the same is late. For other modules only.
	ExpirePayments(context.Context, Ref) (Expired, error) //link:subject payments_expire
	Account(context.Context, Ref) (Account, error)
	Accounts(context.Context, RefsRequest) (Accounts, error)
	Payments(context.Context, PaymentFilter) (PaymentPage, error)

	// RecordTransfers takes bank statement lines: matched by 识别码, never by amount. For the county's operator.
	RecordTransfers(context.Context, RecordTransfers) (TransferResult, error) //link:subject transfers_record body
	MatchTransfer(context.Context, MatchTransfer) (StatementLine, error)      //link:subject transfer_match
	Statement(context.Context, StatementFilter) (StatementPage, error)
	RecordCash(context.Context, RecordCash) (Payment, error) //link:subject cash_record
	// Refunds lists refunds, newest first; RecordRefund ends one that waits for the county's own transfer. For the
	// county's operator. Conflict when the provider makes it or it is done.
	Refunds(context.Context, RefundFilter) (RefundPage, error)
	RecordRefund(context.Context, RecordRefund) (Refund, error) //link:subject refund_record

	HouseholdAccount(context.Context, HouseholdRef) (HouseholdAccount, error)
	// SetPayoutAccount enters an account that waits as "review" for a second person, whoever entered it. The holder is the
	// household's head, or Why and Document say why not. Forbidden for a session that began by card or PIN.
	SetPayoutAccount(context.Context, SetPayoutAccount) (PayoutAccount, error) //link:subject payout_account_set
	ApprovePayoutAccount(context.Context, HouseholdRef) (PayoutAccount, error) //link:subject payout_account_approve
	PayoutSummary(context.Context, None) (PayoutSummary, error)
	CreateBatch(context.Context, CreateBatch) (PayoutBatch, error) //link:subject batch_create
	Batches(context.Context, None) (Batches, error)
	Batch(context.Context, BatchPageRequest) (BatchPage, error)
	// DecideBatch: Forbidden for the person who created it.
	DecideBatch(context.Context, DecideBatch) (PayoutBatch, error) //link:subject batch_decide
	// ExportBatch returns the bank's file of an approved batch; the first export moves the money into transit.
	ExportBatch(context.Context, ExportBatch) (File, error)             //link:subject batch_export
	ImportResult(context.Context, ImportResult) (ImportedResult, error) //link:subject batch_result
	SampleResult(context.Context, BatchSampleResult) (File, error)      //link:subject batch_sample_result

	TrialBalance(context.Context, None) (TrialBalance, error)
	Journal(context.Context, JournalFilter) (JournalPage, error)
	IncomeFacts(context.Context, SourcesRequest) (IncomeFacts, error)
	// VillageFees sums the fees that village collectives earned, from deliveries that were not taken back. For other modules only.
	VillageFees(context.Context, None) (VillageFees, error)
	Verify(context.Context, None) (Findings, error)
}
