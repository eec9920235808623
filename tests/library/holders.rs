//! Quotas that count by a value of the unit, and attributions that are charged to one holder each, against every answer of small
//! drawn data: who has what, and who is charged with it. The judge reads the data and the leases of before by itself.

use std::collections::BTreeMap;

use logis::attribution::{Balance, CountedLease, Recorded, Report};
use logis::{AllocationError, Options, Pack};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::conditions::{pose, pose_with};
use crate::small::{MATCHING, parameter, read, schema};

/// The holders, in the order of the pack.
const HOLDERS: [&str; 3] = ["prefet", "commune", "employeur"];

const QUOTAS: &str = r#"
[[matching.quotas]]
name = "modestes"
members = "modeste"
share = "moitie"
scope = "bailleur"
[[matching.quotas]]
name = "prefet"
base = "flux"
charged = "prefet"
share = "tiers"
at_most = true
scope = "bailleur"
[[matching.quotas]]
name = "commune"
charged = "commune"
number = "une"
[[matching.quotas]]
name = "modestes_du_prefet"
members = "modeste"
charged = "prefet"
share = "moitie"
[[matching.quotas]]
name = "employeur"
base = "flux"
charged = "employeur"
share = "par_bailleur"
scope = "bailleur"
[matching.flow]
units = "flux"
holder = "reservataire"
"#;

fn holders_pack() -> Pack {
    let fields = schema(
        &[
            "besoin: integer",
            "points: integer",
            "modeste: boolean",
            "prefet: boolean",
            "commune: boolean",
            "employeur: boolean",
        ],
        &["taille: integer", "bailleur: text", "flux: boolean", "reservataire: text"],
    );
    let holders = HOLDERS.map(|name| {
        format!(
            "[[matching.flow.holders]]\nname = \"{name}\"\nlabel = \"Le {name}\"\nproposes = \"{name}\"\n"
        )
    });
    let manifest = format!("{MATCHING}{QUOTAS}{}", holders.concat());
    let rules = "//! entité: candidature\n\
        /// source: s\nfn convient(taille, besoin) { taille >= besoin }\n\
        /// source: s\nfn adequation(taille, besoin) { 900 - 100 * (taille - besoin) }";
    let by = "[par_bailleur]\nby = [\"bailleur\"]\n[[par_bailleur.values]]\nfrom = 2010-01-01\n\
        source = { title = \"s\" }\nA = 0.5\nB = 0.25\n";
    let parameters =
        [parameter("moitie", "0.5"), parameter("tiers", "0.25"), parameter("une", "1")].concat() + by;
    read(&fields, &manifest, rules, &parameters).unwrap()
}

#[derive(Clone, Debug)]
struct Request {
    need: i64,
    points: u64,
    modest: Option<bool>,
    may: [Option<bool>; 3],
}

#[derive(Clone, Debug)]
struct Unit {
    size: i64,
    landlord: Option<char>,
    flow: Option<bool>,
    holder: Option<&'static str>,
}

/// An attribution: request, unit, and the place of the holder who is charged.
type Used = (usize, usize, Option<usize>);

/// A quota as the judge counts it.
#[derive(Clone, Debug)]
struct Line {
    name: String,
    landlord: Option<char>,
    family: &'static str,
}

/// Every answer: each request has nothing, or a unit that nobody has, charged to one of those who may propose it.
fn every(requests: usize, all: &[Used], taken: &mut Vec<Used>, f: &mut impl FnMut(&[Used])) {
    let Some(request) = requests.checked_sub(1) else { return f(taken) };
    every(request, all, taken, f);
    for used in all.iter().filter(|used| used.0 == request) {
        if !taken.iter().any(|(_, unit, _)| *unit == used.1) {
            taken.push(*used);
            every(request, all, taken, f);
            taken.pop();
        }
    }
}

