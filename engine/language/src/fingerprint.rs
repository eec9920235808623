//! Fingerprints: the rules and the parameters that a plan stands for, each as one hash.
//!
//! What is hashed is a canonical text, so that two packs have equal hashes exactly if their rules have equal
//! tokens: the files' order and names, comments, doc comments, spaces and line ends do not count.
//!
//! * **Rules**: each rule that the plan needs and each helper that those call, by name, with its entity
//!   and its text in force on the plan's date, as tokens; then each field that they read and each
//!   relation that they follow, as the schema declares them.
//! * **Parameters**: each table that the plan reads, by path, with its keys and its cells in force on the
//!   plan's date. When they came into force, and their legal reference, do not count.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io;

use sha2::{Digest, Sha256};

use crate::graph::{RuleId, text_at};
use crate::pack::Parsed;
use crate::pack::force::value_outside;
use crate::pack::params::show_keys;
use crate::pack::schema::{EntityId, FieldId, FieldKind};
use crate::pack::script::RuleText;
use crate::plan::Plan;
use crate::plan::ir::Op;
use crate::value::Date;

/// This build of the engine: a SHA-256 of its sources, of the versions of its dependencies, of the compiler and
/// the target. What an engine computed and left on disk is used again only by an engine of equal build.
pub const BUILD: &str = env!("LOGIS_BUILD");

/// The hashes of what a plan stands for, as `sha256:` and 64 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    /// Of the rules, and of the schema as far as they read it.
    pub rules: String,
    /// Of the cells of their parameters.
    pub parameters: String,
}

/// The hashes of a plan's rules and parameters.
///
/// ```
/// use logis::{Pack, fingerprint::fingerprint, value::parse_date};
///
/// let pack = Pack::load("../../rules")?;
/// let plan = |date| pack.plan(parse_date(date).unwrap_or_default(), &["eligible_plus"]);
/// let (june, july) = (fingerprint(&*plan("2017-06-30")?), fingerprint(&*plan("2017-07-01")?));
/// assert_eq!(june, july); // no text and no figure changed in between
/// assert_ne!(june.parameters, fingerprint(&*plan("2018-06-30")?).parameters);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn fingerprint(plan: &Plan) -> Fingerprint {
    Fingerprint { rules: sha256(rules(plan).as_bytes()), parameters: sha256(parameters(plan).as_bytes()) }
}

/// The hash of all that a pack's files say, whatever the order in which they were read.
///
/// ```
/// use logis::{Pack, fingerprint};
/// let pack = Pack::load("../../rules")?;
/// assert!(fingerprint::of_pack(pack.parsed()).starts_with("sha256:"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn of_pack(pack: &Parsed) -> String {
    let texts = pack.sources.files().iter().map(|file| (file.path.as_str(), file.text.as_bytes()));
    let tables = pack.references.iter().map(|table| (table.path.as_str(), table.bytes.as_ref()));
    of_files(texts.chain(tables))
}

/// The hash of some files, by name and content, whatever their order. Two files of one name count as the last.
///
/// ```
/// use logis::fingerprint::of_files;
/// let one: (&str, &[u8]) = ("demandes.csv", b"demande_id\n");
/// let other: (&str, &[u8]) = ("paquet.toml", b"");
/// assert_eq!(of_files([one, other]), of_files([other, one]));
/// assert_ne!(of_files([one]), of_files([other]));
/// ```
pub fn of_files<'f>(files: impl IntoIterator<Item = (&'f str, &'f [u8])>) -> String {
    of_hashes(&files.into_iter().map(|(path, bytes)| (path, sha256(bytes))).collect())
}

/// The hash of some files, by name and the hash ([`sha256`]) of the content: see [`of_files`].
pub fn of_hashes(files: &BTreeMap<&str, String>) -> String {
    let lines: String = files.iter().map(|(path, hash)| format!("{hash} {path}\n")).collect();
    sha256(lines.as_bytes())
}

/// SHA-256 of bytes, as `sha256:` and 64 hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    spelled(&Sha256::digest(bytes))
}

