//! Quotas before the number of attributions, the fewest moves, ranks among equals, lists that stay: held against all answers
//! there are, on small problems drawn at random.

use crate::small;
use logis::attribution::{Reason, Report, Why, by_points, silences};
use logis::data::{InputFile, Needs, read};
use logis::matching::{Ahead, Already, Duals, Pair, Problem, Quota, reached, solve, solve_near, verify};
use logis::value::parse_date;
use logis::{Options, Pack, Posing, posing};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// What an answer is worth, level by level; more is better.
type Worth = Vec<i64>;

struct Drawn {
    problem: Problem,
    requests: usize,
    pairs: Vec<Pair>,
}

/// Up to seven requests and five units of few kinds, `quotas` shares near a half.
fn drawn(rng: &mut ChaCha8Rng, quotas: usize) -> Drawn {
    let (requests, units) = (rng.random_range(1..8_usize), rng.random_range(1..6_usize));
    let points: Vec<u32> = (0..requests).map(|_| rng.random_range(0..5)).collect();
    let kinds: Vec<usize> = (0..units).map(|_| rng.random_range(0..3)).collect();
    let suits: Vec<Option<u16>> = (0..requests * 3)
        .map(|_| (rng.random_range(0..3) > 0).then(|| rng.random_range(0..=u16::MAX)))
        .collect();
    let mut pairs = Vec::new();
    for request in 0..requests {
        for (unit, kind) in kinds.iter().enumerate() {
            if let Some(marks) = suits[request * 3 + kind] {
                let fit = rng.random_range(0..4) * 100;
                pairs.push(Pair { request: request as u32, unit: unit as u32, fit, marks: marks.into() });
            }
        }
    }
    let shares = [(1, 2), (2, 3), (1, 3), (3, 4), (1, 1)];
    let quota = |q: usize| {
        let (numerator, denominator) = shares[rng.random_range(0..shares.len())];
        let mut quota = Quota::new(format!("q{q}"), numerator, denominator);
        if rng.random_range(0..3) == 0 {
            let base = rng.random_range(0..9);
            quota.already = Already { base, members: rng.random_range(0..=base) };
        }
        match rng.random_range(0..4) {
            0 => quota.number = rng.random_range(-3..4),
            // All that there can be.
            1 => (quota.number, quota.numerator) = (1000, 0),
            _ => {}
        }
        quota
    };
    let quotas = (0..quotas).map(quota).collect();
    let problem = Problem::from_pairs(points, units as u32, pairs.clone(), quotas).unwrap();
    Drawn { problem, requests, pairs }
}

/// Every answer there is.
fn every(drawn: &Drawn, f: &mut impl FnMut(&[Option<u32>])) {
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
        for pair in pairs.iter().filter(|pair| pair.request == request) {
            if !unit_of.contains(&Some(pair.unit)) {
                unit_of[request as usize] = Some(pair.unit);
                from(request + 1, pairs, unit_of, f);
                unit_of[request as usize] = None;
            }
        }
    }
    from(0, &drawn.pairs, &mut vec![None; drawn.requests], f);
}

/// The levels with the quotas `first` before the number of attributions.
fn worth(problem: &Problem, unit_of: &[Option<u32>], first: &[usize]) -> Worth {
    let reached = reached(problem, unit_of).unwrap();
    let lack = |q: usize| -(reached.quotas[q].shortfall as i64);
    let mut all: Worth = first.iter().map(|q| lack(*q)).collect();
    all.push(reached.attributions as i64);
    all.extend((0..reached.quotas.len()).filter(|q| !first.contains(q)).map(lack));
    all.extend([reached.priority as i64, reached.fit as i64]);
    all
}

fn best(drawn: &Drawn, first: &[usize]) -> Worth {
    let mut best = Worth::new();
    every(drawn, &mut |unit_of| best = best.clone().max(worth(&drawn.problem, unit_of, first)));
    best
}

