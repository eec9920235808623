//! What a run matches by, put beside others: what its order, its shares and its conventions with holders reach, who envies whom,
//! and what becomes of its shares on leases.

use super::Planned;
use crate::allocation::{Allocation, AllocationError};
use crate::file::Leases;
use crate::table::{Table, count, percent, ratio};
use logis_allocation::attribution::{
    Acceptances, Asks, Balance, Commission, Drawn, Likely, MatchingPlan, QuotaInForce, envying,
};
use logis_data::Dataset;
use logis_matching::{ProblemError, Quota};

/// How the table is obtained.
const HOW: &str = "Chaque colonne est un appariement, et l'écart son prix par rapport à la base. Points et adéquation : sommes sur les attributions. Envie fondée : une demande est logée alors qu'un logement qui lui convient mieux, ou attend alors qu'un logement qui lui convient, va à une demande de moins de points. Sur le papier : les attributions. Imputées : celles d'un réservataire et de sa convention ; reste : ce qui lui revient encore ou, pour un plafond, ce qu'il peut encore avoir.";

/// The same where leases are drawn.
const ON_LEASES: &str = "Sur les baux : les listes de la commission, chaque proposition acceptée ou refusée par tirage (la graine du calcul) ; la part est celle de tous les tirages ensemble, « manquée » celle des tirages où les baux sont au-dessous de la part demandée.";

/// Where leases cannot be told.
const NO_LEASES: &str = "Sur les baux d'une séance : non tirés, les séances de l'année en disent les baux.";

/// A run that is matched.
struct Matched<'m> {
    plan: &'m MatchingPlan,
    dataset: &'m Dataset,
    allocation: &'m Allocation,
    seed: u64,
}

impl Planned {
    /// What the run's matching reaches.
    pub fn matchings(
        &self,
        plan: &MatchingPlan,
        dataset: &Dataset,
        allocation: &Allocation,
        (leases, seed): (Option<&Leases>, u64),
    ) -> Result<Table, AllocationError> {
        let run = Matched { plan, dataset, allocation, seed };
        let drawn = match leases.filter(|_| !allocation.weekly) {
            None => None,
            Some(leases) => Some((leases.draws(), self.drawn(&run, leases)?)),
        };
        let how = match (leases, &drawn) {
            (None, _) => HOW.to_string(),
            (Some(_), Some(_)) => format!("{HOW} {ON_LEASES}"),
            (Some(_), None) => format!("{HOW} {NO_LEASES}"),
        };
        Ok(run.table(&how, drawn.as_ref()))
    }

    /// The answers to the lists of an allocation.
    fn drawn(&self, run: &Matched<'_>, leases: &Leases) -> Result<Drawn, AllocationError> {
        let matching = &run.allocation.matching;
        let shape = |error: ProblemError| AllocationError::Instance(error.into());
        // Further places of lists are matched as the first: with the shares of this run, and its margins.
        let mut instance = (*run.allocation.instance).clone();
        instance.problem = instance.problem.with_shares(run.allocation.on_paper()).map_err(shape)?;
        let instance = &instance;
        let commission = Commission::new(instance, matching, &vec![leases.places(); instance.units.len()]);
        let commission = commission.map_err(shape)?;
        let likely = Likely { rule: self.acceptance.as_deref(), assumed: leases.acceptance };
        let acceptances = Acceptances::new(likely, run.dataset, instance, &commission);
        let acceptances = acceptances.map_err(|wrong| {
            let none = ProblemError::Shape("no probability").into();
            AllocationError::Instance(wrong.into_iter().next().unwrap_or(none))
        })?;
        let quotas: Vec<Quota> = run.plan.quotas.iter().map(|quota| quota.quota.clone()).collect();
        let lists = (&commission, &instance.holders_charged(matching)[..]);
        Ok(acceptances.draw((instance, run.dataset), lists, &quotas, (run.seed, leases.draws())))
    }
}