/// What a line counts of an attribution: does it count, is it a member? What is not known counts, and is no member (or, where
/// members may be so many at most, is one).
fn counts(line: &Line, (request, unit, holder): (&Request, &Unit, Option<usize>)) -> (bool, bool) {
    let of_landlord = line.landlord.is_none() || unit.landlord.is_none() || unit.landlord == line.landlord;
    let known = line.landlord.is_none() || unit.landlord.is_some();
    let in_flow = unit.flow != Some(false);
    let charged = |name: &str| holder.is_some_and(|holder| HOLDERS[holder] == name);
    match line.family {
        "modestes" => (of_landlord, of_landlord && known && request.modest == Some(true)),
        // At most: a member unless it is known that it is none; one that may be of the base counts against it.
        "prefet" => {
            let base = of_landlord && in_flow;
            (base, base && !(known && unit.flow == Some(true) && !charged("prefet")))
        }
        "commune" => (true, charged("commune")),
        "modestes_du_prefet" => (charged("prefet"), charged("prefet") && request.modest == Some(true)),
        _ => {
            let base = of_landlord && in_flow;
            (base, base && known && unit.flow == Some(true) && charged("employeur"))
        }
    }
}

/// How many members lack, or are too many, of what counts in all.
fn lacking(line: &Line, base: usize, members: usize) -> usize {
    let enough = |lack: &usize| match (line.family, line.landlord) {
        ("prefet", _) => 4 * members.saturating_sub(*lack) <= base,
        ("commune", _) => members + lack >= 1,
        ("employeur", Some('B')) => 4 * (members + lack) >= base,
        _ => 2 * (members + lack) >= base,
    };
    (0..).find(enough).unwrap()
}

fn cell<T: ToString>(value: &Option<T>) -> String {
    value.as_ref().map_or_else(String::new, ToString::to_string)
}

fn rows(requests: &[Request], units: &[Unit]) -> (String, String) {
    let mut demandes = "demande_id,besoin,points,modeste,prefet,commune,employeur\n".to_string();
    for (at, Request { need, points, modest, may }) in requests.iter().enumerate() {
        let may = may.each_ref().map(cell).join(",");
        demandes += &format!("D{at},{need},{points},{},{may}\n", cell(modest));
    }
    let mut logements = "logement_id,taille,bailleur,flux,reservataire\n".to_string();
    for (at, Unit { size, landlord, flow, holder }) in units.iter().enumerate() {
        logements += &format!("L{at},{size},{},{},{}\n", cell(landlord), cell(flow), cell(holder));
    }
    (demandes, logements)
}

fn draw(rng: &mut ChaCha8Rng) -> (Vec<Request>, Vec<Unit>) {
    let perhaps = |rng: &mut ChaCha8Rng| (rng.random_range(0..8) > 0).then(|| rng.random_range(0..2) == 0);
    let requests = (0..rng.random_range(1..5))
        .map(|_| Request {
            need: rng.random_range(1..4),
            points: rng.random_range(0..4),
            modest: perhaps(rng),
            may: [perhaps(rng), Some(rng.random_range(0..2) == 0), Some(rng.random_range(0..2) == 0)],
        })
        .collect();
    let units = (0..rng.random_range(1..4))
        .map(|_| Unit {
            size: rng.random_range(1..5),
            landlord: (rng.random_range(0..7) > 0).then(|| ['A', 'B', 'C'][rng.random_range(0..3)]),
            flow: match rng.random_range(0..8) {
                0 => None,
                n => Some(n > 2),
            },
            holder: [Some("prefet"), Some("commune"), Some("personne"), None][rng.random_range(0..4)],
        })
        .collect();
    (requests, units)
}

