package cash_test

import (
	"testing"

	"banmuyuan/payments/gateway/cash"
	"banmuyuan/payments/gateway/gatewaytest"
)

func TestConformance(t *testing.T) {
	gatewaytest.Run(t, func(*testing.T) gatewaytest.Bench { return gatewaytest.Bench{Gateway: cash.New()} })
}
