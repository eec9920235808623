//! What is written to be read again later: receipts and their seals, runs of scenarios that are kept. An edit is
//! found, said, and never believed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Folder, LOGIS, PARAMETER, RULE, SCHEMA};
use logis::receipt::Sealer;
use logis::scenario::{NotBelieved, RunResult};
use serde_json::{Value, json};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

const HOUSEHOLDS: &str =
    "menage_id,revenu,quartier\nM1,19999,nord\nM2,20000,nord\nM3,20001,sud\nM4,,sud\nM5,20002,nord\n";

/// `hashlib.sha256(line)` of the two lines below.
const CONTENTS: [&str; 2] = [
    "sha256:015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862",
    "sha256:dcb51bee3abe167daf83b937e5033789a7b556fa153a8b9d59b09e9a53b5f77b",
];
/// `hashlib.sha256(chain of the line before + "\n" + content)`.
const CHAINS: [&str; 2] = [
    "sha256:2d5dc85251f39aacff466d1ad551908f84e2671b4963ed7006a6752680cce203",
    "sha256:1933cf6a46ecfc28a412b4b3c2ce4088e0b6f9fdee294e93ef94cf91e543cd18",
];

/// The pack in `regles`, the households in `donnees`.
fn one_rule() -> Folder {
    Folder::of(&[
        ("regles/schema.toml", SCHEMA),
        ("regles/plafond.toml", PARAMETER),
        ("regles/eligible.rhai", RULE),
        ("donnees/menages.csv", HOUSEHOLDS),
    ])
}

impl Folder {
    /// The lines of the receipts of the households.
    fn receipts(&self) -> Vec<String> {
        let (code, _, errors) = self.logis(&[
            "eval",
            "--rules",
            "regles",
            "--data",
            "donnees",
            "--as-of",
            "2017-06-30",
            "--format",
            "csv",
            "--record",
            "r.jsonl",
        ]);
        assert_eq!(code, 0, "{errors}");
        self.read("r.jsonl").lines().map(str::to_string).collect()
    }

    /// Replays these lines.
    fn replay(&self, lines: &[String], more: &[&str]) -> (i32, String, String) {
        self.write("r.jsonl", &(lines.join("\n") + "\n"));
        self.logis(&[&["replay", "r.jsonl", "--rules", "regles"], more].concat())
    }
}

/// The hashes of two lines, as Python's `hashlib` gives them.
#[test]
fn a_chain_is_what_another_program_computes() {
    let mut sealer = Sealer::default();
    let lines = sealer.lines(&["{\"a\":1}".to_string(), "{\"b\":\"é\"}".to_string()]);
    let seal = |line: &str| serde_json::from_str::<Value>(line).unwrap()["seal"].clone();
    let (first, second) = (seal(&lines[0]), seal(&lines[1]));
    assert_eq!(first["content"], CONTENTS[0]);
    assert_eq!(first["chain"], CHAINS[0]);
    assert_eq!(second, json!({ "number": 2, "content": CONTENTS[1], "chain": CHAINS[1] }));
    let closed =
        json!({ "format": "logis/1", "kind": "closing", "closed": { "receipts": 2, "chain": CHAINS[1] } });
    assert_eq!(serde_json::from_str::<Value>(&sealer.close()).unwrap(), closed);
}

