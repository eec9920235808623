//! `logis graph`: the rule graph as a drawing.

use std::path::PathBuf;

use anyhow::{Result, bail};
use logis::diagnostic::{Diagnostics, nearest};
use logis::graph::RuleGraph;
use logis::value::Date;

use crate::args::{RulesArgs, date};
use crate::{End, input, output};

/// `logis graph`
#[derive(clap::Args)]
pub struct GraphArgs {
    #[command(flatten)]
    rules: RulesArgs,
    /// Règles dont on veut ce qu'il leur faut (sinon tout le paquet)
    #[arg(long, value_name = "RÈGLE,RÈGLE", value_delimiter = ',')]
    select: Vec<String>,
    /// Montre plutôt ce qui dépend de ces règles
    #[arg(long, requires = "select")]
    needed_by: bool,
    /// Date du texte des règles
    #[arg(long, value_name = "DATE", value_parser = date)]
    as_of: Option<Date>,
    /// Forme du dessin (sinon d'après le nom du fichier, sinon mermaid)
    #[arg(long, value_enum)]
    format: Option<GraphFormat>,
    /// Fichier à écrire (sinon la sortie standard)
    #[arg(long, short, value_name = "FICHIER")]
    output: Option<PathBuf>,
}

/// Forms of a graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum GraphFormat {
    /// Graphviz
    Dot,
    /// Mermaid, que les pages Markdown dessinent
    Mermaid,
}

/// The form that was asked, by name or by the ending of the file.
pub fn form(args: &GraphArgs) -> Result<GraphFormat> {
    let forms = [
        ("mmd", GraphFormat::Mermaid),
        ("md", GraphFormat::Mermaid),
        ("dot", GraphFormat::Dot),
        ("gv", GraphFormat::Dot),
    ];
    output::form(args.format, args.output.as_deref(), &forms, GraphFormat::Mermaid)
}

/// Draws the whole pack, or what some rules need, or what needs them.
pub fn run(args: &GraphArgs) -> Result<End> {
    let pack = input::pack(&args.rules)?;
    let parsed = pack.parsed();
    let date = args.as_of.unwrap_or(logis::value::Date::constant(9999, 12, 31));
    let graph = RuleGraph::wire(parsed, date, None, &mut Diagnostics::default());
    let mut rules = Vec::new();
    for name in &args.select {
        match parsed.rule(name) {
            Some(rule) => rules.push(rule),
            None => {
                let near = nearest(name, parsed.rules.iter().map(|r| r.name.as_str()));
                let hint = near.map_or_else(String::new, |n| format!("; vouliez-vous dire `{n}` ?"));
                bail!("il n'y a pas de règle `{name}`{hint}");
            }
        }
    }
    let shown = match (args.select.is_empty(), args.needed_by) {
        (true, _) => graph.order.clone(),
        (_, false) => graph.closure(&rules),
        (_, true) => graph.dependents(&rules),
    };
    let drawing = match form(args)? {
        GraphFormat::Dot => graph.to_dot(&shown),
        GraphFormat::Mermaid => graph.to_mermaid(&shown),
    };
    output::bytes_to(drawing.as_bytes(), args.output.as_deref(), false)?;
    Ok(End::Fine)
}
