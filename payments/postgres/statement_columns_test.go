package postgres_test

import (
	"fmt"
	"testing"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
)

// A person's explanation of a bank's columns is remembered for its next statement, listed and forgotten.
func TestStatementColumnsAreRemembered(t *testing.T) {
	b := setup(t)
	p := b.create(order, "deposit", payments.BankTransfer, 30000)
	file := func(ref, memo string) []byte {
		return []byte("某某银行对公账户\n编码,发生于,钱数来,钱数去,剩,谁,说明\n" + ref + "," + b.today() + ",300.00,,1500.00,某公司," + memo + "\n")
	}
	got, err := b.svc.ImportStatement(operator, payments.ImportStatement{Data: file("X1", p.TransferCode)})
	if err != nil || !got.Unmapped || len(got.Problems) != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	seen, err := b.svc.PictureStatement(operator, payments.PictureStatement{Data: file("X1", "")})
	if err != nil || seen.HeadLine != 2 || len(seen.Lines) != 3 || len(seen.Fields) != 7 || len(seen.Known) != 14 {
		t.Fatalf("%+v, %v", seen, err)
	}
	m := payments.MapStatement{Bank: "某某银行", Data: file("X1", ""), HeadLine: 2, Fields: []string{"ref", "", "in", "out", "balance", "party", "memo"}}
	_, err = b.svc.MapStatement(operator, m)
	wantCode(t, err, link.Invalid, "statement.columns.no_date")
	m.Fields[1] = "date"
	_, err = b.svc.MapStatement(as("buyer", 501), m)
	wantCode(t, err, link.Forbidden, "forbidden")
	for range 2 {
		if c, err := b.svc.MapStatement(operator, m); err != nil || c.ID == 0 || c.By == "" || len(c.Titles) != 7 {
			t.Fatalf("%+v, %v", c, err)
		}
	}
	if got := b.importStatement(string(file("X1", p.TransferCode))); got.Matched != 1 || got.Bank != "某某银行" || b.paidFor(order) != 30000 {
		t.Errorf("%+v", got)
	}
	list, err := b.svc.StatementColumns(operator, payments.None{})
	if err != nil || len(list.Items) != 1 {
		t.Fatalf("%+v, %v", list, err)
	}
	if _, err := b.svc.ForgetStatement(operator, payments.StatementColumnsRef{ID: list.Items[0].ID}); err != nil {
		t.Fatal(err)
	}
	_, err = b.svc.ForgetStatement(operator, payments.StatementColumnsRef{ID: list.Items[0].ID})
	wantCode(t, err, link.NotFound, "statement.columns.unknown")
	if got, _ := b.svc.ImportStatement(operator, payments.ImportStatement{Data: file("X2", "")}); !got.Unmapped {
		t.Error("forgotten columns are read")
	}
	for i := range payments.MaxStatementColumns {
		b.db.MustExec(`INSERT INTO statement_columns (fingerprint, bank, titles, fields, actor, at) VALUES ($1, 'x', '{a,b}', '{date,ref}', 'x', now())`, fmt.Sprint(i))
	}
	_, err = b.svc.MapStatement(operator, m)
	wantCode(t, err, link.Conflict, "statement.columns.most")
	b.verify()
}
