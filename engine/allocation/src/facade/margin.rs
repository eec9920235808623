//! The margin on paper that a share needs so that it holds on leases: a share that attributions just meet may be missed by
//! leases, where households refuse.
//!
//! A margin is so many members more than the quota asks for, on paper. Each quota has the least that does given those of the
//! others, found by doubling and halving; as chance makes the frequency rise here and there, margins below are tried, too,
//! until one misses by far. The search goes round until no margin changes.

use std::collections::BTreeMap;

use logis_language::pack::manifest::Ranks;
use logis_matching::Quota;

use super::error::AllocationError;
use super::posing::{Posing, answer_in_order};
use crate::attribution::{Acceptances, Asks, Chances, Commission, Drawn, Likely};

/// How often the search goes round the quotas at most.
const ROUNDS: usize = 6;

/// By how many deviations a margin must miss for those below it not to be tried.
const DEVIATIONS: f64 = 3.0;

/// The quantile of the normal distribution that leaves 2.5 % on either side, of the intervals that are told.
const QUANTILE: f64 = 1.959_963_984_540_054;

/// What is drawn, and in how many draws a quota may be missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draws {
    /// How many draws, 1 at least.
    pub draws: u32,
    /// In how many of them a quota may be missed.
    pub allowed: u32,
    /// The seed.
    pub seed: u64,
}

/// What a quota needs on paper.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Margin {
    /// Place of the quota in the plan.
    pub quota: usize,
    /// Members asked for on paper beyond the quota (of one that says at most: fewer that may be); `None` if no number does.
    pub margin: Option<u64>,
    /// Members that are asked for on paper, of what is attributed with all margins; of a quota that says at most, those that
    /// may be.
    pub asked: u64,
    /// Attributions on paper with all margins, as people count them: in the base and among the members.
    pub paper: (u64, u64),
    /// In how many draws leases miss the quota where nothing has a margin.
    pub without: u32,
    /// In how many with one member less for this quota and all margins of the others, if it has one.
    pub one_less: Option<u32>,
    /// In how many with all margins.
    pub missed: u32,
    /// In how many of as many other draws, by which no margin was chosen.
    pub afresh: u32,
}

/// An answer on paper and its leases.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct OnPaper {
    /// How many are housed on paper.
    pub attributions: u64,
    /// Points of the housed, summed.
    pub priority: u64,
    /// Fits of the attributions, summed.
    pub fit: u64,
    /// Leases of all draws, summed.
    pub leases: u64,
    /// Places of which no rule tells how likely they are taken.
    pub assumed: usize,
}

/// The margins of the quotas, and what they cost.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Margins {
    /// One for each quota in force, in their order; who comes first is none.
    pub quotas: Vec<Margin>,
    /// What is reached without margins.
    pub without: OnPaper,
    /// What is reached with all of them.
    pub with: OnPaper,
    /// Is each margin the least given the others? Otherwise the search was given up while they moved each other.
    pub settled: bool,
    /// How many problems were solved.
    pub solved: usize,
}

impl Draws {
    /// Between which shares, in parts of one, the probability of missing lies where so many of these draws miss: the interval
    /// of 95 % by Wilson's score.
    ///
    /// ```
    /// let draws = logis_allocation::Draws { draws: 1000, allowed: 100, seed: 1 };
    /// let (low, high) = draws.interval(100);
    /// assert!((0.0829..0.0830).contains(&low) && (0.1201..0.1202).contains(&high));
    /// assert_eq!((draws.interval(0).0, draws.interval(1000).1), (0.0, 1.0));
    /// ```
    pub fn interval(&self, missed: u32) -> (f64, f64) {
        let n = f64::from(self.draws.max(1));
        let (share, square) = (f64::from(missed) / n, QUANTILE * QUANTILE);
        let middle = share + square / (2.0 * n);
        let half = QUANTILE * (share * (1.0 - share) / n + square / (4.0 * n * n)).max(0.0).sqrt();
        let bound = |own: f64| (own / (1.0 + square / n)).clamp(0.0, 1.0);
        // At both ends the bound is exact, whatever the roots lose.
        let low = if missed == 0 { 0.0 } else { bound(middle - half) };
        let high = if missed >= self.draws { 1.0 } else { bound(middle + half) };
        (low, high)
    }
}

