//! What the templates show, in words.

use std::collections::BTreeMap;

use logis::counterfactual::{OtherDates, counterfactual, other_dates};
use logis::data::Dataset;
use logis::diagnostic::fold;
use logis::explain::{Because, Explanation, MemberRule, Shown, Words, explain};
use logis::pack::schema::{FieldKind, Schema};
use logis::value::{Value, french_day, parse_date};
use logis::{DataError, Pack};
use serde::Serialize;

use super::goals::{Goals, RESULTS};
use super::household::{Cell, Household, MOST};
use super::kin::Kin;
use super::questions::{Goal, Question, field_of, table_of};
use crate::book;
use crate::day;
use crate::service::Service;

/// A name of the pack as people read it: `sans_logement` is « Sans logement ».
fn titled(name: &str) -> String {
    let text = name.replace('_', " ");
    let mut letters = text.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().collect::<String>() + letters.as_str())
}

/// The label of a rule without details, if it has one.
fn label(pack: &Pack, rule: &str, date: logis::value::Date) -> String {
    let parsed = pack.parsed();
    let text = parsed.rule(rule).and_then(|id| parsed.rules.get(id)).and_then(|rule| rule.text_near(date));
    let label = text.map_or("", |text| text.doc.label.as_str());
    let label = label.split(" : ").next().unwrap_or_default().trim().trim_end_matches('.');
    if label.is_empty() { titled(rule) } else { label.to_string() }
}

#[derive(Serialize)]
struct Choice {
    value: String,
    label: String,
}

/// The first page.
#[derive(Serialize)]
pub struct Home {
    title: String,
    today: String,
    rights: Vec<Choice>,
    groups: Vec<Choice>,
}

/// What can be asked.
pub fn home(service: &Service, goals: &Goals) -> Home {
    let today = day::today();
    let right = |rule: &String| Choice { value: rule.clone(), label: label(&service.pack, rule, today) };
    let group = |name: &String| Choice { value: name.clone(), label: group_title(name) };
    Home {
        title: title(service),
        today: today.to_string(),
        rights: goals.rights.iter().map(right).collect(),
        groups: goals.groups.iter().map(group).collect(),
    }
}

fn title(service: &Service) -> String {
    let title = &service.pack.parsed().manifest.title;
    if title.is_empty() { titled(&service.name) } else { title.clone() }
}

fn group_title(name: &str) -> String {
    if name == RESULTS { "Plafonds et droits au logement social".to_string() } else { titled(name) }
}

/// A step, as it is computed.
pub struct Step<'s> {
    pub service: &'s Service,
    pub kin: &'s Kin,
    pub goals: &'s Goals,
    pub goal: &'s Goal,
    pub household: &'s Household,
    pub next: Option<Question>,
    /// What was written, and why it is no answer.
    pub refused: Option<(String, String)>,
}

/// A step, as it is shown.
#[derive(Serialize)]
pub struct View {
    title: String,
    goal: String,
    goal_label: String,
    date: String,
    day: String,
    asked: usize,
    members: Option<usize>,
    question: Option<Asked>,
    answers: Vec<Answer>,
    contradictions: Vec<String>,
    outcomes: Vec<Decided>,
    open: Vec<String>,
    warnings: Vec<String>,
    group: bool,
}

/// A question.
#[derive(Serialize)]
struct Asked {
    path: String,
    who: String,
    label: String,
    hint: String,
    form: String,
    /// `choix`, `nombre`, `date`, `texte`.
    kind: &'static str,
    choices: Vec<Choice>,
    unit: String,
    value: String,
    error: String,
    may_ignore: bool,
}

/// What was answered.
#[derive(Serialize)]
struct Answer {
    path: String,
    label: String,
    value: String,
    raw: String,
}

/// An outcome.
#[derive(Serialize)]
struct Decided {
    rule: String,
    label: String,
    /// `oui`, `non`, `valeur`, `inconnu`, `erreur`.
    state: &'static str,
    value: String,
    conclusion: Vec<String>,
    sections: Vec<Section>,
    law: Vec<Law>,
    dates: Vec<String>,
}

