//! The page in a real browser: a person alone goes from nothing to an answer by the keyboard, with scripts and without,
//! on a telephone of 320 pixels, on a light ground and a dark one. Nothing is asked of another machine, nothing is
//! wider than the window, nothing is written to the console; each step is shown to axe where it is at hand.

use serde_json::{Value, json};

#[path = "../../../tests/browser.rs"]
mod browser;

use crate::client::service;
use browser::{Browser, axe, chromium};

/// What a young employee of Dijon answers.
fn answer(path: &str) -> &'static str {
    match path {
        "n" => "1",
        "demande.commune" => "Dijon",
        "demande.revenus_12_mois" => "19500",
        "demande.rfr_n1" => "19000,50",
        "demande.rfr_n2" => "18500",
        "personne.0.date_naissance" => "1998-05-17",
        _ => "",
    }
}

/// What is wrong with what is shown.
fn wrong(browser: &mut Browser, axe: Option<&str>, address: &str) -> Vec<String> {
    let mut found = Vec::new();
    let wide =
        browser.evaluate("document.scrollingElement.scrollWidth - window.innerWidth").as_i64().unwrap();
    if wide > 0 {
        found.push(format!("{wide} pixels wider than the window"));
    }
    found.extend(axe.into_iter().flat_map(|axe| browser.axe_finds(axe)));
    for event in &browser.events {
        let params = &event["params"];
        match event["method"].as_str().unwrap_or_default() {
            "Runtime.exceptionThrown" | "Runtime.consoleAPICalled" => found.push(params.to_string()),
            "Log.entryAdded" if params["entry"]["level"] != "info" => found.push(params.to_string()),
            "Network.requestWillBeSent" => {
                let url = params["request"]["url"].as_str().unwrap();
                // The signs of its own fields are a browser's own.
                if !url.starts_with(address) && !url.starts_with("data:") {
                    found.push(format!("asks {url}"));
                }
            }
            _ => {}
        }
    }
    found
}

fn question(browser: &mut Browser) -> Option<String> {
    let path = browser.evaluate("document.querySelector('input[name=q]')?.value ?? null");
    path.as_str().map(str::to_string)
}

/// Answers by keys alone until nothing is asked.
fn walk(browser: &mut Browser, address: &str, width: u32, theme: &str, scripts: bool) -> Vec<String> {
    // Axe is a script, too.
    let axe = axe().filter(|_| scripts);
    browser.call("Emulation.setScriptExecutionDisabled", json!({ "value": !scripts }));
    browser.open_page(&format!("{address}/foyer?but=eligible_plai&date=2025-06-30"), width, theme);
    let mut asked = Vec::new();
    while let Some(path) = question(browser) {
        assert_eq!(wrong(browser, axe.as_deref(), address), Vec::<String>::new(), "{path}");
        assert!(asked.len() < 8 && !asked.contains(&path), "{asked:?} {path}");
        // The keyboard comes to the field from where the page puts it: nothing is clicked.
        let reached =
            |browser: &mut Browser| browser.evaluate("document.activeElement?.name === 'v'") == json!(true);
        for _ in 0..12 {
            if reached(browser) {
                break;
            }
            browser.key("Tab", 9, "");
        }
        assert!(reached(browser), "{path}: no way to the field by the keyboard");
        match answer(&path) {
            "" => {
                // A choice: from the first to the last by the arrows, or it stays.
                let choices =
                    browser.evaluate("document.querySelectorAll('input[name=v]').length").as_u64().unwrap();
                assert!(choices > 1, "{path}");
                browser.key(" ", 32, " ");
                (1..choices).for_each(|_| browser.key("ArrowDown", 40, ""));
            }
            text if browser.evaluate("document.activeElement.type") == json!("date") => {
                // What a date field takes by keys depends on the language of the browser.
                browser.evaluate(&format!("document.activeElement.value = '{text}'"));
            }
            text => drop(browser.call("Input.insertText", json!({ "text": text }))),
        }
        let loaded = browser.events.len();
        browser.key("Enter", 13, "\r");
        arrived(browser, &path, scripts, loaded);
        let alert = browser.evaluate("document.querySelector('[role=alert]')?.textContent ?? null");
        assert_eq!(alert, Value::Null, "{path}");
        asked.push(path);
    }
    assert_eq!(wrong(browser, axe.as_deref(), address), Vec::<String>::new(), "the answer");
    let answer = browser.evaluate("document.querySelector('.outcome strong').textContent");
    assert_eq!(answer, json!("Non"), "{asked:?}");
    let law = browser
        .evaluate("[...document.querySelectorAll('details a[href^=\"https://\"]')].length")
        .as_u64()
        .unwrap();
    assert!(law > 0);
    asked
}

