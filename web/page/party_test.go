package page

import "testing"

func TestPartyOfAnAccount(t *testing.T) {
	t.Parallel()
	w := Words{parties: map[party]string{{"household", 77}: "王大山 YA-01-001-0007", {"org", 5}: "富民合作社"}}
	for code, want := range map[string]string{
		"payable_pending:household:77": "王大山 YA-01-001-0007",
		"cash:till:org:5":              "富民合作社",
		"payable:household:78":         "", // not read
		"receivable:order:1000000019":  "BM100000001936",
		"deposit:sale:1022":            "XS0000102239",
		"receivable:buyin:1014":        "SD0000101463",
		"bank":                         "",
		"cash:site":                    "",
		"clearing:sandbox":             "",
		"rev:forfeit":                  "",
		"payable:household:":           "",
		"":                             "",
	} {
		if got := w.Party(code); got != want {
			t.Errorf("%q is %q's, want %q", code, got, want)
		}
	}
}
