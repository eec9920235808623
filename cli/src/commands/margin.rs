//! `logis margin`: what each quota needs on paper so that it holds on leases.

use std::fmt::Write as _;

use anyhow::{Result, anyhow, bail};
use logis::attribution::{Asks, InstanceError, Likely, acceptance};
use logis::exchange::{self, Document};
use logis::value::{Exact, Value, format_number, parse_number};
use logis::{AllocationError, Draws, Margin, Margins, OnPaper, Options, Plan, Posing};
use serde::Serialize;
use serde_json::Value as Json;

use super::ranks::RanksArgs;
use super::{commission, pairs};
use crate::args::{DataArgs, RulesArgs, TextFormat, positive, whole_number};
use crate::text::{align_numbers, count, empty, number, percent};
use crate::{End, input, output};

/// `logis margin`
#[derive(clap::Args)]
pub struct MarginArgs {
    #[command(flatten)]
    rules: RulesArgs,
    #[command(flatten)]
    data: DataArgs,
    /// Nombre de tirages des réponses des ménages
    #[arg(long, value_name = "N", default_value_t = 1000, allow_negative_numbers = true, value_parser = draws)]
    draws: u32,
    /// Probabilité voulue que les baux tiennent chaque quota, de 0 à 1
    #[arg(long, value_name = "PROBABILITÉ", default_value = "0.9", allow_negative_numbers = true, value_parser = probability)]
    probability: Exact,
    /// Graine des tirages: la même redonne les mêmes réponses
    #[arg(long, value_name = "GRAINE", default_value_t = 1, allow_negative_numbers = true, value_parser = whole_number)]
    seed: u64,
    /// Probabilité, de 0 à 1, qu'un ménage accepte une proposition dont la règle `acceptance` du paquet ne dit rien, ou que le
    /// paquet n'a pas
    #[arg(long, value_name = "PROBABILITÉ", allow_negative_numbers = true, value_parser = probability)]
    acceptance: Option<Exact>,
    /// Candidats par logement (sinon ce que dit la règle `presented` du paquet, sinon 3)
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = positive)]
    candidates: Option<usize>,
    #[command(flatten)]
    ranks: RanksArgs,
    /// Forme du rapport
    #[arg(long, value_enum, default_value = "text")]
    format: TextFormat,
}

/// Nothing says how likely an offer is taken.
pub(super) const NO_ACCEPTANCE: &str = "le paquet de règles ne dit pas qui accepte: attendu: --acceptance PROBABILITÉ, ou une règle de la candidature à `acceptance` dans `[matching]` de pack.toml";

/// The most draws.
const MOST_DRAWS: u32 = 1_000_000;

/// The largest denominator of a probability of the command line: nine decimals.
const MOST_PARTS: i128 = 1_000_000_000;

/// A number of draws.
fn draws(text: &str) -> Result<u32, String> {
    let number = text.parse().ok().filter(|n| (1..=MOST_DRAWS).contains(n));
    number.ok_or_else(|| format!("attendu: un entier de 1 à {MOST_DRAWS}"))
}

/// A number from 0 to 1, with a point or a comma.
pub(super) fn probability(text: &str) -> Result<Exact, String> {
    let number = parse_number(&text.replace(',', "."));
    let number = number.filter(|n| (0..=*n.denom()).contains(n.numer()) && *n.denom() <= MOST_PARTS);
    number.ok_or_else(|| "attendu: un nombre de 0 à 1, de neuf décimales au plus, ex. 0,54".to_string())
}

/// Finds the margins and shows them.
pub fn run(args: &MarginArgs) -> Result<End> {
    let mut run = input::Run::new(&args.rules, &args.data)?;
    let mut plan = pairs::plan(&run, &Options::default())?;
    args.ranks.set(&mut plan.0);
    let rule = acceptance(run.pack.parsed(), run.date)?;
    if rule.is_none() && args.acceptance.is_none() {
        bail!(NO_ACCEPTANCE);
    }
    let presented = commission::presented(&run, args.candidates)?;
    let others: Vec<&Plan> = presented.iter().map(AsRef::as_ref).chain(&rule).collect();
    let loaded = pairs::load(&mut run, plan, &others, None, &args.data.reading)?;
    let places = commission::places(&loaded, args.candidates, presented.is_some())?;
    let missed = Exact::from_integer(i128::from(args.draws)) * (Exact::from_integer(1) - args.probability);
    let allowed = u32::try_from(missed.to_integer()).unwrap_or(args.draws);
    let draws = Draws { draws: args.draws, allowed, seed: args.seed };
    let likely = Likely { rule: rule.as_ref(), assumed: args.acceptance };
    let found = {
        let _busy = crate::text::busy("marges");
        loaded.margins(likely, &places, draws).map_err(with_hint)?
    };
    pairs::say(&loaded);
    let told = Told { loaded: &loaded, found: &found, draws, args };
    match args.format {
        TextFormat::Json => output::print(&Document::new("margins", told.body()).pretty()?)?,
        TextFormat::Text => output::print(&told.text())?,
    }
    let fine = found.settled && found.quotas.iter().all(|own| own.margin.is_some());
    Ok(if fine { End::Fine } else { End::FellShort })
}

