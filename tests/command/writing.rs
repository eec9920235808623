//! What the command line writes, and what it leaves alone.
//!
//! Each check looks at the files themselves, by the shell's own tools where it can: what was there stays
//! byte for byte, what is no file is still what it was.

#![cfg(unix)]
use crate::support::{CASE, Folder, LOGIS, PARAMETER, RULE, SCHEMA, stderr};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

const HOUSEHOLDS: &str = "menage_id,revenu,quartier\nM1,19999,nord\nM2,20001,sud\n";
const DECIDED: &str = "menage_id,eligible\nM1,true\nM2,false\n";

/// A pack of one rule, in `regles`, and two households, in `d`.
fn one_rule() -> Folder {
    Folder::of(&[
        ("regles/schema.toml", SCHEMA),
        ("regles/plafond.toml", PARAMETER),
        ("regles/eligible.rhai", RULE),
        ("regles/eligible.cas.toml", CASE),
        ("d/menages.csv", HOUSEHOLDS),
    ])
}

impl Folder {
    /// Runs `logis` with words that blanks part.
    fn words(&self, args: &str) -> Output {
        self.run(&args.split_whitespace().collect::<Vec<_>>())
    }

    /// `logis eval` with more arguments.
    fn eval(&self, more: &str) -> Output {
        self.words(&format!("{EVAL} {more}"))
    }

    /// A script of the shell, in which `$E` decides and `$L` is the binary.
    fn shell(&self, script: &str) -> String {
        let ran = Command::new("timeout")
            .args(["120", "bash", "-c", script])
            .env("L", LOGIS)
            .env("E", format!("{LOGIS} {EVAL}"))
            .current_dir(self.0.path())
            .output()
            .unwrap();
        format!("{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr))
    }

    /// All files with their bytes: what a refusal leaves as it was. Temporary files would show.
    fn all(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut found = BTreeMap::new();
        let mut left = vec![self.0.path().to_path_buf()];
        while let Some(at) = left.pop() {
            for entry in fs::read_dir(at).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() && !path.is_symlink() {
                    left.push(path);
                } else {
                    let bytes = fs::read(&path).unwrap_or_default();
                    found.insert(path, bytes);
                }
            }
        }
        found
    }

    /// Runs what must be refused: exit code 2, these words, and nothing changed.
    fn refused(&self, args: &str, words: &[&str]) {
        let before = self.all();
        let output = self.words(args);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{args}: {said}");
        assert!(output.stdout.is_empty(), "{args}: {}", String::from_utf8_lossy(&output.stdout));
        for word in words {
            assert!(said.contains(word), "{args}: « {word} » is not in: {said}");
        }
        assert!(!said.contains("panicked"), "{args}: {said}");
        assert_eq!(self.all(), before, "{args}");
    }
}

const EVAL: &str = "eval --rules regles --data d --as-of 2017-06-30 --select eligible";

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|found| found.uid() == 0)
}

/// The file of a result or of receipts is none that the command reads, by whatever name it is called.
#[test]
fn what_is_read_is_not_replaced() {
    let folder = one_rule();
    symlink("d/menages.csv", folder.path("lien.csv")).unwrap();
    symlink("d", folder.path("dossier")).unwrap();
    fs::hard_link(folder.path("d/menages.csv"), folder.path("dur.csv")).unwrap();
    for name in ["d/menages.csv", "./d/../d/menages.csv", "lien.csv", "dossier/menages.csv", "dur.csv"] {
        folder.refused(&format!("{EVAL} -o {name}"), &[name, "--output", "--data", "menages.csv"]);
        folder
            .refused(&format!("{EVAL} --format csv -o r.csv --record {name}"), &[name, "--record", "--data"]);
    }
    folder
        .refused(&format!("{EVAL} --format csv -o regles/plafond.toml"), &["regles/plafond.toml", "--rules"]);
    folder.refused("test --rules regles --junit regles/schema.toml", &["--junit", "--rules"]);
    folder.refused("coverage --rules regles --lcov regles/eligible.rhai", &["--lcov", "--rules"]);
    folder.refused("coverage --rules regles --html regles/eligible.cas.toml", &["--html", "--rules"]);
    folder.refused("graph --rules regles --format dot -o regles/schema.toml", &["--output", "--rules"]);
    // A file of the same folder that is not there yet replaces nothing.
    assert_eq!(folder.eval("-o d/resultat.json").status.code(), Some(0));
}

