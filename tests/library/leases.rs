//! Lists that give the most leases to be expected: held against all lists of small instances, counted by fractions, and against
//! draws of answers.

use std::collections::BTreeSet;

use crate::small;
use logis::attribution::{Acceptances, Chances, Commission, Likely, MostLeases, Place, acceptance};
use logis::data::{InputFile, Needs, read};
use logis::pack::manifest::Ranks;
use logis::value::{Exact, parse_date};
use logis::{Allocation, AllocationError, Arrivals, Options, Pack, Plan, posing};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const RULES: &str = "//! entité: candidature

/// Convient.
fn convient(besoin, taille) { taille >= besoin }

/// Adéquation.
fn adequation(besoin, taille, gout) { 900 - 100 * (taille - besoin) + gout }

/// Chacun a sa probabilité pour chaque logement, en dixièmes.
fn acceptation(taille, un, deux, trois, quatre) {
    if taille == 1 { un / 10 } else if taille == 2 { deux / 10 } else if taille == 3 { trois / 10 } else { quatre / 10 }
}
";

const FIELDS: [&str; 9] = [
    "besoin: integer",
    "points: integer",
    "gout: integer",
    "un: integer",
    "deux: integer",
    "trois: integer",
    "quatre: integer",
    "modeste: boolean",
    "urgent: boolean",
];

const ACCEPTANCE: &str = "acceptance = \"acceptation\"\nranks = \"expected-leases\"\n";
const FIRST: &str = "[[matching.first]]\nname = \"urgents\"\nmembers = \"urgent\"\n";
const SHARE: &str = "[[matching.quotas]]\nname = \"modestes\"\nmembers = \"modeste\"\nshare = \"part\"\n";

fn pack(more: &str) -> Pack {
    let manifest = format!("{}{ACCEPTANCE}{more}", small::MATCHING);
    let schema = small::schema(&FIELDS, &["taille: integer"]);
    small::pack(&schema, &manifest, RULES, &small::parameter("part", "0.5"))
}

/// A request: what it needs, its points, its taste, its tenths for each unit, is it modest, is it urgent?
#[derive(Clone, Copy)]
struct Request {
    needs: u32,
    points: u32,
    taste: u16,
    tenths: [u32; 4],
    modest: bool,
    urgent: bool,
}

impl Request {
    fn likely(&self, unit: usize) -> Exact {
        Exact::new(self.tenths[unit].into(), 10)
    }

    fn suits(&self, unit: usize) -> bool {
        unit as u32 + 1 >= self.needs
    }

    fn fit(&self, unit: usize) -> u32 {
        900 - 100 * (unit as u32 + 1 - self.needs) + u32::from(self.taste)
    }
}

fn drawn(rng: &mut ChaCha8Rng, many: usize) -> Vec<Request> {
    let one = |rng: &mut ChaCha8Rng| Request {
        needs: rng.random_range(1..4),
        points: rng.random_range(0..5),
        taste: rng.random_range(0..3),
        tenths: std::array::from_fn(|_| rng.random_range(0..11)),
        modest: rng.random_range(0..3) == 0,
        urgent: rng.random_range(0..4) == 0,
    };
    (0..many).map(|_| one(rng)).collect()
}

/// Units are of one, two, … rooms, in the order of their identifiers.
fn solved(pack: &Pack, requests: &[Request], units: usize) -> (Allocation, Plan) {
    let mut of_requests = "demande_id,besoin,points,gout,un,deux,trois,quatre,modeste,urgent\n".to_string();
    for (row, own) in requests.iter().enumerate() {
        let Request { needs, points, taste, tenths: [a, b, c, d], modest, urgent } = own;
        of_requests += &format!("D{row:03},{needs},{points},{taste},{a},{b},{c},{d},{modest},{urgent}\n");
    }
    let mut of_units = "logement_id,taille\n".to_string();
    (0..units).for_each(|row| of_units += &format!("L{row:03},{}\n", row + 1));
    let date = parse_date("2018-01-01").unwrap();
    let rule = acceptance(pack.parsed(), date).unwrap().unwrap();
    let asked = posing::plan(pack, date, &Options::default()).unwrap();
    let mut needs = Needs::default();
    asked.0.plans().chain([&rule]).for_each(|plan| needs.join(plan.needs()));
    let file = |name: &str, text: &str| InputFile { name: name.to_string(), bytes: text.as_bytes().to_vec() };
    let files = vec![file("demandes.csv", &of_requests), file("logements.csv", &of_units)];
    let dataset = read(&pack.parsed().schema, &[], files, &needs).dataset;
    (logis::Posing::new(asked, dataset, None).unwrap().solve(None).unwrap(), rule)
}

