//! Years of sessions, held against a slow simulator that reads the rows by itself, tries every answer of every session, draws the
//! answers by its own hand and knows neither instance nor problem nor lists; and against the ledger, session by session.

use std::collections::{BTreeMap, BTreeSet};

use crate::small::{self, MATCHING};
use logis::attribution::{CountedLease, Instance, Likely, Recorded, acceptance};
use logis::data::{InputFile, Needs, read};
use logis::fingerprint::sha256;
use logis::value::{Exact, parse_date};
use logis::{Arrivals, Options, Pack, Plan, Posing, Weekly, Year, arrival, posing};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const RULES: &str = "//! entité: candidature

/// Convient.
fn convient(besoin, taille) { taille >= besoin && taille <= besoin + 400 }

/// Adéquation.
fn adequation(besoin, taille) { 900 - (taille - besoin) }

/// Sur cent.
fn acceptation(accepte) { accepte / 100 }
";

const QUOTA: &str = "[[matching.quotas]]\nname = \"modestes\"\nmembers = \"modeste\"\nshare = \"part\"\n";

fn pack(more: &str) -> Pack {
    let fields =
        ["besoin: integer", "points: integer", "accepte: integer", "modeste: boolean", "occupe: text"];
    let schema = small::schema(&fields, &["taille: integer"]);
    let manifest = format!("{MATCHING}acceptance = \"acceptation\"\n{more}{QUOTA}");
    small::pack(&schema, &manifest, RULES, &small::parameter("part", "\"2/5\""))
}

fn rule(pack: &Pack) -> Plan {
    acceptance(pack.parsed(), parse_date("2018-01-01").unwrap()).unwrap().unwrap()
}

/// A request: what it needs, its points, how likely it takes what it is offered (in hundredths), is it modest, when it comes.
#[derive(Clone, Debug)]
struct Request {
    needs: i64,
    points: i64,
    takes: i64,
    modest: bool,
    comes: Option<u32>,
    holds: Option<usize>,
}

/// A unit: its size, and when it is free.
#[derive(Clone, Debug)]
struct Unit {
    size: i64,
    free: Option<u32>,
}

#[derive(Clone, Debug)]
struct Drawn {
    requests: Vec<Request>,
    units: Vec<Unit>,
    sessions: u32,
}

fn drawn(rng: &mut ChaCha8Rng, sessions: u32) -> Drawn {
    let at = |rng: &mut ChaCha8Rng| (rng.random_range(0..8) > 0).then(|| rng.random_range(0..sessions + 1));
    // Numbers of many digits, so that hardly two answers are as good.
    let mut requests = Vec::new();
    for _ in 0..rng.random_range(3..8) {
        requests.push(Request {
            needs: rng.random_range(0..400),
            points: rng.random_range(0..100_000),
            takes: [0, 20, 50, 90][rng.random_range(0..4)],
            modest: rng.random_range(0..3) == 0,
            comes: at(rng),
            holds: None,
        });
    }
    let mut units = Vec::new();
    for _ in 0..rng.random_range(2..5) {
        units.push(Unit { size: rng.random_range(200..700), free: at(rng) });
    }
    Drawn { requests, units, sessions }
}

fn name(letter: char, number: usize) -> String {
    format!("{letter}{number}")
}

impl Drawn {
    fn suits(&self, request: usize, unit: usize) -> bool {
        let (needs, size) = (self.requests[request].needs, self.units[unit].size);
        size >= needs && size <= needs + 400
    }

    fn fit(&self, request: usize, unit: usize) -> i64 {
        900 - (self.units[unit].size - self.requests[request].needs)
    }