/// Receipts, results, refusals and accepted differences are read too.
#[test]
fn other_files_that_are_read_are_not_replaced() {
    let folder = one_rule();
    assert_eq!(folder.eval("--format csv -o r.csv --record r.jsonl").status.code(), Some(0));
    folder.refused("replay r.jsonl --rules regles --rewrite ./r.jsonl", &["--rewrite", "r.jsonl"]);
    folder.write("avant.json", "{}");
    folder.refused("match --rules regles --data d --near avant.json -o avant.json", &["--near", "--output"]);
    folder.refused(
        "commission --rules regles --data d --refusals r.csv -o r.csv",
        &["--refusals", "--output", "r.csv"],
    );
    folder.write("e.toml", "");
    folder.refused(
        "diff regles regles --accept e.toml --write-accepted e.toml",
        &["--write-accepted", "--accept"],
    );
    folder.refused(
        "diff regles regles --corpus r.jsonl --format json -o r.jsonl",
        &["--output", "--corpus", "r.jsonl"],
    );
    folder.refused("diff regles regles --format text -o regles/schema.toml", &["--output", "schema.toml"]);
}

/// Two outputs are two files.
#[test]
fn outputs_do_not_replace_each_other() {
    let folder = one_rule();
    folder.write("plein.x", "avant");
    symlink("plein.x", folder.path("autre.x")).unwrap();
    symlink("nulle-part", folder.path("pend.x")).unwrap();
    let both = |a: &str, b: &str| {
        folder.refused(
            &format!("{EVAL} --format csv -o {a} --record {b}"),
            &["--output", "--record", "dans le même fichier"],
        );
    };
    both("neuf.x", "neuf.x");
    both("neuf.x", "./neuf.x");
    both("neuf.x", "d/../neuf.x");
    both("plein.x", "autre.x");
    both("pend.x", "nulle-part");
    folder.refused("coverage --rules regles --lcov c --html c", &["--lcov", "--html"]);
    // The standard output is one file as well, also where it is a file that is named.
    folder.refused(&format!("{EVAL} --record -"), &["sortie standard", "--record"]);
    folder.refused(&format!("{EVAL} -o - --record /dev/stdout"), &["sortie standard"]);
    folder.refused("test --rules regles --junit -", &["sortie standard", "--junit"]);
    let said = folder.shell("$E --format csv --record r.jsonl > r.jsonl; echo rc $?");
    assert!(said.contains("rc 2") && said.contains("dans le même fichier"), "{said}");
    let said = folder.shell("$E --format csv >> d/menages.csv; echo rc $?; cat d/menages.csv");
    assert!(
        said.contains("rc 2") && said.ends_with(HOUSEHOLDS) || said.contains(&format!("rc 2\n{HOUSEHOLDS}")),
        "{said}"
    );
}

/// A link is followed and stays; the file behind it is replaced, or made.
#[test]
fn links_are_followed() {
    let folder = one_rule();
    folder.write("vrai.csv", "avant");
    folder.write("sous/vide", "");
    symlink("vrai.csv", folder.path("lien.csv")).unwrap();
    symlink("lien.csv", folder.path("lien2.csv")).unwrap();
    symlink("sous/neuf.csv", folder.path("pend.csv")).unwrap();
    assert_eq!(folder.eval("-o lien2.csv").status.code(), Some(0));
    assert_eq!(folder.read("vrai.csv"), DECIDED);
    assert_eq!(fs::read_link(folder.path("lien2.csv")).unwrap(), Path::new("lien.csv"));
    assert_eq!(fs::read_link(folder.path("lien.csv")).unwrap(), Path::new("vrai.csv"));
    assert_eq!(folder.eval("-o pend.csv").status.code(), Some(0));
    assert!(folder.path("pend.csv").is_symlink());
    assert_eq!(folder.read("sous/neuf.csv"), DECIDED);
    symlink("boucle.csv", folder.path("boucle.csv")).unwrap();
    folder.refused(&format!("{EVAL} -o boucle.csv"), &["boucle.csv"]);
    symlink("rien/neuf.csv", folder.path("perdu.csv")).unwrap();
    folder.refused(&format!("{EVAL} -o perdu.csv"), &["perdu.csv", "n'existe pas"]);
}

