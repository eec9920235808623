//! Leases that lists lead to, and the margins that quotas need on paper: held against all ways in which households may answer,
//! each weighed by how likely it is.

use crate::small;
use logis::attribution::{Acceptances, Commission, Drawn, Likely, acceptance};
use logis::data::{InputFile, Needs, read};
use logis::matching::Quota;
use logis::value::{Exact, parse_date};
use logis::{Allocation, AllocationError, Draws, Options, Pack, Plan, Posing, posing};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const RULES: &str = "//! entité: candidature

/// Convient.
fn convient(besoin, taille) { taille >= besoin }

/// Adéquation.
fn adequation(besoin, taille) { 900 - 100 * (taille - besoin) }

/// Une chance sur dix de moins par pièce de trop.
fn acceptation(accepte, besoin, taille) { max(0, (accepte - (taille - besoin)) / 10) }
";

const MARGIN: &str = "acceptance = \"acceptation\"
[[matching.quotas]]
name = \"modestes\"
members = \"modeste\"
";

fn pack(quota: &str, value: &str) -> Pack {
    let fields = ["besoin: integer", "points: integer", "accepte: integer", "modeste: boolean"];
    let manifest = format!("{}{MARGIN}{quota}\n", small::MATCHING);
    let schema = small::schema(&fields, &["taille: integer"]);
    small::pack(&schema, &manifest, RULES, &small::parameter("part", value))
}

fn rule(pack: &Pack) -> Plan {
    acceptance(pack.parsed(), parse_date("2018-01-01").unwrap()).unwrap().unwrap()
}

/// Requests and units; those who are modest refuse more often.
fn tables(rng: &mut ChaCha8Rng, requests: usize, units: usize) -> (String, String) {
    let mut of_requests = "demande_id,besoin,points,accepte,modeste\n".to_string();
    for row in 0..requests {
        let modest = rng.random_range(0..3) == 0;
        let likely = if modest { rng.random_range(2..6) } else { rng.random_range(4..10) };
        let (rooms, points) = (rng.random_range(1..4), rng.random_range(0..90));
        of_requests += &format!("D{row:03},{rooms},{points},{likely},{modest}\n");
    }
    let mut of_units = "logement_id,taille\n".to_string();
    (0..units).for_each(|row| of_units += &format!("L{row:03},{}\n", rng.random_range(1..5)));
    (of_requests, of_units)
}

fn posed(pack: &Pack, rule: &Plan, (requests, units): &(String, String)) -> Posing {
    let asked = posing::plan(pack, parse_date("2018-01-01").unwrap(), &Options::default()).unwrap();
    let mut needs = Needs::default();
    asked.0.plans().chain([rule]).for_each(|plan| needs.join(plan.needs()));
    let file = |name: &str, text: &str| InputFile { name: name.to_string(), bytes: text.as_bytes().to_vec() };
    let files = vec![file("demandes.csv", requests), file("logements.csv", units)];
    Posing::new(asked, read(&pack.parsed().schema, &[], files, &needs).dataset, None).unwrap()
}

/// An offer as the words say it: who, how likely, is it modest, is the place shared?
#[derive(Clone, Copy)]
struct Offer {
    request: u32,
    likely: f64,
    modest: bool,
    shared: bool,
}

/// By unit: its offers, the probabilities read from the rows.
fn offers(posing: &Posing, commission: &Commission, requests: &str, units: &str) -> Vec<Vec<Offer>> {
    let cells = |table: &str, row: u32| -> Vec<String> {
        let line = table.lines().nth(row as usize + 1).unwrap();
        line.split(',').map(str::to_string).collect()
    };
    let number = |cell: &str| cell.parse::<f64>().unwrap();
    let Posing { instance, .. } = posing;
    let of = |unit: u32, place: &logis::attribution::Place| {
        // Identifiers stand in the order of the rows here.
        let (request, flat) = (cells(requests, place.request), cells(units, unit));
        let too_many = number(&flat[1]) - number(&request[1]);
        Offer {
            request: place.request,
            likely: ((number(&request[3]) - too_many) / 10.0).max(0.0),
            modest: request[4] == "true",
            shared: place.shared,
        }
    };
    assert_eq!(instance.units.len(), commission.lists.len());
    let lists = (0_u32..).zip(&commission.lists);
    lists.map(|(unit, list)| list.iter().map(|place| of(unit, place)).collect()).collect()
}

