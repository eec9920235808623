//! The search for candidates held against the decision of every pair, on packs and rows drawn at random.
//!
//! `LOGIS_CASES` sets how many packs are drawn (default 400), `LOGIS_SEED` where the drawing starts.

use std::fmt::Write as _;

use logis::candidates::{Most, Options, candidates};
use logis::data::{Dataset, InputFile, Needs, read};
use logis::evaluate::{Completion, Context, Evaluator, Outcome, Pairs, evaluate, outcome};
use logis::plan::conditions::check_blocks;
use logis::value::{Date, Value};
use logis::{Pack, Plan};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const SCHEMA: &str = r#"
[demande]
table = "demandes"
key = "demande_id"
[demande.fields]
n = { type = "integer", range = [0, 4] }
q = { type = "decimal", decimals = 2, range = [0, 5] }
t = { values = ["a", "b", "c"] }
l = { type = "codes" }
b = { type = "boolean" }
d = { type = "date" }
[logement]
table = "logements"
key = "logement_id"
[logement.fields]
m = { type = "integer", range = [0, 4] }
w = { type = "decimal", decimals = 1, range = [0, 5] }
u = { values = ["a", "b", "c"] }
v = { type = "codes" }
c = { type = "boolean" }
e = { type = "date" }
[candidature]
pair = ["demande", "logement"]
"#;

const PARAMETERS: &str = r#"
[p.tiers]
[[p.tiers.values]]
from = 2000-01-01
source = { title = "s" }
value = "2/3"
[p.table]
by = ["t", "n"]
[[p.table.values]]
from = 2000-01-01
source = { title = "s" }
a = [1, 2, 3]
b = [2.5, 2, 3]
"#;

/// Draws conditions: those that lead to units, and others.
struct Writer(ChaCha8Rng);

impl Writer {
    fn below(&mut self, n: usize) -> usize {
        self.0.random_range(0..n)
    }

    fn pick(&mut self, of: &[&str]) -> String {
        of[self.below(of.len())].to_string()
    }

    fn number(&mut self, side: usize) -> String {
        let own = [["n", "q"], ["m", "w"]][side];
        match self.below(6) {
            0 => format!("2 * {}", self.pick(&own)),
            1 => format!("{} + 1", self.pick(&own)),
            2 => format!("param(\"p.tiers\") * {}", self.pick(&own)),
            3 => format!("max({}, {})", self.pick(&own), self.pick(&own)),
            _ => self.pick(&own),
        }
    }

    fn atom(&mut self) -> String {
        let sign = self.pick(&["<", "<=", ">", ">=", "==", "!="]);
        match self.below(14) {
            0..=2 => format!("{} {sign} {}", self.number(0), self.number(1)),
            3 => format!("{} {sign} {}", self.number(1), self.number(0)),
            4 => self.pick(&["t == u", "u == t", "t != u"]),
            5 | 6 => self.pick(&["contient(l, u)", "contient(v, t)"]),
            7 => format!("d {sign} e"),
            8 => self.pick(&["b", "c", "b == c"]),
            9 => self.pick(&["longueur(l) == 0", "t == \"a\"", "u == \"b\"", "longueur(v) == 0"]),
            10 => format!("arrondi({} / {}) {sign} 1", self.pick(&["n", "m"]), self.pick(&["n", "m"])),
            11 => format!("param(\"p.table\", u, n) {sign} {}", self.number(1)),
            12 => format!("(if {} {{ n }} else {{ m }}) {sign} 2", self.pick(&["b", "c"])),
            _ => format!("n {sign} 2"),
        }
    }

    fn condition(&mut self, depth: usize) -> String {
        match (depth, self.below(8)) {
            (0, _) | (_, 0..=3) => self.atom(),
            (_, 4) => format!("!({})", self.condition(depth - 1)),
            (_, 5) => format!("({} && {})", self.condition(depth - 1), self.condition(depth - 1)),
            _ => format!("({} || {})", self.condition(depth - 1), self.condition(depth - 1)),
        }
    }

    /// A signature with the names that a body uses.
    fn rule(&mut self, name: &str, body: &str, known: &[&str]) -> String {
        let words: Vec<&str> = body.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').collect();
        let fields = ["n", "q", "t", "l", "b", "d", "m", "w", "u", "v", "c", "e"];
        // What stands in quotes is no name.
        let quoted: Vec<&str> = body.split('"').skip(1).step_by(2).collect();
        let bare = |f: &&&str| {
            let count = |w: &[&str]| w.iter().filter(|x| *x == *f).count();
            let inside: usize = quoted.iter().map(|q| count(&q.split('.').collect::<Vec<_>>())).sum();
            count(&words) > inside
        };
        let names: Vec<&str> = fields.iter().chain(known).filter(bare).copied().collect();
        format!("/// {name}\nfn {name}({}) {{ {body} }}\n", names.join(", "))
    }

