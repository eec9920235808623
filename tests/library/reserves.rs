//! Reserves held against brute force: drawn formulas over rules with reserves, decided by a small evaluator of their own.

use logis::Pack;
use logis::data::{Dataset, InputFile, Needs, read};
use logis::evaluate::{Context, evaluate};
use logis::explain::explain_in;
use logis::reserves::{Reserves, by_rule, watch};
use logis::value::{Date, parse_date};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A formula over the fields, of which the first three are what rules with reserves grant.
#[derive(Clone, Debug)]
pub(super) enum Formula {
    Granted(usize),
    Free(usize),
    Earlier(usize),
    Not(Box<Formula>),
    And(Box<Formula>, Box<Formula>),
    Or(Box<Formula>, Box<Formula>),
    If(Box<Formula>, Box<Formula>, Box<Formula>),
}

use Formula::*;

pub(super) fn draw(rng: &mut ChaCha8Rng, depth: usize, earlier: usize, turned: bool) -> Formula {
    if depth == 0 {
        return match rng.random_range(0..if earlier > 0 { 7 } else { 6 }) {
            0..3 => Granted(rng.random_range(0..3)),
            3..6 => Free(rng.random_range(0..3)),
            _ => Earlier(rng.random_range(0..earlier)),
        };
    }
    let mut next = || Box::new(draw(rng, depth - 1, earlier, turned));
    let (a, b, c) = (next(), next(), next());
    match rng.random_range(0..if turned { 6 } else { 4 }) {
        0 | 1 => And(a, b),
        2 | 3 => Or(a, b),
        4 => Not(a),
        _ => If(a, b, c),
    }
}

impl Formula {
    pub(super) fn text(&self) -> String {
        match self {
            Granted(i) => format!("s{i}"),
            Free(i) => format!("f{i}"),
            Earlier(i) => format!("r{i}"),
            Not(a) => format!("!({})", a.text()),
            And(a, b) => format!("({} && {})", a.text(), b.text()),
            Or(a, b) => format!("({} || {})", a.text(), b.text()),
            If(c, a, b) => format!("(if {} {{ {} }} else {{ {} }})", c.text(), a.text(), b.text()),
        }
    }

    pub(super) fn names(&self, into: &mut Vec<String>) {
        match self {
            Granted(_) | Free(_) | Earlier(_) => into.push(self.text()),
            Not(a) => a.names(into),
            And(a, b) | Or(a, b) => [a, b].into_iter().for_each(|f| f.names(into)),
            If(a, b, c) => [a, b, c].into_iter().for_each(|f| f.names(into)),
        }
    }

    pub(super) fn holds(&self, granted: [bool; 3], free: [bool; 3], earlier: &[Formula]) -> bool {
        let of = |f: &Formula| f.holds(granted, free, earlier);
        match self {
            Granted(i) => granted[*i],
            Free(i) => free[*i],
            Earlier(i) => of(&earlier[*i]),
            Not(a) => !of(a),
            And(a, b) => of(a) && of(b),
            Or(a, b) => of(a) || of(b),
            If(c, a, b) => of(if of(c) { a } else { b }),
        }
    }
}

pub(super) fn bits(number: usize) -> [bool; 3] {
    [0, 1, 2].map(|i| number >> i & 1 == 1)
}

fn pack(rules: &[Formula]) -> Pack {
    tagged(rules, "réserve: condition ")
}

/// Rules `s0` to `s2`, each with this tag and its number, and rules over them.
pub(super) fn tagged(rules: &[Formula], tag: &str) -> Pack {
    let mut schema = String::from("[cas]\ntable = \"cas\"\nkey = \"cas_id\"\n[cas.fields]\n");
    let mut text = String::from("//! entité: cas\n");
    for i in 0..3 {
        schema.push_str(&format!("b{i} = {{ type = \"boolean\" }}\nf{i} = {{ type = \"boolean\" }}\n"));
        text.push_str(&format!("/// S.\n/// {tag}{i}\nfn s{i}(b{i}) {{ b{i} }}\n"));
    }
    for (i, rule) in rules.iter().enumerate() {
        let mut names = Vec::new();
        rule.names(&mut names);
        names.sort();
        names.dedup();
        text.push_str(&format!("/// R.\nfn r{i}({}) {{ {} }}\n", names.join(", "), rule.text()));
    }
    let file = |name: &str, text: &str| (name.to_string(), text.as_bytes().to_vec());
    Pack::from_files("", vec![file("schema.toml", &schema), file("r.rhai", &text)])
        .unwrap_or_else(|e| panic!("{e}\n{text}"))
}

