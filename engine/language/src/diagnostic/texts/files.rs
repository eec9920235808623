//! Files and what is written in them: L0001 to L0004, L0021 to L0032.

use super::{Diagnostic, at, did_you_mean, nowhere};
use crate::diagnostic::Span;

/// What a table of a TOML file is, as messages on its keys call it.
pub mod what {
    /// The file `pack.toml`.
    pub const PACK: &str = "pack.toml";
    /// Its table `[matching]`.
    pub(crate) const MATCHING: &str = "`[matching]`";
    /// Its table `[groups]`.
    pub(crate) const GROUPS: &str = "`[groups]`";
    /// Its table `[measures]`.
    pub const MEASURES: &str = "`[measures]`";
    /// Its table `[territories]`.
    pub(crate) const TERRITORIES: &str = "`[territories]`";
    /// Its table `[doc]`.
    pub(crate) const DOC: &str = "`[doc]`";
    /// Its table `[check]`.
    pub(crate) const CHECK: &str = "`[check]`";
    /// A quota whose name has not been read.
    pub(crate) const A_QUOTA: &str = "quota";
    /// `[matching.flow]`.
    pub(crate) const FLOW: &str = "`[matching.flow]`";
    /// One of its holders.
    pub(crate) const A_HOLDER: &str = "`[[matching.flow.holders]]`";
    /// Who comes first, whose name has not been read.
    pub(crate) const A_FIRST: &str = "`[[matching.first]]`";
    /// The file `mutants.toml`.
    pub(crate) const MUTANTS: &str = "mutants.toml";
    /// One of its mutants.
    pub(crate) const MUTANT: &str = "mutant accepté";
    /// One of its conditions.
    pub(crate) const CONDITION: &str = "condition acceptée";

    /// A quota.
    pub fn quota(name: &str) -> String {
        format!("quota `{name}`")
    }

    /// Who comes first.
    pub(crate) fn first(name: &str) -> String {
        format!("`[[matching.first]]` `{name}`")
    }

    /// An entity of the schema.
    pub fn entity(name: &str) -> String {
        format!("entité `{name}`")
    }

    /// A relation between two entities.
    pub fn relation(from: &str, to: &str) -> String {
        format!("relation de `{from}` à `{to}`")
    }

    /// A field of an entity.
    pub fn field(entity: &str, name: &str) -> String {
        format!("champ `{entity}.{name}`")
    }

    /// A parameter.
    pub fn parameter(path: &str) -> String {
        format!("paramètre `{path}`")
    }

    /// A dated value of a parameter.
    pub fn value_of(path: &str) -> String {
        format!("valeur de `{path}`")
    }

    /// A text that `[sources]` declares.
    pub fn known_text(name: &str) -> String {
        format!("source « {name} »")
    }

    /// What is said of the verification of a parameter.
    pub(crate) fn verified_of(path: &str) -> String {
        format!("`verified` de `{path}`")
    }

    /// A territory.
    pub(crate) fn territory(name: &str) -> String {
        format!("territoire `{name}`")
    }

    /// The source of a dated value.
    pub(crate) fn source_of(path: &str) -> String {
        format!("source de `{path}`")
    }
}

/// What a value must be, after « doit être ».
pub mod form {
    /// A text.
    pub const TEXT: &str = "un texte";
    /// A list of texts.
    pub const TEXTS: &str = "une liste de textes";
    /// `true` or `false`.
    pub(crate) const BOOLEAN: &str = "true ou false";
    /// An integer.
    pub(crate) const INTEGER: &str = "un nombre entier";
    /// A date.
    pub const DATE: &str = "une date telle que 2017-01-01";
    /// A list.
    pub(crate) const LIST: &str = "une liste";
    /// A table.
    pub const TABLE: &str = "une table";
    /// A list of tables.
    pub const TABLES: &str = "une liste de tables, chacune sous son `[[…]]`";
    /// A single value.
    pub const VALUE: &str = "une valeur seule";
}

/// The type of a TOML value, by the name that the parser gives it.
pub fn toml_kind(name: &str) -> &'static str {
    match name {
        "string" => "un texte",
        "integer" => "un nombre entier",
        "float" => "un nombre décimal",
        "boolean" => "true ou false",
        "datetime" => "une date ou une heure",
        "array" => "une liste",
        "table" => "une table",
        _ => "autre chose",
    }
}

/// L0001: a YAML key that is written twice.
pub(crate) fn key_written_twice(key: &str, span: Span) -> Diagnostic {
    at("L0001", format!("la clé `{key}` est écrite deux fois"), span, "de nouveau ici")
}

/// L0001: a YAML key that is no plain word.
pub(crate) fn not_a_key(span: Span) -> Diagnostic {
    at("L0001", "ceci n'est pas une clé", span, "attendu: un mot simple")
}

