//! The page on the certificate is true: a checker in Python that knows nothing of ours, written from it, accepts what
//! `logis verify` accepts and refuses what it refuses. The lines of the page are those that are run.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use crate::matching_commands::{PACK, REQUESTS, RULES, SCHEMA, SHARE, UNITS};
use crate::support::{Folder, root, told};

const PAGE: &str = "docs/src/en/certificate.md";

/// Is there a Python? Without one nothing is tested here, and that is said.
fn python() -> bool {
    let there = Command::new("python3").arg("--version").output().is_ok_and(|ran| ran.status.success());
    if !there {
        eprintln!("no python3: the checker of certificates is not run");
    }
    there
}

/// What the checker says in a folder: its exit code and its lines.
fn check(folder: &Folder, words: &[&str]) -> (i32, String) {
    let mut command = Command::new("python3");
    command.arg(root().join("examples/certificate.py")).args(words).current_dir(folder.path(""));
    let (code, out, errors) = told(&command.output().unwrap());
    assert_eq!(errors, "", "{words:?}");
    (code, out)
}

/// The fenced blocks of the page in a language.
fn blocks(language: &str) -> Vec<String> {
    let page = fs::read_to_string(root().join(PAGE)).unwrap();
    let fence = format!("```{language}\n");
    page.split(&fence).skip(1).map(|block| block.split("```").next().unwrap().to_string()).collect()
}

const DIJON: &str = "scenarios/grand-dijon-2015";

/// Runs the lines of the page in the folder, with `more` for `match`; gives what the last one said.
fn run_the_page(folder: &Folder, more: &[&str]) -> (i32, String) {
    let mut said = (-1, String::new());
    let dijon = root().join(DIJON).display().to_string();
    for line in blocks("sh")[0].lines() {
        let words: Vec<&str> =
            line.split_whitespace().map(|word| if word == DIJON { dijon.as_str() } else { word }).collect();
        said = match words[0] {
            "logis" => {
                let more = if words[1] == "match" { more } else { &[] };
                let (code, _, errors) = folder.logis(&[&words[1..], more].concat());
                assert_eq!(code, 0, "{line}: {errors}");
                said
            }
            _ => {
                assert_eq!(words[..2], ["python3", "examples/certificate.py"], "{line}");
                check(folder, &words[2..])
            }
        };
    }
    said
}

#[test]
fn the_lines_of_the_page_prove_grand_dijon() {
    if !python() {
        return;
    }
    let folder = Folder::of(&[]);
    assert_eq!(run_the_page(&folder, &[]), (0, blocks("text")[0].clone()));
    // Without quotas; and a result of fewer candidates, which is none of these.
    let (code, out) = run_the_page(&folder, &["--no-quotas"]);
    assert_eq!((code, out.lines().count()), (0, 3), "{out}");
    let (code, out) = run_the_page(&folder, &["--max-candidates", "20"]);
    assert_eq!(code, 2, "{out}");
    assert!(out.starts_with("refused: 119522 candidates, and "), "{out}");
}

/// On 30 June 2017 three quotas are in force, two of them with a base of their own.
#[test]
fn three_quotas_are_proved() {
    if !python() {
        return;
    }
    let folder = Folder::of(&[]);
    let data = root().join(DIJON).display().to_string();
    let of = ["--data", data.as_str(), "--as-of", "2017-06-30"];
    let (code, _, errors) = folder.logis(&[&["match"], &of[..], &["--output", "r.json"]].concat());
    assert_eq!(code, 0, "{errors}");
    let result: Value = serde_json::from_str(&folder.read("r.json")).unwrap();
    let counted = result["certificate"]["problem"]["quotas"].as_array().unwrap();
    // Who comes first is counted like a quota: two rules of the pack, and three shares.
    assert_eq!(counted.len(), 5);
    // The columns are those that the result names.
    let marks =
        counted.iter().flat_map(|quota| [&quota["base"], &quota["members"]]).filter_map(Value::as_str);
    let columns = ["priorite", "adequation"].into_iter().chain(marks).collect::<Vec<_>>().join(",");
    let select = ["--select", &columns, "--output", "c.csv"];
    let (code, _, errors) = folder.logis(&[&["candidates"], &of[..], &select].concat());
    assert_eq!(code, 0, "{errors}");
    let (code, out) = check(&folder, &["r.json", "c.csv", "priorite", "adequation"]);
    assert_eq!((code, out.lines().count()), (0, 8), "{out}");
}

