//! Employers, requests and the persons of their households.

use super::deck::Draw;
use super::spec::{Ressources, Spec};
use super::{Package, TableOut};
use logis_language::value::{Date, add_days, add_months, days_between};

/// Employers, with the weight of each in hiring.
pub(super) struct Employers {
    pub table: TableOut,
    headcounts: Vec<u64>,
}

/// Draws the employers.
pub(super) fn employers(spec: &Spec, draw: &mut Draw) -> Employers {
    let total = spec.employeurs.nombre;
    let classes = &spec.emploi.effectifs;
    let sizes = draw.deck(total, &classes.iter().map(|c| c.2).collect::<Vec<_>>());
    let farms =
        draw.deck(total, &[100 - spec.emploi.agricole_pour_cent.min(100), spec.emploi.agricole_pour_cent]);
    let mut rows = Vec::new();
    let mut headcounts = Vec::new();
    for (number, (size, farm)) in sizes.into_iter().zip(farms).enumerate() {
        let (low, high, _) = classes.get(size).copied().unwrap_or((10, 10, 1));
        let headcount = draw.between(low, high);
        headcounts.push(u64::try_from(headcount).unwrap_or(1).max(1));
        let sector = if farm == 1 { "prive_agricole" } else { "prive_non_agricole" };
        rows.push(vec![format!("E{:04}", number + 1), headcount.to_string(), sector.to_string()]);
    }
    let table = TableOut::new("employeurs", &["employeur_id", "effectif", "secteur"], rows);
    Employers { table, headcounts }
}

/// A household being drawn.
struct Household {
    /// Age of the partner, if there is one.
    partner: Option<i64>,
    children: i64,
    ascendant: bool,
    disabled: bool,
    /// Age of the applicant.
    age: i64,
    /// 0: under the PLAI ceiling; 1: under PLUS; 2: above.
    income: usize,
    drop: bool,
}

/// Draws the requests and their persons.
pub(super) fn requests(spec: &Spec, employers: &Employers, draw: &mut Draw) -> (TableOut, TableOut) {
    let mut households = households(spec, draw);
    let total = spec.demandes.nombre;
    let m = &spec.menages;
    let communes = &spec.communes.liste;
    let weights: Vec<u64> = communes.iter().map(|c| c.demande).collect();
    let places = draw.deck(total, &weights);
    let jobs = draw.deck(total, &communes.iter().map(|c| c.parc).collect::<Vec<_>>());
    let wishes = draw.deck(total, &spec.souhaits.communes);
    let contracts = contracts(spec, &households, draw);
    // Incomes that may be missing: never those of a household above the ceilings, whose place there
    // must be sure.
    let missing = [spec.ressources.manque_n1_pour_mille, spec.ressources.manque_12_mois_pour_mille]
        .map(|rate| draw.deck(total, &[1000 - rate.min(1000), rate]));
    let (first, last) = (Spec::day(&spec.demandes.depuis), Spec::day(&spec.demandes.jusqua));
    let as_of = Spec::day(&spec.as_of);
    let (mut requests, mut persons) = (Vec::new(), Vec::new());
    for (number, household) in households.iter_mut().enumerate() {
        let id = format!("D{:04}", number + 1);
        let at = |deck: &[usize]| deck.get(number).copied().unwrap_or(0);
        let commune = communes.get(at(&places)).map_or("", |c| c.code.as_str());
        let job = communes.get(at(&jobs)).map_or("", |c| c.code.as_str());
        let date = add_days(first, draw.between(0, days_between(first, last))).unwrap_or(first);
        let income = Income::draw(&spec.ressources, household, draw);
        let cell = |value: i64, deck: &[usize]| {
            if at(deck) == 1 && household.income < 2 { String::new() } else { value.to_string() }
        };
        let [no_n1, no_12] = &missing;
        requests.push(vec![
            id.clone(),
            date.to_string(),
            commune.to_string(),
            income.n2.to_string(),
            cell(income.n1, no_n1),
            cell(income.last_12, no_12),
            wished(at(&wishes), commune, spec, &weights, draw),
        ]);
        let mut person = |link: &str,
                          age: i64,
                          dependent: bool,
                          disabled: bool,
                          work: Option<(&str, i64)>,
                          draw: &mut Draw| {
            let birth = birth(as_of, age, draw);
            let (contract, pay) = work.map_or(("", String::new()), |(c, pay)| (c, pay.to_string()));
            let employer = match work {
                Some(_) => employers
                    .table
                    .rows
                    .get(draw.pick(&employers.headcounts))
                    .and_then(|r| r.first())
                    .cloned(),
                None => None,
            };
            persons.push(vec![
                format!("P{:05}", persons.len() + 1),
                id.clone(),
                link.to_string(),
                birth.to_string(),
                dependent.to_string(),
                disabled.to_string(),
                employer.unwrap_or_default(),
                if contract.is_empty() { "sans".to_string() } else { contract.to_string() },
                pay,
                if work.is_some() { job.to_string() } else { String::new() },
            ]);
        };
        let monthly = income.last_12 / 12;
        let both = household.partner.is_some() && draw.percent(m.deux_salaires_pour_cent);
        let own = if both { monthly * 55 / 100 } else { monthly };
        let contract = contracts.get(number).map_or("cdi", String::as_str);
        person("demandeur", household.age, false, household.disabled, Some((contract, own)), draw);
        if let Some(age) = household.partner {
            person("conjoint", age, false, false, both.then_some(("cdi", monthly - own)), draw);
        }
        for _ in 0..household.children {
            let age = draw.between(0, (household.age - 18).clamp(0, 20));
            person("enfant", age, true, false, None, draw);
        }
        if household.ascendant {
            let age = (household.age + draw.between(22, 35)).min(95);
            person("ascendant", age, true, false, None, draw);
        }
    }
    let demandes = TableOut::new(
        "demandes",
        &[
            "demande_id",
            "date_demande",
            "commune",
            "rfr_n2",
            "rfr_n1",
            "revenus_12_mois",
            "communes_souhaitees",
        ],
        requests,
    );
    let personnes = TableOut::new(
        "personnes",
        &[
            "personne_id",
            "demande_id",
            "lien",
            "date_naissance",
            "a_charge",
            "handicap",
            "employeur_id",
            "type_contrat",
            "salaire_mensuel",
            "commune_travail",
        ],
        persons,
    );
    (demandes, personnes)
}