/// One row for each of the 64 assignments.
fn rows(pack: &Pack) -> Dataset {
    let mut csv = String::from("cas_id,b0,b1,b2,f0,f1,f2\n");
    for row in 0..64 {
        let all = [bits(row % 8), bits(row / 8)].concat().iter().map(bool::to_string).collect::<Vec<_>>();
        csv.push_str(&format!("c{row},{}\n", all.join(",")));
    }
    let files = vec![InputFile { name: "cas.csv".into(), bytes: csv.into_bytes() }];
    let parsed = pack.parsed();
    read(&parsed.schema, &parsed.references, files, &Needs::default()).dataset
}

fn date() -> Date {
    parse_date("2020-01-01").unwrap()
}

/// If nothing is told of a rule that grants, no condition that is not met could take its outcome away; where formulas
/// have no `!` and no `if`, something is told exactly if all of them together could.
#[test]
fn what_is_granted_without_reserve_stands_whatever_is_not_met() {
    let (mut free, mut bound) = (0, 0);
    for seed in 0..60 {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let turned = seed % 2 == 0;
        let mut rules: Vec<Formula> = Vec::new();
        for _ in 0..3 {
            rules.push(draw(&mut rng, 3, rules.len(), turned));
        }
        let pack = pack(&rules);
        let plan = pack.plan(date(), &["r0", "r1", "r2"]).unwrap();
        let data = rows(&pack);
        let context = Context::new(&plan, &data);
        let mut reserves = Reserves::new(&context);
        for row in 0..64 {
            let (granted, unreserved) = (bits(row % 8), bits(row / 8));
            for (i, (_, node)) in plan.selected.iter().enumerate() {
                let told = reserves.of(*node, row as u64);
                let rule = &rules[i];
                if !rule.holds(granted, unreserved, &rules) {
                    assert!(told.is_empty(), "{rules:?}, row {row}: r{i} is false, and told {told:?}");
                    continue;
                }
                // Conditions that are not met take away what was granted, any of them.
                let without = |lost: usize| {
                    let kept = [0, 1, 2].map(|g| granted[g] && !bits(lost)[g]);
                    rule.holds(kept, unreserved, &rules)
                };
                if told.is_empty() {
                    assert!((0..8).all(without), "{rules:?}, row {row}: r{i} = {}", rule.text());
                    free += 1;
                } else {
                    assert!(turned || !without(7), "{rules:?}, row {row}: r{i} = {}, {told:?}", rule.text());
                    bound += 1;
                }
            }
        }
    }
    assert!(free > 500 && bound > 500, "{free} {bound}");
}

/// The columns say of the rows what the walk over each of them says, and so does the explanation.
#[test]
fn columns_and_rows_agree() {
    for seed in 100..140 {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut rules: Vec<Formula> = Vec::new();
        for _ in 0..3 {
            rules.push(draw(&mut rng, 3, rules.len(), true));
        }
        let pack = pack(&rules);
        let plan = pack.plan(date(), &["r0", "r1", "r2"]).unwrap();
        let data = rows(&pack);
        let context = Context::new(&plan, &data);
        let mut reserves = Reserves::new(&context);
        let Some(watched) = watch(&plan) else { continue };
        let mut decisions = evaluate(&watched.plan, &data);
        let under = watched.split(&mut decisions);
        let plain = evaluate(&plan, &data);
        assert_eq!(decisions.names, plain.names);
        for (at, rows) in under {
            let node = plan.selected[at].1;
            let walked: Vec<usize> =
                (0..64).filter(|row| !reserves.of(node, *row as u64).is_empty()).collect();
            assert_eq!(rows, walked, "{rules:?}: r{at} = {}", rules[at].text());
            for row in walked {
                assert_eq!(explain_in(&context, row as u64)[at].reserves, reserves.of(node, row as u64));
            }
        }
    }
}

/// Asked for each rule alone, the columns say of the rows what the walk says: the reserves of that rule are among those
/// found, or not. Each of the three rules has one reserve of its own.
#[test]
fn columns_of_each_rule_and_rows_agree() {
    let (mut under, mut free) = (0, 0);
    for seed in 200..260 {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut rules: Vec<Formula> = Vec::new();
        for _ in 0..3 {
            rules.push(draw(&mut rng, 3, rules.len(), seed % 3 != 0));
        }
        let pack = pack(&rules);
        let plan = pack.plan(date(), &["r0", "r1", "r2"]).unwrap();
        let data = rows(&pack);
        let context = Context::new(&plan, &data);
        let mut reserves = Reserves::new(&context);
        for (at, (_, node)) in plan.selected.iter().enumerate() {
            let found = by_rule(&plan, &[at], None, 64, |plan| evaluate(plan, &data).columns);
            for i in 0..3 {
                let id = pack.parsed().rule(&format!("s{i}")).unwrap();
                let told = |row: usize| found.get(&id).is_some_and(|rows| rows[row]);
                for row in 0..64 {
                    let walked = reserves.of(*node, row as u64).contains(&format!("condition {i}"));
                    assert_eq!(told(row), walked, "{rules:?}: r{at} = {}, s{i}, row {row}", rules[at].text());
                    if walked { under += 1 } else { free += 1 }
                }
            }
        }
        // Of several outcomes at once: the rows of any of them.
        let all = by_rule(&plan, &[0, 2], None, 64, |plan| evaluate(plan, &data).columns);
        for (rule, rows) in all {
            let one = |at: usize| by_rule(&plan, &[at], None, 64, |plan| evaluate(plan, &data).columns);
            let (first, last) = (one(0), one(2));
            for (row, told) in rows.into_iter().enumerate() {
                let either = [&first, &last].iter().any(|f| f.get(&rule).is_some_and(|rows| rows[row]));
                assert_eq!(told, either, "{rules:?}, row {row}");
            }
        }
    }
    assert!(under > 500 && free > 500, "{under} {free}");
}

