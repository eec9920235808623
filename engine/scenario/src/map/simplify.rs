//! Rings with fewer points, neighbours still side by side: a border that two rings share is simplified once.

use std::collections::{BTreeMap, BTreeSet};

/// A point on the grid of the drawing.
pub type Point = (i32, i32);

/// Simplifies rings together: no point that is left out was farther than `tolerance` from the line that stands for it.
/// Rings begin anywhere and do not repeat their first point; one that has no area left is empty.
pub fn simplify(rings: &[Vec<Point>], tolerance: f64) -> Vec<Vec<Point>> {
    // Where more than two points are next to one, borders meet.
    let mut next: BTreeMap<Point, BTreeSet<Point>> = BTreeMap::new();
    for ring in rings {
        for (own, other) in ring.iter().zip(ring.iter().cycle().skip(1)) {
            next.entry(*own).or_default().insert(*other);
            next.entry(*other).or_default().insert(*own);
        }
    }
    let meets = |point: &Point| next.get(point).is_some_and(|others| others.len() > 2);
    rings.iter().map(|ring| one(ring, &meets, tolerance)).collect()
}

fn one(ring: &[Point], meets: &impl Fn(&Point) -> bool, tolerance: f64) -> Vec<Point> {
    if ring.len() < 3 {
        return Vec::new();
    }
    // A ring that meets no other is cut at points that do not depend on where it begins.
    let first = ring.iter().position(meets);
    let start = first.unwrap_or_else(|| least(ring));
    let turned: Vec<Point> = ring.iter().cycle().skip(start).take(ring.len() + 1).copied().collect();
    let mut cuts: Vec<usize> = (1..ring.len()).filter(|at| turned.get(*at).is_some_and(meets)).collect();
    if cuts.is_empty() {
        cuts.push(farthest(&turned));
    }
    cuts.push(ring.len());
    let mut out: Vec<Point> = Vec::new();
    let mut from = 0;
    for to in cuts {
        let arc = turned.get(from..=to).unwrap_or_default();
        let mut kept = border(arc, tolerance);
        kept.pop();
        out.extend(kept);
        from = to;
    }
    out.dedup();
    if out.len() > 1 && out.first() == out.last() {
        out.pop();
    }
    if out.len() < 3 || area(&out) == 0 { Vec::new() } else { out }
}

/// The place of the least point.
fn least(ring: &[Point]) -> usize {
    ring.iter().enumerate().min_by_key(|(_, point)| **point).map_or(0, |(at, _)| at)
}

/// The place of the point farthest from the first, the least of those that are as far; never an end.
fn farthest(turned: &[Point]) -> usize {
    let Some(first) = turned.first() else { return 1 };
    let inner = turned.iter().enumerate().skip(1).take(turned.len().saturating_sub(2));
    let far = |point: &Point| {
        let (dx, dy) = (i64::from(point.0 - first.0), i64::from(point.1 - first.1));
        dx * dx + dy * dy
    };
    inner.max_by_key(|(_, point)| (far(point), std::cmp::Reverse(**point))).map_or(1, |(at, _)| at)
}

/// An arc with fewer points, the same whichever way it is gone.
fn border(arc: &[Point], tolerance: f64) -> Vec<Point> {
    let back = arc.iter().rev().lt(arc.iter());
    let mut points: Vec<Point> = arc.to_vec();
    if back {
        points.reverse();
    }
    let mut kept = douglas_peucker(&points, tolerance);
    if back {
        kept.reverse();
    }
    kept
}

/// The points of a line that are farther than `tolerance` from what stands for them (Douglas and Peucker, 1973).
fn douglas_peucker(line: &[Point], tolerance: f64) -> Vec<Point> {
    let mut keep = vec![false; line.len()];
    let mut left = vec![(0, line.len().saturating_sub(1))];
    for end in [0, line.len().saturating_sub(1)] {
        keep.get_mut(end).into_iter().for_each(|keep| *keep = true);
    }
    while let Some((from, to)) = left.pop() {
        let (Some(a), Some(b)) = (line.get(from), line.get(to)) else { continue };
        let inner = line.iter().enumerate().take(to).skip(from + 1);
        let worst = inner.map(|(at, point)| (distance(*point, *a, *b), at));
        // Of points that are as far, the first.
        let worst = worst.reduce(|best, other| if other.0 > best.0 { other } else { best });
        if let Some((far, at)) = worst
            && far > tolerance
        {
            keep.get_mut(at).into_iter().for_each(|keep| *keep = true);
            left.extend([(from, at), (at, to)]);
        }
    }
    line.iter().zip(keep).filter(|(_, keep)| *keep).map(|(point, _)| *point).collect()
}

/// How far a point is from a segment.
fn distance(point: Point, a: Point, b: Point) -> f64 {
    let (px, py) = (f64::from(point.0 - a.0), f64::from(point.1 - a.1));
    let (dx, dy) = (f64::from(b.0 - a.0), f64::from(b.1 - a.1));
    let length = dx * dx + dy * dy;
    let along = if length == 0.0 { 0.0 } else { ((px * dx + py * dy) / length).clamp(0.0, 1.0) };
    (px - along * dx).hypot(py - along * dy)
}

