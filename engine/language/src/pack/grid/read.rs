//! Reads `grille.toml`, and makes its rules and parameters.

use std::collections::BTreeMap;
use std::ops::Range;

use rhai::Position;
use toml::de::{DeTable, DeValue};

use super::super::params::{Cell, Parameter, ParameterVersion, Source, read_sources};
use super::super::script::{Doc, RuleText};
use super::super::toml_reader::{Reader, parse, scalar};
use super::body::{Condition, body};
use super::{FILE, Figure, Grid, PARAMETERS, Points, Row, Whole};
use crate::diagnostic::texts::grids as texts;
use crate::diagnostic::texts::grids::what;
use crate::diagnostic::{Diagnostics, FileId, Sources, Span};
use crate::value::{Date, Exact, Type, Value, add_days};

/// The rule that a grid makes, if it does not say.
const RULE: &str = "cotation";

/// Stand in code for the expressions of a row.
const WHEN: &str = "__when__";
const OF: &str = "__of__";

/// Reads one file.
pub(in crate::pack) fn read(file: FileId, sources: &Sources, out: &mut Diagnostics) -> Option<Grid> {
    let text = &sources.get(file)?.text;
    let root = parse(file, text, out)?;
    let mut reader = Reader::new(file, 0..0, FILE, root.get_ref());
    let title = reader.required_str("title", out);
    let named = reader.str("rule", out);
    let entity = reader.str("entity", out).map(|(name, span)| (name.to_string(), span));
    let from = reader.date("from", out);
    let until = reader.date("until", out);
    let of_file = read_sources(file, FILE, &mut reader, out);
    let doubt = reader.string("doute", out);
    let reserves = reader.strings("reserves", out).unwrap_or_default().into_iter().map(|(r, _)| r).collect();
    let cap = figure(&mut reader, "cap", out);
    let rows = reader.tables("criterion", out);
    let whole = reader.span();
    reader.finish(out);
    let (Some((title, at)), Some(from)) = (title, from) else {
        if from.is_none() {
            out.push(texts::undated(whole));
        }
        return None;
    };
    let rule = match named {
        Some((name, span)) if is_name(name) => (name.to_string(), span),
        Some((name, span)) => {
            out.push(texts::no_name(name, span));
            return None;
        }
        None => (RULE.to_string(), at),
    };
    let whole = Whole { title: title.to_string(), rule, from, until, sources: of_file, doubt, reserves, cap };
    // Of a grid with a faulty row nothing is made: a sum without it would be another.
    let found: Vec<Option<Row>> =
        rows.into_iter().map(|(at, table)| row(file, text, at, table, &whole, out)).collect();
    let rows: Vec<Row> = found.into_iter().collect::<Option<_>>()?;
    let made = Maker { sources, whole: &whole }.all(rows, out)?;
    Some(Grid { entity, rule: whole.rule, texts: made.0, parameters: made.1 })
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

fn figure(reader: &mut Reader<'_, '_>, key: &'static str, out: &mut Diagnostics) -> Option<Figure> {
    let item = reader.get(key)?;
    let (value, span) = (number(item.get_ref()), reader.at(item));
    if value.is_none() {
        out.push(texts::no_number(key, span.clone()));
    }
    Some(Figure { value: value?, span })
}

fn number(item: &DeValue<'_>) -> Option<Exact> {
    match scalar(item) {
        Some(Value::Number(number)) => Some(number),
        _ => None,
    }
}

/// One row; all that is wrong with it is told.
fn row(
    file: FileId,
    text: &str,
    at: Range<usize>,
    table: &DeTable<'_>,
    whole: &Whole,
    out: &mut Diagnostics,
) -> Option<Row> {
    let before = out.items.len();
    let mut reader = Reader::new(file, at, what::A_CRITERION, table);
    let (name, name_span) = reader.required_str("name", out)?;
    if !is_name(name) {
        out.push(texts::no_name(name, name_span.clone()));
    }
    reader.what = what::criterion(name);
    let label = reader.required_str("label", out).map(|(label, _)| label.to_string());
    let mut expression = |key: &'static str, out: &mut Diagnostics| {
        let (value, span) = reader.str(key, out)?;
        // The place of a rule begins at its name, and its code stands behind.
        if span.range.start < name_span.range.start {
            out.push(texts::name_first(name, span.clone()));
        }
        Condition::read(file, text, value, &span, out)
    };
    let when = expression("when", out);
    let of = expression("of", out);
    let points = figure(&mut reader, "points", out).map(Points::Each);
    let bands = bands(&mut reader, out).map(Points::Bands);
    let unknown = reader.string("unknown", out).map(Points::Unknown);
    let cap = figure(&mut reader, "cap", out);
    let group = reader.string("group", out);
    let from = reader.date("from", out);
    let until = reader.date("until", out);
    let doubt = reader.string("doute", out);
    let mut sources = read_sources(file, &reader.what.clone(), &mut reader, out);
    if sources.is_empty() {
        sources.clone_from(&whole.sources);
    }
    let span = reader.span();
    let mut given = [points, bands, unknown].into_iter().flatten();
    let points = given.next();
    match &points {
        _ if given.next().is_some() => out.push(texts::two_points(&reader.what, span.clone())),
        None if !["points", "bands"].iter().any(|key| table.contains_key(*key)) => {
            out.push(texts::no_points(&reader.what, span.clone()));
        }
        Some(Points::Bands(_)) if !table.contains_key("of") => {
            out.push(texts::bands_of_nothing(&reader.what, span.clone()));
        }
        _ => {}
    }
    if !table.contains_key("when") && !table.contains_key("of") {
        out.push(texts::no_condition(&reader.what, span.clone()));
    }
    if sources.is_empty() {
        out.push(texts::unsourced(&reader.what, span.clone()));
    }
    let from = from.unwrap_or(whole.from);
    let last = [until, whole.until].into_iter().flatten().min();
    if from < whole.from || last.is_some_and(|last| last < from) {
        out.push(texts::outside_of_grid(&reader.what, span.clone()));
    }
    reader.finish(out);
    if out.items.iter().skip(before).any(|d| d.severity == crate::diagnostic::Severity::Error) {
        return None;
    }
    let (name, label, points) = ((name.to_string(), name_span), label?, points?);
    Some(Row { name, label, when, of, points, cap, group, from, until: last, sources, doubt, span })
}

