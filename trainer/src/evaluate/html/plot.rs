//! Small line plots as inline SVG.
//!
//! Written here and not with a plotting crate: a dozen lines of axes are all we need, colours must follow the reader's
//! light or dark scheme through CSS, and every plot carries a title, a description and its numbers as a table.

use std::fmt::Write;

use super::escape::Text;

const WIDTH: f64 = 400.0;
const HEIGHT: f64 = 270.0;
const LEFT: f64 = 44.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 40.0;
/// Looks of series, as `style.css` defines them; each differs in colour and in dashes.
const LOOKS: usize = 8;

/// One line of a plot.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Series {
    pub(super) name: String,
    pub(super) points: Vec<(f64, f64)>,
    /// A mark at each point.
    pub(super) marks: bool,
    /// Horizontal steps between points instead of straight lines.
    pub(super) steps: bool,
}

impl Series {
    pub(super) fn line(name: impl Into<String>, points: Vec<(f64, f64)>) -> Self {
        Self {
            name: name.into(),
            points,
            marks: false,
            steps: false,
        }
    }

    pub(super) fn marked(name: impl Into<String>, points: Vec<(f64, f64)>) -> Self {
        Self {
            marks: true,
            ..Self::line(name, points)
        }
    }
}

/// A plot with one horizontal and one vertical axis.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Plot<'a> {
    /// Unique in the page.
    pub(super) id: &'a str,
    pub(super) title: &'a str,
    /// What it shows, in a sentence: the text alternative.
    pub(super) description: String,
    pub(super) x: &'a str,
    pub(super) y: &'a str,
    pub(super) series: Vec<Series>,
    /// Whether the vertical axis must begin at 0.
    pub(super) from_zero: bool,
}

impl Plot<'_> {
    /// The plot as a figure with a legend and its numbers; empty where there is nothing to draw.
    pub(super) fn figure(&self) -> String {
        let points = || {
            let all = self.series.iter().flat_map(|series| &series.points);
            all.copied().filter(|(x, y)| x.is_finite() && y.is_finite())
        };
        if points().next().is_none() {
            return String::new();
        }
        let axis_x = Axis::around(points().map(|(x, _)| x), false);
        let axis_y = Axis::around(points().map(|(_, y)| y), self.from_zero);
        let mut out = String::new();
        let (id, title, description) = (self.id, Text(self.title), Text(&self.description));
        let _ = write!(
            out,
            "<figure class=\"plot\"><svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-labelledby=\"{id}-t {id}-d\">\
             <title id=\"{id}-t\">{title}</title><desc id=\"{id}-d\">{description}</desc>"
        );
        self.axes(&mut out, &axis_x, &axis_y);
        for (number, series) in self.series.iter().enumerate() {
            draw(&mut out, series, number % LOOKS, &axis_x, &axis_y);
        }
        out.push_str("</svg>");
        self.legend(&mut out);
        let _ = write!(out, "<figcaption>{title}. {description}</figcaption>");
        self.numbers(&mut out);
        out.push_str("</figure>");
        out
    }

    fn axes(&self, out: &mut String, x: &Axis, y: &Axis) {
        out.push_str("<g class=\"axes\">");
        for tick in y.ticks() {
            let at = place_y(y, tick);
            let _ = write!(
                out,
                "<line x1=\"{LEFT}\" x2=\"{}\" y1=\"{at:.1}\" y2=\"{at:.1}\"/><text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                WIDTH - RIGHT,
                LEFT - 5.0,
                at + 4.0,
                short(tick)
            );
        }
        for tick in x.ticks() {
            let _ = write!(
                out,
                "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
                place_x(x, tick),
                HEIGHT - BOTTOM + 16.0,
                short(tick)
            );
        }
        let middle = (LEFT + WIDTH - RIGHT) / 2.0;
        let centre = (TOP + HEIGHT - BOTTOM) / 2.0;
        let _ = write!(
            out,
            "<text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\">{}</text>\
             <text transform=\"translate(11 {centre}) rotate(-90)\" text-anchor=\"middle\">{}</text></g>",
            HEIGHT - 6.0,
            Text(self.x),
            Text(self.y)
        );
    }

    fn legend(&self, out: &mut String) {
        if self.series.len() < 2 {
            return;
        }
        out.push_str("<ul class=\"legend\">");
        for (number, series) in self.series.iter().enumerate() {
            let look = number % LOOKS;
            let _ = write!(
                out,
                "<li><svg viewBox=\"0 0 28 8\" aria-hidden=\"true\"><line class=\"s{look}\" x1=\"0\" x2=\"28\" y1=\"4\" y2=\"4\"/></svg>{}</li>",
                Text(&series.name)
            );
        }
        out.push_str("</ul>");
    }

    /// The same as a table, for whoever cannot or will not read a plot.
    fn numbers(&self, out: &mut String) {
        let mut xs: Vec<f64> = self
            .series
            .iter()
            .flat_map(|series| series.points.iter().map(|(x, _)| *x))
            .filter(|x| x.is_finite())
            .collect();
        xs.sort_by(f64::total_cmp);
        xs.dedup();
        let _ = write!(
            out,
            "<details><summary>Numbers of this plot</summary><div class=\"wide\" role=\"group\" aria-label=\"Numbers: {title}\" tabindex=\"0\">\
             <table><caption>{title}</caption><thead><tr><th scope=\"col\">{}</th>",
            Text(self.x),
            title = Text(self.title)
        );
        for series in &self.series {
            let _ = write!(out, "<th scope=\"col\">{}</th>", Text(&series.name));
        }
        out.push_str("</tr></thead><tbody>");
        for x in xs {
            let _ = write!(out, "<tr><th scope=\"row\">{}</th>", short(x));
            for series in &self.series {
                let y = series.points.iter().find(|point| point.0 == x);
                let y = y.map_or_else(|| "–".to_owned(), |point| format!("{:.4}", point.1));
                let _ = write!(out, "<td>{y}</td>");
            }
            out.push_str("</tr>");
        }
        out.push_str("</tbody></table></div></details>");
    }
}

