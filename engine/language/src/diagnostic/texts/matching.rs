//! `[matching]` of `pack.toml`, and invariants: L0401 to L0405, L0411.

use super::{Diagnostic, a_type, at};
use crate::diagnostic::Span;
use crate::value::Type;

/// L0401: an entity that is no pair.
pub(crate) fn not_a_pair(name: &str, span: Span) -> Diagnostic {
    let message = format!("`{name}` n'est pas un couple de deux entités");
    at("L0401", message, span, "un appariement porte sur une entité qui a `pair`")
}

/// L0401: a name of an entity that this key does not look at.
pub(crate) fn wrong_entity(name: &str, entity: &str, wanted: &[&str], span: Span) -> Diagnostic {
    let wanted: Vec<String> = wanted.iter().map(|w| format!("`{w}`")).collect();
    let wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();
    let label = format!("attendu: un nom de {}", super::one_of(&wanted));
    at("L0401", format!("`{name}` est de l'entité `{entity}`"), span, label)
}

/// L0402: a name of another type.
pub fn wrong_type(name: &str, found: &Type, expected: &Type, span: Span) -> Diagnostic {
    let message = format!("`{name}` donne {}", a_type(found));
    at("L0402", message, span, format!("attendu: {}", a_type(expected)))
}

/// L0402: who comes first, in the order of points.
pub(crate) fn first_by_points(span: Span) -> Diagnostic {
    let message = "l'ordre `by-points` ne fait passer personne avant ses points";
    at(
        "L0402",
        message.to_string(),
        span,
        "attendu: `order = \"fit-after-points\"`, ou aucun `[[matching.first]]`",
    )
}

/// L0403: a quota that has both.
pub(crate) fn share_and_number(span: Span) -> Diagnostic {
    at(
        "L0403",
        "une part et un nombre à la fois".to_string(),
        span,
        "attendu: `share` ou `number`, l'un des deux",
    )
}

/// L0403: a number with a value that is none.
pub(crate) fn not_a_number(path: &str, quota: &str, value: Span, named: Span) -> Diagnostic {
    let message = format!("`{path}` n'est pas un nombre entier de 0 à 1 000 000");
    share(message, quota, (value, "cette valeur"), named)
}

/// L0403: a share that has keys.
pub(crate) fn share_with_keys(path: &str, quota: &str, declared: Span, named: Span) -> Diagnostic {
    let message =
        format!("`{path}` a des clés, et la part ou le nombre d'un quota n'en a pas d'autre que son `scope`");
    share(message, quota, (declared, "déclaré ici"), named)
}

/// L0403: a share with a value that is none.
pub(crate) fn not_a_share(path: &str, quota: &str, value: Span, named: Span) -> Diagnostic {
    share(format!("`{path}` n'est pas une part entre 0 et 1"), quota, (value, "cette valeur"), named)
}

fn share(message: String, quota: &str, (span, label): (Span, &str), named: Span) -> Diagnostic {
    at("L0403", message, span, label).with_label(named, format!("ce que demande le quota `{quota}`"))
}

/// L0402: an order that is none.
pub(crate) fn unknown_order(written: &str, orders: &[&str], span: Span) -> Diagnostic {
    no_such(format!("`{written}` n'est pas un ordre"), written, orders, span)
}

/// L0402: a way to fill ranks that is none.
pub(crate) fn unknown_ranks(written: &str, ways: &[&str], span: Span) -> Diagnostic {
    no_such(format!("`{written}` ne dit pas comment les rangs sont remplis"), written, ways, span)
}

fn no_such(message: String, written: &str, all: &[&str], span: Span) -> Diagnostic {
    let named: Vec<String> = all.iter().map(|own| format!("`{own}`")).collect();
    let named: Vec<&str> = named.iter().map(String::as_str).collect();
    let hint = crate::diagnostic::nearest(written, all.iter().copied());
    let hint = hint.map_or_else(String::new, |near| format!("; vouliez-vous dire `{near}` ?"));
    at("L0402", message, span, format!("attendu: {}{hint}", super::one_of(&named)))
}

/// L0402: ranks by expected leases, in the order of points.
pub(crate) fn ranks_by_points(span: Span) -> Diagnostic {
    let message = "l'ordre `by-points` ne fait passer personne devant plus de points, à aucun rang";
    at(
        "L0402",
        message.to_string(),
        span,
        "attendu: `ranks = \"by-levels\"`, ou `order = \"fit-after-points\"`",
    )
}

/// L0402: ranks by expected leases where no rule says who accepts.
pub(crate) fn ranks_without_acceptance(span: Span) -> Diagnostic {
    let message = "aucune règle ne dit quelles propositions sont acceptées: `acceptance` manque";
    at(
        "L0402",
        message.to_string(),
        span,
        "attendu: à côté, `acceptance`, une règle de la candidature, de 0 à 1",
    )
}

/// L0404: a block that is named twice.
pub(crate) fn block_twice(name: &str, here: Span, first: Span) -> Diagnostic {
    twice(format!("le bloc `{name}` est écrit deux fois"), here, first)
}

