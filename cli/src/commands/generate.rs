//! `logis generate`: a synthetic population.
use anyhow::{Result, bail};

use crate::{End, GenerateArgs};

pub fn run(_: &GenerateArgs) -> Result<End> {
    bail!("pas encore")
}
