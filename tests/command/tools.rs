//! The tools on packs, asked the way people ask them: in the folder of a pack, with the folder as a word,
//! with files that are none of it beside, with a slip in a name.

#![cfg(unix)]
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use crate::support::{CASE, Folder, LOGIS, PARAMETER, RULE, told};

const SCHEMA: &str = "[menage]\ntable = \"menages\"\nkey = \"menage_id\"\n\
fields.revenu = { type = \"amount\", unit = \"EUR/an\" }\n";

/// The pack in `regles`, its rule in a folder of it.
fn one_rule() -> Folder {
    Folder::of(&[
        ("regles/schema.toml", SCHEMA),
        ("regles/plafond.toml", PARAMETER),
        ("regles/droits/eligible.rhai", RULE),
        ("regles/droits/eligible.cas.toml", CASE),
    ])
}

impl Folder {
    /// Runs `logis` in a folder below: exit code, standard output, standard error.
    fn run_at(&self, at: &str, args: &str) -> (i32, String, String) {
        let args = args.split(' ').filter(|a| !a.is_empty());
        ran(Command::new(LOGIS).args(args).current_dir(self.path(at)))
    }
}

fn ran(command: &mut Command) -> (i32, String, String) {
    told(&command.output().unwrap())
}

/// In the folder of a pack, or below, or with the folder as a word, that pack is looked at; elsewhere the one
/// that the binary carries. Which one is said.
#[test]
fn the_pack_that_is_meant_is_looked_at() {
    let folder = one_rule();
    for (at, args, place) in [
        ("regles", "", "."),
        ("regles/droits", "", ".."),
        (".", " regles", "regles"),
        (".", " ./regles/", "./regles/"),
        (".", " --rules regles", "regles"),
        ("regles", " --rules ../regles", "../regles"),
    ] {
        let said = format!("({place}): 1 règles, 1 cas");
        let (code, out, errors) = folder.run_at(at, &format!("check{args}"));
        let line = format!("({place}): 1 règles, 1 paramètres, 1 cas, 0 doutes signalés: ");
        assert!(code == 0 && out.contains(&line), "{at}{args}: {out}{errors}");
        let (code, _, errors) = folder.run_at(at, &format!("check{args} --format github"));
        assert!(code == 0 && errors.contains(&said), "{at}{args}: {errors}");
        let (code, out, errors) = folder.run_at(at, &format!("test{args}"));
        assert!(
            code == 0 && errors.contains(&said) && out.contains("1 cas réussis"),
            "{at}{args}: {out}{errors}"
        );
        let (code, _, errors) = folder.run_at(at, &format!("coverage{args}"));
        assert!(code == 0 && errors.contains(&said), "{at}{args}: {errors}");
        let (code, out, errors) = folder.run_at(at, &format!("watch{args} --once"));
        assert!(code == 0 && out.contains("1 cas réussis"), "{at}{args}: {out}{errors}");
    }
    let (code, out, errors) = folder.run_at(".", "test au.plafond.de.ressources");
    assert!(code == 2 && errors.contains("(embarqué): "), "{out}{errors}");
    // A folder and a filter, in this order.
    let (code, out, errors) = folder.run_at(".", "test regles plafond");
    assert!(code == 0 && out.contains("1 cas réussis"), "{out}{errors}");
    assert_eq!(folder.run_at(".", "test regles rien").0, 2);
    assert_eq!(folder.run_at(".", "test regles plafond trop").0, 2);
    assert_eq!(folder.run_at("regles", "test plafond").0, 0);
    let (code, _, errors) = folder.run_at(".", "check nulle-part");
    assert!(code == 2 && errors.contains("nulle-part: ce dossier de règles n'existe pas"), "{errors}");
    assert_eq!(folder.run_at(".", "check regles --rules regles").0, 2);
}

/// A broken pack is broken for whoever stands in it: without a schema, with a script that does not parse.
#[test]
fn a_broken_pack_is_not_taken_for_the_embedded_one() {
    let folder = one_rule();
    folder.write("regles/droits/eligible.rhai", "fn eligible(revenu) { revenu <= }");
    for command in ["check", "test", "coverage", "mutate"] {
        for (at, word) in [("regles", ""), ("regles/droits", ""), (".", " regles")] {
            let (code, out, errors) = folder.run_at(at, &format!("{command}{word}"));
            assert!(code == 2 && errors.contains("L0020"), "{command} {at}: {out}{errors}");
        }
    }
    fs::remove_file(folder.path("regles/schema.toml")).unwrap();
    folder.write("regles/droits/eligible.rhai", RULE);
    for (at, word) in [("regles/droits", ""), (".", " regles")] {
        let (code, out, errors) = folder.run_at(at, &format!("check{word}"));
        assert!(code == 2 && errors.contains("L0031"), "{at}: {out}{errors}");
    }
    // An update writes into the folder that was meant.
    let folder = one_rule();
    folder.write("regles/droits/eligible.cas.toml", &CASE.replace("true", "false"));
    assert_eq!(folder.run_at("regles/droits", "test --update --yes").0, 0);
    assert_eq!(fs::read_to_string(folder.path("regles/droits/eligible.cas.toml")).unwrap(), CASE);
}

