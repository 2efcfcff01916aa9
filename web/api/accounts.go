package api

import (
	"context"
	"net/http"

	"banmuyuan/internal/link"
	"banmuyuan/web/auth"
)

type loginIn struct {
	Login    string `json:"login"`
	Password string `json:"password"`
}

type registerIn struct {
	Name     string `json:"name"`
	Phone    string `json:"phone"`
	Password string `json:"password"`
}

// accountOut is an account as its owner sees it.
type accountOut struct {
	ID          int64     `json:"id"`
	Login       string    `json:"login"`
	Name        string    `json:"name"`
	Role        auth.Role `json:"role"`
	OrgID       int64     `json:"org_id,omitempty"`
	HouseholdID int64     `json:"household_id,omitempty"`
	HelperID    int64     `json:"helper_id,omitempty"`
	OneTime     bool      `json:"one_time_password,omitempty" description:"It still has a one-time password, and may do nothing but choose its own"`
}

type passwordIn struct {
	Key      string `header:"Idempotency-Key" json:"-" required:"true"`
	Current  string `json:"current"`
	Password string `json:"password" description:"8 to 128 characters"`
}

type sessionOut struct {
	Token   string     `json:"token" description:"Send it as Authorization: Bearer …"`
	Account accountOut `json:"account"`
}

func outOf(a *auth.Account) accountOut {
	return accountOut{ID: a.ID, Login: a.Login, Name: a.Name, Role: a.Role, OrgID: a.OrgID, HouseholdID: a.HouseholdID, HelperID: a.HelperID,
		OneTime: a.MustChangePassword()}
}

func (a *API) accountEndpoints() []endpoint {
	login := op("POST", "/sessions", "accounts.login", "Log in", public,
		func(context.Context, loginIn) (sessionOut, error) { return sessionOut{}, nil }).created()
	login.serve = func(_ context.Context, r *http.Request) (any, error) {
		var in loginIn
		if err := decode(r, &in); err != nil {
			return nil, err
		}
		token, account, err := a.accounts.Login(r, in.Login, in.Password)
		if err != nil {
			return nil, err
		}
		return sessionOut{Token: token, Account: outOf(account)}, nil
	}
	logout := op("DELETE", "/sessions/current", "accounts.logout", "Log out", loggedIn,
		func(context.Context, struct{}) (struct{}, error) { return struct{}{}, nil })
	logout.serve = func(_ context.Context, r *http.Request) (any, error) { return struct{}{}, a.accounts.Logout(r) }
	password := op("PUT", "/sessions/current/password", "accounts.password", "Choose the account's password; every other session ends and this one gets another token", loggedIn,
		func(context.Context, passwordIn) (sessionOut, error) { return sessionOut{}, nil })
	password.serve = func(_ context.Context, r *http.Request) (any, error) {
		var in passwordIn
		if err := decode(r, &in); err != nil {
			return nil, err
		}
		if err := needKey(in.Key); err != nil {
			return nil, err
		}
		token, account, err := a.accounts.SetPassword(r, in.Key, in.Password, in.Current)
		if err != nil {
			return nil, err
		}
		return sessionOut{Token: token, Account: outOf(account)}, nil
	}
	register := op("POST", "/accounts", "accounts.register", "Register as a private buyer", public,
		func(context.Context, registerIn) (accountOut, error) { return accountOut{}, nil }).created()
	register.serve = func(_ context.Context, r *http.Request) (any, error) {
		var in registerIn
		if err := decode(r, &in); err != nil {
			return nil, err
		}
		account, err := a.accounts.Register(r, in.Name, in.Phone, in.Password)
		if err != nil {
			return nil, err
		}
		return outOf(account), nil
	}
	me := op("GET", "/me", "accounts.me", "Who is logged in", loggedIn,
		func(ctx context.Context, _ struct{}) (accountOut, error) {
			account := auth.FromContext(ctx)
			if account == nil {
				return accountOut{}, link.E(link.Unauthenticated, "unauthenticated", "")
			}
			return outOf(account), nil
		})
	return []endpoint{login, logout, password, register, me}
}
