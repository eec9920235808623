//! Quotas that must be met and are not, and what keeps them from it.

use logis_language::diagnostic::Issue;
use logis_matching::{Already, Matching, Prices, Proof, solve};

use super::Posing;
use crate::attribution::Asks;

/// A quota that is not met.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Lack {
    /// The quota.
    pub quota: String,
    /// Attributions that count.
    pub base: u64,
    /// Members asked for.
    pub target: u64,
    /// Members there are.
    pub members: u64,
    /// What counted before, over the year: the members asked for take it in.
    pub already: Already,
    /// Where members may be so many at most: how many there are too many. Then the members asked for are those that may be.
    pub too_many: Option<u64>,
    /// Why no more are possible.
    pub why: Bottleneck,
}

impl Lack {
    /// What counted before, in words: the end of a sentence; nothing where nothing did.
    pub fn year(&self) -> String {
        match self.already {
            Already { base: 0, .. } => String::new(),
            Already { base, members } => format!(", {members} sur {base} baux de l'année comptant déjà"),
        }
    }

    pub(super) fn issue(&self) -> Issue {
        Issue::error("", "", self.sentence())
    }

    /// What lacks, in French.
    pub fn sentence(&self) -> String {
        let Lack { quota, base, target, members, too_many, .. } = self;
        let year = self.year();
        let begin = format!(
            "quota {quota}: à tenir, et ne peut l'être qu'en ne logeant personne, ou contre ce qui est fixé: en logeant le plus possible, {base} attributions comptent"
        );
        match too_many {
            None => {
                format!("{begin}, il en faut {target} à des membres, et il y en a {members} au plus{year}")
            }
            Some(many) => {
                format!("{begin}, dont {members} à des membres, ce qui en fait au moins {many} de trop{year}")
            }
        }
    }
}

/// What keeps a quota from being met.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Bottleneck {
    /// There are members enough: the number of attributions, or a quota before it, stands in the way.
    Levels,
    /// Every attribution to a member passes through one of these rows, none of which can be left out: a least
    /// vertex cover of the pairs that are members (Kőnig's theorem), so no more can be given to members than
    /// there are rows.
    Rows {
        /// The most attributions to members.
        most: u64,
        /// Identifiers of requests.
        requests: Vec<String>,
        /// Identifiers of units, sorted.
        units: Vec<String>,
    },
}

impl Posing {
    /// The quotas of these names that are not met, and what keeps each from it.
    pub(crate) fn lacking(&self, matching: &Matching, of: impl Fn(&String) -> bool) -> Vec<Lack> {
        let mut all = Vec::new();
        for (at, (quota, reached)) in self.plan.quotas.iter().zip(&matching.reached.quotas).enumerate() {
            if quota.asks != Asks::First && reached.shortfall > 0 && of(&quota.quota.name) {
                let at_most = quota.asks.at_most();
                let (base, members) = quota.asks.counted(reached);
                let Already { base: had, members: of_them } = quota.quota.already;
                let (had, of_them) = quota.asks.told(had, of_them);
                all.push(Lack {
                    quota: quota.quota.name.clone(),
                    base,
                    target: if at_most { members - reached.shortfall.min(members) } else { reached.target },
                    members,
                    already: Already { base: had, members: of_them },
                    too_many: at_most.then_some(reached.shortfall),
                    why: match at_most {
                        // Nobody need be housed for it: other levels stand in the way.
                        true => Bottleneck::Levels,
                        false => self.bottleneck(at, reached.target),
                    },
                });
            }
        }
        all
    }

    /// The requests and units through which every attribution to a member of a quota must pass, where they are
    /// fewer than `target`: the rows with a dual price in the best matching of the pairs that are members.
    fn bottleneck(&self, quota: usize, target: u64) -> Bottleneck {
        let instance = &self.instance;
        // The pairs that are members of the quota, by the second of its two bits.
        let member =
            |request, unit| instance.pairs(request, unit).any(|(_, marks)| marks >> (2 * quota + 1) & 1 == 1);
        let Ok(problem) = instance.part_of_all(member).map(|problem| problem.without_quotas()) else {
            return Bottleneck::Levels;
        };
        // As many as possible among these pairs alone, whoever holds a unit (with tenants there are no more), without levels or
        // quotas: a matching whose dual prices mark a least cover.
        let best = solve(&problem);
        let most = best.reached.attributions;
        if most >= target {
            return Bottleneck::Levels;
        }
        let (mut requests, mut units) = (Vec::new(), Vec::new());
        let cells = problem.cell_of_units();
        if let Proof::Bound(bound) = &best.certificate.attributions
            && let Prices::Cells(prices) = &bound.prices
        {
            // A unit whose cell has a price above 0 is in the cover: all units of that cell are taken.
            let full =
                |inside: usize| cells.get(inside).and_then(|c| prices.get(c.index())).is_some_and(|p| *p > 0);
            let mut cover = vec![false; instance.units.len()];
            for (inside, &unit) in problem.names().iter().enumerate() {
                if full(inside)
                    && let Some(slot) = cover.get_mut(unit as usize)
                {
                    *slot = true;
                    units.push(instance.units.id(&self.dataset, unit).to_string());
                }
            }
            // A housed request whose unit has no price is itself in the cover.
            for (request, unit) in (0_u32..).zip(&best.unit_of) {
                if unit.is_some_and(|unit| cover.get(unit as usize) == Some(&false)) {
                    requests.push(instance.requests.id(&self.dataset, request).to_string());
                }
            }
        }
        units.sort_unstable();
        Bottleneck::Rows { most, requests, units }
    }
}
