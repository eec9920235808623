//! The land: communes with their population, their zones and what they belong to; finding a territory by
//! code or name.
//!
//! Communes and zones are those of the pack's reference table; the names of groupings (EPCI),
//! départements and regions come from files beside it.

use std::collections::BTreeMap;

use logis_language::diagnostic::nearest;

/// A commune.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commune {
    /// INSEE code.
    pub code: String,
    /// Name.
    pub name: String,
    /// Inhabitants; none, if it is not known.
    pub population: Option<u64>,
    /// Ceiling zone; empty overseas, whose ceilings are others.
    pub ceiling_zone: String,
    /// ABC zone; empty where it has none.
    pub abc_zone: String,
    /// SIREN of its grouping; empty where it has none.
    pub epci: String,
    /// Code of its département or overseas territory.
    pub departement: String,
    /// Code of its region; empty where it has none.
    pub region: String,
}

/// All communes, and the names of what they belong to.
#[derive(Clone, Debug, Default)]
pub struct Land {
    /// The communes, by code.
    pub communes: Vec<Commune>,
    /// Groupings: name by SIREN.
    pub epcis: BTreeMap<String, String>,
    /// Départements: name by code.
    pub departements: BTreeMap<String, String>,
    /// Regions: name by code.
    pub regions: BTreeMap<String, String>,
}

/// The files that the land is read from, as text.
#[derive(Clone, Copy, Debug)]
pub struct LandFiles<'f> {
    /// `commune,nom,zone_plafond,zone_abc,epci,population`.
    pub communes: &'f str,
    /// `epci,nom`.
    pub epcis: &'f str,
    /// `departement,nom,region`.
    pub departements: &'f str,
    /// `region,nom`.
    pub regions: &'f str,
}

/// What a territory is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A grouping of communes.
    Epci,
    /// One commune.
    Commune,
    /// A département.
    Departement,
    /// A region.
    Region,
    /// The whole country.
    France,
}

/// Some communes under a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Territory {
    /// What it is.
    pub kind: Kind,
    /// Its code; empty for the whole country.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Places of its communes in [`Land::communes`], ascending.
    pub communes: Vec<usize>,
}

/// Why a territory is not found, or the land not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TerritoryError {
    /// A file of the land does not read.
    #[error("{file}: {message}")]
    File {
        /// Its name.
        file: &'static str,
        /// What is wrong.
        message: String,
    },
    /// No territory has this code or name.
    #[error(
        "territoire « {asked} »: ni code ni nom d'un EPCI, d'une commune, d'un département ou d'une région, ni `france`{}",
        hint(nearest)
    )]
    Unknown {
        /// What was asked.
        asked: String,
        /// Names and codes that are near.
        nearest: Vec<String>,
    },
    /// Several territories have this name.
    #[error("territoire « {asked} »: plusieurs portent ce nom, donner le code: {}", choices.join(", "))]
    Ambiguous {
        /// What was asked.
        asked: String,
        /// Code, name and kind of each.
        choices: Vec<String>,
    },
}

fn hint(nearest: &[String]) -> String {
    match nearest {
        [] => String::new(),
        [one] => format!("; vouliez-vous dire {one} ?"),
        several => format!("; vouliez-vous dire l'un de ceux-ci: {} ?", several.join(", ")),
    }
}

impl Kind {
    /// In French.
    pub fn label(self) -> &'static str {
        match self {
            Kind::Epci => "EPCI",
            Kind::Commune => "commune",
            Kind::Departement => "département",
            Kind::Region => "région",
            Kind::France => "pays",
        }
    }
}

impl Territory {
    /// `Dijon Métropole (EPCI 242100410)`.
    pub fn title(&self) -> String {
        match self.kind {
            Kind::France => self.name.clone(),
            kind => format!("{} ({} {})", self.name, kind.label(), self.code),
        }
    }
}