/// Files that are none of the pack are told by name, with the name that was meant; they are not opened.
#[test]
fn files_that_are_not_read_are_told_and_not_opened() {
    let folder = one_rule();
    folder.write("regles/droits/autre.rhai.txt", RULE);
    folder.write("regles/Seuil.TOML", PARAMETER);
    folder.write("regles/cas.yaml", "");
    folder.write("regles/LISEZMOI.md", "");
    folder.write("regles/.cache", "");
    // A file of a gigabyte that has no content on the disk: reading it would need the memory.
    let film = fs::File::create(folder.path("regles/film.mp4")).unwrap();
    film.set_len(1 << 30).unwrap();
    for command in ["check", "test"] {
        let script = format!("ulimit -v 700000; exec {} {command}", LOGIS);
        let (code, out, errors) =
            ran(Command::new("bash").args(["-c", &script]).current_dir(folder.path("regles")));
        assert_eq!(code, 0, "{out}{errors}");
        for told in [
            "droits/autre.rhai.txt (« droits/autre.rhai » ?)",
            "Seuil.TOML (« Seuil.toml » ?)",
            "cas.yaml (« cas.cas.yaml » ?)",
            "film.mp4",
        ] {
            assert!(errors.contains(told), "{told}: {errors}");
        }
        assert!(!errors.contains("LISEZMOI") && !errors.contains(".cache"), "{errors}");
    }
    let (code, _, errors) = folder.run_at(".", "test --rules regles");
    assert!(code == 0 && errors.contains("film.mp4"), "{errors}");
}

/// A link to a folder above is passed over; one to a folder elsewhere is followed.
#[test]
fn a_link_to_itself_ends() {
    let folder = one_rule();
    symlink(".", folder.path("regles/boucle")).unwrap();
    symlink("../..", folder.path("regles/droits/plus-haut")).unwrap();
    folder.write("ailleurs/autre.rhai", &RULE.replace("fn eligible", "fn autre"));
    symlink("../ailleurs", folder.path("regles/ailleurs")).unwrap();
    for command in ["check --rules regles", "test --rules regles", "fmt --rules regles"] {
        let (code, out, errors) = folder.run_at(".", command);
        assert!(code == 0 && !out.contains("boucle"), "{command}: {out}{errors}");
    }
    let (_, out, _) = folder.run_at(".", "check --rules regles");
    assert!(out.contains("(regles): 2 règles, 1 paramètres, 1 cas"), "{out}");
}

/// `check` sees what `test` would stop at: a case that names a field, a rule, an entity or a reason that the
/// pack does not have, a value of another type.
#[test]
fn check_sees_cases_that_name_what_is_not_there() {
    for (before, after, code, hint) in [
        ("revenu =", "revenus =", "L0102", "`revenu`"),
        ("{ eligible", "{ eligibles", "L0102", "`eligible`"),
        ("menage =", "menages =", "L0101", "`menage`"),
        ("20000", "\"beaucoup\"", "L0043", ""),
    ] {
        let folder = one_rule();
        folder.write("regles/droits/eligible.cas.toml", &CASE.replace(before, after));
        let (status, out, errors) = folder.run_at(".", "check --rules regles");
        assert!(status == 1 && errors.contains(code) && errors.contains(hint), "{after}: {out}{errors}");
        assert!(errors.contains("eligible.cas.toml"), "{after}: {errors}");
        let (status, out, _) = folder.run_at(".", "check --rules regles --format json");
        let found: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert!(status == 1 && found["findings"][0]["code"] == code, "{after}: {out}");
        assert_eq!(folder.run_at(".", "test --rules regles").0, 2, "{after}");
        let (status, out, _) = folder.run_at(".", "watch --once --rules regles");
        assert!(status == 1 && out.contains(code), "{after}: {out}");
    }
}

/// A slip in the name of a group offers the group.
#[test]
fn a_slip_in_a_group_offers_the_nearest() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for (slip, group) in
        [("montant", "montants"), ("aide", "aides"), ("bilan_renovation", "bilan_renovations")]
    {
        let args = ["eval", "--data", "scenarios/grand-dijon-2015", "--select", slip];
        let (code, _, errors) = ran(Command::new(LOGIS).args(args).current_dir(&root));
        assert!(code == 2 && errors.contains(&format!("`{group}`")), "{slip}: {errors}");
    }
}

/// A number with more digits than are kept exactly is an error at its place, when the pack is read, so for
/// both engines; one of 28 digits is exact (1 is not above 1.000…001).
#[test]
fn a_literal_is_what_is_written_or_an_error() {
    let rule = |number: &str| {
        format!(
            "//! entité: menage\n\n/// Un seuil.\n/// source: art. 1\nfn seuil(revenu) {{\n    {number} > revenu\n}}\n"
        )
    };
    let folder = one_rule();
    folder.write("d/menages.csv", "menage_id,revenu\nM1,1\n");
    let eval = "eval --rules regles --data d --as-of 2017-06-30 --select seuil --format csv";
    for number in [
        "1.0000000000000000000000000000000000001",
        "0.00000000000000000000000000001",
        "1234567890123456789.01234567890123456789",
        "123456789012345678901234567890",
        "1.00000000000000000000000000005",
        "1.00000000000000000000000000005e3",
        "1e-40",
        "99999999999999999999999999999999999999999999",
    ] {
        folder.write("regles/seuil.rhai", &rule(number));
        for args in [eval, &format!("{eval} --engine reference"), "check --rules regles"] {
            let (code, out, errors) = folder.run_at(".", args);
            assert!(code == 2 && errors.contains("seuil.rhai:6:5"), "{number}: {out}{errors}");
        }
    }
    for (number, above) in [
        ("1.000000000000000000000000001", true),
        ("0.999999999999999999999999999", false),
        ("1.00", false),
        ("9_999.5", true),
        ("1e3", true),
        ("1.5e-3", false),
    ] {
        folder.write("regles/seuil.rhai", &rule(number));
        for engine in ["plan", "reference"] {
            let (code, out, errors) = folder.run_at(".", &format!("{eval} --engine {engine}"));
            assert!(code == 0, "{number}: {errors}");
            assert_eq!(out, format!("menage_id,seuil\nM1,{above}\n"), "{number} {engine}");
        }
    }
}
