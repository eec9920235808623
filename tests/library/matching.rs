//! The matching against brute force on small problems, and its checker against corrupted answers.

use logis::matching::{
    Already, Apart, Bound, Condition, Duals, Level, MOST_ALREADY, MOST_POINTS, Matching, Pair, Prices,
    Problem, ProblemError, Proof, ProofError, Quota, QuotaReached, Reached, Together, gaps, one_member_less,
    reached, solve, solve_apart, solve_near, together, verify,
};
use proptest::prelude::*;

/// The instances of the benches, with their own tests.
#[allow(dead_code, reason = "the benches read the rest of it")]
#[path = "../../benches/instances/mod.rs"]
mod instances;

/// What counts, the most important first; more is better.
type Levels = (u64, Vec<i64>, u64, u64);

fn levels(problem: &Problem, unit_of: &[Option<u32>]) -> Levels {
    let r = reached(problem, unit_of).unwrap();
    let lacking = problem
        .quotas()
        .iter()
        .zip(&r.quotas)
        .map(|(quota, own)| slow_shortfall(quota, own.base, own.members));
    let shortfalls: Vec<i64> = lacking.map(|lacking| -(lacking as i64)).collect();
    assert!(r.quotas.iter().zip(&shortfalls).all(|(own, lacking)| own.shortfall as i64 == -lacking));
    (r.attributions, shortfalls, r.priority, r.fit)
}

/// How many members lack, counted up from none: so many more, with those that counted already, are the share of the base
/// with what counted already, and the number besides.
fn slow_shortfall(quota: &Quota, base: u64, members: u64) -> u64 {
    let Already { base: before, members: had } = quota.already;
    let enough = |lacking: &u64| {
        ((members + had + lacking) as i64 - quota.number) * i64::from(quota.denominator)
            >= (base + before) as i64 * i64::from(quota.numerator)
    };
    (0..).find(enough).unwrap()
}

/// Every answer there is.
fn every(requests: usize, pairs: &[Pair], f: &mut impl FnMut(&[Option<u32>])) {
    fn from(
        request: u32,
        pairs: &[Pair],
        unit_of: &mut Vec<Option<u32>>,
        f: &mut impl FnMut(&[Option<u32>]),
    ) {
        if request as usize == unit_of.len() {
            return f(unit_of);
        }
        from(request + 1, pairs, unit_of, f);
        for pair in pairs.iter().filter(|p| p.request == request) {
            if !unit_of.contains(&Some(pair.unit)) {
                unit_of[request as usize] = Some(pair.unit);
                from(request + 1, pairs, unit_of, f);
                unit_of[request as usize] = None;
            }
        }
    }
    from(0, pairs, &mut vec![None; requests], f);
}

/// The best of all answers, by trying every one.
fn brute_force(problem: &Problem, requests: usize, pairs: &[Pair]) -> Levels {
    let mut best = None;
    every(requests, pairs, &mut |unit_of| best = best.take().max(Some(levels(problem, unit_of))));
    best.unwrap()
}

/// How many requests have the unit that they had.
fn kept(unit_of: &[Option<u32>], had: &[Option<u32>]) -> usize {
    unit_of.iter().zip(had).filter(|(now, had)| now.is_some() && now == had).count()
}

#[derive(Clone, Debug)]
struct Small {
    points: Vec<u32>,
    units: u32,
    pairs: Vec<Pair>,
    quotas: Vec<Quota>,
}

impl Small {
    fn problem(&self) -> Problem {
        Problem::from_pairs(self.points.clone(), self.units, self.pairs.clone(), self.quotas.clone()).unwrap()
    }
}

/// Requests with few different points, units of which some are alike, fits in a narrow range: many ties.
fn small(quotas: usize) -> impl Strategy<Value = Small> {
    drawn((1..8, 1..6), 4, quotas)
}

/// Few units and many requests, most of which have no points.
fn crowd(quotas: usize) -> impl Strategy<Value = Small> {
    drawn((6..13, 1..4), 2, quotas)
}

