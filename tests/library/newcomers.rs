//! Copies of rows, held against files in which they are written by hand; and years in which copies of requests come.

use logis::attribution::{Likely, acceptance};
use logis::data::{InputFile, Needs, ReadOutcome, read};
use logis::value::{Date, parse_date};
use logis::{Arrivals, Newcomers, Options, Pack, Posing, YearsToDraw, arrival, posing};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::small::{self, MATCHING};

fn file(name: &str, text: String) -> InputFile {
    InputFile { name: format!("{name}.csv"), bytes: text.into_bytes() }
}

/// The rows of a table of the demo that `keep` chooses, each once and, with the mark behind what `marked` names, once more.
fn twice(
    table: &str,
    keep: impl Fn(&str) -> bool,
    marked: &[&str],
    (column, value): (&str, &str),
) -> [InputFile; 2] {
    let text = std::fs::read_to_string(format!("../../scenarios/grand-dijon-2015/{table}.csv")).unwrap();
    let (header, rows) = text.split_once('\n').unwrap();
    let header: Vec<&str> = header.trim_end().split(',').collect();
    let of = |row: &str, copy: bool| -> String {
        let cell = |(name, cell): (&&str, &str)| match copy {
            true if marked.contains(name) && !cell.is_empty() => format!("{cell}~1"),
            true if *name == column => value.to_string(),
            _ => cell.to_string(),
        };
        header.iter().zip(row.trim_end().split(',')).map(cell).collect::<Vec<_>>().join(",") + "\n"
    };
    let rows: Vec<&str> = rows.lines().filter(|row| keep(row)).collect();
    let once: String = rows.iter().map(|row| of(row, false)).collect();
    let again: String = rows.iter().map(|row| of(row, true)).collect();
    let head = header.join(",") + "\n";
    [file(table, format!("{head}{once}")), file(table, format!("{head}{once}{again}"))]
}

fn day(text: &str) -> Date {
    parse_date(text).unwrap()
}

#[test]
fn copies_are_as_if_they_stood_in_the_files() {
    let pack = Pack::national();
    let (schema, references) = (&pack.parsed().schema, &pack.parsed().references);
    let first = |row: &str| (1..=40).any(|n| row.contains(&format!("D{n:04},")));
    let none = ("", "");
    let tables = [
        twice("demandes", first, &["demande_id"], ("date_demande", "2017-06-30")),
        twice("personnes", first, &["personne_id", "demande_id"], none),
        // What requests do not have stays as it is.
        twice("employeurs", |_| true, &[], none).map(|file| InputFile { bytes: file.bytes, ..file }),
        twice("logements", |_| true, &[], none),
    ];
    let read = |copied: bool| -> ReadOutcome {
        let files = tables.iter().map(|both| {
            let of_requests = ["demandes.csv", "personnes.csv"].contains(&both[0].name.as_str());
            both[usize::from(copied && of_requests)].clone()
        });
        read(schema, references, files.collect(), &Needs::default())
    };
    let (request, filed) = (schema.entity("demande").unwrap(), "date_demande");
    let filed = schema.entities[request].fields.iter().find(|id| schema.fields[**id].name == filed).unwrap();
    let copied = read(false).dataset.with_copies(schema, request, 1, Some((*filed, day("2017-06-30"))));
    let written = read(true).dataset;
    for ((entity, own), expected) in schema.entities.iter().zip(&copied.tables).zip(&written.tables) {
        assert!(own.ids.texts().eq(expected.ids.texts()), "{}", entity.name);
        for (own, expected) in own.links.iter().zip(&expected.links) {
            assert_eq!(own[..], expected[..], "{}", entity.name);
        }
        for (at, (own, expected)) in own.columns.iter().zip(&expected.columns).enumerate() {
            let cells = |column: &Option<logis::data::Column>| -> Vec<_> {
                let column = column.as_ref();
                (0..expected_rows(&written, entity.name.as_str(), schema))
                    .map(|row| column?.get(row))
                    .collect()
            };
            assert_eq!(cells(own), cells(expected), "{}, column {at}", entity.name);
        }
    }
    assert_eq!(copied.tables[request].rows(), 80);
}

fn expected_rows(of: &logis::data::Dataset, entity: &str, schema: &logis::pack::schema::Schema) -> usize {
    of.tables[schema.entity(entity).unwrap()].rows()
}

/// Points are what a request has, and one for each ten days since it was filed.
fn pack() -> Pack {
    let schema = small::schema(&["besoin: integer", "base: integer", "depot: date"], &["taille: integer"]);
    let pairs = "//! entité: candidature\n\n/// Convient.\nfn convient(besoin, taille) { taille >= besoin }\n\n\
        /// Adéquation.\nfn adequation(besoin, taille) { 900 - (taille - besoin) }\n\n\
        /// Sur cent.\nfn acceptation(taille) { taille / 1000 }\n";
    let requests = "//! entité: demande\n\n/// Points.\nfn points(base, depot, date_decision) {\n    \
        base + arrondi_inferieur(jours_entre(depot, date_decision) / 10)\n}\n";
    let manifest = format!("{MATCHING}acceptance = \"acceptation\"\n");
    let files =
        [("schema.toml", schema.as_str()), ("pack.toml", &manifest), ("p.rhai", pairs), ("d.rhai", requests)];
    Pack::from_files("", files.map(|(name, text)| (name.to_string(), text.as_bytes().to_vec())).to_vec())
        .unwrap()
}

