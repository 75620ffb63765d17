package notify

import (
	"strconv"

	"glasspoll/internal/message"
	"glasspoll/internal/news"
)

// Mail makes a sender of e-mail to one address.
type Mail func(from, to string) (Sender, error)

// Receivers makes the receivers of settings. Each address of e-mail is one of its own, so that nobody gets twice what another
// one's mail server refuses; they are numbered, because addresses are not for logs.
func Receivers(s news.Settings, mail Mail) ([]Receiver, error) {
	var all []Receiver
	for _, one := range s.Receivers {
		r := Receiver{Name: one.Name, Language: one.Language, Wants: one.Wants, Program: one.Channel == news.Webhook}
		var err error
		switch one.Channel {
		case news.Webhook:
			r.Sender, err = NewWebhook(one.Address, one.Secret)
		case news.Email:
			var some []Receiver
			some, err = byMail(r, one, mail)
			all = append(all, some...)
		default:
			r.Sender = newChat(one)
		}
		if err != nil {
			return nil, message.Errorf("%s: %w", message.Plain(one.Name), err)
		}
		if one.Channel != news.Email {
			all = append(all, r)
		}
	}
	return all, nil
}

// byMail makes a receiver of each address.
func byMail(r Receiver, s news.Setting, mail Mail) (all []Receiver, err error) {
	addresses, err := s.Recipients()
	if err != nil {
		return nil, err
	}
	for n, to := range addresses {
		one := r
		if len(addresses) > 1 {
			one.Name += "-" + strconv.Itoa(n+1)
		}
		if one.Sender, err = mail(s.From, to); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

// OpenedCases wants the news of opened cases alone.
func OpenedCases(i news.Item) bool { return i.Kind == news.CaseOpened }

// Wanted returns what any of the receivers wants.
func Wanted(all []Receiver) func(news.Item) bool {
	return func(i news.Item) bool {
		for _, r := range all {
			if r.Wants(i) {
				return true
			}
		}
		return false
	}
}
