//! The model of a population: margins with their sources, as its file states them.
//!
//! Keys are French: they are what users write. Weights are relative to each other; amounts are euros a year unless
//! the key says otherwise. What a key means stands beside it in the shipped files, `scenarios/populations/*.toml`.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::error::GenerateError;
use crate::names::{Columns, Words};
use logis_language::value::{Date, parse_date};

/// ABC zones, dearest first; a commune without one is taken for the last.
pub(crate) const ABC: [&str; 5] = ["Abis", "A", "B1", "B2", "C"];

/// Margins, hypotheses and the names of the pack's columns: what populations are drawn from.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Model {
    pub title: String,
    #[serde(deserialize_with = "as_text")]
    pub as_of: String,
    pub text: String,
    /// The ceiling zone by which incomes overseas are drawn; empty: communes overseas are left out.
    #[serde(default)]
    pub outre_mer: String,
    /// Requests of the communes of the file; without `[communes]`, of the whole country.
    pub demandes: Count,
    /// Units of the communes of the file; without `[communes]`, of the whole country.
    pub logements: Count,
    /// The communes of a model of one territory; without them the model is drawn on any territory.
    pub communes: Option<Communes>,
    #[serde(default)]
    pub locaux: Vec<Local>,
    #[serde(default)]
    pub observes: Vec<Observed>,
    pub menages: Menages,
    pub revenus: Revenus,
    pub plafonds: Plafonds,
    pub parc_social: Parts<2>,
    pub anciennete: Anciennete,
    #[serde(default)]
    pub croisements: Vec<Croisement>,
    pub emploi: Emploi,
    pub employeurs: Employeurs,
    pub champs: Fields,
    pub projets: Projects,
    pub souhaits: Souhaits,
    pub typologies: Typologies,
    pub financements: Financements,
    pub quartiers: Quartiers,
    pub colonnes: Columns,
    pub valeurs: Words,
    /// Tables drawn apart from requests and units.
    #[serde(default)]
    pub autres_tables: Vec<Other>,
}

/// A published count.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Count {
    pub nombre: u64,
    pub source: String,
    pub confidence: String,
}

/// The communes of a model of one territory, which may be other than today's.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Communes {
    pub source: String,
    pub confidence: String,
    pub zone_plafond: String,
    pub liste: Vec<Commune>,
}

/// A commune: weights of its requests and of its units (those of its districts included), and its inhabitants,
/// by which places of work and further wishes are drawn.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Commune {
    pub code: String,
    pub nom: String,
    pub zone_abc: String,
    pub demandes: u64,
    pub logements: u64,
    pub population: u64,
}

/// What is published of one EPCI.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Local {
    pub epci: String,
    pub source: String,
    pub confidence: String,
    pub demandes: u64,
    /// Requests by commune; the other communes share the rest by population.
    #[serde(default)]
    pub communes: BTreeMap<String, u64>,
}

/// A published figure that nothing is drawn from: it is shown beside the margins.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Observed {
    pub chiffre: String,
    pub nombre: u64,
    pub source: String,
    pub confidence: String,
}