/// A part of an explanation.
#[derive(Clone, Debug, Default, Serialize)]
struct Section {
    title: String,
    lines: Vec<Line>,
}

#[derive(Clone, Debug, Serialize)]
struct Line {
    depth: usize,
    text: String,
}

/// A text of the law, and where it opens.
#[derive(Serialize)]
struct Law {
    written: String,
    links: Vec<String>,
}

impl Step<'_> {
    /// What is shown of it.
    ///
    /// # Errors
    /// Answers that do not fit, which are not taken.
    pub fn view(&self) -> Result<View, DataError> {
        let (plan, household) = (&self.goal.plan, self.household);
        let dataset = self.goal.dataset(household, self.kin)?;
        let contradictions = self.goal.contradictions(&dataset);
        let words = Words::new(plan);
        // Rows that contradict themselves are not decided.
        let explained = if contradictions.is_empty() { explain(plan, &dataset, 0) } else { Vec::new() };
        let mut outcomes = Vec::new();
        let mut open = Vec::new();
        for (explanation, (_, node)) in explained.iter().zip(&plan.selected) {
            if let Shown::Unknown(_) = explanation.outcome {
                open.push(label(&self.service.pack, &explanation.rule, plan.date));
                // A question will settle it; where there is none, what is missing is said.
                if self.next.is_some() {
                    continue;
                }
            }
            outcomes.push(self.decided(explanation, *node, &dataset, &words));
        }
        let members = household.members.iter().map(|n| Answer {
            path: "n".to_string(),
            label: "Personnes qui vivront dans le logement".to_string(),
            value: n.to_string(),
            raw: String::new(),
        });
        let cells = household.answers.iter().map(|(cell, value)| self.answer(cell, value));
        Ok(View {
            title: title(self.service),
            goal: household.goal.clone(),
            goal_label: self.goal_label(),
            date: household.date.to_string(),
            day: french_day(household.date),
            asked: household.answers.len() + usize::from(household.members.is_some()),
            members: household.members,
            question: self.next.as_ref().map(|question| self.question(question)),
            answers: members.chain(cells).collect(),
            contradictions,
            outcomes,
            open,
            warnings: plan.warnings.iter().chain(&plan.notes).cloned().collect(),
            group: plan.selected.len() > 1,
        })
    }

    fn goal_label(&self) -> String {
        let goal = &self.household.goal;
        match self.goals.groups.contains(goal) {
            true => group_title(goal),
            false => label(&self.service.pack, goal, self.household.date),
        }
    }

    fn schema(&self) -> &Schema {
        &self.service.pack.parsed().schema
    }

    /// Whose cell it is.
    fn who(&self, cell: &Cell) -> String {
        let entity = self.schema().entities.get(cell.entity);
        let noun = entity.map_or_else(String::new, |entity| entity.name.replace('_', " "));
        let member = self.kin.members.as_ref().is_some_and(|members| members.entity == cell.entity);
        match cell.at {
            None => "Votre ménage".to_string(),
            Some(0) if member => "Vous".to_string(),
            Some(0) => format!("Vous, {noun}"),
            Some(at) if member => titled(&format!("{noun} {}", at + 1)),
            Some(at) => titled(&format!("{noun}, personne {}", at + 1)),
        }
    }

    fn question(&self, question: &Question) -> Asked {
        let (value, error) = self.refused.clone().unwrap_or_default();
        let mut asked = Asked {
            path: "n".to_string(),
            who: "Votre ménage".to_string(),
            label: "Combien de personnes vivront dans le logement, vous compris ?".to_string(),
            hint: format!("De 1 à {MOST}. Un enfant à naître compte."),
            form: String::new(),
            kind: "nombre",
            choices: Vec::new(),
            unit: "personnes".to_string(),
            value,
            error,
            may_ignore: false,
        };
        let Question::Cell(cell) = question else { return asked };
        asked.path = cell.to_string();
        asked.who = self.who(cell);
        asked.may_ignore = true;
        asked.unit = String::new();
        (asked.label, asked.hint) = self.label(cell);
        let Some(field) = field_of(self.schema(), cell) else {
            asked.kind = "texte";
            asked.hint = match table_of(self.schema(), cell) {
                Some(_) => "Le nom, ou le code si plusieurs ont ce nom.".to_string(),
                None => String::new(),
            };
            return asked;
        };
        asked.form = field.form.clone().unwrap_or_default();
        asked.unit = field.unit.as_deref().map_or_else(String::new, unit_in_words);
        match &field.kind {
            FieldKind::Boolean => {
                let choice = |value: &str, label: &str| Choice { value: value.into(), label: label.into() };
                asked.kind = "choix";
                asked.choices = vec![choice("true", "Oui"), choice("false", "Non")];
            }
            FieldKind::Enum(values) => {
                asked.kind = "choix";
                let choice =
                    |value: &std::sync::Arc<str>| Choice { value: value.to_string(), label: titled(value) };
                asked.choices = values.iter().map(choice).collect();
            }
            FieldKind::Number { .. } => asked.kind = "nombre",
            FieldKind::Date => asked.kind = "date",
            FieldKind::Text | FieldKind::Codes => asked.kind = "texte",
        }
        asked
    }

    /// What people call a cell, and what its label says besides.
    fn label(&self, cell: &Cell) -> (String, String) {
        let schema = self.schema();
        let field = field_of(schema, cell).map(|field| field.label.clone());
        let target = || {
            let entity = schema.entities.get(table_of(schema, cell)?)?;
            Some(entity.label.clone())
        };
        // A relation to a table of the pack: a field reads the same column, or the table says what it is.
        let beside = || {
            let entity = schema.entities.get(cell.entity)?;
            schema.field_of_column(entity, &cell.column).map(|field| field.label.clone())
        };
        let whole = field.or_else(beside).or_else(target).filter(|label| !label.is_empty());
        let whole = whole.unwrap_or_else(|| titled(&cell.column));
        match whole.split_once(" : ") {
            Some((head, rest)) => (head.to_string(), titled(rest)),
            None => (whole, String::new()),
        }
    }

    fn answer(&self, cell: &Cell, value: &str) -> Answer {
        let field = field_of(self.schema(), cell);
        let shown = match field.map(|field| &field.kind) {
            _ if value.is_empty() => "Je ne sais pas".to_string(),
            Some(FieldKind::Boolean) if value == "true" => "Oui".to_string(),
            Some(FieldKind::Boolean) if value == "false" => "Non".to_string(),
            Some(FieldKind::Enum(_)) => titled(value),
            Some(FieldKind::Date) => parse_date(value).map_or_else(|| value.to_string(), french_day),
            _ => {
                let unit =
                    field.and_then(|field| field.unit.as_deref()).map_or_else(String::new, unit_in_words);
                format!("{value} {unit}").trim_end().to_string()
            }
        };
        let label = format!("{} : {}", self.who(cell), self.label(cell).0);
        Answer { path: cell.to_string(), label, value: shown, raw: value.to_string() }
    }

    fn decided(
        &self,
        explanation: &Explanation,
        node: logis::plan::ir::NodeId,
        dataset: &Dataset,
        words: &Words<'_>,
    ) -> Decided {
        let plan = &self.goal.plan;
        let (state, value) = match &explanation.outcome {
            Shown::Value(Value::Bool(true)) => ("oui", "Oui".to_string()),
            Shown::Value(Value::Bool(false)) => ("non", "Non".to_string()),
            Shown::Value(value) => ("valeur", words.value(value, explanation.unit.as_deref())),
            Shown::Unknown(_) => ("inconnu", "On ne peut pas répondre".to_string()),
            Shown::Error(_) => ("erreur", "Pas de réponse".to_string()),
        };
        let mut text = words.explanation(explanation);
        let mut dates = Vec::new();
        if state == "non" {
            text.push_str(&counterfactual(plan, dataset, node, 0).to_words(words));
            // Of many rules together the search over all days would be long.
            if plan.selected.len() == 1 {
                dates = other_days(&other_dates(plan, dataset, &explanation.rule, 0));
            }
        }
        let (conclusion, mut sections) = sections(&text);
        // The texts are shown with where they open.
        sections.retain(|section| section.title != "Les textes");
        let mut lines = Vec::new();
        sources(explanation, &mut lines);
        Decided {
            rule: explanation.rule.clone(),
            label: label(&self.service.pack, &explanation.rule, plan.date),
            state,
            value,
            conclusion,
            sections,
            law: self.law(&lines),
            dates,
        }
    }

    /// The texts that are cited, each once, those that open first.
    fn law(&self, lines: &[String]) -> Vec<Law> {
        let parsed = self.service.pack.parsed();
        let mut found: BTreeMap<String, Law> = BTreeMap::new();
        for citation in lines.iter().flat_map(|line| book::references(parsed, line)) {
            let law = Law { written: citation.written.clone(), links: citation.links() };
            found.entry(fold(&citation.written)).or_insert(law);
        }
        let mut all: Vec<Law> = found.into_values().collect();
        all.sort_by_key(|law| law.links.is_empty());
        all
    }
}

