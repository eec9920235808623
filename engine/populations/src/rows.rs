//! The rows of a part, from its households.

use crate::columns::{Fields, Kind, Rows, day, named};
use crate::deck::Draw;
use crate::fitted::{PART, Part, Population, Stream};
use crate::households::{Household, Link, Person};
use logis_language::value::add_months;

/// Kinds of the columns of requests, in the order of [`crate::names::RequestColumns`].
const REQUESTS: [Kind; 9] = [
    Kind::Text,
    Kind::Day,
    Kind::Text,
    Kind::Whole,
    Kind::Whole,
    Kind::Whole,
    Kind::Text,
    Kind::Text,
    Kind::Whole,
];
/// Kinds of the columns of persons, in the order of their names.
const PERSONS: [Kind; 17] = [
    Kind::Text,
    Kind::Text,
    Kind::Text,
    Kind::Day,
    Kind::Bool,
    Kind::Bool,
    Kind::Text,
    Kind::Text,
    Kind::Whole,
    Kind::Whole,
    Kind::Text,
    Kind::Bool,
    Kind::Day,
    Kind::Bool,
    Kind::Day,
    Kind::Bool,
    Kind::Bool,
];
/// Kinds of the columns of projects, in the order of their names.
const PROJECTS: [Kind; 2] = [Kind::Text, Kind::Text];

/// Contracts of those who learn are drawn below this age only, in years (a hypothesis of the generator).
const STUDY_BEFORE: i64 = 30;

/// The tables of a part.
pub(crate) fn part(
    population: &Population<'_>,
    part: u64,
    households: &[Household],
) -> Result<Part, arrow_schema::ArrowError> {
    let fields = &population.fields;
    let columns = |names: Vec<&str>, kinds: &[Kind], drawn: &Fields| -> Vec<(String, Kind)> {
        named(names, kinds).into_iter().chain(drawn.columns()).collect()
    };
    let names = &population.model.colonnes;
    let count = households.len();
    let mut requests = Rows::new(&columns(names.demandes.all(), &REQUESTS, &fields.requests), count);
    let mut persons = Rows::new(&columns(names.personnes.all(), &PERSONS, &fields.persons), 5 * count / 2);
    let mut projects = Rows::new(&columns(names.projets.all(), &PROJECTS, &fields.projects), count / 8);
    let mut draws = [Stream::Requests, Stream::Persons, Stream::Projects].map(|s| population.stream(s, part));
    let [of_requests, of_persons, of_projects] = &mut draws;
    let work = Work::new(population);
    let digits = population.requests().to_string().len();
    for (number, household) in (part * PART..).zip(households) {
        let id = format!("D{:0digits$}", number + 1);
        request(population, number, &id, household, &mut requests, of_requests);
        let both = household.persons.iter().any(|p| p.link == Link::Partner)
            && of_persons.percent(population.model.menages.deux_salaires_pour_cent);
        for (rank, person) in (1..).zip(&household.persons) {
            let own = format!("P{:0digits$}{rank}", number + 1);
            persons.text(Some(&own));
            persons.text(Some(&id));
            work.person(household, person, both, &mut persons, of_persons);
            fields.persons.add(person.link == Link::Child, &mut persons, of_persons);
        }
        if of_projects.percent(population.model.projets.pour_cent) {
            projects.text(Some(&format!("PR{:0digits$}", number + 1)));
            projects.text(Some(&format!("P{:0digits$}1", number + 1)));
            fields.projects.add(false, &mut projects, of_projects);
        }
    }
    Ok(Part { requests: requests.finish()?, persons: persons.finish()?, projects: projects.finish()? })
}