/// Shares of `N` classes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Parts<const N: usize> {
    pub source: String,
    pub confidence: String,
    #[serde(deserialize_with = "array")]
    pub parts: [u64; N],
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Menages {
    pub source: String,
    pub confidence: String,
    pub seule: u64,
    pub monoparentale: u64,
    pub couple: u64,
    pub couple_enfants: u64,
    /// Weights of one child, two, …
    pub enfants_monoparentale: Vec<u64>,
    pub enfants_couple: Vec<u64>,
    /// Of the applicant: youngest, oldest (years), weight.
    pub ages: Vec<(i64, i64, u64)>,
    pub handicap_pour_mille: i64,
    pub ascendant_pour_mille: i64,
    pub deux_salaires_pour_cent: i64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Revenus {
    pub source: String,
    pub confidence: String,
    /// Under the PLAI ceiling, PLAI to PLUS, PLUS to PLS, above.
    pub parts: [u64; 4],
    pub plancher_pour_cent_plai: i64,
    pub au_plus_pour_cent_pls: i64,
    pub baisse_pour_cent: i64,
    pub manque_n1_pour_mille: i64,
    pub manque_12_mois_pour_mille: i64,
    pub quartile_source: String,
    /// Regions (codes) that count as one territory for the first quartile; elsewhere it is the EPCI.
    #[serde(default)]
    pub quartile_regions: BTreeSet<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Plafonds {
    pub source: String,
    /// Does a disabled person raise the household category by one (in law since 2 January 2020)?
    pub handicap_releve: bool,
    pub zones: BTreeMap<String, Zone>,
}

/// The ceilings of a zone.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Zone {
    pub nom: String,
    pub plus: [i64; 7],
    pub plai: [i64; 7],
}

/// Ceilings by household category, euros a year: categories 1 to 6, then what each further person adds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ceilings {
    /// Of PLUS; those of PLS are 1.3 times as high.
    pub plus: [i64; 7],
    /// Of PLAI.
    pub plai: [i64; 7],
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Anciennete {
    pub source: String,
    pub confidence: String,
    /// Fewest and most whole months since the request, weight.
    pub classes: Vec<(i64, i64, u64)>,
}

/// What is supposed of how two axes of the cross table go together.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Croisement {
    pub axes: (String, String),
    pub source: String,
    pub poids: Vec<Vec<f64>>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Emploi {
    pub source: String,
    pub confidence: String,
    pub contrats: BTreeMap<String, u64>,
    /// Smallest and largest headcount, weight.
    pub effectifs: Vec<(i64, i64, u64)>,
    pub agricole_pour_cent: i64,
    /// Of those with a contract: still in their trial period.
    pub periode_essai_pour_cent: i64,
    /// Longest time since a hiring, in months.
    pub embauche_mois: i64,
    /// Of those with a contract: moving for their work.
    pub mobilite_pour_cent: i64,
    /// Longest time since such a move, in months.
    pub mutation_mois: i64,
    /// Of adults: in difficulty over housing.
    pub difficulte_pour_cent: i64,
    /// The net salary, as a share of the gross one.
    pub salaire_net_pour_cent: i64,
}

/// How many employers: a published number, or one for each `demandes_par_employeur` requests.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Employeurs {
    pub source: String,
    pub confidence: String,
    pub nombre: Option<u64>,
    pub demandes_par_employeur: Option<u64>,
    pub public_pour_cent: i64,
    /// By column: between how many and how many hundredths of the headcount.
    #[serde(default)]
    pub centiemes_effectif: BTreeMap<String, (i64, i64)>,
    #[serde(default)]
    pub champs: Drawn,
}

/// Rows alike of a table of its own.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Other {
    pub table: String,
    pub source: String,
    pub confidence: String,
    /// The column of identifiers, and what they begin with; none of a table that has no identifiers.
    #[serde(default)]
    pub cle: String,
    #[serde(default)]
    pub prefixe: String,
    #[serde(default)]
    pub nombre: u64,
    /// By which weights the commune of a row is drawn; none, if rows have no commune.
    pub lieu: Option<Place>,
    /// Columns that hold the identifier of a request or of a unit: that of the same number as the row.
    #[serde(default)]
    pub renvois: BTreeMap<String, Reference>,
    /// Rows in a district, of the communes that have one.
    #[serde(default)]
    pub quartier_pour_cent: i64,
    #[serde(default)]
    pub champs: Drawn,
}

/// What a row refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reference {
    /// A request.
    Demandes,
    /// A unit.
    Logements,
}

/// Where the rows of a table are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// As the requests are.
    Demandes,
    /// As the units are.
    Logements,
    /// One row for each commune.
    Chaque,
}

/// Fields drawn for each person and each request, independently of all else.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Fields {
    pub source: String,
    pub confidence: String,
    /// Of each adult; a child gets `false`, or nothing.
    pub personnes: Drawn,
    pub demandes: Drawn,
}

