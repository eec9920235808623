//! A problem after what a ledger says of moves, and lists that follow others: held against every answer of small drawn
//! data. The judge reads the data and the ledger by itself, and knows neither the instance nor the problem.

use std::collections::BTreeSet;

use logis::Options;
use logis::attribution::{Commission, CountedLease, Left, Place, Recorded};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::conditions::pose_with;
use crate::small;

const RULES: &str = "//! entité: candidature

/// Convient.
fn convient(besoin, taille) { taille >= besoin }

/// Adéquation.
fn adequation(besoin, taille) { 900 - 100 * (taille - besoin) }
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

const QUOTA: &str = "[[matching.quotas]]\nname = \"modestes\"\nmembers = \"modeste\"\nshare = \"part\"\n";

/// Some requests and units: what each needs and its points, who is modest, who holds what.
struct Data {
    requests: Vec<(usize, u64, bool)>,
    sizes: Vec<usize>,
    held: Vec<Option<usize>>,
}

impl Data {
    fn draw(rng: &mut ChaCha8Rng) -> Data {
        let requests: Vec<_> = (0..rng.random_range(2..7))
            .map(|_| (rng.random_range(1..4), rng.random_range(0..4), rng.random_range(0..3) == 0))
            .collect();
        let sizes: Vec<usize> = (0..rng.random_range(1..5)).map(|_| rng.random_range(1..5)).collect();
        let mut held = vec![None; requests.len()];
        for unit in 0..sizes.len() {
            if rng.random_range(0..3) > 0 {
                held[rng.random_range(0..requests.len())] = Some(unit);
            }
        }
        Data { requests, sizes, held }
    }

    fn suits(&self, request: usize, unit: usize) -> bool {
        self.requests.get(request).zip(self.sizes.get(unit)).is_some_and(|(own, size)| *size >= own.0)
    }

    fn texts(&self) -> (String, String) {
        let rows =
            self.requests.iter().zip(&self.held).enumerate().map(|(at, ((need, points, modest), held))| {
                let held = held.map_or_else(String::new, |unit| name('L', unit));
                format!("D{at},{need},{points},{modest},{held}\n")
            });
        let requests =
            format!("demande_id,besoin,points,modeste,logement_occupe\n{}", rows.collect::<String>());
        let rows = self.sizes.iter().enumerate().map(|(at, size)| format!("L{at},{size}\n"));
        (requests, format!("logement_id,taille\n{}", rows.collect::<String>()))
    }

    /// Every set of these pairs in which nobody and nothing stands twice.
    fn every(
        pairs: &[(usize, usize)],
        taken: &mut Vec<(usize, usize)>,
        f: &mut impl FnMut(&[(usize, usize)]),
    ) {
        let Some((&(request, unit), rest)) = pairs.split_first() else { return f(taken) };
        Data::every(rest, taken, f);
        if !taken.iter().any(|(r, u)| *r == request || *u == unit) {
            taken.push((request, unit));
            Data::every(rest, taken, f);
            taken.pop();
        }
    }

    /// Attributions, points, fit.
    fn worth(&self, answer: &[(usize, usize)]) -> (usize, u64, usize) {
        let points = answer.iter().map(|(request, _)| self.requests[*request].1).sum();
        let fit = |&(r, u): &(usize, usize)| 900 - 100 * (self.sizes[u] - self.requests[r].0);
        (answer.len(), points, answer.iter().map(fit).sum())
    }
}

fn name(letter: char, number: usize) -> String {
    format!("{letter}{number}")
}

fn pack(quota: bool) -> logis::Pack {
    let fields =
        ["besoin: integer", "points: integer", "modeste: boolean", "logement_occupe: text, empty = \"none\""];
    let manifest = if quota { format!("{PACK}{QUOTA}") } else { PACK.to_string() };
    small::pack(
        &small::schema(&fields, &["taille: integer"]),
        &manifest,
        RULES,
        &small::parameter("part", "\"1/2\""),
    )
}