fn chances(allocation: &Allocation, rule: &Plan) -> Chances {
    allocation.posing.chances(Likely { rule: Some(rule), assumed: None }).unwrap()
}

/// Who stands in own places, unit by unit.
fn own(commission: &Commission) -> Vec<Vec<usize>> {
    let own = |list: &Vec<Place>| {
        list.iter().filter(|place| !place.shared).map(|place| place.request as usize).collect()
    };
    commission.lists.iter().map(own).collect()
}

/// The leases to be expected of lists, as a fraction.
fn leases(requests: &[Request], lists: &[Vec<usize>]) -> Exact {
    let one = Exact::from_integer(1);
    let of = |(unit, list): (usize, &Vec<usize>)| {
        one - list.iter().fold(one, |left, request| left * (one - requests[*request].likely(unit)))
    };
    lists.iter().enumerate().map(of).sum()
}

/// What a rank of lists is worth beside all other places: places, who comes first, leases, points, fit.
type Worth = (usize, usize, Exact, u32, u32);

fn worth(requests: &[Request], others: &[Vec<usize>], rank: &[Option<usize>], firsts: bool) -> Worth {
    let mut with = others.to_vec();
    let mut own = (0, 0, Exact::from_integer(0), 0, 0);
    for (unit, request) in rank.iter().enumerate().filter_map(|(unit, own)| Some((unit, (*own)?))) {
        with[unit].push(request);
        own.0 += 1;
        own.1 += usize::from(firsts && requests[request].urgent);
        own.3 += requests[request].points;
        own.4 += requests[request].fit(unit);
    }
    own.2 = leases(requests, &with);
    own
}

/// All ways to give each of these units one of those it suits who are free, or nobody.
fn every(
    (requests, free): (&[Request], &[usize]),
    takes: &[bool],
    rank: &mut Vec<Option<usize>>,
    look: &mut dyn FnMut(&[Option<usize>]),
) {
    let unit = rank.len();
    if unit == takes.len() {
        return look(rank);
    }
    rank.push(None);
    every((requests, free), takes, rank, look);
    for &request in free.iter().filter(|request| takes[unit] && requests[**request].suits(unit)) {
        if !rank.contains(&Some(request)) {
            rank[unit] = Some(request);
            every((requests, free), takes, rank, look);
        }
    }
    rank.pop();
}

/// The most leases of all lists with these first places, so many places below each.
fn most(requests: &[Request], lists: &mut Vec<Vec<usize>>, free: &[usize], places: usize) -> Exact {
    let Some((request, free)) = free.split_first() else { return leases(requests, lists) };
    let mut best = most(requests, lists, free, places);
    for unit in (0..lists.len()).filter(|unit| requests[*request].suits(*unit)) {
        if lists[unit].len() < places {
            lists[unit].push(*request);
            best = best.max(most(requests, lists, free, places));
            lists[unit].pop();
        }
    }
    best
}

fn free_of(requests: &[Request], lists: &[Vec<usize>]) -> Vec<usize> {
    (0..requests.len()).filter(|request| !lists.iter().flatten().any(|own| own == request)).collect()
}

