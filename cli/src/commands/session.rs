//! A session of the commission that follows a ledger: what stands in it, what comes new, what is entered.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Result, anyhow, bail};
use logis::Posing;
use logis::attribution::{Asks, Commission, CountedLease, Left, Place, QuotaInForce, Recorded};
use logis::ledger::{Entry, Kind, LEAVES, Lease, Ledger, LedgerError, LedgerPlace, Line, OCCUPIED};
use logis::matching::Already;
use logis::value::Date;
use serde_json::{Map, Value as Json};

use super::ledger;
use crate::End;
use crate::args::LedgerArgs;
use crate::text::count;

/// Pairs of identifiers, owned.
fn owned<'i>(pairs: impl Iterator<Item = (&'i str, &'i str)>) -> Vec<(String, String)> {
    pairs.map(|(request, unit)| (request.to_string(), unit.to_string())).collect()
}

/// What a ledger says of a matching as of a day: what is let since the first day of the year, decided or firmly accepted is
/// made; leases of other years are history.
pub fn of_matching(ledger: &Ledger, day: Date) -> Recorded {
    let state = ledger.state();
    let running = state.leases_of(day.year()).filter(|lease| lease.ended.is_none());
    let own: BTreeSet<&str> = running.map(|lease| lease.unit).collect();
    let old: BTreeSet<&str> =
        state.leases().map(|(_, unit)| unit).filter(|unit| !own.contains(unit)).collect();
    let given = || state.given();
    Recorded {
        head: ledger.head(),
        made: owned(given().filter(|(_, unit)| !old.contains(unit)).chain(state.firm())),
        out: owned(given().filter(|(_, unit)| old.contains(unit))),
        struck: owned(state.struck()),
        charges: charges(ledger),
        left: left(ledger),
        counted: counted(ledger, day),
    }
}

/// Who holds no longer what data may still say: who has signed a lease, and of what is let or decided who held it before.
fn left(ledger: &Ledger) -> Left {
    let state = ledger.state();
    let pairs = owned(state.moved().chain(state.ended()));
    Left {
        signed: state.leases().map(|(request, _)| request.to_string()).collect(),
        given: state.given().map(|(_, unit)| unit.to_string()).collect(),
        pairs: pairs.into_iter().collect(),
    }
}

/// To whom pairs are charged, by the sessions that offered them.
fn charges(ledger: &Ledger) -> Vec<((String, String), Option<String>)> {
    let state = ledger.state();
    let pairs = owned(state.given().chain(state.firm())).into_iter();
    pairs
        .filter_map(|pair| {
            let charge = state.charge(&pair.0, &pair.1)?.map(str::to_string);
            Some((pair, charge))
        })
        .collect()
}

/// In which quotas the leases of the year count, as their sessions decided.
fn counted(ledger: &Ledger, day: Date) -> Vec<CountedLease> {
    let one = |lease: Lease<'_>| CountedLease {
        pair: (lease.request.to_string(), lease.unit.to_string()),
        quotas: lease.counts.into_iter().flatten().map(|(name, member)| (name.clone(), *member)).collect(),
        ended: lease.ended.is_some(),
    };
    ledger.state().leases_of(day.year()).map(one).collect()
}

/// Says what counts in the quotas before the problem.
fn say_year(ledger: &Ledger, posing: &Posing) {
    let day = posing.plan.pairs.date;
    for quota in posing.plan.quotas.iter().filter(|quota| quota.quota.already.base > 0) {
        let Already { base, members } = quota.quota.already;
        let (base, members) = quota.asks.told(base, members);
        eprintln!(
            "registre: quota {}: {members} sur {base} baux depuis le 1er janvier {}",
            quota.quota.name,
            day.year()
        );
    }
    // What counted for a value of which these data have no unit stands here only.
    let leases = || ledger.state().leases_of(day.year()).filter_map(|lease| lease.counts);
    let families = || posing.plan.quotas.iter().map(|quota| &quota.family);
    let elsewhere = |name: &String| {
        let of =
            |family: &String| name.strip_prefix(family.as_str()).is_some_and(|rest| rest.starts_with(" ["));
        !posing.plan.quotas.iter().any(|quota| quota.quota.name == *name) && families().any(of)
    };
    let names: BTreeSet<&String> =
        leases().flat_map(|own| own.keys()).filter(|name| elsewhere(name)).collect();
    for name in names {
        let own = || leases().filter_map(|counts| counts.get(name));
        eprintln!(
            "registre: quota {name}: {} sur {} baux depuis le 1er janvier {}, et aucun logement de ces données",
            own().filter(|member| **member).count(),
            own().count(),
            day.year()
        );
    }
    let uncounted = ledger.state().leases_of(day.year()).filter(|lease| lease.counts.is_none()).count();
    if uncounted > 0 && !posing.plan.quotas.is_empty() {
        eprintln!(
            "registre: baux de l'année dont aucune séance n'a dit les quotas, et qui ne comptent pas: {uncounted}"
        );
    }
}

