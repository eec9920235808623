//! Slips of a French author in rules, tables and cases: each is told in French, at its place, with the text
//! that corrects it; and whatever is broken in the files of the shipped pack, no English word of a parser
//! shows through.
//!
//! A file of `tests/bad/slips` says in its first comments (`//@ LINE:COLUMN CODE words`) what must be told,
//! and nothing else may be; the text beside it is all that is said. `LOGIS_UPDATE=1 cargo test` rewrites the
//! texts: read the difference.

#![allow(clippy::string_slice)]

use std::fs;
use std::path::PathBuf;

use logis::diagnostic::Diagnostic;
use logis::diagnostic::report::{Item, items};
use logis::{Pack, check, data, testing};

use super::support::root;

const SCHEMA: &str = r#"
[menage]
label = "Ménage"
table = "menages"
key   = "menage_id"

[menage.fields]
revenu = { type = "amount" }
zone   = { values = ["ville", "campagne"] }
depuis = { type = "date" }
age    = { type = "integer" }
"#;

const TABLE: &str = r#"
[plafond]
label = "Plafond"
by    = ["zone"]

[[plafond.values]]
from     = 2017-01-01
source   = { title = "Arrêté imaginaire, art. 1" }
ville    = 20000
campagne = 15000
"#;

const RULE: &str = r#"//! entité: menage

/// Le revenu respecte le plafond.
/// source: arrêté imaginaire, art. 1
fn eligible(revenu, zone) {
    revenu <= param("plafond", zone)
}
"#;

/// A small pack in which this file takes the place of the one of its kind.
fn pack_with(name: &str, bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut files = vec![("schema.toml", SCHEMA), ("plafond.toml", TABLE), ("eligible.rhai", RULE)];
    let (taken, path) = if name.ends_with(".rhai") {
        ("eligible.rhai", name)
    } else if name.ends_with(".schema.toml") {
        ("schema.toml", "schema.toml")
    } else if name.contains(".cas.") {
        ("", name)
    } else {
        ("plafond.toml", name)
    };
    files.retain(|(path, _)| *path != taken);
    let mut files: Vec<(String, Vec<u8>)> =
        files.into_iter().map(|(path, text)| (path.to_string(), text.as_bytes().to_vec())).collect();
    files.push((path.to_string(), bytes.to_vec()));
    files
}

/// All that is told of a pack: why it does not load, or what `check` and its cases say of it.
fn told(files: Vec<(String, Vec<u8>)>) -> (Vec<Diagnostic>, std::sync::Arc<logis::diagnostic::Sources>) {
    match Pack::from_files("", files) {
        Err(error) => (error.diagnostics, error.sources),
        Ok(pack) => {
            let mut found = check::check(&pack);
            let parsed = pack.parsed();
            let nothing = data::Needs::default();
            let references = data::read(&parsed.schema, &parsed.references, Vec::new(), &nothing).dataset;
            found.extend(testing::unfit(&pack, &references));
            (found, pack.parsed().sources.clone())
        }
    }
}

/// What a fixture says must be told: place, code, words.
fn expected(text: &str) -> Vec<(String, String, String)> {
    let lines = text.lines().filter_map(|l| l.strip_prefix("//@ ").or_else(|| l.strip_prefix("#@ ")));
    let three = lines.map(|line| {
        let mut parts = line.splitn(3, ' ').map(str::to_string);
        (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap())
    });
    three.collect()
}

/// A diagnostic as the file beside a fixture has it. Of one that another check made, only its code, its place
/// and what the slip adds to it, the last of its notes.
fn written(item: &Item) -> String {
    let mut out = String::new();
    let own = SYNTAX.contains(&item.code) || item.code == "L0105";
    for (i, place) in item.places.iter().enumerate().take(if own { usize::MAX } else { 1 }) {
        let at = format!("{}:{}-{}:{}", place.line, place.column, place.end_line, place.end_column);
        let message = if own { item.message.as_str() } else { "…" };
        match i {
            0 => out.push_str(&format!("{} {at} {message}\n", item.code)),
            _ => out.push_str(&format!("      {at}\n")),
        }
        if own {
            out.push_str(&format!("      {}\n", place.label));
        }
    }
    for note in item.notes.iter().rev().take(1) {
        out.push_str(&format!("      = {note}\n"));
    }
    out
}

