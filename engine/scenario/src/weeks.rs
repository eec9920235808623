//! A year that goes by sessions: what comes when, the drawn year, and what is told of it.
//!
//! The year is the calendar year of the date as of which all is decided, cut into so many sessions of as many days. What has a
//! day in the data comes on it, what has none is drawn. Over several years who waited and what was free is there from the first
//! session of the next.

use std::collections::{BTreeMap, BTreeSet};

use super::allocation::{Allocation, AllocationError};
use super::file::Weeks;
use super::measure::{Planned, WeeklyPlans};
use super::table::{Table, count, mean, percent};
use logis_allocation::attribution::{Asks, Balance, Instance, Likely, MatchingPlan, Numbers, QuotaInForce};
use logis_allocation::{Arrivals, PLACES, Session, Weekly, Year, arrival};
use logis_data::Dataset;
use logis_decide::evaluate::evaluate;
use logis_language::pack::manifest::Ranks;
use logis_language::plan::Plan;
use logis_language::value::{Date, Exact, Value, add_days, day_number, format_number, french_day};
use logis_matching::{Already, Reached};

/// The sessions of a calendar year.
#[derive(Clone, Copy)]
struct Calendar {
    first: Date,
    days: i64,
    sessions: u32,
}

impl Calendar {
    fn new(date: Date, sessions: u32) -> Calendar {
        let days = if date.in_leap_year() { 366 } else { 365 };
        Calendar { first: date.first_of_year(), days, sessions }
    }

    /// The session that sees what comes on a day: the first sees all of before, none what comes after the year.
    fn session(&self, day: Date) -> Option<u32> {
        let at = (day_number(day) - day_number(self.first)).max(0);
        u32::try_from(at * i64::from(self.sessions) / self.days)
            .ok()
            .filter(|session| *session < self.sessions)
    }

    /// The day of a session: the last that it sees.
    fn day(&self, session: u32) -> Date {
        let end =
            ((i64::from(session) + 1) * self.days + i64::from(self.sessions) - 1) / i64::from(self.sessions);
        add_days(self.first, end - 1).unwrap_or(self.first)
    }

    /// The last session of each quarter, where it is one more.
    fn quarters(&self) -> Vec<u32> {
        let mut ends: Vec<u32> = (1..=4).map(|quarter| (quarter * self.sessions).div_ceil(4)).collect();
        ends.dedup();
        ends.into_iter().filter_map(|end| end.checked_sub(1)).collect()
    }
}

/// What goes from a year to the next.
#[derive(Default)]
pub(super) struct Carried {
    /// By identifier of the request that waits: the day since which it does.
    began: BTreeMap<String, Date>,
    /// Units that are free, by identifier.
    free: BTreeSet<String>,
    /// Requests and units that were refused, by identifiers.
    refused: BTreeSet<(String, String)>,
}

/// A year to go through.
pub(super) struct Asked<'a> {
    pub weeks: &'a Weeks,
    pub planned: &'a Planned,
    /// The matching as these data have it.
    pub matching: &'a MatchingPlan,
    pub dataset: &'a Dataset,
    pub date: Date,
    /// Number of the year.
    pub year: u64,
    pub seed: u64,
    /// Units that somebody leaves in the course of the year, by identifier: their day is drawn.
    pub freed: &'a BTreeSet<String>,
}

/// What a year by sessions gives.
pub(super) struct ByWeeks {
    /// With the leases in place of the attributions of the year at once.
    pub allocation: Allocation,
    pub tables: Vec<Table>,
    pub warnings: Vec<String>,
}

