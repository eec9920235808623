//! The population file: margins, with their sources.

use std::collections::BTreeMap;

use serde::Deserialize;

use logis_language::value::{Date, parse_date};

/// Why a population cannot be drawn.
#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    /// The file does not read.
    #[error("{0}")]
    Toml(#[from] toml::de::Error),
    /// A margin makes no sense.
    #[error("`{key}`: {message}")]
    Margin {
        /// Where in the file.
        key: &'static str,
        /// What is wrong.
        message: String,
    },
    /// A number is none that a population has.
    #[error("ligne {line}: `{key}`: « {found} » ; attendu: {expected}")]
    Number {
        /// The line of the file.
        line: usize,
        /// The keys down to it, with points.
        key: String,
        /// What is written.
        found: String,
        /// What may be.
        expected: String,
    },
    /// The territory gives nothing to draw.
    #[error("{0}")]
    Territory(String),
    /// The margins and crossings do not fit together.
    #[error(transparent)]
    Ipf(#[from] super::ipf::IpfError),
    /// The columns of a table do not fit together.
    #[error("{0}")]
    Columns(String),
}

/// Rows of a table that is drawn in memory.
const MOST_ROWS: u64 = 1_000_000;

/// A population to draw. Weights are relative; the text of each field is in the shipped file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Spec {
    pub title: String,
    #[serde(deserialize_with = "as_text")]
    pub as_of: String,
    pub text: String,
    pub zone_plafond: String,
    pub demandes: Requests,
    pub logements: Count,
    pub employeurs: Count,
    pub attributions: Count,
    pub communes: Communes,
    pub quartiers: Quartiers,
    pub menages: Menages,
    pub ressources: Ressources,
    pub emploi: Emploi,
    pub champs: Fields,
    pub projets: Projects,
    pub souhaits: Souhaits,
    pub typologies: Typologies,
    pub financements: Financements,
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

/// How many requests, and between which days they were registered.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Requests {
    pub nombre: u64,
    pub source: String,
    pub confidence: String,
    #[serde(deserialize_with = "as_text")]
    pub depuis: String,
    #[serde(deserialize_with = "as_text")]
    pub jusqua: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Communes {
    pub source: String,
    pub confidence: String,
    pub liste: Vec<Commune>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Commune {
    pub code: String,
    pub nom: String,
    pub demande: u64,
    pub parc: u64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Quartiers {
    pub source: String,
    pub confidence: String,
    pub hors: u64,
    pub liste: Vec<Quartier>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Quartier {
    pub quartier: String,
    pub commune: String,
    pub part: u64,
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
    pub enfants_monoparentale: Vec<u64>,
    pub enfants_couple: Vec<u64>,
    /// Youngest, oldest, weight.
    pub ages: Vec<(i64, i64, u64)>,
    pub handicap_pour_mille: u64,
    pub ascendant_pour_mille: u64,
    pub deux_salaires_pour_cent: i64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Ressources {
    pub source: String,
    pub confidence: String,
    pub sous_plai: u64,
    pub sous_plus: u64,
    pub au_dela: u64,
    pub plancher_pour_cent_plai: i64,
    pub baisse_pour_cent: u64,
    pub manque_n1_pour_mille: u64,
    pub manque_12_mois_pour_mille: u64,
    /// Categories 1 to 6, then each further person; euros a year.
    pub plafonds_plus: [i64; 7],
    pub plafonds_plai: [i64; 7],
    pub plafonds_source: String,
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
    pub agricole_pour_cent: u64,
    /// Of those with a contract: still in their trial period.
    pub periode_essai_pour_cent: i64,
    /// Hired so many months ago at most.
    pub embauche_mois: i64,
    /// Of those with a contract: moving for their work, so many months ago at most.
    pub mobilite_pour_cent: i64,
    pub mutation_mois: i64,
    /// Of adults: in difficulty over housing.
    pub difficulte_pour_cent: i64,
    /// The net salary, as a share of the gross one.
    pub salaire_net_pour_cent: i64,
}

/// Fields drawn for each person and each request, beyond what makes the household.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Fields {
    pub source: String,
    pub confidence: String,
    /// Of each adult; a child has a plain no, or nothing.
    pub personnes: Drawn,
    pub demandes: Drawn,
}

/// Fields by how they are drawn.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Drawn {
    /// The same for every row, without a draw.
    pub toujours: BTreeMap<String, String>,
    /// Yes for so many in a hundred.
    pub oui_pour_cent: BTreeMap<String, i64>,
    /// A day of the last so many months.
    pub mois: BTreeMap<String, i64>,
    /// A whole number between two, both included.
    pub entre: BTreeMap<String, (i64, i64)>,
    /// One of several, by weight.
    pub parmi: BTreeMap<String, BTreeMap<String, u64>>,
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
    /// Weights of 0, 1, 2… wished communes.
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

/// Weight of a size, its surface in m² and how far it may be from it.
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
pub struct Financements<F = Financement> {
    pub source: String,
    pub confidence: String,
    /// Smallest and largest service charges, cents per m² and month.
    pub charges_m2_centimes: (i64, i64),
    /// By product.
    #[serde(flatten)]
    pub liste: BTreeMap<String, F>,
}

/// Weight of a product and its rent, cents per m² and month.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Financement {
    pub part: u64,
    pub loyer_m2_centimes: i64,
}

/// A TOML date, or a text.
pub(super) fn as_text<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
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

impl Spec {
    /// Reads a population file.
    ///
    /// # Errors
    /// [`GenerateError::Toml`] and [`GenerateError::Number`], with the line of what is wrong.
    pub fn parse(text: &str) -> Result<Spec, GenerateError> {
        let spec = toml::from_str(text)?;
        super::numbers::check(text)?;
        Ok(spec)
    }

    /// Do the margins make a population?
    ///
    /// # Errors
    /// [`GenerateError::Margin`] names the first that does not.
    pub fn check(&self) -> Result<(), GenerateError> {
        let wrong =
            |key: &'static str, message: &str| GenerateError::Margin { key, message: message.to_string() };
        let dates = [
            ("as_of", &self.as_of),
            ("demandes.depuis", &self.demandes.depuis),
            ("demandes.jusqua", &self.demandes.jusqua),
        ];
        for (key, text) in dates {
            if parse_date(text).is_none() {
                return Err(wrong(key, "attendu: une date telle que 2015-12-31"));
            }
        }
        if self.communes.liste.iter().all(|c| c.demande == 0)
            || self.communes.liste.iter().all(|c| c.parc == 0)
        {
            return Err(wrong("communes.liste", "attendu: au moins une commune de poids non nul"));
        }
        if self.menages.ages.is_empty() || self.emploi.effectifs.is_empty() {
            return Err(wrong("menages.ages, emploi.effectifs", "attendu: au moins une tranche"));
        }
        if self.typologies.liste.is_empty()
            || self.financements.liste.is_empty()
            || self.emploi.contrats.is_empty()
        {
            return Err(wrong("typologies, financements, emploi.contrats", "attendu: au moins une ligne"));
        }
        for (key, count) in [
            ("demandes.nombre", self.demandes.nombre),
            ("logements.nombre", self.logements.nombre),
            ("employeurs.nombre", self.employeurs.nombre),
        ] {
            if count > MOST_ROWS {
                let message = format!(
                    "« {count} » ; attendu: {MOST_ROWS} au plus (au-delà, --territory, qui écrit part par part)"
                );
                return Err(GenerateError::Margin { key, message });
            }
        }
        if Spec::day(&self.demandes.depuis) > Spec::day(&self.demandes.jusqua) {
            return Err(wrong("demandes.jusqua", "attendu: une date après celle de `depuis`"));
        }
        let some = |weights: &[u64]| weights.iter().any(|w| *w > 0);
        let m = &self.menages;
        let r = &self.ressources;
        let weights: [(&'static str, bool); 11] = [
            ("menages", some(&[m.seule, m.monoparentale, m.couple, m.couple_enfants])),
            ("menages.enfants_monoparentale", some(&m.enfants_monoparentale)),
            ("menages.enfants_couple", some(&m.enfants_couple)),
            ("menages.ages", m.ages.iter().any(|a| a.2 > 0)),
            ("ressources", some(&[r.sous_plai, r.sous_plus, r.au_dela])),
            ("emploi.effectifs", self.emploi.effectifs.iter().any(|e| e.2 > 0)),
            ("emploi.contrats", self.emploi.contrats.values().any(|w| *w > 0)),
            ("souhaits.communes", some(&self.souhaits.communes)),
            ("typologies", self.typologies.liste.values().any(|t| t.part > 0)),
            ("financements", self.financements.liste.values().any(|f| f.part > 0)),
            ("quartiers", self.quartiers.hors > 0 || self.quartiers.liste.iter().any(|q| q.part > 0)),
        ];
        if let Some((key, _)) = weights.iter().find(|(_, some)| !some) {
            return Err(wrong(key, "attendu: un poids non nul au moins"));
        }
        if self.employeurs.nombre == 0 {
            return Err(wrong("employeurs.nombre", "attendu: au moins un employeur"));
        }
        Ok(())
    }

    /// The day of a date of the file.
    pub(super) fn day(text: &str) -> Date {
        // Checked by `check`, which `generate` calls first.
        parse_date(text).unwrap_or(Date::constant(2000, 1, 1))
    }
}
