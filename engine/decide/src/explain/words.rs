//! An explanation in words: first the conclusion, then whose cells were counted, then what was compared, then the
//! texts and the doubts. What has a label is called by it; names of the pack are not shown.

use std::fmt::Write as _;

use super::{Because, Explanation, Shown};
use logis_language::pack::Parsed;
use logis_language::pack::doubt::{Kind, split};
use logis_language::value::{Date, Value, french_day, parse_date};

/// The explanation in words, for whoever reads and signs it. `date` is the date of the decision.
pub fn to_words(explanation: &Explanation, parsed: &Parsed, date: Date) -> String {
    let words = Words { parsed, date };
    let mut out = words.conclusion(explanation);
    let mut sections = Sections::default();
    sections.of(explanation, &words);
    let mut reasoning = String::new();
    words.reasons(explanation, &explanation.about.words, 1, &mut reasoning);
    section("Qui est compté, et de qui", &sections.counted, &mut out);
    if !reasoning.is_empty() {
        let _ = write!(out, "Le raisonnement :\n{reasoning}");
    }
    for (title, lines) in [
        ("Les textes", &sections.texts),
        ("Les réserves : conditions des textes que ce calcul ne vérifie pas", &explanation.reserves),
        ("Les doutes", &sections.doubts),
        ("Le cumul", &explanation.combined),
    ] {
        section(title, lines, &mut out);
    }
    out
}

fn section(title: &str, lines: &[String], out: &mut String) {
    if !lines.is_empty() {
        let _ = writeln!(out, "{title} :");
        for line in lines {
            let _ = writeln!(out, "   {line}");
        }
    }
}

/// What is told once at the end of an explanation, each in the order in which it is met.
#[derive(Default)]
struct Sections {
    counted: Vec<String>,
    texts: Vec<String>,
    doubts: Vec<String>,
}

impl Sections {
    fn of(&mut self, explanation: &Explanation, words: &Words<'_>) {
        for source in explanation.sources.iter().flat_map(|s| s.split(" ; ")) {
            add(&mut self.texts, source.trim().to_string());
        }
        explanation.doubts.iter().for_each(|doubt| add(&mut self.doubts, shown_doubt(doubt)));
        for because in &explanation.because {
            match because {
                Because::Members { name, values } => {
                    let all: Vec<String> =
                        values.iter().map(|m| format!("{} {}", m.id, words.value(&m.value, None))).collect();
                    let all = if all.is_empty() { "personne".to_string() } else { all.join(", ") };
                    add(&mut self.counted, format!("{} : {all}", words.phrase(name)));
                }
                Because::Parameter { label, from, source, verified, doubt, .. } => {
                    let since = parse_date(from).map_or_else(|| from.clone(), french_day);
                    let verified = verified.as_ref().map_or_else(String::new, |on| {
                        let on = parse_date(on).map_or_else(|| on.clone(), french_day);
                        format!(", vérifiées jusqu'au {on}")
                    });
                    add(
                        &mut self.texts,
                        format!(
                            "{source} : {}, valeurs en vigueur depuis le {since}{verified}",
                            short(label)
                        ),
                    );
                    doubt.iter().for_each(|doubt| add(&mut self.doubts, shown_doubt(doubt)));
                }
                Because::Rule(rule) => self.of(rule, words),
                Because::Comparison { .. } | Because::Input { .. } | Because::Above { .. } => {}
            }
        }
    }
}

fn add(lines: &mut Vec<String>, line: String) {
    if !line.is_empty() && !lines.contains(&line) {
        lines.push(line);
    }
}

fn shown_doubt(doubt: &str) -> String {
    match split(doubt) {
        (Kind::Other, text) => text.to_string(),
        (kind, text) => format!("{kind} : {text}"),
    }
}

/// What a label says before it goes into detail, without its full stop.
fn short(label: &str) -> &str {
    label.split(" : ").next().unwrap_or(label).trim().trim_end_matches('.')
}

