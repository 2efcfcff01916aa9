package sample

import (
	"testing"
	"time"
)

func TestCharge(t *testing.T) {
	for _, c := range []struct{ paid, cost, want int64 }{{5, 3, 3}, {3, 5, 3}} {
		if got, err := Charge(c.paid, c.cost); got != c.want || err != nil {
			t.Error(c, got, err)
		}
	}
	if _, err := Charge(1, -1); err == nil {
		t.Error("no error")
	}
}

func TestWithin(t *testing.T) {
	if !Within(time.Hour) || Within(100*time.Hour) {
		t.Error("wrong")
	}
}

func TestSum(t *testing.T) {
	if Sum([]int{1, 2}) != 3 {
		t.Error("wrong")
	}
}

func TestEndless(t *testing.T) {
	if Endless(3) != 0 {
		t.Error("wrong")
	}
}
