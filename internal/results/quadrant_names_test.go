package results

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"glasspoll/internal/stats"
	"glasspoll/internal/survey"
)

// Names of items stand where they hide neither a plate nor another name, and leave the chart on no side.
func TestNamesOfMarksHideNothing(t *testing.T) {
	random := rand.New(rand.NewPCG(14, 10))
	const middle, line = 50, 160
	named := 0
	for n := range 120 {
		places := make([][2]float64, 2+random.IntN(16))
		for i := range places {
			places[i] = [2]float64{random.Float64(), random.Float64()}
		}
		clusters := clustersAt(places)
		for i := range clusters {
			for j := range clusters[i].items {
				clusters[i].items[j].Field = survey.Field{Name: fmt.Sprint(i, ".", j)}
			}
		}
		for _, mirrored := range []bool{false, true} {
			d := &document{canvas: canvas{mirrored: mirrored}, itemNames: map[string]string{}}
			for i := range clusters {
				for j, item := range clusters[i].items {
					d.itemNames[item.Field.Name] = []string{"服务态度", "Staff", "Waiting times at the counter"}[(i+j)%3]
				}
			}
			names := d.nameMarks(clusters, middle, line)
			for _, width := range []float64{narrowest, wideChart, 900} {
				for i, name := range names {
					if name == nil || name.Wide && width < wideChart {
						continue
					}
					named++
					if c := &clusters[i]; !name.Wide && c.items[0].Quadrant != stats.Improve && (c.x < middle || c.y < line) {
						t.Errorf("%d: %q is named on a phone, and need not be improved", n, name.Text)
					}
					own := d.nameBox(name, &clusters[i], width)
					if own.left < 0 || own.right > width {
						t.Errorf("%d: at %v, %q leaves the chart: %+v", n, width, name.Text, own)
					}
					for j := range clusters {
						if own.overlaps(clusters[j].box(width)) {
							t.Errorf("%d: at %v, %q hides mark %s", n, width, name.Text, clusters[j].text())
						}
						if other := names[j]; j < i && other != nil && (!other.Wide || width >= wideChart) && own.overlaps(d.nameBox(other, &clusters[j], width)) {
							t.Errorf("%d: at %v, %q hides %q", n, width, name.Text, other.Text)
						}
					}
				}
			}
		}
	}
	if named == 0 {
		t.Error("no item is named")
	}
}