/// How likely the leases miss a quota, and how many there are on average: every set of offers that would be taken, in turn.
fn every(offers: &[Vec<Offer>], quota: &Quota) -> (f64, f64) {
    let all: Vec<(usize, Offer)> =
        offers.iter().enumerate().flat_map(|(unit, list)| list.iter().map(move |one| (unit, *one))).collect();
    let (mut missed, mut mean) = (0.0, 0.0);
    for answers in 0_u32..1 << all.len() {
        let mut weight = 1.0;
        for (at, (_, offer)) in all.iter().enumerate() {
            weight *= if answers >> at & 1 == 1 { offer.likely } else { 1.0 - offer.likely };
        }
        if weight == 0.0 {
            continue;
        }
        let (mut given, mut housed) = (vec![false; offers.len()], Vec::new());
        let (mut leases, mut modest) = (0, 0);
        for shared in [false, true] {
            for (at, (unit, offer)) in all.iter().enumerate() {
                let waits = !housed.contains(&offer.request);
                if offer.shared == shared && !given[*unit] && waits && answers >> at & 1 == 1 {
                    given[*unit] = true;
                    housed.push(offer.request);
                    leases += 1;
                    modest += u64::from(offer.modest);
                }
            }
        }
        mean += weight * leases as f64;
        missed += if quota.target(leases) > modest { weight } else { 0.0 };
    }
    (missed, mean)
}

/// The same where no place is shared, whatever the number of units: unit after unit, by leases and modest ones among them.
fn by_unit(offers: &[Vec<Offer>], quota: &Quota) -> f64 {
    let size = offers.len() + 1;
    let mut all = vec![vec![0.0; size]; size];
    all[0][0] = 1.0;
    for list in offers {
        let (mut left, mut modest, mut other) = (1.0, 0.0, 0.0);
        for offer in list {
            assert!(!offer.shared);
            *(if offer.modest { &mut modest } else { &mut other }) += left * offer.likely;
            left *= 1.0 - offer.likely;
        }
        let mut next = vec![vec![0.0; size]; size];
        for leases in 0..size - 1 {
            for members in 0..=leases {
                let own = all[leases][members];
                next[leases][members] += own * left;
                next[leases + 1][members] += own * other;
                next[leases + 1][members + 1] += own * modest;
            }
        }
        all = next;
    }
    let of = |leases: usize| {
        let short = (0..=leases).filter(|members| quota.target(leases as u64) > *members as u64);
        short.map(|members| all[leases][members]).sum::<f64>()
    };
    (0..size).map(of).sum()
}

fn drawn(
    allocation: &Allocation,
    commission: &Commission,
    rule: &Plan,
    quotas: &[Quota],
    (seed, draws): (u64, u32),
) -> Drawn {
    let Posing { instance, dataset, .. } = &allocation.posing;
    let likely = Likely { rule: Some(rule), assumed: None };
    let acceptances = Acceptances::new(likely, dataset, instance, commission).unwrap();
    acceptances.draw((instance, dataset), (commission, &[]), quotas, (seed, draws))
}

/// How many leases there are, and in how many draws a quota is missed, is what all ways to answer say, places that are shared
/// included; the same seed gives the same draws, another others.
#[test]
fn draws_are_as_likely_as_all_answers_together() {
    let pack = pack("share = \"part\"", "\"1/3\"");
    let rule = rule(&pack);
    let mut rng = ChaCha8Rng::seed_from_u64(60);
    let (draws, mut between, mut differ, mut shared) = (4000_u32, 0, 0, 0);
    for seed in 0..40 {
        let (requests, units) = (rng.random_range(3..9), rng.random_range(2..5));
        let tables = tables(&mut rng, requests, units);
        let allocation = posed(&pack, &rule, &tables).solve(None).unwrap();
        let commission = allocation.commission_of(&vec![3; units]).unwrap();
        let quotas = [allocation.posing.plan.quotas[0].quota.clone()];
        let (likely, mean) =
            every(&offers(&allocation.posing, &commission, &tables.0, &tables.1), &quotas[0]);
        let of = |seed| drawn(&allocation, &commission, &rule, &quotas, (seed, draws));
        let found = of(seed);
        // Five deviations are none by chance.
        let n = f64::from(draws);
        let deviation = (likely * (1.0 - likely) * n).sqrt();
        let missed = f64::from(found.missed[0]);
        assert!((missed - likely * n).abs() <= 5.0 * deviation + 1e-6, "{seed}: {missed} {likely}");
        let leases = found.leases as f64 / n;
        assert!((leases - mean).abs() <= 5.0 * (units as f64 / 2.0) / n.sqrt() + 1e-9, "{leases} {mean}");
        assert_eq!(of(seed), found);
        between += usize::from((0.05..0.95).contains(&likely));
        differ += usize::from(of(seed + 1000) != found);
        shared += usize::from(commission.lists.iter().flatten().any(|place| place.shared));
    }
    assert!(between > 15 && differ > 15 && shared > 5, "{between} {differ} {shared}");
}

