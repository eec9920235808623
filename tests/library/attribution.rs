//! The matching of a pack on data, held against all answers there are, on small data drawn at random.
//!
//! `LOGIS_CASES` sets how many are drawn (default 150).

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::mutate_json::mutate;
use crate::small;
use logis::Pack;
use logis::apart::{Group, JoinError, join};
use logis::attribution::{
    Commission, Explainer, Flags, Instance, InstanceError, MatchingPlan, Place, Posed, Reason, Report, Why,
    fairness,
};
use logis::data::{Dataset, InputFile, read};
use logis::matching::{Matching, Reached, one_member_less, solve, solve_near, verify};
use logis::value::{Date, parse_date};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const RULES: &str = "//! entité: candidature

/// Assez grand.
fn assez_grand(besoin, taille) { taille >= besoin }

/// Pas trop grand.
fn pas_trop_grand(besoin, taille) { taille <= besoin + 2 }

/// Convient.
fn convient(assez_grand, pas_trop_grand) { assez_grand && pas_trop_grand }

/// Adéquation.
fn adequation(besoin, taille) { 900 - 300 * (taille - besoin) }

/// Modeste hors d'un quartier.
fn modeste_hors_quartier(modeste, quartier) { modeste && !quartier }

/// Hors d'un quartier.
fn hors_quartier(quartier) { !quartier }

/// D'un ménage qui ne l'est pas, dans un quartier.
fn autre_en_quartier(modeste, quartier) { quartier && !modeste }
";

const PACK: &str = r#"
name = "essai"
[matching]
candidature = "candidature"
suitable = "convient"
priority = "points"
fit = "adequation"
blocks = ["assez_grand"]
[[matching.quotas]]
name = "hors"
base = "hors_quartier"
members = "modeste_hors_quartier"
share = "part.hors"
[[matching.quotas]]
name = "dans"
base = "quartier"
members = "autre_en_quartier"
share = "part.dans"
"#;

const SHARES: &str = r#"
[part.hors]
[[part.hors.values]]
from = 2010-01-01
source = { title = "s" }
value = 0.5
[part.dans]
[[part.dans.values]]
from = 2017-01-01
source = { title = "s" }
value = "2/3"
"#;

fn pack() -> Pack {
    let fields = ["besoin: integer, range = [0, 9]", "points: integer", "modeste: boolean"];
    let schema = small::schema(&fields, &["taille: integer, range = [0, 9]", "quartier: boolean"]);
    small::pack(&schema, PACK, RULES, SHARES)
}

fn date(text: &str) -> Date {
    parse_date(text).unwrap()
}

fn load(pack: &Pack, plan: &MatchingPlan, requests: &str, units: &str) -> Dataset {
    let input =
        |name: &str, text: &str| InputFile { name: name.to_string(), bytes: text.as_bytes().to_vec() };
    let files = vec![input("demandes.csv", requests), input("logements.csv", units)];
    let mut needs = plan.pairs.needs();
    for plan in plan.plans() {
        let more = plan.needs();
        needs.fields.extend(more.fields);
        needs.entities.extend(more.entities);
    }
    let outcome = read(&pack.parsed().schema, &[], files, &needs);
    assert!(!outcome.issues.iter().any(|i| i.is_error()));
    outcome.dataset
}

/// Up to seven requests and five units, with few different values, so that there are ties.
fn draw(seed: u64) -> (String, String) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut requests = String::from("demande_id,besoin,points,modeste\n");
    for row in 0..rng.random_range(1..8) {
        let modest =
            ["true", "false", ""][if rng.random_range(0..12) == 0 { 2 } else { rng.random_range(0..2) }];
        let _ = writeln!(
            requests,
            "D{},{},{},{modest}",
            (row * 5) % 8,
            rng.random_range(1..4),
            rng.random_range(0..6) * 10
        );
    }
    let mut units = String::from("logement_id,taille,quartier\n");
    for row in 0..rng.random_range(1..6) {
        let _ =
            writeln!(units, "L{},{},{}", (row * 3) % 7, rng.random_range(1..5), rng.random_range(0..2) == 0);
    }
    (requests, units)
}

