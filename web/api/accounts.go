package api

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"time"

	"banmuyuan/internal/link"
	"banmuyuan/web/auth"
)

type loginIn struct {
	Login    string `json:"login"`
	Password string `json:"password"`
	Code     string `json:"code,omitempty" description:"Of the second factor, where the account has one: six digits of its authenticator, or a recovery code. Without it such an account gets 401 with the field code"`
}

type registerIn struct {
	Name     string `json:"name"`
	Phone    string `json:"phone,omitempty" description:"A mainland mobile number; or email"`
	Email    string `json:"email,omitempty"`
	Code     string `json:"code" description:"That POST /accounts/codes had sent"`
	Password string `json:"password"`
	Privacy  int    `json:"privacy_version" description:"Version of the privacy notice that the person agreed to, see GET /privacy"`
}

type sendCodeIn struct {
	Purpose auth.CodePurpose `json:"purpose" enum:"register,reset,number" description:"number changes the number of the account that is logged in"`
	Contact string           `json:"contact" description:"A mainland mobile number, or an e-mail address"`
}

type resetIn struct {
	Contact  string `json:"contact"`
	Code     string `json:"code"`
	Password string `json:"password" description:"8 to 128 characters"`
}

type contactIn struct {
	Contact  string `json:"contact"`
	Code     string `json:"code" description:"That POST /accounts/codes had sent"`
	Password string `json:"password" description:"The account's present one"`
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

// loginSessionOut is a session as its owner sees it.
type loginSessionOut struct {
	ID      int64     `json:"id"`
	This    bool      `json:"this" description:"It is the session of this request"`
	Program string    `json:"program"`
	System  string    `json:"system"`
	Network string    `json:"network"`
	BegunAt time.Time `json:"begun_at"`
	SeenAt  time.Time `json:"seen_at" description:"Within a minute"`
}

type loginSessionsOut struct {
	Items []loginSessionOut `json:"items"`
}

type sessionRef struct {
	ID int64 `path:"id"`
}

// sessionEndpoints list and end the sessions of the account that is logged in.
func (a *API) sessionEndpoints() []endpoint {
	list := op("GET", "/sessions", "accounts.sessions", "Where the account is logged in, the last used first", loggedIn,
		func(context.Context, struct{}) (loginSessionsOut, error) { return loginSessionsOut{}, nil })
	list.serve = func(_ context.Context, r *http.Request) (any, error) {
		all, this, err := a.accounts.LoginSessions(r)
		if err != nil {
			return nil, err
		}
		out := loginSessionsOut{Items: []loginSessionOut{}}
		for _, s := range all {
			out.Items = append(out.Items, loginSessionOut{ID: s.ID, This: s.ID == this, Program: s.Device.Program, System: s.Device.System,
				Network: s.Network, BegunAt: s.BegunAt, SeenAt: s.SeenAt})
		}
		return out, nil
	}
	end := op("DELETE", "/sessions/{id}", "accounts.sessions_end", "End a session of the account", loggedIn,
		func(context.Context, sessionRef) (struct{}, error) { return struct{}{}, nil })
	end.serve = func(_ context.Context, r *http.Request) (any, error) {
		var in sessionRef
		if err := decode(r, &in); err != nil {
			return nil, err
		}
		return struct{}{}, a.accounts.EndLoginSession(r, in.ID)
	}
	return []endpoint{list, end}
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
		token, account, err := a.accounts.Login(r, in.Login, in.Password, in.Code)
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
		account, err := a.accounts.Register(r, in.Name, cmp.Or(in.Phone, in.Email), in.Code, in.Password, in.Privacy)
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
	return append([]endpoint{login, logout, password, register, me}, slices.Concat(a.contactEndpoints(), a.ownDataEndpoints(), a.sessionEndpoints(), a.factorEndpoints())...)
}

// contactEndpoints send codes to phones and addresses, and take them.
func (a *API) contactEndpoints() []endpoint {
	code := op("POST", "/accounts/codes", "accounts.code", "Have a code sent to a phone or an e-mail address; the answer is the same whether an account has it or not", public,
		func(context.Context, sendCodeIn) (struct{}, error) { return struct{}{}, nil })
	code.serve = func(_ context.Context, r *http.Request) (any, error) {
		var in sendCodeIn
		if err := decode(r, &in); err != nil {
			return nil, err
		}
		switch in.Purpose {
		case auth.CodeRegister, auth.CodeReset, auth.CodeNumber:
			return struct{}{}, a.accounts.SendCode(r, in.Purpose, in.Contact)
		}
		return nil, link.E(link.Invalid, "form.choice", "purpose")
	}
	reset := op("POST", "/accounts/password", "accounts.reset", "Choose another password for a private buyer's account, by the code sent to its phone or address; every session ends", public,
		func(context.Context, resetIn) (struct{}, error) { return struct{}{}, nil })
	reset.serve = func(_ context.Context, r *http.Request) (any, error) {
		var in resetIn
		if err := decode(r, &in); err != nil {
			return nil, err
		}
		return struct{}{}, a.accounts.ResetForgotten(r, in.Contact, in.Code, in.Password)
	}
	contact := op("PUT", "/me/contact", "accounts.contact", "Change the phone or address of the account, by the code sent to it and the password", loggedIn,
		func(context.Context, contactIn) (struct{}, error) { return struct{}{}, nil })
	contact.serve = func(_ context.Context, r *http.Request) (any, error) {
		var in contactIn
		if err := decode(r, &in); err != nil {
			return nil, err
		}
		return struct{}{}, a.accounts.ChangeContact(r, in.Contact, in.Code, in.Password)
	}
	return []endpoint{code, reset, contact}
}
