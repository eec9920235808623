//! Grids of points, in `grille.toml`: L0049.

use super::{Diagnostic, at};
use crate::diagnostic::Span;

/// What a table of `grille.toml` is, as messages on its keys call it.
pub(crate) mod what {
    /// A criterion whose name has not been read.
    pub(crate) const A_CRITERION: &str = "critère";

    /// A criterion.
    pub(crate) fn criterion(name: &str) -> String {
        format!("critère `{name}`")
    }
}

/// L0049: a grid without its first day.
pub(crate) fn undated(span: Span) -> Diagnostic {
    let label = "ajouter `from = AAAA-MM-JJ`, le premier jour de la grille";
    at("L0049", "la grille ne dit pas depuis quand elle vaut", span, label)
}

/// L0049: a grid without criteria.
pub(crate) fn empty(span: Span) -> Diagnostic {
    at("L0049", "la grille n'a pas de critère", span, "ajouter des tables `[[criterion]]`")
}

/// L0049: a rule that no national one has the name of, and an entity that is not said.
pub(crate) fn no_entity(rule: &str, span: Span) -> Diagnostic {
    let message = format!("de quoi la grille `{rule}` compte-t-elle les points ?");
    at("L0049", message, span, "ajouter `entity`, ou nommer par `rule` une règle nationale")
}

/// L0049: a name that code cannot hold.
pub(crate) fn no_name(name: &str, span: Span) -> Diagnostic {
    let label =
        "attendu: des minuscules, chiffres et `_`, une minuscule d'abord, et autre chose que `plafond`";
    at("L0049", format!("`{name}` ne peut être un nom"), span, label)
}

/// L0049: a condition before the name of its criterion.
pub(crate) fn name_first(name: &str, span: Span) -> Diagnostic {
    let message = format!("critère `{name}`: une condition avant le nom");
    at("L0049", message, span, "écrire `name` d'abord")
}

/// L0049: a number that is none.
pub(crate) fn no_number(key: &str, span: Span) -> Diagnostic {
    at("L0049", format!("`{key}` n'est pas un nombre"), span, "attendu: un nombre, ex. `20` ou `-5`")
}

/// L0049: bands of another form.
pub(crate) fn no_bands(span: Span) -> Diagnostic {
    let label =
        "attendu: `[[à partir de, points], …]`, du plus petit au plus grand, ex. `[[12, 2], [24, 5]]`";
    at("L0049", "les tranches ne se lisent pas", span, label)
}

/// L0049: bands of no number.
pub(crate) fn bands_of_nothing(what: &str, span: Span) -> Diagnostic {
    at("L0049", format!("{what}: des tranches de rien"), span, "ajouter `of`, le nombre dont elles sont")
}

/// L0049: a criterion without points.
pub(crate) fn no_points(what: &str, span: Span) -> Diagnostic {
    let label = "attendu: `points`, `bands`, ou `unknown = \"pourquoi ils ne sont pas connus\"`";
    at("L0049", format!("{what}: combien de points ?"), span, label)
}

/// L0049: a criterion whose points are said in two ways.
pub(crate) fn two_points(what: &str, span: Span) -> Diagnostic {
    let message = format!("{what}: ses points sont dits de deux façons");
    at("L0049", message, span, "garder `points`, `bands` ou `unknown`")
}

/// L0049: a criterion that counts for whom it is not said.
pub(crate) fn no_condition(what: &str, span: Span) -> Diagnostic {
    let label = "attendu: `when`, une condition, ou `of`, un nombre dont chaque unité vaut les points";
    at("L0049", format!("{what}: qui les reçoit ?"), span, label)
}

/// L0049: figures that nobody can look up.
pub(crate) fn unsourced(what: &str, span: Span) -> Diagnostic {
    let message = format!("{what}: rien ne dit d'où il vient");
    at("L0049", message, span, "ajouter `source = { title = \"…\" }`, ici ou à la grille")
}

/// L0049: a criterion on days on which the grid does not hold.
pub(crate) fn outside_of_grid(what: &str, span: Span) -> Diagnostic {
    let label = "attendu: des jours de la grille, le premier avant le dernier";
    at("L0049", format!("{what}: ses jours ne sont pas ceux de la grille"), span, label)
}

/// L0049: two rows of one criterion that begin on one day.
pub(crate) fn twice(name: &str, span: Span, first: Span) -> Diagnostic {
    let message = format!("le critère `{name}` est dit deux fois pour un même jour");
    at("L0049", message, span, "de nouveau ici : donner à l'un un autre `from`, ou un autre nom")
        .with_label(first, "déjà ici")
}

/// L0049: two rows of one criterion in two groups.
pub(crate) fn other_group(name: &str, span: Span, first: Span) -> Diagnostic {
    let message = format!("le critère `{name}` change de groupe");
    at("L0049", message, span, "attendu: le même `group` à toutes les dates").with_label(first, "d'abord ici")
}

/// L0049: a condition whose letters stand elsewhere in the file.
pub(crate) fn escaped(span: Span) -> Diagnostic {
    let label = "l'écrire entre apostrophes, sans `\\` : `when = 'situation_logement == \"sans_logement\"'`";
    at("L0049", "une condition ne se lit que telle qu'elle est écrite", span, label)
}

/// L0049: code that is no expression.
pub(crate) fn no_expression(span: Span) -> Diagnostic {
    let label = "attendu: un nom, ou une expression comme dans une règle ; le reste se met dans une règle du territoire";
    at("L0049", "une condition est une seule expression", span, label)
}
