//! By what the ranks below the first are filled in the lists of the commission: what is asked for, and what both ways give.

use logis::Posing;
use logis::attribution::{Asks, Chances, Commission, ListsWorth, MatchingPlan, MostLeases};
use logis::data::{Output, OutputColumn};
use logis::matching::Matching;
use logis::pack::manifest::Ranks;
use logis::value::{Exact, Rounding, Type, Value, round};

use crate::text::{count, number};

/// `--ranks`
#[derive(clap::Args)]
pub struct RanksArgs {
    /// Comment remplir les rangs d'après le premier (sinon ce que dit `ranks` du paquet, sinon `by-levels`)
    #[arg(long, value_enum, value_name = "COMMENT")]
    ranks: Option<By>,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum By {
    /// Par les niveaux de l'appariement, rang après rang
    ByLevels,
    /// Pour le plus de baux attendus
    ExpectedLeases,
}

impl RanksArgs {
    /// Puts what is asked for in place of what the pack says.
    pub fn set(&self, plan: &mut MatchingPlan) {
        match self.ranks {
            Some(By::ByLevels) => plan.ranks = Ranks::Levels,
            Some(By::ExpectedLeases) => plan.ranks = Ranks::Leases,
            None => {}
        }
    }
}

/// Lists filled in both ways, and what they are to be expected to lead to.
pub struct Both<'a> {
    loaded: &'a Posing,
    most: &'a MostLeases,
    assumed: usize,
    leases: ListsWorth,
    levels: ListsWorth,
}

