package notify

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/wneessen/go-mail"
)

// Mail sends messages to e-mail addresses through a mail server. Connections are encrypted, always.
type Mail struct {
	client *mail.Client
	from   string
}

// NewMail reads the address of a mail server: smtp://user:password@host:587 begins with STARTTLS, smtps://user:password@host:465
// with TLS. from is the sender's address.
func NewMail(server, from string) (*Mail, error) {
	u, err := url.Parse(server)
	if err != nil || u.Scheme != "smtp" && u.Scheme != "smtps" || u.Hostname() == "" {
		return nil, errors.New("it is not the address of a mail server")
	}
	if err := mail.NewMsg().From(from); err != nil {
		return nil, errors.New("the sender is not an e-mail address")
	}
	options := []mail.Option{mail.WithTimeout(20 * time.Second), mail.WithTLSPortPolicy(mail.TLSMandatory)}
	if u.Scheme == "smtps" {
		options = append(options, mail.WithSSLPort(false))
	}
	if port := u.Port(); port != "" {
		n, err := strconv.Atoi(port)
		if err != nil {
			return nil, errors.New("the port is not a number")
		}
		options = append(options, mail.WithPort(n))
	}
	if u.User != nil {
		password, _ := u.User.Password()
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(u.User.Username()), mail.WithPassword(password))
	}
	client, err := mail.NewClient(u.Hostname(), options...)
	if err != nil {
		return nil, fmt.Errorf("mail server: %w", err)
	}
	return &Mail{client: client, from: from}, nil
}

// Notify implements Notifier. The subject is the beginning of the text up to its first full stop.
func (m *Mail) Notify(ctx context.Context, message Message) error {
	letter := mail.NewMsg()
	if err := letter.From(m.from); err != nil {
		return fmt.Errorf("sender: %w", err)
	}
	if err := letter.To(message.Email); err != nil {
		return errors.New("send mail: the receiver's address is refused") // without the address
	}
	subject, _, _ := strings.Cut(message.Text, "\n")
	letter.Subject(subject)
	letter.SetBodyString(mail.TypeTextPlain, message.Text)
	if err := m.client.DialAndSendWithContext(ctx, letter); err != nil {
		return fmt.Errorf("send mail: %w", err)
	}
	return nil
}
