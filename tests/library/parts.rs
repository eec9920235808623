//! A package read part by part decides as the package read whole; what parts cannot follow is said.

use logis::data::{
    InputFile, Needs, NotInOrder, Output, OutputColumn, ReadOutcome, Stream, StreamedFile, read, to_parquet,
};
use logis::dated::DatedPlan;
use logis::evaluate::{Decisions, Outcome, evaluate};
use logis::parts::{DecidedPart, Engine, PartDecider, PartError, PartSink};
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
    shown(plan, dataset, &evaluate(plan, dataset))
}

fn shown(plan: &Plan, dataset: &logis::data::Dataset, decisions: &Decisions) -> Vec<Decided> {
    let ids = &dataset.tables[plan.entity].ids;
    let show = |outcome: Option<Outcome>| match outcome {
        Some(Outcome::Known(value)) => value.to_string(),
        Some(Outcome::Unknown(missing)) => format!("manque {}", missing.len()),
        other => format!("{other:?}"),
    };
    let row = |row: usize| decisions.columns.iter().map(|c| show(c.get(row))).collect();
    ids.texts().enumerate().map(|(at, id)| (id.to_string(), row(at))).collect()
}

#[test]
fn parts_decide_as_the_whole() {
    let (pack, (demandes, personnes, others)) = (pack(), tables());
    let plan = pack.plan(parse_date("2015-12-31").unwrap(), &RULES).unwrap();
    let (parts, found) = decide(&plan, open(&pack, &plan, &demandes, &personnes, others.clone())).unwrap();
    assert_eq!(parts, 9, "879 requests by 100");
    let whole = whole(&pack, &demandes, &personnes, others, &Needs::default());
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

/// An employer has persons of many requests: a rule that counts them is decided on the whole alone, and no reader of
/// parts opens for it.
#[test]
fn what_is_counted_across_parts_is_read_whole() {
    let file = |name: &str, text: &str| (name.to_string(), text.as_bytes().to_vec());
    let schema = "[demande]\ntable = \"demandes\"\nkey = \"demande_id\"\nfields.rang = { type = \"integer\" }\n\
                  [personne]\ntable = \"personnes\"\nkey = \"personne_id\"\nfields.present = { type = \"boolean\" }\n\
                  belongs_to.demande = { column = \"demande_id\", required = true }\n\
                  belongs_to.employeur = { column = \"employeur_id\" }\n\
                  [employeur]\ntable = \"employeurs\"\nkey = \"employeur_id\"\nfields.siege = { type = \"text\" }";
    let rule = |entity: &str, of: &str| format!("//! entité: {entity}\n/// source: art. 1\nfn {of}");
    let files = vec![
        file("schema.toml", schema),
        file("a.rhai", &rule("employeur", "effectif(present) { nombre(present) }")),
        file("b.rhai", &rule("personne", "chez_un_grand(effectif) { effectif >= 3 }")),
        file("c.rhai", &rule("demande", "un_chez_un_grand(chez_un_grand) { un(chez_un_grand) }")),
    ];
    let pack = Pack::from_files("", files).unwrap();
    let texts = |name: &str, cells: [&str; 4]| OutputColumn {
        name: name.to_string(),
        cells: cells.iter().map(|cell| Some(Value::text(cell))).collect(),
        kind: Type::Text(None),
    };
    let ids = ["D1", "D2", "D3", "D4"];
    let output = |name: &str, columns| Output { name: name.to_string(), columns };
    let requests = output("demandes", vec![texts("demande_id", ids)]);
    let persons = output(
        "personnes",
        vec![
            texts("personne_id", ["P1", "P2", "P3", "P4"]),
            texts("demande_id", ids),
            texts("employeur_id", ["E1", "E1", "E2", "E1"]),
            texts("present", ["oui"; 4]),
        ],
    );
    let employers = InputFile { name: "employeurs.csv".into(), bytes: b"employeur_id\nE1\nE2\n".to_vec() };
    let plan = pack.plan(parse_date("2017-06-30").unwrap(), &["un_chez_un_grand"]).unwrap();
    let whole = whole(&pack, &requests, &persons, vec![employers.clone()], &plan.needs());
    let decided = outcomes(&plan, &whole.dataset);
    assert_eq!(
        decided.iter().map(|(_, o)| o[0].as_str()).collect::<Vec<_>>(),
        ["true", "true", "false", "true"]
    );
    let streamed = || {
        [("demandes.parquet", &requests), ("personnes.parquet", &persons)].map(|(name, table)| {
            StreamedFile::open(name, bytes::Bytes::from(to_parquet(table).unwrap())).unwrap()
        })
    };
    let schema = &pack.parsed().schema;
    let open =
        |needs| Stream::open(schema, &[], plan.entity, streamed().into(), vec![employers.clone()], needs, 2);
    let (needs, none) = (plan.needs(), Needs::default());
    assert!(open(&needs).is_none());
    // Without the rule that counts there is nothing against parts.
    assert!(open(&none).is_some());
}

/// The package read whole.
fn whole(
    pack: &Pack,
    demandes: &Output,
    personnes: &Output,
    others: Vec<InputFile>,
    needs: &Needs,
) -> ReadOutcome {
    let file =
        |name: &str, table: &Output| InputFile { name: name.into(), bytes: to_parquet(table).unwrap() };
    let mut files = others;
    files.extend([file("demandes.parquet", demandes), file("personnes.parquet", personnes)]);
    read(&pack.parsed().schema, &pack.parsed().references, files, needs)
}

/// Each part is decided and given to the sink, in order; both engines' outcomes are those of the whole, which is one
/// part of the same road.
#[test]
fn a_sink_gets_the_outcomes_of_the_whole() {
    let (pack, (demandes, personnes, others)) = (pack(), tables());
    let plan = pack.plan(parse_date("2015-12-31").unwrap(), &RULES).unwrap();
    let mut sizes = Vec::new();
    let mut found = Vec::new();
    let mut decider = PartDecider::new(plan.clone());
    let reader = open(&pack, &plan, &demandes, &personnes, others.clone());
    let sink = |part: &DecidedPart| -> Result<(), ()> {
        sizes.push(part.ids().len());
        found.extend(shown(&plan, &part.read.dataset, &part.decisions));
        assert_eq!(part.to_record_batch(None).unwrap().num_rows(), part.ids().len());
        Ok(())
    };
    decider.decide(reader, sink).unwrap();
    assert_eq!(sizes, [[100; 8].as_slice(), &[79]].concat());
    let read = whole(&pack, &demandes, &personnes, others, decider.needs());
    assert_eq!(found, outcomes(&plan, &read.dataset));
    // The interpreter knows what touches no missing cell; what it knows is the same.
    let mut by_interpreter = Vec::new();
    let sink = |part: &DecidedPart| -> Result<(), ()> {
        by_interpreter.extend(shown(&plan, &part.read.dataset, &part.decisions));
        Ok(())
    };
    PartDecider::new(plan.clone())
        .by(Engine::Interpreter)
        .decide([Ok::<_, NotInOrder>(read)].into_iter(), sink)
        .unwrap();
    assert_eq!(by_interpreter.len(), 879);
    for ((id, strict), (other, outcome)) in by_interpreter.iter().zip(&found) {
        assert_eq!(id, other);
        for (strict, outcome) in
            strict.iter().zip(outcome).filter(|(strict, _)| !strict.starts_with("manque"))
        {
            assert_eq!(strict, outcome, "{id}");
        }
    }
}

/// Rows of one part may lie in several periods of the law, and a period in several parts: each row is decided by the
/// plan of its own day, as if it stood alone.
#[test]
fn each_row_of_a_part_is_decided_as_of_its_own_date() {
    let (pack, (mut demandes, personnes, others)) = (pack(), tables());
    let dates = demandes.columns.iter_mut().find(|c| c.name == "date_demande").unwrap();
    for (row, cell) in dates.cells.iter_mut().enumerate() {
        *cell = Some(Value::text(&format!("{}-0{}-01", 2014 + row % 6, 1 + row % 9)));
    }
    let day = parse_date("2016-12-31").unwrap();
    let names = ["categorie_menage", "plafond_plus"];
    let plan = pack.plan(day, &names).unwrap();
    let mut decider = PartDecider::new(DatedPlan::of(&pack, "date_demande", &names).unwrap());
    let mut found = Vec::new();
    let sink = |part: &DecidedPart| -> Result<(), ()> {
        assert!((0..part.ids().len()).all(|row| part.plan_of(row).is_some()));
        found.extend(shown(&plan, &part.read.dataset, &part.decisions));
        Ok(())
    };
    decider.decide(open(&pack, &plan, &demandes, &personnes, others.clone()), sink).unwrap();
    assert!(decider.plans().len() > 1, "several periods");
    assert_eq!(found.len(), 879);
    // Against plans of single days, over the whole.
    let dataset = whole(&pack, &demandes, &personnes, others, decider.needs()).dataset;
    let schema = &pack.parsed().schema;
    let dates = logis::data::column_of(&dataset, schema, schema.field("date_demande").unwrap()).unwrap();
    let mut plafonds = std::collections::BTreeSet::new();
    for (row, decided) in found.iter().enumerate().step_by(17) {
        let Some(Value::Date(date)) = dates.get(row) else { panic!("a date") };
        assert_eq!(outcomes(&pack.plan(date, &names).unwrap(), &dataset)[row], *decided, "{date}");
        plafonds.insert(decided.1[1].clone());
    }
    assert!(plafonds.len() > 3, "ceilings of several years");
}

/// A sink that stops ends the reading; the reader's and the sink's errors are told apart.
#[test]
fn a_sink_stops_the_reading() {
    struct Faultless(usize);
    impl PartSink for &mut Faultless {
        type Error = String;
        fn read(&mut self, read: &mut ReadOutcome, decider: &PartDecider) -> Result<(), String> {
            let first = read.dataset.tables[decider.entity()].ids.text(0).unwrap().to_string();
            if self.0 == 2 { Err(first) } else { Ok(()) }
        }
        fn decided(&mut self, _: &DecidedPart, _: &PartDecider) -> Result<(), String> {
            self.0 += 1;
            Ok(())
        }
    }
    let (pack, (demandes, personnes, others)) = (pack(), tables());
    let plan = pack.plan(parse_date("2015-12-31").unwrap(), &RULES).unwrap();
    let mut sink = Faultless(0);
    let mut decider = PartDecider::new(plan.clone());
    let stopped = decider.decide(open(&pack, &plan, &demandes, &personnes, others), &mut sink);
    let third = demandes.columns[0].cells[200].as_ref().unwrap().to_string();
    assert!(matches!(stopped, Err(PartError::Sink(first)) if first == third));
    let nothing =
        decider.decide(std::iter::once(Err(NotInOrder)), |_: &DecidedPart| -> Result<(), ()> { Ok(()) });
    assert!(matches!(nothing, Err(PartError::Reader(NotInOrder))));
}

/// Numbers have 18 digits, and 38 where one needs them: what a file holds is what was decided, and a part with larger
/// numbers than the file can hold is said not to fit.
#[test]
fn numbers_have_as_many_digits_as_they_need() {
    let file = |name: &str, text: &str| (name.to_string(), text.as_bytes().to_vec());
    let pack = Pack::from_files(
        "",
        vec![
            file(
                "schema.toml",
                "[menage]\ntable = \"menages\"\nkey = \"menage_id\"\n\
                 fields.revenu = { type = \"amount\", unit = \"EUR/an\" }",
            ),
            file(
                "a.rhai",
                "//! entité: menage\n/// source: art. 1\n/// unité: EUR/an\nfn ressources(revenu) { revenu }",
            ),
        ],
    )
    .unwrap();
    let plan = pack.plan(parse_date("2017-06-30").unwrap(), &["ressources"]).unwrap();
    let decided = |revenus: &[&str]| {
        let rows: String = revenus.iter().enumerate().map(|(n, revenu)| format!("M{n},{revenu}\n")).collect();
        let bytes = format!("menage_id,revenu\n{rows}").into_bytes();
        let files = vec![InputFile { name: "menages.csv".to_string(), bytes }];
        let parsed = pack.parsed();
        let read = read(&parsed.schema, &parsed.references, files, &plan.needs());
        assert!(read.issues.is_empty(), "{:?}", read.issues);
        (evaluate(&plan, &read.dataset), read.dataset.tables[plan.entity].ids.clone())
    };
    // As a Parquet file says them, in cents.
    let (most, more) = ("9999999999999999.99", "10000000000000000.00");
    for (revenus, digits) in [
        (vec!["20000.50", most], 18),
        (vec!["20000.50", more], 38),
        (vec!["-0.01", "-10000000000000000.00"], 38),
        (vec!["", ""], 18),
    ] {
        let (decisions, ids) = decided(&revenus);
        let batch = decisions.to_record_batch(&plan, &ids, None).unwrap();
        let written = logis::data::batch_to_parquet(&batch).unwrap();
        let read_back =
            parquet::arrow::arrow_reader::ParquetRecordBatchReader::try_new(bytes::Bytes::from(written), 10)
                .unwrap()
                .next()
                .unwrap()
                .unwrap();
        let column = read_back.column_by_name("ressources").unwrap();
        assert_eq!(column.data_type().to_string(), format!("Decimal128({digits}, 2)"));
        let column: &arrow_array::Decimal128Array = column.as_any().downcast_ref().unwrap();
        for (row, revenu) in revenus.iter().enumerate() {
            let cents = (!revenu.is_empty()).then(|| revenu.replace('.', "").parse::<i128>().unwrap());
            assert_eq!(column.iter().nth(row).unwrap(), cents, "{revenu}");
        }
    }
    let (small, ids) = decided(&[most]);
    let like = small.to_record_batch(&plan, &ids, None).unwrap().schema();
    assert!(decided(&[most, ""]).0.fits(&like));
    assert!(!decided(&[more]).0.fits(&like), "a file of 18 digits does not hold {more}");
    let (large, ids) = decided(&[more]);
    let like = large.to_record_batch(&plan, &ids, None).unwrap().schema();
    assert!(small.fits(&like), "a file of 38 digits holds what 18 do");
}