/// Each line in turn is edited, taken out, doubled, exchanged with the next; the file is cut after each line,
/// another line is put in, the whole is put twice. Each is found, with its line, exit code 1; nothing else is said.
#[test]
fn every_edit_of_a_file_of_receipts_is_found() {
    let folder = one_rule();
    let whole = folder.receipts();
    assert_eq!(whole.len(), 6);
    let (code, out, _) = folder.replay(&whole, &[]);
    assert!(code == 0 && out.contains("sceaux intacts"), "{out}");
    let found = |lines: &[String], line: usize, what: &str| {
        let (code, out, _) = folder.replay(lines, &[]);
        assert_eq!(code, 1, "{what} {line}\n{out}");
        let from = out.find(&format!("ligne {line} : ")).unwrap_or_else(|| panic!("{what} {line}\n{out}"));
        assert!(out.split_at(from).1.contains(what), "{what} {line}\n{out}");
        assert!(!out.contains("sceaux intacts"), "{out}");
        // Nothing is sealed anew.
        let (code, _, errors) = folder.replay(lines, &["--rewrite", "encore.jsonl"]);
        assert!(code == 1 && errors.contains("n'est pas écrit"), "{errors}");
        assert!(!folder.path("encore.jsonl").exists());
    };
    for at in 0..5 {
        // An input that decides nothing, an outcome, a date: what is decided again may well agree.
        for (from, to) in [("\"engine\":\"", "\"engine\":\"x"), ("2017-06-30", "2017-06-29"), ("\"M", "\"m")]
        {
            let mut edited = whole.clone();
            edited[at] = edited[at].replacen(from, to, 9);
            assert_ne!(edited[at], whole[at]);
            found(&edited, at + 1, "a été modifié");
        }
        let mut gone = whole.clone();
        gone.remove(at);
        found(&gone, at + 1, &format!("il manque le reçu n° {}", at + 1));
        let mut doubled = whole.clone();
        doubled.insert(at, whole[at].clone());
        found(&doubled, at + 2, &format!("le reçu n° {} est ici", at + 1));
        if at < 4 {
            let mut swapped = whole.clone();
            swapped.swap(at, at + 1);
            found(&swapped, at + 1, &format!("il manque le reçu n° {}", at + 1));
            found(&swapped, at + 2, &format!("le reçu n° {} est ici", at + 1));
        }
        found(&whole[..=at], at + 1, "le fichier est coupé");
        let mut bare = whole.clone();
        let mut plain: Value = serde_json::from_str(&bare[at]).unwrap();
        plain.as_object_mut().unwrap().remove("seal");
        bare.insert(at + 1, plain.to_string());
        found(&bare, at + 2, "n'a pas de sceau");
    }
    // A line that was sealed again alone, but for the chain.
    let mut sealed = whole.clone();
    let mut line: Value = serde_json::from_str(&sealed[1]).unwrap();
    let own = line["seal"].clone();
    line.as_object_mut().unwrap().remove("seal");
    let text = folder.content(&line.to_string().replace("20000", "19998"));
    let again: Value =
        serde_json::from_str(&Sealer::default().lines(std::slice::from_ref(&text))[0]).unwrap();
    let seal = json!({ "number": 2, "content": again["seal"]["content"], "chain": own["chain"] });
    sealed[1] = format!("{},\"seal\":{seal}}}", text.strip_suffix('}').unwrap());
    found(&sealed, 2, "n'a pas été écrit à la suite");
    let mut last = whole.clone();
    last[5] = last[5].replace("\"receipts\":5", "\"receipts\":4");
    found(&last, 6, "compte 4 reçu(s), il y en a 5");
    found(&[whole.clone(), whole.clone()].concat(), 12, "sont déjà plus haut");
    // A part of the chain taken out at the end, with the closing line left.
    let short = [&whole[..3], &whole[5..]].concat();
    found(&short, 4, "il manque les reçus n° 4 à 5");
}

impl Folder {
    /// A receipt as the engine writes it, without its seal.
    fn content(&self, line: &str) -> String {
        logis::receipt::Receipt::from_line(line).unwrap().content()
    }
}

/// Lines of receipts, each edited as a value and sealed like new.
fn resealed(whole: &[String], edit: impl Fn(usize, &mut Value)) -> Vec<String> {
    let contents: Vec<String> = whole[..whole.len() - 1]
        .iter()
        .enumerate()
        .map(|(at, line)| {
            let mut value: Value = serde_json::from_str(line).unwrap();
            value.as_object_mut().unwrap().remove("seal");
            edit(at, &mut value);
            logis::receipt::Receipt::from_line(&value.to_string()).unwrap().content()
        })
        .collect();
    let mut sealer = Sealer::default();
    let mut lines = sealer.lines(&contents);
    lines.push(sealer.close());
    lines
}

