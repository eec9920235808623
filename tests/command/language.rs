//! One language for each reader: what a command says to users is French, whatever is wrong, and no message is in
//! two languages.
//!
//! Every fixture of `tests/bad` goes through the commands that read it; the command line is called wrongly in every
//! way; files are missing, damaged, of another kind. In all that is said, outside of quotes, paths, options and
//! lines of the files shown, no English word may stand.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::support::root;

/// Words that English sentences cannot do without and that French has not.
const ENGLISH: &str = "the is are was were be been being not nor and with without but that this these those which who \
    whose has have had having will would can could cannot should shall must may might does did do done doesn didn \
    of from into onto to for by at than then there here where when while because before after until between through \
    it its they them their we our you your any all some each every both either neither same such only more most less \
    least other another many much few if else unless whether no none nothing \
    expected found given missing invalid unknown unexpected unrecognized required needed supplied provided allowed \
    forbidden denied failed fails cannot unable broken wrong bad error errors warning warnings hint help note \
    file files line lines column value values key keys name names named field fields rule rules row rows cell cells \
    folder directory path string number integer boolean array list map sequence character \
    mean means meant similar nearest try use used using set add write read open parse parsing print \
    twice once again first second empty too large small long short one two default available possible defaults \
    command commands subcommand flag flags help such system os entity unit units household ceiling request requests \
    says say stands stand takes gives give makes leave left out up off";

/// Words of that list that are French as well, or names that users type.
const FRENCH_TOO: &str = "note possible commune second long if large map set list bad or out os try use open dates \
    boolean column string help";

/// Words without which no French sentence of ours does.
const FRENCH: &str = "le la les l un une des de du d et ou n ne pas plus il elle est sont à au aux en dans par pour sur \
    que qui ce cette sans avec attendu trouvé erreur avertissement remarque manque usage commandes options valeurs \
    affiche lecture écriture impossible introuvable";

fn logis(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_logis"));
    command.current_dir(root()).args(args).env_remove("RUST_BACKTRACE");
    // What the system says is said in French, whatever its own language.
    command.env("LC_ALL", "C").stdin(std::process::Stdio::null()).output().unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// A text without what is quoted from files or is to be typed: between quotes, paths, options, names with an
/// underscore or a point, the lines of the files that a message shows.
fn prose(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        // `12 │ the line of the file`; what stands under it has words of ours.
        let shown = line.trim_start().split_once('│').filter(|(number, _)| {
            let number = number.trim();
            !number.is_empty() && number.chars().all(|c| c.is_ascii_digit())
        });
        if shown.is_none() {
            out += line;
        }
        out.push('\n');
    }
    for (open, close) in [('`', '`'), ('«', '»'), ('"', '"')] {
        let mut kept = String::new();
        let mut rest = out.as_str();
        while let Some((before, after)) = rest.split_once(open) {
            kept += before;
            match after.split_once(close).filter(|(inside, _)| !inside.contains("\n\n")) {
                Some((_, after)) => rest = after,
                None => rest = after,
            }
            kept.push(' ');
        }
        out = kept + rest;
    }
    // Values to be typed: `[valeurs: a, b]`, `[par défaut: a]`, `- a: what it is`; the name of a format.
    let mut text = out.replace("JSON Lines", "");
    for open in ["[valeurs:", "[par défaut:"] {
        while let Some((before, after)) = text.split_once(open) {
            text = format!("{before} {}", after.split_once(']').map_or("", |(_, rest)| rest));
        }
    }
    let about = |line: &str| match line.trim_start().strip_prefix("- ") {
        Some(item) => item.split_once(':').map_or(item, |(_, about)| about).to_string(),
        None => line.to_string(),
    };
    let kept = text.lines().map(about).collect::<Vec<_>>().join("\n");
    let named = |word: &&str| {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric() && c != '/' && c != '-');
        !(word.starts_with("--")
            || word.contains(['/', '\\', '_', '=', '[', '<', '~'])
            || word.split_once('.').is_some_and(|(_, rest)| rest.starts_with(char::is_alphanumeric)))
    };
    kept.split_whitespace().filter(named).collect::<Vec<_>>().join(" ")
}

fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphabetic()).filter(|w| !w.is_empty()).map(str::to_lowercase).collect()
}

/// The English words of a text, outside of what is quoted.
fn english(text: &str) -> BTreeSet<String> {
    let french: BTreeSet<&str> = FRENCH_TOO.split_whitespace().collect();
    let english: BTreeSet<&str> = ENGLISH.split_whitespace().filter(|w| !french.contains(w)).collect();
    words(&prose(text)).into_iter().filter(|word| english.contains(word.as_str())).collect()
}

fn has_french(text: &str) -> bool {
    let french: BTreeSet<&str> = FRENCH.split_whitespace().collect();
    words(text).iter().any(|word| french.contains(word.as_str()))
}

/// What is wrong with what the cases say, all of them at once.
#[derive(Default)]
struct Heard {
    cases: usize,
    wrong: Vec<String>,
}

impl Heard {
    /// Runs a command and looks at all that it says; `code` is what it must end with.
    fn run(&mut self, name: &str, args: &[&str], code: Option<i32>) {
        self.cases += 1;
        let output = logis(args);
        let text = said(&output);
        let mut wrong = self.hear(&text);
        if code.is_some() && output.status.code() != code {
            wrong.push(format!("exit code {:?}", output.status.code()));
        }
        if !wrong.is_empty() {
            self.wrong.push(format!("== {name} ({}): {}\n{text}", args.join(" "), wrong.join("; ")));
        }
    }

    /// What is wrong with a text.
    fn hear(&self, text: &str) -> Vec<String> {
        let mut wrong = Vec::new();
        let found = english(text);
        if !found.is_empty() {
            wrong.push(format!("English: {found:?}"));
        }
        if !has_french(text) {
            wrong.push("no French".to_string());
        }
        if text.contains("panne interne") {
            wrong.push("a panic".to_string());
        }
        wrong
    }

    /// Looks at a file that holds what a command says.
    fn read(&mut self, file: &Path) {
        self.cases += 1;
        let text = fs::read_to_string(file).unwrap();
        let wrong = self.hear(&text);
        if !wrong.is_empty() {
            self.wrong.push(format!("== {}: {}\n{text}", file.display(), wrong.join("; ")));
        }
    }

    /// Fails with all that was heard.
    fn end(self, least: usize) {
        assert!(self.cases >= least, "{} cases", self.cases);
        assert!(self.wrong.is_empty(), "{}", self.wrong.join("\n"));
    }
}

