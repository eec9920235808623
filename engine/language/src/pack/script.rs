//! Rule files: plain Rhai whose functions are the rules.
//!
//! A file is parsed by Rhai itself; this module adds what Rhai does not keep: the place of every
//! name in a signature, and the doc comments with their tags.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use rhai::{AST, ASTNode, Engine, Position, ScriptFuncDef, Stmt, Token};

use super::force::InForce;
use super::slips;
use crate::diagnostic::{Diagnostics, FileId, Severity, Sources, Span, nearest, texts};
use crate::value::{Date, Exact, Value, div, mul, parse_date, parse_number, power_of_ten};

/// One function of a rule file, as of the date from which its text holds.
#[derive(Clone, Debug)]
pub struct RuleText {
    /// Its name: what it decides.
    pub name: String,
    /// From when this text holds; `None`: from ever.
    pub from: Option<Date>,
    /// Is it a helper (`private fn`), that decides nothing by itself?
    pub helper: bool,
    /// Parameters with their places.
    pub params: Vec<(String, Span)>,
    /// Place of the name.
    pub span: Span,
    pub(crate) code: Code,
    /// What the doc comment says.
    pub doc: Doc,
    /// The function as code, of a rule that no script writes: one of a grid.
    pub made: Option<Arc<str>>,
}

impl RuleText {
    /// The statements of its body, as Rhai parsed them.
    pub fn body(&self) -> &[Stmt] {
        self.code.get().map_or(&[], |(statements, _)| statements)
    }

    /// Where the body ends.
    pub(crate) fn end(&self) -> Position {
        self.code.get().map_or(Position::NONE, |(_, end)| *end)
    }
}

/// Statements, and where they end.
type Body = (Arc<[Stmt]>, Position);

/// The body of a function.
#[derive(Clone, Debug)]
pub(crate) enum Code {
    /// Parsed.
    Parsed(Body),
    /// To be parsed with its file when it is first asked for.
    WhenAsked(Arc<Unparsed>, Name),
}

/// What tells the functions of a file apart: the name and the number of parameters.
type Name = (String, usize);

/// A rule file without error whose functions are parsed when the first of them is asked for.
#[derive(Debug)]
pub(crate) struct Unparsed {
    text: Arc<str>,
    bodies: OnceLock<BTreeMap<Name, Body>>,
}

impl Code {
    fn get(&self) -> Option<&Body> {
        match self {
            Code::Parsed(body) => Some(body),
            Code::WhenAsked(file, name) => {
                let parse =
                    || parser().compile(file.text.as_ref()).map(|ast| bodies(&ast)).unwrap_or_default();
                file.bodies.get_or_init(parse).get(name)
            }
        }
    }
}

/// The bodies of the functions of a parsed file.
fn bodies(ast: &AST) -> BTreeMap<Name, Body> {
    let statements = statements(ast);
    let body = |function: &ScriptFuncDef| {
        let own = statements.iter().filter(|s| is_in(function, s.position())).cloned().collect();
        ((function.name.to_string(), function.params.len()), (own, function.body.end_position()))
    };
    ast.iter_fn_def().map(|function| body(function)).collect()
}

/// What a doc comment says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Doc {
    /// The sentence that explanations are made of.
    pub label: String,
    /// Unit of the outcome.
    pub unit: Option<String>,
    /// Legal references.
    pub sources: Vec<String>,
    /// Why the rule may be wrong, each with its kind if it says one: see [`split`](super::doubt::split).
    pub doubts: Vec<String>,
    /// Conditions of the text that are not modelled: what the rule grants, it grants under these reserves.
    pub reserves: Vec<String>,
    /// The days on which the rule is in force, and where that is written.
    pub in_force: Option<(InForce, Span)>,
    /// What an aid may and may not be combined with.
    pub combined: Vec<String>,
    /// Is it marked as a result (`/// résultat`): read by those who use the pack, if by no rule?
    pub result: bool,
    /// What the outcome is said to rise or fall with (`croissante en NAME`), and where.
    pub monotone: Vec<(String, Span)>,
    /// Is true, or more, good for whom it is about? As usual, if it does not say.
    pub sense: Option<Sense>,
    /// Must it be true of every row before anything is decided of it? An error leaves the row out.
    pub invariant: Option<Severity>,
}

/// Whether true, or a larger number, is good for whom a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sense {
    /// It is: an aid, a right.
    Favourable,
    /// It is not: a charge, a refusal.
    Unfavourable,
    /// Neither: a ceiling, a category.
    Neutral,
}