fn posed(pack: &Pack, requests: &str, units: &str) -> Posing {
    let asked = posing::plan(pack, day("2018-01-01"), &Options::default()).unwrap();
    let rule = acceptance(pack.parsed(), day("2018-01-01")).unwrap().unwrap();
    let mut needs = Needs::default();
    asked.0.plans().chain([&rule]).for_each(|plan| needs.join(plan.needs()));
    let files = vec![file("demandes", requests.to_string()), file("logements", units.to_string())];
    Posing::new(asked, read(&pack.parsed().schema, &[], files, &needs).dataset, None).unwrap()
}

/// Where as many come as there are, all copies come: the years are those of a file with the copies in it, each filed on the day; of
/// what an applicant is told besides, copies change nothing. The more come, the fewer years house whom they overtake.
#[test]
fn years_with_newcomers_are_those_of_a_file_with_them() {
    let pack = pack();
    let rule = acceptance(pack.parsed(), day("2018-01-01")).unwrap().unwrap();
    let likely = Likely { rule: Some(&rule), assumed: None };
    let filed = pack.parsed().schema.fields.iter().position(|field| field.name == "depot").unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(17);
    let (mut housed, mut later) = ([0, 0], 0);
    for seed in 0..12_u64 {
        let (head, many) = ("demande_id,besoin,base,depot\n", rng.random_range(4..9_usize));
        let (mut rows, mut copies) = (String::new(), String::new());
        for n in 0..many {
            let (needs, base) = (rng.random_range(100..700), rng.random_range(0..60));
            let filed = format!("2017-{:02}-{:02}", rng.random_range(1..13), rng.random_range(1..28));
            rows += &format!("D{n},{needs},{base},{filed}\n");
            copies += &format!("D{n}~1,{needs},{base},2018-01-01\n");
        }
        let mut units = "logement_id,taille\n".to_string();
        (0..3).for_each(|n| units += &format!("L{n},{}\n", rng.random_range(200..900)));
        let (alone, together) = (
            posed(&pack, &format!("{head}{rows}"), &units),
            posed(&pack, &format!("{head}{rows}{copies}"), &units),
        );
        let own = u32::try_from(seed as usize % many).unwrap();
        let id = alone.instance.requests.id(&alone.dataset, own).to_string();
        let draw = YearsToDraw { sessions: 6, seed, years: 10 };
        let weekly = alone.weekly(likely, vec![2; 3]);
        let without = alone.position(&weekly, own, (None, &|_| None), (draw, None)).unwrap();
        let newcomers = Newcomers::new(&alone, u32::try_from(many).unwrap(), filed).unwrap();
        let weekly = newcomers.posing().weekly(likely, vec![2; 3]);
        let with = alone.position(&weekly, own, (None, &|_| None), (draw, Some(&newcomers))).unwrap();
        assert_eq!(
            (with.points, with.all, with.rivals, with.similar),
            (without.points, without.all, without.rivals, without.similar)
        );
        assert_eq!(with.points_of_similar, without.points_of_similar);
        let years = together.weekly(likely, vec![2; 3]);
        let requests = &together.instance.requests;
        for (at, year) in (seed..seed + 10).enumerate() {
            let comes = |number: u32| {
                let id = requests.id(&together.dataset, number);
                if id.contains('~') { arrival(year, id, 6) } else { 0 }
            };
            let arrivals = Arrivals {
                sessions: 6,
                requests: (0..requests.len() as u32).map(|number| Some(comes(number))).collect(),
                units: (0..3).map(|unit| Some(arrival(year, &format!("L{unit}"), 6))).collect(),
                ..Arrivals::default()
            };
            let expected = years.year(&arrivals, year).unwrap();
            let number = requests.find(&together.dataset, &id).unwrap();
            assert_eq!(with.leases[at], expected.leases[number as usize].map(|lease| lease.session));
        }
        for (at, found) in [&without, &with].into_iter().enumerate() {
            housed[at] += found.leases.iter().flatten().count();
        }
        later += with.leases.iter().zip(&without.leases).filter(|(with, without)| with != without).count();
        // None is as no newcomers; some are of these copies.
        let some = Newcomers::new(&alone, 1, filed).unwrap();
        let weekly = some.posing().weekly(likely, vec![2; 3]);
        let some = alone.position(&weekly, own, (None, &|_| None), (draw, Some(&some))).unwrap();
        assert_eq!(some.leases.len(), 10);
    }
    assert!(housed[1] < housed[0] && later > 5, "{housed:?} {later}");
}

