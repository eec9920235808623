//! What stands without quotes: a number, a date, a truth value, or what should be one of them or a text.

use std::ops::Range;

use super::{Reader, Stands};
use crate::pack::slips::written::{What, is_blank, truth, written};
use crate::pack::slips::{Slip, shown};
use crate::value::{parse_date, parse_number};

impl Reader<'_> {
    /// A number, a date, `true`, `false`, or what should be one or a text.
    pub(super) fn atom(&mut self, stands: Stands) {
        let start = self.at;
        let line = self.slice(start..self.line_end(start)).trim_end_matches('\r');
        let length = atom_end(line, stands);
        let mut atom = line.get(..length).unwrap_or(line).trim_end_matches(is_blank);
        // A sign of other languages at the end of a line; in brackets a comma is the separator.
        let extra = if stands == Stands::Line { &[';', ','][..] } else { &[';'][..] };
        if let Some(before) = atom.strip_suffix(extra) {
            self.push(extra_sign(start + before.len(), if atom.ends_with(';') { ';' } else { ',' }));
            atom = before.trim_end_matches(is_blank);
        }
        let range = start..start + atom.len();
        self.at = start + length.max(atom.len());
        if atom.is_empty() {
            if stands == Stands::Line {
                self.push(Slip::new(
                    "L0034",
                    self.before(start),
                    "la valeur manque après `=`",
                    "écrire la valeur; un texte va entre guillemets: `\"…\"`",
                ));
            }
            return;
        }
        if !right(atom) {
            self.push(wrong_value(atom, range));
        }
    }

    /// The character before a place: something to point at, where nothing is written.
    fn before(&self, at: usize) -> Range<usize> {
        let text = self.text.get(..at).unwrap_or("").trim_end();
        let start = text.char_indices().next_back().map_or(0, |(i, _)| i);
        start..text.len()
    }
}

pub(super) fn extra_sign(at: usize, sign: char) -> Slip {
    let message = format!("« {sign} » après une valeur; attendu: la fin de la ligne");
    Slip::new("L0018", at..at + 1, message, "le retirer").fixed("")
}

/// The bytes of a value without quotes. A decimal comma belongs to it where what follows is no key.
fn atom_end(line: &str, stands: Stands) -> usize {
    let mut before = ' ';
    for (at, c) in line.char_indices() {
        let rest = line.get(at..).unwrap_or("");
        let ends = match (stands, c) {
            // A value without quotes goes to the end of its line: `20 000,50 €`, `Grand Dijon`.
            (Stands::Line, '#') => is_blank(before) || at == 0,
            (Stands::Line, _) => false,
            (_, '#') => is_blank(before),
            (_, ']' | '}') => true,
            (Stands::Array, ',') => true,
            // In `{ a = 0,9, b = 1 }` the first comma is decimal: digits on both sides, and after them what
            // ends a value.
            (Stands::Inline, ',') => {
                let digits = rest.trim_start_matches(',').trim_start_matches(|c: char| c.is_ascii_digit());
                let decimals = rest.chars().nth(1).is_some_and(|d| d.is_ascii_digit());
                let closes = digits.trim_start_matches(is_blank).starts_with([',', '}', '€', '%']);
                !(before.is_ascii_digit() && decimals && closes)
            }
            _ => false,
        };
        if ends {
            return at;
        }
        before = c;
    }
    line.len()
}

/// Is it a value as TOML writes them?
fn right(atom: &str) -> bool {
    let number = |text: &str| {
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let digits = mantissa.trim_start_matches(['+', '-']);
        let zero = digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.");
        parse_number(mantissa).is_some() && exponent.parse::<i32>().is_ok() && !zero && !text.contains('/')
    };
    let radix = |text: &str| {
        ["0x", "0o", "0b"].iter().any(|p| {
            text.strip_prefix(p)
                .is_some_and(|d| !d.is_empty() && d.chars().all(|c| c.is_ascii_hexdigit() || c == '_'))
        })
    };
    // A date, and a time of day if any: that part is the parser's.
    let iso = atom.get(..10).is_some_and(|d| !d.contains('/') && parse_date(d).is_some());
    let time = atom.get(10..).is_none_or(|t| t.is_empty() || t.starts_with(['T', 't', ' ']));
    let of_day = atom.len() >= 5
        && atom.get(2..3) == Some(":")
        && atom.chars().all(|c| c.is_ascii_digit() || matches!(c, ':' | '.'));
    matches!(atom, "true" | "false" | "inf" | "+inf" | "-inf" | "nan" | "+nan" | "-nan")
        || number(atom)
        || radix(atom)
        || iso && time
        || of_day
}

fn wrong_value(atom: &str, range: Range<usize>) -> Slip {
    if let Some(w) = written(atom) {
        let code = if w.what == What::Truth { "L0025" } else { "L0027" };
        let right = w.corrected;
        let message = format!("{}: « {} »; attendu: `{right}`", w.what.name(), shown(atom));
        let slip = Slip::new(code, range, message, format!("écrire `{right}`")).fixed(right.clone());
        return match w.what {
            What::Percent => slip.note("si l'unité du paramètre est `%`, écrire le nombre seul"),
            What::Measure => slip.note("l'unité se dit une fois, par `unit = \"…\"`"),
            _ => slip,
        };
    }
    let message = |what: &str, right: &str| format!("{what}: « {} »; attendu: `{right}`", shown(atom));
    if atom.chars().all(|c| c.is_ascii_digit()) {
        let right = format!("\"{atom}\"");
        let what = "un nombre ne commence pas par 0; un code est un texte";
        return Slip::new("L0027", range, message(what, &right), format!("écrire `{right}`")).fixed(right);
    }
    if let Some(inner) = atom.strip_suffix(['"', '”', '»', '\'']) {
        let right = format!(
            "\"{}\"",
            inner.trim_matches(|c| is_blank(c) || matches!(c, '"' | '“' | '«')).replace('"', "'")
        );
        return Slip::new(
            "L0029",
            range,
            message("guillemet fermé et jamais ouvert", &right),
            format!("écrire `{right}`"),
        )
        .fixed(right);
    }
    let digits = atom.chars().filter(char::is_ascii_digit).count();
    if atom.contains('/') && digits >= 3 && parse_number(atom).is_some() {
        let right = format!("\"{}\"", atom.replace(' ', ""));
        return Slip::new(
            "L0018",
            range,
            message("une fraction s'écrit entre guillemets", &right),
            format!("écrire `{right}`"),
        )
        .fixed(right);
    }
    if truth(atom).is_none() && parse_number(atom).is_some() {
        let right = format!("\"{atom}\"");
        return Slip::new(
            "L0018",
            range,
            message("une fraction s'écrit entre guillemets", &right),
            format!("écrire `{right}`"),
        )
        .fixed(right);
    }
    let right = format!("\"{}\"", atom.replace('\\', "\\\\").replace('"', "\\\""));
    Slip::new("L0018", range, message("texte sans guillemets", &right), format!("écrire `{right}`"))
        .fixed(right)
}
