//! Slips in a TOML file that its parser refuses.

use ::toml::de::{DeTable, Error};

use super::toml_cut::{Cut, cut};
use super::{Repaired, Slip, found, line_of, shown, told, toml_parser};
use crate::diagnostic::{Diagnostic, FileId};

/// The most errors of the parser that are told of one file: what follows an error may be its consequence.
const MOST_ERRORS: usize = 6;

/// What is wrong in a table file that the parser refused with these errors.
pub(in crate::pack) fn explain(file: FileId, text: &str, errors: &[Error]) -> Vec<Diagnostic> {
    let Cut { mut slips, keys } = cut(text);
    // What was recognised is corrected on a copy; what the parser still says of it was not, and is told as
    // well.
    let repaired = Repaired::of(text, &slips);
    let mut told_lines: Vec<usize> = slips.iter().map(|s| line_of(text, s.range.start)).collect();
    let left = if slips.is_empty() { None } else { Some(DeTable::parse_recoverable(&repaired.text).1) };
    let left = left.as_deref().unwrap_or(errors);
    // The table, where a whole one is written twice: that its keys are too is no news.
    let mut twice: Vec<&str> = Vec::new();
    for error in left.iter().take(100) {
        if slips.len() >= MOST_ERRORS && !told_lines.is_empty() {
            break;
        }
        let span = error.span().unwrap_or(0..0);
        let at =
            if told_lines.is_empty() && slips.is_empty() { span.start } else { repaired.origin(span.start) };
        let end = repaired.origin(span.end).max(at).min(text.len());
        let at = at.min(text.len());
        // One word a line: a second error there mostly follows from the first.
        let line = line_of(text, at);
        if told_lines.contains(&line) {
            continue;
        }
        let key = keys.iter().find(|(_, _, range)| range.contains(&at));
        let again = toml_parser::french(error.message()).0 == "L0019";
        match key.filter(|_| again) {
            Some((table, key, _)) if key.is_empty() => twice.push(table),
            Some((table, ..)) if twice.contains(&table.as_str()) => continue,
            _ => {}
        }
        told_lines.push(line);
        slips.push(refused(text, error.message(), at..end, &keys));
    }
    told(slips, file)
}

fn refused(
    text: &str,
    message: &str,
    range: std::ops::Range<usize>,
    keys: &[(String, String, std::ops::Range<usize>)],
) -> Slip {
    let (code, wrong, remedy) = toml_parser::french(message);
    if code == "L0019"
        && let Some((table, key, _)) =
            keys.iter().find(|(_, _, at)| at.start <= range.start && range.start < at.end)
        && let Some((_, _, first)) =
            keys.iter().find(|(t, k, _)| t == table && k == key).filter(|(_, _, f)| f.start < range.start)
    {
        let name = if key.is_empty() { format!("la table `[{table}]`") } else { format!("la clé `{key}`") };
        let e = if key.is_empty() { "table" } else { "clé" };
        return Slip::new(
            "L0019",
            range,
            format!("{name} est écrite deux fois; attendu: une seule {e} de ce nom"),
            "de nouveau ici",
        )
        .also(first.clone(), "d'abord ici");
    }
    let written = text.get(range.clone()).map(str::trim).filter(|w| !w.is_empty());
    let (range, found) = match written {
        Some(written) => (range.clone(), format!("« {} »", shown(written.lines().next().unwrap_or("")))),
        // Where something is missing, the last thing that is written before is shown.
        None => {
            let before = text.get(..range.start).unwrap_or("").trim_end();
            let last = before.char_indices().next_back().map_or(0, |(at, _)| at);
            (last..before.len(), found(text, range.start))
        }
    };
    Slip::new(code, range, format!("{wrong}; trouvé: {found}"), remedy)
}
