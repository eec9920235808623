//! The checker against forged certificates: whatever a certificate holds, reading and checking it ends, does not
//! panic, and accepts only what no answer beats. The judge tries every answer of a small problem.
//!
//! `LOGIS_FORGERIES` sets how many are drawn (default 8,000).

use std::time::{Duration, Instant};

use crate::mutate_json::{mutate, one_of, places};
use logis::matching::{
    Already, Bound, Condition, DEEPEST, Duals, Gaps, Level, Matching, Pair, Prices, Problem, Proof,
    ProofError, Quota, Split, gaps, reached, solve, solve_near, verify,
};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

/// What counts, the most important first; more is better.
type Levels = Vec<i64>;

fn levels(problem: &Problem, unit_of: &[Option<u32>]) -> Levels {
    let r = reached(problem, unit_of).unwrap();
    let shortfalls = r.quotas.iter().map(|q| -(q.shortfall as i64));
    [r.attributions as i64].into_iter().chain(shortfalls).chain([r.priority as i64, r.fit as i64]).collect()
}

struct Small {
    problem: Problem,
    requests: usize,
    units: u32,
    pairs: Vec<Pair>,
    quotas: usize,
}

/// Few requests and units, with few different points and fits: many ties.
fn draw(random: &mut impl Rng) -> Small {
    let (requests, units) = (random.random_range(1..7), random.random_range(1..6));
    let quotas = random.random_range(0..4);
    let kinds: Vec<usize> = (0..units).map(|_| random.random_range(0..3)).collect();
    let mut pairs = Vec::new();
    for request in 0..requests {
        let by_kind: Vec<(bool, u16)> =
            (0..3).map(|_| (random.random_ratio(2, 3), random.random())).collect();
        for unit in 0..units {
            let (suits, marks) = by_kind[kinds[unit as usize]];
            if suits {
                pairs.push(Pair { request, unit, fit: random.random_range(0..5) * 250, marks: marks.into() });
            }
        }
    }
    let points = (0..requests).map(|_| random.random_range(0..4)).collect();
    let quota = |name: usize| {
        let denominator = random.random_range(1..5);
        let mut quota = Quota::new(name.to_string(), random.random_range(0..=denominator), denominator);
        if random.random_ratio(1, 3) {
            let base = random.random_range(0..9);
            quota.already = Already { base, members: random.random_range(0..=base) };
        }
        match random.random_range(0..4) {
            0 => quota.number = random.random_range(-3..4),
            // All that there can be.
            1 => (quota.number, quota.numerator) = (1000, 0),
            _ => {}
        }
        quota
    };
    let asked: Vec<Quota> = (0..quotas).map(quota).collect();
    let problem = Problem::from_pairs(points, units, pairs.clone(), asked).unwrap();
    // In half of them some requests hold a unit.
    let mut held = vec![None; requests as usize];
    if random.random() {
        for unit in 0..units {
            held[random.random_range(0..requests) as usize] = Some(unit);
        }
    }
    let problem = problem.with_tenants(&held).unwrap();
    pairs.retain(|pair| held[pair.request as usize] != Some(pair.unit));
    Small { problem, requests: requests as usize, units, pairs, quotas }
}

/// The best of all answers, by trying every one.
fn brute_force(small: &Small) -> Levels {
    fn from(small: &Small, request: u32, unit_of: &mut Vec<Option<u32>>, best: &mut Levels) {
        if request as usize == unit_of.len() {
            // Where a unit is given whose tenant stays, there is no answer.
            if reached(&small.problem, unit_of).is_ok() {
                *best = levels(&small.problem, unit_of).max(std::mem::take(best));
            }
            return;
        }
        from(small, request + 1, unit_of, best);
        for pair in small.pairs.iter().filter(|p| p.request == request) {
            if !unit_of.contains(&Some(pair.unit)) {
                unit_of[request as usize] = Some(pair.unit);
                from(small, request + 1, unit_of, best);
                unit_of[request as usize] = None;
            }
        }
    }
    let mut best = Vec::new();
    from(small, 0, &mut vec![None; small.requests], &mut best);
    best
}

