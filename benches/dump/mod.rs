//! A matching instance as plain files, for solvers in other languages.
//!
//! `FOLDER/NAME/` holds arrays, little-endian, one after the other without a header:
//!
//! | file | one for each | type |
//! |---|---|---|
//! | `points` | request | u16 |
//! | `first_quartile`, `priority_public` | request | u8: 0 or 1 |
//! | `cells` | cell: commune, size, product, in a priority district, first unit, units | 6 × u32 |
//! | `cell_starts`, `open` | request (and the end): its first slot; slot: its cell | u64, u32 |
//! | `starts`, `units`, `fits` | request (and the end): its first pair; pair: its unit, its fit | u64, u32, u16 |
//! | `answer` | request: the unit it gets, 4,294,967,295 for none | u32 |
//!
//! `instance.json` has the counts and the quotas, `answer.json` the value of each level and the time
//! of each step.

use crate::instances::{Instance, Members, Shape};
use serde_json::{Value, json};
use std::fs::{File, create_dir_all};
use std::io::{BufWriter, Result, Write};
use std::path::Path;

/// More pairs than this are not written: no solver here could load them.
const MOST_PAIRS: u64 = 150_000_000;

/// Writes an instance as `folder/NAME`.
pub fn instance(folder: &Path, shape: &Shape, instance: &Instance) -> Result<()> {
    let folder = folder.join(&shape.name);
    create_dir_all(&folder)?;
    array(&folder, "points", instance.points.iter().map(|p| p.to_le_bytes()))?;
    array(&folder, "first_quartile", instance.first_quartile.iter().map(|m| [u8::from(*m)]))?;
    array(&folder, "priority_public", instance.priority_public.iter().map(|m| [u8::from(*m)]))?;
    let cells = instance.cells.iter().flat_map(|c| {
        let district = u32::from(c.priority_district);
        [c.commune, u32::from(c.size), c.product as u32, district, c.first_unit, c.units]
    });
    array(&folder, "cells", cells.map(u32::to_le_bytes))?;
    array(&folder, "cell_starts", instance.starts.iter().map(|s| u64::from(*s).to_le_bytes()))?;
    array(&folder, "open", instance.open.iter().map(|c| c.to_le_bytes()))?;
    let pairs = instance.pairs();
    if pairs <= MOST_PAIRS {
        self::pairs(&folder, instance)?;
    }
    let quotas: Vec<_> = instance
        .quotas()
        .iter()
        .map(|quota| {
            let members = match quota.members {
                Members::FirstQuartile => "first_quartile",
                Members::OtherQuartiles => "other_quartiles",
                Members::PriorityPublics => "priority_publics",
            };
            json!({
                "name": quota.name, "inside": quota.inside, "members": members,
                "share": [quota.share.0, quota.share.1],
            })
        })
        .collect();
    let about = json!({
        "name": shape.name, "requests": instance.requests(), "units": instance.units(),
        "cells": instance.cells.len(), "slots": instance.open.len(), "pairs": pairs,
        "pairs_written": pairs <= MOST_PAIRS, "quotas": quotas,
    });
    std::fs::write(folder.join("instance.json"), format!("{about:#}\n"))
}

/// Writes the unit of each request, and what is said of it.
pub fn answer(folder: &Path, unit_of: &[Option<u32>], about: &Value) -> Result<()> {
    create_dir_all(folder)?;
    array(folder, "answer", unit_of.iter().map(|u| u.unwrap_or(u32::MAX).to_le_bytes()))?;
    std::fs::write(folder.join("answer.json"), format!("{about:#}\n"))
}

fn pairs(folder: &Path, instance: &Instance) -> Result<()> {
    let mut units = BufWriter::new(File::create(folder.join("units"))?);
    let mut fits = BufWriter::new(File::create(folder.join("fits"))?);
    let mut starts = vec![0_u64];
    let mut total = 0;
    let mut own = Vec::new();
    for request in 0..u32::try_from(instance.requests()).unwrap() {
        for (slot, cell) in instance.open_to(request) {
            own.clear();
            instance.fill(request, slot, cell.range(), &mut own);
            total += own.len() as u64;
            for (unit, fit) in cell.range().zip(&own) {
                units.write_all(&unit.to_le_bytes())?;
                fits.write_all(&fit.to_le_bytes())?;
            }
        }
        starts.push(total);
    }
    units.flush()?;
    fits.flush()?;
    array(folder, "starts", starts.into_iter().map(u64::to_le_bytes))
}

fn array<const N: usize>(folder: &Path, name: &str, of: impl Iterator<Item = [u8; N]>) -> Result<()> {
    let mut file = BufWriter::new(File::create(folder.join(name))?);
    for bytes in of {
        file.write_all(&bytes)?;
    }
    file.flush()
}