/// What to do where nothing tells how likely an offer is taken.
pub(super) fn with_hint(error: AllocationError) -> anyhow::Error {
    match &error {
        AllocationError::Instance(wrong)
            if wrong.iter().any(|one| matches!(one, InstanceError::NoProbability { value: None, .. })) =>
        {
            anyhow!(
                "{error}\n--acceptance PROBABILITÉ dit ce qu'il en est des propositions dont la règle ne dit rien"
            )
        }
        _ => error.into(),
    }
}

/// What is told.
struct Told<'a> {
    loaded: &'a Posing,
    found: &'a Margins,
    draws: Draws,
    args: &'a MarginArgs,
}

/// The margins as JSON.
#[derive(Serialize)]
struct Body {
    date: String,
    seed: u64,
    draws: u32,
    allowed: u32,
    assumed: Option<Json>,
    quotas: Vec<QuotaBody>,
    without: Side,
    with: Side,
    settled: bool,
}

#[derive(Serialize)]
struct QuotaBody {
    name: String,
    target: String,
    at_most: bool,
    margin: Option<u64>,
    asked: u64,
    base: u64,
    members: u64,
    without: Frequency,
    one_less: Option<Frequency>,
    with: Frequency,
    afresh: Frequency,
}

#[derive(Serialize)]
struct Frequency {
    missed: u32,
    low: Json,
    high: Json,
}

#[derive(Serialize)]
struct Side {
    attributions: u64,
    priority: u64,
    fit: u64,
    leases: Json,
    assumed: usize,
}

