package auth

import (
	"context"
	"strings"
	"time"
)

// LoginSession is a login that lasts, as its owner sees it.
type LoginSession struct {
	ID      int64
	Account int64
	Device  Device
	Network string
	BegunAt time.Time
	SeenAt  time.Time // within a minute
}

// Device names the device of a login in words. Either part may be "": not known.
type Device struct {
	Program string // Chrome, WeChat, … or "api"
	System  string // Windows, Android, …
}

// Look is what is known of a session when a request comes with it.
type Look struct {
	LoginSession
	Factor   bool // the account has a second factor
	Security Security
}

// Over reports whether the session of an account ended by itself: sessions of people who approve, see the county or open
// accounts end after a time idle, and after a day.
func (l Look) Over(a *Account, now time.Time) bool {
	if !a.Role.Guarded() {
		return false
	}
	idle := time.Duration(l.Security.IdleMinutes) * time.Minute
	return now.Sub(l.SeenAt) > idle || now.Sub(l.BegunAt) > SessionMost
}

// MustEnrol reports whether the account needs a second factor by now and has none.
func (l Look) MustEnrol(a *Account, now time.Time) bool {
	due := l.Security.FactorDue(a)
	return !l.Factor && !due.IsZero() && !now.Before(due)
}

// Logins keeps the sessions of accounts.
type Logins interface {
	// BeginSession stores a session and returns its id. replaces ends an earlier one of the same browser; 0: none.
	BeginSession(ctx context.Context, s LoginSession, replaces int64) (int64, error)
	// LookSession returns a session that was not ended. ErrNotFound.
	LookSession(ctx context.Context, account, id int64) (Look, error)
	// TouchSession notes the last use of a session.
	TouchSession(ctx context.Context, id int64, now time.Time) error
	// LoginSessions lists the sessions of an account that began after since and were not ended, the last used first.
	LoginSessions(ctx context.Context, account int64, since time.Time) ([]LoginSession, error)
	// EndLoginSession ends one. ErrNotFound.
	EndLoginSession(ctx context.Context, account, id int64) error
	// EndOtherSessions ends all but one and returns how many.
	EndOtherSessions(ctx context.Context, account, keep int64) (int, error)
}

// programs are the names of browsers by what they send; the first that fits is it, since most claim to be others too.
var programs = [][2]string{
	{"MicroMessenger", "WeChat"}, {"AlipayClient", "Alipay"}, {"DingTalk", "DingTalk"}, {"HuaweiBrowser", "Huawei Browser"}, {"MiuiBrowser", "Mi Browser"},
	{"QQBrowser", "QQ Browser"}, {"UCBrowser", "UC Browser"}, {"Edg", "Edge"}, {"OPR/", "Opera"}, {"Firefox", "Firefox"}, {"Chrome", "Chrome"}, {"CriOS", "Chrome"},
	{"Safari", "Safari"},
}

var systems = [][2]string{
	{"HarmonyOS", "HarmonyOS"}, {"Android", "Android"}, {"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Windows", "Windows"}, {"Mac OS", "macOS"}, {"CrOS", "ChromeOS"},
	{"Linux", "Linux"},
}

// DeviceOf reads the words for a device from what a browser sends of itself. Nothing else of it is kept.
func DeviceOf(userAgent string, api bool) Device {
	first := func(list [][2]string) string {
		for _, one := range list {
			if strings.Contains(userAgent, one[0]) {
				return one[1]
			}
		}
		return ""
	}
	d := Device{Program: first(programs), System: first(systems)}
	if api && d.Program == "" {
		d.Program = "api"
	}
	return d
}