fn names(of: &str, is: impl Fn(&Path) -> bool) -> Vec<String> {
    let found = fs::read_dir(root().join("tests/bad").join(of)).unwrap().map(|e| e.unwrap().path());
    let mut names: Vec<String> =
        found.filter(|p| is(p)).map(|p| p.file_name().unwrap().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

const COMMANDS: [&str; 29] = [
    "demo",
    "eval",
    "replay",
    "explain",
    "candidates",
    "match",
    "verify",
    "commission",
    "margin",
    "fairness",
    "check",
    "test",
    "coverage",
    "mutate",
    "boundaries",
    "watch",
    "fmt",
    "diff",
    "simulate",
    "review",
    "export",
    "serve",
    "mcp",
    "doc",
    "graph",
    "schema",
    "generate",
    "completions",
    "help",
];

/// A sentence of English is heard, one of French is not; what is quoted is not looked at.
#[test]
fn the_ear_is_sound() {
    assert!(!english("error: the following required arguments were not provided").is_empty());
    assert!(!english("fichier introuvable: No such file or directory (os error 2)").is_empty());
    assert!(!english("  │     ^^ did you mean x").is_empty());
    assert!(english("« the field » n'est pas une valeur de `is not`; attendu: \"of the\"").is_empty());
    assert!(english("7 │ the line of a file\n  │ ^^^ vouliez-vous dire `name` ?").is_empty());
    assert!(english("tests/bad/the/is.toml: --with-rows ; x_is.the").is_empty());
    assert!(has_french("il n'y a pas d'option") && !has_french("nothing of that"));
}

#[test]
fn the_help_of_every_command_is_french() {
    let mut heard = Heard::default();
    for args in [&["--help"][..], &["-h"], &["help"], &["--version"]] {
        let code = Some(0);
        match args {
            ["--version"] => assert_eq!(logis(args).status.code(), code),
            _ => heard.run("help", args, code),
        }
    }
    heard.run("nothing", &[], Some(2));
    for command in COMMANDS {
        heard.run("--help", &[command, "--help"], Some(0));
        heard.run("-h", &[command, "-h"], Some(0));
        heard.run("help", &["help", command], Some(0));
        assert_eq!(said(&logis(&["help", command])), said(&logis(&[command, "--help"])), "{command}");
    }
    heard.end(70);
}

#[test]
fn a_wrong_command_line_is_told_in_french() {
    let mut heard = Heard::default();
    for command in COMMANDS {
        heard.run("unknown option", &[command, "--inconnue"], Some(2));
        heard.run("unknown short option", &[command, "-z"], Some(2));
        heard.run("too many words", &[command, "a", "b", "c", "d"], Some(2));
    }
    for args in [
        &["evla"][..],
        &["xyzzy"],
        &["help", "evla"],
        &["eval"],
        &["eval", "--dta", "x"],
        &["eval", "--data"],
        &["eval", "--data="],
        &["eval", "--data", "x", "--data", "y"],
        &["eval", "--data", "x", "--engine", "plans"],
        &["eval", "--data", "x", "--engine", "xyzzy"],
        &["eval", "--data", "x", "--format", "pdf"],
        &["eval", "--data", "x", "--as-of", "hier"],
        &["eval", "--data", "x", "--as-of", "2017-06-30", "--as-of-field", "y"],
        &["eval", "--data", "x", "--as-of", "2017-06-30", "--as-of", "2017-06-30"],
        &["eval", "--strict=oui", "--data", "x"],
        &["eval", "--help=3"],
        &["eval", "--", "--x"],
        &["explain", "--data", "x"],
        &["explain", "--data", "x", "--id", "D1", "--rule", "a", "--match", "f"],
        &["candidates", "--data", "x", "--max-candidates", "0"],
        &["candidates", "--data", "x", "--max-candidates", "-3"],
        &["candidates", "--data", "x", "--max-candidates", "trois"],
        &["match", "--data", "x", "--no-quotas", "--hard", "a"],
        &["commission", "--data", "x", "--candidates", "0"],
        &["coverage", "--min-conditions", "abc"],
        &["coverage", "--min-conditions", "nan"],
        &["mutate", "--min-score", "abc"],
        &["check", "--fail-on", "grave"],
        &["diff", "a"],
        &["graph", "--needed-by"],
        &["schema", "--mapping", "x", "--format", "csv"],
        &["generate"],
        &["generate", "-o", "x", "--seed", "-1"],
        &["generate", "-o", "x", "--seed", "99999999999999999999"],
        &["completions"],
        &["completions", "fishy"],
        &["test", "--yes"],
    ] {
        heard.run("command line", args, Some(2));
    }
    heard.end(100);
}

/// Every fixture of a bad pack, through the commands that read packs.
#[test]
fn what_is_wrong_with_a_pack_is_told_in_french() {
    let mut heard = Heard::default();
    for of in ["packs", "check"] {
        for name in names(of, Path::is_dir) {
            let folder = format!("tests/bad/{of}/{name}");
            let name = format!("{of}/{name}");
            for args in [&["check", "--rules"][..], &["test", "--rules"]] {
                let args: Vec<&str> = args.iter().copied().chain([folder.as_str()]).collect();
                heard.run(&name, &args, None);
            }
        }
    }
    heard.end(100);
}

/// Every fixture of bad data: what `logis eval` says of it stands beside it, and is held by another test.
#[test]
fn what_is_wrong_with_data_is_told_in_french() {
    let mut heard = Heard::default();
    for name in names("data", Path::is_dir) {
        heard.read(&root().join(format!("tests/bad/data/{name}.txt")));
    }
    for name in ["commune_inconnue", "faux_xlsx", "plusieurs_fautes", "valeur_admise"] {
        let folder = format!("tests/bad/data/{name}");
        let args =
            ["eval", "--data", &folder, "--as-of", "2017-06-30", "--keep-going", "--select", "plafond_plus"];
        heard.run(&format!("data/{name}"), &args, None);
    }
    heard.end(30);
}

#[test]
fn what_is_wrong_with_a_scenario_is_told_in_french() {
    let mut heard = Heard::default();
    let out = tempfile::tempdir().unwrap();
    let into = out.path().join("resultats");
    for name in names("scenarios", |path| path.extension().is_some_and(|end| end == "txt")) {
        heard.read(&root().join("tests/bad/scenarios").join(name));
    }
    let file = "tests/bad/scenarios/noms_inconnus.toml";
    heard.run("scenarios", &["simulate", file, "--output", into.to_str().unwrap()], Some(2));
    heard.end(10);
}

/// Files that are missing, folders in place of files and the other way, files of another kind, names that nothing
/// has, outputs that cannot be written.
#[test]
fn what_is_wrong_with_files_and_names_is_told_in_french() {
    let mut heard = Heard::default();
    let out = tempfile::tempdir().unwrap();
    let at = |name: &str| out.path().join(name).to_string_lossy().into_owned();
    let write = |name: &str, bytes: &[u8]| {
        fs::write(out.path().join(name), bytes).unwrap();
        at(name)
    };
    let demo = "scenarios/grand-dijon-2015";
    let (absent, folder) = (at("absent"), at(""));
    let not_json = write("faux.json", b"{\"a\": 1,, }");
    let other_json = write("autre.json", b"{\"attributions\": [], \"inconnu\": 3}");
    let wrong_types = write("types.json", b"{\"date\": 3, \"attributions\": 7}");
    let cut_json = write("coupe.json", b"[{\"demande_id\": \"D1\"");
    let not_toml = write("faux.toml", b"[table\nx = = 3\n");
    let wrong_toml = write("cles.toml", b"titel = \"x\"\n[[accepted]]\nrule = 3\n");
    let latin = write("latin.txt", b"d\xe9cid\xe9 \x81\n");
    let not_book = write("faux.xlsx", b"PK\x03\x04 pas un classeur");
    let not_parquet = write("faux.parquet", b"PAR1 rien PAR1");
    let receipts = write("recus.jsonl", b"{\"a\": 1}\npas du json\n");
    let refusals = write("refus.csv", b"a,b\n1,2\n");
    let written = write("ecrit.csv", b"a\n");
    let below_file = format!("{written}/resultat.csv");
    let no_folder = format!("{absent}/resultat.csv");
    let (population, packed) = ("scenarios/populations/demandeurs.toml", "./rules");
    for args in [
        &["eval", "--data", &absent][..],
        &["eval", "--data", demo, "--rules", &absent],
        &["eval", "--data", demo, "--rules", &folder],
        &["eval", "--data", demo, "--rules", &written],
        &["eval", "--data", demo, "--mapping", &absent],
        &["eval", "--data", demo, "--mapping", &not_toml],
        &["eval", "--data", demo, "--mapping", &wrong_toml],
        &["eval", "--data", demo, "--mapping", &folder],
        &["eval", "--data", demo, "--select", "eligible_plu"],
        &["eval", "--data", demo, "--select", "xyzzy"],
        &["eval", "--data", demo, "--as-of-field", "date_demand"],
        &["eval", "--data", demo, "--as-of", "1900-01-01", "--select", "plafond_plus"],
        &["eval", "--data", demo, "--output", &folder],
        &["eval", "--data", demo, "--output", &no_folder],
        &["eval", "--data", demo, "--output", &below_file],
        &["eval", "--data", demo, "--output", &at("x.pdf")],
        &["eval", "--data", &not_json],
        &["eval", "--data", &other_json],
        &["eval", "--data", &cut_json],
        &["eval", "--data", &not_book],
        &["eval", "--data", &not_parquet],
        &["eval", "--data", &latin],
        &["eval", "--data", &folder],
        &["explain", "--data", demo, "--id", "D99999"],
        &["explain", "--data", demo, "--id", "D0001", "--rule", "xyzzy"],
        &["explain", "--data", demo, "--id", "D0001:L99999"],
        &["explain", "--data", demo, "--id", "D0001", "--match", &absent],
        &["replay", &absent],
        &["replay", &folder],
        &["replay", &receipts],
        &["replay", &latin],
        &["candidates", "--data", demo, "--select", "xyzzy"],
        &["candidates", "--data", demo, "--rules", "tests/bad/check/sain"],
        &["match", "--data", demo, "--hard", "hors_quartier"],
        &["match", "--data", demo, "--near", &absent],
        &["verify", "--data", demo, "--match", &absent],
        &["verify", "--data", demo, "--match", &folder],
        &["commission", "--data", demo, "--refusals", &refusals],
        &["commission", "--data", demo, "--refusals", &absent],
        &["fairness", "--data", demo, "--by", "xyzzy"],
        &["check", &absent],
        &["check", "--rules", packed, packed],
        &["check", "--explain", "L9999"],
        &["test", "--rules", &absent],
        &["test", "xyzzy", "--rules", packed],
        &["test", "--update"],
        &["boundaries", "--output", &folder],
        &["boundaries", "--output", &at("b"), "--select", "xyzzy"],
        &["watch", "--rules", &absent],
        &["watch", "--once", "--rules", &absent],
        &["fmt"],
        &["fmt", &absent],
        &["fmt", &not_toml],
        &["fmt", &latin],
        &["fmt", "--rules", &absent],
        &["diff", &absent, packed],
        &["diff", "HEAD~999999:rules", packed],
        &["diff", packed, packed, "--corpus", &absent],
        &["diff", packed, packed, "--accept", &absent],
        &["diff", packed, packed, "--accept", &not_toml],
        &["diff", packed, packed, "--accept", &wrong_toml],
        &["diff", packed, packed, "--by", "xyzzy"],
        &["simulate", &absent],
        &["simulate", &folder],
        &["simulate", &latin],
        &["graph", "--select", "xyzzy"],
        &["graph", "--output", &at("x.pdf")],
        &["schema", "--format", "csv"],
        &["schema", "--mapping", &absent],
        &["doc", "--output", &no_folder],
        &["generate", "--output", &written],
        &["generate", "--output", &at("g"), "--territory", "xyzzy"],
        &["generate", "--output", &at("g"), "--territory", "21231", "--population", &absent],
        &["generate", "--output", &at("g"), "--territory", "21231", "--population", &not_toml],
        &["generate", "--output", &at("g"), "--territory", "21231", "--population", &wrong_toml],
        &["generate", "--output", &at("g"), "--territory", "21231", "--population", &folder],
        &["generate", "--output", &at("g"), "--population", population, "--territory", "Bourg"],
        &["generate", "--output", &at("g"), "--territory", "21231", "--demandes", "99999999999"],
    ] {
        heard.run("files", args, Some(2));
    }
    // A result that is not the form of one is not believed.
    for file in [&not_json, &other_json, &wrong_types, &cut_json] {
        heard.run("result", &["match", "--data", demo, "--near", file], None);
        heard.run("result", &["verify", "--data", demo, "--match", file], None);
        heard.run("result", &["explain", "--data", demo, "--id", "D0001", "--match", file], None);
    }
    heard.end(80);
}
