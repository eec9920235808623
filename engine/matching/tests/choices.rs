//! Requests that have several pairs with one unit, of which an answer uses one: each counts otherwise in the quotas. Held
//! against every answer there is, counted by hand.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use logis_matching::{Ahead, Matching, Pair, Problem, Quota, gaps, reached_by, solve, solve_near, verify};
use proptest::prelude::*;

/// A pair that is used, or none, by request.
type Answer = Vec<Option<Pair>>;

/// Every answer there is: each request has one of its pairs or none, and no unit is given twice.
fn every(requests: usize, pairs: &[Pair], f: &mut impl FnMut(&Answer)) {
    fn from(request: u32, pairs: &[Pair], answer: &mut Answer, f: &mut impl FnMut(&Answer)) {
        if request as usize == answer.len() {
            return f(answer);
        }
        from(request + 1, pairs, answer, f);
        for pair in pairs.iter().filter(|pair| pair.request == request) {
            if answer.iter().flatten().all(|other| other.unit != pair.unit) {
                answer[request as usize] = Some(*pair);
                from(request + 1, pairs, answer, f);
                answer[request as usize] = None;
            }
        }
    }
    from(0, pairs, &mut vec![None; requests], f);
}

/// What each quota lacks in an answer, counted up from none.
fn lacking(quotas: &[Quota], answer: &Answer) -> Vec<u64> {
    let count = |bits: u64| answer.iter().flatten().filter(|pair| pair.marks & bits == bits).count() as i64;
    let of = |(q, quota): (usize, &Quota)| {
        let (base, members) = (count(1 << (2 * q)), count(3 << (2 * q)));
        let (a, b) = (i64::from(quota.numerator), i64::from(quota.denominator));
        let enough = |lack: &u64| (members + *lack as i64 - quota.number) * b >= base * a;
        (0_u64..).find(enough).unwrap()
    };
    quotas.iter().enumerate().map(of).collect()
}

/// The levels of an answer, more is better; the first quotas before the number of attributions, if they are `hard`.
fn levels(points: &[u32], quotas: &[Quota], hard: usize, answer: &Answer) -> Vec<i64> {
    let used = || answer.iter().flatten();
    let lack: Vec<i64> = lacking(quotas, answer).into_iter().map(|lack| -(lack as i64)).collect();
    let (first, others) = lack.split_at(hard);
    let points: i64 = used().map(|pair| i64::from(points[pair.request as usize])).sum();
    let fit: i64 = used().map(|pair| i64::from(pair.fit)).sum();
    first.iter().chain([&(used().count() as i64)]).chain(others).copied().chain([points, fit]).collect()
}

/// The pairs that a matching uses.
fn answer(pairs: &[Pair], matching: &Matching) -> Answer {
    let of = |(request, unit): (usize, &Option<u32>)| {
        let unit = (*unit)?;
        let marks = matching.marks_of.get(request).copied();
        let own = |pair: &&Pair| {
            pair.request as usize == request
                && pair.unit == unit
                && marks.is_none_or(|marks| pair.marks == marks)
        };
        Some(*pairs.iter().find(own).expect("a pair of the problem"))
    };
    matching.unit_of.iter().enumerate().map(of).collect()
}

#[derive(Clone, Debug)]
struct Small {
    points: Vec<u32>,
    units: u32,
    pairs: Vec<Pair>,
    quotas: Vec<Quota>,
}

/// Three holders, to each of whom a quota is owed of the units in flow; each request may be proposed by some of them. A unit
/// that is not in flow belongs to one holder. One quota more counts pairs whoever proposes them.
fn small() -> impl Strategy<Value = Small> {
    (1_usize..6, 1_usize..5).prop_flat_map(|(requests, units)| {
        let points = proptest::collection::vec(0_u32..4, requests);
        let holders = proptest::collection::vec(0_u8..8, requests);
        let stock = proptest::collection::vec(prop_oneof![3 => Just(3_u8), 1 => 0_u8..3], units);
        let suits = proptest::collection::vec((0_u8..4, 0_u16..4), requests * units);
        let quotas = proptest::collection::vec((0_u32..4, any::<bool>(), 0_u32..3), 3);
        (points, holders, stock, suits, quotas, any::<u32>()).prop_map(
            move |(points, holders, stock, suits, asked, other)| {
                let mut pairs = Vec::new();
                for (request, unit) in (0..requests).flat_map(|r| (0..units).map(move |u| (r, u))) {
                    let (suit, fit) = suits[request * units + unit];
                    if suit == 0 {
                        continue;
                    }
                    let own = u64::from(other >> ((request + 2 * unit) % 16 * 2) & 3);
                    let pair = |marks: u64| Pair {
                        request: request as u32,
                        unit: unit as u32,
                        fit: fit * 100,
                        marks: marks | own << 6,
                    };
                    // In flow all count in every base, but for the last quota, which allows so many at most.
                    let charged = |holder: u8| {
                        (0..3).fold(0, |all, q| {
                            let (number, at_most, _) = asked[q];
                            let member = u64::from(holder == q as u8);
                            all | if at_most && number > 2 { member } else { 1 | member << 1 } << (2 * q)
                        })
                    };
                    match stock[unit] {
                        3 => {
                            let may: Vec<u8> = (0..3).filter(|h| holders[request] >> h & 1 == 1).collect();
                            pairs.extend(may.iter().map(|holder| pair(charged(*holder))));
                            if may.is_empty() {
                                pairs.push(pair(charged(9)));
                            }
                        }
                        holder => pairs.push(pair(if other & 1 == 0 { charged(holder) } else { 0 })),
                    }
                }
                let quota =
                    |(q, (number, at_most, part)): (usize, &(u32, bool, u32))| match (at_most, *number > 2) {
                        (true, true) => Quota::at_most(format!("q{q}"), *part),
                        (false, true) => Quota::at_least(format!("q{q}"), *part),
                        _ => Quota::new(format!("q{q}"), *number, 3),
                    };
                let mut quotas: Vec<Quota> = asked.iter().enumerate().map(quota).collect();
                quotas.push(Quota::new("q3", 1, 2));
                Small { points, units: units as u32, pairs, quotas }
            },
        )
    })
}