/// Says what of a ledger these data cannot have, and what is still open in it.
pub fn say(ledger: &Ledger, posing: &Posing) {
    say_year(ledger, posing);
    say_left(posing);
    let unmade = posing.unmade.len();
    if unmade > 0 {
        eprintln!(
            "registre: attributions qui ne sont plus des candidatures de ces données, et dont la demande et le logement n'y comptent pas: {}",
            count(unmade)
        );
    }
    let open = ledger.state().unanswered();
    if open > 0 {
        eprintln!(
            "registre: propositions sans réponse: {}; `logis commission --ledger` les suit, cet appariement n'en tient pas compte",
            count(open)
        );
    }
}

/// Says of how many requests the data say a unit that the ledger says they hold no longer.
fn say_left(posing: &Posing) {
    let left = posing.instance.left;
    if left > 0 {
        eprintln!(
            "registre: demandes qui n'occupent plus le logement que disent les données, quitté ou loué depuis: {}",
            count(left)
        );
    }
}

/// A session: the ledger as it was before, the session that it had next, if this is one of before.
pub struct Followed {
    ledger: Ledger,
    next: Vec<Entry>,
    /// By number of the unit: its places that stand, and the ranks that they had.
    lists: Vec<Vec<Place>>,
    ranks: Vec<Vec<u32>>,
    /// By number of the unit: the last rank that was notified.
    last: Vec<u32>,
    /// By number of the unit: is it let or decided?
    given: Vec<bool>,
}

impl Followed {
    /// Opens the ledger; one that is not there is empty, if this session begins it.
    pub fn open(args: &LedgerArgs, append: bool) -> Result<Option<Followed>> {
        let Some(path) = &args.ledger else { return Ok(None) };
        let whole = match append {
            true => ledger::open_or_new(path)?,
            false => ledger::open(path)?,
        };
        let mut next = Vec::new();
        let own = match args.up_to {
            None => whole,
            Some(up_to) => {
                let after = whole.lines().iter().skip_while(|line| line.number <= up_to);
                let mut after = after.map(|line: &Line| line.entry.clone()).peekable();
                if after.peek().is_some_and(|entry| entry.kind == Kind::Session) {
                    next.extend(after.next());
                    next.extend(after.take_while(|entry| entry.kind == Kind::Offer));
                }
                whole.up_to(up_to).map_err(|error| ledger::said(path, error))?
            }
        };
        let (lists, ranks, last, given) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Ok(Some(Followed { ledger: own, next, lists, ranks, last, given }))
    }

    /// What the ledger says of the problem: what is let or decided is out, what was refused is struck.
    pub fn recorded(&self, day: Date) -> Recorded {
        let state = self.ledger.state();
        let (out, struck) = (owned(state.given()), owned(state.struck()));
        let counted = counted(&self.ledger, day);
        let (made, charges) = (Vec::new(), Vec::new());
        let left = left(&self.ledger);
        Recorded { head: self.ledger.head(), made, out, struck, charges, left, counted }
    }

    /// Finds the places of these data that stand; `places` is how many candidates each unit is to have, none where it is given.
    pub fn prepare(&mut self, loaded: &Posing, places: &mut [usize]) {
        let Posing { instance, dataset, .. } = loaded;
        let state = self.ledger.state();
        let (mut gone, mut unsuitable) = (BTreeSet::new(), 0);
        let find = |unit: &&str| instance.units.find(dataset, unit).is_some();
        let let_or_decided: BTreeSet<&str> = state.given().map(|(_, unit)| unit).collect();
        let units_gone = state.offered().filter(|unit| !let_or_decided.contains(unit) && !find(unit)).count();
        for unit in (0_u32..).take(instance.units.len()) {
            let id = instance.units.id(dataset, unit);
            let (mut list, mut ranks) = (Vec::new(), Vec::new());
            let given = let_or_decided.contains(id);
            for offer in state.standing(id).filter(|_| !given) {
                match instance.requests.find(dataset, &offer.request) {
                    None => drop(gone.insert(offer.request.as_str())),
                    Some(request) if instance.pair(request, unit).is_none() => unsuitable += 1,
                    Some(request) => {
                        list.push(Place { request, shared: offer.shared });
                        ranks.push(offer.rank);
                    }
                }
            }
            self.lists.push(list);
            self.ranks.push(ranks);
            self.last.push(state.last_rank(id));
            self.given.push(given);
        }
        let gone = gone.len();
        let held_up = self.hold_up(loaded, places);
        for (number, what) in [
            (gone, "demandes des listes notifiées ne sont plus dans les données"),
            (units_gone, "logements proposés ne sont plus dans les données"),
            (unsuitable, "places notifiées ne sont plus celles d'une candidature recevable"),
            (
                held_up,
                "listes notifiées sont celles d'un logement que son locataire garde d'après ces données",
            ),
        ] {
            if number > 0 {
                eprintln!("{} {what}: la séance s'en passe, et les autres rangs restent", count(number));
            }
        }
        for (places, _) in places.iter_mut().zip(&self.given).filter(|(_, given)| **given) {
            *places = 0;
        }
    }

