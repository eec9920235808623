//! The decisions on a row as a letter to the household: what was asked, the answer, why, what would change it, what is
//! missing, and that it is no decision of the body in charge.

use logis_language::value::{Date, french_day, parse_date};

use crate::answers::{Explained, Explanations};
use crate::brief::lines;
use crate::explain::{Figure, Words};

/// What the letter is, whatever it says.
const NO_DECISION: &str = "Ce courrier présente le résultat d'un calcul fait sur les informations enregistrées. Il n'est \
pas une décision : celle-ci appartient à l'organisme ou à la commission compétents, qui peuvent tenir compte d'autres \
éléments. Si une information est fausse ou manque, vous pouvez la faire corriger, et le calcul sera refait.";

/// The letter.
pub fn letter(explanations: &Explanations, words: &Words<'_>) -> String {
    let date = parse_date(&explanations.date);
    let on = date.map_or_else(|| explanations.date.clone(), french_day);
    let mut out = String::new();
    paragraph(&format!("Objet : {}, situation au {on}", explanations.about), "", &mut out);
    paragraph("Madame, Monsieur,", "", &mut out);
    let asked = match explanations.explanations.len() {
        1 => "le point suivant a été examiné",
        _ => "les points suivants ont été examinés",
    };
    paragraph(
        &format!("D'après les informations enregistrées et les textes en vigueur au {on}, {asked}."),
        "",
        &mut out,
    );
    for (number, explained) in (1..).zip(&explanations.explanations) {
        point(number, explained, words, date, &mut out);
    }
    let missing = all_missing(explanations, words);
    if !missing.is_empty() {
        paragraph("Ce qui manque pour répondre sur tous les points :", "", &mut out);
        list(&missing, &mut out);
    }
    paragraph(NO_DECISION, "", &mut out);
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

/// What was asked, the answer, why, and what would change it.
fn point(number: usize, explained: &Explained, words: &Words<'_>, date: Option<Date>, out: &mut String) {
    let e = &explained.explanation;
    paragraph(&format!("{number}. {}", words.head(e)), "", out);
    let missing = words.missing(e);
    let answer = match missing.is_empty() {
        true => words.answer(e),
        false => "on ne peut pas répondre".to_string(),
    };
    paragraph(&format!("Réponse : {answer}."), INDENT, out);
    if let Some(why) = words.no_answer(e) {
        paragraph(&why, INDENT, out);
    }
    let deciding = words.deciding(e);
    if missing.is_empty() {
        if let Some(line) = &deciding.line {
            let others =
                if deciding.others == 0 { "" } else { " D'autres conditions vont dans le même sens." };
            paragraph(&format!("Pourquoi : {line}.{others}"), INDENT, out);
        }
    } else {
        paragraph("Pourquoi : il manque une information.", INDENT, out);
        list(&missing, out);
    }
    if let Some(detail) = words.detail(e) {
        paragraph(&format!("La règle précise : {detail}."), INDENT, out);
    }
    if !deciding.texts.is_empty() {
        paragraph(&format!("Textes : {}.", deciding.texts.join(" ; ")), INDENT, out);
    }
    if let Some(figure) = &deciding.figure {
        let Figure { text, name, since } = figure;
        paragraph(&format!("Le chiffre : {name} ; {text}, en vigueur depuis le {since}."), INDENT, out);
    }
    let reserves = words.reserves(e);
    if !reserves.is_empty() {
        paragraph(
            "Cette réponse vaut sous réserve de ce qui suit, que le calcul ne vérifie pas :",
            INDENT,
            out,
        );
        list(&reserves, out);
    }
    let changes: Vec<String> =
        explained.counterfactual.changes.iter().map(|c| c.to_words(words, Some(&e.about))).collect();
    if !changes.is_empty() {
        paragraph("La réponse serait autre si, tout le reste étant inchangé, l'on avait :", INDENT, out);
        list(&changes, out);
    }
    if let Some(date) = date {
        for sentence in explained.other_dates.sentences(e, date) {
            paragraph(&sentence, INDENT, out);
        }
    }
}

/// What stands before the lines of a point.
const INDENT: &str = "   ";

/// Every missing input, each once.
fn all_missing(explanations: &Explanations, words: &Words<'_>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for one in explanations.explanations.iter().flat_map(|e| words.missing(&e.explanation)) {
        if !all.contains(&one) {
            all.push(one);
        }
    }
    all
}

fn list(items: &[String], out: &mut String) {
    for item in items {
        out.push_str(&lines(&format!("— {item}"), INDENT, "     ").join("\n"));
        out.push('\n');
    }
    out.push('\n');
}

fn paragraph(text: &str, indent: &str, out: &mut String) {
    out.push_str(&lines(text, indent, indent).join("\n"));
    out.push_str("\n\n");
}
