//! `logis explain --match`: why a request is housed where it is or waits, why a unit is given or empty.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::Result;
use logis::attribution::{Fails, Holder, Reason, Why};

use super::explain::ExplainArgs;
use super::matching;
use crate::args::TextFormat;
use crate::{End, input, output};

/// Explains what a written result makes of a request or a unit. The result is verified first: what does
/// not hold is not explained.
pub fn run(args: &ExplainArgs, result: &Path) -> Result<End> {
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
    let why = allocation.explain(&args.id)?;
    match args.format {
        TextFormat::Json => {
            let json = serde_json::json!({
                "id": args.id,
                "date": allocation.posing.plan.pairs.date.to_string(),
                "pourquoi": why,
            });
            output::print(&format!("{}\n", serde_json::to_string_pretty(&json)?))?;
        }
        TextFormat::Text => output::print(&text(&args.id, &why))?,
    }
    Ok(End::Fine)
}

/// The explanation in French.
fn text(id: &str, why: &Why) -> String {
    let mut out = String::new();
    match why {
        Why::Logee { logement, priorite, adequation, recevables, mieux_adaptes, ensuite } => {
            let _ = writeln!(
                out,
                "La demande {id} ({priorite} points) reçoit le logement {logement}, adéquation {adequation}."
            );
            let _ = writeln!(
                out,
                "   {recevables} logement(s) lui conviennent; {}",
                match mieux_adaptes.len() {
                    0 => "aucun n'est mieux adapté.".to_string(),
                    _ => "ceux qui le sont mieux vont à d'autres :".to_string(),
                }
            );
            mieux_adaptes.iter().for_each(|holder| held(holder, &mut out));
            let _ = match ensuite {
                Some(next) => writeln!(out, "   Sans ce logement, elle recevrait {next}."),
                None => writeln!(out, "   Sans ce logement, elle n'en recevrait aucun."),
            };
        }
        Why::SansRecevable { logements, conditions } => {
            let _ = writeln!(
                out,
                "La demande {id} n'est pas logée : aucun des {logements} logements ne lui convient."
            );
            fails(conditions, &mut out);
        }
        Why::Devancee { priorite, recevables, raisons, detenteurs } => {
            let first = raisons.iter().find_map(|(reason, _)| match reason {
                Reason::Quota(name) => Some(name),
                _ => None,
            });
            let _ = writeln!(
                out,
                "La demande {id} ({priorite} points) n'est pas logée : {recevables} logement(s) lui conviennent, tous vont à d'autres{}.",
                first.map_or_else(String::new, |name| format!(", et le quota {name} en retient"))
            );
            for (reason, count) in raisons {
                let _ = writeln!(out, "   {count} : {}", sentence(reason));
            }
            let _ = writeln!(out, "   Ceux dont la détentrice a le moins de points :");
            detenteurs.iter().for_each(|holder| held(holder, &mut out));
        }
        Why::Attribue { demande, priorite, adequation, recevables, ensuite } => {
            let _ = writeln!(
                out,
                "Le logement {id} va à la demande {demande} ({priorite} points, adéquation {adequation}), l'une des {recevables} à qui il convient."
            );
            let _ = match ensuite {
                Some(next) => writeln!(out, "   Sans elle, il irait à {next}."),
                None => writeln!(out, "   Sans elle, il resterait vide."),
            };
        }
        Why::SansDemande { demandes, conditions } => {
            let _ = writeln!(
                out,
                "Le logement {id} reste vide : il ne convient à aucune des {demandes} demandes."
            );
            fails(conditions, &mut out);
        }
        Why::TousLoges { recevables, loges } => {
            let _ = writeln!(
                out,
                "Le logement {id} reste vide : les {recevables} demandes à qui il convient sont toutes logées."
            );
            for (request, unit) in loges {
                let _ = writeln!(out, "   {request} est en {unit}");
            }
        }
    }
    out
}

fn held(holder: &Holder, out: &mut String) {
    let _ = match &holder.demande {
        Some(request) => writeln!(
            out,
            "      {} (adéquation {}) est à {request} ({} points, adéquation {}) : {}",
            holder.logement,
            holder.adequation,
            holder.priorite,
            holder.adequation_detenteur,
            sentence(&holder.raison)
        ),
        None => writeln!(
            out,
            "      {} (adéquation {}) est vide : {}",
            holder.logement,
            holder.adequation,
            sentence(&holder.raison)
        ),
    };
}

/// What would be worse.
pub fn sentence(reason: &Reason) -> String {
    match reason {
        Reason::Attributions => "la détentrice n'aurait plus de logement".to_string(),
        Reason::Quota(name) => format!("le quota {name} serait moins bien tenu"),
        Reason::Priorite => "la détentrice a plus de points".to_string(),
        Reason::Adequation => "à points égaux, l'adéquation serait moindre".to_string(),
        Reason::Identifiant => "à égalité de tout, l'ordre des identifiants décide".to_string(),
        Reason::NonProuve => "l'échange paraît meilleur : ce niveau n'a pas été prouvé".to_string(),
    }
}

fn fails(conditions: &[Fails], out: &mut String) {
    for fails in conditions {
        let open = match fails.inconnue {
            0 => String::new(),
            n => format!(", ouverte faute de données pour {n}"),
        };
        let alone = match fails.seule {
            0 => String::new(),
            n => format!(", seule à manquer pour {n}"),
        };
        let _ = writeln!(
            out,
            "   {} : fausse pour {}{alone}{open} ({})",
            fails.libelle.trim_end_matches('.'),
            fails.fausse,
            fails.regle
        );
    }
}
