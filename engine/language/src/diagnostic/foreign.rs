//! What others say in English, in French: the operating system, the readers of JSON and TOML.
//!
//! Errors of libraries carry English sentences. What a user reads is written here, from the kind of the error where
//! its type tells it, else from how its sentence begins; a sentence that is not known is told in general, never
//! passed on.

use std::error::Error;
use std::fmt;
use std::io;

use super::nearest;

/// A text for users inside an [`io::Error`]: [`io()`] gives it as it stands.
#[derive(Debug)]
pub struct Said(pub String);

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Said {}

/// What the operating system says.
pub fn io(error: &io::Error) -> String {
    if let Some(said) = error.get_ref().and_then(|inner| inner.downcast_ref::<Said>()) {
        return said.0.clone();
    }
    // Some numbers of Unix have no kind of their own.
    #[cfg(unix)]
    match error.raw_os_error() {
        Some(5) => return "le disque ne répond pas comme il doit".to_string(),
        Some(24) => return "trop de fichiers ouverts".to_string(),
        // The number of `ELOOP` differs between systems.
        Some(40) if cfg!(target_os = "linux") => {
            return "trop de liens symboliques, ou un lien vers lui-même".to_string();
        }
        _ => {}
    }
    let known = match error.kind() {
        io::ErrorKind::NotFound => "introuvable",
        io::ErrorKind::PermissionDenied => "accès refusé",
        io::ErrorKind::AlreadyExists => "il existe déjà",
        io::ErrorKind::IsADirectory => "c'est un dossier",
        io::ErrorKind::NotADirectory => "une partie du chemin n'est pas un dossier",
        io::ErrorKind::DirectoryNotEmpty => "le dossier n'est pas vide",
        io::ErrorKind::InvalidFilename => "ce nom de fichier n'est pas possible",
        io::ErrorKind::InvalidInput => "ce chemin n'est pas possible",
        io::ErrorKind::InvalidData => "le contenu n'est pas celui attendu (du texte en UTF-8 ?)",
        io::ErrorKind::UnexpectedEof => "le fichier s'arrête trop tôt",
        io::ErrorKind::StorageFull => "plus de place sur le disque",
        io::ErrorKind::QuotaExceeded => "le quota du disque est atteint",
        io::ErrorKind::FileTooLarge => "le fichier dépasse la taille permise",
        io::ErrorKind::ReadOnlyFilesystem => "le disque est en lecture seule",
        io::ErrorKind::ResourceBusy | io::ErrorKind::ExecutableFileBusy => "un autre programme l'utilise",
        io::ErrorKind::OutOfMemory => "mémoire insuffisante",
        io::ErrorKind::TimedOut => "pas de réponse à temps",
        io::ErrorKind::Interrupted => "interrompu",
        io::ErrorKind::BrokenPipe => "plus personne ne lit ce qui est écrit",
        io::ErrorKind::WriteZero => "rien n'a pu être écrit",
        io::ErrorKind::Unsupported => "le système ne le permet pas",
        _ => "",
    };
    match (known, error.raw_os_error()) {
        ("", Some(number)) => format!("erreur {number} du système"),
        ("", None) => "erreur du système".to_string(),
        (known, _) => known.to_string(),
    }
}

/// What the reader of JSON says, after the place.
pub fn json(error: &serde_json::Error) -> String {
    let words = json_without_place(error);
    match error.line() {
        0 => words,
        line => format!("ligne {line}, colonne {}: {words}", error.column()),
    }
}

/// What the reader of JSON says, without the place: of a text that is one line of a file, say.
pub fn json_without_place(error: &serde_json::Error) -> String {
    if error.is_io() {
        return error.io_error_kind().map_or_else(String::new, |kind| io(&kind.into()));
    }
    let text = error.to_string();
    json_words(text.rsplit_once(" at line ").map_or(text.as_str(), |(text, _)| text))
}

/// What the reader of TOML says, after the place.
pub fn toml(error: &toml::de::Error) -> String {
    let text = error.to_string();
    // Its first line tells the place: « TOML parse error at line 3, column 5 ».
    let place = text.lines().next().and_then(|line| line.rsplit_once(" at line "));
    let place = place.and_then(|(_, place)| place.split_once(", column "));
    let words = toml_words(error);
    match place {
        Some((line, column)) => format!("ligne {line}, colonne {column}: {words}"),
        None => words,
    }
}

/// What the reader of TOML says, without the place.
pub fn toml_words(error: &toml::de::Error) -> String {
    of_data(error.message()).unwrap_or_else(|| {
        "ceci ne se lit pas; attendu: `[table]`, ou `clé = valeur` (un texte va entre guillemets)".to_string()
    })
}

/// A sentence of the reader of JSON, without the place.
pub fn json_words(text: &str) -> String {
    if let Some(words) = of_data(text) {
        return words;
    }
    if let Some(expected) = text.strip_prefix("expected ") {
        let expected = match expected {
            "value" => "une valeur".to_string(),
            "ident" => "true, false ou null".to_string(),
            signs => signs.replace(" or ", " ou "),
        };
        return format!("attendu: {expected}");
    }
    let known = [
        ("EOF", "le fichier s'arrête trop tôt"),
        ("recursion limit", "des listes ou objets trop emboîtés"),
        ("trailing characters", "du texte après la fin"),
        ("trailing comma", "une virgule de trop"),
        ("key must be", "une clé est un texte entre guillemets"),
        ("number out of range", "un nombre hors de portée"),
        ("invalid number", "un nombre mal écrit"),
        ("invalid escape", "une barre oblique inverse suivie d'autre chose qu'attendu"),
        ("control character", "un caractère de commande, ou une fin de ligne, dans un texte"),
        ("invalid unicode", "un caractère mal codé"),
        ("lone leading surrogate", "un caractère mal codé"),
        ("unexpected end of hex", "un caractère mal codé"),
    ];
    let known = known.iter().find(|(english, _)| text.starts_with(english));
    known.map_or("ce n'est pas la forme attendue", |(_, french)| french).to_string()
}

