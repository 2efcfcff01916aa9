package main

import (
	"context"
	"database/sql"
	"io/fs"
	"testing"

	catalogpg "banmuyuan/catalog/postgres"
	"banmuyuan/internal/link"
	"banmuyuan/internal/link/linktest"
	orderspg "banmuyuan/orders/postgres"
)

// The floor's rows satisfy every check of the product's tables, whatever these have become.
func TestFloorFitsTheProductsTables(t *testing.T) {
	ctx := context.Background()
	address := linktest.Postgres(t)
	for schema, migrations := range map[string]fs.FS{"catalog": catalogpg.Migrations, "orders": orderspg.Migrations} {
		if err := link.Migrate(ctx, address, schema, migrations); err != nil {
			t.Fatal(err)
		}
	}
	db, err := sql.Open("postgres", address)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, `
		SET session_replication_role = replica; -- without the presale and the households behind them
		INSERT INTO catalog.lot (id, presale_id, household_id, capacity, reserved, delivered, agent_bp, agent_org)
		VALUES (1, 1, 1, 10, 3, 0, 0, 0), (2, 1, 2, 10, 0, 0, 9000, 7);
		SET session_replication_role = origin;`+floorTables); err != nil {
		t.Fatal(err)
	}
	var reserved int
	if _, err := db.ExecContext(ctx, floorSQL, "{1,2,3}", "{1,1,1}", "{a,b,c}", "{1,2,2}"); err != nil {
		t.Fatal(err)
	}
	if err := db.QueryRowContext(ctx, `SELECT reserved FROM bench_floor.lot WHERE id = 2`).Scan(&reserved); err != nil || reserved != 2 {
		t.Errorf("%d units of the lot are reserved, %v", reserved, err)
	}
	for _, table := range []string{"hold", "orders", "order_line", "outbox"} {
		var n int
		if err := db.QueryRowContext(ctx, `SELECT count(*) FROM bench_floor.`+table).Scan(&n); err != nil || n != 3 {
			t.Errorf("%d rows in %s, %v", n, table, err)
		}
	}
}