/// A folder, a path through a file or into no folder, an empty name.
#[test]
fn what_is_no_place_for_a_file_is_told() {
    let folder = one_rule();
    folder.refused(&format!("{EVAL} -o d"), &["d: c'est un dossier", "attendu: un fichier"]);
    folder.refused(&format!("{EVAL} --format csv -o neuf/"), &["neuf/: c'est un dossier"]);
    folder
        .refused(&format!("{EVAL} -o nulle/part.csv"), &["nulle/part.csv", "le dossier nulle n'existe pas"]);
    folder.refused(&format!("{EVAL} -o d/menages.csv/r.csv"), &["d/menages.csv"]);
    folder.refused(&format!("{EVAL} --format csv --record nulle/r.jsonl"), &["nulle/r.jsonl"]);
    let output = Command::new(LOGIS)
        .args(EVAL.split(' '))
        .args(["-o", ""])
        .current_dir(folder.0.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
}

/// What is no regular file is written to and stays what it is.
#[test]
fn devices_and_pipes_are_written_to() {
    let folder = one_rule();
    let said = folder.shell(
        "mkfifo ff; cat ff > lu.csv & $E --format csv -o ff; echo rc $?; wait; stat -c %F ff; cat lu.csv",
    );
    assert_eq!(said, format!("rc 0\nfifo\n{DECIDED}"));
    assert_eq!(folder.shell("$E --format csv -o /dev/stdout | cat"), DECIDED);
    assert_eq!(folder.shell("$E --format csv -o /proc/self/fd/1 | cat"), DECIDED);
    assert_eq!(folder.shell("$E --format csv -o /dev/stderr 2> e; cat e"), DECIDED);
    assert_eq!(folder.shell("$E --format csv -o /dev/fd/3 3> trois; cat trois"), DECIDED);
    // What was in a file before it was opened to be added to stays.
    let said = folder.shell("echo avant > f; $E --format csv -o /dev/stdout >> f; cat f");
    assert_eq!(said, format!("avant\n{DECIDED}"));
    let said = folder.shell("echo avant > g; $E --format csv -o /dev/fd/3 3>> g; cat g");
    assert_eq!(said, format!("avant\n{DECIDED}"));
    if !is_root() {
        return;
    }
    let said = folder.shell(
        "mknod nul c 1 3; $E --format csv -o nul; echo rc $?; $E --format csv -o /dev/null; echo rc $?;\n\
         $E --format csv -o nul --record nul; echo rc $?; stat -c %F nul /dev/null",
    );
    let device = "character special file\n";
    if !said.contains("Operation not permitted") {
        assert_eq!(said, format!("rc 0\nrc 0\nrc 0\n{device}{device}"));
    }
}

/// `-` is the standard output for every command that writes one result.
#[test]
fn a_dash_is_the_standard_output() {
    let folder = one_rule();
    let output = folder.eval("--format csv -o -");
    assert_eq!(String::from_utf8_lossy(&output.stdout), DECIDED);
    for (args, start) in [
        ("schema --rules regles -o -", "{"),
        ("graph --rules regles -o -", "flowchart"),
        ("doc --rules regles -o -", "<!DOCTYPE html>"),
        ("diff regles regles -o -", "De regles"),
    ] {
        let output = folder.words(args);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success() && text.starts_with(start), "{args}: {text} {}", stderr(&output));
    }
    assert!(!folder.path("-").exists());
    folder.refused("schema --rules regles --format csv -o -", &["attendu: un dossier"]);
}

/// The name says the form; a name that says none is told, with those that do, before anything is read.
#[test]
fn unknown_endings_are_refused() {
    let folder = one_rule();
    for name in ["r.ods", "r.csv.gz", "r.xls", "r.tsv", "r.html"] {
        folder.refused(&format!("{EVAL} -o {name}"), &[name, ".csv", ".xlsx", ".parquet", "--format"]);
    }
    folder.refused(&format!("{EVAL} -o r.parket"), &["« .parquet » ?"]);
    folder.refused("diff regles regles -o p.pdf", &["p.pdf", ".html"]);
    folder.refused("graph --rules regles -o g.svg", &["g.svg", ".dot"]);
    folder.refused("schema --rules regles -o s.ods", &["s.ods", ".xlsx"]);
    folder.refused("doc --rules regles -o d.pdf", &["d.pdf", ".html"]);
    folder.refused("eval --data nulle-part -o r.ods", &["r.ods"]);
    assert_eq!(folder.eval("--format csv -o r.ods").status.code(), Some(0));
    assert_eq!(folder.read("r.ods"), DECIDED);
    assert_eq!(folder.eval("-o R.CSV").status.code(), Some(0));
    assert_eq!(folder.read("R.CSV"), DECIDED);
    assert_eq!(folder.eval("-o r.txt").status.code(), Some(0));
    assert!(folder.read("r.txt").contains('─'));
    for (name, start) in [("g.dot", "digraph"), ("g.mmd", "flowchart")] {
        assert_eq!(folder.words(&format!("graph --rules regles -o {name}")).status.code(), Some(0));
        assert!(folder.read(name).starts_with(start), "{name}");
    }
    assert_eq!(folder.words("schema --rules regles -o s.xlsx").status.code(), Some(0));
    assert!(fs::read(folder.path("s.xlsx")).unwrap().starts_with(b"PK"));
}