const BASE: [&str; 6] = ["--rules", "regles", "--data", "donnees", "--as-of", "2017-06-30"];

/// The pack and data of `matching_commands`: half of three attributions go to modest households.
fn small() -> Folder {
    let folder = Folder::of(&[
        ("regles/schema.toml", SCHEMA),
        ("regles/r.rhai", RULES),
        ("regles/pack.toml", PACK),
        ("regles/part.toml", SHARE),
        ("donnees/demandes.csv", REQUESTS),
        ("donnees/logements.csv", UNITS),
    ]);
    let select = ["--select", "points,adequation,modeste", "--output", "c.csv"];
    let (code, _, errors) = folder.logis(&[&["candidates"], &BASE[..], &select].concat());
    assert_eq!(code, 0, "{errors}");
    folder
}

fn matched(folder: &Folder, more: &[&str]) -> Value {
    let (code, out, errors) = folder.logis(&[&["match"], &BASE[..], &["--format", "json"], more].concat());
    assert_eq!(code, 0, "{errors}");
    serde_json::from_str(&out).unwrap()
}

/// What both checkers say of a result: `logis verify` (`more` are its options), and the one in Python.
fn both(folder: &Folder, result: &Value, more: &[&str]) -> ((bool, String), (i32, String)) {
    folder.write("r.json", &result.to_string());
    let (code, _, errors) = folder.logis(&[&["verify"], &BASE[..], &["--match", "r.json"], more].concat());
    let words = ["r.json", "c.csv", "points", "adequation", "donnees/demandes.csv"];
    ((code == 0, errors), check(folder, &words))
}

/// Changes of a result, with what the checker must say of it: the code, and words of its lines.
type Forged<'f> = (i32, &'f str, &'f dyn Fn(&mut Value));

#[test]
fn forged_results_are_refused_by_both() {
    if !python() {
        return;
    }
    let folder = small();
    let result = matched(&folder, &[]);
    let (ours, (code, out)) = both(&folder, &result, &[]);
    let expected = "attributions: 3, proved\nshortfall:modestes (1/2 of all to modeste): 0, proved\n\
                    priority: 120, proved\nfit: 2600, proved\n";
    assert_eq!((ours.0, code, out.as_str()), (true, 0, expected), "{}", ours.1);
    let at = |id: &str| {
        let all = result["attributions"].as_array().unwrap();
        all.iter().position(|own| own["demande_id"] == id).unwrap()
    };
    let (first, modest, large) = (at("D1"), at("D3"), at("D4"));
    let forged: [Forged<'_>; 14] = [
        (2, "in two attributions", &|r| {
            r["attributions"][first]["logement_id"] = r["attributions"][large]["logement_id"].clone();
        }),
        (2, "in two attributions", &|r| r["attributions"][modest]["demande_id"] = json!("D1")),
        // D4 needs two rooms, and L1 has one.
        (2, "does not suit", &|r| {
            r["attributions"][large]["logement_id"] = json!("L1");
            r["attributions"][first]["logement_id"] = json!("L3");
        }),
        (2, "the answer reaches [2, ", &|r| drop(r["attributions"].as_array_mut().unwrap().pop())),
        (2, "the answer reaches [3, 0, 120, 2600]", &|r| r["levels"][2]["value"] = json!(121)),
        (2, "the quotas count [[3, 2, 0, '2/3']]", &|r| r["quotas"][0]["members"] = json!(3)),
        // A unit at no price: three requests would each gain an attribution by L1, and L2 and L3 cost two.
        (1, "attributions: 3, open: 5 might be", &|r| {
            r["certificate"]["attributions"]["bound"]["prices"]["cells"][0] = json!(0);
        }),
        (1, "attributions: 3, open: 4 might be", &|r| {
            r["certificate"]["attributions"]["bound"]["prices"]["cells"][0] = json!(2);
        }),
        (2, "a price below 0", &|r| {
            r["certificate"]["attributions"]["bound"]["prices"]["cells"][0] = json!(-1);
        }),
        // The attributions proved by themselves; the quota by a condition on its own members.
        (2, "builds on itself or on a later one", &|r| {
            r["certificate"]["attributions"]["bound"]["multipliers"] = json!([["attributions", 1]]);
        }),
        (2, "builds on itself or on a later one", &|r| {
            r["certificate"]["quotas"][0] = r["certificate"]["priority"].clone();
        }),
        (2, "no such quota", &|r| {
            r["certificate"]["priority"]["bound"]["multipliers"] = json!([[{ "quota": -1 }, 1]]);
        }),
        (2, "a multiplier below 0", &|r| {
            r["certificate"]["priority"]["bound"]["multipliers"] = json!([[{ "members": 0 }, -1]]);
        }),
        (1, "priority: 120, open: nothing is proved", &|r| r["certificate"]["priority"] = json!("nothing")),
    ];
    for (number, (code, words, change)) in forged.into_iter().enumerate() {
        let mut own = result.clone();
        change(&mut own);
        assert_ne!(own, result, "{number}: nothing is changed");
        let (ours, said) = both(&folder, &own, &[]);
        assert!(!ours.0, "{number}: {words}: `logis verify` accepts it");
        assert!(said.0 == code && said.1.contains(words), "{number}: {words}: {said:?}; ours: {}", ours.1);
    }
}