    /// The rows of these requests and units.
    fn files(&self, requests: &[usize], units: &[usize]) -> Vec<InputFile> {
        let mut of_requests = "demande_id,besoin,points,accepte,modeste,occupe\n".to_string();
        for &at in requests {
            let Request { needs, points, takes, modest, holds, .. } = &self.requests[at];
            let holds = holds.map_or_else(String::new, |unit| name('L', unit));
            of_requests += &format!("{},{needs},{points},{takes},{modest},{holds}\n", name('D', at));
        }
        let mut of_units = "logement_id,taille\n".to_string();
        units.iter().for_each(|&at| of_units += &format!("{},{}\n", name('L', at), self.units[at].size));
        let file = |name: &str, text: &str| InputFile { name: name.into(), bytes: text.as_bytes().to_vec() };
        vec![file("demandes.csv", &of_requests), file("logements.csv", &of_units)]
    }

    fn posed_of(&self, pack: &Pack, options: &Options, (requests, units): (&[usize], &[usize])) -> Posing {
        let asked = posing::plan(pack, parse_date("2018-01-01").unwrap(), options).unwrap();
        let mut needs = Needs::default();
        let rule = rule(pack);
        asked.0.plans().chain([&rule]).for_each(|plan| needs.join(plan.needs()));
        let files = self.files(requests, units);
        Posing::new(asked, read(&pack.parsed().schema, &[], files, &needs).dataset, None).unwrap()
    }

    fn posed(&self, pack: &Pack) -> Posing {
        let all = |n: usize| (0..n).collect::<Vec<usize>>();
        self.posed_of(pack, &Options::default(), (&all(self.requests.len()), &all(self.units.len())))
    }

    fn arrivals(&self) -> Arrivals {
        let within = |at: Option<u32>| at.filter(|at| *at < self.sessions);
        Arrivals {
            sessions: self.sessions,
            requests: self.requests.iter().map(|own| within(own.comes)).collect(),
            units: self.units.iter().map(|own| within(own.free)).collect(),
            ..Arrivals::default()
        }
    }

    fn year(&self, pack: &Pack, places: usize, seed: u64) -> Year {
        let (posing, rule) = (self.posed(pack), rule(pack));
        let likely = Likely { rule: Some(&rule), assumed: None };
        posing.weekly(likely, vec![places; self.units.len()]).year(&self.arrivals(), seed).unwrap()
    }

    /// Does a household take a unit? The number of the pair, drawn by hand: SplitMix64's first.
    fn takes(&self, request: usize, unit: usize, seed: u64) -> bool {
        let hash = sha256(format!("{seed}:{}:{}", name('D', request), name('L', unit)).as_bytes());
        let digits = hash.rsplit(':').next().unwrap();
        let state = u64::from_str_radix(digits.get(..16).unwrap(), 16).unwrap();
        let mut z = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
        (z as f64) / 18_446_744_073_709_551_616.0 < self.requests[request].takes as f64 / 100.0
    }
}

/// Attributions, members that lack (below 0), points, fit; more is better.
type Levels = (i64, i64, i64, i64);

/// Every answer of these pairs: who has what.
fn every(pairs: &[(usize, usize)], taken: &mut Vec<(usize, usize)>, f: &mut impl FnMut(&[(usize, usize)])) {
    let Some((&(request, unit), rest)) = pairs.split_first() else { return f(taken) };
    every(rest, taken, f);
    if !taken.iter().any(|(r, u)| *r == request || *u == unit) {
        taken.push((request, unit));
        every(rest, taken, f);
        taken.pop();
    }
}

/// What leases and these attributions lack together of two fifths to modest households.
fn lacking(drawn: &Drawn, leases: &[(usize, usize)], given: &[(usize, usize)]) -> i64 {
    let modest = |of: &[(usize, usize)]| of.iter().filter(|(r, _)| drawn.requests[*r].modest).count() as i64;
    let base = (leases.len() + given.len()) as i64;
    ((2 * base + 4) / 5 - modest(leases) - modest(given)).max(0)
}

