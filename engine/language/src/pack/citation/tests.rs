//! References as people write them, and where each opens.

use super::*;

fn places(line: &str) -> Vec<(String, String)> {
    parse(line, &KnownTexts::new()).unwrap().into_iter().flat_map(|c| c.articles).collect()
}

fn pairs(all: &[(&str, &str)]) -> Vec<(String, String)> {
    all.iter().map(|(a, b)| (a.to_string(), b.to_string())).collect()
}

#[test]
fn articles_of_codes_are_read_with_their_paragraphs() {
    assert_eq!(places("CCH, art. L442-12, al. 2"), pairs(&[("L442-12", "al. 2")]));
    assert_eq!(places("CCH, art. L441-1, m"), pairs(&[("L441-1", "m")]));
    assert_eq!(places("CCH, art. L441-2-8 : la cotation aide à la décision"), pairs(&[("L441-2-8", "")]));
    assert_eq!(
        places("CCH, art. L313-3, R313-19-1 III et R313-20-1 III"),
        pairs(&[("L313-3", ""), ("R313-19-1", "III"), ("R313-20-1", "III")])
    );
    assert_eq!(places("CSS, art. R831-13-1, puis CCH, art. R822-25").first().unwrap().0, "R831-13-1");
    let two = parse("CSS, art. R831-13-1, puis CCH, art. R822-25", &KnownTexts::new()).unwrap();
    assert_eq!(two.iter().map(|c| c.text.as_str()).collect::<Vec<_>>(), ["CSS", "CCH"]);
    assert_eq!(
        places("CCH, art. L442-12, al. 7, issu de la loi n° 2018-1021 du 23 novembre 2018, art. 110"),
        pairs(&[("L442-12", "al. 7, issu de la loi n° 2018-1021 du 23 novembre 2018, art. 110")])
    );
    assert_eq!(places("CCH L441-1 al. 3 [LEGIARTI000044979273]"), pairs(&[("L441-1", "al. 3")]));
    assert_eq!(places("CCH, art. D331-17 (ancien R331-17)"), pairs(&[("D331-17", "")]));
    assert_eq!(places("CCH, art. L442-12, al. 4 et 5"), pairs(&[("L442-12", "al. 4, 5")]));
    assert_eq!(places("CGI, art. 6, 3 et 196 B"), pairs(&[("6", "3"), ("196 B", "")]));
    assert_eq!(places("CGI, art. 194 et 196, 1°"), pairs(&[("194", ""), ("196", "1°")]));
    let order = "outre-mer : arrêté du 12 avril 2005, art. 1er [JORFTEXT000000259245]";
    assert_eq!(places(order), pairs(&[("1er", "")]));
    assert_eq!(places("CGI, art. 196 A bis"), pairs(&[("196 A bis", "")]));
    assert_eq!(places("code civil, art. 413-2 et 414"), pairs(&[("413-2", ""), ("414", "")]));
}

#[test]
fn what_has_an_identifier_or_an_address_opens_there() {
    let opens = |line: &str| parse(line, &KnownTexts::new()).unwrap()[0].link.clone().unwrap_or_default();
    assert_eq!(
        opens("arrêté du 22 mai 2026 [JORFTEXT000054126589]"),
        "https://www.legifrance.gouv.fr/jorf/id/JORFTEXT000054126589"
    );
    assert_eq!(
        opens("loi n° 2017-86 du 27 janvier 2017, art. 70"),
        "https://www.legifrance.gouv.fr/eli/loi/2017/1/27/2017-86/jo/texte"
    );
    assert_eq!(
        opens("fiche F18490 de service-public.fr, version du 11 avril 2013"),
        "https://www.service-public.fr/particuliers/vosdroits/F18490"
    );
    assert_eq!(opens("règlement, https://exemple.fr/a.pdf (28 novembre 2026)"), "https://exemple.fr/a.pdf");
}

#[test]
fn the_identifier_of_several_references_is_that_of_the_order_and_no_address_is_lost() {
    let title =
        "CCH, art. D331-17 (ancien R331-17) ; arrêté du 12 avril 2005, art. 1er ; ADIL, https://adil.fr/a";
    let page = "https://exemple.fr/page";
    let found = parse_parts(title, Some("JORFTEXT000000259245"), Some(page), &KnownTexts::new()).unwrap();
    let links: Vec<Vec<String>> = found.iter().map(Citation::links).collect();
    let order = "https://www.legifrance.gouv.fr/jorf/id/JORFTEXT000000259245";
    assert_eq!(links, [vec![page], vec![order, page], vec!["https://adil.fr/a", page]]);
    assert_eq!(found[1].articles, pairs(&[("1er", "")]));
}

#[test]
fn what_cannot_be_opened_is_none() {
    for wrong in [
        "règlement Visale",
        "arrêté du 29 juillet 1987, art. 2",
        "CCH",
        "fiche F18490 de service-public.fr",
        "usage des bailleurs",
        "CCH, art. L441-1 ; grille du territoire",
        "arrêté du 22 mai 2026 [JORFTEXT54126589]",
        "http://exemple.fr/a",
    ] {
        assert!(parse(wrong, &KnownTexts::new()).is_err(), "{wrong}");
    }
    assert_eq!(
        parse("CCH, art. L441-1 ; grille du territoire", &KnownTexts::new()),
        Err("grille du territoire".to_string())
    );
}

#[test]
fn a_text_that_the_pack_declares_opens() {
    let text = KnownText { id: Some("JORFTEXT000000294318".to_string()), ..KnownText::default() };
    let known = KnownTexts::from([("arrêté du 29 juillet 1987".to_string(), text)]);
    let found = &parse("Arrêté du 29 juillet 1987, annexes I et II", &known).unwrap()[0];
    assert_eq!(found.articles, pairs(&[("annexe I", ""), ("annexe II", "")]));
    assert_eq!(found.link.as_deref(), Some("https://www.legifrance.gouv.fr/jorf/id/JORFTEXT000000294318"));
    assert!(parse("arrêté du 29 juillet 19870", &known).is_err());
}

/// Whoever reads references and whoever shows them take the same for a court, a code, a law.
#[test]
fn courts_and_codes_are_told_apart() {
    assert!(
        is_of_court("CE, 4 mars 2021, n° 437898") && is_of_court("Cass. 2e civ., 4 mars 2021, n° 19-20.999")
    );
    // A code is no judgment of the court whose name it begins with.
    assert!(!is_of_court("CESEDA, n° 12"));
    assert!(parse("CESEDA, n° 12", &KnownTexts::new()).is_err());
    assert_eq!(code("CGI, annexe III"), code("Code général des impôts, annexe III"));
    assert!(code("").is_none() && code("CE").is_none());
    assert!(is_of_law("Arrêté du 29 juillet 1987") && !is_of_law("loin de là"));
}
