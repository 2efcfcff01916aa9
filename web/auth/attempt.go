package auth

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"time"
)

// Limits of failed tries from one network and from everywhere. Tries that succeed are given back (Succeeded).
var (
	// PerNetwork bounds an IPv4 network of /24 or an IPv6 network of /64: who has one address of it often has the others. It is
	// often a whole office, so it may fail more often than one account.
	PerNetwork = Limit{Tries: 100, Window: 15 * time.Minute}
	// Overall bounds everybody together: so many failures are an attack from many networks. Above it nobody is shut out, but
	// each network has StrictPerNetwork only, and an alarm is raised.
	Overall          = Limit{Tries: 1000, Window: 15 * time.Minute}
	StrictPerNetwork = Limit{Tries: 10, Window: 15 * time.Minute}

	alarmOnce = Limit{Tries: 1, Window: 15 * time.Minute}
)

const (
	keyOverall = "overall"
	keyAlarm   = "overall alarm"
)

// AlarmText begins the line that the log has of an attack, at the level of errors.
const AlarmText = "ALARM: too many failed logins altogether"

// Network is the part of an address for which tries are counted together.
func Network(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	ip = ip.Unmap().WithZone("")
	bits := 24
	if ip.Is6() {
		bits = 64
	}
	p, err := ip.Prefix(bits)
	if err != nil {
		return address
	}
	return p.String()
}

// TryFrom counts a try from an address, for its network and overall, and returns how long to wait.
func TryFrom(ctx context.Context, t Throttle, address string) (time.Duration, error) {
	over, err := t.Try(ctx, keyOverall, Overall)
	if err != nil {
		return 0, fmt.Errorf("count tries of all: %w", err)
	}
	limit := PerNetwork
	if over > 0 {
		limit = StrictPerNetwork
		first, err := t.Try(ctx, keyAlarm, alarmOnce)
		if err != nil {
			return 0, fmt.Errorf("count alarms: %w", err)
		}
		if first == 0 {
			slog.ErrorContext(ctx, AlarmText, "limit", Overall.Tries, "within", Overall.Window)
		}
	}
	wait, err := t.Try(ctx, "network:"+Network(address), limit)
	if err != nil {
		return 0, fmt.Errorf("count tries of a network: %w", err)
	}
	return wait, nil
}

// UnderAttack reports whether so many logins failed that each network has few tries left: the county's desk shows it.
func UnderAttack(ctx context.Context, t Throttle) (bool, error) {
	n, err := t.Tries(ctx, keyOverall)
	if err != nil {
		return false, fmt.Errorf("look for an attack: %w", err)
	}
	return n > Overall.Tries, nil
}

// Succeeded gives a try from an address back: only failures count.
func Succeeded(ctx context.Context, t Throttle, address string) error {
	for _, key := range []string{keyOverall, "network:" + Network(address)} {
		if err := t.GiveBack(ctx, key); err != nil {
			return fmt.Errorf("give a try back: %w", err)
		}
	}
	return nil
}
