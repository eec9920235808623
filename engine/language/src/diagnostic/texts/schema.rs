//! `pack.toml`, the schema and the tables of parameters: L0003, L0005 to L0017.

use std::fmt::Display;

use super::{Diagnostic, at, count, did_you_mean, one_of};
use crate::diagnostic::{Span, codes, fold};
use crate::value::Type;

/// The words at a key word of files that is written in French, or misspelt. `french` gives the key words by what
/// a French author writes instead, lower case and without accents.
fn key_word(written: &str, french: &[(&[&str], &str)], known: &[&str]) -> String {
    let plain = fold(written);
    match french.iter().find(|(words, _)| words.contains(&plain.as_str())) {
        Some((_, word)) => format!("écrire `{word}`"),
        None => did_you_mean(written, known.iter().copied()),
    }
}

/// Levels, by their French names.
const LEVELS: [(&[&str], &str); 4] = [
    (&["rien", "aucun", "non", "eteint"], "off"),
    (&["remarque"], "note"),
    (&["avertissement", "alerte"], "warning"),
    (&["erreur"], "error"),
];

/// L0003: a level of `[check.levels]` that is none; `written` is what stands there, if it is a text.
pub(crate) fn unknown_level(written: Option<&str>, levels: &[&str], span: Span) -> Diagnostic {
    let label = written.map_or_else(String::new, |w| key_word(w, &LEVELS, levels));
    let levels: Vec<String> = levels.iter().map(|level| format!("`{level}`")).collect();
    let levels: Vec<&str> = levels.iter().map(String::as_str).collect();
    at("L0003", format!("un niveau est {}", one_of(&levels)), span, label)
}

/// L0003: an entity that is no table.
pub(crate) fn entity_not_a_table(name: &str, span: Span) -> Diagnostic {
    at("L0003", "une entité doit être une table", span, format!("écrire `[{name}]` au-dessus de ses clés"))
}

/// L0003: a field that is no table.
pub(crate) fn field_not_a_table(name: &str, span: Span) -> Diagnostic {
    at("L0003", "un champ doit être une table", span, format!("écrire `{name} = {{ type = \"…\" }}`"))
}

/// L0003: a relation that is no table.
pub(crate) fn relation_not_a_table(target: &str, span: Span) -> Diagnostic {
    at("L0003", "une relation doit être une table", span, format!("écrire `{target} = {{ column = \"…\" }}`"))
}

/// L0003: `names` of an entity that is no reference table.
pub(crate) fn names_without_source(span: Span) -> Diagnostic {
    at("L0003", "`names` n'est que pour les tables de référence", span, "cette entité n'a pas de `source`")
}

/// L0003: a range that is none.
pub(crate) fn not_a_range(span: Span) -> Diagnostic {
    at("L0003", "`range` doit être deux nombres, le plus petit d'abord", span, "par exemple [0, 100]")
}

/// L0003: `of` of a field that holds no codes.
pub(crate) fn of_without_codes(span: Span) -> Diagnostic {
    at("L0003", "seuls les types `text` et `codes` tiennent les codes d'une entité", span, "retirer `of`")
}

/// L0003: several keys that say what an empty cell is.
pub(crate) fn empty_said_twice(field: &str, span: Span) -> Diagnostic {
    let label = "garder une seule de ces clés: `required`, `empty`, `unlisted`, `exhaustive`";
    at("L0003", format!("`{field}` dit de plusieurs façons ce qu'est une cellule vide"), span, label)
}

fn empty(said: &str, span: Span, label: impl Into<String>) -> Diagnostic {
    at("L0003", format!("`empty = \"{said}\"` ne veut rien dire ici"), span, label)
}

/// L0003: `empty` of a closed list that is none of its values.
pub(crate) fn empty_not_listed(said: &str, values: &str, span: Span) -> Diagnostic {
    empty(said, span, format!("attendu: une des valeurs de la liste: {values}"))
}

