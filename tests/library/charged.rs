//! Attributions that are charged to holders, where they are not matched level by level: in the order of points, in what is
//! reported of who waits, and in leases that are drawn. Held against counts of small drawn data, each way to charge in turn.

use logis::attribution::{Acceptances, Likely, Report, acceptance, fairness};
use logis::data::{InputFile, Needs, read};
use logis::value::parse_date;
use logis::{Draws, Options, Pack, Posing, posing};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::small::{MATCHING, pack as small_pack, parameter, schema};

const RULES: &str = "//! entité: candidature

/// Convient.
fn convient(besoin, taille) { taille >= besoin }

/// Adéquation.
fn adequation(besoin, taille) { 900 - 100 * (taille - besoin) }

/// De 0 à 1.
fn acceptation(accepte) { accepte / 10 }
";

/// A third at least of all is the prefect's, one at least of those with the commune's is modest.
const QUOTAS: &str = "acceptance = \"acceptation\"
[[matching.quotas]]
name = \"prefet\"
charged = \"prefet\"
share = \"tiers\"
[[matching.quotas]]
name = \"commune_modeste\"
members = \"modeste\"
charged = \"commune\"
number = \"une\"
[matching.flow]
units = \"flux\"
holder = \"reservataire\"
[[matching.flow.holders]]
name = \"prefet\"
proposes = \"prefet\"
[[matching.flow.holders]]
name = \"commune\"
proposes = \"commune\"
";

fn pack(order: &str) -> Pack {
    let fields = [
        "besoin: integer",
        "points: integer",
        "modeste: boolean",
        "prefet: boolean",
        "commune: boolean",
        "accepte: integer",
    ];
    let schema = schema(&fields, &["taille: integer", "flux: boolean", "reservataire: text"]);
    let parameters = [parameter("tiers", "\"1/3\""), parameter("une", "1")].concat();
    small_pack(&schema, &format!("{MATCHING}{order}{QUOTAS}"), RULES, &parameters)
}

#[derive(Clone, Copy)]
struct Request {
    need: u32,
    points: u32,
    modest: bool,
    may: [bool; 2],
    likely: u32,
}

/// Its size, and if it is not in flow, who holds it (nobody: 2).
type Unit = (u32, Option<usize>);

struct Data(Vec<Request>, Vec<Unit>);

impl Data {
    fn draw(rng: &mut ChaCha8Rng) -> Data {
        let mut yes = |n: u32, of: u32| rng.random_range(0..of) < n;
        let requests = (0..2 + u32::from(yes(1, 2)) + 3 * u32::from(yes(1, 2)))
            .map(|_| (yes(1, 2), [yes(1, 2), yes(1, 2)]))
            .collect::<Vec<_>>();
        let requests = requests
            .into_iter()
            .map(|(modest, may)| Request {
                need: rng.random_range(1..4),
                points: rng.random_range(0..5),
                modest,
                may,
                likely: rng.random_range(0..11),
            })
            .collect();
        let units = (0..rng.random_range(1..5))
            .map(|_| {
                let holder = (rng.random_range(0..3) == 0).then(|| rng.random_range(0..3));
                (rng.random_range(1..5), holder)
            })
            .collect();
        Data(requests, units)
    }

    fn texts(&self) -> (String, String) {
        let row = |(at, own): (usize, &Request)| {
            let Request { need, points, modest, may: [prefect, commune], likely } = own;
            format!("D{at},{need},{points},{modest},{prefect},{commune},{likely}\n")
        };
        let requests: String = self.0.iter().enumerate().map(row).collect();
        let row = |(at, (size, holder)): (usize, &Unit)| {
            let name = holder.map_or("", |holder| ["prefet", "commune", ""][holder]);
            format!("L{at},{size},{},{name}\n", holder.is_none())
        };
        let units: String = self.1.iter().enumerate().map(row).collect();
        (
            format!("demande_id,besoin,points,modeste,prefet,commune,accepte\n{requests}"),
            format!("logement_id,taille,flux,reservataire\n{units}"),
        )
    }

    /// To whom an attribution may be charged.
    fn may(&self, request: usize, unit: usize) -> Vec<Option<usize>> {
        match self.1[unit].1 {
            Some(holder) => vec![(holder < 2).then_some(holder)],
            None => {
                let all: Vec<_> = (0..2).filter(|at| self.0[request].may[*at]).map(Some).collect();
                if all.is_empty() { vec![None] } else { all }
            }
        }
    }

    /// What both quotas lack.
    fn lacking(&self, charged: &[(usize, Option<usize>)]) -> [u64; 2] {
        let prefect = charged.iter().filter(|own| own.1 == Some(0)).count() as u64;
        let modest = charged.iter().filter(|own| own.1 == Some(1) && self.0[own.0].modest).count() as u64;
        [(charged.len() as u64).div_ceil(3).saturating_sub(prefect), 1_u64.saturating_sub(modest)]
    }

