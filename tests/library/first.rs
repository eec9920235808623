//! Who comes first by law, and quotas that are numbers or bounds from above: held against all answers there are, each counted
//! from the rows by what the words say.

use crate::conditions::pose_with;
use crate::small::{self, MATCHING};
use logis::attribution::{Commission, Reason, Report, Why};
use logis::matching::verify;
use logis::{AllocationError, Options, Pack};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const RULES: &str = "//! entité: candidature

/// Convient.
fn convient(besoin, taille) { taille >= besoin }

/// Adéquation.
fn adequation(besoin, taille) { 900 - 100 * (taille - besoin) }

/// Un logement aménagé à qui en a besoin.
fn amenage_d_abord(amenage, handicap) { amenage && handicap }
";

const FIRST: &str = r#"
[[matching.first]]
name = "amenage"
label = "Un logement aménagé à qui en a besoin"
members = "amenage_d_abord"
[[matching.first]]
name = "dalo"
label = "Ménages reconnus prioritaires et urgents"
members = "dalo"
"#;

/// The quotas that may be: what `[[matching.quotas]]` says.
const QUOTAS: [&str; 6] = [
    "name = \"deux_jeunes\"\nmembers = \"jeune\"\nnumber = \"deux\"\n",
    "name = \"un_jeune_au_plus\"\nmembers = \"jeune\"\nnumber = \"un\"\nat_most = true\n",
    "name = \"tiers_jeunes\"\nmembers = \"jeune\"\nshare = \"tiers\"\n",
    "name = \"tiers_jeunes_au_plus\"\nmembers = \"jeune\"\nshare = \"tiers\"\nat_most = true\n",
    "name = \"un_jeune_au_centre\"\nbase = \"centre\"\nmembers = \"jeune\"\nnumber = \"un\"\nat_most = true\n",
    "name = \"tiers_jeunes_au_centre\"\nbase = \"centre\"\nmembers = \"jeune\"\nshare = \"tiers\"\nat_most = true\n",
];

fn pack(manifest: &str) -> Pack {
    let request =
        ["besoin: integer", "points: integer", "dalo: boolean", "handicap: boolean", "jeune: boolean"];
    let schema = small::schema(&request, &["taille: integer", "amenage: boolean", "centre: boolean"]);
    let values = [("un", "1"), ("deux", "2"), ("tiers", "\"1/3\"")];
    let parameters: String = values.iter().map(|(name, value)| small::parameter(name, value)).collect();
    small::pack(&schema, manifest, RULES, &parameters)
}

fn quota(text: &str) -> String {
    format!("[[matching.quotas]]\n{text}")
}

/// A request; a cell may be missing.
struct Request {
    need: i64,
    points: i64,
    dalo: Option<bool>,
    handicap: Option<bool>,
    young: Option<bool>,
}

struct Unit {
    size: i64,
    adapted: Option<bool>,
    centre: Option<bool>,
}

fn cell(of: Option<bool>) -> String {
    of.map_or_else(String::new, |of| of.to_string())
}

fn draw(rng: &mut ChaCha8Rng) -> (Vec<Request>, Vec<Unit>) {
    let maybe = |rng: &mut ChaCha8Rng| match rng.random_range(0..8) {
        0 => None,
        n => Some(n < 4),
    };
    let requests = (0..rng.random_range(1..7))
        .map(|_| Request {
            need: rng.random_range(1..4),
            points: rng.random_range(0..4),
            dalo: maybe(rng),
            handicap: maybe(rng),
            young: maybe(rng),
        })
        .collect();
    let units = (0..rng.random_range(1..5))
        .map(|_| Unit { size: rng.random_range(1..5), adapted: maybe(rng), centre: maybe(rng) })
        .collect();
    (requests, units)
}

