//! Contours from a file of GeoJSON: polygons with their properties, and all that is wrong with it.

use serde_json::{Map, Value};

use logis_language::diagnostic::foreign;

/// The most flaws of a file that are told one by one.
const TOLD: usize = 10;

/// Contours of places, as a file gives them.
#[derive(Clone, Debug, PartialEq)]
pub struct Contours {
    /// What messages call the file.
    pub file: String,
    pub(super) features: Vec<Feature>,
}

/// One place, or a part of one.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Feature {
    /// Properties that are texts or whole numbers, as texts.
    pub properties: Vec<(String, String)>,
    /// Rings of all its polygons, outer ones and holes alike; the last point is not the first again.
    pub rings: Vec<Vec<[f64; 2]>>,
}

/// Why a file is no contours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ContoursError {
    /// It is no JSON.
    #[error("{file}: ce n'est pas du JSON: {why}")]
    NotJson {
        /// The file.
        file: String,
        /// What the reader says.
        why: String,
    },
    /// It is other JSON.
    #[error(
        "{file}: trouvé: {found}; attendu: une `FeatureCollection` GeoJSON, dont chaque contour est un `Polygon` ou un `MultiPolygon`"
    )]
    NotGeoJson {
        /// The file.
        file: String,
        /// What it is instead.
        found: String,
    },
    /// Some features are wrong.
    #[error("{file}: {} contours fautifs:\n{}", .flaws.len(), told(.file, .flaws))]
    Features {
        /// The file.
        file: String,
        /// What is wrong, feature by feature.
        flaws: Vec<Flaw>,
    },
    /// No feature is one of the places of the report.
    #[error(
        "{file}: aucun de ses {count} contours n'est un lieu du rapport; attendu: une propriété qui vaut un code comme {expected}; trouvé: {found}"
    )]
    OtherPlaces {
        /// The file.
        file: String,
        /// How many features it has.
        count: usize,
        /// Codes of the report.
        expected: String,
        /// Properties of the first feature.
        found: String,
    },
}

/// What is wrong with a feature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// Its number in the file, from 1.
    pub number: usize,
    /// What was found, and what is expected.
    pub text: String,
}

fn told(file: &str, flaws: &[Flaw]) -> String {
    let mut lines: Vec<String> = flaws
        .iter()
        .take(TOLD)
        .map(|flaw| format!("{file}: contour n° {}: {}", flaw.number, flaw.text))
        .collect();
    if let Some(more) = flaws.len().checked_sub(TOLD).filter(|more| *more > 0) {
        lines.push(format!("… et {more} autres"));
    }
    lines.join("\n")
}

impl Contours {
    /// Reads a file; `file` is what messages call it.
    ///
    /// ```
    /// use logis::scenario::map::Contours;
    /// let square = r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"code":"21231"},
    ///   "geometry":{"type":"Polygon","coordinates":[[[5,47],[5.1,47],[5.1,47.1],[5,47.1],[5,47]]]}}]}"#;
    /// assert_eq!(Contours::read("communes.geojson", square.as_bytes())?.len(), 1);
    /// let open = square.replace(",[5,47]]]", "]]");
    /// let error = Contours::read("communes.geojson", open.as_bytes()).unwrap_err().to_string();
    /// assert!(error.contains("contour n° 1: l'anneau 1 n'est pas fermé"), "{error}");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// A file that is no JSON or no collection of features; **all** features that are no polygons of positions.
    pub fn read(file: &str, bytes: &[u8]) -> Result<Contours, ContoursError> {
        let called = || file.to_string();
        // A mark at the beginning says nothing of JSON.
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let root: Value = serde_json::from_slice(bytes)
            .map_err(|error| ContoursError::NotJson { file: called(), why: foreign::json(&error) })?;
        let features = match (root.get("type").and_then(Value::as_str), root.get("features")) {
            (Some("FeatureCollection"), Some(Value::Array(features))) => features,
            (Some("FeatureCollection"), _) => {
                let found = "une `FeatureCollection` sans liste `features`".to_string();
                return Err(ContoursError::NotGeoJson { file: called(), found });
            }
            (Some("Topology"), _) => {
                let found = "du TopoJSON (`Topology`), à convertir d'abord".to_string();
                return Err(ContoursError::NotGeoJson { file: called(), found });
            }
            (Some(other), _) => {
                return Err(ContoursError::NotGeoJson { file: called(), found: format!("`{other}`") });
            }
            (None, _) => {
                return Err(ContoursError::NotGeoJson { file: called(), found: kind(&root).to_string() });
            }
        };
        if features.is_empty() {
            let found = "une `FeatureCollection` sans aucun contour".to_string();
            return Err(ContoursError::NotGeoJson { file: called(), found });
        }
        let (mut all, mut flaws) = (Vec::new(), Vec::new());
        for (number, value) in (1..).zip(features) {
            match feature(value) {
                Ok(feature) => all.push(feature),
                Err(text) => flaws.push(Flaw { number, text }),
            }
        }
        match flaws.is_empty() {
            true => Ok(Contours { file: called(), features: all }),
            false => Err(ContoursError::Features { file: called(), flaws }),
        }
    }

