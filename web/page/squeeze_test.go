package page

import (
	"html/template"
	"strings"
	"testing"
)

func TestSqueeze(t *testing.T) {
	t.Parallel()
	parsed := template.Must(template.New("page").Parse(`<ul>
    {{range .}}
      <li class="a
        b">{{.}} and  more</li>
    {{else}}
      <li>
        none</li>
    {{end}}
    {{with .}}
      <li></li>
    {{end}}
  </ul>{{define "part"}}
    <p>
  {{end}}`))
	squeeze(parsed)
	for _, c := range []struct {
		name string
		data []string
		want string
	}{
		{"page", []string{"x"}, "<ul>\n\n<li class=\"a\nb\">x and  more</li>\n\n\n<li></li>\n\n</ul>"},
		{"page", nil, "<ul>\n\n<li>\nnone</li>\n\n\n</ul>"},
		{"part", nil, "\n<p>\n"},
	} {
		var out strings.Builder
		if err := parsed.ExecuteTemplate(&out, c.name, c.data); err != nil || out.String() != c.want {
			t.Errorf("%s of %v is %q, want %q: %v", c.name, c.data, out.String(), c.want, err)
		}
	}
}
