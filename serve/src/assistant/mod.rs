//! Tools for assistants (Model Context Protocol, over the standard input and output): they read, decide and explain by
//! the rules, and write nothing. What is asked is neither logged nor kept.

mod missing;
mod session;
mod tools;

use std::io::{self, BufReader};
use std::panic::{AssertUnwindSafe, catch_unwind};

use logis::Pack;
use logis::diagnostic::{foreign, nearest};
use serde_json::{Value as Json, json};

use crate::deciders::Deciders;
use crate::problem::Problem;
use session::{Failure, Offered};
use tools::Tool;

/// What an assistant is told before it uses the tools.
const INSTRUCTIONS: &str = "\
Logis applique les règles écrites du logement social et des aides d'Action Logement, telles que les textes les donnent \
à une date. Vous pouvez expliquer ce que ces outils répondent ; vous ne décidez pas.
- Un résultat est celui de l'outil `decider`, tel quel. N'en calculez, n'en supposez et n'en arrondissez aucun \
vous-même, et ne le contredisez pas ; un chiffre de la loi vient de `parametre`, un texte de `regle` ou d'`expliquer`.
- « unknown » ne veut dire ni oui ni non : dites ce qui manque (outil `questions`) et demandez-le. N'inventez aucune \
donnée ; ce que la personne ne sait pas reste absent.
- Dites la date de la décision, les textes cités, et les réserves (`reserves`) sous lesquelles un droit est donné.
- Ce que disent ces outils est un calcul, et non une décision : l'organisme ou la commission d'attribution décide, et \
les textes font foi. Dites-le à la personne.
- N'envoyez que ce que les outils demandent : aucun ne lit de nom, d'adresse ni de numéro d'allocataire. Rien de ce qui \
est envoyé n'est gardé ni journalisé, et aucun fichier n'est écrit.";

/// Why the tools are no longer offered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AssistantError {
    /// The standard input cannot be read.
    #[error("l'entrée standard ne se lit pas: {}", foreign::io(.0))]
    Input(io::Error),
}

/// Offers the tools on the standard input and output, until the input ends or nobody reads the output any more.
/// `version` is what the pack calls its version, if it has one.
///
/// # Errors
/// [`AssistantError`], which says what is to be done.
pub fn assist(pack: Pack, version: Option<String>) -> Result<(), AssistantError> {
    let assistant = Assistant { pack, version, deciders: Deciders::default() };
    let (input, output) = (io::stdin().lock(), io::stdout().lock());
    session::hold(BufReader::new(input), output, &assistant).map_err(AssistantError::Input)
}

/// The tools of a pack.
struct Assistant {
    pack: Pack,
    version: Option<String>,
    deciders: Deciders,
}

impl Offered for Assistant {
    fn named(&self) -> Json {
        let title = &self.pack.parsed().manifest.title;
        let title = if title.is_empty() { "Logis".to_string() } else { format!("Logis : {title}") };
        json!({ "name": "logis", "title": title, "version": env!("CARGO_PKG_VERSION") })
    }

    fn instructions(&self) -> String {
        let name = &self.pack.parsed().manifest.name;
        let version =
            self.version.as_deref().map_or_else(String::new, |version| format!(", version {version}"));
        format!("{INSTRUCTIONS}\n\nRègles : paquet « {name} »{version}.")
    }

    fn tools(&self) -> Json {
        Tool::ALL.iter().map(|tool| tool.offered(&self.pack)).collect()
    }

    fn call(&self, name: &str, arguments: Json) -> Result<Result<Json, Json>, Failure> {
        let Some(tool) = Tool::named(name) else {
            let hint = nearest(name, Tool::ALL.map(Tool::name));
            let hint = hint.map_or_else(String::new, |near| format!(" ; vouliez-vous dire `{near}` ?"));
            return Err(Failure::params(format!("« {name} » n'est le nom d'aucun outil{hint}")));
        };
        // A computation that panics fails alone: nothing that it may have left by halves is shared.
        let answer = catch_unwind(AssertUnwindSafe(|| tool.answer(self, arguments)));
        Ok(answer.unwrap_or_else(|_| Err(Problem::failed())).map_err(|problem| problem.document()))
    }
}
