//! Makes the rules and the parameters of a grid from its rows.

use std::collections::BTreeMap;

use rhai::Position;

use super::super::params::{Cell, Parameter, ParameterVersion, Source};
use super::super::script::{Doc, RuleText};
use super::body::{Body, Condition, body};
use super::{Figure, PARAMETERS, Points, Row, Whole};
use crate::diagnostic::texts::grids as texts;
use crate::diagnostic::{Diagnostics, Sources, Span};
use crate::value::{Date, Type, Value, add_days};

/// Stand in code for the expressions of a row.
const WHEN: &str = "__when__";
const OF: &str = "__of__";

/// Makes rules and parameters of rows.
pub(super) struct Maker<'a> {
    pub sources: &'a Sources,
    pub whole: &'a Whole,
}

impl Maker<'_> {
    /// The texts of all rules, and all parameters; `None` if rows contradict each other, which is told.
    pub fn all(&self, rows: Vec<Row>, out: &mut Diagnostics) -> Option<(Vec<RuleText>, Vec<Parameter>)> {
        // By criterion, in the order of the table.
        let mut criteria: Vec<Vec<Row>> = Vec::new();
        for row in rows {
            match criteria.iter_mut().find(|c| c.first().is_some_and(|first| first.name.0 == row.name.0)) {
                Some(rows) => rows.push(row),
                None => criteria.push(vec![row]),
            }
        }
        if criteria.is_empty() {
            out.push(texts::empty(self.whole.rule.1.clone()));
            return None;
        }
        let (mut texts, mut parameters) = (Vec::new(), Vec::new());
        for rows in &mut criteria {
            rows.sort_by_key(|row| row.from);
            if !self.follow(rows, out) {
                return None;
            }
            texts.extend(self.criterion(rows)?);
            parameters.extend(self.figures(rows));
        }
        texts.push(self.sum(&criteria)?);
        if let Some(cap) = &self.whole.cap {
            let path = format!("{PARAMETERS}{}", self.whole.rule.0);
            let label = format!("Plafond de la somme : {}", self.whole.title);
            let mut parameter = self.parameter(path, label, &cap.span, &[]);
            let cells = BTreeMap::from([(Vec::new(), cell(cap))]);
            let sources = &self.whole.sources;
            parameter.versions.extend(version(
                self.whole.from,
                self.whole.until,
                sources,
                None,
                cells,
                &cap.span,
            ));
            parameters.push(parameter);
        }
        Some((texts, parameters))
    }

    /// Do the rows of one criterion follow each other, one of the same words and group?
    fn follow(&self, rows: &[Row], out: &mut Diagnostics) -> bool {
        for pair in rows.windows(2) {
            let [a, b] = pair else { continue };
            let (here, first) = (b.name.1.clone(), a.name.1.clone());
            if a.from == b.from {
                out.push(texts::twice(&b.name.0, here, first));
                return false;
            }
            if a.group != b.group {
                out.push(texts::other_group(&b.name.0, here, first));
                return false;
            }
        }
        true
    }

    fn path(&self, row: &Row) -> String {
        format!("{PARAMETERS}{}.{}", self.whole.rule.0, row.name.0)
    }

    /// The name of a criterion's rule.
    fn rule(&self, row: &Row) -> String {
        format!("{}_{}", self.whole.rule.0, row.name.0)
    }

    /// The texts of a criterion's rule. While the grid is in force and the criterion is not, it gives no points; before and
    /// after the grid its figures have no value, and nobody knows.
    fn criterion(&self, rows: &[Row]) -> Option<Vec<RuleText>> {
        let first = rows.first()?;
        let mut texts = vec![self.counts(first, None)?];
        let mut last = None;
        for (number, row) in rows.iter().enumerate() {
            // The day from which no row holds until this one does.
            let gap = match number {
                0 => Some(self.whole.from),
                _ => last.and_then(|last| add_days(last, 1)),
            };
            let gap = gap.filter(|gap| *gap < row.from);
            if let Some(gap) = gap {
                texts.push(self.nothing(row, gap)?);
            }
            // The text of the first is that of all days until another one begins.
            if number > 0 || gap.is_some() {
                texts.push(self.counts(row, Some(row.from))?);
            }
            last = row.until;
        }
        // It ends before the grid does.
        if let (Some(last), Some(row)) = (last, rows.last())
            && self.whole.until.is_none_or(|until| last < until)
        {
            texts.push(self.nothing(row, add_days(last, 1)?)?);
            if let Some(after) = self.whole.until.and_then(|until| add_days(until, 1)) {
                texts.push(self.counts(row, Some(after))?);
            }
        }
        Some(texts)
    }

    /// The text of a row.
    fn counts(&self, row: &Row, from: Option<Date>) -> Option<RuleText> {
        let path = self.path(row);
        let points = format!("param(\"{path}\")");
        let mut code = match &row.points {
            Points::Bands(bands) => {
                let mut code = String::new();
                for number in (1..=bands.len()).rev() {
                    let band = format!("{OF} >= param(\"{path}.seuil\", {number})");
                    code += &format!("if {band} {{ param(\"{path}\", {number}) }} else ");
                }
                code + "{ 0 }"
            }
            _ if row.of.is_some() => format!("{OF} * {points}"),
            _ => points,
        };
        if row.cap.is_some() {
            code = format!("min({code}, param(\"{path}.plafond\"))");
        }
        if row.when.is_some() {
            code = format!("if {WHEN} {{ {code} }} else {{ 0 }}");
        }
        self.text(row, from, &code, [(WHEN, &row.when), (OF, &row.of)])
    }

    /// The text of days on which a criterion gives no points.
    fn nothing(&self, row: &Row, from: Date) -> Option<RuleText> {
        self.text(row, Some(from), "0", [(WHEN, &None), (OF, &None)])
    }

    fn text(
        &self,
        row: &Row,
        from: Option<Date>,
        code: &str,
        holes: [(&'static str, &Option<Condition>); 2],
    ) -> Option<RuleText> {
        let holes: BTreeMap<&str, &Condition> =
            holes.iter().filter_map(|(hole, condition)| Some((*hole, condition.as_ref()?))).collect();
        let mut params: Vec<(String, Span)> = Vec::new();
        for (name, span) in holes.values().flat_map(|condition| &condition.names) {
            if !params.iter().any(|(known, _)| known == name) {
                params.push((name.clone(), span.clone()));
            }
        }
        let body = body(code, &holes, self.position(&row.name.1))?;
        let name = self.rule(row);
        let doc = Doc {
            label: format!("Points pour le critère {}", row.label),
            sources: row.sources.iter().map(cited).collect(),
            ..Doc::default()
        };
        Some(made(name, from, params, row.name.1.clone(), body, doc))
    }

    /// The rule that adds up: of each group the most, and all others.
    fn sum(&self, criteria: &[Vec<Row>]) -> Option<RuleText> {
        let mut addends: Vec<(Option<&str>, String)> = Vec::new();
        let mut params = Vec::new();
        for row in criteria.iter().filter_map(|rows| rows.first()) {
            let name = self.rule(row);
            params.push((name.clone(), row.name.1.clone()));
            let group = row.group.as_deref();
            match addends.iter_mut().find(|(known, _)| group.is_some() && *known == group) {
                Some((_, most)) => *most = format!("max({most}, {name})"),
                None => addends.push((group, name)),
            }
        }
        let mut code = addends.into_iter().map(|(_, code)| code).collect::<Vec<_>>().join(" + ");
        if self.whole.cap.is_some() {
            code = format!("min({code}, param(\"{PARAMETERS}{}\"))", self.whole.rule.0);
        }
        let (rule, span) = &self.whole.rule;
        let body = body(&code, &BTreeMap::new(), self.position(span))?;
        let doc = Doc {
            label: self.whole.title.clone(),
            sources: self.whole.sources.iter().map(cited).collect(),
            doubts: self.whole.doubt.iter().cloned().collect(),
            reserves: self.whole.reserves.clone(),
            result: true,
            ..Doc::default()
        };
        Some(made(rule.clone(), None, params, span.clone(), body, doc))
    }

    /// The tables of a criterion's figures.
    fn figures(&self, rows: &[Row]) -> Vec<Parameter> {
        let Some(first) = rows.first() else { return Vec::new() };
        let banded = rows.iter().any(|row| matches!(row.points, Points::Bands(_)));
        let by: &[&str] = if banded { &["tranche"] } else { &[] };
        let unknown = rows.iter().find_map(|row| match &row.points {
            Points::Unknown(why) => Some(format!(" ({why})")),
            _ => None,
        });
        let (path, label, at) = (self.path(first), &first.label, &first.name.1);
        let points = format!("Points du critère {label}{}", unknown.unwrap_or_default());
        let mut points = self.parameter(path.clone(), points, at, by);
        let mut ends = self.parameter(format!("{path}.seuil"), format!("Seuils du critère {label}"), at, by);
        let mut caps =
            self.parameter(format!("{path}.plafond"), format!("Plafond du critère {label}"), at, &[]);
        for (row, next) in rows.iter().zip(rows.iter().skip(1).map(Some).chain([None])) {
            // A value without a successor that follows at once ends by itself.
            let before_next = next.and_then(|next| add_days(next.from, -1));
            let until = [row.until, before_next].into_iter().flatten().min();
            let of = |cells| version(row.from, until, &row.sources, row.doubt.clone(), cells, &row.span);
            match &row.points {
                Points::Each(figure) => {
                    points.versions.extend(of(BTreeMap::from([(Vec::new(), cell(figure))])));
                }
                Points::Bands(bands) => {
                    let cells = |take: fn(&(Figure, Figure)) -> &Figure| {
                        let numbers = (1_i64..).map(|number| vec![Value::int(number)]);
                        numbers.zip(bands.iter().map(|band| cell(take(band)))).collect()
                    };
                    ends.versions.extend(of(cells(|band| &band.0)));
                    points.versions.extend(of(cells(|band| &band.1)));
                }
                Points::Unknown(_) => {}
            }
            if let Some(cap) = &row.cap {
                caps.versions.extend(of(BTreeMap::from([(Vec::new(), cell(cap))])));
            }
        }
        let mut made = vec![points];
        made.extend(banded.then_some(ends));
        made.extend(rows.iter().any(|row| row.cap.is_some()).then_some(caps));
        made
    }

    fn parameter(&self, path: String, label: String, span: &Span, by: &[&str]) -> Parameter {
        Parameter {
            path,
            label,
            unit: None,
            by: by.iter().map(ToString::to_string).collect(),
            yearly: false,
            verified: None,
            versions: Vec::new(),
            value_type: Type::Number,
            territory: None,
            local: Vec::new(),
            span: span.clone(),
        }
    }

    /// Where a place begins, as Rhai counts.
    fn position(&self, span: &Span) -> Position {
        let (line, column) = self.sources.place(span).map_or((1, 1), |(_, line, column)| (line, column));
        let small = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
        Position::new(small(line).max(1), small(column))
    }
}

fn made(
    name: String,
    from: Option<Date>,
    params: Vec<(String, Span)>,
    span: Span,
    body: Body,
    doc: Doc,
) -> RuleText {
    let names: Vec<&str> = params.iter().map(|(name, _)| name.as_str()).collect();
    let code = format!("fn {name}({}) {{\n{}\n}}", names.join(", "), body.code);
    RuleText {
        name,
        from,
        helper: false,
        params,
        span,
        body: body.statements,
        end: Position::NONE,
        doc,
        made: Some(code.into()),
    }
}

fn cell(figure: &Figure) -> Cell {
    Cell { value: Value::Number(figure.value), span: figure.span.clone() }
}

fn version(
    from: Date,
    until: Option<Date>,
    sources: &[Source],
    doubt: Option<String>,
    cells: BTreeMap<Vec<Value>, Cell>,
    span: &Span,
) -> Option<ParameterVersion> {
    let (source, more) = sources.split_first()?;
    Some(ParameterVersion {
        from,
        until,
        source: source.clone(),
        more_sources: more.to_vec(),
        doubt,
        cells,
        span: span.clone(),
    })
}

/// A source as the comment of a rule cites it.
fn cited(source: &Source) -> String {
    match (&source.id, &source.url) {
        (Some(id), _) => format!("{} [{id}]", source.title),
        (None, Some(url)) => format!("{url} ({})", source.title),
        (None, None) => source.title.clone(),
    }
}
