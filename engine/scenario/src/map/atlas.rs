//! The contours of the places of a report, laid out on one sheet.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::contours::{Contours, ContoursError, Feature};
use super::simplify::{Point, area, simplify};

/// Width of a map, in its own units.
pub(super) const WIDTH: f64 = 720.0;

/// Bytes that the contour of a place may take, on average, and all of them together.
const BYTES: usize = 380;
const MOST: usize = 400_000;

/// Contours that are none of the report's places are drawn as surroundings, unless they are many.
const AROUND: usize = 60;

/// A place of the report.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Named {
    /// What people call it.
    pub name: String,
    /// Its code; several, if its name is that of several places and the report says no more.
    pub codes: Vec<String>,
}

impl Named {
    /// What tells it from other places of the report: its code, or its name.
    pub fn id(&self) -> &str {
        match self.codes.as_slice() {
            [code] => code,
            _ => &self.name,
        }
    }
}

/// Contours as they are drawn: once for all maps of a page.
///
/// ```
/// use logis::scenario::map::{Atlas, Contours, Named};
/// let square = r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"insee":"21231"},
///   "geometry":{"type":"Polygon","coordinates":[[[5,47],[5.1,47],[5.1,47.1],[5,47.1],[5,47]]]}}]}"#;
/// let contours = Contours::read("communes.geojson", square.as_bytes())?;
/// let place = |code: &str, name: &str| Named { codes: vec![code.into()], name: name.into() };
/// let atlas = Atlas::new(&contours, &[place("21231", "Dijon"), place("21166", "Chenôve")])?;
/// assert!(atlas.defs().contains("<path id=\"lieu-0\""));
/// assert_eq!((atlas.place("21231"), atlas.place("21166")), (Some(0), None));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Atlas {
    pub(super) places: Vec<Place>,
    /// By what tells a place of the report from others: the contour.
    by_id: BTreeMap<String, usize>,
    /// Height of a map, in its own units.
    pub(super) height: f64,
    /// Contours of the file that are neither places of the report nor drawn.
    pub(super) elsewhere: usize,
}

/// A contour on the sheet.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// What people call it.
    pub name: String,
    /// Its path, as SVG writes it.
    path: String,
    /// A point inside, where a circle stands.
    pub inside: (f64, f64),
}

impl Atlas {
    /// Lays out the contours of the places of a report, with the others around them.
    ///
    /// A feature is a place if one of its properties is its code, or its name however accents and capitals are written: the
    /// property is that by which most are. A name that several places have, in the country or in the file, is none: the
    /// report says that such a place has no contour.
    ///
    /// # Errors
    /// None of the features is any of the places.
    pub fn new(contours: &Contours, named: &[Named]) -> Result<Atlas, ContoursError> {
        let mut wanted: BTreeMap<String, Vec<&Named>> = BTreeMap::new();
        for one in named {
            for text in one.codes.iter().chain([&one.name]) {
                let all = wanted.entry(plain(text)).or_default();
                if !all.contains(&one) {
                    all.push(one);
                }
            }
        }
        let Some(property) = property(contours, &wanted) else {
            let expected = named.iter().take(3).map(|one| format!("`{}`", one.id())).collect::<Vec<_>>();
            return Err(ContoursError::OtherPlaces {
                file: contours.file.clone(),
                count: contours.len(),
                expected: expected.join(", "),
                found: shown(contours),
            });
        };
        // A place may have several features: all are it.
        let mut groups: BTreeMap<String, Vec<&Feature>> = BTreeMap::new();
        for (at, feature) in contours.features.iter().enumerate() {
            let code = value(feature, &property).map(plain);
            groups.entry(code.unwrap_or_else(|| format!("\u{0}{at}"))).or_default().push(feature);
        }
        let found = found(&groups, &wanted);
        let bounds = |features: &[&Feature]| {
            let points = features.iter().flat_map(|feature| &feature.rings).flatten();
            points.fold(Bounds::none(), |bounds, point| bounds.with(*point))
        };
        let own = groups.iter().filter(|(code, _)| found.contains_key(*code));
        let frame = own.fold(Bounds::none(), |all, (_, features)| all.and(&bounds(features)));
        let around: BTreeSet<&String> = groups
            .iter()
            .filter(|(code, features)| !found.contains_key(*code) && frame.meets(&bounds(features)))
            .map(|(code, _)| code)
            .collect();
        let around = if around.len() <= AROUND.max(named.len()) { around } else { BTreeSet::new() };
        let drawn: Vec<(&String, &Vec<&Feature>)> =
            groups.iter().filter(|(code, _)| found.contains_key(*code) || around.contains(code)).collect();
        let elsewhere = groups.len() - drawn.len();
        let sheet = Sheet::new(&frame);
        let mut rings: Vec<Vec<Point>> = Vec::new();
        let mut of: Vec<usize> = Vec::new();
        for (place, (_, features)) in drawn.iter().enumerate() {
            for ring in features.iter().flat_map(|feature| &feature.rings) {
                let mut points: Vec<Point> = ring.iter().map(|point| sheet.point(*point)).collect();
                points.dedup();
                if points.len() > 1 && points.first() == points.last() {
                    points.pop();
                }
                rings.push(points);
                of.push(place);
            }
        }
        let paths = fitted(&rings, &of, drawn.len());
        let mut places = Vec::new();
        let mut by_id = BTreeMap::new();
        for (at, ((code, features), (path, inside))) in drawn.into_iter().zip(paths).enumerate() {
            let known = found.get(code);
            if let Some(known) = known {
                by_id.insert(known.id().to_string(), at);
            }
            let name = known.map(|known| known.name.clone()).or_else(|| name(features, &property));
            places.push(Place {
                name: name.unwrap_or_else(|| code.trim_start_matches('\u{0}').to_string()),
                path,
                inside,
            });
        }
        Ok(Atlas { places, by_id, height: sheet.height, elsewhere })
    }