/// What a ledger says of who holds what: who has signed has left what the data say, what is let has no other tenant; a firm
/// place in a unit that is held is made only as long as its tenant goes elsewhere. The answer is the best of all that there
/// are then, and its written result holds.
#[test]
fn a_ledger_of_moves_leaves_the_best_of_all_answers() {
    let pack = pack(true);
    let mut rng = ChaCha8Rng::seed_from_u64(17);
    let (mut otherwise, mut moves, mut unmade, mut made_moves) = (0, 0, 0, 0);
    for drawn in 0..700 {
        let data = Data::draw(&mut rng);
        let (requests, units) = (data.requests.len(), data.sizes.len());
        let mut left: (Vec<usize>, Vec<usize>) = ((0..requests + 1).collect(), (0..units + 1).collect());
        let mut pairs = |rng: &mut ChaCha8Rng, most: usize| {
            let mut all = Vec::new();
            for _ in 0..rng.random_range(0..=most) {
                if left.0.is_empty() || left.1.is_empty() {
                    break;
                }
                let request = left.0.remove(rng.random_range(0..left.0.len()));
                all.push((request, left.1.remove(rng.random_range(0..left.1.len()))));
            }
            all
        };
        // Leases of the year, firm acceptances, leases of before.
        let (leased, mut firm, old) = (pairs(&mut rng, 1), pairs(&mut rng, 3), pairs(&mut rng, 1));
        // A firm place is none in one's own home.
        firm.retain(|(request, unit)| data.held.get(*request) != Some(&Some(*unit)));
        let ended: Option<(usize, usize)> = (rng.random_range(0..4) == 0)
            .then(|| (rng.random_range(0..requests), rng.random_range(0..units)))
            .filter(|own| !leased.contains(own) && !old.contains(own) && !firm.contains(own));

        // The judge: who holds what still.
        let signed = |request: usize| leased.iter().chain(&old).any(|own| own.0 == request);
        let given = |unit: usize| leased.iter().chain(&old).any(|own| own.1 == unit);
        let home = |request: usize| {
            let unit = data.held.get(request).copied().flatten()?;
            (!signed(request) && !given(unit) && ended != Some((request, unit))).then_some(unit)
        };
        otherwise += (0..requests).filter(|r| data.held[*r].is_some() && home(*r).is_none()).count();
        let tenant = |unit: usize| (0..requests).find(|request| home(*request) == Some(unit));
        let possible = |own: &(usize, usize)| data.suits(own.0, own.1) && home(own.0) != Some(own.1);
        let mut forced: Vec<(usize, usize)> = leased.iter().chain(&firm).copied().filter(possible).collect();
        loop {
            let goes =
                |own: &(usize, usize)| tenant(own.1).is_none_or(|t| forced.iter().any(|other| other.0 == t));
            let left: Vec<(usize, usize)> = forced.iter().copied().filter(goes).collect();
            if left == forced {
                break;
            }
            forced = left;
        }
        let away: Vec<(usize, usize)> =
            leased.iter().chain(&firm).chain(&old).copied().filter(|own| !forced.contains(own)).collect();
        unmade += firm.iter().filter(|own| away.contains(own)).count();
        let touches = |pairs: &[(usize, usize)], own: (usize, usize)| {
            pairs.iter().any(|(r, u)| *r == own.0 || *u == own.1)
        };
        let all: Vec<(usize, usize)> = (0..requests)
            .flat_map(|r| (0..units).map(move |u| (r, u)))
            .filter(|own| possible(own))
            .filter(|own| forced.contains(own) || !touches(&forced, *own) && !touches(&away, *own))
            .collect();
        let mut best = None;
        Data::every(&all, &mut Vec::new(), &mut |answer| {
            let moves = |request: usize| answer.iter().any(|own| own.0 == request);
            let free = answer.iter().all(|own| tenant(own.1).is_none_or(moves));
            if free && forced.iter().all(|own| answer.contains(own)) {
                let (count, points, fit) = data.worth(answer);
                let modest = answer.iter().filter(|own| data.requests[own.0].2).count();
                let lacking = (0..).find(|lacking| 2 * (modest + lacking) >= count).unwrap();
                best = best.max(Some((count, -(lacking as i64), points, fit)));
            }
        });

        let ids = |own: &(usize, usize)| (name('D', own.0), name('L', own.1));
        let mut options = Options::default();
        options.recorded = Some(Recorded {
            head: format!("sha256:{drawn}"),
            made: leased.iter().chain(&firm).map(ids).collect(),
            out: old.iter().map(ids).collect(),
            struck: Vec::new(),
            charges: Vec::new(),
            left: Left {
                signed: leased.iter().chain(&old).map(|own| name('D', own.0)).collect(),
                given: leased.iter().chain(&old).map(|own| name('L', own.1)).collect(),
                pairs: ended.iter().map(ids).collect(),
            },
            counted: Vec::<CountedLease>::new(),
        });
        let (demandes, logements) = data.texts();
        let said = format!("{demandes}{logements}{:#?}", options.recorded);
        let pose = || pose_with(&pack, &options, &demandes, &logements).unwrap();
        let allocation = pose().solve(None).unwrap();
        let found: Vec<(String, String)> =
            allocation.attributions().map(|(r, u)| (r.to_string(), u.to_string())).collect();
        let answer: Vec<(usize, usize)> =
            all.iter().copied().filter(|own| found.contains(&ids(own))).collect();
        assert_eq!(answer.len(), found.len(), "{found:?} {said}");
        let (count, points, fit) = data.worth(&answer);
        let lacking = allocation.reached().quotas[0].shortfall as i64;
        assert_eq!(Some((count, -lacking, points, fit)), best, "{found:?} {said}");
        assert!(forced.iter().all(|own| answer.contains(own)), "{found:?} {said}");
        moves += answer.iter().filter(|own| home(own.0).is_some()).count();
        made_moves += forced.iter().filter(|own| tenant(own.1).is_some()).count();
        let report = allocation.report().unwrap();
        let text = serde_json::to_string(&report).unwrap();
        pose().verify(&logis::attribution::Report::read(&text).unwrap()).unwrap();
    }
    assert!(
        otherwise > 100 && moves > 200 && unmade > 50 && made_moves > 10,
        "{otherwise} {moves} {unmade} {made_moves}"
    );
}