/// No rank can be filled better, all others staying: places, who comes first by law, leases, points and fit of all ways to fill it.
/// Lists by the levels give no more leases where they have as many places and serve as many first; no lists give more than is said.
/// Points never rise down a list.
#[test]
fn no_rank_could_be_better() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let (mut better, mut exact, mut third, mut told) = (0, 0, 0, 0);
    for (firsts, pack) in [(false, pack("")), (true, pack(FIRST))] {
        for _ in 0..60 {
            let (units, places) = (rng.random_range(2..4), rng.random_range(2..4));
            let many = rng.random_range(4..10);
            let requests = drawn(&mut rng, many);
            let (allocation, rule) = solved(&pack, &requests, units);
            let how = (&chances(&allocation, &rule), true);
            let found = allocation.most_leases(&vec![places; units], how).unwrap();
            assert!(found.settled);
            let lists = own(&found.commission);
            let by_levels = own(&found.by_levels);
            let names: BTreeSet<usize> = lists.iter().flatten().copied().collect();
            assert_eq!(names.len(), lists.iter().map(Vec::len).sum::<usize>());
            let first = |lists: &[Vec<usize>]| -> Vec<Vec<usize>> {
                let request_of = allocation.matching.request_of(units);
                let first = |(unit, own): (usize, &Vec<usize>)| {
                    let first = request_of[unit].map(|request| request as usize);
                    assert!(first.is_none() || own.first().copied() == first);
                    first.into_iter().collect()
                };
                lists.iter().enumerate().map(first).collect()
            };
            let firsts_of = first(&lists);
            assert_eq!(firsts_of, first(&by_levels));
            // Rank by rank, counted from the first place below that of the attribution.
            for rank in 0..places - 1 {
                let mut others = lists.clone();
                let now: Vec<Option<usize>> = (0..units)
                    .map(|unit| {
                        let at = firsts_of[unit].len() + rank;
                        (others[unit].len() > at).then(|| others[unit].remove(at))
                    })
                    .collect();
                let takes: Vec<bool> =
                    (0..units).map(|unit| others[unit].len() - firsts_of[unit].len() >= rank).collect();
                let free = free_of(&requests, &others);
                let own = worth(&requests, &others, &now, firsts);
                every((&requests, &free), &takes, &mut Vec::new(), &mut |rank| {
                    assert!(worth(&requests, &others, rank, firsts) <= own);
                });
                third += usize::from(rank == 1 && own.0 > 0);
            }
            let (own, before) = (leases(&requests, &lists), leases(&requests, &by_levels));
            let places_before: usize = by_levels.iter().map(Vec::len).sum();
            assert!(names.len() >= places_before);
            let urgent =
                |lists: &[Vec<usize>]| lists.iter().flatten().filter(|r| requests[**r].urgent).count();
            let as_urgent = !firsts || urgent(&lists) <= urgent(&by_levels);
            if names.len() == places_before && as_urgent {
                assert!(own >= before);
                better += usize::from(own > before);
            }
            let free = free_of(&requests, &firsts_of);
            let best = most(&requests, &mut firsts_of.clone(), &free, places);
            let at_most = found.at_most.unwrap();
            assert!(own <= best && best <= at_most, "{own} {best} {at_most}");
            exact += usize::from(own == best);
            told += usize::from(at_most - own < Exact::new(1, 1000));
            for list in &lists {
                let order: Vec<(bool, u32)> =
                    list.iter().map(|r| (firsts && requests[*r].urgent, requests[*r].points)).collect();
                assert!(order.is_sorted_by(|a, b| a >= b));
            }
            let counted = found.commission.worth(&allocation.posing.instance, &allocation.matching, how.0);
            assert_eq!(counted.leases, own);
            assert_eq!(counted.places, names.len());
        }
    }
    println!(
        "{better} give more leases, {exact} of 120 are the best, {told} are told to be, {third} third ranks"
    );
    assert!(better > 20 && exact > 60 && told > 40 && third > 20);
}

/// Where a share is in force, the second rank has the places of the best answer by the levels, each of whose new holders counts no
/// less in it, and of all such ways none gives more leases.
#[test]
fn shares_are_served_as_before() {
    let pack = pack(SHARE);
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let (mut better, mut members) = (0, 0);
    for _ in 0..80 {
        let units = rng.random_range(2..4);
        let many = rng.random_range(4..10);
        let requests = drawn(&mut rng, many);
        let (allocation, rule) = solved(&pack, &requests, units);
        let chances = chances(&allocation, &rule);
        let found = allocation.most_leases(&vec![2; units], (&chances, true)).unwrap();
        let (lists, by_levels) = (own(&found.commission), own(&found.by_levels));
        let firsts: Vec<Vec<usize>> =
            lists.iter().map(|list| list.iter().take(1).copied().collect()).collect();
        let second = |lists: &[Vec<usize>]| -> Vec<Option<usize>> {
            lists.iter().map(|list| list.get(1).copied()).collect()
        };
        let (now, before) = (second(&lists), second(&by_levels));
        let takes: Vec<bool> = before.iter().map(Option::is_some).collect();
        assert_eq!(takes, now.iter().map(Option::is_some).collect::<Vec<_>>());
        let no_less = |rank: &[Option<usize>]| {
            let both = rank.iter().zip(&before);
            both.into_iter().all(|(own, was)| match (own, was) {
                (Some(own), Some(was)) => requests[*own].modest || !requests[*was].modest,
                (own, was) => own.is_some() == was.is_some(),
            })
        };
        assert!(no_less(&now));
        let own = worth(&requests, &firsts, &now, false);
        every((&requests, &free_of(&requests, &firsts)), &takes, &mut Vec::new(), &mut |rank| {
            assert!(!no_less(rank) || worth(&requests, &firsts, rank, false) <= own);
        });
        better += usize::from(own.2 > worth(&requests, &firsts, &before, false).2);
        members += before.iter().flatten().filter(|request| requests[**request].modest).count();
        assert!(leases(&requests, &lists) <= found.at_most.unwrap());
        // What is counted of the share is what the places say.
        let counted = found.commission.worth(&allocation.posing.instance, &allocation.matching, &chances);
        let one = Exact::from_integer(1);
        let mut modest = Exact::from_integer(0);
        for (unit, list) in lists.iter().enumerate() {
            let mut left = one;
            for request in list {
                let signs = left * requests[*request].likely(unit);
                modest += if requests[*request].modest { signs } else { Exact::from_integer(0) };
                left -= signs;
            }
        }
        assert_eq!(counted.quotas, [(counted.leases, modest)]);
    }
    println!("{better} give more leases; {members} members stand second");
    assert!(better > 20 && members > 20);
}

