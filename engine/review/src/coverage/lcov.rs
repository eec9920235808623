//! Coverage in the form that editors and continuous integration read: lcov.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Coverage, TextCoverage};
use logis_language::diagnostic::Sources;

/// One record for each file of rules. Branches are those of `if`, and the two truths of each condition,
/// taken where a case shows that it decides.
pub fn to_lcov(coverage: &Coverage, sources: &Sources) -> String {
    let mut files: BTreeMap<usize, Vec<&TextCoverage>> = BTreeMap::new();
    for text in &coverage.texts {
        files.entry(text.span.file).or_default().push(text);
    }
    let mut out = String::new();
    for (file, texts) in files {
        let path = sources.locate(&logis_language::diagnostic::Span::new(file, 0..0));
        let _ = writeln!(out, "TN:\nSF:{}", path.trim_end_matches(":1:1"));
        // Lines are counted from 1.
        let line = |span: &logis_language::diagnostic::Span| {
            let before = sources.get(file).and_then(|f| f.text.get(..span.range.start)).unwrap_or("");
            before.matches('\n').count() + 1
        };
        for text in &texts {
            let _ = writeln!(out, "FN:{},{}", line(&text.span), text.rule);
        }
        for text in &texts {
            let _ = writeln!(out, "FNDA:{},{}", text.cases, text.rule);
        }
        let reached = texts.iter().filter(|t| t.cases > 0).count();
        let _ = writeln!(out, "FNF:{}\nFNH:{reached}", texts.len());
        let (mut found, mut hit) = (0, 0);
        for text in &texts {
            let mut branch = |block: usize, span, number: usize, cases: usize| {
                found += 1;
                hit += usize::from(cases > 0);
                let cases = if text.cases == 0 { "-".to_string() } else { cases.to_string() };
                let _ = writeln!(out, "BRDA:{},{block},{number},{cases}", line(span));
            };
            // Blocks: first the `if`s, two branches each; then the conditions, two truths each.
            for (number, b) in text.branches.iter().enumerate() {
                branch(number / 2, &b.span, usize::from(!b.taken), b.cases);
            }
            for (number, condition) in text.conditions.iter().enumerate() {
                for (truth, shown) in condition.shown.iter().enumerate() {
                    let block = text.branches.len() / 2 + number;
                    branch(block, &condition.span, truth, usize::from(shown.is_some()));
                }
            }
        }
        let _ = writeln!(out, "BRF:{found}\nBRH:{hit}");
        let lines: BTreeMap<usize, usize> =
            texts.iter().flat_map(|t| t.lines.iter().map(|(l, n)| (*l, *n))).collect();
        for (line, cases) in &lines {
            let _ = writeln!(out, "DA:{line},{cases}");
        }
        let reached = lines.values().filter(|n| **n > 0).count();
        let _ = writeln!(out, "LF:{}\nLH:{reached}\nend_of_record", lines.len());
    }
    out
}
