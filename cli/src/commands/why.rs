//! `logis explain --match`: why a request is housed where it is or waits, why a unit is given or empty.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Result, bail};
use logis::attribution::{Fails, Holder, HousedIn, MatchingPlan, Reason, ReasonCount, Why};
use logis::exchange::Document;
use serde::Serialize;

use super::explain::{ExplainArgs, Form};
use super::matching;
use crate::{End, input, output};

/// Explains what a written result makes of a request or a unit. The result is verified first: what does
/// not hold is not explained.
pub fn run(args: &ExplainArgs, result: &Path) -> Result<End> {
    let [id] = args.id.as_slice() else {
        bail!("--match explique une demande ou un logement à la fois: attendu: un seul --id")
    };
    if args.format == Form::Lettre {
        bail!("--format lettre explique des règles: sans --match")
    }
    let Some(report) = matching::read(result)? else { return Ok(End::FellShort) };
    let mut run = input::Run::new(&args.rules, &args.data)?;
    let posing = matching::pose(&mut run, &args.problem, &args.data.reading)?;
    let allocation = match posing.verify(&report) {
        Ok(allocation) => allocation,
        Err(refuted) => {
            matching::does_not_hold(&refuted);
            return Ok(End::FellShort);
        }
    };
    let why = allocation.explain(id)?;
    match args.format {
        Form::Json => {
            let date = allocation.posing.plan.pairs.date.to_string();
            let body = Body { id, date, why: &why };
            output::print(&Document::new("attribution_reason", body).pretty()?)?;
        }
        Form::Text | Form::Lettre => output::print(&text(&allocation.posing.plan, id, &why))?,
    }
    Ok(End::Fine)
}

/// The explanation as JSON.
#[derive(Serialize)]
struct Body<'w> {
    id: &'w str,
    date: String,
    why: &'w Why,
}

/// The explanation in French.
fn text(plan: &MatchingPlan, id: &str, why: &Why) -> String {
    let mut out = String::new();
    match why {
        Why::Housed { unit, priority, fit, suitable, first, better_fitting, otherwise, leaves } => {
            let _ = writeln!(
                out,
                "La demande {id} ({priority} points) reçoit le logement {unit}, adéquation {fit}."
            );
            for name in first {
                let _ = writeln!(out, "   Elle passe d'abord : {}.", label(plan, name));
            }
            let _ = writeln!(
                out,
                "   {suitable} logement(s) lui conviennent; {}",
                match better_fitting.len() {
                    0 => "aucun n'est mieux adapté.".to_string(),
                    _ => "ceux qui le sont mieux vont à d'autres :".to_string(),
                }
            );
            better_fitting.iter().for_each(|holder| held(plan, holder, &mut out));
            let _ = match otherwise {
                Some(next) => writeln!(out, "   Sans ce logement, elle recevrait {next}."),
                None => writeln!(out, "   Sans ce logement, elle n'en recevrait aucun."),
            };
            if let Some(leaves) = leaves {
                let _ = writeln!(out, "   C'est une mutation : elle quitte le logement {leaves}.");
            }
        }
        Why::NothingSuits { units, conditions } => {
            let _ = writeln!(
                out,
                "La demande {id} n'est pas logée : aucun des {units} logements ne lui convient."
            );
            fails(conditions, &mut out);
        }
        Why::Outranked { priority, suitable, reasons, holders } => {
            let first = reasons.iter().find_map(|one| match &one.reason {
                Reason::Quota(name) => Some(name),
                _ => None,
            });
            let _ = writeln!(
                out,
                "La demande {id} ({priority} points) n'est pas logée : {suitable} logement(s) lui conviennent, tous vont à d'autres{}.",
                first.map_or_else(String::new, |name| format!(", et le quota {name} en retient"))
            );
            for ReasonCount { reason, count } in reasons {
                let _ = writeln!(out, "   {count} : {}", sentence(plan, reason));
            }
            let _ = writeln!(out, "   Ceux dont la détentrice a le moins de points :");
            holders.iter().for_each(|holder| held(plan, holder, &mut out));
        }
        Why::Given { request, priority, fit, suitable, otherwise, left_by } => {
            let _ = writeln!(
                out,
                "Le logement {id} va à la demande {request} ({priority} points, adéquation {fit}), l'une des {suitable} à qui il convient."
            );
            let _ = match otherwise {
                Some(next) => writeln!(out, "   Sans elle, il irait à {next}."),
                None => writeln!(out, "   Sans elle, il resterait vide."),
            };
            if let Some(left_by) = left_by {
                let _ = writeln!(
                    out,
                    "   Il est libéré par la demande {left_by}, qui l'occupe et reçoit un autre logement."
                );
            }
        }
        Why::SuitsNobody { requests, conditions } => {
            let _ = writeln!(
                out,
                "Le logement {id} reste vide : il ne convient à aucune des {requests} demandes."
            );
            fails(conditions, &mut out);
        }
        Why::Occupied { request, suitable } => {
            let _ = writeln!(
                out,
                "Le logement {id} n'est pas libre : la demande {request}, qui l'occupe, ne reçoit pas d'autre logement. Il conviendrait à {suitable} demande(s)."
            );
        }
        Why::AllHoused { suitable, housed } => {
            let _ = writeln!(
                out,
                "Le logement {id} reste vide : les {suitable} demandes à qui il convient sont toutes logées."
            );
            for HousedIn { request, unit } in housed {
                let _ = writeln!(out, "   {request} est en {unit}");
            }
        }
        // The enumeration may grow.
        _ => {}
    }
    out
}

