//! An explanation in words: first the conclusion, then whose cells were counted, then what was compared, then the
//! texts and the doubts. What has a label is called by it; names of the pack are not shown.

use std::fmt::Write as _;

use super::french::{capital, day_in_words, days_in_words, on, parted, short};
use super::phrases::Phrases;
use super::{Because, Explanation, Shown};
use logis_language::pack::doubt::{Kind, split};
use logis_language::pack::territory::national_path;
use logis_language::plan::Plan;
use logis_language::value::{Value, add_days, french_day};

/// The most lines under the conclusion that say why it is so.
const MOTIVES: usize = 6;

/// The explanation in words, for whoever reads and signs it. `plan` is the one that was explained.
pub fn to_words(explanation: &Explanation, plan: &Plan) -> String {
    Words::new(plan).explanation(explanation)
}

/// Puts the explanations of a plan into words.
pub struct Words<'p> {
    pub(super) phrases: Phrases<'p>,
}

/// The sentence of the text that decided: of the rule that a territory gives in place of this one, where it did.
pub(super) fn text_that_decided(e: &Explanation) -> &str {
    let own = e.because.iter().find_map(|because| match because {
        Because::Rule(own) if own.rule != e.rule && national_path(&own.rule) == e.rule => Some(&own.label),
        _ => None,
    });
    own.unwrap_or(&e.label)
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
    details: Vec<String>,
    texts: Vec<String>,
    doubts: Vec<String>,
}

impl Sections {
    fn of(&mut self, explanation: &Explanation, phrases: &Phrases<'_>) {
        self.rule(&explanation.sources, &explanation.doubts);
        self.because(&explanation.because, phrases);
    }

    fn rule(&mut self, sources: &[String], doubts: &[String]) {
        for source in sources.iter().flat_map(|s| s.split(" ; ")) {
            add(&mut self.texts, source.trim().to_string());
        }
        doubts.iter().for_each(|doubt| add(&mut self.doubts, shown_doubt(doubt)));
    }

    fn because(&mut self, all: &[Because], phrases: &Phrases<'_>) {
        for because in all {
            match because {
                Because::Members { name, values, rules, parameters, of } => {
                    phrases
                        .counted(*of, name, values)
                        .into_iter()
                        .for_each(|line| add(&mut self.counted, line));
                    for rule in rules {
                        // The others are not named in what is told.
                        if rule.rule == *name {
                            self.detail(&rule.label);
                        }
                        self.rule(&rule.sources, &rule.doubts);
                    }
                    self.because(parameters, phrases);
                }
                Because::Parameter { path, label, from, source, verified, doubt, .. } => {
                    let named = if label == path { phrases.named(path) } else { short(label).to_string() };
                    let since = day_in_words(from);
                    let verified = verified
                        .as_ref()
                        .map_or_else(String::new, |on| format!(", vérifiées jusqu'au {}", day_in_words(on)));
                    add(
                        &mut self.texts,
                        format!("{source} : {named}, valeurs en vigueur depuis le {since}{verified}"),
                    );
                    doubt.iter().for_each(|doubt| add(&mut self.doubts, shown_doubt(doubt)));
                }
                Because::Rule(rule) => {
                    self.detail(&rule.label);
                    self.of(rule, phrases);
                }
                Because::Comparison { .. } | Because::Input { .. } | Because::Above { .. } => {}
            }
        }
    }

