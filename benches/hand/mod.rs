//! The workload by hand: one loop over households, as well as one can write it for one date.
//!
//! Ages are compared as birth days, tables are arrays, the persons of a household lie side by side,
//! and every outcome goes to a column of its own.

use logis::data::{Cells, Dataset, Members};
use logis::value::{Date, Exact, Value, add_months, day_number, parse_date, years_between};
use logis::{Pack, Plan};

/// Columns of the data, and the figures of the date.
pub struct Columns {
    rfr_n2: Vec<i64>,
    rfr_n1: Vec<i64>,
    last_12: Vec<i64>,
    /// By household: number of its commune.
    commune: Vec<u32>,
    /// By commune: zone.
    zone: Vec<u8>,
    /// By household: where its persons begin in `order`.
    starts: Vec<u32>,
    order: Vec<u32>,
    link: Vec<u8>,
    born: Vec<i32>,
    dependant: Vec<bool>,
    contract: Vec<u8>,
    trial: Vec<bool>,
    hired: Vec<i32>,
    mobile: Vec<bool>,
    moved: Vec<i32>,
    trouble: Vec<bool>,
    salary: Vec<i64>,
    employer: Vec<u32>,
    /// By employer: 0 private, 1 agricultural, 2 public.
    sector: Vec<u8>,
    figures: Figures,
}

struct Figures {
    date: Date,
    /// By zone and category; then per further person. In euros.
    plai: [[i64; 7]; 3],
    plus: [[i64; 7]; 3],
    /// Born after: under 30.
    under_30: i32,
    /// Born after: 30 at most; born at the latest: 18 at least.
    visale: (i32, i32),
    /// Hired or moved at the earliest.
    recent: i32,
    smic: i64,
}

/// The outcomes, by household.
pub struct Outcomes {
    category: Vec<u8>,
    further: Vec<u8>,
    income: Vec<i64>,
    ceilings: [Vec<i64>; 3],
    eligible: [Vec<bool>; 3],
    visale: Vec<bool>,
    mobili_jeune: Vec<bool>,
    ani: Vec<bool>,
}

impl Columns {
    pub fn new(pack: &Pack, plan: &Plan, data: &Dataset) -> Columns {
        let schema = &pack.parsed().schema;
        let cells = |name: &str| {
            let field = schema.field(name).unwrap();
            logis::data::column_of(data, schema, field).unwrap().cells()
        };
        let numbers = |name: &str| match cells(name) {
            Cells::Number { units, .. } => units.to_vec(),
            _ => panic!("{name}"),
        };
        let bools = |name: &str| match cells(name) {
            Cells::Bool(bits) => bits.iter().collect::<Vec<bool>>(),
            _ => panic!("{name}"),
        };
        let days = |name: &str| match cells(name) {
            Cells::Date(days) => days.to_vec(),
            _ => panic!("{name}"),
        };
        let codes = |name: &str| match cells(name) {
            Cells::Text { codes, .. } => codes.iter().map(|c| u8::try_from(*c).unwrap()).collect::<Vec<u8>>(),
            _ => panic!("{name}"),
        };
        let entity = |name: &str| schema.entity(name).unwrap();
        let links = |from: &str, to: &str| {
            let of = &schema.entities[entity(from)].belongs_to;
            let at = of.iter().position(|r| r.target == entity(to)).unwrap();
            data.tables[entity(from)].links[at].to_vec()
        };
        let households = data.tables[entity("demande")].rows();
        let members = Members::new(&links("personne", "demande"), households);
        let (mut starts, mut order) = (vec![0], Vec::new());
        for household in 0..households {
            order.extend_from_slice(members.of(household));
            starts.push(u32::try_from(order.len()).unwrap());
        }
        Columns {
            rfr_n2: numbers("rfr_n2"),
            rfr_n1: numbers("rfr_n1"),
            last_12: numbers("revenus_12_mois"),
            commune: links("demande", "commune"),
            zone: codes("zone_plafond_commune"),
            starts,
            order,
            link: codes("lien"),
            born: days("date_naissance"),
            dependant: bools("a_charge"),
            contract: codes("type_contrat"),
            trial: bools("periode_essai"),
            hired: days("date_embauche"),
            mobile: bools("mobilite_professionnelle"),
            moved: days("date_mutation"),
            trouble: bools("difficulte_logement"),
            salary: numbers("salaire_mensuel"),
            employer: links("personne", "employeur"),
            sector: codes("secteur"),
            figures: Figures::new(pack, plan.date),
        }
    }

