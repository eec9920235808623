//! The texts of the messages on scenario files, in French: L0002 to L0004, L0101, L0102, L0120, L0601.
//!
//! A function is a message: it takes the facts and the place. The code that finds a problem names the message and
//! holds no words of its own. The sentence says what is wrong; the words at the place say what was found, what is
//! expected or what to write.

use logis_language::diagnostic::texts::{did_you_mean, files};
use logis_language::diagnostic::{Diagnostic, Span, nearest};

pub(super) use files::unknown_key;

/// What a table of a scenario file is, as messages on its keys call it.
pub(super) mod what {
    /// The file as a whole.
    pub const SCENARIO: &str = "scénario";
    /// `[base]`
    pub const BASE: &str = "`[base]`";
    /// `[measures]`
    pub const MEASURES: &str = "`[measures]`";
    /// `[years]`
    pub const YEARS: &str = "`[years]`";
    /// `[weeks]`
    pub const WEEKS: &str = "`[weeks]`";
    /// `[leases]`
    pub const LEASES: &str = "`[leases]`";
    /// `[variant.matching]`
    pub const VARIANT_MATCHING: &str = "`[variant.matching]`";
    /// `[[assumption]]`
    pub const ASSUMPTION: &str = "hypothèse";
    /// `[[variant]]` whose name has not been read.
    pub const A_VARIANT: &str = "variante";
    /// `[[sweep]]` whose name has not been read.
    pub const A_SWEEP: &str = "balayage";
    /// `[[sweep.axis]]`
    pub const AXIS: &str = "axe";
    /// `[[observed]]`
    pub const OBSERVED: &str = "chiffre observé";
    /// `[[target]]`
    pub const TARGET: &str = "objectif";
    /// `[[years.move]]`
    pub const MOVE: &str = "montant qui suit un paramètre";
    /// `[[….parameter]]` whose path has not been read.
    pub const A_PARAMETER: &str = "changement d'un paramètre";

    /// `[[variant]]`
    pub fn variant(name: &str) -> String {
        format!("variante `{name}`")
    }

    /// `[[sweep]]`
    pub fn sweep(name: &str) -> String {
        format!("balayage `{name}`")
    }

    /// `[[….parameter]]`
    pub fn parameter(path: &str) -> String {
        format!("changement de `{path}`")
    }

    /// `[[….ENTITY]]`
    pub fn rows(entity: &str) -> String {
        format!("changement de `{entity}`")
    }

    /// `members.ENTITY`
    pub fn members(entity: &str) -> String {
        format!("membres `{entity}`")
    }
}

/// What a value must be, after « doit être ».
pub(super) mod form {
    /// Keys of a cell.
    pub const KEYS: &str = "une clé, ou une liste de clés";
    /// A date.
    pub const DATE: &str = "une date";
    /// A number.
    pub const NUMBER: &str = "un nombre";
    /// Numbers.
    pub const NUMBERS: &str = "une liste de nombres";
    /// Cells of a change.
    pub const VALUES: &str = "une valeur, ou une liste de valeurs";
    /// How many rows.
    pub const COUNT: &str = "un nombre de lignes, une part ou \"all\"";
    /// A table of members.
    pub const TABLE: &str = "une table";
    /// How far a figure may be from another.
    pub const DISTANCE: &str = "une distance: zéro, ou plus";
    /// A probability.
    pub const PROBABILITY: &str = "un nombre de 0 à 1";
    /// How ranks are filled.
    pub const RANKS: &str = "une façon de remplir les rangs";
    /// A share.
    pub const SHARE: &str = "une part";
    /// The margin of a quota.
    pub const MARGIN: &str = "un nombre de membres";
    /// The margins of quotas.
    pub const MARGINS: &str = "`\"least\"`, ou un nombre de membres par quota";
}

/// An example of a value, which may have digits of too many places.
pub(super) fn such_as(example: &str, is_long: bool) -> String {
    match is_long {
        true => format!("attendu: {example}; 14 chiffres au plus avant la virgule et 9 après"),
        false => format!("attendu: {example}"),
    }
}

