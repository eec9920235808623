//! Moves in a ledger: what lines of chains and exchanges say together, held against a slow judge that keeps nothing but the
//! lines.

use std::collections::{BTreeMap, BTreeSet};

use logis::ledger::{Contradiction, Entry, Kind, LEAVES, OCCUPIED, State};
use logis::value::{Date, parse_date};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

fn day(number: u32) -> Date {
    parse_date(&format!("2017-07-{number:02}")).unwrap()
}

/// What was offered: request, unit, which unit the request leaves, and who holds the unit.
type Offered = Vec<(String, String)>;

/// Who holds which unit before anything is signed.
type Homes = BTreeMap<String, String>;

/// A session of these offers, in the order of units; ranks are those of each unit's offers.
fn session(offered: &Offered, homes: &Homes) -> Vec<Entry> {
    let holder = |unit: &str| homes.iter().find(|(_, own)| *own == unit).map(|(request, _)| request.clone());
    let mut ranks: BTreeMap<&str, u32> = BTreeMap::new();
    let mut all = vec![Entry::new(day(3), Kind::Session, "", "").with("propositions", offered.len())];
    for (request, unit) in offered {
        let rank = ranks.entry(unit).or_default();
        *rank += 1;
        let offer = Entry::new(day(3), Kind::Offer, request, unit).with("rang", *rank);
        let offer =
            homes.get(request).into_iter().fold(offer, |offer, unit| offer.with(LEAVES, unit.as_str()));
        all.push(holder(unit).into_iter().fold(offer, |offer, by| offer.with(OCCUPIED, by)));
    }
    all
}

/// Reads lines one after the other, with nothing kept but those: who is where, what was said, which lists lapsed, and whom an
/// exchange binds.
#[derive(Clone)]
struct Judge {
    offered: Offered,
    homes: Homes,
    said: Vec<(Kind, String, String)>,
    lapsed: BTreeSet<String>,
    bound: BTreeSet<(String, String)>,
}

impl Judge {
    fn said(&self, kind: Kind, request: &str, unit: &str) -> bool {
        self.said.iter().any(|own| *own == (kind, request.to_string(), unit.to_string()))
    }

    /// The last of these that was said of a pair.
    fn last(&self, kinds: &[Kind], request: &str, unit: &str) -> Option<Kind> {
        let of = |own: &&(Kind, String, String)| kinds.contains(&own.0) && own.1 == request && own.2 == unit;
        self.said.iter().rev().find(of).map(|own| own.0)
    }

    fn signed(&self, request: &str) -> bool {
        self.said.iter().any(|own| own.0 == Kind::Lease && own.1 == request)
    }

    /// Who has a unit by a lease or a decision.
    fn taker(&self, unit: &str) -> Option<String> {
        let mut requests = self.said.iter().filter(|own| own.2 == unit).map(|own| own.1.clone());
        requests.find(|request| self.has(request, unit))
    }

    fn has(&self, request: &str, unit: &str) -> bool {
        self.said(Kind::Lease, request, unit)
            || self.last(&[Kind::Decision, Kind::Exclusion], request, unit) == Some(Kind::Decision)
    }

    fn housed(&self, request: &str) -> bool {
        self.said.iter().any(|own| own.1 == request && self.has(request, &own.2))
    }

    /// Who holds a unit and has signed for no other.
    fn tenant(&self, unit: &str) -> Option<&String> {
        let holder = self.homes.iter().find(|(_, own)| *own == unit).map(|(request, _)| request)?;
        Some(holder).filter(|holder| !self.signed(holder))
    }

    fn stands(&self, request: &str, unit: &str) -> bool {
        self.offered.contains(&(request.to_string(), unit.to_string()))
            && !self.lapsed.contains(unit)
            && !self.said(Kind::Refusal, request, unit)
            && !self.said(Kind::Exclusion, request, unit)
    }

