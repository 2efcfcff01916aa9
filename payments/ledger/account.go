package ledger

import "strconv"

// Class of an account.
type Class string

const (
	Asset     Class = "asset"
	Liability Class = "liability"
	Revenue   Class = "revenue"
	Expense   Class = "expense"
)

// Account names an account; Post opens it when it is met for the first time. Code is unique and begins with Kind.
//
// Strict accounts carry a balance that is locked and may not go over to its wrong side: accounts of one order, household,
// batch or organisation. Accounts that everybody posts to are derived, that is, summed when asked: a single hot balance
// row would make all transactions queue.
type Account struct {
	Code      string
	Kind      string
	Class     Class
	Strict    bool
	PartyType string
	PartyID   string
}

// normal is the side on which the account grows: +1 debit, -1 credit.
func (a Account) normal() int {
	if a.Class == Asset || a.Class == Expense {
		return 1
	}
	return -1
}

func derived(kind string, class Class) Account { return Account{Code: kind, Kind: kind, Class: class} }

func strict(kind string, class Class, party string, id string) Account {
	return Account{Code: kind + ":" + party + ":" + id, Kind: kind, Class: class, Strict: true, PartyType: party, PartyID: id}
}

func strictRef(kind string, class Class, ref string) Account {
	return Account{Code: kind + ":" + ref, Kind: kind, Class: class, Strict: true, PartyType: "ref", PartyID: ref}
}

func household(kind string, class Class, id int64) Account {
	return strict(kind, class, "household", strconv.FormatInt(id, 10))
}

// Kinds of account.
const (
	KindBank                = "bank"
	KindSuspense            = "suspense"
	KindCash                = "cash:site"
	KindTillCash            = "cash:till"
	KindDeposit             = "deposit"
	KindReceivable          = "receivable"
	KindRefundPayable       = "refund_payable"
	KindPayablePending      = "payable_pending"
	KindPayable             = "payable"
	KindHouseholdReceivable = "receivable_household"
	KindPayableCoop         = "payable_coop"
	KindPayableRaiser       = "payable_raiser"
	KindPayableVillage      = "payable_village"
	KindCoopReceivable      = "receivable_coop"
	KindRaiserReceivable    = "receivable_raiser"
	KindVillageReceivable   = "receivable_village"
	KindPayoutTransit       = "payout_transit"
	KindForfeit             = "rev:forfeit"
	KindClearing            = "clearing:" // and the gateway's name
)

// Bank is the county's account at the bank.
func Bank() Account { return derived(KindBank, Asset) }

// Suspense holds money that the bank received and that is not matched with a payment yet.
func Suspense() Account { return derived(KindSuspense, Liability) }

// Cash is cash that was taken and not banked.
func Cash() Account { return derived(KindCash, Asset) }

// TillCash is cash that an organisation took at its own counter and keeps: it is paid that much less of the money it is
// owed.
func TillCash(org int64) Account {
	return strict(KindTillCash, Asset, "org", strconv.FormatInt(org, 10))
}

// Clearing is money that a gateway has taken for us and not paid out.
func Clearing(gateway string) Account { return derived(KindClearing+gateway, Asset) }

// Deposit is money taken for ref and not applied to anything billed.
func Deposit(ref string) Account { return strictRef(KindDeposit, Liability, ref) }

// Receivable is the unpaid part of ref's bill.
func Receivable(ref string) Account { return strictRef(KindReceivable, Asset, ref) }

// RefundPayable is money that is owed back for ref.
func RefundPayable(ref string) Account { return strictRef(KindRefundPayable, Liability, ref) }

// PayablePending is money that a household will be owed once the buyer has paid and inspected.
func PayablePending(id int64) Account { return household(KindPayablePending, Liability, id) }

// Payable is money that a household is owed.
func Payable(id int64) Account { return household(KindPayable, Liability, id) }

// HouseholdReceivable is a household's overpayment; it is kept back from later payouts.
func HouseholdReceivable(id int64) Account { return household(KindHouseholdReceivable, Asset, id) }

// PayableCoop is money that a cooperative is owed: its fees, and the price of its own goods.
func PayableCoop(org int64) Account {
	return strict(KindPayableCoop, Liability, "org", strconv.FormatInt(org, 10))
}

// PayableRaiser is the raiser's part of the price of animals that it raised for households.
func PayableRaiser(org int64) Account {
	return strict(KindPayableRaiser, Liability, "org", strconv.FormatInt(org, 10))
}

// PayableVillage is money of a village collective: its parts of distributions and of fees.
func PayableVillage(village int64) Account {
	return strict(KindPayableVillage, Liability, "village", strconv.FormatInt(village, 10))
}

// VillageReceivable is a village collective's overpayment; it is kept back from later payments.
func VillageReceivable(village int64) Account {
	return strict(KindVillageReceivable, Asset, "village", strconv.FormatInt(village, 10))
}

// CoopReceivable is a cooperative's overpayment; it is kept back from later payments.
func CoopReceivable(org int64) Account {
	return strict(KindCoopReceivable, Asset, "org", strconv.FormatInt(org, 10))
}

// RaiserReceivable is a raiser's overpayment; it is kept back from later payments.
func RaiserReceivable(org int64) Account {
	return strict(KindRaiserReceivable, Asset, "org", strconv.FormatInt(org, 10))
}

// Forfeit is the part of a cancelled order's deposit that a cooperative keeps.
func Forfeit(org int64) Account {
	a := strict(KindForfeit, Revenue, "org", strconv.FormatInt(org, 10))
	a.Strict = false
	return a
}

// PayoutTransit is money that left for the bank with a batch and has no result yet.
func PayoutTransit(batch int64) Account {
	return strict(KindPayoutTransit, Liability, "batch", strconv.FormatInt(batch, 10))
}

// Kinds of account of the money's way in and out.
const (
	KindGatewayFees     = "exp:gateway"
	KindBankFees        = "exp:bank"
	KindChargeback      = "loss:chargeback"
	KindDisputed        = "dispute_receivable"
	KindProviderTransit = "provider_transit:" // and the gateway's name
)

// GatewayFees are the gateways' fees.
func GatewayFees() Account { return derived(KindGatewayFees, Expense) }

// BankFees are the bank's fees.
func BankFees() Account { return derived(KindBankFees, Expense) }

// Chargeback is money that buyers took back through their banks for good.
func Chargeback() Account { return derived(KindChargeback, Expense) }

// Disputed is money of ref that the buyer's bank withholds until a dispute is decided.
func Disputed(ref string) Account { return strictRef(KindDisputed, Asset, ref) }

// ProviderTransit is money that a gateway has paid out and the bank's statement has not shown yet.
func ProviderTransit(gateway string) Account { return derived(KindProviderTransit+gateway, Asset) }