/// What is held against nothing is said and is not fine, however well it is sealed: no outcome, a row that stands
/// twice, tables and columns that nobody reads.
#[test]
fn what_is_not_compared_is_said() {
    let folder = one_rule();
    let whole = folder.receipts();
    for (name, text) in [("schema.toml", SCHEMA), ("eligible.rhai", RULE)] {
        folder.write(&format!("autres/{name}"), text);
    }
    folder.write("autres/plafond.toml", &PARAMETER.replace("20000", "20001"));
    let row = |more: Value| {
        move |at: usize, receipt: &mut Value| {
            if at == 1 {
                let row = receipt["inputs"]["menage"][0].as_object_mut().unwrap();
                row.extend(more.as_object().unwrap().clone());
            }
        }
    };
    let nothing = resealed(&whole, |_, receipt| receipt["outcomes"] = json!({}));
    let unknown = resealed(&whole, row(json!({ "revenus": "5" })));
    let unread = resealed(&whole, row(json!({ "quartier": "nord" })));
    let table = resealed(&whole, |at, receipt| {
        if at == 1 {
            receipt["inputs"]["personne"] = json!([{ "x": "1" }]);
        }
    });
    let twice = resealed(&whole, |at, receipt| {
        if at == 1 {
            let mut other = receipt["inputs"]["menage"][0].clone();
            other["revenu"] = json!("1");
            receipt["inputs"]["menage"].as_array_mut().unwrap().push(other);
        }
    });
    for (lines, said, count) in [
        (nothing, "le reçu n'a aucun résultat", 5),
        (
            unknown,
            "menage: colonne `revenus`: le schéma n'a pas cette colonne ; vouliez-vous dire « revenu » ?",
            1,
        ),
        (unread, "menage M2: les règles ne lisent pas `quartier`", 1),
        (table, "personne: le schéma n'a pas cette entité", 1),
        (
            twice,
            "menage: colonne `menage_id`: « M2 » y est deux fois ; seule la première ligne est suivie",
            1,
        ),
    ] {
        let (code, out, errors) = folder.replay(&lines, &[]);
        assert_eq!(code, 1, "{said}\n{out}{errors}");
        assert_eq!(out.matches(&format!("pas comparé : {said}")).count(), count, "{said}\n{out}");
        assert!(out.contains("mêmes résultats pour ce qui a été comparé"), "{out}");
        let (code, out, _) = folder.replay(&lines, &["--format", "json"]);
        let first: Value = serde_json::from_str(out.lines().next().unwrap()).unwrap();
        assert_eq!((code, first["not_compared"][0].as_str()), (1, Some(said)));
        // As a corpus: what is read by nobody, or compared with nothing, is told.
        let (_, out, _) = folder.logis(&["diff", "regles", "autres", "--corpus", "r.jsonl"]);
        let note = match said {
            "le reçu n'a aucun résultat" => {
                "r.jsonl: 5 reçu(s): aucun de leurs résultats n'est comparé".to_string()
            }
            // That no rule reads a column of the schema makes no difference to a comparison.
            said if said.contains("quartier") => continue,
            said => format!("note : r.jsonl: 1 reçu(s): {said}"),
        };
        assert!(out.contains(&note), "{note}\n{out}");
    }
    // A key that stands twice is no receipt.
    for (from, to) in [
        ("\"revenu\":", "\"revenu\":\"1\",\"revenu\":"),
        ("\"inputs\":{", "\"inputs\":{\"menage\":[],"),
        ("\"outcomes\":{", "\"outcomes\":{\"eligible\":{\"value\":\"true\"},"),
    ] {
        let mut lines = whole.clone();
        lines[0] = lines[0].replacen(from, to, 1);
        let (code, _, errors) = folder.replay(&lines, &[]);
        assert_eq!(code, 2, "{errors}");
        assert!(
            errors.contains("r.jsonl:1: ce n'est pas un reçu") && errors.contains("y est deux fois"),
            "{errors}"
        );
    }
}

/// Receipts of before seals are decided again like any; that nothing vouches for them is said, with exit code 1
/// unless they are asked for. One that stands twice is found still.
#[test]
fn receipts_without_seals_are_read_with_a_word() {
    let folder = one_rule();
    let bare: Vec<String> = folder.receipts()[..5].iter().map(|line| folder.content(line)).collect();
    let (code, out, _) = folder.replay(&bare, &[]);
    assert_eq!(code, 1, "{out}");
    assert!(out.contains("5 reçus sans sceau") && out.contains("mêmes résultats"), "{out}");
    let (code, out, _) = folder.replay(&bare, &["--unsealed", "--rewrite", "encore.jsonl"]);
    assert_eq!(code, 0, "{out}");
    let sealed: Vec<String> = folder.read("encore.jsonl").lines().map(str::to_string).collect();
    assert_eq!(folder.replay(&sealed, &[]).0, 0);
    let twice = [&bare[..], &bare[1..2]].concat();
    let (code, out, _) = folder.replay(&twice, &["--unsealed"]);
    assert!(code == 1 && out.contains("ce reçu est déjà à la ligne 2"), "{out}");
}

/// A corpus of receipts that was edited is bad input to `logis diff`.
#[test]
fn an_edited_corpus_is_bad_input() {
    let folder = one_rule();
    let mut lines = folder.receipts();
    lines[2] = lines[2].replace("20001", "20000");
    folder.write("r.jsonl", &(lines.join("\n") + "\n"));
    let (code, _, errors) = folder.logis(&["diff", "regles", "regles", "--corpus", "r.jsonl"]);
    assert!(code == 2 && errors.contains("r.jsonl:3: ce reçu a été modifié"), "{errors}");
}

/// A scenario of one commune, so that its runs are short.
fn scenario(folder: &Path) -> PathBuf {
    let file = folder.join("essai.toml");
    let data = format!("{ROOT}/scenarios/grand-dijon-2015").replace('\\', "/");
    let text = format!(
        "title = \"Essai\"\n[base]\ndata = \"{data}\"\nas_of = 2017-06-30\nterritory = {{ commune = [\"21166\"] }}\n"
    );
    fs::write(&file, text).unwrap();
    file
}

/// Every number and text of a value, each as one change.
fn leaves(value: &mut Value, visit: &mut dyn FnMut(&mut Value)) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| leaves(item, visit)),
        Value::Object(items) => items.values_mut().for_each(|item| leaves(item, visit)),
        leaf => visit(leaf),
    }
}