    fn rules(&mut self) -> String {
        let mut text = String::from("//! entité: candidature\n\n");
        let first = self.condition(2);
        text += &self.rule("une", &first, &[]);
        let second = self.condition(1);
        text += &self.rule("deux", &second, &[]);
        let mut parts: Vec<String> = (0..self.below(3)).map(|_| self.condition(1)).collect();
        parts.push("une".to_string());
        let again = ["deux", "!deux"][self.below(2)].to_string();
        parts.extend((self.below(2) == 0).then_some(again));
        let at = self.below(parts.len());
        parts.swap(0, at);
        let mut body = parts.join(" && ");
        if self.below(3) == 0 {
            body = format!("let x = {}; {body} && x == x", self.number(1));
        }
        text += &self.rule("convient", &body, &["une", "deux"]);
        let points = format!("if une {{ {} }} else {{ {} }}", self.number(0), self.number(1));
        text += &self.rule("points", &points, &["une"]);
        text
    }

    /// Rows with some empty cells, and with each column absent in one of `absent` tables.
    fn rows(&mut self, key: &str, header: &str, (count, absent): (usize, Option<usize>)) -> String {
        let lacks: Vec<bool> =
            header.split(',').map(|_| absent.is_some_and(|one_in| self.below(one_in) == 0)).collect();
        let mut text = key.to_string();
        for (name, _) in header.split(',').zip(&lacks).filter(|(_, lacks)| !**lacks) {
            text += ",";
            text += name;
        }
        text += "\n";
        for row in 0..count {
            let _ = write!(text, "R{:02}", (row * 7) % 100);
            for (kind, lacks) in lacks.iter().enumerate() {
                let cell = match (self.below(12), kind) {
                    (0, _) => String::new(),
                    (_, 0) => self.below(5).to_string(),
                    (_, 1) => format!("{}.5", self.below(5)),
                    (_, 2) => self.pick(&["a", "b", "c"]),
                    (_, 3) => self.pick(&["a", "b c", "a b c", "b b", "c a"]),
                    (_, 4) => self.pick(&["true", "false"]),
                    _ => format!("2017-01-0{}", 1 + self.below(4)),
                };
                if !lacks {
                    text += ",";
                    text += &cell;
                }
            }
            text += "\n";
        }
        text
    }
}

fn draw(seed: u64) -> Option<(Plan, Dataset)> {
    draw_without(seed, None)
}

/// The same, with columns absent: one in so many.
fn draw_without(seed: u64, absent: Option<usize>) -> Option<(Plan, Dataset)> {
    let mut writer = Writer(ChaCha8Rng::seed_from_u64(seed));
    let rules = writer.rules();
    let file = |name: &str, text: &str| (name.to_string(), text.as_bytes().to_vec());
    let files = vec![file("schema.toml", SCHEMA), file("p.toml", PARAMETERS), file("r.rhai", &rules)];
    // A condition may be refused (`x == x` of one constant, say): another seed then.
    let pack = Pack::from_files("", files).unwrap_or_else(|e| panic!("{rules}\n{e}"));
    let date = Date::constant(2017, 6, 30);
    let plan = pack.plan(date, &["convient", "points"]).unwrap();
    let (requests, units) = (writer.below(20), writer.below(20));
    let first = writer.rows("demande_id", "n,q,t,l,b,d", (requests, absent));
    let second = writer.rows("logement_id", "m,w,u,v,c,e", (units, absent));
    let input = |name: &str, text: String| InputFile { name: name.to_string(), bytes: text.into_bytes() };
    let files = vec![input("demandes.csv", first), input("logements.csv", second)];
    let outcome = read(&pack.parsed().schema, &[], files, &plan.needs());
    let errors: Vec<_> = outcome.issues.iter().filter(|i| i.is_error()).map(ToString::to_string).collect();
    assert!(errors.is_empty(), "{errors:?}");
    Some(((*plan).clone(), outcome.dataset))
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(default)
}

