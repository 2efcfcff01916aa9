package webtest

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// ReadPage checks the invariants of every page, and that it says each of the texts.
func ReadPage(t *testing.T, p *Person, path string, says ...string) {
	t.Helper()
	for _, lang := range []string{"zh", "en"} {
		u, err := url.Parse(path)
		if err != nil {
			t.Fatal(err)
		}
		q := u.Query()
		q.Set("lang", lang)
		u.RawQuery = q.Encode()
		res := p.Get(u.String())
		if res.StatusCode == http.StatusSeeOther || res.StatusCode == http.StatusFound { // the language is kept, then the page comes
			res = p.Get(res.Header.Get("Location"))
		}
		if res.StatusCode != http.StatusOK {
			t.Errorf("%s in %s: %d", u, lang, res.StatusCode)
			continue
		}
		CheckMarkup(t, u.String(), res.Body)
		if lang == "zh" {
			for _, text := range says {
				if !strings.Contains(res.Body, text) && !strings.Contains(Prose(res.Body), text) {
					t.Errorf("%s does not say %q", path, text)
				}
			}
		}
	}
}

// Prose is the text of a page as it is read: without tags, and with one blank wherever there are several.
func Prose(body string) string {
	doc, err := html.Parse(strings.NewReader(body))
	if err != nil {
		return ""
	}
	var text strings.Builder
	for n := range doc.Descendants() {
		if n.Type == html.TextNode {
			text.WriteString(n.Data)
		}
	}
	return strings.Join(strings.Fields(text.String()), " ")
}

// CheckMarkup finds ids that are there twice, labels of nothing and words that were not filled in.
func CheckMarkup(t *testing.T, path, body string) {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	ids, labels, headings := map[string]int{}, []string{}, 0
	for n := range doc.Descendants() {
		if n.Type == html.TextNode && n.Parent.Data != "script" && (strings.Contains(n.Data, "%!") || strings.Contains(n.Data, "<time") || strings.Contains(n.Data, "<data")) {
			t.Errorf("%s: %q", path, n.Data)
		}
		if n.Type != html.ElementNode {
			continue
		}
		if n.Data == "h1" {
			headings++
		}
		for _, a := range n.Attr {
			switch {
			case a.Key == "id":
				ids[a.Val]++
			case a.Key == "for":
				labels = append(labels, a.Val)
			case a.Key == "style" || strings.HasPrefix(a.Key, "on"):
				t.Errorf("%s: inline %s", path, a.Key)
			}
			if strings.Contains(a.Val, "ZgotmplZ") {
				t.Errorf("%s: %s of %s was refused", path, a.Key, n.Data)
			}
		}
	}
	if headings != 1 {
		t.Errorf("%s: %d first headings", path, headings)
	}
	for id, n := range ids {
		if n > 1 {
			t.Errorf("%s: id %q %d times", path, id, n)
		}
	}
	for _, id := range labels {
		if ids[id] == 0 {
			t.Errorf("%s: label of nothing: %q", path, id)
		}
	}
	if strings.Contains(body, "{money}") || strings.Contains(body, "<no value>") {
		t.Errorf("%s: a word was not filled in", path)
	}
}

// Between returns the text between two others, or "".
func Between(s, from, to string) string {
	_, s, _ = strings.Cut(s, from)
	s, _, _ = strings.Cut(s, to)
	return s
}
