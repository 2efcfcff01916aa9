package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"banmuyuan/orders"
)

// smallDisk mounts a disk of the test's own with a copy of a data folder on it and some megabytes to spare.
func smallDisk(t *testing.T, data string, spare int64) string {
	t.Helper()
	var used int64
	err := filepath.WalkDir(data, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			used += (info.Size() + 4095) / 4096 * 4096
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", fmt.Sprintf("mode=0755,size=%dm", used/megabyte+spare), "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("a disk of its own cannot be mounted here: %v: %s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", dir).CombinedOutput(); err != nil {
			t.Errorf("umount: %v: %s", err, out)
		}
	})
	to := filepath.Join(dir, "data")
	if out, err := exec.Command("cp", "-a", data, to).CombinedOutput(); err != nil {
		t.Fatalf("copy the data folder: %v: %s", err, out)
	}
	return to
}

// fill writes a file until a disk has so many megabytes left.
func fill(t *testing.T, path string, left int64) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	d := disk{dir: filepath.Dir(path)}
	block := bytes.Repeat([]byte{1}, megabyte/4)
	for {
		free, err := d.free()
		if err != nil {
			t.Fatal(err)
		}
		if int64(free) <= left*megabyte {
			return
		}
		if _, err := f.Write(block[:min(int64(len(block)), int64(free)-left*megabyte)]); err != nil {
			return // full
		}
	}
}

// A disk that fills up: with little room nobody begins to owe or to pay, and everything else goes on; with none, nothing is
// answered that did not happen; with room again the product works, without anybody's doing where it lives, and after its
// supervisor's start where PostgreSQL ended.
func TestFullDiskHealsByItself(t *testing.T) {
	t.Parallel()
	const least, spare = 64, 300
	data := smallDisk(t, demoData(t), spare)
	filler := filepath.Join(filepath.Dir(data), "filler")
	w := &world{t: t, county: demoCounty(), sessions: map[string]session{}, env: []string{"BANMU_DATA=" + data, fmt.Sprintf("BANMU_DISK_FREE=%d", least)}}
	p, url := w.startServing(nil)
	w.url = url
	bought(t, w)
	buyer := w.as(t, "buyer")
	body := placing{Lines: []orders.QuoteLine{{PresaleID: w.presale(t, "goose-main").ID, Qty: 1}}, Delivery: w.pickup(t)}
	unpaid := post[orders.Order](t, buyer, "/orders", w.key(), body)

	fill(t, filler, least/2)
	if status, text := readyz(url); status != http.StatusServiceUnavailable || !strings.Contains(text, "disk: ") {
		t.Errorf("with little room: %d %s", status, text)
	}
	for _, r := range []request{
		{method: "POST", path: "/orders", key: w.key(), body: body},
		{method: "POST", path: "/orders/" + unpaid.No + "/payments", key: w.key(), body: map[string]string{"method": "sandbox", "return_url": "/orders/" + unpaid.No}},
	} {
		a := buyer.send(t, r)
		if pr := wantProblem(t, r, a, http.StatusServiceUnavailable); pr.Key != "disk_full" || a.header.Get("Retry-After") == "" {
			t.Errorf("%s: %s, Retry-After %q", r.path, a.body, a.header.Get("Retry-After"))
		}
	}
	if o := get[orders.Order](t, buyer, "/orders/"+unpaid.No); o.State != orders.StatePlaced {
		t.Errorf("reading: %s", o.State)
	}

	fill(t, filler, 0)
	statuses := map[int]int{}
	ended := make(chan struct{})
	go func() { _ = p.cmd.Wait(); close(ended) }()
	t.Cleanup(func() { // before the disk goes
		_ = p.cmd.Process.Signal(syscall.SIGTERM)
		<-ended
	})
	alive := true
	for n, until := 0, time.Now().Add(40*time.Second); alive && time.Now().Before(until); n++ {
		// People register: each is a row, and a page that a session remembers.
		a, err := session{url: url}.try(request{method: "POST", path: "/accounts", body: map[string]string{
			"name": "林晓", "phone": fmt.Sprintf("138%08d", n), "password": "两只鹅在一亩地里"}})
		if err == nil {
			statuses[a.status]++
			if a.status == http.StatusInternalServerError {
				t.Errorf("without room: %s", a.body)
				break
			}
		}
		select {
		case <-ended:
			alive = false
		case <-time.After(20 * time.Millisecond):
		}
	}
	t.Logf("without room: answers %v, the process lives: %t", statuses, alive)
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	if !alive {
		if !strings.Contains(p.stderr.String(), "PostgreSQL ended by itself") {
			t.Errorf("it ended without a word:\n%s", tail(p.stderr.String()))
		}
		_, url = w.startServing(nil) // as its supervisor does
		w.url = url
		w.movedTo(url)
		buyer = w.as(t, "buyer")
	}
	await(t, "ready again", func() (string, bool) {
		status, text := readyz(url)
		return text, status == http.StatusOK
	})
	bought(t, w)
	play(t, w.url, w.pay(t, buyer, unpaid, "sandbox").URL, "pay")
	w.order(t, buyer, unpaid.No, "paid and confirmed", in(orders.StateConfirmed))
	w.verified(t)
}