/// L0003: `empty` of a text or of codes that is not `none`.
pub(crate) fn empty_not_none(said: &str, span: Span) -> Diagnostic {
    empty(said, span, "attendu: \"none\"")
}

/// L0003: `empty` of a field of another type.
pub(crate) fn empty_of_other_type(said: &str, span: Span) -> Diagnostic {
    empty(said, span, "`empty` n'est que pour `text`, `codes` et les listes `values`")
}

/// L0003: a synonym that is no text.
pub(crate) fn synonym_not_a_text(span: Span) -> Diagnostic {
    at("L0003", "un synonyme doit être un texte", span, "par exemple [\"époux\"]")
}

/// L0003: synonyms that are no list.
pub(crate) fn synonyms_not_a_list(span: Span) -> Diagnostic {
    at("L0003", "les synonymes doivent être une liste de textes", span, "par exemple [\"époux\"]")
}

/// L0003: `renewed` that is not `yearly`.
pub(crate) fn unknown_renewal(said: &str, span: Span) -> Diagnostic {
    at("L0003", format!("`renewed = \"{said}\"` ne veut rien dire"), span, "attendu: \"yearly\"")
}

/// L0003: `values` of a parameter that is no list of tables.
pub(crate) fn values_not_a_list(path: &str, span: Span) -> Diagnostic {
    let message = format!("`values` de `{path}` doit être une liste de tables");
    at("L0003", message, span, format!("écrire `[[{path}.values]]`"))
}

/// L0003: a dated value that is no table.
pub(crate) fn value_not_a_table(path: &str, span: Span) -> Diagnostic {
    at("L0003", format!("une valeur de `{path}` doit être une table"), span, "avec `from` et `source`")
}

/// L0003: a cell of a parameter that is no single value.
pub(crate) fn not_a_cell(path: &str, found: &str, span: Span) -> Diagnostic {
    let message = format!("une cellule de `{path}` doit être un nombre, une date, un texte, true ou false");
    at("L0003", message, span, format!("trouvé: {found}"))
}

/// L0003: a list of `mutants.toml` that is none.
pub(crate) fn not_a_list(key: &str, span: Span) -> Diagnostic {
    at("L0003", format!("`{key}` doit être une liste"), span, format!("écrire `[[{key}]]`"))
}

/// L0004: a dated value without `value`.
pub fn no_value(path: &str, span: Span) -> Diagnostic {
    at("L0004", format!("une valeur de `{path}` n'a pas de `value`"), span, "ajouter `value = …`")
}

/// L0005: a schema without an entity.
pub(crate) fn no_entities(span: Span) -> Diagnostic {
    at("L0005", "le schéma ne déclare aucune entité", span, "écrire une table telle que `[demande]`")
}

/// L0006: a pair that has not two sides.
pub(crate) fn not_two_sides(span: Span) -> Diagnostic {
    at("L0006", "un couple a deux entités", span, "attendu: deux noms")
}

/// Types of fields, by their French names.
const TYPES: [(&[&str], &str); 6] = [
    (&["montant", "euros"], "amount"),
    (&["entier", "nombre_entier"], "integer"),
    (&["decimal", "nombre", "nombre_decimal", "taux"], "decimal"),
    (&["booleen", "oui_non", "vrai_faux", "logique"], "boolean"),
    (&["texte"], "text"),
    (&["code", "liste_de_codes"], "codes"),
];

/// L0007: a type of a field that there is not.
pub(crate) fn unknown_type(name: &str, types: &[&str], span: Span) -> Diagnostic {
    let label = key_word(name, &TYPES, types);
    at("L0007", format!("le type `{name}` n'existe pas"), span, label).with_note(format!(
        "les types sont `{}` ; une liste fermée a `values` à la place",
        types.join("`, `")
    ))
}