/// The words at a value of another form, by the name that the parser gives to its form.
pub(super) fn found(name: &str) -> String {
    format!("trouvé: {}", files::toml_kind(name))
}

/// L0003: a value of another form.
pub(super) fn wrong_form(what: &str, key: &str, form: &str, span: Span, label: String) -> Diagnostic {
    error("L0003", format!("{what}: `{key}` doit être {form}"), span, label)
}

/// L0003: more rows than any change may add.
pub(super) fn too_much_to_add(most: usize, span: Span) -> Diagnostic {
    let message = format!("`max_added` doit être un nombre de lignes, {most} au plus");
    error("L0003", message, span, "attendu: 5_000_000, par exemple")
}

/// L0003: a stock that is no number of units.
pub(super) fn not_a_stock(most: i64, span: Span) -> Diagnostic {
    let message = format!("`stock` doit être un nombre de logements, {most} au plus");
    error("L0003", message, span, "attendu: 1050, par exemple")
}

/// L0003: a number that is none, or too large.
pub(super) fn not_so_many(what: &str, key: &str, (most, example): (i64, &str), span: Span) -> Diagnostic {
    let message = format!("{what}: `{key}` doit être un entier de 1 à {most}");
    error("L0003", message, span, such_as(example, false))
}

/// L0004: a scenario without a baseline.
pub(super) fn no_base(span: Span) -> Diagnostic {
    let label = "ajouter `[base]`, avec `data = \"…\"` ou `population = \"…\"`";
    error("L0004", "le scénario n'a pas de `[base]`", span, label)
}

/// L0101, L0102, L0120, L0601: a name that nothing has. `why` says so.
pub(super) fn unknown(
    code: &'static str,
    why: String,
    (name, span): &(String, Span),
    names: Vec<&str>,
) -> Diagnostic {
    error(code, why, span.clone(), did_you_mean(name, names))
}

/// Why a name is unknown.
pub(super) mod no {
    /// No variant.
    pub fn variant(name: &str) -> String {
        format!("il n'y a pas de variante `{name}`")
    }

    /// No reference table.
    pub fn reference(name: &str) -> String {
        format!("`{name}` n'est pas une table de référence du paquet de règles")
    }

    /// No group.
    pub fn group(name: &str) -> String {
        format!("le paquet de règles n'a pas de groupe `{name}`")
    }

    /// No quota.
    pub fn quota(name: &str) -> String {
        format!("le paquet de règles n'a pas de quota `{name}`")
    }

    /// Neither a rule nor a field.
    pub fn rule_or_field(name: &str) -> String {
        format!("`{name}` n'est ni une règle ni un champ")
    }

    /// No field with numbers.
    pub fn number_field(name: &str) -> String {
        format!("`{name}` n'est pas un champ de nombres")
    }

    /// No field with dates of an entity.
    pub fn date_field(name: &str, entity: &str) -> String {
        format!("`{name}` n'est pas un champ de dates de `{entity}`")
    }

    /// No parameter of one number.
    pub fn plain_parameter(name: &str) -> String {
        format!("`{name}` n'est pas un paramètre sans clés")
    }

    /// No parameter.
    pub fn parameter(path: &str) -> String {
        format!("il n'y a pas de paramètre `{path}`")
    }

    /// No entity, and no key.
    pub fn entity_or_key(name: &str) -> String {
        format!("`{name}` n'est ni une entité des données ni une clé d'une variante")
    }

    /// No field of an entity.
    pub fn field(entity: &str, name: &str) -> String {
        format!("l'entité `{entity}` n'a pas de champ `{name}`")
    }
}

/// L0601: something that must be one of several keys is none, or two.
pub(super) fn not_one_of(what: &str, keys: &str, span: Span) -> Diagnostic {
    error("L0601", format!("{what}: ne dit rien, ou deux choses"), span, format!("attendu: un de {keys}"))
}

/// L0601: a key that this kind of change does not take.
pub(super) fn other_change(key: &str, instead: &str, span: Span) -> Diagnostic {
    error("L0601", format!("`{key}` n'est pas de ce genre de changement"), span, instead)
}