    /// The number of the contour of a place of the report, by [`Named::id`].
    pub fn place(&self, id: &str) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    /// The paths of all places, to be put once into a page that has maps.
    pub fn defs(&self) -> String {
        let mut out = String::from(
            "<svg class=\"contours\" width=\"0\" height=\"0\" aria-hidden=\"true\" focusable=\"false\"><defs>",
        );
        for (at, place) in self.places.iter().enumerate() {
            let _ = write!(out, "<path id=\"lieu-{at}\" d=\"{}\"/>", place.path);
        }
        out.push_str("<pattern id=\"peu\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\"><path class=\"hachure\" d=\"M0 0v6\"/></pattern></defs></svg>");
        out
    }
}

/// A text without accents, capitals and what stands between words.
fn plain(text: &str) -> String {
    let letters = text.chars().flat_map(char::to_lowercase);
    let folded = letters.map(|letter| match letter {
        'à' | 'â' | 'ä' => 'a',
        'ç' => 'c',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'î' | 'ï' => 'i',
        'ô' | 'ö' => 'o',
        'ù' | 'û' | 'ü' => 'u',
        'ÿ' => 'y',
        other => other,
    });
    let text: String = folded.collect();
    text.replace('œ', "oe")
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

fn value<'f>(feature: &'f Feature, property: &str) -> Option<&'f str> {
    feature.properties.iter().find(|(name, _)| name == property).map(|(_, value)| value.as_str())
}

/// By code or name in the file: the place of the report, where there is no doubt which.
fn found<'n>(
    groups: &BTreeMap<String, Vec<&Feature>>,
    wanted: &BTreeMap<String, Vec<&'n Named>>,
) -> BTreeMap<String, &'n Named> {
    let mut all: BTreeMap<String, &Named> = BTreeMap::new();
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    for (code, features) in groups {
        let Some([one]) = wanted.get(code).map(Vec::as_slice) else { continue };
        // By name: features of one name are one place only if no other place of the country has it.
        if features.len() > 1 && one.codes.len() > 1 {
            continue;
        }
        *times.entry(one.id()).or_default() += 1;
        all.insert(code.clone(), one);
    }
    all.retain(|_, one| times.get(one.id()) == Some(&1));
    all
}

