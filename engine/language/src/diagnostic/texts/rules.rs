//! What a rule says: values, allowed constructions, types and units: L0112 to L0131, L0201 to L0208.

use std::fmt::Display;

use super::{Diagnostic, a_type, at, did_you_mean};
use crate::diagnostic::Span;
use crate::value::Type;

/// L0112: a path through a rule that ends without a value.
pub fn no_value(end: Span) -> Diagnostic {
    at("L0112", "ce chemin ne donne pas de valeur", end, "le terminer par une valeur, ou ajouter un `else`")
}

/// L0113: a value that nothing takes.
pub(crate) fn unused_value(span: Span) -> Diagnostic {
    at("L0113", "cette valeur ne sert à rien", span, "calculée ici")
        .with_note("une règle donne une seule valeur: nommer celle-ci par `let`, ou la rendre par `return`")
}

/// A construction of Rhai that rules do not use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forbidden<'a> {
    /// `throw`, or `return` without a value.
    Throw,
    /// `switch`
    Switch,
    /// `while`, `loop` and `do`.
    Loop,
    /// `for`
    LoopOverList,
    /// `a = …`, where `a` has a value.
    Assignment,
    /// `try`
    Try,
    /// `import`
    Import,
    /// `module::name`
    Module,
    /// Any other statement.
    Statement,
    /// A function as a value.
    Closure,
    /// A number that is not kept exactly.
    LongNumber,
    /// `return` inside an expression.
    ReturnInside,
    /// `??`
    Coalesce,
    /// A text with values in it, or a character.
    Interpolation,
    /// Arrays, maps and their items.
    Collection,
    /// `a.b` and `a.b()`.
    Method,
    /// Any other expression.
    Expression,
    /// An operator that rules do not use.
    Operator(&'a str),
    /// A function that rules do not call.
    Function(&'a str),
}

impl Display for Forbidden<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = match self {
            Forbidden::Throw => "`throw`, et `return` sans valeur",
            Forbidden::Switch => "`switch` ; écrire `if … else if …`",
            Forbidden::Loop => "les boucles",
            Forbidden::LoopOverList => "les boucles ; prendre la liste par `somme`, `nombre`, `un`, `tous`",
            Forbidden::Assignment => "changer une valeur ; nommer la nouvelle par `let`",
            Forbidden::Try => "`try`",
            Forbidden::Import => "les modules ; une règle s'emploie par son nom",
            Forbidden::Module => "les modules",
            Forbidden::Statement => "cette instruction",
            Forbidden::Closure => "les fonctions prises comme valeurs",
            Forbidden::LongNumber => "un nombre de plus de 28 chiffres",
            Forbidden::ReturnInside => "`return` dans une expression",
            Forbidden::Coalesce => "`??` ; une donnée inconnue n'est pas une absence",
            Forbidden::Interpolation => "composer des textes",
            Forbidden::Collection => "les tableaux et les dictionnaires",
            Forbidden::Method => "le point ; appeler la fonction avec ses arguments, `f(a, b)`",
            Forbidden::Expression => "cette expression",
            Forbidden::Operator(symbol) => return write!(f, "l'opérateur `{symbol}`"),
            Forbidden::Function(name) => return write!(f, "la fonction `{name}`"),
        };
        f.write_str(text)
    }
}

/// L0120: a construction that rules do not use.
pub fn forbidden(what: Forbidden<'_>, span: Span) -> Diagnostic {
    at("L0120", "une règle n'emploie pas ceci", span, format!("non permis: {what}"))
        .with_note("permis: let, if/else, return, + - * /, les comparaisons, && || !, et les appels")
}

/// L0121: a table whose path is not written out.
pub(crate) fn path_not_written(span: Span) -> Diagnostic {
    let message = "`param` commence par le chemin d'une table, entre guillemets";
    at("L0121", message, span, "par exemple param(\"plus.plafond\", …)")
}

fn too_large(message: String, span: Span, label: &str) -> Diagnostic {
    at("L0131", message, span, label).with_note(
        "une fonction prend la place de chacun de ses appels: faire une règle de ce qui est calculé souvent",
    )
}

/// L0131: operations nested too deeply.
pub(crate) fn too_deep(most: u32, span: Span) -> Diagnostic {
    too_large(
        format!("plus de {most} opérations sont imbriquées l'une dans l'autre"),
        span,
        "la plus profonde est ici",
    )
}

/// L0131: too many operations.
pub fn too_many(most: usize, span: Span) -> Diagnostic {
    too_large(format!("les règles demandent plus de {most} opérations"), span, "celle-ci est de trop")
}

/// L0201: branches of two types.
pub fn branches((yes, here): (&Type, Span), (no, there): (&Type, Span), span: Span) -> Diagnostic {
    let (yes, no) = (a_type(yes), a_type(no));
    at("L0201", format!("une branche donne {yes}, l'autre {no}"), span, "les branches de ce `if`")
        .with_label(here, yes)
        .with_label(there, no)
}

/// L0202: a value of another type than what it is used as.
pub fn wrong_type(expected: &Type, found: &Type, span: Span) -> Diagnostic {
    let message = format!("valeur d'un autre type ; attendu: {}", a_type(expected));
    at("L0202", message, span, format!("trouvé: {}", a_type(found)))
}

