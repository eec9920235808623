//! Numbers and dates in a rule as French authors write them.

use super::scan::{Kind, Piece};
use super::written::{date, hundredth, is_blank, is_percent, is_unit, month, number as plain};
use super::{Slip, shown};

/// A number in the body of a function; gives the number of pieces that it takes. Between the parentheses of
/// a call, `0,9` may be two values: it is left alone.
pub(super) fn number(
    text: &str,
    code: &[Piece<'_>],
    i: usize,
    in_call: bool,
    slips: &mut Vec<Slip>,
) -> usize {
    let Some(first) = code.get(i) else { return 1 };
    if let Some((slip, taken)) = dated(text, code, i) {
        slips.push(slip);
        return taken;
    }
    // The number grows to the right as long as what follows is written as its next group of three digits.
    let mut last = i;
    let grouped = |from: usize| {
        let (a, b) = (code.get(from)?, code.get(from + 1)?);
        let blank = text.get(a.end()..b.at)?;
        let digits = b.text.split('.').next().unwrap_or("");
        let three = b.kind == Kind::Number && digits.len() == 3 && digits.bytes().all(|c| c.is_ascii_digit());
        (three && blank.chars().count() == 1 && blank.chars().all(is_blank)).then_some(())
    };
    // A blank that the scan leaves as a piece of its own: narrow, or not to be broken.
    let odd_blank = |from: usize| {
        let (a, blank, b) = (code.get(from)?, code.get(from + 1)?, code.get(from + 2)?);
        let close = a.end() == blank.at && blank.end() == b.at && blank.text.chars().all(super::unseen);
        (close && b.kind == Kind::Number && b.text.split('.').next().is_some_and(|d| d.len() == 3))
            .then_some(())
    };
    // The first group has three digits at most: `2017 300` is no number with a blank in it.
    let short = first.text.len() <= 3 && first.text.bytes().all(|c| c.is_ascii_digit());
    let next = |from: usize| {
        let pieces = grouped(from).map(|()| 1).or_else(|| odd_blank(from).map(|()| 2));
        pieces.filter(|_| short)
    };
    while let Some(pieces) = next(last) {
        last += pieces;
    }
    let comma = |from: usize| {
        let (a, comma, b) = (code.get(from)?, code.get(from + 1)?, code.get(from + 2)?);
        let close = a.end() == comma.at && comma.end() == b.at && comma.is(",");
        (close && b.kind == Kind::Number && b.text.bytes().all(|c| c.is_ascii_digit())).then_some(())
    };
    // Grouped digits before the comma leave no doubt, even in a call.
    if comma(last).is_some() && (!in_call || last > i) {
        last += 2;
    }
    let Some(end) = code.get(last) else { return 1 };
    let written = text.get(first.at..end.end()).unwrap_or("");
    let corrected = plain(written).unwrap_or_else(|| written.to_string());
    // A single piece is a number of the language; `1.234.567` is one piece too, and none.
    let changed = corrected != written && (last > i || first.text.matches('.').count() > 1);
    if let Some((slip, taken)) = with_unit(text, code, last, first.at, &corrected) {
        slips.push(slip);
        return last + 1 - i + taken;
    }
    if changed {
        let message = format!("nombre écrit à la française: « {} »; attendu: `{corrected}`", shown(written));
        let slip = Slip::new("L0027", first.at..end.end(), message, format!("écrire `{corrected}`"));
        slips.push(slip.fixed(corrected));
    }
    last + 1 - i
}

/// `30 %`, `1 000 €`, `2 ans`: the slip, and how many pieces after the number it takes.
fn with_unit(
    text: &str,
    code: &[Piece<'_>],
    last: usize,
    start: usize,
    number: &str,
) -> Option<(Slip, usize)> {
    let end = code.get(last)?;
    let mut at = last + 1;
    // A narrow blank before `%` or `€` is a piece of its own.
    if code.get(at).is_some_and(|p| p.text.chars().all(super::unseen)) {
        at += 1;
    }
    let unit = code.get(at)?;
    if text.get(end.end()..unit.at)?.contains('\n') {
        return None;
    }
    let taken = at - last;
    let next = code.get(at + 1);
    if is_percent(unit.text) {
        let hundredth = hundredth(number);
        let of = next.filter(|p| matches!(p.text, "de" | "du" | "des" | "d"));
        // Before an operand, `%` may be the remainder of a division; no rule may use it either.
        let operand = next.is_some_and(|p| p.begins_operand() && p.at < line_end(text, unit.at));
        if operand && of.is_none() {
            return None;
        }
        let written = text.get(start..unit.end())?;
        let message = format!("pourcentage: « {} »; attendu: `{hundredth}`, ou un paramètre", shown(written));
        let slip = Slip::new(
            "L0027",
            start..unit.end(),
            message,
            match of {
                Some(_) => format!("écrire `{hundredth} * …`"),
                None => format!("écrire `{hundredth}`, ou `param(\"…\")`"),
            },
        );
        return Some(match of {
            Some(of) => (slip.fixed_at(start..of.end(), format!("{hundredth} *")), taken + 1),
            None => (slip.fixed(hundredth), taken),
        });
    }
    let is_unit = is_unit(unit.text) && next.is_none_or(|p| !p.is("("));
    is_unit.then(|| {
        let written = text.get(start..unit.end()).unwrap_or("");
        let message = format!("nombre écrit avec son unité: « {} »; attendu: `{number}`", shown(written));
        let label = format!(
            "écrire `{number}`; l'unité d'un paramètre se dit par `unit`, celle d'une règle par `/// unité:`"
        );
        (Slip::new("L0027", start..unit.end(), message, label).fixed(number), taken)
    })
}

fn line_end(text: &str, at: usize) -> usize {
    text.get(at..).and_then(|t| t.find('\n')).map_or(text.len(), |n| at + n)
}

/// `01/01/2017`, `1er janvier 2017`: the slip, and how many pieces it takes.
fn dated(text: &str, code: &[Piece<'_>], i: usize) -> Option<(Slip, usize)> {
    let first = code.get(i)?;
    // `janvier 2017` after the day, or after its `er`.
    let by_name = |skip: usize| {
        let (name, year) = (code.get(i + skip)?, code.get(i + skip + 1)?);
        (month(name.text).is_some() && year.kind == Kind::Number).then_some(skip + 2)
    };
    let er = code.get(i + 1).is_some_and(|p| p.text == "er");
    let signs = code
        .get(i + 1)
        .zip(code.get(i + 3))
        .is_some_and(|(a, b)| a.text == b.text && matches!(a.text, "/" | "-"));
    let taken = by_name(1 + usize::from(er)).or(signs.then_some(5))?;
    let last = code.get(i + taken - 1)?;
    let written = text.get(first.at..last.end())?;
    // With blanks around the signs it is a computation.
    if taken == 5 && written.contains(is_blank) {
        return None;
    }
    let date = date(written)?;
    let message = format!("date: « {} »; une règle ne contient pas de date", shown(written));
    let label = "la mettre dans une table de paramètres, et écrire `param(\"…\")`";
    let slip = Slip::new("L0027", first.at..last.end(), message, label)
        .fixed("0")
        .note(format!("dans la table: `value = {date}`; la date de la décision est `date_decision`"));
    Some((slip, taken))
}
