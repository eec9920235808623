//! One request facing units: of each unit whether it may be proposed, what decided, and what is missing.

use std::collections::BTreeMap;

use logis::Pack;
use logis::attribution::MatchingPlan;
use logis::candidates::{demanded, sides};
use logis::data::{self, Dataset, InputFile, Issue};
use logis::diagnostic::PackError;
use logis::evaluate::possible::MissingInput;
use logis::evaluate::{Context, Evaluator, Outcome, outcome};
use logis::explain::Words;
use logis::invariants::Invariants;
use logis::pack::Parsed;
use logis::pack::manifest::Matching;
use logis::pack::schema::{EntityId, Origin};
use logis::plan::{Needs, Plan};
use logis::value::{Date, Type, Value};
use serde::Serialize;

use super::words::{label_of, titled};

/// The most units that a request faces at once.
pub const MOST: usize = 2_000;

/// The most facts that a unit is told apart by.
const FACTS: usize = 6;

/// The rules by which a request faces units, as of a date.
pub struct Facing {
    plan: MatchingPlan,
    /// Of the unit: what the suitability reads of it, to tell units apart, and what each is called.
    facts: Plan,
    headings: Vec<String>,
    /// Of the request: the rules that its points and the quotas read, and that a group of the pack names.
    publics: Option<Plan>,
    /// How many rules the suitability demands; they come right after it.
    demanded: usize,
    /// Among what the pairs select: the fit.
    fit: Option<usize>,
    /// Among what the pairs select: what says that a pair counts for a quota, and what people call it.
    quotas: Vec<(usize, String)>,
    pub request: EntityId,
    pub unit: EntityId,
}

/// A unit that a request faces.
#[derive(Serialize)]
pub struct Faced {
    pub id: String,
    pub facts: String,
    /// `recevable`, `en_attente`, `refuse`, `erreur`.
    pub state: &'static str,
    /// Points of the fit, where it is known.
    pub fit: Option<String>,
    /// What the pair counts for.
    pub counts_for: Vec<String>,
    /// The rules that refuse it, or that are still open.
    pub rules: Vec<String>,
    /// What is missing of the unit, in words.
    pub missing: Vec<String>,
    #[serde(skip)]
    order: (u8, i128, usize),
}

/// What a request is, whatever the unit.
#[derive(Default)]
pub struct Standing {
    /// Its points, in words, and what they are.
    pub points: Option<(String, String)>,
    /// The publics that it is of.
    pub publics: Vec<String>,
    /// Those that are open.
    pub open: Vec<String>,
    /// What is missing for its points and publics.
    pub missing: Vec<MissingInput>,
}

/// All units that a request faces.
pub struct Answer {
    pub units: Vec<Faced>,
    /// What is missing for units that are open, and for how many.
    pub missing: BTreeMap<MissingInput, usize>,
    pub standing: Standing,
}

impl Facing {
    /// `None` for a pack without a matching.
    ///
    /// # Errors
    /// A rule that cannot be planned as of the date.
    pub fn new(pack: &Pack, date: Date) -> Result<Option<Facing>, PackError> {
        let parsed = pack.parsed();
        let Some(declared) = &parsed.manifest.matching else { return Ok(None) };
        let bare = MatchingPlan::new(parsed, date, &[])?;
        let names = demanded(&bare.pairs);
        let Some((request, unit)) = sides(&bare.pairs) else { return Ok(None) };
        let plan = MatchingPlan::new(parsed, date, &names)?;
        let at = |name: &str| plan.pairs.selected.iter().position(|(own, _)| own == name);
        let in_force = |name: &str| plan.quotas.iter().find(|quota| quota.quota.name == name);
        let first = declared.first.iter().map(|first| (&first.name.0, &first.members.0));
        // Where members are what is charged to a holder, no rule of a household alone says it.
        let quotas = declared.quotas.iter().filter(|quota| quota.charged.is_none());
        let quotas = quotas.filter_map(|quota| Some((&quota.name.0, &quota.members.as_ref()?.0)));
        let named = first.chain(quotas);
        let quotas = named.filter_map(|(name, members)| {
            in_force(name).and_then(|own| Some((at(members)?, own.label.clone())))
        });
        let (headings, facts) = facts(&bare, declared, unit)?;
        let publics = publics(&plan, request);
        let publics: Vec<&str> = publics.iter().map(String::as_str).collect();
        let publics = if publics.is_empty() { None } else { Some(Plan::new(parsed, date, &publics)?) };
        Ok(Some(Facing {
            demanded: names.len(),
            fit: declared.fit.as_ref().and_then(|fit| at(&fit.0)),
            quotas: quotas.collect(),
            headings,
            facts,
            publics,
            request,
            unit,
            plan,
        }))
    }