/// Waits for the step after a question.
fn arrived(browser: &mut Browser, path: &str, scripts: bool, loaded: usize) {
    if !scripts {
        while !browser.events.iter().skip(loaded).any(|event| event["method"] == "Page.loadEventFired") {
            let event = browser.receive();
            browser.events.push(event);
        }
        return;
    }
    for _ in 0..600 {
        let busy = browser.evaluate("document.querySelector('main')?.hasAttribute('aria-busy') ?? true")
            == json!(true);
        if !busy && question(browser).as_deref() != Some(path) {
            // What is read next is where the keyboard is.
            let at = browser.evaluate("['H2', 'P'].includes(document.activeElement.tagName)");
            assert_eq!(at, json!(true), "{path}");
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let shown = browser.evaluate("document.documentElement.outerHTML.slice(0, 1500)");
    panic!("{path}: no step came: {shown} {:?}", browser.events.last());
}

#[test]
fn a_person_comes_to_an_answer_by_the_keyboard_with_scripts_and_without() {
    let Some(program) = chromium() else {
        eprintln!("no Chromium: the page is not looked at in a browser");
        return;
    };
    if axe().is_none() {
        eprintln!("no axe: the accessibility of the page is not looked at by it");
    }
    let running = service(|_| {});
    let address = format!("http://{}", running.address());
    let mut browser = Browser::open(&program);
    let with = walk(&mut browser, &address, 320, "light", true);
    let without = walk(&mut browser, &address, 320, "dark", false);
    assert_eq!(with, without);
    browser.call("Emulation.setScriptExecutionDisabled", json!({ "value": false }));
    for (width, theme) in [(320, "dark"), (1280, "light")] {
        browser.open_page(&address, width, theme);
        assert_eq!(wrong(&mut browser, axe().as_deref(), &address), Vec::<String>::new(), "{width} {theme}");
    }
}

/// The counsellor's view: a file is taken into the form, the form is filled by keys, with scripts and without, and what
/// is shown is as narrow and as readable as the page of a household.
#[test]
fn a_counsellor_comes_to_an_answer_by_the_keyboard_with_scripts_and_without() {
    let Some(program) = chromium() else {
        eprintln!("no Chromium: the counsellor's view is not looked at in a browser");
        return;
    };
    const UNITS: &str = "logement_id,commune,financement,typologie,surface,loyer,charges\nA1,21231,PLUS,T1,25,200,20\nA5,21231,PLUS,T5,95,500,80\n";
    let running = service(|_| {});
    let address = format!("http://{}", running.address());
    let mut browser = Browser::open(&program);
    for (scripts, width, theme) in [(true, 320, "light"), (false, 320, "dark"), (true, 1280, "dark")] {
        let axe = axe().filter(|_| scripts);
        browser.call("Emulation.setScriptExecutionDisabled", json!({ "value": !scripts }));
        browser.open_page(&format!("{address}/conseiller?date=2017-06-30"), width, theme);
        assert_eq!(wrong(&mut browser, axe.as_deref(), &address), Vec::<String>::new(), "{scripts} {width}");
        if scripts {
            // A file of Excel: no UTF-8.
            browser.evaluate(
                "(() => { const input = document.getElementById('fichier'); const files = new DataTransfer();
                 files.items.add(new File([new Uint8Array([0xe9, 0x74, 0xe9])], 'a.csv')); input.files = files.files;
                 input.dispatchEvent(new Event('change')); return input.closest('[hidden]') === null })()",
            );
            let taken =
                "new Promise(done => setTimeout(() => done(document.getElementById('unites').value), 300))";
            assert_eq!(browser.evaluate(taken), json!("été"));
            browser.evaluate("document.getElementById('unites').value = ''");
        }
        to(&mut browser, "unites");
        browser.call("Input.insertText", json!({ "text": UNITS }));
        press(&mut browser, "voir");
        let counted = "[...document.querySelectorAll('h3')].map(h => h.textContent).join(', ')";
        let counts = browser.evaluate(counted);
        assert!(counts.as_str().unwrap().contains("en attente d'une donnée : 1"), "{counts}");
        assert_eq!(wrong(&mut browser, axe.as_deref(), &address), Vec::<String>::new(), "{scripts} {width}");
        to(&mut browser, "r.demande.rfr_n2");
        browser.call("Input.insertText", json!({ "text": "15000" }));
        press(&mut browser, "voir");
        press(&mut browser, "pourquoi:A5");
        let why = browser.evaluate("document.querySelector('#pourquoi').textContent");
        assert_eq!(why, json!("Logement A5 : Non"));
        let kept = browser.evaluate("document.querySelector('[name=\"r.demande.rfr_n2\"]').value");
        assert_eq!(kept, json!("15000"));
        assert_eq!(wrong(&mut browser, axe.as_deref(), &address), Vec::<String>::new(), "{scripts} {width}");
    }
}

/// Goes to a field or a button of that name or value by the keyboard alone.
fn to(browser: &mut Browser, name: &str) {
    let at = format!("[document.activeElement.name, document.activeElement.value].includes('{name}')");
    for _ in 0..80 {
        if browser.evaluate(&at) == json!(true) {
            return;
        }
        // What is folded away is unfolded.
        if browser.evaluate(
            "document.activeElement.tagName === 'SUMMARY' && !document.activeElement.parentElement.open",
        ) == json!(true)
        {
            browser.key("Enter", 13, "\r");
        }
        browser.key("Tab", 9, "");
    }
    panic!("{name}: no way to it by the keyboard");
}

/// Presses a button of that value, and waits for the next page.
fn press(browser: &mut Browser, value: &str) {
    to(browser, value);
    let loaded = browser.events.len();
    browser.key("Enter", 13, "\r");
    while !browser.events.iter().skip(loaded).any(|event| event["method"] == "Page.loadEventFired") {
        let event = browser.receive();
        browser.events.push(event);
    }
}