/// Quotas before the number of attributions: every level is that of the best of all answers in that order, and the
/// checker is convinced; an answer that counts attributions first is not taken for one.
#[test]
fn quotas_come_before_the_number_of_attributions() {
    let mut rng = ChaCha8Rng::seed_from_u64(22);
    let (mut fewer, mut refused) = (0, 0);
    for _ in 0..700 {
        let count = rng.random_range(1..4);
        let drawn = drawn(&mut rng, count);
        let mut first: Vec<usize> = (0..count).filter(|_| rng.random_range(0..2) == 0).collect();
        if rng.random_range(0..2) == 0 {
            first.reverse();
        }
        let ahead = Ahead::new(&drawn.problem, &first, &[]).unwrap();
        let answer = ahead.narrow(&drawn.problem, solve(ahead.wider())).unwrap();
        assert_eq!(worth(&drawn.problem, &answer.unit_of, &first), best(&drawn, &first), "{first:?}");
        ahead.verify(&drawn.problem, &answer).unwrap();
        let plain = solve(&drawn.problem);
        fewer += usize::from(answer.reached.attributions < plain.reached.attributions);
        // The same proof with the answer of the other order.
        if worth(&drawn.problem, &plain.unit_of, &first) != worth(&drawn.problem, &answer.unit_of, &first) {
            let mut other = plain;
            other.certificate = answer.certificate.clone();
            refused += usize::from(ahead.verify(&drawn.problem, &other).is_err());
            assert!(ahead.verify(&drawn.problem, &other).is_err());
        }
    }
    assert!(fewer > 50 && refused > 50, "{fewer} {refused}");
}

/// A unit that is decided is not left empty for a quota.
#[test]
fn what_is_decided_is_given() {
    let pair = |request, unit, marks| Pair { request, unit, fit: 0, marks };
    let all = Quota::new("membres", 1, 1);
    let pairs = vec![pair(0, 0, 0b01), pair(1, 1, 0b11)];
    let problem = Problem::from_pairs(vec![1, 1], 2, pairs, vec![all]).unwrap();
    let answer = |always: &[bool]| {
        let ahead = Ahead::new(&problem, &[0], always).unwrap();
        ahead.narrow(&problem, solve(ahead.wider())).unwrap().unit_of
    };
    assert_eq!(answer(&[]), [None, Some(1)]);
    assert_eq!(answer(&[true, false]), [Some(0), Some(1)]);
}

/// With quotas, of all answers that reach as much at every level one in which most are where they were.
#[test]
fn most_stay_where_they_were_with_quotas_too() {
    let mut rng = ChaCha8Rng::seed_from_u64(23);
    let mut moved = 0;
    for _ in 0..700 {
        let count = rng.random_range(1..4);
        let drawn = drawn(&mut rng, count);
        // Any answer may have been before; and what a checker knew of another problem's may be wrong here.
        let mut answers = Vec::new();
        every(&drawn, &mut |unit_of| answers.push(unit_of.to_vec()));
        let had = answers[rng.random_range(0..answers.len())].clone();
        let duals = Duals::of(&drawn.problem, &solve(&drawn.problem).certificate);
        let near = solve_near(&drawn.problem, &had, Some(&duals));
        verify(&drawn.problem, &near).unwrap();
        let kept = |unit_of: &[Option<u32>]| {
            unit_of.iter().zip(&had).filter(|(now, had)| now.is_some() && now == had).count()
        };
        let best = best(&drawn, &[]);
        let most = answers.iter().filter(|a| worth(&drawn.problem, a, &[]) == best).map(|a| kept(a)).max();
        assert_eq!(Some(kept(&near.unit_of)), most, "{had:?} {:?}", near.unit_of);
        moved += usize::from(kept(&near.unit_of) < had.iter().flatten().count());
    }
    assert!(moved > 100, "{moved}");
}

const RULES: &str = "//! entité: candidature

/// Convient.
fn convient(besoin, taille) { taille >= besoin }

/// Adéquation.
fn adequation(besoin, taille) { 900 - 100 * (taille - besoin) }
";

pub const PACK: &str = r#"
name = "essai"
[matching]
candidature = "candidature"
suitable = "convient"
priority = "points"
tie = "jours"
fit = "adequation"
[[matching.quotas]]
name = "modestes"
members = "modeste"
share = "part"
"#;

