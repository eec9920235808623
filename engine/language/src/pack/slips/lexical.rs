//! Slips that the pieces of a function show by themselves: words, quotes, signs and names that no rule has.

use std::ops::Range;

use super::numbers::number;
use super::scan::{Kind, Piece};
use super::{Slip, plain_name, shown, unseen, words};

/// How a function begins.
pub(super) struct Head {
    /// Its name, as rules write it.
    pub name: String,
    /// Where the name is.
    pub at: Range<usize>,
    /// Its `fn`, or the name where `fn` is missing.
    first: usize,
    /// The parenthesis that opens its parameters.
    open: usize,
    /// The piece after the last of its parameters.
    close: usize,
}

/// Finds how a function begins.
pub(super) fn head(code: &[Piece<'_>]) -> Option<Head> {
    // Up to the first parenthesis or brace all is name, whatever it is made of: `fn plafond-plus(`, `règle
    // Âge minimum(`.
    let first = code.iter().position(|p| p.kind == Kind::Word && !private(p))?;
    let open = first + code.get(first..)?.iter().position(|p| p.is("(") || p.is("{"))?;
    let close =
        open + code.get(open..)?.iter().position(|p| p.is(")") || p.is("{")).unwrap_or(code.len() - open);
    let named = if opens_function(code.get(first)?) { first + 1 } else { first };
    let (start, end) = (code.get(named)?, code.get(open.checked_sub(1)?.max(named))?);
    let name: String = code.get(named..open)?.iter().map(|p| p.text).collect::<Vec<_>>().join("_");
    Some(Head { name: plain_name(&name), at: start.at..end.end(), first, open, close })
}

fn private(piece: &Piece<'_>) -> bool {
    piece.is_word("private") || words::word(piece.text) == Some("private")
}

fn opens_function(piece: &Piece<'_>) -> bool {
    piece.text == "fn" || words::function(piece.text)
}

/// All slips that the pieces show; comments are left out of `code`.
pub(super) fn lexical(text: &str, code: &[Piece<'_>], head: Option<&Head>) -> Vec<Slip> {
    let mut slips = Vec::new();
    let mut names = Names::default();
    let mut i = 0;
    if let Some(head) = head {
        signature(text, code, head, &mut names, &mut slips);
        i = head.close;
    }
    // Names of `let`s before the body is read: a word that is a name in this function is no word of French.
    for pair in code.windows(2) {
        if let [word, name] = pair
            && (word.is_word("let") || words::word(word.text) == Some("let"))
        {
            names.declared.push(name.text.to_string());
        }
    }
    // By bracket that is open, outermost first: do commas in it separate values? In a call `0,9` may be two.
    let mut calls: Vec<bool> = Vec::new();
    // One piece after the other. A slip of several pieces takes them all, so that none of them is told again.
    while let Some(piece) = code.get(i) {
        let taken = match piece.kind {
            Kind::Word => word(text, code, i, &names, &mut slips),
            Kind::Number => number(text, code, i, calls.last().copied().unwrap_or(false), &mut slips),
            Kind::Quoted | Kind::OpenText | Kind::OpenComment => {
                slips.push(quotes(piece));
                1
            }
            Kind::Sign => {
                match piece.text {
                    // A parenthesis after a name is a call; after a sign or `if` it only groups.
                    "(" => {
                        let before = i.checked_sub(1).and_then(|b| code.get(b));
                        calls.push(before.is_some_and(|b| b.kind == Kind::Word && !words::keyword(b.text)));
                    }
                    "[" => calls.push(true),
                    "{" => calls.push(false),
                    ")" | "]" | "}" => {
                        calls.pop();
                    }
                    _ => slips.extend(sign(text, code, i, calls.last().copied().unwrap_or(false))),
                }
                1
            }
            Kind::Text | Kind::Comment => 1,
        };
        i += taken.max(1);
    }
    slips
}

/// The names of a function.
#[derive(Default)]
struct Names {
    /// What its signature and its `let`s declare, as written.
    declared: Vec<String>,
    /// Names that were written as no name is, without blanks.
    mended: Vec<String>,
}

/// The word `fn`, the name and the parameters.
fn signature(text: &str, code: &[Piece<'_>], head: &Head, names: &mut Names, slips: &mut Vec<Slip>) {
    for piece in code.iter().take(head.first).filter(|p| p.text != "private" && private(p)) {
        slips.push(other_word(piece, "private"));
    }
    if let Some(first) = code.get(head.first) {
        if words::function(first.text) {
            slips.push(other_word(first, "fn"));
        } else if first.text != "fn" {
            let message = format!("`fn` manque devant le nom de la règle « {} »", shown(first.text));
            let label = format!("écrire `fn {}(…)`", head.name);
            slips.push(Slip::new("L0035", first.range(), message, label).fixed_at(first.at..first.at, "fn "));
        }
        let named = head.first + usize::from(opens_function(first));
        slips.extend(name(text, code.get(named..head.open).unwrap_or(&[]), names));
    }
    let inside = code.get(head.open + 1..head.close).unwrap_or(&[]);
    let mut start = 0;
    for (i, piece) in inside.iter().enumerate() {
        if piece.is(";") {
            let message = "« ; » entre deux noms; attendu: `,`";
            slips.push(Slip::new("L0033", piece.range(), message, "écrire `,`").fixed(","));
        }
        if piece.is(",") || piece.is(";") {
            parameter(text, inside.get(start..i).unwrap_or(&[]), names, slips);
            start = i + 1;
        }
    }
    parameter(text, inside.get(start..).unwrap_or(&[]), names, slips);
}

fn parameter(text: &str, pieces: &[Piece<'_>], names: &mut Names, slips: &mut Vec<Slip>) {
    let (Some(first), Some(last)) = (pieces.first(), pieces.last()) else { return };
    names.declared.extend(pieces.iter().map(|p| p.text.to_string()));
    // From other languages: `age: entier`, `age = 0`. All from the sign on goes.
    if let Some(at) = pieces.iter().position(|p| p.is(":") || p.is("=") || p.is("->")) {
        let rest = pieces.get(at).map_or(last.at, |p| p.at)..last.end();
        let message = format!(
            "« {} »: une règle nomme ce qu'elle lit, sans type ni valeur",
            shown(text.get(first.at..last.end()).unwrap_or(""))
        );
        let label = format!("écrire `{}`", plain_name(text.get(first.at..rest.start).unwrap_or("")));
        slips.push(Slip::new("L0035", rest.clone(), message, label).fixed_at(rest, ""));
        return;
    }
    // Two words side by side may be two names or one: both ways to write it are told, and the copy takes them
    // for two, which parses either way.
    let blank = |a: &Piece<'_>, b: &Piece<'_>| a.end() < b.at && a.kind == Kind::Word && b.kind == Kind::Word;
    if let Some([a, b]) = pieces.windows(2).find(|w| matches!(w, [a, b] if blank(a, b))) {
        let both = text.get(a.at..b.end()).unwrap_or("");
        let message =
            format!("« {} »: `,` manque entre deux noms, ou un nom est écrit avec un espace", shown(both));
        let label = format!(
            "écrire `{}, {}`, ou `{}_{}`",
            plain_name(a.text),
            plain_name(b.text),
            plain_name(a.text),
            plain_name(b.text)
        );
        slips.push(Slip::new("L0034", a.at..b.end(), message, label).fixed_at(a.end()..a.end(), ","));
        return;
    }
    slips.extend(name(text, pieces, names));
}

/// A name in one or several pieces, if it is not written as names are.
fn name(text: &str, pieces: &[Piece<'_>], names: &mut Names) -> Option<Slip> {
    let (first, last) = (pieces.first()?, pieces.last()?);
    let range = first.at..last.end();
    let written = text.get(range.clone())?;
    let known = |p: &Piece<'_>| {
        matches!(p.kind, Kind::Word | Kind::Number)
            || matches!(p.text, "-" | "'" | "’" | "–" | "‑" | "−" | ".")
    };
    let right = pieces.len() == 1 && first.kind == Kind::Word && written.is_ascii();
    if right || !pieces.iter().all(known) || written.contains('\n') {
        return None;
    }
    names.mended.push(compact(written));
    Some(bad_name(range, written))
}

fn compact(written: &str) -> String {
    written.chars().filter(|c| !c.is_whitespace()).collect()
}

fn bad_name(range: Range<usize>, written: &str) -> Slip {
    let plain = plain_name(written);
    let message = format!(
        "« {} » n'est pas un nom: un nom a des lettres sans accent, des chiffres et `_`; attendu: `{plain}`",
        shown(written)
    );
    Slip::new("L0028", range, message, format!("écrire `{plain}`")).fixed(plain)
}

fn other_word(piece: &Piece<'_>, instead: &str) -> Slip {
    let message = format!("« {} » n'est pas un mot des règles; attendu: `{instead}`", shown(piece.text));
    Slip::new("L0025", piece.range(), message, format!("écrire `{instead}`")).fixed(instead)
}

/// A word in the body; gives the number of pieces that it takes.
fn word(text: &str, code: &[Piece<'_>], i: usize, names: &Names, slips: &mut Vec<Slip>) -> usize {
    let Some(piece) = code.get(i) else { return 1 };
    // `l'âge`, or a name that the signature wrote with hyphens.
    let mut end = i;
    while let (Some(joint), Some(next)) = (code.get(end + 1), code.get(end + 2)) {
        let close = code.get(end).is_some_and(|p| p.end() == joint.at) && joint.end() == next.at;
        let apostrophe = matches!(joint.text, "'" | "’");
        let hyphen =
            joint.is("-") && names.mended.contains(&compact(text.get(piece.at..next.end()).unwrap_or("")));
        if !close || next.kind != Kind::Word || !(apostrophe || hyphen) {
            break;
        }
        end += 2;
    }
    // Several pieces that are one name to whoever wrote them.
    if let Some(last) = code.get(end).filter(|_| end > i) {
        slips.push(bad_name(piece.at..last.end(), text.get(piece.at..last.end()).unwrap_or("")));
        return end + 1 - i;
    }
    // `ou`, `non`… may be names of this function; then they are no slips.
    let declared = names.declared.iter().any(|n| n == piece.text);
    let instead = words::word(piece.text).filter(|_| !declared);
    if instead == Some("if")
        && let Some(close) = spreadsheet_if(code, i)
    {
        let message = format!(
            "« {}(…) » n'est pas une fonction; attendu: `if condition {{ … }} else {{ … }}`",
            piece.text
        );
        slips.push(Slip::new("L0025", piece.range(), message, "écrire `if condition { … } else { … }`"));
        return close + 1 - i;
    }
    if let Some(instead) = instead {
        slips.extend(french_word(code, i, piece, instead));
    } else if !piece.text.is_ascii() {
        slips.push(bad_name(piece.range(), piece.text));
    } else if piece.text == "let" {
        // `let x == 3`
        if let Some(sign) = code.get(i + 2).filter(|s| s.is("==") || s.is(":=")) {
            let message = format!("« {} » après `let`; attendu: `=`", sign.text);
            slips.push(Slip::new("L0033", sign.range(), message, "écrire `=`").fixed("="));
            return 3;
        }
    }
    1
}

/// A word of French where a word or a sign of the language must be.
fn french_word(code: &[Piece<'_>], i: usize, piece: &Piece<'_>, instead: &str) -> Option<Slip> {
    let before = i.checked_sub(1).and_then(|b| code.get(b));
    let next = code.get(i + 1);
    let after_operand = before.is_some_and(Piece::ends_operand);
    let call = next.is_some_and(|p| p.is("("));
    let begins_if = |p: &Piece<'_>| p.is_word("if") || words::word(p.text) == Some("if");
    let slip = |fix: String| Some(other_word(piece, instead).fixed(fix));
    match instead {
        // What a word of French stands for is told by what is around it: between two operands a sign, before
        // one a negation, before parentheses a function of a spreadsheet.
        "&&" | "||" | "==" if after_operand => slip(instead.to_string()),
        "&&" | "||" if call => {
            let name = &piece.text;
            let message = format!("« {name}(…) » n'est pas une fonction; attendu: `a {instead} b`");
            Some(Slip::new("L0025", piece.range(), message, format!("écrire `a {instead} b`")))
        }
        "!" | "if" | "true" | "false" if !after_operand || instead == "if" => slip(instead.to_string()),
        "{" if next.is_some_and(|p| p.is("{")) => {
            let message = format!("« {} » ne s'écrit pas dans une règle; attendu: `{{` seul", piece.text);
            Some(Slip::new("L0025", piece.range(), message, "le retirer").fixed(""))
        }
        "{" if after_operand => slip("{".to_string()),
        "}" if before.is_none_or(|p| p.ends_operand() || p.is("}") || p.is(";"))
            && next.is_none_or(|p| !p.begins_operand() || p.kind == Kind::Word) =>
        {
            slip("}".to_string())
        }
        "else" | "else if" => {
            // Braces that are there already are not written a second time.
            let closed = before.is_some_and(|p| p.is("}"));
            let opened = instead == "else if" || next.is_some_and(|p| p.is("{") || begins_if(p));
            let fix =
                format!("{}{instead}{}", if closed { "" } else { "} " }, if opened { "" } else { " {" });
            slip(fix)
        }
        "let" if next.is_some_and(|p| p.kind == Kind::Word) => slip("let".to_string()),
        "return" if next.is_some_and(|p| p.begins_operand() || p.is("-") || p.is("!")) => {
            slip("return".to_string())
        }
        _ => None,
    }
}

/// `si(condition; a; b)` as spreadsheets have it: no block follows its parentheses. Gives the last of them.
fn spreadsheet_if(code: &[Piece<'_>], i: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, piece) in code.iter().enumerate().skip(i + 1) {
        if piece.is("(") {
            depth += 1;
        } else if piece.is(")") {
            depth -= 1;
        }
        if depth == 0 {
            let next = code.get(at + 1);
            let ends = next.is_none_or(|p| p.is("}") || p.is(";") || p.is(")") || p.is(","));
            return (piece.is(")") && ends).then_some(at);
        }
    }
    None
}

/// A text between other quotes than `"`, or that is never closed.
fn quotes(piece: &Piece<'_>) -> Slip {
    if piece.kind == Kind::OpenComment {
        let message = "commentaire ouvert et jamais fermé: « /* »; attendu: `*/`";
        return Slip::new(
            "L0029",
            piece.at..piece.at + 2,
            message,
            "ouvert ici; écrire `//` devant chaque ligne",
        )
        .fixed_at(piece.at..piece.at + 2, "//");
    }
    let mut inner = piece.text.chars();
    let open = inner.next().unwrap_or('"');
    if piece.kind == Kind::OpenText {
        // The text ends, as far as can be guessed, before the sign that goes on with the rule.
        let rest = inner.as_str();
        let stops = rest.find([')', ',', ';', ']', '{']).unwrap_or(rest.len());
        let content = rest.get(..stops).unwrap_or(rest).trim_end();
        let start = piece.at + open.len_utf8();
        let end = start + content.len();
        let message = format!(
            "texte ouvert et jamais fermé: « {} »; attendu: `\"` à la fin du texte, sur la même ligne",
            shown(piece.text)
        );
        let slip = Slip::new(
            "L0029",
            piece.at..piece.at + open.len_utf8(),
            message,
            format!("ouvert ici; écrire `\"{}\"`", content.trim()),
        );
        return slip.fixed_at(piece.at..end, format!("\"{}\"", content.trim()));
    }
    inner.next_back();
    let content = inner.as_str();
    let content = if open == '«' { content.trim() } else { content };
    let escaped = if open == '"' { content.to_string() } else { content.replace('"', "\\\"") };
    let what = if open == '\'' { "texte entre apostrophes" } else { "guillemets de traitement de texte" };
    let message = format!("{what}: {}; attendu: `\"{escaped}\"`", shown(piece.text));
    let label = format!("écrire `\"{escaped}\"`, avec des guillemets droits");
    Slip::new("L0026", piece.range(), message, label).fixed(format!("\"{escaped}\""))
}

/// A sign that no rule has, or that means something else there.
fn sign(text: &str, code: &[Piece<'_>], i: usize, in_call: bool) -> Option<Slip> {
    let piece = code.get(i)?;
    let other = |instead: &str| {
        let message = format!("« {} » n'est pas un signe des règles; attendu: `{instead}`", piece.text);
        Some(Slip::new("L0033", piece.range(), message, format!("écrire `{instead}`")).fixed(instead))
    };
    match piece.text {
        "===" => other("=="),
        "!==" | "<>" | "><" => other("!="),
        "=<" | "=<=" => other("<="),
        "=>" | "=>=" if !code.iter().any(|p| p.is_word("switch")) => other(">="),
        "=!" if !after_let(code, i) => other("!="),
        ":=" => other("="),
        "&" => other("&&"),
        "|" => other("||"),
        "=" if !after_let(code, i) => {
            let message = "`=` donne un nom à une valeur, il ne compare pas; attendu: `==`";
            Some(
                Slip::new(
                    "L0033",
                    piece.range(),
                    message,
                    "pour comparer, écrire `==`; pour nommer, `let nom = …;`",
                )
                .fixed("=="),
            )
        }
        "**" => Some(Slip::new(
            "L0033",
            piece.range(),
            "« ** »: une règle ne calcule pas de puissance",
            "écrire le produit: `x * x`",
        )),
        ";" if in_call && closed_on_line(text, code, i) => {
            let message = "« ; » entre deux valeurs; attendu: `,`";
            Some(Slip::new("L0033", piece.range(), message, "écrire `,`").fixed(","))
        }
        _ => {
            let c = piece.text.chars().next()?;
            let instead = words::typographic(c)?;
            if unseen(c) {
                let message = format!("caractère invisible ou espace particulier: {}", shown(piece.text));
                let label = if instead.is_empty() { "le retirer" } else { "écrire un espace ordinaire" };
                return Some(Slip::new("L0026", piece.range(), message, label).fixed(instead));
            }
            let message = format!("« {c} » est un caractère de traitement de texte; attendu: `{instead}`");
            Some(Slip::new("L0026", piece.range(), message, format!("écrire `{instead}`")).fixed(instead))
        }
    }
}

/// Is this the `=` of a `let`?
fn after_let(code: &[Piece<'_>], i: usize) -> bool {
    for piece in code.iter().take(i).rev() {
        // Backwards to the `let`; another sign that begins a value comes between the two only if this `=` is
        // no part of it.
        if piece.is_word("let") || piece.is_word("const") || words::word(piece.text) == Some("let") {
            return true;
        }
        if piece.kind == Kind::Sign && matches!(piece.text, "=" | ";" | "{" | "}" | "(") {
            return false;
        }
    }
    false
}

/// Does the call that this piece stands in close on the same line?
fn closed_on_line(text: &str, code: &[Piece<'_>], i: usize) -> bool {
    let Some(piece) = code.get(i) else { return false };
    let line = super::line_of(text, piece.at);
    let mut depth = 0_usize;
    for next in code.iter().skip(i + 1).take_while(|p| super::line_of(text, p.at) == line) {
        match next.text {
            "(" => depth += 1,
            ")" if depth == 0 => return true,
            ")" => depth -= 1,
            _ => {}
        }
    }
    false
}
