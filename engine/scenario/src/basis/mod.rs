//! What the figures of a report rest on, told before any of them: whether persons are real, whose local rules decided,
//! which rules and data, what is doubtful and what is supposed.
//!
//! Nothing here reads a clock: the same files give the same report, and the day on which it is made is told to it.

mod doubts;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::sheet::{Cell, Sheet};
pub use doubts::{Doubt, Doubts};
use logis_data::About;
use logis_decide::places::Places;
use logis_language::fingerprint::of_pack;
use logis_language::pack::Parsed;

/// What the figures of a report rest on.
///
/// ```
/// use logis::Pack;
/// use logis::scenario::basis::{Basis, Stands};
/// let pack = Pack::national();
/// let basis = Basis { stands: vec![Stands::of_pack("Règles", pack.parsed())], ..Basis::default() };
/// assert!(basis.stands[0].hash.starts_with("sha256:"));
/// assert_eq!(basis.synthetic(), None); // there are no data
/// ```
#[derive(Clone, Debug, Default, Serialize)]
pub struct Basis {
    /// The day on which the report is made, as whoever makes it says; `2026-11-30`.
    pub made_on: Option<String>,
    /// The days as of which rows are decided.
    pub dates: Vec<String>,
    /// The packs of rules and the packages of data.
    pub stands: Vec<Stands>,
    /// How many rows each territory decided by its local rules; empty if no local rule was asked.
    pub places: Vec<Counted>,
    /// The seeds of the repetitions.
    pub seeds: Vec<u64>,
    /// What is doubtful or not verified of the rules and figures that were used, each once.
    pub doubts: Vec<Doubt>,
    /// What whoever asks supposes: the text, and its source.
    pub assumptions: Vec<(String, String)>,
}

impl Basis {
    /// Are the rows invented: of all packages (`Some(true)`), of some or none (`Some(false)`)? `None` without data.
    pub fn synthetic(&self) -> Option<bool> {
        let mut all = self.stands.iter().filter_map(|one| one.synthetic).peekable();
        all.peek()?;
        Some(all.all(|synthetic| synthetic))
    }

    /// The doubts as a sheet, if there are any; `how` says whose they are.
    pub fn doubt_sheet(&self, how: &str) -> Option<Sheet> {
        let mut sheet = Sheet::new(
            "doutes",
            "Ce qui est douteux",
            how,
            "étiquettes « doute » et « réserve » du paquet de règles",
        );
        sheet.header =
            ["Sur quoi", "Genre", "Ce qui est dit", "Nom dans les règles"].map(str::to_string).to_vec();
        sheet.rows = self
            .doubts
            .iter()
            .map(|doubt| {
                [&doubt.of, &doubt.kind, &doubt.text, &doubt.name].map(|t| Cell::Text(t.clone())).to_vec()
            })
            .collect();
        (!sheet.rows.is_empty()).then_some(sheet)
    }
}

/// A pack of rules or a package of data: what figures stand on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Stands {
    /// What it is for the report: `Règles`, `Données`.
    pub role: String,
    /// What its authors call it.
    pub title: String,
    /// The state of it, as its authors call it.
    pub version: Option<String>,
    /// The hash of its files: `sha256:` and 64 hexadecimal digits.
    pub hash: String,
    /// Of data: does the package say that its rows are invented?
    pub synthetic: Option<bool>,
    /// What it says of itself.
    pub text: Option<String>,
}

impl Stands {
    /// A pack of rules.
    pub fn of_pack(role: &str, parsed: &Parsed) -> Stands {
        let manifest = &parsed.manifest;
        let titles = [&manifest.title, &manifest.name].into_iter().find(|title| !title.is_empty());
        Stands {
            role: role.to_string(),
            title: titles.map_or_else(|| "sans nom".to_string(), String::clone),
            version: Some(manifest.version.clone()).filter(|version| !version.is_empty()),
            hash: of_pack(parsed),
            ..Stands::default()
        }
    }

    /// A package of data, by what it says of itself and the hash of its files. `name` stands for a title.
    pub fn of_data(role: &str, name: &str, about: &About, hash: String) -> Stands {
        Stands {
            role: role.to_string(),
            title: about.title.clone().unwrap_or_else(|| name.to_string()),
            hash,
            synthetic: Some(about.synthetic),
            text: about.text.clone(),
            ..Stands::default()
        }
    }
}

/// How many rows each territory decided, and which hold some row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Local {
    /// The most rows first; then those of no territory.
    pub counted: Vec<Counted>,
    /// The territories that hold some row, by name: the finest, and the wider ones around it.
    pub held: BTreeSet<String>,
}

/// Rows whose local rules are those of one territory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// What people call the territory, or why there is none.
    pub label: String,
    /// How many rows.
    pub rows: u64,
}

impl Local {
    /// What places say.
    pub fn of(parsed: &Parsed, places: &Places) -> Local {
        let label = |name: &str| {
            let territory = parsed.territories.find(name).and_then(|at| parsed.territories.all.get(at));
            territory.map_or_else(|| name.to_string(), |territory| territory.label.clone())
        };
        let mut counted: Vec<Counted> =
            places.of.iter().map(|(name, rows)| Counted { label: label(name), rows: *rows }).collect();
        counted.sort_by(|a, b| (b.rows, &a.label).cmp(&(a.rows, &b.label)));
        for (label, rows) in [("sans territoire", places.nowhere), ("sans commune connue", places.unknown)] {
            counted.push(Counted { label: label.to_string(), rows });
        }
        counted.retain(|one| one.rows > 0);
        Local { counted, held: places.held.iter().map(|name| name.to_string()).collect() }
    }
}