/// L0404: a quota that is named twice.
pub(crate) fn quota_twice(name: &str, here: Span, first: Span) -> Diagnostic {
    twice(format!("le quota `{name}` est écrit deux fois"), here, first)
}

fn twice(message: String, here: Span, first: Span) -> Diagnostic {
    at("L0404", message, here, "de nouveau ici").with_label(first, "d'abord ici")
}

/// L0404: a holder that is named twice.
pub(crate) fn holder_twice(name: &str, here: Span, first: Span) -> Diagnostic {
    twice(format!("le réservataire `{name}` est écrit deux fois"), here, first)
}

/// L0404: more holders than a matching takes.
pub(crate) fn too_many_holders(most: usize, span: Span) -> Diagnostic {
    let message = format!("un appariement impute à {most} réservataires au plus");
    at("L0404", message, span, "celui-ci est de trop")
}

/// L0401: a holder that is none of the flow.
pub(crate) fn no_holder<'n>(
    name: &str,
    holders: impl Iterator<Item = &'n str> + Clone,
    span: Span,
) -> Diagnostic {
    let hint = crate::diagnostic::nearest(name, holders.clone());
    let hint = hint.map_or_else(String::new, |near| format!("; vouliez-vous dire `{near}` ?"));
    let all: Vec<String> = holders.map(|holder| format!("`{holder}`")).collect();
    let expected = match all.is_empty() {
        true => "attendu: un nom de `[[matching.flow.holders]]`, dont il n'y a aucun".to_string(),
        false => format!("attendu: {}{hint}", all.join(", ")),
    };
    at("L0401", format!("`{name}` n'est pas un réservataire"), span, expected)
}

/// L0404: more quotas than a matching takes.
pub(crate) fn too_many_quotas(most: usize, span: Span) -> Diagnostic {
    let message = format!("un appariement a {most} quotas au plus, ceux qui passent d'abord compris");
    at("L0404", message, span, "celui-ci est de trop")
}

/// L0405: a block that suitability does not imply.
pub(crate) fn not_a_condition(name: &str, suitable: &str, span: Span) -> Diagnostic {
    let label = format!("`{suitable}` doit être `{name} && …`, sinon des couples seraient perdus");
    at("L0405", format!("`{name}` n'est pas une condition de `{suitable}`"), span, label)
}

/// L0405: a block of a form by which no units are found.
pub(crate) fn leads_nowhere(name: &str, why: &str, span: Span) -> Diagnostic {
    let message = format!("`{name}` ne mène pas aux logements");
    at("L0405", message, span, format!("{why}: il faudrait regarder tous les couples"))
}

/// Why a condition does not lead from a request to units.
pub mod form {
    /// No alternative leads.
    pub(crate) const NO_LEAD: &str =
        "aucune de ses branches ne compare une valeur de la demande à une du logement";
    /// Several do.
    pub(crate) const SEVERAL_LEADS: &str = "plusieurs de ses branches comparent la demande au logement";
    /// One is of the unit alone.
    pub(crate) const UNIT_BESIDE_THRESHOLD: &str =
        "une branche qui ne porte que sur le logement est à côté d'un seuil";
    /// It compares lists.
    pub const LISTS: &str = "elle compare des listes";
    /// It compares within one side.
    pub(crate) const ONE_SIDE: &str = "elle ne compare pas une valeur de la demande à une du logement";
    /// A list and a value of one side.
    pub(crate) const LIST_OF_ONE_SIDE: &str = "la liste et la valeur ne sont pas des deux côtés du couple";
    /// Another operation.
    pub(crate) const NO_COMPARISON: &str = "ce n'est ni une comparaison, ni `contient`";
    /// `!=`
    pub(crate) const DIFFERENT: &str = "`!=` n'écarte pas assez de logements";
    /// None of these.
    pub const OTHER: &str = "sa forme ne s'y prête pas";
}

/// Why a rule is no invariant.
#[derive(Clone, Copy, Debug)]
pub enum NoInvariant<'a> {
    /// It is a helper.
    Helper,
    /// It is not boolean.
    Gives(&'a Type),
    /// Its entity is a reference table.
    OfReference,
}

/// L0411: a rule that is marked as an invariant and cannot be one.
pub(crate) fn no_invariant(rule: &str, why: NoInvariant<'_>, span: Span) -> Diagnostic {
    let label = match why {
        NoInvariant::Helper => "une `private fn` ne décide rien par elle-même".to_string(),
        NoInvariant::Gives(ty) => format!("trouvé: {} ; attendu: vrai ou faux", a_type(ty)),
        NoInvariant::OfReference => "les lignes de cette entité sont du paquet, non des données".to_string(),
    };
    at("L0411", format!("`{rule}` n'est pas un invariant"), span, label)
}

/// L0411: a level of an invariant that is none.
pub(crate) fn no_invariant_level(said: &str, span: Span) -> Diagnostic {
    let message = format!("`{said}` n'est pas un niveau d'invariant");
    at("L0411", message, span, "attendu: `erreur` ou `avertissement`")
}