fn levels(drawn: &Drawn, leases: &[(usize, usize)], given: &[(usize, usize)]) -> Levels {
    let points = given.iter().map(|(r, _)| drawn.requests[*r].points).sum();
    let fit = given.iter().map(|(r, u)| drawn.fit(*r, *u)).sum();
    (given.len() as i64, -lacking(drawn, leases, given), points, fit)
}

/// The best of all answers, if it is the only one.
fn best(drawn: &Drawn, leases: &[(usize, usize)], pairs: &[(usize, usize)]) -> Option<Vec<(usize, usize)>> {
    let (mut found, mut many) = (None::<(Levels, Vec<(usize, usize)>)>, 0);
    every(pairs, &mut Vec::new(), &mut |given| {
        let own = levels(drawn, leases, given);
        match &found {
            Some((best, _)) if *best > own => {}
            Some((best, _)) if *best == own => many += 1,
            _ => (found, many) = (Some((own, given.to_vec())), 1),
        }
    });
    found.filter(|_| many == 1).map(|(_, given)| given)
}

/// An offer that is made: session, unit, request, is it taken?
type Offer = (u32, usize, usize, bool);

/// The year by the slow simulator; nothing if some session has two best answers. Tells besides whether a shared place was asked.
fn slow(drawn: &Drawn, places: usize, seed: u64) -> Option<(Vec<Offer>, bool)> {
    let (mut leases, mut offers, mut shared): (Vec<(usize, usize)>, Vec<Offer>, bool) =
        (vec![], vec![], false);
    let mut free_since: Vec<Option<u32>> = drawn.units.iter().map(|unit| unit.free).collect();
    drawn.requests.iter().filter_map(|own| own.holds).for_each(|unit| free_since[unit] = None);
    for now in 0..drawn.sessions {
        let there = |at: Option<u32>| at.is_some_and(|at| at <= now);
        let mut pairs = Vec::new();
        for (request, own) in drawn.requests.iter().enumerate() {
            for (unit, since) in free_since.iter().enumerate() {
                let gone = leases.iter().any(|(r, u)| *r == request || *u == unit);
                let said = offers.iter().any(|(_, u, r, _)| (*r, *u) == (request, unit));
                if there(own.comes) && there(*since) && !gone && !said && drawn.suits(request, unit) {
                    pairs.push((request, unit));
                }
            }
        }
        // Lists rank by rank: each the best answer of those who stand on none yet.
        let mut lists: BTreeMap<usize, Vec<(usize, bool)>> = BTreeMap::new();
        let mut first = Vec::new();
        for rank in 0..places {
            let stands = |r: usize| lists.values().flatten().any(|(own, _)| *own == r);
            let left: Vec<_> = pairs.iter().copied().filter(|(r, _)| !stands(*r)).collect();
            let given = best(drawn, &leases, &left)?;
            if rank == 0 {
                first.clone_from(&given);
            }
            given.iter().for_each(|(r, u)| lists.entry(*u).or_default().push((*r, false)));
        }
        // Lists that are too short are filled with who stands elsewhere, if the answer gives them nothing.
        for unit in 0..drawn.units.len() {
            let list = lists.entry(unit).or_default();
            let mut others: Vec<usize> = pairs.iter().filter(|(_, u)| *u == unit).map(|(r, _)| *r).collect();
            others
                .retain(|r| !list.iter().any(|(own, _)| own == r) && !first.iter().any(|(own, _)| own == r));
            others.sort_by_key(|r| (-drawn.requests[*r].points, -drawn.fit(*r, unit), *r));
            let lacking = places.saturating_sub(list.len());
            list.extend(others.into_iter().take(lacking).map(|r| (r, true)));
        }
        let before = leases.len();
        for round in [false, true] {
            for (unit, list) in &lists {
                for (request, own) in list.iter().filter(|(_, shared)| *shared == round) {
                    let new = &leases[before..];
                    if new.iter().any(|(_, u)| u == unit) || new.iter().any(|(r, _)| r == request) {
                        continue;
                    }
                    let taken = drawn.takes(*request, *unit, seed);
                    offers.push((now, *unit, *request, taken));
                    shared |= *own;
                    if taken {
                        leases.push((*request, *unit));
                    }
                }
            }
        }
        for (request, _) in &leases[before..] {
            if let Some(unit) = drawn.requests[*request].holds {
                free_since[unit] = Some(now + 1);
            }
        }
    }
    Some((offers, shared))
}