    /// The least that the quotas lack, of all ways to charge these.
    fn least(&self, given: &[(usize, usize)]) -> [u64; 2] {
        fn from(
            data: &Data,
            given: &[(usize, usize)],
            charged: &mut Vec<(usize, Option<usize>)>,
        ) -> [u64; 2] {
            let Some((&(request, unit), rest)) = given.split_first() else { return data.lacking(charged) };
            let each = data.may(request, unit).into_iter().map(|holder| {
                charged.push((request, holder));
                let own = from(data, rest, charged);
                charged.pop();
                own
            });
            each.min().unwrap()
        }
        from(self, given, &mut Vec::new())
    }

    /// In the order of points, each its best.
    fn turns(&self) -> Vec<(usize, usize)> {
        let mut order: Vec<usize> = (0..self.0.len()).collect();
        order.sort_by_key(|at| (u32::MAX - self.0[*at].points, *at));
        let mut given: Vec<(usize, usize)> = Vec::new();
        for request in order {
            let free = |unit: &usize| {
                !given.iter().any(|own| own.1 == *unit) && self.1[*unit].0 >= self.0[request].need
            };
            let best = (0..self.1.len()).filter(free).min_by_key(|unit| (self.1[*unit].0, *unit));
            given.extend(best.map(|unit| (request, unit)));
        }
        given
    }
}

fn posed(pack: &Pack, data: &Data, more: &[&logis::Plan]) -> Posing {
    let asked = posing::plan(pack, parse_date("2018-01-01").unwrap(), &Options::default()).unwrap();
    let mut needs = Needs::default();
    asked.0.plans().chain(more.iter().copied()).for_each(|plan| needs.join(plan.needs()));
    let file = |name: &str, text: String| InputFile { name: name.to_string(), bytes: text.into_bytes() };
    let (requests, units) = data.texts();
    let files = vec![file("demandes.csv", requests), file("logements.csv", units)];
    Posing::new(asked, read(&pack.parsed().schema, &[], files, &needs).dataset, None).unwrap()
}

/// In the order of points nobody's turn waits for a charge: who has what is as without holders, and of all ways to charge
/// that, the quotas lack least by the one that is told. A written result in which they lack more is refused, and `fairness`
/// tells both orders so.
#[test]
fn turns_are_charged_as_the_quotas_need_it() {
    let packs = [pack(""), pack("order = \"by-points\"\n")];
    let mut rng = ChaCha8Rng::seed_from_u64(43);
    let (mut chosen, mut lacked, mut refused, mut differ) = (0, 0, 0, 0);
    for _ in 0..250 {
        let data = Data::draw(&mut rng);
        let turns = data.turns();
        let least = data.least(&turns);
        let posing = posed(&packs[1], &data, &[]);
        let allocation = posing.clone().solve(None).unwrap();
        let said = format!("{:?} {turns:?}", data.texts());
        let mut given: Vec<(usize, usize)> = (0..data.0.len())
            .filter_map(|request| Some((request, allocation.matching.unit_of[request]? as usize)))
            .collect();
        let mut expected = turns.clone();
        given.sort_unstable();
        expected.sort_unstable();
        assert_eq!(given, expected, "{said}");
        let told =
            |reached: &logis::matching::Reached| [reached.quotas[0].shortfall, reached.quotas[1].shortfall];
        assert_eq!(told(&allocation.reached()), least, "{said}");
        lacked += usize::from(least != [0, 0]);
        let report = allocation.report().unwrap();
        let text = serde_json::to_string(&report).unwrap();
        posing.clone().verify(&Report::read(&text).unwrap()).unwrap();
        // Charged to another who may propose it.
        let flow = posing.plan.flow.as_ref().unwrap();
        for (at, (request, unit)) in given.iter().enumerate() {
            let may = data.may(*request, *unit);
            if may.len() < 2 {
                continue;
            }
            chosen += 1;
            let cell = report.attributions[at]["charged"].as_str().unwrap();
            let now = flow.find(cell).unwrap();
            // What the quotas reach, and each balance, follow the forgery.
            let mut matching = allocation.matching.clone();
            let instance = &allocation.posing.instance;
            let other = instance.marks_in_list(Some(1 - now), *request as u32, *unit as u32);
            matching.marks_of[*request] = other;
            let unit_of = matching.unit_of.clone();
            matching.reached =
                logis::matching::reached_by(&instance.problem, &unit_of, &matching.marks_of).unwrap();
            let lacking = told(&matching.reached);
            let mut forged = allocation.clone();
            forged.matching = matching;
            let forged = serde_json::to_string(&forged.report().unwrap()).unwrap();
            let forged = Report::read(&forged).unwrap();
            let held = posing.clone().verify(&forged);
            assert_eq!(held.is_ok(), lacking == least, "{said} {lacking:?} {:?}", held.err());
            refused += usize::from(lacking != least);
        }
        // Both orders side by side, whichever is the pack's.
        let groups = packs[0].plan(parse_date("2018-01-01").unwrap(), &["modeste"]).unwrap();
        for (pack, by_points) in packs.iter().zip([false, true]) {
            let allocation = posed(pack, &data, &[&groups]).solve(None).unwrap();
            let Posing { plan, dataset, instance, .. } = &allocation.posing;
            let report = fairness(plan, &groups, dataset, instance, &allocation.matching);
            let lacking: Vec<[u64; 2]> = report
                .orders
                .iter()
                .map(|order| [order.shortfalls[0].shortfall, order.shortfalls[1].shortfall])
                .collect();
            assert_eq!(lacking[1], least, "{said}");
            let own = told(&allocation.reached());
            assert_eq!(lacking[usize::from(by_points)], own, "{said}");
            differ += usize::from(lacking[0] != lacking[1]);
            // Envy is of points and fits, whoever is charged.
            let envies = |request: usize| {
                let own = allocation.matching.unit_of[request];
                (0..data.1.len()).any(|unit| {
                    let suits = data.1[unit].0 >= data.0[request].need;
                    let of = allocation.matching.unit_of.iter().position(|own| *own == Some(unit as u32));
                    let better = own.is_none_or(|own| data.1[own as usize].0 > data.1[unit].0);
                    suits && better && of.is_some_and(|of| data.0[of].points < data.0[request].points)
                })
            };
            let waits = |request: &usize| allocation.matching.unit_of[*request].is_none();
            let counted = |waiting: bool| {
                (0..data.0.len()).filter(|request| waits(request) == waiting && envies(*request)).count()
            };
            assert_eq!(
                (report.envies.len(), report.housed_envies.len()),
                (counted(true), counted(false)),
                "{said}"
            );
        }
    }
    assert!(
        chosen > 100 && lacked > 50 && refused > 20 && differ > 5,
        "{chosen} {lacked} {refused} {differ}"
    );
}