/// The candidates are the pairs that are suitable, with their outcomes, whichever are looked at.
#[test]
fn no_suitable_pair_is_lost() {
    let start = setting("LOGIS_SEED", 1);
    let (mut pairs, mut looked_at, mut found, mut open) = (0, 0, 0, 0);
    for seed in start..start + setting("LOGIS_CASES", 400) {
        let Some((plan, dataset)) = draw(seed) else { continue };
        let all = evaluate(&plan, &dataset);
        let (suitable, points) = (&all.columns[0], &all.columns[1]);
        let some = candidates(&plan, &dataset, &Options::default());
        let units = dataset.tables[plan.parsed.schema.entity("logement").unwrap()].rows();
        let expected: Vec<usize> = (0..suitable.len()).filter(|&row| suitable.is_true(row)).collect();
        let got: Vec<usize> = some.iter().map(|(r, u)| r as usize * units + u as usize).collect();
        assert_eq!(got, expected, "seed {seed}");
        for (at, row) in expected.iter().enumerate() {
            let (one, other) = (some.outcomes[0].get(at), points.get(*row));
            match (&one, &other) {
                // What is missing, and where an error is, is told by the same evaluator.
                (Some(Outcome::Error(_)), Some(Outcome::Error(_))) => {}
                _ => assert_eq!(one, other, "seed {seed}"),
            }
        }
        let count = |of: fn(&Outcome) -> bool| suitable.iter().filter(of).count() as u64;
        let unknown = count(|o| matches!(o, Outcome::Unknown(_)));
        assert!(u64::from(some.open.iter().sum::<u32>()) <= unknown, "seed {seed}");
        assert!(some.errors <= count(|o| matches!(o, Outcome::Error(_))), "seed {seed}");
        assert_eq!(some.pairs, suitable.len() as u64);
        pairs += some.pairs;
        looked_at += some.looked_at;
        found += some.len();
        open += some.open.iter().sum::<u32>();
    }
    // It is worth its while, and the instances are of all kinds.
    assert!(looked_at * 10 < pairs * 8, "{looked_at} of {pairs} pairs looked at");
    assert!(found > 1000 && open > 300, "{found} found, {open} open");
}

/// Columns, filled-in columns and what is decided once for a side come to what each pair comes to that is decided by itself, row
/// by row; where cells and whole columns are missing, too.
#[test]
fn whole_columns_missing_change_no_outcome() {
    let start = setting("LOGIS_SEED", 1);
    let (mut known, mut open, mut errors, mut told) = ([0, 0], 0, 0, 0);
    for seed in start..start + setting("LOGIS_CASES", 400) / 3 {
        let Some((plan, dataset)) = draw_without(seed, Some(3)) else { continue };
        let rows = |entity: &str| dataset.tables[plan.parsed.schema.entity(entity).unwrap()].rows();
        let (requests, units) = (rows("demande").min(8), rows("logement").min(8));
        let pairs =
            || (0..requests as u32).flat_map(|request| (0..units as u32).map(move |unit| (request, unit)));
        let (first, second): (Vec<u32>, Vec<u32>) = pairs().unzip();
        let context = Context::new(&plan, &dataset);
        let mut evaluator = Evaluator::new(&context);
        let hoisted = plan.hoisted();
        let on_sides = Context::new(&hoisted, &dataset);
        let suitable = Plan { selected: hoisted.selected[..1].to_vec(), ..hoisted.clone() };
        let filled = |way: &Completion| (way.plan(&suitable).clone(), way.dataset(&dataset).clone());
        let ends: Vec<_> = Completion::ends(&suitable, &dataset).iter().flatten().map(filled).collect();
        let ways: Vec<_> = Completion::ways(&suitable, &dataset).iter().map(filled).collect();
        let ends: Vec<Context<'_>> = ends.iter().map(|(plan, data)| Context::new(plan, data)).collect();
        let ways: Vec<Context<'_>> = ways.iter().map(|(plan, data)| Context::new(plan, data)).collect();
        let alone = Plan { selected: plan.selected[..1].to_vec(), ..plan.clone() };
        let (alone, alone_on_sides) = (Context::new(&alone, &dataset), Context::new(&suitable, &dataset));
        let settled = Pairs::new(&alone, &alone_on_sides).between(&ends).told_open(&ways);
        let settled = settled.worker().decide(&first, &second);
        let exact = Pairs::new(&context, &on_sides).worker().decide(&first, &second);
        for (at, (request, unit)) in pairs().enumerate() {
            let row = context.pair_row(request.into(), unit.into());
            let by_itself: Vec<Outcome> =
                plan.selected.iter().map(|(_, node)| outcome(&mut evaluator, *node, row)).collect();
            let got = settled[0].get(at).unwrap();
            assert!(got.same_as(&by_itself[0]), "seed {seed}: {got:?}, {:?}", by_itself[0]);
            for (column, own) in exact.iter().zip(&by_itself) {
                let got = column.get(at).unwrap();
                let same = match own {
                    Outcome::Unknown(_) => got == *own,
                    _ => got.same_as(own),
                };
                assert!(same, "seed {seed}: {got:?}, {own:?}");
            }
            match &by_itself[0] {
                Outcome::Known(value) => known[usize::from(*value == Value::Bool(true))] += 1,
                Outcome::Unknown(_) => open += 1,
                Outcome::Error(_) => errors += 1,
            }
            told += usize::from(matches!(got, Outcome::Unknown(cells) if cells.is_empty()));
        }
    }
    assert!(known[0] > 300 && known[1] > 100 && open > 200 && told > 100, "{known:?} {open} {errors} {told}");
}