/// Two units, two who are first, and two below of whom one takes either: counted by hand.
#[test]
fn two_units_by_hand() {
    let one = |points, tenths: [u32; 2], needs| Request {
        needs,
        points,
        taste: 0,
        tenths: [tenths[0], tenths[1], 0, 0],
        modest: false,
        urgent: false,
    };
    // B takes the first unit with 0.9 and the second with 0.8; C with 0.6 and 0.1. B fits the first better.
    let requests = [one(9, [5, 0], 1), one(9, [0, 5], 2), one(5, [9, 8], 1), one(4, [6, 1], 1)];
    let (allocation, rule) = solved(&pack(""), &requests, 2);
    let chances = chances(&allocation, &rule);
    let found = allocation.most_leases(&[2, 2], (&chances, true)).unwrap();
    assert_eq!(own(&found.commission), [[0, 3], [1, 2]]);
    let worth = |lists: &Commission| {
        let own = lists.worth(&allocation.posing.instance, &allocation.matching, &chances);
        (own.leases, own.priority, own.leased_priority)
    };
    let exact = |a, b| Exact::new(a, b);
    // 1 - 0.5 × 0.4 and 1 - 0.5 × 0.2; points of those who sign: 9 × 0.5 + 4 × 0.3, 9 × 0.5 + 5 × 0.4.
    assert_eq!(worth(&found.commission), (exact(17, 10), 27, exact(122, 10)));
    assert_eq!(found.at_most, Some(exact(17, 10)));
    // By the levels either of both may be, as the points and the fits are the same.
    let by_levels = worth(&found.by_levels).0;
    assert!(by_levels == exact(15, 10) || by_levels == exact(17, 10));
}

/// The mean of draws of answers is what is to be expected, and the lists for leases have more of them.
#[test]
fn draws_have_as_many_leases() {
    let pack = pack("");
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    for _ in 0..3 {
        let requests = drawn(&mut rng, 40);
        let (allocation, rule) = solved(&pack, &requests, 4);
        let likely = Likely { rule: Some(&rule), assumed: None };
        let chances = chances(&allocation, &rule);
        let found = allocation.most_leases(&[3; 4], (&chances, false)).unwrap();
        let logis::Posing { instance, dataset, .. } = &allocation.posing;
        for lists in [&found.commission, &found.by_levels] {
            assert!(lists.lists.iter().flatten().all(|place| !place.shared));
            let acceptances = Acceptances::new(likely, dataset, instance, lists).unwrap();
            let drawn = acceptances.draw((instance, dataset), (lists, &[]), &[], (5, 4000));
            let expected = lists.worth(instance, &allocation.matching, &chances).leases;
            let expected = *expected.numer() as f64 / *expected.denom() as f64;
            // Four deviations of a mean of 4,000 sums of four.
            assert!((drawn.leases as f64 / 4000.0 - expected).abs() < 0.065, "{} {expected}", drawn.leases);
        }
    }
}

