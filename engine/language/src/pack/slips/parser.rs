//! What the parser of rules reports, in French: one sentence for each kind of its errors. Its own words
//! are never shown.

use rhai::{LexError, ParseErrorType};

/// An error of the parser in words: its code, what is wrong, and what to do there.
pub(super) struct Words {
    pub code: &'static str,
    pub message: String,
    pub label: String,
}

fn words(code: &'static str, message: impl Into<String>, label: impl Into<String>) -> Words {
    Words { code, message: message.into(), label: label.into() }
}

/// The error in words; `found` is the word or sign at its place.
pub(super) fn french(error: &ParseErrorType, found: &str) -> Words {
    use ParseErrorType as E;
    let unread = |label: &str| words("L0020", format!("le script ne se lit pas; trouvé: {found}"), label);
    match error {
        E::UnexpectedEOF => {
            words("L0020", "le fichier s'arrête au milieu d'une règle", "attendu: la suite de la règle")
        }
        E::BadInput(error) => lexical(error, found),
        E::UnknownOperator(sign) => words("L0033", format!("« {sign} » n'est pas un opérateur"), OPERATORS),
        E::MissingToken(token, about) => missing(token, about, found),
        E::MissingSymbol(_) => unread("un signe manque ici"),
        E::MalformedIndexExpr(_) => words(
            "L0020",
            "les crochets `[…]` n'existent pas dans une règle",
            "une liste se prend en entier: `somme`, `nombre`, `contient`…",
        ),
        E::MalformedCapture(_) => unread("une règle ne contient pas de fonction anonyme"),
        E::DuplicatedProperty(name) => words(
            "L0020",
            format!("`{name}` est écrit deux fois"),
            "une règle ne contient pas de dictionnaire",
        ),
        E::DuplicatedVariable(name) => {
            words("L0035", format!("`{name}` est écrit deux fois"), "un nom n'est donné qu'une fois")
        }
        E::WrongSwitchIntegerCase | E::WrongSwitchDefaultCase | E::WrongSwitchCaseCondition => words(
            "L0020",
            "une règle ne contient pas de `switch`",
            "écrire `if … { … } else if … { … } else { … }`",
        ),
        E::PropertyExpected => words(
            "L0020",
            format!("le script ne se lit pas après le point; trouvé: {found}"),
            "un point ne sert qu'aux décimales: `0.9`",
        ),
        E::VariableExpected => {
            words("L0028", format!("un nom est attendu; trouvé: {found}"), "écrire `let nom = …;`")
        }
        E::ForbiddenVariable(name) => {
            words("L0028", format!("`{name}` ne peut pas être un nom"), "prendre un autre nom")
        }
        E::Reserved(word) => reserved(word),
        E::MismatchedType(..) => unread("ce n'est pas la sorte de valeur attendue ici"),
        E::ExprExpected(_) => words(
            "L0034",
            format!("une valeur ou une condition manque; trouvé: {found}"),
            "attendu ici: un nom, un nombre, un texte ou un calcul",
        ),
        E::WrongDocComment => words(
            "L0035",
            "un commentaire `///` n'est suivi d'aucune règle",
            "`///` se met juste au-dessus de `fn`; ailleurs, écrire `//`",
        ),
        E::WrongFnDefinition => words(
            "L0035",
            "une règle commence à l'intérieur d'une autre",
            "fermer d'abord la règle précédente par `}`",
        ),
        E::FnDuplicatedDefinition(name, _) => {
            words("L0105", format!("la règle `{name}` est déclarée deux fois"), "de nouveau ici")
        }
        E::FnMissingName => {
            words("L0035", format!("le nom de la règle manque; trouvé: {found}"), "écrire `fn nom(…) { … }`")
        }
        E::FnMissingParams(name) => words(
            "L0035",
            format!("la règle `{name}` ne dit pas ce qu'elle lit; trouvé: {found}"),
            format!("écrire `fn {name}(…)`, ou `fn {name}()` si elle ne lit rien"),
        ),
        E::FnDuplicatedParam(name, param) => {
            words("L0035", format!("la règle `{name}` lit deux fois `{param}`"), "retirer l'un des deux")
        }
        E::FnMissingBody(name) => words(
            "L0034",
            format!("le contenu de la règle `{name}` manque; trouvé: {found}"),
            "attendu: `{`, le calcul, puis `}`",
        ),
        E::WrongExport => unread("une règle ne contient pas `export`"),
        E::AssignmentToConstant(_) | E::AssignmentToInvalidLHS(_) => words(
            "L0033",
            "`=` donne un nom à une valeur, il ne compare pas",
            "pour comparer, écrire `==`; pour nommer, `let nom = …;`",
        ),
        E::VariableExists(name) => {
            words("L0035", format!("`{name}` est déjà un nom"), "prendre un autre nom")
        }
        E::VariableUndefined(name) => words(
            "L0108",
            format!("`{name}` n'est pas un nom connu ici"),
            "l'ajouter à ce que lit la règle, ou par `let`",
        ),
        E::ModuleUndefined(name) => {
            words("L0020", format!("`{name}::` n'existe pas"), "une règle est lue par son nom")
        }
        E::ExprTooDeep => words(
            "L0020",
            "trop de parenthèses ou de blocs les uns dans les autres",
            "en faire plusieurs règles, ou nommer les parties par `let`",
        ),
        E::TooManyFunctions => {
            words("L0020", "le fichier a trop de règles", "le couper en plusieurs fichiers")
        }
        E::LiteralTooLarge(_, most) => {
            words("L0020", format!("ce texte est trop long: {most} caractères au plus"), "le raccourcir")
        }
        E::LoopBreak => unread("une règle ne contient pas de boucle"),
        // Kinds that the parser keeps for old callers, and those that it may add.
        _ => unread("ce qui est écrit ici n'est pas une règle"),
    }
}

