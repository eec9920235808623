//! Brackets of one function, matched with their partners: the one without a partner is told where it
//! opened.
//!
//! A parenthesis ends before a `;`, before a closing bracket of another kind, and before a `{` that no
//! `if` inside it asked for. A brace ends with the function; which one lacks its partner is told by the
//! indentation of the lines.

use std::ops::Range;

use super::Slip;
use super::scan::{Kind, Piece};

/// An open bracket.
#[derive(Clone, Copy)]
struct Open {
    /// Its piece.
    piece: usize,
    /// Blanks before the first character of its line.
    indent: usize,
}

/// The bracket that closes another.
fn partner(open: &str) -> &'static str {
    match open {
        "(" => ")",
        "[" => "]",
        _ => "}",
    }
}

fn name(sign: &str) -> &'static str {
    match sign {
        "(" | ")" => "parenthèse",
        "[" | "]" => "crochet",
        _ => "accolade",
    }
}

/// `e` for a word of that gender.
fn feminine(sign: &str) -> &'static str {
    if matches!(sign, "[" | "]") { "" } else { "e" }
}

/// The brackets without a partner among the pieces of one function, comments left out.
pub(super) fn unmatched(text: &str, code: &[Piece<'_>]) -> Vec<Slip> {
    // First as the signs stand. Where a brace is left over, which one it is, their order cannot tell: the
    // indentation does.
    let by_order = matched(text, code, false);
    let braces = by_order.iter().any(|s| s.label.contains('}'));
    if braces { matched(text, code, true) } else { by_order }
}

fn matched(text: &str, code: &[Piece<'_>], by_indent: bool) -> Vec<Slip> {
    let mut slips = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    let sign = |o: &Open| code.get(o.piece).map_or("", |p| p.text);
    for (i, piece) in code.iter().enumerate().filter(|(_, p)| p.kind == Kind::Sign) {
        let (indent, first) = indent(text, piece.at);
        match piece.text {
            "(" | "[" => open.push(Open { piece: i, indent }),
            "{" => {
                // Only the block of an `if` opens inside parentheses.
                while let Some(top) = open.last().copied().filter(|o| sign(o) != "{") {
                    let inside = code.get(top.piece..i).unwrap_or(&[]);
                    if inside.iter().any(|p| p.is_word("if") || p.is_word("else") || p.is_word("switch")) {
                        break;
                    }
                    open.pop();
                    slips.extend(never_closed(text, code, top, Some(i)));
                }
                open.push(Open { piece: i, indent });
            }
            ";" => {
                while let Some(top) = open.last().copied().filter(|o| sign(o) != "{") {
                    open.pop();
                    slips.extend(never_closed(text, code, top, Some(i)));
                }
            }
            closing @ (")" | "]" | "}") => {
                if by_indent && closing == "}" && first {
                    // A brace that begins a line closes one that opened on a line of the same indentation.
                    let same = open.iter().any(|o| sign(o) == "{" && o.indent == indent);
                    while let Some(top) = open.last().copied().filter(|o| same && o.indent > indent) {
                        open.pop();
                        slips.extend(never_closed(text, code, top, Some(i)));
                    }
                }
                // It closes nothing that is open: one too many, or its partner is missing before.
                if !open.iter().any(|o| partner(sign(o)) == closing) {
                    slips.push(never_opened(piece));
                    continue;
                }
                // What opened after its partner cannot close any more.
                while let Some(top) = open.pop() {
                    if partner(sign(&top)) == closing {
                        break;
                    }
                    slips.extend(never_closed(text, code, top, Some(i)));
                }
            }
            _ => {}
        }
    }
    for left in open {
        slips.extend(never_closed(text, code, left, None));
    }
    slips
}

/// The blanks before the first character of the line of a byte; is that byte this character?
fn indent(text: &str, at: usize) -> (usize, bool) {
    let before = text.get(..at).unwrap_or("");
    let line = before.rsplit('\n').next().unwrap_or("");
    let blanks = line.chars().take_while(|c| c.is_whitespace()).count();
    (blanks, line.trim().is_empty())
}

fn never_closed(text: &str, code: &[Piece<'_>], open: Open, before: Option<usize>) -> Option<Slip> {
    let piece = code.get(open.piece)?;
    let (closing, e) = (partner(piece.text), feminine(piece.text));
    // Where it can stand at the latest: after the last piece before what stopped the search; that of a brace
    // before the first line that is not indented more than the line of the brace.
    let limit = before.unwrap_or(code.len());
    let outside = |(i, p): &(usize, &Piece<'_>)| {
        let (indent, first) = indent(text, p.at);
        (first && indent <= open.indent && !p.is("}")).then_some(*i)
    };
    let inside = code.iter().enumerate().take(limit).skip(open.piece + 1);
    // The first line that is not indented more than that of the brace is outside of its block.
    let dedented = (piece.text == "{").then(|| inside.filter_map(|p| outside(&p)).next()).flatten();
    let (stop, before) = (dedented.unwrap_or(limit), dedented.or(before));
    let last = stop.checked_sub(1).and_then(|i| code.get(i))?;
    let place: Range<usize> = last.end()..last.end();
    let message = format!(
        "{} ouvert{e} et jamais fermé{e}: « {} »; attendu: `{closing}`",
        name(piece.text),
        piece.text
    );
    let slip = Slip::new(
        "L0029",
        piece.range(),
        message,
        format!("ouvert{e} ici; écrire `{closing}` où {} se ferme", if e.is_empty() { "il" } else { "elle" }),
    );
    let slip = match before.and_then(|i| code.get(i)) {
        Some(next)
            if super::line_of(text, next.at) != super::line_of(text, piece.at) || piece.text != "{" =>
        {
            slip.also(next.range(), format!("`{closing}` attendu avant ceci"))
        }
        _ => slip,
    };
    let fix = if closing == "}" { "\n}" } else { closing };
    Some(slip.fixed_at(place, fix))
}

fn never_opened(piece: &Piece<'_>) -> Slip {
    let e = feminine(piece.text);
    let un = if e.is_empty() { "un" } else { "une" };
    Slip::new(
        "L0029",
        piece.range(),
        format!("{} fermé{e} et jamais ouvert{e}: « {} »", name(piece.text), piece.text),
        format!("{un} {} de trop, ou {un} autre manque avant", name(piece.text)),
    )
    .fixed("")
}