fn schema() -> String {
    let fields = ["besoin: integer", "points: integer", "jours: integer", "modeste: boolean"];
    small::schema(&fields, &["taille: integer"])
}

pub fn pack(manifest: &str) -> Pack {
    small::pack(&schema(), manifest, RULES, &small::parameter("part", "\"1/2\""))
}

pub fn pose(pack: &Pack, options: &Options, requests: &str, units: &str) -> Posing {
    pose_with(pack, options, requests, units).unwrap()
}

/// As [`pose`], where what is asked may be refused.
pub fn pose_with(
    pack: &Pack,
    options: &Options,
    requests: &str,
    units: &str,
) -> Result<Posing, logis::AllocationError> {
    let asked = posing::plan(pack, parse_date("2018-01-01").unwrap(), options)?;
    let mut needs = Needs::default();
    asked.0.plans().for_each(|plan| needs.join(plan.needs()));
    let file = |name: &str, text: &str| InputFile { name: name.to_string(), bytes: text.as_bytes().to_vec() };
    let files = vec![file("demandes.csv", requests), file("logements.csv", units)];
    let read = read(&pack.parsed().schema, &[], files, &needs);
    assert!(!read.issues.iter().any(|issue| issue.is_error()), "{:?}", read.issues.first());
    Posing::new(asked, read.dataset, None)
}

/// Among requests of as many points those who have waited longest come first, before the fit and after the quotas: the
/// answer is the best of all in that order, the written result says so, and holds.
#[test]
fn seniority_ranks_requests_of_as_many_points() {
    let (with, without) = (pack(PACK), pack(PACK.split("[[matching").next().unwrap()));
    let mut rng = ChaCha8Rng::seed_from_u64(24);
    let mut ranked = 0;
    for drawn in 0..300 {
        let pack = if drawn % 2 == 0 { &with } else { &without };
        let mut options = Options::default();
        options.seed = (drawn % 3 == 0).then_some(drawn);
        let (mut requests, mut units) =
            ("demande_id,besoin,points,jours,modeste\n".to_string(), "logement_id,taille\n".to_string());
        let mut rows = Vec::new();
        for row in 0..rng.random_range(1..7) {
            // Some seniorities are not known: they come last.
            let days = (rng.random_range(0..6) > 0).then(|| rng.random_range(0..4));
            let (points, modest) = (rng.random_range(0..3), rng.random_range(0..2) == 0);
            rows.push((points, days));
            let days = days.map_or_else(String::new, |days: i64| days.to_string());
            requests += &format!("D{row},{},{points},{days},{modest}\n", rng.random_range(1..4));
        }
        for row in 0..rng.random_range(1..5) {
            units += &format!("L{row},{}\n", rng.random_range(1..5));
        }
        let posing = pose(pack, &options, &requests, &units);
        let instance = posing.instance.clone();
        // Without a lot: how many different seniorities among as many points are shorter.
        let rank = |at: usize| match options.seed {
            Some(_) => instance.rank(at as u32) as usize,
            None => {
                let (points, days) = rows[at];
                let shorter = rows.iter().filter(|(p, d)| *p == points && *d < days).map(|(_, d)| *d);
                shorter.collect::<std::collections::BTreeSet<_>>().len()
            }
        };
        for (a, b) in (0..rows.len()).flat_map(|a| (0..a).map(move |b| (a, b))) {
            if rows[a].0 == rows[b].0 {
                assert!(rows[a].1 >= rows[b].1 || rank(a) < rank(b), "{rows:?}");
                assert!(rows[a].1 <= rows[b].1 || rank(a) > rank(b), "{rows:?}");
                assert!(options.seed.is_none() || rank(a) != rank(b));
            }
        }
        let pairs = (0..rows.len() as u32)
            .flat_map(|r| instance.units_of(r).into_iter().map(move |u| (r, u)))
            .map(|(request, unit)| {
                let (fit, marks) = instance.pair(request, unit).unwrap();
                Pair { request, unit, fit, marks }
            })
            .collect();
        let all = Drawn { problem: instance.problem.clone(), requests: rows.len(), pairs };
        let worth = |unit_of: &[Option<u32>]| {
            let reached = reached(&instance.problem, unit_of).unwrap();
            let housed = || (0..rows.len()).filter(|at| unit_of[*at].is_some());
            (
                reached.attributions,
                reached.quotas.iter().map(|quota| -(quota.shortfall as i64)).collect::<Vec<_>>(),
                housed().map(|at| rows[at].0 as u64).sum::<u64>(),
                housed().map(|at| rank(at) as u64).sum::<u64>(),
                reached.fit,
            )
        };
        let mut best = None;
        every(&all, &mut |unit_of| best = best.take().max(Some(worth(unit_of))));
        let best = best.unwrap();
        let again = pose(pack, &options, &requests, &units);
        let allocation = posing.solve(None).unwrap();
        assert_eq!(worth(&allocation.matching.unit_of), best, "{requests}{units}");
        assert_eq!(allocation.reached().priority, best.2);
        let report = allocation.report().unwrap();
        let value = |name: &str| report.levels.iter().find(|level| level.name == name).unwrap().value;
        assert_eq!((value("priority"), value("tie"), value("fit")), (best.2, best.3, best.4));
        ranked += usize::from(best.3 > 0);
        let text = serde_json::to_string(&report).unwrap();
        again.clone().verify(&Report::read(&text).unwrap()).unwrap();
        let other = text.replacen(
            &format!("{{\"name\":\"tie\",\"value\":{}}}", best.3),
            &format!("{{\"name\":\"tie\",\"value\":{}}}", best.3 + 1),
            1,
        );
        assert!(again.verify(&Report::read(&other).unwrap()).is_err());
    }
    assert!(ranked > 100, "{ranked}");
}

