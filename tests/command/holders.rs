//! Attributions that are charged to one holder each, week after week with a ledger, held against a count of the test's own; and
//! their proof, checked by a program that knows the page on the certificate only.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;

use crate::ledger::Drawn;
use crate::matching_commands::RULES;
use crate::played::{copied, play};
use crate::support::{Folder, files, root, told};

const SCHEMA: &str = "\
[demande]\ntable = \"demandes\"\nkey = \"demande_id\"\n[demande.fields]\n\
besoin = { type = \"integer\" }\npoints = { type = \"integer\" }\nmodeste = { type = \"boolean\" }\n\
prefet = { type = \"boolean\" }\ncommune = { type = \"boolean\" }\n\
[logement]\ntable = \"logements\"\nkey = \"logement_id\"\n[logement.fields]\n\
taille = { type = \"integer\" }\nbailleur = { type = \"text\" }\nflux = { type = \"boolean\" }\n\
reservataire = { type = \"text\" }\n\
[candidature]\npair = [\"demande\", \"logement\"]\n";

const PACK: &str = "name = \"essai\"\n\
[matching]\ncandidature = \"candidature\"\nsuitable = \"convient\"\npriority = \"points\"\n\
fit = \"adequation\"\nblocks = [\"assez_grand\"]\n\
[[matching.quotas]]\nname = \"modestes\"\nmembers = \"modeste\"\nshare = \"moitie\"\nscope = \"bailleur\"\n\
[[matching.quotas]]\nname = \"prefet\"\nbase = \"flux\"\ncharged = \"prefet\"\nshare = \"part\"\nat_most = true\n\
scope = \"bailleur\"\n\
[[matching.quotas]]\nname = \"commune\"\nbase = \"flux\"\ncharged = \"commune\"\nshare = \"moitie\"\n\
[matching.flow]\nunits = \"flux\"\nholder = \"reservataire\"\n\
[[matching.flow.holders]]\nname = \"prefet\"\nproposes = \"prefet\"\n\
[[matching.flow.holders]]\nname = \"commune\"\nproposes = \"commune\"\n";

const SHARES: &str = "[part]\n[[part.values]]\nfrom = 2016-01-01\nsource = { title = \"s\" }\nvalue = 0.3\n\
[moitie]\n[[moitie.values]]\nfrom = 2016-01-01\nsource = { title = \"s\" }\nvalue = 0.5\n";

fn folder() -> Folder {
    let rules = [("regles/schema.toml", SCHEMA), ("regles/r.rhai", RULES)];
    Folder::of(&[&rules[..], &[("regles/pack.toml", PACK), ("regles/parts.toml", SHARES)]].concat())
}

/// Requests and units that come: their rows by identifier.
fn come(
    drawn: &mut Drawn,
    week: u64,
    requests: &mut BTreeMap<String, String>,
    units: &mut BTreeMap<String, String>,
) {
    let yes = |drawn: &mut Drawn| drawn.below(2) == 0;
    for at in 0..8 {
        let (need, points) = (1 + drawn.below(3), drawn.below(50));
        let own = [(); 3].map(|()| yes(drawn).to_string()).join(",");
        requests.insert(format!("D{week}{at:02}"), format!("{need},{points},{own}"));
    }
    for at in 0..4 {
        let (size, landlord) = (2 + drawn.below(3), ["A", "B"][drawn.below(2) as usize]);
        let flow = drawn.below(4) > 0;
        let holder = if flow { "" } else { ["prefet", "commune", ""][drawn.below(3) as usize] };
        units.insert(format!("L{week}{at}"), format!("{size},{landlord},{flow},{holder}"));
    }
}

fn write(folder: &Folder, requests: &BTreeMap<String, String>, units: &BTreeMap<String, String>) {
    let rows = |all: &BTreeMap<String, String>| {
        all.iter().map(|(id, row)| format!("{id},{row}\n")).collect::<String>()
    };
    folder.write(
        "donnees/demandes.csv",
        &format!("demande_id,besoin,points,modeste,prefet,commune\n{}", rows(requests)),
    );
    folder.write(
        "donnees/logements.csv",
        &format!("logement_id,taille,bailleur,flux,reservataire\n{}", rows(units)),
    );
}

/// The balances of a holder: by quota, what is due, was had and is left.
fn balances(result: &Value) -> BTreeMap<String, [i64; 4]> {
    let of = |own: &Value| {
        let numbers = ["due", "had", "run", "left"].map(|key| own[key].as_i64().unwrap());
        (own["quota"].as_str().unwrap().to_string(), numbers)
    };
    result["flow"].as_array().unwrap().iter().map(of).collect()
}