impl Matched<'_> {
    fn table(&self, how: &str, drawn: Option<&(u32, Drawn)>) -> Table {
        let title = "Ordres, parts et réservataires, côte à côte";
        let source = "`[matching]` du paquet et de la variante";
        let mut table =
            Table::new("appariements", title, "Mesure", how, source).column("valeur", "Valeur", "", 0, true);
        let reached = &self.allocation.matching.reached;
        let mut line = |id: &str, label: &str, unit: &str, n: u64| {
            table.figure(id, label, (unit, 0), count(n));
        };
        line("attributions", "Attributions", "attributions", reached.attributions);
        line("points", "Points de priorité", "points", reached.priority);
        line("adequation", "Adéquation", "points", reached.fit);
        // Of a year that is not solved at once the pairs are not known.
        if self.allocation.at_once {
            let (housed, waiting) = envying(&self.allocation.instance, &self.allocation.matching.unit_of);
            line("envie_logees", "Envie fondée : demandes logées", "demandes", housed as u64);
            line("envie_en_attente", "Envie fondée : demandes en attente", "demandes", waiting as u64);
        }
        for (at, quota) in self.plan.quotas.iter().enumerate() {
            self.paper(&mut table, (at, quota));
        }
        if let Some((draws, drawn)) = drawn {
            let leases = ratio(i128::from(drawn.leases), i128::from(*draws), 1);
            table.figure("baux", "Baux, en moyenne des tirages", ("baux", 1), leases);
            for (at, quota) in self.plan.quotas.iter().enumerate() {
                self.on_leases(&mut table, (at, quota), (*draws, drawn));
            }
        }
        for balance in self.plan.balances(reached) {
            balance_of(&mut table, &balance);
        }
        table
    }

    /// A share on paper.
    fn paper(&self, table: &mut Table, (at, quota): (usize, &QuotaInForce)) {
        let Some(reached) = self.allocation.matching.reached.quotas.get(at) else { return };
        let (name, label) = (&quota.quota.name, &quota.label);
        let (base, members) = quota.asks.counted(reached);
        let members_label = format!("{label} : membres, sur le papier");
        table.figure(&format!("membres_{name}"), &members_label, ("attributions", 0), count(members));
        if quota.asks == Asks::First {
            return;
        }
        let share = percent(members, base, 1);
        table.figure(&format!("papier_{name}"), &format!("{label} : part, sur le papier"), ("%", 1), share);
        table.of(base);
        let short = count(reached.shortfall);
        table.figure(&format!("manque_{name}"), &format!("{label} : manque"), ("attributions", 0), short);
        if let Some(margin) = self.allocation.margins.get(at).copied().filter(|margin| *margin > 0) {
            let label = format!("{label} : marge demandée sur le papier");
            table.figure(&format!("marge_{name}"), &label, ("attributions", 0), count(margin));
        }
    }

    /// A share on leases. To whom a lease of the next of a list is charged is not drawn.
    fn on_leases(
        &self,
        table: &mut Table,
        (at, quota): (usize, &QuotaInForce),
        (draws, drawn): (u32, &Drawn),
    ) {
        if quota.asks == Asks::First || quota.charged.is_some() {
            return;
        }
        let (name, label) = (&quota.quota.name, &quota.label);
        let (base, members) = drawn.counted.get(at).copied().unwrap_or_default();
        let (base, members) = quota.asks.told(base, members);
        let share = percent(members, base, 1);
        table.figure(&format!("baux_{name}"), &format!("{label} : part, sur les baux"), ("%", 1), share);
        let missed = drawn.missed.get(at).copied().unwrap_or(0);
        let share = percent(missed.into(), draws.into(), 1);
        table.figure(&format!("manquee_{name}"), &format!("{label} : manquée sur les baux"), ("%", 1), share);
        table.of(draws.into());
    }
}

/// How a holder stands by a convention.
fn balance_of(table: &mut Table, balance: &Balance) {
    let Balance { quota, label, scope, category, run, left, .. } = balance;
    let mut name = label.clone();
    name.extend(scope.iter().map(|scope| format!(" · {scope}")));
    name.extend(category.iter().map(|category| format!(" · {category}")));
    table.figure(
        &format!("imputees_{quota}"),
        &format!("{name} : imputées"),
        ("attributions", 0),
        count(*run),
    );
    table.figure(&format!("reste_{quota}"), &format!("{name} : reste"), ("attributions", 0), Some(*left));
}