    /// What is read of data for it.
    pub fn needs(&self) -> Needs {
        let mut needs = Needs::default();
        let all = self.plan.plans().chain([&self.facts]).chain(&self.publics);
        all.for_each(|plan| needs.join(plan.needs()));
        Needs { any_table: true, ..needs }
    }

    /// Units that come as the text of a CSV file beside the rows of a household.
    ///
    /// # Errors
    /// All that is wrong with the units.
    pub fn beside(&self, household: Dataset, units: &str) -> Result<Dataset, Vec<Issue>> {
        let parsed = &self.plan.pairs.parsed;
        let table = match parsed.schema.entities.get(self.unit).map(|entity| &entity.origin) {
            Some(Origin::Data { table }) => table,
            _ => return Ok(household),
        };
        let file = InputFile { name: format!("{table}.csv"), bytes: units.as_bytes().to_vec() };
        let read = data::read(&parsed.schema, &parsed.references, vec![file], &self.needs());
        let wrong: Vec<Issue> = read.issues.into_iter().filter(Issue::is_error).collect();
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let mut whole = household;
        for (own, other) in whole.tables.iter_mut().zip(read.dataset.tables) {
            if other.present && other.rows() > 0 {
                *own = other;
            }
        }
        Ok(whole)
    }

    /// What of the units contradicts what the pack says must hold of every row; of a household the page asks itself.
    pub fn contradictions(&self, dataset: &Dataset) -> Vec<String> {
        let plan = &self.plan.pairs;
        let invariants = Invariants::new(&plan.parsed, plan.date, &[self.unit].into());
        let found = invariants.issues(dataset);
        found.into_iter().filter(|issue| issue.is_error()).map(|issue| issue.message).collect()
    }

    fn parsed(&self) -> &Parsed {
        &self.plan.pairs.parsed
    }

    /// The units that the request of a row faces: those that may be proposed by their fit, those that are open by what
    /// is missing, those that are refused by how many rules refuse them.
    pub fn answer(&self, dataset: &Dataset, request: u64) -> Answer {
        let units = dataset.tables.get(self.unit).map_or(0, |table| table.rows()).min(MOST);
        let pairs = Context::new(&self.plan.pairs, dataset);
        let mut evaluator = Evaluator::new(&pairs);
        let facts = Context::new(&self.facts, dataset);
        let mut of_facts = Evaluator::new(&facts);
        let words = Words::new(&self.facts);
        let shown = self.facts.units();
        let mut answer =
            Answer { units: Vec::new(), missing: BTreeMap::new(), standing: Standing::default() };
        for unit in 0..units as u64 {
            let row = pairs.pair_row(request, unit);
            let outcomes: Vec<Outcome> = self
                .plan
                .pairs
                .selected
                .iter()
                .map(|(_, node)| outcome(&mut evaluator, *node, row))
                .collect();
            let facts = self.facts.selected.iter().zip(&shown).zip(&self.headings);
            let facts = facts.filter_map(|(((_, node), unit_of), heading)| {
                let Outcome::Known(value) = outcome(&mut of_facts, *node, unit) else { return None };
                Some(format!("{heading} {}", words.value(&value, unit_of.as_deref())))
            });
            let facts: Vec<String> = facts.take(FACTS).collect();
            let id = dataset.tables.get(self.unit).and_then(|table| table.ids.text(unit as usize));
            let id = id.map_or_else(String::new, |id| id.to_string());
            let faced = self.faced(id, facts.join(" · "), &outcomes, &mut answer.missing);
            answer.units.push(faced);
        }
        answer.units.sort_by(|a, b| (a.order, &a.id).cmp(&(b.order, &b.id)));
        answer.standing = self.standing(dataset, request);
        answer
    }

