//! Leases that lists may lead to: how likely each household takes the unit that it is offered, and what households' answers
//! make of the shares that the lists reach on paper.
//!
//! Each offer is answered for itself, whatever else is answered. A unit goes to the first of its list who takes it. Places that
//! are shared come after: units that nobody at an own place took, in the order of their identifiers, are offered down their
//! lists to those who have no unit by then. A unit that nobody takes stays empty.
//!
//! A draw follows from its seed: the household of a pair takes the unit in draw `d` if the `d`-th number of the pair is below
//! its probability. The numbers of a pair are those of SplitMix64 from the first eight bytes of the SHA-256 of
//! `seed:request:unit`: whoever has the seed can draw again, in any order and on any number of threads, and other lists meet
//! the same answers.

use std::sync::Arc;

use rayon::prelude::*;

use super::commission::Commission;
use super::instance::{Instance, InstanceError};
use crate::candidates::{Decide, deciding};
use logis_data::Dataset;
use logis_language::diagnostic::PackError;
use logis_language::fingerprint::sha256;
use logis_language::pack::Parsed;
use logis_language::plan::Plan;
use logis_language::value::{Date, Exact, Value};
use logis_matching::Quota;

/// How many errors are told.
const MOST_TOLD: usize = 20;

/// Units whose pairs are drawn at a time.
const UNITS: usize = 16;

/// The plan of the pack's rule for acceptances (`acceptance` of `[matching]`), if it has one.
///
/// # Errors
/// The rule cannot be planned.
pub fn acceptance(parsed: &Arc<Parsed>, date: Date) -> Result<Option<Plan>, PackError> {
    let Some(matching) = &parsed.manifest.matching else { return Ok(None) };
    let Some((name, _)) = &matching.acceptance else { return Ok(None) };
    let entity = parsed.schema.entity(&matching.candidature.0).unwrap_or(0);
    Plan::seen_from(parsed, date, entity, &[name]).map(Some)
}

/// How likely an offer is taken: by a rule of the pack, and where none tells it, by what is assumed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Likely<'p> {
    /// The plan of [`acceptance`].
    pub rule: Option<&'p Plan>,
    /// The probability, from 0 to 1, of an offer of which the rule tells none.
    pub assumed: Option<Exact>,
}

/// How likely each place of lists is taken where it is offered.
#[derive(Clone, Debug, Default)]
pub struct Acceptances {
    /// By number of the unit, by place: the probability.
    pub lists: Vec<Vec<Exact>>,
    /// How many places have the assumed one.
    pub assumed: usize,
}

/// An offer that is made in a draw, and its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Answer {
    /// The unit, by number.
    pub unit: u32,
    /// The request that it is offered to, by number.
    pub request: u32,
    /// Does the household take it?
    pub taken: bool,
}

/// What draws of answers come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drawn {
    /// By quota: in how many draws the leases miss it.
    pub missed: Vec<u32>,
    /// Leases, summed over all draws.
    pub leases: u64,
    /// By quota: the leases in its base and among its members, as the problem counts, summed over all draws.
    pub counted: Vec<(u64, u64)>,
}

