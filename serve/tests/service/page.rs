//! The page as a browser without scripts walks it: forms are read from what is sent, filled and sent again.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use crate::client::{Answer, ask, get, service};

/// The value of an attribute of a tag.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let from = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    let value = &tag[from..from + tag[from..].find('"')?];
    Some(unescaped(value))
}

pub fn unescaped(text: &str) -> String {
    let pairs =
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#x27;", "'"), ("&#x2f;", "/"), ("&amp;", "&")];
    pairs.iter().fold(text.to_string(), |text, (from, to)| text.replace(from, to))
}

/// The tags of a name, as they are written.
fn tags<'t>(html: &'t str, name: &str) -> Vec<&'t str> {
    let open = format!("<{name} ");
    let tags = html.match_indices(&open);
    tags.map(|(at, _)| &html[at..at + html[at..].find('>').unwrap()]).collect()
}

pub fn encoded(fields: &[(String, String)]) -> String {
    let escaped = |text: &str| -> String {
        let one = |byte: u8| match byte.is_ascii_alphanumeric() {
            true => char::from(byte).to_string(),
            false => format!("%{byte:02X}"),
        };
        text.bytes().map(one).collect()
    };
    let pairs = fields.iter().map(|(name, value)| format!("{}={}", escaped(name), escaped(value)));
    pairs.collect::<Vec<_>>().join("&")
}

/// A step of the page, as a browser has it.
#[derive(Clone)]
pub struct Step {
    pub html: String,
    pub status: u16,
}

impl Step {
    fn of(answer: &Answer) -> Step {
        assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"));
        assert!(answer.header("set-cookie").is_none());
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        Step { html: answer.text(), status: answer.status }
    }

    pub fn begin(to: SocketAddr, goal: &str, date: &str) -> Step {
        Step::of(&get(to, &format!("/foyer?but={goal}&date={date}")))
    }

    /// The fields that are sent whatever is answered.
    fn fields(&self) -> Vec<(String, String)> {
        let sent = tags(&self.html, "input").into_iter().filter(|tag| {
            ["hidden", "date"].contains(&attribute(tag, "type").unwrap().as_str())
                && attribute(tag, "name").unwrap() != "v"
        });
        sent.map(|tag| (attribute(tag, "name").unwrap(), attribute(tag, "value").unwrap())).collect()
    }

    /// The cell that is asked.
    pub fn question(&self) -> Option<String> {
        self.fields().into_iter().find(|(name, _)| name == "q").map(|(_, path)| path)
    }

    /// The values of a closed list.
    fn choices(&self) -> Vec<String> {
        let own = tags(&self.html, "input")
            .into_iter()
            .filter(|tag| attribute(tag, "type").as_deref() == Some("radio"));
        own.map(|tag| attribute(tag, "value").unwrap()).collect()
    }

    /// Sends the form with an answer and a button.
    pub fn send(&self, to: SocketAddr, value: Option<&str>, action: &str) -> Step {
        let mut fields = self.fields();
        fields.extend(value.map(|value| ("v".to_string(), value.to_string())));
        fields.push(("action".to_string(), action.to_string()));
        let form = ("Content-Type", "application/x-www-form-urlencoded");
        Step::of(&ask(to, "POST", "/foyer", &[form], encoded(&fields).as_bytes()))
    }

    /// What is decided, by the words of its heading.
    fn outcomes(&self) -> Vec<String> {
        let parts = self.html.split("<article class=\"outcome ").skip(1);
        parts
            .map(|part| {
                part.split("</h3>").next().unwrap().split("<strong>").nth(1).unwrap().replace("</strong>", "")
            })
            .collect()
    }
}

/// Answers until nothing is asked; what was asked, in its order, and the last step.
fn walk(to: SocketAddr, goal: &str, date: &str, known: &BTreeMap<&str, &str>) -> (Vec<String>, Step) {
    let mut step = Step::begin(to, goal, date);
    let mut asked = Vec::new();
    while let Some(question) = step.question() {
        assert!(!asked.contains(&question), "{question} twice: {asked:?}");
        assert!(asked.len() < 40, "{asked:?}");
        let choices = step.choices();
        // A boolean that is not told is false.
        let usual = if choices == ["true", "false"] { Some("false") } else { None };
        let value = known.get(question.as_str()).copied().or(usual);
        let value = value.unwrap_or_else(|| panic!("{goal}: {question} of {choices:?} after {asked:?}"));
        step = step.send(to, Some(value), "suite");
        assert_eq!(step.status, 200, "{question} = {value}: {}", step.html);
        asked.push(question);
    }
    (asked, step)
}

/// A young employee alone.
fn single() -> BTreeMap<&'static str, &'static str> {
    BTreeMap::from([
        ("n", "1"),
        ("demande.commune", "Dijon"),
        ("demande.rfr_n2", "18 500"),
        ("demande.rfr_n1", "19000,50"),
        ("demande.revenus_12_mois", "19500"),
        ("demande.date_demande", "2025-06-01"),
        ("demande.situation_logement", "locataire"),
        ("demande.surface_actuelle", "30"),
        ("demande.loyer_actuel", "500"),
        ("personne.0.date_naissance", "1998-05-17"),
        ("personne.0.type_contrat", "cdi"),
        ("personne.0.date_embauche", "2025-03-01"),
        ("personne.0.salaire_net_mensuel", "1500"),
        ("personne.0.salaire_mensuel", "1900"),
        ("personne.0.date_mutation", "2025-03-01"),
        ("personne.0.date_entree_logement", "2025-07-15"),
        ("personne.0.duree_bail", "36"),
        ("personne.0.depot_garantie", "500"),
        ("personne.0.ressources_mensuelles", "1500"),
        ("employeur.0.secteur", "prive_non_agricole"),
        ("employeur.0.effectif", "120"),
    ])
}