#[test]
fn balances_over_the_weeks_are_those_of_a_count_by_hand() {
    let (folder, mut drawn) = (folder(), Drawn(11));
    let (mut requests, mut units) = (BTreeMap::new(), BTreeMap::new());
    // Leases so far: landlord, is it in flow, and to whom it was charged when it was offered.
    let mut leases: Vec<(String, bool, String)> = Vec::new();
    let on = |command: &str, day: &str, more: &[&str]| {
        let base = [command, "--rules", "regles", "--data", "donnees", "--as-of", day, "--ledger", "r.db"];
        let (code, out, errors) = folder.logis(&[&base[..], more].concat());
        assert_eq!(code, 0, "{command} {more:?}: {errors}");
        (out, errors)
    };
    let (mut charged, mut none_charged) = (0, 0);
    for (week, day) in (1..).zip(["2018-01-08", "2018-01-15", "2018-01-22", "2018-01-29"]) {
        come(&mut drawn, week, &mut requests, &mut units);
        write(&folder, &requests, &units);
        if week > 1 {
            let (out, _) = on("match", day, &["--format", "json"]);
            let result: Value = serde_json::from_str(&out).unwrap();
            let found = balances(&result);
            // In words: how many are charged to nobody.
            let none =
                result["attributions"].as_array().unwrap().iter().filter(|own| own["charged"].is_null());
            let (_, said) = on("match", day, &["--output", "texte.json"]);
            let words = match none.count() {
                0 => "à un seul. Dû".to_string(),
                none => format!("à un seul, sauf {none}, qu'aucun"),
            };
            assert!(said.contains(&words), "{words}: {said}");
            none_charged += usize::from(words.contains("sauf"));
            let count = |landlord: Option<&str>, holder: &str| {
                let of = |own: &&(String, bool, String)| own.1 && landlord.is_none_or(|l| own.0 == l);
                let base = leases.iter().filter(of).count() as i64;
                (base, leases.iter().filter(of).filter(|own| own.2 == holder).count() as i64)
            };
            // What this answer attributes, by the result's own lines.
            let row =
                |id: &Value| units[id.as_str().unwrap()].split(',').map(str::to_string).collect::<Vec<_>>();
            let given: Vec<(Vec<String>, String)> = result["attributions"]
                .as_array()
                .unwrap()
                .iter()
                .map(|own| {
                    (row(&own["logement_id"]), own["charged"].as_str().unwrap_or_default().to_string())
                })
                .collect();
            for (quota, landlord, holder) in [
                ("prefet [A]", Some("A"), "prefet"),
                ("prefet [B]", Some("B"), "prefet"),
                ("commune", None, "commune"),
            ] {
                let Some(&[due, had, run, left]) = found.get(quota) else { continue };
                let (before, had_by_hand) = count(landlord, holder);
                let here =
                    given.iter().filter(|(row, _)| row[2] == "true" && landlord.is_none_or(|l| row[1] == l));
                let base = before + here.clone().count() as i64;
                let run_by_hand = here.filter(|(_, to)| to == holder).count() as i64;
                let due_by_hand = if holder == "prefet" { base * 3 / 10 } else { (base + 1) / 2 };
                assert_eq!([due, had, run], [due_by_hand, had_by_hand, run_by_hand], "{week} {quota}");
                assert_eq!(left, due - had - run, "{week} {quota}");
            }
            folder.write("resultat.json", &out);
            on("verify", day, &["--match", "resultat.json"]);
        }
        let (lists, errors) = on("commission", day, &["--append", "--format", "csv"]);
        let head: Vec<&str> = lists.lines().next().unwrap().split(',').collect();
        let at = |name: &str| head.iter().position(|own| *own == name).unwrap();
        let line = errors.lines().find_map(|line| line.split("à la ligne ").nth(1)).unwrap();
        let line: u64 = line.split(';').next().unwrap().trim().parse().unwrap();
        // Replayed from the lines before it, the session is the same, charges and all.
        if week > 1 {
            let (again, told) =
                on("commission", day, &["--up-to", &(line - 1).to_string(), "--format", "csv"]);
            assert!(again == lists && told.contains("est celle-ci"), "{told}");
        }
        // The first of a list takes the unit, or (one in three) refuses and the second takes it.
        let mut by_unit: BTreeMap<&str, Vec<Vec<&str>>> = BTreeMap::new();
        for row in lists.lines().skip(1).map(|row| row.split(',').collect::<Vec<_>>()) {
            by_unit.entry(row[at("logement_id")]).or_default().push(row);
        }
        let mut answers = String::new();
        for (unit, list) in &by_unit {
            let refuses = drawn.below(3) == 0 && list.len() > 1;
            let taker = &list[usize::from(refuses)];
            let shared = |row: &Vec<&str>| row[at("partage")] == "true";
            if shared(taker) || drawn.below(5) == 0 {
                continue;
            }
            let request = taker[at("demande_id")];
            if refuses {
                answers += &format!("{};{unit};refus;{day};\n", list[0][at("demande_id")]);
            }
            answers += &format!("{request};{unit};acceptation;{day};\n{request};{unit};bail;{day};\n");
            let row: Vec<String> = units[*unit].split(',').map(str::to_string).collect();
            let to = taker[at("imputation")].to_string();
            charged += usize::from(!to.is_empty());
            leases.push((row[1].clone(), row[2] == "true", to));
            requests.remove(request);
            units.remove(*unit);
        }
        folder.write("reponses.csv", &format!("demande_id;logement_id;reponse;date;motif\n{answers}"));
        let entered =
            folder.logis(&["ledger", "answers", "--rules", "regles", "--ledger", "r.db", "reponses.csv"]);
        assert_eq!(entered.0, 0, "{}", entered.2);
    }
    assert!(charged > 5 && none_charged > 0, "{charged} {none_charged}");
}

