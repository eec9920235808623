//! `logis position`: what an applicant is told of a request that waits.

use std::fmt::Write as _;

use anyhow::{Result, bail};
use logis::attribution::{Likely, acceptance};
use logis::diagnostic::nearest;
use logis::evaluate::evaluate;
use logis::exchange::{self, Document};
use logis::value::{Date, Exact, Rounding, Value, day_number, format_number, french_day, round};
use logis::{Draws, Newcomers, Options, Plan, Posing, Position, Rank, YearsToDraw};
use serde::Serialize;
use serde_json::Value as Json;

use super::newcomers::NewcomersArgs;
use super::ranks::RanksArgs;
use super::{commission, margin, pairs};
use crate::args::{DataArgs, RulesArgs, TextFormat, positive, whole_number};
use crate::text::{count, number, percent};
use crate::{End, input, output};

/// `logis position`
#[derive(clap::Args)]
pub struct PositionArgs {
    #[command(flatten)]
    rules: RulesArgs,
    #[command(flatten)]
    data: DataArgs,
    /// Identifiant de la demande
    #[arg(long, value_name = "ID")]
    id: String,
    /// Nombre d'années tirées
    #[arg(long, value_name = "N", default_value_t = 100, allow_negative_numbers = true, value_parser = years)]
    years: u32,
    /// Graine de la première; les suivantes ont les graines d'après
    #[arg(long, value_name = "GRAINE", default_value_t = 1, allow_negative_numbers = true, value_parser = whole_number)]
    seed: u64,
    /// Séances par an
    #[arg(long, value_name = "N", default_value_t = 52, allow_negative_numbers = true, value_parser = sessions)]
    sessions: u32,
    /// Probabilité, de 0 à 1, qu'un ménage accepte une proposition dont la règle `acceptance` du paquet ne dit rien, ou que le
    /// paquet n'a pas
    #[arg(long, value_name = "PROBABILITÉ", allow_negative_numbers = true, value_parser = margin::probability)]
    acceptance: Option<Exact>,
    /// Candidats par logement (sinon ce que dit la règle `presented` du paquet, sinon 3)
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = positive)]
    candidates: Option<usize>,
    #[command(flatten)]
    ranks: RanksArgs,
    /// Les demandes semblables sont celles dont ces règles (ou champs) de la demande ont les mêmes valeurs, séparées par des
    /// virgules; sinon celles à qui conviennent la moitié au moins des logements qui conviennent à celle-ci
    #[arg(long, value_name = "RÈGLE,RÈGLE", value_delimiter = ',')]
    similar: Vec<String>,
    /// Champ du logement qui dit depuis quel jour il est libre; un logement sans jour connu se libère à une séance tirée
    #[arg(long, value_name = "CHAMP")]
    unit_date: Option<String>,
    #[command(flatten)]
    arriving: NewcomersArgs,
    /// Forme de la réponse
    #[arg(long, value_enum, default_value = "text")]
    format: TextFormat,
}

/// The most years that are drawn.
const MOST_YEARS: u32 = 100_000;

/// Days of the year that begins today: fifty-two weeks.
const DAYS: i64 = 364;

pub(super) fn years(text: &str) -> Result<u32, String> {
    up_to(text, MOST_YEARS)
}

fn sessions(text: &str) -> Result<u32, String> {
    up_to(text, 364)
}

fn up_to(text: &str, most: u32) -> Result<u32, String> {
    let number = text.parse().ok().filter(|n| (1..=most).contains(n));
    number.ok_or_else(|| format!("attendu: un entier de 1 à {most}"))
}