/// A bound of the right lengths with anything in it.
fn forged_bound(small: &Small, random: &mut impl Rng) -> Value {
    let numbers = [0_i64, 0, 1, 1, 2, 59, 60, 61, 120, 1000, -1, -60, 1 << 20, 1 << 50, 1 << 57, 1 << 60];
    let quotas = small.quotas.max(1);
    let mut conditions = vec![json!("attributions"), json!("priority")];
    for name in ["quota", "members", "base_at_least", "base_at_most"] {
        conditions.extend((0..quotas).map(|q| json!({ name: q })));
    }
    let count = random.random_range(0..4);
    let multipliers: Vec<Value> =
        (0..count).map(|_| json!([one_of(&conditions, random), one_of(&numbers, random)])).collect();
    let (name, count) = match random.random() {
        true => ("cells", small.problem.cell_count()),
        false => ("units", small.units as usize),
    };
    let one = *one_of(&numbers, random);
    let prices: Vec<i64> = match random.random() {
        true => vec![one; count],
        false => (0..count).map(|_| *one_of(&numbers, random)).collect(),
    };
    let scale = one_of(&[1_i64, 1, 60, 60, 1 << 30, 1 << 50], random);
    json!({ "scale": scale, "multipliers": multipliers, "prices": { name: prices } })
}

/// A proof with splits, whose ends are `ends` or forged.
fn forged_proof(small: &Small, ends: &[Value], deep: usize, random: &mut impl Rng) -> Value {
    if deep == 0 || random.random_ratio(1, 3) {
        return match random.random_range(0..8) {
            0 => json!("nothing"),
            1..4 => json!({ "bound": forged_bound(small, random) }),
            _ => one_of(ends, random).clone(),
        };
    }
    let (request, place) = (random.random_range(0..8), random.random_range(0..7));
    let on = match random.random_range(0..3) {
        0 => {
            json!({ "base": { "quota": random.random_range(0..3), "most": one_of(&[0, 1, 2, 5, u64::MAX], random) } })
        }
        1 => json!({ "cell": { "request": request, "cell": place } }),
        _ => json!({ "unit": { "request": request, "unit": place } }),
    };
    let mut side = || forged_proof(small, ends, deep - 1, random);
    json!({ "split": { "on": on, "without": side(), "with": side() } })
}

/// Puts a forged proof, or the proof of another level, in the place of one.
fn forge(matching: &mut Value, small: &Small, random: &mut impl Rng) {
    let proof = |value: &Value| {
        value == "nothing"
            || value.as_object().is_some_and(|o| o.contains_key("bound") || o.contains_key("split"))
    };
    let all: Vec<String> =
        places(matching).into_iter().filter(|at| matching.pointer(at).is_some_and(proof)).collect();
    let ends: Vec<Value> = all.iter().map(|at| matching.pointer(at).unwrap().clone()).collect();
    if random.random_ratio(1, 5) {
        if let Some(room) = matching.pointer_mut("/certificate/room") {
            *room = forged_bound(small, random);
        }
    } else if !all.is_empty() {
        let deep = random.random_range(0..4);
        *matching.pointer_mut(one_of::<String>(&all, random)).unwrap() =
            forged_proof(small, &ends, deep, random);
    }
}

/// Another answer, with what it truly reaches.
fn another_answer(matching: &mut Value, small: &Small, random: &mut impl Rng) {
    let mut unit_of: Vec<Option<u32>> = vec![None; small.requests];
    for pair in &small.pairs {
        if random.random() && unit_of[pair.request as usize].is_none() && !unit_of.contains(&Some(pair.unit))
        {
            unit_of[pair.request as usize] = Some(pair.unit);
        }
    }
    // An answer that is none, as a tenant stays whose unit is given, may reach what it says: it is refused all the same.
    if let Ok(own) = reached(&small.problem, &unit_of) {
        matching["reached"] = json!(own);
    }
    matching["unit_of"] = json!(unit_of);
}

