//! Maps on the pages of reports: what is drawn is what the tables say, what the file lacks is named, and a file that is no
//! contours is refused at its place.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Value, json};

use crate::support::{Folder, LOGIS, logis, root, stderr};

/// The communes of Grand Dijon: code and name, as the table of the pack has them.
pub fn communes() -> Vec<(String, String)> {
    let text = fs::read_to_string(root().join("rules/referentiels/communes.csv")).unwrap();
    let header: Vec<&str> = text.lines().next().unwrap().split(',').collect();
    let at = |name: &str| header.iter().position(|h| *h == name).unwrap();
    let (code, name, epci) = (at("commune"), at("nom"), at("epci"));
    let rows = text.lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>());
    rows.filter(|row| row[epci] == "242100410")
        .map(|row| (row[code].to_string(), row[name].to_string()))
        .collect()
}

/// Invented contours side by side, six in a row, their borders shared and far from straight.
pub fn contours(places: &[(String, String)]) -> Value {
    let steps = 60;
    let wiggle = |a: i64, b: i64, t: i64| ((a * 7919 + b * 104_729 + t * 31) % 97 - 48) as f64 * 0.000_06;
    let (x0, y0, side) = (4.9, 47.2, 0.06);
    let across = |column: i64, row: i64, t: i64| {
        let x = x0 + side * (column as f64 + t as f64 / steps as f64);
        let bend = if t == 0 || t == steps { 0.0 } else { wiggle(column, row, t) };
        json!([x, y0 + side * row as f64 + bend])
    };
    let up = |column: i64, row: i64, t: i64| {
        let y = y0 + side * (row as f64 + t as f64 / steps as f64);
        let bend = if t == 0 || t == steps { 0.0 } else { wiggle(row + 50, column, t) };
        json!([x0 + side * column as f64 + bend, y])
    };
    let feature = |(at, (code, name)): (usize, &(String, String))| {
        let (column, row) = (at as i64 % 6, at as i64 / 6);
        let mut ring: Vec<Value> = (0..steps).map(|t| across(column, row, t)).collect();
        ring.extend((0..steps).map(|t| up(column + 1, row, t)));
        ring.extend((1..=steps).rev().map(|t| across(column, row + 1, t)));
        ring.extend((1..=steps).rev().map(|t| up(column, row, t)));
        let first = ring[0].clone();
        ring.push(first);
        json!({ "type": "Feature", "properties": { "nom": name, "INSEE_COM": code, "POPULATION": at },
                "geometry": { "type": "Polygon", "coordinates": [ring] } })
    };
    json!({ "type": "FeatureCollection", "features": places.iter().enumerate().map(feature).collect::<Vec<_>>() })
}

/// The maps of a page, and the paths that they share.
fn maps(page: &str) -> (Vec<String>, String) {
    let svg = page.split("<svg class=\"carte-lieux\"").skip(1);
    let defs =
        page.split("<svg class=\"contours\"").nth(1).unwrap_or_default().split("</svg>").next().unwrap();
    (svg.map(|part| part.split("</svg>").next().unwrap().to_string()).collect(), defs.to_string())
}

/// By place: its class, its count and its rate, as the titles of a map say them.
fn told(map: &str) -> BTreeMap<String, (String, Vec<f64>)> {
    let number = |text: &str| {
        let text = text.split(" (").next().unwrap().replace(['\u{a0}', '\u{202f}', ' '], "");
        text.replace('−', "-").replace(',', ".").parse::<f64>().ok()
    };
    let uses = map.split("<use ").skip(1).filter(|part| part.contains("<title>"));
    uses.map(|part| {
        let class = part.split("class=\"").nth(1).unwrap().split('"').next().unwrap();
        let title = part.split("<title>").nth(1).unwrap().split("</title>").next().unwrap();
        let (name, figures) = title.split_once(" : ").unwrap();
        (name.to_string(), (class.to_string(), figures.split(" ; ").filter_map(number).collect()))
    })
    .collect()
}

