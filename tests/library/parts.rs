//! A package read part by part decides as the package read whole; what parts cannot follow is said.

use logis::data::{
    InputFile, Needs, NotInOrder, Output, OutputColumn, Stream, StreamedFile, read, to_parquet,
};
use logis::evaluate::{Outcome, evaluate};
use logis::value::{Type, Value, parse_date};
use logis::{Pack, Plan};

/// A request's identifier, and its outcomes as texts.
type Decided = (String, Vec<String>);

const RULES: [&str; 4] = ["categorie_menage", "ressources", "eligible_plai", "eligible_plus"];

fn pack() -> Pack {
    Pack::load(concat!(env!("CARGO_MANIFEST_DIR"), "/../../rules")).unwrap()
}

/// A file of the shipped package.
fn shipped(table: &str) -> InputFile {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scenarios/grand-dijon-2015");
    let name = format!("{table}.csv");
    InputFile { bytes: std::fs::read(format!("{root}/{name}")).unwrap(), name }
}

/// A table of the shipped package, its cells as texts.
fn output(table: &str) -> Output {
    let bytes = shipped(table).bytes;
    let mut reader = csv::Reader::from_reader(bytes.as_slice());
    let headers = reader.headers().unwrap().clone();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let column = |(at, name): (usize, &str)| OutputColumn {
        name: name.to_string(),
        cells: rows.iter().map(|row| Some(&row[at]).filter(|c| !c.is_empty()).map(Value::text)).collect(),
        kind: Type::Text(None),
    };
    Output { name: table.to_string(), columns: headers.iter().enumerate().map(column).collect() }
}

/// Requests and persons, and the other tables.
fn tables() -> (Output, Output, Vec<InputFile>) {
    (output("demandes"), output("personnes"), vec![shipped("employeurs")])
}

fn open<'p>(
    pack: &'p Pack,
    plan: &Plan,
    demandes: &Output,
    personnes: &Output,
    others: Vec<InputFile>,
) -> Stream<'p> {
    let file = |name: &str, table: &Output| {
        StreamedFile::open(name, bytes::Bytes::from(to_parquet(table).unwrap())).unwrap()
    };
    let files = vec![file("personnes.parquet", personnes), file("demandes.parquet", demandes)];
    let parsed = pack.parsed();
    Stream::open(&parsed.schema, &parsed.references, plan.entity, files, others, &Needs::default(), 100)
        .unwrap()
}

/// All outcomes, part by part: the number of parts, and by row the identifier and the outcomes
/// (missing cells are counted: their rows are those of the part).
fn decide(plan: &Plan, mut stream: Stream<'_>) -> Result<(usize, Vec<Decided>), NotInOrder> {
    let (mut parts, mut all) = (0, Vec::new());
    while let Some(part) = stream.next_part()? {
        all.extend(outcomes(plan, &part.dataset));
        parts += 1;
    }
    Ok((parts, all))
}

fn outcomes(plan: &Plan, dataset: &logis::data::Dataset) -> Vec<Decided> {
    let decisions = evaluate(plan, dataset);
    let ids = &dataset.tables[plan.entity].ids;
    let show = |outcome: Option<Outcome>| match outcome {
        Some(Outcome::Known(value)) => value.to_string(),
        Some(Outcome::Unknown(missing)) => format!("manque {}", missing.len()),
        other => format!("{other:?}"),
    };
    let row = |row: usize| decisions.columns.iter().map(|c| show(c.get(row))).collect();
    ids.iter().enumerate().map(|(at, id)| (id.to_string(), row(at))).collect()
}

#[test]
fn parts_decide_as_the_whole() {
    let (pack, (demandes, personnes, others)) = (pack(), tables());
    let plan = pack.plan(parse_date("2015-12-31").unwrap(), &RULES).unwrap();
    let (parts, found) = decide(&plan, open(&pack, &plan, &demandes, &personnes, others.clone())).unwrap();
    assert_eq!(parts, 9, "879 requests by 100");
    let file =
        |name: &str, table: &Output| InputFile { name: name.into(), bytes: to_parquet(table).unwrap() };
    let mut files = others;
    files.extend([file("demandes.parquet", &demandes), file("personnes.parquet", &personnes)]);
    let parsed = pack.parsed();
    let whole = read(&parsed.schema, &parsed.references, files, &Needs::default());
    assert_eq!(found, outcomes(&plan, &whole.dataset));
    assert!(found.iter().any(|(_, o)| o.iter().any(|o| o.starts_with("manque"))), "some are unknown");
}

#[test]
fn members_out_of_order_are_not_lost_but_said() {
    let (pack, (demandes, mut personnes, others)) = (pack(), tables());
    let plan = pack.plan(parse_date("2015-12-31").unwrap(), &RULES).unwrap();
    for column in &mut personnes.columns {
        // The first person comes last.
        column.cells.rotate_left(1);
    }
    assert_eq!(decide(&plan, open(&pack, &plan, &demandes, &personnes, others)).unwrap_err(), NotInOrder);
}

#[test]
fn an_identifier_in_two_parts_is_said() {
    let (pack, (mut demandes, personnes, others)) = (pack(), tables());
    let plan = pack.plan(parse_date("2015-12-31").unwrap(), &RULES).unwrap();
    let key = demandes.columns.iter_mut().find(|c| c.name == "demande_id").unwrap();
    key.cells[878] = Some(Value::text("D0001"));
    assert_eq!(decide(&plan, open(&pack, &plan, &demandes, &personnes, others)).unwrap_err(), NotInOrder);
}

/// Projects belong to persons, and persons to requests: a part cannot hold whole the table of what belongs to
/// rows of other parts. It is left out where no rule needs it, and where one does, nothing is read in parts.
#[test]
fn what_belongs_to_members_is_left_out_or_read_whole() {
    let (pack, (demandes, personnes, mut others)) = (pack(), tables());
    others.push(shipped("projets"));
    let date = parse_date("2015-12-31").unwrap();
    let plan = pack.plan(date, &RULES).unwrap();
    let mut stream = open(&pack, &plan, &demandes, &personnes, others.clone());
    let mut rows = 0;
    while let Some(part) = stream.next_part().unwrap() {
        assert_eq!(part.issues, []);
        rows += part.dataset.tables[plan.entity].rows();
    }
    assert_eq!(rows, 879);
    let plan = pack.plan(date, &["pret_travaux"]).unwrap();
    let parsed = pack.parsed();
    let (entity, needs) = (parsed.schema.entity("demande").unwrap(), plan.needs());
    assert!(needs.entities.contains(&parsed.schema.entity("projet").unwrap()));
    let file = |name: &str, table: &Output| {
        StreamedFile::open(name, bytes::Bytes::from(to_parquet(table).unwrap())).unwrap()
    };
    let files = vec![file("personnes.parquet", &personnes), file("demandes.parquet", &demandes)];
    let stream = Stream::open(&parsed.schema, &parsed.references, entity, files, others, &needs, 100);
    assert!(stream.is_none());
}
