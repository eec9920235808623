//! The cross table of requests: zone × household × income × age × social stock × seniority.
//!
//! Margins come from the model and from the communes. How axes go together is supposed: the seed of the fitting is
//! the product of the model's crossings, whose odds ratios the fitting keeps.

use crate::deck::quotas;
use crate::error::GenerateError;
use crate::ipf::{Cross, Gap, Margin, Stop, fit, round};
use crate::model::Model;

/// Names of the axes in the model, in their order.
pub(crate) const AXES: [&str; 6] = ["zone", "menage", "revenu", "age", "parc_social", "anciennete"];

/// Places of two of them.
const AGE: usize = 3;
const SENIORITY: usize = 5;

/// Nobody files a request before the age at which a minor can be emancipated (code civil, art. 413-2), in years.
pub(crate) const FILING_AGE: i64 = 16;

/// The least age of whoever filed a request that many months ago, in years.
pub(crate) fn youngest(months: i64) -> i64 {
    FILING_AGE + (months + 11) / 12
}

/// A class of household: a couple or not, and children.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HouseholdClass {
    pub couple: bool,
    pub children: i64,
}

/// The classes of households, each with its part of `total` requests: first the kinds, whose shares are published,
/// then the numbers of children of each, whose shares are supposed.
pub(crate) fn household_classes(model: &Model, total: u64) -> Vec<(HouseholdClass, u64)> {
    let m = &model.menages;
    let none: &[u64] = &[];
    let kinds = [
        (m.seule, false, none),
        (m.monoparentale, false, &m.enfants_monoparentale[..]),
        (m.couple, true, none),
        (m.couple_enfants, true, &m.enfants_couple[..]),
    ];
    let mut all = Vec::new();
    for ((_, couple, children), requests) in kinds.into_iter().zip(quotas(total, &kinds.map(|kind| kind.0))) {
        if children.is_empty() {
            all.push((HouseholdClass { couple, children: 0 }, requests));
        }
        for (children, requests) in (1..).zip(quotas(requests, children)) {
            all.push((HouseholdClass { couple, children }, requests));
        }
    }
    all
}

/// The fitted table in whole requests.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    /// Classes of each axis.
    pub sizes: Vec<usize>,
    /// By cell, the last axis running fastest.
    pub counts: Vec<u64>,
    /// Rounds of the fitting.
    pub rounds: usize,
    /// Margins that the structural zeros of the crossings make impossible.
    pub gaps: Vec<Gap>,
}

impl Table {
    /// Fits the table to the margins of the model and to the requests of each zone.
    pub fn new(model: &Model, by_zone: &[u64]) -> Result<Table, GenerateError> {
        let total: u64 = by_zone.iter().sum();
        let of = |weights: Vec<u64>| quotas(total, &weights);
        let asked: Vec<Vec<u64>> = vec![
            by_zone.to_vec(),
            household_classes(model, total).into_iter().map(|(_, requests)| requests).collect(),
            of(model.revenus.parts.to_vec()),
            of(model.menages.ages.iter().map(|a| a.2).collect()),
            of(model.parc_social.parts.to_vec()),
            of(model.anciennete.classes.iter().map(|c| c.2).collect()),
        ];
        let sizes: Vec<usize> = asked.iter().map(Vec::len).collect();
        let crossings = crossings(model, &sizes)?;
        let weight = |classes: &[usize]| -> f64 {
            let of = |axis: usize| classes.get(axis).copied().unwrap_or(0);
            // Who is too young today to have asked so long ago does not exist.
            let (age, seniority) =
                (model.menages.ages.get(of(AGE)), model.anciennete.classes.get(of(SENIORITY)));
            if age.zip(seniority).is_some_and(|(age, asked)| age.1 < youngest(asked.0)) {
                return 0.0;
            }
            crossings
                .iter()
                .map(|(a, b, table)| {
                    table.get(of(*a)).and_then(|row| row.get(of(*b))).copied().unwrap_or(0.0)
                })
                .product()
        };
        let seed = Cross::new(&sizes, weight);
        if total == 0 {
            let counts = vec![0; seed.cells.len()];
            return Ok(Table { sizes, counts, rounds: 0, gaps: Vec::new() });
        }
        let margins: Vec<Margin> = AXES
            .iter()
            .zip(&asked)
            .enumerate()
            .map(|(axis, (name, targets))| Margin {
                name: (*name).to_string(),
                axes: vec![axis],
                targets: targets.iter().map(|n| *n as f64).collect(),
            })
            .collect();
        let fitted = fit(&seed, &margins, Stop { tolerance: 1e-9, ..Stop::default() })?;
        let targets: Vec<(usize, Vec<u64>)> = asked.iter().cloned().enumerate().collect();
        let counts = round(&fitted.table, total, &targets);
        Ok(Table { sizes, counts, rounds: fitted.rounds, gaps: fitted.gaps })
    }

    /// The classes of a cell, one of each axis.
    pub fn classes(&self, cell: usize) -> [usize; 6] {
        let mut all = [0; 6];
        let classes = crate::ipf::classes(&self.sizes, cell);
        for (class, of) in all.iter_mut().zip(classes) {
            *class = of;
        }
        all
    }
}

/// The crossings, checked: the positions of the two axes, and the weights.
#[allow(clippy::type_complexity, reason = "two axes and a table of weights")]
fn crossings<'m>(
    model: &'m Model,
    sizes: &[usize],
) -> Result<Vec<(usize, usize, &'m Vec<Vec<f64>>)>, GenerateError> {
    let wrong = |message: String| GenerateError::Margin { key: "croisements", message };
    let place = |name: &str| {
        AXES.iter().position(|axis| *axis == name).ok_or_else(|| {
            let hint = logis_language::diagnostic::nearest(name, AXES);
            let hint = hint.map_or_else(String::new, |near| format!("; vouliez-vous dire `{near}` ?"));
            wrong(format!("`{name}` n'est pas un axe: {}{hint}", AXES.join(", ")))
        })
    };
    let mut all = Vec::new();
    for crossing in &model.croisements {
        let (first, second) = (place(&crossing.axes.0)?, place(&crossing.axes.1)?);
        let size = |axis: usize| sizes.get(axis).copied().unwrap_or(0);
        let form = crossing.poids.len() == size(first)
            && crossing.poids.iter().all(|row| row.len() == size(second))
            && crossing.poids.iter().flatten().all(|w| w.is_finite() && *w >= 0.0);
        // Zones are those of the territory: their number is not known beforehand.
        if first == 0 || second == 0 || first == second {
            return Err(wrong("les axes d'un croisement sont deux axes autres que `zone`".to_string()));
        }
        if !form {
            return Err(wrong(format!(
                "{} × {}: attendu {} lignes de {} poids positifs ou nuls",
                crossing.axes.0,
                crossing.axes.1,
                size(first),
                size(second)
            )));
        }
        all.push((first, second, &crossing.poids));
    }
    Ok(all)
}
