package advice

import "glasspoll/internal/message"

// A Rule is one kind of advice.
type Rule struct {
	Code string      // stable: comments in questionnaires name it
	Name message.Key // in a few words
	Help message.Key // why it matters
}

// The codes.
const (
	DoubleBarrelled    = "double_barrelled"
	Leading            = "leading"
	UnequalSides       = "unequal_sides"
	UnevenScores       = "uneven_scores"
	MixedDirection     = "mixed_direction"
	UnnamedEnds        = "unnamed_ends"
	TooLong            = "too_long"
	LongMatrix         = "long_matrix"
	OrderDiffers       = "order_differs"
	PolarityDiffers    = "polarity_differs"
	PlaceholderDiffers = "placeholder_differs"
	NumberDiffers      = "number_differs"
	PunctuationDiffers = "punctuation_differs"
	Untranslated       = "untranslated"
	SensitiveRequired  = "sensitive_required"
	NoDimension        = "no_dimension"
	UnusedDimension    = "unused_dimension"
	GroupsTooSmall     = "groups_too_small"
	IssuedIsCounted    = "issued_is_counted"
	NoAlerts           = "no_alerts"
	NoThanks           = "no_thanks"
	NoContact          = "no_contact"
	NoPurpose          = "no_purpose"
	NoNotice           = "no_notice"
	UnsuitableCards    = "unsuitable_cards"
	CutText            = "cut_text"
	LaterQuestion      = "later_question"
	NotPublished       = "not_published"
	BecomesSensitive   = "becomes_sensitive"
	JointCondition     = "joint_condition"
	SegmentTells       = "segment_tells"
	StrictIndex        = "strict_index"
	OneKey             = "one_key"
	DoneWithoutEffect  = "done_without_effect"
	DerivedIDs         = "derived_ids"
	PastedNumbering    = "pasted_numbering"
	UnknownCode        = "unknown_code"
)