    /// What the label of a rule goes into, past its short form, which stands in quotes: it may have come out false.
    fn detail(&mut self, label: &str) {
        if let (head, Some(detail)) = parted(label) {
            add(&mut self.details, format!("« {head} » : {detail}"));
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

impl<'p> Words<'p> {
    /// For the explanations of this plan.
    pub fn new(plan: &'p Plan) -> Words<'p> {
        Words { phrases: Phrases::new(plan) }
    }

    /// An explanation in words.
    pub fn explanation(&self, explanation: &Explanation) -> String {
        let mut out = self.conclusion(explanation);
        let mut sections = Sections::default();
        sections.of(explanation, &self.phrases);
        let mut reasoning = String::new();
        self.reasons(explanation, &explanation.about.words, 1, &mut reasoning);
        section("Qui est compté, et de qui", &sections.counted, &mut out);
        if !reasoning.is_empty() {
            let _ = write!(out, "Le raisonnement :\n{reasoning}");
        }
        let days = |lines: &[String]| lines.iter().map(|line| days_in_words(line)).collect::<Vec<_>>();
        let prose = |lines: &[String]| lines.iter().map(|line| self.phrases.prose(line)).collect::<Vec<_>>();
        for (title, lines) in [
            ("Ce que précisent les règles", prose(&sections.details)),
            // Titles and addresses are quoted as they are.
            ("Les textes", days(&sections.texts)),
            (
                "Les réserves, conditions des textes que ce calcul ne vérifie pas",
                prose(&explanation.reserves),
            ),
            ("Les doutes qui pourraient changer la réponse", prose(&sections.doubts)),
            ("Le cumul", prose(&explanation.combined)),
        ] {
            section(title, &lines, &mut out);
        }
        out
    }

    /// A known value with its unit.
    pub fn value(&self, value: &Value, unit: Option<&str>) -> String {
        self.phrases.value(value, unit)
    }

    /// What a rule, a field or a parameter is labelled, without details, if something labels it.
    pub fn own_label(&self, name: &str) -> Option<String> {
        self.phrases.label(name)
    }

    /// The unit of a rule, a field or a parameter.
    pub fn unit(&self, name: &str) -> Option<&'p str> {
        self.phrases.unit_of(name)
    }

    /// What people call a rule, a field or a parameter, without details.
    pub fn label(&self, name: &str) -> String {
        self.phrases.named(name)
    }

    /// The first lines: the answer, and what decided it.
    fn conclusion(&self, e: &Explanation) -> String {
        let who = capital(&e.about.words);
        let label = if e.label.is_empty() { self.phrases.named(&e.rule) } else { e.label.clone() };
        let label = self.phrases.prose(&label);
        let (head, _) = parted(&label);
        let decided = self.phrases.prose(text_that_decided(e));
        let detail = parted(&decided).1;
        let detail = detail.map_or_else(String::new, |detail| format!(" La règle précise : {detail}."));
        let unit = self.phrases.unit_of(&e.rule);
        let reserves = match e.reserves.is_empty() {
            true => String::new(),
            false => format!(", sous réserve de : {}", self.phrases.prose(&e.reserves.join(" ; "))),
        };
        let mut out = match (&e.outcome, &e.in_force) {
            (outcome, Some(_)) => {
                let answer = match outcome {
                    Shown::Value(Value::Bool(_)) => self.phrases.shown(outcome, unit),
                    Shown::Value(_) => format!("{} : {}", on(head), self.phrases.shown(outcome, unit)),
                    _ => "pas de réponse".to_string(),
                };
                format!("{who} : {answer}. {}\n", self.not_in_force(e, head))
            }
            (Shown::Value(Value::Bool(true)), None) => {
                format!("{who} : oui{reserves}. {}.\n", label.trim().trim_end_matches('.'))
            }
            // The condition stands in quotes and before the negation: nobody reads it as said.
            (Shown::Value(Value::Bool(false)), None) => {
                format!("{who} : non. La condition « {head} » n'est pas remplie.{detail}\n")
            }
            (outcome @ Shown::Value(_), None) => {
                let value = self.phrases.shown(outcome, unit);
                format!("{who}. {} : {value}{reserves}.{detail}\n", capital(head))
            }
            (Shown::Unknown(missing), None) => {
                let missing: Vec<String> = missing.iter().map(|cell| self.phrases.missing(cell)).collect();
                let missing = if missing.is_empty() { "une donnée".to_string() } else { missing.join(", ") };
                format!("{who} : on ne peut pas répondre sur « {head} ». Il manque : {missing}.\n")
            }
            (Shown::Error(error), None) => {
                format!("{who} : pas de réponse sur « {head} » : {}.\n", error.message)
            }
        };
        if e.in_force.is_none() {
            let motives = self.motives(e);
            for motive in motives.iter().take(MOTIVES) {
                let _ = writeln!(out, "   {motive}.");
            }
            if motives.len() > MOTIVES {
                let _ = writeln!(out, "   Les autres raisons sont dans le raisonnement.");
            }
        }
        out
    }

    /// That a rule is not in force on the date, with its days.
    pub(super) fn not_in_force(&self, e: &Explanation, head: &str) -> String {
        let parsed = self.phrases.parsed();
        let days = parsed.rule(&e.rule).and_then(|id| parsed.rules.get(id)).and_then(|rule| rule.in_force());
        let date = self.phrases.plan.date;
        let (from, until) = days.map_or((None, None), |days| (days.from, days.until));
        match (from, until) {
            (Some(first), _) if date < first => format!(
                "La disposition « {head} » n'est pas encore en vigueur le {} : elle l'est à partir du {}. \
                 Ses conditions ne sont pas examinées.",
                french_day(date),
                french_day(first)
            ),
            (first, Some(last)) => {
                let first = first.map_or_else(String::new, |day| {
                    format!(", après l'avoir été à partir du {}", french_day(day))
                });
                format!(
                    "La disposition « {head} » n'est plus en vigueur depuis le {}{first}. \
                     Ses conditions ne sont pas examinées.",
                    french_day(add_days(last, 1).unwrap_or(last))
                )
            }
            _ => format!("La disposition « {head} » n'est pas en vigueur."),
        }
    }

    /// What decided: the comparisons and conditions of the rule itself; where a single rule decided, its own too.
    fn motives(&self, e: &Explanation) -> Vec<String> {
        let is_bool = matches!(e.outcome, Shown::Value(Value::Bool(_)));
        let mut found: Vec<String> = Vec::new();
        let mut rules: Vec<&Explanation> = Vec::new();
        for because in &e.because {
            let line =
                match because {
                    Because::Comparison { .. } => self.phrases.comparison(because),
                    Because::Rule(rule) if is_bool && rule.outcome.as_bool().is_some() => {
                        rules.push(rule);
                        Some(self.rule_line(rule))
                    }
                    Because::Above { rule, outcome } if is_bool && outcome.as_bool().is_some() => {
                        Some(format!("{} : {}", self.phrases.named(rule), self.phrases.shown(outcome, None)))
                    }
                    Because::Input { label, value, .. } if is_bool && value.as_bool().is_some() => Some(
                        format!("{} : {}", self.phrases.prose(short(label)), self.phrases.shown(value, None)),
                    ),
                    Because::Members { name, values, of, .. } if is_bool => Some(
                        self.phrases
                            .counted(*of, name, values)
                            .unwrap_or_else(|| self.phrases.nobody(*of, name, values)),
                    ),
                    _ => None,
                };
            line.into_iter().for_each(|line| add(&mut found, line));
        }
        if let ([only], [_]) = (rules.as_slice(), found.as_slice()) {
            self.motives(only).into_iter().for_each(|line| add(&mut found, line));
        }
        found
    }

    /// A rule with its outcome, by its short label.
    pub(super) fn rule_line(&self, rule: &Explanation) -> String {
        let label = if rule.label.is_empty() { self.phrases.named(&rule.rule) } else { rule.label.clone() };
        let reserved = if rule.reserves.is_empty() { "" } else { ", sous réserve" };
        let value = self.phrases.shown(&rule.outcome, self.phrases.unit_of(&rule.rule));
        let why = rule.in_force.as_ref();
        let why = why.map_or_else(String::new, |why| format!(" ({})", days_in_words(why)));
        format!("{} : {value}{reserved}{why}", self.phrases.prose(short(&label)))
    }

    /// What led to an outcome, a line each; `root` is the row that the whole explanation is about.
    fn reasons(&self, e: &Explanation, root: &str, depth: usize, out: &mut String) {
        let pad = "   ".repeat(depth);
        let of = |about: &str| if about == root { String::new() } else { format!(" ({about})") };
        // What a comparison has told is not told again, unless there is more to say of it.
        let mut compared: Vec<String> = Vec::new();
        let mut last = String::new();
        for because in &e.because {
            let line = match because {
                Because::Comparison { text, sign, .. } => {
                    let sides = text.split_once(&format!(" {sign} "));
                    compared.extend(sides.into_iter().flat_map(|(a, b)| [a.to_string(), b.to_string()]));
                    self.phrases.comparison(because)
                }
                Because::Input { field, .. } if compared.contains(field) => None,
                Because::Parameter { path, keys, .. } if keys.is_empty() && compared.contains(path) => None,
                Because::Above { rule, .. } if compared.contains(rule) => None,
                Because::Input { label, about, value, unit, .. } => Some(format!(
                    "{} : {}{}",
                    self.phrases.prose(short(label)),
                    self.phrases.shown(value, unit.as_deref()),
                    of(&about.words)
                )),
                Because::Parameter { path, label, keys, value, unit, .. } => Some(format!(
                    "{} : {}",
                    self.phrases.cell(path, label, keys),
                    self.phrases.shown(value, unit.as_deref())
                )),
                // Who is counted is told above.
                Because::Members { name, values, of, .. } => {
                    let told = self.phrases.counted(*of, name, values).is_some();
                    (!told).then(|| self.phrases.nobody(*of, name, values))
                }
                Because::Rule(rule) => {
                    let mut led = String::new();
                    self.reasons(rule, root, depth + 1, &mut led);
                    let line = format!("{pad}{}{}\n", self.rule_line(rule), of(&rule.about.words));
                    if !(led.is_empty() && compared.contains(&rule.rule)) {
                        // A comparison with a constant may have said just this.
                        out.push_str(if last == line { "" } else { &line });
                        out.push_str(&led);
                    }
                    None
                }
                Because::Above { rule, outcome } => Some(format!(
                    "{} : {} (voir plus haut)",
                    self.phrases.named(rule),
                    self.phrases.shown(outcome, self.phrases.unit_of(rule))
                )),
            };
            last.clear();
            if let Some(line) = line {
                last = format!("{pad}{line}\n");
                out.push_str(&last);
            }
        }
    }
}
