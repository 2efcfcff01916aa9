package api

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"banmuyuan/internal/link"
)

// An answer that passes through is byte for byte the one that the API would write if it decoded and encoded it: whatever
// the type of the answer.
func TestAnswersAreTheSameUndecoded(t *testing.T) {
	t.Parallel()
	a, _ := setup(t)
	random := rand.New(rand.NewPCG(1, 2))
	seen := map[reflect.Type]bool{}
	for _, e := range a.endpoints {
		typ := reflect.TypeOf(e.out).Elem()
		if seen[typ] {
			continue
		}
		seen[typ] = true
		for range 20 {
			v := reflect.New(typ)
			fill(random, v.Elem(), 0)
			passed, err := link.MarshalPlain(v.Interface()) // as the module encodes it
			if err != nil {
				t.Fatalf("%s: %v", e.name, err)
			}
			decoded := reflect.New(typ)
			if err := json.Unmarshal(passed, decoded.Interface()); err != nil {
				t.Fatalf("%s: %v", e.name, err)
			}
			again, err := link.MarshalPlain(decoded.Interface())
			if err != nil || string(again) != string(passed) {
				t.Errorf("%s: passed on   %s\ninstead of %s (%v)", e.name, passed, again, err)
				break
			}
		}
	}
	if len(seen) < 50 {
		t.Errorf("only %d types of answers", len(seen))
	}
}

// fill sets v and everything in it to random values.
func fill(random *rand.Rand, v reflect.Value, depth int) {
	if v.Type() == reflect.TypeFor[time.Time]() {
		zone := []*time.Location{time.UTC, time.FixedZone("", 8*3600)}[random.IntN(2)]
		v.Set(reflect.ValueOf(time.Unix(random.Int64N(1<<32), random.Int64N(2)*1000).In(zone)))
		return
	}
	if v.Type() == reflect.TypeFor[json.RawMessage]() {
		v.SetBytes([]byte(`{"a":[1,"<&>"]}`))
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if depth < 6 && random.IntN(3) > 0 {
			v.Set(reflect.New(v.Type().Elem()))
			fill(random, v.Elem(), depth+1)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(random, v.Field(i), depth+1)
			}
		}
	case reflect.Slice:
		if n := random.IntN(4); n > 0 && depth < 8 { // otherwise it stays nil
			v.Set(reflect.MakeSlice(v.Type(), n-1, n-1))
			for i := range n - 1 {
				fill(random, v.Index(i), depth+1)
			}
		}
	case reflect.Array:
		for i := range v.Len() {
			fill(random, v.Index(i), depth+1)
		}
	case reflect.Map:
		if random.IntN(3) > 0 {
			v.Set(reflect.MakeMap(v.Type()))
			for range random.IntN(3) {
				key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
				fill(random, key, depth+1)
				fill(random, value, depth+1)
				v.SetMapIndex(key, value)
			}
		}
	case reflect.String:
		v.SetString([]string{"", "鹅", "a < b & c > d", "\u2028", "line\nline", `"quoted"`}[random.IntN(6)])
	case reflect.Bool:
		v.SetBool(random.IntN(2) == 0)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(random.Int64N(100))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(uint64(random.Int64N(100)))
	case reflect.Float64, reflect.Float32:
		v.SetFloat(random.Float64())
	}
}