/// A kept run that was edited is computed again, with a word, and the report is as it was. So is one of another
/// build, whose hash of the inputs is another. No figure of the file may be edited unseen.
#[test]
fn an_edited_run_is_not_believed() {
    let folder = tempfile::tempdir().unwrap();
    let (file, into) = (scenario(folder.path()), folder.path().join("r"));
    let simulate = || {
        let mut command = Command::new(LOGIS);
        let ran = command.arg("simulate").arg(&file).arg("--output").arg(&into).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        assert!(ran.status.success(), "{}", text(&ran.stderr));
        (text(&ran.stdout), text(&ran.stderr))
    };
    let (first, _) = simulate();
    let kept = into.join("calculs/base.2015.json");
    let whole = fs::read(&kept).unwrap();
    let value: Value = serde_json::from_slice(&whole).unwrap();
    let hash = value["result"]["hash"].as_str().unwrap().to_string();
    let is = RunResult::from_kept(&whole, &hash).unwrap();

    let mut edited = value.clone();
    let mut changed = 0;
    leaves(&mut edited, &mut |leaf| {
        if let Some(n) = leaf.as_i64().filter(|n| *n > 1) {
            *leaf = json!(n + 1);
            changed += 1;
        }
    });
    assert!(changed > 10);
    fs::write(&kept, edited.to_string()).unwrap();
    let (again, said) = simulate();
    assert_eq!(again, first);
    assert!(said.contains("base.2015.json") && said.contains("n'est pas tel qu'il a été écrit"), "{said}");
    assert_eq!(fs::read(&kept).unwrap(), whole);

    // What another build would have left there: whole, but of another hash.
    let other = RunResult { hash: "0".repeat(64), ..is.clone() };
    assert_eq!(RunResult::from_kept(&other.to_kept().unwrap(), &hash), Err(NotBelieved::OtherInputs));
    fs::write(&kept, other.to_kept().unwrap()).unwrap();
    assert_eq!(simulate().0, first);
    assert_eq!(fs::read(&kept).unwrap(), whole);

    // Each leaf in turn (one in some, so that it does not take long).
    let mut count = 0;
    leaves(&mut value.clone(), &mut |_| count += 1);
    let step = count / 60 + 1;
    for target in (0..count).step_by(step) {
        let (mut edited, mut at) = (value.clone(), 0);
        leaves(&mut edited, &mut |leaf| {
            if at == target {
                *leaf = match &*leaf {
                    Value::Number(n) => json!(n.as_i64().unwrap_or(0) + 1),
                    Value::String(text) => json!(format!("{text}0")),
                    Value::Bool(b) => json!(!*b),
                    _ => json!(1),
                };
            }
            at += 1;
        });
        let read = RunResult::from_kept(edited.to_string().as_bytes(), &hash);
        assert!(read.is_err(), "leaf {target} of {count} was believed");
    }
    // Layout does not count.
    let spaced = serde_json::to_vec_pretty(&value).unwrap();
    assert_eq!(RunResult::from_kept(&spaced, &hash), Ok(is));
}