/// The property by which most features are places of the report, the first by name of those that are as good.
fn property(contours: &Contours, wanted: &BTreeMap<String, Vec<&Named>>) -> Option<String> {
    let mut found: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (name, value) in contours.features.iter().flat_map(|feature| &feature.properties) {
        let value = plain(value);
        if wanted.contains_key(&value) {
            found.entry(name).or_default().insert(value);
        }
    }
    let best = found.iter().max_by_key(|(name, values)| (values.len(), std::cmp::Reverse(**name)));
    best.map(|(name, _)| (*name).to_string())
}

/// What people call a contour that the report does not name.
fn name(features: &[&Feature], property: &str) -> Option<String> {
    let feature = features.first()?;
    let is_name = |name: &str| {
        let name = plain(name);
        name == "nom"
            || name == "name"
            || name.starts_with("nom ")
            || name.starts_with("lib")
            || name.starts_with("nom_")
    };
    let named = feature.properties.iter().find(|(name, value)| is_name(name) && !value.is_empty());
    named.map(|(_, value)| value.clone()).or_else(|| value(feature, property).map(str::to_string))
}

/// The properties of the first feature, for whoever gave other contours.
fn shown(contours: &Contours) -> String {
    let properties =
        contours.features.first().map(|feature| feature.properties.as_slice()).unwrap_or_default();
    if properties.is_empty() {
        return "aucune propriété au premier contour".to_string();
    }
    let shown = properties.iter().take(5).map(|(name, value)| format!("{name} = {value}"));
    format!("{} au premier contour", shown.collect::<Vec<_>>().join(", "))
}

/// What points lie between.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    low: [f64; 2],
    high: [f64; 2],
}

impl Bounds {
    fn none() -> Bounds {
        Bounds { low: [f64::INFINITY; 2], high: [f64::NEG_INFINITY; 2] }
    }

    fn with(self, [x, y]: [f64; 2]) -> Bounds {
        self.and(&Bounds { low: [x, y], high: [x, y] })
    }

    fn and(self, other: &Bounds) -> Bounds {
        let ([a, b], [c, d]) = (self.low, other.low);
        let ([e, f], [g, h]) = (self.high, other.high);
        Bounds { low: [a.min(c), b.min(d)], high: [e.max(g), f.max(h)] }
    }

    fn meets(&self, other: &Bounds) -> bool {
        let ([a, b], [c, d]) = (self.low, self.high);
        let ([e, f], [g, h]) = (other.low, other.high);
        a <= g && e <= c && b <= h && f <= d
    }
}

/// How positions become points of the drawing.
struct Sheet {
    west: f64,
    north: f64,
    across: f64,
    down: f64,
    height: f64,
}

impl Sheet {
    /// Degrees as they are wide in the middle of the sheet; metres of a projected file as they are.
    fn new(frame: &Bounds) -> Sheet {
        let ([west, south], [east, north]) = (frame.low, frame.high);
        let degrees = west >= -180.0 && east <= 180.0 && south >= -90.0 && north <= 90.0;
        let narrow = if degrees { ((south + north) / 2.0).to_radians().cos().max(0.05) } else { 1.0 };
        let (wide, high) = ((east - west) * narrow, north - south);
        let margin = 8.0;
        // As wide as a map is, and never higher.
        let scale = (WIDTH - 2.0 * margin) / wide.max(high).max(f64::MIN_POSITIVE);
        Sheet {
            west: west - (WIDTH / scale - wide) / 2.0 / narrow,
            north: north + margin / scale,
            across: scale * narrow,
            down: scale,
            height: (high * scale + 2.0 * margin).ceil(),
        }
    }

    fn point(&self, [x, y]: [f64; 2]) -> Point {
        // Far away is cut at the edge of what a path can say; the view shows nothing of it.
        let whole = |value: f64| value.clamp(-9_999.0, 9_999.0).round() as i32;
        (whole((x - self.west) * self.across), whole((self.north - y) * self.down))
    }
}

