package results

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"glasspoll/internal/render/rendertest"
	"glasspoll/internal/stats"
)

// clustersAt arranges items of some importance and performance.
func clustersAt(places [][2]float64) []cluster {
	d := stats.Drivers{}
	for _, p := range places {
		d.Importance += p[0] / float64(len(places))
		d.Performance += p[1] / float64(len(places))
	}
	for _, p := range places {
		item := stats.Driver{Importance: p[0], Performance: p[1], Quadrant: stats.Low}
		switch {
		case p[0] >= d.Importance && p[1] >= d.Performance:
			item.Quadrant = stats.Keep
		case p[0] >= d.Importance:
			item.Quadrant = stats.Improve
		case p[1] >= d.Performance:
			item.Quadrant = stats.Surplus
		}
		d.Items = append(d.Items, item)
	}
	x, y := scales(&d)
	return arrange(place(d.Items, x, y), y(d.Performance))
}

// box is the edges of a plate in pixels, in a chart of some width.
type box struct{ left, right, top, bottom float64 }

func (m mark) box(t *testing.T, width float64) box {
	t.Helper()
	n := func(text string) float64 {
		x, err := strconv.ParseFloat(text, 64)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	left := n(m.X)*width/100 + n(m.Offset)
	return box{left, left + n(m.Width), n(m.Top), n(m.Top) + plateHeight}
}

func (a box) overlaps(b box) bool {
	return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom
}

// TestPlatesDoNotOverlap checks that, for items of any kind, each has its number on one plate, and that no plate overlaps
// another or leaves the chart, on the narrowest and the widest screen, from left to right and from right to left.
func TestPlatesDoNotOverlap(t *testing.T) {
	line := func(n int, at func(i int) [2]float64) [][2]float64 {
		places := make([][2]float64, n)
		for i := range places {
			places[i] = at(i)
		}
		return places
	}
	random := rand.New(rand.NewPCG(7, 8))
	inputs := map[string][][2]float64{
		"one place":              line(30, func(int) [2]float64 { return [2]float64{0.5, 0.5} }),
		"two places in turn":     line(30, func(i int) [2]float64 { return [2]float64{0.3 + 0.4*float64(i%2), 0.5} }),
		"nearly one place":       append(line(40, func(int) [2]float64 { return [2]float64{0.5 + 0.02*random.Float64(), 0.5 + 0.02*random.Float64()} }), [2]float64{0, 0}, [2]float64{1, 1}),
		"crowded, and one apart": append(line(90, func(int) [2]float64 { return [2]float64{0.5 + 0.15*random.Float64(), 0.5 + 0.15*random.Float64()} }), [2]float64{0, 1}),
		"around the middle":      append(line(24, func(i int) [2]float64 { return [2]float64{0.495 + 0.01*float64(i%2), 0.495 + 0.01*float64(i/2%2)} }), [2]float64{0, 0}, [2]float64{1, 1}),
		"a column":               line(60, func(i int) [2]float64 { return [2]float64{0.7, float64(i)} }),
		"a row":                  line(60, func(i int) [2]float64 { return [2]float64{float64(i), 0.7} }),
		"a row at the top":       append(line(40, func(i int) [2]float64 { return [2]float64{float64(i), 1} }), [2]float64{0, 0}),
		"a diagonal":             line(60, func(i int) [2]float64 { return [2]float64{float64(i), float64(i)} }),
		"correlations":           line(25, func(int) [2]float64 { return [2]float64{float64(60+random.IntN(15)) / 100, 0.7 + 0.2*random.Float64()} }),
		"a thousand":             line(1000, func(int) [2]float64 { return [2]float64{random.Float64(), random.Float64()} }),
		"a thousand in a clump":  line(1000, func(int) [2]float64 { return [2]float64{random.NormFloat64(), random.NormFloat64()} }),
	}
	for range 300 {
		n, coarse := 2+random.IntN(60), float64(2+random.IntN(40))
		inputs[fmt.Sprintf("random %d", len(inputs))] = line(n, func(int) [2]float64 {
			return [2]float64{float64(int(random.NormFloat64()*coarse)) / coarse, float64(int(random.NormFloat64()*coarse)) / coarse}
		})
	}
	for name, places := range inputs {
		t.Run(name, func(t *testing.T) {
			next := 1
			clusters := clustersAt(places)
			for _, cl := range clusters {
				if cl.first != next {
					t.Errorf("a cluster begins with %d, not %d", cl.first, next)
				}
				next += len(cl.items)
				for _, item := range cl.items {
					if item.Quadrant != cl.items[0].Quadrant {
						t.Errorf("%s: of two quadrants", cl.text())
					}
				}
			}
			if next-1 != len(places) {
				t.Errorf("%d items, and %d have a number", len(places), next-1)
			}
			for _, width := range []float64{narrowest, 324, 600, 928} {
				for _, c := range []canvas{{}, {mirrored: true}} {
					for i, cl := range clusters {
						a := cl.mark(c).box(t, width)
						if a.left < -10 || a.right > width+10 || // a long one may reach a little into the margin of the page
							a.top < 20 || a.bottom > 300 {
							t.Errorf("at %v: %s leaves the chart: %+v", width, cl.text(), a)
						}
						for _, other := range clusters[:i] {
							if b := other.mark(c).box(t, width); a.overlaps(b) {
								t.Errorf("at %v: %s %+v overlaps %s %+v", width, cl.text(), a, other.text(), b)
							}
						}
					}
				}
			}
		})
	}
}

// Plates are at their items, each with one number, where there is room; items of one place share a plate; and plates without
// room are moved little.
func TestPlatesAreAtTheirItems(t *testing.T) {
	clusters := clustersAt([][2]float64{{0, 0}, {1, 1}, {0.5, 0.8}, {0.5, 0.8}, {0.9, 0.1}, {0.9, 0.2}, {0.5, 0.8}, {0.91, 0.14}})
	var got []string
	for _, cl := range clusters {
		m := cl.mark(canvas{})
		got = append(got, fmt.Sprintf("%s %s %s,%s %v %s", m.Kind, m.Text, m.X, m.Place, m.Moved, m.Y))
	}
	want := []string{
		"improve 1 84.4,250.7 false 250.7",
		"improve 2 83.6,260.8 true 272.7", // below the first, which it would touch
		"improve 3 83.6,235.6 true 228.7", // above both
		"keep 4 92,34 false 34",
		"low 5 8,286 false 286",
		"overdone 6–8 50,84.4 false 84.4",
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%q", got)
	}
}

// Plates of a column of ten are not moved far: items close to each other form clusters instead. None is moved to the side of another
// quadrant where its own has room.
func TestPlatesStayNear(t *testing.T) {
	column := [][2]float64{{0, 0}, {0.1, 1}}
	for i := range 10 {
		column = append(column, [2]float64{0.9, 0.3 + 0.02*float64(i)})
	}
	clusters := clustersAt(column)
	line := 0.0 // the lowest place of what is done well
	for _, cl := range clusters {
		if q := cl.items[0].Quadrant; q == stats.Keep || q == stats.Surplus {
			line = max(line, cl.y)
		}
	}
	for _, cl := range clusters {
		if away := math.Abs(cl.plate - cl.y); away > 1.5*maxShift {
			t.Errorf("%s is moved by %.0f pixels", cl.text(), away)
		}
		if q := cl.items[0].Quadrant; (q == stats.Improve || q == stats.Low) && cl.plate <= line {
			t.Errorf("%s is placed among the items that are done well", cl.text())
		}
	}
}

// The chart on the page shows the numbers of all rows of its table, and a stem at each plate that was moved.
func TestQuadrantsOnThePage(t *testing.T) {
	s := rendertest.Thirty(t)
	s.Scoring.Overall = "q0_0"
	page := parsePage(t, renderer(t), Page{Set: NewSet(quarterlyReport(t, s, 1, 97)), Language: "zh", Root: "../../"})
	section := byID(t, page, "priorities")
	named := func(element, name string) []*html.Node {
		return elements(section, func(n *html.Node) bool { return n.Data == element && hasClass(n, name) })
	}
	attribute := func(n *html.Node, name string) string {
		at := slices.IndexFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
		if at < 0 {
			t.Fatalf("<%s> without %s", n.Data, name)
		}
		return strings.TrimSuffix(strings.TrimSuffix(strings.TrimPrefix(n.Attr[at].Val, "translate("), ")"), "%")
	}
	var numbers, want []string
	var plates []mark
	for _, plate := range named("rect", "plate") {
		text := textOf(plate.NextSibling)
		first, last, several := strings.Cut(text, "–")
		if !several {
			last = first
		}
		for n := ratOf(t, first); n.Cmp(ratOf(t, last)) <= 0; n.Add(n, big.NewRat(1, 1)) {
			numbers = append(numbers, n.RatString())
		}
		plates = append(plates, mark{X: attribute(plate, "x"), Top: attribute(plate, "y"), Width: attribute(plate, "width"), Offset: attribute(plate, "transform"), Text: text})
	}
	for _, row := range bodyCells(tables(section)[0]) {
		want = append(want, row[0])
	}
	if len(want) < 30 || !slices.Equal(numbers, want) {
		t.Errorf("numbers in the chart: %v, in the table: %v", numbers, want)
	}
	for i, m := range plates {
		for _, other := range plates[:i] {
			if m.box(t, narrowest).overlaps(other.box(t, narrowest)) {
				t.Errorf("%s overlaps %s", m.Text, other.Text)
			}
		}
	}
	stems := named("line", "stem")
	if len(stems) == 0 {
		t.Error("no plate was moved: the test shows nothing")
	}
	for _, stem := range stems {
		if !slices.ContainsFunc(plates, func(m mark) bool {
			return m.X == attribute(stem, "x1") && ratOf(t, m.Top).Cmp(new(big.Rat).Sub(ratOf(t, attribute(stem, "y2")), big.NewRat(plateHeight/2, 1))) == 0
		}) {
			t.Errorf("a stem at %s%% leads to no plate", attribute(stem, "x1"))
		}
	}
}
