//! The model of a population: margins with their sources, for any territory.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::GenerateError;
use crate::spec::{Count, Emploi, Fields, Financements, Menages, Projects, Souhaits, Typologies, as_text};
use logis_language::value::{Date, parse_date};

/// ABC zones, dearest first; a commune without one is taken for the last.
pub(super) const ABC: [&str; 5] = ["Abis", "A", "B1", "B2", "C"];

/// What the populations of territories are drawn from. Weights are relative; the text of each field is in
/// the shipped file, `scenarios/populations/demandeurs.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Model {
    pub title: String,
    #[serde(deserialize_with = "as_text")]
    pub as_of: String,
    pub text: String,
    /// The ceiling zone by which incomes overseas are drawn; empty: communes overseas are left out.
    pub outre_mer: String,
    /// Of the whole country.
    pub demandes: Count,
    /// Of the whole country.
    pub logements: Count,
    #[serde(default)]
    pub locaux: Vec<Local>,
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
    pub financements: Financements<Financement>,
    pub quartiers: Quartiers,
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

/// Shares of some classes.
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
pub struct Revenus {
    pub source: String,
    pub confidence: String,
    /// Under PLAI, PLAI to PLUS, PLUS to PLS, above.
    pub parts: [u64; 4],
    pub plancher_pour_cent_plai: i64,
    pub au_plus_pour_cent_pls: i64,
    pub baisse_pour_cent: i64,
    pub manque_n1_pour_mille: i64,
    pub manque_12_mois_pour_mille: i64,
    pub quartile_source: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Plafonds {
    pub source: String,
    pub zones: BTreeMap<String, Zone>,
}

/// Ceilings of a zone: categories 1 to 6, then each further person; euros a year.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Zone {
    pub plus: [i64; 7],
    pub plai: [i64; 7],
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Anciennete {
    pub source: String,
    pub confidence: String,
    /// Fewest months, most months, weight.
    pub classes: Vec<(i64, i64, u64)>,
}

/// What is supposed of how two axes go together.
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
pub struct Employeurs {
    pub source: String,
    pub confidence: String,
    pub demandes_par_employeur: u64,
    pub public_pour_cent: i64,
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

impl Model {
    /// Reads a model.
    ///
    /// # Errors
    /// [`GenerateError::Toml`] and [`GenerateError::Number`], with the line of what is wrong; [`GenerateError::Margin`] for a margin
    /// that makes no sense.
    pub fn parse(text: &str) -> Result<Model, GenerateError> {
        let model: Model = toml::from_str(text)?;
        crate::numbers::check(text)?;
        model.check()?;
        Ok(model)
    }

    fn check(&self) -> Result<(), GenerateError> {
        let wrong = |key: &'static str, message: &str| -> Result<(), GenerateError> {
            Err(GenerateError::Margin { key, message: message.to_string() })
        };
        if parse_date(&self.as_of).is_none() {
            return wrong("as_of", "attendu: une date telle que 2024-12-31");
        }
        let m = &self.menages;
        let some = |weights: &[u64]| weights.iter().any(|w| *w > 0);
        if !some(&[m.seule, m.monoparentale, m.couple, m.couple_enfants])
            || !some(&m.enfants_monoparentale)
            || !some(&m.enfants_couple)
            || m.enfants_monoparentale.len().max(m.enfants_couple.len()) > 7
        {
            return wrong("menages", "attendu: une part non nulle au moins, et de 1 à 7 enfants");
        }
        if !some(&self.revenus.parts) || !some(&self.parc_social.parts) || !some(&self.souhaits.communes) {
            return wrong("revenus, parc_social, souhaits", "attendu: une part non nulle au moins");
        }
        if self.revenus.au_plus_pour_cent_pls <= 100 || self.revenus.plancher_pour_cent_plai >= 90 {
            return wrong(
                "revenus",
                "attendu: plancher_pour_cent_plai au-dessous de 90, au_plus_pour_cent_pls au-dessus de 100",
            );
        }
        let ordered =
            |classes: &[(i64, i64, u64)]| classes.iter().all(|(low, high, _)| 0 <= *low && low <= high);
        if m.ages.is_empty() || !ordered(&m.ages) || m.ages.iter().any(|(low, _, _)| *low < 18) {
            return wrong("menages.ages", "attendu: des tranches [au moins 18, au plus, poids]");
        }
        if self.anciennete.classes.is_empty() || !ordered(&self.anciennete.classes) {
            return wrong("anciennete.classes", "attendu: des tranches [mois au moins, mois au plus, poids]");
        }
        if self.emploi.contrats.is_empty() || self.emploi.effectifs.is_empty() {
            return wrong("emploi", "attendu: au moins un contrat et une tranche d'effectif");
        }
        if self.typologies.liste.is_empty() || self.financements.liste.is_empty() {
            return wrong("typologies, financements", "attendu: au moins une ligne");
        }
        let rents = |f: &Financement| ABC.iter().all(|zone| f.loyers_m2_centimes.contains_key(*zone));
        if !self.financements.liste.values().all(rents) {
            return wrong("financements", "attendu: un loyer pour chaque zone: Abis, A, B1, B2, C");
        }
        if self.plafonds.zones.is_empty()
            || !self.outre_mer.is_empty() && !self.plafonds.zones.contains_key(&self.outre_mer)
        {
            return wrong("outre_mer", "attendu: rien, ou l'une des zones de [plafonds.zones]");
        }
        if self.employeurs.demandes_par_employeur == 0 {
            return wrong("employeurs.demandes_par_employeur", "attendu: un nombre non nul");
        }
        Ok(())
    }

    /// The day of the decision.
    pub(super) fn day(&self) -> Date {
        // Checked by `parse`.
        parse_date(&self.as_of).unwrap_or(Date::constant(2000, 1, 1))
    }
}