struct Case {
    pack: Pack,
    plan: MatchingPlan,
    dataset: Dataset,
    instance: Instance,
    matching: Matching,
}

fn case(pack: &Pack, seed: u64, day: &str) -> Case {
    let plan = MatchingPlan::new(pack.parsed(), date(day), &[]).unwrap();
    let (requests, units) = draw(seed);
    let dataset = load(pack, &plan, &requests, &units);
    let instance = Instance::new(&plan, &dataset, None).unwrap();
    let matching = solve(&instance.problem);
    Case { pack: pack.clone(), plan, dataset, instance, matching }
}

/// What an answer is worth, level by level, larger is better.
type Worth = (usize, Vec<Reverse<u64>>, u64, u64);

impl Case {
    fn worth(&self, unit_of: &[Option<u32>]) -> Worth {
        let given: Vec<(u32, u32)> =
            (0..).zip(unit_of).filter_map(|(request, unit)| Some((request, (*unit)?))).collect();
        let marked = |bit: usize| {
            let of = |(r, u): &&(u32, u32)| self.instance.pair(*r, *u).unwrap().1 >> bit & 1 == 1;
            given.iter().filter(of).count() as u64
        };
        let quotas = self.plan.quotas.iter().enumerate();
        let lacking = |(at, q): (usize, &logis::attribution::QuotaInForce)| {
            Reverse(q.quota.target(marked(2 * at)).saturating_sub(marked(2 * at + 1)))
        };
        (
            given.len(),
            quotas.map(lacking).collect(),
            given.iter().map(|(r, _)| u64::from(self.instance.problem.points(*r))).sum(),
            given.iter().map(|(r, u)| u64::from(self.instance.pair(*r, *u).unwrap().0)).sum(),
        )
    }

    /// All answers among requests and units that are open, each given to `f`.
    fn answers(&self, open: &dyn Fn(u32, u32) -> bool, f: &mut dyn FnMut(&[Option<u32>])) {
        fn rest(
            case: &Case,
            at: u32,
            unit_of: &mut Vec<Option<u32>>,
            open: &dyn Fn(u32, u32) -> bool,
            f: &mut dyn FnMut(&[Option<u32>]),
        ) {
            if at as usize == unit_of.len() {
                return f(unit_of);
            }
            rest(case, at + 1, unit_of, open, f);
            for unit in case.instance.units_of(at) {
                if open(at, unit) && !unit_of.contains(&Some(unit)) {
                    unit_of[at as usize] = Some(unit);
                    rest(case, at + 1, unit_of, open, f);
                    unit_of[at as usize] = None;
                }
            }
        }
        rest(self, 0, &mut vec![None; self.instance.requests.len()], open, f);
    }

    fn best(&self, open: &dyn Fn(u32, u32) -> bool) -> Worth {
        let mut best: Option<Worth> = None;
        self.answers(open, &mut |unit_of| best = best.take().max(Some(self.worth(unit_of))));
        best.unwrap()
    }
}

/// The rows of a table whose identifiers are among these.
fn chosen(table: &str, ids: &[String]) -> String {
    let mut lines = table.lines();
    let header = lines.next().unwrap();
    let own = lines.filter(|line| ids.iter().any(|id| line.split(',').next() == Some(id)));
    std::iter::once(header).chain(own).fold(String::new(), |text, line| text + line + "\n")
}