/// A new file has the mode that the umask leaves; a file that is replaced keeps its own, and its owner.
#[test]
fn modes_are_those_of_the_umask_or_of_the_file() {
    let folder = one_rule();
    let said = folder.shell(
        "(umask 077; $E -o u.csv --record u.jsonl); (umask 022; $E -o v.csv); (umask 002; $E -o w.csv)\n\
         touch p.csv; chmod 600 p.csv; $E -o p.csv; touch q.csv; chmod 664 q.csv; $E -o q.csv\n\
         (umask 077; $L coverage --rules regles --lcov c.lcov > /dev/null 2>&1; $L boundaries --rules regles --select eligible --as-of 2017-06-30 -o b > /dev/null)\n\
         stat -c '%a %n' u.csv u.jsonl v.csv w.csv p.csv q.csv c.lcov b b/menages.csv",
    );
    let expected = "600 u.csv\n600 u.jsonl\n644 v.csv\n664 w.csv\n600 p.csv\n664 q.csv\n600 c.lcov\n700 b\n600 b/menages.csv\n";
    assert_eq!(said, expected);
    if is_root() {
        let said = folder
            .shell("touch o.csv; chown 1234:2345 o.csv; $E -o o.csv; stat -c '%u:%g' o.csv; wc -l < o.csv");
        assert_eq!(said, "1234:2345\n3\n");
    } else {
        // A file that is protected is not replaced, though its folder may be written.
        folder.write("protege.csv", "avant");
        fs::set_permissions(folder.path("protege.csv"), fs::Permissions::from_mode(0o444)).unwrap();
        folder.refused(&format!("{EVAL} -o protege.csv"), &["protege.csv", "accès refusé"]);
    }
}