fn tables(requests: &[Request], units: &[Unit]) -> (String, String) {
    let mut of_requests = "demande_id,besoin,points,dalo,handicap,jeune\n".to_string();
    for (row, own) in requests.iter().enumerate() {
        let [dalo, handicap, young] = [own.dalo, own.handicap, own.young].map(cell);
        of_requests += &format!("D{row},{},{},{dalo},{handicap},{young}\n", own.need, own.points);
    }
    let mut of_units = "logement_id,taille,amenage,centre\n".to_string();
    for (row, own) in units.iter().enumerate() {
        of_units += &format!("L{row},{},{},{}\n", own.size, cell(own.adapted), cell(own.centre));
    }
    (of_requests, of_units)
}

/// By how many an answer misses a quota of [`QUOTAS`]. What is not known counts against it.
fn missed(quota: usize, pairs: &[(&Request, &Unit)]) -> i64 {
    let count = |of: &dyn Fn(&Request, &Unit) -> bool| pairs.iter().filter(|(r, u)| of(r, u)).count() as i64;
    let surely = count(&|r, _| r.young == Some(true));
    let maybe = count(&|r, _| r.young != Some(false));
    let all = pairs.len() as i64;
    let in_centre = count(&|_, u| u.centre != Some(false));
    let maybe_there = count(&|r, u| u.centre != Some(false) && r.young != Some(false));
    // In a base that is not known to count, nobody is known to be no member.
    let there = count(&|r, u| u.centre != Some(false) && !(u.centre == Some(true) && r.young == Some(false)));
    let third = |of: i64| (of + 2) / 3;
    match quota {
        0 => 2 - surely,
        1 => maybe - 1,
        2 => third(all) - surely,
        3 => maybe - all / 3,
        4 => maybe_there - 1,
        _ => there - in_centre / 3,
    }
    .max(0)
}

/// The levels of an answer, counted from its rows: more is better.
fn worth(requests: &[Request], units: &[Unit], quotas: &[usize], unit_of: &[Option<u32>]) -> Vec<i64> {
    let housed =
        || requests.iter().zip(unit_of).filter_map(|(r, u)| Some((r, &units[u.as_ref().copied()? as usize])));
    let pairs: Vec<(&Request, &Unit)> = housed().collect();
    let count = |of: &dyn Fn(&Request, &Unit) -> bool| pairs.iter().filter(|(r, u)| of(r, u)).count() as i64;
    let mut all = vec![
        pairs.len() as i64,
        count(&|r, u| u.adapted == Some(true) && r.handicap == Some(true)),
        count(&|r, _| r.dalo == Some(true)),
    ];
    all.extend(quotas.iter().map(|quota| -missed(*quota, &pairs)));
    all.push(pairs.iter().map(|(r, _)| r.points).sum());
    all.push(pairs.iter().map(|(r, u)| 900 - 100 * (u.size - r.need)).sum());
    all
}

/// Every answer there is.
fn every(requests: &[Request], units: &[Unit], f: &mut impl FnMut(&[Option<u32>])) {
    fn from(
        requests: &[Request],
        units: &[Unit],
        own: &mut Vec<Option<u32>>,
        f: &mut impl FnMut(&[Option<u32>]),
    ) {
        let Some(request) = requests.get(own.len()) else { return f(own) };
        own.push(None);
        from(requests, units, own, f);
        own.pop();
        for (number, unit) in (0_u32..).zip(units) {
            if unit.size >= request.need && !own.contains(&Some(number)) {
                own.push(Some(number));
                from(requests, units, own, f);
                own.pop();
            }
        }
    }
    from(requests, units, &mut Vec::new(), f);
}

