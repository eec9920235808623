//! Slips in a rule file that its parser refuses.
//!
//! The file is cut into its functions, and each is looked at for itself: pieces that no rule has (words of
//! French, curly quotes, `0,9`), then brackets without a partner, then what the parser says of the corrected
//! copy. What is told twice of one line is told once.

use std::ops::Range;

use rhai::{Engine, ParseError, ParseErrorType};

use super::lexical::{Head, head, lexical};
use super::scan::{Kind, Piece, scan};
use super::{Repaired, Slip, brackets, found, line_of, offset, parser, told, words};
use crate::diagnostic::{Diagnostic, FileId, Span, texts};

/// How often the parser is asked again after a `;` was put where it missed one.
const MOST_ROUNDS: usize = 20;

/// What is wrong in a rule file that the parser refused, and the names of its rules: that others do not
/// find them is no news.
pub(in crate::pack) fn explain(
    engine: &Engine,
    file: FileId,
    text: &str,
    error: &ParseError,
) -> (Vec<Diagnostic>, Vec<String>) {
    // Cut before each function, its comments with it: a brace that is never closed in one then costs no word
    // about the next.
    let pieces = scan(text);
    let starts = starts(text, &pieces);
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    let header = starts.first().copied().unwrap_or(text.len());
    let chunks = std::iter::once(0..header).chain(starts.iter().copied().zip(ends).map(|(a, b)| a..b));
    let mut diagnostics = Vec::new();
    let mut names: Vec<(String, Range<usize>)> = Vec::new();
    for chunk in chunks {
        let Some(part) = text.get(chunk.clone()).filter(|part| has_code(part)) else { continue };
        let (name, slips) = look(engine, part);
        let slips = slips.into_iter().map(|s| s.moved(chunk.start)).collect();
        diagnostics.extend(told(slips, file));
        names.extend(name.map(|(name, at)| (name, at.start + chunk.start..at.end + chunk.start)));
    }
    for (i, (name, at)) in names.iter().enumerate() {
        if let Some((_, first)) = names.iter().take(i).find(|(other, _)| other == name) {
            let place = |at: &Range<usize>| Span::new(file, at.clone());
            diagnostics.push(texts::names::declared_twice(name, place(at), place(first)));
        }
    }
    // Each function alone is fine, so what the parser refused lies between them.
    if diagnostics.is_empty() {
        // Only the whole file shows it.
        diagnostics.push(refused(text, error).diagnostic(file));
    }
    (diagnostics, names.into_iter().map(|(name, _)| name).collect())
}

/// `0,9` between the parentheses of a call: two arguments to the parser, one number to its author.
pub(in crate::pack) fn two_arguments(file: FileId, text: &str) -> Vec<Diagnostic> {
    // Most texts have no comma between two digits: they need not be cut into pieces.
    let digit = u8::is_ascii_digit;
    if !text.as_bytes().windows(3).any(|w| matches!(w, [a, b',', c] if digit(a) && digit(c))) {
        return Vec::new();
    }
    let code: Vec<Piece<'_>> = scan(text).into_iter().filter(|p| p.kind != Kind::Comment).collect();
    let mut found = Vec::new();
    for three in code.windows(3) {
        let [a, comma, b] = three else { continue };
        let numbers = a.kind == Kind::Number && b.kind == Kind::Number && comma.is(",");
        // Without a blank around the comma; `max(0, 9)` is meant as two.
        if numbers && a.end() == comma.at && comma.end() == b.at {
            let decimal = format!("{}.{}", a.text, b.text);
            let message =
                format!("« {},{} » se lit comme deux valeurs: {} et {}", a.text, b.text, a.text, b.text);
            let label =
                format!("pour un nombre, écrire `{decimal}`; pour deux valeurs, `{}, {}`", a.text, b.text);
            found.push(Diagnostic::warning("L0036", message, Span::new(file, a.at..b.end()), label));
        }
    }
    found
}

fn has_code(text: &str) -> bool {
    scan(text).iter().any(|p| p.kind != Kind::Comment)
}