/// A scenario whose numbers are not those of a scenario is refused at its line, exit code 2, and nothing is
/// written: too large to compute with, too many rows or runs, negative where a distance is meant.
#[test]
fn numbers_of_a_scenario_have_limits() {
    let folder = tempfile::tempdir().unwrap();
    let data = format!("{ROOT}/scenarios/grand-dijon-2015").replace('\\', "/");
    let head = format!("title = \"t\"\n[base]\ndata = \"{data}\"\nas_of = 2017-06-30\n");
    let variant = "[[variant]]\nname = \"v\"\n";
    let nines = "9".repeat(38);
    let axis = |name: &str| {
        let values = vec!["1"; 400].join(", ");
        format!(
            "[[sweep]]\nname = \"{name}\"\n[[sweep.axis]]\npath = \"plus.plafond\"\nmultiply = [{values}]\n[[sweep.axis]]\npath = \"pls.majoration\"\nadd = [{values}]\n"
        )
    };
    let observed = |value: &str, within: &str| {
        format!(
            "[[observed]]\nlabel = \"x\"\nfigure = \"synthese.attributions.valeur\"\nvalue = {value}\nwithin = {within}\nsource = \"s\"\n"
        )
    };
    let cases: Vec<(String, usize, &str)> = vec![
        ("seeds = { first = 18446744073709551615, count = 2 }\n".into(), 5, "`seeds`"),
        ("seeds = { first = 1, count = 0 }\n".into(), 5, "`seeds`"),
        ("seeds = [-1]\n".into(), 5, "`seeds`"),
        ("seeds = [3, 4, 3]\n".into(), 5, "est donnée deux fois"),
        ("seeds = { first = 1, count = 100000 }\n[[variant]]\nname = \"v\"\n".into(), 2, "200000 calculs"),
        (axis("s"), 2, "160001 calculs"),
        ("max_added = 999999999999\n".into(), 2, "`max_added`"),
        ("max_added = -1\n".into(), 2, "`max_added`"),
        (
            format!("{variant}[[variant.demande]]\nadd = 1000000000000\n"),
            7,
            "1000000000000 lignes, 1000000 au plus",
        ),
        (format!("{variant}[[variant.demande]]\nadd = 18446744073709551615\n"), 7, "lignes, 1000000 au plus"),
        (format!("{variant}[[variant.demande]]\nadd = 18446744073709551616\n"), 8, "`add`"),
        (format!("{variant}[[variant.demande]]\nadd = -1\n"), 8, "`add`"),
        (format!("max_added = 10\n{variant}[[variant.demande]]\nadd = 11\n"), 8, "11 lignes, 10 au plus"),
        (
            format!(
                "max_added = 2500\n{variant}[[variant.demande]]\nadd = \"100 %\"\n[[variant.demande]]\nadd = \"200 %\"\n"
            ),
            10,
            "plus de 2500 lignes à `demandes`",
        ),
        // So many persons come with 600 requests.
        (
            format!("max_added = 600\n{variant}[[variant.demande]]\nadd = 600\n"),
            8,
            "plus de 600 lignes à `personnes`",
        ),
        (format!("{variant}[[variant.demande]]\nadd = \"{nines} %\"\n"), 8, "14 chiffres au plus"),
        (
            format!("{variant}[[variant.demande]]\nadd = \"99999999999999 %\"\n"),
            7,
            "plus de 1000000 lignes à `demandes`",
        ),
        (format!("{variant}[[variant.demande]]\nremove = \"-5 %\"\n"), 8, "`remove`"),
        (
            format!("{variant}[[variant.parameter]]\npath = \"plus.plafond\"\nmultiply = {nines}\n"),
            9,
            "14 chiffres au plus",
        ),
        (
            format!("{variant}[[variant.parameter]]\npath = \"plus.plafond\"\nset = {nines}\n"),
            9,
            "14 chiffres au plus",
        ),
        (
            format!("{variant}[[variant.parameter]]\npath = \"plus.plafond\"\nadd = nan\n"),
            9,
            "14 chiffres au plus",
        ),
        (
            format!("{variant}[[variant.parameter]]\npath = \"plus.plafond\"\nadd = \"1/{nines}\"\n"),
            9,
            "`add`",
        ),
        (observed(&format!("-{}", i128::MAX), "1"), 8, "14 chiffres au plus"),
        (observed("1", &nines), 9, "`within`"),
        (observed("1", "-1"), 9, "`within`"),
        (observed("1", "\"deux\""), 9, "`within`"),
        ("territory = { commune = [\"21999\"] }\n".into(), 5, "n'a pas de ligne `21999`"),
        ("[years]\ndates = [2017-12-31]\nstock = 1000001\n".into(), 2, "1000001 logements"),
        ("[years]\ndates = [2017-12-31]\nfreed = \"101 %\"\n".into(), 7, "`freed`"),
    ];
    for (text, line, said) in cases {
        let (file, into) = (folder.path().join("e.toml"), folder.path().join("r"));
        let whole = if text.starts_with("[years]") {
            format!("{}{text}", head.replace("as_of = 2017-06-30\n", "\n"))
        } else {
            format!("{head}{text}")
        };
        fs::write(&file, &whole).unwrap();
        let mut command = Command::new(LOGIS);
        let ran = command.arg("simulate").arg(&file).arg("--output").arg(&into).output().unwrap();
        let errors = String::from_utf8(ran.stderr).unwrap();
        assert_eq!(ran.status.code(), Some(2), "{whole}\n{errors}");
        assert!(
            errors.contains(&format!("e.toml:{line}:")) && errors.contains(said),
            "{line} {said}\n{whole}\n{errors}"
        );
        assert!(!into.join("rapport.json").exists(), "{whole}");
        let _ = fs::remove_dir_all(&into);
    }
}

/// Years add up: what is within the limit each year goes beyond it in the end. A limit that is raised is one.
#[test]
fn the_limit_holds_over_years() {
    let folder = tempfile::tempdir().unwrap();
    let data = format!("{ROOT}/scenarios/grand-dijon-2015").replace('\\', "/");
    let (file, into) = (folder.path().join("e.toml"), folder.path().join("r"));
    let simulate = |most: usize| {
        let text = format!(
            "title = \"t\"\n[base]\ndata = \"{data}\"\nterritory = {{ commune = [\"21166\"] }}\nmax_added = {most}\n\
             [years]\ndates = [2017-12-31, 2018-12-31, 2019-12-31]\ndata_of = 2015-12-31\n[[years.demande]]\nadd = 300\n"
        );
        fs::write(&file, text).unwrap();
        let mut command = Command::new(LOGIS);
        command.arg("simulate").arg(&file).arg("--output").arg(&into).output().unwrap()
    };
    let ran = simulate(700);
    let errors = String::from_utf8(ran.stderr).unwrap();
    assert_eq!(ran.status.code(), Some(2), "{errors}");
    assert!(errors.contains("e.toml:9:") && errors.contains("plus de 700 lignes à `personnes`"), "{errors}");
    assert!(simulate(100_000).status.success());
}