/// The path of each place and a point inside, simplified until all fit.
fn fitted(rings: &[Vec<Point>], of: &[usize], places: usize) -> Vec<(String, (f64, f64))> {
    let most = (places * BYTES + 400).min(MOST);
    let mut tolerance = 0.5;
    loop {
        let simple = simplify(rings, tolerance);
        let mut by_place: Vec<Vec<&Vec<Point>>> = vec![Vec::new(); places];
        for (ring, place) in simple.iter().zip(of).filter(|(ring, _)| !ring.is_empty()) {
            by_place.get_mut(*place).into_iter().for_each(|own| own.push(ring));
        }
        // A place too small to be drawn is a dot.
        let dots: Vec<Vec<Point>> = (0..places).map(|place| dot(rings, of, place)).collect();
        for (own, dot) in by_place.iter_mut().zip(&dots).filter(|(own, _)| own.is_empty()) {
            own.push(dot);
        }
        let paths: Vec<String> = by_place.iter().map(|rings| path(rings)).collect();
        if paths.iter().map(String::len).sum::<usize>() <= most || tolerance > WIDTH {
            return paths.into_iter().zip(by_place.iter().map(|rings| inside(rings))).collect();
        }
        tolerance *= 1.4;
    }
}

fn dot(rings: &[Vec<Point>], of: &[usize], place: usize) -> Vec<Point> {
    let own = rings.iter().zip(of).find(|(ring, own)| **own == place && !ring.is_empty());
    let (x, y) = own.and_then(|(ring, _)| ring.first()).copied().unwrap_or_default();
    vec![(x - 1, y - 1), (x + 1, y - 1), (x + 1, y + 1), (x - 1, y + 1)]
}

/// `M12 34l5-3 2 1z`
fn path(rings: &[&Vec<Point>]) -> String {
    let mut out = String::new();
    for ring in rings {
        let Some(first) = ring.first() else { continue };
        let _ = write!(out, "M{} {}l", first.0, first.1);
        let mut at = *first;
        for (step, point) in ring.iter().skip(1).enumerate() {
            let (dx, dy) = (point.0 - at.0, point.1 - at.1);
            if step > 0 && dx >= 0 {
                out.push(' ');
            }
            let _ = write!(out, "{dx}");
            if dy >= 0 {
                out.push(' ');
            }
            let _ = write!(out, "{dy}");
            at = *point;
        }
        out.push('z');
    }
    out
}

/// A point inside of the largest ring: on the line through its middle, the middle of the widest part.
fn inside(rings: &[&Vec<Point>]) -> (f64, f64) {
    let Some(ring) = rings.iter().max_by_key(|ring| area(ring).abs()) else { return (0.0, 0.0) };
    let double = area(ring) as f64;
    let (mut x, mut y) = (0.0, 0.0);
    for (a, b) in ring.iter().zip(ring.iter().cycle().skip(1)) {
        let cross = f64::from(a.0) * f64::from(b.1) - f64::from(b.0) * f64::from(a.1);
        x += f64::from(a.0 + b.0) * cross;
        y += f64::from(a.1 + b.1) * cross;
    }
    let middle = (x / (3.0 * double), y / (3.0 * double));
    // Between whole numbers, so that no point of the grid is on it.
    let level = middle.1.floor() + 0.5;
    let mut cuts: Vec<f64> = Vec::new();
    for (a, b) in ring.iter().zip(ring.iter().cycle().skip(1)) {
        let (ay, by) = (f64::from(a.1), f64::from(b.1));
        if (ay < level) != (by < level) {
            cuts.push(f64::from(a.0) + (level - ay) / (by - ay) * f64::from(b.0 - a.0));
        }
    }
    cuts.sort_by(f64::total_cmp);
    let spans = cuts.chunks(2).filter_map(|pair| match pair {
        [from, to] => Some((*from, *to)),
        _ => None,
    });
    // The middle itself, if the shape is around it.
    let spans: Vec<(f64, f64)> = spans.collect();
    if spans.iter().any(|(from, to)| (*from..=*to).contains(&middle.0)) {
        return middle;
    }
    let widest = spans.into_iter().max_by(|a, b| (a.1 - a.0).total_cmp(&(b.1 - b.0)));
    widest.map_or(middle, |(from, to)| ((from + to) / 2.0, level))
}
