//! What the parsers of cases report, in French: YAML and CSV.

use super::{shown, words};

/// Errors of the parser of YAML by what their text contains: what is wrong, what to do.
const YAML: [(&str, &str, &str); 16] = [
    ("tab", "tabulation au début d'une ligne", "décaler la ligne par des espaces"),
    (
        "mapping values are not allowed",
        "deux-points à une place où il n'y en a pas",
        "mettre le texte entre guillemets: `nom: \"…: …\"`",
    ),
    (
        "illegal placement of ':'",
        "deux-points à une place où il n'y en a pas",
        "mettre le texte entre guillemets: `nom: \"…: …\"`",
    ),
    (
        "mapping keys are not allowed",
        "une clé à une place où il n'y en a pas",
        "une clé par ligne, décalée comme celles du même cas",
    ),
    (
        "simple key expect",
        "deux-points manquants après une clé",
        "écrire `clé: valeur`, avec un espace après `:`",
    ),
    ("simple key", "deux-points manquants après une clé", "écrire `clé: valeur`, avec un espace après `:`"),
    (
        "block sequence entries",
        "un tiret à une place où il n'y en a pas",
        "décaler le tiret comme ceux des autres cas",
    ),
    (
        "quoted scalar, found unexpected end",
        "texte ouvert et jamais fermé",
        "fermer le texte par le même guillemet",
    ),
    (
        "quoted scalar",
        "texte entre guillemets qui ne se lit pas",
        "un guillemet dans un texte s'écrit `\\\"`",
    ),
    (
        "flow mapping",
        "accolade ouverte et jamais fermée, ou virgule manquante",
        "écrire `{ clé: valeur, clé: valeur }`",
    ),
    ("flow sequence", "crochet ouvert et jamais fermé, ou virgule manquante", "écrire `[valeur, valeur]`"),
    ("block mapping", "une ligne décalée autrement que les autres clés", "aligner les clés d'un même cas"),
    ("block collection", "une ligne décalée autrement que les autres", "aligner les tirets des cas"),
    ("indent", "une ligne décalée autrement que les autres", "aligner les clés d'un même cas"),
    ("bracket", "crochet ou accolade sans l'autre", "écrire l'autre, ou retirer celui-ci"),
    ("recursion", "trop de crochets ou d'accolades les uns dans les autres", "écrire le cas plus simplement"),
];

/// What is wrong in a file of YAML, what to do, and the place: of a tabulation, the tabulation itself.
pub(in crate::pack) fn yaml(message: &str, text: &str, at: usize) -> (String, String, usize) {
    let (wrong, remedy) = YAML.iter().find(|(part, ..)| message.contains(part)).map_or(
        ("le fichier de cas ne se lit pas", "écrire `clé: valeur`, une par ligne, alignées"),
        |(_, w, r)| (*w, *r),
    );
    if let Some((open, sign)) = left_open(text, at) {
        let (what, e, closing) = if sign == '[' { ("crochet", "", ']') } else { ("accolade", "e", '}') };
        let message = format!("{what} ouvert{e} et jamais fermé{e}: « {sign} »; attendu: `{closing}`");
        return (message, format!("ouvert{e} ici; écrire `{closing}` à la fin des valeurs"), open);
    }
    let at = match message.contains("tab") {
        true => text.get(at..).and_then(|t| t.find('\t')).map_or(at, |n| at + n),
        false => at,
    };
    (format!("{wrong}; trouvé: {}", super::found(text, at)), remedy.to_string(), at)
}

/// The last bracket before a place in a file of YAML that nothing closes before it.
fn left_open(text: &str, at: usize) -> Option<(usize, char)> {
    let mut open: Vec<(usize, char)> = Vec::new();
    let mut quote = None;
    let mut before = ' ';
    // A bracket counts outside of quotes and comments only; a comment is a text that ends with its line.
    for (i, c) in text.char_indices().take_while(|(i, _)| *i < at) {
        match (quote, c) {
            (Some(end), c) if c == end || c == '\n' => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'' | '#') if before.is_whitespace() || matches!(before, '[' | '{' | ',' | ':') => {
                quote = Some(if c == '#' { '\n' } else { c });
            }
            // Inside a plain text a bracket is a letter like others.
            (None, '[' | '{') if before.is_whitespace() || matches!(before, '[' | '{') => open.push((i, c)),
            (None, ']' | '}') => match open.last() {
                Some((_, '[')) if c == '}' => return open.pop(),
                Some((_, '{')) if c == ']' => return open.pop(),
                _ => {
                    open.pop();
                }
            },
            _ => {}
        }
        before = c;
    }
    open.pop()
}

/// What is wrong with a line of a table of cases.
pub(in crate::pack) fn csv(error: &csv::Error, line: &str) -> (String, String) {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            // One cell too many is, most often, an amount with a decimal comma.
            let decimals = decimal_comma(line);
            let remedy = match decimals {
                Some(number) => {
                    format!("la virgule sépare les colonnes: écrire `{}`", number.replace(',', "."))
                }
                None if line.contains(';') => "séparer les colonnes par `,`, non par `;`".to_string(),
                None => "un texte qui contient une virgule va entre guillemets".to_string(),
            };
            (format!("cette ligne a {len} colonnes; attendu: {expected_len}, comme la première"), remedy)
        }
        csv::ErrorKind::Utf8 { .. } => {
            ("cette ligne n'est pas en UTF-8".to_string(), "enregistrer le fichier en UTF-8".to_string())
        }
        _ => ("cette ligne ne se lit pas".to_string(), format!("trouvé: « {} »", shown(line))),
    }
}

/// `24000,50` in a line of CSV.
fn decimal_comma(line: &str) -> Option<String> {
    let cells: Vec<&str> = line.split(',').collect();
    cells.windows(2).find_map(|pair| {
        let [a, b] = pair else { return None };
        let digits = |s: &str| !s.is_empty() && s.bytes().all(|c| c.is_ascii_digit());
        (digits(a.trim_start()) && digits(b.trim_end()) && b.trim_end().len() <= 2)
            .then(|| format!("{},{}", a.trim(), b.trim()))
    })
}

/// The header of a table of cases that a French spreadsheet wrote: with `;`.
pub(in crate::pack) fn semicolons(header: &csv::StringRecord) -> bool {
    header.len() == 1 && header.get(0).is_some_and(|cell| cell.contains(';'))
}

/// The key of a table that a word stands for: see [`words::key`].
pub(super) fn key(text: &str) -> Option<&'static str> {
    words::key(text)
}