/// `EUR/an` as people read it.
fn unit_in_words(unit: &str) -> String {
    match unit {
        "EUR" => "euros".to_string(),
        "EUR/an" => "euros par an".to_string(),
        "EUR/mois" => "euros par mois".to_string(),
        other => other.to_string(),
    }
}

/// The nearest days with another answer.
fn other_days(dates: &OtherDates) -> Vec<String> {
    let one = |(when, other): (&str, &logis::counterfactual::OtherDate)| {
        let day = parse_date(&other.date).map_or_else(|| other.date.clone(), french_day);
        let answer = if other.outcome { "oui" } else { "non" };
        let stale = if other.stale { " (barème peut-être périmé à cette date)" } else { "" };
        format!("La réponse serait « {answer} » {when} le {day}{stale}, à données inchangées.")
    };
    let all = [("dès", &dates.after), ("encore", &dates.before)];
    all.into_iter().filter_map(|(when, other)| Some(one((when, other.as_ref()?)))).collect()
}

/// The legal references of all that led to an outcome.
fn sources(explanation: &Explanation, into: &mut Vec<String>) {
    into.extend(explanation.sources.iter().cloned());
    because(&explanation.because, into);
}

fn because(all: &[Because], into: &mut Vec<String>) {
    for one in all {
        match one {
            Because::Parameter { source, .. } => into.push(source.clone()),
            Because::Members { rules, parameters, .. } => {
                rules.iter().for_each(|MemberRule { sources, .. }| into.extend(sources.iter().cloned()));
                because(parameters, into);
            }
            Because::Rule(rule) => sources(rule, into),
            _ => {}
        }
    }
}

/// An explanation in words as its conclusion and its sections: a line at the margin that ends with a colon begins one.
fn sections(text: &str) -> (Vec<String>, Vec<Section>) {
    let (mut conclusion, mut sections) = (Vec::new(), Vec::<Section>::new());
    for line in text.lines() {
        let depth = (line.len() - line.trim_start().len()) / 3;
        let told = line.trim().to_string();
        match (sections.last_mut(), told.strip_suffix(" :")) {
            (_, Some(title)) if depth == 0 && !conclusion.is_empty() => {
                sections.push(Section { title: title.to_string(), lines: Vec::new() });
            }
            (Some(section), _) => section.lines.push(Line { depth, text: told }),
            (None, _) => conclusion.push(told),
        }
    }
    (conclusion, sections)
}
