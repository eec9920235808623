//! Requests that hold a unit, which is free if they move: held against all answers that there are, each counted from the
//! pairs by what the words say.

use crate::conditions::pose_with;
use crate::small;
use logis::attribution::{MovesKind, Reason, Report, Why};
use logis::matching::{
    Ahead, Already, Duals, Pair, Problem, ProblemError, ProofError, Quota, gaps, one_member_less, reached,
    solve, solve_near, verify,
};
use logis::{AllocationError, Options, Pack};
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

#[derive(Clone, Debug)]
struct Drawn {
    points: Vec<u32>,
    units: u32,
    pairs: Vec<Pair>,
    quotas: Vec<Quota>,
    held: Vec<Option<u32>>,
}

/// What counts, the most important first; more is better.
type Levels = Vec<i64>;

impl Drawn {
    fn problem(&self) -> Problem {
        let (points, pairs, quotas) = (self.points.clone(), self.pairs.clone(), self.quotas.clone());
        Problem::from_pairs(points, self.units, pairs, quotas).unwrap().with_tenants(&self.held).unwrap()
    }

    /// Every answer there is: a unit that is held goes to another request only if its tenant has another unit.
    fn every(&self, f: &mut impl FnMut(&[Option<u32>])) {
        fn from(
            of: &Drawn,
            request: usize,
            unit_of: &mut Vec<Option<u32>>,
            f: &mut impl FnMut(&[Option<u32>]),
        ) {
            if request == unit_of.len() {
                let left = |(at, held): (usize, &Option<u32>)| {
                    held.is_none() || unit_of[at].is_some() || !unit_of.contains(held)
                };
                if of.held.iter().enumerate().all(left) {
                    f(unit_of);
                }
                return;
            }
            from(of, request + 1, unit_of, f);
            for pair in of.pairs.iter().filter(|p| p.request as usize == request) {
                if !unit_of.contains(&Some(pair.unit)) && of.held[request] != Some(pair.unit) {
                    unit_of[request] = Some(pair.unit);
                    from(of, request + 1, unit_of, f);
                    unit_of[request] = None;
                }
            }
        }
        from(self, 0, &mut vec![None; self.points.len()], f);
    }

    /// How many are given a unit, what each quota lacks (turned round), points and fit.
    fn counted(&self, unit_of: &[Option<u32>]) -> (i64, Vec<i64>, i64, i64) {
        let given = |pair: &&Pair| unit_of[pair.request as usize] == Some(pair.unit);
        let given: Vec<&Pair> = self.pairs.iter().filter(given).collect();
        let lacking = |(q, quota): (usize, &Quota)| {
            let base = given.iter().filter(|pair| pair.marks >> (2 * q) & 1 == 1);
            let members = base.clone().filter(|pair| pair.marks >> (2 * q) & 2 == 2).count() as i64;
            let Already { base: before, members: had } = quota.already;
            let asked = (base.count() as i64 + before as i64) * i64::from(quota.numerator);
            let enough =
                |n: &i64| (members + had as i64 + n - quota.number) * i64::from(quota.denominator) >= asked;
            -(0..).find(enough).unwrap()
        };
        let lacking = self.quotas.iter().enumerate().map(lacking).collect();
        let points = given.iter().map(|pair| i64::from(self.points[pair.request as usize])).sum();
        (given.len() as i64, lacking, points, given.iter().map(|pair| i64::from(pair.fit)).sum())
    }

    fn levels(&self, unit_of: &[Option<u32>]) -> Levels {
        let (given, lacking, points, fit) = self.counted(unit_of);
        [given].into_iter().chain(lacking).chain([points, fit]).collect()
    }

    /// The levels where the first `ahead` quotas come before the number of attributions.
    fn levels_ahead(&self, unit_of: &[Option<u32>], ahead: usize) -> Levels {
        let mut levels = self.levels(unit_of);
        levels[..=ahead].rotate_left(1);
        levels
    }

    fn best(&self, of: impl Fn(&[Option<u32>]) -> Levels) -> Levels {
        let mut best = None;
        self.every(&mut |unit_of| best = best.take().max(Some(of(unit_of))));
        best.unwrap()
    }
}