    fn first(&self, unit: &str) -> Option<&str> {
        let waits = |request: &str| self.has(request, unit) || !self.housed(request);
        let list = self.offered.iter().filter(|own| own.1 == unit).map(|own| own.0.as_str());
        list.into_iter().find(|request| self.stands(request, unit) && waits(request))
    }

    fn accepted(&self, request: &str) -> Option<&str> {
        let mut units = self.offered.iter().filter(|own| own.0 == request).map(|own| own.1.as_str());
        units.find(|unit| self.said(Kind::Acceptance, request, unit) && self.stands(request, unit))
    }

    /// Is a unit empty, or will it be as all whom an exchange needs have accepted? Then those.
    fn empties(&self, request: &str, unit: &str) -> Option<Vec<(String, String)>> {
        let Some(mut tenant) = self.tenant(unit) else { return Some(Vec::new()) };
        if self.bound.contains(&(request.to_string(), unit.to_string())) {
            return Some(Vec::new());
        }
        let mut ring = Vec::new();
        // A ring has no more members than there are homes.
        for _ in 0..self.homes.len() {
            let next = self.accepted(tenant).filter(|next| self.first(next) == Some(tenant))?;
            ring.push((tenant.clone(), next.to_string()));
            match self.tenant(next) {
                Some(of) if of == request => return Some(ring),
                Some(of) => tenant = of,
                None => return None,
            }
        }
        None
    }

    fn may(&self, kind: Kind, request: &str, unit: &str) -> bool {
        let offered = self.offered.contains(&(request.to_string(), unit.to_string()));
        let stands = self.stands(request, unit);
        let taken = self.taker(unit).is_some() || self.housed(request);
        let elsewhere = self.accepted(request).is_some_and(|own| own != unit);
        let first = self.first(unit).is_none_or(|first| first == request);
        // A list that lapsed is past, with what was refused in it: a decision outside of lists may still be for it.
        let refused = self.said(Kind::Refusal, request, unit) && !self.lapsed.contains(unit);
        let struck = refused || self.said(Kind::Exclusion, request, unit);
        let bound = self.bound.contains(&(request.to_string(), unit.to_string()));
        match kind {
            Kind::Acceptance => stands && !taken && !elsewhere && self.accepted(request) != Some(unit),
            Kind::Refusal => {
                offered
                    && !self.lapsed.contains(unit)
                    && !self.said(kind, request, unit)
                    && !self.has(request, unit)
                    && !bound
            }
            Kind::Lease if self.has(request, unit) => !self.said(kind, request, unit),
            Kind::Lease => stands && !taken && !elsewhere && first && self.empties(request, unit).is_some(),
            Kind::Decision => !struck && !taken && !elsewhere && first && self.occupied(unit).is_none(),
            Kind::Exclusion => {
                !self.said(kind, request, unit) && !self.said(Kind::Lease, request, unit) && !bound
            }
            other => panic!("{other:?}"),
        }
    }

    /// Who holds a unit on whose move a list hangs: of a list that lapsed, and of a unit that was offered to nobody,
    /// nothing is known.
    fn occupied(&self, unit: &str) -> Option<&String> {
        let known = self.offered.iter().any(|own| own.1 == unit) && !self.lapsed.contains(unit);
        self.tenant(unit).filter(|_| known)
    }

    fn say(&mut self, kind: Kind, request: &str, unit: &str) {
        if kind == Kind::Lease && !self.has(request, unit) {
            let ring = self.empties(request, unit).unwrap();
            self.bound.extend(ring);
        }
        self.said.push((kind, request.to_string(), unit.to_string()));
        // Of lists whose tenant could still go somewhere, those whose tenant could only go to one that lapses, lapse.
        let units: BTreeSet<String> = self.offered.iter().map(|own| own.1.clone()).collect();
        let hangs = |unit: &&String| self.occupied(unit).is_some();
        let mut alive: BTreeSet<String> = units.iter().filter(hangs).cloned().collect();
        loop {
            let goes = |unit: &String| {
                let tenant = self.occupied(unit).unwrap();
                let place = |own: &(String, String)| {
                    own.0 == *tenant
                        && self.stands(tenant, &own.1)
                        && self.taker(&own.1).is_none_or(|by| by == *tenant)
                        && (self.occupied(&own.1).is_none() || alive.contains(&own.1))
                };
                self.housed(tenant) || self.offered.iter().any(place)
            };
            let left: BTreeSet<String> = alive.iter().filter(|unit| goes(unit)).cloned().collect();
            if left == alive {
                break;
            }
            alive = left;
        }
        let gone: Vec<String> =
            units.iter().filter(hangs).filter(|unit| !alive.contains(*unit)).cloned().collect();
        self.lapsed.extend(gone);
    }
}