/// L0008: a level for a code that there is not.
pub(crate) fn unknown_code(name: &str, span: Span) -> Diagnostic {
    let label = codes::near(name).map_or_else(String::new, |c| format!("vouliez-vous dire `{c}` ?"));
    at("L0008", format!("le code `{name}` n'existe pas"), span, label)
}

/// L0009: a level that cannot be set.
pub(crate) fn fixed_level(code: &str, span: Span) -> Diagnostic {
    let label = "un paquet qui a cette erreur ne se charge pas";
    at("L0009", format!("le niveau de `{code}` ne se règle pas"), span, label)
}

/// L0010: a table that is no parameter and holds none.
pub(crate) fn no_values(path: &str, span: Span) -> Diagnostic {
    at("L0010", format!("`{path}` n'a pas de valeurs"), span, "un paramètre a des valeurs")
        .with_note(format!("écrire `[[{path}.values]]` avec `from`, `source` et la valeur"))
}

/// L0011: two values of a parameter from one day on.
pub(crate) fn two_values(path: &str, from: impl Display, one: Span, other: Span) -> Diagnostic {
    at("L0011", format!("`{path}` a deux valeurs à partir du {from}"), one, "celle-ci")
        .with_label(other, "et celle-ci")
}

/// L0012: cells of several types.
pub(crate) fn mixed_types(path: &str, found: &Type, first: &Type, span: Span) -> Diagnostic {
    let label = format!("trouvé: {} ; la première est {}", super::a_type(found), super::a_type(first));
    at("L0012", format!("les valeurs de `{path}` sont de plusieurs types"), span, label)
}

/// L0013: a cell that comes while another goes. `keys` are shown in brackets.
pub(crate) fn new_cell(path: &str, keys: &str, from: impl Display, cell: Span, before: Span) -> Diagnostic {
    let message = format!("`{path}` n'a pas de cellule {keys} avant le {from}");
    at("L0013", message, cell, "clé nouvelle, alors qu'une clé d'avant a disparu")
        .with_label(before, "les valeurs d'avant")
}

/// L0014: a value without a date.
pub fn undated(path: &str, span: Span) -> Diagnostic {
    at("L0014", format!("une valeur de `{path}` n'a pas de date"), span, "ajouter `from = 2017-01-01`")
}

/// L0015: a value without a source.
pub(crate) fn unsourced(path: &str, span: Span) -> Diagnostic {
    at("L0015", format!("une valeur de `{path}` n'a pas de référence légale"), span, "où est-elle écrite ?")
        .with_note("ajouter `source = { title = \"…\", id = \"…\" }`")
}

/// L0016: a cell with fewer keys than the parameter has.
pub(crate) fn too_few_keys(path: &str, missing: usize, found: &str, span: Span) -> Diagnostic {
    let message = format!("`{path}` a {} de plus que cette valeur", count(missing, "clé"));
    at("L0016", message, span, format!("trouvé: {found} ; attendu: une liste ou une table"))
}

/// L0017: two values of a list that differ by nothing that is read.
pub(crate) fn same_value(one: &str, other: &str, span: Span) -> Diagnostic {
    let label = "ni la casse, ni les accents, ni les blancs, ni les tirets ne distinguent deux valeurs";
    at("L0017", format!("`{one}` et `{other}` sont une seule valeur pour qui les saisit"), span, label)
}

/// L0017: synonyms of a value that the list has not.
pub fn not_listed<'a>(value: &str, values: impl IntoIterator<Item = &'a str>, span: Span) -> Diagnostic {
    at("L0017", format!("`{value}` n'est pas une valeur de la liste"), span, did_you_mean(value, values))
}

/// L0017: a synonym of two values.
pub(crate) fn two_meanings(written: &str, already: &str, span: Span) -> Diagnostic {
    let message = format!("« {written} » voudrait dire deux valeurs");
    at("L0017", message, span, format!("il veut déjà dire `{already}`"))
}