/// The lines that the data make of the quotas, in order.
fn lines(units: &[Unit]) -> Vec<Line> {
    let mut landlords: Vec<char> = units.iter().filter_map(|unit| unit.landlord).collect();
    landlords.sort_unstable();
    landlords.dedup();
    let mut lines = Vec::new();
    for family in ["modestes", "prefet", "commune", "modestes_du_prefet", "employeur"] {
        let one = |landlord: Option<char>| Line {
            name: landlord.map_or_else(|| family.to_string(), |own| format!("{family} [{own}]")),
            landlord,
            family,
        };
        match family {
            "commune" | "modestes_du_prefet" => lines.push(one(None)),
            // The table of shares has no row for the landlord C.
            "employeur" => {
                lines.extend(landlords.iter().filter(|own| **own != 'C').map(|own| one(Some(*own))))
            }
            _ => lines.extend(landlords.iter().map(|own| one(Some(*own)))),
        }
    }
    lines
}

/// Whom a pair may be charged to.
fn may(request: &Request, unit: &Unit) -> Vec<Option<usize>> {
    match unit.flow {
        Some(true) => {
            let all: Vec<Option<usize>> =
                (0..3).filter(|h| request.may[*h] == Some(true)).map(Some).collect();
            if all.is_empty() { vec![None] } else { all }
        }
        Some(false) => vec![unit.holder.and_then(|name| HOLDERS.iter().position(|own| *own == name))],
        None => vec![None],
    }
}

/// The answer, and who is charged with what, are the best of all, with what counted before; the written result holds, says the
/// balances, and is refused where it charges somebody else.
#[test]
fn charges_and_scopes_are_the_best_of_all() {
    let pack = holders_pack();
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let (mut chosen, mut late, mut forged) = (0, 0, 0);
    for drawn in 0..250 {
        let (requests, units) = draw(&mut rng);
        let lines = lines(&units);
        // What was leased before, of requests and units that have gone: in which line each counts.
        let mut before: BTreeMap<String, (usize, usize)> = BTreeMap::new();
        let mut counted = Vec::new();
        for lease in 0..rng.random_range(0..4) {
            let own = lines.iter().filter(|_| rng.random_range(0..3) == 0).map(|line| line.name.clone());
            let own: Vec<String> = own.collect();
            let quotas: Vec<(String, bool)> =
                own.into_iter().map(|name| (name, rng.random_range(0..2) == 0)).collect();
            for (name, member) in &quotas {
                let slot = before.entry(name.clone()).or_default();
                *slot = (slot.0 + 1, slot.1 + usize::from(*member));
            }
            counted.push(CountedLease {
                pair: (format!("X{lease}"), format!("Y{lease}")),
                quotas,
                ended: false,
            });
        }
        let pairs = (0..requests.len()).flat_map(|r| (0..units.len()).map(move |u| (r, u)));
        let suits = |&(r, u): &(usize, usize)| units[u].size >= requests[r].need;
        let all: Vec<Used> = pairs
            .filter(suits)
            .flat_map(|(r, u)| may(&requests[r], &units[u]).into_iter().map(move |holder| (r, u, holder)))
            .collect();
        let levels = |answer: &[Used]| -> Vec<i64> {
            let lack = lines.iter().map(|line| {
                let (mut base, mut members) = before.get(&line.name).copied().unwrap_or_default();
                for &(r, u, holder) in answer {
                    let own = counts(line, (&requests[r], &units[u], holder));
                    (base, members) = (base + usize::from(own.0), members + usize::from(own.1));
                }
                -(lacking(line, base, members) as i64)
            });
            let points: u64 = answer.iter().map(|(r, ..)| requests[*r].points).sum();
            let fit: i64 =
                answer.iter().map(|&(r, u, _)| 900 - 100 * (units[u].size - requests[r].need)).sum();
            [answer.len() as i64].into_iter().chain(lack).chain([points as i64, fit]).collect()
        };
        let mut best = Vec::new();
        every(requests.len(), &all, &mut Vec::new(), &mut |answer| best = best.clone().max(levels(answer)));

        let mut options = Options::default();
        let (made, out, struck, charges) = (vec![], vec![], vec![], vec![]);
        options.recorded = Some(Recorded {
            left: logis::attribution::Left::default(),
            head: "sha256:1".to_string(),
            made,
            out,
            struck,
            charges,
            counted,
        });
        let (demandes, logements) = rows(&requests, &units);
        let text = format!("{drawn}\n{demandes}{logements}{before:?}");
        let posing = pose(&pack, &options, &demandes, &logements);
        let names: Vec<&str> = posing.plan.quotas.iter().map(|quota| quota.quota.name.as_str()).collect();
        assert_eq!(names, lines.iter().map(|line| line.name.as_str()).collect::<Vec<_>>(), "{text}");
        let unknown: usize =
            posing.plan.unknown_units.iter().filter(|own| own.scope).map(|own| own.rows.len()).sum();
        assert_eq!(unknown, units.iter().filter(|unit| unit.landlord.is_none()).count(), "{text}");
        let allocation = posing.clone().solve(None).unwrap();
        assert!(allocation.gaps.none(), "{text}");
        let report = allocation.report().unwrap();
        let number =
            |id: &serde_json::Value| -> usize { id.as_str().unwrap().get(1..).unwrap().parse().unwrap() };
        let own: Vec<Used> = report
            .attributions
            .iter()
            .map(|row| {
                let holder = row["charged"].as_str();
                let holder = holder.map(|name| HOLDERS.iter().position(|own| *own == name).unwrap());
                (number(&row["demande_id"]), number(&row["logement_id"]), holder)
            })
            .collect();
        assert!(own.iter().all(|used| all.contains(used)), "{text}");
        assert_eq!(levels(&own), best, "{text}");
        late += usize::from(best[1..=lines.len()].iter().any(|lack| *lack < 0));
        chosen += usize::from(
            own.iter().any(|used| all.iter().filter(|o| (o.0, o.1) == (used.0, used.1)).count() > 1),
        );
        // What is due, had, had now and left, of the convention of a number.
        let commune: &Balance =
            report.flow.as_ref().unwrap().iter().find(|own| own.quota == "commune").unwrap();
        let had = before.get("commune").map_or(0, |own| own.1) as u64;
        let run = own.iter().filter(|(.., holder)| *holder == Some(1)).count() as u64;
        let left = 1 - (had + run) as i64;
        assert_eq!((commune.due, commune.had, commune.run, commune.left), (1, had, run, left), "{text}");

        let written = serde_json::to_string(&report).unwrap();
        posing.clone().verify(&Report::read(&written).unwrap()).unwrap();
        // Charged to whom it cannot be, or so that quotas count otherwise, or with another balance.
        for (from, to) in
            [("\"charged\":\"prefet\"", "\"charged\":\"commune\""), ("\"left\":1,", "\"left\":2,")]
        {
            let other = written.replacen(from, to, 1);
            if other != written {
                forged += 1;
                assert!(posing.clone().verify(&Report::read(&other).unwrap()).is_err(), "{other} {text}");
            }
        }
    }
    assert!(chosen > 60 && late > 60 && forged > 30, "{chosen} {late} {forged}");
}