impl Land {
    /// Reads the land.
    ///
    /// # Errors
    /// [`TerritoryError::File`]: a column is missing, or a cell does not read.
    pub fn read(files: LandFiles<'_>) -> Result<Land, TerritoryError> {
        let names = |file, text, key| -> Result<BTreeMap<String, String>, TerritoryError> {
            Ok(rows(file, text, [key, "nom"])?.into_iter().map(|[code, name]| (code, name)).collect())
        };
        let departements = names("departements.csv", files.departements, "departement")?;
        let region_of: BTreeMap<String, String> =
            rows("departements.csv", files.departements, ["departement", "region"])?
                .into_iter()
                .map(|[code, region]| (code, region))
                .collect();
        let columns = ["commune", "nom", "population", "zone_plafond", "zone_abc", "epci"];
        let mut communes = Vec::new();
        for [code, name, population, ceiling_zone, abc_zone, epci] in
            rows("communes.csv", files.communes, columns)?
        {
            let population = match population.as_str() {
                "" => None,
                text => Some(text.parse().map_err(|_| TerritoryError::File {
                    file: "communes.csv",
                    message: format!("commune {code}: population « {text} », attendu: un nombre entier"),
                })?),
            };
            let departement = departement_of(&code);
            let region = region_of.get(&departement).cloned().unwrap_or_default();
            communes.push(Commune {
                code,
                name,
                population,
                ceiling_zone,
                abc_zone,
                epci,
                departement,
                region,
            });
        }
        communes.sort_by(|a, b| a.code.cmp(&b.code));
        let epcis = names("epci.csv", files.epcis, "epci")?;
        Ok(Land { communes, epcis, departements, regions: names("regions.csv", files.regions, "region")? })
    }

    /// Inhabitants of some communes, as far as they are known.
    pub fn population(&self, communes: &[usize]) -> u64 {
        communes.iter().filter_map(|at| self.communes.get(*at)?.population).sum()
    }

    /// The territory of that code or name. Names are compared without accents, case and hyphens; `france`
    /// is the whole country.
    ///
    /// # Errors
    /// [`TerritoryError::Unknown`] with what is near, [`TerritoryError::Ambiguous`] with the codes.
    pub fn find(&self, asked: &str) -> Result<Territory, TerritoryError> {
        let wanted = plain(asked);
        if wanted == "france" {
            let communes = (0..self.communes.len()).collect();
            return Ok(Territory {
                kind: Kind::France,
                code: String::new(),
                name: "France".into(),
                communes,
            });
        }
        let all = self.all();
        // A code is of a commune, a département or a grouping; those of regions are départements' too.
        let code = asked.trim().to_uppercase();
        let by_code = all.iter().find(|(kind, own, _)| *kind != Kind::Region && *own == code);
        if let Some((kind, code, name)) = by_code {
            return Ok(self.territory(*kind, code, name));
        }
        let found: Vec<Territory> = all
            .iter()
            .filter(|(_, _, name)| plain(name) == wanted)
            .map(|(kind, code, name)| self.territory(*kind, code, name))
            .collect();
        match found.split_first() {
            None => {
                let nearest = self.near(&wanted, &all);
                Err(TerritoryError::Unknown { asked: asked.to_string(), nearest })
            }
            // Paris is a commune and a département: the same people under two names.
            Some((first, others)) if others.iter().all(|t| self.inhabited(t).eq(self.inhabited(first))) => {
                Ok(others.last().unwrap_or(first).clone())
            }
            Some(_) => Err(TerritoryError::Ambiguous {
                asked: asked.to_string(),
                choices: found.iter().map(Territory::title).collect(),
            }),
        }
    }

    /// The communes of a territory in which somebody lives.
    fn inhabited<'t>(&'t self, territory: &'t Territory) -> impl Iterator<Item = &'t Commune> {
        let all = territory.communes.iter().filter_map(|at| self.communes.get(*at));
        all.filter(|commune| commune.population.is_some_and(|people| people > 0))
    }

    /// Kind, code and name of all territories but the country.
    fn all(&self) -> Vec<(Kind, &str, &str)> {
        let mut all: Vec<(Kind, &str, &str)> = Vec::new();
        for (kind, names) in [
            (Kind::Epci, &self.epcis),
            (Kind::Departement, &self.departements),
            (Kind::Region, &self.regions),
        ] {
            all.extend(names.iter().map(|(code, name)| (kind, code.as_str(), name.as_str())));
        }
        all.extend(self.communes.iter().map(|c| (Kind::Commune, c.code.as_str(), c.name.as_str())));
        all
    }

