//! What a ledger says of a matching, against every answer of small drawn data: the judge reads the data and the ledger by
//! itself, and knows neither the instance nor the problem.

use std::collections::BTreeSet;

use logis::attribution::{CountedLease, Recorded, Report};
use logis::{AllocationError, Options};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::conditions::{PACK, pack, pose};

/// A request: what it needs, its points, and whether it is a member of the quota.
type Request = (i64, u64, bool);
/// Attributions, members that lack (below 0), points, fit.
type Levels = (u64, i64, u64, u64);
type Ids = (String, String);

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

fn name(letter: char, number: usize) -> String {
    format!("{letter}{number}")
}

/// Draws disjoint pairs: some of them suit nobody, or are not in the data.
fn pairs(rng: &mut ChaCha8Rng, left: &mut (Vec<usize>, Vec<usize>), most: usize) -> Vec<(usize, usize)> {
    let mut all = Vec::new();
    for _ in 0..rng.random_range(0..=most) {
        if left.0.is_empty() || left.1.is_empty() {
            break;
        }
        let request = left.0.remove(rng.random_range(0..left.0.len()));
        all.push((request, left.1.remove(rng.random_range(0..left.1.len()))));
    }
    all
}

/// What is made is in the answer, what is out or struck is not, and half of what counts over the year goes to members, as
/// nearly as any answer; before the number of attributions or after it. The written result holds.
#[test]
fn a_ledger_leaves_the_best_of_all_answers() {
    let plain = PACK.replace("tie = \"jours\"\n", "");
    let packs = [pack(&plain), pack(&plain.replace("share = \"part\"", "share = \"part\"\nhard = true"))];
    let mut rng = ChaCha8Rng::seed_from_u64(31);
    let (mut late, mut kept, mut unmet, mut gone) = (0, 0, 0, 0);
    for drawn in 0..1500 {
        let hard = drawn % 2 == 1;
        let requests: Vec<Request> = (0..rng.random_range(1..6))
            .map(|_| (rng.random_range(1..4), rng.random_range(0..4), rng.random_range(0..3) == 0))
            .collect();
        let sizes: Vec<i64> = (0..rng.random_range(1..5)).map(|_| rng.random_range(1..5)).collect();
        // Numbers beyond those of the data are of rows that have left it.
        let mut left = ((0..requests.len() + 2).collect(), (0..sizes.len() + 2).collect());
        let made = pairs(&mut rng, &mut left, 2);
        let out = pairs(&mut rng, &mut left, 3);
        let struck: Vec<(usize, usize)> = (0..rng.random_range(0..4))
            .map(|_| (rng.random_range(0..requests.len()), rng.random_range(0..sizes.len())))
            .filter(|pair| !made.contains(pair))
            .collect();
        let mut counted: Vec<((usize, usize), bool)> = Vec::new();
        for pair in made.iter().chain(&out) {
            if rng.random_range(0..4) > 0 {
                counted.push((*pair, rng.random_range(0..3) == 0));
            }
        }

        // The judge.
        let suits = |request: usize, unit: usize| {
            requests.get(request).zip(sizes.get(unit)).is_some_and(|((need, ..), size)| size >= need)
        };
        let forced: Vec<(usize, usize)> = made.iter().copied().filter(|(r, u)| suits(*r, *u)).collect();
        let away: Vec<(usize, usize)> =
            made.iter().copied().filter(|pair| !forced.contains(pair)).chain(out.iter().copied()).collect();
        let may = |request: usize, unit: usize| {
            let one = |pairs: &[(usize, usize)]| pairs.iter().any(|(r, u)| *r == request || *u == unit);
            forced.contains(&(request, unit))
                || suits(request, unit) && !one(&forced) && !one(&away) && !struck.contains(&(request, unit))
        };
        let all: Vec<(usize, usize)> = (0..requests.len())
            .flat_map(|r| (0..sizes.len()).map(move |u| (r, u)))
            .filter(|(r, u)| may(*r, *u))
            .collect();
        let before: Vec<bool> =
            counted.iter().filter(|(pair, _)| !forced.contains(pair)).map(|(_, member)| *member).collect();
        let had = before.iter().filter(|member| **member).count();
        let levels = |answer: &[(usize, usize)]| -> Levels {
            let members = answer.iter().filter(|(request, _)| requests[*request].2).count() + had;
            let base = answer.len() + before.len();
            let lacking = (0..).find(|lacking| 2 * (members + lacking) >= base).unwrap();
            let points = answer.iter().map(|(request, _)| requests[*request].1).sum();
            let fit = |&(r, u): &(usize, usize)| (900 - 100 * (sizes[u] - requests[r].0)) as u64;
            (answer.len() as u64, -(lacking as i64), points, answer.iter().map(fit).sum())
        };
        let order = |(count, lacking, points, fit): Levels| match hard {
            true => (lacking, count as i64, points, fit),
            false => (count as i64, lacking, points, fit),
        };
        let mut best: Option<Levels> = None;
        every(&all, &mut Vec::new(), &mut |answer| {
            // What is decided is not undone for a quota.
            if forced.iter().all(|pair| answer.contains(pair)) {
                let own = levels(answer);
                if best.is_none_or(|best| order(own) > order(best)) {
                    best = Some(own);
                }
            }
        });
        let best = best.unwrap();

        let ids = |pair: &(usize, usize)| -> Ids { (name('D', pair.0), name('L', pair.1)) };
        let mut options = Options::default();
        options.recorded = Some(Recorded {
            left: logis::attribution::Left::default(),
            charges: Vec::new(),
            head: format!("sha256:{drawn}"),
            made: made.iter().map(ids).collect(),
            out: out.iter().map(ids).collect(),
            struck: struck.iter().map(ids).collect(),
            counted: counted
                .iter()
                .map(|(pair, member)| CountedLease {
                    pair: ids(pair),
                    ended: false,
                    quotas: vec![("une autre".into(), true), ("modestes".into(), *member)],
                })
                .collect(),
        });
        let rows = |rows: Vec<String>| rows.join("\n");
        let demandes = requests.iter().enumerate();
        let demandes =
            demandes.map(|(at, (need, points, modest))| format!("D{at},{need},{points},,{modest}"));
        let demandes = format!("demande_id,besoin,points,jours,modeste\n{}\n", rows(demandes.collect()));
        let logements = sizes.iter().enumerate().map(|(at, size)| format!("L{at},{size}"));
        let logements = format!("logement_id,taille\n{}\n", rows(logements.collect()));
        let text = format!("{demandes}{logements}{:#?}", options.recorded);
        let posing = pose(&packs[usize::from(hard)], &options, &demandes, &logements);
        let again = posing.clone();
        assert_eq!(posing.unmade.len(), made.len() - forced.len(), "{text}");
        gone += posing.unmade.len();
        let allocation = match posing.solve(None) {
            Err(AllocationError::Unmet(_)) => {
                assert!(hard && (best.1 < 0 || best.0 == 0), "{best:?} {text}");
                unmet += 1;
                continue;
            }
            other => other.unwrap(),
        };
        assert!(!hard || best.1 == 0, "{text}");
        let found: Vec<Ids> =
            allocation.attributions().map(|(r, u)| (r.to_string(), u.to_string())).collect();
        let numbers: Vec<(usize, usize)> =
            all.iter().copied().filter(|pair| found.contains(&ids(pair))).collect();
        assert_eq!(numbers.len(), found.len(), "{found:?} {text}");
        assert_eq!(levels(&numbers), best, "{found:?} {text}");
        let forced: BTreeSet<Ids> = forced.iter().map(ids).collect();
        assert!(forced.iter().all(|pair| found.contains(pair)), "{found:?} {text}");
        kept += forced.len();
        let report = allocation.report().unwrap();
        let already = report.quotas[0].already;
        assert_eq!(already.map_or((0, 0), |own| (own.members, own.base)), (had as u64, before.len() as u64));
        late += usize::from(best.1 < 0 && !before.is_empty());
        let text = serde_json::to_string(&report).unwrap();
        again.clone().verify(&Report::read(&text).unwrap()).unwrap();
        let other = text.replace(&format!("sha256:{drawn}\""), "sha256:0\"");
        assert!(drawn == 0 || again.verify(&Report::read(&other).unwrap()).is_err());
    }
    assert!(late > 20 && kept > 100 && unmet > 20 && gone > 100, "{late} {kept} {unmet} {gone}");
}
