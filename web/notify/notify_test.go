package notify

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

var message = Message{Phone: "13912345678", Text: "李明替您家把大鹅能卖的数量改成 60", Kind: "offer"}

func TestLogKeepsWhatIsSaidAndToWhom(t *testing.T) {
	var b bytes.Buffer
	if err := (Log{slog.New(slog.NewTextHandler(&b, nil))}).Notify(t.Context(), message); err != nil {
		t.Fatal(err)
	}
	if said := b.String(); strings.Contains(said, "12345678") || strings.Contains(said, "李明") || !strings.Contains(said, "139****5678") {
		t.Errorf("the log says %s", said)
	}
}

func TestHTTPHandsTheMessageOver(t *testing.T) {
	var got Message
	answer := http.StatusAccepted
	gateway := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
			t.Error(err)
		}
		w.WriteHeader(answer)
	}))
	defer gateway.Close()
	n := HTTP{URL: gateway.URL}
	if err := n.Notify(t.Context(), message); err != nil || got != message {
		t.Errorf("got %+v %v", got, err)
	}
	answer = http.StatusBadGateway
	if err := n.Notify(t.Context(), message); err == nil {
		t.Error("a refused message is sent")
	}
	got = Message{}
	moved := httptest.NewServer(http.RedirectHandler(gateway.URL, http.StatusTemporaryRedirect))
	defer moved.Close()
	if err := (HTTP{URL: moved.URL}).Notify(t.Context(), message); err == nil || got != (Message{}) {
		t.Errorf("a gateway that leads elsewhere: %v, %+v was sent there", err, got)
	}
	gateway.Close()
	if err := n.Notify(t.Context(), message); err == nil {
		t.Error("a message to nobody is sent")
	}
}