/// Draws the years and says what they tell of the request.
pub fn run(args: &PositionArgs) -> Result<End> {
    let mut run = input::Run::new(&args.rules, &args.data)?;
    let mut plan = pairs::plan(&run, &Options::default())?;
    args.ranks.set(&mut plan.0);
    let rule = acceptance(run.pack.parsed(), run.date)?;
    if rule.is_none() && args.acceptance.is_none() {
        bail!(margin::NO_ACCEPTANCE);
    }
    let presented = commission::presented(&run, args.candidates)?;
    let similar: Vec<&str> = args.similar.iter().map(|name| name.trim()).collect();
    let similar = if similar.is_empty() { None } else { Some(run.plan(&similar)?) };
    let unit_date = args.unit_date.as_deref().map(|name| run.plan(&[name])).transpose()?;
    let others = presented.iter().chain(&similar).chain(&unit_date).map(AsRef::as_ref);
    let others: Vec<&Plan> = others.chain(&rule).collect();
    let loaded = pairs::load(&mut run, plan, &others, None, &args.data.reading)?;
    let (requests, units) = (&loaded.instance.requests, &loaded.instance.units);
    let Some(request) = requests.find(&loaded.dataset, &args.id) else {
        let ids = (0_u32..).take(requests.len()).map(|number| requests.id(&loaded.dataset, number));
        let hint =
            nearest(&args.id, ids).map_or_else(String::new, |id| format!("; vouliez-vous dire `{id}` ?"));
        bail!("--id {}: aucune demande n'a cet identifiant{hint}", args.id);
    };
    let side = |plan: &Plan, entity: usize, option: &str, what: &str| match plan.entity == entity {
        true => Ok(()),
        false => bail!("{option}: attendu: des règles ou des champs {what}"),
    };
    if let Some(plan) = &similar {
        side(plan, requests.entity, "--similar", "de la demande")?;
    }
    if let Some(plan) = &unit_date {
        side(plan, units.entity, "--unit-date", "du logement")?;
    }
    let newcomers = args.arriving.of(&loaded)?;
    let places = commission::places(&loaded, args.candidates, presented.is_some())?;
    let weekly = newcomers
        .as_ref()
        .map_or(&loaded, Newcomers::posing)
        .weekly(Likely { rule: rule.as_ref(), assumed: args.acceptance }, places);
    let alike = similar.as_ref().map(|plan| alike(&loaded, plan, request));
    let free: Vec<Option<u32>> = match &unit_date {
        Some(plan) => {
            days(&loaded, plan).into_iter().map(|day| Some(session(day?, run.date, args.sessions))).collect()
        }
        None => Vec::new(),
    };
    let draw = YearsToDraw { sessions: args.sessions, seed: args.seed, years: args.years };
    let known = |unit: u32| free.get(unit as usize).copied().flatten();
    let found = {
        let _busy = crate::text::busy("années");
        let similar = (alike.as_deref(), &known as &(dyn Fn(u32) -> Option<u32> + Sync));
        loaded.position(&weekly, request, similar, (draw, newcomers.as_ref())).map_err(margin::with_hint)?
    };
    pairs::say(&loaded);
    let told = Told { loaded: &loaded, found: &found, date: run.date, args };
    match args.format {
        TextFormat::Json => output::print(&Document::new("position", told.body()).pretty()?)?,
        TextFormat::Text => output::print(&told.text())?,
    }
    Ok(End::Fine)
}

/// By request: do these rules give of it what they give of this one? What is not known is as nothing.
fn alike(loaded: &Posing, plan: &Plan, request: u32) -> Vec<bool> {
    let decided = evaluate(plan, &loaded.dataset);
    let requests = &loaded.instance.requests;
    let of = |number: u32| -> Option<Vec<Value>> {
        decided.columns.iter().map(|column| column.value(requests.row(number) as usize)).collect()
    };
    let own = of(request);
    (0_u32..).take(requests.len()).map(|other| own.is_some() && of(other) == own).collect()
}

/// By unit: the day that a field says.
pub(super) fn days(loaded: &Posing, plan: &Plan) -> Vec<Option<Date>> {
    let decided = evaluate(plan, &loaded.dataset);
    let units = &loaded.instance.units;
    let of = |number: u32| match decided.columns.first()?.value(units.row(number) as usize)? {
        Value::Date(day) => Some(day),
        _ => None,
    };
    (0_u32..).take(units.len()).map(of).collect()
}

/// The session to which what is free on a day is free; one after the year, where it is later.
fn session(day: Date, today: Date, sessions: u32) -> u32 {
    let at = (day_number(day) - day_number(today)).max(0);
    u32::try_from(at * i64::from(sessions) / DAYS).unwrap_or(u32::MAX)
}

/// What is told.
struct Told<'a> {
    loaded: &'a Posing,
    found: &'a Position,
    date: Date,
    args: &'a PositionArgs,
}

#[derive(Serialize)]
struct Body<'a> {
    id: &'a str,
    date: String,
    points: u32,
    suitable_units: usize,
    all: RankBody,
    rivals: RankBody,
    similar: RankBody,
    similar_by: &'a [String],
    points_of_similar: Vec<Points>,
    seed: u64,
    years: u32,
    sessions: u32,
    newcomers: u32,
    assumed: Option<Json>,
    without: Share,
    weeks: Vec<Quantile>,
    offers: Json,
    refused: Json,
    years_without_offer: usize,
}

