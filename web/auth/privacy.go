package auth

import (
	"context"
	"time"
)

// MustAgree reports whether the account's owner has to agree to the privacy notice before going on: private buyers: their
// data is kept because they agree. Data of others rests on their work and on the county's duties.
func (a *Account) MustAgree() bool { return a.Role == Buyer && a.PrivacyVersion < PrivacyVersion }

// Correction is a request to correct data of a person.
type Correction struct {
	ID         int64     `db:"id" json:"id"`
	Account    int64     `db:"account_id" json:"-"`
	Login      string    `db:"login" json:"-"`
	Name       string    `db:"name" json:"-"`
	Text       string    `db:"text" json:"text"`
	AskedAt    time.Time `db:"asked_at" json:"asked_at"`
	Answer     string    `db:"answer" json:"answer,omitempty"`
	AnsweredAt time.Time `db:"answered_at" json:"answered_at,omitzero"`
}

// Answered reports whether the county answered.
func (c Correction) Answered() bool { return !c.AnsweredAt.IsZero() }

// CorrectionMax is the greatest length of a correction and of its answer, in characters.
const CorrectionMax = 1000

// Privacy keeps consents and requests of people about their data.
type Privacy interface {
	// Agree stores that the account's owner agreed to a version of the privacy notice.
	Agree(ctx context.Context, account int64, version int) error
	// AgreedAt returns when the owner agreed to the version that the account has; zero: never.
	AgreedAt(ctx context.Context, account int64) (time.Time, error)
	// CloseAccount takes the person out of the account: login, name, phone, address and password, sessions, basket and messages.
	CloseAccount(ctx context.Context, account int64) error
	// AskCorrection stores a request.
	AskCorrection(ctx context.Context, account int64, text string) error
	// CorrectionsOf lists the requests of an account, newest first.
	CorrectionsOf(ctx context.Context, account int64) ([]Correction, error)
	// OpenCorrections lists up to limit requests without an answer, oldest first.
	OpenCorrections(ctx context.Context, limit int) ([]Correction, error)
	// AnswerCorrection stores the answer. ErrNotFound where there is none without one.
	AnswerCorrection(ctx context.Context, by Author, id int64, answer string) error
	// Retain removes data beyond its time.
	Retain(ctx context.Context) error
}