/// Pairs that count in whatever quotas, up to three of a request and a unit; shares that contradict each other.
fn wild() -> impl Strategy<Value = Small> {
    (2_usize..6, 1_usize..5).prop_flat_map(|(requests, units)| {
        let points = proptest::collection::vec(0_u32..4, requests);
        let own = proptest::collection::btree_set(0_u64..256, 0..4);
        let suits = proptest::collection::vec((own, 0_u16..4), requests * units);
        let quotas = proptest::collection::vec((0_u32..5, 1_u32..5, -1_i64..3), 4);
        (points, suits, quotas).prop_map(move |(points, suits, asked)| {
            let mut pairs = Vec::new();
            for (request, unit) in (0..requests).flat_map(|r| (0..units).map(move |u| (r, u))) {
                let (own, fit) = &suits[request * units + unit];
                let pair = |marks: &u64| Pair {
                    request: request as u32,
                    unit: unit as u32,
                    fit: fit * 100,
                    marks: *marks,
                };
                pairs.extend(own.iter().map(pair));
            }
            let quota = |(q, (a, b, number)): (usize, &(u32, u32, i64))| Quota {
                number: *number,
                ..Quota::new(format!("q{q}"), *a.min(b), *b)
            };
            let quotas = asked.iter().enumerate().map(quota).collect();
            Small { points, units: units as u32, pairs, quotas }
        })
    })
}