/// Lists that are followed: who is first of one moves, if its new unit is empty or is left by one who moves. Beside that,
/// new first places are the best of all that there are; a unit whose tenant stays gets no list.
#[test]
fn lists_after_others_are_the_best_that_their_moves_leave() {
    let pack = pack(false);
    let mut rng = ChaCha8Rng::seed_from_u64(29);
    let (mut hanging, mut chained, mut none) = (0, 0, 0);
    for _ in 0..700 {
        let data = Data::draw(&mut rng);
        let (requests, units) = (data.requests.len(), data.sizes.len());
        let tenant = |unit: usize| (0..requests).find(|request| data.held[*request] == Some(unit));
        let mut lists: Vec<Vec<usize>> = vec![Vec::new(); units];
        for request in 0..requests {
            let unit = rng.random_range(0..units);
            if rng.random_range(0..3) == 0 && data.suits(request, unit) && data.held[request] != Some(unit) {
                lists[unit].push(request);
            }
        }
        let mut firsts: Vec<(usize, usize)> =
            (0..units).filter_map(|unit| Some((*lists[unit].first()?, unit))).collect();
        loop {
            let moves =
                |own: &(usize, usize)| tenant(own.1).is_none_or(|t| firsts.iter().any(|other| other.0 == t));
            let left: Vec<(usize, usize)> = firsts.iter().copied().filter(moves).collect();
            if left == firsts {
                break;
            }
            firsts = left;
        }
        let named = |request: usize| lists.iter().any(|list| list.contains(&request));
        let all: Vec<(usize, usize)> = (0..requests)
            .flat_map(|r| (0..units).map(move |u| (r, u)))
            .filter(|(r, u)| {
                !named(*r) && lists[*u].is_empty() && data.suits(*r, *u) && data.held[*r] != Some(*u)
            })
            .collect();
        let mut best = None;
        Data::every(&all, &mut Vec::new(), &mut |answer| {
            let moves = |request: usize| answer.iter().chain(&firsts).any(|own| own.0 == request);
            if answer.iter().all(|own| tenant(own.1).is_none_or(moves)) {
                best = best.max(Some(data.worth(answer)));
            }
        });

        let (demandes, logements) = data.texts();
        let posing = pose_with(&pack, &Options::default(), &demandes, &logements).unwrap();
        // Fewer than ten of each: numbers are those of the identifiers.
        let place = |request: &usize| Place { request: *request as u32, shared: false };
        let followed: Vec<Vec<Place>> = lists.iter().map(|list| list.iter().map(place).collect()).collect();
        let (commission, matching) =
            Commission::following(&posing.instance, followed.clone(), &vec![2; units]).unwrap();
        let said = format!("{demandes}{logements}{lists:?}\n{commission:?}");
        let mut new = Vec::new();
        for (unit, (list, before)) in commission.lists.iter().zip(&followed).enumerate() {
            if !before.is_empty() {
                assert_eq!(list, before, "{said}");
                hanging += usize::from(tenant(unit).is_some());
                continue;
            }
            let moves = |request: usize| matching.unit_of[request].is_some();
            if tenant(unit).is_some_and(|tenant| !moves(tenant)) {
                assert!(list.is_empty(), "{said}");
                none += 1;
            }
            let first = list.first().filter(|place| {
                !place.shared && matching.unit_of[place.request as usize] == Some(unit as u32)
            });
            new.extend(first.map(|place| (place.request as usize, unit)));
            chained += usize::from(
                first.is_some() && tenant(unit).is_some_and(|t| firsts.iter().any(|own| own.0 == t)),
            );
        }
        assert_eq!(Some(data.worth(&new)), best, "{said}");
        let had: BTreeSet<(usize, usize)> = new.iter().chain(&firsts).copied().collect();
        let told: BTreeSet<(usize, usize)> = (0..requests)
            .filter_map(|request| Some((request, matching.unit_of[request]? as usize)))
            .collect();
        assert_eq!(told, had, "{said}");
        assert_eq!(matching.reached.attributions as usize, had.len(), "{said}");
    }
    assert!(hanging > 100 && chained > 20 && none > 100, "{hanging} {chained} {none}");
}