/// The 24 communes take about ten kilobytes; the area of a circle is the count of the table, a class holds rates that no
/// other class holds, a commune that the file lacks is named, and so is a contour without figures.
#[test]
fn a_map_says_what_the_table_says() {
    let places = communes();
    assert_eq!(places.len(), 24);
    let mut drawn: Vec<(String, String)> =
        places.iter().filter(|(code, _)| code != "21166").cloned().collect();
    drawn.push(("21999".into(), "Ailleurs-sur-Rien".into()));
    let folder = Folder::of(&[("communes.geojson", &contours(&drawn).to_string())]);
    let data = root().join("scenarios/grand-dijon-2015").display().to_string().replace('\\', "/");
    folder.write(
        "essai.toml",
        &format!(
            "title = \"Essai\"\n[base]\ndata = \"{data}\"\nas_of = 2017-06-30\n[[variant]]\nname = \"moins\"\n\
             title = \"Cent logements de moins\"\n[[variant.logement]]\nremove = 100\n"
        ),
    );
    let (code, _, err) =
        folder.logis(&["simulate", "essai.toml", "-o", "r", "--contours", "communes.geojson"]);
    assert_eq!(code, 0, "{err}");
    let page = folder.read("r/rapport.html").replace('\u{a0}', " ");
    let (maps, defs) = maps(&page);
    assert!((4_000..12_000).contains(&defs.len()), "{} bytes of contours", defs.len());
    assert_eq!(defs.matches("<path id=").count(), 24);
    assert!(maps.len() >= 3 && maps.iter().all(|map| map.len() < 8_000), "{}", maps.len());
    assert!(page.contains("Sans contour dans le fichier : Chenôve (21166)."));
    assert!(page.contains("Sans chiffre : Ailleurs-sur-Rien"), "the contour that has no figure");
    // The table of the sheet, as CSV.
    let table = folder.read("r/tables/demandes_par_nom_commune.csv");
    let header: Vec<&str> = table.lines().next().unwrap().split(',').collect();
    let at = |name: &str| header.iter().position(|h| h.starts_with(name)).unwrap();
    let mut wanted: BTreeMap<String, (f64, f64)> = BTreeMap::new();
    for line in table.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let number = |name: &str| cells[at(name)].parse::<f64>().unwrap();
        wanted.insert(cells[0].to_string(), (number("Demandes"), number("Part servie")));
    }
    let first =
        maps.iter().find(|map| map.contains(">Demandes et part servie (%)")).expect("requests by commune");
    let found = told(first);
    for (name, (class, figures)) in &found {
        if name == "Ailleurs-sur-Rien" {
            assert_eq!((class.as_str(), figures.len()), ("vide", 0));
            continue;
        }
        let (count, rate) = wanted[name];
        assert_eq!(*figures, [count, rate], "{name}");
    }
    // Rates of few are hatched, and in no class of the legend; others in one class only.
    let few = |name: &String| wanted.get(name).is_some_and(|(count, _)| *count < 30.0);
    let mut classes: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
    for (name, (class, figures)) in
        found.iter().filter(|(name, _)| *name != "Ailleurs-sur-Rien" && !few(name))
    {
        let range = classes.entry(class).or_insert((f64::INFINITY, f64::NEG_INFINITY));
        *range = (range.0.min(figures[1]), range.1.max(figures[1]));
        assert!(name.len() > 1);
    }
    let ranges: Vec<(f64, f64)> = classes.into_values().collect();
    assert!(ranges.len() > 2 && ranges.windows(2).all(|pair| pair[0].1 < pair[1].0), "{ranges:?}");
    assert_eq!(first.matches("class=\"trame\"").count(), found.keys().filter(|name| few(name)).count());
    // Circles come largest first: their areas are as the counts.
    let radii: Vec<f64> =
        first.split(" r=\"").skip(1).map(|part| part.split('"').next().unwrap().parse().unwrap()).collect();
    let mut counts: Vec<f64> = found.values().filter(|(_, f)| f.len() == 2).map(|(_, f)| f[0]).collect();
    counts.sort_by(|a, b| b.total_cmp(a));
    assert_eq!(radii.len(), counts.len());
    let largest = wanted.values().map(|(count, _)| *count).fold(0.0, f64::max);
    for (radius, count) in radii.iter().zip(&counts) {
        assert!((radius - 34.0 * (count / largest).sqrt()).abs() < 0.06, "{radius} {count}");
    }
    // Who loses is a circle with a minus, as the table of gains and losses has it.
    let lost = maps.iter().find(|map| map.contains("servies de plus et de moins")).expect("gains and losses");
    assert!(lost.contains("rond moins") && page.contains("− : de moins"), "{lost}");
    // Without contours there is no map, and the ranking as before.
    let (code, ..) = folder.logis(&["simulate", "essai.toml", "-o", "r"]);
    let page = folder.read("r/rapport.html");
    assert!(code == 0 && !page.contains("carte-lieux\" viewBox") && page.contains("data-drawn=\"rang\""));
}