/// Up to the first level that a proof leaves open, nothing is better; there, nothing by more than the gap.
fn gaps_are_true(small: &Small, matching: &Matching, gaps: &Gaps, best: &Levels) {
    let own = levels(&small.problem, &matching.unit_of);
    let open =
        [gaps.attributions].into_iter().chain(gaps.quotas.iter().copied()).chain([gaps.priority, gaps.fit]);
    for ((own, best), gap) in own.iter().zip(best).zip(open) {
        let more = u64::try_from(best - own).unwrap();
        assert!(more <= gap, "{more} more than is reached, and the proof leaves {gap}: {matching:?}");
        if gap > 0 {
            return;
        }
    }
}

/// Whatever is changed in a certificate or in an answer: it is refused, or nothing is better.
#[test]
fn a_forged_certificate_is_refused_or_true() {
    let forgeries = std::env::var("LOGIS_FORGERIES").ok().and_then(|v| v.parse().ok()).unwrap_or(8_000_u64);
    let (mut unread, mut malformed, mut open, mut held, mut near) = (0, 0, 0, 0, 0);
    let (mut longest, mut small, mut honest, mut best) = (Duration::ZERO, None, None, Vec::new());
    for seed in 0..forgeries {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        if seed % 20 == 0 {
            let drawn = draw(&mut random);
            honest = Some(solve(&drawn.problem));
            best = brute_force(&drawn);
            small = Some(drawn);
        }
        let (Some(small), Some(honest)) = (&small, &honest) else { continue };
        let mut forged = serde_json::to_value(honest).unwrap();
        if random.random_ratio(1, 3) {
            another_answer(&mut forged, small, &mut random);
        }
        for _ in 0..random.random_range(1..4) {
            match random.random_range(0..6) {
                0 => mutate(&mut forged, "", &mut random),
                1 => mutate(&mut forged, "/certificate", &mut random),
                _ => forge(&mut forged, small, &mut random),
            }
        }
        let Ok(read) = serde_json::from_str::<Matching>(&forged.to_string()) else {
            unread += 1;
            continue;
        };
        let begin = Instant::now();
        let checked = gaps(&small.problem, &read);
        longest = longest.max(begin.elapsed());
        match &checked {
            Ok(gaps) => gaps_are_true(small, &read, gaps, &best),
            Err(_) => malformed += 1,
        }
        match verify(&small.problem, &read) {
            Ok(()) => {
                assert_eq!(levels(&small.problem, &read.unit_of), best, "seed {seed}: {read:?}");
                held += 1;
            }
            Err(ProofError::NotProved { .. }) => open += 1,
            Err(_) => {}
        }
        // As a place to begin, it may be wrong in any way: what is found is the best.
        if seed % 5 == 0 {
            let again = solve_near(
                &small.problem,
                &read.unit_of,
                Some(&Duals::of(&small.problem, &read.certificate)),
            );
            assert_eq!(levels(&small.problem, &again.unit_of), best, "seed {seed}: {read:?}");
            assert_eq!(verify(&small.problem, &again), Ok(()), "seed {seed}: {read:?}");
            near += 1;
        }
    }
    println!(
        "{unread} not read, {malformed} refused, {open} open, {held} true, {near} begun from; longest check {longest:?}"
    );
    assert!(longest < Duration::from_secs(2), "{longest:?}");
    if forgeries >= 8000 {
        assert!(malformed > 2000 && open > 500 && held > 500 && unread > 1000, "the forgeries are one-sided");
    }
}