/// What to write where a key is of another kind of change.
pub(super) mod instead {
    /// Of `where`, for rows that are added.
    pub const LIKE: &str = "les lignes à copier se disent par `like`";
    /// Of `to`, for rows that are added.
    pub const WITH: &str = "ce qui s'écrit dans les lignes ajoutées se dit par `with`";
    /// Of a new row.
    pub const NO_COPY: &str = "une ligne `new` n'en copie aucune";
    /// Of rows that are changed or removed.
    pub const WHERE_AND_TO: &str =
        "les lignes à changer ou à retirer se disent par `where`, ce qui s'y écrit par `to`";
    /// Of members that are not of rows added.
    pub const OWN_CHANGE: &str = "les membres se changent par un changement à eux";
    /// Of rows that are removed.
    pub const NOTHING_WRITTEN: &str = "rien ne s'écrit dans des lignes retirées";
    /// Of members.
    pub const MEMBERS: &str = "avec `where` et `to`";
}

/// L0601: a date of the baseline, though the years have dates.
pub(super) fn date_beside_years(dates: usize, span: Span) -> Diagnostic {
    let message = format!("`as_of` de `[base]` ne dit rien: les {dates} dates de `[years]` le font");
    error("L0601", message, span, "retirer `as_of`")
}

/// L0601: years of a variant, though the scenario has none.
pub(super) fn years_of_variant(span: Span) -> Diagnostic {
    let message = "une variante a des `years`, et le scénario n'en a pas";
    error("L0601", message, span, "ajouter `[years]` au scénario, ou les retirer")
}

/// L0601: sessions of a variant, though the scenario has none.
pub(super) fn weeks_of_variant(span: Span) -> Diagnostic {
    let message = "une variante a des `weeks`, et le scénario n'en a pas";
    error("L0601", message, span, "ajouter `[weeks]` au scénario, ou les retirer")
}

/// L0601: a word that a key does not take.
pub(super) fn no_such_word(key: &str, word: &str, words: &[&str], span: Span) -> Diagnostic {
    let named: Vec<String> = words.iter().map(|own| format!("`{own}`")).collect();
    let hint = nearest(word, words.iter().copied());
    let hint = hint.map_or_else(String::new, |near| format!("; vouliez-vous dire `{near}` ?"));
    let message = format!("`{key}` ne peut être `{word}`");
    error("L0601", message, span, format!("attendu: {}{hint}", named.join(" ou ")))
}

/// L0601: a margin, though years go by sessions.
pub(super) fn margin_of_sessions(span: Span) -> Diagnostic {
    let message = "une variante a une marge, et le scénario des séances";
    error("L0601", message, span, "retirer `margin`, ou `[weeks]` : une marge est celle d'un appariement")
}

/// L0601: the least margin, though nothing says how leases come about.
pub(super) fn margin_without_leases(span: Span) -> Diagnostic {
    let message = "la moindre marge se cherche sur les baux, et le scénario n'a pas de `[leases]`";
    error("L0601", message, span, "ajouter `[leases]` au scénario, avec `acceptance = 0.54`, par exemple")
}

/// L0601: a margin in the order of points.
pub(super) fn margin_by_points(span: Span) -> Diagnostic {
    let message = "une marge et l'ordre des points, qui ne sert aucune part";
    error("L0601", message, span, "retirer `margin`, ou `order`")
}

/// L0601: quotas that must be met in the order of points.
pub(super) fn hard_by_points(span: Span) -> Diagnostic {
    let message = "des parts à tenir, et l'ordre des points, qui n'en sert aucune";
    error("L0601", message, span, "retirer `hard`, ou `order`")
}

/// L0601: to whom attributions are charged, in a pack that charges none.
pub(super) fn no_flow(span: Span) -> Diagnostic {
    let message = "une variante a un `flow`, et le paquet de règles n'impute aucune attribution";
    error("L0601", message, span, "retirer `flow` : `[matching]` de pack.toml n'a pas de `[matching.flow]`")
}

