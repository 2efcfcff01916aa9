package bankfile_test

import (
	"testing"
	"time"

	"banmuyuan/payments/bankfile"
)

// A line of the first hours of a day in China is still of the day before in UTC.
func TestKnownLineOfEarlyMorning(t *testing.T) {
	t.Parallel()
	line := bankfile.StatementLine{Ref: "T1", Fen: 100, Date: time.Date(2026, 11, 30, 16, 33, 0, 0, time.UTC)}
	known := []bankfile.KnownLine{{Ref: "T1", Day: "2026-12-01", Fen: 100}}
	if v := bankfile.Compare([]bankfile.StatementLine{line}, known, ""); v[0].Same != 0 || len(v[0].Doubts) != 0 {
		t.Errorf("the line of the same day is %+v", v[0])
	}
	if v := bankfile.Compare([]bankfile.StatementLine{line}, nil, "2026-11-30"); len(v[0].Doubts) != 0 {
		t.Errorf("the line behind the closed month is %+v", v[0])
	}
}