/// Ended from outside, a command leaves no temporary file; a hang-up that is ignored stays ignored.
#[test]
fn an_interruption_leaves_nothing() {
    let folder = one_rule();
    let begin = |trap: &str| {
        fs::create_dir_all(folder.path("tmp")).unwrap();
        let script = format!("{trap} exec {LOGIS} {EVAL} --format csv -o ff");
        let child = Command::new("bash")
            .args(["-c", &script])
            .env("TMPDIR", folder.path("tmp"))
            .current_dir(folder.0.path())
            .spawn()
            .unwrap();
        let begun = Instant::now();
        // Nobody reads the pipe: what is to be written waits in a temporary file.
        while fs::read_dir(folder.path("tmp")).unwrap().count() == 0 {
            assert!(begun.elapsed() < Duration::from_secs(60));
            std::thread::sleep(Duration::from_millis(20));
        }
        std::thread::sleep(Duration::from_millis(200));
        child
    };
    assert_eq!(folder.shell("mkfifo ff"), "");
    for (signal, code) in [("TERM", 143), ("HUP", 129), ("INT", 130)] {
        let mut child = begin("");
        assert_eq!(folder.shell(&format!("kill -{signal} {}", child.id())), "");
        assert_eq!(child.wait().unwrap().code(), Some(code), "{signal}");
        assert_eq!(fs::read_dir(folder.path("tmp")).unwrap().count(), 0, "{signal}");
    }
    let mut child = begin("trap '' HUP;");
    assert_eq!(folder.shell(&format!("kill -HUP {}", child.id())), "");
    std::thread::sleep(Duration::from_millis(300));
    assert!(child.try_wait().unwrap().is_none(), "a hang-up that was ignored ended the command");
    assert_eq!(folder.shell("cat ff"), DECIDED);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

/// A closed or full standard error is no panic and no other answer; a standard output that takes nothing is
/// an error with words; one that nobody reads any more is none.
#[test]
fn standard_streams_may_be_closed_or_full() {
    let folder = one_rule();
    folder.write("regles/pack.toml", "name = \"essai\"\ntitle = \"Essai\"\n");
    for command in [
        format!("{EVAL} --format csv"),
        "check --rules regles".to_string(),
        "test --rules regles".to_string(),
        "coverage --rules regles".to_string(),
        "schema --rules regles".to_string(),
        "doc --rules regles".to_string(),
        "graph --rules regles".to_string(),
        "diff regles regles".to_string(),
        "completions bash".to_string(),
        "--help".to_string(),
        "eval --help".to_string(),
        "--version".to_string(),
    ] {
        let said = folder.shell(&format!("$L {command} > /dev/full; echo rc $?"));
        let words = said.contains("rc 2") && said.contains("sortie standard: écriture impossible");
        assert!(words && !said.contains("panicked"), "{command}: {said}");
        let said = folder.shell(&format!("$L {command} 2> /dev/full > /dev/null; echo rc $?"));
        assert_eq!(said, "rc 0\n", "{command}");
        let said = folder.shell(&format!("$L {command} 2>&- > /dev/null; echo rc $?"));
        assert_eq!(said, "rc 0\n", "{command}");
        for _ in 0..3 {
            let said =
                folder.shell(&format!("$L {command} 2>&1 | head -1 > /dev/null; echo rc ${{PIPESTATUS[0]}}"));
            assert_eq!(said, "rc 0\n", "{command}");
            let said = folder.shell(&format!("$L {command} 2>&1 | true; echo rc ${{PIPESTATUS[0]}}"));
            assert_eq!(said, "rc 0\n", "{command}");
        }
    }
    // What is wrong is wrong though nobody hears it.
    for to in ["2> /dev/full", "2>&-"] {
        assert_eq!(folder.shell(&format!("$L eval --data nulle-part {to}; echo rc $?")), "rc 2\n");
        assert_eq!(folder.shell(&format!("$L eval --nulle-option {to}; echo rc $?")), "rc 2\n");
    }
}

/// A full disk is told with the file's name, and the file that was there is still whole.
#[test]
fn a_full_disk_names_the_file() {
    let folder = one_rule();
    let mut many = String::from("menage_id,revenu,quartier\n");
    (0..20_000).for_each(|n| many.push_str(&format!("M{n},20000,nord\n")));
    folder.write("d/menages.csv", &many);
    let said = folder.shell("ulimit -f 16; $E -o r.csv; echo rc $?; ls -A");
    assert!(said.contains("r.csv: écriture impossible") && said.contains("rc 2"), "{said}");
    assert!(!said.contains(".logis-") && !folder.path("r.csv").exists(), "{said}");
    let said = folder.shell("$E --format csv -o /dev/full; echo rc $?");
    assert!(
        said.contains("/dev/full: écriture impossible: plus de place") && said.contains("rc 2"),
        "{said}"
    );
    if !is_root() {
        return;
    }
    let said = folder.shell(
        "mkdir petit; unshare -m bash -c 'mount -t tmpfs -o size=64k t petit && echo avant > petit/r.csv && \
         $E -o petit/r.csv; echo rc $?; $E --format csv --record petit/r.jsonl > /dev/null; echo rc $?; ls -A petit; cat petit/r.csv'",
    );
    if said.contains("rc 2") {
        assert!(said.contains("petit/r.csv: écriture impossible: plus de place"), "{said}");
        assert!(said.contains("petit/r.jsonl: écriture impossible: plus de place"), "{said}");
        assert!(said.ends_with("rc 2\nr.csv\navant\n") || said.contains("r.csv\navant\n"), "{said}");
    }
}

/// A package that is there is not written over, whichever command writes a folder.
#[test]
fn a_package_that_is_there_stays() {
    let folder = one_rule();
    let boundaries = "boundaries --rules regles --select eligible --as-of 2017-06-30";
    for command in [
        "schema --rules regles --format csv",
        "schema --format csv",
        "generate",
        "generate --territory 21231 --demandes 5",
        boundaries,
    ] {
        folder.refused(&format!("{command} -o d"), &["d: ce dossier", "--force"]);
    }
    folder.write(
        "scenario.toml",
        "title = \"Essai\"\ntext = \"Rien.\"\n[base]\nrules = \"regles\"\ndata = \"d\"\nas_of = 2017-06-30\n",
    );
    // Own folders are written again: models that are still empty, and those of `boundaries` when asked.
    for _ in 0..2 {
        let output = folder.words("schema --rules regles --format csv -o modeles");
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    }
    folder.write("modeles/menages.csv", HOUSEHOLDS);
    folder.refused("schema --rules regles --format csv -o modeles", &["menages.csv", "--force"]);
    assert_eq!(folder.words("schema --rules regles --format csv -o modeles --force").status.code(), Some(0));
    assert!(!folder.read("modeles/menages.csv").contains("M1"));
    assert_eq!(folder.words(&format!("{boundaries} -o b")).status.code(), Some(0));
    let first = folder.read("b/menages.csv");
    folder.refused(&format!("{boundaries} -o b"), &["b: ce dossier", "--force"]);
    assert_eq!(folder.words(&format!("{boundaries} -o b --force")).status.code(), Some(0));
    assert_eq!(folder.read("b/menages.csv"), first);
    folder.write("b/notes.md", "à moi");
    folder.refused(&format!("{boundaries} -o b --force"), &["b: ce dossier"]);
    // A model that was filled in, a file that is no schema.
    assert_eq!(folder.words("schema --rules regles -o m.xlsx").status.code(), Some(0));
    assert_eq!(folder.words("schema --rules regles -o m.xlsx").status.code(), Some(0));
    folder.write("m.xlsx", "rempli");
    folder.refused("schema --rules regles -o m.xlsx", &["m.xlsx", "--force"]);
    folder.write("menages.json", "[{\"menage_id\": \"M1\"}]");
    folder.refused("schema --rules regles -o menages.json", &["menages.json", "--force"]);
    assert_eq!(folder.words("schema --rules regles -o s.json").status.code(), Some(0));
    assert_eq!(folder.words("schema -o s.json").status.code(), Some(0));
}

/// A table of another package is not replaced by a result, though the command does not read it.
#[test]
fn tables_of_other_packages_stay() {
    let folder = one_rule();
    folder.write("autre/paquet.toml", "title = \"Autre\"\n");
    folder.write("autre/demandes.csv", "demande_id\n");
    folder.refused(&format!("{EVAL} -o autre/demandes.csv"), &["autre/demandes.csv", "paquet.toml"]);
    folder.refused(&format!("{EVAL} --format csv -o r.csv --record autre/demandes.csv"), &["--record"]);
    assert_eq!(folder.eval("-o autre/resultat.csv").status.code(), Some(0));
}

/// A scenario writes into a folder of its own.
#[test]
fn a_scenario_writes_into_no_folder_of_others() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folder = one_rule();
    let scenario = root.join("scenarios/grand-employeur.toml");
    folder.refused(&format!("simulate {} -o d", scenario.display()), &["d: ce dossier", "menages.csv"]);
    // Not into the folder of what it reads either, whatever is forced.
    folder.write("s/essai.toml", "title = \"Essai\"\n[base]\ndata = \"../d\"\nas_of = 2017-06-30\n");
    folder.refused("simulate s/essai.toml -o s --force", &["s: ce dossier tient s/essai.toml"]);
    folder.refused("simulate s/essai.toml -o d --force", &["d: ce dossier tient s/../d"]);
    folder.write("fichier", "");
    folder.refused(&format!("simulate {} -o fichier", scenario.display()), &["fichier"]);
}