const SCHEMA: &str = r#"
[menage]
table = "menages"
key = "menage_id"
[menage.fields]
revenu = { type = "amount" }
[membre]
table = "membres"
key = "membre_id"
[membre.belongs_to.menage]
column = "menage_id"
required = true
[membre.fields]
age = { type = "integer", range = [0, 120] }
"#;

const RULES: &str = r#"
/// La personne compte.
/// réserve: elle réside en France
fn compte(age) { age < 30 }
/// La personne est âgée.
fn agee(age) { age >= 65 }
"#;

const OWN: &str = r#"
/// Une personne compte.
fn une(compte) { un(compte) }
/// Combien de personnes comptent.
fn combien(compte) { nombre(compte) }
/// Une personne compte ou le ménage est modeste.
fn large(une, revenu) { une || revenu < 100 }
/// Le supplément.
/// sens: défavorable
/// réserve: le bail n'a pas été conclu avant 1989
fn supplement(revenu) { if revenu < 100 { 0 } else { 50 } }
/// L'aide.
/// réserve: l'employeur cotise
fn aide(revenu) { if revenu < 100 { 500 } else { 0 } }
/// Personne n'est âgé.
fn jeune(agee) { !un(agee) }
"#;

/// Members hand on what they grant; amounts grant where they are positive, burdens where they are nothing.
#[test]
fn members_amounts_and_burdens_grant_each_in_their_sense() {
    let file = |name: &str, text: String| (name.to_string(), text.into_bytes());
    let pack = Pack::from_files(
        "",
        vec![
            file("schema.toml", SCHEMA.to_string()),
            file("m.rhai", format!("//! entité: membre\n{RULES}")),
            file("r.rhai", format!("//! entité: menage\n{OWN}")),
        ],
    )
    .unwrap_or_else(|e| panic!("{e}"));
    let csv = |name: &str, text: &str| InputFile { name: name.into(), bytes: text.as_bytes().to_vec() };
    let files = vec![
        csv("menages.csv", "menage_id,revenu\nA,50\nB,200\nC,200\n"),
        csv("membres.csv", "membre_id,menage_id,age\na,A,20\nb,B,20\nc,B,70\nd,C,40\n"),
    ];
    let parsed = pack.parsed();
    let data = read(&parsed.schema, &parsed.references, files, &Needs::default()).dataset;
    let names = ["une", "combien", "large", "supplement", "aide", "jeune"];
    let plan = pack.plan(date(), &names).unwrap();
    let context = Context::new(&plan, &data);
    let mut reserves = Reserves::new(&context);
    let (resides, lease, employer) =
        ("elle réside en France", "le bail n'a pas été conclu avant 1989", "l'employeur cotise");
    let expected: [[&[&str]; 6]; 3] = [
        [&[resides], &[resides], &[], &[lease], &[employer], &[]],
        [&[resides], &[resides], &[resides], &[], &[], &[]],
        [&[], &[], &[], &[], &[], &[]],
    ];
    for (row, expected) in expected.iter().enumerate() {
        for (at, expected) in expected.iter().enumerate() {
            let told = reserves.of(plan.selected[at].1, row as u64);
            assert_eq!(told, *expected, "{} of row {row}", names[at]);
        }
    }
    let watched = watch(&plan).unwrap();
    let under = watched.split(&mut evaluate(&watched.plan, &data));
    assert_eq!(under, [(0, vec![0, 1]), (1, vec![0, 1]), (2, vec![1]), (3, vec![0]), (4, vec![0])]);
    // The same for each rule alone: through members, amounts and burdens.
    let of = |at: usize, rule: &str| {
        let found = by_rule(&plan, &[at], None, 3, |plan| evaluate(plan, &data).columns);
        let rule = found.get(&pack.parsed().rule(rule).unwrap()).cloned().unwrap_or_default();
        (0..3).filter(|row| rule.get(*row) == Some(&true)).collect::<Vec<_>>()
    };
    assert_eq!((of(0, "compte"), of(1, "compte"), of(2, "compte")), (vec![0, 1], vec![0, 1], vec![1]));
    assert_eq!((of(3, "supplement"), of(4, "aide"), of(5, "compte")), (vec![0], vec![0], vec![]));
}