fn drawn(
    (requests, units): (std::ops::Range<usize>, std::ops::Range<usize>),
    points: u32,
    quotas: usize,
) -> impl Strategy<Value = Small> {
    (requests, units).prop_flat_map(move |(requests, units)| {
        let points = proptest::collection::vec(0_u32..points, requests);
        let kinds = proptest::collection::vec(0_u32..3, units);
        // By request and kind of unit: does it suit, and its marks.
        let suits = proptest::collection::vec((any::<bool>(), any::<u16>()), requests * 3);
        let fits = proptest::collection::vec(0_u16..5, requests * units);
        // Half of them count what was before, too.
        let before = prop_oneof![Just((0_u64, 0_u64)), (0_u64..9, 0_u64..9)];
        // Half of them ask for a number besides the share, or for less; a third of these for all that can be.
        let number = prop_oneof![3 => Just(0_i64), 2 => -4_i64..5, 1 => Just(40)];
        let share =
            ((0_u32..5, 1_u32..5), before, number).prop_map(|((a, b), (base, members), number)| Quota {
                already: Already { base, members: members.min(base) },
                number,
                ..Quota::new("", if number == 40 { 0 } else { a.min(b) }, b)
            });
        let shares = proptest::collection::vec(share, quotas);
        (points, kinds, suits, fits, shares).prop_map(move |(points, kinds, suits, fits, shares)| {
            let mut pairs = Vec::new();
            for request in 0..requests {
                for unit in 0..units {
                    let (suits, marks) = suits[request * 3 + kinds[unit] as usize];
                    if suits {
                        let fit = fits[request * units + unit] * 250;
                        pairs.push(Pair {
                            request: request as u32,
                            unit: unit as u32,
                            fit,
                            marks: marks.into(),
                        });
                    }
                }
            }
            let quota = |(i, quota): (usize, Quota)| Quota { name: format!("q{i}"), ..quota };
            let quotas = shares.into_iter().enumerate().map(quota).collect();
            Small { points, units: units as u32, pairs, quotas }
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Every level is that of the best of all answers, and the checker is convinced.
    #[test]
    fn no_answer_is_better(small in prop_oneof![small(0), crowd(0)]) {
        let problem = small.problem();
        let matching = solve(&problem);
        prop_assert_eq!(verify(&problem, &matching), Ok(()));
        prop_assert_eq!(levels(&problem, &matching.unit_of), brute_force(&problem, small.points.len(), &small.pairs));
    }

    /// Few units and so many requests that most are not looked at until prices ask for them: the checker, which knows nothing
    /// of that, is convinced, and nothing is left open.
    #[test]
    fn a_crowd_is_no_harder_to_prove(
        (units, alike) in (2_u32..9, 1_u32..4),
        requests in proptest::collection::vec((0_u32..50, any::<u8>(), any::<u16>(), 400_u16..1000), 60..150),
        salt in any::<u32>(),
        numerator in 0_u32..4,
    ) {
        let mut pairs = Vec::new();
        for (request, &(_, suits, marks, base)) in (0_u32..).zip(&requests) {
            for unit in 0..units {
                let noise = (request.wrapping_mul(2_654_435_761) ^ unit.wrapping_mul(salt | 1)).wrapping_mul(2_246_822_519) >> 20;
                if suits >> (unit / alike % 8) & 1 == 1 {
                    pairs.push(Pair { request, unit, fit: base - (noise % 400) as u16, marks: (marks & 3).into() });
                }
            }
        }
        // One request in ten has points.
        let points: Vec<u32> = requests.iter().map(|(points, ..)| points.saturating_sub(45)).collect();
        let quota = Quota::new("q", numerator, 4);
        for quotas in [vec![], vec![quota]] {
            let problem = Problem::from_pairs(points.clone(), units, pairs.clone(), quotas).unwrap();
            let answer = solve(&problem);
            prop_assert_eq!(verify(&problem, &answer), Ok(()));
            prop_assert!(gaps(&problem, &answer).unwrap().none());
            let again = solve_near(&problem, &answer.unit_of, Some(&Duals::of(&problem, &answer.certificate)));
            prop_assert_eq!(levels(&problem, &again.unit_of), levels(&problem, &answer.unit_of));
        }
    }

    /// Problems side by side, of which no pair joins two, solved apart: where it is said that nothing is left open, the
    /// levels are those of the whole solved at once, which is itself the best of all answers (above); otherwise nothing of
    /// the whole is beyond the bounds.
    #[test]
    fn parts_reach_what_the_whole_does_or_say_what_they_may_lack(
        parts in prop_oneof![
            proptest::collection::vec(small(0), 1..4),
            proptest::collection::vec(small(1), 1..4),
            proptest::collection::vec(small(2), 1..4),
        ],
        local in any::<bool>(),
    ) {
        // Each part holds a share of its own attributions: what counted before is of no part.
        let mut quotas = parts[0].quotas.clone();
        quotas.iter_mut().for_each(|quota| quota.already = Already::default());
        let used = (0..quotas.len()).fold(0_u64, |all, q| all | 3 << (2 * q));
        let mut whole = Small { points: Vec::new(), units: 0, pairs: Vec::new(), quotas: quotas.clone() };
        let mut groups: Vec<Small> = Vec::new();
        for (number, part) in parts.iter().enumerate() {
            let mut own = Small { quotas: quotas.clone(), ..part.clone() };
            for pair in &mut own.pairs {
                // With `local`, quotas count pairs of the first problem alone.
                pair.marks &= if local && number > 0 { 0 } else { used };
                let (request, unit) = (pair.request + whole.points.len() as u32, pair.unit + whole.units);
                whole.pairs.push(Pair { request, unit, ..*pair });
            }
            whole.points.extend(&own.points);
            whole.units += own.units;
            groups.push(own);
        }
        let problem = whole.problem();
        let at_once = solve(&problem).reached;
        let apart: Vec<Apart> = groups.iter().map(|own| solve_apart(&own.problem()).unwrap().apart).collect();
        let Together { free, reached, gaps } = together(&quotas, &apart);
        prop_assert_eq!(gaps.attributions, 0);
        prop_assert_eq!(reached.attributions, at_once.attributions);
        if gaps.none() {
            prop_assert_eq!(&reached, &Reached { quotas: reached.quotas.clone(), ..at_once.clone() });
            let lacks = |of: &Reached| of.quotas.iter().map(|quota| quota.shortfall).collect::<Vec<_>>();
            prop_assert_eq!(lacks(&reached), lacks(&at_once));
        }
        prop_assert!(!local && !quotas.is_empty() || gaps.none());
        // What lacks whatever the quotas lacks in the best answer, too: of quotas that ask for all that there can be.
        let lacks_more = reached.quotas.iter().zip(&at_once.quotas).any(|(own, best)| own.shortfall > best.shortfall);
        prop_assert!(!free || !lacks_more);
        prop_assert!(at_once.priority <= reached.priority.saturating_add(gaps.priority));
        for ((own, gap), best) in reached.quotas.iter().zip(&gaps.quotas).zip(&at_once.quotas).take(1) {
            prop_assert!(best.shortfall <= own.shortfall && own.shortfall - gap <= best.shortfall);
        }
        // The components are no coarser than the problems that were put side by side.
        let components = problem.components();
        let mut first = 0;
        let mut seen = std::collections::BTreeSet::new();
        for own in &groups {
            let range = first..first + own.points.len();
            let here: std::collections::BTreeSet<u32> = components.of_request[range.clone()].iter().flatten().copied().collect();
            prop_assert!(here.is_disjoint(&seen));
            seen.extend(here);
            first = range.end;
        }
        for pair in &whole.pairs {
            let (request, unit) = (pair.request as usize, pair.unit as usize);
            prop_assert!(components.of_request[request].is_some());
            prop_assert_eq!(components.of_request[request], components.of_unit[unit]);
        }
        prop_assert_eq!(components.pairs.iter().sum::<u64>(), whole.pairs.len() as u64);
    }

    /// The same with quotas, in strict order before points and fit.
    #[test]
    fn no_answer_is_better_with_quotas(small in prop_oneof![small(1), small(2), small(3), crowd(1), crowd(2)]) {
        let problem = small.problem();
        let matching = solve(&problem);
        prop_assert_eq!(levels(&problem, &matching.unit_of), brute_force(&problem, small.points.len(), &small.pairs));
        prop_assert_eq!(verify(&problem, &matching), Ok(()));
    }

    /// From an answer that is best already, nobody moves; from any other the nearest is as good as the best,
    /// and is proved.
    #[test]
    fn who_need_not_move_does_not(small in prop_oneof![small(0), small(2), crowd(0), crowd(1)], had in proptest::collection::vec(0_u32..8, 13)) {
        let problem = small.problem();
        let best = solve(&problem);
        let duals = Duals::of(&problem, &best.certificate);
        for duals in [None, Some(&duals)] {
            let again = solve_near(&problem, &best.unit_of, duals);
            prop_assert_eq!(&again.unit_of, &best.unit_of);
            prop_assert_eq!(verify(&problem, &again), Ok(()));
        }
        let had: Vec<Option<u32>> = had.into_iter().take(small.points.len()).map(|u| (u < 6).then_some(u)).collect();
        let near = solve_near(&problem, &had, None);
        prop_assert_eq!(verify(&problem, &near), Ok(()));
        prop_assert_eq!(levels(&problem, &near.unit_of), levels(&problem, &best.unit_of));
    }

    /// A request and a unit are withdrawn, or come: the answer that begins at the one before is as good as
    /// the best of all, and is proved.
    #[test]
    fn what_is_withdrawn_or_comes_is_solved_from_the_answer_before(small in prop_oneof![small(0), small(2)], (request, unit) in (0_u32..8, 0_u32..6)) {
        let (all, fewer) = (small.clone(), Small { pairs: small.pairs.iter().filter(|p| p.request != request && p.unit != unit).copied().collect(), ..small });
        for (before, after) in [(&all, &fewer), (&fewer, &all)] {
            let (old, new) = (before.problem(), after.problem());
            let answer = solve(&old);
            let duals = Duals::of(&old, &answer.certificate);
            let near = solve_near(&new, &answer.unit_of, Some(&duals));
            prop_assert_eq!(verify(&new, &near), Ok(()));
            prop_assert_eq!(levels(&new, &near.unit_of), levels(&new, &solve(&new).unit_of));
            if after.quotas.is_empty() {
                // No answer that is as good keeps more households where they were.
                let (best, mut most) = (levels(&new, &near.unit_of), 0);
                every(after.points.len(), &after.pairs, &mut |unit_of| {
                    if levels(&new, unit_of) == best {
                        most = most.max(kept(unit_of, &answer.unit_of));
                    }
                });
                prop_assert_eq!(kept(&near.unit_of, &answer.unit_of), most);
            }
        }
    }

    /// Prices of quite another problem only cost time.
    #[test]
    fn wrong_prices_lead_to_the_best_answer_too(small in prop_oneof![small(0), small(2)], other in prop_oneof![small(0), small(2)]) {
        let (problem, other) = (small.problem(), other.problem());
        let answer = solve(&other);
        let had: Vec<Option<u32>> = answer.unit_of.iter().copied().chain(std::iter::repeat(None)).take(small.points.len()).collect();
        let near = solve_near(&problem, &had, Some(&Duals::of(&other, &answer.certificate)));
        prop_assert_eq!(verify(&problem, &near), Ok(()));
        prop_assert_eq!(levels(&problem, &near.unit_of), levels(&problem, &solve(&problem).unit_of));
    }

    /// The price of a quota is the points of the best answer in which one member more of it may lack, above
    /// those of the best; and the certificate's multiplier says at least so much.
    #[test]
    fn a_quota_costs_what_one_member_less_brings(small in small(2), quota in 0_usize..2) {
        let problem = small.problem();
        let matching = solve(&problem);
        let best = levels(&problem, &matching.unit_of);
        let mut most = 0;
        every(small.points.len(), &small.pairs, &mut |unit_of| {
            let own = levels(&problem, unit_of);
            let enough = (0..2).all(|q| own.1[q] >= best.1[q] - i64::from(q == quota));
            if own.0 == best.0 && enough {
                most = most.max(own.2);
            }
        });
        let price = one_member_less(&problem, &matching, quota);
        prop_assert_eq!(price, most - best.2);
        if let Some((numerator, denominator)) = matching.certificate.quota_price(quota, &small.quotas[quota]) {
            // The bound may be above the points by less than one.
            prop_assert!(price as i64 * denominator < numerator + denominator);
        }
    }

    /// The order of the pairs changes nothing.
    #[test]
    fn the_order_of_pairs_does_not_matter(small in small(2)) {
        let mut reversed = small.clone();
        reversed.pairs.reverse();
        prop_assert_eq!(solve(&small.problem()), solve(&reversed.problem()));
    }
}

/// Three requests, two units: 0 and 1 want unit 0, and 1 has more points; 2 may have either.
fn three() -> (Problem, Matching) {
    let pair = |request, unit, fit| Pair { request, unit, fit, marks: 0 };
    let pairs = vec![pair(0, 0, 900), pair(1, 0, 300), pair(2, 0, 800), pair(2, 1, 100)];
    let problem = Problem::from_pairs(vec![5, 6, 7], 2, pairs, vec![]).unwrap();
    let matching = solve(&problem);
    (problem, matching)
}

/// Two can be housed (there are two units); 2 and 1 have the most points; then 1 needs unit 0.
#[test]
fn points_come_before_fit() {
    let (problem, matching) = three();
    assert_eq!(matching.unit_of, [None, Some(0), Some(1)]);
    let reached = &matching.reached;
    assert_eq!((reached.attributions, reached.priority, reached.fit), (2, 13, 400));
    verify(&problem, &matching).unwrap();
}

/// Two households could exchange their units at no gain: they stay where they were, and whoever comes new
/// takes what is free.
#[test]
fn households_do_not_change_places_for_nothing() {
    let pair = |request, unit| Pair { request, unit, fit: 500, marks: 0 };
    let pairs = |requests: u32| (0..requests).flat_map(|r| (0..3).map(move |u| pair(r, u))).collect();
    let had = [Some(2), Some(0), None];
    let two = Problem::from_pairs(vec![1, 1], 3, pairs(2), vec![]).unwrap();
    assert_eq!(solve_near(&two, &had, None).unit_of, had[..2]);
    let three = Problem::from_pairs(vec![1, 1, 9], 3, pairs(3), vec![]).unwrap();
    let now = solve_near(&three, &had, None);
    assert_eq!(now.unit_of, [Some(2), Some(0), Some(1)]);
    verify(&three, &now).unwrap();
}

/// A share of many decimals and points at their limit: numbers grow, nothing overflows, all is proved.
/// Requests 0 to 19 are members and have no points; half of 40 attributions, rounded up, are 21 of them
/// and so all 20 that there are.
#[test]
fn large_numbers_do_not_overflow() {
    let pair =
        |request, unit| Pair { request, unit, fit: 1000, marks: if request < 20 { 0b11 } else { 0b01 } };
    let pairs = (0..80).flat_map(|r| (0..40).map(move |u| pair(r, u))).collect();
    let points = (0..80).map(|r| if r < 20 { 0 } else { MOST_POINTS }).collect();
    let quota = Quota::new("part", 500_002, 1_000_003);
    let problem = Problem::from_pairs(points, 40, pairs, vec![quota]).unwrap();
    let matching = solve(&problem);
    assert_eq!(matching.reached.quotas, [QuotaReached { base: 40, members: 20, target: 21, shortfall: 1 }]);
    assert_eq!(matching.reached.priority, 20 * u64::from(MOST_POINTS));
    verify(&problem, &matching).unwrap();
}

/// As much as can have counted already: numbers grow, nothing overflows, all is proved. Of 2²⁴ attributions nobody was a
/// member, so that many more lack than can be given: all that suit are taken.
#[test]
fn what_counted_already_does_not_overflow() {
    let pair =
        |request, unit| Pair { request, unit, fit: 1000, marks: if request < 20 { 0b11 } else { 0b01 } };
    let pairs = (0..80).flat_map(|r| (0..40).map(move |u| pair(r, u))).collect::<Vec<_>>();
    let points = (0..80).map(|r| if r < 20 { 0 } else { MOST_POINTS }).collect::<Vec<_>>();
    for (members, lacking) in [(0, 8_388_617), (MOST_ALREADY / 2, 9), (MOST_ALREADY, 0)] {
        let already = Already { base: MOST_ALREADY, members };
        let quota = Quota { already, ..Quota::new("part", 500_002, 1_000_003) };
        let problem = Problem::from_pairs(points.clone(), 40, pairs.clone(), vec![quota.clone()]).unwrap();
        let matching = solve(&problem);
        let own = &matching.reached.quotas[0];
        assert_eq!((own.base, slow_shortfall(&quota, 40, own.members)), (40, own.shortfall));
        assert_eq!(own.shortfall, lacking, "{own:?}");
        verify(&problem, &matching).unwrap();
    }
    let beyond = Already { base: MOST_ALREADY + 1, members: 0 };
    let quota = Quota { already: beyond, ..Quota::new("part", 1, 2) };
    let refused = Problem::from_pairs(vec![1], 1, vec![], vec![quota]);
    assert_eq!(refused.unwrap_err(), ProblemError::Already("part".into()));
}

/// The largest number, asked for or allowed: nothing overflows, all is proved, and all that can be are taken (or none
/// that need not be).
#[test]
fn a_number_does_not_overflow() {
    let pair =
        |request, unit| Pair { request, unit, fit: 1000, marks: if request < 20 { 0b11 } else { 0b01 } };
    let pairs = (0..80).flat_map(|r| (0..40).map(move |u| pair(r, u))).collect::<Vec<_>>();
    let points = (0..80).map(|r| if r < 20 { 0 } else { MOST_POINTS }).collect::<Vec<_>>();
    let most = MOST_ALREADY as u32;
    let already = Already { base: MOST_ALREADY, members: 0 };
    let least = Quota { already, ..Quota::at_least("tous", most) };
    for (quota, members, lacking) in [
        (Quota::at_least("tous", most), 20, MOST_ALREADY - 20),
        (least, 20, MOST_ALREADY - 20),
        (Quota { denominator: 1_000_003, numerator: 500_002, ..Quota::at_least("tous", 7) }, 20, 21 + 7 - 20),
        (Quota { already, ..Quota::at_most("aucun", most) }, 20, 20),
        (Quota::at_most("aucun", most), 0, 0),
    ] {
        let problem = Problem::from_pairs(points.clone(), 40, pairs.clone(), vec![quota.clone()]).unwrap();
        let matching = solve(&problem);
        verify(&problem, &matching).unwrap();
        let own = &matching.reached.quotas[0];
        assert_eq!((own.members, own.shortfall), (members, lacking), "{quota:?}");
    }
    let refused = Problem::from_pairs(vec![1], 1, vec![], vec![Quota::at_least("trop", most + 1)]);
    assert_eq!(refused.unwrap_err(), ProblemError::Number("trop".into()));
}

/// What a number asks for, in words of its own: at least so many of the members, or all that there can be; at most so many
/// of those that count. Every answer is tried, and none comes nearer.
#[test]
fn a_number_at_least_and_at_most_is_what_it_says() {
    // Five requests and four units; a member asks for one of the first two units alone. Numbers from none to more than can be.
    let pairs: Vec<Pair> = (0..5_u32)
        .flat_map(|request| (0..4_u32).map(move |unit| (request, unit)))
        .filter(|(request, unit)| request % 2 == 1 || *unit < 2)
        .map(|(request, unit)| {
            // In the base and a member of the first quota; in the base of the second, which has no members.
            let (fit, member) = ((request * unit) as u16, request % 2 == 0);
            Pair { request, unit, fit, marks: if member { 0b0111 } else { 0b0001 } }
        })
        .collect();
    for number in 0..5 {
        // The first counts members, the second the same attributions as a base.
        let quotas = [Quota::at_least("au moins", number), Quota::at_most("au plus", number)];
        for (at, quota) in quotas.into_iter().enumerate() {
            let own: Vec<Pair> =
                pairs.iter().map(|pair| Pair { marks: pair.marks >> (2 * at) & 3, ..*pair }).collect();
            let problem = Problem::from_pairs(vec![1, 9, 2, 8, 3], 4, own, vec![quota]).unwrap();
            let matching = solve(&problem);
            verify(&problem, &matching).unwrap();
            let counted = |unit_of: &[Option<u32>]| {
                (0..5).filter(|r| r % 2 == 0 && unit_of[*r as usize].is_some()).count() as u32
            };
            let off = |n: u32| if at == 0 { number.saturating_sub(n) } else { n.saturating_sub(number) };
            let mut best = None;
            every(5, &pairs, &mut |unit_of| {
                let housed = unit_of.iter().flatten().count();
                best = best.max(Some((housed, std::cmp::Reverse(off(counted(unit_of))))));
            });
            let own = (matching.unit_of.iter().flatten().count(), off(counted(&matching.unit_of)));
            assert_eq!(best, Some((own.0, std::cmp::Reverse(own.1))), "{at} {number}");
            assert_eq!(matching.reached.quotas[0].shortfall, u64::from(own.1));
        }
    }
}

/// Each kind of corruption of an answer or its certificate is refused, with its own error.
#[test]
fn a_corrupted_answer_is_refused() {
    let (problem, good) = three();
    let corrupt = |change: &dyn Fn(&mut Matching)| {
        let mut bad = good.clone();
        change(&mut bad);
        verify(&problem, &bad).unwrap_err()
    };
    let bound = |proof: &mut Proof, change: &dyn Fn(&mut Bound)| match proof {
        Proof::Bound(bound) => change(bound),
        _ => panic!("a bound"),
    };
    let prices = |bound: &mut Bound, change: &dyn Fn(&mut Vec<i64>)| match &mut bound.prices {
        Prices::Cells(prices) | Prices::Units(prices) => change(prices),
    };
    use ProofError as E;
    assert!(matches!(corrupt(&|m| m.unit_of.push(None)), E::Length { .. }));
    assert!(matches!(corrupt(&|m| m.unit_of[1] = Some(1)), E::NotSuitable { request: 1, unit: 1 }));
    assert!(matches!(corrupt(&|m| m.unit_of[1] = Some(9)), E::NotSuitable { .. }));
    assert!(matches!(corrupt(&|m| m.unit_of[0] = Some(0)), E::Twice { unit: 0 }));
    assert!(matches!(corrupt(&|m| m.unit_of[1] = None), E::Claim { level: Level::Attributions, .. }));
    assert!(matches!(corrupt(&|m| m.reached.priority += 1), E::Claim { level: Level::Priority, .. }));
    assert!(matches!(corrupt(&|m| m.reached.fit -= 1), E::Claim { level: Level::Fit, .. }));
    assert!(matches!(corrupt(&|m| m.certificate.quotas.push(Proof::Nothing)), E::Quotas { .. }));
    let lower = |p: &mut Proof| bound(p, &|b| prices(b, &|p| p[0] -= 1));
    // Unit 0 costs all that request 0, left out, could pay: one less leaves room for it.
    assert!(matches!(
        corrupt(&|m| lower(&mut m.certificate.attributions)),
        E::NotProved { level: Level::Attributions, .. }
    ));
    assert!(matches!(
        corrupt(&|m| bound(&mut m.certificate.priority, &|b| prices(b, &|p| p.fill(0)))),
        E::NotProved { level: Level::Priority, .. }
    ));
    assert!(matches!(
        corrupt(&|m| bound(&mut m.certificate.fit, &|b| prices(b, &|p| p[1] += 1000))),
        E::NotProved { level: Level::Fit, .. }
    ));
    assert!(matches!(corrupt(&|m| m.certificate.fit = Proof::Nothing), E::NotProved { .. }));
    assert!(matches!(
        corrupt(&|m| bound(&mut m.certificate.priority, &|b| prices(b, &|p| p[0] = -1))),
        E::Form { level: Level::Priority, .. }
    ));
    assert!(matches!(
        corrupt(&|m| bound(&mut m.certificate.fit, &|b| b.multipliers.push((Condition::Priority, -1)))),
        E::Form { level: Level::Fit, .. }
    ));
    assert!(matches!(
        corrupt(&|m| bound(&mut m.certificate.fit, &|b| prices(b, &|p| p.push(0)))),
        E::Form { level: Level::Fit, .. }
    ));
    // Room that is wider than the bound of the points leaves the last level open; narrower than nothing, it
    // is none.
    assert!(matches!(
        corrupt(&|m| prices(&mut m.certificate.room, &|p| p.fill(9))),
        E::NotProved { level: Level::Fit, .. }
    ));
    assert!(matches!(
        corrupt(&|m| prices(&mut m.certificate.room, &|p| p.fill(0))),
        E::NotProved { .. } | E::Form { .. }
    ));
    // A level cannot be proved by what comes after it.
    assert!(matches!(
        corrupt(&|m| bound(&mut m.certificate.priority, &|b| b.multipliers.push((Condition::Priority, 1)))),
        E::Form { level: Level::Priority, .. }
    ));
    assert!(matches!(corrupt(&|m| bound(&mut m.certificate.fit, &|b| b.scale = 0)), E::Form { .. }));
}

/// One unit outside and one inside; 0 and 1 count outside, of whom 1 has fewer points; 2 counts inside only.
/// Half of those outside should be 1's kind.
fn with_quota() -> (Problem, Matching) {
    let pair = |request, unit, marks| Pair { request, unit, fit: 100, marks };
    let pairs = vec![pair(0, 0, 0b01), pair(1, 0, 0b11), pair(2, 1, 0)];
    let half = Quota::new("moitié", 1, 2);
    let problem = Problem::from_pairs(vec![9, 2, 5], 2, pairs, vec![half]).unwrap();
    let matching = solve(&problem);
    (problem, matching)
}

/// The base is one attribution; half of it, rounded up, is one member: 1 is housed, not 0.
#[test]
fn quotas_come_before_points() {
    let (problem, matching) = with_quota();
    assert_eq!(matching.unit_of, [None, Some(0), Some(1)]);
    assert_eq!(matching.reached.priority, 7);
    assert_eq!(matching.reached.quotas, [QuotaReached { base: 1, members: 1, target: 1, shortfall: 0 }]);
    verify(&problem, &matching).unwrap();
    let free = problem.without_quotas();
    assert_eq!(solve(&free).reached.attributions, matching.reached.attributions);
    assert_eq!(solve(&free).reached.priority, 14);
}

/// Corruptions that only an answer with quotas can have.
#[test]
fn a_corrupted_answer_with_quotas_is_refused() {
    let (problem, good) = with_quota();
    verify(&problem, &good).unwrap();
    let corrupt = |change: &dyn Fn(&mut Matching)| {
        let mut bad = good.clone();
        change(&mut bad);
        verify(&problem, &bad).unwrap_err()
    };
    use ProofError as E;
    assert!(matches!(corrupt(&|m| m.reached.quotas[0].members = 0), E::Claim { level: Level::Quota(0), .. }));
    assert!(matches!(corrupt(&|m| m.reached.quotas.clear()), E::Quotas { .. }));
    assert!(matches!(corrupt(&|m| m.certificate.bases.clear()), E::Quotas { .. }));
    assert!(matches!(corrupt(&|m| m.certificate.quotas.clear()), E::Quotas { .. }));
    // Without the range of the base, nothing says that a member is needed.
    assert!(matches!(
        corrupt(&|m| m.certificate.bases[0] = [Proof::Nothing, Proof::Nothing]),
        E::NotProved { level: Level::Priority, .. }
    ));
    // Housing 0 instead misses the quota, and no proof can hide it.
    assert!(matches!(
        corrupt(&|m| {
            m.unit_of = vec![Some(0), None, Some(1)];
            m.reached = reached(&problem, &m.unit_of).unwrap();
            m.certificate.quotas[0] = Proof::Nothing;
        }),
        E::NotProved { level: Level::Quota(0), reached: 1, bound: 0 }
    ));
}

/// A better answer that the levels forbid is not taken for the best: housing 0 in place of 1 fits better
/// and has fewer points.
#[test]
fn an_answer_with_fewer_points_is_refused() {
    let (problem, mut matching) = three();
    matching.unit_of = vec![Some(0), None, Some(1)];
    matching.reached = reached(&problem, &matching.unit_of).unwrap();
    assert_eq!(matching.reached.priority, 12);
    assert!(matches!(
        verify(&problem, &matching),
        Err(ProofError::NotProved { level: Level::Priority, reached: 12, bound: 13 })
    ));
}
