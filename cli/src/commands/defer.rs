//! `logis defer`: what it costs the year to give a unit today.

use std::fmt::Write as _;

use anyhow::{Result, bail};
use logis::diagnostic::nearest;
use logis::exchange::{self, Document};
use logis::value::{Date, Exact, Rounding, Value, french_day, round};
use logis::{Cost, Deferral, Options, Plan, Posing, YearsToDraw};
use serde::Serialize;
use serde_json::Value as Json;

use super::newcomers::NewcomersArgs;
use super::{pairs, position};
use crate::args::{DataArgs, RulesArgs, TextFormat, whole_number};
use crate::text::{align_numbers, count, empty, number, percent};
use crate::{End, input, output};

/// `logis defer`
#[derive(clap::Args)]
pub struct DeferArgs {
    #[command(flatten)]
    rules: RulesArgs,
    #[command(flatten)]
    data: DataArgs,
    /// Logements libres aujourd'hui, par leurs identifiants, séparés par des virgules; les autres se libèrent dans l'année
    #[arg(long, value_name = "ID,ID", value_delimiter = ',')]
    units: Vec<String>,
    /// Champ du logement qui dit depuis quel jour il est libre: ceux qui le sont au jour de la décision le sont aujourd'hui
    #[arg(long, value_name = "CHAMP")]
    unit_date: Option<String>,
    /// Nombre d'années tirées
    #[arg(long, value_name = "N", default_value_t = 100, allow_negative_numbers = true, value_parser = position::years)]
    years: u32,
    /// Graine de la première; les suivantes ont les graines d'après
    #[arg(long, value_name = "GRAINE", default_value_t = 1, allow_negative_numbers = true, value_parser = whole_number)]
    seed: u64,
    #[command(flatten)]
    arriving: NewcomersArgs,
    /// Forme de la réponse
    #[arg(long, value_enum, default_value = "text")]
    format: TextFormat,
}

/// Draws the years and says what each attribution of today costs them.
pub fn run(args: &DeferArgs) -> Result<End> {
    if args.units.is_empty() && args.unit_date.is_none() {
        bail!("quels logements sont libres aujourd'hui ? attendu: --units ID,ID ou --unit-date CHAMP");
    }
    let mut run = input::Run::new(&args.rules, &args.data)?;
    let plan = pairs::plan(&run, &Options::default())?;
    let unit_date = args.unit_date.as_deref().map(|name| run.plan(&[name])).transpose()?;
    let others: Vec<&Plan> = unit_date.iter().map(AsRef::as_ref).collect();
    let loaded = pairs::load(&mut run, plan, &others, None, &args.data.reading)?;
    let now = free(args, &loaded, unit_date.as_deref(), run.date)?;
    let newcomers = args.arriving.of(&loaded)?;
    // Without newcomers nothing is drawn: all years are one.
    let years = if newcomers.is_some() { args.years } else { 1 };
    let draw = YearsToDraw { sessions: 1, seed: args.seed, years };
    let mut found = {
        let _busy = crate::text::busy("années");
        loaded.deferrals(&now, (draw, newcomers.as_ref()))?
    };
    found.sort_by_key(|own| own.unit);
    pairs::say(&loaded);
    let told = Told {
        loaded: &loaded,
        found: &found,
        free: now.iter().filter(|now| **now).count(),
        years,
        date: run.date,
        args,
    };
    match args.format {
        TextFormat::Json => output::print(&Document::new("deferral", told.body()).pretty()?)?,
        TextFormat::Text => output::print(&told.text())?,
    }
    Ok(End::Fine)
}

/// By unit: is it free today?
fn free(args: &DeferArgs, loaded: &Posing, unit_date: Option<&Plan>, today: Date) -> Result<Vec<bool>> {
    let units = &loaded.instance.units;
    let mut now = vec![false; units.len()];
    for id in args.units.iter().map(|id| id.trim()).filter(|id| !id.is_empty()) {
        let Some(unit) = units.find(&loaded.dataset, id) else {
            let ids = (0_u32..).take(units.len()).map(|number| units.id(&loaded.dataset, number));
            let hint =
                nearest(id, ids).map_or_else(String::new, |id| format!("; vouliez-vous dire `{id}` ?"));
            bail!("--units {id}: aucun logement n'a cet identifiant{hint}");
        };
        now.get_mut(unit as usize).into_iter().for_each(|slot| *slot = true);
    }
    if let Some(plan) = unit_date {
        if plan.entity != units.entity {
            bail!("--unit-date: attendu: des règles ou des champs du logement");
        }
        let days = position::days(loaded, plan);
        now.iter_mut().zip(days).for_each(|(slot, day)| *slot |= day.is_some_and(|day| day <= today));
    }
    if !now.contains(&true) {
        bail!("aucun logement n'est libre au {}: rien ne s'attribue aujourd'hui", french_day(today));
    }
    Ok(now)
}

/// What is told.
struct Told<'a> {
    loaded: &'a Posing,
    found: &'a [Deferral],
    free: usize,
    years: u32,
    date: Date,
    args: &'a DeferArgs,
}

#[derive(Serialize)]
struct Body<'a> {
    date: String,
    free: usize,
    seed: u64,
    years: u32,
    newcomers: u32,
    attributions: Vec<Line<'a>>,
}

