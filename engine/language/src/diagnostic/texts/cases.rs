//! Cases and `mutants.toml`: L0003, L0004, L0040 to L0046.

use super::{Diagnostic, a_type, at, did_you_mean};
use crate::diagnostic::Span;
use crate::value::Type;

/// What stands in a file of cases, as messages call it.
pub mod what {
    /// The file as a whole.
    pub const FILE: &str = "le fichier";
    /// One case.
    pub const CASE: &str = "un cas";
    /// One row of an entity.
    pub const ROW: &str = "une ligne";
    /// What the file must be.
    pub(crate) const TABLE_OF_CASES: &str = "une table qui a la clé `cas`";
    /// What the inputs of an entity must be.
    pub(crate) const INPUTS: &str = "une table de données";
    /// Nothing is written.
    pub(crate) const NOTHING: &str = "rien";
}

/// L0003: something of another form.
pub fn wrong_form(what: &str, expected: &str, found: &str, span: Span) -> Diagnostic {
    at("L0003", format!("{what} doit être {expected}"), span, format!("trouvé: {found}"))
}

/// L0003: a value of TOML that no cell holds.
pub fn not_plain(found: &str, span: Span) -> Diagnostic {
    at("L0003", "un cas ne contient que des valeurs simples", span, format!("trouvé: {found}"))
}

/// L0003: an empty value in YAML.
pub(crate) fn says_nothing(span: Span) -> Diagnostic {
    at("L0003", "une valeur vide ne dit rien", span, "écrire une valeur, ou `inconnu`")
}

/// L0003: reasons that are no names.
pub(crate) fn reasons_not_names(rule: &str, span: Span) -> Diagnostic {
    let label = "écrire une liste de règles, de champs ou de paramètres";
    at("L0003", format!("les raisons de `{rule}` doivent être des noms"), span, label)
}

/// L0003: a tolerance that is no number.
pub(crate) fn not_a_tolerance(rule: &str, found: &str, span: Span) -> Diagnostic {
    let message = format!("la tolérance de `{rule}` doit être un nombre, au moins 0");
    at("L0003", message, span, format!("trouvé: `{found}`"))
}

/// L0004: a case without a name.
pub(crate) fn unnamed(span: Span) -> Diagnostic {
    at("L0004", "le cas n'a pas de `nom`", span, "ajouter `nom = \"…\"`")
}

/// L0040: a case without a date.
pub fn undated(name: &str, span: Span) -> Diagnostic {
    at("L0040", format!("le cas « {name} » n'a pas de date"), span, "ajouter `date = 2017-06-30`")
}

/// L0040: a line of a table of cases without a date.
pub(crate) fn undated_line(span: Span) -> Diagnostic {
    let label = "attendu dans la colonne `date`: un jour tel que 2017-06-30";
    at("L0040", "ce cas n'a pas de date", span, label)
}

/// L0041: a case that expects nothing.
pub(crate) fn expects_nothing(name: &str, span: Span) -> Diagnostic {
    at("L0041", format!("le cas « {name} » n'attend rien"), span, "ajouter `attendu = { REGLE = … }`")
}

/// L0041: a line of a table of cases that expects nothing.
pub(crate) fn line_expects_nothing(span: Span) -> Diagnostic {
    at("L0041", "ce cas n'attend rien", span, "remplir une colonne `attendu:REGLE`")
}

/// L0043: a value that is not of the type of its field or rule.
pub fn wrong_type(text: &str, name: &str, ty: &Type, span: Span) -> Diagnostic {
    let message = format!("`{text}` n'est pas une valeur de `{name}`");
    at("L0043", message, span, format!("attendu: {}", a_type(ty)))
}

/// L0044: a tolerance for a rule of which nothing is expected.
pub(crate) fn tolerance_of_nothing<'a>(
    rule: &str,
    expected: impl IntoIterator<Item = &'a str>,
    span: Span,
) -> Diagnostic {
    let message = format!("une tolérance pour `{rule}`, dont le cas n'attend rien");
    at("L0044", message, span, did_you_mean(rule, expected))
}

/// L0044: a tolerance for what is no number.
pub fn tolerance_of_no_number(rule: &str, ty: &Type, span: Span) -> Diagnostic {
    let message = format!("`{rule}` donne {}: une tolérance n'a pas de sens", a_type(ty));
    at("L0044", message, span, "seul un nombre peut différer de peu")
}

/// A form of YAML that cases do not use.
#[derive(Clone, Copy, Debug)]
pub enum Yaml {
    /// `*name`
    Alias,
    /// `!tag`
    Tag,
    /// After `---`.
    Document,
}

/// L0045: a form of YAML that is not read.
pub(crate) fn refused_yaml(form: Yaml, span: Span) -> Diagnostic {
    let what = match form {
        Yaml::Alias => "un alias",
        Yaml::Tag => "une étiquette YAML",
        Yaml::Document => "un second document",
    };
    at("L0045", format!("{what} ne se lit pas dans un fichier de cas"), span, "l'écrire en toutes lettres")
}

/// L0046: a mutant of nothing, or of several things.
pub(crate) fn mutant_of_what(span: Span) -> Diagnostic {
    let message = "un mutant est d'une règle, d'un paramètre ou d'une table de référence";
    at("L0046", message, span, "écrire une seule de ces clés: `rule`, `parameter`, `table`")
}

/// The words at a case whose rules cannot be planned.
pub const ASKED_BY_THIS_CASE: &str = "demandé par ce cas";