/// A sentence that goes on: its first letter is small, unless it begins with an abbreviation.
fn on(label: &str) -> String {
    let mut letters = label.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(first), Some(second)) if second.is_lowercase() || second == '\'' => {
            first.to_lowercase().chain(letters).collect()
        }
        _ => label.to_string(),
    }
}

/// Turns names of the pack and plain values into words.
struct Words<'p> {
    parsed: &'p Parsed,
    date: Date,
}

impl Words<'_> {
    /// The first lines: the answer, and what decided it.
    fn conclusion(&self, e: &Explanation) -> String {
        let who = on_capital(&e.about.words);
        let label = if e.label.is_empty() { self.phrase(&e.rule) } else { e.label.clone() };
        let label = label.trim().trim_end_matches('.');
        if let Some(why) = &e.in_force {
            let answer = self.value(&e.outcome, e.unit.as_deref());
            return format!("{who} : {answer}. Cette règle {} : {}.\n", self.dated(why), on(label));
        }
        let reserves = match e.reserves.is_empty() {
            true => String::new(),
            false => format!(", sous réserve de : {}", e.reserves.join(" ; ")),
        };
        let mut out = match &e.outcome {
            Shown::Value(Value::Bool(true)) => format!("{who} : oui{reserves}. {label}.\n"),
            Shown::Value(Value::Bool(false)) => {
                format!("{who} : non. Cette condition n'est pas remplie : {}.\n", on(label))
            }
            Shown::Value(_) => {
                let value = self.value(&e.outcome, e.unit.as_deref());
                format!("{who} : {value}{reserves}. {label}.\n")
            }
            Shown::Unknown(missing) => {
                let missing: Vec<String> =
                    missing.iter().map(|cell| self.missing(&cell.to_string())).collect();
                let missing = if missing.is_empty() { "une donnée".to_string() } else { missing.join(", ") };
                format!("{who} : on ne peut pas répondre. Il manque : {missing}. {label}.\n")
            }
            Shown::Error(error) => format!("{who} : pas de réponse, {}. {label}.\n", error.message),
        };
        for motive in self.motives(e).into_iter().take(3) {
            let _ = writeln!(out, "   {motive}.");
        }
        out
    }

    /// The comparisons that decided: those of the rule itself, else those of the first rule of the same answer that
    /// has any.
    fn motives(&self, e: &Explanation) -> Vec<String> {
        let own: Vec<String> = e.because.iter().filter_map(|b| self.comparison(b)).collect();
        if !own.is_empty() {
            return own;
        }
        let rules = e.because.iter().filter_map(|b| match b {
            Because::Rule(rule) if rule.outcome == e.outcome => Some(self.motives(rule)),
            _ => None,
        });
        rules.into_iter().find(|found| !found.is_empty()).unwrap_or_default()
    }

    /// What led to an outcome, a line each; `root` is the row that the whole explanation is about.
    fn reasons(&self, e: &Explanation, root: &str, depth: usize, out: &mut String) {
        let pad = "   ".repeat(depth);
        let of = |about: &str| if about == root { String::new() } else { format!(" ({about})") };
        let mut compared: Vec<String> = Vec::new();
        for because in &e.because {
            let line = match because {
                Because::Comparison { text, sign, .. } => {
                    let sides = text.split_once(&format!(" {sign} "));
                    compared.extend(sides.into_iter().flat_map(|(a, b)| [a.to_string(), b.to_string()]));
                    self.comparison(because)
                }
                // The comparison above has told it.
                Because::Input { field, .. } if compared.contains(field) => None,
                Because::Input { label, about, value, unit, .. } => Some(format!(
                    "{} : {}{}",
                    short(label),
                    self.value(value, unit.as_deref()),
                    of(&about.words)
                )),
                Because::Parameter { label, keys, value, unit, .. } => {
                    let keys: Vec<String> = keys.iter().map(|k| self.value(k, None)).collect();
                    let keys =
                        if keys.is_empty() { String::new() } else { format!(" ({})", keys.join(", ")) };
                    Some(format!("{}{keys} : {}", short(label), self.value(value, unit.as_deref())))
                }
                // Told above, person by person.
                Because::Members { .. } => None,
                Because::Rule(rule) => {
                    let label =
                        if rule.label.is_empty() { self.phrase(&rule.rule) } else { rule.label.clone() };
                    let reserved = if rule.reserves.is_empty() { "" } else { ", sous réserve" };
                    let value = self.value(&rule.outcome, rule.unit.as_deref());
                    let why = rule
                        .in_force
                        .as_ref()
                        .map_or_else(String::new, |why| format!(" (cette règle {})", self.dated(why)));
                    let label = label.trim().trim_end_matches('.').to_string();
                    let _ = writeln!(out, "{pad}{label} : {value}{reserved}{why}{}", of(&rule.about.words));
                    self.reasons(rule, root, depth + 1, out);
                    None
                }
                Because::Above { rule, outcome } => Some(format!(
                    "{} : {} (voir plus haut)",
                    self.phrase(rule),
                    self.value(outcome, self.unit(rule))
                )),
            };
            if let Some(line) = line {
                let _ = writeln!(out, "{pad}{line}");
            }
        }
    }

    /// `Ressources du ménage : 25 000 EUR/an, plus que Plafond PLUS : 20 123 EUR/an`: how the two sides stand, whether
    /// the rule wanted that or not.
    fn comparison(&self, because: &Because) -> Option<String> {
        let Because::Comparison { text, left, sign, right, holds } = because else { return None };
        let (a, b) = text.split_once(&format!(" {sign} "))?;
        let unit = self.unit(a).or(self.unit(b));
        let (x, y) = (self.value(left, unit), self.value(right, unit));
        let holds = match holds {
            Shown::Value(holds) => *holds == Value::Bool(true),
            // Not known: the values say why.
            _ => return Some(format!("{} : {x}, à comparer à {} : {y}", self.phrase(a), self.phrase(b))),
        };
        let relation = match (*sign, holds) {
            ("==", true) | ("!=", false) => "soit",
            ("==", false) | ("!=", true) => "et non",
            ("<", true) | (">=", false) => "moins que",
            ("<", false) | (">=", true) => "au moins",
            (">", true) | ("<=", false) => "plus que",
            _ => "au plus",
        };
        let (first, second) = (self.phrase(a), self.phrase(b));
        // A constant is its own value.
        let second = if second == y || second == plain_text(right) { y } else { format!("{second} : {y}") };
        Some(format!("{first} : {x}, {relation} {second}"))
    }

    /// A value with its unit: amounts and other numbers with a unit in groups of three digits.
    fn value(&self, shown: &Shown, unit: Option<&str>) -> String {
        match shown {
            Shown::Value(Value::Bool(true)) => "oui".to_string(),
            Shown::Value(Value::Bool(false)) => "non".to_string(),
            Shown::Value(Value::Date(day)) => french_day(*day),
            Shown::Value(value @ Value::Number(_)) => {
                let unit = unit.map_or_else(String::new, |unit| format!(" {unit}"));
                format!("{}{unit}", grouped(&value.to_string()))
            }
            Shown::Value(value) => match value.to_string() {
                empty if empty.is_empty() => "(vide)".to_string(),
                text => text.replace('_', " "),
            },
            Shown::Unknown(_) => "inconnu".to_string(),
            Shown::Error(error) => format!("erreur : {}", error.message),
        }
    }

    /// The unit of a rule, a field or a parameter.
    fn unit(&self, name: &str) -> Option<&str> {
        let name = name.split('[').next().unwrap_or(name);
        let rule = self.parsed.rule(name).and_then(|id| self.parsed.rules.get(id));
        let rule = rule.and_then(|r| r.text_near(self.date)).and_then(|t| t.doc.unit.as_deref());
        let field = || self.parsed.schema.fields.get(self.parsed.schema.field(name)?)?.unit.as_deref();
        let parameter = || self.parsed.parameters.get(self.parsed.parameter(name)?)?.unit.as_deref();
        rule.or_else(field).or_else(parameter)
    }

    /// The label of a rule, a field or a parameter.
    fn label(&self, name: &str) -> Option<String> {
        let rule = self.parsed.rule(name).and_then(|id| self.parsed.rules.get(id));
        let rule = rule.and_then(|r| r.text_near(self.date)).map(|t| t.doc.label.as_str());
        let field = || Some(self.parsed.schema.fields.get(self.parsed.schema.field(name)?)?.label.as_str());
        let parameter = || Some(self.parsed.parameters.get(self.parsed.parameter(name)?)?.label.as_str());
        let label = rule.or_else(field).or_else(parameter).filter(|label| !label.is_empty())?;
        Some(short(label).to_string())
    }

    /// An expression of a rule in words: names as labels, signs as they are read.
    fn phrase(&self, expression: &str) -> String {
        let name = expression.split('[').next().unwrap_or(expression);
        if let Some(label) = self.label(name) {
            return label;
        }
        let word = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
        let mut out = String::new();
        let mut rest = expression;
        while let Some(first) = rest.chars().next() {
            let length = match word(first) {
                true => rest.find(|c| !word(c)).unwrap_or(rest.len()),
                false => first.len_utf8(),
            };
            let (token, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
            match token {
                "date_decision" => out.push_str("date de la décision"),
                "*" => out.push('×'),
                "&" => out.push_str(if out.ends_with("et") { "" } else { "et" }),
                "|" => out.push_str(if out.ends_with("ou") { "" } else { "ou" }),
                "!" if !after.starts_with('=') => out.push_str("non "),
                "\"" => {}
                token => match self.label(token) {
                    Some(label) => {
                        let _ = write!(out, "« {label} »");
                    }
                    None => out.push_str(&token.replace('_', " ")),
                },
            }
            rest = after;
        }
        out
    }

    /// A missing cell by its label: `Revenu fiscal de référence (demande D0042)`.
    fn missing(&self, cell: &str) -> String {
        let (name, rest) =
            cell.split_at_checked(cell.find([' ', ',']).unwrap_or(cell.len())).unwrap_or((cell, ""));
        if let Some(label) = self.label(name) {
            return format!("{label}{rest}");
        }
        // « paramètre `chemin`, … » and « règle `nom`, … » name what they speak of.
        match cell.split_once('`').and_then(|(_, rest)| rest.split_once('`')) {
            Some((name, rest)) => match self.label(name) {
                Some(label) => format!("« {label} »{rest}"),
                None => cell.to_string(),
            },
            None => cell.to_string(),
        }
    }

    /// A reason with its day in words.
    fn dated(&self, why: &str) -> String {
        let words = why.split(' ').map(|word| {
            let (bare, end) = match word.strip_suffix(')') {
                Some(bare) => (bare, ")"),
                None => (word, ""),
            };
            parse_date(bare).map_or_else(|| word.to_string(), |day| format!("{}{end}", french_day(day)))
        });
        words.collect::<Vec<_>>().join(" ")
    }
}

fn plain_text(shown: &Shown) -> String {
    match shown {
        Shown::Value(value) => value.to_string(),
        _ => String::new(),
    }
}

/// With a capital: `demande D0017` begins a sentence.
fn on_capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A number as it is written in French: `25 000`, `11 099,7`; anything else as it is.
fn grouped(number: &str) -> String {
    let (sign, digits) = number.strip_prefix('-').map_or(("", number), |rest| ("-", rest));
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() || !whole.bytes().chain(decimals.bytes()).all(|b| b.is_ascii_digit()) {
        return number.to_string();
    }
    let mut out = String::from(sign);
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            // A space at which no line breaks.
            out.push('\u{a0}');
        }
        out.push(digit);
    }
    if !decimals.is_empty() {
        let _ = write!(out, ",{decimals}");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{grouped, on};

    #[test]
    fn numbers_and_sentences_are_french() {
        assert_eq!(grouped("1234567.5"), "1\u{a0}234\u{a0}567,5");
        assert_eq!(grouped("-12"), "-12");
        assert_eq!(grouped("1/3"), "1/3");
        assert_eq!(on("Le revenu"), "le revenu");
        assert_eq!(on("RFR du ménage"), "RFR du ménage");
    }
}