/// A pipe that nobody reads is told, after a while; it is still a pipe.
#[test]
fn a_pipe_without_a_reader_is_told() {
    let folder = one_rule();
    let said = folder.shell("mkfifo ff; $E --format csv -o ff; echo rc $?; stat -c %F ff; (sleep 2; cat ff) & $E --format csv -o ff; wait");
    assert!(
        said.contains("ff: écriture impossible: personne ne lit ce tube") && said.contains("rc 2\nfifo\n"),
        "{said}"
    );
    assert!(said.contains(DECIDED), "{said}");
}

/// Identifiers that a spreadsheet would compute or that act on a terminal.
const HOSTILE: [&str; 12] = [
    "=HYPERLINK(\"http://x.invalid/?\"&A2,\"ouvrir\")",
    "+33 6",
    "-2+3",
    "@SUM(A1)",
    "x;=1+1",
    "'=1",
    "'t Hooft",
    "\u{1b}[31mROUGE\u{1b}]0;titre\u{7}",
    "a\u{202e}b",
    "\\u001b",
    "c\u{9b}31m",
    "<script>alert(1)</script>",
];

/// A package whose identifiers are these, as Python's `csv` module would write it; the two that read like
/// what our own files hold are marked as such files mark them.
fn hostile() -> Folder {
    let folder = one_rule();
    let mut text = String::from("menage_id,revenu,quartier\n");
    for id in HOSTILE {
        let cell = match id {
            "'=1" => "''=1".to_string(),
            "\\u001b" => "\\\\u001b".to_string(),
            id => id.replace('"', "\"\""),
        };
        text.push_str(&format!("\"{cell}\",19999,\"{cell}\"\n"));
    }
    folder.write("d/menages.csv", &text);
    folder
}