/// Lists that were notified stay, whatever they are; those of new units are the best of who stands nowhere.
#[test]
fn notified_lists_stay() {
    let pack = pack("");
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    let mut second = 0;
    for _ in 0..40 {
        let requests = drawn(&mut rng, 9);
        let (allocation, rule) = solved(&pack, &requests, 3);
        let chances = chances(&allocation, &rule);
        let instance = &allocation.posing.instance;
        let before = allocation.most_leases(&[2; 3], (&chances, false)).unwrap().commission.lists;
        let stands: Vec<Vec<Place>> = before
            .iter()
            .enumerate()
            .map(|(unit, list)| if unit == 1 { Vec::new() } else { list.clone() })
            .collect();
        let (found, matching) =
            Commission::following_for_leases(instance, stands.clone(), &[2; 3], (&chances, true)).unwrap();
        let MostLeases { commission, at_most, .. } = &found;
        assert_eq!((&commission.lists[0], &commission.lists[2]), (&stands[0], &stands[2]));
        let lists = own(commission);
        let taken: BTreeSet<usize> = stands.iter().flatten().map(|place| place.request as usize).collect();
        let free = || (0..requests.len()).filter(|r| !taken.contains(r) && requests[*r].suits(1));
        let Some(first) = lists[1].first() else {
            assert_eq!(free().count(), 0);
            continue;
        };
        assert_eq!(matching.unit_of[*first], Some(1));
        assert_eq!(requests[*first].points, free().map(|r| requests[r].points).max().unwrap());
        let others = || free().filter(|r| r != first);
        assert_eq!(lists[1].len() > 1, others().count() > 0);
        if let Some(own) = lists[1].get(1) {
            assert_eq!(requests[*own].likely(1), others().map(|r| requests[r].likely(1)).max().unwrap());
            second += 1;
        }
        assert!(leases(&requests, &lists) <= at_most.unwrap() + Exact::new(1, 1_000_000_000));
    }
    assert!(second > 20);
}

/// The library follows the pack, years do, and the number of threads changes nothing.
#[test]
fn the_pack_chooses() {
    let mut rng = ChaCha8Rng::seed_from_u64(6);
    let requests = drawn(&mut rng, 30);
    let pack = pack("");
    let (allocation, rule) = solved(&pack, &requests, 4);
    assert_eq!(allocation.posing.plan.ranks, Ranks::Leases);
    let chances = chances(&allocation, &rule);
    let found = allocation.most_leases(&[3; 4], (&chances, true)).unwrap();
    assert_eq!(allocation.commission().unwrap(), found.commission);
    assert_ne!(found.commission, found.by_levels);
    assert_eq!(allocation.commission_of(&[3; 4]).unwrap(), found.by_levels);
    for threads in [1, 4] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        assert_eq!(pool.install(|| allocation.most_leases(&[3; 4], (&chances, true)).unwrap()), found);
    }
    // A year of one session offers these lists; by the levels, those.
    let likely = Likely { rule: Some(&rule), assumed: None };
    let arrivals = Arrivals {
        sessions: 1,
        requests: vec![Some(0); requests.len()],
        units: vec![Some(0); 4],
        ..Arrivals::default()
    };
    let year = |ranks: Option<Ranks>, seed: u64| {
        let weekly = allocation.posing.weekly(likely, vec![3; 4]);
        let weekly = match ranks {
            Some(ranks) => weekly.ranked(ranks),
            None => weekly,
        };
        weekly.year(&arrivals, seed).unwrap()
    };
    let offered = |lists: &Commission, seed: u64| {
        let logis::Posing { instance, dataset, .. } = &allocation.posing;
        let acceptances = Acceptances::new(likely, dataset, instance, lists).unwrap();
        acceptances.answers((instance, dataset), lists, seed)
    };
    let mut differ = 0;
    for seed in 0..20 {
        let own = year(None, seed);
        assert_eq!(own, year(Some(Ranks::Leases), seed));
        assert_eq!(own.sessions[0].answers, offered(&found.commission, seed));
        let by_levels = year(Some(Ranks::Levels), seed);
        assert_eq!(by_levels.sessions[0].answers, offered(&found.by_levels, seed));
        differ += usize::from(own != by_levels);
    }
    assert!(differ > 5);
}

/// What a pack says amiss is refused: an order that is none, the order of points, nobody who says who accepts.
#[test]
fn what_packs_say_amiss() {
    let read = |more: &str| {
        let schema = small::schema(&FIELDS, &["taille: integer"]);
        small::read(&schema, &format!("{}{more}", small::MATCHING), RULES, "")
    };
    let accepted = "acceptance = \"acceptation\"\n";
    for (more, said) in [
        (format!("{accepted}ranks = \"expected-lease\""), "vouliez-vous dire `expected-leases` ?"),
        (format!("{accepted}ranks = \"expected-leases\"\norder = \"by-points\""), "l'ordre `by-points`"),
        ("ranks = \"expected-leases\"".to_string(), "`acceptance` manque"),
    ] {
        let error = read(&more).unwrap_err().to_string();
        assert!(error.contains("L0402") && error.contains(said), "{error}");
    }
    let by_points = read(&format!("{accepted}order = \"by-points\"")).unwrap();
    let requests = drawn(&mut ChaCha8Rng::seed_from_u64(7), 6);
    let (allocation, rule) = solved(&by_points, &requests, 2);
    let refused = allocation.most_leases(&[3, 3], (&chances(&allocation, &rule), false));
    assert!(matches!(refused, Err(AllocationError::RanksByPoints)));
}