fn spelled(digest: &[u8]) -> String {
    let mut out = String::from("sha256:");
    for byte in digest {
        let _ = write!(out, "{byte:02x}");
    }
    out
}

/// [`sha256`] of what a reader gives, which is never in memory as a whole.
///
/// # Errors
/// What reading says.
pub fn sha256_of(mut reader: impl io::Read) -> io::Result<String> {
    let mut digest = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = reader.read(&mut buffer)?;
        match buffer.get(..read).filter(|bytes| !bytes.is_empty()) {
            Some(bytes) => digest.update(bytes),
            None => return Ok(spelled(&digest.finalize())),
        }
    }
}

/// The canonical text of the rules that a plan needs: what is hashed.
pub fn rules(plan: &Plan) -> String {
    let parsed = &plan.parsed;
    // Sorted, so that neither the order of files nor that of declarations counts.
    let mut lines: BTreeSet<String> = BTreeSet::new();
    for rule in plan_rules(plan) {
        lines.extend(rule_lines(parsed, rule, plan.date));
    }
    lines.extend(plan.fields().into_iter().filter_map(|field| field_line(parsed, field)));
    lines.extend(plan.relations().into_iter().filter_map(|(e, r)| relation_line(parsed, e, r)));
    lines.into_iter().collect::<Vec<_>>().join("\n")
}

/// The canonical text of the cells that a plan's parameters have on its date: what is hashed.
pub fn parameters(plan: &Plan) -> String {
    let parsed = &plan.parsed;
    let mut lines: BTreeSet<String> = BTreeSet::new();
    for node in &plan.nodes {
        let Op::Param(id, _) = node.op else { continue };
        let (Some(parameter), Some(version)) = (parsed.parameters.get(id), plan.parameter(id)) else {
            continue;
        };
        lines.insert(format!("parameter {} by {}", parameter.path, parameter.by.join(", ")));
        // With its type, since `1` as a text and as a number decide differently.
        for (keys, cell) in &version.cells {
            let (ty, keys) = (cell.value.value_type(), show_keys(keys));
            lines.insert(format!("parameter {}{keys} = {ty} {}", parameter.path, cell.value));
        }
    }
    lines.into_iter().collect::<Vec<_>>().join("\n")
}

/// The rules that a plan needs: those with an outcome node. Helpers, whose bodies are inlined, have none.
pub fn plan_rules(plan: &Plan) -> BTreeSet<RuleId> {
    let rule = |node: &crate::plan::ir::Node| match node.op {
        Op::Rule(rule, _) => Some(rule),
        _ => None,
    };
    plan.nodes.iter().filter_map(rule).collect()
}

/// The canonical lines of a rule and of the helpers that it calls, as of a date; none if it is not in
/// force.
pub fn rule_lines(parsed: &Parsed, rule: RuleId, date: Date) -> BTreeSet<String> {
    let (mut lines, mut seen, mut left) = (BTreeSet::new(), BTreeSet::new(), vec![rule]);
    // The rule and, through its calls, each helper once.
    while let Some(id) = left.pop() {
        if !seen.insert(id) {
            continue;
        }
        let Some(rule) = parsed.rules.get(id) else { continue };
        if rule.outside(date).is_some() {
            let value = parsed.kind(id).and_then(value_outside);
            let value = value.map_or("unknown".to_string(), |value| value.to_string());
            lines.insert(format!(
                "rule of {}: {}, not in force: {value}",
                entity(parsed, rule.entity),
                rule.name
            ));
            continue;
        }
        let Some(text) = text_at(&rule.texts, date) else { continue };
        let tokens = tokens(source(parsed, text));
        // The first token is the rule's own name. Another that names a helper may be a local name that
        // hides it: then the hash holds a helper too many, never one too few.
        let helper = |name: &str| {
            let id = parsed.territories.called(parsed, text.span.file, name)?;
            text_at(&parsed.rules.get(id)?.texts, date)?.helper.then_some(id)
        };
        left.extend(tokens.iter().skip(1).filter_map(|token| helper(token)));
        let kind = if text.helper { "helper" } else { "rule" };
        lines.insert(format!("{kind} of {}: {}", entity(parsed, rule.entity), tokens.join(" ")));
    }
    lines
}