// Rules lists every kind of advice.
func Rules() []Rule {
	return []Rule{
		{DoubleBarrelled, "Two questions in one", "A question that asks about two things at once (staff and prices) gets one answer, and nobody can say which of the two it is about. Ask one question for each. A question is only reported when it joins two things in every language that is understood (zh, en)."},
		{Leading, "A leading question", "A question that praises what it asks about, or that asks for agreement, gets better marks than the thing deserves. Ask neutrally, and name both sides: how satisfied or dissatisfied."},
		{UnequalSides, "A scale with unequal sides", "With more steps of praise than of blame, or the reverse, the mean leans to the larger side whatever people think. Give both sides the same number of steps; a middle step is welcome but not needed."},
		{UnevenScores, "Scores unevenly spaced", "Means and the index treat every step from one score to the next as equally large for its size. Where one gap is twice another, say so on purpose or space the scores evenly."},
		{MixedDirection, "Scales run in different directions", "Respondents learn where the good end is. A scale that runs the other way is answered wrongly by those who do not look twice."},
		{UnnamedEnds, "A scale whose ends have no words", "Whether 1 is the best or the worst is not the same everywhere. The page calls the ends of such a scale worst and best; words of your own, such as very dissatisfied and very satisfied, say what is judged."},
		{TooLong, "Longer than it says, or than people bear", "People who were promised three minutes and need eight give up, or stop reading. The estimate reads every text at 400 Chinese characters or 238 English words a minute and adds the time that each type of question takes; see the source of the package advice for where the figures come from."},
		{LongMatrix, "A matrix too large for a phone", "More than eight rows tire people, who then tick one column all the way down; more than seven columns do not fit a phone's width. Split the matrix, or shorten the scale."},
		{OrderDiffers, "Options in another order in one language", "The options seem to run one way in one language and another way in the other. The same option must mean the same in every language, or the figures mix opposites."},
		{PolarityDiffers, "An option means the opposite in one language", "One language's label seems to praise where the other's blames. Answers are counted by option, so the two would be added up as one."},
		{PlaceholderDiffers, "A placeholder in one language only", "A text with a placeholder such as {{product}} in one language and none in the other tells the two groups of respondents different things, or shows one of them a bare text."},
		{NumberDiffers, "A number in one language only", "Different limits, dates or counts in two languages make two questions of one. Numbers in words count as numbers; only figures that the other language has in no form are reported."},
		{PunctuationDiffers, "Punctuation in one language only", "A sentence that ends in a question mark in one language and in nothing in the other is often half a translation."},
		{Untranslated, "Not translated", "The text is the same in two languages, or is written in the other language's script."},
		{SensitiveRequired, "A contact detail is required", "Respondents who must leave a name, number or address are no longer anonymous: fewer answer, and those who do answer more kindly. Ask for contact details last, and let them be left out."},
		{NoDimension, "A scored question in no dimension", "Where dimensions are declared, a scored question outside all of them counts in no dimension's score. The item named under 'overall' needs none."},
		{UnusedDimension, "A dimension without questions", "A declared dimension that no scored question belongs to has no score, and its weight means nothing."},
		{GroupsTooSmall, "More groups than answers can fill", "Figures appear only for groups of at least min_group respondents (k). With many segments and few questionnaires most groups never reach it, and are pooled when the period closes."},
		{IssuedIsCounted, "Issued is counted", "In a survey with invitations it is counted how many were issued, withdrawn and returned, by channel and period, and the response rate follows from that. A number under audience.issued is not used."},
		{NoAlerts, "Low marks that nobody follows up", "A customer who is unhappy can be won back while it is fresh. alerts: default opens a case, with an owner and a due date if you like, for each answer that rates something 3 of 5 or lower; alerts: none says that you have decided against it."},
		{NoThanks, "No thank-you text", "Respondents should read that the answers arrived, what becomes of them and where the results will be."},
		{NoContact, "Nobody to ask", "Respondents trust a survey that says who stands behind it and how to reach them; many privacy laws require it."},
		{NoPurpose, "No purpose", "People answer when they know what for. Say in one line under \"purpose\" what the answers are used for: the page shows it under the title."},
		{NoNotice, "Personal data without a privacy notice", "Whoever asks for names, addresses or other personal data, or invites people by a list, has to say who is responsible, what for, for how long and with which rights (article 17 of China's PIPL, article 13 of the GDPR). Under \"privacy\" a few short facts make a page of it, in every language."},
		{UnsuitableCards, "Not a survey for one question at a time", "One question at a time is pleasant for a few questions that are answered with one tap each. Many of them hide how much is still to come, make a correction a long way back, and cost a tap more each: sections as steps, or one page, are quicker. With one question there is nothing to go on to."},
		{CutText, "A text that a comment cuts off", "Behind a space, # begins a comment, which nobody reads on the page: of \"label: Our shop #1\" only \"Our shop\" is left. Put a text with # in it into quotes. A comment with a space behind its # is not reported."},
		{LaterQuestion, "A question that waits for a later one", "A question that is shown because of an answer further down appears above the place where the respondent reads, and is easily missed. Ask first what decides."},
		{NotPublished, "Not published, because of another question", "What depends on a question that is private or not published is not published either: the number of those who were asked it would tell the answer. Say so with \"publish: false\", or make it independent of the other question."},
		{BecomesSensitive, "Sensitive, because of another question", "What depends on a sensitive question is sensitive too: it is published once, rounded, when the period is over, and is no part of the index. Say so with \"sensitive: true\", or make it independent of the other question."},
		{JointCondition, "A condition on several answers", "The number of those who were asked is published. If it depends on several questions, it tells how many gave one combination of answers, which the page shows nowhere else. Ask on one answer, or leave the question unpublished."},
		{SegmentTells, "A segment that tells an answer", "Figures are shown for each group of a segment, and others may know who is in it. If a segment is only asked after a certain answer, everybody in its groups has given that answer. Ask it of everybody, or take the value from the link."},
		{StrictIndex, "An index that strict protection does not publish", "With \"protection: strict\" every question is published once, as rounded counts. There is no mean and no index, so what is declared under scoring shows nowhere."},
		{OneKey, "One key alone", "Without the private key nobody can read sealed answers, and nobody can make it again. If its only file is lost, so are the answers. Make a second key, keep its file in another place, and name both in the questionnaire: either opens the answers."},
		{DoneWithoutEffect, "A measure that is done, without its effect", "The results page tells respondents what has come of what they said. A measure that is done and says nothing of its effect leaves the loop open: write what has changed, in figures where there are any."},
		{DerivedIDs, "Options or rows without ids", "An option or row without an id gets one that is made from its label. As long as it is not written into the file, an edited label is another option, and the answers so far stay with the old one. Publishing asks for written ids."},
		{PastedNumbering, "Numbering that was copied", "Numbers and types that were copied with the texts (1., A., Q1, ①, 【多选题】) stand beside those of the page, are wrong as soon as a question is not shown or options are shuffled, and are part of every label in exports."},
		{UnknownCode, "A comment that silences nothing", "A comment \"# advice: off …\" names a code that does not exist."},
	}
}

// Silencing tells users how to switch advice off in a file.
const Silencing = `A comment in the questionnaire switches advice off, by its code (several with commas):

  # advice: off no_contact              above the first line of the questionnaire: in the whole file
  # advice: off leading                 on a line of its own: for the entry (question, option, scale) that follows
  - id: other  # advice: off leading    behind an entry's first line: for that entry`

// isCode reports whether a rule has the code.
func isCode(code string) bool {
	for _, r := range Rules() {
		if r.Code == code {
			return true
		}
	}
	return false
}
