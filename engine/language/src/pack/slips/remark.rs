//! What a slip adds to a diagnostic that another check made: the text is legal, and surely not meant.
//!
//! `vrai` is a name that no rule declares, `plafond-plus` a difference, `"30 %"` a text where a number is
//! asked: each is refused where it is read, and the slip is named beside.

use super::scan::{Kind, Piece, scan};
use super::written::{What, date, written};
use super::{plain_name, words};
use crate::diagnostic::{Diagnostic, Diagnostics, Sources};

/// Adds what slips tell to all diagnostics.
pub fn remarks(out: &mut Diagnostics, sources: &Sources) {
    for told in &mut out.items {
        remark(told, sources);
    }
}

/// Adds to a diagnostic the slip that its place shows, if it is one.
fn remark(told: &mut Diagnostic, sources: &Sources) {
    let Some((span, _)) = told.labels.first() else { return };
    let (Some(file), snippet) = (sources.get(span.file), sources.snippet(span)) else { return };
    let (text, at) = (file.text.as_ref(), span.range.start);
    let note = match told.code {
        "L0002" => super::cases::key(snippet).map(|key| format!("la clé s'écrit `{key}`")),
        "L0003" | "L0012" | "L0043" => value(snippet),
        "L0102" | "L0103" | "L0108" => name(text, at, snippet),
        "L0120" => sign(text, at),
        "L0121" => path(text, at),
        "L0202" | "L0204" => chained(text, at).or_else(|| day(text, at)),
        _ => None,
    };
    if let Some(note) = note.filter(|note| !told.notes.contains(note)) {
        told.notes.push(note);
    }
}

fn value(snippet: &str) -> Option<String> {
    let inner = snippet.trim_matches(['"', '\'']);
    let w = written(inner).or_else(|| {
        // A date in quotes, where a date stands without.
        let date = date(inner).filter(|_| inner.len() < snippet.len())?;
        Some(super::Written { what: What::Date, corrected: date })
    })?;
    Some(format!("« {} » est {}; écrire `{}`", super::shown(inner), w.what.with_article(), w.corrected))
}

fn name(text: &str, at: usize, snippet: &str) -> Option<String> {
    let call = text.get(at + snippet.len()..).is_some_and(|rest| rest.trim_start().starts_with('('));
    if call && matches!(crate::diagnostic::fold(snippet).as_str(), "date" | "jour") {
        return Some("une date vient d'une table de paramètres: `param(\"…\")`; celle de la décision est `date_decision`".to_string());
    }
    if let Some(instead) = words::word(snippet) {
        return Some(match instead {
            "&&" | "||" if call => format!("écrire `a {instead} b`"),
            "!" if call => "écrire `!(…)`".to_string(),
            "if" | "else" | "else if" => "écrire `if condition { … } else { … }`".to_string(),
            _ => format!("dans une règle, « {snippet} » s'écrit `{instead}`"),
        });
    }
    // `plafond-plus` is read as a difference of two names.
    let word = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    let before = text
        .get(..at)?
        .rfind(|c| !word(c))
        .map_or(0, |i| i + text.get(i..).and_then(|t| t.chars().next()).map_or(1, char::len_utf8));
    let after = text.get(at..)?.find(|c| !word(c)).map_or(text.len(), |n| at + n);
    let whole = text.get(before..after)?;
    (whole.contains('-')
        && !whole.starts_with('-')
        && !whole.ends_with('-')
        && !whole.starts_with(|c: char| c.is_ascii_digit()))
    .then(|| {
        format!("« {whole} » se lit comme une soustraction; si c'est un nom, écrire `{}`", plain_name(whole))
    })
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    scan(text).into_iter().filter(|p| p.kind != Kind::Comment).collect()
}

fn sign(text: &str, at: usize) -> Option<String> {
    let rest = text.get(at..)?;
    let code = pieces(text);
    let i = code.iter().position(|p| p.at == at)?;
    let before = i.checked_sub(1).and_then(|b| code.get(b));
    Some(match code.get(i)?.text {
        "&" => "écrire `&&`".to_string(),
        "|" if before.is_some_and(Piece::ends_operand) => "écrire `||`".to_string(),
        // With `;` it is a statement that gives a name another value.
        "=" if !code.iter().skip(i).take_while(|p| !p.is("}")).any(|p| p.is(";")) => {
            "pour comparer, écrire `==`".to_string()
        }
        "%" if before.is_some_and(|p| p.kind == Kind::Number) => {
            let number = before.map_or("", |p| p.text);
            format!("pour un pourcentage, écrire `{}`, ou `param(\"…\")`", super::written::hundredth(number))
        }
        "**" | "^" => "une règle ne calcule pas de puissance: écrire le produit, `x * x`".to_string(),
        "in" => "écrire `contient(liste, valeur)`".to_string(),
        _ if rest.starts_with('\'') => "un texte s'écrit entre guillemets droits: `\"…\"`".to_string(),
        _ => return None,
    })
}

/// `param(plafond)`
fn path(text: &str, at: usize) -> Option<String> {
    let rest = text.get(at..)?.strip_prefix("param")?.trim_start().strip_prefix('(')?.trim_start();
    let path: String =
        rest.chars().take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '\'' | '`')).collect();
    let path = path.trim_matches(['\'', '`']);
    (!path.is_empty()).then(|| format!("le chemin d'une table est un texte: écrire `param(\"{path}\")`"))
}

/// `0 < x < 10`: the second comparison compares true or false.
fn chained(text: &str, at: usize) -> Option<String> {
    let code = pieces(text);
    let comparison =
        |p: &Piece<'_>| p.kind == Kind::Sign && matches!(p.text, "<" | "<=" | ">" | ">=" | "==" | "!=");
    let (i, _) = code.iter().enumerate().filter(|(_, p)| comparison(p)).find(|(_, p)| p.at == at)?;
    // Back to the comparison before, through what stands between the two and is no sign that separates
    // conditions.
    let mut low = i;
    while let Some(before) = low.checked_sub(1).and_then(|b| code.get(b)) {
        if comparison(before) {
            let middle = text.get(before.end()..at)?.trim();
            let (first, second) = (code.get(low.checked_sub(2)?)?, code.get(i + 1)?);
            return Some(format!(
                "deux comparaisons à la suite: écrire `{} {} {middle} && {middle} {} {}`",
                first.text,
                before.text,
                code.get(i)?.text,
                second.text
            ));
        }
        if before.kind == Kind::Sign
            && matches!(before.text, "&&" | "||" | ";" | "{" | "}" | "(" | ")" | "," | "=" | "!")
        {
            return None;
        }
        low -= 1;
    }
    None
}

/// `date < 01/01/2017` divides, `date < 2017-01-01` subtracts.
fn day(text: &str, at: usize) -> Option<String> {
    let code = pieces(text);
    let i = code.iter().position(|p| p.at == at)?;
    // A date is five pieces, and the sign may be any of them.
    let around = code.get(i.saturating_sub(5)..(i + 6).min(code.len()))?;
    let found = around.windows(5).find_map(|five| {
        let (first, last) = (five.first()?, five.last()?);
        let close = five.windows(2).all(|w| matches!(w, [a, b] if a.end() == b.at));
        date(text.get(first.at..last.end())?).filter(|_| close && first.kind == Kind::Number)
    })?;
    Some(format!(
        "une règle ne contient pas de date: mettre `value = {found}` dans une table, et écrire `param(\"…\")`"
    ))
}
