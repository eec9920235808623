//! `logis fairness`: who waits, and who waits because of a quota.

use std::fmt::Write as _;

use anyhow::{Result, bail};
use logis::Options;
use logis::attribution::{
    Envy, Fairness, MatchingPlan, OrderReached, Reason, Silence, UnderReserve, fairness, silences,
};
use logis::exchange::Document;
use logis::explain::plain;

use super::pairs;
use crate::args::{DataArgs, RulesArgs, TextFormat};
use crate::text::{align_numbers, count, empty, percent};
use crate::{End, input, output};

/// `logis fairness`
#[derive(clap::Args)]
pub struct FairnessArgs {
    #[command(flatten)]
    rules: RulesArgs,
    #[command(flatten)]
    data: DataArgs,
    /// Règles, champs ou groupes de la demande par lesquels compter (sinon le groupe `equite` du paquet)
    #[arg(long, value_name = "RÈGLE,RÈGLE", value_delimiter = ',')]
    by: Vec<String>,
    /// Dit aussi qui gagnerait à taire ses souhaits: le problème est résolu une fois de plus par demande logée
    #[arg(long)]
    wishes: bool,
    /// Forme du rapport
    #[arg(long, value_enum, default_value = "text")]
    format: TextFormat,
}

/// The report, with who would gain by silence, if that was asked.
#[derive(serde::Serialize)]
struct Told<'r> {
    #[serde(flatten)]
    report: &'r Fairness,
    #[serde(skip_serializing_if = "Option::is_none")]
    silences: Option<Vec<Silence>>,
}

/// How many of those who envy are named.
const NAMED: usize = 20;

/// Matches, and reports who waits.
pub fn run(args: &FairnessArgs) -> Result<End> {
    let mut run = input::Run::new(&args.rules, &args.data)?;
    let asked: Vec<&str> = match args.by.is_empty() {
        true => vec!["equite"],
        false => args.by.iter().map(|s| s.trim()).collect(),
    };
    let names: Vec<String> = run.pack.expand(&asked).into_iter().map(str::to_string).collect();
    if args.by.is_empty() && names == ["equite"] {
        bail!("le paquet de règles n'a pas de groupe `equite`: donner des règles de la demande avec --by");
    }
    let groups = run.plan(&names.iter().map(String::as_str).collect::<Vec<_>>())?;
    let plan = pairs::plan(&run, &Options::default())?;
    let loaded = pairs::load(&mut run, plan, &[&groups], None, &args.data.reading)?;
    if groups.entity != loaded.instance.requests.entity {
        bail!("`{}` n'est pas de la demande: l'équité se compte par demande", names.join(", "));
    }
    let allocation = pairs::solve(loaded, None)?;
    let loaded = &allocation.posing;
    let report = fairness(&loaded.plan, &groups, &loaded.dataset, &loaded.instance, &allocation.matching);
    let silences = match args.wishes {
        true => {
            let _busy = crate::text::busy("souhaits");
            Some(silences(&loaded.dataset, &loaded.instance, &allocation.matching)?)
        }
        false => None,
    };
    pairs::say(loaded);
    pairs::say_reserves(&report.reserves, pairs::ATTRIBUTIONS);
    match args.format {
        TextFormat::Json => {
            let silences = silences.map(|(_, silences)| silences);
            output::print(&Document::new("fairness", Told { report: &report, silences }).pretty()?)?;
        }
        TextFormat::Text => {
            output::print(&text(&loaded.plan, &report))?;
            if let Some((asked, silences)) = &silences {
                output::print(&silent(*asked, silences))?;
            }
        }
    }
    Ok(End::Fine)
}

