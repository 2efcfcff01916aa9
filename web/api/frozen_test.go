package api

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"testing"
)

var update = flag.Bool("update", false, "write testdata/openapi.json anew")

// Programs of others are written against the description. A change here must be meant.
func TestDescriptionIsFrozen(t *testing.T) {
	t.Parallel()
	const golden = "testdata/openapi.json"
	document, err := New(Services{}, nil, nil, "test", nil).document()
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	if err := json.Indent(&got, document, "", " "); err != nil {
		t.Fatal(err)
	}
	got.WriteByte('\n')
	if *update {
		if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("the description differs from %s; if it is meant to, run this test with -update and look at the difference", golden)
	}
}