impl Doc {
    /// Is this outcome good for whom the rule is about? True and a positive number are, unless the rule says that
    /// its sense is unfavourable: then false and 0 are. Of a neutral rule every outcome counts as good.
    pub fn grants(&self, outcome: &Value) -> bool {
        let more = match outcome {
            Value::Bool(holds) => *holds,
            Value::Number(number) => *number > Exact::from_integer(0),
            Value::Date(_) | Value::Text(_) | Value::List(_) => return true,
        };
        match self.sense {
            None | Some(Sense::Favourable) => more,
            Some(Sense::Unfavourable) => !more,
            Some(Sense::Neutral) => true,
        }
    }
}

/// The text of a rule that is in force on `date`, of texts sorted by the day on which they begin.
pub fn text_at(texts: &[RuleText], date: Date) -> Option<&RuleText> {
    texts.iter().rev().find(|t| t.from.is_none_or(|from| from <= date))
}

/// A parsed rule file.
pub(super) struct RuleFile {
    pub entity: Option<(String, Span)>,
    pub functions: Vec<RuleText>,
}

/// The Rhai engine that parses rules: decimals keep their own text, nothing is optimised away.
pub fn parser() -> Engine {
    let mut engine = Engine::new_raw();
    engine.set_optimization_level(rhai::OptimizationLevel::None);
    engine.set_max_expr_depths(64, 64);
    engine.set_max_string_size(10_000);
    // Marked deprecated by rhai to say that it is volatile; it is the one way to keep `0.9` exact.
    #[allow(deprecated)]
    engine.on_parse_token(|token, _, _| match token {
        Token::FloatConstant(constant) => match constant.1.parse() {
            Ok(decimal) => inexact(&decimal, &constant.1)
                .unwrap_or_else(|| Token::DecimalConstant(Box::new((decimal, constant.1)))),
            Err(_) => Token::FloatConstant(constant),
        },
        Token::DecimalConstant(constant) => {
            inexact(&constant.0, &constant.1).unwrap_or(Token::DecimalConstant(constant))
        }
        token => token,
    });
    engine
}

/// An error in place of a number that is not exactly what is written: decimals keep 28 digits.
fn inexact(decimal: &impl ToString, text: &str) -> Option<Token> {
    let written = number(text);
    if written.is_some() && written == parse_number(&decimal.to_string()) {
        return None;
    }
    // The words of this error are those of [`slips`].
    Some(Token::LexError(Box::new(rhai::LexError::ImproperSymbol(text.to_string(), String::new()))))
}

/// What a literal says, an exponent included; `None` if that does not fit.
fn number(text: &str) -> Option<Exact> {
    let Some((digits, exponent)) = text.split_once(['e', 'E']) else { return parse_number(text) };
    let exponent: i32 = exponent.parse().ok()?;
    let (digits, power) =
        (parse_number(digits)?, Exact::from_integer(power_of_ten(exponent.unsigned_abs())?));
    if exponent < 0 { div(&digits, &power).ok() } else { mul(&digits, &power).ok() }
}

/// Parses one rule file. `path` tells the date from which its functions hold.
///
/// The names of the rules of a file that does not parse go to `unreadable`. Of a `sound` pack the functions are parsed when
/// they are asked for.
pub(super) fn read(
    file: FileId,
    sources: &Sources,
    sound: bool,
    unreadable: &mut Vec<String>,
    out: &mut Diagnostics,
) -> Option<RuleFile> {
    let source = sources.get(file)?;
    let text = &source.text;
    let unparsed = || Arc::new(Unparsed { text: text.clone(), bodies: OnceLock::new() });
    let file_of_bodies = match sound {
        true => Bodies::WhenAsked(unparsed()),
        false => Bodies::Parsed(parse(file, sources, unreadable, out)?),
    };
    let from = file_date(file, &source.path, out);
    let mut functions = Vec::new();
    for signature in signatures(file, text) {
        // By name and number of parameters, as Rhai tells functions apart; of a name that stands twice the
        // second is reported below.
        let name = (signature.name.clone(), signature.params.len());
        let code = match &file_of_bodies {
            Bodies::Parsed(bodies) => match bodies.get(&name) {
                Some(body) => Code::Parsed(body.clone()),
                None => continue,
            },
            Bodies::WhenAsked(file) => Code::WhenAsked(file.clone(), name),
        };
        let doc = read_doc(file, text, signature.line_start, out);
        functions.push(RuleText {
            name: signature.name,
            from,
            helper: signature.private,
            params: signature.params,
            span: signature.span,
            code,
            doc,
            made: None,
        });
    }
    for (i, function) in functions.iter().enumerate() {
        if let Some(first) = functions.iter().take(i).find(|f| f.name == function.name) {
            let (here, first) = (function.span.clone(), first.span.clone());
            out.push(texts::names::declared_twice(&function.name, here, first));
        }
    }
    Some(RuleFile { entity: read_entity(file, text, out), functions })
}