/// Forty requests that nothing tells apart and ten units: over many seeds each is housed about as often, and another name
/// of a request changes no chance.
#[test]
fn a_lot_gives_equals_the_same_chance() {
    let pack = pack(PACK.split("tie =").next().unwrap());
    let rows: String = (0..10).map(|n| format!("L{n},1\n")).collect();
    let units = format!("logement_id,taille\n{rows}");
    let seeds = 160;
    for name in ["D", "une autre "] {
        let rows: String = (0..40).map(|n| format!("{name}{n},1,500,,true\n")).collect();
        let requests = format!("demande_id,besoin,points,jours,modeste\n{rows}");
        let mut housed = vec![0_u32; 40];
        for seed in 0..seeds {
            let mut options = Options::default();
            options.seed = Some(seed);
            let allocation = pose(&pack, &options, &requests, &units).solve(None).unwrap();
            for (count, unit) in housed.iter_mut().zip(&allocation.matching.unit_of) {
                *count += u32::from(unit.is_some());
            }
        }
        // A quarter of the seeds each: 40, with a deviation of 5.5. Five deviations are none by chance.
        assert_eq!(housed.iter().sum::<u32>(), 10 * seeds as u32);
        assert!(housed.iter().all(|count| (13..=67).contains(count)), "{housed:?}");
    }
}

/// In the order of points each takes its best of what is left: nobody envies with reason, and whoever strikes a wish is
/// never better off.
#[test]
fn in_the_order_of_points_nobody_envies_nor_gains_by_silence() {
    let pack = pack(PACK.split("tie =").next().unwrap());
    let mut rng = ChaCha8Rng::seed_from_u64(25);
    let mut housed = 0;
    for _ in 0..200 {
        let count = rng.random_range(1..8);
        let rows: String = (0..count)
            .map(|n| format!("D{n},{},{},,true\n", rng.random_range(1..4), rng.random_range(0..6)))
            .collect();
        let units: String =
            (0..rng.random_range(1..6)).map(|n| format!("L{n},{}\n", rng.random_range(1..5))).collect();
        let requests = format!("demande_id,besoin,points,jours,modeste\n{rows}");
        let units = format!("logement_id,taille\n{units}");
        let instance = pose(&pack, &Options::default(), &requests, &units).instance;
        let unit_of = by_points(&instance);
        let fit = |request: usize, unit: Option<u32>| {
            unit.and_then(|unit| instance.pair(request as u32, unit)).map_or(-1, |(fit, _)| i32::from(fit))
        };
        reached(&instance.problem, &unit_of).unwrap();
        for (a, b) in (0..count).flat_map(|a| (0..count).map(move |b| (a, b))) {
            let better = unit_of[b].is_some() && fit(a, unit_of[b]) > fit(a, unit_of[a]);
            assert!(!better || instance.points(b as u32) >= instance.points(a as u32), "{requests}{units}");
        }
        for request in 0..count as u32 {
            housed += usize::from(unit_of[request as usize].is_some());
            for wish in instance.units_of(request) {
                let silent = instance.without(&[(request, wish)].into()).unwrap();
                let other = by_points(&silent)[request as usize];
                assert!(fit(request as usize, other) <= fit(request as usize, unit_of[request as usize]));
            }
        }
    }
    assert!(housed > 200, "{housed}");
}

