//! The same requests and units matched with the shares of the law and without any: what the balance rules change for
//! employees.

use super::gather::{Gathered, entity_of};
use crate::allocation::Allocation;
use crate::sheet::{Cell, Sheet};
use logis_allocation::attribution::{Asks, Instance, MatchingPlan};
use logis_allocation::candidates::sides;
use logis_data::{Dataset, Needs};
use logis_language::Pack;
use logis_language::pack::agreement::{Agreement, How, Indicator, Made, Measure};
use logis_language::value::Date;
use std::sync::Arc;

/// Both matchings.
pub struct Compared {
    with: Allocation,
    without: Allocation,
    plan: MatchingPlan,
}

/// What the matchings read, if an indicator asks for them.
pub fn plan(pack: &Pack, agreement: &Agreement, as_of: Date) -> Option<MatchingPlan> {
    let asked = |i: &Indicator| matches!(i.measure, Measure::Made(Made::Attributions));
    if !agreement.indicators.iter().any(asked) {
        return None;
    }
    MatchingPlan::new(pack.parsed(), as_of, &[]).ok()
}

/// What a data package must have for them.
pub fn needs(plan: &MatchingPlan) -> Needs {
    let mut all = Needs::default();
    plan.plans().for_each(|plan| all.join(plan.needs()));
    all
}

impl Compared {
    /// Matches twice.
    ///
    /// # Errors
    /// In words, why there is no comparison: no requests or units, or a problem that is not well formed.
    pub fn new(plan: MatchingPlan, dataset: &Dataset) -> Result<Compared, String> {
        let (requests, units) = sides(&plan.pairs).unwrap_or_default();
        for entity in [requests, units] {
            if dataset.tables.get(entity).is_none_or(|table| table.rows() == 0) {
                let name = super::gather::table_name(&plan.pairs.parsed, entity);
                return Err(format!("pas de ligne dans la table `{name}` : aucun appariement"));
            }
        }
        let plan = plan.on(dataset).map_err(|wrong| wrong.to_string())?;
        let instance = Instance::new(&plan, dataset, None)
            .map_err(|wrong| wrong.first().map_or_else(String::new, ToString::to_string))?;
        let instance = Arc::new(instance);
        // A share of nothing asks for nothing, and its attributions are counted all the same.
        let mut free = plan.clone();
        for quota in free.quotas.iter_mut().filter(|quota| quota.asks != Asks::First) {
            (quota.quota.numerator, quota.quota.number) = (0, 0);
        }
        let of =
            |plan: &MatchingPlan| Allocation::new(plan, instance.clone()).map_err(|error| error.to_string());
        Ok(Compared { with: of(&plan)?, without: of(&free)?, plan })
    }

    /// How many requests get a unit: with the shares, and without.
    pub fn attributions(&self) -> (u64, u64) {
        let of = |allocation: &Allocation| allocation.unit_of.iter().flatten().count() as u64;
        (of(&self.with), of(&self.without))
    }

    /// The comparison, share by share and public by public. `gathered` are the sums of the indicators, in their order.
    pub fn sheet(&self, pack: &Pack, agreement: &Agreement, gathered: &[Gathered]) -> Sheet {
        let mut sheet = Sheet::new(
            "mixite",
            "Avec et sans les règles de mixité",
            "Les mêmes demandes et les mêmes logements, appariés deux fois à la date du bilan : avec les parts que la loi demande, et sans en demander aucune. Chaque appariement loge autant de demandes que possible, et sa preuve est vérifiée.",
            "convention, art. 2.5 ; quotas de `[matching]` du paquet et leurs paramètres",
        );
        sheet.header =
            ["Attributions", "Avec les parts", "Sans les parts", "Écart"].map(str::to_string).to_vec();
        let mut line = |label: &str, with: u64, without: u64| {
            let number = |n: i64| Cell::Number { value: n, decimals: 0 };
            let (with, without) =
                (i64::try_from(with).unwrap_or(i64::MAX), i64::try_from(without).unwrap_or(i64::MAX));
            sheet.rows.push(vec![
                Cell::Text(label.to_string()),
                number(with),
                number(without),
                number(with.saturating_sub(without)),
            ]);
        };
        let (with, without) = self.attributions();
        line("Demandes logées", with, without);
        let reached = |allocation: &'_ Allocation| allocation.matching.reached.quotas.clone();
        for ((quota, with), without) in
            self.plan.quotas.iter().zip(reached(&self.with)).zip(reached(&self.without))
        {
            let (with, without) = (quota.asks.counted(&with), quota.asks.counted(&without));
            line(&format!("{} : comptées", quota.label), with.0, without.0);
            line(&format!("{} : dont membres", quota.label), with.1, without.1);
        }
        // The publics are those that the agreement itself counts among requests.
        let (requests, _) = sides(&self.plan.pairs).unwrap_or_default();
        let mut at = 0;
        for indicator in &agreement.indicators {
            let terms: Vec<_> = indicator.terms().collect();
            let own = gathered.get(at..at + terms.len()).unwrap_or_default();
            at += terms.len();
            let ([term], [gathered]) = (terms.as_slice(), own) else { continue };
            if term.how != How::Count || entity_of(pack.parsed(), term) != Some(requests) {
                continue;
            }
            let housed = |allocation: &Allocation| {
                let is = |row: &usize| allocation.unit_of.get(*row).copied().flatten().is_some();
                gathered.counted.iter().filter(|(_, row)| is(row)).count() as u64
            };
            line(&format!("{} : logées", indicator.label), housed(&self.with), housed(&self.without));
        }
        sheet
    }
}
