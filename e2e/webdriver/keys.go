package webdriver

// Keys without a character, for Press and Type.
const (
	Tab   = "\ue004"
	Enter = "\ue007"
	Left  = "\ue012"
	Right = "\ue014"
	Down  = "\ue015"
)