fn request(
    population: &Population<'_>,
    number: u64,
    id: &str,
    household: &Household,
    rows: &mut Rows,
    draw: &mut Draw,
) {
    let places = &population.places;
    let place = places.all.get(household.place);
    let commune = place.map(|p| p.code.as_str());
    rows.text(Some(id));
    rows.day(Some(household.asked));
    rows.text(commune);
    rows.number(Some(household.income_n2));
    rows.number(household.income_n1);
    rows.number(household.last_12);
    // Its own commune first, then others of its basin; none at all, if any commune will do.
    let wanted = population.wishes.at(number).0.min(places.neighbours(household.place));
    let mut wished: Vec<usize> = (wanted > 0).then_some(household.place).into_iter().collect();
    // Rejection sampling with a limit: where one commune holds nearly all people of the basin, another may never
    // come up.
    for _ in 0..100 {
        if wished.len() >= wanted {
            break;
        }
        let next = places.near(household.place, draw);
        if !wished.contains(&next) {
            wished.push(next);
        }
    }
    let codes: Vec<&str> = wished.iter().filter_map(|at| Some(places.all.get(*at)?.code.as_str())).collect();
    rows.text(Some(codes.join(" ").as_str()).filter(|codes| !codes.is_empty()));
    let lives = match household.social {
        true => Some(population.model.valeurs.locataire.as_str()),
        false => population.fields.housing.pick(draw),
    };
    rows.text(lives);
    rows.number(place.and_then(|p| population.thresholds.get(p.quartile).copied().flatten()));
    population.fields.requests.add(false, rows, draw);
}

/// What employment is drawn from.
struct Work<'p> {
    population: &'p Population<'p>,
    contracts: Vec<&'p str>,
    weights: Vec<u64>,
    /// First and last day of a hiring, and of a move for work, in days since 1970.
    hired: (i64, i64),
    moved: (i64, i64),
}

impl<'p> Work<'p> {
    fn new(population: &'p Population<'_>) -> Work<'p> {
        let job = &population.model.emploi;
        let as_of = population.model.day();
        let days = |months: i64| {
            let first = add_months(as_of, -months).unwrap_or(as_of);
            (i64::from(day(first)), i64::from(day(as_of)))
        };
        Work {
            population,
            contracts: job.contrats.keys().map(String::as_str).collect(),
            weights: job.contrats.values().copied().collect(),
            hired: days(job.embauche_mois),
            moved: days(job.mutation_mois),
        }
    }

    /// The cells of a person, after the identifiers.
    fn person(&self, household: &Household, person: &Person, both: bool, rows: &mut Rows, draw: &mut Draw) {
        let job = &self.population.model.emploi;
        let words = &self.population.model.valeurs;
        rows.text(Some(person.link.text(words)));
        rows.day(Some(person.born));
        rows.bool(person.link.dependent());
        rows.bool(person.disabled);
        let contract = match person.link {
            Link::Applicant => self.contract(household.age, draw),
            Link::Partner if both => &words.contrat_stable,
            _ => &words.sans_contrat,
        };
        let works = contract != words.sans_contrat;
        let monthly = household.last_12.unwrap_or(household.income_n2) / 12;
        let pay = match person.link {
            Link::Applicant if both => monthly * 55 / 100,
            Link::Partner => monthly * 45 / 100,
            _ => monthly,
        };
        match works {
            true => {
                let employer = self.population.employers.pick(draw);
                rows.text(Some(&self.population.employers.id(employer)));
            }
            false => rows.text(None),
        }
        rows.text(Some(contract));
        rows.number(works.then_some(pay));
        rows.number(works.then_some(pay * job.salaire_net_pour_cent / 100));
        let place = works.then(|| self.population.places.near(household.place, draw));
        rows.text(place.and_then(|at| self.population.places.all.get(at)).map(|p| p.code.as_str()));
        rows.bool(works && draw.percent(job.periode_essai_pour_cent));
        let of = |(first, last): (i64, i64), draw: &mut Draw| i32::try_from(draw.between(first, last)).ok();
        rows.day(if works { of(self.hired, draw) } else { None });
        let moves = works && draw.percent(job.mobilite_pour_cent);
        rows.bool(moves);
        rows.day(if moves { of(self.moved, draw) } else { None });
        let adult = person.link != Link::Child;
        rows.bool(adult && draw.percent(job.difficulte_pour_cent));
        rows.bool(adult && household.social);
    }

    fn contract(&self, age: i64, draw: &mut Draw) -> &'p str {
        let words = &self.population.model.valeurs;
        let contract = self.contracts.get(draw.pick(&self.weights)).copied().unwrap_or(&words.sans_contrat);
        let study = words.contrats_etudes.iter().any(|own| own == contract);
        if age >= STUDY_BEFORE && study { &words.contrat_stable } else { contract }
    }
}
