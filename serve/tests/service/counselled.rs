//! The counsellor's view: a request of a package or a household that is described, against units. Which may be proposed
//! is what the library finds among all pairs; the rest is what the law says of a size and of a rent.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use logis::data::InputFile;

use crate::allocated::{posed, tables};
use crate::client::{Answer, ask, get, refused, service};
use crate::page::{encoded, unescaped};

const DATE: &str = "2017-06-30";

/// Three units of Dijon: a room, three rooms, and five.
const UNITS: &str = "logement_id,commune,financement,typologie,surface,loyer,charges\n\
A1,21231,PLUS,T1,25,200,20\nA3,21231,PLUS,T3,60,300,40\nA5,21231,PLUS,T5,95,500,80\n";

fn demo() -> Vec<InputFile> {
    let files = logis_scenarios::folder("grand-dijon-2015").into_iter();
    files.map(|(name, bytes)| InputFile { name, bytes }).collect()
}

fn face(to: SocketAddr, fields: &[(&str, &str)]) -> Answer {
    let fields: Vec<(String, String)> =
        fields.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
    let form = ("Content-Type", "application/x-www-form-urlencoded");
    let answer = ask(to, "POST", "/conseiller", &[form], encoded(&fields).as_bytes());
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert!(answer.header("set-cookie").is_none());
    answer
}

/// The units of a part of the page, in their order.
fn units(page: &str, heading: &str) -> Vec<String> {
    let part = page.split(&format!("<h3>{heading} : ")).nth(1).unwrap_or_default();
    let part = part.split("<h3>").next().unwrap();
    let ids = part.split("<p><strong>").skip(1);
    ids.map(|id| id.split("</strong>").next().unwrap().to_string()).collect()
}

const FOR: &str = "Logements à proposer";
const OPEN: &str = "Logements en attente d&#x27;une donnée";
const AGAINST: &str = "Logements refusés";

fn headings(page: &str) -> [Vec<String>; 3] {
    [FOR, &unescaped(OPEN), AGAINST].map(|heading| units(page, heading))
}

/// What is open is left open; all other units are proposed or refused, as the search over all pairs has them.
#[test]
fn the_units_of_a_request_are_its_candidacies() {
    let running = service(|options| options.data = Some(demo()));
    let posing = posed(&tables(8, 350));
    let candidates = &posing.instance.candidates;
    let entity = |name: &str| posing.plan.pairs.parsed.schema.entity(name).unwrap();
    let id = |name: &str, row: usize| posing.dataset.tables[entity(name)].ids.text(row).unwrap().to_string();
    let pairs: Vec<(u32, u32)> = posing.instance.places(None).into_iter().map(|(_, pair)| pair).collect();
    for request in 0..8 {
        let number = id("demande", request);
        let answer = face(
            running.address(),
            &[("action", "voir"), ("date", DATE), ("demande", &number), ("unites", "")],
        );
        assert_eq!(answer.status, 200, "{}", answer.text());
        let [proposed, open, refused] = headings(&unescaped(&answer.text()));
        let expected: BTreeSet<String> = pairs
            .iter()
            .filter(|pair| pair.0 as usize == request)
            .map(|pair| id("logement", pair.1 as usize))
            .collect();
        assert_eq!(proposed.iter().cloned().collect::<BTreeSet<_>>(), expected, "{number}");
        assert_eq!(open.len(), candidates.open[request] as usize, "{number}");
        assert_eq!(proposed.len() + open.len() + refused.len(), 350);
    }
    // A number that is none, with the nearest.
    let none = face(running.address(), &[("action", "voir"), ("demande", "D00001")]);
    assert_eq!(none.status, 422);
    assert!(
        unescaped(&none.text()).contains("« D00001 » n'est le numéro d'aucune demande"),
        "{}",
        none.text()
    );
}