#[test]
fn a_slip_is_named_at_its_place_with_its_correction() {
    let folder = root().join("tests/bad/slips");
    let mut paths: Vec<PathBuf> = fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).collect();
    paths.retain(|p| p.extension().is_some_and(|e| e != "txt"));
    paths.sort();
    assert!(paths.len() >= 100, "{}", paths.len());
    let mut wrong = Vec::new();
    for path in paths {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).unwrap();
        let (diagnostics, sources) = told(pack_with(&name, text.as_bytes()));
        let items: Vec<Item> = items(&diagnostics, &sources)
            .into_iter()
            .filter(|item| item.code < "L0300" || item.code == "L0036")
            .collect();
        let said: String = items.iter().map(written).collect();
        let mut found = Vec::new();
        for item in items {
            let texts = [vec![item.message.clone()], item.notes.clone()].concat().join(" ");
            for (i, place) in item.places.iter().enumerate() {
                // A second place of the same slip counts; one that only explains does not.
                if i == 0 || place.label == "ici aussi" {
                    let words = format!("{texts} {}", place.label);
                    found.push((format!("{}:{}", place.line, place.column), item.code, words));
                }
            }
        }
        let mut left = found.clone();
        for (place, code, words) in expected(&text) {
            match left.iter().position(|(p, c, w)| *p == place && *c == code && w.contains(&words)) {
                Some(at) => {
                    left.remove(at);
                }
                None => wrong.push(format!("{name}: not told: {place} {code} {words}\n{said}")),
            }
        }
        if !left.is_empty() {
            wrong.push(format!("{name}: told besides: {left:?}\n{said}"));
        }
        let beside = folder.join(format!("{name}.txt"));
        if std::env::var_os("LOGIS_UPDATE").is_some() {
            fs::write(&beside, &said).unwrap();
        } else if fs::read_to_string(&beside).unwrap_or_default() != said {
            wrong.push(format!("{name}: other words:\n{said}"));
        }
    }
    assert!(wrong.is_empty(), "{}\n{} wrong", wrong.join("\n"), wrong.len());
}

/// English words of the parsers of rules, tables and cases that must never be shown.
const ENGLISH: [&str; 62] = [
    "expecting",
    "expected",
    "unexpected",
    "invalid",
    "missing",
    "unclosed",
    "string",
    "literal",
    "token",
    "script",
    "statement",
    "expression",
    "function",
    "variable",
    "parameters",
    "identifier",
    "keyword",
    "symbol",
    "reserved",
    "malformed",
    "improper",
    "unterminated",
    "terminated",
    "open",
    "character",
    "number",
    "value",
    "values",
    "key",
    "keys",
    "table",
    "array",
    "quoted",
    "must",
    "found",
    "duplicate",
    "duplicated",
    "already",
    "cannot",
    "should",
    "the",
    "this",
    "that",
    "with",
    "and",
    "not",
    "for",
    "end",
    "of",
    "is",
    "newline",
    "inline",
    "unquoted",
    "digits",
    "scanning",
    "parsing",
    "mapping",
    "sequence",
    "block",
    "while",
    "did",
    "eof",
];

/// The words of a message that are its own: what it quotes of the file, and what it says to write, left out.
fn own_words(text: &str) -> Vec<String> {
    let mut own = String::new();
    let (mut close, mut before) = (None, ' ');
    for c in text.chars() {
        // A » of the file has no blank before it that the message put there.
        let last = std::mem::replace(&mut before, c);
        match (close, c) {
            (Some(end), c) if c == end && (end == '`' || last.is_whitespace()) => close = None,
            (Some(_), _) => {}
            (None, '«') => close = Some('»'),
            (None, '`') => close = Some('`'),
            (None, c) => own.push(c),
        }
    }
    own.split(|c: char| !c.is_alphabetic()).map(str::to_lowercase).collect()
}

/// A small generator of numbers, so that the same damage is done each time.
struct Draw(u64);

impl Draw {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % most.max(1)
    }
}

/// Words, numbers, blanks and signs of a text, cut as nobody in particular cuts it.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let kind = |c: char| {
        if c.is_alphanumeric() || c == '_' {
            0
        } else if c == ' ' {
            1
        } else {
            2
        }
    };
    for c in text.chars() {
        match tokens.last_mut() {
            Some(last) if kind(c) < 2 && last.chars().all(|d| kind(d) == kind(c)) => last.push(c),
            _ => tokens.push(c.to_string()),
        }
    }
    tokens
}

/// What authors and accidents put into a file.
const PUT: [&str; 40] = [
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    "\"",
    "'",
    ",",
    ";",
    ":",
    "=",
    "==",
    "&",
    "|",
    "%",
    "€",
    "é",
    "“",
    "”",
    "«",
    "»",
    "’",
    "≤",
    "\u{a0}",
    "\u{200b}",
    "\t",
    "\n",
    "\r",
    "0,9",
    "20 000",
    "01/01/2017",
    " et ",
    " si ",
    " fin ",
    "\\",
    "#",
    "/*",
    "@",
    "let ",
];

/// One to three accidents: a token left out, put in, doubled, or exchanged with another.
fn damage(text: &str, draw: &mut Draw) -> String {
    let mut tokens = tokens(text);
    for _ in 0..=draw.below(3) {
        let at = draw.below(tokens.len());
        match draw.below(5) {
            0 => drop(tokens.remove(at)),
            1 => tokens.insert(at, PUT[draw.below(PUT.len())].to_string()),
            2 => tokens[at] = PUT[draw.below(PUT.len())].to_string(),
            3 => {
                let other = draw.below(tokens.len());
                tokens.swap(at, other);
            }
            _ => {
                let copy = tokens[at].clone();
                tokens.insert(at, copy);
            }
        }
        if tokens.is_empty() {
            break;
        }
    }
    tokens.concat()
}

