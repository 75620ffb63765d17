// Package webdriver drives a browser with those commands of WebDriver (https://www.w3.org/TR/webdriver2/) that the tests need.
// Chromium and WebKitGTK take them over HTTP, from their drivers. Firefox takes the same commands by itself, over a socket: the
// protocol is called Marionette, and geckodriver would only translate.
package webdriver

import (
	"encoding/json"
	"fmt"
	"time"
)

// limit bounds each command. Over HTTP, scriptLimit bounds a script: WebKitGTK's driver does not reply to one whose page is left
// meanwhile, and whoever waits for something on the next page asks again.
const (
	limit       = 2 * time.Minute
	scriptLimit = 20 * time.Second
)

// command is a command by its name in Marionette, and by its method and path over HTTP, where %s is an element.
type command struct{ name, method, path string }

var (
	newSession    = command{"WebDriver:NewSession", "POST", ""}
	deleteSession = command{"WebDriver:DeleteSession", "DELETE", ""}
	navigate      = command{"WebDriver:Navigate", "POST", "/url"}
	currentURL    = command{"WebDriver:GetCurrentURL", "GET", "/url"}
	back          = command{"WebDriver:Back", "POST", "/back"}
	forward       = command{"WebDriver:Forward", "POST", "/forward"}
	refresh       = command{"WebDriver:Refresh", "POST", "/refresh"}
	newWindow     = command{"WebDriver:NewWindow", "POST", "/window/new"}
	closeWindow   = command{"WebDriver:CloseWindow", "DELETE", "/window"}
	switchTo      = command{"WebDriver:SwitchToWindow", "POST", "/window"}
	findElements  = command{"WebDriver:FindElements", "POST", "/elements"}
	elementClick  = command{"WebDriver:ElementClick", "POST", "/element/%s/click"}
	elementKeys   = command{"WebDriver:ElementSendKeys", "POST", "/element/%s/value"}
	executeScript = command{"WebDriver:ExecuteScript", "POST", "/execute/sync"}
	performAction = command{"WebDriver:PerformActions", "POST", "/actions"}
	printPage     = command{"WebDriver:Print", "POST", "/print"}
	screenshot    = command{"WebDriver:TakeScreenshot", "GET", "/screenshot"}
)

// An Error is what a browser says about a command that it could not carry out.
type Error struct {
	Code    string `json:"error"` // such as "no such element"
	Message string `json:"message"`
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

// object is a JSON object.
type object = map[string]any

// transport carries a command and its parameters to a browser, and returns the value of the reply. element is "" for commands that
// do not concern one.
type transport interface {
	do(c command, element string, parameters object) (json.RawMessage, error)
	close() error
}

// A Session is an open window of a browser. It is for one goroutine at a time.
type Session struct{ transport transport }

// Close closes the window, and the browser if a driver has started it.
func (s *Session) Close() error {
	_, err := s.transport.do(deleteSession, "", nil)
	if closeErr := s.transport.close(); err == nil {
		err = closeErr
	}
	return err
}

// ask carries out a command and decodes the value of its reply.
func ask[T any](s *Session, c command, element string, parameters object) (value T, err error) {
	reply, err := s.transport.do(c, element, parameters)
	if err != nil {
		return value, fmt.Errorf("%s: %w", c.name, err)
	}
	return value, json.Unmarshal(reply, &value)
}

func (s *Session) tell(c command, element string, parameters object) error {
	_, err := ask[any](s, c, element, parameters)
	return err
}

// Navigate opens an address and waits until the page is loaded.
func (s *Session) Navigate(url string) error { return s.tell(navigate, "", object{"url": url}) }

// URL returns the address of the page.
func (s *Session) URL() (string, error) { return ask[string](s, currentURL, "", nil) }

// Back, Forward and Reload are the browser's buttons.
func (s *Session) Back() error    { return s.tell(back, "", nil) }
func (s *Session) Forward() error { return s.tell(forward, "", nil) }
func (s *Session) Reload() error  { return s.tell(refresh, "", nil) }

// Reopen closes the window and opens another one, with the same storage.
func (s *Session) Reopen() error {
	opened, err := ask[struct{ Handle string }](s, newWindow, "", object{"type": "tab"})
	if err != nil {
		return err
	}
	if err := s.tell(closeWindow, "", nil); err != nil {
		return err
	}
	return s.tell(switchTo, "", object{"handle": opened.Handle})
}

// elementKey is the key of an element's reference in JSON.
const elementKey = "element-6066-11e4-a52e-4f735466cecf"

// Find returns references to the elements that match a CSS selector.
func (s *Session) Find(css string) (elements []string, err error) {
	found, err := ask[[]map[string]string](s, findElements, "", object{"using": "css selector", "value": css})
	for _, reference := range found {
		elements = append(elements, reference[elementKey])
	}
	return elements, err
}

// Click scrolls an element into view and clicks its centre.
func (s *Session) Click(element string) error { return s.tell(elementClick, element, nil) }

// DoubleClick clicks the centre of an element twice. The element has to be in view.
func (s *Session) DoubleClick(element string) error {
	actions := []object{{"type": "pointerMove", "x": 0, "y": 0, "origin": object{elementKey: element}}}
	for range 2 {
		actions = append(actions, object{"type": "pointerDown", "button": 0}, object{"type": "pointerUp", "button": 0})
	}
	return s.tell(performAction, "", object{"actions": []object{{"type": "pointer", "id": "mouse", "actions": actions}}})
}

// Type moves the focus to an element and types a text at its end. Special keys are in keys.go.
func (s *Session) Type(element, text string) error {
	return s.tell(elementKeys, element, object{"text": text})
}

// Evaluate returns the value of a JavaScript expression in the page.
func Evaluate[T any](s *Session, expression string) (T, error) {
	return ask[T](s, executeScript, "", object{"script": "return (" + expression + ")", "args": []any{}})
}

// Press presses and releases keys, one after another, wherever the focus is.
func (s *Session) Press(keys string) error {
	var actions []object
	for _, key := range keys {
		actions = append(actions, object{"type": "keyDown", "value": string(key)}, object{"type": "keyUp", "value": string(key)})
	}
	return s.tell(performAction, "", object{"actions": []object{{"type": "key", "id": "keyboard", "actions": actions}}})
}

// Print returns the page as it is printed, as a PDF.
func (s *Session) Print() (pdf []byte, err error) {
	return ask[[]byte](s, printPage, "", object{"background": true, "page": object{"width": 21.0, "height": 29.7}})
}

// Screenshot returns a picture of the window's content as a PNG.
func (s *Session) Screenshot() (png []byte, err error) {
	return ask[[]byte](s, screenshot, "", object{"full": false})
}
