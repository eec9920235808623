//! What the parser of TOML reports, in French. Its errors come as English texts: each is known here by its
//! beginning, and what is not known is told in general.

/// An error of the parser by the beginning of its text: the code, what is wrong, what to do.
const ERRORS: [(&str, &str, &str, &str); 36] = [
    (
        "string values must be quoted",
        "L0018",
        "texte sans guillemets",
        "écrire la valeur entre guillemets: `\"…\"`",
    ),
    ("unclosed array table", "L0029", "double crochet jamais fermé", "écrire `[[nom]]`"),
    ("unclosed array", "L0029", "crochet ouvert et jamais fermé", "écrire `]` à la fin des valeurs"),
    (
        "unclosed inline table",
        "L0029",
        "accolade ouverte et jamais fermée",
        "écrire `}` à la fin des valeurs",
    ),
    ("unclosed table", "L0029", "crochet ouvert et jamais fermé", "écrire `[nom]`"),
    (
        "missing array opening",
        "L0029",
        "crochet fermé et jamais ouvert",
        "le retirer, ou écrire `[` au début",
    ),
    (
        "missing inline table opening",
        "L0029",
        "accolade fermée et jamais ouverte",
        "la retirer, ou écrire `{` au début",
    ),
    ("missing table open", "L0029", "crochet fermé et jamais ouvert", "écrire `[nom]`"),
    ("missing opening quote", "L0029", "guillemet fermé et jamais ouvert", "écrire `\"…\"`"),
    ("missing assignment", "L0034", "`=` manque entre une clé et sa valeur", "écrire `clé = valeur`"),
    ("missing comma between array", "L0034", "`,` manque entre deux valeurs", "écrire `,` entre les valeurs"),
    ("missing comma between key", "L0034", "`,` manque entre deux clés", "écrire `,` entre les clés"),
    ("missing value", "L0034", "la valeur manque", "écrire la valeur après `=`"),
    ("missing key", "L0034", "la clé manque", "écrire `clé = valeur`"),
    ("missing escaped value", "L0026", "une barre oblique inverse ne dit rien seule", "écrire `\\\\`"),
    (
        "missing comment start",
        "L0018",
        "ceci n'est ni une valeur ni un commentaire",
        "mettre `#` devant un commentaire",
    ),
    ("key with no value", "L0034", "cette clé n'a pas de valeur", "écrire `clé = valeur`"),
    ("unquoted keys cannot be empty", "L0034", "la clé manque", "écrire `clé = valeur`"),
    (
        "invalid unquoted key",
        "L0028",
        "ceci n'est pas une clé",
        "une clé a des lettres sans accent, des chiffres et `_`",
    ),
    ("keys cannot be multi-line", "L0028", "ceci n'est pas une clé", "une clé tient sur une ligne"),
    (
        "invalid key-value pair",
        "L0018",
        "cette ligne n'est ni une table ni une clé avec sa valeur",
        "écrire `[nom]` ou `clé = valeur`",
    ),
    (
        "invalid inline table element",
        "L0018",
        "ceci n'est pas une clé avec sa valeur",
        "écrire `{ clé = valeur, … }`",
    ),
    ("invalid comment character", "L0026", "caractère interdit dans un commentaire", "le retirer"),
    (
        "invalid value",
        "L0027",
        "cette valeur ne se lit pas",
        "un nombre s'écrit `20000.50`, une date `2017-01-01`, un texte `\"…\"`",
    ),
    ("duplicate key", "L0019", "cette clé ou cette table est écrite deux fois", "garder l'une des deux"),
    ("cannot extend", "L0019", "cette table est écrite deux fois", "garder l'une des deux"),
    ("extra comma", "L0033", "une virgule de trop", "la retirer"),
    ("extra `=`", "L0033", "un `=` de trop", "le retirer"),
    ("extra assignment", "L0033", "un `=` de trop", "le retirer"),
    (
        "unexpected `=` in array",
        "L0029",
        "`=` dans une liste: le crochet ouvert avant ne se ferme pas",
        "écrire `]` à la fin des valeurs",
    ),
    (
        "unexpected leading zero",
        "L0027",
        "un nombre ne commence pas par 0",
        "un code s'écrit entre guillemets: `\"01001\"`",
    ),
    ("unexpected sign", "L0027", "un signe de trop", "écrire le nombre seul"),
    ("redundant", "L0027", "un signe ou un 0 de trop", "écrire le nombre seul"),
    ("`_` may only go between digits", "L0027", "`_` ne va qu'entre deux chiffres", "écrire `20000`"),
    (
        "carriage return",
        "L0018",
        "fin de ligne que le fichier ne doit pas avoir",
        "enregistrer avec des fins de ligne de Windows ou d'Unix",
    ),
    (
        "unexpected key or value",
        "L0018",
        "ceci n'a rien à faire après une valeur",
        "une clé par ligne; un commentaire commence par `#`",
    ),
];

/// The code, what is wrong and what to do, for an error of the parser.
pub(super) fn french(message: &str) -> (&'static str, &'static str, &'static str) {
    let known = ERRORS.iter().find(|(start, ..)| message.starts_with(start));
    known.map_or(
        (
            "L0001",
            "la table ne se lit pas",
            "attendu: `[nom]`, ou `clé = valeur`; un texte va entre guillemets droits",
        ),
        |(_, code, wrong, remedy)| (code, wrong, remedy),
    )
}
