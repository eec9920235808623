//! The figures of a run as a whole, and its shares.

use super::Planned;
use super::counts::number;
use crate::allocation::Allocation;
use crate::decided::Decide;
use crate::table::{Table, count, mean, percent, ratio, scaled};
use logis_allocation::attribution::Asks;
use logis_language::value::Exact;

/// What a year, or several, adds up to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sums {
    /// Requests; over several years each once.
    pub requests: u64,
    /// Units offered; over several years as often as they are offered anew.
    pub units: u64,
    /// Suitable pairs, where they are of one year.
    pub pairs: Option<u64>,
    /// Pairs that a missing input leaves open, likewise.
    pub open: Option<u64>,
    pub attributions: u64,
    /// Requests that wait at the end.
    pub left: u64,
    /// Of them: those to whom no unit suits, where all pairs are known.
    pub unsuited: Option<u64>,
    /// Units that are free at the end.
    pub free: u64,
    pub priority: u64,
    pub fit: u64,
    /// By request: how long it has waited, where that is known and measured; and whether it is served.
    pub waits: Option<Vec<(Exact, bool)>>,
    /// Rent burdens of the attributions, where they are known and measured.
    pub burdens: Option<Vec<Exact>>,
}

/// How the shares of an answer are obtained.
const OF_ANSWER: &str = "Attributions comptées et membres : comptes sur l'appariement. Prix : ce qu'un membre de moins à loger apporterait de points de priorité, trouvé en appariant de nouveau ; aucun prix, la part se sert d'elle-même.";

/// The same of a year of sessions.
const OF_LEASES: &str = "Attributions comptées et membres : les baux de l'année de séances. Prix : ce qu'un membre de moins à loger apporterait de points de priorité à l'année appariée d'un coup, trouvé en l'appariant de nouveau ; aucun prix, la part s'y sert d'elle-même.";

/// The same where the year is not solved at once.
const OF_LEASES_ALONE: &str = "Attributions comptées et membres : les baux de l'année de séances. Prix : il se trouve en appariant l'année d'un coup, qui n'est pas calculée (`at_once = false`).";

impl Planned {
    /// Adds up a year.
    pub(super) fn sums(
        &self,
        decide: &Decide<'_>,
        allocation: &Allocation,
        burden: &[Option<Exact>],
    ) -> Sums {
        let (requests, units) = (allocation.unit_of.len() as u64, allocation.units() as u64);
        let reached = &allocation.matching.reached;
        let candidates = allocation.candidates();
        let known = |n: u64| Some(n).filter(|_| allocation.at_once);
        let unsuited =
            (0..allocation.unit_of.len()).filter(|&r| candidates.rows_of(r).is_empty()).count() as u64;
        let waits = self.waiting.as_ref().map(|plan| {
            let decided = decide.rows("attente", plan);
            let column = decided.columns.first();
            let wait =
                |(row, unit): (usize, &Option<u32>)| Some((number(column?.value(row))?, unit.is_some()));
            allocation.unit_of.iter().enumerate().filter_map(wait).collect()
        });
        Sums {
            requests,
            units,
            pairs: known(candidates.len() as u64),
            open: known(candidates.open.iter().map(|n| u64::from(*n)).sum()),
            attributions: reached.attributions,
            left: requests - reached.attributions,
            unsuited: known(unsuited),
            free: units - reached.attributions,
            priority: reached.priority,
            fit: reached.fit,
            waits,
            burdens: self.burden.is_some().then(|| burden.iter().flatten().copied().collect()),
        }
    }

    pub(super) fn quotas(&self, allocation: &Allocation) -> Option<Table> {
        if allocation.quotas.is_empty() {
            return None;
        }
        let mut table = Table::new(
            "quotas",
            "Les parts demandées, dans l'ordre où elles sont servies",
            "Part",
            match (allocation.weekly, allocation.at_once) {
                (false, _) => OF_ANSWER,
                (true, true) => OF_LEASES,
                (true, false) => OF_LEASES_ALONE,
            },
            "quotas de `[matching]` du paquet et leurs paramètres",
        )
        .column("base", "Attributions comptées", "attributions", 0, false)
        .column("membres", "dont membres", "attributions", 0, false)
        .column("attendus", "Membres attendus", "attributions", 0, false)
        .share("part", "Part atteinte", true)
        .column("legale", "Part demandée", "%", 1, true)
        .column("manque", "Manque", "attributions", 0, true)
        .column("prix", "Prix", "points par membre", 0, true);
        let reached = &allocation.matching.reached.quotas;
        for (at, (quota, reached)) in allocation.quotas.iter().zip(reached).enumerate() {
            let price = allocation.quota_prices.get(at).copied().or(allocation.at_once.then_some(0));
            let (base, members) = quota.asks.counted(reached);
            let share = |a: u32, b: u32| ratio(i128::from(a) * 100, i128::from(b), 1);
            let asked = match quota.asks {
                Asks::ShareAtLeast => share(quota.quota.numerator, quota.quota.denominator),
                Asks::ShareAtMost(a, b) => share(a, b),
                _ => None,
            };
            // Members asked for, or that may be; of who comes first as many as can be, so that no number lacks.
            let target = match quota.asks {
                Asks::First => None,
                Asks::ShareAtMost(..) => count(base.saturating_sub(reached.target)),
                Asks::NumberAtMost(number) => count(number),
                Asks::ShareAtLeast | Asks::NumberAtLeast(_) => count(reached.target),
            };
            table.row(
                &quota.quota.name,
                &quota.label,
                vec![
                    count(base),
                    count(members),
                    target,
                    percent(members, base, 1),
                    asked,
                    count(reached.shortfall).filter(|_| quota.asks != Asks::First),
                    price.and_then(count),
                ],
            );
            table.of(reached.base);
        }
        Some(table)
    }
}

