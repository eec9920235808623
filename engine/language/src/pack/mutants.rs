//! `mutants.toml`: what no case shows and none has to, each with the reason: changes of the pack that no
//! case notices, and conditions that never decide alone.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::toml_reader::{Reader, parse};
use crate::diagnostic::texts::files::what;
use crate::diagnostic::{Diagnostics, FileId, Span, texts};

/// What `mutants.toml` says.
#[derive(Clone, Debug, Default)]
pub struct Unseen {
    /// Changes that no case has to notice.
    pub mutants: Vec<Accepted>,
    /// Conditions that no case has to show.
    pub conditions: Vec<AcceptedCondition>,
}

/// Changes that are accepted. What it leaves open is any: without `change`, every change of the rule.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// The rule, the parameter or the reference table that is changed.
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

/// Conditions of a rule that are accepted though no cases show that they decide alone.
#[derive(Clone, Debug)]
pub struct AcceptedCondition {
    /// The rule.
    pub rule: String,
    /// From when its text holds; any, if it is not said.
    pub from: Option<crate::value::Date>,
    /// The condition, as `logis coverage` writes it.
    pub condition: String,
    /// Why no case has to show it.
    pub reason: String,
    /// Where it is written.
    pub span: Span,
}

/// Reads the file.
pub(super) fn read(file: FileId, text: &str, out: &mut Diagnostics) -> Unseen {
    let mut unseen = Unseen::default();
    let Some(root) = parse(file, text, out) else { return unseen };
    let mut reader = Reader::new(file, 0..0, what::MUTANTS, root.get_ref());
    let lists = ["mutant", "condition"].map(|key| (key, reader.get(key)));
    reader.finish(out);
    for (key, list) in lists {
        let Some(list) = list else { continue };
        let Some(items) = list.get_ref().as_array() else {
            out.push(texts::schema::not_a_list(key, Span::new(file, list.span())));
            continue;
        };
        for item in items {
            let Some(table) = item.get_ref().as_table() else { continue };
            if key == "mutant" {
                unseen.mutants.extend(mutant(file, item, table, out));
            } else {
                unseen.conditions.extend(condition(file, item, table, out));
            }
        }
    }
    unseen
}

fn mutant(
    file: FileId,
    item: &Spanned<DeValue<'_>>,
    table: &DeTable<'_>,
    out: &mut Diagnostics,
) -> Option<Accepted> {
    let mut reader = Reader::new(file, item.span(), what::MUTANT, table);
    let names = ["rule", "parameter", "table"].map(|key| reader.string(key, out));
    let from = reader.date("from", out);
    let change = reader.string("change", out);
    let reason = reader.required_str("reason", out).map(|(text, _)| text.trim().to_string());
    let span = Span::new(file, item.span());
    reader.finish(out);
    let mut names = names.into_iter().flatten();
    match (names.next(), names.next()) {
        (Some(name), None) => Some(Accepted { name, from, change, reason: reason?, span }),
        _ => {
            out.push(texts::cases::mutant_of_what(span));
            None
        }
    }
}

fn condition(
    file: FileId,
    item: &Spanned<DeValue<'_>>,
    table: &DeTable<'_>,
    out: &mut Diagnostics,
) -> Option<AcceptedCondition> {
    let mut reader = Reader::new(file, item.span(), what::CONDITION, table);
    let rule = reader.required_str("rule", out).map(|(text, _)| text.to_string());
    let from = reader.date("from", out);
    let condition = reader.required_str("condition", out).map(|(text, _)| text.trim().to_string());
    let reason = reader.required_str("reason", out).map(|(text, _)| text.trim().to_string());
    let span = Span::new(file, item.span());
    reader.finish(out);
    Some(AcceptedCondition { rule: rule?, from, condition: condition?, reason: reason?, span })
}
