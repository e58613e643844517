//! JUnit XML: one suite a check that found something, one failed case a finding; without findings one case that passed.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::Style;
use super::markup::escape;
use super::text::place;
use crate::graph::Lineage;
use crate::model::Finding;

pub(super) fn write(lineage: &Lineage, _: &Style) -> String {
    let mut suites: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for f in &lineage.findings {
        suites.entry(f.check).or_default().push(f);
    }
    let count = lineage.findings.len();
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(out, "<testsuites name=\"nhi\" tests=\"{}\" failures=\"{count}\">", count.max(1));
    if suites.is_empty() {
        out.push_str("  <testsuite name=\"nhi\" tests=\"1\" failures=\"0\"><testcase classname=\"nhi\" name=\"no findings\"/></testsuite>\n");
    }
    for (check, findings) in suites {
        let _ = writeln!(out, "  <testsuite name=\"{check}\" tests=\"{0}\" failures=\"{0}\">", findings.len());
        for f in findings {
            let file = f.at.as_ref().map_or(String::new(), |l| format!(" file=\"{}\" line=\"{}\"", escape(&l.path), l.line));
            let at = f.at.as_ref().map_or(String::new(), |l| escape(&place(l)) + "\n");
            let _ = writeln!(
                out,
                "    <testcase classname=\"{check}\" name=\"{}\"{file}>\n      <failure type=\"{}\" message=\"{}\">{at}fix: {}</failure>\n    </testcase>",
                escape(&f.subject),
                f.severity.name(),
                escape(&f.message),
                escape(&f.fix)
            );
        }
        out.push_str("  </testsuite>\n");
    }
    out + "</testsuites>\n"
}