#[derive(Serialize)]
struct Line<'a> {
    unit: &'a str,
    request: &'a str,
    points: u32,
    mean_cost: Option<Json>,
    high_cost: Option<i64>,
    without_cost: usize,
    beyond_points: usize,
    mean_worth: Option<Json>,
}

/// What the years say of an attribution.
struct Figures {
    /// The mean of the points that it costs, over years in which it costs nothing else.
    mean: Option<Exact>,
    /// What it costs at most in nine tenths of those years.
    high: Option<i64>,
    /// Years in which it costs nothing.
    without: usize,
    /// Years in which it costs attributions or members of quotas.
    beyond: usize,
    /// The mean of the points that the year has less without the unit.
    worth: Option<Exact>,
}

impl Figures {
    fn of(own: &Deferral) -> Figures {
        let plain = || own.years.iter().filter(|cost| !cost.is_more_than_points());
        let mut points: Vec<i64> = plain().map(|cost| cost.points).collect();
        points.sort_unstable();
        let worth: Vec<i64> = own.years.iter().map(|cost| cost.worth).collect();
        Figures {
            mean: mean(&points),
            high: (points.len() * 9).div_ceil(10).checked_sub(1).and_then(|at| points.get(at).copied()),
            without: plain().filter(|cost| cost.points == 0).count(),
            beyond: own.years.iter().filter(|cost: &&Cost| cost.is_more_than_points()).count(),
            worth: mean(&worth),
        }
    }
}

/// To a tenth.
fn mean(of: &[i64]) -> Option<Exact> {
    let sum: i128 = of.iter().map(|own| i128::from(*own)).sum();
    let many = i128::try_from(of.len()).ok().filter(|many| *many > 0)?;
    let mean = Exact::new(sum, many);
    Some(round(&mean, 1, Rounding::Nearest).unwrap_or(mean))
}

impl Told<'_> {
    fn ids(&self, own: &Deferral) -> (&str, &str) {
        let Posing { instance, dataset, .. } = self.loaded;
        (instance.units.id(dataset, own.unit), instance.requests.id(dataset, own.request))
    }

    fn body(&self) -> Body<'_> {
        let json = |n: Exact| exchange::value(&Value::Number(n));
        let line = |own| {
            let ((unit, request), told) = (self.ids(own), Figures::of(own));
            Line {
                unit,
                request,
                points: own.points,
                mean_cost: told.mean.map(json),
                high_cost: told.high,
                without_cost: told.without,
                beyond_points: told.beyond,
                mean_worth: told.worth.map(json),
            }
        };
        Body {
            date: self.date.to_string(),
            free: self.free,
            seed: self.args.seed,
            years: self.years,
            newcomers: self.args.arriving.newcomers,
            attributions: self.found.iter().map(line).collect(),
        }
    }

    fn text(&self) -> String {
        let years = self.years as usize;
        let mut out = format!(
            "Logements libres au {} : {}, dont attribués : {}.\n",
            french_day(self.date),
            count(self.free),
            count(self.found.len())
        );
        let _ = match self.years {
            1 => writeln!(
                out,
                "Ce que chaque attribution coûte à l'année appariée d'un coup, en points de priorité :\n"
            ),
            _ => writeln!(
                out,
                "Ce que chaque attribution coûte à l'année appariée d'un coup, en points de priorité, sur {} années tirées (graines {} à {}) :\n",
                count(years),
                self.args.seed,
                self.args.seed.saturating_add(u64::from(self.years) - 1)
            ),
        };
        let mut table =
            empty(&["Logement", "Demande", "Points", "Coûte", "Au plus", "Rien", "Davantage", "Vaut"]);
        let dash = || "-".to_string();
        for own in self.found {
            let ((unit, request), told) = (self.ids(own), Figures::of(own));
            let shown = |n: Option<Exact>| n.map_or_else(dash, |n| number(&n, true));
            table.add_row(vec![
                unit.to_string(),
                request.to_string(),
                count(own.points as usize),
                shown(told.mean),
                told.high.map_or_else(dash, |n| number(&Exact::from_integer(i128::from(n)), true)),
                percent(told.without, years),
                percent(told.beyond, years),
                shown(told.worth),
            ]);
        }
        align_numbers(&mut table);
        let _ = writeln!(out, "{table}");
        out.push_str(
            "\n« Coûte » : en moyenne des années ; « Au plus » : dans neuf années sur dix.\n\
             « Rien » : la part des années dont une des meilleures réponses a cette attribution.\n\
             « Davantage » : la part de celles à qui elle coûte des attributions, ou des membres\n\
             d'un quota ; ces années ne comptent pas dans les points.\n\
             « Vaut » : les points, en moyenne, que l'année perd sans ce logement, et avec eux,\n\
             le plus souvent, une attribution.\n\
             \nC'est ce que saurait qui connaîtrait toute l'année ; nul ne la connaît, et un logement\n\
             gardé reste vide. Elle suppose :\n",
        );
        let lines = [
            format!(
                "les logements du jeu de données, {}, tous libres dans l'année ; qui est proposé accepte",
                count(self.loaded.instance.units.len())
            ),
            self.args.arriving.said(self.date, ""),
        ];
        for line in lines {
            let _ = writeln!(out, "   - {line}");
        }
        out
    }
}