fn offers(year: &Year) -> Vec<Offer> {
    let sessions = (0_u32..).zip(&year.sessions);
    let of = |(now, session): (u32, &logis::Session)| {
        let offer =
            |one: &logis::attribution::Answer| (now, one.unit as usize, one.request as usize, one.taken);
        session.answers.iter().map(offer).collect::<Vec<_>>()
    };
    sessions.flat_map(of).collect()
}

fn leases(year: &Year) -> Vec<(usize, usize)> {
    offers(year).into_iter().filter(|offer| offer.3).map(|(_, unit, request, _)| (request, unit)).collect()
}

/// The drawn year is, offer by offer, that of the slow simulator: who is matched with the year's share in mind, who is asked after
/// whom, who takes what, what comes back. Counts say what the sessions saw.
#[test]
fn a_year_is_that_of_the_slow_simulator() {
    let pack = pack("");
    let mut rng = ChaCha8Rng::seed_from_u64(90);
    let (mut told, mut shared, mut refused, mut came_back, mut second) = (0, 0, 0, 0, 0);
    for seed in 0..900 {
        let drawn = drawn(&mut rng, 4);
        let places = 1 + seed as usize % 4;
        let Some((expected, with_shared)) = slow(&drawn, places, seed) else { continue };
        let year = drawn.year(&pack, places, seed);
        assert_eq!(offers(&year), expected, "{seed} {drawn:?}");
        told += 1;
        shared += usize::from(with_shared);
        refused += expected.iter().filter(|offer| !offer.3).count();
        let sessions =
            |unit: usize| expected.iter().filter(|o| o.1 == unit).map(|o| o.0).collect::<BTreeSet<_>>();
        came_back += (0..drawn.units.len()).filter(|unit| sessions(*unit).len() > 1).count();
        let pairs: BTreeSet<(u32, usize)> = expected.iter().map(|o| (o.0, o.1)).collect();
        second += usize::from(pairs.len() < expected.len());
        // What sessions count: those who came, those who wait, units that are free.
        let (mut gone, mut all) = (0, 0);
        for (now, session) in (0_u32..).zip(&year.sessions) {
            let came = drawn.requests.iter().filter(|own| own.comes == Some(now)).count() as u64;
            let freed = drawn.units.iter().filter(|own| own.free == Some(now)).count() as u64;
            all += came;
            assert_eq!((session.came, session.freed, session.waiting), (came, freed, all - gone));
            gone += session.answers.iter().filter(|answer| answer.taken).count() as u64;
            let modest = |taken: bool| {
                let own = expected.iter().filter(|o| o.0 <= now && (!taken || o.3));
                own.filter(|o| drawn.requests[o.2].modest).count() as u64
            };
            let count =
                |taken: bool| expected.iter().filter(|o| o.0 <= now && (!taken || o.3)).count() as u64;
            for (own, taken) in [(&session.offered[0], false), (&session.leased[0], true)] {
                assert_eq!((own.base, own.members), (count(taken), modest(taken)));
            }
        }
        // What the year reaches is what its leases are worth.
        let leases = leases(&year);
        let (attributions, lacks, points, fit) = levels(&drawn, &[], &leases);
        let reached = &year.reached;
        let own = (reached.attributions as i64, -(reached.quotas[0].shortfall as i64));
        assert_eq!(own, (attributions, lacks));
        assert_eq!((reached.priority as i64, reached.fit as i64), (points, fit));
        assert_eq!(year.leases.iter().flatten().count(), leases.len());
    }
    assert!(
        told > 250 && shared > 5 && refused > 150 && came_back > 40 && second > 40,
        "{told} {shared} {refused} {came_back} {second}"
    );
}

