package main

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"banmuyuan/orders"
	"banmuyuan/orders/adopt"
)

// drawnPhoto puts a drawn picture into the form's file field, as a phone's camera would.
const drawnPhoto = `new Promise((resolve) => {
	const canvas = Object.assign(document.createElement("canvas"), {width: 320, height: 240});
	const pen = canvas.getContext("2d");
	pen.fillStyle = "#7a9a54"; pen.fillRect(0, 0, 320, 240);
	pen.fillStyle = "#fff"; pen.beginPath(); pen.ellipse(160, 140, 70, 40, 0, 0, 7); pen.fill();
	canvas.toBlob((blob) => {
		const files = new DataTransfer();
		files.items.add(new File([blob], "goose.jpg", {type: "image/jpeg"}));
		document.getElementsByName("photos")[0].files = files.files;
		resolve(true);
	}, "image/jpeg");
})`

var adopting sync.Mutex

// adopts follows an adoption from the story of a household to the box that cannot come: picked by village and story, paid,
// told of with a picture, and replaced or paid back. A regular box is changed before its cut-off.
func (b *pages) adopts(t *testing.T) {
	adopting.Lock() // one buyer's box and one household's geese: one width after the other
	defer adopting.Unlock()
	var home string
	for _, l := range b.county.Logins {
		if l.Login == "household" {
			home = b.county.Households[l.Household].Code
		}
	}
	plots := get[adopt.HouseholdPlots](t, b.as(t, "household"), "/households/"+home+"/plots").Items
	i := slices.IndexFunc(plots, func(p adopt.HouseholdPlot) bool { return p.Kind == orders.PlotGoose && p.Left > 0 })
	if i < 0 {
		t.Fatalf("the demo's household has no goose left to adopt: %+v", plots)
	}
	plot := plots[i]

	b.visitor(t, "stranger").open(t, "/presales/"+b.code("goose-adopt"))
	v := b.logsIn(t, "buyer")
	v.open(t, "/presales/"+b.code("goose-adopt"))
	v.press(t, `#order a[href^="/adopt"]`)
	v.fill(t, "q", plot.Village)
	v.press(t, `form[role="search"] button`)
	if !strings.Contains(v.text(t), plot.Story.Zh) {
		t.Errorf("the household's story is not found by its village:\n%s", v.text(t))
	}
	v.press(t, fmt.Sprintf(`main a[href="/adopt/%d"]`, plot.ID))
	v.press(t, `aside form button.button-wide`)
	v.fill(t, "delivery.address", "齐齐哈尔市演示路 8 号")
	v.fill(t, "delivery.phone", "13800138000")
	v.press(t, ".bar-action button")
	v.press(t, `form[action$="/adopt/`+fmt.Sprint(plot.ID)+`"] button.button-wide`)
	no := v.where(t)[strings.LastIndex(v.where(t), "/")+1:]
	v.paysFor(t, "/adoptions/"+no)
	await(t, "the adoption", func() (adopt.Adoption, bool) {
		a := get[adopt.Adoption](t, b.as(t, "buyer"), "/adoptions/"+no)
		return a, a.State == adopt.Reserved
	})
	v.open(t, "/adoptions/"+no)
	v.paysFor(t, "/adoptions/"+no)

	household := b.logsIn(t, "household")
	household.open(t, "/my/adoptions")
	household.open(t, fmt.Sprintf("/my/updates/%d", plot.ID))
	news := fmt.Sprintf("鹅长得挺好 %d", b.width)
	household.fill(t, "text", news)
	household.run(t, "take a picture", drawnPhoto)
	household.press(t, `main form button.button-wide`)
	v.open(t, "/adoptions/"+no)
	if !strings.Contains(v.text(t), news) {
		t.Errorf("the adopter does not read the news:\n%s", v.text(t))
	}
	v.until(t, "the picture", `(document.querySelector(".photos img").scrollIntoView(), document.querySelector(".photos img").naturalWidth > 0)`)

	await(t, "the balance", func() (adopt.Adoption, bool) {
		a := get[adopt.Adoption](t, b.as(t, "buyer"), "/adoptions/"+no)
		return a, a.State == adopt.Growing
	})
	household.open(t, "/my/adoptions/"+no)
	if text := household.text(t); strings.Contains(text, "13800138000") || strings.Contains(text, "演示路") {
		t.Errorf("the household reads where its adopter lives:\n%s", text)
	}
	household.open(t, "/my/income")
	household.run(t, "the income's link to its adoption", fmt.Sprintf(`[...document.querySelectorAll('#entries a')].some((a) => a.pathname.endsWith(%q)) || document.querySelector('#entries a[href*="all=1"]') !== null`, "/my/adoptions/"+no))
	household.open(t, "/my/adoptions/"+no+"/1/fail")
	household.choose(t, "reason", "died")
	household.press(t, "main form button.button-care")
	await(t, "a replacement or the money back", func() (adopt.Adoption, bool) {
		a := get[adopt.Adoption](t, b.as(t, "buyer"), "/adoptions/"+no)
		box := a.Boxes[0]
		return a, box.Replaced && box.State == adopt.BoxPlanned || box.State == adopt.BoxFailed && a.RefundFen == box.AmountFen
	})
	v.open(t, "/adoptions/"+no)
	v.open(t, "/adoptions")
	b.logsIn(t, "operator").open(t, "/desk/adoptions/"+no)
	v.changesBox(t)
}

// changesBox skips a date of the demo's regular box, has it after all, pauses, goes on, and asks for more from then on.
func (v *visitor) changesBox(t *testing.T) {
	t.Helper()
	v.open(t, "/boxes")
	v.press(t, `main article h3 a[href^="/boxes/"]`)
	v.press(t, `form[action$="/skip"] button[value="1"]`)
	if !strings.Contains(v.text(t), "还是要") {
		t.Errorf("a skipped date cannot be had after all:\n%s", v.text(t))
	}
	v.press(t, `form[action$="/skip"] button[value="0"]`)
	v.press(t, `form[action$="/state"] button[value="paused"]`)
	v.press(t, `form[action$="/state"] button[value="active"]`)
	v.press(t, `a[href$="/change"]`)
	v.fill(t, "quantity", "2")
	v.press(t, `form[action$="/change"] button.button-wide`)
	if !strings.Contains(v.text(t), "2\u202f箱") {
		t.Errorf("two boxes were asked for:\n%s", v.text(t))
	}
}

// paysFor pays the sum due at the sandbox bank and comes back.
func (v *visitor) paysFor(t *testing.T, path string) {
	t.Helper()
	v.press(t, `#pay button[value="sandbox"]`)
	v.follow(t, `button[value="pay"]`)
	await(t, "the page after paying", func() (string, bool) {
		at := v.where(t)
		return at, strings.HasSuffix(at, path)
	})
	v.look(t)
}
