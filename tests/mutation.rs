//! `logis coverage` and `logis mutate` on a stranger's pack whose figures are worked out by hand.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output as Ran};

const AT: &str = "[[cas]]\nnom = \"au plafond\"\ndate = 2017-06-30\nmenage = { revenu = 20000 }\nattendu = { eligible = true }\n";
const ABOVE: &str = "[[cas]]\nnom = \"un euro de plus\"\ndate = 2017-06-30\nmenage = { revenu = 20001 }\nattendu = { eligible = false }\n";

/// One schema, one parameter, one rule.
fn pack(rule: &str, cases: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write(
        "schema.toml",
        "[menage]\ntable = \"menages\"\nkey = \"menage_id\"\n\
         fields.revenu = { type = \"amount\" }\nfields.a = { type = \"boolean\" }\nfields.b = { type = \"boolean\" }\n",
    );
    write(
        "plafond.toml",
        "[plafond]\n[[plafond.values]]\nfrom = 2017-01-01\nsource = { title = \"art. 1\" }\nvalue = 20000\n",
    );
    write("eligible.rhai", &format!("//! entité: menage\n\n/// Éligible.\n{rule}\n"));
    write("eligible.cas.toml", cases);
    folder
}

const RULE: &str = "fn eligible(revenu) {\n    revenu <= param(\"plafond\")\n}";

fn logis(folder: &Path, args: &[&str]) -> Ran {
    Command::new(env!("CARGO_BIN_EXE_logis")).args(args).arg("--rules").arg(folder).output().unwrap()
}

fn stdout(ran: &Ran) -> String {
    String::from_utf8_lossy(&ran.stdout).into_owned()
}

/// Four mutants: `>` and `<` for `<=`, and the ceiling one euro lower or higher. The case at the ceiling
/// sees all but the higher one; the case one euro above sees that too.
#[test]
fn a_case_at_the_threshold_and_one_above_kill_every_mutant_of_a_ceiling() {
    let folder = pack(RULE, AT);
    let ran = logis(folder.path(), &["mutate", "--min-score", "75"]);
    let text = stdout(&ran);
    assert!(ran.status.success(), "{text}");
    assert!(text.contains("3 changements tués sur 4: score de 75 %"), "{text}");
    assert!(text.contains("plafond.toml:5:9: `plafond` (depuis le 2017-01-01): 20000 → 20001\n"), "{text}");
    assert_eq!(logis(folder.path(), &["mutate", "--min-score", "75.1"]).status.code(), Some(1));
    let folder = pack(RULE, &format!("{AT}\n{ABOVE}"));
    let text = stdout(&logis(folder.path(), &["mutate", "--min-score", "100"]));
    assert!(text.contains("4 changements tués sur 4: score de 100 %"), "{text}");
}

#[test]
fn a_survivor_is_accepted_with_a_reason_and_one_that_is_gone_is_told() {
    let accepted =
        "[[mutant]]\nparameter = \"plafond\"\nchange = \"20000 → 20001\"\nreason = \"pas encore\"\n";
    let folder = pack(RULE, AT);
    fs::write(folder.path().join("mutants.toml"), accepted).unwrap();
    let ran = logis(folder.path(), &["mutate"]);
    let text = stdout(&ran);
    assert!(ran.status.success() && text.contains("pas encore"), "{text}");
    // What is accepted is alive all the same.
    assert!(text.contains("score de 75 %; 1 admis dans mutants.toml, 0 à tuer"), "{text}");
    let gone = accepted.replace("20001", "30000");
    fs::write(folder.path().join("mutants.toml"), format!("{accepted}\n{gone}")).unwrap();
    fs::write(folder.path().join("eligible.cas.toml"), format!("{AT}\n{ABOVE}")).unwrap();
    let ran = logis(folder.path(), &["mutate"]);
    let text = stdout(&ran);
    assert_eq!(ran.status.code(), Some(1), "{text}");
    assert!(text.contains("mutants.toml:1:1: `plafond`: 20000 → 20001: ne survit plus"), "{text}");
    assert!(text.contains("mutants.toml:6:1: `plafond`: 20000 → 30000: n'existe plus"), "{text}");
    fs::write(folder.path().join("mutants.toml"), "[[mutant]]\nrule = \"x\"\nraison = \"\"\n").unwrap();
    let ran = logis(folder.path(), &["mutate"]);
    assert_eq!(ran.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&ran.stderr).contains("did you mean `reason`?"));
}