/// Groups that no candidate joins are posed on their own rows, solved apart and joined: what the whole reaches at once, or
/// no less than is said. All attributions are possible in the whole.
#[test]
fn groups_solved_apart_are_joined_to_the_whole() {
    let pack = pack();
    let (mut several, mut proved, mut bounded) = (0, 0, 0);
    for seed in 0..cases() {
        for (day, most) in [("2005-01-01", 3), ("2012-01-01", 2), ("2018-01-01", 4)] {
            let asked = || logis::posing::plan(&pack, date(day), &logis::Options::default()).unwrap();
            let (requests, units) = draw(seed);
            let pose = |requests: &str, units: &str| {
                let asked = asked();
                let dataset = load(&pack, &asked.0, requests, units);
                logis::Posing::new(asked, dataset, None).unwrap()
            };
            let whole = pose(&requests, &units);
            assert!(whole.by_parts());
            let groups = whole.groups(most);
            assert!(groups.len() <= most);
            let own =
                |group: &Group| pose(&chosen(&requests, &group.requests), &chosen(&units, &group.units));
            let answers: Vec<_> = groups.iter().map(|group| own(group).apart().unwrap()).collect();
            if answers.is_empty() {
                assert!(matches!(join(&answers), Err(JoinError::Nothing)));
                continue;
            }
            let joined = join(&answers).unwrap();
            let mut unit_of = vec![None; whole.instance.requests.len()];
            for (request, unit) in &joined.attributions {
                let request = whole.instance.requests.find(&whole.dataset, request).unwrap();
                unit_of[request as usize] = whole.instance.units.find(&whole.dataset, unit);
            }
            let (reached, gaps) = (&joined.together.reached, &joined.together.gaps);
            assert_eq!(&logis::matching::reached(&whole.instance.problem, &unit_of).unwrap(), reached);
            let at_once = solve(&whole.instance.problem).reached;
            assert_eq!(at_once.attributions, reached.attributions);
            assert!(at_once.priority <= reached.priority.saturating_add(gaps.priority));
            several += usize::from(groups.len() > 1);
            if gaps.none() {
                proved += usize::from(groups.len() > 1);
                assert_eq!((at_once.priority, at_once.fit), (reached.priority, reached.fit));
                let lacks = |of: &Reached| of.quotas.iter().map(|q| q.shortfall).collect::<Vec<_>>();
                assert_eq!(lacks(&at_once), lacks(reached));
            } else {
                bounded += 1;
            }
            if !joined.attributions.is_empty() {
                assert!(matches!(join(&[answers.clone(), answers].concat()), Err(JoinError::Twice(_))));
            }
        }
    }
    assert!(several > 10 && proved > 5 && bounded > 0, "{several} {proved} {bounded}");
}

fn cases() -> u64 {
    std::env::var("LOGIS_CASES").ok().and_then(|v| v.parse().ok()).unwrap_or(150)
}