impl Likely<'_> {
    /// How likely each pair of request and unit is taken, and of how many that is assumed.
    fn of(
        &self,
        decide: Option<&Decide<'_>>,
        (dataset, instance): (&Dataset, &Instance),
        pairs: &[(u32, u32)],
    ) -> Result<(Vec<Exact>, usize), Vec<InstanceError>> {
        let rows =
            |(request, unit): &(u32, u32)| (instance.requests.row(*request), instance.units.row(*unit));
        let (first, second): (Vec<u32>, Vec<u32>) = pairs.iter().map(rows).unzip();
        let columns = decide.map(|decide| decide(&first, &second)).unwrap_or_default();
        let rule =
            self.rule.and_then(|plan| plan.selected.first()).map_or("acceptance", |(name, _)| name.as_str());
        let (mut wrong, mut all, mut assumed) = (Vec::new(), Vec::with_capacity(pairs.len()), 0);
        for (at, (request, unit)) in pairs.iter().enumerate() {
            let value = columns.first().and_then(|column| column.value(at));
            let own = match (&value, self.assumed) {
                (Some(Value::Number(n)), _) => Some(*n),
                (None, Some(n)) => {
                    assumed += 1;
                    Some(n)
                }
                _ => None,
            };
            match own.filter(|n| (0..=*n.denom()).contains(n.numer())) {
                Some(n) => all.push(n),
                None if wrong.len() < MOST_TOLD => {
                    let ids = (instance.requests.id(dataset, *request), instance.units.id(dataset, *unit));
                    wrong.push(InstanceError::NoProbability {
                        what: format!("{}:{}", ids.0, ids.1),
                        rule: rule.to_string(),
                        value: value.or(own.map(Value::Number)).map(|value| value.to_string()),
                    });
                }
                None => {}
            }
        }
        if wrong.is_empty() { Ok((all, assumed)) } else { Err(wrong) }
    }

    /// By number of the unit, of the requests that it suits (`suits`): would each take the unit in the first draw, if it were
    /// offered? Some units at a time, as there may be hundreds of millions of pairs.
    ///
    /// # Errors
    /// As [`Acceptances::new`].
    pub(crate) fn would_take(
        &self,
        decide: Option<&Decide<'_>>,
        (dataset, instance): (&Dataset, &Instance),
        suits: &[Vec<u32>],
        seed: u64,
    ) -> Result<Vec<Vec<bool>>, Vec<InstanceError>> {
        let units: Vec<u32> = (0_u32..).take(suits.len()).collect();
        let some = |units: &[u32]| -> Result<Vec<Vec<bool>>, Vec<InstanceError>> {
            let of = |unit: &u32| suits.get(*unit as usize).into_iter().flatten().copied();
            let pairs: Vec<(u32, u32)> =
                units.iter().flat_map(|unit| of(unit).map(move |request| (request, *unit))).collect();
            let (likely, _) = self.of(decide, (dataset, instance), &pairs)?;
            let mut likely = likely.iter();
            let takes = |unit: &u32| {
                let id = instance.units.id(dataset, *unit);
                let of = of(unit).zip(likely.by_ref()).map(|(request, likely)| {
                    below(mixed(numbers(seed, (instance.requests.id(dataset, request), id))), likely)
                });
                of.collect()
            };
            Ok(units.iter().map(takes).collect())
        };
        let all: Vec<_> = units.par_chunks(UNITS).map(some).collect();
        let mut would = Vec::with_capacity(suits.len());
        let mut wrong = Vec::new();
        for own in all {
            match own {
                Ok(own) => would.extend(own),
                Err(own) => wrong.extend(own),
            }
        }
        wrong.truncate(MOST_TOLD);
        if wrong.is_empty() { Ok(would) } else { Err(wrong) }
    }
}

