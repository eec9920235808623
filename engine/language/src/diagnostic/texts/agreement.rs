//! What a territory's agreement counts, in `bilan.toml`: L0048.

use super::{Diagnostic, a_type, at, did_you_mean, one_of};
use crate::diagnostic::Span;
use crate::value::Type;

/// What a table of `bilan.toml` is, as messages on its keys call it.
pub(crate) mod what {
    /// An indicator whose number has not been read.
    pub(crate) const AN_INDICATOR: &str = "indicateur";

    /// A table that is given to the partners.
    pub(crate) const AN_EXPORT: &str = "table à échanger";

    /// An indicator.
    pub(crate) fn indicator(id: &str) -> String {
        format!("indicateur `{id}`")
    }

    /// A table in an indicator.
    pub(crate) fn part(id: &str, key: &str) -> String {
        format!("`{key}` de l'indicateur `{id}`")
    }
}

/// L0048: an agreement whose days are not said, or end before they begin.
pub(crate) fn no_days(span: Span) -> Diagnostic {
    let label = "attendu: `from` et `until`, le premier et le dernier jour, dans cet ordre";
    at("L0048", "le bilan ne dit pas de quand à quand va la convention", span, label)
}

/// L0048: two indicators of one number.
pub(crate) fn twice(id: &str, span: Span, first: Span) -> Diagnostic {
    let message = format!("l'indicateur `{id}` est dit deux fois");
    at("L0048", message, span, "de nouveau ici").with_label(first, "déjà ici")
}

/// L0048: an indicator that nothing computes.
pub(crate) fn no_sum(what: &str, span: Span) -> Diagnostic {
    let label = "attendu: une des clés `sum`, `count`, `rows` ou `made` ; ou `text` seul, d'un engagement sans chiffre";
    at("L0048", format!("{what}: rien ne dit comment il se compte"), span, label)
}

/// L0048: a sum that is said in two ways.
pub(crate) fn two_sums(what: &str, span: Span) -> Diagnostic {
    at("L0048", format!("{what}: compté de deux façons"), span, "garder `sum`, `count` ou `rows`")
}

/// L0048: an indicator with several targets.
pub(crate) fn two_targets(what: &str, span: Span) -> Diagnostic {
    let label = "garder `target`, `target_sum`, `wanted` ou `observed`";
    at("L0048", format!("{what}: plusieurs objectifs"), span, label)
}

/// L0048: a figure that does not say where it is written.
pub(crate) fn unsourced(what: &str, span: Span) -> Diagnostic {
    at(
        "L0048",
        format!("{what}: rien ne dit d'où il vient"),
        span,
        "ajouter `article`, ou `source = { title = \"…\" }`",
    )
}

/// L0048: a value that is none.
pub(crate) fn no_value(key: &str, span: Span) -> Diagnostic {
    at(
        "L0048",
        format!("`{key}` n'a pas de valeur lisible"),
        span,
        "attendu: un nombre, un texte ou true, false",
    )
}

/// L0048: a word that a key does not know.
pub(crate) fn no_word(key: &str, word: &str, known: &[&str], span: Span) -> Diagnostic {
    let listed: Vec<String> = known.iter().map(|w| format!("`{w}`")).collect();
    let listed: Vec<&str> = listed.iter().map(String::as_str).collect();
    let near = did_you_mean(word, known.iter().copied());
    let near = if near.is_empty() { near } else { format!(" ; {near}") };
    at(
        "L0048",
        format!("`{key}` ne peut valoir `{word}`"),
        span,
        format!("attendu: {}{near}", one_of(&listed)),
    )
}

/// L0048: a name whose values are of another type than what is done with them.
pub(crate) fn wrong_type(name: &str, found: &Type, wanted: &Type, span: Span) -> Diagnostic {
    let message = format!("`{name}` donne {}", a_type(found));
    at("L0048", message, span, format!("attendu: {}", a_type(wanted)))
}

/// L0048: a field of another table than the one that is counted.
pub(crate) fn other_table(name: &str, of: &str, counted: &str, span: Span) -> Diagnostic {
    let message = format!("`{name}` est de `{of}`, et l'on compte des lignes de `{counted}`");
    at("L0048", message, span, format!("attendu: un champ ou une règle de `{counted}`"))
}

/// L0048: a name whose values a table cannot be counted by.
pub(crate) fn out_of_reach(name: &str, counted: &str, span: Span) -> Diagnostic {
    let message = format!("une ligne de `{counted}` n'a pas un seul `{name}`");
    at(
        "L0048",
        message,
        span,
        "attendu: un champ ou une règle de cette table, ou d'une table à laquelle elle appartient",
    )
}

/// L0048: a breakdown by what is no reference table.
pub(crate) fn no_reference(name: &str, span: Span) -> Diagnostic {
    let message = format!("`{name}` n'est pas une table de référence");
    at("L0048", message, span, "attendu: une entité qui a une `source`, ex. `commune`")
}

/// L0048: a target that only other agreements of the territory give.
pub(crate) fn target_of_others(path: &str, span: Span, other: Span) -> Diagnostic {
    let message = format!("`{path}` est l'objectif d'une autre convention du territoire");
    at("L0048", message, span, "attendu: une table de ce nom dans le dossier de cette convention")
        .with_label(other, "seulement ici")
}

/// L0114: a target that two agreements of a territory give, in two units, or with other keys.
pub(crate) fn target_differs(path: &str, own: Span, known: Span) -> Diagnostic {
    let message = format!("`{path}` n'a pas partout la même unité, les mêmes clés et le même type");
    at("L0114", message, own, "celle d'une convention").with_label(known, "celle d'une autre")
}

/// L0048: a target that two agreements of a territory give for the same days.
pub(crate) fn target_of_two(path: &str, own: Span, known: Span, titles: (&str, &str)) -> Diagnostic {
    let message = format!(
        "`{path}` est l'objectif de deux conventions qui ne se suivent pas : « {} » et « {} »",
        titles.0, titles.1
    );
    let label = "attendu: une convention qui finit avant que l'autre ne commence, et ses valeurs avant celles de l'autre ; \
                 sinon, deux noms";
    at("L0048", message, own, label).with_label(known, "déjà ici")
}

/// L0048: a target that has a value for each key.
pub(crate) fn target_with_keys(path: &str, span: Span) -> Diagnostic {
    let message = format!("`{path}` n'est pas un objectif : ses valeurs ont des clés");
    at("L0048", message, span, "attendu: un paramètre d'une seule valeur par date")
}
