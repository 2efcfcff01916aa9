package api

import (
	"net/http"
	"reflect"
	"strings"
	"testing"

	"banmuyuan/orders"
	"banmuyuan/payments"
	"banmuyuan/payments/earlier"
)

// income are the types that state a household's income. They come out of the modules; nothing takes one in.
var income = map[reflect.Type]bool{
	reflect.TypeFor[orders.IncomeEntry](): true, reflect.TypeFor[orders.IncomeSum](): true,
	reflect.TypeFor[payments.IncomeFact](): true, reflect.TypeFor[earlier.HistoricIncome](): true,
}

// holds finds an income type within a request's type.
func holds(t reflect.Type, seen map[reflect.Type]bool) bool {
	if income[t] {
		return true
	}
	if seen[t] {
		return false
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		return holds(t.Elem(), seen)
	case reflect.Struct:
		for f := range t.Fields() {
			if holds(f.Type, seen) {
				return true
			}
		}
	}
	return false
}

// The income ledger follows from tickets, deliveries and payments. Nobody can write into it.
func TestNoEndpointWritesIncome(t *testing.T) {
	a, _ := setup(t)
	writes := 0
	for _, e := range a.endpoints {
		if e.method == http.MethodGet {
			continue
		}
		writes++
		if strings.Contains(e.path, "income") || strings.Contains(e.name, "income") {
			t.Errorf("%s %s writes income", e.method, e.path)
		}
		if holds(reflect.TypeOf(e.in), map[reflect.Type]bool{}) {
			t.Errorf("%s %s takes income in", e.method, e.path)
		}
	}
	if writes < 20 {
		t.Errorf("only %d endpoints that write were looked at", writes)
	}
	// Neither do the modules' contracts, for any caller.
	for _, contract := range []reflect.Type{reflect.TypeFor[orders.Service](), reflect.TypeFor[orders.Stations](), reflect.TypeFor[payments.Service]()} {
		for m := range contract.Methods() {
			for in := range m.Type.Ins() {
				if holds(in, map[reflect.Type]bool{}) {
					t.Errorf("%s.%s takes income in", contract, m.Name)
				}
			}
		}
	}
}