    fn faced(
        &self,
        id: String,
        facts: String,
        outcomes: &[Outcome],
        missing: &mut BTreeMap<MissingInput, usize>,
    ) -> Faced {
        let selected = &self.plan.pairs.selected;
        let label = |at: usize| {
            let name = selected.get(at).map_or("", |(name, _)| name.as_str());
            label_of(self.parsed(), name, self.plan.pairs.date)
        };
        let number = |at: Option<usize>| match at.and_then(|at| outcomes.get(at)) {
            Some(Outcome::Known(Value::Number(number))) => Some(*number),
            _ => None,
        };
        let holds = |at: usize| matches!(outcomes.get(at), Some(Outcome::Known(Value::Bool(true))));
        let fit = number(self.fit);
        let conditions = 1..=self.demanded;
        let refusing: Vec<usize> = conditions
            .clone()
            .filter(|at| matches!(outcomes.get(*at), Some(Outcome::Known(Value::Bool(false)))))
            .collect();
        let open: Vec<usize> =
            conditions.filter(|at| matches!(outcomes.get(*at), Some(Outcome::Unknown(_)))).collect();
        let (state, order, rules, lacking) = match outcomes.first() {
            Some(Outcome::Known(Value::Bool(true))) => {
                ("recevable", (0, -fit.map_or(0, |fit| fit.trunc().to_integer()), 0), Vec::new(), Vec::new())
            }
            Some(Outcome::Known(_)) => ("refuse", (2, 0, refusing.len()), refusing, Vec::new()),
            Some(Outcome::Unknown(cells)) => {
                let cells: Vec<MissingInput> = cells.to_vec();
                cells.iter().for_each(|cell| *missing.entry(*cell).or_default() += 1);
                ("en_attente", (1, 0, cells.len()), open, cells)
            }
            _ => ("erreur", (3, 0, 0), Vec::new(), Vec::new()),
        };
        let of_unit = lacking.iter().filter(|cell| cell.entity == self.unit);
        let counts_for = self.quotas.iter().filter(|(at, _)| state != "refuse" && holds(*at));
        Faced {
            id,
            facts,
            state,
            fit: fit.map(|fit| logis::value::format_number(&fit)),
            counts_for: counts_for.map(|(_, label)| label.clone()).collect(),
            rules: rules.into_iter().map(label).collect(),
            missing: of_unit.map(|cell| self.column(cell)).collect(),
            order,
        }
    }

    /// What a missing cell of a unit is called.
    fn column(&self, cell: &MissingInput) -> String {
        let schema = &self.parsed().schema;
        let column = crate::questions::column_of(schema, cell).unwrap_or_default();
        let field = crate::questions::field_of(schema, cell.entity, column).map(|field| field.label.as_str());
        match field {
            Some(label) if !label.is_empty() => label.split(" : ").next().unwrap_or(label).to_string(),
            _ => titled(column),
        }
    }