/// Each request has one unit, and several ways to have it: only the choice of the pair is open.
fn diagonal() -> impl Strategy<Value = Small> {
    let own = proptest::collection::btree_set(0_u64..256, 1..4);
    let quotas = proptest::collection::vec((0_u32..5, 1_u32..5, -1_i64..3), 4);
    (proptest::collection::vec(own, 3..7), quotas).prop_map(|(own, asked)| {
        let pairs = |(request, own): (u32, &std::collections::BTreeSet<u64>)| -> Vec<Pair> {
            own.iter().map(|marks| Pair { request, unit: request, fit: 0, marks: *marks }).collect()
        };
        let pairs = (0_u32..).zip(&own).flat_map(pairs).collect();
        let quota = |(q, (a, b, number)): (usize, &(u32, u32, i64))| Quota {
            number: *number,
            ..Quota::new(format!("q{q}"), *a.min(b), *b)
        };
        let quotas = asked.iter().enumerate().map(quota).collect();
        Small { points: vec![1; own.len()], units: own.len() as u32, pairs, quotas }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    /// No matching with any choice of pairs is better at any level, and the checker is convinced of it.
    #[test]
    fn no_answer_and_no_choice_is_better(small in prop_oneof![small(), wild(), diagonal()]) {
        let Small { points, units, pairs, quotas } = small;
        let problem = Problem::from_pairs(points.clone(), units, pairs.clone(), quotas.clone()).unwrap();
        let matching = solve(&problem);
        let own = answer(&pairs, &matching);
        let mut best = Vec::new();
        every(points.len(), &pairs, &mut |other| best = best.clone().max(levels(&points, &quotas, 0, other)));
        prop_assert_eq!(levels(&points, &quotas, 0, &own), best);
        prop_assert_eq!(verify(&problem, &matching), Ok(()));
        // From an answer that is best, the next is as good.
        let near = solve_near(&problem, &matching.unit_of, None);
        prop_assert_eq!(levels(&points, &quotas, 0, &answer(&pairs, &near)), levels(&points, &quotas, 0, &own));
        // Another choice of a pair reaches what it says and no more: the checker sees it.
        for (request, pair) in own.iter().enumerate() {
            let others = pairs.iter().filter(|other| pair.is_some_and(|pair| {
                (pair.request, pair.unit) == (other.request, other.unit) && pair.marks != other.marks
            }));
            for other in others {
                let mut wrong = matching.clone();
                wrong.marks_of[request] = other.marks;
                let changed = lacking(&quotas, &answer(&pairs, &wrong)) != lacking(&quotas, &own);
                prop_assert!(!changed || verify(&problem, &wrong).is_err());
            }
        }
        // Without quotas nothing tells the pairs of a request and a unit apart.
        let alone = problem.without_quotas();
        prop_assert!(!alone.has_choices());
        let free = solve(&alone);
        prop_assert_eq!(verify(&alone, &free), Ok(()));
    }

    /// The same where two quotas come before the number of attributions.
    #[test]
    fn hard_quotas_choose_too(small in prop_oneof![small(), wild(), diagonal()]) {
        let Small { points, units, pairs, quotas } = small;
        let problem = Problem::from_pairs(points.clone(), units, pairs.clone(), quotas.clone()).unwrap();
        let ahead = Ahead::new(&problem, &[0, 1], &[]).unwrap();
        let matching = ahead.narrow(&problem, solve(ahead.wider())).unwrap();
        let mut best = Vec::new();
        every(points.len(), &pairs, &mut |other| best = best.clone().max(levels(&points, &quotas, 2, other)));
        prop_assert_eq!(levels(&points, &quotas, 2, &answer(&pairs, &matching)), best);
        prop_assert_eq!(ahead.verify(&problem, &matching), Ok(()));
    }
}

/// A chain of holders in which each of many requests may be proposed by two: every holder is given its share, which no
/// choice of the first that may propose gives.
#[test]
fn each_attribution_is_charged_to_one_holder() {
    let (requests, holders) = (40_u32, 4_u32);
    let charged =
        |holder: u32| (0..holders).fold(0, |all, q| all | (1 | u64::from(holder == q) << 1) << (2 * q));
    let mut pairs = Vec::new();
    for request in 0..requests {
        for unit in 0..20 {
            let may = [request % holders, (request / 3) % holders];
            for holder in may.iter().take(if may[0] == may[1] { 1 } else { 2 }) {
                let fit = (request * 37 + unit * 11) as u16 % 500;
                pairs.push(Pair { request, unit, fit, marks: charged(*holder) });
            }
        }
    }
    let quotas = [(3, 10), (1, 5), (1, 4), (1, 4)].iter().enumerate();
    let quotas: Vec<Quota> = quotas.map(|(q, (a, b))| Quota::new(format!("h{q}"), *a, *b)).collect();
    let points = (0..requests).map(|request| request * 7 % 23).collect();
    let problem = Problem::from_pairs(points, 20, pairs, quotas).unwrap();
    let matching = solve(&problem);
    assert_eq!(verify(&problem, &matching), Ok(()));
    let members: Vec<u64> = matching.reached.quotas.iter().map(|quota| quota.members).collect();
    // Of twenty: 6, 4, 5 and 5, and none is charged twice.
    assert_eq!(members, [6, 4, 5, 5]);
    assert_eq!(matching.reached.quotas.iter().map(|quota| quota.shortfall).sum::<u64>(), 0);
    assert_eq!(reached_by(&problem, &matching.unit_of, &matching.marks_of).unwrap(), matching.reached);
    assert!(gaps(&problem, &matching).unwrap().none());
}

/// A share of each of fourteen landlords, and two more quotas: as many as there may be, proved.
#[test]
fn a_line_for_each_of_many_landlords() {
    let (requests, units, landlords) = (36_u32, 18, 14);
    let mut seed = 1_u32;
    let mut draw = |below: u32| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 8) % below
    };
    let of: Vec<u32> = (0..units).map(|_| draw(landlords)).collect();
    let members: Vec<(u32, u32, u32)> = (0..requests).map(|_| (draw(5), draw(9), draw(12))).collect();
    let mut pairs = Vec::new();
    for (request, own) in (0_u32..).zip(&members) {
        for (unit, landlord) in (0_u32..).zip(&of) {
            if draw(4) == 0 {
                let marks = (1 | u64::from(own.0 == 0) << 1) << (2 * landlord);
                let marks =
                    marks | (1 | u64::from(own.1 == 0) << 1) << 28 | (1 | u64::from(own.2 < 5) << 1) << 30;
                pairs.push(Pair { request, unit, fit: draw(1000) as u16, marks });
            }
        }
    }
    let mut quotas: Vec<Quota> = (0..landlords).map(|l| Quota::new(format!("quart {l}"), 1, 4)).collect();
    quotas.extend([Quota::at_least("neuf", 6), Quota::new("moitié", 1, 2)]);
    let points = (0..requests).map(|_| draw(1000)).collect();
    let problem = Problem::from_pairs(points, units, pairs, quotas).unwrap();
    let matching = solve(&problem);
    assert!(gaps(&problem, &matching).unwrap().none());
}
