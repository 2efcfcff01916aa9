package allocate

import (
	"strconv"

	"banmuyuan/internal/money"
)

// Reason is why a share went to its household, kept with the share so that it can be told years later.
type Reason struct {
	Policy   Policy `json:"policy"`
	Version  string `json:"version"`   // of the policy: "fair/2"
	LevelFen int64  `json:"level_fen"` // income of the season per person before the share, rounded down
	Rank     int    `json:"rank"`      // the household was the order's first, second, … to be chosen
}

// Message gives the key of a sentence in Messages and its arguments.
func (r Reason) Message() (key string, args map[string]string) {
	key = "allocate.reason." + string(r.Policy)
	switch r.Version { // the words of earlier shares stay
	case FairVersion, NearVersion:
		key += ".2"
	case FairLeastVersion, NearLeastVersion:
		key += ".3"
	}
	return key, map[string]string{
		"level": money.FormatYuanShort(r.LevelFen),
		"rank":  strconv.Itoa(r.Rank),
	}
}

// Messages are the sentences in Chinese and English.
var Messages = map[string][2]string{
	"allocate.reason.fair": {
		"分到您家时，您家今年人均预期收入 {level}，是还有余货的农户里最低的，所以这一单第 {rank} 个轮到您家。",
		"When this share came to you, your household expected {level} per person this year, the lowest of all households that still had goods. You were number {rank} in this order.",
	},
	"allocate.reason.near": {
		"这一单只到尽量少的村收货，您家所在的村在内。分到您家时，您家今年人均预期收入 {level}，是这些村里还有余货的农户中最低的。",
		"This order is collected from as few villages as possible, yours among them. When this share came to you, your household expected {level} per person this year, the lowest of those in these villages that still had goods.",
	},
	"allocate.reason.fair.2": {
		"分到您家时，您家今年的收入（预计、待付、已付合计）人均 {level}，还有余货的农户里没有更低的；或者您家的货还不够一次去收，先补足。您家是这一单第 {rank} 个。",
		"When this share came to you, your household's income of the year, expected, owed and paid, was {level} per person, and nobody lower still had goods; or what you had sold was too little for one collection and was completed first. You were number {rank} in this order.",
	},
	"allocate.reason.near.2": {
		"这一单只到尽量少的村收货，您家所在的村在内。分到您家时，您家今年的收入（预计、待付、已付合计）人均 {level}，这些村里还有余货的农户中没有更低的；或者您家的货还不够一次去收，先补足。",
		"This order is collected from as few villages as possible, yours among them. When this share came to you, your household's income of the year, expected, owed and paid, was {level} per person, and nobody lower in these villages still had goods; or what you had sold was too little for one collection and was completed first.",
	},
	"allocate.reason.fair.3": {
		"分到您家时，您家今年的收入（预计、待付、已付合计）人均 {level}。这次预售约定了农户至少得的一份，按约定可以卖的农户里没有更低的；或者您家的货还不够一次去收，先补足。您家是这一单第 {rank} 个。",
		"When this share came to you, your household's income of the year, expected, owed and paid, was {level} per person. The presale keeps a least part for households, and of those that could sell under it nobody was lower; or what you had sold was too little for one collection and was completed first. You were number {rank} in this order.",
	},
	"allocate.reason.near.3": {
		"这一单只到尽量少的村收货，您家所在的村在内。分到您家时，您家今年的收入（预计、待付、已付合计）人均 {level}。这次预售约定了农户至少得的一份，这些村里按约定可以卖的农户中没有更低的；或者您家的货还不够一次去收，先补足。",
		"This order is collected from as few villages as possible, yours among them. When this share came to you, your household's income of the year, expected, owed and paid, was {level} per person. The presale keeps a least part for households, and of those in these villages that could sell under it nobody was lower; or what you had sold was too little for one collection and was completed first.",
	},
	"allocate.reason.direct": {
		"买家点名要您家的货。",
		"The buyer asked for your household's goods by choice.",
	},
	"allocate.reason.contract": {
		"这一单是收购合同的提货，按各家合同里还没交的数量，照比例分到您家。",
		"This order is called off under a contract and divided in proportion to what each household still has to deliver under it.",
	},
	"allocate.policy.fair": {
		"公平分单：谁家今年人均收入（预计、待付、已付合计）最低，就先卖谁家的。",
		"Fair: the household with the lowest income of the season per person, expected, owed and paid, sells first.",
	},
	"allocate.policy.near": {
		"就近分单：收货的村越少越好；在这些村里，收入最低的农户先卖。",
		"Near: as few villages as possible; within them the lowest income sells first.",
	},
	"allocate.policy.direct": {
		"指定农户：全部由点名的农户供货。",
		"Direct: everything comes from the household that was asked for.",
	},
	"allocate.policy.contract": {
		"合同提货：按各家合同里还没交的数量照比例分。",
		"Contract: in proportion to what each household still has to deliver.",
	},
}
