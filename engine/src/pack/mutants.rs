//! `mutants.toml`: the changes of the pack that no case notices and that need not be noticed, each
//! with the reason.

use super::toml_reader::{Reader, parse};
use crate::diagnostic::{Diagnostic, Diagnostics, FileId, Span};

/// Changes that are accepted. What it leaves open is any: without `change`, every change of the rule.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// The rule or the parameter that is changed.
    pub name: String,
    /// The text or the value of which day; any, if it is not said.
    pub from: Option<crate::value::Date>,
    /// The change, as `logis mutate` writes it; any, if it is not said.
    pub change: Option<String>,
    /// Why no case has to notice.
    pub reason: String,
    /// Where it is written.
    pub span: Span,
}

/// Reads the file.
pub(super) fn read(file: FileId, text: &str, out: &mut Diagnostics) -> Vec<Accepted> {
    let mut all = Vec::new();
    let Some(root) = parse(file, text, out) else { return all };
    let mut reader = Reader::new(file, 0..0, "the file", root.get_ref());
    let list = reader.get("mutant");
    reader.finish(out);
    let Some(list) = list else { return all };
    let Some(items) = list.get_ref().as_array() else {
        let span = Span::new(file, list.span());
        out.push(Diagnostic::error("L0003", "`mutant` must be a list", span, "write `[[mutant]]`"));
        return all;
    };
    for item in items {
        let Some(table) = item.get_ref().as_table() else { continue };
        let mut reader = Reader::new(file, item.span(), "the mutant", table);
        let rule = reader.string("rule", out);
        let parameter = reader.string("parameter", out);
        let from = reader.date("from", out);
        let change = reader.string("change", out);
        let reason = reader.required_str("reason", out).map(|(text, _)| text.trim().to_string());
        let span = Span::new(file, item.span());
        reader.finish(out);
        match (rule, parameter) {
            (Some(name), None) | (None, Some(name)) => {
                let Some(reason) = reason else { continue };
                all.push(Accepted { name, from, change, reason, span });
            }
            _ => out.push(Diagnostic::error(
                "L0046",
                "a mutant is of a rule or of a parameter",
                span,
                "write one of `rule` and `parameter`",
            )),
        }
    }
    all
}
