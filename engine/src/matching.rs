//! Matching: which candidate gets which unit.
//!
//! As many attributions as there can be, and among those the requests that come first in the given
//! order. The sets of requests that can be housed together form a transversal matroid (Edmonds and
//! Fulkerson, 1965), so taking the requests in order and housing each that can still be housed,
//! moving others to other units where needed, gives both at once. The answer carries its proof: a
//! cover of all candidatures by as many requests and units as there are attributions (König, 1931);
//! [`verify`] checks it without knowing how it was found.

/// Which request gets which unit, with the proof that no other answer houses more.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Matching {
    /// By request: the unit it gets.
    pub unit_of: Vec<Option<u32>>,
    /// By unit: the request that gets it.
    pub request_of: Vec<Option<u32>>,
    /// Units that cover, with [`Matching::covering_requests`], every candidature.
    pub covering_units: Vec<bool>,
    /// Requests of the cover.
    pub covering_requests: Vec<bool>,
}

impl Matching {
    /// Number of attributions.
    pub fn len(&self) -> usize {
        self.unit_of.iter().flatten().count()
    }

    /// The same answer with unit `n` called `names[n]`, each name once.
    #[must_use]
    pub fn with_units(&self, names: &[u32]) -> Matching {
        let name = |unit: u32| names.get(unit as usize).copied().unwrap_or(unit);
        let mut renamed = Matching {
            unit_of: self.unit_of.iter().map(|u| u.map(name)).collect(),
            request_of: vec![None; self.request_of.len()],
            covering_units: vec![false; self.covering_units.len()],
            covering_requests: self.covering_requests.clone(),
        };
        for (unit, (request, covering)) in (0_u32..).zip(self.request_of.iter().zip(&self.covering_units)) {
            set(&mut renamed.request_of, name(unit) as usize, *request);
            set(&mut renamed.covering_units, name(unit) as usize, *covering);
        }
        renamed
    }

    /// Is nobody housed?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The units open to each request.
#[derive(Clone, Debug, Default)]
pub struct Wishes {
    offsets: Vec<usize>,
    units: Vec<u32>,
    count: usize,
}

impl Wishes {
    /// From suitable pairs `(request, unit)` in any order; pairs out of range are left out.
    pub fn new(requests: usize, units: usize, pairs: impl IntoIterator<Item = (u32, u32)>) -> Wishes {
        let mut pairs: Vec<(u32, u32)> =
            pairs.into_iter().filter(|(r, u)| (*r as usize) < requests && (*u as usize) < units).collect();
        pairs.sort_unstable();
        pairs.dedup();
        let mut offsets = Vec::with_capacity(requests + 1);
        let mut at = 0;
        for request in 0..requests {
            offsets.push(at);
            while pairs.get(at).is_some_and(|(r, _)| *r as usize == request) {
                at += 1;
            }
        }
        offsets.push(at);
        Wishes { offsets, units: pairs.into_iter().map(|(_, u)| u).collect(), count: units }
    }

    /// The units open to a request, in the order of their numbers.
    pub fn of(&self, request: u32) -> &[u32] {
        let request = request as usize;
        match (self.offsets.get(request), self.offsets.get(request + 1)) {
            (Some(&start), Some(&end)) => self.units.get(start..end).unwrap_or(&[]),
            _ => &[],
        }
    }

