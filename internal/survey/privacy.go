package survey

// Privacy is what a survey's privacy notice says that does not follow from the questionnaire: the notice of article 17 of China's
// personal information protection law, and of article 13 of the GDPR.
type Privacy struct {
	Controller Text       `json:"controller"` // who is responsible
	Address    Text       `json:"address,omitempty"`
	Contact    *Contact   `json:"contact,omitempty"` // for requests; nil: that of the survey
	Officer    *Contact   `json:"officer,omitempty"` // for data protection
	Purpose    Text       `json:"purpose,omitempty"` // nil: that of the survey
	Kinds      Text       `json:"kinds,omitempty"`   // of data, besides the answers
	Basis      LegalBasis `json:"basis"`
	Interests  Text       `json:"interests,omitempty"` // of LegitimateInterests: which
	Keep       Span       `json:"keep"`
	Recipients Text       `json:"recipients,omitempty"` // nil: nobody else
	Transfer   *Transfer  `json:"transfer,omitempty"`   // nil: nothing goes abroad
	Authority  *Authority `json:"authority,omitempty"`  // nil: it is not named
	More       Text       `json:"more,omitempty"`       // Markdown
}

// LegalBasis is why answers may be processed.
type LegalBasis string

// The legal bases.
const (
	ByConsent           LegalBasis = "consent"
	ByContract          LegalBasis = "contract"
	ByObligation        LegalBasis = "legal_obligation"
	ByPublicTask        LegalBasis = "public_task"
	LegitimateInterests LegalBasis = "legitimate_interests"
)

// Span is a length of time by the calendar: one of its fields is set.
type Span struct {
	Days   int `json:"days,omitempty"`
	Months int `json:"months,omitempty"`
	Years  int `json:"years,omitempty"`
}

// Transfer is where data goes abroad, and what protects it there.
type Transfer struct {
	To        Text `json:"to"`
	Safeguard Text `json:"safeguard"`
}

// Authority is where somebody may complain.
type Authority struct {
	Name    Text   `json:"name"`
	Address string `json:"address,omitempty"` // of its site
}

// PrivacyContact returns whom somebody may ask about their data; nil if the survey does not say.
func (s *Survey) PrivacyContact() *Contact {
	if s.Privacy != nil && s.Privacy.Contact != nil {
		return s.Privacy.Contact
	}
	return s.Contact
}

// PrivacyPath and WithdrawPath are where pages of a survey are, below its form.
const (
	PrivacyPath  = "privacy/"
	WithdrawPath = "withdraw/"
)