/// A lease of before that is in these data is charged as it was; where its holder may propose no more, both sides are out, and
/// what it counted counts.
#[test]
fn a_lease_stays_charged_as_it_was() {
    let pack = holders_pack();
    let demandes = "demande_id,besoin,points,modeste,prefet,commune,employeur\n\
        D0,1,1,true,true,true,true\nD1,1,2,false,true,true,false\n";
    let logements = "logement_id,taille,bailleur,flux,reservataire\nL0,1,A,true,\nL1,1,A,true,\n";
    let ids = |r: &str, u: &str| (r.to_string(), u.to_string());
    let posed = |holder: &str| {
        let mut options = Options::default();
        options.recorded = Some(Recorded {
            left: logis::attribution::Left::default(),
            made: vec![ids("D0", "L0")],
            charges: vec![(ids("D0", "L0"), Some(holder.to_string()))],
            counted: vec![CountedLease {
                pair: ids("D0", "L0"),
                quotas: vec![
                    ("commune".to_string(), holder == "commune"),
                    ("modestes [A]".to_string(), true),
                ],
                ended: false,
            }],
            ..Recorded::default()
        });
        pose(&pack, &options, demandes, logements)
    };
    for holder in ["prefet", "commune", "employeur"] {
        let report = posed(holder).solve(None).unwrap().report().unwrap();
        let own = report.attributions.iter().find(|row| row["demande_id"] == "D0").unwrap();
        assert_eq!(own["charged"], holder);
    }
    let gone = posed("region");
    assert_eq!(gone.unmade, [ids("D0", "L0")]);
    let report = gone.solve(None).unwrap().report().unwrap();
    assert_eq!(report.attributions.len(), 1);
    let modest = report.quotas.iter().find(|quota| quota.name == "modestes [A]").unwrap();
    assert_eq!(modest.already.map(|own| (own.members, own.base)), Some((1, 1)));
}