impl Asked<'_> {
    /// Goes through the year; `at_once` is its allocation as one problem, if it is compared with that.
    pub fn by_weeks(self, at_once: Allocation, carried: &mut Carried) -> Result<ByWeeks, AllocationError> {
        let failed = |error| AllocationError::Solved(Box::new(error));
        let instance = at_once.instance.clone();
        let (plan, weeks) = (self.matching, self.weeks);
        let none = WeeklyPlans::default();
        let plans = self.planned.weekly.as_ref().unwrap_or(&none);
        let calendar = Calendar::new(self.date, weeks.sessions());
        let (arrivals, began) = self.arrivals(&instance, plans, calendar, carried);
        let likely = Likely { rule: plans.acceptance.as_deref(), assumed: weeks.acceptance };
        let (places, open) = self.places(&instance.units, plans);
        let posed = (plan, self.dataset, &*instance);
        let weekly = match at_once.at_once {
            true => Weekly::new(posed, likely, places),
            false => Weekly::searching(posed, likely, places),
        };
        let weekly = weekly.ranked(weeks.ranks.unwrap_or(plan.ranks));
        let year = weekly.year(&arrivals, self.seed).map_err(failed)?;
        let beside = match at_once.at_once {
            true => Some(self.beside(&at_once, (&weekly, likely), &arrivals)?),
            false => None,
        };
        let told = Told {
            plan,
            quotas: &plan.quotas,
            arrivals: &arrivals,
            began: &began,
            year: &year,
            calendar,
            how: self.how(plans),
        };
        let tables = told.tables(beside.as_ref());
        let mut warnings = told.warnings();
        if open > 0 {
            warnings.push(format!(
                "{open} logements dont la règle `presented` ne dit pas combien de candidats sont présentés : {PLACES}"
            ));
        }
        self.carry(&instance, &year, &began, carried);
        Ok(ByWeeks { allocation: at_once.by_weeks(&year), tables, warnings })
    }

    /// What the year reaches that is solved at once, besides the answer that is there.
    fn beside(
        &self,
        at_once: &Allocation,
        (weekly, likely): (&Weekly<'_>, Likely<'_>),
        arrivals: &Arrivals,
    ) -> Result<Beside, AllocationError> {
        let failed = |error| AllocationError::Solved(Box::new(error));
        // Where all come within the year, it has been solved as one problem.
        let never = arrivals.requests.iter().chain(&arrivals.units).filter(|own| own.is_none()).count();
        let paper = match never == 0 {
            true => at_once.matching.reached.clone(),
            false => weekly.at_once(arrivals).map_err(failed)?,
        };
        let certain = likely.rule.is_none() && likely.assumed == Some(Exact::from_integer(1));
        let foreseen = match certain {
            true => None,
            false => Some(weekly.foreseen(arrivals, self.seed).map_err(failed)?),
        };
        Ok(Beside { paper, foreseen })
    }

    /// When requests come and units are free; and by request the day since which it waits.
    fn arrivals(
        &self,
        instance: &Instance,
        plans: &WeeklyPlans,
        calendar: Calendar,
        carried: &Carried,
    ) -> (Arrivals, Vec<Date>) {
        let seed = self.seed ^ (self.year << 32);
        let dates = |plan: &Option<_>, numbers: &Numbers| -> Vec<Option<Date>> {
            let decided = plan.as_ref().map(|plan: &std::sync::Arc<Plan>| evaluate(plan, self.dataset));
            let column = decided.as_ref().and_then(|decided| decided.columns.first());
            let of = |number| match column?.value(numbers.row(number) as usize)? {
                Value::Date(date) => Some(date),
                _ => None,
            };
            (0_u32..).take(numbers.len()).map(of).collect()
        };
        let drawn = |id: &str| arrival(seed, id, calendar.sessions);
        let mut arrivals = Arrivals { sessions: calendar.sessions, ..Arrivals::default() };
        let mut began = Vec::new();
        let requests = &instance.requests;
        for (number, own) in (0_u32..).zip(dates(&plans.request_date, requests)) {
            let id = requests.id(self.dataset, number);
            let session = match (carried.began.contains_key(id), own) {
                (true, _) => Some(0),
                (false, Some(day)) => calendar.session(day),
                (false, None) => Some(drawn(id)),
            };
            arrivals.requests.push(session);
            let since = own.or_else(|| carried.began.get(id).copied());
            began.push(since.unwrap_or_else(|| calendar.day(session.unwrap_or(0))));
        }
        let units = &instance.units;
        for (number, own) in (0_u32..).zip(dates(&plans.unit_date, units)) {
            let id = units.id(self.dataset, number);
            arrivals.units.push(match own.filter(|_| !self.freed.contains(id)) {
                _ if carried.free.contains(id) => Some(0),
                Some(day) => calendar.session(day),
                None => Some(drawn(id)),
            });
        }
        let number = |(request, unit): &(String, String)| {
            Some((requests.find(self.dataset, request)?, units.find(self.dataset, unit)?))
        };
        arrivals.refused = carried.refused.iter().filter_map(number).collect();
        (arrivals, began)
    }

    /// By number of the unit: how many candidates it has at most, as the scenario or the pack's rule says; and of how many units
    /// neither does.
    fn places(&self, units: &Numbers, plans: &WeeklyPlans) -> (Vec<usize>, usize) {
        let rule = plans.presented.as_ref().filter(|_| self.weeks.candidates.is_none());
        let Some(rule) = rule else { return (vec![self.weeks.places(); units.len()], 0) };
        let decided = evaluate(rule, self.dataset);
        let of = |number| match decided.columns.first()?.value(units.row(number) as usize)? {
            Value::Number(n) if n.is_integer() => usize::try_from(*n.numer()).ok(),
            _ => None,
        };
        let asked: Vec<Option<usize>> = (0_u32..).take(units.len()).map(of).collect();
        let open = asked.iter().filter(|own| own.is_none()).count();
        (asked.into_iter().map(|own| own.unwrap_or(PLACES)).collect(), open)
    }

    /// Says for the next year who waits, and what is free.
    fn carry(&self, instance: &Instance, year: &Year, began: &[Date], carried: &mut Carried) {
        let request = |number: u32| instance.requests.id(self.dataset, number).to_string();
        let unit = |number: u32| instance.units.id(self.dataset, number).to_string();
        let waits = (0_u32..).zip(year.leases.iter().zip(began)).filter(|(_, (lease, _))| lease.is_none());
        carried.began = waits.map(|(number, (_, day))| (request(number), *day)).collect();
        let leased: BTreeSet<u32> = year.leases.iter().flatten().map(|lease| lease.unit).collect();
        // Who moved has left its unit.
        let stays = (0_u32..).zip(&year.leases).filter(|(_, lease)| lease.is_none());
        let held: BTreeSet<u32> = stays.filter_map(|(number, _)| instance.held(number)).collect();
        let numbers = (0_u32..).take(instance.units.len());
        carried.free =
            numbers.filter(|number| !leased.contains(number) && !held.contains(number)).map(unit).collect();
        let answers = year.sessions.iter().flat_map(|session| &session.answers);
        let refused = answers.filter(|answer| !answer.taken);
        carried.refused.extend(refused.map(|answer| (request(answer.request), unit(answer.unit))));
    }

    /// By what it is drawn, in words.
    fn how(&self, plans: &WeeklyPlans) -> String {
        let assumed = self.weeks.acceptance.map(|n| format_number(&n).replace('.', ","));
        let answers = match (&plans.acceptance, assumed) {
            (Some(_), None) => "la probabilité est celle de la règle `acceptance` du paquet".to_string(),
            (Some(_), Some(assumed)) => format!(
                "la probabilité est celle de la règle `acceptance` du paquet et, où elle ne dit rien, {assumed}, supposée"
            ),
            (None, assumed) => format!("la probabilité, {}, est supposée", assumed.unwrap_or_default()),
        };
        let candidates = match plans.presented.as_ref().filter(|_| self.weeks.candidates.is_none()) {
            Some(_) => "autant de candidats par logement, au plus, que dit la règle `presented` du paquet"
                .to_string(),
            None => format!("{} au plus par logement", several(self.weeks.places(), "candidat")),
        };
        let ranks = match self.weeks.ranks.unwrap_or(self.matching.ranks) {
            Ranks::Levels => "",
            Ranks::Leases => ", les rangs d'après le premier remplis pour le plus de baux attendus",
        };
        format!(
            "Année de {}. À chacune, qui attend est apparié aux logements libres, les parts comptées sur les baux de l'année ; {candidates}{ranks}. Chaque proposition est acceptée ou refusée par tirage ({answers}) ; un logement refusé passe au suivant de sa liste, puis revient à la séance suivante ; qui refuse attend, et le même logement ne lui est plus proposé. Points et recevabilité sont ceux du {}.",
            several(self.weeks.sessions() as usize, "séance"),
            french_day(self.date)
        )
    }
}

