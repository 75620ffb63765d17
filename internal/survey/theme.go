package survey

// A Theme is the design of one survey's pages, over that of its site: what is empty is as on the site's other pages.
type Theme struct {
	Name     Text    `json:"name,omitempty"` // of who asks
	Logo     string  `json:"logo,omitempty"` // file beside the questionnaire
	LogoDark string  `json:"logo_dark,omitempty"`
	Light    Colours `json:"light,omitzero"`
	Dark     Colours `json:"dark,omitzero"`
	Corners  *int    `json:"corners,omitempty"` // CSS pixels
	Cover    *Cover  `json:"cover,omitempty"`
}

// Colours are written "#0a6a5c" or "#086".
type Colours struct {
	Accent string `json:"accent,omitempty"`
	Ink    string `json:"ink,omitempty"`
	Paper  string `json:"paper,omitempty"`
}

// A Cover is what stands above a page: a picture, or else a band in a colour.
type Cover struct {
	Picture *Picture `json:"picture,omitempty"`
	Colour  string   `json:"colour,omitempty"`
}