#[derive(Serialize)]
struct RankBody {
    from: usize,
    to: usize,
    of: usize,
}

#[derive(Serialize)]
struct Share {
    years: usize,
    low: Json,
    high: Json,
}

#[derive(Serialize)]
struct Points {
    percent: usize,
    points: u32,
}

#[derive(Serialize)]
struct Quantile {
    percent: usize,
    weeks: Option<i64>,
}

/// Of how many years in a hundred the wait is told.
const QUANTILES: [usize; 5] = [10, 25, 50, 75, 90];

impl Told<'_> {
    /// Weeks from today to the day of a session, begun ones counted.
    fn weeks(&self, session: u32) -> i64 {
        let sessions = i64::from(self.args.sessions);
        let days = ((i64::from(session) + 1) * DAYS + sessions - 1) / sessions;
        (days + 6) / 7
    }

    fn quantiles(&self) -> Vec<(usize, Option<i64>)> {
        let weeks = |percent| self.found.quantile(percent, 100).map(|session| self.weeks(session));
        QUANTILES.into_iter().map(|percent| (percent, weeks(percent))).collect()
    }

    /// The points that so many percent of the similar requests do not exceed; at none, the fewest.
    fn points(&self) -> Vec<(usize, u32)> {
        let all = &self.found.points_of_similar;
        let at = |percent: usize| all.get((all.len() * percent).div_ceil(100).saturating_sub(1)).copied();
        [0, 25, 50, 75, 100].into_iter().filter_map(|percent| Some((percent, at(percent)?))).collect()
    }

    /// Means over the years: offers, and those of them that are refused.
    fn offers(&self) -> (Exact, Exact) {
        let mean = |of: &dyn Fn(&(u32, u32)) -> u32| {
            let sum: i128 = self.found.offers.iter().map(|own| i128::from(of(own))).sum();
            let mean = Exact::new(sum, i128::from(self.args.years.max(1)));
            round(&mean, 2, Rounding::Nearest).unwrap_or(mean)
        };
        (mean(&|own| own.0), mean(&|own| own.1))
    }

    fn interval(&self) -> (f64, f64) {
        let draws = Draws { draws: self.args.years, allowed: 0, seed: self.args.seed };
        draws.interval(u32::try_from(self.found.without()).unwrap_or(u32::MAX))
    }

    fn without_offer(&self) -> usize {
        self.found.offers.iter().filter(|own| own.0 == 0).count()
    }

    fn body(&self) -> Body<'_> {
        let rank = |own: Rank| RankBody { from: own.ahead + 1, to: own.ahead + own.equal + 1, of: own.of };
        let json = |n: Exact| exchange::value(&Value::Number(n));
        let rounded = |own: f64| json(Exact::new((own * 1e6).round() as i128, 1_000_000));
        let ((low, high), (offers, refused)) = (self.interval(), self.offers());
        let quantile = |(percent, weeks)| Quantile { percent, weeks };
        Body {
            id: &self.args.id,
            date: self.date.to_string(),
            points: self.found.points,
            suitable_units: self.found.units,
            all: rank(self.found.all),
            rivals: rank(self.found.rivals),
            similar: rank(self.found.similar),
            similar_by: &self.args.similar,
            points_of_similar: self
                .points()
                .into_iter()
                .map(|(percent, points)| Points { percent, points })
                .collect(),
            seed: self.args.seed,
            years: self.args.years,
            sessions: self.args.sessions,
            newcomers: self.args.arriving.newcomers,
            assumed: self.args.acceptance.map(json),
            without: Share { years: self.found.without(), low: rounded(low), high: rounded(high) },
            weeks: self.quantiles().into_iter().map(quantile).collect(),
            offers: json(offers),
            refused: json(refused),
            years_without_offer: self.without_offer(),
        }
    }

    fn text(&self) -> String {
        let Told { found, args, .. } = self;
        let mut out = format!(
            "Demande {} : {} points, au {}. Logements du jeu de données qui lui conviennent : {}.\n",
            args.id,
            count(found.points as usize),
            french_day(self.date),
            count(found.units)
        );
        let similar = match args.similar.as_slice() {
            [] => "Parmi celles à qui conviennent la moitié au moins des logements qui lui conviennent (semblables)".to_string(),
            rules => {
                let rules: Vec<String> = rules.iter().map(|rule| format!("`{}`", rule.trim())).collect();
                format!("Parmi celles dont {} sont les mêmes (semblables)", rules.join(", "))
            }
        };
        let ranks = [
            ("Parmi toutes les demandes en attente", found.all),
            ("Parmi celles à qui convient un logement qui lui convient", found.rivals),
            (similar.as_str(), found.similar),
        ];
        out.push_str("\nSa position, par les points :\n");
        for (what, rank) in ranks {
            let _ = writeln!(out, "   {what} : {}", place(rank));
        }
        if let [(_, fewest), (_, first), (_, middle), (_, third), (_, most)] = self.points().as_slice() {
            let _ = writeln!(
                out,
                "   Points des semblables : de {fewest} à {most} ; un quart en a {first} au plus, la moitié {middle}, les trois quarts {third}"
            );
        }
        let (all, without) = (args.years as usize, found.without());
        let (low, high) = self.interval();
        let bound = |own: f64| format!("{:.1}", own * 100.0).replace('.', ",");
        let _ = writeln!(
            out,
            "\nSur {} années tirées (graines {} à {}) :\n   non logée dans l'année : {} des années ({} à {}, intervalle à 95 %)",
            count(all),
            args.seed,
            args.seed.saturating_add(u64::from(args.years) - 1),
            percent(without, all),
            bound(low),
            bound(high)
        );
        for (part, weeks) in self.quantiles() {
            let weeks = match weeks {
                Some(1) => "une semaine".to_string(),
                Some(weeks) => format!("{weeks} semaines"),
                None => "plus d'un an".to_string(),
            };
            let _ = writeln!(out, "   attente dans {part} % des années, au plus : {weeks}");
        }
        let (offers, refused) = self.offers();
        let _ = writeln!(
            out,
            "   propositions dans l'année, en moyenne : {}, dont refusées : {}; années sans proposition : {}",
            number(&offers, true),
            number(&refused, true),
            percent(self.without_offer(), all)
        );
        out.push_str("\nCe n'est ni une promesse, ni l'attente constatée, que ces données n'ont pas. Les années supposent :\n");
        self.supposed(&mut out);
        out
    }

    /// What the years suppose.
    fn supposed(&self, out: &mut String) {
        let rule =
            self.loaded.plan.pairs.parsed.manifest.matching.as_ref().and_then(|m| m.acceptance.as_ref());
        let assumed = self.args.acceptance.map(|n| format_number(&n).replace('.', ",")).unwrap_or_default();
        let answers = match rule {
            None => format!("acceptée avec la probabilité {assumed}, inventée (--acceptance)"),
            Some((rule, _)) if assumed.is_empty() => format!("acceptée avec la probabilité que dit `{rule}`"),
            Some((rule, _)) => format!(
                "acceptée avec la probabilité que dit `{rule}` et, où elle ne dit rien, {assumed} (--acceptance)"
            ),
        };
        let free = match &self.args.unit_date {
            None => "à une séance tirée".to_string(),
            Some(field) => format!("le jour que dit `{field}` et, où il n'est pas connu, à une séance tirée"),
        };
        let lines = [
            format!(
                "{} séances dans l'année qui vient ; chacune apparie qui attend aux logements libres, les quotas comptés sur l'année",
                self.args.sessions
            ),
            format!(
                "les logements du jeu de données, {}, et eux seuls, qui se libèrent {free}",
                count(self.loaded.instance.units.len())
            ),
            self.args.arriving.said(self.date, ", chacune à une séance tirée"),
            format!(
                "chaque proposition {answers} ; un logement refusé passe au suivant de sa liste, puis revient à la séance suivante"
            ),
        ];
        for line in lines {
            let _ = writeln!(out, "   - {line}");
        }
    }
}

/// `entre la 12e et la 15e place sur 879`
fn place(rank: Rank) -> String {
    let ordinal = |n: usize| if n == 1 { "1re".to_string() } else { format!("{}e", count(n)) };
    let (from, of) = (ordinal(rank.ahead + 1), count(rank.of));
    match rank.equal {
        0 => format!("{from} place sur {of}"),
        equal => format!(
            "de la {from} à la {} place sur {of} ({} ont autant de points)",
            ordinal(rank.ahead + equal + 1),
            count(equal)
        ),
    }
}
