//! One map: the figures of places on their contours.

use std::fmt::Write as _;

use super::atlas::{Atlas, Named, WIDTH};
use crate::sheet::Cell;

/// The most classes of a rate.
const CLASSES: usize = 5;

/// The radius of the largest circle, in units of the map.
const LARGEST: f64 = 34.0;

/// The figures of one map.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    /// The sheet of the report whose they are.
    pub sheet: String,
    /// What the map shows, with its unit.
    pub title: String,
    /// What the circles are, with their unit; nothing without circles.
    pub count: String,
    /// What the fills are, with their unit; nothing without fills.
    pub rate: String,
    /// Are counts gains and losses, with a sign?
    pub signed: bool,
    /// By place.
    pub places: Vec<Shown>,
}

/// The figures of one place.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The place.
    pub place: Named,
    /// What its circle is.
    pub count: Cell,
    /// What its fill is.
    pub rate: Cell,
}

/// A map, and what is said beside it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drawn {
    /// The drawing.
    pub svg: String,
    /// The classes of the fills, the lowest first.
    pub classes: Vec<Class>,
    /// What the circles are, in words; empty without circles.
    pub circles: String,
    /// Places of the report that the file has no contour of, each with its figures: they are in the table alone.
    pub without_contour: Vec<String>,
    /// Contours that are drawn and have no figure.
    pub without_figure: Vec<String>,
    /// How many contours of the file are not drawn.
    pub elsewhere: usize,
}

/// A class of a rate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Class {
    /// Its class in the style: `c0` to `c4`, or `peu` for rates of few.
    pub name: String,
    /// From where to where.
    pub text: String,
}

impl Figures {
    /// Draws the map; `id` tells it from the other maps of the page. None if no place has a contour and a figure.
    pub fn draw(&self, atlas: &Atlas, id: &str) -> Option<Drawn> {
        let has = |shown: &&Shown| shown.count.as_number().is_some() || shown.rate.as_number().is_some();
        let own: Vec<(usize, &Shown)> = self
            .places
            .iter()
            .filter(has)
            .filter_map(|shown| Some((atlas.place(shown.place.id())?, shown)))
            .collect();
        if own.is_empty() {
            return None;
        }
        let steps =
            steps(self.places.iter().filter(|p| !p.rate.is_of_few()).filter_map(|p| p.rate.as_number()));
        let mut svg = String::new();
        let (width, height) = (WIDTH, atlas.height);
        let _ = write!(
            svg,
            "<svg class=\"carte-lieux\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-labelledby=\"{id}-t\"><title id=\"{id}-t\">{}. Les chiffres sont dans le tableau à côté.</title>",
            escaped(&self.title)
        );
        for (at, place) in atlas.places.iter().enumerate() {
            let shown = own.iter().find(|(place, _)| *place == at).map(|(_, shown)| *shown);
            let class = shown.map_or_else(|| "vide".to_string(), |shown| class(&shown.rate, &steps));
            let _ = write!(
                svg,
                "<use href=\"#lieu-{at}\" class=\"{class}\"><title>{}</title></use>",
                escaped(&told(&place.name, shown))
            );
            if shown.is_some_and(|shown| shown.rate.is_of_few()) {
                let _ = write!(svg, "<use href=\"#lieu-{at}\" class=\"trame\"/>");
            }
        }
        let size = |shown: &Shown| shown.count.as_number().map(|(value, decimals)| float(value, decimals));
        let largest = self.places.iter().filter_map(size).map(f64::abs).fold(0.0, f64::max);
        // The largest first, so that small ones lie on large ones.
        let mut circles: Vec<(usize, f64)> =
            own.iter().filter_map(|(at, shown)| Some((*at, size(shown)?))).filter(|c| c.1 != 0.0).collect();
        circles.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
        for (at, value) in circles {
            let Some(place) = atlas.places.get(at) else { continue };
            let (x, y) = place.inside;
            let radius = LARGEST * (value.abs() / largest).sqrt();
            let class = match (self.signed, value > 0.0) {
                (false, _) => "rond",
                (true, true) => "rond plus",
                (true, false) => "rond moins",
            };
            let _ = write!(svg, "<circle cx=\"{x:.0}\" cy=\"{y:.0}\" r=\"{radius:.1}\" class=\"{class}\"/>");
            // The sign, for whoever does not tell the colours apart.
            if self.signed && radius > 7.0 {
                let sign = if value > 0.0 { "+" } else { "−" };
                let _ = write!(svg, "<text x=\"{x:.0}\" y=\"{:.0}\" class=\"signe\">{sign}</text>", y + 6.0);
            }
        }
        svg.push_str("</svg>");
        let name = |shown: &Shown| match shown.place.codes.as_slice() {
            [code] if *code != shown.place.name => format!("{} ({code})", shown.place.name),
            _ => shown.place.name.clone(),
        };
        let lost = self.places.iter().filter(has).filter(|shown| atlas.place(shown.place.id()).is_none());
        let empty = (0..atlas.places.len()).filter(|at| own.iter().all(|(place, _)| place != at));
        Some(Drawn {
            svg,
            classes: self.classes(&steps),
            circles: self.circles(largest),
            without_contour: lost.map(name).collect(),
            without_figure: empty.filter_map(|at| Some(atlas.places.get(at)?.name.clone())).collect(),
            elsewhere: atlas.elsewhere,
        })
    }

