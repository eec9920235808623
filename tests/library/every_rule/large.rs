//! Packs that are deep, or that use a value twice and again: they end, with the answer or with an error.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use logis::Pack;
use logis::check::check;
use logis::data::{Dataset, InputFile, Needs, read};
use logis::evaluate::{Outcome, evaluate};
use logis::explain::{explain, to_text};
use logis::value::{Value, parse_date};

const SCHEMA: &str = "[menage]\nlabel = \"Ménage\"\ntable = \"menages\"\nkey = \"menage_id\"\n\
                      fields.revenu = { type = \"amount\", unit = \"EUR/an\" }\n\
                      fields.loge = { type = \"boolean\" }\n";

/// Far more than any of these takes in the dev profile on a busy machine; without sharing, none ends.
const LONG: Duration = Duration::from_secs(300);

fn load(rules: &str) -> Result<Pack, String> {
    let file = |name: &str, text: String| (name.to_string(), text.into_bytes());
    let rules = format!("//! entité: menage\n{rules}");
    Pack::from_files("", vec![file("schema.toml", SCHEMA.to_string()), file("r.rhai", rules)])
        .map_err(|e| e.to_string())
}

/// Rows of an income and a boolean each; `""` is missing.
fn rows(pack: &Pack, rows: &[(&str, &str)]) -> Dataset {
    let mut text = "menage_id,revenu,loge\n".to_string();
    for (i, (revenu, loge)) in rows.iter().enumerate() {
        let _ = writeln!(text, "M{i},{revenu},{loge}");
    }
    let files = vec![InputFile { name: "menages.csv".into(), bytes: text.into_bytes() }];
    let outcome = read(&pack.parsed().schema, &pack.parsed().references, files, &Needs::default());
    assert!(outcome.issues.is_empty(), "{:?}", outcome.issues);
    outcome.dataset
}

/// The outcomes of `eligible`, each explained too, and the pack checked, in bounded time.
fn decided(rules: &str, data: &[(&str, &str)]) -> Vec<Option<Value>> {
    let start = Instant::now();
    let pack = load(rules).unwrap_or_else(|e| panic!("{}", e.chars().take(2_000).collect::<String>()));
    let plan = pack.plan(parse_date("2017-06-30").unwrap(), &["eligible"]).unwrap();
    let dataset = rows(&pack, data);
    let found = evaluate(&plan, &dataset).columns[0]
        .iter()
        .map(|outcome| match outcome {
            Outcome::Known(value) => Some(value),
            Outcome::Unknown(_) => None,
            Outcome::Error(error) => panic!("{error:?}"),
        })
        .collect();
    for row in 0..data.len() as u64 {
        for explanation in explain(&plan, &dataset, row) {
            assert!(to_text(&explanation).len() < 4_000_000);
        }
    }
    let _ = check(&pack);
    assert!(start.elapsed() < LONG, "{:?}", start.elapsed());
    found
}

fn known(value: bool) -> Option<Value> {
    Some(Value::Bool(value))
}

/// `let a1 = a0 OP a0; let a2 = a1 OP a1; …`
fn doubling(steps: usize, first: &str, next: impl Fn(usize, &str) -> String, last: &str) -> String {
    let mut text = format!("/// source: x\nfn eligible(revenu, loge) {{\nlet a0 = {first};\n");
    for i in 1..steps {
        let _ = writeln!(text, "let a{i} = {};", next(i, &format!("a{}", i - 1)));
    }
    let _ = write!(text, "{}\n}}\n", last.replace("LAST", &format!("a{}", steps - 1)));
    text
}

#[test]
fn forty_doubling_lets_are_forty_sums() {
    // 2³⁹ × revenu.
    let rules = doubling(40, "revenu", |_, a| format!("{a} + {a}"), "loge || LAST <= 549755813888");
    let rules = rules.as_str();
    let data = [("1", "false"), ("1.01", "false"), ("", "false"), ("", "true")];
    assert_eq!(decided(rules, &data), [known(true), known(false), None, known(true)]);
}

/// What follows from one date is computed for its days, which are fewer than the rows: forty doublings of it are forty
/// sums as well.
#[test]
fn forty_doublings_of_what_follows_from_a_date_are_forty_sums() {
    let mut rule = "//! entité: menage\n/// source: x\nfn eligible(depuis, date_decision) {\n\
                    let a0 = jours_entre(depuis, date_decision);\n"
        .to_string();
    for i in 1..40 {
        let _ = writeln!(rule, "let a{i} = a{} + a{};", i - 1, i - 1);
    }
    rule.push_str("a39 == 549755813888\n}\n");
    let schema = "[menage]\ntable = \"menages\"\nkey = \"menage_id\"\nfields.depuis = { type = \"date\" }\n";
    let files = [("schema.toml", schema.to_string()), ("eligible.rhai", rule)];
    let files = files.map(|(path, text)| (path.to_string(), text.into_bytes()));
    let pack = Pack::from_files("", files.into()).unwrap();
    let plan = pack.plan(parse_date("2017-06-30").unwrap(), &["eligible"]).unwrap();
    // 2³⁹ times the days since: one day is the number, two are not.
    let text = "menage_id,depuis\nM0,2017-06-29\nM1,2017-06-28\nM2,2017-06-29\n";
    let file = InputFile { name: "menages.csv".into(), bytes: text.into() };
    let data = read(&pack.parsed().schema, &pack.parsed().references, vec![file], &Needs::default()).dataset;
    let found: Vec<Option<Value>> = evaluate(&plan, &data).columns[0]
        .iter()
        .map(|outcome| if let Outcome::Known(value) = outcome { Some(value) } else { None })
        .collect();
    assert_eq!(found, [known(true), known(false), known(true)]);
}