/// The cells of a CSV text, by a reader of their own: quotes doubled, ends of lines inside quotes kept.
fn csv_cells(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut signs = text.chars().peekable();
    while let Some(sign) = signs.next() {
        match sign {
            '"' if quoted && signs.peek() == Some(&'"') => cell.push(signs.next().unwrap()),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\n' if !quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            other => cell.push(other),
        }
    }
    rows
}

/// Does a text hold what acts on a terminal?
fn acts(text: &str) -> bool {
    text.chars().any(|c| (c.is_control() && c != '\n' && c != '\t') || ('\u{202a}'..='\u{202e}').contains(&c))
}

/// In CSV no cell of text begins a formula, for a spreadsheet that splits by commas or by semicolons, and
/// numbers stay numbers; in JSON and XLSX a text is a text. What was written is read as it was.
#[test]
fn no_cell_is_a_formula_and_identifiers_come_back() {
    let folder = hostile();
    assert_eq!(folder.eval("-o r.csv --record r.jsonl").status.code(), Some(0));
    let csv = folder.read("r.csv");
    assert!(!acts(&csv), "{csv:?}");
    let rows = csv_cells(&csv);
    assert_eq!(rows.len(), 1 + HOSTILE.len());
    for cell in rows.iter().flatten().flat_map(|cell| cell.split(';')) {
        assert!(!cell.trim_start().starts_with(['=', '+', '-', '@']), "{cell}");
    }
    assert_eq!(rows[1][0], format!("'{}", HOSTILE[0]));
    assert_eq!(rows[7][0], HOSTILE[6], "an apostrophe of a name is let be");
    // Its own output as a package: the same identifiers, in JSON as they are.
    folder.write("e/menages.csv", &csv.replace("eligible", "revenu").replace(",true", ",1"));
    let output =
        folder.words("eval --rules regles --data e --as-of 2017-06-30 --select eligible --format json");
    assert!(output.status.success(), "{}", stderr(&output));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!acts(&text), "{text:?}");
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let ids: Vec<&str> =
        json.as_array().unwrap().iter().map(|row| row["menage_id"].as_str().unwrap()).collect();
    assert_eq!(ids, HOSTILE);
    assert_eq!(folder.eval("-o r.xlsx").status.code(), Some(0));
    let mut book: calamine::Xlsx<_> = calamine::open_workbook(folder.path("r.xlsx")).unwrap();
    let sheet = calamine::Reader::sheet_names(&book)[0].clone();
    let formulas = calamine::Reader::worksheet_formula(&mut book, &sheet).unwrap();
    assert!(formulas.cells().all(|(.., formula)| formula.is_empty()), "{formulas:?}");
    let range = calamine::Reader::worksheet_range(&mut book, &sheet).unwrap();
    assert_eq!(range.get_value((1, 0)), Some(&calamine::Data::String(HOSTILE[0].to_string())));
}

/// Numbers below zero are numbers in CSV, not texts.
#[test]
fn negative_numbers_stay_numbers() {
    let folder = one_rule();
    folder.write(
        "regles/reste.rhai",
        "//! entité: menage\n\n/// Ce qui manque au plafond.\n/// source: art. 1\nfn reste(revenu) {\n    revenu - param(\"plafond\")\n}\n",
    );
    let output = folder.words("eval --rules regles --data d --as-of 2017-06-30 --select reste --format csv");
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "menage_id,reste\nM1,-1\nM2,1\n",
        "{}",
        stderr(&output)
    );
}