/// Drawn lists of chains and rings, drawn lines after them: what the state takes is what the judge lets, and who stands where,
/// what is firm and who has moved is what it says.
#[test]
fn lines_of_moves_are_taken_as_a_slow_judge_takes_them() {
    let mut seen: BTreeMap<(Kind, bool), u32> = BTreeMap::new();
    let mut why: BTreeMap<&str, u32> = BTreeMap::new();
    for seed in 0..500 {
        let mut draw = ChaCha8Rng::seed_from_u64(seed);
        let tenants = draw.random_range(1..5_usize);
        let homes: Homes = (1..=tenants).map(|n| (format!("D{n}"), format!("L{n}"))).collect();
        let ring = draw.random_range(0..3) > 0;
        // A tenant goes to the home of the next or, of a chain, to what is vacant; others stand behind or before.
        let mut offered: Offered = Vec::new();
        for n in 1..=tenants {
            let next = if n < tenants { format!("L{}", n + 1) } else { "V".to_string() };
            let next = if ring && n == tenants { "L1".to_string() } else { next };
            if next != format!("L{n}") {
                offered.push((format!("D{n}"), next));
            }
        }
        for unit in (1..=tenants).map(|n| format!("L{n}")).chain(["V".into(), "W".into()]) {
            for request in ["D1", "D2", "D6", "D7"] {
                let pair = (request.to_string(), unit.clone());
                let own = homes.get(request) == Some(&unit);
                if !own && !offered.contains(&pair) && draw.random_range(0..5) == 0 {
                    offered.insert(draw.random_range(0..=offered.len()), pair);
                }
            }
        }
        // Nobody's move is offered to others where it has no place itself.
        loop {
            let places: BTreeSet<String> = offered.iter().map(|own| own.0.clone()).collect();
            let before = offered.len();
            offered
                .retain(|own| homes.iter().all(|(tenant, home)| *home != own.1 || places.contains(tenant)));
            if offered.len() == before {
                break;
            }
        }
        offered.sort_by(|a, b| a.1.cmp(&b.1));
        let (mut state, mut line) = (State::default(), 0);
        for entry in session(&offered, &homes) {
            line += 1;
            state.apply(line, &entry).unwrap();
        }
        let mut judge = Judge {
            offered: offered.clone(),
            homes: homes.clone(),
            said: Vec::new(),
            lapsed: BTreeSet::new(),
            bound: BTreeSet::new(),
        };
        let units: Vec<String> =
            (1..=tenants).map(|n| format!("L{n}")).chain(["V".into(), "W".into()]).collect();
        for _ in 0..25 {
            let kinds = [
                Kind::Acceptance,
                Kind::Acceptance,
                Kind::Acceptance,
                Kind::Lease,
                Kind::Lease,
                Kind::Lease,
                Kind::Refusal,
                Kind::Decision,
                Kind::Exclusion,
            ];
            let kind = kinds[draw.random_range(0..kinds.len())];
            let (request, unit) = match draw.random_range(0..6) {
                0 => (
                    format!("D{}", draw.random_range(1..8)),
                    units[draw.random_range(0..units.len())].clone(),
                ),
                _ if offered.is_empty() => continue,
                _ => offered[draw.random_range(0..offered.len())].clone(),
            };
            let entry = Entry::new(day(4), kind, &request, &unit);
            let (before, may) = (state.clone(), judge.may(kind, &request, &unit));
            let taken = state.apply(line + 1, &entry);
            let said = || {
                format!(
                    "{seed}: {homes:?} {offered:?}\n{:#?}\n{kind:?} {request} {unit}: {taken:?}",
                    judge.said
                )
            };
            assert_eq!(taken.is_ok(), may, "{}", said());
            *seen.entry((kind, may)).or_default() += 1;
            match &taken {
                Ok(()) => (line, ()) = (line + 1, judge.say(kind, &request, &unit)),
                Err(error) => {
                    assert_eq!(state, before);
                    let name = match error {
                        Contradiction::Occupied { .. } => "occupied",
                        Contradiction::Lapsed { .. } => "lapsed",
                        Contradiction::Exchanged { .. } => "exchanged",
                        _ => "other",
                    };
                    *why.entry(name).or_default() += 1;
                }
            }
            for unit in &units {
                let standing: Vec<&str> = state.standing(unit).map(|offer| offer.request.as_str()).collect();
                let waits = |request: &str| judge.has(request, unit) || !judge.housed(request);
                let list = offered.iter().filter(|own| own.1 == *unit).map(|own| own.0.as_str());
                let expected: Vec<&str> =
                    list.filter(|request| judge.stands(request, unit) && waits(request)).collect();
                assert_eq!(standing, expected, "{unit}");
            }
            // Firm: accepted and first, and of a unit that is held, where its tenant goes for sure.
            let mut firm: BTreeMap<&str, &str> = units
                .iter()
                .filter(|unit| judge.taker(unit).is_none())
                .filter_map(|unit| Some((judge.first(unit)?, unit.as_str())))
                .filter(|(request, unit)| judge.accepted(request) == Some(unit))
                .collect();
            while let Some(request) = firm.iter().find_map(|(request, unit)| {
                let sure = |tenant: &String| firm.contains_key(tenant.as_str()) || judge.housed(tenant);
                judge.occupied(unit).is_some_and(|tenant| !sure(tenant)).then_some(*request)
            }) {
                firm.remove(request);
            }
            assert_eq!(state.firm().collect::<BTreeMap<_, _>>(), firm);
            let moved: BTreeSet<(&str, &str)> = homes
                .iter()
                .filter(|(request, _)| judge.signed(request))
                .filter(|(request, _)| offered.iter().any(|own| own.0 == **request))
                .map(|(request, unit)| (request.as_str(), unit.as_str()))
                .collect();
            assert_eq!(state.moved().collect::<BTreeSet<_>>(), moved);
        }
    }
    assert!(["occupied", "lapsed", "exchanged"].iter().all(|name| why[name] > 10), "{why:?}");
    let common = [Kind::Acceptance, Kind::Lease, Kind::Refusal, Kind::Exclusion, Kind::Decision];
    assert!(common.iter().all(|kind| seen[&(*kind, true)] > 50), "{seen:?}");
}