/// `bands = [[12, 2], [24, 5]]`: from 12 on two points, from 24 on five.
fn bands(reader: &mut Reader<'_, '_>, out: &mut Diagnostics) -> Option<Vec<(Figure, Figure)>> {
    let item = reader.get("bands")?;
    let figure = |item: &toml::Spanned<DeValue<'_>>| {
        Some(Figure { value: number(item.get_ref())?, span: Span::new(reader.file, item.span()) })
    };
    let pair = |item: &toml::Spanned<DeValue<'_>>| match item.get_ref().as_array()?.iter().as_slice() {
        [from, points] => Some((figure(from)?, figure(points)?)),
        _ => None,
    };
    let pairs: Option<Vec<_>> = item.get_ref().as_array().and_then(|items| items.iter().map(pair).collect());
    let rising = |pairs: &Vec<(Figure, Figure)>| {
        !pairs.is_empty() && pairs.windows(2).all(|w| matches!(w, [a, b] if a.0.value < b.0.value))
    };
    let pairs = pairs.filter(rising);
    if pairs.is_none() {
        out.push(texts::no_bands(reader.at(item)));
    }
    pairs
}

/// Makes rules and parameters of rows.
struct Maker<'a> {
    sources: &'a Sources,
    whole: &'a Whole,
}

impl Maker<'_> {
    fn all(&self, rows: Vec<Row>, out: &mut Diagnostics) -> Option<(Vec<RuleText>, Vec<Parameter>)> {
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
    body: super::body::Body,
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
