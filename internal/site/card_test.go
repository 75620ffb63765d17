package site_test

import (
	"bytes"
	"image/png"
	"path"
	"strings"
	"testing"

	"glasspoll/internal/headers"
	"glasspoll/internal/survey"
	"glasspoll/internal/theme"
)

// Every page has the card, a small square picture in the theme's colours.
func TestCard(t *testing.T) {
	custom, problems := theme.Parse("theme.yaml", []byte("name: Lantern\nlight: {accent: \"#7a1f5c\"}\n"), nil)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for name, content := range buildWith(t, []*survey.Survey{parse(t, "tea", "zh, en")}, custom) {
		if _, moved := headers.MovedTo([]byte(content)); moved {
			continue
		}
		switch {
		case strings.HasSuffix(name, ".html"):
			if !strings.Contains(content, `<link rel="apple-touch-icon" href="`+strings.Repeat("../", strings.Count(path.Clean(name), "/"))+"assets/card.") {
				t.Errorf("%s has no card", name)
			}
		case strings.HasPrefix(name, "assets/card."):
			card, err := png.Decode(strings.NewReader(content))
			if err != nil {
				t.Fatal(err)
			}
			size := card.Bounds().Size()
			r, g, b, _ := card.At(3, 3).RGBA()
			if size.X != size.Y || size.X < 300 || len(content) > 8192 || !bytes.Equal([]byte{byte(r >> 8), byte(g >> 8), byte(b >> 8)}, []byte{0x7a, 0x1f, 0x5c}) {
				t.Errorf("the card is %v, of %d bytes, on %x %x %x", size, len(content), r>>8, g>>8, b>>8)
			}
			if r, g, b, _ := card.At(size.X*14/32, size.Y*21/32).RGBA(); r+g+b < 3*0xf000 {
				t.Errorf("the card has no tick: %x %x %x", r, g, b)
			}
		}
	}
}