fn applied(lines: &[Entry]) -> State {
    let mut state = State::default();
    for (line, entry) in (1..).zip(lines) {
        state.apply(line, entry).unwrap();
    }
    state
}

fn homes(all: &[(&str, &str)]) -> Homes {
    all.iter().map(|(request, unit)| (request.to_string(), unit.to_string())).collect()
}

fn offers(all: &[(&str, &str)]) -> Offered {
    all.iter().map(|(request, unit)| (request.to_string(), unit.to_string())).collect()
}

/// A chain of three: D1 may go to V, D2 to D1's L1 (D4 stands behind), D3 to D2's L2. D2 refuses: it stays in L2, which was
/// D3's only under that condition, and L1 is D4's. A correction of the refusal brings all of it back.
#[test]
fn the_middle_of_a_chain_refuses() {
    let homes = homes(&[("D1", "L1"), ("D2", "L2")]);
    let mut lines = session(&offers(&[("D2", "L1"), ("D4", "L1"), ("D3", "L2"), ("D1", "V")]), &homes);
    let on = |kind, request, unit| Entry::new(day(5), kind, request, unit);
    lines.push(on(Kind::Acceptance, "D3", "L2"));
    let mut state = applied(&lines);
    // L2 is not D3's as long as D2 may stay: it has not signed.
    let early = state.apply(7, &on(Kind::Lease, "D3", "L2")).unwrap_err();
    assert_eq!(early, Contradiction::Occupied { by: "D2".to_string() });
    assert_eq!(state.firm().count(), 0);
    state.apply(7, &on(Kind::Refusal, "D2", "L1")).unwrap();
    let standing = |state: &State, unit: &str| -> Vec<String> {
        state.standing(unit).map(|offer| offer.request.clone()).collect()
    };
    assert_eq!(
        [standing(&state, "L1"), standing(&state, "L2"), standing(&state, "V")],
        [vec!["D4"], vec![], vec!["D1"]]
    );
    let late = state.apply(8, &on(Kind::Lease, "D3", "L2")).unwrap_err();
    assert_eq!(late, Contradiction::Lapsed { by: "D2".to_string(), line: 7 });
    let mut corrected = state.clone();
    let back = on(Kind::Correction, "D2", "L1").with("ligne", 7).with("motif", "saisie par erreur");
    corrected.apply(8, &back).unwrap();
    assert_eq!(standing(&corrected, "L2"), ["D3"]);
    // D1 moves; L1 is free only then.
    let early = state.apply(8, &on(Kind::Lease, "D4", "L1")).unwrap_err();
    assert_eq!(early, Contradiction::Occupied { by: "D1".to_string() });
    for (line, (request, unit)) in (8..).zip([("D1", "V"), ("D4", "L1")]) {
        state.apply(line, &on(Kind::Lease, request, unit)).unwrap();
    }
    assert_eq!(state.leases().collect::<Vec<_>>(), [("D4", "L1"), ("D1", "V")]);
    assert_eq!(state.moved().collect::<Vec<_>>(), [("D1", "L1")]);
    // The lease of D4 leans on that of D1.
    let wrong = on(Kind::Correction, "D1", "V").with("ligne", 8).with("motif", "non signé");
    assert!(matches!(state.apply(10, &wrong), Err(Contradiction::Leans { line: 8, leans: 9, .. })));
}

