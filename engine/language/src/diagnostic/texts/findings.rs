//! What `logis check` finds in a pack that loads: L0301 to L0303, L0501 to L0542.

use std::fmt::Display;

use super::{Diagnostic, at, did_you_mean};
use crate::diagnostic::Span;

/// L0301: a rule without a source.
pub(crate) fn no_source(rule: &str, span: Span) -> Diagnostic {
    at("L0301", format!("`{rule}` n'a pas de source"), span, "ajouter `/// source: …` au-dessus")
}

/// L0302: a rule of which too few cases expect an outcome.
pub(crate) fn too_few_cases(rule: &str, has: usize, asked: usize, span: Span) -> Diagnostic {
    let label =
        "ajouter des cas qui en attendent un résultat: ordinaire, à la limite, avec une donnée manquante";
    at("L0302", format!("`{rule}` a {has} cas, le paquet en demande {asked}"), span, label)
}

/// L0303: a reference that cannot be opened. `cited` are the rules and tables that cite it, with their places.
pub fn not_openable(part: &str, cited: &[(&str, Span)]) -> Diagnostic {
    let message = format!("la source « {part} » ne s'ouvre pas");
    let label = "attendu: un code et son article, un texte et son numéro ou son identifiant, ou une adresse";
    let span = cited.first().map(|(_, span)| span.clone()).unwrap_or_default();
    let mut names: Vec<String> = cited.iter().map(|(name, _)| format!("`{name}`")).collect();
    names.dedup();
    at("L0303", message, span, label).with_note(format!("citée par {}", some(&names)))
}

fn truth(always: bool) -> &'static str {
    if always { "toujours vraie" } else { "toujours fausse" }
}

/// A condition, by the name of its rule if it has one.
fn condition(name: Option<&str>) -> String {
    name.map_or_else(|| "cette condition".to_string(), |name| format!("la condition `{name}`"))
}

/// What the findings on conditions look at.
const OVER: &str = "sur les plages et les listes du schéma, et avec les paramètres de toutes les périodes";

/// L0501, L0502: a part of a condition that is always true or always false.
pub fn fixed_condition(name: Option<&str>, always: bool, span: Span) -> Diagnostic {
    let code = if always { "L0501" } else { "L0502" };
    let message = format!("{} est ici {}", condition(name), truth(always));
    at(code, message, span, truth(always)).with_note(OVER)
}

/// L0503: an `if` of which one branch is never taken; `inner` is the sign that decides it.
pub fn dead_branch(name: Option<&str>, always: bool, span: Span, inner: Span) -> Diagnostic {
    let message = format!("une branche n'est jamais prise: {} est {}", condition(name), truth(always));
    let label = match always {
        true => "le `else` de ce `if`, ou ce qui le suit, n'est jamais pris",
        false => "la première branche de ce `if` n'est jamais prise",
    };
    at("L0503", message, span, label).with_label(inner, truth(always)).with_note(OVER)
}

/// L0504: a range that those before it leave nothing to.
pub fn empty_range(span: Span, before: Span) -> Diagnostic {
    at("L0504", "cette tranche est vide: celles d'avant ne lui laissent rien", span, "jamais vraie ici")
        .with_label(before, "déjà décidé par celle-ci")
}

/// L0505: cells that a rule may ask for and a version of the table lacks. `cells` are shown in brackets.
pub fn no_cells(path: &str, cells: &[String], from: impl Display, values: Span, asked: Span) -> Diagnostic {
    let message = format!("`{path}` n'a pas de cellule {} à partir du {from}", some(cells));
    at("L0505", message, values, "elle manque à ces valeurs").with_label(asked, "elle peut être demandée ici")
}

/// L0505: a table by whole numbers that leaves some out.
pub fn left_out(
    path: &str,
    (by, numbers): (&str, &[String]),
    (low, high): (i128, i128),
    from: impl Display,
    span: Span,
) -> Diagnostic {
    let message =
        format!("`{path}` n'a pas de cellule pour `{by}` {} à partir du {from}", numbers.join(", "));
    at("L0505", message, span, format!("les clés vont de {low} à {high}"))
}

/// The first of many cells.
fn some(cells: &[String]) -> String {
    match cells.get(..3) {
        Some(first) if cells.len() > 4 => format!("{} et {} autres", first.join(", "), cells.len() - 3),
        _ => cells.join(", "),
    }
}