/// The proof of an answer that chooses holders, by the checker that was written from the page.
#[test]
fn the_checker_of_the_page_follows_charges_and_scopes() {
    if !Command::new("python3").arg("--version").output().is_ok_and(|ran| ran.status.success()) {
        eprintln!("no python3: the checker of certificates is not run");
        return;
    }
    let (folder, mut drawn) = (folder(), Drawn(5));
    let mut refused = 0;
    for week in 1..5 {
        let (mut requests, mut units) = (BTreeMap::new(), BTreeMap::new());
        come(&mut drawn, week, &mut requests, &mut units);
        come(&mut drawn, week + 5, &mut requests, &mut units);
        write(&folder, &requests, &units);
        let logis = |words: &[&str]| {
            let base = [words[0], "--rules", "regles", "--data", "donnees", "--as-of", "2018-01-08"];
            let (code, out, errors) = folder.logis(&[&base[..], &words[1..]].concat());
            assert_eq!(code, 0, "{errors}");
            out
        };
        let result = logis(&["match", "--format", "json"]);
        folder.write("resultat.json", &result);
        let columns = "points,adequation,modeste,flux,bailleur,reservataire,prefet,commune";
        folder.write("candidats.csv", &logis(&["candidates", "--select", columns, "--format", "csv"]));
        let check = || {
            let mut python = Command::new("python3");
            python.arg(root().join("examples/certificate.py"));
            python.args(["resultat.json", "candidats.csv", "points", "adequation", "donnees/demandes.csv"]);
            told(&python.current_dir(folder.path("")).output().unwrap())
        };
        let (code, out, errors) = check();
        assert_eq!((code, errors.as_str()), (0, ""), "{out}");
        assert!(out.lines().all(|line| line.ends_with(", proved")), "{out}");
        // Charged to another, it reaches something else, or cannot be so.
        let other = result.replacen("\"charged\": \"commune\"", "\"charged\": \"prefet\"", 1);
        if other != result {
            folder.write("resultat.json", &other);
            assert_eq!(check().0, 2, "{}", check().1);
            refused += 1;
        }
    }
    assert!(refused > 1, "{refused}");
}

/// A year of one session in which all accept is a matching: what the report says of each holder is what the matching says.
#[test]
fn the_report_of_a_year_says_what_each_holder_had() {
    let (folder, mut drawn) = (folder(), Drawn(7));
    let mut lines = 0;
    for week in 1..4 {
        let (mut requests, mut units) = (BTreeMap::new(), BTreeMap::new());
        come(&mut drawn, week, &mut requests, &mut units);
        come(&mut drawn, week + 5, &mut requests, &mut units);
        write(&folder, &requests, &units);
        let base =
            ["match", "--rules", "regles", "--data", "donnees", "--as-of", "2018-01-08", "--format", "json"];
        let (code, out, errors) = folder.logis(&base);
        assert_eq!(code, 0, "{errors}");
        let expected = balances(&serde_json::from_str(&out).unwrap());
        folder.write(
            "annee.toml",
            "title = \"Essai\"\n[base]\ndata = \"donnees\"\nrules = \"regles\"\nas_of = 2018-01-08\n\
             [weeks]\ncount = 1\nacceptance = 1\n",
        );
        let (code, _, errors) = folder.logis(&["simulate", "annee.toml", "-o", "r", "--force"]);
        assert_eq!(code, 0, "{errors}");
        let report: Value = serde_json::from_str(&folder.read("r/rapport.json")).unwrap();
        let sheets = report["sheets"].as_array().unwrap();
        let rows = sheets.iter().find(|sheet| sheet["id"] == "reservataires").map(|sheet| &sheet["rows"]);
        let found = rows.and_then(Value::as_array).into_iter().flatten().map(|row| {
            let numbers = [1, 2, 3, 4].map(|at| row[at].as_i64().unwrap());
            // `prefet · A (au plus)` is the line of the quota `prefet [A]`.
            let name = row[0].as_str().unwrap().trim_end_matches(" (au plus)");
            let name =
                name.split_once(" · ").map_or(name.to_string(), |(own, scope)| format!("{own} [{scope}]"));
            (name, numbers)
        });
        let found: BTreeMap<String, [i64; 4]> = found.collect();
        assert_eq!(found, expected, "{week}");
        lines += found.values().filter(|own| own[2] > 0).count();
    }
    assert!(lines > 5, "{lines}");
}

#[test]
fn the_conventions_of_the_guide_are_what_the_commands_say() {
    let folder = copied("rules", "mes_regles");
    let mut data = Vec::new();
    files(&root().join("scenarios/grand-dijon-2015"), "donnees/", &mut data);
    for (path, bytes) in data {
        folder.write(&path, std::str::from_utf8(&bytes).unwrap());
    }
    let shown = play("docs/src/fr/flux.md", &folder);
    assert!(shown >= 16, "{shown}");
}