/// A quota with a scope is hard as a whole, or for one value; a value that the data have not is told.
#[test]
fn a_value_of_a_scope_can_be_hard() {
    let pack = holders_pack();
    let (demandes, logements) = (
        "demande_id,besoin,points,modeste,prefet,commune,employeur\nD0,1,1,true,true,true,true\n",
        "logement_id,taille,bailleur,flux,reservataire\nL0,1,A,true,\nL1,1,B,true,\n",
    );
    let hard = |name: &str| {
        let mut options = Options::default();
        options.hard = vec![name.to_string()];
        pose_with(&pack, &options, demandes, logements).map(|posing| posing.flags.hard)
    };
    assert_eq!(hard("modestes").unwrap(), ["modestes [A]", "modestes [B]"]);
    assert_eq!(hard("modestes [B]").unwrap(), ["modestes [B]"]);
    assert!(matches!(hard("modestes [D]"), Err(AllocationError::UnknownQuota { nearest: Some(_), .. })));
    assert!(matches!(hard("modeste"), Err(AllocationError::UnknownQuota { nearest: Some(_), .. })));
    // More values than a matching takes quotas.
    let many: String = (0..30).map(|n| format!("L{n},1,bailleur {n},true,\n")).collect();
    let many = format!("logement_id,taille,bailleur,flux,reservataire\n{many}");
    let error = pose_with(&pack, &Options::default(), demandes, &many).unwrap_err().to_string();
    assert!(error.contains("le quota `modestes` se compte par `bailleur`, qui a 30 valeurs"), "{error}");
}

/// A manifest that names a holder that is none, or counts by a date, is refused.
#[test]
fn a_manifest_that_charges_wrongly_is_refused() {
    let fields =
        schema(&["besoin: integer", "points: integer"], &["taille: integer", "jour: date", "flux: boolean"]);
    let rules = "//! entité: candidature\n\
        /// source: s\nfn convient(taille, besoin) { taille >= besoin }\n\
        /// source: s\nfn adequation(taille, besoin) { 900 - 100 * (taille - besoin) }";
    let told = |more: &str| {
        let manifest = format!("{MATCHING}{more}");
        let error = read(&fields, &manifest, rules, &parameter("moitie", "0.5")).unwrap_err();
        error.diagnostics.iter().map(|own| own.code.to_string()).collect::<Vec<_>>()
    };
    let quota = "[[matching.quotas]]\nname = \"q\"\nshare = \"moitie\"\n";
    let flow = "[[matching.flow.holders]]\nname = \"prefet\"\nproposes = \"convient\"\n";
    assert_eq!(told(&format!("{quota}charged = \"prefets\"\n{flow}")), ["L0401"]);
    assert_eq!(told(&format!("{quota}charged = \"prefet\"\n")), ["L0401"]);
    assert_eq!(told(&format!("{quota}members = \"flux\"\nscope = \"jour\"\n")), ["L0402"]);
    assert_eq!(told(&format!("{quota}members = \"flux\"\nscope = \"points\"\n")), ["L0401"]);
    assert_eq!(told(&format!("{flow}{flow}")), ["L0404"]);
}
