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
	if err := (Log{Log: slog.New(slog.NewTextHandler(&b, nil))}).Notify(t.Context(), message); err != nil {
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

// The log shows a code where the product is tried out, and no other text; elsewhere it shows none.
func TestLogShowsCodesWhereAllowed(t *testing.T) {
	code := Message{Phone: "13912345678", Text: "验证码 123456", Kind: Code}
	for _, c := range []struct {
		shows bool
		m     Message
		want  bool
	}{{true, code, true}, {false, code, false}, {true, message, false}} {
		var b bytes.Buffer
		if err := (Log{Log: slog.New(slog.NewTextHandler(&b, nil)), Codes: c.shows}).Notify(t.Context(), c.m); err != nil {
			t.Fatal(err)
		}
		if said := b.String(); strings.Contains(said, c.m.Text) != c.want || strings.Contains(said, "13912345678") {
			t.Errorf("%+v: the log says %s", c, said)
		}
	}
}

func TestMailServersAreChecked(t *testing.T) {
	for _, c := range []struct {
		server, from string
		ok           bool
	}{
		{"smtps://user:word@smtp.example.cn:465", "banmu@example.cn", true}, {"smtp://smtp.example.cn", "banmu@example.cn", true},
		{"http://smtp.example.cn", "banmu@example.cn", false}, {"smtp://", "banmu@example.cn", false}, {"smtp://smtp.example.cn", "nobody", false},
		{"smtp://smtp.example.cn:x", "banmu@example.cn", false},
	} {
		if _, err := NewMail(c.server, c.from); (err == nil) != c.ok {
			t.Errorf("%s from %s: %v", c.server, c.from, err)
		}
	}
}
