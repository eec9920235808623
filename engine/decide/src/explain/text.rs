//! An explanation as indented text, for the terminal.

use std::fmt::Write as _;

use super::shown::{cell_name, in_full, plain, with_unit};
use super::{Because, Explanation, Shown};
use logis_language::value::Value;

/// The explanation as text, for the terminal.
pub fn to_text(explanation: &Explanation) -> String {
    let mut out = String::new();
    write_rule(explanation, 0, &mut out);
    out
}

fn write_rule(e: &Explanation, depth: usize, out: &mut String) {
    let pad = "   ".repeat(depth);
    let mark = match &e.outcome {
        Shown::Value(Value::Bool(true)) => "✓ ",
        Shown::Value(Value::Bool(false)) => "✗ ",
        Shown::Value(_) => "• ",
        Shown::Unknown(_) => "? ",
        Shown::Error(_) => "! ",
    };
    let reserves = match (e.reserves.as_slice(), depth) {
        ([], _) => String::new(),
        (all, 0) => format!(", sous réserve de : {}", all.join(" ; ")),
        // Said in full above.
        _ => ", sous réserve".to_string(),
    };
    let _ = writeln!(out, "{pad}{mark}{} = {}{reserves}", e.rule, in_full(&e.outcome, e.unit.as_deref()));
    if !e.label.is_empty() {
        let _ = writeln!(out, "{pad}   {} [{}]", e.label, e.about);
    }
    if let Some(why) = &e.in_force {
        let _ = writeln!(out, "{pad}   {} {why}", e.rule);
    }
    for source in &e.sources {
        let _ = writeln!(out, "{pad}   source : {source}");
    }
    for doubt in &e.doubts {
        let _ = writeln!(out, "{pad}   doute : {doubt}");
    }
    for combined in &e.combined {
        let _ = writeln!(out, "{pad}   cumul : {combined}");
    }
    for because in &e.because {
        write_because(because, depth + 1, out);
    }
}

fn write_because(because: &Because, depth: usize, out: &mut String) {
    let pad = "   ".repeat(depth);
    match because {
        Because::Comparison { text, left, sign, right, holds, .. } => {
            let _ = writeln!(
                out,
                "{pad}{text} : {} {sign} {} → {}",
                plain(left),
                plain(right),
                match holds {
                    Shown::Value(Value::Bool(true)) => "vrai".to_string(),
                    Shown::Value(_) => "faux".to_string(),
                    other => plain(other),
                }
            );
        }
        Because::Parameter { path, label, keys, value, unit, from, source, doubt, verified, .. } => {
            let cell = cell_name(path, keys);
            let _ = writeln!(out, "{pad}{cell} = {} — {label}", with_unit(value, unit.as_deref()));
            let verified =
                verified.as_ref().map_or_else(String::new, |on| format!(" ; vérifié jusqu'au {on}"));
            let _ = writeln!(out, "{pad}   en vigueur depuis le {from} ; source : {source}{verified}");
            if let Some(doubt) = doubt {
                let _ = writeln!(out, "{pad}   doute : {doubt}");
            }
        }
        Because::Input { field, label, about, value, unit } => {
            let _ = writeln!(out, "{pad}{field} = {} — {label} [{about}]", with_unit(value, unit.as_deref()));
        }
        Because::Members { name, values, .. } => {
            let values: Vec<String> =
                values.iter().map(|m| format!("{} : {}", m.id, plain(&m.value))).collect();
            let _ = writeln!(out, "{pad}{name} ({})", values.join(" ; "));
        }
        Because::Rule(rule) => write_rule(rule, depth, out),
        Because::Above { rule, outcome } => {
            let _ = writeln!(out, "{pad}{rule} = {} (expliqué plus haut)", plain(outcome));
        }
    }
}