/// What does not fit the form that the data must have; `None` if the sentence is of another kind.
fn of_data(text: &str) -> Option<String> {
    if let Some(key) = named(text, "missing field") {
        return Some(format!("`{key}` manque"));
    }
    if let Some(key) = named(text, "duplicate field") {
        return Some(format!("`{key}` y est deux fois"));
    }
    for (english, what) in [("unknown field", "clé inconnue"), ("unknown variant", "valeur inconnue")] {
        let Some(name) = named(text, english) else { continue };
        let known: Vec<&str> = text.split('`').skip(3).step_by(2).collect();
        return Some(match nearest(name, known.iter().copied()) {
            Some(near) => format!("{what}: `{name}`; vouliez-vous dire `{near}` ?"),
            None if known.is_empty() => format!("{what}: `{name}`"),
            None => format!("{what}: `{name}`; attendu: `{}`", known.join("`, `")),
        });
    }
    if text.starts_with("invalid length") {
        return Some("une liste trop courte ou trop longue".to_string());
    }
    let typed = text.strip_prefix("invalid type: ").or_else(|| text.strip_prefix("invalid value: "));
    let (found, expected) = typed?.split_once(", expected ")?;
    Some(format!("{}; attendu: {}", kind(found), kind(expected)))
}

/// What stands between backquotes after `what`.
pub fn named<'t>(text: &'t str, what: &str) -> Option<&'t str> {
    text.strip_prefix(what)?.trim_start().strip_prefix('`')?.split('`').next()
}

/// What a value is, or what it must be, as a person calls it.
fn kind(text: &str) -> String {
    for (english, french) in [
        ("string", "texte"),
        ("a string", "un texte"),
        ("a borrowed string", "un texte"),
        ("str", "un texte"),
        ("integer", "nombre"),
        ("floating point", "nombre"),
        ("number", "nombre"),
        ("boolean", "booléen"),
        ("a boolean", "un booléen: true ou false"),
        ("bool", "un booléen: true ou false"),
        ("null", "rien"),
        ("unit", "rien"),
        ("a sequence", "une liste"),
        ("sequence", "liste"),
        ("an array", "une liste"),
        ("a tuple", "une liste"),
        ("tuple", "une liste"),
        ("a map", "un objet"),
        ("map", "objet"),
        ("datetime", "date"),
        ("struct", "un objet"),
        ("u", "un nombre entier positif ou nul"),
        ("i", "un nombre entier"),
        ("f", "un nombre"),
    ] {
        let rest = text.strip_prefix(english);
        // Types of Rust have a number of bits.
        let bits = |rest: &str| rest.chars().all(|c| c.is_ascii_digit()) || rest == "size";
        let whole = |rest: &str| match english {
            "u" | "i" | "f" => bits(rest),
            _ => rest.is_empty() || rest.starts_with(' '),
        };
        if let Some(rest) = rest.filter(|rest| whole(rest)) {
            return match rest.trim().strip_prefix(['`', '"']) {
                Some(_) => format!("{french} {}", rest.trim()),
                None => french.to_string(),
            };
        }
    }
    // What our own readers say that they expect is French already.
    match text.is_ascii() && !text.starts_with("un") {
        true => "une autre forme".to_string(),
        false => text.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The texts of the libraries of today, as users read them.
    #[test]
    fn sentences_of_libraries_are_french() {
        let json_of = |text: &str| json(&serde_json::from_str::<Vec<u32>>(text).unwrap_err());
        assert_eq!(json_of("[1,\n x]"), "ligne 2, colonne 2: attendu: une valeur");
        assert_eq!(json_of("[1"), "ligne 1, colonne 2: le fichier s'arrête trop tôt");
        assert_eq!(json_of("[1 2]"), "ligne 1, colonne 4: attendu: `,` ou `]`");
        assert_eq!(
            json_of("[\"a\"]"),
            "ligne 1, colonne 4: texte \"a\"; attendu: un nombre entier positif ou nul"
        );
        #[derive(Debug, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        #[allow(dead_code, reason = "only read")]
        struct Both {
            label: String,
            share: f64,
        }
        let toml_of = |text: &str| toml(&::toml::from_str::<Both>(text).unwrap_err());
        assert_eq!(
            toml_of("label = \"a\"\nshares = 1.5\n"),
            "ligne 2, colonne 1: clé inconnue: `shares`; vouliez-vous dire `share` ?"
        );
        assert_eq!(toml_of("label = 3\nshare = 1.5\n"), "ligne 1, colonne 9: nombre `3`; attendu: un texte");
        assert!(toml_of("share = 1.5\n").ends_with("`label` manque"));
        assert!(toml_of("label = a\n").starts_with("ligne 1, colonne 9: ceci ne se lit pas"));
    }

    #[test]
    fn what_the_system_says_is_french() {
        let missing = std::fs::read("a file that is not there").unwrap_err();
        assert_eq!(io(&missing), "introuvable");
        assert_eq!(
            io(&io::Error::other(Said("personne ne lit ce tube".to_string()))),
            "personne ne lit ce tube"
        );
        assert_eq!(io(&io::Error::other("in English")), "erreur du système");
    }
}
