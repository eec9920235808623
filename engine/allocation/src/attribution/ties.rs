//! What comes after the points, where two requests have as many: seniority to the day, then a lottery.
//!
//! Requests of as many points are ranked: by the pack's rule or field for it (`tie`), then, if a seed was given, by
//! a ticket that follows from the seed and the identifier, so that whoever has both can draw it again. The sum of
//! the ranks of those housed is a level of its own, right after the points: a point of the problem that is solved
//! weighs more than all ranks together, and the rank is added to it.

use std::cmp::Ordering;

use super::instance::{InstanceError, Numbers};
use super::rules::MatchingPlan;
use logis_data::Dataset;
use logis_decide::evaluate::evaluate;
use logis_language::fingerprint::sha256;
use logis_language::value::Value;
use logis_matching::MOST_POINTS;

/// Ranks among requests of as many points.
#[derive(Clone, Debug, Default)]
pub(super) struct Ties {
    /// By number of the request: the pack's points.
    points: Vec<u32>,
    /// By number: how many different places among those of as many points come after its own. Empty if nothing
    /// ranks them.
    ranks: Vec<u32>,
    /// By number: what the pack's rule says, for the seniority.
    seniority: Vec<Option<Value>>,
    /// What a point weighs in the problem that is solved.
    factor: u64,
}

impl Ties {
    /// Ranks the requests of `points`; at most `given` of them can be housed, who are not a matroid's best where quotas
    /// ask for some or some hold a unit (`quotas`).
    pub fn new(
        plan: &MatchingPlan,
        dataset: &Dataset,
        requests: &Numbers,
        points: Vec<u32>,
        (given, quotas): (u64, bool),
    ) -> Result<Ties, InstanceError> {
        if !plan.ranks_ties() {
            return Ok(Ties { points, factor: 1, ..Ties::default() });
        }
        let numbers = || (0_u32..).take(requests.len());
        let seniority: Vec<Option<Value>> = match &plan.tie {
            None => vec![None; requests.len()],
            Some(tie) => {
                let decided = evaluate(tie, dataset);
                let of = |number| decided.columns.first()?.value(requests.row(number) as usize);
                numbers().map(of).collect()
            }
        };
        let ticket = |number: u32| {
            let id = requests.id(dataset, number);
            plan.seed.map(|seed| sha256(format!("{seed}:{id}").as_bytes()))
        };
        let tickets: Vec<Option<String>> = numbers().map(ticket).collect();
        let order = |a: u32, b: u32| -> Ordering {
            let (a, b) = (a as usize, b as usize);
            let senior = match (seniority.get(a), seniority.get(b)) {
                (Some(a), Some(b)) => later(a.as_ref(), b.as_ref()),
                _ => Ordering::Equal,
            };
            senior.then_with(|| tickets.get(a).cmp(&tickets.get(b)))
        };
        let by_points = |number: u32| points.get(number as usize).copied().unwrap_or(0);
        let mut sorted: Vec<u32> = numbers().collect();
        sorted.sort_by(|&a, &b| by_points(a).cmp(&by_points(b)).then_with(|| order(a, b)));
        let mut ranks = vec![0; requests.len()];
        let (mut before, mut rank): (Option<u32>, u32) = (None, 0);
        for number in sorted {
            rank = match before {
                Some(other) if by_points(other) != by_points(number) => 0,
                Some(other) if order(other, number) != Ordering::Equal => rank + 1,
                Some(_) => rank,
                None => 0,
            };
            if let Some(slot) = ranks.get_mut(number as usize) {
                *slot = rank;
            }
            before = Some(number);
        }
        let most = u64::from(ranks.iter().copied().max().unwrap_or(0));
        // Without quotas and tenants those who are housed are a matroid's best, for which it is enough that one rank weighs less
        // than a point (greed); with them all ranks together must.
        let factor = if quotas { most.saturating_mul(given) } else { most } + 1;
        let highest = points.iter().copied().max().unwrap_or(0);
        if u64::from(highest).saturating_mul(factor).saturating_add(most) > u64::from(MOST_POINTS) {
            return Err(InstanceError::Ties { highest, factor });
        }
        Ok(Ties { points, ranks, seniority, factor })
    }

    /// Those of some numbers (ascending), in their order; of their seniority nothing is kept.
    pub fn only(&self, numbers: &[u32]) -> Ties {
        let points = numbers.iter().map(|number| self.points(*number)).collect();
        let ranks = match self.ranks.is_empty() {
            true => Vec::new(),
            false => numbers.iter().map(|number| self.rank(*number)).collect(),
        };
        Ties { points, ranks, seniority: Vec::new(), factor: self.factor }
    }

    /// By number: the points of the problem that is solved.
    pub fn weighed(&self) -> Vec<u32> {
        let of = |(number, &points): (u32, &u32)| {
            u32::try_from(u64::from(points) * self.factor + u64::from(self.rank(number)))
                .unwrap_or(MOST_POINTS)
        };
        (0_u32..).zip(&self.points).map(of).collect()
    }

    /// The pack's points of a request.
    pub fn points(&self, number: u32) -> u32 {
        self.points.get(number as usize).copied().unwrap_or(0)
    }

    /// Its rank among those of as many points: more comes first.
    pub fn rank(&self, number: u32) -> u32 {
        self.ranks.get(number as usize).copied().unwrap_or(0)
    }

    /// Has one of two requests waited longer than the other?
    pub fn seniority_differs(&self, a: u32, b: u32) -> bool {
        self.seniority.get(a as usize) != self.seniority.get(b as usize)
    }

    /// What a point weighs in the problem that is solved.
    pub fn factor(&self) -> u64 {
        self.factor
    }
}

/// Which of two comes later: what is not known first of all, then fewer (days), or the later date.
fn later(a: Option<&Value>, b: Option<&Value>) -> Ordering {
    match (a, b) {
        (Some(a @ Value::Date(_)), Some(b @ Value::Date(_))) => b.cmp(a),
        (a, b) => a.cmp(&b),
    }
}