    pub fn decide(&self) -> Outcomes {
        let n = self.rfr_n2.len();
        let f = &self.figures;
        let mut out = Outcomes::of(n);
        for household in 0..n {
            let persons = &self.order[self.starts[household] as usize..self.starts[household + 1] as usize];
            let (mut dependants, mut applicant, mut partner) = (0, false, false);
            let (mut visale, mut young_aid, mut ani) = (false, false, false);
            for &person in persons {
                let person = person as usize;
                let (link, contract, born) = (self.link[person], self.contract[person], self.born[person]);
                dependants += usize::from(self.dependant[person]);
                applicant |= link == 0;
                partner |= link == 1;
                let employee = contract != 7 && contract != 5;
                let under_30 = born > f.under_30;
                visale |= born > f.visale.0 && born <= f.visale.1;
                if employee {
                    let sector = self.sector[self.employer[person] as usize];
                    let insecure = contract != 0 || self.trial[person];
                    let recent = insecure && self.hired[person] >= f.recent;
                    let transferred = self.mobile[person] && self.moved[person] >= f.recent;
                    visale |= sector != 2 && (recent || transferred);
                    let work_study = contract == 3 || contract == 4;
                    young_aid |= work_study && sector == 0 && under_30 && self.salary[person] <= f.smic;
                    ani |= under_30 || self.mobile[person] || self.trouble[person];
                }
            }
            let alone = persons.len() >= 2 && !partner && persons.len() - dependants == 1;
            let couple = persons.len() == 2 && applicant && partner && dependants == 0;
            let above = alone || couple && self.ages(persons) <= 55;
            let rank = persons.len() + usize::from(above);
            let (category, further) = (rank.min(6), rank.saturating_sub(6));
            let n2 = self.rfr_n2[household];
            // Lower by 10 % at least, in cents: ten times the one against nine times the other.
            let retained = |recent: i64| if 10 * recent <= 9 * n2 { recent.min(n2) } else { n2 };
            let income = retained(self.rfr_n1[household]).min(retained(self.last_12[household]));
            let zone = self.zone[self.commune[household] as usize] as usize;
            let ceiling = |table: &[[i64; 7]; 3]| table[zone][category - 1] + further as i64 * table[zone][6];
            let (plai, plus) = (ceiling(&f.plai), ceiling(&f.plus));
            // Thirty per cent more, to the nearest euro, halves up.
            let pls = (13 * plus + 5) / 10;
            out.category.push(category as u8);
            out.further.push(further as u8);
            out.income.push(income);
            for (at, ceiling) in [plai, plus, pls].into_iter().enumerate() {
                out.ceilings[at].push(ceiling);
                out.eligible[at].push(income <= 100 * ceiling);
            }
            out.visale.push(visale);
            out.mobili_jeune.push(young_aid);
            out.ani.push(ani);
        }
        out
    }

    /// The sum of the ages of a couple.
    fn ages(&self, persons: &[u32]) -> i64 {
        let epoch = Date::constant(1970, 1, 1);
        let age = |&p: &u32| {
            let born = logis::value::add_days(epoch, i64::from(self.born[p as usize])).unwrap();
            years_between(born, self.figures.date).max(0)
        };
        persons.iter().map(age).sum()
    }
}

impl Figures {
    fn new(pack: &Pack, date: Date) -> Figures {
        let parsed = pack.parsed();
        let cell = |path: &str, keys: &[Value]| {
            let version = parsed.parameters[parsed.parameter(path).unwrap()].at(date).unwrap();
            match &version.cells[&keys.to_vec()].value {
                Value::Number(n) => *n,
                _ => panic!("{path}"),
            }
        };
        let zones = ["paris_communes_limitrophes", "ile_de_france", "autres_regions"].map(Value::text);
        let whole = |n: Exact| i64::try_from(n.to_integer()).unwrap();
        let table = |product: &str| {
            zones.clone().map(|zone| {
                std::array::from_fn(|i| match i {
                    6 => whole(cell(
                        &format!("{product}.par_personne_supplementaire"),
                        std::slice::from_ref(&zone),
                    )),
                    i => {
                        whole(cell(&format!("{product}.plafond"), &[zone.clone(), Value::int(i as i64 + 1)]))
                    }
                })
            })
        };
        let years_ago =
            |years: i64| i32::try_from(day_number(add_months(date, -12 * years).unwrap())).unwrap();
        assert_eq!(date, parse_date("2019-06-30").unwrap(), "the months before this date have a 30th");
        Figures {
            date,
            plai: table("plai"),
            plus: table("plus"),
            under_30: years_ago(30),
            visale: (years_ago(31), years_ago(18)),
            recent: i32::try_from(day_number(add_months(date, -6).unwrap())).unwrap(),
            smic: whole(cell("smic.mensuel", &[]) * 100),
        }
    }
}

impl Outcomes {
    fn of(n: usize) -> Outcomes {
        let (numbers, bools) = (|| Vec::with_capacity(n), || Vec::with_capacity(n));
        Outcomes {
            category: Vec::with_capacity(n),
            further: Vec::with_capacity(n),
            income: numbers(),
            ceilings: [numbers(), numbers(), numbers()],
            eligible: [bools(), bools(), bools()],
            visale: bools(),
            mobili_jeune: bools(),
            ani: bools(),
        }
    }

    /// The outcome of a rule, by its number in the workload.
    pub fn value(&self, rule: usize, row: usize) -> Value {
        match rule {
            0 => Value::int(i64::from(self.category[row])),
            1 => Value::int(i64::from(self.further[row])),
            2 => Value::Number(Exact::new(i128::from(self.income[row]), 100)),
            3..=5 => Value::int(self.ceilings[rule - 3][row]),
            6..=8 => Value::Bool(self.eligible[rule - 6][row]),
            9 => Value::Bool(self.visale[row]),
            10 => Value::Bool(self.mobili_jeune[row]),
            _ => Value::Bool(self.ani[row]),
        }
    }
}
