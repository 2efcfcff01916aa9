// Package banktransfer is payment by transfer to the seller's account. A transfer is found by the 识别码 that it quotes
// and never by its amount: two orders may cost the same.
package banktransfer

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
	"banmuyuan/payments/gateway"
)

// Account is where buyers transfer to.
type Account struct {
	Holder string
	Number string
	Bank   string
}

// Gateway takes transfers.
type Gateway struct {
	account func(context.Context) (Account, error)
}

// New makes a gateway that is paid to account.
func New(account Account) Gateway {
	return NewFor(func(context.Context) (Account, error) { return account, nil })
}

// NewFor makes a gateway that asks for the account with each payment. Without a number nobody can pay to it.
func NewFor(account func(context.Context) (Account, error)) Gateway { return Gateway{account} }

// Name is the gateway's name.
func (Gateway) Name() string { return payments.BankTransfer }

// PaidTo returns the number of the account to transfer to, "" where none is entered.
func (g Gateway) PaidTo(ctx context.Context) (string, error) {
	account, err := g.account(ctx)
	if err != nil {
		return "", fmt.Errorf("find the account to pay to: %w", err)
	}
	return account.Number, nil
}

// Create returns the account to transfer to and the code to quote.
func (g Gateway) Create(ctx context.Context, r gateway.Request) (gateway.Session, error) {
	account, err := g.account(ctx)
	if err != nil {
		return gateway.Session{}, fmt.Errorf("find the account to pay to: %w", err)
	}
	if account.Number == "" {
		return gateway.Session{}, link.E(link.Conflict, "payment.no_account", "method")
	}
	code := r.Code
	if code == "" {
		code = Code(r.PaymentID)
	}
	return gateway.Session{ID: "transfer_" + strconv.FormatInt(r.PaymentID, 10), TransferCode: code,
		PayTo: account.Holder, PayToAccount: account.Number, PayToBank: account.Bank, ExpiresAt: r.ExpiresAt}, nil
}

// Lookup knows nothing that our own books do not: as far as the gateway is concerned it is open.
func (Gateway) Lookup(context.Context, string) (gateway.Status, error) {
	return gateway.Status{State: payments.PaymentOpen}, nil
}

// Expire ends the payment here; a transfer that comes all the same is late.
func (Gateway) Expire(context.Context, string) (gateway.Status, error) {
	return gateway.Status{State: payments.PaymentExpired}, nil
}

// Refund is transferred by the county.
func (Gateway) Refund(context.Context, gateway.RefundRequest) (gateway.RefundStatus, error) {
	return gateway.RefundStatus{State: payments.RefundByBank}, nil
}

// LookupRefund says the same.
func (Gateway) LookupRefund(context.Context, string, gateway.RefundRequest) (gateway.RefundStatus, error) {
	return gateway.RefundStatus{State: payments.RefundByBank}, nil
}

// Code makes an 识别码 for a payment that was given none: its last two digits check the others (ISO 7064, mod 97), so
// that a slip of the pen is not another payment's code.
func Code(paymentID int64) string {
	return fmt.Sprintf("P%08d%02d", paymentID, 98-(paymentID%97*3)%97) // 100 mod 97 = 3
}

// Normal is a code as it is compared: without separators, in capitals and half-width characters.
func Normal(code string) string {
	var b strings.Builder
	for _, r := range code {
		if r = fold(r); alphanumeric(r) {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// fold turns full-width letters and digits into plain ones and small letters into capitals.
func fold(r rune) rune {
	if r >= '！' && r <= '～' {
		r -= '！' - '!'
	}
	return unicode.ToUpper(r)
}

func alphanumeric(r rune) bool { return r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' }

// Find returns which of the normal codes a memo quotes. A code counts only where it stands by itself: not within a
// longer number or word, though spaces and hyphens inside it do not matter.
func Find(memo string, codes map[string]bool) []string {
	// The memo as runs of characters and the places where one run ends and the next begins.
	var text []rune
	var starts []bool // starts[i]: something other than a letter or digit stands before text[i]
	gap := true
	for _, r := range memo {
		r = fold(r)
		if !alphanumeric(r) {
			gap = true
			continue
		}
		text = append(text, r)
		starts = append(starts, gap)
		gap = false
	}
	starts = append(starts, true)
	var found []string
	seen := map[string]bool{}
	for i := range text {
		if !starts[i] {
			continue
		}
		for j := min(len(text), i+maxCode); j > i; j-- {
			code := string(text[i:j])
			if starts[j] && codes[code] {
				if !seen[code] {
					seen[code] = true
					found = append(found, code)
				}
				break // a shorter code that begins the same way was not meant
			}
		}
	}
	return found
}

const maxCode = 40