/// The tables of a year of sessions, in their order.
pub(super) const SHEETS: [&str; 6] =
    ["annee_d_un_coup", "parts_annee", "reservataires", "attente_annee", "reponses", "semaines"];

/// So many, in words: `1 séance`, `50 séances`.
fn several(n: usize, one: &str) -> String {
    format!("{n} {one}{}", if n > 1 { "s" } else { "" })
}

/// What the year reaches that is solved at once.
struct Beside {
    paper: Reached,
    /// The same where the answers are known; nothing where all are certain.
    foreseen: Option<Reached>,
}

/// How the year by sessions is compared with the year solved at once.
const COMPARED: &str = "D'un coup : l'année entière est un seul appariement, comme si toutes les demandes et tous les logements étaient connus le premier jour. Réponses connues : les propositions qui seraient refusées en sont écartées ; aucune façon de passer l'année ne ferait plus de baux, sauf parts à tenir avant eux. Points des baux : ceux de l'année de séance en séance, en pour cent de ceux de la ligne. Une part moins bien tenue que d'un coup laisse plus de points.";

/// What is left out where it is not.
const NOT_COMPARED: &str = "L'année d'un coup n'est pas calculée (`at_once = false`) : chaque séance cherche ses propres couples. Elle dirait ce que la même année donne quand toutes les demandes et tous les logements sont connus le premier jour : sur le papier, et les réponses étant connues, ce qu'aucune façon de passer l'année ne dépasse en baux ; la part de ces points qu'atteignent les séances ; le prix de chaque part et d'un logement de plus ; combien de couples sont recevables, et à combien de demandes aucun logement ne convient.";