/// After the number of attributions those who come first, in their order, then the quotas (numbers and shares, at least and at
/// most), then points, then fit: the answer is the best of all in that order. The written result says what it reaches, holds,
/// and no longer if one of its numbers is another.
#[test]
fn who_comes_first_comes_before_quotas_and_points() {
    let mut rng = ChaCha8Rng::seed_from_u64(40);
    let (mut first, mut missing, mut refused) = (0, 0, 0);
    for _ in 0..400 {
        let quotas: Vec<usize> = (0..QUOTAS.len()).filter(|_| rng.random_range(0..4) == 0).collect();
        let texts: String = quotas.iter().map(|at| quota(QUOTAS[*at])).collect();
        let pack = pack(&format!("{MATCHING}{FIRST}{texts}"));
        let (requests, units) = draw(&mut rng);
        let (of_requests, of_units) = tables(&requests, &units);
        let posing = pose_with(&pack, &Options::default(), &of_requests, &of_units).unwrap();
        let again = posing.clone();
        let allocation = posing.solve(None).unwrap();
        verify(&allocation.posing.instance.problem, &allocation.matching).unwrap();
        let mut best = Vec::new();
        every(&requests, &units, &mut |unit_of| {
            best = best.clone().max(worth(&requests, &units, &quotas, unit_of))
        });
        assert_eq!(
            worth(&requests, &units, &quotas, &allocation.matching.unit_of),
            best,
            "{of_requests}{of_units}{quotas:?}"
        );
        first += usize::from(best[1] + best[2] > 0);
        missing += usize::from(best[3..3 + quotas.len()].iter().any(|n| *n < 0));
        let report = allocation.report().unwrap();
        let told: Vec<i64> = report.levels.iter().map(|level| level.value as i64).collect();
        let expected: Vec<i64> = best.iter().map(|n| n.abs()).collect();
        assert_eq!(told, expected);
        let text = serde_json::to_string(&report).unwrap();
        again.clone().verify(&Report::read(&text).unwrap()).unwrap();
        // Any level and any figure of a quota that is another is noticed.
        let mut forged = Vec::new();
        for at in 0..report.levels.len() {
            let mut other = report.clone();
            other.levels[at].value += 1;
            forged.push(other);
        }
        for at in 0..report.quotas.len() {
            let mut others = [report.clone(), report.clone(), report.clone(), report.clone()];
            others[0].quotas[at].members += 1;
            others[1].quotas[at].at_most ^= true;
            others[2].quotas[at].target = "3".to_string();
            others[3].quotas[at].shortfall += 1;
            forged.extend(others);
        }
        refused += forged.len();
        assert!(forged.into_iter().all(|other| again.clone().verify(&other).is_err()));
    }
    assert!(first > 200 && missing > 50 && refused > 1000, "{first} {missing} {refused}");
}

/// A quota that must be met, of whichever form, comes before the number of attributions: no answer that meets it houses more,
/// and where only "nobody" does, that is said.
#[test]
fn numbers_may_be_conditions() {
    let mut rng = ChaCha8Rng::seed_from_u64(41);
    let (mut fewer, mut none) = (0, 0);
    for drawn in 0..300 {
        let at = drawn % QUOTAS.len();
        let pack = pack(&format!("{MATCHING}{FIRST}{}hard = true\n", quota(QUOTAS[at])));
        let (requests, units) = draw(&mut rng);
        let (of_requests, of_units) = tables(&requests, &units);
        let allocation = pose_with(&pack, &Options::default(), &of_requests, &of_units).unwrap().solve(None);
        let meets = |worth: &[i64]| worth[3] == 0;
        let (mut best, mut most) = (Vec::new(), 0);
        every(&requests, &units, &mut |unit_of| {
            let own = worth(&requests, &units, &[at], unit_of);
            most = most.max(own[0]);
            if meets(&own) {
                best = best.clone().max(own);
            }
        });
        match allocation {
            Ok(allocation) => {
                assert_eq!(worth(&requests, &units, &[at], &allocation.matching.unit_of), best);
                fewer += usize::from(best[0] < most);
            }
            Err(AllocationError::Unmet(lacks)) => {
                assert!(best.is_empty() || best[0] == 0, "{of_requests}{of_units}{at} {best:?}");
                assert_eq!(lacks.len(), 1);
                none += 1;
            }
            Err(other) => panic!("{other}"),
        }
    }
    assert!(fewer > 15 && none > 15, "{fewer} {none}");
}

