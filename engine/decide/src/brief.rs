//! Explanations in short: the verdict, the comparison that decided, its source, what would change it; eight lines of
//! eighty characters at most for a rule, and a word where there is more to say.

use logis_language::value::{french_day, parse_date};

use crate::answers::{Explained, Explanations};
use crate::explain::{Explanation, Words};

/// The most lines for a rule.
pub const MOST_LINES: usize = 8;

/// Characters of a line; a longer word is not broken.
const WIDTH: usize = 80;

/// Things of one kind that a line names; of others it says how many there are.
const NAMED: usize = 2;

/// What stands before the lines under a verdict.
const INDENT: &str = "   ";

/// The explanations of a row in short: whose they are, then each rule. What is no condition is one line among conditions.
pub fn brief(explanations: &Explanations, words: &Words<'_>) -> String {
    let on = parse_date(&explanations.date).map_or_else(|| explanations.date.clone(), french_day);
    let mut out = format!("{}, décidé au {on}\n", explanations.about);
    let conditions = explanations.explanations.iter().any(|one| one.explanation.outcome.as_bool().is_some());
    for explained in &explanations.explanations {
        let e = &explained.explanation;
        let known = words.missing(e).is_empty() && words.no_answer(e).is_none();
        if conditions && known && e.outcome.as_bool().is_none() {
            out.push_str(&lines(&verdict(e, words), "", INDENT).join("\n"));
            out.push('\n');
        } else {
            out.push_str(&rule(explained, words));
        }
    }
    out
}

fn verdict(e: &Explanation, words: &Words<'_>) -> String {
    format!("{} : {}", words.head(e), words.answer(e))
}

/// A rule in short.
pub fn rule(explained: &Explained, words: &Words<'_>) -> String {
    let e = &explained.explanation;
    let mut out = lines(&verdict(e, words), "", INDENT);
    let parts: Vec<Vec<String>> = parts(explained, words)
        .iter()
        .map(|part| lines(part.trim_end_matches('.'), INDENT, "      "))
        .collect();
    let doubts = words.doubts(e).len();
    let (mut left, mut cut) = (MOST_LINES.saturating_sub(out.len()), doubts > 0);
    for (at, part) in parts.iter().enumerate() {
        // The last line is kept for saying that there is more, unless this is all.
        let room = if at + 1 == parts.len() && !cut { left } else { left.saturating_sub(1) };
        match part.len() <= room {
            true => {
                left -= part.len();
                out.extend(part.iter().cloned());
            }
            false => cut = true,
        }
    }
    if cut {
        out.push(match doubts {
            0 => format!("{INDENT}La suite : sans --court"),
            1 => format!("{INDENT}La suite, et un doute sur cette réponse : sans --court"),
            n => format!("{INDENT}La suite, et {n} doutes sur cette réponse : sans --court"),
        });
    }
    out.join("\n") + "\n"
}

/// What is said under the verdict, what matters most first.
fn parts(explained: &Explained, words: &Words<'_>) -> Vec<String> {
    let e = &explained.explanation;
    let mut parts: Vec<String> = words.no_answer(e).into_iter().collect();
    let missing = words.missing(e);
    let deciding = words.deciding(e);
    if missing.is_empty() {
        let others = match deciding.others {
            0 => String::new(),
            1 => " (et une autre condition)".to_string(),
            n => format!(" (et {n} autres conditions)"),
        };
        parts.extend(deciding.line.map(|line| format!("{line}{others}")));
    } else {
        parts.push(format!("Il manque : {}", some(&missing)));
    }
    let reserves = words.reserves(e);
    if !reserves.is_empty() {
        parts.push(format!("Sous réserve de : {}", reserves.join(" ; ")));
    }
    let mut sources: Vec<String> = deciding.texts.iter().map(|text| without_identifiers(text)).collect();
    if let Some(figure) = deciding.figure {
        // The figure comes with its own text, beside the first of the rule's.
        sources.truncate(1);
        sources.push(format!("{}, depuis le {}", without_identifiers(&figure.text), figure.since));
    }
    if !sources.is_empty() {
        parts.push(format!("Source : {}", some(&sources)));
    }
    let changes = &explained.counterfactual.changes;
    if let Some(first) = changes.first() {
        let more = match changes.len() - 1 {
            0 => String::new(),
            1 => " (ou une autre donnée)".to_string(),
            n => format!(" (ou {n} autres données)"),
        };
        parts.push(format!("Serait « oui » avec : {}{more}", first.to_words(words, Some(&e.about))));
    }
    let days = explained.other_dates.brief();
    if !days.is_empty() {
        parts.push(format!("À données inchangées : {}", days.join(", ")));
    }
    parts
}

/// `A ; B (et 4 autres)`
fn some(all: &[String]) -> String {
    let more = match all.len().saturating_sub(NAMED) {
        0 => String::new(),
        1 => " (et 1 autre)".to_string(),
        n => format!(" (et {n} autres)"),
    };
    let named: Vec<&str> = all.iter().take(NAMED).map(String::as_str).collect();
    format!("{}{more}", named.join(" ; "))
}

/// A text without what identifies it for a program: `[JORFTEXT000000294318]`, `(LEGIARTI000033715897)`.
fn without_identifiers(text: &str) -> String {
    let identifies = |word: &str| {
        let word = word.trim_end_matches([',', ';', '.', ':']);
        let inside = word.trim_start_matches(['[', '(']).trim_end_matches([']', ')']);
        inside.len() < word.len()
            && inside.len() >= 12
            && inside.starts_with(|c: char| c.is_ascii_uppercase())
            && inside.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
    };
    let kept: Vec<&str> = text.split(' ').filter(|word| !identifies(word)).collect();
    kept.join(" ")
}

/// A text in lines that break at spaces; a space that does not break stays where it is.
pub(crate) fn lines(text: &str, first: &str, next: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut line = first.to_string();
    let mut fresh = true;
    for word in text.split([' ', '\n']).filter(|word| !word.is_empty()) {
        if !fresh && line.chars().count() + 1 + word.chars().count() > WIDTH {
            all.push(std::mem::replace(&mut line, next.to_string()));
            fresh = true;
        }
        if !fresh {
            line.push(' ');
        }
        line.push_str(word);
        fresh = false;
    }
    all.push(line);
    all
}