/// A commune of the pack of which the data says nothing is told, with the report.
#[test]
fn a_territory_without_data_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let file = scenario(folder.path());
    let text = fs::read_to_string(&file).unwrap().replace("\"21166\"", "\"21166\", \"75056\"");
    fs::write(&file, text).unwrap();
    let mut command = Command::new(LOGIS);
    let ran =
        command.arg("simulate").arg(&file).arg("--output").arg(folder.path().join("r")).output().unwrap();
    let out = String::from_utf8(ran.stdout).unwrap();
    assert!(ran.status.success() && out.contains("les données n'ont rien pour commune 75056"), "{out}");
    assert!(!out.contains("commune 21166"), "{out}");
}

/// A change that finds fewer rows than it asks for says so, with the report.
#[test]
fn fewer_rows_than_asked_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let file = scenario(folder.path());
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text + "[[variant]]\nname = \"v\"\n[[variant.logement]]\nremove = 5000\n").unwrap();
    let mut command = Command::new(LOGIS);
    let ran =
        command.arg("simulate").arg(&file).arg("--output").arg(folder.path().join("r")).output().unwrap();
    let out = String::from_utf8(ran.stdout).unwrap();
    // The workbook and the page hold the same warnings.
    assert!(
        ran.status.success()
            && out.contains("v : Logement : 5\u{202f}000 de moins, mais 41 lignes seulement"),
        "{out}"
    );
}

/// Every number of both population files in turn: a digit too many, a sign, a share above the whole. Each is
/// refused with its line, exit code 2, or is within what is drawn anyway; nothing breaks off, nothing is written.
#[test]
fn numbers_of_a_population_have_limits() {
    let folder = tempfile::tempdir().unwrap();
    let generate = |text: &str, more: &[&str]| {
        let (file, into) = (folder.path().join("p.toml"), folder.path().join("d"));
        fs::write(&file, text).unwrap();
        let mut command = Command::new(LOGIS);
        command.args(["generate", "--population"]).arg(&file).arg("--output").arg(&into).args(more);
        let ran = command.output().unwrap();
        let _ = fs::remove_dir_all(&into);
        (ran.status.code(), String::from_utf8(ran.stderr).unwrap())
    };
    let files = [
        ("populations/grand-dijon-2015.toml", &[][..]),
        (
            "populations/demandeurs.toml",
            &["--territory", "21231", "--demandes", "20", "--logements", "5"][..],
        ),
    ];
    for (name, more) in files {
        let text = fs::read_to_string(format!("{ROOT}/scenarios/{name}")).unwrap();
        assert_eq!(generate(&text, more).0, Some(0));
        let mut tried = 0;
        for (at, line) in text.lines().enumerate() {
            let Some((key, value)) = line.split_once('=').filter(|_| !line.trim_start().starts_with('#'))
            else {
                continue;
            };
            if !value.trim().chars().all(|c| c.is_ascii_digit()) {
                continue;
            }
            tried += 1;
            // Each takes a process: a few of the many ways, in turn.
            let to = ["-1", "99999999999", "18446744073709551615", "1e300", "nan"][tried % 5];
            let lines = text.lines().enumerate();
            let changed: Vec<String> =
                lines.map(|(n, l)| if n == at { format!("{key}= {to}") } else { l.to_string() }).collect();
            let (code, errors) = generate(&changed.join("\n"), more);
            assert_eq!(code, Some(2), "{name}:{}: {key} = {to}\n{errors}", at + 1);
            assert!(errors.contains("p.toml"), "{errors}");
            let said = errors.contains(&format!("ligne {}:", at + 1))
                || errors.contains(&format!("ligne {}, colonne", at + 1));
            assert!(said, "{name}:{}: {key} = {to}\n{errors}", at + 1);
        }
        assert!(tried > 20, "{tried}");
        for (from, to, said) in [
            ("ages                  = [[18, 24", "ages = [[24, 18", "menages.ages"),
            ("loyer_paye = [250, 750]", "loyer_paye = [750, 250]", "champs.personnes.entre.loyer_paye"),
            ("etudiant = 3", "etudiant = 103", "champs.personnes.oui_pour_cent.etudiant"),
            ("[projets]", "[projets]\nx = 0b11", "x"),
        ] {
            assert!(text.contains(from), "{name}: {from}");
            let (code, errors) = generate(&text.replacen(from, to, 1), more);
            assert!(code == Some(2) && errors.contains(said), "{name}: {to}\n{errors}");
        }
    }
    let many = ["--territory", "21231", "--demandes", "1000000000000000"];
    let text = fs::read_to_string(format!("{ROOT}/scenarios/populations/demandeurs.toml")).unwrap();
    let (code, errors) = generate(&text, &many);
    assert!(code == Some(2) && errors.contains("100000000 au plus"), "{errors}");
}