/// A tenant who moves leaves a unit that the next session gives to somebody else.
#[test]
fn who_moves_frees_a_unit_for_the_next_session() {
    let pack = pack("held = \"occupe\"\n");
    let mut rng = ChaCha8Rng::seed_from_u64(91);
    let (mut told, mut moved, mut after) = (0, 0, 0);
    for seed in 0..300 {
        let mut drawn = drawn(&mut rng, 4);
        let tenants = drawn.units.len().min(drawn.requests.len()) / 2;
        (0..tenants).for_each(|at| drawn.requests[at].holds = Some(at));
        let Some((expected, _)) = slow(&drawn, 2, seed) else { continue };
        let year = drawn.year(&pack, 2, seed);
        assert_eq!(offers(&year), expected, "{seed} {drawn:?}");
        told += 1;
        let leases = leases(&year);
        moved += leases.iter().filter(|(request, _)| *request < tenants).count();
        after += leases.iter().filter(|(_, unit)| *unit < tenants).count();
    }
    assert!(told > 200 && moved > 30 && after > 8, "{told} {moved} {after}");
}

/// The year at once is the best of all answers among those who come in it; where who refuses is known, of those that would be
/// taken, which the year by sessions does not exceed.
#[test]
fn hindsight_is_the_best_of_all_answers() {
    let pack = pack("");
    let mut rng = ChaCha8Rng::seed_from_u64(92);
    let (mut fewer, mut less) = (0, 0);
    for seed in 0..200 {
        let drawn = drawn(&mut rng, 3);
        let (posing, rule) = (drawn.posed(&pack), rule(&pack));
        let weekly = posing.weekly(Likely { rule: Some(&rule), assumed: None }, vec![2; drawn.units.len()]);
        let within = |at: Option<u32>| at.is_some_and(|at| at < drawn.sessions);
        let every_pair =
            || (0..drawn.requests.len()).flat_map(|r| (0..drawn.units.len()).map(move |u| (r, u)));
        let comes = |(r, u): &(usize, usize)| {
            within(drawn.requests[*r].comes) && within(drawn.units[*u].free) && drawn.suits(*r, *u)
        };
        let pairs: Vec<(usize, usize)> = every_pair().filter(comes).collect();
        let best_of = |pairs: &[(usize, usize)]| {
            let mut all = Vec::new();
            every(pairs, &mut Vec::new(), &mut |given| all.push(levels(&drawn, &[], given)));
            all.into_iter().max().unwrap()
        };
        let told = |reached: logis::matching::Reached| -> Levels {
            let short = -(reached.quotas[0].shortfall as i64);
            (reached.attributions as i64, short, reached.priority as i64, reached.fit as i64)
        };
        let arrivals = drawn.arrivals();
        let (paper, foreseen) =
            (told(weekly.at_once(&arrivals).unwrap()), told(weekly.foreseen(&arrivals, seed).unwrap()));
        assert_eq!(paper, best_of(&pairs), "{seed}");
        let taken: Vec<_> = pairs.into_iter().filter(|(r, u)| drawn.takes(*r, *u, seed)).collect();
        assert_eq!(foreseen, best_of(&taken), "{seed}");
        let year = told(weekly.year(&arrivals, seed).unwrap().reached);
        assert!(year <= foreseen && foreseen <= paper);
        fewer += usize::from(foreseen.0 < paper.0);
        less += usize::from(year < foreseen);
    }
    assert!(fewer > 20 && less > 20, "{fewer} {less}");
}

