//! Expressions of rules in French: names by their labels, functions of the engine in words.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;

use logis_language::deep::deep;
use logis_language::pack::Parsed;
use logis_language::plan::Plan;
use logis_language::plan::builtins::Builtin;
use logis_language::plan::ir::{Arithmetic, Comparison, NodeId, Op};
use logis_language::value::{Exact, Rounding, Value, french_day, parse_date};

use super::french::{capital, days_in_words, on, quantity, short, the_day};
use super::spelling::Spelling;

/// Where a phrase is cut, in bytes: who reads it does not follow a longer one.
const LONGEST: usize = 600;

/// Puts nodes and values of a plan into words.
pub(super) struct Phrases<'p> {
    pub plan: &'p Plan,
    spelling: OnceCell<Spelling>,
    /// By node: its unit, once looked for.
    units: RefCell<HashMap<NodeId, Option<&'p str>>>,
}

impl<'p> Phrases<'p> {
    pub fn new(plan: &'p Plan) -> Phrases<'p> {
        Phrases { plan, spelling: OnceCell::new(), units: RefCell::default() }
    }

    pub fn parsed(&self) -> &'p Parsed {
        &self.plan.parsed
    }

    /// A known value with its unit.
    pub fn value(&self, value: &Value, unit: Option<&str>) -> String {
        match value {
            Value::Bool(true) => "oui".to_string(),
            Value::Bool(false) => "non".to_string(),
            Value::Date(day) => french_day(*day),
            Value::Number(number) => quantity(number, unit),
            Value::Text(text) if text.is_empty() => "(vide)".to_string(),
            Value::Text(text) => self.text(text),
            Value::List(items) if items.is_empty() => "(aucun)".to_string(),
            Value::List(items) => {
                items.iter().map(|item| self.value(item, unit)).collect::<Vec<_>>().join(", ")
            }
        }
    }

    /// A text of the data or of a closed list.
    fn text(&self, text: &str) -> String {
        match parse_date(text) {
            Some(day) => french_day(day),
            None => self.spelling.get_or_init(|| Spelling::of(self.parsed())).code(text),
        }
    }

    /// A text of the pack with its days in words, and the names of fields and rules by their labels.
    pub fn prose(&self, text: &str) -> String {
        let word = |c: char| c.is_alphanumeric() || c == '_';
        let mut out = String::new();
        let days = days_in_words(text);
        let mut rest = days.as_str();
        while let Some(first) = rest.chars().next() {
            let length = match word(first) {
                true => rest.find(|c| !word(c)).unwrap_or(rest.len()),
                false => first.len_utf8(),
            };
            let (token, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
            // Only what no word of French is; not inside an address.
            let name = token.contains('_') && !out.ends_with(['/', '-', '.', '=', '#']);
            match (name, self.raw_label(token)) {
                (true, Some(label)) => out.push_str(&format!("« {} »", short(label))),
                // A value of a closed list.
                (true, None) => out.push_str(&format!("« {} »", self.text(token))),
                (false, _) => out.push_str(token),
            }
            rest = after;
        }
        out
    }

    /// The label of a rule, a field or a parameter, up to its details.
    pub fn label(&self, name: &str) -> Option<String> {
        Some(self.prose(short(self.raw_label(name)?)))
    }

    /// The label of a rule, a field or a parameter, as it is written.
    fn raw_label(&self, name: &str) -> Option<&'p str> {
        let parsed = self.parsed();
        let rule = parsed.rule(name).and_then(|id| parsed.rules.get(id));
        let rule = rule.and_then(|r| r.text_near(self.plan.date)).map(|t| t.doc.label.as_str());
        let field = || Some(parsed.schema.fields.get(parsed.schema.field(name)?)?.label.as_str());
        let parameter = || Some(parsed.parameters.get(parsed.parameter(name)?)?.label.as_str());
        // A table without a label is called by its path.
        rule.or_else(field).or_else(parameter).filter(|label| !label.is_empty() && *label != name)
    }

    /// What labels a name; the name with spaces, if nothing does.
    pub fn named(&self, name: &str) -> String {
        self.label(name).unwrap_or_else(|| self.text(&name.replace('.', "_")))
    }