impl Acceptances {
    /// Decides the places of lists.
    ///
    /// # Errors
    /// What is no probability; places of which nothing tells one (twenty of both at most).
    pub fn new(
        likely: Likely<'_>,
        dataset: &Dataset,
        instance: &Instance,
        commission: &Commission,
    ) -> Result<Acceptances, Vec<InstanceError>> {
        let decided = |decide: Option<&Decide<'_>>| {
            Acceptances::decided(likely, decide, (dataset, instance), commission)
        };
        match likely.rule {
            Some(rule) => deciding(rule, dataset, |decide| decided(Some(decide))),
            None => decided(None),
        }
    }

    /// The same where `decide` decides the rule, if there is one.
    pub(crate) fn decided(
        likely: Likely<'_>,
        decide: Option<&Decide<'_>>,
        (dataset, instance): (&Dataset, &Instance),
        commission: &Commission,
    ) -> Result<Acceptances, Vec<InstanceError>> {
        let lists = (0_u32..).zip(&commission.lists);
        let pairs: Vec<(u32, u32)> =
            lists.flat_map(|(unit, list)| list.iter().map(move |place| (place.request, unit))).collect();
        let (all, assumed) = likely.of(decide, (dataset, instance), &pairs)?;
        let mut all = all.into_iter();
        let lists = commission.lists.iter().map(|list| all.by_ref().take(list.len()).collect()).collect();
        Ok(Acceptances { lists, assumed })
    }

    /// Draws answers: how many leases they lead to, and in how many draws leases miss each of these quotas, which stand in the
    /// order of those of the instance. Beside the lists, by number of the unit: the holder to whom its attribution is charged, and so
    /// whoever of its list takes it, where that one may propose it; empty where nothing is charged.
    pub fn draw(
        &self,
        (instance, dataset): (&Instance, &Dataset),
        (commission, holders): (&Commission, &[Option<usize>]),
        quotas: &[Quota],
        (seed, draws): (u64, u32),
    ) -> Drawn {
        let offers = self.offers((instance, dataset), (commission, holders), seed);
        let shared = offers.iter().flatten().any(|offer| offer.shared);
        let one = |draw: u32| {
            let taken = taken(&offers, draw, shared.then_some(instance.requests.len()), |_, _, _| ());
            let mut counts = vec![(0_u64, 0_u64); quotas.len()];
            for offer in taken.iter().flatten() {
                for (at, (base, members)) in counts.iter_mut().enumerate() {
                    *base += offer.marks >> (2 * at) & 1;
                    *members += u64::from(offer.marks >> (2 * at) & 3 == 3);
                }
            }
            let missed =
                |((base, members), quota): (&(u64, u64), &Quota)| u32::from(quota.target(*base) > *members);
            Drawn {
                missed: counts.iter().zip(quotas).map(missed).collect(),
                leases: taken.iter().flatten().count() as u64,
                counted: counts,
            }
        };
        let add = |mut all: Drawn, own: Drawn| {
            all.missed.iter_mut().zip(own.missed).for_each(|(all, own)| *all += own);
            all.leases += own.leases;
            for (all, own) in all.counted.iter_mut().zip(own.counted) {
                (all.0, all.1) = (all.0 + own.0, all.1 + own.1);
            }
            all
        };
        let none = || Drawn { missed: vec![0; quotas.len()], leases: 0, counted: vec![(0, 0); quotas.len()] };
        (0..draws).into_par_iter().map(one).reduce(none, add)
    }

    /// The offers that are made in the first draw, in the order in which they are, with their answers: a unit is offered down its
    /// list until somebody takes it.
    pub fn answers(
        &self,
        (instance, dataset): (&Instance, &Dataset),
        commission: &Commission,
        seed: u64,
    ) -> Vec<Answer> {
        let offers = self.offers((instance, dataset), (commission, &[]), seed);
        let mut made = Vec::new();
        let asked = |unit: usize, offer: &Offer, taken: bool| {
            made.extend(u32::try_from(unit).map(|unit| Answer { unit, request: offer.request, taken }));
        };
        taken(&offers, 0, Some(instance.requests.len()), asked);
        made
    }

    /// By unit: what is offered, in order.
    fn offers(
        &self,
        (instance, dataset): (&Instance, &Dataset),
        (commission, holders): (&Commission, &[Option<usize>]),
        seed: u64,
    ) -> Vec<Vec<Offer>> {
        let lists = (0_u32..).zip(commission.lists.iter().zip(&self.lists));
        let of = |(unit, (list, own)): (u32, (&Vec<super::commission::Place>, &Vec<Exact>))| {
            let offer = |(place, likely): (&super::commission::Place, &Exact)| {
                let ids = (instance.requests.id(dataset, place.request), instance.units.id(dataset, unit));
                let holder = holders.get(unit as usize).copied().flatten();
                Offer {
                    request: place.request,
                    shared: place.shared,
                    numbers: numbers(seed, ids),
                    likely: *likely,
                    marks: instance.marks_in_list(holder, place.request, unit),
                }
            };
            list.iter().zip(own).map(offer).collect()
        };
        lists.map(of).collect()
    }
}