/// Each session asks for what one would that follows a ledger with the same leases and refusals: the first places of its lists
/// reach what that answer reaches.
#[test]
fn sessions_count_as_the_ledger_does() {
    let pack = pack("");
    let mut rng = ChaCha8Rng::seed_from_u64(93);
    let (mut asked, mut later) = (0, 0);
    for seed in 0..120 {
        let drawn = drawn(&mut rng, 4);
        let year = drawn.year(&pack, 1, seed);
        let (mut out, mut struck, mut counted) = (Vec::new(), Vec::new(), Vec::new());
        for (now, session) in (0_u32..).zip(&year.sessions) {
            let there = |at: Option<u32>| at.is_some_and(|at| at <= now);
            let requests: Vec<usize> =
                (0..drawn.requests.len()).filter(|at| there(drawn.requests[*at].comes)).collect();
            let units: Vec<usize> =
                (0..drawn.units.len()).filter(|at| there(drawn.units[*at].free)).collect();
            let mut options = Options::default();
            options.recorded = Some(Recorded {
                left: logis::attribution::Left::default(),
                charges: Vec::new(),
                head: "0".to_string(),
                made: Vec::new(),
                out: out.clone(),
                struck: struck.clone(),
                counted: counted.clone(),
            });
            if !requests.is_empty() && !units.is_empty() {
                let posing = drawn.posed_of(&pack, &options, (&requests, &units));
                let reached = posing.solve(None).unwrap().reached().clone();
                // With one candidate a unit, each offer is a first place.
                let offered = &session.answers;
                assert_eq!(reached.attributions, offered.len() as u64, "{seed} {now}");
                let points: i64 = offered.iter().map(|a| drawn.requests[a.request as usize].points).sum();
                let fit: i64 = offered.iter().map(|a| drawn.fit(a.request as usize, a.unit as usize)).sum();
                assert_eq!((reached.priority as i64, reached.fit as i64), (points, fit), "{seed} {now}");
                let modest = offered.iter().filter(|a| drawn.requests[a.request as usize].modest).count();
                assert_eq!(reached.quotas[0].members, modest as u64);
                asked += offered.len();
                later += usize::from(!counted.is_empty() && !offered.is_empty());
            }
            for answer in &session.answers {
                let (request, unit) = (answer.request as usize, answer.unit as usize);
                let ids = (name('D', request), name('L', unit));
                if answer.taken {
                    let quotas = vec![("modestes".to_string(), drawn.requests[request].modest)];
                    counted.push(CountedLease { pair: ids.clone(), quotas, ended: false });
                    out.push(ids);
                } else {
                    struck.push(ids);
                }
            }
        }
    }
    assert!(asked > 150 && later > 40, "{asked} {later}");
}

/// A year follows from its seed, on any number of threads; what is refused before it is not offered in it; what nothing tells is
/// assumed.
#[test]
fn a_year_follows_from_its_seed() {
    let pack = pack("");
    let mut rng = ChaCha8Rng::seed_from_u64(94);
    let drawn = Drawn {
        requests: (0..60).flat_map(|_| drawn(&mut rng, 6).requests).collect(),
        units: (0..30).flat_map(|_| drawn(&mut rng, 6).units).collect(),
        sessions: 6,
    };
    let on = |threads: usize, seed: u64| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| drawn.year(&pack, 3, seed))
    };
    let one = on(1, 7);
    assert!(one.leases.iter().flatten().count() > 20);
    assert_eq!(one, on(4, 7));
    assert_ne!(one, on(4, 8));
    let posing = drawn.posed(&pack);
    let likely = |n: i128| Likely { rule: None, assumed: Some(Exact::new(n, 1)) };
    let year = |n: i128, refused: BTreeSet<(u32, u32)>| {
        let weekly = posing.weekly(likely(n), vec![3; drawn.units.len()]);
        weekly.year(&Arrivals { refused, ..drawn.arrivals() }, 7).unwrap()
    };
    let all = year(1, BTreeSet::new());
    assert!(offers(&all).iter().all(|offer| offer.3));
    assert_eq!(year(0, BTreeSet::new()).leases.iter().flatten().count(), 0);
    let pairs: BTreeSet<(u32, u32)> = offers(&all).iter().map(|o| (o.2 as u32, o.1 as u32)).collect();
    let others = year(1, pairs.clone());
    assert!(offers(&others).iter().all(|o| !pairs.contains(&(o.2 as u32, o.1 as u32))));
    assert!(!offers(&others).is_empty());
}

