//! Territories: their manifests, and what they give in place of national values: L0038, L0039, L0114, L0122.

use super::{Diagnostic, at, one_of};
use crate::diagnostic::Span;

/// L0038: a folder with a manifest, in a pack that has no `[territories]`.
pub(crate) fn no_territories(span: Span) -> Diagnostic {
    let label = "ajouter `[territories]` à `pack.toml`, avec `table` et `levels`";
    at("L0038", "ce paquet ne dit pas de quoi ses territoires sont faits", span, label)
}

/// L0038: `table` of `[territories]` that is no reference table.
pub(crate) fn not_a_table(entity: &str, span: Span) -> Diagnostic {
    let message = format!("`{entity}` n'est pas une table de référence");
    at(
        "L0038",
        message,
        span,
        "attendu: une entité qui a une `source`, dont chaque ligne est d'un territoire",
    )
}

/// L0038: a manifest that says where nothing comes from.
pub(crate) fn unsourced(name: &str, span: Span) -> Diagnostic {
    let message = format!("le territoire `{name}` ne dit pas d'où il vient");
    at("L0038", message, span, "ajouter `source = { title = \"…\" }`")
}

/// L0038: a manifest with codes of two levels.
pub(crate) fn two_levels(name: &str, span: Span) -> Diagnostic {
    let message = format!("le territoire `{name}` est dit de deux façons");
    at("L0038", message, span, "garder une seule liste")
}

/// L0038: a manifest without a code.
pub(crate) fn nowhere(name: &str, columns: &[&str], span: Span) -> Diagnostic {
    let columns: Vec<String> = columns.iter().map(|c| format!("`{c} = [\"…\"]`")).collect();
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    let message = format!("le territoire `{name}` ne dit pas où il est");
    at("L0038", message, span, format!("attendu: {}", one_of(&columns)))
}

/// L0038: a manifest whose last day is before its first.
pub(crate) fn backwards(name: &str, span: Span) -> Diagnostic {
    at(
        "L0038",
        format!("le territoire `{name}` finit avant d'avoir commencé"),
        span,
        "`until` est avant `from`",
    )
}

/// L0038: a folder whose name cannot be that of a territory.
pub(crate) fn bad_name(name: &str, span: Span) -> Diagnostic {
    let label = "renommer le dossier : un nom, qui n'est pas `aucun` et n'a pas de `@`";
    at("L0038", format!("un territoire ne peut s'appeler `{name}`"), span, label)
}

/// L0039: one place, two territories of one level.
pub(crate) fn held_twice(code: &str, (one, other): (&str, &str), span: Span, first: Span) -> Diagnostic {
    let message = format!("`{code}` est de deux territoires de même niveau, `{other}` et `{one}`");
    at("L0039", message, span, format!("ici de `{one}`")).with_label(first, format!("déjà de `{other}`"))
}

/// L0114: a local table of another form than the one that it stands in for.
pub(crate) fn differs(path: &str, local: Span, known: Span) -> Diagnostic {
    let message = format!("`{path}` n'a pas partout la même unité, les mêmes clés et le même type");
    at("L0114", message, local, "celle du territoire").with_label(known, "celle qu'elle remplace")
}

/// L0114: a local rule whose outcome is of another type than that of the rule that it stands in for.
pub(crate) fn rule_differs(rule: &str, local: Span, known: Span) -> Diagnostic {
    let message = format!("`{rule}` ne donne pas partout un résultat du même type");
    at("L0114", message, local, "celle du territoire").with_label(known, "celle qu'elle remplace")
}

/// L0007: a type of a local parameter that there is not.
pub(crate) fn unknown_type(name: &str, span: Span) -> Diagnostic {
    let message = format!("le type `{name}` n'existe pas");
    at("L0007", message, span, "attendu: `number`, `boolean`, `date` ou `text`")
}

/// L0122: a rule of an entity whose rows are of no territory reads a local value.
pub(crate) fn no_way(entity: &str, span: Span) -> Diagnostic {
    let message = format!("une ligne de `{entity}` ne dit pas de quel territoire elle est");
    at("L0122", message, span, "cette valeur est locale")
        .with_note("relier l'entité à la table de `[territories]`, ou dire par où avec `through`")
}
