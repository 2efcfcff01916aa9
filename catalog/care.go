package catalog

import (
	"context"
	"time"
)

// Care protects households that others act for: it keeps consents, actions in their name, and implausible entries that
// wait for the county.
//
//link:service catalog v1 raw
type Care interface {
	// HouseholdLog returns the actions for a household and its consents, newest first. For actors who see the household.
	HouseholdLog(context.Context, HouseholdRef) (HouseholdLog, error)
	// Reviews lists implausible entries. For the county.
	Reviews(context.Context, ReviewFilter) (ReviewPage, error)
	// DecideReview approves or refuses a review, with a reason. Repeating it under its key changes nothing. Forbidden for
	// the account that opened it; Conflict when it was decided already, or the key was used for something else.
	DecideReview(context.Context, DecideReviewRequest) (Review, error) //link:subject review_decide
}

// Action is one thing that was done for a household. OnBehalf is set where it was not the household itself.
type Action struct {
	At       time.Time         `json:"at"`
	What     string            `json:"what"` // offer, offer.held, consent.given, consent.revoked, import, review.approved, review.refused
	Actor    string            `json:"actor"`
	Role     string            `json:"role"`
	OnBehalf bool              `json:"on_behalf"`
	Args     map[string]string `json:"args,omitempty"`
}

// ConsentEntry records that a household let its helper act, or ended that, with the actor that entered it.
type ConsentEntry struct {
	At    time.Time `json:"at"`
	Given bool      `json:"given"`
	How   string    `json:"how"`
	Actor string    `json:"actor"`
	Role  string    `json:"role"`
}

type HouseholdLog struct {
	Consents []ConsentEntry `json:"consents"`
	Actions  []Action       `json:"actions"`
}

// Kinds of reviews.
const (
	ReviewCapacity    = "capacity"     // offers more than the register makes likely
	ReviewDuplicateID = "duplicate_id" // two households with one id number
	ReviewOversold    = "oversold"     // sold more than the register says since it became smaller
)

// PlausibleBP is the part of its registered supply that a household may offer without a review: harvests differ, and
// flocks grow between two visits.
const PlausibleBP = 15_000

type Review struct {
	ID        int64             `json:"id"`
	Kind      string            `json:"kind"`
	State     ReviewState       `json:"state"`
	Household int64             `json:"household_id"`
	Code      string            `json:"code"`
	Head      string            `json:"head"`
	Village   string            `json:"village"`
	Args      map[string]string `json:"args"` // for the sentence review.<kind>
	OpenedAt  time.Time         `json:"opened_at"`
	OpenedBy  string            `json:"opened_by"`
	DecidedBy string            `json:"decided_by,omitempty"`
	DecidedAt *time.Time        `json:"decided_at,omitempty"`
	Why       string            `json:"why,omitempty"`
}

type ReviewFilter struct {
	All    bool  `json:"all,omitempty"` // decided ones as well
	Before int64 `json:"before,omitempty"`
	Limit  int   `json:"limit,omitempty"`
}

type ReviewPage struct {
	Items []Review `json:"items"`
	Open  int      `json:"open"`
}

type DecideReviewRequest struct {
	ID      int64  `json:"id"`
	Approve bool   `json:"approve"`
	Why     string `json:"why"`

	IdempotencyKey string `json:"idempotency_key"`
}

// CareMessages are the sentences of Care's keys, for web's glossary.
var CareMessages = map[string][2]string{
	"review.unknown":       {"没有找到这条待核对的记录。", "We could not find this review."},
	"review.decided":       {"这条已经有人处理过，请刷新页面。", "This was decided already. Please reload the page."},
	"review.second_person": {"提交的人自己不能核对，请换一位同事。", "Whoever asked for it cannot decide it. Please ask a colleague."},
	"review.why":           {"请写明核对的情况，最多 200 个字。", "Please say what was found, 200 characters at most."},
	"review.capacity":      {"{product} 想卖 {capacity}，登记的只够 {registered}，别处已卖 {sold}。", "Wants to offer {capacity} of {product}; {registered} are likely from the register and {sold} are sold elsewhere."},
	"review.oversold":      {"{product}登记从 {before} 减到 {registered}，可是已经卖出 {sold}。还没卖的 {free} 先停售，放行后恢复；不通过就一直停售，卖出的请收货合作社按缺货办理。", "{product}: the register went from {before} down to {registered}, but {sold} are sold. The {free} not sold are kept back until you let it through; if you refuse they stay so, and the collecting cooperative reports what is short."},
	"action.oversold.held": {"登记减少后少于已卖出的，等县里核对", "The register fell below what is sold; the county looks at it"},
	"review.duplicate_id":  {"导入名单时，户 {other} 用了和这一户同一个身份证号。", "A list to import has household {other} with the id number of this one."},

	"action.counter":         {"在超市柜台卖出{product} {units}，还能卖 {left}", "Sold {units} of {product} at a shop’s counter; {left} are left to offer"},
	"action.offer":           {"把能卖的数量改成 {capacity}（原来 {before}）", "Changed what it offers to {capacity} (from {before})"},
	"action.offer.held":      {"想把能卖的数量改成 {capacity}，等县里核对", "Asked to offer {capacity}; the county looks at it"},
	"action.consent.given":   {"登记了同意书", "Recorded the consent"},
	"action.consent.revoked": {"撤销了同意", "Ended the consent"},
	"action.helper":          {"帮扶责任人由{from}换成{to}，代办同意要重新登记", "The helper is {to} in place of {from}; consent has to be recorded anew"},
	"action.helper.first":    {"登记帮扶责任人{to}", "The helper is {to}"},
	"action.helper.none":     {"{from}不再是帮扶责任人", "{from} is no longer the helper"},
	"action.import":          {"按名单更新了登记", "Updated the register from a list"},
	"action.review.approved": {"核对通过：{why}", "Checked and approved: {why}"},
	"action.review.refused":  {"核对没有通过：{why}", "Checked and refused: {why}"},
}