/// For each number of members that may lack, the frontier is the best of all answers that lack no more.
#[test]
fn the_frontier_of_a_quota_is_that_of_all_answers() {
    let mut rng = ChaCha8Rng::seed_from_u64(26);
    let mut several = 0;
    for _ in 0..300 {
        let count = rng.random_range(1..3);
        let drawn = drawn(&mut rng, count);
        let quota = rng.random_range(0..count);
        for lacking in 0..3 {
            let allowing = drawn.problem.allowing(quota, lacking);
            let ahead = Ahead::new(&allowing, &[quota], &[]).unwrap();
            let answer = ahead.narrow(&allowing, solve(ahead.wider())).unwrap();
            ahead.verify(&allowing, &answer).unwrap();
            let within = |unit_of: &[Option<u32>]| {
                let reached = reached(&drawn.problem, unit_of).unwrap();
                let others =
                    (0..count).filter(|q| *q != quota).map(|q| -(reached.quotas[q].shortfall as i64));
                let mut all = vec![reached.attributions as i64];
                all.extend(others);
                all.extend([reached.priority as i64, reached.fit as i64]);
                (reached.quotas[quota].shortfall <= lacking).then_some(all)
            };
            let mut best = None;
            every(&drawn, &mut |unit_of| best = best.take().max(within(unit_of)));
            assert_eq!(within(&answer.unit_of), best, "{quota} {lacking}");
            verify(&allowing, &solve(&allowing)).unwrap();
            several += usize::from(lacking > 0 && best > within(&vec![None; drawn.requests]));
        }
    }
    assert!(several > 200, "{several}");
}

