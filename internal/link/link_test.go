package link_test

import (
	"testing"

	"banmuyuan/internal/link/linktest"
)

func TestMain(m *testing.M) { linktest.Main(m) }

func TestSmoke(t *testing.T) {
	db, s := linktest.DB(t, "catalog", nil)
	var a, b, c string
	if err := db.QueryRow(`select current_schema(), current_user, current_setting('application_name')`).Scan(&a, &b, &c); err != nil {
		t.Fatal(err)
	}
	t.Log(s, a, b, c)
	nc := linktest.NATS(t)
	t.Log(nc.IsConnected())
}