#[test]
fn forty_doubling_conditions_are_forty_conditions() {
    let rules = doubling(40, "revenu <= 100", |_, a| format!("{a} && {a}"), "LAST || loge");
    let data = [("100", "false"), ("101", "false"), ("", "false"), ("", "true")];
    assert_eq!(decided(&rules, &data), [known(true), known(false), None, known(true)]);
    let rules = doubling(40, "revenu <= 100", |_, a| format!("!({a} || {a})"), "LAST == (revenu > 100)");
    // Thirty-nine times turned round: false up to 100, true above.
    assert_eq!(
        decided(&rules, &[("100", ""), ("101", ""), ("", "")]),
        [known(true), known(true), known(true)]
    );
}

/// Branches that stand one in the other, on a cell that is missing: each condition is open.
#[test]
fn forty_branches_one_in_the_other_end() {
    let rules = doubling(
        40,
        "0",
        |i, a| format!("if revenu > {} {{ {a} + 1 }} else {{ {a} + 2 }}", i * 10),
        "LAST >= 39 && (loge || LAST > 70)",
    );
    // 39 steps of 1 or 2: always 39 at least; above 390, exactly 39.
    let data = [("0", "false"), ("1000", "false"), ("", "true"), ("", "false")];
    let found = decided(&rules, &data);
    assert_eq!(found[..2], [known(true), known(false)]);
    assert_eq!(found[3], None, "0 € and 1 000 € are decided otherwise");
}

#[test]
fn five_thousand_lets_are_five_thousand_sums() {
    let rules = doubling(5_000, "revenu", |_, a| format!("{a} + 1"), "loge || LAST <= 5000");
    let data = [("1", "false"), ("2", "false"), ("", "false"), ("", "true")];
    assert_eq!(decided(&rules, &data), [known(true), known(false), None, known(true)]);
}

#[test]
fn thousands_of_early_returns_end() {
    let mut text = "/// source: x\nfn eligible(revenu, loge) {\n".to_string();
    for i in 0..1_500 {
        let _ = writeln!(text, "if revenu == {i} {{ return loge; }}");
    }
    text.push_str("!loge\n}\n");
    let data = [("1499", "true"), ("1500", "true"), ("", "true")];
    assert_eq!(decided(&text, &data), [known(true), known(false), None]);
}

/// A block that gives no value leads to what follows it, and so does the way round it.
#[test]
fn blocks_that_lead_to_what_follows_are_followed_once() {
    let mut text = "/// source: x\nfn eligible(revenu, loge) {\n".to_string();
    for i in 0..40 {
        let _ = writeln!(text, "if loge {{ if revenu == {i} {{ return true; }} }}");
    }
    text.push_str("revenu > 100\n}\n");
    let data = [("39", "true"), ("39", "false"), ("101", "false"), ("40", "true")];
    assert_eq!(decided(&text, &data), [known(true), known(false), known(true), known(false)]);
}

fn helpers(count: usize, argument: impl Fn(usize) -> [String; 2]) -> String {
    let mut text = "/// source: x\nprivate fn h0(x) { x }\n".to_string();
    for i in 1..count {
        let [a, b] = argument(i);
        let _ = writeln!(text, "/// source: x\nprivate fn h{i}(x) {{ h{}({a}) + h{}({b}) }}", i - 1, i - 1);
    }
    let _ = writeln!(
        text,
        "/// source: x\nfn eligible(revenu, loge) {{ loge || h{}(revenu) <= 8388608 }}",
        count - 1
    );
    text
}

#[test]
fn helpers_that_call_the_one_before_twice_are_inlined_once() {
    // 2²³ × revenu.
    let rules = helpers(24, |_| ["x".into(), "x".into()]);
    let data = [("1", "false"), ("1.01", "false"), ("", "false"), ("", "true")];
    assert_eq!(decided(&rules, &data), [known(true), known(false), None, known(true)]);
    // Equal arguments, each written at its place.
    let rules = helpers(14, |_| ["x + 1".into(), "x + 1".into()]);
    assert_eq!(decided(&rules, &[("1", "false"), ("1023", "false")]), [known(true), known(false)]);
}

/// Twenty-four helpers with two arguments each are sixteen million computations: told, at the place.
#[test]
fn a_pack_that_is_too_large_is_told_where() {
    let start = Instant::now();
    let error = load(&helpers(24, |_| ["x + 1".into(), "x + 2".into()])).unwrap_err();
    assert!(error.contains("L0131") && error.contains("r.rhai:"), "{error}");
    assert!(error.matches("error").count() < 10, "{error}");
    assert!(start.elapsed() < LONG, "{:?}", start.elapsed());
    // Interned, it is small; with each expression at its place, it is not, and `check` says so.
    let pack = load(&helpers(24, |_| ["x + 1".into(), "x + 1".into()])).unwrap();
    let found = check(&pack);
    assert!(found.iter().any(|d| d.code == "L0131"), "{found:?}");
    let deep = doubling(11_000, "revenu", |_, a| format!("{a} + 1"), "LAST <= 1");
    let error = load(&deep).unwrap_err();
    assert!(error.contains("L0131") && error.contains("r.rhai:"), "{error}");
    assert!(start.elapsed() < 2 * LONG, "{:?}", start.elapsed());
}
