//! Pairs that are decided before anything is matched: some must be, some must not.

use std::collections::{BTreeMap, BTreeSet};

use super::instance::Instance;
use logis_data::Dataset;
use logis_language::diagnostic::nearest;

/// Why a pair cannot be decided so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotDecided {
    /// No request, or no unit, has this identifier.
    #[error("`{id}` n'est l'identifiant d'aucune {what}{}", nearest.as_ref().map_or_else(String::new, |n| format!("; vouliez-vous dire `{n}` ?")))]
    Unknown {
        /// What it should be.
        what: &'static str,
        /// The identifier.
        id: String,
        /// The nearest there is.
        nearest: Option<String>,
    },
    /// The unit does not suit the request.
    #[error("le logement {unit} ne convient pas à la demande {request}, ou ce n'est pas certain")]
    NotSuitable {
        /// The request.
        request: String,
        /// The unit.
        unit: String,
    },
    /// The request or the unit stands in two pairs.
    #[error("`{0}` y figure deux fois")]
    Twice(String),
    /// The pair is ruled out, too.
    #[error("le couple {request}, {unit} est à la fois fixé et interdit")]
    Both {
        /// The request.
        request: String,
        /// The unit.
        unit: String,
    },
    /// The unit is occupied, and it is not decided that its tenant moves.
    #[error(
        "le logement {unit} est occupé par la demande {by}: le fixer pour {request} demande de fixer aussi celui que {by} reçoit"
    )]
    Occupied {
        /// The request.
        request: String,
        /// The unit.
        unit: String,
        /// The request that holds it.
        by: String,
    },
    /// The ledger says otherwise.
    #[error("le couple {request}, {unit} contredit le registre: {why}")]
    Recorded {
        /// The request.
        request: String,
        /// The unit.
        unit: String,
        /// What it says.
        why: String,
    },
}

/// Identifiers of a request and a unit.
type Ids = (String, String);

impl Instance {
    /// This instance with its pairs `fixed`: who stands in one has no other candidate; and without those `forbidden`. A
    /// forbidden pair that is no candidate changes nothing. `moving` are tenants who are sure to leave their unit already.
    ///
    /// # Errors
    /// By place in `fixed`: what is wrong.
    pub(crate) fn decided(
        self,
        dataset: &Dataset,
        (fixed, forbidden): (&[Ids], &[Ids]),
        moving: &BTreeSet<&str>,
    ) -> Result<Instance, Vec<(usize, NotDecided)>> {
        if fixed.is_empty() && forbidden.is_empty() {
            return Ok(self);
        }
        let find =
            |(request, unit): &Ids| (self.requests.find(dataset, request), self.units.find(dataset, unit));
        let out: BTreeSet<(u32, u32)> = forbidden
            .iter()
            .filter_map(|ids| match find(ids) {
                (Some(r), Some(u)) => Some((r, u)),
                _ => None,
            })
            .collect();
        let (mut unit_of, mut request_of) = (BTreeMap::new(), BTreeMap::new());
        let mut wrong = Vec::new();
        for (at, ids) in fixed.iter().enumerate() {
            let (request, unit) = ids.clone();
            let both = match find(ids) {
                (Some(r), Some(u)) => (r, u),
                (own, _) => {
                    let (what, id, numbers) = match own {
                        None => ("demande", request, &self.requests),
                        Some(_) => ("logement", unit, &self.units),
                    };
                    let all = (0_u32..).take(numbers.len()).map(|number| numbers.id(dataset, number));
                    let nearest = nearest(&id, all).map(str::to_string);
                    wrong.push((at, NotDecided::Unknown { what, id, nearest }));
                    continue;
                }
            };
            if out.contains(&both) {
                wrong.push((at, NotDecided::Both { request, unit }));
            } else if self.pair(both.0, both.1).is_none() {
                wrong.push((at, NotDecided::NotSuitable { request, unit }));
            } else if unit_of.insert(both.0, both.1).is_some() {
                wrong.push((at, NotDecided::Twice(request)));
            } else if request_of.insert(both.1, both.0).is_some() {
                wrong.push((at, NotDecided::Twice(unit)));
            }
        }
        let holders = self.holders();
        for (at, ids) in fixed.iter().enumerate() {
            let holder = find(ids).1.and_then(|unit| holders.get(unit as usize).copied().flatten());
            let stays = |holder: &u32| {
                !unit_of.contains_key(holder) && !moving.contains(self.requests.id(dataset, *holder))
            };
            if let Some(holder) = holder.filter(stays) {
                let (request, unit) = ids.clone();
                let by = self.requests.id(dataset, holder).to_string();
                wrong.push((at, NotDecided::Occupied { request, unit, by }));
            }
        }
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let mut removed = BTreeSet::new();
        for request in (0_u32..).take(self.requests.len()) {
            for unit in self.units_of(request) {
                let other = unit_of.get(&request).is_some_and(|own| *own != unit)
                    || request_of.get(&unit).is_some_and(|own| *own != request);
                if other || out.contains(&(request, unit)) {
                    removed.insert((request, unit));
                }
            }
        }
        self.without(&removed).map_err(|_| Vec::new())
    }
}