/// A cap keeps the units of most points; equal ones by identifier.
#[test]
fn a_cap_keeps_the_best() {
    let mut cut = 0;
    for seed in 1..150 {
        let Some((plan, dataset)) = draw(seed) else { continue };
        let all = candidates(&plan, &dataset, &Options::default());
        let some = candidates(&plan, &dataset, &Options { most: Some(Most { units: 2, by: Some(0) }) });
        let table = &dataset.tables[plan.parsed.schema.entity("logement").unwrap()];
        let requests = dataset.tables[plan.parsed.schema.entity("demande").unwrap()].rows();
        for request in 0..requests {
            let mut best: Vec<(std::cmp::Reverse<Option<Value>>, &str, u32)> = all
                .rows_of(request)
                .map(|row| {
                    (
                        std::cmp::Reverse(all.outcomes[0].value(row)),
                        all.of(request)[row - all.rows_of(request).start],
                    )
                })
                .map(|(points, unit)| (points, table.ids.text(unit as usize).unwrap(), unit))
                .collect();
            best.sort();
            let mut best: Vec<u32> = best.into_iter().take(2).map(|(.., unit)| unit).collect();
            best.sort_unstable();
            assert_eq!(some.of(request), best, "seed {seed}");
        }
        assert_eq!(all.len() as u64, some.len() as u64 + some.cut);
        cut += some.cut;
    }
    assert!(cut > 100);
}

/// A block must be a condition of the suitability, in a form that leads to units.
#[test]
fn a_block_that_leads_nowhere_is_an_error() {
    let rules = "//! entité: candidature\n\n\
        /// Même lettre.\nfn lettre(t, u) { t == u }\n\
        /// Assez grand, ou sans nombre.\nfn grand(n, m, b) { b || m >= n }\n\
        /// La somme.\nfn somme_petite(n, m) { n + m < 3 }\n\
        /// Autre chose.\nfn autre(c) { c }\n\
        /// Convient.\nfn convient(lettre, grand, somme_petite, autre) { lettre && grand && somme_petite || lettre && autre }\n\
        /// Convient mieux.\nfn convient_mieux(lettre, grand, somme_petite) { lettre && !(!grand || !somme_petite) }\n";
    let pack = |suitable: &str, blocks: &str| {
        let manifest = format!(
            "name = \"p\"\n[matching]\ncandidature = \"candidature\"\nsuitable = \"{suitable}\"\nblocks = [{blocks}]\n"
        );
        let file = |name: &str, text: &str| (name.to_string(), text.as_bytes().to_vec());
        Pack::from_files(
            "",
            vec![file("schema.toml", SCHEMA), file("pack.toml", &manifest), file("r.rhai", rules)],
        )
    };
    assert!(pack("convient_mieux", "\"lettre\", \"grand\"").is_ok());
    let said = |suitable: &str, blocks: &str| pack(suitable, blocks).unwrap_err().to_string();
    let text = said("convient_mieux", "\"lettre\", \"somme_petite\"");
    assert!(text.contains("`somme_petite` ne mène pas aux logements"), "{text}");
    let text = said("convient", "\"lettre\"");
    assert!(text.contains("`lettre` n'est pas une condition de `convient`"), "{text}");
    let plan =
        pack("convient_mieux", "").unwrap().plan(Date::constant(2017, 6, 30), &["convient_mieux"]).unwrap();
    assert!(check_blocks(&plan, &[]).is_ok());
    assert!(Needs::default().fields.is_empty());
}
