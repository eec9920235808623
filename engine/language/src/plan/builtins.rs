//! The functions that rules may call besides each other, on known values.
//!
//! One table of names, arities and types; one plain definition of each. The plan and Rhai's
//! interpreter both call these definitions, so what is said here is said once.

use std::sync::Arc;

use crate::diagnostic::texts::rules::takes;
use crate::value::{
    Date, Exact, NumberError, Rounding, Type, Value, add, add_days, add_months, days_between, months_between,
    round, years_between,
};

/// A function of the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Builtin {
    /// `nombre(liste)`: how many are true; the length of a list of anything else.
    Nombre,
    /// `longueur(liste)`.
    Longueur,
    /// `somme(liste)`.
    Somme,
    /// `un(liste)`: is at least one true?
    Un,
    /// `tous(liste)`: are all true?
    Tous,
    /// `max(liste)` or `max(a, b)`.
    Max,
    /// `min(liste)` or `min(a, b)`.
    Min,
    /// `contient(liste, valeur)`.
    Contient,
    /// `annees_entre(d1, d2)`.
    AnneesEntre,
    /// `mois_entre(d1, d2)`.
    MoisEntre,
    /// `jours_entre(d1, d2)`.
    JoursEntre,
    /// `ajouter_annees(date, n)`.
    AjouterAnnees,
    /// `ajouter_mois(date, n)`.
    AjouterMois,
    /// `ajouter_jours(date, n)`.
    AjouterJours,
    /// `arrondi(x)`, `arrondi_inferieur(x)`, `arrondi_superieur(x)`, with decimals if any.
    Arrondi(Rounding),
}

use Builtin::*;

/// All names, in alphabetical order.
pub const BUILTINS: [(&str, Builtin); 17] = [
    ("ajouter_annees", AjouterAnnees),
    ("ajouter_jours", AjouterJours),
    ("ajouter_mois", AjouterMois),
    ("annees_entre", AnneesEntre),
    ("arrondi", Arrondi(Rounding::Nearest)),
    ("arrondi_inferieur", Arrondi(Rounding::Down)),
    ("arrondi_superieur", Arrondi(Rounding::Up)),
    ("contient", Contient),
    ("jours_entre", JoursEntre),
    ("longueur", Longueur),
    ("max", Max),
    ("min", Min),
    ("mois_entre", MoisEntre),
    ("nombre", Nombre),
    ("somme", Somme),
    ("tous", Tous),
    ("un", Un),
];

/// The builtin of that name.
pub fn builtin(name: &str) -> Option<Builtin> {
    BUILTINS.iter().find(|(n, _)| *n == name).map(|(_, b)| *b)
}

/// The name of a builtin in scripts.
pub fn name(builtin: Builtin) -> &'static str {
    BUILTINS.iter().find(|(_, b)| *b == builtin).map_or("?", |(n, _)| n)
}

/// Why a computation of one row has no outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum ValueError {
    /// Overflow or division by zero.
    #[error(transparent)]
    Number(#[from] NumberError),
    /// A date beyond the calendar.
    #[error("date hors du calendrier")]
    Calendar,
    /// The largest or smallest of nothing.
    #[error("liste vide: ni maximum ni minimum")]
    EmptyList,
    /// A number of decimals, years, months or days that makes no sense.
    #[error("nombre entier attendu")]
    NotAnInteger,
    /// A parameter has no cell for these keys.
    #[error("aucune valeur du paramètre pour ces clés")]
    NoCell,
    /// Not possible in a pack that was checked.
    #[error("type inattendu")]
    Type,
}

/// The type of a builtin's result for arguments of these types.
///
/// # Errors
/// What it takes, in words.
pub(crate) fn result_type(builtin: Builtin, args: &[Type]) -> Result<Type, &'static str> {
    let list = |t: &Type| matches!(t, Type::List(_));
    let ordered = |t: &Type| matches!(t, Type::Number | Type::Date);
    match (builtin, args) {
        (Nombre | Longueur, [l]) if list(l) => Ok(Type::Number),
        (Nombre | Longueur, _) => Err(takes::LIST),
        (Somme, [Type::List(item)]) if **item == Type::Number => Ok(Type::Number),
        (Somme, _) => Err(takes::NUMBERS),
        (Un | Tous, [Type::List(item)]) if **item == Type::Bool => Ok(Type::Bool),
        (Un | Tous, _) => Err(takes::BOOLEANS),
        (Max | Min, [Type::List(item)]) if ordered(item) => Ok((**item).clone()),
        (Max | Min, [a, b]) if ordered(a) && a == b => Ok(a.clone()),
        (Max | Min, _) => Err(takes::ORDERED),
        (Contient, [Type::List(item), value]) if item.matches(value) => Ok(Type::Bool),
        (Contient, _) => Err(takes::LIST_AND_ITEM),
        (AnneesEntre | MoisEntre | JoursEntre, [Type::Date, Type::Date]) => Ok(Type::Number),
        (AnneesEntre | MoisEntre | JoursEntre, _) => Err(takes::DATES),
        (AjouterAnnees | AjouterMois | AjouterJours, [Type::Date, Type::Number]) => Ok(Type::Date),
        (AjouterAnnees | AjouterMois | AjouterJours, _) => Err(takes::DATE_AND_NUMBER),
        (Arrondi(_), [Type::Number] | [Type::Number, Type::Number]) => Ok(Type::Number),
        (Arrondi(_), _) => Err(takes::NUMBER_AND_DECIMALS),
    }
}

