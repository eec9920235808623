//! Requests that come in drawn years, as `logis position` and `logis defer` ask for them.

use anyhow::{Result, bail};
use logis::diagnostic::nearest;
use logis::pack::schema::{FieldId, FieldKind};
use logis::value::{Date, french_day};
use logis::{Newcomers, Posing};

use crate::text::count;

/// What comes in each year.
#[derive(clap::Args)]
pub struct NewcomersArgs {
    /// Demandes nouvelles dans chaque année: des copies de demandes du jeu de données, tirées au sort, déposées le jour de la
    /// décision; sans elles, personne n'arrive
    #[arg(long, value_name = "N", default_value_t = 0, allow_negative_numbers = true, value_parser = newcomers)]
    pub newcomers: u32,
    /// Champ de la demande qui dit quel jour elle est déposée, pour `--newcomers`
    #[arg(long, value_name = "CHAMP")]
    request_date: Option<String>,
}

/// The most requests that come in a year.
const MOST: u32 = 1_000_000;

fn newcomers(text: &str) -> Result<u32, String> {
    let number = text.parse().ok().filter(|n| *n <= MOST);
    number.ok_or_else(|| format!("attendu: un entier de 0 à {MOST}"))
}

impl NewcomersArgs {
    /// The requests that come in each year, if some are asked for.
    pub fn of(&self, loaded: &Posing) -> Result<Option<Newcomers>> {
        let schema = &loaded.plan.pairs.parsed.schema;
        let fields = schema.entities.get(loaded.instance.requests.entity).map_or(&[][..], |own| &own.fields);
        let dated = |id: &FieldId| schema.fields.get(*id).filter(|field| field.kind == FieldKind::Date);
        let dates: Vec<(FieldId, &str)> =
            fields.iter().filter_map(|id| Some((*id, dated(id)?.name.as_str()))).collect();
        let Some(name) = &self.request_date else {
            if self.newcomers > 0 {
                let names: Vec<&str> = dates.iter().map(|(_, name)| *name).collect();
                let names = match names.is_empty() {
                    true => "la demande n'a pas de champ de dates".to_string(),
                    false => format!("attendu: {}", names.join(", ")),
                };
                bail!("--newcomers: il y faut --request-date, le champ qui dit le jour du dépôt; {names}");
            }
            return Ok(None);
        };
        let Some((field, _)) = dates.iter().find(|(_, own)| *own == name.trim()) else {
            let near = nearest(name, dates.iter().map(|(_, own)| *own));
            let hint = near.map_or_else(String::new, |near| format!("; vouliez-vous dire `{near}` ?"));
            bail!("--request-date {name}: la demande n'a pas de champ de dates de ce nom{hint}");
        };
        if self.newcomers == 0 {
            return Ok(None);
        }
        let _busy = crate::text::busy("demandes nouvelles");
        Ok(Some(Newcomers::new(loaded, self.newcomers, *field)?))
    }

    /// What is supposed of them; `come` says when they do.
    pub fn said(&self, date: Date, come: &str) -> String {
        match (self.newcomers, &self.request_date) {
            (newcomers, Some(field)) if newcomers > 0 => format!(
                "{} demandes nouvelles{come} : des copies de demandes du jeu de données, tirées au sort, dont `{field}` est le {} ; aucune retirée, des points qui ne changent pas",
                count(newcomers as usize),
                french_day(date)
            ),
            _ => "aucune demande nouvelle (--newcomers), aucune retirée, des points qui ne changent pas : qui arrive avec plus de points allonge l'attente".to_string(),
        }
    }
}
