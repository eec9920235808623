//! `logis match --frontier`: what a quota costs, shortfall by shortfall, as rows and as bars.

use anyhow::{Result, bail};
use logis::attribution::Asks;
use logis::data::{Output, OutputColumn};
use logis::diagnostic::nearest;
use logis::value::{Type, Value};
use logis::{FrontierPoint, Posing};

use super::pairs;
use crate::args::OutputArgs;
use crate::presented::Presented;
use crate::text::count;
use crate::{End, output};

/// How many answers are found at most: each is a problem solved anew.
const MOST: usize = 12;

/// The width of the longest bar, in characters.
const WIDTH: u64 = 40;

/// Finds the answers and writes a row for each.
pub fn write(posing: &Posing, name: &str, args: &OutputArgs) -> Result<End> {
    let quotas = || posing.plan.quotas.iter().enumerate().filter(|(_, quota)| quota.asks != Asks::First);
    let Some((at, _)) = quotas().find(|(_, quota)| quota.quota.name == name) else {
        let names = quotas().map(|(_, quota)| quota.quota.name.as_str());
        let hint =
            nearest(name, names).map_or_else(String::new, |near| format!("; vouliez-vous dire `{near}` ?"));
        bail!("--frontier {name}: le paquet de règles n'a pas ce quota en vigueur à cette date{hint}");
    };
    let points = {
        let _busy = crate::text::busy("appariement");
        posing.frontier(at, MOST)?
    };
    let about =
        pairs::about(posing, &format!("Ce que coûte le quota {name}, membre après membre qui manque"));
    output::write(&Presented::of(rows(&points), &[&posing.plan.pairs]).with_about(about), args)?;
    pairs::say(posing);
    eprintln!(
        "points de priorité selon les membres qui peuvent manquer à {name}, qui passe avant le nombre d'attributions:"
    );
    let highest = points.iter().map(|point| point.priority).max().unwrap_or(0).max(1);
    for point in &points {
        let width = usize::try_from(point.priority * WIDTH / highest).unwrap_or(0);
        eprintln!(
            "   {:>5} {} {}",
            point.allowed,
            "█".repeat(width),
            count(usize::try_from(point.priority).unwrap_or(usize::MAX))
        );
    }
    if points.iter().any(|point| !point.proved) {
        eprintln!("les lignes non prouvées sont ce que la recherche a trouvé, et peuvent être dépassées");
    }
    Ok(End::Fine)
}

fn rows(points: &[FrontierPoint]) -> Output {
    let number = |name: &str, of: &dyn Fn(&FrontierPoint) -> u64| OutputColumn {
        name: name.to_string(),
        kind: Type::Number,
        cells: points.iter().map(|p| Some(Value::int(i64::try_from(of(p)).unwrap_or(i64::MAX)))).collect(),
    };
    let columns = vec![
        number("manque_admis", &|point| point.allowed),
        number("manque", &|point| point.lacking),
        number("attributions", &|point| point.attributions),
        number("priorite", &|point| point.priority),
        number("adequation", &|point| point.fit),
        OutputColumn {
            name: "prouve".to_string(),
            kind: Type::Bool,
            cells: points.iter().map(|point| Some(Value::Bool(point.proved))).collect(),
        },
    ];
    Output { name: "frontiere".to_string(), columns }
}