/// From rows to attributions, nothing is better at any level; the written result says the same when it
/// is read again; a request that waits while one of fewer points is housed waits because of a quota.
#[test]
fn the_answer_is_the_best_and_its_reasons_are_true() {
    let pack = pack();
    let (mut held, mut waiting, mut empty) = (0, 0, 0);
    for seed in 0..cases() {
        let case = case(&pack, seed, "2018-01-01");
        assert_eq!(case.worth(&case.matching.unit_of), case.best(&|_, _| true), "seed {seed}");
        verify(&case.instance.problem, &case.matching).unwrap();
        let report = Report::new(
            &case.plan,
            &case.dataset,
            &case.instance,
            (&case.matching, &[]),
            (None, None),
            |_, _| {},
        );
        let text = serde_json::to_string(&report).unwrap();
        let again: Report = serde_json::from_str(&text).unwrap();
        let read = again.matching(&case.plan, &case.dataset, &case.instance).unwrap();
        assert_eq!(read, case.matching);
        let explainer = Explainer::new(&case.plan, &case.dataset, &case.instance, &case.matching);
        let points = |id: &str| {
            let request = case.instance.requests.find(&case.dataset, id).unwrap();
            case.instance.problem.points(request)
        };
        for request in 0..case.instance.requests.len() as u32 {
            match explainer.request(request) {
                Why::Outranked { priority: priorite, holders: detenteurs, .. } => {
                    waiting += 1;
                    for holder in detenteurs {
                        let theirs = points(&holder.request.unwrap());
                        match holder.reason {
                            Reason::Quota(_) => {
                                assert!(theirs <= priorite);
                                held += 1;
                            }
                            Reason::Priority => assert!(theirs > priorite),
                            Reason::Fit | Reason::Equal => assert_eq!(theirs, priorite),
                            other => panic!("seed {seed}: {other:?}"),
                        }
                    }
                }
                Why::Housed { otherwise: ensuite, unit: logement, .. } => {
                    let unit = case.instance.units.find(&case.dataset, &logement).unwrap();
                    // Without its unit, one of the best answers has it where it is said, or nowhere.
                    let next = ensuite.map(|id| case.instance.units.find(&case.dataset, &id).unwrap());
                    let as_said = |r: u32, u: u32| {
                        (r == request) == (next == Some(u)) || r != request && next.is_none()
                    };
                    let worth = case.best(&|_, u| u != unit);
                    assert_eq!(case.best(&|r, u| u != unit && as_said(r, u)), worth);
                }
                Why::NothingSuits { conditions, units: logements } => {
                    assert!(conditions.iter().map(|c| c.false_for).sum::<usize>() >= logements);
                }
                other => panic!("{other:?}"),
            }
        }
        for unit in 0..case.instance.units.len() as u32 {
            match explainer.unit(unit) {
                Why::AllHoused { suitable: recevables, housed: loges } => assert_eq!(recevables, loges.len()),
                Why::SuitsNobody { .. } => empty += 1,
                Why::Given { .. } => {}
                other => panic!("{other:?}"),
            }
        }
        let groups = case.pack.plan(date("2018-01-01"), &["modeste"]).unwrap();
        let report = fairness(&case.plan, &groups, &case.dataset, &case.instance, &case.matching);
        assert!(report.envies.iter().all(|e| matches!(e.reason, Reason::Quota(_))), "seed {seed}");
        let housed: usize = report.groups[0].lines.iter().map(|l| l.housed).sum();
        assert_eq!(housed as u64, case.matching.reached.attributions);
    }
    assert!(held > 5 && waiting > 50 && empty > 3, "{held} {waiting} {empty}");
}

/// Whatever is changed in a written result, reading and checking it does not panic; it holds only if it claims
/// what the best answer reaches, for the problem that it was made of; and to begin from it leads to the best.
#[test]
fn a_changed_result_is_refused_or_true() {
    let pack = pack();
    let (mut unread, mut refused, mut held, mut near) = (0, 0, 0, 0);
    for seed in 0..cases() {
        let case = case(&pack, seed, "2018-01-01");
        let Case { plan, dataset, instance, matching, .. } = &case;
        let best = case.worth(&matching.unit_of);
        let prices: Vec<u64> =
            (0..2).map(|quota| one_member_less(&instance.problem, matching, quota)).collect();
        let posed = Posed::new(plan, dataset, instance, Flags::default()).unwrap();
        let posing = (None, Some(posed.clone()));
        let honest = Report::new(plan, dataset, instance, (matching, &prices), posing, |_, _| {});
        let value = serde_json::to_value(&honest).unwrap();
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        for change in 0..40 {
            let mut changed = value.clone();
            for _ in 0..random.random_range(1..3) {
                mutate(&mut changed, if change % 2 == 0 { "" } else { "/certificate" }, &mut random);
            }
            let Ok(read) = Report::read(&changed.to_string()) else {
                unread += 1;
                continue;
            };
            if let Ok(before) = read.before(plan, dataset, instance)
                && change % 4 == 0
            {
                let next = solve_near(&instance.problem, &before.unit_of, before.duals.as_ref());
                assert_eq!(case.worth(&next.unit_of), best, "seed {seed}: {changed}");
                near += 1;
            }
            let accepted = || -> Option<Matching> {
                let others = read.differences(plan, None, &posed);
                let own = read.matching(plan, dataset, instance).ok().filter(|_| others.is_empty())?;
                verify(&instance.problem, &own).ok()?;
                read.check_columns(plan, dataset, instance, |_, _| {}).ok()?;
                read.check_prices(plan, (&own, 1), Some(&prices)).ok()?;
                Some(own)
            };
            let Some(own) = accepted() else {
                refused += 1;
                continue;
            };
            held += 1;
            assert_eq!(case.worth(&own.unit_of), best, "seed {seed}: {changed}");
            assert_eq!(read.levels, honest.levels, "seed {seed}");
            assert!(read.attributions.iter().all(|row| row.len() == 2), "seed {seed}: {changed}");
            let (own, honest) = (&read.certificate, &honest.certificate);
            assert_eq!((&own.date, own.max_candidates), (&honest.date, None));
            assert!(
                own.problem.as_ref().is_none_or(|own| own.data == posed.data && own.rules == posed.rules)
            );
            assert!(own.units.is_empty() || (&own.units, &own.cells) == (&honest.units, &honest.cells));
        }
    }
    println!("{unread} not read, {refused} refused, {held} true, {near} begun from");
    assert!(cases() < 150 || unread > 1500 && refused > 800 && held > 50 && near > 100);
}