/// Three exchange: nobody signs before all have accepted; then they sign in any order, and nobody gets out.
#[test]
fn an_exchange_is_signed_once_all_have_accepted() {
    let homes = homes(&[("D1", "L1"), ("D2", "L2"), ("D3", "L3")]);
    let mut lines = session(&offers(&[("D3", "L1"), ("D1", "L2"), ("D2", "L3")]), &homes);
    let on = |kind, request, unit| Entry::new(day(5), kind, request, unit);
    lines.extend([("D1", "L2"), ("D2", "L3")].map(|(request, unit)| on(Kind::Acceptance, request, unit)));
    let mut state = applied(&lines);
    let early = state.apply(7, &on(Kind::Lease, "D1", "L2")).unwrap_err();
    assert_eq!(early, Contradiction::Occupied { by: "D2".to_string() });
    state.apply(7, &on(Kind::Acceptance, "D3", "L1")).unwrap();
    assert_eq!(state.firm().count(), 3);
    state.apply(8, &on(Kind::Lease, "D1", "L2")).unwrap();
    let out = state.apply(9, &on(Kind::Refusal, "D3", "L1")).unwrap_err();
    assert_eq!(out, Contradiction::Exchanged { line: 8 });
    // D2 before D3, although L3 is D3's still.
    state.apply(9, &on(Kind::Lease, "D2", "L3")).unwrap();
    state.apply(10, &on(Kind::Lease, "D3", "L1")).unwrap();
    assert_eq!(state.moved().collect::<Vec<_>>(), [("D1", "L1"), ("D2", "L2"), ("D3", "L3")]);
}
