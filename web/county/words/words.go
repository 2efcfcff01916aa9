// Package words holds the words of the county's pages: messages, states, fields and columns, in Chinese and English.
package words

import "banmuyuan/web/page"

// Messages lists the tables of words.
func Messages() []map[string][2]string {
	return []map[string][2]string{base, bookWords, distributionWords, figureWords, orgPayoutWords, reversalWords, ruleWords, seasonWords, Treasury, turnWords}
}

// Tones lists the tones of states.
func Tones() []page.Tones {
	return []page.Tones{tones, bookTones, distributionTones, orgPayoutTones, reversalTones, ruleTones, treasuryTones, turnTones}
}