/// The bodies of the functions of a file, or the file.
enum Bodies {
    Parsed(BTreeMap<Name, Body>),
    WhenAsked(Arc<Unparsed>),
}

/// Parses a file now, and says what is wrong with it.
fn parse(
    file: FileId,
    sources: &Sources,
    unreadable: &mut Vec<String>,
    out: &mut Diagnostics,
) -> Option<BTreeMap<Name, Body>> {
    let text = &sources.get(file)?.text;
    let engine = parser();
    let ast = match engine.compile(text.as_ref()) {
        Ok(ast) => ast,
        Err(error) => {
            let (diagnostics, names) = slips::script::explain(&engine, file, text, &error);
            out.items.extend(diagnostics);
            unreadable.extend(names);
            return None;
        }
    };
    out.items.extend(slips::script::two_arguments(file, text));
    if let Some(statement) = ast.statements().iter().find(|s| !matches!(s, rhai::Stmt::Noop(_))) {
        let position = statement.position();
        let at = sources.offset(file, position.line().unwrap_or(1), position.position().unwrap_or(1));
        out.push(texts::files::outside_functions(Span::new(file, word_at(text, at))));
    }
    Some(bodies(&ast))
}

/// The statements of all functions of a file, those of blocks inside left out. Rhai hands them out through a walk over
/// the whole tree only; which function one belongs to is seen by its position.
fn statements(ast: &AST) -> Vec<Stmt> {
    // The body of a closure is a function of its own to Rhai, at a place inside another.
    let closures: Vec<&ScriptFuncDef> =
        ast.iter_fn_def().map(|f| &**f).filter(|f| f.name.starts_with("anon$")).collect();
    let of_closure = |at: Position| closures.iter().any(|f| f.body.start_position() == at || is_in(f, at));
    let mut statements = Vec::new();
    ast.walk(&mut |path: &[ASTNode<'_>]| {
        if let [ASTNode::Stmt(statement)] = path
            && !of_closure(statement.position())
        {
            statements.push((*statement).clone());
        }
        true
    });
    statements
}

/// Does a position lie in the body of a function?
fn is_in(function: &ScriptFuncDef, at: Position) -> bool {
    (function.body.start_position()..=function.body.end_position()).contains(&at)
}

/// The date in `NAME.2020-01-02.rhai` or `2020-01-02.rhai`.
fn file_date(file: FileId, path: &str, out: &mut Diagnostics) -> Option<Date> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let stem = name.strip_suffix(".rhai").unwrap_or(name);
    let last = stem.rsplit('.').next().unwrap_or(stem);
    let date = parse_date(last);
    if date.is_none() && last.starts_with(|c: char| c.is_ascii_digit()) {
        out.push(texts::files::not_a_date_in_name(last, Span::new(file, 0..0)));
    }
    date
}

/// `//! entité: demande`, first lines of the file.
fn read_entity(file: FileId, text: &str, out: &mut Diagnostics) -> Option<(String, Span)> {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if let Some(comment) = line.strip_prefix("//!")
            && let Some((key, value)) = comment.split_once(':')
            && matches!(key.trim(), "entité" | "entite")
        {
            let name = value.trim();
            let offset = start + line.find(name).unwrap_or(0);
            return Some((name.to_string(), Span::new(file, offset..offset + name.len())));
        }
        start += line.len();
    }
    out.push(texts::files::rules_without_entity(Span::new(file, 0..0)));
    None
}

struct Signature {
    name: String,
    span: Span,
    params: Vec<(String, Span)>,
    private: bool,
    line_start: usize,
}