/// Within so many points of the best, most stay where they were: as many attributions, quotas met as well, and no answer
/// within the points keeps more. The written result holds for whoever allows as many points, and for nobody else.
#[test]
fn within_so_many_points_most_stay() {
    let pack = pack(PACK);
    let mut rng = ChaCha8Rng::seed_from_u64(27);
    let (mut more, mut refused) = (0, 0);
    for _ in 0..250 {
        let (count, units) = (rng.random_range(2..7), rng.random_range(1..5));
        let rows: Vec<(u32, u32, bool)> = (0..count)
            .map(|_| (rng.random_range(1..4), rng.random_range(0..9), rng.random_range(0..2) == 0))
            .collect();
        let sizes: Vec<u32> = (0..units).map(|_| rng.random_range(1..5)).collect();
        // Before, the points were others: the last came first.
        let table = |out: Option<usize>| {
            let row = |(n, (size, points, modest)): (usize, &(u32, u32, bool))| {
                let points = if out.is_none() { n as u32 } else { *points };
                (Some(n) != out).then(|| format!("D{n},{size},{points},,{modest}\n"))
            };
            let rows: String = rows.iter().enumerate().filter_map(row).collect();
            format!("demande_id,besoin,points,jours,modeste\n{rows}")
        };
        let sizes: String = sizes.iter().enumerate().map(|(n, size)| format!("L{n},{size}\n")).collect();
        let units = format!("logement_id,taille\n{sizes}");
        let before = pose(&pack, &Options::default(), &table(None), &units).solve(None).unwrap();
        let before = before.report().unwrap();
        let gone = table(Some(rng.random_range(0..count)));
        let allowed = rng.random_range(0..8);
        let mut options = Options::default();
        options.keep = Some(allowed);
        let posing = pose(&pack, &options, &gone, &units);
        let best = pose(&pack, &Options::default(), &gone, &units).solve(None).unwrap();
        let kept = posing.clone().solve(Some(&before)).unwrap();
        let had = before.before(&posing.plan, &posing.dataset, &posing.instance).unwrap().unit_of;
        let instance = &posing.instance;
        let stay = |unit_of: &[Option<u32>]| {
            unit_of.iter().zip(&had).filter(|(now, had)| now.is_some() && now == had).count()
        };
        let lacking = |reached: &logis::matching::Reached| -> Vec<u64> {
            reached.quotas.iter().map(|quota| quota.shortfall).collect()
        };
        let pairs = (0..instance.requests.len() as u32)
            .flat_map(|r| instance.units_of(r).into_iter().map(move |u| (r, u)))
            .map(|(request, unit)| {
                let (fit, marks) = instance.pair(request, unit).unwrap();
                Pair { request, unit, fit, marks }
            })
            .collect();
        let all = Drawn { problem: instance.problem.clone(), requests: instance.requests.len(), pairs };
        let mut most = 0;
        let goal = best.reached();
        let points = |unit_of: &[Option<u32>]| -> u64 {
            (0..)
                .zip(unit_of)
                .filter(|(_, unit)| unit.is_some())
                .map(|(r, _)| u64::from(instance.points(r)))
                .sum()
        };
        every(&all, &mut |unit_of| {
            let own = reached(&instance.problem, unit_of).unwrap();
            let as_good = own.attributions == goal.attributions && lacking(&own) == lacking(&goal);
            if as_good && points(unit_of) + allowed >= goal.priority {
                most = most.max(stay(unit_of));
            }
        });
        let reached = kept.reached();
        assert_eq!((reached.attributions, lacking(&reached)), (goal.attributions, lacking(&goal)));
        assert!(reached.priority + allowed >= goal.priority);
        assert_eq!(stay(&kept.matching.unit_of), most, "{allowed} {gone}{units}");
        more += usize::from(reached.priority < goal.priority);
        let report = kept.report().unwrap();
        posing.clone().verify(&report).unwrap();
        if reached.priority < goal.priority {
            // Whoever allows fewer points than were given up is not convinced, whatever the result says of them.
            let mut stricter = posing;
            stricter.flags.keep = Some(goal.priority - reached.priority - 1);
            let mut told = report.clone();
            told.certificate.problem.as_mut().unwrap().keep = stricter.flags.keep;
            refused += usize::from(stricter.verify(&told).is_err());
        }
    }
    assert!(more > 15 && refused == more, "{more} {refused}");
}

/// Who tells fewer wishes than suit gets the better unit, where the levels count attributions first: the one of fewer points
/// that only one unit suits keeps it.
#[test]
fn silence_pays_where_attributions_come_first() {
    let rules = RULES.replace("900 - 100 * (taille - besoin)", "100 * taille");
    let manifest = PACK.split("tie =").next().unwrap().to_string() + "fit = \"adequation\"\n";
    let pack = small::pack(&schema(), &manifest, &rules, "");
    // Both units suit D1; only the larger one suits D2, which has fewer points and gets it.
    let requests = "demande_id,besoin,points,jours,modeste\nD1,1,800,,true\nD2,3,300,,true\nD3,1,700,,true\n";
    let units = "logement_id,taille\nL1,2\nL2,4\n";
    let two = requests.lines().take(3).map(|line| format!("{line}\n")).collect::<String>();
    let told = |requests: &str| {
        let allocation = pose(&pack, &Options::default(), requests, units).solve(None).unwrap();
        let posing = &allocation.posing;
        let (asked, all) = silences(&posing.dataset, &posing.instance, &allocation.matching).unwrap();
        (asked, all.into_iter().map(|one| (one.request, one.unit, one.instead)).collect::<Vec<_>>())
    };
    // If D1 strikes L1, two cannot be housed any more but by L2 and nobody in L1: the more points then decide.
    let own = |a: &str, b: &str, c: &str| (a.to_string(), b.to_string(), c.to_string());
    assert_eq!(told(&two), (1, vec![own("D1", "L1", "L2")]));
}

