//! Names, where they are declared and what they reach: L0101 to L0111, L0130.

use std::fmt::Display;

use super::{Diagnostic, at, count, did_you_mean, nowhere, or_meant};
use crate::diagnostic::Span;

/// L0101: an entity that the schema lacks.
pub fn no_entity<'a>(name: &str, known: impl IntoIterator<Item = &'a str>, span: Span) -> Diagnostic {
    at("L0101", format!("l'entité `{name}` n'existe pas"), span, did_you_mean(name, known))
}

/// L0102: a name that is neither a field nor a rule.
pub fn no_field_or_rule<'a>(name: &str, known: impl IntoIterator<Item = &'a str>, span: Span) -> Diagnostic {
    at("L0102", format!("`{name}` n'est ni un champ ni une règle"), span, did_you_mean(name, known))
}

/// L0102: a name in a row of a case that its entity lacks. `home` is the entity that has it.
pub fn not_of_entity<'a>(
    name: &str,
    entity: &str,
    home: Option<&str>,
    known: impl IntoIterator<Item = &'a str>,
    span: Span,
) -> Diagnostic {
    let label = match home {
        Some(home) => format!("de l'entité `{home}` ; écrire `{home} = {{ {name} = … }}`"),
        None => did_you_mean(name, known),
    };
    at("L0102", format!("`{name}` n'est ni un champ ni une règle de `{entity}`"), span, label)
}

/// L0102: a reason that is no name of the pack.
pub fn no_reason<'a>(name: &str, known: impl IntoIterator<Item = &'a str>, span: Span) -> Diagnostic {
    let message = format!("`{name}` n'est ni une règle, ni un champ, ni un paramètre");
    at("L0102", message, span, did_you_mean(name, known))
}

/// L0103: a function that there is not.
pub(crate) fn no_function<'a>(
    name: &str,
    known: impl IntoIterator<Item = &'a str>,
    span: Span,
) -> Diagnostic {
    at("L0103", format!("la fonction `{name}` n'existe pas"), span, did_you_mean(name, known))
}

/// L0104: rules that need each other: each with the place where the one before needs it, the first again last.
pub(crate) fn circle(rules: &[(&str, Span)]) -> Option<Diagnostic> {
    let shown: Vec<&str> = rules.iter().chain(rules.first()).map(|(name, _)| *name).collect();
    let mut labels = rules.iter().map(|(name, span)| (span.clone(), format!("`{name}` est demandée ici")));
    let (span, label) = labels.next()?;
    let message = format!("des règles ont besoin l'une de l'autre: {}", shown.join(" → "));
    let mut diagnostic = at("L0104", message, span, label);
    diagnostic.labels.extend(labels);
    Some(diagnostic)
}

/// L0104: a function that calls itself.
pub(crate) fn calls_itself(name: &str, span: Span) -> Diagnostic {
    at("L0104", format!("`{name}` s'appelle elle-même"), span, "cet appel fait un cercle")
}

fn twice(name: &str, here: Span, label: &str, first: Span) -> Diagnostic {
    at("L0105", format!("le nom `{name}` est déclaré deux fois"), here, label)
        .with_label(first, "déclaré d'abord ici")
}

/// L0105: a name that is declared twice.
pub(crate) fn declared_twice(name: &str, here: Span, first: Span) -> Diagnostic {
    twice(name, here, "de nouveau ici", first)
}

/// L0105: a rule that speaks of another entity at another date.
pub(crate) fn of_two_entities(name: &str, here: Span, first: Span) -> Diagnostic {
    declared_twice(name, here, first).with_note("une règle parle de la même entité à toutes les dates")
}

/// L0105: a field that is declared twice.
pub(crate) fn field_twice(name: &str, here: Span, first: Span) -> Diagnostic {
    twice(name, here, "donner à ce champ un nom à lui, et `column = \"…\"`", first)
}

/// Why rows of one entity do not lead to rows of another.
pub mod reach {
    /// There are several ways up.
    pub(crate) fn several_ways(from: &str, to: &str, ways: usize) -> String {
        format!("{ways} chemins vont de `{from}` à `{to}`: passer par une règle de l'entité intermédiaire")
    }

    /// There is none.
    pub(crate) fn unrelated(from: &str, to: &str) -> String {
        format!("de l'entité `{to}`, que rien ne relie à `{from}`")
    }

    /// There are several relations down.
    pub(crate) fn several_relations(from: &str, to: &str) -> String {
        format!("plusieurs relations vont de `{to}` à `{from}`")
    }
}

