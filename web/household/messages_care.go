package household

import "banmuyuan/web/page"

// careWords are the words of a household's protection: cards, PIN, the slip, reviews.
var careWords = map[string][2]string{
	"card.wrong":      {"卡或密码不对。忘了密码，请县里打印一个一次性密码；卡丢了或作废了，请县里重新做一张。", "The card or the PIN is wrong. If you forgot the PIN, ask the county for a one-time word; if the card was lost or ended, for a new card."},
	"card.word.own":   {"做卡的人不能打印这张卡的一次性密码。请另一位同事打印；不知道是谁做的旧卡，请先重做。", "The issuer of a card cannot print its word. Ask a colleague; for an old card of which nobody knows the issuer, make a new one first."},
	"card.word.none":  {"没有要打印的一次性密码：都有了，或者卡是您自己做的。", "There is no word to print: every card has one, or you issued it yourself."},
	"card.word.shown": {"这批一次性密码后来又打印过，不能再看。请重新打印。", "These words were replaced since and cannot be shown again. Print new ones."},

	"status.word.none":  {"还没打印", "not printed"},
	"status.word.waits": {"等待使用", "waits"},
	"status.word.used":  {"已使用", "used"},
	"status.word.over":  {"已过期", "expired"},
	"card.none":         {"没有要做的卡：都有了。需要换新的，请在那一户旁边点“重做”。", "Everybody has a card. To replace one, choose “New card” beside the household."},
	"card.shown":        {"这批卡已经做过，内容不能再看。请在那一户旁边点“重做”。", "These cards were made before and cannot be shown again. Choose “New card” beside the household."},
	"card.revoked":      {"{name} 家的卡已作废，用它登录的手机已退出。", "The card of {name} is ended, and whoever is logged in with it is logged out."},

	"account.pin.length": {"密码要 6 到 12 位数字。", "The PIN needs 6 to 12 digits."},
	"account.pin.digits": {"密码只能用数字。", "Use digits only."},
	"account.pin.common": {"这个密码太好猜，请换一个。", "This PIN is too easy to guess. Please choose another."},
	"account.pin.repeat": {"两次填的不一样。", "The two differ."},
	"account.key_reused": {"这个幂等键已用于另一个请求。请换一个新的再提交。", "This idempotency key was used for another request. Submit with a new one."},
	"account.pin.saved":  {"密码已设好，以后用手机号和它登录。", "Your PIN is set. Log in with your phone number and it."},

	"household.offer.held":      {"比登记的多不少，已提交县里核对，通过以后才生效。", "That is well above what is registered. The county looks at it before it counts."},
	"review.done":               {"已记下核对的结果。", "Your decision is recorded."},
	"action.account.batch":      {"，随第 {batch} 批收款账户“{sheet}”，复核 {by}", ", with batch {batch} of payout accounts, “{sheet}”, approved by {by}"},
	"action.account":            {"登记收款账户 {bank} {number}（{state}）", "Entered the bank account {bank} {number} ({state})"},
	"status.account.superseded": {"已换掉", "Replaced"},

	"status.review.open":     {"待核对", "Open"},
	"status.review.approved": {"核对通过", "Approved"},
	"status.review.refused":  {"没有通过", "Refused"},

	"sms.offer":           {"【半亩园】{helper}替您家（{head}）把{product}能卖的数量改成{capacity}。不是您的意思，请马上告诉村里或县里。", "[Banmuyuan] {helper} changed what your household ({head}) offers of {product} to {capacity}. If you did not ask for it, tell the village or the county at once."},
	"sms.account.enter":   {"【半亩园】有人给您家（{head}）提交了新的收款账户 {number}，县里核对以后才会用。不是您的意思，请马上告诉县里。", "[Banmuyuan] A new bank account {number} was entered for your household ({head}). It is used only after the county has checked it. If you did not ask for it, tell the county at once."},
	"sms.account.approve": {"【半亩园】您家（{head}）的收款账户换成了 {number}，{from}打款到这个账户。不是您的意思，请马上告诉县里。", "[Banmuyuan] The bank account of your household ({head}) is now {number}; it is paid to {from}. If you did not ask for it, tell the county at once."},
	"sms.account.refuse":  {"【半亩园】给您家（{head}）提交的收款账户 {number} 没有通过核对，不会使用。", "[Banmuyuan] The bank account {number} that was entered for your household ({head}) was refused and is not used."},
	"sms.consent":         {"【半亩园】{helper}不再替您家（{head}）代办。", "[Banmuyuan] {helper} no longer acts for your household ({head})."},
}

var careTones = page.Tones{
	page.Care: {"status.review.open", "status.word.none", "status.word.over"},
	page.Busy: {"status.word.waits"},
	page.Good: {"status.review.approved", "status.word.used"},
	page.Over: {"status.review.refused", "status.account.superseded"},
}