/// The review has a map of each indicator that is known at two communes or more, the comparison of packs one of the balance.
#[test]
fn reviews_and_comparisons_have_maps() {
    let folder = Folder::of(&[("communes.geojson", &contours(&communes()).to_string())]);
    let (file, into) = (folder.path("communes.geojson"), folder.path("bilan.html"));
    let (file, into) = (file.to_str().unwrap(), into.to_str().unwrap());
    let data = "scenarios/convention-dijon";
    let ran = logis(&["review", "--data", data, "-o", into, "--contours", file]);
    assert_eq!(ran.status.code(), Some(0), "{}", stderr(&ran));
    let page = folder.read("bilan.html");
    let (drawn, _) = maps(&page);
    assert!(drawn.len() > 10, "{}", drawn.len());
    // A08, by commune, is what the long table says of the whole period.
    let long = folder.path("bilan.csv");
    let ran = logis(&["review", "--data", data, "-o", long.to_str().unwrap()]);
    assert_eq!(ran.status.code(), Some(0), "{}", stderr(&ran));
    let names: BTreeMap<String, String> = communes().into_iter().collect();
    let map = drawn.iter().find(|map| map.contains(">A08 ")).expect("a map of A08");
    let found = told(map);
    let mut compared = 0;
    for line in folder.read("bilan.csv").lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        if cells[0] == "A08" && cells[1].contains('-') && cells[2] == "commune" {
            let value: f64 = cells[4].parse().unwrap();
            assert_eq!(found[&names[cells[3]]].1, [value], "{line}");
            compared += 1;
        }
    }
    assert!(compared > 5, "{compared}");
    // Other rules: a ceiling a tenth higher.
    let pack = folder.path("regles");
    let copy = |from: &str, to: &std::path::Path| {
        let mut all = Vec::new();
        crate::support::files(&root().join(from), "", &mut all);
        for (path, bytes) in all {
            let path = to.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
    };
    copy("rules", &pack);
    let mut table = None;
    let mut all = Vec::new();
    crate::support::files(&root().join("rules"), "", &mut all);
    for (path, bytes) in all.iter().filter(|(path, _)| path.ends_with(".toml")) {
        let text = String::from_utf8_lossy(bytes);
        if text.contains("[20123, 26872, 32316, 39013, 45895, 51723]") {
            table = Some((
                path.clone(),
                text.replace(
                    "[20123, 26872, 32316, 39013, 45895, 51723]",
                    "[22123, 28872, 35316, 42013, 49895, 56723]",
                ),
            ));
        }
    }
    let (path, text) = table.expect("the ceilings of 2017");
    fs::write(pack.join(path), text).unwrap();
    let page = folder.path("diff.html");
    let args = ["diff", "rules", pack.to_str().unwrap(), "--no-cases", "--select", "eligible_plus"];
    let rest = ["--corpus", "scenarios/grand-dijon-2015", "--as-of", "2017-06-30", "--contours", file];
    let ran = std::process::Command::new(LOGIS)
        .current_dir(root())
        .args(args)
        .args(rest)
        .arg("-o")
        .arg(&page)
        .output()
        .unwrap();
    assert_eq!(ran.status.code(), Some(1), "{}", stderr(&ran));
    let page = folder.read("diff.html");
    let (drawn, _) = maps(&page);
    assert!(
        drawn.iter().any(|map| map.contains("rond plus")) && page.contains("Dijon (21231)"),
        "{}",
        drawn.len()
    );
}

/// What is wrong is said with the file, the number of the contour and what is expected; nothing is computed before.
#[test]
fn a_file_that_is_no_contours_is_refused() {
    let good = contours(&communes()[..3]);
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut other = good.clone();
        change(&mut other);
        other.to_string()
    };
    let of = |at: usize| format!("/features/{at}/geometry");
    let set = |at: usize, geometry: Value| {
        changed(&move |all| *all.pointer_mut(&of(at)).unwrap() = geometry.clone())
    };
    for (text, said) in [
        ("{".to_string(), "communes.geojson: ce n'est pas du JSON"),
        ("[]".to_string(), "trouvé: une liste; attendu: une `FeatureCollection` GeoJSON"),
        ("{\"type\":\"Topology\"}".to_string(), "du TopoJSON (`Topology`), à convertir d'abord"),
        ("{\"type\":\"FeatureCollection\",\"features\":[]}".to_string(), "sans aucun contour"),
        (set(1, Value::Null), "contour n° 2: il n'a pas de géométrie; attendu: `Polygon` ou `MultiPolygon`"),
        (set(2, json!({ "type": "Point", "coordinates": [5, 47] })), "contour n° 3: trouvé: `Point`"),
        (
            set(0, json!({ "type": "Polygon", "coordinates": [[[5, 47], [6, 47], [6, 48], [5, 48]]] })),
            "contour n° 1: l'anneau 1 n'est pas fermé; attendu: la dernière position égale à la première",
        ),
        (
            set(
                0,
                json!({ "type": "MultiPolygon", "coordinates": [[[[5, 47], [6, "47"], [6, 48], [5, 47]]]] }),
            ),
            "contour n° 1: l'anneau 1, position 2: attendu: deux nombres, longitude et latitude",
        ),
        (
            set(0, json!({ "type": "Polygon", "coordinates": [[[5, 47], [6, 47], [5, 47]]] })),
            "l'anneau 1 a 3 positions; attendu: quatre au moins",
        ),
        (
            contours(&[("75056".into(), "Paris".into())]).to_string(),
            "aucun de ses 1 contours n'est un lieu du rapport; attendu: une propriété qui vaut un code comme `21",
        ),
    ] {
        let folder = Folder::of(&[("communes.geojson", &text)]);
        let data = root().join("scenarios/convention-dijon");
        let (code, _, err) = folder.logis(&[
            "review",
            "--data",
            data.to_str().unwrap(),
            "-o",
            "bilan.html",
            "--contours",
            "communes.geojson",
        ]);
        assert_eq!(code, 2, "{said}: {err}");
        assert!(err.contains(said), "{said}\n{err}");
        assert!(!folder.path("bilan.html").exists());
    }
}