fn draw(out: &mut String, series: &Series, look: usize, x: &Axis, y: &Axis) {
    let mut path = String::new();
    let mut before: Option<f64> = None;
    let finite = series
        .points
        .iter()
        .filter(|(x, y)| x.is_finite() && y.is_finite());
    for &(point_x, point_y) in finite.clone() {
        let (at_x, at_y) = (place_x(x, point_x), place_y(y, point_y));
        if let (true, Some(before)) = (series.steps, before) {
            let _ = write!(path, "L{at_x:.1} {before:.1}");
        }
        let _ = write!(
            path,
            "{}{at_x:.1} {at_y:.1}",
            if path.is_empty() { 'M' } else { 'L' }
        );
        before = Some(at_y);
    }
    let _ = write!(out, "<path class=\"s{look}\" d=\"{path}\"/>");
    if series.marks {
        for &(point_x, point_y) in finite {
            let (at_x, at_y) = (place_x(x, point_x), place_y(y, point_y));
            let _ = write!(
                out,
                "<circle class=\"s{look}\" cx=\"{at_x:.1}\" cy=\"{at_y:.1}\" r=\"3\"/>"
            );
        }
    }
}

fn place_x(axis: &Axis, value: f64) -> f64 {
    LEFT + axis.share(value) * (WIDTH - LEFT - RIGHT)
}

fn place_y(axis: &Axis, value: f64) -> f64 {
    HEIGHT - BOTTOM - axis.share(value) * (HEIGHT - TOP - BOTTOM)
}

/// A number as short as its tick allows.
fn short(value: f64) -> String {
    let text = format!("{value:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" {
        "0".into()
    } else {
        text.to_owned()
    }
}

/// A range with round ticks.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Axis {
    from: f64,
    to: f64,
    step: f64,
}

impl Axis {
    fn around(values: impl Iterator<Item = f64>, from_zero: bool) -> Self {
        let (mut least, mut most) = (f64::INFINITY, f64::NEG_INFINITY);
        let mut whole = true;
        for value in values {
            (least, most) = (least.min(value), most.max(value));
            whole &= value.fract() == 0.0 && value >= 1.0;
        }
        if from_zero {
            (least, most) = (least.min(0.0), most.max(0.0));
        }
        let range = if most > least {
            most - least
        } else {
            least.abs().max(1.0)
        };
        let rough = range / 5.0;
        let power = 10.0_f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 2.5, 5.0, 10.0]
            .into_iter()
            .map(|factor| factor * power)
            .find(|&step| step >= rough * 0.999)
            .unwrap_or(rough);
        // Half an epoch or half a place would be no tick.
        let step = if whole { step.max(1.0).round() } else { step };
        let from = (least / step).floor() * step;
        let to = (most / step).ceil() * step;
        Self {
            from,
            to: if to > from { to } else { from + step },
            step,
        }
    }

    fn share(&self, value: f64) -> f64 {
        (value - self.from) / (self.to - self.from)
    }

    fn ticks(&self) -> Vec<f64> {
        let count = ((self.to - self.from) / self.step).round() as usize;
        (0..=count.min(20))
            .map(|tick| self.from + tick as f64 * self.step)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_are_round_and_hold_every_point() {
        let axis = Axis::around([0.333, 0.827].into_iter(), false);
        assert!(axis.from <= 0.333 && axis.to >= 0.827);
        assert!(
            axis.ticks().len() <= 8 && axis.ticks().len() >= 4,
            "{axis:?}"
        );
        let epochs = Axis::around([1.0, 2.0].into_iter(), false);
        assert_eq!(epochs.ticks(), [1.0, 2.0]);
        let one = Axis::around([0.5].into_iter(), false);
        assert!(one.share(0.5).is_finite());
    }

    #[test]
    fn a_plot_of_nothing_is_nothing() {
        let plot = Plot {
            id: "p",
            title: "t",
            description: "d".into(),
            x: "x",
            y: "y",
            series: vec![Series::line("a", vec![(f64::NAN, 1.0)])],
            from_zero: false,
        };
        assert_eq!(plot.figure(), "");
    }
}
