//! The figures of a run as a whole, and its shares.

use super::Planned;
use super::counts::{mean, number};
use crate::scenario::allocation::Allocation;
use crate::scenario::shared::Decide;
use crate::scenario::table::{Table, percent, ratio, scaled};
use crate::value::Exact;

impl Planned {
    pub(super) fn summary(
        &self,
        decide: &Decide<'_>,
        allocation: &Allocation,
        burden: &[Option<Exact>],
    ) -> Table {
        let mut table = Table::new(
            "synthese",
            "L'essentiel",
            "Mesure",
            "Comptes sur les demandes et les logements du jeu de données ; l'appariement loge le plus de demandes possible, puis sert les parts de la loi, puis les plus prioritaires, puis le mieux ; sa preuve est vérifiée à chaque calcul.",
            "règles de `[matching]` du paquet",
        )
        .column("valeur", "Valeur", "", 0, true);
        let count = |n: u64| i64::try_from(n).ok();
        let (requests, units) = (allocation.unit_of.len() as u64, allocation.units() as u64);
        let reached = &allocation.matching.reached;
        let housed = reached.attributions;
        let none = (0..allocation.unit_of.len()).filter(|&r| allocation.candidates().of(r).is_empty()).count()
            as u64;
        table.figure("demandes", "Demandes", ("demandes", 0), count(requests));
        table.figure("logements", "Logements", ("logements", 0), count(units));
        table.figure(
            "candidatures",
            "Couples recevables",
            ("couples", 0),
            count(allocation.candidates().len() as u64),
        );
        let open = allocation.candidates().open.iter().map(|n| u64::from(*n)).sum();
        table.figure(
            "ouverts",
            "Couples qu'une donnée manquante laisse ouverts",
            ("couples", 0),
            count(open),
        );
        table.figure("attributions", "Attributions", ("attributions", 0), count(housed));
        table.figure("part_servie", "Part des demandes servies", ("%", 1), percent(housed, requests, 1));
        table.figure("non_servies", "Demandes non servies", ("demandes", 0), count(requests - housed));
        table.figure(
            "sans_logement_recevable",
            "Demandes auxquelles aucun logement ne convient",
            ("demandes", 0),
            count(none),
        );
        table.figure("logements_libres", "Logements restés libres", ("logements", 0), count(units - housed));
        table.figure(
            "priorite",
            "Priorité moyenne des demandes servies",
            ("points", 1),
            ratio(i128::from(reached.priority), i128::from(housed), 1),
        );
        table.figure(
            "adequation",
            "Adéquation moyenne des attributions",
            ("points", 1),
            ratio(i128::from(reached.fit), i128::from(housed), 1),
        );
        if let Some(plan) = &self.waiting {
            let decided = decide.rows("attente", plan);
            let mean = |served: bool| {
                let column = decided.columns.first()?;
                let rows = allocation.unit_of.iter().enumerate().filter(|(_, u)| u.is_some() == served);
                mean(rows.filter_map(|(row, _)| number(column.value(row))))
            };
            table.figure(
                "attente_servies",
                "Ancienneté moyenne des demandes servies",
                ("mois", 1),
                mean(true),
            );
            table.figure(
                "attente_non_servies",
                "Ancienneté moyenne des demandes non servies",
                ("mois", 1),
                mean(false),
            );
        }
        if self.burden {
            let mut known: Vec<Exact> =
                burden.iter().flatten().map(|n| n * Exact::from_integer(100)).collect();
            known.sort();
            table.figure(
                "effort_moyen",
                "Taux d'effort moyen des attributions, aide déduite",
                ("%", 1),
                mean(known.iter().copied()),
            );
            let median = known.get(known.len().saturating_sub(1) / 2).and_then(|n| scaled(n, 1));
            table.figure("effort_median", "Taux d'effort médian", ("%", 1), median);
        }
        table
    }

    pub(super) fn quotas(&self, allocation: &Allocation) -> Option<Table> {
        if self.matching.quotas.is_empty() {
            return None;
        }
        let mut table = Table::new(
            "quotas",
            "Les parts demandées, dans l'ordre où elles sont servies",
            "Part",
            "Attributions comptées et membres : comptes sur l'appariement. Prix : ce qu'un membre de moins à loger apporterait de points de priorité, d'après les multiplicateurs de la preuve ; aucun prix, la part se sert d'elle-même.",
            "quotas de `[matching]` du paquet et leurs paramètres",
        )
        .column("base", "Attributions comptées", "attributions", 0, false)
        .column("membres", "dont membres", "attributions", 0, false)
        .column("attendus", "Membres attendus", "attributions", 0, false)
        .column("part", "Part atteinte", "%", 1, true)
        .column("legale", "Part demandée", "%", 1, true)
        .column("manque", "Manque", "attributions", 0, true)
        .column("prix", "Prix", "points par membre", 0, true);
        let reached = &allocation.matching.reached.quotas;
        for (at, (quota, reached)) in self.matching.quotas.iter().zip(reached).enumerate() {
            let count = |n: u64| i64::try_from(n).ok();
            let price = allocation.quota_prices.get(at).copied().unwrap_or(0);
            table.row(
                &quota.quota.name,
                &quota.label,
                vec![
                    count(reached.base),
                    count(reached.members),
                    count(reached.target),
                    percent(reached.members, reached.base, 1),
                    ratio(i128::from(quota.quota.numerator) * 100, i128::from(quota.quota.denominator), 1),
                    count(reached.shortfall),
                    count(price),
                ],
            );
        }
        Some(table)
    }
}