/// Twice the area that a ring goes round, with the sign of its direction.
pub fn area(ring: &[Point]) -> i64 {
    let pairs = ring.iter().zip(ring.iter().cycle().skip(1));
    pairs.map(|(a, b)| i64::from(a.0) * i64::from(b.1) - i64::from(b.0) * i64::from(a.1)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A wiggling grid of places whose borders are shared: `side` × `side` places, each border of `steps` points.
    fn grid(side: i32, steps: i32) -> Vec<Vec<Point>> {
        let wiggle = |n: i32, m: i32| (n * 37 + m * 61) % 13 - 6;
        // Corners stay; what lies between moves.
        let along = |x: i32, y: i32, t: i32| {
            let x = (x * steps + t) * 10;
            (x, y * steps * 10 + if t == 0 { 0 } else { wiggle(x, y) })
        };
        let down = |x: i32, y: i32, t: i32| {
            let y = (y * steps + t) * 10;
            (x * steps * 10 + if t == 0 { 0 } else { wiggle(y, x + 1000) }, y)
        };
        let mut rings = Vec::new();
        for y in 0..side {
            for x in 0..side {
                let mut ring: Vec<Point> = (0..steps).map(|t| along(x, y, t)).collect();
                ring.extend((0..steps).map(|t| down(x + 1, y, t)));
                ring.extend(
                    (1..=steps)
                        .rev()
                        .map(|t| if t == steps { along(x + 1, y + 1, 0) } else { along(x, y + 1, t) }),
                );
                ring.extend(
                    (1..=steps).rev().map(|t| if t == steps { down(x, y + 1, 0) } else { down(x, y, t) }),
                );
                // Rings begin anywhere, and every other goes the other way.
                let turn = ((x * 7 + y * 3) as usize) % ring.len();
                ring.rotate_left(turn);
                if (x + y) % 2 == 1 {
                    ring.reverse();
                }
                rings.push(ring);
            }
        }
        rings
    }

    fn edges(rings: &[Vec<Point>]) -> BTreeMap<(Point, Point), usize> {
        let mut all = BTreeMap::new();
        for ring in rings {
            for (a, b) in ring.iter().zip(ring.iter().cycle().skip(1)) {
                *all.entry((*a.min(b), *a.max(b))).or_default() += 1;
            }
        }
        all
    }

    /// Whatever is left out, places leave no gap and do not overlap: every inner border stands twice, and areas add up to
    /// what the outline goes round.
    #[test]
    fn neighbours_stay_side_by_side() {
        let rings = grid(5, 12);
        for tolerance in [0.0, 2.0, 5.0, 9.0, 40.0] {
            let simple = simplify(&rings, tolerance);
            let points = |rings: &[Vec<Point>]| rings.iter().map(Vec::len).sum::<usize>();
            assert!(tolerance < 9.0 || points(&simple) < points(&rings) / 2, "{tolerance}");
            assert!(simple.iter().all(|ring| ring.len() > 2), "{tolerance}");
            let edges = edges(&simple);
            assert!(edges.values().all(|times| (1..=2).contains(times)));
            // The outline: what stands once. Its area by the theorem of Green, each edge in the direction of its ring.
            let areas: i64 = simple.iter().map(|ring| area(ring).abs()).sum();
            let mut outline = 0;
            for ring in &simple {
                let sign = area(ring).signum();
                for (a, b) in ring.iter().zip(ring.iter().cycle().skip(1)) {
                    if edges.get(&(*a.min(b), *a.max(b))) == Some(&1) {
                        outline += sign * (i64::from(a.0) * i64::from(b.1) - i64::from(b.0) * i64::from(a.1));
                    }
                }
            }
            assert_eq!(areas, outline, "{tolerance}");
        }
    }

    /// An enclave and the hole that it fills, each written from another point and the other way round, stay the same.
    #[test]
    fn an_enclave_fills_its_hole() {
        let circle = |turn: usize, back: bool| -> Vec<Point> {
            let mut ring: Vec<Point> = (0..60)
                .map(|n| f64::from(n) * std::f64::consts::TAU / 60.0)
                .map(|angle| ((100.0 * angle.cos()).round() as i32, (100.0 * angle.sin()).round() as i32))
                .collect();
            ring.rotate_left(turn);
            if back {
                ring.reverse();
            }
            ring
        };
        let simple = simplify(&[circle(0, false), circle(17, true)], 3.0);
        let sets: Vec<BTreeSet<Point>> = simple.iter().map(|ring| ring.iter().copied().collect()).collect();
        assert_eq!(sets.first(), sets.get(1));
        assert!(sets.iter().all(|set| set.len() > 6 && set.len() < 40), "{sets:?}");
    }

    /// No point is farther from the simplified line than the tolerance.
    #[test]
    fn what_is_left_out_was_near() {
        let line: Vec<Point> = (0..200).map(|n| (n * 5, (n * n * 31 + n * 17) % 47)).collect();
        for tolerance in [1.0, 4.0, 15.0] {
            let kept = douglas_peucker(&line, tolerance);
            let near = |point: &Point| {
                kept.windows(2).any(|pair| match pair {
                    [a, b] => distance(*point, *a, *b) <= tolerance,
                    _ => false,
                })
            };
            assert!(line.iter().all(near), "{tolerance}");
        }
    }
}