/// A rule as its file writes it: from its name up to and including the brace that ends it.
pub fn source<'p>(parsed: &'p Parsed, text: &RuleText) -> &'p str {
    let Some(file) = parsed.sources.get(text.span.file) else { return "" };
    let (line, column) = (text.end().line().unwrap_or(1), text.end().position().unwrap_or(1));
    let end = parsed.sources.offset(text.span.file, line, column) + 1;
    file.text.get(text.span.range.start..end).unwrap_or("")
}

fn entity(parsed: &Parsed, id: EntityId) -> &str {
    parsed.schema.entities.get(id).map_or("?", |e| e.name.as_str())
}

/// The canonical line of a field: what of its declaration bears on a decision.
pub fn field_line(parsed: &Parsed, id: FieldId) -> Option<String> {
    let field = parsed.schema.fields.get(id)?;
    let kind = match &field.kind {
        FieldKind::Boolean => "boolean".to_string(),
        FieldKind::Number { decimals, .. } => format!("number of {decimals} decimals"),
        FieldKind::Date => "date".to_string(),
        FieldKind::Text => "text".to_string(),
        FieldKind::Enum(values) => format!("one of {}", values.join("|")),
        FieldKind::Codes => "codes".to_string(),
    };
    let range = field.range.as_ref().map_or_else(String::new, |(low, high)| format!(" from {low} to {high}"));
    let empty = match (&field.empty_value, field.empty_is_none, &field.unlisted) {
        (Some(value), ..) => format!(", empty is {value}"),
        (None, true, _) => ", empty is none".to_string(),
        (.., Some(_)) => ", empty is unlisted".to_string(),
        _ => String::new(),
    };
    Some(format!("field {} of {}: {kind}{range}{empty}", field.name, entity(parsed, field.entity)))
}

/// The canonical line of a relation: what of its declaration bears on a decision.
pub fn relation_line(parsed: &Parsed, child: EntityId, relation: usize) -> Option<String> {
    let relation = parsed.schema.entities.get(child)?.belongs_to.get(relation)?;
    let (child, target) = (entity(parsed, child), entity(parsed, relation.target));
    Some(format!("relation {} of {child}: {target}, at least {}", relation.column, relation.min))
}

/// The tokens of a script: words and numbers, texts, single signs. Comments and spaces are left out.
///
/// ```
/// use logis::fingerprint::tokens;
/// assert_eq!(tokens("f(a) { a<=1.5 /* no */ }"), tokens("f( a ){\n  a <= 1.5 // no\n}"));
/// assert_ne!(tokens("a == \"x y\""), tokens("a == \"xy\""));
/// ```
pub fn tokens(script: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = script;
    while let Some(first) = rest.chars().next() {
        // The length in bytes of the comment, literal, word or sign that begins here.
        let length = match first {
            _ if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            _ if rest.starts_with("/*") => block_comment(rest),
            '"' | '\'' | '`' => text_literal(rest, first),
            // `1.5` is one token, and so is `a.b`: rules have no properties.
            c if is_word(c) => rest.find(|c| !is_word(c) && c != '.').unwrap_or(rest.len()),
            c => c.len_utf8(),
        };
        let (token, others) = rest.split_at_checked(length).unwrap_or((rest, ""));
        if !first.is_whitespace() && !token.starts_with("//") && !token.starts_with("/*") {
            found.push(token);
        }
        rest = others;
    }
    found
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The length in bytes of the block comment that a text begins with. Comments nest, as in Rhai.
fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(rest) = text.get(at..).filter(|r| !r.is_empty()) {
        if rest.starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if rest.starts_with("*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                return at;
            }
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// The length in bytes of the text literal that a text begins with, both quotes included.
fn text_literal(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return at + c.len_utf8(),
            _ => {}
        }
    }
    text.len()
}
