//! Makes the rules and the parameters of a grid from its rows.

use std::collections::BTreeMap;

use rhai::Position;

use super::super::params::{Cell, Parameter, ParameterVersion, Source};
use super::super::script::{Code, Doc, RuleText};
use super::body::{Body, Condition, body};
use super::{CAP, Figure, PARAMETERS, Points, Row, Whole};
use crate::diagnostic::texts::grids as texts;
use crate::diagnostic::{Diagnostics, Sources, Span};
use crate::value::{Date, Type, Value, add_days, french_day};

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
        texts.extend(self.sums(&criteria)?);
        parameters.push(self.outside());
        if let Some(cap) = &self.whole.cap {
            let path = format!("{PARAMETERS}{}.{CAP}", self.whole.rule.0);
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

    /// The texts of a criterion's rule. On days of the grid on which no row of it holds, it gives no points.
    fn criterion(&self, rows: &[Row]) -> Option<Vec<RuleText>> {
        let mut texts = Vec::new();
        // The day from which no row holds, until the next one does.
        let mut next = Some(self.whole.from);
        for row in rows {
            let [first, _] = &row.days;
            if let Some(gap) = next.filter(|gap| *gap < row.from) {
                let from = (!texts.is_empty()).then_some(gap);
                texts.push(self.nothing(row, from, first)?);
            }
            // The first text is that of all days until another one begins.
            let from = (!texts.is_empty()).then_some(row.from);
            texts.push(self.counts(row, from)?);
            next = row.until.and_then(|until| add_days(until, 1));
        }
        // It ends before the grid does.
        if let (Some(end), Some(row)) = (next, rows.last())
            && self.whole.until.is_none_or(|until| end <= until)
        {
            let [_, last] = &row.days;
            texts.push(self.nothing(row, Some(end), last)?);
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
                    code += &format!("if {band} {{ param(\"{path}.tranche\", {number}) }} else ");
                }
                code + "{ 0 }"
            }
            Points::Each(_) if row.of.is_some() => format!("{OF} * {points}"),
            Points::Each(_) | Points::Unknown(_) => points,
        };
        if row.cap.is_some() {
            code = format!("min({code}, param(\"{path}.{CAP}\"))");
        }
        if row.when.is_some() {
            code = format!("if {WHEN} {{ {code} }} else {{ 0 }}");
        }
        self.text(row, from, &code, &row.name.1)
    }

    /// The text of days on which a criterion gives no points, at the day that says so.
    fn nothing(&self, row: &Row, from: Option<Date>, at: &Option<Span>) -> Option<RuleText> {
        self.text(row, from, "0", at.as_ref().unwrap_or(&row.name.1))
    }

    fn text(&self, row: &Row, from: Option<Date>, code: &str, at: &Span) -> Option<RuleText> {
        let holes = [(WHEN, &row.when), (OF, &row.of)];
        // What a text does not ask, it does not read.
        let holes = holes.into_iter().filter(|(hole, _)| code.contains(hole));
        let holes: BTreeMap<&str, &Condition> =
            holes.filter_map(|(hole, condition)| Some((hole, condition.as_ref()?))).collect();
        let mut params: Vec<(String, Span)> = Vec::new();
        for (name, span) in holes.values().flat_map(|condition| &condition.names) {
            if !params.iter().any(|(known, _)| known == name) {
                params.push((name.clone(), span.clone()));
            }
        }
        let body = body(code, &holes, self.position(at))?;
        let name = self.rule(row);
        let doc = Doc {
            label: format!("Points pour le critère {}", row.label),
            sources: row.sources.iter().map(cited).collect(),
            ..Doc::default()
        };
        Some(made(name, from, params, at.clone(), body, doc))
    }

    /// The texts of the rule that adds up: of each group the most, and all others. On days outside the grid it reads a figure
    /// that has no value.
    fn sums(&self, criteria: &[Vec<Row>]) -> Option<Vec<RuleText>> {
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
        let path = format!("{PARAMETERS}{}", self.whole.rule.0);
        if self.whole.cap.is_some() {
            code = format!("min({code}, param(\"{path}.{CAP}\"))");
        }
        let outside = format!("param(\"{path}\")");
        let (rule, at) = &self.whole.rule;
        let text = |from: Option<Date>, code: &str, params: Vec<(String, Span)>, at: &Span| {
            let body = body(code, &BTreeMap::new(), self.position(at))?;
            let doc = Doc {
                label: self.whole.title.clone(),
                sources: self.whole.sources.iter().map(cited).collect(),
                doubts: self.whole.doubt.iter().cloned().collect(),
                reserves: self.whole.reserves.clone(),
                result: true,
                ..Doc::default()
            };
            Some(made(rule.clone(), from, params, at.clone(), body, doc))
        };
        let [first, last] = &self.whole.days;
        let mut texts = vec![text(None, &outside, Vec::new(), first.as_ref().unwrap_or(at))?];
        texts.push(text(Some(self.whole.from), &code, params, at)?);
        if let Some(after) = self.whole.until.and_then(|until| add_days(until, 1)) {
            texts.push(text(Some(after), &outside, Vec::new(), last.as_ref().unwrap_or(at))?);
        }
        Some(texts)
    }

    /// What the sum reads on days outside the grid.
    fn outside(&self) -> Parameter {
        let days = match self.whole.until {
            Some(until) => format!("du {} au {}", french_day(self.whole.from), french_day(until)),
            None => format!("à partir du {}", french_day(self.whole.from)),
        };
        let label = format!("{} (la grille vaut {days})", self.whole.title);
        self.parameter(format!("{PARAMETERS}{}", self.whole.rule.0), label, &self.whole.rule.1, &[])
    }

    /// The tables of a criterion's figures.
    fn figures(&self, rows: &[Row]) -> Vec<Parameter> {
        let Some(first) = rows.first() else { return Vec::new() };
        let banded = |row: &Row| matches!(row.points, Points::Bands(_));
        let by = &["tranche"];
        let unknown = rows.iter().find_map(|row| match &row.points {
            Points::Unknown(why) => Some(format!(" ({why})")),
            _ => None,
        });
        let (path, label, at) = (self.path(first), &first.label, &first.name.1);
        let said = format!("Points du critère {label}{}", unknown.unwrap_or_default());
        let mut points = self.parameter(path.clone(), said.clone(), at, &[]);
        let mut of_bands = self.parameter(format!("{path}.tranche"), said, at, by);
        let mut ends = self.parameter(format!("{path}.seuil"), format!("Seuils du critère {label}"), at, by);
        let mut caps =
            self.parameter(format!("{path}.{CAP}"), format!("Plafond du critère {label}"), at, &[]);
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
                    of_bands.versions.extend(of(cells(|band| &band.1)));
                }
                Points::Unknown(_) => {}
            }
            if let Some(cap) = &row.cap {
                caps.versions.extend(of(BTreeMap::from([(Vec::new(), cell(cap))])));
            }
        }
        let mut made = Vec::new();
        made.extend(rows.iter().any(|row| !banded(row)).then_some(points));
        if rows.iter().any(banded) {
            made.extend([of_bands, ends]);
        }
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
        code: Code::Parsed((body.statements, Position::NONE)),
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
