//! The place that a reference names in its text: articles, annexes, sections, and what of each.

use super::named::{LAWS, short_names};

/// The text of a reference, and the place in it.
pub(super) fn split(plain: &str) -> (String, String) {
    for mark in [", art. ", " art. ", ", article ", ", annexe", ", §", " §"] {
        if let Some((text, place)) = plain.split_once(mark) {
            let mark = mark.trim_start_matches(',').trim();
            let kept = if ["annexe", "§"].contains(&mark) { mark } else { "" };
            return (text.trim().trim_end_matches(',').to_string(), format!("{kept}{place}"));
        }
    }
    // `CCH L441-1 al. 3`
    if let Some((code, place)) = plain.split_once(' ')
        && short_names().any(|short| short == code.trim_end_matches(','))
    {
        return (code.trim_end_matches(',').to_string(), place.to_string());
    }
    (plain.to_string(), String::new())
}

/// The articles of a place, each with what of it is meant: `L313-3, R313-19-1 III et R313-20-1 III`.
pub(super) fn articles(place: &str) -> Vec<(String, String)> {
    let place = place.replace(" et ", ", ").replace(" puis ", ", ");
    let mut found: Vec<(String, String)> = Vec::new();
    let mut elsewhere = false;
    for item in place.split(',').map(str::trim).filter(|item| !item.is_empty()) {
        // From where another text is named (`issu de la loi n° …, art. 110`), articles are those of that text.
        elsewhere |= item.split([' ', '\'', '’']).any(|word| LAWS.contains(&word));
        if let Some((_, rest)) = found.last_mut().filter(|_| elsewhere) {
            let comma = if rest.is_empty() { "" } else { ", " };
            rest.push_str(comma);
            rest.push_str(item);
            continue;
        }
        // Articles are named in their order: a smaller number, or one after `L441-1`, is a part of the article before.
        if let Some((_, rest)) = found.last_mut().filter(|(last, _)| part_of(item, last)) {
            let comma = if rest.is_empty() { "" } else { ", " };
            rest.push_str(comma);
            rest.push_str(item);
            continue;
        }
        let item = item.strip_prefix("art. ").unwrap_or(item);
        let item = short_names().find_map(|name| item.strip_prefix(&format!("{name}, "))).unwrap_or(item);
        if let Some((number, rest)) = article(item) {
            found.push((number, rest));
        } else if let Some((last, rest)) = found.last_mut() {
            // `annexes I et II` are two annexes; `I`, `al. 2` and `c` are parts of the article before.
            if last.starts_with("annexe") && item.chars().all(|c| "IVX".contains(c)) {
                found.push((format!("annexe {item}"), String::new()));
            } else if rest.is_empty() {
                *rest = item.to_string();
            } else {
                rest.push_str(", ");
                rest.push_str(item);
            }
        }
    }
    found
}

/// Is a number a part of an article: the 3 of `6, 3`, the 5 of `L442-12, al. 4 et 5`?
fn part_of(item: &str, article: &str) -> bool {
    let number = |text: &str| {
        let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        text.get(..end).and_then(|digits| digits.parse::<u32>().ok())
    };
    match (number(item), number(article)) {
        (Some(part), Some(whole)) => part < whole,
        (Some(_), None) => article.starts_with(['L', 'R', 'D', 'A']),
        _ => false,
    }
}

/// The number of an article, an annex or a section, and what follows it.
fn article(item: &str) -> Option<(String, String)> {
    if item.starts_with("annexe") || item.starts_with('§') {
        let mut words = item.trim_start_matches('§').split_whitespace();
        let annex = item.starts_with("annexe");
        let number = words.find(|w| !w.starts_with("annexe")).unwrap_or("");
        let name = if annex { format!("annexe {number}") } else { format!("§ {number}") };
        return Some((name.trim().to_string(), words.collect::<Vec<_>>().join(" ")));
    }
    // A letter of the parts of a code, perhaps with a dot or a space, then a number that begins with a digit.
    let letter = item.chars().next().filter(|c| "LRDA".contains(*c));
    let rest = letter.map_or(item, |_| item.get(1..).unwrap_or("")).trim_start_matches(['.', '*', ' ']);
    if !rest.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).unwrap_or(rest.len());
    let (number, after) = rest.split_at_checked(end)?;
    // `2 terdecies D`, `196 A bis` are one number.
    let mut words = after.split_whitespace().peekable();
    let mut number = format!("{}{number}", letter.map_or_else(String::new, String::from));
    while let Some(word) = words.next_if(|w| {
        matches!(*w, "bis" | "ter" | "quater" | "terdecies" | "A" | "B" | "D" | "F") || w.ends_with("ies")
    }) {
        number.push(' ');
        number.push_str(word);
    }
    Some((number, words.collect::<Vec<_>>().join(" ")))
}
