package card_test

import (
	"testing"

	"banmuyuan/internal/link/linktest"
)

func TestMain(m *testing.M) { linktest.Main(m) }