impl Posing {
    /// The least margins on paper so that leases miss each quota in no more draws than is allowed. `places` says how many
    /// candidates a unit has, by its number.
    ///
    /// # Errors
    /// The order of points, which holds no quotas; offers whose probability is none or not known; a proof that does not hold: a
    /// fault of the engine.
    pub fn margins(
        &self,
        likely: Likely<'_>,
        places: &[usize],
        draws: Draws,
    ) -> Result<Margins, AllocationError> {
        if self.instance.by_points {
            let first = self.plan.quotas.first().map_or("?", |quota| quota.quota.name.as_str());
            return Err(AllocationError::ByPoints(first.to_string()));
        }
        let none = vec![0_u64; self.plan.quotas.len()];
        let chances = match self.plan.ranks {
            Ranks::Levels => None,
            Ranks::Leases => Some(self.chances(likely)?),
        };
        let mut search = Search { posing: self, likely, chances, places, draws, tried: BTreeMap::new() };
        let without = search.tried(&none)?;
        let quotas = self.plan.quotas.iter().enumerate();
        let quotas: Vec<usize> =
            quotas.filter(|(_, quota)| quota.asks != Asks::First).map(|(at, _)| at).collect();
        let (mut margins, mut found) = (none, BTreeMap::new());
        let mut settled = false;
        for _ in 0..ROUNDS {
            let before = margins.clone();
            for &at in &quotas {
                let own = search.least(&margins, at)?;
                found.insert(at, own);
                set(&mut margins, at, own.unwrap_or(0));
            }
            settled = margins == before;
            if settled {
                break;
            }
        }
        let with = search.tried(&margins)?;
        // Other draws: by those of the search the margins were chosen, so that their frequency is by chance too low.
        let other = Draws { seed: draws.seed.wrapping_add(1), ..draws };
        let afresh = search.drawn_anew(&margins, other)?;
        let mut told = Vec::new();
        for &at in &quotas {
            let own = found.get(&at).copied().flatten();
            let one_less = match own {
                Some(own) if own > 0 => {
                    let mut less = margins.clone();
                    set(&mut less, at, own - 1);
                    Some(search.tried(&less)?.missed(at))
                }
                _ => None,
            };
            let asks = self.plan.quotas.get(at).map_or(Asks::First, |quota| quota.asks);
            let reached = with.reached.get(at).copied().unwrap_or_default();
            told.push(Margin {
                quota: at,
                margin: own,
                asked: self.asked_on_paper(at, own.unwrap_or(0), reached.0),
                paper: asks.told(reached.0, reached.1),
                without: without.missed(at),
                one_less,
                missed: with.missed(at),
                afresh: afresh.missed.get(at).copied().unwrap_or(0),
            });
        }
        let solved = search.tried.len();
        Ok(Margins { quotas: told, without: without.paper, with: with.paper, settled, solved })
    }

    /// How many members a quota asks for of so many attributions in the base of the problem, with its margin, as people say it.
    fn asked_on_paper(&self, at: usize, margin: u64, base: u64) -> u64 {
        let Some(quota) = self.plan.quotas.get(at) else { return 0 };
        let own = i64::try_from(margin).unwrap_or(i64::MAX);
        let number = quota.quota.number.saturating_add(own);
        let asked = Quota { number, ..quota.quota.clone() }.target(base);
        match quota.asks {
            Asks::ShareAtMost(..) => base.saturating_sub(asked),
            Asks::NumberAtMost(number) => u64::from(number).saturating_sub(margin),
            _ => asked,
        }
    }

    /// The quotas with these margins.
    fn with_margins(&self, margins: &[u64]) -> Vec<Quota> {
        let own = |(quota, margin): (&crate::attribution::QuotaInForce, &u64)| {
            let margin = i64::try_from(*margin).unwrap_or(i64::MAX);
            Quota { number: quota.quota.number.saturating_add(margin), ..quota.quota.clone() }
        };
        self.plan.quotas.iter().zip(margins).map(own).collect()
    }
}

fn set(margins: &mut [u64], at: usize, own: u64) {
    if let Some(slot) = margins.get_mut(at) {
        *slot = own;
    }
}