fn households(spec: &Spec, draw: &mut Draw) -> Vec<Household> {
    let (m, total) = (&spec.menages, spec.demandes.nombre);
    let kinds = draw.deck(total, &[m.seule, m.monoparentale, m.couple, m.couple_enfants]);
    let count = |kind: usize| kinds.iter().filter(|k| **k == kind).count() as u64;
    let mut single = draw.deck(count(1), &m.enfants_monoparentale).into_iter();
    let mut paired = draw.deck(count(3), &m.enfants_couple).into_iter();
    let ages = draw.deck(total, &m.ages.iter().map(|a| a.2).collect::<Vec<_>>());
    let disabled = draw.deck(total, &[1000 - m.handicap_pour_mille.min(1000), m.handicap_pour_mille]);
    let ascendants = draw.deck(total, &[1000 - m.ascendant_pour_mille.min(1000), m.ascendant_pour_mille]);
    let r = &spec.ressources;
    let incomes = draw.deck(total, &[r.sous_plai, r.sous_plus, r.au_dela]);
    let poor = incomes.iter().filter(|i| **i == 0).count() as u64;
    // Only incomes under the PLAI ceiling drop: the class of the others stays what was drawn.
    let dropping = (total * r.baisse_pour_cent / 100).min(poor);
    let mut drops = draw.deck(poor, &[poor - dropping, dropping]).into_iter();
    let mut all = Vec::new();
    for (number, kind) in kinds.into_iter().enumerate() {
        let at = |deck: &[usize]| deck.get(number).copied().unwrap_or(0);
        let children = match kind {
            1 => single.next().map_or(1, |c| c as i64 + 1),
            3 => paired.next().map_or(1, |c| c as i64 + 1),
            _ => 0,
        };
        let (low, high, _) = m.ages.get(at(&ages)).copied().unwrap_or((30, 39, 1));
        let income = at(&incomes);
        let age = draw.between(low, high);
        all.push(Household {
            partner: (kind >= 2).then(|| (age + draw.between(-5, 5)).max(18)),
            children,
            ascendant: at(&ascendants) == 1,
            disabled: at(&disabled) == 1,
            age,
            income,
            drop: income == 0 && drops.next() == Some(1),
        });
    }
    all
}

/// Contracts in their shares; work-study goes to the youngest.
fn contracts(spec: &Spec, households: &[Household], draw: &mut Draw) -> Vec<String> {
    let names: Vec<&String> = spec.emploi.contrats.keys().collect();
    let weights: Vec<u64> = spec.emploi.contrats.values().copied().collect();
    let deck = draw.deck(households.len() as u64, &weights);
    let study = |class: &usize| {
        names.get(*class).is_some_and(|n| *n == "apprentissage" || *n == "professionnalisation")
    };
    let (students, others): (Vec<usize>, Vec<usize>) = deck.into_iter().partition(study);
    let mut by_age: Vec<usize> = (0..households.len()).collect();
    by_age.sort_by_key(|&h| (households.get(h).map(|h| h.age), h));
    let mut all = vec![String::new(); households.len()];
    for (household, class) in by_age.into_iter().zip(students.into_iter().chain(others)) {
        if let (Some(slot), Some(name)) = (all.get_mut(household), names.get(class)) {
            *slot = name.to_string();
        }
    }
    all
}