/// A year that is told.
struct Told<'t> {
    plan: &'t MatchingPlan,
    quotas: &'t [QuotaInForce],
    arrivals: &'t Arrivals,
    began: &'t [Date],
    year: &'t Year,
    calendar: Calendar,
    how: String,
}

/// On what the tables rest.
const SOURCE: &str = "tirages de l'année (graine du calcul) et règles de `[matching]` du paquet";

impl Told<'_> {
    fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        let late = |all: &[Option<u32>]| all.iter().filter(|own| own.is_none()).count();
        for (n, what) in
            [(late(&self.arrivals.requests), "demandes"), (late(&self.arrivals.units), "logements")]
        {
            if n > 0 {
                warnings
                    .push(format!("{n} {what} viennent après l'année : aucune de ses séances ne les voit"));
            }
        }
        let open = self.year.sessions.iter().filter(|session| session.open).count();
        if open > 0 {
            warnings.push(format!("la preuve de {open} séances laisse une marge"));
        }
        warnings
    }

    fn tables(&self, beside: Option<&Beside>) -> Vec<Table> {
        let mut tables = vec![self.compared(beside)];
        tables.extend(self.shares());
        tables.extend(self.balances());
        tables.extend([self.waits(), self.answers(), self.sessions()]);
        tables
    }

    /// The year by sessions, beside the year solved at once if that is known.
    fn compared(&self, beside: Option<&Beside>) -> Table {
        let (title, how) = match beside {
            Some(_) => ("De séance en séance, et d'un coup", COMPARED),
            None => ("De séance en séance", NOT_COMPARED),
        };
        let mut table = Table::new("annee_d_un_coup", title, "L'année", how, SOURCE)
            .column("attributions", "Baux ou attributions", "attributions", 0, true)
            .column("points", "Points de priorité", "points", 0, true)
            .column("adequation", "Adéquation", "points", 0, false)
            .column("manque", "Membres qui manquent aux parts", "attributions", 0, true)
            .column("points_des_baux", "Points des baux", "%", 2, true);
        let own = &self.year.reached;
        let mut line = |id: &str, label: &str, reached: &Reached| {
            let firsts = self.quotas.iter().map(|quota| quota.asks == Asks::First);
            let shortfalls = reached.quotas.iter().zip(firsts).filter(|(_, first)| !first);
            let shortfall: u64 = shortfalls.map(|(quota, _)| quota.shortfall).sum();
            let cells = vec![
                count(reached.attributions),
                count(reached.priority),
                count(reached.fit),
                count(shortfall),
                percent(own.priority, reached.priority, 2),
            ];
            table.row(id, label, cells);
        };
        line("seances", "De séance en séance : les baux", own);
        let Some(Beside { paper, foreseen }) = beside else { return table };
        if let Some(foreseen) = foreseen {
            line("reponses_connues", "D'un coup, réponses connues", foreseen);
        }
        line("papier", "D'un coup, sur le papier", paper);
        table
    }

    /// The shares at the end of each quarter, and of the year.
    fn shares(&self) -> Option<Table> {
        if self.quotas.is_empty() {
            return None;
        }
        let mut table = Table::new(
            "parts_annee",
            "Les parts comptées sur l'année, de trimestre en trimestre",
            "Part",
            &format!("{} Depuis la première séance : les propositions faites, et les baux, sur lesquels la loi compte.", self.how),
            SOURCE,
        )
        .column("propositions", "Propositions comptées", "propositions", 0, false)
        .column("propositions_membres", "dont membres", "propositions", 0, false)
        .column("part_propositions", "Part des propositions", "%", 1, true)
        .column("baux", "Baux comptés", "baux", 0, false)
        .column("baux_membres", "dont membres", "baux", 0, false)
        .column("attendus", "Membres attendus", "baux", 0, false)
        .column("part_baux", "Part des baux", "%", 1, true)
        .column("manque", "Manque", "baux", 0, true);
        for (quarter, session) in (1..).zip(self.calendar.quarters()) {
            let Some(told) = self.year.sessions.get(session as usize) else { continue };
            let day = french_day(self.calendar.day(session));
            for (quota, (offered, leased)) in self.quotas.iter().zip(told.offered.iter().zip(&told.leased)) {
                let (offers, members) = quota.asks.told(offered.base, offered.members);
                let (leases, of_leases) = quota.asks.told(leased.base, leased.members);
                let target = quota.quota.target(leased.base);
                let asked = match quota.asks {
                    Asks::First => None,
                    Asks::ShareAtMost(..) => count(leases.saturating_sub(target)),
                    Asks::NumberAtMost(number) => count(number),
                    Asks::ShareAtLeast | Asks::NumberAtLeast(_) => count(target),
                };
                let short = target.saturating_sub(leased.members);
                let cells = vec![
                    count(offers),
                    count(members),
                    percent(members, offers, 1),
                    count(leases),
                    count(of_leases),
                    asked,
                    percent(of_leases, leases, 1),
                    count(short).filter(|_| quota.asks != Asks::First),
                ];
                let name = &quota.quota.name;
                table.row(&format!("t{quarter}_{name}"), &format!("au {day} · {}", quota.label), cells);
            }
        }
        Some(table)
    }

    /// How the holders stand at the end of the year by the conventions of flow.
    fn balances(&self) -> Option<Table> {
        let balances = self.plan.balances(&self.year.reached);
        if balances.is_empty() {
            return None;
        }
        let mut table = Table::new(
            "reservataires",
            "Ce qui revient à chaque réservataire, sur l'année",
            "Réservataire et convention",
            &format!("{} Un bail est imputé à un seul réservataire, parmi ceux qui pouvaient proposer le ménage, et à aucun s'il n'y en a pas. Dû : la part du flux de l'année, ou le nombre. Reste : ce qui lui revient encore ou, pour un plafond, ce qu'il peut encore avoir ; au-dessous de zéro, il a eu davantage.", self.how),
            SOURCE,
        )
        .column("du", "Dû", "baux", 0, true)
        .column("avant", "Eu avant l'année passée ici", "baux", 0, false)
        .column("baux", "Baux imputés", "baux", 0, true)
        .column("reste", "Reste", "baux", 0, true);
        for Balance { quota, label, scope, category, at_most, due, had, run, left, .. } in balances {
            let mut name = label;
            name.extend(scope.map(|scope| format!(" · {scope}")).iter().map(String::as_str));
            name.extend(category.map(|category| format!(" · {category}")).iter().map(String::as_str));
            if at_most {
                name.push_str(" (au plus)");
            }
            table.row(&quota, &name, vec![count(due), count(had), count(run), Some(left)]);
        }
        Some(table)
    }

    /// Weeks for which a request has waited on the day of a session.
    fn weeks(&self, request: usize, session: u32) -> i64 {
        let began = self.began.get(request).copied().unwrap_or(self.calendar.first);
        (day_number(self.calendar.day(session)) - day_number(began)).max(0) / 7
    }

    /// Who waits, and how long.
    fn waits(&self) -> Table {
        let how = "Semaines entières depuis le jour de la demande que disent les données ou, s'il n'est pas connu, depuis la première séance qui la voit : jusqu'au bail, ou jusqu'à la dernière séance pour qui attend. Un dixième attend moins que le premier décile, la moitié moins que la médiane.";
        let mut table =
            Table::new("attente_annee", "Qui attend, et combien de temps", "Demandes", how, SOURCE)
                .column("demandes", "Demandes", "demandes", 0, true)
                .column("decile_1", "Attente, premier décile", "semaines", 0, false)
                .column("quartile_1", "premier quartile", "semaines", 0, false)
                .column("mediane", "médiane", "semaines", 0, true)
                .column("quartile_3", "troisième quartile", "semaines", 0, false)
                .column("decile_9", "dernier décile", "semaines", 0, true);
        let last = self.calendar.sessions.saturating_sub(1);
        let (offered, refused) = self.offers_and_refusals();
        let came = self.arrivals.requests.iter().enumerate().filter(|(_, came)| came.is_some());
        let all: Vec<(usize, Option<u32>)> = came
            .map(|(request, _)| {
                (request, self.year.leases.get(request).copied().flatten().map(|lease| lease.session))
            })
            .collect();
        let mut line = |id: &str, label: &str, keep: &dyn Fn(usize, bool) -> bool| {
            let own = all.iter().filter(|(request, lease)| keep(*request, lease.is_some()));
            let mut weeks: Vec<i64> =
                own.map(|(request, lease)| self.weeks(*request, lease.unwrap_or(last))).collect();
            weeks.sort_unstable();
            // The least number of weeks that so many tenths, or more, do not exceed.
            let at = |part: usize, of: usize| {
                let place = (weeks.len() * part).div_ceil(of).checked_sub(1)?;
                weeks.get(place).copied()
            };
            let cells = vec![count(weeks.len()), at(1, 10), at(1, 4), at(1, 2), at(3, 4), at(9, 10)];
            table.row(id, label, cells);
        };
        let many = |all: &[u32], request: usize| all.get(request).copied().unwrap_or(0);
        line("logees", "Logées dans l'année", &|_, housed| housed);
        line("attendent", "Attendent à la fin de l'année", &|_, housed| !housed);
        line("sans_proposition", "dont n'ont reçu aucune proposition", &|request, housed| {
            !housed && many(&offered, request) == 0
        });
        line("ont_refuse", "dont ont refusé au moins une proposition", &|request, housed| {
            !housed && many(&refused, request) > 0
        });
        table
    }

    /// By request: how many offers it got, and how many it refused.
    fn offers_and_refusals(&self) -> (Vec<u32>, Vec<u32>) {
        let mut offered = vec![0; self.arrivals.requests.len()];
        let mut refused = offered.clone();
        for answer in self.year.sessions.iter().flat_map(|session| &session.answers) {
            offered.get_mut(answer.request as usize).into_iter().for_each(|n| *n += 1);
            let refused = refused.get_mut(answer.request as usize).filter(|_| !answer.taken);
            refused.into_iter().for_each(|n| *n += 1);
        }
        (offered, refused)
    }

    /// Offers and refusals.
    fn answers(&self) -> Table {
        let mut table = Table::new("reponses", "Qui refuse", "Mesure", &self.how, SOURCE)
            .column("valeur", "Valeur", "", 0, true);
        let answers = || self.year.sessions.iter().flat_map(|session| &session.answers);
        let (offers, refusals) = (answers().count(), answers().filter(|answer| !answer.taken).count());
        let (offered, refused) = self.offers_and_refusals();
        let leased = |request: usize| self.year.leases.get(request).is_some_and(Option::is_some);
        let requests =
            |keep: &dyn Fn(usize) -> bool| (0..offered.len()).filter(|request| keep(*request)).count();
        let times = |all: &[u32], request: usize| all.get(request).copied().unwrap_or(0);
        let mut line =
            |id: &str, label: &str, unit: &str, n: usize| table.figure(id, label, (unit, 0), count(n));
        line("propositions", "Propositions", "propositions", offers);
        line("refus", "dont refusées", "propositions", refusals);
        line(
            "demandes_proposees",
            "Demandes qui ont reçu une proposition",
            "demandes",
            requests(&|r| times(&offered, r) > 0),
        );
        line(
            "ont_refuse",
            "Demandes qui en ont refusé une ou plus",
            "demandes",
            requests(&|r| times(&refused, r) > 0),
        );
        line("ont_refuse_deux", "dont deux ou plus", "demandes", requests(&|r| times(&refused, r) > 1));
        line(
            "refus_puis_bail",
            "dont logées ensuite",
            "demandes",
            requests(&|r| times(&refused, r) > 0 && leased(r)),
        );
        // A unit that is refused at a session and not leased at it comes back to the next.
        let mut back = 0_usize;
        let mut refused_units: BTreeSet<u32> = BTreeSet::new();
        for session in &self.year.sessions {
            let taken: BTreeSet<u32> = session.answers.iter().filter(|a| a.taken).map(|a| a.unit).collect();
            let no: BTreeSet<u32> = session.answers.iter().filter(|a| !a.taken).map(|a| a.unit).collect();
            back += no.difference(&taken).count();
            refused_units.extend(no);
        }
        line("logements_refuses", "Logements refusés une fois ou plus", "logements", refused_units.len());
        line(
            "listes_epuisees",
            "Listes refusées en entier : le logement revient à la séance suivante",
            "listes",
            back,
        );
        let first = |unit: u32| self.arrivals.units.get(unit as usize).copied().flatten();
        let vacant = self.year.leases.iter().flatten().filter_map(|lease| {
            let days = day_number(self.calendar.day(lease.session))
                - day_number(self.calendar.day(first(lease.unit)?));
            Some(Exact::new(i128::from(days), 7))
        });
        let label = "Du premier passage en séance au bail, en moyenne";
        table.figure("vacance", label, ("semaines", 1), mean(vacant, 1));
        table.figure(
            "part_refus",
            "Part des propositions refusées",
            ("%", 1),
            percent(refusals as u64, offers as u64, 1),
        );
        table.of(offers as u64);
        if let Some(last) = self.year.sessions.last() {
            for (quota, (offered, leased)) in self.quotas.iter().zip(last.offered.iter().zip(&last.leased)) {
                let (_, offers) = quota.asks.told(offered.base, offered.members);
                let (_, leases) = quota.asks.told(leased.base, leased.members);
                let label = format!("dont aux membres : {}", quota.label);
                let refused = offers.saturating_sub(leases);
                table.figure(
                    &format!("part_refus_{}", quota.quota.name),
                    &label,
                    ("%", 1),
                    percent(refused, offers, 1),
                );
                table.of(offers);
            }
        }
        table
    }

    /// A row a session.
    fn sessions(&self) -> Table {
        let mut table = Table::new("semaines", "Séance après séance", "Séance", &self.how, SOURCE)
            .column("nouvelles", "Demandes nouvelles", "demandes", 0, false)
            .column("attendent", "Demandes en attente", "demandes", 0, false)
            .column("liberes", "Logements nouveaux", "logements", 0, false)
            .column("libres", "Logements libres", "logements", 0, false)
            .column("propositions", "Propositions", "propositions", 0, false)
            .column("refus", "Refus", "propositions", 0, false)
            .column("baux", "Baux", "baux", 0, false)
            .column("baux_annee", "Baux depuis janvier", "baux", 0, true);
        for quota in self.quotas {
            let name = &quota.quota.name;
            table = table
                .column(
                    &format!("{name}_propositions"),
                    &format!("{} : part des propositions", quota.label),
                    "%",
                    1,
                    false,
                )
                .column(&format!("{name}_baux"), &format!("{} : part des baux", quota.label), "%", 1, false);
        }
        let mut all = 0;
        for (number, session) in (0_u32..).zip(&self.year.sessions) {
            let Session { came, waiting, freed, free, answers, offered, leased, .. } = session;
            let leases = answers.iter().filter(|answer| answer.taken).count();
            all += leases;
            let mut cells = vec![
                count(*came),
                count(*waiting),
                count(*freed),
                count(*free),
                count(answers.len()),
                count(answers.len() - leases),
                count(leases),
                count(all),
            ];
            for (quota, (offered, leased)) in self.quotas.iter().zip(offered.iter().zip(leased)) {
                cells.extend([offered, leased].map(|own: &Already| {
                    let (base, members) = quota.asks.told(own.base, own.members);
                    percent(members, base, 1)
                }));
            }
            let label = format!("{:02} · {}", number + 1, french_day(self.calendar.day(number)));
            table.row(&format!("s{:02}", number + 1), &label, cells);
        }
        table
    }
}