/// L0002: a key that a table does not have.
pub fn unknown_key<'a>(
    what: &str,
    key: &str,
    known: impl IntoIterator<Item = &'a str>,
    span: Span,
) -> Diagnostic {
    at("L0002", format!("{what}: la clé `{key}` n'existe pas"), span, did_you_mean(key, known))
}

/// L0002: a key at the top of a file of cases.
pub(crate) fn key_beside_cases(key: &str, span: Span) -> Diagnostic {
    at("L0002", format!("la clé `{key}` n'existe pas"), span, "les cas se mettent sous `cas`")
}

/// L0003: a key whose value has another form.
pub fn wrong_form(what: &str, key: &str, expected: &str, found: &str, span: Span) -> Diagnostic {
    let message = format!("{what}: `{key}` doit être {expected}");
    at("L0003", message, span, format!("trouvé: {found}"))
}

/// L0004: a key that a table must have.
pub(crate) fn missing_key(what: &str, key: &str, span: Span) -> Diagnostic {
    at("L0004", format!("{what}: il manque la clé `{key}`"), span, format!("ajouter `{key} = \"…\"`"))
}

/// L0021: a statement outside of every function.
pub(crate) fn outside_functions(span: Span) -> Diagnostic {
    at("L0021", "un fichier de règles ne contient que des fonctions", span, "ceci est hors de toute fonction")
        .with_note("le mettre dans une règle, ou dans une table de paramètres")
}

/// L0022: a file name that begins as a date and is none.
pub(crate) fn not_a_date_in_name(written: &str, span: Span) -> Diagnostic {
    let label = "nommer le fichier comme `plus.2020-01-02.rhai`";
    at("L0022", format!("`{written}`, dans le nom du fichier, n'est pas une date"), span, label)
}

/// L0023: a rule file without its entity.
pub(crate) fn rules_without_entity(span: Span) -> Diagnostic {
    let message = "le fichier ne dit pas de quelle entité parlent ses règles";
    at("L0023", message, span, "commencer par `//! entité: NOM`")
}

/// L0023: a table of cases without its entity.
pub(crate) fn cases_without_entity(span: Span) -> Diagnostic {
    let message = "le fichier ne dit pas de quelle entité parlent ses cas";
    at("L0023", message, span, "commencer par `# entité: NOM`")
}

/// L0024: a tag of a doc comment that nearly is one.
pub(crate) fn unknown_tag(tag: &str, known: &[&str], span: Span) -> Diagnostic {
    let label = did_you_mean(tag, known.iter().copied());
    at("L0024", format!("l'étiquette `{tag}` n'existe pas"), span, label)
}

/// L0024: a `sens` that is none of the three.
pub(crate) fn unknown_sense(said: &str, span: Span) -> Diagnostic {
    let label = "attendu: `favorable`, `défavorable` ou `neutre`";
    at("L0024", format!("`{said}` n'est pas un `sens`"), span, label)
}

/// L0037: an `en vigueur` that gives no days.
pub(crate) fn not_days(said: &str, span: Span) -> Diagnostic {
    let label = "attendu: `du 2012-05-02 au 2023-06-30`, `depuis le 2012-05-02` ou `jusqu'au 2023-06-30`";
    at("L0037", format!("« {said} » ne dit pas quand la règle est en vigueur"), span, label)
}

/// L0037: a second `en vigueur` of one rule.
pub(crate) fn in_force_twice(span: Span) -> Diagnostic {
    let label = "les jours d'une règle se disent une seule fois, sur un de ses textes";
    at("L0037", "`en vigueur` est dit deux fois de cette règle", span, label)
}

/// L0037: an `en vigueur` of a helper.
pub(crate) fn in_force_of_helper(name: &str, span: Span) -> Diagnostic {
    let label = "le mettre sur la règle qui l'appelle";
    at("L0037", format!("`{name}` est une fonction, et ne décide rien seule"), span, label)
}

/// L0032: two files of one reference table with other headers.
pub(crate) fn other_columns(path: &str, first: &str, span: Span) -> Diagnostic {
    let message = format!("`{path}` n'a pas les en-têtes de `{first}`, qui est de la même table");
    at("L0032", message, span, "chaque fichier d'une table a les mêmes colonnes, dans le même ordre")
}

/// L0031: a folder without `schema.toml`. `root` is empty where the files were given one by one.
pub(crate) fn no_schema(root: &str) -> Diagnostic {
    let looked = if root.is_empty() { "les fichiers donnés" } else { root };
    nowhere("L0031", "le paquet n'a pas de schema.toml").with_note(format!("cherché dans {looked}"))
}

/// L0032: a reference table whose file is not there.
pub(crate) fn no_reference<'a>(
    file: &str,
    known: impl IntoIterator<Item = &'a str>,
    span: Span,
) -> Diagnostic {
    at("L0032", format!("le paquet n'a pas de fichier `{file}`"), span, did_you_mean(file, known))
}
