package picture

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"net/http"
	"strings"
	"testing"

	"glasspoll/internal/headers"
	"glasspoll/internal/message"
	"glasspoll/internal/survey"
)

// drawing is white, with a black quarter at its top left.
func drawing(width, height int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			c := color.NRGBA{255, 255, 255, 255}
			if x < width/2 && y < height/2 {
				c = color.NRGBA{0, 0, 0, 255}
			}
			m.SetNRGBA(x, y, c)
		}
	}
	return m
}

func jpegOf(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func pngOf(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// exif is a TIFF file with an orientation and, behind it, a place.
func exif(order binary.AppendByteOrder, o uint16) []byte {
	b := []byte("MM\x00*")
	if order == binary.AppendByteOrder(binary.LittleEndian) {
		b = []byte("II*\x00")
	}
	b = order.AppendUint32(b, 8)
	b = order.AppendUint16(b, 1)
	b = order.AppendUint16(b, 0x0112)
	b = order.AppendUint16(b, 3)
	b = order.AppendUint32(b, 1)
	b = order.AppendUint16(b, o)
	return append(b, "\x00\x00\x00\x00\x00\x00secret place"...)
}

// withExif adds an Exif segment to a JPEG.
func withExif(content, exif []byte) []byte {
	data := append([]byte("Exif\x00\x00"), exif...)
	segment := binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(len(data)+2))
	return bytes.Join([][]byte{content[:2], segment, data, content[2:]}, nil)
}

func TestCopiesAreSmallAndTwo(t *testing.T) {
	for _, c := range []struct {
		width, height int
		of            survey.PictureUse
		want          string
	}{
		{1600, 1200, survey.InQuestion, "640x480 1280x960"},
		{1600, 1200, survey.OnCard, "320x240 640x480"},
		{1000, 500, survey.InQuestion, "640x320 1000x500"},
		{640, 480, survey.InQuestion, "640x480"},
		{200, 100, survey.OnCard, "200x100"},
		{2000, 1500, survey.OnCover, "800x160 1600x320"},
		{2400, 200, survey.OnCover, "800x67 1600x133"},
		{640, 640, survey.OnCover, "640x128"},
	} {
		copies, err := Copies(jpegOf(t, drawing(c.width, c.height)), c.of)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		paths := map[string]bool{}
		for _, copied := range copies {
			got = append(got, fmt.Sprintf("%dx%d", copied.Width, copied.Height))
			paths[copied.Path] = true
			config, _, err := image.DecodeConfig(bytes.NewReader(copied.Content))
			if err != nil || config.Width != copied.Width || config.Height != copied.Height {
				t.Errorf("%s is %d × %d: %v", copied.Path, config.Width, config.Height, err)
			}
			if !strings.HasPrefix(copied.Path, "assets/picture-") || !strings.HasSuffix(copied.Path, ".jpg") {
				t.Errorf("path %s", copied.Path)
			}
		}
		if strings.Join(got, " ") != c.want || len(paths) != len(copies) {
			t.Errorf("%d × %d: copies %v, want %s", c.width, c.height, got, c.want)
		}
	}
}

func TestFormatOfCopies(t *testing.T) {
	clear := drawing(400, 300)
	clear.SetNRGBA(0, 0, color.NRGBA{})
	for name, c := range map[string]struct {
		content []byte
		want    string
	}{
		"see-through": {pngOf(t, clear), ".png"},
		"a drawing":   {pngOf(t, drawing(400, 300)), ".png"},
		"a photo":     {jpegOf(t, drawing(400, 300)), ".jpg"},
	} {
		copies, err := Copies(c.content, survey.InQuestion)
		if err != nil || !strings.HasSuffix(copies[0].Path, c.want) {
			t.Errorf("%s: %v, %v", name, copies, err)
		}
		for _, made := range copies {
			if got, want := headers.MediaType(made.Path), http.DetectContentType(made.Content); got != want {
				t.Errorf("%s: %s is served as %s, and is %s", name, made.Path, got, want)
			}
		}
	}
}

func TestCopiesAreUprightAndSayNothingElse(t *testing.T) {
	dark := map[uint16]image.Point{1: {0, 0}, 2: {1, 0}, 3: {1, 1}, 4: {0, 1}, 5: {0, 0}, 6: {1, 0}, 7: {1, 1}, 8: {0, 1}}
	for o, corner := range dark {
		for _, order := range []binary.AppendByteOrder{binary.BigEndian, binary.LittleEndian} {
			copies, err := Copies(withExif(jpegOf(t, drawing(400, 200)), exif(order, o)), survey.InQuestion)
			if err != nil {
				t.Fatal(err)
			}
			m, _, err := image.Decode(bytes.NewReader(copies[0].Content))
			if err != nil {
				t.Fatal(err)
			}
			size := m.Bounds().Size()
			if turned := size.X < size.Y; turned != (o >= 5) {
				t.Errorf("orientation %d: %v", o, size)
			}
			for _, at := range []image.Point{{0, 0}, {1, 0}, {0, 1}, {1, 1}} {
				grey := color.GrayModel.Convert(m.At(size.X/4+at.X*size.X/2, size.Y/4+at.Y*size.Y/2)).(color.Gray).Y
				if (grey < 128) != (at == corner) {
					t.Errorf("orientation %d: corner %v is %d", o, at, grey)
				}
			}
			if bytes.Contains(copies[0].Content, []byte("secret")) || bytes.Contains(copies[0].Content, []byte("Exif")) {
				t.Errorf("orientation %d: the copy has what the camera wrote", o)
			}
		}
	}
}

func TestNameFollowsContent(t *testing.T) {
	path := func(content []byte) string {
		copies, err := Copies(content, survey.InQuestion)
		if err != nil {
			t.Fatal(err)
		}
		return copies[0].Path
	}
	one := jpegOf(t, drawing(400, 300))
	if path(one) != path(bytes.Clone(one)) || path(one) == path(jpegOf(t, drawing(400, 302))) {
		t.Error("the name does not follow the content")
	}
}

// TestCoverIsTheMiddle wants the band of a cover to be from the middle of an upright picture, however it is stored.
func TestCoverIsTheMiddle(t *testing.T) {
	m := image.NewNRGBA(image.Rect(0, 0, 900, 700)) // the middle of its height is white, above it is red and below it blue
	for y := range 700 {
		for x := range 900 {
			c := color.NRGBA{R: 255, A: 255}
			if y >= 250 {
				c = color.NRGBA{R: 255, G: 255, B: 255, A: 255}
			}
			if y >= 450 {
				c = color.NRGBA{B: 255, A: 255}
			}
			m.SetNRGBA(x, y, c)
		}
	}
	turned := image.NewNRGBA(image.Rect(0, 0, 700, 900)) // stored a quarter turn to the left
	for y := range 900 {
		for x := range 700 {
			turned.SetNRGBA(x, y, m.NRGBAAt(899-y, x))
		}
	}
	for name, content := range map[string][]byte{
		"upright": jpegOf(t, m),
		"turned":  withExif(jpegOf(t, turned), exif(binary.BigEndian, 6)),
	} {
		copies, err := Copies(content, survey.OnCover)
		if err != nil || len(copies) != 2 || copies[1].Width != 900 || copies[1].Height != 180 {
			t.Fatalf("%s: %+v, %v", name, copies, err)
		}
		got, _, err := image.Decode(bytes.NewReader(copies[1].Content))
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range []image.Point{{10, 2}, {450, 90}, {890, 177}} {
			if r, g, b, _ := got.At(at.X, at.Y).RGBA(); r < 0xf000 || g < 0xf000 || b < 0xf000 {
				t.Errorf("%s: at %v the band is %x %x %x, want white", name, at, r, g, b)
			}
		}
	}
}

// claims returns a PNG that says it is larger than it is.
func claims(t *testing.T, width, height uint32) []byte {
	content := pngOf(t, drawing(64, 64))
	header := content[len(pngMagic)+8:]
	binary.BigEndian.PutUint32(header, width)
	binary.BigEndian.PutUint32(header[4:], height)
	sum := crc32.ChecksumIEEE(content[len(pngMagic)+4 : len(pngMagic)+8+13])
	binary.BigEndian.PutUint32(header[13:], sum)
	return content
}

func TestWhatIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		content  []byte
		want, zh string
		of       survey.PictureUse
	}{
		"nothing":        {nil, "is not a PNG, JPEG or WebP picture", "不是 PNG", survey.InQuestion},
		"a GIF":          {[]byte("GIF89a"), "is not a PNG, JPEG or WebP picture", "不是 PNG", survey.InQuestion},
		"an SVG":         {[]byte("<svg>"), "is not a PNG, JPEG or WebP picture", "不是 PNG", survey.InQuestion},
		"small":          {pngOf(t, drawing(63, 100)), "is 63 × 100 pixels: a picture has at least 64", "63 × 100", survey.InQuestion},
		"long":           {pngOf(t, drawing(100, 401)), "is 100 × 401 pixels: crop it", "裁一下", survey.InQuestion},
		"cut":            {jpegOf(t, drawing(200, 200))[:200], "is damaged", "已损坏", survey.InQuestion},
		"a bomb":         {claims(t, 60_000, 60_000), "at most 25 million", "最多 25 百万", survey.InQuestion},
		"large":          {make([]byte, MaxFile+1), "has more than 10 MB", "超过 10 MB", survey.InQuestion},
		"claiming":       {claims(t, 300, 300), "is damaged", "已损坏", survey.InQuestion},
		"a narrow cover": {jpegOf(t, drawing(639, 200)), "is 639 pixels wide: a cover has at least 640", "宽 639", survey.OnCover},
		"a line":         {jpegOf(t, drawing(900, 70)), "is 900 × 70 pixels: crop it, one side may be at most 12 times the other", "12 倍", survey.OnCover},
		"two sizes":      {framed(t, 64, 64, nil), "is damaged", "已损坏", survey.InQuestion},
	} {
		_, err := Copies(c.content, c.of)
		if err == nil || !strings.HasPrefix(err.Error(), c.want) && !strings.Contains(err.Error(), c.want) || !strings.Contains(message.Of(err).In(message.Chinese), c.zh) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// gopher is a WebP of 75 by 100 pixels: the gopher of golang.org/x/image's tests.
const gopher = "UklGRrIBAABXRUJQVlA4TKUBAAAvSsAYAA8w//M///MfeJAkbXvaSG7m8Q3GfYSBJekwQztm/IcZlgwnmWImn2BK7aFmBtnVir6q//8VOkFE/xm4baTIu8c4" +
	"8ArEo6+B3zFKYln3pqClSCKX0begFTAXFOLXHSyF8cCNcZEG4OywuA4KVVfJCiArU7GAgJI8+lJP/OKMT/fBAjevg1cYB7YVkFuWga2lyPi5I0HFy5YTpWIH" +
	"g0RZpkniRVW9odHAKOwosWuOGdxIyn2OvaCDvhg/we6TwadPBPbqBV58MsLmMJ8yZnOWk8SRz4N+QoyPL+MnamzMvcE1rHNEr91F9GKZPVUcS9w7PhhH36su" +
	"B9qPeYb/oLk6cuTiJ0wOK3m5h1cKjW6EVZCYMK7dxcKCBdgP9HkKr9gkAO2P8GKZGWVdIAatQa+1IDpt6qyorVwdy01xdW8Jkfk6xjEXmVQQ+HQdFr6OKhIN" +
	"34dXWq0+0qr6EJSCeeVLH9+gvGTLyqM65PQ44ihzlTXxQKjKbAvshXgir7Lil9w4L2bvMycmjQcqXaMCO6BlY28i+FOLzbfI1vEqxAhotocAAA=="

func webpOf(t testing.TB) []byte {
	t.Helper()
	content, err := base64.StdEncoding.DecodeString(gopher)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// framed puts a WebP into a frame of a size, with Exif data behind it.
func framed(t testing.TB, width, height uint32, exif []byte) []byte {
	t.Helper()
	chunk := func(name string, data []byte) []byte {
		b := append(binary.LittleEndian.AppendUint32([]byte(name), uint32(len(data))), data...)
		return append(b, make([]byte, len(data)%2)...)
	}
	frame := make([]byte, 10)
	frame[0] = 1 << 3 // has Exif data
	copy(frame[4:], []byte{byte(width - 1), byte((width - 1) >> 8), byte((width - 1) >> 16), byte(height - 1), byte((height - 1) >> 8), byte((height - 1) >> 16)})
	content := bytes.Join([][]byte{[]byte("WEBP"), chunk("VP8X", frame), webpOf(t)[12:], chunk("EXIF", exif)}, nil)
	return chunk("RIFF", content)
}

func TestWebP(t *testing.T) {
	for name, c := range map[string]struct {
		content       []byte
		width, height int
	}{
		"plain":  {webpOf(t), 75, 100},
		"framed": {framed(t, 75, 100, nil), 75, 100},
		"turned": {framed(t, 75, 100, exif(binary.BigEndian, 6)), 100, 75},
	} {
		copies, err := Copies(c.content, survey.OnCard)
		if err != nil || copies[0].Width != c.width || copies[0].Height != c.height {
			t.Errorf("%s: %v, %v", name, copies, err)
		}
	}
}

func FuzzCopies(f *testing.F) {
	f.Add(jpegOf(f, drawing(64, 64)))
	f.Add(withExif(jpegOf(f, drawing(64, 80)), exif(binary.LittleEndian, 6)))
	f.Add(pngOf(f, drawing(80, 64)))
	f.Add(webpOf(f))
	f.Add(framed(f, 75, 100, exif(binary.BigEndian, 8)))
	f.Fuzz(func(t *testing.T, content []byte) {
		copies, err := Copies(content, survey.OnCard)
		if (err == nil) != (len(copies) > 0) {
			t.Fatalf("%d copies, %v", len(copies), err)
		}
	})
}