/// A unit that is offered to a household.
struct Offer {
    request: u32,
    shared: bool,
    /// Where the numbers of the pair begin.
    numbers: u64,
    likely: Exact,
    /// As those of the pair in the problem.
    marks: u64,
}

/// By unit: the offer that is taken in a draw. Where places are shared, their requests are told apart among so many. `asked` is
/// told of each offer that is made, with the place of its unit, and whether it is taken.
fn taken(
    offers: &[Vec<Offer>],
    draw: u32,
    shared: Option<usize>,
    mut asked: impl FnMut(usize, &Offer, bool),
) -> Vec<Option<&Offer>> {
    let mut all: Vec<Option<&Offer>> = vec![None; offers.len()];
    for (unit, (list, slot)) in offers.iter().zip(&mut all).enumerate() {
        *slot = list.iter().filter(|offer| !offer.shared).find(|offer| {
            let taken = offer.is_taken(draw);
            asked(unit, offer, taken);
            taken
        });
    }
    let Some(requests) = shared else { return all };
    let mut housed = vec![false; requests];
    for offer in all.iter().flatten() {
        housed.get_mut(offer.request as usize).into_iter().for_each(|slot| *slot = true);
    }
    for (unit, (list, slot)) in
        offers.iter().zip(&mut all).enumerate().filter(|(_, (_, slot))| slot.is_none())
    {
        *slot = list.iter().filter(|offer| offer.shared).find(|offer| {
            // Who has a unit by then is not asked.
            let Some(housed) = housed.get_mut(offer.request as usize).filter(|housed| !**housed) else {
                return false;
            };
            *housed = offer.is_taken(draw);
            asked(unit, offer, *housed);
            *housed
        });
    }
    all
}

impl Offer {
    /// Does the household take the unit in a draw?
    fn is_taken(&self, draw: u32) -> bool {
        below(mixed(self.numbers.wrapping_add(u64::from(draw).wrapping_mul(GOLDEN))), &self.likely)
    }
}

/// Is a drawn number below a probability: `number / 2⁶⁴ < likely`, in whole numbers where they hold it?
fn below(number: u64, likely: &Exact) -> bool {
    let (a, b) = (*likely.numer(), *likely.denom());
    match (u64::try_from(a), u64::try_from(b)) {
        (Ok(a), Ok(b)) => u128::from(number) * u128::from(b) < u128::from(a) << 64,
        _ => (number as f64) < a as f64 / b as f64 * 18_446_744_073_709_551_616.0,
    }
}

/// Where the numbers of a pair begin.
fn numbers(seed: u64, (request, unit): (&str, &str)) -> u64 {
    first_bytes(&sha256(format!("{seed}:{request}:{unit}").as_bytes()))
}

/// Which of so many parts of the numbers the first of a key is in.
pub(crate) fn drawn_part(key: &str, parts: u32) -> u32 {
    let number = mixed(first_bytes(&sha256(key.as_bytes())));
    u32::try_from((u128::from(number) * u128::from(parts)) >> 64).unwrap_or(0)
}

/// The increment of SplitMix64.
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// SplitMix64 (Steele, Lea and Flood, 2014).
fn mixed(state: u64) -> u64 {
    let mut z = state.wrapping_add(GOLDEN);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// The first eight bytes of a hash that is written in hexadecimal.
fn first_bytes(hash: &str) -> u64 {
    let digits = hash.rsplit(':').next().and_then(|digits| digits.get(..16)).unwrap_or("0");
    u64::from_str_radix(digits, 16).unwrap_or(0)
}