/// A decision of three months comes before six years of waiting, and the household that waits is told why; the lists of the
/// commission follow the same order.
#[test]
fn a_decision_comes_before_seniority() {
    let requests = "demande_id,besoin,points,dalo,handicap,jeune\nD1,1,72,false,false,false\n\
                    D2,1,3,true,false,false\nD3,1,50,false,true,false\nD4,1,10,false,true,false\n";
    let units = "logement_id,taille,amenage,centre\nL1,1,false,false\nL2,1,true,false\n";
    let of = |manifest: &str| {
        let posing = pose_with(&pack(manifest), &Options::default(), requests, units).unwrap();
        posing.solve(None).unwrap()
    };
    let pairs = |allocation: &logis::Allocation| -> Vec<String> {
        allocation.attributions().map(|(request, unit)| format!("{request}:{unit}")).collect()
    };
    // By points alone the two that wait longest; by law the adapted unit to who needs it, and the decision.
    let by_points = pairs(&of(MATCHING));
    assert!(by_points.iter().all(|pair| pair.starts_with("D1") || pair.starts_with("D3")), "{by_points:?}");
    let allocation = of(&format!("{MATCHING}{FIRST}"));
    assert_eq!(pairs(&allocation), ["D2:L1", "D3:L2"]);
    let Why::Outranked { reasons, holders, .. } = allocation.explain("D1").unwrap() else { panic!() };
    assert_eq!(reasons.len(), 2, "{reasons:?}");
    let reason = |unit: &str| holders.iter().find(|holder| holder.unit == unit).unwrap().reason.clone();
    assert_eq!(reason("L1"), Reason::First("dalo".into()));
    assert_eq!(reason("L2"), Reason::First("amenage".into()));
    let Why::Housed { first, .. } = allocation.explain("D2").unwrap() else { panic!() };
    assert_eq!(first, ["dalo"]);
    let Commission { lists } = allocation.commission_of(&[2, 2]).unwrap();
    let ids = |unit: usize| -> Vec<&str> {
        let instance = &allocation.posing.instance;
        lists[unit]
            .iter()
            .map(|place| instance.requests.id(&allocation.posing.dataset, place.request))
            .collect()
    };
    // Second for the adapted unit is who needs it, with fewer points than who has most.
    assert_eq!((ids(0), ids(1)), (vec!["D2", "D1"], vec!["D3", "D4"]));
    assert_eq!(free_levels(requests, units), ["attributions", "priority", "fit"]);
}

fn no_quotas() -> Options {
    let mut options = Options::default();
    options.no_quotas = true;
    options
}

/// The levels with `--no-quotas`, which leaves out who comes first, too.
fn free_levels(requests: &str, units: &str) -> Vec<String> {
    let posing = pose_with(&pack(&format!("{MATCHING}{FIRST}")), &no_quotas(), requests, units).unwrap();
    let report = posing.solve(None).unwrap().report().unwrap();
    report.levels.into_iter().map(|level| level.name).collect()
}

/// What comes first is no quota that could be met, nor one whose shortfall has a price list.
#[test]
fn who_comes_first_is_no_quota() {
    let requests = "demande_id,besoin,points,dalo,handicap,jeune\nD1,1,72,false,false,false\n";
    let units = "logement_id,taille,amenage,centre\nL1,1,false,false\n";
    let pack = pack(&format!("{MATCHING}{FIRST}{}", quota(QUOTAS[0])));
    let mut options = Options::default();
    options.hard = vec!["dalo".to_string()];
    let Err(AllocationError::UnknownQuota { name, .. }) = pose_with(&pack, &options, requests, units) else {
        panic!()
    };
    assert_eq!(name, "dalo");
    options.hard = vec!["all".to_string()];
    let posing = pose_with(&pack, &options, requests, units).unwrap();
    let hard: Vec<bool> = posing.plan.quotas.iter().map(|quota| quota.hard).collect();
    assert_eq!(hard, [false, false, true]);
    assert!(posing.frontier(0, 3).is_err());
}