/// The margin is the least of all for which the leases, by all ways to answer, miss the quota no more often than allowed;
/// where chance alone could say otherwise, the problem is passed over. It is one of the quota that is posed with so many
/// members more, and the price is what that answer loses.
#[test]
fn a_margin_is_the_least_that_does() {
    let mut rng = ChaCha8Rng::seed_from_u64(61);
    let (mut some, mut nothing, mut none) = (0, 0, 0);
    let packs =
        [("share = \"part\"", "\"1/4\""), ("share = \"part\"", "\"1/2\""), ("number = \"part\"", "2")];
    let packs = packs.map(|(quota, value)| pack(quota, value));
    for seed in 0..180 {
        let pack = &packs[seed % packs.len()];
        let rule = rule(pack);
        let units = 14;
        let tables = tables(&mut rng, 70, units);
        let posing = posed(pack, &rule, &tables);
        let places = vec![2; units];
        let legal = posing.plan.quotas[0].quota.clone();
        let with = |margin: u64| {
            let mut own = posing.clone();
            own.plan.quotas[0].quota.number += margin as i64;
            own.instance.problem =
                own.instance.problem.with_shares(vec![own.plan.quotas[0].quota.clone()]).unwrap();
            let allocation = own.solve(None).unwrap();
            let commission = allocation.commission_of(&places).unwrap();
            let offers = offers(&allocation.posing, &commission, &tables.0, &tables.1);
            if offers.iter().flatten().any(|offer| offer.shared) {
                return None;
            }
            Some((by_unit(&offers, &legal), allocation.reached()))
        };
        let all: Option<Vec<_>> = (0..=units as u64).map(with).collect();
        let Some(all) = all else { continue };
        let draws = Draws { draws: 2000, allowed: 400, seed: seed as u64 };
        // Within four deviations of a fifth the draws may say either.
        if all.iter().any(|(likely, _)| (likely - 0.2).abs() < 4.0 * (0.16_f64 / 2000.0).sqrt()) {
            continue;
        }
        let least = all.iter().position(|(likely, _)| *likely <= 0.2);
        let likely = Likely { rule: Some(&rule), assumed: None };
        let found = posing.margins(likely, &places, draws).unwrap();
        let [own] = found.quotas.as_slice() else { panic!() };
        assert_eq!(own.margin, least.map(|margin| margin as u64), "{seed}");
        assert!(found.settled);
        assert_eq!(found.without.priority, all[0].1.priority);
        let told = &all[least.unwrap_or(0)].1;
        let with = (found.with.attributions, found.with.priority, found.with.fit);
        assert_eq!(with, (told.attributions, told.priority, told.fit));
        assert_eq!(own.paper, (told.quotas[0].base, told.quotas[0].members));
        match least {
            Some(0) => {
                assert!(own.without <= 400 && own.one_less.is_none() && own.missed == own.without);
                nothing += 1;
            }
            Some(least) => {
                assert!(own.missed <= 400 && own.one_less.unwrap() > 400 && own.without > 400);
                assert_eq!(own.asked, legal.target(told.quotas[0].base) + least as u64);
                // The draws by which nothing was chosen say as much, by chance of five deviations.
                let (likely, n) = (all[least].0, 2000.0);
                let deviation = (likely * (1.0 - likely) * n).sqrt();
                assert!((f64::from(own.afresh) - likely * n).abs() <= 5.0 * deviation + 1e-6);
                some += 1;
            }
            None => {
                assert!(own.missed > 400);
                none += 1;
            }
        }
    }
    assert!(some > 8 && nothing > 2 && none > 2, "{some} {nothing} {none}");
}

/// What is no probability is refused with its pair, and so is what nothing tells; an assumed one stands for it, and is told.
#[test]
fn a_probability_is_from_none_to_all() {
    let pack = pack("share = \"part\"", "\"1/3\"");
    let rule = rule(&pack);
    let unit = "logement_id,taille\nL1,1\n".to_string();
    let requests = "demande_id,besoin,points,accepte,modeste\nD1,1,3,11,true\nD2,1,2,,true\nD3,1,1,5,false\n";
    let draws = Draws { draws: 1000, allowed: 100, seed: 1 };
    let told = |requests: &str, assumed: Option<Exact>| {
        let posing = posed(&pack, &rule, &(requests.to_string(), unit.clone()));
        posing.margins(Likely { rule: Some(&rule), assumed }, &[3], draws)
    };
    let words = |error: AllocationError| error.to_string();
    assert_eq!(
        words(told(requests, None).unwrap_err()),
        "D1:L1 : `acceptation` donne 1.1, attendu : un nombre de 0 à 1\n\
         D2:L1 : `acceptation` n'est pas connu, attendu : un nombre de 0 à 1"
    );
    let half = Some(Exact::new(1, 2));
    assert!(words(told(requests, half).unwrap_err()).starts_with("D1:L1"));
    let found = told(&requests.replace("11", "4"), half).unwrap();
    assert_eq!(found.without.assumed, 1);
    // 4 in 10, then half of what is left, then half of that.
    let leases = found.without.leases as f64 / 1000.0;
    assert!((leases - 0.85).abs() < 0.06, "{leases}");
    // Both at once: all take it, nobody does.
    let sure = told("demande_id,besoin,points,accepte,modeste\nD1,1,3,10,true\n", None).unwrap();
    assert_eq!((sure.without.leases, sure.quotas[0].without), (1000, 0));
    let never = told("demande_id,besoin,points,accepte,modeste\nD1,1,3,0,true\n", None).unwrap();
    assert_eq!((never.without.leases, never.quotas[0].without), (0, 0));
}