impl Told<'_> {
    fn body(&self) -> Body {
        let frequency = |missed: u32| {
            let (low, high) = self.draws.interval(missed);
            let rounded = |own: f64| {
                let millionths = (own * 1e6).round() as i128;
                exchange::value(&Value::Number(Exact::new(millionths, 1_000_000)))
            };
            Frequency { missed, low: rounded(low), high: rounded(high) }
        };
        let quota = |own: &Margin| {
            let quota = self.loaded.plan.quotas.get(own.quota);
            QuotaBody {
                name: quota.map_or_else(String::new, |quota| quota.quota.name.clone()),
                target: quota.map_or_else(String::new, |quota| quota.target()),
                at_most: quota.is_some_and(|quota| quota.asks.at_most()),
                margin: own.margin,
                asked: own.asked,
                base: own.paper.0,
                members: own.paper.1,
                without: frequency(own.without),
                one_less: own.one_less.map(frequency),
                with: frequency(own.missed),
                afresh: frequency(own.afresh),
            }
        };
        let side = |own: &OnPaper| Side {
            attributions: own.attributions,
            priority: own.priority,
            fit: own.fit,
            leases: exchange::value(&Value::Number(self.mean(own.leases))),
            assumed: own.assumed,
        };
        Body {
            date: self.loaded.plan.pairs.date.to_string(),
            seed: self.draws.seed,
            draws: self.draws.draws,
            allowed: self.draws.allowed,
            assumed: self.args.acceptance.map(|n| exchange::value(&Value::Number(n))),
            quotas: self.found.quotas.iter().map(quota).collect(),
            without: side(&self.found.without),
            with: side(&self.found.with),
            settled: self.found.settled,
        }
    }

    /// The mean of a sum over all draws.
    fn mean(&self, sum: u64) -> Exact {
        Exact::new(i128::from(sum), i128::from(self.draws.draws.max(1)))
    }

    /// `9,8 % (8,1 à 11,8)`: a share of the draws with its interval.
    fn frequency(&self, missed: u32) -> String {
        let (low, high) = self.draws.interval(missed);
        let bound = |own: f64| format!("{:.1}", own * 100.0).replace('.', ",");
        let share = percent(missed as usize, self.draws.draws as usize);
        format!("{share} ({} à {})", bound(low), bound(high))
    }

    fn text(&self) -> String {
        let columns = [
            "Quota",
            "Sur les baux",
            "Marge",
            "Sur le papier",
            "Manqué sans marge",
            "À une place près",
            "Avec",
            "Tirés à neuf",
        ];
        let mut table = empty(&columns);
        for own in &self.found.quotas {
            let Some(quota) = self.loaded.plan.quotas.get(own.quota) else { continue };
            let sense = if quota.asks.at_most() { "au plus" } else { "au moins" };
            table.add_row(vec![
                quota.label.clone(),
                format!("{sense} {}", quota.target()),
                match own.margin {
                    Some(margin) => sized(margin).to_string(),
                    None => "aucune".to_string(),
                },
                self.asked(own, quota.asks),
                self.frequency(own.without),
                own.one_less.map_or_else(|| "–".to_string(), |missed| self.frequency(missed)),
                self.frequency(own.missed),
                self.frequency(own.afresh),
            ]);
        }
        align_numbers(&mut table);
        let mut out = format!("{table}\n");
        let Draws { draws, allowed, seed } = self.draws;
        let _ = writeln!(
            out,
            "\nMarge: le moins de membres à demander de plus sur le papier (de moins, pour un quota « au plus ») pour que les baux ne manquent le quota que dans {} tirages sur {} au plus (graine {seed}). Entre parenthèses, l'intervalle à 95 %.",
            count(allowed as usize),
            count(draws as usize),
        );
        self.assumed(&mut out);
        let (without, with) = (&self.found.without, &self.found.with);
        let mut sides = empty(&["", "Sans marge", "Avec les marges"]);
        let lines = [
            ("Attributions sur le papier", without.attributions, with.attributions),
            ("Points de priorité", without.priority, with.priority),
            ("Adéquation", without.fit, with.fit),
        ];
        for (what, before, after) in lines {
            sides.add_row(vec![what.to_string(), sized(before), sized(after)]);
        }
        let mean = |own: &OnPaper| number(&tenths(self.mean(own.leases)), true);
        sides.add_row(vec!["Baux, en moyenne des tirages".to_string(), mean(without), mean(with)]);
        align_numbers(&mut sides);
        let _ = writeln!(out, "\n{sides}");
        if self.found.quotas.iter().any(|own| own.margin.is_none()) {
            out.push_str("« aucune »: aucune marge n'y suffit, et le quota est laissé sans marge.\n");
        }
        if !self.found.settled {
            out.push_str(
                "Les marges se déplacent l'une l'autre: aucune n'est dite la moindre, étant donné les autres.\n",
            );
        }
        out
    }

    /// `119 sur 350 (34 %)`: what is asked for on paper.
    fn asked(&self, own: &Margin, asks: Asks) -> String {
        match asks {
            Asks::ShareAtLeast | Asks::ShareAtMost(..) => {
                let share = percent(whole(own.asked), whole(own.paper.0));
                format!("{} sur {} ({share})", sized(own.asked), sized(own.paper.0))
            }
            _ => sized(own.asked),
        }
    }

    /// Says by what the offers are answered.
    fn assumed(&self, out: &mut String) {
        let rule =
            self.loaded.plan.pairs.parsed.manifest.matching.as_ref().and_then(|m| m.acceptance.as_ref());
        let (places, assumed) = (self.found.with.assumed, self.args.acceptance.map(|n| format_number(&n)));
        let assumed = assumed.unwrap_or_default().replace('.', ",");
        let _ = match rule {
            None => {
                writeln!(out, "Chaque proposition est acceptée avec la probabilité {assumed} (--acceptance).",)
            }
            Some((rule, _)) if places == 0 => {
                writeln!(out, "Chaque proposition est acceptée avec la probabilité que dit `{rule}`.")
            }
            Some((rule, _)) => writeln!(
                out,
                "Chaque proposition est acceptée avec la probabilité que dit `{rule}`; {} places dont elle ne dit rien le sont avec {assumed} (--acceptance).",
                count(places)
            ),
        };
    }
}

/// A count as people read it.
fn sized(n: u64) -> String {
    count(whole(n))
}

fn whole(n: u64) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

/// Rounded to one decimal.
fn tenths(n: Exact) -> Exact {
    logis::value::round(&n, 1, logis::value::Rounding::Nearest).unwrap_or(n)
}