/// Numbers of a certificate, one more and one less: what the one checker accepts, so does the other. Says how many
/// hold and how many do not. Each is two processes: one number in three is taken, or in as many as `LOGIS_EVERY` says.
fn on_numbers(folder: &Folder, result: &Value) -> (usize, usize) {
    fn numbers(part: &Value, path: &str, into: &mut Vec<String>) {
        match part {
            Value::Number(_) => into.push(path.to_string()),
            Value::Object(own) => {
                own.iter().for_each(|(key, part)| numbers(part, &format!("{path}/{key}"), into))
            }
            Value::Array(own) => {
                own.iter().enumerate().for_each(|(at, part)| numbers(part, &format!("{path}/{at}"), into));
            }
            _ => {}
        }
    }
    let mut paths = Vec::new();
    for level in ["attributions", "bases", "quotas", "priority", "room", "fit"] {
        let path = format!("/certificate/{level}");
        numbers(result.pointer(&path).unwrap(), &path, &mut paths);
    }
    let every = std::env::var("LOGIS_EVERY").ok().and_then(|text| text.parse().ok()).unwrap_or(3);
    let (mut held, mut refused) = (0, 0);
    for path in paths.iter().step_by(every) {
        for by in [-1, 1] {
            let mut own = result.clone();
            let number = own.pointer_mut(path).unwrap();
            *number = json!(number.as_i64().unwrap() + by);
            let (ours, said) = both(folder, &own, &[]);
            assert_eq!(ours.0, said.0 == 0, "{path} {by:+}: {}{}", ours.1, said.1);
            if ours.0 { held += 1 } else { refused += 1 }
        }
    }
    (held, refused)
}

/// So that there is one of each kind, the points are proved on the two sides of splits, by what proves them on both.
#[test]
fn both_agree_on_numbers() {
    if !python() {
        return;
    }
    let folder = small();
    let mut result = matched(&folder, &[]);
    let own = result["certificate"]["priority"].clone();
    let split = |on: Value, with: &Value| json!({ "split": { "on": on, "without": own, "with": with } });
    let by_cell = split(json!({ "cell": { "request": 2, "cell": 1 } }), &own);
    let by_unit = split(json!({ "unit": { "request": 1, "unit": 1 } }), &by_cell);
    result["certificate"]["priority"] = split(json!({ "base": { "quota": 0, "most": 1 } }), &by_unit);
    let (held, refused) = on_numbers(&folder, &result);
    assert!(held > 1 && refused > 3, "{held} hold, {refused} do not");
}