    /// Leaves out the lists of units whose tenant stands in no list of these data, so that it stays, and what hangs on those in
    /// turn: how many. These units are for nobody in this session.
    fn hold_up(&mut self, loaded: &Posing, places: &mut [usize]) -> usize {
        let Posing { instance, dataset, .. } = loaded;
        let state = self.ledger.state();
        let mut held_up = 0;
        loop {
            let standing: BTreeSet<u32> = self.lists.iter().flatten().map(|place| place.request).collect();
            let stands = |tenant: &str| {
                instance.requests.find(dataset, tenant).is_some_and(|tenant| standing.contains(&tenant))
            };
            let lists = (0_u32..).zip(self.lists.iter_mut().zip(&mut self.ranks)).zip(places.iter_mut());
            let mut any = false;
            for ((unit, (list, ranks)), places) in lists {
                let tenant = state.tenant(instance.units.id(dataset, unit));
                if list.is_empty() || tenant.is_none_or(stands) {
                    continue;
                }
                list.clear();
                ranks.clear();
                (*places, any, held_up) = (0, true, held_up + 1);
            }
            if !any {
                return held_up;
            }
        }
    }

    /// Is there a list to follow? If not, the session is one without a ledger among those who are left.
    pub fn follows(&self) -> bool {
        self.lists.iter().any(|list| !list.is_empty())
    }

    /// By number of the unit: the places that stand, which are followed.
    pub fn lists(&self) -> Vec<Vec<Place>> {
        self.lists.clone()
    }

    /// To whom the lists that stand are charged, by number of the unit: as their sessions said.
    pub fn charge(&self, loaded: &Posing, holders: &mut [Option<usize>]) {
        let Posing { instance, dataset, plan, .. } = loaded;
        let Some(flow) = &plan.flow else { return };
        for (unit, (list, own)) in (0_u32..).zip(self.lists.iter().zip(holders)) {
            let Some(first) = list.first() else { continue };
            let request = instance.requests.id(dataset, first.request);
            let charge = self.ledger.state().charge(request, instance.units.id(dataset, unit));
            if let Some(holder) = charge {
                *own = holder.and_then(|name| flow.find(name));
            }
        }
    }

    /// Numbers what comes new: its ranks are those after the ones that were notified.
    pub fn number(&mut self, commission: &Commission) {
        for ((ranks, list), last) in self.ranks.iter_mut().zip(&commission.lists).zip(&self.last) {
            let more = list.len().saturating_sub(ranks.len());
            ranks.extend((last + 1..).take(more));
        }
    }

    /// The rank of a place of a list, by number of the unit.
    pub fn rank(&self, unit: u32, at: usize) -> usize {
        let rank = self.ranks.get(unit as usize).and_then(|ranks| ranks.get(at));
        rank.map_or(at + 1, |rank| *rank as usize)
    }

    /// How many units are let or decided.
    fn given(&self) -> usize {
        self.given.iter().filter(|given| **given).count()
    }

