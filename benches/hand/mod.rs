//! The workload by hand: one loop over households, as well as one can write it for one date.
//!
//! Ages are compared as birth days, tables are arrays, the persons of a household lie side by side,
//! and every outcome goes to a column of its own. Columns that the population does not have (custody, tax notice,
//! co-tenancy, ground of an income, first request of an aid) are what the schema says an empty cell stands for.

use logis::data::{Cells, Dataset, Members};
use logis::value::{Date, Exact, Value, add_days, add_months, day_number, parse_date, years_between};
use logis::{Pack, Plan};

/// Places in the closed list of the schema: links,
const APPLICANT: u8 = 0;
const PARTNER: u8 = 1;
const CHILD: u8 = 2;
const FLATMATE: u8 = 5;
/// contracts,
const PERMANENT: u8 = 0;
const APPRENTICE: u8 = 3;
const WORK_STUDY: u8 = 4;
const TRAINEE: u8 = 5;
const WITHOUT: u8 = 7;
/// and sectors.
const PRIVATE: u8 = 0;
const PUBLIC: u8 = 2;

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
    disabled: Vec<bool>,
    contract: Vec<u8>,
    trial: Vec<bool>,
    hired: Vec<i32>,
    mobile: Vec<bool>,
    moved: Vec<i32>,
    trouble: Vec<bool>,
    salary: Vec<i64>,
    lease: Vec<i32>,
    mobility_lease: Vec<bool>,
    intermediated: Vec<bool>,
    employer: Vec<u32>,
    /// By employer: its sector.
    sector: Vec<u8>,
    /// By employer: employees.
    staff: Vec<i64>,
    figures: Figures,
}

struct Figures {
    date: Date,
    /// By zone and category; then per further person. In euros.
    plai: [[i64; 7]; 3],
    plus: [[i64; 7]; 3],
    /// The day of the decision, as days are counted.
    today: i32,
    /// Born after: under 30, under 18; and under 25 on the first day of the year whose incomes are read.
    under: [i32; 3],
    /// Born after: 30 at most; born at the latest: 18 at least.
    visale: (i32, i32),
    /// Hired or moved at the earliest.
    recent: i32,
    /// Hired at the latest.
    promised: i32,
    /// Hired at the latest: a year ago.
    year_ago: i32,
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
            disabled: bools("handicap"),
            contract: codes("type_contrat"),
            trial: bools("periode_essai"),
            hired: days("date_embauche"),
            mobile: bools("mobilite_professionnelle"),
            moved: days("date_mutation"),
            trouble: bools("difficulte_logement"),
            salary: numbers("salaire_mensuel"),
            lease: days("date_effet_bail"),
            mobility_lease: bools("bail_mobilite"),
            intermediated: bools("intermediation_locative"),
            employer: links("personne", "employeur"),
            sector: codes("secteur"),
            staff: numbers("effectif"),
            figures: Figures::new(pack, plan.date),
        }
    }

    pub fn decide(&self) -> Outcomes {
        let n = self.rfr_n2.len();
        let f = &self.figures;
        let mut out = Outcomes::of(n);
        for household in 0..n {
            let persons = &self.order[self.starts[household] as usize..self.starts[household + 1] as usize];
            let (mut at_home, mut dependants, mut disabled) = (0, 0, false);
            let (mut applicant, mut partner) = (false, false);
            let (mut visale, mut young_aid, mut ani) = (false, false, false);
            for &person in persons {
                let person = person as usize;
                let (link, contract, born) = (self.link[person], self.contract[person], self.born[person]);
                let child = link == CHILD;
                let minor = child && born > f.under[1];
                let unborn = child && born > f.today;
                let of_age_to_depend = !child || born > f.under[2] || self.disabled[person];
                let flatmate = link == FLATMATE;
                let dependant = !flatmate && (unborn || self.dependant[person] && of_age_to_depend);
                // A minor lives here even if only on visits; of the others all but children are on the lease.
                let lives_here =
                    link <= PARTNER || !flatmate && (dependant || minor || !child || self.disabled[person]);
                at_home += usize::from(lives_here);
                dependants += usize::from(dependant);
                disabled |= lives_here && self.disabled[person];
                applicant |= link == APPLICANT;
                partner |= link == PARTNER;
                let employee = contract != WITHOUT && contract != TRAINEE;
                let under_30 = born > f.under[0];
                let mut entitled = born > f.visale.0 && born <= f.visale.1
                    || self.mobility_lease[person]
                    || self.intermediated[person];
                if employee {
                    let employer = self.employer[person] as usize;
                    let hired = self.hired[person];
                    let insecure = contract != PERMANENT || self.trial[person] || hired > f.today;
                    let recent = insecure && hired >= f.recent && hired <= f.promised;
                    let transferred = self.mobile[person] && self.moved[person] >= f.recent;
                    entitled |= self.sector[employer] != PUBLIC && (recent || transferred);
                    young_aid |= (contract == APPRENTICE || contract == WORK_STUDY)
                        && self.sector[employer] == PRIVATE
                        && self.staff[employer] >= 20
                        && under_30
                        && (self.salary[person] <= f.smic || hired <= f.year_ago)
                        && f.in_time(hired);
                    ani |= under_30 || self.mobile[person] || self.trouble[person];
                }
                visale |= entitled && self.lease[person] > f.today;
            }
            let at_home = at_home.max(1);
            let alone = at_home >= 2 && !partner && at_home - dependants == 1;
            let couple = at_home == 2 && applicant && partner && dependants == 0;
            let above = alone || disabled || couple && self.ages(persons) <= 55;
            let rank = at_home + usize::from(above);
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
        let couple = persons.iter().filter(|p| self.link[**p as usize] <= PARTNER);
        let age = |p: &u32| years_between(date_of(self.born[*p as usize]), self.figures.date).max(0);
        couple.map(age).sum()
    }
}

fn date_of(day: i32) -> Date {
    add_days(Date::constant(1970, 1, 1), i64::from(day)).unwrap()
}

impl Figures {
    /// The young aid is asked for from three months before to six months after a year of training begins. Of who is
    /// in training, the last anniversary of the contract lies in the six months before the date if it is on or after
    /// 30 December or up to 30 June; of who is promised a contract, its first day is at most three months ahead.
    fn in_time(&self, hired: i32) -> bool {
        if hired > self.today {
            return hired <= self.promised;
        }
        let hired = date_of(hired);
        let day = (hired.month(), hired.day());
        day >= (12, 30) || day <= (6, 30)
    }

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
        let day = |date: Date| i32::try_from(day_number(date)).unwrap();
        let months_ahead = |months: i64| day(add_months(date, months).unwrap());
        let years_ago = |years: i64| months_ahead(-12 * years);
        assert_eq!(date, parse_date("2019-06-30").unwrap(), "the months before this date have a 30th");
        Figures {
            date,
            plai: table("plai"),
            plus: table("plus"),
            today: day(date),
            under: [years_ago(30), years_ago(18), day(Date::constant(2017 - 25, 1, 1))],
            visale: (years_ago(31), years_ago(18)),
            recent: months_ahead(-6),
            promised: months_ahead(3),
            year_ago: years_ago(1),
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