/// Who comes first, numbers and bounds from above: both modest households come first, so that there is one more than a number
/// allows; D2 waits. The commands say so, and both checkers agree on
/// numbers of the certificate.
#[test]
fn who_comes_first_and_what_may_be_at_most_are_proved() {
    if !python() {
        return;
    }
    let folder = small();
    let (head, groups) = (PACK.split("[[").next().unwrap(), PACK.split("[groups]").nth(1).unwrap());
    let asked = "[[matching.first]]\nname = \"aux_modestes\"\nlabel = \"Les ménages modestes\"\nmembers = \"modeste\"\n\
        [[matching.quotas]]\nname = \"un_au_plus\"\nmembers = \"modeste\"\nnumber = \"un\"\nat_most = true\n\
        [[matching.quotas]]\nname = \"moitie_au_plus\"\nbase = \"quartier\"\nmembers = \"modeste\"\nshare = \"part\"\n\
        at_most = true\n\
        [[matching.quotas]]\nname = \"un_au_moins\"\nmembers = \"quartier\"\nnumber = \"un\"\n";
    folder.write("regles/pack.toml", &format!("{head}{asked}[groups]{groups}"));
    folder.write(
        "regles/un.toml",
        &SHARE.replace("[part]", "[un]").replace("[[part", "[[un").replace("0.5", "1"),
    );
    let select = ["--select", "points,adequation,modeste,quartier", "--output", "c.csv"];
    let (code, _, errors) = folder.logis(&[&["candidates"], &BASE[..], &select].concat());
    assert_eq!(code, 0, "{errors}");
    let result = matched(&folder, &[]);
    let told: Vec<(&str, u64)> = result["levels"]
        .as_array()
        .unwrap()
        .iter()
        .map(|level| (level["name"].as_str().unwrap(), level["value"].as_u64().unwrap()))
        .collect();
    // D3 in L1, D4 in L2 and D1 in the quarter, where no modest household is then.
    assert_eq!(
        told[..5],
        [
            ("attributions", 3),
            ("first:aux_modestes", 2),
            ("shortfall:un_au_plus", 1),
            ("shortfall:moitie_au_plus", 0),
            ("shortfall:un_au_moins", 0),
        ]
    );
    let (ours, (code, out)) = both(&folder, &result, &[]);
    let expected = "attributions: 3, proved\nfirst:aux_modestes (all of all to modeste): 2, proved\n\
                    shortfall:un_au_plus (at most 1 of all to modeste): 1, proved\n\
                    shortfall:moitie_au_plus (at most 1/2 of quartier to modeste): 0, proved\n\
                    shortfall:un_au_moins (1 of all to quartier): 0, proved\n";
    assert!(ours.0 && code == 0 && out.starts_with(expected), "{}{out}", ours.1);
    let (held, refused) = on_numbers(&folder, &result);
    assert!(held > 1 && refused > 3, "{held} hold, {refused} do not");
    // In words: what is asked for stands in the table, who comes first in the reason.
    let (_, _, said) = folder.logis(&[&["match"], &BASE[..], &["--output", "r.json"]].concat());
    for words in ["d'abord", "1 au plus", "50 % au plus", "1 au moins", "chaque niveau est prouvé"] {
        assert!(said.contains(words), "{words}: {said}");
    }
    let (_, why, _) = folder.logis(&[&["explain"], &BASE[..], &["--match", "r.json", "--id", "D2"]].concat());
    assert!(why.contains("la détentrice passe d'abord (Les ménages modestes)"), "{why}");
    let (_, why, _) = folder.logis(&[&["explain"], &BASE[..], &["--match", "r.json", "--id", "D3"]].concat());
    assert!(why.contains("Elle passe d'abord : Les ménages modestes."), "{why}");
    let (_, holds, _) = folder.logis(&[&["verify"], &BASE[..], &["--match", "r.json"]].concat());
    for words in [
        "aux_modestes (d'abord)",
        "un_au_plus (au plus 1)",
        "moitie_au_plus (au plus 1/2)",
        "d'abord:aux_modestes: 2",
    ] {
        assert!(holds.contains(words), "{words}: {holds}");
    }
    // A condition from above that nobody can meet but by housing fewer.
    let (code, _, said) =
        folder.logis(&[&["match"], &BASE[..], &["--hard", "un_au_plus", "--output", "h.json"]].concat());
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("un_au_plus"), "{said}");
}

/// D4 in the place of D3, all told as it is: no more are housed, but the points are fewer.
#[test]
fn a_worse_answer_is_open_by_what_is_lost() {
    if !python() {
        return;
    }
    let folder = small();
    let mut result = matched(&folder, &["--no-quotas"]);
    let all = result["attributions"].as_array_mut().unwrap();
    // Fits are 900, less 100 for each room too many: L1 has one room, L2 and L3 two.
    *all = [("D1", "L1"), ("D2", "L2"), ("D4", "L3")]
        .map(|(request, unit)| json!({ "demande_id": request, "logement_id": unit }))
        .to_vec();
    result["levels"][1]["value"] = json!(90 + 80 + 10);
    result["levels"][2]["value"] = json!(900 + 800 + 900);
    let (ours, (code, out)) = both(&folder, &result, &["--no-quotas"]);
    assert!(!ours.0 && code == 1, "{}{out}", ours.1);
    assert!(out.contains("attributions: 3, proved\npriority: 180, open: 190 might be\n"), "{out}");
}