    /// How many features it has.
    pub fn len(&self) -> usize {
        self.features.len()
    }

    /// Has it none?
    pub fn is_empty(&self) -> bool {
        self.features.is_empty()
    }
}

/// What a value is, in French.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "rien (`null`)",
        Value::Bool(_) => "un booléen",
        Value::Number(_) => "un nombre",
        Value::String(_) => "un texte",
        Value::Array(_) => "une liste",
        Value::Object(_) => "un objet sans `type`",
    }
}

fn feature(value: &Value) -> Result<Feature, String> {
    match value.get("type").and_then(Value::as_str) {
        Some("Feature") => {}
        Some(other) => return Err(format!("trouvé: `{other}`; attendu: `Feature`")),
        None => return Err(format!("trouvé: {}; attendu: un objet de `type` `Feature`", kind(value))),
    }
    let geometry = match value.get("geometry") {
        Some(geometry @ Value::Object(_)) => geometry,
        Some(Value::Null) | None => {
            return Err("il n'a pas de géométrie; attendu: `Polygon` ou `MultiPolygon`".to_string());
        }
        Some(other) => return Err(format!("`geometry`: trouvé: {}; attendu: un objet", kind(other))),
    };
    let coordinates = geometry.get("coordinates").unwrap_or(&Value::Null);
    let polygons: Vec<&Value> = match geometry.get("type").and_then(Value::as_str) {
        Some("Polygon") => vec![coordinates],
        Some("MultiPolygon") => list(coordinates, "`coordinates`")?.iter().collect(),
        Some(other) => return Err(format!("trouvé: `{other}`; attendu: `Polygon` ou `MultiPolygon`")),
        None => {
            return Err("sa géométrie n'a pas de `type`; attendu: `Polygon` ou `MultiPolygon`".to_string());
        }
    };
    let mut rings = Vec::new();
    for polygon in polygons {
        for value in list(polygon, "un polygone")? {
            rings.push(ring(value, rings.len() + 1)?);
        }
    }
    if rings.is_empty() {
        return Err("il n'a aucun anneau".to_string());
    }
    Ok(Feature {
        properties: value.get("properties").and_then(Value::as_object).map(properties).unwrap_or_default(),
        rings,
    })
}

fn list<'v>(value: &'v Value, what: &str) -> Result<&'v Vec<Value>, String> {
    value.as_array().ok_or_else(|| format!("{what}: trouvé: {}; attendu: une liste", kind(value)))
}

fn ring(value: &Value, number: usize) -> Result<Vec<[f64; 2]>, String> {
    let positions = list(value, &format!("l'anneau {number}"))?;
    let mut points = Vec::with_capacity(positions.len());
    for (at, position) in (1..).zip(positions) {
        let coordinate = |axis: usize| position.get(axis).and_then(Value::as_f64).filter(|x| x.is_finite());
        match (coordinate(0), coordinate(1)) {
            (Some(x), Some(y)) => points.push([x, y]),
            _ => {
                return Err(format!(
                    "l'anneau {number}, position {at}: attendu: deux nombres, longitude et latitude"
                ));
            }
        }
    }
    if points.len() < 4 {
        return Err(format!(
            "l'anneau {number} a {} positions; attendu: quatre au moins, la dernière égale à la première",
            points.len()
        ));
    }
    if points.first() != points.last() {
        return Err(format!(
            "l'anneau {number} n'est pas fermé; attendu: la dernière position égale à la première"
        ));
    }
    points.pop();
    Ok(points)
}

fn properties(all: &Map<String, Value>) -> Vec<(String, String)> {
    let text = |(name, value): (&String, &Value)| match value {
        Value::String(text) => Some((name.clone(), text.trim().to_string())),
        Value::Number(number) if number.is_u64() => Some((name.clone(), number.to_string())),
        _ => None,
    };
    all.iter().filter_map(text).collect()
}