/// A single person needs eight answers at most for a ceiling and for Visale, and is told what the library decides.
#[test]
fn a_single_person_is_decided_in_eight_questions_at_most() {
    let running = service(|_| {});
    let to = running.address();
    for (goal, expected) in [
        ("eligible_plus", "Oui"),
        ("eligible_plai", "Non"),
        ("eligible_pls", "Oui"),
        ("eligible_visale", "Oui"),
        ("eligible_avance_loca_pass", "Oui"),
        ("public_ani", "Oui"),
    ] {
        let (asked, last) = walk(to, goal, "2025-06-30", &single());
        eprintln!("{goal}: {asked:?} {:?}", last.outcomes());
        assert!(asked.len() <= 8, "{goal}: {asked:?}");
        assert_eq!(last.outcomes(), [expected], "{goal}");
    }
}

/// Two persons are asked for each; what one does not know is left aside, and taken back when it is known.
#[test]
fn answers_are_left_aside_changed_and_taken_back() {
    let running = service(|_| {});
    let to = running.address();
    let step = Step::begin(to, "eligible_plai", "2025-06-30");
    assert_eq!(step.question().as_deref(), Some("n"));
    // No answer, and one that is none, are asked again with what was written.
    let again = step.send(to, Some(""), "suite");
    assert_eq!((again.status, again.question().as_deref()), (422, Some("n")));
    let again = step.send(to, Some("beaucoup"), "suite");
    assert!(
        again.html.contains("role=\"alert\"") && again.html.contains("value=\"beaucoup\""),
        "{}",
        again.html
    );
    let mut step = again.send(to, Some("2"), "suite");
    assert_eq!(step.question().as_deref(), Some("personne.1.lien"));
    step = step.send(to, Some("conjoint"), "suite");
    // Nothing more is known but where: nothing is asked twice, and what lacks is said.
    let mut asked = Vec::new();
    while let Some(question) = step.question() {
        assert!(!asked.contains(&question) && asked.len() < 40, "{asked:?}");
        if question == "demande.commune" {
            let wrong = step.send(to, Some("Dijjon"), "suite");
            assert_eq!((wrong.status, wrong.question()), (422, Some(question.clone())));
            step = wrong.send(to, Some("21231"), "suite");
        } else {
            step = step.send(to, None, "ignorer");
        }
        assert_eq!(step.status, 200);
        asked.push(question);
    }
    assert!(asked.contains(&"demande.commune".to_string()), "{asked:?}");
    assert!(asked.iter().any(|path| path.starts_with("personne.1.")), "{asked:?}");
    assert!(step.html.contains("On ne peut pas répondre"), "{}", step.html);
    assert!(step.html.contains("Je ne sais pas"));
    // One of them is known after all, and decides.
    step = step.send(to, None, "changer:demande.rfr_n2");
    assert_eq!(step.question().as_deref(), Some("demande.rfr_n2"));
    step = step.send(to, Some("100"), "suite");
    step = step.send(to, None, "changer:n");
    assert_eq!(step.question().as_deref(), Some("n"));
    step = step.send(to, Some("1"), "suite");
    assert!(!step.html.contains("r.personne.1."), "{}", step.html);
}

/// The same answers on another day: the law of that day decides.
#[test]
fn another_date_is_decided_by_its_law() {
    let running = service(|_| {});
    let to = running.address();
    let last = Step::begin(to, "eligible_mon_job_mon_logement", "2022-03-01");
    assert!(last.question().is_some() && last.outcomes().is_empty());
    let before =
        last.html.replace("name=\"date\" value=\"2022-03-01\"", "name=\"date\" value=\"2015-03-01\"");
    assert_ne!(before, last.html);
    let step = Step { html: before, status: 200 }.send(to, None, "dater");
    assert!(step.html.contains("n&#x27;est pas encore en vigueur"), "{}", step.html);
    let wrong = get(to, "/foyer?but=eligible_plus&date=hier");
    assert_eq!((wrong.status, wrong.header("content-type")), (400, Some("text/html; charset=utf-8")));
    assert_eq!(get(to, "/foyer?but=nulle_part").status, 404);
}

/// A refusal says why, what would turn it, and where the law is to be read; what is written is shown as it was written.
#[test]
fn a_refusal_says_why_and_what_would_turn_it() {
    let running = service(|_| {});
    let to = running.address();
    let (_, last) = walk(to, "eligible_plai", "2025-06-30", &single());
    for words in [
        "Ce qui changerait la réponse",
        "Les textes",
        "href=\"https://www.legifrance.gouv.fr/",
        "Le raisonnement",
    ] {
        assert!(unescaped(&last.html).contains(words), "{words}: {}", last.html);
    }
    let step = Step::begin(to, "eligible_plus", "2025-06-30").send(to, Some("1"), "suite");
    let step = step.send(to, Some("<script>alert(1)</script>\"'"), "suite");
    assert!(!step.html.contains("<script>alert") && step.html.contains("&lt;script&gt;"), "{}", step.html);
}

/// Groups are decided together, each as soon as it can be.
#[test]
fn groups_are_decided_together() {
    let running = service(|_| {});
    let to = running.address();
    let (asked, last) = walk(to, "resultats", "2025-06-30", &single());
    assert!(asked.len() <= 8, "{asked:?}");
    assert_eq!(last.outcomes().len(), logis::Pack::national().results().len());
    // The law is one click away, whatever is folded.
    let bare: String =
        last.html.split("<details").map(|part| part.split("</details>").last().unwrap()).collect();
    assert!(unescaped(&bare).contains("Texte : <a href=\"https://"), "{bare}");
    assert!(get(to, "/").text().contains("value=\"eligible_visale\""));
}