fn held(plan: &MatchingPlan, holder: &Holder, out: &mut String) {
    let _ = match &holder.request {
        Some(request) => writeln!(
            out,
            "      {} (adéquation {}) est à {request} ({} points, adéquation {}) : {}",
            holder.unit,
            holder.fit,
            holder.priority,
            holder.holder_fit,
            sentence(plan, &holder.reason)
        ),
        None if holder.reason == Reason::Occupied => writeln!(
            out,
            "      {} (adéquation {}) : {}",
            holder.unit,
            holder.fit,
            sentence(plan, &holder.reason)
        ),
        None => writeln!(
            out,
            "      {} (adéquation {}) est vide : {}",
            holder.unit,
            holder.fit,
            sentence(plan, &holder.reason)
        ),
    };
}

/// What people call who comes first.
fn label<'p>(plan: &'p MatchingPlan, name: &'p str) -> &'p str {
    let quota = plan.quotas.iter().find(|quota| quota.quota.name == name);
    quota.map_or(name, |quota| quota.label.trim_end_matches('.'))
}

/// What would be worse.
pub fn sentence(plan: &MatchingPlan, reason: &Reason) -> String {
    match reason {
        Reason::Attributions => "la détentrice n'aurait plus de logement".to_string(),
        Reason::Occupied => "le logement est occupé, et son locataire n'en reçoit pas d'autre".to_string(),
        Reason::First(name) => format!("la détentrice passe d'abord ({})", label(plan, name)),
        Reason::Quota(name) => format!("le quota {name} serait moins bien tenu"),
        Reason::Priority => "la détentrice a plus de points".to_string(),
        Reason::Fit => "l'adéquation serait moindre en tout".to_string(),
        Reason::Seniority => {
            "à points égaux, la détentrice passe d'abord par la règle de départage".to_string()
        }
        Reason::Lottery => "à égalité, le tirage au sort place la détentrice d'abord".to_string(),
        Reason::Equal => "à égalité de tout: aucune règle ne les départage".to_string(),
        Reason::NotProved => "l'échange paraît meilleur : ce niveau n'a pas été prouvé".to_string(),
    }
}

fn fails(conditions: &[Fails], out: &mut String) {
    for fails in conditions {
        let open = match fails.unknown_for {
            0 => String::new(),
            n => format!(", ouverte faute de données pour {n}"),
        };
        let alone = match fails.alone_false_for {
            0 => String::new(),
            n => format!(", seule à manquer pour {n}"),
        };
        let _ = writeln!(
            out,
            "   {} : fausse pour {}{alone}{open} ({})",
            fails.label.trim_end_matches('.'),
            fails.false_for,
            fails.rule
        );
    }
}
