//! `logis demo`.
use anyhow::{Result, bail};

use crate::End;

pub fn run() -> Result<End> {
    bail!("pas encore")
}
