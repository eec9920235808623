//! Words of French and of other languages that stand for a word or a sign of the language of rules, and
//! French keys that stand for a key of the tables.

use crate::diagnostic::fold;

/// Words without accents and in lower case, and what rules write instead.
const WORDS: [(&[&str], &str); 14] = [
    (&["et", "and"], "&&"),
    (&["ou", "or"], "||"),
    (&["non", "not"], "!"),
    (&["si"], "if"),
    (&["sinon", "autrement"], "else"),
    (&["sinonsi", "sinon_si", "elif", "elseif", "elsif", "else_if"], "else if"),
    (&["alors", "then"], "{"),
    (&["fin", "finsi", "fin_si", "endif", "end_if", "end"], "}"),
    (&["vrai", "vraie"], "true"),
    (&["faux", "fausse"], "false"),
    (&["soit", "var"], "let"),
    (&["retourne", "retourner", "renvoie", "renvoyer"], "return"),
    (&["prive", "privee"], "private"),
    (&["est", "egal", "egale"], "=="),
];

/// Words that open a function in French or in another language.
const FUNCTIONS: [&str; 8] = ["fonction", "function", "func", "fun", "def", "sub", "regle", "rule"];

/// The words of the language that rules may use.
const KEYWORDS: [&str; 8] = ["fn", "let", "if", "else", "return", "true", "false", "private"];

/// What rules write for a word, if it stands for something else than itself.
pub(super) fn word(text: &str) -> Option<&'static str> {
    if KEYWORDS.contains(&text) {
        return None;
    }
    let folded = fold(text);
    let upper = KEYWORDS.iter().find(|k| **k == folded).copied();
    upper.or_else(|| WORDS.iter().find(|(words, _)| words.contains(&folded.as_str())).map(|(_, sign)| *sign))
}

/// Is it a word for `fn`?
pub(super) fn function(text: &str) -> bool {
    text == "FN" || text == "Fn" || FUNCTIONS.contains(&fold(text).as_str())
}

/// Is it a word of the language?
pub(super) fn keyword(text: &str) -> bool {
    KEYWORDS.contains(&text) || matches!(text, "while" | "for" | "switch" | "loop" | "const" | "do" | "in")
}

/// Characters of a word processor, and what a keyboard has for them in a rule or a table.
pub(super) fn typographic(c: char) -> Option<&'static str> {
    Some(match c {
        '“' | '”' | '„' | '‟' | '«' | '»' | '″' => "\"",
        '‘' | '’' | '‚' | '′' => "'",
        '≤' | '⩽' => "<=",
        '≥' | '⩾' => ">=",
        '≠' => "!=",
        '×' | '⋅' | '·' | '∙' => "*",
        '÷' => "/",
        '−' | '–' | '—' | '‐' | '‑' => "-",
        '＝' => "=",
        '∧' => "&&",
        '∨' => "||",
        '¬' => "!",
        '…' => "...",
        '；' => ";",
        '，' => ",",
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{feff}' | '\u{2060}'..='\u{2064}' => "",
        c if super::unseen(c) => " ",
        _ => return None,
    })
}

/// Keys of tables and of cases by what a French author calls them; keys of cases are French.
const KEYS: [(&[&str], &str); 33] = [
    (&["valeur", "montant", "taux"], "value"),
    (&["valeurs"], "values"),
    (&["unite", "unites"], "unit"),
    (&["depuis", "a_partir_de", "a_compter_de", "debut", "du", "des"], "from"),
    (&["jusqu_a", "jusqu_au", "jusque", "fin", "au"], "until"),
    (&["libelle", "intitule", "etiquette"], "label"),
    (&["par", "selon", "cles"], "by"),
    (&["renouvele", "renouvelee", "annuel"], "renewed"),
    (&["reference", "sources", "texte"], "source"),
    (&["titre"], "title"),
    (&["identifiant"], "id"),
    (&["cle"], "key"),
    (&["champs", "champ"], "fields"),
    (&["appartient_a", "appartient"], "belongs_to"),
    (&["colonne"], "column"),
    (&["obligatoire", "requis", "requise"], "required"),
    (&["vide"], "empty"),
    (&["synonymes", "synonyme"], "synonyms"),
    (&["decimale", "decimales"], "decimals"),
    (&["bornes", "intervalle", "plage"], "range"),
    (&["couple", "paire"], "pair"),
    (&["noms"], "names"),
    (&["formulaire"], "form"),
    (&["entite"], "entity"),
    (&["resultats", "resultat"], "results"),
    (&["groupes", "groupe"], "groups"),
    (&["appariement"], "matching"),
    (&["doubt", "doutes"], "doute"),
    (&["name"], "nom"),
    (&["case", "cases"], "cas"),
    (&["expected", "attendus", "attendue"], "attendu"),
    (&["tolerances", "marge", "ecart"], "tolerance"),
    (&["reasons", "raison"], "raisons"),
];

/// The key that a French author means, if it is one of these tables.
pub(super) fn key(text: &str) -> Option<&'static str> {
    let plain = super::plain_name(text);
    KEYS.iter().find(|(names, _)| names.contains(&plain.as_str())).map(|(_, key)| *key)
}