/// The signatures of a file that parses, with the places of their names.
fn signatures(file: FileId, text: &str) -> Vec<Signature> {
    let mut found: Vec<Signature> = Vec::new();
    let (mut private, mut after_fn, mut in_params) = (false, false, false);
    for piece in slips::scan::scan(text) {
        if piece.is_word("private") {
            private = true;
        } else if piece.is_word("fn") {
            after_fn = true;
        } else if piece.is(")") {
            in_params = false;
        } else if piece.kind == slips::scan::Kind::Word && (after_fn || in_params) {
            let (name, span) = (piece.text.to_string(), Span::new(file, piece.range()));
            if after_fn {
                let line_start = text.get(..piece.at).and_then(|t| t.rfind('\n')).map_or(0, |i| i + 1);
                found.push(Signature { name, span, params: Vec::new(), private, line_start });
                (after_fn, in_params, private) = (false, true, false);
            } else if let Some(signature) = found.last_mut() {
                signature.params.push((name, span));
            }
        }
    }
    found
}

const TAGS: [&str; 10] = [
    "unité",
    "source",
    "doute",
    "réserve",
    "cumul",
    "monotone",
    "résultat",
    "sens",
    "invariant",
    "en vigueur",
];

/// The `///` lines just above a function.
fn read_doc(file: FileId, text: &str, line_start: usize, out: &mut Diagnostics) -> Doc {
    let before = text.get(..line_start).unwrap_or("");
    let mut lines: Vec<(usize, &str)> = Vec::new();
    let mut end = before.len();
    for line in before.split_inclusive('\n').rev() {
        let start = end - line.len();
        let Some(comment) = line.trim_start().strip_prefix("///") else { break };
        lines.push((start, comment.trim()));
        end = start;
    }
    let mut doc = Doc::default();
    for (start, line) in lines.into_iter().rev() {
        if matches!(line, "résultat" | "resultat") {
            doc.result = true;
            continue;
        }
        let Some((key, value)) =
            line.split_once(':').filter(|(key, _)| !key.contains(' ') || key.trim() == "en vigueur")
        else {
            if !doc.label.is_empty() {
                doc.label.push(' ');
            }
            doc.label.push_str(line);
            continue;
        };
        let value = value.trim().to_string();
        match key.trim() {
            "unité" | "unite" => doc.unit = Some(value),
            "source" => doc.sources.push(value),
            "doute" => doc.doubts.push(value),
            "réserve" | "reserve" => doc.reserves.push(value),
            "en vigueur" => {
                let at = start + text.get(start..).and_then(|t| t.find(&value)).unwrap_or(0);
                let span = Span::new(file, at..at + value.len());
                match InForce::parse(&value) {
                    Some(_) if doc.in_force.is_some() => out.push(texts::files::in_force_twice(span)),
                    Some(days) => doc.in_force = Some((days, span)),
                    None => out.push(texts::files::not_days(&value, span)),
                }
            }
            "cumul" => doc.combined.push(value),
            "résultat" | "resultat" => doc.result = true,
            "monotone" => {
                let at = start + text.get(start..).and_then(|t| t.find(&value)).unwrap_or(0);
                let span = Span::new(file, at..at + value.len());
                doc.monotone.push((value, span));
            }
            "sens" => match value.as_str() {
                "favorable" => doc.sense = Some(Sense::Favourable),
                "défavorable" => doc.sense = Some(Sense::Unfavourable),
                "neutre" => doc.sense = Some(Sense::Neutral),
                _ => {
                    let at = start + text.get(start..).and_then(|t| t.find(&value)).unwrap_or(0);
                    out.push(texts::files::unknown_sense(&value, Span::new(file, at..at + value.len())));
                }
            },
            "invariant" => match value.as_str() {
                "erreur" => doc.invariant = Some(Severity::Error),
                "avertissement" => doc.invariant = Some(Severity::Warning),
                _ => {
                    let at = start + text.get(start..).and_then(|t| t.find(&value)).unwrap_or(0);
                    let place = Span::new(file, at..at + value.len());
                    out.push(texts::matching::no_invariant_level(&value, place));
                }
            },
            _ if nearest(key, TAGS).is_some() => {
                let at = start + text.get(start..).and_then(|t| t.find(key)).unwrap_or(0);
                out.push(texts::files::unknown_tag(key, &TAGS, Span::new(file, at..at + key.len())));
            }
            _ => {
                doc.label.push(' ');
                doc.label.push_str(line);
            }
        }
    }
    doc.label = doc.label.trim().to_string();
    doc
}

/// The word that starts at `at`, or one character.
pub fn word_at(text: &str, at: usize) -> Range<usize> {
    let at = at.min(text.len());
    let rest = text.get(at..).unwrap_or("");
    let word: usize = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').map(char::len_utf8).sum();
    let length = if word > 0 { word } else { rest.chars().next().map_or(0, char::len_utf8) };
    at..at + length
}