/// Where each function begins, its doc comment included.
fn starts(text: &str, pieces: &[Piece<'_>]) -> Vec<usize> {
    let mut starts = Vec::new();
    for (i, piece) in pieces.iter().enumerate().filter(|(_, p)| p.kind == Kind::Word) {
        if !begins_function(text, pieces, i) {
            continue;
        }
        let private = |p: &Piece<'_>| p.is_word("private") || words::word(p.text) == Some("private");
        let mut first = i;
        if let Some(before) = i.checked_sub(1).filter(|b| pieces.get(*b).is_some_and(private)) {
            first = before;
        }
        let mut at = pieces.get(first).map_or(piece.at, |p| p.at);
        // Upwards over the comments that touch the function: a blank line ends them, and so does one that
        // shares its line with code.
        while let Some(before) = first.checked_sub(1).and_then(|b| pieces.get(b)) {
            let between = text.get(before.end()..at).unwrap_or("");
            if before.kind != Kind::Comment
                || between.matches('\n').count() > 1
                || !begins_line(text, before.at)
            {
                break;
            }
            (first, at) = (first - 1, before.at);
        }
        starts.push(at);
    }
    starts
}

fn begins_line(text: &str, at: usize) -> bool {
    text.get(..at).unwrap_or("").rsplit('\n').next().is_none_or(|line| line.trim().is_empty())
}

/// Is this word `fn`, a word for it, or the name of a function of which `fn` is missing?
fn begins_function(text: &str, pieces: &[Piece<'_>], i: usize) -> bool {
    let Some(piece) = pieces.get(i) else { return false };
    let before = i.checked_sub(1).and_then(|b| pieces.get(b));
    let private = before.filter(|p| p.is_word("private") || words::word(p.text) == Some("private"));
    if !begins_line(text, private.map_or(piece.at, |p| p.at)) {
        return false;
    }
    let line_end = text.get(piece.at..).and_then(|t| t.find('\n')).map_or(text.len(), |n| piece.at + n);
    let rest = pieces.get(i + 1..).unwrap_or(&[]);
    let on_line: Vec<&Piece<'_>> = rest.iter().take_while(|p| p.at < line_end).collect();
    let named = on_line.first().is_some_and(|p| p.kind == Kind::Word);
    if piece.text == "fn" {
        return true;
    }
    if words::function(piece.text) {
        return named && on_line.iter().any(|p| p.is("("));
    }
    // Without `fn` only a line such as `nom(…) {` at the margin is taken for a function: inside one, calls
    // look alike.
    let column = piece.at - text.get(..piece.at).and_then(|t| t.rfind('\n')).map_or(0, |n| n + 1);
    let last_two = on_line.iter().rev().filter(|p| p.kind != Kind::Comment).take(2);
    let last_two: Vec<&str> = last_two.map(|p| p.text).collect();
    column == 0
        && !words::keyword(piece.text)
        && words::word(piece.text).is_none()
        && on_line.first().is_some_and(|p| p.is("("))
        && last_two == ["{", ")"]
}

/// The slips of one function, and its name.
fn look(engine: &Engine, text: &str) -> (Option<(String, Range<usize>)>, Vec<Slip>) {
    let pieces: Vec<Piece<'_>> = scan(text).into_iter().filter(|p| p.kind != Kind::Comment).collect();
    let signature = head(&pieces);
    let mut slips = lexical(text, &pieces, signature.as_ref());
    // Corrected so far, the copy shows what the next look finds: brackets first, since the parser tells of a
    // missing one far from it.
    let mut copy = Copy::new(text);
    copy.correct(&slips);
    let lines: Vec<usize> = slips.iter().map(|s| line_of(text, s.range.start)).collect();
    let code: Vec<Piece<'_>> = scan(&copy.text).into_iter().filter(|p| p.kind != Kind::Comment).collect();
    let open = brackets::unmatched(&copy.text, &code);
    let news = |slips: &[Slip], slip: &Slip| {
        let line = line_of(text, slip.range.start);
        slips.iter().all(|s| line_of(text, s.range.start) != line)
    };
    // Places are those of the text as written; a line of which something was told already says no more.
    for slip in &open {
        let here = copy.origin_of(slip);
        if !lines.contains(&line_of(text, here.range.start)) {
            slips.push(here);
        }
    }
    copy.correct(&open);
    // The parser stops at its first error. A forgotten `;` is corrected and the parser asked again; anything
    // else ends the search, as what it would say next follows from that.
    for _ in 0..MOST_ROUNDS {
        let Err(error) = engine.compile(&copy.text) else { break };
        if let Some(missing) = missing_semicolon(&copy.text, &error) {
            let here = copy.origin_of(&missing);
            copy.correct(&[missing]);
            if news(&slips, &here) {
                slips.push(here);
            }
            continue;
        }
        let here = copy.origin_of(&refused(&copy.text, &error));
        if slips.is_empty() || news(&slips, &here) {
            slips.push(here);
        }
        break;
    }
    (signature.map(|Head { name, at, .. }| (name, at)), slips)
}

/// What the parser says, in French.
fn refused(text: &str, error: &ParseError) -> Slip {
    let at = place(text, error);
    let words = parser::french(error.err_type(), &found(text, at));
    // An error at the end of the text is shown at its last word.
    let at = if at >= text.len() { text.trim_end().len() } else { at };
    let range = crate::pack::script::word_at(text, at);
    Slip::new(words.code, range, words.message, words.label)
}

fn place(text: &str, error: &ParseError) -> usize {
    match (error.position().line(), error.position().position()) {
        (Some(line), column) => offset(text, line, column.unwrap_or(1)),
        _ => text.len(),
    }
}

/// A statement that ends with its line, without `;`, where another follows.
fn missing_semicolon(text: &str, error: &ParseError) -> Option<Slip> {
    let ParseErrorType::MissingToken(token, _) = error.err_type() else { return None };
    let at = place(text, error);
    let code: Vec<Piece<'_>> = scan(text).into_iter().filter(|p| p.kind != Kind::Comment).collect();
    let next = code.iter().position(|p| p.at == at)?;
    let (next, last) = (code.get(next)?, code.get(next.checked_sub(1)?)?);
    // Only between two lines: inside one, a missing operator is as likely as a missing `;`.
    let apart = line_of(text, last.at) < line_of(text, next.at);
    (token == ";" && apart && next.kind == Kind::Word && last.ends_operand()).then(|| {
        Slip::new(
            "L0034",
            last.range(),
            "`;` manque à la fin de cette ligne",
            format!("écrire `{};`", last.text),
        )
        .fixed_at(last.end()..last.end(), ";")
    })
}

/// A copy that was corrected several times.
struct Copy {
    text: String,
    layers: Vec<Repaired>,
}

impl Copy {
    fn new(text: &str) -> Copy {
        Copy { text: text.to_string(), layers: Vec::new() }
    }

    fn correct(&mut self, slips: &[Slip]) {
        let layer = Repaired::of(&self.text, slips);
        self.text.clone_from(&layer.text);
        self.layers.push(layer);
    }

    fn origin(&self, at: usize) -> usize {
        // From the last correction back to the first: each layer knows only the text that it corrected.
        self.layers.iter().rev().fold(at, |at, layer| layer.origin(at))
    }

    /// A slip of the copy, where it is in what was written.
    fn origin_of(&self, slip: &Slip) -> Slip {
        let range = |range: &Range<usize>| {
            let start = self.origin(range.start);
            start..self.origin(range.end).max(start)
        };
        Slip {
            range: range(&slip.range),
            also: slip.also.as_ref().map(|(at, label)| (range(at), label.clone())),
            fix: slip.fix.as_ref().map(|(at, fix)| (range(at), fix.clone())),
            ..slip.clone()
        }
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]
mod tests {
    use super::*;

    /// The files of the shipped pack with these ends.
    fn shipped(end: &str) -> Vec<(String, String)> {
        let files = crate::Pack::files("../../rules").expect("the pack");
        let files = files.into_iter().filter(|(path, _)| path.ends_with(end));
        files.map(|(path, bytes)| (path, String::from_utf8(bytes).expect("text"))).collect()
    }

    /// What a file that parses says is no slip, whatever else it is asked: each function is found, and nothing
    /// is told of it.
    #[test]
    fn what_the_shipped_pack_says_is_no_slip() {
        let engine = crate::pack::script::parser();
        let files = shipped(".rhai");
        assert!(files.len() > 90);
        for (path, text) in files {
            let pieces = scan(&text);
            let starts = starts(&text, &pieces);
            assert_eq!(starts.len(), pieces.iter().filter(|p| p.is_word("fn")).count(), "{path}");
            let ends = starts.iter().skip(1).copied().chain([text.len()]);
            for (start, end) in starts.iter().copied().zip(ends) {
                let (name, slips) = look(&engine, &text[start..end]);
                assert!(name.is_some() && slips.is_empty(), "{path}: {name:?} {slips:?}");
            }
            assert!(two_arguments(0, &text).is_empty(), "{path}");
        }
        for (path, text) in shipped(".toml") {
            let slips = crate::pack::slips::toml_cut::cut(&text).slips;
            assert!(slips.is_empty(), "{path}: {slips:?}");
        }
    }

    #[test]
    fn two_arguments_that_look_like_a_decimal_are_told() {
        let told = two_arguments(0, "fn f(a) { max(0,9 * a) + max(0, 9) + max(a,9) }");
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].labels[0].0.range, 14..17);
    }
}
