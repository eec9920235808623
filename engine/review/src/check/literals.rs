//! Thresholds written in scripts: a number of the law belongs in a dated table, with its source.
//!
//! A number is a threshold where it is compared, added, subtracted, multiplied, divided, or given to
//! `max`, `min` or `ajouter_…`. The exceptions say nothing of the law: 0, 1 and 2 (none, one, both),
//! 12 (months of a year) and 100 (per cent). An outcome (a category, a number of points), a key of a
//! table and a number of decimals name something and are let be.

use super::syntax::{Stands, uses};
use logis_language::diagnostic::Diagnostic;
use logis_language::diagnostic::texts::findings as texts;
use logis_language::pack::Parsed;
use logis_language::value::{Exact, format_number};

/// The numbers that may stand in a script.
const ALLOWED: [i128; 5] = [0, 1, 2, 12, 100];

/// The findings on all numbers of all texts.
pub(super) fn findings(parsed: &Parsed, into: &mut Vec<Diagnostic>) {
    for text in parsed.rules.iter().flat_map(|r| &r.texts) {
        for (number, span, stands) in uses(text, &parsed.sources).numbers {
            if stands == Stands::Computed && !ALLOWED.iter().any(|n| number == Exact::from_integer(*n)) {
                into.push(texts::written_number(&text.name, &format_number(&number), span));
            }
        }
    }
}
