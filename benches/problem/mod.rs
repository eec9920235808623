//! A drawn instance as a problem of the matching.

use crate::instances::Instance;
use logis::matching::{Fits, Pair, Problem, Quota};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::ops::Range;
use std::sync::Arc;

struct Drawn(Arc<Instance>);

impl Fits for Drawn {
    fn fill(&self, request: u32, slot: usize, units: Range<u32>, into: &mut Vec<u16>) {
        self.0.fill(request, slot, units, into);
    }
}

/// The problem by cells, its fits computed when they are read.
pub fn by_cells(instance: &Arc<Instance>, with_quotas: bool) -> Problem {
    let starts = instance.starts.iter().map(|s| *s as usize).collect();
    let quotas = if with_quotas { (quotas(instance), marks(instance)) } else { (vec![], vec![]) };
    let fits = Arc::new(Drawn(instance.clone()));
    Problem::from_cells(
        points(instance),
        first_units(instance),
        (starts, instance.open.clone()),
        fits,
        quotas,
    )
    .unwrap()
}

/// Some slots of an instance, by number there.
struct Kept(Arc<Instance>, Vec<usize>);

impl Fits for Kept {
    fn fill(&self, request: u32, slot: usize, units: Range<u32>, into: &mut Vec<u16>) {
        self.0.fill(request, self.1[slot], units, into);
    }
}

/// The problem by cells, with nothing suitable for one request in a thousand.
pub fn by_cells_but_some(instance: &Arc<Instance>, with_quotas: bool) -> Problem {
    let all = marks(instance);
    let (mut starts, mut open, mut kept) = (vec![0], vec![], vec![]);
    for request in 0..u32::try_from(instance.requests()).unwrap() {
        let own = instance.starts[request as usize] as usize..instance.starts[request as usize + 1] as usize;
        if request % 1000 != 500 {
            open.extend_from_slice(&instance.open[own.clone()]);
            kept.extend(own);
        }
        starts.push(open.len());
    }
    let own = kept.iter().map(|slot| all[*slot]).collect();
    let quotas = if with_quotas { (quotas(instance), own) } else { (vec![], vec![]) };
    let fits = Arc::new(Kept(instance.clone(), kept));
    Problem::from_cells(points(instance), first_units(instance), (starts, open), fits, quotas).unwrap()
}

/// The first unit of each cell, and how many units there are.
fn first_units(instance: &Instance) -> Vec<u32> {
    instance.cells.iter().map(|c| c.first_unit).chain([instance.units()]).collect()
}

/// The pairs one by one, as a caller has them who knows of no cells.
pub fn pairs(instance: &Instance, with_quotas: bool) -> Vec<Pair> {
    let marks = if with_quotas { marks(instance) } else { vec![0; instance.open.len()] };
    let mut all = Vec::with_capacity(usize::try_from(instance.pairs()).unwrap());
    for request in 0..u32::try_from(instance.requests()).unwrap() {
        for (slot, cell) in instance.open_to(request) {
            let fit = |unit| instance.fit(request, slot, unit);
            all.extend(cell.range().map(|unit| Pair { request, unit, fit: fit(unit), marks: marks[slot] }));
        }
    }
    all
}

/// A problem of 40 requests and 20 units in five kinds, with five quotas of 40 to 60 %; who suits whom and what
/// counts in which quota is drawn for each request and kind.
pub fn random(seed: u64) -> Problem {
    let (requests, units, kinds) = (40, 20, 5);
    let mut draw = ChaCha8Rng::seed_from_u64(seed);
    let kind: Vec<usize> = (0..units).map(|_| draw.random_range(0..kinds)).collect();
    let mut pairs = Vec::new();
    for request in 0..requests {
        let by_kind: Vec<(bool, u16)> =
            (0..kinds).map(|_| (draw.random_ratio(1, 6), draw.random())).collect();
        for (unit, &kind) in (0..units).zip(&kind) {
            let (suits, marks) = by_kind[kind];
            if suits {
                pairs.push(Pair { request, unit, fit: draw.random_range(0..=1000), marks: u64::from(marks) });
            }
        }
    }
    let points = (0..requests).map(|_| draw.random_range(0..100)).collect();
    let quota = |name: usize| Quota::new(name.to_string(), draw.random_range(40..=60), 100);
    Problem::from_pairs(points, units, pairs, (0..5).map(quota).collect()).unwrap()
}

/// Points by request.
pub fn points(instance: &Instance) -> Vec<u32> {
    instance.points.iter().map(|p| u32::from(*p)).collect()
}

/// The three quotas.
pub fn quotas(instance: &Instance) -> Vec<Quota> {
    let quota = |q: &crate::instances::Quota| Quota::new(q.name, q.share.0, q.share.1);
    instance.quotas().iter().map(quota).collect()
}

/// By slot, what counts in which quota.
fn marks(instance: &Instance) -> Vec<u64> {
    let quotas = instance.quotas();
    let mut marks = vec![0; instance.open.len()];
    for request in 0..u32::try_from(instance.requests()).unwrap() {
        for (slot, cell) in instance.open_to(request) {
            for (number, quota) in quotas.iter().enumerate() {
                let base = quota.inside.is_none_or(|inside| inside == cell.priority_district);
                let member = base && instance.counts(request, quota.members);
                marks[slot] |= (u64::from(base) | u64::from(member) << 1) << (2 * number);
            }
        }
    }
    marks
}
