package postgres

import (
	"os"
	"strings"
	"testing"
)

// The texts of the statements that every order runs stay byte for byte the same: PostgreSQL plans them once, and monitoring
// finds them by their text.
func TestHotStatementsKeepTheirTexts(t *testing.T) {
	t.Parallel()
	want, err := os.ReadFile("testdata/hot.sql")
	if err != nil {
		t.Fatal(err)
	}
	statements := []string{storeSQL, checkSQL, confirmSQL, lateSQL, lockSQL(`order_id = ANY($1)`, 1), lockSQL(expiredCondition, 2), storeHoldsSQL, expiredSQL, retireSQL}
	got := strings.Join(statements, ";\n--\n") + ";\n"
	if got != string(want) {
		t.Errorf("testdata/hot.sql differs from what the module runs:\n%s", got)
	}
}