    /// Number of requests.
    pub fn requests(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }
}

/// Houses as many requests as possible, those first in `order` before others.
///
/// `order` holds each request once, the first to be served first. Among the units that are open to
/// a request and free, it gets the one of lowest number, so the answer depends on nothing else.
pub fn assign(wishes: &Wishes, order: &[u32]) -> Matching {
    let requests = wishes.requests();
    let mut request_of: Vec<Option<u32>> = vec![None; wishes.count];
    // A unit reached by a search that found no free unit is never freed: see the module's text.
    let mut tight = vec![false; wishes.count];
    let mut seen = vec![u32::MAX; wishes.count];
    let mut came_from = vec![u32::MAX; wishes.count];
    for (round, &request) in (0_u32..).zip(order) {
        let mut queue = vec![request];
        let mut next = 0;
        let mut free = None;
        while let (Some(&at), None) = (queue.get(next), free) {
            next += 1;
            for &unit in wishes.of(at) {
                let place = unit as usize;
                if tight.get(place) == Some(&true) || seen.get(place) == Some(&round) {
                    continue;
                }
                set(&mut seen, place, round);
                set(&mut came_from, place, at);
                match request_of.get(place).copied().flatten() {
                    Some(holder) => queue.push(holder),
                    None => {
                        free = Some(unit);
                        break;
                    }
                }
            }
        }
        match free {
            Some(unit) => shift(unit, request, &came_from, &mut request_of),
            None => {
                for (unit, mark) in seen.iter().enumerate() {
                    if *mark == round {
                        set(&mut tight, unit, true);
                    }
                }
            }
        }
    }
    let mut unit_of = vec![None; requests];
    for (unit, holder) in (0_u32..).zip(&request_of) {
        if let Some(holder) = holder {
            set(&mut unit_of, *holder as usize, Some(unit));
        }
    }
    // The tight units cover what they are open to; the other attributions are covered by their
    // requests.
    let mut covering_requests = vec![false; requests];
    for (request, unit) in unit_of.iter().enumerate() {
        if let Some(unit) = unit
            && tight.get(*unit as usize) == Some(&false)
        {
            set(&mut covering_requests, request, true);
        }
    }
    Matching { unit_of, request_of, covering_units: tight, covering_requests }
}

/// Gives `unit` to the request that led to it, that request's unit to the one before, and so on.
fn shift(mut unit: u32, first: u32, came_from: &[u32], request_of: &mut [Option<u32>]) {
    loop {
        let Some(&request) = came_from.get(unit as usize) else { return };
        let before = request_of.iter().position(|r| *r == Some(request));
        set(request_of, unit as usize, Some(request));
        if request == first {
            return;
        }
        let Some(before) = before else { return };
        unit = u32::try_from(before).unwrap_or(u32::MAX);
    }
}

fn set<T>(values: &mut [T], at: usize, value: T) {
    if let Some(slot) = values.get_mut(at) {
        *slot = value;
    }
}

/// What is wrong with an answer or its proof.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// A request gets a unit that is not open to it.
    #[error("la demande {request} reçoit le logement {unit}, qui ne lui convient pas")]
    NotOpen {
        /// The request.
        request: u32,
        /// The unit.
        unit: u32,
    },
    /// A unit is given twice, or the two directions of the answer differ.
    #[error("le logement {unit} n'est pas attribué une fois et une seule")]
    NotOnce {
        /// The unit.
        unit: u32,
    },
    /// A candidature is not covered.
    #[error("la candidature de la demande {request} au logement {unit} n'est pas couverte")]
    NotCovered {
        /// The request.
        request: u32,
        /// The unit.
        unit: u32,
    },
    /// The cover is larger than the answer: it proves nothing.
    #[error("la couverture a {cover} éléments pour {attributions} attributions")]
    NotTight {
        /// Size of the cover.
        cover: usize,
        /// Number of attributions.
        attributions: usize,
    },
}