/// Numbers of a certificate of which the problem is not at hand: units in cells.
#[test]
fn numbers_of_cells_that_do_not_follow_are_refused() {
    let small = draw(&mut ChaCha8Rng::seed_from_u64(5));
    let answer = solve(&small.problem);
    let names: Vec<Option<u32>> = small.problem.names().iter().copied().map(Some).collect();
    let named = |firsts: &[u32]| Duals::named(&answer.certificate, firsts, &names, names.len()).is_ok();
    assert!(named(small.problem.firsts()));
    let end = names.len() as u32;
    for firsts in [
        &[][..],
        &[0],
        &[0, u32::MAX],
        &[0, u32::MAX, 0, u32::MAX],
        &[1, end],
        &[0, end, end],
        &[0, 2, 1, end],
        &[0, end + 1],
    ] {
        assert!(!named(firsts), "{firsts:?}");
    }
}

/// Twenty units that one request may have, and nobody given anything: one could be housed.
fn nobody_housed() -> (Problem, Matching) {
    let pair = |unit| Pair { request: 0, unit, fit: 10 * unit as u16, marks: 0b11 };
    let all = Quota::new("tous", 1, 1);
    let problem = Problem::from_pairs(vec![7], 20, (0..20).map(pair).collect(), vec![all]).unwrap();
    let mut matching = solve(&problem);
    verify(&problem, &matching).unwrap();
    matching.unit_of = vec![None];
    matching.reached = reached(&problem, &matching.unit_of).unwrap();
    (problem, matching)
}

fn bound(scale: i64, multipliers: &[(Condition, i64)], prices: Vec<i64>) -> Proof {
    Proof::Bound(Bound { scale, multipliers: multipliers.to_vec(), prices: Prices::Cells(prices) })
}

/// A bound above all that a `u64` holds leaves everything open; it is not taken for none.
#[test]
fn a_bound_beyond_all_numbers_proves_nothing() {
    let (problem, mut matching) = nobody_housed();
    let cells = problem.cell_count();
    // Twenty units at 2^60 each are worth more than 2^64.
    matching.certificate.attributions = bound(1, &[], vec![1 << 60; cells]);
    assert!(gaps(&problem, &matching).unwrap().attributions >= 1);
    assert!(matches!(
        verify(&problem, &matching),
        Err(ProofError::NotProved { level: Level::Attributions, reached: 0, bound: u64::MAX })
    ));
}

/// What is known of a base is known of the answers with as many attributions: the level of the attributions
/// cannot build on it, nor leave out larger bases.
#[test]
fn attributions_are_not_proved_by_the_bases() {
    let (problem, mut matching) = nobody_housed();
    let cells = problem.cell_count();
    let free = bound(1, &[], vec![1; cells]);
    let refused = |proof: Proof, matching: &mut Matching| {
        matching.certificate.attributions = proof;
        let level = Level::Attributions;
        assert!(
            matches!(verify(&problem, matching), Err(ProofError::Form { level: own, .. }) if own == level)
        );
    };
    // Every pair is in the base: `scale - multiplier` is nothing.
    refused(bound(1, &[(Condition::BaseAtMost(0), 1)], vec![0; cells]), &mut matching);
    let on = Split::Base { quota: 0, most: 0 };
    let (without, with) = (Box::new(Proof::Nothing), Box::new(free));
    refused(Proof::Split { on, without, with }, &mut matching);
}

/// Splits one in the other, further than any reader of JSON goes, are refused; what the search makes is not.
#[test]
fn splits_too_deep_are_refused() {
    let (problem, mut matching) = nobody_housed();
    let nested = |deep: usize| {
        (0..deep).fold(Proof::Nothing, |inside, _| Proof::Split {
            on: Split::Unit { request: 0, unit: 0 },
            without: Box::new(Proof::Nothing),
            with: Box::new(inside),
        })
    };
    matching.certificate.fit = nested(DEEPEST);
    let text = serde_json::to_string(&json!({ "certificate": { "more": { "than": matching.certificate } } }))
        .unwrap();
    assert!(serde_json::from_str::<Value>(&text).is_ok());
    assert!(gaps(&problem, &matching).is_ok());
    matching.certificate.fit = nested(DEEPEST + 1);
    assert!(matches!(gaps(&problem, &matching), Err(ProofError::Form { level: Level::Fit, .. })));
}
