package banktransfer

// maxTokens is the largest number of tokens of a memo; a memo is a line.
const maxTokens = 400

// Tokens lists the parts of a memo that could be a code, to be looked up before Find.
func Tokens(memo string) []string {
	var runs []string
	run := []rune{}
	flush := func() {
		if len(run) > 0 {
			runs = append(runs, string(run))
			run = run[:0]
		}
	}
	for _, r := range memo {
		if r = fold(r); alphanumeric(r) {
			run = append(run, r)
		} else {
			flush()
		}
	}
	flush()
	var tokens []string
	for i := range runs {
		token := ""
		for j := i; j < len(runs) && len(token)+len(runs[j]) <= maxCode; j++ {
			token += runs[j]
			if len(token) >= minCode {
				tokens = append(tokens, token)
			}
			if len(tokens) >= maxTokens {
				return tokens
			}
		}
	}
	return tokens
}

const minCode = 6
