package survey

import "slices"

// A PictureUse is a place where pages show a picture.
type PictureUse int

// The uses.
const (
	InQuestion PictureUse = iota
	OnCard                // of an option
	OnCover               // a band above the page
)

// A Picture belongs to a question, an option or a cover.
type Picture struct {
	File   string        `json:"file"`             // as the author names it
	Alt    Text          `json:"alt,omitempty"`    // nil: it only decorates
	Copies []PictureCopy `json:"copies,omitempty"` // what pages load, narrowest first; none where files were not read
}

// A PictureCopy is a file of a site. Its name follows from the content of the author's file, so that another picture under
// the same name is another version of the survey.
type PictureCopy struct {
	Path   string `json:"path"`  // from the site's root
	Width  int    `json:"width"` // in pixels
	Height int    `json:"height"`
}

// Pictures lists the pictures of all questions and options, in the file's order.
func (s *Survey) Pictures() []*Picture {
	var all []*Picture
	for q := range s.Questions() {
		all = append(all, q.Image)
		for i := range q.Options {
			all = append(all, q.Options[i].Image)
		}
	}
	return slices.DeleteFunc(all, func(p *Picture) bool { return p == nil })
}

// PictureFiles lists the files that the questionnaire names: pictures of questions and options, and those of its theme.
func (s *Survey) PictureFiles() []string {
	var all []string
	for _, p := range s.Pictures() {
		all = append(all, p.File)
	}
	if t := s.Theme; t != nil {
		all = append(all, t.Logo, t.LogoDark)
		if t.Cover != nil && t.Cover.Picture != nil {
			all = append(all, t.Cover.Picture.File)
		}
	}
	return slices.DeleteFunc(all, func(name string) bool { return name == "" })
}