    fn territory(&self, kind: Kind, code: &str, name: &str) -> Territory {
        let belongs = |commune: &Commune| match kind {
            Kind::Epci => commune.epci == code,
            Kind::Commune => commune.code == code,
            Kind::Departement => commune.departement == code,
            Kind::Region => commune.region == code,
            Kind::France => true,
        };
        let communes =
            self.communes.iter().enumerate().filter(|(_, c)| belongs(c)).map(|(at, _)| at).collect();
        Territory { kind, code: code.to_string(), name: name.to_string(), communes }
    }

    /// What was perhaps meant: the nearest name, then names in which most of the words begin alike, the
    /// shortest first.
    fn near(&self, wanted: &str, all: &[(Kind, &str, &str)]) -> Vec<String> {
        let plain: Vec<String> = all.iter().map(|(_, _, name)| plain(name)).collect();
        // A name of two letters is near to too many.
        let near = nearest(wanted, plain.iter().map(String::as_str)).filter(|_| wanted.len() > 2);
        let words: Vec<&str> = wanted.split(' ').filter(|w| w.len() > 3).collect();
        let alike = |name: &str| {
            words.iter().filter(|word| name.split(' ').any(|own| own.starts_with(**word))).count()
        };
        // Words that begin alike find what an edit distance does not: « Dijon » for « Dijon Métropole ».
        let most = plain.iter().map(|name| alike(name)).max().unwrap_or(0);
        let mut places: Vec<usize> = (0..plain.len()).collect();
        places.retain(|at| {
            let name = plain.get(*at).map_or("", String::as_str);
            Some(name) == near || most > 0 && alike(name) == most
        });
        places.sort_by_key(|at| {
            let name = plain.get(*at).map_or("", String::as_str);
            (Some(name) != near, name.len(), *at)
        });
        let shown =
            |at: usize| all.get(at).map(|(kind, code, name)| format!("« {name} » ({} {code})", kind.label()));
        places.into_iter().take(5).filter_map(shown).collect()
    }
}

/// The département of a commune: three characters overseas, two elsewhere.
fn departement_of(code: &str) -> String {
    let count = if code.starts_with("97") || code.starts_with("98") { 3 } else { 2 };
    code.chars().take(count).collect()
}

/// Lower case, without accents; what is no letter or digit is a space.
fn plain(name: &str) -> String {
    let mut plain = String::new();
    for c in name.to_lowercase().chars() {
        match c {
            'à' | 'â' | 'ä' => plain.push('a'),
            'ç' => plain.push('c'),
            'é' | 'è' | 'ê' | 'ë' => plain.push('e'),
            'î' | 'ï' => plain.push('i'),
            'ô' | 'ö' => plain.push('o'),
            'ù' | 'û' | 'ü' => plain.push('u'),
            'ÿ' => plain.push('y'),
            'œ' => plain.push_str("oe"),
            'æ' => plain.push_str("ae"),
            c if c.is_alphanumeric() => plain.push(c),
            _ => plain.push(' '),
        }
    }
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The cells of some columns of a CSV text.
fn rows<const N: usize>(
    file: &'static str,
    text: &str,
    columns: [&str; N],
) -> Result<Vec<[String; N]>, TerritoryError> {
    let wrong = |message: String| TerritoryError::File { file, message };
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let headers = reader.headers().map_err(|e| wrong(e.to_string()))?.clone();
    let mut places = [0; N];
    for (place, column) in places.iter_mut().zip(columns) {
        *place = headers
            .iter()
            .position(|h| h == column)
            .ok_or_else(|| wrong(format!("il manque la colonne `{column}`")))?;
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|e| wrong(e.to_string()))?;
        rows.push(places.map(|at| record.get(at).unwrap_or("").trim().to_string()));
    }
    Ok(rows)
}
