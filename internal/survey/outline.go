package survey

// Outline returns what a list of surveys shows of one: no questions, and no hashes. [Survey.Encode] writes it, and [Decode] reads it.
func (s *Survey) Outline() *Survey {
	return &Survey{
		ID: s.ID, Title: s.Title, Languages: s.Languages, Purpose: s.Purpose, Intro: s.Intro, Minutes: s.Minutes, Window: s.Window,
		Timezone: s.Timezone, Access: s.Access, Unlisted: s.Unlisted, Results: Results{Audience: s.Results.Audience}, location: s.location,
	}
}
