//! Households that move, week after week with a ledger: a chain of three counted by hand, and drawn weeks held against a world
//! of the test's own, which knows who lives where.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::ledger::Drawn;
use crate::support::Folder;

const SCHEMA: &str = "\
[demande]\ntable = \"demandes\"\nkey = \"demande_id\"\n[demande.fields]\n\
besoin = { type = \"integer\" }\npoints = { type = \"integer\" }\nmodeste = { type = \"boolean\" }\n\
logement_occupe = { type = \"text\", empty = \"none\" }\n\
[logement]\ntable = \"logements\"\nkey = \"logement_id\"\n[logement.fields]\ntaille = { type = \"integer\" }\n\
[candidature]\npair = [\"demande\", \"logement\"]\n";

const RULES: &str = "//! entité: candidature\n\n\
/// Le logement convient.\nfn convient(besoin, taille) { taille == besoin }\n\n\
/// Adéquation.\nfn adequation(besoin, taille) { 900 - 100 * (taille - besoin) }\n\n\
/// Qui peut être proposé par le préfet.\nfn prefet_propose(modeste) { modeste }\n\n\
/// Qui peut être proposé par la ville.\nfn ville_propose(modeste) { modeste || !modeste }\n";

/// A third of what is attributed in the year is the prefect's, who proposes the modest only.
const PACK: &str = "name = \"essai\"\n\
[matching]\ncandidature = \"candidature\"\nsuitable = \"convient\"\npriority = \"points\"\n\
fit = \"adequation\"\nheld = \"logement_occupe\"\n\
[[matching.quotas]]\nname = \"du_prefet\"\ncharged = \"prefet\"\nshare = \"part\"\n\
[matching.flow]\n\
[[matching.flow.holders]]\nname = \"prefet\"\nproposes = \"prefet_propose\"\n\
[[matching.flow.holders]]\nname = \"ville\"\nproposes = \"ville_propose\"\n";

const SHARE: &str =
    "[part]\n[[part.values]]\nfrom = 2016-01-01\nsource = { title = \"s\" }\nvalue = \"1/3\"\n";

const HEAD: &str = "demande_id,besoin,points,modeste,logement_occupe\n";

fn folder(rules: &str) -> Folder {
    let rules = [("regles/schema.toml", SCHEMA), ("regles/r.rhai", rules)];
    Folder::of(&[&rules[..], &[("regles/pack.toml", PACK), ("regles/part.toml", SHARE)]].concat())
}

fn on(folder: &Folder, command: &str, day: &str, more: &[&str]) -> (i32, String, String) {
    let base = [command, "--rules", "regles", "--data", "donnees", "--as-of", day, "--ledger", "r.db"];
    folder.logis(&[&base[..], more].concat())
}

fn commission(folder: &Folder, day: &str, more: &[&str]) -> (i32, String, String) {
    on(folder, "commission", day, &[&["--format", "csv"], more].concat())
}

fn answer(folder: &Folder, rows: &str) -> (i32, String, String) {
    folder.write("reponses.csv", &format!("demande_id,logement_id,reponse,date\n{rows}"));
    folder.logis(&["ledger", "answers", "--rules", "regles", "--ledger", "r.db", "reponses.csv"])
}

/// Unit, rank and request of the rows of lists.
fn rows(csv: &str) -> Vec<(String, String)> {
    let row = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        (cells[0].to_string(), cells[2].to_string())
    };
    csv.lines().skip(1).map(row).collect()
}

/// The balance of the prefect in a result: due, had, here, left.
fn balance(result: &str) -> [i64; 4] {
    let result: Value = serde_json::from_str(result).unwrap();
    ["due", "had", "run", "left"].map(|key| result["flow"][0][key].as_i64().unwrap())
}