/// Each rank of the lists is the best answer among those in no rank before; nobody has two own places;
/// points never rise down a list where no quota is in force. Whoever refuses, each unit goes to the next
/// of its list, nobody gets two, nobody else moves.
#[test]
fn lists_stay_feasible_whoever_refuses() {
    let pack = pack();
    let (mut second, mut shared, mut refused, mut untouched) = (0, 0, 0, 0);
    for seed in 0..cases() {
        for (day, free) in [("2018-01-01", false), ("2009-01-01", true)] {
            let case = case(&pack, seed, day);
            assert_eq!(case.plan.quotas.is_empty(), free);
            let units = case.instance.units.len();
            let commission = Commission::new(&case.instance, &case.matching, &vec![3; units]).unwrap();
            let mut named = BTreeSet::new();
            for rank in 0..3 {
                let mut own = vec![None; case.instance.requests.len()];
                for (unit, list) in (0..).zip(&commission.lists) {
                    if let Some(place) = list.get(rank).filter(|p| !p.shared) {
                        own[place.request as usize] = Some(unit);
                    }
                }
                let before = named.clone();
                assert_eq!(case.worth(&own), case.best(&|r, _| !before.contains(&r)), "seed {seed}");
                for (request, _) in (0..).zip(&own).filter(|(_, unit)| unit.is_some()) {
                    assert!(named.insert(request), "seed {seed}");
                    second += usize::from(rank == 1);
                }
            }
            for (unit, list) in (0..).zip(&commission.lists) {
                let points: Vec<u32> = list.iter().map(|p| case.instance.problem.points(p.request)).collect();
                let own = list.iter().filter(|p| !p.shared).count();
                assert!(!free || points[..own].is_sorted_by(|a, b| a >= b), "seed {seed}");
                assert!(list.iter().all(|p| case.instance.pair(p.request, unit).is_some()));
                // A list is short only if nobody else could stand in it.
                let names: BTreeSet<u32> = list.iter().map(|p| p.request).collect();
                assert_eq!(names.len(), list.len());
                let could = (0..case.instance.requests.len() as u32)
                    .filter(|r| case.instance.pair(*r, unit).is_some() && !names.contains(r))
                    .filter(|r| case.matching.unit_of[*r as usize].is_none())
                    .count();
                assert!(list.len() == 3 || could == 0, "seed {seed}");
                shared += list.len() - own;
            }
            // Every set of first candidates that may refuse, and their second ones too.
            for refusing in 0..1_u32 << units {
                let refusals: Vec<(u32, u32)> = (0..)
                    .zip(&commission.lists)
                    .filter(|(unit, _)| refusing >> unit & 1 == 1)
                    .filter_map(|(unit, list)| Some((list.first()?.request, unit)))
                    .collect();
                let after = commission.after(&case.instance, &case.matching, &vec![3; units], &refusals);
                for (unit, (before, now)) in (0..).zip(commission.lists.iter().zip(&after.commission.lists)) {
                    // What is left of a list keeps its order, before all that came to it; who is struck has refused
                    // it, or has another unit.
                    let ids = |list: &[Place]| list.iter().map(|p| p.request).collect::<Vec<_>>();
                    let (before, now) = (ids(before), ids(now));
                    let holder = |r: &u32| after.unit_of[*r as usize] == Some(unit);
                    let stays = |r: &&u32| {
                        !refusals.contains(&(**r, unit))
                            && after.unit_of[**r as usize].is_none_or(|u| u == unit)
                    };
                    let rest: Vec<u32> =
                        before.iter().filter(stays).filter(|r| !holder(r)).copied().collect();
                    let first: Vec<u32> = now.iter().filter(|r| holder(r)).copied().collect();
                    assert!(now.starts_with(&[first, rest].concat()), "seed {seed}: {before:?} {now:?}");
                    // A list that was struck from is short only if nobody else could stand in it.
                    let could = (0..case.instance.requests.len() as u32).filter(|r| {
                        case.instance.pair(*r, unit).is_some()
                            && !now.contains(r)
                            && !refusals.contains(&(*r, unit))
                            && after.unit_of[*r as usize].is_none()
                    });
                    let struck = refusals.iter().any(|(_, refused)| *refused == unit);
                    assert!(!struck || now.len() == 3 || could.count() == 0, "seed {seed}: {now:?}");
                    if before.iter().filter(stays).count() == before.len() {
                        assert_eq!(before, now, "seed {seed}: nobody refused");
                        untouched += 1;
                    }
                }
                let given: Vec<u32> = after.unit_of.iter().flatten().copied().collect();
                assert_eq!(given.iter().collect::<BTreeSet<_>>().len(), given.len());
                for (request, unit) in (0..).zip(&case.matching.unit_of) {
                    if let Some(unit) = unit
                        && !refusals.contains(&(request, *unit))
                    {
                        assert_eq!(after.unit_of[request as usize], Some(*unit), "seed {seed}: it moved");
                    }
                }
                for (request, unit) in &refusals {
                    assert_ne!(after.unit_of[*request as usize], Some(*unit));
                    if let Some(next) = commission.lists[*unit as usize].get(1).filter(|p| !p.shared) {
                        assert_eq!(after.unit_of[next.request as usize], Some(*unit), "seed {seed}");
                    }
                    refused += 1;
                }
            }
        }
    }
    assert!(
        second > 50 && shared > 20 && refused > 200 && untouched > 200,
        "{second} {shared} {refused} {untouched}"
    );
}

