package household

import "banmuyuan/web/page"

// careWords are the words of a household's protection: cards, PIN, the slip, reviews.
var careWords = map[string][2]string{
	"card.wrong":   {"卡或身份证后四位不对。卡丢了或作废了，请找县里重新做一张。", "The card or the four digits are wrong. If the card was lost or ended, ask the county for a new one."},
	"card.none":    {"没有要做的卡：都有了。需要换新的，请在那一户旁边点“重做”。", "Everybody has a card. To replace one, choose “New card” beside the household."},
	"card.shown":   {"这批卡已经做过，内容不能再看。请在那一户旁边点“重做”。", "These cards were made before and cannot be shown again. Choose “New card” beside the household."},
	"card.revoked": {"{name} 家的卡已作废，用它登录的手机已退出。", "The card of {name} is ended, and whoever is logged in with it is logged out."},

	"account.pin.length": {"密码要 6 到 12 位数字。", "The PIN needs 6 to 12 digits."},
	"account.pin.digits": {"密码只能用数字。", "Use digits only."},
	"account.pin.common": {"这个密码太好猜，请换一个。", "This PIN is too easy to guess. Please choose another."},
	"account.pin.repeat": {"两次填的不一样。", "The two differ."},
	"account.key_reused": {"这个幂等键已用于另一个请求。请换一个新的再提交。", "This idempotency key was used for another request. Submit with a new one."},
	"account.pin.saved":  {"密码已设好，以后用手机号和它登录。", "Your PIN is set. Log in with your phone number and it."},

	"household.offer.held":      {"比登记的多不少，已提交县里核对，通过以后才生效。", "That is well above what is registered. The county looks at it before it counts."},
	"review.done":               {"已记下核对的结果。", "Your decision is recorded."},
	"action.account.batch":      {"，随第 {batch} 批收款账户，复核 {by}", ", with batch {batch} of payout accounts, approved by {by}"},
	"action.account":            {"登记收款账户 {bank} {number}（{state}）", "Entered the bank account {bank} {number} ({state})"},
	"status.account.superseded": {"已换掉", "Replaced"},

	"status.review.open":     {"待核对", "Open"},
	"status.review.approved": {"核对通过", "Approved"},
	"status.review.refused":  {"没有通过", "Refused"},

	"sms.offer":   {"【半亩园】{helper}替您家（{head}）把{product}能卖的数量改成{capacity}。不是您的意思，请马上告诉村里或县里。", "[Banmuyuan] {helper} changed what your household ({head}) offers of {product} to {capacity}. If you did not ask for it, tell the village or the county at once."},
	"sms.account": {"【半亩园】{helper}替您家（{head}）提交了新的收款账户{number}，县里向您本人核对以后才会用。不是您的意思，请马上告诉县里。", "[Banmuyuan] {helper} entered a new bank account {number} for your household ({head}). It is used only after the county has asked you. If you did not ask for it, tell the county at once."},
	"sms.consent": {"【半亩园】{helper}不再替您家（{head}）代办。", "[Banmuyuan] {helper} no longer acts for your household ({head})."},
}

var careTones = page.Tones{
	page.Care: {"status.review.open"},
	page.Good: {"status.review.approved"},
	page.Over: {"status.review.refused", "status.account.superseded"},
}