/// L0601: offers that nobody answers.
pub(super) fn no_acceptance(what: &str, span: Span) -> Diagnostic {
    let message = format!("{what}: rien ne dit combien de propositions sont acceptées");
    let label =
        "ajouter `acceptance = 0.54`, par exemple, ou une règle `acceptance` à `[matching]` de pack.toml";
    error("L0601", message, span, label)
}

/// L0601: a date of a variant, though the years have dates.
pub(super) fn date_of_variant(span: Span) -> Diagnostic {
    error("L0601", "une variante a une date `as_of`, et `[years]` dit les dates", span, "retirer `as_of`")
}

/// L0601: a name that cannot be that of a file.
pub(super) fn not_plain(name: &str, span: Span) -> Diagnostic {
    let label = "attendu: des lettres sans accents, des chiffres, `_` et `-`";
    error("L0601", format!("`{name}` n'est pas un nom simple"), span, label)
}

/// L0601: a name that stands twice.
pub(super) fn named_twice(name: &str, span: Span) -> Diagnostic {
    error("L0601", format!("le nom `{name}` est donné deux fois"), span, "choisir un autre nom")
}

/// L0601: neither or both of data and population.
pub(super) fn data_or_population(span: Span) -> Diagnostic {
    error("L0601", "un scénario a `data` ou `population`", span, "attendu: l'un des deux, et pas les deux")
}

/// L0601: several packages, and not one for each seed.
pub(super) fn packages_and_seeds(packages: usize, seeds: usize, span: Span) -> Diagnostic {
    let label = "un paquet pour chaque graine de `seeds`, dans leur ordre; ou un seul pour toutes";
    error("L0601", format!("`data` liste {packages} paquets pour {seeds} graines"), span, label)
}

/// L0601: a seed that stands twice.
pub(super) fn seed_twice(span: Span) -> Diagnostic {
    let message =
        "une graine de `seeds` est donnée deux fois: elle tirerait les mêmes lignes et compterait double";
    error("L0601", message, span, "attendu: chacune une fois")
}

/// L0601: what is no list of seeds.
pub(super) fn not_seeds(span: Span) -> Diagnostic {
    let message = "`seeds` doit être une liste d'entiers de 0 à 2^64 - 1, ou le premier et leur nombre (100000 au plus)";
    error("L0601", message, span, "attendu: `[1, 2, 3]` ou `{ first = 1, count = 20 }`, par exemple")
}

/// L0601: a sweep of no parameter, or of more than two.
pub(super) fn axes(what: &str, span: Span) -> Diagnostic {
    let message = format!("{what}: fait varier un paramètre, ou deux");
    error("L0601", message, span, "attendu: un ou deux `[[sweep.axis]]`")
}

/// L0601: an axis without a point.
pub(super) fn no_points(span: Span) -> Diagnostic {
    let label = "ajouter `set`, `add` ou `multiply`, chacun une liste";
    error("L0601", "un axe n'a pas de valeurs", span, label)
}

/// L0601: an observed figure without a value.
pub(super) fn no_value(span: Span) -> Diagnostic {
    error("L0601", "un chiffre observé n'a pas de `value`", span, "ajouter `value = …`")
}

/// L0601: dates that are not in order.
pub(super) fn not_dates(span: Span) -> Diagnostic {
    let message =
        "`dates` de `[years]` doit être une liste de dates, chacune après celle d'avant, 50 au plus";
    error("L0601", message, span, "attendu: `[2017-12-31, 2018-12-31, 2019-12-31]`, par exemple")
}

/// L0601: more units than may be added.
pub(super) fn stock_too_large(stock: u64, most: usize, span: Span) -> Diagnostic {
    error("L0601", format!("`stock` demande {stock} logements, {most} au plus"), span, LIMIT)
}

/// L0601: more rows than may be added.
pub(super) fn change_too_large(entity: &str, asked: &str, most: usize, span: Span) -> Diagnostic {
    error("L0601", format!("`add` de `{entity}` demande {asked} lignes, {most} au plus"), span, LIMIT)
}

/// L0601: changes that add too many rows, as the data turn out.
pub(super) fn too_many_rows(table: &str, most: usize, span: Span) -> Diagnostic {
    error("L0601", format!("les changements ajoutent plus de {most} lignes à `{table}`"), span, LIMIT)
}