/// A person alone is told apart from a family by the rooms; what is missing is asked for, and then decides.
#[test]
fn a_household_that_is_described_faces_units_that_are_given() {
    let running = service(|_| {});
    let to = running.address();
    let empty = get(to, "/conseiller?date=2017-06-30");
    assert_eq!(empty.status, 200);
    assert!(unescaped(&empty.text()).contains("logement_id, commune"), "{}", empty.text());
    // Nobody but where they live and what they earn is asked: five rooms are too many for one.
    let first = face(to, &[("action", "voir"), ("date", DATE), ("n", "1"), ("unites", UNITS)]);
    let page = unescaped(&first.text());
    let [proposed, open, refused] = headings(&page);
    assert_eq!((proposed.len(), refused), (0, vec!["A3".to_string(), "A5".to_string()]), "{page}");
    assert_eq!(open, ["A1"]);
    assert!(page.contains("il n'est pas vrai que : La taille du logement convient au ménage"), "{page}");
    assert!(page.contains("name=\"r.demande.rfr_n2\"") && page.contains("Le ménage"), "{page}");
    let known = [
        ("action", "voir"),
        ("date", DATE),
        ("n", "1"),
        ("unites", UNITS),
        ("r.demande.commune", "Dijon"),
        ("r.demande.rfr_n2", "15 000"),
        ("r.demande.rfr_n1", "15000"),
        ("r.demande.revenus_12_mois", "15000"),
        ("r.demande.aide_au_logement_menage", "0"),
        ("r.personne.0.date_naissance", "1980-02-01"),
    ];
    let page = unescaped(&face(to, &known).text());
    assert_eq!(headings(&page)[0], ["A1"], "{page}");
    assert!(page.contains("value=\"15 000\""), "what was written stays: {page}");
    // A rent that takes more than a third of 300 a month is refused, and why opens the law.
    let mut poor = known;
    for field in &mut poor {
        match field.0 {
            name if name.starts_with("r.demande.r") => field.1 = "3600",
            "action" => field.1 = "pourquoi:A1",
            _ => {}
        }
    }
    let page = unescaped(&face(to, &poor).text());
    assert_eq!(headings(&page)[0], Vec::<String>::new(), "{page}");
    let why = page.split("id=\"pourquoi\"").nth(1).unwrap().split("</section>").next().unwrap();
    assert!(
        why.contains("Logement A1 : Non") && why.contains("href=\"https://www.legifrance.gouv.fr/"),
        "{why}"
    );
    // The way from the page of the household.
    let step = get(to, "/foyer?but=eligible_plus&date=2017-06-30");
    assert!(step.text().contains("formaction=\"/conseiller#reponse\""), "{}", step.text());
}

#[test]
fn what_is_wrong_is_said_and_what_was_written_stays() {
    let running = service(|_| {});
    let to = running.address();
    for (fields, words) in [
        (vec![("n", "1")], "Donnez les logements"),
        (vec![("n", "99"), ("unites", UNITS)], "attendu: un nombre de 1 à 12"),
        (vec![("n", "1"), ("unites", "logement_id,typologie\nA1,T9\n")], "T9"),
        (vec![("n", "1"), ("unites", UNITS), ("r.demande.rfr_n2", "beaucoup")], "beaucoup"),
        (vec![("n", "1"), ("unites", "n'importe quoi")], "logements.csv"),
    ] {
        let mut whole = vec![("action", "voir"), ("date", DATE)];
        whole.extend(&fields);
        let answer = face(to, &whole);
        let page = unescaped(&answer.text());
        assert_eq!(answer.status, 422, "{page}");
        assert!(page.contains("role=\"alert\"") && page.contains(words), "{words}: {page}");
        for (_, written) in fields {
            assert!(page.contains(written.trim_end()), "{written}: {page}");
        }
    }
    let scripted = face(
        to,
        &[("action", "voir"), ("n", "<script>alert(1)</script>"), ("unites", "</textarea><script>")],
    );
    assert!(!scripted.text().contains("<script>alert") && !scripted.text().contains("</textarea><script>"));
    let day = ask(to, "GET", "/conseiller?date=hier", &[], b"");
    assert_eq!((day.status, day.header("content-type")), (400, Some("text/html; charset=utf-8")));
}

/// Where there is a token, the view asks for it as a browser can give it: a package may hold data of others.
#[test]
fn a_token_is_asked_of_a_counsellor() {
    let running = service(|options| options.token = Some("sesame".to_string()));
    let to = running.address();
    let refused = get(to, "/conseiller");
    assert_eq!(refused.status, 401);
    assert!(refused.header("www-authenticate").unwrap().starts_with("Basic "));
    let shown = |shown: &str| ask(to, "GET", "/conseiller", &[("Authorization", shown)], b"").status;
    // « conseil:sesame », « conseil:autre », and what is no Base64.
    assert_eq!(shown("Basic Y29uc2VpbDpzZXNhbWU="), 200);
    assert_eq!(shown("Basic Y29uc2VpbDphdXRyZQ=="), 401);
    assert_eq!(shown("Basic sesame"), 401);
    assert_eq!(shown("Bearer sesame"), 200);
    // Programs show it as a bearer alone, and the page of a household does not lead here.
    let program = ask(to, "GET", "/v1/regles", &[("Authorization", "Basic Y29uc2VpbDpzZXNhbWU=")], b"");
    assert_eq!((program.status, program.header("www-authenticate")), (401, Some("Bearer")));
    assert!(!get(to, "/foyer?but=eligible_plus").text().contains("/conseiller"));
}

/// A package with errors is not half of one.
#[test]
fn a_package_with_errors_is_refused_at_the_start() {
    let file = InputFile { name: "logements.csv".into(), bytes: b"logement_id,typologie\nA1,T9\n".to_vec() };
    let refused = refused(|options| options.data = Some(vec![file]));
    assert!(refused.contains("logements.csv") && refused.contains("T9"), "{refused}");
}