/// A pack whose aid stands in no group, read by nobody; its ceiling has three values, each on a day.
fn aid_in_no_group(ceilings: [u32; 3]) -> Vec<(&'static str, String)> {
    let schema = format!(
        "{SCHEMA}[personne]\ntable = \"personnes\"\nkey = \"personne_id\"\nfields.salaire = {{ type = \"amount\" }}\nfields.commune = {{ type = \"text\" }}\n"
    );
    let version = |(from, value): (&str, u32)| {
        format!(
            "[[aide.plafond.values]]\nfrom = {from}-01-01\nsource = {{ title = \"art. 1\" }}\nvalue = {value}\n"
        )
    };
    let versions: String = ["2016", "2017", "2018"].into_iter().zip(ceilings).map(version).collect();
    let aid = "//! entité: personne\n\n/// Le salaire ouvre droit à l'aide.\n/// source: art. 1\n/// résultat\n\
               fn aide(salaire) { salaire <= param(\"aide.plafond\") }\n\n/// Personne ne lit cette règle.\n/// source: art. 1\n\
               fn ecart(salaire) { salaire - param(\"aide.plafond\") }\n";
    vec![
        ("pack.toml", "results = [\"eligible\"]\n[groups]\nmenages = [\"eligible\"]\n".to_string()),
        ("schema.toml", schema),
        ("plafond.toml", PARAMETER.to_string()),
        ("aide.toml", format!("[aide.plafond]\n{versions}")),
        ("eligible.rhai", RULE.to_string()),
        ("aide.rhai", aid.to_string()),
    ]
}

/// Two such packs; of the second, each ceiling is a hundred higher. Persons on both sides: A and B gain in 2016,
/// B and C in 2017, C and D in 2018, worked out by hand from the ceilings 1000/1100, 1200/1300 and 1400/1500.
fn aids() -> Folder {
    let folder = one_rule();
    for (pack, ceilings) in [("avant", [1000, 1200, 1400]), ("apres", [1100, 1300, 1500])] {
        for (name, text) in aid_in_no_group(ceilings) {
            folder.write(&format!("{pack}/{name}"), &text);
        }
    }
    folder.write(
        "donnees/personnes.csv",
        "personne_id,salaire,commune\nA,1050,nord\nB,1100,nord\nC,1300,sud\nD,1500,sud\nE,1600,sud\nF,,nord\nG,1450.5,sud\n",
    );
    folder
}

/// An aid that no group names and no rule reads is compared: the change reaches it. It was "rien".
#[test]
fn what_a_change_reaches_is_compared_in_a_group_or_not() {
    let folder = aids();
    let (code, out, errors) =
        folder.logis(&["diff", "avant", "apres", "--corpus", "donnees", "--format", "json"]);
    assert_eq!(code, 1, "{errors}");
    let found: Value = serde_json::from_str(&out).unwrap();
    // Of 1000 to 1100: A and B. Of 1200 to 1300: C alone. Of 1400 to 1500: D and G.
    let flips: Vec<(String, u64)> = found["differences"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|d| d["rule"] == "aide")
        .map(|d| (d["date"].as_str().unwrap().to_string(), d["count"].as_u64().unwrap()))
        .collect();
    let by_hand = [("2016-01-01", 2), ("2017-01-01", 1), ("2018-01-01", 2)];
    assert_eq!(flips, by_hand.map(|(date, count)| (date.to_string(), count)));
    // `ecart` differs for all six whose salary is known, on each of three dates.
    let summary = &found["summary"];
    let rows = |rule: &str| -> Vec<(u64, u64, u64)> {
        let all = summary["rules"].as_array().unwrap().iter().filter(|r| r["rule"] == rule);
        all.map(|r| (r["gain"].as_u64().unwrap(), r["loss"].as_u64().unwrap(), r["other"].as_u64().unwrap()))
            .collect()
    };
    assert_eq!((rows("aide"), rows("ecart")), (vec![(5, 0, 0)], vec![(0, 0, 6)]));
    assert_eq!(
        summary["changed"],
        json!([{ "corpus": "donnees", "entity": "personne", "rows": 6, "decided": 7 }])
    );
}