    /// What the session enters: itself, with what was asked for, then each place that is new.
    fn entries(
        &self,
        (loaded, commission, holders): (&Posing, &Commission, &[Option<usize>]),
        asked: &[(&'static str, Json)],
    ) -> Result<Vec<Entry>> {
        let Posing { instance, dataset, plan, .. } = loaded;
        let (posed, day) = (loaded.posed()?, plan.pairs.date);
        let tenants = instance.holders();
        let mut offers = Vec::new();
        for (unit, ((list, followed), holder)) in
            (0_u32..).zip(commission.lists.iter().zip(&self.lists).zip(holders))
        {
            for (at, place) in list.iter().enumerate().skip(followed.len()) {
                let request = instance.requests.id(dataset, place.request);
                let offer = Entry::new(day, Kind::Offer, request, instance.units.id(dataset, unit));
                let offer = offer.with("rang", self.rank(unit, at));
                let marks = instance.marks_in_list(*holder, place.request, unit);
                let offer = match plan.quotas.is_empty() {
                    true => offer,
                    false => offer.with("quotas", quotas(loaded, marks)),
                };
                let leaves = instance.held(place.request).map(|unit| instance.units.id(dataset, unit));
                let offer = leaves.into_iter().fold(offer, |offer, unit| offer.with(LEAVES, unit));
                let tenant = tenants.get(unit as usize).copied().flatten();
                let tenant = tenant.map(|request| instance.requests.id(dataset, request));
                let offer = tenant.into_iter().fold(offer, |offer, by| offer.with(OCCUPIED, by));
                let offer = match &plan.flow {
                    Some(flow) => offer.with(logis::ledger::CHARGE, flow.name(marks)),
                    None => offer,
                };
                offers.push(if place.shared { offer.with("partage", true) } else { offer });
            }
        }
        let session = Entry::new(day, Kind::Session, "", "")
            .with("paquet", posed.pack)
            .with("regles", posed.rules)
            .with("parametres", posed.parameters)
            .with("donnees", posed.data)
            .with("propositions", offers.len());
        let session = posed.seed.into_iter().fold(session, |session, seed| session.with("graine", seed));
        let session = asked.iter().fold(session, |session, (key, own)| session.with(key, own.clone()));
        Ok(std::iter::once(session).chain(offers).collect())
    }

    /// Enters the session at the end of the ledger, if that is asked; one of before is held against what it entered then.
    pub fn end(
        &mut self,
        path: &Path,
        (loaded, commission, holders): (&Posing, &Commission, &[Option<usize>]),
        (asked, append): (&[(&'static str, Json)], bool),
    ) -> Result<End> {
        let entries = self.entries((loaded, commission, holders), asked)?;
        let new = count(entries.len().saturating_sub(1));
        eprintln!(
            "registre: logements loués ou décidés: {}; listes suivies: {}; propositions nouvelles: {new}",
            count(self.given()),
            count(self.lists.iter().filter(|list| !list.is_empty()).count()),
        );
        say_year(&self.ledger, loaded);
        say_left(loaded);
        if append {
            self.ledger.append(&entries).map_err(|error| match error {
                // What comes after the first follows from it.
                LedgerError::Refused(why) => {
                    let why = why.first().map_or_else(String::new, |(_, why)| why.to_string());
                    anyhow!(
                        "{}: registre: la séance du {} {why}",
                        LedgerPlace::of(path),
                        loaded.plan.pairs.date
                    )
                }
                other => ledger::said(path, other),
            })?;
            let first = self.ledger.lines().len() - entries.len() + 1;
            eprintln!(
                "registre: séance inscrite à la ligne {first}; dernière empreinte: {}",
                self.ledger.head()
            );
        } else if let Some(then) = self.next.first() {
            if self.next == entries {
                eprintln!("registre: la séance inscrite ensuite, du {}, est celle-ci", then.day);
                return Ok(End::Fine);
            }
            eprintln!(
                "registre: la séance inscrite ensuite, du {}, est une autre: {}",
                then.day,
                self.other(&entries)
            );
            return Ok(End::FellShort);
        } else if entries.len() > 1 {
            eprintln!("registre: rien n'est inscrit; --append inscrit la séance et ses propositions");
        }
        Ok(End::Fine)
    }

    /// In what the session that was entered differs from this one.
    fn other(&self, entries: &[Entry]) -> String {
        let (Some(then), Some(now)) = (self.next.first(), entries.first()) else { return String::new() };
        let mut others: Vec<String> = Vec::new();
        if then.day != now.day {
            others.push(format!("jour {} ici", now.day));
        }
        let keys: BTreeSet<&String> = then.details.keys().chain(now.details.keys()).collect();
        for key in keys {
            let of = |entry: &Entry| entry.details.get(key).map_or("rien".to_string(), ToString::to_string);
            if of(then) != of(now) {
                others.push(format!("`{key}` y est {}, ici {}", of(then), of(now)));
            }
        }
        let places = self.next.iter().skip(1).zip(entries.iter().skip(1)).filter(|(a, b)| a != b).count();
        if places > 0 {
            others.push(format!("{} propositions", count(places)));
        }
        others.join("; ")
    }
}

/// The quotas in whose base a pair of these marks counts, by name: is it a member?
fn quotas(loaded: &Posing, marks: u64) -> Map<String, Json> {
    let quotas = loaded.plan.quotas.iter().enumerate();
    // Who comes first is counted over no year.
    let quotas = quotas.filter(|(at, quota)| quota.asks != Asks::First && marks >> (2 * at) & 1 == 1);
    let member = |at: usize, quota: &QuotaInForce| quota.asks.told(1, marks >> (2 * at + 1) & 1).1 == 1;
    quotas.map(|(at, quota)| (quota.quota.name.clone(), member(at, quota).into())).collect()
}

/// A session is of a day that is given.
pub fn needs_day(append: bool, given: bool) -> Result<()> {
    if append && !given {
        bail!("--append: attendu: --as-of, le jour de la séance");
    }
    Ok(())
}