fn shipped(ends: &[&str]) -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = Pack::files(root().join("rules"))
        .unwrap()
        .into_iter()
        .filter(|(path, _)| ends.iter().any(|end| path.ends_with(end)))
        .map(|(path, bytes)| (path, String::from_utf8(bytes).unwrap()))
        .collect();
    files.sort();
    files
}

/// The codes of what the parsers refuse.
const SYNTAX: [&str; 16] = [
    "L0001", "L0018", "L0019", "L0020", "L0025", "L0026", "L0027", "L0028", "L0029", "L0030", "L0033",
    "L0034", "L0035", "L0036", "L0042", "L0047",
];

/// However the shipped rules, tables and cases are damaged: nothing panics, every message points into the
/// file, and a parser's words never show. `LOGIS_SLIPS=N` draws N times.
#[test]
fn no_english_word_of_a_parser_shows_whatever_is_damaged() {
    let draws = std::env::var("LOGIS_SLIPS").ok().and_then(|n| n.parse().ok()).unwrap_or(500);
    let files = shipped(&[".rhai", ".toml"]);
    let yaml = "cas:\n  - nom: \"exactement au plafond\"\n    date: 2017-06-30\n    menage: { revenu: 20000 }\n    \
                attendu: { eligible: true }\n  - nom: au-dessus\n    date: 2017-06-30\n    menage:\n      revenu: 3\n    \
                attendu: { eligible: [false] }\n";
    let csv = "# entité: menage\nnom,date,revenu,zone,attendu:eligible\nun,2017-06-30,\"3\",ville,true\n\
               deux,2017-06-30,4,campagne,false\n";
    let mut draw = Draw(17);
    let (mut refused, mut syntax) = (0, 0);
    for number in 0..draws {
        let (path, text) = match number % 20 {
            0 => ("damaged.cas.yaml".to_string(), yaml.to_string()),
            1 => ("damaged.cas.csv".to_string(), csv.to_string()),
            _ => files[draw.below(files.len())].clone(),
        };
        let damaged = damage(&text, &mut draw);
        let name = if path.ends_with(".cas.toml") {
            "damaged.cas.toml"
        } else if path == "schema.toml" {
            "damaged.schema.toml"
        } else if path.ends_with(".toml") {
            "damaged.toml"
        } else if path.ends_with(".rhai") {
            "damaged.rhai"
        } else {
            &path
        };
        let Err(error) = Pack::from_files("", pack_with(name, damaged.as_bytes())) else { continue };
        refused += 1;
        for item in items(&error.diagnostics, &error.sources) {
            if !SYNTAX.contains(&item.code) {
                continue;
            }
            syntax += 1;
            assert!(!item.places.is_empty(), "{path}: {item:?}\n{damaged}");
            let texts = [vec![item.message.clone()], item.notes.clone()].concat();
            let labels = item.places.iter().map(|p| p.label.clone());
            for text in texts.into_iter().chain(labels) {
                let shown: Vec<String> =
                    own_words(&text).into_iter().filter(|w| ENGLISH.contains(&w.as_str())).collect();
                // Words of both languages.
                let shown: Vec<String> =
                    shown.into_iter().filter(|w| !["table", "script"].contains(&w.as_str())).collect();
                assert!(shown.is_empty(), "{path}: {shown:?} in « {text} »\n{damaged}");
            }
            for place in &item.places {
                let lines = damaged.matches('\n').count() + 1;
                assert!(place.line <= lines && place.end_line <= lines, "{path}: {place:?}\n{damaged}");
            }
        }
    }
    assert!(refused > draws / 3 && syntax > draws / 4, "{refused} refused, {syntax} slips");
}

/// A file in the encodings of Notepad and of old Excel is told by its encoding, at the first character that
/// shows it; a document that is no text is told so.
#[test]
fn other_encodings_are_named_with_the_first_character_that_tells() {
    let place = |bytes: &[u8]| {
        let error = Pack::from_files("", pack_with("regle.rhai", bytes)).unwrap_err();
        let items = items(&error.diagnostics, &error.sources);
        let item = items.into_iter().find(|i| i.code == "L0030").expect("L0030");
        (item.message, item.places[0].line, item.places[0].column)
    };
    let rule = "//! entité: menage\n/// Règle.\n/// source: art. 1\nfn eligible(revenu) { revenu > 0 }\n";
    let latin: Vec<u8> = rule.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let (message, line, column) = place(&latin);
    assert!(message.contains("Windows-1252") && message.contains("« é »"), "{message}");
    assert_eq!((line, column), (1, 10));
    let wide: Vec<u8> =
        [0xff, 0xfe].into_iter().chain(rule.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    assert!(place(&wide).0.contains("UTF-16"));
    let (message, ..) = place(b"PK\x03\x04\x00\x00\xd0\xcf");
    assert!(message.contains("pas du texte"), "{message}");
    // A mark at the start is no slip, nor are the ends of lines of Windows.
    let marked = [b"\xef\xbb\xbf".to_vec(), rule.replace('\n', "\r\n").into_bytes()].concat();
    let loaded = Pack::from_files("", pack_with("regle.rhai", &marked));
    assert!(loaded.is_ok(), "{}", loaded.err().unwrap());
}