/// A pack may choose the order of points: the result says it, holds only if each has what its turn gives, and its reasons
/// name points or nothing.
#[test]
fn a_pack_may_choose_the_order_of_points() {
    let levels = PACK.split("tie =").next().unwrap();
    let manifest = format!("{levels}order = \"by-points\"\nfit = \"adequation\"\n");
    let (chosen, other) = (pack(&manifest), pack(levels));
    let mut rng = ChaCha8Rng::seed_from_u64(28);
    let (mut refused, mut waiting) = (0, 0);
    for _ in 0..60 {
        let row = |n: u32, rng: &mut ChaCha8Rng| {
            format!("D{n},{},{},,true\n", rng.random_range(1..4), rng.random_range(0..6))
        };
        let rows: String = (0..rng.random_range(2..8)).map(|n| row(n, &mut rng)).collect();
        let sizes: String =
            (0..rng.random_range(1..6)).map(|n| format!("L{n},{}\n", rng.random_range(1..5))).collect();
        let requests = format!("demande_id,besoin,points,jours,modeste\n{rows}");
        let units = format!("logement_id,taille\n{sizes}");
        let posing = pose(&chosen, &Options::default(), &requests, &units);
        let allocation = posing.clone().solve(None).unwrap();
        assert_eq!(allocation.matching.unit_of, by_points(&posing.instance));
        let report = allocation.report().unwrap();
        posing.clone().verify(&report).unwrap();
        assert!(pose(&other, &Options::default(), &requests, &units).verify(&report).is_err());
        // One attribution less is another answer, and told as such.
        let mut fewer = report.clone();
        if fewer.attributions.pop().is_some() {
            let why = posing.clone().verify(&fewer).unwrap_err();
            refused += usize::from(!why.why.is_empty());
        }
        for request in 0..posing.instance.requests.len() as u32 {
            let id = posing.instance.requests.id(&posing.dataset, request);
            match allocation.explain(id).unwrap() {
                Why::Outranked { holders, priority, .. } => {
                    waiting += 1;
                    for holder in holders {
                        let expected = match holder.priority.cmp(&priority) {
                            std::cmp::Ordering::Greater => Reason::Priority,
                            _ => Reason::Equal,
                        };
                        assert_eq!(holder.reason, expected);
                    }
                }
                Why::Housed { better_fitting, .. } => {
                    let reasons = better_fitting.iter().map(|holder| &holder.reason);
                    assert!(reasons.into_iter().all(|r| matches!(r, Reason::Priority | Reason::Equal)));
                }
                _ => {}
            }
        }
    }
    assert!(refused > 50 && waiting > 30, "{refused} {waiting}");
    let wrong = levels.to_string() + "order = \"by-point\"\n";
    let read = small::read(&schema(), &wrong, RULES, "");
    assert!(read.unwrap_err().to_string().contains("by-points"));
}

/// One point more counts before any seniority: a quota joins two choices, of which the second has less of the one and more of
/// the other. L1 is for A or B, L2 for C or D; half of both must go to members, A and D, so that B and C do not go together.
#[test]
fn no_seniority_makes_up_for_a_point() {
    let pack = pack(PACK);
    let requests = "demande_id,besoin,points,jours,modeste\n\
        A,1,5,0,true\nB,1,5,20,false\nC,5,9,0,false\nD,5,8,20,true\n\
        E,9,5,10,false\nF,9,8,10,false\nG,9,8,5,false\n";
    let units = "logement_id,taille\nL1,1\nL2,5\n";
    let allocation = pose(&pack, &Options::default(), requests, units).solve(None).unwrap();
    assert_eq!(allocation.attributions().collect::<Vec<_>>(), [("A", "L1"), ("C", "L2")]);
    let ranks: Vec<u32> = (0..7).map(|request| allocation.posing.instance.rank(request)).collect();
    assert_eq!(ranks, [0, 2, 0, 2, 1, 1, 0]);
}