/// V is vacant; D1 lives in L1 and would go there, D2 in L2 and would go to L1, where D4 is the next, D3 to L2. The first
/// week three are housed, and the prefect, a third of three, is due one, by D2, the only modest one besides D4. D2 refuses:
/// it stays, D3's place falls, and L1 goes to D4, who is charged to the prefect, as was the first of the list. The second
/// week D1 holds L1 no more, nor D2 anything but L2; a new L5 is D2's, who leaves L2 to D3: of four leases and moves of the
/// year two are due, rounded up.
#[test]
fn the_middle_of_a_chain_refuses_and_the_week_after_knows_who_lives_where() {
    let folder = folder(RULES);
    folder.write(
        "donnees/demandes.csv",
        &format!("{HEAD}D1,1,5,false,L1\nD2,2,9,true,L2\nD3,3,7,false,\nD4,2,4,true,\n"),
    );
    let units = "logement_id,taille\nL1,2\nL2,3\nV,1\n";
    folder.write("donnees/logements.csv", units);
    let (code, lists, err) = commission(&folder, "2017-07-03", &["--append"]);
    assert_eq!(code, 0, "{err}");
    let expected = "L1,1,D2,9,900,false,prefet\nL1,2,D4,4,900,false,prefet\nL2,1,D3,7,900,false,ville\nV,1,D1,5,900,false,ville\n";
    assert_eq!(lists.split_once('\n').unwrap().1, expected);
    assert!(err.contains("L1: libre seulement si la demande D1, qui l'occupe, accepte V\n"), "{err}");
    assert!(err.contains("L2: libre seulement si la demande D2, qui l'occupe, accepte L1\n"), "{err}");
    let shown = folder.logis(&["ledger", "show", "--ledger", "r.db", "--format", "csv"]).1;
    let line = |at: usize| shown.lines().nth(at).unwrap().to_string();
    assert!(
        line(2).contains(r#"""imputation"":""prefet"",""occupe_par"":""D1"",""quitte"":""L2"""#),
        "{shown}"
    );
    assert!(!line(3).contains("quitte") && line(3).contains("occupe_par"), "{shown}");
    assert!(line(5).contains("quitte") && !line(5).contains("occupe_par"), "{shown}");

    let refused = |rows: &str, why: &str| {
        let (code, _, err) = answer(&folder, rows);
        assert!(code == 2 && err.contains(why), "{rows}: {err}");
    };
    let early = "reponses.csv:2: colonne `logement_id`: « L2 » est occupé par la demande D2, qui n'a pas signé; attendu: d'abord son bail (dans un échange: l'acceptation de chacun)";
    refused("D3,L2,bail,2017-07-05\n", early);
    let said = "D3,L2,acceptation,2017-07-04\nD2,L1,refus,2017-07-04\nD1,V,bail,2017-07-05\n";
    assert_eq!(answer(&folder, said).0, 0);
    let fallen = "« L2 » reste à la demande D2, qui l'occupe: sa proposition est tombée, ligne 7 du registre; attendu: une proposition nouvelle";
    refused("D3,L2,bail,2017-07-05\n", fallen);
    assert_eq!(answer(&folder, "D4,L1,bail,2017-07-06\n").0, 0);

    // The data are those of before: D1 in L1 still.
    folder.write("donnees/logements.csv", &format!("{units}L5,2\n"));
    let (code, result, err) = on(&folder, "match", "2017-07-10", &["--format", "json"]);
    assert_eq!(code, 0, "{err}");
    let given = |result: &str| {
        let result: Value = serde_json::from_str(result).unwrap();
        let pair = |own: &Value| {
            format!("{}:{}", own["demande_id"].as_str().unwrap(), own["logement_id"].as_str().unwrap())
        };
        result["attributions"].as_array().unwrap().iter().map(pair).collect::<Vec<_>>()
    };
    assert_eq!(given(&result), ["D1:V", "D2:L5", "D3:L2", "D4:L1"]);
    assert_eq!(balance(&result), [2, 0, 2, 0]);
    let stale = "registre: demandes qui n'occupent plus le logement que disent les données, quitté ou loué depuis: 1\n";
    assert!(err.contains(stale), "{err}");
    folder.write("resultat.json", &result);
    let verified = on(&folder, "verify", "2017-07-10", &["--match", "resultat.json"]);
    assert_eq!(verified.0, 0, "{}", verified.2);

    let (code, lists, err) = commission(&folder, "2017-07-10", &["--append"]);
    assert_eq!(code, 0, "{err}");
    let expected =
        [("L2", "D3"), ("L5", "D2")].map(|(unit, request)| (unit.to_string(), request.to_string()));
    assert_eq!(rows(&lists), expected);
    assert!(err.contains("quota du_prefet: 1 sur 2 baux depuis le 1er janvier 2017"), "{err}");
    // The same from data that know of the leases.
    let new = format!("{HEAD}D1,1,5,false,V\nD2,2,9,true,L2\nD3,3,7,false,\nD4,2,4,true,L1\n");
    folder.write("donnees/demandes.csv", &new);
    let shown = folder.logis(&["ledger", "show", "--ledger", "r.db", "--format", "csv"]).1;
    let again = commission(&folder, "2017-07-10", &["--up-to", "9"]);
    assert_eq!(rows(&again.1), expected, "{}", again.2);
    assert_eq!(shown.lines().count(), 13, "{shown}");
    refused("D3,L2,bail,2017-07-11\n", "« L2 » est occupé par la demande D2");
    assert_eq!(answer(&folder, "D2,L5,bail,2017-07-11\nD3,L2,bail,2017-07-11\n").0, 0);
    let (_, lists, err) = commission(&folder, "2017-07-17", &[]);
    assert_eq!(rows(&lists), [], "{err}");
    assert!(err.contains("quota du_prefet: 2 sur 4 baux depuis le 1er janvier 2017"), "{err}");
}

/// Who lives where, and what was offered and said: nothing of it comes from the ledger.
#[derive(Default)]
struct World {
    home: BTreeMap<String, String>,
    signed: BTreeSet<String>,
    /// Units with the requests to whom they are offered; those that fell or were refused are gone.
    lists: BTreeMap<String, Vec<String>>,
    refused: BTreeSet<(String, String)>,
    accepted: BTreeMap<String, String>,
}

impl World {
    fn tenant(&self, unit: &str) -> Option<&String> {
        self.home.iter().find(|(_, own)| *own == unit).map(|(request, _)| request)
    }

    /// Does everybody who would have to leave for a request to have a unit leave, each for the unit of the next?
    fn ring(&self, request: &str, unit: &str) -> bool {
        let mut at = unit;
        for _ in 0..=self.home.len() {
            let Some(tenant) = self.tenant(at) else { return false };
            if tenant == request {
                return true;
            }
            let first =
                |unit: &&String| self.lists.get(*unit).is_some_and(|list| list.first() == Some(tenant));
            let Some(next) = self.accepted.get(tenant).filter(first) else { return false };
            at = next;
        }
        false
    }

    /// Lists whose tenant stands in none fall, and so on.
    fn fall(&mut self) {
        loop {
            let stands = |request: &String| self.lists.values().any(|list| list.contains(request));
            let falls = |unit: &&String| self.tenant(unit).is_some_and(|tenant| !stands(tenant));
            let Some(unit) = self.lists.keys().find(falls).cloned() else { return };
            self.lists.remove(&unit);
            self.accepted.retain(|_, own| *own != unit);
        }
    }

    fn signs(&mut self, request: &str, unit: &str) {
        self.home.insert(request.to_string(), unit.to_string());
        self.signed.insert(request.to_string());
        self.accepted.remove(request);
        self.lists.remove(unit);
        self.lists.values_mut().for_each(|list| list.retain(|own| own != request));
        self.fall();
    }

    /// The rows of requests: where each lives, or lived at first.
    fn data(&self, wants: &[(u64, u64, bool)], first: &BTreeMap<String, String>, now: bool) -> String {
        let row = |(at, (need, points, modest)): (usize, &(u64, u64, bool))| {
            let id = format!("D{at:02}");
            let home = if now { &self.home } else { first };
            let home = home.get(&id).map_or("", |home| home.as_str());
            format!("{id},{need},{points},{modest},{home}\n")
        };
        format!("{HEAD}{}", wants.iter().enumerate().map(row).collect::<String>())
    }
}

/// Drawn weeks with tenants: a unit is offered only if it is empty or its tenant stands somewhere; a lease is taken where
/// the world has the unit empty, or an exchange that all have accepted, and in no other case; data of before and data of
/// today give the same lists; each session is given again from the ledger of its day; a matching on it can be verified.
#[test]
fn drawn_weeks_of_households_that_move() {
    let rules = RULES.replace("taille == besoin", "taille >= besoin");
    let (mut moved, mut fell, mut rings, mut early, mut signed) = (0, 0, 0, 0, 0);
    for seed in 1..=5 {
        let mut draw = Drawn(0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(seed));
        let folder = folder(&rules);
        let wants: Vec<(u64, u64, bool)> =
            (0..10).map(|_| (1 + draw.below(3), draw.below(90), draw.below(2) == 0)).collect();
        let mut world = World::default();
        let mut sizes: Vec<u64> = (0..5).map(|_| 1 + draw.below(3)).collect();
        for unit in 0..5 {
            let request = format!("D{:02}", draw.below(10));
            world.home.entry(request).or_insert_with(|| format!("L{unit:02}"));
        }
        let homes = world.home.clone();
        let (mut kept, mut line) = (Vec::new(), 0);
        for week in 0..4 {
            sizes.extend((0..draw.below(3)).map(|_| 1 + draw.below(3)));
            let units = sizes.iter().enumerate().map(|(at, size)| format!("L{at:02},{size}\n"));
            let units = format!("logement_id,taille\n{}", units.collect::<String>());
            folder.write("donnees/logements.csv", &units);
            let day = format!("2017-07-{:02}", 3 + 6 * week);
            folder.write("donnees/demandes.csv", &world.data(&wants, &homes, true));
            let today = if week == 2 { Some(commission(&folder, &day, &[])) } else { None };
            let requests = world.data(&wants, &homes, false);
            folder.write("donnees/demandes.csv", &requests);
            let (code, lists, err) = commission(&folder, &day, &["--append"]);
            assert_eq!(code, 0, "{err}");
            if let Some(today) = today {
                assert_eq!((today.0, &today.1), (0, &lists), "{seed}: {} {err}", today.2);
            }
            kept.push((units, requests, day.clone(), line, lists.clone()));
            let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
            rows(&lists).into_iter().for_each(|(unit, request)| found.entry(unit).or_default().push(request));
            for (unit, list) in &found {
                let standing = world.lists.get(unit).filter(|list| !list.is_empty());
                assert!(
                    standing.is_none_or(|before| before == list),
                    "{seed}: {unit} {lists} {:?}",
                    world.lists
                );
                let tenant = world.tenant(unit);
                assert!(!tenant.is_some_and(|tenant| world.signed.contains(tenant)), "{unit} is let");
                // Whoever lives there stands somewhere, and so may leave.
                assert!(
                    tenant.is_none_or(|tenant| found.values().any(|list| list.contains(tenant))),
                    "{seed}: {unit} {lists}"
                );
                for request in list {
                    let pair = (request.clone(), unit.clone());
                    assert!(!world.signed.contains(request) && !world.refused.contains(&pair), "{pair:?}");
                    assert!(world.home.get(request) != Some(unit), "{pair:?}");
                }
            }
            let standing = world.lists.iter().filter(|(_, list)| !list.is_empty());
            assert!(
                standing.clone().all(|(unit, _)| found.contains_key(unit)),
                "{seed}: {lists} {:?}",
                world.lists
            );
            world.lists = found;
            for _ in 0..12 {
                let units: Vec<String> =
                    world.lists.iter().filter(|own| !own.1.is_empty()).map(|own| own.0.clone()).collect();
                if units.is_empty() {
                    break;
                }
                let unit = units[draw.below(units.len() as u64) as usize].clone();
                let request = world.lists[&unit][0].clone();
                let accepted = world.accepted.get(&request).cloned();
                match draw.below(8) {
                    0 => {
                        assert_eq!(answer(&folder, &format!("{request},{unit},refus,{day}\n")).0, 0);
                        world.refused.insert((request.clone(), unit.clone()));
                        world.lists.get_mut(&unit).unwrap().remove(0);
                        world.accepted.retain(|own, at| (own, &*at) != (&request, &unit));
                        let before = world.lists.len();
                        world.fall();
                        fell += before - world.lists.len();
                    }
                    1..4 if accepted.is_none() => {
                        assert_eq!(answer(&folder, &format!("{request},{unit},acceptation,{day}\n")).0, 0);
                        world.accepted.insert(request, unit);
                    }
                    4.. if accepted.as_ref().is_none_or(|own| *own == unit) => {
                        let may = world.tenant(&unit).is_none() || world.ring(&request, &unit);
                        let (code, _, err) = answer(&folder, &format!("{request},{unit},bail,{day}\n"));
                        assert_eq!(code == 0, may, "{seed}: {request} {unit} {err} {:?}", world.home);
                        if !may {
                            early += 1;
                            continue;
                        }
                        // The whole ring signs on the same day.
                        let mut all = vec![(request, unit)];
                        while let Some(tenant) =
                            world.tenant(&all[all.len() - 1].1).filter(|tenant| **tenant != all[0].0)
                        {
                            all.push((tenant.clone(), world.accepted[tenant].clone()));
                        }
                        rings += usize::from(all.len() > 1);
                        for (request, unit) in &all[1..] {
                            let (code, _, err) = answer(&folder, &format!("{request},{unit},bail,{day}\n"));
                            assert_eq!(code, 0, "{seed}: {err}");
                        }
                        moved += all.iter().filter(|own| world.home.contains_key(&own.0)).count();
                        signed += all.len();
                        for (request, _) in &all {
                            world.home.remove(request);
                        }
                        all.iter().for_each(|(request, unit)| world.signs(request, unit));
                    }
                    _ => {}
                }
            }
            let shown = folder.logis(&["ledger", "show", "--ledger", "r.db", "--format", "csv"]).1;
            line = shown.lines().count() - 1;
            if week < 3 {
                continue;
            }
            let (code, result, err) = on(&folder, "match", &day, &["--format", "json"]);
            assert_eq!(code, 0, "{err}");
            folder.write("resultat.json", &result);
            let (code, _, err) = on(&folder, "verify", &day, &["--match", "resultat.json"]);
            assert_eq!(code, 0, "{seed}: {err}");
        }
        for (units, requests, day, line, lists) in kept {
            folder.write("donnees/logements.csv", &units);
            folder.write("donnees/demandes.csv", &requests);
            let (code, then, err) = commission(&folder, &day, &["--up-to", &line.to_string()]);
            assert_eq!((code, then), (0, lists), "{err}");
            assert!(err.contains(&format!("du {day}, est celle-ci")), "{err}");
        }
    }
    assert!(
        moved > 5 && fell > 1 && rings > 0 && early > 3 && signed > 10,
        "{moved} {fell} {rings} {early} {signed}"
    );
}