/// Leases are charged to the holder of the list's first place, where that one may propose who signs, and otherwise to the
/// first who may: the draws miss each quota as often as all ways to answer together say, and the margins are told.
#[test]
fn leases_are_charged_as_their_lists() {
    let pack = pack("");
    let rule = acceptance(pack.parsed(), parse_date("2018-01-01").unwrap()).unwrap().unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(47);
    let (draws, mut between, mut told) = (2000_u32, 0, 0);
    for seed in 0..60 {
        let data = Data::draw(&mut rng);
        let posing = posed(&pack, &data, &[&rule]);
        let allocation = posing.clone().solve(None).unwrap();
        // As many places as are asked of one rank: none is shared.
        let commission = allocation.commission_of(&vec![2; data.1.len()]).unwrap();
        if commission.lists.iter().flatten().any(|place| place.shared) {
            continue;
        }
        let mut offers: Vec<(usize, usize, Option<usize>, f64)> = Vec::new();
        let Posing { instance, dataset, plan, .. } = &posing;
        for (unit, list) in commission.lists.iter().enumerate() {
            let marks =
                list.first().map(|first| instance.marks(&allocation.matching, first.request, unit as u32));
            let holder = marks.and_then(logis::attribution::charged);
            for place in list {
                let request = place.request as usize;
                let may = data.may(request, unit);
                let charged = if may.contains(&holder) { holder } else { may[0] };
                offers.push((request, unit, charged, f64::from(data.0[request].likely) / 10.0));
            }
        }
        let mut likely = [0.0_f64; 2];
        for answers in 0_u32..1 << offers.len() {
            let (mut weight, mut taken, mut leases) = (1.0, Vec::new(), Vec::new());
            for (at, (request, unit, charged, own)) in offers.iter().enumerate() {
                let yes = answers >> at & 1 == 1;
                weight *= if yes { *own } else { 1.0 - own };
                if yes && !taken.contains(unit) {
                    taken.push(*unit);
                    leases.push((*request, *charged));
                }
            }
            for (sum, lacking) in likely.iter_mut().zip(data.lacking(&leases)) {
                *sum += if lacking > 0 { weight } else { 0.0 };
            }
        }
        let quotas: Vec<_> = plan.quotas.iter().map(|quota| quota.quota.clone()).collect();
        let chance = Likely { rule: Some(&rule), assumed: None };
        let acceptances = Acceptances::new(chance, dataset, instance, &commission).unwrap();
        let holders = instance.holders_charged(&allocation.matching);
        let lists = (&commission, holders.as_slice());
        let found = acceptances.draw((instance, dataset), lists, &quotas, (seed, draws));
        for (missed, likely) in found.missed.iter().zip(likely) {
            // Sums of parts of one are not quite one.
            let (n, likely) = (f64::from(draws), likely.min(1.0));
            let deviation = (likely * (1.0 - likely) * n).sqrt();
            let off = (f64::from(*missed) - likely * n).abs();
            assert!(off <= 5.0 * deviation + 1e-6, "{seed}: {missed} {likely} {offers:?}");
            between += usize::from((0.05..0.95).contains(&likely));
        }
        if seed % 6 == 0 {
            let draws = Draws { draws: 200, allowed: 20, seed };
            let margins = posing.margins(chance, &vec![2; data.1.len()], draws).unwrap();
            assert_eq!(margins.quotas.len(), 2);
            told += usize::from(margins.quotas.iter().any(|own| own.margin != Some(0)));
        }
    }
    assert!(between > 20 && told > 2, "{between} {told}");
}