impl Sums {
    /// Adds a later year, in which `requests` requests and `units` units are new. What waits and is free is that of the
    /// later year.
    pub(crate) fn add(&mut self, later: &Sums, requests: u64, units: u64) {
        self.requests += requests;
        self.units += units;
        // A pair that stays over years would count in each: no sum says anything.
        (self.pairs, self.open) = (None, None);
        self.attributions += later.attributions;
        (self.left, self.unsuited, self.free) = (later.left, later.unsuited, later.free);
        self.priority += later.priority;
        self.fit += later.fit;
        if let (Some(own), Some(later)) = (&mut self.waits, &later.waits) {
            // Who waits is counted once, with the waiting time of the later year; who was served stays as
            // served.
            own.retain(|(_, served)| *served);
            own.extend(later);
        }
        if let (Some(own), Some(later)) = (&mut self.burdens, &later.burdens) {
            own.extend(later);
        }
    }

    /// The summary: `how` its figures are obtained.
    pub(crate) fn table(&self, title: &str, how: &str) -> Table {
        let mut table = Table::new("synthese", title, "Mesure", how, "règles de `[matching]` du paquet")
            .column("valeur", "Valeur", "", 0, true);
        let mut line = |id: &str, label: &str, unit: &str, n: Option<u64>| {
            if n.is_some() {
                table.figure(id, label, (unit, 0), n.and_then(count));
            }
        };
        line("demandes", "Demandes", "demandes", Some(self.requests));
        line("logements", "Logements", "logements", Some(self.units));
        line("candidatures", "Couples recevables", "couples", self.pairs);
        line("ouverts", "Couples qu'une donnée manquante laisse ouverts", "couples", self.open);
        line("attributions", "Attributions", "attributions", Some(self.attributions));
        let served = percent(self.attributions, self.requests, 1);
        table.figure("part_servie", "Part des demandes servies", ("%", 1), served);
        table.of(self.requests);
        let mut line = |id: &str, label: &str, unit: &str, n: Option<u64>| {
            if n.is_some() {
                table.figure(id, label, (unit, 0), n.and_then(count));
            }
        };
        line("non_servies", "Demandes non servies", "demandes", Some(self.left));
        let none = "Demandes auxquelles aucun logement ne convient";
        line("sans_logement_recevable", none, "demandes", self.unsuited);
        line("logements_libres", "Logements restés libres", "logements", Some(self.free));
        let housed = i128::from(self.attributions);
        let mean_of = |sum: u64| ratio(i128::from(sum), housed, 1);
        let label = "Priorité moyenne des demandes servies";
        table.figure("priorite", label, ("points", 1), mean_of(self.priority));
        table.of(self.attributions);
        let label = "Adéquation moyenne des attributions";
        table.figure("adequation", label, ("points", 1), mean_of(self.fit));
        table.of(self.attributions);
        if let Some(waits) = &self.waits {
            let of = |wanted: bool| mean(waits.iter().filter(|(_, s)| *s == wanted).map(|(n, _)| *n), 1);
            let many = |wanted: bool| waits.iter().filter(|(_, s)| *s == wanted).count() as u64;
            let label = "Ancienneté moyenne des demandes servies";
            table.figure("attente_servies", label, ("mois", 1), of(true));
            table.of(many(true));
            let label = "Ancienneté moyenne des demandes non servies";
            table.figure("attente_non_servies", label, ("mois", 1), of(false));
            table.of(many(false));
        }
        if let Some(burdens) = &self.burdens {
            let mut known: Vec<Exact> = burdens.iter().map(|n| n * Exact::from_integer(100)).collect();
            known.sort();
            let label = "Taux d'effort moyen des attributions, aide déduite";
            table.figure("effort_moyen", label, ("%", 1), mean(known.iter().copied(), 1));
            table.of(known.len() as u64);
            // Of an even number the lower of the two in the middle: a burden that somebody has.
            let median = known.get(known.len().saturating_sub(1) / 2).and_then(|n| scaled(n, 1));
            table.figure("effort_median", "Taux d'effort médian", ("%", 1), median);
            table.of(known.len() as u64);
        }
        table
    }
}
