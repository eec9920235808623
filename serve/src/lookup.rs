//! Rules, figures and codes by their names, as documents; what is not there is told with the nearest that is.

use logis::Pack;
use logis::data::issue_code;
use logis::diagnostic::{codes, fold, nearest};
use logis::value::Date;
use serde_json::{Map, Value as Json, json};

use crate::book;
use crate::day;
use crate::problem::Problem;

/// All rules in a few words, as of a date, whose names or labels hold these words.
pub fn rules(pack: &Pack, date: Date, words: &str) -> Json {
    let parsed = pack.parsed();
    let lines = book::rules(parsed).map(|rule| book::rule_line(parsed, rule, date));
    let rules: Vec<Json> = lines.filter(|line| holds(line, &["name", "label"], words)).collect();
    let groups = parsed.manifest.groups.iter();
    let groups: Map<String, Json> = groups
        .map(|(name, rules)| (name.clone(), rules.iter().map(|(rule, _)| rule.as_str()).collect()))
        .collect();
    json!({ "date": date.to_string(), "results": pack.results(), "groups": groups, "rules": rules })
}

/// A rule with its text in force on a date; without a date, with all its texts.
pub fn rule(pack: &Pack, name: &str, date: Option<Date>) -> Result<Json, Problem> {
    let parsed = pack.parsed();
    let Some(rule) = book::rules(parsed).find(|rule| rule.name == name) else {
        return Err(none("règle", name, book::rules(parsed).map(|rule| rule.name.as_str())));
    };
    Ok(book::rule(parsed, rule, date, day::today()))
}

/// All parameters in a few words, whose paths or labels hold these words.
pub fn parameters(pack: &Pack, words: &str) -> Json {
    let lines = pack.parsed().parameters.iter().map(book::parameter_line);
    let lines: Vec<Json> = lines.filter(|line| holds(line, &["path", "label"], words)).collect();
    json!({ "parameters": lines })
}

/// A parameter with its values in force on a date; without a date, with all it ever had.
pub fn parameter(pack: &Pack, path: &str, date: Option<Date>) -> Result<Json, Problem> {
    let parsed = pack.parsed();
    let Some(parameter) = parsed.parameter(path).and_then(|id| parsed.parameters.get(id)) else {
        return Err(none("paramètre", path, parsed.parameters.iter().map(|p| p.path.as_str())));
    };
    Ok(book::parameter(parsed, parameter, date))
}

/// What a code of an issue means: of data (`D0403`) and of packs (`L0102`).
pub fn code(code: &str) -> Result<Json, Problem> {
    let all = || issue_code::all().iter().chain(codes::all());
    let Some(found) = all().find(|known| known.code.eq_ignore_ascii_case(code)) else {
        return Err(none("code", code, all().map(|known| known.code)));
    };
    Ok(json!({
        "code": found.code, "title": found.title, "level": found.severity.name(), "text": found.text,
    }))
}

/// Do these keys of a line hold each of the words, however they are accented?
fn holds(line: &Json, keys: &[&str], words: &str) -> bool {
    let texts = keys.iter().filter_map(|key| line.get(key).and_then(Json::as_str));
    let text = fold(&texts.collect::<Vec<_>>().join(" "));
    words.split_whitespace().all(|word| text.contains(&fold(word)))
}

/// There is nothing of that name, with the nearest that there is.
fn none<'n>(what: &str, name: &str, all: impl Iterator<Item = &'n str>) -> Problem {
    let hint = nearest(name, all).map_or_else(String::new, |near| format!(" ; vouliez-vous dire `{near}` ?"));
    Problem::not_found(
        format!("« {name} » n'est le nom d'aucun {what}{hint}").replace("aucun règle", "aucune règle"),
    )
}