/// The reference incomes of a household, euros a year.
struct Income {
    n2: i64,
    n1: i64,
    last_12: i64,
}

impl Income {
    fn draw(r: &Ressources, household: &Household, draw: &mut Draw) -> Income {
        let category = category(household);
        let (plai, plus) = (ceiling(&r.plafonds_plai, category), ceiling(&r.plafonds_plus, category));
        let n2 = match household.income {
            0 => draw.between(plai * r.plancher_pour_cent_plai / 100, plai),
            1 => draw.between(plai + 1, plus),
            _ => draw.between(plus + 1, plus * 13 / 10),
        };
        // The reference income is what is left of the income after the abatement of a tenth.
        let (n1, last_12) = if household.drop {
            let n1 = n2 * draw.between(60, 90) / 100;
            (n1, n1 * 10 / 9)
        } else {
            let n1 = n2 * draw.between(96, 106) / 100;
            (n1, n2 * 10 / 9 * draw.between(97, 105) / 100)
        };
        Income { n2, n1, last_12 }
    }
}

/// The household category at the end of 2015, without the rules: persons, one more for a lone parent
/// or a young couple.
fn category(household: &Household) -> i64 {
    let dependents = household.children + i64::from(household.ascendant);
    let persons = 1 + i64::from(household.partner.is_some()) + dependents;
    let young = dependents == 0 && household.partner.is_some_and(|age| age + household.age <= 55);
    persons + i64::from((household.partner.is_none() && dependents > 0) || young)
}

/// The ceiling of a category, each person beyond the sixth adding the last value.
pub(super) fn ceiling(ceilings: &[i64; 7], category: i64) -> i64 {
    let [.., sixth, further] = *ceilings;
    let place = usize::try_from(category - 1).unwrap_or(0);
    match ceilings.get(place) {
        Some(&value) if place < 6 => value,
        _ => sixth + (category - 6) * further,
    }
}

/// The wished communes: none (any), or so many, the one of the request first.
fn wished(count: usize, own: &str, spec: &Spec, weights: &[u64], draw: &mut Draw) -> String {
    let communes = &spec.communes.liste;
    let mut wished: Vec<&str> = Vec::new();
    if count > 0 {
        wished.push(own);
    }
    let mut tries = 0;
    while wished.len() < count.min(communes.len()) && tries < 1000 {
        tries += 1;
        let code = communes.get(draw.pick(weights)).map_or("", |c| c.code.as_str());
        if !wished.contains(&code) {
            wished.push(code);
        }
    }
    wished.join(" ")
}

/// A birth date that makes that age on that day.
fn birth(as_of: Date, age: i64, draw: &mut Draw) -> Date {
    let birthday = add_months(as_of, -12 * age).unwrap_or(as_of);
    add_days(birthday, -draw.between(0, 364)).unwrap_or(birthday)
}

/// The households of a package: by request, persons, couple, dependents, ages of the couple.
pub(super) fn composition(package: &Package, as_of: Date) -> Vec<(String, i64, i64)> {
    let Some(persons) = package.table("personnes") else { return Vec::new() };
    let mut found: Vec<(String, i64, i64, bool, i64)> = Vec::new();
    let rows = persons
        .column("demande_id")
        .zip(persons.column("lien"))
        .zip(persons.column("a_charge").zip(persons.column("date_naissance")));
    for ((request, link), (dependent, birth)) in rows {
        if found.last().is_none_or(|(r, ..)| r != request) {
            found.push((request.to_string(), 0, 0, false, 0));
        }
        let Some((_, count, dependents, couple, ages)) = found.last_mut() else { continue };
        *count += 1;
        *dependents += i64::from(dependent == "true");
        *couple |= link == "conjoint";
        if matches!(link, "demandeur" | "conjoint")
            && let Some(birth) = logis_language::value::parse_date(birth)
        {
            *ages += logis_language::value::years_between(birth, as_of);
        }
    }
    found
        .into_iter()
        .map(|(request, count, dependents, couple, ages)| {
            let lone = !couple && dependents > 0 && count == dependents + 1;
            let young = couple && count == 2 && ages <= 55;
            (request, count, count + i64::from(lone || young))
        })
        .collect()
}