/// Checks that an answer is possible and that its proof shows that none houses more.
///
/// # Errors
/// The first thing that is wrong.
pub fn verify(wishes: &Wishes, matching: &Matching) -> Result<(), ProofError> {
    let mut holders = vec![None; matching.request_of.len()];
    for (request, unit) in (0_u32..).zip(&matching.unit_of) {
        let Some(unit) = *unit else { continue };
        if wishes.of(request).binary_search(&unit).is_err() {
            return Err(ProofError::NotOpen { request, unit });
        }
        match holders.get_mut(unit as usize) {
            Some(slot @ None) => *slot = Some(request),
            _ => return Err(ProofError::NotOnce { unit }),
        }
    }
    if let Some((unit, _)) =
        (0_u32..).zip(holders.iter().zip(&matching.request_of)).find(|(_, (a, b))| a != b)
    {
        return Err(ProofError::NotOnce { unit });
    }
    for request in (0_u32..).take(wishes.requests()) {
        if matching.covering_requests.get(request as usize) == Some(&true) {
            continue;
        }
        for &unit in wishes.of(request) {
            if matching.covering_units.get(unit as usize) != Some(&true) {
                return Err(ProofError::NotCovered { request, unit });
            }
        }
    }
    let count = |marks: &[bool]| marks.iter().filter(|m| **m).count();
    let cover = count(&matching.covering_units) + count(&matching.covering_requests);
    if cover != matching.len() {
        return Err(ProofError::NotTight { cover, attributions: matching.len() });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// All sets of attributions, by trying: the most housed, and the best set in order.
    fn brute_force(requests: usize, wishes: &Wishes, order: &[u32]) -> Vec<bool> {
        fn feasible(housed: &[u32], taken: &mut Vec<u32>, wishes: &Wishes) -> bool {
            let Some((first, rest)) = housed.split_first() else { return true };
            wishes.of(*first).iter().any(|u| {
                if taken.contains(u) {
                    return false;
                }
                taken.push(*u);
                let fits = feasible(rest, taken, wishes);
                taken.pop();
                fits
            })
        }
        let mut best: Option<Vec<bool>> = None;
        for set in 0_u32..1 << requests {
            let housed: Vec<u32> = (0..requests as u32).filter(|r| set >> r & 1 == 1).collect();
            if !feasible(&housed, &mut Vec::new(), wishes) {
                continue;
            }
            // More first, then the earliest in order.
            let key = |s: &Vec<bool>| (s.iter().filter(|x| **x).count(), s.clone());
            let in_order: Vec<bool> = order.iter().map(|r| set >> r & 1 == 1).collect();
            if best.as_ref().is_none_or(|b| key(&in_order) > key(b)) {
                best = Some(in_order);
            }
        }
        best.unwrap_or_default()
    }

    fn instance() -> impl Strategy<Value = (usize, usize, Vec<(u32, u32)>, Vec<u32>)> {
        (1_usize..8, 1_usize..6).prop_flat_map(|(requests, units)| {
            let pair = (0..requests as u32, 0..units as u32);
            let order: Vec<u32> = (0..requests as u32).collect();
            (Just(requests), Just(units), proptest::collection::vec(pair, 0..20), Just(order).prop_shuffle())
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        /// The most attributions, and the first in order among the answers that house as many.
        #[test]
        fn houses_the_most_and_the_first((requests, units, pairs, order) in instance()) {
            let wishes = Wishes::new(requests, units, pairs);
            let matching = assign(&wishes, &order);
            prop_assert_eq!(verify(&wishes, &matching), Ok(()));
            let housed: Vec<bool> = order.iter().map(|r| matching.unit_of[*r as usize].is_some()).collect();
            prop_assert_eq!(housed, brute_force(requests, &wishes, &order));
        }

        /// The order of the pairs changes nothing.
        #[test]
        fn the_order_of_pairs_does_not_matter((requests, units, pairs, order) in instance()) {
            let reversed: Vec<_> = pairs.iter().rev().copied().collect();
            let a = assign(&Wishes::new(requests, units, pairs), &order);
            prop_assert_eq!(a, assign(&Wishes::new(requests, units, reversed), &order));
        }
    }

    /// Two requests, one unit that suits both: the answer houses one, and the unit covers.
    fn small() -> (Wishes, Matching) {
        let wishes = Wishes::new(3, 2, [(0, 0), (1, 0), (2, 1)]);
        let matching = assign(&wishes, &[1, 0, 2]);
        (wishes, matching)
    }

    #[test]
    fn the_first_in_order_is_housed() {
        let (_, matching) = small();
        assert_eq!(matching.unit_of, [None, Some(0), Some(1)]);
    }

    /// Each kind of corruption of an answer or its proof is refused.
    #[test]
    fn a_corrupted_answer_is_refused() {
        let (wishes, good) = small();
        assert_eq!(verify(&wishes, &good), Ok(()));
        let corrupt = |change: fn(&mut Matching)| {
            let mut bad = good.clone();
            change(&mut bad);
            verify(&wishes, &bad)
        };
        assert!(matches!(corrupt(|m| m.unit_of[1] = Some(1)), Err(ProofError::NotOpen { .. })));
        assert!(matches!(corrupt(|m| m.unit_of[0] = Some(0)), Err(ProofError::NotOnce { .. })));
        assert!(matches!(corrupt(|m| m.request_of[0] = None), Err(ProofError::NotOnce { .. })));
        assert!(matches!(corrupt(|m| m.covering_units[0] = false), Err(ProofError::NotCovered { .. })));
        assert!(matches!(corrupt(|m| m.covering_requests[0] = true), Err(ProofError::NotTight { .. })));
        assert!(matches!(
            corrupt(|m| {
                m.unit_of[1] = None;
                m.request_of[0] = None;
            }),
            Err(ProofError::NotTight { .. })
        ));
    }
}