/// A person whose outcome differs as of three dates is one person in every table, with the dates beside.
#[test]
fn a_person_is_counted_once_and_not_once_a_date() {
    let folder = aids();
    let args = ["diff", "avant", "apres", "--corpus", "donnees", "--by", "commune", "--select", "ecart"];
    let (_, out, _) = folder.logis(&[&args[..], &["--format", "json"]].concat());
    let found: Value = serde_json::from_str(&out).unwrap();
    // Nord: A and B (F has no salary). Sud: C, D, E, G. Not three times as many.
    let by: Vec<(String, u64)> = found["summary"]["by"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| (r["value"].as_str().unwrap().to_string(), r["other"].as_u64().unwrap()))
        .collect();
    assert_eq!(by, [("nord".to_string(), 2), ("sud".to_string(), 4)]);
    let (code, out, _) = folder.logis(&args);
    assert_eq!(code, 1);
    assert!(out.contains("donnees : 6 lignes de `personne` sur 7 décidées"), "{out}");
    assert!(out.contains("laissé de côté par --select : aide"), "{out}");
    let (_, page, _) = folder.logis(&[&args[..], &["--format", "html"]].concat());
    assert!(page.contains("6 lignes de `personne` sur 7 décidées"), "{page}");
    // On one of the dates, and on none of them.
    let (_, out, _) = folder.logis(&[&args[..], &["--as-of", "2017-06-30"]].concat());
    assert!(out.contains("donnees : 6 lignes de `personne` sur 7 décidées"), "{out}");
    let (code, out, _) = folder.logis(&[&args[..], &["--as-of", "2015-06-30"]].concat());
    assert!(code == 0 && out.contains("aucune règle ne peut décider autrement"), "{out}");
}

/// That the change reaches a rule which nothing decides is said, and is not fine where nothing was decided at all.
#[test]
fn what_is_decided_on_no_row_is_said() {
    let folder = aids();
    let (code, out, _) = folder.logis(&["diff", "avant", "apres"]);
    assert_eq!(code, 1, "{out}");
    assert!(
        out.contains("mais décidé sur aucune ligne de `personne`, donc pas comparé : aide, ecart"),
        "{out}"
    );
    assert!(out.contains("Rien n'a été décidé"), "{out}");
    // Data without persons decides other rules only, of which none is reached.
    fs::remove_file(folder.path("donnees/personnes.csv")).unwrap();
    let (code, out, _) = folder.logis(&["diff", "avant", "apres", "--corpus", "donnees"]);
    assert!(code == 1 && out.contains("Rien n'a été décidé"), "{out}");
    // The same packs: nothing is reached, and that is fine.
    let (code, out, _) = folder.logis(&["diff", "avant", "avant"]);
    assert!(code == 0 && !out.contains("pas comparé"), "{out}");
}

/// A result that no group names is a note of `check`, and no more than that; named, it is none.
#[test]
fn a_result_in_no_group_is_noted() {
    let folder = aids();
    let (code, _, errors) = folder.logis(&["check", "--rules", "avant"]);
    assert!(
        code == 0 && errors.contains("L0516") && errors.contains("aucun groupe ne nomme le résultat `aide`"),
        "{errors}"
    );
    assert_eq!(folder.logis(&["check", "--rules", "avant", "--fail-on", "note"]).0, 1);
    folder.write("avant/pack.toml", "results = [\"eligible\", \"ecart\"]\n[groups]\naides = [\"aide\"]\n");
    let (_, _, errors) = folder.logis(&["check", "--rules", "avant"]);
    assert!(!errors.contains("L0516"), "{errors}");
}

/// What texts say that a change can reach holds every rule whose fingerprint is another: brute force over all
/// outcomes of the shipped pack, for changes of a parameter, of labels alone and of texts.
#[test]
fn what_is_reached_holds_all_that_differs() {
    use logis::compare::{Structure, outcomes, reached, reads_the_same};
    use logis::fingerprint::fingerprint;
    use logis::value::parse_date;
    let files = logis::Pack::files(format!("{ROOT}/rules")).unwrap();
    let base = logis::Pack::from_files("rules", files.clone()).unwrap();
    let date = parse_date("2022-06-30").unwrap();
    let names = outcomes(base.parsed());
    assert!(names.len() > 100);
    let changes = [
        ("plafonds/pls.toml", "0.30", "0.31"),
        ("plafonds/pls.rhai", "/// source:", "/// source: autre,"),
        ("plafonds/pls.rhai", "plafond_plus", "plafond_plai"),
        ("publics/menage.rhai", "un(", "tous("),
    ];
    let mut differing = 0;
    for (file, from, to) in changes {
        let mut other = files.clone();
        let (_, bytes) = other.iter_mut().find(|(path, _)| path.ends_with(file)).unwrap();
        let text = String::from_utf8(bytes.clone()).unwrap();
        assert!(text.contains(from), "{file} {from}");
        *bytes = text.replace(from, to).into_bytes();
        let Ok(head) = logis::Pack::from_files("rules", other) else { panic!("{file}: {to}") };
        assert!(reads_the_same(base.parsed(), head.parsed()));
        let structure = Structure::new(base.parsed(), head.parsed());
        let reach = reached(&structure, base.parsed(), head.parsed()).unwrap();
        assert!(reach.len() < names.len(), "{file}: all is reached");
        for name in &names {
            let (Ok(a), Ok(b)) = (base.plan(date, &[name]), head.plan(date, &[name])) else { continue };
            if fingerprint(&a) != fingerprint(&b) {
                differing += 1;
                assert!(reach.contains(name), "{file} {from}: {name}");
            }
        }
    }
    assert!(differing > 10, "{differing}");
}