/// Tables, messages, explanations and differences show what acts on a terminal, and do not pass it on.
#[test]
fn nothing_acts_on_the_terminal() {
    let folder = hostile();
    folder.write("autres/schema.toml", SCHEMA);
    folder.write("autres/plafond.toml", &PARAMETER.replace("20000", "10000"));
    folder.write("autres/eligible.rhai", RULE);
    let bad = "menage_id,revenu,quartier\nM1,\u{1b}[2J\u{1b}[31mx,\n\u{9b}2J,1,\n\u{202e}M3,y,\n";
    folder.write("mal/menages.csv", bad);
    folder.write("jeu\u{1b}[2J/x", "");
    for args in [
        EVAL.to_string(),
        format!("explain --rules regles --data d --as-of 2017-06-30 --rule eligible --id {}", HOSTILE[8]),
        "explain --rules regles --data d --as-of 2017-06-30 --rule eligible --id \u{1b}[2J".to_string(),
        "diff regles autres --corpus d --with-rows".to_string(),
        "diff regles autres --corpus d --format json".to_string(),
        "eval --rules regles --data mal --as-of 2017-06-30".to_string(),
        "eval --rules regles --data jeu\u{1b}[2J --as-of 2017-06-30".to_string(),
        "check --rules jeu\u{1b}[2J".to_string(),
        "eval --rules regles --data nulle\u{1b}[2J".to_string(),
        "eval --rules regles --data d --as-of 2017-06-30 --select eligi\u{1b}ble".to_string(),
    ] {
        let output = folder.words(&args);
        for text in [&output.stdout, &output.stderr] {
            let text = String::from_utf8_lossy(text);
            assert!(!acts(&text), "{args}: {text:?}");
        }
    }
    let output = folder.eval("");
    let table = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(table.contains("\\u001b[31mROUGE") && table.contains("a\\u202eb"), "{table}");
}

/// A line end in a cell begins no line of a log: there `::error::` would be a command.
#[test]
fn a_cell_begins_no_line_of_a_log() {
    let folder = one_rule();
    folder
        .write("d/menages.csv", "menage_id,revenu,quartier\n\"M1\n::error::oui\",\"1\n::warning::x\",nord\n");
    folder.write("e/menages.csv", "menage_id,revenu,quartier\n\"M1\n::error::oui\",,nord\n");
    for args in [
        EVAL.to_string(),
        EVAL.replace("--data d", "--data e"),
        EVAL.replace("--data d", "--data e").replace("eval", "explain").replace("--select", "--id M1 --rule"),
    ] {
        let output = folder.words(&args);
        for text in [&output.stdout, &output.stderr] {
            let text = String::from_utf8_lossy(text);
            assert!(text.lines().all(|line| !line.starts_with("::")), "{args}: {text}");
        }
    }
}

/// The page of a change is made to be passed round: no identifier and no income of a household, unless they
/// are asked for; markup in an identifier is text.
#[test]
fn a_page_to_circulate_names_nobody() {
    let folder = hostile();
    folder.write("autres/schema.toml", SCHEMA);
    folder.write("autres/plafond.toml", &PARAMETER.replace("20000", "10000"));
    folder.write("autres/eligible.rhai", RULE);
    let diff = "diff regles autres --corpus d --no-cases";
    for form in ["p.html", "p.txt"] {
        assert_eq!(folder.words(&format!("{diff} -o {form}")).status.code(), Some(1));
        let text = folder.read(form);
        assert!(!text.contains("19999") && !text.contains("ROUGE") && !text.contains("HYPERLINK"), "{text}");
        assert!(text.contains("--with-rows") && text.contains("10000"), "{text}");
        assert_eq!(folder.words(&format!("{diff} --with-rows -o {form}")).status.code(), Some(1));
        let text = folder.read(form);
        assert!(
            text.contains("19999") && text.contains("HYPERLINK") && !text.contains("--with-rows"),
            "{text}"
        );
    }
    folder.write("d/menages.csv", "menage_id,revenu,quartier\n<script>alert(1)</script>,19999,<img src=x>\n");
    assert_eq!(folder.words(&format!("{diff} --with-rows --by quartier -o p.html")).status.code(), Some(1));
    let page = folder.read("p.html");
    assert!(
        !page.contains("<script>alert") && !page.contains("<img") && page.contains("&lt;script&gt;"),
        "{page}"
    );
}