const OPERATORS: &str = "les opérateurs sont `+ - * /`, `== != < <= > >=`, `&& || !`";

fn lexical(error: &LexError, found: &str) -> Words {
    use LexError as E;
    match error {
        E::UnexpectedInput(text) => words(
            "L0020",
            format!("caractère inattendu: « {} »", super::shown(text)),
            "le retirer, ou l'écrire dans un texte entre guillemets",
        ),
        E::UnterminatedString => words(
            "L0029",
            "texte ouvert et jamais fermé; attendu: `\"` sur la même ligne",
            "fermer le texte par `\"`",
        ),
        E::StringTooLong(most) => {
            words("L0020", format!("ce texte est trop long: {most} caractères au plus"), "le raccourcir")
        }
        E::MalformedEscapeSequence(text) => words(
            "L0026",
            format!("« {} » dans un texte n'est pas un caractère connu", super::shown(text)),
            "une barre oblique inverse s'écrit `\\\\`, un guillemet `\\\"`",
        ),
        E::MalformedNumber(text) => words(
            "L0027",
            format!("« {} » n'est pas un nombre", super::shown(text)),
            "attendu: des chiffres, un point pour les décimales; ex. `20000` ou `0.9`",
        ),
        E::MalformedChar(text) => words(
            "L0026",
            format!("texte entre apostrophes: « {} »", super::shown(text)),
            "un texte s'écrit entre guillemets droits: `\"…\"`",
        ),
        E::MalformedIdentifier(text) => words(
            "L0028",
            format!("« {} » n'est pas un nom", super::shown(text)),
            "un nom a des lettres sans accent, des chiffres et `_`",
        ),
        E::ImproperSymbol(text, _) if text.starts_with(|c: char| c.is_ascii_digit()) => words(
            "L0020",
            format!("`{}` a plus de chiffres qu'il n'en est gardé exactement", super::shown(text)),
            "écrire 28 chiffres au plus",
        ),
        E::ImproperSymbol(sign, _) if sign == "=" => {
            words("L0033", "`=` donne un nom à une valeur, il ne compare pas", "pour comparer, écrire `==`")
        }
        E::ImproperSymbol(sign, _) => {
            words("L0033", format!("« {} » n'a pas de sens ici", super::shown(sign)), OPERATORS)
        }
        _ => words(
            "L0020",
            format!("le script ne se lit pas; trouvé: {found}"),
            "ce qui est écrit ici n'est pas une règle",
        ),
    }
}

/// What is missing, by the sign and by what the parser says that it is for.
fn missing(token: &str, about: &str, found: &str) -> Words {
    let message = format!("`{token}` manque; trouvé: {found}");
    let label = match (token, about) {
        (",", about) if about.contains("parameters") => {
            "attendu: `,` entre deux noms, ou `)` après le dernier"
        }
        (",", _) => "attendu: `,` entre deux valeurs, ou `)` après la dernière",
        (")", about) if about.contains("parameters") => "attendu: `)` après le dernier nom",
        (")", _) => "attendu: `)`, ou un opérateur avant ceci",
        (";", _) => {
            "attendu: un opérateur (`+ - * /`, `==`, `<=`, `&&`, `||`…), ou `;` à la fin de ce qui précède"
        }
        ("{", _) => "attendu: `{` après la condition; écrire `if condition { … } else { … }`",
        ("}", _) => "attendu: `}` à la fin de la règle ou du bloc",
        ("=", _) => "écrire `let nom = …;`",
        _ => return words("L0034", message, format!("attendu: `{token}`")),
    };
    words("L0034", message, label)
}

fn reserved(word: &str) -> Words {
    if word.chars().all(|c| c.is_alphanumeric() || c == '_') {
        return words(
            "L0028",
            format!("« {word} » est un mot réservé: il ne peut pas être un nom"),
            format!("prendre un autre nom, ex. `{word}_du_menage`"),
        );
    }
    words("L0033", format!("« {} » n'a pas de sens dans une règle", super::shown(word)), OPERATORS)
}