/// Applies a builtin to known values.
///
/// # Errors
/// As [`ValueError`] says; [`ValueError::Type`] only for arguments that `result_type` refuses.
pub fn apply(builtin: Builtin, args: &[Value]) -> Result<Value, ValueError> {
    let count = |n: usize| i64::try_from(n).map(Value::int).map_err(|_| NumberError::Overflow.into());
    let is_true = |v: &Value| *v == Value::Bool(true);
    match (builtin, args) {
        // An empty list has no type of its own: it has no true item, and its length is 0 too.
        (Nombre, [Value::List(items)]) if matches!(items.first(), Some(Value::Bool(_))) => {
            count(items.iter().filter(|v| is_true(v)).count())
        }
        (Nombre | Longueur, [Value::List(items)]) => count(items.len()),
        (Somme, [Value::List(items)]) => {
            let mut total = Exact::from_integer(0);
            for item in items.iter() {
                let Value::Number(n) = item else { return Err(ValueError::Type) };
                total = add(&total, n)?;
            }
            Ok(Value::Number(total))
        }
        (Un, [Value::List(items)]) => Ok(Value::Bool(items.iter().any(is_true))),
        (Tous, [Value::List(items)]) => Ok(Value::Bool(items.iter().all(is_true))),
        (Max, [Value::List(items)]) => items.iter().max().cloned().ok_or(ValueError::EmptyList),
        (Min, [Value::List(items)]) => items.iter().min().cloned().ok_or(ValueError::EmptyList),
        (Max, [a, b]) => Ok(a.max(b).clone()),
        (Min, [a, b]) => Ok(a.min(b).clone()),
        (Contient, [Value::List(items), value]) => Ok(Value::Bool(items.contains(value))),
        (AnneesEntre, [Value::Date(a), Value::Date(b)]) => Ok(Value::int(years_between(*a, *b))),
        (MoisEntre, [Value::Date(a), Value::Date(b)]) => Ok(Value::int(months_between(*a, *b))),
        (JoursEntre, [Value::Date(a), Value::Date(b)]) => Ok(Value::int(days_between(*a, *b))),
        // A year is twelve months, so that 29 February becomes 28 February in a common year.
        (AjouterAnnees, [Value::Date(d), n]) => {
            let months = whole(n)?.checked_mul(12).ok_or(NumberError::Overflow)?;
            date(add_months(*d, months))
        }
        (AjouterMois, [Value::Date(d), n]) => date(add_months(*d, whole(n)?)),
        (AjouterJours, [Value::Date(d), n]) => date(add_days(*d, whole(n)?)),
        (Arrondi(how), [Value::Number(x)]) => Ok(Value::Number(round(x, 0, how)?)),
        // Nine decimals are the most that are written; more, or fewer than none, is a slip.
        (Arrondi(how), [Value::Number(x), decimals]) => {
            let decimals = u32::try_from(whole(decimals)?).map_err(|_| ValueError::NotAnInteger)?;
            if decimals > 9 {
                return Err(ValueError::NotAnInteger);
            }
            Ok(Value::Number(round(x, decimals, how)?))
        }
        _ => Err(ValueError::Type),
    }
}

/// A number of years, months, days or decimals.
fn whole(value: &Value) -> Result<i64, ValueError> {
    match value {
        Value::Number(n) if n.is_integer() => i64::try_from(*n.numer()).map_err(|_| ValueError::NotAnInteger),
        Value::Number(_) => Err(ValueError::NotAnInteger),
        _ => Err(ValueError::Type),
    }
}

fn date(date: Option<Date>) -> Result<Value, ValueError> {
    date.map(Value::Date).ok_or(ValueError::Calendar)
}

/// The empty list.
pub fn empty_list() -> Value {
    Value::List(Arc::from([]))
}