/// Where pairs are looked for at each session, the year is, offer by offer and count by count, that of the instance which holds them
/// all: with tenants who move, in the order of points, after refusals of before; it is not compared with the year at once.
#[test]
fn pairs_looked_for_at_each_session_give_the_same_year() {
    let mut rng = ChaCha8Rng::seed_from_u64(96);
    let (mut back, mut moved) = (0, 0);
    for (seed, more) in
        (0..18).zip(["", "held = \"occupe\"\n", "order = \"by-points\"\n"].into_iter().cycle())
    {
        let pack = pack(more);
        let mut drawn = Drawn {
            requests: (0..30).flat_map(|_| drawn(&mut rng, 6).requests).collect(),
            units: (0..15).flat_map(|_| drawn(&mut rng, 6).units).collect(),
            sessions: 6,
        };
        let tenants = if more.starts_with("held") { 12 } else { 0 };
        (0..tenants).for_each(|at| drawn.requests[at].holds = Some(at));
        let (posing, rule) = (drawn.posed(&pack), rule(&pack));
        let bare = Instance::without_pairs(&posing.plan, &posing.dataset).unwrap();
        assert_eq!((bare.candidates.len(), bare.requests.len()), (0, drawn.requests.len()));
        let places = || vec![1 + seed as usize % 3; drawn.units.len()];
        let likely = Likely { rule: Some(&rule), assumed: None };
        let searching = Weekly::searching((&posing.plan, &posing.dataset, &bare), likely, places());
        let known = posing.weekly(likely, places());
        let first = known.year(&drawn.arrivals(), seed).unwrap();
        // What was offered last is refused from the beginning.
        let refused = offers(&first).iter().rev().take(5).map(|o| (o.2 as u32, o.1 as u32)).collect();
        for arrivals in [drawn.arrivals(), Arrivals { refused, ..drawn.arrivals() }] {
            let year = searching.year(&arrivals, seed).unwrap();
            assert_eq!(year, known.year(&arrivals, seed).unwrap(), "{seed} {more}");
            let sessions = |unit: usize| offers(&year).iter().filter(|o| o.1 == unit).map(|o| o.0).collect();
            let times = (0..drawn.units.len()).map(|unit| -> BTreeSet<u32> { sessions(unit) });
            back += times.filter(|sessions| sessions.len() > 1).count();
            moved += leases(&year).iter().filter(|(request, _)| *request < tenants).count();
        }
        let text = searching.at_once(&drawn.arrivals()).unwrap_err().to_string();
        assert!(text.contains("séance en séance"), "{text}");
        assert!(searching.foreseen(&drawn.arrivals(), seed).is_err());
    }
    assert!(back > 100 && moved > 10, "{back} {moved}");
}

/// What has no day comes in each session as often as in another.
#[test]
fn what_has_no_day_comes_at_any_time() {
    let mut counts = [0_u32; 13];
    for seed in 0..20 {
        (0..500).for_each(|at| counts[arrival(seed, &name('D', at), 13) as usize] += 1);
    }
    let expected = 10_000.0 / 13.0;
    let deviation = counts.iter().map(|n| (f64::from(*n) - expected).powi(2) / expected).sum::<f64>();
    // Of twelve degrees of freedom: exceeded once in ten thousand.
    assert!(deviation < 39.1, "{deviation} {counts:?}");
}

