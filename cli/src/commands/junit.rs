//! Results of cases as JUnit XML, which continuous integration shows: one suite for each file.

use anyhow::Result;
use logis::explain;
use logis::testing::CaseResult;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

/// The document. It carries no time: the same results are the same bytes.
pub fn write(results: &[CaseResult]) -> Result<String> {
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 2);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let failed = |cases: &[CaseResult]| cases.iter().filter(|c| !c.failures.is_empty()).count().to_string();
    let all = [("tests", results.len().to_string()), ("failures", failed(results))];
    let all = all.iter().map(|(name, value)| (*name, value.as_str()));
    xml.create_element("testsuites").with_attributes(all).write_inner_content(|xml| {
        for suite in results.chunk_by(|a, b| a.file == b.file) {
            let name = suite.first().map_or("", |c| c.file.as_str());
            let (tests, failures) = (suite.len().to_string(), failed(suite));
            xml.create_element("testsuite")
                .with_attributes([("name", name), ("tests", &tests), ("failures", &failures)])
                .write_inner_content(|xml| suite.iter().try_for_each(|result| case(xml, result)))?;
        }
        Ok(())
    })?;
    let mut text = String::from_utf8(xml.into_inner())?;
    text.push('\n');
    Ok(text)
}

fn case(xml: &mut Writer<Vec<u8>>, result: &CaseResult) -> std::io::Result<()> {
    let attributes = [("classname", result.file.as_str()), ("name", &result.name), ("file", &result.place)];
    let element = xml.create_element("testcase").with_attributes(attributes);
    if result.failures.is_empty() {
        element.write_empty()?;
        return Ok(());
    }
    element.write_inner_content(|xml| {
        for failure in &result.failures {
            let message =
                format!("{} : attendu {}, trouvé {}", failure.rule, failure.expected, failure.found);
            let text = failure.explanation.as_ref().map_or_else(String::new, |e| explain::to_text(e));
            xml.create_element("failure")
                .with_attributes([("message", message.as_str()), ("type", "attendu")])
                .write_text_content(BytesText::new(&text))?;
        }
        Ok(())
    })?;
    Ok(())
}