fn text(plan: &MatchingPlan, report: &Fairness) -> String {
    let mut out = String::new();
    for group in &report.groups {
        let mut table = empty(&[
            &group.name,
            "Demandes",
            "Avec un logement recevable",
            "Logées",
            "Part",
            "Points moyens en attente",
        ]);
        for line in &group.lines {
            table.add_row([
                plain(&line.outcome),
                count(line.requests),
                count(line.with_suitable),
                count(line.housed),
                percent(line.housed, line.requests),
                count(line.mean_waiting_priority as usize),
            ]);
        }
        align_numbers(&mut table);
        let _ = writeln!(out, "{table}");
        for UnderReserve { reserve, count: requests, .. } in &group.reserves {
            let _ = writeln!(
                out,
                "{} : {} demandes sous réserve de : {reserve}",
                group.name,
                count(*requests as usize)
            );
        }
        out.push('\n');
    }
    out.push_str(&orders(&report.orders));
    if !report.housed_envies.is_empty() {
        let _ = writeln!(
            out,
            "{} demandes logées le seraient mieux dans un logement qu'une demande de moindre priorité occupe (envie fondée), dont :",
            report.housed_envies.len()
        );
        report.housed_envies.iter().take(NAMED / 4).for_each(|envy| told(plan, envy, &mut out));
        out.push('\n');
    }
    if report.envies.is_empty() {
        out.push_str("Aucune demande n'attend un logement qui lui convient et qu'une demande de moindre priorité occupe.\n");
        return out;
    }
    let _ = writeln!(
        out,
        "{} demandes attendent un logement qui leur convient et qu'une demande de moindre priorité occupe :",
        report.envies.len()
    );
    report.envies.iter().take(NAMED).for_each(|envy| told(plan, envy, &mut out));
    if report.envies.len() > NAMED {
        let _ = writeln!(out, "   … et {} autres (toutes avec --format json)", report.envies.len() - NAMED);
    }
    out
}

/// One who envies, and why the holder keeps the unit.
fn told(plan: &MatchingPlan, envy: &Envy, out: &mut String) {
    let why = match &envy.reason {
        Reason::Quota(name) => format!("quota {name}"),
        other => super::why::sentence(plan, other),
    };
    let _ = writeln!(
        out,
        "   {} ({} points) : {} est à {} ({} points), {why}{}",
        envy.request,
        envy.priority,
        envy.unit,
        envy.holder,
        envy.holder_priority,
        if envy.units > 1 { format!(" ; {} logements en tout", envy.units) } else { String::new() }
    );
}

/// What each order of the levels reaches, side by side.
fn orders(orders: &[OrderReached]) -> String {
    let mut table = empty(&[
        "Ordre",
        "Attributions",
        "Points",
        "Adéquation",
        "Envies fondées: logées",
        "en attente",
        "Manque aux quotas",
    ]);
    for one in orders {
        let name = match one.order {
            "by_points" => "par points, chacune son mieux",
            _ => "nombre, quotas, points, puis adéquation",
        };
        let lacking = one.shortfalls.iter().map(|lack| format!("{} {}", lack.quota, lack.shortfall));
        let number = |n: u64| count(usize::try_from(n).unwrap_or(usize::MAX));
        table.add_row([
            name.to_string(),
            number(one.attributions),
            number(one.priority),
            number(one.fit),
            count(one.housed_envying),
            count(one.waiting_envying),
            lacking.collect::<Vec<_>>().join(", "),
        ]);
    }
    align_numbers(&mut table);
    format!("{table}\n\n")
}

/// Who would gain by telling fewer wishes.
fn silent(asked: usize, silences: &[Silence]) -> String {
    let mut out = format!(
        "\n{} des {} demandes logées auxquelles un autre logement conviendrait mieux en auraient un en taisant les autres souhaits{}\n",
        count(silences.len()),
        count(asked),
        if silences.is_empty() { "." } else { " :" }
    );
    for one in silences.iter().take(NAMED) {
        let Silence { request, unit, fit, instead, instead_fit } = one;
        let _ =
            writeln!(out, "   {request} : {instead} (adéquation {instead_fit}) au lieu de {unit} ({fit})");
    }
    if silences.len() > NAMED {
        let _ = writeln!(out, "   … et {} autres (toutes avec --format json)", silences.len() - NAMED);
    }
    out
}