const LIMIT: &str = "`max_added` de `[base]` donne une autre limite";

/// L0601: more runs than a scenario may have.
pub(super) fn too_many_runs(
    (runs, most): (u128, u128),
    (seeds, each): (usize, u128),
    span: Span,
) -> Diagnostic {
    let message = format!("le scénario demande {runs} calculs, {most} au plus");
    error("L0601", message, span, format!("{seeds} graines, {each} situations pour chacune"))
}

/// L0601: a figure that is not a place of a table.
pub(super) fn not_a_figure(name: &str, span: Span) -> Diagnostic {
    let label = "attendu: une table, une ligne et une colonne, comme `synthese.attributions.valeur`";
    error("L0601", format!("`{name}` n'est pas un chiffre du rapport"), span, label)
}

/// L0601: a figure that the report has not.
pub(super) fn no_figure<'f>(
    name: &str,
    figures: impl IntoIterator<Item = &'f str>,
    span: Span,
) -> Diagnostic {
    error("L0601", format!("le rapport n'a pas de chiffre `{name}`"), span, did_you_mean(name, figures))
}

/// L0601: a row that a reference table has not.
pub(super) fn no_row<'i>(
    table: &str,
    key: &str,
    keys: impl IntoIterator<Item = &'i str>,
    span: Span,
) -> Diagnostic {
    let near = did_you_mean(key, keys);
    let label = if near.is_empty() { "attendu: une clé de cette table".to_string() } else { near };
    error("L0601", format!("`{table}` n'a pas de ligne `{key}`"), span, label)
}

/// L0601: a new row without its identifier.
pub(super) fn no_identifier(entity: &str, key: &str, span: Span) -> Diagnostic {
    let message = format!("une ligne nouvelle de `{entity}` n'a pas de `{key}`");
    error("L0601", message, span, format!("ajouter `{key} = \"…\"`"))
}

/// L0601: a value that a closed list has not.
pub(super) fn not_listed(field: &str, value: &str, listed: &[&str], span: Span) -> Diagnostic {
    let near = did_you_mean(value, listed.iter().copied());
    let label = if near.is_empty() { format!("attendu: {}", listed.join(", ")) } else { near };
    error("L0601", format!("`{value}` n'est pas une valeur de `{field}`"), span, label)
}

/// L0601: several values, or none, where one is written.
pub(super) fn not_one_value(field: &str, found: usize, span: Span) -> Diagnostic {
    error("L0601", format!("`{field}` prend une valeur"), span, format!("trouvé: {found} valeurs"))
}

/// L0601: a cell that a parameter has not. `keys` are the parts of the keys that it has, `by` what it is keyed by.
pub(super) fn no_cell<'k>(
    path: &str,
    asked: &str,
    keys: impl IntoIterator<Item = &'k str>,
    by: &[String],
    span: Span,
) -> Diagnostic {
    let near = did_you_mean(asked, keys);
    let label = match (near.is_empty(), by.is_empty()) {
        (false, _) => near,
        (true, true) => "ce paramètre n'a pas de clés".to_string(),
        (true, false) => format!("ses clés: {}", by.join(", ")),
    };
    error("L0601", format!("`{path}` n'a pas de cellule [{asked}]"), span, label)
}

/// L0601: a parameter that has no value on a date.
pub(super) fn no_value_on(path: &str, date: &str, span: Span) -> Diagnostic {
    error("L0601", format!("`{path}` n'a pas de valeur au {date}"), span, "choisir une autre date")
}

/// L0601: a change that does not fit the values of a parameter.
pub(super) fn does_not_fit(path: &str, is_number: bool, span: Span) -> Diagnostic {
    let label = match is_number {
        true => "ses valeurs sont des nombres",
        false => "ses valeurs ne sont pas des nombres",
    };
    error("L0601", format!("ce changement ne convient pas aux valeurs de `{path}`"), span, label)
}

fn error(code: &'static str, message: impl Into<String>, span: Span, label: impl Into<String>) -> Diagnostic {
    Diagnostic::error(code, message, span, label)
}