/// L0506: a cell that no rule can ask for. `misspelt` is a key of it that no rule asks for, `wanted` those that
/// some do.
pub fn unread_cell<'a>(
    path: &str,
    cell: &str,
    misspelt: Option<&str>,
    wanted: impl IntoIterator<Item = &'a str>,
    span: Span,
) -> Diagnostic {
    let hint = misspelt.map_or_else(String::new, |key| did_you_mean(key, wanted));
    let label = if hint.is_empty() { "aucune règle ne peut la demander".to_string() } else { hint };
    at("L0506", format!("aucune règle ne lit la cellule {cell} de `{path}`"), span, label)
}

/// L0507: an expression that each value of a closed list leaves at one outcome, and so an empty cell too. `given`
/// are the values of other fields where that is so.
pub fn same_for_all(
    field: &str,
    outcome: impl Display,
    given: &[(&str, String)],
    span: Span,
    list: Span,
) -> Diagnostic {
    let given: Vec<String> = given.iter().map(|(name, value)| format!("{name} = {value}")).collect();
    let given = if given.is_empty() { String::new() } else { format!(" là où {}", given.join(", ")) };
    let message = format!(
        "chaque valeur de la liste `{field}` donne ici `{outcome}`{given}, et une cellule vide aussi"
    );
    at("L0507", message, span, "le même résultat, quoi que dise la liste")
        .with_label(list, "cette liste peut être vide, et n'a pas de valeur pour « aucune de celles-ci »")
        .with_note(
            "ajouter une valeur pour les autres (`aucun`, avec `empty = \"aucun\"` si une cellule vide est cela), ou dire ce qu'est une cellule vide: `unlisted = \"pourquoi\"`, `exhaustive = \"pourquoi\"` ou `required = true`",
        )
}

/// L0510: a parameter that no rule reads.
pub fn unread_parameter(path: &str, span: Span) -> Diagnostic {
    at("L0510", format!("aucune règle ne lit le paramètre `{path}`"), span, "jamais lu par `param`")
}

/// L0511: a field that no rule reads.
pub fn unread_field(name: &str, span: Span) -> Diagnostic {
    at("L0511", format!("aucune règle ne lit le champ `{name}`"), span, "dans aucune signature")
}

/// L0512: a helper that nothing calls.
pub fn uncalled(name: &str, span: Span) -> Diagnostic {
    at("L0512", format!("aucune règle n'appelle la fonction `{name}`"), span, "jamais appelée")
}

/// L0513: a rule that nothing reads and nobody asks for.
pub fn unread_rule(name: &str, span: Span) -> Diagnostic {
    let label = "dans aucune signature, et non marquée comme un résultat";
    at("L0513", format!("rien ne lit la règle `{name}`"), span, label).with_note(
        "ajouter `/// résultat` au-dessus, ou la nommer dans `results`, `[groups]` ou `[matching]` de pack.toml",
    )
}

/// L0514: a name of a signature that the rule does not use.
pub fn unused_name(rule: &str, name: &str, span: Span) -> Diagnostic {
    let label = "jamais lu: le retirer de la signature";
    at("L0514", format!("`{rule}` n'emploie pas `{name}`"), span, label)
}

/// L0515: a `let` that nothing reads.
pub fn unused_let(name: &str, span: Span) -> Diagnostic {
    at("L0515", format!("`{name}` ne sert à rien"), span, "nommé ici, jamais lu")
}

/// L0516: a result that no group names.
pub fn in_no_group(name: &str, span: Span) -> Diagnostic {
    let label = "`logis eval` ne le montre que si on le demande par son nom";
    at("L0516", format!("aucun groupe ne nomme le résultat `{name}`"), span, label)
        .with_note("le nommer dans `results` ou dans un groupe de `[groups]` de pack.toml")
}

/// L0520: days without a value between two values.
pub fn gap(
    path: &str,
    (next, from): (impl Display, impl Display),
    until: impl Display,
    later: Span,
    earlier: Span,
) -> Diagnostic {
    let message = format!("`{path}` n'a pas de valeur à partir du {next}, avant le {from}");
    at("L0520", message, later, format!("vaut à partir du {from}"))
        .with_label(earlier, format!("a valu jusqu'au {until}"))
}

/// L0521: days with two values.
pub fn overlap(
    path: &str,
    from: impl Display,
    until: impl Display,
    earlier: Span,
    later: Span,
) -> Diagnostic {
    let message = format!("`{path}` a deux valeurs du {from} au {until}");
    at("L0521", message, earlier, format!("vaut jusqu'au {until}"))
        .with_label(later, format!("vaut déjà à partir du {from}, et c'est elle qui est prise"))
}