/// Fields by how they are drawn; the keys are the pack's columns.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Drawn {
    /// One value for every row, without a draw.
    pub toujours: BTreeMap<String, String>,
    /// `true` with this probability, in percent.
    pub oui_pour_cent: BTreeMap<String, i64>,
    /// A day of the last months; by field, how many months back at most.
    pub mois: BTreeMap<String, i64>,
    /// A day between two, both included.
    pub jours: BTreeMap<String, (toml::value::Datetime, toml::value::Datetime)>,
    /// A whole number between two, both included.
    pub entre: BTreeMap<String, (i64, i64)>,
    /// One of several texts, by weight.
    pub parmi: BTreeMap<String, BTreeMap<String, u64>>,
}

impl Drawn {
    /// The columns that are drawn.
    pub(crate) fn names(&self) -> impl Iterator<Item = &String> {
        let first = self.toujours.keys().chain(self.oui_pour_cent.keys()).chain(self.mois.keys());
        first.chain(self.jours.keys()).chain(self.entre.keys()).chain(self.parmi.keys())
    }
}

/// Projects to buy or to repair.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Projects {
    pub source: String,
    pub confidence: String,
    /// Of the applicants.
    pub pour_cent: i64,
    pub champs: Drawn,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Souhaits {
    pub source: String,
    pub confidence: String,
    /// Weights of 0 (any will do), 1, 2, … wished communes.
    pub communes: Vec<u64>,
}

#[derive(Clone, Debug, Deserialize)]
#[allow(missing_docs)]
pub struct Typologies {
    pub source: String,
    pub confidence: String,
    /// By size, `T1` and on.
    #[serde(flatten)]
    pub liste: BTreeMap<String, Typologie>,
}

/// Weight of a size, its surface in m² and how far a unit's may be from it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Typologie {
    pub part: u64,
    pub surface: i64,
    pub ecart: i64,
}

#[derive(Clone, Debug, Deserialize)]
#[allow(missing_docs)]
pub struct Financements {
    pub source: String,
    pub confidence: String,
    /// Smallest and largest service charges, cents per m² and month.
    pub charges_m2_centimes: (i64, i64),
    /// By product.
    #[serde(flatten)]
    pub liste: BTreeMap<String, Financement>,
}

/// Weight of a product and its rents by ABC zone, cents per m² and month.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Financement {
    pub part: u64,
    pub loyers_m2_centimes: BTreeMap<String, i64>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Quartiers {
    pub source: String,
    pub confidence: String,
    pub liste: Vec<Quartier>,
}

/// A district and its part of the units of its commune.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Quartier {
    pub quartier: String,
    pub commune: String,
    pub pour_cent: i64,
}

fn array<'de, const N: usize, D: serde::Deserializer<'de>>(deserializer: D) -> Result<[u64; N], D::Error> {
    let parts = Vec::deserialize(deserializer)?;
    let count = parts.len();
    parts.try_into().map_err(|_| serde::de::Error::invalid_length(count, &format!("{N} parts").as_str()))
}

/// A TOML date, or a text.
fn as_text<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        Date(toml::value::Datetime),
        Text(String),
    }
    Ok(match Either::deserialize(deserializer)? {
        Either::Date(date) => date.to_string(),
        Either::Text(text) => text,
    })
}

impl Model {
    /// Reads a model.
    ///
    /// # Errors
    /// [`GenerateError::Toml`] and [`GenerateError::Number`], with the line of what is wrong;
    /// [`GenerateError::Margin`] for a margin that makes no sense.
    pub fn parse(text: &str) -> Result<Model, GenerateError> {
        let model: Model = toml::from_str(text)?;
        crate::numbers::check(text)?;
        model.check()?;
        Ok(model)
    }

    /// The names of its tables: requests, persons, projects, employers, units.
    pub fn tables(&self) -> [&str; 5] {
        let names = &self.colonnes;
        [
            &names.demandes.table,
            &names.personnes.table,
            &names.projets.table,
            &names.employeurs.table,
            &names.logements.table,
        ]
    }

    /// The names of all its tables: those, and what is drawn apart from them.
    pub fn table_names(&self) -> impl Iterator<Item = &str> {
        self.tables().into_iter().chain(self.autres_tables.iter().map(|block| block.table.as_str()))
    }

    /// The day of the decision.
    pub(crate) fn day(&self) -> Date {
        // Checked by `parse`.
        parse_date(&self.as_of).unwrap_or(Date::constant(2000, 1, 1))
    }
}
