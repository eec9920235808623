//! `logis mcp` as a client starts it: a session over its standard input and output, each line of it written here. What
//! the tools answer is what the library says of the same record, and what the law says of a figure.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use logis::value::parse_date;
use logis::{Decider, Pack};
use serde_json::{Value, json};

use crate::support::LOGIS;

/// A client and the process that it started, in a folder of its own.
struct Session {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    folder: tempfile::TempDir,
    asked: u64,
}

impl Session {
    /// Starts the process; nothing is said yet.
    fn open() -> Session {
        let folder = tempfile::tempdir().unwrap();
        let mut child = Command::new(LOGIS)
            .arg("mcp")
            .current_dir(folder.path())
            .env("HOME", folder.path())
            .env("TMPDIR", folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (to, from) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Session { child, to, from, folder, asked: 0 }
    }

    /// Starts the process and the session.
    fn begin() -> (Session, Value) {
        let mut session = Session::open();
        let client = json!({ "name": "essai", "version": "1" });
        let hello = json!({ "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client });
        let answer = session.ask("initialize", &hello);
        session.say(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
        (session, answer["result"].clone())
    }

    fn say(&mut self, line: &str) {
        writeln!(self.to, "{line}").unwrap();
        self.to.flush().unwrap();
    }

    fn hear(&mut self) -> Value {
        let mut line = String::new();
        assert!(self.from.read_line(&mut line).unwrap() > 0, "the session ended");
        let answer: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(answer["jsonrpc"], "2.0");
        answer
    }

    /// The answer to a request, which has its number.
    fn ask(&mut self, method: &str, params: &Value) -> Value {
        self.asked += 1;
        self.say(
            &json!({ "jsonrpc": "2.0", "id": self.asked, "method": method, "params": params }).to_string(),
        );
        let answer = self.hear();
        assert_eq!(answer["id"], self.asked, "{answer}");
        answer
    }

    /// What a tool answers, as a document; its text says the same.
    fn call(&mut self, tool: &str, arguments: &Value) -> Value {
        let answer = self.ask("tools/call", &json!({ "name": tool, "arguments": arguments }));
        let result = &answer["result"];
        assert_eq!(result["isError"], json!(false), "{answer}");
        let text = result["content"][0]["text"].as_str().unwrap();
        assert_eq!(serde_json::from_str::<Value>(text).unwrap(), result["structuredContent"]);
        result["structuredContent"].clone()
    }

    /// Why a tool gives no answer.
    fn refused(&mut self, tool: &str, arguments: &Value) -> Value {
        let answer = self.ask("tools/call", &json!({ "name": tool, "arguments": arguments }));
        assert_eq!(answer["result"]["isError"], json!(true), "{answer}");
        answer["result"]["structuredContent"].clone()
    }

    /// The input ends: the process ends well, says nothing more, and has written nothing anywhere.
    fn end(self) {
        let Session { mut child, to, mut from, folder, .. } = self;
        drop(to);
        let (mut said, mut complained) = (String::new(), String::new());
        from.read_to_string(&mut said).unwrap();
        child.stderr.take().unwrap().read_to_string(&mut complained).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(0), "{complained}");
        assert_eq!((said.as_str(), complained.as_str()), ("", ""));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "no file is written");
    }
}

fn record() -> Value {
    json!({
        "commune": "21231", "rfr_n2": 60_000, "rfr_n1": 61_000.5, "revenus_12_mois": 62_000,
        "personnes": [{
            "lien": "demandeur", "date_naissance": "1980-02-01", "a_charge": false, "handicap": false,
        }],
    })
}

/// What the tools decide and explain is what the library decides and explains.
#[test]
fn an_assistant_is_given_what_the_library_says() {
    let (mut session, hello) = Session::begin();
    assert_eq!(hello["protocolVersion"], "2025-06-18");
    let told = hello["instructions"].as_str().unwrap();
    for words in ["vous ne décidez pas", "N'inventez aucune donnée", "Rien de ce qui est envoyé n'est gardé"]
    {
        assert!(told.contains(words), "{told}");
    }
    let pack = Pack::national();
    let date = parse_date("2017-06-30").unwrap();
    let rules = ["eligible_plai", "eligible_plus"];
    let decider = Decider::new(pack.plan(date, &rules).unwrap());
    let asked = json!({ "date": "2017-06-30", "rules": rules, "record": record() });
    let decided = session.call("decider", &asked);
    assert_eq!(decided, serde_json::to_value(decider.decide(&record()).unwrap()).unwrap());
    assert_eq!(decided["outcomes"]["eligible_plus"]["value"], json!(false));
    let explained = session.call("expliquer", &asked);
    let expected = decider.explanations(&record()).unwrap();
    assert_eq!(explained, serde_json::to_value(expected.document()).unwrap());
    session.end();
}

/// A client of the version of 2026 says no hello: each of its requests names the version.
#[test]
fn a_client_may_name_its_version_with_each_request() {
    let mut session = Session::open();
    let meta = |version: &str| json!({ "io.modelcontextprotocol/protocolVersion": version });
    let known = session.ask("server/discover", &json!({ "_meta": meta("2026-07-28") }))["result"].clone();
    assert_eq!(known["resultType"], "complete");
    assert!(known["supportedVersions"].as_array().unwrap().contains(&json!("2026-07-28")), "{known}");
    assert!(known["instructions"].as_str().unwrap().contains("vous ne décidez pas"));
    let listed = session.ask("tools/list", &json!({ "_meta": meta("2026-07-28") }))["result"].clone();
    assert_eq!((&listed["resultType"], &listed["cacheScope"]), (&json!("complete"), &json!("public")));
    let call = json!({ "_meta": meta("2026-07-28"), "name": "code", "arguments": { "name": "D0203" } });
    assert_eq!(session.ask("tools/call", &call)["result"]["structuredContent"]["code"], "D0203");
    let other = session.ask("tools/list", &json!({ "_meta": meta("1999-01-01") }))["error"].clone();
    assert_eq!((&other["code"], &other["data"]["requested"]), (&json!(-32022), &json!("1999-01-01")));
    // A hello of a version that is not known is answered with the last that has one.
    let later = session.ask("initialize", &json!({ "protocolVersion": "2031-01-01" }))["result"].clone();
    assert_eq!(later["protocolVersion"], "2025-11-25");
    session.end();
}

/// What is asked is what is missing: once it is given, nothing is open.
#[test]
fn questions_settle_what_is_open() {
    let (mut session, _) = Session::begin();
    let mut known = json!({ "personnes": [{ "lien": "demandeur" }] });
    let mut asked = Vec::new();
    let last = loop {
        let arguments = json!({ "date": "2017-06-30", "rules": ["eligible_plus"], "record": known });
        let said = session.call("questions", &arguments);
        let Some(first) = said["questions"].get(0).cloned() else { break said };
        assert_eq!((&first["rules"], &said["open"]), (&json!(["eligible_plus"]), &json!(["eligible_plus"])));
        assert!(!first["schema"]["description"].as_str().unwrap().is_empty(), "{first}");
        let place = first["place"].as_str().unwrap().to_string();
        let (row, column) = place.rsplit_once('/').unwrap();
        let value = match column {
            "commune" => json!("Dijon"),
            "date_naissance" => json!("1980-02-01"),
            "a_charge" | "handicap" => json!(false),
            _ => json!(12_000),
        };
        known.pointer_mut(row).unwrap()[column] = value;
        assert!(!asked.contains(&place) && asked.len() < 8, "{asked:?} {place}");
        asked.push(place);
    };
    assert_eq!(last["open"], json!([]));
    assert!(asked.contains(&"/commune".to_string()), "{asked:?}");
    let arguments = json!({ "date": "2017-06-30", "rules": ["eligible_plus"], "record": known });
    assert_eq!(session.call("decider", &arguments)["outcomes"]["eligible_plus"]["value"], json!(true));
    // A record without its persons is asked for them; a row deep in it has its place.
    let bare =
        session.call("questions", &json!({ "date": "2017-06-30", "rules": ["eligible_plus"], "record": {} }));
    assert_eq!(bare["questions"][0]["place"], "/personnes", "{bare}");
    let two = json!({ "personnes": [{ "lien": "demandeur" }, { "lien": "conjoint" }] });
    let two = session
        .call("questions", &json!({ "date": "2017-06-30", "rules": ["eligible_plus"], "record": two }));
    let places: Vec<&str> =
        two["questions"].as_array().unwrap().iter().map(|one| one["place"].as_str().unwrap()).collect();
    assert!(places.contains(&"/personnes/1/date_naissance"), "{places:?}");
    session.end();
}

/// The ceiling of a couple outside the Paris region, as the order of 22 December 2016 has it for 2017.
#[test]
fn rules_and_figures_are_those_of_the_day() {
    let (mut session, _) = Session::begin();
    let found = session.call("parametres", &json!({ "words": "plafond PLUS ressources" }));
    let paths: Vec<&Value> = found["parameters"].as_array().unwrap().iter().map(|one| &one["path"]).collect();
    assert!(paths.contains(&&json!("plus.plafond")), "{paths:?}");
    let ceiling = session.call("parametre", &json!({ "name": "plus.plafond", "date": "2017-06-30" }));
    let versions = ceiling["versions"].as_array().unwrap();
    assert_eq!((versions.len(), &versions[0]["from"]), (1, &json!("2017-01-01")));
    let keys = json!({ "zone_plafond": "autres_regions", "categorie_menage": 2 });
    let cells = versions[0]["cells"].as_array().unwrap();
    let cell = cells.iter().find(|cell| {
        let of = |key: &str| cell["keys"][key].get("value").unwrap_or(&cell["keys"][key]).clone();
        of("zone_plafond") == keys["zone_plafond"] && of("categorie_menage") == keys["categorie_menage"]
    });
    let cell = cell.unwrap_or_else(|| panic!("{cells:?}"));
    assert_eq!(cell["value"].get("value").unwrap_or(&cell["value"]), &json!(26_872));
    assert!(versions[0]["sources"][0]["links"][0].as_str().unwrap().contains("legifrance"), "{ceiling}");
    let listed = session.call("regles", &json!({ "date": "2017-06-30", "words": "eligible plus" }));
    let listed = listed["rules"].as_array().unwrap();
    assert!(listed.iter().any(|one| one["name"] == "eligible_plus") && listed.len() < 20, "{listed:?}");
    let rule = session.call("regle", &json!({ "name": "eligible_plus", "date": "2017-06-30" }));
    assert_eq!(rule["texts"].as_array().unwrap().len(), 1);
    assert!(session.call("code", &json!({ "name": "D0203" }))["text"].as_str().unwrap().len() > 20);
    session.end();
}

/// What is wrong is said to the assistant, and ends nothing.
#[test]
fn what_is_wrong_is_said_and_ends_nothing() {
    let (mut session, _) = Session::begin();
    let unknown = session.refused("decider", &json!({ "record": { "rfrn2": 1, "rfr_n1": "21 3O0" } }));
    let codes: Vec<&Value> = unknown["issues"].as_array().unwrap().iter().map(|one| &one["code"]).collect();
    assert!(codes.contains(&&json!("D0203")) && codes.len() == 2, "{unknown}");
    assert!(unknown["detail"].as_str().unwrap().contains("vouliez-vous dire « rfr_n2 »"), "{unknown}");
    let rule = session.refused("expliquer", &json!({ "rules": ["eligible_plu"], "record": {} }));
    assert_eq!(rule["issues"][0]["code"], "L0130");
    for (tool, arguments, words) in [
        ("decider", json!({ "recrd": {} }), "vouliez-vous dire `record`"),
        ("decider", json!({}), "record"),
        ("decider", json!({ "record": [] }), "un objet est attendu"),
        ("questions", json!({ "date": "hier", "record": {} }), "« hier » n'est pas une date"),
        ("regle", json!({ "name": "eligible_plu" }), "vouliez-vous dire `eligible_plus`"),
        ("parametre", json!({ "name": "plus.plafon" }), "vouliez-vous dire `plus.plafond`"),
        ("code", json!({ "name": "D0203", "date": "2017-01-01" }), "même sens à toute date"),
        ("parametres", json!({ "words": 3 }), "3"),
    ] {
        let problem = session.refused(tool, &arguments);
        assert!(problem["detail"].as_str().unwrap().contains(words), "{tool} {arguments}: {problem}");
    }
    // What is no request at all is answered as the protocol wants it.
    let none = session.ask("tools/call", &json!({ "name": "decidr", "arguments": {} }));
    assert_eq!(none["error"]["code"], -32602);
    assert!(none["error"]["message"].as_str().unwrap().contains("vouliez-vous dire `decider`"), "{none}");
    assert_eq!(session.ask("nulle/part", &json!({}))["error"]["code"], -32601);
    for (line, code) in [
        (r#"{"jsonrpc":"2.0","rien":true}"#, -32600),
        (r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#, -32600),
        (r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":[]}"#, -32602),
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"code","arguments":3}}"#, -32602),
        ("{ pas du JSON", -32700),
    ] {
        session.say(line);
        assert_eq!(session.hear()["error"]["code"], code, "{line}");
    }
    // Neither is answered: an empty line, what is announced, an answer to nothing.
    session.say("");
    session.say(r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}"#);
    session.say(r#"{"jsonrpc":"2.0","id":77,"result":{}}"#);
    // A message that is too long is not kept, and ends nothing.
    session.say(&format!("{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"{}\"}}", "a".repeat(17 << 20)));
    assert_eq!(session.hear()["error"]["code"], -32600);
    assert_eq!(session.ask("ping", &json!({}))["result"], json!({}));
    session.end();
    // Nobody came, or somebody who speaks something else.
    Session::open().end();
    let mut other = Session::open();
    other.say("bonjour");
    assert_eq!(other.hear()["error"]["code"], -32700);
    other.end();
}

/// The tools say that they only read, and what they take is what the pack's own schema says of its tables.
#[test]
fn tools_are_described_by_the_schema_of_the_pack() {
    let (mut session, _) = Session::begin();
    let listed = session.ask("tools/list", &json!({}));
    let tools = listed["result"]["tools"].as_array().unwrap();
    let names: Vec<&str> = tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    let expected =
        ["decider", "expliquer", "questions", "regles", "regle", "parametres", "parametre", "code"];
    assert_eq!(names, expected);
    for tool in tools {
        assert_eq!(
            tool["annotations"],
            json!({
                "title": tool["title"], "readOnlyHint": true, "destructiveHint": false,
                "idempotentHint": true, "openWorldHint": false,
            })
        );
        // Each schema is one, and takes nothing that it does not name.
        let mut compiler = boon::Compiler::new();
        compiler.add_resource("tool.json", tool["inputSchema"].clone()).unwrap();
        compiler.compile("tool.json", &mut boon::Schemas::new()).unwrap();
        assert_eq!(tool["inputSchema"]["additionalProperties"], json!(false));
    }
    assert!(tools[0]["description"].as_str().unwrap().contains("et non l'assistant"));
    let mut compiler = boon::Compiler::new();
    compiler.add_resource("decider.json", tools[0]["inputSchema"].clone()).unwrap();
    let mut schemas = boon::Schemas::new();
    let schema = compiler.compile("decider.json", &mut schemas).unwrap();
    let fits = |arguments: &Value| schemas.validate(arguments, schema).is_ok();
    assert!(fits(&json!({ "date": "2017-06-30", "record": record() })));
    for wrong in
        [json!({}), json!({ "record": { "rfrn2": 1 } }), json!({ "record": { "rfr_n2": "beaucoup" } })]
    {
        assert!(!fits(&wrong), "{wrong}");
    }
    session.end();
}