/// What is told of a request: who has more points and as many, of all, of those to whom one of its units suits, of those to whom
/// half of them do; the leases and offers of years that are drawn one by one.
#[test]
fn a_position_is_counted_from_the_rows() {
    let pack = pack("");
    let mut rng = ChaCha8Rng::seed_from_u64(95);
    let (mut housed, mut equal) = (0, 0);
    for seed in 0..60_u64 {
        let mut drawn = drawn(&mut rng, 5);
        drawn.requests.iter_mut().for_each(|own| (own.points, own.comes) = (own.points / 20_000, Some(0)));
        let (posing, rule) = (drawn.posed(&pack), rule(&pack));
        let weekly = posing.weekly(Likely { rule: Some(&rule), assumed: None }, vec![2; drawn.units.len()]);
        let draw = logis::YearsToDraw { sessions: 5, seed, years: 8 };
        // The first unit is free from the third session on, the others at one that is drawn.
        let session = |unit: u32| (unit == 0).then_some(2);
        let own = seed as usize % drawn.requests.len();
        let found = posing.position(&weekly, own as u32, (None, &session), (draw, None)).unwrap();
        let units = |request: usize| -> BTreeSet<usize> {
            (0..drawn.units.len()).filter(|unit| drawn.suits(request, *unit)).collect()
        };
        let common = |other: usize| units(own).intersection(&units(other)).count();
        assert_eq!((i64::from(found.points), found.units), (drawn.requests[own].points, units(own).len()));
        let half = |other: usize| !units(own).is_empty() && 2 * common(other) >= units(own).len();
        let keeps: [(&dyn Fn(usize) -> bool, logis::Rank); 3] =
            [(&|_| true, found.all), (&|other| common(other) > 0, found.rivals), (&half, found.similar)];
        for (keep, rank) in keeps {
            let points = |at: usize| drawn.requests[at].points;
            let others: Vec<usize> = (0..drawn.requests.len()).filter(|at| *at != own && keep(*at)).collect();
            let ahead = others.iter().filter(|at| points(**at) > points(own)).count();
            let as_many = others.iter().filter(|at| points(**at) == points(own)).count();
            assert_eq!((rank.ahead, rank.equal, rank.of), (ahead, as_many, others.len() + 1), "{seed}");
            equal += as_many;
        }
        let alike = (0..drawn.requests.len()).filter(|at| *at == own || half(*at));
        let mut alike: Vec<i64> = alike.map(|at| drawn.requests[at].points).collect();
        alike.sort_unstable();
        assert_eq!(found.points_of_similar.iter().map(|n| i64::from(*n)).collect::<Vec<_>>(), alike);
        let every: Vec<bool> = (0..drawn.requests.len()).map(|at| at.is_multiple_of(2)).collect();
        let named =
            posing.position(&weekly, own as u32, (Some(&every), &session), (draw, None)).unwrap().similar;
        assert_eq!(named.of, 1 + (0..drawn.requests.len()).filter(|at| at % 2 == 0 && *at != own).count());
        for (at, year) in (seed..seed + 8).enumerate() {
            let free = |unit: usize| if unit == 0 { 2 } else { arrival(year, &name('L', unit), 5) };
            (0..drawn.units.len()).for_each(|unit| drawn.units[unit].free = Some(free(unit)));
            let expected = drawn.year(&pack, 2, year);
            assert_eq!(found.leases[at], expected.leases[own].map(|lease| lease.session));
            let own_offers = offers(&expected).into_iter().filter(|offer| offer.2 == own);
            let refused = own_offers.clone().filter(|offer| !offer.3).count();
            assert_eq!(found.offers[at], (own_offers.count() as u32, refused as u32));
            housed += usize::from(found.leases[at].is_some());
        }
        assert_eq!(found.without(), found.leases.iter().filter(|lease| lease.is_none()).count());
    }
    assert!(housed > 100 && equal > 30, "{housed} {equal}");
}