/// L0521: a value that ends before it begins.
pub fn ends_before(path: &str, from: impl Display, until: impl Display, span: Span) -> Diagnostic {
    let message = format!("une valeur de `{path}` finit avant de commencer");
    at("L0521", message, span, format!("du {from} au {until}"))
}

/// L0522: a table that does not cover every day or year from the day that the pack asks to the last that it knows of.
pub fn incomplete(path: &str, missing: &[String], span: Span) -> Diagnostic {
    let message = format!("`{path}` ne couvre pas tout: {}", missing.join("; "));
    at("L0522", message, span, "les décisions de ces jours sont inconnues, ou prises sur l'année d'avant")
}

/// L0530: a number that a rule computes with.
pub fn written_number(rule: &str, number: &str, span: Span) -> Diagnostic {
    let message = format!("`{rule}` calcule avec {number}, écrit dans le script");
    at("L0530", message, span, "un seuil ?")
        .with_note("le mettre dans une table de paramètres datée, avec sa source, et le lire par `param`")
}

/// L0540: a tag `monotone` that does not read.
pub fn unreadable_claim(said: &str, span: Span) -> Diagnostic {
    at("L0540", format!("`{said}` ne dit pas comment le résultat varie"), span, "non compris")
        .with_note("écrire `/// monotone: croissante en NOM` ou `/// monotone: décroissante en NOM`")
}

/// L0540: a tag `monotone` that names nothing.
pub fn claim_of_nothing<'a>(name: &str, known: impl IntoIterator<Item = &'a str>, span: Span) -> Diagnostic {
    at("L0540", format!("`{name}` n'est ni un champ ni une règle"), span, did_you_mean(name, known))
}

/// Two rows that differ in one value, and what a rule gives for each.
pub struct Counterexample<'a> {
    /// The day as of which they are decided.
    pub day: String,
    /// What differs.
    pub name: &'a str,
    /// The smaller value and its outcome.
    pub low: (String, String),
    /// The larger value and its outcome.
    pub high: (String, String),
    /// What is common to both, `name = value`.
    pub common: Vec<String>,
}

impl Display for Counterexample<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Counterexample { day, name, low, high, common } = self;
        write!(f, "au {day}: {name} = {} donne {}, {name} = {} donne {}", low.0, low.1, high.0, high.1)?;
        if !common.is_empty() {
            write!(f, ", avec {}", common.join(", "))?;
        }
        Ok(())
    }
}

/// L0541: a rule that does not move as its tag says.
pub fn refuted(rule: &str, name: &str, example: String, span: Span) -> Diagnostic {
    let message = format!("`{rule}` ne varie pas avec `{name}` comme il est dit ici");
    at("L0541", message, span, "il y a un contre-exemple").with_note(example)
}

/// L0542: a rule of which it is not proved that it moves as its tag says.
pub fn unproved(rule: &str, name: &str, span: Span, lost: Span) -> Diagnostic {
    let message = format!("il n'est pas prouvé que `{rule}` varie avec `{name}` comme il est dit ici");
    at("L0542", message, span, "ni preuve, ni contre-exemple aux seuils")
        .with_label(lost, "la preuve ne suit pas ceci")
}

/// L0523: a rule that a territory gives in place of the national one.
pub fn replaced(rule: &str, territory: &str, local: Span, national: Span) -> Diagnostic {
    let message = format!("le territoire `{territory}` remplace la règle `{rule}`");
    at("L0523", message, local, "celle du territoire").with_label(national, "celle qu'elle remplace")
}

/// L0524: tables that a territory does not give. `missing` are they, each with the rules that read it.
pub fn not_given(territory: &str, missing: &[(&str, Vec<&str>)], span: Span) -> Diagnostic {
    let count = super::count(missing.len(), "table");
    let said = missing.iter().map(|(path, rules)| {
        let rules: Vec<String> = rules.iter().map(|rule| format!("`{rule}`")).collect();
        format!("`{path}`, que lit {}", rules.join(", "))
    });
    let message = format!("le territoire `{territory}` ne donne pas {count} que des règles lisent");
    let note = said.collect::<Vec<_>>().join(" ; ");
    at("L0524", message, span, "ce qui en a besoin est inconnu pour ses lignes").with_note(note)
}