/// What the page says that the checker passes by is refused with a word, whatever `logis verify` says of it.
#[test]
fn forms_that_it_does_not_know_are_refused() {
    if !python() {
        return;
    }
    let folder = small();
    let options = ["--seed", "7"];
    let (ours, (code, out)) = both(&folder, &matched(&folder, &options), &options);
    assert!(ours.0, "{}", ours.1);
    assert_eq!(
        (code, out.as_str()),
        (2, "refused: not checked here: ranks among requests of equal points\n")
    );
    // One modest request alone: a share of one half, if it is to be met, houses two of three.
    folder.write("donnees/demandes.csv", &REQUESTS.replace("D4,2,10,true", "D4,2,10,false"));
    let options = ["--hard", "modestes"];
    let (ours, (code, out)) = both(&folder, &matched(&folder, &options), &options);
    assert!(ours.0, "{}", ours.1);
    assert_eq!(
        (code, out.as_str()),
        (2, "refused: not checked here: quotas that come before the attributions\n")
    );
}

/// D5 has no candidate, and so no line in their file, and yet a number. A split by request needs the file of them all.
#[test]
fn requests_are_numbered_with_those_that_nothing_suits() {
    if !python() {
        return;
    }
    let folder = small();
    let mut result = matched(&folder, &[]);
    let own = result["certificate"]["fit"].take();
    result["certificate"]["fit"] =
        json!({ "split": { "on": { "unit": { "request": 4, "unit": 0 } }, "without": own, "with": own } });
    let (ours, (code, out)) = both(&folder, &result, &[]);
    assert!(ours.0 && code == 0, "{}{out}", ours.1);
    let (code, out) = check(&folder, &["r.json", "c.csv", "points", "adequation"]);
    assert_eq!((code, out.as_str()), (2, "refused: the proof numbers requests: their file is needed\n"));
}

/// With L1 for nothing, D1, D2 and D3 gain an attribution there, so that this bound alone leaves five open. It is no more
/// than two where none of them may be in L1, either as splits rule it out one by one, or as they are all in the other cell.
#[test]
fn a_side_of_a_split_proves_its_own() {
    if !python() {
        return;
    }
    let folder = small();
    let mut result = matched(&folder, &[]);
    let all = result["certificate"]["attributions"].take();
    let free = json!({ "bound": { "scale": 1, "multipliers": [], "prices": { "cells": [0, 1] } } });
    let mut say = |proof: Value| {
        result["certificate"]["attributions"] = proof;
        both(&folder, &result, &[])
    };
    let (ours, (code, out)) = say(free.clone());
    assert!(!ours.0 && code == 1 && out.contains("attributions: 3, open: 5 might be"), "{}{out}", ours.1);
    for (cell, sides) in [(0, ["with", "without"]), (1, ["without", "with"])] {
        let split = |proof: Value, request: u32| {
            let on = json!({ "cell": { "request": request, "cell": cell } });
            json!({ "split": { "on": on, sides[0]: all, sides[1]: proof } })
        };
        let (ours, (code, out)) = say((0..3).fold(free.clone(), split));
        assert!(ours.0 && code == 0, "{cell}: {}{out}", ours.1);
        // With one request alone ruled out, two gain: four are open.
        let (ours, (code, out)) = say((0..1).fold(free.clone(), split));
        assert!(!ours.0 && code == 1 && out.contains("attributions: 3, open: 4 might be"), "{}{out}", ours.1);
    }
}

/// A forbidden pair is no candidate: while it stands in the file the result is refused; without it, it is proved.
#[test]
fn pairs_decided_before_are_taken_out_of_the_file() {
    if !python() {
        return;
    }
    let folder = small();
    folder.write("non.csv", "demande_id,logement_id\nD4,L2\n");
    let options = ["--forbid", "non.csv"];
    let result = matched(&folder, &options);
    let (ours, (code, out)) = both(&folder, &result, &options);
    assert!(ours.0, "{}", ours.1);
    assert_eq!((code, out.as_str()), (2, "refused: 11 candidates, and 10 were posed\n"));
    let candidates = folder.read("c.csv");
    let kept = candidates.lines().filter(|line| !line.starts_with("D4,L2")).map(|line| format!("{line}\n"));
    folder.write("c.csv", &kept.collect::<String>());
    let (_, (code, out)) = both(&folder, &result, &options);
    assert_eq!(code, 0, "{out}");
}