/// Few requests with few different points, of whom some hold a unit; units of which some are alike, all or some held.
fn drawn(quotas: std::ops::Range<usize>) -> impl Strategy<Value = Drawn> {
    (1..7_usize, 1..6_usize, quotas).prop_flat_map(|(requests, units, quotas)| {
        let points = proptest::collection::vec(0_u32..4, requests);
        let kinds = proptest::collection::vec(0_u32..3, units);
        // By request and kind of unit: does it suit, and its marks.
        let suits = proptest::collection::vec((any::<bool>(), any::<u16>()), requests * 3);
        let fits = proptest::collection::vec(0_u16..5, requests * units);
        let holders = proptest::collection::vec(proptest::option::weighted(0.6, 0..requests), units);
        let before = prop_oneof![Just((0_u64, 0_u64)), (0_u64..9, 0_u64..9)];
        let number = prop_oneof![3 => Just(0_i64), 2 => -4_i64..5, 1 => Just(40)];
        let share = ((0_u32..5, 1_u32..5), before, number);
        let share = share.prop_map(|((a, b), (base, members), number)| {
            let already = Already { base, members: members.min(base) };
            Quota { already, number, ..Quota::new("", if number == 40 { 0 } else { a.min(b) }, b) }
        });
        let shares = proptest::collection::vec(share, quotas);
        (points, kinds, suits, fits, holders, shares).prop_map(
            move |(points, kinds, suits, fits, holders, shares)| {
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
                let mut held = vec![None; requests];
                for (unit, holder) in (0_u32..).zip(holders) {
                    if let Some(holder) = holder {
                        held[holder] = Some(unit);
                    }
                }
                let quota = |(q, quota): (usize, Quota)| Quota { name: format!("q{q}"), ..quota };
                let quotas = shares.into_iter().enumerate().map(quota).collect();
                Drawn { points, units: units as u32, pairs, quotas, held }
            },
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Every level is that of the best of all answers, and the checker is convinced.
    #[test]
    fn no_answer_is_better(drawn in drawn(0..4)) {
        let problem = drawn.problem();
        let matching = solve(&problem);
        prop_assert_eq!(verify(&problem, &matching), Ok(()));
        prop_assert_eq!(drawn.levels(&matching.unit_of), drawn.best(|unit_of| drawn.levels(unit_of)));
        // What the answer says that it reaches is what it does.
        let (given, lacking, points, fit) = drawn.counted(&matching.unit_of);
        let reached = &matching.reached;
        prop_assert_eq!((reached.attributions as i64, reached.priority as i64, reached.fit as i64), (given, points, fit));
        let shortfalls: Vec<i64> = reached.quotas.iter().map(|quota| -(quota.shortfall as i64)).collect();
        prop_assert_eq!(shortfalls, lacking);
    }

    /// So it is where some quotas come before the number of attributions.
    #[test]
    fn no_answer_is_better_in_another_order(drawn in drawn(1..4), first in 1..4_usize) {
        let first = first.min(drawn.quotas.len());
        let problem = drawn.problem();
        let ahead = Ahead::new(&problem, &(0..first).collect::<Vec<_>>(), &[]).unwrap();
        let answer = ahead.narrow(&problem, solve(ahead.wider())).unwrap();
        prop_assert_eq!(ahead.verify(&problem, &answer), Ok(()));
        let levels = drawn.levels_ahead(&answer.unit_of, first);
        prop_assert_eq!(levels, drawn.best(|unit_of| drawn.levels_ahead(unit_of, first)));
    }

    /// From an answer that is best already, nobody moves; from any other, possible or not, the nearest is as good as the
    /// best, and is proved.
    #[test]
    fn who_need_not_move_does_not(drawn in drawn(0..3), had in proptest::collection::vec(0_u32..8, 7)) {
        let problem = drawn.problem();
        let best = solve(&problem);
        let duals = Duals::of(&problem, &best.certificate);
        for duals in [None, Some(&duals)] {
            let again = solve_near(&problem, &best.unit_of, duals);
            prop_assert_eq!(&again.unit_of, &best.unit_of);
            prop_assert_eq!(verify(&problem, &again), Ok(()));
        }
        let had: Vec<_> = had.into_iter().take(drawn.points.len()).map(|u| (u < 6).then_some(u)).collect();
        let near = solve_near(&problem, &had, None);
        prop_assert_eq!(verify(&problem, &near), Ok(()));
        prop_assert_eq!(drawn.levels(&near.unit_of), drawn.levels(&best.unit_of));
        for quota in 0..drawn.quotas.len() {
            // One member less asked for brings no less than nothing, and no more than all points.
            let all: u32 = drawn.points.iter().sum();
            prop_assert!(one_member_less(&problem, &best, quota) <= u64::from(all));
        }
    }

    /// Whatever is given instead, the certificate of the best does not prove it: an answer that gives a unit whose tenant
    /// stays is impossible, and one that is worse is not taken for the best.
    #[test]
    fn another_answer_is_refused(drawn in drawn(0..3), given in proptest::collection::vec(0_u32..8, 7)) {
        let problem = drawn.problem();
        let best = solve(&problem);
        let mut forged = best.clone();
        forged.unit_of = given.into_iter().take(drawn.points.len()).map(|u| (u < drawn.units).then_some(u)).collect();
        let mut possible = false;
        drawn.every(&mut |unit_of| possible |= unit_of == forged.unit_of);
        let counted = reached(&problem, &forged.unit_of);
        prop_assert_eq!(counted.is_ok(), possible, "{:?}", counted);
        let Ok(counted) = counted else { return Ok(()) };
        forged.reached = counted;
        let same = drawn.levels(&forged.unit_of) == drawn.levels(&best.unit_of);
        prop_assert_eq!(verify(&problem, &forged).is_ok(), same);
    }
}

fn pair(request: u32, unit: u32) -> Pair {
    Pair { request, unit, fit: 500, marks: 0 }
}

/// Unit 0 is vacant. Tenant 0 may move there, tenant 1 into the unit that 0 leaves, request 2, which holds none, into that
/// of tenant 1: three attributions by one vacant unit.
#[test]
fn a_chain_begins_at_a_vacant_unit() {
    let pairs = vec![pair(0, 0), pair(1, 1), pair(2, 2)];
    let problem = Problem::from_pairs(vec![1, 1, 9], 3, pairs, vec![]).unwrap();
    let problem = problem.with_tenants(&[Some(1), Some(2), None]).unwrap();
    assert_eq!((problem.held(0), problem.held(2)), (Some(1), None));
    let matching = solve(&problem);
    assert_eq!(matching.unit_of, [Some(0), Some(1), Some(2)]);
    verify(&problem, &matching).unwrap();
    // Its tenant stays, and the unit is given all the same.
    let mut forged = matching;
    forged.unit_of[0] = None;
    let error = verify(&problem, &forged).unwrap_err();
    assert_eq!(error, ProofError::Occupied { unit: 1, request: 0 });
}

/// A tenant takes the only vacant unit, and nobody the one that it leaves: both are as many as one newcomer, who has
/// fewer points.
#[test]
fn a_unit_that_nobody_takes_is_left_empty() {
    let problem = Problem::from_pairs(vec![5, 4], 2, vec![pair(0, 0), pair(1, 0)], vec![]).unwrap();
    let problem = problem.with_tenants(&[Some(1), None]).unwrap();
    let matching = solve(&problem);
    assert_eq!(matching.unit_of, [Some(0), None]);
    verify(&problem, &matching).unwrap();
}

/// A pair of a tenant and its own unit is no attribution, and no answer gives it.
#[test]
fn nobody_moves_into_its_own_unit() {
    let problem = Problem::from_pairs(vec![5], 1, vec![pair(0, 0)], vec![]).unwrap();
    let problem = problem.with_tenants(&[Some(0)]).unwrap();
    let matching = solve(&problem);
    assert_eq!((matching.unit_of.as_slice(), matching.reached.attributions), ([None].as_slice(), 0));
    verify(&problem, &matching).unwrap();
    assert_eq!(reached(&problem, &[Some(0)]), Err(ProofError::NotSuitable { request: 0, unit: 0 }));
}

/// What no unit is held by two, by nobody's request or twice.
#[test]
fn wrong_tenants_are_refused() {
    let problem = Problem::from_pairs(vec![5, 4], 2, vec![pair(0, 0)], vec![]).unwrap();
    let wrong = |held: &[Option<u32>]| problem.with_tenants(held).unwrap_err();
    assert_eq!(wrong(&[Some(1), Some(1)]), ProblemError::Held { unit: 1 });
    assert_eq!(wrong(&[Some(2), None]), ProblemError::OutOfRange { request: 0, unit: 2 });
    assert!(matches!(wrong(&[Some(1)]), ProblemError::Shape(_)));
    let once = problem.with_tenants(&[Some(1), None]).unwrap();
    assert!(matches!(once.with_tenants(&[None, None]).unwrap_err(), ProblemError::Shape(_)));
    // Without tenants it is the problem that it was.
    let none = problem.with_tenants(&[None, None]).unwrap();
    assert_eq!(solve(&none), solve(&problem));
}

/// A ring of 300 tenants, each of whom wants the unit of the next alone: all exchange, although no multiplier is looked for
/// so far, as the number of attributions is a level of its own. A newcomer who would open the ring houses one more only if
/// a unit is vacant.
#[test]
fn a_long_cycle_is_one_answer() {
    let tenants = 300;
    let mut pairs: Vec<Pair> = (0..tenants).map(|t| pair(t, (t + 1) % tenants)).collect();
    pairs.push(Pair { fit: 1000, ..pair(tenants, 7) });
    let points: Vec<u32> = (0..=tenants).map(|r| if r == tenants { 1 << 24 } else { r % 3 }).collect();
    let held: Vec<Option<u32>> = (0..=tenants).map(|r| (r < tenants).then_some(r)).collect();
    let problem = Problem::from_pairs(points, tenants, pairs, vec![]).unwrap().with_tenants(&held).unwrap();
    let matching = solve(&problem);
    assert_eq!(matching.reached.attributions, 300);
    assert_eq!(matching.unit_of[300], None);
    assert!(gaps(&problem, &matching).unwrap().none());
}

/// 10,000 requests, 1,000 vacant units, 3,000 tenants: what is measured is in the book.
#[test]
#[ignore = "a measure: seconds"]
fn ten_thousand_requests_of_whom_three_thousand_hold_a_unit() {
    let mut state = 22_u64;
    let mut draw = |below: u64| {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ z >> 31) % below) as u32
    };
    let (requests, vacant, tenants) = (10_000, 1_000, 3_000);
    // A unit is of a place and a size; a request wants one place in three and its size or the next.
    let kinds: Vec<(u32, u32)> = (0..vacant + tenants).map(|_| (draw(30), draw(5))).collect();
    let points: Vec<u32> = (0..requests).map(|_| draw(1001)).collect();
    for quotas in [vec![], vec![Quota::new("quart", 1, 4), Quota::at_least("accessible", 40)]] {
        let mut pairs = Vec::new();
        for request in 0..requests {
            let (places, size, marks) = (draw(1 << 30) & draw(1 << 30), draw(5), draw(4));
            for (unit, &(place, own)) in (0_u32..).zip(&kinds) {
                if places >> place & 1 == 1 && (own == size || own == size + 1) {
                    let marks = if marks == 0 { 0b1111 } else { 0b0101 };
                    pairs.push(Pair { request, unit, fit: 300 + draw(700) as u16, marks });
                }
            }
        }
        let held: Vec<Option<u32>> = (0..requests).map(|r| (r < tenants).then(|| vacant + r)).collect();
        let count = pairs.len();
        let problem = Problem::from_pairs(points.clone(), vacant + tenants, pairs, quotas).unwrap();
        let problem = problem.with_tenants(&held).unwrap();
        let begin = std::time::Instant::now();
        let matching = solve(&problem);
        let solved = begin.elapsed();
        let open = gaps(&problem, &matching).unwrap();
        println!("{count} pairs: {:?} solved in {solved:?}, open {open:?}", matching.reached);
        assert!(open.none());
    }
}

const RULES: &str = "//! entité: candidature

/// Convient.
fn convient(besoin, taille) { taille == besoin }

/// Adéquation.
fn adequation(taille) { 100 * taille }
";

const PACK: &str = r#"
name = "mutations"
[matching]
candidature = "candidature"
suitable = "convient"
priority = "points"
fit = "adequation"
held = "logement_occupe"
"#;

const FIELDS: [&str; 3] = ["besoin: integer", "points: integer", "logement_occupe: text, empty = \"none\""];

fn pack(manifest: &str) -> Pack {
    small::pack(&small::schema(&FIELDS, &["taille: integer"]), manifest, RULES, "")
}

/// L1 is vacant. D1 leaves L2 for it, D2 leaves L3 for L2, D3 takes L3. D4 and D5 exchange L4 and L5. D6 stays in L6, which
/// D7 would have.
const REQUESTS: &str = "demande_id,besoin,points,logement_occupe
D1,1,1,L2
D2,2,1,L3
D3,3,9,
D4,5,1,L4
D5,4,1,L5
D6,9,1,L6
D7,6,9,
";
const UNITS: &str = "logement_id,taille
L1,1
L2,2
L3,3
L4,4
L5,5
L6,6
";

/// Chains and exchanges are told in order, the written result holds, and what is forged in it is refused.
#[test]
fn chains_and_exchanges_are_told_and_verified() {
    let pack = pack(PACK);
    let pose = || pose_with(&pack, &Options::default(), REQUESTS, UNITS).unwrap();
    let allocation = pose().solve(None).unwrap();
    let attributions: Vec<_> = allocation.attributions().collect();
    assert_eq!(attributions, [("D1", "L1"), ("D2", "L2"), ("D3", "L3"), ("D4", "L5"), ("D5", "L4")]);
    let report = allocation.report().unwrap();
    let told: Vec<String> = report
        .moves
        .iter()
        .flatten()
        .map(|moves| {
            let step = |s: &logis::attribution::Step| {
                format!("{}:{}<{}", s.request, s.unit, s.leaves.as_deref().unwrap_or("-"))
            };
            let kind = if moves.kind == MovesKind::Chain { "chain" } else { "exchange" };
            format!("{kind} {}", moves.steps.iter().map(step).collect::<Vec<_>>().join(" "))
        })
        .collect();
    assert_eq!(told, ["chain D1:L1<L2 D2:L2<L3 D3:L3<-", "exchange D4:L5<L4 D5:L4<L5"]);
    assert!(report.moves.iter().flatten().all(|moves| moves.left_empty.is_none()));
    let text = serde_json::to_string(&report).unwrap();
    let read = Report::read(&text).unwrap();
    pose().verify(&read).unwrap();

    let refused = |change: &dyn Fn(&mut Report), why: &str| {
        let mut forged = read.clone();
        change(&mut forged);
        let error = pose().verify(&forged).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    };
    refused(
        &|report| drop(report.attributions.remove(0)),
        "le logement L2 est attribué, alors que la demande D1, qui l'occupe, ne reçoit pas d'autre logement",
    );
    refused(&|report| report.moves.iter_mut().for_each(|moves| drop(moves.pop())), "mutations (`moves`)");
    refused(&|report| report.moves = None, "mutations (`moves`)");
    refused(
        &|report| report.certificate.problem.iter_mut().for_each(|posed| posed.held.clear()),
        "logements occupés: aucun dans le résultat",
    );
    // Who exchanged is left out with whom it exchanged: possible, and fewer than can be.
    refused(&|report| report.attributions.truncate(3), "attributions");

    let why = |id: &str| allocation.explain(id).unwrap();
    assert!(matches!(why("L6"), Why::Occupied { request, suitable: 1 } if request == "D6"));
    assert!(matches!(why("L2"), Why::Given { left_by: Some(by), .. } if by == "D1"));
    assert!(matches!(why("D2"), Why::Housed { leaves: Some(unit), .. } if unit == "L3"));
    let Why::Outranked { reasons, .. } = why("D7") else { panic!("{:?}", why("D7")) };
    assert_eq!(reasons[0].reason, Reason::Occupied);
    // Nobody is on a list of a unit whose tenant stays.
    let commission = allocation.commission().unwrap();
    assert_eq!(commission.lists[5], []);
    assert!(commission.lists[..5].iter().all(|list| !list.is_empty()));
}

/// A column that is not there, or empty, changes nothing: not a byte of the result.
#[test]
fn without_tenants_the_result_is_as_it_was() {
    let without = pack(&PACK.replace("held = \"logement_occupe\"\n", ""));
    let with = pack(PACK);
    let empty: String =
        REQUESTS.lines().map(|line| format!("{},\n", line.rsplit_once(',').unwrap().0)).collect();
    let empty = empty.replacen("points,", "points,logement_occupe", 1);
    let absent: String =
        REQUESTS.lines().map(|line| format!("{}\n", line.rsplit_once(',').unwrap().0)).collect();
    let written = |pack: &Pack, requests: &str| {
        let posing = pose_with(pack, &Options::default(), requests, UNITS).unwrap();
        serde_json::to_string(&posing.solve(None).unwrap().report().unwrap()).unwrap()
    };
    let expected = written(&without, &absent);
    assert!(!expected.contains("moves") && !expected.contains("held"));
    assert_eq!([written(&with, &empty), written(&with, &absent)], [expected.clone(), expected]);
}

/// What cannot be said of tenants is an error, each with its rows.
#[test]
fn wrong_data_on_tenants_are_told() {
    let refused = |manifest: &str, options: &Options, requests: &str, why: &str| {
        let posed = pose_with(&pack(manifest), options, requests, UNITS);
        let error = posed.map(|_| ()).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    };
    let none = Options::default();
    let twice = REQUESTS.replace("D3,3,9,", "D3,3,9,L2");
    refused(PACK, &none, &twice, "le logement L2 est occupé par deux demandes, D1 et D3 (`logement_occupe`)");
    let unknown = REQUESTS.replace("D3,3,9,", "D3,3,9,L99");
    refused(
        PACK,
        &none,
        &unknown,
        "D3 : `logement_occupe` dit `L99`, qui n'est l'identifiant d'aucun logement",
    );
    refused(
        &format!("{PACK}order = \"by-points\"\n"),
        &none,
        REQUESTS,
        "l'ordre du paquet est celui des points",
    );
    // To fix who gets an occupied unit asks for its tenant to be fixed, too.
    let mut fixed = Options::default();
    fixed.fixed = vec![("D2".into(), "L2".into())];
    refused(PACK, &fixed, REQUESTS, "le logement L2 est occupé par la demande D1");
    fixed.fixed.push(("D1".into(), "L1".into()));
    let allocation = pose_with(&pack(PACK), &fixed, REQUESTS, UNITS).unwrap().solve(None).unwrap();
    assert_eq!(allocation.reached().attributions, 5);
    let posing = pose_with(&pack(PACK), &none, REQUESTS, UNITS).unwrap();
    assert!(!posing.by_parts());
    assert!(matches!(posing.apart(), Err(AllocationError::HeldApart)));
}

/// Where requests are ranked among those of as many points, all ranks together weigh less than a point with tenants, too:
/// who is housed is no matroid's best.
#[test]
fn seniority_comes_after_all_points() {
    let schema = small::schema(&[&FIELDS[..], &["jours: integer"]].concat(), &["taille: integer"]);
    let pack = small::pack(&schema, &format!("{PACK}tie = \"jours\"\n"), RULES, "");
    let mut rng = ChaCha8Rng::seed_from_u64(22);
    let mut moved = 0;
    for _ in 0..200 {
        let (mut requests, mut units) = (
            "demande_id,besoin,points,jours,logement_occupe\n".to_string(),
            "logement_id,taille\n".to_string(),
        );
        let count = rng.random_range(1..6);
        let mut holder: Vec<Option<u32>> = vec![None; 6];
        for row in 0..count {
            units += &format!("L{row},{}\n", rng.random_range(1..4));
            if rng.random_range(0..3) > 0 {
                holder[rng.random_range(0..6)] = Some(row);
            }
        }
        for (row, held) in holder.iter().enumerate() {
            let held = held.map_or_else(String::new, |unit| format!("L{unit}"));
            let (need, points, days) =
                (rng.random_range(1..4), rng.random_range(0..3), rng.random_range(0..4));
            requests += &format!("D{row},{need},{points},{days},{held}\n");
        }
        let allocation =
            pose_with(&pack, &Options::default(), &requests, &units).unwrap().solve(None).unwrap();
        let instance = &allocation.posing.instance;
        let mut pairs = Vec::new();
        for (request, unit) in (0..6).flat_map(|request| (0..count).map(move |unit| (request, unit))) {
            pairs.extend(instance.pair(request, unit).map(|(fit, _)| Pair { request, unit, fit, marks: 0 }));
        }
        let of = |of: &dyn Fn(u32) -> u32| (0..6).map(of).collect::<Vec<u32>>();
        let (points, ranks) = (of(&|r| instance.points(r)), of(&|r| instance.rank(r)));
        let drawn = Drawn { points, units: count, pairs, quotas: Vec::new(), held: holder };
        let levels = |unit_of: &[Option<u32>]| {
            let (given, _, points, fit) = drawn.counted(unit_of);
            let housed = unit_of.iter().zip(&ranks).filter(|(unit, _)| unit.is_some());
            vec![given, points, housed.map(|(_, rank)| i64::from(*rank)).sum(), fit]
        };
        let own = &allocation.matching.unit_of;
        assert_eq!(levels(own), drawn.best(levels), "{requests}{units}");
        moved += own.iter().zip(&drawn.held).filter(|(unit, held)| unit.is_some() && held.is_some()).count();
    }
    assert!(moved > 50, "{moved}");
}