    fn standing(&self, dataset: &Dataset, request: u64) -> Standing {
        let mut standing = Standing::default();
        if let Some(plan) = &self.plan.priority {
            let context = Context::new(plan, dataset);
            let mut evaluator = Evaluator::new(&context);
            for (name, node) in &plan.selected {
                match outcome(&mut evaluator, *node, request) {
                    Outcome::Known(value) => {
                        let words = Words::new(plan).value(&value, None);
                        standing.points = Some((words, label_of(&plan.parsed, name, plan.date)));
                    }
                    Outcome::Unknown(cells) => standing.missing.extend(cells.iter().copied()),
                    Outcome::Error(_) => {}
                }
            }
        }
        if let Some(plan) = &self.publics {
            let context = Context::new(plan, dataset);
            let mut evaluator = Evaluator::new(&context);
            for (name, node) in &plan.selected {
                let label = label_of(&plan.parsed, name, plan.date);
                match outcome(&mut evaluator, *node, request) {
                    Outcome::Known(Value::Bool(true)) => standing.publics.push(label),
                    Outcome::Unknown(cells) => {
                        standing.missing.extend(cells.iter().copied());
                        standing.open.push(label);
                    }
                    _ => {}
                }
            }
        }
        standing
    }

    /// The plan of the suitability alone, for one pair to be explained.
    pub fn suitability(&self) -> Plan {
        let mut plan = self.plan.pairs.clone();
        plan.selected.truncate(1);
        plan
    }

    /// The plan of the points, if there are any.
    pub fn points(&self) -> Option<&Plan> {
        self.plan.priority.as_ref()
    }
}

/// The fields of a unit that the suitability reads, and what each is called: the name of its column. Of a code of the
/// pack's own tables the name that the table has for it is taken, where it has one.
fn facts(bare: &MatchingPlan, declared: &Matching, unit: EntityId) -> Result<(Vec<String>, Plan), PackError> {
    let pairs = &bare.pairs;
    let schema = &pairs.parsed.schema;
    let suitable = Plan::seen_from(&pairs.parsed, pairs.date, pairs.entity, &[&declared.suitable.0])?;
    let read = suitable.needs().fields;
    let Some(entity) = schema.entities.get(unit) else { return Ok((Vec::new(), suitable)) };
    let own = entity.fields.iter().filter(|id| read.contains(id)).filter_map(|id| schema.fields.get(*id));
    let (mut headings, mut names, mut codes) = (Vec::new(), Vec::new(), Vec::new());
    for field in own {
        let relation = entity.belongs_to.iter().find(|relation| relation.column == field.column);
        let target = relation.and_then(|relation| schema.entities.get(relation.target));
        let named = target.and_then(|target| {
            let names = target.names.as_deref()?;
            let mut fields = target.fields.iter().filter_map(|id| schema.fields.get(*id));
            fields.find(|field| field.column == names)
        });
        headings.push(titled(&field.column));
        names.push(named.unwrap_or(field).name.as_str());
        codes.push(field.name.as_str());
    }
    // A name that several relations lead to is of none of them.
    let plan = Plan::seen_from(&pairs.parsed, pairs.date, unit, &names)
        .or_else(|_| Plan::seen_from(&pairs.parsed, pairs.date, unit, &codes))?;
    Ok((headings, plan))
}

/// The rules of the request that its points and the quotas read, that say yes or no, and that a group of the pack names,
/// in the order of the groups.
fn publics(plan: &MatchingPlan, request: EntityId) -> Vec<String> {
    let parsed = &plan.pairs.parsed;
    let read = plan.plans().flat_map(|plan| {
        let of_request = plan.rule_nodes().filter(|(_, node)| {
            plan.node(*node).is_some_and(|node| node.entity == request && node.ty == Type::Bool)
        });
        of_request.filter_map(|(rule, _)| parsed.rules.get(rule)).map(|rule| rule.name.as_str())
    });
    let read: std::collections::BTreeSet<&str> = read.collect();
    let mut found = Vec::new();
    for (name, _) in parsed.manifest.groups.values().flatten() {
        if read.contains(name.as_str()) && !found.contains(name) {
            found.push(name.clone());
        }
    }
    found
}