/// A share without a value on the date is not in force; what is missing does not count as a member; what
/// is no whole number of points is an error that names the row.
#[test]
fn dates_and_missing_inputs() {
    let pack = pack();
    let plan = MatchingPlan::new(pack.parsed(), date("2015-12-31"), &[]).unwrap();
    assert_eq!(plan.quotas.len(), 1);
    assert_eq!(plan.not_in_force[0].name, "dans");
    assert_eq!(plan.not_in_force[0].from, Some(date("2017-01-01")));
    let requests = "demande_id,besoin,points,modeste\nD1,1,10,\nD2,1,,true\n";
    let dataset = load(&pack, &plan, requests, "logement_id,taille,quartier\nL1,1,false\nL2,2,\n");
    let instance = Instance::new(&plan, &dataset, None).unwrap();
    // D2 has no points known; of three pairs it is open whether they count: D1 in L1 and in L2, D2 in L2.
    assert_eq!(instance.open.priority, [1]);
    assert_eq!(instance.open.quotas, [3]);
    // D1, first row of the requests, in L1: in the base, no member. D2 in L1: both.
    assert_eq!(instance.pair(0, 0).unwrap().1, 1);
    assert_eq!(instance.pair(1, 0).unwrap().1, 3);
    assert_eq!(instance.pair(1, 1).unwrap().1, 1);
    let requests = "demande_id,besoin,points,modeste\nD1,1,16777217,true\nD2,1,16777216,true\n";
    let dataset = load(&pack, &plan, requests, "logement_id,taille,quartier\nL1,1,false\n");
    let wrong = Instance::new(&plan, &dataset, None).unwrap_err();
    assert!(
        matches!(&wrong[..], [InstanceError::OutOfRange { what, value, .. }] if what == "D1" && value == "16777217")
    );
}