/// A request and a unit as the files have them.
struct Rows {
    requests: Vec<(i64, i64)>,
    units: Vec<i64>,
}

impl Rows {
    /// The most that these requests reach with these units, of all ways to give them: attributions, points, and which ways do.
    fn best(&self, requests: &[usize], units: &[usize]) -> (i64, i64, Vec<Vec<(usize, usize)>>) {
        let Some((&unit, rest)) = units.split_first() else { return (0, 0, vec![Vec::new()]) };
        let mut found = self.best(requests, rest);
        for &request in requests.iter().filter(|at| self.units[unit] >= self.requests[**at].0) {
            let others: Vec<usize> = requests.iter().copied().filter(|at| *at != request).collect();
            let (many, points, ways) = self.best(&others, rest);
            let ways = ways.into_iter().map(|mut way| {
                way.push((request, unit));
                way
            });
            let own = (many + 1, points + self.requests[request].1, ways.collect());
            match (own.0, own.1).cmp(&(found.0, found.1)) {
                std::cmp::Ordering::Greater => found = own,
                std::cmp::Ordering::Equal => found.2.extend(own.2),
                std::cmp::Ordering::Less => {}
            }
        }
        found
    }
}

/// What an attribution of today costs the year, against all ways to give all units: the best of those that have it less the best of
/// all, without newcomers and with a copy of each request.
#[test]
fn an_attribution_costs_what_the_year_reaches_less() {
    let pack = pack();
    let filed = pack.parsed().schema.fields.iter().position(|field| field.name == "depot").unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(23);
    let (mut free, mut dear, mut fewer) = (0, 0, 0);
    for seed in 0..160_u64 {
        let (many, units) = (rng.random_range(2..5_usize), rng.random_range(2..4_usize));
        let mut rows = Rows { requests: Vec::new(), units: Vec::new() };
        let (mut requests, mut of_units) =
            ("demande_id,besoin,base,depot\n".to_string(), "logement_id,taille\n".to_string());
        for n in 0..many {
            let own = (rng.random_range(100..700), rng.random_range(0..60));
            // Filed a year before, which are 36 points.
            requests += &format!("D{n},{},{},2017-01-01\n", own.0, own.1);
            rows.requests.push((own.0, own.1 + 36));
        }
        // Their copies have none.
        (0..many).for_each(|at| rows.requests.push((rows.requests[at].0, rows.requests[at].1 - 36)));
        for n in 0..units {
            rows.units.push(rng.random_range(200..900));
            of_units += &format!("L{n},{}\n", rows.units[n]);
        }
        let posing = posed(&pack, &requests, &of_units);
        let newcomers = Newcomers::new(&posing, u32::try_from(many).unwrap(), filed).unwrap();
        // The first unit is free today, and the second in half of the cases.
        let now: Vec<bool> = (0..units).map(|unit| unit == 0 || unit == 1 && seed % 2 == 0).collect();
        let today: Vec<usize> = (0..units).filter(|unit| now[*unit]).collect();
        let draw = YearsToDraw { sessions: 4, seed, years: 2 };
        for (newcomers, who) in [(None, many), (Some(&newcomers), 2 * many)] {
            let found = posing.deferrals(&now, (draw, newcomers)).unwrap();
            let all: Vec<usize> = (0..who).collect();
            let waiting: Vec<usize> = (0..many).collect();
            let mut given: Vec<(usize, usize)> =
                found.iter().map(|own| (own.request as usize, own.unit as usize)).collect();
            given.sort_unstable();
            let (_, _, ways) = rows.best(&waiting, &today);
            assert!(ways.into_iter().any(|mut way| {
                way.sort_unstable();
                way == given
            }));
            let whole: Vec<usize> = (0..units).collect();
            let (most, points, _) = rows.best(&all, &whole);
            for own in &found {
                let (request, unit) = (own.request as usize, own.unit as usize);
                assert_eq!(i64::from(own.points), rows.requests[request].1);
                let others: Vec<usize> = all.iter().copied().filter(|at| *at != request).collect();
                let rest: Vec<usize> = whole.iter().copied().filter(|at| *at != unit).collect();
                let (made, of_made, _) = rows.best(&others, &rest);
                assert_eq!(own.years.len(), 2);
                for cost in &own.years {
                    assert_eq!((cost.attributions, cost.members), (most - made - 1, 0), "{seed}");
                    assert_eq!(cost.points, points - of_made - rows.requests[request].1, "{seed}");
                    assert_eq!(cost.worth, points - rows.best(&all, &rest).1, "{seed}");
                    free += usize::from(*cost == logis::Cost { worth: cost.worth, ..Default::default() });
                    dear += usize::from(cost.points > 0 && !cost.is_more_than_points());
                    fewer += usize::from(cost.attributions > 0);
                }
            }
        }
    }
    assert!(free > 100 && dear > 20 && fewer > 5, "{free} {dear} {fewer}");
}
