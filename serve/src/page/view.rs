//! What the templates of a household show, in words.

use logis::DataError;
use logis::explain::{Shown, Words, explain};
use logis::value::french_day;
use serde::Serialize;

use super::decided::{Decided, decided};
use super::goals::{Goals, RESULTS};
use super::household::{Cell, Household, MOST};
use super::kin::Kin;
use super::questions::{Goal, Question};
use super::words::{Asked, Cells, Choice, label, titled};
use crate::day;
use crate::service::Service;

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

pub fn title(service: &Service) -> String {
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
    /// May the household be looked at against units?
    pub faces_units: bool,
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
    /// May the household be looked at against units?
    faces_units: bool,
}

/// What was answered.
#[derive(Serialize)]
struct Answer {
    path: String,
    label: String,
    value: String,
    raw: String,
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
            outcomes.push(decided(plan, explanation, *node, (&dataset, 0), &words));
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
            faces_units: self.faces_units,
        })
    }

    fn goal_label(&self) -> String {
        let goal = &self.household.goal;
        match self.goals.groups.contains(goal) {
            true => group_title(goal),
            false => label(&self.service.pack, goal, self.household.date),
        }
    }

    fn question(&self, question: &Question) -> Asked {
        let (value, error) = self.refused.clone().unwrap_or_default();
        let mut asked = match question {
            Question::Cell(cell) => self.cells().asked(cell),
            Question::Members => Asked {
                path: "n".to_string(),
                who: "Votre ménage".to_string(),
                label: "Combien de personnes vivront dans le logement, vous compris ?".to_string(),
                hint: format!("De 1 à {MOST}. Un enfant à naître compte."),
                kind: "nombre",
                unit: "personnes".to_string(),
                ..Asked::default()
            },
        };
        (asked.value, asked.error) = (value, error);
        asked
    }

    fn cells(&self) -> Cells<'_> {
        Cells { schema: &self.service.pack.parsed().schema, kin: self.kin, of_others: false }
    }

    fn answer(&self, cell: &Cell, value: &str) -> Answer {
        let cells = self.cells();
        let label = format!("{} : {}", cells.who(cell), cells.label(cell).0);
        Answer { path: cell.to_string(), label, value: cells.answer(cell, value), raw: value.to_string() }
    }
}