impl<'a> Both<'a> {
    /// What both are worth.
    pub fn new(loaded: &'a Posing, matching: &Matching, most: &'a MostLeases, chances: &Chances) -> Both<'a> {
        let worth = |lists: &Commission| lists.worth(&loaded.instance, matching, chances);
        let (leases, levels) = (worth(&most.commission), worth(&most.by_levels));
        Both { loaded, most, assumed: chances.assumed, leases, levels }
    }

    /// Says what the lists for leases gain, what they give up, and how far they are from the best, on the standard error.
    pub fn say(&self) {
        let Both { leases, levels, .. } = self;
        eprintln!(
            "baux attendus des places propres: {}, et {} par les niveaux ({}); places propres: {} et {}",
            tenths(leases.leases),
            tenths(levels.leases),
            signed(leases.leases - levels.leases),
            count(leases.places),
            count(levels.places),
        );
        let sum = |points: u64| Exact::from_integer(points.into());
        eprintln!(
            "ce qui est cédé: points de tous les candidats {}, et {} par les niveaux ({}); points attendus de qui signe {} et {} ({})",
            tenths(sum(leases.priority)),
            tenths(sum(levels.priority)),
            signed(sum(leases.priority) - sum(levels.priority)),
            tenths(leases.leased_priority),
            tenths(levels.leased_priority),
            signed(leases.leased_priority - levels.leased_priority),
        );
        for (label, (own, of), (own_levels, of_levels)) in self.shares() {
            eprintln!(
                "{label}: {} sur {} baux attendus, et {} sur {} par les niveaux",
                tenths(own),
                tenths(of),
                tenths(own_levels),
                tenths(of_levels)
            );
        }
        eprintln!("{}", self.order());
        eprintln!("{}", self.proved());
        if self.assumed > 0 {
            eprintln!(
                "{} candidatures dont aucune règle ne dit la probabilité d'être acceptées: celle de --acceptance",
                count(self.assumed)
            );
        }
    }

    /// What of the order of points stays.
    fn order(&self) -> &'static str {
        match self.has_shares() {
            false => {
                "dans une liste les points ne montent pas, qui passe d'abord par la loi mis à part; qui a plus de points peut être dans une autre liste, ou dans aucune"
            }
            true => {
                "à chaque rang les mêmes logements ont une place que par les niveaux, et qui la prend compte au moins autant dans chaque part; les points peuvent monter d'un rang au suivant"
            }
        }
    }

    /// How far from the best the lists are at most.
    fn proved(&self) -> String {
        let rank = match self.most.settled {
            true => "aucun rang ne peut être mieux rempli, les autres restant",
            false => "la recherche a été arrêtée: un rang peut être mieux rempli",
        };
        let Some(at_most) = self.most.at_most else { return rank.to_string() };
        let over = at_most - self.leases.leases;
        if over < Exact::new(1, 1000) {
            return format!(
                "{rank}; aucunes listes qui gardent les premières places, et ce qui est notifié, ne donnent plus de baux attendus"
            );
        }
        let zero = Exact::from_integer(0);
        let share = if self.leases.leases > zero { over / self.leases.leases } else { zero };
        let aside = match self.loaded.instance.problem.quotas().is_empty() {
            true => "",
            false => ", même sans regarder ni qui passe d'abord ni les parts",
        };
        format!(
            "{rank}; aucunes listes qui gardent les premières places, et ce qui est notifié, n'en donnent plus de {}{aside}: {} % de plus au plus",
            number(&rounded(at_most, 3, Rounding::Up), true),
            number(&rounded(share * Exact::from_integer(100), 2, Rounding::Up), true)
        )
    }

    fn has_shares(&self) -> bool {
        self.loaded.plan.quotas.iter().any(|quota| quota.asks != Asks::First)
    }

    /// Of each share its label, and as people count them its members and its base among the expected leases, in both ways.
    fn shares(&self) -> impl Iterator<Item = (&str, (Exact, Exact), (Exact, Exact))> {
        let both = self.leases.quotas.iter().zip(&self.levels.quotas);
        let quotas = self.loaded.plan.quotas.iter().zip(both);
        quotas.filter(|(quota, _)| quota.asks != Asks::First).map(|(quota, (leases, levels))| {
            let told = |(base, members): &(Exact, Exact)| match quota.asks {
                Asks::ShareAtMost(..) => (base - members, *base),
                Asks::NumberAtMost(_) => (*base, *base),
                _ => (*members, *base),
            };
            (quota.label.as_str(), told(leases), told(levels))
        })
    }

    /// Both ways, a row each.
    pub fn table(&self) -> Output {
        let rows = [(Ranks::Levels, &self.levels), (Ranks::Leases, &self.leases)];
        let column = |name: String, kind: Type, cell: &dyn Fn(Ranks, &ListsWorth) -> Option<Value>| {
            OutputColumn { name, kind, cells: rows.iter().map(|(ranks, own)| cell(*ranks, own)).collect() }
        };
        let decimals = |own: Exact| Some(Value::Number(rounded(own, 3, Rounding::Nearest)));
        let whole = |n: u64| Some(Value::Number(Exact::from_integer(n.into())));
        let mut columns = vec![
            column("rangs".to_string(), Type::Text(None), &|ranks, _| Some(Value::text(ranks.written()))),
            column("places".to_string(), Type::Number, &|_, own| whole(own.places as u64)),
            column("baux_attendus".to_string(), Type::Number, &|_, own| decimals(own.leases)),
            column("baux_au_plus".to_string(), Type::Number, &|_, _| {
                self.most.at_most.map(|own| Value::Number(rounded(own, 3, Rounding::Up)))
            }),
            column("points_candidats".to_string(), Type::Number, &|_, own| whole(own.priority)),
            column("points_baux".to_string(), Type::Number, &|_, own| decimals(own.leased_priority)),
        ];
        let shares: Vec<_> = self.shares().map(|(_, leases, levels)| (leases, levels)).collect();
        let names = self.loaded.plan.quotas.iter().filter(|quota| quota.asks != Asks::First);
        for (quota, (leases, levels)) in names.zip(shares) {
            let of = |ranks: Ranks| if ranks == Ranks::Leases { leases } else { levels };
            let name = &quota.quota.name;
            columns.push(column(format!("{name}.membres"), Type::Number, &|ranks, _| decimals(of(ranks).0)));
            columns.push(column(format!("{name}.base"), Type::Number, &|ranks, _| decimals(of(ranks).1)));
        }
        Output { name: "rangs".to_string(), columns }
    }
}

fn rounded(own: Exact, decimals: u32, how: Rounding) -> Exact {
    round(&own, decimals, how).unwrap_or(own)
}

/// A number of leases or points, to one decimal.
fn tenths(own: Exact) -> String {
    number(&rounded(own, 1, Rounding::Nearest), true)
}

fn signed(own: Exact) -> String {
    let sign = if own >= Exact::from_integer(0) { "+" } else { "" };
    format!("{sign}{}", tenths(own))
}