/// L0107: a name that the entity of a rule does not lead to.
pub(crate) fn out_of_reach(name: &str, why: impl Into<String>, span: Span) -> Diagnostic {
    at("L0107", format!("`{name}` est hors de portée"), span, why)
}

/// L0107: a rule that needs a date of the decision, on rows that have none.
pub(crate) fn no_decision_date(entity: &str, rule: &str, here: Span, needed: Span) -> Diagnostic {
    let message = format!("`{entity}` n'a pas de date de décision à elle");
    at("L0107", message, here, "demandée ici").with_label(needed, format!("`{rule}` en a besoin"))
}

/// L0108: a name of the pack that the signature of the rule lacks.
pub(crate) fn not_in_signature(name: &str, span: Span) -> Diagnostic {
    let message = format!("`{name}` n'est pas dans la signature de cette règle");
    at("L0108", message, span, "l'ajouter aux paramètres de la règle")
}

/// L0108: a name that is none, in the body of a rule.
pub(crate) fn unknown_in_body<'a>(
    name: &str,
    known: impl IntoIterator<Item = &'a str>,
    span: Span,
) -> Diagnostic {
    let message = format!("`{name}` n'est pas dans la signature de cette règle");
    at("L0108", message, span, did_you_mean(name, known))
}

/// L0109: a call with another number of arguments.
pub fn arguments(name: &str, expected: usize, found: usize, here: Span, declared: Span) -> Diagnostic {
    let message = format!("`{name}` prend {}, et non {found}", count(expected, "argument"));
    at("L0109", message, here, format!("trouvé: {found}")).with_label(declared, "déclarée ici")
}

/// L0109: a table that is read with another number of keys.
pub fn keys(path: &str, by: &[String], found: usize, here: Span, declared: Span) -> Diagnostic {
    let message = format!("`{path}` prend {}, et non {found}", count(by.len(), "clé"));
    let label =
        if by.is_empty() { "attendu: aucune clé".to_string() } else { format!("clés: {}", by.join(", ")) };
    at("L0109", message, here, label).with_label(declared, "déclaré ici")
}

/// L0110: a parameter that there is not.
pub(crate) fn no_parameter<'a>(
    path: &str,
    known: impl IntoIterator<Item = &'a str>,
    span: Span,
) -> Diagnostic {
    at("L0110", format!("le paramètre `{path}` n'existe pas"), span, did_you_mean(path, known))
}

/// L0111: a rule that has no text yet.
pub fn not_in_force(rule: &str, date: impl Display, first: impl Display, span: Span) -> Diagnostic {
    let label = format!("son premier texte vaut à partir du {first}");
    at("L0111", format!("`{rule}` n'est pas en vigueur au {date}"), span, label)
}

/// L0130: a name that was asked for and is none.
pub(crate) fn asked_unknown<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Diagnostic {
    nowhere("L0130", format!("`{name}` n'est ni une règle ni un champ{}", or_meant(name, known)))
}

/// L0130: a name that has several values for each row of what was asked.
pub(crate) fn asked_several_values(name: &str) -> Diagnostic {
    nowhere("L0130", format!("`{name}` a plusieurs valeurs pour chaque ligne"))
}

/// L0130: a name that the rows asked for do not lead to.
pub(crate) fn asked_out_of_reach(name: &str, why: &str) -> Diagnostic {
    nowhere("L0130", format!("`{name}` est hors de portée: {why}"))
}

/// L0130: names of two entities that were asked for together.
pub(crate) fn asked_of_two_entities(
    (name, entity): (&str, &str),
    (first, other): (&str, &str),
) -> Diagnostic {
    let both = format!("`{name}` est de l'entité `{entity}`, `{first}` de `{other}`");
    nowhere("L0130", format!("{both}: demander des règles d'une seule entité à la fois"))
}

/// L0130: a rule that was asked for and has an error of its own.
pub(crate) fn asked_unplannable() -> Diagnostic {
    nowhere("L0130", "une des règles demandées ne peut pas être calculée")
}

/// L0130: a rule that is not of the entity whose field gives the date.
pub fn not_of_dated(name: &str, entity: &str, date: &str) -> Diagnostic {
    nowhere("L0130", format!("`{name}` n'est pas une règle de `{entity}`, dont `{date}` est la date"))
}

/// L0130: a date of the decision that is no date of the schema.
pub fn no_date<'a>(field: &str, dates: impl IntoIterator<Item = &'a str>) -> Diagnostic {
    nowhere("L0130", format!("`{field}` n'est pas une date du schéma{}", or_meant(field, dates)))
}