/// Answers with some margins, each found once.
struct Search<'p> {
    posing: &'p Posing,
    likely: Likely<'p>,
    /// Where the ranks below the first are filled by expected leases.
    chances: Option<Chances>,
    places: &'p [usize],
    draws: Draws,
    tried: BTreeMap<Vec<u64>, Tried>,
}

/// An answer with some margins, and what its leases miss.
#[derive(Clone)]
struct Tried {
    drawn: Drawn,
    /// By quota, in the problem's count: in the base and among the members.
    reached: Vec<(u64, u64)>,
    paper: OnPaper,
}

impl Tried {
    fn missed(&self, at: usize) -> u32 {
        self.drawn.missed.get(at).copied().unwrap_or(0)
    }
}

impl Search<'_> {
    /// The least margin of a quota that does, given those of the others; `None` if none does.
    fn least(&mut self, margins: &[u64], at: usize) -> Result<Option<u64>, AllocationError> {
        let allowed = self.draws.allowed;
        // No more members can be asked for than there are units.
        let most = self.posing.instance.units.len() as u64;
        if self.missed(margins, at, 0)? <= allowed {
            return Ok(Some(0));
        }
        let (mut low, mut high) = (0, margins.get(at).copied().unwrap_or(0).clamp(1, most.max(1)));
        while self.missed(margins, at, high)? > allowed {
            if high >= most {
                return Ok(None);
            }
            (low, high) = (high, high.saturating_mul(2).min(most));
        }
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            match self.missed(margins, at, middle)? <= allowed {
                true => high = middle,
                false => low = middle,
            }
        }
        let (n, share) = (f64::from(self.draws.draws), f64::from(allowed));
        let far = share + DEVIATIONS * (share * (1.0 - share / n.max(1.0))).sqrt().max(1.0);
        for below in (1..high).rev() {
            let missed = self.missed(margins, at, below)?;
            if missed <= allowed {
                high = below;
            } else if f64::from(missed) > far {
                break;
            }
        }
        Ok(Some(high))
    }

    /// In how many draws a quota is missed if it has this margin.
    fn missed(&mut self, margins: &[u64], at: usize, own: u64) -> Result<u32, AllocationError> {
        let mut margins = margins.to_vec();
        set(&mut margins, at, own);
        Ok(self.tried(&margins)?.missed(at))
    }

    fn tried(&mut self, margins: &[u64]) -> Result<Tried, AllocationError> {
        if let Some(tried) = self.tried.get(margins) {
            return Ok(tried.clone());
        }
        let tried = self.on_paper(margins, self.draws)?;
        self.tried.insert(margins.to_vec(), tried.clone());
        Ok(tried)
    }

    fn drawn_anew(&self, margins: &[u64], draws: Draws) -> Result<Drawn, AllocationError> {
        Ok(self.on_paper(margins, draws)?.drawn)
    }

    /// The lists with some margins, and in how many draws leases miss each quota as it is without.
    fn on_paper(&self, margins: &[u64], draws: Draws) -> Result<Tried, AllocationError> {
        let Posing { plan, dataset, .. } = self.posing;
        let mut instance = self.posing.instance.clone();
        instance.problem = instance.problem.with_shares(self.posing.with_margins(margins))?;
        let answered = answer_in_order(plan, &instance.problem, &self.posing.always(), None, None)?;
        let commission = match &self.chances {
            None => Commission::new(&instance, &answered.matching, self.places)?,
            Some(chances) => {
                let how = (chances, false);
                Commission::most_leases(&instance, &answered.matching, self.places, how)?.commission
            }
        };
        let acceptances = Acceptances::new(self.likely, dataset, &instance, &commission);
        let acceptances = acceptances.map_err(AllocationError::Instance)?;
        let quotas: Vec<Quota> = plan.quotas.iter().map(|quota| quota.quota.clone()).collect();
        let holders = instance.holders_charged(&answered.matching);
        let lists = (&commission, holders.as_slice());
        let drawn = acceptances.draw((&instance, dataset), lists, &quotas, (draws.seed, draws.draws));
        let (reached, _) = instance.in_points(&answered.matching);
        let paper = OnPaper {
            attributions: reached.attributions,
            priority: reached.priority,
            fit: reached.fit,
            leases: drawn.leases,
            assumed: acceptances.assumed,
        };
        let reached = reached.quotas.iter().map(|quota| (quota.base, quota.members)).collect();
        Ok(Tried { drawn, reached, paper })
    }
}