    /// The name of a rule, a field or a parameter that a node is; `None` of another expression.
    fn name(&self, node: NodeId) -> Option<&'p str> {
        match &self.plan.node(self.plan.national(node))?.op {
            Op::Rule(id, _) => self.parsed().rules.get(*id).map(|rule| rule.name.as_str()),
            Op::Field(id) => self.parsed().schema.fields.get(*id).map(|field| field.name.as_str()),
            Op::Param(id, _) => self.parsed().parameters.get(*id).map(|parameter| parameter.path.as_str()),
            Op::Up(_, inner) | Op::Members(_, _, inner) | Op::Strict(_, inner) => self.name(*inner),
            _ => None,
        }
    }

    /// The unit of an expression: of a rule that does not say it, that of what it computes.
    pub fn unit(&self, node: NodeId) -> Option<&'p str> {
        if let Some(found) = self.units.borrow().get(&node) {
            return *found;
        }
        let found = deep(|| self.unit_of_op(&self.plan.node(node)?.op));
        self.units.borrow_mut().insert(node, found);
        found
    }

    fn unit_of_op(&self, op: &Op) -> Option<&'p str> {
        let parsed = self.parsed();
        match op {
            Op::Rule(id, body) => {
                let text = parsed.rules.get(*id)?.text_near(self.plan.date)?;
                // A rank that is computed from persons is none: only money, parts and times are handed on.
                let measure = |unit: &&str| {
                    unit.starts_with("EUR")
                        || unit.starts_with("part")
                        || ["mois", "ans", "jours"].contains(unit)
                };
                text.doc.unit.as_deref().or_else(|| self.unit(*body).filter(measure))
            }
            Op::Field(id) => parsed.schema.fields.get(*id)?.unit.as_deref(),
            Op::Param(id, _) => parsed.parameters.get(*id)?.unit.as_deref(),
            Op::Up(_, inner) | Op::Members(_, _, inner) | Op::Strict(_, inner) | Op::Negate(inner) => {
                self.unit(*inner)
            }
            Op::Arithmetic(Arithmetic::Add | Arithmetic::Subtract, a, b) | Op::If(_, a, b) => {
                self.unit(*a).or_else(|| self.unit(*b))
            }
            // A part of something is counted as that is.
            Op::Arithmetic(Arithmetic::Multiply, a, b) => match (self.unit(*a), self.unit(*b)) {
                (Some(part), Some(unit)) if part.starts_with("part") => Some(unit),
                (Some(unit), Some(part)) if part.starts_with("part") => Some(unit),
                _ => None,
            },
            Op::Call(builtin, args) => match builtin {
                Builtin::AnneesEntre => Some("ans"),
                Builtin::MoisEntre => Some("mois"),
                Builtin::JoursEntre => Some("jours"),
                Builtin::Nombre | Builtin::Longueur => None,
                _ => args.iter().find_map(|arg| self.unit(*arg)),
            },
            _ => None,
        }
    }

    /// The unit of a rule, a field or a parameter.
    pub fn unit_of(&self, name: &str) -> Option<&'p str> {
        let parsed = self.parsed();
        let rule = parsed.rule(name).and_then(|id| self.plan.rule_nodes().find(|(rule, _)| *rule == id));
        let rule = rule.and_then(|(_, node)| self.unit(node));
        let field = || parsed.schema.fields.get(parsed.schema.field(name)?)?.unit.as_deref();
        let parameter = || parsed.parameters.get(parsed.parameter(name)?)?.unit.as_deref();
        rule.or_else(field).or_else(parameter)
    }

    /// The value of an expression that hangs on no data: a constant, or a parameter with constant keys.
    pub fn constant(&self, node: NodeId) -> Option<&'p Value> {
        match &self.plan.node(node)?.op {
            Op::Const(value) => Some(value),
            Op::Param(id, keys) => {
                let keys: Option<Vec<Value>> = keys.iter().map(|key| self.constant(*key).cloned()).collect();
                Some(&self.plan.parameter(*id)?.cells.get(&keys?)?.value)
            }
            Op::Rule(_, inner) | Op::Strict(_, inner) | Op::Up(_, inner) => self.constant(*inner),
            _ => None,
        }
    }

    /// An expression at the beginning of a sentence.
    pub fn subject(&self, node: NodeId) -> String {
        match self.name(node) {
            Some(name) => self.named(name),
            None => capital(&self.phrase(node)),
        }
    }

    /// An expression inside a sentence.
    pub fn object(&self, node: NodeId) -> String {
        match self.name(node) {
            Some(name) => on(&self.named(name)),
            None => self.phrase(node),
        }
    }

    /// An expression in words; names stand in quotes, so that it is seen where they end.
    pub fn phrase(&self, node: NodeId) -> String {
        let mut out = String::new();
        self.write(node, &mut out);
        if out.len() > LONGEST {
            let end = (0..=LONGEST).rev().find(|at| out.is_char_boundary(*at)).unwrap_or(0);
            out.truncate(end);
            out.push('…');
        }
        out
    }

    /// Appends an expression; nothing, if the phrase is too long already.
    fn write(&self, node: NodeId, out: &mut String) {
        if out.len() > LONGEST {
            return;
        }
        if let Some(name) = self.name(node) {
            out.push_str(&format!("« {} »", self.named(name)));
            return;
        }
        if let Some(expression) = self.plan.node(node) {
            deep(|| self.write_op(&expression.op, out));
        }
    }

    fn write_op(&self, op: &Op, out: &mut String) {
        match op {
            Op::Const(Value::Date(day)) => out.push_str(&the_day(*day)),
            Op::Const(Value::Text(text)) => {
                out.push_str(&format!("« {} »", self.value(&Value::Text(text.clone()), None)));
            }
            Op::Const(value) => out.push_str(&self.value(value, None)),
            Op::DecisionDate => out.push_str("la date de la décision"),
            Op::Not(inner) => self.around("le contraire de ", *inner, "", out),
            Op::Negate(inner) => self.around("moins ", *inner, "", out),
            Op::Arithmetic(sign, a, b) => {
                let sign = match sign {
                    Arithmetic::Add => " + ",
                    Arithmetic::Subtract => " − ",
                    Arithmetic::Multiply => " × ",
                    Arithmetic::Divide => " ÷ ",
                };
                self.between(*a, sign, *b, out);
            }
            Op::Compare(comparison, a, b) => {
                let verb = match comparison {
                    Comparison::Equal => " est égal à ",
                    Comparison::NotEqual => " n'est pas égal à ",
                    Comparison::Less => " est inférieur à ",
                    Comparison::AtMost => " ne dépasse pas ",
                    Comparison::Greater => " dépasse ",
                    Comparison::AtLeast => " atteint ",
                };
                self.between(*a, verb, *b, out);
            }
            Op::And(a, b) => self.between(*a, " et ", *b, out),
            Op::Or(a, b) => self.between(*a, " ou ", *b, out),
            Op::If(condition, a, b) => {
                self.write(*a, out);
                self.around(" si ", *condition, ", sinon ", out);
                self.write(*b, out);
            }
            Op::Call(builtin, args) => self.call(*builtin, args, out),
            // Those have names, or pass on something that has none.
            Op::Up(_, inner) | Op::Members(_, _, inner) | Op::Strict(_, inner) | Op::Rule(_, inner) => {
                self.write(*inner, out);
            }
            Op::Field(_) | Op::Param(..) => {}
        }
    }

    fn around(&self, before: &str, node: NodeId, after: &str, out: &mut String) {
        out.push_str(before);
        self.operand(node, out);
        out.push_str(after);
    }

    fn between(&self, a: NodeId, sign: &str, b: NodeId, out: &mut String) {
        self.operand(a, out);
        out.push_str(sign);
        self.operand(b, out);
    }

    /// Appends an operand, in parentheses if it has a sign of its own.
    fn operand(&self, node: NodeId, out: &mut String) {
        let compound = self.name(node).is_none()
            && self.plan.node(node).is_some_and(|n| {
                matches!(n.op, Op::Arithmetic(..) | Op::Compare(..) | Op::And(..) | Op::Or(..) | Op::If(..))
            });
        out.push_str(if compound { "(" } else { "" });
        self.write(node, out);
        out.push_str(if compound { ")" } else { "" });
    }

    /// A function of the engine, in words.
    fn call(&self, builtin: Builtin, args: &[NodeId], out: &mut String) {
        match (builtin, args) {
            (Builtin::Nombre, [list]) => self.around("le nombre de « oui » à ", *list, "", out),
            (Builtin::Longueur, [list]) => self.around("le nombre de valeurs de ", *list, "", out),
            (Builtin::Somme, [list]) => self.around("la somme de ", *list, "", out),
            (Builtin::Un, [list]) => self.around("au moins un « oui » à ", *list, "", out),
            (Builtin::Tous, [list]) => self.around("« oui » partout à ", *list, "", out),
            (Builtin::Max, [list]) => self.around("le plus haut de ", *list, "", out),
            (Builtin::Min, [list]) => self.around("le plus bas de ", *list, "", out),
            (Builtin::Max, [a, b]) => {
                self.around("le plus haut de ", *a, " et de ", out);
                self.operand(*b, out);
            }
            (Builtin::Min, [a, b]) => {
                self.around("le plus bas de ", *a, " et de ", out);
                self.operand(*b, out);
            }
            (Builtin::Contient, [list, item]) => {
                self.operand(*list, out);
                self.around(" comprend ", *item, "", out);
            }
            (Builtin::AnneesEntre, [a, b]) => self.time("années révolues", *a, *b, out),
            (Builtin::MoisEntre, [a, b]) => self.time("mois révolus", *a, *b, out),
            (Builtin::JoursEntre, [a, b]) => self.time("jours", *a, *b, out),
            (Builtin::AjouterAnnees, [day, count]) => self.later("ans", *day, *count, out),
            (Builtin::AjouterMois, [day, count]) => self.later("mois", *day, *count, out),
            (Builtin::AjouterJours, [day, count]) => self.later("jours", *day, *count, out),
            (Builtin::Arrondi(rounding), [number, decimals @ ..]) => {
                self.write(*number, out);
                let decimals = decimals.first().map_or(Some(Exact::from_integer(0)), |node| {
                    match self.constant(*node) {
                        Some(Value::Number(count)) => Some(*count),
                        _ => None,
                    }
                });
                let money = self.unit(*number).is_some_and(|unit| unit.starts_with("EUR"));
                let to = match decimals.map(|count| count.to_integer()) {
                    Some(0) if money => ", arrondi à l'euro".to_string(),
                    Some(0) => ", arrondi à l'unité".to_string(),
                    Some(2) if money => ", arrondi au centime".to_string(),
                    Some(2) => ", arrondi au centième".to_string(),
                    Some(count) => format!(", arrondi à {count} décimales"),
                    None => ", arrondi".to_string(),
                };
                out.push_str(&to);
                out.push_str(match rounding {
                    Rounding::Nearest => "",
                    Rounding::Down => " par défaut",
                    Rounding::Up => " par excès",
                });
            }
            // Another number of arguments is none that a checked pack has.
            _ => {
                for (at, arg) in args.iter().enumerate() {
                    out.push_str(if at == 0 { "" } else { ", " });
                    self.operand(*arg, out);
                }
            }
        }
    }

    /// `le nombre de mois révolus entre … et …`
    fn time(&self, unit: &str, from: NodeId, to: NodeId, out: &mut String) {
        out.push_str(&format!("le nombre de {unit} entre "));
        self.operand(from, out);
        self.around(" et ", to, "", out);
    }

    /// `3 mois après …`; `… plus « Délai » (en mois)`, if the count hangs on the data.
    fn later(&self, unit: &str, day: NodeId, count: NodeId, out: &mut String) {
        let known = match self.plan.node(count).map(|n| &n.op) {
            Some(Op::Negate(inner)) => self.constant(*inner).map(|value| (value, true)),
            _ => self.constant(count).map(|value| (value, false)),
        };
        match known {
            Some((Value::Number(number), negated)) => {
                let zero = Exact::from_integer(0);
                let before = negated != (*number < zero);
                let size = if *number < zero { -*number } else { *number };
                out.push_str(&quantity(&size, Some(unit)));
                out.push_str(if before { " avant " } else { " après " });
                self.operand(day, out);
            }
            _ => {
                self.operand(day, out);
                self.around(" plus ", count, &format!(" (en {unit})"), out);
            }
        }
    }
}
