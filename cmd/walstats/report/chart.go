package report

import (
	"bytes"
	"fmt"
	"html"
	"html/template"
	"image/color"
	"regexp"
	"strings"

	"gonum.org/v1/plot" // axes, ticks and areas, laid out and written as SVG
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// A chart is areas stacked on each other over steps of the same length. On the x axis
// the first step is from 0 to 1.
type chart struct {
	label  string // what it shows, for those who do not see it
	detail string // and what is to be seen there
	layers []layer
	hover  []string // a text for each step
	marks  []mark
	// estimated says of each step that it is drawn paler; it may be empty.
	estimated []bool
	xTicks    func(most int) []plot.Tick
	yText     func(value float64) string
}

type layer struct {
	name   string
	ink    ink
	values []float64
}

// A mark is a line across the chart.
type mark struct {
	at   float64
	text string
	end  bool // of what an earlier mark began
}

// An ink is a colour by its name in the page's style sheet. gonum/plot has colours of
// its own, which would be the same in a light page and a dark one, so it draws with
// stand-ins, and toStyle puts variables of CSS in their place.
type ink uint8

const (
	inkText ink = iota
	inkGrid
	inkMark
	inkImages
	inkRecords
	inkAborts
	inkLayer // the first resource manager's; the others' follow
)

func (i ink) stand() color.Color { return color.RGBA{R: 1, G: 2, B: byte(i), A: 255} }

// Style is the ink in CSS.
func (i ink) Style() template.CSS { return template.CSS("var(--" + i.name() + ")") }

func (i ink) name() string {
	if i >= inkLayer {
		return fmt.Sprintf("layer%d", i-inkLayer)
	}
	return [...]string{"text", "grid", "mark", "images", "records", "aborts"}[i]
}

var (
	standIn  = regexp.MustCompile(`#0102([0-9A-Fa-f]{2})`)
	fontName = regexp.MustCompile(`font-family:[^"]*font-style:normal;`)
)

func toStyle(svg string) string {
	svg = fontName.ReplaceAllString(svg, "") // the page's
	return standIn.ReplaceAllStringFunc(svg, func(text string) string {
		var i ink
		fmt.Sscanf(text[5:], "%x", &i)
		return string(i.Style())
	})
}

// The sizes of a chart: on a wide page and on a phone, where text of the wide one
// would be too small to read.
const (
	wideWidth, wideHeight     = 1000, 260
	halfWidth, halfHeight     = 490, 220
	narrowWidth, narrowHeight = 360, 220
	yLabels                   = 50 // room for most labels of the y axis
)

// Wide is the chart for a screen with a pointer: what it says of a step shows there.
func (c *chart) Wide() (template.HTML, error) { return c.svg(wideWidth, wideHeight, "wide") }

// Half is the chart for a screen with another one beside it.
func (c *chart) Half() (template.HTML, error) { return c.svg(halfWidth, halfHeight, "wide") }

// Narrow is the chart for a phone.
func (c *chart) Narrow() (template.HTML, error) { return c.svg(narrowWidth, narrowHeight, "narrow") }

func (c *chart) steps() int { return len(c.layers[0].values) }

// svg draws the chart. gonum/plot cannot put a <title> on what it draws, so areas that
// show nothing lie over the steps and marks, and have them.
func (c *chart) svg(width, height int, class string) (template.HTML, error) {
	p, err := c.plot(width)
	if err != nil {
		return "", err
	}
	canvas := vgsvg.New(vg.Points(float64(width)), vg.Points(float64(height)))
	area := draw.Crop(draw.New(canvas), 0, -vg.Points(12), 0, -vg.Points(8)) // the last labels stand half outside
	if left := p.DataCanvas(area).Min.X; left < vg.Points(yLabels) {         // so that charts below each other agree
		p.Y.Padding += vg.Points(yLabels) - left
	}
	p.Draw(area)
	var drawn bytes.Buffer
	if _, err := canvas.WriteTo(&drawn); err != nil {
		return "", err
	}
	_, body, _ := strings.Cut(drawn.String(), "<g ") // after the head of a file of its own
	body = strings.TrimSuffix(strings.TrimSpace(body), "</svg>")

	var svg strings.Builder
	fmt.Fprintf(&svg, `<svg class="chart %s" viewBox="0 0 %d %d" role="img" aria-label="%s"><desc>%s</desc>`,
		class, width, height, html.EscapeString(c.label), html.EscapeString(c.detail))
	svg.WriteString(`<g class="marks" ` + toStyle(body))
	data := p.DataCanvas(area)
	x, _ := p.Transforms(&data)
	top, bottom := float64(height)-data.Max.Y.Points(), float64(height)-data.Min.Y.Points()
	cover := func(class string, from, to float64, text string) {
		fmt.Fprintf(&svg, `<rect class="%s" x="%.1f" y="%.1f" width="%.1f" height="%.1f"><title>%s</title></rect>`,
			class, from, top, to-from, bottom-top, html.EscapeString(text))
	}
	for i := 0; i < len(c.estimated); i++ {
		from := i
		for i < len(c.estimated) && c.estimated[i] {
			i++
		}
		if i > from {
			cover("paler", x(float64(from)).Points(), x(float64(i)).Points(), "estimated")
		}
	}
	if class == "wide" { // fingers do not hover
		for i, text := range c.hover {
			cover("hover", x(float64(i)).Points(), x(float64(i+1)).Points(), text)
		}
		for _, m := range c.marks {
			at := x(m.at).Points()
			cover("hover", at-2, at+2, m.text)
		}
	}
	svg.WriteString("</svg>")
	return template.HTML(svg.String()), nil
}

func (c *chart) plot(width int) (*plot.Plot, error) {
	p := plot.New()
	p.BackgroundColor = nil
	sans := font.Font{Typeface: "Liberation", Variant: "Sans", Size: vg.Points(12)}
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Padding = 0
		axis.LineStyle.Color, axis.Tick.LineStyle.Color, axis.Tick.Label.Color = inkGrid.stand(), inkGrid.stand(), inkText.stand()
		axis.Tick.Label.Font = sans
		axis.Min, axis.Max = 0, 1
	}
	p.X.Max = float64(c.steps())
	p.X.Tick.Marker = plot.ConstantTicks(c.xTicks(width / 90))
	p.X.Tick.Length = vg.Points(4)
	p.Y.LineStyle.Width, p.Y.Tick.LineStyle.Width, p.Y.Padding = 0, 0, vg.Points(6)
	p.Y.Label.Padding = 0

	grid := plotter.NewGrid()
	grid.Vertical.Width = 0
	grid.Horizontal.Color, grid.Horizontal.Width = inkGrid.stand(), vg.Points(1)
	p.Add(grid)
	floor := make([]float64, c.steps())
	highest := 0.0
	for _, l := range c.layers {
		ring := make(plotter.XYs, 0, 4*len(floor))
		for i, value := range l.values {
			ring = append(ring, plotter.XY{X: float64(i), Y: floor[i] + value}, plotter.XY{X: float64(i + 1), Y: floor[i] + value})
		}
		for i := len(floor) - 1; i >= 0; i-- {
			ring = append(ring, plotter.XY{X: float64(i + 1), Y: floor[i]}, plotter.XY{X: float64(i), Y: floor[i]})
		}
		for i, value := range l.values {
			floor[i] += value
			highest = max(highest, floor[i])
		}
		polygon, err := plotter.NewPolygon(ring)
		if err != nil {
			return nil, err
		}
		polygon.Color = l.ink.stand()
		polygon.LineStyle.Width = 0
		p.Add(polygon)
	}
	step := niceCount(highest / 4)
	p.Y.Max = max(step, highest*1.02)
	var ticks []plot.Tick
	for value := step; value <= p.Y.Max; value += step { // the x axis is zero
		ticks = append(ticks, plot.Tick{Value: value, Label: c.yText(value)})
	}
	p.Y.Tick.Marker = plot.ConstantTicks(ticks)
	for _, m := range c.marks {
		line, err := plotter.NewLine(plotter.XYs{{X: m.at, Y: 0}, {X: m.at, Y: p.Y.Max}})
		if err != nil {
			return nil, err
		}
		line.LineStyle = draw.LineStyle{Color: inkMark.stand(), Width: vg.Points(1), Dashes: []vg.Length{vg.Points(4), vg.Points(2)}}
		if m.end {
			line.LineStyle.Dashes = []vg.Length{vg.Points(1), vg.Points(4)}
		}
		p.Add(line)
	}
	p.X.Min, p.X.Max = 0, float64(c.steps()) // Add widens them
	p.Y.Min = 0
	return p, nil
}