#[cfg(test)]
mod tests {
    use super::Calendar;
    use logis_language::value::{Date, add_days, parse_date};

    /// Each day of a year is of one session, sessions follow each other, are as long as each other to a day, and end on the day that
    /// they say.
    #[test]
    fn sessions_cut_the_year() {
        for (date, days) in [("2017-06-30", 365), ("2016-12-31", 366)] {
            let date: Date = parse_date(date).unwrap();
            for sessions in [1, 2, 3, 12, 50, 52, 53, 365] {
                let calendar = Calendar::new(date, sessions);
                let of: Vec<u32> = (0..days)
                    .map(|day| calendar.session(add_days(calendar.first, day).unwrap()).unwrap())
                    .collect();
                assert!(of.is_sorted() && of.first() == Some(&0) && of.last() == Some(&(sessions - 1)));
                let lengths: Vec<usize> = of.chunk_by(|a, b| a == b).map(<[u32]>::len).collect();
                assert_eq!(lengths.len(), sessions as usize);
                assert!(lengths.iter().max().unwrap() - lengths.iter().min().unwrap() <= 1);
                for session in 0..sessions {
                    let last = of.iter().rposition(|own| *own == session).unwrap() as i64;
                    assert_eq!(calendar.day(session), add_days(calendar.first, last).unwrap());
                }
                assert_eq!(calendar.session(add_days(calendar.first, -400).unwrap()), Some(0));
                assert_eq!(calendar.session(add_days(calendar.first, days).unwrap()), None);
            }
        }
        assert_eq!(Calendar::new(parse_date("2017-06-30").unwrap(), 52).quarters(), [12, 25, 38, 51]);
        assert_eq!(Calendar::new(parse_date("2017-06-30").unwrap(), 1).quarters(), [0]);
    }
}