/// What the functions of the engine take.
pub mod takes {
    /// `longueur`, `nombre`
    pub(crate) const LIST: &str = "une liste";
    /// `somme`
    pub const NUMBERS: &str = "une liste de nombres";
    /// `un`, `tous`
    pub(crate) const BOOLEANS: &str = "une liste de vrai ou faux";
    /// `max`, `min`
    pub(crate) const ORDERED: &str = "une liste, ou deux nombres, ou deux dates";
    /// `contient`
    pub(crate) const LIST_AND_ITEM: &str = "une liste et une valeur du même type";
    /// `annees_entre` and its like.
    pub(crate) const DATES: &str = "deux dates";
    /// `ajouter_annees` and its like.
    pub(crate) const DATE_AND_NUMBER: &str = "une date et un nombre";
    /// `arrondi` and its like.
    pub(crate) const NUMBER_AND_DECIMALS: &str = "un nombre, et s'il le faut le nombre de décimales";
}

/// L0202: arguments of other types than what a function of the engine takes.
pub(crate) fn wrong_arguments(name: &str, takes: &str, found: &[Type], span: Span) -> Diagnostic {
    let found: Vec<String> = found.iter().map(a_type).collect();
    // A type may list its values, with commas.
    let found = if found.is_empty() { "rien".to_string() } else { found.join(" ; ") };
    at("L0202", format!("`{name}` prend {takes}"), span, format!("trouvé: {found}"))
}

/// L0203: a text that a closed list does not have.
pub(crate) fn not_in_list<'a>(
    text: &str,
    values: impl Iterator<Item = &'a str> + Clone,
    span: Span,
) -> Diagnostic {
    let all: Vec<&str> = values.clone().collect();
    at("L0203", format!("`{text}` n'est pas une des valeurs possibles"), span, did_you_mean(text, values))
        .with_note(format!("valeurs possibles: {}", all.join(", ")))
}

/// L0204: a comparison of two types, or of a type without an order.
pub(crate) fn not_comparable(
    sign: &str,
    (a, here): (&Type, Span),
    (b, there): (&Type, Span),
    span: Span,
) -> Diagnostic {
    let message = match (a, a.matches(b)) {
        (Type::List(_), true) => "des listes ne se comparent pas".to_string(),
        (_, true) => format!("`{sign}` ne compare que deux nombres ou deux dates"),
        (_, false) => format!("`{sign}` ne compare pas {} et {}", a_type(a), a_type(b)),
    };
    let (a, b) = (a_type(a), a_type(b));
    at("L0204", message, span, "cette comparaison").with_label(here, a).with_label(there, b)
}

/// L0205: a key of another type than those of the table.
pub(crate) fn wrong_key(by: &str, path: &str, expected: &Type, found: &Type, span: Span) -> Diagnostic {
    let message = format!("la clé `{by}` de `{path}` doit être {}", a_type(expected));
    at("L0205", message, span, format!("trouvé: {}", a_type(found)))
}

/// L0206: a key that no version of the table has. `key` is shown in brackets.
pub fn no_cell<'a>(
    path: &str,
    key: &str,
    written: &str,
    known: impl IntoIterator<Item = &'a str>,
    span: Span,
) -> Diagnostic {
    at("L0206", format!("`{path}` n'a pas de cellule {key}"), span, did_you_mean(written, known))
}

/// L0207: a division by a value of the row.
pub(crate) fn inexact_division(span: Span) -> Diagnostic {
    at("L0207", "cette division peut ne pas tomber juste", span, "le diviseur est une valeur de la ligne").with_note(
        "nommer l'arrondi: `arrondi(a / b, 2)`, `arrondi_inferieur(…)`, `arrondi_superieur(…)` ; ou comparer des produits: `a <= c * b`",
    )
}

/// L0208: a rule whose unit is not that of what it computes.
pub(crate) fn not_the_unit(
    rule: &str,
    (declared, here): (impl Display, Span),
    (found, there): (impl Display, Span),
) -> Diagnostic {
    let message = format!("`{rule}` est déclarée en {declared}, ce qu'elle calcule est en {found}");
    at("L0208", message, here, format!("unité: {declared}")).with_label(there, format!("en {found}"))
}

/// What two values of different units are used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Together {
    /// `a + b`
    Added,
    /// `a - b`
    Subtracted,
    /// `a == b`
    Equal,
    /// Any other comparison, and the larger or smaller of two.
    Compared,
    /// Outcomes of one rule.
    Branches,
}

/// L0208: two units that do not go together.
pub(crate) fn two_units(
    use_of: Together,
    (a, here): (impl Display, Span),
    (b, there): (impl Display, Span),
    span: Span,
) -> Diagnostic {
    let message = match use_of {
        Together::Added => format!("{a} et {b} ne s'ajoutent pas"),
        Together::Subtracted => format!("{a} et {b} ne se retranchent pas"),
        Together::Equal => format!("{a} et {b} ne peuvent être égaux"),
        Together::Compared => format!("{a} et {b} ne se comparent pas"),
        Together::Branches => format!("une branche est en {a}, l'autre en {b}"),
    };
    at("L0208", message, span, "ici")
        .with_label(here, format!("en {a}"))
        .with_label(there, format!("en {b}"))
        .with_note("déclarer l'unité voulue, ou convertir par un paramètre, en `mois/an` par exemple")
}