/// L1 is vacant; D1 leaves L2 for it and D2 takes that; D3 and D4 exchange L3 and L4; D5 stays in L5, which D6 would have.
fn with_tenants() -> Folder {
    let schema = "[demande]\ntable = \"demandes\"\nkey = \"demande_id\"\n[demande.fields]\npoints = { type = \"integer\" }\n\
        lieu = { type = \"integer\" }\nlogement_occupe = { type = \"text\", empty = \"none\" }\n\
        [logement]\ntable = \"logements\"\nkey = \"logement_id\"\n[logement.fields]\nsecteur = { type = \"integer\" }\n\
        [candidature]\npair = [\"demande\", \"logement\"]\n";
    let rules = "//! entité: candidature\n\n/// Convient.\nfn convient(lieu, secteur) { lieu == secteur }\n\n/// Adéquation.\nfn adequation(secteur) { 10 * secteur }\n";
    let folder = Folder::of(&[
        ("regles/schema.toml", schema),
        ("regles/r.rhai", rules),
        (
            "regles/pack.toml",
            "name = \"mutations\"\n[matching]\ncandidature = \"candidature\"\nsuitable = \"convient\"\npriority = \"points\"\nfit = \"adequation\"\nheld = \"logement_occupe\"\n",
        ),
        (
            "donnees/demandes.csv",
            "demande_id,points,lieu,logement_occupe\nD1,1,1,L2\nD2,9,2,\nD3,1,4,L3\nD4,1,3,L4\nD5,1,9,L5\nD6,9,5,\n",
        ),
        ("donnees/logements.csv", "logement_id,secteur\nL1,1\nL2,2\nL3,3\nL4,4\nL5,5\n"),
    ]);
    let select = ["--select", "points,adequation", "--output", "c.csv"];
    let (code, _, errors) = folder.logis(&[&["candidates"], &BASE[..], &select].concat());
    assert_eq!(code, 0, "{errors}");
    folder
}

/// Chains and exchanges: told on the screen, in the table and as JSON; both checkers accept them, and refuse a unit that is
/// given while its tenant stays, whatever the file says of who holds it.
#[test]
fn moves_are_told_and_proved_by_both() {
    if !python() {
        return;
    }
    let folder = with_tenants();
    let (code, out, errors) = folder.logis(&[&["match"], &BASE[..], &["--format", "csv"]].concat());
    assert_eq!(code, 0, "{errors}");
    assert_eq!(
        out.lines().collect::<Vec<_>>(),
        [
            "demande_id,logement_id,mutation,logement_libere,repris_par",
            "D1,L1,chaîne 1,L2,D2",
            "D2,L2,chaîne 1,,",
            "D3,L4,échange 2,L3,D4",
            "D4,L3,échange 2,L4,D3",
        ],
    );
    assert!(errors.contains("3 mutations, pour 4 demandes qui occupent un logement"), "{errors}");
    assert!(errors.contains("chaîne: D1 reçoit L1 et quitte L2; D2 reçoit L2\n"), "{errors}");
    let good = matched(&folder, &[]);
    let ((holds, errors), (code, out)) = both(&folder, &good, &[]);
    assert!(holds && code == 0, "{errors}{out}");
    let forged: [Forged<'_>; 4] = [
        // D1 is left out, and D2 gets L2 all the same.
        (2, "a unit is given whose tenant stays", &|r| {
            r["attributions"].as_array_mut().unwrap().remove(0);
        }),
        // The one of an exchange who is left out has no unit: that of the other was its own.
        (2, "a unit is given whose tenant stays", &|r| {
            r["attributions"].as_array_mut().unwrap().pop();
        }),
        // D5 stays, and D6 gets its unit.
        (2, "a unit is given whose tenant stays", &|r| {
            let row = json!({ "demande_id": "D6", "logement_id": "L5" });
            r["attributions"].as_array_mut().unwrap().push(row);
        }),
        // A chain less, told as it is.
        (1, "attributions: 2, open: 4 might be", &|r| {
            r["attributions"] = json!(r["attributions"].as_array().unwrap()[2..]);
            r["levels"][0]["value"] = json!(2);
            r["levels"][1]["value"] = json!(2);
            r["levels"][2]["value"] = json!(70);
        }),
    ];
    for (expected, words, forge) in forged {
        let mut result = good.clone();
        forge(&mut result);
        let ((holds, errors), (code, out)) = both(&folder, &result, &[]);
        assert!(!holds, "{words}");
        assert_eq!(code, expected, "{out}{errors}");
        assert!(out.contains(words), "{words}: {out}");
    }
}