/// The same comparison is written in two rules. A case reaches one: a slip in the other is not seen.
#[test]
fn a_slip_in_one_of_two_equal_expressions_is_made_in_one() {
    let twice = format!("{RULE}\n\n/// Autre.\nfn autre(revenu) {{\n    revenu <= param(\"plafond\")\n}}");
    let folder = pack(&twice, &format!("{AT}\n{ABOVE}"));
    let text = stdout(&logis(folder.path(), &["mutate"]));
    assert!(text.contains("4 changements tués sur 6"), "{text}");
    assert_eq!(text.matches("`autre`: revenu").count(), 2, "{text}");
    assert_eq!(text.matches("aucun cas n'y passe").count(), 2, "{text}");
}

/// `a && b`, by hand: true and true shows both true; false and true shows a; true and false shows b.
#[test]
fn a_condition_is_shown_where_it_alone_turns_the_decision() {
    let case = |a: &str, b: &str, outcome: &str| {
        format!(
            "[[cas]]\nnom = \"{a} {b}\"\ndate = 2017-06-30\nmenage = {{ a = {a}, b = {b} }}\nattendu = {{ et = {outcome} }}\n"
        )
    };
    let rule = "fn et(a, b) {\n    a && b\n}";
    // Where both are false, neither decides alone: `b` is not even computed.
    let folder = pack(rule, &[case("true", "true", "true"), case("false", "false", "false")].join("\n"));
    let text = stdout(&logis(folder.path(), &["coverage"]));
    assert!(text.contains("eligible.rhai:5:5: `et`: a: ne décide jamais seul en étant faux"), "{text}");
    assert!(text.contains("eligible.rhai:5:10: `et`: b: jamais faux"), "{text}");
    let all = [case("true", "true", "true"), case("false", "true", "false"), case("true", "false", "false")];
    let folder = pack(rule, &all.join("\n"));
    let (lcov, html) = (folder.path().join("x.lcov"), folder.path().join("x.html"));
    let args = ["coverage", "--lcov", lcov.to_str().unwrap(), "--html", html.to_str().unwrap()];
    let text = stdout(&logis(folder.path(), &args));
    assert!(!text.contains("`et`"), "{text}");
    let lcov = fs::read_to_string(lcov).unwrap();
    assert!(lcov.contains("FNDA:3,et\n") && lcov.contains("DA:5,3\n"), "{lcov}");
    assert!(lcov.contains("BRF:4\nBRH:4\n"), "{lcov}");
    let html = fs::read_to_string(html).unwrap();
    assert!(html.contains("décide seul : vrai dans « true true », faux dans « false true »"), "{html}");
}

#[test]
fn nothing_is_mutated_while_cases_fail() {
    let folder = pack(RULE, &AT.replace("true", "false"));
    let ran = logis(folder.path(), &["mutate"]);
    assert_eq!(ran.status.code(), Some(2));
    let text = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert!(
        text.contains("1 cas en échec sans rien changer") && text.contains("eligible.cas.toml:2:"),
        "{text}"
    );
}

/// The bar of the pack's own cases: they see at least 95 % of all slips in its rules and parameters; each slip
/// that they do not see is in `rules/mutants.toml` with its reason; nothing else is there. `logis mutate` lists
/// what is missing.
#[test]
fn the_cases_of_the_pack_see_the_slips_in_its_rules() {
    let pack = logis_engine::Pack::load(concat!(env!("CARGO_MANIFEST_DIR"), "/../rules")).unwrap();
    let parsed = pack.parsed();
    let needs = logis_engine::data::Needs::default();
    let references = logis_engine::data::read(&parsed.schema, &parsed.references, Vec::new(), &needs).dataset;
    let report = logis_engine::mutation::mutate(&pack, &references, "").unwrap();
    assert!(report.score() >= 95.0, "{} % of the slips are seen: add cases", report.score());
    let alive: Vec<String> = report.survivors().map(|(m, _)| format!("`{}`: {}", m.name, m.change)).collect();
    assert!(alive.is_empty(), "add cases, or a reason in rules/mutants.toml:\n{}", alive.join("\n"));
    let stale: Vec<String> = report.stale.iter().map(|(entry, why)| format!("{entry:?}: {why}")).collect();
    assert!(stale.is_empty(), "take out of rules/mutants.toml:\n{}", stale.join("\n"));
    let unsaid = parsed.mutants.iter().filter(|entry| entry.reason.trim().is_empty()).count();
    assert_eq!(unsaid, 0, "entries of rules/mutants.toml without a reason");
}