    /// What the fills mean.
    fn classes(&self, steps: &[(i64, u32)]) -> Vec<Class> {
        if self.rate.is_empty() {
            return Vec::new();
        }
        let cell = |step: &(i64, u32)| Cell::Number { value: step.0, decimals: step.1 }.to_string();
        let mut all = Vec::new();
        for (at, step) in steps.iter().enumerate() {
            let of =
                |place: &&Shown| !place.rate.is_of_few() && class(&place.rate, steps) == format!("c{at}");
            let high =
                self.places.iter().filter(of).filter_map(|place| place.rate.as_number()).max_by(number);
            let high = high.unwrap_or(*step);
            let text = match number(&high, step) {
                std::cmp::Ordering::Equal => cell(step),
                _ => format!("de {} à {}", cell(step), cell(&high)),
            };
            all.push(Class { name: format!("c{at}"), text });
        }
        if self.places.iter().any(|place| place.rate.is_of_few()) {
            all.push(Class {
                name: "peu".to_string(),
                text: format!("hachuré : n plus petit que {}", crate::sheet::FEW),
            });
        }
        all
    }

    /// What the circles mean.
    fn circles(&self, largest: f64) -> String {
        if self.count.is_empty() || largest == 0.0 {
            return String::new();
        }
        let most =
            self.places.iter().filter_map(|place| Some((place.count.as_number()?, place))).max_by(|a, b| {
                float(a.0.0.saturating_abs(), a.0.1).total_cmp(&float(b.0.0.saturating_abs(), b.0.1))
            });
        let most = most.map_or_else(String::new, |(_, place)| {
            format!(" ; le plus grand : {}, {}", place.place.name, place.count)
        });
        format!("Aire des cercles : {}{most}", self.count)
    }
}

/// What a place is said to have.
fn told(name: &str, shown: Option<&Shown>) -> String {
    let Some(shown) = shown else { return format!("{name} : aucun chiffre") };
    let figures = [&shown.count, &shown.rate].into_iter().filter(|cell| cell.as_number().is_some());
    let figures: Vec<String> = figures
        .map(|cell| cell.of().map_or_else(|| cell.to_string(), |of| format!("{cell} (n = {of})")))
        .collect();
    format!("{name} : {}", figures.join(" ; "))
}

/// The class of a fill.
fn class(rate: &Cell, steps: &[(i64, u32)]) -> String {
    let Some(value) = rate.as_number() else { return "neutre".to_string() };
    let above = steps.iter().filter(|step| number(step, &value).is_le()).count();
    format!("c{}", above.saturating_sub(1))
}

/// The lowest value of each class: about as many places in each, and no value in two.
fn steps(values: impl Iterator<Item = (i64, u32)>) -> Vec<(i64, u32)> {
    let mut all: Vec<(i64, u32)> = values.collect();
    all.sort_by(number);
    let mut steps: Vec<(i64, u32)> = Vec::new();
    for class in 0..CLASSES {
        let step = all.get(class * all.len() / CLASSES);
        if let Some(step) = step.filter(|step| steps.last().is_none_or(|last| number(last, step).is_lt())) {
            steps.push(*step);
        }
    }
    steps
}

/// Numbers in the order of what they are, whatever their decimals.
fn number(a: &(i64, u32), b: &(i64, u32)) -> std::cmp::Ordering {
    let scaled = |of: &(i64, u32), decimals: u32| i128::from(of.0) * 10_i128.pow(decimals.min(18));
    scaled(a, b.1).cmp(&scaled(b, a.1))
}

fn float(value: i64, decimals: u32) -> f64 {
    value as f64 / 10_f64.powi(i32::try_from(decimals).unwrap_or(0))
}

/// A text inside of an element.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
