//! What decided an outcome, in one line with its source: the comparison that is reached by following, from rule to rule,
//! what came out as the outcome did.

use logis_language::pack::doubt::{Kind, split};
use logis_language::value::Value;

use super::french::{day_in_words, parted, short};
use super::words::text_that_decided;
use super::{Because, Explanation, Shown, Words};

/// What decided an outcome.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deciding {
    /// The comparison, or the condition, in words; nothing if the outcome is none that a comparison decides.
    pub line: Option<String>,
    /// How many others stand beside it and came out alike.
    pub others: usize,
    /// The texts of the rule that compares.
    pub texts: Vec<String>,
    /// The figure of the law that was compared with.
    pub figure: Option<Figure>,
}

/// Where a figure of the law stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    /// Its text.
    pub text: String,
    /// What people call it.
    pub name: String,
    /// The day since which it holds, in words.
    pub since: String,
}

impl Words<'_> {
    /// What a rule asks, without details.
    pub fn head(&self, e: &Explanation) -> String {
        let label = if e.label.is_empty() { self.phrases.named(&e.rule) } else { e.label.clone() };
        self.phrases.prose(short(&label))
    }

    /// What a rule says of itself beyond that, if it does.
    pub fn detail(&self, e: &Explanation) -> Option<String> {
        parted(text_that_decided(e)).1.map(|detail| self.phrases.prose(detail))
    }

    /// The answer, in a word or with its unit: `oui`, `23 146 € par an`, `inconnu`.
    pub fn answer(&self, e: &Explanation) -> String {
        match &e.outcome {
            Shown::Error(_) => "erreur".to_string(),
            outcome => self.phrases.shown(outcome, self.phrases.unit_of(&e.rule)),
        }
    }

    /// Why a rule has no answer or is not applied: what is missing, what failed, that it is not in force.
    pub fn no_answer(&self, e: &Explanation) -> Option<String> {
        match (&e.outcome, &e.in_force) {
            (_, Some(_)) => Some(self.not_in_force(e, &self.head(e))),
            (Shown::Error(error), None) => Some(format!("Le calcul n'aboutit pas : {}.", error.message)),
            _ => None,
        }
    }

    /// The missing inputs that leave an outcome open.
    pub fn missing(&self, e: &Explanation) -> Vec<String> {
        match &e.outcome {
            Shown::Unknown(cells) if e.in_force.is_none() => {
                cells.iter().map(|cell| self.phrases.missing(cell)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The reserves of an outcome.
    pub fn reserves(&self, e: &Explanation) -> Vec<String> {
        e.reserves.iter().map(|text| self.phrases.prose(text)).collect()
    }

    /// The doubts that may change an outcome, of the rule itself and of what led to it.
    pub fn doubts(&self, e: &Explanation) -> Vec<String> {
        let mut found = Vec::new();
        doubts_of(e, &mut found);
        let shown = |doubt: &&String| match split(doubt) {
            (Kind::Other, text) => self.phrases.prose(text),
            (kind, text) => format!("{kind} : {}", self.phrases.prose(text)),
        };
        found.iter().map(shown).collect()
    }

    /// What decided an outcome.
    pub fn deciding(&self, e: &Explanation) -> Deciding {
        if e.in_force.is_some() {
            return Deciding { texts: texts(e), ..Deciding::default() };
        }
        let wanted = e.outcome.as_bool();
        // What came out as the rule did; where a negation lies between, whatever there is.
        let alike = |because: &&Because| truth(because).is_some() && truth(because) == wanted;
        let found: Vec<&Because> = match e.because.iter().filter(alike).collect::<Vec<_>>() {
            all if !all.is_empty() => all,
            _ => e.because.iter().filter(|because| wanted.is_some() && truth(because).is_some()).collect(),
        };
        let Some(first) = found.first() else {
            // A number, a text: what it rests on is the figure.
            let figure = e.because.iter().find_map(|because| self.own_figure(because));
            return Deciding { texts: texts(e), figure, ..Deciding::default() };
        };
        let others = found.len() - 1;
        let line = match first {
            Because::Rule(rule) => {
                let inner = self.deciding(rule);
                let said = inner.line.is_some();
                let line = inner.line.or_else(|| Some(self.rule_line(rule)));
                let texts = if inner.texts.is_empty() || !said { texts(rule) } else { inner.texts };
                return Deciding { line, others: others + inner.others, texts, figure: inner.figure };
            }
            Because::Comparison { .. } => self.phrases.comparison(first),
            Because::Members { name, values, of, .. } => Some(
                self.phrases
                    .counted(*of, name, values)
                    .unwrap_or_else(|| self.phrases.nobody(*of, name, values)),
            ),
            Because::Input { label, value, .. } => {
                Some(format!("{} : {}", self.phrases.prose(short(label)), self.phrases.shown(value, None)))
            }
            Because::Above { rule, outcome } => {
                Some(format!("{} : {}", self.phrases.named(rule), self.phrases.shown(outcome, None)))
            }
            Because::Parameter { .. } => None,
        };
        // What led to both sides stands behind the comparison, before the next one; the side that is compared with last.
        let after = e.because.iter().skip_while(|because| !std::ptr::eq(*because, *first)).skip(1);
        let sides = after.take_while(|because| !matches!(because, Because::Comparison { .. }));
        let sides: Vec<&Because> = sides.collect();
        Deciding {
            line,
            others,
            texts: texts(e),
            figure: sides.into_iter().rev().find_map(|of| self.figure(of)),
        }
    }

    /// The figure of the law that something rests on, the nearest first.
    fn figure(&self, of: &Because) -> Option<Figure> {
        let inside: &[Because] = match of {
            Because::Parameter { .. } => return self.own_figure(of),
            Because::Rule(rule) => &rule.because,
            Because::Members { parameters, .. } => parameters,
            _ => &[],
        };
        let own = inside.iter().find_map(|because| self.own_figure(because));
        own.or_else(|| inside.iter().find_map(|because| self.figure(because)))
    }

    fn own_figure(&self, of: &Because) -> Option<Figure> {
        let Because::Parameter { path, label, from, source, .. } = of else { return None };
        let name = if label == path { self.phrases.named(path) } else { short(label).to_string() };
        Some(Figure { text: source.clone(), name, since: day_in_words(from) })
    }
}

fn texts(e: &Explanation) -> Vec<String> {
    e.sources.iter().flat_map(|source| source.split(" ; ")).map(|text| text.trim().to_string()).collect()
}

fn doubts_of<'e>(e: &'e Explanation, found: &mut Vec<&'e String>) {
    let mut add = |doubt: &'e String| {
        if !found.contains(&doubt) {
            found.push(doubt);
        }
    };
    e.doubts.iter().for_each(&mut add);
    for because in &e.because {
        match because {
            Because::Parameter { doubt: Some(doubt), .. } if !found.contains(&doubt) => found.push(doubt),
            Because::Rule(rule) => doubts_of(rule, found),
            Because::Members { rules, .. } => {
                let own = rules.iter().flat_map(|rule| &rule.doubts);
                own.for_each(|doubt| {
                    if !found.contains(&doubt) {
                        found.push(doubt);
                    }
                });
            }
            _ => {}
        }
    }
}

/// How a condition came out; nothing for what is no condition.
fn truth(because: &Because) -> Option<bool> {
    match because {
        Because::Comparison { holds: value, .. }
        | Because::Input { value, .. }
        | Because::Above { outcome: value, .. } => value.as_bool(),
        Because::Rule(rule) => rule.outcome.as_bool(),
        // Of members, whether one of them meets it.
        Because::Members { values, .. } => {
            let known = values.iter().all(|m| matches!(m.value, Shown::Value(Value::Bool(_))));
            known.then(|| values.iter().any(|m| m.value.as_bool() == Some(true)))
        }
        Because::Parameter { .. } => None,
    }
}
